"""Reading held records: the answers that `line.settle` needs, by id and by mention (see `migrations`), and whole records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import apsw
import orjson

from hub.store.base import Changes
from hub.store.batch import Batch
from hub.store.ownership import bodies_to_read
from hub.store.questions import Answers, Link, Questions, questions
from hub.store.records import HeldVersion, Record, Standing
from hub.store.sqlite.files import rows
from hub.store.sqlite.mentions import CONTAINED, DESCRIBED, NAMED, WITHDRAWN, refs_of
from hub.store.sqlite.pages import LAST_PLACE, key_of, place_of

_LANGUAGES: Final = "language-content"
_HELD: Final = (
    "SELECT c.name, r.id, r.version, r.level, r.owner, r.publishers, r.revoked, r.digest, r.key, r.type, r.source, "
    "r.governing, r.newest, r.preceded, r.withdrawn, r.reached, r.refs FROM record AS r INDEXED BY record_by_id "
    "JOIN collection AS c ON c.number = r.collection WHERE r.id IN (SELECT value FROM json_each(?1))"
)
_HIGHEST: Final = (
    "(SELECT key FROM mention WHERE name = e.value AND kind = {} AND publisher = ?2 ORDER BY level DESC LIMIT 1)"
)
_LOWEST: Final = (
    "(SELECT key FROM mention WHERE name = e.value AND kind = {} AND publisher = ?2 "
    "AND key NOT IN (SELECT value FROM json_each(?3)) ORDER BY level LIMIT 1)"
)
_CONTAINER: Final = "SELECT e.value, {}, {} FROM json_each(?1) AS e".format(  # noqa: S608 - numbers alone
    *(_HIGHEST.format(kind) for kind in (CONTAINED, CONTAINED + WITHDRAWN))
)
_NAMING: Final = "SELECT e.value, {}, {}, {} FROM json_each(?1) AS e".format(  # noqa: S608 - as above
    *(_LOWEST.format(kind) for kind in (NAMED, CONTAINED, DESCRIBED))
)
_LINKS: Final = "SELECT key, governing, id FROM record WHERE key IN (SELECT value FROM json_each(?1))"
_DESCRIBING: Final = (
    "SELECT DISTINCT m.name, r.id FROM json_each(?1) AS e JOIN mention AS m ON m.name = e.value AND m.kind = ?2 "
    "JOIN record AS r ON r.key = m.key WHERE r.collection = (SELECT number FROM collection WHERE name = ?3)"
)
_ANY_OF_TYPE: Final = (
    "SELECT EXISTS (SELECT 1 FROM record INDEXED BY record_by_type "
    "WHERE collection = (SELECT number FROM collection WHERE name = ?) AND type = ?)"
)


_BODIES: Final = "SELECT key, body FROM body WHERE key IN (SELECT value FROM json_each(?1))"
_RECORD: Final = (
    "SELECT r.key, r.id, r.type, r.version, r.version_text, r.level, r.owner, r.publishers, r.revoked, r.accepted_at, "
    "b.body, r.digest, r.source, r.reached, r.refs FROM record AS r {} CROSS JOIN body AS b ON b.key = r.key "
)
_RECORDS_OF: Final = _RECORD.format("") + "WHERE r.key > ? AND r.key <= ? ORDER BY r.key"
_STANDINGS_OF: Final = (
    "SELECT key, governing, newest, preceded, withdrawn FROM record WHERE key > ? AND key <= ? ORDER BY key"
)
_RECORDS_AT: Final = _RECORD.format("") + "WHERE r.key IN (SELECT value FROM json_each(?1))"  # noqa: S608 - constants
_HIDDEN_OF: Final = _RECORD.format("INDEXED BY record_hidden") + "WHERE r.collection = ? AND r.level = 5 ORDER BY r.key"
_HISTORY_OF: Final = (
    _RECORD.format("INDEXED BY record_by_id") + "WHERE r.id = ? AND r.collection = ? ORDER BY r.version"
)


def look_up(connection: apsw.Connection, batch: Batch) -> Answers:
    """The answers to all questions about the batch."""
    answers = Answers()
    while open_questions := questions(batch, answers):
        _answer(connection, batch, open_questions, answers)
    if keys := bodies_to_read(batch, answers.rows):
        answers.bodies = dict(rows(connection, _BODIES, _list(keys)))
    return answers


def _answer(connection: apsw.Connection, batch: Batch, open_questions: Questions, answers: Answers) -> None:
    if open_questions.rows:
        answers.rows.update(dict.fromkeys(open_questions.rows, ()))
        versions: dict[str, list[HeldVersion]] = {}
        for row in connection.execute(_HELD, (_list(open_questions.rows),)):
            version = _held_version(row)
            versions.setdefault(version.id, []).append(version)
        answers.rows.update(versions)
    if open_questions.containers:
        found_keys = rows(connection, _CONTAINER, _list(open_questions.containers), batch.publisher)
        answers.containers.update(_links(connection, found_keys, highest=True))
    if open_questions.namings:
        # objects of which the batch may bring a newer version are left out: their rows are read above
        own_keys = [row.key for candidate in batch.candidates for row in answers.rows[candidate.id] if row.named_ids]
        found_keys = rows(connection, _NAMING, _list(open_questions.namings), batch.publisher, _list(own_keys))
        answers.namings.update(_links(connection, found_keys, highest=False))
    if open_questions.descriptions:
        answers.descriptions.update(dict.fromkeys(open_questions.descriptions, ()))
        if connection.execute(_ANY_OF_TYPE, (batch.collection, _LANGUAGES)).get:
            describing: dict[str, list[str]] = {}
            found_keys = rows(connection, _DESCRIBING, _list(open_questions.descriptions), DESCRIBED, batch.collection)
            for name, identifier in found_keys:
                describing.setdefault(name, []).append(identifier)
            answers.descriptions.update({name: tuple(identifiers) for name, identifiers in describing.items()})


def _links(
    connection: apsw.Connection, linked_rows: Iterable[tuple[Any, ...]], *, highest: bool
) -> dict[str, Link | None]:
    """By id, the highest or lowest of the records whose keys follow the id in its row."""
    linked_rows = list(linked_rows)
    keys = [key for _, *row_keys in linked_rows for key in row_keys if key is not None]
    by_key: dict[int, Link] = {}
    if keys:
        by_key = {key: Link(level, identifier) for key, level, identifier in rows(connection, _LINKS, _list(keys))}
    pick = max if highest else min
    return {
        name: pick((by_key[key] for key in row_keys if key is not None), key=lambda link: link.level, default=None)
        for name, *row_keys in linked_rows
    }


def _held_version(row: tuple[Any, ...]) -> HeldVersion:
    collection, identifier, version, level, owner, publishers, revoked, digest, key, kind, source, *columns = row
    governing, newest, preceded, withdrawn, reached, text = columns
    refs = refs_of(text)
    return HeldVersion(
        collection=collection,
        id=identifier,
        version=version,
        level=level,
        owner=owner,
        publishers=tuple(publishers.split("\n")),
        revoked=bool(revoked),
        digest=digest,
        key=key,
        type=kind,
        place=place_of(key),
        source=source,
        standing=_standing(governing, newest, preceded, withdrawn),
        lowest_level=reached,
        named_ids=refs.named_ids,
        contained_ids=refs.contained_ids,
    )


def _standing(governing: int, newest: int, preceded: int, withdrawn: int) -> Standing:
    return Standing(governing, newest=bool(newest), preceding_level=preceded, withdrawn=bool(withdrawn))


def records_of(connection: apsw.Connection, number: int, collection: str) -> Iterator[Record]:
    """Every record of the collection in place order."""
    for row in connection.execute(_RECORDS_OF, (key_of(number, 0), key_of(number, LAST_PLACE))):
        yield _record(collection, row)


def records_at(connection: apsw.Connection, collection: str, keys: str) -> Iterator[Record]:
    """The records of the collection that have these keys, a JSON list."""
    return (_record(collection, row) for row in rows(connection, _RECORDS_AT, keys))


def standings_of(connection: apsw.Connection, number: int) -> Iterator[tuple[int, Standing]]:
    """(place, standing) of every record of the collection, as stored, in place order."""
    for key, *columns in connection.execute(_STANDINGS_OF, (key_of(number, 0), key_of(number, LAST_PLACE))):
        yield place_of(key), _standing(*columns)


def hidden_of(connection: apsw.Connection, number: int, collection: str) -> Iterator[Record]:
    """Every record whose own level is HIDDEN, in place order."""
    for row in connection.execute(_HIDDEN_OF, (number,)):
        yield _record(collection, row)


def history_of(connection: apsw.Connection, number: int, collection: str, object_id: str) -> tuple[Record, ...]:
    """Every version of one object, oldest first."""
    return tuple(_record(collection, row) for row in rows(connection, _HISTORY_OF, object_id, number))


def _record(collection: str, row: tuple[Any, ...]) -> Record:
    key, identifier, kind, version, text, level, owner, publishers, revoked, accepted_at, *columns = row
    body, digest, source, reached, refs_column = columns
    refs = refs_of(refs_column)
    return Record(
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
        source=source,
        lowest_level=reached,
        named_ids=refs.named_ids,
        contained_ids=refs.contained_ids,
        described_id=refs.described_id,
    )


def _list(values: Iterable[Any]) -> str:
    return orjson.dumps(list(values)).decode()


def last_change(connection: apsw.Connection) -> int:
    """The number of the last change to an existing record, 0 if there was none."""
    number = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'record_change'").get
    return number if isinstance(number, int) else 0


def changes_since(connection: apsw.Connection, number: int, since: int) -> Changes:
    """The changes in the collection of that number, after the change `since`."""
    # one statement sees one state: numbers without a gap are all changes there were
    changes = rows(connection, "SELECT number, key FROM record_change WHERE number > ? ORDER BY number", since)
    if not changes:
        return Changes(last_change(connection), None)
    last = changes[-1][0]
    if len(changes) < last - since:
        return Changes(last, None)
    first_key, last_key = key_of(number, 0), key_of(number, LAST_PLACE)
    return Changes(last, tuple(place_of(key) for _, key in changes if first_key <= key <= last_key))
