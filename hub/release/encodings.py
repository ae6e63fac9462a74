"""What a text says once its encodings are taken off: percent, base64, hex, punycode, HTML entities, escapes."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

MAX_DEPTH: Final = 4  # encodings inside encodings
MAX_FORMS: Final = 300  # readings of one text
MAX_RUN: Final = 200_000  # characters of one encoded run

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}){4,}")
_SPACED_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}[ :,-]){3,}[0-9a-fA-F]{2}")
_PUNYCODE: Final = re.compile(r"xn--[a-z0-9-]+", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|=([0-9A-F]{2})")
# Bytes that read as text: four printable characters of UTF-8 in a row, else it was no text that was encoded.
_READABLE: Final = re.compile(rb"(?:[\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}){4,}")


@lru_cache(maxsize=10_000)
def readings(text: str) -> tuple[str, ...]:
    """The text, and what it becomes when decoded, step by step; the text itself comes first."""
    seen = {text: None}  # a set that keeps its order
    waiting = [(text, 0)]
    while waiting:
        current, depth = waiting.pop()
        if depth == MAX_DEPTH:
            continue
        for decode in _DECODERS:
            for found in decode(current):
                if found not in seen and len(seen) < MAX_FORMS:
                    seen[found] = None
                    waiting.append((found, depth + 1))
    return tuple(seen)


def _percent(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text, errors="replace")
    if "+" in text:
        yield text.replace("+", " ")


def _entities(text: str) -> Iterator[str]:
    if "&" in text:
        yield html.unescape(text)


def _escapes(text: str) -> Iterator[str]:
    if "\\" in text or "=" in text:
        raw = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2] or match[3], 16)), text)
        yield raw
        try:  # quoted-printable and \x escapes are bytes of UTF-8
            yield raw.encode("latin-1").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return


def _punycode(text: str) -> Iterator[str]:
    if "xn--" in text.lower():
        yield _PUNYCODE.sub(_plain_label, text)


def _plain_label(match: re.Match[str]) -> str:
    try:
        return match[0][4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return match[0]


def _hexadecimal(text: str) -> Iterator[str]:
    for match in _HEX.finditer(text):
        yield from _readable(bytes.fromhex(match[0][:MAX_RUN]))
        if len(match[0]) > 8:
            yield from _readable(bytes.fromhex(match[0][1:MAX_RUN][: (len(match[0]) - 1) // 2 * 2]))
    for match in _SPACED_HEX.finditer(text):
        yield from _readable(bytes.fromhex(re.sub(r"[ :,-]", "", match[0])))


def _base64(text: str) -> Iterator[str]:
    for match in _BASE64.finditer(text):
        run = match[0][:MAX_RUN]
        yield from _unpacked(run)
        # "/", "-" and "_" are letters of base64, and as often what stands around it.
        if not run.isalnum():
            for mark in "/-_":
                for piece in run.split(mark) if mark in run else ():
                    yield from _unpacked(piece)


@lru_cache(maxsize=20_000)
def _unpacked(run: str) -> tuple[str, ...]:
    """What a run of base64 says, at each of the four places where a group of four may begin."""
    plain = run.replace("-", "+").replace("_", "/")
    found: list[str] = []
    for offset in range(4):
        quads = plain[offset:]
        if len(quads) < 6:
            break
        quads = quads[:-1] if len(quads) % 4 == 1 else quads
        try:
            found += _readable(base64.b64decode(quads + "=" * (-len(quads) % 4)))
        except (binascii.Error, ValueError):
            continue
    return tuple(found)


def _readable(raw: bytes) -> Iterator[str]:
    if b"\0" in raw:
        for codec in ("utf-16-le", "utf-16-be"):
            decoded = raw.decode(codec, "ignore")
            if decoded.isprintable() and len(decoded) >= 3:
                yield decoded
    if found := _READABLE.findall(raw):
        yield " ".join(part.decode("utf-8", "ignore") for part in found)


_DECODERS: Final[tuple[Callable[[str], Iterator[str]], ...]] = (
    _percent,
    _entities,
    _escapes,
    _punycode,
    _hexadecimal,
    _base64,
)
