"""Indicators that would do harm if others blocked them: they are held, with the reason, until an officer confirms them.

Documentation addresses (RFC 5737, RFC 3849) and names (RFC 2606) are not held, because drills and examples use them.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final
from urllib.parse import urlsplit

from hub.reports.observables import Observable, ObservableType
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.suffixes import is_public_suffix, is_registry_domain
from hub.reports.reading.values import as_network, url_host

WIDEST_IPV4: Final = 16
WIDEST_IPV6: Final = 32
"""Prefix lengths in bits: a network with a shorter prefix is too wide to be an indicator."""

_RESERVED: Final = tuple(
    (ip_network(text), reason)
    for text, reason in (
        ("0.0.0.0/8", "is reserved"),
        ("10.0.0.0/8", "is a private address"),
        ("100.64.0.0/10", "is a carrier's shared address"),
        ("127.0.0.0/8", "is the machine itself"),
        ("169.254.0.0/16", "is a link-local address"),
        ("172.16.0.0/12", "is a private address"),
        ("192.0.0.0/24", "is reserved"),
        ("192.88.99.0/24", "is reserved"),
        ("192.168.0.0/16", "is a private address"),
        ("198.18.0.0/15", "is reserved for benchmarks"),
        ("224.0.0.0/4", "is a multicast address"),
        ("240.0.0.0/4", "is reserved"),
        ("::/127", "is reserved"),
        ("::ffff:0:0/96", "is an IPv4 address written as IPv6"),
        ("100::/64", "is reserved"),
        ("fc00::/7", "is a private address"),
        ("fe80::/10", "is a link-local address"),
        ("ff00::/8", "is a multicast address"),
    )
)
# As numbers, because every address of a feed is compared with them: (bits of an address, network, mask, prefix, reason).
_RESERVED_NUMBERS: Final = tuple(
    (net.max_prefixlen, int(net.network_address), int(net.netmask), net.prefixlen, reason) for net, reason in _RESERVED
)
_RESOLVERS: Final = frozenset(
    ip_network(text)
    for text in (
        "1.0.0.1 1.1.1.1 1.1.1.2 1.1.1.3 4.2.2.1 4.2.2.2 8.8.4.4 8.8.8.8 9.9.9.9 9.9.9.10 64.6.64.6 64.6.65.6 "
        "76.76.2.0 76.76.10.0 77.88.8.1 77.88.8.8 84.200.69.80 84.200.70.40 94.140.14.14 94.140.15.15 101.101.101.101 "
        "114.114.114.114 114.114.115.115 119.29.29.29 149.112.112.112 180.76.76.76 185.228.168.9 185.228.169.9 "
        "203.113.131.1 203.113.131.2 208.67.220.220 208.67.222.222 223.5.5.5 223.6.6.6 2001:4860:4860::8844 "
        "2001:4860:4860::8888 2606:4700:4700::1001 2606:4700:4700::1111 2620:fe::9 2620:fe::fe 2620:119:35::35"
    ).split()
)
# Every name under these domains belongs to the company itself.
_TOP_DOMAINS: Final = frozenset(
    "adobe.com akamai.net akamaiedge.net alibaba.com aliyun.com amazon.com apple.com baidu.com bing.com cisco.com "
    "cloudflare.com debian.org digicert.com facebook.com facebook.net fbcdn.net gmail.com google.com google-analytics.com "
    "googleapis.com googleusercontent.com grab.com gstatic.com icloud.com instagram.com letsencrypt.org line.me "
    "linkedin.com live.com messenger.com microsoft.com microsoftonline.com mozilla.org msn.com netflix.com office.com "
    "office365.com openai.com oracle.com outlook.com paypal.com python.org qq.com redhat.com root-servers.net "
    "shopee.com skype.com spotify.com telegram.org tiktok.com tokopedia.com twitter.com ubuntu.com verisign.com "
    "w3.org wechat.com whatsapp.com whatsapp.net wikipedia.org windows.com windows.net windowsupdate.com x.com "
    "yahoo.com yandex.ru youtube.com ytimg.com zoom.us".split()
)
# Names under these domains belong to customers: only the domain itself, with or without www, would do harm.
_SHARED_DOMAINS: Final = frozenset(
    "amazonaws.com appspot.com azurewebsites.net bitbucket.org blogspot.com cloudfront.net discord.com dropbox.com "
    "fastly.net firebaseapp.com github.com github.io gitlab.com githubusercontent.com herokuapp.com medium.com "
    "netlify.app notion.site pages.dev pastebin.com reddit.com sharepoint.com sourceforge.net t.me trycloudflare.com "
    "vercel.app web.app weebly.com wixsite.com wordpress.com workers.dev bit.ly t.co goo.gl tinyurl.com".split()
)
# Domains of registries that are missing in the public suffix list.
_REGISTRY_SUFFIXES: Final = frozenset("com.tl edu.tl net.tl org.tl per.sg".split())
_LOCAL_NAMES: Final = (".local", ".localhost", ".localdomain", ".lan", ".internal", ".intranet", ".home.arpa", ".corp")
_EMPTY_HASHES: Final = frozenset({
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
})  # fmt: skip


def find_hold_reason(observable: Observable) -> str | None:  # noqa: C901  a decision list, one line for each type
    """Return why blocking this would do harm, as the end of a sentence that begins with the value; None if it is safe."""
    if observable.type in {ObservableType.IPV4, ObservableType.IPV6}:
        return _address_reason(observable.value)
    if observable.type is ObservableType.DOMAIN:
        return _domain_reason(observable.value)
    if observable.type is ObservableType.URL:
        return _url_reason(observable.value)
    if observable.type in {ObservableType.FILE, ObservableType.CERTIFICATE} and observable.file:
        if _EMPTY_HASHES & set(observable.file.hashes.values()):
            return "is the hash of an empty file"
    elif observable.type is ObservableType.TRAFFIC and observable.traffic:
        for host in (observable.traffic.src, observable.traffic.dst):
            reason = (_address_reason(host) if as_network(host) else _domain_reason(host)) if host else None
            if reason:
                return f"names {host}, which {reason}"
    elif observable.type is ObservableType.AS:
        return "is a whole network operator"
    elif observable.type is ObservableType.MAC and observable.value in {"ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"}:
        return "is no single device"
    return None


def hold_back(observable: Observable, options: ReadOptions, *, confirmed: bool = False) -> Observable:
    """Return the observable, with a ``hold_reason`` if blocking it would do harm and no officer has confirmed it."""
    if not observable.as_indicator or confirmed or options.confirm_all or observable.value in options.confirmed:
        return observable
    reason = find_hold_reason(observable)
    return replace(observable, hold_reason=reason) if reason else observable


def _address_reason(value: str) -> str | None:
    network = as_network(value)
    if network is None:
        return None
    widest = WIDEST_IPV4 if isinstance(network, IPv4Network) else WIDEST_IPV6
    if network.prefixlen < widest:
        return f"is a network wider than /{widest}"
    address, bits = int(network.network_address), network.max_prefixlen
    for version_bits, reserved, mask, prefix, reason in _RESERVED_NUMBERS:
        if version_bits == bits and prefix <= network.prefixlen and address & mask == reserved:
            return reason
    if network.prefixlen == bits:
        return "is a public DNS resolver" if network in _RESOLVERS else None
    return "holds a public DNS resolver" if any(_within(resolver, network) for resolver in _RESOLVERS) else None


def _within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def _domain_reason(name: str) -> str | None:
    name = name.removeprefix("www.")
    if name == "localhost" or name.endswith(_LOCAL_NAMES):
        return "is a name inside somebody's own network"
    if "." not in name or name in _REGISTRY_SUFFIXES or is_registry_domain(name):
        return "is a whole registry's domain"
    if name in _SHARED_DOMAINS or is_public_suffix(name):
        return "is a service of millions"
    labels = name.split(".")
    if any(".".join(labels[i:]) in _TOP_DOMAINS for i in range(len(labels) - 1)):
        return "belongs to one of the most used domains"
    return None


def _url_reason(value: str) -> str | None:
    host = url_host(value)
    if not host:
        return None
    if as_network(host) is not None:
        reason = _address_reason(host)
        return f"points to {host}, which {reason}" if reason else None
    if host == "localhost" or host.endswith(_LOCAL_NAMES):
        return "points into somebody's own network"
    # One page of a large platform may be blocked; its front page may not.
    parts = urlsplit(value)
    if parts.path.strip("/") or parts.query:
        return None
    reason = _domain_reason(host)
    return f"is the front page of {host}, which {reason}" if reason else None
