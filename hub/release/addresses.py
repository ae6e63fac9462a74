r"""Addresses in texts, however they are written, compared with the ranges of the victim and the constituents.

An address counts when it lies inside such a range, or is a network that contains one. A part of an address counts, too:
`198.51.100`, `198.51.100.x`, `198.51.x.x`, `198\.51\.100\.` in a rule, or an address turned round in reverse DNS.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# A look-ahead, so that an address inside a longer row of numbers is found, too.
_IPV4: Final = re.compile(r"(?<!\d)(?=(\d{1,3}([._-])\d{1,3}\2\d{1,3}\2\d{1,3}(?:/\d{1,2})?)(?!\d))")
_IPV6: Final = re.compile(
    r"[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\d{1,3}(?:\.\d{1,3}){3})?(?:/\d{1,3})?", re.IGNORECASE
)
# Two or three numbers, and a mark for each of those left out.
_PARTIAL: Final = re.compile(
    r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(?:(\d{1,3})\.(?:[x*]|xx|xxx)|[x*]{1,3}\.[x*]{1,3})(?![\w*])", re.IGNORECASE
)
_THREE_NUMBERS: Final = re.compile(r"(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3})\.?(?![\d.]*\d)")
# An address written as one number, where hosts and parameters stand.
_NUMBER_HOST: Final = re.compile(r"(?:://(?:[^/@\s]*@)?|[=/])(0x[0-9a-f]{8}|\d{7,10})(?![\w.])", re.IGNORECASE)
_DOTS: Final = re.compile(r"\\+\.|\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)| dot (?=\d)")


class Address(NamedTuple):
    """An address, network or part of an address in a text. `certain`: not what could be a version number as well."""

    text: str
    network: Network
    certain: bool


class Ranges:
    """Networks to compare addresses with, as sorted intervals for each IP version. What is no network is left out."""

    def __init__(self, networks: Iterable[str]) -> None:
        by_version: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        for text in networks:
            network = _network(text.strip())
            if network is not None:
                by_version[network.version].append((int(network.network_address), int(network.broadcast_address)))
        self._intervals = {version: _merged(pairs) for version, pairs in by_version.items()}
        self._firsts = {version: [first for first, _ in pairs] for version, pairs in self._intervals.items()}

    def __bool__(self) -> bool:
        return any(self._intervals.values())

    def overlap(self, network: Network) -> bool:
        """Whether the network and one of the ranges have an address in common."""
        first, last = int(network.network_address), int(network.broadcast_address)
        place = bisect_right(self._firsts[network.version], last) - 1
        return place >= 0 and self._intervals[network.version][place][1] >= first


def _merged(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(pairs):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def addresses(text: str) -> Iterator[Address]:
    """Every address that the text could be read to hold."""
    text = _DOTS.sub(".", text).replace("[:]", ":")
    for written, plain, certain in _candidates(text):
        network = _network(plain)
        if network is not None:
            yield Address(written, network, certain)


def _network(text: str) -> Network | None:
    try:
        network: Network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    return network if mapped is None else ipaddress.ip_network(mapped)


def _candidates(text: str) -> Iterator[tuple[str, str, bool]]:
    for match in _IPV4.finditer(text):
        plain = re.sub(r"[_-]", ".", match[1])
        yield match[1], plain, True
        if "/" not in plain:  # names of hosts and of reverse DNS turn addresses round
            yield match[1], ".".join(reversed(plain.split("."))), True
    for match in _PARTIAL.finditer(text):
        first, second, third = match.groups()
        yield match[0], f"{first}.{second}.{third}.0/24" if third else f"{first}.{second}.0.0/16", True
    for match in _THREE_NUMBERS.finditer(text):
        yield match[1], f"{match[1]}.0/24", False
    if ":" in text:
        yield from ((match[0], match[0], True) for match in _IPV6.finditer(text))
    for match in _NUMBER_HOST.finditer(text):
        number = int(match[1], 16) if match[1][:2].lower() == "0x" else int(match[1])
        if number < 2**32:
            yield match[1], str(ipaddress.IPv4Address(number)), True
