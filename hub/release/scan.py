"""The scanner: does a text say, in whatever spelling, whom the CERT protects?

A text is read in every encoding (`encodings`) and folded to one spelling (`spelling`), and so is the list.
Addresses are compared as addresses: inside, or wide enough to contain, a constituent's range.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hub.release.encodings import readings
from hub.release.spelling import fold, squeeze

# A look-ahead, so that an address inside a longer row of numbers is found, too.
_IPV4: Final = re.compile(r"(?<!\d)(?=(\d{1,3}([._-])\d{1,3}\2\d{1,3}\2\d{1,3}(?:/\d{1,2})?)(?!\d))")
_IPV6: Final = re.compile(
    r"[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\d{1,3}(?:\.\d{1,3}){3})?(?:/\d{1,3})?", re.IGNORECASE
)
_NETWORK_PART: Final = re.compile(r"(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3})\.?(?![\d.]*\d)")
# An address written as one number, where hosts and parameters stand.
_NUMBER_HOST: Final = re.compile(r"(?:://(?:[^/@\s]*@)?|[=/])(0x[0-9a-f]{8}|\d{7,10})(?![\w.])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Needle:
    """One spelling to look for: squeezed, or (`whole`) as a word. `kind` and `shown` are for the CERT's eyes."""

    text: str
    kind: str
    shown: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """Something of the deny-list found in a text."""

    kind: str
    shown: str

    def __str__(self) -> str:
        return f"{self.kind} “{self.shown}”"


class Scanner:
    """Looks for a fixed deny-list. `deny.scanner_for` makes one for each release."""

    def __init__(self, needles: Iterable[Needle], networks: Iterable[str]) -> None:
        self._needles = tuple(dict.fromkeys(needles))
        self._ranges = {version: _Ranges(networks, version) for version in (4, 6)}

    def __repr__(self) -> str:
        return f"Scanner({len(self._needles)} spellings)"

    def hits(self, text: str) -> list[Hit]:
        """What of the list the text says, each once; in the order of the list."""
        found: dict[Hit, None] = {}
        for reading in readings(text):
            folded, squeezed = fold(reading), squeeze(reading)
            for needle in self._needles:
                if needle.text in squeezed and (not needle.whole or _word(needle.text, folded)):
                    found[Hit(needle.kind, needle.shown)] = None
            found |= dict.fromkeys(self._addresses(folded))
        return list(found)

    def focused(self, texts: Iterable[str]) -> Scanner:
        """A scanner with only those spellings that occur in any of the texts: most lists are long, and most hits none."""
        joined = "\n".join(dict.fromkeys(squeeze(reading) for text in texts for reading in readings(text)))
        lean = Scanner((needle for needle in self._needles if needle.text in joined), ())
        lean._ranges = self._ranges
        return lean

    def _addresses(self, text: str) -> Iterator[Hit]:
        if not any(self._ranges.values()):
            return
        text = text.replace("[.]", ".").replace("(.)", ".").replace("[:]", ":")
        for candidate in _candidates(text):
            try:
                network = ipaddress.ip_network(candidate, strict=False)
            except ValueError:
                continue
            mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
            if mapped is not None:
                network = ipaddress.ip_network(mapped)
            if self._ranges[network.version].overlap(network):
                yield Hit("address of a constituent", candidate)


def _candidates(text: str) -> Iterator[str]:
    for match in _IPV4.finditer(text):
        plain = re.sub(r"[_-]", ".", match[1])
        yield plain
        if "/" not in plain:  # names of hosts and of reverse DNS turn addresses round
            yield ".".join(reversed(plain.split(".")))
    for match in _NETWORK_PART.finditer(text):
        yield f"{match[1]}.0/24"
    if ":" in text:
        yield from (match[0] for match in _IPV6.finditer(text))
    for match in _NUMBER_HOST.finditer(text):
        number = int(match[1], 16) if match[1][:2].lower() == "0x" else int(match[1])
        if number < 2**32:
            yield str(ipaddress.IPv4Address(number))


class _Ranges:
    """Networks of one IP version, as sorted intervals."""

    def __init__(self, networks: Iterable[str], version: int) -> None:
        parsed = []
        for text in networks:
            try:
                network = ipaddress.ip_network(text.strip(), strict=False)
            except ValueError:
                continue
            if network.version == version:
                parsed.append((int(network.network_address), int(network.broadcast_address)))
        merged: list[tuple[int, int]] = []
        for first, last in sorted(parsed):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        self._firsts = [first for first, _ in merged]
        self._lasts = [last for _, last in merged]

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def overlap(self, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
        first, last = int(network.network_address), int(network.broadcast_address)
        place = bisect_right(self._firsts, last) - 1
        return place >= 0 and self._lasts[place] >= first


def _word(needle: str, folded: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(needle)}(?![^\W_])", folded) is not None
