"""Slow, silent and greedy clients: beside each, a good client is answered, and the hub's own limits end it.

Each attack is bounded in connections and in time, and goes to a hub of the test's own on loopback.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.server.making import CONTENT_TYPE, as_envelope, at, note
from tests.server.process import HubProcess, command

HEAD_SECONDS = 2
CONNECTIONS = 150
SENT = {"Content-Type": CONTENT_TYPE}
PASSWORD = "correct horse battery staple 9"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub with short limits, so that tests see them reached."""
    limits = {
        "HUB_LIMITS_CONNECTIONS": str(CONNECTIONS),
        "HUB_LIMITS_HEAD_SECONDS": str(HEAD_SECONDS),
        "HUB_LIMITS_HEAD_BYTES": "16384",
        "HUB_LIMITS_BODY_SECONDS": "2",
        "HUB_LIMITS_SEND_SECONDS": "2",
        "HUB_LIMITS_IDLE_SECONDS": "60",
        "HUB_LIMITS_ADDRESS_FAILURES": "10",
        "HUB_WORKERS": "1",
        "HUB_EVENTS": "false",
    }
    process = HubProcess(tmp_path_factory.mktemp("hub"), limits)
    process.init(("id-cert", "cert", "ID"), ("sg-cert", "cert", "SG"), ("operator", "operator", None))
    command("account", "add", "sg-soc", "--member", "SG", "--kind", "constituent", "--password-stdin",
            environment=process.environment, stdin=PASSWORD)  # fmt: skip
    process.start()
    yield process
    process.end()


@contextlib.contextmanager
def connections(hub: HubProcess, count: int, first_bytes: bytes = b"") -> Iterator[list[socket.socket]]:
    """Connections that send these bytes and then nothing."""
    sockets: list[socket.socket] = []
    try:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", hub.port), timeout=60)
            sockets.append(connection)
            with contextlib.suppress(OSError):
                connection.sendall(first_bytes)
        yield sockets
    finally:
        for connection in sockets:
            connection.close()


def good_poll(hub: HubProcess, name: str = "sg-cert") -> None:
    """A good client's poll over a fresh connection is answered."""
    session = hub.session(name)
    session.headers["Connection"] = "close"
    assert session.get(hub.url + at("alerts", "objects"), params={"limit": "1"}, timeout=60).status_code == 200


def is_closed(connection: socket.socket, seconds: float) -> bool:
    """Whether the hub closes the connection within so many seconds; what it answers before does not matter."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ConnectionError):
        while (seconds_left := deadline - time.monotonic()) > 0:
            connection.settimeout(seconds_left)
            try:
                if not connection.recv(65536):
                    return True
            except TimeoutError:
                return False
        return False
    return True


def test_silent_connections_shut_nobody_out(hub: HubProcess) -> None:
    """Twice as many as the hub keeps: the oldest are closed for the new ones, and a good client is answered."""
    with connections(hub, 2 * CONNECTIONS) as silent:
        good_poll(hub)
        assert is_closed(silent[0], 30)


@pytest.mark.parametrize(
    "head_start", [b"", b"GET /taxii2/ HTTP/1.1\r\nHost: hub\r\nX-A: "], ids=["silent", "half a head"]
)
def test_a_head_that_does_not_come_ends_the_connection(hub: HubProcess, head_start: bytes) -> None:
    """Silent or half-way: after the time for headers it is over."""
    with connections(hub, 1, head_start) as (connection,):
        assert is_closed(connection, HEAD_SECONDS + 60)


def test_a_head_without_end_is_refused(hub: HubProcess) -> None:
    """Headers of any size would fill the memory: they end at the limit, with 431."""
    with connections(hub, 1, b"GET / HTTP/1.1\r\nX-A: " + b"a" * 40_000) as (connection,):
        connection.settimeout(60)
        assert connection.recv(1000).startswith(b"HTTP/1.1 431 ")


def upload(hub: HubProcess, key: str, body_start: bytes) -> bytes:
    """The head of a POST that promises a megabyte, and the first bytes of its body."""
    return (
        f"POST {at('alerts', 'objects')} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {key}\r\n"
        f"Accept: {CONTENT_TYPE}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: 1000000\r\n\r\n"
    ).encode() + body_start


def test_uploads_that_stop_hold_no_thread(hub: HubProcess) -> None:
    """More of them than there are threads: a good client polls and publishes meanwhile, and they end in words."""
    with connections(hub, 40, upload(hub, hub.keys["id-cert"], b'{"objects": [')) as uploads:
        good_poll(hub)
        session = hub.session("id-cert")
        published = session.post(hub.url + at("alerts", "objects"), as_envelope([note(1)]), headers=SENT, timeout=60)
        assert published.status_code == 202
        uploads[0].settimeout(60)
        answer = b""
        while b"The body came too slowly" not in answer:  # head and body may come one after the other
            part = uploads[0].recv(4000)
            assert part, answer
            answer += part
        assert answer.startswith(b"HTTP/1.1 400 ")


def test_readers_who_take_nothing_are_disconnected(hub: HubProcess) -> None:
    """Each holds a bounded part of its answer in the kernel, and its connection ends after the time to take it."""
    session = hub.session("id-cert")
    for batch in range(4):
        objects = [note(1000 * batch + n, content="x" * 9000) for n in range(100)]
        assert session.post(hub.url + at("alerts", "objects"), as_envelope(objects), headers=SENT, timeout=60).ok
    request = (
        f"GET {at('alerts', 'objects')}?limit=1000 HTTP/1.1\r\nHost: hub\r\n"
        f"Authorization: Bearer {hub.keys['id-cert']}\r\nAccept: {CONTENT_TYPE}\r\n\r\n"
    ).encode()
    with contextlib.ExitStack() as stack:
        readers = []
        for _ in range(8):
            reader = stack.enter_context(contextlib.closing(socket.socket()))
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", hub.port))
            reader.sendall(request)
            readers.append(reader)
        good_poll(hub)
        wait_for_end = threading.Event()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and any(connection_is_open(hub, reader) for reader in readers):
            wait_for_end.wait(0.2)  # the kernel tells nobody when the other side is gone while nothing is read
        assert not any(connection_is_open(hub, reader) for reader in readers)


def connection_is_open(hub: HubProcess, client: socket.socket) -> bool:
    """Whether the hub's side of a connection is still established, as the kernel lists it."""
    client_port, hub_port = f"{client.getsockname()[1]:04X}", f"{hub.port:04X}"
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if local.endswith(f":{hub_port}") and remote.endswith(f":{client_port}"):
            return state == "01"
    return False


def wrong_passwords(hub: HubProcess, count: int, name: Callable[[int], str]) -> list[requests.Response]:
    """So many requests with a wrong password, sixteen at a time."""

    def attempt(number: int) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(
                f"{hub.url}/taxii2/", auth=(name(number), "wrong"), headers={"Accept": CONTENT_TYPE}, timeout=60
            )

    with ThreadPoolExecutor(16) as threads:
        return list(threads.map(attempt, range(count)))


def test_wrong_passwords_delay_nobody_and_soon_get_429(hub: HubProcess) -> None:
    """After ten failures of an address none is verified any more; keys work all the while, remembered passwords too."""
    with requests.Session() as soc:
        soc.trust_env = False
        soc.auth, soc.headers["Accept"] = ("sg-soc", PASSWORD), CONTENT_TYPE
        assert soc.get(f"{hub.url}/taxii2/", timeout=60).status_code == 200
        answers = wrong_passwords(hub, 60, lambda number: ("sg-soc", "nobody")[number % 2])
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) == {401, 429}
        assert statuses.count(401) <= 10 + 2  # those that were under way when the limit was reached
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert int(refused.headers["Retry-After"]) >= 1
        assert "use a key" in refused.json()["description"]
        good_poll(hub)
        assert soc.get(f"{hub.url}/taxii2/", timeout=60).status_code == 200


def test_names_that_exist_are_throttled_in_the_same_words(hub: HubProcess) -> None:
    """Neither status nor words show whether an account has that name."""
    existing, unknown = wrong_passwords(hub, 2, lambda number: ("sg-soc", "nobody-has-this")[number])
    assert (existing.status_code, existing.json()["title"]) == (unknown.status_code, unknown.json()["title"])


@contextlib.contextmanager
def flooded(hub: HubProcess) -> Iterator[list[socket.socket]]:
    """More requests of one account at once than work and wait."""
    with connections(hub, 120) as flood:
        request = (
            f"GET {at('alerts', 'objects')}?limit=1000 HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n"
            f"Authorization: Bearer {hub.keys['id-cert']}\r\nAccept: {CONTENT_TYPE}\r\n\r\n"
        ).encode()
        for connection in flood:
            with contextlib.suppress(OSError):
                connection.sendall(request)
        yield flood


def test_a_flood_of_one_client_is_refused_beyond_its_queue(hub: HubProcess) -> None:
    """One account's requests wait for one another; beyond its queue they are refused, and another account is answered."""
    good_poll(hub)  # until its first answer, an account is counted by its address, which is here the attacker's, too
    with flooded(hub) as flood:
        good_poll(hub)
        statuses = set()
        for connection in flood:
            connection.settimeout(60)
            with contextlib.suppress(OSError):
                statuses.add(connection.recv(12))
        assert b"HTTP/1.1 429" in statuses
        assert b"HTTP/1.1 200" in statuses


def test_the_metrics_show_what_waits_and_what_was_refused(hub: HubProcess) -> None:
    """By limit, so that the operator knows which to raise, or whom to call."""
    refused: float | None = None
    with flooded(hub) as flood:
        deadline = time.monotonic() + 60
        while not refused and time.monotonic() < deadline:
            text = hub.session("operator").get(f"{hub.url}/metrics", timeout=60).text
            match = re.search(r'^hub_throttles_total\{limit="turns"\} (\S+)$', text, re.MULTILINE)
            refused = float(match[1]) if match else None
        for connection in flood:
            connection.settimeout(60)
            with contextlib.suppress(OSError):
                connection.recv(12)
    assert refused
    assert re.search(r'^hub_waiting\{queue="passwords"\} 0.0$', text, re.MULTILINE)
