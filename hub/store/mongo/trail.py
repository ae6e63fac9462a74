"""The audit trail in MongoDB: one document for each entry, `{_id: number, name, text, seals, digest, link}`.

`mongo_notes` describes how each change gets its entry. This module reads and begins the trail, and adds the entries of
acts that change no record or account.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from hub.store import trail
from hub.store.base import Store
from hub.store.chain import Act, TrailEntry
from hub.store.mongo import notes as mongo_notes
from hub.store.mongo.operations import Operations
from hub.store.mongo.steps import ReadTrailEnd, ReadTrailKey, Step

AT_ONCE_ENTRIES: Final = 200  # in memory


def entries(operations: Operations, after: int, limit: int) -> Sequence[TrailEntry]:
    """The entries after that number."""
    documents = operations.database.trail.find({"_id": {"$gt": after}}, session=operations.session).sort("_id", 1)
    return [
        TrailEntry(row["_id"], row["text"], row["seals"], row["digest"], row["link"]) for row in documents.limit(limit)
    ]


class MongoTrail:
    """The trail of one store.

    `call` runs an operation against the server, and repeats it if its answer was lost; `run` does so with steps.
    """

    def __init__(
        self,
        call: Callable[[Callable[[Operations], Any]], Any],
        run: Callable[[Generator[Step, Any, None]], None],
        clock: Callable[[], int],
    ) -> None:
        self._call = call
        self._run = run
        self._clock = clock

    def key(self) -> bytes:
        """See `Store.trail_key`."""
        key: bytes = self._call(lambda operations: operations.take(ReadTrailKey()))
        return key

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
            self._run(mongo_notes.add_entry(act, self._clock(), uuid.uuid4().hex))

    def begin(self, store: Store, fresh_key: bytes) -> None:
        """Write the first entries, for the records and accounts that the store already has, unless there are entries."""
        self._call(lambda operations: operations.put_trail_key(fresh_key))
        if self._call(lambda operations: operations.take(ReadTrailEnd())).size:
            return
        key = self.key()
        self._run(mongo_notes.add_entry(Act(trail.BEGUN), self._clock(), trail.BEGUN))
        names: list[str] = self._call(lambda o: o.database.log.distinct("coll", session=o.session))
        for name in names:
            self.add(trail.adopt_acts(key, name, store.head(name), store.records(name)))
        self.add(trail.account_act(key, row) for row in store.list_accounts())
