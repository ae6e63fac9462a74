"""n6 events (CERT Polska): JSON, one event a line or in a list. Times are in UTC without saying so, as n6 defines.

The category decides on which side the adversary stands, as in IntelMQ. ``restriction`` internal means that the event
never leaves the CERT: such events make reports of their own, with consent ``none``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import Any, Final, cast

import orjson

from hub.reports import rsit
from hub.reports.losses import RowError
from hub.reports.markings import TlpWord
from hub.reports.observables import FileDetails, Observable, ObservableType, Role
from hub.reports.reading import values
from hub.reports.reading.composites import connection, file_by_hashes
from hub.reports.reading.draft import Draft, Fields, Problem
from hub.reports.reading.feed import Feed, Line
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.roles import UNSURE
from hub.reports.reading.source import BadValue, Source, json_values
from hub.reports.reading.times import parse_moment
from hub.reports.report import Reading
from hub.reports.victims import Consent
from hub.stix.vocabularies import CONFIDENCE_WORDS

# category: RSIT type, and whether what `address`, `fqdn` and `url` name is the adversary's or the victim's.
_CATEGORIES: Final[dict[str, tuple[str, Role]]] = {
    "amplifier": ("ddos-amplifier", Role.VICTIM),
    "bots": ("infected-system", Role.VICTIM),
    "backdoor": ("system-compromise", Role.VICTIM),
    "cnc": ("c2-server", Role.ADVERSARY),
    "deface": ("unauthorised-information-modification", Role.VICTIM),
    "dns-query": ("infected-system", Role.VICTIM),
    "dos-attacker": ("ddos", Role.ADVERSARY),
    "dos-victim": ("ddos", Role.VICTIM),
    "exposed": ("potentially-unwanted-accessible", Role.VICTIM),
    "flow": ("undetermined", Role.UNKNOWN),
    "flow-anomaly": ("undetermined", Role.UNKNOWN),
    "fraud": ("masquerade", Role.ADVERSARY),
    "scam": ("masquerade", Role.ADVERSARY),
    "leak": ("data-leak", Role.VICTIM),
    "malurl": ("malware-distribution", Role.ADVERSARY),
    "sandbox-url": ("malware-distribution", Role.ADVERSARY),
    "malware-action": ("malware-configuration", Role.ADVERSARY),
    "phish": ("phishing", Role.ADVERSARY),
    "proxy": ("other", Role.ADVERSARY),
    "tor": ("other", Role.ADVERSARY),
    "scanning": ("scanner", Role.ADVERSARY),
    "server-exploit": ("ids-alert", Role.ADVERSARY),
    "spam": ("spam", Role.ADVERSARY),
    "spam-url": ("spam", Role.ADVERSARY),
    "vulnerable": ("vulnerable-system", Role.VICTIM),
    "webinject": ("malware-configuration", Role.ADVERSARY),
    "other": ("other", Role.UNKNOWN),
}
_RESTRICTIONS: Final[dict[str, tuple[TlpWord, Consent | None]]] = {
    "public": ("green", None),  # clear or green: the narrower, since n6 does not say which
    "need-to-know": ("amber", None),
    "internal": ("amber+strict", Consent.NONE),
}
_INTERNAL: Final = "Its restriction in n6 is 'internal': such events never leave the CERT."
_MALWARE_NAMES: Final = frozenset({"bots", "cnc", "malurl", "sandbox-url", "malware-action", "dns-query", "webinject"})
_DROPPED: Final = {
    "names the supplier of the event, who stays unnamed": ("source",),
    "names whom the attack was aimed at": ("target",),
    "is personal, and stays at the CERT": ("username", "email", "phone", "iban", "registrar"),
    "an address partly hidden by n6, never read as one": ("adip",),
    "describes one device in full": ("injects", "action", "additional_data", "request", "header", "sysdesc"),
}
_HASHES: Final = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}


def read_n6(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read events one by one: feed reports, and a RowError for each that cannot be used."""
    feed = Feed("n6", source.name, options)
    for where, value in json_values(source):
        if isinstance(value, BadValue):
            yield RowError(source.name, where, "", value.value, value.expected)
            continue
        try:
            yield from feed.add(_line(value, where, options))
        except Problem as problem:
            yield problem.as_error(source.name, where, value.get("id") if isinstance(value, dict) else None)
    yield from feed.finish()


def _line(value: Any, where: str, options: ReadOptions) -> Line:
    if not isinstance(value, dict):
        raise Problem("", value, "an event: a JSON object")
    draft = Draft(options, where)
    event = Fields(value, draft)
    category = event.text("category")
    if category not in _CATEGORIES:
        raise Problem("category", category, "a category of n6 such as cnc, phish or bots")
    rsit_type, role = _CATEGORIES[category]
    found = cast(rsit.RsitType, rsit.find(rsit_type))
    restriction = event.text("restriction")
    if restriction not in _RESTRICTIONS:
        raise Problem("restriction", restriction, "one of public, need-to-know, internal")
    tlp, consent = _RESTRICTIONS[restriction]
    try:
        first = parse_moment(event.text("time") or "", UTC)
    except ValueError as error:
        raise Problem("time", value.get("time"), str(error)) from None
    until = event.read("until", lambda text: parse_moment(text, UTC))
    name = event.text("name")
    revoked = event.text("status") in {"delisted", "expired"}
    observables, country = _observables(event, draft, role, category, revoked=revoked)
    event.drop("is of the event in n6, not of what happened", "id", "rid", "modified", "replaces")
    for reason, keys in _DROPPED.items():
        event.drop(reason, *keys)
    event.rest()
    return Line(
        where,
        orjson.dumps(value, option=orjson.OPT_SORT_KEYS),
        found,
        tlp,
        consent,
        _INTERNAL if consent is Consent.NONE else "",
        observables=observables,
        first_seen=first,
        last_seen=max(until, first) if until else first,
        count=event.read("count", lambda text: values.whole(text, least=1)) or 1,
        country=country or options.default_country,
        malware=name if category in _MALWARE_NAMES else None,
        service=name if category not in _MALWARE_NAMES else None,
        confidence=CONFIDENCE_WORDS.get(event.text("confidence") or ""),
        unused=draft.unused_rows,
    )


def _observables(
    event: Fields, draft: Draft, role: Role, category: str, *, revoked: bool
) -> tuple[tuple[Observable, ...], str | None]:
    """What the event shows, and the country of the victims' side."""
    made: list[Observable] = []
    country = None
    port = event.read("dport", lambda text: values.whole(text, most=65_535))
    event.read("sport", lambda text: values.whole(text, most=65_535))
    transport = event.text("proto")
    origin = event.text("origin")
    for index, item in enumerate(event.list("address")):
        address = Fields(item if isinstance(item, dict) else {}, draft, f"address[{index}]")
        side = role
        if address.text("dir") == "dst" and role is not Role.UNKNOWN:
            side = Role.VICTIM if role is Role.ADVERSARY else Role.ADVERSARY
        pair = address.read("ip", values.address)
        if pair:
            made.append(_made(pair[0], pair[1], side, revoked=revoked))
            if category == "cnc" and port is not None and transport in {"tcp", "udp"}:
                server = connection(protocols=(transport,), dst=pair[1], dst_port=port)
                made.append(replace(server, role=Role.ADVERSARY, revoked=revoked))
        code = address.read("cc", values.country)
        country = country or (code if side is Role.VICTIM else None)
        address.drop("describes the network's owner", "asn", "rdns")
        address.rest()
    # In `bots` and `dns-query`, name and page are what the infected system asked for: the other side.
    asked = Role.ADVERSARY if category in {"bots", "dns-query"} else role
    expires = event.read("expires", lambda text: parse_moment(text, UTC))
    for key, kind, reader in (
        ("fqdn", ObservableType.DOMAIN, values.domain),
        ("url", ObservableType.URL, values.url),
    ):
        text = event.read(key, reader)
        if text:
            made.append(_other_side(_made(kind, text, asked, revoked=revoked), draft, category, origin, key))
    event.drop("is a pattern of n6's own", "url_pattern")
    dip = event.read("dip", values.address)
    if dip:
        opposite = {Role.ADVERSARY: Role.VICTIM, Role.VICTIM: Role.ADVERSARY, Role.UNKNOWN: Role.UNKNOWN}[role]
        if category == "dos-victim":
            opposite = Role.UNKNOWN
        made.append(_other_side(_made(*dip, opposite, revoked=revoked), draft, category, origin, "dip"))
    made += _files(event)
    return tuple(replace(item, valid_until=expires) for item in made if item.value), country


def _made(kind: ObservableType, value: str, role: Role, *, revoked: bool) -> Observable:
    return Observable(kind, value, role, as_indicator=role is Role.ADVERSARY, revoked=revoked)


def _other_side(item: Observable, draft: Draft, category: str, origin: str | None, key: str) -> Observable:
    """What a victim talked to: the adversary's only where the detection says so, never a sinkhole."""
    if category not in {"bots", "dns-query"} or item.role is not Role.ADVERSARY:
        return item
    if origin == "sinkhole":
        draft.unused(key, item.value, "a sinkhole: never published")
        return Observable(item.type, "", Role.UNKNOWN)
    options = draft.options
    if origin in {"c2", "sandbox"} or options.confirm_all or item.value in options.confirmed:
        return item
    return Observable(item.type, item.value, item.role, as_indicator=True, held=UNSURE)


def _files(event: Fields) -> list[Observable]:
    file = file_by_hashes(event, _HASHES)
    made = [file] if file else []
    fingerprint = event.read("x509fp_sha1", lambda text: values.file_hash(text, "SHA-1"))
    if fingerprint:
        details = FileDetails(hashes={"SHA-1": fingerprint[1]})
        made.append(
            Observable(ObservableType.CERTIFICATE, fingerprint[1], Role.ADVERSARY, as_indicator=True, file=details)
        )
    return made
