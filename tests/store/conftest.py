"""Each contract test runs against every kind of store; see `making.KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.store.base import Store
from tests.store.making import KINDS, Clock, open_kind

OpenStore = Callable[..., Store]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def open_store(kind: str, tmp_path: Path, clock: Clock) -> Iterator[OpenStore]:
    """Opens the test's store; called again, as another process or machine would open it. All are closed at the end."""
    opened: list[Store] = []

    def opener(**changes: Any) -> Store:
        opened.append(open_kind(kind, tmp_path, changes.pop("clock", clock), **changes))
        return opened[-1]

    yield opener
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()
