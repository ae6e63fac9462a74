"""The intermediate model: what a report says, before it becomes STIX.

Every reader fills a :class:`Report`, one renderer makes STIX of it, and the release step looks at its roles and
consent. It is the plain form of the member CERTs as types; a format that says less leaves fields empty, and what
has no field here is named in :attr:`Report.unused`, never dropped in silence and never carried along as ``x_…``.

Three kinds of report:

``case``
    One incident: IODEF, MISP, VERIS, X-ARF, the form. The renderer makes one incident with a container report.
``feed``
    A batch of automatic observations (IntelMQ, n6): indicators for the adversary's side, counted sightings for the
    victims' side, **no** incident. One Report holds up to some hundred lines of one TLP level and one consent.
``watch``
    Indicators passed on without an incident (IODEF ``purpose="watch"``): a container report, no victim.

Conventions, in every class:

* An absent value is ``None`` or empty: "not shared". A count of 0 is "none". The two are never mixed up.
* Words are the standards' own: RSIT keys, the vocabularies of the OASIS Incident Core extension, STIX 2.1 types.
* Values are refanged and canonical (lower-case hosts, hexadecimal hashes, compressed IPv6 addresses).
* Tuples keep the order of the source and hold no duplicates, so that rendering is repeatable to the byte.
* Everything is frozen. A changed report is a new one: ``dataclasses.replace(report, …)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from hub.protocol.labels import Stage
from hub.reports.impacts import Impact
from hub.reports.knowledge import (
    Actor,
    DataSource,
    Flood,
    Malware,
    Mitigation,
    Software,
    Technique,
    VerisWord,
    Vulnerability,
)
from hub.reports.losses import RowError, Unused
from hub.reports.markings import PapWord, TlpWord
from hub.reports.moments import Moment, Timeline
from hub.reports.observables import Observable, Relation, Sighting
from hub.reports.references import Reference
from hub.reports.victims import Consent, Contact, Victim


class ReportKind(StrEnum):
    """What a report is, and so what is rendered of it (see the module's docstring)."""

    CASE = "case"
    FEED = "feed"
    WATCH = "watch"


class Determination(StrEnum):
    """``incident-determination-enum`` of Incident Core."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    BLOCKED = "blocked"
    FAILED_ATTEMPT = "failed-attempt"
    FALSE_POSITIVE = "false-positive"


class ReportStatus(StrEnum):
    """``incident-investigation-ov`` of Incident Core."""

    NEW = "new"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Severity:
    """How bad it is: ``criticality`` 0-100 as Incident Core counts, and what the member's own scale called it."""

    criticality: int
    scale: str = ""  # the name of the scale, e.g. "national 1-5", "MISP threat level"
    text: str = ""  # the word or number as the report wrote it
    number: float | None = None  # the value, where the scale counts; becomes an incident-score


@dataclass(frozen=True, slots=True)
class ReportEvent:
    """Something that happened besides the main event, which the renderer makes of the Timeline and incident_types."""

    name: str
    event_types: tuple[str, ...] = ()  # event-type-ov
    description: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    status: str = "occurred"  # event-status-enum


@dataclass(frozen=True, slots=True)
class Task:
    """Something done about it, besides the detecting, reporting and recovering that the Timeline holds."""

    name: str
    task_types: tuple[str, ...] = ()  # task-type-ov
    description: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    outcome: str = "unknown"  # task-outcome-enum


@dataclass(frozen=True, slots=True)
class Note:
    """Text beside the description. ``kind``: lesson (learnt), comment, report (of the source), requested (of others)."""

    text: str
    kind: Literal["lesson", "comment", "report", "requested"] = "comment"
    title: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """A title or description in a further language; becomes language-content."""

    language: str  # BCP 47
    property: Literal["title", "description"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A complete report. See the module's docstring for the conventions and the three kinds.

    ``report_id`` is unique within (producer, ``source_format``) and stays the same for every later version: ids of
    STIX objects are made of it. ``rsit`` is ("class", "type") pairs; the first is the report's own, others are further
    ones. ``incident_types`` are of event-type-ov, and already follow from ``rsit`` where the source did not say more.
    ``labels`` hold only machine tags (``rsit:…``, ``iodef:…``), safe to show.
    """

    report_id: str
    source_format: str  # form, misp, intelmq, n6, iodef, xarf, veris
    title: str
    kind: ReportKind = ReportKind.CASE
    description: str | None = None
    language: str | None = None  # BCP 47, of title and description
    translations: tuple[Translation, ...] = ()
    stage: Stage | None = None
    rsit: tuple[tuple[str, str], ...] = ()
    incident_types: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    status: ReportStatus = ReportStatus.NEW
    determination: Determination = Determination.SUSPECTED
    severity: Severity | None = None
    confidence: int | None = None  # 0-100
    tlp: TlpWord = "amber+strict"
    pap: PapWord | None = None
    countries: tuple[str, ...] = ()  # where it happened; the first is the reporting country where it is known
    cross_border: bool | None = None
    timeline: Timeline = field(default_factory=Timeline)
    detection_methods: tuple[str, ...] = ()  # detection-methods-ov
    suspected_malicious: bool | None = None
    root_cause: str | None = (
        None  # malicious-actions, system-failures, human-errors, natural-phenomena, third-party-failures
    )
    recoverability: str | None = None  # recoverability-enum
    victims: tuple[Victim, ...] = ()
    # Protected like the victims, and never rendered: secondary victims (VERIS), impersonated persons and brands.
    secondary_victims: tuple[Victim, ...] = ()
    consent: Consent | None = None
    withheld_reason: str = ""  # with consent NONE: the sentence that says why, where it was not the victim who said so
    affected_counts: Mapping[str, int] = field(default_factory=dict)  # entity-type-ov -> how many
    impacts: tuple[Impact, ...] = ()
    events: tuple[ReportEvent, ...] = ()
    tasks: tuple[Task, ...] = ()
    recommended_actions: tuple[str, ...] = ()  # courses of action, in the CERT's own words
    mitigations: tuple[Mitigation, ...] = ()
    fixes: tuple[Software, ...] = ()  # versions that mend the weakness
    data_sources: tuple[DataSource, ...] = ()  # where others can detect it
    notes: tuple[Note, ...] = ()
    actors: tuple[Actor, ...] = ()
    malware: tuple[Malware, ...] = ()
    techniques: tuple[Technique, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] = ()
    software: tuple[Software, ...] = ()  # programs and packages that were attacked, misused or poisoned
    entry_vectors: tuple[VerisWord, ...] = ()  # how the attacker came in
    flood: Flood | None = None
    observables: tuple[Observable, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    relations: tuple[Relation, ...] = ()
    references: tuple[Reference, ...] = ()
    related_reports: tuple[str, ...] = ()  # report_ids of the same CERT
    contacts: tuple[Contact, ...] = ()
    unused: tuple[Unused, ...] = ()
    warnings: tuple[str, ...] = ()  # sentences for the officer: what is held and why, what was assumed
    source: str = ""  # file name and row or path, for messages: "reports.xlsx, row 3"


Reading = Report | RowError
"""What a reader yields: a report, or in its place why there is none."""
