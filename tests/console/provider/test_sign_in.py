"""Signing in to the pages through an OpenID Connect provider: the way there and back, the session, and what the operator declares."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from hub.audit.state import SIGNED_IN
from hub.errors import ConfigurationError
from hub.server.app import create_app
from hub.server.registration import RETURN_PATH
from hub.settings import load_settings, setting_values
from hub.sharing.handshakes import LIFE_SECONDS
from tests.console.conftest import Browser
from tests.console.provider.fake import (
    CLIENT,
    SECRET,
    TROUBLE,
)
from tests.console.provider.signing_in import (
    COOKIE,
    NOT_VERIFIED,
    UNKNOWN,
    HubWithProvider,
    assert_refused,
    begin,
    come_back,
    sign_in,
)
from tests.server.making import Clock, trail_entries

# --- the way there and back -----------------------------------------------------------------------------------------


def test_a_person_signs_in_and_is_led_where_she_was_going(site: HubWithProvider) -> None:
    """As the account that the operator tied to her; the trail names her, since several may share an account."""
    browser = site.browser()
    page = browser.text("/console/login?to=/asean/contacts/")
    assert 'href="/console/oidc?to=/asean/contacts/"' in page
    assert "Sign in with Ministry" in page
    response = sign_in(browser, site.provider, "/asean/contacts/")
    assert (response.status_code, response.headers["Location"]) == (303, "/asean/contacts/")
    assert "sg-cert" in browser.text("/")
    (entry,) = trail_entries(site.hub, SIGNED_IN)
    assert {name: entry[name] for name in ("account", "issuer", "person")} == {
        "account": "sg-cert",
        "issuer": site.provider.issuer,
        "person": "sub=alice",
    }
    assert browser.client.get_cookie(COOKIE) is None, "the handshake is over"


def test_the_request_to_the_provider_is_as_the_standard_says(site: HubWithProvider) -> None:
    """A code for this hub alone, PKCE, state and nonce; the secret goes to the provider's token address and nowhere else."""
    address = begin(browser := site.browser())
    parameters = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert parameters["redirect_uri"] == f"http://localhost{RETURN_PATH}"
    assert (parameters["scope"], parameters["response_type"], parameters["code_challenge_method"]) == (
        "openid",
        "code",
        "S256",
    )
    assert len({parameters["state"], parameters["nonce"], parameters["code_challenge"]}) == 3
    assert SECRET not in address
    come_back(browser, site.provider.authorize(address))
    token = dict(site.provider.requests)["/token"]
    assert token["Authorization"].startswith("Basic ")
    assert len(token["code_verifier"]) == 43
    assert [path for path, form in site.provider.requests if form["Authorization"]] == ["/token"]


def test_the_provider_is_first_asked_when_somebody_signs_in_and_its_metadata_only_once(site: HubWithProvider) -> None:
    """The hub starts without it; its metadata are remembered."""
    app = site.app()
    Browser(app).text("/console/login")
    assert site.provider.paths() == []
    for _ in range(3):
        sign_in(Browser(app), site.provider)
    assert [site.provider.paths().count(path) for path in ("/.well-known/openid-configuration", "/keys", "/token")] == [
        1,
        1,
        3,
    ]


def test_the_handshake_is_out_of_reach_of_scripts_and_other_sites(site: HubWithProvider) -> None:
    """Lax, since the provider's page leads back; short; over TLS with a name that no other host can set."""
    plain = site.browser().get("/console/oidc").headers["Set-Cookie"]
    assert plain.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={LIFE_SECONDS}"} <= set(plain.split("; "))
    site.settings = {"public_url": "https://hub.example"}
    app = create_app(site.hub, public_url="https://hub.example", provider=site.provider_client())
    secure = Browser(app).get("/console/oidc").headers["Set-Cookie"]
    assert secure.startswith(f"__Host-{COOKIE}=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(secure.split("; "))


def test_without_a_provider_the_login_page_offers_none(browser: Browser) -> None:
    """The page shows none, and its addresses lead nowhere."""
    assert "console/oidc" not in browser.text("/console/login")
    browser.text("/console/oidc", 404)
    browser.text(f"{RETURN_PATH}?code=x&state=y", 404)


def test_without_a_secret_the_hub_sends_its_client_id_alone(site: HubWithProvider) -> None:
    """As public clients do; PKCE ties the code to the hub."""
    site.settings = {"oidc_secret_file": ""}
    assert sign_in(site.browser(), site.provider).status_code == 303
    token = dict(site.provider.requests)["/token"]
    assert (token["Authorization"], token["client_id"]) == ("", CLIENT)


def test_a_provider_that_takes_secrets_in_the_form_alone_gets_it_there(site: HubWithProvider) -> None:
    """As its metadata say."""
    site.provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert sign_in(site.browser(), site.provider).status_code == 303
    token = dict(site.provider.requests)["/token"]
    assert (token["Authorization"], token["client_secret"]) == ("", SECRET)


def test_a_new_key_of_the_provider_is_fetched(site: HubWithProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not more often than each minute, however many tokens name keys that there are not."""
    app = site.app()
    assert sign_in(Browser(app), site.provider).status_code == 303
    site.provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    site.provider.header = {"alg": "RS256", "kid": "second"}
    assert_refused(sign_in(Browser(app), site.provider), NOT_VERIFIED)
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert sign_in(Browser(app), site.provider).status_code == 303
    assert site.provider.paths().count("/keys") == 2


# --- sessions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["disable", "rotate", "delete", "tie"])
def test_a_session_from_a_provider_ends_when_the_person_may_no_longer_use_the_account(
    site: HubWithProvider, change: str
) -> None:
    """As every other session; and where the operator no longer ties the person to the account."""
    browser = site.browser()
    sign_in(browser, site.provider)
    assert browser.get("/").status_code == 200
    if change == "tie":
        cookie = browser.client.get_cookie("hub_session")
        assert cookie is not None
        site.settings = {"oidc": {"sg-cert": ("bob",), "my-cert": ("alice",)}}
        browser = site.browser()
        browser.client.set_cookie("hub_session", cookie.value)
    elif change == "rotate":
        site.hub.credentials.rotate("sg-cert", None)
    else:
        getattr(site.hub.credentials, change)("sg-cert")
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("change", ["disable", "delete"])
def test_a_disabled_or_deleted_account_is_answered_like_one_that_never_was(site: HubWithProvider, change: str) -> None:
    """The person reads the same words in all three cases."""
    getattr(site.hub.credentials, change)("sg-cert")
    assert_refused(sign_in(site.browser(), site.provider), UNKNOWN)
    site.settings = {"oidc": {"nobody": ("alice",)}}
    assert_refused(sign_in(site.browser(), site.provider), UNKNOWN)


def test_signing_out_says_that_the_provider_may_still_know_the_person(site: HubWithProvider) -> None:
    """At a desk that several use, the next would be signed in as the one before; the page leads to the provider's sign-out."""
    browser = site.browser()
    sign_in(browser, site.provider)
    response = browser.post("/console/logout", {"form_token": browser.token()})
    assert browser.get("/").status_code == 303
    page = site.browser().text(response.headers["Location"])  # another worker, which has not asked the provider yet
    assert "Ministry may still know you" in page
    assert f'href="{site.provider.address}/leave"' in page
    site.provider.answers["/.well-known/openid-configuration"] = TROUBLE["an error"]
    page = site.browser().text(response.headers["Location"])
    assert ("Ministry may still know you" in page, "/leave" in page) == (True, False)


def test_a_sign_in_takes_the_place_of_an_older_session(site: HubWithProvider, clock: Clock) -> None:
    """And the older one is not sent again with the same answer."""
    browser = site.browser()
    address = begin(browser)
    key = site.hub.credentials.rotate("my-cert", None)
    browser.sign_in("my-cert", key or "")
    clock.now += 120_000
    come_back(browser, site.provider.authorize(address))
    assert "sg-cert" in browser.text("/")
    clock.now += 120_000
    other = Browser(browser.app)
    other.client = browser.client
    key = site.hub.credentials.rotate("my-cert", None)
    assert browser.sign_in("my-cert", key or "").status_code == 303
    assert "my-cert" in browser.text("/")


# --- what the operator declares -------------------------------------------------------------------------------------


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


def test_an_account_may_have_several_people(tmp_path: Path, site: HubWithProvider) -> None:
    """Each signs in as it; `hub settings` shows who."""
    file = tmp_path / "hub.toml"
    file.write_text('[oidc]\nsg-cert = ["alice", "bob"]\nmy-cert = "carol"\n', encoding="utf-8")
    settings = load_settings({}, file)
    assert setting_values(settings)["oidc.sg-cert"] == "alice, bob"
    site.settings = {"oidc": settings.oidc}
    for person, account in (("alice", "sg-cert"), ("bob", "sg-cert"), ("carol", "my-cert")):
        site.provider.claims = {"sub": person}
        browser = site.browser()
        assert sign_in(browser, site.provider).status_code == 303
        assert account in browser.text("/")
    assert [entry["person"] for entry in trail_entries(site.hub, SIGNED_IN)] == ["sub=alice", "sub=bob", "sub=carol"]
