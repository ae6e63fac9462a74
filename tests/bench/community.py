"""The board of 10,000 open incidents: how long it takes, cold and warm, and right after something changed."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from hub.community.hub import Hub
from tests.bench.report import row
from tests.bench.servers import Bench
from tests.community.making import CATALOGUE, acknowledged, cert, incident, open_hub, poll, publish_as, report
from tests.server.making import Clock

INCIDENTS: Final = 10_000
AT_ONCE: Final = 500
ACKNOWLEDGED: Final = 3  # members that acknowledge each incident


def measure(bench: Bench) -> None:
    print(f"board: {INCIDENTS:,} open incidents, {len(CATALOGUE.members)} members, wanted at most 100 ms")
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        hub = open_hub(Path(folder), clock)
        fill(hub)
        cold: list[float] = []
        warm: list[float] = []
        changed: list[float] = []
        size = 0
        for number in range(max(3, bench.rounds)):
            other = open_hub(Path(folder), clock)
            cold.append(_took(other))
            warm.append(_took(other))
            clock.now += 1000
            publish_as(other, "ID", incident(INCIDENTS + number + 1), report(INCIDENTS + number + 1))
            changed.append(_took(other))
            size = len(other.community.board(cert("SG"), "asean"))
            other.store.close()
        hub.store.close()
    row("the first board of a process", cold, "ms")
    row("the board, nothing new", warm, "ms")
    row("the board, one incident new", changed, "ms")
    print(f"  {size / 1e6:.1f} MB of JSON\n")


def _took(hub: Hub) -> float:
    begun = time.perf_counter()
    hub.community.board(cert("SG"), "asean")
    return (time.perf_counter() - begun) * 1000


def fill(hub: Hub) -> None:
    """Ten thousand incidents, acknowledged by some, fetched by all."""
    for start in range(1, INCIDENTS + 1, AT_ONCE):
        numbers = range(start, start + AT_ONCE)
        publish_as(hub, "ID", *(incident(n) for n in numbers), *(report(n) for n in numbers))
        for offset, member in enumerate(list(CATALOGUE.members)[2 : 2 + ACKNOWLEDGED]):
            publish_as(hub, member, *(acknowledged(20_000 * (offset + 1) + n, member, n) for n in numbers))
    for member in CATALOGUE.members:
        after = None
        while (last := poll(hub, cert(member), after, limit="10000")) != after:
            after = last
