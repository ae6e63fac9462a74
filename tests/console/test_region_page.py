"""The region at a glance: counted from what the reader may see, said in numbers beside the drawing."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence

import pytest

from hub.community.entry import Entry
from hub.community.hub import Hub
from hub.server.console.region import Tile, tiles_of, weeks_of
from hub.sharing.members import Account, AccountKind
from tests.community.making import cert, incident, publish_as, report
from tests.console.conftest import Browser, SignedIn
from tests.durations import DAY, HOUR
from tests.server.making import Clock

PAGE = "/asean/region/"
LIVE = {"Hub-Live": "1"}


def row(page: str, head: str) -> list[str]:
    """The numbers in the row of the tables that begins so."""
    match = re.search(rf'<th scope="row"[^>]*>(?:<a [^>]*>)?{head}(?:</a>)?</th>(.*?)</tr>', page, re.DOTALL)
    assert match is not None
    return re.findall(r'<td class="number">(\d+)</td>', match[1])


def test_open_incidents_by_member_class_and_age(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """In the table as in the map; each class once for each incident."""
    publish_as(hub, "ID", incident(1, labels=['rsit:fraud="phishing"', 'rsit:fraud="copyright"']))
    clock.now += 3 * DAY
    publish_as(hub, "ID", incident(2), incident(3, labels=["rsit:malicious-code"]))
    publish_as(hub, "TH", incident(4, "TH"))
    page = signed_in("sg-cert").text(PAGE)
    assert row(page, "Indonesia")[:4] == ["3", "2", "1", "0"]
    assert row(page, "Thailand")[:4] == ["1", "1", "0", "0"]
    assert row(page, "Singapore")[:4] == ["0", "0", "0", "0"]
    assert "<title>Indonesia: 3</title>" in page
    assert '<th scope="col">fraud</th>' in page
    assert sum(map(int, row(page, "Indonesia")[4:])) == 3


def test_closed_incidents_count_in_their_week_alone(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """The weeks show a trend, the table shows what is open now."""
    publish_as(hub, "ID", incident(1), report(1, stage="final"))
    clock.now += 7 * DAY
    publish_as(hub, "ID", incident(2))
    page = signed_in("sg-cert").text(PAGE)
    assert row(page, "Indonesia")[0] == "1"
    assert row(page, "2026-03-30")[0] == "1"
    assert row(page, "2026-04-06")[0] == "1"
    assert page.count('<g class="week">') == 12


def test_it_is_for_the_members_certs(hub: Hub, signed_in: SignedIn, browser: Browser) -> None:
    """As the board; `test_levels` compares what it counts with what TAXII gives."""
    for name in ("id-soc", "partner", "operator"):
        assert signed_in(name).get(PAGE).status_code in (403, 404), name
    assert browser.get(PAGE).status_code == 303


def test_a_program_gets_the_figures(hub: Hub, browser: Browser) -> None:
    """As JSON, with its key."""
    publish_as(hub, "ID", incident(1))
    key = hub.credentials.rotate("sg-cert", None)
    headers = {"Accept": "application/json", "Authorization": f"Bearer {key}"}
    answer = browser.app.test_client().get(PAGE, headers=headers).json
    assert answer is not None
    assert answer["members"]["ID"]["open"] == 1
    assert sum(week["count"] for week in answer["weeks"]) == 1


@pytest.mark.parametrize("members", [(), ("ID",), ("XA", "XB", "XC", "XD", "XE", "ID")])
def test_every_member_has_a_place_of_its_own(members: tuple[str, ...]) -> None:
    """Also members that are no ASEAN country."""
    tiles = tiles_of([], members, 1_775_099_400_000)
    assert len({(tile.x, tile.y) for tile in tiles}) == len(members)
    assert all(tile.shade == 0 for tile in tiles)


def test_a_clock_that_was_set_back_counts_no_week_twice(hub: Hub) -> None:
    """What is after the last week is left out."""
    publish_as(hub, "ID", incident(1))
    (entry,) = hub.community.reported_since(cert("SG"), "asean", 0)
    assert sum(week.count for week in weeks_of([entry], entry.first_place)) == 1
    ahead = dataclasses.replace(entry, first_place=entry.first_place + 4 * 365 * 24 * HOUR)
    assert sum(week.count for week in weeks_of([ahead], entry.first_place)) == 0


def test_a_region_that_follows_is_made_once_for_a_member(
    hub: Hub, signed_in: SignedIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the board: what the page replaces, nothing of a session, and nothing where the browser has it already."""
    publish_as(hub, "ID", incident(1), report(1))
    hub.credentials.add(Account("sg-night", AccountKind.CERT, "SG"), None)
    day, night = signed_in("sg-cert"), signed_in("sg-night")
    page = day.text(PAGE)
    counts: list[int] = []

    def counted(entries: Iterable[Entry], members: Sequence[str], now: int) -> list[Tile]:
        counts.append(1)
        return tiles_of(entries, members, now)

    monkeypatch.setattr("hub.server.console.region.tiles_of", counted)
    first, second = day.get(PAGE, **LIVE), night.get(PAGE, **LIVE)
    assert first.text == second.text
    assert "form_token" not in first.text
    part = '<div data-live="region"'
    assert page.partition(part)[2].partition(">")[2].partition("</main>")[0].strip() == (
        first.text.partition(part)[2].partition(">")[2].strip()
    )
    assert night.get(PAGE, **LIVE, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert counts == [1]
    publish_as(hub, "ID", incident(2))
    clock.now += 1000
    assert row(night.get(PAGE, **LIVE).text, "Indonesia")[0] == "2"
    publish_as(hub, "ID", report(2, stage="final"))
    clock.now += 1000
    assert row(night.get(PAGE, **LIVE).text, "Indonesia")[0] == "1"
