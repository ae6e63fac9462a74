"""What `hub init` does to a MongoDB store of an earlier format; no hub may run on it meanwhile."""

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
from hub.store.mongo.steps import NOTHING_HELD, LogEntry, ReadPlan, ReadTip
from hub.store.records import HIDDEN, NO_LEVEL, UNKNOWN_SOURCE, Standing

_OLD_EVERYTHING: Final = 3 * NO_LEVEL - 1  # the code in `views` of every record there was, up to format 2


def upgrade(number: int, operations: Operations) -> None:
    """Bring a store of that format up to this one. May be broken off, and run again."""
    for step in _STEPS[number - 1 :]:
        step(operations)


def _count_what_is_held(operations: Operations) -> None:
    """From format 1 to 2: the entries of the log tell how many records of each level are held."""
    for collection in _collections(operations):
        lacking = {"coll": collection, "held": {"$exists": False}}
        change = {"$set": {"held": list(NOTHING_HELD)}}
        operations.database.log.update_many(lacking, change, session=operations.session)
        _finish(operations, collection)
        _count(operations, collection, "level", _OLD_EVERYTHING)


def _let_levels_govern(operations: Operations) -> None:
    """From format 2 to 3: a newer version governs the older ones, and records know their references (law L5)."""
    for collection in _collections(operations):
        _finish(operations, collection)
        for documents in _by_id(operations, collection):
            changes = [
                UpdateOne({"_id": row["_id"], "coll": collection}, _governed(row, standing))
                for rows in documents
                for row, standing in zip(rows, _standings(rows), strict=True)
                if "governing" not in row
            ]
            if changes:
                operations.database.objects.bulk_write(changes, session=operations.session)
        _count(operations, collection, "governing", mongo_rows.EVERYTHING)


def _leave_to_trail(_operations: Operations) -> None:
    """From format 3 to 4: every change has an entry in the audit trail, which `MongoTrail.begin` makes afterwards.

    The number alone changes, so that a hub that writes no entries refuses the store.
    """


def _mark_what_is_to_be_judged(operations: Operations) -> None:
    """From format 4 to 5: records of unknown level, and those that are hidden, are found by a code in `views`."""
    for field, value, code in (
        ("source", UNKNOWN_SOURCE, mongo_rows.OF_UNKNOWN_LEVEL),
        ("level", HIDDEN, mongo_rows.OF_HIDDEN_LEVEL),
    ):
        change = {"$addToSet": {"views": code}}
        operations.database.objects.update_many({field: value}, change, session=operations.session)


def _mark_values(operations: Operations) -> None:
    """From format 5 to 6: records are found by the values in them."""
    for collection in _collections(operations):
        _finish(operations, collection)
        after = 0
        while True:
            wanted = {"coll": collection, "views": mongo_rows.EVERYTHING, "place": {"$gt": after}}
            rows = mongo_operations.records_of(wanted, operations)
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


def _keep_notes(operations: Operations) -> None:
    """From format 6 to 7: a change keeps what its entry in the audit trail will say until that is written.

    What a dead writer of before left has no such note, and verification names it as it did.
    """
    for collection in _collections(operations):
        _finish(operations, collection)
    change = {"$set": {"change": "", "changed_at": 0, "noted": True}}
    operations.database.accounts.update_many({"noted": {"$exists": False}}, change, session=operations.session)


_STEPS: Final[tuple[Callable[[Operations], None], ...]] = (
    _count_what_is_held,
    _let_levels_govern,
    _leave_to_trail,
    _mark_what_is_to_be_judged,
    _mark_values,
    _keep_notes,
)


def _standings(rows: Sequence[Document]) -> list[Standing]:
    return histories.standings([mongo_rows.version_of(row) for row in rows])


def _governed(row: Mapping[str, Any], standing: Standing) -> Document:
    refs = references_in(row["body"])
    fields: Document = {
        "source": UNKNOWN_SOURCE,
        "reached": row["level"],
        "names": list(refs.names),
        "contains": list(refs.contains),
        "describes": refs.describes,
        "governing": standing.governing,
        "newest": standing.newest,
        "preceded": standing.preceded,
        "withdrawn": standing.withdrawn,
        "views": mongo_rows.views(standing, row["level"], UNKNOWN_SOURCE),
    }
    if words := mongo_rows.mentions({**row, **fields}):
        fields["mentions"] = words
    return {"$set": fields, "$unset": {"superseded": ""}}


def _by_id(operations: Operations, collection: str) -> Iterator[list[list[Document]]]:
    """The records of a collection, together for each id, oldest version first; as many ids at once as one operation."""
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
    """What a dead writer committed counts as well."""
    tips: list[LogEntry] = operations.take(ReadTip(collection))
    tip = tips[0]
    if (plan := operations.take(ReadPlan(collection, tip.n))) is not None:
        steps = mongo_commit.carry_out(tip, plan)
        with suppress(StopIteration):
            step = next(steps)
            while True:
                step = steps.send(operations.take(step))


def _count(operations: Operations, collection: str, field: str, code: int) -> None:
    counts = [0] * (NO_LEVEL + 1)  # the last for what is hidden
    criteria = {"coll": collection, "views": code}
    for row in operations.database.objects.find(criteria, {field: 1}, session=operations.session):
        counts[row[field]] += 1
    tips: list[LogEntry] = operations.take(ReadTip(collection))
    newest = {"_id": mongo_rows.entry_id(collection, tips[0].n), "coll": collection}
    operations.database.log.update_one(newest, {"$set": {"held": counts[:NO_LEVEL]}}, session=operations.session)
