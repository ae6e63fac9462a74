"""The duty officer's desk: from a report to what may leave, with the records that the CERT keeps of it.

1. The report is rendered as it stands, on top of what earlier imports of it left.
2. The release step makes of that what may leave for one audience, or says why nothing does.
3. Both records are kept, synced, before anything is handed on: no id, time or pseudonym is ever given out twice for
   different things, and `hub withdraw` finds whatever may have left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from hub.errors import ReleaseError
from hub.home.member import Member
from hub.release.policy import Approvals, Audience
from hub.release.preview import Preview
from hub.release.record import (
    File,
    ReleaseRecord,
    Unkept,
    keep_file,
    keep_withdrawn,
    load_release_record,
    load_render_record,
    parse_release_record,
    release_record_file,
    released_records,
    render_record_files,
    save_render_record,
    withdrawal,
)
from hub.release.step import Released, Withheld, release
from hub.rendering.render import Rendered, render
from hub.rendering.versions import Content, timestamp
from hub.reports.read import ReadOptions, Report, RowError, read_reports

_NOTHING_LEFT = ReleaseRecord()


@dataclass(frozen=True, slots=True)
class Leaving:
    """One report's release: bundles to send, in this order, and what the officer should see before the first one.

    `first` says that nothing of this report has left for this audience before. `keep` has to be called before sending.
    """

    report: Report
    bundles: tuple[tuple[Content, ...], ...]
    preview: Preview
    first: bool
    _member: Member = field(repr=False)
    _audience: Audience = field(repr=False)
    _rendered: Rendered = field(repr=False)
    _record: ReleaseRecord = field(repr=False)

    def files(self) -> list[File]:
        """The records of the import and of the release: what has to be kept before sending."""
        return [
            *render_record_files(self._member, self.report, self._rendered.record),
            release_record_file(self._member, self.report, self._audience, self._record),
        ]

    def keep(self) -> None:
        """Keep the records of the import and of the release (3)."""
        for path, body in self.files():
            keep_file(path, body)


def as_it_stands(report: Report, member: Member, now: datetime, *, exercise: bool = False) -> Rendered:
    """The report as STIX for the CERT's own eyes; the record of the import is kept, so that ids and times stay."""
    rendered = render(report, member, record=load_render_record(member, report), now=now, exercise=exercise)
    save_render_record(member, report, rendered.record)
    return rendered


def leaving(  # noqa: PLR0913 - each stands by its name
    report: Report,
    member: Member,
    audience: Audience,
    now: datetime,
    *,
    approvals: Approvals | None = None,
    exercise: bool = False,
    unkept: Unkept | None = None,
) -> Leaving | Withheld:
    """What of the report may leave for this audience. Nothing is kept or sent yet.

    `unkept` has the records of what was released just before and not kept yet: this release builds on them as on those
    kept. Two stages of a report in one sheet are two versions of one incident.
    """
    # (1)
    known = load_render_record(member, report, unkept)
    rendered = render(report, member, record=known, now=now, exercise=exercise)
    # (2)
    before = load_release_record(member, report, audience, unkept)
    if before.withdrawn:
        when = str(before.history[-1]["at"])
        return Withheld(
            f"It was withdrawn on {when[:10]}, which is for good (STIX 2.1, 3.6): to publish it anew, give it another id.",
            Preview(f"{report.source or report.report_id}: withdrawn from {audience.collection}", ()),
        )
    released = release(rendered, report, member, audience, approvals=approvals, record=before, now=now)
    if not isinstance(released, Released):
        return released
    return Leaving(
        report=report,
        bundles=tuple(bundle for bundle in (released.contents, released.lone) if bundle),
        preview=released.preview,
        first=before == _NOTHING_LEFT,
        _member=member,
        _audience=audience,
        _rendered=rendered,
        _record=released.record,
    )


def read(file: Path, options: ReadOptions, format_: str | None = None) -> Iterator[Report | RowError]:
    """The reports in a file; one that cannot be read is a RowError beside the others. ReadingError for a whole file."""
    yield from read_reports(file, format=format_, options=options)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """One release that is to be taken back: what to send, what to delete, and from where."""

    report_id: str
    collection: str
    bundles: tuple[tuple[Content, ...], ...]
    delete: tuple[str, ...]
    _path: Path = field(repr=False)
    _record: ReleaseRecord = field(repr=False)

    def keep_revoked(self) -> None:
        """Keep the revocations before they are sent: tried again, it sends the same ones, and still knows what to delete."""
        keep_withdrawn(self._path, replace(self._record, observed=self.delete))

    def keep_deleted(self) -> None:
        """Keep in the record that nothing of it is left there."""
        keep_withdrawn(self._path, self._record)


def taking_back(member: Member, report_id: str, now: datetime) -> Sequence[TakenBack]:
    """Every release of the report with this id, to whichever audience. ReleaseError where there is none.

    An observable that another report of this CERT let out to the same collection stays there, until that is withdrawn.
    """
    found: list[TakenBack] = []
    others: dict[str, set[str]] = {}  # collection -> observables of reports that stand
    for path, data in released_records(member):
        record, collection = parse_release_record(data), str(data["collection"])
        if data.get("report_id") != report_id:
            if not record.withdrawn:
                others.setdefault(collection, set()).update(record.observed)
            continue
        back = withdrawal(record, timestamp(now))
        bundles = tuple(tuple(bundle) for bundle in (back.contents, back.lone) if bundle)
        found.append(TakenBack(report_id, collection, bundles, back.delete, path, back.record))
    found = [
        replace(back, delete=tuple(ref for ref in back.delete if ref not in others.get(back.collection, ())))
        for back in found
    ]
    if not found:
        raise ReleaseError(f"Nothing of a report {report_id!r} was released from this home ({member.home}).")
    return found
