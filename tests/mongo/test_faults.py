"""Real processes over a real server that is killed, hangs and comes back: what was acknowledged is there, once, in order."""

from __future__ import annotations

import json
import os
import random
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from hub.audit.verify import Verification
from hub.errors import HubError, StoreUnavailableError
from hub.store.base import Deletion
from hub.store.mongo.store import READ_SECONDS, MongoStore
from hub.store.query import EVERY, LAST
from tests.mongo import server
from tests.mongo.worker import COLLECTION, LOCK_SECONDS, batch_of, store_at
from tests.server.making import an_id
from tests.store.making import add, asking, batch, candidate, contents, contents_of, stored_versions
from tests.summary import Figures

WRITERS: Final = 8
READERS: Final = 4
SKEWS: Final = (0, 240_000, -240_000, 90_000)  # milliseconds
GIVE_UP_SECONDS: Final = 120  # a bound for a test that hangs, on the slowest of machines, and beside it
BATCH_SECONDS: Final = 40  # for each batch of a writer


@pytest.fixture
def mongo(tmp_path: Path) -> Iterator[server.Server]:
    """A server of this test's own, which it may kill."""
    running = server.own_server(tmp_path / "server")
    yield running
    running.kill()


@pytest.fixture
def uri(mongo: server.Server) -> str:
    """A store on it."""
    address = f"{mongo.uri}/faults"
    MongoStore(address, clock=lambda: 0, lock_seconds=5, status_milliseconds=1, create=True).close()
    return address


@pytest.fixture
def open_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., MongoStore]]:
    """Opens stores with short timeouts, and closes them."""
    monkeypatch.setattr("hub.store.mongo.link.SELECT_MILLISECONDS", 500)
    monkeypatch.setattr("hub.store.mongo.store.READ_SECONDS", 1.0)
    monkeypatch.setattr("hub.store.mongo.commit.POLITE_WAITS", 4)
    stores: list[MongoStore] = []

    def opener(*arguments: Any, **changes: Any) -> MongoStore:
        stores.append(store_at(*arguments, **changes))
        return stores[-1]

    yield opener
    for store in stores:
        store.close()


@dataclass(eq=False)
class Worker:
    """A writer or reader process, and its output."""

    what: tuple[str, ...]
    process: subprocess.Popen[bytes] = field(init=False, repr=False)
    reports: list[dict[str, Any]] = field(default_factory=list, repr=False)

    def start(self, *arguments: object) -> None:
        """Start it, or start it again."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.mongo.worker", *self.what, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # what is heard here is what a selector can tell of
        )

    def all_of(self, word: str) -> list[Any]:
        """Its output of that kind, in order."""
        return [line[word] for line in self.reports if word in line]

    def listen(self) -> dict[str, Any] | None:
        """The next line of its output; None when it ended."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            return None
        message: dict[str, Any] = json.loads(line)
        self.reports.append(message)
        return message

    def listen_to_the_end(self) -> None:
        """Its output until it ends."""
        while self.listen() is not None:
            pass

    def hang_up(self) -> None:
        """Wait for its end, and close its pipes."""
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


class Region:
    """Hub processes on several machines, and the faults that they meet."""

    def __init__(self, mongo: server.Server, uri: str, batches: int) -> None:
        self.batches = batches
        self.give_up_seconds = GIVE_UP_SECONDS + BATCH_SECONDS * batches
        self.mongo = mongo
        self.uri = uri
        self.random = random.Random(batches)
        self.ears = selectors.DefaultSelector()
        self.writers = [Worker(("write", uri, str(number))) for number in range(WRITERS)]
        self.readers = [Worker(("read", uri)) for _ in range(READERS)]
        self.asleep: list[tuple[float, Worker, int]] = []
        self.listeners: list[threading.Thread] = []
        self.acknowledged = 0
        self.stops = self.kills = 0

    def go(self) -> None:
        """Let all write and read until each writer's last batch is acknowledged."""
        for reader in self.readers:
            reader.start()
            listener = threading.Thread(target=reader.listen_to_the_end)
            self.listeners.append(listener)
            listener.start()
        for writer in self.writers:
            self._send(writer, 0)
        give_up = time.monotonic() + self.give_up_seconds
        crashes = {WRITERS * self.batches // 3, WRITERS * self.batches * 2 // 3}
        while self.ears.get_map():
            assert time.monotonic() < give_up, "the writers came to no end"
            for key, _ in self.ears.select(timeout=0.1):
                self._hear(key.data)
            if self.acknowledged in crashes:
                crashes.discard(self.acknowledged)
                self.mongo.kill()
                self.mongo.start()
            self._wake(time.monotonic())
        for reader in self.readers:
            assert reader.process.stdin is not None
            reader.process.stdin.close()
            assert reader.process.wait(self.give_up_seconds) == 0
        for listener in self.listeners:
            listener.join()  # what they said last is heard, too

    def end(self) -> None:
        """No process stays."""
        for worker in self.writers + self.readers:
            if hasattr(worker, "process"):
                worker.process.kill()
                worker.hang_up()
        for listener in self.listeners:
            listener.join()
        self.ears.close()

    def _send(self, writer: Worker, first_batch: int) -> None:
        number = self.writers.index(writer)
        writer.start(first_batch, self.batches, SKEWS[number % len(SKEWS)], self.random.randrange(1 << 30))
        assert writer.process.stdout is not None
        self.ears.register(writer.process.stdout, selectors.EVENT_READ, writer)

    def _hear(self, writer: Worker) -> None:
        message = writer.listen()
        if message is None or "ended" in message:
            assert message is not None, "a writer ended before its time"
            self._stop_listening(writer)
            return
        if "stopped" in message:
            self.stops += 1
            self.asleep.append((time.monotonic() + self.random.uniform(0.2, 2), writer, message["stopped"]))
        if "acknowledged" in message:
            self.acknowledged += 1
        if self.random.random() < 0.06:
            self._kill(writer)

    def _kill(self, writer: Worker) -> None:
        """Its host dies; another takes over its work from the first batch that was not acknowledged."""
        self.kills += 1
        writer.process.kill()
        while writer.listen() is not None:
            self.acknowledged += "acknowledged" in writer.reports[-1]
        self._stop_listening(writer)
        self.asleep = [sleeper for sleeper in self.asleep if sleeper[1] is not writer]
        first_batch = len(set(writer.all_of("acknowledged")))
        if first_batch < self.batches:
            self._send(writer, first_batch)

    def _stop_listening(self, writer: Worker) -> None:
        assert writer.process.stdout is not None
        self.ears.unregister(writer.process.stdout)
        writer.hang_up()

    def _wake(self, now: float) -> None:
        for sleeper in list(self.asleep):
            due, _, process = sleeper
            if due <= now:
                os.kill(process, signal.SIGCONT)
                self.asleep.remove(sleeper)


@pytest.mark.parametrize("batches", [3, pytest.param(60, marks=pytest.mark.soak)])
def test_each_acknowledged_object_is_read_exactly_once_and_in_order(
    batches: int, mongo: server.Server, uri: str, open_at: Callable[..., MongoStore], figures: Figures
) -> None:
    """Writers are killed and stopped at any step, their clocks are minutes apart, the database is killed twice."""
    region = Region(mongo, uri, batches)
    try:
        region.go()
    finally:
        region.end()
    sent_versions = {
        (candidate.id, candidate.version)
        for w in range(WRITERS)
        for n in range(batches)
        for candidate in batch_of(w, n).candidates
    }
    for writer in region.writers:
        assert sorted(set(writer.all_of("acknowledged"))) == list(range(batches))
    for reader in region.readers:
        read_versions = [(object_id, version) for object_id, version in reader.all_of("met")]
        assert len(read_versions) == len(set(read_versions)), "something was met twice"
        assert set(read_versions) == sent_versions
        order = {number: index for index, number in enumerate(read_versions)}
        for w in range(WRITERS):
            for n in range(1, batches):
                before = max(order[candidate.id, candidate.version] for candidate in batch_of(w, n - 1).candidates)
                assert before < min(order[candidate.id, candidate.version] for candidate in batch_of(w, n).candidates)
    store = open_at(uri)
    last = {number["id"]: number["version"] for number in contents_of(store, asking(collection=COLLECTION, limit=100))}
    assert {last[an_id(w * 100_000 + 99_999)] for w in range(WRITERS)} == {batches}
    assert all(store.get_status(f"{w}.{n}") for w in range(WRITERS) for n in range(batches))
    counts = {"batches": WRITERS * batches, "objects": len(sent_versions), "writers stopped": region.stops}
    met_each = [len(reader.all_of("met")) for reader in region.readers]
    counts |= {"writers killed": region.kills, "database killed": 2}
    figures.note(counts | {"met by each reader": met_each, "lost or doubled": 0})


def test_a_writer_stopped_at_any_step_does_no_harm_when_it_wakes(uri: str, open_at: Callable[..., MongoStore]) -> None:
    """Meanwhile others finish its commit, supersede its objects and delete them."""
    moments = 36  # a commit has no more, before and after each kind of step
    store = open_at(uri)
    for moment in range(moments):
        add(store, candidate(1, 1), collection=f"at {moment}")
    sleepers = Worker(("each", uri))
    sleepers.start(moments)
    while len(sleepers.all_of("stopped")) + len(sleepers.all_of("done")) < moments:
        assert sleepers.listen() is not None
    steps = set(sleepers.all_of("step"))
    assert {
        "before Insert",
        "after Insert",
        "before InsertRows",
        "before Show",
        "before Touch",
        "before AddEntry",
        "after AddEntry",
        "after Finish",
    } <= steps
    for moment in range(moments):
        add(store, candidate(1, 3), candidate(3, 1), collection=f"at {moment}")
        assert store.delete(f"at {moment}", an_id(1), "ID", 4) is Deletion.DELETED
    for process in sleepers.all_of("stopped"):
        os.kill(process, signal.SIGCONT)
    sleepers.listen_to_the_end()
    sleepers.hang_up()
    assert sleepers.process.returncode == 0
    assert len(sleepers.all_of("done")) == moments
    for moment in range(moments):
        objects_held = stored_versions(store, collection=f"at {moment}")
        assert sorted(objects_held) in (
            [(an_id(2), "v1"), (an_id(3), "v1")],  # its commit stood before the deletion
            sorted([(an_id(1), "v2"), (an_id(2), "v1"), (an_id(3), "v1")]),  # or came after it
        )
        last = contents(store.read(asking(collection=f"at {moment}", versions=LAST), 1 << 20).body)
        assert len(last) == len(objects_held)
        status = store.get_status(f"at {moment}")
        assert status is not None
    assert list(Verification(store, examine=lambda _: (), pause=lambda: None).run(())) == []


def test_a_store_that_is_away_is_reported_within_a_bounded_time_and_comes_back_by_itself(
    mongo: server.Server, uri: str, open_at: Callable[..., MongoStore]
) -> None:
    """What was acknowledged before is there afterwards."""
    store = open_at(uri, lock_seconds=2.0)
    add(store, candidate(1))
    mongo.kill()
    for call in (store.ping, lambda: store.read(asking(), 1 << 20), lambda: add(store, candidate(2))):
        with pytest.raises(StoreUnavailableError):
            call()
    mongo.start()
    store.ping()
    assert stored_versions(store) == [(an_id(1), "v1")]
    add(store, candidate(2))
    assert stored_versions(store, versions=EVERY) == [(an_id(1), "v1"), (an_id(2), "v1")]


def test_a_store_that_hangs_is_given_up_on(
    mongo: server.Server, uri: str, open_at: Callable[..., MongoStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps its connections and answers nothing; then it continues."""
    monkeypatch.setattr("hub.store.mongo.link.ANSWER_MILLISECONDS", 500)
    store = open_at(uri)
    add(store, candidate(1))
    mongo.pause()
    try:
        with pytest.raises(StoreUnavailableError):
            store.ping()
    finally:
        mongo.resume()
    assert stored_versions(store) == [(an_id(1), "v1")]


def test_a_batch_sent_again_after_an_unknown_outcome_is_a_repeat(
    mongo: server.Server, uri: str, open_at: Callable[..., MongoStore]
) -> None:
    """The database dies between the commit and the answer: the client gets 503, and sends again."""

    def dies(when: str, step: str) -> None:
        if (when, step) == ("after", "Insert") and not died:
            died.append(step)
            mongo.kill()

    died: list[str] = []
    store = open_at(uri, observe=dies, lock_seconds=2.0)
    sent_batch = batch(candidate(1), candidate(2), status="s")
    with pytest.raises(HubError):
        store.append(sent_batch)
    mongo.start()
    assert [outcome.verdict.value for outcome in store.append(sent_batch).outcomes] == ["repeat", "repeat"]
    assert stored_versions(store) == [(an_id(1), "v1"), (an_id(2), "v1")]


def test_time_outs_are_shorter_than_clients_wait() -> None:
    """Common clients wait for 30 seconds or more."""
    assert max(READ_SECONDS, LOCK_SECONDS) < 30
