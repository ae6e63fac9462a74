"""Turns: how many things one client does at a time, so that one client's requests do not crowd out another's."""

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
    working: int = 0
    more: int = 0  # turns beyond the usual ones
    queue: deque[asyncio.Future[None]] = field(default_factory=deque)


class Turns:
    """Each client has `working` turns at a time; `waiting` more of it wait, in order; beyond that they are refused.

    `clients` have both numbers of their own, by name. `crowd` is how many of all clients may wait before a client has fewer
    waiting, and how many those are. `allow_more` gives a client more turns at a time, for as long as it has any.
    """

    def __init__(
        self,
        working: int,
        waiting: int,
        clients: Mapping[str, tuple[int, int]] = MappingProxyType({}),
        crowd: tuple[int, int] | None = None,
    ) -> None:
        self._most = (working, waiting)
        self._own_most = clients
        self._crowd = crowd
        self._clients: dict[str, _Client] = {}
        self.queued = 0  # how many wait now, of all clients
        self.refused = 0  # how often a client was refused

    def of(self, name: str) -> _Turn:
        """A turn of this client, for `async with`; TooManyRequestsError where too many of it wait."""
        return _Turn(self, name)

    async def take(self, name: str) -> _Client:
        """Wait for a turn of this client and take it; `leave` gives it back."""
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = _Client()
        working, waiting = self._own_most.get(name, self._most)
        if client.working < working + client.more:
            client.working += 1
            return client
        if self._crowd is not None and self.queued >= self._crowd[0]:
            waiting = min(waiting, self._crowd[1])
        if len(client.queue) >= waiting:
            self.refused += 1
            raise TooManyRequestsError(
                f"{working + waiting} requests of this client are under way or wait already: "
                "send the next when one is answered.",
                _RETRY_SECONDS,
            )
        await self._wait(name, client)
        return client

    async def _wait(self, name: str, client: _Client) -> None:
        turn = asyncio.get_running_loop().create_future()
        client.queue.append(turn)
        self.queued += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the turn came in the same moment: hand it on
                self.leave(name, client)
            else:
                client.queue.remove(turn)
            raise
        finally:
            self.queued -= 1

    def allow_more(self, name: str) -> None:
        """One turn more at a time for a client that has a turn now."""
        self._clients[name].more += 1

    def allow_as_usual(self, name: str) -> None:
        """No more turns at a time for a client that has one now than for others."""
        self._clients[name].more = 0

    def leave(self, name: str, client: _Client) -> None:
        """Give a turn back: the next that waits has it, or several where the client has more of them than before."""
        client.working -= 1
        if client.queue:
            _hand_on(client, self._own_most.get(name, self._most)[0] + client.more)
        if not client.working and not client.queue:
            self._clients.pop(name, None)


class _Turn:
    """What `Turns.of` gives. A class, since a generator would cost each poll more."""

    __slots__ = ("_client", "_name", "_turns")

    def __init__(self, turns: Turns, name: str) -> None:
        self._turns = turns
        self._name = name

    async def __aenter__(self) -> None:
        self._client = await self._turns.take(self._name)

    async def __aexit__(self, *_: object) -> None:
        self._turns.leave(self._name, self._client)


def _hand_on(client: _Client, most: int) -> None:
    """Free turns go to those that wait, in order."""
    while client.queue and client.working < most:
        turn = client.queue.popleft()
        if not turn.done():
            client.working += 1
            turn.set_result(None)
