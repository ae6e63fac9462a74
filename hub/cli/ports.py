"""Open the ports to listen on, before any process starts, so that a port in use is reported clearly."""

from __future__ import annotations

import socket
from typing import Final

from hub.errors import ConfigurationError

LAST_PORT: Final = 65535
BACKLOG: Final = 4096  # connections that the kernel keeps until a worker accepts them


def listen(host: str, port: int, advice: str) -> socket.socket:
    """A socket that listens on this address. If that fails, ConfigurationError, which ends with `advice`."""
    if port > LAST_PORT:
        raise ConfigurationError(f"There is no port {port}; the last one is {LAST_PORT}. {advice}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]
        raise ConfigurationError(f"Port {port} on {host} cannot be had: {reason}. {advice}") from None
