"""The form that names share which a reader would take for one another: `MyCERT`, `my-cert`,
the same in Cyrillic letters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

_IN_BRACKETS: Final = re.compile(r"\([^()]*+\)")
# What is taken for a letter although it is a digit or a mark.
_LETTERS: Final = str.maketrans(
    {"1": "i", "l": "i", "|": "i", "!": "i", "0": "o", "5": "s", "$": "s", "3": "e", "@": "a", "4": "a", "7": "t"}
)
_PAIRS: Final = (("rn", "m"), ("vv", "w"))


def normal_form(name: str) -> str:
    """The name without case, width, accents, spaces and punctuation, in Latin letters wherever it looks like them."""
    text = unicodedata.normalize("NFKC", name)
    text = _latin(_latin(text).casefold()).casefold().translate(_LETTERS)
    text = "".join(character for character in text if unicodedata.category(character)[0] in "LN")
    for pair, letter in _PAIRS:
        text = text.replace(pair, letter)
    return text


def forms_of(name: str) -> frozenset[str]:
    """The normal forms of a name that stands for itself: `Id-SIRTII/CC (BSSN)` with what is in brackets and without."""
    return frozenset({normal_form(name), normal_form(_IN_BRACKETS.sub("", name))} - {""})


def _latin(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text if text.isascii() else text.translate(_look_alikes()))
    return "".join(letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Me", "Cf"))


@cache
def _look_alikes() -> dict[int, str]:
    """Character -> the ASCII characters that it looks like, by Unicode's table (UTS #39)."""
    from confusable_homoglyphs import confusables  # noqa: PLC0415 - reads the table, which few processes need

    table: dict[int, str] = {}
    for character, others in confusables.confusables_data.items():
        if len(character) == 1 and not character.isascii():
            plain = (_without_marks(other["c"]) for other in others)
            if look_alike := next((text for text in plain if text.isascii() and text.isalnum()), ""):
                table[ord(character)] = look_alike
    return table


def _without_marks(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Me", "Cf"))
