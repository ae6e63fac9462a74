"""The desk in scripts of languages that have no catalogue yet, and with texts half as long again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browsing import Windows, overflow, shoot, show_in_process
from tests.desk.conftest import ORIGIN, SHEET, Browser, report_of, row
from tests.writing import SAMPLES, prepared

__all__ = ["prepared"]


@pytest.mark.parametrize("language", SAMPLES)
def test_pages_keep_their_form_in_every_script(
    browser: Browser, windows: Windows, prepared: Callable[[str], str], language: str
) -> None:
    """At 360 pixels nothing stands out of the page: the form, what was read, what is held, and the lists."""
    sample = prepared(language)
    title = sample[:40].replace('"', "")
    report = report_of(browser.upload(SHEET + row(f"ID-{language}", title=title) + row("ID-B", status="opened")))
    browser.get(f"/language?to={language}")
    page = windows.open(ORIGIN, viewport={"width": 360, "height": 800})
    show_in_process(page, browser.client, ORIGIN)
    for path in ("/", "/new/form", report, f"{report}release", "/incoming/", "/outbox/", "/records/"):
        page.goto(f"{ORIGIN}{browser.guard.prefix}{path}")
        assert page.locator("html").get_attribute("lang") == language
        assert sample[:6] in page.locator("main").inner_text(), "the samples are on the page"
        assert overflow(page) == 0, path
        shoot(page, f"script-{language}-desk-{path.strip('/').rpartition('/')[2][:12] or 'start'}")
