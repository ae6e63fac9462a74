"""Follow a collection: every object once, in order of arrival, even if the connection or either process fails meanwhile.

1. A round requests the first page by added_after, from the position of the checkpoint.
2. It requests further pages by `next`, with the same added_after, as TAXII 2.1 (3.5) says; or, if the server gives no
   `next`, by the date of the last record.
3. After each page the checkpoint moves to just before the date of the page's last record, with the marks of the objects
   handed over from there on, so that records with the same date are neither lost nor repeated.
4. A `next` is never used twice and never stored: on some servers it is valid for one answer, and on none for ever. After a
   failure or a restart the round continues from the checkpoint.
5. A page with `more` must bring new objects or a later date; several pages without either end the round with an error.
6. After the last page the checkpoint moves to the last date, the round ends, and the next one follows after the pause.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.errors import ConnectionFailedError, RefusedError
from hub.producer.bundles import StixDict
from hub.producer.checkpoint import Keeper, Position, mark
from hub.producer.connection import FetchedPage, HubConnection
from hub.stix.timestamps import format_microseconds, parse_lenient_timestamp
from hub.taxii.resources import CollectionResource

PAGE_OBJECTS: Final = 1000
INTERVAL_SECONDS: Final = 30.0
IDLE_PAGES: Final = 20  # in a row with `more` that bring nothing new
MOST_MARKS: Final = 1_000_000  # of objects with the same date on a server
_JITTER: Final = 0.1  # of the interval, so that many followers do not poll at the same instant

Wait = Callable[[float], None]
"""Waits that many seconds, or less if something new may have arrived."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters: STIX types (empty: all), and all versions or only the last one of each object."""

    types: tuple[str, ...] = ()
    all_versions: bool = False
    page_objects: int = PAGE_OBJECTS

    def as_dict(self) -> dict[str, Any]:
        """The filters, as a checkpoint keeps them."""
        return {"types": sorted(self.types), "all_versions": self.all_versions}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When to poll: once (until nothing is new) or for ever, the pause between polls, and functions to call."""

    once: bool = False
    interval_seconds: float = INTERVAL_SECONDS
    wait: Wait = time.sleep
    tell: Callable[[str], None] = lambda _message: None  # called with messages about trouble
    up_to_date: Callable[[], None] = lambda: None  # called whenever nothing is new


def follow(  # noqa: PLR0913 - what to follow, how, and when
    connection: HubConnection,
    collection: CollectionResource,
    keeper: Keeper,
    asked: Asked,
    rhythm: Rhythm,
    *,
    before_round: Callable[[], None] | None = None,
) -> Iterator[StixDict]:
    """Yield each object, parsed. An object counts as processed when the next one is requested.

    Without `once`, an unreachable hub is reported once and polled again after each pause; with `once`, it is a
    ConnectionFailedError. UnauthenticatedError, ForbiddenError and NotFoundError end it in both cases.
    """
    for _, item in follow_several(connection, [(collection, keeper)], asked, rhythm, before_round=before_round):
        yield item


def follow_several(
    connection: HubConnection,
    pairs: Sequence[tuple[CollectionResource, Keeper]],
    asked: Asked,
    rhythm: Rhythm,
    *,
    before_round: Callable[[], None] | None = None,
) -> Iterator[tuple[CollectionResource, StixDict]]:
    """Like `follow`, for several collections in turn, each with its own keeper; yields each object with its collection."""
    is_away = False
    while True:
        if before_round is not None:
            before_round()
        try:
            for collection, keeper in pairs:
                for item in _round(connection, collection, keeper, asked):
                    yield collection, item
            if is_away:
                rhythm.tell("the hub answers again")
            is_away = False
        except ConnectionFailedError as error:
            if rhythm.once:
                raise
            if not is_away:
                rhythm.tell(f"{error}; this is tried again until it answers")
            is_away = True
        rhythm.up_to_date()
        # (6)
        if rhythm.once:
            return
        rhythm.wait(rhythm.interval_seconds * (1 + _JITTER * (2 * connection.patience.lot() - 1)))


def _round(
    connection: HubConnection, collection: CollectionResource, keeper: Keeper, asked: Asked
) -> Iterator[StixDict]:
    # (1)
    after, token = keeper.position.after, None
    # a killed run may have handed over objects after the first page of this run: their marks stay until a page has a new
    # object, since all objects that were handed over come before it
    unseen = keeper.position.marks
    failures = 0
    progress = _Progress(_instant(after))
    while True:
        try:
            page = _page(connection, collection, asked, after, token)
        except (ConnectionFailedError, RefusedError) as error:
            # (4)
            if token is None:
                raise
            failures += 1
            if failures >= connection.patience.tries:
                raise ConnectionFailedError(f"the hub gives the first page and no further one: {error}") from None
            connection.pause(failures)
            after, token = keeper.position.after, None
            continue
        marked_items = list(_mark_items(page))
        new_items = [(item, item_mark) for item, item_mark in marked_items if item_mark not in keeper.position.marks]
        for item, item_mark in new_items:
            keeper.hand_over(item)
            yield item
            keeper.mark_processed(item_mark)
        if new_items:
            failures = 0
        # (3)
        page_marks = {item_mark for _, item_mark in marked_items}
        unseen = unseen - page_marks if page.more and not new_items else frozenset()
        position = _next_position(keeper.position, page)
        keeper.commit(Position(position.after, position.marks | unseen))
        if not page.more:
            return
        # (5)
        progress.require(page, bool(new_items), len(keeper.position.marks))
        # (2)
        if page.next is None:
            after = _date_after(after, page)
        elif not page.objects:
            connection.pause(1)  # an empty page that is not the last: do not poll such a server too fast
        token = page.next


class _Progress:
    """(5) Checks that pages bring something new; `latest` is the latest date so far."""

    def __init__(self, latest: int | None) -> None:
        self._latest = latest
        self._idle = 0

    def require(self, page: FetchedPage, has_new_items: bool, marks: int) -> None:
        """Raise ConnectionFailedError after too many pages without anything new, or too many objects with the same date."""
        last = _instant(page.last)
        is_later = last is not None and (self._latest is None or last > self._latest)
        self._idle = 0 if has_new_items or is_later else self._idle + 1
        self._latest = last if is_later else self._latest
        if self._idle >= IDLE_PAGES or marks > MOST_MARKS:
            raise ConnectionFailedError(
                "the hub gives pages without end, and neither new objects nor later dates with them: tell its operator"
            )


def _page(
    connection: HubConnection, collection: CollectionResource, asked: Asked, after: str | None, token: str | None
) -> FetchedPage:
    return connection.page(
        collection,
        added_after=after,
        next_token=token,
        limit=asked.page_objects,
        types=asked.types,
        versions="all" if asked.all_versions else None,
    )


def _mark_items(page: FetchedPage) -> Iterator[tuple[StixDict, str]]:
    return ((item, mark(item)) for item in page.objects)


def _next_position(position: Position, page: FetchedPage) -> Position:
    """The position after this page."""
    if not page.objects:
        return position
    first, last = _instant(page.first), _instant(page.last)
    marks = frozenset(item_mark for _, item_mark in _mark_items(page))
    if last is None:  # a server without dates: the next request must start at the same position
        return Position(position.after, position.marks | marks)
    if not page.more:
        return Position(page.last, marks)  # the marks are for servers that read added_after as "from then on"
    if first is None or first >= last:  # all objects have the same date, perhaps also those of the page before
        marks |= position.marks
    return Position(format_microseconds(last - 1), marks)


def _date_after(after: str | None, page: FetchedPage) -> str:
    """The added_after for the page after this one, on a server without `next`."""
    last, start = _instant(page.last), _instant(after)
    if last is None or page.last is None or (start is not None and last <= start):
        raise ConnectionFailedError("the hub says that there is more, and gives no way to it: tell its operator")
    return page.last


def _instant(date: str | None) -> int | None:
    try:
        return None if date is None else parse_lenient_timestamp(date)
    except (ValueError, OverflowError):
        return None
