"""Chinese names as Hokkien, Teochew, Cantonese and Hakka say them: `hockseng` of 福成. The table is `han_readings.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Final

from hub.release.names import word_table
from hub.release.readable import Decoded

MIN_JOINED: Final = 6  # letters of several readings in one word
_IN_A_ROW: Final = (2, 3)  # characters


def said_in_the_south(word: str) -> set[str]:
    """What two or three neighbouring characters of a Chinese word are written as in Latin letters, in one word."""
    if word.isascii():
        return set()
    known = _readings()
    windows = (word[at : at + length] for length in _IN_A_ROW for at in range(len(word) - length + 1))
    rows = ([known.get(character, ()) for character in window] for window in windows)
    texts = {"".join(parts) for row in rows for parts in product(*row)}
    return {text for text in texts if len(text) >= MIN_JOINED}


def as_said_in_the_south(text: str) -> Iterator[Decoded]:
    """The Chinese words of a text as they are written in Latin letters: `hockseng` of the 福成 in a file's name.

    They are many for each word, most of them nobody's, so that only long names are searched for in them.
    """
    for match in () if text.isascii() else _CHINESE.finditer(text):
        if said := said_in_the_south(match[0]):
            yield Decoded(_BETWEEN.join(sorted(said)), match.start(), match.end(), clean=False)


_CHINESE: Final = re.compile("[\u3400-\u9fff]{2,20}")
_BETWEEN: Final = "\u3007"  # a letter of no name: what two words have together is nobody's


@cache
def _readings() -> Mapping[str, tuple[str, ...]]:
    table = word_table("han_readings")["readings"]
    return {
        character: tuple(reading.strip() for reading in readings.split(","))
        for characters, readings in table.items()
        for character in characters
    }
