"""Chinese names as Hokkien, Teochew, Cantonese and Hakka say them: `hockseng` of 福成. The table is `han_readings.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Final

from hub.release.names import word_table
from hub.release.readable import DecodedText

MIN_JOINED: Final = 6  # letters of several readings in one word
_WINDOW_LENGTHS: Final = (2, 3)  # characters


def southern_readings(word: str) -> set[str]:
    """What two or three neighbouring characters of a Chinese word are written as in Latin letters, in one word."""
    if word.isascii():
        return set()
    readings = _readings()
    windows = (word[start : start + length] for length in _WINDOW_LENGTHS for start in range(len(word) - length + 1))
    rows = ([readings.get(character, ()) for character in window] for window in windows)
    texts = {"".join(parts) for row in rows for parts in product(*row)}
    return {text for text in texts if len(text) >= MIN_JOINED}


def decode_chinese(text: str) -> Iterator[DecodedText]:
    """The Chinese words of a text as they are written in Latin letters: `hockseng` of the 福成 in a file's name.

    They are many for each word, most of them nobody's, so that only long names are searched for in them.
    """
    for match in () if text.isascii() else _CHINESE.finditer(text):
        if texts := southern_readings(match[0]):
            yield DecodedText(_SEPARATOR.join(sorted(texts)), match.start(), match.end(), is_clean=False)


_CHINESE: Final = re.compile("[\u3400-\u9fff]{2,20}")
_SEPARATOR: Final = "\u3007"  # a letter of no name: what two words have together is nobody's


@cache
def _readings() -> Mapping[str, tuple[str, ...]]:
    table = word_table("han_readings")["readings"]
    return {
        character: tuple(reading.strip() for reading in readings.split(","))
        for characters, readings in table.items()
        for character in characters
    }
