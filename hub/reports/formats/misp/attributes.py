"""Read a MISP attribute, alone or inside an object: its observables, their roles, and their level."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any, Final

from hub.reports.formats.misp.claims import VICTIM_CATEGORIES, claim_on, is_flagged, is_recipient
from hub.reports.formats.misp.content import TARGETING, VICTIM_FIELDS, Content
from hub.reports.formats.misp.links import end_of
from hub.reports.formats.misp.tags import FALSE_POSITIVE, read_attribute_tags, tag_names, tlp_of
from hub.reports.formats.misp.types import READERS
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.losses import excerpt
from hub.reports.markings import TLP_WORDS, TlpWord
from hub.reports.moments import Moment
from hub.reports.observables import Observable, Role, Sighting
from hub.reports.reading import values
from hub.reports.reading.draft import NO_PLACE, PROTECTED, UNKNOWN_WORD, Draft
from hub.reports.reading.times import parse_epoch, parse_moment
from hub.reports.references import Reference
from hub.reports.report import Note

_PERSONAL: Final = frozenset({
    "first-name", "last-name", "full-name", "date-of-birth", "passport-number", "bic", "cc-number", "prtn", "identity-card-number", "whois-registrant-email", "whois-registrant-phone",
    "whois-registrant-name",
})  # fmt: skip
_DISPLAY_NAMES: Final = frozenset({
    "email-src-display-name", "email-dst-display-name", "from-display-name", "to-display-name", "reply-to-display-name",
})  # fmt: skip
# Relations of any object that name whom the attacker imitates or aims at.
_AIMED_AT: Final = ("target", "impersonated", "spoofed", "affected", "brand")
_TEXT_TYPES: Final = frozenset({"text", "comment", "other", "target-org", "target-user", "target-external"})
DISTRIBUTIONS: Final = {
    **{number: number for number in "012345"},
    "your organisation only": "0", "your organization only": "0", "this community only": "1",
    "connected communities": "2", "all communities": "3", "sharing group": "4", "inherit": "5", "inherit event": "5",
}  # fmt: skip
"""MISP's distributions, by number and as its pages call them. Another one is taken for the narrowest."""
_ALONE: Final = "Attributes whose distribution is 'your organisation only' are marked TLP:RED"
_SHARING_GROUP: Final = "Attributes shared with a sharing group only are marked TLP:RED"


# Keys of an attribute that are read, and those of attributes, objects and sightings that are numbers of the MISP they come from.
_READ: Final = frozenset({
    "type", "category", "value", "value1", "value2", "to_ids", "comment", "first_seen", "last_seen", "deleted",
    "distribution", "object_relation", "uuid", "Tag", "EventTag", "AttributeTag", "Galaxy", "Sighting", "ShadowAttribute",
})  # fmt: skip
PASSED_OVER: Final = frozenset({
    "id", "uuid", "event_id", "event_uuid", "object_id", "object_uuid", "attribute_id", "attribute_uuid", "org_id", "orgc_id",
    "timestamp", "sharing_group_id", "disable_correlation", "RelatedAttribute", "Event", "meta-category",
    "template_uuid", "template_version", "description",
})  # fmt: skip


def note_unread(attribute: Mapping[str, Any], place: str, draft: Draft) -> None:
    """Name what is not read of an attribute, and a category that MISP does not have."""
    note_remaining("Attribute", attribute, _READ, place, draft)
    if str(attribute.get("category") or "") not in _CATEGORIES:
        draft.note_unused("Attribute.category", attribute["category"], UNKNOWN_WORD, place=place)


_CATEGORIES: Final = frozenset({
    "", "Internal reference", "Targeting data", "Antivirus detection", "Payload delivery", "Artifacts dropped",
    "Payload installation", "Persistence mechanism", "Network activity", "Payload type", "Attribution",
    "External analysis", "Financial fraud", "Support Tool", "Social network", "Person", "Other",
})  # fmt: skip
"""MISP's categories: which of them say whose a value is stands in claims.py."""


def note_remaining(path: str, item: Mapping[str, Any], read: Container[str], place: str, draft: Draft) -> None:
    """Name what is neither read nor passed over."""
    for key, value in item.items():
        if key not in read and key not in PASSED_OVER:
            draft.note_unused(f"{path}.{key}", value, NO_PLACE, place=place)


def strictest(*levels: TlpWord | None) -> TlpWord | None:
    """The most restrictive of the levels; None where there is none."""
    return max((level for level in levels if level), key=TLP_WORDS.index, default=None)


def level_of(item: Mapping[str, Any], draft: Draft, place: str) -> TlpWord | None:
    """The level that an attribute or object says for itself: by a TLP tag, or by its distribution."""
    level = tlp_of(item, draft, place)
    distribution_text = item.get("distribution")
    distribution = (
        "5" if distribution_text in {None, ""} else DISTRIBUTIONS.get(str(distribution_text).strip().casefold(), "0")
    )
    if distribution == "0":
        if str(distribution_text).strip().casefold() not in DISTRIBUTIONS:
            draft.note_unused("distribution", distribution_text, UNKNOWN_WORD, place=place)
        draft.warn(_ALONE)
        return "red"
    if distribution == "4":
        draft.warn(_SHARING_GROUP)
        return "red"
    return level


def is_deleted(item: Mapping[str, Any]) -> bool:
    """Whether ``deleted`` is set, in any spelling."""
    return str(item.get("deleted")).casefold() in {"1", "true"}


def unwrapped(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An attribute or object out of MISP's inner JSON: its tags stand beside it, and the halves of a value apart."""
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
    """Read one attribute into ``content``; return its observables. What cannot be used is named there.

    ``level`` is that of the object around it, ``template`` the object's name.
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
        shown_value = value or {name: item for name, item in attribute.items() if name not in PASSED_OVER}
        draft.note_unused(key, shown_value or "empty", "has no single value", place=place)
        return []
    marked = strictest(level, level_of(attribute, draft, place))
    items = _observed(attribute, key, marked, content, place)
    if not items:
        return []
    known = read_attribute_tags(attribute, content, place, is_above=content.is_above(marked))
    observables: list[Observable] = []
    for item in items:
        described = replace(
            _described(item, attribute, kind, content, place),
            tlp=marked,
            malware=known.malware,
            kill_chain_phases=known.phases,
            confidence=known.confidence,
        )
        # A composite was seen once, not once for each of its parts.
        observables.append(_sighted(described, attribute, content, place, is_counted=not observables))
    for observable in observables:
        content.links.know(attribute, end_of(observable), marked)
        for end in known.named:
            content.links.indicate(observable, end)
    return observables


def _observed(
    attribute: Mapping[str, Any], key: str, marked: TlpWord | None, content: Content, place: str
) -> list[Observable]:
    """The observables of a value; where there is none, what it says is in ``content``, or named.

    ``marked`` is its own level: what is no observable has no place for a level above the event's, and stays behind.
    """
    draft, kind, text = content.draft, str(attribute.get("type") or ""), str(attribute.get("value"))
    stays = content.is_above(marked) and kind not in TARGETING and kind not in READERS
    if stays:
        draft.note_unused(key, text, f"is marked TLP:{(marked or '').upper()}, above its event", place=place)
    is_known = not is_deleted(attribute) and not stays and _is_known(kind, text, attribute, content, place)
    items = [] if is_known or stays else _items(kind, text, key, draft, place)
    if not is_known and not items and attribute.get("category") in VICTIM_CATEGORIES:
        content.targets.setdefault("people" if kind in _PERSONAL else "hosts", []).append(text.strip())
    if not items:
        for about in (attribute.get("comment"), *tag_names(attribute)):
            draft.note_unused(f"{key} (about)", about, "is said of a value that is no observable", place=place)
    proposals = attribute.get("ShadowAttribute")
    draft.note_unused("ShadowAttribute", proposals, "is a proposal that nobody accepted", place=place)
    return items


def _items(kind: str, text: str, key: str, draft: Draft, place: str) -> list[Observable]:
    """The observables that a value of this type holds; where there is none, it is named with the reason."""
    if kind in _PERSONAL or kind not in READERS:
        reason = (
            "is personal, and stays at the CERT" if kind in _PERSONAL else f"the type {kind} has no counterpart in STIX"
        )
        draft.note_unused(key, text, reason, place=place)
        return []
    try:
        return READERS[kind](text)
    except ValueError as error:
        draft.note_unused(key, text, f"expected {error}", place=place)
        return []


def _is_known(kind: str, text: str, attribute: Mapping[str, Any], content: Content, place: str) -> bool:
    """Whether the attribute is no observable but says something of the incident, and is now in ``content``."""
    relation = str(attribute.get("object_relation") or "")
    name = text.strip()[:500]
    if kind in _DISPLAY_NAMES or relation in _DISPLAY_NAMES:
        content.imitate(name, relation or kind, place)
    elif kind in TARGETING:
        content.targets.setdefault(VICTIM_FIELDS[kind], []).append(name)
        content.draft.note_unused(kind, name, PROTECTED, place=place)
    elif relation.casefold().startswith(_AIMED_AT) and kind in _TEXT_TYPES:
        content.imitate(name, relation, place)
    elif kind == "vulnerability":
        content.vulnerabilities.setdefault(name.upper(), Vulnerability(name.upper()))
        content.links.know(attribute, ("vulnerability", name.upper()))
    elif kind == "weakness":
        content.techniques.setdefault(name.upper(), Technique(name.upper()))
        content.links.know(attribute, ("technique", name.upper()))
    elif kind in {"threat-actor", "campaign-name"}:
        content.actors.setdefault(name, Actor(name, "campaign" if kind == "campaign-name" else "threat-actor"))
        content.links.know(attribute, ("actor", name))
    elif kind == "malware-type":
        content.malware.setdefault(name, Malware(name))
        content.links.know(attribute, ("malware", name))
    elif kind == "link":
        return _link(text, attribute, content)
    elif kind in {"comment", "text", "other"} and not relation:
        content.notes.append(Note(text))
    else:
        return False
    return True


def _link(text: str, attribute: Mapping[str, Any], content: Content) -> bool:
    try:
        page = values.url(text)
    except ValueError:
        return False
    content.references.append(Reference("link", url=page, public=attribute.get("category") == "External analysis"))
    return True


def _described(item: Observable, attribute: Mapping[str, Any], kind: str, content: Content, place: str) -> Observable:
    first, last = (moment_of(attribute, key, place, content.draft) for key in ("first_seen", "last_seen"))
    claim = claim_on(item, attribute, kind, content.scene)
    claimed = claim.apply_to(item)
    traffic = item.traffic
    if traffic is not None:
        traffic = replace(traffic, dst_role=claim.role)
    flagged = is_flagged(attribute)
    if flagged and claim.role is Role.UNKNOWN and item.value not in content.draft.options.confirmed:
        content.draft.warn(
            f"{excerpt(item.value)} is meant for detection, but no indicator: {claim.evidence}. It is asked about (--confirm)"
        )
    return replace(
        claimed,
        # A connection says no more than its address, which stands beside it.
        as_indicator=claimed.as_indicator and flagged and traffic is None and not is_recipient(kind, ""),
        traffic=traffic,
        first_seen=first,
        last_seen=last,
        valid_from=first,
        description=str(attribute.get("comment") or "").strip() or None,
        source_id=str(attribute.get("uuid") or "") or None,
        revoked=is_deleted(attribute) or FALSE_POSITIVE in map(str.casefold, tag_names(attribute)),
    )


def moment_of(attribute: Mapping[str, Any], key: str, place: str, draft: Draft) -> Moment | None:
    """A time of an attribute or object, in seconds since 1970 or as ISO 8601."""
    value = attribute.get(key)
    if not value:
        return None
    try:
        return parse_epoch(value) if str(value).isdigit() else parse_moment(value)
    except ValueError as error:
        draft.note_unused(key, value, f"expected {error}", place=place)
        return None


def _sighted(
    observable: Observable, item: Mapping[str, Any], content: Content, place: str, *, is_counted: bool
) -> Observable:
    """Count what was seen; a false positive revokes, an expiry ends validity (MISP sighting types 0, 1, 2)."""
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
        first, last = min(moments, default=None), max(moments, default=None)
        content.sightings.append(Sighting("observable", " ".join(observable.key), count, first, last))
    return observable
