"""A page that shows the board, or what is counted from it: whole for who opens it, and what it replaces for who follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flask

from hub.community.board import OpenIncidents
from hub.pages.texts import chosen_language
from hub.server.console import pages
from hub.server.console.live import FRESH_MILLISECONDS, LIVE, SHOWN, LiveBoards, shown


def open_incidents(root: str) -> OpenIncidents:
    """What the reader's board shows; ForbiddenError as for the board."""
    within = FRESH_MILLISECONDS if LIVE in flask.request.headers else 0
    return pages.hub().community.open_incidents(pages.account(), root, max_age_milliseconds=within)


def page(
    template: str, root: str, incidents: OpenIncidents, about: Callable[[OpenIncidents], Mapping[str, Any]]
) -> flask.Response:
    """The page of these incidents; `about` makes the values for the template, which is either a page or a part of one."""
    if LIVE not in flask.request.headers:
        events = pages.events_address(root, board=True)
        return pages.render(template, live=False, events=events, **about(incidents))
    boards: LiveBoards = flask.current_app.extensions["live_boards"]
    reader, confirmed = incidents.head["member"], tuple(incidents.head["unconfirmed"])
    key = (template, root, reader, confirmed, chosen_language(), flask.request.query_string)
    response = boards.answer(
        key,
        incidents.entries,
        incidents.now,
        lambda: flask.render_template(
            template, live=True, events="", hub_title=pages.hub().catalogue.title, **about(incidents)
        ),
    )
    response.headers[SHOWN] = shown(incidents.newest_places, incidents.now)
    pages.secure(response)
    return response
