"""Feeds: many observations in few reports. A line becomes indicators or counted sightings, never an incident.

1. Each line is read into a :class:`FeedLine`: values of the adversary and of the victims, times, and a count.
2. Lines with the same TLP level and consent go into one batch, because a report has one marking.
3. After ``batch_lines`` lines, or at the end, the batch becomes a Report of kind ``feed``.

The id of the report is derived from the content of the lines: the same lines always give the same report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hub.reports.knowledge import Malware, Vulnerability
from hub.reports.losses import Unused
from hub.reports.markings import TlpWord
from hub.reports.moments import Moment, Timeline
from hub.reports.observables import Observable, Role, Sighting, SightingTarget
from hub.reports.reading.draft import Draft, distinct
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.roles import settle_roles
from hub.reports.references import Reference
from hub.reports.report import Report, ReportKind, ReportStatus
from hub.reports.rsit import RsitType
from hub.reports.victims import Consent, Victim


@dataclass(frozen=True, slots=True)
class FeedLine:
    """The content of one line of a feed. ``digest_input`` identifies the line: the id of the report is derived from it."""

    place: str
    digest_input: bytes
    rsit: RsitType
    tlp: TlpWord
    consent: Consent | None = None
    withheld_reason: str = ""  # as in Report; lines with different reasons go into different batches
    observables: tuple[Observable, ...] = ()
    first_seen: Moment | None = None
    last_seen: Moment | None = None
    count: int = 1
    country: str | None = None  # on the victims' side
    malware: str | None = None
    vulnerability: str | None = None
    service: str | None = None  # the exposed or abused service: "snmp"
    confidence: int | None = None
    references: tuple[Reference, ...] = ()
    target_victims: tuple[Victim, ...] = ()  # targets of the attack, besides the observables
    host_is_victim: bool = False  # count the reported host, not the host at the other end
    unused: tuple[Unused, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Batch:
    draft: Draft
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    lines: int = 0
    first_place: str = ""
    last_place: str = ""
    rsit: dict[RsitType, int] = field(default_factory=dict)
    sightings: dict[tuple[str, str, str | None, str, str | None], Sighting] = field(default_factory=dict)
    malware: dict[str, Malware] = field(default_factory=dict)
    vulnerabilities: dict[str, Vulnerability] = field(default_factory=dict)
    references: dict[Reference, None] = field(default_factory=dict)
    countries: dict[str, None] = field(default_factory=dict)
    target_victims: dict[Victim, None] = field(default_factory=dict)
    times: list[Moment] = field(default_factory=list)


class Feed:
    """Collects lines into reports; ``add`` and ``finish`` yield the complete ones."""

    def __init__(self, source_format: str, name: str, options: ReadOptions) -> None:
        self._format, self._name, self._options = source_format, name, options
        self._batches: dict[tuple[TlpWord, Consent | None, str], _Batch] = {}

    def add(self, line: FeedLine) -> Iterator[Report]:
        """Add a line; yield a report when its batch is full."""
        key = (line.tlp, line.consent, line.withheld_reason)
        batch = self._batches.get(key)
        if batch is None:
            batch = self._batches[key] = _Batch(Draft(self._options), first_place=line.place)
        self._add_to_batch(batch, line)
        if batch.lines >= self._options.batch_lines:
            del self._batches[key]
            yield self._report(batch, *key)

    def finish(self) -> Iterator[Report]:
        """Yield the reports of the remaining lines at the end of the file."""
        for key, batch in self._batches.items():
            yield self._report(batch, *key)
        self._batches.clear()

    def _add_to_batch(self, batch: _Batch, line: FeedLine) -> None:
        batch.lines += 1
        batch.last_place = line.place
        batch.digest.update(len(line.digest_input).to_bytes(8, "big") + line.digest_input)
        batch.rsit[line.rsit] = batch.rsit.get(line.rsit, 0) + 1
        for unused in line.unused:  # equal values become one row with a count
            batch.draft.note_unused(unused.key, unused.value, unused.reason, place=unused.place, count=unused.count)
        for warning in line.warnings:
            batch.draft.warn(warning)
        batch.target_victims |= dict.fromkeys(line.target_victims)
        for reference in line.references:
            batch.references[reference] = None
        if line.country:
            batch.countries[line.country] = None
        if line.malware:
            batch.malware.setdefault(line.malware, Malware(line.malware))
        if line.vulnerability:
            batch.vulnerabilities.setdefault(line.vulnerability, Vulnerability(line.vulnerability))
        batch.times += [moment for moment in (line.first_seen, line.last_seen) if moment]
        if len(batch.times) > 2:
            batch.times = [min(batch.times), max(batch.times)]
        observables = [batch.draft.observe(self._with_line_data(item, line)) for item in line.observables]
        indicators = [
            item for item in observables if item.as_indicator and item.role is Role.ADVERSARY and not item.hold_reason
        ]
        # If the reported host is a victim, count the victim and its country, not the indicator beside it.
        self._count(batch, line, [] if line.host_is_victim else indicators)

    @staticmethod
    def _with_line_data(item: Observable, line: FeedLine) -> Observable:
        return replace(
            item,
            first_seen=item.first_seen or line.first_seen,
            last_seen=item.last_seen or line.last_seen,
            valid_from=item.valid_from or line.first_seen if item.as_indicator else None,
            confidence=item.confidence if item.confidence is not None else line.confidence,
            labels=distinct((*item.labels, line.rsit.label)),
            malware=item.malware or line.malware,
        )

    @staticmethod
    def _count(batch: _Batch, line: FeedLine, indicators: list[Observable]) -> None:
        """Count the line as a sighting of its indicators; without one, of its malware, vulnerability or RSIT type."""
        targets: list[tuple[SightingTarget, str]]
        if indicators:
            targets = [("observable", " ".join(item.key)) for item in indicators]
        elif line.malware:
            targets = [("malware", line.malware)]
        elif line.vulnerability:
            targets = [("vulnerability", line.vulnerability)]
        else:
            targets = [("classification", f"{line.rsit.rsit_class}/{line.rsit.type}")]
        moments = [moment for moment in (line.first_seen, line.last_seen) if moment]
        for target_type, target in targets:
            key = (target_type, target, line.country, line.rsit.label, line.service)
            earlier = batch.sightings.get(key)
            if earlier is not None:
                moments += [moment for moment in (earlier.first_seen, earlier.last_seen) if moment]
            scores = [
                score for score in (line.confidence, earlier.confidence if earlier else None) if score is not None
            ]
            batch.sightings[key] = Sighting(
                target_type,
                target,
                count=line.count + (earlier.count if earlier else 0),
                first_seen=min(moments, default=None),
                last_seen=max(moments, default=None),
                country=line.country,
                detail=line.service,
                confidence=min(scores, default=None),
                labels=(line.rsit.label,),
            )

    def _report(self, batch: _Batch, tlp: TlpWord, consent: Consent | None, withheld_reason: str) -> Report:
        commonest = sorted(batch.rsit, key=lambda line: -batch.rsit[line])
        names = ", ".join(f"{line.name} ({batch.rsit[line]})" for line in commonest[:3])
        report = Report(
            report_id=f"{self._format}-{batch.digest.hexdigest()[:32]}",
            source_format=self._format,
            title=f"Feed of {batch.lines} observations: {names}" + (" and others" if len(commonest) > 3 else ""),
            kind=ReportKind.FEED,
            rsit=tuple((line.rsit_class, line.type) for line in commonest),
            incident_types=distinct(word for line in commonest for word in line.incident_types),
            labels=tuple(line.label for line in commonest),
            status=ReportStatus.CLOSED,
            tlp=tlp,
            consent=consent,
            withheld_reason=withheld_reason,
            countries=tuple(batch.countries),
            timeline=Timeline(started=min(batch.times, default=None), ended=max(batch.times, default=None)),
            detection_methods=("automated-tool",),
            malware=tuple(batch.malware.values()),
            vulnerabilities=tuple(batch.vulnerabilities.values()),
            observables=batch.draft.observables,
            sightings=tuple(batch.sightings.values()),
            references=tuple(batch.references),
            secondary_victims=tuple(batch.target_victims),
            unused=batch.draft.unused_rows,
            warnings=batch.draft.warnings,
            source=f"{self._name}, {batch.first_place} to {batch.last_place}"
            if batch.lines > 1
            else f"{self._name}, {batch.first_place}",
        )
        return settle_roles(report)
