"""The SQLite store: one file on a local disk, many reading processes, one writer at a time.

`pages` reads pages, `writes` makes changes, `connection` and `files` have the connections and locks, `migrations` the
tables and the reasons for their shape.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import apsw

from hub.errors import StoreError, StoreUnavailableError
from hub.store import trail
from hub.store.base import Changes, Deletion, Watch
from hub.store.batch import Appended, Batch
from hub.store.chain import Act, TrailEntry, TrailHead
from hub.store.query import EVERY, ManifestPage, Page, Query
from hub.store.records import HIDDEN, NO_LEVEL, AccountRow, Fact, Record, RecordLevel, Standing, Status
from hub.store.sqlite import facts as sqlite_facts
from hub.store.sqlite import lookups
from hub.store.sqlite import pages as sqlite_pages
from hub.store.sqlite import trail as sqlite_trail
from hub.store.sqlite import values as sqlite_values
from hub.store.sqlite import writes as sqlite_writes
from hub.store.sqlite.connection import SqliteConnection
from hub.store.sqlite.files import Files, rows
from hub.store.sqlite.watch import SqliteWatch
from hub.taxii.filters import VersionMatch

_INDEX_PATIENCE_SECONDS: Final = 0.1
_STEPS_PER_PROGRESS: Final = 1_000_000  # of SQLite's virtual machine, while it copies
TRAIL_AT_ONCE: Final = 200  # entries of the trail in memory


class SqliteStore:
    """A `Store` in the SQLite file at `path`, for several threads and several processes; each process opens its own.

    A store belongs to the process that opened it: a forked child gets StoreError from each call, and also when it opens
    a file that its parent had open at the fork.
    """

    def __init__(  # noqa: PLR0913 - keyword arguments only
        self,
        path: Path,
        *,
        clock: Callable[[], int],
        lock_seconds: float,
        status_milliseconds: int,
        create: bool = False,
        max_pages: int = 0,
    ) -> None:
        """Open the store; with `create`, first make it or bring it up to this version.

        `clock` gives milliseconds since 1970. Writers wait `lock_seconds` for the lock, statuses expire after
        `status_milliseconds`, the file grows to `max_pages` pages of 4,096 bytes (0: as the disk allows).
        StoreUnavailableError if there is no store, StoreError if the file is no store of this program.
        """
        self._clock = clock
        self._status_milliseconds = status_milliseconds
        self._files = Files(path, lock_seconds=lock_seconds, max_pages=max_pages, create=create, now=clock())
        self._numbers: dict[str, int] = {}  # of collections: given once, never changed
        if create:
            with self._files.writing() as connection:
                sqlite_trail.begin(connection, list(_accounts(connection, "ORDER BY name")), clock())

    # ------------------------------------------------------------------------------------------------------ objects

    def append(self, batch: Batch) -> Appended:
        """See `Store.append`."""
        with self._files.writing() as connection:
            # read the clock inside the write lock, so that places follow the order of commits (law L1)
            return sqlite_writes.append(connection, batch, self._clock())

    def read(self, query: Query, max_bytes: int) -> Page:
        """See `Store.read`."""
        # the default poll is one statement, and one statement sees one state: it needs no transaction around it
        open_connection = self._files.reading if sqlite_pages.is_plain(query) else self._files.snapshot
        with open_connection() as connection:
            # no record is beyond the head (law L1), so the most common poll reads no record at all
            number = self._number(connection, query.collection)
            if number is None or query.after >= _head(connection, query.collection):
                return sqlite_pages.EMPTY
            return sqlite_pages.read_page(connection, number, query, max_bytes)

    def manifest(self, query: Query) -> ManifestPage:
        """See `Store.manifest`."""
        with self._files.snapshot() as connection:
            number = self._number(connection, query.collection)
            if number is None:
                return ManifestPage(rows=(), more=False)
            return sqlite_pages.read_manifest(connection, number, query)

    def holds(self, collection: str, object_id: str, clearance: int) -> bool:
        """See `Store.holds`."""
        with self._files.reading() as connection:
            number = self._number(connection, collection)
            return number is not None and bool(
                connection.execute(
                    "SELECT EXISTS (SELECT 1 FROM record INDEXED BY record_by_id "
                    "WHERE id = ? AND collection = ? AND governing <= ?)",
                    (object_id, number, clearance),
                ).get
            )

    def publishers(self, collection: str, object_id: str, clearance: int) -> tuple[str, ...]:
        """See `Store.publishers`."""
        with self._files.reading() as connection:
            number = self._number(connection, collection)
            publisher_rows = rows(connection, _PUBLISHERS, object_id, number, clearance)
        return tuple(dict.fromkeys(publisher for (names,) in publisher_rows for publisher in names.split("\n")))

    def history(self, collection: str, object_id: str) -> tuple[Record, ...]:
        """See `Store.history`."""
        with self._files.snapshot() as connection:
            number = self._number(connection, collection)
            return () if number is None else lookups.history_of(connection, number, collection, object_id)

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
        with self._files.writing() as connection:
            return sqlite_writes.delete(
                connection,
                collection,
                object_id,
                publisher=publisher,
                clearance=clearance,
                versions=versions,
                account=account,
                now=self._clock(),
            )

    def purge(self, collection: str, object_id: str) -> int:
        """See `Store.purge`: (1) overwrites the bytes in the tables with zeros, (2) empties the write-ahead log."""
        with self._files.writing() as connection:  # (1)
            purged = sqlite_writes.purge(connection, collection, object_id, self._clock())
        try:
            self._files.truncate_log()  # (2)
        except StoreUnavailableError:
            raise StoreUnavailableError(
                f"{object_id} is removed from the collection, but readers still used the write-ahead log with its bytes: "
                "purge it again in a moment to remove them, too"
            ) from None
        return purged

    def has_unknown_levels(self, collection: str) -> bool:
        """See `Store.has_unknown_levels`."""
        with self._files.reading() as connection:
            number = self._number(connection, collection)
            return bool(connection.execute(_HAS_UNKNOWN, (number,)).get)

    def set_levels(self, collection: str, levels: Sequence[RecordLevel]) -> None:
        """See `Store.set_levels`."""
        with self._files.writing() as connection:
            sqlite_writes.set_levels(connection, collection, levels, self._clock())

    def hidden_records(self, collection: str) -> Iterator[Record]:
        """See `Store.hidden_records`. The state of the collection is that at the time of the first record."""
        with self._files.snapshot() as connection:
            number = self._number(connection, collection)
            for record in () if number is None else lookups.hidden_of(connection, number, collection):
                yield record
                self._files.require_owner()

    def decide(self, collection: str, object_id: str, level: int | None) -> int:
        """See `Store.decide`."""
        with self._files.writing() as connection:
            return sqlite_writes.decide(connection, collection, object_id, level, self._clock())

    def counts(self, collection: str, clearance: int) -> tuple[int, int]:
        """See `Store.counts`."""
        with self._files.snapshot() as connection:
            number = self._number(connection, collection)
            if number is None:
                return 0, 0
            count = sum(sqlite_writes.counts_of(connection, number)[: clearance + 1])
            return count, sqlite_pages.newest_place(connection, number, clearance)

    def counts_by_level(self, collection: str) -> tuple[int, ...]:
        """See `Store.counts_by_level`."""
        with self._files.reading() as connection:
            number = self._number(connection, collection)
            return (0,) * NO_LEVEL if number is None else sqlite_writes.counts_of(connection, number)

    # ------------------------------------------------------------------------------------------- statuses and accounts

    def get_status(self, status_id: str) -> Status | None:
        """See `Store.get_status`."""
        with self._files.reading() as connection:
            row: Any = connection.execute(
                "SELECT id, collection, account, publisher, kept_at, body FROM status WHERE id = ? AND kept_at >= ?",
                (status_id, self._clock() - self._status_milliseconds),
            ).get
        return None if row is None else Status(*row)

    def statuses(self) -> Iterator[Status]:
        """See `Store.statuses`. Their state is that at the time of the first one."""
        with self._files.snapshot() as connection:
            status_rows = connection.execute(
                "SELECT id, collection, account, publisher, kept_at, body FROM status WHERE kept_at >= ? ORDER BY kept_at",
                (self._clock() - self._status_milliseconds,),
            )
            for row in status_rows:
                yield Status(*row)
                self._files.require_owner()

    def put_statuses(self, statuses: Iterable[Status]) -> int:
        """See `Store.put_statuses`."""
        count = 0
        with self._files.writing() as connection:
            for status in statuses:
                connection.execute(
                    "INSERT OR IGNORE INTO status (id, collection, account, publisher, kept_at, body) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (status.id, status.collection, status.account, status.publisher, status.kept_at, status.body),
                )
                count += 1
        return count

    def settle(self) -> None:
        """See `Store.settle`. Nothing to do: each entry is written in the transaction of its change."""

    def sweep(self, before: int) -> int:
        """See `Store.sweep`."""
        with self._files.writing() as connection:
            connection.execute("DELETE FROM status WHERE kept_at < ?", (before,))
            return connection.changes()

    def get_account(self, name: str) -> AccountRow | None:
        """See `Store.get_account`."""
        with self._files.reading() as connection:
            # every request reads its account; after a commit by any process the cached value is read again
            return connection.cached(
                ("account", name), lambda: next(_accounts(connection, "WHERE name = ?", name), None)
            )

    def find_key(self, key_hash: str) -> AccountRow | None:
        """See `Store.find_key`."""
        with self._files.reading() as connection:
            condition = "WHERE name = (SELECT account FROM account_key WHERE hash = ?)"
            return connection.cached(("key", key_hash), lambda: next(_accounts(connection, condition, key_hash), None))

    def put_account(self, row: AccountRow) -> None:
        """See `Store.put_account`."""
        with self._files.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO account (name, kind, member, password_hash, disabled, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (row.name, row.kind, row.member, row.password_hash, row.disabled, row.created_at),
            )
            connection.execute("DELETE FROM account_key WHERE account = ?", (row.name,))
            try:
                connection.executemany(
                    "INSERT INTO account_key (hash, account, position) VALUES (?, ?, ?)",
                    [(key_hash, row.name, position) for position, key_hash in enumerate(row.key_hashes)],
                )
            except apsw.ConstraintError:
                raise StoreError(f"a key of the account {row.name} is another account's: make a new one") from None
            act = trail.account_act(sqlite_trail.key_of(connection), row)
            sqlite_trail.add(connection, [act], self._clock())

    def list_accounts(self) -> tuple[AccountRow, ...]:
        """See `Store.list_accounts`."""
        with self._files.reading() as connection:
            return tuple(_accounts(connection, "ORDER BY name"))

    # ---------------------------------------------------------------------------------------------- the store as a whole

    def secret(self, fresh: bytes) -> bytes:
        """See `Store.secret`."""
        with self._files.reading() as connection:
            secret = connection.execute("SELECT secret FROM secret").get
        if secret is None:
            with self._files.writing() as connection:
                connection.execute("INSERT OR IGNORE INTO secret (number, secret) VALUES (1, ?)", (fresh,))
                secret = connection.execute("SELECT secret FROM secret").get
        assert isinstance(secret, bytes)
        return secret

    def put_secret(self, secret: bytes) -> None:
        """See `Store.put_secret`."""
        with self._files.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO secret (number, secret) VALUES (1, ?)", (secret,))

    def head(self, collection: str) -> int:
        """See `Store.head`."""
        with self._files.reading() as connection:
            return _head(connection, collection)

    def changes(self, collection: str, since: int) -> Changes | None:
        """See `Store.changes`."""
        with self._files.reading() as connection:
            last = connection.cached("change", lambda: lookups.last_change(connection))
            if last == since:
                return Changes(last, ())
            number = self._number(connection, collection)
            return lookups.changes_since(connection, -1 if number is None else number, since)

    def watch(self) -> Watch:
        """See `Store.watch`."""
        return SqliteWatch(self._files)

    def index_values(self, collection: str, limit: int, clearance: int = HIDDEN) -> int:
        """See `Store.index_values`."""
        with self._files.reading() as connection:
            number = self._number(connection, collection)
            if number is None:
                return 0
            valued = sqlite_values.valued_place(connection, number)
            marks = sqlite_values.next_values(connection, number, valued, limit) if limit else {}
        if limit and not marks:
            return 0  # a damaged record without a body counts as indexed: it has nothing to index
        if marks:
            with self._files.writing(synced=False, patience_seconds=_INDEX_PATIENCE_SECONDS) as connection:
                sqlite_values.put_values(connection, number, valued, marks)
        with self._files.reading() as connection:
            valued = sqlite_values.valued_place(connection, number)
            return sqlite_values.count_unvalued(connection, number, valued, clearance)

    def records(self, collection: str) -> Iterator[Record]:
        """See `Store.records`. The state of the collection is that at the time of the first record."""
        with self._files.snapshot() as connection:
            number = self._number(connection, collection)
            for record in () if number is None else lookups.records_of(connection, number, collection):
                yield record
                self._files.require_owner()

    def restore(self, collection: str, head: int, records: Iterable[Record]) -> int:
        """See `Store.restore`."""
        with self._files.writing() as connection:
            return sqlite_writes.restore(connection, collection, head, records, self._clock())

    def put_facts(
        self, kind: str, facts: Mapping[str, bytes], drop: Iterable[str] = (), *, patience_seconds: float | None = None
    ) -> None:
        """See `Store.put_facts`."""
        with self._files.writing(synced=False, patience_seconds=patience_seconds) as connection:
            sqlite_facts.put_facts(connection, kind, facts, drop)

    def add_to_facts(
        self, kind: str, numbers: Mapping[str, Sequence[int]], *, patience_seconds: float | None = None
    ) -> None:
        """See `Store.add_to_facts`."""
        with self._files.writing(synced=False, patience_seconds=patience_seconds) as connection:
            sqlite_facts.add_to_facts(connection, kind, numbers)

    def facts(self, kind: str, *, prefix: str = "", since: int = 0) -> tuple[Fact, ...]:
        """See `Store.facts`."""
        with self._files.reading() as connection:
            return sqlite_facts.read_facts(connection, kind, prefix, since)

    # --------------------------------------------------------------------------------------------------- the audit trail

    def add_to_trail(self, acts: Iterable[Act]) -> None:
        """See `Store.add_to_trail`."""
        with self._files.writing(synced=False) as connection:
            sqlite_trail.add(connection, acts, self._clock())

    def trail(self, after: int = 0) -> Iterator[TrailEntry]:
        """See `Store.trail`."""
        while True:
            with self._files.reading() as connection:
                entries = sqlite_trail.entries(connection, after, TRAIL_AT_ONCE)
            yield from entries
            if len(entries) < TRAIL_AT_ONCE:
                return
            after = entries[-1].number

    def trail_texts(self, before: int, limit: int) -> list[tuple[int, bytes]]:
        """See `Store.trail_texts`."""
        with self._files.reading() as connection:
            return sqlite_trail.texts(connection, before, limit)

    def trail_digests(self, after: int, limit: int) -> list[bytes]:
        """See `Store.trail_digests`."""
        with self._files.reading() as connection:
            return sqlite_trail.digests(connection, after, limit)

    def trail_head(self) -> TrailHead:
        """See `Store.trail_head`."""
        with self._files.reading() as connection:
            return sqlite_trail.head_of(connection)

    def trail_key(self) -> bytes:
        """See `Store.trail_key`."""
        with self._files.reading() as connection:
            return sqlite_trail.key_of(connection)

    def standings(self, collection: str) -> Iterator[tuple[int, Standing]]:
        """See `Store.standings`."""
        with self._files.snapshot() as connection:
            number = self._number(connection, collection)
            for row in () if number is None else lookups.standings_of(connection, number):
                yield row
                self._files.require_owner()

    def copy_to(self, file: Path, progress: Callable[[int], None] = lambda _bytes: None) -> None:
        """Write one state of the store into a new file, while others read and write. For backups.

        `progress` is called now and then with the number of bytes written.
        """
        # SQLite itself would create a file that all users can read
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.close(descriptor)
        with self._files.reading() as connection:

            def report_progress() -> bool:
                progress(file.stat().st_size)
                return False  # do not stop the copy

            connection.set_progress_handler(report_progress, _STEPS_PER_PROGRESS)
            try:
                connection.execute("VACUUM INTO ?", (str(file),))
            finally:
                connection.set_progress_handler(None)
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def space(self) -> tuple[int, int | None]:
        """See `Store.space`: the file, its write-ahead log, and what the file system lets this user write."""
        return self._files.space()

    def ping(self) -> None:
        """See `Store.ping`."""
        with self._files.reading() as connection:
            # reads the file, not only the connection
            connection.execute("SELECT count(*) FROM collection").fetchall()

    def close(self) -> None:
        """See `Store.close`."""
        self._files.close()

    def _number(self, connection: apsw.Connection, collection: str) -> int | None:
        number = self._numbers.get(collection)
        if number is None:
            number = sqlite_writes.number_of(connection, collection)
            if number is not None:
                self._numbers[collection] = number
        return number


def _head(connection: SqliteConnection, collection: str) -> int:
    return connection.cached(("head", collection), lambda: sqlite_writes.head_of(connection, collection))


_PUBLISHERS: Final = "SELECT publishers FROM record INDEXED BY record_by_id WHERE id = ? AND collection = ? AND governing <= ? ORDER BY key"
_HAS_UNKNOWN: Final = (
    "SELECT EXISTS (SELECT 1 FROM record INDEXED BY record_of_unknown_level WHERE collection = ? AND source = '')"
)
_ACCOUNT: Final = (
    "SELECT name, kind, member, password_hash, disabled, created_at, "
    "(SELECT json_group_array(hash ORDER BY position) FROM account_key WHERE account = name) FROM account"
)


def _accounts(connection: apsw.Connection, condition: str, *values: str) -> Iterator[AccountRow]:
    # a single statement, since every request reads its account
    account_rows = rows(connection, f"{_ACCOUNT} {condition}", *values)
    for name, kind, member, password_hash, disabled, created_at, keys in account_rows:
        yield AccountRow(name, kind, member, password_hash, tuple(json.loads(keys)), bool(disabled), created_at)
