"""The operator gives an id to the member whose object it is, where another took it first (law L4).

1. It is noted, so that from now on nobody else publishes under the id.
2. What the others published under it goes from every collection: their versions would stand in the author's way, and a
   revocation among them for good.
3. The author publishes its object again.

Run again, it finishes what was broken off, and takes what came in while it was running.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from hub.errors import NotFoundError, UnprocessableError
from hub.sharing import deleted_ids
from hub.sharing.catalogue import Catalogue, Collection
from hub.stix.identifiers import type_of
from hub.store.base import Store
from hub.store.records import HIDDEN, NOBODY

KIND: Final = "handed over"
_log = logging.getLogger("hub.operator")


class HandOvers:
    """Which ids belong to which member, whatever is held: the operator gave them to it, or it deleted what it had published
    under them. As far as the store says now. For several threads.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._members: dict[str, str] = {}
        self._handed_over: set[str] = set()
        self._deleted = deleted_ids.DeletedIds(store, self._members, self._handed_over)
        self._upto = 0

    def current(self) -> Mapping[str, str]:
        """Object id -> member code."""
        with self._lock:
            for fact in self._store.facts(KIND, since=self._upto):
                self._upto = max(self._upto, fact.number)
                self._handed_over.add(fact.key)
                self._members[fact.key] = orjson.loads(fact.value)["member"]
            self._deleted.read()
            return self._members


@dataclass(frozen=True, slots=True)
class Share:
    """What one member published under an id in one collection."""

    collection: Collection
    member: str


def shares_of_others(store: Store, catalogue: Catalogue, object_id: str, member: str) -> tuple[Share, ...]:
    """What goes when the id is handed over to the member. UnprocessableError where it cannot be handed over."""
    if type_of(object_id) is None:
        raise UnprocessableError(f"{object_id!r} is no STIX id")
    if member not in catalogue.members:
        raise UnprocessableError(f"{member!r} is no member; there are {' '.join(catalogue.members)}.")
    if object_id in catalogue.own_objects:
        raise UnprocessableError(f"{object_id} is the hub's own: it belongs to no member.")
    if catalogue.reserved.get(object_id, member) != member:
        raise UnprocessableError(f"{object_id} is declared as an identity of {catalogue.reserved[object_id]}.")
    shares = [
        Share(collection, publisher)
        for collection in catalogue
        for publisher in store.publishers(collection.id, object_id, HIDDEN)
    ]
    if not shares and not deleted_ids.is_noted(store, object_id):
        raise NotFoundError(f"{object_id} is held in no collection: the member that publishes it first will own it.")
    if any(share.member == NOBODY for share in shares):
        raise UnprocessableError(f"{object_id} was put in by the hub itself: it belongs to no member.")
    return tuple(share for share in shares if share.member != member)


def hand_over(store: Store, catalogue: Catalogue, object_id: str, member: str, now: int) -> tuple[Share, ...]:
    """Give the id to the member; what went for that. Errors as `shares_of_others` has them."""
    shares = shares_of_others(store, catalogue, object_id, member)
    # (1)
    store.put_facts(KIND, {object_id: orjson.dumps({"member": member, "at": now})})
    # (2)
    for share in shares:
        store.delete(share.collection.id, object_id, share.member, HIDDEN)
    _log.info("handed over: %s to %s; removed what %s had published", object_id, member, _members(shares) or "nobody")
    return shares


def _members(shares: tuple[Share, ...]) -> str:
    return ", ".join(sorted({share.member for share in shares}))
