"""The pages together: that tests visit each of them, and that the menu marks the current one."""

from __future__ import annotations

import re
from pathlib import Path

import hub
from tests.desk.browser.visits import PARTS, VISITS, WITHOUT_PAGE
from tests.desk.conftest import Browser


def test_every_page_of_the_desk_is_visited(browser: Browser) -> None:
    """Each view, and each template, has a way there in `browser/visits.py`."""
    views = {rule.endpoint for rule in browser.app.url_map.iter_rules()}
    assert views == {visit.view for visit in VISITS} | WITHOUT_PAGE.keys()
    folder = Path(hub.__file__).parent / "desk" / "templates"
    assert {file.name for file in folder.iterdir()} == {visit.template for visit in VISITS} | PARTS


def test_the_menu_marks_the_current_page(browser: Browser) -> None:
    for path in ("/", "/incoming/"):
        marked_addresses = re.findall(r'<a href="([^"]+)" aria-current="page">', browser.text(path))
        assert marked_addresses == [f"{browser.guard.prefix}{path}"]
