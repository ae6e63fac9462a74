"""Which store the hubs of the tests keep things in: SQLite, or with HUB_TEST_STORE=mongodb a MongoDB server.

The tests themselves are the same. Those of `TWICE` are run over both where there is a server. Tests that look into the
SQLite file or at its limits say so with the mark `sqlite`, and have that store always.
"""

from __future__ import annotations

import atexit
import functools
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pymongo
import pytest
from pymongo.database import Database

from hub.sharing.credentials import Credentials
from hub.sharing.members import Account
from hub.store.base import Store
from hub.store.mongo.store import MongoStore
from hub.store.sqlite.store import SqliteStore
from tests.mongo import server

NAMED: Final = "HUB_TEST_STORE"
SQLITE: Final = "sqlite"
MONGO: Final = "mongodb"
# By the beginning of their ids: these run over both stores always;
TWICE: Final = (
    "tests/taxii/",
    "tests/door/",
    "tests/community/test_board.py::",
    "tests/community/test_board_events.py::",
    "tests/community/test_ledger.py::",
    "tests/console/test_accounts_page.py::",
    "tests/console/test_drills_page.py::",
    "tests/console/test_operation.py::",
    "tests/console/test_background_verification.py::",
)
# but not these, which do not get as far as a store;
ONCE: Final = ("tests/taxii/test_transport.py::",)
# and these, over all collections as they are shipped, in the long form (`make soak`).
TWICE_FOR_LONG: Final = ("tests/community/test_story.py::", "tests/producer/test_story.py::test_four_members")
FILE: Final = "hub.sqlite"
_COLLECTIONS: Final = ("objects", "log", "intents", "statuses", "facts", "accounts", "keys", "trail")


def kind() -> str:
    """The store of hubs that are opened now."""
    named = os.environ.get(NAMED, SQLITE)
    if named not in (SQLITE, MONGO):
        raise pytest.UsageError(f"{NAMED}={named}: it is {SQLITE} or {MONGO}")
    return named


def address(folder: Path) -> str:
    """The HUB_STORE of the hub that lives in that folder."""
    if kind() == MONGO:
        return DATABASES.lent(folder) or server.database_uri(server.shared_uri(), folder)
    return f"sqlite:///{folder / FILE}"


def open_store(  # as the stores are opened, and where
    folder: Path,
    *,
    clock: Callable[[], int],
    lock_seconds: float,
    status_milliseconds: int,
    max_pages: int = 0,
    create: bool = False,
) -> Store:
    """The store of the hub that lives in that folder; where a SQLite file is there already, with its accounts."""
    if kind() == MONGO:
        return MongoStore(
            DATABASES.of(folder), clock=clock, lock_seconds=lock_seconds, status_milliseconds=status_milliseconds
        )
    return SqliteStore(
        folder / FILE,
        clock=clock,
        lock_seconds=lock_seconds,
        status_milliseconds=status_milliseconds,
        max_pages=max_pages,
        create=create,
    )


def put_accounts(folder: Path, accounts: tuple[Account, ...], now: int) -> None:
    """Where no store is in that folder yet, one with these accounts, each made at that time and with a key of its own."""
    if not (folder / FILE).exists():
        (folder / FILE).write_bytes(_store_with(accounts, now))


@functools.cache
def _store_with(accounts: tuple[Account, ...], now: int) -> bytes:
    """The SQLite file: to make one takes longer than most tests of a page."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / FILE
        store = SqliteStore(file, clock=lambda: now, lock_seconds=5, status_milliseconds=1, create=True)
        credentials = Credentials(store, clock=lambda: now, random=secrets.token_bytes, remember_milliseconds=1)
        for account in accounts:
            credentials.add(account, None)
        store.close()
        return file.read_bytes()


class Databases:
    """Databases of one test after the other: to make one, with its indexes, takes longer than most tests."""

    def __init__(self) -> None:
        self._ready: list[str] = []
        self._lent: dict[Path, str] = {}
        self._count = 0
        self._known: dict[bytes, Mapping[str, list[dict[str, Any]]]] = {}

    def of(self, folder: Path) -> str:
        """The URI of the database that stands for this folder: empty, or with the accounts of the SQLite file there."""
        if folder not in self._lent:
            file = folder / FILE
            documents = self._documents(file.read_bytes(), file) if file.exists() else {}
            uri = self._ready.pop() if self._ready else self._make()
            self._lent[folder] = uri
            _fill(uri, documents)
        return self._lent[folder]

    def lent(self, folder: Path) -> str | None:
        """The same, if there is one."""
        return self._lent.get(folder)

    def take_back(self, folder: Path) -> None:
        """Take back the databases of this folder and those in it, which are no longer used."""
        for database in [database for database in self._lent if database.is_relative_to(folder)]:
            self._ready.append(self._lent.pop(database))

    def _documents(self, content: bytes, file: Path) -> Mapping[str, list[dict[str, Any]]]:
        """What a database holds in which the accounts of that file were made, by collection."""
        if content not in self._known:
            source = SqliteStore(file, clock=lambda: 0, lock_seconds=5, status_milliseconds=1)
            accounts = list(source.list_accounts())
            source.close()
            uri = self._make()
            now = accounts[0].created_at if accounts else 0
            store = MongoStore(uri, clock=lambda: now, lock_seconds=5, status_milliseconds=1)
            for account in accounts:
                store.put_account(account)
            store.close()
            database = _database(uri)
            self._known[content] = {name: list(database[name].find()) for name in _COLLECTIONS} | {
                "meta": list(database.meta.find({"_id": "trail key"}))  # which the entries of the trail are sealed with
            }
            self._ready.append(uri)
        return self._known[content]

    def _make(self) -> str:
        self._count += 1
        uri = server.database_uri(server.shared_uri(), Path(f"{os.getpid()}-{self._count}"))
        MongoStore(uri, clock=lambda: 0, lock_seconds=5, status_milliseconds=1, create=True).close()
        return uri


DATABASES: Final = Databases()


def _fill(uri: str, documents: Mapping[str, list[dict[str, Any]]]) -> None:
    """Leave nothing in the database but that it is a store, and these documents."""
    database = _database(uri)
    for name in _COLLECTIONS:
        database[name].delete_many({})
    database.meta.delete_many({"_id": {"$in": ["secret", "facts"]}})
    for name, content in documents.items():
        if name == "meta":
            for document in content:
                database.meta.replace_one({"_id": document["_id"]}, document, upsert=True)
        elif content:
            database[name].insert_many(content)


def _database(uri: str) -> Database[dict[str, Any]]:
    """That database, over a connection that stays open from test to test."""
    server_uri, _, name = uri.rpartition("/")
    name, _, options = name.partition("?")
    return _client(f"{server_uri}/?{options}")[name]


@functools.cache
def _client(uri: str) -> pymongo.MongoClient[dict[str, Any]]:
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    atexit.register(client.close)
    return client
