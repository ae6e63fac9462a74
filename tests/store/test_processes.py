"""Laws L1 and L3 across processes: writers killed at any moment, readers that poll meanwhile."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.store.base import Store
from hub.store.query import EVERY, Query
from tests.places import TOP
from tests.server.making import an_id
from tests.store.making import ROOMY, START, Clock, add, candidate, contents, places
from tests.store.publisher import numbers, status_of

WRITERS = 4
GENERATIONS = 2  # of each writer: all but the last are killed
BATCHES = {"sqlite": 12, "mongo": 6}


def _now() -> int:
    return int(time.time() * 1000)


class Reader(threading.Thread):
    """Polls from the last place it has seen, until `enough` is set and nothing is left."""

    def __init__(self, store: Store, limit: int) -> None:
        super().__init__()
        self.store, self.limit = store, limit
        self.seen: list[str] = []
        self.enough = threading.Event()

    def run(self) -> None:
        """See the class."""
        after = 0
        while True:
            last_round = self.enough.is_set()
            page = self.store.read(Query("shared", 4, after, self.limit, versions=EVERY), ROOMY)
            self.seen += [content["id"] for content in contents(page.body)]
            after = page.last or after
            if last_round and not page.more:
                return
            if page.count == 0:
                self.enough.wait(0.005)


def _publish(kind: str, folder: Path, writer: int, acknowledged: list[tuple[int, int, int]], seed: int) -> None:
    """One writer, started again each time it was killed; notes what was acknowledged."""
    chance = random.Random(seed)
    batches = BATCHES[kind]
    for generation in range(GENERATIONS):
        kill_after = chance.randrange(1, batches - 2) if generation < GENERATIONS - 1 else None
        words = [sys.executable, "-m", "tests.store.publisher", kind, str(folder), str(writer), str(generation)]
        process = subprocess.Popen([*words, str(batches)], stdout=subprocess.PIPE, text=True, cwd=TOP)
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                acknowledged.append((writer, generation, int(line)))
                if kill_after is not None and int(line) == kill_after:
                    time.sleep(chance.random() * 0.01)  # somewhere within the batches that follow
                    process.kill()
        process.wait()
        assert kill_after is not None or process.returncode == 0


def test_readers_meet_each_acknowledged_object_once_though_writers_are_killed(
    kind: str, tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    """Four writing processes whose clocks differ, killed and started again; readers by 1, 7 and 1,000."""
    store = open_store(clock=_now)
    readers = [Reader(open_store(clock=_now), limit) for limit in (1, 7, 1000)]
    acknowledged: list[tuple[int, int, int]] = []
    writers = [
        threading.Thread(target=_publish, args=(kind, tmp_path, writer, acknowledged, 100 + writer))
        for writer in range(WRITERS)
    ]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    for reader in readers:
        reader.enough.set()
        reader.join()
    # (1) what was acknowledged is there, whole and with its status
    ids_kept = [record.id for record in store.records("shared")]
    assert len(acknowledged) >= WRITERS * BATCHES[kind]
    for acknowledgement in acknowledged:
        assert {an_id(number) for number in numbers(*acknowledgement)} <= set(ids_kept)
        assert store.get_status(status_of(*acknowledgement)) is not None
    # (2) what was not acknowledged is there whole, with its status, or not at all
    for writer in range(WRITERS):
        for generation in range(GENERATIONS):
            for batch in range(BATCHES[kind]):
                presence = [an_id(number) in ids_kept for number in numbers(writer, generation, batch)]
                assert len(set(presence)) == 1
                assert (store.get_status(status_of(writer, generation, batch)) is not None) == presence[0]
    # (3) each reader met all of it once, in the order of the line
    for reader in readers:
        assert reader.seen == ids_kept


@pytest.mark.parametrize("clock_offset", [-86_400_000, 86_400_000])
def test_a_restart_with_another_clock_goes_on_with_the_line(
    open_store: Callable[..., Store], clock_offset: int
) -> None:
    """A day back or ahead: what comes after is placed after it."""
    add(open_store(), candidate(1), candidate(2))
    again = open_store(clock=Clock(START + clock_offset))
    add(again, candidate(3))
    assert places(again) == [START, START + 1, max(START + clock_offset, START + 2)]
