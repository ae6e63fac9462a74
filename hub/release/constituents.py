"""Look up an organisation among the CERT's constituents by any name, domain or address in the register.

A feed names only an address. The register says who has this address, and what else about the owner must not leave.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Final

from hub.home.register import Constituent
from hub.release.spelling import squeeze, strip_legal_form
from hub.reports.observables import ObservableType
from hub.reports.report import Report
from hub.reports.victims import Victim

MAX_REGISTERS: Final = 4  # registers whose lookup tables stay in memory
MIN_LETTERS: Final = 3  # letters of a name that identifies a constituent; shorter names are ambiguous

Register = tuple[Constituent, ...]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Lookup:
    """Lookup tables for a register. The cost of a query does not depend on the length of the register."""

    def __init__(self, register: Register) -> None:
        self._names: dict[str, list[Constituent]] = {}
        self._domains: dict[str, list[Constituent]] = {}
        self._register = register
        for constituent in register:
            for form in {form for name in (constituent.name, *constituent.short_names) for form in name_forms(name)}:
                self._names.setdefault(form, []).append(constituent)
            for domain in constituent.domains:
                self._domains.setdefault(domain.casefold(), []).append(constituent)

    @cached_property
    def _networks(self) -> dict[int, dict[Network, list[Constituent]]]:
        """The networks by the length of their prefix. They are parsed for the first query about an address."""
        networks: dict[int, dict[Network, list[Constituent]]] = {}
        for constituent in self._register:
            for text in constituent.ip_ranges:
                network = ipaddress.ip_network(text, strict=False)
                networks.setdefault(network.prefixlen, {}).setdefault(network, []).append(constituent)
        return networks

    def find_by_name(self, name: str) -> list[Constituent]:
        """The constituents with this name: full, short or in brackets, with or without its legal form."""
        return [constituent for form in name_forms(name) for constituent in self._names.get(form, ())]

    def find_by_host(self, host: str) -> list[Constituent]:
        """The constituents whose domain contains the host, or whose network contains the address or range."""
        if not self._register:
            return []
        try:
            network = ipaddress.ip_network(host, strict=False)
        except ValueError:
            labels = host.casefold().rstrip(".").split(".")
            parents = (".".join(labels[start:]) for start in range(len(labels)))
            return [constituent for parent in parents for constituent in self._domains.get(parent, ())]
        wider_networks = (
            (network.supernet(new_prefix=length), networks)
            for length, networks in self._networks.items()
            if length <= network.prefixlen
        )
        return [constituent for parent, networks in wider_networks for constituent in networks.get(parent, ())]


_lookups: OrderedDict[int, tuple[Register, Lookup]] = OrderedDict()


def register_lookup(register: Register) -> Lookup:
    """The lookup of a register. It is built once, because a feed is released in many batches."""
    key = id(register)  # the entry keeps the register alive, so no other object gets this id
    if key not in _lookups:
        _lookups[key] = (register, Lookup(register))
        if len(_lookups) > MAX_REGISTERS:
            _lookups.popitem(last=False)
    return _lookups[key][1]


def victim_constituents(victim: Victim, register: Register) -> tuple[Constituent, ...]:
    """The constituents that the victim may be."""
    lookup = register_lookup(register)
    namesakes = [
        constituent
        for name in (victim.name, *victim.other_names, *victim.short_names)
        if name
        for constituent in lookup.find_by_name(name)
    ]
    mails = (mail.rpartition("@")[2] for mail in victim.emails)
    hosts = (*victim.domains, *mails, *victim.hosts, *victim.ip_ranges)
    return _without_repeats(
        [*namesakes, *(constituent for host in hosts if host for constituent in lookup.find_by_host(host))]
    )


def report_constituents(report: Report, register: Register) -> tuple[Constituent, ...]:
    """The constituents that the report's victims may be, and those to which its hosts and mailboxes belong.

    The role of a value does not matter: a host that sends spam from a constituent's network belongs to the constituent.
    """
    matches = [
        constituent
        for victim in (*report.victims, *report.secondary_victims)
        for constituent in victim_constituents(victim, register)
    ]
    lookup = register_lookup(register)
    for item in report.observables:
        hosts = [host for host in (item.traffic.src, item.traffic.dst) if host] if item.traffic else []
        if item.type in _HOST_TYPES:
            hosts.append(item.value.rpartition("@")[2])
        matches += [constituent for host in hosts for constituent in lookup.find_by_host(host)]
    return _without_repeats(matches)


_HOST_TYPES: Final = frozenset({ObservableType.IPV4, ObservableType.IPV6, ObservableType.DOMAIN, ObservableType.EMAIL})


def _without_repeats(matches: Iterable[Constituent]) -> tuple[Constituent, ...]:
    return tuple(dict.fromkeys(matches))


@lru_cache(maxsize=50_000)
def name_forms(name: str) -> frozenset[str]:
    """The comparable forms of a name, without its legal form. A part in brackets is a name by itself."""
    parts = re.split(r"[()\[\]]", unicodedata.normalize("NFKC", name))
    forms = (squeeze(strip_legal_form(part)) for part in parts)
    return frozenset(form for form in forms if len(form) >= MIN_LETTERS or (not form.isascii() and form))
