"""Whether anything was committed to the SQLite store: one number in memory that all its connections share."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from hub.store.sqlite.files import Files, translated

PAUSE_SECONDS: Final = 0.02  # a look costs some ten microseconds: SQLite compares a counter of the shared memory


class SqliteWatch:
    """See `Watch`."""

    pause_seconds = PAUSE_SECONDS
    later_looks = 0  # heads and records move in one transaction

    def __init__(self, files: Files) -> None:
        self._files = files
        self._borrowed = contextlib.ExitStack()
        # one and the same connection: the number says what others than this one committed
        self._connection = self._borrowed.enter_context(files.reading())
        self._version: Any = None

    def moved(self) -> bool:
        """See `Watch.moved`."""
        self._files.require_owner()
        with translated(self._files.path):
            version = self._connection.execute("PRAGMA data_version").get
        before, self._version = self._version, version
        return bool(version != before)

    def close(self) -> None:
        """See `Watch.close`."""
        self._borrowed.close()
