"""Sentences that contain only words of vocabularies, so that they may leave the country.

The functions take no text of the report: only keys of RSIT and of STIX's vocabularies, numbers, and the names that the
CERT uses for itself. The release step replaces texts of the report by these sentences.
"""

from __future__ import annotations

from typing import Final

from hub.protocol.labels import Stage
from hub.reports import rsit
from hub.reports.observables import ObservableType
from hub.reports.report import Report, ReportStatus
from hub.stix.places import country_name, region_name
from hub.stix.wording import class_name, sector_words

__all__ = ["class_name", "sector_words"]  # re-exported: hub and producer share them

_TYPE_NAMES = {
    ObservableType.IPV4: "IPv4 address",
    ObservableType.IPV6: "IPv6 address",
    ObservableType.DOMAIN: "Domain name",
    ObservableType.URL: "URL",
    ObservableType.EMAIL: "E-mail address",
    ObservableType.EMAIL_MESSAGE: "E-mail subject",
    ObservableType.FILE: "File",
    ObservableType.MAC: "MAC address",
    ObservableType.AS: "Autonomous system",
    ObservableType.MUTEX: "Mutex",
    ObservableType.REGISTRY_KEY: "Windows registry key",
    ObservableType.USER_ACCOUNT: "User account",
    ObservableType.TRAFFIC: "Network connection",
    ObservableType.CERTIFICATE: "Certificate",
    ObservableType.SOFTWARE: "Software",
    ObservableType.USER_AGENT: "User agent",
    ObservableType.WALLET: "Cryptocurrency wallet",
    ObservableType.BANK_ACCOUNT: "IBAN",
    ObservableType.PHONE: "Telephone number",
    ObservableType.TLS_FINGERPRINT: "TLS fingerprint",
    ObservableType.NAMED_PIPE: "Named pipe",
    ObservableType.PDB_PATH: "PDB path",
    ObservableType.URI_PATH: "URI path",
    ObservableType.PATTERN: "Detection rule",
}
_TASKS = {
    "detected": "Detection",
    "reported": "Report to the CERT",
    "containment": "Containment",
    "recovery": "Recovery",
}

WORDING: Final = 4
"""The version of these sentences, and of the names and relationships from which ids are derived. A report keeps the version
of its first rendering or release, so that a better sentence creates no new versions of released objects, and a better name
or relationship revokes none (hub/docs/adr/0099-relationships-that-tools-know.md).
"""
FIRST_WORDING: Final = 1  # of records without a version
TOOL_WORDING: Final = 3  # since then, tools know the relationships, and places and techniques have names
HANDLING_FOR_ALL: Final = 4  # since then, every reader of an object can read its handling statement
_VALIDITY: Final = {1: "Stale from {} on."}
_MALWARE: Final = {1: "Malware not told"}


def spell_out(key: str) -> str:
    """Return a vocabulary key as words: `data-exfiltration` -> `Data exfiltration`."""
    words = key.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def observable_name(observable_type: ObservableType) -> str:
    """Return the name of a type: `domain-name` -> `Domain name`."""
    return _TYPE_NAMES[observable_type]


def incident_kind(report: Report) -> str:
    """Return the kind of the incident: "Ransomware", or the name of the RSIT type, such as "Phishing"."""
    if "ransomware" in report.incident_types:
        return "Ransomware"
    for pair in report.rsit:
        if pair in rsit.RSIT and pair[0] != "other":
            return rsit.RSIT[pair].name
    return spell_out(report.incident_types[0]) if report.incident_types else "Incident"


def report_stage(report: Report) -> Stage:
    """Return the stage; if the report has none, final for a closed incident and early for others."""
    return report.stage or (Stage.FINAL if report.status is ReportStatus.CLOSED else Stage.EARLY)


def status_text(report: Report, criticality: int | None) -> str:
    """Return the status for titles, for tools that keep only titles: `suspected, criticality 70, stage early`."""
    parts = [report.determination.value]
    parts += [f"criticality {criticality}"] if criticality is not None else []
    parts += [f"stage {report_stage(report)}"] if report.kind.value == "case" else []
    return ", ".join(parts)


def victim_phrase(
    sector: str | None, country: str | None, region: str | None, size: str | None, *, person: bool = False
) -> str:
    """Return the description of a victim for a sentence: `a large healthcare organisation in Malaysia`."""
    words = " ".join(
        part
        for part in (size, sector_words(sector) if sector else None, "person" if person else "organisation")
        if part
    )
    place = country_name(country) if country else region_name(region) if region else None
    article = "an" if words[0] in "aeiou" else "a"
    return f"{article} {words}" + (f" in {place}" if place else "")


def task_name(task_types: tuple[str, ...] | list[str]) -> str:
    """Return the name of a task: `("containment",)` -> `Containment`."""
    task_type = task_types[0] if task_types else "administrative"
    return _TASKS.get(task_type, spell_out(task_type))


def entry_vector_name(action: str, word: str) -> str:
    """Return the name of an entry vector in VERIS: `VERIS hacking: Use of stolen creds`."""
    return f"VERIS {action}: {word}"


def flood_name(vector: str) -> str:
    """Return the name of a flood: `dns-amplification` -> `DDoS: dns amplification`."""
    return f"DDoS: {vector.replace('-', ' ')}"


def fix_name(software: str) -> str:
    """Return the name of an update that fixes a vulnerability; `software` is the name with the version."""
    return f"Update to {software}"


def detection_name(source: str) -> str:
    """Return the name for a data source of ATT&CK: `Detection in: Network Traffic`."""
    return f"Detection in: {source}"


def rate(name: str, value: float) -> str:
    """Return a rate of a flood with its unit: `100 Gbit/s`."""
    units = {"bits per second": "bit/s", "packets per second": "packets/s", "requests per second": "requests/s"}
    unit = units.get(name, "s")
    for scale, letter in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= scale and unit != "s":
            return f"{value / scale:g} {letter}{unit}"
    return f"{value:g} {unit}"


def indicator_description(  # noqa: PLR0913 - the parts of the sentence
    type_name: str, seen_in: str, author: str, malware: str | None, until: str, *, wording: int = WORDING
) -> str:
    """Return the description of an indicator, which makes sense without its incident."""
    family = f" Malware: {malware}." if malware else ""
    return f"{type_name} of an adversary. Seen in: {seen_in}. Shared by {author}.{family} {validity(until, wording)}"


def lone_description(type_name: str, author: str, until: str, *, wording: int = WORDING) -> str:
    """Return the description of a lone indicator, which has no link to its incident."""
    return f"{type_name} of an adversary. Shared by {author}. {validity(until, wording)}"


def validity(until: str, wording: int = WORDING) -> str:
    """Return a sentence with the end of an indicator's validity."""
    return _VALIDITY.get(wording, "Valid until {}.").format(until[:10])


def unspecified_malware(wording: int = WORDING) -> str:
    """Return the name for malware of an unknown family and type."""
    return _MALWARE.get(wording, "Unspecified malware")
