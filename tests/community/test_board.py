"""The board: what each member's CERT is shown of open incidents, and what is overdue by the profile's deadlines."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Final

import pytest

from hub.cli.board import board_lines
from hub.community.hub import Hub
from hub.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from hub.protocol.notes import REQUEST
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP, TLP2_IDS
from tests.community.conftest import Reopen
from tests.community.making import (
    CATALOGUE,
    KINDS,
    START,
    acknowledged,
    answered,
    board,
    cert,
    entry,
    incident,
    open_hub,
    poll,
    publish_as,
    report,
    request,
    send,
    stamp,
)
from tests.durations import HOUR, MINUTE
from tests.server.making import Clock

PLAIN_SCO: Final = "0b4ea0d5-6cc3-5ee5-b5ec-ba4b5d3d4f5c"
MARKED: Final = [TLP2_IDS[TLP.AMBER]]


def test_the_board_follows_an_incident_from_its_first_report_to_its_last(hub: Hub, clock: Clock) -> None:
    """Each step is shown at once, to every member's CERT alike."""
    publish_as(hub, "ID", incident(), report())
    incident_entry = entry(hub)
    assert (incident_entry["reported_by"], incident_entry["criticality"], incident_entry["stage"]) == (
        "ID",
        90,
        "early",
    )
    assert incident_entry["first_added"] == format_place(START)
    clock.now += 10 * MINUTE
    publish_as(hub, "SG", acknowledged(10, "SG"))
    publish_as(hub, "ID", request(20, "ID", ["SG", "VN"], due="2026-04-02T07:00:00Z"))
    clock.now += 10 * MINUTE
    publish_as(hub, "SG", answered(11, "SG", "accepted", 20, text="We look into it"))
    publish_as(hub, "VN", answered(12, "VN", "refused", 20, text="Not in our country"))
    incident_entry = entry(hub, member="MY")
    assert incident_entry["age_seconds"] == 1200
    assert incident_entry["acknowledged"] == {"SG": format_place(START + 10 * MINUTE)}
    (asked_request,) = incident_entry["requests"]
    assert (asked_request["by"], asked_request["asked"], asked_request["owing"]) == ("ID", ["SG", "VN"], [])
    assert asked_request["due"] == "2026-04-02T07:00:00.000000Z"
    assert [answer["says"] for answer in asked_request["answers"]["SG"]] == ["accepted"]
    assert asked_request["answers"]["VN"][0]["why"] == "Not in our country"
    publish_as(hub, "ID", report(stage="final", version=60))
    assert board(hub)["incidents"] == []


@pytest.mark.parametrize(
    ("criticality", "hours"), [(100, 1), (90, 1), (89, 4), (70, 4), (69, 24), (40, 24), (39, 72), (0, 72), (None, 24)]
)
def test_acknowledgements_are_due_by_the_profile_and_none_counts_as_40(
    hub: Hub, clock: Clock, criticality: int | None, hours: int
) -> None:
    """The clock starts at the hub's date_added of the first version; a later version does not start it again."""
    publish_as(hub, "ID", incident(criticality=criticality))
    clock.now += hours * HOUR - 1
    publish_as(hub, "ID", incident(criticality=criticality, version=1))
    assert entry(hub)["overdue"] == []
    clock.now += 1
    overdue = entry(hub)["overdue"]
    assert {deadline["member"] for deadline in overdue} == set(CATALOGUE.members) - {"ID"}
    assert {(deadline["what"], deadline["due"]) for deadline in overdue} == {
        ("acknowledge", format_place(START + hours * HOUR))
    }
    publish_as(hub, "SG", acknowledged(10, "SG"))
    assert "SG" not in {deadline["member"] for deadline in entry(hub)["overdue"]}


def test_answers_are_due_when_the_request_says(hub: Hub, clock: Clock) -> None:
    """A member that was asked and has not answered is overdue; any answer stops the clock."""
    clock.now = START
    publish_as(hub, "ID", incident(criticality=10), request(20, "ID", ["SG", "MY"], due="2026-04-02T04:10:00Z"))
    publish_as(hub, "SG", answered(10, "SG", "accepted", 20))
    assert entry(hub)["overdue"] == []
    clock.now += HOUR
    (overdue,) = entry(hub)["overdue"]
    assert (overdue["member"], overdue["what"]) == ("MY", "answer")
    assert overdue["request"] == request(20, "ID", ["SG"])["id"]
    publish_as(
        hub, "ID", request(20, "ID", ["SG", "MY"], due="2026-04-02T04:10:00Z") | {"revoked": True, "modified": stamp(9)}
    )
    assert entry(hub)["overdue"] == []


@pytest.mark.parametrize(("criticality", "hours"), [(95, 4), (70, 24), (None, 72), (0, 168)])
def test_answers_are_due_by_the_profile_where_the_request_does_not_say(
    hub: Hub, clock: Clock, criticality: int | None, hours: int
) -> None:
    """Counted from the request, not from the incident, which may be old by then."""
    publish_as(hub, "ID", incident(criticality=criticality))
    clock.now += MINUTE
    publish_as(hub, "ID", request(20, "ID", ["SG"], due=None))
    (asked_request,) = entry(hub)["requests"]
    assert asked_request["due"] == format_place(START + MINUTE + hours * HOUR)
    clock.now = START + MINUTE + hours * HOUR
    assert ("SG", "answer") in {(deadline["member"], deadline["what"]) for deadline in entry(hub)["overdue"]}


def test_a_closed_or_withdrawn_incident_leaves_the_board(hub: Hub) -> None:
    """By its status, by its final stage, by its revocation."""
    publish_as(hub, "ID", *(incident(number) for number in (1, 2, 3, 4)), *(report(number) for number in (1, 2, 3, 4)))
    assert board(hub)["open"] == 4
    publish_as(hub, "ID", incident(1, version=1, status="closed"))
    publish_as(hub, "ID", incident(2, version=1, revoked=True))
    publish_as(hub, "ID", report(3, stage="final", version=1))
    assert [row["incident"] for row in board(hub)["incidents"]] == [incident(4)["id"]]


def test_the_members_own_word_for_the_severity_is_beside_the_number(hub: Hub) -> None:
    """One scale to compare by, and the member's own word is kept."""
    content = incident(criticality=70)
    core = next(iter(content["extensions"].values()))
    core["scores"] = [{"name": "Skala nasional", "value": 4, "description": "sangat tinggi"}]
    publish_as(hub, "ID", content)
    incident_entry = entry(hub)
    assert (incident_entry["criticality"], incident_entry["scale"]) == (70, ["Skala nasional: sangat tinggi"])


def test_nobody_closes_another_members_incident(hub: Hub) -> None:
    """A report of another member may name it, and changes nothing."""
    publish_as(hub, "ID", incident(), report())
    publish_as(hub, "SG", report(9, "SG", stage="final", object_refs=[incident()["id"]]))
    assert entry(hub)["stage"] == "early"


def test_a_reader_sees_only_collections_that_admit_it(clock: Clock, tmp_path: Path) -> None:
    """Law L5: neither an incident, nor who fetched it, nor a figure shows that something is hidden."""
    alerts = CATALOGUE.find("asean", "alerts")
    assert alerts is not None
    circle = dataclasses.replace(
        alerts, id="5d56f93e-72d8-4e14-94e1-a77baadcfe00", alias="circle", readers=frozenset({"ID", "SG"})
    )
    root = CATALOGUE.roots["asean"]
    roots = {"asean": dataclasses.replace(root, collections=(*root.collections, circle))}
    hub = open_hub(tmp_path / "circle", clock, dataclasses.replace(CATALOGUE, roots=roots))
    before = board(hub, "MY")
    publish_as(hub, "ID", incident(), report(), to="circle")
    poll(hub, cert("SG"), to="circle")
    assert board(hub, "MY") == before
    incident_entry = entry(hub, member="SG")
    assert list(incident_entry["fetched"]) == ["SG"]
    assert incident_entry["not_fetched"] == []
    hub.store.close()


def test_a_member_that_may_not_see_an_incident_is_not_asked_about_it_nor_reminded(clock: Clock, tmp_path: Path) -> None:
    """Law L5: a reminder, too, would show that it exists. A request to all is a request to all who see it."""
    alerts = CATALOGUE.find("asean", "alerts")
    assert alerts is not None
    circle = dataclasses.replace(
        alerts, id="5d56f93e-72d8-4e14-94e1-a77baadcfe00", alias="circle", readers=frozenset({"ID", "SG"})
    )
    root = CATALOGUE.roots["asean"]
    roots = {"asean": dataclasses.replace(root, collections=(*root.collections, circle))}
    hub = open_hub(tmp_path / "circle", clock, dataclasses.replace(CATALOGUE, roots=roots))
    publish_as(hub, "ID", incident(), request(20, "ID", ["all"], due="2026-04-02T03:20:00Z"), to="circle")
    publish_as(hub, "ID", request(21, "ID", ["all"], due="2026-04-02T03:20:00Z"))
    refused = send(hub, "ID", request(22, "ID", ["SG", "MY"]))
    assert "MY" in next(iter(refused.values()))
    clock.now += 30 * MINUTE
    assert [row["asked"] for row in entry(hub, member="SG")["requests"]] == [["SG"], ["SG"]]
    assert {deadline.member for deadline in hub.community.overdue(hub.catalogue.roots["asean"])} == {"SG"}
    hub.store.close()


def test_the_board_is_the_same_in_every_process(hub: Hub, reopen: Reopen, clock: Clock) -> None:
    """What one keeps in memory, another reads from the store."""
    publish_as(hub, "ID", incident(), report(), request(20, "ID", ["all"]))
    poll(hub, cert("SG"))
    publish_as(hub, "SG", acknowledged(10, "SG"), answered(11, "SG", "done", 20))
    clock.now += 30 * HOUR
    assert board(hub) == board(reopen())
    assert board(hub)["overdue"] > 0


def test_figures_count_clocks_that_stopped_and_those_that_run(hub: Hub, clock: Clock) -> None:
    """Median and 90th percentile in seconds, per member and in all."""
    for number in range(1, 11):
        clock.now += MINUTE
        publish_as(hub, "ID", incident(number))
        clock.now += number * 1000
        publish_as(hub, "SG", acknowledged(100 + number, "SG", number))
    figures = board(hub)["statistics"]
    acknowledge_times = figures["members"]["SG"]["acknowledge"]
    assert (acknowledge_times["done"], acknowledge_times["of"]) == (10, 10)
    assert (acknowledge_times["median_seconds"], acknowledge_times["p90_seconds"]) == (5.5, 9.0)
    assert figures["members"]["MY"]["acknowledge"] == {"of": 10, "done": 0, "median_seconds": None, "p90_seconds": None}
    assert figures["all"]["acknowledge"]["of"] == 100
    assert figures["all"]["acknowledge"]["done"] == 10


def test_a_clock_that_is_set_back_takes_no_time_below_zero_and_no_claim_away(hub: Hub, clock: Clock) -> None:
    """Places continue from the last; what was overdue by them is due again at its own time."""
    publish_as(hub, "ID", incident())
    last = poll(hub, cert("SG"))
    clock.now -= 24 * HOUR
    before = dict.fromkeys(("created", "modified"), "2026-04-01T01:00:00.000Z")
    publish_as(hub, "SG", acknowledged(10, "SG") | before)
    poll(hub, cert("MY"))
    poll(hub, cert("SG"), last)
    incident_entry = entry(hub)
    assert set(incident_entry["fetched"]) == {"SG", "MY"}
    assert incident_entry["acknowledged"]["SG"] > incident_entry["first_added"], "places only grow (law L1)"
    assert (incident_entry["age_seconds"], incident_entry["overdue"]) == (0, [])
    figures = board(hub)["statistics"]["all"]
    assert figures["fetch"]["median_seconds"] == 0.0
    clock.now += 25 * HOUR
    assert "VN" in {deadline["member"] for deadline in entry(hub)["overdue"]}


def test_figures_are_those_of_the_last_90_days(hub: Hub, clock: Clock) -> None:
    """Closed incidents count as well; each leaves the figures when it is too old, in whichever order things happen."""
    publish_as(hub, "ID", incident(1), incident(2))
    publish_as(hub, "SG", acknowledged(10, "SG", 1))
    publish_as(hub, "ID", incident(1, version=1, status="closed"))
    assert board(hub)["statistics"]["members"]["SG"]["acknowledge"]["of"] == 2
    clock.now += 60 * 24 * HOUR
    publish_as(hub, "ID", incident(3))
    assert board(hub)["statistics"]["members"]["SG"]["acknowledge"]["of"] == 3
    clock.now += 31 * 24 * HOUR
    assert board(hub)["statistics"]["members"]["SG"]["acknowledge"] == {
        "of": 1,
        "done": 0,
        "median_seconds": None,
        "p90_seconds": None,
    }
    publish_as(hub, "SG", acknowledged(11, "SG", 2), acknowledged(12, "SG", 3))
    assert board(hub)["statistics"]["members"]["SG"]["acknowledge"]["done"] == 1


def test_the_board_is_for_national_certs(hub: Hub) -> None:
    """Not for constituents, partners, operators, nor anonymous readers."""
    for account in KINDS.values():
        with pytest.raises((ForbiddenError, NotFoundError)):
            hub.community.board(account, "asean")
        with pytest.raises((ForbiddenError, NotFoundError)):
            hub.community.contacts(account, "asean")
        with pytest.raises((ForbiddenError, NotFoundError)):
            hub.community.confirm(account, "asean")
    with pytest.raises(UnauthenticatedError):
        hub.community.board(None, "asean")
    with pytest.raises(NotFoundError):
        hub.community.board(cert("SG"), "nowhere")


def test_a_contact_is_alive_for_90_days_after_its_member_confirmed_it(hub: Hub, clock: Clock) -> None:
    """The board shows those that are not."""
    assert set(board(hub)["unconfirmed"]) == set(CATALOGUE.members)
    hub.community.confirm(cert("SG"), "asean")
    assert "SG" not in board(hub)["unconfirmed"]
    rows = json.loads(hub.community.contacts(cert("MY"), "asean"))["contacts"]
    by_member = {row["member"]: row for row in rows}
    assert by_member["SG"]["confirmed_at"] == format_place(START)
    assert by_member["SG"]["duty_line"] == CATALOGUE.members["SG"].duty_line
    assert not by_member["ID"]["confirmed"]
    clock.now += 90 * 24 * HOUR + 1
    assert "SG" in board(hub)["unconfirmed"]


def test_what_is_deleted_beside_the_incidents_costs_the_board_nothing(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A withdrawal deletes observables, too; with 10,000 incidents, reading all again would take seconds."""
    address = {"type": "ipv4-addr", "spec_version": "2.1", "id": f"ipv4-addr--{PLAIN_SCO}", "value": "198.51.100.7"}
    publish_as(hub, "ID", incident(), incident(2), report(), address | {"object_marking_refs": MARKED})
    assert board(hub)["open"] == 2
    alerts = hub.catalogue.find("asean", "alerts")
    assert alerts is not None
    with monkeypatch.context() as patched:
        reads: list[object] = []
        patched.setattr(type(hub.store), "read", lambda *arguments: reads.append(arguments))
        hub.store.delete(alerts.id, str(address["id"]), "ID", TLP.RED)
        assert board(hub)["open"] == 2
        assert reads == []
    hub.store.delete(alerts.id, incident(2)["id"], "ID", TLP.RED)
    assert [row["incident"] for row in board(hub)["incidents"]] == [incident(1)["id"]]


def test_a_board_that_does_not_show_all_says_so(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The most urgent come first, and all of them are counted."""
    monkeypatch.setattr("hub.community.board.PAGE_INCIDENTS", 3)
    publish_as(hub, "ID", incident(1, criticality=10), incident(2, criticality=90), incident(3, criticality=50))
    assert board(hub)["more"] is False
    monkeypatch.setattr("hub.community.board.PAGE_INCIDENTS", 2)
    cut = board(hub)
    assert (cut["more"], cut["open"]) == (True, 3)
    assert [row["criticality"] for row in cut["incidents"]] == [90, 50]
    assert "1 more, less urgent" in "\n".join(map(str, board_lines(cut)))


def test_incidents_of_one_member_never_hide_anothers(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """H10 of the attacks: each reporter has a share of a page, and what is beyond it follows on further pages."""
    monkeypatch.setattr("hub.community.board.PAGE_INCIDENTS", 12)
    publish_as(hub, "ID", *(incident(number, criticality=100) for number in range(1, 31)))
    publish_as(hub, "SG", incident(31, member="SG", criticality=1))
    pages = [json.loads(hub.community.board(cert("MY"), "asean", page)) for page in (1, 2, 3, 4)]
    assert incident(31)["id"] in [shown["incident"] for shown in pages[0]["incidents"]]
    assert [len(page["incidents"]) for page in pages] == [12, 12, 7, 0]
    assert [page["more"] for page in pages] == [True, True, False, False]
    everything = [shown["incident"] for page in pages for shown in page["incidents"]]
    assert sorted(everything) == sorted(incident(number)["id"] for number in range(1, 32))
    assert "hub board --page 2" in "\n".join(map(str, board_lines(pages[0])))
    assert "and 7 more" in "\n".join(map(str, board_lines(pages[1])))


def test_the_member_that_relayed_an_outsiders_incident_is_shown_and_owes_nothing(tmp_path: Path, clock: Clock) -> None:
    """H6 of the attacks: nobody could see who is behind an outsider's words. Its share of the board is the relayer's."""
    root = CATALOGUE.roots["asean"]
    relaying = tuple(dataclasses.replace(collection, relay=True) for collection in root.collections)
    roots = {**CATALOGUE.roots, "asean": dataclasses.replace(root, collections=relaying)}
    hub = open_hub(tmp_path / "relaying", clock, dataclasses.replace(CATALOGUE, roots=roots))
    outsider = "identity--99999999-9999-4999-8999-999999999999"
    publish_as(hub, "ID", incident(created_by_ref=outsider))
    clock.now += 2 * HOUR
    shown = entry(hub)
    assert (shown["reported_by"], shown["relayed_by"]) == (None, "ID")
    assert "ID" not in [*shown["not_fetched"], *(deadline["member"] for deadline in shown["overdue"])]
    assert any("relayed by ID" in str(line) for line in board_lines(board(hub)))
    publish_as(hub, "SG", incident(2, member="SG"))
    assert entry(hub, 2)["relayed_by"] is None
    hub.store.close()


def test_texts_on_a_board_are_cut(hub: Hub) -> None:
    """M5 of the attacks: a name, a request and an answer may be as long as an object."""
    long = "x" * 50_000
    asked_request = request(20, "ID", ["SG"])
    asked_request["extensions"][REQUEST]["what"] = long
    publish_as(hub, "ID", incident(name=long), asked_request)
    for number in range(30, 44, 2):
        publish_as(hub, "SG", answered(number, "SG", "accepted", 20, text=long))
        publish_as(hub, "SG", answered(number + 1, "SG", "refused", 20, text=long))
    shown = entry(hub)
    assert shown["name"] == "x" * 299 + "\u2026"
    assert len(shown["requests"][0]["what"]) == 300
    answers = shown["requests"][0]["answers"]["SG"]
    assert [len(answer["why"]) for answer in answers] == [300] * 10, "the last ten of one member"
    assert answers[-1]["says"] == "refused"


def test_on_a_terminal_times_are_whole_and_no_text_of_another_member_changes_it(hub: Hub, clock: Clock) -> None:
    """An incident may be days old; a name or a reason may contain any text."""
    publish_as(hub, "ID", incident(name="Bank\x1b[2J\nOVERDUE  SG"), request(20, "ID", ["SG"]))
    publish_as(hub, "SG", answered(10, "SG", "refused", 20, text="no\r\x1b]0;x\x07"), acknowledged(11, "SG"))
    poll(hub, cert("SG"))
    clock.now += 2 * HOUR
    lines = list(map(str, board_lines(board(hub, "MY"))))
    assert all(line.isprintable() for line in lines)
    assert "Bank [2J OVERDUE  SG" in lines
    assert "  acknowledged: SG 2026-04-02 03:10Z" in lines
    assert any(line.startswith("  has it: SG 2026-04-02 03:10Z; not yet: ") for line in lines)
    assert "  OVERDUE: MY: acknowledgement, due 2026-04-02 04:10Z" in lines


def test_boards_are_prepared_before_anybody_asks(hub: Hub, reopen: Reopen, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart the first reader does not wait until all incidents are read: that is done before."""
    publish_as(hub, "ID", incident(), report())
    other = reopen()
    other.community.prepare()
    reads: list[object] = []
    monkeypatch.setattr(type(other.store), "read", lambda *arguments: reads.append(arguments))
    assert board(other)["open"] == 1
    assert reads == []
