"""Requests that another site makes a browser send (CSRF): the Origin of each, and the token in each form."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import flask

from hub.errors import ForbiddenError, TooLargeError, UnauthenticatedError
from hub.pages.forms import is_longer
from hub.sharing.sessions import COOKIE, SECURE_COOKIE, Session, Sessions

TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field
FORM_BYTES_MOST: Final = 512 * 1024  # of any form; most have a lower limit of their own


def check_origin(request: flask.Request, public_url: str) -> None:
    """ForbiddenError where a browser says that a page of another site sent this. Programs say nothing of that."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin")
    own = {_origin(request.host_url) if request.host else "", _origin(public_url)} - {""}
    if site not in ("same-origin", "none") or (origin is not None and origin not in own):
        raise ForbiddenError("Another site sent this request, so the hub does not act on it: use the hub's own page.")


def check_other_site(request: flask.Request) -> None:
    """Like `check_origin`, for addresses that programs use: refuses only requests that no program sends."""
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise ForbiddenError("A page of another site sent this request, so the hub does not act on it.")


def check_form(request: flask.Request, session: Session | None, sessions: Sessions) -> Session:
    """The session in which the form was sent; UnauthenticatedError without one, ForbiddenError without its token."""
    if session is None:
        raise UnauthenticatedError("Sign in first.")
    if is_longer(request, FORM_BYTES_MOST):
        raise TooLargeError(f"The form is over the {FORM_BYTES_MOST} bytes that the hub's pages send.")
    if not sessions.is_form_token(session, request.form.get(TOKEN_FIELD, "")):
        raise ForbiddenError("This form is from another session: open the page again, and send it from there.")
    return session


def cookie_name(request: flask.Request, public_url: str) -> str:
    """Under which name the session is kept: over TLS, one that only TLS may set."""
    return SECURE_COOKIE if request.is_secure or public_url.startswith("https://") else COOKIE


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
