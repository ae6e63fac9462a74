"""Limits on the connections to one server process.

uvicorn reads HTTP and calls the application. This module adds the limits that uvicorn does not have:

- the number of connections, counted from accept on: if it is reached, the oldest connection that is idle and has never
  logged in is closed for the new one, so that many good clients behind one address can still connect;
- the time for a TLS handshake, and the time for and size of a request's line and headers;
- the number of idle connections of one account: if it is exceeded, the oldest one is closed.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from typing import Any, Final

from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.settings import Limits

_GOODBYE_SECONDS: Final = 1.0  # for the client to end TLS, after everything is sent
_BUFFER_BYTES: Final = 16 * 1024  # of a piece; larger ones are sent by themselves
_ACCEPT_PAUSE_SECONDS: Final = 0.05  # after an error, such as no free file descriptor


class Registry:
    """The connections of one process."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.idle_anonymous: OrderedDict[HttpConnection, None] = OrderedDict()  # idle, never logged in; oldest first
        self.idle_by_account: dict[str, OrderedDict[HttpConnection, None]] = {}  # idle ones, oldest first
        self.handshakes: OrderedDict[socket.socket, None] = OrderedDict()  # accepted, no HTTP yet; oldest first
        self.open_count = 0

    def make_room(self) -> bool:
        """Whether one more connection may be accepted; closes the oldest idle one for it if necessary."""
        if self.open_count + len(self.handshakes) < self.limits.connections:
            return True
        if self.idle_anonymous:
            self.idle_anonymous.popitem(last=False)[0].drop()
            return True
        if self.handshakes:
            self.handshakes.popitem(last=False)[0].close()
            return True
        return False


class JoinedWrites:
    """A transport that joins two writes of one step of the event loop: a response's head and a short body.

    uvicorn writes them separately, and each write costs a system call and wakes the client.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._buffer = b""  # the head of a response

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Keep the first piece until the second one, or until the loop's next step."""
        if len(data) > _BUFFER_BYTES:  # measured: a page of 40 kB arrives earlier in two pieces than in one
            self._flush()
            self._transport.write(data)
        elif self._buffer:
            self._transport.write(self._buffer + data)
            self._buffer = b""
        elif data:
            self._buffer = data
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Send the buffer, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._buffer:
            self._transport.write(self._buffer)
            self._buffer = b""


class HttpConnection(HttpToolsProtocol):
    """One connection."""

    registry: Registry  # set by `protocol_class`

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._account = ""
        self._is_answering = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def set_account(self, account: str) -> None:
        """Note that a request of this account was answered on this connection, so that it counts as logged in."""
        self._account = account

    @property
    def can_send(self) -> bool:
        """Whether data can be sent now, without waiting until the client has read what was sent before."""
        return not self.flow.write_paused

    def drop(self) -> None:
        """Close it immediately."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """asyncio: the connection is open, after its TLS handshake."""
        super().connection_made(transport)
        self.transport = JoinedWrites(transport, self.loop)  # type: ignore[assignment] # has a transport's methods, not its base class
        self.registry.open_count += 1
        self._mark_idle()
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is closed."""
        self.registry.open_count -= 1
        self._mark_busy()
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """asyncio: these bytes arrived."""
        if self._head_timer is None and not self._is_answering:
            self._start_head_timer()  # the first bytes of the next request
        if self._head_timer is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > self.registry.limits.head_bytes:
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def on_headers_complete(self) -> None:
        """httptools: a request's line and headers are complete."""
        self._stop_head_timer()
        self._mark_busy()
        self._is_answering = True
        self.scope["state"]["connection"] = self
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """uvicorn: the response is complete."""
        super().on_response_complete()
        if self.cycle.response_complete:  # else another request, which was sent early, is being answered
            self._is_answering = False
            self._mark_idle()

    def _mark_idle(self) -> None:
        if not self._account:
            self.registry.idle_anonymous[self] = None
            return
        idle_connections = self.registry.idle_by_account.setdefault(self._account, OrderedDict())
        idle_connections[self] = None
        if len(idle_connections) > self.registry.limits.account_connections:
            idle_connections.popitem(last=False)[0].drop()

    def _mark_busy(self) -> None:
        self.registry.idle_anonymous.pop(self, None)
        idle_connections = self.registry.idle_by_account.get(self._account)
        if idle_connections is not None:
            idle_connections.pop(self, None)
            if not idle_connections:
                del self.registry.idle_by_account[self._account]

    def _start_head_timer(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self.registry.limits.head_seconds, self.drop)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def protocol_class(limits: Limits) -> type[HttpConnection]:
    """Create a class of connections that share one registry."""
    return type("BoundedConnection", (HttpConnection,), {"registry": Registry(limits)})


class BoundedServer(Server):
    """uvicorn's server with its own accept loop, so that a connection counts before its TLS handshake."""

    def __init__(self, config: Config, connection_class: type[HttpConnection]) -> None:
        super().__init__(config)
        self._connection_class = connection_class
        self._registry = connection_class.registry
        self._accepting: list[asyncio.Task[None]] = []
        self._handshaking: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Like uvicorn's method, for sockets that already listen."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise SystemExit(3)  # uvicorn's own code: the parent does not restart the worker
        self.servers = []
        for listener in sockets or []:
            listener.setblocking(False)
            self._accepting.append(asyncio.create_task(self._accept(listener)))
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, then shut down like uvicorn."""
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        await super().shutdown(sockets)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        registry = self._registry
        while True:
            try:
                client_socket, _ = await loop.sock_accept(listener)
            except OSError:
                await asyncio.sleep(_ACCEPT_PAUSE_SECONDS)
                continue
            if not registry.make_room():
                client_socket.close()
                continue
            if self.config.ssl is None:
                await loop.connect_accepted_socket(self._protocol, client_socket)
                continue
            registry.handshakes[client_socket] = None
            task = asyncio.create_task(self._shake_hands(client_socket))
            self._handshaking.add(task)
            task.add_done_callback(self._handshaking.discard)

    async def _shake_hands(self, client_socket: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol,
                client_socket,
                ssl=self.config.ssl,
                ssl_handshake_timeout=self._registry.limits.head_seconds,
                ssl_shutdown_timeout=_GOODBYE_SECONDS,
            )
        except OSError:
            client_socket.close()  # no TLS handshake, or not in time
        finally:
            self._registry.handshakes.pop(client_socket, None)

    def _protocol(self) -> HttpConnection:
        return self._connection_class(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
