"""The MongoDB store: many hub processes on many machines over one replica set or sharded cluster.

`mongo_commit` describes how changes are committed, `mongo_rows` the documents, `mongo_link` the connection to the server
and its time-outs; the README of the folder above says how to run it. Here the methods of `Store` become steps and
operations.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from pymongo import MongoClient
from pymongo.database import Database

from hub.errors import HubError, UnprocessableError
from hub.store import trail
from hub.store.base import Changes, Deletion, Watch
from hub.store.batch import Appended, Batch
from hub.store.chain import Act, TrailEntry, TrailHead
from hub.store.mongo import changes as mongo_changes
from hub.store.mongo import commit as mongo_commit
from hub.store.mongo import facts as mongo_facts
from hub.store.mongo import notes as mongo_notes
from hub.store.mongo import restore as mongo_restore
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo import steps as mongo_steps
from hub.store.mongo import upgrade as mongo_upgrade
from hub.store.mongo.changes import Removal
from hub.store.mongo.link import Link
from hub.store.mongo.operations import (
    Operations,
    first_documents,
    first_records,
    first_standings,
    portions,
    read_or_set_secret,
    restore_statuses,
)
from hub.store.mongo.rows import Document
from hub.store.mongo.runner import Observer, Runner, deadline_in
from hub.store.mongo.steps import Intent, Step
from hub.store.mongo.trail import MongoTrail
from hub.store.mongo.watch import MongoWatch
from hub.store.query import EVERY, ManifestPage, Page, Query
from hub.store.records import HIDDEN, AccountRow, Fact, Record, RecordLevel, Standing, Status
from hub.taxii.filters import VersionMatch

READ_SECONDS: Final = 6.0  # for a whole read with its retries, before the answer is 503


class MongoStore(Runner):
    """A `Store` in a MongoDB database, for several threads, processes and machines. It does not work in a forked child."""

    def __init__(  # noqa: PLR0913 - keyword arguments only
        self,
        uri: str,
        *,
        clock: Callable[[], int],
        lock_seconds: float,
        status_milliseconds: int,
        create: bool = False,
        observe: Observer | None = None,
    ) -> None:
        """Prepare the store; with `create`, first make it or bring it up to this version. Otherwise the first use connects.

        `clock` gives milliseconds since 1970. Writers try for `lock_seconds`, statuses expire after
        `status_milliseconds`. `observe` is called before and after each step of a commit with "before" or "after" and the
        step's name. ConfigurationError if `uri` is no MongoDB URI; messages never show it.
        """
        super().__init__(Link(uri), lock_seconds, status_milliseconds, observe)
        self._clock = clock
        self._trail = MongoTrail(
            lambda call: self._call(call, deadline_in(self._lock_seconds)),
            lambda steps: self._run(steps, deadline_in(self._lock_seconds)),
            clock,
        )
        if create:
            self._link.initialise(self._upgrade)
            try:
                self._trail.begin(self, secrets.token_bytes(trail.KEY_BYTES))
                self.settle()
            except BaseException:
                self._link.close()
                raise

    def __repr__(self) -> str:
        return f"MongoStore({self._link!r})"

    # ------------------------------------------------------------------------------------------------------ objects

    def append(self, batch: Batch) -> Appended:
        """See `Store.append`. TooLargeError if the batch does not fit into one document of MongoDB."""
        with self._turn(batch.collection) as deadline:
            return self._run(mongo_commit.append(batch, _new_name(), self._clock), deadline)

    def read(self, query: Query, max_bytes: int) -> Page:
        """See `Store.read`."""
        rows, more = self._run(mongo_commit.page(query, max_bytes), deadline_in(READ_SECONDS))
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
        rows, more = self._run(mongo_commit.page(query, None), deadline_in(READ_SECONDS))
        return ManifestPage(rows=tuple(mongo_rows.manifest_row(row) for row in rows), more=more)

    def holds(self, collection: str, object_id: str, clearance: int) -> bool:
        """See `Store.holds`."""
        query = Query(collection, clearance, after=0, limit=1, ids=(object_id,), versions=EVERY)
        return bool(self._run(mongo_commit.page(query, None), deadline_in(READ_SECONDS))[0])

    def publishers(self, collection: str, object_id: str, clearance: int) -> tuple[str, ...]:
        """See `Store.publishers`."""
        deadline = deadline_in(READ_SECONDS)
        upto = self._run(mongo_commit.visible_place(collection), deadline)
        criteria = mongo_rows.count_filter(collection, clearance, upto) | {"id": object_id}
        rows = self._call(
            lambda o: list(o.database.objects.find(criteria, {"publishers": 1}, session=o.session).sort("place", 1)),
            deadline,
        )
        return tuple(dict.fromkeys(publisher for row in rows for publisher in row["publishers"]))

    def history(self, collection: str, object_id: str) -> tuple[Record, ...]:
        """See `Store.history`: up to the visible place."""
        deadline = deadline_in(READ_SECONDS)
        upto = self._run(mongo_commit.visible_place(collection), deadline)
        criteria = {"coll": collection, "id": object_id, "place": {"$lte": upto}}
        rows = self._call(lambda o: list(o.database.objects.find(criteria, session=o.session)), deadline)
        return tuple(mongo_rows.record_of(row) for row in sorted(rows, key=lambda row: int(row["version"])))

    def delete(  # noqa: PLR0913 - as `Store.delete`
        self,
        collection: str,
        object_id: str,
        publisher: str,
        clearance: int,
        versions: VersionMatch = EVERY,
        *,
        account: str = "hub",
    ) -> Deletion:
        """See `Store.delete`."""
        act = trail.delete_act(self.trail_key(), collection, object_id, account=account, member=publisher)
        removal = Removal(collection, object_id, publisher, act, clearance, versions)
        with self._turn(collection) as deadline:
            return self._run(mongo_changes.remove(removal, _new_name(), self._clock), deadline).verdict

    def purge(self, collection: str, object_id: str) -> int:
        """See `Store.purge`. MongoDB's own files (oplog, journal, free blocks, backups) keep it until they are overwritten or expire."""
        removal = Removal(collection, object_id, None, trail.purge_act(self.trail_key(), collection, object_id))
        with self._turn(collection) as deadline:
            result = self._run(mongo_changes.remove(removal, _new_name(), self._clock), deadline)
        self._call(lambda operations: operations.scrub(object_id), deadline)
        return result.count

    def has_unknown_levels(self, collection: str) -> bool:
        """See `Store.has_unknown_levels`."""
        criteria = {"coll": collection, "views": mongo_rows.OF_UNKNOWN_LEVEL}
        row = self._call(
            lambda o: o.database.objects.find_one(criteria, {"_id": 1}, session=o.session), deadline_in(READ_SECONDS)
        )
        return row is not None

    def set_levels(self, collection: str, levels: Sequence[RecordLevel]) -> None:
        """See `Store.set_levels`."""
        with self._turn(collection) as deadline:
            self._run(mongo_changes.set_levels(collection, levels, _new_name(), self._clock), deadline)

    def hidden_records(self, collection: str) -> Iterator[Record]:
        """See `Store.hidden_records`."""
        return map(mongo_rows.record_of, self._rows(collection, first_records, mongo_rows.OF_HIDDEN_LEVEL))

    def decide(self, collection: str, object_id: str, level: int | None) -> int:
        """See `Store.decide`."""
        with self._turn(collection) as deadline:
            effect = self._run(mongo_changes.decide(collection, object_id, level, _new_name(), self._clock), deadline)
        return effect.hidden_count

    def counts(self, collection: str, clearance: int) -> tuple[int, int]:
        """See `Store.counts`."""
        deadline = deadline_in(READ_SECONDS)
        # each commit stores the counts, since counting would make MongoDB walk through all records
        upto, level_counts = self._run(mongo_commit.visible_state(collection), deadline)
        count = sum(level_counts[: clearance + 1])
        if not count:
            return 0, 0
        criteria = mongo_rows.count_filter(collection, clearance, upto)
        newest = self._call(
            lambda o: list(
                o.database.objects.find(criteria, {"place": 1}, session=o.session).sort("place", -1).limit(1)
            ),
            deadline,
        )
        return count, newest[0]["place"] if newest else 0

    def counts_by_level(self, collection: str) -> tuple[int, ...]:
        """See `Store.counts_by_level`."""
        return self._run(mongo_commit.visible_state(collection), deadline_in(READ_SECONDS))[1]

    # ----------------------------------------------------------------------------------------------------- statuses

    def get_status(self, status_id: str) -> Status | None:
        """See `Store.get_status`."""
        criteria = {"_id": status_id}
        row = self._call(lambda o: o.database.statuses.find_one(criteria, session=o.session), deadline_in(READ_SECONDS))
        if row is None or row["kept_at"] + self._status_milliseconds < self._clock():
            return None
        return mongo_rows.status_of(row)

    def statuses(self) -> Iterator[Status]:
        """See `Store.statuses`."""
        after = ""
        while True:
            criteria = {"_id": {"$gt": after}, "kept_at": {"$gte": self._clock() - self._status_milliseconds}}
            rows = self._call(partial(first_documents, "statuses", criteria, "_id"), deadline_in(self._lock_seconds))
            if not rows:
                return
            yield from map(mongo_rows.status_of, rows)
            after = rows[-1]["_id"]

    def put_statuses(self, statuses: Iterable[Status]) -> int:
        """See `Store.put_statuses`."""
        total = 0
        for portion in portions(statuses):
            self._call(partial(restore_statuses, portion), deadline_in(self._lock_seconds))
            total += len(portion)
        return total

    def sweep(self, before: int) -> int:
        """See `Store.sweep`."""
        self.settle()
        old = {"kept_at": {"$lt": before}}
        return self._call(
            lambda o: o.database.statuses.delete_many(old, session=o.session).deleted_count,
            deadline_in(self._lock_seconds),
        )

    def settle(self) -> None:
        """See `Store.settle`."""
        deadline = deadline_in(self._lock_seconds)
        intents: list[Intent] = self._run(_single_step(mongo_steps.ReadIntents()), deadline)
        unfinished = self._call(lambda o: o.database.log.distinct("coll", {"done": False}, session=o.session), deadline)
        for collection in dict.fromkeys((*unfinished, *(intent.collection for intent in intents))):
            tip = self._run(mongo_commit.finished_tip(collection), deadline)
            for intent in intents:
                if intent.collection == collection and intent.n <= tip.n:
                    self._run(_single_step(mongo_steps.Retract(intent.key)), deadline)
        self._run(mongo_notes.note_accounts(), deadline)

    # ----------------------------------------------------------------------------------------------------- accounts

    def get_account(self, name: str) -> AccountRow | None:
        """See `Store.get_account`."""
        return self._account({"_id": name})

    def find_key(self, key_hash: str) -> AccountRow | None:
        """See `Store.find_key`."""
        return self._account({"key_hashes": key_hash})

    def _account(self, criteria: Document) -> AccountRow | None:
        row = self._call(lambda o: o.database.accounts.find_one(criteria, session=o.session), deadline_in(READ_SECONDS))
        return None if row is None else mongo_rows.account_of(row)

    def put_account(self, row: AccountRow) -> None:
        """See `Store.put_account`."""
        self._run(mongo_notes.put_account(row, self._clock(), _new_name()), deadline_in(self._lock_seconds))

    def list_accounts(self) -> tuple[AccountRow, ...]:
        """See `Store.list_accounts`."""
        rows = self._call(
            lambda o: list(o.database.accounts.find({}, session=o.session).sort("_id", 1)), deadline_in(READ_SECONDS)
        )
        return tuple(mongo_rows.account_of(row) for row in rows)

    def secret(self, fresh: bytes) -> bytes:
        """See `Store.secret`."""
        return self._call(partial(read_or_set_secret, fresh), deadline_in(self._lock_seconds))

    def put_secret(self, secret: bytes) -> None:
        """See `Store.put_secret`."""
        key, document = {"_id": "secret"}, {"_id": "secret", "value": secret}
        self._call(
            lambda o: o.database.meta.replace_one(key, document, upsert=True, session=o.session),
            deadline_in(self._lock_seconds),
        )

    # ----------------------------------------------------------------------------------------------- export, import

    def head(self, collection: str) -> int:
        """See `Store.head`."""
        entries = self._run(_single_step(mongo_steps.ReadTip(collection)), deadline_in(READ_SECONDS))
        return entries[0].place if entries else 0

    def changes(self, collection: str, since: int) -> Changes | None:
        """See `Store.changes`."""
        return self._run(mongo_commit.changes(collection, since), deadline_in(READ_SECONDS))

    def index_values(self, collection: str, limit: int, clearance: int = HIDDEN) -> int:  # noqa: ARG002 - as in `Store`
        """See `Store.index_values`. Nothing to do: each document has its marks from the start."""
        return 0

    def watch(self) -> Watch:
        """See `Store.watch`."""
        return MongoWatch()

    def records(self, collection: str) -> Iterator[Record]:
        """See `Store.records`: up to the place that is visible when the first record is taken."""
        return map(mongo_rows.record_of, self._rows(collection, first_records))

    def _rows(
        self, collection: str, read: Callable[..., list[Document]], code: int = mongo_rows.EVERYTHING
    ) -> Iterator[Document]:
        """The rows of a collection with that code, in place order, up to the place that is visible at the beginning."""
        upto = self._run(mongo_commit.visible_place(collection), deadline_in(READ_SECONDS))
        after = 0
        while after < upto:
            criteria = {"coll": collection, "views": code, "place": {"$gt": after, "$lte": upto}}
            rows = self._call(partial(read, criteria), deadline_in(self._lock_seconds))
            if not rows:
                return
            yield from rows
            after = rows[-1]["place"]

    def restore(self, collection: str, head: int, records: Iterable[Record]) -> int:
        """See `Store.restore`. Until it ends nothing is visible, and other writers get an error that tells them to wait."""
        if not 0 <= head <= mongo_restore.MAX_PLACE:
            raise UnprocessableError(f"{head} is no place in line: the export is damaged")
        clock, patience = self._clock, self._lock_seconds
        steps = mongo_restore.begin_restore(collection, head, _new_name(), clock())
        tip = self._run(steps, deadline_in(patience))
        total, last = 0, 0
        try:
            for portion in portions(records):
                last = mongo_restore.last_place_in_order(portion, last)
                steps = mongo_restore.restore_portion(tip, portion, max(head, last), clock())
                tip = self._run(steps, deadline_in(patience))
                total += len(portion)
            self._run(mongo_restore.end_restore(tip, max(head, last), clock()), deadline_in(patience))
        except BaseException:
            # undo the failed import; if even this fails, the next import into the collection wipes its records
            with suppress(HubError):
                self._run(mongo_restore.undo_restore(tip, clock()), deadline_in(patience))
            raise
        return total

    # ------------------------------------------------------------------------------------------------------ facts

    def put_facts(
        self, kind: str, facts: Mapping[str, bytes], drop: Iterable[str] = (), *, patience_seconds: float | None = None
    ) -> None:
        """See `Store.put_facts`."""
        self._call(
            partial(mongo_facts.put_facts, kind=kind, facts=facts, drop=tuple(drop)), self._patience(patience_seconds)
        )

    def add_to_facts(
        self, kind: str, numbers: Mapping[str, Sequence[int]], *, patience_seconds: float | None = None
    ) -> None:
        """See `Store.add_to_facts`."""
        self._call(partial(mongo_facts.add_to_facts, kind=kind, numbers=numbers), self._patience(patience_seconds))

    def _patience(self, seconds: float | None) -> float:
        return deadline_in(self._lock_seconds if seconds is None else seconds)

    def facts(self, kind: str, *, prefix: str = "", since: int = 0) -> tuple[Fact, ...]:
        """See `Store.facts`."""
        facts = self._call(partial(mongo_facts.read_facts, kind=kind, since=since), deadline_in(READ_SECONDS))
        return tuple(fact for fact in facts if fact.key.startswith(prefix))

    # ---------------------------------------------------------------------------------------------- the audit trail

    def add_to_trail(self, acts: Iterable[Act]) -> None:
        """See `Store.add_to_trail`."""
        self._trail.add(acts)

    def trail(self, after: int = 0) -> Iterator[TrailEntry]:
        """See `Store.trail`."""
        return self._trail.entries(after)

    def trail_texts(self, before: int, limit: int) -> list[tuple[int, bytes]]:
        """See `Store.trail_texts`."""
        return self._trail.texts(before, limit)

    def trail_digests(self, after: int, limit: int) -> list[bytes]:
        """See `Store.trail_digests`."""
        return self._trail.digests(after, limit)

    def trail_head(self) -> TrailHead:
        """See `Store.trail_head`."""
        head: TrailHead = self._run(_single_step(mongo_steps.ReadTrailEnd()), deadline_in(READ_SECONDS))
        return head

    def trail_key(self) -> bytes:
        """See `Store.trail_key`."""
        return self._trail.key()

    def standings(self, collection: str) -> Iterator[tuple[int, Standing]]:
        """See `Store.standings`."""
        return ((row["place"], mongo_rows.standing_of(row)) for row in self._rows(collection, first_standings))

    def space(self) -> tuple[int, int | None]:
        """See `Store.space`."""
        figures = self._call(lambda o: o.database.command("dbStats", session=o.session), deadline_in(READ_SECONDS))
        free = figures.get("fsTotalSize", 0) - figures.get("fsUsedSize", 0)
        return int(figures.get("totalSize") or figures.get("storageSize") or 0), int(free) if free > 0 else None

    def ping(self) -> None:
        """See `Store.ping`."""
        self._call(lambda o: o.database.meta.find_one({"_id": "format"}, session=o.session), deadline_in(0))

    def close(self) -> None:
        """See `Store.close`."""
        self._link.close()

    def _upgrade(self, number: int, client: MongoClient[Document], database: Database[Document]) -> None:
        with client.start_session(causal_consistency=True) as session:
            mongo_upgrade.upgrade(number, Operations(database, session, self._status_milliseconds))


def _new_name() -> str:
    return uuid.uuid4().hex


def _single_step(step: Step) -> Generator[Step, Any, Any]:
    return (yield step)
