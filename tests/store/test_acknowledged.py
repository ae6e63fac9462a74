"""Law L3: a batch is visible whole or not at all, and its status with it; and statuses as they are kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from hub.store.base import Store
from hub.store.batch import Outcome, Verdict
from hub.store.records import Status
from tests.server.making import an_id
from tests.store.making import START, Clock, add, batch, candidate, stored_versions, verdicts


def test_the_status_has_every_outcome_and_is_there_with_the_objects(
    store: Store, open_store: Callable[..., Store]
) -> None:
    """Another process finds both."""
    add(store, candidate(1))
    outcomes = add(store, candidate(1), candidate(1, note="other"), candidate(2), status="s1")
    status = open_store().get_status("s1")
    assert status == Status("s1", "shared", "someone", "ID", START, status.body if status else b"")
    assert json.loads(status.body) == [[outcome.id, outcome.verdict.value] for outcome in outcomes]
    assert [outcome.index for outcome in outcomes] == [0, 1, 2]
    assert verdicts(outcomes) == [Verdict.REPEAT, Verdict.REFUSED, Verdict.ADDED]


def test_a_batch_of_refusals_alone_leaves_a_status(store: Store) -> None:
    """The sender can ask why."""
    add(store, status="s1")
    assert store.get_status("s1") is not None
    assert store.head("shared") == 0


def test_the_status_that_is_returned_is_the_one_that_is_kept(store: Store) -> None:
    """The sender gets what anybody reads later, letter by letter; a batch that keeps no status returns none."""
    add(store, candidate(2))
    appended = store.append(batch(candidate(1), candidate(2, note="other"), candidate(2), status="s1"))
    assert json.loads(appended.status) == [[outcome.id, outcome.verdict.value] for outcome in appended.outcomes]
    held_status = store.get_status("s1")
    assert held_status is not None
    assert held_status.body == appended.status
    assert store.append(batch(candidate(1))).status == b""


def test_where_the_status_cannot_be_made_nothing_is_kept(store: Store) -> None:
    """Objects without the status that was promised would be half a batch."""

    def fail(_outcomes: Sequence[Outcome]) -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.append(replace(batch(candidate(1), candidate(2), status="s1"), describe=fail))
    assert stored_versions(store) == []
    assert store.get_status("s1") is None
    assert store.head("shared") == 0
    assert verdicts(add(store, candidate(1))) == [Verdict.ADDED]


def test_a_status_answers_for_its_time_and_not_longer(open_store: Callable[..., Store], clock: Clock) -> None:
    """From then on it is unknown, swept or not."""
    store = open_store(status_milliseconds=1000)
    add(store, candidate(1), status="s1")
    clock.now += 1000
    assert store.get_status("s1") is not None
    clock.now += 1
    assert store.get_status("s1") is None
    assert store.get_status("never") is None


def test_a_sweep_forgets_what_is_older_and_keeps_the_rest(store: Store, clock: Clock) -> None:
    """It returns how many were removed."""
    add(store, candidate(1), status="old")
    clock.now += 10
    add(store, candidate(2), status="new")
    assert store.sweep(START + 10) == 1
    assert store.get_status("old") is None
    assert store.get_status("new") is not None
    assert store.sweep(START + 10) == 0


def test_no_status_is_kept_where_none_is_asked_for(store: Store) -> None:
    """The hub's own definitions come without one."""
    assert verdicts(add(store, candidate(1))) == [Verdict.ADDED]
    assert store.sweep(START + 10**9) == 0


def test_a_large_batch_is_kept_whole(kind: str, store: Store) -> None:
    """As large as envelopes get; over MongoDB more than two of its operations carry."""
    numbers = range(10_000 if kind == "sqlite" else 2_500)
    outcomes = add(store, *(candidate(number) for number in numbers), status="s1")
    assert set(verdicts(outcomes)) == {Verdict.ADDED}
    assert stored_versions(store) == [(an_id(number), "v1") for number in numbers]
    assert store.counts("shared", 4) == (len(numbers), START + len(numbers) - 1)
