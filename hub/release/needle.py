"""What the scanner searches for: a needle, the form of the text in which to search, and what may touch a match there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class HitRule(StrEnum):
    """When a needle that occurs in a text is an EXACT hit. In all other cases the hit is SIMILAR."""

    WHOLE_WORDS = "whole words"  # wherever it occurs as whole words: a host, an account, a number
    NAME = "name"  # where it is not part of a longer name: `cempaka`, but not `cempaka-login.example`
    DOMAIN = "domain"  # the domain and the hosts in it, but not `contoh.example.evil.example`
    NEVER = "never"  # the needle only resembles something of the victim's


class View(StrEnum):
    """The form of a text in which a needle is searched for."""

    LETTERS = "letters"
    LOOKS = "looks"
    SOUND = "sound"  # the consonants of words in Latin letters
    SPOKEN = "spoken"  # the pronunciation of words, if the word or the name is in another script
    EDITED = "edited"  # words with one letter left out, added, changed or swapped
    ABBREVIATED = "abbreviated"  # words that consist of consonants, in scripts without spaces


class Bounds(StrEnum):
    """What may touch a needle's match in a text."""

    ANYTHING = "anything"
    WORD = "word"  # anything, but the match itself must be one word, or single letters
    FEW_LETTERS = "few letters"  # an affix, or at most two letters on both sides together
    AFFIXES = "affixes"  # digits, or a word like "login" or "bank"
    NOTHING = "nothing"  # no letter and no digit
    LURE = "lure"  # no letter and no digit; the needle is next to a word like "login", or in capitals in a sentence
    CAPITAL = "capital"  # no letter and no digit; the needle is in a sentence and begins with a capital


class Needle(NamedTuple):
    """A text to search for, in the form of its view. It is a tuple, because a register needs tens of thousands of them.

    `description` tells the officer what the needle is without quoting it. `declared_text` is the text from which the needle
    was derived; it never leaves the CERT.
    """

    text: str
    description: str
    declared_text: str
    rule: HitRule = HitRule.NAME
    bounds: Bounds = Bounds.ANYTHING
    view: View = View.LETTERS

    def __repr__(self) -> str:
        return f"Needle({self.description}, {self.view}, …)"


@dataclass(frozen=True, slots=True)
class HashedSpelling:
    """A spelling whose hash values are searched for."""

    spelling: str = field(repr=False)
    description: str
