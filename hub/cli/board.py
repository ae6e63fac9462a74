"""`hub board`: each open incident, who received, acknowledged or answered it, who was asked, and what is overdue."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import wcwidth

from hub.cli import DONE
from hub.cli.answer import ANSWERS
from hub.cli.client import client, connection_arguments, environment
from hub.cli.output import write_whole
from hub.errors import ConfigurationError
from hub.pages.owed import OWED
from hub.pages.texts import gettext
from hub.terminal import Line, Style, StyledLine, print_lines

EXAMPLE = (
    "  hub board\n  hub board --out report.html\n  hub board --json | jq '.incidents[] | select(.overdue != [])'\n"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("--json", action="store_true", help="as the hub gives it")
    parser.add_argument("--page", type=int, default=1, metavar="N", help="number of the page, if a board has several")
    parser.add_argument(
        "--out", metavar="FILE", help="write a situation report instead: one HTML file, to print or send"
    )
    parser.add_argument("--incident", metavar="ID", help="with --out: only this incident")
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
    print_lines(board_lines(board), sys.stdout)
    return DONE


def board_lines(board: Mapping[str, Any]) -> Iterator[Line]:
    """The board in lines for a terminal."""
    drill = gettext("EXERCISE") + "  " if board["exercise"] else ""
    counts = gettext("{root}: {open} open, {overdue} deadlines passed")
    heading_text = counts.format(root=board["api_root"], open=board["open"], overdue=board["overdue"])
    yield StyledLine(drill + heading_text, Style.BAD if board["overdue"] else Style.HEADING)
    for entry in board.get("incidents", ()):
        yield ""
        yield from _incident_lines(entry)
    if board.get("more"):
        yield ""
        page = board.get("page", 1)
        rest_text = gettext("and {n} more, less urgent: `hub board --page {page}`")
        # all pages before this one are full
        yield rest_text.format(n=board["open"] - page * len(board["incidents"]), page=page + 1)
    yield ""
    yield from _statistics_lines(board["statistics"])
    if board.get("unconfirmed"):
        members = " ".join(board["unconfirmed"])
        yield gettext("contacts not confirmed for 90 days: {members}").format(members=members)


def _statistics_lines(statistics: Mapping[str, Any]) -> Iterator[Line]:
    columns = (gettext("fetched"), gettext("acknowledged"), gettext("answered"))
    explanation = gettext("median / 90 % of {days} days").format(days=statistics["days"])
    heading = _padded(gettext("member"), 8, align_left=True) + "".join(_padded(column, 22) for column in columns)
    yield StyledLine(f"{heading}   {explanation}", Style.HEADING)
    for name, clocks in (*statistics["members"].items(), (gettext("all"), statistics["all"])):
        if clocks["fetch"]["of"] or clocks["answer"]["of"]:
            cells = (_figures_cell(clocks[clock]) for clock in ("fetch", "acknowledge", "answer"))
            yield _padded(name, 8, align_left=True) + "".join(_padded(cell, 22) for cell in cells)


def _padded(text: str, cells: int, *, align_left: bool = False) -> str:
    """The text padded to `cells` columns of a terminal. Characters of some scripts are zero or two columns wide."""
    blanks = " " * max(0, cells - wcwidth.wcswidth(text))
    return text + blanks if align_left else blanks + text


def reporter(member: str | None, relay: str | None) -> str:
    """The reporting member, in words."""
    if not member and relay:
        return gettext("relayed by {member}").format(member=relay)
    return gettext("from {member}").format(member=member or "?")


def _incident_lines(entry: Mapping[str, Any]) -> Iterator[Line]:
    criticality_note = (
        f" ({printable('; '.join(entry['scale']))})"
        if entry["scale"]
        else ""
        if entry["criticality_given"]
        else " (" + gettext("not given") + ")"
    )
    yield StyledLine(printable(entry["name"]), Style.HEADING)
    summary = gettext("{incident}  {source}, {age} old, criticality {criticality}, stage {stage}").format(
        incident=entry["incident"],
        source=reporter(entry["reported_by"], entry.get("relayed_by")),
        age=format_duration(entry["age_seconds"]),
        criticality=f"{entry['criticality']}{criticality_note}",
        stage=entry["stage"] or "-",
    )
    yield f"  {summary}"
    receipt_text = gettext("has it: {times}; not yet: {members}")
    yield "  " + receipt_text.format(times=_times(entry["fetched"]), members=" ".join(entry["not_fetched"]) or "-")
    yield "  " + gettext("acknowledged: {times}").format(times=_times(entry["acknowledged"]))
    for request in entry["requests"]:
        yield from _request_lines(request)
    for deadline in entry["overdue"]:
        text = gettext("OVERDUE: {member}: {what}, due {due}")
        due_time = format_minute(deadline["due"])
        overdue_text = text.format(
            member=deadline["member"], what=gettext(OWED.get(deadline["what"], deadline["what"])), due=due_time
        )
        yield StyledLine(f"  {overdue_text}", Style.BAD)


def _request_lines(request: Mapping[str, Any]) -> Iterator[Line]:
    request_text = gettext("{by} asks {members} by {due}: {what}").format(
        by=request["by"],
        members=" ".join(request["asked"]) or gettext("nobody who sees it"),
        due=format_minute(request["due"]),
        what=printable(request["what"]),
    )
    yield f"  {request_text}"
    yield f"    {request['request']}"
    for member, answers in request["answers"].items():
        for answer in answers:
            answer_text = gettext(ANSWERS.get(answer["says"], answer["says"]))
            yield f"    {member} {answer_text} {format_minute(answer['at'])}: {printable(answer['why'])}"
    if request["owing"]:
        owing_text = gettext("no answer yet: {members}").format(members=" ".join(request["owing"]))
        yield StyledLine(f"    {owing_text}", Style.ATTENTION)


def _times(times: Mapping[str, str]) -> str:
    return ", ".join(f"{member} {format_minute(at)}" for member, at in times.items()) or "-"


def _figures_cell(row: Mapping[str, Any]) -> str:
    if not row["of"]:
        return "-"
    count = f"{row['done']}/{row['of']}"
    return (
        count
        if row["median_seconds"] is None
        else f"{count} {format_duration(row['median_seconds'])}/{format_duration(row['p90_seconds'])}"
    )


def format_minute(text: str | None) -> str:
    """A timestamp of the board, to the minute in UTC: `2026-04-02 07:00Z`."""
    return f"{text[:10]} {text[11:16]}Z" if text else gettext("no time")


def printable(text: str) -> str:
    """A text of another member on one line, without characters that would change the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def format_duration(seconds: float) -> str:
    """A duration in the largest unit of which it has at least two: `40 s`, `12 min`, `5 h`, `3 d`."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
