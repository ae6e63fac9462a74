"""Arguments and steps that all commands for reports share: reading them, their audience, and the officer's decisions."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.cli.client import home
from hub.cli.output import write_whole
from hub.errors import ConfigurationError, ReadingError, ReleaseError
from hub.home.member import OwnMember, load_member
from hub.pages.texts import gettext
from hub.producer.releasing import read
from hub.release import layout
from hub.release.held import Decisions, add_answers, held_file, parse_answers, parse_items
from hub.release.policy import Approvals, Decision
from hub.release.preview import OFFICER, REASON, Preview
from hub.reports.read import FORMATS, ReadOptions, Report, RowError
from hub.stix.tlp import BY_WORD
from hub.terminal import Style, StyledLine, print_lines

_MAX_NOTES = 20  # sentences about the reports of one file; rows that cannot be read are always named
_FLAGS = frozenset({"--preview", "--full", "--json", "--yes", "--verbose"})  # not part of what to do next
_FILES = frozenset({"--held"})  # neither, with the file that follows


def reading_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that say how reports are read."""
    parser.add_argument(
        "--format", choices=sorted(FORMATS), help="format of the files, if their content does not show it"
    )
    parser.add_argument(
        "--zone",
        help="time zone of times without one, such as Asia/Jakarta; without this option such times are refused",
    )
    parser.add_argument(
        "--encoding", help="encoding of a CSV file that is neither UTF-8 nor UTF-16, such as windows-1252"
    )
    parser.add_argument(
        "--tlp",
        default="amber+strict",
        choices=sorted(BY_WORD),
        help="TLP level of files that name none (default: amber+strict)",
    )
    parser.add_argument(
        "--confirm",
        action="append",
        default=[],
        metavar="VALUE",
        help="a value that looks harmful to block, but is meant as an indicator",
    )
    parser.add_argument(
        "--verbose", action="store_true", help=f"print all notes about the files, instead of {_MAX_NOTES} for each"
    )


class _Approve(argparse.Action):
    """Gathers keys. Those after the last --despite have the reason of it too, unless another one follows them."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: object, _option: object = None) -> None:
        namespace.approve = [*namespace.approve, values]
        if reason := getattr(namespace, "reason", ""):
            namespace.despite = {**namespace.despite, values: reason}
        namespace.waiting = [*getattr(namespace, "waiting", ()), values]


class _Despite(argparse.Action):
    """Gives a reason to the keys since the last one."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: object, _option: object = None) -> None:
        namespace.reason = str(values).strip()
        keys = getattr(namespace, "waiting", ())
        namespace.despite = {**namespace.despite, **dict.fromkeys(keys, namespace.reason)}
        namespace.waiting = []


def approval_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments by which an officer approves what the release step holds back."""
    parser.add_argument(
        "--approve",
        action=_Approve,
        default=[],
        metavar="KEY",
        help="a held text or value that may leave; the preview shows its key",
    )
    parser.add_argument(
        "--despite",
        action=_Despite,
        default={},
        metavar="REASON",
        help="why the --approve before it stands although something in it looks suspicious; kept in the record",
    )
    parser.add_argument(
        "--held",
        type=Path,
        metavar="FILE",
        help="write a list of what is held to this file, for the officer's decisions; decisions already in it are kept",
    )
    parser.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help="the file that --held wrote, with a decision for each: release, lone or keep",
    )
    parser.add_argument(
        "--disapprove",
        action="append",
        default=[],
        metavar="KEY",
        help="withdraw an earlier approval, which otherwise stays valid for later stages of the report",
    )
    parser.add_argument(
        "--leave",
        choices=sorted(BY_WORD),
        metavar="LEVEL",
        help="the level down to which the source agreed to have the report marked",
    )
    parser.add_argument("--officer", default="", help="name of the officer who approves; kept in the record")
    parser.add_argument(
        "--named-by", default="", metavar="WHO", help="who recorded the victim's consent to being named, and when"
    )


def read_options(args: argparse.Namespace, member: OwnMember | None) -> ReadOptions:
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
    """The officer's decisions, from the arguments and the file of answers. ConfigurationError where nobody's name stands
    behind it, ReleaseError where the file cannot be used.
    """
    officer, reason = args.officer.strip(), getattr(args, "reason", None)
    if (args.approve or args.disapprove or args.leave or args.named_by or args.answers) and not officer:
        raise ConfigurationError("an approval needs a name: give --officer")
    if officer == OFFICER:
        raise ConfigurationError(f"--officer {OFFICER} is a placeholder: write your own name instead")
    if reason is not None and not args.approve:
        raise ConfigurationError("--despite gives the reason for an --approve: give --approve, too")
    if reason is not None and not all(args.despite.values()):
        raise ConfigurationError("--despite is empty: write the reason why it may leave")
    if REASON in args.despite.values():
        raise ConfigurationError(f"--despite {REASON} is a placeholder: write the reason why it may leave")
    keys = frozenset(args.approve)
    decided = Approvals(
        officer=officer,
        texts=keys,
        values=keys,
        confirmed=frozenset(args.confirm),
        taken_back=frozenset(args.disapprove),
        despite=args.despite,
        named_by=args.named_by,
        tlp=BY_WORD[args.leave] if args.leave else None,
    )
    if args.answers is None:
        return decided
    return add_answers(decided, parse_answers(_content(args.answers), str(args.answers)))


def keep_held(file: Path, decisions: Decisions) -> None:
    """Write what is held into a file, whole or not at all; decisions that stand in it already are kept."""
    earlier = parse_items(_content(file), str(file)) if file.is_file() else []
    write_whole(file, [held_file(decisions.held_items, earlier)])
    count = len(decisions.held_items)
    if count:
        sentence = gettext(
            "{file}: {n} held. Set each decision to {words}; then run the same command with --answers {file} --officer NAME."
        )
        print(sentence.format(file=file, n=count, words=", ".join(Decision)), file=sys.stderr)
    else:
        print(gettext("{file}: nothing is held.").format(file=file), file=sys.stderr)


def show_undecided(decisions: Decisions) -> bool:
    """Print what is approved but needs a reason as well; return whether there is any."""
    for item in decisions.items_without_reason():
        sentence = gettext(
            "{object} ({key}) stays: {reason} ({span}). To approve it nevertheless, give the reason: --despite REASON, or despite "
            "in the file of answers."
        )
        words = sentence.format(object=item.object, key=item.key, reason=item.reason, span=item.span)
        print_lines([StyledLine(words, Style.ATTENTION)], sys.stderr)
    return bool(decisions.items_without_reason())


def show_decided(decisions: Decisions, officer: str) -> None:
    """Say what the officer's decisions did."""
    for item, leaves in decisions.outcomes():
        if leaves:
            sentence = gettext("{object} leaves, approved by {officer}, until --disapprove {key}.")
        else:
            sentence = gettext("{object} stays, as {officer} decided ({key}).")
        print(sentence.format(object=item.object, officer=officer, key=item.key), file=sys.stderr)


def print_preview(preview: Preview, args: argparse.Namespace, stream: TextIO) -> None:
    """Print a preview as wide as the terminal, with the commands that come next."""
    width = shutil.get_terminal_size((layout.WIDTH, 0)).columns
    command = _next_command(args.command_line)
    end = [""] if preview.rows else []  # a blank line parts previews of several reports
    print_lines([*preview.lines(width=width, full=args.full, command=command), *end], stream)


def _next_command(words: Sequence[str]) -> list[str]:
    """The words of a command without those that keep it from sending, or ask for what was just shown."""
    remaining: list[str] = []
    skip = False
    for word in words:
        option, equals, _ = word.partition("=")
        if not skip and option not in {*_FLAGS, *_FILES}:
            remaining.append(word)
        skip = option in _FILES and not equals
    return remaining


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ReleaseError(f"{file}: {error.strerror}") from None


def reports(file: Path, args: argparse.Namespace, member: OwnMember) -> Iterator[Report | RowError]:
    """The reports in a file; each row that cannot be read, and what an officer should know of one that can, is told on
    stderr. A row that cannot be read is handed on, too. ReadingError where the file has no row at all.
    """
    report = None
    left_out: set[str] = set()  # a row has an error for each of its cells
    notes = _Notes(file, verbose=args.verbose)
    for report in read(file, read_options(args, member), args.format):
        if isinstance(report, RowError):
            print(report, file=sys.stderr)
            left_out.add(report.place)
        else:
            notes.add(report)
        yield report
    notes.end()
    if left_out:
        rows = "1 report was" if len(left_out) == 1 else f"{len(left_out)} reports were"
        print(f"{file}: {rows} left out as a whole: correct what is named above, and run it again.", file=sys.stderr)
    if report is None:
        raise ReadingError(f"{file}: there is no report in it")


class _Notes:
    """What is kept out and what was assumed: the first of a file, since a feed of ten thousand lines has as many."""

    def __init__(self, file: Path, *, verbose: bool) -> None:
        self._file = file
        self._verbose = verbose
        self._count = 0

    def add(self, report: Report) -> None:
        """Print the report's notes, as long as there are few."""
        for sentence in report.warnings:
            self._count += 1
            if self._verbose or self._count <= _MAX_NOTES:
                print(f"{report.source}: {sentence}", file=sys.stderr)

    def end(self) -> None:
        """Say how many were not printed."""
        if not self._verbose and self._count > _MAX_NOTES:
            more = self._count - _MAX_NOTES
            sentence = gettext("{file}: and {n} more notes like these; --verbose prints all")
            print(sentence.format(file=self._file, n=more), file=sys.stderr)


def this_member(environment: Mapping[str, str]) -> OwnMember:
    """The member whose home this is; advice on a key that was made goes to stderr."""
    return load_member(home(environment), warn=lambda sentence: print(sentence, file=sys.stderr))


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)
