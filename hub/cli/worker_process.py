"""A worker of `hub serve`: `python -m hub.cli.worker_process DESCRIPTOR`, the listening socket that its parent opened."""

from __future__ import annotations

import logging
import os
import socket
import sys
from typing import Final

import flask

from hub.audit.trail import AuditTrail
from hub.cli.server_process import serve
from hub.errors import StoreError
from hub.server.front import Front
from hub.settings import load_settings
from hub.wiring import application, log_to

GRACE_SECONDS: Final = 20  # for requests under way after a stop was asked for


def main() -> None:
    """The process itself."""
    log_to(sys.stderr.fileno())
    settings = load_settings(os.environ)
    app = application(settings)
    front = Front(
        app.wsgi_app,
        settings.limits,
        threads=settings.threads,
        behind_proxy=settings.behind_proxy,
        accounts=settings.accounts,
    )
    listener = socket.socket(fileno=int(sys.argv[1]))
    serve(front, settings, settings.limits, listener, grace_seconds=GRACE_SECONDS, on_end=lambda: _flush(app))


def _flush(app: flask.Flask) -> None:
    """Write what the audit trail has in memory; a store that is away takes nothing, and the log has each request."""
    trail: AuditTrail = app.extensions["trail"]
    try:
        trail.recorder.flush()
    except StoreError as error:
        logging.getLogger("hub.audit").warning("not all is in the audit trail: %s", error)


if __name__ == "__main__":
    main()
