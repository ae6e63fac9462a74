"""Progress of long work: a line with a counter on standard error, if that is a terminal, once the work has taken a moment.

Notes that are printed meanwhile appear above it (`terminal.SafeText.status`). It shows only numbers and words of the hub
itself, so it is not escaped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Self, TextIO, TypeVar

from hub.terminal import SafeText

if TYPE_CHECKING:
    from tqdm import tqdm

AFTER_SECONDS: Final = 0.5  # shorter work shows no progress, and does not load the library
_UNIT: Final = 1024  # of bytes: shown as kB, MB
Item = TypeVar("Item")


class Progress:
    """A progress line, for use in a `with` statement. `unit` is what it counts, in the user's language; "B" is bytes."""

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
        """Show that `count` units are done, of `total` if that is known."""
        if self._stream is None:
            return
        self._total = self._total if total is None else total
        if self._bar is None:
            if self._clock() - self._start < AFTER_SECONDS:
                return
            self._bar = self._draw_bar(count)
        if self._bar.total != self._total:
            self._bar.total = self._total
        self._bar.update(count - self._bar.n)

    def count_items(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items; each is counted after it was processed."""
        for count, item in enumerate(items, 1):
            yield item
            self.show(count)

    def end(self) -> None:
        """Remove the line. The command prints its result in words."""
        if self._bar is not None:
            SafeText.status = None
            self._bar.close()
            self._bar = None
        self._start = self._clock()

    def _draw_bar(self, count: int) -> tqdm[Any]:
        from tqdm import tqdm  # noqa: PLC0415 - most work ends before it is needed

        tqdm.monitor_interval = 0  # no monitor thread
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
        SafeText.status = _StatusLine(bar)
        return bar


def _terminal() -> TextIO | None:
    """The terminal on which to draw the progress line; None if there is none."""
    stream: object = sys.stderr
    return stream.raw_stream if isinstance(stream, SafeText) and stream.isatty() else None


class _StatusLine:
    """The progress line, which SafeText hides while it prints."""

    def __init__(self, bar: tqdm[Any]) -> None:
        self._bar = bar

    def hide(self) -> None:
        """Remove the line, before something is printed."""
        self._bar.clear()

    def show(self) -> None:
        """Draw the line again."""
        self._bar.refresh()
