"""The last look at the objects of a release. It is independent of how they were made, and fails closed.

1. Every reference resolves: to an object that leaves, a well-known id, or an object released before.
2. No object contains an id that exists only at the CERT, or the id of an SCO that stays: its value could be guessed.
3. No object contains anything of the deny-list, in any spelling or encoding, or an address of a constituent.
4. Every object is marked, and not above the highest level of the collection.
5. Every object is valid STIX 2.1, by the hub's own check and by stix2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from stix2.exceptions import STIXError

from hub.release import allowed_words
from hub.release.pseudonym import PSEUDONYM_PATTERN
from hub.release.scan import Hit, Scanner
from hub.rendering import stix_classes
from hub.stix import identifiers, incident, tlp
from hub.stix.schema import faults

WELL_KNOWN: Final = frozenset(
    {*tlp.TLP2_IDS.values(), *tlp.TLP1_IDS.values(), *tlp.PAP_IDS.values(), tlp.TLP2_EXTENSION, tlp.PAP_EXTENSION}
    | {incident.INCIDENT_CORE, incident.EVENT, incident.IMPACT, incident.TASK, identifiers.OPENCTI_EXTENSION}
)
_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME_OR_HASH: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z|[0-9a-fA-F]{32,128}")
_LITERAL: Final = re.compile(r"'((?:[^'\\]|\\.)*)'")
# Properties whose values come from closed lists of STIX or of the product.
_VOCABULARY_PROPERTIES: Final = frozenset(
    {"type", "spec_version", "relationship_type", "extension_type", "pattern_type", "definition_type"}
)


@dataclass(frozen=True, slots=True)
class LastLook:
    """What the last look needs to know.

    `known_ids` were released before; `hidden_ids` must stay at the CERT; `own_identity` is the CERT's identity.
    `approved_texts` leave although something in them resembles the victim; exact hits in them are still problems. With
    `one_of_each_type`, stix2 validates one object of each type: a feed has thousands of objects of the same form. The hub's
    own check always validates all of them.
    """

    scanner: Scanner
    highest: tlp.TLP
    known_ids: frozenset[str]
    hidden_ids: frozenset[str]
    own_identity: str
    approved_texts: tuple[str, ...] = ()
    one_of_each_type: bool = False


def find_problems(contents: Iterable[Mapping[str, Any]], look: LastLook) -> list[str]:
    """The problems that prevent sending these objects; empty if there are none."""
    objects = list(contents)
    problems: list[str] = []
    # (1) references
    known_ids = {item["id"] for item in objects} | WELL_KNOWN | look.known_ids | {look.own_identity}
    for item in objects:
        missing = sorted(ref for ref in _references(item) if ref not in known_ids)
        problems += [f"{item['id']} refers to {ref}, which does not leave" for ref in missing]
    # (2) ids
    hidden_uuids = {identifier.partition("--")[2].encode() for identifier in look.hidden_ids - known_ids}
    for item in objects:
        if hidden_uuids and not hidden_uuids.isdisjoint(_UUID.findall(orjson.dumps(item).lower())):
            problems.append(f"{item['id']} contains an id of an object that stays")
    # (3) names and addresses
    texts = {item["id"]: list(checked_texts(item)) for item in objects}
    for identifier, object_texts in texts.items():
        for text in object_texts:
            problems += [f"{identifier} contains {hit}" for hit in _hits(text, look.scanner, look.approved_texts)]
    # (4) levels, (5) validity
    sampled_types: set[str] = set()
    for item in objects:
        problems += _level_problem(item, look.highest)
        problems += [f"{item['id']}: {fault.path or 'as a whole'} {fault.message}" for fault in faults(item)]
        if look.one_of_each_type and item["type"] in sampled_types:
            continue
        sampled_types.add(item["type"])
        try:
            stix_classes.build(item)
        except (STIXError, ValueError) as error:
            problems.append(f"{item['id']}: stix2 does not take it: {error}")
    return problems


def _hits(text: str, scanner: Scanner, approved_texts: Iterable[str]) -> tuple[Hit, ...]:
    hits = scanner.hits(text)
    if hits and (approved_parts := [part for part in approved_texts if part in text]):
        remaining = text
        for part in approved_parts:
            remaining = remaining.replace(part, "")
        hits = (*(hit for hit in hits if hit.is_exact), *scanner.hits(remaining))
    return hits


def _level_problem(item: Mapping[str, Any], highest: tlp.TLP) -> list[str]:
    if item["type"] == "marking-definition":
        return []
    level = tlp.level(item)
    if level is None:
        return [f"{item['id']} is not marked"]
    if "granular_markings" in item:
        return [f"{item['id']} still has granular markings"]
    return [f"{item['id']} is marked {level.label}, above {highest.label}"] if level > highest else []


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name.endswith("_ref") and isinstance(item, str):
                yield item
            elif name.endswith("_refs") and isinstance(item, list):
                yield from (ref for ref in item if isinstance(ref, str))
            else:
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def checked_texts(value: Any, name: str = "") -> Iterator[str]:
    """Every text that may contain a name: not ids, times, hashes, words of vocabularies, or pseudonyms."""
    if isinstance(value, str):
        if (
            name in _VOCABULARY_PROPERTIES
            or value in allowed_words.VOCABULARY_WORDS
            or identifiers.type_of(value) is not None
        ):
            return
        if _TIME_OR_HASH.fullmatch(value) or PSEUDONYM_PATTERN.fullmatch(value):
            return
        if name == "pattern":  # the values by themselves, as the gate searches them
            yield from (match[1].replace("\\'", "'").replace("\\\\", "\\") for match in _LITERAL.finditer(value))
            value = _LITERAL.sub("''", value)
        yield PSEUDONYM_PATTERN.sub("", value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from checked_texts(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from checked_texts(item, name)
