"""Chinese names in Latin letters, by their Hokkien, Teochew, Cantonese and Hakka readings: `hockseng` for 福成.

The table of readings is `han_readings.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Final

from hub.release.disguises import transliterate
from hub.release.names import distinctive_words, load_lexicon, load_word_table
from hub.release.readable import DecodedText

MIN_JOINED: Final = 6  # letters of several joined readings
_INITIAL_COUNTS: Final = range(3, 7)  # how many initials of one name are searched for
_WINDOW_LENGTHS: Final = (2, 3)  # characters


def southern_readings(word: str) -> set[str]:
    """The joined readings of each two or three neighbouring characters of a Chinese word, in Latin letters."""
    if word.isascii():
        return set()
    readings = _readings()
    windows = (word[start : start + length] for length in _WINDOW_LENGTHS for start in range(len(word) - length + 1))
    readings_by_window = ([readings.get(character, ()) for character in window] for window in windows)
    texts = {"".join(parts) for window_readings in readings_by_window for parts in product(*window_readings)}
    return {text for text in texts if len(text) >= MIN_JOINED}


def pinyin_initials(name: str) -> set[str]:
    """The first letters of the Chinese characters of a name in Pinyin, with and without its generic words: `jbh` for 金百合."""
    runs = (run for text in (name, *distinctive_words(name)) for run in _CHINESE.findall(text))
    texts = {"".join(transliterate(character)[:1] for character in run) for run in runs}
    technical_words = load_lexicon().technical_words
    return {text for text in texts if len(text) in _INITIAL_COUNTS and text.isalpha() and text not in technical_words}


def decode_chinese(text: str) -> Iterator[DecodedText]:
    """The readings of the Chinese words of a text: `hockseng` for 福成 in the name of a file.

    Each word has many readings, and most are not used as names. So the result is not clean: only long names are searched for.
    """
    for match in () if text.isascii() else _CHINESE.finditer(text):
        if texts := southern_readings(match[0]):
            yield DecodedText(_SEPARATOR.join(sorted(texts)), match.start(), match.end(), is_clean=False)


_CHINESE: Final = re.compile("[\u3400-\u9fff]{2,20}")
_SEPARATOR: Final = "\u3007"  # occurs in no name, so that no name can match across two readings


@cache
def _readings() -> Mapping[str, tuple[str, ...]]:
    table = load_word_table("han_readings")["readings"]
    return {
        character: tuple(reading.strip() for reading in readings.split(","))
        for characters, readings in table.items()
        for character in characters
    }
