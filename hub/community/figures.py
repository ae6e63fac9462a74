"""How long members take: samples that come and go, with their count, median and 90th percentile at any time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Final

CLOCKS: Final = ("fetch", "acknowledge", "answer")
_SECOND: Final = 1000  # milliseconds

Sample = tuple[str, str, int | None]
"""A clock, the member whose it is, and the milliseconds it took; None: it still runs."""


class Figures:
    """Samples by clock and member, each list kept in order; the empty member stands for all of them together."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], list[int]] = {}
        self._running: dict[tuple[str, str], int] = {}

    def change(self, removed: Iterable[Sample], new: Iterable[Sample]) -> None:
        """Take samples out that were put in before, and put others in."""
        for clock, member, took in removed:
            for key in ((clock, member), (clock, "")):
                if took is None:
                    self._running[key] -= 1
                else:
                    durations = self._taken[key]
                    del durations[bisect_left(durations, took)]
        touched: set[tuple[str, str]] = set()
        for clock, member, took in new:
            for key in ((clock, member), (clock, "")):
                if took is None:
                    self._running[key] = self._running.get(key, 0) + 1
                else:
                    self._taken.setdefault(key, []).append(took)
                    touched.add(key)
        for key in touched:  # in order except what was added at the end: that takes one pass
            self._taken[key].sort()

    def of(self, member: str = "") -> dict[str, Any]:
        """Clock -> how many stopped of how many, and median and 90th percentile (nearest rank) of those, in seconds."""
        return {clock: self._figures((clock, member)) for clock in CLOCKS}

    def _figures(self, key: tuple[str, str]) -> dict[str, Any]:
        durations = self._taken.get(key, [])
        count = len(durations)
        median = (durations[(count - 1) // 2] + durations[count // 2]) / 2 if durations else None
        p90 = durations[-(-9 * count // 10) - 1] if durations else None
        return {
            "of": count + self._running.get(key, 0),
            "done": count,
            "median_seconds": None if median is None else round(median / _SECOND, 3),
            "p90_seconds": None if p90 is None else round(p90 / _SECOND, 3),
        }
