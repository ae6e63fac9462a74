"""Read bytes as text, and compressed bytes as the text that was compressed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

MIN_PACKED: Final = 10  # bytes of a compressed text
MAX_UNPACKED: Final = 100_000  # bytes of a text after decompression
MAX_RUN: Final = 200_000  # characters of one encoded run
GZIP: Final = b"\x1f\x8b"
MIN_UTF16: Final = 6  # bytes of a text in UTF-16
# Bytes that are text: at least four printable characters of UTF-8 in a row.
_READABLE: Final = re.compile(rb"(?:[\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}){4,}")
# High bytes in UTF-16: Latin, Greek, Cyrillic, Arabic, Tamil, Thai, Lao, Burmese, Khmer, Vietnamese and punctuation.
_HIGH_BYTES: Final = frozenset(b"\x00\x01\x02\x03\x04\x06\x0b\x0e\x0f\x10\x17\x1e\x20")
_MIN_TEXT_SHARE: Final = 0.75  # share of readable bytes in a text; bytes with a smaller share are noise


class DecodedText(NamedTuple):
    """The result of a decoder, for a whole text or for the run from `start` to `end`. It is not clean if it is mostly noise."""

    text: str
    start: int
    end: int
    is_clean: bool = True


def decode_run(raw: bytes, match: re.Match[str]) -> Iterator[DecodedText]:
    """The readable texts in the bytes that a run of characters encodes."""
    for text, is_clean in readable_texts(raw):
        yield DecodedText(text, match.start(), match.end(), is_clean)


def readable_texts(raw: bytes) -> Iterator[tuple[str, bool]]:
    """The texts that the bytes may be, each with whether they are text for the most part."""
    if len(raw) >= MIN_UTF16 and not any(raw[2::4]) and not any(raw[3::4]):
        yield raw[: len(raw) // 4 * 4].decode("utf-32-le", "ignore"), True
    if len(raw) >= MIN_UTF16:
        for codec, offset in (("utf-16-le", 1), ("utf-16-be", 0)):
            # text of one language has few different high bytes, noise has many
            if raw[offset] in _HIGH_BYTES and _HIGH_BYTES.issuperset(raw[offset::2]) and len(set(raw[offset::2])) <= 3:
                decoded = raw.decode(codec, "ignore").rstrip("\0")
                if decoded.isprintable():
                    yield decoded, True
    parts = _READABLE.findall(raw)
    if parts:
        share = sum(map(len, parts)) / len(raw)
        yield " ".join(part.decode("utf-8", "ignore") for part in parts), share >= _MIN_TEXT_SHARE


def unpacked_texts(raw: bytes, *, only_marked: bool = False) -> Iterator[tuple[str, bool]]:
    """The texts in compressed bytes: gzip, zlib and bzip2 by their first bytes, deflate by trying.

    With `only_marked`, only formats that their first bytes identify.
    """
    if len(raw) < MIN_PACKED:
        return
    for unpack in _unpackers(raw, only_marked=only_marked):
        try:
            yield from readable_texts(unpack(raw, MAX_UNPACKED))
        except (zlib.error, OSError, ValueError):
            continue


def _unpackers(raw: bytes, *, only_marked: bool) -> Iterator[Callable[[bytes, int], bytes]]:
    if raw[:2] == GZIP:
        yield zlib.decompressobj(zlib.MAX_WBITS | 16).decompress
    elif raw[:3] == b"BZh":
        from bz2 import BZ2Decompressor  # noqa: PLC0415  seldom needed

        yield BZ2Decompressor().decompress
    elif not only_marked or (raw[0] == 0x78 and int.from_bytes(raw[:2]) % 31 == 0):
        yield zlib.decompressobj().decompress
    if not only_marked and raw[:2] != GZIP:
        yield zlib.decompressobj(-zlib.MAX_WBITS).decompress
