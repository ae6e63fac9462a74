r"""Text from others on its way to a terminal or a log: no character of it changes what the terminal shows.

Escaped, as `\u` and four digits: C0 but tab and newline, DEL, C1, and what changes the direction of writing. Within JSON
that is the same value, so that one rule serves text and JSON alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, BinaryIO, Final, TextIO

# C0 without \t and \n, DEL, C1, Arabic letter mark, LRM and RLM, line and paragraph separator, embeddings, overrides, isolates
_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# the same as UTF-8
_BYTES: Final = re.compile(
    rb"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
)
_PROGRESS: Final = re.compile(r"\r[0-9]{1,20} (?:of [0-9]{1,20} objects|reports, [0-9]{1,20} objects)")


def escaped(text: str) -> str:
    """The text without characters that change a terminal."""
    return _TEXT.sub(_escape, text)


def one_line(text: str) -> str:
    """The same on one line: a newline in it could pass for a line of the program's own."""
    return escaped(" ".join(text.split()))


def escaped_bytes(data: bytes) -> bytes:
    """As `escaped`, of UTF-8."""
    return _BYTES.sub(lambda match: _escape_text(match.group().decode()).encode(), data)


class SafeText:
    """A text stream on which everything that is written is escaped; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, escaped. A line of progress may go back to the start of its line."""
        progress = _PROGRESS.fullmatch(text)
        self._stream.write(text if progress else escaped(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each line, escaped."""
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> SafeBytes:
        """The bytes below."""
        return SafeBytes(self._stream.buffer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class SafeBytes:
    """A stream of bytes, as `SafeText`. What is written at once must not end within a character."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> int:
        """Write the bytes, escaped."""
        self._stream.write(escaped_bytes(bytes(data)))
        return len(data)

    def writelines(self, lines: Iterable[bytes]) -> None:
        """Write each, escaped."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _escape(match: re.Match[str]) -> str:
    return _escape_text(match.group())


def _escape_text(character: str) -> str:
    return f"\\u{ord(character):04x}"
