"""Normal forms of names: equal for names that a reader could confuse, such as `MyCERT`, `my-cert`, and the same in Cyrillic."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from hub.stix.lookalikes import PAIRS, STAND_INS, ascii_lookalikes, without_marks

_IN_BRACKETS: Final = re.compile(r"\([^()]*+\)")


def normal_form(name: str) -> str:
    """The name without case, width, accents, spaces and punctuation, with Latin letters for characters that look like them."""
    text = unicodedata.normalize("NFKC", name.translate(_SIGNS))
    text = _latin(_latin(text).casefold()).casefold().translate(STAND_INS)
    text = "".join(character for character in text if unicodedata.category(character)[0] in "LN")
    for pair, letter in PAIRS:
        text = text.replace(pair, letter)
    return text


def forms_of(name: str) -> frozenset[str]:
    """The normal forms of a name, with and without the part in brackets, as in `Id-SIRTII/CC (BSSN)`."""
    return frozenset({normal_form(name), normal_form(_IN_BRACKETS.sub("", name))} - {""})


def forms_of_cert(cert: str, country: str, code: str) -> frozenset[str]:
    """The normal forms of names that a reader takes for a member's CERT: its name, parts of it, and `COUNTRY CERT`."""
    parts = [part for part in (cert.partition("/")[0], *_IN_CAPITALS.findall(cert)) if len(part) >= _SHORTEST_PART]
    places = [country, code, *(word for word in country.split()[:1] if len(word) >= _SHORTEST_PART)]
    places = [form for place in places for kind in ("CERT", "CSIRT") for form in (f"{place} {kind}", f"{kind} {place}")]
    return frozenset().union(*(forms_of(name) | {_bare_form(name)} for name in (cert, *parts, *places))) - {""}


def claimed_forms(name: str, countries: Iterable[str] = ()) -> frozenset[str]:
    """The normal forms of the CERT that a name refers to, as in `The SingCERT duty desk`, `SingCERT Singapore`, `SingCERT 2`."""
    return forms_of(name) | ({_bare_form(name), _bare_form(name, countries)} - {""})


def _bare_form(name: str, extra_words: Iterable[str] = ()) -> str:
    """The normal form without words that any office may have in its name, without numbers at the end, and without `extra_words`."""
    ignored_words = _OFFICE_WORDS.union(word.casefold() for text in extra_words for word in text.split())
    words = _NO_WORD.split(unicodedata.normalize("NFKC", name.translate(_SIGNS)))
    return normal_form("".join(word.rstrip(_DIGITS) for word in words if word.casefold() not in ignored_words))


_SIGNS: Final = dict.fromkeys(map(ord, "\u00ae\u2122\u00a9\u2120"))  # of trade marks and the like
_DIGITS: Final = "0123456789"
_NO_WORD: Final = re.compile(r"[\W_]++")
_IN_CAPITALS: Final = re.compile(r"\(([A-Z]++)\)")
_SHORTEST_PART: Final = 4  # letters
_OFFICE_WORDS: Final = frozenset(
    "the of for and a an official officer team duty desk soc account alert alerts feed bot admin operations ops national cyber "
    "security agency centre center unit group coordination coordinating cc".split()
)


def _latin(text: str) -> str:
    return without_marks(text if text.isascii() else text.translate(ascii_lookalikes()))
