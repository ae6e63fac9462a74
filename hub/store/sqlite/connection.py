"""Connections to the SQLite file, and the list of those that are open in this process.

SQLite's locks are POSIX locks, which have two traps (https://sqlite.org/howtocorrupt.html, section 2):

1. They belong to a process, and a forked child has none of them. But the memory of SQLite, which the child inherits, says
   that they are held: a new connection of the child to the same file would not lock anything, and the last process that
   closes the file would delete the write-ahead log that the child writes to.
2. They are all gone once the process closes *any* descriptor of the file. So nothing here opens the file but SQLite.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import apsw

from hub.errors import StoreError
from hub.store.owner import Owner
from hub.store.sqlite.values import holds_mark

CACHED_VALUES: Final = 1000  # accounts and heads that one connection keeps between two commits
# Prepared statements that one connection keeps. Each row of an `executemany` takes the next place: an envelope of 100 objects
# went twice around the 100 places that apsw has by itself, and each statement was parsed again for the next envelope.
CACHED_STATEMENTS: Final = 500

_open: Final[set[SqliteConnection]] = set()
_inherited: Final[set[SqliteConnection]] = set()  # open in the parent when this process was forked

_T = TypeVar("_T")


class SqliteConnection(apsw.Connection):
    """A connection that belongs to the process that opened it, with a cache that lasts until the next commit.

    A poll with nothing new asks for the same account and the same head as the one before it. SQLite's data_version says,
    without reading the file, whether *other* connections committed since; `clear_cache` is for this one's own commits.
    """

    def __init__(self, file: Path, *, mode_from: Path | None = None) -> None:
        """StoreError where the parent had the file open when it forked this process.

        `mode_from`: make the file if it is missing, with the permissions of that other file.
        """
        _refuse_inherited(file)
        self.owner = Owner(str(file))
        self.real_path = os.path.realpath(file)
        self.identity: tuple[int, int] | None = None
        self._version: object = None
        self._cache: dict[Hashable, Any] = {}
        _open.add(self)  # before it is open: another thread may fork meanwhile
        try:
            if mode_from is None:
                super().__init__(str(file), flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=CACHED_STATEMENTS)
            else:
                uri = f"{file.absolute().as_uri()}?modeof={quote(os.fsencode(mode_from.absolute()))}"
                flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
                super().__init__(uri, flags=flags, statementcachesize=CACHED_STATEMENTS)
        except BaseException:
            _open.discard(self)
            raise
        self.identity = identity_of(file)
        self.create_scalar_function("holds_mark", holds_mark, 2, deterministic=True)  # type: ignore[arg-type] # given two values

    def close(self, force: bool = False) -> None:
        """Close it; in a child of the process that opened it, do nothing."""
        if self.owner.is_this_process:
            super().close(force)
            _open.discard(self)

    def cached(self, key: Hashable, read: Callable[[], _T]) -> _T:
        """The value that `read` returned for this key since the last commit, else the one that it returns now."""
        # asked before reading: what is committed in between is read, and dropped from the cache the next time
        version = self.execute("PRAGMA data_version").get
        if version != self._version or len(self._cache) >= CACHED_VALUES:
            self._cache.clear()
            self._version = version
        try:
            value: _T = self._cache[key]
        except KeyError:
            value = self._cache[key] = read()
        return value

    def clear_cache(self) -> None:
        """After a commit of its own."""
        self._cache.clear()


def identity_of(file: Path) -> tuple[int, int] | None:
    """Device and inode number; None where there is no such file."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _refuse_inherited(file: Path) -> None:
    if not _inherited:
        return
    real_path, identity = os.path.realpath(file), identity_of(file)
    for connection in _inherited:
        if connection.real_path == real_path or (identity is not None and connection.identity == identity):
            raise StoreError(
                f"the store {file} was open in process {connection.owner.process_id} when it forked this one, and SQLite's "
                "locks do not survive a fork: close the store before the fork, or start this process as a new program"
            )


def _leave_connections_to_parent() -> None:
    """In the child: neither use nor close what the parent has open.

    To destroy a connection is to close it, and SQLite might delete the write-ahead log then. One reference too many
    keeps the interpreter from destroying it, also when the child ends.
    """
    for connection in _open:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
    _inherited.update(_open)
    _open.clear()


os.register_at_fork(after_in_child=_leave_connections_to_parent)
