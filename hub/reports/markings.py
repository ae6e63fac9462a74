"""The TLP and PAP levels of a report or of a part of it."""

from __future__ import annotations

from typing import Literal

TlpWord = Literal["clear", "green", "amber", "amber+strict", "red"]
"""A TLP 2.0 level, spelt as in ``tlp_2_0`` of the marking definition."""


PapWord = Literal["clear", "green", "amber", "red"]
"""A PAP level; the older "white" is read as "clear"."""


TLP_WORDS: tuple[TlpWord, ...] = ("clear", "green", "amber", "amber+strict", "red")
"""The levels in order, least restrictive first."""


def strictest(*levels: TlpWord | None) -> TlpWord | None:
    """Return the most restrictive of the levels that are not None; None if there is none."""
    return max((level for level in levels if level), key=TLP_WORDS.index, default=None)
