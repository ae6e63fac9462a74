"""Read a MISP object: its attributes, combined if STIX has one object for them, and its victims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hub.reports.formats.misp.attributes import (
    is_deleted,
    level_of,
    moment_of,
    note_remaining,
    note_unread,
    read_attribute,
    unwrap,
)
from hub.reports.formats.misp.claims import check_caller
from hub.reports.formats.misp.content import TARGETING_TYPES, VICTIM_FIELDS, Content, build_victim
from hub.reports.formats.misp.known_objects import KNOWN_OBJECTS, read_known_object
from hub.reports.formats.misp.links import end_of
from hub.reports.knowledge import Flood
from hub.reports.markings import TLP_WORDS, TlpWord, strictest
from hub.reports.observables import FileDetails, Observable, ObservableType, Role
from hub.reports.reading import methods, roles, values
from hub.reports.reading.composites import connection
from hub.reports.reading.draft import PROTECTED_REASON, Draft, as_list, distinct
from hub.reports.reading.options import MAX_LIST_ITEMS
from hub.reports.reading.sectors import sector_word

# Hashes in these objects are hashes of parts of a file, so they do not become files.
_PART_OBJECTS: Final = frozenset({"pe-section", "pe", "elf", "elf-section", "macho", "macho-section"})
_FILE_TYPES: Final = frozenset({"imphash", "pdb"})
# Object with several observables: the type of the one that its relations refer to.
_MAIN_TYPES: Final = {
    "domain-ip": ObservableType.DOMAIN, "ip-port": ObservableType.TRAFFIC, "network-connection": ObservableType.TRAFFIC,
    "email": ObservableType.EMAIL_MESSAGE, "url": ObservableType.URL, "http-request": ObservableType.URL,
    "file": ObservableType.FILE,
}  # fmt: skip
_ORGANISATIONS: Final = frozenset({"legal-entity", "organization"})
_PEOPLE: Final = frozenset({"person", "employee"})
_VICTIMS: Final = frozenset({"victim", *_ORGANISATIONS, *_PEOPLE})
_ADDRESSES: Final = frozenset({ObservableType.IPV4, ObservableType.IPV6})
_HOSTS: Final = frozenset({*_ADDRESSES, ObservableType.DOMAIN})
_DETAILS: Final = {
    "file": frozenset({"size-in-bytes", "mimetype", "state"}),
    "ip-port": frozenset({"dst-port", "src-port", "protocol"}),
    "network-connection": frozenset({"dst-port", "src-port", "layer3-protocol", "layer4-protocol", "layer7-protocol"}),
    "registry-key": frozenset({"name", "data", "data-type", "hive"}),
    "ddos": frozenset({"total-bps", "total-pps", "dst-port", "src-port", "protocol", "type"}),
}
"""Name of an object -> its relations that describe another attribute."""
_REMARK_RELATIONS: Final = {
    "x509": frozenset({"subject", "dns_names", "uri", "email", "text", "raw-base64"}),
    "asn": frozenset({"description"}),
    "whois": frozenset({"registrant-name", "registrant-org", "registrant-email", "registrant-phone", "text"}),
    "ssh": frozenset({"banner"}),
}
"""Name of an object -> its relations whose texts may identify the owner of its other attributes."""
_READ_KEYS: Final = frozenset({
    "name", "Attribute", "ObjectReference", "comment", "deleted", "first_seen", "last_seen", "distribution", "uuid", "Tag",
    "EventTag",
})  # fmt: skip


def read_object(item: Any, place: str, content: Content) -> list[Observable]:
    """Read one object into ``content``; return its observables."""
    draft = content.draft
    attributes = as_list(item.get("Attribute")) if isinstance(item, Mapping) else []
    if not attributes:
        draft.note_unused("Object", item, "has no attributes", place=place)
        return []
    name = str(item.get("name") or "")
    parts = [unwrap(part) for part in attributes[:MAX_LIST_ITEMS] if isinstance(part, Mapping)]
    invalid_parts = [part for part in attributes[:MAX_LIST_ITEMS] if not isinstance(part, Mapping)]
    draft.note_unused(f"Object {name}", invalid_parts, "expected an attribute", place=place)
    if len(attributes) > MAX_LIST_ITEMS:
        draft.note_unused(
            f"Object {name}", f"{len(attributes)} attributes", f"only {MAX_LIST_ITEMS} are read", place=place
        )
    note_remaining("Object", item, _READ_KEYS, place, draft)
    for index, part in enumerate(parts):
        note_unread(part, f"{place}.Attribute[{index}]", draft)
    level = level_of(item, draft, place)
    content.links.add_references(item, place, draft, level)
    parts = _without_file_parts(name, parts, place, draft)
    if _add_if_no_observable(name, item, parts, place, content):
        return []
    observables: list[Observable] = []
    for index, part in enumerate(parts):
        relation = str(part.get("object_relation") or part.get("type") or "")
        if relation not in _DETAILS.get(name, ()):
            part_place = f"{place}.Attribute[{index}]"
            observables += read_attribute(part, part_place, content, level=level, template=name)
    observables = _with_callers(parts, observables, content)
    source_remarks = distinct(str(part.get("value") or "").strip() for part in parts if _is_remark(name, part))
    comment = str(item.get("comment") or "").strip() or None
    is_object_deleted = is_deleted(item)
    first_seen, last_seen = (moment_of(item, key, place, draft) for key in ("first_seen", "last_seen"))
    own_times = {moment for part in observables for moment in (part.first_seen, part.last_seen) if moment}
    for key, moment in (("first_seen", first_seen), ("last_seen", last_seen)):
        if own_times and moment not in own_times:
            draft.note_unused(f"Object.{key}", item.get(key), "its attributes say when they were seen", place=place)
    combined = [
        replace(
            roles.apply_comments(observable, (observable.description, comment)),
            revoked=observable.revoked or is_object_deleted,
            description=". ".join(distinct((comment or "", observable.description or ""))) or None,
            first_seen=observable.first_seen or first_seen,
            last_seen=observable.last_seen or last_seen,
            valid_from=observable.valid_from or first_seen,
            source_remarks=distinct((*observable.source_remarks, *source_remarks)),
        )
        for observable in _combine(name, parts, observables, content, place)
    ]
    main_type = _MAIN_TYPES.get(name)
    main_observable = next(
        (observable for observable in combined if observable.type is main_type), combined[0] if combined else None
    )
    if main_observable:
        content.links.register(item, end_of(main_observable), strictest(level, main_observable.tlp))
    return combined


def _is_remark(name: str, part: Mapping[str, Any]) -> bool:
    """Whether the text of an attribute may identify the owner of the other attributes of the object."""
    return str(part.get("object_relation")) in _REMARK_RELATIONS.get(name, ())


def _with_callers(parts: list[Mapping[str, Any]], observables: list[Observable], content: Content) -> list[Observable]:
    """Return the observables; the source of a connection with two ends has the role from `claims.check_caller`."""
    ends = {str(part.get("object_relation")): str(part.get("value") or "").strip() for part in parts}
    hosts_by_value = {item.value: item for item in observables if item.type in _HOSTS}
    sources, targets = (
        [hosts_by_value[ends[relation]] for relation in relations if ends.get(relation) in hosts_by_value]
        for relations in (("ip-src", "hostname-src", "src-ip"), ("ip-dst", "hostname-dst", "dst-ip"))
    )
    if not sources or not targets:
        return observables
    checked_sources = {item.value: check_caller(item, targets[0], content.scene) for item in sources}
    return [checked_sources.get(item.value, item) if item.type in _HOSTS else item for item in observables]


def _without_file_parts(name: str, parts: list[Mapping[str, Any]], place: str, draft: Draft) -> list[Mapping[str, Any]]:
    """Return the attributes to read: of an object for a part of a file, only those that identify the whole file."""
    if name not in _PART_OBJECTS:
        return parts
    file_attributes = [part for part in parts if part.get("type") in _FILE_TYPES]
    for part in parts:
        if part not in file_attributes:
            relation = f"{name}.{part.get('object_relation')}"
            draft.note_unused(relation, part.get("value"), "describes a part of a file", place=place)
            draft.note_unused(f"{relation} (about)", part.get("comment"), "describes a part of a file", place=place)
    return file_attributes


def _add_if_no_observable(
    name: str, item: Mapping[str, Any], parts: list[Mapping[str, Any]], place: str, content: Content
) -> bool:
    """Add an object that describes no observable to ``content``; return whether it was one."""
    draft = content.draft
    is_known = name in KNOWN_OBJECTS
    level = strictest(level_of(item, draft, place), *(level_of(part, draft, place) for part in parts))
    if is_known and (is_deleted(item) or content.is_above(level)):
        reason = (
            "was deleted in MISP" if is_deleted(item) else f"is marked TLP:{(level or '').upper()}, above its event"
        )
        for part in parts:
            draft.note_unused(f"{name}.{part.get('object_relation')}", part.get("value"), reason, place=place)
    elif is_known:
        content.links.register(item, read_known_object(name, parts, place, content), level)
    elif name in _VICTIMS:
        _add_victim(name, parts, place, content)
    elif name not in _PART_OBJECTS or parts:
        return False
    for remark in (item.get("comment"), *(part.get("comment") for part in parts)):
        draft.note_unused(f"{name} (about)", remark, "describes an object that is no observable", place=place)
    return True


def _combine(
    name: str, parts: list[Mapping[str, Any]], observables: list[Observable], content: Content, place: str
) -> list[Observable]:
    draft = content.draft
    details = {
        relation: str(part.get("value"))
        for part in parts
        if (relation := str(part.get("object_relation"))) in _DETAILS.get(name, ())
    }
    if name == "file":
        return _combine_files(observables, details, content, place)
    if name == "ddos":
        _add_flood(details, content, place)
        return observables
    if name == "domain-ip":
        return _with_addresses(observables, draft, place)
    if name in {"ip-port", "network-connection"}:
        return observables + _connections(observables, parts, details, draft, place)
    if name == "registry-key" and observables and details.get("name"):
        key = replace(observables[0], data=f"{details['name']}={details.get('data', '')}")
        return [key, *observables[1:]]
    return observables


def _rank(level: TlpWord | None) -> int:
    return TLP_WORDS.index(level) if level else -1


def _with_addresses(observables: list[Observable], draft: Draft, place: str) -> list[Observable]:
    """Return the observables; the domain has the addresses that it resolves to, except those with a stricter level."""
    addresses = [item for item in observables if item.type in _ADDRESSES]
    items = []
    for item in observables:
        if item.type is ObservableType.DOMAIN:
            hidden_hosts = [host for host in addresses if _rank(host.tlp) > _rank(item.tlp)]
            for host in hidden_hosts:
                draft.note_unused(
                    "domain-ip", f"{item.value} resolves to {host.value}", "is marked higher", place=place
                )
            item = replace(item, resolves_to=tuple(host.value for host in addresses if host not in hidden_hosts))  # noqa: PLW2901  the same domain, completed
        items.append(item)
    return items


def _add_flood(details: Mapping[str, str], content: Content, place: str) -> None:
    """Add the rates of a `ddos` object to ``content``, which keeps the highest ones."""
    draft = content.draft
    bits, packets = (
        draft.attempt(values.whole_number, f"{place}.{key}", details.get(key)) for key in ("total-bps", "total-pps")
    )
    rates = (Flood(bits_per_second=bits), Flood(packets_per_second=packets))
    content.flood = methods.flood((), (*rates, content.flood) if content.flood else rates)
    for key in ("dst-port", "src-port", "protocol", "type"):
        draft.note_unused(
            f"ddos.{key}", details.get(key), "describes a flood, of which only the rates are used", place=place
        )


def _combine_files(
    observables: list[Observable], details: Mapping[str, str], content: Content, place: str
) -> list[Observable]:
    """Combine the hashes of a file object into one file, with the strictest level and the most protective role."""
    files = [item for item in observables if item.type is ObservableType.FILE and item.file]
    other_items = [item for item in observables if item not in files]
    if not files:
        return other_items
    hashes: dict[str, str] = {}
    for item in files:
        hashes |= item.file.hashes if item.file else {}
    names = distinct(item.file.name or "" for item in files if item.file)
    name = names[0] if names else None
    for further_name in names[1:]:
        content.draft.note_unused("file.filename", further_name, f"is a further name of the file {name}", place=place)
    imphash = next((item.file.imphash for item in files if item.file and item.file.imphash), None)
    main_file = next((item for item in files if item.as_indicator), files[0])
    combined = values.file_observable(hashes, name or imphash)
    size = content.draft.attempt(values.whole_number, f"{place}.size-in-bytes", details.get("size-in-bytes"))
    content.draft.note_unused("file.state", details.get("state"), "is the status of the file in MISP", place=place)
    file = FileDetails(name, hashes, size, details.get("mimetype"), imphash)
    for item in files:
        content.replace_observable(item, combined)
    victim_file = next((item for item in files if item.role is Role.VICTIM), None)
    if victim_file:
        main_file = roles.victim(victim_file.evidence).apply_to(main_file)
    return [
        replace(
            main_file,
            value=combined.value,
            file=file,
            tlp=strictest(*(item.tlp for item in files)),
            revoked=all(item.revoked for item in files),
        ),
        *other_items,
    ]


def _connections(
    observables: list[Observable],
    parts: list[Mapping[str, Any]],
    details: Mapping[str, str],
    draft: Draft,
    place: str,
) -> list[Observable]:
    port = draft.attempt(values.port, f"{place}.dst-port", details.get("dst-port"))
    source_port = draft.attempt(values.port, f"{place}.src-port", details.get("src-port"))
    values_by_relation = {str(part.get("object_relation")): str(part.get("value")).strip() for part in parts}
    hosts = [item for item in observables if item.type in _HOSTS]
    if port is None or not hosts:
        for relation in sorted(details.keys() - {"dst-port"}):
            draft.note_unused(
                relation, details[relation], "belongs to a connection without a destination port", place=place
            )
        return []
    source = next((item for item in hosts if item.value == values_by_relation.get("ip-src")), None)
    target = next((item for item in hosts if item is not source), None)
    if target is None:
        return []
    layers = distinct(details.get(key, "").lower() for key in ("layer4-protocol", "protocol", "layer7-protocol"))
    item = connection(
        protocols=layers or ("tcp",),
        src=source.value if source else None,
        src_port=source_port,
        dst=target.value,
        dst_port=port,
        src_role=source.role if source else Role.UNKNOWN,
        dst_role=target.role,
    )
    level = strictest(target.tlp, source.tlp if source else None)
    return [replace(item, role=target.role, evidence=target.evidence, tlp=level)]


def _add_victim(name: str, parts: list[Mapping[str, Any]], place: str, content: Content) -> None:
    """Add a victim object. A person or an organisation is the victim only if no other victim is declared."""
    draft = content.draft
    fields: dict[str, list[str]] = {}
    sectors: list[str] = []
    is_person = name in _PEOPLE
    person_names = {"first-name": "", "last-name": ""}
    for part in parts:
        relation, text = str(part.get("object_relation")), str(part.get("value") or "").strip()
        targeting = str(part.get("type"))
        field = VICTIM_FIELDS.get(relation) or (VICTIM_FIELDS[targeting] if targeting in TARGETING_TYPES else "")
        if relation in {"sectors", "sector", "industry"}:
            sectors += [word for word in [draft.attempt(sector_word, f"{name}.{relation}", text)] if word]
        elif relation in person_names:
            person_names[relation] = text
        elif relation == "classification":
            is_person = is_person or text.casefold() == "individual"
        elif field and text:
            fields.setdefault(field, []).append(text)
        else:
            draft.note_unused(f"{name}.{relation}", text, "describes the victim, and stays at the CERT", place=place)
    full_name = " ".join(text for text in person_names.values() if text)
    if full_name:
        fields.setdefault("name", []).append(full_name)
    victim, external_parties = build_victim(fields, draft, is_person=is_person)
    victim = replace(victim, sectors=distinct(sectors))
    content.secondary_victims += external_parties
    for party in external_parties:
        draft.note_unused(f"{name}.external", party.name, PROTECTED_REASON, place=place)
    role = next((str(part.get("value")) for part in parts if part.get("object_relation") == "role"), "").casefold()
    if name == "victim" or role in {"victim", "target"} or (name in _ORGANISATIONS and not content.declares_victim):
        content.victims.append(victim)
    else:
        content.secondary_victims.append(victim)
        draft.note_unused(f"Object {name}", victim.name, PROTECTED_REASON, place=place)
