"""Signing in with a name and its password or key, with the same limits as every login (`server.logins`); and signing out.

`provider_page` is the other way to sign in.
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
_SIGNED_OUT: Final = "left"  # query parameter after signing out of a session that began through a provider


def sign_in() -> flask.Response:
    """GET /console/login: the form."""
    if pages.session() is not None:
        return layout.see(forms.local_target(flask.request.args.get("to", "")) or pages.start_address(pages.account()))
    signed_out = _SIGNED_OUT in flask.request.args
    provider = pages.provider()
    if (
        signed_out and provider is not None and not provider.has_metadata
    ):  # the provider's sign-out address is not known in this worker
        try:
            if isinstance(check_response := ask_provider(provider.look_up), flask.Response):
                return check_response
        except (ProviderError, TooManyRequestsError):
            pass  # the page does not need the address
    return form(200, target=flask.request.args.get("to", ""), signed_out=signed_out)


def try_sign_in() -> flask.Response:
    """POST /console/login: begin a session; the message for a refusal is the same for every cause."""
    request = flask.request
    guard.check_origin(request, pages.public_url())
    if forms.is_longer(request, _FORM_BYTES):
        raise MalformedError("A name and a password are shorter than that.")
    name, target = request.form.get("name", "").strip(), request.form.get("to", "")
    flask.g.attempt = loggable_name(name)  # for the log, if it is refused
    try:
        login = login_of(name, request.form.get("password", ""))
    except TooManyRequestsError as error:
        return throttled(error, name=name, target=target)
    except UnauthenticatedError:
        return form(401, gettext("The name and the password or key do not fit together."), name, target)
    if isinstance(login, PasswordCheck):
        request.environ[front.CHECK] = login
        return flask.Response(status=401)  # the front verifies the password, and calls this view again
    session = pages.sessions().begin(login)
    if session is None:
        return form(401, gettext("The name and the password or key do not fit together."), name, target)
    return enter(login, session, target)


def enter(account: Account, session: Session, target: str) -> flask.Response:
    """Redirect to the requested page in a new session; the browser's earlier session ends, so copies of its cookie are useless."""
    if (old_session := pages.session()) is not None:
        pages.sessions().end(old_session)
    flask.g.account, flask.g.session = account, session
    response = layout.see(forms.local_target(target) or pages.start_address(account))
    pages.set_session(response, session)
    return response


def sign_out() -> flask.Response:
    """POST /console/logout: end the session."""
    guard.check_origin(flask.request, pages.public_url())
    session = pages.session()
    target = "/console/login"
    if session is not None:
        guard.check_form(flask.request, session, pages.sessions())
        pages.sessions().end(session)
        target += f"?{_SIGNED_OUT}=" if session.identity else ""
    response = layout.see(target)
    pages.end_session(response)
    return response


def language() -> flask.Response:
    """GET /console/language?to=th&back=/: set the language of the pages in this browser."""
    request = flask.request
    response = layout.see(forms.local_target(request.args.get("back", "")) or "/")
    tag = request.args.get("to", "")
    if tag in texts.LANGUAGES:
        secure = guard.cookie_name(request, pages.public_url()) == SECURE_COOKIE
        response.set_cookie(layout.COOKIE, tag, max_age=365 * 24 * 3600, samesite="Lax", secure=secure, httponly=True)
    return response


def login_of(name: str, password: str) -> Account | PasswordCheck:
    """The account, or the check that the front has to make first; UnauthenticatedError if name and password do not match."""
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


def ask_provider(ask: Callable[[], Any]) -> Any:
    """The provider's answer; or a response that makes the front ask the provider and then call this view again."""
    environ = flask.request.environ
    if front.LOGIN in environ:
        result = environ.pop(front.LOGIN)
        if isinstance(result, HubError):
            raise result
        return result
    if environ.get(front.FRONT):
        environ[front.CHECK] = ProviderCall(ask)
        return flask.Response(status=401)
    return ask()


def form(
    status: int, problem: str = "", name: str = "", target: str = "", *, signed_out: bool = False
) -> flask.Response:
    """The sign-in page; `signed_out`: the person signed out of the hub, and may still be signed in at the provider."""
    provider = pages.provider()
    target = forms.local_target(target)
    return pages.render(
        "sign_in.html",
        status,
        problem=problem,
        name=name,
        target=target,
        # not the address of this request: the provider's return address works only once
        here="/console/login" + (f"?to={quote(target, safe='')}" if target else ""),
        provider=provider.name if provider is not None else "",
        signed_out=signed_out and provider is not None,
        sign_out_address=provider.sign_out_address if provider is not None else "",
    )


def throttled(error: TooManyRequestsError, *, name: str = "", target: str = "") -> flask.Response:
    """The page shown after too many failed sign-ins of this address or name, or with too many at the same time."""
    response = form(429, gettext("Too many sign-ins failed. Wait a little, then try again."), name, target)
    response.headers["Retry-After"] = str(error.retry_after)
    return response
