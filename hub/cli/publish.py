"""`hub publish`: send files to a collection, through the outbox, and print the result for each object.

It is the command line of the publishing pipeline (`producer.pipeline`):

1. Every file is read, released and spooled before anything is kept or sent.
2. With --preview, what would leave is shown beside what stays, and nothing else happens.
3. The officer must confirm before a report leaves for the first time, and before a decision takes effect. Without a
   terminal, `--yes` is needed.
4. Everything is sent through the outbox.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hub.cli import DONE, REFUSED, SOME_REFUSED
from hub.cli.agreement import confirm
from hub.cli.client import client, connection_arguments, environment, home, outbox, outbox_arguments
from hub.cli.deliveries import show_delivery
from hub.cli.progress import Progress
from hub.cli.reports import (
    approval_arguments,
    approvals,
    print_preview,
    reading_arguments,
    reports,
    show_outcomes,
    show_undecided,
    write_held,
)
from hub.errors import ReadingError, ReleaseError
from hub.pages.texts import gettext, ngettext
from hub.producer.bundles import stix_objects
from hub.producer.pipeline import Destination, Pipeline
from hub.release.preview import Preview
from hub.reports.read import Report
from hub.reports.report import ReportKind

EXAMPLE = (
    "  export HUB_URL=https://hub.example/asean/ HUB_KEY=…\n"
    "  hub publish reports.xlsx --to id --preview\n"
    "  hub publish reports.xlsx --to id\n"
    '  hub publish reports.xlsx --to id --approve 736d9acb3126cede --officer "A. Officer"  # the key: from the preview\n'
    "  hub publish bundle.json --to indicators\n"
)
_HEAD_BYTES = 4096  # of a file: enough to distinguish STIX from a report


def arguments(parser: argparse.ArgumentParser, *, to: str | None = None) -> None:
    """Add the arguments of the command; `to` is the default collection."""
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="reports (form, MISP, IntelMQ, n6, IODEF, X-ARF, VERIS) or STIX",
    )
    parser.add_argument("--to", required=to is None, default=to, metavar="COLLECTION", help="id, alias or title")
    parser.add_argument("--preview", action="store_true", help="show what would leave, and send nothing")
    parser.add_argument("--full", action="store_true", help="show every property of every object in a preview")
    parser.add_argument(
        "--yes",
        action="store_true",
        help="do not ask before a first publication or a decision takes effect; needed without a terminal",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print a receipt, or a preview, as one JSON object for each bundle or report",
    )
    parser.add_argument("--exercise", action="store_true", help="label reports as part of a drill")
    reading_arguments(parser)
    approval_arguments(parser)
    connection_arguments(parser)
    outbox_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Send the files. Returns 1 if something was refused or withheld, 4 if the hub cannot be reached and files wait."""
    folder, box = home(environment()), outbox(args, environment())
    with (
        client(args, environment()) as hub,
        Pipeline(
            Destination(hub.connection, args.to, folder, box),
            approvals=approvals(args),
            exercise=args.exercise,
            tell=lambda sentence: print(sentence, file=sys.stderr),
        ) as pipeline,
    ):
        # (1), (2)
        intake = _Intake(args, pipeline)
        for file in args.files:
            intake.add(file)
        if intake.is_empty:
            return REFUSED
        if args.held is not None:
            write_held(args.held, pipeline.decisions)
        pipeline.decisions.check()
        has_undecided = show_undecided(pipeline.decisions)
        if args.preview:
            return SOME_REFUSED if intake.withheld or intake.failures or has_undecided else DONE
        if not pipeline.spool.count:
            pipeline.keep_records()
            return SOME_REFUSED
        # (3)
        if not _confirm_sending(pipeline, args):
            print(gettext("Nothing was sent."), file=sys.stderr)
            return REFUSED
        # (4)
        with Progress(gettext("objects")) as progress:
            refusals = [show_delivery(delivery, box, as_json=args.json) for delivery in pipeline.send(progress.show)]
        show_outcomes(pipeline.decisions, args.officer.strip())
    return SOME_REFUSED if intake.withheld or intake.failures or has_undecided or any(refusals) else DONE


class _Intake:
    """Step 1: reads files and spools their releases.

    `withheld` counts the rows and reports of which nothing leaves, `failures` the files that could not be used, or not to
    their end.
    """

    def __init__(self, args: argparse.Namespace, pipeline: Pipeline) -> None:
        self._args = args
        self._pipeline = pipeline
        self.withheld = 0
        self.failures = 0

    @property
    def is_empty(self) -> bool:
        """Whether no file could be used."""
        return not self._pipeline.spool.count and self.failures == len(self._args.files)

    def add(self, file: Path) -> None:
        """Spool what may leave of a file, and print its preview with `--preview`. A file that cannot be used is named."""
        try:
            if _is_stix(file) and self._args.format is None:
                self._add_stix(file)
            else:
                self._add_reports(file)
        except (ReadingError, ReleaseError) as error:
            self.failures += 1
            print(f"hub publish: {error}", file=sys.stderr)

    def _add_reports(self, file: Path) -> None:
        member, _ = self._pipeline.member, self._pipeline.audience  # both raise their errors before the file is read
        unused = 0
        with Progress(gettext("reports")) as progress:
            for report in progress.count_items(reports(file, self._args, member)):
                if isinstance(report, Report):
                    unused += len(report.unused)
                    self._add_report(report, file)
                else:
                    self.withheld += 1
        if unused:
            sentence = gettext("{file}: {n} fields have no place in STIX or no use; `hub convert` names them.")
            print(sentence.format(file=file, n=unused), file=sys.stderr)

    def _add_stix(self, file: Path) -> None:
        try:
            release = self._pipeline.add_stix(stix_objects(file), source=file.name, title=str(file))
        except ReleaseError as error:
            raise ReleaseError(f"{file}: {error}") from None
        self._show(release.preview)

    def _add_report(self, report: Report, file: Path) -> None:
        from hub.release.step import Withheld  # noqa: PLC0415 - loads stix2, which STIX files do not need

        outcome = self._pipeline.add_report(report)
        if isinstance(outcome, Withheld):
            self.withheld += 1
            sentence = gettext("{file}: {report}: nothing leaves. {reason}")
            print(sentence.format(file=file, report=report.report_id, reason=outcome.reason), file=sys.stderr)
        elif report.kind is ReportKind.CASE and not self._pipeline.audience.incidents:
            title = repr(self._pipeline.audience.title)
            sentence = gettext("{file}: {report}: {collection} takes no incidents: its indicators leave, without it.")
            print(sentence.format(file=file, report=report.report_id, collection=title), file=sys.stderr)
        self._show(outcome.preview)

    def _show(self, preview: Preview) -> None:
        if self._args.preview:
            if self._args.json and preview.rows:
                print(preview.json())
            else:
                print_preview(preview, self._args, sys.stdout)
            sys.stdout.flush()


def _is_stix(file: Path) -> bool:
    """Whether the file begins like a STIX bundle, a TAXII envelope or a STIX object."""
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError as error:
        raise ReadingError(f"{file}: {error.strerror}") from None
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and (
        b'"bundle--' in head or b'"spec_version"' in head or (b'"objects"' in head and b'"Event"' not in head)
    )


def _confirm_sending(pipeline: Pipeline, args: argparse.Namespace) -> bool:
    """Step 3: show what cannot be undone, and ask the officer to confirm it."""
    has_decisions = bool(args.approve or args.disapprove or args.answers)
    if args.yes or not (pipeline.spool.confirmation_count or has_decisions):
        return True
    first_count, decision_count = pipeline.spool.confirmation_count, len(pipeline.decisions.decided_keys)
    first_text = ngettext("{n} report leaves for the first time", "{n} reports leave for the first time", first_count)
    decisions_text = ngettext("{n} decision takes effect", "{n} decisions take effect", decision_count)
    if sys.stdin.isatty():
        for release in pipeline.spool:
            if release.needs_confirmation:
                print_preview(release.preview, args, sys.stderr)
    effects = [first_text.format(n=first_count)] if first_count else []
    effects += [decisions_text.format(n=decision_count)] if has_decisions else []
    question = gettext("{what}, which cannot be undone. Send it?").format(what="; ".join(effects))
    return confirm(question, yes=args.yes)
