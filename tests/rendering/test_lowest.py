"""What is kept of a raised object, so that its withdrawal reaches who has the lower version (law L5 d)."""

from __future__ import annotations

from typing import Any

from hub.rendering import versions
from hub.rendering.versions import Version
from hub.stix.tlp import TLP, TLP2_IDS

NOTE = "note--00000000-0000-4000-8000-000000000001"


def draft(level: TLP, text: str) -> dict[str, Any]:
    return {"type": "note", "id": NOTE, "content": text, "object_marking_refs": [TLP2_IDS[level]]}


def record(*drafts: dict[str, Any]) -> dict[str, Version]:
    versions_known: dict[str, Version] = {}
    for number, content in enumerate(drafts):
        _, versions_known = versions.settle([content], versions_known, f"2026-11-0{number + 1}T00:00:00.000Z")
    return versions_known


def test_a_withdrawal_is_built_from_the_lowest_version() -> None:
    """Marked as that one, it repeats nothing of the higher ones, and is newer than all of them."""
    versions_known = record(
        draft(TLP.GREEN, "first"), draft(TLP.AMBER_STRICT, "secret"), draft(TLP.AMBER, "less secret")
    )
    ((revoked,), _) = versions.settle([], versions_known, "2026-11-09T00:00:00.000Z")
    assert (revoked["content"], revoked["object_marking_refs"]) == ("first", [TLP2_IDS[TLP.GREEN]])
    assert (revoked["revoked"], revoked["created"]) == (True, "2026-11-01T00:00:00.000Z")
    assert revoked["modified"] == "2026-11-09T00:00:00.000Z"


def test_nothing_is_kept_where_the_newest_version_is_the_lowest() -> None:
    """Lowered, or changed at its level, the newest one is what all readers have."""
    assert record(draft(TLP.AMBER, "first"), draft(TLP.GREEN, "second"))[NOTE].lowest is None
    assert record(draft(TLP.AMBER, "first"), draft(TLP.AMBER, "second"))[NOTE].lowest is None
