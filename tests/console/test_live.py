"""What the script of a board asks for again and again: made once for many browsers, and nothing of one session in it."""

from __future__ import annotations

import html
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import pytest

from hub.community import board as board_module
from hub.community.hub import Hub
from hub.server.app import create_app
from hub.server.console import board_view, pages
from hub.server.console.live import LiveBoards
from hub.sharing.catalogue import ApiRoot
from hub.sharing.events import ViewWatcher
from hub.sharing.members import Account, AccountKind
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP, TLP2_IDS
from tests.community.making import CATALOGUE, cert, incident, publish_as, report
from tests.console.conftest import Browser, SignedIn
from tests.server.making import Clock

BOARD = "/asean/board/"
LIVE = {"Hub-Live": "1"}


def test_many_browsers_of_a_member_get_what_was_made_once(
    hub: Hub, signed_in: SignedIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the board changes, or a minute passes. Another member, language or filter has its own."""
    hub.credentials.add(Account("sg-night", AccountKind.CERT, "SG"), None)
    publish_as(hub, "ID", incident(1, name="Hospital"), report(1))
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
    publish_as(hub, "ID", incident(2, name="Harbour"), report(2))
    clock.now += 1_000
    assert "Harbour" in night.get(BOARD, **LIVE).text
    assert readers == ["SG"] * 4


def test_a_live_board_has_what_the_page_replaces_and_nothing_of_a_session(hub: Hub, signed_in: SignedIn) -> None:
    """No token, no name of an account: others of the same member get the same."""
    publish_as(hub, "ID", incident(1, name="Hospital"), report(1))
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


def test_a_browser_that_has_the_live_board_gets_304(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """And gets what is new when there is something new."""
    publish_as(hub, "ID", incident(1, name="Hospital"), report(1))
    singapore = signed_in("sg-cert")
    etag = singapore.get(BOARD, **LIVE).headers["ETag"]
    again = singapore.get(BOARD, **LIVE, **{"If-None-Match": etag})
    assert (again.status_code, again.get_data()) == (304, b"")
    publish_as(hub, "ID", incident(2, name="Harbour"), report(2))
    clock.now += 1_000
    assert "Harbour" in singapore.get(BOARD, **LIVE, **{"If-None-Match": etag}).text


def test_a_live_board_names_the_place_of_what_it_shows_as_events_do(
    hub: Hub, signed_in: SignedIn, clock: Clock
) -> None:
    """Also in a 304. It names nothing that the reader may not see, and nothing old."""
    clock.now += 60_000
    singapore = signed_in("sg-cert")
    alerts = hub.catalogue.find("asean", "alerts")
    assert alerts is not None
    views = hub.community.board_views(cert("SG"), "asean")
    watcher = ViewWatcher(hub.store)
    watcher.look(views)
    etag = ""
    for number in (1, 2):
        clock.now += 10_000
        publish_as(hub, "ID", incident(number), report(number))
        (announced,) = [(view.collection, place) for view, place in watcher.look(views).items() if place >= clock.now]
        for status in (200, 304):
            answer = singapore.get(BOARD, **LIVE, **{"If-None-Match": etag})
            assert answer.status_code == status
            assert answer.headers["Hub-Shown"] == f"{announced[0]}={format_place(announced[1])}"
            etag = answer.headers["ETag"]
    watcher.close()
    incidents = hub.community.open_incidents(cert("SG"), "asean")
    assert incidents.newest_places[alerts.id] == clock.now + 1
    clock.now += 1000
    publish_as(hub, "ID", incident(3, object_marking_refs=[TLP2_IDS[TLP.AMBER_STRICT]]))
    index = hub.community._index(hub.catalogue.roots["asean"])
    with index.lock:
        index.refresh()
        newest = {level: index.newest_places({alerts.id: level})[alerts.id] for level in TLP}
    assert newest[TLP.AMBER_STRICT] == clock.now
    assert newest[TLP.AMBER] == clock.now - 1000 + 1
    assert newest[TLP.GREEN] == 0
    clock.now += 60_000
    assert singapore.get(BOARD, **LIVE).headers["Hub-Shown"] == ""


def test_an_account_that_may_not_see_the_board_gets_no_cached_one(
    hub: Hub, signed_in: SignedIn, browser: Browser
) -> None:
    """The account is checked first: signed out, disabled, of no CERT."""
    publish_as(hub, "ID", incident(1, name="Hospital"), report(1))
    singapore, company = signed_in("sg-cert"), signed_in("id-soc")
    assert "Hospital" in singapore.get(BOARD, **LIVE).text
    assert browser.get(BOARD, **LIVE).status_code == 303
    assert company.get(BOARD, **LIVE).status_code == 403
    hub.credentials.disable("sg-cert")
    assert "Hospital" not in singapore.get(BOARD, **LIVE).text


def test_a_live_board_is_the_same_as_gzip(hub: Hub, signed_in: SignedIn) -> None:
    publish_as(hub, "ID", *(incident(number) for number in range(1, 10)))
    singapore = signed_in("sg-cert")
    plain, packed = singapore.get(BOARD, **LIVE), singapore.get(BOARD, **LIVE, **{"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert len(packed.data) < len(plain.data) / 4


def test_pages_listen_to_what_they_show_from_when_they_were_made(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """The board and the region to what changes the board; an incident to where incidents can come in, which is not the
    collection of lone indicators that SOCs' tools fill all day.
    """
    publish_as(hub, "ID", incident(1), report(1))
    key = hub.credentials.rotate("sg-cert", None)
    assert key is not None
    singapore = Browser(create_app(hub, events=8022))
    singapore.sign_in("sg-cert", key)
    for path in (BOARD, "/asean/region/", f"{BOARD}{incident(1)['id']}/"):
        address = html.unescape(singapore.text(path).partition('data-events="')[2].partition('"')[0])
        query = parse_qs(urlsplit(address).query)
        assert query.pop("since") == [format_place(clock.now - pages.COMMIT_MILLISECONDS)]
        if path.endswith("board/") or "region" in path:
            assert query == {"about": ["board"]}
        else:
            assert {"alerts", "id"} < set(query["collection"])
            assert "indicators" not in query["collection"]


def test_a_request_while_a_board_is_made_waits_for_it(app: flask.Flask) -> None:
    """It is made once for all of them, and again where that failed."""
    boards, has_begun, go, state = LiveBoards(), threading.Event(), threading.Event(), object()
    attempts: list[str] = []

    def make() -> str:
        attempts.append("made")
        has_begun.set()
        assert go.wait(30)
        if len(attempts) == 1:
            raise RuntimeError("the first fails")
        return "board"

    def ask() -> str:
        with app.test_request_context(BOARD):
            return boards.page(("key",), state, 0, make).get_data(as_text=True)

    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(ask) for _ in range(4)]
        assert has_begun.wait(30)
        go.set()
        failed = [answer for answer in answers if answer.exception() is not None]
        assert len(failed) == 1
        assert {answer.result() for answer in answers if answer not in failed} == {"board"}
    assert len(attempts) == 2


def test_what_a_reader_may_not_see_makes_no_board_again(
    hub: Hub, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Its entries are the same, and so is what was made of them."""
    publish_as(hub, "ID", incident(1, name="Hospital"), report(1))
    view_of = board_module.view_of
    alerts = hub.catalogue.find("asean", "alerts")
    assert alerts is not None

    def lower(account: Account, root: ApiRoot) -> dict[str, int]:
        levels = {**view_of(account, root)}
        return {**levels, alerts.id: TLP.AMBER} if account.member == "SG" else levels

    monkeypatch.setattr("hub.community.community.view_of", lower)
    singapore = cert("SG")
    before = hub.community.open_incidents(singapore, "asean").entries
    publish_as(hub, "ID", incident(2, object_marking_refs=[TLP2_IDS[TLP.AMBER_STRICT]]))
    assert len(hub.community.open_incidents(cert("MY"), "asean").entries) == 2
    assert hub.community.open_incidents(singapore, "asean").entries is before
    publish_as(hub, "ID", incident(3))
    assert hub.community.open_incidents(singapore, "asean").entries is not before


def test_a_profile_says_which_types_can_come_in() -> None:
    """A rule with a condition refuses some of them only."""
    indicators = next(c for c in CATALOGUE.roots["asean"].collections if c.alias == "indicators")
    alerts = next(c for c in CATALOGUE.roots["asean"].collections if c.alias == "alerts")
    assert not all(profile.takes("incident") for profile in indicators.profiles)
    assert all(profile.takes("indicator") for profile in indicators.profiles)
    assert all(profile.takes("incident") for profile in alerts.profiles)
