"""How the SQLite store finds objects by the values in them.

Writing rows of `value` (see `migrations`) with each object would cost a writer a third more time, so they are made later,
in place order, and `collection.valued` says up to which place. A lookup reads the bodies of later records (`holds_mark`).
Changing or removing a record changes its rows in the same transaction.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

import apsw

from hub.stix.values import marks_in
from hub.store.base import MOST_COMPARED

_MOVE: Final = "UPDATE OR IGNORE value SET governing = ? WHERE mark = ? AND governing = ? AND key = ?"
# Up to ?7 records without rows, of given levels (?5, a JSON list). No row of another level is read, so neither the number
# nor the time reveals anything about such records.
UNVALUED: Final = (
    "SELECT w.key FROM json_each(?5) AS g CROSS JOIN json_each('[0,1,2,3,4,5]') AS p "
    "CROSS JOIN record AS w INDEXED BY record_by_level ON w.collection = ?1 AND w.governing = g.value "
    "AND w.preceded = p.value AND w.key > max(?2, (SELECT ?1 << 48 | valued FROM collection WHERE number = ?1)) LIMIT ?7"
)
_DELETE: Final = "DELETE FROM value WHERE mark = ? AND governing = ? AND key = ?"
_INSERT: Final = "INSERT OR IGNORE INTO value (mark, governing, key) VALUES (?, ?, ?)"
_BODY_OF_RECORD: Final = (
    "SELECT b.body, r.governing, r.key FROM record AS r JOIN body AS b ON b.key = r.key WHERE r.key = ?"
)
_NEXT: Final = "SELECT key, body FROM body WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
_GOVERNING: Final = "SELECT key, governing FROM record WHERE key > ? AND key <= ?"
_COUNT_UNVALUED: Final = f"SELECT count(*) FROM ({UNVALUED})"  # noqa: S608 - one of the statements of this module
_VALUED: Final = "UPDATE collection SET valued = ? WHERE number = ? AND valued = ?"


def value_rows(body: bytes, governing: int, key: int) -> list[tuple[int, int, int]]:
    """The rows of one record."""
    return [(mark, governing, key) for mark in marks_in(body)]


def remove_values(connection: apsw.Connection, key: int) -> None:
    """Remove the rows of a record; call it before its body is removed."""
    value: Any = connection.execute(_BODY_OF_RECORD, (key,)).get
    if value is not None:
        connection.executemany(_DELETE, value_rows(*value))


def move_values(connection: apsw.Connection, key: int, old_governing: int, governing: int) -> None:
    """Give the rows of a record its new governing level."""
    body: Any = connection.execute("SELECT body FROM body WHERE key = ?", (key,)).get
    connection.executemany(_MOVE, [(governing, *row) for row in value_rows(body, old_governing, key)])


def next_values(connection: apsw.Connection, number: int, valued: int, limit: int) -> dict[int, tuple[int, ...]]:
    """The marks of the next records, by key. Needs no write lock, unlike `put_values`."""
    bodies: Any = connection.execute(_NEXT, (_key(number, valued), _key(number + 1, 0), limit))
    return {key: marks_in(body) for key, body in bodies}


def put_values(connection: apsw.Connection, number: int, valued: int, marks: dict[int, tuple[int, ...]]) -> None:
    """Write the rows of those records with their current levels, unless another process has done so meanwhile."""
    last = max(marks)
    connection.execute(_VALUED, (last - _key(number, 0), number, valued))
    if connection.changes():
        governing: Any = connection.execute(_GOVERNING, (min(marks) - 1, last)).fetchall()
        # sorted, so that neighbours in the index are written together
        rows = sorted((mark, level, key) for key, level in governing for mark in marks.get(key, ()))
        connection.executemany(_INSERT, rows)


def valued_place(connection: apsw.Connection, number: int) -> int:
    """The place up to which records have rows."""
    valued = connection.execute("SELECT valued FROM collection WHERE number = ?", (number,)).get
    assert isinstance(valued, int)
    return valued


def count_unvalued(connection: apsw.Connection, number: int, valued: int, clearance: int) -> int:
    """How many records at or below the clearance have no rows yet; counting stops just above MOST_COMPARED."""
    levels = json.dumps(list(range(clearance + 1)))
    values = (number, _key(number, valued), None, None, levels, None, MOST_COMPARED + 1)
    count = connection.execute(_COUNT_UNVALUED, values).get
    assert isinstance(count, int)
    return count


def holds_mark(body: bytes, marks: str) -> bool:
    """For SQL: whether the object contains a value with one of these marks, a JSON list."""
    return not _parse_marks(marks).isdisjoint(marks_in(body))


@lru_cache(maxsize=8)
def _parse_marks(text: str) -> frozenset[int]:
    return frozenset(json.loads(text))


def _key(number: int, place: int) -> int:
    return number << 48 | place  # as `pages.key_of`, which needs this module
