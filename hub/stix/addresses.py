"""Networks as people write them: an address, CIDR, a range with a dash, stars for the last numbers."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network, summarize_address_range
from typing import Final

Network = IPv4Network | IPv6Network
EXPECTED_FORMS: Final = "an address, a network such as 198.51.100.0/24, or a range such as 198.51.100.0-198.51.100.63"
_STARRED: Final = re.compile(r"(\d{1,3})\.(\d{1,3})\.(?:(\d{1,3})|\*|x{1,3})\.(?:\*|x{1,3})", re.IGNORECASE)
_DASHES: Final = re.compile("[\u2010-\u2015]")
_LAST_NUMBER: Final = re.compile(r"\d{1,3}")


def networks_of(text: str) -> tuple[Network, ...]:
    """The networks of a range: `198.51.100.7`, CIDR, `198.51.100.0-198.51.100.63`, `198.51.100.0-63`, or `198.51.100.*`.

    ValueError, which names the expected forms, if the text is none of them.
    """
    try:
        if starred := _STARRED.fullmatch(text):
            first, second, third = starred.groups()
            return (ip_network(f"{first}.{second}.{third}.0/24" if third else f"{first}.{second}.0.0/16"),)
        start, dash, end = (part.strip() for part in _DASHES.sub("-", text).partition("-"))
        if not dash:
            return (ip_network(start, strict=False),)
        if _LAST_NUMBER.fullmatch(end):
            end = f"{start.rpartition('.')[0]}.{end}"
        return tuple(summarize_address_range(ip_address(start), ip_address(end)))
    except (TypeError, ValueError):
        raise ValueError(EXPECTED_FORMS) from None


def format_network(network: Network) -> str:
    """The one spelling of a network; a single address has no prefix length."""
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)
