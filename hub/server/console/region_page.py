"""GET /<root>/region/: incidents by member and by week, for the members' national CERTs. A program gets the figures as JSON."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

import flask
import orjson

from hub.community.board import OpenIncidents
from hub.server.console import following, pages
from hub.server.console import region as figures


def region(root: str) -> flask.Response:
    """The page; ForbiddenError as for the board."""
    incidents = following.open_incidents(root)
    if pages.wants_page(flask.request):
        return following.page("region.html", root, incidents, partial(_template_values, root))
    tiles, weeks = _tiles(root, incidents), _weeks(root)
    members = {tile.member: {"open": tile.open, "classes": dict(tile.classes)} for tile in tiles}
    exercise = incidents.head["exercise"]
    body = {"exercise": exercise, "members": members, "weeks": [asdict(week) for week in weeks]}
    response = flask.Response(orjson.dumps(body), content_type="application/json")
    pages.secure(response)
    return response


def _template_values(root: str, incidents: OpenIncidents) -> dict[str, Any]:
    """The values for the template."""
    hub = pages.hub()
    tiles, weeks = _tiles(root, incidents), _weeks(root)
    classes = sorted(
        {name for tile in tiles for name, _ in tile.classes} | {name for week in weeks for name in week.classes}
    )
    return {
        "exercise": incidents.head["exercise"],
        "root": hub.catalogue.roots[root],
        "board": incidents.head,
        "members": hub.catalogue.members,
        "tiles": tiles,
        "weeks": weeks,
        "classes": classes,
        "region": figures,
        "width": figures.COLUMNS * (figures.TILE_WIDTH + figures.GAP) - figures.GAP,
        "height": max((tile.y for tile in tiles), default=0) + figures.TILE_HEIGHT,
    }


def _tiles(root: str, incidents: OpenIncidents) -> list[figures.Tile]:
    return figures.tiles_of(incidents.entries, pages.hub().catalogue.roots[root].members, incidents.now)


def _weeks(root: str) -> list[figures.Week]:
    hub = pages.hub()
    now = hub.clock()
    since = int(figures.first_day(now).timestamp() * 1000)
    return figures.weeks_of(hub.community.reported_since(pages.account(), root, since), now)
