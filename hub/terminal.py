r"""Escape text of others for a terminal or a log, so that no character of it changes what the terminal shows.

These characters become `\u` and four digits: C0 except tab and newline, DEL, C1, and those that change the direction of
writing. In JSON this escape means the same character, so one rule serves text and JSON.

Colour is a property of a line (`StyledLine`), not a character in it: it is added around the escaped text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, BinaryIO, ClassVar, Final, Protocol, TextIO

# C0 without \t and \n, DEL, C1, Arabic letter mark, LRM and RLM, line and paragraph separator, embeddings, overrides, isolates
_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# the same characters in UTF-8
_BYTES: Final = re.compile(
    rb"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
)


class Style(Enum):
    """The look of a line that the hub itself wrote. The values are parameters of SGR (ECMA-48, 8.3.117)."""

    HEADING = "1"
    ATTENTION = "1;33"
    GOOD = "32"
    BAD = "31"
    COMMAND = "36"


@dataclass(frozen=True, slots=True)
class StyledLine:
    """A line, and its look on a terminal with colour."""

    text: str
    style: Style

    def __str__(self) -> str:
        return self.text


Line = str | StyledLine


class StatusLine(Protocol):
    """A line that stays below everything that is printed, such as a progress line."""

    def hide(self) -> None:
        """Remove it from the terminal, before something is printed."""

    def show(self) -> None:
        """Draw it again."""


def escape(text: str) -> str:
    """The text without characters that change a terminal."""
    return _TEXT.sub(_escape, text)


def one_line(text: str) -> str:
    """The escaped text on one line: after a newline, it could pass for a line of the hub itself."""
    return escape(" ".join(text.split()))


def escape_bytes(data: bytes) -> bytes:
    """As `escape`, for UTF-8 bytes."""
    return _BYTES.sub(lambda match: _escape_text(match.group().decode()).encode(), data)


def takes_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether lines on this stream may have colour: the terminal supports it, and no variable forbids it (no-color.org, clicolors)."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") != "0":
        return True
    terminal = environment.get("TERM", "") or environment.get("WT_SESSION", "")  # Windows Terminal sets no TERM
    return environment.get("CLICOLOR") != "0" and terminal not in ("", "dumb") and stream.isatty()


def print_lines(lines: Iterable[Line], stream: TextIO) -> None:
    """Print lines. Styled lines are coloured if the stream supports it."""
    output: object = stream
    for line in lines:
        if isinstance(line, StyledLine) and isinstance(output, SafeText):
            output.write_styled(line)
        else:
            stream.write(f"{line}\n")


class SafeText:
    """A text stream that escapes everything written to it, and otherwise behaves like the stream it wraps."""

    status: ClassVar[StatusLine | None] = None  # shared by all streams, since they are the same terminal

    def __init__(self, stream: TextIO, *, colour: bool = False) -> None:
        self._stream = stream
        self._colour = colour

    def write(self, text: str) -> int:
        """Write the text, escaped."""
        self._write(escape(text))
        return len(text)

    def write_styled(self, line: StyledLine) -> None:
        """Write a line, escaped, in its colour if the stream supports colour."""
        text = escape(line.text)
        self._write(f"\x1b[{line.style.value}m{text}\x1b[0m\n" if self._colour else f"{text}\n")

    def _write(self, escaped_text: str) -> None:
        status = SafeText.status
        if status is None or not self.isatty():
            self._stream.write(escaped_text)
            return
        status.hide()
        self._stream.write(escaped_text)
        if escaped_text.endswith("\n"):
            self._stream.flush()  # before the status line, which is drawn on another stream
            status.show()

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each line, escaped."""
        for line in lines:
            self.write(line)

    @property
    def raw_stream(self) -> TextIO:
        """The wrapped stream, for a status line, which moves the cursor."""
        return self._stream

    @property
    def buffer(self) -> SafeBytes:
        """The wrapped stream's bytes, escaped in the same way."""
        return SafeBytes(self._stream.buffer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class SafeBytes:
    """As `SafeText`, for bytes. Each write must end at the end of a character."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> int:
        """Write the bytes, escaped."""
        self._stream.write(escape_bytes(bytes(data)))
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
