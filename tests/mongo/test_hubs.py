"""Hubs over one database, as two hosts run them: killed, stopped and woken, with wrong clocks, the database killed as well.

Four `hub serve` stand for two hosts: each has its own port, workers and log, and the clocks are minutes apart. The long
form gives each host a network of its own where that can be made, and cuts it off at times. Eight writers
send each envelope, to whichever hub, until it is acknowledged; four readers poll, whichever hub, and go on from where they
were. What happens to hubs and database is drawn from a seed.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from pymongo.errors import PyMongoError

from tests.mongo import server
from tests.mongo.hosts import Host, hosts
from tests.server.making import ACCOUNTS, CONTENT_TYPE, LAST, as_envelope, at, note
from tests.server.process import HubProcess, clean_environment
from tests.summary import Figures

SKEWS: Final = (240, 225, -180, 0)  # seconds; the first two hubs are one host, the others the second
WRITERS: Final = 8
OBJECTS: Final = 2  # of an envelope
READERS: Final = ((True, 40), (False, 1), (False, 7), (False, 1000))  # (by next?, limit)
PATIENCE_SECONDS: Final = 240  # without any answer, until a client gives up: a bound for a test that hangs
ANSWER_SECONDS: Final = 60  # that a client waits: longer than any hub may take
SKEWED: Final = Path(__file__).parent / "skewed"
NOTES: Final = {"match[type]": "note", "match[version]": "all"}


@pytest.fixture
def two(request: pytest.FixtureRequest) -> Iterator[list[Host]]:
    """Two hosts; both this one, unless a test asks for networks of their own."""
    if not getattr(request, "param", False):
        yield [Host(), Host()]
        return
    with hosts(2) as pair:
        yield pair


@pytest.fixture
def mongo(tmp_path: Path, two: list[Host]) -> Iterator[server.Server]:
    """A server of this test's own, which it may kill."""
    running = server.own_server(tmp_path / "server", two[0].database)
    yield running
    running.kill()


@pytest.fixture
def hubs(mongo: server.Server, tmp_path: Path) -> Iterator[Callable[..., list[HubProcess]]]:
    """Makes hubs over that server with these clocks, and starts them."""
    processes: list[HubProcess] = []

    def maker(*skews: int, on: Sequence[Host] = (Host(),), **settings: str) -> list[HubProcess]:
        for number, skew in enumerate(skews):
            folder = tmp_path / f"hub{number}"
            folder.mkdir()
            host = on[number * len(on) // len(skews)]
            about = {
                "HUB_STORE": f"{mongo.uri}/region",
                "HUB_WORKERS": "1",
                "HUB_EVENTS": "false",
                "HUB_HOST": host.address,
                "HUB_BEHIND_PROXY": "true" if host.namespace else "false",  # plain HTTP to another address
                "HUB_TEST_SKEW": str(skew),
                "PYTHONPATH": os.pathsep.join((str(SKEWED), clean_environment()["PYTHONPATH"])),
            }
            processes.append(HubProcess(folder, about | settings, address=host.address, prefix=host.prefix))
        processes[0].init(*((name, kind, member) for name, (kind, member) in ACCOUNTS.items()))
        for process in processes:
            process.keys = processes[0].keys
        with ThreadPoolExecutor(len(processes)) as threads:
            list(threads.map(HubProcess.start, processes))
        return processes

    yield maker
    for process in processes:
        process.end()


@dataclass
class Region:
    """The hubs behind one address, and what their clients sent and read."""

    hubs: list[HubProcess]
    acknowledged: list[list[str]] = field(default_factory=lambda: [[] for _ in range(WRITERS)])
    enough: threading.Event = field(default_factory=threading.Event)
    written: threading.Event = field(default_factory=threading.Event)

    def client(self, name: str, seed: int) -> Callable[..., requests.Response]:
        """Asks one hub after the other, as behind one address, until one answers that is there."""
        session = self.hubs[0].session(name)
        dice = random.Random(seed)

        def ask(method: str, path: str, **more: Any) -> requests.Response:
            give_up = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < give_up:
                try:
                    url = dice.choice(self.hubs).url + path
                    answer = session.request(method, url, timeout=ANSWER_SECONDS, **more)
                except requests.RequestException:
                    time.sleep(0.1)  # that hub was killed
                    continue
                if answer.status_code != 503:
                    return answer
                assert int(answer.headers["Retry-After"]) > 0
                time.sleep(0.1)
            raise AssertionError("no hub answered")

        return ask

    def write(self, writer: int) -> None:
        """One envelope after the other, each until it is acknowledged."""
        ask = self.client("id-cert", writer)
        request = 0
        while not self.enough.is_set():
            numbers = [writer * 1_000_000 + request * OBJECTS + place for place in range(OBJECTS)]
            envelope = [note(number) for number in numbers]
            headers = {"Content-Type": CONTENT_TYPE}
            answer = ask("POST", at("alerts", "objects"), data=as_envelope(envelope), headers=headers)
            assert answer.status_code == 202, answer.text
            assert answer.json()["success_count"] == OBJECTS, answer.text
            self.acknowledged[writer] += [content["id"] for content in envelope]
            request += 1

    def read(self, by_next: bool, limit: int) -> list[str]:
        """All ids that this reader read, in order, until nothing is new after all was written."""
        ask = self.client("sg-cert", limit)
        ids_read: list[str] = []
        reached, token = "2020-01-01T00:00:00.000000Z", None
        while True:
            is_over = self.written.is_set()
            place = {"next": token} if token else {"added_after": reached}
            answer = ask("GET", at("alerts", "objects"), params={"limit": str(limit), **NOTES, **place})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            ids_read += [content["id"] for content in page.get("objects", ())]
            token = page.get("next") if by_next else None
            reached = answer.headers[LAST]
            if is_over and not page["more"]:
                return ids_read
            if not page.get("objects"):
                self.written.wait(0.2)


class Fate(threading.Thread):
    """The faults of hubs and database, one after the other, until each kind came `rounds` times and time is up."""

    def __init__(
        self, hubs: Sequence[HubProcess], mongo: server.Server, two: Sequence[Host], seed: int, seconds: float
    ) -> None:
        super().__init__()
        self.hubs, self.mongo, self.two, self.dice = hubs, mongo, two, random.Random(seed)
        self.until = time.monotonic() + seconds
        self.kinds = {"hub killed": self._kill, "workers stopped": self._stop, "database killed": self._away}
        if two[0].namespace:
            self.kinds["host cut off"] = self._cut
        self.count = dict.fromkeys(self.kinds, 0)
        self.failed: BaseException | None = None

    def run(self) -> None:
        """See the class."""
        try:
            while time.monotonic() < self.until or not all(self.count.values()):
                kind = list(self.kinds)[sum(self.count.values()) % len(self.kinds)]
                time.sleep(self.dice.uniform(0.5, 2))  # some work, undisturbed
                self.kinds[kind]()
                self.count[kind] += 1
        except (AssertionError, OSError, PyMongoError) as error:  # told by the test, which waits for this thread
            self.failed = error

    def _kill(self) -> None:
        """A host dies with its hubs' workers in the middle of their work, and is started again."""
        hub = self.dice.choice(self.hubs)
        hub.kill()
        hub.start()

    def _stop(self) -> None:
        """A host hangs: its workers stop at any step, others continue, and they wake."""
        paused_workers = [pid for hub in self.dice.sample(self.hubs, 2) for pid in hub.workers()]
        for pid in paused_workers:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(self.dice.uniform(1, 3))
        for pid in paused_workers:
            os.kill(pid, signal.SIGCONT)

    def _cut(self) -> None:
        """A host and its hubs continue to run, and reach nobody."""
        host = self.dice.choice(self.two)
        host.cut()
        time.sleep(self.dice.uniform(1, 3))
        host.join()

    def _away(self) -> None:
        """The database dies, and comes back over what it had on disk."""
        self.mongo.kill()
        time.sleep(self.dice.uniform(0, 1))
        self.mongo.start()


def tell(  # the whole of what takes part
    hubs: list[HubProcess], mongo: server.Server, two: Sequence[Host], seconds: float, seed: int
) -> dict[str, object]:
    """The whole test once; return its figures."""
    region = Region(hubs)
    with ThreadPoolExecutor(WRITERS + len(READERS)) as threads:
        readers = [threads.submit(region.read, by_next, limit) for by_next, limit in READERS]
        writers = [threads.submit(region.write, writer) for writer in range(WRITERS)]
        fate = Fate(hubs, mongo, two, seed, seconds)
        fate.start()
        fate.join()
        region.enough.set()
        try:
            for writer in writers:
                writer.result()
        finally:
            region.written.set()  # or the readers would wait for ever
        ids_read = [reader.result() for reader in readers]
    assert fate.failed is None, fate.failed
    sent_ids = [identifier for acknowledged in region.acknowledged for identifier in acknowledged]
    lost_counts = [len(set(sent_ids) - set(ids_met)) for ids_met in ids_read]
    doubled = [len(ids_met) - len(set(ids_met)) for ids_met in ids_read]
    unknown = [len(set(ids_met) - set(sent_ids)) for ids_met in ids_read]
    assert (lost_counts, doubled, unknown) == ([0] * len(ids_read),) * 3
    assert all(ids_met == ids_read[0] for ids_met in ids_read), "all readers met them in the same order"
    for acknowledged in region.acknowledged:
        assert acknowledged, "each writer had a turn"
        own = set(acknowledged)
        assert [identifier for identifier in ids_read[0] if identifier in own] == acknowledged, (
            "in the order in which they were acknowledged"
        )
    return {
        "envelopes": len(sent_ids) // OBJECTS,
        "objects": len(sent_ids),
        **fate.count,
        "met by each reader": [len(ids_met) for ids_met in ids_read],
        "lost": sum(lost_counts),
        "doubled": sum(doubled),
    }


@pytest.mark.parametrize(
    ("seconds", "two"), [(5, False), pytest.param(90, True, marks=pytest.mark.soak)], indirect=["two"], ids=["5", "90"]
)
def test_four_hubs_lose_nothing_and_double_nothing_whatever_happens_to_them(
    seconds: int, two: list[Host], hubs: Callable[..., list[HubProcess]], mongo: server.Server, figures: Figures
) -> None:
    """Each acknowledged object is read exactly once, in order, by each reader; nothing else appears."""
    running = hubs(*SKEWS, on=two, HUB_LIMITS_LOCK_SECONDS="10")
    figures.note(tell(running, mongo, two, seconds, seed=2026))


def away(hub: HubProcess, status: str) -> dict[str, tuple[int, bool]]:
    """How each kind of request is answered: its status, and whether the answer says when to come again."""
    session = hub.session("id-cert")
    session.headers["Content-Type"] = CONTENT_TYPE
    envelope = as_envelope([note(2)])
    requests = {
        "readyz": ("GET", "/readyz", None),
        "discovery": ("GET", "/taxii2/", None),
        "collections": ("GET", "/region/collections/", None),
        "objects": ("GET", at("alerts", "objects"), None),
        "manifest": ("GET", at("alerts", "manifest"), None),
        "status": ("GET", f"/region/status/{status}/", None),
        "post": ("POST", at("alerts", "objects"), envelope),
        "delete": ("DELETE", at("alerts", "objects", note(1)["id"]), None),
    }

    def ask(name: str) -> tuple[int, bool]:
        method, path, body = requests[name]
        answer = session.request(method, hub.url + path, data=body, timeout=ANSWER_SECONDS)
        return answer.status_code, int(answer.headers.get("Retry-After", "0")) > 0

    return {name: ask(name) for name in requests}


def test_a_store_that_is_away_is_reported_within_a_bounded_time_and_comes_back_by_itself(
    hubs: Callable[..., list[HubProcess]], mongo: server.Server
) -> None:
    """503 and when to come again, from every address; `/healthz` stays 200; what was acknowledged is there afterwards."""
    (hub,) = hubs(0, HUB_LIMITS_LOCK_SECONDS="2")
    region = Region([hub])
    ask = region.client("id-cert", 0)
    headers = {"Content-Type": CONTENT_TYPE}
    status = ask("POST", at("alerts", "objects"), data=as_envelope([note(1)]), headers=headers).json()["id"]
    mongo.kill()
    # `ask` waits for ANSWER_SECONDS at most: a request that hangs is an error
    assert set(away(hub, status).values()) == {(503, True)}
    assert requests.get(f"{hub.url}/healthz", timeout=ANSWER_SECONDS).status_code == 200
    mongo.start()
    hub.wait_until_ready()
    region.written.set()
    assert region.read(True, 10) == [note(1)["id"]]
    assert ask("GET", f"/region/status/{status}/").status_code == 200
    assert ask("POST", at("alerts", "objects"), data=as_envelope([note(2)]), headers=headers).status_code == 202
    assert region.read(True, 10) == [note(1)["id"], note(2)["id"]]
