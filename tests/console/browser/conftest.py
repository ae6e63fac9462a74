"""A real hub, and Debian's Chromium in front of it: `hub serve` as users run it, one window for each officer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from hub.settings import load_settings
from hub.sharing.members import Account, AccountKind
from hub.wiring import now, open_store
from tests import browsing
from tests.browsing import Windows, chromium, playwright, windows
from tests.community.making import Content
from tests.console.conftest import PASSWORD
from tests.console.operating import CHIEF
from tests.places import TOP
from tests.server.making import cheap_credentials
from tests.server.process import HubProcess

__all__ = ["chromium", "playwright", "windows"]

CERTS: Final = ("id-cert", "sg-cert", "vn-cert", "my-cert")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run."""
    browsing.leave_out_browsers(config, items, Path(__file__).parent)


@dataclass
class Officer:
    """One person at one browser window."""

    hub: HubProcess
    name: str
    page: Page

    def open(self, path: str) -> None:
        self.page.goto(f"{self.hub.url}{path}")

    def sign_in(self) -> None:
        """Sign in by keyboard alone."""
        self.open("/console/login")
        expect(self.page.get_by_label("Account")).to_be_focused()
        self.page.keyboard.type(self.name)
        self.page.keyboard.press("Tab")
        expect(self.page.get_by_label("Password or key")).to_be_focused()
        self.page.keyboard.type(self.hub.keys[self.name])
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda address: "/console/login" not in address)

    def shoot(self, name: str) -> None:
        """Keep a picture of the page, where somebody asks for that."""
        browsing.shoot(self.page, name)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """The hub of the shipped declarations, as a process."""
    folder = tmp_path_factory.mktemp("hub")
    settings = {"HUB_COLLECTIONS": str(TOP / "collections"), "HUB_PROFILES": str(TOP / "profiles"), "HUB_WORKERS": "1"}
    process = HubProcess(folder, settings, forked=True)
    process.init(
        *((name, "cert", name[:2].upper()) for name in CERTS),
        ("id-soc", "constituent", "ID"),
        ("operator", "operator", None),
    )
    store = open_store(load_settings(process.environment))
    cheap_credentials(store, now, 1).add(Account(CHIEF, AccountKind.OPERATOR), PASSWORD)
    store.close()
    process.keys[CHIEF] = PASSWORD
    process.start()
    yield process
    process.end()


class Office:
    """Opens windows at a hub."""

    def __init__(self, hub: HubProcess, opened: Windows) -> None:
        self.hub = hub
        self.windows = opened

    def officer(self, name: str, *, signed_in: bool = True, **options: Any) -> Officer:
        page = self.windows.open(self.hub.url, f"http://127.0.0.1:{self.hub.port + 1}", **options)
        officer = Officer(self.hub, name, page)
        if signed_in:
            officer.sign_in()
        return officer

    def publish(self, name: str, *objects: Content, to: str = "alerts", root: str = "asean") -> None:
        """Over TAXII, as that account."""
        session = self.hub.session(name)
        session.headers["Content-Type"] = session.headers["Accept"]
        url = f"{self.hub.url}/{root}/collections/{to}/objects/"
        status = session.post(url, data=json.dumps({"objects": list(objects)}), timeout=30).json()
        assert status.get("failure_count") == 0, status


@pytest.fixture
def office(served: HubProcess, windows: Windows) -> Office:
    return Office(served, windows)
