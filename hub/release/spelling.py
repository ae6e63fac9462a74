"""One form for all spellings of a name: case, width, accents, spaces, punctuation, legal forms, invisible characters.

`fold` keeps the words apart, `squeeze` joins them: `Contoh-Bank`, `CONTOH BANK` and `contoh.bank` squeeze to one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

# Letters that Unicode does not decompose into a Latin letter and an accent.
_LETTERS: Final = str.maketrans(
    {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "\u0131": "i", "þ": "th"}
)
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_NOT_ALNUM: Final = re.compile(r"[^a-z0-9]+")

# Legal forms of the region and of international trade. Longest first.
_WRITTEN_FORMS: Final = sorted(
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
    """Casefolded NFKC without accents on Latin letters and without invisible characters. Words stay separate."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    if not text.isprintable():  # it contains invisible characters
        text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
    return unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=50_000)
def squeeze(text: str) -> str:
    """`fold`, reduced to letters, digits and the combining marks that scripts of the region need."""
    folded = fold(text)
    if folded.isascii():
        return _NOT_ALNUM.sub("", folded)
    return "".join(
        [character for character in folded if character.isalnum() or unicodedata.category(character)[0] == "M"]
    )


def squeeze_with_offsets(text: str) -> tuple[str, list[int]]:
    """`squeeze(text)`, and for each of its characters the offset of the original character in the text."""
    squeezed: list[str] = []
    offsets: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.category(text[end])[0] == "M":  # a letter and its accents belong together
            end += 1
        part = squeeze(text[start:end])
        squeezed.append(part)
        offsets += [start] * len(part)
        start = end
    return "".join(squeezed), offsets


@lru_cache(maxsize=50_000)
def strip_legal_form(name: str) -> str:
    """The name without legal forms before or after it: `PT Contoh Tbk` -> `contoh`, folded."""
    parts = [part for part in _BETWEEN_WORDS.split(fold(name)) if part]
    words = " ".join(parts)
    if words.isascii():
        return " ".join(_strip_forms(parts))
    while True:
        shorter = _FORM_AT_END.sub("", _FORM_AT_START.sub("", words, count=1), count=1).strip()
        if not shorter or shorter == words:
            return words
        words = shorter


def _strip_forms(parts: list[str]) -> list[str]:
    """The words of a name without the legal forms at both ends. Longer forms are tried first; at least one word remains."""
    form_lengths = range(_MAX_FORM_WORDS, 0, -1)
    while parts:
        length = len(parts)
        if parts[0] in _FIRST_WORDS:
            leading = next((n for n in form_lengths if n < len(parts) and " ".join(parts[:n]) in _LEGAL_FORMS), 0)
            parts = parts[leading:]
        if parts[-1] in _LAST_WORDS:
            trailing = next((n for n in form_lengths if n < len(parts) and " ".join(parts[-n:]) in _LEGAL_FORMS), 0)
            parts = parts[: len(parts) - trailing]
        if len(parts) == length:
            break
    return parts


_BETWEEN_WORDS: Final = re.compile(r"[\s.,;()/&'\"\u2019-]+")
_FOLDED_FORMS: Final = sorted({fold(form) for form in _WRITTEN_FORMS}, key=len, reverse=True)
_LEGAL_FORMS: Final = frozenset(_FOLDED_FORMS)
LEGAL_WORDS: Final = frozenset(form for form in _LEGAL_FORMS if form.isascii() and form.isalpha())
"""The legal forms of one word in Latin letters."""
_ASCII_FORMS: Final = "|".join(re.escape(form) for form in _FOLDED_FORMS if form.isascii())
# Thai, Khmer, Lao and Burmese write no space between a legal form and the name.
_OTHER_FORMS: Final = "|".join(re.escape(form) for form in _FOLDED_FORMS if not form.isascii())
_FIRST_WORDS: Final = frozenset(form.split()[0] for form in _FOLDED_FORMS)
_LAST_WORDS: Final = frozenset(form.split()[-1] for form in _FOLDED_FORMS)
_MAX_FORM_WORDS: Final = max(len(form.split()) for form in _FOLDED_FORMS)
_FORM_AT_START: Final = re.compile(rf"^(?:(?:{_ASCII_FORMS}) |(?:{_OTHER_FORMS}))(?=.)")
_FORM_AT_END: Final = re.compile(rf"(?<=.)(?: (?:{_ASCII_FORMS})|(?:{_OTHER_FORMS}))$")


def is_legal_form(text: str) -> bool:
    """Whether the text is only a legal form, and therefore not a name."""
    return fold(text).strip(" .,") in _LEGAL_FORMS


def squeeze_words(text: str) -> list[str]:
    """The words of a text, each squeezed."""
    return [squeezed for word in re.split(r"[\s_-]+", text) if (squeezed := squeeze(word))]
