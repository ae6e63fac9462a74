"""The way out: a page of what this reader may see.

1. The highest level that this reader may see here (law L5).
2. The filters, from the query or from the `next` token, which contains them (law L8).
3. One page from the store, selected in its query: by collection, level and filters, from one place on (law L1).
4. How to continue: a token if there is more, and the dates of the first and last record for readers that use added_after.
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

_MICROSECONDS: Final = 1000  # in a millisecond, the unit of places
NO_PAGE: Final = ReadyPage(
    Content(envelope(b"", more=False, next_token=None)), count=0, first=0, last=0, more=False, next_place=0
)
NO_ROWS: Final = ManifestPage(rows=(), more=False)


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """What the way out needs: the store, the limits, the secret that signs cursors, and the ready pages."""

    store: Store
    limits: Limits
    secret: bytes
    ready: ReadyPages


@dataclass(frozen=True, slots=True)
class DeliveredPage:
    """A page, ready to send: its JSON, TAXII's two dates (first and last record), and its number of records."""

    content: Content
    count: int
    date_added: tuple[str, str]
    first: int  # places, for the ledger; 0 if the page is empty
    last: int
    query: Query | None = None  # the query to the store; None if the page has no objects
    more: bool = False

    @property
    def body(self) -> bytes:
        """The JSON as it is, not compressed."""
        return self.content.plain()


@dataclass(frozen=True, slots=True)
class LookupCriteria:
    """What `look_up` looks for: objects that have a value with one of the marks, contain one of the ids, or have one."""

    marks: tuple[int, ...] = ()
    contains: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()  # with `contains`: the publishers of the containers
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()  # empty: any


def objects(
    context: DeliveryContext, account: Account | None, collection: Collection, filters: Filters
) -> DeliveredPage:
    """A page of objects as an envelope (TAXII 2.1, 5.4)."""
    # (1) and (2)
    request = _read_request(context, account, collection, filters)
    # (3) and (4)
    page = _page(context, request) if request.may_match else NO_PAGE
    dates = request.date_added(page.first, page.last)
    return DeliveredPage(page.content, page.count, dates, page.first, page.last, request.query, page.more)


def _page(context: DeliveryContext, request: _ReadRequest) -> ReadyPage:
    """The ready page if there is one, else the page from the store."""
    key = PageKey(request.query, request.began_after, request.match)
    if (ready := context.ready.find(context.store, key)) is not None:
        return ready
    # before the page is read: a change between the two is then noticed when the page is used
    change = context.ready.change(context.store, request.query.collection)
    page = context.store.read(request.query, context.limits.page_bytes)
    token = request.token(context, page.last) if page.more else None
    content = Content(envelope(page.body, more=page.more, next_token=token))
    ready = ReadyPage(content, page.count, page.first, page.last, page.more, page.next_place)
    # do not keep the last page, which grows with the next object, nor pages for ids, which are requested once
    if page.more and change is not None and not request.query.ids:
        context.ready.keep(key, ready, change)
    return ready


def look_up(
    context: DeliveryContext, account: Account | None, collection: Collection, criteria: LookupCriteria, limit: int
) -> Page:
    """The newest versions that this reader may see and that match the criteria: as many as fit on one page.

    Unlike `objects`, a lookup is not recorded as a delivery: the reader has not read all objects that match.
    """
    clearance = gate.must_read(account, collection)
    if not (criteria.marks or criteria.contains or criteria.ids):
        return Page(body=b"", count=0, first=0, last=0, more=False)
    query = Query(
        collection=collection.id,
        clearance=clearance,
        after=0,
        limit=min(limit, context.limits.page_objects),
        ids=criteria.ids,
        types=criteria.types,
        marks=criteria.marks,
        contains=criteria.contains,
        publishers=criteria.publishers,
    )
    return context.store.read(query, context.limits.page_bytes)


def object_by_id(
    context: DeliveryContext, account: Account | None, collection: Collection, object_id: str, filters: Filters
) -> DeliveredPage:
    """Like `objects`, for one id (5.6). NotFoundError if this reader may see no version of it."""
    return objects(context, account, collection, _filters_for_id(context, account, collection, object_id, filters))


def manifest(
    context: DeliveryContext, account: Account | None, collection: Collection, filters: Filters
) -> DeliveredPage:
    """A page of manifest records (5.3)."""
    request = _read_request(context, account, collection, filters)
    page = context.store.manifest(request.query) if request.may_match else NO_ROWS
    first, last = _first_and_last_place(page)
    resource = Manifest(
        more=page.more,
        next=request.token(context, last) if page.more else None,
        objects=tuple(ManifestRecord(row.id, format_place(row.place), row.version_text) for row in page.rows),
    )
    return DeliveredPage(Content(as_json(resource)), len(page.rows), request.date_added(first, last), first, last)


def versions(
    context: DeliveryContext, account: Account | None, collection: Collection, object_id: str, filters: Filters
) -> DeliveredPage:
    """A page of the versions of one object (5.8). NotFoundError if this reader may see no version of it."""
    filters = _filters_for_id(context, account, collection, object_id, filters)
    request = _read_request(context, account, collection, filters)
    page = context.store.manifest(replace(request.query, versions=EVERY)) if request.may_match else NO_ROWS
    first, last = _first_and_last_place(page)
    resource = Versions(
        more=page.more,
        next=request.token(context, last) if page.more else None,
        versions=tuple(row.version_text for row in page.rows),
    )
    return DeliveredPage(Content(as_json(resource)), len(page.rows), request.date_added(first, last), first, last)


@dataclass(frozen=True, slots=True)
class _ReadRequest:
    """Steps 1 and 2: the query for the store, and what step 4 needs."""

    query: Query
    may_match: bool  # False: nothing can match (another specification version), and the store is not read
    began_after: int  # place
    match: Match
    reached_date: str  # date_added up to which this reader has read everything

    def token(self, context: DeliveryContext, place: int) -> str:
        """The `next` for a page that ended at this place."""
        return seal(Cursor(self.query.collection, place, self.began_after, self.match), context.secret)

    def date_added(self, first: int, last: int) -> tuple[str, str]:
        """TAXII's two dates (3.2). On an empty page both are the reader's own added_after, unchanged, since clients
        continue from there.
        """
        return (format_place(first), format_place(last)) if last else (self.reached_date, self.reached_date)


def _read_request(
    context: DeliveryContext, account: Account | None, collection: Collection, filters: Filters
) -> _ReadRequest:
    # (1)
    clearance = gate.must_read(account, collection)
    # (2)
    after = 0 if filters.added_after is None else max(filters.added_after // _MICROSECONDS, 0)
    began_after, match = after, filters.match
    if filters.next is not None:
        cursor = unseal(filters.next, context.secret)
        # With a token of another collection, start where that poll began: a common client uses its last token again for the
        # next collection, and would lose all that it has fetched if the token were refused.
        after = max(after, cursor.place if cursor.collection == collection.id else cursor.began_after)
        began_after = max(began_after, cursor.began_after)
        match = _merge_filters(filters.match, cursor.match)
    may_match = match.spec_versions is None or protocol.SPEC_VERSION in match.spec_versions
    query = Query(
        collection=collection.id,
        clearance=clearance,
        after=after,
        limit=min(filters.limit or context.limits.page_default, context.limits.page_objects),
        ids=match.ids or (),
        types=match.types or (),
        versions=match.versions or LAST,
    )
    exact_microseconds = (
        filters.added_after
        if filters.added_after is not None and filters.added_after // _MICROSECONDS == after
        else None
    )
    reached_date = format_place(after) if exact_microseconds is None else format_microseconds(exact_microseconds)
    return _ReadRequest(query, may_match, began_after, match, reached_date)


def _merge_filters(request: Match, token_match: Match) -> Match:
    """The filters of the request, and for fields without a filter those of the token."""
    return Match(
        ids=token_match.ids if request.ids is None else request.ids,
        types=token_match.types if request.types is None else request.types,
        versions=token_match.versions if request.versions is None else request.versions,
        spec_versions=token_match.spec_versions if request.spec_versions is None else request.spec_versions,
    )


def _filters_for_id(
    context: DeliveryContext, account: Account | None, collection: Collection, object_id: str, filters: Filters
) -> Filters:
    """The filters for one id; match[id] and match[type] do not apply there and are ignored (5.6)."""
    clearance: TLP = gate.must_read(account, collection)
    if not context.store.holds(collection.id, object_id, clearance):
        raise NotFoundError(f"There is no object {object_id[:100]!r} in this collection, or not for this account.")
    return replace(filters, match=replace(filters.match, ids=(object_id,), types=()))


def _first_and_last_place(page: ManifestPage) -> tuple[int, int]:
    return (page.rows[0].place, page.rows[-1].place) if page.rows else (0, 0)
