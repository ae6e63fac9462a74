"""`hub board`: each open incident, who has it, who acknowledged, who was asked, who answered, and what is overdue."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hub.cli import DONE
from hub.cli.client import client, connection_arguments, environment
from hub.cli.output import write_whole
from hub.errors import ConfigurationError

EXAMPLE = (
    "  hub board\n  hub board --out report.html\n  hub board --json | jq '.incidents[] | select(.overdue != [])'\n"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--json", action="store_true", help="as the hub gives it")
    parser.add_argument("--page", type=int, default=1, metavar="N", help="which page, where a board has more than one")
    parser.add_argument(
        "--out", metavar="FILE", help="write a situation report instead: one HTML file, to print or send"
    )
    parser.add_argument("--incident", metavar="ID", help="with --out: of this incident alone")
    connection_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print the board."""
    if args.incident and not args.out:
        raise ConfigurationError("--incident goes with --out FILE: the report of one incident is a file")
    with client(args, environment()) as hub:
        if args.out:
            from hub.producer.situation import board_report, incident_report  # noqa: PLC0415 - as in `client`

            connection = hub.connection
            report = (
                incident_report(connection, args.incident) if args.incident else board_report(connection, args.page)
            )
            write_whole(Path(args.out), [report.encode()])
            return DONE
        board = hub.board(args.page)
    if args.json:
        print(json.dumps(board, ensure_ascii=False, indent=1))
        return DONE
    for line in board_lines(board):
        print(line)
    return DONE


def board_lines(board: Mapping[str, Any]) -> Iterator[str]:
    """The board in lines for a terminal."""
    drill = "EXERCISE  " if board["exercise"] else ""
    yield f"{drill}{board['api_root']}: {board['open']} open, {board['overdue']} deadlines passed"
    for entry in board.get("incidents", ()):
        yield ""
        yield from _incident(entry)
    if board.get("more"):
        yield ""
        shown = board.get("page", 1) * len(board["incidents"])  # all pages before this one are full
        yield f"and {board['open'] - shown} more, less urgent: `hub board --page {board.get('page', 1) + 1}`"
    figures = board["statistics"]
    yield ""
    yield f"{'member':<8}{'fetched':>22}{'acknowledged':>22}{'answered':>22}   median / 90 % of {figures['days']} days"
    for name, row in (*figures["members"].items(), ("all", figures["all"])):
        if row["fetch"]["of"] or row["answer"]["of"]:
            yield f"{name:<8}" + "".join(f"{_figures(row[clock]):>22}" for clock in ("fetch", "acknowledge", "answer"))
    if board.get("unconfirmed"):
        yield f"contacts not confirmed for 90 days: {' '.join(board['unconfirmed'])}"


def _from(entry: Mapping[str, Any]) -> str:
    if entry["reported_by"] is None and entry.get("relayed_by"):
        return f"relayed by {entry['relayed_by']}"
    return f"from {entry['reported_by'] or '?'}"


def _incident(entry: Mapping[str, Any]) -> Iterator[str]:
    criticality_note = (
        f" ({plain('; '.join(entry['scale']))})"
        if entry["scale"]
        else ""
        if entry["criticality_given"]
        else " (not given)"
    )
    yield plain(entry["name"])
    yield (
        f"  {entry['incident']}  {_from(entry)}, {span(entry['age_seconds'])} old, criticality "
        f"{entry['criticality']}{criticality_note}, stage {entry['stage'] or '-'}"
    )
    yield f"  has it        {_times(entry['fetched'])}; not yet: {' '.join(entry['not_fetched']) or '-'}"
    yield f"  acknowledged  {_times(entry['acknowledged'])}"
    for request in entry["requests"]:
        recipients, due = " ".join(request["asked"]) or "nobody who sees it", moment(request["due"])
        yield f"  {request['by']} asks {recipients} by {due}: {plain(request['what'])}"
        yield f"    {request['request']}"
        for member, answers in request["answers"].items():
            for answer in answers:
                yield f"    {member} {answer['says']} {moment(answer['at'])}: {plain(answer['why'])}"
        if request["owing"]:
            yield f"    no answer yet: {' '.join(request['owing'])}"
    for late in entry["overdue"]:
        yield f"  OVERDUE       {late['member']}: {late['what']}, due {moment(late['due'])}"


def _times(times: Mapping[str, str]) -> str:
    return ", ".join(f"{member} {moment(at)}" for member, at in times.items()) or "-"


def _figures(row: Mapping[str, Any]) -> str:
    if not row["of"]:
        return "-"
    count = f"{row['done']}/{row['of']}"
    return (
        count if row["median_seconds"] is None else f"{count} {span(row['median_seconds'])}/{span(row['p90_seconds'])}"
    )


def moment(text: str | None) -> str:
    """A timestamp of the board to the minute, in UTC: `2026-04-02 07:00Z`."""
    return f"{text[:10]} {text[11:16]}Z" if text else "no time"


def plain(text: str) -> str:
    """What another member wrote, on one line, without characters that would change the terminal."""
    return "".join(one if one.isprintable() else " " for one in text)


def span(seconds: float) -> str:
    """A duration in the largest unit that says something: `40 s`, `12 min`, `5 h`, `3 d`."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
