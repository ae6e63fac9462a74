"""Stores of an older hub, opened by this version; what they contain, and who reads it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pymongo
from bson import json_util

from hub.community.facts import ARCHIVED_KINDS
from hub.community.hub import Hub
from hub.settings import Limits
from hub.sharing.archive import read_archive
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.hidden import HiddenObject, hidden_objects
from hub.sharing.relevel import RelevelResult, relevel
from hub.sharing.seed import remove_surplus, seed
from hub.store.base import Store
from hub.store.mongo.store import MongoStore
from hub.store.records import Record
from hub.store.sqlite.store import SqliteStore
from tests.conftest import Template, assemble
from tests.durations import HOUR
from tests.mongo import server
from tests.older.make import md5_id
from tests.server.making import START, Client, Clock, address, an_id, ids

HERE: Final = Path(__file__).parent
MADE_AT: Final = 1_772_700_000_000  # milliseconds since 1970; later than all that is in the files
ALL: Final = ["partner", "sg-soc", "sg-cert"]
MEMBERS: Final = ["sg-soc", "sg-cert"]
CERTS: Final = ["sg-cert"]
FILE: Final = f"file--{md5_id()}"

# what an older hub held in `feeds`, who sees it from now on, and what is said of what is hidden
HELD: Final[dict[str, tuple[str, list[str], str]]] = {
    "marked in the hub's own words": (an_id(1), ALL, ""),
    "an observable of two members": (address(1)["id"], ALL, ""),
    "a note that names it": (an_id(1, "note"), ALL, ""),
    "a label above the marking": (an_id(10), MEMBERS, ""),
    "a label above the collection": (an_id(11), [], "It is marked TLP:RED"),
    "an id in an extension": (an_id(13), MEMBERS, ""),
    "an id in an external reference": (an_id(14), [], "It is marked TLP:RED"),
    "a definition that says a level": (an_id(15, "marking-definition"), MEMBERS, ""),
    "what it marks": (an_id(15), MEMBERS, ""),
    "a definition that is marked": (an_id(16, "marking-definition"), [], "It is marked TLP:RED"),
    "a marking whose definition is nowhere": (an_id(17), [], "definition is neither held here"),
    "an unmarked definition": (an_id(18, "marking-definition"), CERTS, ""),
    "what is marked with it": (an_id(18), ALL, ""),
    "unmarked, alone": (an_id(20), CERTS, ""),
    "unmarked, in a lower container": (an_id(21), MEMBERS, ""),
    "unmarked, in a container": (an_id(22), MEMBERS, ""),
    "unmarked, in a container that came later": (an_id(23), CERTS, ""),
    "unmarked, in a container above the collection": (an_id(24), [], "has the level of grouping--"),
    "a version below a newer one": (an_id(30), MEMBERS, ""),
    "a translation below its object": (an_id(31, "language-content"), MEMBERS, ""),
    "a translation of what is hidden": (an_id(11, "language-content"), [], "which is hidden"),
    "a translation of what is hidden with its container": (an_id(24, "language-content"), [], "which is TLP:RED"),
    "a revocation above what was readable": (an_id(32), [], "would never learn that it is revoked"),
    "a revocation of what was unmarked": (an_id(33), MEMBERS, ""),
    "a text that gives an observable away": (an_id(40, "note"), [], "an observable's id gives its value away"),
    "one that named it before it was held": (an_id(42, "note"), ALL, ""),
    "an unmarked observable": (address(44)["id"], CERTS, ""),
    "what named it at its level of that time": (an_id(44, "note"), MEMBERS, ""),
    "another member as the author": (an_id(50, "marking-definition"), [], "names another member as its author"),
    "relayed, and revoked by another member": (an_id(51, "malware"), ALL, "belongs to another member"),
    "an observable, and another's contradiction": (FILE, ALL, "it contradicts"),
}


@dataclass
class Older:
    """A store of an older hub, opened by this version."""

    store: Store
    catalogue: Catalogue
    clock: Clock

    def init(self) -> list[RelevelResult]:
        """What `hub init` does with objects."""
        for collection in self.catalogue:
            seed(self.store, self.catalogue, collection)
            remove_surplus(self.store, collection)
        return list(relevel(self.store, self.catalogue, Limits(), self.clock.now))

    def hidden(self) -> dict[str, HiddenObject]:
        return {hidden.id: hidden for hidden in hidden_objects(self.store, self.catalogue)}

    def hub(self) -> Hub:
        return assemble(self.store, self.catalogue, self.clock, Limits())


def open_sqlite(folder: Path, clock: Clock) -> Store:
    return SqliteStore(folder / "hub.sqlite", clock=clock, lock_seconds=5, status_milliseconds=72 * HOUR, create=True)


def older_sqlite(folder: Path, clock: Clock) -> Store:
    connection = sqlite3.connect(folder / "hub.sqlite")
    connection.executescript((HERE / "store.sql").read_text())
    connection.close()
    return open_sqlite(folder, clock)


def older_mongo(folder: Path, clock: Clock) -> Store:
    uri = server.database_uri(server.shared_uri(), folder)
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    with client:
        documents: dict[str, list[dict[str, Any]]] = {}
        for line in (HERE / "documents.jsonl").read_text().splitlines():
            name, document = json_util.loads(line)
            documents.setdefault(name, []).append(document)
        for name, content in documents.items():
            client.get_default_database()[name].insert_many(content)
    return MongoStore(uri, clock=clock, lock_seconds=5, status_milliseconds=72 * HOUR, create=True)


def imported(folder: Path, clock: Clock, catalogue: Catalogue) -> Store:
    store = open_sqlite(folder, clock)
    list(read_archive(store, catalogue, HERE / "archive.jsonl", now=clock.now, fact_kinds=ARCHIVED_KINDS))
    return store


def open_older(kind: str, folder: Path, catalogue: Catalogue, template: Template) -> Older:
    clock = Clock(START)
    if kind == "archive":
        store = imported(folder, clock, catalogue)
    else:
        store = older_sqlite(folder, clock) if kind == "sqlite" else older_mongo(folder, clock)
    accounts = SqliteStore(template.folder / "hub.sqlite", clock=clock, lock_seconds=5, status_milliseconds=1)
    for account in accounts.list_accounts():
        store.put_account(account)
    accounts.close()
    return Older(store, catalogue, clock)


@dataclass
class UpToDate(Older):
    """The same, up to date; the tests of one store share it, and only read. `before`: the records that members sent."""

    before: dict[tuple[str, int], Record]

    def records(self) -> dict[tuple[str, int], Record]:
        """Every record, by collection and place."""
        return records_of(self)


def records_of(older: Older) -> dict[tuple[str, int], Record]:
    return {
        (collection.id, record.place): record
        for collection in older.catalogue
        for record in older.store.records(collection.id)
    }


def readers_of(as_account: Callable[[str], Client], *object_ids: str) -> dict[str, list[str]]:
    """Who sees each of them, by all ways of reading; they agree."""
    readers: dict[str, list[str]] = {object_id: [] for object_id in object_ids}
    for reader in ALL:
        client = as_account(reader)
        by_id = set(ids(client.objects("feeds", id=",".join(object_ids))))
        assert by_id == set(object_ids).intersection(ids(client.everything("feeds")))
        assert by_id == set(ids(client.manifest("feeds", id=",".join(object_ids), version="all")))
        for object_id in by_id:
            readers[object_id].append(reader)
            assert client.versions("feeds", object_id)
    return readers


def seen(as_account: Callable[[str], Client], object_id: str) -> list[str]:
    """The readers who see it."""
    return readers_of(as_account, object_id)[object_id]


def feeds_of(older: Older) -> Collection:
    collection = older.catalogue.find("region", "feeds")
    assert collection is not None
    return collection
