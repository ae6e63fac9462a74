"""A hub that runs, an office with a home, and a browser without a script at its desk."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import flask
import pytest
from werkzeug.test import TestResponse

import hub
from hub.desk.app import create_app
from hub.desk.guard import Guard
from hub.desk.work import Desk
from hub.producer.api import HubClient
from tests.producer.offices import Office, Region
from tests.producer.running import QUICK
from tests.templates import refuse_missing_attributes

PORT: Final = 8031
HOST: Final = f"127.0.0.1:{PORT}"
ORIGIN: Final = f"http://{HOST}"
SHEET: Final = (
    "report_id,title,description,incident_class,incident_type,status,determination,tlp,country,victim_name,victim_domain,"
    "victim_sector,consent,detected_at,indicators\n"
)


def row(report_id: str, **cells: str) -> str:
    """A line of the sheet: an incident at an invented victim, with its own cells in place of the usual ones."""
    known = {
        "report_id": report_id, "title": "Phishing of customers", "description": "Customers were led to a copy of a page",
        "incident_class": "fraud", "incident_type": "phishing", "status": "open", "determination": "confirmed",
        "tlp": "amber", "country": "ID", "victim_name": "PT Rekaan Sejahtera", "victim_domain": "rekaan-sejahtera.example",
        "victim_sector": "financial-services", "consent": "sector-only", "detected_at": "2026-04-02",
        "indicators": "ip:203.0.113.81",
    } | cells  # fmt: skip
    return ",".join(f'"{known[column]}"' for column in SHEET.strip().split(",")) + "\n"


@pytest.fixture(autouse=True)
def _complete_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_missing_attributes(monkeypatch)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """The hub with the collections and profiles as they are shipped, and an office for each member; it runs."""
    new_region = Region(tmp_path_factory.mktemp("region"))
    new_region.make()
    new_region.start()
    yield new_region
    new_region.stop()


@dataclass
class Browser:
    """The officer's browser: it follows no redirects, and sends what browsers send."""

    app: flask.Flask
    guard: Guard

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def open(self) -> TestResponse:
        """Open the desk by its address."""
        return self.get(self.guard.new_address().removeprefix(ORIGIN), prefix="")

    def get(self, path: str, *, prefix: str | None = None, **headers: str) -> TestResponse:
        address = (self.guard.prefix if prefix is None else prefix) + path
        return self.client.get(address, base_url=ORIGIN, headers={"Sec-Fetch-Site": "same-origin", **headers})

    def text(self, path: str, status: int = 200) -> str:
        response = self.get(path)
        assert response.status_code == status, (response.status_code, response.get_data(as_text=True))
        return html.unescape(response.get_data(as_text=True))

    def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        sent = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **headers}
        return self.client.post(
            self.guard.prefix + path,
            base_url=ORIGIN,
            data={"form_token": self.guard.form_token, **(fields or {})},
            headers={name: value for name, value in sent.items() if value},
        )

    def upload(self, body: str | bytes, name: str = "reports.csv") -> str:
        """Put a file on the desk; the address that it leads to, below the desk's own."""
        content = body.encode() if isinstance(body, str) else body
        response = self.post("/new/file", {"file": (io.BytesIO(content), name)})
        assert response.status_code == 303, response.get_data(as_text=True)
        return self.place(response)

    def place(self, response: TestResponse) -> str:
        """Where an answer leads, below the desk's own address."""
        assert response.status_code == 303, (response.status_code, html.unescape(response.get_data(as_text=True)))
        return response.headers["Location"].removeprefix(self.guard.prefix)

    def yes(self, report: str) -> TestResponse:
        """The final yes to what that page shows now."""
        page = self.text(f"{report}send")
        seal = re.search(r'name="seal" value="([0-9a-f]+)"', page)
        assert seal is not None, page
        return self.post(f"{report}send", {"seal": seal[1]})


def at_desk(office: Office) -> Browser:
    """A browser at the desk of that office, with the desk open."""

    def connect() -> HubClient:
        return hub.connect(office.url, key=office.key, home=office.home, patience=QUICK)

    guard = Guard(PORT)
    app = create_app(Desk(office.home, connect), guard, cert=office.code)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    browser = Browser(app, guard)
    assert browser.open().status_code == 200
    return browser


@pytest.fixture
def office(region: Region) -> Office:
    return region.offices["ID"]


@pytest.fixture
def browser(office: Office) -> Browser:
    return at_desk(office)


def report_of(place: str) -> str:
    """`/report/<id>/` of an address below it."""
    match = re.match(r"/report/[0-9a-f]{16}/", place)
    assert match is not None, place
    return match[0]


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
