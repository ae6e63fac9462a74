"""Decode a text step by step: percent-encoding, base16, base32, base64, base85, punycode, HTML entities, escapes of
programming languages, hexadecimal digits of YARA and Snort rules, binary digits, and compressed data.

Each decoded form is a `Reading` of the text. A run that decodes mostly to noise gives a reading that is not clean: only long
names are searched for in it, and it is not decoded again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from hub.release.bases import BASES
from hub.release.decoders import DECODERS
from hub.release.han_readings import decode_chinese
from hub.release.spelled_out import SPELLINGS, decode_interleaved
from hub.release.zawgyi import decode_zawgyi

MAX_DEPTH: Final = 4  # encodings inside encodings
MAX_READINGS: Final = 300  # of one text
MIN_ENCODED: Final = 8  # characters of a decoded text that may be encoded again
_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
# The only decoder that can apply to an IPv4 address.
_ADDRESS_DECODERS: Final = tuple((name, decode) for name, decode in DECODERS if name == "decimal codes")
_INNER_DECODERS: Final = (*DECODERS, *BASES, *SPELLINGS)
_OUTER_DECODERS: Final = (
    *_INNER_DECODERS,
    ("other letters", decode_interleaved),
    ("Chinese", decode_chinese),
    ("Zawgyi", decode_zawgyi),
)


class Reading(NamedTuple):
    """A decoded form of a text. `start` and `end` are the decoded run in the original text; `encoding` is empty for the original."""

    text: str
    start: int
    end: int
    encoding: str = ""
    is_clean: bool = True


@lru_cache(maxsize=10_000)
def readings(text: str) -> tuple[Reading, ...]:
    """The text itself, followed by its decoded forms."""
    outer_decoders = _ADDRESS_DECODERS if _ADDRESS.fullmatch(text) else _OUTER_DECODERS
    by_text = {text: Reading(text, 0, len(text))}
    queue = [(by_text[text], 0)]
    while queue:
        current, depth = queue.pop()
        if depth == MAX_DEPTH or not current.is_clean:
            continue
        for encoding, decode in _INNER_DECODERS if depth else outer_decoders:
            for decoded in decode(current.text):
                earlier = by_text.get(decoded.text)
                if (earlier is not None and (earlier.is_clean or not decoded.is_clean)) or len(by_text) >= MAX_READINGS:
                    continue
                # the characters of a decoded run have no places of their own in the original text
                span = (decoded.start, decoded.end) if depth == 0 else (current.start, current.end)
                reading = Reading(decoded.text, *span, current.encoding or encoding, decoded.is_clean)
                by_text[decoded.text] = reading
                if len(decoded.text) >= MIN_ENCODED:
                    queue.append((reading, depth + 1))
    return tuple(by_text.values())
