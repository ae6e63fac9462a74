"""A purge removes every record of an id, from all publishers, and the id from the statuses."""

from __future__ import annotations

import json

from hub.store.base import Deletion, Store
from hub.store.line import scrub_id
from tests.server.making import an_id
from tests.store.making import START, add, asking, candidate, contents_of, nobodys, stored_versions


def test_a_purge_removes_every_version_of_every_publisher(store: Store) -> None:
    """Other objects stay as they are; the number of records that went is returned."""
    add(store, nobodys(1, 1, 0), nobodys(1, 2, 4), candidate(2))
    add(store, nobodys(1, 1, 0), publisher="SG")  # shares the record
    assert store.purge("shared", an_id(1)) == 2
    assert stored_versions(store) == [(an_id(2), "v1")]
    assert store.counts("shared", 4) == (1, START + 2)
    assert not store.holds("shared", an_id(1), 4)
    assert store.delete("shared", an_id(1), "ID", 4) is Deletion.MISSING


def test_a_purge_reaches_one_collection_only(store: Store) -> None:
    """Each collection has its own copy, and its own reasons."""
    add(store, candidate(1))
    add(store, candidate(1), collection="national")
    assert store.purge("shared", an_id(1)) == 1
    assert [content["id"] for content in contents_of(store, asking(collection="national"))] == [an_id(1)]


def test_statuses_lose_a_purged_id_and_keep_their_form(store: Store) -> None:
    """The status is still valid JSON with an id of the same type; other lines of it stay."""
    add(store, candidate(1), candidate(2), status="s1")
    store.purge("shared", an_id(1))
    status = store.get_status("s1")
    assert status is not None
    assert json.loads(status.body) == [[scrub_id(an_id(1)), "added"], [an_id(2), "added"]]
    assert scrub_id(an_id(1)) == "indicator--00000000-0000-4000-8000-000000000000"


def test_there_may_be_nothing_to_purge(store: Store) -> None:
    """Asked twice, or of what was never there."""
    add(store, candidate(1))
    assert store.purge("nowhere", an_id(1)) == 0
    assert store.purge("shared", an_id(2)) == 0
    assert store.purge("shared", an_id(1)) == 1
    assert store.purge("shared", an_id(1)) == 0
