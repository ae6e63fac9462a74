"""What the writers of all formats share: the attacker's own values, the victim's name, and the values with its traces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from random import Random
from typing import Final
from uuid import UUID

from tests.privacy.incidents import Incident
from tests.privacy.traces import Trace, value

MALWARE: Final = ("LockBit", "Emotet", "AgentTesla", "Qakbot", "Formbook", "Remcos")
RSIT: Final[Mapping[str, tuple[str, str]]] = {
    "ransomware": ("malicious-code", "infected-system"),
    "infected-system": ("malicious-code", "infected-system"),
    "phishing": ("fraud", "phishing"),
    "ddos": ("availability", "ddos"),
    "data-leak": ("information-content-security", "data-leak"),
    "system-compromise": ("intrusions", "system-compromise"),
}
_LURES: Final = "quartz ember cobalt walnut saddle hammock drizzle trumpet velvet pebble gravel thimble".split()


def own_values(incident: Incident) -> tuple[str, str, str]:
    """The attacker's values that say nothing of the victim: a domain, an address, the hash of a file."""
    random = Random(f"{incident.report_id} {incident.format}")
    domain = f"{random.choice(_LURES)}-{random.choice(_LURES)}.{random.choice(_LURES)}.example"
    return domain, f"192.0.2.{random.randrange(1, 250)}", sha256(incident.report_id.encode()).hexdigest()


def shared_values(incident: Incident) -> tuple[str, ...]:
    """Those of them that are to leave by themselves.

    Of a leak, a file may be the victim's document, and of a flood in MISP, a domain may be the flooded site: both are asked about.
    """
    domain, address, digest = own_values(incident)
    if incident.kind == "data-leak":
        return (domain, address)
    if incident.kind == "ddos" and incident.format == "misp":
        return (address, digest)
    return (domain, address, digest)


def victim_name(incident: Incident) -> str:
    """The victim's name as a report has it: with its short form in brackets."""
    return f"{incident.victim.name} ({incident.victim.short})"


def story(incident: Incident) -> str:
    """A text that says everything, and is for nobody but the CERT."""
    victim = incident.victim
    return (
        f"{victim.people[0]} of {victim_name(incident)} saw it first, on {victim.hosts[0]}, the only one of its kind."
    )


def traces(incident: Incident, *places: str) -> list[tuple[Trace, str]]:
    """The traces in these places (none named: in all) with the values that carry them."""
    return [
        (trace, value(trace, number))
        for number, trace in enumerate(incident.traces)
        if not places or trace.place in places
    ]


def values_at(incident: Incident, *places: str) -> list[str]:
    """The values with traces in these places."""
    return [text for _, text in traces(incident, *places)]


def malware(incident: Incident) -> str:
    """A family that is on everybody's list."""
    return MALWARE[incident.number % len(MALWARE)]


def at(moment: datetime) -> str:
    """As most formats write times."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def uuid(incident: Incident, part: str) -> str:
    """The same UUID each time for a part of the incident's report."""
    return str(UUID(bytes=sha256(f"{incident.report_id} {part}".encode()).digest()[:16], version=4))
