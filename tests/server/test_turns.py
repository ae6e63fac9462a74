"""Turns of clients: few at a time, in order, and none is lost."""

from __future__ import annotations

import asyncio

import pytest

from hub.errors import TooManyRequestsError
from hub.server.turns import Turns


def test_one_client_has_so_many_turns_and_the_others_of_it_wait_in_order() -> None:
    """Two work, two wait and come in their order, a fifth is refused."""

    async def story() -> list[str]:
        turns, order, go_on = Turns(2, 2), [], asyncio.Event()

        async def work(name: str) -> None:
            async with turns.turn("id"):
                order.append(name)
                await go_on.wait()

        tasks = [asyncio.create_task(work(name)) for name in "abcd"]
        await asyncio.sleep(0)
        assert order == ["a", "b"]
        assert turns.queued_count == 2
        with pytest.raises(TooManyRequestsError, match="4 requests of this client"):
            await work("e")
        async with turns.turn("sg"):
            order.append("sg")
        go_on.set()
        await asyncio.gather(*tasks)
        assert turns.refusal_count == 1
        assert turns.queued_count == 0
        assert not turns._clients
        return order

    assert asyncio.run(story()) == ["a", "b", "sg", "c", "d"]


def test_a_client_may_have_more_turns_than_others() -> None:
    """The operator's exception counts for that client alone."""

    async def story() -> None:
        turns = Turns(1, 1, {"account sg": (2, 0)})
        async with turns.turn("account sg"), turns.turn("account sg"):
            with pytest.raises(TooManyRequestsError, match="2 requests of this client"):
                await turns.turn("account sg").__aenter__()

    asyncio.run(story())


def test_a_client_that_is_allowed_more_turns_has_them_until_it_has_as_many_as_usual_again() -> None:
    """Each turn that ends lets several begin, in order; the allowance goes with the client's last turn."""

    async def story() -> None:
        turns, order, go_on = Turns(1, 9), [], asyncio.Semaphore(0)

        async def work(name: str) -> None:
            async with turns.turn("id"):
                order.append(name)
                await go_on.acquire()

        tasks = [asyncio.create_task(work(name)) for name in "abcdef"]
        await asyncio.sleep(0)
        turns.allow_extra("id")
        turns.allow_extra("id")
        for release, expected in ((1, "abcd"), (1, "abcde")):
            for _ in range(release):
                go_on.release()
            await _let_all_go_on()
            assert "".join(order) == expected
        turns.reset_extra("id")
        go_on.release()
        await _let_all_go_on()
        assert "".join(order) == "abcde"
        for _ in range(3):
            go_on.release()
        await asyncio.gather(*tasks)
        assert not turns._clients

    asyncio.run(story())


async def _let_all_go_on() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_when_many_wait_a_client_has_fewer_waiting() -> None:
    """A client that filled the line is refused, another still has its few; and all is as before when the line is short."""

    async def story() -> None:
        turns, go_on = Turns(1, 100, crowd=(4, 2)), asyncio.Event()

        async def work(name: str) -> None:
            async with turns.turn(name):
                await go_on.wait()

        tasks = [asyncio.create_task(work("id")) for _ in range(5)]
        await asyncio.sleep(0)
        assert turns.queued_count == 4
        with pytest.raises(TooManyRequestsError):
            await turns.take("id")
        tasks += [asyncio.create_task(work("sg")) for _ in range(3)]
        await asyncio.sleep(0)
        assert turns.queued_count == 6
        with pytest.raises(TooManyRequestsError):
            await turns.take("sg")
        go_on.set()
        await asyncio.gather(*tasks)
        assert turns.queued_count == 0
        await asyncio.gather(*(work("id") for _ in range(4)))

    asyncio.run(story())


def test_a_client_that_gives_up_leaves_its_turn_to_the_next() -> None:
    """Cancelled while it waits, or in the moment in which its turn came."""

    async def story() -> None:
        turns = Turns(1, 5)
        first_may_end, done = asyncio.Event(), []

        async def first() -> None:
            async with turns.turn("id"):
                await first_may_end.wait()

        async def next_one(name: str) -> None:
            async with turns.turn("id"):
                done.append(name)

        holder = asyncio.create_task(first())
        await asyncio.sleep(0)
        waiting_tasks = [asyncio.create_task(next_one(name)) for name in "bcd"]
        await asyncio.sleep(0)
        waiting_tasks[1].cancel()
        await asyncio.sleep(0)
        first_may_end.set()
        await asyncio.sleep(0)  # the first ends and hands its turn on; the next has not run yet
        waiting_tasks[0].cancel()
        await asyncio.wait([holder, *waiting_tasks])
        assert done == ["d"]
        assert turns.queued_count == 0
        assert not turns._clients

    asyncio.run(story())
