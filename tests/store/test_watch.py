"""A watch on the store learns of what any other process committed."""

from __future__ import annotations

from collections.abc import Callable

from hub.store.base import Store
from tests.store.making import add, candidate


def test_what_another_process_committed_is_seen(store: Store, open_store: Callable[..., Store]) -> None:
    """The first look, too, says that there may be something: nobody knows what was there before."""
    watch = open_store().watch()
    assert watch.has_moved()
    for index in range(3):
        before = store.head("shared")
        add(store, candidate(index))
        assert watch.has_moved()
        assert store.head("shared") > before
    watch.close()


def test_a_store_that_can_tell_says_no_where_nothing_was_committed(store: Store) -> None:
    """Where it cannot (it says so: things may show later than the heads move), each look may find something."""
    watch = store.watch()
    assert watch.has_moved()
    assert watch.has_moved() == (watch.extra_looks > 0)
    watch.close()
