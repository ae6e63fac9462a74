"""Signing in through a provider, step by step: the hub, the browser's way there and back, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask
from werkzeug.test import TestResponse

from hub.community.hub import Hub
from hub.server.app import create_app
from hub.server.provider import Provider, open_provider
from hub.server.registration import RETURN_PATH
from hub.settings import Settings
from tests.console.conftest import Browser
from tests.console.provider.fake import (
    CLIENT,
    SECRET,
    FakeProvider,
)

NOT_VERIFIED = "could not be verified"
BEGIN_AGAIN = "Begin again."
UNKNOWN = "no account of this hub is tied to you"
COOKIE = "hub_handshake"


@dataclass
class HubWithProvider:
    """A hub whose operator named the provider, and browsers at it."""

    hub: Hub
    provider: FakeProvider
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)

    def provider_client(self) -> Provider:
        """The hub's side of the provider, as the operator's settings declare it."""
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
        client = open_provider(Settings(**(settings | self.settings)), self.hub.clock)
        assert client is not None
        return client

    def app(self) -> flask.Flask:
        return create_app(self.hub, public_url="http://localhost", provider=self.provider_client())

    def browser(self) -> Browser:
        return Browser(self.app())


def begin(browser: Browser, to: str = "") -> str:
    """Click the link on the login page; return the provider's address to which it redirects."""
    response = browser.get(
        "/console/oidc" + (f"?{urlencode({'to': to})}" if to else ""), **{"Sec-Fetch-Site": "same-origin"}
    )
    assert response.status_code == 303, response.get_data(as_text=True)
    return response.headers["Location"]


def come_back(browser: Browser, query: dict[str, str]) -> TestResponse:
    """The hub's answer when the provider redirects the browser back to it."""
    return browser.get(f"{RETURN_PATH}?{urlencode(query)}", **{"Sec-Fetch-Site": "cross-site"})


def sign_in(browser: Browser, provider: FakeProvider, to: str = "") -> TestResponse:
    """The whole way there and back."""
    return come_back(browser, provider.authorize(begin(browser, to)))


def assert_refused(response: TestResponse, words: str, status: int = 401) -> None:
    """The page says so, and nobody is signed in."""
    assert (response.status_code, words in response.get_data(as_text=True)) == (status, True), response.text[:3000]
    assert "hub_session=" not in str(response.headers.getlist("Set-Cookie"))
