"""The board: for each open incident who has it, who acknowledged, who was asked, who answered, and what is overdue.

1. Bring the index up to date: only what is new is read.
2. Each incident that changed, or of which a deadline has passed, is told anew; all others stand as they were told.
3. They are put in order: what is overdue first, then by criticality, then the oldest.
4. How long the members took, over the incidents of the last 90 days, closed ones among them.

Clocks start at the hub's date_added of the first version that the reader may see; all durations are whole seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import Any, Final

import orjson

from hub.community.figures import Figures, Sample
from hub.community.index import (
    ABSENT_CRITICALITY,
    BoardIndex,
    Incident,
    IncidentVersion,
    Said,
    View,
    standing,
    visible,
    visible_versions,
)
from hub.profile.rules import Profile
from hub.protocol.labels import ANSWERS, Say
from hub.protocol.steps import LATE_MILLISECONDS, MOST_DUE_MILLISECONDS, asked_members
from hub.sharing import access
from hub.sharing.catalogue import ApiRoot, Catalogue
from hub.sharing.members import Account
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP

MOST_INCIDENTS: Final = 10_000  # on one board; the most urgent ones
STATISTICS_DAYS: Final = 90
NEVER: Final = 1 << 62
_HOUR: Final = 3600 * 1000  # milliseconds
_SECOND: Final = 1000


@dataclass(frozen=True, slots=True)
class Overdue:
    """One deadline that has passed."""

    member: str
    what: str  # "acknowledge" or "answer"
    incident: str
    request: str  # "" where it is an acknowledgement
    due: int  # milliseconds since 1970
    criticality: int


@dataclass(frozen=True, slots=True)
class Told:
    """One incident as a reader is shown it. `body` is a JSON object without its last brace and without its age."""

    body: bytes
    open: bool
    first: int  # place of its first version
    criticality: int
    overdue: tuple[Overdue, ...]
    samples: tuple[Sample, ...]
    counts: bool  # whether its samples are among the figures
    until: int  # milliseconds since 1970: from then on, a further deadline has passed


@dataclass(slots=True)
class _Shown:
    """What one view was told last."""

    generation: int = -1  # of the index
    changes: int = 0  # of the index, that are in it
    told: dict[str, Told] = field(default_factory=dict)
    ordered: list[Told] = field(default_factory=list)  # those that are open
    deadlines: list[tuple[int, str]] = field(default_factory=list)  # heap: when an incident has to be told anew
    figures: Figures = field(default_factory=Figures)
    leaving: list[tuple[int, str]] = field(default_factory=list)  # heap: (first place, incident) of those that count

    def too_old(self, counted_since: int) -> list[Sample]:
        """The samples of incidents that began before and count no more."""
        gone: list[Sample] = []
        while self.leaving and self.leaving[0][0] < counted_since:
            _, identifier = heappop(self.leaving)
            told = self.told.get(identifier)
            if told is not None and told.counts:
                gone += told.samples
                self.told[identifier] = replace(told, counts=False)
        return gone


class Board:
    """The board of one API root, for any of its readers. For several threads."""

    def __init__(self, index: BoardIndex, root: ApiRoot, catalogue: Catalogue, clock: Callable[[], int]) -> None:
        self._index = index
        self._root = root
        self._catalogue = catalogue
        self._clock = clock
        self._deadlines = next(
            (profile for collection in root.collections for profile in collection.profiles if profile.deadlines), None
        )
        self._shown: dict[tuple[tuple[str, int], ...], _Shown] = {}  # by view: the members' CERTs mostly share one

    def as_json(self, view: View, about: Mapping[str, Any]) -> bytes:
        """The board as a JSON object, with what `about` holds in it; `more` says that some that are open are not shown."""
        now = self._clock()
        with self._index.lock:
            shown = self._look(view, now)
            head = {
                "api_root": self._root.name,
                "exercise": self._root.exercise,
                "generated_at": format_place(now),
                "open": len(shown.ordered),
                "overdue": sum(len(one.overdue) for one in shown.ordered),
                "more": len(shown.ordered) > MOST_INCIDENTS,
                **about,
                "statistics": self._statistics(shown.figures),
            }
            bodies = [
                b'%s,"age_seconds":%d}' % (one.body, max(0, now - one.first) // _SECOND)
                for one in shown.ordered[:MOST_INCIDENTS]
            ]
        return b'%s,"incidents":[%s]}' % (orjson.dumps(head)[:-1], b",".join(bodies))

    def overdue(self, view: View) -> list[Overdue]:
        """Every deadline that has passed and was not met, of open incidents."""
        with self._index.lock:
            shown = self._look(view, self._clock())
            return [one for told in shown.ordered for one in told.overdue]

    def incidents(self, view: View, chosen: Iterable[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """These incidents, open or closed, as the board tells them, and the statistics of them alone."""
        with self._index.lock:
            shown = self._look(view, self._clock())
            told = [shown.told[one] for one in chosen if one in shown.told]
        figures = Figures()
        figures.change((), (sample for one in told for sample in one.samples))
        bodies = [orjson.loads(b'%s,"open":%s}' % (one.body, b"true" if one.open else b"false")) for one in told]
        return bodies, self._statistics(figures)

    def _look(self, view: View, now: int) -> _Shown:
        # (1)
        index = self._index
        index.refresh()
        key = tuple(sorted(view.items()))
        shown = self._shown.get(key)
        if shown is None or shown.generation != index.generation:
            shown = self._shown[key] = _Shown(index.generation)
        # (2)
        anew = dict.fromkeys(index.changes[shown.changes :])
        shown.changes = len(index.changes)
        while shown.deadlines and shown.deadlines[0][0] <= now:
            anew[heappop(shown.deadlines)[1]] = None
        gone: list[Sample] = []
        new: list[Sample] = []
        counted_since = now - STATISTICS_DAYS * 24 * _HOUR
        for identifier in anew:
            before = shown.told.pop(identifier, None)
            if before is not None and before.counts:
                gone += before.samples
            told = self._tell(index.incidents[identifier], view, now, counted_since)
            if told is None:
                continue
            shown.told[identifier] = told
            if told.until < NEVER:
                heappush(shown.deadlines, (told.until, identifier))
            if told.counts:
                new += told.samples
                heappush(shown.leaving, (told.first, identifier))
        # (3)
        if anew:
            shown.ordered = sorted((one for one in shown.told.values() if one.open), key=_urgency)
        # (4)
        gone += shown.too_old(counted_since)
        shown.figures.change(gone, new)
        return shown

    def _statistics(self, figures: Figures) -> dict[str, Any]:
        members = {member: figures.of(member) for member in self._root.members}
        return {"days": STATISTICS_DAYS, "all": figures.of(), "members": members}

    # --- one incident ---------------------------------------------------------------------------------------------

    def _tell(self, incident: Incident, view: View, now: int, counted_since: int) -> Told | None:
        versions = visible_versions(incident, view)
        if not versions:
            return None
        first, last = versions[0], versions[-1]
        stage = _stage(incident, view, first.author)
        criticality = ABSENT_CRITICALITY if last.criticality is None else last.criticality
        concerned = self._concerned(versions, first.author)
        steps = standing(incident.said, view)
        acknowledged = _acknowledged(steps)
        fetched = _fetched(incident, view, concerned)
        sees = {first.author, *concerned}
        requests = [self._request(one, steps, sees, criticality) for one in steps if one.step.says is Say.OPEN]
        is_open = not last.revoked and stage != "final" and last.status != "closed"
        pending = [pending for request in requests for pending in request.pending]
        pending += self._to_acknowledge(incident.id, first.place, criticality, concerned, acknowledged)
        overdue = tuple(sorted((p for p in pending if p.due <= now and is_open), key=lambda p: (p.due, p.member)))
        content = {
            "incident": incident.id,
            "name": last.name,
            "reported_by": first.author or None,
            "collections": sorted({self._alias(version.collection) for version in versions}),
            "first_added": format_place(first.place),
            "criticality": criticality,
            "criticality_given": last.criticality is not None,
            "scale": list(last.scale),
            "tlp": TLP(last.level).label,
            "classes": list(last.classes),
            "stage": stage or None,
            "determination": last.determination,
            "investigation_status": last.status,
            "fetched": {member: format_place(at) for member, at in fetched.items()},
            "not_fetched": [member for member in concerned if member not in fetched],
            "acknowledged": {member: format_place(at) for member, at in acknowledged.items()},
            "acknowledge_due": self._acknowledge_due(first.place, criticality),
            "requests": [request.content for request in requests],
            "overdue": [_overdue(one) for one in overdue],
        }
        samples = [("fetch", member, _took(first.place, fetched.get(member))) for member in concerned]
        samples += [("acknowledge", member, _took(first.place, acknowledged.get(member))) for member in concerned]
        samples += [sample for request in requests for sample in request.samples]
        return Told(
            body=orjson.dumps(content)[:-1],
            open=is_open,
            first=first.place,
            criticality=criticality,
            overdue=overdue,
            samples=tuple(samples),
            counts=first.place >= counted_since,
            until=min((p.due for p in pending if p.due > now), default=NEVER),
        )

    def _concerned(self, versions: list[IncidentVersion], author: str) -> list[str]:
        """The members whom the incident was reported to: those admitted where it stands, but its reporter."""
        readers: set[str] = set().union(*(self._index.readers(version.collection) for version in versions))
        return [code for code in self._root.members if code in readers and code != author]

    def _alias(self, collection: str) -> str:
        found = self._catalogue.by_id(collection)
        return found.alias if found is not None else collection

    def _to_acknowledge(
        self, incident: str, first: int, criticality: int, concerned: list[str], acknowledged: Mapping[str, int]
    ) -> list[Overdue]:
        hours = _hours(self._deadlines, criticality)
        if hours is None:
            return []
        due = first + hours[0] * _HOUR
        return [
            Overdue(member, "acknowledge", incident, "", due, criticality)
            for member in concerned
            if member not in acknowledged
        ]

    def _acknowledge_due(self, first: int, criticality: int) -> str | None:
        hours = _hours(self._deadlines, criticality)
        return None if hours is None else format_place(first + hours[0] * _HOUR)

    def _request(self, said: Said, steps: list[Said], sees: set[str], criticality: int) -> _Request:
        step = said.step
        # whoever does not see the incident, or the request, owes nothing and is not reminded: it must not learn of them
        readers = sees & self._index.readers(said.collection)
        asked = [code for code in asked_members(step, self._root.members, self._catalogue.reserved) if code in readers]
        answers: dict[str, list[Said]] = {}
        for one in steps:
            if one.step.says in ANSWERS and one.step.request == step.id and one.step.member in asked:
                answers.setdefault(one.step.member, []).append(one)
        due = self._due(said, criticality)
        content = {
            "request": step.id,
            "by": step.member,
            "at": format_place(said.place),
            "asked": asked,
            "what": step.what,
            "due": format_place(due) if due is not None else None,
            "priority": step.priority,
            "answers": {member: [_answer(one) for one in given] for member, given in answers.items()},
            "owing": [member for member in asked if member not in answers],
        }
        samples = tuple(
            ("answer", member, _took(said.place, answers[member][0].place if member in answers else None))
            for member in asked
        )
        pending = tuple(
            Overdue(member, "answer", step.incident, step.id, due, criticality)
            for member in asked
            if member not in answers and due is not None
        )
        return _Request(content, samples, pending)

    def _due(self, said: Said, criticality: int) -> int | None:
        """By when a request is to be answered: as it says itself, else as the profile does."""
        earliest, latest = said.place - LATE_MILLISECONDS, said.place + MOST_DUE_MILLISECONDS
        if said.step.due is not None and earliest <= said.step.due <= latest:
            return said.step.due  # older hubs took any date, the year 1 among them
        hours = _hours(self._deadlines, criticality)
        return None if hours is None else said.place + hours[1] * _HOUR


@dataclass(frozen=True, slots=True)
class _Request:
    """A request as it is shown, how long its answers took, and the deadlines of those that are missing."""

    content: dict[str, Any]
    samples: tuple[Sample, ...]
    pending: tuple[Overdue, ...]


def view_of(account: Account, root: ApiRoot) -> View:
    """What the board of this API root shows to a member's CERT: the collections that admit it, up to its level there."""
    levels = {c.id: access.reads(account, c) for c in root.collections if account.member in c.readers}
    return {collection: level for collection, level in levels.items() if level is not None}


def _urgency(told: Told) -> tuple[bool, int, int]:
    return not told.overdue, -told.criticality, told.first


def _stage(incident: Incident, view: View, author: str) -> str:
    """What the reporter's own report says last: nobody else's report moves the incident on."""
    found = [one for one in incident.stages if visible(one, view) and one.author == author]
    latest: dict[str, tuple[int, str]] = {}
    for one in found:
        latest[one.report] = max(latest.get(one.report, (0, "")), (one.place, one.stage))
    standing_ones = [(place, stage) for place, stage in latest.values() if stage]
    return max(standing_ones)[1] if standing_ones else ""


def _acknowledged(steps: list[Said]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in steps:
        if one.step.says is Say.ACKNOWLEDGED:
            found.setdefault(one.step.member, one.place)
    return found


def _fetched(incident: Incident, view: View, concerned: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for member in concerned:
        times = [by[member] for collection, by in incident.fetched.items() if collection in view and member in by]
        if times:
            found[member] = min(times)
    return found


def _answer(said: Said) -> dict[str, Any]:
    return {"says": said.step.says.word, "at": format_place(said.place), "why": said.step.text}


def _overdue(one: Overdue) -> dict[str, Any]:
    return {
        "member": one.member,
        "what": one.what,
        "due": format_place(one.due),
        "request": one.request or None,
    }  # fmt: skip - one deadline, one row


def _hours(profile: Profile | None, criticality: int) -> tuple[int, int] | None:
    deadline = profile.deadline(criticality) if profile is not None else None
    return None if deadline is None else (deadline.acknowledge_hours, deadline.answer_hours)


def _took(begun: int, ended: int | None) -> int | None:
    return None if ended is None else max(0, ended - begun)
