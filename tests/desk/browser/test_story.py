"""A report at the desk, in a real browser: from the file, over what is held, to the hub, and to another member's desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hub.pages.texts import LANGUAGES
from tests import browsing
from tests.browsing import Windows, overflow, problems, problems_in_light_and_dark
from tests.desk.browser.conftest import Desks
from tests.desk.browser.visits import LURE, VISITS, Visitor
from tests.desk.conftest import SHEET, Browser, row
from tests.producer.offices import Region


def shoot(page: Page, name: str) -> None:
    browsing.shoot(page, f"desk-{name}")


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
    held.get_by_label("approve it", exact=True).check()
    held.get_by_label("Why may it leave?").fill("Registered by the attacker")
    words = indonesia.locator("ol.decisions li").filter(has_text=title)
    words.get_by_label("approve it", exact=True).check()
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
    # the page's first answer: what was there before is no news
    with singapore.expect_response(lambda answer: "news?after=0" in answer.url and "/records" in answer.frame.url):
        singapore.get_by_role("link", name="Records").click()
    file = tmp_path / "a.csv"
    file.write_text(SHEET + row("VN-1", country="VN", indicators="ip:203.0.113.60"), encoding="utf-8")
    region.offices["VN"].hub("publish", file, "--to", "vn", "--yes")
    expect(singapore.locator("[data-news] a")).to_contain_text("New incident from another member")
    singapore.locator("[data-news] a").click()
    expect(singapore.get_by_role("heading", name="Incoming")).to_be_visible()


def test_axe_finds_nothing_and_pages_fit(
    region: Region, desks: Desks, windows: Windows, browser: Browser, tmp_path: Path
) -> None:
    """On each page (`visits.py`), in each language where she decides, on a telephone too."""
    page = desks.open(region.offices["ID"], bypass_csp=True)
    visitor = Visitor(region, desks, tmp_path, "axe", page)
    matched = browser.app.url_map.bind("localhost")
    violations = {}
    for language in LANGUAGES:
        visitor.open(f"language?to={language}&back={visitor.path}{visitor.report}release")
        violations[language] = problems(page)
        shoot(page, f"release-{language}")
    visitor.open("language?to=en")
    for number, visit in enumerate(VISITS):
        if visit.status != 200:
            windows.expect_complaint(str(visit.status))
        page = visit.go(visitor)
        method, path = windows.loaded(page)
        if visit.status != 404:
            own = path if visit.view == "open_desk" else f"{browser.guard.prefix}/{path.removeprefix(visitor.path)}"
            assert matched.match(own, method)[0] == visit.view
        name = f"{number:02d}-{visit.view}"
        violations[name] = problems_in_light_and_dark(page, name)
        page.set_viewport_size({"width": 360, "height": 800})
        assert overflow(page) == 0, name
        page.set_viewport_size({"width": 1280, "height": 900})
    assert {name: some for name, some in violations.items() if some} == {}
