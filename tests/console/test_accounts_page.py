"""Accounts in the operator's browser: made, given a new key, shut out; and what somebody else cannot do there."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import flask
import pytest
from werkzeug.test import EnvironBuilder

from hub.audit.accounts import AccountChanges
from hub.community.hub import Hub
from hub.community.turn import KIND as TURN
from hub.community.turn import Turn
from hub.errors import TooManyRequestsError
from hub.server import front
from hub.server.console import operators
from hub.sharing.credentials import PasswordCheck
from hub.sharing.drill_listings import accounts_with_drills
from hub.sharing.members import Account, AccountKind
from tests.console.conftest import ACCEPT, ORIGIN, PASSWORD, Browser, SignedIn
from tests.console.operating import CHIEF, change, hidden, key_of, make, operator_browser, store_away
from tests.server.making import Clock, basic, trail_entries

PAGE = "/console/operator/accounts/sg-cert"
NEW = "/console/operator/new-account"
PATHS = (PAGE, NEW)


@pytest.fixture
def chief(hub: Hub, browser: Browser) -> Browser:
    """An operator with a password has signed in."""
    return operator_browser(hub, browser)


def rows(hub: Hub) -> list[Any]:
    return list(hub.store.list_accounts())


def test_an_account_is_made_and_its_key_shown_once(hub: Hub, chief: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """The key opens the hub; it is in no log, no cache, no other page and not in the store; the trail says who made it."""
    caplog.set_level(logging.DEBUG)
    response = make(chief, name="sg-soc-7", drills="on")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    key = key_of(response)
    account = Account("sg-soc-7", AccountKind.CONSTITUENT, "SG")
    assert hub.credentials.authenticate(f"Bearer {key}") == account
    assert hub.credentials.authenticate(basic("sg-soc-7", key)) == account
    assert "sg-soc-7" in accounts_with_drills(hub.store)
    for path in ("/console/operator", "/console/operator/accounts/sg-soc-7"):
        page = chief.text(path)
        assert "sg-soc-7" in page
        assert key not in page
    assert key not in caplog.text
    assert PASSWORD not in caplog.text
    assert key not in repr([*hub.store.trail(), *rows(hub)])
    note = trail_entries(hub, "command")[-1]
    assert (note["command"], note["account"], note["by"]) == ("account add", "sg-soc-7", CHIEF)


def test_a_new_key_replaces_the_old_one_at_once_or_later(hub: Hub, chief: Browser, clock: Clock) -> None:
    """As the form says; and the account's sessions end."""
    old = hub.credentials.rotate("sg-cert", None)
    new = key_of(change(chief, "sg-cert", "rotate", overlap="24"))
    for key in (old, new):
        assert hub.credentials.authenticate(f"Bearer {key}") is not None
    newest = key_of(change(chief, "sg-cert", "rotate"))
    clock.now += 1
    assert hub.credentials.look_up(basic("sg-cert", newest)) == Account("sg-cert", AccountKind.CERT, "SG")
    for key in (old, new):
        assert isinstance(hub.credentials.look_up(basic("sg-cert", str(key))), PasswordCheck), "not a key any more"


def test_a_disabled_account_is_refused_at_once_and_accepted_again_when_enabled(
    hub: Hub, chief: Browser, signed_in: SignedIn
) -> None:
    """Also where somebody is signed in with it."""
    singapore = signed_in("sg-cert")
    assert singapore.get("/").status_code == 200
    response = change(chief, "sg-cert", "disable")
    assert response.status_code == 303
    assert "Disabled" in chief.text(response.headers["Location"])
    assert singapore.get("/").status_code == 303
    response = change(chief, "sg-cert", "enable")
    assert "Enabled." in chief.text(response.headers["Location"])
    assert singapore.get("/").status_code == 200
    assert [about["command"] for about in trail_entries(hub, "command")] == ["account disable", "account enable"]
    assert "by=chief" in chief.text("/console/operator?account=chief")


def test_a_form_does_nothing_the_second_time(hub: Hub, chief: Browser) -> None:
    """Reloaded, sent twice, or from a second window: the account is another by then."""
    page = chief.text(PAGE)
    fields = hidden(page, "rotate") | {"password": PASSWORD}
    key = key_of(chief.post(PAGE, fields))
    again = chief.post(PAGE, fields)
    assert again.status_code == 409
    assert "was changed since this page was made" in again.get_data(as_text=True)
    assert chief.post(PAGE, hidden(page, "disable") | {"password": PASSWORD}).status_code == 409
    assert hub.credentials.authenticate(f"Bearer {key}") is not None
    response = make(chief, name="sg-soc-7")
    assert response.status_code == 200
    assert "There is an account" in make(chief, name="sg-soc-7").get_data(as_text=True)


@pytest.mark.parametrize(("shown_action", "sent_action"), [("rotate", "disable"), ("disable", "rotate")])
def test_a_form_is_good_for_its_own_action_and_account_only(
    hub: Hub, chief: Browser, shown_action: str, sent_action: str
) -> None:
    """Neither for another action, nor for another account, nor in another session."""
    fields = hidden(chief.text(PAGE), shown_action) | {"password": PASSWORD}
    before = rows(hub)
    assert chief.post(PAGE, fields | {"action": sent_action}).status_code == 409
    assert chief.post("/console/operator/accounts/my-cert", fields).status_code == 409
    other = operator_browser(hub, Browser(chief.app))
    assert other.post(PAGE, fields).status_code == 403, "the token is the other session's"
    token = hidden(other.text(PAGE), shown_action)["form_token"]
    assert other.post(PAGE, fields | {"form_token": token}).status_code == 409
    assert rows(hub) == before


def test_of_two_changes_at_once_one_is_made(hub: Hub, chief: Browser) -> None:
    """The second is asked to try again, and nothing of it is done."""
    before = rows(hub)
    with Turn(hub, "accounts") as turn:
        assert turn.acquire()
        response = change(chief, "sg-cert", "rotate")
        assert response.status_code == 409
        assert "being changed at this moment" in response.get_data(as_text=True)
        assert make(chief, name="sg-soc-7").status_code == 409
    assert rows(hub) == before
    key_of(change(chief, "sg-cert", "rotate"))
    assert hub.store.facts(TURN) == ()


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " "])
def test_the_password_is_asked_for_again(hub: Hub, chief: Browser, password: str) -> None:
    """A session alone, such as that of an unattended browser, changes nothing; the attempt is noted as a refused login."""
    before = rows(hub)
    responses = [change(chief, "sg-cert", "disable", password=password), make(chief, name="x-y", password=password)]
    for response in responses:
        assert response.status_code == 401
        assert "That is not your password" in response.get_data(as_text=True)
        assert "WWW-Authenticate" not in response.headers
    assert rows(hub) == before
    recorder = chief.app.extensions["trail"].recorder
    recorder.flush()
    assert [row[1:] for row in trail_entries(hub, "refused login")[-1]["logins"]] == [[CHIEF, 2]]
    assert chief.get("/console/operator").status_code == 200, "who mistypes stays signed in"


def test_the_front_verifies_the_password(hub: Hub, chief: Browser) -> None:
    """Where there is one, no thread that answers requests does; the page says what it throttles, and nothing changes."""
    hub.credentials._verified_until.clear()
    fields = hidden(chief.text(PAGE), "disable") | {"password": PASSWORD}
    cookie = chief.client.get_cookie("hub_session")
    assert cookie is not None
    headers = [("Accept", ACCEPT), ("Origin", ORIGIN), ("Cookie", f"hub_session={cookie.value}")]
    answers: list[str] = []

    def ask(**changes: Any) -> dict[str, Any]:
        environ = EnvironBuilder(PAGE, method="POST", data=fields, headers=headers).get_environ()
        environ |= {front.FRONT: True, **changes}
        list(chief.app.wsgi_app(environ, start_response))
        return environ

    def start_response(status: str, *_: Any) -> Callable[[bytes], None]:
        answers.append(status)
        return lambda _part: None

    def is_disabled() -> bool:
        row = hub.store.get_account("sg-cert")
        assert row is not None
        return row.disabled

    check = ask()[front.CHECK]
    assert (check.name, is_disabled()) == (CHIEF, False)
    ask(**{front.LOGIN: TooManyRequestsError("too many", 60)})
    assert (answers[-1][:3], is_disabled()) == ("429", False)
    ask(**{front.LOGIN: check.verify()})
    assert (answers[-1][:3], is_disabled()) == ("303", True)


def test_a_key_of_an_operator_changes_nothing(hub: Hub, signed_in: SignedIn) -> None:
    """Monitoring systems have it in their configuration: a person who finds it there reads figures only."""
    browser = signed_in("operator")
    before = rows(hub)
    for path in PATHS:
        page = browser.text(path)
        assert "--password-stdin" in page
        assert 'name="password"' not in page
    token = browser.token(PAGE)
    key = hub.credentials.rotate("operator", None) or ""
    browser.sign_in("operator", key)
    fields = {"form_token": browser.token(PAGE), "password": key, "action": "disable", "name": "evil-cert"}
    for path in PATHS:
        assert browser.post(path, fields | {"kind": "cert", "member": "SG"}).status_code == 403
        assert browser.post(path, fields | {"form_token": token}).status_code == 403
    assert [row.name for row in rows(hub)] == [row.name for row in before]
    assert not any(row.disabled for row in rows(hub))


@pytest.mark.parametrize("name", ["sg-cert", "id-soc", "partner"])
def test_a_member_cannot_change_accounts(hub: Hub, signed_in: SignedIn, name: str) -> None:
    """With any request, even with a good session."""
    member = signed_in(name)
    before = rows(hub)
    fields = {"form_token": member.token(), "password": PASSWORD, "action": "disable", "name": "my-own", "kind": "cert"}
    for path in (*PATHS, "/console/operator/accounts/nobody"):
        assert "my-cert" not in member.text(path, 403)
        assert member.post(path, fields).status_code == 403
    assert rows(hub) == before


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"form_token": ""}, {}),
        ({"form_token": "0123456789abcdef.0123456789abcdef0123456789abcdef"}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ],
)
def test_another_site_changes_nothing(
    hub: Hub, chief: Browser, fields: dict[str, str], headers: dict[str, str]
) -> None:
    """Though it knows the password, the browser sends the cookie, and the form is complete except its token or its origin."""
    before = rows(hub)
    form = hidden(chief.text(PAGE), "disable") | {"password": PASSWORD, "name": "evil-cert", "kind": "partner"}
    for path in PATHS:
        assert chief.post(path, form | fields, **headers).status_code == 403
    assert rows(hub) == before


def test_without_a_session_nothing_is_changed(hub: Hub, chief: Browser, app: flask.Flask) -> None:
    """Also where the request brings the operator's name and password by itself: a page of another site cannot do so."""
    form = hidden(chief.text(PAGE), "disable") | {"password": PASSWORD}
    stranger = Browser(app)
    assert stranger.post(PAGE, form).status_code == 401
    program = Browser(app, headers={"Authorization": basic(CHIEF, PASSWORD)})
    assert program.post(PAGE, form).status_code == 401
    row = hub.store.get_account("sg-cert")
    assert row is not None
    assert not row.disabled


def test_nobody_locks_the_operators_out(hub: Hub, chief: Browser) -> None:
    """An operator can neither disable herself nor give a key to another operator with a password: the page says what to do instead."""
    page = chief.text(f"/console/operator/accounts/{CHIEF}")
    assert "This is your own account." in page
    sessions = chief.app.extensions["sessions"]
    with chief.app.test_request_context():
        session, _ = sessions.find(chief.client.get_cookie("hub_session").value)  # type: ignore[union-attr]
    hub.credentials.add(Account("deputy", AccountKind.OPERATOR), PASSWORD)

    def forced(name: str, action: str) -> str:
        """The form that the page does not offer."""
        sealed = sessions.seal(session, "account", [action, name, sessions.state_of(name)])
        fields = {"form_token": sessions.form_token(session), "action": action, "state": sealed, "password": PASSWORD}
        response = chief.post(f"/console/operator/accounts/{name}", fields)
        assert response.status_code == 422
        return response.get_data(as_text=True)

    before = rows(hub)
    assert "This is your own account." in forced(CHIEF, "disable")
    assert "This is your own account." in forced(CHIEF, "rotate")
    assert "This operator may change accounts." in forced("deputy", "rotate")
    assert rows(hub) == before
    assert change(chief, "deputy", "disable").status_code == 303
    assert "This operator may change accounts." in forced("deputy", "enable")


def test_an_operator_who_is_disabled_while_the_form_waits_makes_no_account(
    hub: Hub, chief: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator who is disabled cannot keep access by an account made at that moment."""

    def disabled_then(actor: Account, _password: str) -> None:
        hub.credentials.disable(actor.name)

    monkeypatch.setattr(operators, "prove_again", disabled_then)
    assert make(chief, name="sg-soc-7").status_code == 403
    assert hub.store.get_account("sg-soc-7") is None


def test_an_operator_who_was_disabled_meanwhile_changes_nothing(hub: Hub, chief: Browser) -> None:
    """At the next request there is no session any more."""
    fields = hidden(chief.text(PAGE), "disable") | {"password": PASSWORD}
    hub.credentials.disable(CHIEF)
    assert chief.post(PAGE, fields).status_code == 401
    row = hub.store.get_account("sg-cert")
    assert row is not None
    assert not row.disabled


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "<script>alert(1)</script>"}, "cannot be an account"),
        ({"name": "sg cert"}, "cannot be an account"),
        ({"name": "sg-ce\u0433t"}, "cannot be an account"),
        ({"name": "\u0455g-cert"}, "cannot be an account"),
        ({"name": "sg:cert"}, "cannot be an account"),
        ({"name": "a" * 90}, "cannot be an account"),
        ({"name": "sg-cert"}, "There is an account"),
        ({"name": "SG-CERT"}, "looks like the existing account"),
        ({"name": "sg.cert"}, "looks like the existing account"),
        ({"name": "id-5oc", "member": "XX"}, "needs a member"),
        ({"name": "sg-soc-7", "member": ""}, "needs a member"),
        ({"name": "sg-soc-7", "kind": "partner"}, "belongs to no member"),
        ({"name": "sg-soc-7", "kind": "root"}, "Choose what the account is for."),
        ({"name": "sg-soc-7", "kind": ""}, "Choose what the account is for."),
    ],
)
def test_what_cannot_be_an_account_is_said_in_words(
    hub: Hub, chief: Browser, fields: dict[str, str], words: str
) -> None:
    """What was typed is in the form again, as text; the password is not."""
    before = rows(hub)
    response = make(chief, **fields)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert words in page
    assert "<script>alert" not in page
    assert PASSWORD not in page
    assert rows(hub) == before


def test_numbered_accounts_are_not_taken_for_each_other(chief: Browser) -> None:
    """A one is read as an l, and a six is no eight."""
    for number in (1, 6, 8, 11):
        assert make(chief, name=f"sg-soc-{number}").status_code == 200
    assert "looks like" in make(chief, name="sg-soc-l").get_data(as_text=True)
    assert "looks like" in make(chief, name="sg-s0c-6").get_data(as_text=True)


def test_a_form_is_bounded(chief: Browser) -> None:
    """A longer one is not read."""
    fields = {"form_token": chief.token(NEW), "name": "x" * 20_000}
    assert chief.post(NEW, fields).status_code == 400


@pytest.mark.parametrize("method", ["add_to_trail", "put_account"])
def test_a_store_that_is_away_accepts_no_change(
    hub: Hub, chief: Browser, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """503, no key on the page, and no account that nobody has the key of; and no change without an entry in the trail."""
    old = hub.credentials.rotate("sg-cert", None)
    before = rows(hub)

    with monkeypatch.context() as patch:
        patch.setattr(type(hub.store), method, store_away)
        for response in (make(chief, name="sg-soc-7"), change(chief, "sg-cert", "rotate")):
            assert response.status_code == 503
            assert "hub_" not in re.sub(r"hub_(session|language)", "", response.get_data(as_text=True))
    assert rows(hub) == before
    assert hub.credentials.authenticate(f"Bearer {old}") is not None
    assert make(chief, name="sg-soc-7").status_code == 200


def test_a_turn_that_cannot_be_given_back_hides_no_key(
    hub: Hub, chief: Browser, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """The account has it already; the turn ends by itself after minutes."""
    page = hidden(chief.text(PAGE), "rotate") | {"password": PASSWORD}
    put_account: Callable[[Any], None] = hub.store.put_account

    def then_away(_self: object, row: Any) -> None:
        put_account(row)
        monkeypatch.setattr(type(hub.store), "put_facts", store_away)

    with monkeypatch.context() as patch:
        patch.setattr(type(hub.store), "put_account", then_away)
        key = key_of(chief.post(PAGE, page))
    monkeypatch.undo()
    assert hub.credentials.authenticate(f"Bearer {key}") is not None
    assert change(chief, "sg-cert", "rotate").status_code == 409
    clock.now += 6 * 60 * 1000
    key_of(change(chief, "sg-cert", "rotate"))


def test_an_account_that_is_gone_or_unknown(hub: Hub, chief: Browser) -> None:
    """A deleted one is shown, and nothing can be done with it; an unknown one is not there."""
    AccountChanges(hub, {"user": "root"}).delete("my-cert")
    page = chief.text("/console/operator/accounts/my-cert")
    assert "deleted" in page
    assert 'name="action"' not in page
    chief.text("/console/operator/accounts/nobody", 404)
