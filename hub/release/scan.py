"""The scanner: does a text say, in whatever spelling, whom the CERT protects?

What others use of it:

* `deny.scanner_for(member, report)` makes the scanner of one release, `deny.is_listed(member)` that of the CERT's own list.
* `Scanner.hits(text)` returns a `Hit` for each thing that the text says of those protected, each once.
* `Hit.strength` says what may become of the text:
  - `Strength.EXACT`: the text holds something that is the victim's own (its name as a word of its own, its domain or a
    host in it, a mailbox, an address, a number …). It stays, whatever an officer says.
  - `Strength.SIMILAR`: the text resembles something of the victim's, or holds its name inside a longer word, as a
    phishing domain does. It is held under a key; approved by an officer it leaves as a lone indicator.
* `Hit.description` is a clause for the officer that does not repeat what was searched for; `Hit.text` with `start` and `end` is
  the span of the scanned text that it is about. `str(hit)` joins both.
* `Scanner.approved_value_scanner()` is for the last look over what an officer approved: it finds EXACT hits only, and of the CERT's own
  list only the addresses, since an officer may approve the hacked site of a constituent that is not the victim.

How it searches. A text is read in every encoding (`encodings`). Each reading is folded to its letters (`spelling`) and to
how they look (`disguises`), and one automaton for each of the two finds all needles at once (`needle_index`): the cost is
linear in the text, however long the list. Where the report names a victim, words are also compared by how they are said
and for one wrong letter (`pronounce`). Addresses are compared as addresses (`addresses`), and hash values with those of
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
from hub.release.boundaries import is_bounded, is_exact, is_single_term, needle_span, word_around
from hub.release.disguises import lookalike_form, lookalike_form_with_offsets
from hub.release.encodings import MAX_READINGS, Reading, readings
from hub.release.needle import Bounds, HitRule, Needle
from hub.release.needle_index import NeedleIndex
from hub.release.pronunciation import comparable_words
from hub.release.readable import GZIP
from hub.release.spelling import fold, squeeze, squeeze_with_offsets

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

    description: str
    strength: Strength
    text: str
    start: int
    end: int
    declared_text: str = field(default="", repr=False, compare=False)

    @property
    def is_exact(self) -> bool:
        """Whether it stays whatever an officer says."""
        return self.strength is Strength.EXACT

    def __str__(self) -> str:
        return f"{self.description} “{self.text}”"


class Scanner:
    """Looks for a fixed deny-list. `deny.scanner_for` makes one for each release.

    `allowed_texts`: texts that may be said, such as the CERT's own name. `harmless`: words that cannot be told from our own
    sentences; what is only similar to them, or to a part of them, is no hit. `compares_words`: whether words are compared.
    """

    def __init__(  # noqa: PLR0913  each says what is searched for, or what is not
        self,
        indexes: Iterable[NeedleIndex],
        networks: Iterable[str] | Ranges,
        *,
        allowed_texts: Iterable[str] = (),
        harmless: frozenset[str] = frozenset(),
        approved_value_scanner: bool = False,
        compares_words: bool = True,
    ) -> None:
        self._indexes = tuple(index for index in indexes if not (approved_value_scanner and index.is_listed))
        self._ranges = networks if isinstance(networks, Ranges) else Ranges(networks)
        self._allowed_texts = tuple(filter(None, map(squeeze, allowed_texts)))
        self._harmless = harmless
        self._exact_only = approved_value_scanner
        self._word_indexes = tuple(index for index in self._indexes if index.has_words) if compares_words else ()
        self._hits: dict[str, tuple[Hit, ...]] = {}

    def __repr__(self) -> str:
        return f"Scanner({sum(map(len, self._indexes))} spellings)"

    def hits(self, text: str) -> tuple[Hit, ...]:
        """What of the list the text says, exact hits first; a similar hit inside another hit is left out."""
        if text not in self._hits:
            if _is_noise(text):
                hits = list(self._hash_hits(Reading(text, 0, len(text))))
            else:
                all_readings = readings(text)
                hits = [hit for reading in all_readings for hit in self._search_reading(reading)]
                if len(all_readings) >= MAX_READINGS and self._indexes:
                    hits.append(Hit(TOO_MANY, Strength.SIMILAR, text[:MAX_SPAN], 0, len(text)))
            self._hits[text] = _distinct_hits(hit for hit in hits if hit.is_exact or not self._exact_only)
        return self._hits[text]

    def last_look_scanner(self) -> Scanner:
        """The scanner for the last look over all that leaves, our own sentences among it.

        Their words sound like many a name; each value and text of the report was compared word by word before.
        """
        return Scanner(
            self._indexes,
            self._ranges,
            allowed_texts=self._allowed_texts,
            harmless=self._harmless,
            approved_value_scanner=self._exact_only,
            compares_words=False,
        )

    def approved_value_scanner(self) -> Scanner:
        """The scanner for the last look over what an officer approved."""
        return Scanner(
            self._indexes,
            self._ranges,
            allowed_texts=self._allowed_texts,
            harmless=self._harmless,
            approved_value_scanner=True,
        )

    # -- one reading ------------------------------------------------------------------------------------------------

    def _search_reading(self, reading: Reading) -> Iterator[Hit]:
        text = reading.text
        # letters of other scripts in noise are there by chance, and look like nothing: the table for them is not loaded
        visible_text = text if reading.is_clean else _OTHER_SCRIPTS.sub(" ", text)
        offsets: dict[Callable[[str], tuple[str, list[int]]], list[int]] = {}
        for form, with_places, search in (
            (squeeze(text), squeeze_with_offsets, NeedleIndex.find_in_letters),
            (lookalike_form(visible_text), lookalike_form_with_offsets, NeedleIndex.find_in_lookalike_form),
        ):
            for index in self._indexes:
                for needle, offset in search(index, form):
                    if not _is_searched_for(needle, reading):
                        continue
                    if with_places not in offsets:
                        offsets[with_places] = with_places(
                            visible_text if search is NeedleIndex.find_in_lookalike_form else text
                        )[1]
                    start, end = needle_span(text, offsets[with_places], offset, len(needle.text))
                    # one character may stand for several letters in Latin, and says less than a name
                    if (
                        end - start > 1
                        and is_bounded(needle.bounds, text, start, end)
                        and is_single_term(needle, text[start:end])
                    ):
                        yield from self._needle_hits(needle, reading, start, end)
        if reading.is_clean:
            yield from self._word_hits(reading)
            yield from self._hash_hits(reading)
        if self._ranges:
            yield from self._address_hits(reading)

    def _needle_hits(self, needle: Needle, reading: Reading, start: int, end: int) -> Iterator[Hit]:
        text = reading.text[start:end]
        strength = Strength.EXACT if is_exact(needle.rule, reading.text, start, end) else Strength.SIMILAR
        squeezed = squeeze(text)
        if any(squeezed in allowed_texts for allowed_texts in self._allowed_texts):
            return
        if strength is Strength.SIMILAR and {squeezed, word_around(reading.text, start, end)} & self._harmless:
            return
        description, span = needle.description, (start, end)
        if reading.encoding:
            description, span = f"{description}, in {reading.encoding}", (reading.start, reading.end)
        yield Hit(description, strength, text[:MAX_SPAN], *span, needle.declared_text)

    def _word_hits(self, reading: Reading) -> Iterator[Hit]:
        for word in comparable_words(reading.text) if self._word_indexes else ():
            for index in self._word_indexes:
                for needle in index.find_similar(word):
                    yield from self._needle_hits(needle, reading, word.start, word.end)

        for abbreviation in abbreviations(reading.text) if self._word_indexes else ():
            for index in self._word_indexes:
                for needle in index.find_abbreviated(abbreviation.letters):
                    yield from self._needle_hits(needle, reading, abbreviation.start, abbreviation.end)

    def _hash_hits(self, reading: Reading) -> Iterator[Hit]:
        for start, end, digits in _hash_values(reading.text):
            for index in self._indexes:
                hashed = index.digests.find(digits)
                if hashed is not None:
                    strength = Strength.EXACT if len(digits) >= MIN_CERTAIN_DIGITS else Strength.SIMILAR
                    span = (reading.start, reading.end) if reading.encoding else (start, end)
                    yield Hit(hashed.description, strength, reading.text[start:end], *span, hashed.spelling)

    def _address_hits(self, reading: Reading) -> Iterator[Hit]:
        for address in chain(addresses(fold(reading.text)), packed_addresses(reading.text)):
            if self._ranges.overlaps(address.interval):
                strength = Strength.EXACT if address.is_certain else Strength.SIMILAR
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


def _is_searched_for(needle: Needle, reading: Reading) -> bool:
    """Whether a needle is searched for in this reading: in noise, only what is long enough not to be there by chance."""
    if reading.is_clean:
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


def _distinct_hits(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Exact hits first, then in the order of the text; without similar hits inside a hit that says more."""
    ordered = sorted(dict.fromkeys(hits), key=lambda hit: (not hit.is_exact, hit.start - hit.end, -len(hit.text)))
    distinct: list[Hit] = []
    for hit in ordered:
        if hit.is_exact or not any(_is_inside(hit, other) for other in distinct):
            distinct.append(hit)
    return tuple(sorted(distinct, key=lambda hit: (not hit.is_exact, hit.start)))


def _is_inside(hit: Hit, other: Hit) -> bool:
    return other.start <= hit.start and hit.end <= other.end and squeeze(hit.text) in squeeze(other.text)
