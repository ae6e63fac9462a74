"""Signing in and out: a name with its password or key, through the same throttles as every login (`server.logins`)."""

from __future__ import annotations

import base64
from typing import Final

import flask

from hub.errors import HubError, MalformedError, TooManyRequestsError, UnauthenticatedError
from hub.pages import forms, layout, texts
from hub.pages.texts import gettext
from hub.server import front
from hub.server.console import guard, pages
from hub.sharing.credentials import PasswordCheck, shown_name
from hub.sharing.members import Account
from hub.sharing.sessions import SECURE_COOKIE

_FORM_BYTES: Final = 16 * 1024


def sign_in() -> flask.Response:
    """GET /console/login: the form."""
    if pages.session() is not None:
        return layout.see(forms.local_target(flask.request.args.get("to", "")) or pages.start_of(pages.account()))
    return _form(200, "", "", flask.request.args.get("to", ""))


def try_sign_in() -> flask.Response:
    """POST /console/login: begin a session, or say in the same words whatever is wrong that it cannot be."""
    request = flask.request
    guard.check_origin(request, pages.public_url())
    if forms.is_longer(request, _FORM_BYTES):
        raise MalformedError("A name and a password are shorter than that.")
    name, target = request.form.get("name", "").strip(), request.form.get("to", "")
    flask.g.tried = shown_name(name)  # for the log, where it is refused
    try:
        login = login_of(name, request.form.get("password", ""))
    except TooManyRequestsError as error:
        response = _form(429, gettext("Too many sign-ins failed. Wait a little, then try again."), name, target)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    except UnauthenticatedError:
        return _form(401, gettext("The name and the password or key do not fit together."), name, target)
    if isinstance(login, PasswordCheck):
        request.environ[front.CHECK] = login
        return flask.Response(status=401)  # the front verifies the password, and asks again
    session = pages.sessions().begin(login)
    if session is None:
        return _form(401, gettext("The name and the password or key do not fit together."), name, target)
    flask.g.account = login
    response = layout.see(forms.local_target(target) or pages.start_of(login))
    pages.set_session(response, session)
    return response


def sign_out() -> flask.Response:
    """POST /console/logout: the session opens nothing from now on."""
    guard.check_origin(flask.request, pages.public_url())
    session = pages.session()
    if session is not None:
        guard.check_form(flask.request, session, pages.sessions())
        pages.sessions().end(session)
    response = layout.see("/console/login")
    pages.end_session(response)
    return response


def language() -> flask.Response:
    """GET /console/language?to=th&back=/: the language of the pages in this browser."""
    request = flask.request
    response = layout.see(forms.local_target(request.args.get("back", "")) or "/")
    chosen = request.args.get("to", "")
    if chosen in texts.LANGUAGES:
        secure = guard.cookie_name(request, pages.public_url()) == SECURE_COOKIE
        response.set_cookie(texts.COOKIE, chosen, max_age=365 * 24 * 3600, samesite="Lax", secure=secure, httponly=True)
    return response


def login_of(name: str, password: str) -> Account | PasswordCheck:
    """The account, or the check that the front makes first; UnauthenticatedError where the two do not fit together."""
    environ = flask.request.environ
    login = environ.pop(front.LOGIN, None)
    if isinstance(login, HubError):
        raise login
    if login is None:
        if ":" in name:  # HTTP Basic (RFC 7617) has no such names
            raise UnauthenticatedError("No account has such a name.")
        encoded = base64.b64encode(f"{name}:{password}".encode("utf-8", "surrogateescape")).decode()
        login = pages.hub().credentials.look_up(f"Basic {encoded}")
    if isinstance(login, PasswordCheck) and not environ.get(front.FRONT):
        login = login.verify()
    assert isinstance(login, Account | PasswordCheck)
    return login


def _form(status: int, problem: str, name: str, target: str) -> flask.Response:
    return pages.render("sign_in.html", status, problem=problem, name=name, target=forms.local_target(target))
