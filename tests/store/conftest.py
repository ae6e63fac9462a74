"""Each contract test runs against every kind of store; see `making.KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from hub.audit.state import Finding
from hub.audit.verify import Verification
from hub.errors import HubError
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.mongo.store import MongoStore
from tests.store.making import KINDS, Clock, open_kind

OpenStore = Callable[..., Store]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


_READ_BACK: Final = 5_000  # records: the server of the MongoDB tests reads all of them again for each thousand


@pytest.fixture
def open_store(kind: str, tmp_path: Path, clock: Clock) -> Iterator[OpenStore]:
    """Opens the test's store; called again, as another process or machine would open it. All are closed at the end."""
    opened: list[Store] = []

    def opener(**changes: Any) -> Store:
        opened.append(open_kind(kind, tmp_path, changes.pop("clock", clock), **changes))
        return opened[-1]

    yield opener
    differences = _not_as_written(opened)
    for store in opened:
        store.close()
    assert differences == []


def _not_as_written(opened: Iterable[Store]) -> list[Finding]:
    """After every test of the contract: each change had its entry in the audit trail, and the store is what that says."""
    for store in opened:
        try:
            store.ping()
        except HubError:  # the test ended this one
            continue
        if isinstance(store, MongoStore) and store.counts("shared", max(TLP))[0] > _READ_BACK:
            return []
        return list(Verification(store, examine=lambda _: (), pause=lambda: None).run(()))
    return []


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()
