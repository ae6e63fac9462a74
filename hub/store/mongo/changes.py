"""Changes to records that are held in MongoDB: new levels, what the operator releases, deletions. In steps, no I/O here."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.store import deletion, hidden, histories, trail
from hub.store.base import Deletion
from hub.store.chain import Act
from hub.store.mongo import commit as mongo_commit
from hub.store.mongo import notes as mongo_notes
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.commit import held_after, shown_otherwise
from hub.store.mongo.rows import Document
from hub.store.mongo.steps import LogEntry, LookUp, Note, Plan, ReadBodies, Step
from hub.store.query import EVERY
from hub.store.records import NO_LEVEL, RecordLevel
from hub.taxii.filters import VersionMatch


def set_levels(
    collection: str, levels: Sequence[RecordLevel], name: str, now: Callable[[], int]
) -> Generator[Step, Any, None]:
    """Give records these levels, and all versions of their ids the standing that follows."""
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
            return
        by_key = {row["_id"]: row for versions in rows.values() for row in versions}
        levels_held = shown_otherwise(tip.held, by_key, touches.items())
        plan = Plan(touches=tuple(touches.items()), note=Note(trail.change_act(collection, None), now()))
        n = tip.n + 1
        entry = LogEntry(collection, n, name, tip.place, held=levels_held, changed=n)
        if (yield from mongo_commit.commit(tip, entry, plan)):
            return


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
        note = Note(trail.change_act(collection, decided.head if decided.new else None), now())
        plan = Plan(tuple(mongo_rows.row_of(new, n) for new in decided.new), (*changes, *removals), note=note)
        entry = LogEntry(collection, n, name, decided.head, held=levels_held, changed=n)
        if (yield from mongo_commit.commit(tip, entry, plan)):
            return decided


@dataclass(frozen=True, slots=True)
class Removal:
    """What is to be deleted: a publisher's part in some versions, or (publisher None) every record of the id."""

    collection: str
    object_id: str
    publisher: str | None
    act: Act  # what the audit trail will say, without seals and head
    clearance: int = NO_LEVEL - 1
    versions: VersionMatch = EVERY


@dataclass(frozen=True, slots=True)
class Removed:
    """What a deletion came to."""

    verdict: Deletion
    count: int  # of the records that went for good


def remove(removal: Removal, name: str, now: Callable[[], int]) -> Generator[Step, Any, Removed]:
    """The whole way of a deletion."""
    while True:
        tip = yield from mongo_commit.finished_tip(removal.collection)
        mongo_commit.refuse_while_restoring(tip)
        rows = (yield from _versions(removal.collection, (removal.object_id,))).get(removal.object_id, [])
        asked = [
            mongo_rows.held_of(row)
            for row in rows
            if removal.publisher is None or mongo_rows.is_asked_for(row, removal.versions, removal.clearance)
        ]
        if removal.publisher is None:
            withdrawn = deletion.Withdrawn(Deletion.DELETED, gone=[row.key for row in asked])
        else:
            withdrawn = deletion.withdraw(asked, removal.publisher)
        decided = yield from _take_out(rows, withdrawn, tip.place, now())
        if decided is None:
            continue  # one was deleted meanwhile: the tip has moved on
        if not (withdrawn.gone or withdrawn.left):
            if (yield from mongo_commit.is_still(tip)):
                if removal.publisher is None:  # that there was nothing to purge is noted, too
                    yield from mongo_notes.add_entry(removal.act, now(), name)
                return Removed(withdrawn.verdict, 0)
            continue
        n = tip.n + 1
        changes = _withdrawal_changes(rows, withdrawn, decided)
        by_place = {row["place"]: row for row in rows}
        counts = held_after(tip, [by_place[place]["governing"] for place in decided.gone], -1)
        counts = held_after(replace(tip, held=counts), [new.standing.governing for new in decided.new])
        counts = shown_otherwise(counts, {row["_id"]: row for row in rows}, changes)
        removals: list[tuple[str, Document]] = [(by_place[place]["_id"], {}) for place in decided.gone]
        note = Note(replace(removal.act, head=decided.head if decided.new else None), now())
        # those that stay come first: never is neither to be seen
        plan = Plan(tuple(mongo_rows.row_of(new, n) for new in decided.new), (*changes, *removals), note=note)
        entry = LogEntry(removal.collection, n, name, decided.head, held=counts, changed=n)
        if (yield from mongo_commit.commit(tip, entry, plan)):
            return Removed(withdrawn.verdict, len(withdrawn.gone))


def _take_out(
    rows: Sequence[Document], withdrawn: deletion.Withdrawn, head: int, now: int
) -> Generator[Step, Any, hidden.Decided | None]:
    """Where the versions stand that stay; bodies are read where some get new places. None: one is not there any more."""
    gone = {mongo_rows.place_of(key) for key in withdrawn.gone}
    after = [{**row, "publishers": withdrawn.left.get(row["_id"], row["publishers"])} for row in rows]
    decided = hidden.take_out([mongo_rows.record_of({**row, "body": b""}) for row in after], gone, head, now)
    if not decided.new:
        return decided
    bodies: dict[str, bytes] = yield ReadBodies(tuple(row["_id"] for row in rows))
    if len(bodies) < len(rows):
        return None
    records = [mongo_rows.record_of({**row, "body": bodies[row["_id"]]}) for row in after]
    return hidden.take_out(records, gone, head, now)


def _withdrawal_changes(
    rows: Sequence[Document], withdrawn: deletion.Withdrawn, decided: hidden.Decided
) -> list[tuple[str, Document]]:
    """What changes in the rows that stay at their places."""
    touches: dict[str, Document] = {}
    for row in rows:
        if (change := decided.changes.get(row["place"])) is not None:
            touches[row["_id"]] = mongo_rows.row_change(row, change)
        publishers = withdrawn.left.get(row["_id"])
        if publishers is not None and row["place"] not in decided.gone:
            update = touches.setdefault(row["_id"], {})
            update |= mongo_rows.publishers_change(row | update, publishers)
    return list(touches.items())


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
