"""How the SQLite store keeps a record's references: as text in its row, and as rows of `mention`, an index of the named ids.

The text serves to add and remove the `mention` rows without reading the body.
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
WITHDRAWN: Final = 3  # added to the kind if the newest version of the naming object is a revocation

INSERT_MENTION: Final = "INSERT INTO mention (name, kind, publisher, level, key) VALUES (?, ?, ?, ?, ?)"
_DELETE_MENTION: Final = "DELETE FROM mention WHERE name = ? AND kind = ? AND publisher = ? AND level = ? AND key = ?"
_REFERENCES_OF_RECORD: Final = "SELECT governing, withdrawn, publishers, refs FROM record WHERE key = ?"
_NONE: Final = References()

_Row = tuple[str, int, str, int, int]


def refs_text(refs: References) -> str:
    """The references as text for a row."""
    if refs == _NONE:
        return ""
    return orjson.dumps([refs.named_ids, refs.contained_ids, refs.described_id]).decode()


def refs_of(text: str) -> References:
    """The references in a text of `refs_text`."""
    if not text:
        return _NONE
    names, contains, describes = orjson.loads(text)
    return References(tuple(names), tuple(contains), describes)


def references_by_kind(refs: References) -> Iterator[tuple[int, str]]:
    """(kind, id) of each reference; a contained or described id does not count as named, too."""
    other_ids = {*refs.contained_ids, refs.described_id}
    yield from ((NAMED, name) for name in refs.named_ids if name not in other_ids)
    yield from ((CONTAINED, name) for name in refs.contained_ids)
    if refs.described_id:
        yield DESCRIBED, refs.described_id


def make_mention_rows(refs: References, publisher: str, standing: Standing, key: int) -> list[_Row]:
    """The rows of `mention` for one publisher of a record."""
    shift = WITHDRAWN * standing.withdrawn
    return [(name, kind + shift, publisher, standing.governing, key) for kind, name in references_by_kind(refs)]


def add_mentions(connection: apsw.Connection, key: int) -> None:
    """Add the rows of `mention` for a record, by its own row."""
    if mention_rows := _rows_of(connection, key):
        connection.executemany(INSERT_MENTION, mention_rows)


def remove_mentions(connection: apsw.Connection, key: int) -> None:
    """Remove the rows of `mention` for a record; call it before its own row changes."""
    if mention_rows := _rows_of(connection, key):
        connection.executemany(_DELETE_MENTION, mention_rows)


def _rows_of(connection: apsw.Connection, key: int) -> list[_Row]:
    value: Any = connection.execute(_REFERENCES_OF_RECORD, (key,)).get
    if value is None or not value[3]:
        return []
    governing, withdrawn, publishers, text = value
    standing, refs = Standing(governing, newest=True, preceding_level=0, withdrawn=bool(withdrawn)), refs_of(text)
    return [row for publisher in publishers.split("\n") for row in make_mention_rows(refs, publisher, standing, key)]
