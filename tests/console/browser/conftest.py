"""A real hub, and Debian's Chromium in front of it: `hub serve` as users run it, one window for each officer.

Where there is no Chromium these tests are left out, and the end of the run says so. HUB_TEST_SCREENSHOTS names a folder
for pictures of each page, HUB_TEST_AXE the file of axe-core.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.community.making import Content
from tests.server.process import HubProcess
from tests.summary import leave_out

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
HOW: Final = "no Chromium here; on Debian `apt-get install chromium fonts-noto-core fonts-noto-cjk` brings it"
TOP: Final = Path(__file__).parent.parent.parent.parent
CERTS: Final = ("id-cert", "sg-cert", "vn-cert", "my-cert")
AXE: Final = os.environ.get("HUB_TEST_AXE", "")
HOW_TO_AXE: Final = "HUB_TEST_AXE names no axe.min.js; `.ci/run` fetches axe-core with npm"
PATIENCE: Final = 60_000  # milliseconds for what a busy machine does late; whatever is there sooner ends the wait
SCREENSHOTS: Final = os.environ.get("HUB_TEST_SCREENSHOTS", "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run."""
    here = Path(__file__).parent
    for item in [item for item in items if item.path.is_relative_to(here)]:
        reason = HOW if not CHROMIUM else HOW_TO_AXE if item.path.name == "test_accessibility.py" and not AXE else ""
        if reason:
            items.remove(item)
            leave_out(config, "browser", reason)


@dataclass
class Officer:
    """One person at one browser window. Whatever the browser complains of is kept: see `complaints`."""

    hub: HubProcess
    name: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on(
            "console", lambda message: self.complaints.append(message.text) if message.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._look_at)
        self.page.on("dialog", lambda dialog: self.complaints.append(f"a dialog: {dialog.message}"))

    def _look_at(self, request: Any) -> None:
        if not request.url.startswith((f"{self.hub.url}/", f"http://127.0.0.1:{self.hub.port + 1}/")):
            self.complaints.append(f"asks another server: {request.url}")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.hub.url}{path}")

    def sign_in(self) -> None:
        """By keyboard alone."""
        self.open("/console/login")
        expect(self.page.get_by_label("Account")).to_be_focused()
        self.page.keyboard.type(self.name)
        self.page.keyboard.press("Tab")
        expect(self.page.get_by_label("Password or key")).to_be_focused()
        self.page.keyboard.type(self.hub.keys[self.name])
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/board/")

    def shoot(self, name: str) -> None:
        """Keep a picture of the page, where somebody asks for that."""
        if SCREENSHOTS:
            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SCREENSHOTS}/{name}.png", full_page=True)


expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """The hub of the shipped declarations, as a process."""
    folder = tmp_path_factory.mktemp("hub")
    settings = {"HUB_COLLECTIONS": str(TOP / "collections"), "HUB_PROFILES": str(TOP / "profiles"), "HUB_WORKERS": "1"}
    process = HubProcess(folder, settings)
    process.init(*((name, "cert", name[:2].upper()) for name in CERTS), ("id-soc", "constituent", "ID"))
    process.start()
    yield process
    process.end()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    # root, as in a container, cannot use Chromium's own sandbox
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
    yield browser
    browser.close()


class Office:
    """Opens windows, and looks at the end that no browser complained."""

    def __init__(self, hub: HubProcess, browser: Browser) -> None:
        self.hub = hub
        self.browser = browser
        self.officers: list[Officer] = []

    def officer(self, name: str, *, signed_in: bool = True, **options: Any) -> Officer:
        context = self.browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(PATIENCE)
        officer = Officer(self.hub, name, context, context.new_page())
        self.officers.append(officer)
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
def office(served: HubProcess, chromium: Browser) -> Iterator[Office]:
    opened = Office(served, chromium)
    yield opened
    complaints = [(officer.name, complaint) for officer in opened.officers for complaint in officer.complaints]
    for officer in opened.officers:
        officer.context.close()
    assert complaints == [], "a browser complained: of the policy, of a script, or of another server"
