"""The duty officer's desk: from a report to what may leave, with the records that the CERT keeps of it.

1. The report is rendered as it stands, on top of what earlier imports of it left.
2. The release step makes of that what may leave for one audience, or says why nothing does.
3. Both records are kept, synced, before anything is handed on: no id, time or pseudonym is ever given out twice for
   different things, and `hub withdraw` finds whatever may have left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from hub.errors import ReleaseError
from hub.producer.member import Member
from hub.producer.readers import ReadOptions, Report, RowError, read_reports
from hub.producer.release import (
    Approvals,
    Audience,
    Preview,
    Released,
    Withheld,
    load_release_record,
    load_render_record,
    release,
    save_release_record,
    save_render_record,
    withdrawal,
)
from hub.producer.release.record import ReleaseRecord, keep_withdrawn, parse_release_record, released_records
from hub.producer.render import Rendered, render
from hub.producer.versions import Content, Record, Version, timestamp

_NOTHING_LEFT = ReleaseRecord()


@dataclass(slots=True)
class Unkept:
    """Records of one run that are not on disk yet. What is released next builds on them as it would on those kept:
    two stages of a report in one sheet are two versions of one incident, and the CERT's own identity is one object.
    """

    own: Mapping[str, Version] = field(default_factory=dict)
    imported: dict[tuple[str, str], Record] = field(default_factory=dict)
    released: dict[tuple[str, str, str], ReleaseRecord] = field(default_factory=dict)


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

    def keep(self) -> None:
        """Keep the records of the import and of the release (3)."""
        save_render_record(self._member, self.report, self._rendered.record)
        save_release_record(self._member, self.report, self._audience, self._record)


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
    """What of the report may leave for this audience. Nothing is kept or sent yet; `unkept` notes what is to be kept."""
    unkept = unkept if unkept is not None else Unkept()
    name = (report.source_format, report.report_id)
    # (1)
    known = unkept.imported.get(name) or load_render_record(member, report)
    rendered = render(report, member, record=replace(known, own=unkept.own or known.own), now=now, exercise=exercise)
    # (2)
    before = unkept.released.get((*name, audience.purpose)) or load_release_record(member, report, audience)
    if before.history and before.history[-1].get("withdrawn"):
        when = str(before.history[-1]["at"])
        return Withheld(
            f"It was withdrawn on {when[:10]}, which is for good (STIX 2.1, 3.6): to publish it anew, give it another id.",
            Preview(f"{report.source or report.report_id}: withdrawn from {audience.collection}", ()),
        )
    released = release(rendered, report, member, audience, approvals=approvals, record=before, now=now)
    if not isinstance(released, Released):
        return released
    unkept.own = rendered.record.own
    unkept.imported[name] = rendered.record
    unkept.released[(*name, audience.purpose)] = released.record
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
    """Every release of the report with this id, to whichever audience. ReleaseError where there is none."""
    found: list[TakenBack] = []
    for path, data in released_records(member):
        if data.get("report_id") != report_id:
            continue
        back = withdrawal(parse_release_record(data), timestamp(now))
        bundles = tuple(tuple(bundle) for bundle in (back.contents, back.lone) if bundle)
        found.append(TakenBack(report_id, str(data["collection"]), bundles, back.delete, path, back.record))
    if not found:
        raise ReleaseError(f"Nothing of a report {report_id!r} was released from this home ({member.home}).")
    return found
