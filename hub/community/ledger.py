"""The delivery ledger: which places of a collection each account was sent, and when.

What the ledger notes of a page, and why it never claims more than was sent:

1. An unfiltered page that began after place `after` and ended at `last` has all objects in between that this reader may
   see, in their newest version when it was read. `head` is the collection's head at that time: a version that a newer one
   at or before `head` replaces was not in the page.
2. Of a filtered page only the incidents count, each at its own place; a page without incidents claims nothing.
3. A page without objects, a page for an anonymous reader, and a response to HEAD claim nothing, and need no write.
4. *Before* the response leaves, the interval is written as not sent; *after* the server has sent it, as sent. The board
   shows only what was sent. If a process dies in between, the interval counts as sent once the account continues from
   exactly its end: only a client that got the page knows that place.
5. An interval that an account was sent before is not written again; of a page that overlaps it, only the new part is. A page
   without incidents extends the interval before it if that has none either: the time of such places is never needed. So an
   account that polls needs one row for each page with incidents, and one for all places between two such pages.
6. No page waits for the ledger longer than `PATIENCE_SECONDS`. If the store is busy (a bulk import) or full, the notes are
   queued in memory, and a thread writes them as soon as the store accepts them; until the queue is empty, no page waits.

The promise: a claim that the board shows is true. The facts are written without a sync of their own: they survive the
death of every process, and a power failure may lose the last moments. Notes in the queue (6) are lost if their process is
killed. In both cases the ledger claims less than was sent, never more: the board shows that the account does not have those
incidents until it fetches them again, or a newer version of them. `fold` joins intervals older than 90 days, so that the
ledger does not grow for ever.
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
RETRY_SECONDS: Final = 1.0  # between two tries to write queued notes, if there are no new ones
MAX_QUEUED: Final = 100_000  # notes in memory; further notes are dropped, so that less is claimed
REFRESH_MILLISECONDS: Final = 1000  # an idle poll reads the notes of other processes at most this often
_DAY: Final = 24 * 3600 * 1000  # milliseconds


@dataclass(frozen=True, slots=True)
class Delivery:
    """An interval of places, `after` exclusive and `last` inclusive, that an account was sent at a clearance."""

    collection: str
    account: str
    after: int
    last: int
    head: int
    clearance: int
    at: int  # milliseconds since 1970
    sent: bool
    replaces: tuple[str, ...] = ()  # keys of the facts that are removed when it is written

    @property
    def key(self) -> str:
        """The key of its fact in the store."""
        return f"{self.collection}/{self.account}/{self.after:015d}-{self.last:015d}-{self.clearance}"

    @property
    def value(self) -> bytes:
        """The value of its fact in the store."""
        return orjson.dumps([self.head, self.at, self.sent])


def delivery_from(fact: Fact) -> Delivery | None:
    """The delivery in a fact of this kind; None if it was damaged."""
    try:
        collection, account, interval = fact.key.split("/")
        after, last, clearance = map(int, interval.split("-"))
        head, at, sent = orjson.loads(fact.value)
    except (ValueError, TypeError):
        return None
    if type(head) is not int or type(at) is not int or type(sent) is not bool or not 0 <= at <= LATEST:
        return None
    return Delivery(collection, account, after, last, head, clearance, at, sent)


def deliveries_from(facts: Iterable[Fact]) -> Iterator[Delivery]:
    """The deliveries in the facts of this kind. A damaged fact is skipped; `hub audit verify` reports it."""
    return (delivery for delivery in map(delivery_from, facts) if delivery is not None)


_Reader = tuple[str, str, int]  # collection, account, clearance


class Ledger:
    """The ledger of one process, which reads what other processes wrote when it needs it. Safe for several threads."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._queued: dict[str, Delivery] = {}  # by key: notes that the store has not accepted yet
        self._batches_in_progress: list[dict[str, Delivery]] = []  # batches that are being written now
        self._writer: threading.Thread | None = None  # writes the queue; while it runs, no page writes
        self._tried_at = 0.0  # monotonic seconds
        self._last_fact = 0  # number of the last fact that is in the three dicts below
        self._read_at = 0
        self._sent: dict[_Reader, Intervals] = {}
        self._newest: dict[_Reader, Delivery] = {}  # the sent delivery with the highest `last`
        self._unconfirmed: dict[tuple[str, str], dict[str, Delivery]] = {}  # collection, account -> by key

    def begin_sending(self, account: Account | None, page: DeliveredPage) -> Callable[[], None] | None:
        """Note that a page is about to be sent; return a function to call after it was sent, None if nothing is noted."""
        query = page.query
        if account is None or query is None:
            return None
        if self._queued and time.monotonic() - self._tried_at > RETRY_SECONDS:
            self._write(())
        self._confirm(query.collection, account.name, query.after)
        if not page.count:
            return None
        deliveries = self._deliveries(account.name, query, page)
        with self._lock:
            new_deliveries = self._new_parts(deliveries)
            if new_deliveries:
                self._refresh()
                new_deliveries = self._new_parts(deliveries)
        if not new_deliveries:
            return None
        self._confirm(query.collection, account.name, query.after)  # again, with what other processes noted
        self._write(new_deliveries)
        return lambda: self._write([self._with_previous(_as_sent(delivery)) for delivery in new_deliveries])

    def stranded_accounts(self, collection: str, stranded: Stranded) -> list[str]:
        """The accounts, by name, that were sent a record before its level rose, and may not see it any more."""
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
        """When each account was last sent a page, in milliseconds since 1970; for the operator."""
        last: dict[str, int] = {}
        for delivery in deliveries_from(self._store.facts(KIND)):
            if delivery.sent:
                last[delivery.account] = max(last.get(delivery.account, 0), delivery.at)
        return last

    def fold(self) -> int:
        """Join neighbouring intervals older than 90 days, with the time of the last; return how many facts were removed."""
        oldest_kept = self._clock() - FOLD_DAYS * _DAY
        removed_count = 0
        by_reader: dict[_Reader, list[Delivery]] = {}
        for fact in self._store.facts(KIND):
            delivery = delivery_from(fact)
            if delivery is None or delivery.at >= oldest_kept:
                continue
            if not delivery.sent:
                self._store.put_facts(KIND, {}, [fact.key])  # it will not be confirmed any more
                removed_count += 1
            else:
                by_reader.setdefault((delivery.collection, delivery.account, delivery.clearance), []).append(delivery)
        for deliveries in by_reader.values():
            for joined_delivery, parts in _join_intervals(deliveries):
                # write the joined interval and remove its parts in one step: no claim is missing in between
                self._store.put_facts(
                    KIND,
                    {joined_delivery.key: joined_delivery.value},
                    {part.key for part in parts} - {joined_delivery.key},
                )
                removed_count += len(parts) - 1
        return removed_count

    def _deliveries(self, account: str, query: Query, page: DeliveredPage) -> list[Delivery]:
        # (1)
        is_unfiltered = not query.ids and not query.types and (query.versions.last or query.versions.every)
        if is_unfiltered and (query.versions.every or not page.more):
            return [self._delivery(account, query, query.after, page.last, page.last)]
        # read after the page, so that it is never too low: a head that is too high claims less
        head = self._store.head(query.collection)
        if is_unfiltered:
            return [self._delivery(account, query, query.after, page.last, head)]
        # (2) places only grow, so the records up to the page's last place were there when the page was read
        if query.types and "incident" not in query.types:
            return []
        if query.ids and not any(identifier.startswith("incident--") for identifier in query.ids):
            return []
        incidents = Query(
            query.collection, query.clearance, query.after, page.count, query.ids, ("incident",), query.versions
        )
        rows = self._store.manifest(incidents).rows
        return [
            self._delivery(account, query, row.place - 1, row.place, head) for row in rows if row.place <= page.last
        ]

    def _delivery(self, account: str, query: Query, after: int, last: int, head: int) -> Delivery:
        return Delivery(query.collection, account, after, last, head, query.clearance, self._clock(), sent=False)

    def _confirm(self, collection: str, account: str, after: int) -> None:
        """(4) Mark intervals as sent if the account now continues from exactly their end."""
        if not after:
            return
        with self._lock:
            if self._clock() - self._read_at >= REFRESH_MILLISECONDS or self._clock() < self._read_at:
                self._refresh()
            unconfirmed = self._unconfirmed.get((collection, account), {})
            arrived_deliveries = [
                _as_sent(delivery)
                for delivery in unconfirmed.values()
                if delivery.last == after and not self._is_covered(delivery)
            ]
        if arrived_deliveries:
            self._write(arrived_deliveries)

    def _is_covered(self, delivery: Delivery) -> bool:
        intervals = self._sent.get(_reader(delivery))
        return intervals is not None and intervals.cover(delivery.after, delivery.last)

    def _new_parts(self, page: Iterable[Delivery]) -> list[Delivery]:
        """(5) The new parts of a page: each interval without the part that the reader was sent before."""
        parts: list[Delivery] = []
        for delivery in page:
            intervals = self._sent.get(_reader(delivery))
            after = delivery.after if intervals is None else intervals.reach(delivery.after)
            if after < delivery.last:
                parts.append(delivery if after == delivery.after else replace(delivery, after=after))
        return parts

    def _with_previous(self, delivery: Delivery) -> Delivery:
        """(5) The delivery joined with the interval before it, if neither has an incident."""
        with self._lock:
            previous = self._newest.get(_reader(delivery))
        if previous is None or not previous.after < delivery.after <= previous.last:
            return delivery
        first = Query(delivery.collection, TLP.RED, previous.after, 1, types=("incident",), versions=EVERY)
        try:
            incidents = self._store.manifest(first).rows
        except StoreError:
            return delivery
        if incidents and incidents[0].place <= delivery.last:
            return delivery
        return replace(delivery, after=previous.after, at=previous.at, replaces=(previous.key, delivery.key))

    def settle(self) -> bool:
        """Wait for the thread that writes the queue, if it runs; return whether the queue is empty."""
        with self._lock:
            writer = self._writer
        if writer is not None:
            writer.join()
        return not self._queued

    def _write(self, deliveries: Iterable[Delivery]) -> None:
        """(6) Write the deliveries and the queue if the store accepts them soon; else start the thread."""
        with self._lock:
            for delivery in deliveries:
                self._enqueue(delivery)
            batch = self._take_queue() if self._writer is None else {}
        if batch and not self._put(batch, PATIENCE_SECONDS):
            with self._lock:
                if self._writer is None:
                    writer = threading.Thread(target=self._catch_up, name="ledger", daemon=True)
                    with suppress(RuntimeError):  # the system has no thread left: a later page tries again
                        writer.start()
                        self._writer = writer

    def _catch_up(self) -> None:
        """The thread: ends when the queue is empty, or when the store refuses a batch."""
        is_written = True
        while is_written:
            with self._lock:
                batch = self._take_queue()
                if not batch:
                    self._writer = None
                    return
            is_written = self._put(batch, None)
        with self._lock:
            self._writer = None

    def _take_queue(self) -> dict[str, Delivery]:
        """Take all queued notes, except "on its way" notes for pages already recorded as sent: they would overwrite that record."""
        batch = {
            key: delivery for key, delivery in self._queued.items() if delivery.sent or not self._is_covered(delivery)
        }
        self._queued = {}
        if batch:
            self._batches_in_progress.append(batch)
        return batch

    def _put(self, batch: dict[str, Delivery], patience_seconds: float | None) -> bool:
        self._tried_at = time.monotonic()
        is_written = False
        try:
            facts = {key: delivery.value for key, delivery in batch.items()}
            replaced_keys = {key for delivery in batch.values() for key in delivery.replaces} - facts.keys()
            self._store.put_facts(KIND, facts, replaced_keys, patience_seconds=patience_seconds)
            is_written = True
        except StoreError:
            pass
        finally:
            with self._lock:
                self._batches_in_progress.remove(batch)
                for delivery in batch.values():
                    (self._record if is_written else self._enqueue)(delivery)
        return is_written

    def _enqueue(self, delivery: Delivery) -> None:
        if not delivery.sent and any(
            delivery.key in batch and batch[delivery.key].sent for batch in self._batches_in_progress
        ):
            return  # as in `_take_queue`
        queued = self._queued.get(delivery.key)
        if queued is None and len(self._queued) >= MAX_QUEUED:
            return
        if queued is None or (delivery.sent and not queued.sent):
            self._queued[delivery.key] = delivery

    def _refresh(self) -> None:
        self._read_at = self._clock()
        for fact in self._store.facts(KIND, since=self._last_fact):
            self._last_fact = max(self._last_fact, fact.number)
            if (delivery := delivery_from(fact)) is not None:
                self._record(delivery)

    def _record(self, delivery: Delivery) -> None:
        unconfirmed = self._unconfirmed.setdefault((delivery.collection, delivery.account), {})
        if not delivery.sent:
            unconfirmed.setdefault(delivery.key, delivery)
            return
        for key in (delivery.key, *delivery.replaces):
            unconfirmed.pop(key, None)
        self._sent.setdefault(_reader(delivery), Intervals()).add(delivery.after, delivery.last)
        newest = self._newest.get(_reader(delivery))
        if newest is None or newest.last < delivery.last:
            self._newest[_reader(delivery)] = delivery


class Intervals:
    """A set of places as disjoint intervals in order; intervals that touch are joined."""

    __slots__ = ("_afters", "_lasts")

    def __init__(self) -> None:
        self._afters: list[int] = []
        self._lasts: list[int] = []

    def cover(self, after: int, last: int) -> bool:
        """Whether one interval has all places beyond `after` up to `last`."""
        index = bisect_right(self._afters, after) - 1
        return index >= 0 and last <= self._lasts[index]

    def reach(self, after: int) -> int:
        """The end of the interval that has `after` and places beyond it; `after` if there is none."""
        index = bisect_right(self._afters, after) - 1
        return max(after, self._lasts[index]) if index >= 0 else after

    def add(self, after: int, last: int) -> None:
        """Add an interval."""
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


def _join_intervals(deliveries: Iterable[Delivery]) -> list[tuple[Delivery, list[Delivery]]]:
    """(joined interval, its parts) for each run of two or more touching intervals; with their latest time and head."""
    runs: list[list[Delivery]] = []
    reach = -1
    for delivery in sorted(deliveries, key=lambda delivery: (delivery.after, delivery.last)):
        if runs and delivery.after <= reach:
            runs[-1].append(delivery)
        else:
            runs.append([delivery])
        reach = max(reach, delivery.last)
    results: list[tuple[Delivery, list[Delivery]]] = []
    for run in runs:
        if len(run) > 1:
            last, head, at = (max(values) for values in zip(*((o.last, o.head, o.at) for o in run), strict=True))
            start = run[0]
            results.append((replace(start, last=last, head=head, at=at, sent=True, replaces=()), run))
    return results
