"""The intermediate model of a report, between its source format and STIX.

Every reader fills a :class:`Report`, one renderer turns it into STIX, and the release step uses its roles and
consent. The model covers the reporting form of the member CERTs. A format with less information leaves fields empty.
A value that has no field here is listed in :attr:`Report.unused`: it is never dropped silently, and never copied into
STIX as a custom ``x_…`` property.

Three kinds of report:

``case``
    One incident: IODEF, MISP, VERIS, X-ARF, the form. The renderer makes one incident and one container report.
``feed``
    A batch of automatic observations (IntelMQ, n6): indicators for the adversary's side, counted sightings for the
    victims' side, **no** incident. One Report contains up to a few hundred lines of one TLP level and one consent.
``watch``
    Indicators shared without an incident (IODEF ``purpose="watch"``): a container report, no victim.

Conventions in every class:

* An absent value is ``None`` or empty and means "not shared". A count of 0 means "none".
* Words come from the standards: RSIT keys, the vocabularies of the OASIS Incident Core extension, STIX 2.1 types.
* Values are refanged and canonical (lower-case hosts, hexadecimal hashes, compressed IPv6 addresses).
* Tuples keep the order of the source and have no duplicates, so that rendering twice gives the same bytes.
* Every class is frozen. To change a report, make a new one: ``dataclasses.replace(report, …)``.
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
    """The kind of a report, which decides what is rendered (see the docstring of the module)."""

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
    """The severity: ``criticality`` 0-100 on Incident Core's scale, and the value on the scale of the report."""

    criticality: int
    scale: str = ""  # the name of the scale, e.g. "national 1-5", "MISP threat level"
    text: str = ""  # the word or number as the report wrote it
    number: float | None = None  # the value on a numeric scale; becomes an incident-score


@dataclass(frozen=True, slots=True)
class ReportEvent:
    """An event besides the main one. The renderer makes the main event from the Timeline and incident_types."""

    name: str
    event_types: tuple[str, ...] = ()  # event-type-ov
    description: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    status: str = "occurred"  # event-status-enum


@dataclass(frozen=True, slots=True)
class Task:
    """A task besides detection, reporting, containment and recovery, whose times are in the Timeline."""

    name: str
    task_types: tuple[str, ...] = ()  # task-type-ov
    description: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    outcome: str = "unknown"  # task-outcome-enum


@dataclass(frozen=True, slots=True)
class Note:
    """A text beside the description: a lesson learnt, a comment, a report of the source, or a request to others."""

    text: str
    kind: Literal["lesson", "comment", "report", "requested"] = "comment"
    title: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """The title or description in another language; becomes a language-content object."""

    language: str  # BCP 47
    property: Literal["title", "description"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A complete report. See the docstring of the module for the conventions and the three kinds.

    ``report_id`` is unique within (producer, ``source_format``) and stays the same for every later version: the ids of
    STIX objects are derived from it. ``rsit`` has (class, type) pairs, the main one first. ``incident_types`` are values
    of event-type-ov; readers derive them from ``rsit`` if the source has no more exact ones. ``labels`` contain only
    machine tags (``rsit:…``, ``iodef:…``), which are safe to show.
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
    countries: tuple[str, ...] = ()  # where it happened; the reporting country first, if it is known
    cross_border: bool | None = None
    timeline: Timeline = field(default_factory=Timeline)
    detection_methods: tuple[str, ...] = ()  # detection-methods-ov
    suspected_malicious: bool | None = None
    # malicious-actions, system-failures, human-errors, natural-phenomena or third-party-failures
    root_cause: str | None = None
    recoverability: str | None = None  # recoverability-enum
    victims: tuple[Victim, ...] = ()
    # Secondary victims (VERIS), impersonated persons and brands: protected like the victims, and never rendered.
    secondary_victims: tuple[Victim, ...] = ()
    consent: Consent | None = None
    withheld_reason: str = ""  # with consent NONE: a sentence with the reason, if the decision was not the victim's
    affected_counts: Mapping[str, int] = field(default_factory=dict)  # entity-type-ov -> how many
    impacts: tuple[Impact, ...] = ()
    events: tuple[ReportEvent, ...] = ()
    tasks: tuple[Task, ...] = ()
    recommended_actions: tuple[str, ...] = ()  # courses of action, as the CERT wrote them
    mitigations: tuple[Mitigation, ...] = ()
    fixes: tuple[Software, ...] = ()  # versions that fix the vulnerability
    data_sources: tuple[DataSource, ...] = ()  # where others can detect the attack
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
    warnings: tuple[str, ...] = ()  # sentences for the officer: what is held, with the reason, and what was assumed
    source: str = ""  # file name and row or path, for messages: "reports.xlsx, row 3"


Reading = Report | RowError
"""What a reader yields: a report, or the error that replaces it."""
