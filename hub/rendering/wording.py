"""Sentences made of vocabulary words only. What is written here may leave the country, whatever the report says.

Nothing in this file takes a text of the report: only keys of RSIT and of STIX's vocabularies, numbers, and the names
that the CERT gave itself. The release step puts these sentences where the report's own words stood.
"""

from __future__ import annotations

from typing import Final

from hub.protocol.labels import Stage
from hub.reports import rsit
from hub.reports.observables import ObservableType
from hub.reports.report import Report, ReportStatus
from hub.stix.places import country_name, region_name
from hub.stix.wording import class_name, sector_words

__all__ = ["class_name", "sector_words"]  # of both sides of the door

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
"""The version of these sentences, and of what gives objects their ids. A report keeps the one in which it was first rendered
or released: a sentence that is written better later makes no new version of what is out already, and a better name or kind
of relationship revokes nothing (hub/docs/adr/0099-relationships-that-tools-know.md).
"""
FIRST_WORDING: Final = 1  # of records that do not say theirs
KNOWN_BY_TOOLS: Final = 3  # from here on relationships are those that tools know, and places and techniques have names
HANDLING_FOR_ALL: Final = 4  # from here on all who read an object read the statement of how to handle it
_VALIDITY: Final = {1: "Stale from {} on."}
_MALWARE: Final = {1: "Malware not told"}


def spell_out(key: str) -> str:
    """A vocabulary key as words: `data-exfiltration` -> `Data exfiltration`."""
    words = key.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def observable_name(observable_type: ObservableType) -> str:
    """`domain-name` -> `Domain name`."""
    return _TYPE_NAMES[observable_type]


def incident_kind(report: Report) -> str:
    """What happened, in one or two words: "Ransomware", "Phishing", or the name of the RSIT type."""
    if "ransomware" in report.incident_types:
        return "Ransomware"
    for pair in report.rsit:
        if pair in rsit.RSIT and pair[0] != "other":
            return rsit.RSIT[pair].name
    return spell_out(report.incident_types[0]) if report.incident_types else "Incident"


def report_stage(report: Report) -> Stage:
    """The stage of the reporting; where the report does not say, final if it is closed and early if not."""
    return report.stage or (Stage.FINAL if report.status is ReportStatus.CLOSED else Stage.EARLY)


def status_text(report: Report, criticality: int | None) -> str:
    """What every title repeats for tools that keep nothing else: `suspected, criticality 70, stage early`."""
    parts = [report.determination.value]
    parts += [f"criticality {criticality}"] if criticality is not None else []
    parts += [f"stage {report_stage(report)}"] if report.kind.value == "case" else []
    return ", ".join(parts)


def victim_phrase(
    sector: str | None, country: str | None, region: str | None, size: str | None, *, person: bool = False
) -> str:
    """Whom it struck, for a sentence: `a large healthcare organisation in Malaysia`."""
    words = " ".join(
        part
        for part in (size, sector_words(sector) if sector else None, "person" if person else "organisation")
        if part
    )
    where = country_name(country) if country else region_name(region) if region else None
    article = "an" if words[0] in "aeiou" else "a"
    return f"{article} {words}" + (f" in {where}" if where else "")


def task_name(task_types: tuple[str, ...] | list[str]) -> str:
    """`("containment",)` -> `Containment`."""
    first = task_types[0] if task_types else "administrative"
    return _TASKS.get(first, spell_out(first))


def way_in_name(action: str, word: str) -> str:
    """A way in, as VERIS names it: `VERIS hacking: Use of stolen creds`."""
    return f"VERIS {action}: {word}"


def flood_name(vector: str) -> str:
    """`dns-amplification` -> `DDoS: dns amplification`."""
    return f"DDoS: {vector.replace('-', ' ')}"


def fix_name(software: str) -> str:
    """The update that mends a weakness; `software` is the name with the version."""
    return f"Update to {software}"


def detection_name(source: str) -> str:
    """The name for a place of detection, such as `Detection in: Network Traffic`; from a data source of ATT&CK."""
    return f"Detection in: {source}"


def rate(name: str, value: float) -> str:
    """A figure of a flood, as people write it: `100 Gbit/s`."""
    units = {"bits per second": "bit/s", "packets per second": "packets/s", "requests per second": "requests/s"}
    unit = units.get(name, "s")
    for scale, letter in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= scale and unit != "s":
            return f"{value / scale:g} {letter}{unit}"
    return f"{value:g} {unit}"


def indicator_description(  # noqa: PLR0913 - what the sentence is made of
    what: str, seen_in: str, author: str, malware: str | None, until: str, *, wording: int = WORDING
) -> str:
    """A text that stands alone where the indicator comes without its incident."""
    family = f" Malware: {malware}." if malware else ""
    return f"{what} of an adversary. Seen in: {seen_in}. Shared by {author}.{family} {validity(until, wording)}"


def lone_description(what: str, author: str, until: str, *, wording: int = WORDING) -> str:
    """The text of an indicator that nothing links to its incident."""
    return f"{what} of an adversary. Shared by {author}. {validity(until, wording)}"


def validity(until: str, wording: int = WORDING) -> str:
    """Until when an indicator is valid, in a sentence."""
    return _VALIDITY.get(wording, "Valid until {}.").format(until[:10])


def unspecified_malware(wording: int = WORDING) -> str:
    """The name of a malware of which no more is known than that there was some."""
    return _MALWARE.get(wording, "Unspecified malware")
