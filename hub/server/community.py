"""Views for the national CERTs of the members, besides TAXII: the board and the directory.

At the same address a browser gets a page (`server.console`), and a program gets JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

import flask

from hub.community.community import Community
from hub.community.hub import Hub
from hub.errors import MalformedError, NotAcceptableError
from hub.pages import layout
from hub.server.console import guard, pages
from hub.server.console.board_page import board_page
from hub.server.console.directory_page import directory
from hub.server.responses import taxii_response
from hub.sharing.members import Account
from hub.taxii.negotiation import check_accept

PLAIN: Final = "application/json"
_PAGE_NUMBER: Final = re.compile(r"[1-9]\d{0,5}", re.ASCII)


def board(root: str) -> flask.Response:
    """GET: the board."""
    if pages.wants_page(flask.request):
        return board_page(root)
    text = flask.request.args.get("page", "1")
    if _PAGE_NUMBER.fullmatch(text) is None:
        raise MalformedError("`page` must be the number of a page, from 1 on.")
    return _answer(partial(_community().board, page=int(text)), root)


def contacts(root: str) -> flask.Response:
    """GET: the single point of contact of each member."""
    if pages.wants_page(flask.request):
        return directory(root)
    return _answer(_community().contacts, root)


def confirm(root: str) -> flask.Response:
    """POST: confirm the member's own contact. A program sends no body, a page sends its form token."""
    guard.check_origin(flask.request, pages.public_url())
    if pages.session() is not None:
        guard.check_form(flask.request, pages.session(), pages.sessions())
    if pages.wants_page(flask.request):
        _community().confirm(_account(), root)
        return layout.see(f"/{root}/contacts/?confirmed=1")
    return _answer(_community().confirm, root)


def _answer(board_of: Callable[[Account | None, str], bytes], root: str) -> flask.Response:
    """The response in TAXII's media type, or as plain JSON for a client that requests it, such as a dashboard."""
    is_plain_json = False
    try:
        check_accept(flask.request.headers.get("Accept"))
    except NotAcceptableError:
        is_plain_json = bool(flask.request.accept_mimetypes[PLAIN])
        if not is_plain_json:
            raise
    response = taxii_response(board_of(_account(), root))
    if is_plain_json:
        response.content_type = PLAIN
    return response


def _community() -> Community:
    hub: Hub = flask.current_app.extensions["hub"]
    return hub.community


def _account() -> Account | None:
    account: Account | None = flask.g.account
    return account
