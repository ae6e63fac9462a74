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
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """What a report is, and so what is rendered of it (see the module's docstring)."""

    CASE = "case"
    FEED = "feed"
    WATCH = "watch"


class Stage(StrEnum):
    """How far along the reporting is; becomes the label ``stage:…`` of the container report."""

    EARLY = "early"
    UPDATE = "update"
    FINAL = "final"


class Determination(StrEnum):
    """``incident-determination-enum`` of Incident Core."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    BLOCKED = "blocked"
    FAILED_ATTEMPT = "failed-attempt"
    FALSE_POSITIVE = "false-positive"


class Status(StrEnum):
    """``incident-investigation-ov`` of Incident Core."""

    NEW = "new"
    OPEN = "open"
    CLOSED = "closed"


class Consent(StrEnum):
    """What the victim agreed to. ``NONE``: nothing leaves the CERT. A report without one (``None``): the default."""

    NONE = "none"
    CERT_ONLY = "cert-only"
    SECTOR_ONLY = "sector-only"
    PSEUDONYM = "pseudonym"
    NAMED = "named"


class Role(StrEnum):
    """Whose an observable is. Only ``ADVERSARY`` is ever released as a matter of course."""

    ADVERSARY = "adversary"
    VICTIM = "victim"
    THIRD_PARTY = "third_party"  # a hacked innocent host: indicator and victim at once
    UNKNOWN = "unknown"


class Fidelity(StrEnum):
    """``timestamp-fidelity-enum`` of Incident Core: how exact a time is, finest first."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


TlpWord = Literal["clear", "green", "amber", "amber+strict", "red"]
"""A TLP 2.0 level, spelt as in ``tlp_2_0`` of the marking definition."""

PapWord = Literal["clear", "green", "amber", "red"]
"""A PAP level; the older "white" is read as "clear"."""

TLP_WORDS: tuple[TlpWord, ...] = ("clear", "green", "amber", "amber+strict", "red")
"""The levels, from what everybody may read to what nobody may pass on."""


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """An instant and how exactly it is known.

    ``instant`` is always in UTC. A date without a time is that date at 00:00 UTC with fidelity ``day``: the date as
    written is kept, whatever the zone of the office that wrote it.
    """

    instant: datetime
    fidelity: Fidelity = Fidelity.SECOND

    def __post_init__(self) -> None:
        """Refuse a time without a zone, and bring any other to UTC."""
        if self.instant.tzinfo is None:
            raise ValueError("a Moment needs a time with a zone")
        object.__setattr__(self, "instant", self.instant.astimezone(UTC))

    def stix(self) -> str:
        """Return the instant as a STIX 2.1 timestamp in milliseconds (STIX 2.1, 3.11): ``2026-03-01T10:30:00.000Z``."""
        # isoformat, unlike strftime, writes all four digits of a year before 1000.
        return self.instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


@dataclass(frozen=True, slots=True)
class Timeline:
    """The times of the incident itself. The renderer makes the main event of started/ended, and a task of each other."""

    started: Moment | None = None
    ended: Moment | None = None
    detected: Moment | None = None
    reported: Moment | None = None
    contained: Moment | None = None
    resolved: Moment | None = None
    exfiltrated: Moment | None = None
    written: Moment | None = None  # when the source wrote this version of its report; not an event


@dataclass(frozen=True, slots=True)
class Severity:
    """How bad it is: ``criticality`` 0-100 as Incident Core counts, and what the member's own scale called it."""

    criticality: int
    scale: str = ""  # the name of the scale, e.g. "national 1-5", "MISP threat level"
    said: str = ""  # the word or number as the report wrote it
    number: float | None = None  # the value, where the scale counts; becomes an incident-score


@dataclass(frozen=True, slots=True)
class Victim:
    """The organisation or person attacked. **Private**: leaves only by the release ladder.

    ``size`` is micro, small, medium or large (fewer than 10, 50, 250 staff, or more); ``size_said`` what was written.
    ``sectors`` are of STIX's industry-sector-ov. The other fields identify, and feed the scanner's deny-list.
    """

    name: str | None = None
    other_names: tuple[str, ...] = ()  # brands, spellings in other scripts
    registration_no: str | None = None
    is_person: bool = False
    domains: tuple[str, ...] = ()
    ip_ranges: tuple[str, ...] = ()  # addresses or CIDR
    emails: tuple[str, ...] = ()
    people: tuple[str, ...] = ()  # staff named in the report
    sectors: tuple[str, ...] = ()
    subsector: str | None = None
    size: Literal["micro", "small", "medium", "large"] | None = None
    size_said: str | None = None
    countries: tuple[str, ...] = ()  # ISO 3166-1 alpha-2, upper case
    critical_infrastructure: bool | None = None

    def identifying(self) -> tuple[str, ...]:
        """Return every string here that points at the victim, for the deny-list of the release step."""
        single = tuple(value for value in (self.name, self.registration_no) if value)
        return single + self.other_names + self.domains + self.ip_ranges + self.emails + self.people


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or desk to ask. **Private**: never becomes STIX."""

    role: str = ""  # reporter, creator, admin, tech, irt …: the source's word
    name: str | None = None
    organisation: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What the incident did; one subclass for each sub-extension of Impact in Incident Core, which is its category."""

    criticality: int | None = None
    description: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    recoverability: str | None = None  # recoverability-enum
    entity_counts: Mapping[str, int] = field(default_factory=dict)  # entity-type-ov -> how many


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityImpact(Impact):
    """``availability-ext``; the level is 0-100 on Incident Core's scale (15 minimal, 50, 75, 90 loss of control)."""

    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentialityImpact(Impact):
    """``confidentiality-ext``: loss_type of incident-confidentiality-loss-enum, information_type-ov, counts."""

    loss_type: str
    information_type: str | None = None  # always present unless loss_type is "none"
    record_count: int | None = None
    record_size: int | None = None  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityImpact(Impact):
    """``integrity-ext``: alteration of integrity-alteration-enum, information_type-ov, counts."""

    alteration: str
    information_type: str | None = None  # always present unless alteration is "none"
    record_count: int | None = None
    record_size: int | None = None  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EconomicImpact(Impact):
    """``economic-ext``: variety of economic-impact-type-ov; both amounts or neither, with an ISO 4217 currency."""

    variety: str
    currency: str | None = None
    min_amount: float | None = None
    max_amount: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalImpact(Impact):
    """``physical-ext``: impact_type of physical-impact-enum, asset_type-ov unless it is "none"."""

    impact_type: str
    asset_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalImpact(Impact):
    """``external-ext``: impact_type of external-impact-ov (economic, public-safety …)."""

    impact_type: str


@dataclass(frozen=True, slots=True)
class Event:
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
class Actor:
    """Who did it. ``kind`` is the STIX type: threat-actor, intrusion-set or campaign."""

    name: str
    kind: Literal["threat-actor", "intrusion-set", "campaign"] = "threat-actor"
    types: tuple[str, ...] = ()  # threat-actor-type-ov
    aliases: tuple[str, ...] = ()
    motivation: str | None = None  # attack-motivation-ov
    countries: tuple[str, ...] = ()  # where the actor is said to be; ISO2
    description: str | None = None
    named: bool = True  # False: `name` is only a class ("crime-syndicate"), not what anybody calls them


@dataclass(frozen=True, slots=True)
class Malware:
    """A malware family (or, with ``kind="tool"``, a legitimate tool that was misused)."""

    name: str
    types: tuple[str, ...] = ()  # malware-type-ov, or tool-type-ov
    kind: Literal["malware", "tool"] = "malware"
    version: str | None = None
    aliases: tuple[str, ...] = ()
    description: str | None = None
    named: bool = True  # False: `name` is only the kind ("ransomware"); no family was told


@dataclass(frozen=True, slots=True)
class Technique:
    """How it was done: an ATT&CK technique (``technique_id`` T1566 or T1566.001), or a way known only by name."""

    name: str
    technique_id: str | None = None
    capec_id: str | None = None  # "CAPEC-66"
    description: str | None = None
    kill_chain_phases: tuple[tuple[str, str], ...] = ()  # (kill_chain_name, phase_name)


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A weakness used; ``name`` is the CVE id where there is one."""

    name: str
    description: str | None = None
    score: float | None = None
    score_name: str | None = None  # "CVSS v3.1" …


class ObservableType(StrEnum):
    """What can be observed: STIX's own SCO types, and three that are no SCO and become a pattern only."""

    IPV4 = "ipv4-addr"  # value: an address or CIDR
    IPV6 = "ipv6-addr"  # value: an address or CIDR
    DOMAIN = "domain-name"
    URL = "url"
    EMAIL = "email-addr"
    EMAIL_MESSAGE = "email-message"  # value: the subject
    FILE = "file"  # see FileDetails
    MAC = "mac-addr"
    AS = "autonomous-system"  # value: "AS64496"; name in `display_name`
    MUTEX = "mutex"
    REGISTRY_KEY = "windows-registry-key"
    USER_ACCOUNT = "user-account"
    TRAFFIC = "network-traffic"  # see TrafficDetails
    CERTIFICATE = "x509-certificate"  # fingerprints in FileDetails.hashes
    SOFTWARE = "software"  # value: the name; a CPE 2.3 in `data`
    USER_AGENT = "user-agent"  # no SCO of its own: a pattern on http-request-ext
    WALLET = "cryptocurrency-wallet"  # no SCO: an indicator only; value: the address
    PATTERN = "pattern"  # a yara, sigma, snort … rule; see `pattern`, `pattern_type`


@dataclass(frozen=True, slots=True)
class FileDetails:
    """A file, or a certificate, by name and hashes. ``hashes`` has STIX's names: MD5, SHA-1, SHA-256, SHA-512, SSDEEP …"""

    name: str | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None  # bytes
    mime_type: str | None = None


@dataclass(frozen=True, slots=True)
class TrafficDetails:
    """One or both ends of a connection. An end that is the victim's has ``…_role`` VICTIM and must not be released.

    Hosts are an IPv4 or IPv6 address or a domain name. ``protocols`` are lower case, lowest layer first.
    """

    protocols: tuple[str, ...] = ()
    src: str | None = None
    src_port: int | None = None
    src_role: Role = Role.UNKNOWN
    dst: str | None = None
    dst_port: int | None = None
    dst_role: Role = Role.UNKNOWN


@dataclass(frozen=True, slots=True)
class Observable:
    """One thing seen: its value, whose it is, and whether others should block or look for it.

    ``value`` is never empty and is the canonical text: for a file the name or strongest hash, for traffic
    ``protocol src:port > dst:port``, for a rule its first line and a short digest. ``as_indicator`` False: seen, but not to be blocked.
    ``held`` names why it is kept out although it is adversary's (a private address, a public resolver, a top domain,
    too wide a network): the renderer makes no indicator of it, and it does not leave, unless the officer confirms it,
    in which case the reader leaves ``held`` empty.
    """

    type: ObservableType
    value: str
    role: Role = Role.UNKNOWN
    as_indicator: bool = False
    held: str | None = None
    file: FileDetails | None = None
    traffic: TrafficDetails | None = None
    pattern: str | None = None
    pattern_type: str | None = None  # pattern-type-ov: yara, sigma, snort, suricata, pcre …
    display_name: str | None = None  # name of an AS, display name of a mail address or account
    data: str | None = None  # registry key: "name=data"; software: CPE
    resolves_to: tuple[str, ...] = ()  # a domain's addresses
    first_seen: Moment | None = None
    last_seen: Moment | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    confidence: int | None = None
    tlp: TlpWord | None = None  # only where stricter than the report's
    description: str | None = None
    labels: tuple[str, ...] = ()  # `rsit:…` of this observation, in a feed
    indicator_types: tuple[str, ...] = ()  # indicator-type-ov
    kill_chain_phases: tuple[tuple[str, str], ...] = ()
    malware: str | None = None  # the name of the Malware of this report that it points to
    revoked: bool = False  # the source withdrew it (deleted, delisted, reported a false positive)
    source_id: str | None = None  # the source's own id: private

    @property
    def key(self) -> tuple[str, str]:
        """What tells two observables of one report apart, and what Sighting.of names: (type, value)."""
        return (self.type.value, self.value)


SightingTarget = Literal["observable", "malware", "vulnerability", "technique", "classification"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something seen so many times, somewhere. ``of_type`` and ``of`` say what:

    ``observable``: ``of`` = "type value" joined by one space, the key of an Observable here;
    ``malware``, ``vulnerability``, ``technique``: the name of one of this report;
    ``classification``: an RSIT "class/type", where nothing more exact is known ("vulnerable/ddos-amplifier").

    ``country`` and ``sector`` are of the place where it was seen (the victims' side): the renderer points
    ``where_sighted_refs`` at the identity class of country and sector, or at the CERT where neither is known.
    """

    of_type: SightingTarget
    of: str
    count: int = 1
    first_seen: Moment | None = None
    last_seen: Moment | None = None
    country: str | None = None
    sector: str | None = None
    detail: str | None = None  # the exposed service ("snmp"), the detecting device; not free text
    confidence: int | None = None
    labels: tuple[str, ...] = ()  # rsit:…


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


@dataclass(frozen=True, slots=True)
class Reference:
    """A pointer elsewhere. ``public`` False: the CERT's own ticket or supplier, which never leaves."""

    source_name: str
    external_id: str | None = None
    url: str | None = None
    description: str | None = None
    public: bool = False


@dataclass(frozen=True, slots=True)
class Unused:
    """A field of the source that has no place in the model, or whose value could not be used. For the CERT's eyes."""

    where: str  # row or path: "row 3", "Event.Attribute[7]", "line 12"
    key: str  # column or key
    value: str  # an excerpt, at most EXCERPT_CHARS
    reason: str  # one clause for a person
    count: int = 1  # in a feed: on how many lines of the batch


EXCERPT_CHARS = 80
"""Characters of a value that are shown in a table or message."""


def excerpt(value: object, chars: int = EXCERPT_CHARS) -> str:
    """Return ``value`` as one line of at most ``chars`` printable characters."""
    text = str(value)[: 4 * chars]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    return text if len(text) <= chars else text[: chars - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report, whole. See the module's docstring for the conventions and the three kinds.

    ``report_id`` is unique within (producer, ``source_format``) and stays the same for every later version: ids of
    STIX objects are made of it. ``rsit`` is ("class", "type") pairs; the first is the report's own, others are further
    ones. ``incident_types`` are of event-type-ov, and already follow from ``rsit`` where the source did not say more.
    ``labels`` hold only machine tags (``rsit:…``, ``iodef:…``), safe to show.
    """

    report_id: str
    source_format: str  # form, misp, intelmq, n6, iodef, xarf, veris
    title: str
    kind: Kind = Kind.CASE
    description: str | None = None
    language: str | None = None  # BCP 47, of title and description
    translations: tuple[Translation, ...] = ()
    stage: Stage | None = None
    rsit: tuple[tuple[str, str], ...] = ()
    incident_types: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    status: Status = Status.NEW
    determination: Determination = Determination.SUSPECTED
    severity: Severity | None = None
    confidence: int | None = None  # 0-100
    tlp: TlpWord = "amber+strict"
    pap: PapWord | None = None
    countries: tuple[str, ...] = ()  # where it happened; the first is the reporting country where it is known
    cross_border: bool | None = None
    timeline: Timeline = Timeline()
    detection_methods: tuple[str, ...] = ()  # detection-methods-ov
    suspected_malicious: bool | None = None
    root_cause: str | None = (
        None  # malicious-actions, system-failures, human-errors, natural-phenomena, third-party-failures
    )
    recoverability: str | None = None  # recoverability-enum
    victims: tuple[Victim, ...] = ()
    consent: Consent | None = None
    withheld: str = ""  # with consent NONE: the sentence that says why, where it was not the victim who said so
    affected: Mapping[str, int] = field(default_factory=dict)  # entity-type-ov -> how many
    impacts: tuple[Impact, ...] = ()
    events: tuple[Event, ...] = ()
    tasks: tuple[Task, ...] = ()
    recommended_actions: tuple[str, ...] = ()  # courses of action
    notes: tuple[Note, ...] = ()
    actors: tuple[Actor, ...] = ()
    malware: tuple[Malware, ...] = ()
    techniques: tuple[Technique, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] = ()
    observables: tuple[Observable, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    references: tuple[Reference, ...] = ()
    related_reports: tuple[str, ...] = ()  # report_ids of the same CERT
    contacts: tuple[Contact, ...] = ()
    unused: tuple[Unused, ...] = ()
    warnings: tuple[str, ...] = ()  # sentences for the officer: what is held and why, what was assumed
    source: str = ""  # file name and row or path, for messages: "reports.xlsx, row 3"


@dataclass(frozen=True, slots=True)
class RowError:
    """A row (event, incident) that could not be read; the others of the file are not touched by it.

    ``str(error)`` is the one line for a person.
    """

    file: str
    where: str  # "row 3", "line 12", "Incident[2]"
    key: str  # column, key or element; empty where the row as a whole is meant
    found: str  # an excerpt, at most EXCERPT_CHARS
    expected: str
    report_id: str | None = None  # where it could be read before the error

    def __str__(self) -> str:
        """Name file, row, column, what was found and what was expected."""
        place = ", ".join(part for part in (self.file, self.where, self.key) if part)
        return f"{place}: found {self.found or 'nothing'}; expected {self.expected}"


Reading = Report | RowError
"""What a reader yields: a report, or in its place why there is none."""
