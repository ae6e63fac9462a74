"""Every page of the desk, and how its officer gets there: for tests that look at all of them. A new page gets a row here."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, Route, expect

from tests.browsing import Visit
from tests.desk.browser.conftest import Desks
from tests.desk.conftest import SHEET, row
from tests.producer.offices import Region

LURE: Final = "login.rekaan-sejahtera-masuk.example"
_REFRESH: Final = re.compile(r'<meta http-equiv="refresh"[^>]*>')


class Visitor:
    """Indonesia's officer at her desk, with a file on it, a report that has left, and an incident of Viet Nam's."""

    def __init__(self, region: Region, desks: Desks, folder: Path, word: str, page: Page) -> None:
        """`word` distinguishes this visitor's reports from those of others."""
        self.page = page
        self.start = page.url
        self.path = page.url.removeprefix(page.url[: page.url.index("/", 8)])
        self.office = region.offices["ID"]
        self.region = region
        self.desks = desks
        self.sent_report = f"ID-Y{word}"
        file = folder / f"reports-{word}.csv"
        other = folder / f"other-{word}.csv"
        other.write_text(SHEET + row(f"VN-{word}", country="VN", indicators="ip:203.0.113.60"), encoding="utf-8")
        region.offices["VN"].hub("publish", other, "--to", "vn", "--yes")
        file.write_text(SHEET + row(self.sent_report, indicators="ip:203.0.113.71"), encoding="utf-8")
        self.sent = self._put(file)
        self.open(f"{self.sent}send")
        page.get_by_role("button", name="Yes, send it").click()
        expect(page.get_by_text("Sent 2")).to_be_visible()
        values = f"ip:203.0.113.70;domain:{word}.{LURE}"
        file.write_text(SHEET + row(f"ID-X{word}", indicators=values) + row("ID-XB", status="opened"), encoding="utf-8")
        self.report = self._put(file)
        self.waiting = folder / f"waiting-{word}.csv"
        self.waiting.write_text(SHEET + row(f"ID-Z{word}", indicators="ip:203.0.113.72"), encoding="utf-8")
        self.open("incoming/")
        link = page.locator("[data-live] article h3 a").first
        self.incident = (link.get_attribute("href") or "").removeprefix(self.path)

    def open(self, path: str) -> Page:
        self.page.goto(self.start + path)
        return self.page

    def _put(self, file: Path) -> str:
        """Put a file on the desk: what its pages' addresses begin with, below the desk's own."""
        self.open("")
        self.page.get_by_label("The sheet (CSV, XLSX").set_input_files(file)
        self.page.get_by_role("button", name="Read it").click()
        self.page.wait_for_url("**/report/*/**")
        match = re.search(r"report/[0-9a-f]+/", self.page.url)
        assert match is not None, self.page.url
        return match[0]


def at(path: str) -> Callable[[Visitor], Page]:
    """She opens that address below the desk's own."""
    return lambda visitor: visitor.open(
        path.format(report=visitor.report, sent=visitor.sent, incident=visitor.incident)
    )


def pressing(path: str, button: str) -> Callable[[Visitor], Page]:
    """She opens that address and presses a button there."""

    def go(visitor: Visitor) -> Page:
        page = at(path)(visitor)
        with page.expect_navigation():
            page.get_by_role("button", name=button).first.click()
        return page

    return go


def _undecided(visitor: Visitor) -> Page:
    """She decides, and forgets to say who she is."""
    page = at("{report}release")(visitor)
    page.get_by_label("keep it here", exact=True).first.check()
    page.get_by_label("Officer", exact=True).fill("")
    with page.expect_navigation():
        page.get_by_role("button", name="Save, and look again").click()
    return page


def _something_else_sent(visitor: Visitor) -> Page:
    """What she says yes to is not what she was shown."""
    page = at("{report}send")(visitor)
    page.locator("input[name=seal]").evaluate("input => { input.value = '0'.repeat(64); }")
    with page.expect_navigation():
        page.get_by_role("button", name="Yes, send it").click()
    return page


def _step(visitor: Visitor, name: str, text: str) -> Page:
    page = at("{incident}")(visitor)
    page.locator("summary", has_text=name).click()
    form = page.locator("details[open]").filter(has=page.locator("summary", has_text=name))
    if text:
        form.locator("textarea").fill(text)
    with page.expect_navigation():
        form.get_by_role("button", name="Show what will be published").click()
    return page


def _acknowledged_meanwhile(visitor: Visitor) -> Page:
    """A colleague was faster, at the command line."""
    page = _step(visitor, "Acknowledge", "")
    incident = visitor.incident.rstrip("/").rpartition("/")[2].replace("%2D", "-")
    visitor.office.hub("acknowledge", incident)
    with page.expect_navigation():
        page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("alert").wait_for()
    return page


def _record(visitor: Visitor) -> Page:
    page = at("records/")(visitor)
    page.get_by_role("link", name=visitor.sent_report, exact=True).click()
    page.get_by_role("button", name="Withdraw it").wait_for()
    return page


def _withdrawing(visitor: Visitor) -> Page:
    page = _record(visitor)
    page.get_by_role("button", name="Withdraw it").click()
    page.get_by_label("Write the report's id, to be sure").wait_for()
    return page


def _withdrawn(visitor: Visitor) -> Page:
    page = _withdrawing(visitor)
    page.get_by_label("Write the report's id, to be sure").fill(visitor.sent_report)
    with page.expect_navigation():
        page.get_by_role("button", name="Withdraw it permanently").click()
    return page


def _sent_from_the_outbox(visitor: Visitor) -> Page:
    """What waits since the hub could not be reached."""
    with visitor.region.away():
        visitor.office.hub("publish", visitor.waiting, "--to", "id", "--yes", code=None)
    page = at("outbox/")(visitor)
    with page.expect_navigation():
        page.get_by_role("button", name="Send it now").click()
    return page


def _opened(visitor: Visitor) -> Page:
    """The page that leads on at once, held where it is."""
    address = visitor.desks.start(visitor.office)

    def hold(route: Route) -> None:
        response = route.fetch()
        assert _REFRESH.search(response.text())
        route.fulfill(response=response, body=_REFRESH.sub("", response.text()))

    page = visitor.desks.window(address, bypass_csp=True)
    page.route("**/open/*", hold)
    page.goto(address)
    return page


VISITS: Final[tuple[Visit[Visitor], ...]] = (
    Visit("home", "home.html", at("")),
    Visit("new_form", "form.html", at("new/form")),
    Visit("read_page", "read.html", at("{report}")),
    Visit("edit_row", "form.html", at("{report}row?where=row%203")),
    Visit("release_page", "release.html", at("{report}release")),
    Visit("decide", "release.html", _undecided),
    Visit("confirm_page", "send.html", at("{report}send")),
    Visit("send", "problem.html", _something_else_sent, status=409),
    Visit("done_page", "done.html", at("{sent}done")),
    Visit("new_stage", "form.html", pressing("{sent}done", "Write an update")),
    Visit("outbox_page", "outbox.html", at("outbox/")),
    Visit("send_waiting", "outbox.html", _sent_from_the_outbox),
    Visit("incoming_page", "incoming.html", at("incoming/")),
    Visit("incident_page", "incident.html", at("{incident}")),
    Visit("preview_step", "incident.html", lambda visitor: _step(visitor, "Ask for help", "Take the page down")),
    Visit("preview_step", "step.html", lambda visitor: _step(visitor, "Acknowledge", "We have it.")),
    Visit("publish_step", "incident.html", _acknowledged_meanwhile),
    Visit("records_page", "records.html", at("records/")),
    Visit("record_page", "record.html", _record),
    Visit("withdraw", "withdraw.html", _withdrawing),
    Visit("withdraw", "withdrawn.html", _withdrawn),
    Visit("home", "problem.html", at("nothing"), status=404),
    Visit("open_desk", "opened.html", _opened),
    Visit("close_desk", "closed.html", pressing("", "Close the desk")),  # the last: it ends the session
)
# Views of the desk that show no page of their own, and why.
WITHOUT_PAGE: Final = {
    "asset": "a file",
    "news": "what the script asks for",
    "language": "leads back",
    "new_file": "leads to what was read",
    "keep_form": "leads to what was read",
    "mend_row": "leads to what was read",
    "keep_settings": "leads to what was read",
    "mend_text": "leads to what was read",
    "delete": "leads to all reports",
    "see_all": "leads to the list",
    "change_waiting": "leads to the outbox",
}
PARTS: Final = frozenset({"page.html", "parts.html"})  # templates that are no page
