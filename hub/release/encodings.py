"""What a text says once its encodings are taken off: percent, base16, base32, base64, base85, punycode, HTML entities,
escapes of programming languages, the hexadecimal of YARA and Snort rules, binary digits, and what was compressed before.

Each decoded form is a `Reading` of the text. A run of letters and digits that decodes to little more than noise gives a
reading that is not `clean`: only long names are searched for in it, and it is not decoded a second time.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from hub.release.bases import BASES
from hub.release.decoders import DECODERS
from hub.release.han_readings import as_said_in_the_south
from hub.release.spelled_out import SPELLINGS, interleaved

MAX_DEPTH: Final = 4  # encodings inside encodings
MAX_READINGS: Final = 300  # of one text
MIN_ENCODED: Final = 8  # characters of a decoded text that may be encoded again
_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_OF_ADDRESSES: Final = tuple(
    (name, decode) for name, decode in DECODERS if name == "decimal codes"
)  # all that fits one
_INNER: Final = (*DECODERS, *BASES, *SPELLINGS)
_OUTER: Final = (*_INNER, ("other letters", interleaved), ("Chinese", as_said_in_the_south))


class Reading(NamedTuple):
    """What a text says. `start` and `end` are the place in the text itself; `encoding` is empty for the text itself."""

    text: str
    start: int
    end: int
    encoding: str = ""
    clean: bool = True


@lru_cache(maxsize=10_000)
def readings(text: str) -> tuple[Reading, ...]:
    """The text, and what it becomes when decoded, step by step; the text itself comes first."""
    outer = _OF_ADDRESSES if _ADDRESS.fullmatch(text) else _OUTER
    by_text = {text: Reading(text, 0, len(text))}
    waiting = [(by_text[text], 0)]
    while waiting:
        current, depth = waiting.pop()
        if depth == MAX_DEPTH or not current.clean:
            continue
        for encoding, decode in _INNER if depth else outer:
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
