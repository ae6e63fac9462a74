"""Ports on loopback for the servers that tests start."""

from __future__ import annotations

import itertools
import os
import socket
from typing import Final

# Below those that systems give to outgoing connections: one of these could take a port between the look and the use.
_FIRST: Final = 20_000
_PAIRS: Final = 6_000
_tries: Final = itertools.count(os.getpid() * 40)  # other test runs on this machine look elsewhere first


def free_port() -> int:
    """A port that nobody has, and the next one with it, where a hub serves its events; the same is given out once."""
    for number in itertools.islice(_tries, _PAIRS):
        port = _FIRST + 2 * (number % _PAIRS)
        if _is_free(port) and _is_free(port + 1):
            return port
    raise OSError(f"no two free ports between {_FIRST} and {_FIRST + 2 * _PAIRS}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
