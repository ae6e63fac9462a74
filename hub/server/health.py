"""For load balancers and monitors: is the process alive, and can it serve?"""

from __future__ import annotations

import flask

from hub.community.hub import Hub
from hub.errors import StoreError


def healthz() -> flask.Response:
    """200 while the process answers at all."""
    return _plain("ok", 200)


def readyz() -> flask.Response:
    """200 while the store answers, too; 503 where it does not, so that a load balancer asks another process."""
    hub: Hub = flask.current_app.extensions["hub"]
    try:
        hub.store.ping()
    except StoreError:
        return _plain("store away", 503)
    return _plain("ready", 200)


def _plain(text: str, status: int) -> flask.Response:
    response = flask.Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
