"""What a text says once its encodings are taken off: percent, base16, base32, base64, base85, punycode, HTML entities,
escapes of programming languages, and the hexadecimal of YARA and Snort rules.

Each decoded form is a `Reading` of the text. A run of letters and digits that decodes to little more than noise gives a
reading that is not `clean`: only long names are searched for in it, and it is not decoded a second time.
"""

from __future__ import annotations

import binascii
import html
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

MAX_DEPTH: Final = 4  # encodings inside encodings
MAX_READINGS: Final = 300  # of one text
MAX_RUN: Final = 200_000  # characters of one encoded run
MIN_ENCODED: Final = 8  # characters of a decoded text that may be encoded once more
MIN_UTF16: Final = 6  # bytes of a text in UTF-16
MAX_BASE85: Final = 2_000  # characters of one run that are read as base85
MAX_STARTS: Final = 12  # places in one run where base85 may begin

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_BASE32: Final = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z2-7]{8,}|[a-z2-7]{8,})(?![A-Za-z0-9])")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}){4,}")
# `43 65 6D`, `43:65`, `0x43, 0x65`; a wildcard of YARA (??) stands for a byte that nobody knows.
_SPACED_HEX: Final = re.compile(r"(?:(?:0[xX])?(?:[0-9a-fA-F]{2}|\?\?)(?:[ :-]|,\s?)){3,}(?:0[xX])?[0-9a-fA-F]{2}")
_SNORT_HEX: Final = re.compile(r"\|((?:[0-9a-fA-F]{2}\s?)+)\|")
_DECIMALS: Final = re.compile(r"(?:\d{2,3},\s?){3,}\d{2,3}")
_PUNYCODE: Final = re.compile(r"xn--[a-z0-9-]+", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
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


class Reading(NamedTuple):
    """What a text says. `start` and `end` are the place in the text itself; `encoding` is empty for the text itself."""

    text: str
    start: int
    end: int
    encoding: str = ""
    clean: bool = True


class _Decoded(NamedTuple):
    """What a decoder makes of a text: of the whole, or of the run from `start` to `end`."""

    text: str
    start: int
    end: int
    clean: bool = True


@lru_cache(maxsize=10_000)
def readings(text: str) -> tuple[Reading, ...]:
    """The text, and what it becomes when decoded, step by step; the text itself comes first."""
    by_text = {text: Reading(text, 0, len(text))}
    waiting = [(by_text[text], 0)]
    while waiting:
        current, depth = waiting.pop()
        if depth == MAX_DEPTH or not current.clean:
            continue
        for encoding, decode in _DECODERS:
            for decoded in decode(current.text):
                known = by_text.get(decoded.text)
                if (known is not None and (known.clean or not decoded.clean)) or len(by_text) >= MAX_READINGS:
                    continue
                # inside a decoded run nobody can point at characters of the text itself
                place = (decoded.start, decoded.end) if depth == 0 else (current.start, current.end)
                reading = Reading(decoded.text, *place, current.encoding or encoding, decoded.clean)
                by_text[decoded.text] = reading
                if len(decoded.text) >= MIN_ENCODED:
                    waiting.append((reading, depth + 1))
    return tuple(by_text.values())


def _percent(text: str) -> Iterator[_Decoded]:
    if "%" in text:
        yield _Decoded(unquote(text, errors="replace"), 0, len(text))
    if "+" in text:
        yield _Decoded(text.replace("+", " "), 0, len(text))


def _entities(text: str) -> Iterator[_Decoded]:
    if "&" in text:
        yield _Decoded(html.unescape(text), 0, len(text))


def _escapes(text: str) -> Iterator[_Decoded]:
    raw = text
    if "\\" in text:
        raw = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    quoted = _QUOTED.findall(text) if "=" in text else []
    if len(quoted) > 1 or "20" in quoted:  # quoted-printable; one sign alone is a parameter, but for a blank
        raw = _QUOTED.sub(lambda match: chr(int(match[1], 16)), raw)
    if raw != text:
        yield _Decoded(raw, 0, len(text))
        try:  # quoted-printable and \x escapes are bytes of UTF-8
            yield _Decoded(raw.encode("latin-1").decode("utf-8"), 0, len(text))
        except (UnicodeEncodeError, UnicodeDecodeError):
            return


def _punycode(text: str) -> Iterator[_Decoded]:
    if "xn--" in text.lower():
        yield _Decoded(_PUNYCODE.sub(_plain_label, text), 0, len(text))


def _plain_label(match: re.Match[str]) -> str:
    try:
        return match[0][4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return match[0]


def _hexadecimal(text: str) -> Iterator[_Decoded]:
    for match in _HEX.finditer(text):
        yield from _of_run(bytes.fromhex(match[0][:MAX_RUN]), match)
        if len(match[0]) > 8:
            yield from _of_run(bytes.fromhex(match[0][1:MAX_RUN][: (len(match[0]) - 1) // 2 * 2]), match)
    for match in _SPACED_HEX.finditer(text):
        digits = re.sub(r"0[xX]|[^0-9a-fA-F]", "", match[0])
        yield from _of_run(bytes.fromhex(digits), match)
    if "|" in text:  # Snort writes bytes among the letters of a content
        plain = _SNORT_HEX.sub(lambda match: bytes.fromhex(match[1]).decode("latin-1"), text)
        yield _Decoded(plain, 0, len(text))


def _decimals(text: str) -> Iterator[_Decoded]:
    for match in _DECIMALS.finditer(text):
        numbers = [int(number) for number in re.findall(r"\d+", match[0])]
        if max(numbers) < 256:
            yield from _of_run(bytes(numbers), match)


def _base64(text: str) -> Iterator[_Decoded]:
    for match in _BASE64.finditer(text):
        run = match[0][:MAX_RUN]
        pieces = [run]
        # "/", "-" and "_" are letters of base64, and as often what stands around it.
        if not run.isalnum():
            pieces += [piece for mark in "/-_" if mark in run for piece in run.split(mark) if len(piece) >= 6]
        for piece in dict.fromkeys(pieces):
            for decoded, clean in _of_base64(piece):
                yield _Decoded(decoded, match.start(), match.end(), clean)


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
            texts += _readable(binascii.a2b_base64(quads + "=" * (-len(quads) % 4)))
        except (binascii.Error, ValueError):
            continue
    return tuple(texts)


def _base32(text: str) -> Iterator[_Decoded]:
    for match in _BASE32.finditer(text):
        digits = match[0][:MAX_RUN].lower().translate(_BASE32_DIGITS)
        for offset in range(8 if len(digits) >= 16 else 1):
            bits = 5 * (len(digits) - offset)
            raw = (int(digits[offset:], 32) >> bits % 8).to_bytes(bits // 8, "big")
            yield from (decoded for decoded in _of_run(raw, match) if decoded.clean)


_BASE32_DIGITS: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnopqrstuv")


def _base85(text: str) -> Iterator[_Decoded]:
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


def _of_run(raw: bytes, match: re.Match[str]) -> Iterator[_Decoded]:
    for text, clean in _readable(raw):
        yield _Decoded(text, match.start(), match.end(), clean)


def _readable(raw: bytes) -> Iterator[tuple[str, bool]]:
    """The texts that the bytes could be, and whether they are text for the most part."""
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


_DECODERS: Final[tuple[tuple[str, Callable[[str], Iterator[_Decoded]]], ...]] = (
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
