"""How `hub init` upgrades a MongoDB store of an earlier format; no hub may run on it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from pymongo import UpdateOne

from hub.stix.references import references_in
from hub.stix.values import marks_in
from hub.store import histories
from hub.store.mongo import commit as mongo_commit
from hub.store.mongo import operations as mongo_operations
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.operations import AT_ONCE, Operations
from hub.store.mongo.rows import Document
from hub.store.mongo.steps import NO_RECORDS, LogEntry, ReadPlan, ReadTip
from hub.store.records import HIDDEN, NO_LEVEL, UNKNOWN_SOURCE, Standing

_OLD_EVERYTHING: Final = 3 * NO_LEVEL - 1  # the code in `views` of every record up to format 2


def upgrade(number: int, operations: Operations) -> None:
    """Bring a store of that format up to the current one. May be interrupted, and run again."""
    for step in _STEPS[number - 1 :]:
        step(operations)


def _count_records(operations: Operations) -> None:
    """From format 1 to 2: the entries of the log contain the number of records of each level."""
    for collection in _collections(operations):
        entries_without_counts = {"coll": collection, "held": {"$exists": False}}
        change = {"$set": {"held": list(NO_RECORDS)}}
        operations.database.log.update_many(entries_without_counts, change, session=operations.session)
        _finish(operations, collection)
        _count(operations, collection, "level", _OLD_EVERYTHING)


def _add_governing_levels(operations: Operations) -> None:
    """From format 2 to 3: a newer version governs the older ones, and records contain their references (law L5)."""
    for collection in _collections(operations):
        _finish(operations, collection)
        for documents in _versions_by_id(operations, collection):
            changes = [
                UpdateOne({"_id": row["_id"], "coll": collection}, _governing_fields(row, standing))
                for rows in documents
                for row, standing in zip(rows, _standings(rows), strict=True)
                if "governing" not in row
            ]
            if changes:
                operations.database.objects.bulk_write(changes, session=operations.session)
        _count(operations, collection, "governing", mongo_rows.EVERYTHING)


def _require_trail(_operations: Operations) -> None:
    """From format 3 to 4: every change has an entry in the audit trail, which `MongoTrail.begin` begins afterwards.

    Only the number changes, so that a hub that writes no entries refuses the store.
    """


def _add_codes_of_pending_records(operations: Operations) -> None:
    """From format 4 to 5: records of unknown level and hidden records have a code in `views`."""
    for field, value, code in (
        ("source", UNKNOWN_SOURCE, mongo_rows.OF_UNKNOWN_LEVEL),
        ("level", HIDDEN, mongo_rows.OF_HIDDEN_LEVEL),
    ):
        change = {"$addToSet": {"views": code}}
        operations.database.objects.update_many({field: value}, change, session=operations.session)


def _add_marks(operations: Operations) -> None:
    """From format 5 to 6: records have marks, by which lookups find the values in them."""
    for collection in _collections(operations):
        _finish(operations, collection)
        after = 0
        while True:
            criteria = {"coll": collection, "views": mongo_rows.EVERYTHING, "place": {"$gt": after}}
            rows = mongo_operations.first_records(criteria, operations)
            if not rows:
                break
            keys_and_marks = ((row["_id"], marks_in(row["body"])) for row in rows)
            changes = [
                UpdateOne({"_id": key, "coll": collection}, {"$set": {"marks": list(marks)}})
                for key, marks in keys_and_marks
                if marks
            ]
            if changes:
                operations.database.objects.bulk_write(changes, session=operations.session)
            after = rows[-1]["place"]


def _add_notes(operations: Operations) -> None:
    """From format 6 to 7: a change contains the content of its entry in the audit trail until the entry is written.

    Unfinished changes of older hubs have no such note; verification reports them as before.
    """
    for collection in _collections(operations):
        _finish(operations, collection)
    change = {"$set": {"change": "", "changed_at": 0, "noted": True}}
    operations.database.accounts.update_many({"noted": {"$exists": False}}, change, session=operations.session)


_STEPS: Final[tuple[Callable[[Operations], None], ...]] = (
    _count_records,
    _add_governing_levels,
    _require_trail,
    _add_codes_of_pending_records,
    _add_marks,
    _add_notes,
)


def _standings(rows: Sequence[Document]) -> list[Standing]:
    return histories.compute_standings([mongo_rows.version_of(row) for row in rows])


def _governing_fields(row: Mapping[str, Any], standing: Standing) -> Document:
    refs = references_in(row["body"])
    fields: Document = {
        "source": UNKNOWN_SOURCE,
        "reached": row["level"],
        "names": list(refs.named_ids),
        "contains": list(refs.contained_ids),
        "describes": refs.described_id,
        "governing": standing.governing,
        "newest": standing.newest,
        "preceded": standing.preceding_level,
        "withdrawn": standing.withdrawn,
        "views": mongo_rows.views(standing, row["level"], UNKNOWN_SOURCE),
    }
    if words := mongo_rows.mentions({**row, **fields}):
        fields["mentions"] = words
    return {"$set": fields, "$unset": {"superseded": ""}}


def _versions_by_id(operations: Operations, collection: str) -> Iterator[list[list[Document]]]:
    """The records of a collection, grouped by id, oldest version first; one operation reads many ids."""
    after = ""
    while True:
        criteria = {"coll": collection, "id": {"$gt": after}}
        documents = operations.database.objects.find(criteria, {"id": 1}, session=operations.session).sort("id", 1)
        ids = list(dict.fromkeys(row["id"] for row in documents.limit(AT_ONCE)))
        if not ids:
            return
        whole = {"coll": collection, "id": {"$in": ids}}
        rows: dict[str, list[Document]] = {}
        for row in operations.database.objects.find(whole, session=operations.session):
            rows.setdefault(row["id"], []).append(row)
        yield [sorted(versions, key=lambda row: int(row["version"])) for versions in rows.values()]
        after = ids[-1]


def _collections(operations: Operations) -> list[str]:
    collections: list[str] = operations.database.log.distinct("coll", session=operations.session)
    return collections


def _finish(operations: Operations, collection: str) -> None:
    """Carry out the newest commit if its writer died before it finished."""
    tips: list[LogEntry] = operations.take(ReadTip(collection))
    tip = tips[0]
    if (plan := operations.take(ReadPlan(collection, tip.n))) is not None:
        steps = mongo_commit.carry_out(tip, plan)
        with suppress(StopIteration):
            step = next(steps)
            while True:
                step = steps.send(operations.take(step))


def _count(operations: Operations, collection: str, field: str, code: int) -> None:
    counts = [0] * (NO_LEVEL + 1)  # the last one is for hidden records
    criteria = {"coll": collection, "views": code}
    for row in operations.database.objects.find(criteria, {field: 1}, session=operations.session):
        counts[row[field]] += 1
    tips: list[LogEntry] = operations.take(ReadTip(collection))
    newest = {"_id": mongo_rows.entry_id(collection, tips[0].n), "coll": collection}
    operations.database.log.update_one(newest, {"$set": {"held": counts[:NO_LEVEL]}}, session=operations.session)
