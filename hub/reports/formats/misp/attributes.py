"""Read a MISP attribute, alone or in an object: its observables, their roles and their levels."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any, Final

from hub.reports.formats.misp.claims import VICTIM_CATEGORIES, claim_for, is_for_detection, is_recipient
from hub.reports.formats.misp.content import TARGETING_TYPES, VICTIM_FIELDS, Content
from hub.reports.formats.misp.links import end_of
from hub.reports.formats.misp.tags import FALSE_POSITIVE, read_attribute_tags, tag_names, tlp_of
from hub.reports.formats.misp.types import READERS
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.losses import excerpt
from hub.reports.markings import TlpWord, strictest
from hub.reports.moments import Moment
from hub.reports.observables import Observable, Role, Sighting
from hub.reports.reading import values
from hub.reports.reading.draft import NO_PLACE, PROTECTED_REASON, UNKNOWN_WORD, Draft
from hub.reports.reading.times import parse_epoch, parse_moment
from hub.reports.references import Reference
from hub.reports.report import Note

_PERSONAL_TYPES: Final = frozenset({
    "first-name", "last-name", "full-name", "date-of-birth", "passport-number", "bic", "cc-number", "prtn", "identity-card-number", "whois-registrant-email", "whois-registrant-phone",
    "whois-registrant-name",
})  # fmt: skip
_DISPLAY_NAMES: Final = frozenset({
    "email-src-display-name", "email-dst-display-name", "from-display-name", "to-display-name", "reply-to-display-name",
})  # fmt: skip
# Relations of any object that name a target, or whom the attacker imitates.
_TARGET_RELATIONS: Final = ("target", "impersonated", "spoofed", "affected", "brand")
_TEXT_TYPES: Final = frozenset({"text", "comment", "other", "target-org", "target-user", "target-external"})
DISTRIBUTIONS: Final = {
    **{number: number for number in "012345"},
    "your organisation only": "0", "your organization only": "0", "this community only": "1",
    "connected communities": "2", "all communities": "3", "sharing group": "4", "inherit": "5", "inherit event": "5",
}  # fmt: skip
"""MISP's distributions, by their number and by their name in its pages. An unknown one counts as the narrowest."""
_ORGANISATION_ONLY: Final = "Attributes whose distribution is 'your organisation only' are marked TLP:RED"
_SHARING_GROUP: Final = "Attributes shared with a sharing group only are marked TLP:RED"


# Keys of an attribute that are read; and keys of attributes, objects and sightings that only their MISP needs.
_READ_KEYS: Final = frozenset({
    "type", "category", "value", "value1", "value2", "to_ids", "comment", "first_seen", "last_seen", "deleted",
    "distribution", "object_relation", "uuid", "Tag", "EventTag", "AttributeTag", "Galaxy", "Sighting", "ShadowAttribute",
})  # fmt: skip
IGNORED_KEYS: Final = frozenset({
    "id", "uuid", "event_id", "event_uuid", "object_id", "object_uuid", "attribute_id", "attribute_uuid", "org_id", "orgc_id",
    "timestamp", "sharing_group_id", "disable_correlation", "RelatedAttribute", "Event", "meta-category",
    "template_uuid", "template_version", "description",
})  # fmt: skip


def note_unread(attribute: Mapping[str, Any], place: str, draft: Draft) -> None:
    """Note the keys of an attribute that are not read, and a category that MISP does not have."""
    note_remaining("Attribute", attribute, _READ_KEYS, place, draft)
    if str(attribute.get("category") or "") not in _CATEGORIES:
        draft.note_unused("Attribute.category", attribute["category"], UNKNOWN_WORD, place=place)


_CATEGORIES: Final = frozenset({
    "", "Internal reference", "Targeting data", "Antivirus detection", "Payload delivery", "Artifacts dropped",
    "Payload installation", "Persistence mechanism", "Network activity", "Payload type", "Attribution",
    "External analysis", "Financial fraud", "Support Tool", "Social network", "Person", "Other",
})  # fmt: skip
"""MISP's categories. claims.py knows which of them decide whose a value is."""


def note_remaining(path: str, item: Mapping[str, Any], read_keys: Container[str], place: str, draft: Draft) -> None:
    """Note the keys that are neither read nor ignored."""
    for key, value in item.items():
        if key not in read_keys and key not in IGNORED_KEYS:
            draft.note_unused(f"{path}.{key}", value, NO_PLACE, place=place)


def level_of(item: Mapping[str, Any], draft: Draft, place: str) -> TlpWord | None:
    """Return the level of an attribute or object, by its TLP tag or its distribution; None if it has none of its own."""
    level = tlp_of(item, draft, place)
    distribution_text = item.get("distribution")
    distribution = (
        "5" if distribution_text in (None, "") else DISTRIBUTIONS.get(str(distribution_text).strip().casefold(), "0")
    )
    if distribution == "0":
        if str(distribution_text).strip().casefold() not in DISTRIBUTIONS:
            draft.note_unused("distribution", distribution_text, UNKNOWN_WORD, place=place)
        draft.warn(_ORGANISATION_ONLY)
        return "red"
    if distribution == "4":
        draft.warn(_SHARING_GROUP)
        return "red"
    return level


def is_deleted(item: Mapping[str, Any]) -> bool:
    """Whether ``deleted`` is set, in any spelling."""
    return str(item.get("deleted")).casefold() in {"1", "true"}


def unwrap(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Convert an attribute or object from MISP's internal JSON, which has tags beside it and splits composite values."""
    for key in ("Attribute", "Object"):
        inner = item.get(key)
        if isinstance(inner, Mapping) and not all(str(name).isdecimal() for name in inner):
            item = {**{name: value for name, value in item.items() if name != key}, **inner}
    if item.get("value") is None and item.get("value1"):
        halves = [str(half) for half in (item["value1"], item.get("value2")) if half]
        item = {**item, "value": "|".join(halves)}
    return item


def read_attribute(
    attribute: Any, place: str, content: Content, *, level: TlpWord | None = None, template: str = ""
) -> list[Observable]:
    """Read one attribute into ``content``; return its observables. Note values that cannot be used.

    ``level`` is the level of its object, ``template`` the name of the object.
    """
    draft = content.draft
    if not isinstance(attribute, Mapping):
        draft.note_unused("Attribute", attribute, "expected an attribute", place=place)
        return []
    kind, value = str(attribute.get("type") or ""), attribute.get("value")
    relation = str(attribute.get("object_relation") or "")
    key = f"{template}.{relation}" if template else kind or "type"
    if not template:
        note_unread(attribute, place, draft)
    if not isinstance(value, str | int | float) or not str(value).strip():
        shown_value = value or {name: item for name, item in attribute.items() if name not in IGNORED_KEYS}
        draft.note_unused(key, shown_value or "empty", "has no single value", place=place)
        return []
    own_level = strictest(level, level_of(attribute, draft, place))
    items = _read_observables(attribute, key, own_level, content, place)
    if not items:
        return []
    tags = read_attribute_tags(attribute, content, place, is_above=content.is_above(own_level))
    observables: list[Observable] = []
    for item in items:
        observable = replace(
            _with_details(item, attribute, kind, content, place),
            tlp=own_level,
            malware=tags.malware,
            kill_chain_phases=tags.phases,
            confidence=tags.confidence,
        )
        # Sightings of a composite value count once, not once for each part.
        observables.append(_with_sightings(observable, attribute, content, place, is_counted=not observables))
    for observable in observables:
        content.links.register(attribute, end_of(observable), own_level)
        for end in tags.indicated_ends:
            content.links.indicate(observable, end)
    return observables


def _read_observables(
    attribute: Mapping[str, Any], key: str, own_level: TlpWord | None, content: Content, place: str
) -> list[Observable]:
    """Return the observables of a value. Without one, add its knowledge to ``content``, or note it as unused.

    ``own_level`` is the level of the value. Only observables have their own level in a report, so no other value with a
    level above the event is used.
    """
    draft, kind, text = content.draft, str(attribute.get("type") or ""), str(attribute.get("value"))
    is_too_high = content.is_above(own_level) and kind not in TARGETING_TYPES and kind not in READERS
    if is_too_high:
        draft.note_unused(key, text, f"is marked TLP:{(own_level or '').upper()}, above its event", place=place)
    is_knowledge = (
        not is_deleted(attribute) and not is_too_high and _add_knowledge(kind, text, attribute, content, place)
    )
    items = [] if is_knowledge or is_too_high else _items(kind, text, key, draft, place)
    if not is_knowledge and not items and attribute.get("category") in VICTIM_CATEGORIES:
        content.targets.setdefault("people" if kind in _PERSONAL_TYPES else "hosts", []).append(text.strip())
    if not items:
        for remark in (attribute.get("comment"), *tag_names(attribute)):
            draft.note_unused(f"{key} (about)", remark, "describes a value that is no observable", place=place)
    proposals = attribute.get("ShadowAttribute")
    draft.note_unused("ShadowAttribute", proposals, "is a proposal that nobody accepted", place=place)
    return items


def _items(kind: str, text: str, key: str, draft: Draft, place: str) -> list[Observable]:
    """Return the observables in a value of this type; note a value without one, with the reason."""
    if kind in _PERSONAL_TYPES or kind not in READERS:
        reason = (
            "is personal, and stays at the CERT"
            if kind in _PERSONAL_TYPES
            else f"the type {kind} has no counterpart in STIX"
        )
        draft.note_unused(key, text, reason, place=place)
        return []
    try:
        return READERS[kind](text)
    except ValueError as error:
        draft.note_unused(key, text, f"expected {error}", place=place)
        return []


def _add_knowledge(kind: str, text: str, attribute: Mapping[str, Any], content: Content, place: str) -> bool:
    """Add an attribute that is no observable but describes the incident to ``content``; return whether it was added."""
    relation = str(attribute.get("object_relation") or "")
    name = text.strip()[:500]
    if kind in _DISPLAY_NAMES or relation in _DISPLAY_NAMES:
        content.add_imitated_name(name, relation or kind, place)
    elif kind in TARGETING_TYPES:
        content.targets.setdefault(VICTIM_FIELDS[kind], []).append(name)
        content.draft.note_unused(kind, name, PROTECTED_REASON, place=place)
    elif relation.casefold().startswith(_TARGET_RELATIONS) and kind in _TEXT_TYPES:
        content.add_imitated_name(name, relation, place)
    elif kind == "vulnerability":
        content.vulnerabilities.setdefault(name.upper(), Vulnerability(name.upper()))
        content.links.register(attribute, ("vulnerability", name.upper()))
    elif kind == "weakness":
        content.techniques.setdefault(name.upper(), Technique(name.upper()))
        content.links.register(attribute, ("technique", name.upper()))
    elif kind in {"threat-actor", "campaign-name"}:
        content.actors.setdefault(name, Actor(name, "campaign" if kind == "campaign-name" else "threat-actor"))
        content.links.register(attribute, ("actor", name))
    elif kind == "malware-type":
        content.malware.setdefault(name, Malware(name))
        content.links.register(attribute, ("malware", name))
    elif kind == "link":
        return _add_link(text, attribute, content)
    elif kind in {"comment", "text", "other"} and not relation:
        content.notes.append(Note(text))
    else:
        return False
    return True


def _add_link(text: str, attribute: Mapping[str, Any], content: Content) -> bool:
    try:
        page = values.url(text)
    except ValueError:
        return False
    content.references.append(Reference("link", url=page, public=attribute.get("category") == "External analysis"))
    return True


def _with_details(
    item: Observable, attribute: Mapping[str, Any], kind: str, content: Content, place: str
) -> Observable:
    first_seen, last_seen = (moment_of(attribute, key, place, content.draft) for key in ("first_seen", "last_seen"))
    claim = claim_for(item, attribute, kind, content.scene)
    claimed = claim.apply_to(item)
    traffic = item.traffic
    if traffic is not None:
        traffic = replace(traffic, dst_role=claim.role)
    for_detection = is_for_detection(attribute)
    if for_detection and claim.role is Role.UNKNOWN and item.value not in content.draft.options.confirmed:
        content.draft.warn(
            f"{excerpt(item.value)} is meant for detection, but it is no indicator: {claim.evidence}. To release it, use --confirm"
        )
    return replace(
        claimed,
        # A connection is no indicator: its address is one already.
        as_indicator=claimed.as_indicator and for_detection and traffic is None and not is_recipient(kind, ""),
        traffic=traffic,
        first_seen=first_seen,
        last_seen=last_seen,
        valid_from=first_seen,
        description=str(attribute.get("comment") or "").strip() or None,
        source_id=str(attribute.get("uuid") or "") or None,
        revoked=is_deleted(attribute) or FALSE_POSITIVE in map(str.casefold, tag_names(attribute)),
    )


def moment_of(attribute: Mapping[str, Any], key: str, place: str, draft: Draft) -> Moment | None:
    """Return a time of an attribute or object, in seconds since 1970 or in ISO 8601."""
    value = attribute.get(key)
    if not value:
        return None
    try:
        return parse_epoch(value) if str(value).isdigit() else parse_moment(value)
    except ValueError as error:
        draft.note_unused(key, value, f"expected {error}", place=place)
        return None


def _with_sightings(
    observable: Observable, item: Mapping[str, Any], content: Content, place: str, *, is_counted: bool
) -> Observable:
    """Count the sightings of an observable. A false positive revokes it, an expiration ends its validity (types 0, 1, 2)."""
    sightings = item.get("Sighting")
    count, moments = 0, []
    for sighting in sightings if isinstance(sightings, list) else []:
        if not isinstance(sighting, Mapping):
            continue
        kind = str(sighting.get("type") or "0")
        moment = content.draft.attempt(parse_epoch, "Sighting.date_sighting", sighting.get("date_sighting"))
        note_remaining("Sighting", sighting, {"type", "date_sighting"}, place, content.draft)
        if kind == "1":
            observable = replace(observable, revoked=True)
        elif kind == "2":
            observable = replace(observable, valid_until=moment or observable.valid_until)
        elif kind != "0":
            content.draft.note_unused("Sighting.type", kind, UNKNOWN_WORD, place=place)
        else:
            count += 1
            moments += [moment] if moment else []
    if count and is_counted:
        first_seen, last_seen = min(moments, default=None), max(moments, default=None)
        content.sightings.append(Sighting("observable", " ".join(observable.key), count, first_seen, last_seen))
    return observable
