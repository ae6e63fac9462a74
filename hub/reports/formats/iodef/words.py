"""The closed lists of IODEF version 1 (RFC 5070, 3) and 2 (RFC 7970, 3). A word that is not in its list is noted as unused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.reports.formats.iodef.tables import TRANSPORT


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SEVERITIES: Final = _words("low medium high unknown")
_SYSTEM_IMPACTS: Final = _words(
    "takeover-account takeover-service takeover-system cps-manipulation cps-damage availability-data availability-account "
    "availability-service availability-system damaged-system damaged-data breach-proprietary breach-privacy "
    "breach-credential breach-configuration integrity-data integrity-configuration integrity-hardware "
    "traffic-redirection monitoring-traffic monitoring-host policy unknown"
)
_BUSINESS_IMPACTS: Final = _words(
    "breach-proprietary breach-privacy breach-credential loss-of-integrity loss-of-service theft-financial theft-service "
    "degraded-reputation asset-damage asset-manipulation legal extortion unknown"
)
_VERSION_1_IMPACTS: Final = _words(
    "admin dos extortion file info-leak misconfiguration policy recon social-engineering user unknown"
)

ATTRIBUTES: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("Incident", "purpose"): _words("traceback mitigation reporting watch other"),
    ("Incident", "status"): _words("new in-progress forwarded resolved future"),
    ("", "occurrence"): _words("actual potential"),
    ("", "severity"): _SEVERITIES,
    ("", "completion"): _words("failed succeeded"),
    ("", "rating"): _words("low medium high numeric unknown"),
    ("", "spoofed"): _words("unknown yes no"),
    ("", "metric"): _words("labor elapsed downtime"),
    ("", "duration"): _words("second minute hour day month quarter year"),
    ("", "system-status"): _words("spoofed fraudulent innocent-hacked innocent-hijacked unknown"),
    ("IndicatorExpression", "operator"): _words("and or not xor"),
    ("Contact", "role"): _words(
        "creator reporter admin tech provider user billing legal irt abuse cc cc-irt leo vendor vendor-support victim "
        "victim-notified"
    ),
    ("Contact", "type"): _words("person organization"),
    ("System", "category"): _words("source target intermediate sensor infrastructure"),
    ("Address", "category"): _words(
        "asn atm e-mail mac ipv4-addr ipv4-net ipv4-net-mask ipv6-addr ipv6-net ipv6-net-mask ipv6-net-masked site-uri"
    ),
    ("SystemImpact", "type"): _SYSTEM_IMPACTS,
    ("BusinessImpact", "type"): _BUSINESS_IMPACTS,
    ("Impact", "type"): _SYSTEM_IMPACTS | _VERSION_1_IMPACTS,
    ("IntendedImpact", "type"): _BUSINESS_IMPACTS,
    **dict.fromkeys((("Service", "ip-protocol"), ("Service", "ip_protocol")), frozenset(TRANSPORT)),
    ("Discovery", "source"): _words(
        "nidps hips siem av third-party-monitoring incident os-log application-log device-log network-flow passive-dns "
        "investigation audit internal-notification external-notification leo partner actor unknown"
    ),
    ("", "restriction"): _words("public partner need-to-know private default white green amber red"),
}
"""(element, attribute) -> its words in lower case. "" stands for any element with the attribute."""
