"""Axe finds nothing on any page: WCAG 2.2 at levels A and AA, and what it counts as best practice; in dark, its rules of colours."""

from __future__ import annotations

import flask

from hub.pages.texts import LANGUAGES
from tests.browsing import problems, problems_in_light_and_dark
from tests.console.browser.conftest import Office
from tests.console.browser.visits import VISITS, Visitors


def test_axe_finds_nothing(office: Office, app: flask.Flask) -> None:
    """On each page (`visits.py`), empty and filled, with forms open, in an error, and in each language."""
    # its policy is the subject of the other tests, and would not let axe in
    visitors = Visitors(office, 700, bypass_csp=True)
    matched = app.url_map.bind("localhost")
    violations = {}
    for number, visit in enumerate(VISITS):
        if visit.status != 200:
            office.windows.expect_complaint(str(visit.status))
        page = visit.go(visitors)
        method, path = office.windows.loaded(page)
        assert matched.match(path, method)[0] == visit.view
        violations[f"{number} {visit.view}"] = problems_in_light_and_dark(page, f"{visit.view}-{number:02d}")
    for language in LANGUAGES:
        visitors.singapore.open(f"/console/language?to={language}&back={visitors.incident}")
        violations[language] = problems(visitors.singapore.page)
    assert {name: some for name, some in violations.items() if some} == {}
