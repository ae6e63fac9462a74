"""Whether anything was committed to the SQLite store: SQLite keeps a counter in memory that all connections share."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from hub.store.sqlite.files import Files, translated

PAUSE_SECONDS: Final = 0.02  # one check costs some ten microseconds: SQLite compares a counter in shared memory


class SqliteWatch:
    """See `Watch`."""

    pause_seconds = PAUSE_SECONDS
    extra_looks = 0  # heads and records move in one transaction

    def __init__(self, files: Files) -> None:
        self._files = files
        self._borrowed = contextlib.ExitStack()
        # always the same connection: the number tells what *other* connections committed
        self._connection = self._borrowed.enter_context(files.reading())
        self._version: Any = None

    def has_moved(self) -> bool:
        """See `Watch.has_moved`."""
        self._files.require_owner()
        with translated(self._files.path):
            version = self._connection.execute("PRAGMA data_version").get
        old_version, self._version = self._version, version
        return bool(version != old_version)

    def close(self) -> None:
        """See `Watch.close`."""
        self._borrowed.close()
