"""What an upgrade hides is shown to nobody, governs what is its member's own, and comes back where readers have yet to go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hub.store.base import Store
from hub.store.records import BY_OPERATOR, HIDDEN, REFUSED_PREFIX, Record, RecordLevel
from tests.server.making import an_id
from tests.store.making import START, Clock, add, asking, candidate, contents, nobodys, places, stored_versions

ADDRESS = an_id(1, "ipv4-addr")


def hide(store: Store, object_id: str, place: int) -> None:
    store.set_levels("shared", [RecordLevel(object_id, place, HIDDEN, f"{REFUSED_PREFIX}it is wrong")])


def hidden(store: Store) -> list[tuple[str, int]]:
    return [(record.id, record.level) for record in store.hidden_records("shared")]


def test_a_hidden_record_is_shown_to_nobody_and_counted_nowhere(store: Store) -> None:
    """It is kept, with the reason, and exported."""
    add(store, candidate(1), candidate(2))
    hide(store, an_id(1), START)
    assert stored_versions(store) == [(an_id(2), "v1")]
    assert store.counts("shared", 4) == (1, START + 1)
    assert not store.holds("shared", an_id(1), 4)
    assert hidden(store) == [(an_id(1), HIDDEN)]
    assert [record.source for record in store.records("shared")] == [f"{REFUSED_PREFIX}it is wrong", "marking"]


def test_a_level_that_rises_moves_the_counts(store: Store) -> None:
    """A record that is no longer stored is passed over."""
    add(store, candidate(1, level=1))
    store.set_levels(
        "shared", [RecordLevel(an_id(1), START, 3, "marking"), RecordLevel(an_id(9), START + 5, 3, "marking")]
    )
    assert store.counts_by_level("shared") == (0, 0, 0, 1, 0)
    assert [store.holds("shared", an_id(1), clearance) for clearance in (2, 3)] == [False, True]


def test_a_hidden_version_governs_older_ones_of_its_member(store: Store) -> None:
    """Who may not see the newest sees none; a newer version that is accepted is shown."""
    add(store, candidate(1, 1))
    add(store, candidate(1, 2))
    hide(store, an_id(1), START + 1)
    assert stored_versions(store) == []
    add(store, candidate(1, 3))
    assert stored_versions(store) == [(an_id(1), "v3")]


@pytest.mark.parametrize("revoked", [False, True])
def test_what_another_member_added_neither_hides_nor_revokes(store: Store, revoked: bool) -> None:
    """Law L4: it is set aside, and its instant stays in use."""
    add(store, nobodys(1, 1))
    # as an older hub took it
    store.restore("older", START + 9, _as_an_older_hub(store, revoked))
    assert stored_versions(store, "older") == [(an_id(1), "v1")]
    (verdict,) = add(store, nobodys(1, 2, note="other"), collection="older")
    assert "hidden until the hub's operator decides" in verdict.message
    add(store, nobodys(1, 3), collection="older")
    assert [version for _, version in stored_versions(store, "older")] == ["v1", "v3"]
    store.decide("older", an_id(1), None)
    assert [version for _, version in stored_versions(store, "older")] == ["v1", "v3"]
    assert list(store.hidden_records("older")) == []


def _as_an_older_hub(store: Store, revoked: bool) -> Iterator[Record]:
    (first,) = store.records("shared")
    yield first
    yield replace(
        first,
        place=first.place + 1,
        version=2,
        version_text="v2",
        publishers=("MY",),
        digest=b"other",
        revoked=revoked,
        level=HIDDEN,
        source=f"{REFUSED_PREFIX}it belongs to another member",
    )


def test_what_is_released_is_at_the_end_of_the_line(store: Store, clock: Clock) -> None:
    """Readers who passed its old place read it; older versions that come back with it keep their order (law L1)."""
    add(store, candidate(1, 1))
    add(store, candidate(1, 2))
    add(store, candidate(5))
    hide(store, an_id(1), START + 1)
    (last,) = places(store)
    assert store.decide("shared", an_id(1), 2) == 1
    assert stored_versions(store) == [(an_id(5), "v1"), (an_id(1), "v1"), (an_id(1), "v2")]
    page = store.manifest(asking(after=last))
    assert [(row.version_text, row.level) for row in page.rows] == [("v2", 2)]
    assert hidden(store) == []
    assert [r.source for r in store.records("shared") if r.version_text == "v2"] == [BY_OPERATOR]
    assert store.counts("shared", 2)[0] == 3
    assert store.head("shared") == places(store)[-1]


def test_the_version_of_an_observable_is_its_new_place(store: Store) -> None:
    """As with every observable."""
    add(store, nobodys(1, None, type="ipv4-addr"))
    hide(store, ADDRESS, START)
    store.decide("shared", ADDRESS, 1)
    (record,) = store.records("shared")
    assert (record.place, record.version) == (START + 1, (START + 1) * 1000)
    assert contents(store.read(asking(), 10_000).body)[0]["id"] == ADDRESS


def test_what_is_removed_leaves_older_versions_at_the_end_of_the_line(store: Store) -> None:
    """They were hidden by it, and readers may have passed them."""
    add(store, candidate(1, 1))
    add(store, candidate(1, 2))
    hide(store, an_id(1), START + 1)
    assert store.decide("shared", an_id(1), None) == 1
    assert stored_versions(store) == [(an_id(1), "v1")]
    assert places(store) == [START + 2]
    assert len(list(store.records("shared"))) == 1


def test_there_may_be_nothing_to_decide(store: Store) -> None:
    """Then nothing changes."""
    add(store, candidate(1))
    assert store.decide("shared", an_id(1), 3) == 0
    assert store.decide("shared", an_id(7), None) == 0
    assert stored_versions(store) == [(an_id(1), "v1")]
