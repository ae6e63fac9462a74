"""GET /<root>/board/ for a browser: open incidents by urgency, what the reader's member owes first."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import flask
import orjson

from hub.server.console import board_view, pages
from hub.server.console.board_view import Filters

_TEXT_CHARACTERS: Final = 200
_REPORT_ROWS: Final = 500  # on a page that is to be printed or kept, as `hub board --out` asks for it
_PARTS_MOST: Final = 5  # of the JSON board, 10,000 incidents each
_CLOCKS: Final = ("fetch", "acknowledge", "answer")


def board_page(root: str) -> flask.Response:
    """The page, with the filters of the query."""
    hub = pages.hub()
    board = whole_board(root)
    declared = hub.catalogue.roots[root]
    reader = board["member"]
    filters = _filters(flask.request.args)
    entries = board_view.chosen(board["incidents"], filters, reader)
    mine = board_view.your_turn(entries, reader)
    owed = {entry["incident"] for entry in mine}
    others = [entry for entry in entries if entry["incident"] not in owed]
    rows = _REPORT_ROWS if flask.request.args.get("rows") == str(_REPORT_ROWS) else board_view.PAGE_ROWS
    number = _page_number(flask.request.args.get("page", ""), len(others), rows)
    first = (number - 1) * rows
    query = {name: value for name, value in flask.request.args.items() if name != "page" and value}
    return pages.render(
        "board.html",
        exercise=board["exercise"],
        root=declared,
        board=board,
        reader=hub.catalogue.members[reader],
        members=[hub.catalogue.members[code] for code in declared.members],
        filters=filters,
        classes=sorted(
            set().union(*(board_view.classes_of(entry) for entry in board["incidents"] if entry["classes"]))
        ),
        sectors=sorted({sector for entry in board["incidents"] for sector in entry["sectors"]}),
        view=board_view,
        mine=board_view.rows_of(mine[:rows], declared.members, reader),
        mine_count=len(mine),
        others=board_view.rows_of(others[first : first + rows], declared.members, reader),
        others_count=len(others),
        page=number,
        pages=max(1, -(-len(others) // rows)),
        page_address=lambda page: "?" + urlencode({**query, "page": page}),
        charts=_charts(board),
        events=pages.events_address(root),
    )


def whole_board(root: str) -> dict[str, Any]:
    """The board with the incidents of all its pages: filters and the page's own pages go over all that is open."""
    hub, account = pages.hub(), pages.account()
    board: dict[str, Any] = orjson.loads(hub.community.board(account, root))
    part, number = board, 1
    incidents = {entry["incident"]: entry for entry in board["incidents"]}
    while part["more"] and number < _PARTS_MOST:
        number += 1
        part = orjson.loads(hub.community.board(account, root, number))
        incidents |= {entry["incident"]: entry for entry in part["incidents"]}  # the order may change between two parts
    return board | {"incidents": list(incidents.values()), "more": part["more"]}


def _filters(asked: Any) -> Filters:
    return Filters(
        member=asked.get("member", "")[:2],
        rsit=asked.get("class", "")[:_TEXT_CHARACTERS],
        sector=asked.get("sector", "")[:_TEXT_CHARACTERS],
        level=asked.get("level", "")[:_TEXT_CHARACTERS],
        grade=asked.get("grade", "")[:_TEXT_CHARACTERS],
        text=asked.get("text", "").strip()[:_TEXT_CHARACTERS],
        overdue="overdue" in asked,
        mine="mine" in asked,
    )


def _page_number(text: str, count: int, rows: int) -> int:
    last = max(1, -(-count // rows))
    return min(max(int(text), 1), last) if text.isascii() and text.isdecimal() and len(text) < 9 else 1


def _charts(board: dict[str, Any]) -> list[dict[str, Any]]:
    """For each member and clock: how many of how many, and median and 90th percentile as parts of the longest."""
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
