"""Facts in MongoDB: one document a fact, `{_id: "kind key", kind, key, value, number}`.

Numbers that several processes add to are documents with a turn in `_id` and as `turn`, and the one of the highest turn is the
fact. Each addition inserts the turn after the one that it read, so that of two who read the same one succeeds: an insert
is all that this store counts on. Then it removes those before it. A writer that was slow may insert a turn that another has
inserted and removed since: its addition is not among those that the highest turn lists, and it tries again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bson import ObjectId
from pymongo import errors as mongo_errors

from hub.errors import StoreUnavailableError
from hub.store.mongo.operations import Operations
from hub.store.records import Fact, summed

AGAIN: Final = 200  # of the facts before the one that a reader has come to: numbers are given before the write
_TRIES: Final = 100  # of one addition, where others add to the same fact
_LISTED: Final = 64  # additions that a turn lists: those that others can make between one's insert and its look


def put(operations: Operations, kind: str, facts: Mapping[str, bytes], drop: Iterable[str]) -> None:
    """What is new first, so that nothing is gone before what takes its place is there."""
    first = _numbers(operations, len(facts))
    for number, (key, value) in enumerate(facts.items(), first):
        row = {"_id": f"{kind} {key}", "kind": kind, "key": key, "value": value, "number": number}
        operations.database.facts.replace_one({"_id": row["_id"]}, row, upsert=True, session=operations.session)
    for key in drop:
        operations.database.facts.delete_one({"_id": f"{kind} {key}"}, session=operations.session)


def add(operations: Operations, kind: str, numbers: Mapping[str, Sequence[int]]) -> None:
    """See `Store.add_to_facts`."""
    for key, more in numbers.items():
        for _ in range(_TRIES):
            if _added(operations, kind, key, more):
                break
        else:
            raise StoreUnavailableError("the store is busy: too many write the same note")


def _added(operations: Operations, kind: str, key: str, more: Sequence[int]) -> bool:
    """Try it once; False where another addition came first."""
    facts, session = operations.database.facts, operations.session
    rows = list(facts.find({"kind": kind, "key": key}, session=session))
    last = max(rows, key=_turn, default=None)
    turn = 1 if last is None else _turn(last) + 1
    value = summed(None if last is None else Fact(last["number"], key, last["value"]), more)
    addition = ObjectId()
    listed = [addition, *([] if last is None else last.get("additions", []))][:_LISTED]
    new: dict[str, Any] = {
        "_id": f"{kind} {key} {turn}",
        "kind": kind,
        "key": key,
        "value": value,
        "turn": turn,
        "additions": listed,
    }
    try:
        facts.insert_one({**new, "number": _numbers(operations, 1)}, session=session)
    except mongo_errors.DuplicateKeyError:
        return False
    highest = max(facts.find({"kind": kind, "key": key}, session=session), key=_turn, default=new)
    is_counted = addition in highest.get("additions", [])
    gone = [row["_id"] for row in rows] if is_counted else [new["_id"]]
    facts.delete_many({"_id": {"$in": gone}}, session=session)
    return is_counted


def _turn(row: Mapping[str, Any]) -> int:
    return int(row.get("turn", 0))


def _numbers(operations: Operations, count: int) -> int:
    """The first of so many numbers of facts."""
    counter = operations.database.meta.find_one_and_update(
        {"_id": "facts"}, {"$inc": {"value": count}}, upsert=True, return_document=True, session=operations.session
    )
    assert counter is not None  # it is made where it is missing
    return int(counter["value"]) - count + 1


def after(operations: Operations, kind: str, since: int) -> list[Fact]:
    """The facts of that kind after that number, and some before it, by number."""
    criteria = {"kind": kind, "number": {"$gt": max(0, since - AGAIN)}}
    rows = list(operations.database.facts.find(criteria, session=operations.session).sort("number", 1))
    last = {row["key"]: row["_id"] for row in sorted(rows, key=_turn)}
    return [Fact(row["number"], row["key"], row["value"]) for row in rows if last[row["key"]] == row["_id"]]
