"""One account that takes all it can, and how long a good poll and a good publish wait beside it.

What the attack costs the machine is taken out: the same generators run against a server that only answers, while the good
client goes to the hub as before. The ratio of the two is what the hub itself lets the attack do to others.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from tests.bench import abuse
from tests.bench.objects import envelopes, indicators
from tests.bench.report import ratio, row
from tests.bench.servers import Bench, hub_server, pages, running
from tests.bench.wire import Wire
from tests.ports import free_port

_SECONDS: Final = 3.0  # of each attack, in each round
_SETTLE_SECONDS: Final = 0.5  # until an attack is under way
_PAUSE_SECONDS: Final = 0.01  # of the good client, between two requests
_WANTED: Final = 3
_OBJECTS: Final = 20_000  # in the collection: two pages of the largest size
_REFUSED: Final = 100  # objects of an envelope that are refused
_PUBLISHED: Final = 10  # objects of an envelope that the good client publishes


def measure(bench: Bench) -> None:
    built_store = bench.store(min(bench.objects, _OBJECTS))
    store_hub = built_store.open()
    authors = {code: member.identity for code, member in store_hub.catalogue.members.items()}
    store_hub.store.close()
    folder = bench.folder / "fairness"
    folder.mkdir()
    with hub_server(built_store) as (port, _):
        paths, bodies = pages(port, built_store.keys["sg"], 10_000, 10, keep=False)
        refused = json.dumps({"objects": list(indicators(_REFUSED, authors["SG"], seed=3))}).encode()
        with Wire(port, "id", built_store.keys["id"]) as wire:
            status = bytes(wire.ask(wire.request(abuse.PUBLISH, refused))[2])
        if json.loads(status)["failure_count"] != _REFUSED:
            raise RuntimeError("the objects that should be refused were taken")
        for name, content in (
            (abuse.PAGES, json.dumps(paths).encode()),
            (abuse.PAGE, bodies[-1]),
            (abuse.REFUSED, refused),
            (abuse.STATUS, status),
        ):
            (folder / name).write_bytes(content)
        published = iter(envelopes(20_000, _PUBLISHED, authors["SG"], seed=4))
        with _dummy(folder) as dummy_port:
            print(
                "a good client beside one account at full speed, against the same attack on a server that only answers"
            )
            for kind in abuse.KINDS:
                _measure(bench, port, dummy_port, built_store.keys, folder, kind, published)


def _measure(
    bench: Bench, port: int, dummy_port: int, keys: dict[str, str], folder: Path, kind: str, published: Iterator[bytes]
) -> None:
    polls: dict[int, list[float]] = {port: [], dummy_port: []}
    publishes: dict[int, list[float]] = {port: [], dummy_port: []}
    for _ in range(min(bench.rounds, 3)):
        for attacked in (dummy_port, port):
            with _attack(kind, attacked, keys["id"], folder):
                poll, publish = _good_client(port, keys["sg"], published)
            polls[attacked].append(poll)
            publishes[attacked].append(publish)
    print(f"{abuse.KINDS[kind]} connections: {kind}")
    for request_kind, times in (("poll", polls), ("publish", publishes)):
        during_attack = row(f"{request_kind} p50, the dummy attacked", times[dummy_port], "ms")
        attacked_too = row(f"{request_kind} p50, the hub attacked", times[port], "ms")
        ratio(
            f"{request_kind}: the hub attacked against the dummy",
            attacked_too / during_attack,
            f"wanted: at most {_WANTED}",
        )


def _good_client(port: int, key: str, published: Iterator[bytes]) -> tuple[float, float]:
    """Milliseconds, p50: of a poll with nothing new, and of an envelope that is published."""
    polls: list[float] = []
    publishes: list[float] = []
    time.sleep(_SETTLE_SECONDS)
    until = time.monotonic() + _SECONDS
    with Wire(port, "sg", key) as wire:
        poll = wire.request(abuse.POLL)
        while time.monotonic() < until:
            polls.append(_milliseconds(wire, poll, 200))
            time.sleep(_PAUSE_SECONDS)
            polls.append(_milliseconds(wire, poll, 200))
            time.sleep(_PAUSE_SECONDS)
            publishes.append(_milliseconds(wire, wire.request(abuse.PUBLISH, next(published)), 202))
            time.sleep(_PAUSE_SECONDS)
    return median(polls), median(publishes)


def _milliseconds(wire: Wire, request: bytes, expected: int) -> float:
    start = time.perf_counter()
    status, _, body = wire.ask(request)
    if status != expected:
        raise RuntimeError(f"a good request was answered {status}: {bytes(body[:300])!r}")
    return (time.perf_counter() - start) * 1000


@contextmanager
def _attack(kind: str, port: int, key: str, folder: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.abuse", kind, str(port), key, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield
        requests, _ = process.communicate(timeout=30)
        if not int(requests):
            raise RuntimeError(f"the attack {kind!r} sent nothing")
    finally:
        process.kill()
        process.wait()


@contextmanager
def _dummy(folder: Path) -> Iterator[int]:
    port = free_port()
    with running([sys.executable, "-m", "tests.bench.abuse", "serve", str(port), str(folder)], port):
        yield port
