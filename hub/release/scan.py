"""The scanner: does a text name somebody whom the CERT protects, in any spelling?

Other modules use the following:

* `deny.scanner_for(member, report)` makes the scanner for one release, `deny.list_scanner(member)` that for the CERT's own
  list.
* `Scanner.hits(text)` returns a `Hit` for each protected thing in the text, each once.
* `Hit.strength` decides what happens to the text:
  - `Strength.EXACT`: the text contains something that belongs to the victim: its name as a word, its domain or a host in
    it, a mailbox, an address, a number and so on. The text stays at the CERT, and no officer can approve it.
  - `Strength.SIMILAR`: the text resembles something of the victim's, or contains its name inside a longer word, as a
    phishing domain does. The text is held under a key. If an officer approves it, it leaves as a lone indicator.
* `Hit.description` tells the officer what was found without repeating what was searched for. `Hit.text` with `start` and
  `end` is the span of the scanned text. `str(hit)` joins both.
* `Scanner.approved_value_scanner()` is for the last look at values that an officer approved. It finds EXACT hits only, and
  of the CERT's own list only the addresses: an officer may approve the hacked site of a constituent that is not the victim.

The search: a text is decoded from every encoding (`encodings`). Each reading is reduced to its letters (`spelling`) and to
lookalike letters (`disguises`). One automaton for each of the two finds all needles at once (`needle_index`), so the cost
is linear in the text and does not depend on the length of the list. If the report names a victim, words are also compared
by pronunciation and for one wrong letter (`pronunciation`). Addresses are compared as addresses (`addresses`), and hash
values with those of names, domains and mailboxes (`digests`).
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
MIN_IN_NOISE: Final = 6  # letters of a needle that is searched for in a noisy reading
MIN_CERTAIN_DIGITS: Final = 16  # digits of a hash value that is an exact hit; fewer may match by chance
MIN_TEXT_SHARE: Final = 0.6  # share of printable bytes in hexadecimal digits that may be a text, not a hash value


class Strength(Enum):
    """Whether a hit is what was searched for, or only resembles it."""

    EXACT = "exact"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class Hit:
    """Something of the deny-list that occurs in a text; see the docstring of the module."""

    description: str
    strength: Strength
    text: str
    start: int
    end: int
    declared_text: str = field(default="", repr=False, compare=False)

    @property
    def is_exact(self) -> bool:
        """Whether the text must stay, so that no officer can approve it."""
        return self.strength is Strength.EXACT

    def __str__(self) -> str:
        return f"{self.description} “{self.text}”"


class Scanner:
    """Searches texts for a fixed deny-list. `deny.scanner_for` makes a scanner for each release.

    `allowed_texts` may leave, such as the CERT's own name. `harmless_words` also occur in the product's own sentences: a
    similar hit that is one of them, or a part of one, is dismissed. `compares_words` says whether words are compared by
    pronunciation and spelling. With `for_approved_values`, only exact hits are found, and listed needles are not searched.
    """

    def __init__(  # noqa: PLR0913  each parameter includes or excludes something from the search
        self,
        indexes: Iterable[NeedleIndex],
        networks: Iterable[str] | Ranges,
        *,
        allowed_texts: Iterable[str] = (),
        harmless_words: frozenset[str] = frozenset(),
        for_approved_values: bool = False,
        compares_words: bool = True,
    ) -> None:
        self._indexes = tuple(index for index in indexes if not (for_approved_values and index.is_listed))
        self._ranges = networks if isinstance(networks, Ranges) else Ranges(networks)
        self._allowed_texts = tuple(filter(None, map(squeeze, allowed_texts)))
        self._harmless_words = harmless_words
        self._for_approved_values = for_approved_values
        self._word_indexes = tuple(index for index in self._indexes if index.has_words) if compares_words else ()
        self._hits: dict[str, tuple[Hit, ...]] = {}

    def __repr__(self) -> str:
        return f"Scanner({sum(map(len, self._indexes))} spellings)"

    def hits(self, text: str) -> tuple[Hit, ...]:
        """The hits in a text, exact hits first. A similar hit inside another hit is left out."""
        if text not in self._hits:
            if _is_noise(text):
                hits = list(self._hash_hits(Reading(text, 0, len(text))))
            else:
                all_readings = readings(text)
                hits = [hit for reading in all_readings for hit in self._search_reading(reading)]
                if len(all_readings) >= MAX_READINGS and self._indexes:
                    hits.append(Hit(TOO_MANY, Strength.SIMILAR, text[:MAX_SPAN], 0, len(text)))
            self._hits[text] = _distinct_hits(hit for hit in hits if hit.is_exact or not self._for_approved_values)
        return self._hits[text]

    def last_look_scanner(self) -> Scanner:
        """The scanner for the last look at everything that leaves, including the product's own sentences.

        It does not compare words, because the words of these sentences sound like many names. The texts and values of the
        report were compared word by word before.
        """
        return Scanner(
            self._indexes,
            self._ranges,
            allowed_texts=self._allowed_texts,
            harmless_words=self._harmless_words,
            for_approved_values=self._for_approved_values,
            compares_words=False,
        )

    def approved_value_scanner(self) -> Scanner:
        """The scanner for the last look at values that an officer approved."""
        return Scanner(
            self._indexes,
            self._ranges,
            allowed_texts=self._allowed_texts,
            harmless_words=self._harmless_words,
            for_approved_values=True,
        )

    # -- one reading ------------------------------------------------------------------------------------------------

    def _search_reading(self, reading: Reading) -> Iterator[Hit]:
        text = reading.text
        # In noise, letters of other scripts occur by chance. Leaving them out avoids loading the table of lookalikes.
        visible_text = text if reading.is_clean else _OTHER_SCRIPTS.sub(" ", text)
        offsets: dict[Callable[[str], tuple[str, list[int]]], list[int]] = {}
        for form, compute_offsets, search in (
            (squeeze(text), squeeze_with_offsets, NeedleIndex.find_in_letters),
            (lookalike_form(visible_text), lookalike_form_with_offsets, NeedleIndex.find_in_lookalike_form),
        ):
            for index in self._indexes:
                for needle, offset in search(index, form):
                    if not _is_searched_for(needle, reading):
                        continue
                    if compute_offsets not in offsets:
                        offsets[compute_offsets] = compute_offsets(
                            visible_text if search is NeedleIndex.find_in_lookalike_form else text
                        )[1]
                    start, end = needle_span(text, offsets[compute_offsets], offset, len(needle.text))
                    # one character of another script may become several Latin letters, but is not a name
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
        if any(squeezed in allowed_text for allowed_text in self._allowed_texts):
            return
        if strength is Strength.SIMILAR and {squeezed, word_around(reading.text, start, end)} & self._harmless_words:
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
    """Whether a text is a hash value: hexadecimal digits whose bytes are mostly not letters, in UTF-8 or UTF-16."""
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
    """Whether a needle is searched for in this reading: in noise, only a needle too long to occur by chance."""
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
    """Each possible hash value: its start, end and hexadecimal digits. It may also be in base64, or in the form of a UUID."""
    for pattern in (_HASH, _UUID):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), match[0].replace("-", "").lower()
    for match in _BASE64_HASH.finditer(text):
        # base64 of bytes has both cases; a name such as `hostile-infrastructure` has one
        if match[0].islower() or match[0].isupper():
            continue
        decoded_text = match[0].rstrip("=").replace("-", "+").replace("_", "/")
        yield match.start(), match.end(), base64.b64decode(decoded_text + "=" * (-len(decoded_text) % 4)).hex()


def _distinct_hits(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits without similar hits inside other hits: exact hits first, then in the order of the text."""
    sorted_hits = sorted(dict.fromkeys(hits), key=lambda hit: (not hit.is_exact, hit.start - hit.end, -len(hit.text)))
    kept_hits: list[Hit] = []
    for hit in sorted_hits:
        if hit.is_exact or not any(_is_inside(hit, other) for other in kept_hits):
            kept_hits.append(hit)
    return tuple(sorted(kept_hits, key=lambda hit: (not hit.is_exact, hit.start)))


def _is_inside(hit: Hit, outer: Hit) -> bool:
    return outer.start <= hit.start and hit.end <= outer.end and squeeze(hit.text) in squeeze(outer.text)
