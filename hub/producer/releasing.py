"""Rendering and releasing a report: the first two stages of the publishing pipeline (see `pipeline`).

1. The whole report is rendered, continuing the record of its earlier imports.
2. The release step makes from it what may leave for one audience, or says why nothing may.

Neither stage writes anything. `Release.files` are the records that must be written and synced before anything is sent. So
no id, time or pseudonym is ever used for two different things, and `hub withdraw` finds everything that may have left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hub.errors import HubError, ReadingError
from hub.home.member import OwnMember
from hub.producer.faults import describe_error
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


def rendering_files(
    member: OwnMember, report: Report, rendered: Rendered, pending_file: PendingFiles | None = None
) -> list[File]:
    """The records of the import, which a later rendering of the same report continues."""
    declarations = collect_declarations(report, member, load_declarations(member, report, pending_file)[0])
    return render_record_files(member, report, rendered.record, declarations)


@dataclass(frozen=True, slots=True)
class Release:
    """What leaves of one report for one audience: bundles in sending order, and the preview for the officer.

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
    _declarations: Declarations = field(repr=False)

    def files(self) -> list[File]:
        """The records of the import and of the release, which must be written before anything is sent."""
        return [
            *render_record_files(self._member, self.report, self._rendered.record, self._declarations),
            release_record_file(self._member, self.report, self._audience, self._record),
        ]


def read(file: Path, options: ReadOptions, format_: str | None = None) -> Iterator[Report | RowError]:
    """The reports in a file. A report that cannot be read is a RowError; ReadingError if the file cannot be read any further."""
    number = 0
    try:
        for number, report in enumerate(read_reports(file, format=format_, options=options), 1):  # noqa: B007
            yield report
    except HubError:
        raise
    except Exception as error:
        raise ReadingError(f"{file}: after report {number}: {describe_error(error)}") from error


def render_report(
    report: Report,
    member: OwnMember,
    now: datetime,
    *,
    exercise: bool = False,
    pending_file: PendingFiles | None = None,
) -> Rendered:
    """The whole report as STIX (1).

    `pending_file` finds records of this run that are not on disk yet; they replace those on disk. So two stages of a report
    in one sheet become two versions of one incident.
    """
    record = load_render_record(member, report, pending_file)
    return render(report, member, record=record, now=now, exercise=exercise)


def release_report(  # noqa: PLR0913 - everything that decides a release
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

    record = load_release_record(member, report, audience, pending_file)
    approvals_in_force = record.approvals_in_force(approvals or Approvals())
    confirmed_values = approvals_in_force.values | approvals_in_force.confirmed
    report = confirm_values(report, confirmed_values)
    earlier_declarations = load_declarations(member, report, pending_file)
    declarations = collect_declarations(report, member, earlier_declarations[0], confirmed_values)
    report = add_earlier_declarations(report, earlier_declarations, confirmed_values)
    rendered = render_report(report, member, now, exercise=exercise, pending_file=pending_file)
    if record.withdrawn:
        day = str(record.history[-1]["at"])[:10]
        return Withheld(
            f"It was withdrawn on {day}, and a revocation is final (STIX 2.1, 3.6). To publish it again, give the report "
            "another id.",
            Preview(f"{report.source or report.report_id}: withdrawn from {audience.collection}", ()),
        )
    outcome = release(rendered, report, member, audience, approvals=approvals, record=record, now=now)
    if not isinstance(outcome, Released):
        return replace(outcome, files=tuple(render_record_files(member, report, rendered.record, declarations)))
    return Release(
        report=report,
        bundles=tuple(bundle for bundle in (outcome.contents, outcome.lone_contents) if bundle),
        preview=outcome.preview,
        first=record == _NEVER_RELEASED,
        _member=member,
        _audience=audience,
        _rendered=rendered,
        _record=outcome.record,
        _declarations=declarations,
    )
