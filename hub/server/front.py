"""The front of a server process: an ASGI application (ASGI 3.0) before the Flask application (WSGI, PEP 3333).

Flask answers in a few threads. The front sees to it that no client, slow or greedy, holds one of them for long:

1. The client: the account that these credentials belonged to last time, else the address; behind a trusted proxy, the
   address that the proxy names, and no other header is believed.
2. Its share of requests and bytes in a minute; beyond it, 429.
3. The body is read whole, within its limits of bytes and time, before a thread is taken.
4. Its turn: one client has few requests in the threads at a time, more wait, and beyond that 429. Credentials that are seen
   for the first time wait for one another by address, until it is known whose they are; an address has a turn more for each
   account that comes to light there, until credentials are nobody's, or of an account that was met before.
5. A thread answers; what pages that follow the hub ask by themselves one after another, so that others wait behind one of
   them, not behind hundreds. Where a password must be verified or an OpenID Connect provider be asked first, that is done elsewhere
   (`logins`, `provider_queue`), and a thread answers again.
6. The answer is sent in pieces, each within a time limit, a few answers of one client at a time.
7. The delivery ledger learns that the answer was sent, if it was.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import orjson

from hub.errors import HubError, MalformedError, TooLargeError, TooManyRequestsError
from hub.server import asgi
from hub.server.asgi import Receive, Send
from hub.server.certificates import SECRET, SUBJECT
from hub.server.connections import HttpConnection
from hub.server.logins import PasswordQueue
from hub.server.metrics import count_front_refusal, note_front
from hub.server.provider_queue import ProviderCall, ProviderQueue
from hub.server.shares import Shares
from hub.server.threads import Threads
from hub.server.turns import Turns
from hub.settings import Limits
from hub.sharing.credentials import PasswordCheck
from hub.sharing.members import Account

# Keys of the WSGI environment that the front and the Flask application share.
FRONT: Final = "hub.front"  # True: a password is to be verified here, and a provider asked, not in the thread
LOGIN: Final = "hub.login"  # what became of that: the Account, what the provider's call returned, or a HubError
CHECK: Final = "hub.check"  # PasswordCheck or ProviderCall: set by the application where that must be done
ACCOUNT: Final = "hub.account"  # Account or None: set by the application once it is known whose the request is
OBJECTS: Final = "hub.objects"  # int: set by the application, how many objects the request brought
READ: Final = "hub.read"  # int: set by the application, bytes that it read for an answer which is shorter than them
SENT: Final = "hub.sent"  # callable: set by the application, to be called in a thread once the answer was sent
LOOK: Final = "HTTP_HUB_LIVE"  # set by the script of a page that follows the hub (`console.live`)

_log = logging.getLogger("hub.request")
PIECE_BYTES: Final = 256 * 1024  # of an answer, sent at a time
_ACCOUNTS_KEPT: Final = 10_000  # digests of credentials and whose they were
_FIGURES_SECONDS: Final = 1.0  # between two notes of what waits, for the metrics
_HEADER_NAMES_KEPT: Final = 1_000  # as they are called in a WSGI environment: clients choose them
_environ_keys: Final[dict[bytes, str]] = {}
_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_READ_BYTES: Final = 64 * 1024

StartResponse = Callable[..., Callable[[bytes], object]]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class ClientGoneError(Exception):
    """The client closed its connection, or took too long: there is nobody to answer."""


@dataclass(slots=True)
class WsgiAnswer:
    """What the Flask application answered."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)


class Front:
    """See the module. `application` is called in `threads` threads; `accounts` have limits of their own, by name."""

    def __init__(
        self,
        application: Wsgi,
        limits: Limits,
        *,
        threads: int,
        behind_proxy: bool,
        accounts: Mapping[str, Limits] = MappingProxyType({}),
    ) -> None:
        self._application = application
        self._limits = limits
        self._behind_proxy = behind_proxy
        self._threads = Threads(threads, "request")
        self._passwords = PasswordQueue(limits)
        self._provider = ProviderQueue(limits)
        own = {_client_of(name): account_limits for name, account_limits in accounts.items()}
        self._working = Turns(*_turns(limits), {name: _turns(account_limits) for name, account_limits in own.items()})
        # a thousand accounts behind one address may come at once, when a worker has just started: they wait, and are not refused;
        # a connection whose request waits cannot be closed for a new one, so they have no more than half of all connections
        self._unknown = Turns(
            limits.client_requests, limits.connections, crowd=(limits.connections // 2, limits.client_waiting)
        )
        self._sending = Turns(
            *_answers(limits), {name: _answers(account_limits) for name, account_limits in own.items()}
        )
        self._shares = Shares(limits, time.monotonic, own)
        self._looks = asyncio.Lock()  # (5)
        self._accounts: OrderedDict[bytes, str] = OrderedDict()  # digest of credentials -> name of the client
        self._met: set[str] = set()  # accounts whose credentials were seen since the start
        self._body_bytes = 0  # of all bodies that are held now
        self._bodies_refused = 0
        self._throttled: dict[str, int] = {}  # what the metrics have of it already

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """One request, or the application's whole life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            try:
                await self._answer(scope, receive, send)
            except ClientGoneError:
                if (connection := _connection(scope)) is not None:
                    connection.drop()  # to close it would wait until the client has taken what is on its way

    async def _live(self, receive: Receive, send: Send) -> None:
        figures = asyncio.create_task(self._note_figures())
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                figures.cancel()
                note_front(dict.fromkeys(self.waiting(), 0), {})
                self._passwords.close()
                self._provider.close()
                self._threads.end()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _note_figures(self) -> None:
        while True:
            throttled = self.throttled()
            note_front(
                self.waiting(), {limit: count - self._throttled.get(limit, 0) for limit, count in throttled.items()}
            )
            self._throttled = throttled
            await asyncio.sleep(_FIGURES_SECONDS)

    def waiting(self) -> dict[str, int]:
        """How much waits now, by what it waits for."""
        return {
            "turns": self._working.queued + self._unknown.queued,
            "threads": len(self._threads.calls),
            "passwords": self._passwords.waiting,
            "provider": self._provider.waiting,
            "answers": self._sending.queued,
            "body_bytes": self._body_bytes,
        }

    def throttled(self) -> dict[str, int]:
        """How many requests were refused with 429 since the start, by the limit that they met."""
        return {
            "turns": self._working.refused + self._unknown.refused,
            "answers": self._sending.refused,
            "bodies": self._bodies_refused,
            "provider": self._provider.refused,
            **self._shares.refused,
            **self._passwords.refused,
        }

    async def _answer(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        # (1)
        environ = environ_of(scope)
        address = client_address(environ, behind_proxy=self._behind_proxy)
        digest = _digest(environ)
        client = self._accounts.get(digest, f"address {address}") if digest else f"address {address}"
        body_bytes = 0
        try:
            # (2)
            self._shares.request(client)
            # (3)
            body = b""
            if scope["method"] in _BODY_METHODS:
                body = await self._read(environ, receive)
                body_bytes = len(body)
                self._body_bytes += body_bytes
            # (4) and (5)
            answer: WsgiAnswer | None = None
            if digest is not None and digest not in self._accounts:
                async with self._unknown.of(client):
                    if digest not in self._accounts:  # nor became known while this request waited
                        answer = await self._ask(environ, body)
                        self._learn(client, environ)
                client = self._accounts.get(digest, client)
            if answer is None:
                async with self._working.of(client):
                    answer = await self._ask(environ, body)
            check = environ.pop(CHECK, None)
            if check is not None:
                answer = await self._ask_after_check(environ, body, check, address, client)
        except HubError as error:
            answer_sent = asgi.refused(error)
            _log_refusal(answer_sent[0], environ, address, client)
            await asgi.send(send, answer_sent)
            return
        finally:
            self._body_bytes -= body_bytes
        connection = _connection(scope)
        client = self._remember(connection, environ, digest, client, answer)
        # (6)
        answer_bytes = max(sum(map(len, answer.body)), environ.get(READ, 0))
        self._shares.count(client, size=body_bytes + answer_bytes, objects=environ.get(OBJECTS, 0))
        async with self._sending.of(client):
            await self._send(answer, scope["method"] == "HEAD", send, connection)
        # (7)
        if SENT in environ:
            await self._threads.call(environ[SENT])

    # --- (3) ------------------------------------------------------------------------------------------------------

    async def _read(self, environ: dict[str, Any], receive: Receive) -> bytes:
        """The body, as it was sent; the application looks at its length again, for the API root's own limit."""
        limits = self._limits
        declared = environ.get("CONTENT_LENGTH") or "0"
        expected = int(declared) if declared.isdecimal() else 0
        if expected > limits.body_bytes:
            raise TooLargeError(f"The body is over the {limits.body_bytes} bytes that the hub takes: send it in parts.")
        if self._body_bytes + expected > limits.bodies_bytes:
            self._bodies_refused += 1
            raise TooManyRequestsError("Too many request bodies are on their way. Send it again later.", 5)
        parts: list[bytes] = []
        size = 0
        loop = asyncio.get_running_loop()
        start = loop.time()
        self._body_bytes += expected
        try:
            while True:
                deadline = start + limits.body_seconds + size / limits.body_rate
                async with asyncio.timeout_at(deadline):
                    message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limits.body_bytes:
                    raise TooLargeError(
                        f"The body is over the {limits.body_bytes} bytes that the hub takes: send it in parts."
                    )
                if not message.get("more_body", False):
                    return b"".join(parts)
        except TimeoutError:
            raise MalformedError(
                f"The body came too slowly: {size} bytes in {loop.time() - start:.0f} seconds, and the hub waits "
                f"{limits.body_seconds} seconds and one more for each {limits.body_rate} bytes. Send it again."
            ) from None
        finally:
            self._body_bytes -= expected

    # --- (4) ------------------------------------------------------------------------------------------------------

    def _learn(self, client: str, environ: Mapping[str, Any]) -> None:
        """How many more unknown credentials of an address may be looked up at a time, after these were.

        As many accounts as come at once must not wait for a few turns while those that are known already go round and
        round. Each account counts once: for wrong credentials, and further ones of an account, it is as before.
        """
        account: Account | None = environ.get(ACCOUNT)
        if account is not None and account.name not in self._met:
            self._met.add(account.name)
            self._unknown.allow_more(client)
        elif CHECK not in environ:
            self._unknown.allow_as_usual(client)

    # --- (5) ------------------------------------------------------------------------------------------------------

    async def _ask(self, environ: dict[str, Any], body: bytes) -> WsgiAnswer:
        environ["wsgi.input"] = io.BytesIO(body)
        if LOOK not in environ:
            return await self._in_thread(environ)
        async with self._looks:
            return await self._in_thread(environ)

    async def _in_thread(self, environ: dict[str, Any]) -> WsgiAnswer:
        answer: WsgiAnswer = await self._threads.call(self._run, environ)
        return answer

    async def _ask_after_check(
        self,
        environ: dict[str, Any],
        body: bytes,
        check: PasswordCheck | ProviderCall,
        address: str,
        client: str,
    ) -> WsgiAnswer:
        try:
            if isinstance(check, ProviderCall):
                environ[LOGIN] = await self._provider.ask(check, address)
            else:
                environ[LOGIN] = await self._passwords.verify(check, address)
        except HubError as error:
            environ[LOGIN] = error
        async with self._working.of(client):
            return await self._ask(environ, body)

    def _run(self, environ: dict[str, Any]) -> WsgiAnswer:
        """Call the application, in a thread."""
        answer = WsgiAnswer()

        def start_response(
            status: str, headers: list[tuple[str, str]], _error: Any = None
        ) -> Callable[[bytes], object]:
            answer.status = int(status[:3])
            answer.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            return answer.body.append

        parts = self._application(environ, start_response)
        answer.body.extend(part for part in parts if part)
        if hasattr(parts, "close"):
            parts.close()
        return answer

    def _remember(
        self,
        connection: HttpConnection | None,
        environ: Mapping[str, Any],
        digest: bytes | None,
        client: str,
        answer: WsgiAnswer,
    ) -> str:
        """Note whose credentials these were; the name of the client from now on."""
        account: Account | None = environ.get(ACCOUNT)
        if account is None or digest is None:
            if digest is not None and (answer.status == 401 or ACCOUNT in environ):
                self._accounts.pop(digest, None)  # they are no account's, or no longer
            return client
        name = _client_of(account.name)
        if self._accounts.get(digest) != name:
            self._accounts[digest] = name
            while len(self._accounts) > _ACCOUNTS_KEPT:
                self._accounts.popitem(last=False)
        if connection is not None:
            connection.belongs_to(account.name)
        return name

    # --- (6) ------------------------------------------------------------------------------------------------------

    async def _send(self, answer: WsgiAnswer, head: bool, send: Send, connection: HttpConnection | None) -> None:
        body = answer.body[0] if len(answer.body) == 1 else b"".join(answer.body)
        answer.body.clear()
        begin = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        if head or len(body) <= PIECE_BYTES:
            whole = {"type": "http.response.body", "body": b"" if head else body, "more_body": False}
            if connection is not None and connection.takes_more:
                await send(begin)  # neither waits, so neither needs a time limit
                await send(whole)
            else:
                await self._within_time(send, begin, whole)
            return
        view = memoryview(body)
        await self._within_time(send, begin)
        for start in range(0, len(body), PIECE_BYTES):
            piece = bytes(view[start : start + PIECE_BYTES])
            await self._within_time(
                send, {"type": "http.response.body", "body": piece, "more_body": start + PIECE_BYTES < len(body)}
            )

    async def _within_time(self, send: Send, *messages: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                for message in messages:
                    await send(message)
        except (TimeoutError, OSError):
            raise ClientGoneError from None


def _log_refusal(status: int, environ: Mapping[str, Any], address: str, client: str) -> None:
    """One line, and a count, for what never came to the application."""
    count_front_refusal(status)
    line = {"what": "refused", "method": environ["REQUEST_METHOD"], "status": status, "address": address}
    account = client.removeprefix("account ")
    if account != client:
        line["account"] = account
    _log.info("%s", orjson.dumps(line).decode())


def environ_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The request as a WSGI environment (PEP 3333), without its body."""
    host, port = scope.get("server") or ("", 0)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8").decode("latin-1"),
        "RAW_URI": scope.get("raw_path", b"").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": str(port or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        FRONT: True,
    }
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        if name == b"content-length":
            environ["CONTENT_LENGTH"] = text
        elif name == b"content-type":
            environ["CONTENT_TYPE"] = text
        elif b"_" not in name:  # X_Forwarded_For would pass as X-Forwarded-For
            key = _environ_keys.get(name) or _environ_key(name)
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def _environ_key(name: bytes) -> str:
    key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
    if len(_environ_keys) < _HEADER_NAMES_KEPT:
        _environ_keys[name] = key
    return key


def _connection(scope: Mapping[str, Any]) -> HttpConnection | None:
    connection: HttpConnection | None = scope.get("state", {}).get("connection")
    return connection


def client_address(environ: Mapping[str, Any], *, behind_proxy: bool) -> str:
    """The client's address: behind a trusted proxy, what that proxy added last to X-Forwarded-For."""
    if behind_proxy:
        address = str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
        if address:
            return address[:64]
    return str(environ["REMOTE_ADDR"])


def _digest(environ: Mapping[str, Any]) -> bytes | None:
    header = environ.get("HTTP_AUTHORIZATION") or environ.get("HTTP_COOKIE")
    subject = environ.get(SUBJECT)
    if subject is not None:  # only with the proxy's secret is it the same as that of an account
        header = "\x00".join((header or "", subject, environ.get(SECRET, "")))
    return hashlib.sha256(header.encode("latin-1")).digest() if header else None


def _client_of(account: str) -> str:
    """How an account is called among clients; those without one are called by their address."""
    return f"account {account}"


def _turns(limits: Limits) -> tuple[int, int]:
    """Requests of one client at a time, and how many more wait."""
    return limits.client_requests, limits.client_waiting


def _answers(limits: Limits) -> tuple[int, int]:
    """Answers to one client at a time, and how many more wait: no more than requests of it were taken."""
    return limits.client_answers, limits.client_waiting + limits.client_requests
