"""The pages of a board with 10,000 open incidents on the server, and what 500 open browsers cost those who publish."""

from __future__ import annotations

import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import orjson

from hub.server.app import create_app
from hub.sharing.members import Account, AccountKind
from hub.sharing.sessions import Sessions
from tests.bench import community
from tests.bench.browsers import SETTLED_SECONDS, bare_server, open_browsers, processor_seconds
from tests.bench.memory import children
from tests.bench.objects import envelopes
from tests.bench.report import ratio, row
from tests.bench.servers import COLLECTION, Bench, Served, hub_server
from tests.bench.wire import Wire, seconds
from tests.community.making import CATALOGUE, incident, open_hub, publish_as, report
from tests.console.conftest import Browser
from tests.ports import free_port
from tests.server.making import Clock

_BROWSERS: Final = 500
_HELD: Final = 1_000
_ENVELOPES: Final = 50
_ALERTS: Final = 10  # envelopes of one incident
_SIZE: Final = 100
_IDLE_SECONDS: Final = 5
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
            publish_as(hub, "ID", incident(community.INCIDENTS + number + 1), report(community.INCIDENTS + number + 1))
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
    start = time.process_time()
    browser.text(path)
    return (time.process_time() - start) * 1000


def _looks(browser: Browser, clock: Clock, more: dict[str, str]) -> float:
    """Of one of a hundred that come within a second."""
    start = time.process_time()
    for _ in range(_LOOKS):
        clock.now += 1000 // _LOOKS
        browser.get("/asean/board/", **_LIVE, **more)
    return (time.process_time() - start) * 1000 / _LOOKS


def _beside_publishers(bench: Bench) -> None:
    built_store = bench.store(_HELD)
    cookies = _sessions(built_store)
    author = CATALOGUE.members["ID"].identity
    print(f"publishing while {_BROWSERS} browsers are open at the board, one worker; wanted: nothing measurable")
    rates: dict[tuple[str, bool], list[float]] = {}
    spent: dict[tuple[str, bool], list[float]] = {}
    looks: dict[str, list[float]] = {}
    sizes: list[int] = []
    with hub_server(built_store) as (port, pid):
        processes = children(pid)
        for turn in range(bench.rounds):
            for with_followers in (False, True):
                batches = envelopes(_ENVELOPES, _SIZE, author, seed=1000 + 2 * turn + with_followers)
                numbers = range(
                    50_000 + 100 * (2 * turn + with_followers), 50_000 + 100 * (2 * turn + with_followers) + _ALERTS
                )
                alerts = [orjson.dumps({"objects": [incident(number), report(number)]}) for number in numbers]
                with (
                    open_browsers(port, cookies) if with_followers else nullcontext() as browsers,
                    Wire(port, "id", built_store.keys["id"]) as wire,
                ):
                    if browsers is not None:
                        spent.setdefault(("idle", True), []).append(_idle(processes))
                    for collection, bodies in ((COLLECTION, batches), ("alerts", alerts)):
                        path = f"/asean/collections/{collection}/objects/"
                        before = sum(map(processor_seconds, processes))
                        took, _ = seconds(wire, [wire.request(path, body) for body in bodies], 202)
                        if browsers is not None:
                            count, size = browsers.settle(0 if collection == COLLECTION else _BROWSERS)
                            looks.setdefault(collection, []).append(count)
                            sizes += [size // count] if count else []
                        else:
                            time.sleep(2 * SETTLED_SECONDS)
                        after = sum(map(processor_seconds, processes))
                        rates.setdefault((collection, with_followers), []).append(len(bodies) / took)
                        spent.setdefault((collection, with_followers), []).append((after - before) * 1000 / len(bodies))
    for collection, what in (
        (COLLECTION, f"envelopes of {_SIZE} indicators"),
        ("alerts", f"incidents, {_ALERTS} as fast as can be"),
    ):
        without = row(f"{what}: no browser", rates[collection, False], "a second")
        beside_them = row(f"{what}: {_BROWSERS} browsers", rates[collection, True], "a second")
        ratio("as often with them", beside_them / without)
        row("processor time of the hub for each: no browser", spent[collection, False], "ms")
        row(f"processor time of the hub for each: {_BROWSERS} browsers", spent[collection, True], "ms")
        row("looks of the browsers meanwhile and thereafter", looks[collection], "")
    row(f"processor time of the hub a second: {_BROWSERS} browsers wait", spent["idle", True], "ms")
    _bare(cookies, bench.rounds, max(sizes, default=0))


def _idle(processes: list[int]) -> float:
    """Processor time of a second in which nothing happens, in milliseconds."""
    time.sleep(SETTLED_SECONDS)  # what the pages of the browsers began is over
    before = sum(map(processor_seconds, processes))
    time.sleep(_IDLE_SECONDS)
    return (sum(map(processor_seconds, processes)) - before) * 1000 / _IDLE_SECONDS


def _bare(cookies: list[str], rounds: int, answer_bytes: int) -> None:
    """The least that as many events and looks cost: their bytes over as many connections, and nothing decided or made."""
    port = free_port()
    spent: list[float] = []
    with bare_server(port, answer_bytes) as server, open_browsers(port, cookies) as browsers:
        browsers.settle()
        for _ in range(rounds):
            before = processor_seconds(server.pid)
            server.announce()
            looks, _ = browsers.settle(len(cookies))
            if looks != len(cookies):
                raise RuntimeError(f"{looks} looks of {len(cookies)} browsers")
            spent.append((processor_seconds(server.pid) - before) * 1000)
    row(f"a bare server: an event to each, {answer_bytes:,} bytes for a look", spent, "ms")


def _sessions(built_store: Served) -> list[str]:
    """A session for each browser; the members' CERTs share them out."""
    store_hub = built_store.open()
    sessions = Sessions(store_hub.store, store_hub.secret, store_hub.clock, store_hub.limits)
    accounts = [Account(f"{code.lower()}-duty", AccountKind.CERT, code) for code in store_hub.catalogue.members]
    cookies = []
    for account in accounts:
        store_hub.credentials.add(account, None)
    for number in range(_BROWSERS):
        session = sessions.begin(accounts[number % len(accounts)])
        if session is None:
            raise RuntimeError("an account has no session")
        cookies.append(sessions.cookie(session))
    store_hub.store.close()
    return cookies
