"""Who may use the operator's pages, and who may change something there.

1. The pages are for accounts of kind operator.
2. A change needs a form of the operator's own session, which no other site can send.
3. Only operators with a password may change something. A key is in the configuration of monitoring systems: a person who
   finds it there can read figures, but cannot add an account to read everything.
4. Each change of an account needs the password again, so that nobody can use an unattended browser for it. The password is
   verified and throttled as at the sign-in, and a wrong one is recorded like a refused sign-in.
"""

from __future__ import annotations

import flask

from hub.errors import ForbiddenError, MalformedError, UnauthenticatedError
from hub.pages import forms
from hub.server import front, metrics
from hub.server.console import guard, pages
from hub.server.console.signing_in import login_of
from hub.sharing.credentials import PasswordCheck
from hub.sharing.members import Account, AccountKind
from hub.sharing.sessions import Session

FORM_BYTES: int = 16 * 1024  # of a form without a file


def operator() -> Account:
    """(1) The operator of this request. UnauthenticatedError or ForbiddenError if the account is no operator."""
    account = pages.account()
    if account is None:
        raise UnauthenticatedError("Send the credentials of an account of kind operator.")
    if account.kind is not AccountKind.OPERATOR:
        raise ForbiddenError("This page is for accounts of kind operator.")
    return account


def form_session(max_bytes: int = FORM_BYTES) -> Session:
    """(2) The session of the form; the errors of `guard`, and MalformedError if the form is too long."""
    request = flask.request
    guard.check_origin(request, pages.public_url())
    if forms.is_longer(request, max_bytes):
        raise MalformedError(f"A form of this page has at most {max_bytes} bytes.")
    return guard.check_form(request, pages.session(), pages.sessions())


def may_act(account: Account) -> bool:
    """(3) Whether the account is an enabled operator with a password."""
    row = pages.hub().store.get_account(account.name)
    return row is not None and row.kind == AccountKind.OPERATOR and not row.disabled and bool(row.password_hash)


def acting_operator() -> Account:
    """(3) The operator of this request; ForbiddenError if it may only read."""
    account = operator()
    if not may_act(account):
        raise ForbiddenError("Only operators with a password may do this; this account has a key, and may only read.")
    return account


def prove_again(account: Account, password: str) -> flask.Response | None:
    """(4) None if the password is right; a response if the front has to verify it first and call this view again.

    UnauthenticatedError if it is wrong, TooManyRequestsError after too many wrong ones.
    """
    try:
        login = login_of(account.name, password)
    except UnauthenticatedError:
        flask.current_app.extensions["trail"].recorder.refused_login(flask.request.remote_addr or "", account.name)
        metrics.count_refused_login()
        raise
    if isinstance(login, PasswordCheck):
        flask.request.environ[front.CHECK] = login
        return flask.Response(status=401)
    return None
