"""What other members report comes in at the desk: what is new, one incident with all it brings, and this member's steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.desk.incoming import Watch
from hub.producer.api import HubClient
from tests.desk.conftest import Browser, at_desk
from tests.producer.offices import Office, Region, sheet


@pytest.fixture(scope="module")
def incident(region: Region, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of an incident that Malaysia reported, with one indicator."""
    office = region.offices["MY"]
    file = sheet(
        tmp_path_factory.mktemp("my") / "a.csv",
        {"report_id": "MY-1", "country": "MY", "victim_sector": "healthcare", "indicators": "ip:203.0.113.40"},
    )
    office.hub("publish", file, "--to", "my", "--yes")
    board = json.loads(region.offices["SG"].hub("board", "--json").stdout)
    (entry,) = [row for row in board["incidents"] if row["reported_by"] == "MY"]
    return str(entry["incident"])


@pytest.fixture
def singapore(region: Region, incident: str) -> Browser:
    return at_desk(region.offices["SG"])


def test_what_is_new_is_told_until_it_was_looked_at(singapore: Browser, incident: str) -> None:
    """The script's endpoint counts it; the incident's page makes it known; one's own incidents are never news."""
    news = singapore.get("/incoming/news").get_json()
    assert incident in [row["id"] for row in news["incidents"]]
    assert "to be acknowledged" in singapore.text("/incoming/")
    singapore.text(f"/incoming/{incident}/")
    assert incident not in [row["id"] for row in singapore.get("/incoming/news").get_json()["incidents"]]


def test_who_reported_it_gets_no_news_of_it(region: Region, incident: str) -> None:
    malaysia = at_desk(region.offices["MY"])
    assert malaysia.get("/incoming/news").get_json()["count"] == 0
    assert incident in malaysia.text("/incoming/"), "it is under one's own"


def test_an_incident_has_what_its_reports_bring(singapore: Browser, incident: str) -> None:
    """The indicators, defanged, fetched over TAXII."""
    page = singapore.text(f"/incoming/{incident}/")
    assert "203[.]0[.]113[.]40" in page
    assert "The victim is protected" in page


def test_the_steps_are_shown_before_they_are_published(region: Region, singapore: Browser, incident: str) -> None:
    """Acknowledged by Singapore, asked of Thailand, accepted there; nothing is published by the preview."""
    path = f"/incoming/{incident}"

    def board() -> dict[str, object]:
        shown = json.loads(region.offices["VN"].hub("board", "--json").stdout)
        entry: dict[str, object] = next(row for row in shown["incidents"] if row["incident"] == incident)
        return entry

    step = {"action": "acknowledge", "text": "We have it"}
    page = singapore.post(f"{path}/preview", step).get_data(as_text=True)
    assert "We have it" in page
    assert "Nothing has been published yet." in page
    assert "SG" not in str(board()["acknowledged"])
    assert singapore.place(singapore.post(f"{path}/publish", step)) == f"{path}/?done=acknowledge"
    assert "SG" in str(board()["acknowledged"])
    ask = {"action": "ask", "asked": ["TH"], "text": "Take the host down", "hours": "4"}
    assert "Take the host down" in singapore.post(f"{path}/preview", ask).get_data(as_text=True)
    singapore.place(singapore.post(f"{path}/publish", ask))
    thailand = at_desk(region.offices["TH"])
    page = thailand.text(f"{path}/")
    assert "Take the host down" in page
    request = page.partition('name="request" value="')[2].partition('"')[0]
    refusal = thailand.post(f"{path}/publish", {"action": "refused", "request": request, "text": ""})
    assert "A member that refuses says why" in refusal.get_data(as_text=True)
    thailand.place(thailand.post(f"{path}/publish", {"action": "accepted", "request": request, "text": ""}))
    assert "accepted" in json.dumps(board()["requests"])


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "close"},
        {"action": "ask", "text": "Help"},
        {"action": "ask", "asked": ["TH"]},
        {"action": "ask", "asked": ["XX"], "text": "Help"},
        {"action": "accepted", "request": "note--00000000-0000-4000-8000-000000000000"},
    ],
)
def test_a_step_that_is_not_whole_is_not_published(
    region: Region, singapore: Browser, incident: str, fields: dict[str, object]
) -> None:
    before = len(region.objects_in("alerts"))
    response = singapore.post(f"/incoming/{incident}/publish", dict(fields))
    assert response.status_code in (200, 400)
    assert 'role="alert"' in response.get_data(as_text=True) or response.status_code == 400
    assert len(region.objects_in("alerts")) == before


@pytest.mark.parametrize("identifier", ["incident--00000000-0000-4000-8000-000000000000", "x", "..%2f..", "<b>"])
def test_an_incident_that_the_board_has_not_is_not_there(singapore: Browser, identifier: str) -> None:
    assert singapore.get(f"/incoming/{identifier}/").status_code == 404


def test_a_hub_that_is_away_is_said_and_what_is_known_stays(region: Region, incident: str) -> None:
    """The list stays as it was, with the reason why there is no newer one."""
    browser = at_desk(region.offices["SG"])
    watch = browser.app.extensions["watch"]
    assert isinstance(watch, Watch)
    assert incident in browser.text("/incoming/")
    with region.away():
        watch.board(refresh=True)
        page = browser.text("/incoming/")
        assert incident in page
        assert 'role="alert"' in page
        assert browser.get("/incoming/news").get_json()["problem"] is True
    assert watch.board(refresh=True).problem == ""


def test_the_hub_is_asked_at_most_every_ten_seconds(region: Region, tmp_path: Path) -> None:
    """However often pages and scripts ask the desk."""
    now = [0.0]
    times: list[float] = []
    browser = at_desk(region.offices["SG"])
    desk = browser.app.extensions["desk"]

    def connect() -> HubClient:
        times.append(now[0])
        client: HubClient = desk.connect()
        return client

    watch = Watch(connect, desk.drafts, clock=lambda: now[0])
    for now[0] in (0.0, 1.0, 9.9, 10.0, 10.1, 19.9, 25.0):
        watch.board()
    assert times == [0.0, 10.0, 25.0]


def test_news_are_for_the_desks_own_script(singapore: Browser, office: Office) -> None:
    """JSON that no other page may read: another origin is refused, and nothing may be guessed about it."""
    assert singapore.get("/incoming/news", **{"Sec-Fetch-Site": "same-site"}).status_code == 403
    response = singapore.get("/incoming/news")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_page_that_waits_learns_of_news_by_the_hubs_events(
    region: Region, incident: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without them it would wait for the next look at the board, which does not come in this test."""
    monkeypatch.setattr("hub.desk.incoming.REFRESH_SECONDS", 3600.0)
    singapore = at_desk(region.offices["SG"])
    first = singapore.get("/incoming/news?after=0").get_json()
    assert first["number"] > 0
    assert incident in singapore.text("/incoming/")
    file = sheet(tmp_path / "b.csv", {"report_id": "MY-2", "country": "MY", "indicators": "ip:203.0.113.41"})
    region.offices["MY"].hub("publish", file, "--to", "my", "--yes")
    number = first["number"]
    for _ in range(6):  # of WAIT_SECONDS each, on a machine that is slow
        news = singapore.get(f"/incoming/news?after={number}").get_json()
        if news["number"] != number:
            break
    assert news["number"] != number
    assert news["count"] == first["count"] + 1
