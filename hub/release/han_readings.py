"""Chinese names as Hokkien, Teochew, Cantonese and Hakka say them: `hockseng` of 福成. The table is `han_readings.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Final

from hub.release.names import word_table

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


@cache
def _readings() -> Mapping[str, tuple[str, ...]]:
    table = word_table("han_readings")["readings"]
    return {
        character: tuple(reading.strip() for reading in readings.split(","))
        for characters, readings in table.items()
        for character in characters
    }
