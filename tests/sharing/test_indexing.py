"""Values are indexed while nobody is publishing, or when too much waits."""

from __future__ import annotations

import pytest

from hub.community.hub import Hub
from hub.sharing import indexing
from hub.sharing.indexing import ValueIndexer
from tests.store.making import add
from tests.store.test_values import valued

pytestmark = pytest.mark.sqlite  # MongoDB's documents have their marks from the start


def test_what_came_is_indexed_once_nothing_more_comes(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """In several turns, so that no writer waits long."""
    monkeypatch.setattr(indexing, "BATCH_RECORDS", 2)
    (collection, *_) = hub.catalogue
    indexer = ValueIndexer(hub.store, hub.catalogue)
    add(hub.store, *(valued(n, f"v{n}.example") for n in range(1, 6)), collection=collection.id)
    indexer.look()
    assert hub.store.index_values(collection.id, 0) == 5
    add(hub.store, valued(6, "v6.example"), collection=collection.id)
    indexer.look()
    assert hub.store.index_values(collection.id, 0) == 6
    indexer.look()
    assert hub.store.index_values(collection.id, 0) == 0


def test_too_much_does_not_wait(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup reads what is not indexed, so there must not be too much of it, however long the publishing lasts."""
    monkeypatch.setattr(indexing, "BATCH_RECORDS", 2)
    monkeypatch.setattr(indexing, "MAX_WAITING", 3)
    (collection, *_) = hub.catalogue
    add(hub.store, *(valued(n, f"v{n}.example") for n in range(1, 6)), collection=collection.id)
    ValueIndexer(hub.store, hub.catalogue).look()
    assert hub.store.index_values(collection.id, 0) == 3
