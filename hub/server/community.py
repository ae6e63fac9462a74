"""Views beside TAXII, for the national CERTs of the members: the board and the directory."""

from __future__ import annotations

import flask

from hub.server.responses import taxii_response
from hub.sharing.community import Community
from hub.sharing.hub import Hub
from hub.sharing.members import Account


def board(root: str) -> flask.Response:
    """Each open incident: who has it, acknowledged, was asked, answered, is overdue; and how long members take."""
    return taxii_response(_community().board(_account(), root))


def contacts(root: str) -> flask.Response:
    """The single point of contact of each member."""
    return taxii_response(_community().contacts(_account(), root))


def confirm(root: str) -> flask.Response:
    """The member's own contact, confirmed now. The request has no body."""
    return taxii_response(_community().confirm(_account(), root))


def _community() -> Community:
    hub: Hub = flask.current_app.extensions["hub"]
    return hub.community


def _account() -> Account | None:
    account: Account | None = flask.g.account
    return account
