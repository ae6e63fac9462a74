"""A worker of `hub serve`: `python -m hub.cli.worker_process DESCRIPTOR`, the listening socket that its parent opened."""

from __future__ import annotations

import os
import socket
import sys
from typing import Final

from hub.cli.server_process import serve
from hub.server.front import Front
from hub.settings import load_settings
from hub.wiring import application, log_to

GRACE_SECONDS: Final = 20  # for requests under way after a stop was asked for


def main() -> None:
    """The process itself."""
    log_to(sys.stderr.fileno())
    settings = load_settings(os.environ)
    front = Front(
        application(settings).wsgi_app,
        settings.limits,
        threads=settings.threads,
        behind_proxy=settings.behind_proxy,
        accounts=settings.accounts,
    )
    listener = socket.socket(fileno=int(sys.argv[1]))
    serve(front, settings, settings.limits, listener, grace_seconds=GRACE_SECONDS)


if __name__ == "__main__":
    main()
