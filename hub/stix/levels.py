"""What an object says of its own level, in whichever words (law L5 a).

| Said by | Where | Level |
|---|---|---|
| an id of TLP 1.0 or 2.0 | wherever a marking reference may stand: object and granular markings, embedded objects, external references, extensions, custom properties and lists in them | that of the id |
| an id of a platform (`PLATFORM_IDS`), or one that `collections/hub.toml` declares | as above | as listed |
| an id of PAP | as above | none: PAP says what a reader may do, not who reads |
| any other marking definition | as above | what its definition says, which is held or comes in the same envelope |
| a label: `tlp:red`, `TLP:AMBER+STRICT`, `tlp:"amber+strict"`, `Traffic Light Protocol: green` | `labels`; elsewhere as a whole text, such as in custom properties, extensions and external references | that of the word |
| a value under a key that names TLP: `x_tlp: "red"`, `tlp_2_0: "amber"` | anywhere | that of the word |
| a marking definition, of itself and of all that it marks | its name, its statement, `definition.tlp`, `x_opencti_definition`, the TLP 2.0 extension | that of the words |

Of several levels the highest counts. Case, spaces, underscores, quotation marks, full-width letters and characters
without width make no difference, nor does the version of TLP ("TLP 2.0 RED"). What is a TLP label in form and names no
level (`tlp:purple`, `x_tlp: "purple"`) is not understood, and such an object is refused, never taken for unmarked.

An embedded object says as much: by its markings, its `id` or its `name` (as platforms embed markings and tags), and by
what it defines where it is a marking definition.

Nothing is said by a mention: an `object_refs` or another reference from object to object may list a definition, and a
description or the object's own name may quote its id. Names, descriptions and other prose, the values of observables and patterns say
nothing in words either, except in a marking definition.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.stix.identifiers import UUID
from hub.stix.tlp import BY_WORD, LEVELS, PAP_IDS, TLP

KnownMarkings = Mapping[str, TLP | None]
"""Marking ids with the level that each says, None for one that says none."""

PLATFORM_IDS: Final[KnownMarkings] = {
    # OpenCTI: its TLP:AMBER+STRICT; its other levels have the ids of TLP 1.0
    "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37": TLP.AMBER_STRICT,
}
KNOWN_MARKINGS: Final[KnownMarkings] = {**LEVELS, **dict.fromkeys(PAP_IDS.values()), **PLATFORM_IDS}

_MARKING: Final = "marking-definition"
_PREFIX: Final = b"marking-definition--"
_MARKING_ID: Final = rf"{_MARKING}--{UUID}"
# one id, or several in one text with nothing but separators between them
# possessive, so that it never gives back what it took: a text of spaces costs its length, not its square
_MARKING_IDS: Final = re.compile(rf"[\s,;|]*+{_MARKING_ID}(?:[\s,;|]++{_MARKING_ID})*+[\s,;|]*+", re.ASCII)
_ONE_MARKING_ID: Final = re.compile(_MARKING_ID, re.ASCII)

# References from object to object, and texts: what stands there mentions a definition and is no marking.
_MENTIONS: Final = frozenset(
    "id object_refs object_ref source_ref target_ref sighting_of_ref observed_data_refs where_sighted_refs "
    "name description content abstract explanation opinion summary aliases pattern value subject body".split()
)
# Inside an object these are no longer its own id, name or value: `{"id": …}` and `{"name": "tlp:red"}` are how platforms
# write markings and tags.
_MENTIONS_INSIDE: Final = _MENTIONS - {"id", "name", "value"}
# On a text that `_plain` made: lower-case ASCII words with one space between them.
_TLP: Final = r"(?:tlp|traffic ?light ?protocol(?: tlp)?)"
_VERSION: Final = r"(?: ?v? ?[12](?: 0)?)?"
_WORD: Final = r"(red|amber ?(?:and |plus )?strict|amber|green|clear|white)"
_SAID: Final = re.compile(rf"(?<![a-z0-9]){_TLP}{_VERSION} ?{_WORD}(?![a-z0-9])")
_WHOLE: Final = re.compile(rf"{_TLP}{_VERSION} ?{_WORD}")
_WORD_ALONE: Final = re.compile(_WORD)
_LOOSE_WORD: Final = re.compile(rf"(?<![a-z0-9]){_WORD}(?![a-z0-9])")
_NAMES_TLP: Final = re.compile(rf"(?<![a-z0-9]){_TLP}(?![a-z])")
_KEY_OF_LEVEL: Final = re.compile(rf"(?:\A| ){_TLP}(?: ?level| ?marking)?{_VERSION}\Z")
_LABEL_FORM: Final = re.compile(rf"\s*+{_TLP}\s*+[:=]")  # on a text that is folded, with its punctuation

_MAY_SAY: Final = re.compile(rb"t(?:lp|raffic)")  # as `_may_say` has it

_SEPARATORS: Final = re.compile(r"[\W_]++")
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
        and lower.count(_PREFIX) == len(refs)  # and so there is none elsewhere, nor is this a definition
        and body.isascii()
        and _MAY_SAY.search(lower) is None
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

    def of(self, content: Mapping[str, Any]) -> SaidLevel:
        """All that is said in it."""
        self._properties(content, _MENTIONS)
        if content.get("type") == _MARKING:
            own_id = content.get("id")
            if isinstance(own_id, str) and (level := self._known.get(own_id)) is not None:
                self._levels.append(level)
            self._definition(content)
        return SaidLevel(max(self._levels, default=None), tuple(self._markings), self._unclear)

    def _properties(self, content: Mapping[str, Any], mentions: frozenset[str]) -> None:
        for key, value in content.items():
            if isinstance(key, str):
                self._text(key, "", mentions)  # a marking may be the key of a custom object
                self._value(key, value, mentions)

    def _value(self, key: str, value: Any, mentions: frozenset[str]) -> None:
        if isinstance(value, str):
            self._text(value, key, mentions)
        elif isinstance(value, Mapping):
            self._properties(value, _MENTIONS_INSIDE)
            if value.get("type") == _MARKING:
                self._definition(value)
        elif isinstance(value, list | tuple):
            for item in value:
                self._value(key, item, mentions)

    def _text(self, text: str, key: str, mentions: frozenset[str]) -> None:
        if key in mentions:
            return
        if "--" in text and _MARKING_IDS.fullmatch(lowered := text.lower().strip()):
            for found in _ONE_MARKING_ID.finditer(lowered):
                self._marking(found[0])
        elif key == "labels":
            self._label(text)
        elif key:
            self._word(text, key)

    def _marking(self, identifier: str) -> None:
        if identifier not in self._known:
            self._markings[identifier] = None
        elif (level := self._known[identifier]) is not None:
            self._levels.append(level)

    def _label(self, text: str) -> None:
        folded = _folded(text)
        if not _may_say(folded):
            return
        levels = list(_levels_in(_SAID, _spaced(folded)))
        if not levels and _LABEL_FORM.match(folded):
            self._unclear = text
        self._levels += levels

    def _word(self, text: str, key: str) -> None:
        """A text that is nothing but a label, or a level under a key that names TLP."""
        if len(text) > _LABEL_CHARACTERS:
            return
        folded, names_tlp = _folded(text), _may_say(_folded(key))
        if not names_tlp and not _may_say(folded):
            return
        plain = _spaced(folded)
        if found := _WHOLE.fullmatch(plain):
            self._levels.append(_level_of(found[1]))
        elif names_tlp and _KEY_OF_LEVEL.search(_plain(key)):
            if found := _WORD_ALONE.fullmatch(plain):
                self._levels.append(_level_of(found[1]))
            else:
                self._unclear = text

    def _definition(self, content: Mapping[str, Any]) -> None:
        """What a marking definition says in words, beyond the ids that stand in it."""
        kind = _plain(" ".join(_texts(content.get(key) for key in ("definition_type", "x_opencti_definition_type"))))
        named = list(_texts((content.get("name"), content.get("x_opencti_definition"))))
        definition = content.get("definition")
        stated = list(_texts(definition.values() if isinstance(definition, Mapping) else (definition,)))
        texts = [_plain(text) for text in (*named, *stated)]
        levels = [level for text in texts for level in _levels_in(_SAID, text)]
        if not levels:
            if _NAMES_TLP.search(kind):
                # "RED" is enough where the definition is one of TLP
                levels = [level for text in texts for level in _levels_in(_LOOSE_WORD, text)]
            else:
                levels = [level for text in texts if _NAMES_TLP.search(text) for level in _levels_in(_LOOSE_WORD, text)]
        if not levels and not self._levels and (_NAMES_TLP.search(kind) or _label_among(named)):
            self._unclear = " ".join(named) or "a definition of TLP"
        self._levels += levels


def _label_among(texts: list[str]) -> bool:
    return any(_LABEL_FORM.match(_folded(text)) for text in texts)


def _texts(values: Any) -> Iterator[str]:
    yield from (value for value in values if isinstance(value, str))


def _levels_in(pattern: re.Pattern[str], plain: str) -> Iterator[TLP]:
    yield from (_level_of(found[1]) for found in pattern.finditer(plain))


def _level_of(word: str) -> TLP:
    return TLP.AMBER_STRICT if word.endswith("strict") else BY_WORD[word]


def _plain(text: str) -> str:
    """Lower-case words with one space between them, however they were spelt."""
    return _spaced(_folded(text))


def _spaced(folded: str) -> str:
    return _SEPARATORS.sub(" ", folded).strip()


def _folded(text: str) -> str:
    """In lower-case ASCII letters: full-width ones become plain, all that has no plain form or no width is dropped."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return text.lower()


def _may_say(folded: str) -> bool:
    return "tlp" in folded or "traffic" in folded
