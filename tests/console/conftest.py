"""A hub over what collections/ and profiles/ declare, and browsers at it: a client with cookies for each person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flask
import pytest
from werkzeug.test import TestResponse

from hub.community.hub import Hub
from hub.server.app import create_app
from tests import keeping
from tests.community.making import open_hub
from tests.server.making import Clock
from tests.templates import refuse_missing_attributes

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"  # as browsers send it
ORIGIN = "http://localhost"
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
PASSWORD = "four words make one"


@pytest.fixture(autouse=True)
def _complete_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_missing_attributes(monkeypatch)


@dataclass
class Browser:
    """One person's browser, without a script."""

    app: flask.Flask
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={"Accept": ACCEPT, **self.headers, **headers})

    def text(self, path: str, status: int = 200) -> str:
        """The page at that address."""
        response = self.get(path)
        assert response.status_code == status, (response.status_code, response.get_data(as_text=True)[:500])
        return response.get_data(as_text=True)

    def post(self, path: str, fields: dict[str, Any], **headers: str) -> TestResponse:
        """Send a form, as a page of the hub does."""
        sent = {"Accept": ACCEPT, "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **self.headers, **headers}
        return self.client.post(path, data=fields, headers={name: value for name, value in sent.items() if value})

    def sign_in(self, name: str, password: str, to: str = "") -> TestResponse:
        return self.post("/console/login", {"name": name, "password": password, "to": to})

    def token(self, path: str = "/") -> str:
        """The token of the forms on that page."""
        match = TOKEN.search(self.text(path))
        assert match is not None
        return match[1]


SignedIn = Callable[[str], Browser]


@pytest.fixture
def hub(tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    opened = open_hub(tmp_path, clock)
    yield opened
    opened.store.close()
    keeping.DATABASES.take_back(tmp_path)


@pytest.fixture
def app(hub: Hub) -> flask.Flask:
    return create_app(hub)


@pytest.fixture
def browser(app: flask.Flask) -> Browser:
    """A browser in which nobody has signed in."""
    return Browser(app)


@pytest.fixture
def signed_in(hub: Hub, app: flask.Flask) -> SignedIn:
    """A browser in which that account has signed in with a key."""

    def sign_in(name: str) -> Browser:
        key = hub.credentials.rotate(name, None)
        assert key is not None
        browser = Browser(app)
        assert browser.sign_in(name, key).status_code == 303
        return browser

    return sign_in
