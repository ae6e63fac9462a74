"""The audit trail in MongoDB: one document an entry, `{_id: number, text, seals, digest, link}`, each inserted once.

Of all who try a number one succeeds, and the others read the end again. MongoDB gives no transaction over collections
that this store may count on, so an entry follows the change that it notes. (1) A writer reads the end of the trail, then
the records that it changed, then inserts: whichever entry on a record is the last one was read after its last change.
(2) Where a process dies between a change and its entry, the entry is missing, and verification names those records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from pymongo import errors as mongo_errors

from hub.errors import StoreUnavailableError
from hub.store import chain, trail
from hub.store.base import Store
from hub.store.batch import Batch
from hub.store.chain import Act, TrailEntry, TrailHead
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.changes import Removed
from hub.store.mongo.commit import Committed
from hub.store.mongo.operations import AT_ONCE, Operations, insert_new
from hub.store.records import Record

KEY_ID: Final = "trail key"
AT_ONCE_ENTRIES: Final = 200  # in memory


def key_of(operations: Operations) -> bytes:
    """The key of seals and salts."""
    document = operations.database.meta.find_one({"_id": KEY_ID}, session=operations.session)
    if document is None:
        raise StoreUnavailableError("the store has no audit trail yet: run `hub init`, which begins it")
    key: bytes = document["value"]
    return key


def put_key(operations: Operations, fresh: bytes) -> None:
    """Keep the key, unless there is one."""
    insert_new(operations.database.meta, [{"_id": KEY_ID, "value": fresh}], operations.session)


def head_of(operations: Operations) -> TrailHead:
    """Where the trail ends now."""
    entries = operations.database.trail.find({}, {"link": 1}, session=operations.session).sort("_id", -1).limit(1)
    return next((TrailHead(row["_id"], row["link"]) for row in entries), TrailHead())


def add(operations: Operations, act: Callable[[], Act | None], now: int) -> None:
    """Write an entry for what `act` returns; it is called again where another entry came first (1)."""
    key = key_of(operations)
    while True:
        head = head_of(operations)
        written = act()
        if written is None:
            return
        (entry,) = chain.entries_of([written], head, key=key, now=now)
        row = {
            "_id": entry.number,
            "text": entry.text,
            "seals": entry.seals,
            "digest": entry.digest,
            "link": entry.link,
        }
        try:
            operations.database.trail.insert_one(row, session=operations.session)
        except mongo_errors.DuplicateKeyError:
            # an insert whose answer was lost is there already
            previous = operations.database.trail.find_one(
                {"_id": entry.number}, {"link": 1}, session=operations.session
            )
            if previous is None or previous["link"] != entry.link:
                continue
        return


def entries(operations: Operations, after: int, limit: int) -> Sequence[TrailEntry]:
    """The entries after that number."""
    documents = operations.database.trail.find({"_id": {"$gt": after}}, session=operations.session).sort("_id", 1)
    return [
        TrailEntry(row["_id"], row["text"], row["seals"], row["digest"], row["link"]) for row in documents.limit(limit)
    ]


def records_at(operations: Operations, collection: str, places: Iterable[int]) -> list[Record]:
    """The records at these places of the collection, as far as they are there."""
    keys = [mongo_rows.row_id(collection, place) for place in places]
    records: list[Record] = []
    for start in range(0, len(keys), AT_ONCE):
        criteria = {"_id": {"$in": keys[start : start + AT_ONCE]}, "coll": collection}
        rows = operations.database.objects.find(criteria, session=operations.session)
        records += [mongo_rows.record_of(row) for row in rows if "body" in row]  # a deleted one leaves its key behind
    return records


def changed_since(operations: Operations, collection: str, places: Iterable[int], n: int) -> list[int]:
    """The places whose record a later commit wrote than number n."""
    low, high = min(places, default=0), max(places, default=0)
    keys = {"$gte": mongo_rows.row_id(collection, low), "$lte": mongo_rows.row_id(collection, high)}
    criteria = {"_id": keys, "coll": collection, "n": {"$gt": n}}
    documents = operations.database.objects.find(criteria, {"_id": 1}, session=operations.session)
    return [mongo_rows.place_of(row["_id"]) for row in documents]


def seals_now(operations: Operations, key: bytes, collection: str, places: Sequence[int]) -> dict[int, bytes]:
    """The seals of records as they are now, `GONE` for those that are not there."""
    return dict.fromkeys(places, chain.GONE) | trail.seals_of(key, records_at(operations, collection, places))


class MongoTrail:
    """The trail of one store; `call` runs an operation against the server, and repeats it where its answer was lost."""

    def __init__(self, call: Callable[[Callable[[Operations], Any]], Any], clock: Callable[[], int]) -> None:
        self._call = call
        self._clock = clock
        self._key = b""

    def key(self) -> bytes:
        """See `Store.trail_key`."""
        if not self._key:
            self._key = self._call(key_of)
        return self._key

    def entries(self, after: int) -> Iterator[TrailEntry]:
        """See `Store.trail`."""
        while True:
            portion: Sequence[TrailEntry] = self._call(partial(entries, after=after, limit=AT_ONCE_ENTRIES))
            yield from portion
            if len(portion) < AT_ONCE_ENTRIES:
                return
            after = portion[-1].number

    def texts(self, before: int, limit: int) -> list[tuple[int, bytes]]:
        """See `Store.trail_texts`."""

        def read(operations: Operations) -> list[tuple[int, bytes]]:
            criteria = {"_id": {"$lt": before}}
            documents = operations.database.trail.find(criteria, {"text": 1}, session=operations.session)
            return [(row["_id"], row["text"]) for row in documents.sort("_id", -1).limit(limit)]

        texts: list[tuple[int, bytes]] = self._call(read)
        return texts

    def digests(self, after: int, limit: int) -> list[bytes]:
        """See `Store.trail_digests`."""

        def read(operations: Operations) -> list[bytes]:
            criteria = {"_id": {"$gt": after}}
            documents = operations.database.trail.find(criteria, {"digest": 1}, session=operations.session)
            return [row["digest"] for row in documents.sort("_id", 1).limit(limit)]

        digests: list[bytes] = self._call(read)
        return digests

    def add(self, acts: Iterable[Act]) -> None:
        """See `Store.add_to_trail`."""
        for act in acts:
            self._call(partial(add, act=partial(_same, act), now=self._clock()))

    def add_deletion(self, collection: str, object_id: str, account: str, member: str, removed: Removed) -> None:
        """The entry of a deletion."""
        key = self.key()

        def act(seals: Mapping[int, bytes]) -> Act:
            return trail.delete_act(
                key, collection, object_id, account=account, member=member, seals=seals, head=removed.head
            )

        self._add_change(act, collection, removed.touched)

    def add_purge(self, collection: str, object_id: str, touched: Sequence[int]) -> None:
        """The entry of a purge."""
        key = self.key()
        self._add_change(lambda seals: trail.purge_act(key, collection, object_id, seals), collection, touched)

    def add_change(self, collection: str, head: int | None, touched: Sequence[int]) -> None:
        """The entry of other levels, or of a decision about hidden records."""
        if touched:
            self._add_change(lambda seals: trail.change_act(collection, head, seals), collection, touched)

    def _add_change(
        self, act: Callable[[Mapping[int, bytes]], Act | None], collection: str, places: Sequence[int]
    ) -> None:
        """The entry of a change at these places, with the seals that they have when it is written."""

        def add_entry(operations: Operations) -> None:
            key = key_of(operations)
            add(operations, lambda: act(seals_now(operations, key, collection, places)), self._clock())

        self._call(add_entry)

    def add_batch(self, batch: Batch, committed: Committed) -> None:
        """The entry of a batch: what it added is sealed from memory, unless another commit has changed it since."""
        new_seals = trail.seals_of(self.key(), committed.new)

        def act(operations: Operations) -> Act | None:
            stale = changed_since(operations, batch.collection, new_seals, committed.n)
            seals = new_seals | seals_now(operations, self.key(), batch.collection, (*stale, *committed.touched))
            return trail.append_act(batch, committed.appended, committed.head, seals)

        self._call(lambda operations: add(operations, partial(act, operations), self._clock()))

    def begin(self, store: Store, fresh_key: bytes) -> None:
        """Write the first entries, unless there are any: what the store holds already is noted in them."""
        self._call(lambda operations: put_key(operations, fresh_key))
        if self._call(head_of).size:
            return
        key = self.key()
        self._call(
            lambda operations: add(
                operations, lambda: None if head_of(operations).size else Act(trail.BEGUN), self._clock()
            )
        )
        names: list[str] = self._call(lambda o: o.database.log.distinct("coll", session=o.session))
        for name in names:
            self.add(trail.adopt_acts(key, name, store.head(name), store.records(name)))
        self.add(trail.account_act(key, row) for row in store.list_accounts())


def _same(act: Act) -> Act:
    return act
