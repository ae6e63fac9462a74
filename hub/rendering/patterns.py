"""STIX patterns (STIX 2.1, 9) of observables."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final

from hub.reports.observables import FileDetails, Observable, ObservableType, Role, TrafficDetails

# The algorithms of STIX 2.1, 10.6; a hash of another one has no place in a pattern or in a file object.
HASH_ALGORITHMS: Final = ("MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256", "SHA3-512", "SSDEEP", "TLSH")

_LENGTHS: Final = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128, "SHA3-256": 64, "SHA3-512": 128}
_FUZZY: Final = {
    "SSDEEP": re.compile(r"\d+:[A-Za-z0-9/+]+:[A-Za-z0-9/+]+"),
    "TLSH": re.compile(r"(?:T1)?[0-9A-Fa-f]{70}"),
}


def good_hashes(details: FileDetails) -> dict[str, str]:
    """The hashes that STIX knows and that look like what they are called (STIX 2.1, 10.6), in the order of the list."""
    return {name: value for name in HASH_ALGORITHMS if (value := details.hashes.get(name)) and _is_hash(name, value)}


def _is_hash(name: str, value: str) -> bool:
    if name in _FUZZY:
        return _FUZZY[name].fullmatch(value) is not None
    return re.fullmatch(rf"[0-9a-fA-F]{{{_LENGTHS[name]}}}", value) is not None


def quote(text: str) -> str:
    """A string literal: backslash and quote escaped (STIX 2.1, 9.3)."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def pattern_of(item: Observable) -> tuple[str, str] | None:
    """The pattern and its type (`stix`, or that of a detection rule); None where nothing can be matched."""
    if item.type is ObservableType.PATTERN:
        return (item.pattern, item.pattern_type) if item.pattern and item.pattern_type else None
    compare = _COMPARISONS.get(item.type)
    comparisons = compare(item) if compare else ""
    return (f"[{comparisons}]", "stix") if comparisons else None


def _equals(path: str) -> Callable[[Observable], str]:
    return lambda item: f"{path} = {quote(item.value)}"


def _address(kind: str) -> Callable[[Observable], str]:
    def comparison(item: Observable) -> str:
        operator = "ISSUBSET" if "/" in item.value else "="
        return f"{kind}:value {operator} {quote(item.value)}"

    return comparison


def _hashes(kind: str, details: FileDetails | None) -> str:
    known = {} if details is None else good_hashes(details)
    # Any of its hashes gives the file away; a name alone is weak, so it stands only where there is no hash.
    return " OR ".join(f"{kind}:hashes.{_step(name)} = {quote(value)}" for name, value in known.items())


def _step(name: str) -> str:
    return f"'{name}'" if "-" in name else name


def _file(item: Observable) -> str:
    hashes = _hashes("file", item.file)
    name = item.file.name if item.file else item.value
    return hashes or (f"file:name = {quote(name)}" if name else "")


def _certificate(item: Observable) -> str:
    return _hashes("x509-certificate", item.file)


def _system(item: Observable) -> str:
    digits = item.value.upper().removeprefix("AS")
    return f"autonomous-system:number = {int(digits)}" if digits.isdecimal() else ""


def _traffic(item: Observable) -> str:
    """Only the adversary's ends: the other one says who was attacked."""
    details = item.traffic or TrafficDetails()
    parts = []
    for end, host, port, role in (
        ("src", details.src, details.src_port, details.src_role),
        ("dst", details.dst, details.dst_port, details.dst_role),
    ):
        if role is Role.ADVERSARY and host:
            parts.append(f"network-traffic:{end}_ref.type = {quote(host_type(host))}")
            parts.append(f"network-traffic:{end}_ref.value = {quote(host)}")
            parts += [f"network-traffic:{end}_port = {port}"] if port is not None else []
    return " AND ".join(parts)


def _agent(item: Observable) -> str:
    return f"network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = {quote(item.value)}"


_COMPARISONS: Final[Mapping[ObservableType, Callable[[Observable], str]]] = {
    ObservableType.IPV4: _address("ipv4-addr"),
    ObservableType.IPV6: _address("ipv6-addr"),
    ObservableType.DOMAIN: _equals("domain-name:value"),
    ObservableType.URL: _equals("url:value"),
    ObservableType.EMAIL: _equals("email-addr:value"),
    ObservableType.EMAIL_MESSAGE: _equals("email-message:subject"),
    ObservableType.FILE: _file,
    ObservableType.MAC: _equals("mac-addr:value"),
    ObservableType.AS: _system,
    ObservableType.MUTEX: _equals("mutex:name"),
    ObservableType.REGISTRY_KEY: _equals("windows-registry-key:key"),
    ObservableType.USER_ACCOUNT: _equals("user-account:account_login"),
    ObservableType.TRAFFIC: _traffic,
    ObservableType.CERTIFICATE: _certificate,
    ObservableType.SOFTWARE: _equals("software:name"),
    ObservableType.USER_AGENT: _agent,
    # No SCO type is meant for wallets (STIX 2.1, 6); a custom one is how patterns name them.
    ObservableType.WALLET: _equals("x-cryptocurrency-wallet:value"),
}


def host_type(host: str) -> str:
    """`ipv4-addr`, `ipv6-addr` or `domain-name`."""
    try:
        return f"ipv{ipaddress.ip_network(host, strict=False).version}-addr"
    except ValueError:
        return "domain-name"
