"""Finds new objects for listeners. A listener learns that a collection has something new that it may see, and no more (law L5).

1. A listener has views: the collections that it reads, each with the level up to which it sees.
2. The heads of these collections show whether anything was added. Listeners do not learn this.
3. For each view of a collection whose head moved, look up the place of the newest record in that view.
4. Send an event only if that place is beyond the one last sent: objects above the listener's level, and deletions, do
   not change it.
5. A view may have a selection, such as the objects that a board is made of. Then read the new records of the view, and
   use the place of the newest one that is selected.
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

# A new view also reports what was added shortly before the first look: its listener may have read the collection just before
# that commit.
_RECENT_MILLISECONDS: Final = 10_000
_PAGE_OBJECTS: Final = 1_000
_PAGE_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the objects in collections: those of these types for which `selects` returns True."""

    types: tuple[str, ...]
    selects: Callable[[str, Mapping[str, Any]], bool]  # collection, object


@dataclass(frozen=True, slots=True)
class CollectionView:
    """The records of one collection that a reader with this clearance sees; only the selected ones if there is a selection."""

    collection: str
    clearance: TLP
    selection: Selection | None = None


def collection_views(
    catalogue: Catalogue, account: Account | None, root: str, names: Sequence[str]
) -> tuple[CollectionView, ...]:
    """The views of an account: of the collections with these ids or aliases, or of all that it reads if `names` is empty.

    Raises the errors of `gate` for a collection that it may not read; ForbiddenError if it may read none.
    """
    root_collections = gate.find_root(catalogue, account, root).collections
    if names:
        collections = [gate.find_collection(catalogue, account, root, name) for name in dict.fromkeys(names)]
        # a collection may be named by its id and by its alias: the dict removes the duplicate
        return tuple(
            dict.fromkeys(
                CollectionView(collection.id, gate.must_read(account, collection)) for collection in collections
            )
        )
    levels = ((collection.id, access.readable_level(account, collection)) for collection in root_collections)
    views = tuple(CollectionView(collection, level) for collection, level in levels if level is not None)
    if not views:
        raise ForbiddenError("This account may read no collection here, so it cannot listen to events here.")
    return views


class ViewWatcher:
    """Finds new records in views, for one thread. After a StoreError, close it and create another."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watch: Watch = store.watch()
        self._views: frozenset[CollectionView] = frozenset()
        # at the last looks, oldest first; all records before the oldest are visible
        self._heads: dict[str, deque[int]] = {}
        self._repeats_left: dict[str, int] = {}

    @property
    def pause_seconds(self) -> float:
        """How long to wait between two looks."""
        return self._watch.pause_seconds

    def look(self, wanted_views: Iterable[CollectionView]) -> dict[CollectionView, int]:
        """The newest place of each view that is new or whose collection moved.

        0 if a view has a selection, and no selected record was added since the last look.
        """
        views = frozenset(wanted_views)
        new_views, self._views = views - self._views, views
        # (2)
        if not self._watch.has_moved() and not new_views:
            return {}
        extra_looks = self._watch.extra_looks
        previous_heads, self._heads = self._heads, {}
        since: dict[str, int] = {}
        moved_collections = set()
        for collection in {view.collection for view in views}:
            head = self._store.head(collection)
            heads = previous_heads.get(collection) or deque(maxlen=extra_looks + 1)
            since[collection] = heads[0] if heads else _recent(head)
            if not heads or heads[-1] != head:
                moved_collections.add(collection)
            heads.append(head)
            self._heads[collection] = heads
        repeated_collections = {
            collection for collection, count in self._repeats_left.items() if count > 0 and collection in since
        }
        self._repeats_left = {
            collection: extra_looks if collection in moved_collections else self._repeats_left[collection] - 1
            for collection in moved_collections | repeated_collections
        }
        due_views = [
            view for view in views if view in new_views or view.collection in moved_collections | repeated_collections
        ]
        # (3)
        places = newest_places(self._store, (view for view in due_views if view.selection is None))
        # (5)
        for view in due_views:
            if view.selection is not None:
                after = since[view.collection]
                places[view] = _newest_selected(
                    self._store, view, view.selection, _recent(after) if view in new_views else after
                )
        return places

    def close(self) -> None:
        """Close the store."""
        self._watch.close()


def current_places(store: Store, views: Iterable[CollectionView], since: int = 0) -> dict[CollectionView, int]:
    """A place in each view beyond `since`, 0 if there is none: the newest one, or the first one if it has a selection.

    With a selection, it may be the place of a record that has a selected type and is not selected.
    """
    all_views = tuple(views)
    places = newest_places(store, (view for view in all_views if view.selection is None))
    for view in all_views:
        if view.selection is not None:
            rows = store.manifest(_selection_query(view, view.selection, since, limit=1)).rows
            places[view] = rows[0].place if rows else 0
    return places


def newest_places(store: Store, views: Iterable[CollectionView]) -> dict[CollectionView, int]:
    """The place of the newest record in each view, 0 if there is none. Ignores selections."""
    return {view: store.counts(view.collection, view.clearance)[1] for view in views}


def _newest_selected(store: Store, view: CollectionView, selection: Selection, after: int) -> int:
    """The place of the newest selected record beyond `after`, 0 if there is none."""
    query = _selection_query(view, selection, after, limit=_PAGE_OBJECTS)
    place = 0
    while True:
        page = store.read(query, _PAGE_BYTES)
        contents = orjson.loads(b"[" + page.body + b"]")
        selected_versions = {
            (content["id"], content.get("modified"))
            for content in contents
            if selection.selects(view.collection, content)
        }
        if selected_versions:
            rows = store.manifest(replace(query, limit=page.count)).rows
            place = max((row.place for row in rows if (row.id, row.version_text) in selected_versions), default=place)
        if not page.more:
            return place
        query = replace(query, after=page.last)


def _selection_query(view: CollectionView, selection: Selection, after: int, *, limit: int) -> Query:
    return Query(view.collection, view.clearance, after, limit, types=selection.types, versions=EVERY)


def _recent(head: int) -> int:
    return max(0, head - _RECENT_MILLISECONDS)
