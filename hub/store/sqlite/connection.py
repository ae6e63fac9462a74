"""Connections to the SQLite file, and the list of open ones in this process.

SQLite's locks are POSIX locks, which have two traps (https://sqlite.org/howtocorrupt.html, section 2):

1. They belong to a process, and a forked child has none of them. But the child inherits SQLite's memory, which says that
   the process has them: a new connection of the child to the same file would lock nothing, and the last process that
   closes the file would delete the write-ahead log that the child writes to.
2. The process loses all of them when it closes *any* descriptor of the file. So only SQLite opens the file here.
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

CACHED_VALUES: Final = 1000  # accounts and heads that one connection caches between two commits
# Prepared statements that one connection caches. Each row of an `executemany` takes a place in the cache: with apsw's default
# of 100 places, an envelope of 100 objects replaced all of them, and SQLite parsed every statement again for the next one.
CACHED_STATEMENTS: Final = 500

_open: Final[set[SqliteConnection]] = set()
_inherited: Final[set[SqliteConnection]] = set()  # open in the parent when this process was forked

_T = TypeVar("_T")


class SqliteConnection(apsw.Connection):
    """A connection that belongs to the process that opened it, with a cache that lasts until the next commit.

    A poll without news asks for the same account and head as the poll before it. SQLite's data_version tells, without
    reading the file, whether *other* connections committed since then; `clear_cache` is for commits of this connection.
    """

    def __init__(self, file: Path, *, mode_from: Path | None = None) -> None:
        """StoreError if the parent process had the file open when it forked this process.

        `mode_from`: create a missing file with the permissions of that other file.
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
        """The cached value of this key, or the value that `read` returns now if there was a commit since it was cached."""
        # the version is read first: a commit after it may be in the value, and clears the cache at the next call
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
        """Forget all cached values; call it after a commit of this connection."""
        self._cache.clear()


def identity_of(file: Path) -> tuple[int, int] | None:
    """Device and inode number; None if there is no such file."""
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
    """In the child: neither use nor close the parent's connections.

    Destroying a connection closes it, and SQLite might then delete the write-ahead log. An extra reference keeps the
    interpreter from destroying it, even when the child ends.
    """
    for connection in _open:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
    _inherited.update(_open)
    _open.clear()


os.register_at_fork(after_in_child=_leave_connections_to_parent)
