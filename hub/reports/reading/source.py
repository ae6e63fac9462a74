"""Sources of bytes, and how to read lines and JSON values from them without filling the memory."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from hub.errors import ReadingError
from hub.reports.losses import excerpt
from hub.reports.reading.options import MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_LINE_BYTES, MIB

HEAD_BYTES: Final = 64 * 1024
"""Bytes at the beginning of a file by which its format is detected."""
_CHUNK_BYTES: Final = 256 * 1024
_EACH_ONCE: Final = "JSON in which each key appears once; remove one of the two"
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_WIDE_BOMS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """An open file: its name for messages, its first bytes, and a stream that begins with them."""

    name: str
    head: bytes
    stream: BinaryIO


def open_source(origin: str | Path | bytes | BinaryIO, name: str | None = None) -> Source:
    """Open a path, bytes, or a binary stream (a pipe will do). Raises ReadingError if that cannot be done."""
    if isinstance(origin, bytes):
        return Source(name or "input", origin[:HEAD_BYTES], io.BytesIO(origin))
    if isinstance(origin, str | Path):
        path = Path(origin)
        try:
            stream: BinaryIO = path.open("rb")
        except OSError as error:
            raise ReadingError(f"{path}: cannot be opened ({error.strerror}); check the name and your rights") from None
        try:
            head = stream.read(HEAD_BYTES)
            stream.seek(0)
        except OSError as error:
            stream.close()
            raise ReadingError(f"{path}: cannot be read ({error.strerror})") from None
        return Source(name or path.name, head, stream)
    head = b""
    while len(head) < HEAD_BYTES and (more := origin.read(HEAD_BYTES - len(head))):
        head += more
    shown_name = name or Path(str(getattr(origin, "name", "input"))).name
    return Source(shown_name, head, io.BufferedReader(_RejoinedStream(head, origin), _CHUNK_BYTES))


class _RejoinedStream(io.RawIOBase):
    """A stream with the bytes put back that were read to tell its format."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            part = self._rest.read(len(buffer)) or b""
        buffer[: len(part)] = part
        return len(part)


def read_whole(source: Source, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Everything, for formats that cannot be read in pieces. Raises ReadingError beyond ``limit`` bytes."""
    parts, size = [], 0
    while chunk := source.stream.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > limit:
            raise ReadingError(f"{source.name}: larger than {limit // MIB} MiB; split it into smaller files")
        parts.append(chunk)
    return b"".join(parts)


def wide_encoding(head: bytes) -> str | None:
    """The encoding that a byte order mark of UTF-16 or UTF-32 names, or that zero bytes betray."""
    for mark, encoding in _WIDE_BOMS:
        if head.startswith(mark):
            return encoding
    sample = head[:200]
    if len(sample) >= 4 and sample.count(0) >= len(sample) // 3 and not head.startswith(b"PK"):
        return "utf-16-be" if sample[0] == 0 else "utf-16-le"
    return None


def as_utf8(head: bytes) -> bytes:
    """The head in UTF-8 without its mark, as far as it can be read; for telling formats only."""
    encoding = wide_encoding(head)
    if encoding:
        return head.decode(encoding, errors="replace").lstrip("\ufeff").encode()
    return head.removeprefix(_UTF8_BOM)


_MAIL: Final = re.compile(rb"(?:From [^\r\n]*\r?\n)?(?:[\w-]{1,60}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){2,}\r?\n")
_MAIL_HEADER: Final = re.compile(
    rb"^(?:x-x?arf|mime-version|received|message-id|return-path):", re.IGNORECASE | re.MULTILINE
)


def is_mail(head: bytes) -> bool:
    """Whether a file begins as a mail does (RFC 5322): header fields, among them one that only mails have."""
    match = _MAIL.match(head.lstrip())
    return match is not None and _MAIL_HEADER.search(match[0]) is not None


def decode(data: bytes, name: str) -> str:
    """A whole document as text: UTF-8, or UTF-16/32 by mark. Raises ReadingError for anything else."""
    encoding = wide_encoding(data[:HEAD_BYTES]) or "utf-8-sig"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReadingError(
            f"{name}: line {line} is not {encoding.removesuffix('-sig').upper()}; save the file as UTF-8"
        ) from None


def byte_lines(source: Source) -> Iterator[tuple[int, bytes | None]]:
    """(line number from 1, line without its end), one at a time; None in place of a line beyond MAX_LINE_BYTES."""
    number, first = 0, True
    while line := source.stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (rest := source.stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line.removeprefix(_UTF8_BOM) if first else line
        first = False


@dataclass(frozen=True, slots=True)
class BadValue:
    """A place in a JSON file where no value could be read."""

    place: str
    value: str
    expected: str
    key: str = ""  # the column or element, where it is one


def json_values(source: Source) -> Iterator[tuple[str, Any | BadValue]]:
    """(where, value) of each JSON value of a file: one a line, the items of one list, or one document.

    A bad line becomes a BadValue and the next one is read; in a list or document nothing after the bad place can
    be. Memory is that of one value. Raises ReadingError only where a single document is larger than the limit.
    """
    if wide_encoding(source.head):
        text = decode(read_whole(source), source.name).encode()
        yield from json_values(Source(source.name, text[:HEAD_BYTES], io.BytesIO(text)))
        return
    if _is_line_file(as_utf8(source.head).lstrip()):
        yield from _json_lines(source)
    else:
        yield from _json_sequence(source)


def _is_line_file(head: bytes) -> bool:
    """Whether each line is an object of its own. The second line counts too: the first may be the broken one."""
    lines = [line for line in head.split(b"\n", 3)[:3] if line.strip()]
    return head[:1] == b"{" and any(line[:1] == b"{" and _is_json(line) for line in lines[:2])


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except ValueError:
        return False
    return True


def too_deep(value: Any, limit: int = MAX_DEPTH) -> bool:
    """Whether parsed JSON is nested deeper than ``limit`` levels."""
    level = [value]
    for _ in range(limit):
        level = [
            item
            for parent in level
            if isinstance(parent, dict | list)
            for item in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def check_value(place: str, value: Any) -> tuple[str, Any | BadValue]:
    """The value, or a BadValue for what is nested too deeply or could not be written down as JSON again."""
    if too_deep(value):
        return place, BadValue(place, "deep nesting", f"at most {MAX_DEPTH} levels")
    try:
        orjson.dumps(value)
    except TypeError as error:
        # half a character ("\ud800" alone), which no encoding has, or a number of more than 64 bits
        return place, BadValue(
            place, "a text or number that nobody else can read", f"JSON of whole characters ({error})"
        )
    return place, value


def _json_lines(source: Source) -> Iterator[tuple[str, Any | BadValue]]:
    for number, line in byte_lines(source):
        place = f"line {number}"
        if line is None:
            yield place, BadValue(place, "a very long line", f"lines of at most {MAX_LINE_BYTES // MIB} MiB")
        elif line.strip():
            try:
                value = orjson.loads(line)
            except ValueError as error:  # also for bytes that are not UTF-8
                yield (
                    place,
                    BadValue(place, excerpt(line[:60].decode("utf-8", "replace")), f"one JSON object ({error})"),
                )
            else:
                whole = check_value(place, value)
                twice = "" if isinstance(whole[1], BadValue) else _key_twice_in(line, value)
                repetition = f"the key {excerpt(twice)} twice in one object"
                yield (place, BadValue(place, repetition, _EACH_ONCE)) if twice else whole


def _json_sequence(source: Source) -> Iterator[tuple[str, Any | BadValue]]:
    """The items of a list, or documents one after the other, through a window of text that never holds two."""
    window = _Window(source)
    try:
        yield from _window_values(window)
    finally:
        window.detach()


def _window_values(window: _Window) -> Iterator[tuple[str, Any | BadValue]]:
    in_list = window.skip(" \t\r\n") == "["
    if in_list:
        window.advance(1)
    index = 0
    while (first := window.skip(" \t\r\n,")) and not (in_list and first == "]"):
        place = f"item {index + 1}" if in_list or index else "document"
        try:
            value = window.value()
        except (ValueError, RecursionError) as error:
            reason = "deep nesting" if isinstance(error, RecursionError) else str(error)
            yield (
                place,
                BadValue(
                    place, excerpt(window.peek(60)), f"JSON that can be read ({reason}); nothing after it was read"
                ),
            )
            return
        yield (
            (place, BadValue(place, window.fault, "JSON of numbers, and each key once"))
            if window.fault
            else check_value(place, value)
        )
        index += 1


class _Window:
    """A moving piece of a text stream."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._reader = io.TextIOWrapper(source.stream, encoding="utf-8-sig", errors="strict", newline="")
        self._text, self._at, self._ended = "", 0, False
        self.fault = ""  # of the newest value: what JSON has in it that is no JSON, or is ambiguous
        self._decoder = json.JSONDecoder(parse_constant=self._constant, object_pairs_hook=self._object)

    def _more(self) -> bool:
        if self._ended:
            return False
        if len(self._text) - self._at > MAX_DOCUMENT_BYTES:
            raise ValueError(f"a value of at most {MAX_DOCUMENT_BYTES // MIB} MiB; split the file")
        # Doubling keeps the number of attempts at one large value logarithmic.
        size = max(_CHUNK_BYTES, len(self._text) - self._at)
        try:
            chunk = self._reader.read(size)
        except UnicodeDecodeError:
            self._ended = True
            raise ValueError("text in UTF-8") from None
        self._text, self._at = self._text[self._at :] + chunk, 0
        self._ended = not chunk
        return bool(chunk)

    def _constant(self, name: str) -> None:
        self.fault = f"{name}, which is no JSON number"

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            self.fault = f"the key {excerpt(_repeated_key(pairs))} twice in one object"
        return values

    def detach(self) -> None:
        """Leave the stream to its owner."""
        self._reader.detach()

    def skip(self, characters: str) -> str:
        """Move to the next character that is none of these, and return it; "" at the end."""
        while True:
            try:
                while self._at < len(self._text) and self._text[self._at] in characters:
                    self._at += 1
                if self._at < len(self._text) or not self._more():
                    return self._text[self._at : self._at + 1]
            except ValueError:
                return "?"  # value() meets the same fault, and tells it

    def advance(self, count: int) -> None:
        self._at += count

    def peek(self, count: int) -> str:
        return self._text[self._at : self._at + count]

    def value(self) -> Any:
        """The JSON value that begins here. Raises ValueError or RecursionError."""
        while True:
            self.fault = ""
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # A value cut off by the window's edge: read on, and try again.
                if self._more():
                    continue
                raise ValueError(f"{error.msg} at character {error.pos - self._at + 1}") from None
            # A number may go on beyond the edge.
            if end == len(self._text) and not isinstance(value, dict | list | str) and self._more():
                continue
            self._at = end
            return value


def _repeated_key(pairs: list[tuple[str, Any]]) -> str:
    """A key that appears twice in one object: whichever of its values is read, the other would be lost in silence."""
    keys: set[str] = set()
    return next((key for key, _ in pairs if key in keys or keys.add(key)), "")  # type: ignore[func-returns-value]


def _key_twice_in(line: bytes, value: Any) -> str:
    """The key that appears twice in an object of a line, whose value is `value`; "" where there is none.

    A line with as many colons after quotes as its value has keys needs no second look.
    """
    if len(_COLON.findall(line)) <= _keys(value):
        return ""
    twice: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice.append(_repeated_key(pairs)) if len(dict(pairs)) < len(pairs) else None
        return dict(pairs)

    try:
        json.loads(line, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return ""
    return twice[0] if twice else ""


_COLON: Final = re.compile(rb'"[ \t\r]*:')


def _keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_keys(item) for item in value.values() if isinstance(item, dict | list))
    return sum(_keys(item) for item in value if isinstance(item, dict | list)) if isinstance(value, list) else 0


_TOKEN: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*(:)?|[{}\[\]]')


def shallow_keys(head: bytes) -> tuple[set[str], set[str]]:
    """The keys of the first JSON object of ``head`` (also of a list's first item), and those one level below them."""
    outer: set[str] = set()
    inner: set[str] = set()
    objects = 0
    for token in _TOKEN.finditer(head):
        mark = token[0][:1]
        if mark == b"{":
            objects += 1
        elif mark == b"}":
            objects -= 1
            if objects == 0:
                break
        elif token[2]:
            key = token[1].decode("utf-8", "replace")
            (outer if objects == 1 else inner if objects == 2 else set()).add(key)
    return outer, inner
