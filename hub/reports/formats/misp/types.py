"""Readers for the types of MISP attributes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from hub.reports.observables import FileDetails, Observable, ObservableType
from hub.reports.reading import accounts, values
from hub.reports.reading.composites import connection
from hub.reports.reading.draft import observable_reader

HASHES: Final = {
    "md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512", "ssdeep": "SSDEEP", "tlsh": "TLSH",
    "sha3-256": "SHA3-256", "sha3-512": "SHA3-512",
}  # fmt: skip


_FINGERPRINTS: Final = {f"x509-fingerprint-{name}": algorithm for name, algorithm in list(HASHES.items())[:3]}


_FUZZY: Final = frozenset({"SSDEEP", "TLSH"})


_RULES: Final = {"yara": "yara", "sigma": "sigma", "snort": "snort", "suricata": "suricata", "stix2-pattern": "stix"}


def _digest(text: str, algorithm: str) -> tuple[str, str]:
    return (algorithm, values.plain_text(text)) if algorithm in _FUZZY else values.file_hash(text, algorithm)


def _file(algorithm: str) -> Callable[[str], list[Observable]]:
    return lambda text: [values.file_observable(dict([_digest(text, algorithm)]))]


def _named_file(algorithm: str) -> Callable[[str], list[Observable]]:
    def read(text: str) -> list[Observable]:
        name, bar, digest = text.rpartition("|")
        if not bar:
            raise ValueError("filename|hash")
        return [values.file_observable(dict([_digest(digest, algorithm)]), name.strip())]

    return read


def _single(read: Callable[[str], Observable]) -> Callable[[str], list[Observable]]:
    return lambda text: [read(text)]


def _address(text: str) -> list[Observable]:
    return [Observable(*values.address(text))]


def _address_port(text: str) -> list[Observable]:
    host, bar, port = text.replace(":", "|").rpartition("|") if text.count(":") == 1 else text.rpartition("|")
    if not bar:
        raise ValueError("address|port")
    kind, address = values.address(host)
    return [Observable(kind, address), connection(dst=address, dst_port=values.port(port))]


def _host_port(text: str) -> list[Observable]:
    host, bar, port = text.rpartition("|")
    if not bar:
        raise ValueError("hostname|port")
    values.port(port)
    return [Observable(ObservableType.DOMAIN, values.domain(host))]


def _domain_address(text: str) -> list[Observable]:
    name, bar, address = text.partition("|")
    if not bar:
        raise ValueError("domain|address")
    kind, value = values.address(address)
    return [Observable(ObservableType.DOMAIN, values.domain(name), resolves_to=(value,)), Observable(kind, value)]


def _key_value(text: str) -> list[Observable]:
    key, _, data = text.partition("|")
    return [Observable(ObservableType.REGISTRY_KEY, values.registry_key(key), data=data.strip() or None)]


def _certificate(algorithm: str) -> Callable[[str], list[Observable]]:
    def read(text: str) -> list[Observable]:
        name, digits = values.file_hash(text.replace(":", ""), algorithm)
        return [Observable(ObservableType.CERTIFICATE, digits, file=FileDetails(hashes={name: digits}))]

    return read


def _rule(pattern_type: str) -> Callable[[str], list[Observable]]:
    def read(text: str) -> list[Observable]:
        name = next((line.strip() for line in text.splitlines() if line.strip()), "")[:120]
        if not name:
            raise ValueError(f"a {pattern_type} rule")
        # Many rules begin with the same line, so a digest of the whole text makes the value unique.
        digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]
        return [Observable(ObservableType.PATTERN, f"{name} ({digest})", pattern=text, pattern_type=pattern_type)]

    return read


def _cpe(text: str) -> list[Observable]:
    parts = text.strip().split(":")
    if len(parts) < 5 or parts[0] != "cpe":
        raise ValueError("a CPE 2.3 name")
    return [Observable(ObservableType.SOFTWARE, " ".join(parts[3:5]).replace("_", " "), data=text.strip())]


def _address_or_path(text: str) -> list[Observable]:
    """Read a URL, or the path of one: MISP's type `uri` allows both."""
    if text.strip().startswith("/"):
        return [Observable(ObservableType.URI_PATH, values.plain_text(text))]
    return [Observable(ObservableType.URL, values.url(text))]


READERS: Final[dict[str, Callable[[str], list[Observable]]]] = {
    **dict.fromkeys(("ip-src", "ip-dst", "ip"), _address),
    **dict.fromkeys(("ip-src|port", "ip-dst|port"), _address_port),
    **dict.fromkeys(("domain", "hostname"), _single(observable_reader(ObservableType.DOMAIN, values.domain))),
    "hostname|port": _host_port,
    "domain|ip": _domain_address,
    "url": _single(observable_reader(ObservableType.URL, values.url)),
    "uri": _address_or_path,
    **{name: _file(algorithm) for name, algorithm in HASHES.items()},
    **{f"filename|{name}": _named_file(algorithm) for name, algorithm in HASHES.items()},
    "malware-sample": _named_file("MD5"),
    **dict.fromkeys(("filename", "email-attachment"), lambda text: [values.file_observable({}, text)]),
    **dict.fromkeys(
        ("email-src", "email-dst", "email", "email-reply-to"),
        _single(observable_reader(ObservableType.EMAIL, values.email)),
    ),
    "email-subject": _single(observable_reader(ObservableType.EMAIL_MESSAGE, values.plain_text)),
    "mutex": _single(observable_reader(ObservableType.MUTEX, values.plain_text)),
    "regkey": _single(observable_reader(ObservableType.REGISTRY_KEY, values.registry_key)),
    "regkey|value": _key_value,
    "user-agent": _single(observable_reader(ObservableType.USER_AGENT, values.plain_text)),
    "AS": _single(observable_reader(ObservableType.AS, values.as_number)),
    "mac-address": _single(observable_reader(ObservableType.MAC, values.mac)),
    **dict.fromkeys(("btc", "xmr", "dash"), _single(observable_reader(ObservableType.WALLET, values.plain_text))),
    **{name: _certificate(algorithm) for name, algorithm in _FINGERPRINTS.items()},
    **{name: _rule(pattern_type) for name, pattern_type in _RULES.items()},
    "cpe": _cpe,
    "ja3-fingerprint-md5": _single(accounts.tls_fingerprint("ja3")),
    "jarm-fingerprint": _single(accounts.tls_fingerprint("jarm")),
    "hassh-md5": _single(accounts.tls_fingerprint("hassh")),
    "hasshserver-md5": _single(accounts.tls_fingerprint("hassh-server")),
    "imphash": _single(accounts.imphash),
    "pdb": _single(observable_reader(ObservableType.PDB_PATH, values.plain_text)),
    "named pipe": _single(accounts.named_pipe),
    **dict.fromkeys(
        ("iban", "bank-account-nr"), _single(observable_reader(ObservableType.BANK_ACCOUNT, values.bank_account))
    ),
    "phone-number": _single(observable_reader(ObservableType.PHONE, values.phone)),
}
"""MISP type -> reader of its values; "composite|types" give several observables."""
