"""A SQLite file of the test's own, and stores that are opened over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.store.sqlite.store import SqliteStore
from tests.store.making import Clock

Opener = Callable[..., SqliteStore]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "hub.sqlite"


@pytest.fixture
def open_sqlite(path: Path) -> Iterator[Opener]:
    """Opens the store at `path`, made where it is new."""
    stores: list[SqliteStore] = []

    def opener(**changes: Any) -> SqliteStore:
        settings: dict[str, Any] = {"clock": Clock(), "lock_seconds": 5.0, "status_milliseconds": 1000, "create": True}
        stores.append(SqliteStore(path, **(settings | changes)))
        return stores[-1]

    yield opener
    for store in stores:
        store.close()
