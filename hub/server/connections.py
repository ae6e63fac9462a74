"""Connections to one server process: counted from accept on, and closed when they bring nothing.

uvicorn reads HTTP and calls the application. What it does not bound is bounded here:

- the number of connections: beyond it, the oldest that is idle and has never logged in is closed for the new one, so
  that many good clients behind one address are not shut out;
- the time for a TLS handshake, and for a request's line and headers, and their size;
- the connections that one account keeps: beyond that, its oldest idle one is closed.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from typing import Any, Final

from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.settings import Limits

_GOODBYE_SECONDS: Final = 1.0  # for the other side to end TLS, too, once everything is sent
_HELD_BYTES: Final = 16 * 1024  # of a piece; larger ones leave by themselves
_ACCEPT_PAUSE_SECONDS: Final = 0.05  # where the process has no file descriptor left


class Registry:
    """The connections of one process."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.expendable: OrderedDict[HttpConnection, None] = OrderedDict()  # idle, never logged in; oldest first
        self.of_account: dict[str, OrderedDict[HttpConnection, None]] = {}  # idle ones, oldest first
        self.handshakes: OrderedDict[socket.socket, None] = OrderedDict()  # accepted, no HTTP yet; oldest first
        self.open = 0

    def make_room(self) -> bool:
        """Whether one more connection may be taken, after the oldest that brings nothing was closed if need be."""
        if self.open + len(self.handshakes) < self.limits.connections:
            return True
        if self.expendable:
            self.expendable.popitem(last=False)[0].drop()
            return True
        if self.handshakes:
            self.handshakes.popitem(last=False)[0].close()
            return True
        return False


class JoinedWrites:
    """A transport that sends in one packet what is written in one step of the event loop: an answer's head and a short body.

    uvicorn writes the two one after the other, and each costs a system call and wakes the client.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""  # the head of an answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Hold the first piece until the second, or until the loop's next step."""
        if len(data) > _HELD_BYTES:  # measured: a page of 40 kB arrives sooner in two pieces than in one
            self._flush()
            self._transport.write(data)
        elif self._held:
            self._transport.write(self._held + data)
            self._held = b""
        elif data:
            self._held = data
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Send what is held, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            self._transport.write(self._held)
            self._held = b""


class HttpConnection(HttpToolsProtocol):
    """One connection."""

    registry: Registry  # set by `protocol_class`

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._account = ""
        self._answering = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def belongs_to(self, account: str) -> None:
        """A request of this account was answered here: it is no longer closed for want of a login."""
        self._account = account

    @property
    def takes_more(self) -> bool:
        """Whether something can be sent without waiting for the client to take what was sent before."""
        return not self.flow.write_paused

    def drop(self) -> None:
        """Close it immediately."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """asyncio: the connection is there, its TLS handshake done."""
        super().connection_made(transport)
        self.transport = JoinedWrites(transport, self.loop)  # type: ignore[assignment] # a transport in all but its base class
        self.registry.open += 1
        self._idle()
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is gone."""
        self.registry.open -= 1
        self._busy()
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """asyncio: these bytes came."""
        if self._head_timer is None and not self._answering:
            self._await_head()  # the first bytes of a further request
        if self._head_timer is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > self.registry.limits.head_bytes:
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def on_headers_complete(self) -> None:
        """httptools: a request's line and headers are read."""
        self._head_came()
        self._busy()
        self._answering = True
        self.scope["state"]["connection"] = self
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """uvicorn: the answer was handed over."""
        super().on_response_complete()
        if self.cycle.response_complete:  # else a further request, sent early, is being answered
            self._answering = False
            self._idle()

    def _idle(self) -> None:
        if not self._account:
            self.registry.expendable[self] = None
            return
        idle = self.registry.of_account.setdefault(self._account, OrderedDict())
        idle[self] = None
        if len(idle) > self.registry.limits.account_connections:
            idle.popitem(last=False)[0].drop()

    def _busy(self) -> None:
        self.registry.expendable.pop(self, None)
        idle = self.registry.of_account.get(self._account)
        if idle is not None:
            idle.pop(self, None)
            if not idle:
                del self.registry.of_account[self._account]

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self.registry.limits.head_seconds, self.drop)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def protocol_class(limits: Limits) -> type[HttpConnection]:
    """The class of connections that share one registry."""
    return type("BoundedConnection", (HttpConnection,), {"registry": Registry(limits)})


class BoundedServer(Server):
    """uvicorn's server, with an accept loop of its own, so that a connection counts before its TLS handshake."""

    def __init__(self, config: Config, connection_class: type[HttpConnection]) -> None:
        super().__init__(config)
        self._connection_class = connection_class
        self._registry = connection_class.registry
        self._accepting: list[asyncio.Task[None]] = []
        self._handshaking: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, for sockets that are bound and listen."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise SystemExit(3)  # as uvicorn has it: the parent does not start the worker again
        self.servers = []
        for listener in sockets or []:
            listener.setblocking(False)
            self._accepting.append(asyncio.create_task(self._accept(listener)))
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, then as uvicorn does."""
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        await super().shutdown(sockets)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        registry = self._registry
        while True:
            try:
                accepted, _ = await loop.sock_accept(listener)
            except OSError:
                await asyncio.sleep(_ACCEPT_PAUSE_SECONDS)
                continue
            if not registry.make_room():
                accepted.close()
                continue
            if self.config.ssl is None:
                await loop.connect_accepted_socket(self._protocol, accepted)
                continue
            registry.handshakes[accepted] = None
            task = asyncio.create_task(self._shake_hands(accepted))
            self._handshaking.add(task)
            task.add_done_callback(self._handshaking.discard)

    async def _shake_hands(self, accepted: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol,
                accepted,
                ssl=self.config.ssl,
                ssl_handshake_timeout=self._registry.limits.head_seconds,
                ssl_shutdown_timeout=_GOODBYE_SECONDS,
            )
        except OSError:
            accepted.close()  # no TLS, or none in time
        finally:
            self._registry.handshakes.pop(accepted, None)

    def _protocol(self) -> HttpConnection:
        return self._connection_class(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
