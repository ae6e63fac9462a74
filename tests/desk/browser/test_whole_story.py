"""The whole story of an incident in browsers, by mouse and keyboard, in English and in Thai: desk, board, steps, trail.

The hub and each desk are processes, as operators and officers run them. What nobody can wait for in a test, a deadline that
passes, Indonesia's tool brings: it asks with one that has just passed, as a hub takes it from tools whose clocks differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import browsing
from tests.browsing import Windows
from tests.desk.browser.conftest import Desks
from tests.producer.offices import Region

LURE: Final = "masuk-rekaan.example"
TITLES: Final = {"en": "Phishing of customers of a bank", "th": "ฟิชชิงลูกค้าธนาคาร"}


@dataclass
class Officer:
    """One person at a window of the hub, who reads its pages in her language."""

    page: Page
    language: str
    hub: str

    def says(self, text: str, **fields: object) -> str:
        """A text of the pages, as this officer reads it."""
        return browsing.words(self.language, text, **fields)

    def sign_in(self, name: str, key: str) -> None:
        """By keyboard: the account's field has the focus."""
        self.page.goto(f"{self.hub}/console/login")
        expect(self.page.get_by_label(self.says("Account"), exact=True)).to_be_focused()
        self.page.keyboard.type(name)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(key)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda address: "/console/login" not in address)

    def entry(self, name: str) -> Locator:
        """The incident on the board."""
        return self.page.locator("article.incident").filter(has_text=name)

    def cell(self, member: str) -> Locator:
        """What that member did, in the first matrix of the page."""
        cells = self.page.locator(".matrix").first.locator("li")
        return cells.filter(has=self.page.locator(".member").get_by_text(member, exact=True))

    def press(self, locator: Locator) -> None:
        """With the keyboard."""
        locator.focus()
        self.page.keyboard.press("Enter")

    def action(self, word: str) -> Locator:
        """The form of a step on an incident's page."""
        return self.page.locator("details.action").filter(
            has=self.page.locator("summary", has_text=self.says(word)),
        )

    def publish(self, word: str) -> None:
        """See what will be published, and publish it."""
        form = self.action(word)
        form.get_by_role("button", name=self.says("Show what will be published")).click()
        expect(self.page.get_by_text(self.says("Nothing has been published yet."))).to_be_visible()
        expect(self.page.locator("h1")).to_be_focused()  # so that nothing is published by pressing Enter twice
        self.page.keyboard.press("Tab")
        expect(self.page.get_by_role("button", name=self.says("Publish"), exact=True)).to_be_focused()
        self.page.keyboard.press("Enter")
        expect(self.page.locator("p.done")).to_have_text(self.says("Published: {step}.", step=self.says(word)))


@pytest.fixture(scope="module")
def operator_key(region: Region) -> str:
    return region.hub("account", "add", "operator", "--kind", "operator").stdout.strip()


@pytest.mark.parametrize("language", ["en", "th"])
def test_the_whole_story(  # noqa: PLR0915 - one story, from the report to its end
    region: Region, operator_key: str, desks: Desks, windows: Windows, language: str
) -> None:
    """Reported at a desk, live at Singapore's board, acknowledged, asked, accepted, refused, overdue, closed; and the trail."""
    hub = region.url.removesuffix("/asean/")
    browser: dict[str, Any] = {"locale": {"en": "en-GB", "th": "th-TH"}[language]}

    def officer() -> Officer:
        return Officer(windows.open(hub, f"http://127.0.0.1:{region.port + 1}", **browser), language, hub)

    def signed_in(code: str) -> Officer:
        person = officer()
        person.sign_in(f"{code.lower()}-cert", region.offices[code].key)
        return person

    def shoot(page: Page, name: str) -> None:
        browsing.shoot(page, f"story-{language}-{name}")

    title = TITLES[language]
    singapore = signed_in("SG")
    say = singapore.says
    expect(singapore.page.get_by_text(say("This page follows the hub."))).to_be_visible()
    expect(singapore.entry(title)).to_have_count(0)
    singapore.page.evaluate("window.sinceSignIn = true")  # gone as soon as the page is loaded again

    # Indonesia's officer fills in the form at her desk, decides what of it leaves, and says yes
    desk = desks.open(region.offices["ID"], language=language, **browser)
    desk.get_by_role("link", name=say("Fill in the form")).click()
    number = f"ID-2026-{language}"
    desk.locator("#f-report_id").fill(number)
    desk.locator("#f-title").fill(title)
    desk.locator("#f-title").press("Tab")
    desk.keyboard.type("Customers were led to a copy of the bank's page.")
    for column, choice in (
        ("incident_class", "fraud"),
        ("incident_type", "phishing"),
        ("status", "open"),
        ("determination", "confirmed"),
        ("severity", "4"),
        ("tlp", "amber"),
        ("victim_sector", "financial-services"),
        ("consent", "sector-only"),
    ):
        desk.locator(f"#f-{column}").select_option(choice)
    desk.locator("#f-victim_name").fill("Bank Rekaan Nusantara")
    desk.locator("#f-victim_domain").fill("bank-rekaan.example")
    desk.locator("#f-indicators").fill(f"domain:{language}.{LURE}; ip:203.0.113.{80 + len(language)}")
    shoot(desk, "1-form")
    desk.get_by_role("button", name=say("Save, and see what leaves")).click()
    held = desk.locator("ol.decisions li").filter(has_text=title)
    held.get_by_label(say("approve it"), exact=True).check()
    held.locator("input[name^=despite]").fill("It names nobody")  # asked for where a text is in a script without blanks
    desk.get_by_label(say("Officer"), exact=True).fill("A. Officer")
    desk.get_by_role("button", name=say("Save, and look again")).click()
    shoot(desk, "2-release")
    desk.get_by_role("link", name=say("Go on to the final yes")).click()
    expect(desk.get_by_text(say("Nothing has been sent yet."))).to_be_visible()
    assert "Bank Rekaan" not in desk.locator("main").inner_text()
    desk.get_by_role("button", name=say("Yes, send it")).focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("p.done")).to_be_visible()
    shoot(desk, "3-sent")

    # it comes up at Singapore's, whose page nobody touches; she acknowledges it with the mouse
    expect(singapore.entry(title)).to_be_visible()
    assert singapore.page.evaluate("window.sinceSignIn") is True, "the page was not loaded again"
    shoot(singapore.page, "4-board")
    singapore.page.get_by_role("link", name=title).click()
    singapore.page.locator("summary", has_text=say("Acknowledge")).click()
    singapore.publish("Acknowledge")
    address = singapore.page.url.partition("?")[0]
    incident = address.rstrip("/").rpartition("/")[2]

    # Indonesia's asks two members with the keyboard, its tool a third, by a deadline that has just passed
    indonesia = signed_in("ID")
    expect(indonesia.entry(title).locator(".matrix li", has_text="SG")).to_contain_text(say("acknowledged it"))
    indonesia.press(indonesia.page.get_by_role("link", name=title))
    indonesia.page.wait_for_url("**/board/incident--*/")
    indonesia.press(indonesia.page.locator("summary", has_text=say("Ask for help")))
    for country in ("Singapore", "Viet Nam"):
        indonesia.page.get_by_label(country, exact=True).focus()
        indonesia.page.keyboard.press("Space")
    indonesia.page.get_by_label(say("What do you ask for?")).focus()
    indonesia.page.keyboard.type("Take the page down")
    indonesia.publish("Ask for help")
    past = f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    region.offices["ID"].hub("ask", incident, "--members", "MY", "--what", "Is the page seen?", "--due", past)

    # Singapore accepts, Viet Nam refuses and says why, Malaysia is late
    singapore.page.goto(address)
    singapore.page.locator("summary", has_text=say("Accept")).click()
    singapore.publish("Accept")
    vietnam = signed_in("VN")
    vietnam.page.goto(address)
    vietnam.press(vietnam.page.locator("summary", has_text=say("Refuse")))
    vietnam.page.get_by_label(say("Why? The others read it")).focus()
    vietnam.page.keyboard.type("No staff tonight")
    vietnam.publish("Refuse")
    malaysia = signed_in("MY")
    owed = malaysia.entry(title).locator(".owed li.late")
    expect(owed).to_contain_text("Is the page seen?")
    expect(malaysia.entry(title)).to_contain_text(say("{n} overdue", n=1))
    shoot(malaysia.page, "5-overdue")

    # Indonesia's page has all of that without being loaded again; she closes the incident
    timeline = indonesia.page.locator(".timeline")
    expect(timeline).to_contain_text("No staff tonight")
    expect(timeline).to_contain_text(f"Singapore {say('accepted a request')}")
    expect(indonesia.cell("VN")).to_contain_text(say("refused a request"))
    expect(indonesia.cell("MY")).to_contain_text(say("overdue"))
    shoot(indonesia.page, "6-incident")
    indonesia.press(indonesia.page.locator("summary", has_text=say("Close the incident")))
    indonesia.publish("Close the incident")
    expect(indonesia.page.get_by_text(say("This incident is closed."))).to_be_visible()
    expect(malaysia.entry(title)).to_have_count(0)

    # the operator sees who did that, and nothing of what was said
    operator = officer()
    operator.sign_in("operator", operator_key)
    operator.page.get_by_label(say("Account"), exact=True).fill("vn-cert")
    operator.page.keyboard.press("Enter")
    expect(operator.page.locator("section[aria-labelledby=trail] tbody tr")).not_to_have_count(0)
    lines = operator.page.locator("section[aria-labelledby=trail] tbody")
    expect(lines.locator("tr").filter(has_text="published").first).to_contain_text("vn-cert")
    expect(lines).not_to_contain_text("id-cert")
    shoot(operator.page, "7-trail")
    whole = operator.page.content()
    assert title not in whole
    assert "No staff tonight" not in whole
    assert LURE not in whole
