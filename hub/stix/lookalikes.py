"""Letters, digits and signs that look alike: one table for names that imitate others and for disguised names of victims.

The library with Unicode's table (confusable-homoglyphs, UTS #39) is loaded for the first text in another script.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

STAND_INS: Final = str.maketrans(
    {"0": "o", "1": "l", "2": "z", "3": "e", "4": "a", "5": "s", "6": "b", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s",
     "!": "l", "|": "l", "i": "l", "\u20ac": "e", "\u00a3": "l", "\u00a5": "y"}
)  # fmt: skip
"""Digits and signs that stand for letters. A capital i, a small l and a one look alike, so all of them become l."""

PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))
"""Two letters that look like one."""


def without_marks(text: str) -> str:
    """The text in decomposed form (NFKD), without accents and invisible characters."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Me", "Cf"))


@cache
def ascii_lookalikes() -> dict[int, str]:
    """Characters of other scripts -> the ASCII letters or digits that they look like, for `str.translate`."""
    from confusable_homoglyphs import confusables  # noqa: PLC0415 - reads the table, which few processes need

    table: dict[int, str] = {}
    for character, similar in confusables.confusables_data.items():
        if len(character) == 1 and not character.isascii():
            texts = (without_marks(entry["c"]) for entry in similar)
            if look_alike := next((text for text in texts if text.isascii() and text.isalnum()), ""):
                table[ord(character)] = look_alike.lower()
    return table
