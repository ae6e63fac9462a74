"""An OpenID Connect provider in this process, which answers as a test says: also what none should."""

from __future__ import annotations

import functools
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "hub"
SECRET = "a secret of the provider and the hub"


@functools.cache
def _first_key() -> RSAKey:
    """One for all tests of a process: to make it takes longer than most of them."""
    return RSAKey.generate_key(2048, {"kid": "first"})


@dataclass
class FakeProvider:
    """What it says and signs can be changed by the test; `requests` are those that came, by path."""

    clock: Callable[[], int]  # seconds
    address: str = ""
    issuer: str = ""
    key: RSAKey = field(default_factory=_first_key)
    claims: dict[str, Any] = field(default_factory=dict)  # beside, or in place of, what it says by itself
    missing: tuple[str, ...] = ()  # claims that it leaves out
    metadata: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "first"})
    sign: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)  # by path
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)  # the request for which each was given
    takes_codes_again: bool = False

    def authorize(self, address: str) -> dict[str, str]:
        """The query with which the browser is sent back, once its owner has signed in here."""
        parameters = dict(parse_qsl(urlsplit(address).query))
        assert parameters["client_id"] == CLIENT
        assert (parameters["response_type"], parameters["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(16)
        self.codes[code] = parameters
        return {"code": code, "state": parameters["state"]}

    def id_token(self, parameters: dict[str, str]) -> str:
        now = self.clock()
        claims = {
            "iss": self.issuer,
            "sub": "alice",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": parameters["nonce"],
        }
        claims = {name: value for name, value in (claims | self.claims).items() if name not in self.missing}
        if self.sign is not None:
            return self.sign(self.header, claims)
        return jwt.encode(self.header, claims, self.key, algorithms=[self.header["alg"]])

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        path = urlsplit(request.path).path
        length = int(request.headers.get("Content-Length", 0))
        form = {name: values[0] for name, values in parse_qs(request.rfile.read(length).decode()).items()}
        self.requests.append((path, form | {"Authorization": request.headers.get("Authorization", "")}))
        if path in self.answers:
            self.answers[path](request)
        elif path.endswith("/.well-known/openid-configuration"):
            claims = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                "end_session_endpoint": f"{self.address}/leave",
            }
            answer(request, 200, claims | self.metadata)
        elif path == "/keys":
            answer(request, 200, {"keys": [self.key.as_dict(private=False, use="sig")]})
        elif path == "/token":
            self._token(request, form)
        else:
            answer(request, 404, {})

    def _token(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        parameters = self.codes.get(form["code"]) if self.takes_codes_again else self.codes.pop(form["code"], None)
        if (
            parameters is None
            or create_s256_code_challenge(form["code_verifier"]) != parameters["code_challenge"]
            or form["redirect_uri"] != parameters["redirect_uri"]
        ):
            answer(request, 400, {"error": "invalid_grant", "error_description": "<b>no</b>"})
            return
        answer(request, 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(parameters)})

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]


def answer(request: BaseHTTPRequestHandler, status: int, value: object) -> None:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """An ID token that says alg none."""
    from joserfc.util import urlsafe_b64encode

    parts = [urlsafe_b64encode(json.dumps(part).encode()).decode() for part in ({"alg": "none"}, claims)]
    return ".".join([*parts, ""])


def signed_with_public_key(key: RSAKey) -> Callable[[dict[str, Any], dict[str, Any]], str]:
    """HS256, with the provider's public key as the secret: a verifier that trusts the header takes it."""

    def sign(header: dict[str, Any], claims: dict[str, Any]) -> str:
        import base64
        import hmac

        from joserfc.util import urlsafe_b64encode

        head = urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "first"}).encode())
        text = head + b"." + urlsafe_b64encode(json.dumps(claims).encode())
        digest = hmac.digest(key.as_pem(private=False), text, "sha256")
        return (text + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()

    return sign


@contextmanager
def fake_provider(clock: Callable[[], int]) -> Iterator[FakeProvider]:
    """On a loopback port of its own."""
    provider = FakeProvider(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.handle(self)

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.address = provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _drip(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    try:
        while True:
            request.wfile.write(b" ")
            request.wfile.flush()
            time.sleep(0.05)  # the provider's pace
    except OSError:
        pass


def _redirect(request: BaseHTTPRequestHandler) -> None:
    request.send_response(302)
    request.send_header("Location", "http://192.0.2.1/")
    request.send_header("Content-Length", "0")
    request.end_headers()


TROUBLE: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    "an error": lambda request: answer(request, 500, {}),
    "no JSON": lambda request: answer(request, 200, b"<html>"),
    "a list": lambda request: answer(request, 200, []),
    "too much": lambda request: answer(request, 200, b" " * 300_000),
    "elsewhere": _redirect,
    "never an end": _drip,
}
