"""A worker of `hub serve`: `python -m hub.cli.worker_process DESCRIPTOR`, the listening socket that its parent opened."""

from __future__ import annotations

import gc
import logging
import os
import socket
import sys
from pathlib import Path
from typing import Final

import flask

from hub.audit.trail import AuditTrail
from hub.cli.server_process import serve
from hub.errors import StoreError
from hub.server.front import Front
from hub.server.metrics import forget_dead_workers
from hub.settings import load_settings
from hub.sharing.volumes import Volumes
from hub.wiring import METRICS_FOLDER, application, log_to

COLLECTION_THRESHOLDS: Final = (
    10_000,
    10,
    10,
)  # of Python's garbage collector: new container objects before it looks at the youngest generation, and so on
GRACE_SECONDS: Final = 20  # for requests under way when the process is asked to stop


def main() -> None:
    """Serve the hub until the parent stops this process."""
    log_to(sys.stderr.fileno())
    settings = load_settings(os.environ)
    if METRICS_FOLDER in os.environ:
        forget_dead_workers(Path(os.environ[METRICS_FOLDER]))
    app = application(settings)
    front = Front(
        app.wsgi_app,
        settings.limits,
        threads=settings.threads,
        behind_proxy=settings.behind_proxy,
        accounts=settings.accounts,
    )
    collect_garbage_seldom()
    listener = socket.socket(fileno=int(sys.argv[1]))
    serve(front, settings, settings.limits, listener, grace_seconds=GRACE_SECONDS, on_end=lambda: _flush(app))


def collect_garbage_seldom() -> None:
    """Make the garbage collector skip everything loaded so far, and run after ten thousand new objects instead of 700.

    Loaded modules live as long as the process. An envelope of 100 objects creates some thousand values, which reference
    counts free: the collector would walk them for nothing, and publishing would take a tenth longer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTION_THRESHOLDS)


def _flush(app: flask.Flask) -> None:
    """Write the volumes and audit entries that are still in memory. If the store cannot be reached, the log has the requests."""
    volumes: Volumes = app.extensions["volumes"]
    volumes.write()
    trail: AuditTrail = app.extensions["trail"]
    try:
        trail.recorder.flush()
    except StoreError as error:
        logging.getLogger("hub.audit").warning("not all is in the audit trail: %s", error)


if __name__ == "__main__":
    main()
