"""What an object says of its own level, in whichever words (law L5 a).

| Said by | Where | Level |
|---|---|---|
| an id of TLP 1.0 or 2.0 | wherever a marking reference may stand: object and granular markings, embedded objects, external references, extensions, custom properties and lists in them | that of the id |
| an id of a platform (`PLATFORM_IDS`), or one that `collections/hub.toml` declares | as above | as listed |
| an id of PAP | as above | none: PAP says what a reader may do, not who reads |
| any other marking definition | as above | what its definition says, which is held or comes in the same envelope |
| a bare UUID of one of these, `urn:uuid:…`, or an id in a text that holds JSON | outside prose | as above |
| a label: `tlp:red`, `TLP:AMBER+STRICT`, `tlp:"amber+strict"`, `Traffic Light Protocol: green`, `tlp-level:red` | `labels` | the highest word behind TLP |
| a text that begins so: `TLP:RED - do not share` | custom properties, extensions, external references | that of the word |
| a value under a key that names TLP: `x_tlp: "red"`, `tlp_2_0: "amber"`, `tlp: {"level": "red"}`; a key that says it: `tlp_red: true` | anywhere | that of the word |
| a value beside the name of TLP: `{"key": "tlp", "value": "red"}`, `["tlp", "red"]` | in embedded objects and lists | that of the word |
| a marking definition, of itself and of all that it marks | its name, its statement, `definition.tlp`, `x_opencti_definition`, the TLP 2.0 extension | that of the words |

Of several levels the highest counts. Case, spaces, underscores, quotation marks, full-width letters, letters of other scripts
that look alike, and characters without width make no difference, nor does the version of TLP ("TLP 2.0 RED"). What is a
TLP label in form and names no level (`tlp:purple`, `tlp:rot`, `tlp:amber+s`, `x_tlp: "purple"`, `x_tlp: 4`) is not
understood, and such an object is refused, never taken for unmarked.

An embedded object says as much: by its markings, its `id` or its `name` (as platforms embed markings and tags), and by
what it defines where it is a marking definition.

Nothing is said by a mention: an `object_refs` or another reference from object to object may list a definition, and a
description or the object's own name may quote its id. Names, descriptions and other prose, the values of observables and patterns say
nothing in words either, except in a marking definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.stix import level_words
from hub.stix.identifiers import UUID
from hub.stix.tlp import LEVELS, PAP_IDS, TLP

KnownMarkings = Mapping[str, TLP | None]
"""Marking ids with the level that each says, None for one that says none."""

PLATFORM_IDS: Final[KnownMarkings] = {
    # OpenCTI: its TLP:AMBER+STRICT; its other levels have the ids of TLP 1.0
    "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37": TLP.AMBER_STRICT,
}
KNOWN_MARKINGS: Final[KnownMarkings] = {**LEVELS, **dict.fromkeys(PAP_IDS.values()), **PLATFORM_IDS}

_MARKING: Final = "marking-definition"
_MARKING_ID: Final = rf"{_MARKING}--{UUID}"
# one id, or several in one text with nothing but separators between them
# possessive, so that it never gives back what it took: a text of spaces costs its length, not its square
_MARKING_IDS: Final = re.compile(rf"[\s,;|]*+{_MARKING_ID}(?:[\s,;|]++{_MARKING_ID})*+[\s,;|]*+", re.ASCII)
_ONE_MARKING_ID: Final = re.compile(_MARKING_ID, re.ASCII)
_UUID_ALONE: Final = re.compile(rf"(?:urn:uuid:)?({UUID})", re.ASCII)
_BEGINS_AS_UUID: Final = re.compile(
    rb'"(?:[\s\\]|urn:|[0-9a-f]{8}-)'
)  # a text in JSON in lower case, blanks before it or not

# References from object to object, and texts: what stands there mentions a definition and is no marking.
_MENTIONS: Final = frozenset(
    "id object_refs object_ref source_ref target_ref sighting_of_ref observed_data_refs where_sighted_refs "
    "name description content abstract explanation opinion summary aliases pattern value subject body".split()
)
# Inside an object these are no longer its own id, name or value: `{"id": …}` and `{"name": "tlp:red"}` are how platforms
# write markings and tags.
_MENTIONS_INSIDE: Final = _MENTIONS - {"id", "name", "value"}
_JSON: Final = ("{", "[")  # begin a text that holds JSON
_LABEL_CHARACTERS: Final = 200  # beyond it a text is prose


@dataclass(frozen=True, slots=True)
class SaidLevel:
    """What an object says of its level, before anything outside it is looked at."""

    level: TLP | None = None  # the highest that is said; None: nothing is
    markings: tuple[str, ...] = ()  # ids of other definitions, each of which may say more
    unclear: str = ""  # a text in the form of a TLP label that names no level


_NOTHING: Final = SaidLevel()


def said_level(content: Mapping[str, Any], body: bytes, known: KnownMarkings = KNOWN_MARKINGS) -> SaidLevel:
    """What a JSON object says of its level; `body` is its JSON, whose bytes show whether a closer look is needed."""
    lower = body.lower()
    refs = content.get("object_marking_refs", ())
    if (
        type(refs) in (list, tuple)
        # nothing speaks of a marking but the property and each of its ids; nor is this a definition
        and lower.count(b"marking") == len(refs) + ("object_marking_refs" in content)
        and body.isascii()
        and level_words.MAY_SAY.search(lower) is None
        and _BEGINS_AS_UUID.search(lower) is None
    ):
        level: TLP | None = None
        for ref in refs:
            if ref not in known:
                break
            found = known[ref]
            if found is not None and (level is None or level < found):
                level = found
        else:
            return _NOTHING if level is None else _OF_LEVEL[level]
    return _Reading(known).of(content)


_OF_LEVEL: Final = {level: SaidLevel(level) for level in TLP}


class _Reading:
    """One walk over an object."""

    def __init__(self, known: KnownMarkings) -> None:
        self._known = known
        self._levels: list[TLP] = []
        self._markings: dict[str, None] = {}
        self._unclear = ""
        self._keys: dict[str, level_words.KeyWords] = {}  # a long name of a list with many items is read once

    def of(self, content: Mapping[str, Any]) -> SaidLevel:
        """All that is said in it."""
        self._properties(content, _MENTIONS, of_tlp=False)
        if content.get("type") == _MARKING:
            own_id = content.get("id")
            if isinstance(own_id, str) and (level := self._known.get(own_id)) is not None:
                self._levels.append(level)
            self._definition(content)
        return SaidLevel(max(self._levels, default=None), tuple(self._markings), self._unclear)

    def _properties(self, content: Mapping[str, Any], mentions: frozenset[str], *, of_tlp: bool) -> None:
        """`of_tlp`: what stands here belongs to TLP, since a property around it, or a text beside it, names that."""
        for key, value in content.items():
            if isinstance(key, str):
                self._text(key, "", mentions)  # a marking may be the key of a custom object
                self._value(key, value, mentions, of_tlp=of_tlp)

    def _value(self, key: str, value: Any, mentions: frozenset[str], *, of_tlp: bool) -> None:
        if isinstance(value, str):
            self._text(value, key, mentions, of_tlp=of_tlp)
        elif isinstance(value, Mapping):
            inside = (
                of_tlp or self._key(key).names_tlp or any(level_words.is_name_of_tlp(item) for item in value.values())
            )
            self._properties(value, _MENTIONS_INSIDE, of_tlp=inside)
            if value.get("type") == _MARKING:
                self._definition(value)
        elif isinstance(value, list | tuple):
            inside = of_tlp or any(level_words.is_name_of_tlp(item) for item in value)
            for item in value:
                self._value(key, item, mentions, of_tlp=inside)
        elif value is not None:
            self._sign(key, value, of_tlp=of_tlp)

    def _text(self, text: str, key: str, mentions: frozenset[str], *, of_tlp: bool = False) -> None:
        if key in mentions:
            return
        if found := self._marking_ids(text):
            for identifier in found:
                self._marking(identifier)
        elif key == "labels":
            self._label(text, of_tlp=of_tlp)
        elif key:
            self._word(text, key, of_tlp=of_tlp)

    def _marking_ids(self, text: str) -> list[str]:
        """The ids of marking definitions that are all of a text; of known ones, those as a bare UUID or in JSON, too."""
        if "-" not in text:
            return []
        lowered = text.lower().strip()
        if "--" in lowered:
            ids = _ONE_MARKING_ID.findall(lowered)
            if not ids or _MARKING_IDS.fullmatch(lowered):
                return ids
            return [one for one in ids if one in self._known] if lowered.startswith(_JSON) else []
        ids = [f"{_MARKING}--{found[1]}"] if (found := _UUID_ALONE.fullmatch(lowered)) else []
        return [one for one in ids if one in self._known]

    def _marking(self, identifier: str) -> None:
        if identifier not in self._known:
            self._markings[identifier] = None
        elif (level := self._known[identifier]) is not None:
            self._levels.append(level)

    def _label(self, text: str, *, of_tlp: bool) -> None:
        levels = level_words.label_levels(text)
        if levels is None:
            self._unclear = text
        else:
            self._levels += levels
            if of_tlp and (level := level_words.level_of_word(text)) is not None:
                self._levels.append(level)

    def _word(self, text: str, key: str, *, of_tlp: bool) -> None:
        """A text that begins with a label, or a level under a key or beside a text that names TLP."""
        if len(text) > _LABEL_CHARACTERS:
            return
        levels = level_words.text_levels(text)
        words = self._key(key)
        if not levels and (of_tlp or words.names_tlp):
            level = level_words.level_of_word(text)
            if level is None and words.said is not None and not level_words.denies(text):
                level = words.said
            if level is not None:
                levels = [level]
            elif words.holds_level:
                self._unclear = text
        self._levels += levels

    def _sign(self, key: str, value: Any, *, of_tlp: bool) -> None:
        """A number, true or false: `tlp_red: true` says a level, and `tlp: 4` one that nobody knows."""
        words = self._key(key)
        if not (of_tlp or words.names_tlp):
            return
        level = None if level_words.denies(value) else words.said
        if level is None and of_tlp and value is True and len(key) <= _LABEL_CHARACTERS:
            level = level_words.level_of_word(key)
        if level is not None:
            self._levels.append(level)
        elif value is not False and words.holds_level:
            self._unclear = f"{key}: {value}"

    def _key(self, key: str) -> level_words.KeyWords:
        words = self._keys.get(key)
        if words is None:
            words = self._keys[key] = level_words.key_words(key)
        return words

    def _definition(self, content: Mapping[str, Any]) -> None:
        """What a marking definition says in words, beyond the ids that stand in it."""
        kind = " ".join(_texts(content.get(key) for key in ("definition_type", "x_opencti_definition_type")))
        named = list(_texts((content.get("name"), content.get("x_opencti_definition"))))
        definition = content.get("definition")
        stated = list(_texts(definition.values() if isinstance(definition, Mapping) else (definition,)))
        levels = level_words.definition_levels(kind, [*named, *stated])
        of_tlp = level_words.key_words(kind).names_tlp or any(level_words.is_label(text) for text in named)
        if levels is None or (not levels and not self._levels and of_tlp):
            self._unclear = " ".join(named) or "a definition of TLP"
        self._levels += levels or ()


def _texts(values: Any) -> Iterator[str]:
    yield from (value for value in values if isinstance(value, str))
