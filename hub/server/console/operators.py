"""Who may use the operator's pages, and who may change something there.

1. The pages are for accounts of kind operator.
2. What changes something comes from a form of the operator's own session, and not from another site.
3. Operators with a password act; the others look. A key stands in the configuration of monitoring systems:
   a person who finds it there can read figures, but cannot make an account to read everything.
4. The password is typed again for each change of an account: an unattended browser changes no account. It is verified and
   throttled as at the sign-in, and a wrong one is noted like a refused sign-in.
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
    """(1) Who is asking. UnauthenticatedError or ForbiddenError where that is no operator."""
    account = pages.account()
    if account is None:
        raise UnauthenticatedError("Send the credentials of an account of kind operator.")
    if account.kind is not AccountKind.OPERATOR:
        raise ForbiddenError("This page is for accounts of kind operator.")
    return account


def form_session(most_bytes: int = FORM_BYTES) -> Session:
    """(2) The session whose form this is; the errors of `guard`, and MalformedError where it is too long."""
    request = flask.request
    guard.check_origin(request, pages.public_url())
    if forms.is_longer(request, most_bytes):
        raise MalformedError(f"A form of this page has at most {most_bytes} bytes.")
    return guard.check_form(request, pages.session(), pages.sessions())


def may_act(account: Account) -> bool:
    """(3) Whether the account has a password, and is not shut out."""
    row = pages.hub().store.get_account(account.name)
    return row is not None and row.kind == AccountKind.OPERATOR and not row.disabled and bool(row.password_hash)


def acting_operator() -> Account:
    """(3) Who is asking; ForbiddenError where that operator only looks."""
    account = operator()
    if not may_act(account):
        raise ForbiddenError("This is done by operators with a password; this account has a key, and only looks.")
    return account


def prove_again(account: Account, password: str) -> flask.Response | None:
    """(4) None where the password is the account's; a response for the front where it verifies it first, and asks again.

    UnauthenticatedError where it is wrong, TooManyRequestsError where too many were.
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
