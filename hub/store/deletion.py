"""Which records of one object a deletion removes, and which lose a publisher, as a value (law L4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.store.base import Deletion
from hub.store.records import HeldVersion


@dataclass(slots=True)
class DeletionEffect:
    """What a store has to write for a deletion; records are named by the store's keys."""

    verdict: Deletion
    removed_keys: list[Any] = field(default_factory=list)
    remaining_publishers: dict[Any, tuple[str, ...]] = field(default_factory=dict)  # of records that lose one publisher


def remove_publisher(versions: Sequence[HeldVersion], publisher: str) -> DeletionEffect:
    """Remove one publisher from these versions of an object; a version goes when it has no publisher left."""
    if not versions:
        return DeletionEffect(Deletion.MISSING)
    effect = DeletionEffect(Deletion.DELETED)
    for row in versions:
        publishers = tuple(name for name in row.publishers if name != publisher)
        if not publishers:
            effect.removed_keys.append(row.key)
            continue
        effect.verdict = Deletion.OTHERS_REMAIN
        if publishers != row.publishers:
            effect.remaining_publishers[row.key] = publishers
    return effect
