"""The pages of a board with 10,000 open incidents on the server, and what 500 open browsers cost those who publish.

A browser is what `console/static/script.js` makes of one: it waits for the hub's events with its session, and asks for its
page again when they say that something changed.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

import orjson
import uvloop

from hub.server.app import create_app
from hub.sharing.members import Account, AccountKind
from hub.sharing.sessions import COOKIE, Sessions
from tests.bench import community
from tests.bench.memory import children
from tests.bench.objects import envelopes
from tests.bench.report import ratio, row
from tests.bench.servers import COLLECTION, Bench, Served, hub_server
from tests.bench.wire import Wire, seconds
from tests.community.making import CATALOGUE, incident, open_hub, report, taken
from tests.console.conftest import Browser
from tests.server.making import Clock

_BROWSERS: Final = 500
_HELD: Final = 1_000
_ENVELOPES: Final = 50
_ALERTS: Final = 10  # envelopes of one incident
_SIZE: Final = 100
_GAP_MILLISECONDS: Final = 600  # as in script.js
_lots: Final = Random(1)
_LOOKS: Final = 100
_LIVE: Final = {"Hub-Live": "1"}
_PAGES: Final = (
    ("the board", "/asean/board/"),
    ("the board, its 100th page", "/asean/board/?page=100"),
    ("the board, filtered by a text", "/asean/board/?text=incident+77"),
    ("the region", "/asean/region/"),
    ("an incident", f"/asean/board/{incident(77)['id']}/"),
)


def measure(bench: Bench) -> None:
    _on_the_server(bench)
    _beside_publishers(bench)


def _on_the_server(bench: Bench) -> None:
    """Processor time of this process alone, so that what else runs on the machine counts little."""
    print(
        f"pages as HTML: {community.INCIDENTS:,} open incidents; processor time, wanted: board ≤ 300 ms, incident ≤ 100 ms"
    )
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        hub = open_hub(Path(folder), clock)
        community.fill(hub)
        browser = Browser(create_app(hub))
        browser.sign_in("sg-cert", hub.credentials.rotate("sg-cert", None) or "")
        row("the first board of a process", [_spent(browser, "/asean/board/")], "ms")
        for name, path in _PAGES:
            _spent(browser, path)  # templates are compiled
            row(name, [_spent(browser, path) for _ in range(max(3, bench.rounds))], "ms")
        changed = []
        for number in range(max(3, bench.rounds)):
            clock.now += 1000
            taken(hub, "ID", incident(community.INCIDENTS + number + 1), report(community.INCIDENTS + number + 1))
            changed.append(_spent(browser, "/asean/board/"))
        row("the board, one incident new", changed, "ms")
        clock.now += 1000
        etag = browser.get("/asean/board/", **_LIVE).headers["ETag"]
        for name, more in (
            ("a look of a browser that follows, made before", {"Accept-Encoding": "gzip"}),
            ("a look of a browser that has it already", {"If-None-Match": etag}),
        ):
            row(name, [_looks(browser, clock, more) for _ in range(max(3, bench.rounds))], "ms")
        hub.store.close()


def _spent(browser: Browser, path: str) -> float:
    begun = time.process_time()
    browser.text(path)
    return (time.process_time() - begun) * 1000


def _looks(browser: Browser, clock: Clock, more: dict[str, str]) -> float:
    """Of one of a hundred that come within a second."""
    begun = time.process_time()
    for _ in range(_LOOKS):
        clock.now += 1000 // _LOOKS
        browser.get("/asean/board/", **_LIVE, **more)
    return (time.process_time() - begun) * 1000 / _LOOKS


def _beside_publishers(bench: Bench) -> None:
    served = bench.store(_HELD)
    cookies = _sessions(served)
    author = CATALOGUE.members["ID"].identity
    print(f"publishing while {_BROWSERS} browsers are open at the board, one worker; wanted: nothing measurable")
    rates: dict[tuple[str, bool], list[float]] = {}
    spent: dict[tuple[str, bool], list[float]] = {}
    with hub_server(served) as (port, pid):
        workers = children(pid)
        for turn in range(bench.rounds):
            for beside in (False, True):
                batches = envelopes(_ENVELOPES, _SIZE, author, seed=1000 + 2 * turn + beside)
                numbers = range(50_000 + 100 * (2 * turn + beside), 50_000 + 100 * (2 * turn + beside) + _ALERTS)
                alerts = [orjson.dumps({"objects": [incident(number), report(number)]}) for number in numbers]
                with (
                    _browsers(port, cookies if beside else []),
                    Wire(port, "id", served.keys["id"]) as wire,
                ):
                    for collection, bodies in ((COLLECTION, batches), ("alerts", alerts)):
                        path = f"/asean/collections/{collection}/objects/"
                        before = sum(map(_processor_seconds, workers))
                        took, _ = seconds(wire, [wire.request(path, body) for body in bodies], 202)
                        after = sum(map(_processor_seconds, workers))
                        rates.setdefault((collection, beside), []).append(len(bodies) / took)
                        spent.setdefault((collection, beside), []).append((after - before) * 1000 / len(bodies))
    for collection, what in (
        (COLLECTION, f"envelopes of {_SIZE} indicators"),
        ("alerts", f"incidents, {_ALERTS} as fast as can be"),
    ):
        without = row(f"{what}: no browser", rates[collection, False], "a second")
        beside_them = row(f"{what}: {_BROWSERS} browsers", rates[collection, True], "a second")
        ratio("as often with them", beside_them / without)
        row("processor time of the hub for each: no browser", spent[collection, False], "ms")
        row(f"processor time of the hub for each: {_BROWSERS} browsers", spent[collection, True], "ms")


def _processor_seconds(pid: int) -> float:
    """Of a process, so far, in its own code and in the system's."""
    values = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def _sessions(served: Served) -> list[str]:
    """A session for each browser; the members' CERTs share them out."""
    opened = served.open()
    sessions = Sessions(opened.store, opened.secret, opened.clock, opened.limits)
    accounts = [Account(f"{code.lower()}-duty", AccountKind.CERT, code) for code in opened.catalogue.members]
    cookies = []
    for account in accounts:
        opened.credentials.add(account, None)
    for number in range(_BROWSERS):
        session = sessions.begin(accounts[number % len(accounts)])
        if session is None:
            raise RuntimeError("an account has no session")
        cookies.append(sessions.cookie(session))
    opened.store.close()
    return cookies


@contextmanager
def _browsers(port: int, cookies: list[str]) -> Iterator[None]:
    """They run in a process of their own, and all listen when this begins."""
    if not cookies:
        yield
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.pages", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write("\n".join(cookies) + "\n\n")
        process.stdin.flush()
        if process.stdout.readline() != "all listen\n":
            raise RuntimeError("the browsers did not start")
        yield
    finally:
        process.stdin.close()
        asked = process.stdout.readline().strip()
        process.wait(60)
        print(f"    {asked}")


class _Open:
    """The browsers of one process."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = 0
        self.all_listen = asyncio.Event()
        self.pages = 0
        self.milliseconds: list[float] = []

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
        moved = asyncio.Event()
        following = asyncio.create_task(self._follow(head, moved))
        first = True
        while line := await reader.readline():
            if first and line.startswith(b": listening"):
                first = False
                self._listening += 1
                if self._listening == count:
                    self.all_listen.set()
            if line.startswith(b"event: moved"):
                moved.set()
        following.cancel()

    async def _follow(self, head: str, moved: asyncio.Event) -> None:
        etag = ""
        while True:
            await moved.wait()
            await asyncio.sleep(0.1 + 0.4 * _lots.random())
            moved.clear()
            took, answer = await self._ask(f"{head}Hub-Live: 1\r\n" + (f"If-None-Match: {etag}\r\n" if etag else ""))
            etag = answer.lower().partition("\netag: ")[2].partition("\r")[0] or etag
            self.pages += 1
            self.milliseconds.append(took)
            await asyncio.sleep(max(_GAP_MILLISECONDS, 5 * took) / 1000)

    async def _ask(self, head: str) -> tuple[float, str]:
        begun = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 24)
        writer.write(f"GET /asean/board/ HTTP/1.1\r\n{head}Accept: text/html\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        if answer[9:12] not in (b"200", b"304"):
            raise RuntimeError(answer[:200].decode("latin-1"))
        return (time.perf_counter() - begun) * 1000, answer.decode()


async def _run(port: int, cookies: list[str]) -> None:
    browsers = _Open(port)
    tasks = [asyncio.create_task(browsers.browse(cookie, len(cookies))) for cookie in cookies]
    await asyncio.wait([asyncio.create_task(browsers.all_listen.wait()), *tasks], return_when=asyncio.FIRST_COMPLETED)
    browsers.pages = 0
    print("all listen", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    failed = [task for task in tasks if task.done() and task.exception() is not None]
    for task in tasks:
        task.cancel()
    longest = max(browsers.milliseconds, default=0)
    print(
        f"{browsers.pages:,} pages asked for meanwhile, the slowest {longest:,.0f} ms; {len(failed)} browsers failed",
        flush=True,
    )


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4 * _BROWSERS, hard), hard))
    lines = []
    while line := sys.stdin.readline().strip():
        lines.append(line)
    uvloop.run(_run(int(sys.argv[1]), lines))
