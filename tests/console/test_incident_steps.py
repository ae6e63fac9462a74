"""The steps of the joint protocol by form, on the page of an incident: offered, confirmed, published once."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from hub.community.hub import Hub
from hub.stix.tlp import TLP, TLP2_IDS
from tests.community.making import (
    acknowledged,
    answered,
    board,
    incident,
    publish_as,
    report,
    request,
)
from tests.console.conftest import TOKEN, Browser, SignedIn
from tests.console.incident_forms import PAGE, SEALED, confirm, fill
from tests.server.making import Clock


def refused(browser: Browser, page: str) -> str:
    """As `confirm`, where the hub refuses it; return its words."""
    token, sealed = TOKEN.search(page), SEALED.search(page)
    assert token is not None
    assert sealed is not None
    response = browser.post(f"{PAGE}publish", {"form_token": token[1], "sealed": html.unescape(sealed[1])})
    assert response.status_code == 422
    match = re.search(r'role="alert">(.*?)</p>', response.get_data(as_text=True))
    assert match is not None
    return html.unescape(match[1])


def test_an_incident_goes_through_all_steps_by_forms(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """Singapore acknowledges; Indonesia asks Singapore and Vietnam; one accepts, one refuses; Indonesia closes."""
    publish_as(hub, "ID", incident(1), report(1))
    indonesia, singapore, vietnam = (signed_in(name) for name in ("id-cert", "sg-cert", "vn-cert"))
    page = fill(singapore, action="acknowledge")
    assert "Nothing has been published yet." in page
    assert "SG has this incident." in page
    assert "TLP:AMBER+STRICT" in page
    assert board(hub)["incidents"][0]["acknowledged"] == {}, "not before it is confirmed"
    assert confirm(singapore, page, action="acknowledge") == f"{PAGE}?done=acknowledge"
    assert "Published: Acknowledge." in singapore.text(f"{PAGE}?done=acknowledge")
    clock.now += 1000
    page = fill(indonesia, action="ask", asked=["SG", "VN"], text="Take the host down", hours="4")
    assert "Singapore, Viet Nam" in page
    assert "by 2026-04-02 14:10 (07:10 UTC)" in page, "in Indonesia's time"
    confirm(indonesia, page)
    (request_row,) = board(hub)["incidents"][0]["requests"]
    assert (request_row["by"], request_row["asked"], request_row["what"], request_row["due"][:16]) == (
        "ID",
        ["SG", "VN"],
        "Take the host down",
        "2026-04-02T07:10",
    )
    clock.now += 1000
    confirm(singapore, fill(singapore, action="accepted", request=request_row["request"]))
    confirm(vietnam, fill(vietnam, action="refused", request=request_row["request"], text="No staff tonight"))
    clock.now += 1000
    confirm(singapore, fill(singapore, action="done", request=request_row["request"], text="It is down"))
    (request_row,) = board(hub)["incidents"][0]["requests"]
    assert [answer["says"] for answer in request_row["answers"]["SG"]] == ["accepted", "done"]
    assert request_row["answers"]["VN"][0]["why"] == "No staff tonight"
    text = indonesia.text(PAGE)
    assert text.index("asks Singapore, Viet Nam") < text.index("No staff tonight") < text.index("It is down")
    confirm(indonesia, fill(indonesia, action="close"))
    assert board(hub)["incidents"] == []
    assert "This incident is closed." in singapore.text(PAGE)
    assert "What you can do" not in singapore.text(PAGE)


def test_each_member_is_offered_what_it_may_do(hub: Hub, signed_in: SignedIn) -> None:
    """The reporter closes, the others acknowledge, those that were asked answer."""
    publish_as(hub, "ID", incident(1), report(1), request(5, "ID", ["SG"]))
    publish_as(hub, "MY", acknowledged(6, "MY"))

    def offered(name: str) -> set[str]:
        return set(re.findall(r'name="action" value="(\w+)"', signed_in(name).text(PAGE)))

    assert offered("id-cert") == {"ask", "close", "withdraw"}
    assert offered("sg-cert") == {"acknowledge", "accepted", "refused", "done", "ask"}
    assert offered("my-cert") == {"ask"}
    publish_as(hub, "SG", answered(7, "SG", "done", 5))
    assert offered("sg-cert") == {"acknowledge", "ask"}


def test_line_ends_of_browsers_are_not_published(hub: Hub, signed_in: SignedIn) -> None:
    """Forms send CR LF; what is published, and shown, has LF alone."""
    publish_as(hub, "ID", incident(1), report(1))
    singapore = signed_in("sg-cert")
    page = fill(singapore, action="acknowledge", text="First line\r\nsecond line")
    assert "First line\nsecond line" in page
    assert "\ufffd" not in page
    assert "\\r" not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"action": "ask", "text": "Help"}, "Choose whom you ask."),
        ({"action": "ask", "asked": ["XX"], "text": "Help"}, "Choose whom you ask."),
        ({"action": "ask", "asked": ["SG"], "text": "  "}, "Say what you ask for."),
        ({"action": "refused", "request": "note--1"}, "write the reason"),
        ({"action": "explode"}, "Choose what you want to do."),
        ({}, "Choose what you want to do."),
    ],
)
def test_what_is_missing_is_said_and_what_was_written_stays(
    hub: Hub, signed_in: SignedIn, fields: dict[str, Any], words: str
) -> None:
    """Beside the form, which is open again."""
    publish_as(hub, "ID", incident(1), report(1))
    indonesia = signed_in("id-cert")
    response = indonesia.post(f"{PAGE}preview", {"form_token": indonesia.token(PAGE), **fields})
    assert response.status_code == 422
    page = html.unescape(response.get_data(as_text=True))
    assert "Nothing was published." in page
    assert words in page
    if fields.get("text", "").strip():
        assert ">Help</textarea>" in page


def test_the_door_checks_again_what_a_form_publishes(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """What another officer did in the meantime is reported in the door's own words; the same form twice is one step."""
    publish_as(hub, "ID", incident(1), report(1))
    singapore = signed_in("sg-cert")
    page, late_page = fill(singapore, action="acknowledge"), fill(singapore, action="acknowledge")
    confirm(singapore, page)
    confirm(singapore, page)
    assert refused(singapore, late_page) == "Nothing was published. Your member has acknowledged this incident already."
    assert len(board(hub)["incidents"][0]["acknowledged"]) == 1


def test_only_what_was_shown_can_be_published(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """Not what another session was shown, nor what was changed on the way, nor what was shown hours ago."""
    publish_as(hub, "ID", incident(1), report(1))
    singapore, thailand = signed_in("sg-cert"), signed_in("th-cert")
    page = fill(singapore, action="acknowledge")
    sealed = SEALED.search(page)
    assert sealed is not None
    for browser, text in ((thailand, sealed[1]), (singapore, sealed[1][:-3] + "AAA"), (singapore, "")):
        response = browser.post(f"{PAGE}publish", {"form_token": browser.token(PAGE), "sealed": text})
        assert response.status_code == 422
        assert "begin again" in response.get_data(as_text=True)
    clock.now += 61 * 60 * 1000
    response = singapore.post(f"{PAGE}publish", {"form_token": singapore.token(PAGE), "sealed": sealed[1]})
    assert response.status_code == 422
    assert board(hub)["incidents"][0]["acknowledged"] == {}


@pytest.mark.parametrize("name", ["id-soc", "partner"])
def test_who_may_not_write_publishes_nothing(hub: Hub, signed_in: SignedIn, name: str) -> None:
    """It is not offered a form either."""
    publish_as(hub, "ID", incident(1, object_marking_refs=[TLP2_IDS[TLP.AMBER]]), report(1), to="incidents")
    browser = signed_in(name)
    assert 'name="action"' not in browser.get(PAGE).get_data(as_text=True)
    for step in ("preview", "publish"):
        response = browser.post(f"{PAGE}{step}", {"form_token": browser.token("/"), "action": "acknowledge"})
        assert response.status_code == 403


@pytest.mark.parametrize("step", ["preview", "publish"])
def test_steps_are_guarded_against_other_sites(hub: Hub, signed_in: SignedIn, step: str) -> None:
    """A token of the session, and the hub's own origin."""
    publish_as(hub, "ID", incident(1), report(1))
    singapore = signed_in("sg-cert")
    fields = {"action": "acknowledge", "form_token": singapore.token(PAGE)}
    assert singapore.post(f"{PAGE}{step}", fields, Origin="https://evil.example").status_code == 403
    assert singapore.post(f"{PAGE}{step}", fields | {"form_token": "x"}).status_code == 403
    assert Browser(singapore.app).post(f"{PAGE}{step}", fields).status_code == 401


def test_a_drill_stays_a_drill(hub: Hub, signed_in: SignedIn) -> None:
    """Its steps carry the label, and the pages their band."""
    publish_as(
        hub, "ID", incident(1, labels=["exercise"]), report(1, labels=["stage:early", "exercise"]), root="exercise"
    )
    singapore = signed_in("sg-cert")
    path = PAGE.replace("/asean/", "/exercise/")
    response = singapore.post(f"{path}preview", {"form_token": singapore.token(path), "action": "acknowledge"})
    page = response.get_data(as_text=True)
    assert "Nothing on this page is real." in page
    token, sealed = TOKEN.search(page), SEALED.search(page)
    assert token is not None
    assert sealed is not None
    response = singapore.post(f"{path}publish", {"form_token": token[1], "sealed": sealed[1]})
    assert response.status_code == 303
    assert list(board(hub, root="exercise")["incidents"][0]["acknowledged"]) == ["SG"]
