"""`hub convert`: convert reports to one STIX bundle, complete or as it would leave the CERT. It changes and sends nothing.

1. Each report is rendered and, with `--release`, released. Its objects are kept on disk, so that a file of any length
   takes little memory. A report that cannot be used is named on standard error, and the others are converted.
2. The bundle is written completely or not at all: to standard output, or to the file that `--out` names.

The modification time of the file is taken as the current time, so that the same file always makes the same bundle.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

import orjson

from hub.cli import DONE, REFUSED, SOME_REFUSED
from hub.cli.client import environment
from hub.cli.output import write_stdout, write_whole
from hub.cli.progress import Progress
from hub.cli.reports import (
    approval_arguments,
    approvals,
    reading_arguments,
    reports,
    show_undecided,
    this_member,
    write_held,
)
from hub.cli.unused import UnusedValues
from hub.errors import ReadingError, UnprocessableError
from hub.home.member import OwnMember
from hub.pages.texts import gettext
from hub.producer.faults import describe_error
from hub.producer.releasing import Release, release_report, render_report, rendering_files
from hub.producer.spool import Spool, SpooledRelease
from hub.producer.standing import mark_as_national
from hub.release.held import Decisions
from hub.release.policy import Approvals, Audience, AudienceProfile
from hub.rendering.versions import Content
from hub.reports.read import Report
from hub.stix import tlp
from hub.stix.identifiers import META_TYPES, OBSERVABLE_TYPES

EXAMPLE = (
    "  hub convert reports.xlsx --out national.json\n"
    "  hub convert events.jsonl --format intelmq --release regional > leaves.json\n"
)
# Types of objects that are the same in every report of a member: the bundle contains each once.
_SHARED: Final = META_TYPES | {"identity", "location"}
_PREVIEW_COLLECTION: Final = "preview"  # no real collection, so that no id matches what was published: objects for two audiences must not be linked
_MEMORY_BYTES: Final = 8 << 20  # up to this size the objects stay in memory


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="reports in any of the formats")
    parser.add_argument(
        "--release",
        choices=[str(profile) for profile in AudienceProfile],
        help="the bundle as it would leave, instead of the complete one (with --held or --answers: regional)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the bundle to this file, completely or not at all"
    )
    parser.add_argument(
        "--unused",
        type=Path,
        metavar="FILE.csv",
        help="write every value that was not used into this file, with the reason",
    )
    parser.add_argument("--exercise", action="store_true", help="label it as part of a drill")
    reading_arguments(parser)
    approval_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Write the bundle. Returns 1 if a file or report could not be used, or nothing of it may leave; 3 if no object is left."""
    member = this_member(environment())
    officer_approvals = approvals(args)
    decisions = Decisions(officer_approvals)
    with _Objects(member.home) as objects, Spool(member.home) as records, UnusedValues(member.home) as unused:
        # (1)
        conversion = _Conversion(args, member, officer_approvals, decisions, records, unused=unused)
        with Progress(gettext("reports")) as progress:
            for contents in progress.count_items(conversion.reports()):
                for content in contents:
                    objects.add(content)
        if args.unused is not None:
            unused.write(args.unused)
        unused.show(sys.stderr, args.unused)
        if args.held is not None:
            write_held(args.held, decisions)
        decisions.check()
        has_undecided = show_undecided(decisions)
        # (2)
        if objects.count == 0:  # STIX has no empty lists
            print(gettext("No object came of it, and nothing was written."), file=sys.stderr)
            return REFUSED
        _write(objects.bundle(), args.out)
    return SOME_REFUSED if conversion.failures or has_undecided else DONE


def _write(chunks: Iterable[bytes], out: Path | None) -> None:
    if out is None:
        write_stdout(chunks)
    else:
        write_whole(out, chunks)


class _Conversion:
    """Step 1: the objects of each report. `failures` counts the files and reports that yielded no object."""

    def __init__(  # noqa: PLR0913 - the parts of one run of the command
        self,
        args: argparse.Namespace,
        member: OwnMember,
        officer_approvals: Approvals,
        decisions: Decisions,
        records: Spool,
        *,
        unused: UnusedValues,
    ) -> None:
        self._args = args
        self._member = member
        self._approvals = officer_approvals
        self._decisions = decisions
        self._records = records
        self._unused = unused
        profile = args.release or (AudienceProfile.REGIONAL if args.held or args.answers else None)
        self._audience = Audience(_PREVIEW_COLLECTION, profile=AudienceProfile(profile)) if profile else None
        self.failures = 0

    def reports(self) -> Iterator[Iterable[Content]]:
        """The objects of each report of each file. A report or file that cannot be used is named and skipped."""
        for file in self._args.files:
            try:
                now = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                for report in reports(file, self._args, self._member):
                    if isinstance(report, Report):
                        yield self._contents(report, now)
                    else:
                        self.failures += 1
            except OSError as error:
                self._note_failure(f"{file}: {error.strerror}")
            except ReadingError as error:
                self._note_failure(str(error))

    def _contents(self, report: Report, now: datetime) -> Iterable[Content]:
        convert: Callable[[Report, datetime], Iterable[Content]] = (
            self._complete_contents if self._audience is None else self._released_contents
        )
        try:
            return convert(report, now)
        except Exception as error:  # noqa: BLE001 - a fault in one report must not stop the others; it is named
            self._note_failure(f"{report.source}: {report.report_id}: {describe_error(error)}")
            return ()

    def _complete_contents(self, report: Report, now: datetime) -> Iterable[Content]:
        rendered = render_report(
            report, self._member, now, exercise=self._args.exercise, pending_file=self._records.pending_file
        )
        files = rendering_files(self._member, report, rendered, self._records.pending_file)
        self._records.add(SpooledRelease(report.report_id, [], files=files))
        self._unused.add(report, (*report.unused, *rendered.problems))
        return list(mark_as_national(rendered.contents, self._member))

    def _released_contents(self, report: Report, now: datetime) -> Iterable[Content]:
        assert self._audience is not None
        outcome = release_report(
            report,
            self._member,
            self._audience,
            now,
            approvals=self._approvals,
            exercise=self._args.exercise,
            pending_file=self._records.pending_file,
        )
        self._decisions.add(report.report_id, outcome.preview)
        self._unused.add(report, report.unused)
        if not isinstance(outcome, Release):
            self._note_failure(f"{report.source}: {report.report_id}: nothing leaves. {outcome.reason}")
            self._records.add(SpooledRelease(report.report_id, [], files=outcome.files))
            return ()
        self._records.add(SpooledRelease(report.report_id, [], files=outcome.files()))
        return [content for bundle in outcome.bundles for content in bundle]

    def _note_failure(self, sentence: str) -> None:
        self.failures += 1
        print(sentence, file=sys.stderr)


class _Objects:
    """The objects of the bundle, kept on disk. Objects that reports share are kept once.

    Reports may give one observable different TLP levels. An observable has no versions, so the lowest of them applies.
    """

    def __init__(self, home: Path) -> None:
        self._file = tempfile.SpooledTemporaryFile(_MEMORY_BYTES, dir=str(home))  # noqa: SIM115 - closed with this object
        self._shared: set[str] = set()
        self._observables: dict[bytes, tuple[int, int]] = {}  # UUID -> its lowest level, and the line of that object
        self._replaced: set[int] = set()  # lines of observables to which a later report gives a lower level
        self._lines = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def count(self) -> int:
        """The number of objects."""
        return self._lines - len(self._replaced)

    def add(self, content: Content) -> None:
        """Append an object, unless the bundle has it already."""
        identifier: str = content["id"]
        if content["type"] in _SHARED:
            if identifier in self._shared:
                return
            self._shared.add(identifier)
        elif content["type"] in OBSERVABLE_TYPES and not self._is_lowest(content):
            return
        self._lines += 1
        try:
            self._file.write(orjson.dumps(content) + b"\n")
        except OSError as error:
            raise UnprocessableError(f"The objects cannot wait on disk until all are ready: {error.strerror}") from None

    def _is_lowest(self, content: Content) -> bool:
        key = uuid.UUID(content["id"].partition("--")[2]).bytes
        level = int(tlp.level(content) or 0)
        earlier = self._observables.get(key)
        if earlier is not None:
            if earlier[0] <= level:
                return False
            self._replaced.add(earlier[1])
        self._observables[key] = (level, self._lines)
        return True

    def bundle(self) -> Iterator[bytes]:
        """The bundle. Its id is derived from its content, so that the same reports make the same bundle."""
        digest = sha256()
        for line in self._object_lines():
            digest.update(line)
        identifier = f"bundle--{uuid.UUID(bytes=digest.digest()[:16], version=4)}"
        head = f'{{"type": "bundle", "id": "{identifier}", "objects": [\n'.encode()
        for line in self._object_lines():
            yield head + line
            head = b",\n"
        yield b"\n]}\n"

    def _object_lines(self) -> Iterator[bytes]:
        self._file.seek(0)
        for number in range(self._lines):
            line = self._file.readline().rstrip(b"\n")
            if number not in self._replaced:
                yield line
