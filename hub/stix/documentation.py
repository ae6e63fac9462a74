"""Addresses and names that are reserved for documentation and belong to nobody, for use in drills.

RFC 5737, 3849 and 9637 reserve addresses, RFC 2606 reserves names.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final
from urllib.parse import urlsplit

_IPV4: Final = tuple(IPv4Network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
_IPV6: Final = tuple(IPv6Network(text) for text in ("2001:db8::/32", "3fff::/20"))
_NAMES: Final = ("example", "invalid", "test", "example.com", "example.net", "example.org")


def is_documentation(value: str) -> bool:
    """Whether an address, a network, a domain name, the host of a URL or the domain of a mail address is reserved."""
    return _is_documentation_host(_host(value.strip()))


def _host(value: str) -> str:
    if "://" in value:
        try:
            return urlsplit(value).hostname or ""
        except ValueError:
            return ""
    return value.rpartition("@")[2]


def _is_documentation_host(host: str) -> bool:
    try:
        network = ip_network(host, strict=False)
    except ValueError:
        name = host.rstrip(".").lower()
        return any(name == reserved or name.endswith(f".{reserved}") for reserved in _NAMES)
    if isinstance(network, IPv4Network):
        return any(network.subnet_of(reserved) for reserved in _IPV4)
    return any(network.subnet_of(reserved) for reserved in _IPV6)
