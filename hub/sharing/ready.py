"""A cache of pages, ready to send: a page that thousands of readers request is read and compressed once.

Only a page that is not the last of its collection is kept: new records do not change it. It stays valid until one of its
records, or the record after it, is changed or removed (`Store.changes`). The reader's level is part of the query, and so of
the page's key (law L5). Each process has its own pages, up to a number of bytes, and drops the one used longest ago.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isal import igzip

from hub.store.base import Changes, Store
from hub.store.query import Query
from hub.taxii.filters import Match

# of isal: STIX shrinks to a twentieth; the next level takes longer and saves only a tenth of that
_GZIP_LEVEL: Final = 1
_OVERHEAD_BYTES: Final = 2_000  # counted for each page, in addition to its content


def pack(body: bytes) -> bytes:
    """The bytes as gzip (RFC 1952), the same for the same bytes."""
    return igzip.compress(body, _GZIP_LEVEL, mtime=0)


def unpack(packed: bytes) -> bytes:
    """Decompress the result of `pack`."""
    body: bytes = igzip.decompress(packed)  # type: ignore[no-untyped-call] # isal's types leave it out
    return body


class Content:
    """The bytes of a page, plain and as gzip; each form is made when it is first needed.

    A page in the cache keeps the form that readers request; the other form is made from it.
    """

    __slots__ = ("_body", "_packed", "_resized")

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._packed: bytes | None = None
        self._resized: Callable[[], None] | None = None

    def plain(self) -> bytes:
        """The bytes, not compressed."""
        body = self._body
        if body is None:
            packed = self._packed
            assert packed is not None  # set before the body is dropped
            body = self._body = unpack(packed)
            self._report()
        return body

    def packed(self) -> bytes:
        """The bytes as gzip."""
        packed = self._packed
        if packed is None:
            packed = self._packed = pack(self.plain())
            if self._resized is not None:  # in the cache: keep only gzip, a twentieth of the size
                self._body = None
            self._report()
        return packed

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(len(form) for form in (self._body, self._packed) if form is not None)

    def report_to(self, resized: Callable[[], None] | None) -> None:
        """Call `resized` whenever the size has changed; None: call nothing."""
        self._resized = resized

    def _report(self) -> None:
        if self._resized is not None:
            self._resized()


@dataclass(frozen=True, slots=True)
class PageKey:
    """Everything that determines a page of objects, except the records themselves."""

    query: Query
    began_after: int  # place, which the page's `next` token contains
    match: Match


@dataclass(frozen=True, slots=True)
class ReadyPage:
    """A page as it is sent: its content, its number of objects, their first and last place, and whether there is more."""

    content: Content
    count: int
    first: int
    last: int
    more: bool
    next_place: int  # place of the object after the page, if the store knows it


@dataclass(slots=True)
class _ReadyPage:
    page: ReadyPage
    size: int  # bytes that are counted for it


class ReadyPages:
    """The ready pages of one process, with at most `max_bytes` together. Safe for several threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._pages: OrderedDict[PageKey, _ReadyPage] = OrderedDict()  # least recently used first
        self._keys: dict[str, set[PageKey]] = {}  # by collection
        self._change: dict[str, int] = {}  # by collection: the last change of the store that its pages include
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes in memory, of all pages."""
        return self._size

    def find(self, store: Store, key: PageKey) -> ReadyPage | None:
        """The page, if it is in the cache and equal to what the store would return now."""
        if key not in self._pages or self._look(store, key.query.collection) is None:
            return None
        with self._lock:
            entry = self._pages.get(key)
            if entry is None:
                return None
            self._pages.move_to_end(key)
            return entry.page

    def change(self, store: Store, collection: str) -> int | None:
        """The number of the last change that a page read from now on includes; None: the page cannot be kept.

        It may be older than the store's last change: `find` looks at later changes when the page is used.
        """
        if self._max_bytes <= 0:
            return None
        change_number = self._change.get(collection)
        return self._look(store, collection) if change_number is None else change_number

    def keep(self, key: PageKey, page: ReadyPage, change: int) -> None:
        """Keep a page that was read after the call of `change`, unless another thread looked at later changes meanwhile."""
        collection = key.query.collection
        with self._lock:
            if self._change.get(collection) != change or key in self._pages:
                return
            self._pages[key] = entry = _ReadyPage(page, 0)
            self._keys.setdefault(collection, set()).add(key)
            page.content.report_to(lambda: self._resized(key))
            self._count(entry)

    def _look(self, store: Store, collection: str) -> int | None:
        """Drop the pages of which a record was changed or removed; return the number of the last change looked at."""
        since = self._change.get(collection)
        changes = store.changes(collection, since or 0)
        if changes is None or changes.number == since:
            return None if changes is None else since
        with self._lock:
            # another thread may have looked at these changes, or later ones, meanwhile
            change_number = self._change.get(collection, -1)
            if change_number >= changes.number:
                return change_number
            for key in self._affected_keys(collection, changes):
                self._remove(key)
            self._change[collection] = changes.number
        return changes.number

    def _affected_keys(self, collection: str, changes: Changes) -> list[PageKey]:
        keys = self._keys.get(collection, set())
        if changes.places is None:
            return list(keys)
        places = sorted(changes.places)
        return [key for key in keys if _any_between(places, key.query.after, self._pages[key].page.next_place)]

    def _resized(self, key: PageKey) -> None:
        with self._lock:
            if (entry := self._pages.get(key)) is not None:
                self._count(entry)

    def _count(self, entry: _ReadyPage) -> None:
        """Update the page's size, and drop pages while all together are too large."""
        size = entry.page.content.size + _OVERHEAD_BYTES
        self._size += size - entry.size
        entry.size = size
        while self._size > self._max_bytes:
            self._remove(next(iter(self._pages)))

    def _remove(self, key: PageKey) -> None:
        entry = self._pages.pop(key)
        self._keys[key.query.collection].discard(key)
        self._size -= entry.size
        entry.page.content.report_to(None)


def _any_between(places: list[int], after: int, last: int) -> bool:
    """Whether one of the sorted places is in (after, upto]."""
    index = bisect_right(places, after)
    return index < len(places) and places[index] <= last
