"""Turns: how many requests of one client run at a time, so that one client cannot block the others."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hub.errors import TooManyRequestsError

_RETRY_SECONDS = 1


@dataclass(slots=True)
class _Client:
    active_count: int = 0
    extra_turns: int = 0  # turns at a time, in addition to the limit
    queue: deque[asyncio.Future[None]] = field(default_factory=deque)


class Turns:
    """Each client has `active_limit` turns at a time; `waiting_limit` more may wait, in order; beyond that they are refused.

    `clients` maps names to their own two limits. `crowd` is (how many of all clients may wait, the waiting limit of each client
    beyond that). `allow_extra` gives a client one more turn at a time, until it has no turn left.
    """

    def __init__(
        self,
        active_limit: int,
        waiting_limit: int,
        clients: Mapping[str, tuple[int, int]] = MappingProxyType({}),
        crowd: tuple[int, int] | None = None,
    ) -> None:
        self._limits = (active_limit, waiting_limit)
        self._client_limits = clients
        self._crowd = crowd
        self._clients: dict[str, _Client] = {}
        self.queued_count = 0  # how many wait now, of all clients
        self.refusal_count = 0  # how many requests were refused

    def turn(self, name: str) -> _Turn:
        """A turn of this client, for `async with`; TooManyRequestsError if too many requests of it wait."""
        return _Turn(self, name)

    async def take(self, name: str) -> _Client:
        """Wait for a turn of this client and take it; `leave` releases it."""
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = _Client()
        active_limit, waiting_limit = self._client_limits.get(name, self._limits)
        if client.active_count < active_limit + client.extra_turns:
            client.active_count += 1
            return client
        if self._crowd is not None and self.queued_count >= self._crowd[0]:
            waiting_limit = min(waiting_limit, self._crowd[1])
        if len(client.queue) >= waiting_limit:
            self.refusal_count += 1
            raise TooManyRequestsError(
                f"{active_limit + waiting_limit} requests of this client are under way or wait already: "
                "send the next when one is answered.",
                _RETRY_SECONDS,
            )
        await self._wait(name, client)
        return client

    async def _wait(self, name: str, client: _Client) -> None:
        future = asyncio.get_running_loop().create_future()
        client.queue.append(future)
        self.queued_count += 1
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():  # it got the turn at the same time: release it
                self.leave(name, client)
            else:
                client.queue.remove(future)
            raise
        finally:
            self.queued_count -= 1

    def allow_extra(self, name: str) -> None:
        """Allow one more turn at a time to a client that has a turn now."""
        self._clients[name].extra_turns += 1

    def reset_extra(self, name: str) -> None:
        """Remove the extra turns of a client that has a turn now."""
        self._clients[name].extra_turns = 0

    def leave(self, name: str, client: _Client) -> None:
        """Release a turn: the next request that waits gets it; several do if the client has new extra turns."""
        client.active_count -= 1
        if client.queue:
            _wake_next(client, self._client_limits.get(name, self._limits)[0] + client.extra_turns)
        if not client.active_count and not client.queue:
            self._clients.pop(name, None)


class _Turn:
    """The result of `Turns.turn`. A class, since a generator-based context manager takes more time."""

    __slots__ = ("_client", "_name", "_turns")

    def __init__(self, turns: Turns, name: str) -> None:
        self._turns = turns
        self._name = name

    async def __aenter__(self) -> None:
        self._client = await self._turns.take(self._name)

    async def __aexit__(self, *_: object) -> None:
        self._turns.leave(self._name, self._client)


def _wake_next(client: _Client, max_active: int) -> None:
    """Give free turns to the requests that wait, in order."""
    while client.queue and client.active_count < max_active:
        future = client.queue.popleft()
        if not future.done():
            client.active_count += 1
            future.set_result(None)
