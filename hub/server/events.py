"""`GET /<api-root>/events`: connections that wait and learn, within a moment of a commit, that a collection has changed.

One process beside the workers holds them all, on one event loop, as server-sent events (HTML Living Standard, 9.2); a
worker of the WSGI server would spend a thread on each.

1. A thread looks at the store's heads (`sharing.events`) and hands what became visible to the loop.
2. Each listener keeps, for each collection, only the last position that was not announced to it. A slow one loses
   nothing that counts, since it polls the objects over TAXII, and costs nothing.
3. A listener that takes nothing for `SEND_SECONDS` is dropped. It may come again.
4. Between events a comment goes out, so that proxies keep the line and both sides notice a dead one; at that time the
   account is checked again, and the connection ends with the account's right to it.
5. The hub's own pages listen with the session of the browser. They come from another port of the hub, so the browser
   asks for leave to read the answer (CORS): it is given to the pages' own origin and to no other.
6. A page that shows the board asks with `about=board`, and is told of what changes the board alone; with `since`, the time
   at which it was made, not of what it shows already. A page is sent at most two events a second.
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
from hub.server import asgi as answers
from hub.server.asgi import Message, Receive, Send
from hub.server.certificates import Certificates, agreed
from hub.server.front import client_address, environ_of
from hub.server.logins import PasswordQueue
from hub.sharing.credentials import PasswordCheck, attempted_name
from hub.sharing.events import CollectionView, ViewWatcher, collection_views, current_places
from hub.sharing.gate import no_credentials
from hub.sharing.members import Account
from hub.sharing.sessions import COOKIE, SECURE_COOKIE, Sessions
from hub.stix.timestamps import format_place, parse_lenient_timestamp

HEARTBEAT_SECONDS: Final = 15.0
SEND_SECONDS: Final = 10.0  # for one listener to take a message
PAGE_GAP_SECONDS: Final = (
    0.5  # between two events for a page, which looks 0.9 seconds after its last look at the earliest
)
_STORE_AWAY_SECONDS: Final = 1.0  # between two tries
_LOGINS_AT_A_TIME: Final = 4  # threads that look accounts up
_BEGINNING: Final = "1970-01-01T00:00:00Z"
_lots: Final = random.Random()  # noqa: S311 - spreads, protects nothing
_pause: Final = asyncio.sleep  # tests put another in its place
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
    """One connection: what it may learn of, what was announced to it, and what is to be announced next."""

    account: Account | None
    fingerprint: bytes | None
    collection_views: tuple[CollectionView, ...]
    announced: dict[str, int] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False
    since: int = 0  # a place: what stands before it is no news
    cookie: str = ""  # of the session that opened it, if one did

    def offer(self, sight: CollectionView, place: int) -> None:
        """Keep it where it is news to this listener: the last place of each collection."""
        if place > self.announced.get(sight.collection, self.since):
            self.announced[sight.collection] = self.pending[sight.collection] = place
            self.wake.set()

    def take(self) -> bytes:
        """What is to be announced now, as server-sent events; empty if nothing is."""
        pending, self.pending = self.pending, {}
        return b"".join(_moved(collection, format_place(place)) for collection, place in pending.items())

    def end(self) -> None:
        """Let it go as soon as its turn comes."""
        self.ended = True
        self.wake.set()


class Events:
    """The ASGI application (ASGI 3.0, HTTP and lifespan)."""

    def __init__(  # noqa: PLR0913 - what a process is told of its place and its pace
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
        """`pages_port` is the port of the pages that may listen (5), `public_url` their address where one is set.

        `identities` are those of a provider who may sign in to the pages, as `Sessions` takes them.
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
        self._by_sight: dict[CollectionView, set[Listener]] = {}
        self._per_account: Counter[str] = Counter()
        self._wanted: frozenset[CollectionView] = frozenset()  # replaced, never changed: the thread reads it
        self._anybody = threading.Event()
        self._stopping = threading.Event()
        self._logins = ThreadPoolExecutor(_LOGINS_AT_A_TIME, "login")
        self._checks = ThreadPoolExecutor(1, "check")
        self._watcher: threading.Thread | None = None

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """One request, or the application's whole life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    def __len__(self) -> int:
        return len(self._listeners)

    def stop(self) -> None:
        """End every connection. To be called in the loop's thread."""
        self._stopping.set()
        self._anybody.set()
        for listener in self._listeners:
            listener.end()

    # --- the life of the process --------------------------------------------------------------------------------

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                loop = asyncio.get_running_loop()
                self._watcher = threading.Thread(target=self._look_on, args=(loop,), name="watch", daemon=True)
                self._watcher.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.stop()
                if self._watcher is not None:
                    await asyncio.to_thread(self._watcher.join)
                self._logins.shutdown(wait=False, cancel_futures=True)
                self._passwords.close()
                self._checks.shutdown(wait=False, cancel_futures=True)
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _look_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """The thread (1); while nobody listens, it sleeps."""
        moves: ViewWatcher | None = None
        while not self._stopping.is_set():
            pause = _STORE_AWAY_SECONDS
            try:
                moves = moves or ViewWatcher(self._hub.store)
                moved = moves.look(self._wanted)
                if moved:
                    loop.call_soon_threadsafe(self._announce, moved)
                pause = moves.pause_seconds
            except StoreError as error:
                _log.warning("the store is asked again: %s", error)
                _closed(moves)
                moves = None
            except RuntimeError:  # the loop has ended
                break
            self._stopping.wait(pause)
            self._anybody.wait()
        _closed(moves)

    def _announce(self, moved: Mapping[CollectionView, int]) -> None:
        for sight, place in moved.items():
            for listener in self._by_sight.get(sight, ()):
                listener.offer(sight, place)

    # --- one request --------------------------------------------------------------------------------------------

    async def _answer(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        if scope["method"] != "GET":
            await answers.send(send, answers.only_get())
            return
        try:
            listener = await self._admit(scope)
        except HubError as error:
            answer = answers.refused(error)
            await answers.send(send, answer)
            _note(answer[0], None, scope, start, behind_proxy=self._behind_proxy)
            return
        name = _name(listener.account)
        limits = self._hub.limits
        full = len(self._listeners) >= limits.listeners or self._per_account[name] >= limits.account_listeners
        if full or self._stopping.is_set():
            await answers.send(send, answers.busy())
            _note(503, name, scope, start, behind_proxy=self._behind_proxy)
            return
        self._enter(listener, name)
        watch = asyncio.create_task(_until_gone(receive, listener))
        try:
            await self._stream(listener, send, self._leave_to_read(scope))
        finally:
            self._leave(listener, name)
            watch.cancel()
            _note(200, name, scope, start, behind_proxy=self._behind_proxy)

    async def _admit(self, scope: Mapping[str, Any]) -> Listener:
        """The same checks, in the same order, as at every other address (`server.app`)."""
        environ = environ_of(scope)
        header = environ.get("HTTP_AUTHORIZATION")
        parts = [part for part in scope["path"].split("/") if part]
        if len(parts) != 2 or parts[1] != "events":
            raise NotFoundError("There is nothing at this address but /<api-root>/events.")
        in_thread = asyncio.get_running_loop().run_in_executor
        cookie = session_cookie(environ.get("HTTP_COOKIE", "")) if header is None else ""
        if cookie:
            session = await in_thread(self._logins, self._sessions.find, cookie)
            if session is None:
                raise no_credentials()
            listener = await in_thread(self._logins, self._listener, scope, parts[0], session[1])
            listener.cookie = cookie
            return listener
        by_certificate = None
        if self._certificates is not None:
            by_certificate = await in_thread(self._logins, self._certificates.account, environ)
        login = await in_thread(self._logins, self._hub.credentials.look_up, header)
        if isinstance(login, PasswordCheck):
            address = client_address(environ, behind_proxy=self._behind_proxy)
            login = await self._passwords.verify(login, address)
        return await in_thread(self._logins, self._listener, scope, parts[0], agreed(by_certificate, login))

    def _listener(self, scope: Mapping[str, Any], root: str, account: Account | None) -> Listener:
        fingerprint = self._hub.credentials.fingerprint(account)
        subscription = asked_for(scope["query_string"])
        if subscription.board:
            views = self._hub.community.board_views(account, root)
        else:
            views = collection_views(self._hub.catalogue, account, root, subscription.collections)
        return Listener(account, fingerprint, views, since=subscription.since)

    def _enter(self, listener: Listener, name: str) -> None:
        self._listeners.add(listener)
        for sight in listener.collection_views:
            self._by_sight.setdefault(sight, set()).add(listener)
        self._per_account[name] += 1
        self._want()

    def _leave(self, listener: Listener, name: str) -> None:
        self._listeners.discard(listener)
        for sight in listener.collection_views:
            self._by_sight[sight].discard(listener)
            if not self._by_sight[sight]:
                del self._by_sight[sight]
        self._per_account[name] -= 1
        if not self._per_account[name]:
            del self._per_account[name]
        self._want()

    def _want(self) -> None:
        self._wanted = frozenset(self._by_sight)
        if self._wanted or self._stopping.is_set():
            self._anybody.set()
        else:
            self._anybody.clear()

    async def _stream(self, listener: Listener, send: Send, leave: list[tuple[bytes, bytes]]) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError, OSError, StoreError):
            await self._send(send, {"type": "http.response.start", "status": 200, "headers": _STREAM + leave})
            await self._say(send, b": listening\n\n")
            # the present state; the thread announces whatever is committed from here on
            held = await loop.run_in_executor(
                self._checks, current_places, self._hub.store, listener.collection_views, listener.since
            )
            for sight, place in held.items():
                listener.offer(sight, place)
            while not listener.ended:
                # (4) not all in the same moment
                pause = self._heartbeat_seconds * (0.9 + 0.2 * _lots.random())
                try:
                    async with asyncio.timeout(pause):
                        await listener.wake.wait()
                except TimeoutError:
                    if not await loop.run_in_executor(self._checks, self._still, listener):
                        break
                    await self._say(send, b": still here\n\n")
                    continue
                listener.wake.clear()
                if text := listener.take():
                    await self._say(send, text)
                    if listener.cookie and not listener.ended:
                        await _pause(PAGE_GAP_SECONDS)  # (6)
            await self._send(send, {"type": "http.response.body", "body": b"", "more_body": False})

    def _still(self, listener: Listener) -> bool:
        """Whether the account may still listen to what it listens to; a store that is away does not end it."""
        try:
            if listener.cookie and self._sessions.find(listener.cookie) is None:
                return False
            fingerprint = self._hub.credentials.fingerprint(listener.account)
        except StoreError:
            return True
        return fingerprint is not None and fingerprint == listener.fingerprint

    def _leave_to_read(self, scope: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
        """(5) The headers that let a page of the hub itself read the answer; none for any other page."""
        environ = environ_of(scope)
        origin = environ.get("HTTP_ORIGIN", "")
        if not is_own_page(origin, environ.get("HTTP_HOST", ""), self._pages_port, self._public_url):
            return []
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Origin"),
        ]

    async def _say(self, send: Send, text: bytes) -> None:
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
    """Whether the origin is that of the hub's pages: the public address, or the same host at the pages' port."""
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
class Asked:
    """What a listener asks for."""

    collections: tuple[str, ...]  # ids or aliases, as often as they stand there; none: all
    board: bool  # what changes the board alone
    since: int  # a place


def asked_for(query: bytes) -> Asked:
    """What the query asks for: `?collection=`, `?about=board`, `?since=`."""
    try:
        parameters = parse_qs(query.decode("latin-1"), max_num_fields=100)
        since = parse_lenient_timestamp(parameters.get("since", [_BEGINNING])[0]) // 1000
    except ValueError as error:
        raise MalformedError(f"The query cannot be read: {error}.") from None
    about = parameters.get("about", [""])[0]
    if about not in ("", "board"):
        raise MalformedError("about can be board, to be told of what changes the board; leave it out otherwise.")
    return Asked(tuple(parameters.get("collection", ())), about == "board", since)


def _moved(collection: str, date_added: str) -> bytes:
    data = orjson.dumps({"collection": collection, "date_added": date_added})
    return b"event: moved\nid: %s\ndata: %s\n\n" % (date_added.encode(), data)


async def _until_gone(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()


def _name(account: Account | None) -> str:
    return "" if account is None else account.name


def _closed(moves: ViewWatcher | None) -> None:
    if moves is not None:
        with contextlib.suppress(StoreError):
            moves.close()


def _note(status: int, account: str | None, scope: Mapping[str, Any], start: float, *, behind_proxy: bool) -> None:
    """One line for the log when a connection is over, in the form of every request's; no credential, no content."""
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
