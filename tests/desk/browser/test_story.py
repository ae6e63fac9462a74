"""A report at the desk, in a real browser: from the file, over what is held, to the hub, and to another member's desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.pages.texts import LANGUAGES
from tests.console.browser.conftest import AXE, PATIENCE, SCREENSHOTS
from tests.desk.conftest import SHEET, row
from tests.desk.test_command import running
from tests.producer.offices import Office, Region

RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LURE: Final = "login.rekaan-sejahtera-masuk.example"


class Desks:
    """Desks that run, each with a window in front. Whatever a window complains of is kept."""

    def __init__(self, chromium: Browser, stack: ExitStack) -> None:
        self._chromium = chromium
        self._stack = stack
        self.complaints: list[str] = []

    def open(self, office: Office, **options: Any) -> Page:
        """Start the desk of that office, and open it by the address that it prints."""
        _, address = self._stack.enter_context(running(office, "--no-browser"))
        context = self._chromium.new_context(
            **{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options}
        )
        self._stack.callback(context.close)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        own = address.partition("/open/")[0]
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(f"{own}/") else self.complaints.append(f"asks {asked.url}"),
        )
        page.goto(address)
        expect(page.get_by_role("heading", name="Reports")).to_be_visible()
        return page


@pytest.fixture
def desks(chromium: Browser) -> Iterator[Desks]:
    with ExitStack() as stack:
        opened = Desks(chromium, stack)
        yield opened
        assert opened.complaints == [], "a browser complained: of the policy, of a script, or of another server"


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page, where somebody asks for that."""
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SCREENSHOTS}/desk-{name}.png", full_page=True)


def problems(page: Page) -> list[str]:
    """What axe finds on the page, with everything unfolded."""
    for summary in page.query_selector_all("details:not([open]) > summary"):
        summary.click()
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({ runOnly: rules })", RULES)
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    pixels: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return pixels


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
def test_a_report_goes_from_the_file_to_another_members_desk(
    region: Region, desks: Desks, tmp_path: Path, script: bool
) -> None:
    """Indonesia mends a row, decides, says yes; Singapore has it, and acknowledges it; Indonesia sees that."""
    number = "ID-S1" if script else "ID-S2"
    title = f"Phishing of customers {'by day' if script else 'by night'}"
    file = tmp_path / "reports.csv"
    indicators = f"ip:203.0.113.{50 + script};domain:{LURE if script else 'x.' + LURE}"
    file.write_text(SHEET + row(number, title=title, incident_type="phishng", indicators=indicators), encoding="utf-8")
    indonesia = desks.open(region.offices["ID"], java_script_enabled=script)
    indonesia.get_by_label("The sheet (CSV, XLSX").set_input_files(file)
    indonesia.get_by_role("button", name="Read it").click()
    expect(indonesia.get_by_text("1 row was not")).to_be_visible()
    indonesia.get_by_role("link", name="Mend this row").click()
    indonesia.locator("#f-incident_type").select_option("phishing")
    indonesia.get_by_role("button", name="Save, and see what leaves").click()
    held = indonesia.locator("ol.decisions li").filter(has_text="rekaan-sejahtera-masuk")
    held.get_by_label("let it out", exact=True).check()
    held.get_by_label("Why may it leave?").fill("Registered by the attacker")
    words = indonesia.locator("ol.decisions li").filter(has_text=title)
    words.get_by_label("let it out", exact=True).check()
    indonesia.get_by_label("Officer").fill("A. Officer")
    indonesia.get_by_role("button", name="Save, and look again").click()
    expect(indonesia.get_by_role("link", name="Go on to the final yes")).to_be_visible()
    shoot(indonesia, "release")
    indonesia.get_by_role("link", name="Go on to the final yes").click()
    expect(indonesia.get_by_text("Nothing has been sent yet.")).to_be_visible()
    expect(indonesia.get_by_text("rekaan-sejahtera-masuk[.]example").first).to_be_visible()
    assert "PT Rekaan Sejahtera" not in indonesia.locator("main").inner_text()
    shoot(indonesia, "send")
    indonesia.get_by_role("button", name="Yes, send it").click()
    expect(indonesia.get_by_text("Sent 2")).to_be_visible()
    singapore = desks.open(region.offices["SG"], java_script_enabled=script)
    singapore.get_by_role("link", name="Incoming").click()
    singapore.get_by_role("link", name=title).click()
    singapore.get_by_text("Acknowledge", exact=True).click()
    singapore.get_by_role("button", name="Show what will be published").first.click()
    singapore.get_by_role("button", name="Publish").click()
    expect(singapore.get_by_text("Published: Acknowledge.")).to_be_visible()
    shoot(singapore, "incident")
    indonesia.get_by_role("link", name="Records").click()
    indonesia.get_by_role("link", name=number, exact=True).click()
    expect(indonesia.get_by_text("Registered by the attacker")).to_be_visible()
    shoot(indonesia, "record")


def test_news_come_by_themselves(region: Region, desks: Desks, tmp_path: Path) -> None:
    """Singapore's page says that something came, wherever the officer is on her desk."""
    singapore = desks.open(region.offices["SG"])
    singapore.get_by_role("link", name="Records").click()
    with singapore.expect_response("**/incoming/news"):
        pass  # the first answer: what was there before is no news
    file = tmp_path / "a.csv"
    file.write_text(SHEET + row("VN-1", country="VN", indicators="ip:203.0.113.60"), encoding="utf-8")
    region.offices["VN"].hub("publish", file, "--to", "vn", "--yes")
    expect(singapore.locator("[data-news] a")).to_contain_text("New incident from another member")
    singapore.locator("[data-news] a").click()
    expect(singapore.get_by_role("heading", name="Incoming")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_pages_fit(region: Region, desks: Desks, tmp_path: Path, scheme: str) -> None:
    """On each page, in each language for the form, on a telephone too."""
    file = tmp_path / "reports.csv"
    number = f"ID-X{scheme}"
    file.write_text(
        SHEET + row(number, indicators=f"ip:203.0.113.70;domain:{scheme}.{LURE}") + row("ID-XB", status="opened"),
        encoding="utf-8",
    )
    page = desks.open(region.offices["ID"], color_scheme=scheme, bypass_csp=True)
    found = {"home": problems(page)}
    start = page.url
    page.get_by_label("The sheet (CSV, XLSX").set_input_files(file)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("1 row was not")).to_be_visible()
    report = page.url
    addresses = {
        "read": report,
        "row": f"{report}row?where=row%203",
        "release": f"{report}release",
        "send": f"{report}send",
        "done": f"{report}done",
        "form": f"{start}new/form",
        "outbox": f"{start}outbox/",
        "records": f"{start}records/",
        "incoming": f"{start}incoming/",
    }
    for name, address in addresses.items():
        page.goto(address)
        found[name] = problems(page)
        shoot(page, f"{name}-{scheme}")
        page.set_viewport_size({"width": 360, "height": 800})
        assert overflow(page) == 0, name
        page.set_viewport_size({"width": 1280, "height": 900})
    for language in LANGUAGES:
        page.goto(
            f"{start}language?to={language}&back={report.removeprefix(start.rpartition('/')[0].rpartition('/')[0])}release"
        )
        found[language] = problems(page)
        shoot(page, f"release-{language}")
    assert {name: some for name, some in found.items() if some} == {}
