"""Valid indicators in envelopes of 100: the hub, medallion, and a bare loop that parses, inserts once and syncs."""

from __future__ import annotations

import time
from pathlib import Path

import apsw
import orjson

from tests.bench.objects import each_envelope, envelopes
from tests.bench.report import ratio, row, share
from tests.bench.servers import PATH, Bench, hub_server, medallion_server
from tests.bench.wire import Wire, seconds

_SIZE = 100
_ENVELOPES = 50
_MEDALLION_OBJECTS = 1_000
_MEDALLION = "/asean/collections/472c94ae-3113-4e3e-a4dd-a9f4ac7471d4/objects/"


def measure(bench: Bench) -> None:
    built_store = bench.store(bench.objects)
    hub_, bare_figures = [], []
    store_hub = built_store.open()
    author = store_hub.catalogue.members["ID"].identity
    store_hub.store.close()
    loop = _BareLoop(bench.folder / "bare.sqlite", bench.objects)
    with hub_server(built_store) as (port, _), Wire(port, "id", built_store.keys["id"]) as wire:
        for number in range(bench.rounds):
            batches = envelopes(_ENVELOPES, _SIZE, author, seed=100 + number)
            spent, _ = seconds(wire, [wire.request(PATH, body) for body in batches], 202)
            hub_.append(_ENVELOPES * _SIZE / spent)
            bare_figures.append(_ENVELOPES * _SIZE / loop.run(batches))
    print(f"publishing envelopes of {_SIZE} valid indicators into {bench.objects:,}")
    middle = row("hub: HTTP, login, validation, levels, status, sync", hub_, "objects/s")
    ceiling = row("bare loop: parse, insert under a unique index, sync", bare_figures, "objects/s")
    share("hub as a share of the bare loop", middle / ceiling, "wanted: 50 %")
    _medallion(bench, middle, author)


def _medallion(bench: Bench, hub: float, author: str) -> None:
    other = []
    with medallion_server(_MEDALLION_OBJECTS, bench.folder) as port, Wire(port, "sg", "bench") as wire:
        for number in range(bench.rounds):
            batches = envelopes(2, _SIZE, author, seed=200 + number)
            other.append(2 * _SIZE / seconds(wire, [wire.request(_MEDALLION, body) for body in batches], 202)[0])
    ratio(
        "hub against medallion (memory backend, no validation)",
        hub / row(f"medallion, {_MEDALLION_OBJECTS:,} objects held", other, "objects/s"),
    )


class _BareLoop:
    """The least that any store must do: parse, a row under a unique index, synced batch by batch."""

    def __init__(self, path: Path, objects: int) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.pragma("journal_mode", "wal")
        self._connection.pragma("synchronous", "full")
        self._connection.wal_autocheckpoint(10_000)
        self._connection.execute("CREATE TABLE o (id TEXT, version TEXT, body BLOB)")
        self._connection.execute("CREATE UNIQUE INDEX once ON o (id, version)")
        for body in each_envelope(objects // 1000, 1000, "identity--11111111-1111-4111-8111-111111111111", seed=1):
            self._add(body)

    def run(self, bodies: list[bytes]) -> float:
        start = time.perf_counter()
        for body in bodies:
            self._add(body)
        return time.perf_counter() - start

    def _add(self, body: bytes) -> None:
        rows = [(o["id"], o["modified"], orjson.dumps(o)) for o in orjson.loads(body)["objects"]]
        with self._connection:
            self._connection.executemany("INSERT INTO o VALUES (?, ?, ?)", rows)
