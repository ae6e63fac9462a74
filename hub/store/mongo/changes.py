"""Changes to records in MongoDB: new levels, the operator's decisions, deletions. As steps, no I/O here."""

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
from hub.store.mongo.commit import counts_after, counts_with_changes
from hub.store.mongo.rows import Document
from hub.store.mongo.steps import LogEntry, LookUp, Note, Plan, ReadBodies, Step
from hub.store.query import EVERY
from hub.store.records import NO_LEVEL, RecordLevel
from hub.taxii.filters import VersionMatch


def set_levels(
    collection: str, levels: Sequence[RecordLevel], name: str, now: Callable[[], int]
) -> Generator[Step, Any, None]:
    """Give records these levels, and update the standing of all versions of their ids."""
    new_levels = {mongo_rows.row_id(collection, level.place): level for level in levels}
    ids = tuple(sorted({level.id for level in levels}))
    while True:
        tip = yield from mongo_commit.finished_tip(collection)
        mongo_commit.refuse_while_restoring(tip)
        rows = yield from _versions(collection, ids)
        touches: dict[str, Document] = {}
        for versions in rows.values():
            updates = [_new_level(row, new_levels.get(row["_id"])) for row in versions]
            standings = histories.compute_standings(
                [
                    mongo_rows.version_of({**row, "level": level})
                    for row, (level, _) in zip(versions, updates, strict=True)
                ]
            )
            for row, (level, source), standing in zip(versions, updates, standings, strict=True):
                if (level, source) != (row["level"], row["source"]) or standing != mongo_rows.standing_of(row):
                    change = histories.RowChange(level, source, min(row["reached"], standing.governing), standing)
                    touches[row["_id"]] = mongo_rows.row_change(row, change)
        if not touches:
            return
        by_key = {row["_id"]: row for versions in rows.values() for row in versions}
        counts = counts_with_changes(tip.counts, by_key, touches.items())
        plan = Plan(touches=tuple(touches.items()), note=Note(trail.change_act(collection, None), now()))
        n = tip.n + 1
        entry = LogEntry(collection, n, name, tip.place, counts=counts, changed=n)
        if (yield from mongo_commit.commit(tip, entry, plan)):
            return


def decide(
    collection: str, object_id: str, level: int | None, name: str, now: Callable[[], int]
) -> Generator[Step, Any, hidden.LineEffect]:
    """Give the hidden records of the id this level, or remove them; return the effect."""
    while True:
        tip = yield from mongo_commit.finished_tip(collection)
        mongo_commit.refuse_while_restoring(tip)
        rows = (yield from _versions(collection, (object_id,))).get(object_id, [])
        bodies: dict[str, bytes] = (yield ReadBodies(tuple(row["_id"] for row in rows))) if rows else {}
        if len(bodies) < len(rows):
            continue  # a record was deleted meanwhile, so there is a newer tip
        records = [mongo_rows.record_of({**row, "body": bodies[row["_id"]]}) for row in rows]
        effect = hidden.decide(records, level, tip.place, now())
        if not effect.hidden_count:
            return effect
        n = tip.n + 1
        by_place = {row["place"]: row for row in rows}
        changes = [
            (by_place[place]["_id"], mongo_rows.row_change(by_place[place], change))
            for place, change in effect.changes.items()
        ]
        removals: list[tuple[str, Document]] = [(by_place[place]["_id"], {}) for place in effect.removed_places]
        counts = counts_after(tip.counts, [new.standing.governing for new in effect.new_records])
        counts = counts_with_changes(counts, {row["_id"]: row for row in rows}, changes)
        note = Note(trail.change_act(collection, effect.head if effect.new_records else None), now())
        plan = Plan(tuple(mongo_rows.row_of(new, n) for new in effect.new_records), (*changes, *removals), note=note)
        entry = LogEntry(collection, n, name, effect.head, counts=counts, changed=n)
        if (yield from mongo_commit.commit(tip, entry, plan)):
            return effect


@dataclass(frozen=True, slots=True)
class Removal:
    """A deletion to carry out: of a publisher's part in some versions, or (publisher None) of every record of the id."""

    collection: str
    object_id: str
    publisher: str | None
    act: Act  # for the audit trail, without seals and head
    clearance: int = NO_LEVEL - 1
    versions: VersionMatch = EVERY


@dataclass(frozen=True, slots=True)
class RemovalResult:
    """The result of a deletion."""

    verdict: Deletion
    count: int  # of removed records


def remove(removal: Removal, name: str, now: Callable[[], int]) -> Generator[Step, Any, RemovalResult]:
    """Carry out a deletion."""
    while True:
        tip = yield from mongo_commit.finished_tip(removal.collection)
        mongo_commit.refuse_while_restoring(tip)
        rows = (yield from _versions(removal.collection, (removal.object_id,))).get(removal.object_id, [])
        versions_to_delete = [
            mongo_rows.held_version_of(row)
            for row in rows
            if removal.publisher is None or mongo_rows.matches(row, removal.versions, removal.clearance)
        ]
        if removal.publisher is None:
            removed_keys = [row.key for row in versions_to_delete]
            effect = deletion.DeletionEffect(Deletion.DELETED, removed_keys=removed_keys)
        else:
            effect = deletion.remove_publisher(versions_to_delete, removal.publisher)
        line_effect = yield from _line_effect(rows, effect, tip.place, now())
        if line_effect is None:
            continue  # a record was deleted meanwhile, so there is a newer tip
        if not (effect.removed_keys or effect.remaining_publishers):
            if (yield from mongo_commit.is_still_tip(tip)):
                if removal.publisher is None:  # the trail also records a purge that found nothing
                    yield from mongo_notes.add_entry(removal.act, now(), name)
                return RemovalResult(effect.verdict, 0)
            continue
        n = tip.n + 1
        changes = _deletion_changes(rows, effect, line_effect)
        by_place = {row["place"]: row for row in rows}
        counts = counts_after(tip.counts, [by_place[place]["governing"] for place in line_effect.removed_places], -1)
        counts = counts_after(counts, [new.standing.governing for new in line_effect.new_records])
        counts = counts_with_changes(counts, {row["_id"]: row for row in rows}, changes)
        removals: list[tuple[str, Document]] = [(by_place[place]["_id"], {}) for place in line_effect.removed_places]
        note = Note(replace(removal.act, head=line_effect.head if line_effect.new_records else None), now())
        # changes come before removals, so that at every moment a reader sees the old or the new newest version
        new_rows = tuple(mongo_rows.row_of(new, n) for new in line_effect.new_records)
        plan = Plan(new_rows, (*changes, *removals), note=note)
        entry = LogEntry(removal.collection, n, name, line_effect.head, counts=counts, changed=n)
        if (yield from mongo_commit.commit(tip, entry, plan)):
            return RemovalResult(effect.verdict, len(effect.removed_keys))


def _line_effect(
    rows: Sequence[Document], effect: deletion.DeletionEffect, head: int, now: int
) -> Generator[Step, Any, hidden.LineEffect | None]:
    """The effect on the remaining versions; reads bodies only if some get new places. None: a row no longer exists."""
    places = {mongo_rows.place_of(key) for key in effect.removed_keys}
    new_rows = [{**row, "publishers": effect.remaining_publishers.get(row["_id"], row["publishers"])} for row in rows]
    records = [mongo_rows.record_of({**row, "body": b""}) for row in new_rows]
    line_effect = hidden.remove_versions(records, places, head, now)
    if not line_effect.new_records:
        return line_effect
    bodies: dict[str, bytes] = yield ReadBodies(tuple(row["_id"] for row in rows))
    if len(bodies) < len(rows):
        return None
    records = [mongo_rows.record_of({**row, "body": bodies[row["_id"]]}) for row in new_rows]
    return hidden.remove_versions(records, places, head, now)


def _deletion_changes(
    rows: Sequence[Document], effect: deletion.DeletionEffect, line_effect: hidden.LineEffect
) -> list[tuple[str, Document]]:
    """The changes in rows that keep their places."""
    touches: dict[str, Document] = {}
    for row in rows:
        if (change := line_effect.changes.get(row["place"])) is not None:
            touches[row["_id"]] = mongo_rows.row_change(row, change)
        publishers = effect.remaining_publishers.get(row["_id"])
        if publishers is not None and row["place"] not in line_effect.removed_places:
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


def _new_level(row: Document, level: RecordLevel | None) -> tuple[int, str]:
    return (row["level"], row["source"]) if level is None else (level.level, level.source)
