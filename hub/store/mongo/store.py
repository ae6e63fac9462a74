"""The MongoDB store: many hub processes on many machines over one replica set or sharded cluster.

How changes are committed is told in `mongo_commit`, what the documents look like in `mongo_rows`, the way to the server
and its time-outs in `mongo_link`, how to run it in README.md beside this file. Here the protocol's steps become
operations, and `Store`'s methods become steps.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from hub.errors import HubError, StoreUnavailableError, UnprocessableError
from hub.store.base import (
    EVERY,
    AccountRow,
    Appended,
    Batch,
    Changes,
    Deletion,
    Fact,
    ManifestPage,
    Page,
    Query,
    Record,
    Status,
    Watch,
)
from hub.store.mongo import commit as mongo_commit
from hub.store.mongo import restore as mongo_restore
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo import steps as mongo_steps
from hub.store.mongo import upgrade as mongo_upgrade
from hub.store.mongo.commit import Removal
from hub.store.mongo.link import Link, is_away, translated
from hub.store.mongo.operations import Operations, insert_new, keep_statuses, portions, some_of
from hub.store.mongo.rows import Document
from hub.store.mongo.steps import Step
from hub.taxii.filters import VersionMatch

READ_SECONDS: Final = 6.0  # for a read in all, retries included, before the answer is 503
PAUSE_SECONDS: Final = 0.025  # between two looks at a commit that another is carrying out
FACTS_AGAIN: Final = 200  # of the facts before the one that a reader has come to
RETRY_SECONDS: Final = 0.2  # before a step whose answer was lost is taken again
MAX_PLACE: Final = 10**15 - 1  # what a key has digits for: beyond the year 33000

# steps that are taken again and again while others are faster: where time is up, none of them begins
_BEFORE_COMMIT: Final = (mongo_steps.Wait, mongo_steps.LookUp, mongo_steps.Insert)
_BUSY: Final = "others write into this collection without a pause: try again in a moment"
_T = TypeVar("_T")
_Observer = Callable[[str, str], None]


class Glances:
    """See `Watch`: this store does not tell by itself, so that its heads are asked for now and then."""

    pause_seconds = 0.2
    later_looks = 5  # a batch is shown a moment after its head moved

    def moved(self) -> bool:
        """See `Watch.moved`."""
        return True

    def close(self) -> None:
        """See `Watch.close`."""


class MongoStore:
    """A `Store` in a MongoDB database, for several threads, processes and machines. It does not work in a forked child."""

    def __init__(  # noqa: PLR0913 - each by its name, and each is needed
        self,
        uri: str,
        *,
        clock: Callable[[], int],
        lock_seconds: float,
        status_milliseconds: int,
        create: bool = False,
        observe: _Observer | None = None,
    ) -> None:
        """Name the store; with `create`, make it or bring it up to this version first. Else the first use connects.

        `clock` gives milliseconds since 1970. Writers try for `lock_seconds`, statuses answer for
        `status_milliseconds`. `observe` is told before and after each step of a commit ("before" or "after", the
        step's name). ConfigurationError where `uri` is none; what it holds is never shown.
        """
        self._link = Link(uri)
        self._clock = clock
        self._lock_seconds = lock_seconds
        self._status_milliseconds = status_milliseconds
        self._observe = observe
        self._turns: dict[str, threading.Lock] = {}  # of this process's writers, per collection: saves vain attempts
        self._turns_lock = threading.Lock()
        if create:
            self._link.initialise(self._upgrade)

    def __repr__(self) -> str:
        return f"MongoStore({self._link!r})"

    # ------------------------------------------------------------------------------------------------------ objects

    def append(self, batch: Batch) -> Appended:
        """See `Store.append`. TooLargeError where the batch does not fit into one document of MongoDB."""
        with self._turn(batch.collection) as deadline:
            return self._run(mongo_commit.append(batch, _name(), self._clock), deadline)

    def read(self, query: Query, max_bytes: int) -> Page:
        """See `Store.read`."""
        rows, more = self._run(mongo_commit.page(query, max_bytes), _after(READ_SECONDS))
        if not rows:
            return Page(body=b"", count=0, first=0, last=0, more=False)
        return Page(
            body=b",".join(row["body"] for row in rows),
            count=len(rows),
            first=rows[0]["place"],
            last=rows[-1]["place"],
            more=more,
        )

    def manifest(self, query: Query) -> ManifestPage:
        """See `Store.manifest`."""
        rows, more = self._run(mongo_commit.page(query, None), _after(READ_SECONDS))
        return ManifestPage(rows=tuple(mongo_rows.manifest_row(row) for row in rows), more=more)

    def holds(self, collection: str, object_id: str, clearance: int) -> bool:
        """See `Store.holds`."""
        query = Query(collection, clearance, after=0, limit=1, ids=(object_id,), versions=EVERY)
        return bool(self._run(mongo_commit.page(query, None), _after(READ_SECONDS))[0])

    def publishers(self, collection: str, object_id: str, clearance: int) -> tuple[str, ...]:
        """See `Store.publishers`."""
        deadline = _after(READ_SECONDS)
        upto = self._run(mongo_commit.shown(collection), deadline)
        wanted = mongo_rows.count_filter(collection, clearance, upto) | {"id": object_id}
        rows = self._call(
            lambda o: list(o.database.objects.find(wanted, {"publishers": 1}, session=o.session).sort("place", 1)),
            deadline,
        )
        return tuple(dict.fromkeys(publisher for row in rows for publisher in row["publishers"]))

    def history(self, collection: str, object_id: str) -> tuple[Record, ...]:
        """See `Store.history`: up to the place that is shown."""
        deadline = _after(READ_SECONDS)
        upto = self._run(mongo_commit.shown(collection), deadline)
        wanted = {"coll": collection, "id": object_id, "place": {"$lte": upto}}
        rows = self._call(lambda o: list(o.database.objects.find(wanted, session=o.session)), deadline)
        return tuple(mongo_rows.record_of(row) for row in sorted(rows, key=lambda row: int(row["version"])))

    def delete(
        self, collection: str, object_id: str, publisher: str, clearance: int, versions: VersionMatch = EVERY
    ) -> Deletion:
        """See `Store.delete`."""
        removal = Removal(collection, object_id, publisher, clearance, versions)
        with self._turn(collection) as deadline:
            return self._run(mongo_commit.remove(removal, _name()), deadline)[0]

    def purge(self, collection: str, object_id: str) -> int:
        """See `Store.purge`. MongoDB's own files (oplog, journal, free blocks, backups) let go of it in their time."""
        with self._turn(collection) as deadline:
            gone = self._run(mongo_commit.remove(Removal(collection, object_id, None), _name()), deadline)[1]
        self._call(lambda operations: operations.scrub(object_id), deadline)
        return gone

    def counts(self, collection: str, clearance: int) -> tuple[int, int]:
        """See `Store.counts`."""
        deadline = _after(READ_SECONDS)
        # counted with each commit: MongoDB would walk through all of them
        shown, held = self._run(mongo_commit.counted(collection), deadline)
        count = sum(held[: clearance + 1])
        if not count:
            return 0, 0
        wanted = mongo_rows.count_filter(collection, clearance, shown)
        newest = self._call(
            lambda o: list(o.database.objects.find(wanted, {"place": 1}, session=o.session).sort("place", -1).limit(1)),
            deadline,
        )
        return count, newest[0]["place"] if newest else 0

    def counts_by_level(self, collection: str) -> tuple[int, ...]:
        """See `Store.counts_by_level`."""
        return self._run(mongo_commit.counted(collection), _after(READ_SECONDS))[1]

    # ----------------------------------------------------------------------------------------------------- statuses

    def get_status(self, status_id: str) -> Status | None:
        """See `Store.get_status`."""
        wanted = {"_id": status_id}
        row = self._call(lambda o: o.database.statuses.find_one(wanted, session=o.session), _after(READ_SECONDS))
        if row is None or row["kept_at"] + self._status_milliseconds < self._clock():
            return None
        return mongo_rows.status_of(row)

    def statuses(self) -> Iterator[Status]:
        """See `Store.statuses`."""
        after = ""
        while True:
            wanted = {"_id": {"$gt": after}, "kept_at": {"$gte": self._clock() - self._status_milliseconds}}
            rows = self._call(partial(some_of, "statuses", wanted, "_id"), _after(self._lock_seconds))
            if not rows:
                return
            yield from map(mongo_rows.status_of, rows)
            after = rows[-1]["_id"]

    def put_statuses(self, statuses: Iterable[Status]) -> int:
        """See `Store.put_statuses`."""
        put = 0
        for some in portions(statuses):
            self._call(partial(keep_statuses, some), _after(self._lock_seconds))
            put += len(some)
        return put

    def sweep(self, before: int) -> int:
        """See `Store.sweep`. Finishes what dead writers left, too."""
        deadline = _after(self._lock_seconds)
        intents = self._run(_one(mongo_steps.ReadIntents()), deadline)
        for collection in self._call(lambda o: o.database.log.distinct("coll", session=o.session), deadline):
            tip = self._run(mongo_commit.finished_tip(collection), deadline)
            for intent in intents:
                if intent.collection == collection and intent.n <= tip.n:
                    self._run(_one(mongo_steps.Retract(intent.key)), deadline)
        old = {"kept_at": {"$lt": before}}
        return self._call(lambda o: o.database.statuses.delete_many(old, session=o.session).deleted_count, deadline)

    # ----------------------------------------------------------------------------------------------------- accounts

    def get_account(self, name: str) -> AccountRow | None:
        """See `Store.get_account`."""
        return self._account({"_id": name})

    def find_key(self, key_hash: str) -> AccountRow | None:
        """See `Store.find_key`."""
        return self._account({"key_hashes": key_hash})

    def _account(self, wanted: Document) -> AccountRow | None:
        row = self._call(lambda o: o.database.accounts.find_one(wanted, session=o.session), _after(READ_SECONDS))
        return None if row is None else mongo_rows.account_of(row)

    def put_account(self, row: AccountRow) -> None:
        """See `Store.put_account`."""
        self._call(lambda operations: operations.put_account(row), _after(self._lock_seconds))

    def list_accounts(self) -> tuple[AccountRow, ...]:
        """See `Store.list_accounts`."""
        rows = self._call(
            lambda o: list(o.database.accounts.find({}, session=o.session).sort("_id", 1)), _after(READ_SECONDS)
        )
        return tuple(mongo_rows.account_of(row) for row in rows)

    def secret(self, fresh: bytes) -> bytes:
        """See `Store.secret`."""

        def kept(operations: Operations) -> bytes:
            meta, session = operations.database.meta, operations.session
            found = meta.find_one({"_id": "secret"}, session=session)
            if found is None:
                insert_new(meta, [{"_id": "secret", "value": fresh}], session)
                found = meta.find_one({"_id": "secret"}, session=session)
            assert found is not None
            value: bytes = found["value"]
            return value

        return self._call(kept, _after(self._lock_seconds))

    def put_secret(self, secret: bytes) -> None:
        """See `Store.put_secret`."""
        wanted, document = {"_id": "secret"}, {"_id": "secret", "value": secret}
        self._call(
            lambda o: o.database.meta.replace_one(wanted, document, upsert=True, session=o.session),
            _after(self._lock_seconds),
        )

    # ----------------------------------------------------------------------------------------------- export, import

    def head(self, collection: str) -> int:
        """See `Store.head`."""
        entries = self._run(_one(mongo_steps.ReadTip(collection)), _after(READ_SECONDS))
        return entries[0].place if entries else 0

    def changes(self, collection: str, since: int) -> Changes | None:
        """See `Store.changes`."""
        return self._run(mongo_commit.changes(collection, since), _after(READ_SECONDS))

    def watch(self) -> Watch:
        """See `Store.watch`."""
        return Glances()

    def records(self, collection: str) -> Iterator[Record]:
        """See `Store.records`: up to the place that is shown when the first record is taken."""
        upto = self._run(mongo_commit.shown(collection), _after(READ_SECONDS))
        after = 0
        while after < upto:
            wanted = {"coll": collection, "views": mongo_rows.EVERYTHING, "place": {"$gt": after, "$lte": upto}}
            rows = self._call(partial(some_of, "objects", wanted, "place"), _after(self._lock_seconds))
            if not rows:
                return
            yield from map(mongo_rows.record_of, rows)
            after = rows[-1]["place"]

    def restore(self, collection: str, head: int, records: Iterable[Record]) -> int:
        """See `Store.restore`. Until it ends nothing is shown, and others that write there are told to wait."""
        if not 0 <= head <= MAX_PLACE:
            raise UnprocessableError(f"{head} is no place in line: the export is damaged")
        tip = self._run(mongo_restore.begin_restore(collection, head, _name()), _after(self._lock_seconds))
        put, last = 0, 0
        try:
            for some in portions(records):
                last = _in_order(some, last)
                tip = self._run(mongo_restore.restore_some(tip, some), _after(self._lock_seconds))
                put += len(some)
            self._run(mongo_restore.end_restore(tip, max(head, last)), _after(self._lock_seconds))
        except BaseException:
            # nothing of a broken import stays; where even this fails, the next import into the collection wipes it
            with suppress(HubError):
                self._run(mongo_restore.undo_restore(tip), _after(self._lock_seconds))
            raise
        return put

    # ------------------------------------------------------------------------------------------------------ the rest

    def put_facts(
        self, kind: str, facts: Mapping[str, bytes], drop: Iterable[str] = (), *, patience_seconds: float | None = None
    ) -> None:
        """See `Store.put_facts`: what is new first, so that nothing is gone before what takes its place is there."""

        def put(operations: Operations) -> None:
            database, session = operations.database, operations.session
            counter = database.meta.find_one_and_update(
                {"_id": "facts"}, {"$inc": {"value": len(facts)}}, upsert=True, return_document=True, session=session
            )
            assert counter is not None  # it is made where it is missing
            first = counter["value"] - len(facts)
            for number, (key, value) in enumerate(facts.items(), first + 1):
                row = {"_id": f"{kind} {key}", "kind": kind, "key": key, "value": value, "number": number}
                database.facts.replace_one({"_id": row["_id"]}, row, upsert=True, session=session)
            for key in drop:
                database.facts.delete_one({"_id": f"{kind} {key}"}, session=session)

        self._call(put, _after(self._lock_seconds if patience_seconds is None else patience_seconds))

    def facts(self, kind: str, *, prefix: str = "", since: int = 0) -> tuple[Fact, ...]:
        """See `Store.facts`. Numbers are given before the write: those of slower writers are looked for again."""
        wanted = {"kind": kind, "number": {"$gt": max(0, since - FACTS_AGAIN)}}
        rows = self._call(
            lambda o: list(o.database.facts.find(wanted, session=o.session).sort("number", 1)), _after(READ_SECONDS)
        )
        return tuple(Fact(row["number"], row["key"], row["value"]) for row in rows if row["key"].startswith(prefix))

    def ping(self) -> None:
        """See `Store.ping`."""
        self._call(lambda o: o.database.meta.find_one({"_id": "format"}, session=o.session), _after(0))

    def close(self) -> None:
        """See `Store.close`."""
        self._link.close()

    # ------------------------------------------------------------------------------------------- steps to operations

    @contextmanager
    def _turn(self, collection: str) -> Iterator[float]:
        """One writer of this process at a time per collection; the moment by which it has to be through."""
        self._link.require_owner()  # a lock that another thread held at the fork is never released in the child
        deadline = _after(self._lock_seconds)
        with self._turns_lock:
            turn = self._turns.setdefault(collection, threading.Lock())
        if not turn.acquire(timeout=self._lock_seconds):
            raise StoreUnavailableError(_BUSY)
        try:
            yield deadline
        finally:
            turn.release()

    def _call(self, operation: Callable[[Operations], _T], deadline: float) -> _T:
        """One operation that may be repeated, in a session of its own, until it is through or time is up."""
        with translated(self._link.hosts):
            self._link.knock()
            while True:
                try:
                    with self._session() as operations:
                        return operation(operations)
                except PyMongoError as error:
                    self._pause_or_raise(error, deadline)

    def _run(self, steps: Generator[Step, Any, _T], deadline: float) -> _T:
        """Take the steps one after another in one causal session; the value that they come to."""
        # the first contact may fail as any other: it is repeated, too
        self._call(lambda operations: operations.database.name, deadline)
        with translated(self._link.hosts), closing(steps), self._session() as operations:
            step: Step = next(steps)
            while True:
                if time.monotonic() > deadline and isinstance(step, _BEFORE_COMMIT):
                    raise StoreUnavailableError(_BUSY)
                try:
                    answer = self._take(operations, step)
                except PyMongoError as error:
                    self._pause_or_raise(error, deadline)
                    continue
                try:
                    step = steps.send(answer)
                except StopIteration as end:
                    value: _T = end.value
                    return value

    def _take(self, operations: Operations, step: Step) -> Any:
        name = type(step).__name__
        if self._observe is not None:
            self._observe("before", name)
        answer = operations.take(step)
        if isinstance(step, mongo_steps.Wait):
            time.sleep(PAUSE_SECONDS)
        if self._observe is not None:
            self._observe("after", name)
        return answer

    def _pause_or_raise(self, error: PyMongoError, deadline: float) -> None:
        """Wait a little where the same may go through in a moment; raise where it will not, or time is up."""
        if not is_away(error):
            raise error
        if time.monotonic() + RETRY_SECONDS > deadline:
            self._link.note_away()
            raise error
        time.sleep(RETRY_SECONDS)

    def _upgrade(self, number: int, client: MongoClient[Document], database: Database[Document]) -> None:
        with client.start_session(causal_consistency=True) as session:
            mongo_upgrade.upgrade(number, Operations(database, session, self._status_milliseconds))

    @contextmanager
    def _session(self) -> Iterator[Operations]:
        with self._link.client.start_session(causal_consistency=True) as session:
            yield Operations(self._link.database(), session, self._status_milliseconds)


def _name() -> str:
    return uuid.uuid4().hex


def _after(seconds: float) -> float:
    return time.monotonic() + seconds


def _one(step: Step) -> Generator[Step, Any, Any]:
    return (yield step)


def _in_order(records: Sequence[Record], last: int) -> int:
    """The place of the last record; UnprocessableError where they do not follow one another after `last`."""
    for record in records:
        if not last < record.place <= MAX_PLACE:
            raise UnprocessableError(
                f"the record of {record.id} stands at place {record.place}, not beyond the one before it ({last}): "
                "the export is damaged"
            )
        last = record.place
    return last
