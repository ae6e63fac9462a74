"""How long one value takes to look up, in the process, in a small collection and in a large one."""

from __future__ import annotations

import time

import orjson

from hub.community.hub import Hub
from hub.server.console.lookup import look_up
from hub.sharing.indexing import BATCH_RECORDS
from hub.sharing.members import Account, AccountKind
from tests.bench.report import ratio, row
from tests.bench.servers import COLLECTION, Bench

_SMALL = 10_000
_REPEATS = 20
_READER = Account("sg", AccountKind.CERT, "SG")


def measure(bench: Bench) -> None:
    print(f"one value looked up, {_SMALL:,} beside {bench.objects:,} objects")
    figures = []
    for objects in (_SMALL, bench.objects):
        hub = bench.store(objects).open()
        try:
            start = time.perf_counter()
            _index(hub)
            print(f"  indexed in {time.perf_counter() - start:.1f} s")
            figures.append(row(f"found, {objects:,}", _times(bench, hub, f"login{objects // 2}.bank.example"), "ms"))
            row(f"nothing, {objects:,}", _times(bench, hub, "nothing.example"), "ms")
        finally:
            hub.store.close()
    ratio("large against small", figures[1] / figures[0], "wanted: at most 50 ms")


def _index(hub: Hub) -> None:
    for collection in hub.catalogue:
        while hub.store.index_values(collection.id, BATCH_RECORDS):
            pass


def _times(bench: Bench, hub: Hub, value: str) -> list[float]:
    durations = []
    for _ in range(bench.rounds + 1):
        start = time.perf_counter()
        for _ in range(_REPEATS):
            result = look_up(hub, _READER, [value])
        durations.append((time.perf_counter() - start) * 1000 / _REPEATS)
    if (value == "nothing.example") != bool(result.missing):
        raise RuntimeError(f"{COLLECTION}: {orjson.dumps(result).decode()[:200]}")
    return durations[1:]  # the first round warms the caches
