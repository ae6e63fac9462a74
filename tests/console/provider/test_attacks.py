"""What an attacker tries on the way to the provider and back: other browsers, other sites, codes and answers of others."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from hub.audit.state import SIGNED_IN
from hub.server.registration import RETURN_PATH
from hub.sharing.handshakes import LIFE_SECONDS, USED
from tests.console.conftest import Browser
from tests.console.provider.signing_in import (
    BEGIN_AGAIN,
    COOKIE,
    NOT_VERIFIED,
    HubWithProvider,
    assert_refused,
    begin,
    come_back,
    sign_in,
)
from tests.server.making import Clock, trail_entries


def test_another_browser_cannot_be_signed_in_as_somebody_else(site: HubWithProvider) -> None:
    """Login CSRF: the attacker's way back provider_client by the victim, who began none, or another one."""
    app = site.app()
    attacker, victim = Browser(app), Browser(app)
    query = site.provider.authorize(begin(attacker))
    assert_refused(come_back(victim, query), BEGIN_AGAIN, 400)
    begin(victim)
    assert_refused(come_back(victim, query), BEGIN_AGAIN, 400)
    assert "/token" not in site.provider.paths(), "the provider was not even asked"


@pytest.mark.parametrize("cookie", ["", "x", "WyJhIiwxLCIiXQ.c2ln", "é", "x" * 3000])
def test_a_handshake_that_the_hub_did_not_sign_is_refused(site: HubWithProvider, cookie: str) -> None:
    """Whatever the cookie says."""
    browser = site.browser()
    query = site.provider.authorize(begin(browser))
    browser.client.set_cookie(COOKIE, cookie)
    assert_refused(come_back(browser, query), BEGIN_AGAIN, 400)


def test_a_handshake_ends_after_some_minutes(site: HubWithProvider, clock: Clock) -> None:
    """The code is not exchanged any more."""
    browser = site.browser()
    query = site.provider.authorize(begin(browser))
    clock.now += LIFE_SECONDS * 1000 + 1
    assert_refused(come_back(browser, query), BEGIN_AGAIN, 400)


@pytest.mark.parametrize("state", ["x", "", "é"])
def test_a_way_back_of_another_sign_in_is_refused(site: HubWithProvider, state: str) -> None:
    """The state is this sign-in's."""
    browser = site.browser()
    assert_refused(come_back(browser, site.provider.authorize(begin(browser)) | {"state": state}), BEGIN_AGAIN, 400)


def test_no_other_way_back_ends_a_sign_in_that_is_on_its_way(site: HubWithProvider) -> None:
    """Any site can lead a browser to the way back; and a person who begins in two windows ends one of them."""
    browser = site.browser()
    first = site.provider.authorize(begin(browser))
    second = site.provider.authorize(begin(browser))
    assert_refused(come_back(browser, first), BEGIN_AGAIN, 400)
    assert come_back(browser, second).status_code == 303


def test_a_sign_in_may_end_at_a_machine_whose_clock_is_behind(site: HubWithProvider, clock: Clock) -> None:
    """Where several machines answer for one hub; by less than a handshake lives."""
    browser = site.browser()
    query = site.provider.authorize(begin(browser))
    clock.now -= 2000
    assert come_back(browser, query).status_code == 303


@pytest.mark.parametrize("issuer", ["https://evil.example", ""])
def test_an_answer_in_another_providers_name_is_refused(site: HubWithProvider, issuer: str) -> None:
    """Mix-up (RFC 9207): its code is not sent to this one."""
    browser = site.browser()
    assert_refused(come_back(browser, site.provider.authorize(begin(browser)) | {"iss": issuer}), NOT_VERIFIED)
    assert "/token" not in site.provider.paths()


def test_a_provider_that_says_its_name_always_must_do_so(site: HubWithProvider) -> None:
    """Also where the way back meets another worker of the hub, which has not asked the provider anything yet."""
    site.provider.metadata = {"authorization_response_iss_parameter_supported": True}
    for issuer, status in (({}, 401), ({"iss": site.provider.issuer}, 303)):
        here = site.browser()
        query = site.provider.authorize(begin(here)) | issuer
        cookie = here.client.get_cookie(COOKIE)
        assert cookie is not None
        there = site.browser()
        there.client.set_cookie(COOKIE, cookie.value)
        assert come_back(there, query).status_code == status


def test_a_parameter_that_comes_twice_is_refused(site: HubWithProvider) -> None:
    """Hub and provider might each look at another one."""
    browser = site.browser()
    query = site.provider.authorize(begin(browser))
    path = f"{RETURN_PATH}?{urlencode(query)}&state={query['state']}"
    assert_refused(browser.get(path), BEGIN_AGAIN, 400)


def test_a_code_is_good_once(site: HubWithProvider) -> None:
    """Also with a copy of the handshake, and also where the provider would take it again."""
    app = site.app()
    browser = Browser(app)
    query = site.provider.authorize(begin(browser))
    copy = browser.client.get_cookie(COOKIE)
    assert copy is not None
    assert come_back(browser, query).status_code == 303
    thief = Browser(app)
    thief.client.set_cookie(COOKIE, copy.value)
    assert_refused(come_back(thief, query), NOT_VERIFIED)
    site.provider.takes_codes_again = True
    parameters = {"state": query["state"]} | site.provider.authorize(begin(Browser(app)))
    site.provider.codes[parameters["code"]] |= {"nonce": "of another"}
    browser = Browser(app)
    query = site.provider.authorize(begin(browser))
    copy = browser.client.get_cookie(COOKIE)
    assert copy is not None
    assert come_back(browser, query).status_code == 303
    thief.client.set_cookie(COOKIE, copy.value)
    assert_refused(come_back(thief, query), NOT_VERIFIED)
    assert len(trail_entries(site.hub, SIGNED_IN)) == 2


def test_used_handshakes_are_forgotten_when_they_would_be_over(site: HubWithProvider, clock: Clock) -> None:
    """One a sign-in, for ten minutes."""
    app = site.app()
    for _ in range(3):
        sign_in(Browser(app), site.provider)
        clock.now += LIFE_SECONDS * 600
    assert len(site.hub.store.facts(USED)) == 2


def test_a_code_of_another_browser_is_refused(site: HubWithProvider) -> None:
    """Code injection: the attacker's code with the victim's state meets the victim's verifier and nonce."""
    app = site.app()
    attacker, victim = Browser(app), Browser(app)
    stolen = site.provider.authorize(begin(attacker))["code"]
    own = site.provider.authorize(begin(victim))
    assert_refused(come_back(victim, own | {"code": stolen}), NOT_VERIFIED)


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "javascript:alert(1)", "/" + "a" * 900]
)
def test_a_sign_in_leads_to_no_other_site(site: HubWithProvider, to: str) -> None:
    """Nor after the sign-in, wherever the target was put in."""
    response = sign_in(site.browser(), site.provider, to)
    assert (response.status_code, response.headers["Location"]) == (303, "/asean/board/")


def test_a_page_of_another_site_begins_no_sign_in(site: HubWithProvider) -> None:
    """It is led to the page where one clicks; else a site could have a browser signed in unasked."""
    browser = site.browser()
    for origin in ("cross-site", "same-site"):
        response = browser.get("/console/oidc?to=/asean/board/", **{"Sec-Fetch-Site": origin})
        assert response.headers["Location"] == "/console/login?to=%2Fasean%2Fboard%2F"
        assert "Set-Cookie" not in response.headers
    assert site.provider.paths() == []


def test_what_the_provider_refuses_is_said_without_its_words(site: HubWithProvider) -> None:
    """Anybody who made the address wrote them."""
    browser = site.browser()
    state = site.provider.authorize(begin(browser, "/asean/contacts/"))["state"]
    query = {"state": state, "error": "access_denied", "error_description": "Call 555-0100 and tell your password"}
    response = come_back(browser, query)
    assert_refused(response, "Ministry did not let you sign in.")
    assert "555" not in response.get_data(as_text=True)
    assert state not in response.get_data(as_text=True), "the links to other languages lead to the sign-in"
    assert 'value="/asean/contacts/"' in response.get_data(as_text=True)
