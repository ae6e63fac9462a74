"""The position of a follower, stored so that `kill -9` at any point neither loses an object nor repeats more than one.

A checkpoint is a text file. Its first line is a JSON object: the collection, the filters, and the added_after to continue
from. Each further line is the mark of an object that was handed over although it comes after that added_after.

Without an out file, an object is marked when the next one is requested: after a kill the last one comes again, since
nobody can know whether the caller has processed it. With an out file, the file itself shows which objects it contains:
the checkpoint has the length up to which all objects are counted; at the start the lines after that length are read as
marks, and an incomplete line at the end is cut off. So output and checkpoint commit together.

At the end of each page first the out file and then the checkpoint are synced. A killed process loses nothing that was
written; a power failure may lose what was written since the last page, and those objects then come again (if the out file
has lost their lines, too, it gets them again; none is in it twice).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub.errors import ConfigurationError, ProducerError
from hub.home.files import sync_folder, write_atomically
from hub.home.locks import locked
from hub.producer.bundles import StixDict

_FORM: Final = 1
_MARK_BYTES: Final = 16
_MARK: Final = re.compile(rf"[0-9a-f]{{{2 * _MARK_BYTES}}}")
_LINE_BYTES: Final = 64 * 1024 * 1024  # of an out file at most


@dataclass(frozen=True, slots=True)
class Position:
    """Where to continue: the added_after to ask for (None: from the beginning), and marks of objects already handed over."""

    after: str | None = None
    marks: frozenset[str] = frozenset()


def mark(item: Mapping[str, Any]) -> str:
    """A short text that is equal for equal objects and different for others."""
    text = json.dumps(item, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=_MARK_BYTES).hexdigest()


class Keeper:
    """Keeps the position in a collection in memory only; the base of keepers in files."""

    def __init__(self) -> None:
        self.position = Position()

    def hand_over(self, item: StixDict) -> None:
        """Called before the object is given to the caller."""

    def mark_processed(self, item_mark: str) -> None:
        """Called when the caller requests the next object."""

    def commit(self, position: Position) -> None:
        """Called after a page: continue from here."""
        self.position = position

    def close(self) -> None:
        """Give files and locks back."""


class FileKeeper(Keeper):
    """Keeps the position in a checkpoint file, with or without an out file.

    `collection` (its id) and `asked` (the filters) must be those with which the checkpoint was begun: ConfigurationError if
    they are not, if a file is damaged, or if the out file is another one. BusyError while another process follows with this
    checkpoint.
    """

    def __init__(self, path: Path, *, collection: str, asked: Mapping[str, Any], out: Path | None = None) -> None:
        super().__init__()
        self.path = path
        self._head = {"form": _FORM, "collection": collection, "asked": dict(asked)}
        self._out_path = out
        self._out = -1
        self._journal = -1
        self._closing = ExitStack()
        try:
            self._open()
        except OSError as error:
            self.close()
            raise ProducerError(f"{error.filename or path}: {error.strerror}") from None
        except BaseException:
            self.close()
            raise

    def hand_over(self, item: StixDict) -> None:
        """Write the object as a line of JSON to the out file, if there is one; a kill may leave an incomplete line."""
        if self._out >= 0:
            _write(self._out, line(item), self._out_path or self.path)

    def mark_processed(self, item_mark: str) -> None:
        """Mark the object in the checkpoint; with an out file, its line there is the mark."""
        if self._out < 0:
            _write(self._journal, item_mark.encode() + b"\n", self.path)

    def commit(self, position: Position) -> None:
        """Replace the old position with the new one, and sync everything to disk."""
        if position != self.position or self._out_grew():
            try:
                self._save(position)
            except OSError as error:
                raise ProducerError(f"{self.path}: following cannot go on: {error.strerror}") from None

    def close(self) -> None:
        """Give files and locks back."""
        self._close_journal()
        self._closing.close()
        self._out = -1

    def _open(self) -> None:
        busy = f"{self.path}: another process follows with this checkpoint"
        self._closing.enter_context(locked(self.path.with_name(f".{self.path.name}.lock"), busy))
        loaded = _load(self.path, self._head, self._out_path) if self.path.exists() else None
        if loaded is None:
            if self._out_path is not None and self._out_path.exists() and self._out_path.stat().st_size:
                raise ConfigurationError(
                    f"{self._out_path} exists already, and {self.path} does not: objects could be in it twice. "
                    "Name another out file, or put the checkpoint back"
                )
            loaded = _LoadedCheckpoint(Position(), 0)
        marks = set(loaded.position.marks)
        # a checkpoint exists before anything is written to the out file: it says which part of the file to read again
        self._out_bytes = loaded.out_bytes
        if self._out_path is not None:
            self._out_bytes = self._open_out(loaded, marks)
        self._save(Position(loaded.position.after, frozenset(marks)))

    def _open_out(self, loaded: _LoadedCheckpoint, marks: set[str]) -> int:
        """Open the out file after its last complete line; add the marks of the objects after the counted length to `marks`."""
        path = self._out_path or self.path
        size = path.stat().st_size if path.exists() else 0
        length = loaded.out_bytes if size else 0  # an out file that was moved away starts again
        if size < length:
            raise ConfigurationError(
                f"{path} is shorter than {self.path} says: something else has changed it. Put it back, or start again "
                "with another out file and checkpoint"
            )
        if not self.path.exists():
            self._out_bytes = 0
            self._write_checkpoint(Position())
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._closing.callback(os.close, descriptor)
        with os.fdopen(os.dup(descriptor), "rb") as file:
            file.seek(length)
            for text in iter(lambda: file.readline(_LINE_BYTES), b""):
                item = _item(text)
                if item is None:
                    break
                marks.add(mark(item))
                length += len(text)
        os.ftruncate(descriptor, length)
        sync_folder(path.parent)
        self._out = descriptor
        return length

    def _out_grew(self) -> bool:
        return self._out >= 0 and os.fstat(self._out).st_size != self._out_bytes

    def _save(self, position: Position) -> None:
        if self._out >= 0:
            os.fsync(self._out)
            self._out_bytes = os.fstat(self._out).st_size
        self._close_journal()  # some systems cannot replace an open file
        self._write_checkpoint(position)
        self.position = position
        if self._out < 0:
            self._journal = os.open(self.path, os.O_WRONLY | os.O_APPEND)

    def _close_journal(self) -> None:
        journal, self._journal = self._journal, -1
        if journal >= 0:
            os.close(journal)

    def _write_checkpoint(self, position: Position) -> None:
        head = {**self._head, "added_after": position.after}
        if self._out_path is not None:
            head["out"] = {"file": self._out_path.name, "bytes": self._out_bytes}
        text = json.dumps(head) + "\n" + "".join(f"{mark}\n" for mark in sorted(position.marks))
        write_atomically(self.path, text.encode())


@dataclass(frozen=True, slots=True)
class _LoadedCheckpoint:
    position: Position
    out_bytes: int


def line(item: StixDict) -> bytes:
    """An object as a line of JSON in UTF-8, JSON-equal to what the hub sent."""
    text = json.dumps(item, ensure_ascii=False, separators=(",", ":")) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can write it, UTF-8 cannot
        return (json.dumps(item, separators=(",", ":")) + "\n").encode()


def _load(path: Path, head: Mapping[str, Any], out: Path | None) -> _LoadedCheckpoint:
    damaged = ConfigurationError(f"{path}: this is no checkpoint, or a damaged one: start again with another file")
    try:
        head_line, *mark_lines = path.read_text("ascii").split("\n")
        values = json.loads(head_line)
        after, out_name = values["added_after"], values.get("out")
        form, collection, asked = values["form"], values["collection"], values["asked"]
    except (ValueError, LookupError, TypeError, AttributeError):
        raise damaged from None
    if form != _FORM or not isinstance(after, str | None):
        raise damaged
    if collection != head["collection"] or asked != head["asked"]:
        raise ConfigurationError(
            f"{path}: this checkpoint belongs to another collection, or was begun with other filters: name another file"
        )
    name = out.name if out is not None else None
    if out_name is not None and out_name["file"] != name:
        raise ConfigurationError(
            f"{path}: this checkpoint belongs to the out file {out_name['file']!r}: name that one, too"
        )
    if out_name is None and out is not None:
        raise ConfigurationError(f"{path}: this checkpoint was begun without an out file: name another checkpoint")
    # a kill may have cut the last line; its object comes again
    return _LoadedCheckpoint(
        Position(after, frozenset(_marks(mark_lines[:-1]))), out_name["bytes"] if out_name is not None else 0
    )


def _marks(lines: Iterable[str]) -> Iterable[str]:
    return (line for line in lines if _MARK.fullmatch(line))


def _item(text: bytes) -> StixDict | None:
    if not text.endswith(b"\n"):
        return None
    try:
        item = json.loads(text)
    except ValueError:
        return None
    return item if isinstance(item, dict) else None


def _write(descriptor: int, text: bytes, path: Path) -> None:
    """Write the whole text without any buffer, so that a kill loses nothing."""
    remaining = memoryview(text)
    try:
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
    except OSError as error:
        raise ProducerError(f"{path}: following cannot go on: {error.strerror}") from None
