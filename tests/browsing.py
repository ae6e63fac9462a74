"""What tests in a real browser share: Debian's Chromium, windows whose complaints fail the test, pictures, and axe.

Where there is no Chromium these tests are left out, and the end of the run says so. HUB_TEST_SCREENSHOTS names a folder
for pictures of each page, HUB_TEST_AXE the file of axe-core.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    Route,
    expect,
    sync_playwright,
)

from hub.pages import texts
from tests.summary import leave_out

# The shell is the same engine without the windows, menus and tabs, which take most of the time for which a page is open.
NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM: Final = next((path for path in map(shutil.which, NAMES) if path), "")
HOW: Final = (
    "no Chromium here; on Debian `apt-get install chromium-headless-shell fonts-noto-core fonts-noto-cjk` brings it"
)
AXE: Final = os.environ.get("HUB_TEST_AXE", "")
HOW_TO_AXE: Final = "HUB_TEST_AXE names no axe.min.js; `.ci/run` fetches axe-core with npm"
SCREENSHOTS: Final = os.environ.get("HUB_TEST_SCREENSHOTS", "")
PATIENCE: Final = 60_000  # milliseconds for what a busy machine does late; whatever is there sooner ends the wait
# WCAG 2.2 at levels A and AA, and what axe counts as best practice
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS: Final = ("color-contrast", "link-in-text-block")  # the rules whose outcome depends on colours
# Chromium writes what its policy refuses to the console; this says it in the page's own words, too.
_POLICY: Final = """document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`the policy refuses ${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
}, true);"""

expect.set_options(timeout=PATIENCE)


Visitors = TypeVar("Visitors")


@dataclass(frozen=True)
class Visit(Generic[Visitors]):
    """A page: the view that answers, its template, and the way there. `status`: what the browser complains of, if it does."""

    view: str
    template: str
    go: Callable[[Visitors], Page]
    status: int = 200


def leave_out_browsers(config: pytest.Config, items: list[pytest.Item], here: Path) -> None:
    """Leave out the tests below `here` that cannot run. Those that need axe have its name in theirs."""
    for item in [item for item in items if item.path.is_relative_to(here)]:
        reason = HOW if not CHROMIUM else HOW_TO_AXE if "axe" in item.name and not AXE else ""
        if reason:
            items.remove(item)
            leave_out(config, "browser", reason)


class Windows:
    """Windows of one test, each with cookies of its own. The complaints of all windows are kept."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []
        self._expected: list[str] = []
        self._loaded: dict[Page, tuple[str, str]] = {}
        self.complaints: list[str] = []

    def open(self, *servers: str, **options: Any) -> Page:
        """A window that may talk to these servers (`http://host:port`) and to no other."""
        usual = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}}
        context = self._chromium.new_context(**{**usual, **options})
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(_POLICY)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("dialog", lambda dialog: self.complaints.append(f"a dialog: {dialog.message}"))

        def look_at(request: Request) -> None:
            if not request.url.startswith(tuple(f"{server}/" for server in servers)):
                self.complaints.append(f"asks another server: {request.url}")

        context.on("request", look_at)
        page = context.new_page()
        page.on("response", lambda response: self._note(page, response))
        return page

    def loaded(self, page: Page) -> tuple[str, str]:
        """With which method the document in this window was asked for, and the path it was asked for at."""
        return self._loaded[page]

    def _note(self, page: Page, response: Response) -> None:
        if response.request.is_navigation_request() and response.request.frame == page.main_frame:
            self._loaded[page] = (response.request.method, urlsplit(response.url).path)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def expect_complaint(self, part: str) -> None:
        """This test has a browser complain: of a page that is missing, for example."""
        self._expected.append(part)

    def close(self) -> None:
        """Close them all; AssertionError if a browser complained of what no test expects, or did not of what one does."""
        for context in self._contexts:
            context.close()
        missing = [part for part in self._expected if not any(part in complaint for complaint in self.complaints)]
        others = [text for text in self.complaints if not any(part in text for part in self._expected)]
        assert not others, f"a browser complained, of the policy, of a script, or of another server: {others}"
        assert not missing, f"a browser should have complained: {missing}"


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


@pytest.fixture
def windows(chromium: Browser) -> Iterator[Windows]:
    opened = Windows(chromium)
    yield opened
    opened.close()


def show_in_process(page: Page, client: FlaskClient, server: str) -> None:
    """Whatever the window asks that server for, an application of this process answers, with the cookies of that client."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(server)
        header_names = ("accept", "sec-fetch-site", "accept-language")
        headers = {name: value for name, value in route.request.headers.items() if name in header_names}
        response = client.get(path, base_url=server, headers=headers)
        route.fulfill(status=response.status_code, headers=dict(response.headers), body=response.get_data())

    page.unroute("**/*")
    page.route("**/*", answer)


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page, where somebody asks for that."""
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SCREENSHOTS}/{name}.png", full_page=True)


def problems(page: Page) -> list[str]:
    """What axe finds on the page, with everything unfolded."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    return _problems_of(page, RULES)


def problems_in_light_and_dark(page: Page, picture: str) -> list[str]:
    """What axe finds on the page in light, and what is wrong with its colours in dark; a picture of each, see `shoot`."""
    page.emulate_media(color_scheme="light")
    problem_list = problems(page)
    shoot(page, f"{picture}-light")
    page.emulate_media(color_scheme="dark")
    problem_list += [f"in dark: {problem}" for problem in _problems_of(page, COLOURS)]
    shoot(page, f"{picture}-dark")
    return problem_list


def _problems_of(page: Page, rules: Sequence[str]) -> list[str]:
    problem_list: list[str] = page.evaluate(_LOOK, list(rules))
    return problem_list


# Only what is wrong comes back: all that axe looked at is megabytes for each page. Colours that change gradually are looked at when
# they have changed.
_LOOK: Final = """async (rules) => {
    await Promise.all(document.getAnimations().map(animation => animation.finished));
    const found = await axe.run({ runOnly: rules, resultTypes: ["violations"] });
    return found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 200)}`));
}"""


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    pixels: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return pixels


def words(language: str, text: str, **fields: object) -> str:
    """A text of the pages as they say it in that language, with these fields."""
    return texts.translated(text, language).format(**fields)
