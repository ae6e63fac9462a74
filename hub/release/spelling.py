"""One form for all spellings of a name: case, width, accents, spaces, punctuation, legal forms, invisible characters.

`fold` keeps the words apart, `squeeze` joins them: `Contoh-Bank`, `CONTOH BANK` and `contoh.bank` squeeze to one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

# Letters that Unicode does not take apart into a Latin letter and an accent.
_LETTERS: Final = str.maketrans(
    {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "\u0131": "i", "þ": "th"}
)
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_NOT_ALNUM: Final = re.compile(r"[^a-z0-9]+")

# Legal forms of the region and of trade at large, as `fold` leaves them. Longest first.
_LEGAL: Final = sorted(
    {
        "sdn bhd", "sdn berhad", "sendirian berhad", "berhad", "bhd", "plt", "pte ltd", "pte limited", "private limited",
        "pvt ltd", "pty ltd", "llp", "ltd", "limited", "pt", "tbk", "persero", "perseroan terbatas", "cv", "ud", "perum",
        "co ltd", "company limited", "co", "company", "jsc", "joint stock company", "cong ty", "cong ty tnhh",
        "cong ty cp", "cong ty co phan", "tnhh", "co phan", "mtv", "cp", "inc", "incorporated", "corp", "corporation",
        "llc", "plc", "pcl", "public company limited", "public", "group", "holdings", "holding", "gmbh", "ag", "sa",
        "nv", "bv", "spa", "srl", "the", "tập đoàn", "บริษัท", "จํากัด", "มหาชน", "ห้างหุ้นส่วน", "ဦးပိုင်", "ကုမ္ပဏီလီမိတက်",
        "ក្រុមហ៊ុន", "ບໍລິສັດ", "ຈຳກັດ",
    },
    key=len,
    reverse=True,
)  # fmt: skip


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """Casefolded NFKC without accents on Latin letters and without invisible characters; words stay words."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    if not text.isprintable():  # invisible characters are not
        text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
    return unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=50_000)
def squeeze(text: str) -> str:
    """`fold`, and only letters, digits and the marks that scripts of the region cannot do without."""
    folded = fold(text)
    if folded.isascii():
        return _NOT_ALNUM.sub("", folded)
    return "".join(
        [character for character in folded if character.isalnum() or unicodedata.category(character)[0] == "M"]
    )


def squeezed_with_places(text: str) -> tuple[str, list[int]]:
    """`squeeze(text)`, and for each of its characters where in the text the one stands that it was made of."""
    squeezed: list[str] = []
    places: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.category(text[end])[0] == "M":  # a letter goes with its accents
            end += 1
        part = squeeze(text[start:end])
        squeezed.append(part)
        places += [start] * len(part)
        start = end
    return "".join(squeezed), places


@lru_cache(maxsize=50_000)
def without_legal_form(name: str) -> str:
    """The name without legal forms before or after it: `PT Contoh Tbk` -> `contoh`, folded."""
    parts = [part for part in _BETWEEN_WORDS.split(fold(name)) if part]
    words = " ".join(parts)
    if words.isascii():
        return " ".join(_without_forms(parts))
    while True:
        shorter = _AFTER.sub("", _BEFORE.sub("", words, count=1), count=1).strip()
        if not shorter or shorter == words:
            return words
        words = shorter


def _without_forms(parts: list[str]) -> list[str]:
    """The words of a name without the legal forms at both ends, the longest of them first; one word at least is left."""
    longest = range(_MOST_WORDS, 0, -1)
    while parts:
        length = len(parts)
        if parts[0] in _FIRST_WORDS:
            before = next((n for n in longest if n < len(parts) and " ".join(parts[:n]) in _LEGAL_FORMS), 0)
            parts = parts[before:]
        if parts[-1] in _LAST_WORDS:
            after = next((n for n in longest if n < len(parts) and " ".join(parts[-n:]) in _LEGAL_FORMS), 0)
            parts = parts[: len(parts) - after]
        if len(parts) == length:
            break
    return parts


_BETWEEN_WORDS: Final = re.compile(r"[\s.,;()/&'\"\u2019-]+")
_FOLDED_LEGAL: Final = sorted({fold(form) for form in _LEGAL}, key=len, reverse=True)
_LEGAL_FORMS: Final = frozenset(_FOLDED_LEGAL)
LEGAL_WORDS: Final = frozenset(form for form in _LEGAL_FORMS if form.isascii() and form.isalpha())
"""The legal forms of one word in Latin letters."""
_ASCII_LEGAL: Final = "|".join(re.escape(form) for form in _FOLDED_LEGAL if form.isascii())
# Thai, Khmer, Lao and Burmese write no blanks between a form and the name.
_OTHER_LEGAL: Final = "|".join(re.escape(form) for form in _FOLDED_LEGAL if not form.isascii())
_FIRST_WORDS: Final = frozenset(form.split()[0] for form in _FOLDED_LEGAL)
_LAST_WORDS: Final = frozenset(form.split()[-1] for form in _FOLDED_LEGAL)
_MOST_WORDS: Final = max(len(form.split()) for form in _FOLDED_LEGAL)
_BEFORE: Final = re.compile(rf"^(?:(?:{_ASCII_LEGAL}) |(?:{_OTHER_LEGAL}))(?=.)")
_AFTER: Final = re.compile(rf"(?<=.)(?: (?:{_ASCII_LEGAL})|(?:{_OTHER_LEGAL}))$")


def is_legal_form(text: str) -> bool:
    """Whether the text is nothing but a legal form, and so nobody's name."""
    return fold(text).strip(" .,") in _LEGAL_FORMS


def squeeze_words(text: str) -> list[str]:
    """The words of a text, each squeezed."""
    return [squeezed for word in re.split(r"[\s_-]+", text) if (squeezed := squeeze(word))]
