"""Words compared by how they are said, and with one letter left out, added, changed or swapped.

* `sound(word)` is the consonants of a word in Latin letters: two spellings of one name have the same.
* `pronounce(text)` is how a word of any script is said, in few letters. Romanisations of one name differ in their vowels and
  in letters for one sound, so two of these are compared by `sound_alike` rather than for being equal.
* `Misspellings` finds the words of a list that are one edit away from a word, without comparing it with each.
* `comparable_words(text)` gives the words of a text that are worth comparing.

The library for comparing (rapidfuzz) is loaded when the first name in another script is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from hub.release.disguises import transliterate
from hub.release.names import load_lexicon
from hub.release.spelling import fold

MIN_EDITED: Final = 6  # letters of a word that is found with one edit
MIN_EDITED_INSIDE: Final = 4  # letters of a word that is found with one letter more inside it
MIN_EDITED_FIRST: Final = 8  # letters from which on that edit may be in the first letter
MIN_CORE: Final = 5  # letters that are left of a word once an affix is taken off
MIN_PRONUNCIATION: Final = 4  # letters of `pronounce` of a word that is compared with a name in another script
# In per cent of the letters that two words have in common, the shorter one laid where it fits the longer one best.
MIN_COMMON: Final = 80
MIN_COMMON_WITH_CONSONANTS: Final = 70  # where the consonants of one are a part of the other's
MIN_COMMON_IN_SENTENCES: Final = 90
_MIN_CONSONANTS: Final = 3
_MUCH_LONGER: Final = 3  # times

# What transliterations differ in, longest first: aspirates, older spellings, and letters for one sound.
_SOUNDS: Final = (
    ("tch", "c"), ("tsch", "c"), ("ch", "c"), ("tj", "c"), ("dj", "j"), ("sh", "s"), ("sy", "s"), ("kh", "k"), ("gh", "g"),
    ("ph", "p"), ("th", "t"), ("dh", "d"), ("bh", "b"), ("ng", "n"), ("ny", "n"), ("ck", "k"), ("q", "k"), ("x", "ks"),
    ("f", "p"), ("v", "w"), ("z", "s"),
)  # fmt: skip
_VOWELS: Final = re.compile(r"[aeiouhy]+")
_DOUBLED: Final = re.compile(r"(.)\1+")
# Romanisations do not agree on voiced and aspirated letters, on e and i, or on o, u and w.
_ONE_SOUND: Final = str.maketrans("gdbjxeyow", "ktpcsiiuu", "h")
_SPOKEN_VOWELS: Final = re.compile("[aiu]+")
_NOT_LETTERS: Final = re.compile("[^a-z]+")


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """The consonants of a word in Latin letters."""
    for written, sound_of_letters in _SOUNDS:
        word = word.replace(written, sound_of_letters)
    return _DOUBLED.sub(r"\1", _VOWELS.sub("", word))


@lru_cache(maxsize=50_000)
def pronounce(text: str) -> str:
    """How a word is said, in the letters that all romanisations agree on: `campasak` of Champassak, Jampasak and ຈຳປາສັກ."""
    plain = _NOT_LETTERS.sub("", transliterate(text)).replace("x", "s")
    for written, sound_of_letters in _SOUNDS:
        plain = plain.replace(written, sound_of_letters)
    return _DOUBLED.sub(r"\1", plain.translate(_ONE_SOUND))


@lru_cache(maxsize=100_000)
def sound_alike(first: str, second: str) -> bool:
    """Whether two words, as `pronounce` gives them, may be one name, or one a part of the other."""
    from rapidfuzz.fuzz import partial_ratio, ratio  # noqa: PLC0415  loaded when the first pair is compared

    short, long = sorted((first, second), key=len)
    if len(short) < MIN_PRONUNCIATION:
        return False
    if short == long:
        return True
    short_consonants, long_consonants = (_SPOKEN_VOWELS.sub("", word) for word in (short, long))
    if len(short_consonants) < 2:  # two words of vowels are like any other two
        return False
    if (
        short_consonants == long_consonants and len(short_consonants) > _MIN_CONSONANTS
    ):  # Arabic, and with it Jawi, writes no short vowels
        return True
    likeness = ratio(short, long) if len(long) - len(short) <= 1 else partial_ratio(short, long)
    if len(long) > _MUCH_LONGER * len(short):  # a whole sentence, in which much fits by chance
        return likeness >= MIN_COMMON_IN_SENTENCES
    if len(short_consonants) >= _MIN_CONSONANTS and short_consonants in long_consonants:
        return likeness >= MIN_COMMON_WITH_CONSONANTS
    return likeness >= MIN_COMMON and len(short) > MIN_PRONUNCIATION


class Misspellings:
    """Words of a list, to be found by another word that is one edit away from one of them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_deletion: dict[str, set[str]] = {}
        for word in words:
            for deletion in (word, *_deletions(word)):
                self._by_deletion.setdefault(deletion, set()).add(word)

    def corrections(self, word: str) -> Iterator[str]:
        """The words of the list that this one is a misspelling of; a word of the list itself is none."""
        if not self._by_deletion or len(word) < MIN_EDITED - 1 or is_ordinary(word):
            return
        candidates: set[str] = set()
        for deletion in (word, *_deletions(word)):
            candidates |= self._by_deletion.get(deletion, set())
        for candidate in sorted(candidates):
            if _may_be_edited(candidate, word) and is_one_edit(candidate, word):
                yield candidate


def _may_be_edited(name: str, word: str) -> bool:
    """Whether an edit may make this word of a name: of a short one only a letter more, between the first and the last."""
    if len(name) < MIN_EDITED:
        return len(word) > len(name) and (name[0], name[-1]) == (word[0], word[-1])
    return name[0] == word[0] or len(name) >= MIN_EDITED_FIRST


def is_one_edit(first: str, second: str) -> bool:
    """Whether one letter left out, added or changed, or two neighbours swapped, makes one word of the other."""
    if abs(len(first) - len(second)) > 1 or first == second:
        return False
    start = next(
        (index for index, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    first_tail, second_tail = first[start:], second[start:]
    return (
        first_tail[1:] in (second_tail, second_tail[1:])
        or first_tail == second_tail[1:]
        or (first_tail[1::-1] + first_tail[2:] == second_tail and len(first_tail) > 1)
    )


def _deletions(word: str) -> Iterator[str]:
    """The word without each of its letters."""
    return (word[:index] + word[index + 1 :] for index in range(len(word)))


def is_ordinary(word: str) -> bool:
    """Whether a word is nobody's name, and so no misspelt one."""
    lexicon = load_lexicon()
    return word in lexicon.words or word in lexicon.technical_words or word in lexicon.affixes or word in lexicon.places


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text; `latin_letters` is how it is written in Latin letters, `is_latin` that it is written so already."""

    text: str
    latin_letters: str
    start: int
    end: int
    is_latin: bool


_LATIN_WORD: Final = re.compile(r"[a-z]{4,40}")
# Two words that may be one: `thiri_mon`. A look-ahead, so that each word is also the first of two.
_TWO_WORDS: Final = re.compile(r"(?<![a-z])(?=([a-z]{2,20})[ _-]([a-z]{2,20})(?![a-z]))")
_OTHER_WORD: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0e31-\u0e4e\u0eb1-\u0ece]|[\u102b-\u103e\u17b4-\u17d3\u0bbe-\u0bcd])*")  # fmt: skip


def comparable_words(text: str) -> Iterator[Word]:
    """The words of a text that are long enough to be compared; a word with an affix also without it."""
    folded = fold(text) if not text.isascii() else text.lower()
    if len(folded) == len(text):
        for match in _LATIN_WORD.finditer(folded):
            word = Word(match[0], match[0], match.start(), match.end(), is_latin=True)
            yield word
            yield from _cores(word)
        for match in _TWO_WORDS.finditer(folded):
            yield Word(match[0], match[1] + match[2], match.start(1), match.end(2), is_latin=True)
    if text.isascii():
        return
    for match in _OTHER_WORD.finditer(text):
        if not fold(match[0]).isascii():
            plain = _NOT_LETTERS.sub("", transliterate(match[0]))
            yield Word(match[0], plain, match.start(), match.end(), is_latin=False)
        elif len(folded) != len(text):  # accents were folded away, and places with them
            yield Word(match[0], fold(match[0]), match.start(), match.end(), is_latin=True)


def _cores(word: Word) -> Iterator[Word]:
    affixes = load_lexicon().affixes
    for length in range(3, len(word.text) - MIN_CORE + 1):
        if word.text[:length] in affixes:
            yield replace(word, latin_letters=word.text[length:], start=word.start + length)
        if word.text[-length:] in affixes:
            yield replace(word, latin_letters=word.text[:-length], end=word.end - length)
