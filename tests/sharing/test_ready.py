"""Pages kept ready are what the store would give, whatever happens to the records in them, in any process."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from hub.settings import Limits
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.deliver import DeliveredPage, DeliveryContext, objects
from hub.sharing.members import Account, AccountKind
from hub.sharing.ready import Content, PageKey, ReadyPage, ReadyPages, pack, unpack
from hub.stix.timestamps import format_place
from hub.store.base import Store
from hub.store.query import Query
from hub.taxii.filters import Filters, Match, VersionMatch
from tests.places import TOP
from tests.server.making import an_id
from tests.sharing.changing import HELD, TYPES, change_something
from tests.store.making import Clock, add, candidate

OpenStore = Callable[..., Store]
READERS = (
    Account("id", AccountKind.CERT, "ID"),
    Account("sg-bank", AccountKind.CONSTITUENT, "SG"),
    Account("partner", AccountKind.PARTNER),
)
MATCHES = (
    Match(),
    Match(types=("malware",)),
    Match(versions=VersionMatch(first=True)),
    Match(versions=VersionMatch(every=True)),
    Match(versions=VersionMatch(last=True, instants=(1, 2))),
)


def make_exit(store: Store, *, ready_bytes: int = 1_000_000) -> DeliveryContext:
    return DeliveryContext(store, Limits(), b"secret", ReadyPages(ready_bytes))


@pytest.fixture
def feed(catalogue: Catalogue) -> Collection:
    collection = catalogue.find("region", "feeds")
    assert collection is not None
    return collection


@pytest.mark.parametrize("steps", [40, pytest.param(1_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("seed", range(2))
def test_every_answer_is_the_one_made_from_nothing(
    open_store: OpenStore, kind: str, clock: Clock, feed: Collection, seed: int, steps: int
) -> None:
    """New objects, versions, higher levels, revocations, deletions and purges by one process, read by two others."""
    chance = random.Random(seed)
    writer, exits = open_store(), [make_exit(open_store()) for _ in range(2)]
    fresh = make_exit(writer, ready_bytes=0)
    version, reused, earlier = 20, 0, list[Content]()
    add(writer, *(candidate(number, type=TYPES[number % 2]) for number in range(HELD)), collection=feed.id)
    steps = steps // 8 if kind == "mongo" else steps
    for _ in range(steps):
        version += 1
        clock.now += 10
        change_something(writer, feed.id, version, chance, fresh=version + HELD)
        for _ in range(3):
            account, match, after = chance.choice(READERS), chance.choice(MATCHES), 0
            while True:  # the whole way, page by page
                filters = Filters(limit=4, match=match, added_after=after * 1000)
                expected = objects(fresh, account, feed, filters)
                for exit_ in exits:
                    delivered = objects(exit_, account, feed, filters)
                    assert answer_of(delivered) == answer_of(expected)
                    reused += any(delivered.content is content for content in earlier)
                    earlier.append(delivered.content)
                if not expected.more:
                    break
                after = expected.last
        del earlier[:-500]
    assert reused > steps  # else little was kept, and little was tested


@pytest.mark.parametrize("rounds", [4, pytest.param(100, marks=pytest.mark.soak)])
def test_every_answer_is_the_one_made_from_nothing_while_several_processes_write(
    open_store: OpenStore, kind: str, tmp_path: Path, feed: Collection, rounds: int
) -> None:
    """Two readers keep pages while three processes write at once; when these pause, no page is an old one."""
    store, exits = open_store(), [make_exit(open_store()) for _ in range(2)]
    add(store, *(candidate(number, type=TYPES[number % 2]) for number in range(HELD)), collection=feed.id)
    reused = 0
    rounds, changes = (rounds // 2, 2) if kind == "mongo" else (rounds, 10)
    with closing(Writers(kind, tmp_path, feed.id, 3)) as writers:
        for _ in range(rounds):
            for _ in writers.change(changes):
                for exit_ in exits:
                    read_all(exit_, feed)
            expected, _ = read_all(make_exit(store, ready_bytes=0), feed)
            for exit_ in exits:
                first, again = read_all(exit_, feed), read_all(exit_, feed)
                assert first[0] == again[0] == expected
                reused += sum(content is other for content, other in zip(first[1], again[1], strict=True))
    assert reused > rounds  # else little was kept, and little was tested


class Writers:
    """Processes that change a collection at once: `tests.sharing.changing`."""

    def __init__(self, kind: str, folder: Path, collection: str, count: int) -> None:
        words = [sys.executable, "-m", "tests.sharing.changing", kind, str(folder), collection]
        self._processes = [
            subprocess.Popen([*words, str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TOP)
            for seed in range(count)
        ]
        for process in self._processes:
            assert _line_of(process) == "ready"

    def change(self, count: int) -> Iterator[None]:
        """Have each make so many changes; an item again and again as long as one is at it."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(f"{count}\n")
            process.stdin.flush()
        with ThreadPoolExecutor(len(self._processes)) as threads:
            lines = [threads.submit(_line_of, process) for process in self._processes]
            while not all(line.done() for line in lines):
                yield
        assert [line.result() for line in lines] == ["done"] * len(lines)

    def close(self) -> None:
        for process in self._processes:
            process.communicate(timeout=60)
            assert process.returncode == 0


def _line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def read_all(exit_: DeliveryContext, feed: Collection) -> tuple[list[tuple[object, ...]], list[Content]]:
    """Every page that each reader gets for each filter, and its content."""
    answers: list[tuple[object, ...]] = []
    contents: list[Content] = []
    for account in READERS:
        for match in MATCHES[:3]:
            after, more = 0, True
            while more:
                delivered = objects(exit_, account, feed, Filters(limit=7, match=match, added_after=after * 1000))
                answers.append(answer_of(delivered))
                contents.append(delivered.content)
                after, more = delivered.last, delivered.more
    return answers, contents


def answer_of(delivered: DeliveredPage) -> tuple[object, ...]:
    assert unpack(delivered.content.packed()) == delivered.body
    return delivered.body, delivered.count, delivered.date_added, delivered.more


def test_what_was_read_once_is_not_read_again(store: Store, feed: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, *(candidate(number) for number in range(5)), collection=feed.id)
    exit_ = make_exit(store)
    first = objects(exit_, READERS[0], feed, Filters(limit=2))
    monkeypatch.setattr(type(store), "read", None)
    again = objects(exit_, READERS[0], feed, Filters(limit=2))
    assert answer_of(again) == answer_of(first)


def test_a_reader_of_another_level_gets_a_page_of_its_own(store: Store, feed: Collection) -> None:
    levels = (1, 2, 1, 2, 1, 1)
    add(store, *(candidate(number, level=level) for number, level in enumerate(levels)), collection=feed.id)
    exit_ = make_exit(store)
    of_cert = objects(exit_, READERS[0], feed, Filters(limit=2))
    of_partner = objects(exit_, READERS[2], feed, Filters(limit=2))
    assert an_id(1) in of_cert.body.decode()
    assert an_id(1) not in of_partner.body.decode()


def test_a_new_object_at_the_end_drops_no_page(store: Store, feed: Collection) -> None:
    add(store, *(candidate(number) for number in range(5)), collection=feed.id)
    exit_ = make_exit(store)
    objects(exit_, READERS[0], feed, Filters(limit=2))
    size = exit_.ready.size
    add(store, candidate(9), collection=feed.id)
    objects(exit_, READERS[0], feed, Filters(limit=2))
    assert exit_.ready.size == size > 0


def test_a_page_that_ends_at_the_head_is_never_kept(store: Store, feed: Collection) -> None:
    add(store, candidate(1), candidate(2), collection=feed.id)
    exit_ = make_exit(store)
    objects(exit_, READERS[0], feed, Filters(limit=2))
    add(store, candidate(3), collection=feed.id)
    assert objects(exit_, READERS[0], feed, Filters(limit=2)).more


def test_the_last_page_after_it_is_removed_leaves_nothing_more(store: Store, feed: Collection) -> None:
    """`more` hangs on the record behind the page, which is not in it."""
    add(store, candidate(1), candidate(2), candidate(3), collection=feed.id)
    exit_ = make_exit(store)
    assert objects(exit_, READERS[0], feed, Filters(limit=2)).more
    store.delete(feed.id, an_id(3), "ID", 4)
    assert not objects(exit_, READERS[0], feed, Filters(limit=2)).more


def test_a_change_between_asking_and_reading_is_noticed(store: Store, feed: Collection) -> None:
    """As where another thread notices the change first: the page that was read before it is not kept."""
    add(store, *(candidate(number) for number in range(5)), collection=feed.id)
    exit_ = make_exit(store)
    key = PageKey(Query(feed.id, 4, 0, 2), 0, Match())
    page = ReadyPage(Content(b"old"), 2, 1, store.head(feed.id), more=True, next_place=store.head(feed.id))
    change = exit_.ready.change(store, feed.id)
    assert change is not None
    store.delete(feed.id, an_id(0), "ID", 4)
    objects(exit_, READERS[0], feed, Filters(limit=2))  # keeps a page, and knows of no change
    exit_.ready.keep(key, page, change)
    assert exit_.ready.find(store, key) is None


def test_more_changes_than_a_store_remembers_drop_all_pages(store: Store, feed: Collection) -> None:
    changes = store.changes(feed.id, 0)
    assert changes is not None
    add(store, *(candidate(number) for number in range(5)), collection=feed.id)
    assert store.changes(feed.id, changes.number) == changes
    add(store, candidate(1, version=2), collection=feed.id)
    later = store.changes(feed.id, changes.number)
    assert later is not None
    assert later.number > changes.number
    far_behind = store.changes(feed.id, later.number - 20_000)
    assert far_behind is not None
    assert far_behind.places is None


def test_pages_stay_within_their_bytes(store: Store, feed: Collection) -> None:
    """The one that was used longest ago goes first."""
    add(store, *(candidate(number, note="x" * 500) for number in range(50)), collection=feed.id)
    exit_ = make_exit(store, ready_bytes=20_000)
    pages = [objects(exit_, READERS[0], feed, Filters(limit=2))]
    while pages[-1].more:
        assert exit_.ready.size <= 20_000
        pages[-1].content.plain()
        pages.append(objects(exit_, READERS[0], feed, Filters(limit=2, added_after=pages[-1].last * 1000)))
    assert exit_.ready.size <= 20_000


def test_both_forms_of_a_page_are_counted() -> None:
    ready = ReadyPages(1_000_000)
    body = format_place(1).encode() * 1_000
    content = Content(body)
    ready._change["c"] = 1
    ready.keep(PageKey(Query("c", 4, 0, 2), 0, Match()), ReadyPage(content, 2, 1, 2, True, 3), 1)
    plain = ready.size
    packed = content.packed()
    assert ready.size == plain - len(body) + len(packed)  # readers want gzip: the plain bytes are dropped
    assert content.plain() == body
    assert ready.size == plain + len(packed)


def test_gzip_is_the_same_for_the_same_bytes() -> None:
    assert pack(b"page" * 1_000) == pack(b"page" * 1_000)
