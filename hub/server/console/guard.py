"""Protection from requests that another site makes a browser send (CSRF): checks the Origin, and the token in each form."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import flask

from hub.errors import ForbiddenError, TooLargeError, UnauthenticatedError
from hub.pages.forms import is_longer
from hub.sharing.sessions import COOKIE, SECURE_COOKIE, Session, Sessions

TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field
MAX_FORM_BYTES: Final = 512 * 1024  # of any form; most forms have a lower limit


def check_origin(request: flask.Request, public_url: str) -> None:
    """ForbiddenError if the browser's headers name another site. Programs do not send these headers."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin")
    own_origins = {_origin(request.host_url) if request.host else "", _origin(public_url)} - {""}
    if site not in ("same-origin", "none") or (origin is not None and origin not in own_origins):
        raise ForbiddenError("Another site sent this request, so the hub does not act on it: use the hub's own page.")


def check_other_site(request: flask.Request) -> None:
    """Like `check_origin`, for addresses that programs use: refuses only requests that no program sends."""
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise ForbiddenError("A page of another site sent this request, so the hub does not act on it.")


def check_form(request: flask.Request, session: Session | None, sessions: Sessions) -> Session:
    """The session in which the form was sent; UnauthenticatedError without one, ForbiddenError without its token."""
    if session is None:
        raise UnauthenticatedError("Sign in first.")
    if is_longer(request, MAX_FORM_BYTES):
        raise TooLargeError(f"The form is larger than {MAX_FORM_BYTES} bytes, which no page of the hub sends.")
    if not sessions.is_form_token(session, request.form.get(TOKEN_FIELD, "")):
        raise ForbiddenError("This form is from another session: open the page again, and send it from there.")
    return session


def cookie_name(request: flask.Request, public_url: str) -> str:
    """The name of the session's cookie: over TLS, a name that can be set over TLS only."""
    return SECURE_COOKIE if request.is_secure or public_url.startswith("https://") else COOKIE


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
