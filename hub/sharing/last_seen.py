"""When each account last sent a request, so that the operator sees which members are silent and which accounts are unused.

Each process writes it at most once an hour for an account, so that a poll without new objects stays cheap.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from hub.errors import StoreError
from hub.store.base import Store

KIND: Final = "last seen"  # kind of facts with names of accounts as keys
AGAIN_MILLISECONDS: Final = 3600 * 1000  # between two notes of one account
PATIENCE_SECONDS: Final = 0.1  # that a request may wait for its note; if the store is busy, a later request writes it


class LastSeen:
    """The notes of one process. Safe for several threads."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._noted_at: dict[str, int] = {}

    def note(self, name: str) -> None:
        """Note that the account sends a request now."""
        now = self._clock()
        with self._lock:
            if now - self._noted_at.get(name, -AGAIN_MILLISECONDS) < AGAIN_MILLISECONDS:
                return
            self._noted_at[name] = now
        with suppress(StoreError):  # requests are answered even if the store is full or busy
            self._store.put_facts(KIND, {name: str(now).encode()}, patience_seconds=PATIENCE_SECONDS)


def last_seen(store: Store) -> dict[str, int]:
    """When each account was last noted, in milliseconds since 1970."""
    return {fact.key: moment for fact in store.facts(KIND) if (moment := fact.milliseconds) is not None}
