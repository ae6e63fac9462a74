r"""Text from others on its way to a terminal or a log: no character of it changes what the terminal shows.

Escaped, as `\u` and four digits: C0 but tab and newline, DEL, C1, and what changes the direction of writing. Within JSON
that is the same value, so that one rule serves text and JSON alike.

Colour is a property of a line (`StyledLine`), never a character in it: it is put around a text that was escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, BinaryIO, ClassVar, Final, Protocol, TextIO

# C0 without \t and \n, DEL, C1, Arabic letter mark, LRM and RLM, line and paragraph separator, embeddings, overrides, isolates
_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# the same as UTF-8
_BYTES: Final = re.compile(
    rb"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
)


class Style(Enum):
    """How a line of the product's own looks; the values are those of SGR (ECMA-48, 8.3.117)."""

    HEADING = "1"
    ATTENTION = "1;33"
    GOOD = "32"
    BAD = "31"
    COMMAND = "36"


@dataclass(frozen=True, slots=True)
class StyledLine:
    """A line and how it looks where the terminal takes colour."""

    text: str
    style: Style

    def __str__(self) -> str:
        return self.text


Line = str | StyledLine


class StatusLine(Protocol):
    """What is drawn below all that is printed: a line of progress."""

    def hide(self) -> None:
        """Take it from the terminal, before something is printed."""

    def show(self) -> None:
        """Draw it again."""


def escaped(text: str) -> str:
    """The text without characters that change a terminal."""
    return _TEXT.sub(_escape, text)


def one_line(text: str) -> str:
    """The same on one line: a newline in it could pass for a line of the program's own."""
    return escaped(" ".join(text.split()))


def escaped_bytes(data: bytes) -> bytes:
    """As `escaped`, of UTF-8."""
    return _BYTES.sub(lambda match: _escape_text(match.group().decode()).encode(), data)


def takes_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether lines on this stream may have colour: at a terminal that can, and where nobody said no (no-color.org, clicolors)."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") != "0":
        return True
    terminal = environment.get("TERM", "") or environment.get("WT_SESSION", "")  # Windows Terminal sets no TERM
    return environment.get("CLICOLOR") != "0" and terminal not in ("", "dumb") and stream.isatty()


def print_lines(lines: Iterable[Line], stream: TextIO) -> None:
    """Print lines; those with a style have their colour where the stream takes it."""
    out: object = stream
    for line in lines:
        if isinstance(line, StyledLine) and isinstance(out, SafeText):
            out.write_styled(line)
        else:
            stream.write(f"{line}\n")


class SafeText:
    """A text stream on which everything that is written is escaped; all else is the stream's own."""

    status: ClassVar[StatusLine | None] = None  # one for all streams: they are the same terminal

    def __init__(self, stream: TextIO, *, colour: bool = False) -> None:
        self._stream = stream
        self._colour = colour

    def write(self, text: str) -> int:
        """Write the text, escaped."""
        self._write(escaped(text))
        return len(text)

    def write_styled(self, line: StyledLine) -> None:
        """Write a line, escaped, with its colour around it where the stream takes colour."""
        text = escaped(line.text)
        self._write(f"\x1b[{line.style.value}m{text}\x1b[0m\n" if self._colour else f"{text}\n")

    def _write(self, harmless: str) -> None:
        status = SafeText.status
        if status is None or not self.isatty():
            self._stream.write(harmless)
            return
        status.hide()
        self._stream.write(harmless)
        if harmless.endswith("\n"):
            self._stream.flush()  # what is drawn next goes to another stream
            status.show()

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each line, escaped."""
        for line in lines:
            self.write(line)

    @property
    def beneath(self) -> TextIO:
        """The stream itself, for a status line, which moves the cursor."""
        return self._stream

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
