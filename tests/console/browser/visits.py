"""Every page of the hub, and how somebody gets there: for tests that look at all of them. A new page gets a row here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import FilePayload, Page

from tests.browsing import Visit
from tests.community.making import acknowledged, incident, report, request, versioned
from tests.console.browser.conftest import Office, Officer
from tests.console.conftest import PASSWORD
from tests.console.operating import CHIEF

SCENARIO: Final = """
title = "Night shift"
[[event]]
at = "0s"
member = "ID"
incident = "hospital"
name = "Ransomware <b>at</b> a hospital"
criticality = 90
stage = "early"
determination = "suspected"
status = "open"
[[event]]
at = "10h"
member = "ID"
incident = "hospital"
ask = ["SG"]
what = "Take the drop server down"
due = "30m"
"""


class Visitors:
    """Who looks, each at a window of her own, and what there is to look at. `number` is that of this run's incidents."""

    def __init__(self, office: Office, number: int, **options: Any) -> None:
        self.office = office
        self.number = number
        self.stranger = office.officer("sg-cert", signed_in=False, **options)
        self.singapore, self.indonesia, self.soc, self.operator, self.chief = (
            office.officer(name, **options) for name in ("sg-cert", "id-cert", "id-soc", "operator", CHIEF)
        )
        self.incident = f"/asean/board/{incident(number)['id']}/"
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

    def step(self, officer: Officer, word: str, text: str = "") -> Page:
        """What will be published by that step, before it is."""
        officer.open(self.incident)
        form = officer.page.locator("details.action").filter(has=officer.page.locator("summary", has_text=word))
        form.locator("summary").click()
        if text:
            form.locator("textarea").fill(text)
        form.get_by_role("button", name="Show what will be published").click()
        officer.page.get_by_text("Nothing has been published yet.").or_(
            officer.page.get_by_role("heading", name="Withdraw")
        ).first.wait_for()
        return officer.page


def at(who: str, path: str) -> Callable[[Visitors], Page]:
    """That person opens that address; `{incident}` in it is the incident's."""

    def go(visitors: Visitors) -> Page:
        officer: Officer = getattr(visitors, who)
        officer.open(path.format(incident=visitors.incident))
        return officer.page

    return go


def _looked_up(visitors: Visitors) -> Page:
    page = at("singapore", "/console/lookup")(visitors)
    page.get_by_label("Values, one a line").fill("bad.example\nother.example")
    page.get_by_role("button", name="Look up").click()
    page.wait_for_selector("#result")
    return page


def _wrong_key(visitors: Visitors) -> Page:
    page = at("stranger", "/console/login")(visitors)
    page.get_by_label("Account").fill("sg-cert")
    page.get_by_label("Password or key").fill("hub_wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    return page


def _nothing_asked(visitors: Visitors) -> Page:
    """She forgets to say whom she asks."""
    page = at("indonesia", "{incident}")(visitors)
    page.locator("summary", has_text="Ask for help").click()
    page.get_by_label("What do you ask for?").fill("Take the page down")
    page.locator("details[open]").get_by_role("button", name="Show what will be published").click()
    page.get_by_role("alert").wait_for()
    return page


def _acknowledged_meanwhile(visitors: Visitors) -> Page:
    """A colleague's tool acknowledged it before."""
    page = visitors.step(visitors.singapore, "Acknowledge")
    number = visitors.number
    visitors.office.publish("sg-cert", acknowledged(number + 50, "SG", about=number))
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("alert").wait_for()
    return page


def _making_account(password: str) -> Callable[[Visitors], Page]:
    """The chief makes an account; with another password than her own, none."""

    def go(visitors: Visitors) -> Page:
        page = at("chief", "/console/operator/new-account")(visitors)
        page.get_by_label("Name", exact=True).fill(f"sg-soc-{visitors.number}")
        page.get_by_label("Kind", exact=True).select_option("constituent")
        page.get_by_label("Member", exact=True).select_option("SG")
        page.locator("input[type=password]").fill(password)
        with page.expect_navigation():
            page.get_by_role("button", name="Make the account and show its key").click()
        return page

    return go


def _disabling_account(visitors: Visitors) -> Page:
    """She mistypes her password."""
    page = at("chief", "/console/operator/accounts/id-soc")(visitors)
    form = page.locator("section[aria-labelledby=disable]")
    form.locator("input[type=password]").fill("four words make two")
    with page.expect_navigation():
        form.get_by_role("button").click()
    return page


def _upload(text: str) -> Callable[[Visitors], Page]:
    """The chief uploads a scenario."""

    def go(visitors: Visitors) -> Page:
        page = at("chief", "/console/operator/new-drill")(visitors)
        file = FilePayload(name="scenario.toml", mimeType="text/plain", buffer=text.encode())
        page.get_by_label("Scenario (TOML)").set_input_files(file)
        with page.expect_navigation():
            page.get_by_role("button", name="Show what will be played").click()
        return page

    return go


def _drill(visitors: Visitors) -> Page:
    """It is played, and stopped, so that another can be played after it."""
    page = _upload(SCENARIO)(visitors)
    page.get_by_role("button", name="Start the drill").click()
    page.get_by_text("1 of 2 events").wait_for()
    page.locator("summary", has_text="Stop the drill").click()
    page.get_by_role("button", name="Yes, stop it").click()
    page.get_by_text("It was stopped.").wait_for()
    return page


def _rotating_key(visitors: Visitors) -> Page:
    page = at("chief", "/console/operator/accounts/vn-cert")(visitors)
    form = page.locator("section[aria-labelledby=rotate]")
    form.locator("input[type=password]").fill(PASSWORD)
    with page.expect_navigation():
        form.get_by_role("button").click()
    return page


VISITS: Final[tuple[Visit[Visitors], ...]] = (
    Visit("sign_in", "sign_in.html", at("stranger", "/console/login")),
    Visit("try_sign_in", "sign_in.html", _wrong_key, status=401),
    Visit("board", "board.html", at("singapore", "/asean/board/")),
    Visit("board", "board.html", at("singapore", "/asean/board/?text=none")),
    Visit("board", "board.html", at("singapore", "/exercise/board/")),
    Visit("incident", "incident.html", at("singapore", "{incident}")),
    Visit("incident", "incident.html", at("soc", "{incident}")),
    Visit(
        "incident",
        "error.html",
        at("singapore", "/asean/board/incident--00000000-0000-4000-8000-000000099999/"),
        status=404,
    ),
    Visit("preview_step", "preview.html", lambda visitors: visitors.step(visitors.singapore, "Refuse", "No staff")),
    Visit("preview_step", "withdrawal.html", lambda visitors: visitors.step(visitors.indonesia, "Withdraw")),
    Visit("preview_step", "incident.html", _nothing_asked, status=422),
    Visit("publish_step", "incident.html", _acknowledged_meanwhile, status=422),
    Visit("contacts", "directory.html", at("singapore", "/asean/contacts/")),
    Visit("region", "region.html", at("singapore", "/asean/region/")),
    Visit("lookup_form", "lookup.html", at("singapore", "/console/lookup")),
    Visit("look_values_up", "lookup.html", _looked_up),
    Visit("console", "collections.html", at("singapore", "/")),
    Visit("console", "collections.html", at("soc", "/")),
    Visit("operator", "operator.html", at("operator", "/console/operator")),
    Visit("operator", "operator.html", at("chief", "/console/operator")),
    Visit("new_account", "new_account.html", at("operator", "/console/operator/new-account")),
    Visit("new_account", "new_account.html", at("chief", "/console/operator/new-account")),
    Visit("make_account", "new_account.html", _making_account("four words make two"), status=401),
    Visit("make_account", "key.html", _making_account(PASSWORD)),
    Visit("show_account", "account.html", at("operator", "/console/operator/accounts/sg-cert")),
    Visit("show_account", "account.html", at("chief", "/console/operator/accounts/sg-cert")),
    Visit("change_account", "account.html", _disabling_account, status=401),
    Visit("change_account", "key.html", _rotating_key),
    Visit("new_drill", "new_drill.html", at("operator", "/console/operator/new-drill")),
    Visit("new_drill", "new_drill.html", at("chief", "/console/operator/new-drill")),
    Visit("check_drill", "new_drill.html", _upload("title = 1"), status=422),
    Visit("check_drill", "check_drill.html", _upload(SCENARIO)),
    Visit("show_drill", "drill.html", _drill),
)
# Views of the console that show no page of their own, and why.
WITHOUT_PAGE: Final = {
    "sign_out": "leads to the page for signing in",
    "language": "leads back",
    "back_to_incident": "leads to the incident",
    "confirm": "leads back to the directory",
    "go_to_provider": "leads to the provider; while it is away, its page is looked at in `test_provider.py`",
    "return_from_provider": "leads on; where it refuses, its page is looked at in `test_provider.py`",
    "asset": "a file",
    "download": "a file",
    "verify_store": "leads to the operator's page",
    "start_drill": "leads to the drill",
    "stop_drill": "leads to the drill",
}
PARTS: Final = frozenset(
    {"frame.html", "board_row.html", "live.html", "operator_parts.html"}
)  # templates that are no page
