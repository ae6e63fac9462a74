"""A provider in trouble: it does not answer, names unsafe addresses or has no fit key, and no secret is in the log."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from hub.settings import Limits
from hub.sharing.members import Account, AccountKind
from tests.console.conftest import PASSWORD
from tests.console.provider.fake import (
    SECRET,
    TROUBLE,
    answer,
)
from tests.console.provider.signing_in import NOT_VERIFIED, HubWithProvider, assert_refused, begin, come_back, sign_in


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_provider_in_trouble_is_said_to_be_away(site: HubWithProvider, trouble: str, path: str) -> None:
    """And the password works as before."""
    if trouble == "never an end":
        site.settings = {"limits": Limits(provider_seconds=2)}  # longer than the answers before take, on a slow machine
    site.hub.credentials.add(Account("sg-desk", AccountKind.CERT, "SG"), PASSWORD)
    site.provider.answers[path] = TROUBLE[trouble]
    browser = site.browser()
    response = browser.get("/console/oidc")
    if path != "/.well-known/openid-configuration":
        response = come_back(browser, site.provider.authorize(response.headers["Location"]))
    assert_refused(response, "Ministry does not answer at the moment", 503)
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
def test_a_provider_that_names_unsafe_addresses_is_not_used(site: HubWithProvider, metadata: dict[str, Any]) -> None:
    """Codes and secrets go over TLS alone; a browser is sent to pages alone."""
    site.provider.metadata = metadata
    assert site.browser().get("/console/oidc").status_code == 503


def test_a_key_that_the_hub_does_not_know_hides_no_other(site: HubWithProvider) -> None:
    """Of a curve or in a form that the library has never seen (RFC 7517, 5)."""
    site.provider.key = RSAKey.generate_key(2048, {"kid": "first"})
    strange = [
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA", "kid": "a"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "b"},
        {"kty": "RSA", "n": "!", "e": "AQAB", "kid": "c"},
        {"kty": "RSA"},
        7,
    ]
    keys = {"keys": [*strange, site.provider.key.as_dict(private=False, use="sig")]}
    site.provider.answers["/keys"] = lambda request: answer(request, 200, keys)
    assert sign_in(site.browser(), site.provider).status_code == 303


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
def test_a_provider_without_a_fit_key_is_not_used(site: HubWithProvider, keys: object) -> None:
    """A secret is none: it would verify what anybody signs who has it."""
    site.provider.answers["/keys"] = lambda request: answer(request, 200, keys)
    assert sign_in(site.browser(), site.provider).status_code == 503


def test_no_secret_and_no_code_is_in_the_log(site: HubWithProvider, caplog: pytest.LogCaptureFixture) -> None:
    """Nor in what the provider shows of itself, nor in an error."""
    caplog.set_level(logging.DEBUG)
    site.provider.claims = {"aud": "other"}
    browser = site.browser()
    query = site.provider.authorize(begin(browser))
    assert_refused(come_back(browser, query), NOT_VERIFIED)
    site.provider.answers["/token"] = TROUBLE["an error"]
    again = site.provider.authorize(begin(browser))
    assert_refused(come_back(browser, again), "does not answer", 503)
    assert "the ID token is not valid" in caplog.text
    registration = site.provider_client()._registration
    for secret in (SECRET, query["code"], again["code"], query["state"]):
        assert secret not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("hub"))
        assert secret not in repr(registration)
