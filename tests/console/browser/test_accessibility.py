"""Axe finds nothing on any page: WCAG 2.2 at levels A and AA, and what it counts as best practice, in light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.pages.texts import LANGUAGES
from tests.community.making import incident, report, request, versioned
from tests.console.browser.conftest import AXE, Office, Officer

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def problems(officer: Officer) -> list[str]:
    """What axe finds on the page, with everything unfolded."""
    for summary in officer.page.query_selector_all("details:not([open]) > summary"):
        summary.click()
    officer.page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found = officer.page.evaluate("rules => axe.run({ runOnly: rules })", RULES)
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(office: Office, scheme: str) -> None:
    """On each page, empty and filled, with forms open, in an error, and in each language."""
    number = 700 if scheme == "light" else 800
    first = incident(number, name="Phishing")
    indicator = versioned(
        "indicator",
        number,
        "ID",
        pattern="[domain-name:value = 'bad.example']",
        pattern_type="stix",
        valid_from="2026-04-02T01:00:00Z",
        valid_until="2036-04-02T01:00:00Z",
        description="Seen in phishing.",
        indicator_types=["malicious-activity"],
    )
    refs = [first["id"], indicator["id"]]
    office.publish("id-cert", first, indicator, report(number, object_refs=refs), to="id")
    office.publish("id-cert", request(number, "ID", ["SG"], None, about=number))
    office.publish("id-cert", incident(number + 1, name="Blackout", labels=["exercise"]), root="exercise")
    # its policy is the subject of the other tests, and would not let axe in
    singapore = office.officer("sg-cert", signed_in=False, color_scheme=scheme, bypass_csp=True)
    singapore.open("/console/login")
    found = {"/console/login": problems(singapore)}
    singapore.sign_in()
    page = f"/asean/board/{first['id']}/"
    paths = [
        "/asean/board/",
        "/asean/board/?text=none",
        "/exercise/board/",
        page,
        "/asean/contacts/",
        "/asean/region/",
        "/",
        "/console/lookup",
    ]
    for path in paths:
        singapore.open(path)
        found[path] = problems(singapore)
    for language in LANGUAGES:
        singapore.open(f"/console/language?to={language}&back={page}")
        found[language] = problems(singapore)
    singapore.open("/console/language?to=en&back=/console/lookup")
    singapore.page.get_by_label("Values, one a line").fill("bad.example\nother.example")
    singapore.page.get_by_role("button", name="Look up").click()
    singapore.page.wait_for_selector("#result")
    found["looked up"] = problems(singapore)
    singapore.open(page)
    singapore.page.locator("summary", has_text="Refuse").click()
    singapore.page.get_by_label("Why? The others read it").fill("No staff")
    singapore.page.locator("details[open]").get_by_role("button", name="Show what will be published").click()
    singapore.page.get_by_text("Nothing has been published yet.").wait_for()
    found["preview"] = problems(singapore)
    assert {path: some for path, some in found.items() if some} == {}
