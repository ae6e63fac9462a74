"""Law L5 against a model: what each reader gets, for each way of asking, is what a plain walk over everything gives.

The model knows the law in one sentence: a version is shown at the highest level among it and all newer ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.store.base import Deletion, Store
from hub.store.batch import Candidate, Verdict
from hub.store.query import EVERY, LAST, Query
from hub.store.records import NOBODY, Record
from hub.taxii.filters import VersionMatch
from tests.server.making import an_id
from tests.store.making import (
    ROOMY,
    add,
    asking,
    candidate,
    contents,
    contents_of,
    nobodys,
    places,
    stored_versions,
)

FIRST = VersionMatch(first=True)
TYPES = ("indicator", "identity", "ipv4-addr")
ASKED = (
    LAST,
    FIRST,
    EVERY,
    VersionMatch(instants=(2, 4)),
    VersionMatch(last=True, first=True),
    VersionMatch(last=True, instants=(1, 3)),
    VersionMatch(first=True, instants=(2,)),
    VersionMatch(last=True, first=True, instants=(3,)),
)
_compared = itertools.count()
_collections = itertools.count()


@dataclass
class StoredRecord:
    """One record of the model."""

    candidate: Candidate
    place: int
    version: int
    publishers: set[str] = field(default_factory=set)


class Model:
    """A list in place order, and every question answered by walking it."""

    def __init__(self) -> None:
        self.records: list[StoredRecord] = []

    def visible(self, clearance: int) -> list[StoredRecord]:
        """What a reader of this clearance may see at all."""
        return [record for record in self.records if self.governing(record) <= clearance]

    def governing(self, record: StoredRecord) -> int:
        """The level that decides who is shown this version (law L5 d)."""
        newer = [
            other
            for other in self.records
            if other.candidate.id == record.candidate.id and other.version >= record.version
        ]
        return max(version.candidate.level or 0 for version in newer)

    def matching(
        self, clearance: int, versions: VersionMatch, ids: Iterable[str] = (), types: Iterable[str] = ()
    ) -> list[StoredRecord]:
        """What a reader asks for, in place order."""
        visible = self.visible(clearance)
        records = []
        for record in visible:
            own = [other.version for other in visible if other.candidate.id == record.candidate.id]
            is_requested = (
                versions.every
                or (versions.last and record.version == max(own))
                or (versions.first and record.version == min(own))
                or record.version in versions.instants
            )
            if (
                is_requested
                and (not ids or record.candidate.id in ids)
                and (not types or record.candidate.type in types)
            ):
                records.append(record)
        return records

    def delete(
        self, object_id: str, publisher: str, clearance: int, versions: VersionMatch
    ) -> tuple[Deletion, list[StoredRecord]]:
        """Take the publisher's part out of what this reader may see and asks for; and what more readers see since."""
        requested = self.matching(clearance, versions, ids=(object_id,))
        if not requested:
            return Deletion.MISSING, []
        before = [(record, self.governing(record)) for record in self.records if record.candidate.id == object_id]
        for record in requested:
            record.publishers.discard(publisher)
        self.records = [record for record in self.records if record.publishers]
        lowered = [record for record, level in before if record in self.records and self.governing(record) < level]
        has_others = any(record.publishers for record in requested)
        return Deletion.OTHERS_REMAIN if has_others else Deletion.DELETED, lowered

    def move(self, lowered: list[StoredRecord], records: Sequence[Record]) -> None:
        """What more readers see is at the end of the line, oldest version first."""
        moved = sorted(lowered, key=lambda record: record.version)
        self.records = [record for record in self.records if record not in moved] + moved
        for stored, record in zip(moved, records[len(records) - len(moved) :], strict=True):
            assert (record.id, record.body) == (stored.candidate.id, stored.candidate.body)
            stored.place, stored.version = record.place, record.version


Step = tuple[str, str, Any]  # its kind; who takes it; what it appends, deletes or purges


def _of(number: int, version: int, level: int) -> Candidate:
    """Three ids for each of three types; the third type is an SCO, whose place is its version."""
    object_type = TYPES[number % 3]
    note = f"{version}" if object_type == "ipv4-addr" else ""
    return nobodys(number, None if object_type == "ipv4-addr" else version, level, type=object_type, note=note)


objects = st.builds(_of, st.integers(0, 8), st.integers(1, 5), st.integers(0, 4))
appends = st.tuples(st.just("append"), st.sampled_from(("ID", "SG")), st.lists(objects, max_size=8))
deletes = st.tuples(
    st.just("delete"),
    st.sampled_from(("ID", "SG")),
    st.tuples(st.integers(0, 8), st.integers(0, 4), st.sampled_from(ASKED)),
)
purges = st.tuples(st.just("purge"), st.just(""), st.integers(0, 8))


def test_every_reader_gets_what_a_walk_over_everything_gives(kind: str, store: Store) -> None:
    """Random batches, deletions and purges; then each clearance, choice of versions, filter and size of page."""
    # the server of the MongoDB tests scans all collections of an example where MongoDB has an index: fewer examples there, each with
    # another tenth of all filters
    examples, step_size = (25, 1) if kind == "sqlite" else (10, 10)

    @settings(max_examples=examples)
    @given(
        steps=st.lists(st.one_of(appends, appends, deletes, purges), min_size=1, max_size=6), limit=st.integers(1, 4)
    )
    def run(steps: list[Step], limit: int) -> None:
        _take_steps(store, steps, limit, step_size)

    run()


def _take_steps(store: Store, steps: list[Step], limit: int, step_size: int) -> None:
    collection = f"c{next(_collections)}"
    model = Model()
    for step, member, what in steps:
        if step == "append":
            _append(store, model, collection, member, what)
        elif step == "delete":
            number, clearance, versions = what
            object_id = an_id(number, TYPES[number % 3])
            expected, lowered = model.delete(object_id, member, clearance, versions)
            assert store.delete(collection, object_id, member, clearance, versions) is expected
            model.move(lowered, list(store.records(collection)))
        else:
            object_id = an_id(what, TYPES[what % 3])
            purged = [record for record in model.records if record.candidate.id == object_id]
            assert store.purge(collection, object_id) == len(purged)
            model.records = [record for record in model.records if record not in purged]
    _compare(store, model, collection, limit, step_size)


def _append(store: Store, model: Model, collection: str, member: str, what: list[Candidate]) -> None:
    outcomes = add(store, *what, collection=collection, publisher=member)
    new = list(store.records(collection))[len(model.records) :]
    added = [item for item, outcome in zip(what, outcomes, strict=True) if outcome.verdict is Verdict.ADDED]
    assert [record.body for record in new] == [item.body for item in added]
    for item, record in zip(added, new, strict=True):
        model.records.append(StoredRecord(item, record.place, record.version, {member}))
    for item, outcome in zip(what, outcomes, strict=True):
        if outcome.verdict is Verdict.REPEAT:
            holders = [k for k in model.records if (k.candidate.id, k.candidate.digest) == (item.id, item.digest)]
            if not holders:  # an observable that another member published, which stands for all
                assert item.version is None
                holders = [k for k in model.records if k.candidate.id == item.id and k.publishers - {member}][-1:]
            for holder in holders:
                holder.publishers.add(member)


def _compare(store: Store, model: Model, collection: str, limit: int, step_size: int) -> None:
    assert places(store, collection) == [record.place for record in model.records]
    assert [set(record.publishers) for record in store.records(collection)] == [
        entry.publishers for entry in model.records
    ]
    filters: list[dict[str, Any]] = [
        {},
        {"types": TYPES[:1]},
        {"types": ("none", *TYPES[1:])},
        {"ids": (an_id(0), an_id(2, TYPES[2]), an_id(77))},
    ]
    filters.append({"ids": (an_id(0), an_id(1, TYPES[1])), "types": (TYPES[1],)})
    for clearance in range(5):
        visible = model.visible(clearance)
        newest = max((record.place for record in visible), default=0)
        assert store.counts(collection, clearance) == (len(visible), newest)
        for number in range(9):
            object_id = an_id(number, TYPES[number % 3])
            is_visible = any(record.candidate.id == object_id for record in visible)
            assert store.holds(collection, object_id, clearance) == is_visible
        offset = (next(_compared) + clearance) % step_size
        for versions, chosen in itertools.islice(itertools.product(ASKED, filters), offset, None, step_size):
            expected = model.matching(clearance, versions, **chosen)
            query = Query(collection, clearance, after=0, limit=limit, versions=versions, **chosen)
            assert list(contents_of(store, query)) == contents(b",".join(record.candidate.body for record in expected))
            page = store.manifest(query)
            assert [(row.id, row.place) for row in page.rows] == [
                (record.candidate.id, record.place) for record in expected[:limit]
            ]
            assert page.more == (len(expected) > limit)


def test_who_may_not_see_the_newest_version_sees_none(store: Store) -> None:
    """A newer version governs the older ones: raised to AMBER, the GREEN one before it is AMBER, too (law L5 d)."""
    add(store, candidate(1, version=1, level=1))
    assert stored_versions(store, clearance=1) == [(an_id(1), "v1")]
    add(store, candidate(1, version=2, level=3), candidate(1, version=3, level=2))
    last = {c: [content["version"] for content in contents_of(store, asking(clearance=c))] for c in range(5)}
    assert last == {0: [], 1: [], 2: [3], 3: [3], 4: [3]}
    first = {
        c: [content["version"] for content in contents_of(store, asking(clearance=c, versions=FIRST))] for c in range(5)
    }
    assert first == {0: [], 1: [], 2: [3], 3: [1], 4: [1]}
    assert [row.level for row in store.manifest(asking(versions=EVERY)).rows] == [3, 3, 2]


def test_after_the_last_version_is_deleted_the_one_before_is_the_last_again(store: Store) -> None:
    """Its place stays: readers beyond it have seen it."""
    add(store, candidate(1, version=1, level=1), candidate(1, version=2, level=1))
    assert store.delete("shared", an_id(1), "ID", 4, VersionMatch(last=True)) is Deletion.DELETED
    assert stored_versions(store, versions=LAST) == [(an_id(1), "v1")]


def test_a_deletion_reaches_only_what_its_reader_may_see(store: Store) -> None:
    """What is above the clearance is not touched, and not mentioned."""
    add(store, candidate(1, version=1, level=4), candidate(1, version=2, level=1))
    assert store.delete("shared", an_id(1), "ID", 1) is Deletion.DELETED
    assert store.delete("shared", an_id(1), "ID", 1) is Deletion.MISSING
    assert stored_versions(store) == [(an_id(1), "v1")]


def test_after_the_version_that_raised_the_level_is_deleted_the_lower_one_is_shown_again(store: Store) -> None:
    """Levels follow from the versions that are held. Readers who are beyond its place read it all the same (law L1)."""
    add(store, candidate(1, version=1, level=1), candidate(1, version=2, level=3), candidate(2, level=1))
    assert stored_versions(store, clearance=1) == [(an_id(2), "v1")]
    passed = store.head("shared")
    assert store.delete("shared", an_id(1), "ID", 4, VersionMatch(last=True)) is Deletion.DELETED
    page = store.read(asking(clearance=1, after=passed), ROOMY)
    assert (page.count, page.first > passed) == (1, True)
    assert stored_versions(store, clearance=1) == [(an_id(2), "v1"), (an_id(1), "v1")]
    assert store.counts_by_level("shared") == (0, 2, 0, 0, 0)


def test_counts_and_places_show_nothing_of_what_is_hidden(store: Store) -> None:
    """The newest place at a clearance is that of a record at or below it."""
    add(store, candidate(1, level=1), candidate(2, level=4))
    assert store.counts("shared", 1) == (1, places(store)[0])
    assert store.counts("shared", 0) == (0, 0)
    assert store.counts("nowhere", 4) == (0, 0)
    assert not store.holds("shared", an_id(2), 3)


def test_a_page_is_never_empty_with_more(store: Store) -> None:
    """Where all that follows is hidden, the page says that there is no more."""
    add(store, candidate(1, level=1), *(candidate(number, level=4) for number in range(2, 40)))
    page = store.read(asking(clearance=1, limit=1), ROOMY)
    assert (page.count, page.more) == (1, False)


@pytest.mark.parametrize("limit", [3, 50, 1000])
def test_long_lists_of_types_are_merged_in_place_order(kind: str, store: Store, limit: int) -> None:
    """A hundred types at five levels are hundreds of ranges; the line that comes out is one."""
    kinds = [f"x-kind-{number}" for number in range(40)]
    order = [
        candidate(number, level=number % 5, type=kinds[number * 7 % 40])
        for number in range(200 if kind == "sqlite" else 80)
    ]
    add(store, *order)
    types = (*kinds, *(f"x-other-{number}" for number in range(60)))
    objects_read = list(contents_of(store, asking(types=types, limit=limit, versions=EVERY)))
    assert [content["id"] for content in objects_read] == [candidate.id for candidate in order]


def test_an_uneven_mix_of_ranges_is_merged_in_place_order(store: Store) -> None:
    """One long range beside short ones, and long stretches of one level after another."""
    order = [candidate(number, level=0 if number < 150 else 1 + number % 3) for number in range(300)]
    add(store, *order)
    for limit in (17, 100, 299, 300):
        objects_read = list(contents_of(store, asking(types=("indicator",), limit=limit)))
        assert [content["id"] for content in objects_read] == [candidate.id for candidate in order]


def test_the_hubs_own_objects_are_read_like_any_others(store: Store) -> None:
    """Published by nobody, for everybody."""
    add(store, nobodys(1, level=0, type="marking-definition"), publisher=NOBODY)
    assert [content["id"] for content in contents_of(store, asking(clearance=0))] == [an_id(1, "marking-definition")]
