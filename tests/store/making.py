"""Small invented objects, batches and stores for the tests of the stores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from hub.store.base import Store
from hub.store.batch import Batch, Candidate, Outcome, Verdict
from hub.store.query import EVERY, Query
from hub.store.records import NOBODY
from hub.taxii.filters import VersionMatch
from tests.server.making import an_id

KINDS: Final = ("sqlite", "mongo")  # a further store joins the contract with its name here and a branch in `open_kind`
START: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z in milliseconds
ROOMY: Final = 1 << 25  # bytes: more than any page of these tests


@dataclass
class Clock:
    """A clock that stands still until it is set, also back."""

    now: int = START

    def __call__(self) -> int:
        """Milliseconds since 1970."""
        return self.now


def open_kind(
    kind: str,
    folder: Path,
    clock: Callable[[], int],
    *,
    lock_seconds: float = 5.0,
    status_milliseconds: int = 3_600_000,
) -> Store:
    """The store of that kind that lives in the folder, made where it is new. Also used by worker processes."""
    if kind == "sqlite":
        from hub.store.sqlite.store import SqliteStore

        return SqliteStore(
            folder / "hub.sqlite",
            clock=clock,
            lock_seconds=lock_seconds,
            status_milliseconds=status_milliseconds,
            create=True,
        )
    if kind == "mongo":
        from hub.store.mongo.store import MongoStore
        from tests.mongo import server

        return MongoStore(
            server.database_uri(server.shared_uri(), folder),
            clock=clock,
            lock_seconds=lock_seconds,
            status_milliseconds=status_milliseconds,
            create=True,
        )
    raise ValueError(kind)


def candidate(number: int = 1, version: int | None = 1, level: int = 1, **changes: Any) -> Candidate:
    """An object in its first version at TLP:GREEN, owned by Indonesia; `changes` are fields of `Candidate`."""
    object_type = changes.pop("type", "indicator")
    content = {"id": an_id(number, object_type), "version": version, "level": level, "note": changes.pop("note", "")}
    new_candidate = Candidate(
        index=0,
        id=an_id(number, object_type),
        type=object_type,
        version=version,
        version_text=None if version is None else f"v{version}",
        level=level,
        owner="ID",
        revoked=False,
        named_ids=(),
        body=json.dumps(content).encode(),
        digest=json.dumps(content).encode(),
    )
    return replace(new_candidate, **changes)


def batch(
    *candidates: Candidate, collection: str = "shared", publisher: str = "ID", status: str | None = None
) -> Batch:
    """The candidates as one request of `publisher`; its status has each verdict."""
    return Batch(
        collection=collection,
        publisher=publisher,
        candidates=tuple(replace(item, index=index) for index, item in enumerate(candidates)),
        status_id=status,
        account="someone",
        describe=lambda outcomes: json.dumps([[outcome.id, outcome.verdict.value] for outcome in outcomes]).encode(),
    )


def add(store: Store, *candidates: Candidate, **changes: Any) -> tuple[Outcome, ...]:
    return store.append(batch(*candidates, **changes)).outcomes


def verdicts(outcomes: Sequence[Outcome]) -> list[Verdict]:
    return [outcome.verdict for outcome in outcomes]


def asking(after: int = 0, limit: int = 1000, clearance: int = 4, **changes: Any) -> Query:
    """A query for the last versions of everything in the shared collection; `changes` are fields of `Query`."""
    return Query(
        collection=changes.pop("collection", "shared"), clearance=clearance, after=after, limit=limit, **changes
    )


def contents(body: bytes) -> list[dict[str, Any]]:
    """The objects of a page's body."""
    objects: list[dict[str, Any]] = json.loads(b"[" + body + b"]")
    return objects


def contents_of(store: Store, query: Query, max_bytes: int = ROOMY) -> Iterator[dict[str, Any]]:
    """Everything that paging by place returns, one object after the other; checks the counts and places of each page."""
    while True:
        page = store.read(query, max_bytes)
        objects = contents(page.body)
        assert page.count == len(objects) <= query.limit
        assert (page.first > query.after) if objects else (page.first, page.last, page.more) == (0, 0, False)
        yield from objects
        if not page.more:
            return
        query = replace(query, after=page.last)


def stored_versions(
    store: Store, collection: str = "shared", clearance: int = 4, versions: VersionMatch = EVERY
) -> list[tuple[str, str]]:
    """(id, version) of every record at or below the clearance, in place order."""
    page = store.manifest(asking(collection=collection, clearance=clearance, versions=versions, limit=100_000))
    return [(row.id, row.version_text) for row in page.rows]


def places(store: Store, collection: str = "shared") -> list[int]:
    page = store.manifest(asking(collection=collection, versions=EVERY, limit=100_000))
    return [row.place for row in page.rows]


def nobodys(number: int = 1, version: int | None = 1, level: int = 1, **changes: Any) -> Candidate:
    """As `candidate`, of an object that any member may publish, too."""
    return candidate(number, version, level, owner=NOBODY, **changes)
