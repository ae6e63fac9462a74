"""In which order a parallel run takes its tests: those that wait much come first.

Tests that start, stop and kill processes wait for most of their time. Where they come last, nothing is left to run beside
them. pytest-xdist gives each of its processes a block of the tests, and one that has finished its block takes tests from the
end of another; so the files that wait are dealt out to the beginnings of the blocks.
"""

from __future__ import annotations

from typing import Final

import pytest

# The files that wait longest, the longest first: beginnings of paths below tests/.
WAITING: Final = (
    "mongo/test_hubs",
    "mongo/test_faults",
    "desk/browser/",
    "server/test_process",
    "console/browser/",
    "mongo/test_trail",
    "desk/test_incoming",
    "server/test_race",
    "community/test_story",
    "mongo/test_store",
    "server/test_events_process",
    "server/test_hostile_clients",
    "desk/test_reports",
    "producer/test_releasing",
    "producer/test_hints",
    "release/test_property",
    "console/provider/",
)


def blocks_that_begin_with_waiting_tests(items: list[pytest.Item], blocks: int) -> list[pytest.Item]:
    """The same tests for so many blocks of one length, as pytest-xdist cuts them."""
    waiting: dict[int, list[pytest.Item]] = {}
    quick: list[pytest.Item] = []
    for item in items:
        path = item.nodeid.removeprefix("tests/")
        rank = next((rank for rank, beginning in enumerate(WAITING) if path.startswith(beginning)), None)
        (quick if rank is None else waiting.setdefault(rank, [])).append(item)
    beginnings: list[list[pytest.Item]] = [[] for _ in range(blocks)]
    for number, rank in enumerate(sorted(waiting)):
        beginnings[number % blocks] += waiting[rank]
    ordered: list[pytest.Item] = []
    for number, beginning in enumerate(beginnings):
        length = (len(items) - len(ordered)) // (blocks - number)  # as `WorkStealingScheduling` counts
        filling = max(0, length - len(beginning))
        ordered += beginning + quick[:filling]
        quick = quick[filling:]
    return ordered + quick


def order(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests of a parallel run; each of its processes needs the same order."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers > 1:
        items[:] = blocks_that_begin_with_waiting_tests(items, workers)
