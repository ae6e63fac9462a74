"""Following with hints: what is new is there at once where the hub sends events, and in any case by polling."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.producer.api import HubClient
from hub.producer.connection import HubConnection
from hub.producer.follow import Asked, Rhythm
from hub.producer.hints import Hints
from hub.producer.publish import publish
from hub.taxii.resources import CollectionResource
from tests.producer.conftest import Medallion
from tests.producer.running import QUICK, HubProcess, command, indicators
from tests.producer.scripted import COLLECTION, Answer, Request, Scripted, taxii
from tests.server.process import children_of

WAIT = 60.0  # for what comes at once, on a shared machine
NEVER = 100_000.0  # seconds until the next poll: whatever comes, came by a hint
INDICATORS = Asked(types=("indicator",))
STREAM = "text/event-stream"
EVENTS = "/root/events"


class Following:
    """A follower in a thread, which practically never polls by itself; its objects are in `items`."""

    def __init__(self, connection: HubConnection, collection: str, rhythm: Rhythm | None = None, **more: Any) -> None:
        self.items: queue.Queue[Any] = queue.Queue()
        self.connection = connection
        self._client = HubClient(connection)
        items = self._client.follow(
            collection, raw=True, asked=INDICATORS, rhythm=rhythm or Rhythm(interval_seconds=NEVER), **more
        )
        self._thread = threading.Thread(target=self._take, args=(items,), daemon=True)
        self._thread.start()

    def _take(self, items: Iterator[Any]) -> None:
        for item in items:
            self.items.put(item["id"])

    def next(self) -> str:
        name: str = self.items.get(timeout=WAIT)
        return name


def put(hub: HubProcess, collection: str, start: int) -> str:
    with hub.connection() as connection:
        objects = indicators(1, start)
        assert publish(connection, connection.collection(collection), objects).complete
        name: str = objects[0]["id"]
        return name


def test_what_is_published_is_there_though_no_poll_is_due(running_hub: HubProcess, fresh: str) -> None:
    """Each of ten publications wakes the follower; the next poll would be a day away."""
    following = Following(running_hub.connection("sg-cert"), fresh)
    for number in range(10):
        assert put(running_hub, fresh, number) == following.next()


def test_a_signal_while_listening_begins_is_not_hidden(
    running_hub: HubProcess, fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that was not started is not waited for."""
    connection = running_hub.connection("sg-cert")

    def interrupted(_thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    with connection, Hints(connection, connection.collection(fresh)) as hints:
        monkeypatch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            hints.wait(1)
        hints.close()


def test_a_follower_outlives_the_process_of_the_events(own_hub: HubProcess) -> None:
    """Killed, it comes back; the follower finds it again and gets its events."""
    own_hub.forked = False
    own_hub.start()
    following = Following(own_hub.connection("sg-cert"), "fresh-0")
    assert put(own_hub, "fresh-0", 1) == following.next()
    os.kill(_events_pid(own_hub), signal.SIGKILL)
    assert put(own_hub, "fresh-0", 2) == following.next()
    assert put(own_hub, "fresh-0", 3) == following.next()


def test_the_command_follows_at_once(running_hub: HubProcess, fresh: str) -> None:
    """`hub follow` with a day between polls prints what is published, and ends on SIGTERM."""
    words = ["follow", fresh, "--interval", "90000", "--type", "indicator"]
    environment = running_hub.client_environment("sg-cert")
    with subprocess.Popen(command(*words), env=environment, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            for number in (1, 2):
                name = put(running_hub, fresh, number)
                assert json.loads(process.stdout.readline())["id"] == name
        finally:
            process.terminate()
    assert process.returncode == 0


def test_without_events_only_polls_are_made(running_hub: HubProcess, fresh: str) -> None:
    """With `events=False` there is no thread and no connection."""
    put(running_hub, fresh, 1)
    with HubClient(running_hub.connection("sg-cert")) as client:
        followed = client.follow(fresh, raw=True, asked=INDICATORS, events=False, rhythm=Rhythm(interval_seconds=0.01))
        before = set(threading.enumerate())
        first = next(followed)["id"]
        later = threading.Thread(target=put, args=(running_hub, fresh, 2))
        later.start()
        assert next(followed)["id"] != first
        # threads of servers and followers of other tests come and go: that which listens has a name
        assert "hints" not in {thread.name for thread in set(threading.enumerate()) - before}
        later.join(WAIT)


def test_another_server_is_polled_as_ever(medallion: Medallion) -> None:
    """Medallion has no events: its 404 costs nothing but one request."""
    connection = medallion.connection()
    following = Following(connection, "Other", Rhythm(interval_seconds=0.05))
    with medallion.connection() as other:
        objects = indicators(2)
        assert publish(other, other.collection("Other"), objects).complete
    assert {following.next(), following.next()} == {item["id"] for item in objects}


# --- servers that behave in ways of their own -----------------------------------------------------------------------


def answering(events: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        if request.path.startswith(EVENTS):
            return events(request)
        return taxii(lambda _: Answer(body={"more": False}))(request)

    return answer


def hinted(server: Scripted) -> tuple[HubConnection, Hints]:
    connection = HubConnection(f"{server.url}root/", key="hub_secret", patience=QUICK)
    return connection, Hints(
        connection, CollectionResource(str(COLLECTION["id"]), "One", can_read=True, can_write=True)
    )


def moved(collection: str, date: str) -> bytes:
    data = json.dumps({"collection": collection, "date_added": date})
    return f": listening\n\nevent: moved\nid: {date}\ndata: {data}\n\n".encode()


def test_an_event_ends_the_wait_once_and_only_for_its_collection() -> None:
    """The same state sent again after a new connection ends no wait; another collection's does not, either."""
    dates = iter(["1", "1", "1", "2"])
    seen = threading.Event()

    def events(_: Request) -> Answer:
        date = next(dates, None)
        if date is None:
            seen.set()
            return Answer(404)
        body = moved("another", date + "9") + moved(str(COLLECTION["id"]), date)
        return Answer(body=body, content_type=STREAM)

    with Scripted(answering(events)) as server:
        connection, hints = hinted(server)
        with connection, hints:
            hints.wait(WAIT)
            hints.wait(WAIT)
            assert seen.wait(WAIT)
            assert not hints._has_news.is_set()
    event_requests = [request for request in server.asked if request.path.startswith(EVENTS)]
    assert event_requests[0].path == f"/root/events?collection={COLLECTION['id']}"
    assert {request.headers["Authorization"] for request in event_requests} == {"Bearer hub_secret"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 501])
def test_where_there_are_no_events_nobody_asks_again_soon(status: int) -> None:
    with Scripted(answering(lambda _: Answer(status))) as server:
        connection, hints = hinted(server)
        with connection, hints:
            hints.wait(0.05)  # the first wait opens the connection
            server.wait_until_asked(EVENTS)
            for _ in range(10):
                hints.wait(0.05)
    assert len([request for request in server.asked if request.path.startswith(EVENTS)]) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again(status: int) -> None:
    """When it has passed, the follower listens to the hub."""
    answers = iter([Answer(status), Answer(status)])

    def events(_: Request) -> Answer:
        return next(answers, Answer(body=moved(str(COLLECTION["id"]), "1"), content_type=STREAM))

    with Scripted(answering(events)) as server:
        connection, hints = hinted(server)
        with connection, hints:
            hints.wait(NEVER)
            assert hints._last_dates == {str(COLLECTION["id"]): "1"}


def test_credentials_go_to_another_port_but_to_no_other_host() -> None:
    """The hub's own redirect is followed; one to another host is not, nor one to another scheme."""
    here = Answer(body=moved(str(COLLECTION["id"]), "1"), content_type=STREAM)
    with Scripted(lambda _: here) as there:
        with Scripted(answering(lambda _: Answer(307, headers={"Location": f"{there.url}root/events"}))) as server:
            connection, hints = hinted(server)
            with connection, hints:
                hints.wait(NEVER)
        assert there.asked[0].headers["Authorization"] == "Bearer hub_secret"
        for address in (there.url.replace("127.0.0.1", "localhost"), there.url.replace("http:", "https:")):
            there.asked.clear()
            moved_away = Answer(307, headers={"Location": f"{address}root/events"})
            with Scripted(answering(lambda _, answer=moved_away: answer)) as server:  # type: ignore[misc] # mypy cannot type a lambda's default
                connection, hints = hinted(server)
                with connection, hints:
                    hints.wait(0.05)
                    server.wait_until_asked(EVENTS)
                    for _ in range(5):
                        hints.wait(0.05)
            assert there.asked == []


@pytest.mark.parametrize(
    "body",
    [
        b"event: moved\ndata: [\n\n",
        b"event: moved\ndata: 7\n\n",
        b"data: {}\n\n",
        b"\xff\xfe\n\n",
        b"x" * 100_000,
        b"event: moved\ndata: " + b"[" * 4000 + b"\n\n",
    ],
    ids=["no JSON", "a number", "no event", "no text", "an endless line", "nested"],
)
def test_nonsense_wakes_nobody_and_ends_nothing(body: bytes) -> None:
    with Scripted(answering(lambda _: Answer(body=body, content_type=STREAM))) as server:
        connection, hints = hinted(server)
        with connection, hints:
            hints.wait(0.02)
            server.wait_until_asked(EVENTS)
            for _ in range(5):
                hints.wait(0.02)
            assert hints._last_dates == {}
            assert hints._thread is not None
            assert hints._thread.is_alive()
        assert not hints._thread.is_alive()


def _events_pid(hub: HubProcess) -> int:
    assert hub.process is not None
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        for child in children_of(hub.process.pid, "events_process"):
            return child
        time.sleep(0.05)  # between two looks at a process that cannot tell us itself
    raise AssertionError("no process of the events")
