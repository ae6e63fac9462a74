"""Follow a collection: every object once, in order of arrival, even if the line or either process fails in between.

1. A round asks for the first page by added_after, from where the checkpoint stands.
2. Further pages are asked for by `next`, with the same added_after, as TAXII 2.1 (3.5) says; or, where the server
   gives no `next`, by the date of the last record.
3. After each page the checkpoint moves: to just before the date of the page's last record, with the marks of what was
   handed over from there on, so that records of one and the same date are neither lost nor met twice.
4. A `next` is never tried twice and never kept: on some servers it is good for one answer, and on none for ever. When
   it fails, or the process ends, the way on is the checkpoint.
5. A page with `more` must bring something new, or a later date; several that bring neither end the round with an error.
6. When there is no more, the checkpoint moves to the last date, the round is over, and the next one follows the pause.
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
IDLE_PAGES: Final = 20  # in a row that say that there is more, and bring nothing new
MARKS_MOST: Final = 1_000_000  # of objects that a server's dates do not tell apart
_JITTER: Final = 0.1  # of the interval, so that many followers do not come in the same instant

Wait = Callable[[float], None]
"""Waits that many seconds, or less where it has reason to think that something new is there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to ask for: these types (empty: all), and all versions or only the last one of each object."""

    types: tuple[str, ...] = ()
    all_versions: bool = False
    page_objects: int = PAGE_OBJECTS

    def as_dict(self) -> dict[str, Any]:
        """The filters, as a checkpoint keeps them."""
        return {"types": sorted(self.types), "all_versions": self.all_versions}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When to ask: once (until nothing is new) or for ever, how long after each other, and whom to tell of trouble."""

    once: bool = False
    interval_seconds: float = INTERVAL_SECONDS
    wait: Wait = time.sleep
    tell: Callable[[str], None] = lambda _words: None
    up_to_date: Callable[[], None] = lambda: None  # called each time when nothing is new


def follow(  # noqa: PLR0913 - what is followed, how, and when
    connection: HubConnection,
    collection: CollectionResource,
    keeper: Keeper,
    asked: Asked,
    rhythm: Rhythm,
    *,
    before_round: Callable[[], None] | None = None,
) -> Iterator[StixDict]:
    """Yield each object as it came, parsed. An object counts as taken when the next one is asked for.

    For ever, a hub that cannot be reached is told of once and asked again after each pause; once, it is a
    ConnectionFailedError. UnauthenticatedError, ForbiddenError and NotFoundError end both.
    """
    for _, item in follow_several(connection, [(collection, keeper)], asked, rhythm, before_round=before_round):
        yield item


def follow_several(
    connection: HubConnection,
    followed: Sequence[tuple[CollectionResource, Keeper]],
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
            for collection, keeper in followed:
                for item in _round(connection, collection, keeper, asked):
                    yield collection, item
            if is_away:
                rhythm.tell("the hub answers again")
            is_away = False
        except ConnectionFailedError as error:
            if rhythm.once:
                raise
            if not is_away:
                rhythm.tell(f"{error}; it is asked again until it answers")
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
    # A run that was killed may have handed over objects beyond the first page of this one: their marks stay until a page
    # holds a new object, since all that was handed over precedes it.
    unseen = keeper.position.taken
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
        marked = list(_marked(page))
        fresh = [(item, item_mark) for item, item_mark in marked if item_mark not in keeper.position.taken]
        for item, item_mark in fresh:
            keeper.hand_over(item)
            yield item
            keeper.taken(item_mark)
        if fresh:
            failures = 0
        # (3)
        unseen = unseen.difference(item_mark for _, item_mark in marked) if page.more and not fresh else frozenset()
        position = _moved(keeper.position, page)
        keeper.commit(Position(position.after, position.taken | unseen))
        if not page.more:
            return
        # (5)
        progress.must_go_on(page, bool(fresh), len(keeper.position.taken))
        # (2)
        if page.next is None:
            after = _beyond(after, page)
        elif not page.objects:
            connection.pause(1)  # empty and yet not the last: such a server is asked gently
        token = page.next


class _Progress:
    """(5) Whether pages lead anywhere; `reached` is the latest date so far."""

    def __init__(self, reached: int | None) -> None:
        self._reached = reached
        self._idle = 0

    def must_go_on(self, page: FetchedPage, fresh: bool, marks: int) -> None:
        """ConnectionFailedError where too many pages in a row brought nothing, or more than can be told apart."""
        last = _instant(page.last)
        later = last is not None and (self._reached is None or last > self._reached)
        self._idle = 0 if fresh or later else self._idle + 1
        self._reached = last if later else self._reached
        if self._idle >= IDLE_PAGES or marks > MARKS_MOST:
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


def _marked(page: FetchedPage) -> Iterator[tuple[StixDict, str]]:
    return ((item, mark(item)) for item in page.objects)


def _moved(position: Position, page: FetchedPage) -> Position:
    """The position after this page."""
    if not page.objects:
        return position
    first, last = _instant(page.first), _instant(page.last)
    marks = frozenset(item_mark for _, item_mark in _marked(page))
    if last is None:  # a server that does not tell its dates: it has to be asked from the same place again
        return Position(position.after, position.taken | marks)
    if not page.more:
        return Position(page.last, marks)  # the marks are for servers that take added_after as "from then on"
    if first is None or first >= last:  # all of one date, like perhaps the page before
        marks |= position.taken
    return Position(format_microseconds(last - 1), marks)


def _beyond(after: str | None, page: FetchedPage) -> str:
    """The added_after for the page behind this one, on a server without `next`."""
    last, reached = _instant(page.last), _instant(after)
    if last is None or page.last is None or (reached is not None and last <= reached):
        raise ConnectionFailedError("the hub says that there is more, and gives no way to it: tell its operator")
    return page.last


def _instant(date: str | None) -> int | None:
    try:
        return None if date is None else parse_lenient_timestamp(date)
    except (ValueError, OverflowError):
        return None
