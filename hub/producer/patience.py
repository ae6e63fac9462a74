"""What taxii2-client lacks on a bad line: time-outs, tries again with growing pauses, and errors in plain words.

1. Every request has a time-out for the connection and one for silence on the line.
2. What may pass by itself (no answer, a line cut anywhere, 408, 429, 502, 503, 504) is tried again after a pause that
   doubles each time, with jitter so that many clients do not come back in the same instant.
3. A Retry-After is waited for, unless it is longer than anybody would wait: then it is told.
4. Whatever is left becomes an error of hub.errors, with what to do next; no credential is ever part of one.

Requests may be repeated, since every operation of TAXII 2.1 may: to add what is held already is a success (5.5).
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

PASSING: Final = frozenset({408, 429, 502, 503, 504})
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
SAID_SECONDS: Final = 0.2  # a pause this long is said in the log: somebody may be waiting
_PART_BYTES: Final = 16 * 1024  # of an answer at a time: packed, they come to at most a thousand times as many
_SAID_CHARACTERS: Final = 600  # of what a server says, so that an error stays one sentence


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, and how often to try."""

    connect_seconds: float = 10.0
    silence_seconds: float = 60.0  # without a single byte of the answer
    tries: int = 6
    first_pause_seconds: float = 0.5  # doubles each time
    longest_pause_seconds: float = 30.0
    longest_retry_after_seconds: float = 300.0
    status_seconds: float = 60.0  # until a hub has done what it said it would do
    # of one answer: a hub that is hostile, or broken, takes no more memory and time than this
    answer_seconds: float = 300.0
    answer_bytes: int = 64 * 1024 * 1024  # as they come
    unpacked_bytes: int = 64 * 1024 * 1024  # a hub's page has 32 MiB at the most
    answer_values: int = 5_000_000  # JSON values; each takes up to sixty bytes
    # 0 to 1. A generator of its own: the state of the module `random` belongs to the program that uses this library.
    lot: Callable[[], float] = random.Random().random  # noqa: S311 - jitter keeps no secret

    def pause(self, failures: int) -> float:
        """The seconds to wait after that many failures in a row (at least 1): half of it fixed, half by lot."""
        whole = min(self.longest_pause_seconds, self.first_pause_seconds * 2.0 ** min(failures - 1, 30))
        return whole * (0.5 + self.lot() / 2)


def patience_with(patience: Patience, timeout: float | None, retries: int | None) -> Patience:
    """A copy with another limit for silence (seconds) or number of retries; None keeps a value."""
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
    """The value of the Authorization header, which does not show itself."""

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
        self.answered: Mapping[str, str] = {}

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send one request. ConnectionFailedError for a redirect, HTTPError for every other answer above 299."""
        kwargs["timeout"] = (self.patience.connect_seconds, self.patience.silence_seconds)
        kwargs["verify"] = self.verify  # requests would let REQUESTS_CA_BUNDLE win over the CA that was asked for
        kwargs["allow_redirects"] = False
        kwargs["stream"] = True
        response = super().send(request, **kwargs)
        self._read(response)
        if response.is_redirect:
            moved = urlsplit(urljoin(str(request.url), response.headers["Location"]))
            raise ConnectionFailedError(
                f"{place(str(request.url))}: the hub has moved to {moved.scheme}://{moved.netloc}{moved.path}; "
                "if you trust that address, use it"
            )
        if response.status_code >= 300:
            raise requests.HTTPError(response=response)
        self.answered = response.headers
        return response

    def _read(self, response: requests.Response) -> None:
        """Read the body within the limits; ConnectionFailedError beyond them."""
        patience = self.patience
        late = threading.Event()
        timer = threading.Timer(patience.answer_seconds, _cut, (response, late))
        timer.daemon = True
        timer.start()
        try:
            body = b"".join(_parts(response, patience))
        except requests.RequestException:
            if late.is_set():
                raise _too_much(response, f"bytes for more than {patience.answer_seconds:g} seconds") from None
            raise
        finally:
            timer.cancel()
            response.close()
        if late.is_set():
            raise _too_much(response, f"bytes for more than {patience.answer_seconds:g} seconds")
        if sum(map(body.count, (b",", b"{", b"["))) > patience.answer_values:
            raise _too_much(response, f"more than {patience.answer_values} values")
        response._content = body  # noqa: SLF001 - where requests itself puts it


def _parts(response: requests.Response, patience: Patience) -> Iterator[bytes]:
    size = 0
    for part in response.iter_content(_PART_BYTES):
        size += len(part)
        if size > patience.unpacked_bytes or response.raw.tell() > patience.answer_bytes:
            raise _too_much(response, f"more than {min(patience.unpacked_bytes, patience.answer_bytes)} bytes")
        yield part


def _cut(response: requests.Response, late: threading.Event) -> None:
    """Time is up: end the read on the socket. A server that sends a byte now and then would otherwise hold it for ever."""
    late.set()
    with suppress(OSError, ValueError, AttributeError), socket.socket(fileno=os.dup(response.raw.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def _too_much(response: requests.Response, quantity: str) -> ConnectionFailedError:
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
        # with an `auth` of its own requests does not go and look for one in ~/.netrc
        self._session.auth = _anonymous if authorization is None else Authorization(authorization)
        self.http = _HTTPConnection(version="2.1", user_agent=f"threat-sharing-hub/{__version__}")
        self.http.session.close()
        self.http.session = self._session

    @property
    def answered(self) -> Mapping[str, str]:
        """The headers of the last answer; their names in any case."""
        return self._session.answered

    def patiently(self, call: Callable[[], T], *, tries: int | None = None) -> T:
        """What `call` returns; it is called again after failures that may pass, `tries` times in all.

        HubErrors as `_STATUSES` says, ConnectionFailedError for all that has to do with the line.
        """
        tries = tries or self.patience.tries
        failures = 0
        while True:
            try:
                return call()
            except HubError:
                raise
            except Exception as error:  # noqa: BLE001 - an answer of the wrong shape makes taxii2-client raise anything
                failures += 1
                failure = self._failure(error)
            if not failure.passing or failures >= tries:
                raise failure.error from None  # the cause may hold a request, and with it a credential
            pause = self.patience.pause(failures)
            if failure.retry_after is not None:
                if failure.retry_after > self.patience.longest_retry_after_seconds:
                    raise ConnectionFailedError(
                        f"{failure.error}; it asks to be left alone for {seconds_in_words(failure.retry_after)}"
                    )
                pause = max(pause, failure.retry_after)
            if pause >= SAID_SECONDS:
                _log.warning("%s; again in %.1f s (try %d of %d)", failure.error, pause, failures + 1, tries)
            self.sleep(pause)

    @contextmanager
    def opened(self, url: str, accept: str, silence_seconds: float) -> Iterator[requests.Response]:
        """The answer to one GET while it still comes in, redirects and errors as they are; on a connection of its own.

        Fit for another thread than the rest. Raises what requests raises.
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
            where = place(error.request.url) if error.request is not None else "the hub"
            why, passing = _why(error, self.patience)
            return _Failure(ConnectionFailedError(f"{where}: {why}"), passing)
        if isinstance(error, OSError):  # a CA file that cannot be read, a socket that requests did not wrap
            return _Failure(ConnectionFailedError(f"the hub: {error.strerror or type(error).__name__}"), True)
        if isinstance(error, TAXIIServiceException | LookupError | TypeError | ValueError | AttributeError):
            # a line that is cut behind the headers of an answer without a length looks like this, too
            return _Failure(
                ConnectionFailedError(
                    "the address answers, but not as TAXII 2.1 says: check that it is that of a hub "
                    f"({self._plain(str(error), 160) or type(error).__name__})"
                ),
                True,
            )
        if isinstance(error, RecursionError):
            return _Failure(ConnectionFailedError("the hub's answer is nested too deeply to be read"), False)
        raise error

    def _status(self, response: requests.Response) -> _Failure:
        status = response.status_code
        words = self._error_message(response)
        if status in _STATUSES:
            cls, meaning = _STATUSES[status]
            if status == 401:  # the hub's own words are for programs: which header to send
                return _Failure(cls(meaning if self._secret is not None else _NO_CREDENTIALS), False)
            return _Failure(cls(f"{meaning}: {words}" if words else meaning), False)
        if 400 <= status < 500 and status not in PASSING:
            return _Failure(
                errors.RefusedError(f"the hub refuses this with {status}: {words or response.reason}"), False
            )
        meaning = "the hub asks for slower requests" if status == 429 else f"the hub cannot answer now ({status})"
        error = ConnectionFailedError(f"{place(response.url)}: {meaning}" + (f": {words}" if words else ""))
        return _Failure(error, status in PASSING, _retry_after(response.headers.get("Retry-After")))

    def _error_message(self, response: requests.Response) -> str:
        """Title and description of TAXII's error message (3.6), if that is what came."""
        try:
            message = response.json()
        except (ValueError, RecursionError):
            return ""
        if not isinstance(message, dict):
            return ""
        words = [message.get("description") or message.get("title"), message.get("error_id")]
        words_said = [self._plain(word, _SAID_CHARACTERS) for word in words if isinstance(word, str)]
        return (
            f"{words_said[0]} (error_id {words_said[1]})"
            if len(words_said) == 2 and response.status_code >= 500
            else "".join(words_said[:1])
        )

    def _plain(self, text: str, characters: int) -> str:
        """What a server says, fit for a terminal: one line, no control characters, no credential echoed back."""
        if self._secret is not None:
            for part in self._secret.reveal().split():
                text = text.replace(part, "***") if len(part) > 7 else text
        return one_line(text)[:characters].strip().rstrip(".")


@dataclass(frozen=True, slots=True)
class _Failure:
    error: HubError
    passing: bool
    retry_after: float | None = None  # seconds


def place(url: str | None) -> str:
    """Scheme and host of a URL, for messages: neither path nor query, and no user."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _anonymous(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _why(error: requests.RequestException, patience: Patience) -> tuple[str, bool]:
    """What happened on the line, and whether it may pass by itself."""
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


# What OpenSSL found wrong with a certificate (its X509_V_ERR_ numbers), and what to do.
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
    """The error, and all that it came from: what requests wraps stands in args, reason, cause or context."""
    chain: list[BaseException] = []
    rest: list[Any] = [error]
    while rest and len(chain) < 20:
        link = rest.pop()
        if isinstance(link, BaseException) and not any(link is other for other in chain):
            chain.append(link)
            rest += [*link.args, getattr(link, "reason", None), link.__cause__, link.__context__]
    return chain


def _retry_after(text: str | None) -> float | None:
    """The seconds that a Retry-After names (RFC 9110, 10.2.3: a number, or a date)."""
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
