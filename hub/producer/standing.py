"""Checks of STIX that is published unchanged, without the release step.

1. The output of `hub convert` is only for the CERT itself, but looks like any other bundle. Each of its objects has a
   marking of this CERT, whose id is derived from its key; and the records of published reports contain the ids of the
   unreleased objects. STIX with such a marking or id never leaves.
2. No name on the CERT's own list (`deny` in `member.toml`) may be in it, unless an officer approved that name; nor, in the prose
   of reports, notes and incidents, the name of a victim of a report that was published from this home.
3. No identity may be in it that is not the author of an object, since it may be a victim. Classes and pseudonyms are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from hub.errors import ReleaseError
from hub.home.member import FILE, Deny, OwnMember, load_member
from hub.producer.bundles import encoded
from hub.release.pseudonym import PSEUDONYM_PATTERN
from hub.rendering.versions import COMMON_TIME, Content

if TYPE_CHECKING:
    from hub.release.scan import Hit

_ID: Final = re.compile(rb"[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ANONYMOUS_CLASSES: Final = ("class", "system")  # identity classes that name nobody
# Written by people of a CERT about its cases; what describes the attacker comes from feeds, in which names resemble others.
_PROSE_TYPES: Final = frozenset(("event", "grouping", "impact", "incident", "note", "opinion", "report", "task"))
MOST_LISTED: Final = 5  # ids or names in one message


def check_unreleased_stix(
    objects: Iterable[Mapping[str, Any]], home: Path | None, approved_names: Collection[str] = frozenset()
) -> list[str]:
    """Raise ReleaseError if the objects are unreleased ones of the CERT, or name somebody whom it protects.

    Returns the approved names in them. `home` is the CERT's home; a machine without a `member.toml` has neither records
    nor a list.
    """
    if home is None or not (home / FILE).exists():
        return []
    objects = list(objects)
    # (1)
    member = load_member(home)
    records = _read_records(home, member)
    national_ids = records.ids | {national_marking(member)["id"]}
    if unreleased_ids := sorted(_ids(objects) & national_ids):
        raise ReleaseError(
            f"This is a report as it stands at the CERT, with all that it says of the victim ({_list_some(unreleased_ids)}): it does not "
            "leave. Publish the report itself, and the victim is protected on the way."
        )
    # (2)
    names = list(dict.fromkeys((*_listed_names(objects, member), *_victims_named(objects, member, records.victims))))
    if unapproved_names := [name for name in names if name not in approved_names]:
        raise ReleaseError(
            f"It names somebody whom this CERT protects ({_list_some(unapproved_names)}; deny in {home / FILE}, or a report's victim): take that out, or approve each by "
            "--approve NAME --officer WHO."
        )
    # (3)
    identities = list(_identities(objects, member))
    if unapproved_identities := [name for name in identities if name not in approved_names]:
        raise ReleaseError(
            f"It contains identities that are no object's author ({_list_some(unapproved_identities)}): a victim may be among them. "
            "Take them out, or approve each by --approve NAME --officer WHO."
        )
    return [*names, *identities]


def check_text(text: str, home: Path | None, approved_names: Collection[str] = frozenset()) -> None:
    """Raise ReleaseError if a text for other members names somebody whom this CERT protects, or a victim of its reports.

    An officer writes such a text in haste, and no preview shows it.
    """
    if not text.strip() or home is None or not (home / FILE).exists():
        return
    member = load_member(home)
    victims = _read_records(home, member).victims
    protected = replace(member, deny=replace(member.deny, names=(*member.deny.names, *victims)))
    hits = _hits(protected, [text])
    names = [
        name for name in dict.fromkeys(hit.declared_text or hit.text for hit in hits) if name not in approved_names
    ]
    if names:
        raise ReleaseError(
            f"The text names somebody whom this CERT protects ({_list_some(names)}): take that out, or approve each by --approve NAME."
        )


def _listed_names(objects: Iterable[Mapping[str, Any]], member: OwnMember) -> Iterator[str]:
    """The names on the CERT's list that are in these objects."""
    for hit in _hits(member, _texts(objects)):
        yield hit.declared_text


def _victims_named(objects: Iterable[Mapping[str, Any]], member: OwnMember, victims: tuple[str, ...]) -> Iterator[str]:
    """The victims of this home's reports whom the prose of these objects names."""
    prose = (item for item in objects if item.get("type") in _PROSE_TYPES)
    for hit in _hits(replace(member, deny=Deny(names=victims), register=()), _texts(prose)):
        if hit.is_exact:
            yield hit.declared_text


def _texts(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    from hub.release.check import checked_texts  # noqa: PLC0415 - see _hits

    for item in objects:
        yield from checked_texts(item)


def _hits(member: OwnMember, texts: Iterable[str]) -> Iterator[Hit]:
    """What is found in the texts of the list and the register of this member."""
    if not (member.deny or member.register):
        return
    # the scanner loads stix2's vocabularies, which a CERT without a list does not need
    from hub.release.deny import list_scanner  # noqa: PLC0415

    scanner = list_scanner(member)
    for text in texts:
        yield from scanner.hits(text)


def _identities(objects: Iterable[Mapping[str, Any]], member: OwnMember) -> Iterator[str]:
    """The names of organisations and people that are not the author of any object."""
    items = list(objects)
    authors = {item.get("created_by_ref") for item in items} | {member.identity}
    for item in items:
        name = str(item.get("name", ""))
        is_anonymous = item.get("identity_class") in _ANONYMOUS_CLASSES or PSEUDONYM_PATTERN.fullmatch(name)
        if item.get("type") == "identity" and item.get("id") not in authors and not is_anonymous:
            yield name


def national_marking(member: OwnMember) -> Content:
    """The marking of all objects that `hub convert` makes from this CERT's reports."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": member.key.identifier("marking-definition", "as it stands at the CERT"),
        "created": COMMON_TIME,
        "created_by_ref": member.identity,
        "definition_type": "statement",
        "definition": {
            "statement": f"For {member.name} only: this is a report as it stands there, with the victim in it."
        },
    }


def mark_as_national(contents: Iterable[Content], member: OwnMember) -> Iterator[Content]:
    """A rendered report with the marking for this CERT only; definitions and the CERT's identity stay unchanged."""
    marking = national_marking(member)
    yield marking
    for content in contents:
        if content["type"] == "marking-definition" or content["id"] == member.identity:
            yield content
        else:
            yield {**content, "object_marking_refs": [*content.get("object_marking_refs", ()), marking["id"]]}


def _ids(objects: Iterable[Mapping[str, Any]]) -> set[str]:
    return {match.decode() for item in objects for match in _ID.findall(encoded(item))}


@dataclass(frozen=True, slots=True)
class _Records:
    """What the records of a home say of the reports that were published from it."""

    ids: frozenset[str]  # of the unreleased objects
    victims: tuple[str, ...]  # names of organisations and people


def _read_records(home: Path, member: OwnMember) -> _Records:
    """Read the records of all reports that were published from this home. ReleaseError names a damaged one."""
    object_ids: set[str] = set()
    victims: dict[str, None] = {}
    for objects in _recorded_objects(home):
        object_ids |= objects.keys()
        for item in objects.values():
            content = item.get("content") or {}
            is_named = content.get("type") == "identity" and content.get("identity_class") not in _ANONYMOUS_CLASSES
            if is_named and content["id"] != member.identity:
                victims[content["name"]] = None
    return _Records(frozenset(object_ids), tuple(victims))


def _recorded_objects(home: Path) -> Iterator[dict[str, Any]]:
    """The objects of each report, by id."""
    for path in (home / "records" / "imported").glob("*.json"):
        try:
            objects: dict[str, Any] = dict(orjson.loads(path.read_bytes())["objects"])
        except (OSError, ValueError, LookupError, TypeError):
            raise ReleaseError(
                f"{path}: the record of an earlier report is damaged; put it back from a backup. It says what must not leave."
            ) from None
        yield objects


def _list_some(texts: list[str]) -> str:
    more = f" and {len(texts) - MOST_LISTED} more" if len(texts) > MOST_LISTED else ""
    return ", ".join(texts[:MOST_LISTED]) + more
