"""Threads that answer requests for an event loop.

asyncio's ThreadPoolExecutor makes two futures for each call and locks each of them several times, which takes a tenth of the
time of a poll without new objects.

Threads of one interpreter share its lock, so a second thread makes short calls slower, not faster. A call therefore wakes a
thread only if no other thread is expected to be free soon: if a busy thread began its call less than `FRESH_SECONDS` ago, the
new call waits for it, but not longer than that.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

FRESH_SECONDS: Final = 0.002  # a poll without new objects takes a fraction of it, a page of 1,000 objects about as long


class Threads:
    """A fixed number of threads with one queue. Use it only on the event loop; only `_Thread.run` runs in the threads."""

    def __init__(self, count: int, name: str) -> None:
        self.calls: deque[Callable[[], None] | None] = deque()
        self.idle: list[_Thread] = []  # the last one is woken first: its data is still in the processor's cache
        self._threads = [_Thread(self, f"{name}-{number}") for number in range(count)]
        self._timer: asyncio.TimerHandle | None = None

    def call(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """Call the function in one of the threads; the future has what it returns or raises."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def run() -> None:
            try:
                result, error = function(*arguments), None
            except Exception as exception:  # noqa: BLE001 - raised again where the future is awaited
                result, error = None, exception
            loop.call_soon_threadsafe(_settle, future, result, error)

        self.calls.append(run)
        self._wake_if_needed(loop)
        return future

    def end(self) -> None:
        """End each thread after the calls in the queue."""
        self.calls.extend([None] * len(self._threads))
        while self._wake_one():
            pass

    def _wake_if_needed(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self.calls or not self.idle:
            return  # each busy thread looks into the queue before it sleeps
        fresh_since = time.monotonic() - FRESH_SECONDS
        has_fresh_thread = any(thread.busy_since > fresh_since for thread in self._threads)
        if not has_fresh_thread:
            self._wake_one()
        if self._timer is None and (has_fresh_thread or len(self.calls) > 1):
            self._timer = loop.call_later(FRESH_SECONDS, self._check_queue, loop)

    def _wake_one(self) -> bool:
        try:
            thread = self.idle.pop()
        except IndexError:
            return False
        thread.wake()
        return True

    def _check_queue(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        self._wake_if_needed(loop)


class _Thread:
    """One of the threads."""

    def __init__(self, threads: Threads, name: str) -> None:
        self._threads = threads
        self._sleep_lock = threading.Lock()  # released by the code that takes the thread out of `idle`
        self._sleep_lock.acquire()
        self.busy_since = 0.0  # monotonic seconds; 0 while it is idle
        threading.Thread(target=self.run, name=name, daemon=True).start()

    def wake(self) -> None:
        self.busy_since = time.monotonic()
        self._sleep_lock.release()

    def run(self) -> None:
        """Run the calls in the queue; sleep while it is empty."""
        calls, idle = self._threads.calls, self._threads.idle
        while True:
            try:
                call = calls.popleft()
            except IndexError:
                self.busy_since = 0.0
                idle.append(self)
                # a call that was queued just before this line found no idle thread to wake
                if calls and self._still_idle():
                    continue
                self._sleep_lock.acquire()
                continue
            if call is None:
                return
            self.busy_since = time.monotonic()
            call()

    def _still_idle(self) -> bool:
        """Remove this thread from `idle`; False if it was removed, and so woken, meanwhile."""
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
