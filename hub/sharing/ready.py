"""Pages kept ready to send: what thousands of readers ask for in the same words is read and compressed once.

A page behind which the collection goes on holds records that all stand before the head, so it stays as it is until one of
them, or the one behind it, is changed or removed (`Store.changes`). What may be read was decided in the query that made
the page (law L5), and is part of its key. Each process keeps its own pages, up to a number of bytes, and drops the one
that was used longest ago.
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

_GZIP_LEVEL: Final = 1  # of isal: STIX shrinks to a twentieth; the next level takes longer and saves a tenth of that
_OVERHEAD_BYTES: Final = 2_000  # of a page, for what stands around its bytes


def pack(body: bytes) -> bytes:
    """The bytes as gzip (RFC 1952), the same for the same bytes."""
    return igzip.compress(body, _GZIP_LEVEL, mtime=0)


def unpack(packed: bytes) -> bytes:
    """What `pack` packed."""
    body: bytes = igzip.decompress(packed)  # type: ignore[no-untyped-call] # isal's types leave it out
    return body


class Content:
    """The bytes of a page, as they are and as gzip, each made when it is first asked for.

    What is kept ready holds the form that readers ask for: the other is made from it.
    """

    __slots__ = ("_body", "_packed", "_resized")

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._packed: bytes | None = None
        self._resized: Callable[[], None] | None = None

    def plain(self) -> bytes:
        """The bytes as they are."""
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
            if self._resized is not None:  # its readers want gzip, and the plain bytes are twenty times as many
                self._body = None
            self._report()
        return packed

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(len(form) for form in (self._body, self._packed) if form is not None)

    def report_to(self, resized: Callable[[], None] | None) -> None:
        """From now on `resized` is called whenever the size has changed."""
        self._resized = resized

    def _report(self) -> None:
        if self._resized is not None:
            self._resized()


@dataclass(frozen=True, slots=True)
class PageKey:
    """All that a page of objects is made from, besides the records themselves."""

    query: Query
    began_after: int  # place: it stands in the page's `next` token
    match: Match


@dataclass(frozen=True, slots=True)
class ReadyPage:
    """A page as it is sent: its content, how many objects, their first and last place, and whether there is more."""

    content: Content
    count: int
    first: int
    last: int
    more: bool
    following: int  # place of the object behind it, where the store tells


@dataclass(slots=True)
class _ReadyPage:
    page: ReadyPage
    size: int  # bytes, as they are counted


class ReadyPages:
    """The pages that one process keeps ready, of `max_bytes` together. Safe to use from several threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._pages: OrderedDict[PageKey, _ReadyPage] = OrderedDict()  # the one used longest ago first
        self._keys: dict[str, set[PageKey]] = {}  # by collection
        self._change: dict[str, int] = {}  # by collection: up to which change its pages are as the store has them
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes in memory, of all pages."""
        return self._size

    def find(self, store: Store, key: PageKey) -> ReadyPage | None:
        """The page, if it is kept and is what the store would give now."""
        if key not in self._pages or self._look(store, key.query.collection) is None:
            return None
        with self._lock:
            entry = self._pages.get(key)
            if entry is None:
                return None
            self._pages.move_to_end(key)
            return entry.page

    def change(self, store: Store, collection: str) -> int | None:
        """Up to which change a page that is read from now on is as the store has it; None: it cannot be kept.

        It may be an older one than the last, which does no harm: what changed since is looked at when the page is used.
        """
        if self._max_bytes <= 0:
            return None
        known = self._change.get(collection)
        return self._look(store, collection) if known is None else known

    def keep(self, key: PageKey, page: ReadyPage, change: int) -> None:
        """Keep a page that was read after `change` was asked, unless later changes were looked at meanwhile."""
        collection = key.query.collection
        with self._lock:
            if self._change.get(collection) != change or key in self._pages:
                return
            self._pages[key] = entry = _ReadyPage(page, 0)
            self._keys.setdefault(collection, set()).add(key)
            page.content.report_to(lambda: self._resized(key))
            self._count(entry)

    def _look(self, store: Store, collection: str) -> int | None:
        """Drop the pages of which a record was changed or removed; up to which change there is none left of them."""
        since = self._change.get(collection)
        changes = store.changes(collection, since or 0)
        if changes is None or changes.number == since:
            return None if changes is None else since
        with self._lock:
            # another thread may have come as far meanwhile, or farther; from less far on is more than what is asked
            known = self._change.get(collection, -1)
            if known >= changes.number:
                return known
            for key in self._concerned(collection, changes):
                self._remove(key)
            self._change[collection] = changes.number
        return changes.number

    def _concerned(self, collection: str, changes: Changes) -> list[PageKey]:
        keys = self._keys.get(collection, set())
        if changes.places is None:
            return list(keys)
        places = sorted(changes.places)
        return [key for key in keys if _any_between(places, key.query.after, self._pages[key].page.following)]

    def _resized(self, key: PageKey) -> None:
        with self._lock:
            if (entry := self._pages.get(key)) is not None:
                self._count(entry)

    def _count(self, entry: _ReadyPage) -> None:
        """Count the page's bytes as they are now, and make room where they are too many."""
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


def _any_between(places: list[int], after: int, upto: int) -> bool:
    """Whether one of the sorted places is in (after, upto]."""
    index = bisect_right(places, after)
    return index < len(places) and places[index] <= upto
