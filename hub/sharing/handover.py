"""The operator hands an id over to the member that is its author, if another member published it first (law L4).

1. Note the owner as a fact, so that no other member can publish this id from now on.
2. Delete what other members published with this id from every collection: their versions would conflict with the author's
   versions, and a revocation would do so permanently.
3. The author publishes its object again.

Run again, it completes an interrupted hand-over, and also deletes what came in meanwhile.
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
    """The owners of ids that do not follow from stored objects: ids that the operator handed over to a member, and ids of
    objects that a member deleted. Safe for several threads.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._members: dict[str, str] = {}
        self._handed_over: set[str] = set()
        self._deleted = deleted_ids.DeletedIds(store, self._members, self._handed_over)
        self._last_number = 0

    def owners(self) -> Mapping[str, str]:
        """Object id -> member code, according to the store now."""
        with self._lock:
            for fact in self._store.facts(KIND, since=self._last_number):
                self._last_number = max(self._last_number, fact.number)
                self._handed_over.add(fact.key)
                self._members[fact.key] = orjson.loads(fact.value)["member"]
            self._deleted.read()
            return self._members


@dataclass(frozen=True, slots=True)
class Share:
    """The versions that one member published with an id in one collection."""

    collection: Collection
    member: str


def other_members_shares(store: Store, catalogue: Catalogue, object_id: str, member: str) -> tuple[Share, ...]:
    """What a hand-over of the id to the member would delete. UnprocessableError if the id cannot be handed over."""
    if type_of(object_id) is None:
        raise UnprocessableError(f"{object_id!r} is no STIX id")
    if member not in catalogue.members:
        raise UnprocessableError(f"{member!r} is no member; there are {' '.join(catalogue.members)}.")
    if object_id in catalogue.own_objects:
        raise UnprocessableError(f"{object_id} is the hub's own: it belongs to no member.")
    if catalogue.member_by_identity.get(object_id, member) != member:
        raise UnprocessableError(
            f"{object_id} is declared as an identity of {catalogue.member_by_identity[object_id]}."
        )
    shares = [
        Share(collection, publisher)
        for collection in catalogue
        for publisher in store.publishers(collection.id, object_id, HIDDEN)
    ]
    if not shares and not deleted_ids.is_noted(store, object_id):
        raise NotFoundError(f"{object_id} is in no collection: the member that publishes it first will own it.")
    if any(share.member == NOBODY for share in shares):
        raise UnprocessableError(f"{object_id} was added by the hub itself: it belongs to no member.")
    return tuple(share for share in shares if share.member != member)


def hand_over(store: Store, catalogue: Catalogue, object_id: str, member: str, now: int) -> tuple[Share, ...]:
    """Hand the id over to the member; return what was deleted for that. Raises the errors of `other_members_shares`."""
    shares = other_members_shares(store, catalogue, object_id, member)
    # (1)
    store.put_facts(KIND, {object_id: orjson.dumps({"member": member, "at": now})})
    # (2)
    for share in shares:
        store.delete(share.collection.id, object_id, share.member, HIDDEN)
    _log.info("handed over: %s to %s; removed what %s had published", object_id, member, _members(shares) or "nobody")
    return shares


def _members(shares: tuple[Share, ...]) -> str:
    return ", ".join(sorted({share.member for share in shares}))
