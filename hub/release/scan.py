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
  list only the addresses, since an officer may approve the hacked site of a constituent that is not the victim.

How it searches. A text is read in every encoding (`encodings`). Each reading is folded to its letters (`spelling`) and to
how they look (`disguises`), and one automaton for each of the two finds all needles at once (`needle_index`): the cost is
linear in the text, however long the list. Where the report names a victim, words are also compared by how they are said
and for one wrong letter (`spoken`). Addresses are compared as addresses (`addresses`), and hash values with those of
names, domains and mailboxes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from typing import Final

from hub.release.abbreviated import abbreviations
from hub.release.addresses import Ranges, addresses, packed_addresses
from hub.release.boundaries import is_bounded, is_exact, is_one_thing, span_of, word_around
from hub.release.disguises import looks, looks_with_places
from hub.release.encodings import MAX_READINGS, Reading, readings
from hub.release.needle import Bounds, HitRule, Needle
from hub.release.needle_index import NeedleIndex
from hub.release.readable import GZIP
from hub.release.spelling import fold, squeeze, squeezed_with_places
from hub.release.spoken import spoken_words

ADDRESS: Final = "an address of the victim or a constituent"
TOO_MANY: Final = "more encoded text than is read"
MAX_SPAN: Final = 120  # characters of a span that are shown
MIN_IN_NOISE: Final = 6  # letters of a needle that is searched for in a reading that is mostly noise
MIN_CERTAIN_DIGITS: Final = 16  # of a hash value; fewer may be there by chance
MIN_TEXT_SHARE: Final = 0.6  # of the bytes of hexadecimal digits that may be a text rather than a hash value


class Strength(Enum):
    """Whether a hit is the thing itself, or only like it."""

    EXACT = "exact"
    SIMILAR = "similar"


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
    """Looks for a fixed deny-list. `deny.scanner_for` makes one for each release.

    `own`: texts that may be said, such as the CERT's own name. `harmless`: words that cannot be told from our own
    sentences; what is only similar to them, or to a part of them, is no hit. `by_word`: whether words are compared.
    """

    def __init__(  # noqa: PLR0913  each says what is searched for, or what is not
        self,
        indexes: Iterable[NeedleIndex],
        networks: Iterable[str] | Ranges,
        *,
        own: Iterable[str] = (),
        harmless: frozenset[str] = frozenset(),
        last: bool = False,
        by_word: bool = True,
    ) -> None:
        self._indexes = tuple(index for index in indexes if not (last and index.listed))
        self._ranges = networks if isinstance(networks, Ranges) else Ranges(networks)
        self._own = tuple(filter(None, map(squeeze, own)))
        self._harmless = harmless
        self._last = last
        self._word_indexes = tuple(index for index in self._indexes if index.has_words) if by_word else ()
        self._hits: dict[str, tuple[Hit, ...]] = {}

    def __repr__(self) -> str:
        return f"Scanner({sum(map(len, self._indexes))} spellings)"

    def hits(self, text: str) -> tuple[Hit, ...]:
        """What of the list the text says, exact hits first; a similar hit inside another hit is left out."""
        if text not in self._hits:
            if _is_noise(text):
                hits = list(self._hashes(Reading(text, 0, len(text))))
            else:
                read = readings(text)
                hits = [hit for reading in read for hit in self._in_reading(reading)]
                if len(read) >= MAX_READINGS and self._indexes:
                    hits.append(Hit(TOO_MANY, Strength.SIMILAR, text[:MAX_SPAN], 0, len(text)))
            self._hits[text] = _distinct(hit for hit in hits if hit.exact or not self._last)
        return self._hits[text]

    def without_words(self) -> Scanner:
        """The scanner for the last look over all that leaves, our own sentences among it.

        Their words sound like many a name; each value and text of the report was compared word by word before.
        """
        return Scanner(
            self._indexes, self._ranges, own=self._own, harmless=self._harmless, last=self._last, by_word=False
        )

    def last(self) -> Scanner:
        """The scanner for the last look over what an officer approved."""
        return Scanner(self._indexes, self._ranges, own=self._own, harmless=self._harmless, last=True)

    # -- one reading ------------------------------------------------------------------------------------------------

    def _in_reading(self, reading: Reading) -> Iterator[Hit]:
        text = reading.text
        # letters of other scripts in noise are there by chance, and look like nothing: the table for them is not loaded
        seen = text if reading.clean else _OTHER_SCRIPTS.sub(" ", text)
        places: dict[Callable[[str], tuple[str, list[int]]], list[int]] = {}
        for form, with_places, search in (
            (squeeze(text), squeezed_with_places, NeedleIndex.in_letters),
            (looks(seen), looks_with_places, NeedleIndex.in_looks),
        ):
            for index in self._indexes:
                for needle, at in search(index, form):
                    if not _sought(needle, reading):
                        continue
                    if with_places not in places:
                        places[with_places] = with_places(seen if search is NeedleIndex.in_looks else text)[1]
                    start, end = span_of(text, places[with_places], at, len(needle.text))
                    # one character may stand for several letters in Latin, and says less than a name
                    if (
                        end - start > 1
                        and is_bounded(needle.bounds, text, start, end)
                        and is_one_thing(needle, text[start:end])
                    ):
                        yield from self._hit(needle, reading, start, end)
        if reading.clean:
            yield from self._words(reading)
            yield from self._hashes(reading)
        if self._ranges:
            yield from self._addresses(reading)

    def _hit(self, needle: Needle, reading: Reading, start: int, end: int) -> Iterator[Hit]:
        text = reading.text[start:end]
        strength = Strength.EXACT if is_exact(needle.rule, reading.text, start, end) else Strength.SIMILAR
        squeezed = squeeze(text)
        if any(squeezed in own for own in self._own):
            return
        if strength is Strength.SIMILAR and {squeezed, word_around(reading.text, start, end)} & self._harmless:
            return
        why, where = needle.why, (start, end)
        if reading.encoding:
            why, where = f"{why}, in {reading.encoding}", (reading.start, reading.end)
        yield Hit(why, strength, text[:MAX_SPAN], *where, needle.declared)

    def _words(self, reading: Reading) -> Iterator[Hit]:
        for word in spoken_words(reading.text) if self._word_indexes else ():
            for index in self._word_indexes:
                for needle in index.like(word):
                    yield from self._hit(needle, reading, word.start, word.end)

        for short in abbreviations(reading.text) if self._word_indexes else ():
            for index in self._word_indexes:
                for needle in index.abbreviated(short.letters):
                    yield from self._hit(needle, reading, short.start, short.end)

    def _hashes(self, reading: Reading) -> Iterator[Hit]:
        for start, end, digits in _hash_values(reading.text):
            for index in self._indexes:
                hashed = index.digests.of(digits)
                if hashed is not None:
                    strength = Strength.EXACT if len(digits) >= MIN_CERTAIN_DIGITS else Strength.SIMILAR
                    place = (reading.start, reading.end) if reading.encoding else (start, end)
                    yield Hit(hashed.why, strength, reading.text[start:end], *place, hashed.spelling)

    def _addresses(self, reading: Reading) -> Iterator[Hit]:
        for address in chain(addresses(fold(reading.text)), packed_addresses(reading.text)):
            if self._ranges.overlap(address.interval):
                strength = Strength.EXACT if address.certain else Strength.SIMILAR
                start = reading.text.find(address.text)
                if reading.encoding or start < 0:
                    yield Hit(ADDRESS, strength, address.text, reading.start, reading.end)
                else:
                    yield Hit(ADDRESS, strength, address.text, start, start + len(address.text))


_OTHER_SCRIPTS: Final = re.compile(r"[^\x00-\x7f]")
_HEXADECIMAL: Final = re.compile(r"(?:[0-9a-fA-F]{2}){16,64}")


def _is_noise(text: str) -> bool:
    """Whether a text is a hash value: hexadecimal digits whose bytes are for the most part no letters, in UTF-8 or UTF-16."""
    if _HEXADECIMAL.fullmatch(text) is None:
        return False
    raw = bytes.fromhex(text)
    if raw.startswith(GZIP):
        return False
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


_HASH: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{8,128}(?![0-9a-fA-F])")
_UUID: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])")
_BASE64_HASH: Final = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-]{22}(?:==)?|[A-Za-z0-9+/_-]{27}=?|[A-Za-z0-9+/_-]{43}=?|[A-Za-z0-9+/_-]{86}(?:==)?)"
    r"(?![A-Za-z0-9+/=_-])"
)


def _hash_values(text: str) -> Iterator[tuple[int, int, str]]:
    """What could be a hash value, where it stands, and its hexadecimal digits; also of one in base64 or shaped like a UUID."""
    for pattern in (_HASH, _UUID):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), match[0].replace("-", "").lower()
    for match in _BASE64_HASH.finditer(text):
        if match[0].islower() or match[0].isupper():  # a name such as `hostile-infrastructure`: bytes have both
            continue
        plain = match[0].rstrip("=").replace("-", "+").replace("_", "/")
        yield match.start(), match.end(), base64.b64decode(plain + "=" * (-len(plain) % 4)).hex()


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
