"""MISP attributes and objects: which type is which observable, whose it is, and what is the victim's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hub.reports.formats.misp.types import READERS
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.moments import Moment
from hub.reports.observables import FileDetails, Observable, ObservableType, Role, Sighting
from hub.reports.reading import values
from hub.reports.reading.composites import connection
from hub.reports.reading.draft import Draft, distinct
from hub.reports.reading.options import MAX_LIST_ITEMS
from hub.reports.reading.times import parse_epoch, parse_moment
from hub.reports.report import Note, Reference
from hub.reports.victims import Victim

# Only these categories say whose the value is. (Targeting data and its like never leave.)
_VICTIM_CATEGORIES: Final = frozenset({"Targeting data", "Person", "Internal reference"})
_PERSONAL: Final = frozenset({
    "first-name", "last-name", "full-name", "date-of-birth", "passport-number", "phone-number", "iban", "bic",
    "bank-account-nr", "cc-number", "prtn", "identity-card-number", "whois-registrant-email", "whois-registrant-phone",
    "whois-registrant-name",
})  # fmt: skip
_TARGET_FIELDS: Final = {
    "target-org": "name", "target-email": "emails", "target-user": "people", "target-machine": "other_names",
    "target-external": "other_names",
}  # fmt: skip
# Hashes inside these objects are of parts of a file, or of what a service thinks of it: they are no file.
_PART_OBJECTS: Final = frozenset({"pe-section", "pe", "elf", "elf-section", "macho", "macho-section"})
_VICTIM_OBJECTS: Final = frozenset({"victim", "person", "legal-entity", "organization", "employee"})


@dataclass
class Found:
    """What the attributes and objects of one event add up to."""

    draft: Draft
    victims: list[Victim] = field(default_factory=list)
    vulnerabilities: dict[str, Vulnerability] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    malware: dict[str, Malware] = field(default_factory=dict)
    techniques: dict[str, Technique] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    target: dict[str, list[str]] = field(default_factory=dict)

    def all_victims(self) -> tuple[Victim, ...]:
        """Those of objects, and one made of the event's targeting data."""
        if self.target:
            name = next(iter(self.target.get("name", [])), None)
            rest = {key: distinct(found) for key, found in self.target.items() if key != "name"}
            more = distinct((*self.target.get("name", [])[1:], *rest.pop("other_names", ())))
            self.victims.append(Victim(name=name, other_names=more, **rest))  # type: ignore[arg-type]  # tuples of text only
            self.target = {}
        return tuple(self.victims)


def read_attribute(attribute: Any, where: str, found: Found, *, relation: str = "") -> list[Observable]:
    """Read one attribute into ``found``; return the observables it made. What cannot be used is named there."""
    draft = found.draft
    if not isinstance(attribute, Mapping):
        draft.unused("Attribute", attribute, "expected an attribute", where=where)
        return []
    kind, value = str(attribute.get("type") or ""), attribute.get("value")
    if not isinstance(value, str | int | float) or not str(value).strip():
        draft.unused(
            kind or "type",
            attribute.get("value") or attribute.get("data") or "empty",
            "has no single value",
            where=where,
        )
        return []
    text = str(value)
    if kind in _TARGET_FIELDS:
        found.target.setdefault(_TARGET_FIELDS[kind], []).append(text.strip())
        return []
    if _told(kind, text, attribute, found):
        return []
    if kind in _PERSONAL or kind not in READERS:
        reason = "is personal, and stays at the CERT" if kind in _PERSONAL else "this type has no counterpart in STIX"
        draft.unused(relation or kind or "type", text, reason, where=where)
        return []
    try:
        made = READERS[kind](text)
    except ValueError as error:
        draft.unused(relation or kind, text, f"expected {error}", where=where)
        return []
    return [_attributed(item, attribute, kind, where, draft) for item in made]


def _told(kind: str, text: str, attribute: Mapping[str, Any], found: Found) -> bool:
    """Attributes that are no observables but tell something: whether this was one of them."""
    name = text.strip()[:500]
    if kind == "vulnerability":
        found.vulnerabilities.setdefault(name.upper(), Vulnerability(name.upper()))
    elif kind in {"threat-actor", "campaign-name"}:
        found.actors.setdefault(name, Actor(name, "campaign" if kind == "campaign-name" else "threat-actor"))
    elif kind == "malware-type":
        found.malware.setdefault(name, Malware(name))
    elif kind == "link":
        try:
            page = values.url(text)
        except ValueError:
            return False
        found.references.append(Reference("link", url=page, public=attribute.get("category") == "External analysis"))
    elif kind in {"comment", "text", "other"} and not attribute.get("object_relation"):
        found.notes.append(Note(text))
    else:
        return False
    return True


def _attributed(item: Observable, attribute: Mapping[str, Any], kind: str, where: str, draft: Draft) -> Observable:
    ids = attribute.get("to_ids") is True or str(attribute.get("to_ids")) in {"1", "true"}
    victim = str(attribute.get("category")) in _VICTIM_CATEGORIES or (kind == "email-dst" and not ids)
    role = Role.VICTIM if victim else Role.ADVERSARY if ids else Role.UNKNOWN
    first, last = (_moment(attribute, key, where, draft) for key in ("first_seen", "last_seen"))
    comment = str(attribute.get("comment") or "").strip() or None
    traffic = item.traffic
    if traffic is not None:
        traffic = replace(traffic, dst_role=role)
    return replace(
        item,
        role=role,
        # A connection says no more than its address, which stands beside it.
        as_indicator=ids and not victim and (traffic is None),
        traffic=traffic,
        first_seen=first,
        last_seen=last,
        valid_from=first,
        description=comment,
        source_id=str(attribute.get("uuid") or "") or None,
        revoked=attribute.get("deleted") is True,
    )


def _moment(attribute: Mapping[str, Any], key: str, where: str, draft: Draft) -> Moment | None:
    value = attribute.get(key)
    if not value:
        return None
    try:
        return parse_epoch(value) if str(value).isdigit() else parse_moment(value)
    except ValueError as error:
        draft.unused(key, value, f"expected {error}", where=where)
        return None


def read_object(item: Any, where: str, found: Found) -> list[Observable]:
    """Read one object: its attributes, combined where STIX has one object for them."""
    if not isinstance(item, Mapping) or not isinstance(item.get("Attribute"), list):
        found.draft.unused("Object", item, "has no attributes", where=where)
        return []
    name = str(item.get("name") or "")
    parts = [part for part in item["Attribute"][:MAX_LIST_ITEMS] if isinstance(part, Mapping)]
    if name in _PART_OBJECTS:
        found.draft.unused(f"Object {name}", f"{len(parts)} attributes", "describes a part of a file", where=where)
        return []
    if name in _VICTIM_OBJECTS:
        found.victims.append(_victim(parts, name))
        return []
    if name == "vulnerability":
        _vulnerability(parts, where, found)
        return []
    made: list[Observable] = []
    for index, part in enumerate(parts):
        relation = str(part.get("object_relation") or part.get("type") or "")
        place = f"{where}.Attribute[{index}]"
        if not _is_detail(name, relation):
            made += read_attribute(part, place, found, relation=f"{name}.{relation}")
    deleted = item.get("deleted") is True
    return [replace(one, revoked=one.revoked or deleted) for one in _combined(name, parts, made, found.draft, where)]


_DETAILS: Final = {
    "file": frozenset({"size-in-bytes", "mimetype", "state"}),
    "ip-port": frozenset({"dst-port", "src-port", "protocol"}),
    "network-connection": frozenset({"dst-port", "src-port", "layer3-protocol", "layer4-protocol", "layer7-protocol"}),
    "registry-key": frozenset({"name", "data", "data-type", "hive"}),
}


def _is_detail(name: str, relation: str) -> bool:
    return relation in _DETAILS.get(name, ())


def _combined(
    name: str, parts: list[Mapping[str, Any]], made: list[Observable], draft: Draft, where: str
) -> list[Observable]:
    told = {
        str(part.get("object_relation")): str(part.get("value"))
        for part in parts
        if _is_detail(name, str(part.get("object_relation")))
    }
    if name == "file":
        return _one_file(made, told, draft, where)
    if name == "domain-ip":
        addresses = tuple(one.value for one in made if one.type in {ObservableType.IPV4, ObservableType.IPV6})
        return [replace(one, resolves_to=addresses) if one.type is ObservableType.DOMAIN else one for one in made]
    if name in {"ip-port", "network-connection"}:
        return made + _connections(made, parts, told, draft, where)
    if name == "registry-key" and made and told.get("name"):
        return [replace(made[0], data=f"{told['name']}={told.get('data', '')}"), *made[1:]]
    return made


def _one_file(made: list[Observable], told: Mapping[str, str], draft: Draft, where: str) -> list[Observable]:
    """The hashes of a file object are of one file; the strongest of its attributes lends the rest."""
    files = [one for one in made if one.type is ObservableType.FILE and one.file]
    others = [one for one in made if one not in files]
    if not files:
        return others
    hashes: dict[str, str] = {}
    for one in files:
        hashes |= one.file.hashes if one.file else {}
    name = next((one.file.name for one in files if one.file and one.file.name), None)
    first = next((one for one in files if one.as_indicator), files[0])
    combined = values.file_observable(hashes, name)
    size = draft.attempt(values.whole, f"{where}.size-in-bytes", told.get("size-in-bytes"))
    details = replace(combined.file or FileDetails(), size=size, mime_type=told.get("mimetype"))
    return [replace(first, value=combined.value, file=details), *others]


def _connections(
    made: list[Observable], parts: list[Mapping[str, Any]], told: Mapping[str, str], draft: Draft, where: str
) -> list[Observable]:
    port = draft.attempt(lambda text: values.whole(text, most=65_535), f"{where}.dst-port", told.get("dst-port"))
    source_port = draft.attempt(lambda text: values.whole(text, most=65_535), f"{where}.src-port", told.get("src-port"))
    kinds = {str(part.get("object_relation")): str(part.get("value")).strip() for part in parts}
    hosts = [one for one in made if one.type in {ObservableType.IPV4, ObservableType.IPV6, ObservableType.DOMAIN}]
    if port is None or not hosts:
        return []
    source = next((one for one in hosts if one.value == kinds.get("ip-src")), None)
    target = next((one for one in hosts if one is not source), None)
    if target is None:
        return []
    layers = distinct(told.get(key, "").lower() for key in ("layer4-protocol", "protocol", "layer7-protocol"))
    item = connection(
        protocols=layers or ("tcp",),
        src=source.value if source else None,
        src_port=source_port,
        dst=target.value,
        dst_port=port,
        src_role=source.role if source else Role.UNKNOWN,
        dst_role=target.role,
    )
    return [replace(item, role=target.role)]


def _victim(parts: list[Mapping[str, Any]], name: str) -> Victim:
    told: dict[str, list[str]] = {}
    for part in parts:
        told.setdefault(str(part.get("object_relation")), []).append(str(part.get("value") or "").strip())
    names = [text for key in ("name", "full-name", "organization", "text") for text in told.get(key, [])]
    if not names and told.get("last-name"):
        names = [" ".join([*told.get("first-name", []), *told["last-name"]])]
    return Victim(
        name=names[0] if names else None,
        other_names=distinct(names[1:]),
        is_person=name in {"person", "employee"},
        registration_numbers=distinct(told.get("registration-number", [])),
        emails=distinct(told.get("email", []) + told.get("e-mail", [])),
        domains=distinct(told.get("domain", []) + told.get("website", [])),
        ip_ranges=distinct(told.get("ip-address", [])),
    )


def _vulnerability(parts: list[Mapping[str, Any]], where: str, found: Found) -> None:
    told = {str(part.get("object_relation")): str(part.get("value") or "").strip() for part in parts}
    name = told.get("id", "").upper()
    if not name:
        found.draft.unused("Object vulnerability", told, "has no id", where=where)
        return
    score = found.draft.attempt(
        lambda text: values.number(text, most=10), f"{where}.cvss-score", told.get("cvss-score")
    )
    text = told.get("summary") or told.get("description") or None
    found.vulnerabilities[name] = Vulnerability(name, text, score, "CVSS" if score is not None else None)
