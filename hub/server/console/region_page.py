"""GET /<root>/region/: the map and the weeks, for the national CERTs of the members. A program gets the figures as JSON."""

from __future__ import annotations

from dataclasses import asdict

import flask
import orjson

from hub.server.console import pages
from hub.server.console import region as figures


def region(root: str) -> flask.Response:
    """The page; ForbiddenError as for the board."""
    hub, account = pages.hub(), pages.account()
    incidents = hub.community.open_incidents(account, root)
    board = incidents.head
    declared, now = hub.catalogue.roots[root], hub.clock()
    tiles = figures.tiles_of(incidents.entries, declared.members, incidents.now)
    since = int(figures.first_day(now).timestamp() * 1000)
    weeks = figures.weeks_of(hub.community.reported_since(account, root, since), now)
    if not pages.wants_page(flask.request):
        members = {tile.member: {"open": tile.open, "classes": dict(tile.classes)} for tile in tiles}
        body = {"exercise": board["exercise"], "members": members, "weeks": [asdict(week) for week in weeks]}
        response = flask.Response(orjson.dumps(body), content_type="application/json")
        pages.secure(response)
        return response
    classes = sorted(
        {name for tile in tiles for name, _ in tile.classes} | {name for week in weeks for name in week.classes}
    )
    return pages.render(
        "region.html",
        exercise=board["exercise"],
        root=declared,
        board=board,
        members=hub.catalogue.members,
        tiles=tiles,
        weeks=weeks,
        classes=classes,
        region=figures,
        width=figures.COLUMNS * (figures.TILE_WIDTH + figures.GAP) - figures.GAP,
        height=max((tile.y for tile in tiles), default=0) + figures.TILE_HEIGHT,
        events=pages.events_address(root, board=True),
    )
