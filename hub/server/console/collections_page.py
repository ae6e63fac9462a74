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
    overviews = hub.overview(account, own_url)
    listed_roots = [
        overview for overview in overviews if overview.url in discovery.api_roots
    ]  # drills only if they are listed to the account
    return pages.render(
        "collections.html",
        discovery=discovery,
        discovery_url=f"{own_url}taxii2/" if own_url.endswith("/") else f"{own_url}/taxii2/",
        overviews=overviews,
        listed_roots=listed_roots,
        date=format_place,
        **_client(listed_roots, account.name if account is not None else "NAME"),
    )


def _client(overviews: Sequence[RootOverview], account: str) -> dict[str, Any]:
    """The choice of a client and a collection, and the text for the two; without a choice, no text."""
    readable_rows = [(overview, row) for overview in overviews for row in overview.rows if row.resource.can_read]
    arguments = flask.request.args
    client = arguments.get("client", "")
    ids = {row.resource.id for _, row in readable_rows}
    selected_id = (
        arguments.get("collection", "") if arguments.get("collection") in ids else _default_collection(readable_rows)
    )
    recipe = ""
    for overview, row in readable_rows:
        if client in CLIENTS and row.resource.id == selected_id:
            recipe = recipe_for(client, PolledCollection(row.resource.title, overview.url, selected_id), account)
    return {"clients": CLIENTS, "readable": readable_rows, "client": client, "chosen": selected_id, "recipe": recipe}


def _default_collection(readable_rows: Sequence[tuple[RootOverview, CollectionRow]]) -> str:
    """The collection that most clients poll: that of indicators, else the one with the most objects."""
    sorted_rows = sorted(
        readable_rows, key=lambda pair: (_INDICATORS in pair[1].resource.x_hub_profiles, pair[1].count)
    )
    return sorted_rows[-1][1].resource.id if sorted_rows else ""
