"""Which ID token signs somebody in, and as whom: each claim and signature that is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from hub.audit.state import REFUSED_LOGIN, SIGNED_IN
from tests.console.provider.fake import (
    CLIENT,
    FakeProvider,
    signed_with_public_key,
    unsigned,
)
from tests.console.provider.signing_in import (
    NOT_VERIFIED,
    UNKNOWN,
    HubWithProvider,
    assert_refused,
    begin,
    come_back,
    sign_in,
)
from tests.server.making import trail_entries


def with_changes(**changes: Any) -> Callable[[FakeProvider], None]:
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
    "unsigned": with_changes(sign=unsigned),
    "signed with the public key as a secret": _public_key_as_secret,
    "signed by somebody else": _with_another_key,
    "no token": with_changes(sign=lambda *_: ""),
    "no text": with_changes(sign=lambda *_: 7),
    "of another issuer": with_changes(claims={"iss": "https://evil.example"}),
    "without an issuer": with_changes(missing=("iss",)),
    "for another client": with_changes(claims={"aud": "other"}),
    "for others besides, and not said for whom": with_changes(claims={"aud": [CLIENT, "other"]}),
    "for others besides, and meant for them": with_changes(claims={"aud": [CLIENT, "other"], "azp": "other"}),
    "for another client, and said to be meant for the hub": with_changes(claims={"aud": "other", "azp": CLIENT}),
    "for nobody": with_changes(missing=("aud",)),
    "without a nonce": with_changes(missing=("nonce",)),
    "with another nonce": with_changes(claims={"nonce": "x"}),
    "with a list of nonces": with_changes(claims={"nonce": ["x"]}),
    "over": _times(exp=-61),
    "never over": with_changes(missing=("exp",)),
    "over at no number": with_changes(claims={"exp": "tomorrow"}),
    "from the future": _times(iat=120),
    "not yet good": _times(nbf=120),
    "without a subject": with_changes(missing=("sub",)),
    "a list as subject": with_changes(claims={"sub": ["alice"]}),
    "a number as subject": with_changes(claims={"sub": 7}),
    "an empty subject": with_changes(claims={"sub": ""}),
    "a subject with a line break": with_changes(claims={"sub": "alice\n"}),
    "a subject without end": with_changes(claims={"sub": "a" * 256}),
    "the hash of another access token": with_changes(claims={"at_hash": "x"}),
}


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_that_is_not_valid_signs_nobody_in(site: HubWithProvider, token: str) -> None:
    """One case for each check; the person reads no detail, the log has it."""
    TOKENS[token](site.provider)
    assert_refused(sign_in(site.browser(), site.provider), NOT_VERIFIED)
    assert trail_entries(site.hub, SIGNED_IN) == []


def test_a_token_for_several_that_names_the_hub_is_good(site: HubWithProvider) -> None:
    """And a clock that differs by less than a minute."""
    site.provider.claims = {"aud": [CLIENT, "other"], "azp": CLIENT, "exp": site.provider.clock() - 30}
    assert sign_in(site.browser(), site.provider).status_code == 303


@pytest.mark.parametrize(("issuer", "status"), [("slash", 503), ("other", 503), ("same", 303)])
def test_the_issuer_is_compared_letter_by_letter(site: HubWithProvider, issuer: str, status: int) -> None:
    """A slash at the end makes another issuer; the operator reads in the log what to write."""
    names = {"slash": f"{site.provider.issuer}/", "other": "https://evil.example", "same": site.provider.issuer}
    site.provider.metadata = {"issuer": names[issuer]}
    assert site.browser().get("/console/oidc").status_code == status


def test_an_issuer_with_a_slash_at_its_end_is_another_issuer(site: HubWithProvider) -> None:
    """Where it is declared so, tokens must say so, too."""
    plain = site.provider.issuer
    site.provider.issuer = f"{plain}/"
    assert sign_in(site.browser(), site.provider).status_code == 303
    browser = site.browser()
    query = site.provider.authorize(begin(browser))
    site.provider.claims = {"iss": plain}
    assert_refused(come_back(browser, query), NOT_VERIFIED)


def test_a_name_that_equals_an_account_opens_nothing(site: HubWithProvider) -> None:
    """Whatever a person calls herself at the provider; and a refused one is no refused login of that account."""
    site.provider.claims = {"sub": "sg-cert", "preferred_username": "sg-cert", "name": "sg-cert", "email": "sg-cert"}
    browser = site.browser()
    assert_refused(sign_in(browser, site.provider), UNKNOWN)
    browser.app.extensions["trail"].recorder.flush()
    (entry,) = trail_entries(site.hub, REFUSED_LOGIN)
    assert [row[1:] for row in entry["logins"]] == [["unknown", 1]]


def test_a_person_without_an_account_reads_what_to_tell_the_operator(site: HubWithProvider) -> None:
    """As text, whatever the provider says."""
    site.provider.claims = {"sub": "<b>bob</b>"}
    response = sign_in(site.browser(), site.provider)
    assert_refused(response, "sub is &lt;b&gt;bob&lt;/b&gt;")


@pytest.mark.parametrize("verified", [False, "true", 1, None])
def test_mail_that_is_not_verified_names_nobody(site: HubWithProvider, verified: object) -> None:
    """Anybody may write another's address into a profile."""
    site.settings = {"oidc_claim": "email"}
    site.provider.claims = {"sub": "mallory", "email": "alice@cert.example", "email_verified": verified}
    assert_refused(sign_in(site.browser(), site.provider), NOT_VERIFIED)


@pytest.mark.parametrize("value", [["alice"], 7, True, {"alice": 1}, "", None])
def test_a_claim_that_is_no_text_names_nobody(site: HubWithProvider, value: object) -> None:
    """Groups have no one value, and a number may be written in several ways."""
    site.settings = {"oidc_claim": "oid", "oidc": {"sg-cert": ("alice", "7")}}
    site.provider.claims = {"oid": value}
    assert_refused(sign_in(site.browser(), site.provider), NOT_VERIFIED)


def test_verified_mail_may_name_somebody(site: HubWithProvider) -> None:
    """Where the operator chose that claim; it is asked for, and compared letter by letter."""
    site.settings = {"oidc_claim": "email"}
    site.provider.claims = {"sub": "7", "email": "alice@cert.example", "email_verified": True}
    browser = site.browser()
    address = begin(browser)
    assert "scope=openid+email" in address
    assert come_back(browser, site.provider.authorize(address)).status_code == 303
    site.provider.claims["email"] = "Alice@cert.example"
    assert_refused(sign_in(site.browser(), site.provider), UNKNOWN)


@pytest.mark.parametrize(("acr", "status"), [(None, 401), ("low", 401), (["two-factors"], 401), ("two-factors", 303)])
def test_the_authentication_strength_that_the_operator_asks_for_must_be_in_the_token(
    site: HubWithProvider, acr: object, status: int
) -> None:
    """Asking is not enough: a provider may answer with less."""
    site.settings = {"oidc_acr": "two-factors"}
    site.provider.claims = {"acr": acr} if acr is not None else {}
    browser = site.browser()
    address = begin(browser)
    assert "acr_values=two-factors" in address
    assert come_back(browser, site.provider.authorize(address)).status_code == status
