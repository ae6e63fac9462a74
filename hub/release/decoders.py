"""Decoders: what a text, or a run of characters in it, says in each encoding that hides names.

Each takes a text and gives the texts that it could be; `encodings` applies them, also one after another.
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

from hub.release.readable import MAX_RUN, Decoded, of_run, readable, unpacked

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}){4,}")
# `43 65 6D`, `43:65`, `0x43, 0x65`; a wildcard of YARA (??) stands for a byte that nobody knows.
_SPACED_HEX: Final = re.compile(r"(?:(?:0[xX])?(?:[0-9a-fA-F]{2}|\?\?)(?:[ :-]|,\s?)){3,}(?:0[xX])?[0-9a-fA-F]{2}")
# Two bytes a group, as hexdump prints them; four bytes a number.
_GROUPED_HEX: Final = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{4} ){3,}[0-9a-fA-F]{2,4}(?![0-9a-fA-F])")
_HEX_WORDS: Final = re.compile(r"0x([0-9a-fA-F]{8})(?![0-9a-fA-F])")
_SNORT_HEX: Final = re.compile(r"\|((?:[0-9a-fA-F]{2}\s?)+)\|")
# `107, 101`, `107 101`, `107.101`, `chr(107)+chr(101)`; eight binary digits for each byte.
_DECIMALS: Final = re.compile(r"(?:\d{2,3}(?:,\s?|[ .:;+-]|\)\s?[+.&]\s?\w{1,8}\()){3,}\d{2,3}")
_BINARY: Final = re.compile(r"(?<![01])(?:[01]{8}[ ,]?){5,}(?![01])")
# Base64 written backwards begins with what fills it up at the end.
_BACKWARDS: Final = re.compile(r"={1,2}([A-Za-z0-9+/_-]{6,})")
_PUNYCODE: Final = re.compile(r"xn--[a-z0-9-]+", re.IGNORECASE)
_ESCAPE: Final = re.compile(
    r"[\\%]u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\U([0-9a-fA-F]{8})|\\([0-7]{3})|[\\]u\{([0-9a-fA-F]{1,6})\}"
)
_CSS: Final = re.compile(r"(?:\\[0-9a-fA-F]{2,6}\s?){4,}")
_QUOTED: Final = re.compile(r"=([0-9A-F]{2})")


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
        for match in _CSS.finditer(text):
            yield Decoded(_points(match[0].split("\\")[1:]), match.start(), match.end())
    quoted = _QUOTED.findall(text) if "=" in text else []
    if len(quoted) > 1 or "20" in quoted:  # quoted-printable; one sign alone is a parameter, except a blank
        raw = _QUOTED.sub(lambda match: chr(int(match[1], 16)), raw)
    if raw != text:
        yield Decoded(raw, 0, len(text))
        try:  # quoted-printable and \x escapes are bytes of UTF-8
            yield Decoded(raw.encode("latin-1").decode("utf-8"), 0, len(text))
        except (UnicodeEncodeError, UnicodeDecodeError):
            return


def _points(digits: list[str]) -> str:
    return "".join(chr(number) for number in (int(text, 16) for text in digits) if number < 0x110000)


def _escaped(match: re.Match[str]) -> str:
    number = int(match[4], 8) if match[4] else int(match[1] or match[2] or match[3] or match[5], 16)
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
        raw = bytes.fromhex(match[0][:MAX_RUN])
        yield from of_run(raw, match)
        yield from (Decoded(plain, match.start(), match.end(), clean) for plain, clean in unpacked(raw, marked=True))
        if len(match[0]) > 8:
            yield from of_run(bytes.fromhex(match[0][1:MAX_RUN][: (len(match[0]) - 1) // 2 * 2]), match)
    for match in chain(_SPACED_HEX.finditer(text), _GROUPED_HEX.finditer(text)):
        digits = re.sub(r"0[xX]|[^0-9a-fA-F]", "", match[0])
        yield from of_run(bytes.fromhex(digits), match)
    if len(words := _HEX_WORDS.findall(text) if "0x" in text else ()) > 1:  # as processors keep them: last byte first
        raw = b"".join(bytes.fromhex(word)[::-1] for word in words)
        yield from (Decoded(plain, 0, len(text), clean) for plain, clean in readable(raw))
    if "|" in text:  # Snort writes bytes among the letters of a content
        plain = _SNORT_HEX.sub(lambda match: bytes.fromhex(match[1]).decode("latin-1"), text)
        yield Decoded(plain, 0, len(text))


def _decimals(text: str) -> Iterator[Decoded]:
    for match in _DECIMALS.finditer(text):
        numbers = [int(number) for number in re.findall(r"\d+", match[0])]
        if max(numbers) < 256:
            yield from of_run(bytes(numbers), match)
    for match in _BINARY.finditer(text):
        digits = re.sub("[^01]", "", match[0])[:MAX_RUN]
        yield from of_run(int(digits, 2).to_bytes(len(digits) // 8, "big"), match)


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
            texts += readable(raw)
            texts += unpacked(raw)
        except (binascii.Error, ValueError):
            continue
    return tuple(texts)


# Base64 in lines, and texts in pieces that a program joins.
_LINES: Final = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{4,}+(?:[ \t]*\r?\n[ \t]*[A-Za-z0-9+/_=-]{2,}+(?=[ \t]*(?:\r?\n|\Z)))+"
)
_BETWEEN_PIECES: Final = re.compile(r"([\"'])\s{0,8}(?:[+.&]|\\\r?\n)?\s{0,8}\1")


def _joined(text: str) -> Iterator[Decoded]:
    if "\n" in text:
        for match in _LINES.finditer(text):
            yield Decoded("".join(match[0].split()), match.start(), match.end())
    if (plain := _BETWEEN_PIECES.sub("", text)) != text:
        yield Decoded(plain, 0, len(text))


DECODERS: Final[tuple[tuple[str, Callable[[str], Iterator[Decoded]]], ...]] = (
    ("percent-encoding", _percent),
    ("HTML entities", _entities),
    ("escapes", _escapes),
    ("punycode", _punycode),
    ("hexadecimal", _hexadecimal),
    ("decimal codes", _decimals),
    ("base64", _base64),
    ("pieces", _joined),
)
