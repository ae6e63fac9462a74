"""Facts in the SQLite file; each function runs inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import apsw

from hub.store.records import Fact, add_numbers
from hub.store.sqlite.files import rows

_WRITE: Final = "INSERT OR REPLACE INTO fact (kind, key, value) VALUES (?, ?, ?)"
_AFTER: Final = (
    "SELECT number, key, value FROM fact INDEXED BY fact_by_number WHERE kind = ?1 AND number > ?2 "
    "AND substr(key, 1, ?4) = ?3 ORDER BY number"
)


def put_facts(connection: apsw.Connection, kind: str, facts: Mapping[str, bytes], drop: Iterable[str]) -> None:
    """See `Store.put_facts`."""
    connection.executemany("DELETE FROM fact WHERE kind = ? AND key = ?", [(kind, key) for key in drop])
    connection.executemany(_WRITE, [(kind, key, value) for key, value in facts.items()])


def add_to_facts(connection: apsw.Connection, kind: str, numbers: Mapping[str, Sequence[int]]) -> None:
    """See `Store.add_to_facts`."""
    for key, added_numbers in numbers.items():
        found_rows = rows(connection, "SELECT number, key, value FROM fact WHERE kind = ? AND key = ?", kind, key)
        connection.execute(
            _WRITE, (kind, key, add_numbers(Fact(*found_rows[0]) if found_rows else None, added_numbers))
        )


def read_facts(connection: apsw.Connection, kind: str, prefix: str, since: int) -> tuple[Fact, ...]:
    """See `Store.facts`."""
    return tuple(Fact(*row) for row in rows(connection, _AFTER, kind, since, prefix, len(prefix)))
