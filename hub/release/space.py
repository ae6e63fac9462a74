"""Decide about a value by its role and by the owner of its address space or domain: one table.

A value in a member's own space belongs to a third party, regardless of the report, until an officer confirms otherwise: a
ministry's server that serves phishing was hacked, and a reader who blocks it blocks the ministry.

| Role, by the report | in the CERT's own space | of a public body | of a member's country | elsewhere |
|---|---|---|---|---|
| adversary | third party | third party | leaves | leaves |
| adversary, compromised | third party | third party | third party | leaves |
| third party (hacked) | third party | third party | third party | third party |
| unknown | third party | third party | third party | held for an officer |
| victim | stays | stays | stays | stays |

* The CERT's own space: domains and prefixes of `[space]` in `member.toml`, and those of every constituent in the register.
* A public body: a domain under gov, go, edu, ac, mil, sch, or and the like below the top-level domain of a member's country.
  The registries check who registers such a domain.
* A member's country: any other domain below its top-level domain. Anybody can register a phishing domain there, so it
  leaves.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from enum import Enum
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from hub.home.member import OwnMember
from hub.release.addresses import Ranges, interval_of
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.report import Report
from hub.stix.places import REGIONS

MEMBERS_REGION: Final = "south-eastern-asia"
MEMBERS_TLDS: Final = frozenset(code.lower() for code, region in REGIONS.items() if region == MEMBERS_REGION)
"""The top-level domains of the members' countries."""

PUBLIC_BODIES: Final = frozenset(
    "ac desa edu edu-sch gob go gouv gov govt health k12 mi mil moe muni or parliament police ponpes school sch uni univ".split()
)
"""Labels before a country's top-level domain for public bodies, schools and associations. `or` exists in Thailand and
Indonesia, whose registries require documents of the body."""

_HOST_IN_TEXT: Final = re.compile(
    rf"(?<![a-z0-9.-])((?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.(?:{'|'.join(sorted(PUBLIC_BODIES))})\.(?:{'|'.join(sorted(MEMBERS_TLDS))}))(?![a-z0-9-])",
    re.IGNORECASE,
)
# With dashes, as in names that imitate public bodies: `ministry-gov-my.example`.
_IMITATED_HOST: Final = re.compile(
    rf"(?<![a-z0-9])([a-z0-9_]+(?:-[a-z0-9_]+)*-(?:gov?|gob|mil|edu|ac)-(?:{'|'.join(sorted(MEMBERS_TLDS))}))(?![a-z0-9])",
    re.IGNORECASE,
)

CONFIRMED: Final = "an officer confirmed that it serves an attack"
"""The evidence for a confirmed value whose role the report does not give."""


class Zone(Enum):
    """The owner of a value's address space or domain. The values are the clauses in the preview."""

    OWN_SPACE = "it lies in this CERT's own space"
    PUBLIC_BODY = "it is of a public body, school or association of a member's country"
    COUNTRY = "it lies under the top-level domain of a member's country"
    ELSEWHERE = ""


class SpaceVerdict(Enum):
    """The decision about a value by its role and zone, before its content is searched."""

    LEAVES = "leaves"
    NEEDS_APPROVAL = "asked about"
    THIRD_PARTY = "a third party's: asked about, leaves alone"
    STAYS = "stays"


_LEAVES, _NEEDS_APPROVAL, _THIRD_PARTY, _STAYS = (
    SpaceVerdict.LEAVES,
    SpaceVerdict.NEEDS_APPROVAL,
    SpaceVerdict.THIRD_PARTY,
    SpaceVerdict.STAYS,
)
_ZONES: Final = (Zone.OWN_SPACE, Zone.PUBLIC_BODY, Zone.COUNTRY, Zone.ELSEWHERE)
_VERDICTS: Final[Mapping[tuple[Role, bool], tuple[SpaceVerdict, SpaceVerdict, SpaceVerdict, SpaceVerdict]]] = {
    (Role.ADVERSARY, False): (_THIRD_PARTY, _THIRD_PARTY, _LEAVES, _LEAVES),
    (Role.ADVERSARY, True): (_THIRD_PARTY, _THIRD_PARTY, _THIRD_PARTY, _LEAVES),
    (Role.THIRD_PARTY, False): (_THIRD_PARTY, _THIRD_PARTY, _THIRD_PARTY, _THIRD_PARTY),
    (Role.THIRD_PARTY, True): (_THIRD_PARTY, _THIRD_PARTY, _THIRD_PARTY, _THIRD_PARTY),
    (Role.UNKNOWN, False): (_THIRD_PARTY, _THIRD_PARTY, _THIRD_PARTY, _NEEDS_APPROVAL),
    (Role.UNKNOWN, True): (_THIRD_PARTY, _THIRD_PARTY, _THIRD_PARTY, _NEEDS_APPROVAL),
    (Role.VICTIM, False): (_STAYS, _STAYS, _STAYS, _STAYS),
    (Role.VICTIM, True): (_STAYS, _STAYS, _STAYS, _STAYS),
}


def space_verdict(role: Role, zone: Zone, *, compromised: bool) -> SpaceVerdict:
    """The decision about a value, by the table above."""
    return _VERDICTS[role, compromised][_ZONES.index(zone)]


def is_compromised(item: Observable) -> bool:
    """Whether the report itself calls the host of a value compromised."""
    return "compromised" in item.indicator_types or any(label.startswith("rsit:intrusions=") for label in item.labels)


def confirm_values(report: Report, values: Collection[str]) -> Report:
    """The report with each confirmed value as an indicator, even if the report gives no owner for it."""
    if not values:
        return report
    observables = tuple(_confirm(item) if item.value in values else item for item in report.observables)
    return replace(report, observables=observables)


def _confirm(item: Observable) -> Observable:
    if item.role is Role.UNKNOWN:
        return replace(item, role=Role.ADVERSARY, evidence=CONFIRMED, as_indicator=True)
    return replace(item, as_indicator=item.as_indicator or item.role is Role.THIRD_PARTY)


class OwnSpace:
    """The address space and domains of one CERT, to decide the zone of a value."""

    def __init__(self, member: OwnMember) -> None:
        names = [*member.space.domains, *(name for item in member.register for name in item.domains)]
        self._domains = frozenset(name.casefold().strip().removeprefix("*.").strip(".") for name in names)
        prefixes = [*member.space.prefixes, *(prefix for item in member.register for prefix in item.ip_ranges)]
        self._prefixes = Ranges(prefixes)

    def zone(self, item: Observable) -> Zone:
        """The zone of an observable. For several hosts, such as the ends of a connection, the most protected zone counts."""
        return min((self._host_zone(host) for host in observable_hosts(item)), key=_ZONES.index, default=Zone.ELSEWHERE)

    def _host_zone(self, host: str) -> Zone:
        if _may_be_address(host):
            interval = interval_of(host) if self._prefixes else None
            return Zone.OWN_SPACE if interval is not None and self._prefixes.overlaps(interval) else Zone.ELSEWHERE
        labels = host.casefold().strip(".").split(".")
        if self._domains and any(".".join(labels[start:]) in self._domains for start in range(len(labels))):
            return Zone.OWN_SPACE
        if len(labels) < 2 or labels[-1] not in MEMBERS_TLDS:
            return Zone.ELSEWHERE
        return Zone.PUBLIC_BODY if labels[-2] in PUBLIC_BODIES else Zone.COUNTRY

    def public_body_names(self, text: str) -> list[str]:
        """The domains of public bodies that a text contains or imitates: in a path, a parameter or a rule, or with dashes."""
        names = _HOST_IN_TEXT.findall(text) if "." in text else []
        return list(dict.fromkeys([*names, *(_IMITATED_HOST.findall(text) if "-" in text else ())]))


class _IdentityKey:
    """A cache key for a member that compares by identity: comparing registers would take longer than reading them."""

    def __init__(self, member: OwnMember) -> None:
        self.member = member

    def __hash__(self) -> int:
        return id(self.member)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _IdentityKey) and other.member is self.member


@lru_cache(maxsize=2)
def _cached_space(key: _IdentityKey) -> OwnSpace:
    return OwnSpace(key.member)


def member_space(member: OwnMember) -> OwnSpace:
    """The space of a member. It is built once, because a feed needs it for each batch of lines."""
    return _cached_space(_IdentityKey(member))


def observable_hosts(item: Observable) -> Iterator[str]:
    """The hosts in an observable: addresses, networks and domain names. For a connection, all ends but the victim's."""
    match item.type:
        case ObservableType.IPV4 | ObservableType.IPV6 | ObservableType.DOMAIN:
            yield item.value
        case ObservableType.URL:
            yield from filter(None, [_url_host(item.value)])
        case ObservableType.EMAIL:
            yield item.value.rpartition("@")[2]
        case ObservableType.TRAFFIC if item.traffic:
            ends = ((item.traffic.src, item.traffic.src_role), (item.traffic.dst, item.traffic.dst_role))
            yield from (host for host, role in ends if host and role is not Role.VICTIM)
        case _:
            return


def _url_host(url: str) -> str:
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def _may_be_address(host: str) -> bool:
    """Whether a host may be an address: no top-level domain ends with a digit or contains a colon."""
    return host[-1:].isdigit() or ":" in host
