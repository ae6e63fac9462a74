"""Which events a browser that follows the board gets: what changes that reader's board, and nothing else (law L5)."""

from __future__ import annotations

from typing import Any, Final

import pytest

from hub.community.hub import Hub
from hub.errors import ForbiddenError
from hub.sharing.events import CollectionView, ViewWatcher, current_places
from hub.stix.tlp import TLP, TLP2_IDS
from tests.community.making import (
    KINDS,
    Content,
    acknowledged,
    board,
    cert,
    incident,
    note,
    publish_as,
    report,
    versioned,
)
from tests.server.making import Clock

LATER: Final = 60_000  # milliseconds


def indicator(number: int, **properties: Any) -> Content:
    about = {
        "pattern": f"[domain-name:value = 'c{number}.example']",
        "pattern_type": "stix",
        "valid_from": "2026-04-02T01:00:00Z",
        "valid_until": "2026-06-02T01:00:00Z",
        "description": "A host of the adversary's",
        "indicator_types": ["malicious-activity"],
    }
    return versioned("indicator", number, "ID", **about | properties)


def sector(number: int, version: int = 0, **properties: Any) -> Content:
    about = {"name": f"victim-ID-7QK3-9F2{number}", "identity_class": "organization"}
    return versioned("identity", number, "ID", version, **about | properties)


def without_time(hub: Hub) -> Content:
    """Singapore's board without what changes with the clock."""
    shown = board(hub)
    shown.pop("generated_at")
    for row in shown["incidents"]:
        row.pop("age_seconds")
    return shown


CAMPAIGN: Final = report(7, stage="early", labels=["campaign"], object_refs=[indicator(1)["id"]])
NAMES_SECTOR: Final = report(1, stage="update", version=2, object_refs=[incident(1)["id"], sector(5)["id"]])
PUBLISHED: Final = [
    ("an incident", "alerts", [incident(1), report(1)], True),
    ("an indicator beside incidents", "alerts", [indicator(1)], False),
    ("lone indicators", "indicators", [indicator(number) for number in range(2, 6)], False),
    ("a report without a stage", "indicators", [CAMPAIGN], False),
    ("a note that is no step", "alerts", [note(3, "ID", "note:analysis", [incident(1)["id"]])], False),
    ("an identity without a sector", "alerts", [sector(4)], False),
    (
        "a sector, and a stage of the report that names it",
        "alerts",
        [sector(5, sectors=["healthcare"]), NAMES_SECTOR],
        True,
    ),
    ("the sector, withdrawn", "alerts", [sector(5, 1)], True),
    ("another incident", "alerts", [incident(2)], True),
    ("an acknowledgement", "alerts", [acknowledged(9, "SG", about=2)], True),
    ("a stage among indicators", "indicators", [report(2, stage="update")], True),
    ("a newer version", "alerts", [incident(2, version=1, name="Another name")], True),
]


def test_what_changes_a_board_is_an_event_and_nothing_else_is(hub: Hub, clock: Clock) -> None:
    """For each kind of object that members publish: an event exactly if the board then shows something else."""
    views = hub.community.board_views(cert("SG"), "asean")
    watcher = ViewWatcher(hub.store)
    watcher.look(views)
    before = without_time(hub)
    for case, collection, objects, changes in PUBLISHED:
        clock.now += LATER
        publish_as(hub, "SG" if case == "an acknowledgement" else "ID", *objects, to=collection)
        announced = {view.collection for view, place in watcher.look(views).items() if place >= clock.now}
        after = without_time(hub)
        declared = hub.catalogue.find("asean", collection)
        assert declared is not None
        assert announced == ({declared.id} if changes else set()), case
        assert (after != before) is changes, case
        before = after
    watcher.close()


@pytest.mark.parametrize("level", [TLP.GREEN, TLP.AMBER, TLP.AMBER_STRICT], ids=lambda level: level.name)
def test_a_board_up_to_a_level_gets_no_event_of_anything_above_it(hub: Hub, clock: Clock, level: TLP) -> None:
    """Nor of what is below it and comes with something above: only of its own place."""
    (in_alerts, *_) = (s for s in hub.community.board_views(cert("SG"), "asean") if s.collection == alerts(hub))
    views = [CollectionView(in_alerts.collection, clearance, in_alerts.selection) for clearance in TLP]
    watcher = ViewWatcher(hub.store)
    watcher.look(views)
    clock.now += LATER
    publish_as(hub, "ID", incident(1, object_marking_refs=[TLP2_IDS[level]]))
    announced = watcher.look(views)
    assert {view.clearance for view in views if announced[view]} == {
        clearance for clearance in TLP if clearance >= level
    }
    places = current_places(hub.store, views, clock.now - LATER)
    assert {view: bool(place) for view, place in places.items()} == {view: bool(announced[view]) for view in views}
    watcher.close()


def test_a_listener_that_comes_later_gets_what_came_since_its_page_was_made(hub: Hub, clock: Clock) -> None:
    """From what is stored when it comes, and from the next look, where that began before the commit."""
    views = hub.community.board_views(cert("SG"), "asean")
    publish_as(hub, "ID", incident(1), report(1))
    made_at = clock.now + 1000
    clock.now += LATER
    assert not any(current_places(hub.store, views, made_at).values()), "the page shows it"
    publish_as(hub, "ID", indicator(1))
    assert not any(current_places(hub.store, views, made_at).values())
    publish_as(hub, "ID", incident(2))
    assert [view.collection for view, place in current_places(hub.store, views, made_at).items() if place] == [
        alerts(hub)
    ]
    watcher = ViewWatcher(hub.store)
    lower = [CollectionView(alerts(hub), TLP.CLEAR, views[0].selection)]
    assert not any(watcher.look(lower).values()), "another listener was there before"
    assert [view.collection for view, place in watcher.look([*lower, *views]).items() if place] == [alerts(hub)]
    watcher.close()
    watcher = ViewWatcher(hub.store)
    assert [view.collection for view, place in watcher.look(views).items() if place] == [alerts(hub)]
    watcher.close()


def test_more_than_one_page_is_searched(hub: Hub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The incident is behind as many notes as a page holds, and behind as many again."""
    monkeypatch.setattr("hub.sharing.events._PAGE_OBJECTS", 2)
    views = hub.community.board_views(cert("SG"), "asean")
    watcher = ViewWatcher(hub.store)
    watcher.look(views)
    clock.now += LATER
    notes = [note(number, "ID", "note:analysis", [incident(1)["id"]]) for number in range(10, 14)]
    publish_as(hub, "ID", *notes, incident(1), *(note(20, "ID", "note:analysis", [incident(1)["id"]]),))
    assert watcher.look(views)[next(view for view in views if view.collection == alerts(hub))] == clock.now + 4
    watcher.close()


@pytest.mark.parametrize("account", [*KINDS.values(), None], ids=lambda account: account.name if account else "nobody")
def test_an_account_without_a_board_gets_no_events_of_one(hub: Hub, account: Any) -> None:
    """The same refusal as for the board itself."""
    with pytest.raises(Exception) as refused:  # noqa: PT011 - compared below
        hub.community.board(account, "asean")
    with pytest.raises(type(refused.value)):
        hub.community.board_views(account, "asean")
    if account is not None and account.kind == "constituent":
        assert isinstance(refused.value, ForbiddenError)


def alerts(hub: Hub) -> str:
    declared = hub.catalogue.find("asean", "alerts")
    assert declared is not None
    return declared.id
