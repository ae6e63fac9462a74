"""Signing in through a real OpenID Connect provider, in a real browser: there and back, refused, away, signed out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browsing import Windows, overflow, problems
from tests.console.browser.conftest import CERTS, Officer
from tests.console.provider.independent import mock_provider
from tests.places import TOP
from tests.ports import free_port
from tests.server.process import HubProcess

ELSEWHERE = "https://cdn.jsdelivr.net"
PEOPLE: tuple[dict[str, object], ...] = (
    {"sub": "lee", "email": "lee@cert.example"},
    {"sub": "mallory", "name": "sg-cert"},
)


class Ministry:
    """The provider, which a test may stop and start."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._running = ExitStack()

    def start(self) -> None:
        self._running.enter_context(mock_provider(self._folder / "provider.log", *PEOPLE, port=self.port))

    def stop(self) -> None:
        self._running.close()


@pytest.fixture(scope="module")
def ministry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministry]:
    opened = Ministry(tmp_path_factory.mktemp("provider"))
    opened.start()
    yield opened
    opened.stop()


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory, ministry: Ministry) -> Iterator[HubProcess]:
    """A hub whose operator tied one person of the provider to Singapore's account."""
    folder = tmp_path_factory.mktemp("tied")
    secret = folder / "secret"
    secret.write_text("s" * 32, encoding="ascii")
    (folder / "hub.toml").write_text('[oidc]\nsg-cert = ["lee"]\n', encoding="utf-8")
    settings = {
        "HUB_COLLECTIONS": str(TOP / "collections"),
        "HUB_PROFILES": str(TOP / "profiles"),
        "HUB_OIDC_ISSUER": ministry.address,
        "HUB_OIDC_CLIENT_ID": "hub",
        "HUB_OIDC_SECRET_FILE": str(secret),
        "HUB_OIDC_NAME": "Ministry",
    }
    process = HubProcess(folder, settings, forked=True)
    process.settings["HUB_PUBLIC_URL"] = process.url
    process.init(*((name, "cert", name[:2].upper()) for name in CERTS))
    process.start()
    yield process
    process.end()


@pytest.fixture
def desk(tied: HubProcess, ministry: Ministry, windows: Windows) -> Officer:
    """One browser, in which nobody signed in. It goes to the provider, whose page asks for a style from elsewhere."""
    page = windows.open(tied.url, f"http://127.0.0.1:{tied.port + 1}", ministry.address, ELSEWHERE)
    page.context.route(f"{ELSEWHERE}/**", lambda route: route.fulfill(body="", content_type="text/css"))
    return Officer(tied, "sg-cert", page)


def test_an_officer_signs_in_and_out_through_her_ministry(desk: Officer, ministry: Ministry) -> None:
    """By keyboard, to the page that she asked for; out at the hub, and led to the sign-out of the ministry."""
    page = desk.page
    desk.open("/asean/contacts/")
    page.get_by_role("link", name="Sign in with Ministry").focus()
    desk.shoot("sign-in-provider")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{ministry.address}/**")
    page.get_by_role("button", name="lee", exact=True).first.click()
    page.wait_for_url("**/asean/contacts/")
    expect(page.locator(".who")).to_contain_text("sg-cert")
    names = {cookie.get("name") for cookie in page.context.cookies()}
    assert ("hub_session" in names, "hub_handshake" in names) == (True, False)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Ministry may still know you in this browser.")).to_be_visible()
    page.get_by_role("link", name="Sign out there, too").click()
    page.wait_for_url(f"{ministry.address}/oauth2/end_session**")
    desk.open("/asean/board/")
    expect(page.get_by_label("Password or key")).to_be_visible()


def test_a_person_without_an_account_reads_what_to_tell_the_operator(desk: Officer, windows: Windows) -> None:
    """Although her name is that of an account; another language may be chosen there."""
    windows.expect_complaint("status of 401")
    page = desk.page
    desk.open("/console/login")
    page.get_by_role("link", name="Sign in with Ministry").click()
    page.get_by_role("button", name="mallory", exact=True).first.click()
    expect(page.get_by_role("alert")).to_contain_text("Tell its operator: sub is mallory")
    page.get_by_role("link", name="ภาษาไทย").click()
    expect(page.get_by_role("link", name="เข้าสู่ระบบด้วย Ministry")).to_be_visible()


def test_axe_finds_nothing_on_the_pages_of_this_way_in(tied: HubProcess, ministry: Ministry, windows: Windows) -> None:
    """Before it, refused, and after signing out; in light and dark, and 360 pixels wide."""
    windows.expect_complaint("status of 400")
    for scheme in ("light", "dark"):
        # the policy would not let axe in
        page = windows.open(tied.url, color_scheme=scheme, bypass_csp=True, viewport={"width": 360, "height": 800})
        for path in ("/console/login?to=/asean/board/", "/console/oidc/return?code=x&state=y", "/console/login?left="):
            page.goto(f"{tied.url}{path}")
            expect(page.get_by_role("link", name="Sign in with Ministry")).to_be_visible()
            assert (problems(page), overflow(page)) == ([], 0), path


def test_a_person_who_cancels_at_the_ministry_is_back_at_the_form(desk: Officer, windows: Windows) -> None:
    """This provider leaves out the state where it says no, against RFC 6749 (4.1.2.1): so the hub believes nothing in that response."""
    windows.expect_complaint("status of 400")
    page = desk.page
    desk.open("/console/login")
    page.get_by_role("link", name="Sign in with Ministry").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("alert")).to_contain_text("Begin again.")
    expect(page.get_by_label("Password or key")).to_be_visible()


def test_while_the_ministry_is_away_keys_work(desk: Officer, ministry: Ministry, windows: Windows) -> None:
    """The page says so where the code cannot be exchanged."""
    windows.expect_complaint("status of 503")
    page = desk.page
    desk.open("/console/login")
    page.get_by_role("link", name="Sign in with Ministry").click()
    page.wait_for_url(f"{ministry.address}/**")

    def stop_after(route: Route) -> None:
        response = route.fetch(max_redirects=0)
        ministry.stop()
        route.fulfill(response=response)

    page.route(f"{ministry.address}/**", stop_after)
    page.get_by_role("button", name="lee", exact=True).first.click()
    expect(page.get_by_role("alert")).to_contain_text("Ministry does not answer at the moment.")
    ministry.start()
    page.get_by_label("Account").fill("sg-cert")
    page.get_by_label("Password or key").fill(desk.hub.keys["sg-cert"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/asean/board/")
