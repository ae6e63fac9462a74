"""Drills: a scenario of timed alerts, played into an API root for exercises in the members' names.

```toml
title = "Ransomware crosses a border"

[[event]]                       # a report: the first of an incident, or a later stage of it
at          = "0m"              # after the start: 90s, 10m, 2h
member      = "ID"              # whose report it is
incident    = "hospital"        # a name of your own: events that share it are stages of one incident
name        = "Ransomware at a hospital"
description = "…"
criticality = 90
stage       = "early"           # early, update or final
determination = "suspected"     # as STIX's Incident Core has it
status      = "open"            # investigation_status

[[event]]                       # a request for help
at       = "5m"
member   = "ID"
incident = "hospital"
ask      = ["SG", "MY"]         # or ["all"]
what     = "Take the drop server down"
due      = "30m"                # after the request
```

It goes through the door as any member's envelope does, and everything in it carries the label `exercise`. The members
react with their own accounts; how they did is read off the board.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.community.hub import Hub
from hub.community.index import speaks_of_steps
from hub.declarations import Table
from hub.errors import UnprocessableError
from hub.protocol import notes
from hub.protocol.labels import DRILL, EXERCISE, Stage
from hub.protocol.spans import parse_span
from hub.protocol.steps import ALL
from hub.sharing import gate
from hub.sharing.catalogue import ApiRoot, Collection
from hub.sharing.members import Account, AccountKind
from hub.stix.incident import DETERMINATIONS, INCIDENT_CORE, INVESTIGATION_STATUSES
from hub.stix.timestamps import format_milliseconds
from hub.stix.tlp import TLP, TLP2_IDS
from hub.store.records import Fact

KIND: Final = "drill"  # of the facts that tell which incidents a drill raised
ACCOUNT: Final = "drill"  # what the hub's log and statuses name as the sender


@dataclass(frozen=True, slots=True)
class DrillEvent:
    """An event of a scenario: a report, or a request if `ask` names members."""

    at: int  # seconds after the start
    member: str
    incident: str  # the scenario's own name for it
    name: str = ""
    description: str = ""
    criticality: int | None = None
    stage: str = ""
    determination: str = ""
    status: str = ""
    ask: tuple[str, ...] = ()
    what: str = ""
    due: int = 0  # seconds after the request


@dataclass(frozen=True, slots=True)
class Scenario:
    """A title, and events in the order in which they happen."""

    title: str
    events: tuple[DrillEvent, ...]


def parse_scenario(table: Table, members: tuple[str, ...]) -> Scenario:
    """The scenario that a file declares; ConfigurationError names the file and the key that cannot be used."""
    title = table.text("title")
    events = [_event(entry, members) for entry in table.tables("event")]
    table.finish()
    if not events:
        raise table.complaint("event", "there is none; each is an [[event]] table")
    events.sort(key=lambda event: event.at)
    raised: set[str] = set()
    for event in events:
        if event.ask and event.incident not in raised:
            raise table.complaint("event", f"nobody has reported {event.incident!r} when {event.member} asks about it")
        raised.add(event.incident)
    return Scenario(title, tuple(events))


def _event(table: Table, members: tuple[str, ...]) -> DrillEvent:
    at, member, incident = _span(table, "at"), _one_of(table, "member", members), table.text("incident")
    if "ask" in table:
        ask = table.texts("ask")
        if ask != (ALL,) and (unknown := next((code for code in ask if code not in members), None)):
            raise table.complaint("ask", f'{unknown!r} is no member; there are {", ".join(members)}, or ["{ALL}"]')
        event = DrillEvent(at, member, incident, ask=ask, what=table.text("what"), due=_span(table, "due"))
    else:
        event = DrillEvent(
            at,
            member,
            incident,
            name=table.text("name"),
            description=table.text("description", ""),
            criticality=table.number("criticality", least=0, most=100) if "criticality" in table else None,
            stage=_one_of(table, "stage", tuple(Stage)),
            determination=_one_of(table, "determination", DETERMINATIONS),
            status=_one_of(table, "status", INVESTIGATION_STATUSES),
        )
    table.finish()
    return event


def _one_of(table: Table, key: str, allowed: tuple[str, ...]) -> str:
    text = table.text(key)
    if text not in allowed:
        raise table.complaint(key, f"{text!r} should be one of {', '.join(allowed)}")
    return text


def _span(table: Table, key: str) -> int:
    text = table.text(key)
    seconds = parse_span(text)
    if seconds is None:
        raise table.complaint(key, f"{text!r} should be a span such as 90s, 10m or 2h")
    return seconds


def exercise_root(hub: Hub, name: str | None) -> tuple[ApiRoot, Collection]:
    """The API root for drills, and its collection of alerts; UnprocessableError where it is not one."""
    roots = [root for root in hub.catalogue.roots.values() if root.exercise and name in (None, root.name)]
    if len(roots) != 1:
        allowed = ", ".join(root.name for root in hub.catalogue.roots.values() if root.exercise) or "none"
        raise UnprocessableError(
            f"Name one API root for exercises (--root); there are: {allowed}. Drills go nowhere else."
        )
    alerts = next((collection for collection in roots[0].collections if speaks_of_steps(collection)), None)
    if alerts is None:
        raise UnprocessableError(f"{roots[0].name} has no collection with the deadlines of the joint protocol.")
    return roots[0], alerts


def key_of(root: str, began: int) -> str:
    """What a drill is called: its API root, and when it began in milliseconds since 1970."""
    return f"{root}/{began:015d}"


class Play:
    """One run of a scenario. `wait` is called with seconds to wait, `tell` with each event in words."""

    def __init__(self, hub: Hub, root: ApiRoot, alerts: Collection, scenario: Scenario, began: int = 0) -> None:
        """`began`, in milliseconds since 1970, names the drill; 0: now."""
        self._hub = hub
        self._root = root
        self._alerts = alerts
        self._scenario = scenario
        self._incidents: dict[str, dict[str, Any]] = {}  # the scenario's name -> the incident's last version
        self._reports: dict[str, dict[str, Any]] = {}
        self.key = key_of(root.name, began or hub.clock())

    def run(self, wait: Callable[[float], None], tell: Callable[[str], None], speed: float) -> None:
        """Play it, `speed` times as fast as it is written. UnprocessableError where the hub does not take an event."""
        stopped_at = 0
        for event in self._scenario.events:
            if event.at > stopped_at:
                wait((event.at - stopped_at) / speed)
                stopped_at = event.at
            objects = self._request(event, speed) if event.ask else self._report(event)
            # noted first: a drill that is killed is still one that can be reported on
            self._note()
            self._send(event.member, objects)
            tell(f"{event.at:>6} s  {event.member}: {event.what or f'{event.name} ({event.stage})'}")

    def _send(self, member: str, objects: list[dict[str, Any]]) -> None:
        writer = gate.must_write(Account(ACCOUNT, AccountKind.CERT, member), self._alerts)
        accepted = self._hub.add_objects(writer, orjson.dumps({"objects": objects}))
        if accepted.failures:
            reasons = "; ".join(failure["message"] for failure in orjson.loads(accepted.body)["failures"])
            raise UnprocessableError(f"The hub does not take what {member} says: {reasons}")

    def _note(self) -> None:
        raised = {name: content["id"] for name, content in self._incidents.items()}
        value = orjson.dumps({"title": self._scenario.title, "incidents": raised})
        self._hub.store.put_facts(KIND, {self.key: value})

    def _report(self, event: DrillEvent) -> list[dict[str, Any]]:
        core: dict[str, Any] = {
            "extension_type": "property-extension",
            "determination": event.determination,
            "investigation_status": event.status,
        }
        if event.criticality is not None:
            core["criticality"] = event.criticality
        incident = self._versioned(self._incidents, event, "incident") | {
            "name": f"{DRILL}{event.name}",
            "description": event.description or event.name,
            "extensions": {INCIDENT_CORE: core},
        }
        report = self._versioned(self._reports, event, "report") | {
            "name": f"{DRILL}{event.name} [{event.determination}, stage {event.stage}]",
            "description": event.description or event.name,
            "object_refs": [incident["id"]],
            "labels": [EXERCISE, Stage(event.stage).label],
        }
        report.setdefault("published", report["created"])
        self._incidents[event.incident], self._reports[event.incident] = incident, report
        return [incident, report]

    def _versioned(
        self, versions_before: Mapping[str, dict[str, Any]], event: DrillEvent, object_type: str
    ) -> dict[str, Any]:
        before = versions_before.get(event.incident)
        if before is not None and before["created_by_ref"] != self._identity(event.member):
            raise UnprocessableError(
                f"{event.incident!r} is another member's incident: only it reports further stages."
            )
        return (before or self._common(event.member, object_type)) | {"modified": self._stamp()}

    def _request(self, event: DrillEvent, speed: float) -> list[dict[str, Any]]:
        now = self._hub.clock()
        step = notes.request(
            f"note--{self._hub.new_id()}",
            event.member,
            self._incidents[event.incident]["id"],
            asked=[ALL] if event.ask == (ALL,) else [self._identity(code) for code in event.ask],
            what=event.what,
            due=now + int(event.due * 1000 / speed),
        )
        return [notes.build_note(step, author=self._identity(event.member), now=now, exercise=True)]

    def _common(self, member: str, object_type: str) -> dict[str, Any]:
        now = self._stamp()
        return {
            "type": object_type,
            "spec_version": "2.1",
            "id": f"{object_type}--{self._hub.new_id()}",
            "created_by_ref": self._identity(member),
            "created": now,
            "modified": now,
            "labels": [EXERCISE],
            "object_marking_refs": [TLP2_IDS[TLP.AMBER]],
        }

    def _identity(self, member: str) -> str:
        return self._hub.catalogue.members[member].identity

    def _stamp(self) -> str:
        return format_milliseconds(self._hub.clock())


def drills_of(hub: Hub, root: ApiRoot) -> list[dict[str, Any]]:
    """The drills played in the API root, as key, title and ids of incidents; the latest first."""
    drills = [drill for fact in hub.store.facts(KIND, prefix=f"{root.name}/") if (drill := _drill_from(fact))]
    return sorted(drills, key=lambda drill: str(drill["drill"]), reverse=True)


def _drill_from(fact: Fact) -> dict[str, Any] | None:
    try:
        about = orjson.loads(fact.value)
        int(fact.key.partition("/")[2])
        return {"drill": fact.key, "title": str(about["title"]), "incidents": dict(about["incidents"])}
    except (ValueError, TypeError, KeyError):
        return None


def drill_report(hub: Hub, root: ApiRoot, drill: Mapping[str, Any]) -> dict[str, Any]:
    """Who reacted to a drill, and how fast: its incidents as the board tells them, and the figures of them alone."""
    incidents, figures = hub.community.incidents(root, tuple(drill["incidents"].values()))
    return {"drill": drill["drill"], "title": drill["title"], "incidents": incidents, "statistics": figures}
