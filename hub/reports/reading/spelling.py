"""One spelling for a word that people type: the key under which tables of names are searched."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def spelling_key(text: str) -> str:
    """The text in small letters, composed, of one width, with single blanks and nothing invisible.

    Scripts without blanks between words are typed with zero-width spaces, some systems decompose accents, and input
    methods for Chinese and Japanese write Latin letters in full width.
    """
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().split())
