"""Changing the SQLite store: each function runs inside the write lock and one transaction, see `files`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any, Final

import apsw

from hub.errors import UnprocessableError
from hub.store import line, ownership
from hub.store.base import NO_LEVEL, Appended, Batch, Deletion, HeldVersion, Record
from hub.store.sqlite.files import rows
from hub.store.sqlite.pages import LAST_PLACE, LEVELS, key_of, keys_of_object, place_of
from hub.taxii.filters import VersionMatch

_RESTORED_AT_ONCE: Final = 1_000  # records in memory during a restore

_HELD: Final = (
    "SELECT c.name, r.id, r.version, r.level, r.owner, r.publishers, r.revoked, r.digest, r.key, "
    "r.superseded_level, r.preceded_level FROM record AS r INDEXED BY record_by_id "
    "JOIN collection AS c ON c.number = r.collection WHERE r.id IN (SELECT value FROM json_each(?1))"
)
_BODIES: Final = "SELECT key, body FROM body WHERE key IN (SELECT value FROM json_each(?1))"
_HELD_KEYS: Final = "SELECT key, publishers FROM record WHERE key IN (SELECT value FROM json_each(?1)) ORDER BY version"
_INSERT: Final = (
    "INSERT INTO record (key, collection, level, superseded_level, preceded_level, id, type, version, version_text, "
    "owner, publishers, revoked, accepted_at, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_BODY: Final = "INSERT INTO body (key, body) VALUES (?, ?)"
_VERSIONS: Final = (
    "SELECT key, level, superseded_level, preceded_level FROM record INDEXED BY record_by_id "
    "WHERE id = ?1 AND collection = ?2 ORDER BY version"
)
_COUNT: Final = (
    "UPDATE collection SET held_0 = held_0 + ?, held_1 = held_1 + ?, held_2 = held_2 + ?, held_3 = held_3 + ?, "
    "held_4 = held_4 + ? WHERE number = ?"
)
_SET_LEVELS: Final = "UPDATE record SET superseded_level = ?, preceded_level = ? WHERE key = ?"


def number_of(connection: apsw.Connection, collection: str) -> int | None:
    """The number that stands for the collection in keys; None where it never held anything."""
    number = connection.execute("SELECT number FROM collection WHERE name = ?", (collection,)).get
    return number if isinstance(number, int) else None


def head_of(connection: apsw.Connection, collection: str) -> int:
    """The last place ever given out."""
    head = connection.execute("SELECT head FROM collection WHERE name = ?", (collection,)).get
    return head if isinstance(head, int) else 0


def counts_of(connection: apsw.Connection, number: int, clearance: int) -> int:
    """How many records stand at or below the clearance."""
    held = rows(connection, "SELECT held_0, held_1, held_2, held_3, held_4 FROM collection WHERE number = ?", number)
    return sum(held[0][: clearance + 1])


def append(connection: apsw.Connection, batch: Batch, now: int) -> Appended:
    """(1) What is held already is looked up, (2) the batch is decided, and (3) all that follows is written."""
    # (1)
    held, levels = _held(connection, line.ids_to_look_up(batch))
    bodies = _bodies(connection, ownership.bodies_to_read(batch, held))
    # (2)
    settled = line.settle(batch, held, head_of(connection, batch.collection), now, bodies)
    # (3)
    if settled.new:
        number = _raise_head(connection, batch.collection, settled.head)
        _insert(connection, number, settled.new)
    for key in settled.superseded.keys() | settled.preceded.keys():
        superseded, preceded = levels[key]
        lower = (
            min(superseded, settled.superseded.get(key, NO_LEVEL)),
            min(preceded, settled.preceded.get(key, NO_LEVEL)),
        )
        if lower != (superseded, preceded):
            connection.execute(_SET_LEVELS, (*lower, key))
    for key in settled.joined:
        connection.execute(
            "UPDATE record SET publishers = publishers || char(10) || ? WHERE key = ?", (batch.publisher, key)
        )
    status = b""
    if batch.status_id is not None:
        status = batch.describe(settled.outcomes)
        connection.execute(
            "INSERT INTO status (id, collection, account, publisher, kept_at, body) VALUES (?, ?, ?, ?, ?, ?)",
            (batch.status_id, batch.collection, batch.account, batch.publisher, now, status),
        )
    return Appended(settled.outcomes, status)


def delete(  # noqa: PLR0913 - what Store.delete is asked, and where
    connection: apsw.Connection,
    collection: str,
    object_id: str,
    *,
    publisher: str,
    clearance: int,
    versions: VersionMatch,
) -> Deletion:
    """Take the publisher's part out of the records asked for, and tell the versions left who their neighbours are."""
    number = number_of(connection, collection)
    if number is None:
        return Deletion.MISSING
    keys = keys_of_object(connection, number, object_id, clearance, versions)
    asked = [_held_by(key, publishers) for key, publishers in rows(connection, _HELD_KEYS, json.dumps(keys))]
    withdrawn = line.withdraw(asked, publisher)
    for key, publishers in withdrawn.left.items():
        connection.execute("UPDATE record SET publishers = ? WHERE key = ?", ("\n".join(publishers), key))
    if withdrawn.gone:
        _remove(connection, number, withdrawn.gone)
        _relevel(connection, number, object_id)
    return withdrawn.verdict


def purge(connection: apsw.Connection, collection: str, object_id: str) -> int:
    """Remove every record of the id, and the id from the statuses; how many records went."""
    number = number_of(connection, collection)
    keys: list[int] = []
    if number is not None:
        keys = [key for key, *_ in rows(connection, _VERSIONS, object_id, number)]
        _remove(connection, number, keys)
    connection.execute(
        "UPDATE status SET body = CAST(replace(CAST(body AS TEXT), ?1, ?2) AS BLOB) "
        "WHERE instr(body, CAST(?1 AS BLOB)) > 0",
        (object_id, line.scrubbed(object_id)),
    )
    return len(keys)


def restore(connection: apsw.Connection, collection: str, head: int, records: Iterable[Record]) -> int:
    """Put records at their own places into an empty collection; how many."""
    # (1) nothing that a reader may have seen, or will page by, is contradicted (law L8)
    number = number_of(connection, collection)
    if (
        number is not None
        and connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM record WHERE key > ? AND key <= ? LIMIT 1)",
            (key_of(number, 0), key_of(number, LAST_PLACE)),
        ).get
    ):
        raise UnprocessableError(
            f"the collection {collection} holds objects: records are restored into an empty one only"
        )
    given = head_of(connection, collection)
    if given > head:
        raise UnprocessableError(
            f"the collection {collection} has given places out up to {given}, beyond those of this export ({head}): "
            "restore into a new store"
        )
    if not 0 <= head <= LAST_PLACE:
        raise UnprocessableError(f"{head} is no place in line: the export is damaged")
    number = _raise_head(connection, collection, head)
    # (2) the records, as if each were alone
    put, last = 0, 0
    remaining = iter(records)
    while some := list(islice(remaining, _RESTORED_AT_ONCE)):
        for record in some:
            if not last < record.place <= LAST_PLACE:
                raise UnprocessableError(
                    f"the record of {record.id} stands at place {record.place}, not beyond the one before it ({last}): "
                    "the export is damaged"
                )
            last = record.place
        try:
            _insert(connection, number, [line.NewRecord(record, NO_LEVEL, NO_LEVEL) for record in some])
        except apsw.ConstraintError:
            raise UnprocessableError(
                f"a version of an object between {some[0].id} and {some[-1].id} is there twice: the export is damaged"
            ) from None
        put += len(some)
    if last > head:
        _raise_head(connection, collection, last)
    # (3) versions of one object learn of one another
    several = "SELECT id FROM record INDEXED BY record_by_id WHERE collection = ? GROUP BY id HAVING count(*) > 1"
    for (object_id,) in rows(connection, several, number):
        _relevel(connection, number, object_id)
    return put


def _held(
    connection: apsw.Connection, ids: Iterable[str]
) -> tuple[dict[str, list[HeldVersion]], dict[int, tuple[int, int]]]:
    """Held versions by id, and by key the levels that stand in their rows now."""
    held: dict[str, list[HeldVersion]] = {}
    levels: dict[int, tuple[int, int]] = {}
    for row in connection.execute(_HELD, (json.dumps(list(ids)),)):
        collection, identifier, version, level, owner, publishers, revoked, digest, key, superseded, preceded = row
        held.setdefault(identifier, []).append(
            HeldVersion(
                collection=collection,
                id=identifier,
                version=version,
                level=level,
                owner=owner,
                publishers=tuple(publishers.split("\n")),
                revoked=bool(revoked),
                digest=digest,
                key=key,
                place=place_of(key),
            )
        )
        levels[key] = (superseded, preceded)
    return held, levels


def _bodies(connection: apsw.Connection, keys: Collection[Any]) -> dict[Any, bytes]:
    """The bodies of these records by their keys; mostly none is asked for."""
    return dict(rows(connection, _BODIES, json.dumps(list(keys)))) if keys else {}


def _held_by(key: int, publishers: str) -> HeldVersion:
    """All that `line.withdraw` looks at."""
    return HeldVersion(
        collection="",
        id="",
        version=0,
        level=0,
        owner="",
        publishers=tuple(publishers.split("\n")),
        revoked=False,
        digest=b"",
        key=key,
    )


def _raise_head(connection: apsw.Connection, collection: str, head: int) -> int:
    """Write the head, which never goes down, and return the collection's number."""
    number = connection.execute(
        "INSERT INTO collection (name, head) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET head = max(head, excluded.head) RETURNING number",
        (collection, head),
    ).get
    assert isinstance(number, int)
    return number


def _insert(connection: apsw.Connection, number: int, new: Sequence[line.NewRecord]) -> None:
    records: list[tuple[Any, ...]] = []
    bodies: list[tuple[int, bytes]] = []
    for one in new:
        record = one.record
        key = key_of(number, record.place)
        records.append(
            (
                key,
                number,
                record.level,
                one.superseded_level,
                one.preceded_level,
                record.id,
                record.type,
                record.version,
                record.version_text,
                record.owner,
                "\n".join(record.publishers),
                record.revoked,
                record.accepted_at,
                record.digest,
            )
        )
        bodies.append((key, record.body))
    connection.executemany(_INSERT, records)
    connection.executemany(_INSERT_BODY, bodies)
    _count(connection, number, [one.record.level for one in new], +1)


def _remove(connection: apsw.Connection, number: int, keys: Sequence[int]) -> None:
    levels: list[int] = []
    for key in keys:
        connection.execute("DELETE FROM body WHERE key = ?", (key,))
        levels += [level for (level,) in rows(connection, "DELETE FROM record WHERE key = ? RETURNING level", key)]
    _count(connection, number, levels, -1)


def _count(connection: apsw.Connection, number: int, levels: Sequence[int], change: int) -> None:
    """Note that records of these levels came (+1) or went (-1)."""
    connection.execute(_COUNT, (*(change * levels.count(level) for level in LEVELS), number))


def _relevel(connection: apsw.Connection, number: int, object_id: str) -> None:
    """Set anew what the versions of one id know of one another."""
    versions = rows(connection, _VERSIONS, object_id, number)
    neighbours = line.neighbour_levels([level for _, level, _, _ in versions])
    for (key, _, *before), levels in zip(versions, neighbours, strict=True):
        if tuple(before) != levels:
            connection.execute(_SET_LEVELS, (*levels, key))


def records_of(connection: apsw.Connection, collection: str) -> Iterable[Record]:
    """Every record of the collection in place order."""
    number = number_of(connection, collection)
    if number is None:
        return
    found = connection.execute(
        "SELECT r.key, r.id, r.type, r.version, r.version_text, r.level, r.owner, r.publishers, r.revoked, "
        "r.accepted_at, b.body, r.digest FROM record AS r CROSS JOIN body AS b ON b.key = r.key "
        "WHERE r.key > ? AND r.key <= ? ORDER BY r.key",
        (key_of(number, 0), key_of(number, LAST_PLACE)),
    )
    for key, identifier, kind, version, text, level, owner, publishers, revoked, accepted_at, body, digest in found:
        yield Record(
            collection=collection,
            place=place_of(key),
            id=identifier,
            type=kind,
            version=version,
            version_text=text,
            level=level,
            owner=owner,
            publishers=tuple(publishers.split("\n")),
            revoked=bool(revoked),
            accepted_at=accepted_at,
            body=body,
            digest=digest,
        )
