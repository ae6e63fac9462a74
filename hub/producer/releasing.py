"""Turn a report into what may leave of it: the first two stages of the publishing pipeline (see `pipeline`).

1. The report is rendered as it stands, on top of the record of its earlier imports.
2. The release step makes of that what may leave for one audience, or says why nothing does.

Neither stage writes anything. `Release.files` are the records that must be kept, synced, before anything is sent: then no
id, time or pseudonym is ever used twice for different things, and `hub withdraw` finds all that may have left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hub.errors import HubError, ReadingError
from hub.home.member import OwnMember
from hub.producer.faults import in_words
from hub.release.policy import Approvals, Audience
from hub.release.preview import Preview
from hub.release.record import (
    File,
    PendingFiles,
    ReleaseRecord,
    load_declarations,
    load_release_record,
    load_render_record,
    release_record_file,
    render_record_files,
)
from hub.release.stages import Declarations, add_earlier_declarations, collect_declarations
from hub.rendering.render import Rendered, render
from hub.rendering.versions import Content
from hub.reports.read import ReadOptions, Report, RowError, read_reports

if TYPE_CHECKING:
    from hub.release.step import Withheld

_NEVER_RELEASED = ReleaseRecord()


def files_of_rendering(
    member: OwnMember, report: Report, rendered: Rendered, pending_file: PendingFiles | None = None
) -> list[File]:
    """The records of the import: a later rendering of the same report builds on them."""
    declared = collect_declarations(report, member, load_declarations(member, report, pending_file)[0])
    return render_record_files(member, report, rendered.record, declared)


@dataclass(frozen=True, slots=True)
class Release:
    """What leaves of one report for one audience: bundles in sending order, and what the officer sees before.

    `first` says that nothing of this report has left for this audience before.
    """

    report: Report
    bundles: tuple[tuple[Content, ...], ...]
    preview: Preview
    first: bool
    _member: OwnMember = field(repr=False)
    _audience: Audience = field(repr=False)
    _rendered: Rendered = field(repr=False)
    _record: ReleaseRecord = field(repr=False)
    _declared: Declarations = field(repr=False)

    def files(self) -> list[File]:
        """The records of the import and of the release, which must be kept before anything is sent."""
        return [
            *render_record_files(self._member, self.report, self._rendered.record, self._declared),
            release_record_file(self._member, self.report, self._audience, self._record),
        ]


def read(file: Path, options: ReadOptions, format_: str | None = None) -> Iterator[Report | RowError]:
    """The reports in a file. A report that cannot be read is a RowError; ReadingError where the file, or its rest, cannot."""
    number = 0
    try:
        for number, report in enumerate(read_reports(file, format=format_, options=options), 1):  # noqa: B007
            yield report
    except HubError:
        raise
    except Exception as error:
        raise ReadingError(f"{file}: after report {number}: {in_words(error)}") from error


def render_report(
    report: Report,
    member: OwnMember,
    now: datetime,
    *,
    exercise: bool = False,
    pending_file: PendingFiles | None = None,
) -> Rendered:
    """The report as STIX, as it stands at the CERT (1).

    `pending_file` finds records of this run that are not on disk yet; they count before those on disk. Two stages of a report
    in one sheet are then two versions of one incident.
    """
    record = load_render_record(member, report, pending_file)
    return render(report, member, record=record, now=now, exercise=exercise)


def release_report(  # noqa: PLR0913 - what decides a release
    report: Report,
    member: OwnMember,
    audience: Audience,
    now: datetime,
    *,
    approvals: Approvals | None = None,
    exercise: bool = False,
    pending_file: PendingFiles | None = None,
) -> Release | Withheld:
    """What of the report may leave for this audience, or why nothing may (1, 2). `pending_file` as for `render_report`."""
    from hub.release.space import confirm_values  # noqa: PLC0415 - the release step is an eighth of a second to load,
    from hub.release.step import Released, Withheld, release  # noqa: PLC0415 - and rendering needs nothing of it

    before = load_release_record(member, report, audience, pending_file)
    let_out = before.approvals_in_force(approvals or Approvals())
    confirmed = let_out.values | let_out.confirmed
    report = confirm_values(report, confirmed)
    earlier = load_declarations(member, report, pending_file)
    declared = collect_declarations(report, member, earlier[0], confirmed)
    report = add_earlier_declarations(report, earlier, confirmed)
    rendered = render_report(report, member, now, exercise=exercise, pending_file=pending_file)
    if before.withdrawn:
        day = str(before.history[-1]["at"])[:10]
        return Withheld(
            f"It was withdrawn on {day}, and a revocation is final (STIX 2.1, 3.6). To publish it again, give the report "
            "another id.",
            Preview(f"{report.source or report.report_id}: withdrawn from {audience.collection}", ()),
        )
    released = release(rendered, report, member, audience, approvals=approvals, record=before, now=now)
    if not isinstance(released, Released):
        return replace(released, files=tuple(render_record_files(member, report, rendered.record, declared)))
    return Release(
        report=report,
        bundles=tuple(bundle for bundle in (released.contents, released.lone_contents) if bundle),
        preview=released.preview,
        first=before == _NEVER_RELEASED,
        _member=member,
        _audience=audience,
        _rendered=rendered,
        _record=released.record,
        _declared=declared,
    )
