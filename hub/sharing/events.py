"""What waiting listeners are told: that something which they may see is new in a collection, and nothing else (law L5).

1. A listener has sights: the collections that it reads, each with the level up to which it sees.
2. The heads of these collections tell whether anything at all was added. That is not told to anybody.
3. For each sight of a collection whose head moved, the place of the newest record that this sight shows is looked up.
4. Only where that place is beyond what a listener was told before is it told: what is above its level, and what goes
   away, leaves it where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.errors import ForbiddenError
from hub.sharing import access, gate
from hub.sharing.catalogue import Catalogue
from hub.sharing.members import Account
from hub.stix.tlp import TLP
from hub.store.base import Store, Watch


@dataclass(frozen=True, slots=True)
class Sight:
    """One collection, as far as a reader of that clearance sees it."""

    collection: str
    clearance: TLP


def sights(catalogue: Catalogue, account: Account | None, root: str, names: Sequence[str]) -> tuple[Sight, ...]:
    """What the account may listen to: the collections of these ids or aliases, or without any all that it reads there.

    Errors as for reading them (`gate`); ForbiddenError where it reads nothing at all.
    """
    declared = gate.find_root(catalogue, account, root).collections
    if names:
        asked = [gate.find_collection(catalogue, account, root, name) for name in dict.fromkeys(names)]
        return tuple(Sight(collection.id, gate.must_read(account, collection)) for collection in asked)
    levels = ((collection.id, access.reads(account, collection)) for collection in declared)
    sights = tuple(Sight(collection, level) for collection, level in levels if level is not None)
    if not sights:
        raise ForbiddenError("This account reads no collection here, so there is nothing that it could be told of.")
    return sights


class Moves:
    """Finds what became visible, for one thread. StoreErrors come through: `close` it then, and make another."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watch: Watch = store.watch()
        self._heads: dict[str, int] = {}
        self._again: dict[str, int] = {}

    @property
    def pause_seconds(self) -> float:
        """How long to wait between two looks."""
        return self._watch.pause_seconds

    def look(self, wanted: Iterable[Sight]) -> dict[Sight, int]:
        """The newest place that each sight shows, of those sights whose collection moved or was not looked at before."""
        asked = frozenset(wanted)
        collections = {sight.collection for sight in asked}
        # (2)
        if not self._watch.moved() and collections <= self._heads.keys():
            return {}
        before, self._heads = self._heads, {collection: self._store.head(collection) for collection in collections}
        moved = {collection for collection, head in self._heads.items() if before.get(collection) != head}
        again = {collection for collection, left in self._again.items() if left > 0 and collection in collections}
        later = self._watch.later_looks
        self._again = {
            collection: later if collection in moved else self._again[collection] - 1 for collection in moved | again
        }
        # (3)
        return newest(self._store, [sight for sight in asked if sight.collection in moved | again])

    def close(self) -> None:
        """Close the store."""
        self._watch.close()


def newest(store: Store, asked: Iterable[Sight]) -> dict[Sight, int]:
    """The place of the newest record that each sight shows, 0 where there is none."""
    return {sight: store.counts(sight.collection, sight.clearance)[1] for sight in asked}
