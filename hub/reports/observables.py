"""Observed values, their roles with the evidence, and how often they were sighted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from hub.reports.markings import TlpWord
from hub.reports.moments import Moment
from hub.reports.references import Reference


class Role(StrEnum):
    """Whom an observable belongs to, by evidence (hub/docs/roles.md). Only ``ADVERSARY`` leaves without an approval."""

    ADVERSARY = "adversary"
    VICTIM = "victim"
    THIRD_PARTY = "third_party"  # a hacked innocent host: indicator and victim at once
    UNKNOWN = "unknown"


class ObservableType(StrEnum):
    """What can be observed: STIX's own SCO types, and below them those that have none."""

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
    PATTERN = "pattern"  # a yara, sigma, snort … rule; see `pattern`, `pattern_type`


@dataclass(frozen=True, slots=True)
class FileDetails:
    """A file, or a certificate, by name and hashes. ``hashes`` has STIX's names: MD5, SHA-1, SHA-256, SHA-512, SSDEEP …"""

    name: str | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None  # bytes
    mime_type: str | None = None
    imphash: str | None = None  # of the imports of a Windows program


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
    """An observed value, its role, and whether others should block it or search for it.

    ``value`` is never empty and is the canonical text: for a file the name or strongest hash, for traffic
    ``protocol src:port > dst:port``, for a rule its first line and a short digest. ``as_indicator`` False: seen, but not to be blocked.
    ``held`` names why it is kept out although it is adversary's (a private address, a public resolver, a top domain,
    too wide a network): the renderer makes no indicator of it, and it does not leave, unless the officer confirms it,
    in which case the reader leaves ``held`` empty.
    """

    type: ObservableType
    value: str
    role: Role = Role.UNKNOWN
    evidence: str = ""  # which field of the report decided the role; empty only where the role is UNKNOWN
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
    tlp: TlpWord | None = None  # only where stricter than the report's
    description: str | None = None
    labels: tuple[str, ...] = ()  # `rsit:…` of this observation, in a feed
    indicator_types: tuple[str, ...] = ()  # indicator-type-ov
    kill_chain_phases: tuple[tuple[str, str], ...] = ()
    malware: str | None = None  # the name of the Malware of this report that it points to
    revoked: bool = False  # the source withdrew it (deleted, delisted, reported a false positive)
    references: tuple[Reference, ...] = ()  # where more is written about it
    source_id: str | None = None  # the source's own id: private
    source_remarks: tuple[
        str, ...
    ] = ()  # what its source says of it, such as a certificate's subject: private, and searched

    @property
    def key(self) -> tuple[str, str]:
        """What tells two observables of one report apart, and what Sighting.of names: (type, value)."""
        return (self.type.value, self.value)


@dataclass(frozen=True, slots=True)
class Relation:
    """How two things of the report are connected, as the report says it.

    Each end is (kind, name): kind is observable ("type value" joined by one space), malware, technique, vulnerability
    or actor, and name that of one of this report. ``kind`` is the word of the source with hyphens:
    "communicates-with", "drops", "resolves-to". ``tlp`` only where it is stricter than the report's.
    """

    source: tuple[str, str]
    kind: str
    target: tuple[str, str]
    tlp: TlpWord | None = None


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

    target_type: SightingTarget
    target: str
    count: int = 1
    first_seen: Moment | None = None
    last_seen: Moment | None = None
    country: str | None = None
    sector: str | None = None
    detail: str | None = None  # the exposed service ("snmp"), the detecting device; not free text
    confidence: int | None = None
    labels: tuple[str, ...] = ()  # rsit:…
