"""Imports into MongoDB: the steps by which `Store.restore` puts records at their own places. No I/O here.

1. An entry of the log closes the collection: until the last entry opens it, nothing is visible and nobody else writes.
2. Portions of records follow, each in its own commit (`mongo_commit`, steps 4 to 9), since one commit has a size limit.
3. The last entry makes all of them visible. An interrupted import leaves the collection closed; the next import wipes it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any, Final

from hub.errors import StoreUnavailableError, UnprocessableError
from hub.store import histories, line, trail
from hub.store.mongo import commit as mongo_commit
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.rows import Document
from hub.store.mongo.steps import (
    NO_RECORDS,
    FindTakenKeys,
    HoldsAny,
    LogEntry,
    LookUp,
    Note,
    Plan,
    Step,
    Wipe,
)
from hub.store.records import Record

MAX_PLACE: Final = 10**15 - 1  # the largest place that fits into a key, after the year 33000


def begin_restore(collection: str, head: int, name: str, now: int) -> Generator[Step, Any, LogEntry]:
    """Close the collection for an import, and return the entry that closed it; UnprocessableError as in `Store.restore`."""
    while True:
        tip = yield from mongo_commit.finished_tip(collection)
        if not tip.restoring and (yield HoldsAny(collection)):
            raise UnprocessableError(
                f"the collection {collection} contains objects: records are restored only into an empty one"
            )
        if tip.place > head:
            raise UnprocessableError(
                f"the collection {collection} has given places out up to {tip.place}, beyond those of this export "
                f"({head}): restore into a new store"
            )
        entry = LogEntry(collection, tip.n + 1, name, tip.place, restoring=True, changed=tip.n + 1)
        note = Note(trail.restore_act(collection, tip.place), now)  # without seals: earlier seals no longer count
        if (yield from mongo_commit.commit(tip, entry, Plan(note=note))):
            if tip.restoring:
                yield Wipe(collection)  # the rows of an interrupted import; if that wakes, its number is taken
            return entry


def restore_portion(tip: LogEntry, records: Sequence[Record], head: int, now: int) -> Generator[Step, Any, LogEntry]:
    """Put records at their own places while nothing is visible, and return the entry. `head` is the head after the import."""
    n = tip.n + 1
    held_rows: list[Document] = yield LookUp(tuple(sorted({record.id for record in records})))
    versions: dict[str, list[Document]] = {}
    for row in held_rows:
        if row["coll"] == tip.collection:
            versions.setdefault(row["id"], []).append(row)
    for record in records:
        own_record = replace(record, collection=tip.collection)
        versions.setdefault(record.id, []).append(mongo_rows.row_of(line.sole_record(own_record), n))
    places = tuple(mongo_rows.row_id(tip.collection, record.place) for record in records)
    # a deleted record of this collection may have left its key, the seat, at the same place
    seats: set[str] = yield FindTakenKeys(tip.collection, places)
    new: list[Document] = []
    touches: list[tuple[str, Document]] = []  # of rows in seats, and of rows of earlier portions
    earlier_rows: dict[str, Document] = {}
    new_levels: list[int] = []
    for object_id, rows in versions.items():
        rows.sort(key=lambda row: int(row["version"]))
        if len({row["version"] for row in rows}) < len(rows):
            raise UnprocessableError(f"a version of {object_id} is there twice: the export is damaged")
        standings = histories.compute_standings([mongo_rows.version_of(row) for row in rows])
        for row, standing in zip(rows, standings, strict=True):
            change = mongo_rows.standing_change(row, standing)
            if row["n"] == n:
                new_levels.append(standing.governing)
                row |= change  # noqa: PLW2901 - the row was made above and is not stored yet
                if row["_id"] in seats:
                    touches.append((row["_id"], {k: v for k, v in row.items() if k not in ("_id", "coll", "n")}))
                else:
                    new.append(row)
            elif change:
                earlier_rows[row["_id"]] = row
                touches.append((row["_id"], change))
    earlier_touches = [touch for touch in touches if touch[0] in earlier_rows]
    counts = mongo_commit.counts_after(tip.counts, new_levels)
    counts = mongo_commit.counts_with_changes(counts, earlier_rows, earlier_touches)
    plan = Plan(tuple(new), tuple(touches), note=Note(trail.restore_act(tip.collection, head), now))
    return (yield from _commit_import(tip, plan, tip.place, counts, restoring=True))


def end_restore(tip: LogEntry, place: int, now: int) -> Generator[Step, Any, LogEntry]:
    """Make all restored records visible."""
    plan = Plan(note=Note(trail.head_act(tip.collection, place), now))
    return (yield from _commit_import(tip, plan, place, tip.counts, restoring=False))


def undo_restore(first_entry: LogEntry, now: int) -> Generator[Step, Any, None]:
    """Leave the collection as it was before the import began, unless another import has taken over since."""
    tip = yield from mongo_commit.finished_tip(first_entry.collection)
    if tip.restoring and tip.batch == first_entry.batch:
        yield Wipe(tip.collection)
        plan = Plan(note=Note(trail.restore_act(tip.collection, tip.place), now))
        yield from _commit_import(tip, plan, tip.place, NO_RECORDS, restoring=False)


def _commit_import(
    tip: LogEntry, plan: Plan, place: int, counts: tuple[int, ...], *, restoring: bool
) -> Generator[Step, Any, LogEntry]:
    n = tip.n + 1
    entry = LogEntry(tip.collection, n, tip.batch, place, restoring=restoring, counts=counts, changed=n)
    if not (yield from mongo_commit.commit(tip, entry, plan)):
        raise StoreUnavailableError(
            f"another import into the collection {tip.collection} took over: let that one end, or run this one again"
        )
    return entry


def last_place_in_order(records: Sequence[Record], last: int) -> int:
    """The place of the last record; UnprocessableError if the places do not grow, beginning after `last`."""
    for record in records:
        if not last < record.place <= MAX_PLACE:
            raise UnprocessableError(
                f"the record of {record.id} has the place {record.place}, not beyond the one before it ({last}): "
                "the export is damaged"
            )
        last = record.place
    return last
