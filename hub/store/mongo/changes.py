"""Changes to records that are held in MongoDB: new levels, and what the operator releases, in steps. No I/O here."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from hub.store import hidden, histories
from hub.store.mongo import commit as mongo_commit
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.commit import held_after, shown_otherwise
from hub.store.mongo.rows import Document
from hub.store.mongo.steps import LogEntry, LookUp, Plan, ReadBodies, Step
from hub.store.records import RecordLevel


def set_levels(collection: str, levels: Sequence[RecordLevel], name: str) -> Generator[Step, Any, tuple[int, ...]]:
    """Give records these levels, and all versions of their ids the standing that follows; the places of those changed."""
    new_levels = {mongo_rows.row_id(collection, level.place): level for level in levels}
    ids = tuple(sorted({level.id for level in levels}))
    while True:
        tip = yield from mongo_commit.finished_tip(collection)
        mongo_commit.refuse_while_restoring(tip)
        rows = yield from _versions(collection, ids)
        touches: dict[str, Document] = {}
        for versions in rows.values():
            updates = [_levelled(row, new_levels.get(row["_id"])) for row in versions]
            standings = histories.standings(
                [
                    mongo_rows.version_of({**row, "level": level})
                    for row, (level, _) in zip(versions, updates, strict=True)
                ]
            )
            for row, (level, source), standing in zip(versions, updates, standings, strict=True):
                if (level, source) != (row["level"], row["source"]) or standing != mongo_rows.standing_of(row):
                    reached = min(row["reached"], standing.governing)
                    touches[row["_id"]] = mongo_rows.row_change(
                        row, histories.RowChange(level, source, reached, standing)
                    )
        if not touches:
            return ()
        by_key = {row["_id"]: row for versions in rows.values() for row in versions}
        levels_held = shown_otherwise(tip.held, by_key, touches.items())
        plan = Plan(touches=tuple(touches.items()))
        n = tip.n + 1
        if (
            yield from mongo_commit.commit(
                tip, LogEntry(collection, n, name, tip.place, held=levels_held, changed=n), plan
            )
        ):
            return tuple(mongo_rows.place_of(key) for key in touches)


def decide(
    collection: str, object_id: str, level: int | None, name: str, now: Callable[[], int]
) -> Generator[Step, Any, hidden.Decided]:
    """Give the hidden records of the id this level, or remove them; what that came to."""
    while True:
        tip = yield from mongo_commit.finished_tip(collection)
        mongo_commit.refuse_while_restoring(tip)
        rows = (yield from _versions(collection, (object_id,))).get(object_id, [])
        bodies: dict[str, bytes] = (yield ReadBodies(tuple(row["_id"] for row in rows))) if rows else {}
        if len(bodies) < len(rows):
            continue  # one was deleted meanwhile: the tip has moved on
        records = [mongo_rows.record_of({**row, "body": bodies[row["_id"]]}) for row in rows]
        decided = hidden.decide(records, level, tip.place, now())
        if not decided.count:
            return decided
        n = tip.n + 1
        by_place = {row["place"]: row for row in rows}
        changes = [
            (by_place[place]["_id"], mongo_rows.row_change(by_place[place], change))
            for place, change in decided.changes.items()
        ]
        removals: list[tuple[str, Document]] = [(by_place[place]["_id"], {}) for place in decided.gone]
        levels_held = held_after(tip, [new.standing.governing for new in decided.new])
        levels_held = shown_otherwise(levels_held, {row["_id"]: row for row in rows}, changes)
        plan = Plan(tuple(mongo_rows.row_of(new, n) for new in decided.new), (*changes, *removals))
        entry = LogEntry(collection, n, name, decided.head, held=levels_held, changed=n)
        if (yield from mongo_commit.commit(tip, entry, plan)):
            return decided


def _versions(collection: str, ids: tuple[str, ...]) -> Generator[Step, Any, dict[str, list[Document]]]:
    """The rows of these ids in the collection, without bodies, oldest version first."""
    rows: list[Document] = yield LookUp(ids)
    by_id: dict[str, list[Document]] = {}
    for row in rows:
        if row["coll"] == collection:
            by_id.setdefault(row["id"], []).append(row)
    for versions in by_id.values():
        versions.sort(key=lambda row: int(row["version"]))
    return by_id


def _levelled(row: Document, level: RecordLevel | None) -> tuple[int, str]:
    return (row["level"], row["source"]) if level is None else (level.level, level.source)
