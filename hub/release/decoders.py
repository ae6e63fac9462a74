"""Decoders: what a text, or a run of characters in it, says in each encoding that hides names.

Each takes a text and gives the texts that it could be; `encodings` applies them, also one after another.
"""

from __future__ import annotations

import binascii
import html
import re
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

MIN_PACKED: Final = 10  # bytes of a text that is compressed
MAX_UNPACKED: Final = 100_000  # bytes that come of one
MAX_RUN: Final = 200_000  # characters of one encoded run
MIN_UTF16: Final = 6  # bytes of a text in UTF-16
MAX_BASE85: Final = 2_000  # characters of one run that are read as base85
MAX_STARTS: Final = 12  # places in one run where base85 may begin
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_BASE32: Final = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z2-7]{8,}|[a-z2-7]{8,}|[0-9A-V]{12,}|[0-9a-v]{12,})(?![A-Za-z0-9])")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}){4,}")
# `43 65 6D`, `43:65`, `0x43, 0x65`; a wildcard of YARA (??) stands for a byte that nobody knows.
_SPACED_HEX: Final = re.compile(r"(?:(?:0[xX])?(?:[0-9a-fA-F]{2}|\?\?)(?:[ :-]|,\s?)){3,}(?:0[xX])?[0-9a-fA-F]{2}")
_SNORT_HEX: Final = re.compile(r"\|((?:[0-9a-fA-F]{2}\s?)+)\|")
# `107, 101`, `107 101`, `107.101`, `chr(107)+chr(101)`; eight binary digits for each byte.
_DECIMALS: Final = re.compile(r"(?:\d{2,3}(?:,\s?|[ .:;+-]|\)\s?[+.&]\s?\w{1,8}\()){3,}\d{2,3}")
_BINARY: Final = re.compile(r"(?<![01])(?:[01]{8}[ ,]?){5,}(?![01])")
# Base64 written backwards begins with what fills it up at the end.
_BACKWARDS: Final = re.compile(r"={1,2}([A-Za-z0-9+/_-]{6,})")
_PUNYCODE: Final = re.compile(r"xn--[a-z0-9-]+", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"[\\%]u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\U([0-9a-fA-F]{8})|\\([0-7]{3})")
_QUOTED: Final = re.compile(r"=([0-9A-F]{2})")
_B85_RUN: Final = re.compile(r"[0-9A-Za-z!#$%&()*+\-;<=>?@^_`{|}~]{8,}")
_A85_RUN: Final = re.compile(r"[!-u]{8,}")
_BASE85_STARTS: Final = re.compile(r"<~|[=?&/\"']")
_BASE85_SIGNS: Final = re.compile(r"[A-Z!$()*;<>^`{|}+~@#]")  # base85 without any of these says hardly ten letters
_BASE85_MARKS: Final = re.compile(r"[!$()*;<>^`{|}]")  # seldom in addresses
# Bytes that read as text: four printable characters of UTF-8 in a row, else it was no text that was encoded.
_READABLE: Final = re.compile(rb"(?:[\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}){4,}")
# High bytes in UTF-16: Latin, Greek, Cyrillic, Arabic, Tamil, Thai, Lao, Burmese, Khmer, Vietnamese and punctuation.
_HIGH_BYTES: Final = frozenset(b"\x00\x01\x02\x03\x04\x06\x0b\x0e\x0f\x10\x17\x1e\x20")
_CLEAN_SHARE: Final = 0.75  # of the bytes, from which on they are text rather than noise


class Decoded(NamedTuple):
    """What a decoder makes of a text: of the whole, or of the run from `start` to `end`."""

    text: str
    start: int
    end: int
    clean: bool = True


def _percent(text: str) -> Iterator[Decoded]:
    if "%" in text:
        yield Decoded(unquote(text, errors="replace"), 0, len(text))
    if "+" in text:
        yield Decoded(text.replace("+", " "), 0, len(text))


def _entities(text: str) -> Iterator[Decoded]:
    if "&" in text:
        yield Decoded(html.unescape(text), 0, len(text))


def _escapes(text: str) -> Iterator[Decoded]:
    raw = text
    if "\\" in text or "%u" in text:
        raw = _ESCAPE.sub(_escaped, text)
    quoted = _QUOTED.findall(text) if "=" in text else []
    if len(quoted) > 1 or "20" in quoted:  # quoted-printable; one sign alone is a parameter, but for a blank
        raw = _QUOTED.sub(lambda match: chr(int(match[1], 16)), raw)
    if raw != text:
        yield Decoded(raw, 0, len(text))
        try:  # quoted-printable and \x escapes are bytes of UTF-8
            yield Decoded(raw.encode("latin-1").decode("utf-8"), 0, len(text))
        except (UnicodeEncodeError, UnicodeDecodeError):
            return


def _escaped(match: re.Match[str]) -> str:
    number = int(match[4], 8) if match[4] else int(match[1] or match[2] or match[3], 16)
    return chr(number) if number < 0x110000 else match[0]


def _punycode(text: str) -> Iterator[Decoded]:
    if "xn--" in text.lower():
        yield Decoded(_PUNYCODE.sub(_plain_label, text), 0, len(text))


def _plain_label(match: re.Match[str]) -> str:
    try:
        return match[0][4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return match[0]


def _hexadecimal(text: str) -> Iterator[Decoded]:
    for match in _HEX.finditer(text):
        yield from _of_run(bytes.fromhex(match[0][:MAX_RUN]), match)
        if len(match[0]) > 8:
            yield from _of_run(bytes.fromhex(match[0][1:MAX_RUN][: (len(match[0]) - 1) // 2 * 2]), match)
    for match in _SPACED_HEX.finditer(text):
        digits = re.sub(r"0[xX]|[^0-9a-fA-F]", "", match[0])
        yield from _of_run(bytes.fromhex(digits), match)
    if "|" in text:  # Snort writes bytes among the letters of a content
        plain = _SNORT_HEX.sub(lambda match: bytes.fromhex(match[1]).decode("latin-1"), text)
        yield Decoded(plain, 0, len(text))


def _decimals(text: str) -> Iterator[Decoded]:
    for match in _DECIMALS.finditer(text):
        numbers = [int(number) for number in re.findall(r"\d+", match[0])]
        if max(numbers) < 256:
            yield from _of_run(bytes(numbers), match)
    for match in _BINARY.finditer(text):
        digits = re.sub("[^01]", "", match[0])[:MAX_RUN]
        yield from _of_run(int(digits, 2).to_bytes(len(digits) // 8, "big"), match)


def _base64(text: str) -> Iterator[Decoded]:
    for match in _BACKWARDS.finditer(text):
        for decoded, clean in _of_base64(match[1][:MAX_RUN][::-1]):
            yield Decoded(decoded, match.start(), match.end(), clean)
    for match in _BASE64.finditer(text):
        run = match[0][:MAX_RUN]
        pieces = [run]
        # "/", "-" and "_" are letters of base64, and as often what stands around it.
        if not run.isalnum():
            pieces += [piece for mark in "/-_" if mark in run for piece in run.split(mark) if len(piece) >= 6]
        for piece in dict.fromkeys(pieces):
            for decoded, clean in _of_base64(piece):
                yield Decoded(decoded, match.start(), match.end(), clean)


@lru_cache(maxsize=20_000)
def _of_base64(run: str) -> tuple[tuple[str, bool], ...]:
    """What a run of base64 says, at each of the four places where a group of four may begin."""
    plain = run.replace("-", "+").replace("_", "/")
    texts: list[tuple[str, bool]] = []
    for offset in range(4):
        quads = plain[offset:]
        if len(quads) < 6:
            break
        quads = quads[:-1] if len(quads) % 4 == 1 else quads
        try:
            raw = binascii.a2b_base64(quads + "=" * (-len(quads) % 4))
            texts += _readable(raw)
            texts += _unpacked(raw)
        except (binascii.Error, ValueError):
            continue
    return tuple(texts)


def _unpacked(raw: bytes) -> Iterator[tuple[str, bool]]:
    """What compressed bytes say: gzip and zlib by their first bytes, deflate where nothing else fits."""
    if len(raw) < MIN_PACKED:
        return
    forms = (zlib.MAX_WBITS | 16,) if raw[:2] == b"\x1f\x8b" else (zlib.MAX_WBITS, -zlib.MAX_WBITS)
    for form in forms:
        try:
            yield from _readable(zlib.decompressobj(form).decompress(raw, MAX_UNPACKED))
        except zlib.error:
            continue


def _base32(text: str) -> Iterator[Decoded]:
    for match in _BASE32.finditer(text):
        run = match[0][:MAX_RUN].lower()
        for digits in (run.translate(_BASE32_DIGITS), run):
            yield from _of_base32(digits, match)


def _of_base32(digits: str, match: re.Match[str]) -> Iterator[Decoded]:
    """What digits of base32 say, in the alphabet that Python reads as numbers."""
    if set(digits) <= _BASE32_VALUES:
        for offset in range(8 if len(digits) >= 16 else 1):
            bits = 5 * (len(digits) - offset)
            raw = (int(digits[offset:], 32) >> bits % 8).to_bytes(bits // 8, "big")
            yield from (decoded for decoded in _of_run(raw, match) if decoded.clean)


_BASE32_VALUES: Final = frozenset("0123456789abcdefghijklmnopqrstuv")
_BASE32_DIGITS: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnopqrstuv")


def _base85(text: str) -> Iterator[Decoded]:
    for alphabet, values in ((_B85_RUN, _B85_VALUES), (_A85_RUN, _A85_VALUES)):
        for match in alphabet.finditer(text):
            run = match[0][:MAX_BASE85]
            if _BASE85_SIGNS.search(run) is None:
                continue
            # The signs that stand around a value are digits of base85, too: it may begin after any of them, and end there.
            starts = [0, *(mark.end() for mark in _BASE85_STARTS.finditer(run))][:MAX_STARTS]
            candidates = dict.fromkeys([run[start:] for start in starts] + re.split("[=&?]", run))
            for candidate in candidates:
                for decoded in _of_run(_groups_of_five(candidate, values), match):
                    if decoded.clean:
                        yield decoded
            if _BASE85_MARKS.search(run) is not None:
                for offset in range(1, 5):
                    yield from _of_run(_groups_of_five(run[offset:], values), match)


_B85_VALUES: Final = {
    character: value
    for value, character in enumerate(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
    )
}
_A85_VALUES: Final = {chr(33 + value): value for value in range(85)}


def _groups_of_five(text: str, values: dict[str, int]) -> bytes:
    """The bytes of base85, with NUL bytes for each group that is none. A last group may be shorter."""
    raw = bytearray()
    for at in range(0, len(text), 5):
        number = 0
        group = text[at : at + 5]
        for character in group:
            number = number * 85 + values.get(character, 1 << 32)
        missing = 5 - len(group)
        number = (number + 1) * 85**missing - 1  # the last group is filled up with the highest digit
        raw += (number.to_bytes(4, "big") if number < 1 << 32 else bytes(4))[: 4 - missing]
    return bytes(raw)


def _of_run(raw: bytes, match: re.Match[str]) -> Iterator[Decoded]:
    for text, clean in _readable(raw):
        yield Decoded(text, match.start(), match.end(), clean)


def _readable(raw: bytes) -> Iterator[tuple[str, bool]]:
    """The texts that the bytes could be, and whether they are text for the most part."""
    if len(raw) >= MIN_UTF16 and not any(raw[2::4]) and not any(raw[3::4]):
        yield raw[: len(raw) // 4 * 4].decode("utf-32-le", "ignore"), True
    if len(raw) >= MIN_UTF16:
        for codec, first in (("utf-16-le", 1), ("utf-16-be", 0)):
            # text of one language has few different high bytes, noise has many
            if raw[first] in _HIGH_BYTES and _HIGH_BYTES.issuperset(raw[first::2]) and len(set(raw[first::2])) <= 3:
                decoded = raw.decode(codec, "ignore").rstrip("\0")
                if decoded.isprintable():
                    yield decoded, True
    parts = _READABLE.findall(raw)
    if parts:
        share = sum(map(len, parts)) / len(raw)
        yield " ".join(part.decode("utf-8", "ignore") for part in parts), share >= _CLEAN_SHARE


DECODERS: Final[tuple[tuple[str, Callable[[str], Iterator[Decoded]]], ...]] = (
    ("percent-encoding", _percent),
    ("HTML entities", _entities),
    ("escapes", _escapes),
    ("punycode", _punycode),
    ("hexadecimal", _hexadecimal),
    ("decimal codes", _decimals),
    ("base64", _base64),
    ("base32", _base32),
    ("base85", _base85),
)
