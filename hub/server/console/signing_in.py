"""Signing in and out: a name with its password or key, through the same throttles as every login (`server.logins`).

`provider_page` is the other way in.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

import flask

from hub.errors import HubError, MalformedError, ProviderError, TooManyRequestsError, UnauthenticatedError
from hub.pages import forms, layout, texts
from hub.pages.texts import gettext
from hub.server import front
from hub.server.console import guard, pages
from hub.server.provider_queue import ProviderCall
from hub.sharing.credentials import PasswordCheck, loggable_name
from hub.sharing.members import Account
from hub.sharing.sessions import SECURE_COOKIE, Session

_FORM_BYTES: Final = 16 * 1024
_LEFT: Final = "left"  # of the query, after signing out of a session that was begun through a provider


def sign_in() -> flask.Response:
    """GET /console/login: the form."""
    if pages.session() is not None:
        return layout.see(forms.local_target(flask.request.args.get("to", "")) or pages.start_of(pages.account()))
    left = _LEFT in flask.request.args
    provider = pages.provider()
    if left and provider is not None and not provider.has_metadata:  # another worker may have asked for the way out
        try:
            if isinstance(wait := asked(provider.look_up), flask.Response):
                return wait
        except (ProviderError, TooManyRequestsError):
            pass  # the page does without it
    return form(200, target=flask.request.args.get("to", ""), left=left)


def try_sign_in() -> flask.Response:
    """POST /console/login: begin a session, or say in the same words whatever is wrong that it cannot be."""
    request = flask.request
    guard.check_origin(request, pages.public_url())
    if forms.is_longer(request, _FORM_BYTES):
        raise MalformedError("A name and a password are shorter than that.")
    name, target = request.form.get("name", "").strip(), request.form.get("to", "")
    flask.g.attempt = loggable_name(name)  # for the log, where it is refused
    try:
        login = login_of(name, request.form.get("password", ""))
    except TooManyRequestsError as error:
        return throttled(error, name=name, target=target)
    except UnauthenticatedError:
        return form(401, gettext("The name and the password or key do not fit together."), name, target)
    if isinstance(login, PasswordCheck):
        request.environ[front.CHECK] = login
        return flask.Response(status=401)  # the front verifies the password, and asks again
    session = pages.sessions().begin(login)
    if session is None:
        return form(401, gettext("The name and the password or key do not fit together."), name, target)
    return enter(login, session, target)


def enter(account: Account, session: Session, target: str) -> flask.Response:
    """Redirect to the requested page in a new session; the browser's earlier session ends, so copies of its cookie are useless."""
    if (before := pages.session()) is not None:
        pages.sessions().end(before)
    flask.g.account, flask.g.session = account, session
    response = layout.see(forms.local_target(target) or pages.start_of(account))
    pages.set_session(response, session)
    return response


def sign_out() -> flask.Response:
    """POST /console/logout: the session opens nothing from now on."""
    guard.check_origin(flask.request, pages.public_url())
    session = pages.session()
    target = "/console/login"
    if session is not None:
        guard.check_form(flask.request, session, pages.sessions())
        pages.sessions().end(session)
        target += f"?{_LEFT}=" if session.identity else ""
    response = layout.see(target)
    pages.end_session(response)
    return response


def language() -> flask.Response:
    """GET /console/language?to=th&back=/: the language of the pages in this browser."""
    request = flask.request
    response = layout.see(forms.local_target(request.args.get("back", "")) or "/")
    tag = request.args.get("to", "")
    if tag in texts.LANGUAGES:
        secure = guard.cookie_name(request, pages.public_url()) == SECURE_COOKIE
        response.set_cookie(layout.COOKIE, tag, max_age=365 * 24 * 3600, samesite="Lax", secure=secure, httponly=True)
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


def asked(ask: Callable[[], Any]) -> Any:
    """The provider's answer; or a response that makes the front ask the provider and then call this view again."""
    environ = flask.request.environ
    if front.LOGIN in environ:
        answer = environ.pop(front.LOGIN)
        if isinstance(answer, HubError):
            raise answer
        return answer
    if environ.get(front.FRONT):
        environ[front.CHECK] = ProviderCall(ask)
        return flask.Response(status=401)
    return ask()


def form(status: int, problem: str = "", name: str = "", target: str = "", *, left: bool = False) -> flask.Response:
    """The page where one signs in; `left` where somebody signed out of the hub, and perhaps not at the provider."""
    provider = pages.provider()
    target = forms.local_target(target)
    return pages.render(
        "sign_in.html",
        status,
        problem=problem,
        name=name,
        target=target,
        # the address of a page that a provider led to, or a form, is good once
        here="/console/login" + (f"?to={quote(target, safe='')}" if target else ""),
        provider=provider.name if provider is not None else "",
        left=left and provider is not None,
        sign_out_address=provider.sign_out_address if provider is not None else "",
    )


def throttled(error: TooManyRequestsError, *, name: str = "", target: str = "") -> flask.Response:
    """The page where too many sign-ins of this address or name failed, or too many are on their way."""
    response = form(429, gettext("Too many sign-ins failed. Wait a little, then try again."), name, target)
    response.headers["Retry-After"] = str(error.retry_after)
    return response
