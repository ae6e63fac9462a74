"""Arguments and steps that the commands for reports share: how to read reports, and the officer's decisions."""

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

_MAX_NOTES = 20  # notes about the reports of one file; rows that cannot be read are always named
_OMITTED_FLAGS = frozenset({"--preview", "--full", "--json", "--yes", "--verbose"})  # not repeated in the next command
_OMITTED_OPTIONS = frozenset({"--held"})  # not repeated either, nor the value that follows


def reading_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say how reports are read."""
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


class _ApproveAction(argparse.Action):
    """Collects the keys of --approve. A key after a --despite has that reason, unless another --despite follows the key."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: object, _option: object = None) -> None:
        namespace.approve = [*namespace.approve, values]
        if reason := getattr(namespace, "reason", ""):
            namespace.despite = {**namespace.despite, values: reason}
        namespace.keys_without_reason = [*getattr(namespace, "keys_without_reason", ()), values]


class _DespiteAction(argparse.Action):
    """Gives its reason to the keys since the last --despite."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: object, _option: object = None) -> None:
        namespace.reason = str(values).strip()
        keys = getattr(namespace, "keys_without_reason", ())
        namespace.despite = {**namespace.despite, **dict.fromkeys(keys, namespace.reason)}
        namespace.keys_without_reason = []


def approval_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments with which an officer approves what the release step holds back."""
    parser.add_argument(
        "--approve",
        action=_ApproveAction,
        default=[],
        metavar="KEY",
        help="a held text or value that may leave; the preview shows its key",
    )
    parser.add_argument(
        "--despite",
        action=_DespiteAction,
        default={},
        metavar="REASON",
        help="why the text or value of the --approve before it may leave although something in it looks suspicious; kept in the record",
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
    """The options for reading, from the arguments."""
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
    """The officer's decisions, from the arguments and the file of answers.

    ConfigurationError if the officer's name or a reason is missing, ReleaseError if the file cannot be used.
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
    decisions = Approvals(
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
        return decisions
    return add_answers(decisions, parse_answers(_content(args.answers), str(args.answers)))


def write_held(file: Path, decisions: Decisions) -> None:
    """Write the held items into a file, completely or not at all. Decisions that it contains already are kept."""
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
    """Print the approved items that also need a reason. Returns whether there are any."""
    for item in decisions.items_without_reason():
        sentence = gettext(
            "{object} ({key}) stays: {reason} ({span}). To approve it nevertheless, give the reason: --despite REASON, or despite "
            "in the file of answers."
        )
        words = sentence.format(object=item.object, key=item.key, reason=item.reason, span=item.span)
        print_lines([StyledLine(words, Style.ATTENTION)], sys.stderr)
    return bool(decisions.items_without_reason())


def show_outcomes(decisions: Decisions, officer: str) -> None:
    """Print the outcome of each decision of the officer."""
    for item, leaves in decisions.outcomes():
        if leaves:
            sentence = gettext("{object} leaves, approved by {officer}, until --disapprove {key}.")
        else:
            sentence = gettext("{object} stays, as {officer} decided ({key}).")
        print(sentence.format(object=item.object, officer=officer, key=item.key), file=sys.stderr)


def print_preview(preview: Preview, args: argparse.Namespace, stream: TextIO) -> None:
    """Print a preview in the width of the terminal, with the commands that come next."""
    width = shutil.get_terminal_size((layout.WIDTH, 0)).columns
    command = _next_command(args.command_line)
    end = [""] if preview.rows else []  # a blank line between the previews of several reports
    print_lines([*preview.lines(width=width, full=args.full, command=command), *end], stream)


def _next_command(words: Sequence[str]) -> list[str]:
    """The words of the command without the options that prevent sending or only affect the output."""
    remaining: list[str] = []
    is_value = False  # whether the next word is the value of an omitted option
    for word in words:
        option, equals, _ = word.partition("=")
        if not is_value and option not in {*_OMITTED_FLAGS, *_OMITTED_OPTIONS}:
            remaining.append(word)
        is_value = option in _OMITTED_OPTIONS and not equals
    return remaining


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ReleaseError(f"{file}: {error.strerror}") from None


def reports(file: Path, args: argparse.Namespace, member: OwnMember) -> Iterator[Report | RowError]:
    """The reports in a file, and an error for each row that cannot be read. Errors and notes are printed to stderr.

    ReadingError if the file has no row.
    """
    report = None
    skipped_places: set[str] = set()  # a row has an error for each of its cells
    notes = _Notes(file, verbose=args.verbose)
    for report in read(file, read_options(args, member), args.format):
        if isinstance(report, RowError):
            print(report, file=sys.stderr)
            skipped_places.add(report.place)
        else:
            notes.add(report)
        yield report
    notes.end()
    if skipped_places:
        rows = "1 report was" if len(skipped_places) == 1 else f"{len(skipped_places)} reports were"
        print(f"{file}: {rows} left out as a whole: correct what is named above, and run it again.", file=sys.stderr)
    if report is None:
        raise ReadingError(f"{file}: there is no report in it")


class _Notes:
    """Prints notes about what was left out or assumed, only the first of each file: a feed may have ten thousand."""

    def __init__(self, file: Path, *, verbose: bool) -> None:
        self._file = file
        self._verbose = verbose
        self._count = 0

    def add(self, report: Report) -> None:
        """Print the report's notes, up to the limit of the file."""
        for sentence in report.warnings:
            self._count += 1
            if self._verbose or self._count <= _MAX_NOTES:
                print(f"{report.source}: {sentence}", file=sys.stderr)

    def end(self) -> None:
        """Print how many notes were left out."""
        if not self._verbose and self._count > _MAX_NOTES:
            remaining = self._count - _MAX_NOTES
            sentence = gettext("{file}: and {n} more notes like these; --verbose prints all")
            print(sentence.format(file=self._file, n=remaining), file=sys.stderr)


def this_member(environment: Mapping[str, str]) -> OwnMember:
    """The member that owns this home. If a key is generated, advice about it goes to stderr."""
    return load_member(home(environment), warn=lambda sentence: print(sentence, file=sys.stderr))


def now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)
