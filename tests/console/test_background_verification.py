"""A verification in the background: one at a time, bounded, seen by every worker, and its result kept."""

from __future__ import annotations

import threading

import pytest

from hub.audit import background
from hub.audit.result import last_verification
from hub.community.hub import Hub
from hub.community.ledger import KIND as LEDGER_KIND
from hub.errors import StoreUnavailableError
from tests.community.making import incident, publish_as, report
from tests.console.conftest import Browser
from tests.console.operating import operator_browser
from tests.server.making import Clock


def ended(thread: threading.Thread | None) -> None:
    assert thread is not None
    thread.join(60)
    assert not thread.is_alive()


def join_all() -> None:
    for thread in threading.enumerate():
        if thread.name == "verify":
            ended(thread)


def test_the_page_starts_a_verification_and_shows_its_result(hub: Hub, browser: Browser) -> None:
    """With the time, and how much was read; the trail says who asked."""
    publish_as(hub, "ID", incident(1), report(1))
    chief = operator_browser(hub, browser)
    token = chief.token("/console/operator")
    assert chief.post("/console/operator/verify", {"form_token": "x"}).status_code == 403
    assert last_verification(hub.store) is None
    response = chief.post("/console/operator/verify", {"form_token": token})
    assert response.headers["Location"] == "/console/operator#trail"
    join_all()
    page = chief.text("/console/operator")
    assert "Verified last on 2026-04-02 03:10 UTC. Nothing was found." in page
    verified = last_verification(hub.store)
    assert verified is not None
    assert verified.records > 1
    assert f"{verified.records} records and {verified.entries} entries were read." in page
    assert "command=&#34;audit verify&#34; by=chief" in page or "command=audit verify by=chief" in page
    assert background.current_run(hub) is None


def test_two_verifications_do_not_run_at_once(hub: Hub, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is not begun; the page says since when the first runs, and who asked for it."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_hub: Hub, _verification: object) -> None:
        begun.set()
        assert go_on.wait(60)

    monkeypatch.setattr(background, "verify", hold)
    thread = background.start(hub, {"by": "deputy"})
    assert begun.wait(60)
    assert background.start(hub, {"by": "chief"}) is None
    page = operator_browser(hub, browser).text("/console/operator")
    assert "A verification runs since 2026-04-02 03:10 UTC, asked for by deputy" in page
    go_on.set()
    ended(thread)
    assert background.current_run(hub) is None


def test_a_verification_that_takes_too_long_ends(hub: Hub, browser: Browser) -> None:
    """And says so, until the next one is begun."""
    publish_as(hub, "ID", incident(1), report(1))
    ended(background.start(hub, {"by": "deputy"}, longest_seconds=-1.0))
    assert last_verification(hub.store) is None
    assert "took longer than" in operator_browser(hub, browser).text("/console/operator")
    ended(background.start(hub, {"by": "deputy"}))
    assert last_verification(hub.store) is not None


def test_a_store_that_goes_away_is_reported(hub: Hub, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the page in a sentence, in the log with the cause."""

    def away(*_: object) -> None:
        raise StoreUnavailableError("the store is busy")

    with monkeypatch.context() as patch:
        patch.setattr(background, "verify", away)
        ended(background.start(hub, {"by": "deputy"}))
    assert "failed: the log says why" in operator_browser(hub, browser).text("/console/operator")


def test_a_verification_whose_process_died_is_forgotten(hub: Hub, clock: Clock) -> None:
    """After a minute without a sign of life another can be begun."""
    background._note(hub, background.VerificationRun(clock.now, "deputy", clock.now))
    assert background.start(hub, {"by": "chief"}) is None
    clock.now += background.SILENT_MILLISECONDS + 1
    ended(background.start(hub, {"by": "chief"}))


def test_findings_are_counted_by_kind_and_name_nothing(hub: Hub, browser: Browser) -> None:
    """An operator's page shows no id: that of an observable would give its value away."""
    hub.store.put_facts(LEDGER_KIND, {"file--broken": b"[]"})
    findings = background.verify(hub, background.verification_of(hub))
    assert [finding.kind for finding in findings] == ["ledger"]
    hub.store.put_facts(LEDGER_KIND, {}, ["file--broken"])  # no page can be made of it
    page = operator_browser(hub, browser).text("/console/operator")
    assert "1 finding: run `hub audit verify` to read it." in page
    assert "<code>ledger</code> 1" in page
    assert "file--broken" not in page
