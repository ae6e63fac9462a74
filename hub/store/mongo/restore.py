"""Imports into MongoDB: the steps by which `Store.restore` puts records at their own places. No I/O here.

1. An entry of the log closes the collection: until the last one opens it, nothing is shown and nobody else writes there.
2. Portions of records follow, each a commit of its own (`mongo_commit`, steps 4 to 9): an import may be larger than any.
3. The last entry shows all of them. An import that was broken off leaves the collection closed, and the next wipes it.
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
    NOTHING_HELD,
    HoldsAny,
    LogEntry,
    LookUp,
    Note,
    Plan,
    Step,
    Taken,
    Wipe,
)
from hub.store.records import Record

MAX_PLACE: Final = 10**15 - 1  # what a key has digits for: beyond the year 33000


def begin_restore(collection: str, head: int, name: str, now: int) -> Generator[Step, Any, LogEntry]:
    """Close the collection for an import, and return the entry that did; UnprocessableError as `Store.restore` says."""
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
        note = Note(trail.restore_act(collection, tip.place), now)  # without seals: what was sealed before is void
        if (yield from mongo_commit.commit(tip, entry, Plan(note=note))):
            if tip.restoring:
                yield Wipe(collection)  # what an import left that was broken off; should it wake, its number is taken
            return entry


def restore_some(tip: LogEntry, records: Sequence[Record], head: int, now: int) -> Generator[Step, Any, LogEntry]:
    """Put records at their own places, while nothing is shown; the entry that did. `head` is what the head will be."""
    n = tip.n + 1
    held_rows: list[Document] = yield LookUp(tuple(sorted({record.id for record in records})))
    versions: dict[str, list[Document]] = {}
    for row in held_rows:
        if row["coll"] == tip.collection:
            versions.setdefault(row["id"], []).append(row)
    for record in records:
        own = replace(record, collection=tip.collection)
        versions.setdefault(record.id, []).append(mongo_rows.row_of(line.alone(own), n))
    places = tuple(mongo_rows.row_id(tip.collection, record.place) for record in records)
    # a record of this collection may have been deleted at that very place, and its seat is there
    seats: set[str] = yield Taken(tip.collection, places)
    new: list[Document] = []
    touches: list[tuple[str, Document]] = []  # of rows in seats, and of those put before
    before: dict[str, Document] = {}
    shown: list[int] = []
    for object_id, rows in versions.items():
        rows.sort(key=lambda row: int(row["version"]))
        if len({row["version"] for row in rows}) < len(rows):
            raise UnprocessableError(f"a version of {object_id} is there twice: the export is damaged")
        standings = histories.standings([mongo_rows.version_of(row) for row in rows])
        for row, standing in zip(rows, standings, strict=True):
            change = mongo_rows.standing_change(row, standing)
            if row["n"] == n:
                shown.append(standing.governing)
                row |= change  # noqa: PLW2901 - made above, for this
                if row["_id"] in seats:
                    touches.append((row["_id"], {k: v for k, v in row.items() if k not in ("_id", "coll", "n")}))
                else:
                    new.append(row)
            elif change:
                before[row["_id"]] = row
                touches.append((row["_id"], change))
    counts = mongo_commit.held_after(tip, shown)
    counts = mongo_commit.shown_otherwise(counts, before, [touch for touch in touches if touch[0] in before])
    plan = Plan(tuple(new), tuple(touches), note=Note(trail.restore_act(tip.collection, head), now))
    return (yield from _restoring(tip, plan, tip.place, counts, restoring=True))


def end_restore(tip: LogEntry, place: int, now: int) -> Generator[Step, Any, LogEntry]:
    """Show all that was put."""
    plan = Plan(note=Note(trail.head_act(tip.collection, place), now))
    return (yield from _restoring(tip, plan, place, tip.held, restoring=False))


def undo_restore(begun: LogEntry, now: int) -> Generator[Step, Any, None]:
    """Leave the collection as it was before the import began, unless another import has taken over since."""
    tip = yield from mongo_commit.finished_tip(begun.collection)
    if tip.restoring and tip.batch == begun.batch:
        yield Wipe(tip.collection)
        plan = Plan(note=Note(trail.restore_act(tip.collection, tip.place), now))
        yield from _restoring(tip, plan, tip.place, NOTHING_HELD, restoring=False)


def _restoring(
    tip: LogEntry, plan: Plan, place: int, counts: tuple[int, ...], *, restoring: bool
) -> Generator[Step, Any, LogEntry]:
    n = tip.n + 1
    entry = LogEntry(tip.collection, n, tip.batch, place, restoring=restoring, held=counts, changed=n)
    if not (yield from mongo_commit.commit(tip, entry, plan)):
        raise StoreUnavailableError(
            f"another import into the collection {tip.collection} took over: let that one end, or run this one again"
        )
    return entry


def in_order(records: Sequence[Record], last: int) -> int:
    """The place of the last record; UnprocessableError where they do not follow one another after `last`."""
    for record in records:
        if not last < record.place <= MAX_PLACE:
            raise UnprocessableError(
                f"the record of {record.id} stands at place {record.place}, not beyond the one before it ({last}): "
                "the export is damaged"
            )
        last = record.place
    return last
