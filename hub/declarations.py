"""Read the TOML files of collections/ and profiles/ as tables; each error names its file and its key.

This module only reads files. `hub.profile.rules` and `hub.sharing.catalogue` define what the tables mean.
A folder is a path, or a folder inside an installed package.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from hub.errors import ConfigurationError

Folder = Path | Traversable

HUB_FILE: Final = "hub.toml"
ROOT_FILE: Final = "root.toml"
MEMBERS_FILE: Final = "members.toml"
_MOST_SUBFOLDERS: Final = 4  # levels of folders inside an API root; the limit also ends a loop of links
_TEXT_CHARACTERS: Final = 4000  # in one value
_MOST_DOTS: Final = 500  # in one line


class Table:
    """One TOML table. Its methods return typed values by key, and `finish` reports each key that was never read."""

    def __init__(self, file: str, values: Mapping[str, Any], path: str = "") -> None:
        self.file = file
        self.path = path
        self._values = values
        self._read_keys: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not blank. Without a default, the key is required."""
        if default is not None and key not in self._values:
            self._read_keys.add(key)
            return default
        return self._text(key, self._take(key, None))

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts without duplicates."""
        value = self._take(key, default)
        if not isinstance(value, list | tuple):
            raise self.complaint(key, "should be a list of texts")
        texts = tuple(self._text(f"{key}[{index}]", item) for index, item in enumerate(value))
        if duplicate := next((text for text in texts if texts.count(text) > 1), None):
            raise self.complaint(key, f"{duplicate!r} appears twice")
        return texts

    def flag(self, key: str, default: bool | None = None) -> bool:
        """True or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.complaint(key, "should be true or false")
        return value

    def number(self, key: str, *, least: int, most: int, default: int | None = None) -> int:
        """A whole number within its bounds."""
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.complaint(key, f"should be a whole number from {least} to {most}")
        return value

    def value(self, key: str) -> Any:
        """The value as TOML has it."""
        return self._take(key, None)

    def table(self, key: str) -> Table:
        """A table inside this one."""
        value = self._take(key, None)
        if not isinstance(value, dict):
            raise self.complaint(key, f"should be a table: [{self._key_path(key)}]")
        return Table(self.file, value, self._key_path(key))

    def tables(self, key: str) -> tuple[Table, ...]:
        """A list of tables inside this one; empty if the key is missing."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.complaint(key, f"should be a list of tables: [[{self._key_path(key)}]]")
        return tuple(Table(self.file, item, f"{self._key_path(key)}[{index}]") for index, item in enumerate(value))

    def finish(self) -> None:
        """ConfigurationError if the table has a key that was never read, so that a misspelt key is reported."""
        for key in self._values:
            if key not in self._read_keys:
                known_keys = ", ".join(sorted(self._read_keys))
                raise self.complaint(key, f"there is no such key; known here are {known_keys}")

    def complaint(self, key: str, problem: str) -> ConfigurationError:
        """The error that names this file and that key."""
        return ConfigurationError(f"{self.file}: {self._key_path(key)}: {problem}")

    def _take(self, key: str, default: Any) -> Any:
        self._read_keys.add(key)
        value = self._values.get(key, default)
        if value is None:
            raise self.complaint(key, "is missing")
        return value

    def _text(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.complaint(key, "should be a text that is not blank")
        if len(value) > _TEXT_CHARACTERS:
            raise self.complaint(key, f"is longer than {_TEXT_CHARACTERS} characters")
        return value

    def _key_path(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


@dataclass(frozen=True, slots=True)
class DeclaredRoot:
    """One folder inside collections/: an API root."""

    name: str
    root: Table
    members: Table | None
    collections: tuple[Table, ...]  # in the order of their paths


@dataclass(frozen=True, slots=True)
class Declared:
    """The folder collections/ as tables."""

    hub: Table
    roots: tuple[DeclaredRoot, ...]  # in the order of their names


def read_collections(folder: Folder) -> Declared:
    """The tables of `hub.toml` and of each API root's folder. ConfigurationError names a file that cannot be used."""
    entries = _entries(folder, folder.name)
    if HUB_FILE not in entries:
        raise ConfigurationError(f"{folder.name}/{HUB_FILE}: there is no such file; it names the hub and its contact")
    roots: list[DeclaredRoot] = []
    for name, entry in entries.items():
        if entry.is_dir():
            roots.append(_read_root(entry, f"{folder.name}/{name}"))
        elif name.endswith(".toml") and name != HUB_FILE:
            raise ConfigurationError(
                f"{folder.name}/{name}: move this file into the folder of an API root, where collections are declared"
            )
    if not roots:
        raise ConfigurationError(f"{folder.name}: there is no folder in it, so there is no API root")
    return Declared(_read_table(entries[HUB_FILE], f"{folder.name}/{HUB_FILE}"), tuple(roots))


def read_profiles(folder: Folder) -> dict[str, Table]:
    """Profile name -> table, for each TOML file in the folder. The name is that of the file without `.toml`."""
    return {
        name.removesuffix(".toml"): _read_table(entry, f"{folder.name}/{name}")
        for name, entry in _entries(folder, folder.name).items()
        if entry.is_file() and name.endswith(".toml")
    }


def read_table(file: Folder) -> Table:
    """The table in a TOML file. ConfigurationError if it cannot be read."""
    return _read_table(file, str(file))


def parse_table(label: str, content: bytes) -> Table:
    """The table in these bytes, which errors call `label`. ConfigurationError if they are no TOML."""
    for number, line in enumerate(content.split(b"\n"), 1):
        # the time that tomllib takes for a key grows with the square of its parts
        if line.count(b".") > _MOST_DOTS:
            raise ConfigurationError(f"{label}: line {number} has over {_MOST_DOTS} dots: write it in several lines")
    try:
        return Table(label, tomllib.loads(content.decode("utf-8")))
    except ValueError as error:  # raised by tomllib, by the decoding, or for a number of thousands of digits
        raise ConfigurationError(f"{label}: not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigurationError(f"{label}: not valid TOML: it is nested too deeply") from None


def _read_root(folder: Folder, label: str) -> DeclaredRoot:
    files = dict(_toml_files(folder, label, _MOST_SUBFOLDERS))
    root = files.pop(f"{label}/{ROOT_FILE}", None)
    members = files.pop(f"{label}/{MEMBERS_FILE}", None)
    if root is None:
        raise ConfigurationError(f"{label}/{ROOT_FILE}: there is no such file; every API root has one")
    return DeclaredRoot(folder.name, root, members, tuple(files.values()))


def _toml_files(folder: Folder, label: str, depth: int) -> Iterator[tuple[str, Table]]:
    for name, entry in _entries(folder, label).items():
        if entry.is_dir():
            if depth == 0:
                raise ConfigurationError(
                    f"{label}/{name}: folders are nested too deeply; {_MOST_SUBFOLDERS} levels are enough"
                )
            yield from _toml_files(entry, f"{label}/{name}", depth - 1)
        elif name.endswith(".toml"):
            yield f"{label}/{name}", _read_table(entry, f"{label}/{name}")


def _entries(folder: Folder, label: str) -> dict[str, Folder]:
    """The entries of a folder, ordered by name, without hidden files and Python's caches."""
    try:
        entries = {entry.name: entry for entry in folder.iterdir()}
    except OSError as error:
        raise ConfigurationError(f"{label}: the folder cannot be read: {error.strerror}") from None
    return {name: entries[name] for name in sorted(entries) if not name.startswith((".", "__"))}


def _read_table(file: Folder, label: str) -> Table:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{label}: the file cannot be read: {error.strerror}") from None
    return parse_table(label, content)
