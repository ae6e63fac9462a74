"""What waiting listeners are told: that something which they may see is new in a collection, and nothing else (law L5).

1. A listener has sights: the collections that it reads, each with the level up to which it sees.
2. The heads of these collections tell whether anything at all was added. That is not told to anybody.
3. For each sight of a collection whose head moved, the place of the newest record that this sight shows is looked up.
4. Only where that place is beyond what a listener was told before is it told: what is above its level, and what goes
   away, leaves it where it was.
5. A sight may be of a selection, such as what a board is made of. Then what came since the last look is read, as far as
   the sight shows it, and the newest that is selected counts: all else is not told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from hub.errors import ForbiddenError
from hub.sharing import access, gate
from hub.sharing.catalogue import Catalogue
from hub.sharing.members import Account
from hub.stix.tlp import TLP
from hub.store.base import Store, Watch
from hub.store.query import EVERY, Query

# What came so long before a sight is looked at for the first time is told, too: its listener may have asked for the present
# state a moment before the commit.
_RECENT_MILLISECONDS: Final = 10_000
_PAGE_OBJECTS: Final = 1_000
_PAGE_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of what comes into collections: of these types, what `takes` says yes to."""

    types: tuple[str, ...]
    takes: Callable[[str, Mapping[str, Any]], bool]  # collection, object


@dataclass(frozen=True, slots=True)
class Sight:
    """One collection, as far as a reader of that clearance sees it; of what is selected, where there is a selection."""

    collection: str
    clearance: TLP
    selection: Selection | None = None


def sights(catalogue: Catalogue, account: Account | None, root: str, names: Sequence[str]) -> tuple[Sight, ...]:
    """What the account may listen to: the collections of these ids or aliases, or without any all that it reads there.

    Errors as for reading them (`gate`); ForbiddenError where it reads nothing at all.
    """
    declared = gate.find_root(catalogue, account, root).collections
    if names:
        asked = [gate.find_collection(catalogue, account, root, name) for name in dict.fromkeys(names)]
        # a collection named by its id and its alias is one
        return tuple(dict.fromkeys(Sight(collection.id, gate.must_read(account, collection)) for collection in asked))
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
        self._asked: frozenset[Sight] = frozenset()
        self._heads: dict[str, deque[int]] = {}  # at the last looks; what stands before the first is surely shown
        self._again: dict[str, int] = {}

    @property
    def pause_seconds(self) -> float:
        """How long to wait between two looks."""
        return self._watch.pause_seconds

    def look(self, wanted: Iterable[Sight]) -> dict[Sight, int]:
        """The newest place that each sight shows, of those sights whose collection moved or that are new.

        0 where a sight of a selection shows nothing that came since the last look.
        """
        asked = frozenset(wanted)
        new, self._asked = asked - self._asked, asked
        # (2)
        if not self._watch.moved() and not new:
            return {}
        later = self._watch.later_looks
        before, self._heads = self._heads, {}
        since: dict[str, int] = {}
        moved = set()
        for collection in {sight.collection for sight in asked}:
            head = self._store.head(collection)
            heads = before.get(collection) or deque(maxlen=later + 1)
            since[collection] = heads[0] if heads else _recent(head)
            if not heads or heads[-1] != head:
                moved.add(collection)
            heads.append(head)
            self._heads[collection] = heads
        again = {collection for collection, left in self._again.items() if left > 0 and collection in since}
        self._again = {
            collection: later if collection in moved else self._again[collection] - 1 for collection in moved | again
        }
        due = [sight for sight in asked if sight in new or sight.collection in moved | again]
        # (3)
        places = newest(self._store, (sight for sight in due if sight.selection is None))
        # (5)
        for sight in due:
            if sight.selection is not None:
                after = since[sight.collection]
                places[sight] = _newest_selected(
                    self._store, sight, sight.selection, _recent(after) if sight in new else after
                )
        return places

    def close(self) -> None:
        """Close the store."""
        self._watch.close()


def present(store: Store, asked: Iterable[Sight], since: int = 0) -> dict[Sight, int]:
    """A place that each sight shows beyond `since`, 0 where there is none: the newest, of a selection the first.

    Of a selection it may be a record of its types that it does not take.
    """
    sights_asked = tuple(asked)
    places = newest(store, (sight for sight in sights_asked if sight.selection is None))
    for sight in sights_asked:
        if sight.selection is not None:
            rows = store.manifest(_selecting(sight, sight.selection, since, limit=1)).rows
            places[sight] = rows[0].place if rows else 0
    return places


def newest(store: Store, asked: Iterable[Sight]) -> dict[Sight, int]:
    """The place of the newest record that each sight shows, 0 where there is none, whatever it selects."""
    return {sight: store.counts(sight.collection, sight.clearance)[1] for sight in asked}


def _newest_selected(store: Store, sight: Sight, selection: Selection, after: int) -> int:
    """The place of the newest record that is selected and stands beyond `after`, 0 where there is none."""
    query = _selecting(sight, selection, after, limit=_PAGE_OBJECTS)
    place = 0
    while True:
        page = store.read(query, _PAGE_BYTES)
        contents = orjson.loads(b"[" + page.body + b"]")
        taken = {
            (content["id"], content.get("modified"))
            for content in contents
            if selection.takes(sight.collection, content)
        }
        if taken:
            rows = store.manifest(replace(query, limit=page.count)).rows
            place = max((row.place for row in rows if (row.id, row.version_text) in taken), default=place)
        if not page.more:
            return place
        query = replace(query, after=page.last)


def _selecting(sight: Sight, selection: Selection, after: int, *, limit: int) -> Query:
    return Query(sight.collection, sight.clearance, after, limit, types=selection.types, versions=EVERY)


def _recent(head: int) -> int:
    return max(0, head - _RECENT_MILLISECONDS)
