"""The collections that the account may know of, with their addresses and the text to paste into each client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import flask

from hub.errors import UnauthenticatedError
from hub.server.console import pages
from hub.server.requests import base_url
from hub.sharing.hub import CollectionRow, RootOverview
from hub.stix.timestamps import format_place
from hub.taxii.recipes import CLIENTS, PolledCollection, recipe_for

_INDICATORS: Final = "indicators"  # profile of a collection that has only indicators, which SOCs block


def console() -> flask.Response:
    """GET /: the collections that the account may read and write, how many objects they have, and the text for a client."""
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
    listed = [
        shelf for shelf in shelves if shelf.url in discovery.api_roots
    ]  # drills only if they are listed to the account
    return pages.render(
        "collections.html",
        discovery=discovery,
        discovery_url=f"{own_url}taxii2/" if own_url.endswith("/") else f"{own_url}/taxii2/",
        shelves=shelves,
        listed=listed,
        date=format_place,
        **_client(listed, account.name if account is not None else "NAME"),
    )


def _client(shelves: Sequence[RootOverview], account: str) -> dict[str, Any]:
    """The choice of a client and a collection, and the text for the two; without a choice, no text."""
    readable = [(shelf, row) for shelf in shelves for row in shelf.rows if row.resource.can_read]
    asked = flask.request.args
    client = asked.get("client", "")
    ids = {row.resource.id for _, row in readable}
    chosen = asked.get("collection", "") if asked.get("collection") in ids else _usual(readable)
    recipe = ""
    for shelf, row in readable:
        if client in CLIENTS and row.resource.id == chosen:
            recipe = recipe_for(client, PolledCollection(row.resource.title, shelf.url, chosen), account)
    return {"clients": CLIENTS, "readable": readable, "client": client, "chosen": chosen, "recipe": recipe}


def _usual(readable: Sequence[tuple[RootOverview, CollectionRow]]) -> str:
    """The collection that most clients poll: that of indicators, else the one with the most objects."""
    ordered = sorted(readable, key=lambda pair: (_INDICATORS in pair[1].resource.x_hub_profiles, pair[1].count))
    return ordered[-1][1].resource.id if ordered else ""
