"""To be told at once: who is told what, that nothing hidden shows, and that no listener harms another."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import requests

from hub.community.hub import Hub
from hub.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from hub.server.app import create_app
from hub.server.events import PAGE_GAP_SECONDS, Events
from hub.sharing import access
from hub.sharing.events import Moves, Sight, newest, sights
from hub.sharing.members import Account, AccountKind
from hub.sharing.sessions import COOKIE, Sessions
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP
from tests.conftest import ClientOf, OpenHub, Template
from tests.ports import free_port
from tests.server.making import (
    ACCOUNTS,
    COLLECTIONS,
    CONTENT_TYPE,
    PASSWORD_ACCOUNT,
    Client,
    an_id,
    as_envelope,
    at,
    basic,
    indicator,
)
from tests.server.process import ENDED_SECONDS, HubProcess, command_line

WAIT = 30.0  # for what comes at once, on a shared machine
READERS = [None, *ACCOUNTS]


def account_of(name: str | None) -> Account | None:
    return None if name is None else Account(name, AccountKind(ACCOUNTS[name][0]), ACCOUNTS[name][1])


# --- what is told ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", list(TLP), ids=lambda level: level.name)
def test_only_what_a_reader_may_see_moves_its_collection(hub: Hub, as_account: ClientOf, level: TLP) -> None:
    """For each level and each account: told of it exactly if the account then finds it there."""
    alias = "circle" if level is TLP.RED else "id"
    collection = hub.catalogue.find("region", alias)
    assert collection is not None
    wanted = [Sight(collection.id, clearance) for clearance in TLP]
    moves = Moves(hub.store)
    moves.look(wanted)
    as_account("id-cert").publish(alias, indicator(1, level=level))
    seen = moves.look(wanted)
    moves.close()
    for name in READERS:
        clearance = access.reads(account_of(name), collection)
        if clearance is not None:
            seen_any = seen[Sight(collection.id, clearance)] > 0
            assert seen_any == bool(as_account(name).objects(alias)), name
            assert seen_any == (level <= clearance), name


def test_what_is_hidden_leaves_what_a_reader_is_told_as_it_was(hub: Hub, indonesia: Client) -> None:
    """A reader up to GREEN is told nothing of an AMBER object, nor of a newer AMBER version of a GREEN one."""
    green, amber = Sight(COLLECTIONS["id"], TLP.GREEN), Sight(COLLECTIONS["id"], TLP.AMBER)
    indonesia.publish("id", indicator(1, level=TLP.GREEN), indicator(3, level=TLP.GREEN))
    before = newest(hub.store, [green, amber])
    indonesia.publish("id", indicator(2, level=TLP.AMBER), indicator(1, 2, level=TLP.AMBER))
    after = newest(hub.store, [green, amber])
    assert after[green] == before[green]
    assert after[amber] > before[amber]


def test_what_goes_away_is_no_news(hub: Hub, indonesia: Client) -> None:
    sight = Sight(COLLECTIONS["id"], TLP.AMBER_STRICT)
    indonesia.publish("id", indicator(1), indicator(2))
    before = newest(hub.store, [sight])[sight]
    assert indonesia.delete("id", an_id(2)).status_code == 200
    assert newest(hub.store, [sight])[sight] < before


@pytest.mark.sqlite  # which tells by itself whether anything was committed
def test_a_look_costs_nothing_where_nothing_was_committed(hub: Hub, indonesia: Client) -> None:
    """The second look asks no head: a sight whose collection did not move is not even mentioned."""
    sight = Sight(COLLECTIONS["id"], TLP.GREEN)
    moves = Moves(hub.store)
    assert moves.look([sight]) == {sight: 0}
    assert moves.look([sight]) == {}
    indonesia.publish("id", indicator(1))
    assert moves.look([sight])[sight] > 0
    moves.close()


@pytest.mark.sqlite  # which tells by itself whether anything was committed
def test_another_collection_that_moves_tells_nothing_of_this_one(hub: Hub, indonesia: Client) -> None:
    here, there = Sight(COLLECTIONS["incidents"], TLP.GREEN), Sight(COLLECTIONS["id"], TLP.GREEN)
    moves = Moves(hub.store)
    moves.look([here, there])
    indonesia.publish("id", indicator(1))
    assert list(moves.look([here, there])) == [there]
    moves.close()


@pytest.mark.parametrize("name", READERS)
def test_everybody_listens_to_what_he_reads_and_to_nothing_else(hub: Hub, name: str | None) -> None:
    """With and without `collection`: the same answers as for reading the collection itself."""
    account = account_of(name)
    readable = {alias for alias in COLLECTIONS if _level(hub, account, alias) is not None}
    if readable:
        sights_found = sights(hub.catalogue, account, "region", ())
        assert {sight.collection for sight in sights_found} == {COLLECTIONS[alias] for alias in readable}
    else:  # an API root without a collection that this account could know of is a missing one
        with pytest.raises(NotFoundError):
            sights(hub.catalogue, account, "region", ())
    for alias in set(COLLECTIONS) - {"drill"}:
        collection = hub.catalogue.find("region", alias)
        assert collection is not None
        if alias in readable:
            level = _level(hub, account, alias)
            assert sights(hub.catalogue, account, "region", [alias]) == (Sight(collection.id, level),)  # type: ignore[arg-type] # not None
            continue
        missing = UnauthenticatedError if account is None else NotFoundError
        with pytest.raises(ForbiddenError if access.knows_of(account, collection) else missing):
            sights(hub.catalogue, account, "region", [alias])


def _level(hub: Hub, account: Account | None, alias: str) -> TLP | None:
    collection = hub.catalogue.find("region", alias)
    return None if collection is None else access.reads(account, collection)


def test_a_proof_lasts_as_long_as_the_credentials_do(hub: Hub) -> None:
    """A new key, a shut account and a vanished one end it; nothing else does."""
    account = Account("late", AccountKind.CERT, "SG")
    hub.credentials.add(account, None)
    first = hub.credentials.proof(account)
    assert first is not None
    assert hub.credentials.proof(account) == first
    hub.credentials.rotate("late", None)
    second = hub.credentials.proof(account)
    assert second not in (None, first)
    hub.credentials.disable("late")
    assert hub.credentials.proof(account) is None
    assert hub.credentials.proof(Account("nobody", AccountKind.CERT, "SG")) is None


# --- the way there --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "public_url", "location"),
    [
        (8022, "", "http://hub.test:8022/region/events?collection=id"),
        (8022, "https://hub.example", "https://hub.example:8022/region/events?collection=id"),
        ("https://events.example/", "", "https://events.example/region/events?collection=id"),
    ],
)
def test_a_worker_sends_listeners_on(
    hub: Hub, template: Template, there: str | int, public_url: str, location: str
) -> None:
    """After the same checks as for reading."""
    app = create_app(hub, events=there, public_url=public_url)

    def ask(name: str | None, path: str) -> Any:
        headers = {} if name is None else {"Authorization": f"Bearer {template.keys[name]}"}
        return app.test_client().get(path, headers=headers, base_url="http://hub.test")

    answer = ask("sg-cert", "/region/events?collection=id")
    assert (answer.status_code, answer.headers["Location"]) == (307, location)
    assert ask(None, "/region/events?collection=id").status_code == 401
    assert ask("partner", "/region/events?collection=id").status_code == 404
    assert ask("operator", "/region/events?collection=id").status_code == 404
    assert ask("sg-cert", "/nowhere/events").status_code == 404


def test_a_hub_without_events_says_so(as_account: ClientOf) -> None:
    answer = as_account("sg-cert").get("/region/events/")
    assert answer.status_code == 404
    assert "poll" in answer.json["description"]


# --- the application, in this process -------------------------------------------------------------------------------


class Talk:
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
        async with asyncio.timeout(WAIT):
            while self.body.count(text) < times:
                self.news.clear()
                await self.news.wait()

    async def over(self) -> None:
        async with asyncio.timeout(WAIT):
            await self.task


@contextlib.asynccontextmanager
async def living(application: Events) -> Any:
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
    return f"Bearer {template.keys[name]}"


def test_a_listener_that_takes_nothing_is_dropped_and_the_others_are_told(
    hub: Hub, indonesia: Client, template: Template
) -> None:
    """What waits for it is one place per collection, however much is published meanwhile."""
    application = Events(hub, send_seconds=0.3)

    async def story() -> None:
        async with living(application):
            dead = Talk(application, bearer(template, "sg-cert"), stuck=True)
            well = Talk(application, bearer(template, "my-cert"), query=b"collection=id")
            await dead.until(b"listening")
            await well.until(b"listening")
            for number in range(1, 6):
                await asyncio.to_thread(indonesia.publish, "id", indicator(number))
                await well.until(b"event: moved", number)
            assert all(len(listener.pending) <= len(COLLECTIONS) for listener in application._listeners)
            await dead.over()
            assert len(application) == 1
            assert b"moved" not in dead.body

    asyncio.run(story())


def test_more_listeners_than_allowed_are_sent_away_for_a_while(open_hub: OpenHub, template: Template) -> None:
    """The limit of one account leaves the others their place; the limit of all leaves none."""
    from hub.settings import Limits

    application = Events(open_hub(limits=Limits(listeners=3, account_listeners=2)))

    async def story() -> None:
        async with living(application):
            for name in ("sg-cert", "sg-cert", "my-cert"):
                await Talk(application, bearer(template, name)).until(b"listening")
                again = Talk(application, bearer(template, "sg-cert")) if len(application) == 2 else None
                if again is not None:
                    await again.over()
                    assert again.status == 503
            full = Talk(application, bearer(template, "th-cert"))
            await full.over()
            assert full.status == 503
            assert len(application) == 3

    asyncio.run(story())


def test_a_listener_that_names_a_collection_twice_gives_its_place_back(open_hub: OpenHub, template: Template) -> None:
    """By its id and its alias: the next listener, such as one without credentials, has the place."""
    from hub.settings import Limits

    application = Events(open_hub(limits=Limits(account_listeners=1)))
    query = f"collection=id&collection={COLLECTIONS['id']}".encode()

    async def story() -> None:
        async with living(application):
            for _ in range(2):
                talk = Talk(application, bearer(template, "sg-cert"), query=query)
                await talk.until(b"listening")
                talk.task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await talk.task
                assert len(application) == 0

    asyncio.run(story())


@pytest.mark.parametrize("change", ["disable", "rotate"])
def test_a_listener_goes_when_its_account_may_no_longer_listen(hub: Hub, template: Template, change: str) -> None:
    application = Events(hub, heartbeat_seconds=0.05)

    async def story() -> None:
        async with living(application):
            shut, other = (Talk(application, bearer(template, name)) for name in ("sg-cert", "my-cert"))
            await shut.until(b"still here")
            if change == "disable":
                await asyncio.to_thread(hub.credentials.disable, "sg-cert")
            else:
                await asyncio.to_thread(hub.credentials.rotate, "sg-cert", None)
            await shut.over()
            await other.until(b"still here", 3)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("authorization", "query", "status"),
    [
        ("", b"", 200),  # the region has a public collection
        ("", b"collection=id", 401),
        ("Bearer wrong", b"", 401),
        (basic(PASSWORD_ACCOUNT, "a wrong password"), b"", 401),
        ("operator", b"", 404),
        ("partner", b"collection=id", 404),
        ("sg-cert", b"collection=pair", 404),
        ("sg-cert", b"collection=inbox", 403),
        ("sg-cert", b"collection=id&collection=alerts", 200),
        ("sg-cert", b"about=board", 200),
        ("id-soc", b"about=board", 403),
        ("", b"about=board", 401),
        ("sg-cert", b"about=bread", 400),
        ("sg-cert", b"since=2026-04-02T01:00:00.000000Z", 200),
        ("sg-cert", b"since=yesterday", 400),
    ],
)
def test_the_same_are_let_in_as_everywhere(
    hub: Hub, template: Template, authorization: str, query: bytes, status: int
) -> None:
    application = Events(hub)

    async def story() -> None:
        async with living(application):
            key = bearer(template, authorization) if authorization in template.keys else authorization
            talk = Talk(application, key, query=query)
            await (talk.until(b"listening") if status == 200 else talk.over())
            assert talk.status == status

    asyncio.run(story())


def test_a_page_is_sent_two_events_a_second_at_most_and_loses_none(
    hub: Hub, indonesia: Client, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes meanwhile is in the next one. Followers with a key are told of each."""
    gaps: asyncio.Queue[float] = asyncio.Queue()
    over = asyncio.Event()

    async def sleep(seconds: float) -> None:
        gaps.put_nowait(seconds)
        await over.wait()

    monkeypatch.setattr("hub.server.events._pause", sleep)
    application = Events(hub)
    sessions = Sessions(hub.store, hub.secret, hub.clock, hub.limits)
    session = sessions.begin(Account("sg-cert", AccountKind.CERT, "SG"))
    assert session is not None
    cookie = f"{COOKIE}={sessions.cookie(session)}"

    async def story() -> None:
        async with living(application):
            page = Talk(application, "", cookie=cookie, query=b"collection=id")
            well = Talk(application, bearer(template, "my-cert"), query=b"collection=id")
            await page.until(b"listening")
            await well.until(b"listening")
            for number in range(1, 4):
                await asyncio.to_thread(indonesia.publish, "id", indicator(number))
                await well.until(b"event: moved", number)
            assert await gaps.get() == PAGE_GAP_SECONDS
            assert page.body.count(b"event: moved") == 1
            over.set()
            await page.until(b"event: moved", 2)
            last = well.body.rpartition(b"data: ")[2]
            assert page.body.endswith(last)

    asyncio.run(story())


@pytest.mark.parametrize("since", [0, 1], ids=["before", "after"])
def test_what_a_page_shows_already_is_no_news_to_it(
    hub: Hub, indonesia: Client, template: Template, since: int
) -> None:
    """It says when it was made, and is told of what came later alone."""
    indonesia.publish("id", indicator(1))
    (place,) = newest(hub.store, [Sight(COLLECTIONS["id"], TLP.AMBER_STRICT)]).values()
    application = Events(hub)

    async def story() -> None:
        async with living(application):
            query = f"collection=id&since={format_place(place - 1 + since)}".encode()
            page = Talk(application, bearer(template, "sg-cert"), query=query)
            await page.until(b"listening")
            if not since:
                await page.until(format_place(place).encode())
            await asyncio.to_thread(indonesia.publish, "id", indicator(2))
            await page.until(b"event: moved", 2 - since)
            assert (format_place(place).encode() in page.body) is not bool(since)

    asyncio.run(story())


def test_nothing_but_get_is_taken(hub: Hub, template: Template) -> None:
    application = Events(hub)

    async def story() -> None:
        async with living(application):
            talk = Talk(application, bearer(template, "sg-cert"), method="POST")
            await talk.over()
            assert talk.status == 405

    asyncio.run(story())


# --- the process beside the workers ---------------------------------------------------------------------------------


class Stream:
    """A listener over the network; its events wait in `told`."""

    def __init__(self, process: HubProcess, name: str, query: str = "") -> None:
        self.lines: queue.Queue[str] = queue.Queue()
        self._session = process.session(name)
        self._session.headers["Accept"] = "text/event-stream"
        where = events_url(process)
        self._response = self._session.get(f"{where}{query}", stream=True, timeout=WAIT)
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
        while text not in self.lines.get(timeout=WAIT):
            pass


def events_url(process: HubProcess) -> str:
    return f"http://127.0.0.1:{process.settings['HUB_EVENTS_PORT']}/region/events"


def events_pid(process: HubProcess) -> int:
    """The process of the events, once it answers."""
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, IndexError):
            requests.get(events_url(process).replace("events", "nothing"), timeout=WAIT).close()
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
            threads = Path(f"/proc/{process.pid}/task").iterdir()
            for task in threads:
                children += (task / "children").read_text(encoding="ascii").split()
            return next(int(child) for child in children if "events_process" in command_line(int(child)))
        time.sleep(0.05)  # between two looks at a process that cannot tell us itself
    raise AssertionError(process.log)


@pytest.fixture(scope="module")
def events_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    settings = {"HUB_WORKERS": "1", "HUB_EVENTS_PORT": str(free_port()), "HUB_LIMITS_ACCOUNT_LISTENERS": "400"}
    process = HubProcess(tmp_path_factory.mktemp("events"), settings)
    try:
        process.init(*((name, kind, member) for name, (kind, member) in ACCOUNTS.items()))
        process.start()
        events_pid(process)
        yield process
    finally:
        process.end()


def publish(process: HubProcess, number: int) -> None:
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


def test_hundreds_of_idle_listeners_and_dead_ones_leave_the_hub_to_the_others(events_hub: HubProcess) -> None:
    """With one worker: polls are answered, and whoever listens is told, beside 300 who only wait."""
    idle = [raw_listener(events_hub, "my-cert") for _ in range(300)]
    try:
        for listener in idle:  # all are let in: the head of the answer has come
            assert listener.recv(15) == b"HTTP/1.1 200 OK"
        with Stream(events_hub, "sg-cert", "?collection=id") as stream:
            for number in range(1, 4):
                publish(events_hub, number)
                stream.until(COLLECTIONS["id"])
            answer = events_hub.session("sg-cert").get(events_hub.url + at("id", "objects"), timeout=WAIT)
            assert len(answer.json()["objects"]) >= 3
        workers = [pid for pid in events_hub.workers() if "events_process" not in command_line(pid)]
        for pid in workers:
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            threads = int(status.partition("Threads:")[2].split()[0])
            assert threads < 100, "listeners hold no threads of the workers"
    finally:
        for listener in idle:
            listener.close()


def test_the_process_comes_back_after_a_kill(events_hub: HubProcess) -> None:
    """Anybody who listened sees the line break, listens again, and is told."""
    before = events_pid(events_hub)
    with Stream(events_hub, "sg-cert") as stream:
        os.kill(before, signal.SIGKILL)
        stream.until("over")
    assert events_pid(events_hub) != before
    with Stream(events_hub, "sg-cert", "?collection=id") as stream:
        publish(events_hub, 20)
        stream.until(COLLECTIONS["id"])


def test_the_first_event_tells_the_present_state(events_hub: HubProcess) -> None:
    publish(events_hub, 30)
    with Stream(events_hub, "sg-cert", "?collection=id") as stream:
        stream.until(COLLECTIONS["id"])


def test_it_ends_with_the_hub_whether_told_or_killed(hub_process: Callable[..., HubProcess]) -> None:
    process = hub_process(HUB_WORKERS="1", HUB_EVENTS_PORT=str(free_port()))
    process.init(("sg-cert", "cert", "SG"))
    for end in (process.stop, process.kill):
        process.start()
        pid = events_pid(process)
        with Stream(process, "sg-cert") as stream:
            end()
            stream.until("over")
        deadline = time.monotonic() + ENDED_SECONDS
        while "events_process" in command_line(pid):
            assert time.monotonic() < deadline
            time.sleep(0.02)  # it is no child of ours that could be waited for


def test_a_port_that_is_taken_is_told_before_anything_starts(hub_process: Callable[..., HubProcess]) -> None:
    from tests.server.process import command

    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = hub_process(HUB_EVENTS_PORT=str(taken.getsockname()[1]))
        process.init()
        refused = command("serve", environment=process.environment, code=3)
    assert "--events-port" in refused.stderr
