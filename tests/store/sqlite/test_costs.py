"""A page from SQLite costs what it shows: what a reader may not see is not even read."""

from __future__ import annotations

import pytest

from hub.store.query import EVERY, Query
from hub.store.sqlite import pages as sqlite_pages
from hub.store.sqlite.store import SqliteStore
from hub.taxii.filters import VersionMatch
from tests.server.making import an_id
from tests.store.making import ROOMY, add, asking, candidate, contents_of
from tests.store.sqlite.conftest import Opener


def _steps(store: SqliteStore, query: Query) -> int:
    """The steps of SQLite's virtual machine that one page takes, in tens: its cost, independent of the computer's load."""
    counted = 0

    def count() -> bool:
        nonlocal counted
        counted += 1
        return False

    with store._files.reading() as connection:
        connection.set_progress_handler(count, 10)
    store.read(query, ROOMY)
    with store._files.reading() as connection:
        connection.set_progress_handler(None)
    return counted


@pytest.mark.parametrize("question", ["level", "type", "first", "instant", "id"])
def test_what_a_reader_may_not_see_or_does_not_ask_for_costs_nothing(open_sqlite: Opener, question: str) -> None:
    """One record in a hundred, picked by level, type, version or id: a page costs about what it does where all match."""
    chosen = {
        "level": {"clearance": 0},
        "type": {"types": ("malware",)},
        "first": {"versions": VersionMatch(first=True)},
        "instant": {"versions": VersionMatch(instants=(7,))},
        "id": {"ids": tuple(an_id(number * 100, "malware") for number in range(30))},
    }[question]
    query = asking(limit=20, **chosen)  # type: ignore[arg-type] # one of the fields above
    sparse, dense = open_sqlite(), []
    for number in range(3_000):
        rare = number % 100 == 0
        version = 7 if rare else 8 + number
        own = number if rare or question != "first" else 0
        dense.append(candidate(own, version, level=0 if rare else 2, type="malware" if rare else "indicator"))
    add(sparse, *dense)
    few_steps = _steps(sparse, query)
    assert sparse.read(query, ROOMY).count == 20
    all_match = [candidate(n, 7, level=0, type="malware") for n in range(3_000)]
    add(sparse, *all_match, collection="dense")
    other = asking(limit=20, collection="dense", **chosen)  # type: ignore[arg-type] # as above
    assert few_steps <= 1.5 * _steps(sparse, other) + 20
    idle = asking(after=sparse.head("shared"), limit=20, **chosen)  # type: ignore[arg-type] # as above
    assert _steps(sparse, idle) < few_steps


def test_ranges_are_read_from_their_indexes_alone(open_sqlite: Opener) -> None:
    """No table is scanned and nothing is sorted, whatever the collection's size."""
    statements = {
        **{f"last {c}": (sqlite_pages._NEWEST_KEYS[c], (1, 0, 5)) for c in range(5)},
        "page": (sqlite_pages._JOINED.format(sqlite_pages._OF_RANGE.format(sqlite_pages._NEWEST_KEYS[3])), (1, 0, 5)),
        "level": (sqlite_pages._BY_LEVEL, (1, 0, 5, 1, 5)),
        "type": (sqlite_pages._BY_TYPE_ANY, (1, 0, 5, "indicator", 1, 5)),
        "type, first": (sqlite_pages._BY_TYPE_FIRST, (1, 0, 5, "indicator", 1, 5, 1)),
        "instant": (sqlite_pages._BY_INSTANT_ANY, (1, 0, 5, 7, 1)),
    }
    with open_sqlite()._files.reading() as connection:
        for name, (sql, values) in statements.items():
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [line for line in plan if "TEMP B-TREE" in line], (name, plan)
            assert any("INDEX record_" in line for line in plan), (name, plan)
            assert not [
                line for line in plan if line.startswith("SCAN") and line != "SCAN k" and "(subquery" not in line
            ], (name, plan)


def test_every_record_is_found_by_every_range_it_belongs_to(open_sqlite: Opener) -> None:
    """A thousand records with bodies of many sizes, page by page, are those that went in."""
    store = open_sqlite()
    order = [candidate(number, level=number % 5, note="x" * (number * 37 % 5000)) for number in range(1000)]
    add(store, *order)
    assert [content["id"] for content in contents_of(store, asking(limit=300, versions=EVERY))] == [
        candidate.id for candidate in order
    ]
    assert [content["id"] for content in contents_of(store, asking(limit=300))] == [candidate.id for candidate in order]
