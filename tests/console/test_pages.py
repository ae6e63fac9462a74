"""The pages together: that tests visit each of them, and that the menu marks the current one."""

from __future__ import annotations

import re
from pathlib import Path

import flask

import hub
from hub.server.app import PAGES
from tests.console.browser.visits import PARTS, VISITS, WITHOUT_PAGE
from tests.console.conftest import SignedIn


def test_every_page_of_the_hub_is_visited(app: flask.Flask) -> None:
    """Each view that a browser gets a page from, and each template, has a way there in `browser/visits.py`."""
    views = {rule.endpoint for rule in app.url_map.iter_rules()} & PAGES
    assert views == PAGES
    assert views == {visit.view for visit in VISITS} | WITHOUT_PAGE.keys()
    folder = Path(hub.__file__).parent / "server" / "console" / "templates"
    assert {file.name for file in folder.iterdir()} == {visit.template for visit in VISITS} | PARTS


def test_the_menu_marks_the_current_page(signed_in: SignedIn) -> None:
    browser = signed_in("sg-cert")
    for path in ("/", "/console/lookup"):
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', browser.text(path)) == [path]
