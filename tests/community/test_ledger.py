"""The delivery ledger: a claim is made for what was sent, and for nothing else."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from hub.audit.recorder import Recorder
from hub.community import ledger
from hub.community.hub import Hub
from hub.community.ledger import FOLD_DAYS, KIND, Intervals
from hub.errors import StoreFullError
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP
from hub.store.batch import Stranded
from hub.store.query import Query
from hub.store.sqlite.store import SqliteStore
from tests.community.conftest import Reopen
from tests.community.making import KINDS, START, board, cert, entry, incident, note, poll, publish_as, report
from tests.durations import HOUR
from tests.server.making import Clock


def test_who_fetched_a_page_has_what_is_in_it(hub: Hub, clock: Clock) -> None:
    """With the time of that page; the others are shown as not having it."""
    publish_as(hub, "ID", incident(), report())
    assert entry(hub)["fetched"] == {}
    clock.now += 5000
    poll(hub, cert("SG"))
    incident_entry = entry(hub)
    assert incident_entry["fetched"] == {"SG": format_place(START + 5000)}
    assert "MY" in incident_entry["not_fetched"]
    assert "SG" not in incident_entry["not_fetched"]
    assert "ID" not in incident_entry["not_fetched"], "the reporter needs not fetch its own report"


def test_a_poll_that_returns_nothing_new_writes_nothing(hub: Hub) -> None:
    """Nor does one that returns again what was returned before."""
    publish_as(hub, "ID", incident())
    last = poll(hub, cert("SG"))
    written = hub.store.facts(KIND)[-1].number
    for _ in range(3):
        poll(hub, cert("SG"), last)
        poll(hub, cert("SG"))
    assert hub.store.facts(KIND)[-1].number == written


def test_a_poller_costs_rows_for_incidents_only(hub: Hub, reopen: Reopen) -> None:
    """M6 of the attacks: each poll that returned something wrote a row. For every worker, and from every place."""
    other = reopen()
    last = None
    for number in range(10):
        publish_as(hub, "ID", note(100 + number, "ID", "note:comment", [incident()["id"]]))
        last = poll((hub, other)[number % 2], cert("SG"), last)
    assert len(rows(hub, "sg-cert")) == 1
    for number in range(10, 20):
        publish_as(hub, "ID", note(100 + number, "ID", "note:comment", [incident()["id"]]))
        poll((hub, other)[number % 2], cert("SG"))
    assert len(rows(hub, "sg-cert")) == 1, "nor does one that reads all again each time"
    publish_as(hub, "ID", incident())
    last = poll(hub, cert("SG"), last)
    for number in range(20, 30):
        publish_as(hub, "ID", note(100 + number, "ID", "note:comment", [incident()["id"]]))
        last = poll(other, cert("SG"), last)
    assert len(rows(hub, "sg-cert")) == 3, "before the incident, with it, and after it"


def test_intervals_that_became_one_claim_what_their_parts_claimed(hub: Hub, reopen: Reopen, clock: Clock) -> None:
    """An account that was sent an object before its level rose is named, and an incident keeps the time of its own page."""
    last = None
    for number in range(4):
        clock.now += HOUR
        publish_as(
            hub, "ID", incident() if number == 2 else note(100 + number, "ID", "note:comment", [incident()["id"]])
        )
        last = poll(hub, cert("SG"), last)
    alerts = hub.catalogue.find("asean", "alerts")
    assert alerts is not None
    for process in (hub, reopen()):
        assert entry(process)["fetched"] == {"SG": format_place(START + 3 * HOUR)}
        for row in process.store.manifest(Query(alerts.id, TLP.RED, 0, 10)).rows:
            stranded = Stranded("x", row.place, int(TLP.AMBER), int(TLP.RED))
            assert process.community.ledger.stranded_accounts(alerts.id, stranded) == ["sg-cert"]


def rows(hub: Hub, account: str) -> list[str]:
    return [fact.key for fact in hub.store.facts(KIND) if f"/{account}/" in fact.key]


def test_a_poll_that_started_late_claims_nothing_before_it(hub: Hub) -> None:
    """The client never saw the incident, however far it has come."""
    publish_as(hub, "ID", incident())
    publish_as(hub, "ID", incident(2))
    poll(hub, cert("SG"), format_place(START))
    assert entry(hub, 1)["fetched"] == {}
    assert "SG" in entry(hub, 2)["fetched"]


def test_a_filtered_poll_claims_its_own_incidents_only(hub: Hub) -> None:
    """By type without incidents: nothing. By type with, or by id: those incidents and no others."""
    publish_as(hub, "ID", incident(1), incident(2), report(1))
    poll(hub, cert("SG"), type="report")
    assert entry(hub, 1)["fetched"] == {}
    poll(hub, cert("SG"), id=incident(2)["id"])
    assert entry(hub, 1)["fetched"] == {}
    assert "SG" in entry(hub, 2)["fetched"]
    poll(hub, cert("MY"), type="incident,report")
    assert "MY" in entry(hub, 1)["fetched"]
    assert "MY" in entry(hub, 2)["fetched"]


def test_a_page_does_not_claim_a_version_that_a_newer_one_had_replaced(hub: Hub) -> None:
    """Its place is in the page's interval, but the page had nothing there."""
    publish_as(hub, "ID", incident(1), incident(2), incident(3))
    publish_as(hub, "ID", incident(1, version=1))
    poll(hub, cert("SG"), limit="2")
    assert entry(hub, 1)["fetched"] == {}
    assert "SG" in entry(hub, 2)["fetched"]
    poll(hub, cert("SG"), format_place(START + 2))
    assert "SG" in entry(hub, 1)["fetched"]


def test_constituents_and_strangers_do_not_count_as_their_member(hub: Hub) -> None:
    """An anonymous page is nobody's."""
    publish_as(hub, "ID", incident(), to="incidents")
    poll(hub, KINDS["id-soc"], to="incidents")
    assert entry(hub)["fetched"] == {}


def test_what_was_on_its_way_when_the_hub_died_counts_once_the_client_goes_on(hub: Hub, reopen: Reopen) -> None:
    """Not before: nobody knows whether it arrived."""
    publish_as(hub, "ID", incident())
    last = poll(hub, cert("SG"), arrives=False)
    after = reopen()
    assert entry(after)["fetched"] == {}
    poll(after, cert("SG"), last)
    assert entry(after)["fetched"] == {"SG": format_place(START)}


def test_what_was_on_its_way_and_is_asked_for_again_counts_from_then_on(hub: Hub, reopen: Reopen, clock: Clock) -> None:
    """The client shows that it does not have it; the second page has its own time."""
    publish_as(hub, "ID", incident())
    poll(hub, cert("SG"), arrives=False)
    clock.now += HOUR
    after = reopen()
    poll(after, cert("SG"))
    assert entry(after)["fetched"] == {"SG": format_place(START + HOUR)}


def test_another_process_knows_the_same(hub: Hub, reopen: Reopen) -> None:
    """The board, and what need not be written again."""
    publish_as(hub, "ID", incident())
    poll(hub, cert("SG"))
    other = reopen()
    assert entry(other)["fetched"] == entry(hub)["fetched"] != {}
    written = hub.store.facts(KIND)[-1].number
    poll(other, cert("SG"))
    assert hub.store.facts(KIND)[-1].number == written


def test_old_intervals_are_joined_without_losing_a_claim(hub: Hub, reopen: Reopen, clock: Clock) -> None:
    """What touches becomes one; the board of a process that starts afterwards shows the same members."""
    last = None
    for number in range(1, 6):
        publish_as(hub, "ID", incident(number))
        last = poll(hub, cert("SG"), last)
    assert len(hub.store.facts(KIND)) == 5
    clock.now += (FOLD_DAYS + 1) * 24 * HOUR
    assert hub.community.ledger.fold() == 4
    assert len(hub.store.facts(KIND)) == 1
    after = reopen()
    assert all("SG" in entry(after, number)["fetched"] for number in range(1, 6))


def test_what_is_deleted_leaves_the_board(hub: Hub) -> None:
    """Also where the collection changed at the same time."""
    publish_as(hub, "ID", incident(1), incident(2))
    poll(hub, cert("SG"))
    assert "SG" in entry(hub, 1)["fetched"]
    collection = hub.catalogue.find("asean", "alerts")
    assert collection is not None
    hub.store.delete(collection.id, incident(1)["id"], "ID", 4)
    publish_as(hub, "ID", incident(3))
    assert {incident["incident"] for incident in board(hub)["incidents"]} == {incident(2)["id"], incident(3)["id"]}
    assert "SG" in entry(hub, 2)["fetched"]


def test_intervals_are_the_set_that_they_say() -> None:
    """Against a plain set, for a few thousand random intervals."""
    chance = random.Random(7)
    for _ in range(200):
        intervals, plain = Intervals(), set[int]()
        for _ in range(20):
            after = chance.randrange(40)
            last = after + chance.randrange(1, 9)
            assert intervals.cover(after, last) == (set(range(after + 1, last + 1)) <= plain)
            intervals.add(after, last)
            plain |= set(range(after + 1, last + 1))


def test_a_store_that_takes_no_notes_keeps_no_page_from_a_reader(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be noted is noted with the next page that can be, under its own time."""
    publish_as(hub, "ID", incident(1))

    with monkeypatch.context() as patched:
        patched.setattr(type(hub.store), "put_facts", _full)
        last = poll(hub, cert("SG"))
        assert not hub.community.ledger.settle()
    assert entry(hub, 1)["fetched"] == {}
    publish_as(hub, "ID", incident(2))
    poll(hub, cert("SG"), last)
    assert entry(hub, 1)["fetched"] == {"SG": format_place(START)}
    assert "SG" in entry(hub, 2)["fetched"]


@pytest.mark.sqlite  # one writer at a time is SQLite's way
def test_no_page_waits_for_a_writer_who_takes_long(hub: Hub, clock: Clock) -> None:
    """During a bulk import, which has the writers' turn for minutes; what was sent meanwhile is noted after it."""
    publish_as(hub, "ID", incident(1), incident(2))
    assert isinstance(hub.store, SqliteStore)
    files = hub.store._files
    files.lock_seconds = 600  # a thread that waits as writers do waits longer than this test
    with files.writing():
        for name in ("SG", "MY"):
            reader = threading.Thread(target=poll, args=(hub, cert(name)))
            reader.start()
            reader.join(60)
            assert not reader.is_alive(), "the page waits for the ledger"
        assert entry(hub)["fetched"] == {}, "what is not written is not claimed"
        clock.now += HOUR
    assert hub.community.ledger.settle()
    assert entry(hub)["fetched"] == {"SG": format_place(START), "MY": format_place(START)}


@pytest.mark.sqlite  # as above
def test_a_page_that_was_sent_stays_sent_when_it_is_sent_again(hub: Hub, reopen: Reopen) -> None:
    """Two polls of one account side by side, noted late and in any order."""
    publish_as(hub, "ID", incident())
    assert isinstance(hub.store, SqliteStore)
    with hub.store._files.writing():
        poll(hub, cert("SG"))
        poll(hub, cert("SG"), arrives=False)
    assert hub.community.ledger.settle()
    assert "SG" in entry(reopen())["fetched"]


def test_a_page_that_is_being_noted_as_sent_stays_sent_too(
    hub: Hub, reopen: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same page leaves a second time, and is lost, while the first is being written."""
    publish_as(hub, "ID", incident())
    put_facts = type(hub.store).put_facts
    at_it, go_on = threading.Event(), threading.Event()

    def put(*arguments: Any, **how: Any) -> None:
        if threading.current_thread().name != "ledger":
            raise StoreFullError("no room")
        at_it.set()
        assert go_on.wait(60)
        put_facts(*arguments, **how)

    with monkeypatch.context() as patched:
        patched.setattr(type(hub.store), "put_facts", put)
        with monkeypatch.context() as threadless:
            threadless.setattr(threading.Thread, "start", _no_thread)
            poll(hub, cert("SG"))
        poll(hub, cert("SG"), arrives=False)
        assert at_it.wait(60)
        poll(hub, cert("SG"), arrives=False)
        go_on.set()
        assert hub.community.ledger.settle()
    assert "SG" in entry(reopen())["fetched"]


def test_a_process_that_may_start_no_thread_delivers_and_notes_later(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of threads, or about to end: the page is sent, and what waits is noted with the next that can be."""
    publish_as(hub, "ID", incident(1))
    with monkeypatch.context() as patched:
        patched.setattr(type(hub.store), "put_facts", _full)
        patched.setattr(threading.Thread, "start", _no_thread)
        last = poll(hub, cert("SG"))
    assert not hub.community.ledger.settle()
    publish_as(hub, "ID", incident(2))
    poll(hub, cert("SG"), last)
    assert hub.community.ledger.settle()
    assert "SG" in entry(hub, 1)["fetched"]


def test_notes_that_wait_are_bounded(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law L9: a store that takes none for days does not fill the memory."""
    publish_as(hub, "ID", *(incident(number) for number in range(1, 6)))
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "MAX_QUEUED", 2)
        patched.setattr(type(hub.store), "put_facts", _full)
        last = None
        for _ in range(5):
            last = poll(hub, cert("SG"), last, limit="1")
        assert not hub.community.ledger.settle()
    poll(hub, cert("MY"))
    assert sum("SG" in incident["fetched"] for incident in board(hub)["incidents"]) == 2


def _full(*_arguments: object, **_how: object) -> None:
    raise StoreFullError("no room")


def _no_thread(_self: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize(
    "value", [b"", b"x", b"{}", b"[1]", b'["1",2,true]', b"[1,99999999999999999,true]", b"[1,2,3]"]
)
def test_a_damaged_note_claims_nothing_and_stops_nobody(hub: Hub, reopen: Reopen, clock: Clock, value: bytes) -> None:
    """Neither those who poll, nor the board, nor the nightly work on the ledger, nor the trail."""
    publish_as(hub, "ID", incident(1))
    poll(hub, cert("SG"))
    (fact,) = hub.store.facts(KIND)
    hub.store.put_facts(KIND, {fact.key: value, "damaged": b"[1,2,true]", fact.key + "x": b"[1,2,true]"})
    other = reopen()
    assert other.community.ledger.last_sent() == {}
    assert entry(other)["fetched"] == {}
    Recorder(other.store, clock).flush()
    clock.now += (FOLD_DAYS + 1) * 24 * HOUR
    assert other.community.ledger.fold() == 0
    assert poll(other, cert("SG")) is not None
    assert set(other.community.ledger.last_sent()) == {"sg-cert"}
