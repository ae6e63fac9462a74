"""Ids stay with the member that published them first, also after it deleted all that it had published (law L4).

Readers know the id by its author, and may still have the object: a member that took the id afterwards would speak as that
author, or revoke the object. So a deletion is noted before it is made, as a fact; the operator can hand the id over.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import orjson

from hub.store.base import Store
from hub.store.records import NOBODY

KIND: Final = "deleted"  # of the facts, whose keys are the ids
MOST: Final = 10_000  # ids of each member that are kept, the newest
MARGIN: Final = 1_000  # so that older ones are not looked for at each deletion


def note(store: Store, collection: str, object_id: str, member: str, now: int) -> None:
    """Note that the member is about to delete an object of its own; what it relayed or shared is nobody's own."""
    if any(record.owner == member != NOBODY for record in store.history(collection, object_id)):
        store.put_facts(KIND, {object_id: orjson.dumps({"member": member, "at": now})})


def is_noted(store: Store, object_id: str) -> bool:
    """Whether somebody had this id and deleted what was under it."""
    return any(fact.key == object_id for fact in store.facts(KIND, prefix=object_id))


def forget(store: Store, object_id: str) -> None:
    """Drop the note: the object is purged, and no byte of it stays."""
    store.put_facts(KIND, {}, [object_id])


class DeletedIds:
    """Which ids the members deleted, as far as the store says now. For one thread at a time."""

    def __init__(self, store: Store, owners: dict[str, str], handed_over: Container[str]) -> None:
        """`owners` (object id -> member code) is kept up to date; what the operator handed over stands in it as it is."""
        self._store = store
        self._owners = owners
        self._handed_over = handed_over
        self._upto = 0
        self._ids: dict[str, dict[str, None]] = {}  # by member, the oldest first

    def read(self) -> None:
        """Take note of what was deleted since the last time."""
        for fact in self._store.facts(KIND, since=self._upto):
            self._upto = max(self._upto, fact.number)
            self._add(fact.key, orjson.loads(fact.value)["member"])

    def _add(self, object_id: str, member: str) -> None:
        ids = self._ids.setdefault(member, {})
        ids.pop(object_id, None)
        ids[object_id] = None
        if object_id not in self._handed_over:
            self._owners[object_id] = member
        if len(ids) > MOST + MARGIN:
            oldest = list(ids)[:MARGIN]
            for older in oldest:
                del ids[older]
                if older not in self._handed_over:
                    self._owners.pop(older, None)
            self._store.put_facts(KIND, {}, oldest)
