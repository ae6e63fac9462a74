"""`hub board --out`: the board and an incident as a file that needs nothing else."""

from __future__ import annotations

import html
import re
import stat
from pathlib import Path

import pytest

from hub.errors import ConnectionFailedError
from hub.producer import situation
from hub.producer.connection import HubConnection
from tests.producer.offices import Region, sheet


@pytest.fixture(scope="module")
def incident(region: Region, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Indonesia has published an incident for all members; its id."""
    columns = {"report_id": "ID-SIT-1", "country": "ID", "indicators": "domain:sit.attacker.example"}
    path = sheet(tmp_path_factory.mktemp("sit") / "reports.csv", columns)
    region.offices["ID"].hub("publish", path, "--to", "alerts", "--yes")
    (identifier,) = set(re.findall(r"incident--[0-9a-f-]{36}", region.offices["SG"].hub("board").stdout))
    return str(identifier)


def is_alone(page: str) -> bool:
    """Whether the file loads nothing and runs nothing."""
    return not re.search(r"<script|<link|<img|src=|@import|url\(", page) and "default-src 'none'" in page


def test_the_board_is_a_file(region: Region, incident: str, tmp_path: Path) -> None:
    """As the page shows it to this member; for its owner alone, since it holds what is AMBER."""
    out = tmp_path / "report.html"
    region.offices["SG"].hub("board", "--out", out)
    page = out.read_text(encoding="utf-8")
    assert incident in page
    assert "Signed in for Singapore." in page
    assert "@media print" in page
    assert is_alone(page)
    assert "<form" not in page.partition("<main")[2] or 'method="post"' not in page
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_an_incident_is_a_file(region: Region, incident: str, tmp_path: Path) -> None:
    """Its indicators, defanged, its timeline, and links that lead to the hub."""
    out = tmp_path / "incident.html"
    office = region.offices["SG"]
    office.hub("board", "--incident", incident, "--out", out)
    page = out.read_text(encoding="utf-8")
    assert "sit[.]attacker[.]example" in page
    assert "Timeline" in page
    assert f'<base href="{html.escape(office.url)}">' in page
    assert is_alone(page)
    assert office.hub("board", "--incident", incident, code=3).stderr


def test_an_incident_that_is_not_there_makes_no_file(region: Region, tmp_path: Path) -> None:
    """As the page: in words."""
    out = tmp_path / "none.html"
    unknown = "incident--00000000-0000-4000-8000-00000000dead"
    done = region.offices["SG"].hub("board", "--incident", unknown, "--out", out, code=3)
    assert "no such" in done.stderr.lower()
    assert not out.exists()


@pytest.mark.parametrize(
    "page",
    ["<html><head></head>hello", '<html><head><link rel="stylesheet" href="https://evil.example/x.css">'],
)
def test_another_servers_page_is_refused(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a page of something else, nor a style sheet from elsewhere, which would be sent the key."""
    connection = HubConnection("http://127.0.0.1:9/asean/", key="k")
    monkeypatch.setattr(HubConnection, "root_url", "http://127.0.0.1:9/asean/")
    text = HubConnection.text

    def text_of_other(self: HubConnection, path: str, accept: str) -> str:
        return page if accept == "text/html" else text(self, path, accept)

    monkeypatch.setattr(HubConnection, "text", text_of_other)
    with pytest.raises(ConnectionFailedError):
        situation.board_report(connection)
