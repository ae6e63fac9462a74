"""The audit trail in the SQLite file; each function runs inside the transaction of the change that it records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import apsw

from hub.store import chain, trail
from hub.store.chain import Act, TrailEntry, TrailHead
from hub.store.records import AccountRow
from hub.store.sqlite.files import rows
from hub.store.sqlite.lookups import records_at, records_of

_INSERT: Final = "INSERT INTO trail (number, text, seals, digest, link) VALUES (?, ?, ?, ?, ?)"


def begin(connection: apsw.Connection, accounts: Iterable[AccountRow], now: int) -> None:
    """Write the first entries, for the records and accounts that the store already has, unless there are entries."""
    if head_of(connection).size:
        return
    key = key_of(connection)
    add(connection, [Act(trail.BEGUN)], now)
    for number, name, head in rows(connection, "SELECT number, name, head FROM collection ORDER BY number"):
        add(connection, trail.adopt_acts(key, name, head, records_of(connection, number, name)), now)
    add(connection, [trail.account_act(key, row) for row in accounts], now)


def key_of(connection: apsw.Connection) -> bytes:
    """The key of seals and salts, which is made with the tables and never changes."""
    key = connection.execute("SELECT key FROM trail_key").get
    assert isinstance(key, bytes)
    return key


def head_of(connection: apsw.Connection) -> TrailHead:
    """The current end of the trail."""
    last: Any = connection.execute("SELECT number, link FROM trail ORDER BY number DESC LIMIT 1").get
    return TrailHead() if last is None else TrailHead(*last)


def add(connection: apsw.Connection, acts: Iterable[Act], now: int, key: bytes | None = None) -> None:
    """Write entries for these acts; `key` is the key of the seals, if the caller has read it already."""
    key = key or key_of(connection)
    for act in acts:  # one by one, since all acts of a large store may not fit into memory
        for entry in chain.make_entries([act], head_of(connection), key=key, now=now):
            connection.execute(_INSERT, (entry.number, entry.text, entry.seals, entry.digest, entry.link))


def entries(connection: apsw.Connection, after: int, limit: int) -> Sequence[TrailEntry]:
    """The entries after that number."""
    entries = rows(
        connection, "SELECT number, text, seals, digest, link FROM trail WHERE number > ? LIMIT ?", after, limit
    )
    return [TrailEntry(*row) for row in entries]


def texts(connection: apsw.Connection, before: int, limit: int) -> list[tuple[int, bytes]]:
    """Number and text of the entries before that number, the newest first."""
    return rows(
        connection, "SELECT number, text FROM trail WHERE number < ? ORDER BY number DESC LIMIT ?", before, limit
    )


def digests(connection: apsw.Connection, after: int, limit: int) -> list[bytes]:
    """The digests of the entries after that number."""
    digests = rows(connection, "SELECT digest FROM trail WHERE number > ? ORDER BY number LIMIT ?", after, limit)
    return [digest for (digest,) in digests]


def seals_now(connection: apsw.Connection, key: bytes, collection: str, keys: Iterable[int]) -> Mapping[int, bytes]:
    """The current seals, by place, of the records with these keys of the store."""
    return trail.seals_of(key, records_at(connection, collection, json.dumps(list(keys))))
