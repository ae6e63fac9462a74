"""How long members take: samples that are added and removed, and their count, median and 90th percentile."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Final

CLOCKS: Final = ("fetch", "acknowledge", "answer")
_SECOND: Final = 1000  # milliseconds

Sample = tuple[str, str, int | None]
"""A clock, the member that is measured, and the milliseconds it took; None: the clock still runs."""


class Figures:
    """Samples by clock and member, each list sorted; the member "" has the samples of all members."""

    def __init__(self) -> None:
        self._durations: dict[tuple[str, str], list[int]] = {}
        self._running: dict[tuple[str, str], int] = {}

    def change(self, removed_samples: Iterable[Sample], new_samples: Iterable[Sample]) -> None:
        """Remove samples that were added before, and add new ones."""
        for clock, member, duration in removed_samples:
            for key in ((clock, member), (clock, "")):
                if duration is None:
                    self._running[key] -= 1
                else:
                    durations = self._durations[key]
                    del durations[bisect_left(durations, duration)]
        changed_keys: set[tuple[str, str]] = set()
        for clock, member, duration in new_samples:
            for key in ((clock, member), (clock, "")):
                if duration is None:
                    self._running[key] = self._running.get(key, 0) + 1
                else:
                    self._durations.setdefault(key, []).append(duration)
                    changed_keys.add(key)
        for key in changed_keys:  # fast: only the end of the list is not sorted
            self._durations[key].sort()

    def by_clock(self, member: str = "") -> dict[str, Any]:
        """For each clock: the number of samples, how many stopped, and their median and 90th percentile (nearest rank)."""
        return {clock: self._figures((clock, member)) for clock in CLOCKS}

    def _figures(self, key: tuple[str, str]) -> dict[str, Any]:
        durations = self._durations.get(key, [])
        count = len(durations)
        median = (durations[(count - 1) // 2] + durations[count // 2]) / 2 if durations else None
        p90 = durations[-(-9 * count // 10) - 1] if durations else None
        return {
            "of": count + self._running.get(key, 0),
            "done": count,
            "median_seconds": None if median is None else round(median / _SECOND, 3),
            "p90_seconds": None if p90 is None else round(p90 / _SECOND, 3),
        }
