"""The SQLite store's files: connections to them, the write lock, and messages for their failures.

Connections come from a small pool, so that a thread that ends leaves none open. Writers of all processes first queue at a
lock file: with SQLite's own waiting (sleep, try again, no order) a single writer starved for seconds beside four others.
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
CACHE_KIBIBYTES: Final = 8192  # per connection: enough for one page of scattered records; the system caches the rest
CHECKPOINT_PAGES: Final = (
    10_000  # of write-ahead log: with SQLite's default of 1,000, writers reach half as many objects/s
)
JOURNAL_BYTES: Final = 64 * 1024 * 1024  # the size to which SQLite cuts the write-ahead log after a burst
IDLE_CONNECTIONS: Final = 16  # kept open per process; beyond that, one is opened and closed for the call
LOCK_PAUSE: Final = 0.002  # seconds, on average, between two attempts at the write lock

_random: Final = random.Random()  # noqa: S311 - only spreads the attempts; does not change the state of `random` itself
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Files:
    """The store's file, its lock file beside it, and the connections of this process.

    It belongs to the process that made it: in a forked child every call raises StoreError, except `close`, which does
    nothing.
    """

    def __init__(self, path: Path, *, lock_seconds: float, max_pages: int, create: bool, now: int) -> None:
        """Open the store; `create` makes a missing store and applies missing migrations.

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
            raise StoreUnavailableError(f"there is no store at {path}: run `hub init`, or correct HUB_STORE")
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
        with _file_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # it contains marked content and hashes: only the hub's own user may read it; SQLite's side files get the same mode
            os.fchmod(self._open_lock_file(), 0o600)
        return self._open(mode_from=self._lock_path)

    def _prepare(self, connection: SqliteConnection, *, create: bool, now: int) -> None:
        missing_steps = migrations.missing(connection)
        if missing_steps and not create:
            if not migrations.applied(connection):
                raise StoreUnavailableError(f"the store at {self.path} was never set up: run `hub init`")
            raise StoreUnavailableError(
                f"the store at {self.path} lacks the step {missing_steps[0].__name__!r}: run `hub init`, which upgrades it"
            )
        # a copy made with VACUUM INTO has everything except the journal mode
        if missing_steps or connection.execute("PRAGMA journal_mode").get != "wal":
            with self._write_lock(time.monotonic() + self.lock_seconds):
                connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
                connection.execute("PRAGMA journal_mode = WAL")
                migrations.migrate(connection, now)

    # ------------------------------------------------------------------------------------------------ connections

    def reading(self) -> _Reading:
        """A connection for reading, as a context manager that turns SQLite's errors into StoreError."""
        return _Reading(self)

    @contextmanager
    def snapshot(self) -> Iterator[SqliteConnection]:
        """As `reading`, for several statements that must see the same state."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if self._owner.is_this_process and connection.in_transaction:
                    connection.execute("COMMIT")

    @contextmanager
    def writing(self, *, synced: bool = True, patience_seconds: float | None = None) -> Iterator[SqliteConnection]:
        """The write lock and one transaction: synced to disk at the end of the block, or rolled back if it fails.

        Without `synced` it survives the death of every process, and reaches the disk with the next synced transaction.
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
        """Copy the whole write-ahead log into the file, and truncate the log to zero bytes.

        StoreUnavailableError if readers prevent it for `lock_seconds`.
        """
        deadline = time.monotonic() + self.lock_seconds
        with self.reading() as connection, self._write_lock(deadline):
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def space(self) -> tuple[int, int]:
        """(bytes of the store's files, free bytes for this user on their file system)."""
        with _file_errors(self.path):
            sizes = [file.stat().st_size for file in self.path.parent.glob(f"{self.path.name}*")]
            system = os.statvfs(self.path.parent)
        return sum(sizes), system.f_bavail * system.f_frsize

    def require_owner(self) -> None:
        """Raise StoreError in a child of the process that opened the store."""
        self._owner.require_this_process()

    def close(self) -> None:
        """Close idle connections now, and connections in use when they are given back; in a forked child, do nothing."""
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
        """An idle connection, or a new one; the caller passes it to `give_back`."""
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
        """Keep the connection for the next call, or close it."""
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
        with _file_errors(self.path):
            connection = SqliteConnection(self.path, mode_from=mode_from)
        try:
            connection.set_busy_timeout(int(self.lock_seconds * 1000))
            for pragma in (
                "synchronous = FULL",  # law L3: a commit is on disk before it is acknowledged
                f"cache_size = -{CACHE_KIBIBYTES}",
                "mmap_size = 0",  # mapped pages would count as memory of the worker, and grow with the collection
                f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
                f"journal_size_limit = {JOURNAL_BYTES}",
                "secure_delete = ON",  # a purged object leaves no bytes behind; it costs writers nothing measurable
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
        try:  # `_file_errors` would double the time of this call, which every request makes
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
        # (1) the threads of this process queue at a lock that wakes them, (2) then one thread of each process at the file
        if not self._threads_lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise self._busy()
        try:
            with _file_errors(self.path):
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
    """In a forked child: otherwise the lock would stay when the parent is killed while it has the lock."""
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
    """Turn SQLite's errors into the hub's errors, with messages that say what to do."""
    try:
        yield
    except apsw.Error as error:
        raise translate(path, error) from error


def translate(path: Path, error: apsw.Error) -> StoreError:
    """SQLite's error as one of the hub's, with a message that says what to do."""
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
    """A connection borrowed for the length of a `with`. A class, since a generator would cost each poll more time."""

    __slots__ = ("_connection", "_files")

    def __init__(self, files: Files) -> None:
        self._files = files

    def __enter__(self) -> SqliteConnection:
        try:
            self._connection = self._files.borrow()
        except apsw.Error as error:
            raise translate(self._files.path, error) from error
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.give_back(self._connection)
        if isinstance(error, apsw.Error):
            raise translate(self._files.path, error) from error


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    """As `translated`, for errors of our own calls to the file system."""
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
