"""Open browsers at a board, in a process of their own, and the least that a server could do for as many.

A browser is what `console/static/script.js` makes of one: it waits for the hub's events with its session, and asks for its
page again when they say that something changed.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

import orjson
import uvloop

from hub.sharing.sessions import COOKIE

SETTLED_SECONDS: Final = 1.5  # without a look: none is to come
_LONGEST_SECONDS: Final = 20.0
_FILES: Final = 4_000
_GAP_SECONDS: Final = 0.9  # as in script.js
_lots: Final = Random(1)
_EVENT: Final = b'event: moved\nid: 1\ndata: {"collection":"%s","date_added":"2026-04-02T03:10:00.000000Z"}\n\n' % (
    b"5d56f93e-72d8-4e14-94e1-a77baadcfef5"
)


class Browsers:
    """Those of another process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def settle(self, expected: int = 0) -> tuple[int, int]:
        """Wait for so many looks and until none looks any more: (looks, bytes of their answers) since the last time."""
        looks = size = 0
        until = time.monotonic() + _LONGEST_SECONDS
        while time.monotonic() < until:
            time.sleep(SETTLED_SECONDS)
            new_looks, new_size = (int(word) for word in self._ask().split())
            if not new_looks and looks >= expected:
                break
            looks, size = looks + new_looks, size + new_size
        return looks, size

    def _ask(self) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("count\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextmanager
def open_browsers(port: int, cookies: list[str]) -> Iterator[Browsers]:
    """One for each cookie; all listen when this begins."""
    with _process("browsers", port) as process:
        assert process.stdin is not None
        process.stdin.write("\n".join(cookies) + "\n\n")
        process.stdin.flush()
        _expect(process, "all listen\n")
        yield Browsers(process)


class BareServer:
    """Sends an event to all who listen, and answers each look with so many bytes: nothing else."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def announce(self) -> None:
        """Send all an event."""
        assert self._process.stdin is not None
        self._process.stdin.write("moved\n")
        self._process.stdin.flush()


@contextmanager
def bare_server(port: int, answer_bytes: int) -> Iterator[BareServer]:
    """At that port and the one after it."""
    with _process("bare", port, answer_bytes) as process:
        _expect(process, "serves\n")
        yield BareServer(process)


def processor_seconds(pid: int) -> float:
    """Of a process, so far, in its own code and in the system's."""
    values = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _process(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.bench.browsers", *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.stdin.close()
        last = process.stdout.read().strip()
        process.wait(60)
        print(f"    {last}" if last else "", end="\n" if last else "")


def _expect(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    if process.stdout.readline() != line:
        raise RuntimeError(f"a process of the bench did not say {line.strip()!r}")


class _Open:
    """The browsers of this process."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = 0
        self.all_listen = asyncio.Event()
        self.looks = 0
        self.bytes = 0
        self.longest = 0.0

    async def browse(self, cookie: str, count: int) -> None:
        """Wait for events, and ask for the page."""
        head = f"Host: 127.0.0.1:{self._port}\r\nCookie: {COOKIE}={cookie}\r\n"
        _, page = await self._ask(head)
        events = page.partition('data-events="')[2].partition('"')[0].replace("&amp;", "&")
        path = "/" + events.partition("//")[2].partition("/")[2]
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port + 1, limit=1 << 20)
        writer.write(f"GET {path} HTTP/1.1\r\n{head}Origin: http://127.0.0.1:{self._port}\r\n\r\n".encode())
        if b" 200 " not in await reader.readline():
            raise RuntimeError("a browser may not listen")
        has_moved = asyncio.Event()
        shown: dict[str, str] = {}
        following = asyncio.create_task(self._follow(head, has_moved, shown))
        first = True
        while line := await reader.readline():
            if first and line.startswith(b": listening"):
                first = False
                self._listening += 1
                if self._listening == count:
                    self.all_listen.set()
            if line.startswith(b"data: "):
                event = orjson.loads(line[6:])
                if event["date_added"] > shown.get(event["collection"], ""):
                    has_moved.set()
        following.cancel()

    async def _follow(self, head: str, has_moved: asyncio.Event, shown: dict[str, str]) -> None:
        etag = ""
        while True:
            await has_moved.wait()
            await asyncio.sleep(0.1 + 0.4 * _lots.random())
            has_moved.clear()
            live = "Accept-Encoding: gzip\r\nHub-Live: 1\r\n"
            took, answer = await self._ask(f"{head}{live}" + (f"If-None-Match: {etag}\r\n" if etag else ""))
            etag = answer.lower().partition("\netag: ")[2].partition("\r")[0] or etag
            newest = answer.partition("\r\n\r\n")[0].partition("\nhub-shown: ")[2].partition("\r")[0]
            for pair in newest.split():
                collection, _, shown[collection] = pair.partition("=")
            self.looks += 1
            self.bytes += len(answer)
            self.longest = max(self.longest, took)
            await asyncio.sleep(max(_GAP_SECONDS - took, 5 * took))

    async def _ask(self, head: str) -> tuple[float, str]:
        start = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 24)
        writer.write(f"GET /asean/board/ HTTP/1.1\r\n{head}Accept: text/html\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        if answer[9:12] not in (b"200", b"304"):
            raise RuntimeError(answer[:200].decode("latin-1"))
        return time.perf_counter() - start, answer.decode("latin-1")


async def _browse(port: int, cookies: list[str]) -> None:
    browsers = _Open(port)
    tasks = [asyncio.create_task(browsers.browse(cookie, len(cookies))) for cookie in cookies]
    await asyncio.wait([asyncio.create_task(browsers.all_listen.wait()), *tasks], return_when=asyncio.FIRST_COMPLETED)
    if not browsers.all_listen.is_set():
        raise RuntimeError(next(str(task.exception()) for task in tasks if task.done()))
    print("all listen", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(browsers.looks, browsers.bytes, flush=True)
        browsers.looks = browsers.bytes = 0
    failed = [task for task in tasks if task.done() and task.exception() is not None]
    for task in tasks:
        task.cancel()
    print(f"the slowest look {browsers.longest * 1000:,.0f} ms; {len(failed)} browsers failed", flush=True)


async def _serve_bare(port: int, answer_bytes: int) -> None:
    page = f'HTTP/1.1 200 OK\r\n\r\n<div data-events="http://127.0.0.1:{port + 1}/events">'.encode()
    look = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".ljust(answer_bytes)
    listening: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(look if b"Hub-Live" in head else page)
        writer.close()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n: listening\n\n")
        listening.append(writer)

    servers = [
        await asyncio.start_server(answer, "127.0.0.1", port, backlog=1000),
        await asyncio.start_server(listen, "127.0.0.1", port + 1, backlog=1000),
    ]
    print("serves", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        for writer in listening:
            writer.write(_EVENT)
    for server in servers:
        server.close()


def _main(part: str, *numbers: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard), hard))
    if part == "bare":
        uvloop.run(_serve_bare(*numbers))
        return
    cookies = []
    while line := sys.stdin.readline().strip():
        cookies.append(line)
    uvloop.run(_browse(numbers[0], cookies))


if __name__ == "__main__":
    _main(sys.argv[1], *map(int, sys.argv[2:]))
