"""RSIT, the Reference Security Incident Taxonomy of ENISA and the CSIRTs (machine tag `rsit`, version 1003, CC0).

Every reader classifies reports by it. Each class and type has its name for people and the nearest values of
``event-type-ov``, which Incident Core requires as ``incident_types``.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class RsitType(NamedTuple):
    """An entry of the taxonomy. ``incident_types`` are values of event-type-ov."""

    rsit_class: str
    type: str
    name: str
    incident_types: tuple[str, ...]

    @property
    def label(self) -> str:
        """The machine tag that is used in `labels`: ``rsit:fraud="phishing"``."""
        return f'rsit:{self.rsit_class}="{self.type}"'


_ROWS: Final = """
abusive-content spam | Spam | spam
abusive-content harmful-speech | Harmful Speech | content-forbidden-by-law
abusive-content violence | (Child) Sexual Exploitation/Sexual/Violent Content | content-forbidden-by-law
malicious-code infected-system | Infected System | infected-by-known-malware
malicious-code c2-server | C2 Server | c&c-server-hosting
malicious-code malware-distribution | Malware Distribution | hosting-malware-webpage
malicious-code malware-configuration | Malware Configuration | hosting-malware-webpage
information-gathering scanner | Scanning | network-scanning
information-gathering sniffing | Sniffing | wiretapping
information-gathering social-engineering | Social Engineering | aggregation-information-phishing-schemes
intrusion-attempts ids-alert | Exploitation of Known Vulnerabilities | exploit-attempt
intrusion-attempts brute-force | Login Attempts | brute-force-attempt
intrusion-attempts exploit | New Attack Signature | exploit-attempt
intrusions privileged-account-compromise | Privileged Account Compromise | unauthorized-access-system
intrusions unprivileged-account-compromise | Unprivileged Account Compromise | theft-access-credentials
intrusions application-compromise | Application Compromise | exploit
intrusions system-compromise | System Compromise | compromised-system
intrusions burglary | Burglary | equipment-theft
availability dos | Denial of Service | denial-of-service
availability ddos | Distributed Denial of Service | denial-of-service packet-flood
availability misconfiguration | Misconfiguration | misconfiguration
availability sabotage | Sabotage | vandalism
availability outage | Outage | natural unintentional
information-content-security unauthorised-information-access | Unauthorised Access to Information | unauthorized-access-information
information-content-security unauthorised-information-modification | Unauthorised Modification of Information | modification-information
information-content-security data-loss | Data Loss | deletion-information
information-content-security data-leak | Leak of Confidential Information | unauthorized-release
fraud unauthorised-use-of-resources | Unauthorised Use of Resources | illegitimate-use-resources
fraud copyright | Copyright | copyrighted-content
fraud masquerade | Masquerade | illegitimate-use-name
fraud phishing | Phishing | hosting-phishing-sites
vulnerable weak-crypto | Weak Cryptography | policy-violation
vulnerable ddos-amplifier | DDoS Amplifier | misconfiguration
vulnerable potentially-unwanted-accessible | Potentially Unwanted Accessible Services | misconfiguration
vulnerable information-disclosure | Information Disclosure | misconfiguration
vulnerable vulnerable-system | Vulnerable System | misconfiguration
other other | Uncategorised | unspecified
other undetermined | Undetermined | undetermined
test test | Test | undetermined
"""


def _parse(row: str) -> RsitType:
    keys, name, incident_types = (part.strip() for part in row.split("|"))
    rsit_class, rsit_type = keys.split()
    return RsitType(rsit_class, rsit_type, name, tuple(incident_types.split()))


RSIT: Final[dict[tuple[str, str], RsitType]] = {
    (line.rsit_class, line.type): line for line in map(_parse, _ROWS.strip().splitlines())
}
"""Every (class, type) of the taxonomy."""

CLASSES: Final[tuple[str, ...]] = tuple(dict.fromkeys(rsit_class for rsit_class, _ in RSIT))
_BY_TYPE: Final[dict[str, RsitType]] = {line.type: line for line in RSIT.values()}

# Other spellings of the keys: those of IntelMQ and the US first, then words of older taxonomies.
_ALIASES: Final[dict[str, str]] = {
    "unauthorized-use-of-resources": "unauthorised-use-of-resources",
    "unauthorized-information-access": "unauthorised-information-access",
    "unauthorized-information-modification": "unauthorised-information-modification",
    "unauthorized-command": "application-compromise",
    "c2server": "c2-server",
    "c&c": "c2-server",
    "botnet-drone": "infected-system",
    "ransomware": "infected-system",
    "malware": "infected-system",
    "backdoor": "system-compromise",
    "compromised": "system-compromise",
    "defacement": "unauthorised-information-modification",
    "scam": "masquerade",
    "leak": "data-leak",
    "dropzone": "other",
    "blacklist": "other",
    "dga-domain": "other",
    "proxy": "other",
    "tor": "other",
}


def find(rsit_type: str, rsit_class: str | None = None) -> RsitType | None:
    """Return the entry for a type in any case, with blanks or underscores, in British or US spelling; None if unknown.

    With ``rsit_class``, the entry must be of that class, unless the taxonomy has no such class.
    """
    key = "-".join(rsit_type.strip().casefold().replace("_", " ").split())
    line = _BY_TYPE.get(key) or _BY_TYPE.get(_ALIASES.get(key, ""))
    if line is not None and rsit_class:
        class_name = "-".join(rsit_class.strip().casefold().replace("_", " ").split())
        if class_name in CLASSES and class_name != line.rsit_class:
            return None
    return line
