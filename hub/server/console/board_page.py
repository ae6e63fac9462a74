"""GET /<root>/board/ for a browser: open incidents by urgency, first those for which the reader's member owes a step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import flask

from hub.community.board import OpenIncidents
from hub.server.console import board_view, following, pages
from hub.server.console.board_view import Filters

_TEXT_CHARACTERS: Final = 200
_REPORT_ROWS: Final = 500  # on a page to print or keep, which `hub board --out` requests
_CLOCKS: Final = ("fetch", "acknowledge", "answer")


def board_page(root: str) -> flask.Response:
    """The page, with the filters of the query; for the script of a page that follows the hub, only the parts that it replaces."""
    return following.page("board.html", root, following.open_incidents(root), partial(_template_values, root))


def _template_values(root: str, incidents: OpenIncidents) -> dict[str, Any]:
    """The values for the template."""
    hub = pages.hub()
    board = incidents.head
    api_root = hub.catalogue.roots[root]
    reader = board["member"]
    filters = _filters(flask.request.args)
    entries = board_view.select(incidents.entries, filters, reader)
    own_entries = board_view.entries_owed_by(entries, reader)
    other_entries = [entry for entry in entries if reader not in entry.owed_deadlines]
    rows = _REPORT_ROWS if flask.request.args.get("rows") == str(_REPORT_ROWS) else board_view.PAGE_ROWS
    number = _page_number(flask.request.args.get("page", ""), len(other_entries), rows)
    first = (number - 1) * rows
    query = {name: value for name, value in flask.request.args.items() if name != "page" and value}
    return {
        "exercise": board["exercise"],
        "root": api_root,
        "board": board,
        "reader": hub.catalogue.members[reader],
        "members": [hub.catalogue.members[code] for code in api_root.members],
        "countries": {member.code: member.country for member in hub.catalogue.members.values()},
        "filters": filters,
        "classes": sorted(set().union(*{entry.classes for entry in incidents.entries})),
        "sectors": sorted(set().union(*{entry.sectors for entry in incidents.entries})),
        "view": board_view,
        "own_rows": board_view.rows_of(incidents.contents(own_entries[:rows]), api_root.members, reader),
        "own_count": len(own_entries),
        "other_rows": board_view.rows_of(
            incidents.contents(other_entries[first : first + rows]), api_root.members, reader
        ),
        "other_count": len(other_entries),
        "page": number,
        "pages": max(1, -(-len(other_entries) // rows)),
        "page_address": lambda page: "?" + urlencode({**query, "page": page}),
        "charts": _charts(board),
    }


def _filters(arguments: Any) -> Filters:
    return Filters(
        member=arguments.get("member", "")[:2],
        rsit=arguments.get("class", "")[:_TEXT_CHARACTERS],
        sector=arguments.get("sector", "")[:_TEXT_CHARACTERS],
        level=arguments.get("level", "")[:_TEXT_CHARACTERS],
        grade=arguments.get("grade", "")[:_TEXT_CHARACTERS],
        text=arguments.get("text", "").strip()[:_TEXT_CHARACTERS],
        overdue="overdue" in arguments,
        mine="mine" in arguments,
    )


def _page_number(text: str, count: int, rows: int) -> int:
    last = max(1, -(-count // rows))
    return min(max(int(text), 1), last) if text.isascii() and text.isdecimal() and len(text) < 9 else 1


def _charts(board: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The charts for each member and clock: the counts, and the median and 90th percentile as fractions of the longest."""
    members = board["statistics"]["members"]
    longest = {
        clock: max((row[clock]["p90_seconds"] or 0 for row in members.values()), default=0) or 1 for clock in _CLOCKS
    }
    return [
        {
            "member": member,
            "clocks": [
                row[clock]
                | {
                    "median_width": round(100 * (row[clock]["median_seconds"] or 0) / longest[clock], 1),
                    "p90_width": round(100 * (row[clock]["p90_seconds"] or 0) / longest[clock], 1),
                }
                for clock in _CLOCKS
            ],
        }
        for member, row in members.items()
    ]
