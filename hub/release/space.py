"""Whom the address space or domain of a value belongs to, and what that and its role decide: one table.

A value in a member's own space is a third party's, whatever the report makes of it, until an officer says otherwise: a
server of a ministry that serves phishing was hacked, and a receiver who blocks it blocks the ministry.

| Role, by the report | in the CERT's own space | of a public body | of a member's country | elsewhere |
|---|---|---|---|---|
| adversary | third party | third party | leaves | leaves |
| adversary, compromised | third party | third party | third party | leaves |
| third party (hacked) | third party | third party | third party | third party |
| unknown | third party | third party | third party | asked about |
| victim | stays | stays | stays | stays |

* The CERT's own space: domains and prefixes of `[space]` in `member.toml`, and those of every constituent in the register.
* A public body: a domain under gov, go, edu, ac, mil, sch, or and the like below the top-level domain of any member's country;
  nobody can register one in passing.
* A member's country: any other domain below its top-level domain. A phishing domain that somebody registered there
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
"""Labels before a country's top-level domain under which public bodies, schools and associations have their names: `or` is
one of Thailand and Indonesia, whose registries ask for the papers of the body."""

_HOST_IN_TEXT: Final = re.compile(
    rf"(?<![a-z0-9.-])((?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.(?:{'|'.join(sorted(PUBLIC_BODIES))})\.(?:{'|'.join(sorted(MEMBERS_TLDS))}))(?![a-z0-9-])",
    re.IGNORECASE,
)
# Written with dashes, as names that imitate them are: `ministry-gov-my.example`.
_IMITATED: Final = re.compile(
    rf"(?<![a-z0-9])([a-z0-9_]+(?:-[a-z0-9_]+)*-(?:gov?|gob|mil|edu|ac)-(?:{'|'.join(sorted(MEMBERS_TLDS))}))(?![a-z0-9])",
    re.IGNORECASE,
)

CONFIRMED: Final = "an officer confirmed that it serves an attack"
"""The evidence of a value whose role the report does not say."""


class Place(Enum):
    """Whom a value's space belongs to; each member's value is the clause in the preview."""

    OWN = "it lies in this CERT's own space"
    PUBLIC_BODY = "it is of a public body, school or association of a member's country"
    COUNTRY = "it lies under the top-level domain of a member's country"
    ELSEWHERE = ""


class Standing(Enum):
    """What becomes of a value by its role and place, before anything is searched in it."""

    LEAVES = "leaves"
    ASKED = "asked about"
    THIRD_PARTY = "a third party's: asked about, leaves alone"
    STAYS = "stays"


_LEAVES, _ASKED, _THIRD, _STAYS = Standing.LEAVES, Standing.ASKED, Standing.THIRD_PARTY, Standing.STAYS
_PLACES: Final = (Place.OWN, Place.PUBLIC_BODY, Place.COUNTRY, Place.ELSEWHERE)
_ROWS: Final[Mapping[tuple[Role, bool], tuple[Standing, Standing, Standing, Standing]]] = {
    (Role.ADVERSARY, False): (_THIRD, _THIRD, _LEAVES, _LEAVES),
    (Role.ADVERSARY, True): (_THIRD, _THIRD, _THIRD, _LEAVES),
    (Role.THIRD_PARTY, False): (_THIRD, _THIRD, _THIRD, _THIRD),
    (Role.THIRD_PARTY, True): (_THIRD, _THIRD, _THIRD, _THIRD),
    (Role.UNKNOWN, False): (_THIRD, _THIRD, _THIRD, _ASKED),
    (Role.UNKNOWN, True): (_THIRD, _THIRD, _THIRD, _ASKED),
    (Role.VICTIM, False): (_STAYS, _STAYS, _STAYS, _STAYS),
    (Role.VICTIM, True): (_STAYS, _STAYS, _STAYS, _STAYS),
}


def standing(role: Role, place: Place, *, compromised: bool) -> Standing:
    """What becomes of a value; the table above."""
    return _ROWS[role, compromised][_PLACES.index(place)]


def is_compromised(item: Observable) -> bool:
    """Whether the report itself calls the host of a value compromised."""
    return "compromised" in item.indicator_types or any(label.startswith("rsit:intrusions=") for label in item.labels)


def with_confirmed(report: Report, values: Collection[str]) -> Report:
    """The report with each approved value as an indicator, although the report does not say whose it is."""
    if not values:
        return report
    observables = tuple(_confirmed(item) if item.value in values else item for item in report.observables)
    return replace(report, observables=observables)


def _confirmed(item: Observable) -> Observable:
    if item.role is Role.UNKNOWN:
        return replace(item, role=Role.ADVERSARY, evidence=CONFIRMED, as_indicator=True)
    return replace(item, as_indicator=item.as_indicator or item.role is Role.THIRD_PARTY)


class OwnSpace:
    """The space of one CERT, to ask of values."""

    def __init__(self, member: OwnMember) -> None:
        names = [*member.space.domains, *(name for item in member.register for name in item.domains)]
        self._domains = frozenset(name.casefold().strip().removeprefix("*.").strip(".") for name in names)
        prefixes = [*member.space.prefixes, *(prefix for item in member.register for prefix in item.ip_ranges)]
        self._prefixes = Ranges(prefixes)

    def place(self, item: Observable) -> Place:
        """The place of an observable; for several hosts, such as the ends of a connection, the most protected one."""
        return min((self._place(host) for host in hosts_of(item)), key=_PLACES.index, default=Place.ELSEWHERE)

    def _place(self, host: str) -> Place:
        if _may_be_address(host):
            interval = interval_of(host) if self._prefixes else None
            return Place.OWN if interval is not None and self._prefixes.overlaps(interval) else Place.ELSEWHERE
        labels = host.casefold().strip(".").split(".")
        if self._domains and any(".".join(labels[start:]) in self._domains for start in range(len(labels))):
            return Place.OWN
        if len(labels) < 2 or labels[-1] not in MEMBERS_TLDS:
            return Place.ELSEWHERE
        return Place.PUBLIC_BODY if labels[-2] in PUBLIC_BODIES else Place.COUNTRY

    def names_in(self, text: str) -> list[str]:
        """The public bodies' domains that a longer text names or imitates: in a path, a parameter, a rule, with dashes."""
        names = _HOST_IN_TEXT.findall(text) if "." in text else []
        return list(dict.fromkeys([*names, *(_IMITATED.findall(text) if "-" in text else ())]))


class _Same:
    """A member as a key that is equal to itself only: comparing registers line by line would take longer than reading them."""

    def __init__(self, member: OwnMember) -> None:
        self.member = member

    def __hash__(self) -> int:
        return id(self.member)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.member is self.member


@lru_cache(maxsize=2)
def _space_of(same: _Same) -> OwnSpace:
    return OwnSpace(same.member)


def space_of(member: OwnMember) -> OwnSpace:
    """The space of a member; built once, though a feed asks for it with each batch of lines."""
    return _space_of(_Same(member))


def hosts_of(item: Observable) -> Iterator[str]:
    """The hosts that an observable is, or is on: addresses, networks and domain names. Of a connection, the adversary's."""
    match item.type:
        case ObservableType.IPV4 | ObservableType.IPV6 | ObservableType.DOMAIN:
            yield item.value
        case ObservableType.URL:
            yield from filter(None, [_host_of(item.value)])
        case ObservableType.EMAIL:
            yield item.value.rpartition("@")[2]
        case ObservableType.TRAFFIC if item.traffic:
            ends = ((item.traffic.src, item.traffic.src_role), (item.traffic.dst, item.traffic.dst_role))
            yield from (host for host, role in ends if host and role is not Role.VICTIM)
        case _:
            return


def _host_of(url: str) -> str:
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def _may_be_address(host: str) -> bool:
    """Whether a host is no name: no top-level domain ends with a digit or holds a colon."""
    return host[-1:].isdigit() or ":" in host
