"""Ports on loopback for the servers that tests start."""

from __future__ import annotations

import fcntl
import os
import random
import socket
from pathlib import Path
from typing import Final

# Below those that systems give to outgoing connections: one of these could take a port between the look and the use.
_FIRST: Final = 20_000
_TEMPORARY: Final = Path("/tmp")  # of every run, whatever its TMPDIR: runs with different ones see each other's locks
_PAIRS: Final = 6_000
_ATTEMPTS: Final = 1_000
_random: Final = random.Random()  # the module's own state is left alone
_reserved: Final[list[int]] = []  # descriptors of lock files: the system unlocks them when this process ends


def free_port() -> int:
    """A port that no program has, and the next one with it, where a hub serves its events.

    It is this process's until it ends: a lock says so to test runs beside it.
    """
    locks = folder()
    for _ in range(_ATTEMPTS):
        port = _FIRST + 2 * _random.randrange(_PAIRS)
        if reserve(locks / str(port)) and _is_free(port) and _is_free(port + 1):
            return port
    raise OSError(f"no two free ports between {_FIRST} and {_FIRST + 2 * _PAIRS}")


def folder() -> Path:
    """Where the locks are, one file a port."""
    path = _TEMPORARY / f"hub-test-ports-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def reserve(file: Path) -> bool:
    """Lock the file of a port; False where a process has it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _reserved.append(descriptor)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
