"""The SQLite store's files: connections to them, the writers' turn, and what it means in words when they fail.

Connections are lent from a small pool that belongs to one process: a forked child never touches its parent's, and a
thread that ends leaves nothing behind. Writers of all processes queue at a lock file first: SQLite's own waiting
(sleep, try again, no order) let single writers starve for seconds under four writing processes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from hub.errors import StoreError, StoreFullError, StoreUnavailableError
from hub.store.sqlite import migrations

PAGE_BYTES: Final = 4096
CACHE_KIBIBYTES: Final = (
    8192  # per connection: holds what one page of scattered records touches; the system caches the rest
)
CHECKPOINT_PAGES: Final = 10_000  # of write-ahead log: at SQLite's own 1,000, writers reach half as many objects/s
JOURNAL_BYTES: Final = 64 * 1024 * 1024  # the write-ahead log is cut back to this after a burst
IDLE_CONNECTIONS: Final = 16  # kept open per process; beyond that, one is opened and closed for the call
REMEMBERED: Final = 1000  # accounts and heads that one connection remembers between two commits
LOCK_PAUSE: Final = 0.002  # seconds, on average, between two tries at the writers' lock

_lots: Final = random.Random()  # noqa: S311 - spreads the tries, protects nothing; the module's own state is left alone
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


_T = TypeVar("_T")


class Connection(apsw.Connection):
    """A connection that remembers what it read for as long as nobody committed anything.

    A poll with nothing new asks for the same account and the same head as the one before it. SQLite's data_version tells,
    without a look into the file, whether *others* committed since; after its own writing it forgets all by itself.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, flags=apsw.SQLITE_OPEN_READWRITE)
        self._version: object = None
        self._remembered: dict[Hashable, Any] = {}

    def remembered(self, what: Hashable, read: Callable[[], _T]) -> _T:
        """What `read` gave since the last commit, or gives now; `what` names it."""
        # asked before the reading: what is committed in between is read, and forgotten the next time
        version = self.execute("PRAGMA data_version").get
        if version != self._version or len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
            self._version = version
        try:
            found: _T = self._remembered[what]
        except KeyError:
            found = self._remembered[what] = read()
        return found

    def forget(self) -> None:
        """Remember nothing of before."""
        self._remembered.clear()


class _Process:
    """What must not be shared across a fork."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.idle: deque[Connection] = deque()
        self.turn = threading.Lock()
        self.lock_file: int | None = None


class Files:
    """The store's file, its lock file beside it, and the connections of this process."""

    def __init__(self, path: Path, *, lock_seconds: float, max_pages: int, create: bool, now: int) -> None:
        """Open the store; `create` makes it where it is missing and applies what migrations it lacks.

        `max_pages` bounds its size in pages of 4,096 bytes, 0: as large as the disk allows.
        """
        self.path = path
        self.lock_seconds = lock_seconds
        self._max_pages = max_pages
        self._closed = False
        self._process = _Process()
        self._abandoned: list[_Process] = []
        if create:
            with _reached(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                # marked content and hashes are inside: for the hub's own user only, as SQLite's side files will be
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._identity = self._look()
        with translated(path):
            if self._identity is None:
                raise StoreUnavailableError(f"there is no store at {path}: run `hub init`, or mend HUB_STORE")
            connection = self._open()
            try:
                self._prepare(connection, create=create, now=now)
            except BaseException:
                connection.close()
                raise
            self._process.idle.append(connection)

    def _prepare(self, connection: Connection, *, create: bool, now: int) -> None:
        lacking = migrations.missing(connection)
        if lacking and not create:
            if not migrations.applied(connection):
                raise StoreUnavailableError(f"the store at {self.path} was never set up: run `hub init`")
            raise StoreUnavailableError(
                f"the store at {self.path} lacks the step {lacking[0].__name__!r}: run `hub init`, which upgrades it"
            )
        # a copy that was made with VACUUM INTO has everything but the journal mode
        if lacking or connection.execute("PRAGMA journal_mode").get != "wal":
            with self._turn(time.monotonic() + self.lock_seconds):
                connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
                connection.execute("PRAGMA journal_mode = WAL")
                migrations.migrate(connection, now)

    # ------------------------------------------------------------------------------------------------ connections

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with. What SQLite raises inside comes out as StoreError, in words."""
        with translated(self.path):
            process = self._here()
            connection = self._borrow(process)
            try:
                yield connection
            finally:
                self._give_back(process, connection)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As `reading`, for several statements that have to see the same state."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")

    @contextmanager
    def writing(self, *, synced: bool = True, patience_seconds: float | None = None) -> Iterator[Connection]:
        """The writers' turn and one transaction: synced to disk at the end of the block, or undone if it fails.

        Not `synced`, it outlives the death of every process, and reaches the disk with the next one that is.
        """
        deadline = time.monotonic() + (self.lock_seconds if patience_seconds is None else patience_seconds)
        self._usable()
        with translated(self.path), self._turn(deadline):
            process = self._here()
            connection = self._borrow(process)
            try:
                connection.set_busy_timeout(max(1, int((deadline - time.monotonic()) * 1000)))
                if not synced:
                    connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            finally:
                if not synced:
                    connection.execute("PRAGMA synchronous = FULL")
                connection.set_busy_timeout(int(self.lock_seconds * 1000))
                connection.forget()
                self._give_back(process, connection)

    def forget_the_log(self) -> None:
        """Bring all that the write-ahead log holds into the file, and cut the log to nothing.

        StoreUnavailableError where readers stood in the way for `lock_seconds`.
        """
        deadline = time.monotonic() + self.lock_seconds
        with self.reading() as connection, self._turn(deadline):
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def close(self) -> None:
        """Close what is idle now and, when it comes back, what is lent out."""
        self._closed = True
        process = self._here()
        self._drain(process)
        if process.turn.acquire(timeout=self.lock_seconds):  # whoever writes just now needs the lock file
            if process.lock_file is not None:
                os.close(process.lock_file)
                process.lock_file = None
            process.turn.release()

    def _here(self) -> _Process:
        process = self._process
        if process.pid != os.getpid():
            # Forked: the parent's connections are neither used nor closed here (SQLite's locks do not outlive a fork,
            # and a connection that closes believes that it has them). The lock file is let go of, or the parent's
            # turn would outlive a parent that is killed in it.
            self._abandoned.append(process)
            if process.lock_file is not None:
                os.close(process.lock_file)
            process = self._process = _Process()
        return process

    def _borrow(self, process: _Process) -> Connection:
        self._usable()
        try:
            return process.idle.pop()
        except IndexError:
            connection = self._open()
        try:
            self._usable()  # what was opened just now is what was there before
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_back(self, process: _Process, connection: Connection) -> None:
        if process.pid != os.getpid():
            process.idle.append(connection)  # forked while it was lent out: kept unused, as its siblings are
            return
        if connection.in_transaction or len(process.idle) >= IDLE_CONNECTIONS:
            connection.close()
            return
        process.idle.append(connection)
        if self._closed:
            self._drain(process)

    def _drain(self, process: _Process) -> None:
        while process.idle:
            try:
                process.idle.pop().close()
            except IndexError:
                return

    def _open(self) -> Connection:
        connection = Connection(str(self.path))
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

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError:
            with _reached(self.path):
                raise
        return found.st_dev, found.st_ino

    def _usable(self) -> None:
        if self._closed:
            raise StoreUnavailableError("the store is closed")
        identity = self._look()
        if identity is None:
            raise StoreUnavailableError(
                f"the store's file {self.path} was removed: stop the hub and put it back, or restore the last export"
            )
        if identity != self._identity:
            raise StoreUnavailableError(
                f"the store's file {self.path} was replaced while the hub ran: stop the hub, make sure that the right "
                "file is in place, and start it again"
            )

    # ------------------------------------------------------------------------------------------- the writers' turn

    @contextmanager
    def _turn(self, deadline: float) -> Iterator[None]:
        # (1) the threads of this process queue at a lock that wakes them, (2) then one for each process at the file
        process = self._here()
        if not process.turn.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise self._busy()
        try:
            lock_file = process.lock_file
            if lock_file is None:
                with _reached(self.path):
                    lock_path = f"{self.path}.lock"
                    lock_file = process.lock_file = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            while not _locked(lock_file):
                if time.monotonic() >= deadline:
                    raise self._busy()
                time.sleep(LOCK_PAUSE * 2 * _lots.random())
            try:
                yield
            finally:
                fcntl.flock(lock_file, fcntl.LOCK_UN)
        finally:
            process.turn.release()

    def _busy(self) -> StoreUnavailableError:
        return StoreUnavailableError(
            f"other writers kept the store busy for {self.lock_seconds:g} seconds: send the same request again later"
        )


def rows(connection: apsw.Connection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    found: list[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
    return found


def _locked(lock_file: int) -> bool:
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
    except apsw.FullError:
        raise _full(path) from None
    except (apsw.BusyError, apsw.LockedError, apsw.ProtocolError):
        raise StoreUnavailableError(
            f"another program keeps the store {path} locked: send the same request again later"
        ) from None
    except apsw.NotADBError:
        raise StoreError(f"{path} is not a hub's store: name another path in HUB_STORE, or restore an export") from None
    except apsw.CorruptError:
        raise StoreError(
            f"the store {path} is damaged: stop the hub, look at its disk, restore the last export"
        ) from None
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, apsw.IOError) as error:
        if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:
            raise _full(path) from None
        raise StoreUnavailableError(
            f"the store {path} cannot be read or written ({error}): is its disk there, and may the hub's user write?"
        ) from None
    except apsw.ConnectionClosedError:
        raise StoreUnavailableError("the store is closed") from None
    except apsw.Error as error:
        raise StoreError(f"the store {path} failed: {error}") from error


@contextmanager
def _reached(path: Path) -> Iterator[None]:
    """The same for what the file system raises, around our own calls to it only."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise _full(path) from None
        raise StoreUnavailableError(
            f"the store {path} cannot be reached ({error.strerror}): is its disk there, and may the hub's user write?"
        ) from None


def _full(path: Path) -> StoreFullError:
    return StoreFullError(
        f"there is no room for more in the store {path}: nothing of this request was kept; make room on its disk"
    )
