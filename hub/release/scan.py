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
* `Scanner.last()` is for the last look over what an officer approved: it finds EXACT hits only, and of the CERT's own
  list only the addresses, since an officer may let out the hacked site of a constituent that is not the victim.

How it searches. A text is read in every encoding (`encodings`). Each reading is folded to its letters (`spelling`) and to
how they look (`disguises`), and one automaton for each of the two finds all needles at once: the cost is linear in the
text, however long the list. Words are compared by sound where the report names a victim. Addresses are compared as
addresses (`addresses`), and hash values with those of names, domains and mailboxes.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from enum import Enum
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation

from hub.release.addresses import Ranges, addresses
from hub.release.disguises import latin, looks, looks_with_places, sound, sounds_across
from hub.release.encodings import Reading, readings
from hub.release.names import UNSPACED, generic
from hub.release.spelling import fold, squeeze, squeezed_with_places

ADDRESS: Final = "an address of the victim or a constituent"
MAX_SPAN: Final = 120  # characters of a span that are shown
MIN_IN_NOISE: Final = 6  # letters of a needle that is searched for in a reading that is mostly noise
MIN_TEXT_SHARE: Final = 0.6  # of the bytes of hexadecimal digits that may be a text rather than a hash value
MIN_SOUND: Final = 4  # consonants of a word that is compared by its sound
MIN_LIKENESS: Final = 0.6  # of two words with the same consonants, from which on they are spellings of one name


class Strength(Enum):
    """Whether a hit is the thing itself, or only like it."""

    EXACT = "exact"
    SIMILAR = "similar"


class HitRule(Enum):
    """When a needle that occurs in a text is an EXACT hit. Where it is not, the hit is SIMILAR."""

    OWN = "own"  # wherever it stands as whole words: a host, an account, a number
    NAME = "name"  # where it is not part of a longer name: `cempaka`, but not `cempaka-login.example`
    DOMAIN = "domain"  # the domain and the hosts in it, but not `contoh.example.evil.example`
    NEVER = "never"  # it is only like something of the victim's


class View(Enum):
    """The form of a text that a needle is looked for in."""

    LETTERS = "letters"
    LOOKS = "looks"
    SOUND = "sound"  # words in Latin letters, for a name in Latin letters
    ACROSS = "across"  # words in Latin letters, for a name in another script
    OTHER = "other"  # words in another script


class Bounds(Enum):
    """What may touch a needle in a text."""

    ANYTHING = "anything"
    AFFIXES = "affixes"  # nothing, digits, or a word like "login" or "bank"
    NOTHING = "nothing"  # no letter and no digit
    CAPITAL = "capital"  # nothing, in a sentence, and it begins with a capital


@dataclass(frozen=True, slots=True)
class Needle:
    """One thing to look for, in the form that its view has.

    `why` says what it is, for the officer; `declared` is what it was made of, for nobody but the CERT.
    """

    text: str
    why: str
    declared: str = field(repr=False)
    rule: HitRule = HitRule.NAME
    bounds: Bounds = Bounds.ANYTHING
    view: View = View.LETTERS


@dataclass(frozen=True, slots=True)
class Hashed:
    """A spelling whose hash values are looked for."""

    spelling: str = field(repr=False)
    why: str


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


class NeedleIndex:
    """Needles, ready to be searched for all at once. It is built once and used by many scanners.

    `hashed` is called when the first text that could be a hash value is met: of a long list that takes a while.
    `listed`: they are of the CERT's own list, not of this report.
    """

    def __init__(
        self, needles: Iterable[Needle], hashed: Callable[[], Iterable[Hashed]] = tuple, *, listed: bool = False
    ) -> None:
        self.listed = listed
        by_view: dict[View, dict[str, list[Needle]]] = {view: {} for view in View}
        for needle in dict.fromkeys(needles):
            by_view[needle.view].setdefault(needle.text, []).append(needle)
        self._letters = _Automaton(by_view[View.LETTERS])
        self._looks = _Automaton(by_view[View.LOOKS])
        self._sounds = {view: by_view[view] for view in (View.SOUND, View.ACROSS, View.OTHER)}
        self._hashed = hashed
        self._digests: Mapping[str, Hashed] | None = None

    def in_letters(self, letters: str) -> Iterator[tuple[Needle, int]]:
        """The needles that occur in a squeezed text, and where."""
        return self._letters.occurrences(letters)

    def in_looks(self, letters: str) -> Iterator[tuple[Needle, int]]:
        """The needles that occur in how a text looks, and where."""
        return self._looks.occurrences(letters)

    @property
    def has_sounds(self) -> bool:
        """Whether words are to be compared by sound."""
        return any(self._sounds.values())

    def sounding(self, word: Word) -> Iterator[Needle]:
        """The needles that sound like the word."""
        if word.is_latin:
            yield from self._sounds[View.SOUND].get(sound(word.latin), ())
            for key in sounds_across(word.latin):
                yield from self._sounds[View.ACROSS].get(key, ())
        elif self._sounds[View.OTHER]:
            for key in sounds_across(word.latin):
                if UNSPACED.match(word.text) is None:
                    yield from self._sounds[View.OTHER].get(key, ())
                else:
                    for text, needles in self._sounds[View.OTHER].items():
                        if text in key:
                            yield from needles

    def digest(self, value: str) -> Hashed | None:
        """The spelling of which this hexadecimal text is a hash value."""
        if self._digests is None:
            self._digests = {
                algorithm(text.encode(), usedforsecurity=False).hexdigest(): one
                for one in self._hashed()
                for text in (one.spelling, f"{one.spelling}\n")
                for algorithm in _ALGORITHMS
            }
        return self._digests.get(value)

    def __len__(self) -> int:
        return len(self._letters) + len(self._looks) + sum(map(len, self._sounds.values()))


class _Automaton:
    def __init__(self, needles: Mapping[str, list[Needle]]) -> None:
        self._needles = list(needles.items())
        self._automaton = (
            AhoCorasick(list(needles), implementation=Implementation.ContiguousNFA) if self._needles else None
        )

    def occurrences(self, text: str) -> Iterator[tuple[Needle, int]]:
        if self._automaton is not None:
            for number, start, _ in self._automaton.find_matches_as_indexes(text, overlapping=True):
                for needle in self._needles[number][1]:
                    yield needle, start

    def __len__(self) -> int:
        return len(self._needles)


class Scanner:
    """Looks for a fixed deny-list. `deny.scanner_for` makes one for each release.

    `own`: texts that may be said, such as the CERT's own name. `harmless`: words that cannot be told from our own
    sentences; what is only similar to them, or to a part of them, is no hit.
    """

    def __init__(
        self,
        indexes: Iterable[NeedleIndex],
        networks: Iterable[str] | Ranges,
        *,
        own: Iterable[str] = (),
        harmless: frozenset[str] = frozenset(),
        last: bool = False,
    ) -> None:
        self._indexes = tuple(index for index in indexes if not (last and index.listed))
        self._ranges = networks if isinstance(networks, Ranges) else Ranges(networks)
        self._own = tuple(filter(None, map(squeeze, own)))
        self._harmless = harmless
        self._last = last
        self._hits: dict[str, tuple[Hit, ...]] = {}

    def __repr__(self) -> str:
        return f"Scanner({sum(map(len, self._indexes))} spellings)"

    def hits(self, text: str) -> tuple[Hit, ...]:
        """What of the list the text says, exact hits first; a similar hit inside another hit is left out."""
        if text not in self._hits:
            if _is_noise(text):
                hits = list(self._hashes(Reading(text, 0, len(text))))
            else:
                hits = [hit for reading in readings(text) for hit in self._in_reading(reading)]
            self._hits[text] = _distinct(hit for hit in hits if hit.exact or not self._last)
        return self._hits[text]

    def last(self) -> Scanner:
        """The scanner for the last look over what an officer approved."""
        return Scanner(self._indexes, self._ranges, own=self._own, harmless=self._harmless, last=True)

    # -- one reading ------------------------------------------------------------------------------------------------

    def _in_reading(self, reading: Reading) -> Iterator[Hit]:
        text = reading.text
        places: dict[Callable[[str], tuple[str, list[int]]], list[int]] = {}
        for form, with_places, search in (
            (squeeze(text), squeezed_with_places, NeedleIndex.in_letters),
            (looks(text), looks_with_places, NeedleIndex.in_looks),
        ):
            for index in self._indexes:
                for needle, at in search(index, form):
                    if not _sought(needle, reading):
                        continue
                    if with_places not in places:
                        places[with_places] = with_places(text)[1]
                    start, end = _span(text, places[with_places], at, len(needle.text))
                    # one character may stand for several letters in Latin, and says less than a name
                    if end - start > 1 and _bounded(needle.bounds, text, start, end) and _one(needle, text[start:end]):
                        yield from self._hit(needle, reading, start, end)
        if reading.clean:
            yield from self._sounding(reading)
            yield from self._hashes(reading)
        if self._ranges:
            yield from self._addresses(reading)

    def _hit(self, needle: Needle, reading: Reading, start: int, end: int) -> Iterator[Hit]:
        text = reading.text[start:end]
        strength = Strength.EXACT if _exact(needle.rule, reading.text, start, end) else Strength.SIMILAR
        squeezed = squeeze(text)
        if any(squeezed in own for own in self._own):
            return
        if strength is Strength.SIMILAR and {squeezed, _word_around(reading.text, start, end)} & self._harmless:
            return
        why, where = needle.why, (start, end)
        if reading.encoding:
            why, where = f"{why}, in {reading.encoding}", (reading.start, reading.end)
        yield Hit(why, strength, text[:MAX_SPAN], *where, needle.declared)

    def _sounding(self, reading: Reading) -> Iterator[Hit]:
        indexes = [index for index in self._indexes if index.has_sounds]
        if not indexes:
            return
        for word in spoken_words(reading.text):
            for index in indexes:
                for needle in index.sounding(word):
                    # the key is what both have in common; how much the rest differs decides
                    declared = latin(needle.declared)
                    if not word.is_latin or SequenceMatcher(None, word.latin, declared).ratio() >= MIN_LIKENESS:
                        yield from self._hit(needle, reading, word.start, word.end)

    def _hashes(self, reading: Reading) -> Iterator[Hit]:
        for match in _HASH.finditer(reading.text):
            for index in self._indexes:
                hashed = index.digest(match[0].lower())
                if hashed is not None:
                    start, end = (match.start(), match.end()) if not reading.encoding else (reading.start, reading.end)
                    yield Hit(hashed.why, Strength.EXACT, match[0], start, end, hashed.spelling)

    def _addresses(self, reading: Reading) -> Iterator[Hit]:
        for address in addresses(fold(reading.text)):
            if self._ranges.overlap(address.network):
                strength = Strength.EXACT if address.certain else Strength.SIMILAR
                start = reading.text.find(address.text)
                if reading.encoding or start < 0:
                    yield Hit(ADDRESS, strength, address.text, reading.start, reading.end)
                else:
                    yield Hit(ADDRESS, strength, address.text, start, start + len(address.text))


_HEXADECIMAL: Final = re.compile(r"(?:[0-9a-fA-F]{2}){16,64}")


def _is_noise(text: str) -> bool:
    """Whether a text is a hash value: hexadecimal digits whose bytes are for the most part no letters, in UTF-8 or UTF-16."""
    if _HEXADECIMAL.fullmatch(text) is None:
        return False
    raw = bytes.fromhex(text)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return sum(byte == 0 or 0x20 <= byte < 0x7F for byte in raw) < MIN_TEXT_SHARE * len(raw)
    return False


def _sought(needle: Needle, reading: Reading) -> bool:
    """Whether a needle is searched for in this reading: in noise, only what is long enough not to be there by chance."""
    if reading.clean:
        return True
    return needle.bounds is Bounds.ANYTHING and (needle.rule is not HitRule.NEVER or len(needle.text) >= MIN_IN_NOISE)


_ALGORITHMS: Final = (hashlib.md5, hashlib.sha1, hashlib.sha256)
_HASH: Final = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})(?![0-9a-fA-F])")


def _distinct(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Exact hits first, then in the order of the text; without similar hits inside a hit that says more."""
    ordered = sorted(dict.fromkeys(hits), key=lambda hit: (not hit.exact, hit.start - hit.end, -len(hit.text)))
    distinct: list[Hit] = []
    for hit in ordered:
        if hit.exact or not any(_inside(hit, other) for other in distinct):
            distinct.append(hit)
    return tuple(sorted(distinct, key=lambda hit: (not hit.exact, hit.start)))


def _inside(hit: Hit, other: Hit) -> bool:
    return other.start <= hit.start and hit.end <= other.end and squeeze(hit.text) in squeeze(other.text)


# -- where in a text a needle stands ---------------------------------------------------------------------------------

_NAME_GOES_ON: Final = re.compile(r"[._-]*[^\W_]")
_NAME_BEGAN: Final = re.compile(r"[^\W_][._-]*\Z")
_LETTERS_BEFORE: Final = re.compile(r"[^\W_]*\Z")
_LETTERS_AFTER: Final = re.compile(r"[^\W_]*")
MAX_AFFIX: Final = 24  # characters beside a needle that are read


def _span(text: str, places: Sequence[int], at: int, length: int) -> tuple[int, int]:
    """The characters of the text that a needle stands for, with the accents after the last of them."""
    end = places[at + length - 1] + 1
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return places[at], end


def _bounded(bounds: Bounds, text: str, start: int, end: int) -> bool:
    match bounds:
        case Bounds.ANYTHING:
            return True
        case Bounds.NOTHING:
            return _whole(text, start, end)
        case Bounds.CAPITAL:
            return _whole(text, start, end) and text[start].isupper() and any(map(str.isspace, text))
    if _whole(text, start, end):
        return True
    before = _LETTERS_BEFORE.search(text[max(start - MAX_AFFIX, 0) : start])
    after = _LETTERS_AFTER.match(text[end : end + MAX_AFFIX])
    return _is_affix(before[0] if before else "", text[start], last=False) and _is_affix(
        after[0] if after else "", text[end - 1], last=True
    )


def _one(needle: Needle, span: str) -> bool:
    """Whether the words of a span are one thing: not the "at a" of "at a hospital" for ATA, but "A T A"."""
    parts = span.split()
    if needle.bounds is Bounds.ANYTHING or len(parts) == 1 or all(len(part) == 1 for part in parts):
        return True
    return any(map(str.isdecimal, parts)) or (" " in needle.declared and needle.text in squeeze(needle.declared))


def _is_affix(letters: str, beside: str, *, last: bool) -> bool:
    """Whether what touches a needle is no part of its word: digits, another word of a CamelCase name, or an affix."""
    if not letters or not _touches(letters[0] if last else letters[-1], beside):
        return True
    if letters.isascii() and letters.isalpha():
        if last and letters[0].isupper() and (beside.islower() or letters[1:2].islower()):
            return True
        if not last and letters[-1].islower() and beside.isupper():
            return True
    bare = letters.strip("0123456789").lower()
    return not bare or bare in generic().affixes


def _whole(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit touches the span."""
    return not _touches(text[:start][-1:], text[start]) and not _touches(text[end : end + 1], text[end - 1])


def _touches(outside: str, inside: str) -> bool:
    return outside.isalnum() and not (UNSPACED.match(outside) and UNSPACED.match(inside))


def _word_around(text: str, start: int, end: int) -> str:
    """The whole word that a span is a part of: a name inside "organisation" is none."""
    before = _LETTERS_BEFORE.search(text[max(start - MAX_AFFIX, 0) : start])
    after = _LETTERS_AFTER.match(text[end : end + MAX_AFFIX])
    return squeeze((before[0] if before else "") + text[start:end] + (after[0] if after else ""))


def _exact(rule: HitRule, text: str, start: int, end: int) -> bool:
    if rule is HitRule.NEVER or not _whole(text, start, end):
        return False
    if rule is HitRule.OWN:
        return True
    before, after = text[max(start - 3, 0) : start], text[end : end + 3]
    goes_on = _NAME_GOES_ON.match(after) is not None and not UNSPACED.match(text[end - 1])
    began = _NAME_BEGAN.search(before) is not None and not UNSPACED.match(text[start])
    return not goes_on and (not began or (rule is HitRule.DOMAIN and before.endswith(".")))


# -- words as they are said ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text and how it is written in Latin letters; `is_latin`: it is written so already."""

    text: str
    latin: str
    start: int
    end: int
    is_latin: bool


_LATIN_WORD: Final = re.compile(r"[a-z]{4,40}")
_OTHER_WORD: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0e31-\u0e4e\u0eb1-\u0ece]|[\u102b-\u103e\u17b4-\u17d3\u0bbe-\u0bcd])*")  # fmt: skip
MIN_CORE: Final = 5  # letters that are left of a word once an affix is taken off


def spoken_words(text: str) -> Iterator[Word]:
    """The words of a text long enough to be compared by sound; a word with an affix also without it."""
    folded = fold(text) if not text.isascii() else text.lower()
    if len(folded) == len(text):
        for match in _LATIN_WORD.finditer(folded):
            word = Word(match[0], match[0], match.start(), match.end(), is_latin=True)
            yield word
            yield from _cores(word)
    if text.isascii():
        return
    for match in _OTHER_WORD.finditer(text):
        if not fold(match[0]).isascii():
            plain = re.sub("[^a-z]", "", latin(match[0]))
            yield Word(match[0], plain, match.start(), match.end(), is_latin=False)
        elif len(folded) != len(text):  # accents were folded away, and places with them
            yield Word(match[0], fold(match[0]), match.start(), match.end(), is_latin=True)


def _cores(word: Word) -> Iterator[Word]:
    affixes = generic().affixes
    for length in range(3, len(word.text) - MIN_CORE + 1):
        if word.text[:length] in affixes:
            yield replace(word, latin=word.text[length:], start=word.start + length)
        if word.text[-length:] in affixes:
            yield replace(word, latin=word.text[:-length], end=word.end - length)
