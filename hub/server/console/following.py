"""Pages that show the board, or figures from it: the whole page for a browser, or only the live parts for its script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flask

from hub.community.board import OpenIncidents
from hub.pages.texts import chosen_language
from hub.server.console import pages
from hub.server.console.live import FRESH_MILLISECONDS, LIVE, SHOWN, LiveBoards, shown_header


def open_incidents(root: str) -> OpenIncidents:
    """The open incidents of the reader's board; ForbiddenError as for the board."""
    max_age = FRESH_MILLISECONDS if LIVE in flask.request.headers else 0
    return pages.hub().community.open_incidents(pages.account(), root, max_age_milliseconds=max_age)


def page(
    template: str, root: str, incidents: OpenIncidents, make_values: Callable[[OpenIncidents], Mapping[str, Any]]
) -> flask.Response:
    """The page of these incidents. `make_values` returns the values for the template."""
    if LIVE not in flask.request.headers:
        events = pages.events_address(root, board=True)
        return pages.render(template, live=False, events=events, **make_values(incidents))
    boards: LiveBoards = flask.current_app.extensions["live_boards"]
    reader, unconfirmed = incidents.head["member"], tuple(incidents.head["unconfirmed"])
    key = (template, root, reader, unconfirmed, chosen_language(), flask.request.query_string)
    response = boards.page(
        key,
        incidents.entries,
        incidents.now,
        lambda: flask.render_template(
            template, live=True, events="", hub_title=pages.hub().catalogue.title, **make_values(incidents)
        ),
    )
    response.headers[SHOWN] = shown_header(incidents.newest_places, incidents.now)
    pages.secure(response)
    return response
