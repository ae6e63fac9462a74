"""The collections of which the account may know, with their addresses and what to paste into which client."""

from __future__ import annotations

import flask

from hub.errors import UnauthenticatedError
from hub.server.console import pages
from hub.server.requests import base_url
from hub.stix.timestamps import format_place


def console() -> flask.Response:
    """GET /: what the account may read and write, and how much there is."""
    hub = pages.hub()
    own_url = base_url(flask.request, pages.public_url())
    account = pages.account()
    try:
        discovery = hub.discovery(account, own_url)
    except UnauthenticatedError:
        if pages.wants_page(flask.request):
            return pages.to_sign_in()
        raise
    shelves = hub.overview(account, own_url)
    readable = [(shelf, row) for shelf in shelves for row in shelf.rows if row.resource.can_read]
    busiest = max(readable, key=lambda pair: pair[1].count, default=None)
    return pages.render(
        "collections.html",
        discovery=discovery,
        discovery_url=f"{own_url}taxii2/" if own_url.endswith("/") else f"{own_url}/taxii2/",
        shelves=shelves,
        example=f"{busiest[0].url}collections/{busiest[1].resource.id}/" if busiest is not None else "",
        date=format_place,
    )
