"""The steps of `mongo_steps` as operations of MongoDB. Each is safe to repeat, since an answer may have been lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, assert_never

import orjson
from pymongo import ReplaceOne, UpdateOne
from pymongo import errors as mongo_errors
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database

from hub.errors import StoreError, StoreUnavailableError, TooLargeError
from hub.store.chain import Act, TrailEntry, TrailHead
from hub.store.line import scrub_id
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo import steps
from hub.store.mongo.link import DOCUMENT_BYTES, only_duplicates
from hub.store.mongo.rows import Document
from hub.store.records import Record, Status

AT_ONCE: Final = 1_000  # rows or ids per operation
BYTES_AT_ONCE: Final = 8 * 1024 * 1024  # of bodies in memory, and in a commit's plan
_Item = TypeVar("_Item", Record, Status)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TRAIL_KEY: Final = "trail key"
_NO_PLAN: Final = {"plan": 0}
_PAGE_FIELDS: Final = {"body": 1, "place": 1}
_MANIFEST_FIELDS: Final = {"id": 1, "place": 1, "version_text": 1, "governing": 1}
_STANDING_FIELDS: Final = {"place": 1, "governing": 1, "newest": 1, "preceded": 1, "withdrawn": 1}
_MENTION_FIELDS: Final = {"id": 1, "governing": 1, "mentions": 1}


@dataclass(frozen=True, slots=True)
class Operations:
    """One causal session with the hub's database: each step sees the effects of earlier steps, whichever server answers."""

    database: Database[Document]
    session: ClientSession
    status_milliseconds: int
    constants: dict[str, bytes] = field(default_factory=dict)  # cached values that never change

    def take(self, step: steps.Step) -> Any:  # noqa: C901, PLR0912 - a table, one line or two per step
        """Do the step and return what its class says. Does not translate MongoDB's errors."""
        match step:
            case steps.ReadTip():
                return self._tip(step.collection)
            case steps.ReadEntry():
                document = self.database.log.find_one(_entry_key(step), _NO_PLAN, session=self.session)
                return None if document is None else _entry_of(document)
            case steps.ReadPlan():
                document = self.database.log.find_one(_entry_key(step), {"plan": 1, "done": 1}, session=self.session)
                return None if document is None or document["done"] else _plan_of(document["plan"])
            case steps.Announce():
                insert_new(self.database.intents, [_intent_document(step.intent)], self.session)
            case steps.ReadIntents():
                return [_intent_of(row) for row in self.database.intents.find({}, session=self.session)]
            case steps.Retract():
                self.database.intents.delete_one({"_id": step.key}, session=self.session)
            case steps.LookUp():
                return self._look_up(step.ids, step.described)
            case steps.ReadBodies():
                return self._read_bodies(step.keys)
            case steps.FindMentions():
                return self._mentions(step)
            case steps.Insert():
                return self._insert(step.entry, step.plan)
            case steps.InsertRows():
                insert_new(self.database.objects, step.rows, self.session)
            case steps.KeepStatuses():
                self.keep_statuses(step.statuses)
            case steps.Show():
                self._mark(step, {"$set": {"visible": True}})
            case steps.Touch():
                self._touch(step)
            case steps.Finish():
                self._mark(step, {"$set": {"visible": True, "done": True}, "$unset": {"plan": ""}})
            case steps.Tidy():
                old = {"_id": mongo_rows.log_range(step.collection, step.below), "coll": step.collection}
                self.database.log.delete_many(old, session=self.session)
            case steps.Wipe():
                self._wipe(step.collection)
            case steps.HoldsAny():
                everything = {"coll": step.collection, "views": mongo_rows.EVERYTHING}
                return self.database.objects.find_one(everything, {"_id": 1}, session=self.session) is not None
            case steps.FindTakenKeys():
                criteria = {"_id": {"$in": list(step.keys)}, "coll": step.collection}
                return {row["_id"] for row in self.database.objects.find(criteria, {"_id": 1}, session=self.session)}
            case steps.ReadRange():
                return self._range(step)
            case steps.Wait():
                pass  # the runner decides how long
            case _:
                return self._take_trail_step(step)
        return None

    def _take_trail_step(self, step: steps.TrailStep) -> Any:
        match step:
            case steps.ReadTrailKey():
                return self._trail_key()
            case steps.ReadTrailEnd():
                entries = self.database.trail.find({}, {"link": 1}, session=self.session).sort("_id", -1).limit(1)
                return next((TrailHead(row["_id"], row["link"]) for row in entries), TrailHead())
            case steps.IsNoted():
                return self.database.trail.find_one({"name": step.name}, {"_id": 1}, session=self.session) is not None
            case steps.ReadRows():
                return self._read_rows(step.keys)
            case steps.AddEntry():
                return self._add_entry(step.entry, step.name)
            case steps.ReadAccount():
                return self.database.accounts.find_one({"_id": step.name}, session=self.session)
            case steps.ReadUnnotedAccounts():
                return list(self.database.accounts.find({"noted": False}, session=self.session))
            case steps.PutAccount():
                return self._put_account(step)
            case steps.MarkAccountNoted():
                noted = {"_id": step.name, "change": step.change}
                self.database.accounts.update_one(noted, {"$set": {"noted": True}}, session=self.session)
            case _:
                assert_never(step)
        return None

    def _tip(self, collection: str) -> list[steps.LogEntry]:
        criteria = {"_id": mongo_rows.log_range(collection), "coll": collection}
        entries = self.database.log.find(criteria, _NO_PLAN, session=self.session).sort("_id", -1).limit(2)
        return [_entry_of(row) for row in entries]

    def _look_up(self, ids: Sequence[str], described: Sequence[str]) -> list[Document]:
        documents: list[Document] = []
        for start in range(0, max(len(ids), len(described)), AT_ONCE):
            criteria: Document = {"id": {"$in": list(ids[start : start + AT_ONCE])}}
            if words := [mongo_rows.description(name) for name in described[start : start + AT_ONCE]]:
                criteria = {"$or": [criteria, {"mentions": {"$in": words}}]}
            documents += self.database.objects.find(criteria, mongo_rows.NO_BODY, session=self.session)
        return documents

    def _read_bodies(self, keys: Sequence[str]) -> dict[str, bytes]:
        bodies: dict[str, bytes] = {}
        for start in range(0, len(keys), AT_ONCE):
            criteria = {"_id": {"$in": list(keys[start : start + AT_ONCE])}}
            documents = self.database.objects.find(criteria, {"body": 1}, session=self.session)
            # a deleted row keeps only its key
            bodies |= {row["_id"]: row["body"] for row in documents if "body" in row}
        return bodies

    def _read_rows(self, keys: Sequence[str]) -> list[Document]:
        rows: list[Document] = []
        for start in range(0, len(keys), AT_ONCE):
            criteria = {"_id": {"$in": list(keys[start : start + AT_ONCE])}}
            documents = self.database.objects.find(criteria, session=self.session)
            rows += [row for row in documents if "body" in row]
        return rows

    def _mentions(self, step: steps.FindMentions) -> dict[str, Document]:
        """(1) In most cases few rows have any of the mentions; (2) otherwise look up each missing mention by itself."""
        order = -1 if step.highest else 1
        documents: dict[str, Document] = {}
        for start in range(0, len(step.mentions), AT_ONCE):
            portion = set(step.mentions[start : start + AT_ONCE])
            criteria: Document = {"mentions": {"$in": sorted(portion)}, "_id": {"$nin": list(step.excluded_keys)}}
            rows = self.database.objects.find(criteria, _MENTION_FIELDS, session=self.session)
            found_rows = list(rows.sort("governing", order).limit(AT_ONCE))  # (1)
            for row in found_rows:
                for mention in portion.intersection(row["mentions"]):
                    documents.setdefault(mention, row)
            if len(found_rows) < AT_ONCE:
                continue
            for mention in sorted(portion - documents.keys()):  # (2)
                rows = self.database.objects.find(
                    criteria | {"mentions": mention}, _MENTION_FIELDS, session=self.session
                )
                documents.update((mention, row) for row in rows.sort("governing", order).limit(1))
        return documents

    def _insert(self, entry: steps.LogEntry, plan: steps.Plan) -> str:
        document = _entry_document(entry, plan)
        try:
            self.database.log.insert_one(document, session=self.session)
        except mongo_errors.DuplicateKeyError:
            winner = self.database.log.find_one({"_id": document["_id"]}, {"batch": 1}, session=self.session)
            return "" if winner is None else str(winner["batch"])
        return entry.batch

    def _mark(self, step: steps.Show | steps.Finish, change: Document) -> None:
        self.database.log.update_one(_entry_key(step), change, session=self.session)

    def _touch(self, step: steps.Touch) -> None:
        changes: list[ReplaceOne[Document] | UpdateOne] = []
        for key, fields in step.touches:
            # guards against a writer that slept: leave alone a row that a later commit wrote, and never create one
            unchanged = {"_id": key, "coll": step.collection, "n": {"$lt": step.n}}
            if fields:
                changes.append(UpdateOne(unchanged, {"$set": fields | {"n": step.n}}))
            else:
                changes.append(ReplaceOne(unchanged, {"coll": step.collection, "n": step.n}))
        for start in range(0, len(changes), AT_ONCE):
            self.database.objects.bulk_write(changes[start : start + AT_ONCE], ordered=True, session=self.session)

    def _wipe(self, collection: str) -> None:
        while True:
            documents = self.database.objects.find({"coll": collection}, {"_id": 1}, session=self.session).limit(
                AT_ONCE
            )
            keys = [row["_id"] for row in documents]
            if not keys:
                return
            self.database.objects.delete_many({"_id": {"$in": keys}, "coll": collection}, session=self.session)

    def _range(self, step: steps.ReadRange) -> tuple[list[Document], bool]:
        query = step.query
        fields = _MANIFEST_FIELDS if step.max_bytes is None else _PAGE_FIELDS
        criteria = mongo_rows.page_filter(query, step.upto)
        cursor = self.database.objects.find(criteria, fields, session=self.session).sort("place", 1)
        rows: list[Document] = []
        size = 0
        with cursor.limit(query.limit + 1) as documents:
            for row in documents:
                if len(rows) == query.limit:
                    return rows, True
                if step.max_bytes is not None:
                    size += len(row["body"]) + bool(rows)  # with the comma before it
                    if rows and size > step.max_bytes:
                        return rows, True
                rows.append(row)
        return rows, False

    def keep_statuses(self, statuses: Iterable[Document]) -> None:
        """Insert statuses, and leave existing ones as they are."""
        insert_new(self.database.statuses, [self._with_expiry(status) for status in statuses], self.session)

    def _with_expiry(self, status: Document) -> Document:
        forget_at = _EPOCH + timedelta(milliseconds=status["kept_at"] + self.status_milliseconds)
        return status | {"forget_at": forget_at}

    def _put_account(self, step: steps.PutAccount) -> bool:
        """Write an account, after claiming its keys: a key opens one account. StoreError if another account has a key."""
        keys, accounts, account = self.database.keys, self.database.accounts, step.account
        # (1) if two accounts claim a key at the same time, one of them gets it
        for key_hash in account.key_hashes:
            insert_new(keys, [{"_id": key_hash, "account": account.name}], self.session)
            holder = keys.find_one({"_id": key_hash}, session=self.session)
            if holder is None or holder["account"] != account.name:
                old_document = accounts.find_one({"_id": account.name}, session=self.session)
                self._release_other_keys(account.name, old_document["key_hashes"] if old_document else [])
                raise StoreError(f"a key of the account {account.name} is another account's: make a new one")
        # (2)
        document = mongo_rows.account_document(account, step.change, step.at)
        if step.old_change is None:
            insert_new(accounts, [document], self.session)
        else:
            noted_document = {"_id": account.name, "change": step.old_change, "noted": True}
            accounts.replace_one(noted_document, document, session=self.session)
        current = accounts.find_one({"_id": account.name}, {"change": 1}, session=self.session)
        if current is None or current["change"] != step.change:
            return False
        # (3) another account may claim its former keys
        self._release_other_keys(account.name, account.key_hashes)
        return True

    def _release_other_keys(self, name: str, key_hashes: Sequence[str]) -> None:
        other_keys = {"account": name, "_id": {"$nin": list(key_hashes)}}
        self.database.keys.delete_many(other_keys, session=self.session)

    def _add_entry(self, entry: TrailEntry, name: str) -> str:
        row = {
            "_id": entry.number,
            "name": name,
            "text": entry.text,
            "seals": entry.seals,
            "digest": entry.digest,
            "link": entry.link,
        }
        try:
            self.database.trail.insert_one(row, session=self.session)
        except mongo_errors.DuplicateKeyError:
            winner = self.database.trail.find_one({"_id": entry.number}, {"name": 1}, session=self.session)
            return "" if winner is None else str(winner.get("name", ""))  # an older hub's entry has none
        return name

    def _trail_key(self) -> bytes:
        if _TRAIL_KEY not in self.constants:
            document = self.database.meta.find_one({"_id": _TRAIL_KEY}, session=self.session)
            if document is None:
                raise StoreUnavailableError("the store has no audit trail yet: run `hub init`, which begins it")
            self.constants[_TRAIL_KEY] = document["value"]
        return self.constants[_TRAIL_KEY]

    def put_trail_key(self, fresh: bytes) -> None:
        """Store the key of the trail's seals and salts, unless there is one."""
        insert_new(self.database.meta, [{"_id": _TRAIL_KEY, "value": fresh}], self.session)

    def scrub(self, object_id: str) -> None:
        """Replace the id in the statuses that name it."""
        old, new = object_id.encode(), scrub_id(object_id).encode()
        for row in self.database.statuses.find({}, session=self.session):
            if old in row["body"]:
                change = {"$set": {"body": row["body"].replace(old, new)}}
                self.database.statuses.update_one({"_id": row["_id"]}, change, session=self.session)


def restore_statuses(statuses: Iterable[Status], operations: Operations) -> None:
    """Put statuses back, and leave existing ones as they are."""
    operations.keep_statuses([mongo_rows.status_document(status) for status in statuses])


def first_documents(collection: str, criteria: Document, order: str, operations: Operations) -> list[Document]:
    """The first matching documents with a body, in that order, up to the limits of one operation; at least one if any matches."""
    rows: list[Document] = []
    size = 0
    documents = operations.database[collection].find(criteria, session=operations.session).sort(order, 1).limit(AT_ONCE)
    with documents:
        for row in documents:
            rows.append(row)
            size += len(row["body"])
            if size >= BYTES_AT_ONCE:
                break
    return rows


def read_or_set_secret(fresh: bytes, operations: Operations) -> bytes:
    """The store's signing secret; if it has none yet, `fresh` becomes the secret."""
    meta, session = operations.database.meta, operations.session
    document = meta.find_one({"_id": "secret"}, session=session)
    if document is None:
        insert_new(meta, [{"_id": "secret", "value": fresh}], session)
        document = meta.find_one({"_id": "secret"}, session=session)
    assert document is not None
    value: bytes = document["value"]
    return value


def first_records(criteria: Document, operations: Operations) -> list[Document]:
    """The first matching records, in place order, up to the limits of one operation."""
    return first_documents("objects", criteria, "place", operations)


def first_standings(criteria: Document, operations: Operations) -> list[Document]:
    """As `first_records`, with only the fields of standings."""
    documents = operations.database.objects.find(criteria, _STANDING_FIELDS, session=operations.session)
    return list(documents.sort("place", 1).limit(AT_ONCE))


def portions(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """The items, which have bodies, in the same order and in portions that fit into one operation."""
    portion: list[_Item] = []
    size = 0
    for item in items:
        if portion and (len(portion) == AT_ONCE or size + len(item.body) > BYTES_AT_ONCE):
            yield portion
            portion, size = [], 0
        portion.append(item)
        size += len(item.body)
    if portion:
        yield portion


def insert_new(collection: Collection[Document], rows: Sequence[Mapping[str, Any]], session: ClientSession) -> None:
    """Insert the documents whose keys do not exist yet; return when a majority has all of them."""
    for start in range(0, len(rows), AT_ONCE):
        try:
            collection.insert_many([dict(row) for row in rows[start : start + AT_ONCE]], ordered=False, session=session)
        except mongo_errors.BulkWriteError as error:
            if not only_duplicates(error):
                raise


def _entry_key(step: steps.ReadEntry | steps.ReadPlan | steps.Show | steps.Finish) -> Document:
    return {"_id": mongo_rows.entry_id(step.collection, step.n), "coll": step.collection}


def _entry_document(entry: steps.LogEntry, plan: steps.Plan) -> Document:
    # refuse now what could not be carried out later: each row and status becomes a document of its own
    sizes = [len(row["body"]) for row in plan.rows + plan.statuses]
    touches = [[key, fields] for key, fields in plan.touches]
    note = None if plan.note is None else _note_document(plan.note)
    packed = mongo_rows.pack_plan({"rows": plan.rows, "touches": touches, "statuses": plan.statuses, "note": note})
    if max([len(packed), *sizes]) > DOCUMENT_BYTES:
        raise TooLargeError(
            f"this is more than the hub's store takes at once ({DOCUMENT_BYTES} bytes): send fewer or smaller objects "
            "in one envelope"
        )
    return {
        "_id": mongo_rows.entry_id(entry.collection, entry.n),
        "coll": entry.collection,
        "n": entry.n,
        "batch": entry.batch,
        "place": entry.place,
        "visible": entry.visible,
        "done": entry.done,
        "restoring": entry.restoring,
        "held": list(entry.counts),
        "changed": entry.changed,
        "plan": packed,
    }


def _entry_of(row: Document) -> steps.LogEntry:
    return steps.LogEntry(
        collection=row["coll"],
        n=row["n"],
        batch=row["batch"],
        place=row["place"],
        visible=row["visible"],
        done=row["done"],
        restoring=row["restoring"],
        counts=tuple(row["held"]),
        changed=row["changed"] if "changed" in row else row["n"],  # an entry of an older hub may have changed any row
    )


def _plan_of(packed: bytes) -> steps.Plan:
    content = mongo_rows.unpack_plan(packed)
    touches = tuple((key, fields) for key, fields in content["touches"])
    note = content.get("note")
    return steps.Plan(
        tuple(content["rows"]), touches, tuple(content["statuses"]), None if note is None else _note_of(note)
    )


def _note_document(note: steps.Note) -> Document:
    act = note.act
    return {
        "what": act.name,
        "about": orjson.dumps(act.details),
        "coll": act.collection,
        "head": act.head,
        "at": note.at,
    }


def _note_of(document: Mapping[str, Any]) -> steps.Note:
    about = orjson.loads(document["about"])
    return steps.Note(Act(document["what"], about, document["coll"], document["head"]), document["at"])


def _intent_document(intent: steps.Intent) -> Document:
    # two lists: a key in a document may not contain every character, and FerretDB accepts no list of lists
    return {
        "_id": intent.key,
        "coll": intent.collection,
        "n": intent.n,
        "ids": list(intent.owners),
        "owners": list(intent.owners.values()),
        "names": sorted(intent.named_ids),
    }


def _intent_of(row: Document) -> steps.Intent:
    owners = dict(zip(row["ids"], row["owners"], strict=True))
    # an announcement without names comes from an older hub, which is still at work or dead
    return steps.Intent(row["_id"], row["coll"], row["n"], owners, frozenset(row.get("names", ())))
