"""Read an indicator of the form: ``type:value@role`` in a cell, or a mapping of type, value and role in YAML and JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import tzinfo
from typing import Any, Final

from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading import accounts, values
from hub.reports.reading.draft import observable_reader
from hub.reports.reading.times import parse_moment


def _address(text: str) -> Observable:
    return Observable(*values.address(text))


def _hash(algorithm: str | None) -> Callable[[str], Observable]:
    return lambda text: values.file_observable(dict([values.file_hash(text, algorithm)]))


def _wallet(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9:]{14,110}", text.strip(), re.ASCII):
        raise ValueError("the address of a wallet")
    return text.strip()


KINDS: Final[dict[str, Callable[[str], Observable]]] = {
    "ip": _address,
    "ipv4": _address,
    "ipv6": _address,
    "cidr": _address,
    "domain": observable_reader(ObservableType.DOMAIN, values.domain),
    "hostname": observable_reader(ObservableType.DOMAIN, values.domain),
    "url": observable_reader(ObservableType.URL, values.url),
    "md5": _hash("MD5"),
    "sha1": _hash("SHA-1"),
    "sha256": _hash("SHA-256"),
    "sha512": _hash("SHA-512"),
    "hash": _hash(None),
    "email": observable_reader(ObservableType.EMAIL, values.email),
    "filename": lambda text: values.file_observable({}, text),
    "asn": observable_reader(ObservableType.AS, values.as_number),
    "mutex": observable_reader(ObservableType.MUTEX, values.plain_text),
    "regkey": observable_reader(ObservableType.REGISTRY_KEY, values.registry_key),
    "btc": observable_reader(ObservableType.WALLET, _wallet),
    "mac": observable_reader(ObservableType.MAC, values.mac),
    "user-agent": observable_reader(ObservableType.USER_AGENT, values.plain_text),
    "ip-port": accounts.host_port,
    "iban": accounts.iban,
    "bank-account": observable_reader(ObservableType.BANK_ACCOUNT, values.bank_account),
    "phone": observable_reader(ObservableType.PHONE, values.phone),
    "ja3": accounts.tls_fingerprint("ja3"),
    "ja3s": accounts.tls_fingerprint("ja3s"),
    "ja4": accounts.tls_fingerprint("ja4"),
    "pipe": accounts.named_pipe,
    "pdb": accounts.pdb_path,
    "uri-path": accounts.uri_path,
    "imphash": accounts.imphash,
    "package": accounts.package,
}
"""The reader of values for each word for a type."""

_ALIASES: Final = {
    "ip-src": "ip", "ip-dst": "ip", "ip4": "ip", "ip6": "ip", "ipaddress": "ip", "ipv4-addr": "ip", "ipv6-addr": "ip",
    "network": "cidr", "fqdn": "domain", "host": "domain", "domain-name": "domain", "uri": "url", "link": "url",
    "sha-1": "sha1", "sha-256": "sha256", "sha-512": "sha512", "mail": "email", "e-mail": "email",
    "email-addr": "email", "phone-number": "phone", "telephone": "phone", "named-pipe": "pipe", "pdb-path": "pdb",
    "host-port": "ip-port", "file": "filename", "as": "asn", "registry": "regkey", "bitcoin": "btc", "wallet": "btc",
}  # fmt: skip


def indicator_kind(word: str) -> str:
    """Return the key of KINDS for a type as a person wrote it; "" if there is none."""
    word = word.strip().casefold()
    word = _ALIASES.get(word, word)
    return word if word in KINDS else ""


_ROLES: Final = {
    "adversary": Role.ADVERSARY, "attacker": Role.ADVERSARY, "victim": Role.VICTIM, "target": Role.VICTIM,
    "thirdparty": Role.THIRD_PARTY, "third-party": Role.THIRD_PARTY, "third_party": Role.THIRD_PARTY,
    "unknown": Role.UNKNOWN,
}  # fmt: skip
_SUFFIX: Final = re.compile(r"@(adversary|attacker|victim|target|third[-_]?party|unknown|confirmed)\s*$", re.IGNORECASE)
DEFAULT_EVIDENCE: Final = "the column indicators lists the adversary's values"
"""The evidence for an indicator without a role."""
EXPECTED_INDICATOR: Final = f"type:value with a type of {', '.join(KINDS)}, such as ip:198.51.100.7"


def read_indicator(item: Any, zone: tzinfo | None = None) -> tuple[Observable, bool]:
    """Return (the observable, whether the officer confirms that it is safe to block). Raises ValueError with the reason.

    A value without a suffix is the adversary's. Values with ``@victim`` or ``@unknown`` are never indicators.
    """
    if isinstance(item, Mapping):
        return _from_mapping(item, zone)
    text, marks = str(item).strip(), set()
    while match := _SUFFIX.search(text):
        marks.add(match[1].casefold())
        text = text[: match.start()].rstrip()
    confirmed = "confirmed" in marks
    roles = {_ROLES[mark] for mark in marks if mark in _ROLES}
    if len(roles) > 1:
        raise ValueError("one role only after @")
    evidence = f"indicators: marked @{next(iter(marks - {'confirmed'}))}" if roles else DEFAULT_EVIDENCE
    return _with_role(_observable(text), roles.pop() if roles else Role.ADVERSARY, evidence), confirmed


def _from_mapping(item: Mapping[str, Any], zone: tzinfo | None) -> tuple[Observable, bool]:
    fields = {str(key).strip().casefold(): value for key, value in item.items()}
    unknown = fields.keys() - {"type", "value", "role", "first_seen", "last_seen", "confirmed"}
    if unknown:
        raise ValueError(
            f"only type, value, role, first_seen, last_seen and confirmed (not {', '.join(sorted(unknown))})"
        )
    value = fields.get("value")
    if not isinstance(value, str | int):
        raise ValueError("a value beside the type")  # noqa: TRY004  a fault of the sheet, not of the program
    kind = str(fields.get("type") or "")
    observable = _observable(f"{kind}:{value}" if kind else str(value))
    role = str(fields.get("role") or "adversary").strip().casefold()
    evidence = f"indicators: role {role}" if fields.get("role") else DEFAULT_EVIDENCE
    if role not in _ROLES:
        raise ValueError(f"a role of {', '.join(_ROLES)}")
    first_seen, last_seen = (
        parse_moment(fields[key], zone) if fields.get(key) else None for key in ("first_seen", "last_seen")
    )
    observable = replace(observable, first_seen=first_seen, last_seen=last_seen)
    confirmed = str(fields.get("confirmed")).strip().casefold() in {"yes", "true"}
    return _with_role(observable, _ROLES[role], evidence), confirmed


def _with_role(observable: Observable, role: Role, evidence: str) -> Observable:
    # A hacked host should be blocked while it is hacked; the release step decides which audience gets it.
    # The form names only the destination of a connection, so the role applies to it.
    traffic = observable.traffic and replace(observable.traffic, dst_role=role)
    is_hostile = role in {Role.ADVERSARY, Role.THIRD_PARTY}
    return replace(observable, role=role, evidence=evidence, traffic=traffic, as_indicator=is_hostile)


def _observable(text: str) -> Observable:
    word, colon, value = text.partition(":")
    kind = indicator_kind(word)
    if colon and kind:
        return KINDS[kind](value.strip())
    return guess_observable(text)


def guess_observable(text: str) -> Observable:
    """Return an observable of a value without a type. Raises ValueError if the value does not show its type."""
    for kind in ("ip", "hash", "url", "email", "domain"):
        try:
            return KINDS[kind](text)
        except ValueError:
            continue
    raise ValueError(EXPECTED_INDICATOR)
