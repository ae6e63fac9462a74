"""What the desk does with a draft: read it, show what would leave, seal that, send it.

It uses the pipeline of `hub publish` (`producer.pipeline`): render, release, spool, send. A preview goes as far as the spool,
which changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from hub.desk.drafts import Answer, Draft, Drafts, Seal
from hub.errors import ConfigurationError, HubError, NotFoundError, ReadingError, ReleaseError
from hub.home.member import OwnMember, load_member
from hub.producer.api import HubClient
from hub.producer.audience import collections_at
from hub.producer.faults import describe_error
from hub.producer.pipeline import Destination, Pipeline
from hub.protocol.labels import EXERCISE
from hub.release.held import OfficerAnswer, add_answers
from hub.release.policy import Approvals, Decision
from hub.release.preview import Preview, PreviewRow
from hub.reports.corrections import CORRECTABLE, read_corrected
from hub.reports.detect import detect_format
from hub.reports.read import ReadOptions, Report, RowError, read_reports
from hub.stix.tlp import BY_WORD
from hub.taxii.resources import CollectionResource

if TYPE_CHECKING:
    from hub.producer.releasing import Release
    from hub.release.step import Withheld

SEAL_MINUTES: Final = 60  # for which a preview can be confirmed
# types that are never in a bundle of lone indicators
_INCIDENT_TYPES: Final = frozenset({"incident", "report", "grouping", "observed-data", "sighting"})
_HEAD_BYTES: Final = 64 * 1024  # from which the format is detected


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading a draft: its reports, and the rows that could not be read, by place."""

    format: str
    reports: tuple[Report, ...]
    errors: tuple[RowError, ...]
    failure: str = ""  # why the file, or the rest of it, cannot be read

    @property
    def mendable(self) -> bool:
        """Whether the form can correct its rows."""
        return self.format in CORRECTABLE


@dataclass(frozen=True, slots=True)
class OutgoingReport:
    """One report as it would leave. `reason` says why nothing leaves; `contents` are the objects, `lone` the lone indicators."""

    report: Report
    preview: Preview
    reason: str = ""
    first: bool = False
    contents: tuple[dict[str, Any], ...] = ()
    lone: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingReports:
    """All reports of a draft as they would leave for one collection."""

    reports: tuple[OutgoingReport, ...]
    undecided: int  # approved values that need a reason as well
    stale: frozenset[str]  # keys of decisions whose value has changed or is no longer held
    digest: str  # of everything that would leave

    @property
    def leaving_reports(self) -> tuple[OutgoingReport, ...]:
        """The reports of which something leaves."""
        return tuple(report for report in self.reports if not report.reason)


class Desk:
    """The officer's desk: the home, the hub, the drafts. `connect` opens a new connection for one request."""

    def __init__(self, home: Path, connect: Callable[[], HubClient]) -> None:
        self.home = home
        self.connect = connect
        self.drafts = Drafts(home)

    def member(self) -> OwnMember:
        """The CERT of the home."""
        return load_member(self.home)

    def collections(self) -> list[CollectionResource]:
        """The collections to which this account may write; if the hub cannot be reached, as it described them last."""
        with self.connect() as hub:
            return [collection for collection in collections_at(hub.connection, self.home) if collection.can_write]

    def read(self, draft: Draft) -> Reading:
        """Read the draft's file, with the corrected cells."""
        body = self.drafts.body(draft)
        form = draft.format or detect_format(body[:_HEAD_BYTES], draft.name) or ""
        reports: list[Report] = []
        errors: list[RowError] = []
        failure = ""
        try:
            for reading in self._readings(draft, body, form):
                if isinstance(reading, RowError):
                    errors.append(reading)
                else:
                    reports.append(reading)
        except (HubError, ValueError) as error:
            failure = str(error)
        except Exception as error:  # noqa: BLE001 - the page shows any error that a broken file causes
            failure = f"{draft.name}: after report {len(reports)}: {describe_error(error)}"
        if not (reports or errors or failure):
            failure = f"{draft.name}: there is no report in it"
        return Reading(form, tuple(reports), tuple(errors), failure)

    def _readings(self, draft: Draft, body: bytes, form: str) -> Iterator[Report | RowError]:
        options = self.options(draft)
        if form in CORRECTABLE:
            return read_corrected(body, draft.name, form, options, draft.changes)
        return read_reports(body, format=draft.format or None, name=draft.name, options=options)

    def options(self, draft: Draft) -> ReadOptions:
        """The options for reading the draft's file."""
        return ReadOptions(
            zone=zone_of(draft.zone),
            default_tlp=draft.tlp,  # type: ignore[arg-type] # one of its words: the page offers no other
            default_country=self.member().country,
            encoding=draft.encoding or None,
        )

    def preview(self, draft: Draft, reading: Reading, now: datetime) -> OutgoingReports:
        """What would leave of the reports if they were released at this time. Nothing is stored or sent."""
        with self.connect() as hub, self._pipeline(hub, draft, now) as pipeline:
            return _outgoing_reports(pipeline, reading, draft.answers)

    def seal(self, draft: Draft, reports: OutgoingReports, now: datetime) -> Draft:
        """Note what the officer is shown before the confirmation."""
        return self.drafts.change(draft.id, seal=Seal(now.isoformat(), reports.digest))

    def send(self, draft: Draft, digest: str) -> Draft:
        """Send what was sealed with this digest, and nothing else. ConfigurationError if something else would leave now."""
        seal = self.drafts.take_seal(draft.id, digest)
        if seal is None:
            raise ConfigurationError("Look again at what leaves: it was sent already, or something was changed.")
        try:
            return self._send_sealed(draft, seal)
        except HubError:
            self.drafts.change(draft.id, agreed="")  # nothing was sent
            raise

    def _send_sealed(self, draft: Draft, seal: Seal) -> Draft:
        """Send the draft; HubError if nothing was stored or sent."""
        sealed_at = datetime.fromisoformat(seal.at)
        if (datetime.now(UTC) - sealed_at).total_seconds() > SEAL_MINUTES * 60:
            raise ConfigurationError(f"You looked at it more than {SEAL_MINUTES} minutes ago: look again.")
        reading = self.read(draft)
        with self.connect() as hub, self._pipeline(hub, draft, sealed_at) as pipeline:
            reports = _outgoing_reports(pipeline, reading, draft.answers)
            if reports.digest != seal.digest:
                raise ConfigurationError("What would leave is no longer what you were shown: look again.")
            results: list[str] = []
            is_refused, failure = False, ""
            try:
                for delivery in pipeline.send():
                    source = f"{delivery.source}: " if delivery.source else ""
                    results.append(source + delivery.receipt.in_words())
                    is_refused = is_refused or delivery.refused
            except ReleaseError:
                raise  # nothing was stored or sent
            except HubError as error:  # a part may be in the outbox, or at the hub
                failure = str(error)
        return self.drafts.change(draft.id, sent=_now(), results=results, refused=is_refused, failed=failure)

    def is_drill(self, to: str) -> bool:
        """Whether the collection is for drills; False if that is unknown."""
        try:
            return any(
                to in (collection.id, collection.alias, collection.title) and EXERCISE in collection.x_hub_profiles
                for collection in self.collections()
            )
        except HubError:
            return False

    def _pipeline(self, hub: HubClient, draft: Draft, now: datetime) -> Pipeline:
        destination = Destination(hub.connection, draft.to, self.home, hub.outbox)
        return Pipeline(
            destination,
            approvals=approvals(draft),
            exercise=self._is_exercise(hub, draft.to),
            now=lambda: now,
        )

    def _is_exercise(self, hub: HubClient, to: str) -> bool:
        """Whether the collection is for drills, so that the reports are marked as an exercise."""
        for collection in collections_at(hub.connection, self.home):
            if to in (collection.id, collection.alias, collection.title):
                return EXERCISE in (collection.x_hub_profiles or ())
        raise NotFoundError(f"The hub has no collection {to!r} for this account: choose another one.")


def approvals(draft: Draft) -> Approvals:
    """The officer's decisions. ConfigurationError if there are decisions without the officer's name."""
    if (draft.answers or draft.leave or draft.named_by) and not draft.officer:
        raise ConfigurationError("A decision needs a name: write who decides.")
    named_approvals = Approvals(
        officer=draft.officer, named_by=draft.named_by, tlp=BY_WORD[draft.leave] if draft.leave else None
    )
    answers = [
        OfficerAnswer(key, Decision(answer.decision), answer.despite, answer.value)
        for key, answer in draft.answers.items()
    ]
    return add_answers(named_approvals, answers)


def zone_of(name: str) -> ZoneInfo | None:
    """The time zone with this name; None for "". ReadingError if there is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ReadingError(f"There is no time zone {name!r}; they are named like Asia/Jakarta.") from None


def shown_value(row: PreviewRow) -> str:
    """The whole held value about which the officer decides."""
    return row.value or row.here


def _outgoing_reports(pipeline: Pipeline, reading: Reading, answers: Mapping[str, Answer]) -> OutgoingReports:
    reports = [_outgoing_report(report, pipeline.add_report(report)) for report in reading.reports]
    rows = {row.key: row for outgoing in reports for row in outgoing.preview.rows if row.key}
    stale = frozenset(
        key for key, answer in answers.items() if key not in rows or shown_value(rows[key]) != answer.value
    )
    digest = hashlib.sha256()
    for release in pipeline.spool:
        # without the preview: it has only the reasons, and its lists may be in another order
        bundles = [list(bundle) for bundle in release.bundles]
        digest.update(orjson.dumps([release.source, release.needs_confirmation, bundles], option=orjson.OPT_SORT_KEYS))
    return OutgoingReports(tuple(reports), len(pipeline.decisions.items_without_reason()), stale, digest.hexdigest())


def _outgoing_report(report: Report, outcome: Release | Withheld) -> OutgoingReport:
    from hub.producer.releasing import Release  # noqa: PLC0415 - loads stix2, a third of a second

    if not isinstance(outcome, Release):
        return OutgoingReport(report, outcome.preview, outcome.reason)
    bundles = {any(item["type"] in _INCIDENT_TYPES for item in bundle): tuple(bundle) for bundle in outcome.bundles}
    # several bundles of one kind: show all objects together, and none as lone indicators
    if len(bundles) < len(outcome.bundles):
        return OutgoingReport(
            report, outcome.preview, "", outcome.first, tuple(item for contents in outcome.bundles for item in contents)
        )
    return OutgoingReport(report, outcome.preview, "", outcome.first, bundles.get(True, ()), bundles.get(False, ()))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
