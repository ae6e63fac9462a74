"""Attacks in their full size, with the limits that the hub is shipped with: `make soak`. `test_hostile_clients` has the short forms.

Beside each a good client polls and publishes; what it is held to is that every request is answered, that the memory of the
hub stays bounded, and that afterwards all is as before. How long it waited is printed at the end of the run.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
import requests

from tests.server.making import CONTENT_TYPE, as_envelope, at, indicator, note
from tests.server.process import HubProcess
from tests.summary import Figures

pytestmark = pytest.mark.soak
SECONDS = 20  # of each attack
SENT = {"Content-Type": CONTENT_TYPE}
HELD_OBJECTS = 20_000  # of a kilobyte: 40 readers who take nothing would hold 800 MB of them
MEMORY_MOST = 900 * 2**20  # bytes of the worker


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub with every limit as shipped, one worker, and a collection of some size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))  # of this process, which opens the connections
    process = HubProcess(tmp_path_factory.mktemp("hub"), {"HUB_WORKERS": "1", "HUB_EVENTS": "false"})
    process.init(("id-cert", "cert", "ID"), ("sg-cert", "cert", "SG"))
    process.start()
    for first_number in range(0, HELD_OBJECTS, 2_000):
        envelope = as_envelope([indicator(first_number + number, description="x" * 700) for number in range(2_000)])
        url = process.url + at("alerts", "objects")
        assert process.session("id-cert").post(url, envelope, headers=SENT, timeout=60).json()["failure_count"] == 0
    yield process
    process.end()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class GoodClient:
    """Polls and publishes over fresh and kept connections, and keeps how long each took."""

    def __init__(self, hub: HubProcess) -> None:
        self._url = hub.url + at("alerts", "objects")
        self._open_session = hub.session("sg-cert")
        self._new_session = hub.session("sg-cert")
        self._new_session.headers["Connection"] = "close"
        self._number = time.monotonic_ns() % 10**11
        self.milliseconds: list[float] = []

    def ask(self) -> None:
        for session in (self._open_session, self._new_session):
            start = time.perf_counter()
            answer = session.get(self._url, params={"limit": "1"}, timeout=20)
            self.milliseconds.append((time.perf_counter() - start) * 1000)
            assert answer.status_code == 200
        self._number += 1
        published = self._open_session.post(
            self._url, as_envelope([note(self._number, author="SG")]), headers=SENT, timeout=20
        )
        assert published.status_code == 202
        assert published.json()["success_count"] == 1


def memory_of(hub: HubProcess) -> int:
    """Bytes that the workers have in memory."""
    sizes = [Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1] for pid in hub.workers()]
    return sum(map(int, sizes)) * resource.getpagesize()


def request(hub: HubProcess, method: str = "GET", query: str = "", more: str = "\r\n") -> bytes:
    return (
        f"{method} {at('alerts', 'objects')}{query} HTTP/1.1\r\nHost: hub\r\nAccept: {CONTENT_TYPE}\r\n"
        f"Authorization: Bearer {hub.keys['id-cert']}\r\n{more}"
    ).encode()


def hold(hub: HubProcess, first_bytes: bytes, trickle: bytes, end: threading.Event, count: int) -> None:
    """So many connections that send these bytes, then one more now and then; what the hub closes is opened again."""
    sockets: list[socket.socket] = []
    while not end.is_set():
        while len(sockets) < count:
            with contextlib.suppress(OSError):
                sockets.append(socket.create_connection(("127.0.0.1", hub.port), timeout=5))
                sockets[-1].sendall(first_bytes)
        if end.wait(1):
            break
        for connection in sockets[:]:
            try:
                if trickle:
                    connection.sendall(trickle)
                elif not first_bytes and not connection.recv(1, socket.MSG_DONTWAIT):
                    raise ConnectionError
            except BlockingIOError:
                continue
            except OSError:
                connection.close()
                sockets.remove(connection)
    for connection in sockets:
        connection.close()


def guess(hub: HubProcess, _first: bytes, _trickle: bytes, end: threading.Event, count: int) -> None:
    """So many clients that try one wrong password after the other."""

    def try_password(number: int) -> None:
        session = requests.Session()
        session.trust_env = False
        attempt = 0
        while not end.is_set():
            attempt += 1
            with contextlib.suppress(requests.RequestException):
                login = ("sg-cert", f"guess {number} {attempt}")
                assert session.get(f"{hub.url}/taxii2/", auth=login, timeout=30).status_code in (401, 429)

    threads = [threading.Thread(target=try_password, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def read_whole_collections(hub: HubProcess, _first: bytes, _trickle: bytes, end: threading.Event, count: int) -> None:
    """So many connections of one account that read page after page of the largest size."""

    def read_pages() -> None:
        session = hub.session("id-cert")
        while not end.is_set():
            with contextlib.suppress(requests.RequestException):
                session.get(hub.url + at("alerts", "objects"), params={"limit": "10000"}, timeout=60)

    threads = [threading.Thread(target=read_pages) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


ATTACKS = {
    "silent": (hold, 1_100, "", b""),
    "half a head, byte by byte": (hold, 600, "head", b"x"),
    "uploads that stop": (hold, 64, "upload", b""),
    "uploads, byte by byte": (hold, 64, "upload", b" "),
    "readers who take nothing": (hold, 40, "read", b""),
    "wrong passwords": (guess, 64, "", b""),
    "whole collections": (read_whole_collections, 16, "", b""),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_good_client_is_answered_beside(name: str, hub: HubProcess, figures: Figures) -> None:
    """For as long as the attack lasts, and afterwards; the memory of the hub is bounded."""
    attack, count, kind, trickle = ATTACKS[name]
    upload = f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: 1000000\r\n\r\n{{"
    first_bytes = {
        "": b"",
        "head": request(hub, more="X-A: "),
        "upload": request(hub, "POST", more=upload),
        "read": request(hub, query="?limit=10000"),
    }[kind]
    alone, beside = GoodClient(hub), GoodClient(hub)
    for _ in range(20):
        alone.ask()
    end, most = threading.Event(), 0
    attacking = threading.Thread(target=attack, args=(hub, first_bytes, trickle, end, count))
    attacking.start()
    try:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            beside.ask()
            most = max(most, memory_of(hub))
    finally:
        end.set()
        attacking.join()
    beside.ask()
    assert most < MEMORY_MOST
    figures.note(
        {
            "connections": count,
            "requests of a good client": len(beside.milliseconds),
            "ms p50 alone": round(median(alone.milliseconds), 1),
            "ms p50 beside": round(median(beside.milliseconds), 1),
            "ms at most": round(max(beside.milliseconds)),
            "MiB of the worker at most": most // 2**20,
        }
    )
