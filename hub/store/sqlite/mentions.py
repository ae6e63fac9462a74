"""How the SQLite store keeps what a record refers to: as text in its row, and as rows of `mention`, the way back.

The text is what `mention` rows are made of and removed by, without a look into the body.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import apsw
import orjson

from hub.stix.references import References
from hub.store.records import Standing

NAMED: Final = 0
CONTAINED: Final = 1
DESCRIBED: Final = 2
WITHDRAWN: Final = 3  # is added where the newest version of what names it is a revocation

INSERT_MENTION: Final = "INSERT INTO mention (name, kind, publisher, level, key) VALUES (?, ?, ?, ?, ?)"
_DELETE_MENTION: Final = "DELETE FROM mention WHERE name = ? AND kind = ? AND publisher = ? AND level = ? AND key = ?"
_OF_RECORD: Final = "SELECT governing, withdrawn, publishers, refs FROM record WHERE key = ?"
_NONE: Final = References()

_Row = tuple[str, int, str, int, int]


def refs_text(refs: References) -> str:
    """The references as a row keeps them."""
    if refs == _NONE:
        return ""
    return orjson.dumps([refs.names, refs.contains, refs.describes]).decode()


def refs_of(text: str) -> References:
    """What `refs_text` wrote."""
    if not text:
        return _NONE
    names, contains, describes = orjson.loads(text)
    return References(tuple(names), tuple(contains), describes)


def mentions(refs: References) -> Iterator[tuple[int, str]]:
    """(kind, id) of each reference; what is contained or described is not named a second time."""
    others = {*refs.contains, refs.describes}
    yield from ((NAMED, name) for name in refs.names if name not in others)
    yield from ((CONTAINED, name) for name in refs.contains)
    if refs.describes:
        yield DESCRIBED, refs.describes


def mention_rows(refs: References, publisher: str, standing: Standing, key: int) -> list[_Row]:
    """The rows of `mention` for one publisher of a record."""
    shift = WITHDRAWN * standing.withdrawn
    return [(name, kind + shift, publisher, standing.governing, key) for kind, name in mentions(refs)]


def mention(connection: apsw.Connection, key: int) -> None:
    """Add the rows of `mention` that belong to a record as it stands in its own row."""
    if held_rows := _rows_of(connection, key):
        connection.executemany(INSERT_MENTION, held_rows)


def unmention(connection: apsw.Connection, key: int) -> None:
    """Remove the rows of `mention` of a record; before its own row changes."""
    if held_rows := _rows_of(connection, key):
        connection.executemany(_DELETE_MENTION, held_rows)


def _rows_of(connection: apsw.Connection, key: int) -> list[_Row]:
    value: Any = connection.execute(_OF_RECORD, (key,)).get
    if value is None or not value[3]:
        return []
    governing, withdrawn, publishers, text = value
    standing, refs = Standing(governing, newest=True, preceded=0, withdrawn=bool(withdrawn)), refs_of(text)
    return [row for publisher in publishers.split("\n") for row in mention_rows(refs, publisher, standing, key)]
