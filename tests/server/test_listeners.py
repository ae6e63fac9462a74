"""The ASGI application of the events: who is let in, what each listener is sent, and that no listener harms another."""

from __future__ import annotations

import asyncio

import pytest

from hub.community.hub import Hub
from hub.server.events import PAGE_GAP_SECONDS, Events
from hub.sharing.events import CollectionView, newest_places
from hub.sharing.members import Account, AccountKind
from hub.sharing.sessions import COOKIE, Sessions
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP
from tests.conftest import OpenHub, Template
from tests.server.listening import Listener, bearer, running
from tests.server.making import (
    COLLECTIONS,
    PASSWORD_ACCOUNT,
    Client,
    basic,
    indicator,
)


def test_a_listener_that_takes_nothing_is_dropped_and_the_others_get_their_events(
    hub: Hub, indonesia: Client, template: Template
) -> None:
    """One place per collection waits for it, for any amount of publishing."""
    application = Events(hub, send_seconds=0.3)

    async def story() -> None:
        async with running(application):
            stuck_listener = Listener(application, bearer(template, "sg-cert"), stuck=True)
            good_listener = Listener(application, bearer(template, "my-cert"), query=b"collection=id")
            await stuck_listener.until(b"listening")
            await good_listener.until(b"listening")
            for number in range(1, 6):
                await asyncio.to_thread(indonesia.publish, "id", indicator(number))
                await good_listener.until(b"event: moved", number)
            assert all(len(listener.pending_places) <= len(COLLECTIONS) for listener in application._listeners)
            await stuck_listener.until_it_ends()
            assert len(application) == 1
            assert b"moved" not in stuck_listener.body

    asyncio.run(story())


def test_more_listeners_than_allowed_are_refused_for_a_while(open_hub: OpenHub, template: Template) -> None:
    """The limit of one account leaves the others their place; the limit of all leaves none."""
    from hub.settings import Limits

    application = Events(open_hub(limits=Limits(listeners=3, account_listeners=2)))

    async def story() -> None:
        async with running(application):
            for name in ("sg-cert", "sg-cert", "my-cert"):
                await Listener(application, bearer(template, name)).until(b"listening")
                again = Listener(application, bearer(template, "sg-cert")) if len(application) == 2 else None
                if again is not None:
                    await again.until_it_ends()
                    assert again.status == 503
            refused_listener = Listener(application, bearer(template, "th-cert"))
            await refused_listener.until_it_ends()
            assert refused_listener.status == 503
            assert len(application) == 3

    asyncio.run(story())


def test_a_listener_that_names_a_collection_twice_gives_its_place_back(open_hub: OpenHub, template: Template) -> None:
    """By its id and its alias: the next listener, such as one without credentials, has the place."""
    from hub.settings import Limits

    application = Events(open_hub(limits=Limits(account_listeners=1)))
    query = f"collection=id&collection={COLLECTIONS['id']}".encode()

    async def story() -> None:
        async with running(application):
            for _ in range(2):
                listener = Listener(application, bearer(template, "sg-cert"), query=query)
                await listener.until(b"listening")
                listener.task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await listener.task
                assert len(application) == 0

    asyncio.run(story())


@pytest.mark.parametrize("change", ["disable", "rotate"])
def test_a_listener_goes_when_its_account_may_no_longer_listen(hub: Hub, template: Template, change: str) -> None:
    application = Events(hub, heartbeat_seconds=0.05)

    async def story() -> None:
        async with running(application):
            ended_listener, other = (Listener(application, bearer(template, name)) for name in ("sg-cert", "my-cert"))
            await ended_listener.until(b"still here")
            if change == "disable":
                await asyncio.to_thread(hub.credentials.disable, "sg-cert")
            else:
                await asyncio.to_thread(hub.credentials.rotate, "sg-cert", None)
            await ended_listener.until_it_ends()
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
        async with running(application):
            key = bearer(template, authorization) if authorization in template.keys else authorization
            listener = Listener(application, key, query=query)
            await (listener.until(b"listening") if status == 200 else listener.until_it_ends())
            assert listener.status == status

    asyncio.run(story())


def test_a_page_is_sent_two_events_a_second_at_most_and_loses_none(
    hub: Hub, indonesia: Client, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes meanwhile is in the next one. Followers with a key get each."""
    gaps: asyncio.Queue[float] = asyncio.Queue()
    gap_is_over = asyncio.Event()

    async def sleep(seconds: float) -> None:
        gaps.put_nowait(seconds)
        await gap_is_over.wait()

    monkeypatch.setattr("hub.server.events._pause", sleep)
    application = Events(hub)
    sessions = Sessions(hub.store, hub.secret, hub.clock, hub.limits)
    session = sessions.begin(Account("sg-cert", AccountKind.CERT, "SG"))
    assert session is not None
    cookie = f"{COOKIE}={sessions.cookie(session)}"

    async def story() -> None:
        async with running(application):
            page = Listener(application, "", cookie=cookie, query=b"collection=id")
            good_listener = Listener(application, bearer(template, "my-cert"), query=b"collection=id")
            await page.until(b"listening")
            await good_listener.until(b"listening")
            for number in range(1, 4):
                await asyncio.to_thread(indonesia.publish, "id", indicator(number))
                await good_listener.until(b"event: moved", number)
            assert await gaps.get() == PAGE_GAP_SECONDS
            assert page.body.count(b"event: moved") == 1
            gap_is_over.set()
            await page.until(b"event: moved", 2)
            last = good_listener.body.rpartition(b"data: ")[2]
            assert page.body.endswith(last)

    asyncio.run(story())


@pytest.mark.parametrize("since", [0, 1], ids=["before", "after"])
def test_what_a_page_shows_already_is_no_news_to_it(
    hub: Hub, indonesia: Client, template: Template, since: int
) -> None:
    """It says when it was made, and gets only what came later."""
    indonesia.publish("id", indicator(1))
    (place,) = newest_places(hub.store, [CollectionView(COLLECTIONS["id"], TLP.AMBER_STRICT)]).values()
    application = Events(hub)

    async def story() -> None:
        async with running(application):
            query = f"collection=id&since={format_place(place - 1 + since)}".encode()
            page = Listener(application, bearer(template, "sg-cert"), query=query)
            await page.until(b"listening")
            if not since:
                await page.until(format_place(place).encode())
            await asyncio.to_thread(indonesia.publish, "id", indicator(2))
            await page.until(b"event: moved", 2 - since)
            assert (format_place(place).encode() in page.body) is not bool(since)

    asyncio.run(story())


def test_nothing_but_get_is_accepted(hub: Hub, template: Template) -> None:
    application = Events(hub)

    async def story() -> None:
        async with running(application):
            listener = Listener(application, bearer(template, "sg-cert"), method="POST")
            await listener.until_it_ends()
            assert listener.status == 405

    asyncio.run(story())
