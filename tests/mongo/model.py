"""A model of a replica set for the simulation of the commit protocol: what is written, what a majority has, what is lost.

Not a stand-in for MongoDB in tests of the store, which run against a real server: here the protocol's steps meet faults
that no server can be brought to on command, in every order that a seed or a plan asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import Any, Final

from hub.store.chain import TrailEntry, TrailHead
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo import steps

TRAIL_KEY: Final = bytes(range(32))
Key = tuple[str, str]  # (kind, key)
Value = Mapping[str, Any]


class LostError(Exception):
    """The answer did not come: the step may have been done, done in part, or undone by a rollback."""


class Guards:
    """What the server and the operations promise. A test removes one, and the simulation must find a broken law."""

    unique_entries = True  # an entry is inserted only where its key is free
    rows_left_alone = True  # inserting a row that is there changes nothing
    guarded_touches = True  # a row that a later commit wrote is not touched
    seats_stay_taken = True  # a deleted row leaves its key behind
    unique_numbers = True  # an entry of the audit trail is inserted only where its number is free
    majority_writes = True


class Model:
    """The primary's documents, and what a majority of the set has of them."""

    def __init__(self, guards: type[Guards] = Guards) -> None:
        self.guards = guards
        self.local: dict[Key, Value] = {}
        self.durable: dict[Key, Value] = {}
        self.oplog: list[tuple[Key, Value | None]] = []  # what the primary wrote and a majority has not
        self.acknowledged = 0  # operations that a majority has
        self.term = 0  # goes up with each rollback
        self.committed: dict[tuple[str, int], tuple[steps.LogEntry, steps.Plan]] = {}

    def write(self, key: Key, value: Value | None) -> None:
        """The primary writes a document, or (None) removes it."""
        self.oplog.append((key, value))
        _apply(self.local, key, value)

    def replicate(self) -> None:
        """A majority has all that the primary wrote so far."""
        for key, value in self.oplog:
            _apply(self.durable, key, value)
            if key[0] == "log" and value is not None:
                self._note_commit(value)
        self.acknowledged += len(self.oplog)
        self.oplog.clear()

    def roll_back(self) -> None:
        """The primary steps down before a majority had its last writes; the next one does not have them."""
        self.oplog.clear()
        self.local = dict(self.durable)
        self.term += 1

    def _note_commit(self, value: Value) -> None:
        entry: steps.LogEntry = value["entry"]
        newest = max((n for collection, n in self.committed if collection == entry.collection), default=0)
        # an entry in a number that was tidied away is none: step 4 tells its writer so
        if entry.n == newest + 1:
            self.committed[entry.collection, entry.n] = (entry, value["plan"])

    def of(self, kind: str) -> list[Value]:
        """All documents of a kind, by key."""
        return [value for (which, _), value in sorted(self.durable.items()) if which == kind]

    def trail(self) -> list[TrailEntry]:
        """The entries of the audit trail."""
        return [value["trail entry"] for value in self.of("trail")]

    def rows(self, collection: str) -> list[Value]:
        """All rows of a collection that hold a record, in place order."""
        documents = (row for row in self.of("rows") if row["coll"] == collection and "views" in row)
        return sorted(documents, key=lambda row: int(row["place"]))


def _apply(documents: dict[Key, Value], key: Key, value: Value | None) -> None:
    if value is None:
        documents.pop(key, None)
    else:
        documents[key] = value


Performing = Generator[None, None, Any]


def perform(model: Model, step: steps.Step) -> Performing:
    """Do a step; each `yield` is a moment at which anything else may happen. LostError where a rollback undid it."""
    match step:
        case (
            steps.ReadTip()
            | steps.ReadEntry()
            | steps.ReadPlan()
            | steps.ReadIntents()
            | steps.LookUp()
            | steps.ReadBodies()
            | steps.FindMentions()
            | steps.ReadRange()
            | steps.ReadTrailKey()
            | steps.ReadTrailEnd()
            | steps.IsNoted()
            | steps.ReadRows()
        ):
            yield
            return (yield from _read(model, step))
        case steps.HoldsAny():
            yield
            return bool(model.rows(step.collection))
        case steps.FindTakenKeys():
            yield
            return {key for key in step.keys if ("rows", key) in model.durable}
        case steps.Wait():
            yield
            return None
        case _:
            term = model.term
            answer: Any = None
            for write in _writes(model, step):
                yield
                answer = write() or answer
            # the answer comes when a majority has it, also where nothing had to be written
            mark = model.acknowledged + len(model.oplog)
            while model.guards.majority_writes and model.term == term and model.acknowledged < mark:
                yield
            if model.guards.majority_writes and model.term != term:
                raise LostError
            if isinstance(step, steps.Insert | steps.AddEntry):
                return (yield from _winner(model, step, answer))
            return answer


def _winner(model: Model, step: steps.Insert | steps.AddEntry, name: str) -> Performing:
    """The name under which the key is stored, read again where it is another's."""
    if name == (step.entry.batch if isinstance(step, steps.Insert) else step.name):
        return name
    yield
    if isinstance(step, steps.Insert):
        present = model.durable.get(("log", _entry_key(step.entry.collection, step.entry.n)))
        return "" if present is None else present["entry"].batch
    present = model.durable.get(("trail", _number_key(step.entry.number)))
    return "" if present is None else present["name"]


def _read(model: Model, step: steps.Step) -> Performing:  # noqa: C901, PLR0912 - a table, as `_writes`
    match step:
        case steps.ReadTip():
            entries = [value for value in model.of("log") if value["entry"].collection == step.collection]
            return [_entry(value) for value in entries[:-3:-1]]
        case steps.ReadEntry():
            value = model.durable.get(("log", _entry_key(step.collection, step.n)))
            return None if value is None else _entry(value)
        case steps.ReadPlan():
            value = model.durable.get(("log", _entry_key(step.collection, step.n)))
            return None if value is None or value["done"] else value["plan"]
        case steps.ReadIntents():
            return [value["intent"] for value in model.of("intents")]
        case steps.LookUp():
            documents: list[Value] = []
            for object_id in step.ids:
                yield  # a look-up is no snapshot
                documents += [dict(row) for row in model.of("rows") if row.get("id") == object_id]
            words = set(map(mongo_rows.description, step.described))
            documents += [dict(row) for row in model.of("rows") if words.intersection(row.get("mentions", ()))]
            return documents
        case steps.ReadBodies():
            seats = (model.durable.get(("rows", key)) for key in step.keys)
            return {row["_id"]: row["body"] for row in seats if row is not None and "body" in row}
        case steps.ReadTrailKey():
            return TRAIL_KEY
        case steps.ReadTrailEnd():
            entries_there = model.trail()
            return TrailHead(entries_there[-1].number, entries_there[-1].link) if entries_there else TrailHead()
        case steps.IsNoted():
            return any(value["name"] == step.name for value in model.of("trail"))
        case steps.ReadRows():
            whole: list[Value] = []
            for key in step.keys:
                yield  # nor is this one
                row = model.durable.get(("rows", key))
                if row is not None and "body" in row:
                    whole.append(row)
            return whole
        case steps.FindMentions():
            found_rows: dict[str, Value] = {}
            for mention in step.mentions:
                yield  # nor is this one
                bearing = [r for r in model.of("rows") if mention in r.get("mentions", ())]
                bearing = [r for r in bearing if r["_id"] not in step.excluded_keys]
                if bearing:
                    pick = max if step.highest else min
                    found_rows[mention] = pick(bearing, key=lambda row: int(row["governing"]))
            return found_rows
        case steps.ReadRange():
            query = step.query
            present: list[Value] = []
            after = query.after
            while True:
                rows = [row for row in model.rows(query.collection) if after < row["place"] <= step.upto]
                following = next((row for row in rows if _matches(row, query)), None)
                if following is None:
                    return present, False
                if len(present) == query.limit:
                    return present, True
                present.append(following)
                after = following["place"]
                yield  # nor is a range
        case _:
            raise AssertionError(step)


def _matches(row: Value, query: Any) -> bool:
    return (not query.ids or row["id"] in query.ids) and mongo_rows.matches(row, query.versions, query.clearance)


def _writes(model: Model, step: steps.Step) -> list[Callable[[], Any]]:  # noqa: C901 - a table, a line per step
    """The single-document writes of a step: each is atomic, between any two of them something else may happen."""
    match step:
        case steps.Announce():
            return [partial(_insert, model, ("intents", step.intent.key), {"intent": step.intent})]
        case steps.Retract():
            return [partial(model.write, ("intents", step.key), None)]
        case steps.Insert():
            return [partial(_insert_entry, model, step)]
        case steps.InsertRows():
            return [partial(_insert, model, ("rows", row["_id"]), row) for row in step.rows]
        case steps.KeepStatuses():
            return [partial(_insert, model, ("statuses", document["_id"]), document) for document in step.statuses]
        case steps.Show():
            return [partial(_mark, model, step.collection, step.n, {"visible": True})]
        case steps.Finish():
            return [partial(_mark, model, step.collection, step.n, {"visible": True, "done": True})]
        case steps.Touch():
            return [partial(_touch, model, step, key, fields) for key, fields in step.touches]
        case steps.Tidy():
            entries = [value["entry"] for value in model.local.values() if "entry" in value]
            old = [entry for entry in entries if entry.collection == step.collection and entry.n < step.below]
            return [partial(model.write, ("log", _entry_key(entry.collection, entry.n)), None) for entry in old]
        case steps.AddEntry():
            return [partial(_add_entry, model, step)]
        case steps.Wipe():
            rows = [key for key, value in model.local.items() if key[0] == "rows" and value["coll"] == step.collection]
            return [partial(model.write, key, None) for key in rows]
        case _:
            raise AssertionError(step)


def _entry_key(collection: str, n: int) -> str:
    return mongo_rows.entry_id(collection, n)


def _number_key(number: int) -> str:
    return f"{number:015d}"


def _entry(value: Value) -> steps.LogEntry:
    entry: steps.LogEntry = value["entry"]
    return steps.LogEntry(
        entry.collection,
        entry.n,
        entry.batch,
        entry.place,
        value["visible"],
        value["done"],
        entry.restoring,
        entry.counts,
        entry.changed,
    )


def _insert(model: Model, key: Key, value: Value) -> None:
    if key not in model.local or not (model.guards.rows_left_alone or key[0] != "rows"):
        model.write(key, value)


def _insert_entry(model: Model, step: steps.Insert) -> str:
    key = ("log", _entry_key(step.entry.collection, step.entry.n))
    if key in model.local and model.guards.unique_entries:
        entry: steps.LogEntry = model.local[key]["entry"]
        return entry.batch
    entry = step.entry
    model.write(key, {"entry": entry, "plan": step.plan, "visible": entry.visible, "done": entry.done})
    return entry.batch


def _add_entry(model: Model, step: steps.AddEntry) -> str:
    key = ("trail", _number_key(step.entry.number))
    if key in model.local and model.guards.unique_numbers:
        name: str = model.local[key]["name"]
        return name
    model.write(key, {"trail entry": step.entry, "name": step.name})
    return step.name


def _mark(model: Model, collection: str, n: int, marks: Mapping[str, bool]) -> None:
    key = ("log", _entry_key(collection, n))
    if key in model.local:
        model.write(key, {**model.local[key], **marks})


def _touch(model: Model, step: steps.Touch, key: str, fields: Value) -> None:
    row = model.local.get(("rows", key))
    if row is None:
        return
    if row["n"] >= step.n and model.guards.guarded_touches:
        return
    if fields:
        model.write(("rows", key), {**row, **fields, "n": step.n})
    elif model.guards.seats_stay_taken:
        model.write(("rows", key), {"_id": key, "coll": step.collection, "n": step.n})
    else:
        model.write(("rows", key), None)
