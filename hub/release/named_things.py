"""Find persons, organisations and places by the name of their field, and streets by words for streets in a text.

Officers add columns to the form ("Nama Direktur", "PIC", "Alamat") and attributes to objects of MISP. No field of a report
takes these values, so they stay at the CERT. But the release step searches for the names in everything that leaves, and an
officer decides about each text and value that contains one. `field_words.toml` lists the words of such fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from typing import Final, Literal, NamedTuple

from hub.release import similar_needles
from hub.release.names import load_word_table, split_words
from hub.release.names_in_texts import MAX_CHARACTERS, report_texts
from hub.release.needle import Needle
from hub.release.needles import our_words
from hub.release.pronunciation import is_ordinary
from hub.reports.report import Report, ReportKind

Kind = Literal["person", "organisation", "place"]
KINDS: Final[tuple[Kind, ...]] = ("place", "organisation", "person")
MAX_FIELDS: Final = 50  # names from fields of one report
MAX_STREETS: Final = 20  # streets from one report
MAX_NAME: Final = 80  # characters; a longer text is a sentence
MAX_WORDS: Final = 8  # words of a name
MIN_LETTERS: Final = 3  # letters of a word of a name

_BETWEEN_NAMES: Final = re.compile(r"[;,\n/|]|\s-\s")
_NOT_A_NAME: Final = re.compile(r"[@\d]|://")


class NamedThing(NamedTuple):
    """A name from a field or text, and what kind of thing it names."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class _FieldWords:
    whole_words: Mapping[Kind, frozenset[str]]
    word_parts: Mapping[Kind, tuple[str, ...]]
    excluded_words: frozenset[str]
    streets: re.Pattern[str]


def named_things(report: Report) -> Iterator[NamedThing]:
    """The names in unused fields of a report, and the streets in its texts, each once.

    None for a feed: its fields describe the sources of attacks.
    """
    if report.kind is ReportKind.FEED:
        return
    yield from islice(dict.fromkeys(chain.from_iterable(_fields(report))), MAX_FIELDS)
    text = "\n".join(dict.fromkeys(text for text in report_texts(report) if text))[:MAX_CHARACTERS]
    yield from (NamedThing("place", street) for street in islice(dict.fromkeys(street_names(text)), MAX_STREETS))


def thing_needles(thing: NamedThing) -> Iterator[Needle]:
    """The needles for texts that resemble the name."""
    if thing.kind == "place":
        yield from similar_needles.place_variants(thing.text, "the report's")
        return
    if thing.kind == "person":
        yield from similar_needles.person_variants(thing.text, "a person whom a field names")
    yield from similar_needles.text_name_variants(thing.text)


def _fields(report: Report) -> Iterator[Iterator[NamedThing]]:
    for row in report.unused:
        kind = field_kind(row.key)
        if kind == "place":
            yield iter((NamedThing(kind, row.value),))
        elif kind is not None:
            yield (NamedThing(kind, name) for name in _names(row.value))


def field_kind(key: str) -> Kind | None:
    """The kind of thing that a field names, by its column or key; None if the key does not say it."""
    field_words = _field_words()
    words = split_words(key.rpartition(".")[2])
    if not field_words.excluded_words.isdisjoint(words):
        return None
    phrase = f" {' '.join(words)} "
    for kind in KINDS:
        if any(f" {word} " in phrase for word in field_words.whole_words[kind]) or any(
            word in phrase for word in field_words.word_parts[kind]
        ):
            return kind
    return None


def _names(value: str) -> Iterator[str]:
    """The names in a value, without everyday words. Sentences, mailboxes and numbers are not names."""
    for part in _BETWEEN_NAMES.split(value):
        words = [word for word in part.split() if word]
        if len(part) > MAX_NAME or len(words) > MAX_WORDS or _NOT_A_NAME.search(part):
            continue
        distinctive_words = [word for word in words if _is_distinctive("".join(split_words(word)))]
        if distinctive_words:
            yield " ".join(distinctive_words)


def _is_distinctive(word: str) -> bool:
    if len(word) < MIN_LETTERS and word.isascii():
        return False
    return not is_ordinary(word) and word not in our_words() and word not in _field_words().whole_words["person"]


def street_names(text: str) -> Iterator[str]:
    """The names of streets and buildings in a text, including the word for a street or building."""
    return (match[0] for match in _field_words().streets.finditer(text))


@cache
def _field_words() -> _FieldWords:
    table = load_word_table("field_words")

    def entries(section: str, name: str) -> tuple[str, ...]:
        return tuple(" ".join(split_words(entry)) for entry in table[section][name].split(","))

    def alternatives(name: str) -> str:
        return "|".join(re.escape(entry.strip()) for entry in table["streets"][name].split(","))

    capital = r"[^\W\d_a-z][\w\u2019'-]{2,40}"
    return _FieldWords(
        whole_words={kind: frozenset(entries("words", kind)) for kind in KINDS},
        word_parts={kind: entries("inside", kind) for kind in KINDS},
        excluded_words=frozenset(entries("excluded", "words")),
        streets=re.compile(
            rf"(?<!\w)(?i:{alternatives('before')})\.? {capital}(?: {capital}){{0,3}}"
            rf"|(?<!\w){capital}(?: {capital}){{0,2}} (?i:{alternatives('after')})(?!\w)"
        ),
    )
