"""The content of a MISP event, collected while its attributes, objects, tags and galaxies are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from hub.reports import rsit
from hub.reports.formats.misp.claims import Scene
from hub.reports.formats.misp.links import Links
from hub.reports.knowledge import (
    Actor,
    DataSource,
    Flood,
    Malware,
    Mitigation,
    Software,
    Technique,
    VerisWord,
    Vulnerability,
)
from hub.reports.markings import TLP_WORDS, PapWord, TlpWord
from hub.reports.observables import Observable, Sighting
from hub.reports.reading import values
from hub.reports.reading.countries import country_code
from hub.reports.reading.draft import PROTECTED_REASON, Draft, distinct
from hub.reports.references import Reference
from hub.reports.report import Determination, Note, ReportStatus, Severity
from hub.reports.victims import Size, Victim

# Type of targeting data, or relation of a victim object: field of Victim. "external" names another party.
VICTIM_FIELDS: Final[Mapping[str, str]] = {
    "target-org": "name", "target-email": "emails", "target-user": "accounts", "target-machine": "hosts",
    "target-external": "external", "target-location": "places",
    "name": "name", "full-name": "name", "organization": "name", "text": "name", "alias": "other_names",
    "commercial-name": "other_names", "aliases": "other_names", "legal-form": "",
    "registration-number": "registration_numbers", "node": "hosts", "user": "accounts", "external": "external",
    "domain": "domains", "website": "domains", "ip-address": "ip_ranges", "email": "emails", "e-mail": "emails",
    "regions": "places", "address": "places", "user-name": "accounts", "employee-id": "accounts",
}  # fmt: skip
TARGETING_TYPES: Final = frozenset(name for name in VICTIM_FIELDS if name.startswith("target-"))
"""The types of targeting data in MISP."""


@dataclass
class EventTags:
    """The content of the tags and galaxies of an event."""

    tlp: TlpWord | None = None
    pap: PapWord | None = None
    rsit: list[rsit.RsitType] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    determination: Determination | None = None
    severity: Severity | None = None
    confidence: int | None = None
    ransomware: bool = False
    status: ReportStatus | None = None
    size: Size | None = None
    root_cause: str | None = None
    sectors: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    courses: list[str] = field(default_factory=list)
    mitigations: list[Mitigation] = field(default_factory=list)
    data_sources: list[DataSource] = field(default_factory=list)
    entry_vectors: list[VerisWord] = field(default_factory=list)
    event_types: list[str] = field(default_factory=list)  # of event-type-ov
    malware_types: list[str] = field(default_factory=list)  # of malware-type-ov, if no family is named
    phases: list[tuple[str, str]] = field(default_factory=list)  # for indicators of the event without their own phases


@dataclass
class Content:
    """Collects the parts of one event; values without a place are noted as unused in ``draft``."""

    draft: Draft
    level: TlpWord = "amber+strict"  # of the event
    scene: Scene = field(default_factory=Scene)
    event_tags: EventTags = field(default_factory=EventTags)
    victims: list[Victim] = field(default_factory=list)
    secondary_victims: list[Victim] = field(default_factory=list)
    vulnerabilities: dict[str, Vulnerability] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    malware: dict[str, Malware] = field(default_factory=dict)
    techniques: dict[str, Technique] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    software: list[Software] = field(default_factory=list)
    flood: Flood | None = None
    links: Links = field(default_factory=Links)
    targets: dict[str, list[str]] = field(default_factory=dict)  # targeting data outside objects, by field of Victim
    declares_victim: bool = False  # by a victim object or targeting data, anywhere in the event
    imitated_names: list[str] = field(default_factory=list)  # of those whom the attacker imitated

    def is_above(self, level: TlpWord | None) -> bool:
        """Whether a level of a part of the event is stricter than the level of the event."""
        return level is not None and TLP_WORDS.index(level) > TLP_WORDS.index(self.level)

    def add_imitated_name(self, name: str, key: str, place: str) -> None:
        """Add the name of somebody whom the attacker imitated: it is searched for like the name of a victim."""
        self.imitated_names.append(name)
        self.draft.note_unused(key, name, PROTECTED_REASON, place=place)

    def replace_observable(self, old: Observable, new: Observable) -> None:
        """Move the relations and sightings of an observable to the one that it became a part of."""
        if old.key == new.key:
            return
        old_name, new_name = " ".join(old.key), " ".join(new.key)
        self.links.rename(("observable", old_name), ("observable", new_name))
        self.sightings = [
            replace(item, target=new_name) if item.target == old_name else item for item in self.sightings
        ]

    def all_victims(self) -> tuple[tuple[Victim, ...], tuple[Victim, ...]]:
        """Return (victims, other protected parties), from objects and from the targeting data of the event."""
        victims = list(self.victims)
        if self.targets:
            victim, external = build_victim(self.targets, self.draft)
            # Targeting data beside a single victim object describe that victim.
            if len(victims) == 1 and (victim.name is None or victim.name == victims[0].name):
                victims = [combine_victims(victims[0], victim)]
            elif victim.name or victim.countries:
                victims.append(victim)
            else:  # hosts or people without a name: they are protected, but do not say who the victim is
                self.secondary_victims.append(victim)
            self.secondary_victims += external
        secondary_victims = [*self.secondary_victims, *(Victim(name=name) for name in distinct(self.imitated_names))]
        return tuple(victims), tuple(secondary_victims)


def build_victim(
    fields: Mapping[str, list[str]], draft: Draft, *, is_person: bool = False
) -> tuple[Victim, list[Victim]]:
    """Return (victim, external parties named with it) from texts by field of Victim."""
    names = distinct(fields.get("name", []))
    countries, places = [], []
    for text in fields.get("places", []):
        try:
            countries.append(country_code(text))
        except ValueError:
            places.append(text)
            draft.note_unused("victim.regions", text, PROTECTED_REASON)
    victim = Victim(
        name=names[0] if names else None,
        other_names=distinct([*names[1:], *fields.get("other_names", [])]),
        is_person=is_person,
        registration_numbers=distinct(fields.get("registration_numbers", [])),
        people=distinct(fields.get("people", [])),
        accounts=distinct(fields.get("accounts", [])),
        emails=distinct(fields.get("emails", [])),
        domains=distinct(fields.get("domains", [])),
        hosts=distinct(fields.get("hosts", [])),
        ip_ranges=distinct(chain.from_iterable(map(_networks, fields.get("ip_ranges", [])))),
        places=distinct(places),
        countries=distinct(countries),
    )
    return victim, [Victim(name=text) for text in distinct(fields.get("external", []))]


def combine_victims(first: Victim, second: Victim) -> Victim:
    """Merge two descriptions of one victim."""
    lists = {
        name: distinct((*getattr(first, name), *getattr(second, name)))
        for name in (
            "other_names", "registration_numbers", "people", "accounts", "emails", "domains", "hosts", "ip_ranges",
            "places", "sectors", "countries",
        )
    }  # fmt: skip
    return replace(first, name=first.name or second.name, **lists)  # type: ignore[arg-type]  # tuples of text only


def _networks(text: str) -> tuple[str, ...]:
    """Return the networks of a range; other text stays unchanged, so that it can be shown."""
    try:
        return values.address_range(text)
    except ValueError:
        return (text,)
