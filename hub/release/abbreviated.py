"""Abbreviations in scripts that write no blanks between words: the first letters of syllables, which only readers can tell apart.

`กฟภ.` stands for การไฟฟ้าส่วนภูมิภาค, `ສປປ` for ສາທາລະນະລັດ …. So a word that is consonants alone is compared with the consonants of
a name: it may be made of it where it has them in the name's order, the first one first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

MIN_LETTERS: Final = 3
_CONSONANT: Final = "[\u0e01-\u0e2e\u0e81-\u0eae\u1000-\u1021\u1780-\u17a2]"
_OF_SCRIPTS: Final = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
_WORD: Final = re.compile(rf"(?<!{_OF_SCRIPTS})(?:{_CONSONANT}\.?\s?){{3,8}}(?!{_OF_SCRIPTS})")
_ALL: Final = re.compile(_CONSONANT)


class Abbreviation(NamedTuple):
    """The letters of a word that may be an abbreviation, and where it stands."""

    letters: str
    start: int
    end: int


def abbreviations(text: str) -> Iterator[Abbreviation]:
    """The words of a text that are consonants alone: with full stops between them as one, and each part by itself."""
    for match in () if text.isascii() else _WORD.finditer(text):
        whole = "".join(_ALL.findall(match[0]))
        yield Abbreviation(whole, *match.span())
        parts = [part for part in re.split(r"[.\s]+", match[0]) if len(part) >= MIN_LETTERS and part != whole]
        for part in parts:
            start = match.start() + match[0].index(part)
            yield Abbreviation(part, start, start + len(part))


def consonants_of(name: str) -> str:
    """The consonants of a name, to be compared with an abbreviation; "" of one in other scripts."""
    return "".join(_ALL.findall(name))


def may_abbreviate(letters: str, consonants: str) -> bool:
    """Whether an abbreviation has the consonants of a name in their order, and the first one first."""
    rest = iter(consonants)
    return letters[0] == consonants[0] and all(letter in rest for letter in letters)
