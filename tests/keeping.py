"""Which store the hubs of the tests keep things in: SQLite, or with HUB_TEST_STORE=mongodb a MongoDB server.

The tests themselves are the same. Those of `TWICE` are run over both where there is a server. Tests that look into the
SQLite file or at its limits say so with the mark `sqlite`, and have that store always.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pymongo
import pytest

from hub.store.base import Store
from hub.store.mongo import rows as mongo_rows
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
    "tests/console/test_verifying.py::",
)
# but not these, which do not get as far as a store;
ONCE: Final = ("tests/taxii/test_transport.py::",)
# and these, over all collections as they are shipped, in the long form (`make soak`).
TWICE_FOR_LONG: Final = ("tests/community/test_story.py::", "tests/producer/test_story.py::test_four_members")
FILE: Final = "hub.sqlite"


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


class Databases:
    """Databases of one test after the other: to make one, with its indexes, takes longer than most tests."""

    def __init__(self) -> None:
        self._ready: list[str] = []
        self._lent: dict[Path, str] = {}
        self._count = 0

    def of(self, folder: Path) -> str:
        """The URI of the database that stands for this folder."""
        if folder not in self._lent:
            uri = self._ready.pop() if self._ready else self._make()
            self._lent[folder] = uri
            _empty(uri, _accounts(folder / FILE))
        return self._lent[folder]

    def lent(self, folder: Path) -> str | None:
        """The same, if there is one."""
        return self._lent.get(folder)

    def take_back(self, folder: Path) -> None:
        """Whoever used this folder, and those in it, is through."""
        for database in [database for database in self._lent if database.is_relative_to(folder)]:
            self._ready.append(self._lent.pop(database))

    def _make(self) -> str:
        self._count += 1
        uri = server.database_uri(server.shared_uri(), Path(f"{os.getpid()}-{self._count}"))
        MongoStore(uri, clock=lambda: 0, lock_seconds=5, status_milliseconds=1, create=True).close()
        return uri


DATABASES: Final = Databases()
_known: dict[bytes, list[dict[str, Any]]] = {}


def _accounts(file: Path) -> list[dict[str, Any]]:
    """The documents of the accounts in that file."""
    if not file.exists():
        return []
    content = file.read_bytes()
    if content not in _known:
        store = SqliteStore(file, clock=lambda: 0, lock_seconds=5, status_milliseconds=1)
        _known[content] = [mongo_rows.account_document(account) for account in store.list_accounts()]
        store.close()
    return _known[content]


def _empty(uri: str, accounts: list[dict[str, Any]]) -> None:
    """Leave nothing in the database but that it is a store, and these accounts."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    with client:
        database = client.get_default_database()
        for name in ("objects", "log", "intents", "statuses", "facts", "accounts", "keys", "trail"):
            database[name].delete_many({})
        database.meta.delete_many({"_id": {"$in": ["secret", "facts"]}})
        if accounts:
            database.accounts.insert_many(accounts)
            keys = [{"_id": key, "account": account["_id"]} for account in accounts for key in account["key_hashes"]]
            database["keys"].insert_many(keys)
