"""X-ARF abuse reports, version 3 and 4 (hub/reports/formats/xarf/version.py).

One report in a file becomes an incident; several (a list, or one on each line) become a feed. Reports of child sexual abuse
material are refused: they belong to the national hotline, and not even their addresses are relayed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final

import orjson

from hub.reports import rsit
from hub.reports.formats.xarf.mail import read_mails
from hub.reports.formats.xarf.sides import is_victim_host, read_flood, read_sides
from hub.reports.formats.xarf.version import as_version_4
from hub.reports.knowledge import Flood, Malware, Vulnerability
from hub.reports.markings import TLP_WORDS, TlpWord
from hub.reports.moments import Moment, Timeline
from hub.reports.observables import Observable, Role, Sighting
from hub.reports.reading import values
from hub.reports.reading.draft import Draft, Fields, Problem
from hub.reports.reading.feed import FeedLine
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.reader import Format, read_records
from hub.reports.reading.source import Source, as_utf8, is_mail, json_values
from hub.reports.reading.times import parse_moment
from hub.reports.references import Reference
from hub.reports.report import Note, Reading, Report
from hub.reports.victims import Consent, Contact, Victim

# "category-type": RSIT type. A category without a type stands for its other types.
_TYPES: Final = {
    "messaging": "spam", "messaging-spam": "spam", "messaging-bulk-messaging": "spam",
    "messaging-harassment": "harmful-speech",
    "content": "other", "content-phishing": "phishing", "content-malware": "malware-distribution",
    "content-exposed-data": "data-leak", "content-fraud": "masquerade", "content-brand-infringement": "masquerade",
    "content-remote-compromise": "system-compromise", "content-suspicious-registration": "masquerade",
    "copyright": "copyright",
    "connection": "other", "connection-ddos": "ddos", "connection-login-attack": "brute-force",
    "connection-port-scan": "scanner", "connection-reconnaissance": "scanner",
    "connection-vulnerability-scan": "scanner", "connection-sql-injection": "ids-alert",
    "connection-exploit": "ids-alert", "connection-account": "unprivileged-account-compromise",
    "connection-infected-host": "infected-system", "connection-scraping": "other",
    "vulnerability": "vulnerable-system", "vulnerability-open-service": "potentially-unwanted-accessible",
    "vulnerability-misconfiguration": "misconfiguration",
    "infrastructure": "system-compromise", "infrastructure-botnet": "infected-system",
    "infrastructure-compromised-server": "system-compromise",
    "reputation": "other",
}  # fmt: skip
_REFUSED_TYPES: Final = frozenset({"content-csam", "content-csem"})
_UNUSED_KEYS: Final = {
    "is used only by the sender, and is not relayed": ("tags",),
    "raw evidence stays at the CERT": ("evidence",),
}
_IGNORED_KEYS: Final = ("xarf_version", "legacy_version", "_internal", "cvss_vector")
"""Keys that are ignored without a note."""
_COPYRIGHT: Final = "It is a claim of copyright, which is no threat to others: such claims are not shared."


@dataclass(frozen=True, slots=True)
class _Content:
    """The content of one report, whether it becomes an incident or a line of a feed."""

    identity: str
    rsit: rsit.RsitType
    kind: str
    observables: tuple[Observable, ...]
    victims: tuple[Victim, ...]
    imitated_victims: tuple[Victim, ...]
    first_seen: Moment
    last_seen: Moment
    written: Moment
    confidence: int | None
    malware: str | None
    vulnerabilities: tuple[Vulnerability, ...]
    service: str | None
    description: str | None
    notes: str | None
    contacts: tuple[Contact, ...]
    count: int
    flood: Flood | None
    tlp: TlpWord

    @property
    def withheld_reason(self) -> str:
        """Return why the report must not leave; "" if it may."""
        return _COPYRIGHT if self.rsit.type == "copyright" else ""


def read_xarf(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read one report as an incident, or several as a feed; yield a RowError for a report that cannot be used."""
    records = read_mails(source) if is_mail(as_utf8(source.head)) else json_values(source)
    first_record, second_record = next(records, None), next(records, None)
    if first_record is None:
        return
    form = replace(_FORMAT, read=_line if second_record else _report)
    yield from read_records(
        form, chain((first_record, second_record) if second_record else (first_record,), records), source, options
    )


def _line(value: Any, draft: Draft) -> FeedLine:
    content = _content(value, draft)
    return FeedLine(
        draft.place,
        orjson.dumps(value, option=orjson.OPT_SORT_KEYS),
        content.rsit,
        content.tlp,
        Consent.NONE if content.withheld_reason else None,
        content.withheld_reason,
        observables=content.observables,
        first_seen=content.first_seen,
        last_seen=content.last_seen,
        count=content.count,
        country=draft.options.default_country,
        malware=content.malware,
        vulnerability=content.vulnerabilities[0].name if content.vulnerabilities else None,
        service=content.service,
        confidence=content.confidence,
        target_victims=(*content.victims, *content.imitated_victims),
        host_is_victim=is_victim_host(content.kind, content.rsit),
        unused=draft.unused_rows,
        warnings=draft.warnings,
    )


def _report(value: Any, draft: Draft) -> Report:
    content = _content(value, draft)
    if content.withheld_reason:
        draft.warn(content.withheld_reason)
    for item in content.observables:
        valid_from = content.first_seen if item.as_indicator else None
        draft.observe(replace(item, first_seen=content.first_seen, last_seen=content.last_seen, valid_from=valid_from))
    country = draft.options.default_country
    sightings = _sightings(content, draft)
    return Report(
        report_id=content.identity,
        source_format="xarf",
        title=f"{content.rsit.name} reported by X-ARF ({content.kind})",
        description=content.description,
        rsit=((content.rsit.rsit_class, content.rsit.type),),
        incident_types=content.rsit.incident_types,
        labels=(content.rsit.label,),
        confidence=content.confidence,
        tlp=content.tlp,
        countries=(country,) if country else (),
        timeline=Timeline(
            started=content.first_seen,
            ended=content.last_seen if content.last_seen != content.first_seen else None,
            reported=content.written,
            written=content.written,
        ),
        detection_methods=("external-notification",),
        victims=content.victims,
        secondary_victims=content.imitated_victims,
        consent=Consent.NONE if content.withheld_reason else None,
        withheld_reason=content.withheld_reason,
        malware=(Malware(content.malware),) if content.malware else (),
        vulnerabilities=content.vulnerabilities,
        flood=content.flood,
        sightings=sightings,
        notes=(Note(content.notes, title="Reporter's notes"),) if content.notes else (),
        references=(Reference("X-ARF", content.identity),),
        contacts=content.contacts,
    )


def _sightings(content: _Content, draft: Draft) -> tuple[Sighting, ...]:
    """Return how often the reported host was seen, and at which service."""
    host = next((item for item in content.observables if item.role is Role.ADVERSARY), None)
    if host is None or (content.count == 1 and not content.service):
        draft.note_unused(
            "attempt_count", content.count if content.count > 1 else None, "no host of the adversary is known"
        )
        draft.note_unused("service", content.service, "no host of the adversary is known")
        return ()
    return (
        Sighting(
            "observable",
            " ".join(host.key),
            content.count,
            content.first_seen,
            content.last_seen,
            country=draft.options.default_country,
            detail=content.service,
        ),
    )


def _content(value: Any, draft: Draft) -> _Content:
    """1. Conversion to version 4. 2. Classification. 3. Times. 4. Reporters. 5. Observables. 6. All other fields."""
    # 1.
    if not isinstance(value, dict):
        raise Problem("", value, "an X-ARF report: a JSON object")
    data = as_version_4(value, draft)
    report = Fields(data, draft)
    # 2.
    category = (report.text("category") or "").replace("_", "-")
    kind = f"{category}-{(report.text('type') or '').replace('_', '-')}"
    if kind in _REFUSED_TYPES:
        raise Problem(
            "type", data.get("type"), "anything but child sexual abuse material: report that to the national hotline"
        )
    line = rsit.find(_TYPES.get(kind) or _TYPES.get(category) or "")
    if line is None:
        raise Problem("category", data.get("category"), "a category of X-ARF 4 such as content or connection")
    # 3.
    zone = draft.options.zone
    try:
        write_time = parse_moment(report.text("timestamp") or "", zone)
    except ValueError as error:
        raise Problem("timestamp", data.get("timestamp"), str(error)) from None
    times = {
        key: report.read(key, lambda text: parse_moment(text, zone))
        for key in ("first_seen", "first_reported", "last_seen")
    }
    first_seen = times["first_seen"] or times["first_reported"] or write_time
    last_seen = times["last_seen"] or max(first_seen, write_time)
    # 4.
    contacts = [_contact(report.mapping(role), role) for role in ("reporter", "sender", "complainant")]
    # 5.
    observables, victims, imitated_victims = read_sides(report, draft, kind, line)
    # 6.
    flood = read_flood(report, draft) if line.type in {"ddos", "dos"} else None
    vulnerabilities = _vulnerabilities(report, draft)
    content = _Content(
        identity=report.text("report_id") or "",
        rsit=line,
        kind=kind,
        observables=observables,
        victims=victims,
        imitated_victims=imitated_victims,
        first_seen=first_seen,
        last_seen=max(first_seen, last_seen),
        written=write_time,
        confidence=_confidence(report),
        malware=report.text("malware_family"),
        vulnerabilities=vulnerabilities,
        service=report.text("service"),
        description=report.text("description"),
        notes=report.text("notes"),
        contacts=tuple(contact for contact in contacts if contact),
        count=report.read("attempt_count", lambda text: values.whole_number(text, least=1)) or 1,
        flood=flood,
        tlp=_level(report, draft),
    )
    if flood:
        report.ignore("attack_vector", "amplification_vector", "attack_type")
    for reason, keys in _UNUSED_KEYS.items():
        report.drop(reason, *keys)
    report.ignore(*_IGNORED_KEYS)
    report.note_remaining()
    return content


def _vulnerabilities(report: Fields, draft: Draft) -> tuple[Vulnerability, ...]:
    score = report.read("cvss_score", lambda text: values.number(text, most=10))
    names = [
        draft.attempt(values.cve, key, text)
        for key in ("cve_id", "vulnerability_cve", "vulnerabilities_probed")
        for text in report.list(key)
    ]
    if not any(names):
        draft.note_unused("cvss_score", score, "belongs to a vulnerability without a CVE id")
    label = "CVSS" if score is not None else None
    return tuple(Vulnerability(name, score=score, score_name=label) for name in dict.fromkeys(names) if name)


def _contact(party: Fields, role: str) -> Contact | None:
    emails = tuple(dict.fromkeys(text for key in ("contact", "org_email") if (text := party.text(key))))
    phone = party.text("phone")
    contact = Contact(role, party.text("name"), party.text("org"), emails, (phone,) if phone else ())
    party.note_remaining("names who reported it, and stays at the CERT")
    return contact if contact != Contact(role) else None


def _level(report: Fields, draft: Draft) -> TlpWord:
    """Return the strictest level in the key `tlp` and in the tags."""
    texts = [text for text in (report.text("tlp"), *report.texts("tags")) if text]
    markings = [text for text in texts if text == report.peek("tlp") or text.casefold().startswith("tlp:")]
    levels = [level for text in markings if (level := draft.attempt(values.tlp, "tlp", text))]
    if markings and len(levels) < len(markings):
        levels.append("amber+strict")  # an unknown level must not be ignored
    return max(levels, key=TLP_WORDS.index, default=draft.options.default_tlp)


def _confidence(report: Fields) -> int | None:
    """Return the confidence from 0 to 100. Senders write a share of 1, or a number above 1 as a share of 100."""
    for key in ("confidence", "confidence_score"):
        score = report.read(key, lambda text: values.number(text, most=100))
        if score is not None:
            return round(score * 100) if score <= 1 else round(score)
    return None


_FORMAT: Final = Format("xarf", _report, lambda value: value.get("report_id"))
