"""Decoders for encodings that can hide names.

Each takes a text and returns its possible decoded forms. `encodings` applies them, also one after another.
"""

from __future__ import annotations

import binascii
import html
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final
from urllib.parse import unquote

from hub.release.readable import MAX_RUN, DecodedText, decode_run, readable_texts, unpacked_texts

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}){4,}")
# `43 65 6D`, `43:65`, `0x43, 0x65`; a wildcard of YARA stands for an unknown byte (??) or half of one (4?).
_SPACED_HEX: Final = re.compile(r"(?:(?:0[xX])?[0-9a-fA-F?]{2}(?:[ :-]|,\s?)){3,}(?:0[xX])?[0-9a-fA-F?]{2}")
_HALF_KNOWN: Final = re.compile(r"\?[0-9a-fA-F]|[0-9a-fA-F]\?")
# Groups of two bytes, as hexdump prints them; numbers of four bytes.
_GROUPED_HEX: Final = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{4} ){3,}[0-9a-fA-F]{2,4}(?![0-9a-fA-F])")
_HEX_WORDS: Final = re.compile(r"0x([0-9a-fA-F]{8})(?![0-9a-fA-F])")
_SNORT_HEX: Final = re.compile(r"\|((?:[0-9a-fA-F]{2}\s?)+)\|")
# `107, 101`, `107 101`, `107.101`, `chr(107)+chr(101)`; eight binary digits for each byte.
_DECIMALS: Final = re.compile(r"(?:\d{2,3}(?:,\s?|[ .:;+-]|\)\s?[+.&]\s?\w{1,8}\()){3,}\d{2,3}")
_BINARY: Final = re.compile(r"(?<![01])(?:[01]{8}[ ,]?){5,}(?![01])")
# Base64 written backwards begins with its padding.
_BACKWARDS: Final = re.compile(r"={1,2}([A-Za-z0-9+/_-]{6,})")
_PUNYCODE: Final = re.compile(r"xn--[a-z0-9-]+", re.IGNORECASE)
_ESCAPE: Final = re.compile(
    r"[\\%]u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\U([0-9a-fA-F]{8})|\\([0-7]{3})|[\\]u\{([0-9a-fA-F]{1,6})\}"
)
_CSS: Final = re.compile(r"(?:\\[0-9a-fA-F]{2,6}\s?){4,}")
_QUOTED: Final = re.compile(r"=([0-9A-F]{2})")


def _decode_percent(text: str) -> Iterator[DecodedText]:
    if "%" in text:
        yield DecodedText(unquote(text, errors="replace"), 0, len(text))
    if "+" in text:
        yield DecodedText(text.replace("+", " "), 0, len(text))


def _decode_entities(text: str) -> Iterator[DecodedText]:
    if "&" in text:
        yield DecodedText(html.unescape(text), 0, len(text))


def _decode_escapes(text: str) -> Iterator[DecodedText]:
    raw = text
    if "\\" in text or "%u" in text:
        raw = _ESCAPE.sub(_unescape, text)
        for match in _CSS.finditer(text):
            yield DecodedText(_characters(match[0].split("\\")[1:]), match.start(), match.end())
    quoted_codes = _QUOTED.findall(text) if "=" in text else []
    if (
        len(quoted_codes) > 1 or "20" in quoted_codes
    ):  # quoted-printable; a single sign is a parameter, unless it is a space
        raw = _QUOTED.sub(lambda match: chr(int(match[1], 16)), raw)
    if raw != text:
        yield DecodedText(raw, 0, len(text))
        try:  # quoted-printable and \x escapes are bytes of UTF-8
            yield DecodedText(raw.encode("latin-1").decode("utf-8"), 0, len(text))
        except (UnicodeEncodeError, UnicodeDecodeError):
            return


def _characters(digits: list[str]) -> str:
    return "".join(chr(number) for number in (int(text, 16) for text in digits) if number < 0x110000)


def _unescape(match: re.Match[str]) -> str:
    number = int(match[4], 8) if match[4] else int(match[1] or match[2] or match[3] or match[5], 16)
    return chr(number) if number < 0x110000 else match[0]


def _decode_punycode(text: str) -> Iterator[DecodedText]:
    if "xn--" in text.lower():
        yield DecodedText(_PUNYCODE.sub(_decode_label, text), 0, len(text))


def _decode_label(match: re.Match[str]) -> str:
    try:
        return match[0][4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return match[0]


def _decode_hexadecimal(text: str) -> Iterator[DecodedText]:
    for match in _HEX.finditer(text):
        raw = bytes.fromhex(match[0][:MAX_RUN])
        yield from decode_run(raw, match)
        yield from (
            DecodedText(decoded_text, match.start(), match.end(), is_clean)
            for decoded_text, is_clean in unpacked_texts(raw, only_marked=True)
        )
        if len(match[0]) > 8:
            yield from decode_run(bytes.fromhex(match[0][1:MAX_RUN][: (len(match[0]) - 1) // 2 * 2]), match)
    for match in chain(_SPACED_HEX.finditer(text), _GROUPED_HEX.finditer(text)):
        for digits in _fill_wildcards(match[0]):
            yield from decode_run(bytes.fromhex(digits), match)
    if len(words := _HEX_WORDS.findall(text) if "0x" in text else ()) > 1:  # little-endian numbers
        raw = b"".join(bytes.fromhex(word)[::-1] for word in words)
        yield from (DecodedText(decoded_text, 0, len(text), is_clean) for decoded_text, is_clean in readable_texts(raw))
    if "|" in text:  # Snort mixes bytes with letters
        decoded_text = _SNORT_HEX.sub(lambda match: bytes.fromhex(match[1]).decode("latin-1"), text)
        yield DecodedText(decoded_text, 0, len(text))


def _fill_wildcards(byte_row: str) -> Iterator[str]:
    """The hexadecimal digits of a row of bytes. A byte with one unknown digit is tried with every digit; unknown bytes are left out."""
    digits = re.sub(r"0[xX]|[^0-9a-fA-F?]", "", byte_row)
    pairs = [digits[start : start + 2] for start in range(0, len(digits) - 1, 2)]
    half_known_bytes = [index for index, pair in enumerate(pairs) if _HALF_KNOWN.fullmatch(pair)]
    filled_pairs = [pair if "?" not in pair else "" for pair in pairs]
    if len(half_known_bytes) != 1:
        yield "".join(filled_pairs)
        return
    for digit in "0123456789abcdef":
        filled_pairs[half_known_bytes[0]] = pairs[half_known_bytes[0]].replace("?", digit)
        yield "".join(filled_pairs)


def _decode_decimals(text: str) -> Iterator[DecodedText]:
    for match in _DECIMALS.finditer(text):
        numbers = [int(number) for number in re.findall(r"\d+", match[0])]
        if max(numbers) < 256:
            yield from decode_run(bytes(numbers), match)
    for match in _BINARY.finditer(text):
        digits = re.sub("[^01]", "", match[0])[:MAX_RUN]
        yield from decode_run(int(digits, 2).to_bytes(len(digits) // 8, "big"), match)


def _decode_base64(text: str) -> Iterator[DecodedText]:
    for match in _BACKWARDS.finditer(text):
        for decoded, is_clean in _decode_base64_run(match[1][:MAX_RUN][::-1]):
            yield DecodedText(decoded, match.start(), match.end(), is_clean)
    for match in _BASE64.finditer(text):
        run = match[0][:MAX_RUN]
        pieces = [run]
        # "/", "-" and "_" are letters of base64, and just as often separators around it.
        if not run.isalnum():
            pieces += [piece for mark in "/-_" if mark in run for piece in run.split(mark) if len(piece) >= 6]
        for piece in dict.fromkeys(pieces):
            for decoded, is_clean in _decode_base64_run(piece):
                yield DecodedText(decoded, match.start(), match.end(), is_clean)


@lru_cache(maxsize=20_000)
def _decode_base64_run(run: str) -> tuple[tuple[str, bool], ...]:
    """The texts in a run of base64, for each of the four offsets at which a group of four letters may begin."""
    decoded_text = run.replace("-", "+").replace("_", "/")
    texts: list[tuple[str, bool]] = []
    for offset in range(4):
        quads = decoded_text[offset:]
        if len(quads) < 6:
            break
        quads = quads[:-1] if len(quads) % 4 == 1 else quads
        try:
            raw = binascii.a2b_base64(quads + "=" * (-len(quads) % 4))
            texts += readable_texts(raw)
            texts += unpacked_texts(raw)
        except (binascii.Error, ValueError):
            continue
    return tuple(texts)


# Base64 in several lines, and string literals that a program joins.
_LINES: Final = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{4,}+(?:[ \t]*\r?\n[ \t]*[A-Za-z0-9+/_=-]{2,}+(?=[ \t]*(?:\r?\n|\Z)))+"
)
_BETWEEN_PIECES: Final = re.compile(r"([\"'])\s{0,8}(?:[+.&]|\\\r?\n)?\s{0,8}\1")


def _join_pieces(text: str) -> Iterator[DecodedText]:
    if "\n" in text:
        for match in _LINES.finditer(text):
            yield DecodedText("".join(match[0].split()), match.start(), match.end())
    if (decoded_text := _BETWEEN_PIECES.sub("", text)) != text:
        yield DecodedText(decoded_text, 0, len(text))


DECODERS: Final[tuple[tuple[str, Callable[[str], Iterator[DecodedText]]], ...]] = (
    ("percent-encoding", _decode_percent),
    ("HTML entities", _decode_entities),
    ("escapes", _decode_escapes),
    ("punycode", _decode_punycode),
    ("hexadecimal", _decode_hexadecimal),
    ("decimal codes", _decode_decimals),
    ("base64", _decode_base64),
    ("pieces", _join_pieces),
)
