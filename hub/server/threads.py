"""Threads that answer requests for an event loop.

asyncio's own way, a ThreadPoolExecutor, makes two futures for each call and locks each of them several times, which costs
a poll with nothing new a tenth of its time.

Threads of one interpreter take turns at its lock, so a second thread makes short calls slower, not faster. A call therefore
wakes a thread only if none is about to be free: while every thread that works began its call less than `FRESH_SECONDS`
ago, the call waits for one of them, and for no longer than that.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

FRESH_SECONDS: Final = 0.002  # a poll with nothing new takes a fraction of it, a page of 1,000 objects about as long


class Threads:
    """A fixed number of threads, and one queue before them. All but `_Thread.run` is to be used on the loop."""

    def __init__(self, count: int, name: str) -> None:
        self.calls: deque[Callable[[], None] | None] = deque()
        self.idle: list[_Thread] = []  # the one that was idle last is woken first: its data is still in the cache
        self._threads = [_Thread(self, f"{name}-{number}") for number in range(count)]
        self._look_again: asyncio.TimerHandle | None = None

    def call(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """Call the function in one of the threads; the future has what it returns or raises."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def run() -> None:
            try:
                result, error = function(*arguments), None
            except Exception as raised:  # noqa: BLE001 - it is raised again where the future is awaited
                result, error = None, raised
            loop.call_soon_threadsafe(_settle, future, result, error)

        self.calls.append(run)
        self._wake_if_needed(loop)
        return future

    def end(self) -> None:
        """Let each thread end after what is in the queue."""
        self.calls.extend([None] * len(self._threads))
        while self._wake_one():
            pass

    def _wake_if_needed(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self.calls or not self.idle:
            return  # each thread that works looks into the queue before it sleeps
        fresh_since = time.monotonic() - FRESH_SECONDS
        one_is_fresh = any(thread.busy_since > fresh_since for thread in self._threads)
        if not one_is_fresh:
            self._wake_one()
        if self._look_again is None and (one_is_fresh or len(self.calls) > 1):
            self._look_again = loop.call_later(FRESH_SECONDS, self._looked, loop)

    def _wake_one(self) -> bool:
        try:
            thread = self.idle.pop()
        except IndexError:
            return False
        thread.wake()
        return True

    def _looked(self, loop: asyncio.AbstractEventLoop) -> None:
        self._look_again = None
        self._wake_if_needed(loop)


class _Thread:
    """One of them."""

    def __init__(self, threads: Threads, name: str) -> None:
        self._threads = threads
        self._asleep = threading.Lock()  # released by the code that takes the thread out of `idle`
        self._asleep.acquire()
        self.busy_since = 0.0  # monotonic seconds; 0 while it is idle
        threading.Thread(target=self.run, name=name, daemon=True).start()

    def wake(self) -> None:
        self.busy_since = time.monotonic()
        self._asleep.release()

    def run(self) -> None:
        """Do what is in the queue, sleep where there is nothing."""
        calls, idle = self._threads.calls, self._threads.idle
        while True:
            try:
                call = calls.popleft()
            except IndexError:
                self.busy_since = 0.0
                idle.append(self)
                # what was queued just before that found this thread busy and woke nobody
                if calls and self._still_idle():
                    continue
                self._asleep.acquire()
                continue
            if call is None:
                return
            self.busy_since = time.monotonic()
            call()

    def _still_idle(self) -> bool:
        """Take itself out of `idle`, if nobody did meanwhile."""
        try:
            self._threads.idle.remove(self)
        except ValueError:
            return False
        return True


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
