"""`GET /<api-root>/events`: connections that are told, within a moment of a commit, that a collection has changed.

One process beside the workers has all these connections, on one event loop, as server-sent events (HTML Living Standard,
9.2); a worker would need a thread for each.

1. A thread looks at the store's heads (`sharing.events`) and passes new places to the event loop.
2. For each collection, a listener has only the last place that it was not told yet. A slow listener misses no object, since
   it gets the objects over TAXII, and needs no memory.
3. A listener that reads nothing for `SEND_SECONDS` is disconnected. It may connect again.
4. Between events the server sends comments, so that proxies keep the connection and both sides notice if it is dead. Each
   time, the account is checked again, and the connection is closed if the account may no longer listen.
5. The hub's own pages listen with the browser's session. They have another port than this process, so the browser needs
   permission to read the response (CORS): only the origin of the pages gets it.
6. A page that shows the board requests `about=board`, and is told only of changes of the board; `since` is the time at which
   the page was made, so that it is not told of what it already shows. A page gets at most two events a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import orjson
from werkzeug.http import parse_cookie

from hub.community.hub import Hub
from hub.errors import HubError, MalformedError, NotFoundError, StoreError
from hub.server import asgi
from hub.server.asgi import Message, Receive, Send
from hub.server.certificates import Certificates, combine_accounts
from hub.server.front import client_address, environ_of
from hub.server.logins import PasswordQueue
from hub.sharing.credentials import PasswordCheck, attempted_name
from hub.sharing.events import CollectionView, ViewWatcher, collection_views, current_places
from hub.sharing.gate import no_credentials
from hub.sharing.members import Account
from hub.sharing.sessions import COOKIE, SECURE_COOKIE, Sessions
from hub.stix.timestamps import format_place, parse_lenient_timestamp

HEARTBEAT_SECONDS: Final = 15.0
SEND_SECONDS: Final = 10.0  # for one listener to receive a message
# between two events for a page, which waits at least 0.9 seconds between two looks
PAGE_GAP_SECONDS: Final = 0.5
_STORE_RETRY_SECONDS: Final = 1.0  # between two tries
_LOGIN_THREADS: Final = 4  # threads that look accounts up
_BEGINNING: Final = "1970-01-01T00:00:00Z"
_jitter: Final = random.Random()  # noqa: S311 - spreads load, protects nothing
_pause: Final = asyncio.sleep  # tests replace it
_STREAM: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # asks nginx to pass each event on without delay
    (b"x-content-type-options", b"nosniff"),
]
_log = logging.getLogger("hub.events")
_request_log = logging.getLogger("hub.request")
_LOGIN_REFUSED: Final = frozenset({401, 429})


@dataclass(eq=False, slots=True)
class Listener:
    """One connection: the views of its account, the places it was told, and the places to tell it next, by collection."""

    account: Account | None
    fingerprint: bytes | None
    collection_views: tuple[CollectionView, ...]
    announced_places: dict[str, int] = field(default_factory=dict)
    pending_places: dict[str, int] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    is_ended: bool = False
    since: int = 0  # a place: earlier places are not announced
    cookie: str = ""  # of the session, if the connection was opened with one

    def offer(self, view: CollectionView, place: int) -> None:
        """Announce the place next, if it is beyond those that the listener was told."""
        if place > self.announced_places.get(view.collection, self.since):
            self.announced_places[view.collection] = self.pending_places[view.collection] = place
            self.wake.set()

    def take_pending(self) -> bytes:
        """Return the pending places as server-sent events, and clear them; empty if there are none."""
        pending_places, self.pending_places = self.pending_places, {}
        return b"".join(_moved_event(collection, format_place(place)) for collection, place in pending_places.items())

    def end(self) -> None:
        """Close the connection at its next step."""
        self.is_ended = True
        self.wake.set()


class Events:
    """The ASGI application (ASGI 3.0, HTTP and lifespan)."""

    def __init__(  # noqa: PLR0913 - keyword arguments
        self,
        hub: Hub,
        *,
        behind_proxy: bool = False,
        certificates: Certificates | None = None,
        identities: Mapping[str, str] = MappingProxyType({}),
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        send_seconds: float = SEND_SECONDS,
        pages_port: int = 0,
        public_url: str = "",
    ) -> None:
        """`pages_port` and `public_url` are the port and the public address of the pages that may listen (5).

        `identities` are the people who may sign in to the pages through a provider, as for `Sessions`.
        """
        self._hub = hub
        self._sessions = Sessions(hub.store, hub.secret, hub.clock, hub.limits, identities)
        self._pages_port = pages_port
        self._public_url = public_url
        self._behind_proxy = behind_proxy
        self._certificates = certificates
        self._passwords = PasswordQueue(hub.limits)
        self._heartbeat_seconds = heartbeat_seconds
        self._send_seconds = send_seconds
        self._listeners: set[Listener] = set()
        self._listeners_by_view: dict[CollectionView, set[Listener]] = {}
        self._per_account: Counter[str] = Counter()
        self._views: frozenset[CollectionView] = frozenset()  # replaced, never changed: the thread reads it
        self._has_listeners = threading.Event()
        self._stopping = threading.Event()
        self._login_threads = ThreadPoolExecutor(_LOGIN_THREADS, "login")
        self._check_threads = ThreadPoolExecutor(1, "check")
        self._watcher: threading.Thread | None = None

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """ASGI: one request, or the start and end of the application."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._respond(scope, receive, send)

    def __len__(self) -> int:
        return len(self._listeners)

    def stop(self) -> None:
        """Close every connection. Call it only in the event loop's thread."""
        self._stopping.set()
        self._has_listeners.set()
        for listener in self._listeners:
            listener.end()

    # --- start and end of the process ---------------------------------------------------------------------------

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                loop = asyncio.get_running_loop()
                self._watcher = threading.Thread(target=self._watch_store, args=(loop,), name="watch", daemon=True)
                self._watcher.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.stop()
                if self._watcher is not None:
                    await asyncio.to_thread(self._watcher.join)
                self._login_threads.shutdown(wait=False, cancel_futures=True)
                self._passwords.close()
                self._check_threads.shutdown(wait=False, cancel_futures=True)
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _watch_store(self, loop: asyncio.AbstractEventLoop) -> None:
        """The thread (1); it sleeps while there are no listeners."""
        view_watcher: ViewWatcher | None = None
        while not self._stopping.is_set():
            pause = _STORE_RETRY_SECONDS
            try:
                view_watcher = view_watcher or ViewWatcher(self._hub.store)
                places = view_watcher.look(self._views)
                if places:
                    loop.call_soon_threadsafe(self._announce, places)
                pause = view_watcher.pause_seconds
            except StoreError as error:
                _log.warning("the store cannot be read, and is tried again: %s", error)
                _close_watcher(view_watcher)
                view_watcher = None
            except RuntimeError:  # the loop has ended
                break
            self._stopping.wait(pause)
            self._has_listeners.wait()
        _close_watcher(view_watcher)

    def _announce(self, places: Mapping[CollectionView, int]) -> None:
        for view, place in places.items():
            for listener in self._listeners_by_view.get(view, ()):
                listener.offer(view, place)

    # --- one request --------------------------------------------------------------------------------------------

    async def _respond(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        if scope["method"] != "GET":
            await asgi.send(send, asgi.method_not_allowed())
            return
        try:
            listener = await self._admit(scope)
        except HubError as error:
            response = asgi.error_response(error)
            await asgi.send(send, response)
            _log_connection(response[0], None, scope, start, behind_proxy=self._behind_proxy)
            return
        name = _name(listener.account)
        limits = self._hub.limits
        is_full = len(self._listeners) >= limits.listeners or self._per_account[name] >= limits.account_listeners
        if is_full or self._stopping.is_set():
            await asgi.send(send, asgi.too_many_listeners())
            _log_connection(503, name, scope, start, behind_proxy=self._behind_proxy)
            return
        self._add_listener(listener, name)
        disconnect_task = asyncio.create_task(_until_gone(receive, listener))
        try:
            await self._stream(listener, send, self._cors_headers(scope))
        finally:
            self._remove_listener(listener, name)
            disconnect_task.cancel()
            _log_connection(200, name, scope, start, behind_proxy=self._behind_proxy)

    async def _admit(self, scope: Mapping[str, Any]) -> Listener:
        """Create the listener, after the same checks in the same order as at every other address (`server.app`)."""
        environ = environ_of(scope)
        header = environ.get("HTTP_AUTHORIZATION")
        parts = [part for part in scope["path"].split("/") if part]
        if len(parts) != 2 or parts[1] != "events":
            raise NotFoundError("There is nothing at this address but /<api-root>/events.")
        in_thread = asyncio.get_running_loop().run_in_executor
        cookie = session_cookie(environ.get("HTTP_COOKIE", "")) if header is None else ""
        if cookie:
            session = await in_thread(self._login_threads, self._sessions.find, cookie)
            if session is None:
                raise no_credentials()
            listener = await in_thread(self._login_threads, self._listener, scope, parts[0], session[1])
            listener.cookie = cookie
            return listener
        by_certificate = None
        if self._certificates is not None:
            by_certificate = await in_thread(self._login_threads, self._certificates.account, environ)
        login = await in_thread(self._login_threads, self._hub.credentials.look_up, header)
        if isinstance(login, PasswordCheck):
            address = client_address(environ, behind_proxy=self._behind_proxy)
            login = await self._passwords.verify(login, address)
        return await in_thread(
            self._login_threads, self._listener, scope, parts[0], combine_accounts(by_certificate, login)
        )

    def _listener(self, scope: Mapping[str, Any], root: str, account: Account | None) -> Listener:
        fingerprint = self._hub.credentials.fingerprint(account)
        subscription = parse_subscription(scope["query_string"])
        if subscription.board:
            views = self._hub.community.board_views(account, root)
        else:
            views = collection_views(self._hub.catalogue, account, root, subscription.collections)
        return Listener(account, fingerprint, views, since=subscription.since)

    def _add_listener(self, listener: Listener, name: str) -> None:
        self._listeners.add(listener)
        for view in listener.collection_views:
            self._listeners_by_view.setdefault(view, set()).add(listener)
        self._per_account[name] += 1
        self._update_views()

    def _remove_listener(self, listener: Listener, name: str) -> None:
        self._listeners.discard(listener)
        for view in listener.collection_views:
            self._listeners_by_view[view].discard(listener)
            if not self._listeners_by_view[view]:
                del self._listeners_by_view[view]
        self._per_account[name] -= 1
        if not self._per_account[name]:
            del self._per_account[name]
        self._update_views()

    def _update_views(self) -> None:
        self._views = frozenset(self._listeners_by_view)
        if self._views or self._stopping.is_set():
            self._has_listeners.set()
        else:
            self._has_listeners.clear()

    async def _stream(self, listener: Listener, send: Send, cors_headers: list[tuple[bytes, bytes]]) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError, OSError, StoreError):
            await self._send(send, {"type": "http.response.start", "status": 200, "headers": _STREAM + cors_headers})
            await self._send_text(send, b": listening\n\n")
            # the present state; the thread announces what is committed from here on
            places = await loop.run_in_executor(
                self._check_threads, current_places, self._hub.store, listener.collection_views, listener.since
            )
            for view, place in places.items():
                listener.offer(view, place)
            while not listener.is_ended:
                # (4) with jitter, so that not all connections are checked at the same time
                pause = self._heartbeat_seconds * (0.9 + 0.2 * _jitter.random())
                try:
                    async with asyncio.timeout(pause):
                        await listener.wake.wait()
                except TimeoutError:
                    if not await loop.run_in_executor(self._check_threads, self._may_still_listen, listener):
                        break
                    await self._send_text(send, b": still here\n\n")
                    continue
                listener.wake.clear()
                if text := listener.take_pending():
                    await self._send_text(send, text)
                    if listener.cookie and not listener.is_ended:
                        await _pause(PAGE_GAP_SECONDS)  # (6)
            await self._send(send, {"type": "http.response.body", "body": b"", "more_body": False})

    def _may_still_listen(self, listener: Listener) -> bool:
        """Whether the account may still listen; True if the store cannot be read."""
        try:
            if listener.cookie and self._sessions.find(listener.cookie) is None:
                return False
            fingerprint = self._hub.credentials.fingerprint(listener.account)
        except StoreError:
            return True
        return fingerprint is not None and fingerprint == listener.fingerprint

    def _cors_headers(self, scope: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
        """(5) The headers that let a page of the hub itself read the response; none for any other page."""
        environ = environ_of(scope)
        origin = environ.get("HTTP_ORIGIN", "")
        if not is_own_page(origin, environ.get("HTTP_HOST", ""), self._pages_port, self._public_url):
            return []
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Origin"),
        ]

    async def _send_text(self, send: Send, text: bytes) -> None:
        await self._send(send, {"type": "http.response.body", "body": text, "more_body": True})

    async def _send(self, send: Send, message: Message) -> None:
        # (3)
        async with asyncio.timeout(self._send_seconds):
            await send(message)


def session_cookie(header: str) -> str:
    """The session in a Cookie header, "" if there is none."""
    cookies = parse_cookie(header)
    return cookies.get(SECURE_COOKIE) or cookies.get(COOKIE) or ""


def is_own_page(origin: str, host: str, pages_port: int, public_url: str) -> bool:
    """Whether the origin is that of the hub's pages: the public address, or the same host with the pages' port."""
    try:
        page, own_host, public = urlsplit(origin), urlsplit(f"//{host}"), urlsplit(public_url)
        port = page.port or {"http": 80, "https": 443}.get(page.scheme, 0)
    except ValueError:
        return False
    if not origin or not page.hostname:
        return False
    if public_url and (page.scheme, page.netloc) == (public.scheme, public.netloc):
        return True
    return page.hostname == own_host.hostname and port == pages_port


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a listener subscribes to."""

    collections: tuple[str, ...]  # ids or aliases; empty: all
    board: bool  # only changes of the board
    since: int  # a place


def parse_subscription(query: bytes) -> Subscription:
    """Parse the query: `?collection=`, `?about=board`, `?since=`."""
    try:
        parameters = parse_qs(query.decode("latin-1"), max_num_fields=100)
        since = parse_lenient_timestamp(parameters.get("since", [_BEGINNING])[0]) // 1000
    except ValueError as error:
        raise MalformedError(f"The query cannot be read: {error}.") from None
    topic = parameters.get("about", [""])[0]
    if topic not in ("", "board"):
        raise MalformedError("`about` can only be `board`, for changes of the board; otherwise leave it out.")
    return Subscription(tuple(parameters.get("collection", ())), topic == "board", since)


def _moved_event(collection: str, date_added: str) -> bytes:
    data = orjson.dumps({"collection": collection, "date_added": date_added})
    return b"event: moved\nid: %s\ndata: %s\n\n" % (date_added.encode(), data)


async def _until_gone(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()


def _name(account: Account | None) -> str:
    return "" if account is None else account.name


def _close_watcher(view_watcher: ViewWatcher | None) -> None:
    if view_watcher is not None:
        with contextlib.suppress(StoreError):
            view_watcher.close()


def _log_connection(
    status: int, account: str | None, scope: Mapping[str, Any], start: float, *, behind_proxy: bool
) -> None:
    """Write one line to the log when a connection is closed, in the form of the lines for requests."""
    environ = environ_of(scope)
    header = environ.get("HTTP_AUTHORIZATION")
    is_refused = account is None and header is not None and status in _LOGIN_REFUSED
    line = {
        "what": "events",
        "method": "GET",
        "status": status,
        "request": os.urandom(8).hex(),
        "address": client_address(environ, behind_proxy=behind_proxy),
        "account": account or None,
        "tried": attempted_name(header) if is_refused and header is not None else None,
        "root": scope["path"].strip("/").partition("/")[0][:64] or None,
        "seconds": round(time.perf_counter() - start, 1),
    }
    _request_log.info("%s", orjson.dumps({key: value for key, value in line.items() if value is not None}).decode())
