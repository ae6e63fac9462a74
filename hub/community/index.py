"""The data of the board, kept in memory for one API root. A refresh reads what was added since the last one:

1. New deliveries. They are read first, so that all their places are known after step 2.
2. New records of each collection: incidents, the reports about them, and the notes of the joint protocol, each with its place
   and its level.
3. Match the deliveries with the incidents whose places they cover (see `ledger` for what a delivery claims).
4. A deleted record is not seen in step 2, nor is a level that rose. So compare the number of records at each level with the
   expected number; if it differs, and the difference concerns records of the types in step 2, read everything again.

The index has the records of all levels. `board` selects with a `View`: the collections and levels that one reader may see.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from hub.community import ledger
from hub.community.ledger import Delivery
from hub.protocol.labels import Say, stage_of
from hub.protocol.notes import parse_step
from hub.protocol.steps import Step
from hub.sharing.catalogue import ApiRoot, Catalogue, Collection
from hub.sharing.events import Selection
from hub.sharing.members import AccountKind
from hub.stix.incident import INCIDENT_CORE
from hub.stix.timestamps import parse_timestamp
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.query import EVERY, ManifestRow, Query
from hub.store.records import NO_LEVEL

ABSENT_CRITICALITY: Final = 40  # for an incident without criticality
_TYPES: Final = ("incident", "report", "note", "identity")
_PAGE_OBJECTS: Final = 10_000
_PAGE_BYTES: Final = 1 << 30
_MAX_CHANGES: Final = 1_000_000  # entries of `changes` before they are dropped
TEXT_CHARACTERS: Final = 300  # of one text on a board
_MAX_SCALES: Final = 10  # of one incident
_MAX_SECTORS: Final = 10  # of one identity
_TRIES: Final = 5  # to read head and counts of a collection without a write in between

_RSIT: Final = re.compile(r'rsit:([a-z-]{1,60})(?:="([a-z0-9-]{1,80})")?', re.ASCII)

View = Mapping[str, int]
"""The collections that a reader may see: collection id -> highest level."""


@dataclass(frozen=True, slots=True)
class IncidentVersion:
    """One version of an incident, with its collection and position."""

    collection: str
    place: int
    level: int
    name: str
    author: str  # member code, "" if its author is no member
    relayed_by: str  # if its author is no member: the member that first published it
    criticality: int | None
    scale: tuple[str, ...]  # in the words of the member's own scale: `national scale: very serious`
    classes: tuple[str, ...]  # of FIRST's taxonomy RSIT, from its labels: `fraud: phishing`
    status: str
    determination: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class StageStatement:
    """The stage that one version of a report states for the incidents that it names."""

    report: str
    collection: str
    place: int
    level: int
    author: str
    stage: str  # "" if the report is revoked
    identities: tuple[str, ...] = ()  # that it names, without the members' own


@dataclass(frozen=True, slots=True)
class SectorStatement:
    """The sectors in one version of an identity."""

    collection: str
    place: int
    level: int
    sectors: tuple[str, ...]  # none if it is revoked


@dataclass(frozen=True, slots=True)
class StepVersion:
    """A version of a step, with its collection and position."""

    step: Step
    version: int  # instant
    collection: str
    place: int
    level: int


@dataclass(slots=True)
class Incident:
    """All data of one incident in the index."""

    id: str
    versions: list[IncidentVersion] = field(default_factory=list)  # in the order in which they were read
    stages: list[StageStatement] = field(default_factory=list)
    steps: list[StepVersion] = field(default_factory=list)
    fetch_times: dict[str, dict[str, int]] = field(default_factory=dict)  # collection -> member -> milliseconds


class BoardIndex:
    """The incidents of one API root. Read it only while holding `lock`, after `refresh`."""

    def __init__(self, store: Store, catalogue: Catalogue, root: ApiRoot) -> None:
        self._store = store
        self._catalogue = catalogue
        self._root = root
        self.lock = threading.Lock()
        self.generation = 0  # increases whenever everything is read again
        self._empty()

    def _empty(self) -> None:
        self.incidents: dict[str, Incident] = {}
        self.changes: list[str] = []  # ids of the incidents that changed, in order
        self.steps: dict[str, list[StepVersion]] = {}  # by the note's id, in the order in which they were read
        self.requests: dict[str, dict[str, Step]] = {}  # member -> note -> its request, if not revoked
        self._heads = {collection.id: 0 for collection in self._root.collections}
        # how many records each collection has at each level
        self._counts: dict[str, tuple[int, ...]] = {c.id: (0,) * NO_LEVEL for c in self._root.collections}
        self._levels: dict[str, dict[int, int]] = {c.id: {} for c in self._root.collections}  # place -> level
        self._places: dict[str, list[tuple[int, str]]] = {c.id: [] for c in self._root.collections}
        # by the identity's id, in the order in which they were read
        self.sectors: dict[str, list[SectorStatement]] = {}
        self._named_by: dict[str, set[str]] = {}  # identity -> incidents whose reports name it
        self._last_fact = 0
        self._unmatched_deliveries: list[Delivery] = []  # of places that are not read yet
        self._members: dict[str, str] = {}  # account -> member, "" if it is no national CERT's

    def refresh(self) -> None:
        """Read what is new. Call it only while holding the lock."""
        # (1)
        deliveries = self._new_deliveries()
        # (2)
        if not all(self._read(collection) for collection in self._root.collections):
            # (4)
            self._empty()
            self.generation += 1
            deliveries = self._new_deliveries()
            for collection in self._root.collections:
                self._read(collection)
        # (3)
        deliveries += self._unmatched_deliveries
        self._unmatched_deliveries = [
            delivery for delivery in deliveries if delivery.last > self._heads[delivery.collection]
        ]
        for delivery in deliveries:
            self._match(delivery)

    @property
    def member_by_identity(self) -> Mapping[str, str]:
        """Identity id -> code of the member that alone may use it."""
        return self._catalogue.member_by_identity

    def readers(self, collection: str) -> frozenset[str]:
        """The members that read the collection."""
        declared_collection = self._catalogue.by_id(collection)
        return declared_collection.readers if declared_collection is not None else frozenset()

    def newest_places(self, view: View) -> dict[str, int]:
        """For each collection of the view, the place of the newest record that was read and is visible; 0 if there is none."""
        return {
            collection: next(
                (place for place, record_level in reversed(self._levels[collection].items()) if record_level <= level),
                0,
            )
            for collection, level in view.items()
        }

    # --- reading new records --------------------------------------------------------------------------------------

    def _new_deliveries(self) -> list[Delivery]:
        deliveries: list[Delivery] = []
        for fact in self._store.facts(ledger.KIND, since=self._last_fact):
            self._last_fact = max(self._last_fact, fact.number)
            delivery = ledger.delivery_from(fact)
            if delivery is not None and delivery.sent and delivery.collection in self._heads:
                deliveries.append(delivery)
        return deliveries

    def _read(self, collection: Collection) -> bool:
        """Read the new records of a collection; False if a record that was read before is deleted or has another level."""
        for _ in range(_TRIES):
            head = self._store.head(collection.id)
            counts = self._store.counts_by_level(collection.id)
            if self._store.head(collection.id) == head:
                break
        else:
            return True  # there are too many writes: the next refresh compares the counts
        last = self._heads[collection.id]
        expected = list(self._counts[collection.id])
        if 0 < last < head:
            # count new records of other types, such as indicators, and keep nothing of them: there may be millions
            for row in self._rows(collection.id, last, head):
                expected[row.level] += 1
        if head > last:
            rows = {(row.id, row.version_text): row for row in self._rows(collection.id, last, head, _TYPES)}
            for content in self._new_contents(collection.id, last, head):
                new_row = rows.get((content["id"], content["modified"]))
                if new_row is not None:
                    self._add(collection, new_row, content)
            self._levels[collection.id].update((row.place, row.level) for row in rows.values())
            self._heads[collection.id] = head
        self._counts[collection.id] = counts
        if last == 0 or list(counts) == expected:
            return True
        # most deleted or raised records have other types, such as the observables of a withdrawn report
        levels = {row.place: row.level for row in self._rows(collection.id, 0, head, _TYPES)}
        return levels == self._levels[collection.id]

    def _rows(self, collection: str, after: int, head: int, types: tuple[str, ...] = ()) -> Iterator[ManifestRow]:
        """The manifest of all versions beyond `after`, up to `head`."""
        query = Query(collection, TLP.RED, after, _PAGE_OBJECTS, types=types, versions=EVERY)
        while True:
            page = self._store.manifest(query)
            yield from (row for row in page.rows if row.place <= head)
            if not page.more or page.rows[-1].place >= head:
                return
            query = replace(query, after=page.rows[-1].place)

    def _new_contents(self, collection: str, after: int, head: int) -> Iterator[dict[str, Any]]:
        query = Query(collection, TLP.RED, after, _PAGE_OBJECTS, types=_TYPES, versions=EVERY)
        while True:
            page = self._store.read(query, _PAGE_BYTES)
            yield from orjson.loads(b"[" + page.body + b"]")
            if not page.more or page.last >= head:
                return
            query = replace(query, after=page.last)

    def _add(self, collection: Collection, row: ManifestRow, content: dict[str, Any]) -> None:
        place, level = row.place, row.level
        author = self._catalogue.member_by_identity.get(content.get("created_by_ref", ""), "")
        if content["type"] == "incident":
            self._add_incident(collection.id, place, level, author, content)
        elif content["type"] == "report":
            self._add_report(collection.id, place, level, author, content)
        elif content["type"] == "identity":
            self._add_identity(collection.id, place, level, content)
        elif has_steps(collection):
            step = parse_step(content, self._catalogue.member_by_identity)
            if step is not None:
                step = replace(step, text=shortened(step.text), what=shortened(step.what))
                version = StepVersion(step, parse_timestamp(content["modified"]), collection.id, place, level)
                self.steps.setdefault(step.id, []).append(version)
                if step.revoked:
                    self.requests.get(step.member, {}).pop(step.id, None)
                elif step.says is Say.OPEN:
                    self.requests.setdefault(step.member, {})[step.id] = step
                for identifier in step.incidents:
                    self._mark_changed(identifier).steps.append(version)

    def _add_incident(self, collection: str, place: int, level: int, author: str, content: dict[str, Any]) -> None:
        core = content.get("extensions", {}).get(INCIDENT_CORE, {})
        criticality = core.get("criticality")
        version = IncidentVersion(
            collection=collection,
            place=place,
            level=level,
            name=shortened(content["name"]),
            author=author,
            relayed_by="" if author else self._relayed_by(collection, content["id"]),
            criticality=criticality if isinstance(criticality, int) else None,
            scale=_scale(core.get("scores")),
            classes=_classes(content.get("labels", ())),
            status=shortened(str(core.get("investigation_status", ""))),
            determination=shortened(str(core.get("determination", ""))),
            revoked=content.get("revoked") is True,
        )
        self._mark_changed(content["id"]).versions.append(version)
        insort(self._places[collection], (place, content["id"]))

    def _relayed_by(self, collection: str, identifier: str) -> str:
        return next((member for member in self._store.publishers(collection, identifier, TLP.RED) if member), "")

    def _add_report(self, collection: str, place: int, level: int, author: str, content: dict[str, Any]) -> None:
        stage = stage_of(content.get("labels", ()))
        if not stage:
            return
        stage = "" if content.get("revoked") is True else stage
        refs = content.get("object_refs", ())
        identities = tuple(
            ref for ref in refs if ref.startswith("identity--") and ref not in self._catalogue.member_by_identity
        )
        statement = StageStatement(content["id"], collection, place, level, author, stage, identities)
        for ref in refs:
            if ref.startswith("incident--"):
                self._mark_changed(ref).stages.append(statement)
                for identity in identities:
                    self._named_by.setdefault(identity, set()).add(ref)

    def _add_identity(self, collection: str, place: int, level: int, content: dict[str, Any]) -> None:
        sectors = content.get("sectors", ()) if content.get("revoked") is not True else ()
        has_statements = self.sectors.get(content["id"])
        if content["id"] in self._catalogue.member_by_identity or not (sectors or has_statements):
            return
        statement = SectorStatement(collection, place, level, tuple(shortened(name) for name in sectors[:_MAX_SECTORS]))
        self.sectors.setdefault(content["id"], []).append(statement)
        for incident in self._named_by.get(content["id"], ()):
            self._mark_changed(incident)

    def _mark_changed(self, identifier: str) -> Incident:
        if len(self.changes) > _MAX_CHANGES:
            del self.changes[:]
            self.generation += 1  # readers of `changes` start from its beginning
            self.changes += self.incidents
        incident = self.incidents.get(identifier)
        if incident is None:
            incident = self.incidents[identifier] = Incident(identifier)
        self.changes.append(identifier)
        return incident

    # --- matching deliveries --------------------------------------------------------------------------------------

    def _match(self, delivery: Delivery) -> None:
        member = self._member(delivery.account)
        if not member:
            return
        places = self._places[delivery.collection]
        first = bisect_right(places, (delivery.after, "~"))
        end = bisect_right(places, (delivery.last, "~"))
        for place, identifier in places[first:end]:
            incident = self.incidents[identifier]
            versions = [
                v for v in incident.versions if v.collection == delivery.collection and v.level <= delivery.clearance
            ]
            indexes = [index for index, version in enumerate(versions) if version.place == place]
            if not indexes:
                continue  # above what this account may see
            later_versions = versions[indexes[0] + 1 :]
            if later_versions and later_versions[0].place <= delivery.head:
                continue  # a newer version had replaced it when the page was read
            fetch_times = incident.fetch_times.setdefault(delivery.collection, {})
            if delivery.at < fetch_times.get(member, delivery.at + 1):
                fetch_times[member] = delivery.at
                self._mark_changed(identifier)

    def _member(self, account: str) -> str:
        """The member of a national CERT's account; "" for other accounts, whose deliveries do not count for the member."""
        if account not in self._members:
            row = self._store.get_account(account)
            self._members[account] = row.member if row is not None and row.kind == AccountKind.CERT else ""
        return self._members[account]


def _scale(scores: Any) -> tuple[str, ...]:
    """The words of the member's own scales (Incident Core's scores)."""
    if not isinstance(scores, list):
        return ()
    named_scores = [score for score in scores[:_MAX_SCALES] if isinstance(score, dict) and score.get("name")]
    return tuple(
        shortened(f"{score['name']}: {score.get('description') or score.get('value')}") for score in named_scores
    )


def _classes(labels: Iterable[str]) -> tuple[str, ...]:
    """The classes that RSIT labels name; `rsit:fraud="phishing"` becomes `fraud: phishing`."""
    matches = (_RSIT.fullmatch(label) for label in labels)
    return tuple(f"{match[1]}: {match[2]}" if match[2] else match[1] for match in matches if match is not None)


def shortened(text: str) -> str:
    """The text, shortened for the board (law L9)."""
    return text if len(text) <= TEXT_CHARACTERS else f"{text[: TEXT_CHARACTERS - 1]}\u2026"


def has_steps(collection: Collection) -> bool:
    """Whether the joint protocol applies in the collection: one of its profiles sets the deadlines."""
    return any(profile.deadlines for profile in collection.profiles)


def accepts_incidents(collection: Collection) -> bool:
    """Whether the collection can have incidents: none of its profiles refuses all of them."""
    return all(profile.takes("incident") for profile in collection.profiles)


def board_selection(catalogue: Catalogue) -> Selection:
    """Selects the objects that can change a board: those that `BoardIndex` reads."""

    def selects(collection: str, content: Mapping[str, Any]) -> bool:
        declared_collection = catalogue.by_id(collection)
        if content["type"] == "report":
            is_about_incidents = any(ref.startswith("incident--") for ref in content.get("object_refs", ()))
            return is_about_incidents and stage_of(content.get("labels", ())) != ""
        if content["type"] == "note":
            is_step = declared_collection is not None and has_steps(declared_collection)
            return is_step and parse_step(content, catalogue.member_by_identity) is not None
        if content["type"] == "identity":
            # a later version may remove sectors
            is_first = content.get("created") == content.get("modified")
            return content["id"] not in catalogue.member_by_identity and (not is_first or bool(content.get("sectors")))
        return True

    return Selection(_TYPES, selects)


def is_visible(statement: IncidentVersion | StageStatement | StepVersion | SectorStatement, view: View) -> bool:
    """Whether a reader with this view may see the statement (law L5)."""
    return statement.level <= view.get(statement.collection, -1)


def visible_versions(incident: Incident, view: View) -> list[IncidentVersion]:
    """The versions that a reader may see, in the order of their places."""
    return sorted(
        (version for version in incident.versions if is_visible(version, view)), key=lambda version: version.place
    )


def sectors_of(index: BoardIndex, incident: Incident, view: View) -> list[str]:
    """The sectors of the identities in the incident's newest reports; only visible versions count, the newest of each."""
    newest_statements: dict[str, StageStatement] = {}
    for stage in sorted((stage for stage in incident.stages if is_visible(stage, view)), key=lambda stage: stage.place):
        newest_statements[stage.report] = stage
    identities: set[str] = set()
    for identity in {name for stage in newest_statements.values() if stage.stage for name in stage.identities}:
        statements = [statement for statement in index.sectors.get(identity, ()) if is_visible(statement, view)]
        if statements:
            identities.update(max(statements, key=lambda statement: statement.place).sectors)
    return sorted(identities)


def current_steps(versions: Sequence[StepVersion], view: View) -> list[StepVersion]:
    """The first version of each step that is visible and not revoked, in the order of their places."""
    visible_steps = sorted(
        (version for version in versions if is_visible(version, view)), key=lambda version: version.place
    )
    revoked_ids = {version.step.id for version in visible_steps if version.step.revoked}
    first: dict[str, StepVersion] = {}
    for version in visible_steps:
        if version.step.id not in revoked_ids:
            first.setdefault(version.step.id, version)
    return list(first.values())
