"""Threads that answer for an event loop: short calls share one, long calls do not make others wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from hub.server.threads import Threads


def run(story: Callable[[Threads], Awaitable[None]], count: int = 4) -> None:
    """Run the story on a loop with so many threads, which end with it."""

    async def whole() -> None:
        threads = Threads(count, "tested")
        try:
            await asyncio.wait_for(story(threads), 30)
        finally:
            threads.end()

    asyncio.run(whole())


def test_short_calls_are_made_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each further thread would wait for the interpreter's lock, and make the others wait for it."""
    monkeypatch.setattr("hub.server.threads.FRESH_SECONDS", 30)  # on a busy machine a short call may take long

    async def story(threads: Threads) -> None:
        idents = {await threads.call(threading.get_ident) for _ in range(50)}
        assert len(idents) == 1
        assert threading.get_ident() not in idents

    run(story)


def test_long_calls_take_as_many_threads_as_there_are_and_no_more() -> None:
    """Four calls that wait for one another end only if all are made at once; a fifth waits for a thread."""

    async def story(threads: Threads) -> None:
        barrier, go_on = threading.Barrier(5), threading.Event()

        def long_call() -> int:
            barrier.wait(20)
            go_on.wait(20)
            return threading.get_ident()

        calls = [threads.call(long_call) for _ in range(4)]
        await asyncio.to_thread(barrier.wait, 20)
        fifth = threads.call(threading.get_ident)
        await asyncio.sleep(0)
        assert not fifth.done()
        go_on.set()
        idents = set(await asyncio.gather(*calls))
        assert len(idents) == 4
        assert await fifth in idents

    run(story)


def test_a_short_call_does_not_wait_for_a_long_one() -> None:
    """Behind the long call, and together with it."""

    async def story(threads: Threads) -> None:
        go_on = threading.Event()
        long_call = threads.call(go_on.wait, 20)
        assert await threads.call(lambda: "short") == "short"
        assert await threads.call(lambda: "short") == "short"
        go_on.set()
        assert await long_call

    run(story, count=2)


def test_what_a_call_raises_is_raised_where_it_is_awaited() -> None:
    """And the thread continues."""

    async def story(threads: Threads) -> None:
        with pytest.raises(ZeroDivisionError):
            await threads.call(lambda: 1 / 0)
        assert await threads.call(lambda: 1) == 1

    run(story, count=1)


def test_no_call_is_lost_between_threads_that_fall_asleep_and_wake() -> None:
    """Thousands of calls in small groups, with pauses in which the threads become idle."""

    async def story(threads: Threads) -> None:
        for group in range(1500):
            numbers = range(group % 7 + 1)
            assert await asyncio.gather(*(threads.call(int, number) for number in numbers)) == list(numbers)

    run(story)


def test_what_is_in_the_queue_is_done_before_the_threads_end() -> None:
    """A stop loses no request that was accepted."""

    async def story() -> None:
        threads = Threads(2, "tested-end")
        calls = [threads.call(int, number) for number in range(100)]
        threads.end()
        assert await asyncio.gather(*calls) == list(range(100))

    asyncio.run(story())
