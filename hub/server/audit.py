"""`/<root>/checkpoint/`: the signed checkpoint of the audit trail, for all accounts that may know of the API root."""

from __future__ import annotations

from typing import Final

import flask
import orjson

from hub.audit.trail import AuditTrail
from hub.community.hub import Hub
from hub.errors import MalformedError, NotAcceptableError
from hub.server.responses import taxii_response
from hub.sharing import gate
from hub.taxii.negotiation import check_accept

_MAX_DIGITS: Final = 15
_JSON: Final = "application/json"
_TEXT: Final = "text/plain"


def checkpoint(root: str) -> flask.Response:
    """The checkpoint as JSON, with `?since=N` also the digests of entries after number N; or as text, only the signed note."""
    hub: Hub = flask.current_app.extensions["hub"]
    trail: AuditTrail = flask.current_app.extensions["trail"]
    gate.find_root(hub.catalogue, flask.g.account, root)
    media_type = _media_type()
    if media_type == _TEXT:
        response = taxii_response(trail.checkpoints.note().encode())
        response.content_type = f"{_TEXT}; charset=utf-8"
        return response
    response = taxii_response(orjson.dumps(trail.checkpoints.with_digests(_since())))
    if media_type:
        response.content_type = media_type
    return response


def _media_type() -> str:
    """The media type of the response; empty: TAXII's media type, as for the board and the contacts."""
    try:
        check_accept(flask.request.headers.get("Accept"))
    except NotAcceptableError:
        best_match = flask.request.accept_mimetypes.best_match((_JSON, _TEXT))
        if best_match is None:
            raise
        return best_match
    return ""


def _since() -> int | None:
    since = flask.request.args.get("since")
    if since is None:
        return None
    if not (since.isascii() and since.isdecimal() and len(since) <= _MAX_DIGITS):
        raise MalformedError("`since` must be the number of the last entry that you have: a whole number.")
    return int(since)
