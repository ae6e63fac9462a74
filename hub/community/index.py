"""The data behind the board, kept in memory for one API root and updated with what is new since the last refresh.

1. Deliveries that were noted since: read first, so that every place in them is known after step 2.
2. Records that were added since, of each collection: incidents, the reports about them, and the notes of the joint
   protocol, each with its place and its level.
3. The deliveries are matched with the incidents whose places they cover (see `ledger` for what one claims).
4. What was deleted leaves no record, and a level may rise. So the number of records at each level is compared with what
   it should be: where it differs, and for some of those that are read here, all of it is read again.

Nothing is decided here for a reader: `board` asks with a `View`, the collections and levels that one reader may see.
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

ABSENT_CRITICALITY: Final = 40  # what an incident without one counts as
_TYPES: Final = ("incident", "report", "note", "identity")
_PAGE_OBJECTS: Final = 10_000
_PAGE_BYTES: Final = 1 << 30
_CHANGES_MOST: Final = 1_000_000  # remembered one after another
TEXT_CHARACTERS: Final = 300  # of one text on a board
_SCALES_MOST: Final = 10  # of one incident
_SECTORS_MOST: Final = 10  # of one identity
_TRIES: Final = 5  # to see a collection that is being written to in one piece

_RSIT: Final = re.compile(r'rsit:([a-z-]{1,60})(?:="([a-z0-9-]{1,80})")?', re.ASCII)

View = Mapping[str, int]
"""What a reader may see: collection id -> highest level."""


@dataclass(frozen=True, slots=True)
class IncidentVersion:
    """One version of an incident, with its collection and position."""

    collection: str
    place: int
    level: int
    name: str
    author: str  # member code, "" where it is no member's
    relayed_by: str  # the member that first published what is no member's, "" otherwise
    criticality: int | None
    scale: tuple[str, ...]  # how its own member says it: `national scale: very serious`
    classes: tuple[str, ...]  # of FIRST's taxonomy RSIT, from its labels: `fraud: phishing`
    status: str
    determination: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class StageStatement:
    """What one version of a report says about the incidents that it names."""

    report: str
    collection: str
    place: int
    level: int
    author: str
    stage: str  # "" where the report is revoked
    identities: tuple[str, ...] = ()  # that it names beside the members' own


@dataclass(frozen=True, slots=True)
class SectorStatement:
    """What one version of an identity says of its sectors."""

    collection: str
    place: int
    level: int
    sectors: tuple[str, ...]  # none where it is revoked


@dataclass(frozen=True, slots=True)
class StepVersion:
    """A version of a step where it stands."""

    step: Step
    version: int  # instant
    collection: str
    place: int
    level: int


@dataclass(slots=True)
class Incident:
    """All that the index knows about one incident."""

    id: str
    versions: list[IncidentVersion] = field(default_factory=list)  # in the order in which they were read
    stages: list[StageStatement] = field(default_factory=list)
    steps: list[StepVersion] = field(default_factory=list)
    fetched: dict[str, dict[str, int]] = field(default_factory=dict)  # collection -> member -> milliseconds


class BoardIndex:
    """The incidents of one API root. Read it only while holding `lock`, after `refresh`."""

    def __init__(self, store: Store, catalogue: Catalogue, root: ApiRoot) -> None:
        self._store = store
        self._catalogue = catalogue
        self._root = root
        self.lock = threading.Lock()
        self.generation = 0  # grows whenever all of it is read again
        self._empty()

    def _empty(self) -> None:
        self.incidents: dict[str, Incident] = {}
        self.changes: list[str] = []  # the incidents that changed, one after another
        self.steps: dict[str, list[StepVersion]] = {}  # by the note's id, in the order in which they were read
        self.requests: dict[str, dict[str, Step]] = {}  # member -> note -> its request, where not taken back
        self._heads = {collection.id: 0 for collection in self._root.collections}
        # how many records each shows at each level
        self._counts: dict[str, tuple[int, ...]] = {c.id: (0,) * NO_LEVEL for c in self._root.collections}
        self._levels: dict[str, dict[int, int]] = {c.id: {} for c in self._root.collections}  # place -> level
        self._places: dict[str, list[tuple[int, str]]] = {c.id: [] for c in self._root.collections}
        self.sectors: dict[
            str, list[SectorStatement]
        ] = {}  # by the identity's id, in the order in which they were read
        self._named_by: dict[str, set[str]] = {}  # identity -> incidents whose reports name it
        self._facts_upto = 0
        self._later: list[Delivery] = []  # of places that were not read yet
        self._members: dict[str, str] = {}  # account -> member, "" where it is no national CERT's

    def refresh(self) -> None:
        """Bring it up to date; called with the lock held."""
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
        deliveries += self._later
        self._later = [delivery for delivery in deliveries if delivery.last > self._heads[delivery.collection]]
        for delivery in deliveries:
            self._match(delivery)

    @property
    def member_by_identity(self) -> Mapping[str, str]:
        """Identity id -> code of the member that it is reserved for."""
        return self._catalogue.member_by_identity

    def readers(self, collection: str) -> frozenset[str]:
        """The members that read the collection."""
        declared = self._catalogue.by_id(collection)
        return declared.readers if declared is not None else frozenset()

    def newest(self, view: View) -> dict[str, int]:
        """The place of the newest record of each collection that was read and that a reader may see, 0 where there is none."""
        return {
            collection: next((place for place, own in reversed(self._levels[collection].items()) if own <= level), 0)
            for collection, level in view.items()
        }

    # --- what is new ----------------------------------------------------------------------------------------------

    def _new_deliveries(self) -> list[Delivery]:
        deliveries: list[Delivery] = []
        for fact in self._store.facts(ledger.KIND, since=self._facts_upto):
            self._facts_upto = max(self._facts_upto, fact.number)
            delivery = ledger.delivery_from(fact)
            if delivery is not None and delivery.sent and delivery.collection in self._heads:
                deliveries.append(delivery)
        return deliveries

    def _read(self, collection: Collection) -> bool:
        """Read what came into a collection; False where something that was read before is gone, or has another level."""
        for _ in range(_TRIES):
            head = self._store.head(collection.id)
            counts = self._store.counts_by_level(collection.id)
            if self._store.head(collection.id) == head:
                break
        else:
            return True  # it is being written to all the time: what is missing is missed at the next look
        last = self._heads[collection.id]
        expected = list(self._counts[collection.id])
        if 0 < last < head:
            # what else there is, such as a million indicators, is counted where it is new, and never kept
            for row in self._rows(collection.id, last, head):
                expected[row.level] += 1
        if head > last:
            rows = {(row.id, row.version_text): row for row in self._rows(collection.id, last, head, _TYPES)}
            for content in self._new_contents(collection.id, last, head):
                new = rows.get((content["id"], content["modified"]))
                if new is not None:
                    self._take(collection, new, content)
            self._levels[collection.id].update((row.place, row.level) for row in rows.values())
            self._heads[collection.id] = head
        self._counts[collection.id] = counts
        if last == 0 or list(counts) == expected:
            return True
        # most of what is deleted or raised is none of this, such as the observables of a report that is withdrawn
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

    def _take(self, collection: Collection, row: ManifestRow, content: dict[str, Any]) -> None:
        place, level = row.place, row.level
        author = self._catalogue.member_by_identity.get(content.get("created_by_ref", ""), "")
        if content["type"] == "incident":
            self._take_incident(collection.id, place, level, author, content)
        elif content["type"] == "report":
            self._take_report(collection.id, place, level, author, content)
        elif content["type"] == "identity":
            self._take_identity(collection.id, place, level, content)
        elif speaks_of_steps(collection):
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
                    self._changed(identifier).steps.append(version)

    def _take_incident(self, collection: str, place: int, level: int, author: str, content: dict[str, Any]) -> None:
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
        self._changed(content["id"]).versions.append(version)
        insort(self._places[collection], (place, content["id"]))

    def _relayed_by(self, collection: str, identifier: str) -> str:
        return next((member for member in self._store.publishers(collection, identifier, TLP.RED) if member), "")

    def _take_report(self, collection: str, place: int, level: int, author: str, content: dict[str, Any]) -> None:
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
                self._changed(ref).stages.append(statement)
                for identity in identities:
                    self._named_by.setdefault(identity, set()).add(ref)

    def _take_identity(self, collection: str, place: int, level: int, content: dict[str, Any]) -> None:
        sectors = content.get("sectors", ()) if content.get("revoked") is not True else ()
        known = self.sectors.get(content["id"])
        if content["id"] in self._catalogue.member_by_identity or not (sectors or known):
            return
        statement = SectorStatement(
            collection, place, level, tuple(shortened(name) for name in sectors[:_SECTORS_MOST])
        )
        self.sectors.setdefault(content["id"], []).append(statement)
        for incident in self._named_by.get(content["id"], ()):
            self._changed(incident)

    def _changed(self, identifier: str) -> Incident:
        if len(self.changes) > _CHANGES_MOST:
            del self.changes[:]
            self.generation += 1  # readers of `changes` start from its beginning
            self.changes += self.incidents
        incident = self.incidents.get(identifier)
        if incident is None:
            incident = self.incidents[identifier] = Incident(identifier)
        self.changes.append(identifier)
        return incident

    # --- who has what ---------------------------------------------------------------------------------------------

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
            later = versions[indexes[0] + 1 :]
            if later and later[0].place <= delivery.upto:
                continue  # a newer version had replaced it when the page was read
            fetched = incident.fetched.setdefault(delivery.collection, {})
            if delivery.at < fetched.get(member, delivery.at + 1):
                fetched[member] = delivery.at
                self._changed(identifier)

    def _member(self, account: str) -> str:
        """The member whose national CERT the account belongs to; its constituents' deliveries are not the member's."""
        if account not in self._members:
            row = self._store.get_account(account)
            self._members[account] = row.member if row is not None and row.kind == AccountKind.CERT else ""
        return self._members[account]


def _scale(scores: Any) -> tuple[str, ...]:
    """The words of the member's own scales (Incident Core's scores)."""
    if not isinstance(scores, list):
        return ()
    named_scores = [score for score in scores[:_SCALES_MOST] if isinstance(score, dict) and score.get("name")]
    return tuple(
        shortened(f"{score['name']}: {score.get('description') or score.get('value')}") for score in named_scores
    )


def _classes(labels: Iterable[str]) -> tuple[str, ...]:
    """The classes that RSIT labels name; `rsit:fraud="phishing"` becomes `fraud: phishing`."""
    matches = (_RSIT.fullmatch(label) for label in labels)
    return tuple(f"{match[1]}: {match[2]}" if match[2] else match[1] for match in matches if match is not None)


def shortened(text: str) -> str:
    """The text as a board shows it (law L9)."""
    return text if len(text) <= TEXT_CHARACTERS else f"{text[: TEXT_CHARACTERS - 1]}\u2026"


def speaks_of_steps(collection: Collection) -> bool:
    """Whether the collection is one of requests and answers: its profiles set the deadlines of the joint protocol."""
    return any(profile.deadlines for profile in collection.profiles)


def takes_incidents(collection: Collection) -> bool:
    """Whether incidents can come into the collection: no profile of it refuses them whatever they say."""
    return all(profile.takes("incident") for profile in collection.profiles)


def changes_boards(catalogue: Catalogue) -> Selection:
    """Whether an object changes boards: the objects that `BoardIndex` reads. No other object changes a board."""

    def selects(collection: str, content: Mapping[str, Any]) -> bool:
        declared = catalogue.by_id(collection)
        if content["type"] == "report":
            is_about_incidents = any(ref.startswith("incident--") for ref in content.get("object_refs", ()))
            return is_about_incidents and stage_of(content.get("labels", ())) != ""
        if content["type"] == "note":
            is_step = declared is not None and speaks_of_steps(declared)
            return is_step and parse_step(content, catalogue.member_by_identity) is not None
        if content["type"] == "identity":
            # a later version may take sectors away
            is_first = content.get("created") == content.get("modified")
            return content["id"] not in catalogue.member_by_identity and (not is_first or bool(content.get("sectors")))
        return True

    return Selection(_TYPES, selects)


def visible(statement: IncidentVersion | StageStatement | StepVersion | SectorStatement, view: View) -> bool:
    """Whether a reader with this view may see it (law L5)."""
    return statement.level <= view.get(statement.collection, -1)


def visible_versions(incident: Incident, view: View) -> list[IncidentVersion]:
    """The versions that a reader may see, in the order of their places."""
    return sorted(
        (version for version in incident.versions if visible(version, view)), key=lambda version: version.place
    )


def sectors_of(index: BoardIndex, incident: Incident, view: View) -> list[str]:
    """The sectors of the identities that its newest reports name, each in its newest version: of what a reader may see."""
    newest: dict[str, StageStatement] = {}
    for stage in sorted((stage for stage in incident.stages if visible(stage, view)), key=lambda stage: stage.place):
        newest[stage.report] = stage
    identities: set[str] = set()
    for identity in {name for stage in newest.values() if stage.stage for name in stage.identities}:
        statements = [statement for statement in index.sectors.get(identity, ()) if visible(statement, view)]
        if statements:
            identities.update(max(statements, key=lambda statement: statement.place).sectors)
    return sorted(identities)


def standing(versions: Sequence[StepVersion], view: View) -> list[StepVersion]:
    """The steps that a reader may see and that were not taken back, in the order of their places; each once."""
    visible_steps = sorted(
        (version for version in versions if visible(version, view)), key=lambda version: version.place
    )
    taken_back = {version.step.id for version in visible_steps if version.step.revoked}
    first: dict[str, StepVersion] = {}
    for version in visible_steps:
        if version.step.id not in taken_back:
            first.setdefault(version.step.id, version)
    return list(first.values())
