"""Abbreviations in scripts without spaces between words. They consist of the first letters of syllables.

`กฟภ.` stands for การไฟฟ้าส่วนภูมิภาค, `ສປປ` for ສາທາລະນະລັດ …. Programs cannot split such names into syllables. So a word that
consists of consonants counts as a possible abbreviation of a name if the name has these consonants in the same order, and
both begin with the same one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

MIN_LETTERS: Final = 3
_CONSONANT: Final = "[\u0e01-\u0e2e\u0e81-\u0eae\u1000-\u1021\u1780-\u17a2]"
_LETTER: Final = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
_WORD: Final = re.compile(rf"(?<!{_LETTER})(?:{_CONSONANT}\.?\s?){{3,8}}(?!{_LETTER})")
_CONSONANTS: Final = re.compile(_CONSONANT)


class Abbreviation(NamedTuple):
    """The letters of a word that may be an abbreviation, and its place in the text."""

    letters: str
    start: int
    end: int


def abbreviations(text: str) -> Iterator[Abbreviation]:
    """The words of a text that consist of consonants. Letters with full stops between them count as one word and as parts."""
    for match in () if text.isascii() else _WORD.finditer(text):
        letters = "".join(_CONSONANTS.findall(match[0]))
        yield Abbreviation(letters, *match.span())
        parts = [part for part in re.split(r"[.\s]+", match[0]) if len(part) >= MIN_LETTERS and part != letters]
        for part in parts:
            start = match.start() + match[0].index(part)
            yield Abbreviation(part, start, start + len(part))


def consonants_of(name: str) -> str:
    """The consonants of a name, to be compared with an abbreviation; "" for a name in other scripts."""
    return "".join(_CONSONANTS.findall(name))


def may_abbreviate(letters: str, consonants: str) -> bool:
    """Whether a name has the letters of an abbreviation in the same order, and both begin with the same letter."""
    remaining = iter(consonants)
    return letters[0] == consonants[0] and all(letter in remaining for letter in letters)
