"""Progress of long work: a line on standard error that counts on, where a person looks, and only once work has lasted.

Notes that are printed meanwhile stand above it (`terminal.SafeText.status`). What it shows are numbers and words of the
product's own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Self, TextIO, TypeVar

from hub.terminal import SafeText

if TYPE_CHECKING:
    from tqdm import tqdm

AFTER_SECONDS: Final = 0.5  # shorter work shows none, and does not load the library
_UNIT: Final = 1024  # of bytes: shown as kB, MB
Item = TypeVar("Item")


class Progress:
    """Counts, in a `with`. `unit` says what, in the user's language; "B" is bytes."""

    def __init__(
        self,
        unit: str,
        total: int | None = None,
        *,
        silent: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._unit = unit
        self._total = total
        self._clock = clock
        self._start = clock()
        self._stream = None if silent else _terminal()
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def show(self, count: int, total: int | None = None) -> None:
        """Say that so many are done, of so many where that is known."""
        if self._stream is None:
            return
        self._total = self._total if total is None else total
        if self._bar is None:
            if self._clock() - self._start < AFTER_SECONDS:
                return
            self._bar = self._drawn(count)
        if self._bar.total != self._total:
            self._bar.total = self._total
        self._bar.update(count - self._bar.n)

    def counted(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, counted as they go by."""
        for count, item in enumerate(items, 1):
            yield item
            self.show(count)

    def end(self) -> None:
        """Take the line away: what was done is said in words."""
        if self._bar is not None:
            SafeText.status = None
            self._bar.close()
            self._bar = None
        self._start = self._clock()

    def _drawn(self, count: int) -> tqdm[Any]:
        from tqdm import tqdm  # noqa: PLC0415 - most work is done before it would be loaded

        tqdm.monitor_interval = 0  # no thread beside the work
        bar: tqdm[Any] = tqdm(
            file=self._stream,
            total=self._total,
            initial=count,
            unit="B" if self._unit == "B" else f" {self._unit}",
            unit_scale=self._unit == "B",
            unit_divisor=_UNIT,
            leave=False,
            dynamic_ncols=True,
        )
        SafeText.status = _Below(bar)
        return bar


def _terminal() -> TextIO | None:
    """The terminal on which to draw the progress line; None if there is none."""
    stream: object = sys.stderr
    return stream.beneath if isinstance(stream, SafeText) and stream.isatty() else None


class _Below:
    """The line as the streams see it."""

    def __init__(self, bar: tqdm[Any]) -> None:
        self._bar = bar

    def hide(self) -> None:
        """Take it from the terminal, before something is printed."""
        self._bar.clear()

    def show(self) -> None:
        """Draw it again."""
        self._bar.refresh()
