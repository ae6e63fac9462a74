"""Connections to the events for tests: to the ASGI application in this process, and to the process beside the workers."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import secrets
import socket
import threading
import time
from typing import Any, Self

import requests

from hub.server.events import Events
from hub.sharing.members import Account, AccountKind
from tests.conftest import Template
from tests.server.making import (
    ACCOUNTS,
    CONTENT_TYPE,
    as_envelope,
    at,
    indicator,
)
from tests.server.process import HubProcess, children_of

WAIT = 60.0  # for what comes at once, on a shared machine


def account_of(name: str | None) -> Account | None:
    """The account of that name in `making.ACCOUNTS`."""
    return None if name is None else Account(name, AccountKind(ACCOUNTS[name][0]), ACCOUNTS[name][1])


# --- the application, in this process -------------------------------------------------------------------------------


class Listener:
    """One connection to the ASGI application; `stuck`, it takes nothing more after its first chunk."""

    def __init__(
        self,
        application: Events,
        authorization: str,
        *,
        stuck: bool = False,
        query: bytes = b"",
        method: str = "GET",
        cookie: str = "",
    ) -> None:
        self.status = 0
        self.body = b""
        self.news = asyncio.Event()
        self.stuck = stuck
        headers = [(b"authorization", authorization.encode())] if authorization else []
        headers += [(b"cookie", cookie.encode())] if cookie else []
        self.scope = {
            "type": "http",
            "method": method,
            "path": "/region/events",
            "query_string": query,
            "headers": headers,
        }
        self.task = asyncio.create_task(application(self.scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        if self.stuck and self.body:
            await asyncio.Event().wait()
        self.body += message.get("body", b"")
        self.news.set()

    async def until(self, text: bytes, times: int = 1) -> None:
        """Wait until the text was sent so often."""
        async with asyncio.timeout(WAIT):
            while self.body.count(text) < times:
                self.news.clear()
                await self.news.wait()

    async def until_it_ends(self) -> None:
        """Wait until the application ends the connection."""
        async with asyncio.timeout(WAIT):
            await self.task


@contextlib.asynccontextmanager
async def running(application: Events) -> Any:
    """The application between its start and its end, as a server runs it."""
    orders: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    lines: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    life = asyncio.create_task(application({"type": "lifespan"}, orders.get, lines.put))  # type: ignore[arg-type] # as ASGI calls it
    await orders.put({"type": "lifespan.startup"})
    assert (await lines.get())["type"] == "lifespan.startup.complete"
    try:
        yield
    finally:
        await orders.put({"type": "lifespan.shutdown"})
        async with asyncio.timeout(WAIT):
            await life


def bearer(template: Template, name: str) -> str:
    """The value of the header `Authorization` for an account."""
    return f"Bearer {template.keys[name]}"


# --- the process beside the workers ---------------------------------------------------------------------------------


class NetworkListener:
    """A listener over the network; the data of its events are in `lines`, and "over" when the connection ended."""

    def __init__(self, process: HubProcess, name: str, query: str = "") -> None:
        self.lines: queue.Queue[str] = queue.Queue()
        self._session = process.session(name)
        self._session.headers["Accept"] = "text/event-stream"
        self._response = self._session.get(f"{events_url(process)}{query}", stream=True, timeout=WAIT)
        assert self._response.status_code == 200, self._response.text
        assert self._response.headers["Content-Type"].startswith("text/event-stream")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(requests.RequestException, OSError, AttributeError, ValueError):
            for line in self._response.iter_lines(chunk_size=1):
                if line.startswith(b"data: "):
                    self.lines.put(line.decode())
        self.lines.put("over")

    def close(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            getattr(self._response.raw.connection, "sock").shutdown(socket.SHUT_RDWR)  # noqa: B009 - urllib3 types it as perhaps None
        self._thread.join(WAIT)
        self._response.close()
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def until(self, text: str) -> None:
        """Wait for an event with that text."""
        while text not in self.lines.get(timeout=WAIT):
            pass


def events_url(process: HubProcess) -> str:
    """Where listeners of the API root `region` connect."""
    return f"http://127.0.0.1:{process.settings['HUB_EVENTS_PORT']}/region/events"


def events_pid(process: HubProcess) -> int:
    """The process of the events, once it answers."""
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):  # it does not answer yet, or was just replaced
            requests.get(events_url(process).replace("events", "nothing"), timeout=WAIT).close()
            for child in children_of(process.pid, "events_process"):
                return child
        time.sleep(0.05)  # between two looks at a process that cannot tell us itself
    raise AssertionError(process.log)


def publish(process: HubProcess, number: int) -> None:
    """Publish an indicator, with a pattern of its own, to the collection `id`."""
    answer = process.session("id-cert").post(
        process.url + at("id", "objects"),
        data=as_envelope([indicator(number, 1, pattern=f"[file:name = '{secrets.token_hex(8)}']")]),
        headers={"Content-Type": CONTENT_TYPE},
        timeout=WAIT,
    )
    assert answer.status_code == 202
    assert answer.json()["success_count"] == 1, answer.text


def raw_listener(process: HubProcess, name: str) -> socket.socket:
    """A connection that asks for events and reads none."""
    port = int(process.settings["HUB_EVENTS_PORT"])
    listener = socket.create_connection(("127.0.0.1", port), timeout=WAIT)
    listener.sendall(
        f"GET /region/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {process.keys[name]}\r\n\r\n".encode()
    )
    return listener
