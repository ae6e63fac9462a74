"""Learn immediately that a collection has new objects, if the hub sends events. An event is only a hint: TAXII decides.

1. A thread keeps a connection open to `<api-root>/events` (server-sent events), which other TAXII servers do not have.
2. An event for the collection with a new date ends the wait of a follower; so does the end of its usual pause. A missing,
   late or false hint only costs one poll, or the time until the next one.
3. If the hub has no events, the thread tries again much later. If the connection breaks, it is opened again after growing
   pauses. Meanwhile polls go on as usual.
4. The hub may redirect its listeners to another port, but only on the same host and with the same scheme, since the
   credentials are sent, too.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final, Self
from urllib.parse import quote, urljoin, urlsplit

import requests

from hub.producer.connection import HubConnection
from hub.taxii.resources import CollectionResource

STREAM: Final = "text/event-stream"
SILENCE_SECONDS: Final = 45.0  # without a byte: the hub sends something every 15 seconds
NO_EVENTS_SECONDS: Final = 900.0  # until the next try at a hub without events, which may have been upgraded by then
LONGEST_PAUSE_SECONDS: Final = 60.0  # after a broken connection
LEAST_SECONDS: Final = 0.1  # between two polls, since a bulk load has an event for each envelope
_LINE_BYTES: Final = 4096  # of one line of an event; a hub's are below 200
_HOPS: Final = 2


class _NoEventsError(Exception):
    """The hub sends no events, or not to this account."""


class Hints:
    """Waits until something is new. `wait` is for one thread; use it in a `with`, or `close` it."""

    def __init__(self, connection: HubConnection, *collections: CollectionResource) -> None:
        self._connection = connection
        self._ids = tuple(collection.id for collection in collections)
        self._url = ""
        self._has_news = threading.Event()
        self._closed = threading.Event()
        self._last_dates: dict[str, str] = {}  # id of a collection -> the date of its last event
        self._last_wake = -LEAST_SECONDS  # the time when a wait last ended
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None
        self._is_listening = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the thread and its connection."""
        self._closed.set()
        self._has_news.set()
        if self._thread is not None:
            self._hang_up()
            self._thread.join(self._connection.patience.connect_seconds)

    @property
    def is_listening(self) -> bool:
        """Whether the hub sends events at this moment."""
        return self._is_listening.is_set()

    def wait(self, seconds: float) -> None:
        """Return after that many seconds, or as soon as something is new. The first call opens the connection."""
        if self._thread is None:
            # the URL is made here, since the connection that knows the API root belongs to this thread
            names = "&".join(f"collection={quote(name, safe='')}" for name in self._ids)
            self._url = urljoin(self._connection.root_url, f"events?{names}")
            thread = threading.Thread(target=self._listen, name="hints", daemon=True)
            thread.start()  # a signal may interrupt it, and `close` must not join a thread that was not started
            self._thread = thread
        if self._has_news.wait(seconds):
            self._closed.wait(max(0.0, self._last_wake + LEAST_SECONDS - time.monotonic()))
        self._has_news.clear()
        self._last_wake = time.monotonic()

    def _listen(self) -> None:
        failures = 0
        while not self._closed.is_set():
            try:
                for event in self._events():
                    failures = 0
                    # (2)
                    if event is not None and self._last_dates.get(event[0]) != event[1]:
                        self._last_dates[event[0]] = event[1]
                        self._has_news.set()
                failures += 1
                pause = self._pause(failures)
            except _NoEventsError:
                pause = NO_EVENTS_SECONDS
            except Exception:  # noqa: BLE001 - polling goes on after any error, and reports it in better words
                failures += 1
                pause = self._pause(failures)
            finally:
                self._is_listening.clear()
                self._socket = None
            self._closed.wait(pause)

    def _pause(self, failures: int) -> float:
        return min(LONGEST_PAUSE_SECONDS, self._connection.patience.pause(failures))

    def _events(self) -> Iterator[tuple[str, str] | None]:
        """(collection, date) of each event, and None for each other sign of life."""
        url = self._url
        for _ in range(_HOPS):
            with self._connection.line.open_stream(url, STREAM, SILENCE_SECONDS) as response:
                if response.is_redirect:
                    url = _same_host(url, response.headers["Location"])
                    continue
                _check(response)
                self._socket = _socket_of(response)
                self._is_listening.set()
                yield from _dates(response, self._ids)
                return
        raise _NoEventsError("sent from one address to another")

    def _hang_up(self) -> None:
        """Wake the thread from its read, which would otherwise wait for the hub's next sign of life."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _check(response: requests.Response) -> None:
    # (3)
    if response.status_code in (408, 429, 500, 502, 503, 504):
        raise ConnectionError("not now")
    if response.status_code != 200 or not response.headers.get("Content-Type", "").startswith(STREAM):
        raise _NoEventsError("no events here")


def _same_host(url: str, location: str) -> str:
    # (4)
    target, source = urlsplit(urljoin(url, location)), urlsplit(url)
    if (target.scheme, target.hostname) != (source.scheme, source.hostname) or "@" in target.netloc:
        raise _NoEventsError("sent to another host")
    return target.geturl()


def _socket_of(response: requests.Response) -> socket.socket | None:
    sock = getattr(getattr(response.raw, "connection", None), "sock", None)
    return sock if isinstance(sock, socket.socket) else None


def _dates(response: requests.Response, collections: Sequence[str]) -> Iterator[tuple[str, str] | None]:
    """Read server-sent events (HTML Living Standard, 9.2.6), as far as the hub uses them."""
    event, data = "", ""
    for line in _lines(response):
        if not line:
            yield _date(data, collections) if event == "moved" else None
            event, data = "", ""
        name, _, value = line.partition(":")
        if name == "event":
            event = value.strip()
        elif name == "data":
            data = value.strip()


def _date(data: str, collections: Sequence[str]) -> tuple[str, str] | None:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or event.get("collection") not in collections:
        return None
    return str(event["collection"]), str(event.get("date_added"))


def _lines(response: requests.Response) -> Iterator[str]:
    # byte by byte: a larger read would wait until it is full, and the next event may be an hour away
    line = bytearray()
    for byte in response.iter_content(1):
        if byte == b"\n":
            yield line.decode("utf-8", "replace").rstrip("\r")
            line.clear()
        elif len(line) >= _LINE_BYTES:
            raise _NoEventsError("no events, but something endless")
        else:
            line += byte
