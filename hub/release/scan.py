"""The scanner: does a text say, in whatever spelling, whom the CERT protects?

What others use of it:

* `deny.scanner_for(member, report)` makes the scanner of one release, `deny.listed(member)` that of the CERT's own list.
* `Scanner.hits(text)` returns a `Hit` for each thing that the text says of those protected, each once.
* `Hit.strength` says what may become of the text:
  - `Strength.EXACT`: the text holds something that is the victim's own (its name as a word of its own, its domain or a
    host in it, a mailbox, an address, a number …). It stays, whatever an officer says.
  - `Strength.SIMILAR`: the text resembles something of the victim's, or holds its name inside a longer word, as a
    phishing domain does. It is held under a key; approved by an officer it leaves as a lone indicator.
* `Hit.why` is a clause for the officer that does not repeat what was searched for; `Hit.text` with `start` and `end` is
  the span of the scanned text that it is about. `str(hit)` joins both.
* `Scanner.focused(texts)` is a scanner for exactly these texts, and faster. `Scanner.last()` is for the last look over
  what an officer approved: it finds EXACT hits only, and of the CERT's own list only the addresses, since an officer may
  let out the hacked site of a constituent that is not the victim.

A text is read in every encoding (`encodings`) and folded to one spelling (`spelling`), and so is the list.
Addresses are compared as addresses (`addresses`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from hub.release.addresses import Ranges, addresses
from hub.release.encodings import readings
from hub.release.spelling import fold, squeeze, squeezed_with_places

ADDRESS: Final = "an address of the victim or a constituent"
MAX_SPAN: Final = 120  # characters of a span that are shown


class Strength(Enum):
    """Whether a hit is the thing itself, or only like it."""

    EXACT = "exact"
    SIMILAR = "similar"


class Rule(Enum):
    """When a needle that occurs in a text is an EXACT hit. Where it is not, the hit is SIMILAR."""

    OWN = "own"  # wherever it stands as whole words: a host, an account, a number
    NAME = "name"  # where it is not part of a longer name: `cempaka`, but not `cempaka-login.example`
    DOMAIN = "domain"  # the domain and the hosts in it, but not `contoh.example.evil.example`
    NEVER = "never"  # it is only like something of the victim's


@dataclass(frozen=True, slots=True)
class Needle:
    """One spelling to look for: squeezed, or (`whole`) as a word.

    `why` says what it is, for the officer; `declared` is what it was made of, for nobody but the CERT.
    """

    text: str
    why: str
    declared: str = field(repr=False)
    rule: Rule = Rule.NAME
    whole: bool = False
    listed: bool = False  # of the CERT's own list, not of this report


@dataclass(frozen=True, slots=True)
class Hit:
    """Something of the deny-list found in a text; see the module's docstring."""

    why: str
    strength: Strength
    text: str
    start: int
    end: int
    declared: str = field(default="", repr=False, compare=False)

    @property
    def exact(self) -> bool:
        """Whether it stays whatever an officer says."""
        return self.strength is Strength.EXACT

    def __str__(self) -> str:
        return f"{self.why} “{self.text}”"


class Scanner:
    """Looks for a fixed deny-list. `deny.scanner_for` makes one for each release."""

    def __init__(
        self, needles: Iterable[Needle], networks: Iterable[str] | Ranges, *, exact_only: bool = False
    ) -> None:
        self._needles = tuple(dict.fromkeys(needles))
        self._ranges = networks if isinstance(networks, Ranges) else Ranges(networks)
        self._exact_only = exact_only

    def __repr__(self) -> str:
        return f"Scanner({len(self._needles)} spellings)"

    def hits(self, text: str) -> list[Hit]:
        """What of the list the text says, each once; in the order of the list."""
        found: dict[Hit, None] = {}
        for reading in readings(text):
            found |= dict.fromkeys(self._in_reading(reading, text))
        return [hit for hit in found if hit.exact or not self._exact_only]

    def focused(self, texts: Iterable[str]) -> Scanner:
        """A scanner with only those spellings that occur in any of the texts: most lists are long, and most hits none."""
        joined = "\n".join(dict.fromkeys(squeeze(reading) for text in texts for reading in readings(text)))
        lean = (needle for needle in self._needles if needle.text in joined)
        return Scanner(lean, self._ranges, exact_only=self._exact_only)

    def last(self) -> Scanner:
        """The scanner for the last look over what an officer approved."""
        needles = (needle for needle in self._needles if needle.rule is not Rule.NEVER and not needle.listed)
        return Scanner(needles, self._ranges, exact_only=True)

    def _in_reading(self, reading: str, text: str) -> Iterator[Hit]:
        """The hits in one reading. Where that is not the text itself, the span is the whole text."""
        squeezed = squeeze(reading)
        for needle in self._needles:
            if needle.text in squeezed:
                yield from self._occurrences(needle, reading, text)
        if self._ranges:
            for address in addresses(fold(reading)):
                if self._ranges.overlap(address.network):
                    strength = Strength.EXACT if address.certain else Strength.SIMILAR
                    start = max(text.find(address.text), 0)
                    yield Hit(ADDRESS, strength, address.text, start, start + len(address.text))

    @staticmethod
    def _occurrences(needle: Needle, reading: str, text: str) -> Iterator[Hit]:
        squeezed, places = squeezed_with_places(reading)
        at = squeezed.find(needle.text)
        best: Hit | None = None
        while at >= 0:
            start, end = places[at], places[at + len(needle.text) - 1] + 1
            if not needle.whole or _whole(reading, start, end):
                strength = Strength.EXACT if _exact(needle.rule, reading, start, end) else Strength.SIMILAR
                where = (start, end) if reading == text else (0, len(text))
                hit = Hit(needle.why, strength, reading[start:end][:MAX_SPAN], *where, needle.declared)
                if best is None or (hit.exact and not best.exact):
                    best = hit
            at = squeezed.find(needle.text, at + 1)
        if best is not None:
            yield best


# Scripts that put no blanks between words: Thai, Lao, Burmese, Khmer, Chinese and Japanese.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_NAME_GOES_ON: Final = re.compile(r"[._-]*[^\W_]")
_NAME_BEGAN: Final = re.compile(r"[^\W_][._-]*\Z")


def _whole(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit touches the span."""
    before, after = text[:start][-1:], text[end : end + 1]
    return not (_touches(before, text[start]) or _touches(after, text[end - 1]))


def _touches(outside: str, inside: str) -> bool:
    return outside.isalnum() and not (_UNSPACED.match(outside) and _UNSPACED.match(inside))


def _exact(rule: Rule, text: str, start: int, end: int) -> bool:
    if rule is Rule.NEVER or not _whole(text, start, end):
        return False
    if rule is Rule.OWN:
        return True
    before, after = text[max(start - 3, 0) : start], text[end : end + 3]
    goes_on = _NAME_GOES_ON.match(after) is not None and not _UNSPACED.match(text[end - 1])
    began = _NAME_BEGAN.search(before) is not None and not _UNSPACED.match(text[start])
    return not goes_on and (not began or (rule is Rule.DOMAIN and before.endswith(".")))
