"""What the scanner searches for: a needle, the form of the text in which to search, and what may touch a match there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class HitRule(StrEnum):
    """When a needle that occurs in a text is an EXACT hit. Where it is not, the hit is SIMILAR."""

    WHOLE_WORDS = "own"  # wherever it stands as whole words: a host, an account, a number
    NAME = "name"  # where it is not part of a longer name: `cempaka`, but not `cempaka-login.example`
    DOMAIN = "domain"  # the domain and the hosts in it, but not `contoh.example.evil.example`
    NEVER = "never"  # it is only like something of the victim's


class View(StrEnum):
    """The form of a text that a needle is looked for in."""

    LETTERS = "letters"
    LOOKS = "looks"
    SOUND = "sound"  # the consonants of words in Latin letters
    SPOKEN = "spoken"  # words as they are said, where they or the name are of another script
    EDITED = "edited"  # words with one letter left out, added, changed or swapped
    ABBREVIATED = "abbreviated"  # words of consonants alone, in scripts without blanks


class Bounds(StrEnum):
    """What may touch a needle's match in a text."""

    ANYTHING = "anything"
    WORD = "word"  # anything, but the needle itself is written in one word, or in single letters
    FEW_LETTERS = "nearly"  # an affix, or two letters in all
    AFFIXES = "affixes"  # nothing, digits, or a word like "login" or "bank"
    NOTHING = "nothing"  # no letter and no digit
    LURE = "lure"  # nothing, and a word like "login" stands beside it, or it is in capitals in a sentence
    CAPITAL = "capital"  # nothing, in a sentence, and it begins with a capital


class Needle(NamedTuple):
    """A text to search for, in the form of its view: a tuple, since a register needs tens of thousands of them.

    `description` says what it is, for the officer; `declared_text` is what it was made of, for nobody but the CERT.
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
    """A spelling whose hash values are looked for."""

    spelling: str = field(repr=False)
    description: str
