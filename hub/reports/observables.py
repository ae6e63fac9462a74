"""Observed values, the evidence for their roles, and how often they were sighted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from hub.reports.markings import TlpWord
from hub.reports.moments import Moment
from hub.reports.references import Reference


class Role(StrEnum):
    """The owner of an observable, by evidence (hub/docs/roles.md). Only ``ADVERSARY`` leaves without an approval."""

    ADVERSARY = "adversary"
    VICTIM = "victim"
    THIRD_PARTY = "third_party"  # an innocent host that was hacked: indicator and victim at once
    UNKNOWN = "unknown"


class ObservableType(StrEnum):
    """Types of observables: those that are SCO types of STIX first, then the others."""

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
    SOFTWARE = "software"  # value: the name; a CPE 2.3 or package URL in `data`
    USER_AGENT = "user-agent"  # no SCO of its own: a pattern on http-request-ext
    WALLET = "cryptocurrency-wallet"  # value: the address
    BANK_ACCOUNT = "bank-account"  # value: an IBAN, or the number as written
    PHONE = "phone-number"  # value: E.164, "+62211234567"
    TLS_FINGERPRINT = "tls-fingerprint"  # value: the fingerprint; its algorithm (ja3, ja3s, ja4, …) in `data`
    NAMED_PIPE = "named-pipe"  # value: the name below the pipe device
    PDB_PATH = "pdb-path"  # value: the path of debug symbols that a compiler left in a file
    URI_PATH = "uri-path"  # value: path and query of a request, without the host
    PATTERN = "pattern"  # a rule (yara, sigma, snort, …); see `pattern`, `pattern_type`


@dataclass(frozen=True, slots=True)
class FileDetails:
    """A file or certificate. The keys of ``hashes`` are STIX's names: MD5, SHA-1, SHA-256, SHA-512, SSDEEP, …"""

    name: str | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None  # bytes
    mime_type: str | None = None
    imphash: str | None = None  # of the imports of a Windows program


@dataclass(frozen=True, slots=True)
class TrafficDetails:
    """One or both ends of a connection. An end with the role VICTIM must not be released.

    Hosts are IPv4 addresses, IPv6 addresses or domain names. ``protocols`` are lower case, lowest layer first.
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
    """An observed value, its role, and whether others should block it or search for it.

    ``value`` is never empty and is the canonical text: for a file its strongest hash or its name, for traffic
    ``protocol src:port > dst:port``, for a rule its first line and a short digest. An observable without
    ``as_indicator`` was seen, but should not be blocked. ``hold_reason`` says why a value of the adversary is held
    (a private address, a public resolver, a widely used domain, too wide a network): the renderer makes no indicator of
    it, and it does not leave. If an officer confirms the value, the reader leaves ``hold_reason`` empty.
    """

    type: ObservableType
    value: str
    role: Role = Role.UNKNOWN
    evidence: str = ""  # which field of the report decided the role; empty only if the role is UNKNOWN
    as_indicator: bool = False
    hold_reason: str | None = None
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
    tlp: TlpWord | None = None  # only if stricter than the level of the report
    description: str | None = None
    labels: tuple[str, ...] = ()  # `rsit:…` of this observation, in a feed
    indicator_types: tuple[str, ...] = ()  # indicator-type-ov
    kill_chain_phases: tuple[tuple[str, str], ...] = ()
    malware: str | None = None  # the name of the Malware of this report that it indicates
    revoked: bool = False  # the source withdrew it (deleted, delisted, reported a false positive)
    references: tuple[Reference, ...] = ()  # sources with more information
    source_id: str | None = None  # the id at the source: private
    source_remarks: tuple[str, ...] = ()  # such as the subject of a certificate: private, and searched for names

    @property
    def key(self) -> tuple[str, str]:
        """(type, value): unique among the observables of one report; sightings and relations refer to it."""
        return (self.type.value, self.value)


@dataclass(frozen=True, slots=True)
class Relation:
    """A connection that the report states between two of its parts.

    Each end is (kind, name). The kind is observable, malware, technique, vulnerability or actor; the name is the name of
    that part, or "type value" for an observable. ``kind`` is the word of the source, with hyphens:
    "communicates-with", "drops", "resolves-to". ``tlp`` is set only if it is stricter than the level of the report.
    """

    source: tuple[str, str]
    kind: str
    target: tuple[str, str]
    tlp: TlpWord | None = None


SightingTarget = Literal["observable", "malware", "vulnerability", "technique", "classification"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """How often something was seen. The form of ``target`` depends on ``target_type``:

    ``observable``: "type value", the key of an Observable of this report joined by one space;
    ``malware``, ``vulnerability``, ``technique``: the name of one of this report;
    ``classification``: an RSIT "class/type" if nothing more exact is known ("vulnerable/ddos-amplifier").

    ``country`` and ``sector`` describe where it was seen (the victims' side). The renderer sets ``where_sighted_refs``
    to the identity for that sector and country, or to the CERT if both are unknown.
    """

    target_type: SightingTarget
    target: str
    count: int = 1
    first_seen: Moment | None = None
    last_seen: Moment | None = None
    country: str | None = None
    sector: str | None = None
    detail: str | None = None  # the exposed service ("snmp") or the detecting device; not free text
    confidence: int | None = None
    labels: tuple[str, ...] = ()  # rsit:…
