"""A store in a temporary file without a name, in which records of an older hub are published again.

What today's rules make of them is read from it afterwards. The file is SQLite's own temporary one: it lies in the folder
that SQLITE_TMPDIR or TMPDIR names, grows to about the size of the records, and is gone when the process ends.
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
from hub.store.levels import Known, Level, levels_of
from hub.store.records import BY_DEFAULT, BY_HUB, BY_MARKING, HIDDEN, Record
from hub.store.sqlite import lookups
from hub.store.sqlite.files import rows
from hub.store.sqlite.mentions import DESCRIBED, refs_of, refs_text
from hub.store.sqlite.migrations import migrate
from hub.store.sqlite.pages import key_of
from hub.store.sqlite.writes import head_of, join, number_of, write

_TABLES: Final = """
    CREATE TABLE verdict (
        collection TEXT NOT NULL,
        place INTEGER NOT NULL,
        id TEXT NOT NULL,
        publisher TEXT NOT NULL, -- the first
        held_level INTEGER NOT NULL,
        held_source TEXT NOT NULL,
        key INTEGER, -- of the record in this store; NULL where it was not added
        level INTEGER NOT NULL, -- where it was not added
        source TEXT NOT NULL, -- likewise
        reason TEXT NOT NULL, -- why it was refused; empty where it was not
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
# refused, and by the member that published the first version: see `histories.is_set_aside`
_HIDDEN: Final = (
    "SELECT EXISTS (SELECT 1 FROM verdict AS v WHERE v.id = ?1 AND v.reason <> '' "
    "AND v.collection = (SELECT name FROM collection WHERE number = ?2) AND v.publisher = (SELECT publisher FROM verdict "
    "WHERE id = v.id AND collection = v.collection ORDER BY place LIMIT 1))"
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What today's rules say of one held record."""

    id: str
    place: int
    held_level: int
    held_source: str
    level: int
    source: str
    reason: str  # why it would be refused now; empty where it would not


class Rehearsal:
    """See the module. For one thread."""

    def __init__(self) -> None:
        self._connection = apsw.Connection("")
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536", "temp_store = FILE"):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        migrate(self._connection, 0)
        self._connection.execute(_TABLES)
        self._connection.execute("BEGIN")  # for good: nothing of it outlives this value

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
        """Note what becomes of a record that would not even reach the store."""
        self._note(record, None, level, reason)

    def publish(self, batch: Batch, records: Sequence[Record]) -> None:
        """Publish what was one envelope, as nearly as can be told; candidate i is made of `records[i]`."""
        known = lookups.look_up(self._connection, batch)
        _forgive(batch, known, records)
        settled = line.settle(batch, known, head_of(self._connection, batch.collection), records[0].place)
        added = [outcome.index for outcome in settled.outcomes if outcome.verdict is Verdict.ADDED]
        for index, new in zip(added, settled.new, strict=True):
            # it was readable at that level, whatever it is now: a revocation, for one, must reach who read it
            new.record.reached = min(new.record.reached, records[index].reached)
        write(self._connection, batch, settled)
        number = number_of(self._connection, batch.collection) or 0
        for index, new in zip(added, settled.new, strict=True):
            key = key_of(number, new.record.place)
            self._note(records[index], key, Level(new.record.level, new.record.source), "")
            for publisher in records[index].publishers[1:]:
                join(self._connection, key, publisher)
        if len(added) < len(batch.candidates):
            self._note_others(batch, settled, records, levels_of(batch, known)[0])
        for bystander in batch.bystanders:
            self._note_container(bystander, batch.publisher, HIDDEN if bystander.markings else bystander.level)

    def spread(self) -> None:
        """Let what was refused bear on the rest, since in the older store it is held."""
        self._raise_what_containers_name()
        self._connection.execute("CREATE INDEX verdict_by_id ON verdict (id, collection, place)")
        while self._raise_what_describes():
            pass  # a translation may be translated

    def _raise_what_containers_name(self) -> None:
        """Give unmarked objects the level of refused containers that name them (law L5 b)."""
        containers = rows(self._connection, "SELECT * FROM refused_container ORDER BY level DESC")
        for level, publisher, identifier, text in containers:
            frontier = [(ref, identifier) for ref in refs_of(text).contains]
            while frontier:
                ref, container = frontier.pop()
                for key, own, source, publishers, revoked, refs in rows(self._connection, _NEWEST, ref):
                    if own < level and publishers == publisher and not revoked and source not in (BY_MARKING, BY_HUB):
                        change = "UPDATE record SET level = ?, source = ? WHERE key = ?"
                        self._connection.execute(change, (level, container, key))
                        frontier += [(inner, ref) for inner in refs_of(refs).contains]

    def _raise_what_describes(self) -> bool:
        """Give what describes an object the level of that, HIDDEN where it is hidden (law L5 c); whether any rose."""
        rose = False
        for described, key, own, collection in self._connection.execute(_DESCRIBING, (DESCRIBED,)):
            level = self._level_of(described, collection)
            if own < level:
                change = "UPDATE record SET level = ?, source = ? WHERE key = ? AND level < ?"
                self._connection.execute(change, (level, described, key, level))
                rose = rose or self._connection.changes() > 0
        return rose

    def _level_of(self, object_id: str, collection: int) -> int:
        """The level that governs the object in the older store once the verdicts are written there; -1: not held."""
        hidden = self._connection.execute(_HIDDEN, (object_id, collection)).get
        if hidden:
            return HIDDEN
        level = self._connection.execute(_LEVEL, (object_id, collection)).get
        return level if isinstance(level, int) else -1

    def judgements(self, collection: str) -> Iterator[Judgement]:
        """What became of the collection's records, in place order."""
        for row in self._connection.execute(_JUDGED, (collection,)):
            yield Judgement(*row)

    def _note_others(
        self, batch: Batch, settled: line.Settled, records: Sequence[Record], levels: Mapping[int, Level]
    ) -> None:
        """What was refused, and what another record stands for."""
        candidates = {candidate.index: candidate for candidate in batch.candidates}
        for outcome in settled.outcomes:
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
                f"two records stand at place {values[1]} of the collection {values[0]}: the export is damaged"
            ) from None

    def _note_container(self, container: Candidate | Bystander, publisher: str, level: int | None) -> None:
        if container.contains and level is not None:
            text = refs_text(References(contains=container.contains))
            row = (level, publisher, container.id, text)
            self._connection.execute("INSERT INTO refused_container VALUES (?, ?, ?, ?)", row)


def _forgive(batch: Batch, known: Known, records: Sequence[Record]) -> None:
    """Take out what an older store gave away long ago: nothing is protected by hiding what names it (law L5 e).

    (1) An observable that was readable at the level of the object that names it. (2) The names of an observable that is
    unmarked, and is raised by the rules of today alone.
    """
    reached: dict[str, int] = {}
    for candidate in batch.candidates:
        record = records[candidate.index]
        reached[record.id] = min(reached.get(record.id, HIDDEN), record.reached)
        if candidate.version is None and candidate.level is None:
            known.namings[candidate.id] = None  # (2)
    for candidate in batch.candidates:
        level = records[candidate.index].reached
        candidate.names = tuple(  # (1)
            name
            for name in candidate.names
            if min(reached.get(name, HIDDEN), min((row.reached for row in known.rows.get(name, ())), default=HIDDEN))
            > level
        )
