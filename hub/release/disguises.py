"""Forms in which two disguised spellings of a name become equal. They apply to names and to texts.

`lookalike_form` replaces characters that look alike by one letter: digits and signs used as letters, letters of other
scripts, and pairs such as rn and m. `transliterate` writes a text in Latin letters. The module `pronunciation` compares
how words are said.

`hub.stix.lookalikes` lists the letters that look alike. The library for transliteration (anyascii) is loaded for the first
text in another script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from hub.release.spelling import fold
from hub.stix.lookalikes import PAIRS, STAND_INS, ascii_lookalikes

_NOT_LETTERS: Final = re.compile(r"[^a-z]+")
# Letters of Jawi that do not exist in Arabic.
_JAWI: Final = str.maketrans(
    {"\u06a4": "p", "\u06a0": "ng", "\u06bd": "ny", "\u0762": "g", "\u06cf": "v", "\u0686": "c"}
)
# Letter groups that common romanisations do not write letter by letter: for each script, longest first.
_ROMANISATIONS: Final = (
    (re.compile("[\u0e00-\u0eff]"), (("ໍາ", "ຳ"), ("ํา", "ำ"))),  # one vowel that `fold` decomposes
    (
        re.compile("[\u1000-\u109f]"),
        (
            ("ရွှ", "shw"), ("လျှ", "sh"), ("ရှ", "sh"), ("ည်", "i"), ("င်", "in"), ("မ်", "n"), ("သ", "th"), ("ရ", "y"), ("\u101d", "w"), ("ဧ", "ay"),
            ("ွ", "w"), ("ြ", "y"), ("ံ", "n"),
        ),
    ),
    (re.compile("[\u0b80-\u0bff]"), (("ற்ற", "tr"), ("ஞ்ச", "nj"), ("ச", "s"))),
)  # fmt: skip
# Vowels of Thai and Lao that are written before a consonant but pronounced after it.
_LEADING_VOWEL: Final = re.compile("([\u0e40-\u0e44\u0ec0-\u0ec4])([\u0e01-\u0e2e\u0e81-\u0eae])")


@lru_cache(maxsize=50_000)
def lookalike_form(text: str) -> str:
    """The text in letters that look the same, without separators: `cempaka` for `C3mp4ka` or `cernpaka` with a Cyrillic a."""
    letters = text.lower() if text.isascii() else "".join(map(_lookalike_letters, clusters(text)))
    letters = letters.translate(STAND_INS)
    for pair, letter in PAIRS:
        letters = letters.replace(pair, letter)
    return _NOT_LETTERS.sub("", letters)


def lookalike_form_with_offsets(text: str) -> tuple[str, list[int]]:
    """`lookalike_form(text)`, and for each of its letters the offset in the text at which it begins."""
    letters: list[str] = []
    offsets: list[int] = []
    for start, cluster in _clusters_with_offsets(text):
        for letter in _lookalike_letters(cluster).translate(STAND_INS):
            letters.append(letter)
            offsets.append(start)
    for pair, letter in PAIRS:
        merged: list[str] = []
        merged_offsets: list[int] = []
        index = 0
        while index < len(letters):
            if "".join(letters[index : index + 2]) == pair:
                merged.append(letter)
                merged_offsets.append(offsets[index])
                index += 2
            else:
                merged.append(letters[index])
                merged_offsets.append(offsets[index])
                index += 1
        letters, offsets = merged, merged_offsets
    pairs = [(letter, offset) for letter, offset in zip(letters, offsets, strict=True) if "a" <= letter <= "z"]
    return "".join(letter for letter, _ in pairs), [offset for _, offset in pairs]


@lru_cache(maxsize=10_000)
def _lookalike_letters(cluster: str) -> str:
    if cluster.isascii():
        return cluster.lower()
    composed = unicodedata.normalize("NFKC", cluster)
    letter = composed[:1]
    if letter.isascii() or not _LATIN_LOOKALIKE_SCRIPTS.match(letter):
        return transliterate(cluster)
    # a Latin letter with accents looks like the letter: there is no need to load the table, which is slow
    if len(composed) == 1 and unicodedata.normalize("NFD", letter)[0].isascii():
        return transliterate(cluster)
    return _MORE_LOOKALIKES.get(letter) or ascii_lookalikes().get(ord(letter)) or transliterate(cluster)


# Scripts with letters that look like Latin ones: Latin itself, Greek, Cyrillic, Armenian, Cherokee, Lisu.
_LATIN_LOOKALIKE_SCRIPTS: Final = re.compile(
    "[\u0080-\u058f\u13a0-\u13ff\u1d00-\u1fff\u2c60-\u2dff\ua4d0-\ua4ff\ua640-\ua7ff\uab30-\uabbf]"
)
# Small letters that resemble another letter only roughly, or resemble a small capital.
_MORE_LOOKALIKES: Final = dict(zip("єэвнпигшкмтзηβεμωκτ", "eebhnurwkmtenbeuwkt", strict=True))


def transliterate(text: str) -> str:
    """The text in ASCII letters, digits and separators, in lower case; other scripts are transliterated."""
    return transliterations(text)[0]


def transliterations(text: str) -> tuple[str, ...]:
    """The transliterations of a text: with vowels in the order of speech, and in the order of writing if that differs.

    People write เกษม as "kesm", by its pronunciation. Programs that convert letter by letter write "eksm".
    """
    folded = fold(text)
    if folded.isascii():
        return (folded,)
    from anyascii import anyascii  # noqa: PLC0415  loaded for the first text in another script

    for script, letters in _ROMANISATIONS:
        if script.search(folded) is not None:
            for group, sound in letters:
                folded = folded.replace(group, sound)
    orders = dict.fromkeys((_LEADING_VOWEL.sub(r"\2\1", folded), folded))
    return tuple(anyascii(order.translate(_JAWI)).lower() for order in orders)


def clusters(text: str) -> Iterator[str]:
    """The characters of a text, each with the accents after it."""
    return (cluster for _, cluster in _clusters_with_offsets(text))


def _clusters_with_offsets(text: str) -> Iterator[tuple[int, str]]:
    if text.isascii():
        yield from enumerate(text)
        return
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.category(text[end])[0] == "M":
            end += 1
        yield start, text[start:end]
        start = end


def drop_vowels(word: str) -> str:
    """The letters of a word that an abbreviation keeps: `cmpk` of `cempaka`, `astr` of `astro`."""
    return word[:1] + re.sub(r"[aeiou]+", "", word[1:])
