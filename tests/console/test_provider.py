"""Signing in to the pages through an OpenID Connect provider: the way there and back, and what an attacker tries on it."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import flask
import orjson
import pytest
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from hub.audit.state import REFUSED_LOGIN, SIGNED_IN
from hub.community.hub import Hub
from hub.errors import ConfigurationError
from hub.server.app import create_app
from hub.server.provider import Provider, open_provider
from hub.server.registration import RETURN_PATH
from hub.settings import Limits, Settings, described, load_settings
from hub.sharing.handshakes import LIFE_SECONDS, USED
from hub.sharing.members import Account, AccountKind
from tests.console.conftest import PASSWORD, Browser
from tests.console.provider import (
    CLIENT,
    SECRET,
    FakeProvider,
    answer,
    fake_provider,
    signed_with_public_key,
    unsigned,
)
from tests.server.making import Clock

NOT_VERIFIED = "could not be verified"
BEGIN_AGAIN = "Begin again."
UNKNOWN = "no account of this hub is tied to you"
COOKIE = "hub_handshake"


@pytest.fixture
def provider(clock: Clock) -> Iterator[FakeProvider]:
    with fake_provider(lambda: clock() // 1000) as started:
        yield started


@dataclass
class House:
    """A hub whose operator named the provider, and browsers at it."""

    hub: Hub
    provider: FakeProvider
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)

    def opened(self) -> Provider:
        secret = self.folder / "provider-secret"
        secret.write_text(SECRET, encoding="ascii")
        settings: dict[str, Any] = {
            "public_url": "http://localhost",
            "oidc_issuer": self.provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_secret_file": str(secret),
            "oidc_name": "Ministry",
            "oidc": {"sg-cert": ("alice", "alice@cert.example")},
        }
        opened = open_provider(Settings(**(settings | self.settings)), self.hub.clock)
        assert opened is not None
        return opened

    def app(self) -> flask.Flask:
        return create_app(self.hub, public_url="http://localhost", provider=self.opened())

    def browser(self) -> Browser:
        return Browser(self.app())


@pytest.fixture
def house(hub: Hub, provider: FakeProvider, tmp_path: Path) -> House:
    return House(hub, provider, tmp_path)


def begin(browser: Browser, to: str = "") -> str:
    """Click the link on the page; the provider's address to which the browser is led."""
    response = browser.get(
        "/console/oidc" + (f"?{urlencode({'to': to})}" if to else ""), **{"Sec-Fetch-Site": "same-origin"}
    )
    assert response.status_code == 303, response.get_data(as_text=True)
    return response.headers["Location"]


def come_back(browser: Browser, query: dict[str, str]) -> TestResponse:
    return browser.get(f"{RETURN_PATH}?{urlencode(query)}", **{"Sec-Fetch-Site": "cross-site"})


def sign_in(browser: Browser, provider: FakeProvider, to: str = "") -> TestResponse:
    return come_back(browser, provider.authorize(begin(browser, to)))


def refused_with(response: TestResponse, words: str, status: int = 401) -> None:
    """The page says so, and nobody is signed in."""
    assert (response.status_code, words in response.get_data(as_text=True)) == (status, True), response.text[:3000]
    assert "hub_session=" not in str(response.headers.getlist("Set-Cookie"))


def acts(hub: Hub, what: str) -> list[dict[str, Any]]:
    entries = [orjson.loads(entry.text) for entry in hub.store.trail()]
    return [about for about in entries if about["what"] == what]


# --- the way there and back ---------------------------------------------------------------------------------------


def test_a_person_signs_in_and_is_led_where_she_was_going(house: House) -> None:
    """As the account that the operator tied to her; the trail names her, since several may share an account."""
    browser = house.browser()
    page = browser.text("/console/login?to=/asean/contacts/")
    assert 'href="/console/oidc?to=/asean/contacts/"' in page
    assert "Sign in with Ministry" in page
    response = sign_in(browser, house.provider, "/asean/contacts/")
    assert (response.status_code, response.headers["Location"]) == (303, "/asean/contacts/")
    assert "sg-cert" in browser.text("/")
    (act,) = acts(house.hub, SIGNED_IN)
    assert {name: act[name] for name in ("account", "issuer", "person")} == {
        "account": "sg-cert",
        "issuer": house.provider.issuer,
        "person": "sub=alice",
    }
    assert browser.client.get_cookie(COOKIE) is None, "the handshake is over"


def test_the_provider_is_asked_as_the_standard_has_it(house: House) -> None:
    """A code for this hub alone, PKCE, state and nonce; the secret goes to the provider's token address and nowhere else."""
    address = begin(browser := house.browser())
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["redirect_uri"] == f"http://localhost{RETURN_PATH}"
    assert (asked["scope"], asked["response_type"], asked["code_challenge_method"]) == ("openid", "code", "S256")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert SECRET not in address
    come_back(browser, house.provider.authorize(address))
    token = dict(house.provider.requests)["/token"]
    assert token["Authorization"].startswith("Basic ")
    assert len(token["code_verifier"]) == 43
    assert [path for path, form in house.provider.requests if form["Authorization"]] == ["/token"]


def test_nothing_is_asked_of_the_provider_before_somebody_signs_in_and_once_then(house: House) -> None:
    """The hub starts without it; what it says of itself is remembered."""
    app = house.app()
    Browser(app).text("/console/login")
    assert house.provider.paths() == []
    for _ in range(3):
        sign_in(Browser(app), house.provider)
    assert [
        house.provider.paths().count(path) for path in ("/.well-known/openid-configuration", "/keys", "/token")
    ] == [1, 1, 3]


def test_the_handshake_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    """Lax, since the provider's page leads back; short; over TLS with a name that no other host can set."""
    plain = house.browser().get("/console/oidc").headers["Set-Cookie"]
    assert plain.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={LIFE_SECONDS}"} <= set(plain.split("; "))
    house.settings = {"public_url": "https://hub.example"}
    app = create_app(house.hub, public_url="https://hub.example", provider=house.opened())
    secure = Browser(app).get("/console/oidc").headers["Set-Cookie"]
    assert secure.startswith(f"__Host-{COOKIE}=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(secure.split("; "))


def test_without_a_provider_there_is_no_such_way(browser: Browser) -> None:
    """The page shows none, and its addresses lead nowhere."""
    assert "console/oidc" not in browser.text("/console/login")
    browser.text("/console/oidc", 404)
    browser.text(f"{RETURN_PATH}?code=x&state=y", 404)


def test_a_provider_without_a_secret_is_told_the_client_alone(house: House) -> None:
    """As public clients do; PKCE ties the code to the hub."""
    house.settings = {"oidc_secret_file": ""}
    assert sign_in(house.browser(), house.provider).status_code == 303
    token = dict(house.provider.requests)["/token"]
    assert (token["Authorization"], token["client_id"]) == ("", CLIENT)


def test_a_provider_that_takes_secrets_in_the_form_alone_gets_it_there(house: House) -> None:
    """By what it says of itself."""
    house.provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert sign_in(house.browser(), house.provider).status_code == 303
    token = dict(house.provider.requests)["/token"]
    assert (token["Authorization"], token["client_secret"]) == ("", SECRET)


def test_a_new_key_of_the_provider_is_fetched(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not more often than each minute, however many tokens name keys that there are not."""
    app = house.app()
    assert sign_in(Browser(app), house.provider).status_code == 303
    house.provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    house.provider.header = {"alg": "RS256", "kid": "second"}
    refused_with(sign_in(Browser(app), house.provider), NOT_VERIFIED)
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert sign_in(Browser(app), house.provider).status_code == 303
    assert house.provider.paths().count("/keys") == 2


# --- sessions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["disable", "rotate", "delete", "tie"])
def test_such_a_session_ends_with_the_right_to_it(house: House, change: str) -> None:
    """As every other; and where the operator ties the person to the account no longer."""
    browser = house.browser()
    sign_in(browser, house.provider)
    assert browser.get("/").status_code == 200
    if change == "tie":
        cookie = browser.client.get_cookie("hub_session")
        assert cookie is not None
        house.settings = {"oidc": {"sg-cert": ("bob",), "my-cert": ("alice",)}}
        browser = house.browser()
        browser.client.set_cookie("hub_session", cookie.value)
    elif change == "rotate":
        house.hub.credentials.rotate("sg-cert", None)
    else:
        getattr(house.hub.credentials, change)("sg-cert")
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("change", ["disable", "delete"])
def test_an_account_that_is_shut_out_is_answered_like_none(house: House, change: str) -> None:
    """Also one that never was."""
    getattr(house.hub.credentials, change)("sg-cert")
    refused_with(sign_in(house.browser(), house.provider), UNKNOWN)
    house.settings = {"oidc": {"nobody": ("alice",)}}
    refused_with(sign_in(house.browser(), house.provider), UNKNOWN)


def test_signing_out_says_that_the_provider_may_still_know_one(house: House) -> None:
    """At a desk that several use, the next would be signed in as the one before; the page leads to the provider's sign-out."""
    browser = house.browser()
    sign_in(browser, house.provider)
    response = browser.post("/console/logout", {"form_token": browser.token()})
    assert browser.get("/").status_code == 303
    page = house.browser().text(response.headers["Location"])  # another worker, which has not asked the provider yet
    assert "Ministry may still know you" in page
    assert f'href="{house.provider.address}/leave"' in page
    house.provider.answers["/.well-known/openid-configuration"] = TROUBLE["an error"]
    page = house.browser().text(response.headers["Location"])
    assert ("Ministry may still know you" in page, "/leave" in page) == (True, False)


def test_a_sign_in_takes_the_place_of_an_older_session(house: House, clock: Clock) -> None:
    """And the older one is not sent again with the same answer."""
    browser = house.browser()
    address = begin(browser)
    key = house.hub.credentials.rotate("my-cert", None)
    browser.sign_in("my-cert", key or "")
    clock.now += 120_000
    come_back(browser, house.provider.authorize(address))
    assert "sg-cert" in browser.text("/")
    clock.now += 120_000
    other = Browser(browser.app)
    other.client = browser.client
    key = house.hub.credentials.rotate("my-cert", None)
    assert browser.sign_in("my-cert", key or "").status_code == 303
    assert "my-cert" in browser.text("/")


# --- what an attacker tries ---------------------------------------------------------------------------------------


def test_another_browser_cannot_be_signed_in_as_somebody_else(house: House) -> None:
    """Login CSRF: the attacker's way back opened by the victim, who began none, or another one."""
    app = house.app()
    attacker, victim = Browser(app), Browser(app)
    query = house.provider.authorize(begin(attacker))
    refused_with(come_back(victim, query), BEGIN_AGAIN, 400)
    begin(victim)
    refused_with(come_back(victim, query), BEGIN_AGAIN, 400)
    assert "/token" not in house.provider.paths(), "the provider was not even asked"


@pytest.mark.parametrize("cookie", ["", "x", "WyJhIiwxLCIiXQ.c2ln", "é", "x" * 3000])
def test_a_handshake_that_the_hub_did_not_sign_is_none(house: House, cookie: str) -> None:
    """Whatever the cookie says."""
    browser = house.browser()
    query = house.provider.authorize(begin(browser))
    browser.client.set_cookie(COOKIE, cookie)
    refused_with(come_back(browser, query), BEGIN_AGAIN, 400)


def test_a_handshake_ends_after_some_minutes(house: House, clock: Clock) -> None:
    """The code is not exchanged any more."""
    browser = house.browser()
    query = house.provider.authorize(begin(browser))
    clock.now += LIFE_SECONDS * 1000 + 1
    refused_with(come_back(browser, query), BEGIN_AGAIN, 400)


@pytest.mark.parametrize("state", ["x", "", "é"])
def test_a_way_back_of_another_sign_in_is_refused(house: House, state: str) -> None:
    """The state is this sign-in's."""
    browser = house.browser()
    refused_with(come_back(browser, house.provider.authorize(begin(browser)) | {"state": state}), BEGIN_AGAIN, 400)


def test_no_other_way_back_ends_a_sign_in_that_is_on_its_way(house: House) -> None:
    """Any site can lead a browser to the way back; and whoever begins in two windows ends one of them."""
    browser = house.browser()
    first = house.provider.authorize(begin(browser))
    second = house.provider.authorize(begin(browser))
    refused_with(come_back(browser, first), BEGIN_AGAIN, 400)
    assert come_back(browser, second).status_code == 303


def test_a_sign_in_may_end_at_a_machine_whose_clock_is_behind(house: House, clock: Clock) -> None:
    """Where several machines answer for one hub; by less than a handshake lives."""
    browser = house.browser()
    query = house.provider.authorize(begin(browser))
    clock.now -= 2000
    assert come_back(browser, query).status_code == 303


@pytest.mark.parametrize("issuer", ["https://evil.example", ""])
def test_an_answer_in_another_providers_name_is_refused(house: House, issuer: str) -> None:
    """Mix-up (RFC 9207): its code is not sent to this one."""
    browser = house.browser()
    refused_with(come_back(browser, house.provider.authorize(begin(browser)) | {"iss": issuer}), NOT_VERIFIED)
    assert "/token" not in house.provider.paths()


def test_a_provider_that_says_its_name_always_must_do_so(house: House) -> None:
    """Also where the way back meets another worker of the hub, which has not asked the provider anything yet."""
    house.provider.metadata = {"authorization_response_iss_parameter_supported": True}
    for names, status in (({}, 401), ({"iss": house.provider.issuer}, 303)):
        here = house.browser()
        query = house.provider.authorize(begin(here)) | names
        cookie = here.client.get_cookie(COOKIE)
        assert cookie is not None
        there = house.browser()
        there.client.set_cookie(COOKIE, cookie.value)
        assert come_back(there, query).status_code == status


def test_parameters_that_come_twice_are_none(house: House) -> None:
    """Hub and provider might each look at another one."""
    browser = house.browser()
    query = house.provider.authorize(begin(browser))
    path = f"{RETURN_PATH}?{urlencode(query)}&state={query['state']}"
    refused_with(browser.get(path), BEGIN_AGAIN, 400)


def test_a_code_is_good_once(house: House) -> None:
    """Also with a copy of the handshake, and also where the provider would take it again."""
    app = house.app()
    browser = Browser(app)
    query = house.provider.authorize(begin(browser))
    copy = browser.client.get_cookie(COOKIE)
    assert copy is not None
    assert come_back(browser, query).status_code == 303
    thief = Browser(app)
    thief.client.set_cookie(COOKIE, copy.value)
    refused_with(come_back(thief, query), NOT_VERIFIED)
    house.provider.takes_codes_again = True
    asked = {"state": query["state"]} | house.provider.authorize(begin(Browser(app)))
    house.provider.codes[asked["code"]] |= {"nonce": "of another"}
    browser = Browser(app)
    query = house.provider.authorize(begin(browser))
    copy = browser.client.get_cookie(COOKIE)
    assert copy is not None
    assert come_back(browser, query).status_code == 303
    thief.client.set_cookie(COOKIE, copy.value)
    refused_with(come_back(thief, query), NOT_VERIFIED)
    assert len(acts(house.hub, SIGNED_IN)) == 2


def test_used_handshakes_are_forgotten_when_they_would_be_over(house: House, clock: Clock) -> None:
    """One a sign-in, for ten minutes."""
    app = house.app()
    for _ in range(3):
        sign_in(Browser(app), house.provider)
        clock.now += LIFE_SECONDS * 600
    assert len(house.hub.store.facts(USED)) == 2


def test_a_code_of_another_browser_is_refused(house: House) -> None:
    """Code injection: the attacker's code with the victim's state meets the victim's verifier and nonce."""
    app = house.app()
    attacker, victim = Browser(app), Browser(app)
    stolen = house.provider.authorize(begin(attacker))["code"]
    own = house.provider.authorize(begin(victim))
    refused_with(come_back(victim, own | {"code": stolen}), NOT_VERIFIED)


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "javascript:alert(1)", "/" + "a" * 900]
)
def test_it_leads_nowhere_else(house: House, to: str) -> None:
    """Nor after the sign-in, wherever the target was put in."""
    response = sign_in(house.browser(), house.provider, to)
    assert (response.status_code, response.headers["Location"]) == (303, "/asean/board/")


def test_a_page_of_another_site_begins_no_sign_in(house: House) -> None:
    """It is led to the page where one clicks; else a site could have a browser signed in unasked."""
    browser = house.browser()
    for site in ("cross-site", "same-site"):
        response = browser.get("/console/oidc?to=/asean/board/", **{"Sec-Fetch-Site": site})
        assert response.headers["Location"] == "/console/login?to=%2Fasean%2Fboard%2F"
        assert "Set-Cookie" not in response.headers
    assert house.provider.paths() == []


def wrong(**changes: Any) -> Callable[[FakeProvider], None]:
    def change(provider: FakeProvider) -> None:
        for name, value in changes.items():
            setattr(provider, name, value)

    return change


def _public_key_as_secret(provider: FakeProvider) -> None:
    provider.sign = signed_with_public_key(provider.key)


def _with_another_key(provider: FakeProvider) -> None:
    from joserfc import jwt

    other = RSAKey.generate_key(2048, {"kid": "first"})
    provider.sign = lambda header, claims: jwt.encode(header, claims, other)


def _times(**offsets: int) -> Callable[[FakeProvider], None]:
    def change(provider: FakeProvider) -> None:
        provider.claims = {name: provider.clock() + offset for name, offset in offsets.items()}

    return change


TOKENS: dict[str, Callable[[FakeProvider], None]] = {
    "unsigned": wrong(sign=unsigned),
    "signed with the public key as a secret": _public_key_as_secret,
    "signed by somebody else": _with_another_key,
    "no token": wrong(sign=lambda *_: ""),
    "no text": wrong(sign=lambda *_: 7),
    "of another issuer": wrong(claims={"iss": "https://evil.example"}),
    "without an issuer": wrong(missing=("iss",)),
    "for another client": wrong(claims={"aud": "other"}),
    "for others besides, and not said for whom": wrong(claims={"aud": [CLIENT, "other"]}),
    "for others besides, and meant for them": wrong(claims={"aud": [CLIENT, "other"], "azp": "other"}),
    "for another client, and said to be meant for the hub": wrong(claims={"aud": "other", "azp": CLIENT}),
    "for nobody": wrong(missing=("aud",)),
    "without a nonce": wrong(missing=("nonce",)),
    "with another nonce": wrong(claims={"nonce": "x"}),
    "with a list of nonces": wrong(claims={"nonce": ["x"]}),
    "over": _times(exp=-61),
    "never over": wrong(missing=("exp",)),
    "over at no number": wrong(claims={"exp": "tomorrow"}),
    "from the future": _times(iat=120),
    "not yet good": _times(nbf=120),
    "without a subject": wrong(missing=("sub",)),
    "a list as subject": wrong(claims={"sub": ["alice"]}),
    "a number as subject": wrong(claims={"sub": 7}),
    "an empty subject": wrong(claims={"sub": ""}),
    "a subject with a line break": wrong(claims={"sub": "alice\n"}),
    "a subject without end": wrong(claims={"sub": "a" * 256}),
    "the hash of another access token": wrong(claims={"at_hash": "x"}),
}


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_that_does_not_hold_lets_nobody_in(house: House, token: str) -> None:
    """One for each thing that is looked at; the person is told no detail, the log has it."""
    TOKENS[token](house.provider)
    refused_with(sign_in(house.browser(), house.provider), NOT_VERIFIED)
    assert acts(house.hub, SIGNED_IN) == []


def test_a_token_for_several_that_names_the_hub_is_good(house: House) -> None:
    """And a clock that differs by less than a minute."""
    house.provider.claims = {"aud": [CLIENT, "other"], "azp": CLIENT, "exp": house.provider.clock() - 30}
    assert sign_in(house.browser(), house.provider).status_code == 303


@pytest.mark.parametrize(("issuer", "status"), [("slash", 503), ("other", 503), ("same", 303)])
def test_the_provider_is_who_it_says_letter_by_letter(house: House, issuer: str, status: int) -> None:
    """A slash at the end makes another issuer; the operator reads in the log what to write."""
    names = {"slash": f"{house.provider.issuer}/", "other": "https://evil.example", "same": house.provider.issuer}
    house.provider.metadata = {"issuer": names[issuer]}
    assert house.browser().get("/console/oidc").status_code == status


def test_an_issuer_with_a_slash_at_its_end_is_one_of_its_own(house: House) -> None:
    """Where it is declared so, tokens must say so, too."""
    plain = house.provider.issuer
    house.provider.issuer = f"{plain}/"
    assert sign_in(house.browser(), house.provider).status_code == 303
    browser = house.browser()
    query = house.provider.authorize(begin(browser))
    house.provider.claims = {"iss": plain}
    refused_with(come_back(browser, query), NOT_VERIFIED)


def test_a_name_that_equals_an_account_opens_nothing(house: House) -> None:
    """Whatever a person calls herself at the provider; and a refused one is no refused login of that account."""
    house.provider.claims = {"sub": "sg-cert", "preferred_username": "sg-cert", "name": "sg-cert", "email": "sg-cert"}
    browser = house.browser()
    refused_with(sign_in(browser, house.provider), UNKNOWN)
    browser.app.extensions["trail"].recorder.flush()
    (act,) = acts(house.hub, REFUSED_LOGIN)
    assert [row[1:] for row in act["logins"]] == [["unknown", 1]]


def test_who_is_not_tied_reads_what_to_tell_the_operator(house: House) -> None:
    """As text, whatever the provider says."""
    house.provider.claims = {"sub": "<b>bob</b>"}
    response = sign_in(house.browser(), house.provider)
    refused_with(response, "sub is &lt;b&gt;bob&lt;/b&gt;")


@pytest.mark.parametrize("verified", [False, "true", 1, None])
def test_mail_that_is_not_verified_names_nobody(house: House, verified: object) -> None:
    """Anybody may write another's address into a profile."""
    house.settings = {"oidc_claim": "email"}
    house.provider.claims = {"sub": "mallory", "email": "alice@cert.example", "email_verified": verified}
    refused_with(sign_in(house.browser(), house.provider), NOT_VERIFIED)


@pytest.mark.parametrize("value", [["alice"], 7, True, {"alice": 1}, "", None])
def test_a_claim_that_is_no_text_names_nobody(house: House, value: object) -> None:
    """Groups have no one value, and a number may be written in several ways."""
    house.settings = {"oidc_claim": "oid", "oidc": {"sg-cert": ("alice", "7")}}
    house.provider.claims = {"oid": value}
    refused_with(sign_in(house.browser(), house.provider), NOT_VERIFIED)


def test_verified_mail_may_name_somebody(house: House) -> None:
    """Where the operator chose that claim; it is asked for, and compared letter by letter."""
    house.settings = {"oidc_claim": "email"}
    house.provider.claims = {"sub": "7", "email": "alice@cert.example", "email_verified": True}
    browser = house.browser()
    address = begin(browser)
    assert "scope=openid+email" in address
    assert come_back(browser, house.provider.authorize(address)).status_code == 303
    house.provider.claims["email"] = "Alice@cert.example"
    refused_with(sign_in(house.browser(), house.provider), UNKNOWN)


@pytest.mark.parametrize(("acr", "status"), [(None, 401), ("low", 401), (["two-factors"], 401), ("two-factors", 303)])
def test_a_strength_that_the_operator_asks_for_must_be_said(house: House, acr: object, status: int) -> None:
    """Asking is not enough: a provider may answer with less."""
    house.settings = {"oidc_acr": "two-factors"}
    house.provider.claims = {"acr": acr} if acr is not None else {}
    browser = house.browser()
    address = begin(browser)
    assert "acr_values=two-factors" in address
    assert come_back(browser, house.provider.authorize(address)).status_code == status


def test_what_the_provider_refuses_is_said_without_its_words(house: House) -> None:
    """Anybody who made the address wrote them."""
    browser = house.browser()
    state = house.provider.authorize(begin(browser, "/asean/contacts/"))["state"]
    query = {"state": state, "error": "access_denied", "error_description": "Call 555-0100 and tell your password"}
    response = come_back(browser, query)
    refused_with(response, "Ministry did not let you sign in.")
    assert "555" not in response.get_data(as_text=True)
    assert state not in response.get_data(as_text=True), "the links to other languages lead to the sign-in"
    assert 'value="/asean/contacts/"' in response.get_data(as_text=True)


# --- a provider in trouble ----------------------------------------------------------------------------------------


def _drip(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    try:
        while True:
            request.wfile.write(b" ")
            request.wfile.flush()
            time.sleep(0.05)  # the provider's pace
    except OSError:
        pass


def _redirect(request: BaseHTTPRequestHandler) -> None:
    request.send_response(302)
    request.send_header("Location", "http://192.0.2.1/")
    request.send_header("Content-Length", "0")
    request.end_headers()


TROUBLE: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    "an error": lambda request: answer(request, 500, {}),
    "no JSON": lambda request: answer(request, 200, b"<html>"),
    "a list": lambda request: answer(request, 200, []),
    "too much": lambda request: answer(request, 200, b" " * 300_000),
    "elsewhere": _redirect,
    "never an end": _drip,
}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_provider_in_trouble_is_said_to_be_away(house: House, trouble: str, path: str) -> None:
    """And the password works as before."""
    house.settings = {"limits": Limits(provider_seconds=1)}
    house.hub.credentials.add(Account("sg-desk", AccountKind.CERT, "SG"), PASSWORD)
    house.provider.answers[path] = TROUBLE[trouble]
    browser = house.browser()
    response = browser.get("/console/oidc")
    if path != "/.well-known/openid-configuration":
        response = come_back(browser, house.provider.authorize(response.headers["Location"]))
    refused_with(response, "Ministry does not answer at the moment", 503)
    assert browser.sign_in("sg-desk", PASSWORD).status_code == 303


@pytest.mark.parametrize(
    "metadata",
    [
        {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": ["https://idp.example"]},
        {"token_endpoint": "https://user:password@idp.example/token"},
        {"token_endpoint": None},
    ],
)
def test_a_provider_that_names_unsafe_addresses_is_not_used(house: House, metadata: dict[str, Any]) -> None:
    """Codes and secrets go over TLS alone; a browser is sent to pages alone."""
    house.provider.metadata = metadata
    assert house.browser().get("/console/oidc").status_code == 503


def test_a_key_that_the_hub_does_not_know_hides_no_other(house: House) -> None:
    """Of a curve or in a form that the library has never seen (RFC 7517, 5)."""
    house.provider.key = RSAKey.generate_key(2048, {"kid": "first"})
    strange = [
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA", "kid": "a"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "b"},
        {"kty": "RSA", "n": "!", "e": "AQAB", "kid": "c"},
        {"kty": "RSA"},
        7,
    ]
    keys = {"keys": [*strange, house.provider.key.as_dict(private=False, use="sig")]}
    house.provider.answers["/keys"] = lambda request: answer(request, 200, keys)
    assert sign_in(house.browser(), house.provider).status_code == 303


@pytest.mark.parametrize(
    "keys",
    [
        {"keys": []},
        {"keys": 7},
        {"keys": [{"kty": "oct", "k": "eA"}]},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [{"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}]},
    ],
)
def test_a_provider_without_a_fit_key_is_not_used(house: House, keys: object) -> None:
    """A secret is none: it would verify what anybody signs who has it."""
    house.provider.answers["/keys"] = lambda request: answer(request, 200, keys)
    assert sign_in(house.browser(), house.provider).status_code == 503


def test_no_secret_and_no_code_is_in_the_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Nor in what the provider shows of itself, nor in an error."""
    caplog.set_level(logging.DEBUG)
    house.provider.claims = {"aud": "other"}
    browser = house.browser()
    query = house.provider.authorize(begin(browser))
    refused_with(come_back(browser, query), NOT_VERIFIED)
    house.provider.answers["/token"] = TROUBLE["an error"]
    again = house.provider.authorize(begin(browser))
    refused_with(come_back(browser, again), "does not answer", 503)
    assert "the ID token does not hold" in caplog.text
    registration = house.opened()._registration
    for secret in (SECRET, query["code"], again["code"], query["state"]):
        assert secret not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("hub"))
        assert secret not in repr(registration)


# --- what the operator declares -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('sg-cert = ["alice", "bob"]\nmy-cert = "alice"', "'alice' is there already, for sg-cert"),
        ('sg-cert = ["alice", "alice"]', "'alice' is there already, for sg-cert"),
        ("sg-cert = []", "should be a value of the claim"),
        ('sg-cert = ""', "should be a value of the claim"),
        ('sg-cert = " alice"', "should be a value of the claim"),
        ("sg-cert = 7", "should be a value of the claim"),
        ("sg-cert = {sub = 'alice'}", "should be a value of the claim"),
    ],
)
def test_a_person_has_one_account(tmp_path: Path, table: str, words: str) -> None:
    """Two that match would be a guess which is meant; the hub does not start with it."""
    file = tmp_path / "hub.toml"
    file.write_text(f"[oidc]\n{table}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        load_settings({}, file)


def test_an_account_may_have_several_people(tmp_path: Path, house: House) -> None:
    """Each signs in as it; `hub settings` shows who."""
    file = tmp_path / "hub.toml"
    file.write_text('[oidc]\nsg-cert = ["alice", "bob"]\nmy-cert = "carol"\n', encoding="utf-8")
    settings = load_settings({}, file)
    assert described(settings)["oidc.sg-cert"] == "alice, bob"
    house.settings = {"oidc": settings.oidc}
    for person, account in (("alice", "sg-cert"), ("bob", "sg-cert"), ("carol", "my-cert")):
        house.provider.claims = {"sub": person}
        browser = house.browser()
        assert sign_in(browser, house.provider).status_code == 303
        assert account in browser.text("/")
    assert [act["person"] for act in acts(house.hub, SIGNED_IN)] == ["sub=alice", "sub=bob", "sub=carol"]
