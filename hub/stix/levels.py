"""What an object says of its own level, in whichever words (law L5 a).

| Said by | Where | Level |
|---|---|---|
| an id of TLP 1.0 or 2.0 | wherever a marking reference may stand: object and granular markings, embedded objects, external references, extensions, custom properties and lists in them | that of the id |
| an id of a platform (`PLATFORM_IDS`), or one that `collections/hub.toml` declares | as above | as listed |
| an id of PAP | as above | none: PAP says what a reader may do, not who reads |
| any other marking definition | as above | what its definition says, which is held or comes in the same envelope |
| a bare UUID of one of these, `urn:uuid:…`, an address or element each word of which holds one, or an id in a text that holds JSON | outside prose | as above |
| a label: `tlp:red`, `TLP:AMBER+STRICT`, `tlp:"amber+strict"`, `Traffic Light Protocol: green`, `traffic-light:red`, `tlp-level:red` | `labels` | the highest word behind TLP |
| a text of at most 200 characters that says so: `TLP:RED - do not share`, `classification: TLP RED`; an item of a longer list: `…,tlp:red,…` | custom properties and extensions, external references except their descriptions; JSON in a text says what it would say as it is | that of the word |
| AMBER or higher over, under or between prose, in a line, sentence or brackets of its own: `[TLP:RED] Incident at …`, `Classification: TLP RED`; at an end of a title | name, description, abstract, content and explanation of objects with versions, descriptions of external references | that of the word |
| AMBER or higher in the metadata, tags or message of a rule: `meta: tlp = "RED"`, `- tlp.amber`; not in what it searches for | pattern of an indicator in another language than STIX's | that of the word |
| AMBER or higher in a label of a sector's centre or about handling: `fs-isac:red`, `sharing:amber`; `amber+strict` alone | `labels` | that of the word |
| a classification or caveat: `NATO RESTRICTED`, `SULIT`, `eyes only` (`classifications.py`); MISP's distribution 0 | labels, marking definitions, properties that speak of handling; the first line of prose, in capitals | not understood |
| a value under a key that names TLP: `x_tlp: "red"`, `tlp_2_0: "amber"`, `tlp: {"level": "red"}`; a key that says it: `tlp_red: true` | anywhere | that of the word |
| a word for AMBER or higher that is the whole value of a property that speaks of handling: `x_handling: "RED"`, `restriction: "amber"`, STIX 1's `handling` | custom properties, extensions, embedded objects | that of the word |
| a value beside the name of TLP: `{"key": "tlp", "value": "red"}`, `["tlp", "red"]` | in embedded objects and lists | that of the word |
| the TLP 2.0 extension | wherever extensions stand | that of any value in it |
| a marking definition, of itself and of all that it marks | its name, statement, description, `definition.tlp`, `x_opencti_definition`; the level's word alone, or at the end of a short name (`FS-ISAC RED`), unless PAP is named | that of the words |
| ISA's ACS marking (`acs.py`), as CISA's AIS writes it | wherever extensions stand | unclassified: AMBER+STRICT, none where it is released to the public or shared by default; else not understood |

Of several levels the highest counts. Case, spaces, underscores, quotation marks, full-width letters, letters of other scripts
that look alike, and characters without width make no difference, nor does the version of TLP ("TLP 2.0 RED"). What is a
TLP label in form and names no level (`tlp:purple`, `TLP赤`, `tlp:amber+s`, `x_tlp: "purple"`, `x_tlp_color: "#FF2B2B"`,
`x_tlp: {"code": 4}`), and a marking definition that names TLP and no level, or is called by a colour in another language
(`TLP ROUGE`, `MERAH`), is not understood, and such an object is refused, never taken for unmarked.

An embedded object says as much: by its markings, its `id` or its `name` (as platforms embed markings and tags), and by
what it defines where it is a marking definition.

Nothing is said by a mention: an `object_refs` or another reference from object to object may list a definition, and a
description or the object's own name may quote its id. Sentences in names, descriptions and other prose, the values of
observables and patterns say nothing in words either, except in a marking definition.
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
_ANY_UUID: Final = re.compile(UUID, re.ASCII)
_WORDS: Final = re.compile(r"[^\s,;|]++")
# In JSON in lower case: a text that begins with a blank, with a word which says a level where a property speaks of handling,
# whatever signs are around it, or with the address of an id; and the extensions that say a level without a word for it.
_BEGINS_AS_MARKING: Final = re.compile(
    rb'"(?:[\s\\]|(?:[^a-z0-9"\\]|\\(?:[\\bfnrt]|u[0-9a-f]{4}))*+(?:red|amber)(?![a-z0-9])|amber|urn:'
    rb"|extension-definition--(?:%b|%b))"
    % tuple(extension.rpartition("--")[2].encode() for extension in (TLP2_EXTENSION, acs.EXTENSION))
)
# A UUID from its first dash on: a search that begins with a letter is several times as fast as one for the whole.
_UUID_END: Final = re.compile(UUID.removeprefix("[0-9a-f]{8}").encode())
_BEFORE_DASH: Final = 8
_MARKING_PREFIX: Final = f"{_MARKING}--".encode()

# References from object to object, and texts: what stands there mentions a definition and is no marking.
_MENTIONS: Final = frozenset(
    "id object_refs object_ref source_ref target_ref sighting_of_ref observed_data_refs where_sighted_refs "
    "name description content abstract explanation opinion summary aliases pattern value subject body".split()
)
# Inside an object these are no longer its own id, name or value: `{"id": …}` and `{"name": "tlp:red"}` are how platforms
# write markings and tags.
_MENTIONS_INSIDE: Final = _MENTIONS - {"id", "name", "value"}
# Of the standard's own types the schema leaves no choice of words in these, and an author is no marking.
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
_JSON: Final = ("{", "[")  # begin a text that holds JSON
_BRACE: Final = _JSON[0]
_QUOTES: Final = "\"'\\\ufeff\0 \t\r\n"  # around a text, such as JSON in JSON
_HOLD_LEVELS: Final = frozenset(("value", "level"))  # beside the name of TLP, as in {"key": "tlp", "value": "red"}
_VALUE_CHARACTERS: Final = (
    40  # of a text beside the name of TLP that may be a level in words which the hub does not read
)
_PAIR: Final = 2  # items of a list: ["tlp", "red"]
_LABELS: Final = "labels"
_DISTRIBUTION: Final = "distribution"  # of MISP


class _About(Enum):
    """What is spoken of where a value stands: TLP, who may have the object, or something else."""

    NOTHING = auto()
    HANDLING = auto()
    TLP = auto()


@dataclass(frozen=True, slots=True)
class StatedLevel:
    """What an object says of its level, before anything outside it is looked at."""

    level: TLP | None = None  # the highest that is said; None: nothing is
    markings: tuple[str, ...] = ()  # ids of other definitions, each of which may say more
    unclear: str = ""  # a text in the form of a TLP label that names no level


_NOTHING: Final = StatedLevel()


def stated_level(content: Mapping[str, Any], known: KnownMarkings = KNOWN_MARKINGS) -> StatedLevel:
    """What a JSON object says of its level, whether it is valid or not."""
    return _Reading(known).of(content)


def stated_level_of_valid(content: Mapping[str, Any], known: KnownMarkings = KNOWN_MARKINGS) -> StatedLevel:
    """The same of a valid object, most of which need no closer look.

    Texts that say nothing by what their property is are left out, except headings. In the rest, a glance shows that nothing
    speaks of a level but the property for markings. One tool writes the same rest on most objects, so that glance is cached.
    """
    silent = _WITHOUT_WORDS.get(content["type"], _MENTIONS)
    rest = orjson.dumps({key: value for key, value in content.items() if key not in silent or type(value) is not str})
    refs = content.get("object_marking_refs", ())
    if type(refs) in (list, tuple) and not level_headings.may_mark(content) and _has_silent_labels(content):
        glance = _mentions_of_markings if len(rest) <= _CACHED_BYTES else _mentions_of_markings.__wrapped__
        mentions, uuids = glance(rest)
        # nothing speaks of a marking but the property and each of its ids; nor is this a definition
        if mentions == len(refs) + ("object_marking_refs" in content) + (_LABELS in content) and not any(
            f"{_MARKING}--{uuid}" in known for uuid in uuids
        ):
            level: TLP | None = None
            for ref in refs:
                if ref not in known:
                    break
                known_level = known[ref]
                if known_level is not None and (level is None or level < known_level):
                    level = known_level
            else:
                return _NOTHING if level is None else _OF_LEVEL[level]
    return stated_level(content, known)


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
def _mentions_of_markings(rest: bytes) -> tuple[int, tuple[str, ...]]:
    """How often JSON has the words marking and labels in it, -1 where it may say a level in others; and the UUIDs of other ids."""
    lower = rest.lower()
    if (
        not lower.isascii()
        or level_words.may_say_in(lower)
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


class _Reading:
    """One walk over an object."""

    def __init__(self, known: KnownMarkings) -> None:
        self._known = known
        self._levels: list[TLP] = []
        self._markings: dict[str, None] = {}
        self._unclear = ""
        self._keys: dict[str, level_words.KeyWords] = {}  # a long name of a list with many items is read once
        self._defines = False
        self._written = False  # by somebody, unlike the name of a file

    def of(self, content: Mapping[str, Any]) -> StatedLevel:
        """All that is said in it."""
        defines = content.get("type") == _MARKING
        self._defines = defines
        self._written = "modified" in content and not defines
        handling = defines and not level_words.names_pap(_kind_and_names(content))
        self._properties(content, _MENTIONS, _About.HANDLING if handling else _About.NOTHING)
        if self._written and level_headings.is_classified(content):
            self._unclear = "a classification over its text"
        self._levels += level_headings.levels_of_rule(content)
        if defines:
            own_id = content.get("id")
            if isinstance(own_id, str) and (level := self._known.get(own_id)) is not None:
                self._levels.append(level)
            self._definition(content)
        return StatedLevel(max(self._levels, default=None), tuple(self._markings), self._unclear)

    def _properties(self, content: Mapping[str, Any], mentions: frozenset[str], about: _About) -> None:
        for key, value in content.items():
            if isinstance(key, str):
                self._text(key, "", mentions)  # a marking may be the key of a custom object
                self._value(key, value, mentions, about)

    def _value(self, key: str, value: Any, mentions: frozenset[str], about: _About) -> None:
        if isinstance(value, str):
            self._text(value, key, mentions, about)
        elif isinstance(value, Mapping):
            self._embedded(key, value, about)
        elif isinstance(value, list | tuple):
            self._list(key, value, mentions, about)
        elif value is not None:
            self._sign(key, value, about)

    def _embedded(self, key: str, content: Mapping[str, Any], about: _About) -> None:
        inside = self._inside(key, content.values(), about)
        levels = len(self._levels)
        self._properties(content, _MENTIONS_INSIDE, inside)
        if content.get("type") == _MARKING:
            self._definition(content)
        if key == acs.EXTENSION:
            self._acs(content)
        elif inside is not about and inside is _About.TLP and len(self._levels) == levels:
            words = self._key(key)
            if key == TLP2_EXTENSION:
                self._unclear = "the TLP 2.0 extension"
            elif words.holds_level or not words.names_tlp:
                self._unclear = self._unclear or _unread_in(content)

    def _list(self, key: str, items: Sequence[Any], mentions: frozenset[str], about: _About) -> None:
        inside = self._inside("", items, about)
        levels = len(self._levels)
        for item in items:
            self._value(key, item, mentions, inside)
        if inside is not about and len(items) == _PAIR and len(self._levels) == levels and key != _LABELS:
            self._unclear = self._unclear or " ".join(_texts(items))

    def _inside(self, key: str, values: Collection[Any], about: _About) -> _About:
        """What is spoken of in an embedded object or a list, by the property around it or a text in it."""
        words = self._key(key)
        if (
            about is _About.TLP
            or words.names_tlp
            or key == TLP2_EXTENSION
            or any(map(level_words.is_name_of_tlp, values))
        ):
            return _About.TLP
        if words.of_pap or key == PAP_EXTENSION or any(map(level_words.is_name_of_pap, values)):
            return _About.NOTHING
        return _About.HANDLING if words.handling else about

    def _text(self, text: str, key: str, mentions: frozenset[str], about: _About = _About.NOTHING) -> None:
        if key in mentions:
            if self._written and key in level_headings.PROSE:
                self._heading(text, title=key in level_headings.TITLES)
            return
        if marking_ids := self._marking_ids(text):
            for identifier in marking_ids:
                self._marking(identifier)
        elif key == _LABELS:
            self._label(text, about)
        elif key:
            self._word(text, key, about)

    def _heading(self, text: str, *, title: bool = False) -> None:
        levels = level_headings.heading_levels(text, title=title)
        if levels is None:
            self._unclear = text
        else:
            self._levels += levels

    def _marking_ids(self, text: str) -> list[str]:
        """The ids of marking definitions that are all of a text.

        Known ones count under any name, also where they are a part of each word of it, or stand in JSON.
        """
        if "-" not in text:
            return []
        lowered = text.lower().strip(_QUOTES)
        if _MARKING_IDS.fullmatch(lowered):
            return _ONE_MARKING_ID.findall(lowered)
        known = [
            marking_id for uuid in _ANY_UUID.findall(lowered) if (marking_id := f"{_MARKING}--{uuid}") in self._known
        ]
        if not known or lowered.startswith(_JSON):
            return known
        return known if all(_ANY_UUID.search(word) for word in _WORDS.findall(lowered)) else []

    def _marking(self, identifier: str) -> None:
        if identifier not in self._known:
            self._markings[identifier] = None
        elif (level := self._known[identifier]) is not None:
            self._levels.append(level)

    def _label(self, text: str, about: _About) -> None:
        levels = level_words.label_levels(text)
        if levels is None:
            self._unclear = text
        else:
            self._levels += levels
            if about is _About.TLP and (level := level_words.level_of_word(text)) is not None:
                self._levels.append(level)

    def _word(self, text: str, key: str, about: _About) -> None:
        """A text that says a level by itself, under a key or beside a text that names TLP, or where handling is spoken of."""
        if (
            text.lstrip(_QUOTES).startswith(_JSON)
            and level_words.may_say(level_words.folded(text))
            and self._json(text, key, about)
        ):
            self._said_by_key(text, key)
            return
        levels = level_words.text_levels(text)
        if len(text) > level_words.LABEL_CHARACTERS:
            self._heading(text)
        if levels is None:
            self._unclear = text
        elif levels:
            self._said_by_key(text, key)
        elif len(text) <= level_words.LABEL_CHARACTERS:
            words = self._key(key)
            if about is _About.TLP or words.names_tlp:
                levels = self._beside_tlp(text, key, words, about)
            elif (about is _About.HANDLING or words.handling) and not words.of_pap:
                # a level below AMBER is left out: it would open what is said nowhere else
                level = level_words.level_of_word(text)
                levels = [level] if level is not None and level >= TLP.AMBER else []
                self._handling(text, key, words)
        self._levels += levels or ()

    def _handling(self, text: str, key: str, words: level_words.KeyWords) -> None:
        """A classification, or a word for what is not passed on, where handling is spoken of."""
        if self._defines and not words.handling:
            return  # its texts are read together, in `_definition`
        plain = level_words.plain(text)
        if (
            classifications.is_classification(text, plain)
            or (words.handling and classifications.keeps_back(plain))
            or (plain == "0" and _is_distribution(key))
        ):
            self._unclear = f"{key}: {text}"

    def _said_by_key(self, text: str, key: str) -> None:
        """The level in the name of a property whose text says another one, or more than that."""
        level = self._key(key).level
        if level is not None and not level_words.denies(text):
            self._levels.append(level)

    def _json(self, text: str, key: str, about: _About) -> bool:
        """JSON in a text says what it would say as it is, and what it says as a text. False: it is no JSON."""
        try:
            value = nearly_json.parse(text)
        except ValueError:
            self._broken_json(text)
            return False
        self._levels += level_words.text_levels(text) or ()
        try:
            if not isinstance(value, str | int | float | None):
                self._value(key, value, _MENTIONS_INSIDE, about)
        except RecursionError:
            self._unclear = text
        return True

    def _broken_json(self, text: str) -> None:
        """What a text in braces says although it is cut off, goes on behind its end, or is nested too deeply."""
        if text.lstrip(_QUOTES).startswith(_BRACE):
            levels = level_words.levels_of_items(text)
            self._levels += levels
            if not levels and nearly_json.may_be_too_deep(text):
                self._unclear = text

    def _beside_tlp(self, text: str, key: str, words: level_words.KeyWords, about: _About) -> list[TLP]:
        level = level_words.level_of_word(text)
        if level is None and not level_words.denies(text):
            level = words.level
            if level is None and about is _About.TLP:
                level = level_words.level_of_word(key)
        levels = level_words.loose_levels(text) if words.names_tlp else []
        if level is not None:
            return [level, *levels]
        unread = words.holds_level or (
            about is _About.TLP and key in _HOLD_LEVELS and not level_words.is_name_of_tlp(text)
        )
        if unread and not levels and words.level is None:
            self._unclear = text
        return levels

    def _sign(self, key: str, value: Any, about: _About) -> None:
        """A number, true or false: `tlp_red: true` says a level, and `tlp: 4` one that nobody knows."""
        words = self._key(key)
        if value == 0 and value is not False and _is_distribution(key):
            self._unclear = f"{key}: {value}"
        if not (about is _About.TLP or words.names_tlp):
            return
        denied = level_words.denies(value)
        level = None if denied else words.level
        if level is None and about is _About.TLP and not denied and len(key) <= level_words.LABEL_CHARACTERS:
            level = max(level_words.words_of_key(key), default=None)
        if level is not None:
            self._levels.append(level)
        elif (
            value is not False
            and not (denied and words.level is not None)
            and (words.holds_level or (about is _About.TLP and key in _HOLD_LEVELS))
        ):
            self._unclear = f"{key}: {value}"

    def _key(self, key: str) -> level_words.KeyWords:
        words = self._keys.get(key)
        if words is None:
            words = self._keys[key] = level_words.key_words(key)
        return words

    def _definition(self, content: Mapping[str, Any]) -> None:
        """What a marking definition says in words, beyond the ids that stand in it."""
        kind = " ".join(_texts(content.get(key) for key in _KINDS))
        named = list(_texts(content.get(key) for key in _NAMES))
        definition = content.get("definition")
        stated = list(_texts(definition.values() if isinstance(definition, Mapping) else (definition,)))
        levels = level_words.definition_levels(kind, [*named, *stated])
        if levels is None and not self._levels:
            self._unclear = " ".join((*named, *stated)) or "a definition of TLP"
        self._levels += levels or ()

    def _acs(self, marking: Mapping[str, Any]) -> None:
        level = acs.level_of(marking)
        if level is None:
            self._unclear = "an ACS marking of what is classified"
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
    """The first thing that an object which belongs to TLP says, though no level is read in it; empty: it says nothing."""
    values: list[tuple[str, Any]] = list(content.items())
    for key, value in values:  # which grows on the way
        if isinstance(value, Mapping):
            values += ((name, item) for name, item in value.items() if isinstance(name, str))
        elif isinstance(value, list | tuple):
            values += ((key, item) for item in value)
        elif isinstance(value, str):
            if key not in _MENTIONS_INSIDE and 0 < len(value) <= _VALUE_CHARACTERS and not _says_nothing(value):
                return value
        elif value is not None and not level_words.denies(value) and level_words.tells_level(key):
            return f"{key}: {value}"
    return ""


def _says_nothing(text: str) -> bool:
    return "://" in text or level_words.is_name_of_tlp(text) or level_words.denies(text)


def _texts(values: Any) -> Iterator[str]:
    yield from (value for value in values if isinstance(value, str))
