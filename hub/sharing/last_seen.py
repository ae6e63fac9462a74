"""When each account last asked for something, for the operator: who has gone silent, and which account nobody uses.

Noted by each process at most once an hour for an account, so that a poll with nothing new stays as cheap as it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from hub.errors import StoreError
from hub.store.base import Store

KIND: Final = "last seen"  # of the facts, whose keys are names of accounts
AGAIN_MILLISECONDS: Final = 3600 * 1000  # between two notes of one account
PATIENCE_SECONDS: Final = 0.1  # that a request may wait for its note; a busy store takes a later one


class LastSeen:
    """Notes of one process. For several threads."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[str, int] = {}

    def note(self, name: str) -> None:
        """Note that the account asks for something just now."""
        now = self._clock()
        with self._lock:
            if now - self._noted.get(name, -AGAIN_MILLISECONDS) < AGAIN_MILLISECONDS:
                return
            self._noted[name] = now
        with suppress(StoreError):  # a full or busy store answers requests nevertheless
            self._store.put_facts(KIND, {name: str(now).encode()}, patience_seconds=PATIENCE_SECONDS)


def last_seen(store: Store) -> dict[str, int]:
    """When each account was last noted, in milliseconds since 1970."""
    return {fact.key: moment for fact in store.facts(KIND) if (moment := fact.milliseconds) is not None}
