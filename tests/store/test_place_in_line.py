"""Law L1: places are unique and strictly growing in commit order, whatever the clock says and whatever is removed."""

from __future__ import annotations

import threading
from collections.abc import Callable

from hub.store.base import Deletion, Store
from tests.server.making import an_id
from tests.store.making import START, Clock, add, asking, candidate, contents, contents_of, places


def test_each_record_has_a_millisecond_of_its_own(store: Store) -> None:
    """A batch that comes in one instant takes as many places as it has objects, from the clock's on."""
    add(store, *(candidate(number) for number in range(5)))
    assert places(store) == [START, START + 1, START + 2, START + 3, START + 4]
    assert store.head("shared") == START + 4


def test_places_follow_the_clock_where_it_is_ahead(store: Store, clock: Clock) -> None:
    """When few objects come, a record's place is the time of its acceptance."""
    add(store, candidate(1))
    clock.now += 60_000
    add(store, candidate(2))
    assert places(store) == [START, START + 60_000]


def test_a_clock_set_back_does_not_matter(store: Store, clock: Clock) -> None:
    """What comes after is placed after it."""
    add(store, candidate(1), candidate(2))
    clock.now -= 86_400_000
    add(store, candidate(3))
    assert places(store) == [START, START + 1, START + 2]


def test_a_place_is_never_given_out_again_after_a_deletion(store: Store, clock: Clock) -> None:
    """A reader who has seen the newest record would miss what took its place."""
    add(store, candidate(1), candidate(2))
    assert store.delete("shared", an_id(2), "ID", 4) is Deletion.DELETED
    clock.now -= 1000
    add(store, candidate(3))
    assert places(store) == [START, START + 2]


def test_a_place_is_never_given_out_again_after_a_purge_and_a_restart(
    store: Store, open_store: Callable[..., Store], clock: Clock
) -> None:
    """The head is stored; it does not follow from what is held."""
    add(store, candidate(1))
    assert store.purge("shared", an_id(1)) == 1
    store.close()
    clock.now -= 1000
    again = open_store()
    add(again, candidate(2))
    assert places(again) == [START + 1]


def test_a_reader_at_the_head_sees_what_is_added_next(store: Store, open_store: Callable[..., Store]) -> None:
    """Nothing is beyond the head, which is remembered only until anything is committed, by whichever process."""
    other = open_store()
    add(store, candidate(0))
    for number, writer in enumerate((other, store, other), start=1):
        head = store.head("shared")
        assert [reader.read(asking(after=head), 10**6).count for reader in (store, other)] == [0, 0]
        add(writer, candidate(number))
        assert [reader.read(asking(after=head), 10**6).count for reader in (store, other)] == [1, 1]


def test_collections_have_lines_of_their_own(store: Store) -> None:
    """What happens in one collection leaves the others where they are."""
    add(store, candidate(1), candidate(2))
    add(store, candidate(1), collection="national")
    assert places(store, "national") == [START]
    assert store.head("national") == START
    assert store.head("nowhere") == 0


def test_paging_by_place_brings_each_record_once_and_in_order(store: Store) -> None:
    """Whatever the size of the pages, the same line comes out; the last page says that there is no more."""
    numbers = list(range(23))
    for number in numbers:
        add(store, candidate(number))
    for limit in (1, 2, 7, 23, 24, 1000):
        assert [content["id"] for content in contents_of(store, asking(limit=limit))] == [
            an_id(number) for number in numbers
        ]


def test_a_page_ends_where_its_bytes_do_and_has_at_least_one_object(store: Store) -> None:
    """`max_bytes` cuts pages short, and one object larger than that still passes (no empty page with `more`)."""
    for number in range(6):
        add(store, candidate(number, note="x" * 100 * number))
    size = len(store.read(asking(limit=1), 1 << 20).body)
    for max_bytes in (1, size, 2 * size, 2 * size + 200, 900, 10_000):
        objects_read = list(contents_of(store, asking(), max_bytes))
        assert [content["id"] for content in objects_read] == [an_id(number) for number in range(6)]
        page = store.read(asking(), max_bytes)
        assert page.count == 1 or len(page.body) <= max_bytes
    whole = store.read(asking(), 1 << 20)
    exact = store.read(asking(), len(whole.body))
    assert exact == whole
    assert store.read(asking(), len(whole.body) - 1).count == 5


def test_a_page_filtered_by_type_ends_where_its_bytes_do(store: Store) -> None:
    """The same bound applies where a page is put together from several ranges."""
    for number in range(6):
        add(store, candidate(number, level=number % 3, note="x" * 300))
    page = store.read(asking(types=("indicator",)), 1000)
    assert 0 < len(page.body) <= 1000
    assert page.more
    objects_read = list(contents_of(store, asking(types=("indicator",)), 1000))
    assert [content["id"] for content in objects_read] == [an_id(number) for number in range(6)]


def test_places_before_and_beyond_all_times_are_accepted(store: Store) -> None:
    """added_after may be any year from 0001 to 9999."""
    add(store, candidate(1))
    assert store.read(asking(after=-(10**14)), 1000).count == 1
    assert store.read(asking(after=253_402_300_799_999), 1000).count == 0
    assert store.read(asking(after=2**62), 1000).count == 0
    assert store.read(asking(after=START - 1), 1000).count == 1
    assert store.read(asking(after=START), 1000).count == 0


def test_threads_that_publish_at_once_lose_nothing_and_a_reader_misses_nothing(store: Store) -> None:
    """Writers in four threads, and a reader that polls on from where it was: each object exactly once."""
    seen: list[str] = []
    done = threading.Event()
    failures: list[BaseException] = []

    def publish(writer: int) -> None:
        try:
            for number in range(12):
                add(store, *(candidate(writer * 1000 + number * 10 + offset) for offset in range(3)))
        except BaseException as error:  # noqa: BLE001 - told to the test below
            failures.append(error)

    def poll() -> None:
        after = 0
        while True:
            last_round = done.is_set()
            page = store.read(asking(after=after, limit=7), 1 << 20)
            seen.extend(content["id"] for content in contents(page.body))
            after = page.last or after
            if last_round and not page.more:
                return

    writers = [threading.Thread(target=publish, args=(number,)) for number in range(4)]
    reader = threading.Thread(target=poll)
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    assert not failures
    expected = {an_id(w * 1000 + n * 10 + offset) for w in range(4) for n in range(12) for offset in range(3)}
    assert len(seen) == len(expected)
    assert set(seen) == expected
