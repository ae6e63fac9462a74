"""An incident as the board shows it to a reader: who has it, acknowledged it, was asked, answered, and what is overdue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.community.figures import Sample
from hub.community.index import (
    ABSENT_CRITICALITY,
    BoardIndex,
    Incident,
    IncidentVersion,
    StepVersion,
    View,
    current_steps,
    is_visible,
    sectors_of,
    visible_versions,
)
from hub.profile.rules import Profile
from hub.protocol.labels import ANSWERS, Say
from hub.protocol.steps import LATE_MILLISECONDS, MOST_DUE_MILLISECONDS, asked_members
from hub.sharing.catalogue import ApiRoot, Catalogue
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP

NEVER: Final = 1 << 62
ANSWERS_SHOWN: Final = 10  # the last ones of a member to one request
_HOUR: Final = 3600 * 1000  # milliseconds


@dataclass(frozen=True, slots=True)
class Overdue:
    """A deadline that has passed."""

    member: str
    what: str  # "acknowledge" or "answer"
    incident: str
    request: str  # "" for an acknowledgement
    due: int  # milliseconds since 1970
    criticality: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An incident as a reader sees it. `body` is a JSON object without its last brace and without its age.

    The other fields are for lists that filter, count and sort: parsing 10,000 bodies for that takes a third of a second.
    """

    id: str
    name: str
    reported_by: str  # "" if no member did
    reporter: str  # code of the member that reported or relayed it
    tlp: str
    classes: tuple[str, ...]  # of RSIT, without their types: `fraud` for `fraud: phishing`
    sectors: tuple[str, ...]
    owed_deadlines: Mapping[str, int]  # member -> first deadline of what it owes; NEVER: without deadline
    body: bytes
    open: bool
    first_place: int  # place of its first version
    criticality: int
    overdue: tuple[Overdue, ...]
    samples: tuple[Sample, ...]
    is_counted: bool  # whether its samples are in the figures
    next_deadline: int  # milliseconds since 1970: when the entry must be written again


class EntryWriter:
    """Writes the entries of one API root. Call it only while holding the index's lock."""

    def __init__(self, index: BoardIndex, root: ApiRoot, catalogue: Catalogue) -> None:
        self._index = index
        self._root = root
        self._catalogue = catalogue
        self._deadlines = next(
            (profile for collection in root.collections for profile in collection.profiles if profile.deadlines), None
        )

    def entry(self, incident: Incident, view: View, now: int, counted_since: int) -> Entry | None:
        """The incident as a reader with this view sees it; None if the reader may see no version of it."""
        versions = visible_versions(incident, view)
        if not versions:
            return None
        first_version, last_version = versions[0], versions[-1]
        stage = _stage(incident, view, first_version.author)
        criticality = ABSENT_CRITICALITY if last_version.criticality is None else last_version.criticality
        recipients = self._recipients(versions, first_version.author or first_version.relayed_by)
        steps = current_steps(incident.steps, view)
        acknowledge_times = _acknowledge_times(steps)
        fetch_times = _fetch_times(incident, view, recipients)
        viewers = {first_version.author or first_version.relayed_by, *recipients}
        by_request: dict[str, list[StepVersion]] = {}
        for version in steps:
            if version.step.says in ANSWERS:
                by_request.setdefault(version.step.request, []).append(version)
        requests = [
            self._request(version, by_request, viewers, criticality)
            for version in steps
            if version.step.says is Say.OPEN
        ]
        is_open = not last_version.revoked and stage != "final" and last_version.status != "closed"
        open_deadlines = [deadline for request in requests for deadline in request.open_deadlines]
        open_deadlines += self._to_acknowledge(
            incident.id, first_version.place, criticality, recipients, acknowledge_times
        )
        overdue = tuple(
            sorted((p for p in open_deadlines if p.due <= now and is_open), key=lambda p: (p.due, p.member))
        )
        sectors = sectors_of(self._index, incident, view)
        tlp = TLP(last_version.level).label
        content = {
            "incident": incident.id,
            "name": last_version.name,
            "reported_by": first_version.author or None,
            "relayed_by": first_version.relayed_by or None,
            "collections": sorted({self._alias(version.collection) for version in versions}),
            "first_added": format_place(first_version.place),
            "criticality": criticality,
            "criticality_given": last_version.criticality is not None,
            "scale": list(last_version.scale),
            "tlp": tlp,
            "classes": list(last_version.classes),
            "sectors": sectors,
            "stage": stage or None,
            "determination": last_version.determination,
            "investigation_status": last_version.status,
            "fetched": {member: format_place(time) for member, time in fetch_times.items()},
            "not_fetched": [member for member in recipients if member not in fetch_times],
            "acknowledged": {member: format_place(time) for member, time in acknowledge_times.items()},
            "acknowledge_due": self._acknowledge_due(first_version.place, criticality),
            "requests": [request.content for request in requests],
            "overdue": [_overdue_content(deadline) for deadline in overdue],
        }
        samples = [("fetch", member, _duration(first_version.place, fetch_times.get(member))) for member in recipients]
        samples += [
            ("acknowledge", member, _duration(first_version.place, acknowledge_times.get(member)))
            for member in recipients
        ]
        samples += [sample for request in requests for sample in request.samples]
        return Entry(
            id=incident.id,
            name=last_version.name,
            reported_by=first_version.author,
            reporter=first_version.author or first_version.relayed_by,
            tlp=tlp,
            classes=tuple(dict.fromkeys(name.partition(":")[0] for name in last_version.classes)),
            sectors=tuple(sectors),
            owed_deadlines=_owed(open_deadlines, requests),
            body=orjson.dumps(content)[:-1],
            open=is_open,
            first_place=first_version.place,
            criticality=criticality,
            overdue=overdue,
            samples=tuple(samples),
            is_counted=first_version.place >= counted_since,
            next_deadline=min((p.due for p in open_deadlines if p.due > now), default=NEVER),
        )

    def _recipients(self, versions: list[IncidentVersion], author: str) -> list[str]:
        """The members to which the incident was reported: all that read one of its collections, except its reporter."""
        readers: set[str] = set().union(*(self._index.readers(version.collection) for version in versions))
        return [code for code in self._root.members if code in readers and code != author]

    def _alias(self, collection: str) -> str:
        declared_collection = self._catalogue.by_id(collection)
        return declared_collection.alias if declared_collection is not None else collection

    def _to_acknowledge(
        self,
        incident: str,
        first_place: int,
        criticality: int,
        recipients: list[str],
        acknowledge_times: Mapping[str, int],
    ) -> list[Overdue]:
        hours = _hours(self._deadlines, criticality)
        if hours is None:
            return []
        due = first_place + hours[0] * _HOUR
        return [
            Overdue(member, "acknowledge", incident, "", due, criticality)
            for member in recipients
            if member not in acknowledge_times
        ]

    def _acknowledge_due(self, first_place: int, criticality: int) -> str | None:
        hours = _hours(self._deadlines, criticality)
        return None if hours is None else format_place(first_place + hours[0] * _HOUR)

    def _request(
        self, version: StepVersion, by_request: Mapping[str, list[StepVersion]], viewers: set[str], criticality: int
    ) -> _Request:
        step = version.step
        # a member that may not see the incident or the request owes nothing: a reminder would reveal that they exist
        readers = viewers & self._index.readers(version.collection)
        asked_codes = [
            code
            for code in asked_members(step, self._root.members, self._catalogue.member_by_identity)
            if code in readers
        ]
        answers: dict[str, list[StepVersion]] = {}
        for answer in by_request.get(step.id, ()):
            if answer.step.member in asked_codes:
                answers.setdefault(answer.step.member, []).append(answer)
        due = self._due(version, criticality)
        content = {
            "request": step.id,
            "by": step.member,
            "at": format_place(version.place),
            "asked": asked_codes,
            "what": step.what,
            "due": format_place(due) if due is not None else None,
            "priority": step.priority,
            "answers": {
                member: [_answer(version) for version in versions[-ANSWERS_SHOWN:]]
                for member, versions in answers.items()
            },
            "owing": [member for member in asked_codes if member not in answers],
        }
        samples = tuple(
            ("answer", member, _duration(version.place, answers[member][0].place if member in answers else None))
            for member in asked_codes
        )
        open_deadlines = tuple(
            Overdue(member, "answer", step.incident, step.id, due, criticality)
            for member in asked_codes
            if member not in answers and due is not None
        )
        return _Request(content, samples, open_deadlines)

    def _due(self, version: StepVersion, criticality: int) -> int | None:
        """The deadline of a request: its own if it states one, else the profile's."""
        earliest, latest = version.place - LATE_MILLISECONDS, version.place + MOST_DUE_MILLISECONDS
        if version.step.due is not None and earliest <= version.step.due <= latest:
            return version.step.due  # the range check: older hubs accepted any date, such as the year 1
        hours = _hours(self._deadlines, criticality)
        return None if hours is None else version.place + hours[1] * _HOUR


@dataclass(frozen=True, slots=True)
class _Request:
    """A request as the board shows it, how long its answers took, and the deadlines of missing answers."""

    content: dict[str, Any]
    samples: tuple[Sample, ...]
    open_deadlines: tuple[Overdue, ...]


def _owed(open_deadlines: Iterable[Overdue], requests: Iterable[_Request]) -> dict[str, int]:
    """Each member that owes an acknowledgement or an answer, with its first deadline."""
    owed_deadlines: dict[str, int] = {}
    for deadline in open_deadlines:
        owed_deadlines[deadline.member] = min(deadline.due, owed_deadlines.get(deadline.member, NEVER))
    for request in requests:
        for member in request.content["owing"]:
            owed_deadlines.setdefault(member, NEVER)
    return owed_deadlines


def _stage(incident: Incident, view: View, author: str) -> str:
    """The stage in the newest report of the member that reported the incident; reports of others do not count."""
    latest: dict[str, tuple[int, str]] = {}
    for statement in incident.stages:
        if is_visible(statement, view) and statement.author == author:
            latest[statement.report] = max(latest.get(statement.report, (0, "")), (statement.place, statement.stage))
    stages = [(place, stage) for place, stage in latest.values() if stage]
    return max(stages)[1] if stages else ""


def _acknowledge_times(steps: list[StepVersion]) -> dict[str, int]:
    times: dict[str, int] = {}
    for version in steps:
        if version.step.says is Say.ACKNOWLEDGED:
            times.setdefault(version.step.member, version.place)
    return times


def _fetch_times(incident: Incident, view: View, recipients: list[str]) -> dict[str, int]:
    first_place: dict[str, int] = {}
    for member in recipients:
        times = [by[member] for collection, by in incident.fetch_times.items() if collection in view and member in by]
        if times:
            first_place[member] = min(times)
    return first_place


def _answer(version: StepVersion) -> dict[str, Any]:
    return {"says": version.step.says.word, "at": format_place(version.place), "why": version.step.text}


def _overdue_content(deadline: Overdue) -> dict[str, Any]:
    return {
        "member": deadline.member,
        "what": deadline.what,
        "due": format_place(deadline.due),
        "request": deadline.request or None,
    }  # fmt: skip - one deadline, one row


def _hours(profile: Profile | None, criticality: int) -> tuple[int, int] | None:
    deadline = profile.deadline(criticality) if profile is not None else None
    return None if deadline is None else (deadline.acknowledge_hours, deadline.answer_hours)


def _duration(start: int, end: int | None) -> int | None:
    return None if end is None else max(0, end - start)
