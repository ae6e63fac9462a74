"""For load balancers and monitors: is the process alive, and can it serve?"""

from __future__ import annotations

from typing import Final

import flask

from hub.community.hub import Hub
from hub.errors import StoreError

_MEGABYTE: Final = 2**20


def healthz() -> flask.Response:
    """200 while the process responds."""
    return _plain("ok", 200)


def readyz() -> flask.Response:
    """200 while the store responds and its disk has room; else 503, so that a load balancer uses another process.

    Reads still work then, and writes do as long as there is any room.
    """
    hub: Hub = flask.current_app.extensions["hub"]
    try:
        hub.store.ping()
        _, free = hub.store.space()
    except StoreError:
        return _plain("store away", 503)
    if free is not None and free < hub.limits.free_megabytes * _MEGABYTE:
        return _plain("disk nearly full", 503)
    return _plain("ready", 200)


def _plain(text: str, status: int) -> flask.Response:
    response = flask.Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
