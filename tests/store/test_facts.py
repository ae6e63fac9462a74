"""Facts: small things beside the objects, found again by kind, key and the number of their last write."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hub.store.base import Store


def _pairs(store: Store, kind: str, **filters: object) -> list[tuple[str, bytes]]:
    return [(fact.key, fact.value) for fact in store.facts(kind, **filters)]  # type: ignore[arg-type] # passed on as given


def test_facts_are_found_by_kind_and_prefix(store: Store, open_store: Callable[..., Store]) -> None:
    """Also by another process; kinds do not see each other."""
    store.put_facts("one", {"a/1": b"x", "a/2": b"y", "b/1": b"z"})
    store.put_facts("two", {"a/1": b"other"})
    other = open_store()
    assert _pairs(other, "one") == [("a/1", b"x"), ("a/2", b"y"), ("b/1", b"z")]
    assert _pairs(other, "one", prefix="a/") == [("a/1", b"x"), ("a/2", b"y")]
    assert _pairs(other, "two") == [("a/1", b"other")]
    assert _pairs(other, "three") == []


def test_a_fact_written_again_comes_after_all_others(store: Store) -> None:
    """A reader that asks for what was written since its last look misses no change."""
    store.put_facts("kind", {"a": b"1", "b": b"2"})
    seen = store.facts("kind")[-1].number
    store.put_facts("kind", {"a": b"3"})
    later = store.facts("kind")[-1]
    assert (later.key, later.value) == ("a", b"3")
    assert later.number > seen
    assert later in store.facts("kind", since=seen)
    assert dict(_pairs(store, "kind")) == {"a": b"3", "b": b"2"}


def test_what_is_dropped_is_gone(store: Store) -> None:
    """In the same write as what takes its place; a number given once is not given again."""
    store.put_facts("kind", {"a": b"1"})
    number = store.facts("kind")[0].number
    store.put_facts("kind", {"b": b"2"}, drop=["a"])
    assert _pairs(store, "kind") == [("b", b"2")]
    assert store.facts("kind")[0].number > number


def test_numbers_are_added_to_those_of_a_fact(store: Store, open_store: Callable[..., Store]) -> None:
    """From nothing, from a shorter list, and from what was damaged, which counts as nothing."""
    other = open_store()
    store.put_facts("volume", {"damaged": b"x", "odd": b'[1, "2"]', "negative": b"[-1]"})
    store.add_to_facts("volume", {"a": [1, 2], "damaged": [3], "odd": [4], "negative": [5]})
    seen = store.facts("volume")[-1].number
    other.add_to_facts("volume", {"a": [10, 0, 5]})
    assert {fact.key: fact.numbers for fact in store.facts("volume")} == {
        "a": (11, 2, 5),
        "damaged": (3,),
        "odd": (4,),
        "negative": (5,),
    }
    assert "a" in [fact.key for fact in store.facts("volume", since=seen)]


def test_numbers_that_several_add_at_once_are_all_added(open_store: Callable[..., Store]) -> None:
    """As many workers do: none takes the place of another."""
    stores = [open_store() for _ in range(4)]

    def add(store: Store) -> None:
        for _ in range(10):
            store.add_to_facts("volume", {"a": [1], "b": [2]})

    with ThreadPoolExecutor(len(stores)) as threads:
        list(threads.map(add, stores))
    assert {fact.key: fact.numbers for fact in stores[0].facts("volume")} == {"a": (40,), "b": (80,)}
