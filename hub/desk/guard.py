"""Access control of the desk: only the browser of the officer who started it may use it, nobody else on this machine or the web.

1. The address. The desk listens on 127.0.0.1 and answers only requests for exactly that host and port. A name of another
   site that its DNS server resolves to 127.0.0.1 is refused (DNS rebinding).
2. The token. The desk is opened with an address that contains a token for one use. It gives the browser a session cookie.
3. The path. Cookies do not distinguish ports: a server of another user at another port of 127.0.0.1 would also get the
   cookie. So the cookie is for one path only, which is secret and new in each run.
4. The origin. `SameSite=Strict` does not distinguish ports, either. A request from another origin, according to the browser's
   headers, is refused, and a form needs the Origin header and its form token.
"""

from __future__ import annotations

import secrets
import threading
from hmac import compare_digest
from typing import Final

import flask

from hub.errors import ForbiddenError, UnauthenticatedError

HOST: Final = "127.0.0.1"
COOKIE: Final = "hub_desk"
TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field
_SECRET_BYTES: Final = 32


class Guard:
    """The secrets of one run of the desk, in memory only. Safe for several threads."""

    def __init__(self, port: int) -> None:
        self.host = f"{HOST}:{port}"
        self.origin = f"http://{self.host}"
        self.prefix = f"/{secrets.token_urlsafe(16)}"
        self._lock = threading.Lock()
        self._token: str | None = None
        self._session: str | None = None
        self._form_token = ""

    def new_address(self) -> str:
        """A new address that opens the desk once; earlier addresses become invalid."""
        token = secrets.token_urlsafe(_SECRET_BYTES)
        with self._lock:
            self._token = token
        return f"{self.origin}/open/{token}"

    def open(self, token: str) -> str:
        """Begin a session with the token, end the earlier one, and return the cookie. UnauthenticatedError if it is not valid."""
        with self._lock:
            if self._token is None or not compare_digest(self._token.encode(), token.encode("utf-8", "replace")):
                raise UnauthenticatedError(
                    "This address is wrong, or was used already. Press Enter in the terminal in which the desk runs: "
                    "it prints a new one."
                )
            self._token = None
            self._session = secrets.token_urlsafe(_SECRET_BYTES)
            self._form_token = secrets.token_urlsafe(_SECRET_BYTES)
            return self._session

    def close(self) -> None:
        """End the session."""
        with self._lock:
            self._session = None

    @property
    def form_token(self) -> str:
        """The token in each form of this session."""
        return self._form_token

    def check_address(self, request: flask.Request) -> None:
        """ForbiddenError if the request is for another host (1), or comes from another site's page (4)."""
        if request.headers.get("Host", "") != self.host:
            raise ForbiddenError(f"The desk can be used at {self.origin} only.")
        if request.endpoint != "open_desk" and request.headers.get("Sec-Fetch-Site", "none") not in (
            "same-origin",
            "none",
        ):
            raise ForbiddenError("Another site's page sent this request, so the desk does not act on it.")

    def check_session(self, request: flask.Request) -> None:
        """UnauthenticatedError if the request does not come from the browser that opened the desk (2)."""
        cookie = request.cookies.get(COOKIE, "")
        if self._session is None or not compare_digest(self._session.encode(), cookie.encode("utf-8", "replace")):
            raise UnauthenticatedError(
                "The desk is not open in this browser. Press Enter in the terminal in which it runs: it prints an address "
                "that opens it."
            )

    def check_form(self, request: flask.Request) -> None:
        """ForbiddenError if the form does not come from a page of this session (4). The body is read after the first check."""
        if request.headers.get("Origin") != self.origin:
            raise ForbiddenError("This form is not from a page of the desk: open the desk, and send it from there.")
        field = request.form.get(TOKEN_FIELD, "")
        if not compare_digest(self._form_token.encode(), field.encode("utf-8", "replace")):
            raise ForbiddenError("This form is from an earlier session: open the page again, and send it from there.")
