"""Ten incidents as the plain form has them, with what a receiver can act upon in each. All names and addresses are invented,
except those of public malware, tools and techniques.

`columns` are the cells of a form that was filled in before it had columns for tools, packages, entry vectors and the like:
all of that is in its texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.facts.bundle import (
    Fact,
    action,
    address,
    based_on,
    block,
    did,
    either,
    in_text,
    indicates,
    kind,
    port,
    struck,
    technique,
    threat,
    weakness,
)

SHA = "{:064x}".format


@dataclass(frozen=True, slots=True)
class Form:
    """One filled-in form with its facts; `more` are the cells of the newer columns, which hold what the texts told."""

    title: str
    columns: Mapping[str, Any]
    facts: tuple[Fact, ...]
    more: Mapping[str, Any] = field(default_factory=dict)

    def cells(self, *, newer: bool = False) -> dict[str, Any]:
        """The form's cells, those of the newer columns among them or not."""
        common = {
            "report_id": f"UTAMA-2026-{sum(map(ord, self.title)):05}",
            "title": self.title,
            "stage": "final",
            "status": "closed",
            "determination": "confirmed",
            "severity": "4",
            "tlp": "amber",
            "country": "MY",
            "detected_at": "2026-03-04T08:00:00+08:00",
            "consent": "sector-only",
        }
        return {**common, **self.columns, **(self.more if newer else {})}


FORMS: Final = (
    Form(
        "Ransomware",
        {
            "incident_class": "malicious-code",
            "incident_type": "infected-system",
            "victim_name": "Hospital Seri Bayu",
            "victim_domain": "seribayu.example",
            "victim_sector": "healthcare",
            "malware": "LockBit 3.0",
            "attack_techniques": "T1486;T1021.001;T1133",
            "cves": "CVE-2023-4966",
            "indicators": f"ip:203.0.113.21;domain:cdn-sync.example;sha256:{SHA(0xA1)};mutex:Global\\a91be2c7",
            "availability_impact": "75",
            "data_loss": "confirmed-loss",
            "information_types": "phi",
            "description": "Entry through a remote access gateway without a second factor. The intruders stayed nineteen days "
            "before they encrypted. They moved with PsExec, and copied files out with rclone over port 8443.",
            "recommended_actions": "Ask for a second factor on every remote access gateway;Reset sessions after the patch",
            "lessons": "Alert on psexesvc being installed as a service.",
        },
        (
            address("203.0.113.21"),
            block("cdn-sync.example", "domain-name"),
            block(SHA(0xA1), "file"),
            block("Global\\a91be2c7", "mutex"),
            based_on("203.0.113.21"),
            threat("LockBit 3.0", "malware"),
            indicates(SHA(0xA1), "LockBit 3.0"),
            indicates("203.0.113.21", "LockBit 3.0"),
            technique("T1486", "impact"),
            weakness("CVE-2023-4966"),
            struck("healthcare", "MY"),
            did("confidentiality", "phi"),
            either(in_text("without a second factor"), threat("VERIS hacking: Use of stolen creds", "attack-pattern")),
            in_text("nineteen days"),
            either(in_text("rclone"), threat("Rclone", "tool")),
            either(action("Reset sessions after the patch"), action("Update to citrix netscaler gateway 14.1-8.50")),
            either(in_text("psexesvc being installed as a service"), action("Detection in: Service")),
        ),
        {
            "indicators": f"ip:203.0.113.21 -> LockBit 3.0;domain:cdn-sync.example -> Rclone;sha256:{SHA(0xA1)} -> LockBit 3.0;"
            "mutex:Global\\a91be2c7 -> LockBit 3.0",
            "tool": "PsExec;Rclone",
            "entry_vector": "VPN;Use of stolen creds",
            "mitigation": "M1032",
            "detection_advice": "Service",
            "fixed_in": "cpe:2.3:a:citrix:netscaler_gateway:14.1-8.50:*:*:*:*:*:*:*",
        },
    ),
    Form(
        "Command and control",
        {
            "incident_class": "malicious-code",
            "incident_type": "c2-server",
            "victim_name": "Syarikat Air Delima",
            "victim_domain": "airdelima.example",
            "victim_sector": "utilities",
            "malware": "Cobalt Strike",
            "attack_techniques": "T1071.001;T1573.002",
            "indicators": "ip:203.0.113.40;domain:telemetry-edge.example;url:hxxps://telemetry-edge[.]example/jquery-3.3.1.min.js;"
            f"sha256:{SHA(0xB2)};user-agent:xq-agent/7.0 (Windows NT 10.0)",
            "description": "The beacon calls 203.0.113.40 at port 4444 every ninety seconds, with the JA3 fingerprint "
            "72a589da586844d7f0818ce684948eea.",
            "recommended_actions": "Search DNS logs of the last sixty days for telemetry-edge.example",
        },
        (
            address("203.0.113.40"),
            block("telemetry-edge.example", "domain-name"),
            block("https://telemetry-edge.example/jquery-3.3.1.min.js", "url"),
            block(SHA(0xB2), "file"),
            block("xq-agent/7.0 (Windows NT 10.0)", "user-agent", "network-traffic"),
            threat("Cobalt Strike", "malware", "tool"),
            indicates("203.0.113.40", "Cobalt Strike"),
            technique("T1071.001", "command-and-control"),
            technique("T1573.002", "command-and-control"),
            struck("utilities", "MY"),
            either(in_text("port 4444"), port("203.0.113.40", 4444)),
            either(in_text("72a589da586844d7f0818ce684948eea"), block("72a589da586844d7f0818ce684948eea", "suricata")),
            in_text("every ninety seconds"),
        ),
        {
            "indicators": "ip-port:203.0.113.40:4444;ja3:72a589da586844d7f0818ce684948eea;domain:telemetry-edge.example;"
            "ip:203.0.113.40;url:hxxps://telemetry-edge[.]example/jquery-3.3.1.min.js;"
            f"sha256:{SHA(0xB2)};user-agent:xq-agent/7.0 (Windows NT 10.0)",
            "detection_advice": "Network Traffic",
        },
    ),
    Form(
        "Defacement",
        {
            "incident_class": "intrusions",
            "incident_type": "system-compromise",
            "victim_name": "Majlis Daerah Kuala Jati",
            "victim_domain": "kualajati.example",
            "victim_sector": "education",
            "attack_techniques": "T1491.002;T1505.003",
            "cves": "CVE-2024-4577",
            "indicators": f"ip:203.0.113.61;sha256:{SHA(0xC3)};filename:wp-cache-x.php",
            "integrity": "partial-modification",
            "information_types": "system",
            "description": "A web shell was put beside the theme. It answers to the parameter zx9.",
            "recommended_actions": "Update PHP to 8.3.8",
        },
        (
            address("203.0.113.61"),
            block(SHA(0xC3), "file"),
            block("wp-cache-x.php", "file"),
            technique("T1491.002", "impact"),
            technique("T1505.003", "persistence"),
            weakness("CVE-2024-4577"),
            did("integrity", "partial-modification"),
            in_text("the parameter zx9"),
            either(action("Update PHP to 8.3.8"), action("Update to php 8.3.8")),
        ),
        {
            "entry_vector": "Exploit vuln",
            "fixed_in": "pkg:generic/php@8.3.8",
            "packages": "cpe:2.3:a:php:php:8.3.7:*:*:*:*:*:*:*",
        },
    ),
    Form(
        "Exploitation",
        {
            "incident_class": "intrusion-attempts",
            "incident_type": "ids-alert",
            "victim_name": "Kilang Tenaga Murni",
            "victim_domain": "tenagamurni.example",
            "victim_sector": "energy",
            "attack_techniques": "T1190;T1059.004",
            "cves": "CVE-2024-3400",
            "indicators": "ip:203.0.113.77;ip:2001:db8:bad::9;url:hxxp://203.0.113.77:8000/upstyle",
            "description": "The exploit arrives in the cookie SESSID as a path. The implant is started by cron every minute.",
            "recommended_actions": "Install PAN-OS 11.1.2-h3;Disable device telemetry until then",
            "lessons": "Look for /opt/panlogs/tmp/device_telemetry in the logs of nginx.",
        },
        (
            address("203.0.113.77"),
            block("2001:db8:bad::9", "ipv6-addr", "network-traffic"),
            block("http://203.0.113.77:8000/upstyle", "url"),
            technique("T1190", "initial-access"),
            technique("T1059.004", "execution"),
            weakness("CVE-2024-3400"),
            struck("energy", "MY"),
            kind("exploit"),
            either(in_text("cookie SESSID"), threat("VERIS hacking: OS commanding", "attack-pattern")),
            in_text("by cron every minute"),
            either(action("Install PAN-OS 11.1.2-h3"), action("Update to paloaltonetworks pan-os 11.1.2-h3")),
            either(in_text("/opt/panlogs/tmp/device_telemetry"), action("Detection in: Application Log")),
        ),
        {
            "entry_vector": "Exploit vuln;OS commanding",
            "fixed_in": "cpe:2.3:o:paloaltonetworks:pan-os:11.1.2-h3:*:*:*:*:*:*:*",
            "mitigation": "M1042;M1051",
            "detection_advice": "Application Log",
        },
    ),
    Form(
        "Phishing",
        {
            "incident_class": "fraud",
            "incident_type": "phishing",
            "victim_name": "Bank Delima Berhad",
            "victim_domain": "bankdelima.example",
            "victim_sector": "financial-services",
            "attack_techniques": "T1566.002;T1583.001",
            "indicators": "domain:bankdelima-verify.example;url:hxxps://secure-login-page[.]example/otp/index.php;"
            "ip:203.0.113.90;email:alerts@secure-login-page.example",
            "description": "Short messages with the sender id PAYINFO lead there. The page is the kit 16shop, and asks for the code "
            "of the second factor.",
            "recommended_actions": "Block the sender id PAYINFO",
        },
        (
            block("bankdelima-verify.example", "domain-name"),
            block("https://secure-login-page.example/otp/index.php", "url"),
            address("203.0.113.90"),
            block("alerts@secure-login-page.example", "email-addr"),
            technique("T1566.002", "initial-access"),
            technique("T1583.001", "resource-development"),
            struck("financial-services", "MY"),
            either(in_text("16shop"), threat("16Shop", "tool", "malware")),
            action("Block the sender id PAYINFO"),
        ),
        {"tool": "16Shop", "entry_vector": "SMS", "mitigation": "M1017;M1021"},
    ),
    Form(
        "Leak",
        {
            "incident_class": "information-content-security",
            "incident_type": "unauthorised-information-access",
            "victim_name": "Kolej Sinar Utama",
            "victim_domain": "sinarutama.example",
            "victim_sector": "education",
            "actor": "ShinyHunters",
            "attack_techniques": "T1078.004;T1530",
            "indicators": "ip:203.0.113.102;domain:paste-market.example",
            "information_types": "pii",
            "records": "48000",
            "data_loss": "confirmed-loss",
            "description": "Entry with a token that a contractor had left in a public repository.",
            "recommended_actions": "Revoke tokens older than ninety days",
        },
        (
            address("203.0.113.102"),
            block("paste-market.example", "domain-name"),
            threat("ShinyHunters", "threat-actor", "intrusion-set"),
            technique("T1078.004", "initial-access"),
            technique("T1530", "collection"),
            did("confidentiality", "pii"),
            struck("education", "MY"),
            either(in_text("in a public repository"), threat("VERIS hacking: Use of stolen creds", "attack-pattern")),
            either(action("Revoke tokens older than ninety days"), action("Privileged Account Management")),
        ),
        {"entry_vector": "Use of stolen creds", "mitigation": "M1026"},
    ),
    Form(
        "Invoice fraud",
        {
            "incident_class": "fraud",
            "incident_type": "masquerade",
            "victim_name": "Perkapalan Teguh Sdn Bhd",
            "victim_domain": "perkapalanteguh.example",
            "victim_sector": "transportation",
            "attack_techniques": "T1656;T1114.003",
            "indicators": "email:accounts@invoices-desk.example;domain:invoices-desk.example;ip:203.0.113.115",
            "cost_min": "100000",
            "cost_max": "200000",
            "currency": "USD",
            "description": "The account to pay into is GB33BUKB20201555555555. The caller used +44 20 7946 0958. "
            "A rule of the mailbox moved answers into the folder RSS Feeds.",
            "recommended_actions": "Call suppliers back at a known number before an account is changed",
        },
        (
            block("accounts@invoices-desk.example", "email-addr"),
            block("invoices-desk.example", "domain-name"),
            address("203.0.113.115"),
            technique("T1656", "defense-evasion"),
            technique("T1114.003", "collection"),
            did("economic", "uncategorized"),
            either(in_text("GB33BUKB20201555555555"), block("GB33BUKB20201555555555", "bank-account")),
            in_text("folder RSS Feeds"),
            either(action("Call suppliers back at a known number"), action("Out-of-Band Communications Channel")),
        ),
        {
            "indicators": "email:accounts@invoices-desk.example;domain:invoices-desk.example;ip:203.0.113.115;"
            "iban:GB33BUKB20201555555555;phone:+44 20 7946 0958",
            "entry_vector": "Pretexting",
            "mitigation": "M1060",
            "detection_advice": "Application Log",
        },
    ),
    Form(
        "Supply chain",
        {
            "incident_class": "malicious-code",
            "incident_type": "malware-distribution",
            "victim_name": "Teknologi Awan Biru",
            "victim_domain": "awanbiru.example",
            "victim_sector": "technology",
            "attack_techniques": "T1195.001;T1059.007",
            "indicators": f"domain:npm-mirror-stat.example;sha256:{SHA(0xD4)};url:hxxps://npm-mirror-stat[.]example/p",
            "description": "Version 4.2.1 of the npm package colour-strings-x runs a script when it is installed.",
            "recommended_actions": "Pin colour-strings-x to 4.2.0;Rotate the tokens of build machines",
        },
        (
            block("npm-mirror-stat.example", "domain-name"),
            block(SHA(0xD4), "file"),
            block("https://npm-mirror-stat.example/p", "url"),
            technique("T1195.001", "initial-access"),
            technique("T1059.007", "execution"),
            kind("malware"),
            struck("technology", "MY"),
            either(in_text("Version 4.2.1 of the npm package colour-strings-x"), block("colour-strings-x", "software")),
            either(action("Pin colour-strings-x to 4.2.0"), action("Update to colour-strings-x 4.2.0")),
            either(action("Rotate the tokens of build machines"), action("Credential Access Protection")),
        ),
        {
            "packages": "pkg:npm/colour-strings-x@4.2.1",
            "fixed_in": "pkg:npm/colour-strings-x@4.2.0",
            "entry_vector": "Software update",
            "mitigation": "M1016;M1043",
        },
    ),
    Form(
        "DDoS",
        {
            "incident_class": "availability",
            "incident_type": "ddos",
            "victim_name": "Telko Pantai",
            "victim_domain": "telkopantai.example",
            "victim_sector": "telecommunications",
            "attack_techniques": "T1498.002",
            "indicators": "ip:203.0.113.130;ip:203.0.113.131",
            "availability_impact": "50",
            "downtime_hours": "3",
            "description": "Reflection over CLDAP, 180 Gbit/s at its height. It came in four waves.",
            "recommended_actions": "Drop UDP source port 389 at the border",
        },
        (
            address("203.0.113.130"),
            address("203.0.113.131"),
            technique("T1498.002", "impact"),
            did("availability", "50"),
            struck("telecommunications", "MY"),
            either(in_text("Reflection over CLDAP"), threat("DDoS: cldap amplification", "attack-pattern")),
            either(in_text("180 Gbit/s"), in_text("at least 100 Gbit/s")),
            either(action("Drop UDP source port 389"), action("Filter Network Traffic")),
        ),
        {"attack_vector": "cldap-amplification", "attack_rate": "180 Gbps", "mitigation": "M1037"},
    ),
    Form(
        "Insider",
        {
            "incident_class": "information-content-security",
            "incident_type": "unauthorised-information-access",
            "victim_name": "Insurans Kasih",
            "victim_domain": "insuranskasih.example",
            "victim_sector": "insurance",
            "attack_techniques": "T1052.001;T1567.002",
            "root_cause": "human-errors",
            "detection_method": "human-review",
            "information_types": "financial",
            "data_loss": "confirmed-loss",
            "indicators": "domain:free-drop-box.example",
            "description": "Copied to a phone as a mass storage device, then sent to free-drop-box.example.",
            "recommended_actions": "Alert on archives larger than one gigabyte being written to removable media",
        },
        (
            block("free-drop-box.example", "domain-name"),
            technique("T1052.001", "exfiltration"),
            technique("T1567.002", "exfiltration"),
            did("confidentiality", "financial"),
            struck("insurance", "MY"),
            either(in_text("as a mass storage device"), threat("VERIS social: Removable media", "attack-pattern")),
            either(action("archives larger than one gigabyte"), action("Data Loss Prevention")),
            kind("unintentional"),
        ),
        {"entry_vector": "Removable media", "mitigation": "M1034;M1057", "detection_advice": "Drive"},
    ),
)
