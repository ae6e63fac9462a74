"""What the script of a board asks for again and again: made once for many browsers, and nothing of one session in it."""

from __future__ import annotations

from typing import Any

import pytest

from hub.community.hub import Hub
from hub.server.app import create_app
from hub.server.console import board_view
from hub.sharing.members import Account, AccountKind
from tests.community.making import CATALOGUE, incident, report, taken
from tests.console.conftest import Browser, SignedIn
from tests.server.making import Clock

BOARD = "/asean/board/"
LIVE = {"Hub-Live": "1"}


def test_many_browsers_of_a_member_get_what_was_made_once(
    hub: Hub, signed_in: SignedIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the board changes, or a minute passes. Another member, language or filter has its own."""
    hub.credentials.add(Account("sg-night", AccountKind.CERT, "SG"), None)
    taken(hub, "ID", incident(1, name="Hospital"), report(1))
    readers: list[str] = []
    rows_of = board_view.rows_of

    def counted(entries: Any, members: Any, reader: str) -> list[board_view.Row]:
        readers.append(reader)
        return rows_of(entries, members, reader)

    monkeypatch.setattr(board_view, "rows_of", counted)
    day, night, malaysia = signed_in("sg-cert"), signed_in("sg-night"), signed_in("my-cert")
    first = day.get(BOARD, **LIVE)
    assert readers == ["SG", "SG"], "mine, and others"
    assert "Hospital" in first.text
    assert night.get(BOARD, **LIVE).text == first.text
    assert readers == ["SG", "SG"]
    assert malaysia.get(BOARD, **LIVE).text != first.text
    assert readers[2:] == ["MY", "MY"]
    assert "Hospital" not in day.get(f"{BOARD}?text=other", **LIVE).text
    assert 'href="' in day.get(BOARD, **LIVE, **{"Accept-Language": "th"}).text
    del readers[:]
    clock.now += 60_000
    assert "Hospital" in day.get(BOARD, **LIVE).text
    taken(hub, "ID", incident(2, name="Harbour"), report(2))
    clock.now += 1_000
    assert "Harbour" in night.get(BOARD, **LIVE).text
    assert readers == ["SG"] * 4


def test_it_holds_what_the_page_replaces_and_nothing_of_a_session(hub: Hub, signed_in: SignedIn) -> None:
    """No token, no name of an account: others of the same member get the same."""
    taken(hub, "ID", incident(1, name="Hospital"), report(1))
    singapore = signed_in("sg-cert")
    page, live = singapore.text(BOARD), singapore.get(BOARD, **LIVE).text
    assert "form_token" in page
    assert "sg-cert" in page
    assert "form_token" not in live
    assert "sg-cert" not in live
    part = '<div data-live="board"'
    assert page.partition(part)[2].partition(">")[2].partition("</main>")[0].strip() == (
        live.partition(part)[2].partition(">")[2].strip()
    )
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert f"<title>{title}</title>" in live


def test_a_browser_that_has_it_is_told_so(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """And gets what is new when there is something new."""
    taken(hub, "ID", incident(1, name="Hospital"), report(1))
    singapore = signed_in("sg-cert")
    etag = singapore.get(BOARD, **LIVE).headers["ETag"]
    again = singapore.get(BOARD, **LIVE, **{"If-None-Match": etag})
    assert (again.status_code, again.get_data()) == (304, b"")
    taken(hub, "ID", incident(2, name="Harbour"), report(2))
    clock.now += 1_000
    assert "Harbour" in singapore.get(BOARD, **LIVE, **{"If-None-Match": etag}).text


def test_who_may_not_see_the_board_gets_none_that_is_kept(hub: Hub, signed_in: SignedIn, browser: Browser) -> None:
    """The account is looked at before: signed out, disabled, no CERT's."""
    taken(hub, "ID", incident(1, name="Hospital"), report(1))
    singapore, company = signed_in("sg-cert"), signed_in("id-soc")
    assert "Hospital" in singapore.get(BOARD, **LIVE).text
    assert browser.get(BOARD, **LIVE).status_code == 303
    assert company.get(BOARD, **LIVE).status_code == 403
    hub.credentials.disable("sg-cert")
    assert "Hospital" not in singapore.get(BOARD, **LIVE).text


def test_as_gzip_it_is_the_same(hub: Hub, signed_in: SignedIn) -> None:
    taken(hub, "ID", *(incident(number) for number in range(1, 10)))
    singapore = signed_in("sg-cert")
    plain, packed = singapore.get(BOARD, **LIVE), singapore.get(BOARD, **LIVE, **{"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert len(packed.data) < len(plain.data) / 4


def test_pages_listen_where_incidents_can_come_in(hub: Hub, signed_in: SignedIn) -> None:
    """Not to the collection of lone indicators, which SOCs' tools fill all day."""
    key = hub.credentials.rotate("sg-cert", None)
    assert key is not None
    singapore = Browser(create_app(hub, events=8022))
    singapore.sign_in("sg-cert", key)
    for path in (BOARD, "/asean/region/"):
        address = singapore.text(path).partition('data-events="')[2].partition('"')[0]
        assert "collection=alerts" in address
        assert "collection=id" in address
        assert "collection=indicators" not in address


def test_a_profile_says_which_types_can_come_in() -> None:
    """A rule with a condition refuses some of them only."""
    indicators = next(c for c in CATALOGUE.roots["asean"].collections if c.alias == "indicators")
    alerts = next(c for c in CATALOGUE.roots["asean"].collections if c.alias == "alerts")
    assert not all(profile.takes("incident") for profile in indicators.profiles)
    assert all(profile.takes("indicator") for profile in indicators.profiles)
    assert all(profile.takes("incident") for profile in alerts.profiles)
