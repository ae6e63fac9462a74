"""How much each account was sent over TAXII, for the operator: objects, and bytes of their pages before compression.

1. A page counts when it is sent; only the delivery ledger shows whether it arrived. A page that is fetched twice counts
   twice.
2. Each process counts in memory, and writes at most once a minute and when it ends, so that not every page needs a write. If
   a process is killed, its unwritten counts are lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hub.errors import StoreError
from hub.store.base import Store

KIND: Final = "volume"  # kind of facts with names of accounts as keys
AGAIN_MILLISECONDS: Final = 60 * 1000  # between two writes of a process
PATIENCE_SECONDS: Final = 0.1  # that a request may wait for a write; if the store is busy, a later request writes


@dataclass(frozen=True, slots=True)
class Volume:
    """What one account was sent."""

    objects: int = 0
    bytes: int = 0


class Volumes:
    """The counts of one process. Safe for several threads."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, list[int]] = {}
        self._written_at = -AGAIN_MILLISECONDS

    def add(self, name: str, objects: int, size: int) -> None:
        """Count a page with this number of objects and bytes."""
        with self._lock:
            count = self._counts.setdefault(name, [0, 0])
            count[0] += objects
            count[1] += size

    def write_if_due(self) -> None:
        """Write the new counts if the last write was at least a minute ago."""
        if self._counts and not 0 <= self._clock() - self._written_at < AGAIN_MILLISECONDS:
            self.write()

    def write(self) -> None:
        """Write the new counts; keep them if the store refuses them."""
        with self._lock:
            counts, self._counts = self._counts, {}
            self._written_at = self._clock()
        if not counts:
            return
        try:
            self._store.add_to_facts(KIND, counts, patience_seconds=PATIENCE_SECONDS)
        except StoreError:
            for name, (objects, size) in counts.items():
                self.add(name, objects, size)


def volumes(store: Store) -> dict[str, Volume]:
    """What each account was sent, as far as it is in the store."""
    return {fact.key: Volume(*fact.numbers[:2]) for fact in store.facts(KIND)}
