"""Sources of bytes; read lines and JSON values from them without filling the memory."""

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
"""Bytes at the beginning of a file that are used to detect its format."""
_CHUNK_BYTES: Final = 256 * 1024
_UNIQUE_KEYS: Final = "JSON in which each key appears once; remove one of the two"
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
    """Open a path, bytes, or a binary stream (also a pipe). Raises ReadingError if the path cannot be opened or read."""
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
    while len(head) < HEAD_BYTES and (chunk := origin.read(HEAD_BYTES - len(head))):
        head += chunk
    shown_name = name or Path(str(getattr(origin, "name", "input"))).name
    return Source(shown_name, head, io.BufferedReader(_RejoinedStream(head, origin), _CHUNK_BYTES))


class _RejoinedStream(io.RawIOBase):
    """A stream that begins with the bytes that were read from it to detect the format."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            part = self._stream.read(len(buffer)) or b""
        buffer[: len(part)] = part
        return len(part)


def read_whole(source: Source, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Return all bytes, for formats that cannot be read in pieces. Raises ReadingError for more than ``limit`` bytes."""
    parts, size = [], 0
    while chunk := source.stream.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > limit:
            raise ReadingError(f"{source.name}: larger than {limit // MIB} MiB; split it into smaller files")
        parts.append(chunk)
    return b"".join(parts)


def wide_encoding(head: bytes) -> str | None:
    """Return UTF-16 or UTF-32 if a byte order mark or zero bytes show it; None for other encodings."""
    for mark, encoding in _WIDE_BOMS:
        if head.startswith(mark):
            return encoding
    sample = head[:200]
    if len(sample) >= 4 and sample.count(0) >= len(sample) // 3 and not head.startswith(b"PK"):
        return "utf-16-be" if sample[0] == 0 else "utf-16-le"
    return None


def as_utf8(head: bytes) -> bytes:
    """Return the head in UTF-8 without its byte order mark. Only for detecting formats: bad bytes are replaced."""
    encoding = wide_encoding(head)
    if encoding:
        return head.decode(encoding, errors="replace").lstrip("\ufeff").encode()
    return head.removeprefix(_UTF8_BOM)


_MAIL: Final = re.compile(rb"(?:From [^\r\n]*\r?\n)?(?:[\w-]{1,60}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){2,}\r?\n")
_MAIL_HEADER: Final = re.compile(
    rb"^(?:x-x?arf|mime-version|received|message-id|return-path):", re.IGNORECASE | re.MULTILINE
)


def is_mail(head: bytes) -> bool:
    """Whether a file begins like a mail (RFC 5322): with header fields, one of which only mails have."""
    match = _MAIL.match(head.lstrip())
    return match is not None and _MAIL_HEADER.search(match[0]) is not None


def decode(data: bytes, name: str) -> str:
    """Decode a whole document from UTF-8, UTF-16 or UTF-32. Raises ReadingError for other encodings."""
    encoding = wide_encoding(data[:HEAD_BYTES]) or "utf-8-sig"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReadingError(
            f"{name}: line {line} is not {encoding.removesuffix('-sig').upper()}; save the file as UTF-8"
        ) from None


def byte_lines(source: Source) -> Iterator[tuple[int, bytes | None]]:
    """Yield (line number from 1, line); None instead of a line that is longer than MAX_LINE_BYTES."""
    number, is_first = 0, True
    while line := source.stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (part := source.stream.readline(MAX_LINE_BYTES)) and not part.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line.removeprefix(_UTF8_BOM) if is_first else line
        is_first = False


@dataclass(frozen=True, slots=True)
class BadValue:
    """A place in a file where no value could be read."""

    place: str
    value: str
    expected: str
    key: str = ""  # the column or element, if it is known


def json_values(source: Source) -> Iterator[tuple[str, Any | BadValue]]:
    """Yield (place, value) of each JSON value of a file: one on each line, the items of one list, or one document.

    A bad line becomes a BadValue, and reading goes on with the next line. In a list or document, nothing after the bad
    place can be read. Only one value is in memory. Raises ReadingError only if a document is larger than the limit.
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
    """Whether each line is an object. The second line is checked, too, because the first may be the broken one."""
    lines = [line for line in head.split(b"\n", 3)[:3] if line.strip()]
    return head[:1] == b"{" and any(line[:1] == b"{" and _is_json(line) for line in lines[:2])


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except ValueError:
        return False
    return True


def is_too_deep(value: Any, limit: int = MAX_DEPTH) -> bool:
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
    """Return (place, value); a BadValue instead of a value that is nested too deeply or cannot be written as JSON again."""
    if is_too_deep(value):
        return place, BadValue(place, "deep nesting", f"at most {MAX_DEPTH} levels")
    try:
        orjson.dumps(value)
    except TypeError as error:
        # half of a surrogate pair ("\ud800" alone), which no encoding has, or a number of more than 64 bits
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
                record = check_value(place, value)
                repeated_key = "" if isinstance(record[1], BadValue) else _find_repeated_key(line, value)
                repetition = f"the key {excerpt(repeated_key)} twice in one object"
                yield (place, BadValue(place, repetition, _UNIQUE_KEYS)) if repeated_key else record


def _json_sequence(source: Source) -> Iterator[tuple[str, Any | BadValue]]:
    """Yield the items of a list, or documents that follow each other, from a window that has at most one in memory."""
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
    while (character := window.skip(" \t\r\n,")) and not (in_list and character == "]"):
        place = f"item {index + 1}" if in_list or index else "document"
        try:
            value = window.read_value()
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
    """The part of a text stream that is in memory."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._reader = io.TextIOWrapper(source.stream, encoding="utf-8-sig", errors="strict", newline="")
        self._text, self._position, self._at_end = "", 0, False
        self.fault = ""  # of the last value: a number that JSON does not have, or a repeated key
        self._decoder = json.JSONDecoder(parse_constant=self._note_constant, object_pairs_hook=self._build_object)

    def _read_more(self) -> bool:
        if self._at_end:
            return False
        if len(self._text) - self._position > MAX_DOCUMENT_BYTES:
            raise ValueError(f"a value of at most {MAX_DOCUMENT_BYTES // MIB} MiB; split the file")
        # Double the window each time, so that a large value needs only a logarithmic number of attempts.
        size = max(_CHUNK_BYTES, len(self._text) - self._position)
        try:
            chunk = self._reader.read(size)
        except UnicodeDecodeError:
            self._at_end = True
            raise ValueError("text in UTF-8") from None
        self._text, self._position = self._text[self._position :] + chunk, 0
        self._at_end = not chunk
        return bool(chunk)

    def _note_constant(self, name: str) -> None:
        self.fault = f"{name}, which is no JSON number"

    def _build_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            self.fault = f"the key {excerpt(_repeated_key(pairs))} twice in one object"
        return values

    def detach(self) -> None:
        """Detach the stream, so that its owner can close it."""
        self._reader.detach()

    def skip(self, characters: str) -> str:
        """Move to the next character that is not one of these, and return it; "" at the end."""
        while True:
            try:
                while self._position < len(self._text) and self._text[self._position] in characters:
                    self._position += 1
                if self._position < len(self._text) or not self._read_more():
                    return self._text[self._position : self._position + 1]
            except ValueError:
                return "?"  # read_value() raises the same error with its message

    def advance(self, count: int) -> None:
        self._position += count

    def peek(self, count: int) -> str:
        return self._text[self._position : self._position + count]

    def read_value(self) -> Any:
        """Return the JSON value at the current position. Raises ValueError or RecursionError."""
        while True:
            self.fault = ""
            try:
                value, end = self._decoder.raw_decode(self._text, self._position)
            except json.JSONDecodeError as error:
                # The value may continue after the end of the window: read more, and try again.
                if self._read_more():
                    continue
                raise ValueError(f"{error.msg} at character {error.pos - self._position + 1}") from None
            # A number at the end of the window may continue.
            if end == len(self._text) and not isinstance(value, dict | list | str) and self._read_more():
                continue
            self._position = end
            return value


def _repeated_key(pairs: list[tuple[str, Any]]) -> str:
    """Return a key that appears twice in one object; reading one of its values would silently lose the other."""
    keys: set[str] = set()
    return next((key for key, _ in pairs if key in keys or keys.add(key)), "")  # type: ignore[func-returns-value]


def _find_repeated_key(line: bytes, value: Any) -> str:
    """Return a key that appears twice in an object of a line; `value` is the parsed line. "" if there is none.

    The line is parsed again only if it has more colons after quotes than `value` has keys.
    """
    if len(_COLON.findall(line)) <= _key_count(value):
        return ""
    repeated_keys: list[str] = []

    def note_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            repeated_keys.append(_repeated_key(pairs))
        return dict(pairs)

    try:
        json.loads(line, object_pairs_hook=note_repetition)
    except (ValueError, RecursionError):
        return ""
    return repeated_keys[0] if repeated_keys else ""


_COLON: Final = re.compile(rb'"[ \t\r]*:')


def _key_count(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_key_count(item) for item in value.values() if isinstance(item, dict | list))
    return sum(_key_count(item) for item in value if isinstance(item, dict | list)) if isinstance(value, list) else 0


_TOKEN: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*(:)?|[{}\[\]]')


def shallow_keys(head: bytes) -> tuple[set[str], set[str]]:
    """Return the keys of the first JSON object in ``head`` (or of the first item of a list), and those one level deeper."""
    outer_keys: set[str] = set()
    inner_keys: set[str] = set()
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
            (outer_keys if objects == 1 else inner_keys if objects == 2 else set()).add(key)
    return outer_keys, inner_keys
