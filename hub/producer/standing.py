"""STIX that is published unchanged, without a release: what of it must not leave nevertheless.

1. What `hub convert` makes of a report is for the CERT's own eyes, and looks like any other bundle. Each of its objects
   carries a marking of this CERT's own that says so, whose id follows from its key; and the records of what was
   published hold the ids of the reports as they stand. Neither ever leaves.
2. Whatever else it is, nobody on the CERT's own list (`deny` in `member.toml`) is named in it, unless an officer
   approved that very name.
3. Nor is an identity that is nobody's author: a victim may be among them. Classes and pseudonyms name nobody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from hub.errors import ReleaseError
from hub.home.member import FILE, OwnMember, load_member
from hub.producer.bundles import encoded
from hub.release.pseudonym import PSEUDONYM_PATTERN
from hub.rendering.versions import COMMON_TIME, Content

_ID: Final = re.compile(rb"[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NOBODY: Final = ("class", "system")  # identity classes that stand for nobody in particular
MAX_NAMED: Final = 5  # ids or names in one refusal


def refuse_what_stays(
    objects: Iterable[Mapping[str, Any]], home: Path | None, approved: Collection[str] = frozenset()
) -> list[str]:
    """ReleaseError where objects to be sent as they stand are the CERT's own, or name whom it protects.

    Returns the names that stand in them and were approved. `home` is the producer's; a machine without
    a `member.toml` has neither records nor a list.
    """
    if home is None or not (home / FILE).exists():
        return []
    objects = list(objects)
    # (1)
    member = load_member(home)
    national_ids = _ids_at_home(home) | {national_marking(member)["id"]}
    if national := sorted(_ids(objects) & national_ids):
        raise ReleaseError(
            f"This is a report as it stands at the CERT, with all that it says of the victim ({_some(national)}): it does not "
            "leave. Publish the report itself, and the victim is protected on the way."
        )
    # (2)
    names = list(_named(objects, home))
    if unapproved := [name for name in names if name not in approved]:
        raise ReleaseError(
            f"It names whom this CERT protects ({_some(unapproved)}; deny in {home / FILE}): take that out, or approve each by "
            "--approve NAME --officer WHO."
        )
    # (3)
    identities = list(_identities(objects, member))
    if unapproved_identities := [name for name in identities if name not in approved]:
        raise ReleaseError(
            f"It holds identities that are no object's author ({_some(unapproved_identities)}): a victim may be among them. Take them out, "
            "or approve each by --approve NAME --officer WHO."
        )
    return [*names, *identities]


def _identities(objects: Iterable[Mapping[str, Any]], member: OwnMember) -> Iterator[str]:
    """The names of organisations and people that nothing in it was created by."""
    items = list(objects)
    authors = {item.get("created_by_ref") for item in items} | {member.identity}
    for item in items:
        name = str(item.get("name", ""))
        names_nobody = item.get("identity_class") in _NOBODY or PSEUDONYM_PATTERN.fullmatch(name)
        if item.get("type") == "identity" and item.get("id") not in authors and not names_nobody:
            yield name


def national_marking(member: OwnMember) -> Content:
    """The marking of all that `hub convert` makes of a report as it stands at this CERT."""
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


def as_it_stands(contents: Iterable[Content], member: OwnMember) -> Iterator[Content]:
    """A rendered report for the CERT's own eyes, marked as such; definitions and the CERT's identity are as ever."""
    marking = national_marking(member)
    yield marking
    for content in contents:
        if content["type"] == "marking-definition" or content["id"] == member.identity:
            yield content
        else:
            yield {**content, "object_marking_refs": [*content.get("object_marking_refs", ()), marking["id"]]}


def _ids(objects: Iterable[Mapping[str, Any]]) -> set[str]:
    return {match.decode() for item in objects for match in _ID.findall(encoded(item))}


def _ids_at_home(home: Path) -> set[str]:
    """The ids of the objects of all reports that were published from here, as they stand at the CERT."""
    object_ids: set[str] = set()
    for path in (home / "records" / "imported").glob("*.json"):
        object_ids |= orjson.loads(path.read_bytes())["objects"].keys()
    return object_ids


def _named(objects: Iterable[Mapping[str, Any]], home: Path) -> Iterator[str]:
    member = load_member(home)
    if not (member.deny or member.register):
        return
    # the scanner loads stix2's vocabularies, which a CERT without a list does without
    from hub.release.check import checked_texts  # noqa: PLC0415
    from hub.release.deny import list_scanner  # noqa: PLC0415

    texts = [text for item in objects for text in checked_texts(item)]
    scanner = list_scanner(member)
    yield from dict.fromkeys(hit.declared_text for text in texts for hit in scanner.hits(text))


def _some(object_ids: list[str]) -> str:
    more = f" and {len(object_ids) - MAX_NAMED} more" if len(object_ids) > MAX_NAMED else ""
    return ", ".join(object_ids[:MAX_NAMED]) + more
