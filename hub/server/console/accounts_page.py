"""Accounts, for the operator: a page for each account, and the forms that add and change accounts.

1. A new account gets a key, never a password, so that it cannot change accounts itself (`operators`).
2. A form contains the state of the account when the page was made. If it is sent again, or from a second window, it is
   refused, since the account has changed meanwhile.
3. There is one change at a time in all processes of the hub: of two forms that are sent at once, the second sees the first.
4. The key is in one response and nowhere else: no redirect, no log, no cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import flask

from hub.audit.accounts import AccountChanges
from hub.community.turn import Turn
from hub.errors import (
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnprocessableError,
)
from hub.pages import layout
from hub.pages.texts import gettext, marked
from hub.server.console import board_view, operators, pages
from hub.sharing.credentials import deleted_accounts
from hub.sharing.drill_listings import accounts_with_drills
from hub.sharing.last_seen import last_seen
from hub.sharing.members import Account, AccountKind
from hub.sharing.volumes import Volume, volumes
from hub.stix.timestamps import format_place

_HOUR: Final = 3600 * 1000  # milliseconds
# When the old key expires: hours -> text in the form.
OVERLAPS: Final = {
    0: marked("immediately"),
    1: marked("in 1 hour"),
    24: marked("in 24 hours"),
    168: marked("in 7 days"),
}
# What each kind of account is for; shown beside its name in the form.
KINDS: Final = {
    AccountKind.CERT: marked("a national CERT: its staff and its tools"),
    AccountKind.CONSTITUENT: marked("an organisation in a member's country, such as a SOC"),
    AccountKind.PARTNER: marked("an organisation outside the membership"),
    AccountKind.OPERATOR: marked("who runs the hub; reads no content"),
}
DONE: Final = {
    "disable": marked("Disabled: its sessions and keys open nothing from now on."),
    "enable": marked("Enabled."),
}
_PURPOSE: Final = "account"  # of the sealed value in a form
_FIELD_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True)
class Subject:
    """An account as the page shows it; never a credential, nor a hash of one."""

    name: str
    kind: str
    member: str
    has_password: bool
    is_disabled: bool
    is_deleted: bool
    created: str  # a date


@dataclass(frozen=True, slots=True)
class _Problem:
    """Why a form was refused."""

    words: str
    status: int = 422
    english: bool = False  # whether the words have no translation


def new_account() -> flask.Response:
    """GET /console/operator/new-account: the form."""
    return _form_page(operators.operator())


def make_account() -> flask.Response:
    """POST /console/operator/new-account: add the account, and show its key."""
    actor = operators.operator()
    operators.form_session()
    if (problem := _proof_problem(actor)) is not None:
        return problem if isinstance(problem, flask.Response) else _form_page(actor, problem)
    name, kind = _field("name"), _field("kind")
    if kind not in {account_kind.value for account_kind in AccountKind}:
        return _form_page(actor, _Problem(gettext("Choose what the account is for.")))
    account = Account(name, AccountKind(kind), _field("member") or None)
    changes = AccountChanges(pages.hub(), {"by": actor.name})
    with Turn(pages.hub(), "accounts") as turn:
        if not turn.acquire():
            return _form_page(actor, _busy())
        if not operators.may_act(actor):  # disabled a moment ago
            raise ForbiddenError("This account makes no others.")
        try:
            key = changes.add(account, drills="drills" in flask.request.form)
        except UnprocessableError as error:
            return _form_page(actor, _Problem(str(error), english=True))
    return _key_page(name, key)


def show_account(name: str) -> flask.Response:
    """GET /console/operator/accounts/<name>."""
    return _account_page(operators.operator(), _subject(name), done=flask.request.args.get("done", ""))


def change_account(name: str) -> flask.Response:
    """POST /console/operator/accounts/<name>: rotate its key, disable it or enable it."""
    actor = operators.operator()
    session = operators.form_session()
    subject = _subject(name)
    if (problem := _proof_problem(actor)) is not None:
        return problem if isinstance(problem, flask.Response) else _account_page(actor, subject, problem)
    action = _field("action")
    if action not in ("rotate", *DONE):
        return _account_page(actor, subject, _Problem(gettext("Choose what to do with the account.")))
    changes = AccountChanges(pages.hub(), {"by": actor.name})
    with Turn(pages.hub(), "accounts") as turn:
        if not turn.acquire():
            return _account_page(actor, subject, _busy())
        subject = _subject(name)  # (3) as it is now
        if not operators.may_act(actor):  # disabled a moment ago
            raise ForbiddenError("This account changes no others.")
        sealed_value = pages.sessions().unseal(session, _PURPOSE, flask.request.form.get("state", ""))
        if sealed_value != [action, name, pages.sessions().state_of(name)]:
            words = gettext("The account was changed since this page was made, so nothing was done. Look at it again.")
            return _account_page(actor, subject, _Problem(words, 409))
        if (reason := reason_against(actor, subject, action)) is not None:
            return _account_page(actor, subject, _Problem(reason))
        try:
            if action == "rotate":
                return _key_page(name, changes.rotate(name, overlap_milliseconds=_overlap() * _HOUR))
            (changes.disable if action == "disable" else changes.enable)(name)
        except UnprocessableError as error:
            return _account_page(actor, subject, _Problem(str(error), english=True))
    return layout.see(f"{flask.request.path}?done={action}")


def reason_against(actor: Account, subject: Subject, action: str) -> str | None:
    """The reason why the page refuses this action for the account, for any actor; None if it allows it.

    So the operator who sends the form always stays able to change accounts.
    """
    if subject.name == actor.name:
        return gettext(
            "This is your own account. Another operator can disable it; a new password is set with `hub account rotate` on the hub's machine."
        )
    if action != "disable" and subject.kind == AccountKind.OPERATOR and subject.has_password:
        return gettext(
            "This operator may change accounts. It is enabled, and gets a new password, with `hub account` on the hub's machine alone."
        )
    if subject.is_deleted:
        return gettext("This account was deleted permanently.")
    return None


# ---------------------------------------------------------------------------------------------------------------- helpers


def _proof_problem(actor: Account) -> flask.Response | _Problem | None:
    """None if the actor may change accounts and gave the right password; else the problem, or a response for the front."""
    if not operators.may_act(actor):
        raise ForbiddenError("Accounts are changed by operators with a password; this account has none.")
    try:
        return operators.prove_again(actor, flask.request.form.get("password", ""))
    except UnauthenticatedError:
        return _Problem(gettext("That is not your password. Nothing was changed."), 401)
    except TooManyRequestsError:
        return _Problem(gettext("Too many wrong passwords. Wait a little, then try again."), 429)


def _busy() -> _Problem:
    return _Problem(gettext("Another account is being changed at this moment. Send the form again."), 409)


def _field(name: str) -> str:
    return flask.request.form.get(name, "").strip()[:_FIELD_CHARACTERS]


def _overlap() -> int:
    """Hours; 0 if the value is not one of the choices in the form."""
    overlap = _field("overlap")
    return next((hours for hours in OVERLAPS if str(hours) == overlap), 0)


def _subject(name: str) -> Subject:
    subject = pages.hub().store.get_account(name)
    if subject is None:
        raise NotFoundError("There is no such account.")
    return Subject(
        name=subject.name,
        kind=subject.kind,
        member=subject.member,
        has_password=bool(subject.password_hash),
        is_disabled=subject.disabled,
        is_deleted=subject.name in deleted_accounts(pages.hub().store),
        created=format_place(subject.created_at)[:10],
    )


def _form_page(actor: Account, problem: _Problem | None = None) -> flask.Response:
    values = {name: _field(name) for name in ("name", "kind", "member")} if problem else {}
    return pages.render(
        "new_account.html",
        problem.status if problem else 200,
        problem=problem,
        may=operators.may_act(actor),
        kinds=KINDS,
        members=pages.hub().catalogue.members,
        values=values,
    )


def _account_page(actor: Account, subject: Subject, problem: _Problem | None = None, done: str = "") -> flask.Response:
    hub, session, sessions = pages.hub(), pages.session(), pages.sessions()
    seen_time = last_seen(hub.store).get(subject.name)
    sent_time = hub.community.ledger.last_sent().get(subject.name)
    state = sessions.state_of(subject.name)
    actions = ("enable",) if subject.is_disabled else ("rotate", "disable")
    may = operators.may_act(actor) and session is not None
    return pages.render(
        "account.html",
        problem.status if problem else 200,
        problem=problem,
        done=DONE.get(done, "") if problem is None else "",
        subject=subject,
        member=hub.catalogue.members.get(subject.member),
        drills=subject.name in accounts_with_drills(hub.store),
        seen=board_view.clock(format_place(seen_time)) if seen_time else "",
        sent=board_view.clock(format_place(sent_time)) if sent_time else "",
        volume=volumes(hub.store).get(subject.name, Volume()),
        may=may,
        actions=[
            (
                action,
                reason_against(actor, subject, action),
                sessions.seal(session, _PURPOSE, [action, subject.name, state]) if may and session is not None else "",
            )
            for action in actions
        ],
        overlaps=OVERLAPS,
    )


def _key_page(name: str, key: str | None) -> flask.Response:
    """(4)"""
    return pages.render("key.html", name=name, key=key)
