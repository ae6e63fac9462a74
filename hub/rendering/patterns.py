"""Patterns of observables: STIX patterns (STIX 2.1, 9), and rules for YARA and Suricata if STIX has no property.

hub/docs/adr/0097-places-for-values.md says which pattern each type has, and which tools read it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from hub.reports.observables import FileDetails, Observable, ObservableType, Role, TrafficDetails

# The algorithms of STIX 2.1, 10.6. Hashes of other algorithms are not allowed in patterns and file objects.
HASH_ALGORITHMS: Final = ("MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256", "SHA3-512", "SSDEEP", "TLSH")

_LENGTHS: Final = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128, "SHA3-256": 64, "SHA3-512": 128}
_FUZZY: Final = {
    "SSDEEP": re.compile(r"\d+:[A-Za-z0-9/+]+:[A-Za-z0-9/+]+"),
    "TLSH": re.compile(r"(?:T1)?[0-9A-Fa-f]{70}"),
}


def valid_hashes(details: FileDetails) -> dict[str, str]:
    """Return the well-formed hashes with algorithms of STIX (STIX 2.1, 10.6), in the order of HASH_ALGORITHMS."""
    return {name: value for name in HASH_ALGORITHMS if (value := details.hashes.get(name)) and _is_hash(name, value)}


def _is_hash(name: str, value: str) -> bool:
    if name in _FUZZY:
        return _FUZZY[name].fullmatch(value) is not None
    return re.fullmatch(rf"[0-9a-fA-F]{{{_LENGTHS[name]}}}", value) is not None


def quote(text: str) -> str:
    """Return a string literal, with backslash and quote escaped (STIX 2.1, 9.3)."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def pattern_of(item: Observable) -> tuple[str, str] | None:
    """Return the pattern and its type (`stix`, or that of a detection rule); None if no pattern can match the value."""
    if item.type is ObservableType.PATTERN:
        return (item.pattern, item.pattern_type) if item.pattern and item.pattern_type else None
    if item.type is ObservableType.TLS_FINGERPRINT:
        rule = _suricata_rule(item)
        return (rule, "suricata") if rule else None
    if item.type is ObservableType.PDB_PATH:
        return (_yara_rule(item.value), "yara") if item.value.isprintable() else None
    comparisons = _COMPARISONS[item.type](item)
    return (f"[{comparisons}]", "stix") if comparisons else None


def _equals(path: str) -> Callable[[Observable], str]:
    return lambda item: f"{path} = {quote(item.value)}"


def _address(kind: str) -> Callable[[Observable], str]:
    def comparison(item: Observable) -> str:
        operator = "ISSUBSET" if "/" in item.value else "="
        return f"{kind}:value {operator} {quote(item.value)}"

    return comparison


def _hashes(kind: str, details: FileDetails | None) -> str:
    # Any one hash identifies the file. A name is weak, so it is used only without a hash.
    hashes = {} if details is None else valid_hashes(details)
    return " OR ".join(f"{kind}:hashes.{_step(name)} = {quote(value)}" for name, value in hashes.items())


def _step(name: str) -> str:
    return f"'{name}'" if "-" in name else name


def _file(item: Observable) -> str:
    hashes = _hashes("file", item.file)
    if item.file and item.file.imphash and _is_hash("MD5", item.file.imphash):
        imports = f"file:extensions.'windows-pebinary-ext'.imphash = {quote(item.file.imphash)}"
        hashes = f"{hashes} OR {imports}" if hashes else imports
    name = item.file.name if item.file else item.value
    return hashes or (f"file:name = {quote(name)}" if name else "")


def _certificate(item: Observable) -> str:
    return _hashes("x509-certificate", item.file)


def _system(item: Observable) -> str:
    digits = item.value.upper().removeprefix("AS")
    return f"autonomous-system:number = {int(digits)}" if digits.isdecimal() else ""


def _traffic(item: Observable) -> str:
    """Return comparisons for the adversary's ends only: the other end would show the victim."""
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
    """Return a comparison with OpenCTI's user agent, or with the header of a request in STIX."""
    header = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"
    return f"user-agent:value = {quote(item.value)} OR {header} = {quote(item.value)}"


def _account(item: Observable) -> str:
    return f"bank-account:{account_property(item.value)} = {quote(item.value)}"


def account_property(value: str) -> str:
    """Return OpenCTI's property of a bank account for this number."""
    return "iban" if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", value) else "account_number"


class Package(NamedTuple):
    """The parts of a package URL (purl); `name` includes the namespace."""

    kind: str
    name: str
    version: str | None


def package_of(purl: str) -> Package | None:
    """Return the parts of a package URL; None if the text is none."""
    match = re.fullmatch(r"pkg:([a-z][a-z0-9.+-]*)/([^@?#]+)(?:@([^?#]+))?(?:[?#].*)?", purl)
    return Package(match[1], unquote(match[2]).strip("/"), unquote(match[3]) if match[3] else None) if match else None


def _software(item: Observable) -> str:
    """Return a comparison with the name; for a package URL also with the version, because other versions are harmless."""
    package = package_of(item.data or "")
    version = f" AND software:version = {quote(package.version)}" if package and package.version else ""
    return f"software:name = {quote(item.value)}{version}"


_KEYWORDS: Final = {
    "ja3": ("tls", "ja3.hash"),
    "ja3s": ("tls", "ja3s.hash"),
    "ja4": ("tls", "ja4.hash"),
    "hassh": ("ssh", "ssh.hassh"),
    "hassh-server": ("ssh", "ssh.hassh.server"),
}
"""Algorithm of a fingerprint -> protocol and keyword in Suricata."""
_FINGERPRINT: Final = re.compile(r"[0-9a-z_]{10,80}", re.ASCII)
_LOCAL_SIDS: Final = range(1_000_000, 2_000_000)  # the numbers that Suricata reserves for local rules


def _suricata_rule(item: Observable) -> str:
    """Return a rule for Suricata, because STIX has no property for fingerprints; "" if Suricata does not compute this one."""
    name = (item.data or "ja3").casefold()
    protocol, keyword = _KEYWORDS.get(name, ("", ""))
    if not keyword or not _FINGERPRINT.fullmatch(item.value):
        return ""
    number = int(hashlib.sha256(item.value.encode()).hexdigest()[:8], 16)
    sid = _LOCAL_SIDS[number % len(_LOCAL_SIDS)]
    return f'alert {protocol} any any -> any any (msg:"{name.upper()}"; {keyword}; content:"{item.value}"; sid:{sid}; rev:1;)'


def _yara_rule(path: str) -> str:
    """Return a rule for YARA, because the path is in the bytes of the program, and STIX has no property for it."""
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    text = path.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'rule pdb_{digest} {{ strings: $path = "{text}" ascii wide nocase condition: uint16(0) == 0x5a4d and $path }}'
    )


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
    ObservableType.SOFTWARE: _software,
    ObservableType.USER_AGENT: _agent,
    ObservableType.WALLET: _equals("cryptocurrency-wallet:value"),
    ObservableType.BANK_ACCOUNT: _account,
    ObservableType.PHONE: _equals("phone-number:value"),
    ObservableType.URI_PATH: _equals("network-traffic:extensions.'http-request-ext'.request_value"),
    ObservableType.NAMED_PIPE: lambda item: f"file:name = {quote(_PIPES + item.value)}",
}


_PIPES: Final = "\\\\.\\pipe\\"  # the prefix of named pipes in the file system of Windows


def host_type(host: str) -> str:
    """Return `ipv4-addr`, `ipv6-addr` or `domain-name`."""
    try:
        return f"ipv{ipaddress.ip_network(host, strict=False).version}-addr"
    except ValueError:
        return "domain-name"
