"""Ids stay with the member that published them first, even after it deleted the objects (law L4).

Readers may still have the object: another member that used the id could change or revoke it in the author's name. So each
deletion is noted as a fact before it is made. The operator can hand the id over to another member.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import orjson

from hub.store.base import Store
from hub.store.records import NOBODY

KIND: Final = "deleted"  # kind of facts with object ids as keys
MAX_IDS: Final = 10_000  # newest deleted ids kept for each member
MAX_EXCESS: Final = 1_000  # ids above MAX_IDS before old ones are removed, so that not every deletion has to do it


def note(store: Store, collection: str, object_id: str, member: str, now: int) -> None:
    """Note that the member is about to delete the object, if it owns it. A relayed object or shared observable has no owner."""
    if any(record.owner == member != NOBODY for record in store.history(collection, object_id)):
        store.put_facts(KIND, {object_id: orjson.dumps({"member": member, "at": now})})


def is_noted(store: Store, object_id: str) -> bool:
    """Whether a member deleted an object with this id."""
    return any(fact.key == object_id for fact in store.facts(KIND, prefix=object_id))


def forget(store: Store, object_id: str) -> None:
    """Remove the note, because the object is purged and its id must not stay in the store."""
    store.put_facts(KIND, {}, [object_id])


class DeletedIds:
    """The ids that members deleted, according to the store. For one thread at a time."""

    def __init__(self, store: Store, owners: dict[str, str], handed_over: Container[str]) -> None:
        """`owners` (object id -> member code) is kept up to date; entries for ids in `handed_over` are not changed."""
        self._store = store
        self._owners = owners
        self._handed_over = handed_over
        self._last_number = 0
        self._ids: dict[str, dict[str, None]] = {}  # by member, the oldest first

    def read(self) -> None:
        """Add the ids that were deleted since the last call."""
        for fact in self._store.facts(KIND, since=self._last_number):
            self._last_number = max(self._last_number, fact.number)
            self._add(fact.key, orjson.loads(fact.value)["member"])

    def _add(self, object_id: str, member: str) -> None:
        ids = self._ids.setdefault(member, {})
        ids.pop(object_id, None)
        ids[object_id] = None
        if object_id not in self._handed_over:
            self._owners[object_id] = member
        if len(ids) > MAX_IDS + MAX_EXCESS:
            oldest_ids = list(ids)[:MAX_EXCESS]
            for old_id in oldest_ids:
                del ids[old_id]
                if old_id not in self._handed_over:
                    self._owners.pop(old_id, None)
            self._store.put_facts(KIND, {}, oldest_ids)
