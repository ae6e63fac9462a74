"""Threads that answer requests for an event loop.

asyncio's own way, a ThreadPoolExecutor, makes two futures for each call and locks each of them several times, which costs
a poll with nothing new a tenth of its time.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any


class Threads:
    """A fixed number of threads, and one queue before them."""

    def __init__(self, count: int, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._count = count
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def call(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """Call the function in one of the threads; the future has what it returns or raises. To be used on the loop."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def run() -> None:
            try:
                result, error = function(*arguments), None
            except Exception as raised:  # noqa: BLE001 - it is raised again where the future is awaited
                result, error = None, raised
            loop.call_soon_threadsafe(_settle, future, result, error)

        self._calls.put(run)
        return future

    def end(self) -> None:
        """Let each thread end after what is in the queue."""
        for _ in range(self._count):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
