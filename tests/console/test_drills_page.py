"""Drills in the operator's browser: uploaded, looked through, played, followed, stopped and reported on."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from hub.audit.state import content_of
from hub.community import performance
from hub.community.drills import drills_of, exercise_root, parse_scenario
from hub.community.hub import Hub
from hub.declarations import parse_table
from hub.errors import UnprocessableError
from tests.community.making import publish_as
from tests.community.test_drills import SCENARIO, _step
from tests.console.conftest import Browser, SignedIn
from tests.console.operating import operator_browser, store_away
from tests.server.making import Clock

NEW = "/console/operator/new-drill"
START = "/console/operator/start-drill"
SEALED = re.compile(r'name="sealed" value="([^"]+)"')


@pytest.fixture
def chief(hub: Hub, browser: Browser) -> Iterator[Browser]:
    """An operator with a password has signed in; no drill is left behind in a thread."""
    yield operator_browser(hub, browser)
    join_drills()


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """The clock jumps over the time between events."""

    def sleep(seconds: float) -> None:
        clock.now += int(seconds * 1000)

    monkeypatch.setattr(performance, "_sleep", sleep)


def upload(browser: Browser, text: str | bytes = SCENARIO, **fields: str) -> TestResponse:
    content = text.encode() if isinstance(text, str) else text
    file = (io.BytesIO(content), "scenario.toml")
    return browser.post(NEW, {"form_token": browser.token(NEW), "scenario": file, "speed": "1"} | fields)


def sealed_of(response: TestResponse) -> str:
    match = SEALED.search(response.get_data(as_text=True))
    assert match is not None, response.get_data(as_text=True)
    return match[1]


def played(browser: Browser, sealed: str) -> TestResponse:
    return browser.post(START, {"form_token": browser.token(NEW), "sealed": sealed})


def join_drills() -> None:
    """Return when no drill is played any more."""
    for thread in threading.enumerate():
        if thread.name == "drill":
            thread.join(60)
            assert not thread.is_alive()


def test_a_drill_is_shown_then_played_once_and_reported_on(hub: Hub, chief: Browser) -> None:
    """Nothing is played by the upload; the form sent again leads to the same drill; the trail says who played it."""
    response = upload(chief)
    assert response.status_code == 200
    assert "Nothing has been played yet." in response.get_data(as_text=True)
    root, _ = exercise_root(hub, None)
    assert drills_of(hub, root) == []
    sealed = sealed_of(response)
    address = played(chief, sealed).headers["Location"]
    join_drills()
    assert played(chief, sealed).headers["Location"] == address
    join_drills()
    assert len(drills_of(hub, root)) == 1
    page = chief.text(address)
    assert "It was played to its end." in page
    assert "3 of 3 events, begun by chief" in page
    incident = next(iter(drills_of(hub, root)[0]["incidents"].values()))
    publish_as(hub, "MY", _step(1, "MY", "response:acknowledged", [incident]), root="exercise")
    page = chief.text(address)
    row = page.partition('<th scope="row">Malaysia</th>')[2].partition("</tr>")[0]
    assert "1/1" in row
    notes = [dict(content_of(entry) or {}) for entry in hub.store.trail()]
    drills = [note for note in notes if note.get("command") == "drill"]
    assert [(note["by"], note["events"], note["root"]) for note in drills] == [("chief", 3, "exercise")]
    assert address in chief.text("/console/operator")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Choose the file of a scenario."),
        (b"\xff\xfe\x00", "not valid TOML"),
        ("title = ", "not valid TOML"),
        ("a = " + "[" * 30_000, "not valid TOML"),
        ("a = " + "9" * 5_000, "not valid TOML"),
        (".".join("a" * 30_000) + " = 1", "line 1 has over 500 dots"),
        ("title = 'x'", "there is none"),
        (SCENARIO.replace('"SG"', '"XX"'), "should be one of"),
        (SCENARIO.replace('"10m"', '"9000h"'), "play it faster"),
        ("#" * 70_000, "A scenario has at most 65536 bytes."),
        (SCENARIO + "evil = '<script>alert(1)</script>'\n", "evil"),
    ],
)
def test_what_cannot_be_played_is_reported_in_words(hub: Hub, chief: Browser, text: str | bytes, words: str) -> None:
    """And nothing of it is played."""
    response = upload(chief, text)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert words in page
    assert "<script>alert" not in page
    assert hub.store.facts(performance.KIND) == ()


def test_a_scenario_far_over_its_limit_is_not_read(chief: Browser) -> None:
    """The form is refused by its length."""
    assert upload(chief, "#" * 200_000).status_code == 400


def test_hostile_texts_are_texts(chief: Browser) -> None:
    """On the page that shows what will be played, and on that of the drill."""
    evil = "<script>alert(1)</script>"
    response = upload(chief, SCENARIO.replace("Send the sample", evil).replace("Ransomware crosses a border", evil))
    assert response.status_code == 200
    address = played(chief, sealed_of(response)).headers["Location"]
    join_drills()
    for page in (response.get_data(as_text=True), chief.text(address), chief.text("/console/operator")):
        assert "&lt;script&gt;" in page
        assert evil not in page


def commands(hub: Hub) -> list[str]:
    """The commands about drills that the audit trail names."""
    abouts = [content_of(entry) or {} for entry in hub.store.trail()]
    return [about["command"] for about in abouts if "drill" in about.get("command", "")]


def test_a_drill_stops_on_request(hub: Hub, chief: Browser) -> None:
    """Between two events; what was published already stays, and the next drill may begin then, not before."""
    reached, go_on = threading.Semaphore(0), threading.Semaphore(0)

    def wait(_seconds: float) -> None:
        reached.release()
        assert go_on.acquire(timeout=60)

    sealed = sealed_of(upload(chief))
    root, alerts = exercise_root(hub, None)
    scenario = parse_scenario(parse_table("scenario", SCENARIO.encode()), root.members)
    began = hub.clock() + 1
    thread = performance.start(hub, root, alerts, scenario, started_at=began, speed=1, by="deputy", wait=wait)
    assert thread is not None
    assert reached.acquire(timeout=60)
    address = f"/console/operator/drills/{root.name}/{began:015d}"
    page = chief.text(address)
    assert "It is being played." in page
    assert "1 of 3 events" in page
    refused = played(chief, sealed)
    assert refused.status_code == 422
    assert commands(hub) == [], "a drill that is refused is no drill"
    assert "Another drill is being played there" in refused.get_data(as_text=True)
    assert chief.post(address, {"form_token": "x"}).status_code == 403
    stopping = chief.post(address, {"form_token": chief.token(address)})
    assert stopping.status_code == 303
    page = chief.text(stopping.headers["Location"])
    assert "It is being stopped" in page
    assert "Yes, stop it" not in page
    go_on.release()
    thread.join(60)
    page = chief.text(address)
    assert "It was stopped." in page
    assert "1 of 3 events" in page
    assert hub.store.facts(performance.STOP) == ()
    assert played(chief, sealed).status_code == 303
    assert played(chief, sealed).status_code == 303, "sent again"
    assert commands(hub) == ["drill stop", "drill"]


def test_a_drill_whose_process_ended_says_so(hub: Hub, clock: Clock, chief: Browser) -> None:
    """A minute after its last sign of life; another may be played then."""
    key = f"exercise/{hub.clock():015d}"
    performance._note(hub, key, performance.Performance("Night shift", "deputy", 3, 1, hub.clock()))
    address = f"/console/operator/drills/{key}"
    assert "It is being played." in chief.text(address)
    clock.now += performance.SILENT_MILLISECONDS + 1
    assert "process ended" in chief.text(address)
    assert played(chief, sealed_of(upload(chief))).status_code == 303


def test_a_store_that_goes_away_ends_the_drill_and_the_page_says_so(
    hub: Hub, clock: Clock, chief: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the cause; when the store is back, the page says that the drill ended early."""
    sealed = sealed_of(upload(chief))
    root, alerts = exercise_root(hub, None)
    scenario = parse_scenario(parse_table("scenario", SCENARIO.encode()), root.members)
    with monkeypatch.context() as patch:
        thread = performance.start(
            hub,
            root,
            alerts,
            scenario,
            started_at=hub.clock(),
            speed=1,
            by="deputy",
            wait=lambda _seconds: patch.setattr(type(hub.store), "put_facts", store_away),
        )
        assert thread is not None
        thread.join(60)
    assert "the store is busy" in caplog.text
    clock.now += performance.SILENT_MILLISECONDS + 1
    assert "It ended early" in chief.text(
        f"/console/operator/drills/{root.name}/{drills_of(hub, root)[0]['drill'][-15:]}"
    )
    assert played(chief, sealed).status_code == 303


def test_what_was_shown_long_ago_or_elsewhere_is_not_played(hub: Hub, clock: Clock, chief: Browser) -> None:
    """Nor what was changed on the way, nor what another session was shown."""
    sealed = sealed_of(upload(chief))
    assert played(chief, sealed[:-3] + "abc").status_code == 400
    assert played(chief, "").status_code == 400
    assert played(operator_browser(hub, Browser(chief.app)), sealed).status_code == 400
    clock.now += 31 * 60 * 1000
    assert played(chief, sealed).status_code == 422
    assert hub.store.facts(performance.KIND) == ()


def test_an_event_that_the_hub_refuses_ends_the_drill_in_words(hub: Hub, chief: Browser) -> None:
    """Another member cannot report stages of an incident: known only when it is played."""
    text = SCENARIO.replace('at = "10m"\nmember = "ID"', 'at = "10m"\nmember = "VN"')
    address = played(chief, sealed_of(upload(chief, text))).headers["Location"]
    join_drills()
    page = chief.text(address)
    assert "the hub did not take an event" in page
    assert "another member" in page


@pytest.mark.parametrize("name", ["sg-cert", "partner", "operator"])
def test_who_may_not_play(hub: Hub, signed_in: SignedIn, name: str) -> None:
    """Members, and operators with a key alone: these see the drills."""
    browser = signed_in(name)
    token = browser.token("/")
    for path in (NEW, START, "/console/operator/drills/exercise/1", "/console/operator/verify"):
        assert browser.post(path, {"form_token": token}).status_code == 403
    assert browser.get(NEW).status_code == (200 if name == "operator" else 403)
    assert hub.store.facts(performance.KIND) == ()


def test_only_an_api_root_for_exercises_is_played_into(hub: Hub, chief: Browser) -> None:
    """Whatever the form says."""
    assert "Drills go nowhere else." in upload(chief, root="asean").get_data(as_text=True)
    chief.text("/console/operator/drills/asean/1", 404)
    chief.text("/console/operator/drills/exercise/1", 404)
    chief.text("/console/operator/drills/exercise/%3Cb%3E", 404)


def test_a_scenario_that_takes_longer_than_a_day_is_refused_however_it_comes(hub: Hub) -> None:
    """The page asks before; so does what it calls."""
    root, alerts = exercise_root(hub, None)
    text = SCENARIO.replace('"10m"', '"30h"')
    scenario = parse_scenario(parse_table("scenario", text.encode()), root.members)
    with pytest.raises(UnprocessableError):
        performance.start(hub, root, alerts, scenario, started_at=1, speed=1, by="x")
    performance.must_be_playable(scenario, 2)
