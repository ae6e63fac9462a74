"""A lock between processes, which ends with the process that holds it, even after `kill -9`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hub.errors import BusyError

_LOOK_EVERY_SECONDS: Final = 0.05


@contextmanager
def locked(path: Path, busy: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock file `path` (made if need be, and left where it is) for the length of the block.

    BusyError, with the words `busy`, where another process still holds it after `wait_seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + wait_seconds
        while not _take(descriptor):
            if time.monotonic() >= until:
                raise BusyError(busy)
            time.sleep(_LOOK_EVERY_SECONDS)
        yield
    finally:
        os.close(descriptor)  # gives the lock back


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
