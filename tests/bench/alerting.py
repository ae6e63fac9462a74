"""From `publish` to the follower's callback in another process: with the hub's events, beside polling each second.

Ten followers, each a process; a thousand other accounts that poll once a minute each and find nothing new. What is
measured begins before `publish` is called, and ends where the follower has the object in its hands.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final
from urllib.parse import quote

import hub
from hub.producer.connection import HubConnection
from hub.producer.follow import INTERVAL_SECONDS, Asked, Rhythm
from hub.sharing.members import Account, AccountKind
from tests.bench.objects import indicators
from tests.bench.servers import COLLECTION, PATH, Bench, Served, hub_server
from tests.bench.wire import Wire

FOLLOWERS: Final = 10
IDLE_ACCOUNTS: Final = 1_000
IDLE_SECONDS: Final = 60.0  # between two polls of one of them
ALERTS: Final = 50
GAP_SECONDS: Final = (0.2, 1.2)  # between two alerts: no beat that polls could fall in with
POLL_SECONDS: Final = 1.0
WARM: Final = 3
_HELD: Final = 1_000


def measure(bench: Bench) -> None:
    built_store = bench.store(_HELD)
    keys = _accounts(built_store)
    print(
        f"from publish to {FOLLOWERS} followers in processes of their own, {ALERTS} alerts, beside {IDLE_ACCOUNTS:,} "
        f"accounts that poll every {IDLE_SECONDS:.0f} s"
    )
    with hub_server(built_store, workers=2) as (port, _), _idle(port, keys):
        delays = _run(built_store, port, events=True)
        polled = _run(built_store, port, events=False)
    _row("told by the hub's events", delays, "wanted: p99 at most 250")
    _row(f"polling every {POLL_SECONDS:.0f} s", polled, "")


def _accounts(built_store: Served) -> list[str]:
    store_hub = built_store.open()
    keys = [
        store_hub.credentials.add(Account(f"idle-{n}", AccountKind.CERT, "SG"), None) or ""
        for n in range(IDLE_ACCOUNTS)
    ]
    store_hub.store.close()
    return keys


@contextmanager
def _idle(port: int, keys: list[str]) -> Iterator[None]:
    """One account after the other asks, each on a connection of its own, at a steady rate."""
    stop = threading.Event()
    path = f"{PATH}?added_after={quote('2099-01-01T00:00:00.000000Z')}"

    def poll() -> None:
        start, request_count = time.monotonic(), 0
        while not stop.wait(max(0.0, start + request_count * IDLE_SECONDS / len(keys) - time.monotonic())):
            number = request_count % len(keys)
            with Wire(port, f"idle-{number}", keys[number]) as wire:
                wire.ask(wire.request(path))
            request_count += 1

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _run(built_store: Served, port: int, *, events: bool) -> list[float]:
    """Milliseconds from each publication to each follower."""
    url = f"http://127.0.0.1:{port}/asean/"
    interval = INTERVAL_SECONDS if events else POLL_SECONDS
    words = [sys.executable, "-m", "tests.bench.alerting", url, str(interval), "events" if events else ""]
    environment = {**os.environ, "HUB_KEY": built_store.keys["sg"]}
    followers = [subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(FOLLOWERS)]
    got: list[dict[str, int]] = [{} for _ in followers]
    threads = [
        threading.Thread(target=_collect, args=(connection, arrivals))
        for connection, arrivals in zip(followers, got, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        published_at = _publish(built_store, url, got, seed=2 if events else 3)
    finally:
        for follower in followers:
            follower.kill()
            follower.wait()
        for thread in threads:
            thread.join()
    return [(arrivals[name] - start) / 1e6 for arrivals in got for name, start in published_at.items()]


def _publish(built_store: Served, url: str, got: list[dict[str, int]], seed: int) -> dict[str, int]:
    """Object id -> when `publish` was called, in nanoseconds of the machine's steady clock."""
    random = Random(seed)
    store_hub = built_store.open()
    author = store_hub.catalogue.members["ID"].identity
    store_hub.store.close()
    published_at: dict[str, int] = {}
    with hub.connect(url, key=built_store.keys["id"]) as client:
        client.collections()
        for number, content in enumerate(indicators(ALERTS + WARM, author, seed=seed)):
            start = time.monotonic_ns()
            client.publish(content, to=COLLECTION)
            if number < WARM:  # all followers are there, and have been told once
                _all_have(got, content["id"])
            else:
                published_at[content["id"]] = start
            time.sleep(random.uniform(*GAP_SECONDS))
        _all_have(got, content["id"])
    return published_at


def _all_have(got: list[dict[str, int]], name: str) -> None:
    until = time.monotonic() + 120
    while not all(name in arrivals for arrivals in got):
        if time.monotonic() > until:
            raise RuntimeError("a follower did not get what was published")
        time.sleep(0.01)


def _collect(process: subprocess.Popen[str], arrivals: dict[str, int]) -> None:
    for line in process.stdout or ():
        name, _, moment = line.partition(" ")
        arrivals[name] = int(moment)


def _row(name: str, values: list[float], target: str) -> None:
    ordered = sorted(values)
    middle, most = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99))
    print(f"  {name:<52} p50 {middle:>8,.1f} ms  p99 {most:>8,.1f} ms   ({ordered[-1]:,.1f} at most)  {target}")


def _follow(url: str, interval: str, events: str) -> None:
    """One follower: for each object its id, and when it was there."""
    connection = HubConnection(url, key=os.environ["HUB_KEY"])
    client = hub.HubClient(connection)
    rhythm = Rhythm(interval_seconds=float(interval))
    for item in client.follow(COLLECTION, raw=True, asked=Asked(), rhythm=rhythm, events=bool(events)):
        print(item["id"], time.monotonic_ns(), flush=True)


if __name__ == "__main__":
    _follow(*sys.argv[1:])
