"""What a deletion takes out of the records of one object, as a value (law L4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.store.base import Deletion
from hub.store.records import HeldVersion


@dataclass(slots=True)
class Withdrawn:
    """What a deletion comes to: by the store's key, which records go and what publishers the others keep."""

    verdict: Deletion
    gone: list[Any] = field(default_factory=list)
    left: dict[Any, tuple[str, ...]] = field(default_factory=dict)


def withdraw(asked: Sequence[HeldVersion], publisher: str) -> Withdrawn:
    """Take one publisher's part out of the records that were asked for (law L4). Pure."""
    if not asked:
        return Withdrawn(Deletion.MISSING)
    withdrawn = Withdrawn(Deletion.DELETED)
    for row in asked:
        others = tuple(name for name in row.publishers if name != publisher)
        if not others:
            withdrawn.gone.append(row.key)
            continue
        withdrawn.verdict = Deletion.OTHERS_REMAIN
        if others != row.publishers:
            withdrawn.left[row.key] = others
    return withdrawn
