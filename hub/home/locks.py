"""A lock between processes. It ends when the process that holds it ends, even after `kill -9`."""

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
def locked(path: Path, busy_message: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold a lock on the file `path` during the block. The file is created if it is missing, and never removed.

    BusyError with `busy_message` if another process still holds the lock after `wait_seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + wait_seconds
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise BusyError(busy_message)
            time.sleep(_LOOK_EVERY_SECONDS)
        yield
    finally:
        os.close(descriptor)  # releases the lock


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
