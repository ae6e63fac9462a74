"""What the commands that take reports have in common: how to read them, for whom, and what the officer allows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.cli.client import home
from hub.errors import ConfigurationError, ReadingError
from hub.home.member import Member, load_member
from hub.producer.desk import read
from hub.release.policy import Approvals
from hub.reports.read import FORMATS, ReadOptions, Report, RowError
from hub.stix.tlp import BY_WORD

_MAX_WARNINGS = 20  # sentences about one report


def reading_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that say how reports are read."""
    parser.add_argument("--format", choices=sorted(FORMATS), help="of the files, where their content does not tell")
    parser.add_argument(
        "--zone", help="time zone of times that name none, such as Asia/Jakarta; without it they are refused"
    )
    parser.add_argument("--encoding", help="of a CSV that is neither UTF-8 nor UTF-16, such as windows-1252")
    parser.add_argument(
        "--tlp",
        default="amber+strict",
        choices=sorted(BY_WORD),
        help="of files that name no level (default: amber+strict)",
    )
    parser.add_argument(
        "--confirm",
        action="append",
        default=[],
        metavar="VALUE",
        help="an indicator that looks harmful to block, and is meant",
    )


def approval_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments by which an officer lets out what the release step holds back."""
    parser.add_argument(
        "--approve",
        action="append",
        default=[],
        metavar="KEY",
        help="a text or value to let out; the preview shows its key",
    )
    parser.add_argument(
        "--disapprove",
        action="append",
        default=[],
        metavar="KEY",
        help="take back what was approved before: approvals stand for later stages of a report",
    )
    parser.add_argument(
        "--leave",
        choices=sorted(BY_WORD),
        metavar="LEVEL",
        help="the source gave leave to mark it as low as this level",
    )
    parser.add_argument("--officer", default="", help="who approves; kept in the record")
    parser.add_argument(
        "--named-by", default="", metavar="WHO", help="who recorded the victim's yes to being named, and when"
    )


def read_options(args: argparse.Namespace, member: Member | None) -> ReadOptions:
    """How to read, from the arguments."""
    try:
        zone = ZoneInfo(args.zone) if args.zone else None
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigurationError(f"there is no time zone {args.zone!r}; they are named like Asia/Jakarta") from None
    return ReadOptions(
        zone=zone,
        default_tlp=args.tlp,
        default_country=member.country if member is not None else None,
        confirmed=frozenset(args.confirm),
        encoding=args.encoding,
    )


def approvals(args: argparse.Namespace) -> Approvals:
    """What the officer allowed, from the arguments. ConfigurationError where nobody's name stands behind it."""
    if (args.approve or args.disapprove or args.leave or args.named_by) and not args.officer:
        raise ConfigurationError("an approval needs a name: give --officer")
    keys = frozenset(args.approve)
    return Approvals(
        officer=args.officer,
        texts=keys,
        values=keys,
        taken_back=frozenset(args.disapprove),
        named_by=args.named_by,
        tlp=BY_WORD[args.leave] if args.leave else None,
    )


def reports(file: Path, args: argparse.Namespace, member: Member) -> Iterator[Report | RowError]:
    """The reports in a file; each row that cannot be read, and what an officer should know of one that can, is told on
    stderr. A row that cannot be read is handed on, too. ReadingError where the file has no row at all.
    """
    found = None
    for found in read(file, read_options(args, member), args.format):
        if isinstance(found, RowError):
            print(found, file=sys.stderr)
        else:
            _warn(found)
        yield found
    if found is None:
        raise ReadingError(f"{file}: there is no report in it")


def _warn(report: Report) -> None:
    """What is kept out and what was assumed; the first of many, since a feed of ten thousand lines has as many."""
    for sentence in report.warnings[:_MAX_WARNINGS]:
        print(f"{report.source}: {sentence}", file=sys.stderr)
    if len(report.warnings) > _MAX_WARNINGS:
        print(f"{report.source}: and {len(report.warnings) - _MAX_WARNINGS} more like these", file=sys.stderr)


def this_member(environment: Mapping[str, str]) -> Member:
    """The member whose home this is; advice on a key that was made goes to stderr."""
    return load_member(home(environment), warn=lambda sentence: print(sentence, file=sys.stderr))


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)
