"""Closed vocabularies of attack methods, floods, mitigations and data sources.

Their words come from public standards and never from a report, so they may leave without approval by an officer.
"""

from __future__ import annotations

from typing import Final

_VERIS: Final = """
hacking vector: 3rd party desktop | Backdoor | Command shell | Desktop sharing | Desktop sharing software | Hypervisor
hacking vector: Inter-tenant | Other network service | Partner | Physical access | VPN | Web application
hacking variety: Abuse of functionality | Backdoor | Brute force | Buffer overflow | Cache poisoning | CSRF
hacking variety: Disable controls | DoS | Evade Defenses | Exploit misconfig | Exploit vuln | Forced browsing | Hijack
hacking variety: Insecure deserialization | LDAP injection | AitM | Offline cracking | OS commanding | Pass-the-hash
hacking variety: Path traversal | Profile host | Prompt injection | RFI | Scan network | Session replay | SQLi
hacking variety: Use of stolen creds | User breakout | Virtual machine escape | XML external entities | XSS
malware vector: C2 | Direct install | Download by malware | Email | Email attachment | Email autoexecute | Email link
malware vector: Instant messaging | Network propagation | Partner | Remote injection | Removable media
malware vector: Software update | Web application | Web application - download | Web application - drive-by
social vector: Documents | Email | IM | In-person | Partner | Phone | Removable media | SMS | Social media | Software
social vector: Virtual meeting | Web application
social variety: Baiting | Bribery | Elicitation | Extortion | Forgery | Influence | Phishing | Pretexting
social variety: Prompt bombing | Propaganda | Scam | Spam
misuse vector: LAN access | Non-corporate | Physical access | Remote access | Web application
misuse variety: Data mishandling | Email misuse | Illicit content | Knowledge abuse | Net misuse
misuse variety: Password or Session Sharing | Possession abuse | Privilege abuse | Snap picture | Unapproved hardware
misuse variety: Unapproved software | Unapproved workaround
error variety: Capacity shortage | Classification error | Data entry error | Disposal error | Gaffe | Loss
error variety: Malfunction | Misconfiguration | Misdelivery | Programming error | Publishing error
physical variety: Bypassed controls | Connection | Disabled controls | Skimmer | Snooping | Surveillance | Tampering
physical variety: Theft | Wiretapping
"""


def _veris() -> dict[tuple[str, str, str], None]:
    words: dict[tuple[str, str, str], None] = {}
    for line in _VERIS.strip().splitlines():
        head, _, names = line.partition(": ")
        action, kind = head.split()
        words |= dict.fromkeys((action, kind, name.strip()) for name in names.split(" | "))
    return words


VERIS_WORDS: Final = tuple(_veris())
"""(action, "vector" or "variety", word) of VERIS 1.4, without "Other" and "Unknown"."""

FLOOD_VECTORS: Final = frozenset({
    "ack-flood", "application-layer", "carpet-bombing", "chargen-amplification", "cldap-amplification",
    "coap-amplification", "dns-amplification", "dns-flood", "dns-water-torture", "fragmentation-flood", "gre-flood",
    "http-flood", "http2-rapid-reset", "icmp-flood", "memcached-amplification", "ntp-amplification", "rst-flood",
    "slow-read", "slowloris", "snmp-amplification", "ssdp-amplification", "syn-ack-reflection", "syn-flood",
    "tcp-flood", "tcp-reflection", "tls-exhaustion", "udp-flood", "ws-discovery-amplification",
})  # fmt: skip
"""Kinds of denial of service, in the manner of X-ARF 4 (`attack_vector` of connection-ddos), with hyphens."""

MITIGATIONS: Final = {
    "M1013": "Application Developer Guidance", "M1015": "Active Directory Configuration",
    "M1016": "Vulnerability Scanning", "M1017": "User Training", "M1018": "User Account Management",
    "M1019": "Threat Intelligence Program", "M1020": "SSL/TLS Inspection", "M1021": "Restrict Web-Based Content",
    "M1022": "Restrict File and Directory Permissions", "M1024": "Restrict Registry Permissions",
    "M1025": "Privileged Process Integrity", "M1026": "Privileged Account Management", "M1027": "Password Policies",
    "M1028": "Operating System Configuration", "M1029": "Remote Data Storage", "M1030": "Network Segmentation",
    "M1031": "Network Intrusion Prevention", "M1032": "Multi-factor Authentication",
    "M1033": "Limit Software Installation", "M1034": "Limit Hardware Installation",
    "M1035": "Limit Access to Resource Over Network", "M1036": "Account Use Policies",
    "M1037": "Filter Network Traffic", "M1038": "Execution Prevention", "M1039": "Environment Variable Permissions",
    "M1040": "Behavior Prevention on Endpoint", "M1041": "Encrypt Sensitive Information",
    "M1042": "Disable or Remove Feature or Program", "M1043": "Credential Access Protection",
    "M1044": "Restrict Library Loading", "M1045": "Code Signing", "M1046": "Boot Integrity", "M1047": "Audit",
    "M1048": "Application Isolation and Sandboxing", "M1049": "Antivirus/Antimalware", "M1050": "Exploit Protection",
    "M1051": "Update Software", "M1052": "User Account Control", "M1053": "Data Backup",
    "M1054": "Software Configuration", "M1056": "Pre-compromise", "M1057": "Data Loss Prevention",
    "M1060": "Out-of-Band Communications Channel",
}  # fmt: skip
"""Mitigations of ATT&CK for enterprises, by id."""

DATA_SOURCES: Final = {
    "DS0001": "Firmware", "DS0002": "User Account", "DS0003": "Scheduled Job", "DS0004": "Malware Repository",
    "DS0005": "WMI", "DS0006": "Web Credential", "DS0007": "Image", "DS0008": "Kernel", "DS0009": "Process",
    "DS0010": "Cloud Storage", "DS0011": "Module", "DS0012": "Script", "DS0013": "Sensor Health", "DS0014": "Pod",
    "DS0015": "Application Log", "DS0016": "Drive", "DS0017": "Command", "DS0018": "Firewall", "DS0019": "Service",
    "DS0020": "Snapshot", "DS0021": "Persona", "DS0022": "File", "DS0023": "Named Pipe",
    "DS0024": "Windows Registry", "DS0025": "Cloud Service", "DS0026": "Active Directory", "DS0027": "Driver",
    "DS0028": "Logon Session", "DS0029": "Network Traffic", "DS0030": "Instance", "DS0032": "Container",
    "DS0033": "Network Share", "DS0034": "Volume", "DS0035": "Internet Scan", "DS0036": "Group",
    "DS0037": "Certificate", "DS0038": "Domain Name", "DS0039": "Asset", "DS0040": "Operational Databases",
    "DS0041": "App Vetting", "DS0042": "User Interface",
}  # fmt: skip
"""Data sources of ATT&CK, by id: where an attack can be observed."""
