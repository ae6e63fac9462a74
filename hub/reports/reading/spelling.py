"""The key under which tables find a word, however a person spells it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def spelling_key(text: str) -> str:
    """Return the text in lower case, composed, in normal width, with single blanks and no invisible characters.

    Some scripts are typed with zero-width spaces between words, some systems decompose accents, and input methods for
    Chinese and Japanese write Latin letters in full width.
    """
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().split())
