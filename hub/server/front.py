"""The front of a server process: an ASGI application (ASGI 3.0) before the Flask application (WSGI, PEP 3333).

Flask runs in a few threads. The front makes sure that no slow or greedy client occupies a thread for long:

1. Identify the client: the account of these credentials in an earlier request, else the address; behind a trusted proxy, the
   address in the proxy's header. No other header is trusted.
2. Check the client's share of requests and bytes in a minute; beyond it, 429.
3. Read the whole body, within the limits of bytes and time, before a thread is used.
4. Wait for a turn: one client has few requests in the threads at a time; further ones wait, and beyond a limit get 429.
   Requests with unknown credentials share the turns of their address until their account is known. An address gets one more
   turn for each new account that is found there, until credentials are wrong, or belong to an account that was found before.
5. Call Flask in a thread. Requests that pages send by themselves to follow the hub run one after another, so that other
   requests wait for one of them, not for hundreds. If Flask needs a password verified or an OpenID Connect provider asked,
   that is done elsewhere (`logins`, `provider_queue`), and Flask is called again.
6. Send the response in pieces, each within a time limit, a few responses of one client at a time.
7. Tell the delivery ledger if the response was sent.
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
FRONT: Final = "hub.front"  # True: the front verifies passwords and asks the provider; the application must not
# set by the front after a check: the Account, the result of the provider's call, or a HubError
LOGIN: Final = "hub.login"
CHECK: Final = "hub.check"  # set by the application if a check is needed: PasswordCheck or ProviderCall
ACCOUNT: Final = "hub.account"  # set by the application: Account or None
OBJECTS: Final = "hub.objects"  # set by the application: the number of objects in the request
WORK_BYTES: Final = "hub.read"  # set by the application: the bytes that it read, if more than the response has
ON_SENT: Final = "hub.sent"  # set by the application: a function to call in a thread after the response was sent
LIVE: Final = "HTTP_HUB_LIVE"  # set by the script of a page that follows the hub (`console.live`)

_log = logging.getLogger("hub.request")
PIECE_BYTES: Final = 256 * 1024  # of a response, sent at a time
_ACCOUNTS_KEPT: Final = 10_000  # digests of credentials with their clients
_FIGURES_SECONDS: Final = 1.0  # between two updates of the metrics
_HEADER_NAMES_KEPT: Final = 1_000  # in the cache below; limited, since clients choose the names
_environ_keys: Final[dict[bytes, str]] = {}
_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_READ_BYTES: Final = 64 * 1024

StartResponse = Callable[..., Callable[[bytes], object]]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class ClientGoneError(Exception):
    """The client closed its connection, or was too slow: no response can be sent."""


@dataclass(slots=True)
class WsgiResponse:
    """The response of the Flask application."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)


class Front:
    """See the module. `application` is called in `threads` threads; `accounts` maps names to their own limits."""

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
        account_limits_by_client = {_client_of(name): account_limits for name, account_limits in accounts.items()}
        self._request_turns = Turns(
            *_request_limits(limits),
            {name: _request_limits(account_limits) for name, account_limits in account_limits_by_client.items()},
        )
        # when a worker has just started, a thousand accounts behind one address may come at once: they wait instead of being
        # refused; at most half of all connections may wait, since a connection that waits cannot be closed for a new one
        self._unknown_turns = Turns(
            limits.client_requests, limits.connections, crowd=(limits.connections // 2, limits.client_waiting)
        )
        self._response_turns = Turns(
            *_response_limits(limits),
            {name: _response_limits(account_limits) for name, account_limits in account_limits_by_client.items()},
        )
        self._shares = Shares(limits, time.monotonic, account_limits_by_client)
        self._live_lock = asyncio.Lock()  # (5)
        self._accounts: OrderedDict[bytes, str] = OrderedDict()  # digest of credentials -> name of the client
        self._met_accounts: set[str] = set()  # accounts whose credentials were seen since the start
        self._body_bytes = 0  # of all request bodies in memory
        self._bodies_refused = 0
        self._reported_throttles: dict[str, int] = {}  # counts that are already in the metrics

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """ASGI: one request, or the start and end of the application."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "http":
            try:
                await self._respond(scope, receive, send)
            except ClientGoneError:
                if (connection := _connection(scope)) is not None:
                    connection.drop()  # a normal close would wait until the client has read everything

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        figures = asyncio.create_task(self._note_figures())
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                figures.cancel()
                note_front(dict.fromkeys(self.waiting_counts(), 0), {})
                self._passwords.close()
                self._provider.close()
                self._threads.end()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _note_figures(self) -> None:
        while True:
            throttle_counts = self.throttle_counts()
            note_front(
                self.waiting_counts(),
                {limit: count - self._reported_throttles.get(limit, 0) for limit, count in throttle_counts.items()},
            )
            self._reported_throttles = throttle_counts
            await asyncio.sleep(_FIGURES_SECONDS)

    def waiting_counts(self) -> dict[str, int]:
        """How many requests wait now, by what they wait for; and the bytes of request bodies in memory."""
        return {
            "turns": self._request_turns.queued_count + self._unknown_turns.queued_count,
            "threads": len(self._threads.calls),
            "passwords": self._passwords.waiting_count,
            "provider": self._provider.waiting_count,
            "answers": self._response_turns.queued_count,
            "body_bytes": self._body_bytes,
        }

    def throttle_counts(self) -> dict[str, int]:
        """How many requests were refused with 429 since the start, by the limit that they exceeded."""
        return {
            "turns": self._request_turns.refusal_count + self._unknown_turns.refusal_count,
            "answers": self._response_turns.refusal_count,
            "bodies": self._bodies_refused,
            "provider": self._provider.refusal_count,
            **self._shares.refusals,
            **self._passwords.refusals,
        }

    async def _respond(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
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
                body = await self._read_body(environ, receive)
                body_bytes = len(body)
                self._body_bytes += body_bytes
            # (4) and (5)
            response: WsgiResponse | None = None
            if digest is not None and digest not in self._accounts:
                async with self._unknown_turns.turn(client):
                    if digest not in self._accounts:  # still unknown after the wait
                        response = await self._call_application(environ, body)
                        self._adjust_turns(client, environ)
                client = self._accounts.get(digest, client)
            if response is None:
                async with self._request_turns.turn(client):
                    response = await self._call_application(environ, body)
            check = environ.pop(CHECK, None)
            if check is not None:
                response = await self._call_after_check(environ, body, check, address, client)
        except HubError as error:
            refusal = asgi.error_response(error)
            _log_refusal(refusal[0], environ, address, client)
            await asgi.send(send, refusal)
            return
        finally:
            self._body_bytes -= body_bytes
        connection = _connection(scope)
        client = self._remember(connection, environ, digest, client, response)
        # (6)
        response_bytes = max(sum(map(len, response.body)), environ.get(WORK_BYTES, 0))
        self._shares.count(client, size=body_bytes + response_bytes, objects=environ.get(OBJECTS, 0))
        async with self._response_turns.turn(client):
            await self._send(response, scope["method"] == "HEAD", send, connection)
        # (7)
        if ON_SENT in environ:
            await self._threads.call(environ[ON_SENT])

    # --- (3) ------------------------------------------------------------------------------------------------------

    async def _read_body(self, environ: dict[str, Any], receive: Receive) -> bytes:
        """Read the body as it was sent. The application checks its length again, against the API root's own limit."""
        limits = self._limits
        declared_length = environ.get("CONTENT_LENGTH") or "0"
        expected = int(declared_length) if declared_length.isdecimal() else 0
        if expected > limits.body_bytes:
            raise TooLargeError(
                f"The body is larger than the {limits.body_bytes} bytes that the hub accepts: send it in parts."
            )
        if self._body_bytes + expected > limits.bodies_bytes:
            self._bodies_refused += 1
            raise TooManyRequestsError("Too many request bodies are being sent. Send it again later.", 5)
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
                        f"The body is larger than the {limits.body_bytes} bytes that the hub accepts: send it in parts."
                    )
                if not message.get("more_body", False):
                    return b"".join(parts)
        except TimeoutError:
            raise MalformedError(
                f"The body came too slowly: {size} bytes in {loop.time() - start:.0f} seconds. The hub waits "
                f"{limits.body_seconds} seconds and one more for each {limits.body_rate} bytes. Send it again."
            ) from None
        finally:
            self._body_bytes -= expected

    # --- (4) ------------------------------------------------------------------------------------------------------

    def _adjust_turns(self, client: str, environ: Mapping[str, Any]) -> None:
        """After the first request with some credentials: give their address one more turn, or take its extra turns away.

        Many new accounts that come at once must not wait for a few turns while known accounts are served again and again.
        Each account gives one extra turn, once; wrong credentials, or new ones of the same account, end the extra turns.
        """
        account: Account | None = environ.get(ACCOUNT)
        if account is not None and account.name not in self._met_accounts:
            self._met_accounts.add(account.name)
            self._unknown_turns.allow_extra(client)
        elif CHECK not in environ:
            self._unknown_turns.reset_extra(client)

    # --- (5) ------------------------------------------------------------------------------------------------------

    async def _call_application(self, environ: dict[str, Any], body: bytes) -> WsgiResponse:
        environ["wsgi.input"] = io.BytesIO(body)
        if LIVE not in environ:
            return await self._in_thread(environ)
        async with self._live_lock:
            return await self._in_thread(environ)

    async def _in_thread(self, environ: dict[str, Any]) -> WsgiResponse:
        response: WsgiResponse = await self._threads.call(self._run, environ)
        return response

    async def _call_after_check(
        self,
        environ: dict[str, Any],
        body: bytes,
        check: PasswordCheck | ProviderCall,
        address: str,
        client: str,
    ) -> WsgiResponse:
        try:
            if isinstance(check, ProviderCall):
                environ[LOGIN] = await self._provider.ask(check, address)
            else:
                environ[LOGIN] = await self._passwords.verify(check, address)
        except HubError as error:
            environ[LOGIN] = error
        async with self._request_turns.turn(client):
            return await self._call_application(environ, body)

    def _run(self, environ: dict[str, Any]) -> WsgiResponse:
        """Call the application; runs in a thread."""
        response = WsgiResponse()

        def start_response(
            status: str, headers: list[tuple[str, str]], _error: Any = None
        ) -> Callable[[bytes], object]:
            response.status = int(status[:3])
            response.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            return response.body.append

        parts = self._application(environ, start_response)
        response.body.extend(part for part in parts if part)
        if hasattr(parts, "close"):
            parts.close()
        return response

    def _remember(
        self,
        connection: HttpConnection | None,
        environ: Mapping[str, Any],
        digest: bytes | None,
        client: str,
        response: WsgiResponse,
    ) -> str:
        """Note the account of the credentials; return the client's name from now on."""
        account: Account | None = environ.get(ACCOUNT)
        if account is None or digest is None:
            if digest is not None and (response.status == 401 or ACCOUNT in environ):
                self._accounts.pop(digest, None)  # they belong to no account, or no longer
            return client
        name = _client_of(account.name)
        if self._accounts.get(digest) != name:
            self._accounts[digest] = name
            while len(self._accounts) > _ACCOUNTS_KEPT:
                self._accounts.popitem(last=False)
        if connection is not None:
            connection.set_account(account.name)
        return name

    # --- (6) ------------------------------------------------------------------------------------------------------

    async def _send(self, response: WsgiResponse, head: bool, send: Send, connection: HttpConnection | None) -> None:
        body = response.body[0] if len(response.body) == 1 else b"".join(response.body)
        response.body.clear()
        start_message = {"type": "http.response.start", "status": response.status, "headers": response.headers}
        if head or len(body) <= PIECE_BYTES:
            body_message = {"type": "http.response.body", "body": b"" if head else body, "more_body": False}
            if connection is not None and connection.can_send:
                await send(start_message)  # neither call waits, so neither needs a time limit
                await send(body_message)
            else:
                await self._within_time(send, start_message, body_message)
            return
        view = memoryview(body)
        await self._within_time(send, start_message)
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
    """Log and count a request that the front refused."""
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
        elif b"_" not in name:  # X_Forwarded_For would be taken for X-Forwarded-For
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
    """The client's address; behind a trusted proxy, the last address in X-Forwarded-For, which that proxy added."""
    if behind_proxy:
        address = str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
        if address:
            return address[:64]
    return str(environ["REMOTE_ADDR"])


def _digest(environ: Mapping[str, Any]) -> bytes | None:
    header = environ.get("HTTP_AUTHORIZATION") or environ.get("HTTP_COOKIE")
    subject = environ.get(SUBJECT)
    if subject is not None:  # with the proxy's secret, so that nobody else gets the digest of an account
        header = "\x00".join((header or "", subject, environ.get(SECRET, "")))
    return hashlib.sha256(header.encode("latin-1")).digest() if header else None


def _client_of(account: str) -> str:
    """The client name of an account; clients without an account are named by their address."""
    return f"account {account}"


def _request_limits(limits: Limits) -> tuple[int, int]:
    """Requests of one client at a time, and how many more may wait."""
    return limits.client_requests, limits.client_waiting


def _response_limits(limits: Limits) -> tuple[int, int]:
    """Responses to one client at a time, and how many more may wait: as many as requests of it may be accepted."""
    return limits.client_answers, limits.client_waiting + limits.client_requests
