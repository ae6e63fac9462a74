"""The surroundings of a needle in a text: what touches it, whether that is part of its word, and whether the hit is exact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from hub.release.names import UNSPACED, generic
from hub.release.needle import Bounds, HitRule, Needle
from hub.release.spelling import squeeze

_NAME_GOES_ON: Final = re.compile(r"[._-]*[^\W_]")
_NAME_BEGAN: Final = re.compile(r"[^\W_][._-]*\Z")
_LETTERS_BEFORE: Final = re.compile(r"[^\W_]*\Z")
_LETTERS_AFTER: Final = re.compile(r"[^\W_]*")
# A short word joined to a needle says nothing: "my-", "-db".
_LURE_BEFORE: Final = re.compile(r"(?<![^\W_])([^\W_]{3,})[_-]\Z")
_LURE_AFTER: Final = re.compile(r"[_-]([^\W_]{3,})(?![^\W_])")
MAX_AFFIX: Final = 24  # characters beside a needle that are read
MAX_NEAR: Final = 2  # letters around a word of four
MIN_BEFORE_CUT: Final = 4  # letters of a needle that the beginning of an affix may follow


def span_of(text: str, places: Sequence[int], at: int, length: int) -> tuple[int, int]:
    """The characters of the text that a needle stands for, with the accents after the last of them."""
    end = places[at + length - 1] + 1
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return places[at], end


def is_bounded(bounds: Bounds, text: str, start: int, end: int) -> bool:
    """Whether nothing touches a span of the text but what may."""
    match bounds:
        case Bounds.ANYTHING | Bounds.WORD:
            return True
        case Bounds.NOTHING:
            return _whole(text, start, end)
        case Bounds.CAPITAL:
            return _whole(text, start, end) and text[start].isupper() and any(map(str.isspace, text))
        case Bounds.LURE:
            return _whole(text, start, end) and (
                (text[start:end].isupper() and any(map(str.isspace, text))) or _is_beside_lure(text, start, end)
            )
    if _whole(text, start, end):
        return True
    before = _LETTERS_BEFORE.search(text[max(start - MAX_AFFIX, 0) : start])
    after = _LETTERS_AFTER.match(text[end : end + MAX_AFFIX])
    cut = end - start >= MIN_BEFORE_CUT
    if bounds is Bounds.NEARLY and sum(len(side[0]) for side in (before, after) if side) <= MAX_NEAR:
        return True
    if before and _is_before_word(before[0], text[start : start + 2]):
        before = None
    return _is_affix(before[0] if before else "", text[start], last=False) and _is_affix(
        after[0] if after else "", text[end - 1], last=True, cut=cut
    )


def _is_before_word(letters: str, beginning: str) -> bool:
    """Whether capitals stand before a word of their own: the RD of `RDKusuma`."""
    return letters.isupper() and beginning[:1].isupper() and beginning[1:].islower()


def is_one_thing(needle: Needle, span: str) -> bool:
    """Whether the words of a span are one thing: not the "at a" of "at a hospital" for ATA, but "A T A"."""
    parts = span.split()
    if needle.bounds is Bounds.WORD and not span.isalnum():
        pieces = [piece for piece in re.split(r"[\W_]+", span) if piece]
        return len(pieces) == 1 or all(len(piece) == 1 for piece in pieces)
    if needle.bounds is Bounds.ANYTHING or len(parts) == 1 or all(len(part) == 1 for part in parts):
        return True
    return any(map(str.isdecimal, parts)) or (" " in needle.declared and needle.text in squeeze(needle.declared))


def _is_beside_lure(text: str, start: int, end: int) -> bool:
    words = (
        _LURE_BEFORE.search(text[max(start - MAX_AFFIX, 0) : start]),
        _LURE_AFTER.match(text[end : end + MAX_AFFIX]),
    )
    return any(word is not None and _is_lure(word[1].lower()) for word in words)


def _is_lure(word: str) -> bool:
    return word in generic().affixes or word.removesuffix("s") in generic().affixes


def _is_affix(letters: str, beside: str, *, last: bool, cut: bool = False) -> bool:
    """Whether what touches a needle is no part of its word: digits, another word of a CamelCase name, or an affix.

    `cut`: the beginning of an affix counts, too: `hosp`, `cap`.
    """
    if not letters or not _touches(letters[0] if last else letters[-1], beside):
        return True
    if letters.isascii() and letters.isalpha():
        if last and letters[0].isupper() and (beside.islower() or letters[1:2].islower()):
            return True
        if last and len(letters) == 1 and letters.islower() and beside.isupper():
            return True
        if not last and letters[-1].islower() and beside.isupper():
            return True
    bare = letters.strip("0123456789").lower()
    return not bare or bare in generic().affixes or (cut and bare in generic().cut_affixes)


def _whole(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit touches the span."""
    return not _touches(text[:start][-1:], text[start]) and not _touches(text[end : end + 1], text[end - 1])


def _touches(outside: str, inside: str) -> bool:
    return outside.isalnum() and not (UNSPACED.match(outside) and UNSPACED.match(inside))


def word_around(text: str, start: int, end: int) -> str:
    """The whole word that a span is a part of: a name inside "organisation" is none."""
    before = _LETTERS_BEFORE.search(text[max(start - MAX_AFFIX, 0) : start])
    after = _LETTERS_AFTER.match(text[end : end + MAX_AFFIX])
    return squeeze((before[0] if before else "") + text[start:end] + (after[0] if after else ""))


def is_exact(rule: HitRule, text: str, start: int, end: int) -> bool:
    """Whether a needle with this rule is, where it stands, the thing itself."""
    if rule is HitRule.NEVER or not _whole(text, start, end):
        return False
    if rule is HitRule.OWN:
        return True
    before, after = text[max(start - 3, 0) : start], text[end : end + 3]
    goes_on = _NAME_GOES_ON.match(after) is not None and not UNSPACED.match(text[end - 1])
    began = _NAME_BEGAN.search(before) is not None and not UNSPACED.match(text[start])
    return not goes_on and (not began or (rule is HitRule.DOMAIN and before.endswith(".")))
