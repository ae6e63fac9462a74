"""Law L8: records go out with their places and come back to them, and no place is given out twice."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from hub.errors import UnprocessableError
from hub.store.base import Store
from hub.store.query import EVERY, LAST
from hub.store.records import Record, Status
from hub.taxii.filters import VersionMatch
from tests.server.making import an_id
from tests.store.making import START, Clock, add, asking, candidate, contents_of, nobodys, places, stored_versions


def _filled(store: Store) -> list[Record]:
    add(store, candidate(1, 1, 1), candidate(1, 2, 3), nobodys(2, 1, 0), candidate(3, None, 4, type="ipv4-addr"))
    add(store, candidate(1, 3, 2))
    add(store, nobodys(2, 1, 0), publisher="SG")
    add(store, candidate(4, 9, 1))
    store.delete("shared", an_id(4), "ID", 4)
    return list(store.records("shared"))


def test_records_have_all_that_is_kept(store: Store) -> None:
    """In place order, whatever their level."""
    records = _filled(store)
    assert [(record.id, record.version, record.level, record.place - START) for record in records] == [
        (an_id(1), 1, 1, 0),
        (an_id(1), 2, 3, 1),
        (an_id(2), 1, 0, 2),
        (an_id(3, "ipv4-addr"), (START + 3) * 1000, 4, 3),
        (an_id(1), 3, 2, 4),
    ]
    assert records[0].publishers == ("ID",)
    assert records[2].publishers == ("ID", "SG")
    assert (records[2].owner, records[0].owner) == ("", "ID")
    assert {record.accepted_at for record in records} == {START}


def test_what_is_restored_is_what_was_exported(store: Store) -> None:
    """Another collection stands for another store: places, versions and the head are the same."""
    records = _filled(store)
    assert store.restore("again", store.head("shared"), records) == len(records)
    assert [replace(record, collection="shared") for record in store.records("again")] == records
    assert store.head("again") == store.head("shared") == START + 5
    for clearance in range(5):
        assert store.counts("again", clearance) == store.counts("shared", clearance)
        for versions in (LAST, EVERY, VersionMatch(first=True)):
            objects_here = list(contents_of(store, asking(clearance=clearance, versions=versions)))
            assert (
                list(contents_of(store, asking(clearance=clearance, versions=versions, collection="again")))
                == objects_here
            )


def test_what_comes_after_a_restore_is_after_every_place_ever_given_out(store: Store) -> None:
    """Also those of records that had been deleted before the export."""
    store.restore("again", START + 500, _filled(store))
    add(store, candidate(9), collection="again")
    assert places(store, "again")[-1] == START + 501


def test_a_head_below_the_last_record_is_lifted_to_it(store: Store) -> None:
    """A damaged head must not let places be given out twice."""
    records = _filled(store)
    with pytest.raises(UnprocessableError):
        store.restore("shared", 0, records)
    store.restore("again", 0, records)
    assert store.head("again") == records[-1].place


def test_nothing_is_restored_into_a_collection_that_holds_anything(store: Store) -> None:
    """Readers have places of it already."""
    records = _filled(store)
    add(store, candidate(50), collection="again")
    with pytest.raises(UnprocessableError, match="contains objects"):
        store.restore("again", START + 500, records)
    assert stored_versions(store, "again") == [(an_id(50), "v1")]


def test_nothing_is_restored_where_later_places_were_given_out(store: Store) -> None:
    """An emptied collection still has readers beyond the export."""
    records = _filled(store)
    add(store, *(candidate(number) for number in range(50, 70)), collection="again")
    for number in range(50, 70):
        store.purge("again", an_id(number))
    with pytest.raises(UnprocessableError, match="places"):
        store.restore("again", START + 5, records)
    assert store.restore("again", START + 500, records) == len(records)


def test_what_was_there_and_was_deleted_leaves_room_for_what_is_restored(store: Store) -> None:
    """At the very same places: also a bulk load that ran ahead of the clock, and a store that `hub init` just made."""
    records = _filled(store)
    add(store, *(candidate(number) for number in range(50, 53)), collection="again")
    for number in range(50, 53):
        store.purge("again", an_id(number))
    assert store.head("again") < store.head("shared")
    assert store.restore("again", store.head("shared"), records) == len(records)
    assert [replace(record, collection="shared") for record in store.records("again")] == records
    assert store.counts("again", 4) == store.counts("shared", 4)


@pytest.mark.parametrize("damage", ["twice", "order", "zero"])
def test_a_damaged_export_is_refused_whole(store: Store, damage: str) -> None:
    """A version that appears twice, places out of order, and no place at all."""
    records = _filled(store)
    damaged = {
        "twice": [*records, replace(records[0], place=START + 50)],
        "order": [records[1], records[0]],
        "zero": [replace(records[0], place=0)],
    }[damage]
    with pytest.raises(UnprocessableError, match="damaged"):
        store.restore("again", START + 500, damaged)
    assert stored_versions(store, "again") == []
    assert store.head("again") == 0


def test_an_empty_export_still_carries_its_head(store: Store) -> None:
    """Its readers have checkpoints, too."""
    assert store.restore("again", START + 9, []) == 0
    assert store.head("again") == START + 9
    assert list(store.records("nowhere")) == []


def test_statuses_go_out_while_they_answer_and_come_back_as_they_were(store: Store, clock: Clock) -> None:
    """With their owners, letter by letter, and with the time that they have left; one that is there stays as it is."""
    add(store, candidate(1), status="old")
    clock.now += 2_000_000
    add(store, candidate(1), candidate(2), status="new")
    statuses_held = {status.id: status for status in store.statuses()}
    assert statuses_held == {name: store.get_status(name) for name in ("old", "new")}
    assert (statuses_held["new"].kept_at, statuses_held["new"].account, statuses_held["new"].publisher) == (
        START + 2_000_000,
        "someone",
        "ID",
    )
    elsewhere = Status("moved", "again", "other", "SG", START + 1_000_000, '{ "a": "ขอ" }'.encode())
    assert store.put_statuses(iter([elsewhere, Status("old", "x", "x", "x", clock.now, b"x")])) == 2
    assert store.get_status("moved") == elsewhere
    assert store.get_status("old") == statuses_held["old"]
    clock.now = START + 3_600_001
    assert [status.id for status in sorted(store.statuses(), key=lambda status: status.kept_at)] == ["moved", "new"]
    clock.now = START + 4_600_001
    assert store.get_status("moved") is None
    assert store.sweep(START + 1_000_001) == 2
    assert [status.id for status in store.statuses()] == ["new"]


def test_more_statuses_and_larger_records_than_one_operation_carries_go_out_and_come_back(store: Store) -> None:
    """An archive is any size: neither memory nor one commit has to hold it."""
    statuses = [Status(f"s{number:05d}", "shared", "a", "ID", START, b"{}") for number in range(1_100)]
    assert store.put_statuses(iter(statuses)) == len(statuses)
    assert sorted(store.statuses(), key=lambda status: status.id) == statuses
    add(store, candidate(0))
    (pattern,) = store.records("shared")
    records = [
        replace(pattern, id=an_id(n), place=START + n, body=random.Random(n).randbytes(1_000_000))  # none shrinks
        for n in range(10)
    ]
    assert store.restore("again", START + 16, iter(records)) == len(records)
    assert [record.body for record in store.records("again")] == [record.body for record in records]
