"""Changing the SQLite store: each function runs inside the write lock and one transaction, see `files`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

import apsw

from hub.errors import UnprocessableError
from hub.stix.references import References
from hub.store import deletion, hidden, histories, line, trail
from hub.store.base import Deletion
from hub.store.batch import Appended, Batch
from hub.store.chain import GONE
from hub.store.records import HeldVersion, Record, RecordLevel
from hub.store.sqlite import trail as sqlite_trail
from hub.store.sqlite.files import rows
from hub.store.sqlite.lookups import history_of, look_up
from hub.store.sqlite.mentions import INSERT_MENTION, mention, mention_rows, refs_text, unmention
from hub.store.sqlite.pages import LAST_PLACE, LEVELS, PLACE_BITS, key_of, keys_of_object, place_of
from hub.store.sqlite.values import move_values, remove_values
from hub.taxii.filters import VersionMatch

_RESTORED_AT_ONCE: Final = 1_000  # records in memory during a restore

_HELD_KEYS: Final = "SELECT key, publishers FROM record WHERE key IN (SELECT value FROM json_each(?1)) ORDER BY version"
_INSERT: Final = (
    "INSERT INTO record (key, collection, governing, newest, preceded, withdrawn, level, source, reached, id, type, "
    "version, version_text, owner, publishers, revoked, accepted_at, digest, refs) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_BODY: Final = "INSERT INTO body (key, body) VALUES (?, ?)"
_VERSIONS: Final = (
    "SELECT key, level, revoked, publishers, source, reached, governing, newest, preceded, withdrawn "
    "FROM record INDEXED BY record_by_id WHERE id = ?1 AND collection = ?2 ORDER BY version"
)
_COUNT: Final = (
    "UPDATE collection SET held_0 = held_0 + ?, held_1 = held_1 + ?, held_2 = held_2 + ?, held_3 = held_3 + ?, "
    "held_4 = held_4 + ? WHERE number = ?"
)
_CHANGE: Final = (
    "UPDATE record SET level = ?, source = ?, reached = ?, governing = ?, newest = ?, preceded = ?, withdrawn = ? "
    "WHERE key = ?"
)


def number_of(connection: apsw.Connection, collection: str) -> int | None:
    """The number that stands for the collection in keys; None where it never held anything."""
    number = connection.execute("SELECT number FROM collection WHERE name = ?", (collection,)).get
    return number if isinstance(number, int) else None


def head_of(connection: apsw.Connection, collection: str) -> int:
    """The last place ever given out."""
    head = connection.execute("SELECT head FROM collection WHERE name = ?", (collection,)).get
    return head if isinstance(head, int) else 0


def counts_of(connection: apsw.Connection, number: int) -> tuple[int, ...]:
    """How many records are shown at each level."""
    return rows(connection, "SELECT held_0, held_1, held_2, held_3, held_4 FROM collection WHERE number = ?", number)[0]


def append(connection: apsw.Connection, batch: Batch, now: int) -> Appended:
    """(1) What is held already is looked up, (2) the batch is decided, and (3) all that follows is written."""
    # (1)
    known = look_up(connection, batch)
    # (2)
    settled = line.settle(batch, known, head_of(connection, batch.collection), now)
    # (3)
    write(connection, batch, settled)
    status = b""
    if batch.status_id is not None:
        status = batch.describe(settled.outcomes)
        connection.execute(
            "INSERT INTO status (id, collection, account, publisher, kept_at, body) VALUES (?, ?, ?, ?, ?, ?)",
            (batch.status_id, batch.collection, batch.account, batch.publisher, now, status),
        )
    trail_key = sqlite_trail.key_of(connection)
    seals = trail.seals_of(trail_key, (new.record for new in settled.new))
    if touched := settled.changes.keys() | settled.joined:
        seals |= sqlite_trail.seals_now(connection, trail_key, batch.collection, touched)
    if seals or batch.status_id is not None:  # else the hub itself added nothing
        act = trail.append_act(batch, settled.outcomes, settled.head if settled.new else None, seals)
        sqlite_trail.add(connection, [act], now, trail_key)
    return Appended(settled.outcomes, status)


def write(connection: apsw.Connection, batch: Batch, settled: line.Settled) -> None:
    """Write what a batch does to the records of its collection."""
    if settled.new:
        number = _raise_head(connection, batch.collection, settled.head)
        _insert(connection, number, settled.new)
    for key, change in settled.changes.items():
        _change(connection, key, change)
    for key in settled.joined:
        join(connection, key, batch.publisher)


def set_levels(connection: apsw.Connection, collection: str, levels: Sequence[RecordLevel], now: int) -> None:
    """Give records these levels, and all versions of their ids the standing that follows."""
    number = number_of(connection, collection)
    if number is None:
        return
    connection.executemany(
        "UPDATE record SET level = ?, source = ? WHERE key = ? AND id = ?",
        [(change.level, change.source, key_of(number, change.place), change.id) for change in levels],
    )
    for object_id in dict.fromkeys(change.id for change in levels):
        _stand(connection, number, object_id)
    keys = [key_of(number, change.place) for change in levels]
    seals = sqlite_trail.seals_now(connection, sqlite_trail.key_of(connection), collection, keys)
    sqlite_trail.add(connection, [trail.change_act(collection, None, seals)], now)


def decide(connection: apsw.Connection, collection: str, object_id: str, level: int | None, now: int) -> int:
    """Give the hidden records of the id this level, or remove them; how many there were."""
    number = number_of(connection, collection)
    if number is None:
        return 0
    records = history_of(connection, number, collection, object_id)
    decided = hidden.decide(records, level, head_of(connection, collection), now)
    seals = _stand_anew(connection, number, collection, decided)
    if decided.count:
        head = decided.head if decided.new else None
        sqlite_trail.add(connection, [trail.change_act(collection, head, seals)], now)
    return decided.count


def _stand_anew(connection: apsw.Connection, number: int, collection: str, decided: hidden.Decided) -> dict[int, bytes]:
    """Write what `hidden` says of the versions of an object; the seals of all that it touched."""
    for place, change in decided.changes.items():
        _change(connection, key_of(number, place), change)
    _remove(connection, number, [key_of(number, place) for place in decided.gone])
    if decided.new:
        _insert(connection, _raise_head(connection, collection, decided.head), decided.new)
    trail_key = sqlite_trail.key_of(connection)
    return {
        **dict.fromkeys(decided.gone, GONE),
        **trail.seals_of(trail_key, (new.record for new in decided.new)),
        **sqlite_trail.seals_now(
            connection, trail_key, collection, [key_of(number, place) for place in decided.changes]
        ),
    }


def delete(  # noqa: PLR0913 - what Store.delete is asked, and where
    connection: apsw.Connection,
    collection: str,
    object_id: str,
    *,
    publisher: str,
    clearance: int,
    versions: VersionMatch,
    account: str,
    now: int,
) -> Deletion:
    """Take the publisher's part out of the records asked for, and tell the versions left who their neighbours are."""
    number = number_of(connection, collection)
    if number is None:
        return Deletion.MISSING
    keys = keys_of_object(connection, number, object_id, clearance, versions)
    asked = [_held_by(key, publishers) for key, publishers in rows(connection, _HELD_KEYS, json.dumps(keys))]
    withdrawn = deletion.withdraw(asked, publisher)
    for key, publishers in withdrawn.left.items():
        unmention(connection, key)
        connection.execute("UPDATE record SET publishers = ? WHERE key = ?", ("\n".join(publishers), key))
        mention(connection, key)
    seals: dict[int, bytes] = {}
    head = None
    if withdrawn.gone:
        gone = [place_of(key) for key in withdrawn.gone]
        records = history_of(connection, number, collection, object_id)
        decided = hidden.take_out(records, gone, head_of(connection, collection), now)
        seals = _stand_anew(connection, number, collection, decided)
        head = decided.head if decided.new else None
    if withdrawn.left or withdrawn.gone:
        trail_key = sqlite_trail.key_of(connection)
        left = [key for key in withdrawn.left if place_of(key) not in seals]
        seals |= sqlite_trail.seals_now(connection, trail_key, collection, left)
        act = trail.delete_act(
            trail_key, collection, object_id, account=account, member=publisher, seals=seals, head=head
        )
        sqlite_trail.add(connection, [act], now)
    return withdrawn.verdict


def purge(connection: apsw.Connection, collection: str, object_id: str, now: int) -> int:
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
    seals = {place_of(key): GONE for key in keys}
    act = trail.purge_act(sqlite_trail.key_of(connection), collection, object_id, seals)
    sqlite_trail.add(connection, [act], now)
    return len(keys)


def restore(connection: apsw.Connection, collection: str, head: int, records: Iterable[Record], now: int) -> int:
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
            f"the collection {collection} contains objects: records are restored only into an empty one"
        )
    head_held = head_of(connection, collection)
    if head_held > head:
        raise UnprocessableError(
            f"the collection {collection} has given places out up to {head_held}, beyond those of this export ({head}): "
            "restore into a new store"
        )
    if not 0 <= head <= LAST_PLACE:
        raise UnprocessableError(f"{head} is no place in line: the export is damaged")
    number = _raise_head(connection, collection, head)
    connection.execute("UPDATE collection SET valued = 0 WHERE number = ?", (number,))
    # (2) the records, as if each were alone
    trail_key = sqlite_trail.key_of(connection)
    sqlite_trail.add(connection, [trail.restore_act(collection, head)], now)
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
            _insert(connection, number, [line.alone(record) for record in some])
        except apsw.ConstraintError:
            raise UnprocessableError(
                f"a version of an object between {some[0].id} and {some[-1].id} is there twice: the export is damaged"
            ) from None
        put += len(some)
        seals = trail.seals_of(trail_key, (replace(record, collection=collection) for record in some))
        sqlite_trail.add(connection, [trail.restore_act(collection, max(head, last), seals)], now)
    if last > head:
        _raise_head(connection, collection, last)
    # (3) versions of one object learn of one another
    several = "SELECT id FROM record INDEXED BY record_by_id WHERE collection = ? GROUP BY id HAVING count(*) > 1"
    for (object_id,) in rows(connection, several, number):
        _stand(connection, number, object_id)
    return put


def _held_by(key: int, publishers: str) -> HeldVersion:
    """All that `deletion.withdraw` looks at."""
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
    named: list[tuple[str, int, str, int, int]] = []
    for new_record in new:
        record, standing = new_record.record, new_record.standing
        key = key_of(number, record.place)
        refs = ""
        if record.names or record.contains or record.describes:
            references = References(record.names, record.contains, record.describes)
            refs = refs_text(references)
            for publisher in record.publishers:
                named += mention_rows(references, publisher, standing, key)
        records.append(
            (
                key,
                number,
                standing.governing,
                standing.newest,
                standing.preceded,
                standing.withdrawn,
                record.level,
                record.source,
                record.reached,
                record.id,
                record.type,
                record.version,
                record.version_text,
                record.owner,
                "\n".join(record.publishers),
                record.revoked,
                record.accepted_at,
                record.digest,
                refs,
            )
        )
        bodies.append((key, record.body))
    connection.executemany(_INSERT, records)
    connection.executemany(_INSERT_BODY, bodies)
    if named:
        connection.executemany(INSERT_MENTION, named)
    _count(connection, number, [record.standing.governing for record in new], +1)


def _remove(connection: apsw.Connection, number: int, keys: Sequence[int]) -> None:
    levels: list[int] = []
    for key in keys:
        unmention(connection, key)
        remove_values(connection, key)
        connection.execute("DELETE FROM body WHERE key = ?", (key,))
        gone = rows(connection, "DELETE FROM record WHERE key = ? RETURNING governing", key)
        levels += [level for (level,) in gone]
    _count(connection, number, levels, -1)


def _count(connection: apsw.Connection, number: int, levels: Sequence[int], change: int) -> None:
    """Note that records of these governing levels came (+1) or went (-1); what is hidden is not counted."""
    connection.execute(_COUNT, (*(change * levels.count(level) for level in LEVELS), number))


def _change(connection: apsw.Connection, key: int, change: histories.RowChange) -> None:
    """Write what a held record is from now on."""
    standing = change.standing
    before = connection.execute("SELECT governing FROM record WHERE key = ?", (key,)).get
    unmention(connection, key)
    connection.execute(
        _CHANGE,
        (
            change.level,
            change.source,
            change.reached,
            standing.governing,
            standing.newest,
            standing.preceded,
            standing.withdrawn,
            key,
        ),
    )
    mention(connection, key)
    assert isinstance(before, int)
    if before != standing.governing:
        move_values(connection, key, before, standing.governing)
        number = key >> PLACE_BITS
        _count(connection, number, [before], -1)
        _count(connection, number, [standing.governing], +1)


def join(connection: apsw.Connection, key: int, publisher: str) -> None:
    """Note that one more member published just this."""
    unmention(connection, key)
    connection.execute("UPDATE record SET publishers = publishers || char(10) || ? WHERE key = ?", (publisher, key))
    mention(connection, key)


def _stand(connection: apsw.Connection, number: int, object_id: str) -> None:
    """Set where each version of one id stands, after some came or went."""
    versions = rows(connection, _VERSIONS, object_id, number)
    standings = histories.standings(
        [histories.Version(level, bool(revoked), names.split("\n")) for _, level, revoked, names, *_ in versions]
    )
    for (key, level, _, _, source, reached, *before), standing in zip(versions, standings, strict=True):
        if tuple(before) != (standing.governing, standing.newest, standing.preceded, standing.withdrawn):
            _change(connection, key, histories.RowChange(level, source, min(reached, standing.governing), standing))
