"""Short forms of a name with cut words: joined beginnings, numbers in digits, two words blended, vowels left out.

Phishing domains use such forms: `1st-nat-bank`, `kelading`, `kngtel`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from typing import Final

from hub.release.disguises import drop_vowels
from hub.release.joined_names import plain_words
from hub.release.names import distinctive_words, load_lexicon

MIN_JOINED: Final = 6  # letters of joined beginnings
MAX_JOINED: Final = 4  # words whose beginnings are joined
MIN_BLENDED: Final = 6  # letters of a blend
MIN_WITHOUT_VOWELS: Final = 5  # letters of a word of which one half has no vowels
_BEGINNINGS: Final = (3, 4)  # letters of each beginning
_ENDS: Final = (3, 4, 5)  # letters of each word of a blend

# Words for numbers, and the digits for each.
_NUMBERS: Final = {
    word: digits
    for digits, texts in {
        "1": "one satu isa pertama", "2": "two dua dalawa kedua", "3": "three tiga tatlo ketiga", "4": "four empat apat",
        "5": "five lima", "6": "six enam anim", "7": "seven tujuh pito", "8": "eight delapan lapan walo",
        "9": "nine sembilan siyam", "10": "ten sepuluh", "1st": "first una primeiro", "2nd": "second", "3rd": "third",
        "4th": "fourth", "5th": "fifth", "6th": "sixth", "7th": "seventh", "8th": "eighth", "9th": "ninth", "10th": "tenth",
    }.items()
    for word in texts.split()
}  # fmt: skip


def joined_beginnings(name: str) -> set[str]:
    """The beginnings of the first words of a name, including generic words, joined: `firstnatbank`, `1stnational`.

    Generic words alone are joined only if the name has at most one distinctive word: many names begin with "National Bank".
    """
    bare_words, own_words = plain_words(name), frozenset(distinctive_words(name))
    texts: set[str] = set()
    for length in range(2, min(len(bare_words), MAX_JOINED) + 1):
        first_words = bare_words[:length]
        if own_words.isdisjoint(first_words) and not (len(own_words) < 2 < len(bare_words)):
            continue
        texts |= {"".join(parts) for parts in product(*map(_beginnings, first_words)) if list(parts) != first_words}
    return {text for text in texts if len(text) >= MIN_JOINED and text.isascii() and text not in own_words}


def _beginnings(word: str) -> list[str]:
    number = _NUMBERS.get(word)
    return list(dict.fromkeys([*(word[:length] for length in _BEGINNINGS), word, *([number] if number else [])]))


def digit_spellings(name: str) -> Iterator[str]:
    """The words of a name with its numbers in digits: `3gunung` of Tiga Gunung."""
    bare_words = plain_words(name)
    words_in_digits = [_NUMBERS.get(word, word) for word in bare_words]
    if words_in_digits != bare_words:
        yield "".join(words_in_digits)


def blends(name: str) -> set[str]:
    """The beginning of a word joined with the end of the next one: `kelading` of Kelapa Gading."""
    own_words = [word for word in distinctive_words(name) if word.isascii() and word.isalpha()]
    texts = {
        first[:leading] + second[-trailing:]
        for first, second in pairwise(own_words)
        for leading in _ENDS
        for trailing in _ENDS
        if leading < len(first) and trailing < len(second)
    }
    return {text for text in texts if len(text) >= MIN_BLENDED and text not in load_lexicon().affixes}


def half_abbreviations(word: str) -> set[str]:
    """A word with one half abbreviated: `kngtel` and `kangtl` of Kangtel."""
    if not word.isascii() or not word.isalpha():
        return set()
    cuts = range(3, len(word) - 2)
    halves = [(word[:cut], word[cut:]) for cut in cuts]
    texts = {text for first, second in halves for text in (drop_vowels(first) + second, first + drop_vowels(second))}
    return {text for text in texts - {word} if len(text) >= MIN_WITHOUT_VOWELS}
