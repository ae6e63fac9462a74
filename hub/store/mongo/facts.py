"""Facts in MongoDB: one document for each fact, `{_id: "kind key", kind, key, value, number}`.

A number to which several processes add is stored as documents with a turn, in `_id` and as `turn`; the document of the
highest turn is the fact. Each addition inserts the turn after the one that it read, so only one of two writers that read
the same turn succeeds. Then the writer removes the older turns. A slow writer may insert a turn that another writer has
already inserted and removed: the highest turn does not list its addition, so it tries again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bson import ObjectId
from pymongo import errors as mongo_errors

from hub.errors import StoreUnavailableError
from hub.store.mongo.operations import Operations
from hub.store.records import Fact, add_numbers

# A fact gets its number before it is written, so a reader may miss one: it gets this many earlier facts again.
REPEATED_FACTS: Final = 200
_TRIES: Final = 100  # for one addition, while others add to the same fact
_LISTED_ADDITIONS: Final = 64  # in a turn: enough for additions by others between an insert and the check after it


def put_facts(operations: Operations, kind: str, facts: Mapping[str, bytes], drop: Iterable[str]) -> None:
    """See `Store.put_facts`. Writes before it removes, so that no fact is missing before its replacement exists."""
    first = _reserve_numbers(operations, len(facts))
    for number, (key, value) in enumerate(facts.items(), first):
        row = {"_id": f"{kind} {key}", "kind": kind, "key": key, "value": value, "number": number}
        operations.database.facts.replace_one({"_id": row["_id"]}, row, upsert=True, session=operations.session)
    for key in drop:
        operations.database.facts.delete_one({"_id": f"{kind} {key}"}, session=operations.session)


def add_to_facts(operations: Operations, kind: str, numbers: Mapping[str, Sequence[int]]) -> None:
    """See `Store.add_to_facts`."""
    for key, added_numbers in numbers.items():
        for _ in range(_TRIES):
            if _try_to_add(operations, kind, key, added_numbers):
                break
        else:
            raise StoreUnavailableError(
                "the store is busy: too many processes write the same fact; try again in a moment"
            )


def _try_to_add(operations: Operations, kind: str, key: str, numbers: Sequence[int]) -> bool:
    """Try to add once; False if another addition came first."""
    facts, session = operations.database.facts, operations.session
    rows = list(facts.find({"kind": kind, "key": key}, session=session))
    last = max(rows, key=_turn, default=None)
    turn = 1 if last is None else _turn(last) + 1
    value = add_numbers(None if last is None else Fact(last["number"], key, last["value"]), numbers)
    addition = ObjectId()
    additions = [addition, *([] if last is None else last.get("additions", []))][:_LISTED_ADDITIONS]
    new: dict[str, Any] = {
        "_id": f"{kind} {key} {turn}",
        "kind": kind,
        "key": key,
        "value": value,
        "turn": turn,
        "additions": additions,
    }
    try:
        facts.insert_one({**new, "number": _reserve_numbers(operations, 1)}, session=session)
    except mongo_errors.DuplicateKeyError:
        return False
    highest = max(facts.find({"kind": kind, "key": key}, session=session), key=_turn, default=new)
    is_counted = addition in highest.get("additions", [])
    obsolete_ids = [row["_id"] for row in rows] if is_counted else [new["_id"]]
    facts.delete_many({"_id": {"$in": obsolete_ids}}, session=session)
    return is_counted


def _turn(row: Mapping[str, Any]) -> int:
    return int(row.get("turn", 0))


def _reserve_numbers(operations: Operations, count: int) -> int:
    """Reserve `count` numbers of facts, and return the first."""
    counter = operations.database.meta.find_one_and_update(
        {"_id": "facts"}, {"$inc": {"value": count}}, upsert=True, return_document=True, session=operations.session
    )
    assert counter is not None  # because of upsert
    return int(counter["value"]) - count + 1


def read_facts(operations: Operations, kind: str, since: int) -> list[Fact]:
    """The facts of that kind after that number, and some before it (see REPEATED_FACTS), by number."""
    criteria = {"kind": kind, "number": {"$gt": max(0, since - REPEATED_FACTS)}}
    rows = list(operations.database.facts.find(criteria, session=operations.session).sort("number", 1))
    last = {row["key"]: row["_id"] for row in sorted(rows, key=_turn)}
    return [Fact(row["number"], row["key"], row["value"]) for row in rows if last[row["key"]] == row["_id"]]
