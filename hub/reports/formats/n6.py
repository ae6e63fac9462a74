"""n6 events (CERT Polska): JSON, one event on each line, or a list. Times have no zone; n6 defines them as UTC.

The category decides which side is the adversary's (hub/reports/reading/roles.py). An event with the ``restriction``
"internal" never leaves the CERT: such events become separate reports with the consent ``none``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import Any, Final

import orjson

from hub.reports import rsit
from hub.reports.markings import TlpWord
from hub.reports.observables import FileDetails, Observable, ObservableType, Role
from hub.reports.reading import roles, values
from hub.reports.reading.composites import NO_CONNECTION, attacker_connection, file_by_hashes
from hub.reports.reading.countries import country_code
from hub.reports.reading.draft import PROTECTED_REASON, Draft, Fields, Problem
from hub.reports.reading.feed import FeedLine
from hub.reports.reading.named_victims import named_victims
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.reader import Format, read_records
from hub.reports.reading.source import Source, json_values
from hub.reports.reading.times import parse_moment
from hub.reports.report import Reading
from hub.reports.victims import Consent, Victim
from hub.stix.vocabularies import CONFIDENCE_WORDS

# category: RSIT type. The type decides the role of the host, except for proxy, tor and dos-victim.
CATEGORIES: Final[dict[str, str]] = {
    "amplifier": "ddos-amplifier", "bots": "infected-system", "backdoor": "system-compromise", "cnc": "c2-server",
    "deface": "unauthorised-information-modification", "dns-query": "infected-system", "dos-attacker": "ddos",
    "dos-victim": "ddos", "exposed": "potentially-unwanted-accessible", "flow": "undetermined",
    "flow-anomaly": "undetermined", "fraud": "masquerade", "scam": "masquerade", "leak": "data-leak",
    "malurl": "malware-distribution", "sandbox-url": "malware-distribution", "malware-action": "malware-configuration",
    "phish": "phishing", "proxy": "other", "tor": "other", "scanning": "scanner", "server-exploit": "ids-alert",
    "spam": "spam", "spam-url": "spam", "vulnerable": "vulnerable-system", "webinject": "malware-configuration",
    "other": "other",
}  # fmt: skip
_OWN_TYPES: Final = frozenset({"proxy", "tor"})  # categories that are more exact than their RSIT type "other"
_CALLED_HOSTS: Final = frozenset(
    {"bots", "dns-query"}
)  # here fqdn and url name the host that the infected system called
_RESTRICTIONS: Final[dict[str, tuple[TlpWord, Consent | None]]] = {
    "public": ("green", None),  # n6 does not distinguish clear and green, so the narrower one
    "need-to-know": ("amber", None),
    "internal": ("amber+strict", Consent.NONE),
}
_INTERNAL: Final = "Its restriction in n6 is 'internal': such events never leave the CERT."
_MALWARE_NAMES: Final = frozenset({"bots", "cnc", "malurl", "sandbox-url", "malware-action", "dns-query", "webinject"})
_UNUSED_KEYS: Final = {
    "names the supplier of the event, who stays unnamed": ("source",),
    "is personal, and stays at the CERT": ("email", "phone", "iban", "registrar"),
    "is an address that n6 hides in part": ("adip",),
    "describes one device in full": ("injects", "action", "additional_data", "request", "header", "sysdesc"),
    "is a pattern that only n6 uses": ("url_pattern",),
    "describes the event in n6, not the incident": ("rid", "modified", "replaces"),
}
_ORIGINS: Final = frozenset({"", "c2", "sandbox", "sinkhole"})
_HASHES: Final = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}


def read_n6(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read events one by one: yield feed reports, and a RowError for each event that cannot be used."""
    return read_records(_FORMAT, json_values(source), source, options)


def _line(value: Any, draft: Draft) -> FeedLine:
    if not isinstance(value, dict):
        raise Problem("", value, "an event: a JSON object")
    event = Fields(value, draft)
    category = event.text("category")
    if category not in CATEGORIES:
        raise Problem("category", category, "a category of n6 such as cnc, phish or bots")
    restriction = event.text("restriction")
    if restriction not in _RESTRICTIONS:
        raise Problem("restriction", restriction, "one of public, need-to-know, internal")
    tlp, consent = _RESTRICTIONS[restriction]
    try:
        first_seen = parse_moment(event.text("time") or "", UTC)
    except ValueError as error:
        raise Problem("time", value.get("time"), str(error)) from None
    until = event.read("until", lambda text: parse_moment(text, UTC))
    name = event.text("name")
    claims = claims_of(category)
    observables, country = _observables(event, draft, category, *claims)
    target, username = event.text("target"), event.text("username")
    event.drop(PROTECTED_REASON, "target", "username")
    event.ignore("id")
    for reason, keys in _UNUSED_KEYS.items():
        event.drop(reason, *keys)
    event.note_remaining()
    line = rsit.find(CATEGORIES[category]) or rsit.RSIT["other", "other"]
    return FeedLine(
        draft.place,
        orjson.dumps(value, option=orjson.OPT_SORT_KEYS),
        line,
        tlp,
        consent,
        _INTERNAL if consent is Consent.NONE else "",
        observables=observables,
        first_seen=first_seen,
        last_seen=max(until, first_seen) if until else first_seen,
        count=event.read("count", lambda text: values.whole_number(text, least=1)) or 1,
        country=country or draft.options.default_country,
        malware=name if category in _MALWARE_NAMES else None,
        service=name if category not in _MALWARE_NAMES else None,
        confidence=CONFIDENCE_WORDS.get(event.text("confidence") or ""),
        target_victims=(
            *((Victim(name=target, accounts=(username,) if username else ()),) if target or username else ()),
            *named_victims({key: value.get(key) for key in ("client", "additional_data")}),
        ),
        host_is_victim=claims[0].role is Role.VICTIM,
        unused=draft.unused_rows,
        warnings=draft.warnings,
    )


def claims_of(category: str) -> tuple[roles.Claim, roles.Claim]:
    """Return the claims on the reported host of an event of this category, and on the host at the other end."""
    if category == "dos-victim":
        return roles.victim("category dos-victim: the host is attacked"), roles.unknown("category dos-victim")
    role_type = category if category in _OWN_TYPES else CATEGORIES[category]
    return roles.observation_claims(role_type, f"category {category}")


def _observables(
    event: Fields, draft: Draft, category: str, host: roles.Claim, other_end: roles.Claim
) -> tuple[tuple[Observable, ...], str | None]:
    """Return the observables of the event, and the country of the victims' side."""
    if CATEGORIES[category] != "infected-system":
        event.drop("describes how n6 saw it", "origin")
    event.ignore("origin")  # `_called_host` reads it
    observables, country = _addresses(event, draft, category, host, other_end)
    for key, kind, reader in (
        ("fqdn", ObservableType.DOMAIN, values.domain),
        ("url", ObservableType.URL, values.url),
    ):
        text = event.read(key, reader)
        if text and category in _CALLED_HOSTS:
            observables += _called_host(other_end.apply_to(Observable(kind, text)), event, draft, key, category)
        elif text:
            observables.append(host.apply_to(Observable(kind, text)))
    pair = event.read("dip", values.address)
    if pair:
        observables += _called_host(other_end.apply_to(Observable(*pair)), event, draft, "dip", category)
    observables += _connection(event, draft, category, observables)
    observables += _files(event, host)
    observables = list(roles.mark_hacked_sites(observables, one_observation=True))
    expires = event.read("expires", lambda text: parse_moment(text, UTC))
    status = event.text("status")
    revoked = status in {"delisted", "expired", "replaced"}
    if not revoked and status != "active":
        draft.note_unused("status", status, "is no known status of n6")
    if expires or revoked:
        observables = [replace(item, valid_until=expires, revoked=revoked) for item in observables]
    return tuple(observables), country


def _addresses(
    event: Fields, draft: Draft, category: str, host: roles.Claim, other_end: roles.Claim
) -> tuple[list[Observable], str | None]:
    """Return the hosts of the event, and the country of the victims' hosts."""
    observables: list[Observable] = []
    country = None
    for index, item in enumerate(event.list("address")):
        address = Fields(item if isinstance(item, dict) else {}, draft, f"address[{index}]")
        code = address.read("cc", country_code)
        host_claim = roles.adjust_for_country(
            host, CATEGORIES[category], f"address[{index}].cc", country=code, home=draft.options.default_country
        )
        claim = other_end if address.text("dir") == "dst" else host_claim
        pair = address.read("ip", values.address)
        if pair:
            observables.append(claim.apply_to(Observable(*pair)))
        if claim.role is Role.VICTIM and country in {None, code}:
            country = code
        else:
            draft.note_unused(f"address[{index}].cc", code, "is not the country of the first victim")
        address.drop("describes the network's owner", "asn", "rdns")
        address.note_remaining()
    return observables, country


def _called_host(item: Observable, event: Fields, draft: Draft, key: str, category: str) -> list[Observable]:
    """Return the host that the reported host called, as a list. For an infected host it may be a sinkhole: see origin, name."""
    if CATEGORIES[category] != "infected-system":
        return [item]
    origin, family = event.peek("origin"), event.peek("name").casefold()
    if origin not in _ORIGINS:
        draft.note_unused("origin", origin, "does not say whose the other end is")
    is_command_server = origin in {"c2", "sandbox"} or (not origin and bool(family))
    is_sinkhole = origin == "sinkhole" or "sinkhole" in family
    called_host = roles.check_called_host(
        item, draft, key, is_command_server=is_command_server, is_sinkhole=is_sinkhole
    )
    return [called_host] if called_host else []


def _connection(event: Fields, draft: Draft, category: str, hosts: list[Observable]) -> list[Observable]:
    """Return the connection of the adversary's end, if its port is known; note other ports as unused.

    ``dport`` is the port of the server: a command server, the host that an infected host called, or the attacked host.
    """
    ports = {key: event.read(key, values.port) for key in ("sport", "dport")}
    is_client = CATEGORIES[category] in roles.CLIENT_TYPES
    own_key, other_key = ("sport", "dport") if is_client else ("dport", "sport")
    layers = ((event.text("proto") or "tcp").lower(),)
    item = attacker_connection(
        hosts, is_client=is_client, protocols=layers, own_port=ports[own_key], other_port=ports[other_key]
    )
    used_keys = () if item is None else (own_key, other_key) if is_client else (own_key,)
    for key in (key for key in ports if key not in used_keys):
        draft.note_unused(key, ports[key], NO_CONNECTION)
    if item is None:
        draft.note_unused("proto", event.peek("proto"), NO_CONNECTION)
    return [item] if item else []


def _files(event: Fields, host: roles.Claim) -> list[Observable]:
    file = file_by_hashes(event, _HASHES)
    items = [roles.adversary("md5, sha1 or sha256 is of malware").apply_to(file)] if file else []
    fingerprint = event.read("x509fp_sha1", lambda text: values.file_hash(text, "SHA-1"))
    if fingerprint:
        details = FileDetails(hashes={"SHA-1": fingerprint[1]})
        subject = event.peek("x509subject")
        item = Observable(
            ObservableType.CERTIFICATE, fingerprint[1], file=details, source_remarks=(subject,) if subject else ()
        )
        of_server = roles.adversary("x509fp_sha1 is of a malicious server")
        items.append((host if host.role is Role.VICTIM else of_server).apply_to(item))
    return items


_FORMAT: Final = Format("n6", _line, lambda event: event.get("id"))
