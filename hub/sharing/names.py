"""The form that names share which a reader would take for one another: `MyCERT`, `my-cert`,
the same in Cyrillic letters.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from hub.stix.lookalikes import PAIRS, STAND_INS, ascii_lookalikes, without_marks

_IN_BRACKETS: Final = re.compile(r"\([^()]*+\)")


def normal_form(name: str) -> str:
    """The name without case, width, accents, spaces and punctuation, in Latin letters wherever it looks like them."""
    text = unicodedata.normalize("NFKC", name)
    text = _latin(_latin(text).casefold()).casefold().translate(STAND_INS)
    text = "".join(character for character in text if unicodedata.category(character)[0] in "LN")
    for pair, letter in PAIRS:
        text = text.replace(pair, letter)
    return text


def forms_of(name: str) -> frozenset[str]:
    """The normal forms of a name that stands for itself: `Id-SIRTII/CC (BSSN)` with what is in brackets and without."""
    return frozenset({normal_form(name), normal_form(_IN_BRACKETS.sub("", name))} - {""})


def _latin(text: str) -> str:
    return without_marks(text if text.isascii() else text.translate(ascii_lookalikes()))
