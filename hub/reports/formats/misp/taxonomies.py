"""Taxonomies of MISP that describe an incident: the meaning of their tags.

A tag is ``namespace:predicate="value"``. A namespace classifies the incident (CLASSIFYING_NAMESPACES), names a sector, or
states a confidence, a severity or an entry vector.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.reports import rsit
from hub.reports.knowledge import VerisWord
from hub.reports.report import Determination, ReportStatus
from hub.stix.methods import VERIS_WORDS

CLASSIFYING_NAMESPACES: Final = frozenset({
    "rsit", "circl", "ecsirt", "enisa", "europol-incident", "europol-event", "veris", "csirt_case_classification",
    "common-taxonomy", "phishing", "ransomware", "ddos",
})  # fmt: skip
"""Namespaces of tags that classify the incident and become labels."""

# Namespaces in which every tag classifies the incident.
_BY_NAMESPACE: Final = {"phishing": "phishing", "ransomware": "infected-system", "ddos": "ddos"}

# RSIT type: its values in other taxonomies (for europol-event, its predicates).
_VALUES: Final = {
    "infected-system": """infection malicious-connection virus worm trojan spyware dialer rootkit bot cryptojacking locker
        screenlocker wiper infected-by-known-malware worm-spreading connection-malware-port connection-malware-system
        malicious-code-software-activity worms-trojans rootkits mobile-malware viruses spyware-or-deceptive-adware
        credentials-stealing-trojans infected-trusted-mobile-apps infection-of-removable-media
        rogue-security-software-rogueware-scareware""",
    "malware-distribution": """distribution dissemination-malware-email hosting-malware-webpage
        unsolicited-infected-e-mails""",
    "c2-server": "command-and-control c&c-server-hosting fastflux",
    "ddos": """dos-ddos denial-of-service flood packet-flood exploit-tool-exhausting-resources
        exploit-framework-exhausting-resources distributed-denial-of-network-service-network-layer-attack
        distributed-denial-of-network-service-application-layer-attack
        distributed-denial-of-network-service-amplification-reflection-attack""",
    "dos": "email-flooding",
    "sabotage": "vandalism disruption-data-transmission damage-from-the-wafare terrorist-attack",
    "outage": """failure-of-devices-or-systems hardware-failure failure-of-applications-and-services internet-outage
        network-outage outage-of-cable-networks failure-or-disruption-of-main-supply
        failure-or-disruption-of-power-supply malfunction-of-equipment-devices-or-systems""",
    "scanner": """scanning scan system-probe network-scanning dns-zone-transfer
        network-reconnaissance-network-traffic-manipulation-and-information-gathering""",
    "sniffing": "wiretapping interception-of-information man-in-the-middle-session-hijacking",
    "social-engineering": "aggregation-information-phishing-schemes social-engineering-via-signed-malware",
    "phishing": """whaling smishing phishing-attacks spear-phishing-attacks dissemination-phishing-emails
        hosting-phishing-sites""",
    "ids-alert": """vulnerability-exploitation-attempt exploit-attempt sql-injection-attempt xss-attempt
        file-inclusion-attempt""",
    "brute-force": "login-attempt brute-force-attempt password-cracking-attempt dictionary-attack-attempt",
    "exploit": "exploits-exploit-kits abuse-of-vulnerabilities-0-day-vulnerabilities",
    "application-compromise": """vulnerability-exploitation sql-injection xss file-inclusion
        web-application-attacks-injection-attacks-code-injection-sql-xss""",
    "system-compromise": """compromised-asset internal-hacking external-hacking control-system-bypass network-intrusion
        unauthorized-access-system""",
    "privileged-account-compromise": "elevation-of-privileges",
    "unprivileged-account-compromise": "account-compromise compromising-account theft-access-credentials",
    "unauthorised-information-access": """compromised-information unauthorised-access unauthorized-access
        unauthorized-access-information""",
    "unauthorised-information-modification": """unauthorised-modification-or-deletion unauthorized-modification
        modification-information manipulation-of-information dns-poisoning-or-dns-spoofing-or-dns-manipulations""",
    "data-loss": "deletion-information loss-of-devices-and-storage-media-and-documents destruction-of-records",
    "data-leak": """privacy-violation gdpr-violation information-leak data-exfiltration
        information-leak-or-unauthorised-sharing information-leak-or-sharing-due-to-human-error
        accidental-leaks-or-sharing-of-data-by-employees abuse-of-information-leakage abuse-of-personal-data""",
    "unauthorised-use-of-resources": """resources-misuse illegitimate-use-resources policy-violation
        unauthorised-use-or-administration-of-devices-and-systems unauthorized-activities""",
    "masquerade": """false-representation illegitimate-use-name sextortion fraud-by-employees
        generation-and-use-of-rogue-certificates fake-ssl-certificates
        identity-theft-identity-fraud-account)""",
    "copyright": "copyright-issue copyrighted-content unauthorized-use-of-ipr-protected-resources",
    "burglary": """theft theft-of-mobile-devices theft-of-fixed-hardware theft-of-documents theft-of-backups
        unauthorised-physical-access-or-unauthorised-entry-to-premises""",
    "spam": "receiving-unsolicited-e-mail",
    "harmful-speech": "cse-racism-violence-incitement content-forbidden-by-law",
    "vulnerable-system": "vulnerable-service vulnerability",
    "misconfiguration": "loss-of-information-due-to-configuration-or-installation-error",
    "other": "unclassified-incident unspecified domain-fronting",
    "undetermined": "undetermined-incident",
}  # fmt: skip
_BY_VALUE: Final = {value: rsit_type for rsit_type, values in _VALUES.items() for value in values.split()}
# Values whose meaning depends on their predicate.
_BY_PREDICATE: Final = {
    ("intrusion-attempt", "exploitation-vulnerability"): "ids-alert",
    ("intrusion", "exploitation-vulnerability"): "application-compromise",
    ("intrusion-attempt", "vulnerability-exploitation"): "ids-alert",
}
_PREDICATES: Final = {"outages": "outage", "failures-malfunction": "outage", "disaster": "outage"}
EVENT_TYPES: Final = frozenset("""
    infected-by-known-malware dissemination-malware-email hosting-malware-webpage c&c-server-hosting worm-spreading
    connection-malware-port connection-malware-system flood exploit-tool-exhausting-resources packet-flood
    exploit-framework-exhausting-resources vandalism disruption-data-transmission system-probe network-scanning
    dns-zone-transfer wiretapping dissemination-phishing-emails hosting-phishing-sites
    aggregation-information-phishing-schemes exploit-attempt sql-injection-attempt xss-attempt file-inclusion-attempt
    brute-force-attempt password-cracking-attempt dictionary-attack-attempt exploit sql-injection xss file-inclusion
    control-system-bypass theft-access-credentials unauthorized-access-system unauthorized-access-information
    data-exfiltration modification-information deletion-information illegitimate-use-resources illegitimate-use-name
    email-flooding spam copyrighted-content content-forbidden-by-law unspecified undetermined
""".split())  # fmt: skip
"""Predicates of europol-event that are also values of event-type-ov."""


def _key(text: str) -> str:
    return "-".join(text.casefold().replace("_", " ").split())


def rsit_type_of_tag(space: str, predicate: str, value: str) -> rsit.RsitType | None:
    """Return the RSIT type for a tag of a classifying namespace; None if there is none."""
    key, group = _key(value), _key(predicate)
    name = (
        _BY_PREDICATE.get((group, key))
        or _BY_VALUE.get(key)
        or (_BY_VALUE.get(group) if not key else None)
        or (_PREDICATES.get(group) if space == "enisa" else None)
    )
    return rsit.find(name or value) or rsit.find(predicate) or rsit.find(_BY_NAMESPACE.get(space, ""))


_WORDS: Final[Mapping[tuple[str, str, str], VerisWord]] = {
    (action, kind, word.casefold()): VerisWord(action, "vector" if kind == "vector" else "variety", word)
    for action, kind, word in VERIS_WORDS
}
_PHISHING: Final = {
    "voice-phishing": VerisWord("social", "vector", "Phone"), "sms-phishing": VerisWord("social", "vector", "SMS"),
    "business-email-compromise": VerisWord("social", "variety", "Pretexting"),
    "email-spoofing": VerisWord("social", "variety", "Phishing"), "clone-phishing": VerisWord("social", "variety", "Phishing"),
    "spear-phishing": VerisWord("social", "variety", "Phishing"), "bulk-phishing": VerisWord("social", "variety", "Phishing"),
    "whaling": VerisWord("social", "variety", "Phishing"), "fake-website": VerisWord("social", "vector", "Web application"),
}  # fmt: skip
_RANSOMWARE: Final = {
    "phishing-e=mails": VerisWord("social", "variety", "Phishing"), "phishing-e-mails": VerisWord("social", "variety", "Phishing"),
    "sms-instant-message": VerisWord("social", "vector", "SMS"), "vulnerabilities": VerisWord("hacking", "variety", "Exploit vuln"),
    "drive-by-download": VerisWord("malware", "vector", "Web application - drive-by"),
}  # fmt: skip


def entry_vector_of(space: str, predicate: str, value: str) -> VerisWord | None:
    """Return the entry vector for a tag of the namespaces veris, phishing or ransomware; None if there is none."""
    if space == "veris" and predicate.startswith("action:"):
        _, _, action_and_kind = predicate.partition(":")
        action, _, kind = action_and_kind.partition(":")
        return _WORDS.get((action, kind, value.casefold()))
    if space == "phishing":
        return _PHISHING.get(_key(value))
    return _RANSOMWARE.get(_key(value)) if (space, predicate) == ("ransomware", "infection") else None


CONFIDENCE: Final[Mapping[str, Mapping[str, int]]] = {
    "misp:confidence-level": {
        "completely-confident": 95, "usually-confident": 75, "fairly-confident": 50, "rarely-confident": 25,
        "unconfident": 5,
    },
    "admiralty-scale:information-credibility": {"1": 90, "2": 70, "3": 50, "4": 30, "5": 10},
    "estimative-language:likelihood-probability": {
        "almost-certain": 95, "very-likely": 85, "likely": 70, "roughly-even-chance": 50, "unlikely": 30,
        "very-unlikely": 15, "almost-no-chance": 5,
    },
    "estimative-language:confidence-in-analytic-judgment": {"high": 85, "moderate": 50, "low": 15},
    "osint:certainty": {"100": 100, "93": 93, "75": 75, "50": 50, "30": 30, "7": 7, "0": 0},
    "veris:confidence": {"high": 85, "medium": 50, "low": 15, "none": 0},
}  # fmt: skip
"""Taxonomies for confidence, on STIX's scale (STIX 2.1, appendix A)."""

SEVERITIES: Final[Mapping[str, tuple[str, Mapping[str, int]]]] = {
    "nis:impact-severity": ("NIS impact severity", {"red": 95, "yellow": 70, "green": 40, "white": 15}),
    "nis2:impact-severity": ("NIS2 impact severity", {"red": 95, "yellow": 70, "green": 40, "white": 15}),
    "csirt_case_classification:criticality-classification": ("CSIRT criticality", {"1": 95, "2": 70, "3": 40}),
    "veris:impact:overall_rating": (
        "VERIS overall rating",
        {"catastrophic": 95, "damaging": 80, "painful": 60, "distracting": 35, "insignificant": 10},
    ),
}
"""Taxonomies for severity: the name of the scale, and the criticality of each word."""

DETERMINATIONS: Final[Mapping[str, Mapping[str, Determination]]] = {
    "incident-disposition:incident": {"confirmed": Determination.CONFIRMED},
    "incident-disposition:not-an-incident": {
        "failed": Determination.FAILED_ATTEMPT, "": Determination.FALSE_POSITIVE,
    },
    "false-positive:confirmed": {"true": Determination.FALSE_POSITIVE},
    "veris:security_incident": {
        "confirmed": Determination.CONFIRMED, "suspected": Determination.SUSPECTED,
        "near miss": Determination.FAILED_ATTEMPT, "false positive": Determination.FALSE_POSITIVE,
    },
}  # fmt: skip
"""Taxonomies for the determination; "" stands for every other value."""

STATUSES: Final = {
    "new": ReportStatus.NEW, "open": ReportStatus.OPEN, "stalled": ReportStatus.OPEN, "resolved": ReportStatus.CLOSED,
}  # fmt: skip
"""Values of rt_event_status."""

SECTORS: Final = frozenset({
    "nis:impact-sectors-impacted", "nis2:impact-sectors-impacted", "nis2:impact-subsectors-impacted",
    "nis2:important-entities", "nis2:impact-subsectors-important-entities", "dhs-ciip-sectors:dhs-critical-sectors",
    "dhs-ciip-sectors:sector", "circl:topic",
})  # fmt: skip
SECTOR_SPACES: Final = frozenset({"eu-nis-sector-and-subsectors"})
"""Namespaces in which every tag names a sector."""

ROOT_CAUSES: Final = frozenset({"nis:nature-root-cause", "nis2:nature-root-cause"})
MALWARE_TYPES: Final[Mapping[str, str]] = {
    "virus": "virus", "worm": "worm", "trojan": "trojan", "ransomware": "ransomware", "ransom": "ransomware",
    "rootkit": "rootkit", "downloader": "downloader", "trojandownloader": "downloader", "trojandropper": "dropper",
    "adware": "adware", "stalkerware": "spyware", "spyware": "spyware", "trojanspy": "spyware", "pws": "spyware",
    "zombieware": "bot", "botnet": "bot", "backdoor": "backdoor", "ddos": "ddos", "dos": "ddos",
    "remoteaccess": "remote-access-trojan", "rogue": "rogue-security-software", "exploit": "exploit-kit",
}  # fmt: skip
"""Categories of malware_classification and ms-caro-malware, as words of malware-type-ov."""
MALWARE_SPACES: Final = frozenset({
    "malware_classification:malware-category", "ms-caro-malware:malware-type", "ms-caro-malware-full:malware-type",
})  # fmt: skip
