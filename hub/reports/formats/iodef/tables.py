"""Tables from the words of IODEF (RFC 5070, version 1; RFC 7970, version 2) to the words of the model."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from hub.reports.markings import TlpWord
from hub.reports.reading.indicators import indicator_kind
from hub.reports.report import ReportStatus

RESTRICTIONS: Final[dict[str, TlpWord]] = {
    "public": "clear", "white": "clear", "green": "green", "partner": "green", "amber": "amber", "need-to-know": "amber",
    "private": "amber+strict", "default": "amber+strict", "red": "red",
}  # fmt: skip
STATUSES: Final = {
    "new": ReportStatus.NEW,
    "in-progress": ReportStatus.OPEN,
    "forwarded": ReportStatus.OPEN,
    "resolved": ReportStatus.CLOSED,
    "future": ReportStatus.NEW,
}

DISCOVERY: Final = {
    **dict.fromkeys(("nidps", "hips", "siem", "av", "os-log", "application-log", "device-log", "network-flow", "passive-dns"), "automated-tool"),
    "third-party-monitoring": "commercial-solution",
    **dict.fromkeys(("investigation", "audit", "incident"), "human-review"),
    "internal-notification": "user-reporting",
    **dict.fromkeys(("external-notification", "leo", "partner"), "external-notification"),
    "actor": "message-from-attacker",
}  # fmt: skip

SEVERITY_LEVELS: Final = {"low": 15, "medium": 50, "high": 75}
CONFIDENCE: Final = {"low": 15, "medium": 50, "high": 85}

# The second part of SystemImpact and BusinessImpact types: information-type-ov.
INFORMATION: Final = {
    "proprietary": "proprietary",
    "privacy": "pii",
    "credential": "credentials-user",
    "configuration": "system",
}

# Effect: event type, for effects that are no impact, or in addition to the impact.
EFFECT_EVENTS: Final = {
    "takeover-account": "theft-access-credentials", "takeover-service": "compromised-system",
    "takeover-system": "compromised-system", "traffic-redirection": "dns-spoofing-registered",
    "policy": "policy-violation", "admin": "unauthorized-access-system", "user": "theft-access-credentials",
    "file": "modification-information", "info-leak": "unauthorized-release", "recon": "network-scanning",
    "dos": "denial-of-service", "misconfiguration": "misconfiguration",
    "social-engineering": "aggregation-information-phishing-schemes", "extortion": "negotiation",
}  # fmt: skip

# Prefix of an effect: RSIT type, for incidents without a category that RSIT has.
RSIT_TYPES: Final = {
    "takeover-account": "unprivileged-account-compromise", "takeover-service": "application-compromise",
    "takeover-system": "system-compromise", "availability": "dos", "breach": "unauthorised-information-access",
    "monitoring": "sniffing", "integrity": "unauthorised-information-modification", "damaged-data": "data-loss",
    "cps-damage": "sabotage", "damaged-system": "sabotage", "policy": "unauthorised-use-of-resources",
    "admin": "privileged-account-compromise", "user": "unprivileged-account-compromise", "dos": "dos",
    "file": "unauthorised-information-modification", "info-leak": "data-leak", "recon": "scanner",
    "misconfiguration": "misconfiguration", "social-engineering": "social-engineering",
}  # fmt: skip

ECONOMIC: Final = {
    "theft-financial": "asset-and-fraud", "theft-service": "asset-and-fraud", "asset-damage": "asset-and-fraud",
    "degraded-reputation": "brand-damage", "legal": "legal-and-regulatory", "extortion": "ransom-demand",
}  # fmt: skip

TASKS: Final = {
    "contact": "external-outreach", "notification": "victim-notification", "investigate": "investigation",
    "block": "containment", "rate-limit": "containment", "remediate": "eradication", "status": "routine-updates",
    "upgrade": "eradication", "training": "implemented-control", "honeypot": "investigation",
}  # fmt: skip

TRANSPORT: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "ipv6-icmp", "132": "sctp", "47": "gre"}

# BulkObservable types and address categories of both versions: words of the form for indicators.
KINDS: Final = {
    "ipv4-addr": "ip", "ipv6-addr": "ip", "ipv4-net": "cidr", "ipv6-net": "cidr", "ipv4-net-mask": "cidr",
    "ipv6-net-mask": "cidr", "e-mail": "email", "mac": "mac", "asn": "asn", "site-uri": "url", "domain-name": "domain",
    "url": "url", "file-hash": "hash", "mutex": "mutex", "windows-reg-key": "regkey", "email-subject": "email-subject",
    "email-x-mailer": "user-agent", "http-user-agent": "user-agent", "user-agent": "user-agent",
}  # fmt: skip


def kind(element: Element, attribute: str, default: str = "") -> str:
    """Return the form's word for the type of an element; for "ext-value", the ext- attribute has the type (RFC 7970, 5.1)."""
    word = element.get(attribute, default).casefold()
    if word == "ext-value":
        word = element.get(f"ext-{attribute}", "").casefold()
    return KINDS.get(word) or indicator_kind(word)


HASHES: Final = {
    "md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512",
}  # fmt: skip
