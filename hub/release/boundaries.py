"""The surroundings of a match in a text: which letters touch it, whether they belong to its word, and whether it is exact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from hub.release.names import UNSPACED, load_lexicon
from hub.release.needle import Bounds, HitRule, Needle
from hub.release.spelling import squeeze

_NAME_CONTINUES: Final = re.compile(r"[._-]*[^\W_]")
_NAME_STARTED: Final = re.compile(r"[^\W_][._-]*\Z")
_LETTERS_BEFORE: Final = re.compile(r"[^\W_]*\Z")
_LETTERS_AFTER: Final = re.compile(r"[^\W_]*")
# A short word next to a needle is no lure: "my-", "-db".
_LURE_BEFORE: Final = re.compile(r"(?<![^\W_])([^\W_]{3,})[_-]\Z")
_LURE_AFTER: Final = re.compile(r"[_-]([^\W_]{3,})(?![^\W_])")
# Banks and shops join these to a short name: `bcb2u`, `ebcb`.
_BANKING_ENDINGS: Final = frozenset(("2u", "4u"))
_COUNTRY_ENDINGS: Final = frozenset("bn kh la mm my ph sg th vn".split())  # "id" and "tl" end too many words
_BANKING_BEGINNING: Final = "e"
MAX_AFFIX: Final = 24  # characters on each side of a needle that are read
MAX_NEAR: Final = 2  # letters on both sides together that may touch a word of four letters
MIN_BEFORE_CUT: Final = 4  # letters of a needle after which the beginning of an affix counts as an affix


def needle_span(text: str, offsets: Sequence[int], index: int, length: int) -> tuple[int, int]:
    """The start and end of a match in the original text, including the accents after its last character."""
    end = offsets[index + length - 1] + 1
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return offsets[index], end


def is_bounded(bounds: Bounds, text: str, start: int, end: int) -> bool:
    """Whether the bounds allow what touches a span of the text."""
    match bounds:
        case Bounds.ANYTHING | Bounds.WORD:
            return True
        case Bounds.NOTHING:
            return _is_whole_word(text, start, end)
        case Bounds.CAPITAL:
            return _is_whole_word(text, start, end) and text[start].isupper() and any(map(str.isspace, text))
        case Bounds.LURE:
            return _is_whole_word(text, start, end) and (
                (text[start:end].isupper() and any(map(str.isspace, text))) or _is_beside_lure(text, start, end)
            )
    if _is_whole_word(text, start, end):
        return True
    letters_before = _LETTERS_BEFORE.search(text[max(start - MAX_AFFIX, 0) : start])
    letters_after = _LETTERS_AFTER.match(text[end : end + MAX_AFFIX])
    allows_cut_affix = end - start >= MIN_BEFORE_CUT
    if (
        bounds is Bounds.FEW_LETTERS
        and sum(len(side[0]) for side in (letters_before, letters_after) if side) <= MAX_NEAR
    ):
        return True
    if letters_before and _are_separate_capitals(letters_before[0], text[start : start + 2]):
        letters_before = None
    return _is_affix(letters_before[0] if letters_before else "", text[start], is_after=False) and _is_affix(
        letters_after[0] if letters_after else "", text[end - 1], is_after=True, allows_cut_affix=allows_cut_affix
    )


def _are_separate_capitals(letters: str, beginning: str) -> bool:
    """Whether capitals precede a capitalised word: RD in `RDKusuma`."""
    return letters.isupper() and beginning[:1].isupper() and beginning[1:].islower()


def is_single_term(needle: Needle, span: str) -> bool:
    """Whether a span is one term: "A T A" is a match for ATA, but "at a" in "at a hospital" is not."""
    parts = span.split()
    if needle.bounds is Bounds.WORD and not span.isalnum():
        pieces = [piece for piece in re.split(r"[\W_]+", span) if piece]
        return len(pieces) == 1 or all(len(piece) == 1 for piece in pieces)
    if needle.bounds is Bounds.ANYTHING or len(parts) == 1 or all(len(part) == 1 for part in parts):
        return True
    return any(map(str.isdecimal, parts)) or (
        " " in needle.declared_text and needle.text in squeeze(needle.declared_text)
    )


def _is_beside_lure(text: str, start: int, end: int) -> bool:
    words = (
        _LURE_BEFORE.search(text[max(start - MAX_AFFIX, 0) : start]),
        _LURE_AFTER.match(text[end : end + MAX_AFFIX]),
    )
    return any(word is not None and _is_lure(word[1].lower()) for word in words)


def _is_lure(word: str) -> bool:
    return word in load_lexicon().affixes or word.removesuffix("s") in load_lexicon().affixes


def _is_affix(letters: str, neighbour: str, *, is_after: bool, allows_cut_affix: bool = False) -> bool:
    """Whether the letters that touch a needle are not part of its word: digits, a word in CamelCase, or an affix.

    With `allows_cut_affix`, the beginning of an affix counts as well: `hosp`, `cap`.
    """
    if not letters or not _are_joined(letters[0] if is_after else letters[-1], neighbour):
        return True
    if letters.isascii() and letters.isalpha():
        if is_after and letters[0].isupper() and (neighbour.islower() or letters[1:2].islower()):
            return True
        if is_after and len(letters) == 1 and letters.islower() and neighbour.isupper():
            return True
        if not is_after and letters[-1].islower() and neighbour.isupper():
            return True
    if is_after and letters[:2].lower() in _BANKING_ENDINGS:
        letters = letters[2:]
    elif (is_after and letters.lower() in _COUNTRY_ENDINGS) or (not is_after and letters.lower() == _BANKING_BEGINNING):
        return True
    affix = letters.strip("0123456789").lower()
    return not affix or affix in load_lexicon().affixes or (allows_cut_affix and affix in load_lexicon().cut_affixes)


def _is_whole_word(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit touches the span."""
    return not _are_joined(text[:start][-1:], text[start]) and not _are_joined(text[end : end + 1], text[end - 1])


def _are_joined(outside: str, inside: str) -> bool:
    return outside.isalnum() and not (UNSPACED.match(outside) and UNSPACED.match(inside))


def word_around(text: str, start: int, end: int) -> str:
    """The whole word around a span, squeezed, so that a name found inside "organisation" can be dismissed."""
    letters_before = _LETTERS_BEFORE.search(text[max(start - MAX_AFFIX, 0) : start])
    letters_after = _LETTERS_AFTER.match(text[end : end + MAX_AFFIX])
    return squeeze(
        (letters_before[0] if letters_before else "") + text[start:end] + (letters_after[0] if letters_after else "")
    )


def is_exact(rule: HitRule, text: str, start: int, end: int) -> bool:
    """Whether a match at this place is exact by the needle's rule, and not only similar."""
    if rule is HitRule.NEVER or not _is_whole_word(text, start, end):
        return False
    if rule is HitRule.WHOLE_WORDS:
        return True
    text_before, text_after = text[max(start - 3, 0) : start], text[end : end + 3]
    name_continues = _NAME_CONTINUES.match(text_after) is not None and not UNSPACED.match(text[end - 1])
    name_started_before = _NAME_STARTED.search(text_before) is not None and not UNSPACED.match(text[start])
    return not name_continues and (not name_started_before or (rule is HitRule.DOMAIN and text_before.endswith(".")))
