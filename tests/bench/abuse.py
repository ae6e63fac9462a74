"""A client that takes all it can, as a program of its own, and a server that answers it at once: `fairness` starts both.

`python -m tests.bench.abuse serve PORT FOLDER` is the server; it answers with the bytes in FOLDER and does nothing else.
`python -m tests.bench.abuse KIND PORT KEY FOLDER` attacks until its standard input ends, then prints its requests.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import uvloop

from tests.bench.wire import CONTENT_TYPE, Wire

KINDS: Final = {"collections": 16, "refused objects": 8, "polls": 20, "slow": 64}  # connections of each
PAGES: Final = "pages.json"  # paths of a whole collection's pages
PAGE: Final = "page.json"  # one of these pages
REFUSED: Final = "refused.json"  # an envelope of which every object is refused
STATUS: Final = "status.json"  # what that is answered
POLL: Final = "/asean/collections/indicators/objects/?added_after=2099-01-01T00:00:00Z"
PUBLISH: Final = "/asean/collections/indicators/objects/"
_SLOW_SECONDS: Final = 0.2  # between two bytes
_SLOW_BYTES: Final = 40  # before a slow connection begins again


class _Attack:
    """Threads that send until `end` is set."""

    def __init__(self, port: int, key: str, folder: Path) -> None:
        self.port = port
        self.key = key
        self.folder = folder
        self.end = threading.Event()
        self.requests = 0

    def run(self, kind: str) -> None:
        attack: Callable[[int], None] = {
            "collections": self._collections,
            "refused objects": self._refused,
            "polls": self._polls,
            "slow": self._slow,
        }[kind]
        for number in range(KINDS[kind]):
            threading.Thread(target=self._again, args=(attack, number), daemon=True).start()
        sys.stdin.read()
        self.end.set()
        print(self.requests, flush=True)

    def _again(self, attack: Callable[[int], None], number: int) -> None:
        while not self.end.is_set():  # what the server closes is opened again
            with contextlib.suppress(OSError, ValueError):
                attack(number)

    def _collections(self, number: int) -> None:
        paths = json.loads((self.folder / PAGES).read_bytes())
        with Wire(self.port, "id", self.key) as wire:
            self._ask(wire, itertools.cycle([wire.request(path) for path in paths[number % len(paths) :] + paths]))

    def _refused(self, _: int) -> None:
        with Wire(self.port, "id", self.key) as wire:
            self._ask(wire, itertools.repeat(wire.request(PUBLISH, (self.folder / REFUSED).read_bytes())))

    def _polls(self, _: int) -> None:
        with Wire(self.port, "id", self.key) as wire:
            self._ask(wire, itertools.repeat(wire.request(POLL)))

    def _ask(self, wire: Wire, requests: Iterator[bytes]) -> None:
        for request in requests:
            wire.ask(request)
            self.requests += 1
            if self.end.is_set():
                return

    def _slow(self, number: int) -> None:
        """Half of them send a head byte by byte, half a body."""
        head = f"POST {PUBLISH} HTTP/1.1\r\nHost: hub\r\nAccept: {CONTENT_TYPE}\r\nAuthorization: Bearer {self.key}\r\n"
        if number % 2:
            head += f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: 1000000\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(head.encode())
            self.requests += 1
            for _ in range(_SLOW_BYTES):
                if self.end.wait(_SLOW_SECONDS):
                    return
                connection.sendall(b"x")


class _Dummy(asyncio.Protocol):
    """Answers each request with bytes that stand ready."""

    answers: dict[bytes, bytes]  # by the first bytes of the request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as asyncio calls it
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r", 1)[0] or 0)
            if len(self.received) < end + 4 + length:
                return
            request, self.received = self.received[:end], self.received[end + 4 + length :]
            kind = b"POST" if request.startswith(b"POST") else b"poll" if b"added_after=" in request else b"page"
            self.transport.write(self.answers[kind])


async def _serve(port: int, folder: Path) -> None:
    def answer(status: str, body: bytes) -> bytes:
        return (
            f"HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )

    _Dummy.answers = {
        b"POST": answer("202 Accepted", (folder / STATUS).read_bytes()),
        b"poll": answer("200 OK", b'{"more":false}'),
        b"page": answer("200 OK", (folder / PAGE).read_bytes()),
    }
    server = await asyncio.get_running_loop().create_server(_Dummy, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        uvloop.run(_serve(int(sys.argv[2]), Path(sys.argv[3])))
    else:
        _Attack(int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])).run(sys.argv[1])
