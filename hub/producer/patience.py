"""What taxii2-client lacks on a bad connection: time-outs, retries with growing pauses, and errors in plain words.

1. Every request has a time-out for the connection and one for silence on it.
2. Temporary failures (no answer, a broken connection, 408, 429, 502, 503, 504) are retried after a pause that doubles each
   time, with jitter so that many clients do not come back at the same instant.
3. A Retry-After is respected, unless it is unreasonably long: then it is an error.
4. All other failures become errors of hub.errors that say what to do next, and never contain a credential.

Every operation of TAXII 2.1 may be repeated: adding an object that the hub already has is a success (5.5).
"""

from __future__ import annotations

import logging
import os
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from taxii2client.common import _HTTPConnection
from taxii2client.exceptions import TAXIIServiceException
from urllib3.exceptions import NameResolutionError, NewConnectionError

from hub import errors
from hub.errors import ConfigurationError, ConnectionFailedError, HubError, seconds_in_words
from hub.settings import Secret
from hub.terminal import one_line
from hub.version import __version__

T = TypeVar("T")
_log = logging.getLogger("hub.producer")

TEMPORARY_STATUSES: Final = frozenset({408, 429, 502, 503, 504})
_STATUSES: Final[Mapping[int, tuple[type[HubError], str]]] = {
    400: (errors.MalformedError, "the hub cannot read the request"),
    401: (errors.UnauthenticatedError, "the hub does not know these credentials: check the key, or user and password"),
    403: (errors.ForbiddenError, "this account may not do that"),
    404: (errors.NotFoundError, "there is no such thing on the hub, or not for this account"),
    406: (errors.NotAcceptableError, "the server does not speak TAXII 2.1"),
    413: (errors.TooLargeError, "that is more than the hub takes in one request"),
    415: (errors.UnsupportedMediaError, "the server does not take TAXII 2.1"),
    422: (errors.UnprocessableError, "the hub cannot use what was sent"),
}
_NO_CREDENTIALS: Final = (
    "the hub asks who you are, and no key was given: run `hub setup` once, or set HUB_KEY (in Python: key=)"
)
LOGGED_PAUSE_SECONDS: Final = 0.2  # a pause at least this long is logged, since somebody may be waiting
_PART_BYTES: Final = 16 * 1024  # read at a time; compressed data can grow at most a thousandfold
_MESSAGE_CHARACTERS: Final = 600  # of a server's message, so that an error stays one sentence


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, and how often to try."""

    connect_seconds: float = 10.0
    silence_seconds: float = 60.0  # without a single byte of the answer
    tries: int = 6
    first_pause_seconds: float = 0.5  # doubles each time
    longest_pause_seconds: float = 30.0
    longest_retry_after_seconds: float = 300.0
    status_seconds: float = 60.0  # until a status is complete
    # limits of one answer, so that a hostile or broken hub cannot use more memory and time
    answer_seconds: float = 300.0
    answer_bytes: int = 64 * 1024 * 1024  # as received, perhaps compressed
    unpacked_bytes: int = 64 * 1024 * 1024  # a hub's page has at most 32 MiB
    answer_values: int = 5_000_000  # JSON values; each takes up to sixty bytes
    # 0 to 1, from a separate generator: the state of the module `random` belongs to the program that uses this library
    lot: Callable[[], float] = random.Random().random  # noqa: S311 - jitter keeps no secret

    def pause(self, failures: int) -> float:
        """The seconds to wait after that many failures in a row (at least 1): half of them fixed, half random."""
        longest = min(self.longest_pause_seconds, self.first_pause_seconds * 2.0 ** min(failures - 1, 30))
        return longest * (0.5 + self.lot() / 2)


def patience_with(patience: Patience, timeout: float | None, retries: int | None) -> Patience:
    """A copy with another limit for silence (seconds) or number of retries; None keeps the old value."""
    if timeout is not None:
        if timeout <= 0:
            raise ConfigurationError("timeout is in seconds, above 0")
        connect_seconds = min(patience.connect_seconds, timeout)
        patience = replace(patience, connect_seconds=connect_seconds, silence_seconds=timeout)
    if retries is not None:
        if retries < 0:
            raise ConfigurationError("retries counts from 0: a request is sent once, and that often again")
        patience = replace(patience, tries=retries + 1)
    return patience


class Authorization(AuthBase):
    """The value of the Authorization header, which is never printed."""

    def __init__(self, header: Secret) -> None:
        self.header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header on one request."""
        request.headers["Authorization"] = self.header.reveal()
        return request


class _Session(requests.Session):
    """requests' session with time-outs; remembers the headers of the last answer, which taxii2-client drops."""

    def __init__(self, patience: Patience) -> None:
        super().__init__()
        self.patience = patience
        self.last_headers: Mapping[str, str] = {}

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send one request. ConnectionFailedError for a redirect, HTTPError for every other answer above 299."""
        kwargs["timeout"] = (self.patience.connect_seconds, self.patience.silence_seconds)
        kwargs["verify"] = self.verify  # otherwise REQUESTS_CA_BUNDLE would override the CA that the user chose
        kwargs["allow_redirects"] = False
        kwargs["stream"] = True
        response = super().send(request, **kwargs)
        self._read(response)
        if response.is_redirect:
            target = urlsplit(urljoin(str(request.url), response.headers["Location"]))
            raise ConnectionFailedError(
                f"{place(str(request.url))}: the hub has moved to {target.scheme}://{target.netloc}{target.path}; "
                "if you trust that address, use it"
            )
        if response.status_code >= 300:
            raise requests.HTTPError(response=response)
        self.last_headers = response.headers
        return response

    def _read(self, response: requests.Response) -> None:
        """Read the body within the limits; otherwise ConnectionFailedError."""
        patience = self.patience
        is_late = threading.Event()
        timer = threading.Timer(patience.answer_seconds, _cut_connection, (response, is_late))
        timer.daemon = True
        timer.start()
        try:
            body = b"".join(_parts(response, patience))
        except requests.RequestException:
            if is_late.is_set():
                raise _limit_error(response, f"bytes for more than {patience.answer_seconds:g} seconds") from None
            raise
        finally:
            timer.cancel()
            response.close()
        if is_late.is_set():
            raise _limit_error(response, f"bytes for more than {patience.answer_seconds:g} seconds")
        if sum(map(body.count, (b",", b"{", b"["))) > patience.answer_values:
            raise _limit_error(response, f"more than {patience.answer_values} values")
        response._content = body  # noqa: SLF001 - where requests itself stores it


def _parts(response: requests.Response, patience: Patience) -> Iterator[bytes]:
    size = 0
    for part in response.iter_content(_PART_BYTES):
        size += len(part)
        if size > patience.unpacked_bytes or response.raw.tell() > patience.answer_bytes:
            raise _limit_error(response, f"more than {min(patience.unpacked_bytes, patience.answer_bytes)} bytes")
        yield part


def _cut_connection(response: requests.Response, is_late: threading.Event) -> None:
    """End a read at its time limit, since a server that sends a byte now and then could prolong it for ever."""
    is_late.set()
    with suppress(OSError, ValueError, AttributeError), socket.socket(fileno=os.dup(response.raw.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def _limit_error(response: requests.Response, quantity: str) -> ConnectionFailedError:
    return ConnectionFailedError(
        f"{place(response.url)}: the hub answers with {quantity}: ask for smaller pages, or tell its operator"
    )


class HubLine:
    """The connection to one hub. Pass `http` to taxii2-client's classes as `conn`. For one thread at a time."""

    def __init__(
        self,
        authorization: Secret | None,
        *,
        ca: str | None = None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.patience = patience or Patience()
        self.sleep = sleep
        self._secret = authorization
        self._session = _Session(self.patience)
        self._session.verify = True if ca is None else ca
        # with an explicit `auth` requests does not read ~/.netrc
        self._session.auth = _send_anonymously if authorization is None else Authorization(authorization)
        self.http = _HTTPConnection(version="2.1", user_agent=f"threat-sharing-hub/{__version__}")
        self.http.session.close()
        self.http.session = self._session

    @property
    def last_headers(self) -> Mapping[str, str]:
        """The headers of the last answer; their names are case-insensitive."""
        return self._session.last_headers

    def retry(self, call: Callable[[], T], *, tries: int | None = None) -> T:
        """Call `call` until it succeeds, at most `tries` times if failures are temporary; return its value.

        HubErrors as in `_STATUSES`, ConnectionFailedError for failures of the connection.
        """
        tries = tries or self.patience.tries
        failures = 0
        while True:
            try:
                return call()
            except HubError:
                raise
            except Exception as error:  # noqa: BLE001 - taxii2-client raises any error for a malformed answer
                failures += 1
                failure = self._failure(error)
            if not failure.is_temporary or failures >= tries:
                raise failure.error from None  # the cause may contain a request, and with it a credential
            pause = self.patience.pause(failures)
            if failure.retry_after is not None:
                if failure.retry_after > self.patience.longest_retry_after_seconds:
                    raise ConnectionFailedError(
                        f"{failure.error}; it asks to be left alone for {seconds_in_words(failure.retry_after)}"
                    )
                pause = max(pause, failure.retry_after)
            if pause >= LOGGED_PAUSE_SECONDS:
                _log.warning("%s; again in %.1f s (try %d of %d)", failure.error, pause, failures + 1, tries)
            self.sleep(pause)

    @contextmanager
    def open_stream(self, url: str, accept: str, silence_seconds: float) -> Iterator[requests.Response]:
        """The answer to one GET as a stream, on a separate connection; redirects and errors are returned as they are.

        Safe in another thread. Does not translate errors of requests.
        """
        with requests.Session() as session:
            session.auth = self._session.auth
            headers = {"Accept": accept, "Cache-Control": "no-store", "User-Agent": self.http.user_agent}
            request = session.prepare_request(requests.Request("GET", url, headers=headers))
            proxies = session.merge_environment_settings(url, {}, True, None, None)["proxies"]
            with session.send(
                request,
                stream=True,
                timeout=(self.patience.connect_seconds, silence_seconds),
                verify=self._session.verify,
                proxies=proxies,
                allow_redirects=False,
            ) as response:
                yield response

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _failure(self, error: Exception) -> _Failure:
        if isinstance(error, requests.HTTPError) and error.response is not None:
            return self._status(error.response)
        if isinstance(error, MissingSchema | InvalidSchema | InvalidURL):
            return _Failure(ConfigurationError("the hub's address is no URL like https://hub.example/asean/"), False)
        if isinstance(error, requests.RequestException) and not isinstance(error, requests.JSONDecodeError):
            address = place(error.request.url) if error.request is not None else "the hub"
            reason, is_temporary = _connection_problem(error, self.patience)
            return _Failure(ConnectionFailedError(f"{address}: {reason}"), is_temporary)
        if isinstance(error, OSError):  # a CA file that cannot be read, a socket that requests did not wrap
            return _Failure(ConnectionFailedError(f"the hub: {error.strerror or type(error).__name__}"), True)
        if isinstance(error, TAXIIServiceException | LookupError | TypeError | ValueError | AttributeError):
            # a connection that breaks after the headers of an answer without a length looks like this, too
            return _Failure(
                ConnectionFailedError(
                    "the address answers, but not as TAXII 2.1 says: check that it is that of a hub "
                    f"({self._harmless(str(error), 160) or type(error).__name__})"
                ),
                True,
            )
        if isinstance(error, RecursionError):
            return _Failure(ConnectionFailedError("the hub's answer is nested too deeply to be read"), False)
        raise error

    def _status(self, response: requests.Response) -> _Failure:
        status = response.status_code
        message = self._error_message(response)
        if status in _STATUSES:
            cls, meaning = _STATUSES[status]
            if status == 401:  # the hub's own message is for programs: which header to send
                return _Failure(cls(meaning if self._secret is not None else _NO_CREDENTIALS), False)
            return _Failure(cls(f"{meaning}: {message}" if message else meaning), False)
        if 400 <= status < 500 and status not in TEMPORARY_STATUSES:
            return _Failure(
                errors.RefusedError(f"the hub refuses this with {status}: {message or response.reason}"), False
            )
        meaning = "the hub asks for slower requests" if status == 429 else f"the hub cannot answer now ({status})"
        error = ConnectionFailedError(f"{place(response.url)}: {meaning}" + (f": {message}" if message else ""))
        return _Failure(error, status in TEMPORARY_STATUSES, _retry_after(response.headers.get("Retry-After")))

    def _error_message(self, response: requests.Response) -> str:
        """Description or title of TAXII's error message (3.6); empty if the answer is something else."""
        try:
            message = response.json()
        except (ValueError, RecursionError):
            return ""
        if not isinstance(message, dict):
            return ""
        texts = [message.get("description") or message.get("title"), message.get("error_id")]
        parts = [self._harmless(text, _MESSAGE_CHARACTERS) for text in texts if isinstance(text, str)]
        return (
            f"{parts[0]} (error_id {parts[1]})"
            if len(parts) == 2 and response.status_code >= 500
            else "".join(parts[:1])
        )

    def _harmless(self, text: str, characters: int) -> str:
        """A server's text, made safe for a terminal: one line, without control characters and without the credential."""
        if self._secret is not None:
            for part in self._secret.reveal().split():
                text = text.replace(part, "***") if len(part) > 7 else text
        return one_line(text)[:characters].strip().rstrip(".")


@dataclass(frozen=True, slots=True)
class _Failure:
    error: HubError
    is_temporary: bool
    retry_after: float | None = None  # seconds


def place(url: str | None) -> str:
    """Scheme and host of a URL, for messages: without user, path and query."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _send_anonymously(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _connection_problem(error: requests.RequestException, patience: Patience) -> tuple[str, bool]:
    """What happened on the connection, and whether it may be temporary."""
    causes = _causes(error)
    if unverified := [cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)]:
        fault = _CERTIFICATE_FAULTS.get(unverified[0].verify_code, _UNKNOWN_AUTHORITY)
        return f"its TLS certificate cannot be verified: {fault}", False
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy on the way does not let this through", True
    if isinstance(error, requests.exceptions.SSLError):
        reason = next((str(cause.reason) for cause in causes if isinstance(cause, ssl.SSLError) and cause.reason), "")
        if reason in _WITHOUT_TLS:
            return "something answers there, but without TLS: check host and port of the address", False
        words = reason.lower().replace("_", " ") or "the line was cut"
        return f"TLS failed ({words}): check the address, then tell the hub's operator", True
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return "no host of this name is known: check the address, and the network", True
    if isinstance(error, requests.ConnectTimeout):
        return f"nothing answers within {patience.connect_seconds:g} seconds: check the address, and the network", True
    if isinstance(error, requests.Timeout):
        return f"the hub has been silent for {patience.silence_seconds:g} seconds", True
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        return "nothing listens there: check the address, and that the hub runs", True
    return "the line was cut in the middle of a request", True


# OpenSSL's errors about a certificate (its X509_V_ERR_ numbers), and what to do.
_OTHER_NAMES: Final = "it is for other names than the address has; check the address, then tell the hub's operator"
_CERTIFICATE_FAULTS: Final = {
    9: "it is not valid yet; check the clock of this machine, then tell the hub's operator",
    10: "it has expired; tell the hub's operator, or check the clock of this machine",
    62: _OTHER_NAMES,
    64: _OTHER_NAMES,  # an address that is an IP address
}
_UNKNOWN_AUTHORITY: Final = (
    "it is signed by an authority that this machine does not know; if the hub has one of its own, name the file with its "
    "certificate (HUB_CA, or ca=)"
)
_WITHOUT_TLS: Final = frozenset(  # reasons of OpenSSL, which differ by version, for an answer such as HTTP/1.1 400
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all its causes, which requests wraps in args, reason, cause or context."""
    chain: list[BaseException] = []
    stack: list[Any] = [error]
    while stack and len(chain) < 20:
        cause = stack.pop()
        if isinstance(cause, BaseException) and not any(cause is other for other in chain):
            chain.append(cause)
            stack += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
    return chain


def _retry_after(text: str | None) -> float | None:
    """The seconds in a Retry-After (RFC 9110, 10.2.3: a number, or a date)."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
