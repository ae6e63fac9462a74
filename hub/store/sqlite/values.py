"""How the SQLite store finds objects by the values in them.

Rows of `value` (see `migrations`) take a writer a third of the time of all else that it writes, so they are made later, in
place order, and `collection.valued` says how far that has come. What stands after it is compared by its body
(`holds_mark`). Both are in the same file, and what is raised or removed takes its rows along in the same transaction.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

import apsw

from hub.stix.values import marks_in
from hub.store.base import COMPARED_MOST

_MOVE: Final = "UPDATE OR IGNORE value SET governing = ? WHERE mark = ? AND governing = ? AND key = ?"
# The records without rows that are at some levels (?5, a JSON list), as many as ?7: no row of another level is read, so
# neither their number nor the time tells of those.
UNVALUED: Final = (
    "SELECT w.key FROM json_each(?5) AS g CROSS JOIN json_each('[0,1,2,3,4,5]') AS p "
    "CROSS JOIN record AS w INDEXED BY record_by_level ON w.collection = ?1 AND w.governing = g.value "
    "AND w.preceded = p.value AND w.key > max(?2, (SELECT ?1 << 48 | valued FROM collection WHERE number = ?1)) LIMIT ?7"
)
_DELETE: Final = "DELETE FROM value WHERE mark = ? AND governing = ? AND key = ?"
_INSERT: Final = "INSERT OR IGNORE INTO value (mark, governing, key) VALUES (?, ?, ?)"
_OF_RECORD: Final = "SELECT b.body, r.governing, r.key FROM record AS r JOIN body AS b ON b.key = r.key WHERE r.key = ?"
_NEXT: Final = "SELECT key, body FROM body WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
_GOVERNING: Final = "SELECT key, governing FROM record WHERE key > ? AND key <= ?"
_WAITING: Final = f"SELECT count(*) FROM ({UNVALUED})"  # noqa: S608 - one of the statements of this module
_VALUED: Final = "UPDATE collection SET valued = ? WHERE number = ? AND valued = ?"


def value_rows(body: bytes, governing: int, key: int) -> list[tuple[int, int, int]]:
    """The rows of one record."""
    return [(mark, governing, key) for mark in marks_in(body)]


def remove_values(connection: apsw.Connection, key: int) -> None:
    """Remove the rows of a record, while its body is still there."""
    value: Any = connection.execute(_OF_RECORD, (key,)).get
    if value is not None:
        connection.executemany(_DELETE, value_rows(*value))


def move_values(connection: apsw.Connection, key: int, before: int, governing: int) -> None:
    """Give the rows of a record the governing level that it has from now on."""
    body: Any = connection.execute("SELECT body FROM body WHERE key = ?", (key,)).get
    connection.executemany(_MOVE, [(governing, *row) for row in value_rows(body, before, key)])


def next_values(connection: apsw.Connection, number: int, valued: int, limit: int) -> dict[int, tuple[int, ...]]:
    """The marks of the next records, by key. Read before the writers' turn, which `put_values` needs."""
    bodies: Any = connection.execute(_NEXT, (_key(number, valued), _key(number + 1, 0), limit))
    return {key: marks_in(body) for key, body in bodies}


def put_values(connection: apsw.Connection, number: int, valued: int, marks: dict[int, tuple[int, ...]]) -> None:
    """Write the rows of those records as they stand now; nothing where another process did it meanwhile."""
    last = max(marks)
    connection.execute(_VALUED, (last - _key(number, 0), number, valued))
    if connection.changes():
        governing: Any = connection.execute(_GOVERNING, (min(marks) - 1, last)).fetchall()
        # neighbours in the index are written together
        rows = sorted((mark, level, key) for key, level in governing for mark in marks.get(key, ()))
        connection.executemany(_INSERT, rows)


def valued_of(connection: apsw.Connection, number: int) -> int:
    """The place up to which records have rows."""
    valued = connection.execute("SELECT valued FROM collection WHERE number = ?", (number,)).get
    assert isinstance(valued, int)
    return valued


def waiting(connection: apsw.Connection, number: int, valued: int, clearance: int) -> int:
    """How many records of these levels have no rows yet, as far as they are counted."""
    levels = json.dumps(list(range(clearance + 1)))
    values = (number, _key(number, valued), None, None, levels, None, COMPARED_MOST + 1)
    count = connection.execute(_WAITING, values).get
    assert isinstance(count, int)
    return count


def holds_mark(body: bytes, wanted: str) -> bool:
    """For SQL: whether the object holds a value with one of these marks, a JSON list."""
    return not _wanted(wanted).isdisjoint(marks_in(body))


@lru_cache(maxsize=8)
def _wanted(text: str) -> frozenset[int]:
    return frozenset(json.loads(text))


def _key(number: int, place: int) -> int:
    return number << 48 | place  # as `pages.key_of`, which needs this module
