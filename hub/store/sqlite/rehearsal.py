"""A temporary store in which records of an older hub are published again, to see the verdict of today's rules on each.

It is SQLite's own temporary file without a name: it is in the folder that SQLITE_TMPDIR or TMPDIR names, grows to about
the size of the records, and disappears when the process ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import apsw

from hub.errors import UnprocessableError
from hub.stix.references import References
from hub.store import line
from hub.store.batch import Batch, Bystander, Candidate, Verdict
from hub.store.levels import Level, resolve_levels
from hub.store.questions import Answers
from hub.store.records import BY_DEFAULT, BY_HUB, BY_MARKING, HIDDEN, Record
from hub.store.sqlite import lookups
from hub.store.sqlite.files import rows
from hub.store.sqlite.mentions import DESCRIBED, refs_of, refs_text
from hub.store.sqlite.migrations import migrate
from hub.store.sqlite.pages import key_of
from hub.store.sqlite.writes import add_publisher, head_of, number_of, write

_TABLES: Final = """
    CREATE TABLE verdict (
        collection TEXT NOT NULL,
        place INTEGER NOT NULL,
        id TEXT NOT NULL,
        publisher TEXT NOT NULL, -- the first one
        held_level INTEGER NOT NULL,
        held_source TEXT NOT NULL,
        key INTEGER, -- of the record in this store; NULL if it was not added
        level INTEGER NOT NULL, -- counts if it was not added
        source TEXT NOT NULL, -- counts if it was not added
        reason TEXT NOT NULL, -- why it was refused; empty if it was not
        PRIMARY KEY (collection, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE refused_container (
        level INTEGER NOT NULL, publisher TEXT NOT NULL, id TEXT NOT NULL, refs TEXT NOT NULL
    ) STRICT;
"""
_JUDGED: Final = (
    "SELECT v.id, v.place, v.held_level, v.held_source, coalesce(r.level, v.level), coalesce(r.source, v.source), v.reason "
    "FROM verdict AS v LEFT JOIN record AS r ON r.key = v.key WHERE v.collection = ? ORDER BY v.place"
)
_NEWEST: Final = (
    "SELECT key, level, source, publishers, revoked, refs FROM record INDEXED BY record_by_id WHERE id = ? AND newest"
)
_DESCRIBING: Final = (
    "SELECT m.name, r.key, r.level, r.collection FROM mention AS m JOIN record AS r ON r.key = m.key "
    "WHERE m.kind = ? AND r.newest AND NOT r.revoked"
)
_LEVEL: Final = "SELECT level FROM record INDEXED BY record_by_id WHERE id = ? AND collection = ? AND newest"
# whether a version is refused that comes from the publisher of the first version: see `histories.is_set_aside`
_HIDDEN: Final = (
    "SELECT EXISTS (SELECT 1 FROM verdict AS v WHERE v.id = ?1 AND v.reason <> '' "
    "AND v.collection = (SELECT name FROM collection WHERE number = ?2) AND v.publisher = (SELECT publisher FROM verdict "
    "WHERE id = v.id AND collection = v.collection ORDER BY place LIMIT 1))"
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of today's rules on one held record."""

    id: str
    place: int
    held_level: int
    held_source: str
    level: int
    source: str
    reason: str  # why it would be refused now; empty if it would not


class Rehearsal:
    """The temporary store, see the module's docstring. For one thread."""

    def __init__(self) -> None:
        self._connection = apsw.Connection("")
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536", "temp_store = FILE"):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        migrate(self._connection, 0)
        self._connection.execute(_TABLES)
        self._connection.execute("BEGIN")  # never committed: the data lives only as long as this object

    def close(self) -> None:
        """Remove the file."""
        self._connection.close(True)

    def holds(self, collection: str, object_id: str, clearance: int) -> bool:
        """See `Store.holds`."""
        number = number_of(self._connection, collection)
        statement = "SELECT EXISTS (SELECT 1 FROM record WHERE id = ? AND collection = ? AND governing <= ?)"
        return bool(self._connection.execute(statement, (object_id, number, clearance)).get)

    def history(self, collection: str, object_id: str) -> tuple[Record, ...]:
        """See `Store.history`."""
        number = number_of(self._connection, collection)
        return () if number is None else lookups.history_of(self._connection, number, collection, object_id)

    def note(self, record: Record, level: Level, reason: str = "") -> None:
        """Save the verdict on a record that does not reach the store."""
        self._note(record, None, level, reason)

    def publish(self, batch: Batch, records: Sequence[Record]) -> None:
        """Publish a batch that, as far as can be known, was one envelope; candidate i is made of `records[i]`."""
        answers = lookups.look_up(self._connection, batch)
        _exempt_earlier_disclosures(batch, answers, records)
        effect = line.settle(batch, answers, head_of(self._connection, batch.collection), records[0].place)
        added_indexes = [outcome.index for outcome in effect.outcomes if outcome.verdict is Verdict.ADDED]
        for index, new in zip(added_indexes, effect.new_records, strict=True):
            # readers may have read it at that level, whatever its level is now: a revocation, for example, must reach them
            new.record.lowest_level = min(new.record.lowest_level, records[index].lowest_level)
        write(self._connection, batch, effect)
        number = number_of(self._connection, batch.collection) or 0
        for index, new in zip(added_indexes, effect.new_records, strict=True):
            key = key_of(number, new.record.place)
            self._note(records[index], key, Level(new.record.level, new.record.source), "")
            for publisher in records[index].publishers[1:]:
                add_publisher(self._connection, key, publisher)
        if len(added_indexes) < len(batch.candidates):
            self._note_not_added(batch, effect, records, resolve_levels(batch, answers)[0])
        for bystander in batch.bystanders:
            self._note_container(bystander, batch.publisher, HIDDEN if bystander.markings else bystander.level)

    def spread(self) -> None:
        """Apply the levels of refused objects to other objects, since the older store contains the refused ones."""
        self._raise_named_by_containers()
        self._connection.execute("CREATE INDEX verdict_by_id ON verdict (id, collection, place)")
        while self._raise_descriptions():
            pass  # a translation may be translated

    def _raise_named_by_containers(self) -> None:
        """Give unmarked objects the level of refused containers that name them (law L5 b)."""
        containers = rows(self._connection, "SELECT * FROM refused_container ORDER BY level DESC")
        for level, publisher, identifier, text in containers:
            frontier = [(ref, identifier) for ref in refs_of(text).contained_ids]
            while frontier:
                ref, container = frontier.pop()
                for key, own_level, source, publishers, revoked, refs in rows(self._connection, _NEWEST, ref):
                    if (
                        own_level < level
                        and publishers == publisher
                        and not revoked
                        and source not in (BY_MARKING, BY_HUB)
                    ):
                        change = "UPDATE record SET level = ?, source = ? WHERE key = ?"
                        self._connection.execute(change, (level, container, key))
                        frontier += [(inner, ref) for inner in refs_of(refs).contained_ids]

    def _raise_descriptions(self) -> bool:
        """Give each description the level of the described object, HIDDEN if that is hidden (law L5 c); whether any rose."""
        any_rose = False
        for described, key, own_level, collection in self._connection.execute(_DESCRIBING, (DESCRIBED,)):
            level = self._level_of(described, collection)
            if own_level < level:
                change = "UPDATE record SET level = ?, source = ? WHERE key = ? AND level < ?"
                self._connection.execute(change, (level, described, key, level))
                any_rose = any_rose or self._connection.changes() > 0
        return any_rose

    def _level_of(self, object_id: str, collection: int) -> int:
        """The object's governing level in the older store after the verdicts are written there; -1: no such object."""
        if self._connection.execute(_HIDDEN, (object_id, collection)).get:
            return HIDDEN
        level = self._connection.execute(_LEVEL, (object_id, collection)).get
        return level if isinstance(level, int) else -1

    def judgements(self, collection: str) -> Iterator[Judgement]:
        """The verdicts on the collection's records, in place order."""
        for row in self._connection.execute(_JUDGED, (collection,)):
            yield Judgement(*row)

    def _note_not_added(
        self, batch: Batch, effect: line.BatchEffect, records: Sequence[Record], levels: Mapping[int, Level]
    ) -> None:
        """Save the verdicts on refused candidates and on repeats."""
        candidates = {candidate.index: candidate for candidate in batch.candidates}
        for outcome in effect.outcomes:
            if outcome.verdict is Verdict.ADDED:
                continue
            record = records[outcome.index]
            level = levels.get(outcome.index, Level(record.level, BY_DEFAULT))
            refused = outcome.verdict is Verdict.REFUSED
            self._note(record, None, level, outcome.message if refused else "")
            if refused:
                self._note_container(candidates[outcome.index], batch.publisher, level.value)

    def _note(self, record: Record, key: int | None, level: Level, reason: str) -> None:
        self._insert(
            "INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.collection,
                record.place,
                record.id,
                record.publishers[0],
                record.level,
                record.source,
                key,
                level.value,
                level.source,
                reason,
            ),
        )

    def _insert(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            self._connection.execute(statement, values)
        except apsw.ConstraintError:
            raise UnprocessableError(
                f"two records have the place {values[1]} in the collection {values[0]}: the export is damaged"
            ) from None

    def _note_container(self, container: Candidate | Bystander, publisher: str, level: int | None) -> None:
        if container.contained_ids and level is not None:
            text = refs_text(References(contained_ids=container.contained_ids))
            row = (level, publisher, container.id, text)
            self._connection.execute("INSERT INTO refused_container VALUES (?, ?, ?, ?)", row)


def _exempt_earlier_disclosures(batch: Batch, answers: Answers, records: Sequence[Record]) -> None:
    """Leave out of law L5 e what an older store gave away long ago: hiding the naming object now would protect nothing.

    (1) An observable that was readable at the level of the object that names it. (2) The objects that name an unmarked
    observable, which only today's rules raise.
    """
    lowest_levels: dict[str, int] = {}
    for candidate in batch.candidates:
        record = records[candidate.index]
        lowest_levels[record.id] = min(lowest_levels.get(record.id, HIDDEN), record.lowest_level)
        if candidate.version is None and candidate.level is None:
            answers.namings[candidate.id] = None  # (2)
    for candidate in batch.candidates:
        level = records[candidate.index].lowest_level
        candidate.named_ids = tuple(  # (1)
            name
            for name in candidate.named_ids
            if min([lowest_levels.get(name, HIDDEN), *(row.lowest_level for row in answers.rows.get(name, ()))]) > level
        )
