"""What only the MongoDB store has: its indexes, its limits, what dead processes leave, and secrets that stay secret."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from hub.errors import ConfigurationError, HubError, StoreError, StoreUnavailableError, TooLargeError
from hub.stix.values import mark, marks_in
from hub.store.batch import Candidate
from hub.store.mongo import operations as mongo_operations
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo import upgrade as mongo_upgrade
from hub.store.mongo.store import MongoStore
from hub.store.query import EVERY, Query
from hub.store.records import HIDDEN, Record, RecordLevel
from hub.taxii.filters import VersionMatch
from tests.mongo import server
from tests.server.making import an_id
from tests.store.making import START, Clock, add, asking, batch, candidate, contents_of, stored_versions, verdicts

PASSWORD: Final = "tell-nobody"
OpenStore = Callable[..., MongoStore]


@pytest.fixture
def uri(tmp_path: Path) -> Iterator[str]:
    """A database of this test's own, dropped at its end."""
    address = server.database_uri(server.shared_uri(), tmp_path)
    yield address
    server.forget(address)


@pytest.fixture
def open_store(uri: str) -> Iterator[OpenStore]:
    """Opens the test's store as another process would, and closes it."""
    stores: list[MongoStore] = []

    def opener(address: str = uri, *, create: bool = True, **changes: Any) -> MongoStore:
        options: dict[str, Any] = {"clock": Clock(), "lock_seconds": 3.0, "status_milliseconds": 3_600_000} | changes
        stores.append(MongoStore(address, create=create, **options))
        return stores[-1]

    yield opener
    for store in stores:
        store.close()


def dying(at: str) -> Callable[[str, str], None]:
    """An observer that ends the work before a step, as if the process had died there."""

    def observe(when: str, step: str) -> None:
        if (when, step) == ("before", at):
            raise KeyboardInterrupt

    return observe


@pytest.mark.parametrize("step", ["InsertRows", "KeepStatuses", "Show", "Touch", "Finish"])
def test_a_commit_whose_writer_died_is_finished_by_the_next_writer(step: str, open_store: OpenStore) -> None:
    """It was not acknowledged, but it has its place: the next comes after it, and nothing is shown in part."""
    store = open_store()
    add(store, candidate(1, 1))
    with pytest.raises(KeyboardInterrupt):
        add(open_store(observe=dying(step)), candidate(1, 2), candidate(2), status="of the dead")
    add(store, candidate(3))
    assert stored_versions(store) == [(an_id(1), "v1"), (an_id(1), "v2"), (an_id(2), "v1"), (an_id(3), "v1")]
    assert store.manifest(asking(ids=(an_id(1),))).rows[0].version_text == "v2"
    assert store.get_status("of the dead") is not None


@pytest.mark.parametrize("step", ["Insert", "Show", "Touch", "Finish"])
def test_what_is_counted_is_what_readers_read_also_where_a_deletion_was_not_finished(
    step: str, open_store: OpenStore
) -> None:
    """The process that sees the count fall reads what is left, as the board does: by then the record must be gone."""
    store = open_store()
    add(store, candidate(1), candidate(2))
    with pytest.raises(KeyboardInterrupt):
        open_store(observe=dying(step)).delete("shared", an_id(1), "ID", 4)
    assert step == "Finish" or store.counts("shared", 4)[0] == len(stored_versions(store))
    store.sweep(0)
    assert store.counts("shared", 4)[0] == len(stored_versions(store)) == (2 if step == "Insert" else 1)


def test_the_sweep_finishes_what_dead_writers_left(open_store: OpenStore, database: Any) -> None:
    """Also where nobody writes any more."""
    store = open_store()
    with pytest.raises(KeyboardInterrupt):
        add(open_store(observe=dying("InsertRows")), candidate(1))
    assert stored_versions(store) == []
    store.sweep(0)
    assert stored_versions(store) == [(an_id(1), "v1")]
    assert database.intents.count_documents({}) == 0


def test_an_announcement_of_a_dead_writer_keeps_an_id_from_nobody(open_store: OpenStore, database: Any) -> None:
    """Another commit takes its number, so that it can no longer claim the id."""
    with pytest.raises(KeyboardInterrupt):
        add(open_store(observe=dying("Insert")), candidate(1, owner="MY"), collection="mine", publisher="MY")
    assert database.intents.count_documents({}) == 1
    store = open_store()
    add(store, candidate(1, owner="ID"))
    assert stored_versions(store) == [(an_id(1), "v1")]
    assert verdicts(add(store, candidate(1, 2, owner="MY"), collection="mine", publisher="MY"))[0].value == "refused"
    assert database.intents.count_documents({}) == 0


def test_the_log_stays_short(open_store: OpenStore, database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that nobody can need any more are removed."""
    monkeypatch.setattr("hub.store.mongo.commit.KEPT_ENTRIES", 4)
    store = open_store()
    for number in range(1, 20):
        add(store, candidate(number))
    assert database.log.count_documents({}) <= 8
    assert len(stored_versions(store)) == 19


def test_a_deleted_record_leaves_nothing_but_its_seat(open_store: OpenStore, database: Any) -> None:
    """The process that wakes up and writes it again finds the seat taken."""
    store = open_store()
    add(store, candidate(1, 1))
    store.delete("shared", an_id(1), "ID", 4)
    (seat,) = database.objects.find({})
    assert set(seat) == {"_id", "coll", "n"}
    add(store, candidate(1, 1))
    assert stored_versions(store) == [(an_id(1), "v1")]


def test_an_import_that_was_broken_off_shows_nothing_and_is_wiped_by_the_next(open_store: OpenStore) -> None:
    """Until then, other writers get a message that says what to do."""
    store = open_store()
    add(store, candidate(1), candidate(2), collection="from")
    records = list(store.records("from"))

    def broken() -> Iterator[Record]:
        yield from records[:1]
        raise ValueError("the file ends here")

    with pytest.raises(ValueError, match="ends here"):
        store.restore("to", START + 10, broken())
    assert add(store, candidate(9), collection="other")
    dying_store = open_store(observe=dying("InsertRows"))
    with pytest.raises(KeyboardInterrupt):
        dying_store.restore("to", START + 10, records)
    assert stored_versions(store, collection="to") == []
    with pytest.raises(StoreUnavailableError, match="import"):
        add(store, candidate(3), collection="to")
    assert store.restore("to", START + 10, records) == 2
    assert [row[0] for row in stored_versions(store, collection="to")] == [an_id(1), an_id(2)]
    assert store.head("to") == START + 10
    add(store, candidate(3), collection="to")
    assert store.head("to") > START + 10


def test_what_no_document_can_hold_is_refused_in_words_and_blocks_nobody(open_store: OpenStore) -> None:
    """Also where it would fit compressed: its row would not."""
    store = open_store()
    with pytest.raises(TooLargeError, match="fewer or smaller"):
        add(store, candidate(1, body=b" " * (16 * 1024 * 1024)))
    add(store, candidate(2))
    assert stored_versions(store) == [(an_id(2), "v1")]


def test_a_database_without_a_store_says_to_run_init(open_store: OpenStore) -> None:
    """A typing error in the URI must not look like an empty hub."""
    with pytest.raises(StoreUnavailableError, match="hub init"):
        open_store(create=False).ping()
    open_store()
    open_store(create=False).ping()


def test_a_store_of_another_format_is_not_touched(open_store: OpenStore, database: Any) -> None:
    """An old process beside a newer store says so instead of guessing."""
    open_store()
    database.meta.update_one({"_id": "format"}, {"$set": {"number": 99}})
    with pytest.raises(StoreError, match="99"):
        add(open_store(create=False), candidate(1))


def test_init_counts_what_a_store_of_the_first_format_holds(open_store: OpenStore, database: Any) -> None:
    """Its entries had no counts; what a dead writer left there is finished."""
    store = open_store()
    add(store, candidate(1), candidate(2, level=3), candidate(3))
    store.delete("shared", an_id(3), "ID", 4)
    with pytest.raises(KeyboardInterrupt):
        add(open_store(observe=dying("InsertRows")), candidate(4))
    database.log.update_many({}, {"$unset": {"held": ""}})
    database.meta.update_one({"_id": "format"}, {"$set": {"number": 1}})
    with pytest.raises(StoreError, match="hub init"):
        open_store(create=False).counts("shared", 4)
    upgraded = open_store()
    assert [upgraded.counts("shared", clearance)[0] for clearance in (1, 4)] == [2, 3]
    add(upgraded, candidate(5))
    assert upgraded.counts("shared", 4)[0] == len(stored_versions(upgraded)) == 4


def found_by(store: MongoStore, value: str, clearance: int = 4) -> list[str]:
    """The ids that a lookup of the value finds."""
    query = asking(clearance=clearance, marks=(mark(value),))
    return [content["id"] for content in contents_of(store, query)]


def valued(number: int, version: int, level: int, *values: str) -> Candidate:
    """An object with these values as its aliases."""
    content = {"id": an_id(number), "type": "indicator", "n": version, "aliases": list(values)}
    body = orjson.dumps(content)
    return replace(candidate(number, version, level), body=body, digest=body)


@pytest.fixture
def format_5(open_store: OpenStore, database: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], MongoStore]:
    """A store that a hub without marks wrote, one commit of a dead writer among them; opens it with `hub init`."""
    with monkeypatch.context() as older:
        older.setattr(mongo_rows, "marks_in", lambda _body: ())
        store = open_store()
        add(store, valued(1, 1, 1, "low.example"), valued(2, 1, 3, "high.example", "low.example"), valued(3, 1, 1, "x"))
        add(store, valued(4, 1, 1, "old.example"), valued(5, 1, 1, "hidden.example"), candidate(6))
        add(store, valued(4, 2, 2, "new.example"))
        store.delete("shared", an_id(3), "ID", 4)
        store.set_levels("shared", [RecordLevel(an_id(5), START + 4, HIDDEN, "refused: why")])
        with pytest.raises(KeyboardInterrupt):
            add(open_store(observe=dying("InsertRows")), valued(7, 1, 1, "dead.example"))
    database.objects.drop_index(list(mongo_rows.BY_MARK))
    database.meta.update_one({"_id": "format"}, {"$set": {"number": 5}})
    assert database.objects.count_documents({"marks": {"$exists": True}}) == 0
    monkeypatch.setattr(mongo_operations, "AT_ONCE", 2)  # several rounds
    return open_store


def test_init_marks_the_values_that_a_store_of_format_5_holds(
    format_5: Callable[[], MongoStore], open_store: OpenStore, database: Any
) -> None:
    """Of every version, of what is hidden, and of what a dead writer committed; for each reader what it may see (law L5)."""
    with pytest.raises(StoreError, match="hub init"):
        open_store(create=False).head("shared")
    store = format_5()
    assert [found_by(store, "low.example", clearance) for clearance in (0, 1, 3)] == [
        [],
        [an_id(1)],
        [an_id(1), an_id(2)],
    ]
    assert [found_by(store, "new.example", clearance) for clearance in (1, 2)] == [[], [an_id(4)]]
    assert [found_by(store, value) for value in ("old.example", "x", "hidden.example")] == [[], [], []]
    assert found_by(store, "dead.example", 1) == [an_id(7)]
    assert mongo_rows.BY_MARK in {tuple(index["key"].items()) for index in database.objects.list_indexes()}
    store.decide("shared", an_id(5), 2)
    assert [found_by(store, "hidden.example", clearance) for clearance in (1, 2)] == [[], [an_id(5)]]
    store.delete("shared", an_id(4), "ID", 4, VersionMatch(last=True))
    assert [found_by(store, "old.example", clearance) for clearance in (0, 1)] == [[], [an_id(4)]]
    add(store, valued(8, 1, 1, "dead.example"))
    assert found_by(store, "dead.example") == [an_id(7), an_id(8)]


def test_an_upgrade_from_format_5_that_was_broken_off_is_run_again(
    format_5: Callable[[], MongoStore], open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is through, the store keeps its old number, and no hub runs on it."""
    tries_left = iter(range(3))

    def broken_off(body: bytes) -> tuple[int, ...]:
        if next(tries_left, None) is None:
            raise KeyboardInterrupt
        return marks_in(body)

    with monkeypatch.context() as breaking:
        breaking.setattr(mongo_upgrade, "marks_in", broken_off)
        with pytest.raises(KeyboardInterrupt):
            format_5()
    with pytest.raises(StoreError, match="hub init"):
        open_store(create=False).head("shared")
    store = format_5()
    assert found_by(store, "low.example") == [an_id(1), an_id(2)]
    assert found_by(store, "dead.example") == [an_id(7)]


def test_init_may_be_run_again(open_store: OpenStore, database: Any) -> None:
    """Nothing changes; the indexes are there."""
    open_store()
    open_store()
    index_keys = {tuple(index["key"].items()) for index in database.objects.list_indexes()}
    assert {mongo_rows.BY_VIEW, mongo_rows.BY_TYPE, mongo_rows.BY_ID, mongo_rows.BY_INSTANT} <= index_keys


@pytest.mark.parametrize(
    "address",
    [
        f"mongodb://hub:{PASSWORD}@127.0.0.1:1/hub?serverSelectionTimeoutMS=50",
        f"mongodb://hub:{PASSWORD}@@/hub",
        f"mongodb://hub:{PASSWORD}/x@nowhere:port/hub",
        f"mongo://hub:{PASSWORD}@nowhere/hub",
    ],
)
def test_no_message_shows_the_password(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the sentence nor the whole trace below it, nor the store's name."""
    monkeypatch.setattr("hub.store.mongo.link.SELECT_MILLISECONDS", 50)
    with pytest.raises(HubError) as caught:
        _open_and_ping(address)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def _open_and_ping(address: str) -> None:
    store = MongoStore(address, clock=Clock(), lock_seconds=0.1, status_milliseconds=1)
    try:
        assert PASSWORD not in repr(store)
        store.ping()
    finally:
        store.close()


def test_an_invalid_uri_is_an_error_with_an_example() -> None:
    """The message shows one that works."""
    with pytest.raises(ConfigurationError, match="mongodb://user:password@host1,host2/hub"):
        MongoStore("mongodb://", clock=Clock(), lock_seconds=1, status_milliseconds=1)


# ----------------------------------------------------------------------------------- each page is one indexed range


INDEXES: Final = (mongo_rows.BY_VIEW, mongo_rows.BY_TYPE, mongo_rows.BY_ID, mongo_rows.BY_INSTANT)


def ranges_of(criteria: dict[str, Any]) -> list[dict[str, Any]]:
    """A page's filter as the simple ones that MongoDB merges in place order."""
    if "$or" not in criteria:
        return [criteria]
    fields = {field: value for field, value in criteria.items() if field != "$or"}
    return [fields | branch for branch in criteria["$or"]]


@pytest.mark.parametrize("ids", [(), ("a",), ("a", "b")])
@pytest.mark.parametrize("types", [(), ("t",), ("t", "u")])
@pytest.mark.parametrize(
    "versions",
    [
        VersionMatch(last=True),
        VersionMatch(first=True),
        EVERY,
        VersionMatch(instants=(1, 2)),
        VersionMatch(last=True, instants=(1,)),
    ],
)
def test_every_page_is_a_range_of_places_behind_equalities_of_one_index(
    ids: tuple[str, ...], types: tuple[str, ...], versions: VersionMatch
) -> None:
    """An index serves a range in order where equalities (or lists, merged) fill all fields before `place`."""
    query = Query("c", 2, after=5, limit=10, ids=ids, types=types, versions=versions)
    for key_range in ranges_of(mongo_rows.page_filter(query, upto=9)):
        assert key_range["place"] == {"$gt": 5, "$lte": 9}
        equal = {field for field in key_range if field != "place"}
        assert all(not isinstance(key_range[field], dict) or set(key_range[field]) == {"$in"} for field in equal)
        fitting = [
            index for index in INDEXES if {field for field, _ in index[:-1]} <= equal and index[-1] == ("place", 1)
        ]
        assert fitting
        assert "views" in equal


def test_a_server_that_shows_its_plan_reads_a_page_from_one_index(open_store: OpenStore, database: Any) -> None:
    """On MongoDB; FerretDB has no plan to show, and scans."""
    store = open_store()
    store.append(batch(*(candidate(number) for number in range(1, 300))))
    criteria = mongo_rows.page_filter(asking(limit=10), upto=START + 1_000)
    plan = database.objects.find(criteria).sort("place", 1).limit(10).explain()["queryPlanner"]
    if "winningPlan" not in plan:
        pytest.skip("this server scans: the test above holds the filters to their indexes")
    assert "IXSCAN" in str(plan["winningPlan"])
    assert "COLLSCAN" not in str(plan["winningPlan"])
    assert "'SORT'" not in str(plan["winningPlan"])
