"""The SQLite store's files: connections to them, the write lock, and what it means in words when they fail.

Connections are lent from a small pool, so that a thread that ends leaves nothing behind. Writers of all processes queue
at a lock file first: SQLite's own waiting (sleep, try again, no order) let single writers starve for seconds under four
writing processes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import random
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import apsw

from hub.errors import StoreError, StoreFullError, StoreUnavailableError
from hub.store.owner import Owner
from hub.store.sqlite import migrations
from hub.store.sqlite.connection import SqliteConnection, identity_of

PAGE_BYTES: Final = 4096
CACHE_KIBIBYTES: Final = 8192  # of a connection: what one page of scattered records reads; the system caches the rest
CHECKPOINT_PAGES: Final = 10_000  # of write-ahead log: at SQLite's own 1,000, writers reach half as many objects/s
JOURNAL_BYTES: Final = 64 * 1024 * 1024  # the write-ahead log is cut back to this after a burst
IDLE_CONNECTIONS: Final = 16  # kept open per process; beyond that, one is opened and closed for the call
LOCK_PAUSE: Final = 0.002  # seconds, on average, between two attempts at the write lock

_random: Final = random.Random()  # noqa: S311 - spreads the attempts, protects nothing; the module's own state is left alone
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Files:
    """The store's file, its lock file beside it, and the connections of this process.

    It belongs to the process that made it: in a forked child every call raises StoreError, but `close`, which does
    nothing there.
    """

    def __init__(self, path: Path, *, lock_seconds: float, max_pages: int, create: bool, now: int) -> None:
        """Open the store; `create` makes it where it is missing and applies what migrations it lacks.

        `max_pages` bounds its size in pages of 4,096 bytes, 0: as large as the disk allows.
        """
        self.path = path
        self.lock_seconds = lock_seconds
        self._max_pages = max_pages
        self._closed = False
        self._owner = Owner(str(path))
        self._idle: deque[SqliteConnection] = deque()
        self._threads_lock = threading.Lock()
        self._lock_path = path.with_name(f"{path.name}.lock")
        self._lock_file: int | None = None
        _files.add(self)
        identity = self._read_identity()
        if identity is None and not create:
            raise StoreUnavailableError(f"there is no store at {path}: run `hub init`, or mend HUB_STORE")
        with translated(path):
            connection = self._make_file() if identity is None else self._open()
            try:
                self._identity = self._read_identity()
                self._prepare(connection, create=create, now=now)
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)

    def _make_file(self) -> SqliteConnection:
        with _reached(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # marked content and hashes are inside: for the hub's own user only, as SQLite's side files will be
            os.fchmod(self._open_lock_file(), 0o600)
        return self._open(mode_from=self._lock_path)

    def _prepare(self, connection: SqliteConnection, *, create: bool, now: int) -> None:
        lacking = migrations.missing(connection)
        if lacking and not create:
            if not migrations.applied(connection):
                raise StoreUnavailableError(f"the store at {self.path} was never set up: run `hub init`")
            raise StoreUnavailableError(
                f"the store at {self.path} lacks the step {lacking[0].__name__!r}: run `hub init`, which upgrades it"
            )
        # a copy that was made with VACUUM INTO has everything but the journal mode
        if lacking or connection.execute("PRAGMA journal_mode").get != "wal":
            with self._write_lock(time.monotonic() + self.lock_seconds):
                connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
                connection.execute("PRAGMA journal_mode = WAL")
                migrations.migrate(connection, now)

    # ------------------------------------------------------------------------------------------------ connections

    def reading(self) -> _Reading:
        """A connection to read with. What SQLite raises inside comes out as StoreError, in words."""
        return _Reading(self)

    @contextmanager
    def snapshot(self) -> Iterator[SqliteConnection]:
        """As `reading`, for several statements that have to see the same state."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if self._owner.is_this_process and connection.in_transaction:
                    connection.execute("COMMIT")

    @contextmanager
    def writing(self, *, synced: bool = True, patience_seconds: float | None = None) -> Iterator[SqliteConnection]:
        """The write lock and one transaction: synced to disk at the end of the block, or undone if it fails.

        Not `synced`, it outlives the death of every process, and reaches the disk with the next one that is.
        """
        deadline = time.monotonic() + (self.lock_seconds if patience_seconds is None else patience_seconds)
        self._require_usable()
        with translated(self.path), self._write_lock(deadline):
            connection = self.borrow()
            try:
                connection.set_busy_timeout(max(1, int((deadline - time.monotonic()) * 1000)))
                if not synced:
                    connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    self.require_owner()
                    connection.execute("COMMIT")
                except BaseException:
                    if self._owner.is_this_process and connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            finally:
                if self._owner.is_this_process:
                    if not synced:
                        connection.execute("PRAGMA synchronous = FULL")
                    connection.set_busy_timeout(int(self.lock_seconds * 1000))
                    connection.clear_cache()
                self.give_back(connection)

    def truncate_log(self) -> None:
        """Copy all that the write-ahead log holds into the file, and truncate the log to nothing.

        StoreUnavailableError where readers prevented it for `lock_seconds`.
        """
        deadline = time.monotonic() + self.lock_seconds
        with self.reading() as connection, self._write_lock(deadline):
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def space(self) -> tuple[int, int]:
        """(bytes of the store's files, bytes that this user may still write on their file system)."""
        with _reached(self.path):
            sizes = [file.stat().st_size for file in self.path.parent.glob(f"{self.path.name}*")]
            system = os.statvfs(self.path.parent)
        return sum(sizes), system.f_bavail * system.f_frsize

    def require_owner(self) -> None:
        """StoreError in a child of the process that opened the store."""
        self._owner.require_this_process()

    def close(self) -> None:
        """Close idle connections now, and those in use when they are given back; in a forked child, do nothing."""
        if not self._owner.is_this_process:
            return
        self._closed = True
        self._close_idle()
        if self._threads_lock.acquire(timeout=self.lock_seconds):  # a thread that is writing needs the lock file
            self.close_lock_file()
            self._threads_lock.release()

    def close_lock_file(self) -> None:
        """Close the lock file, if it is open."""
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def borrow(self) -> SqliteConnection:
        """An idle connection, else a new one; to be given back."""
        self._require_usable()
        try:
            return self._idle.pop()
        except IndexError:
            connection = self._open()
        try:
            self._require_usable()  # the file may have been replaced before it was opened
        except BaseException:
            connection.close()
            raise
        return connection

    def give_back(self, connection: SqliteConnection) -> None:
        """Keep it for the next, or close it."""
        if not self._owner.is_this_process:
            return
        if connection.in_transaction or len(self._idle) >= IDLE_CONNECTIONS:
            connection.close()
            return
        self._idle.append(connection)
        if self._closed:
            self._close_idle()

    def _close_idle(self) -> None:
        while self._idle:
            try:
                self._idle.pop().close()
            except IndexError:
                return

    def _open(self, *, mode_from: Path | None = None) -> SqliteConnection:
        with _reached(self.path):
            connection = SqliteConnection(self.path, mode_from=mode_from)
        try:
            connection.set_busy_timeout(int(self.lock_seconds * 1000))
            for pragma in (
                "synchronous = FULL",  # law L3: a commit is on disk before it is acknowledged
                f"cache_size = -{CACHE_KIBIBYTES}",
                "mmap_size = 0",  # mapped pages would count as the worker's memory, and grow with the collection
                f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
                f"journal_size_limit = {JOURNAL_BYTES}",
                "secure_delete = ON",  # what was purged leaves no bytes behind; measured: costs writers nothing
                "temp_store = MEMORY",
            ):
                connection.execute(f"PRAGMA {pragma}").fetchall()
            if self._max_pages:
                connection.execute(f"PRAGMA max_page_count = {self._max_pages}").fetchall()
        except BaseException:
            connection.close()
            raise
        return connection

    def _read_identity(self) -> tuple[int, int] | None:
        try:  # at each visit, so by itself: `_reached` would take as long again
            return identity_of(self.path)
        except OSError as error:
            raise _unreachable(self.path, error) from None

    def _require_usable(self) -> None:
        self.require_owner()
        if self._closed:
            raise StoreUnavailableError("the store is closed")
        identity = self._read_identity()
        if identity is None:
            raise StoreUnavailableError(
                f"the store's file {self.path} was removed: stop the hub and put it back, or restore the last export"
            )
        if identity != self._identity:
            raise StoreUnavailableError(
                f"the store's file {self.path} was replaced while the hub ran: stop the hub, make sure that the right "
                "file is in place, and start it again"
            )

    # ----------------------------------------------------------------------------------------------- the write lock

    @contextmanager
    def _write_lock(self, deadline: float) -> Iterator[None]:
        # (1) the threads of this process queue at a lock that wakes them, (2) then one for each process at the file
        if not self._threads_lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise self._busy()
        try:
            with _reached(self.path):
                lock_file = self._open_lock_file()
            while not _try_lock(lock_file):
                if time.monotonic() >= deadline:
                    raise self._busy()
                time.sleep(LOCK_PAUSE * 2 * _random.random())
            try:
                yield
            finally:
                if self._owner.is_this_process:  # a child would release the lock of its parent
                    fcntl.flock(lock_file, fcntl.LOCK_UN)
        finally:
            self._threads_lock.release()

    def _open_lock_file(self) -> int:
        if self._lock_file is None:
            self._lock_file = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._lock_file

    def _busy(self) -> StoreUnavailableError:
        return StoreUnavailableError(
            f"other writers kept the store busy for {self.lock_seconds:g} seconds: send the same request again later"
        )


_files: Final[weakref.WeakSet[Files]] = weakref.WeakSet()


def _close_lock_files() -> None:
    """In a forked child: else the parent's lock would outlive a parent that is killed while it holds it."""
    for files in list(_files):
        files.close_lock_file()


os.register_at_fork(after_in_child=_close_lock_files)


def rows(connection: apsw.Connection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    result: list[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
    return result


def _try_lock(lock_file: int) -> bool:
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into the hub's errors, in words that say what to do."""
    try:
        yield
    except apsw.Error as error:
        raise in_words(path, error) from error


def in_words(path: Path, error: apsw.Error) -> StoreError:
    """What SQLite raised, as an error that says what to do."""
    match error:
        case apsw.FullError():
            return _full(path)
        case apsw.BusyError() | apsw.LockedError() | apsw.ProtocolError():
            return StoreUnavailableError(
                f"another program keeps the store {path} locked: send the same request again later"
            )
        case apsw.NotADBError():
            return StoreError(f"{path} is not a hub's store: name another path in HUB_STORE, or restore an export")
        case apsw.CorruptError():
            return StoreError(f"the store {path} is damaged: stop the hub, look at its disk, restore the last export")
        case apsw.CantOpenError() | apsw.ReadOnlyError() | apsw.PermissionsError() | apsw.IOError():
            if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:
                return _full(path)
            return StoreUnavailableError(
                f"the store {path} cannot be read or written ({error}): is its disk there, and may the hub's user write?"
            )
        case apsw.ConnectionClosedError():
            return StoreUnavailableError("the store is closed")
        case _:
            return StoreError(f"the store {path} failed: {error}")


class _Reading:
    """A connection that is lent for as long as the `with` lasts. A class, since a generator would cost each poll more."""

    __slots__ = ("_connection", "_files")

    def __init__(self, files: Files) -> None:
        self._files = files

    def __enter__(self) -> SqliteConnection:
        try:
            self._connection = self._files.borrow()
        except apsw.Error as error:
            raise in_words(self._files.path, error) from error
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.give_back(self._connection)
        if isinstance(error, apsw.Error):
            raise in_words(self._files.path, error) from error


@contextmanager
def _reached(path: Path) -> Iterator[None]:
    """The same for what the file system raises, around our own calls to it only."""
    try:
        yield
    except OSError as error:
        raise _unreachable(path, error) from None


def _unreachable(path: Path, error: OSError) -> StoreError:
    if error.errno in _FULL:
        return _full(path)
    return StoreUnavailableError(
        f"the store {path} cannot be reached ({error.strerror}): is its disk there, and may the hub's user write?"
    )


def _full(path: Path) -> StoreFullError:
    return StoreFullError(
        f"there is no room for more in the store {path}: nothing of this request was kept; make room on its disk"
    )
