"""Objects are found by the values in them, and by what they contain: what the reader may see of the newest versions, and no more."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.stix.values import mark, normalize, texts_of
from hub.store.base import Store
from hub.store.batch import Candidate
from hub.store.records import HIDDEN, Record, RecordLevel
from hub.store.sqlite.store import SqliteStore
from hub.taxii.filters import VersionMatch
from tests.server.making import an_id
from tests.store.conftest import OpenStore
from tests.store.making import START, Clock, add, asking, candidate, contents, contents_of, nobodys

LEVELS = range(5)
INDEXED: set[int] = set()  # the stores that index


def index(store: Store, collection: str = "shared") -> None:
    """Index values where this store does, some at a time."""
    while id(store) in INDEXED and store.index_values(collection, 3):
        pass


def valued(number: int, *values: str, version: int = 1, level: int = 1, **changes: Any) -> Candidate:
    """An object with these values as its aliases."""
    content = {"id": an_id(number), "type": "indicator", "n": version, "aliases": list(values)}
    body = json.dumps(content).encode()
    return replace(candidate(number, version, level, **changes), body=body, digest=body)


@pytest.fixture(params=["at once", "later"])
def store(open_store: OpenStore, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store whose records are indexed before each question, and one where that is never done."""
    value_store = open_store()
    if request.param == "at once":
        INDEXED.add(id(value_store))
    yield value_store
    INDEXED.discard(id(value_store))


def holding(store: Store, value: str, clearance: int = 4, collection: str = "shared") -> list[str]:
    """The ids of the objects that the store finds by the value."""
    index(store, collection)
    query = asking(collection=collection, clearance=clearance, marks=(mark(normalize(value)),))
    return [content["id"] for content in contents_of(store, query)]


def test_objects_are_found_by_their_values(store: Store) -> None:
    """In the order of their places, each once, in pages as everything else."""
    add(store, valued(1, "bad.example", "other.example"), valued(2, "bad.example"), valued(3, "good.example"))
    assert holding(store, "BAD.example.") == [an_id(1), an_id(2)]
    assert holding(store, "example") == []
    index(store)
    marks = (mark("bad.example"), mark("other.example"))
    page = store.read(asking(marks=marks, limit=1), 1 << 20)
    assert ([content["id"] for content in contents(page.body)], page.more) == ([an_id(1)], True)
    page = store.read(asking(marks=marks, after=page.last), 1 << 20)
    assert ([content["id"] for content in contents(page.body)], page.more) == ([an_id(2)], False)
    assert list(contents_of(store, asking(marks=marks, types=("malware",)))) == []


def test_values_of_the_newest_version_alone_count(store: Store) -> None:
    """Until it is deleted: then the one before is the newest."""
    add(store, valued(1, "old.example"))
    add(store, valued(1, "new.example", version=2))
    assert (holding(store, "old.example"), holding(store, "new.example")) == ([], [an_id(1)])

    store.delete("shared", an_id(1), "ID", 4, VersionMatch(last=True))
    assert (holding(store, "old.example"), holding(store, "new.example")) == ([an_id(1)], [])


def test_a_newer_version_that_is_higher_takes_the_older_ones_values_along(store: Store) -> None:
    """Law L5 d: who may not see the newest finds no version by any value; once it is deleted, the older one is found as before."""
    add(store, valued(1, "bad.example", level=1))
    add(store, valued(1, "bad.example", version=2, level=3))
    assert [holding(store, "bad.example", clearance) for clearance in (1, 2, 3)] == [[], [], [an_id(1)]]
    store.delete("shared", an_id(1), "ID", 4, VersionMatch(last=True))
    assert [holding(store, "bad.example", clearance) for clearance in (0, 1)] == [[], [an_id(1)]]


def test_levels_that_are_set_later_count(store: Store) -> None:
    """Raised, hidden, and shown again by the operator."""
    add(store, valued(1, "bad.example", level=1))
    store.set_levels("shared", [RecordLevel(an_id(1), START, 3, "marking")])
    assert [holding(store, "bad.example", clearance) for clearance in (2, 3)] == [[], [an_id(1)]]
    store.set_levels("shared", [RecordLevel(an_id(1), START, HIDDEN, "refused: why")])
    assert holding(store, "bad.example") == []
    store.decide("shared", an_id(1), 2)
    assert [holding(store, "bad.example", clearance) for clearance in (1, 2)] == [[], [an_id(1)]]


@pytest.mark.parametrize("how", ["delete", "purge", "decide"])
def test_what_is_removed_is_no_longer_found(store: Store, how: str) -> None:
    """And the same id in another collection is still found."""
    add(store, valued(1, "bad.example"))
    add(store, valued(1, "bad.example"), collection="other")
    if how == "delete":
        store.delete("shared", an_id(1), "ID", 4)
    elif how == "purge":
        store.purge("shared", an_id(1))
    else:
        store.set_levels("shared", [RecordLevel(an_id(1), START, HIDDEN, "refused: why")])
        store.decide("shared", an_id(1), None)
    assert holding(store, "bad.example") == []
    assert holding(store, "bad.example", collection="other") == [an_id(1)]


def test_a_purge_leaves_no_mark(store: Store, kind: str) -> None:
    """Anybody who has the file cannot try values against it."""
    add(store, valued(1, "bad.example", "other.example"), valued(2, "good.example"))
    index(store)
    if id(store) in INDEXED and kind == "sqlite":
        assert len(_marks(store)) == 3
    store.delete("shared", an_id(1), "ID", 4)
    if id(store) in INDEXED and kind == "sqlite":
        assert _marks(store) == [mark("good.example")]
    assert holding(store, "other.example") == []


def _marks(store: Store) -> list[int]:
    assert isinstance(store, SqliteStore)
    with store._files.reading() as connection:
        return [int(str(row[0])) for row in connection.execute("SELECT mark FROM value ORDER BY mark")]


def test_restored_records_are_found(store: Store) -> None:
    """What `hub import` puts back."""
    add(store, valued(1, "bad.example"), valued(2, "bad.example", level=3))
    records: list[Record] = list(store.records("shared"))
    store.restore("older", START + 9, records)
    assert holding(store, "bad.example", 1, "older") == [an_id(1)]
    assert holding(store, "bad.example", 3, "older") == [an_id(1), an_id(2)]


def test_containers_are_found_by_what_they_contain(store: Store) -> None:
    """Those of the given publishers, at the reader's level; a withdrawn one no longer contains anything."""
    low = candidate(1, type="report", contained_ids=(an_id(7),), level=1)
    high = candidate(2, type="report", contained_ids=(an_id(7), an_id(8)), level=3)
    add(store, candidate(7), candidate(8), low, high)

    def containers(clearance: int, *publishers: str) -> list[str]:
        query = asking(clearance=clearance, contains=(an_id(7), an_id(8)), publishers=publishers)
        return [content["id"] for content in contents_of(store, query)]

    assert containers(1, "ID", "") == [an_id(1, "report")]
    assert containers(3, "ID", "") == [an_id(1, "report"), an_id(2, "report")]
    assert containers(3, "SG") == []
    add(store, replace(candidate(1, 2, type="report", contained_ids=(an_id(7),), level=1), revoked=True))
    assert containers(1, "ID") == []


@pytest.mark.parametrize("seed", range(4))
def test_found_by_value_is_what_a_walk_over_everything_finds(store: Store, seed: int) -> None:
    """Whatever was published, published again, raised, deleted and purged: for every clearance, the same objects."""
    drawn = random.Random(seed)
    values = [f"v{n}.example" for n in range(5)]
    versions = dict.fromkeys(range(6), 0)
    for _ in range(40):
        number = drawn.randrange(6)
        act = drawn.random()
        if act < 0.7:
            versions[number] += 1
            sample = drawn.sample(values, drawn.randrange(3))
            new_content = valued(number, *sample, version=versions[number], level=drawn.randrange(5))
            other = drawn.choice(["ID", "SG"])
            add(store, replace(new_content, owner=""), publisher=other, collection=drawn.choice(["shared", "other"]))
        elif act < 0.8:
            records = list(store.records("shared"))
            if records:
                record = drawn.choice(records)
                level = min(record.level + 1, HIDDEN)
                store.set_levels("shared", [RecordLevel(record.id, record.place, level, "refused: x")])
        elif act < 0.95:
            store.delete("shared", an_id(number), drawn.choice(["ID", "SG"]), drawn.randrange(5))
        else:
            store.purge("shared", an_id(number))
        if drawn.random() < 0.3:
            index(store)
    match_count = 0
    for collection in ("shared", "other"):
        for clearance in LEVELS:
            seen = list(contents_of(store, asking(collection=collection, clearance=clearance)))
            for value in values:
                expected = [new_content["id"] for new_content in seen if value in set(texts_of(new_content))]
                assert holding(store, value, clearance, collection) == expected
                match_count += len(expected)
    assert match_count > 0


def test_a_value_of_nobody(store: Store) -> None:
    """What any writer may publish is found like all else; a second publisher changes nothing."""
    add(store, nobodys(1, 1, 1))
    add(store, nobodys(1, 1, 1), publisher="SG")
    assert holding(store, "nothing.example") == []


def test_what_waits_is_counted_of_what_the_reader_may_see(store: Store) -> None:
    """Law L5: how much came lately at higher levels is shown to nobody below; what is hidden is counted for the index alone."""
    if not isinstance(store, SqliteStore):
        assert store.index_values("shared", 0, 4) == 0
        return
    add(store, valued(1, "a.example", level=1), valued(2, "b.example", level=3), valued(3, "c.example", level=1))
    add(store, valued(3, "c.example", version=2, level=2))
    store.set_levels("shared", [RecordLevel(an_id(2), START + 1, HIDDEN, "refused: why")])
    assert [store.index_values("shared", 0, clearance) for clearance in LEVELS] == [0, 1, 3, 3, 3]
    assert store.index_values("shared", 0) == 4


def test_what_others_publish_higher_takes_no_room(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup compares so many objects at most: those that its reader may see."""
    monkeypatch.setattr("hub.store.sqlite.pages.MOST_COMPARED", 2)
    add(store, *(valued(n, "high.example", level=4) for n in range(1, 6)), valued(6, "low.example", level=1))
    assert holding(store, "low.example", 1) == [an_id(6)]


def test_a_mark_that_is_made_otherwise_shows_nothing_raised(
    open_store: OpenStore, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's tables of letters change, and with them marks: rows that are not found again when a record is raised."""
    if kind != "sqlite":
        pytest.skip("the level and the marks are fields of one document")
    store = open_store()
    add(store, valued(1, "bad.example", level=1))
    assert store.index_values("shared", 10) == 0
    monkeypatch.setattr("hub.store.sqlite.values.marks_in", lambda _body: (7,))
    store.set_levels("shared", [RecordLevel(an_id(1), START, 3, "marking")])
    query = asking(clearance=1, marks=(mark("bad.example"),))
    assert list(contents_of(store, query)) == []


def test_indexing_continues_where_it_ended(store: Store) -> None:
    """In steps, with what came meanwhile; what waits is counted."""
    if not isinstance(store, SqliteStore):
        assert store.index_values("shared", 1) == 0
        return
    add(store, *(valued(n, f"v{n}.example") for n in range(1, 6)))
    assert store.index_values("nowhere", 10) == 0
    assert [store.index_values("shared", limit) for limit in (0, 2, 0, 2)] == [5, 3, 3, 1]
    store.delete("shared", an_id(5), "ID", 4)
    add(store, valued(6, "v6.example"))
    assert store.index_values("shared", 100) == 0
    assert sorted(_marks(store)) == sorted(mark(f"v{n}.example") for n in (1, 2, 3, 4, 6))


def test_a_record_without_a_body_is_waited_for_by_nobody(tmp_path: Path) -> None:
    """A damaged store: indexing until nothing waits ends all the same."""
    store = SqliteStore(tmp_path / "hub.db", clock=Clock(), lock_seconds=3, status_milliseconds=1, create=True)
    add(store, valued(1, "a.example"), valued(2, "b.example"))
    with store._files.writing() as connection:
        connection.execute("DELETE FROM body WHERE key = (SELECT max(key) FROM body)")
    steps = 0
    while store.index_values("shared", 1):
        steps += 1
        assert steps < 5
    assert _marks(store) == [mark("a.example")]
    store.close()


def test_two_processes_that_index_do_the_same(open_store: OpenStore) -> None:
    """One does it, the other passes over it."""
    first, second = open_store(), open_store()
    add(first, valued(1, "a.example"), valued(2, "b.example"))
    assert (first.index_values("shared", 1), second.index_values("shared", 9)) in ((1, 0), (0, 0))
    query = asking(marks=(mark("a.example"), mark("b.example")))
    assert [content["id"] for content in contents_of(second, query)] == [an_id(1), an_id(2)]
