"""`hub convert`: reports to one STIX bundle on standard output, as it stands at the CERT, or as it would leave.

What could not be used is named in a table on standard error. Objects are written as they are made, so that a file of
any length fits into little memory.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import orjson

from hub.cli import DONE, REFUSED, SOME_REFUSED
from hub.cli.client import environment
from hub.cli.reports import approval_arguments, approvals, now, reading_arguments, reports, this_member
from hub.errors import ReadingError
from hub.home.member import Member
from hub.producer.desk import Release, as_it_stands, release_report
from hub.release.policy import Audience, Profile
from hub.rendering.versions import Content
from hub.reports.losses import Unused
from hub.reports.read import Report
from hub.stix.identifiers import META_TYPES

EXAMPLE = (
    "  hub convert reports.xlsx > national.json\n"
    "  hub convert events.jsonl --format intelmq --release regional > leaves.json\n"
)
# the same in every report of a member; a bundle names them once
_SHARED = META_TYPES | {"identity", "location"}
_PREVIEW_COLLECTION = "preview"  # whose ids and pseudonyms no collection uses: two audiences are never to be joined


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="reports in any of the formats")
    parser.add_argument(
        "--release", choices=[str(profile) for profile in Profile], help="as it would leave, instead of as it stands"
    )
    parser.add_argument("--exercise", action="store_true", help="label it as part of a drill")
    reading_arguments(parser)
    approval_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Write the bundle; 1 where a file or row could not be read, or nothing of a report may leave, 3 where there is none."""
    desk = _Conversion(args, this_member(environment()))
    out = sys.stdout.buffer
    digest = sha256()
    separator = b'{"type": "bundle", "objects": [\n'
    for content in desk.contents():
        body = orjson.dumps(content)
        digest.update(body)
        out.write(separator + body)
        separator = b",\n"
    desk.tell_progress(done=True)
    if desk.objects == 0:  # STIX knows no empty list, and half a bundle helps nobody
        print("No object came of it, and nothing was written.", file=sys.stderr)
        return REFUSED
    # at the end, since it follows from all that stands before it: the same reports make the same bundle
    name = uuid.UUID(bytes=digest.digest()[:16], version=4)
    out.write(f'\n], "id": "bundle--{name}"}}\n'.encode())
    out.flush()
    return SOME_REFUSED if desk.held_back else DONE


class _Conversion:
    """The objects of all files, one after the other; what was held back is counted and told on the way."""

    def __init__(self, args: argparse.Namespace, member: Member) -> None:
        self._args = args
        self._member = member
        self._reports = 0
        self._shows = sys.stderr.isatty()
        self.objects = 0
        self.held_back = 0

    def contents(self) -> Iterator[Content]:
        """Each object once where reports share it."""
        seen: set[str] = set()
        for report in self._readings():
            for content in self._of(report):
                if content["type"] in _SHARED:
                    if content["id"] in seen:
                        continue
                    seen.add(content["id"])
                self.objects += 1
                yield content
            self._reports += 1
            self.tell_progress()

    def tell_progress(self, *, done: bool = False) -> None:
        """A line that counts on, for a person who waits."""
        if self._shows and self._reports:
            end = "\n" if done else ""
            text = f"\r{self._reports} reports, {self.objects} objects"
            print(text, end=end, file=sys.stderr, flush=True)

    def _readings(self) -> Iterator[Report]:
        """Every report of every file; a file that cannot be read is told, and the next one tried."""
        for file in self._args.files:
            try:
                for report in reports(file, self._args, self._member):
                    if isinstance(report, Report):
                        yield report
                    else:
                        self.held_back += 1
            except ReadingError as error:
                self.held_back += 1
                print(error, file=sys.stderr)

    def _of(self, report: Report) -> Iterator[Content]:
        if self._args.release is None:
            rendered = as_it_stands(report, self._member, now(), exercise=self._args.exercise)
            _tell_unused(report, (*report.unused, *rendered.problems))
            yield from rendered.contents
            return
        outcome = release_report(
            report,
            self._member,
            Audience(_PREVIEW_COLLECTION, profile=Profile(self._args.release)),
            now(),
            approvals=approvals(self._args),
            exercise=self._args.exercise,
        )
        _tell_unused(report, report.unused)
        if isinstance(outcome, Release):
            for bundle in outcome.bundles:
                yield from bundle
            return
        self.held_back += 1
        print(f"{report.source}: {report.report_id}: nothing leaves. {outcome.reason}", file=sys.stderr)


def _tell_unused(report: Report, unused: tuple[Unused, ...]) -> None:
    for item in unused:
        where = report.source if report.source.endswith(item.where) else f"{report.source}: {item.where}"
        times = f" (on {item.count} lines)" if item.count > 1 else ""
        print(f"{where}: {item.key}: {item.value!r}: {item.reason}{times}", file=sys.stderr)
