"""Drills: a scenario of timed reports and requests, published in an API root for exercises in the members' names.

```toml
title = "Ransomware crosses a border"

[[event]]                       # a report: the first of an incident, or a later stage of it
at          = "0m"              # after the start: 90s, 10m, 2h
member      = "ID"              # the member that reports it
incident    = "hospital"        # a name of your own: events that share it are stages of one incident
name        = "Ransomware at a hospital"
description = "…"
criticality = 90
stage       = "early"           # early, update or final
determination = "suspected"     # a value of STIX's Incident Core
status      = "open"            # investigation_status

[[event]]                       # a request for help
at       = "5m"
member   = "ID"
incident = "hospital"
ask      = ["SG", "MY"]         # or ["all"]
what     = "Take the drop server down"
due      = "30m"                # after the request
```

The events pass the same checks as any member's envelope, and every object has the label `exercise`. The members react with
their own accounts; the board shows how fast they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.community.hub import Hub
from hub.community.index import has_steps
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

KIND: Final = "drill"  # kind of facts with the incidents of each drill
ACCOUNT: Final = "drill"  # the sender in the hub's log and statuses


@dataclass(frozen=True, slots=True)
class DrillEvent:
    """An event of a scenario: a report, or a request if `ask` names members."""

    start_seconds: int  # seconds after the start
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
    """A title, and events in the order of their time."""

    title: str
    events: tuple[DrillEvent, ...]


def parse_scenario(table: Table, members: tuple[str, ...]) -> Scenario:
    """Read a scenario; ConfigurationError names the file and the key that is wrong."""
    title = table.text("title")
    events = [_event(entry, members) for entry in table.tables("event")]
    table.finish()
    if not events:
        raise table.complaint("event", "there is none; each is an [[event]] table")
    events.sort(key=lambda event: event.start_seconds)
    reported_incidents: set[str] = set()
    for event in events:
        if event.ask and event.incident not in reported_incidents:
            raise table.complaint("event", f"nobody has reported {event.incident!r} when {event.member} asks about it")
        reported_incidents.add(event.incident)
    return Scenario(title, tuple(events))


def _event(table: Table, members: tuple[str, ...]) -> DrillEvent:
    start_seconds, member, incident = _span(table, "at"), _choice(table, "member", members), table.text("incident")
    if "ask" in table:
        ask = table.texts("ask")
        if ask != (ALL,) and (unknown_code := next((code for code in ask if code not in members), None)):
            raise table.complaint("ask", f'{unknown_code!r} is no member; there are {", ".join(members)}, or ["{ALL}"]')
        event = DrillEvent(start_seconds, member, incident, ask=ask, what=table.text("what"), due=_span(table, "due"))
    else:
        event = DrillEvent(
            start_seconds,
            member,
            incident,
            name=table.text("name"),
            description=table.text("description", ""),
            criticality=table.number("criticality", least=0, most=100) if "criticality" in table else None,
            stage=_choice(table, "stage", tuple(Stage)),
            determination=_choice(table, "determination", DETERMINATIONS),
            status=_choice(table, "status", INVESTIGATION_STATUSES),
        )
    table.finish()
    return event


def _choice(table: Table, key: str, words: tuple[str, ...]) -> str:
    text = table.text(key)
    if text not in words:
        raise table.complaint(key, f"{text!r} should be one of {', '.join(words)}")
    return text


def _span(table: Table, key: str) -> int:
    text = table.text(key)
    seconds = parse_span(text)
    if seconds is None:
        raise table.complaint(key, f"{text!r} should be a span such as 90s, 10m or 2h")
    return seconds


def exercise_root(hub: Hub, name: str | None) -> tuple[ApiRoot, Collection]:
    """The API root for drills and its collection of alerts. UnprocessableError unless exactly one root fits."""
    roots = [root for root in hub.catalogue.roots.values() if root.exercise and name in (None, root.name)]
    if len(roots) != 1:
        root_names = ", ".join(root.name for root in hub.catalogue.roots.values() if root.exercise) or "none"
        raise UnprocessableError(
            f"Name one API root for exercises (--root); there are: {root_names}. Drills go nowhere else."
        )
    alerts = next((collection for collection in roots[0].collections if has_steps(collection)), None)
    if alerts is None:
        raise UnprocessableError(f"{roots[0].name} has no collection with the deadlines of the joint protocol.")
    return roots[0], alerts


def key_of(root: str, started_at: int) -> str:
    """The key of a drill: its API root, and its start in milliseconds since 1970."""
    return f"{root}/{started_at:015d}"


class Play:
    """One run of a scenario."""

    def __init__(self, hub: Hub, root: ApiRoot, alerts: Collection, scenario: Scenario, started_at: int = 0) -> None:
        """`started_at`, in milliseconds since 1970, is part of the drill's key; 0: now."""
        self._hub = hub
        self._root = root
        self._alerts = alerts
        self._scenario = scenario
        self._incidents: dict[str, dict[str, Any]] = {}  # the scenario's name -> the incident's last version
        self._reports: dict[str, dict[str, Any]] = {}
        self.key = key_of(root.name, started_at or hub.clock())

    def run(self, wait: Callable[[float], None], report: Callable[[str], None], speed: float) -> None:
        """Play the scenario, `speed` times as fast as it is written. UnprocessableError if the hub refuses an event.

        `wait` is called with the seconds to wait, `report` with a line of text for each event.
        """
        elapsed_seconds = 0
        for event in self._scenario.events:
            if event.start_seconds > elapsed_seconds:
                wait((event.start_seconds - elapsed_seconds) / speed)
                elapsed_seconds = event.start_seconds
            objects = self._request(event, speed) if event.ask else self._report(event)
            # before sending: if the process is killed, the drill can still be reported on
            self._note()
            self._send(event.member, objects)
            report(f"{event.start_seconds:>6} s  {event.member}: {event.what or f'{event.name} ({event.stage})'}")

    def _send(self, member: str, objects: list[dict[str, Any]]) -> None:
        writer = gate.must_write(Account(ACCOUNT, AccountKind.CERT, member), self._alerts)
        result = self._hub.add_objects(writer, orjson.dumps({"objects": objects}))
        if result.failures:
            reasons = "; ".join(failure["message"] for failure in orjson.loads(result.body)["failures"])
            raise UnprocessableError(f"The hub refused what {member} reports: {reasons}")

    def _note(self) -> None:
        reported_incidents = {name: content["id"] for name, content in self._incidents.items()}
        value = orjson.dumps({"title": self._scenario.title, "incidents": reported_incidents})
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
        self, last_versions: Mapping[str, dict[str, Any]], event: DrillEvent, object_type: str
    ) -> dict[str, Any]:
        last_version = last_versions.get(event.incident)
        if last_version is not None and last_version["created_by_ref"] != self._identity(event.member):
            raise UnprocessableError(
                f"{event.incident!r} is another member's incident: only it reports further stages."
            )
        return (last_version or self._common(event.member, object_type)) | {"modified": self._stamp()}

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
    """The drills played in the API root, each with key, title and ids of incidents; the newest first."""
    drills = [drill for fact in hub.store.facts(KIND, prefix=f"{root.name}/") if (drill := _drill_from(fact))]
    return sorted(drills, key=lambda drill: str(drill["drill"]), reverse=True)


def _drill_from(fact: Fact) -> dict[str, Any] | None:
    try:
        content = orjson.loads(fact.value)
        int(fact.key.partition("/")[2])
        return {"drill": fact.key, "title": str(content["title"]), "incidents": dict(content["incidents"])}
    except (ValueError, TypeError, KeyError):
        return None


def drill_report(hub: Hub, root: ApiRoot, drill: Mapping[str, Any]) -> dict[str, Any]:
    """Who reacted to a drill, and how fast: its incidents as the board shows them, and the figures of only these incidents."""
    incidents, figures = hub.community.incidents(root, tuple(drill["incidents"].values()))
    return {"drill": drill["drill"], "title": drill["title"], "incidents": incidents, "statistics": figures}
