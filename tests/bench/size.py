"""What a collection's size costs an operator: room on disk, start and memory of a worker, polls, publishing, export, import.

`make bench OBJECTS=10000000 ARGS="--only size --rounds 3"` is the long form; it needs some 40 GB and a machine of its own.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import quote

from hub.stix.timestamps import format_milliseconds
from tests.bench.memory import anonymous_mebibytes, children
from tests.bench.objects import envelopes
from tests.bench.report import ratio, row
from tests.bench.servers import COLLECTION, PATH, Bench, Served, hub_server
from tests.bench.wire import Wire, seconds

_SMALL: Final = 10_000
_POLLS: Final = 300
_ENVELOPES: Final = 5
_ENVELOPE: Final = 100  # objects


def measure(bench: Bench) -> None:
    print(f"a hub with {bench.objects:,} objects beside one with {_SMALL:,}")
    small, large = _of(bench, _SMALL), _of(bench, bench.objects)
    times = bench.objects / _SMALL
    targets = {
        "start of a worker, ms": "no growth",
        "a poll with nothing new, ms": "no growth",
        "first page of 1,000, ms": "at most 1.2",
        "page of 1,000 in the middle, ms": "at most 1.2",
        "memory of the worker, MiB": "no growth",
        "an envelope of 100, ms": "at most 1.5",
    }
    for name, values in large.items():
        label, _, unit = name.rpartition(", ")
        middle = row(label, values, unit)
        ratio(
            "  against the small one", middle / median(small[name]), targets.get(name, f"objects: {times:,.0f} times")
        )


def _of(bench: Bench, objects: int) -> Mapping[str, list[float]]:
    built_store = bench.store(objects)
    store_hub = built_store.open()
    author = store_hub.catalogue.members["ID"].identity
    collection = store_hub.catalogue.find("asean", COLLECTION)
    if collection is None:
        raise RuntimeError(f"no collection {COLLECTION}")
    middle = format_milliseconds(store_hub.store.head(collection.id) - objects // 2)
    store_hub.store.close()
    figures: dict[str, list[float]] = {
        "size on disk, MiB": [sum(file.stat().st_size for file in built_store.folder.glob("hub.sqlite*")) / 2**20]
    }
    for number in range(bench.rounds):
        start = time.perf_counter()
        with hub_server(built_store) as (port, pid):
            figures.setdefault("start of a worker, ms", []).append((time.perf_counter() - start) * 1000)
            with Wire(port, "id", built_store.keys["id"]) as wire:
                idle = wire.request(f"{PATH}?added_after={quote('2099-01-01T00:00:00.000000Z')}")
                page = wire.request(f"{PATH}?limit=1000")
                middle_page = wire.request(f"{PATH}?limit=1000&added_after={quote(middle)}")
                bodies = envelopes(_ENVELOPES, _ENVELOPE, author, seed=900_000 + number)
                for name, requests, status in (
                    ("a poll with nothing new, ms", [idle] * _POLLS, 200),
                    ("first page of 1,000, ms", [page] * 20, 200),
                    ("page of 1,000 in the middle, ms", [middle_page] * 20, 200),
                    ("an envelope of 100, ms", [wire.request(PATH, body) for body in bodies], 202),
                ):
                    spent, _ = seconds(wire, requests, status)
                    figures.setdefault(name, []).append(spent * 1000 / len(requests))
            resident = max(anonymous_mebibytes(child) for child in children(pid))
            figures.setdefault("memory of the worker, MiB", []).append(resident)
    archive = bench.folder / f"archive-{objects}.jsonl"
    figures["export, s"] = [_command(built_store, "export", out=archive)]
    target = Served(bench.folder / f"imported-{objects}")
    target.folder.mkdir()
    _command(target, "init")
    figures["import, s"] = [_command(target, "import", str(archive))]
    archive.unlink()
    return figures


def _command(built_store: Served, *arguments: str, out: Path | None = None) -> float:
    """Seconds that `hub …` takes."""
    start = time.perf_counter()
    with (out or Path("/dev/null")).open("wb") as file:
        command = [sys.executable, "-m", "hub", *arguments]
        subprocess.run(command, env=built_store.environment, check=True, stdout=file, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start
