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
from hub.store.sqlite.mentions import INSERT_MENTION, add_mentions, make_mention_rows, refs_text, remove_mentions
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
    """The collection's number in keys; None if it never had a record."""
    number = connection.execute("SELECT number FROM collection WHERE name = ?", (collection,)).get
    return number if isinstance(number, int) else None


def head_of(connection: apsw.Connection, collection: str) -> int:
    """The last place ever given out in the collection."""
    head = connection.execute("SELECT head FROM collection WHERE name = ?", (collection,)).get
    return head if isinstance(head, int) else 0


def counts_of(connection: apsw.Connection, number: int) -> tuple[int, ...]:
    """The number of visible records of each governing level."""
    return rows(connection, "SELECT held_0, held_1, held_2, held_3, held_4 FROM collection WHERE number = ?", number)[0]


def append(connection: apsw.Connection, batch: Batch, now: int) -> Appended:
    """(1) Look up held records, (2) decide the batch, and (3) write its effect."""
    # (1)
    answers = look_up(connection, batch)
    # (2)
    effect = line.settle(batch, answers, head_of(connection, batch.collection), now)
    # (3)
    write(connection, batch, effect)
    status = b""
    if batch.status_id is not None:
        status = batch.describe(effect.outcomes)
        connection.execute(
            "INSERT INTO status (id, collection, account, publisher, kept_at, body) VALUES (?, ?, ?, ?, ?, ?)",
            (batch.status_id, batch.collection, batch.account, batch.publisher, now, status),
        )
    trail_key = sqlite_trail.key_of(connection)
    seals = trail.seals_of(trail_key, (new.record for new in effect.new_records))
    if touched_keys := effect.changes.keys() | effect.joined_keys:
        seals |= sqlite_trail.seals_now(connection, trail_key, batch.collection, touched_keys)
    if seals or batch.status_id is not None:  # otherwise the hub itself published, and added nothing
        act = trail.append_act(batch, effect.outcomes, effect.head if effect.new_records else None, seals)
        sqlite_trail.add(connection, [act], now, trail_key)
    return Appended(effect.outcomes, status)


def write(connection: apsw.Connection, batch: Batch, effect: line.BatchEffect) -> None:
    """Write the effect of a batch on the records of its collection."""
    if effect.new_records:
        number = _raise_head(connection, batch.collection, effect.head)
        _insert(connection, number, effect.new_records)
    for key, change in effect.changes.items():
        _change(connection, key, change)
    for key in effect.joined_keys:
        add_publisher(connection, key, batch.publisher)


def set_levels(connection: apsw.Connection, collection: str, levels: Sequence[RecordLevel], now: int) -> None:
    """Give records these levels, and update the standing of all versions of their ids."""
    number = number_of(connection, collection)
    if number is None:
        return
    connection.executemany(
        "UPDATE record SET level = ?, source = ? WHERE key = ? AND id = ?",
        [(change.level, change.source, key_of(number, change.place), change.id) for change in levels],
    )
    for object_id in dict.fromkeys(change.id for change in levels):
        _update_standings(connection, number, object_id)
    keys = [key_of(number, change.place) for change in levels]
    seals = sqlite_trail.seals_now(connection, sqlite_trail.key_of(connection), collection, keys)
    sqlite_trail.add(connection, [trail.change_act(collection, None, seals)], now)


def decide(connection: apsw.Connection, collection: str, object_id: str, level: int | None, now: int) -> int:
    """Give the hidden records of the id this level, or remove them; return their number."""
    number = number_of(connection, collection)
    if number is None:
        return 0
    records = history_of(connection, number, collection, object_id)
    effect = hidden.decide(records, level, head_of(connection, collection), now)
    seals = _write_line_effect(connection, number, collection, effect)
    if effect.hidden_count:
        head = effect.head if effect.new_records else None
        sqlite_trail.add(connection, [trail.change_act(collection, head, seals)], now)
    return effect.hidden_count


def _write_line_effect(
    connection: apsw.Connection, number: int, collection: str, effect: hidden.LineEffect
) -> dict[int, bytes]:
    """Write the effect on the versions of an object; return the seals of all touched records."""
    for place, change in effect.changes.items():
        _change(connection, key_of(number, place), change)
    _remove(connection, number, [key_of(number, place) for place in effect.removed_places])
    if effect.new_records:
        _insert(connection, _raise_head(connection, collection, effect.head), effect.new_records)
    trail_key = sqlite_trail.key_of(connection)
    changed_keys = [key_of(number, place) for place in effect.changes]
    return {
        **dict.fromkeys(effect.removed_places, GONE),
        **trail.seals_of(trail_key, (new.record for new in effect.new_records)),
        **sqlite_trail.seals_now(connection, trail_key, collection, changed_keys),
    }


def delete(  # noqa: PLR0913 - the arguments of Store.delete, and the connection
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
    """Remove the publisher from the matching records, and update the standing of the remaining versions."""
    number = number_of(connection, collection)
    if number is None:
        return Deletion.MISSING
    keys = keys_of_object(connection, number, object_id, clearance, versions)
    versions_to_delete = [
        _held_version(key, publishers) for key, publishers in rows(connection, _HELD_KEYS, json.dumps(keys))
    ]
    effect = deletion.remove_publisher(versions_to_delete, publisher)
    for key, publishers in effect.remaining_publishers.items():
        remove_mentions(connection, key)
        connection.execute("UPDATE record SET publishers = ? WHERE key = ?", ("\n".join(publishers), key))
        add_mentions(connection, key)
    seals: dict[int, bytes] = {}
    head = None
    if effect.removed_keys:
        places = [place_of(key) for key in effect.removed_keys]
        records = history_of(connection, number, collection, object_id)
        line_effect = hidden.remove_versions(records, places, head_of(connection, collection), now)
        seals = _write_line_effect(connection, number, collection, line_effect)
        head = line_effect.head if line_effect.new_records else None
    if effect.remaining_publishers or effect.removed_keys:
        trail_key = sqlite_trail.key_of(connection)
        unsealed_keys = [key for key in effect.remaining_publishers if place_of(key) not in seals]
        seals |= sqlite_trail.seals_now(connection, trail_key, collection, unsealed_keys)
        act = trail.delete_act(
            trail_key, collection, object_id, account=account, member=publisher, seals=seals, head=head
        )
        sqlite_trail.add(connection, [act], now)
    return effect.verdict


def purge(connection: apsw.Connection, collection: str, object_id: str, now: int) -> int:
    """Remove every record of the id, and the id from the statuses; return the number of removed records."""
    number = number_of(connection, collection)
    keys: list[int] = []
    if number is not None:
        keys = [key for key, *_ in rows(connection, _VERSIONS, object_id, number)]
        _remove(connection, number, keys)
    connection.execute(
        "UPDATE status SET body = CAST(replace(CAST(body AS TEXT), ?1, ?2) AS BLOB) "
        "WHERE instr(body, CAST(?1 AS BLOB)) > 0",
        (object_id, line.scrub_id(object_id)),
    )
    seals = {place_of(key): GONE for key in keys}
    act = trail.purge_act(sqlite_trail.key_of(connection), collection, object_id, seals)
    sqlite_trail.add(connection, [act], now)
    return len(keys)


def restore(connection: apsw.Connection, collection: str, head: int, records: Iterable[Record], now: int) -> int:
    """Put records at their own places into an empty collection; return their number."""
    # (1) refuse whatever would contradict places that a reader has seen or pages by (law L8)
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
    current_head = head_of(connection, collection)
    if current_head > head:
        raise UnprocessableError(
            f"the collection {collection} has given places out up to {current_head}, beyond those of this export ({head}): "
            "restore into a new store"
        )
    if not 0 <= head <= LAST_PLACE:
        raise UnprocessableError(f"{head} is no place in line: the export is damaged")
    number = _raise_head(connection, collection, head)
    connection.execute("UPDATE collection SET valued = 0 WHERE number = ?", (number,))
    # (2) insert each record as if it were the only version of its id
    trail_key = sqlite_trail.key_of(connection)
    sqlite_trail.add(connection, [trail.restore_act(collection, head)], now)
    count, last = 0, 0
    remaining = iter(records)
    while portion := list(islice(remaining, _RESTORED_AT_ONCE)):
        for record in portion:
            if not last < record.place <= LAST_PLACE:
                raise UnprocessableError(
                    f"the record of {record.id} has the place {record.place}, not beyond the one before it ({last}): "
                    "the export is damaged"
                )
            last = record.place
        try:
            _insert(connection, number, [line.sole_record(record) for record in portion])
        except apsw.ConstraintError:
            raise UnprocessableError(
                f"a version of an object between {portion[0].id} and {portion[-1].id} is there twice: the export is damaged"
            ) from None
        count += len(portion)
        seals = trail.seals_of(trail_key, (replace(record, collection=collection) for record in portion))
        sqlite_trail.add(connection, [trail.restore_act(collection, max(head, last), seals)], now)
    if last > head:
        _raise_head(connection, collection, last)
    # (3) compute the standing of the versions of ids that have several
    ids_with_versions = (
        "SELECT id FROM record INDEXED BY record_by_id WHERE collection = ? GROUP BY id HAVING count(*) > 1"
    )
    for (object_id,) in rows(connection, ids_with_versions, number):
        _update_standings(connection, number, object_id)
    return count


def _held_version(key: int, publishers: str) -> HeldVersion:
    """A version with only the properties that `deletion.remove_publisher` reads."""
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
    mention_rows: list[tuple[str, int, str, int, int]] = []
    for new_record in new:
        record, standing = new_record.record, new_record.standing
        key = key_of(number, record.place)
        refs = ""
        if record.named_ids or record.contained_ids or record.described_id:
            references = References(record.named_ids, record.contained_ids, record.described_id)
            refs = refs_text(references)
            for publisher in record.publishers:
                mention_rows += make_mention_rows(references, publisher, standing, key)
        records.append(
            (
                key,
                number,
                standing.governing,
                standing.newest,
                standing.preceding_level,
                standing.withdrawn,
                record.level,
                record.source,
                record.lowest_level,
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
    if mention_rows:
        connection.executemany(INSERT_MENTION, mention_rows)
    _count(connection, number, [record.standing.governing for record in new], +1)


def _remove(connection: apsw.Connection, number: int, keys: Sequence[int]) -> None:
    levels: list[int] = []
    for key in keys:
        remove_mentions(connection, key)
        remove_values(connection, key)
        connection.execute("DELETE FROM body WHERE key = ?", (key,))
        removed_rows = rows(connection, "DELETE FROM record WHERE key = ? RETURNING governing", key)
        levels += [level for (level,) in removed_rows]
    _count(connection, number, levels, -1)


def _count(connection: apsw.Connection, number: int, levels: Sequence[int], change: int) -> None:
    """Count records of these governing levels as added (+1) or removed (-1); hidden records are not counted."""
    connection.execute(_COUNT, (*(change * levels.count(level) for level in LEVELS), number))


def _change(connection: apsw.Connection, key: int, change: histories.RowChange) -> None:
    """Write the new level and standing of an existing record."""
    standing = change.standing
    old_governing = connection.execute("SELECT governing FROM record WHERE key = ?", (key,)).get
    remove_mentions(connection, key)
    connection.execute(
        _CHANGE,
        (
            change.level,
            change.source,
            change.lowest_level,
            standing.governing,
            standing.newest,
            standing.preceding_level,
            standing.withdrawn,
            key,
        ),
    )
    add_mentions(connection, key)
    assert isinstance(old_governing, int)
    if old_governing != standing.governing:
        move_values(connection, key, old_governing, standing.governing)
        number = key >> PLACE_BITS
        _count(connection, number, [old_governing], -1)
        _count(connection, number, [standing.governing], +1)


def add_publisher(connection: apsw.Connection, key: int, publisher: str) -> None:
    """Add one more publisher to a record."""
    remove_mentions(connection, key)
    connection.execute("UPDATE record SET publishers = publishers || char(10) || ? WHERE key = ?", (publisher, key))
    add_mentions(connection, key)


def _update_standings(connection: apsw.Connection, number: int, object_id: str) -> None:
    """Set the standing of each version of one id, after versions were added or removed."""
    versions = rows(connection, _VERSIONS, object_id, number)
    standings = histories.compute_standings(
        [histories.Version(level, bool(revoked), names.split("\n")) for _, level, revoked, names, *_ in versions]
    )
    for (key, level, _, _, source, old_lowest_level, *old_standing), standing in zip(versions, standings, strict=True):
        if tuple(old_standing) != (standing.governing, standing.newest, standing.preceding_level, standing.withdrawn):
            lowest_level = min(old_lowest_level, standing.governing)
            _change(connection, key, histories.RowChange(level, source, lowest_level, standing))
