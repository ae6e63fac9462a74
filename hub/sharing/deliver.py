"""The way out: what this reader may see, as a page.

1. Who asks, and how high may this reader see here (law L5)?
2. What is asked for: filters from the query, or from the `next` token, which carries them (law L8).
3. One page from the store, decided in its query: by collection, level and filters, from one place on (law L1).
4. The way on: a token where there is more; the dates of the first and last record for readers that page by added_after.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from hub.errors import NotFoundError
from hub.settings import Limits
from hub.sharing import gate
from hub.sharing.catalogue import Collection
from hub.sharing.members import Account
from hub.sharing.ready import Content, PageKey, ReadyPage, ReadyPages
from hub.stix.timestamps import format_microseconds, format_place
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.query import EVERY, LAST, ManifestPage, Page, Query
from hub.taxii import protocol
from hub.taxii.cursor import Cursor, seal, unseal
from hub.taxii.filters import Filters, Match
from hub.taxii.resources import Manifest, ManifestRecord, Versions, as_json, envelope

_MICROSECONDS: Final = 1000  # in the millisecond that places count
NO_PAGE: Final = ReadyPage(
    Content(envelope(b"", more=False, next_token=None)), count=0, first=0, last=0, more=False, following=0
)
NO_ROWS: Final = ManifestPage(rows=(), more=False)


@dataclass(frozen=True, slots=True)
class Exit:
    """What the way out needs: where things are kept, the limits, the secret that signs cursors, and pages kept ready."""

    store: Store
    limits: Limits
    secret: bytes
    ready: ReadyPages


@dataclass(frozen=True, slots=True)
class Delivered:
    """A page, ready to send: its JSON, TAXII's two dates (first and last record), and how many records it holds."""

    content: Content
    count: int
    date_added: tuple[str, str]
    first: int  # places, for the ledger; 0 where the page is empty
    last: int
    query: Query | None = None  # what was asked of the store; None where no objects are delivered
    more: bool = False

    @property
    def body(self) -> bytes:
        """The JSON as it is, not compressed."""
        return self.content.plain()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `look_up` looks for: objects that hold a value with one of the marks, or are containers of ids, or have ids."""

    marks: tuple[int, ...] = ()
    contains: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()  # with `contains`: whose containers
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()  # empty: any


def objects(exit_: Exit, account: Account | None, collection: Collection, filters: Filters) -> Delivered:
    """A page of objects as an envelope (TAXII 2.1, 5.4)."""
    # (1) and (2)
    asked = _asked(exit_, account, collection, filters)
    # (3) and (4)
    page = _page(exit_, asked) if asked.possible else NO_PAGE
    dates = asked.date_added(page.first, page.last)
    return Delivered(page.content, page.count, dates, page.first, page.last, asked.query, page.more)


def _page(exit_: Exit, asked: _Asked) -> ReadyPage:
    """The page as it was kept ready, else from the store."""
    key = PageKey(asked.query, asked.began_after, asked.match)
    if (ready := exit_.ready.find(exit_.store, key)) is not None:
        return ready
    # asked before the page is read: a change between the two is then looked at again
    change = exit_.ready.change(exit_.store, asked.query.collection)
    page = exit_.store.read(asked.query, exit_.limits.page_bytes)
    token = asked.token(exit_, page.last) if page.more else None
    content = Content(envelope(page.body, more=page.more, next_token=token))
    ready = ReadyPage(content, page.count, page.first, page.last, page.more, page.following)
    # what ends at the head grows with the next object, and what was asked for by ids is asked for once
    if page.more and change is not None and not asked.query.ids:
        exit_.ready.keep(key, ready, change)
    return ready


def look_up(exit_: Exit, account: Account | None, collection: Collection, wanted: Wanted, limit: int) -> Page:
    """The newest versions that this reader may see and that hold what is wanted: as many as fit on one page.

    Unlike `objects` this is no delivery: who looks up an address has not read all that mentions it.
    """
    clearance = gate.must_read(account, collection)
    if not (wanted.marks or wanted.contains or wanted.ids):
        return Page(body=b"", count=0, first=0, last=0, more=False)
    query = Query(
        collection=collection.id,
        clearance=clearance,
        after=0,
        limit=min(limit, exit_.limits.page_objects),
        ids=wanted.ids,
        types=wanted.types,
        marks=wanted.marks,
        contains=wanted.contains,
        publishers=wanted.publishers,
    )
    return exit_.store.read(query, exit_.limits.page_bytes)


def object_by_id(
    exit_: Exit, account: Account | None, collection: Collection, object_id: str, filters: Filters
) -> Delivered:
    """As `objects`, of one id (5.6). NotFoundError where this reader may see no version of it at all."""
    return objects(exit_, account, collection, _of_one(exit_, account, collection, object_id, filters))


def manifest(exit_: Exit, account: Account | None, collection: Collection, filters: Filters) -> Delivered:
    """A page of manifest records (5.3)."""
    asked = _asked(exit_, account, collection, filters)
    page = exit_.store.manifest(asked.query) if asked.possible else NO_ROWS
    first, last = _ends(page)
    resource = Manifest(
        more=page.more,
        next=asked.token(exit_, last) if page.more else None,
        objects=tuple(ManifestRecord(row.id, format_place(row.place), row.version_text) for row in page.rows),
    )
    return Delivered(Content(as_json(resource)), len(page.rows), asked.date_added(first, last), first, last)


def versions(
    exit_: Exit, account: Account | None, collection: Collection, object_id: str, filters: Filters
) -> Delivered:
    """A page of the versions of one object (5.8). NotFoundError where this reader may see none at all."""
    filters = _of_one(exit_, account, collection, object_id, filters)
    asked = _asked(exit_, account, collection, filters)
    page = exit_.store.manifest(replace(asked.query, versions=EVERY)) if asked.possible else NO_ROWS
    first, last = _ends(page)
    resource = Versions(
        more=page.more,
        next=asked.token(exit_, last) if page.more else None,
        versions=tuple(row.version_text for row in page.rows),
    )
    return Delivered(Content(as_json(resource)), len(page.rows), asked.date_added(first, last), first, last)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Steps 1 and 2: the query for the store, and what the way on needs from it."""

    query: Query
    possible: bool  # False: nothing can match (another specification version), and the store is not asked
    began_after: int  # place
    match: Match
    reached: str  # the date up to which this reader has seen everything

    def token(self, exit_: Exit, place: int) -> str:
        """The `next` for a page that ended at this place."""
        return seal(Cursor(self.query.collection, place, self.began_after, self.match), exit_.secret)

    def date_added(self, first: int, last: int) -> tuple[str, str]:
        """TAXII's two dates (3.2). An empty page has them, too: clients go on from them, so they say how far this
        reader has come already, its own added_after to the letter.
        """
        return (format_place(first), format_place(last)) if last else (self.reached, self.reached)


def _asked(exit_: Exit, account: Account | None, collection: Collection, filters: Filters) -> _Asked:
    # (1)
    clearance = gate.must_read(account, collection)
    # (2)
    after = 0 if filters.added_after is None else max(filters.added_after // _MICROSECONDS, 0)
    began_after, match = after, filters.match
    if filters.next is not None:
        cursor = unseal(filters.next, exit_.secret)
        # A token of another collection starts this one where that poll began: a common client keeps its token when it
        # goes on to the next collection, and a refusal would lose it all that it has fetched so far.
        after = max(after, cursor.place if cursor.collection == collection.id else cursor.began_after)
        began_after = max(began_after, cursor.began_after)
        match = _together(filters.match, cursor.match)
    possible = match.spec_versions is None or protocol.SPEC_VERSION in match.spec_versions
    query = Query(
        collection=collection.id,
        clearance=clearance,
        after=after,
        limit=min(filters.limit or exit_.limits.page_default, exit_.limits.page_objects),
        ids=match.ids or (),
        types=match.types or (),
        versions=match.versions or LAST,
    )
    exact = (
        filters.added_after
        if filters.added_after is not None and filters.added_after // _MICROSECONDS == after
        else None
    )
    reached = format_place(after) if exact is None else format_microseconds(exact)
    return _Asked(query, possible, began_after, match, reached)


def _together(asked: Match, carried: Match) -> Match:
    """The filters of the request; where it names none of a field, those that the token carries."""
    return Match(
        ids=carried.ids if asked.ids is None else asked.ids,
        types=carried.types if asked.types is None else asked.types,
        versions=carried.versions if asked.versions is None else asked.versions,
        spec_versions=carried.spec_versions if asked.spec_versions is None else asked.spec_versions,
    )


def _of_one(exit_: Exit, account: Account | None, collection: Collection, object_id: str, filters: Filters) -> Filters:
    """The filters for one id; match[id] and match[type] mean nothing there and are dropped (5.6)."""
    clearance: TLP = gate.must_read(account, collection)
    if not exit_.store.holds(collection.id, object_id, clearance):
        raise NotFoundError(f"There is no object {object_id[:100]!r} in this collection, or not for this account.")
    return replace(filters, match=replace(filters.match, ids=(object_id,), types=()))


def _ends(page: ManifestPage) -> tuple[int, int]:
    return (page.rows[0].place, page.rows[-1].place) if page.rows else (0, 0)
