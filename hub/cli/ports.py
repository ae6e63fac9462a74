"""Ports to listen on: whether one can be had, asked before anything is started that would fail less plainly."""

from __future__ import annotations

import socket
from typing import Final

from hub.errors import ConfigurationError

LAST_PORT: Final = 65535


def must_be_free(host: str, port: int, advice: str) -> None:
    """Return if this address can be listened on now; ConfigurationError, which ends in the advice, if it cannot."""
    if port > LAST_PORT:
        raise ConfigurationError(f"There is no port {port}; the last one is {LAST_PORT}. {advice}")
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as error:
        why = (error.strerror or str(error)).partition(" (")[0]
        raise ConfigurationError(f"Port {port} on {host} cannot be had: {why}. {advice}") from None
