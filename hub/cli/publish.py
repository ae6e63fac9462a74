"""`hub publish`: send files to a collection, by way of the outbox, and say what became of each object.

1. Every file is read and released before anything is kept or sent: a slip in the second does not halve the work. What
   was prepared waits on disk (`spool`), so that a file of any length fits into little memory.
   STIX goes as it stands; of a report leaves what the release step lets out, with the victim protected.
2. With --preview, what would leave is shown beside what stays, and that is all.
3. What leaves for the first time is asked about, where a person is at the terminal.
4. The records of the releases are kept, all bundles are put into the outbox, and from there they are sent: what a
   broken line leaves behind waits there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from hub.cli import DONE, REFUSED, SOME_REFUSED
from hub.cli.client import client, connection_arguments, environment, home, outbox, outbox_arguments, progress
from hub.cli.reports import approval_arguments, approvals, audience, now, reading_arguments, reports, this_member
from hub.errors import ConnectionFailedError, ReadingError, ReleaseError
from hub.home.member import Member
from hub.producer.api import HubClient
from hub.producer.bundles import stix_objects
from hub.producer.outbox import Outbox, Settled
from hub.producer.spool import Prepared, Spool
from hub.producer.standing import refuse_what_stays
from hub.release.policy import Audience
from hub.release.record import keep_file
from hub.reports.read import Report
from hub.reports.report import Kind
from hub.taxii import resources

EXAMPLE = (
    "  export HUB_URL=https://hub.example/asean/ HUB_KEY=…\n"
    "  hub publish reports.xlsx --to id --preview\n"
    "  hub publish reports.xlsx --to id\n"
    '  hub publish reports.xlsx --to id --approve 736d9acb3126cede --officer "A. Officer"  # the key: from the preview\n'
    "  hub publish bundle.json --to indicators\n"
)
_HEAD_BYTES = 4096  # of a file, enough to tell STIX from a report


def arguments(parser: argparse.ArgumentParser, *, to: str | None = None) -> None:
    """What the command takes; `to` is where it goes if the user does not say."""
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="reports (form, MISP, IntelMQ, n6, IODEF, X-ARF, VERIS) or STIX",
    )
    parser.add_argument("--to", required=to is None, default=to, metavar="COLLECTION", help="id, alias or title")
    parser.add_argument("--preview", action="store_true", help="show what would leave, and send nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask before something leaves for the first time")
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
    """Send the files; 1 where something was refused or held back, 4 where the hub is away and files wait."""
    folder = home(environment())
    with client(args, environment()) as hub, Spool(folder) as spool:
        # (1)
        desk = _Desk(args, hub, spool)
        for file in args.files:
            for one in desk.prepare(file):
                # (2)
                if args.preview:
                    print(one.preview, flush=True)
                spool.add(one)
        if args.preview:
            return SOME_REFUSED if desk.held_back else DONE
        if not spool.count:
            return SOME_REFUSED
        # (3)
        if not args.yes and not _agreed(spool):
            print("Nothing was sent.", file=sys.stderr)
            return REFUSED
        # (4)
        for one in spool:
            for path, body in one.files:
                keep_file(path, body)
        box = outbox(args, environment())
        names = [
            box.put(bundle, hub=hub.connection.url, to=args.to, source=one.source)
            for one in spool
            for bundle in one.bundles
        ]
        refused = 0
        for settled in send(hub, box, names, as_json=args.json):
            refused += settled.refused
    return SOME_REFUSED if desk.held_back or refused else DONE


class _Desk:
    """Step 1: files to what may leave. `held_back` counts the rows and reports that did not get so far."""

    def __init__(self, args: argparse.Namespace, hub: HubClient, spool: Spool) -> None:
        self._args = args
        self._hub = hub
        self._spool = spool
        self._there: Audience | None = None
        self.held_back = 0

    def prepare(self, file: Path) -> Iterator[Prepared]:
        """The bundles that a file comes to. ReadingError says why a file cannot be used."""
        if _is_stix(file) and self._args.format is None:
            yield _as_it_stands(file, home(environment()), approvals(self._args).values)
            return
        member = this_member(environment())
        there = self._there = self._there or self._audience()
        unused = 0
        for report in reports(file, self._args, member):
            if isinstance(report, Report):
                unused += len(report.unused)
                yield from self._released(report, file, member, there)
            else:
                self.held_back += 1
        if unused:
            print(
                f"{file}: {unused} fields have no place in STIX or no use; `hub convert` names them.", file=sys.stderr
            )

    def _released(self, report: Report, file: Path, member: Member, there: Audience) -> Iterator[Prepared]:
        from hub.producer.desk import Leaving, leaving  # noqa: PLC0415 - loads stix2, which STIX files need not

        found = leaving(
            report,
            member,
            there,
            now(),
            approvals=approvals(self._args),
            exercise=self._args.exercise,
            unkept=self._spool.unkept,
        )
        preview = found.preview.json() if self._args.json else found.preview.text()
        if not isinstance(found, Leaving):
            self.held_back += 1
            print(f"{file}: {report.report_id}: nothing leaves. {found.reason}", file=sys.stderr)
            if self._args.preview:
                print(preview)
            return
        if report.kind is Kind.CASE and not there.incidents:
            print(
                f"{file}: {report.report_id}: {there.title!r} takes no incidents: its indicators leave, without it.",
                file=sys.stderr,
            )
        yield Prepared(report.report_id, found.bundles, preview, found.first, found.files())

    def _audience(self) -> Audience:
        url, folder = self._hub.connection.url, home(environment())
        return audience(self._args.to, url, self._collections(), folder, exercise=self._args.exercise)

    def _collections(self) -> list[resources.Collection] | None:
        try:
            return self._hub.collections()
        except ConnectionFailedError:
            return None


def _is_stix(file: Path) -> bool:
    """Whether the file begins like a STIX bundle, a TAXII envelope or a STIX object."""
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError as error:
        raise ReadingError(f"{file}: {error.strerror}") from None
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and (
        b'"bundle--' in head or b'"spec_version"' in head or (b'"objects"' in head and b'"Event"' not in head)
    )


def _as_it_stands(file: Path, folder: Path, approved: Collection[str]) -> Prepared:
    objects = stix_objects(file)
    try:
        refuse_what_stays(objects, folder, approved)
    except ReleaseError as error:
        raise ReleaseError(f"{file}: {error}") from None
    kinds = Counter(str(item.get("type")) for item in objects)
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return Prepared(file.name, [objects], f"{file}: {len(objects)} objects, as they stand: {counts}")


def send(hub: HubClient, box: Outbox, names: Sequence[str], *, as_json: bool) -> Iterator[Settled]:
    """Send what waits, and print what became of each file; those of `names` that another process sent, too."""
    missing = dict.fromkeys(names)
    try:
        for one in box.send(hub.connection, progress=progress()):
            missing.pop(one.name, None)
            show(box, one, as_json=as_json)
            yield one
    except ConnectionFailedError as error:
        raise ConnectionFailedError(f"{error}. {_waits(box)}") from None
    for name in missing:
        found = box.settled(name)
        if found is None:
            raise ReadingError(f"{box.folder / name}: the file has gone from the outbox")
        show(box, found, as_json=as_json)
        yield found


def show(box: Outbox, settled: Settled, *, as_json: bool) -> None:
    """What became of one file: a sentence, and a line for each object that was refused."""
    if as_json:
        record = {"file": settled.name, "source": settled.source, "refused": settled.refused}
        print(json.dumps({**record, **settled.receipt.as_dict()}, ensure_ascii=False), flush=True)
        return
    print(f"{settled.source or settled.name}: {settled.receipt.in_words()}", flush=True)
    if settled.refused:
        print(f"  It is kept in {box.folder / 'refused' / settled.name}; mend it and publish it again.", flush=True)


def _agreed(spool: Spool) -> bool:
    if not spool.asking or not sys.stdin.isatty():
        return True
    for one in spool:
        if one.ask:
            print(one.preview, file=sys.stderr)
    print("This leaves for the first time. Send it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _waits(box: Outbox) -> str:
    count = len(box.waiting())
    files = "1 file waits" if count == 1 else f"{count} files wait"
    return f"{files} in {box.folder}, and nothing is lost: `hub outbox send` sends them"
