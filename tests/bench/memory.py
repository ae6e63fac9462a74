"""Whether a worker's memory grows with the collection: the resident size of the workers after a full poll."""

from __future__ import annotations

from pathlib import Path

from tests.bench.report import ratio
from tests.bench.servers import Bench, hub_server, pages

_SMALL = 10_000


def measure(bench: Bench) -> None:
    print("memory of a worker after a full poll (resident, without what is shared with files)")
    small, large = (_after_poll(bench, objects) for objects in (_SMALL, bench.objects))
    print(f"  {_SMALL:>9,} objects {small:>8.1f} MiB\n  {bench.objects:>9,} objects {large:>8.1f} MiB")
    ratio("large against small", large / small)


def _after_poll(bench: Bench, objects: int) -> float:
    built_store = bench.store(objects)
    with hub_server(built_store) as (port, pid):
        pages(port, built_store.keys["sg"], 1000, 10_000, keep=False)
        return max(anonymous_mebibytes(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """The processes that any thread of this one started."""
    listed = (file.read_text(encoding="ascii") for file in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(word) for words in listed for word in words.split()]


def anonymous_mebibytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0.0
