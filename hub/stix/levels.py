"""The level that an object states of itself, in all forms that tools and people use (law L5 a).

| Stated by | Where | Level |
|---|---|---|
| an id of TLP 1.0 or 2.0 | wherever a marking reference may be: object and granular markings, embedded objects, external references, extensions, custom properties and lists in them | that of the id |
| an id of a platform (`PLATFORM_IDS`), or one that `collections/hub.toml` declares | as above | as listed |
| an id of PAP | as above | none: PAP says what a reader may do, not who reads |
| any other marking definition | as above | that of its definition, which is held or in the same envelope |
| a bare UUID of one of these, `urn:uuid:…`, an address or element with one in each word, or an id in a text with JSON | outside prose | as above |
| a label: `tlp:red`, `TLP:AMBER+STRICT`, `tlp:"amber+strict"`, `Traffic Light Protocol: green`, `traffic-light:red`, `tlp-level:red` | `labels` | the highest word after TLP |
| a text of at most 200 characters: `TLP:RED - do not share`, `classification: TLP RED`; an item of a longer list: `…,tlp:red,…` | custom properties and extensions, external references except their descriptions; JSON in a text counts as if it were not in a text | that of the word |
| AMBER or higher over, under or between prose, in its own line, sentence or brackets: `[TLP:RED] Incident at …`, `Classification: TLP RED`; at an end of a title | name, description, abstract, content and explanation of objects with versions, descriptions of external references | that of the word |
| AMBER or higher in the metadata, tags or message of a rule: `meta: tlp = "RED"`, `- tlp.amber`; not in the parts that it searches for | pattern of an indicator in another pattern language than STIX | that of the word |
| AMBER or higher in a label of a sector's centre or about handling: `fs-isac:red`, `sharing:amber`; `amber+strict` alone | `labels` | that of the word |
| a classification or caveat: `NATO RESTRICTED`, `SULIT`, `eyes only` (`classifications.py`); MISP's distribution 0 | labels, marking definitions, properties about handling; the first line of prose, in capitals | not understood |
| a value under a key that names TLP: `x_tlp: "red"`, `tlp_2_0: "amber"`, `tlp: {"level": "red"}`; a key that states it: `tlp_red: true` | anywhere | that of the word |
| a word for AMBER or higher that is the whole value of a property about handling: `x_handling: "RED"`, `restriction: "amber"`, STIX 1's `handling` | custom properties, extensions, embedded objects | that of the word |
| a value beside the name of TLP: `{"key": "tlp", "value": "red"}`, `["tlp", "red"]` | in embedded objects and lists | that of the word |
| the TLP 2.0 extension | wherever extensions may be | that of any value in it |
| a marking definition, for itself and for all objects that it marks | its name, statement, description, `definition.tlp`, `x_opencti_definition`; the level's word alone, or at the end of a short name (`FS-ISAC RED`), unless PAP is named | that of the words |
| ISA's ACS marking (`acs.py`), as in CISA's AIS | wherever extensions may be | unclassified: AMBER+STRICT, none if released to the public or shared by default; else not understood |

The highest of several levels counts. Case, spaces, underscores, quotation marks, full-width letters, letters of other scripts
that look alike, and characters without width make no difference, nor does the version of TLP ("TLP 2.0 RED"). A text that
has the form of a TLP label but names no level (`tlp:purple`, `TLP赤`, `tlp:amber+s`, `x_tlp: "purple"`, `x_tlp_color: "#FF2B2B"`,
`x_tlp: {"code": 4}`), and a marking definition that names TLP and no level, or has a colour in another language as its name
(`TLP ROUGE`, `MERAH`), are not understood. Such an object is refused, and never treated as unmarked.

An embedded object counts, too: by its markings, its `id` or its `name` (platforms embed markings and tags in this way),
and by its definition if it is a marking definition.

A mention of a definition states nothing: an `object_refs` or another reference from object to object may list it, and a
description or the object's own name may quote its id. Words in sentences of names, descriptions and other prose, in values
of observables and in patterns do not count either, except in a marking definition.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any, Final

import orjson

from hub.stix import acs, classifications, level_headings, level_words, nearly_json
from hub.stix.identifiers import SDO_TYPES, SRO_TYPES, UUID
from hub.stix.tlp import LEVELS, PAP_EXTENSION, PAP_IDS, TLP, TLP2_EXTENSION

KnownMarkings = Mapping[str, TLP | None]
"""Marking ids -> the level that each states, or None."""

PLATFORM_IDS: Final[KnownMarkings] = {
    # OpenCTI's TLP:AMBER+STRICT; its other levels have the ids of TLP 1.0
    "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37": TLP.AMBER_STRICT,
}
KNOWN_MARKINGS: Final[KnownMarkings] = {**LEVELS, **dict.fromkeys(PAP_IDS.values()), **PLATFORM_IDS}

_MARKING: Final = "marking-definition"
_MARKING_ID: Final = rf"{_MARKING}--{UUID}"
# One id, or several in one text with only separators between them. Its repeats are possessive: a text of spaces costs time
# linear in its length.
_MARKING_IDS: Final = re.compile(rf"[\s,;|]*+{_MARKING_ID}(?:[\s,;|]++{_MARKING_ID})*+[\s,;|]*+", re.ASCII)
_ONE_MARKING_ID: Final = re.compile(_MARKING_ID, re.ASCII)
_ANY_UUID: Final = re.compile(UUID, re.ASCII)
_WORDS: Final = re.compile(r"[^\s,;|]++")
# For JSON in lower case: texts that begin with a blank, with a word that states a level in a property about handling, with any
# signs around it, or with the address of an id; and the extensions that state a level without a word for it.
_BEGINS_AS_MARKING: Final = re.compile(
    rb'"(?:[\s\\]|(?:[^a-z0-9"\\]|\\(?:[\\bfnrt]|u[0-9a-f]{4}))*+(?:red|amber)(?![a-z0-9])|amber|urn:'
    rb"|extension-definition--(?:%b|%b))"
    % tuple(extension.rpartition("--")[2].encode() for extension in (TLP2_EXTENSION, acs.EXTENSION))
)
# A UUID from its first dash on: a search that begins with a fixed character is several times as fast.
_UUID_END: Final = re.compile(UUID.removeprefix("[0-9a-f]{8}").encode())
_BEFORE_DASH: Final = 8
_MARKING_PREFIX: Final = f"{_MARKING}--".encode()

# References from object to object, and texts: an id of a definition in them is only a mention, and no marking.
_MENTIONS: Final = frozenset(
    "id object_refs object_ref source_ref target_ref sighting_of_ref observed_data_refs where_sighted_refs "
    "name description content abstract explanation opinion summary aliases pattern value subject body".split()
)
# In an embedded object `id`, `name` and `value` do count: platforms write markings and tags as `{"id": …}` and
# `{"name": "tlp:red"}`.
_MENTIONS_INSIDE: Final = _MENTIONS - {"id", "name", "value"}
# In the standard types the schema allows no free words in these properties, and an author is no marking.
_FIXED: Final = frozenset("type spec_version created modified created_by_ref".split())
_TIMES: Final[Mapping[str, tuple[str, ...]]] = {
    "indicator": ("valid_from", "valid_until"),
    "observed-data": ("first_observed", "last_observed"),
    "relationship": ("start_time", "stop_time"),
    "report": ("published",),
    "sighting": ("first_seen", "last_seen"),
}
_WITHOUT_WORDS: Final[Mapping[str, frozenset[str]]] = {
    name: _MENTIONS | _FIXED | frozenset(_TIMES.get(name, ())) for name in SDO_TYPES | SRO_TYPES
}
_JSON: Final = ("{", "[")  # the beginnings of a text with JSON
_BRACE: Final = _JSON[0]
_QUOTES: Final = "\"'\\\ufeff\0 \t\r\n"  # around a text, such as JSON in JSON
_HOLD_LEVELS: Final = frozenset(("value", "level"))  # beside the name of TLP, as in {"key": "tlp", "value": "red"}
_VALUE_CHARACTERS: Final = 40  # of a text beside the name of TLP that may be a level in unknown words
_PAIR: Final = 2  # items of a list: ["tlp", "red"]
_LABELS: Final = "labels"
_DISTRIBUTION: Final = "distribution"  # of MISP


class _Topic(Enum):
    """What the part of the object around a value is about: TLP, who may receive the object, or something else."""

    NOTHING = auto()
    HANDLING = auto()
    TLP = auto()


@dataclass(frozen=True, slots=True)
class StatedLevel:
    """The level that an object states, without anything outside the object."""

    level: TLP | None = None  # the highest stated one; None: no level is stated
    markings: tuple[str, ...] = ()  # ids of other definitions, each of which may state a higher level
    unclear_text: str = ""  # a text in the form of a TLP label that names no level


_NOTHING: Final = StatedLevel()


def stated_level(content: Mapping[str, Any], known_markings: KnownMarkings = KNOWN_MARKINGS) -> StatedLevel:
    """The level that a JSON object states, whether the object is valid or not."""
    return _LevelReader(known_markings).read(content)


def stated_level_of_valid(content: Mapping[str, Any], known_markings: KnownMarkings = KNOWN_MARKINGS) -> StatedLevel:
    """As `stated_level`, for a valid object: faster, since most objects need no closer look.

    Texts of properties that state no level are left out, except headings. A quick scan of the remaining JSON shows whether
    only the property for markings states a level. One tool writes the same remaining JSON on most objects, so it is cached.
    """
    silent = _WITHOUT_WORDS.get(content["type"], _MENTIONS)
    scanned = orjson.dumps(
        {key: value for key, value in content.items() if key not in silent or type(value) is not str}
    )
    refs = content.get("object_marking_refs", ())
    if type(refs) in (list, tuple) and not level_headings.may_mark(content) and _has_silent_labels(content):
        scan = _mentions_of_markings if len(scanned) <= _CACHED_BYTES else _mentions_of_markings.__wrapped__
        mentions, uuids = scan(scanned)
        # only the property and its ids mention a marking, and the object is no definition
        if mentions == len(refs) + ("object_marking_refs" in content) + (_LABELS in content) and not any(
            f"{_MARKING}--{uuid}" in known_markings for uuid in uuids
        ):
            level: TLP | None = None
            for ref in refs:
                if ref not in known_markings:
                    break
                known_level = known_markings[ref]
                if known_level is not None and (level is None or level < known_level):
                    level = known_level
            else:
                return _NOTHING if level is None else _OF_LEVEL[level]
    return stated_level(content, known_markings)


def _has_silent_labels(content: Mapping[str, Any]) -> bool:
    labels = content.get(_LABELS, ())
    if type(labels) not in (list, tuple):
        return False
    for label in labels:
        if type(label) is not str or (
            len(label) <= level_words.LABEL_CHARACTERS and not level_words.is_silent_label(label)
        ):
            return False
    return True


@lru_cache(maxsize=1_000)
def _mentions_of_markings(scanned: bytes) -> tuple[int, tuple[str, ...]]:
    """The count of the words marking and labels in JSON, -1 if it may state a level in other words; and the UUIDs of other ids."""
    lower = scanned.lower()
    if (
        not lower.isascii()
        or level_words.json_may_name_tlp(lower)
        or level_words.names_handling_in(lower)
        or _BEGINS_AS_MARKING.search(lower) is not None
    ):
        return -1, ()
    uuids = (
        lower[match.start() - _BEFORE_DASH : match.end()].decode()
        for match in _UUID_END.finditer(lower)
        if not lower.endswith(_MARKING_PREFIX, 0, match.start() - _BEFORE_DASH)
    )
    return lower.count(b"marking") + lower.count(b'"labels"'), tuple(uuids)


_CACHED_BYTES: Final = 1_000
_OF_LEVEL: Final = {level: StatedLevel(level) for level in TLP}


class _LevelReader:
    """One walk over an object, which collects all levels that it states."""

    def __init__(self, known_markings: KnownMarkings) -> None:
        self._known_markings = known_markings
        self._levels: list[TLP] = []
        self._markings: dict[str, None] = {}
        self._unclear_text = ""
        self._keys: dict[str, level_words.KeyWords] = {}  # so that the name of a list with many items is read once
        self._is_definition = False
        self._has_prose = False  # a name or description written by a person, unlike the name of a file

    def read(self, content: Mapping[str, Any]) -> StatedLevel:
        """The level that the object states."""
        is_definition = content.get("type") == _MARKING
        self._is_definition = is_definition
        self._has_prose = "modified" in content and not is_definition
        is_handling = is_definition and not level_words.names_pap(_kind_and_names(content))
        self._properties(content, _MENTIONS, _Topic.HANDLING if is_handling else _Topic.NOTHING)
        if self._has_prose and level_headings.is_classified(content):
            self._unclear_text = "a classification over its text"
        self._levels += level_headings.levels_of_rule(content)
        if is_definition:
            own_id = content.get("id")
            if isinstance(own_id, str) and (level := self._known_markings.get(own_id)) is not None:
                self._levels.append(level)
            self._definition(content)
        return StatedLevel(max(self._levels, default=None), tuple(self._markings), self._unclear_text)

    def _properties(self, content: Mapping[str, Any], mentions: frozenset[str], topic: _Topic) -> None:
        for key, value in content.items():
            if isinstance(key, str):
                self._text(key, "", mentions)  # a marking may be the key of a custom object
                self._value(key, value, mentions, topic)

    def _value(self, key: str, value: Any, mentions: frozenset[str], topic: _Topic) -> None:
        if isinstance(value, str):
            self._text(value, key, mentions, topic)
        elif isinstance(value, Mapping):
            self._embedded(key, value, topic)
        elif isinstance(value, list | tuple):
            self._list(key, value, mentions, topic)
        elif value is not None:
            self._other_value(key, value, topic)

    def _embedded(self, key: str, content: Mapping[str, Any], topic: _Topic) -> None:
        inner_topic = self._inner_topic(key, content.values(), topic)
        levels = len(self._levels)
        self._properties(content, _MENTIONS_INSIDE, inner_topic)
        if content.get("type") == _MARKING:
            self._definition(content)
        if key == acs.EXTENSION:
            self._acs(content)
        elif inner_topic is not topic and inner_topic is _Topic.TLP and len(self._levels) == levels:
            words = self._key(key)
            if key == TLP2_EXTENSION:
                self._unclear_text = "the TLP 2.0 extension"
            elif words.may_be_level or not words.names_tlp:
                self._unclear_text = self._unclear_text or _unread_in(content)

    def _list(self, key: str, items: Sequence[Any], mentions: frozenset[str], topic: _Topic) -> None:
        inner_topic = self._inner_topic("", items, topic)
        levels = len(self._levels)
        for item in items:
            self._value(key, item, mentions, inner_topic)
        if inner_topic is not topic and len(items) == _PAIR and len(self._levels) == levels and key != _LABELS:
            self._unclear_text = self._unclear_text or " ".join(_texts(items))

    def _inner_topic(self, key: str, values: Collection[Any], topic: _Topic) -> _Topic:
        """The topic of an embedded object or a list, by its property or a text in it."""
        words = self._key(key)
        if (
            topic is _Topic.TLP
            or words.names_tlp
            or key == TLP2_EXTENSION
            or any(map(level_words.is_name_of_tlp, values))
        ):
            return _Topic.TLP
        if words.is_pap or key == PAP_EXTENSION or any(map(level_words.is_name_of_pap, values)):
            return _Topic.NOTHING
        return _Topic.HANDLING if words.is_handling else topic

    def _text(self, text: str, key: str, mentions: frozenset[str], topic: _Topic = _Topic.NOTHING) -> None:
        if key in mentions:
            if self._has_prose and key in level_headings.PROSE:
                self._heading(text, title=key in level_headings.TITLES)
            return
        if marking_ids := self._marking_ids(text):
            for identifier in marking_ids:
                self._marking(identifier)
        elif key == _LABELS:
            self._label(text, topic)
        elif key:
            self._word(text, key, topic)

    def _heading(self, text: str, *, title: bool = False) -> None:
        levels = level_headings.heading_levels(text, title=title)
        if levels is None:
            self._unclear_text = text
        else:
            self._levels += levels

    def _marking_ids(self, text: str) -> list[str]:
        """The ids of marking definitions if they are the whole text.

        UUIDs of known definitions count with any prefix, also if each word of the text contains one, or in JSON.
        """
        if "-" not in text:
            return []
        lowered = text.lower().strip(_QUOTES)
        if _MARKING_IDS.fullmatch(lowered):
            return _ONE_MARKING_ID.findall(lowered)
        known_ids = [
            marking_id
            for uuid in _ANY_UUID.findall(lowered)
            if (marking_id := f"{_MARKING}--{uuid}") in self._known_markings
        ]
        if not known_ids or lowered.startswith(_JSON):
            return known_ids
        return known_ids if all(_ANY_UUID.search(word) for word in _WORDS.findall(lowered)) else []

    def _marking(self, identifier: str) -> None:
        if identifier not in self._known_markings:
            self._markings[identifier] = None
        elif (level := self._known_markings[identifier]) is not None:
            self._levels.append(level)

    def _label(self, text: str, topic: _Topic) -> None:
        levels = level_words.label_levels(text)
        if levels is None:
            self._unclear_text = text
        else:
            self._levels += levels
            if topic is _Topic.TLP and (level := level_words.level_of_word(text)) is not None:
                self._levels.append(level)

    def _word(self, text: str, key: str, topic: _Topic) -> None:
        """A text that states a level by itself, under a key or beside a text that names TLP, or in a part about handling."""
        if (
            text.lstrip(_QUOTES).startswith(_JSON)
            and level_words.may_name_tlp(level_words.fold(text))
            and self._json(text, key, topic)
        ):
            self._level_of_key(text, key)
            return
        levels = level_words.text_levels(text)
        if len(text) > level_words.LABEL_CHARACTERS:
            self._heading(text)
        if levels is None:
            self._unclear_text = text
        elif levels:
            self._level_of_key(text, key)
        elif len(text) <= level_words.LABEL_CHARACTERS:
            words = self._key(key)
            if topic is _Topic.TLP or words.names_tlp:
                levels = self._beside_tlp(text, key, words, topic)
            elif (topic is _Topic.HANDLING or words.is_handling) and not words.is_pap:
                # a level below AMBER does not count: it would open an object that has no other marking
                level = level_words.level_of_word(text)
                levels = [level] if level is not None and level >= TLP.AMBER else []
                self._handling(text, key, words)
        self._levels += levels or ()

    def _handling(self, text: str, key: str, words: level_words.KeyWords) -> None:
        """A classification, or a word that forbids sharing, in a part about handling."""
        if self._is_definition and not words.is_handling:
            return  # `_definition` reads its texts together
        text_words = level_words.plain_words(text)
        if (
            classifications.is_classification(text, text_words)
            or (words.is_handling and classifications.forbids_sharing(text_words))
            or (text_words == "0" and _is_distribution(key))
        ):
            self._unclear_text = f"{key}: {text}"

    def _level_of_key(self, text: str, key: str) -> None:
        """Count the level in the name of a property, too, when its text also states one."""
        level = self._key(key).level
        if level is not None and not level_words.is_denial(text):
            self._levels.append(level)

    def _json(self, text: str, key: str, topic: _Topic) -> bool:
        """Read JSON in a text as an object, and also as a text. False: it is no JSON."""
        try:
            value = nearly_json.parse(text)
        except ValueError:
            self._broken_json(text)
            return False
        self._levels += level_words.text_levels(text) or ()
        try:
            if not isinstance(value, str | int | float | None):
                self._value(key, value, _MENTIONS_INSIDE, topic)
        except RecursionError:
            self._unclear_text = text
        return True

    def _broken_json(self, text: str) -> None:
        """Read a text in braces that is cut off, continues after its end, or is nested too deeply."""
        if text.lstrip(_QUOTES).startswith(_BRACE):
            levels = level_words.levels_of_items(text)
            self._levels += levels
            if not levels and nearly_json.may_be_too_deep(text):
                self._unclear_text = text

    def _beside_tlp(self, text: str, key: str, words: level_words.KeyWords, topic: _Topic) -> list[TLP]:
        level = level_words.level_of_word(text)
        if level is None and not level_words.is_denial(text):
            level = words.level
            if level is None and topic is _Topic.TLP:
                level = level_words.level_of_word(key)
        levels = level_words.levels_in_text(text) if words.names_tlp else []
        if level is not None:
            return [level, *levels]
        should_be_level = words.may_be_level or (
            topic is _Topic.TLP and key in _HOLD_LEVELS and not level_words.is_name_of_tlp(text)
        )
        if should_be_level and not levels and words.level is None:
            self._unclear_text = text
        return levels

    def _other_value(self, key: str, value: Any, topic: _Topic) -> None:
        """Read a number, true or false: `tlp_red: true` states a level, and `tlp: 4` an unknown one."""
        words = self._key(key)
        if value == 0 and value is not False and _is_distribution(key):
            self._unclear_text = f"{key}: {value}"
        if not (topic is _Topic.TLP or words.names_tlp):
            return
        is_denied = level_words.is_denial(value)
        level = None if is_denied else words.level
        if level is None and topic is _Topic.TLP and not is_denied and len(key) <= level_words.LABEL_CHARACTERS:
            level = max(level_words.levels_in_key(key), default=None)
        if level is not None:
            self._levels.append(level)
        elif (
            value is not False
            and not (is_denied and words.level is not None)
            and (words.may_be_level or (topic is _Topic.TLP and key in _HOLD_LEVELS))
        ):
            self._unclear_text = f"{key}: {value}"

    def _key(self, key: str) -> level_words.KeyWords:
        words = self._keys.get(key)
        if words is None:
            words = self._keys[key] = level_words.key_words(key)
        return words

    def _definition(self, content: Mapping[str, Any]) -> None:
        """Read the words of a marking definition."""
        kind = " ".join(_texts(content.get(key) for key in _KINDS))
        names = list(_texts(content.get(key) for key in _NAMES))
        definition = content.get("definition")
        statements = list(_texts(definition.values() if isinstance(definition, Mapping) else (definition,)))
        levels = level_words.definition_levels(kind, [*names, *statements])
        if levels is None and not self._levels:
            self._unclear_text = " ".join((*names, *statements)) or "a definition of TLP"
        self._levels += levels or ()

    def _acs(self, marking: Mapping[str, Any]) -> None:
        level = acs.level_of(marking)
        if level is None:
            self._unclear_text = "an ACS marking of what is classified"
        elif level > TLP.CLEAR:
            self._levels.append(level)


def _is_distribution(key: str) -> bool:
    """Whether a property is MISP's distribution, whose 0 is "your organisation only"."""
    return key == _DISTRIBUTION or key.endswith(f"_{_DISTRIBUTION}")


_KINDS: Final = ("definition_type", "x_opencti_definition_type")
_NAMES: Final = ("name", "x_opencti_definition", "description")


def _kind_and_names(definition: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts(definition.get(key) for key in (*_KINDS, *_NAMES))


def _unread_in(content: Mapping[str, Any]) -> str:
    """The first text or value in an embedded object about TLP in which no level was read; empty if there is none."""
    values: list[tuple[str, Any]] = list(content.items())
    for key, value in values:  # the list grows during the loop
        if isinstance(value, Mapping):
            values += ((name, item) for name, item in value.items() if isinstance(name, str))
        elif isinstance(value, list | tuple):
            values += ((key, item) for item in value)
        elif isinstance(value, str):
            if key not in _MENTIONS_INSIDE and 0 < len(value) <= _VALUE_CHARACTERS and not _is_no_level(value):
                return value
        elif value is not None and not level_words.is_denial(value) and level_words.may_hold_level(key):
            return f"{key}: {value}"
    return ""


def _is_no_level(text: str) -> bool:
    return "://" in text or level_words.is_name_of_tlp(text) or level_words.is_denial(text)


def _texts(values: Any) -> Iterator[str]:
    yield from (value for value in values if isinstance(value, str))
