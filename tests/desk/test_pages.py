"""That no page is forgotten where all pages are looked at."""

from __future__ import annotations

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
