"""What the attacker searches a release for: whatever the register says of anybody, in whatever way it may be written.

It shares no code with the product's own search: it reads a text in its own way, and looks for its own tokens.

1. A text is read as it is and decoded: percent, base64, base32, base85, hex, UTF-16, rot13, punycode, reversed.
2. Each reading is folded three times: to its letters, to what looks like them, and to its consonants.
3. A token that is found counts by its length: what is long is hardly there by chance.
4. The id of an observable gives its value to anybody who tries values out (STIX 2.1, 2.9): those of the register are tried.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import ipaddress
import json
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import unquote
from uuid import UUID, uuid5

from tests.privacy.register import Constituent

MIN_LETTERS: Final = 4  # of a token that is looked for inside other words; shorter ones are words by themselves
_MIN_CONSONANTS: Final = 5
SUREST: Final = 20.0  # the most that one token can count, in nats
_MIN_OTHER: Final = 2  # letters of a token in another script: each of them says more
_GRAMS: Final = (_MIN_OTHER, MIN_LETTERS)  # letters by which tokens are looked up
_LOOKALIKES: Final = str.maketrans("4310578", "aeiostb")
_CYRILLIC: Final = str.maketrans("аеорсху", "aeopcxy")
_OBSERVABLES: Final = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # the namespace of STIX 2.1, 2.9
_TRIED_ADDRESSES: Final = 4  # of each range
_VOWELS: Final = re.compile("[aeiou]")
_RUN: Final = re.compile(r"[^\s\"'=&?/\\()\[\]{};,|<>]{4,}")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2} ?){3,}")
_SPACED: Final = re.compile(r"(?<!\w)(?:\w ){2,}\w(?!\w)")
_PARAMETER: Final = re.compile(r"[?&][^=&]*=([^&#]+)")
_DIGEST: Final = re.compile(r"[0-9a-f]{32,64}")
_PUNYCODE: Final = re.compile(r"xn--([a-z0-9-]+)")
_IPV4: Final = re.compile(r"(?<![\d.])\d{1,3}(?:[.-]\d{1,3}){3}(?![\d.])")
_IPV6: Final = re.compile(r"[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Clue:
    """A token found: whose it may be, what it is, and how much it counts (the logarithm of a ratio of likelihoods)."""

    keys: frozenset[int]
    token: str
    weight: float


class Clues:
    """The tokens of the constituents of one country."""

    def __init__(self, constituents: Iterable[Constituent]) -> None:
        self._folded: dict[Callable[[str], str], Mapping[str, list[tuple[str, frozenset[int]]]]] = {}
        tokens: dict[str, set[int]] = defaultdict(set)
        self._shorts: dict[str, set[int]] = defaultdict(set)
        self._digests: dict[str, set[int]] = defaultdict(set)
        self._networks = [
            (ipaddress.ip_network(constituent.range), constituent.key)
            for constituent in constituents
            if constituent.range
        ]
        for constituent in constituents:
            for text in _tokens(constituent):
                tokens[text].add(constituent.key)
            for text in (constituent.short, *(host.split("-")[0] for host in constituent.hosts)):
                self._shorts[text.lower()].add(constituent.key)
            for text in _digested(constituent):
                for algorithm in (hashlib.md5, hashlib.sha1, hashlib.sha256):
                    self._digests[algorithm(text.encode()).hexdigest()].add(constituent.key)
        self._ids: dict[str, set[int]] = defaultdict(set)
        for constituent in constituents:
            for identifier in _ids(constituent):
                self._ids[identifier].add(constituent.key)
        for fold, least in ((letters, MIN_LETTERS), (alike, MIN_LETTERS), (consonants, _MIN_CONSONANTS)):
            self._folded[fold] = _looked_up(tokens, fold, least)

    def find(self, texts: Iterable[str]) -> Iterator[Clue]:
        """The clues in these texts, those inside others left out."""
        clues: dict[str, Clue] = {}
        texts = list(dict.fromkeys(texts))
        length = sum(map(len, texts)) + 1
        for text in texts:
            for reading in readings(text):
                for clue in self._in(reading, length):
                    if (best_clue := clues.get(clue.token)) is None or best_clue.weight < clue.weight:
                        clues[clue.token] = clue
        for clue in clues.values():
            if not any(
                clue.token != other.token and clue.token in other.token and clue.keys >= other.keys
                for other in clues.values()
            ):
                yield clue

    def find_ids(self, ids: Iterable[str]) -> Iterator[Clue]:
        """The clues that are ids of observables."""
        for identifier in ids:
            if identifier in self._ids:
                yield Clue(frozenset(self._ids[identifier]), identifier, SUREST)

    def _in(self, reading: str, length: int) -> Iterator[Clue]:
        for fold, tokens in self._folded.items():
            folded = fold(reading)
            for gram in {folded[start : start + width] for width in _GRAMS for start in range(len(folded) - width + 1)}:
                for token, keys in tokens.get(gram, ()):
                    if token in folded:
                        yield Clue(keys, token, _weight(token, length))
        for word in _WORD.findall(reading):
            if of_short := self._shorts.get(word.lower()):
                yield Clue(frozenset(of_short), word.lower(), _weight(word, length / 5))
        for match in _DIGEST.finditer(reading.lower()):
            if of_digest := self._digests.get(match[0]):
                yield Clue(frozenset(of_digest), match[0], SUREST)
        yield from self._addresses(reading)

    def _addresses(self, reading: str) -> Iterator[Clue]:
        for match in (*_IPV4.finditer(reading), *_IPV6.finditer(reading)):
            text = match[0].replace("-", ".")
            for candidate in {text, ".".join(reversed(text.split(".")))}:
                try:
                    address = ipaddress.ip_address(candidate)
                except ValueError:
                    continue
                keys = frozenset(key for network, key in self._networks if address in network)
                if keys:
                    yield Clue(keys, candidate, SUREST)


def _weight(token: str, places: float) -> float:
    """How much more likely a token is there because it is the victim's than by chance at one of so many places."""
    letters_alike = 12 if token.isascii() else 40  # of about the same frequency
    return max(0.0, min(SUREST, len(token) * math.log(letters_alike) - math.log(places)))


def _tokens(constituent: Constituent) -> Iterator[str]:
    """Everything of the constituent that is looked for inside other words."""
    yield from (word.latin for word in constituent.words)
    yield from (word.native for word in constituent.words)
    yield "".join(word.latin for word in constituent.words)
    yield from filter(None, (constituent.name, constituent.latin, constituent.domain, constituent.registration))
    yield from (*constituent.brands, *constituent.hosts, *constituent.mailboxes, *constituent.people)
    yield from (part for person in constituent.people for part in person.split())
    if len(constituent.short) >= MIN_LETTERS:
        yield constituent.short


def _ids(constituent: Constituent) -> Iterator[str]:
    """The ids of observables that are the constituent's own: its domain and hosts, mailboxes and addresses."""
    hosts = (
        constituent.domain,
        f"www.{constituent.domain}",
        *(f"{host.lower()}.{constituent.domain}" for host in constituent.hosts),
    )
    values = [("domain-name", host) for host in hosts] + [("email-addr", mailbox) for mailbox in constituent.mailboxes]
    if constituent.range:
        network = ipaddress.ip_network(constituent.range)
        kind = f"ipv{network.version}-addr"
        values += [(kind, str(address)) for address in islice(network, _TRIED_ADDRESSES)] + [(kind, constituent.range)]
    for kind, value in values:
        yield f"{kind}--{uuid5(_OBSERVABLES, json.dumps({'value': value}, separators=(',', ':')))}"


def _digested(constituent: Constituent) -> Iterator[str]:
    for text in (*_tokens(constituent), constituent.short, f"www.{constituent.domain}"):
        yield from {text, text.lower(), text.upper()}


def _looked_up(
    tokens: Mapping[str, set[int]], fold: Callable[[str], str], least: int
) -> Mapping[str, list[tuple[str, frozenset[int]]]]:
    folded: dict[str, set[int]] = defaultdict(set)
    for token, keys in tokens.items():
        form = fold(token)
        if len(form) >= (least if form.isascii() else _MIN_OTHER):
            folded[form] |= keys
    grams: dict[str, list[tuple[str, frozenset[int]]]] = defaultdict(list)
    for form, keys in folded.items():
        grams[form[: MIN_LETTERS if form.isascii() else _MIN_OTHER]].append((form, frozenset(keys)))
    return grams


def letters(text: str) -> str:
    """Letters and digits in lower case, Latin ones without marks; of other scripts, all that belongs to a letter."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(
        char
        for char in decomposed
        if char.isalnum()
        or (unicodedata.category(char) == "Mc")
        or ("\u0e00" <= char <= "\u1fff" and unicodedata.category(char) == "Mn")
    )


def alike(text: str) -> str:
    """As `letters`, with what is put for a letter read as that letter."""
    return letters(text).translate(_LOOKALIKES).replace("rn", "m").replace("vv", "w")


def consonants(text: str) -> str:
    """As `letters`, without vowels."""
    return _VOWELS.sub("", letters(text))


def readings(text: str) -> Iterator[str]:
    """The text, and all that it may be once it is decoded."""
    for plain in dict.fromkeys((text, unquote(text))):
        yield plain
        yield plain[::-1]
        yield codecs.encode(plain, "rot13")
        yield _PUNYCODE.sub(_unpunycoded, plain)
        yield from (match[0].replace(" ", "") for match in _SPACED.finditer(plain))
        for match in _HEX.finditer(plain):
            yield from _texts(bytes.fromhex(match[0].replace(" ", "")))
        parameters = [unquote(match[1]) for match in _PARAMETER.finditer(text)]
        for run in (*_runs(plain), *parameters):
            for decode in (_base64, _base32, base64.b85decode):
                try:
                    yield from _texts(decode(run))
                except (ValueError, binascii.Error):
                    continue


def _runs(text: str) -> Iterator[str]:
    """What may be encoded: runs of characters, whole and cut at the marks that are also letters of base64 and base85."""
    for match in _RUN.finditer(text):
        yield from dict.fromkeys((match[0], *re.split("[-_]", match[0])))


def _base64(run: str) -> bytes:
    return base64.b64decode(run.replace("-", "+").replace("_", "/") + "=" * (-len(run) % 4))


def _base32(run: str) -> bytes:
    return base64.b32decode(run + "=" * (-len(run) % 8))


def _texts(raw: bytes) -> Iterator[str]:
    for codec in ("utf-8", "utf-16-le"):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if text.isprintable():
            yield text


def _unpunycoded(match: re.Match[str]) -> str:
    try:
        return match[1].encode().decode("punycode").translate(_CYRILLIC)
    except (UnicodeError, OverflowError):
        return match[0]
