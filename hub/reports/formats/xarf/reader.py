"""X-ARF abuse reports, version 4, and version 3 converted to it, checked by the `xarf` package (an extra).

One report in a file is an incident; several (a list, or one a line) are a feed. Reports of child sexual abuse material
are refused: they go to the national hotline, and are never relayed, not even their addresses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final

import orjson

from hub.reports import rsit
from hub.reports.formats.xarf.sides import read_sides
from hub.reports.formats.xarf.version import as_version_4
from hub.reports.knowledge import Malware, Vulnerability
from hub.reports.losses import RowError
from hub.reports.moments import Moment, Timeline
from hub.reports.observables import Observable
from hub.reports.reading import values
from hub.reports.reading.draft import Draft, Fields, Problem
from hub.reports.reading.feed import Feed, Line
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.source import BadValue, Source, json_values
from hub.reports.reading.times import parse_moment
from hub.reports.report import Reading, Reference, Report
from hub.reports.victims import Consent, Contact, Victim

# "category-type": RSIT type. A category alone stands for its other types.
_TYPES: Final = {
    "messaging": "spam", "messaging-spam": "spam", "messaging-bulk-messaging": "spam",
    "content": "other", "content-phishing": "phishing", "content-malware": "malware-distribution",
    "content-exposed-data": "data-leak", "content-fraud": "masquerade", "content-brand-infringement": "masquerade",
    "content-remote-compromise": "system-compromise", "content-suspicious-registration": "masquerade",
    "copyright": "copyright",
    "connection": "other", "connection-ddos": "ddos", "connection-login-attack": "brute-force",
    "connection-port-scan": "scanner", "connection-reconnaissance": "scanner",
    "connection-vulnerability-scan": "scanner", "connection-sql-injection": "ids-alert",
    "connection-infected-host": "infected-system", "connection-scraping": "other",
    "vulnerability": "vulnerable-system", "vulnerability-open-service": "potentially-unwanted-accessible",
    "vulnerability-misconfiguration": "misconfiguration",
    "infrastructure": "system-compromise", "infrastructure-botnet": "infected-system",
    "infrastructure-compromised-server": "system-compromise",
    "reputation": "other",
}  # fmt: skip
_REFUSED: Final = frozenset({"content-csam", "content-csem"})
_DROPPED: Final = {
    "is the sender's own and is not relayed": ("tags",),
    "raw evidence stays at the CERT": ("evidence",),
    "names whom the attack was aimed at": (
        "target_brand", "targeted_brands", "affected_brand", "affected_organization", "impersonated_entity", "target_url",
        "legitimate_site", "trademark_violated", "smtp_to",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    """One report, whatever becomes of it."""

    identity: str
    rsit: rsit.RsitType
    kind: str
    observables: tuple[Observable, ...]
    victim: Victim | None
    first: Moment
    last: Moment
    written: Moment
    confidence: int | None
    malware: str | None
    vulnerabilities: tuple[Vulnerability, ...]
    service: str | None
    description: str | None
    contacts: tuple[Contact, ...]
    count: int


_COPYRIGHT: Final = "It is a claim of copyright, which is no threat to others: such claims are not shared."


def read_xarf(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read one report as an incident, or several as a feed; a RowError stands for one that cannot be used."""
    values_found = json_values(source)
    first, second = next(values_found, None), next(values_found, None)
    if first is None:
        return
    if second is None and not (isinstance(first[1], list)):
        yield from _case(*first, source.name, options)
        return
    feed = Feed("xarf", source.name, options)
    for where, value in chain((first, second) if second else (first,), values_found):
        if isinstance(value, BadValue):
            yield RowError(source.name, where, "", value.value, value.expected)
            continue
        draft = Draft(options, where)
        try:
            told = _told(value, draft)
        except Problem as problem:
            yield problem.as_error(source.name, where, _identity(value))
            continue
        yield from feed.add(_line(told, draft, where, value, options))
    yield from feed.finish()


def _identity(value: Any) -> str | None:
    return str(value["report_id"])[:200] if isinstance(value, Mapping) and value.get("report_id") else None


def _line(told: _Told, draft: Draft, where: str, value: Any, options: ReadOptions) -> Line:
    return Line(
        where,
        orjson.dumps(value, option=orjson.OPT_SORT_KEYS),
        told.rsit,
        options.default_tlp,
        Consent.NONE if told.rsit.type == "copyright" else None,
        _COPYRIGHT if told.rsit.type == "copyright" else "",
        observables=told.observables,
        first_seen=told.first,
        last_seen=told.last,
        count=told.count,
        country=options.default_country,
        malware=told.malware,
        vulnerability=told.vulnerabilities[0].name if told.vulnerabilities else None,
        service=told.service,
        confidence=told.confidence,
        unused=draft.unused_rows,
    )


def _case(where: str, value: Any, name: str, options: ReadOptions) -> Iterator[Reading]:
    if isinstance(value, BadValue):
        yield RowError(name, where, "", value.value, value.expected)
        return
    draft = Draft(options, where)
    try:
        told = _told(value, draft)
    except Problem as problem:
        yield problem.as_error(name, where, _identity(value))
        return
    copyright_claim = told.rsit.type == "copyright"
    if copyright_claim:
        draft.warn(_COPYRIGHT)
    for item in told.observables:
        draft.observe(
            replace(
                item, first_seen=told.first, last_seen=told.last, valid_from=told.first if item.as_indicator else None
            )
        )
    yield Report(
        report_id=told.identity,
        source_format="xarf",
        title=f"{told.rsit.name} reported by X-ARF ({told.kind})",
        description=told.description,
        rsit=((told.rsit.rsit_class, told.rsit.type),),
        incident_types=told.rsit.incident_types,
        labels=(told.rsit.label,),
        confidence=told.confidence,
        tlp=options.default_tlp,
        countries=(options.default_country,) if options.default_country else (),
        timeline=Timeline(
            started=told.first,
            ended=told.last if told.last != told.first else None,
            reported=told.written,
            written=told.written,
        ),
        detection_methods=("external-notification",),
        victims=(told.victim,) if told.victim else (),
        consent=Consent.NONE if copyright_claim else None,
        withheld=_COPYRIGHT if copyright_claim else "",
        malware=(Malware(told.malware),) if told.malware else (),
        vulnerabilities=told.vulnerabilities,
        observables=draft.observables,
        references=(Reference("X-ARF", told.identity),),
        contacts=told.contacts,
        unused=draft.unused_rows,
        warnings=draft.warnings,
        source=f"{name}, {where}",
    )


def _told(value: Any, draft: Draft) -> _Told:
    """1. As version 4, checked. 2. What it is. 3. When. 4. Who reported. 5. Whose is what. 6. What else it says."""
    # 1.
    if not isinstance(value, dict):
        raise Problem("", value, "an X-ARF report: a JSON object")
    data = as_version_4(value, draft)
    report = Fields(data, draft)
    # 2.
    category = (report.text("category") or "").replace("_", "-")
    kind = f"{category}-{(report.text('type') or '').replace('_', '-')}"
    if kind in _REFUSED:
        raise Problem(
            "type", data.get("type"), "anything but child sexual abuse material: report that to the national hotline"
        )
    found = rsit.find(_TYPES.get(kind) or _TYPES.get(category) or "")
    if found is None:
        raise Problem("category", data.get("category"), "a category of X-ARF 4 such as content or connection")
    # 3.
    try:
        written = parse_moment(report.text("timestamp") or "", draft.options.zone)
    except ValueError as error:
        raise Problem("timestamp", data.get("timestamp"), str(error)) from None
    first = (
        report.read("first_seen", lambda text: parse_moment(text, draft.options.zone))
        or report.read("first_reported", lambda text: parse_moment(text, draft.options.zone))
        or written
    )
    last = report.read("last_seen", lambda text: parse_moment(text, draft.options.zone)) or first
    # 4.
    contacts = tuple(_contact(report.mapping(role), role) for role in ("reporter", "sender"))
    # 5.
    observables, victim = read_sides(report, draft, kind, found)
    # 6.
    score = report.read("cvss_score", lambda text: values.number(text, most=10))
    names = [report.read(key, values.cve) for key in ("cve_id", "vulnerability_cve")]
    probed = [
        draft.attempt(values.cve, "vulnerabilities_probed", text) for text in report.list("vulnerabilities_probed")
    ]
    told = _Told(
        identity=report.text("report_id") or "",
        rsit=found,
        kind=kind,
        observables=observables,
        victim=victim,
        first=first,
        last=max(first, last),
        written=written,
        confidence=_confidence(report),
        malware=report.text("malware_family"),
        vulnerabilities=tuple(
            Vulnerability(name, score=score, score_name="CVSS" if score is not None else None)
            for name in dict.fromkeys([*names, *probed])
            if name
        ),
        service=report.text("service"),
        description=report.text("description"),
        contacts=contacts,
        count=report.read("attempt_count", lambda text: values.whole(text, least=1)) or 1,
    )
    for reason, keys in _DROPPED.items():
        report.drop(reason, *keys)
    for key in ("xarf_version", "legacy_version", "_internal", "cvss_vector"):
        report.take(key)
    report.rest()
    return told


def _contact(party: Fields, role: str) -> Contact:
    contact = party.text("contact")
    found = Contact(role, organisation=party.text("org"), emails=(contact,) if contact else ())
    party.take("domain")
    party.rest("names who reported it, and stays at the CERT")
    return found


def _confidence(report: Fields) -> int | None:
    """A share of one, or of a hundred where it is above one."""
    for key in ("confidence", "confidence_score"):
        score = report.read(key, lambda text: values.number(text, most=100))
        if score is not None:
            return round(score * 100) if score <= 1 else round(score)
    return None
