"""Ten incidents as MISP events, with what a receiver can act upon in each. All names and addresses are invented, except those
of public malware, tools, actors and techniques.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.facts.bundle import (
    Fact,
    address,
    based_on,
    block,
    indicates,
    kind,
    numbered,
    phase,
    port,
    relates,
    sighted,
    since,
    struck,
    sure,
    technique,
    threat,
    weakness,
)
from tests.facts.misp import attribute, galaxy, misp_event, misp_object, stable_uuid

SHA = "{:064x}".format
MD5 = "{:032x}".format
LOCKBIT: Final = ("ransomware", "LockBit")
COBALT: Final = ("malpedia", "Cobalt Strike")


@dataclass(frozen=True, slots=True)
class Event:
    """One MISP event with its facts."""

    title: str
    content: Mapping[str, Any]
    facts: tuple[Fact, ...]


_RANSOM_FILE: Final = misp_object(
    "file",
    ("filename", "filename", "svchosl.exe"),
    ("sha256", "sha256", SHA(0x1A1)),
    ("imphash", "imphash", MD5(0x1A2)),
    category="Payload delivery",
    refers=[("communicates-with", stable_uuid("attribute", "domain", "sync-relay.example"))],
)
_DROPPER: Final = misp_object(
    "file",
    ("filename", "filename", "faktur.js"),
    ("sha256", "sha256", SHA(0x5A1)),
    category="Payload delivery",
    refers=[("drops", stable_uuid("attribute", "sha256", SHA(0x5A2)))],
)

EVENTS: Final = (
    Event(
        "Files encrypted",
        misp_event(
            "Files encrypted",
            'malicious-code="infected-system"',
            [
                attribute(
                    "ip-dst",
                    "Network activity",
                    "203.0.113.151",
                    galaxies=[LOCKBIT],
                    tags=["kill-chain:Command and Control"],
                ),
                attribute("domain", "Network activity", "sync-relay.example"),
                attribute("mutex", "Artifacts dropped", "Global\\b0b2"),
                attribute("vulnerability", "External analysis", "CVE-2023-4966", ids=False),
                attribute("named pipe", "Artifacts dropped", "\\\\.\\pipe\\svc_b0b2"),
            ],
            objects=[_RANSOM_FILE],
            galaxies=[
                galaxy(*LOCKBIT, synonyms=["ABCD"]),
                galaxy(
                    "mitre-attack-pattern",
                    "Data Encrypted for Impact - T1486",
                    external_id="T1486",
                    kill_chain=["mitre-attack:impact"],
                ),
            ],
            sector="Health",
        ),
        (
            address("203.0.113.151"),
            indicates("203.0.113.151", "LockBit"),
            phase("203.0.113.151", "command-and-control"),
            block("sync-relay.example", "domain-name"),
            block(SHA(0x1A1), "file"),
            block(MD5(0x1A2), "file"),
            relates(SHA(0x1A1), "communicates-with", "sync-relay.example"),
            block("\\\\.\\pipe\\svc_b0b2", "file", "x-pipe"),
            block("Global\\b0b2", "mutex"),
            weakness("CVE-2023-4966"),
            technique("T1486", "impact"),
            struck("healthcare", "MY", called="Health"),
        ),
    ),
    Event(
        "Beacons to an unknown host",
        misp_event(
            "Beacons to an unknown host",
            'malicious-code="c2-server"',
            [
                attribute(
                    "ip-dst|port",
                    "Network activity",
                    "203.0.113.160|4444",
                    galaxies=[COBALT],
                    tags=['misp:confidence-level="completely-confident"'],
                    first_seen="2026-02-27T03:00:00+00:00",
                ),
                attribute("domain|ip", "Network activity", "beat.example|203.0.113.161"),
                attribute("ja3-fingerprint-md5", "Network activity", "72a589da586844d7f0818ce684948eea"),
                attribute("user-agent", "Network activity", "xq/2.1 (compatible)"),
                attribute("uri", "Network activity", "/submit.php?id=7731"),
                attribute("x509-fingerprint-sha1", "Network activity", f"{0x2A2:040x}"),
            ],
            galaxies=[
                galaxy(*COBALT),
                galaxy(
                    "mitre-attack-pattern",
                    "Web Protocols - T1071.001",
                    external_id="T1071.001",
                    kill_chain=["mitre-attack:command-and-control"],
                ),
            ],
        ),
        (
            address("203.0.113.160"),
            port("203.0.113.160", 4444),
            indicates("203.0.113.160", "Cobalt Strike"),
            sure("203.0.113.160", 90),
            since("203.0.113.160", "2026-02-27"),
            block("beat.example", "domain-name"),
            relates("beat.example", "resolves-to", "203.0.113.161"),
            block("72a589da586844d7f0818ce684948eea", "network-traffic", "suricata"),
            block("xq/2.1 (compatible)", "user-agent", "network-traffic"),
            block("/submit.php?id=7731", "network-traffic", "url"),
            block(f"{0x2A2:040x}", "x509-certificate"),
            technique("T1071.001", "command-and-control"),
        ),
    ),
    Event(
        "Home page replaced",
        misp_event(
            "Home page replaced",
            'intrusions="system-compromise"',
            [
                attribute("ip-src", "Network activity", "203.0.113.170"),
                attribute("filename|sha256", "Payload installation", f"wp-cache-y.php|{SHA(0x3A1)}"),
            ],
            galaxies=[
                galaxy("threat-actor", "Anonymous Sudan"),
                galaxy(
                    "mitre-attack-pattern",
                    "External Defacement - T1491.002",
                    external_id="T1491.002",
                    kill_chain=["mitre-attack:impact"],
                ),
            ],
            sector="Education",
        ),
        (
            address("203.0.113.170"),
            block(SHA(0x3A1), "file"),
            threat("Anonymous Sudan", "threat-actor", "intrusion-set"),
            technique("T1491.002", "impact"),
            struck("education", "MY", called="Education"),
        ),
    ),
    Event(
        "A gateway exploited",
        misp_event(
            "A gateway exploited",
            'intrusion-attempts="exploit"',
            [
                attribute("ip-src", "Network activity", "203.0.113.180", tags=["kill-chain:Exploitation"]),
                attribute(
                    "url",
                    "Payload delivery",
                    "http://203.0.113.181/upd",
                    galaxies=[("mitre-attack-pattern", "Ingress Tool Transfer - T1105")],
                ),
                attribute(
                    "snort",
                    "Network activity",
                    'alert tcp any any -> any 443 (msg:"x"; content:"/sslmgr"; sid:1000771;)',
                ),
                attribute("pdb", "Artifacts dropped", "D:\\w\\upstyle\\Release\\u.pdb"),
            ],
            objects=[
                misp_object(
                    "vulnerability",
                    ("id", "vulnerability", "CVE-2024-3400"),
                    ("summary", "text", "Command injection in the gateway"),
                    ("cvss-score", "float", "10.0"),
                    category="External analysis",
                )
            ],
            galaxies=[
                galaxy("mitre-tool", "ngrok - S0508", external_id="S0508"),
                galaxy(
                    "mitre-attack-pattern",
                    "Exploit Public-Facing Application - T1190",
                    external_id="T1190",
                    kill_chain=["mitre-attack:initial-access"],
                ),
            ],
        ),
        (
            address("203.0.113.180"),
            phase("203.0.113.180", "exploitation"),
            block("http://203.0.113.181/upd", "url"),
            indicates("http://203.0.113.181/upd", "Ingress Tool Transfer"),
            technique("T1105", "command-and-control"),
            block("x", "snort"),
            block("D:\\\\w\\\\upstyle\\\\Release\\\\u.pdb", "yara"),
            weakness("CVE-2024-3400"),
            technique("T1190", "initial-access"),
            numbered("ngrok", "S0508", "tool"),
        ),
    ),
    Event(
        "Customers asked for codes",
        misp_event(
            "Customers asked for codes",
            'fraud="phishing"',
            [
                attribute("url", "Payload delivery", "https://login-otp-check.example/a/"),
                attribute("domain|ip", "Network activity", "login-otp-check.example|203.0.113.190"),
                attribute(
                    "email-src",
                    "Payload delivery",
                    "notice@mailer-x.example",
                    Sighting=[
                        {"uuid": stable_uuid("sighting", 1), "type": "0", "date_sighting": "1772582400", "source": ""}
                    ],
                ),
                attribute("email-subject", "Payload delivery", "Your access ends today"),
                attribute("phone-number", "Payload delivery", "+442079460123"),
            ],
            galaxies=[
                galaxy("tool", "16Shop"),
                galaxy(
                    "mitre-attack-pattern",
                    "Spearphishing Link - T1566.002",
                    external_id="T1566.002",
                    kill_chain=["mitre-attack:initial-access"],
                ),
            ],
            sector="Bank",
        ),
        (
            block("https://login-otp-check.example/a/", "url"),
            block("login-otp-check.example", "domain-name"),
            relates("login-otp-check.example", "resolves-to", "203.0.113.190"),
            block("notice@mailer-x.example", "email-addr", "email-message"),
            block("Your access ends today", "email-message"),
            block("+442079460123", "phone-number"),
            technique("T1566.002", "initial-access"),
            struck("financial-services", "MY", called="Bank"),
            sighted("notice@mailer-x.example"),
            kind("phishing"),
        ),
    ),
    Event(
        "Records for sale",
        misp_event(
            "Records for sale",
            'information-content-security="unauthorised-information-access"',
            [
                attribute("ip-src", "Network activity", "203.0.113.200"),
                attribute("url", "External analysis", "http://leaks-board.example/t/991"),
                attribute("btc", "Financial fraud", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
            ],
            galaxies=[
                galaxy("threat-actor", "ShinyHunters"),
                galaxy(
                    "mitre-attack-pattern",
                    "Cloud Accounts - T1078.004",
                    external_id="T1078.004",
                    kill_chain=["mitre-attack:initial-access"],
                ),
            ],
        ),
        (
            address("203.0.113.200"),
            block("http://leaks-board.example/t/991", "url"),
            block("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "cryptocurrency-wallet"),
            threat("ShinyHunters", "threat-actor", "intrusion-set"),
            technique("T1078.004", "initial-access"),
        ),
    ),
    Event(
        "An invoice with another account",
        misp_event(
            "An invoice with another account",
            'fraud="masquerade"',
            [
                attribute("email-src", "Payload delivery", "billing@cargo-desk.example"),
                attribute("domain", "Network activity", "cargo-desk.example"),
                attribute("iban", "Financial fraud", "GB33BUKB20201555555555"),
                attribute("email-reply-to", "Payload delivery", "ceo.office@fast-post.example"),
            ],
            galaxies=[
                galaxy(
                    "mitre-attack-pattern",
                    "Impersonation - T1656",
                    external_id="T1656",
                    kill_chain=["mitre-attack:defense-evasion"],
                ),
            ],
        ),
        (
            block("billing@cargo-desk.example", "email-addr", "email-message"),
            block("cargo-desk.example", "domain-name"),
            block("GB33BUKB20201555555555", "bank-account"),
            block("ceo.office@fast-post.example", "email-addr", "email-message"),
            technique("T1656", "defense-evasion"),
        ),
    ),
    Event(
        "A package that calls home",
        misp_event(
            "A package that calls home",
            'malicious-code="malware-distribution"',
            [
                attribute("domain", "Network activity", "stat-mirror.example", galaxies=[("malpedia", "XMRig")]),
                attribute("sha256", "Payload delivery", SHA(0x5A2), galaxies=[("malpedia", "XMRig")]),
            ],
            objects=[_DROPPER],
            galaxies=[
                galaxy("malpedia", "XMRig"),
                galaxy(
                    "mitre-attack-pattern",
                    "Compromise Software Dependencies and Development Tools - T1195.001",
                    external_id="T1195.001",
                    kill_chain=["mitre-attack:initial-access"],
                ),
            ],
            sector="Technology",
        ),
        (
            block("stat-mirror.example", "domain-name"),
            indicates("stat-mirror.example", "XMRig"),
            block(SHA(0x5A2), "file"),
            indicates(SHA(0x5A2), "XMRig"),
            based_on(SHA(0x5A2)),
            block(SHA(0x5A1), "file"),
            relates(SHA(0x5A1), "drops", SHA(0x5A2)),
            technique("T1195.001", "initial-access"),
            struck("technology", "MY", called="Technology"),
        ),
    ),
    Event(
        "Traffic from reflectors",
        misp_event(
            "Traffic from reflectors",
            'availability="ddos"',
            [
                attribute("ip-src", "Network activity", "203.0.113.220"),
                attribute("ip-src", "Network activity", "203.0.113.221"),
                attribute("AS", "Network activity", "AS64500", ids=False),
            ],
            galaxies=[
                galaxy(
                    "mitre-attack-pattern",
                    "Reflection Amplification - T1498.002",
                    external_id="T1498.002",
                    kill_chain=["mitre-attack:impact"],
                ),
                galaxy("botnet", "Mirai"),
            ],
            sector="Telecoms",
        ),
        (
            address("203.0.113.220"),
            address("203.0.113.221"),
            technique("T1498.002", "impact"),
            threat("Mirai", "malware", "tool", "infrastructure"),
            based_on("203.0.113.220"),
            struck("telecommunications", "MY", called="Telecoms"),
        ),
    ),
    Event(
        "Files taken home",
        misp_event(
            "Files taken home",
            'information-content-security="data-leak"',
            [
                attribute("domain", "Network activity", "share-box.example", galaxies=[("mitre-tool", "Rclone")]),
                attribute("url", "Network activity", "https://share-box.example/u/1"),
            ],
            galaxies=[
                galaxy("mitre-tool", "Rclone"),
                galaxy(
                    "mitre-attack-pattern",
                    "Exfiltration to Cloud Storage - T1567.002",
                    external_id="T1567.002",
                    kill_chain=["mitre-attack:exfiltration"],
                ),
            ],
        ),
        (
            block("share-box.example", "domain-name"),
            indicates("share-box.example", "Rclone"),
            block("https://share-box.example/u/1", "url"),
            threat("Rclone", "tool", "malware"),
            technique("T1567.002", "exfiltration"),
        ),
    ),
)
