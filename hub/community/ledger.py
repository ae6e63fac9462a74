"""The delivery ledger: which places of a collection each account was sent, and when.

What is noted of a page, and why no more is claimed than was sent:

1. An unfiltered page that began after place `after` and ended at `last` holds every object in between that this reader
   may see, in the last version that there was when it was read. `upto` is how far the collection had come then: a
   version that a newer one at or before `upto` replaces was not in the page.
2. Of a filtered page only the incidents count, each at its own place; a page without incidents claims nothing.
3. A page without objects, an anonymous one, and an answer to HEAD claim nothing, and cost no write.
4. *Before* the answer leaves, the interval is written as on its way; *after* it was handed over, as sent. Only what was
   sent is shown on the board. What was on its way when a process died counts as sent once the account goes on from
   exactly where it ends: nobody else knows that place.
5. What an account was sent before is not written again: of a page that it reads a second time, only what is new. A page
   without incidents extends the interval before it, if that has none either: nobody asks when such places were sent. So
   an account that polls costs a row for each page that brought incidents, and one for all that lies between two of them.
6. No page waits for the ledger longer than `PATIENCE_SECONDS`. What a busy store (a bulk import has the writers' turn)
   or a full one does not take by then is kept in memory, and a thread writes it as soon as the store takes it; until it
   has caught up, no page waits at all.

What is promised. A claim that is shown is true. The facts are written without a sync of their own: they outlive the
death of every process, and a power failure may take the last moments'. What a busy store has not taken yet (6) dies with
its process. In both cases less is claimed than was sent, never more: the account is shown as not having those incidents
until it fetches them again, or a newer version of them. `fold` joins what is older than 90 days, so that the ledger does
not grow for ever.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import orjson

from hub.errors import StoreError
from hub.sharing.deliver import DeliveredPage
from hub.sharing.members import Account
from hub.stix.timestamps import LATEST
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.batch import Stranded
from hub.store.query import EVERY, Query
from hub.store.records import Fact

KIND: Final = "delivery"
FOLD_DAYS: Final = 90
PATIENCE_SECONDS: Final = 0.1  # that a page may wait for its note to be written
AGAIN_SECONDS: Final = 1.0  # between two tries to write what a store did not take, where nothing new is to be written
WAITING_MOST: Final = 100_000  # notes that wait in memory; beyond them, what is sent is not claimed
REFRESH_MILLISECONDS: Final = 1000  # an idle poll looks for what other processes noted at most this often
_DAY: Final = 24 * 3600 * 1000  # milliseconds


@dataclass(frozen=True, slots=True)
class Delivery:
    """An interval of places, `after` exclusive and `last` inclusive, that an account was sent at a clearance."""

    collection: str
    account: str
    after: int
    last: int
    upto: int
    clearance: int
    at: int  # milliseconds since 1970
    sent: bool
    replaces: tuple[str, ...] = ()  # keys of what it takes the place of when it is written

    @property
    def key(self) -> str:
        """Under which it is kept."""
        return f"{self.collection}/{self.account}/{self.after:015d}-{self.last:015d}-{self.clearance}"

    @property
    def value(self) -> bytes:
        """The value of its fact in the store."""
        return orjson.dumps([self.upto, self.at, self.sent])


def delivery_from(fact: Fact) -> Delivery | None:
    """The delivery that a fact of this kind tells of; None where it was damaged."""
    try:
        collection, account, interval = fact.key.split("/")
        after, last, clearance = map(int, interval.split("-"))
        upto, at, sent = orjson.loads(fact.value)
    except (ValueError, TypeError):
        return None
    if type(upto) is not int or type(at) is not int or type(sent) is not bool or not 0 <= at <= LATEST:
        return None
    return Delivery(collection, account, after, last, upto, clearance, at, sent)


def deliveries_from(facts: Iterable[Fact]) -> Iterator[Delivery]:
    """The deliveries in the facts of this kind. A damaged fact is skipped; `hub audit verify` reports it."""
    return (delivery for delivery in map(delivery_from, facts) if delivery is not None)


_Reader = tuple[str, str, int]  # collection, account, clearance


class Ledger:
    """The ledger as one process sees it; what others wrote is read when it is needed. For several threads."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[str, Delivery] = {}  # by key: what the store had no room or no time for
        self._in_hand: list[dict[str, Delivery]] = []  # what is being written just now
        self._late: threading.Thread | None = None  # writes them; while there is one, nobody else does
        self._tried_at = 0.0  # monotonic seconds
        self._read_upto = 0  # number of the last fact that is in the three below
        self._read_at = 0
        self._sent: dict[_Reader, Intervals] = {}
        self._newest: dict[_Reader, Delivery] = {}  # of those that were sent, the one that reaches furthest
        self._on_their_way: dict[tuple[str, str], dict[str, Delivery]] = {}  # collection, account -> by key

    def sending(self, account: Account | None, delivered: DeliveredPage) -> Callable[[], None] | None:
        """Note that a page is about to leave; what to call when it has left, None where there is nothing to note."""
        query = delivered.query
        if account is None or query is None:
            return None
        if self._waiting and time.monotonic() - self._tried_at > AGAIN_SECONDS:
            self._write(())
        self._reached(query.collection, account.name, query.after)
        if not delivered.count:
            return None
        page = self._deliveries(account.name, query, delivered)
        with self._lock:
            new = self._uncovered(page)
            if new:
                self._refresh()
                new = self._uncovered(page)
        if not new:
            return None
        self._reached(query.collection, account.name, query.after)  # again, now that all that others noted is known
        self._write(new)
        return lambda: self._write([self._extended(_as_sent(delivery)) for delivery in new])

    def stranded_accounts(self, collection: str, stranded: Stranded) -> list[str]:
        """The accounts, by name, that were sent a record when it was readable lower, and that see it no more."""
        deliveries = deliveries_from(self._store.facts(KIND, prefix=f"{collection}/"))
        return sorted(
            {
                delivery.account
                for delivery in deliveries
                if delivery.sent and delivery.after < stranded.place <= delivery.last
                if stranded.old_level <= delivery.clearance < stranded.level
            }
        )

    def last_sent(self) -> dict[str, int]:
        """When each account was last sent something, in milliseconds since 1970; for the operator."""
        last: dict[str, int] = {}
        for delivery in deliveries_from(self._store.facts(KIND)):
            if delivery.sent:
                last[delivery.account] = max(last.get(delivery.account, 0), delivery.at)
        return last

    def fold(self) -> int:
        """Join neighbouring intervals older than 90 days, under the time of the last; how many facts went."""
        before = self._clock() - FOLD_DAYS * _DAY
        removed = 0
        by_reader: dict[_Reader, list[Delivery]] = {}
        for fact in self._store.facts(KIND):
            delivery = delivery_from(fact)
            if delivery is None or delivery.at >= before:
                continue
            if not delivery.sent:
                self._store.put_facts(KIND, {}, [fact.key])  # whether it arrived will not be known any more
                removed += 1
            else:
                by_reader.setdefault((delivery.collection, delivery.account, delivery.clearance), []).append(delivery)
        for deliveries in by_reader.values():
            for joined, parts in _joined(deliveries):
                # what takes the place of others is written with their removal: at no moment is a claim missing
                self._store.put_facts(KIND, {joined.key: joined.value}, {part.key for part in parts} - {joined.key})
                removed += len(parts) - 1
        return removed

    def _deliveries(self, account: str, query: Query, delivered: DeliveredPage) -> list[Delivery]:
        # (1)
        plain = not query.ids and not query.types and (query.versions.last or query.versions.every)
        if plain and (query.versions.every or not delivered.more):
            return [self._delivery(account, query, query.after, delivered.last, delivered.last)]
        # asked after the page was read, so that it is never too low: too high a figure claims less
        upto = self._store.head(query.collection)
        if plain:
            return [self._delivery(account, query, query.after, delivered.last, upto)]
        # (2) places only grow, so whatever stands up to the page's last place now stood there when it was read
        if query.types and "incident" not in query.types:
            return []
        if query.ids and not any(identifier.startswith("incident--") for identifier in query.ids):
            return []
        incidents = Query(
            query.collection, query.clearance, query.after, delivered.count, query.ids, ("incident",), query.versions
        )
        rows = self._store.manifest(incidents).rows
        return [
            self._delivery(account, query, row.place - 1, row.place, upto)
            for row in rows
            if row.place <= delivered.last
        ]

    def _delivery(self, account: str, query: Query, after: int, last: int, upto: int) -> Delivery:
        return Delivery(query.collection, account, after, last, upto, query.clearance, self._clock(), sent=False)

    def _reached(self, collection: str, account: str, after: int) -> None:
        """(4) An account that goes on from where an interval ends has got it."""
        if not after:
            return
        with self._lock:
            if self._clock() - self._read_at >= REFRESH_MILLISECONDS or self._clock() < self._read_at:
                self._refresh()
            waiting = self._on_their_way.get((collection, account), {})
            arrived = [
                _as_sent(delivery)
                for delivery in waiting.values()
                if delivery.last == after and not self._covered(delivery)
            ]
        if arrived:
            self._write(arrived)

    def _covered(self, delivery: Delivery) -> bool:
        intervals = self._sent.get(_reader(delivery))
        return intervals is not None and intervals.cover(delivery.after, delivery.last)

    def _uncovered(self, page: Iterable[Delivery]) -> list[Delivery]:
        """(5) What of a page is new: each interval from where the reader's own ends."""
        new: list[Delivery] = []
        for delivery in page:
            intervals = self._sent.get(_reader(delivery))
            after = delivery.after if intervals is None else intervals.reach(delivery.after)
            if after < delivery.last:
                new.append(delivery if after == delivery.after else replace(delivery, after=after))
        return new

    def _extended(self, delivery: Delivery) -> Delivery:
        """(5) The interval before it and this one together, where no incident stands in either."""
        with self._lock:
            before = self._newest.get(_reader(delivery))
        if before is None or not before.after < delivery.after <= before.last:
            return delivery
        first = Query(delivery.collection, TLP.RED, before.after, 1, types=("incident",), versions=EVERY)
        try:
            incidents = self._store.manifest(first).rows
        except StoreError:
            return delivery
        if incidents and incidents[0].place <= delivery.last:
            return delivery
        return replace(delivery, after=before.after, at=before.at, replaces=(before.key, delivery.key))

    def settle(self) -> bool:
        """Wait for the thread that writes what came late, if there is one; whether all is written."""
        with self._lock:
            late = self._late
        if late is not None:
            late.join()
        return not self._waiting

    def _write(self, deliveries: Iterable[Delivery]) -> None:
        """(6) Write them and what waits, if the store takes it soon; else leave it to the thread."""
        with self._lock:
            for delivery in deliveries:
                self._keep(delivery)
            together = self._gathered() if self._late is None else {}
        if together and not self._put(together, PATIENCE_SECONDS):
            with self._lock:
                if self._late is None:
                    late = threading.Thread(target=self._catch_up, name="ledger", daemon=True)
                    with suppress(RuntimeError):  # no thread to be had: a later page tries again
                        late.start()
                        self._late = late

    def _catch_up(self) -> None:
        """The thread: ends when nothing waits, or when the store takes nothing as long as writers wait at all."""
        written = True
        while written:
            with self._lock:
                together = self._gathered()
                if not together:
                    self._late = None
                    return
            written = self._put(together, None)
        with self._lock:
            self._late = None

    def _gathered(self) -> dict[str, Delivery]:
        """Take all queued notes, except "on its way" notes for pages already recorded as sent: they would overwrite that record."""
        together = {
            key: delivery for key, delivery in self._waiting.items() if delivery.sent or not self._covered(delivery)
        }
        self._waiting = {}
        if together:
            self._in_hand.append(together)
        return together

    def _put(self, together: dict[str, Delivery], patience_seconds: float | None) -> bool:
        self._tried_at = time.monotonic()
        written = False
        try:
            facts = {key: delivery.value for key, delivery in together.items()}
            replaced = {key for delivery in together.values() for key in delivery.replaces} - facts.keys()
            self._store.put_facts(KIND, facts, replaced, patience_seconds=patience_seconds)
            written = True
        except StoreError:
            pass
        finally:
            with self._lock:
                self._in_hand.remove(together)
                for delivery in together.values():
                    (self._take if written else self._keep)(delivery)
        return written

    def _keep(self, delivery: Delivery) -> None:
        if not delivery.sent and any(delivery.key in batch and batch[delivery.key].sent for batch in self._in_hand):
            return  # as in `_gathered`
        waiting = self._waiting.get(delivery.key)
        if waiting is None and len(self._waiting) >= WAITING_MOST:
            return
        if waiting is None or (delivery.sent and not waiting.sent):
            self._waiting[delivery.key] = delivery

    def _refresh(self) -> None:
        self._read_at = self._clock()
        for fact in self._store.facts(KIND, since=self._read_upto):
            self._read_upto = max(self._read_upto, fact.number)
            if (delivery := delivery_from(fact)) is not None:
                self._take(delivery)

    def _take(self, delivery: Delivery) -> None:
        waiting = self._on_their_way.setdefault((delivery.collection, delivery.account), {})
        if not delivery.sent:
            waiting.setdefault(delivery.key, delivery)
            return
        for key in (delivery.key, *delivery.replaces):
            waiting.pop(key, None)
        self._sent.setdefault(_reader(delivery), Intervals()).add(delivery.after, delivery.last)
        newest = self._newest.get(_reader(delivery))
        if newest is None or newest.last < delivery.last:
            self._newest[_reader(delivery)] = delivery


class Intervals:
    """A set of places as disjoint intervals in order; neighbours that touch become one."""

    __slots__ = ("_afters", "_lasts")

    def __init__(self) -> None:
        self._afters: list[int] = []
        self._lasts: list[int] = []

    def cover(self, after: int, last: int) -> bool:
        """Whether every place beyond `after` up to `last` is in one of them."""
        index = bisect_right(self._afters, after) - 1
        return index >= 0 and last <= self._lasts[index]

    def reach(self, after: int) -> int:
        """The end of the interval that goes on beyond `after`; `after` itself where none does."""
        index = bisect_right(self._afters, after) - 1
        return max(after, self._lasts[index]) if index >= 0 else after

    def add(self, after: int, last: int) -> None:
        """Put an interval in."""
        first = bisect_right(self._afters, after) - 1
        if first < 0 or self._lasts[first] < after:
            first += 1
        end = bisect_right(self._afters, last)
        if first < end:
            after = min(after, self._afters[first])
            last = max(last, self._lasts[end - 1])
        self._afters[first:end] = [after]
        self._lasts[first:end] = [last]


def _reader(delivery: Delivery) -> _Reader:
    return delivery.collection, delivery.account, delivery.clearance


def _as_sent(delivery: Delivery) -> Delivery:
    return replace(delivery, sent=True)


def _joined(deliveries: Iterable[Delivery]) -> list[tuple[Delivery, list[Delivery]]]:
    """What each run of two or more touching intervals becomes: with the latest time and the highest `upto` of them."""
    runs: list[list[Delivery]] = []
    reach = -1
    for delivery in sorted(deliveries, key=lambda delivery: (delivery.after, delivery.last)):
        if runs and delivery.after <= reach:
            runs[-1].append(delivery)
        else:
            runs.append([delivery])
        reach = max(reach, delivery.last)
    joins: list[tuple[Delivery, list[Delivery]]] = []
    for run in runs:
        if len(run) > 1:
            last, upto, at = (max(values) for values in zip(*((o.last, o.upto, o.at) for o in run), strict=True))
            head = run[0]
            joined = Delivery(head.collection, head.account, head.after, last, upto, head.clearance, at, sent=True)
            joins.append((joined, run))
    return joins
