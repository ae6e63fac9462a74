"""Views beside TAXII, for the national CERTs of the members: the board and the directory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import flask

from hub.community.community import Community
from hub.community.hub import Hub
from hub.errors import NotAcceptableError
from hub.server.responses import taxii_response
from hub.sharing.members import Account
from hub.taxii.negotiation import check_accept

PLAIN: Final = "application/json"


def board(root: str) -> flask.Response:
    """Each open incident: who has it, acknowledged, was asked, answered, is overdue; and how long members take."""
    return _answer(_community().board, root)


def contacts(root: str) -> flask.Response:
    """The single point of contact of each member."""
    return _answer(_community().contacts, root)


def confirm(root: str) -> flask.Response:
    """The member's own contact, confirmed now. The request has no body."""
    return _answer(_community().confirm, root)


def _answer(what: Callable[[Account | None, str], bytes], root: str) -> flask.Response:
    """In TAXII's media type, or as plain JSON for a client that asks for it, such as a dashboard."""
    plain = False
    try:
        check_accept(flask.request.headers.get("Accept"))
    except NotAcceptableError:
        plain = bool(flask.request.accept_mimetypes[PLAIN])
        if not plain:
            raise
    response = taxii_response(what(_account(), root))
    if plain:
        response.content_type = PLAIN
    return response


def _community() -> Community:
    hub: Hub = flask.current_app.extensions["hub"]
    return hub.community


def _account() -> Account | None:
    account: Account | None = flask.g.account
    return account
