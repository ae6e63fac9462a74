r"""Find addresses in texts, in any notation, and compare them with the ranges of the victim and the constituents.

An address matches if it is inside such a range, or is a network that overlaps one. A part of an address counts as well:
`198.51.100`, `198.51.100.x`, `198.51.x.x`, `198\.51\.100\.` in a rule, or an address reversed for reverse DNS. So does an
address that is written as one number, in hexadecimal or octal digits, or padded with zeros.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from socket import AF_INET, inet_pton
from typing import Final, NamedTuple

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# A look-ahead, so that an address inside a longer row of numbers is also found.
_IPV4: Final = re.compile(r"(?<!\d)(?=(\d{1,3}([._-])\d{1,3}\2\d{1,3}\2\d{1,3}(?:/\d{1,2})?)(?!\d))")
_IPV6: Final = re.compile(
    r"[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\d{1,3}(?:\.\d{1,3}){3})?(?:/\d{1,3})?", re.IGNORECASE
)
# Two or three numbers, and a placeholder for each of the others.
_PARTIAL: Final = re.compile(
    r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(?:(\d{1,3})\.(?:[x*]|xx|xxx)|[x*]{1,3}\.[x*]{1,3})(?![\w*])", re.IGNORECASE
)
_THREE_DASHED: Final = re.compile(r"(?<![\w.-])(\d{1,3})[_-](\d{1,3})[_-](\d{1,3})(?![\w-])")
_THREE_NUMBERS: Final = re.compile(r"(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3})\.?(?![\d.]*\d)")
# An address written as one number: ten digits anywhere, fewer digits only in place of a host or parameter.
_NUMBER_HOST: Final = re.compile(r"(?:://(?:[^/@\s]*@)?|[=/])(\d{7,9})(?![\w.])")
_NUMBER: Final = re.compile(r"(?<![\w.])(\d{10})(?![\w.])")
# Hexadecimal digits without separators: 8 for IPv4, 32 for IPv6, also in an IPv6 address that maps IPv4; 12, 14 or 16 for
# the network of an organisation, which is the beginning of its IPv6 addresses.
_HEX: Final = re.compile(
    r"(?<![0-9a-z])(?:0x)?([0-9a-f]{8}|[0-9a-f]{12}|[0-9a-f]{14}|[0-9a-f]{16}|[0-9a-f]{32})(?![0-9a-z])", re.IGNORECASE
)
_HEX_PARTS: Final = re.compile(
    r"(?<![0-9a-z])0x([0-9a-f]{1,2})\.0x([0-9a-f]{1,2})\.0x([0-9a-f]{1,2})\.0x([0-9a-f]{1,2})(?![0-9a-z])",
    re.IGNORECASE,
)
_BARE_HEX_PARTS: Final = re.compile(
    r"(?<![0-9a-z.])([0-9a-f]{2})[.:-]([0-9a-f]{2})[.:-]([0-9a-f]{2})[.:-]([0-9a-f]{2})(?![0-9a-z.:-])", re.IGNORECASE
)
_BASE64_BYTES: Final = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{5}[AQgw]==")
_OCTAL: Final = re.compile(r"(?<![\w.])(0[0-7]{1,3})\.(0?[0-7]{1,3})\.(0?[0-7]{1,3})\.(0?[0-7]{1,3})(?![\w.]*\d)")
# Numbers padded with zeros, which the standard library does not accept.
_ZERO_FILLED: Final = re.compile(r"(?<!\d)(?=(\d{3}([._-])\d{3}\2\d{3}\2\d{3})(?!\d))")
_ZERO_FILLED_JOINED: Final = re.compile(r"(?<!\d)((?:[01]\d\d|2[0-5]\d){4})(?!\d)")
# Other separators between the numbers, and the short forms that programs accept as an address.
_OTHER_SEPARATORS: Final = re.compile(r"(?<![\d.])(?=(\d{1,3}(, |[ ,/:|+])\d{1,3}\2\d{1,3}\2\d{1,3})(?![.\d]))")
_SHORT_HOST: Final = re.compile(r"://(?:[^/@\s]*@)?(\d{1,3})\.(?:(\d{1,3})\.(\d{1,5})|(\d{1,8}))(?=[/:?#]|$)")
# Reverse DNS: at least two numbers for IPv4, at least eight digits for IPv6.
_REVERSE_4: Final = re.compile(r"(?<![\w.-])((?:\d{1,3}\.){2,4})in-addr\.arpa", re.IGNORECASE)
_REVERSE_6: Final = re.compile(r"(?<![\w.-])((?:[0-9a-f]\.){8,32})ip6\.arpa", re.IGNORECASE)
# IPv6 with other signs instead of colons, as in host names.
_IPV6_DASHED: Final = re.compile(
    r"(?<![0-9a-z_-])((?:[0-9a-f]{1,4}[_-]{1,2}){2,7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}[_-]{1,2}){2,7})(?![0-9a-z_-])",
    re.IGNORECASE,
)
_FOUR_NUMBERS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
# What every notation of an address contains: a quick test before the slower expressions.
_MAY_CONTAIN_ADDRESS: Final = re.compile(
    r"\d|[0-9a-f]{8}|:[0-9a-f]{0,4}:|(?:[0-9a-f]{1,4}[_-]){2}|(?:[0-9a-f]\.){8}|(?:[0-9a-f]{2}[.:-]){3}", re.IGNORECASE
)
_DOTS: Final = re.compile(r"\\+\.|\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)| dot (?=\d)")


class Interval(NamedTuple):
    """The addresses of a network, as numbers."""

    version: int
    first: int
    last: int


class Address(NamedTuple):
    """An address, network or part of an address in a text. It is not certain if it could also be a version number."""

    text: str
    interval: Interval
    is_certain: bool


class Ranges:
    """Networks to compare addresses with, as sorted intervals for each IP version. Texts that are not networks are ignored."""

    def __init__(self, networks: Iterable[str]) -> None:
        by_version: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        for text in networks:
            interval = interval_of(text.strip())
            if interval is not None:
                by_version[interval.version].append((interval.first, interval.last))
        self._intervals = {version: _merge(pairs) for version, pairs in by_version.items()}
        self._firsts = {version: [first for first, _ in pairs] for version, pairs in self._intervals.items()}

    def __bool__(self) -> bool:
        return any(self._intervals.values())

    def overlaps(self, interval: Interval) -> bool:
        """Whether an interval and one of the ranges have an address in common."""
        index = bisect_right(self._firsts[interval.version], interval.last) - 1
        return index >= 0 and self._intervals[interval.version][index][1] >= interval.first


def _merge(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(pairs):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def addresses(text: str) -> Iterator[Address]:
    """Every address that the text may contain."""
    text = _DOTS.sub(".", text).replace("[:]", ":")
    if not text.isascii():  # Thai, Khmer, Lao and Burmese have their own digits
        text = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    if _MAY_CONTAIN_ADDRESS.search(text) is None:
        return
    for notation, normal_form, is_certain in _candidates(text):
        interval = interval_of(normal_form)
        if interval is not None:
            yield Address(notation, interval, is_certain)


def packed_addresses(text: str) -> Iterator[Address]:
    """IPv4 addresses as four bytes in base64. The case of the text's letters must be unchanged."""
    for match in _BASE64_BYTES.finditer(text):
        number = int.from_bytes(base64.b64decode(match[0]))
        yield Address(match[0], Interval(4, number, number), is_certain=False)


@lru_cache(maxsize=20_000)
def interval_of(text: str) -> Interval | None:
    """The interval of an address or network; None if the text is neither."""
    if _FOUR_NUMBERS.fullmatch(text) is not None:
        try:  # much faster than the class, and as strict
            number = int.from_bytes(inet_pton(AF_INET, text))
        except OSError:
            return None
        return Interval(4, number, number)
    network = _network(text)
    if network is None:
        return None
    return Interval(network.version, int(network.network_address), int(network.broadcast_address))


def _network(text: str) -> Network | None:
    try:
        network: Network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped_network = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    return network if mapped_network is None else ipaddress.ip_network(mapped_network)


def _candidates(text: str) -> Iterator[tuple[str, str, bool]]:
    for match in _IPV4.finditer(text):
        normal_form = re.sub(r"[_-]", ".", match[1])
        yield match[1], normal_form, True
        if "/" not in normal_form:  # host names and reverse DNS contain reversed addresses
            yield match[1], ".".join(reversed(normal_form.split("."))), True
    for match in _PARTIAL.finditer(text):
        first, second, third = match.groups()
        yield match[0], f"{first}.{second}.{third}.0/24" if third else f"{first}.{second}.0.0/16", True
    for match in _THREE_NUMBERS.finditer(text):
        yield match[1], f"{match[1]}.0/24", False
    for match in _THREE_DASHED.finditer(text):
        yield match[0], f"{match[1]}.{match[2]}.{match[3]}.0/24", False
    if ":" in text:
        for match in _IPV6.finditer(text):
            yield match[0], match[0], True
            yield from ((match[0], embedded, True) for embedded in _embedded_ipv4(match[0]))
    yield from _number_candidates(text)
    yield from _other_digit_candidates(text)
    yield from _reverse_dns_candidates(text)


def _embedded_ipv4(text: str) -> Iterator[str]:
    """The IPv4 addresses that an IPv6 address contains: 6to4, Teredo, NAT64 and ISATAP."""
    network = _network(text)
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen == 128:
        address = network.network_address
        if address.sixtofour is not None:
            yield str(address.sixtofour)
        if address.teredo is not None:
            yield from map(str, address.teredo)
        if address in _NAT64 or int(address) >> 32 & 0xFCFFFFFF == 0x5EFE:
            yield str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))


_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


def _number_candidates(text: str) -> Iterator[tuple[str, str, bool]]:
    """Addresses written as one number. Most could also be a time or a hash value, and are therefore not certain."""
    for pattern in (_NUMBER_HOST, _NUMBER):
        for match in pattern.finditer(text):
            if int(match[1]) < 1 << 32:
                yield match[1], str(ipaddress.IPv4Address(int(match[1]))), False
    for match in _SHORT_HOST.finditer(text):
        first, second, third, last = match.groups()
        number = (int(first) << 24) + ((int(second) << 16) + int(third) if last is None else int(last))
        if number < 1 << 32:
            yield match[0].partition("://")[2], str(ipaddress.IPv4Address(number)), True
    for match in _HEX.finditer(text):
        number = int(match[1], 16)
        digits = len(match[1])
        if digits > 8:
            yield match[0], f"{ipaddress.IPv6Address(number << 4 * (32 - digits))}/{4 * digits}", False
        else:
            yield match[0], str(ipaddress.IPv4Address(number)), False
            swapped_number = int.from_bytes(number.to_bytes(4, "big"), "little")
            yield match[0], str(ipaddress.IPv4Address(swapped_number)), False


def _other_digit_candidates(text: str) -> Iterator[tuple[str, str, bool]]:
    """Addresses whose numbers are hexadecimal, octal or padded with zeros, or have other separators."""
    for match in _HEX_PARTS.finditer(text):
        yield match[0], ".".join(str(int(part, 16)) for part in match.groups()), True
    for match in _BARE_HEX_PARTS.finditer(text):
        if re.search("[a-f]", match[0], re.IGNORECASE):  # else it is an address in decimal digits
            yield match[0], ".".join(str(int(part, 16)) for part in match.groups()), False
    for match in _OCTAL.finditer(text):
        yield match[0], ".".join(str(int(part, 8)) for part in match.groups()), True
    for match in _ZERO_FILLED.finditer(text):
        yield match[1], ".".join(str(int(part)) for part in re.split(r"[._-]", match[1])), True
    for match in _ZERO_FILLED_JOINED.finditer(text):
        yield match[1], ".".join(str(int(match[1][start : start + 3])) for start in range(0, 12, 3)), False
    for match in _OTHER_SEPARATORS.finditer(text):
        yield match[1], re.sub(r"\D+", ".", match[1]), False


def _restore_colons(text: str) -> str:
    """`2001-db8-5400--9` as `2001:db8:5400::9`. Too few parts are the beginning of an address: a network."""
    normal_form = re.sub(r"[_-]", ":", text)
    if "::" not in normal_form and normal_form.count(":") < 7:
        parts = [part for part in normal_form.split(":") if part]
        return f"{':'.join(parts)}::/{16 * len(parts)}"
    return normal_form


def _reverse_dns_candidates(text: str) -> Iterator[tuple[str, str, bool]]:
    """Addresses in names of reverse DNS, also of a whole network, and IPv6 addresses in host names."""
    for match in _REVERSE_4.finditer(text):
        parts = match[1].rstrip(".").split(".")[::-1]
        yield match[0], f"{'.'.join([*parts, *['0'] * (4 - len(parts))])}/{8 * len(parts)}", True
    for match in _REVERSE_6.finditer(text):
        digits = match[1].replace(".", "")[::-1]
        yield match[0], f"{ipaddress.IPv6Address(int(digits.ljust(32, '0'), 16))}/{4 * len(digits)}", True
    for match in _IPV6_DASHED.finditer(text):
        yield match[0], _restore_colons(match[0]), False
