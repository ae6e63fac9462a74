"""Names of generic words alone, as those of state bodies are, and names with numbers or abbreviations in them.

`Bank Rakyat` has no word that is searched for by itself: its words are searched for in either order, joined.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from hub.release.joined_names import plain_words
from hub.release.names import distinctive_words, load_lexicon, split_words, strip_brackets
from hub.release.spelling import fold, strip_legal_form
from hub.stix.places import country_name

MIN_PAIR: Final = 8  # letters of two joined generic words
_INITIALS: Final = range(3, 8)  # letters of initials that are searched for
_MOST_WORDS: Final = 3  # of a name whose words are searched for in reverse
_WORDS_BEFORE_COUNTRY: Final = range(2, 5)
_ROMAN_NUMBERS: Final = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_ABBREVIATION: Final = re.compile(r"[A-Z]{2,5}")


def reversed_words(name: str) -> set[str]:
    """The neighbouring words of a name of generic words, joined in reverse: `rakyatbank` of Bank Rakyat."""
    if distinctive_words(name):
        return set()
    words = [word for word in plain_words(name) if word.isascii()]
    pairs = (second + first for first, second in pairwise(words)) if len(words) <= _MOST_WORDS else ()
    return {text for text in pairs if len(text) >= MIN_PAIR}


def initials_with_abbreviations(name: str) -> set[str]:
    """The initials of a name in which an abbreviation is kept whole: `dlhcm` of Điện lực HCM, `smic` of SM Investments Corporation."""
    words = re.split(r"[\W_]+", strip_brackets(name).strip())
    words_of_name = _words_without_form(name)
    kept = [word for word in words if word and fold(word) in words_of_name]
    if not any(map(_ABBREVIATION.fullmatch, kept)) or all(map(_ABBREVIATION.fullmatch, kept)):
        return set()
    text = "".join(word.lower() if _ABBREVIATION.fullmatch(word) else fold(word)[:1] for word in kept)
    return {text} if len(text) in _INITIALS and _is_searchable(text) else set()


def initials_with_roman_number(name: str) -> set[str]:
    """The initials of a name with a number in Roman digits, in both kinds of digits: `ap2` and `apii` of Angkasa Pura II."""
    words = _words_without_form(name)
    if len(words) < 3 or words[-1] not in _ROMAN_NUMBERS:
        return set()
    letters = "".join(word[0] for word in words[:-1])
    return {letters + _ROMAN_NUMBERS[words[-1]], letters + words[-1]} if letters.isascii() else set()


def initials_with_country(name: str, countries: Iterable[str]) -> set[str]:
    """The initials of a name of generic words before that of its country: `kkm` of Kementerian Kesihatan in Malaysia."""
    words = plain_words(name)
    if distinctive_words(name) or len(words) not in _WORDS_BEFORE_COUNTRY:
        return set()
    letters = "".join(word[0] for word in words)
    texts = {letters + country_name(country)[:1].lower() for country in countries}
    return set(filter(_is_searchable, texts))


def _words_without_form(name: str) -> list[str]:
    """The folded words of a name, without its legal form and what is in brackets."""
    return split_words(strip_legal_form(strip_brackets(name)))


def _is_searchable(initials: str) -> bool:
    return initials.isascii() and initials.isalpha() and initials not in load_lexicon().technical_words
