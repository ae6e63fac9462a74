"""Who owns an object, and who may publish a copy of it, for `line.settle` (law L4). Pure.

| Object | Belongs to | Another member's copy |
|---|---|---|
| of a member, or without a named author | the member that published it first | refused; the exact repeat is a success |
| relayed (owner NOBODY): its author is no member | the member that relayed it first | the exact repeat is shared, other content refused |
| a definition | as in the two rows above | as above, and shared if it defines the same |
| an observable under the id of its value | all who publish it | shared if it agrees, refused if it contradicts |
| added by the hub itself | the hub | the exact repeat is shared, other content refused |

An id that the operator handed over belongs to the member that has it now, whatever versions are held.
Each member that shares a record is one of its publishers: the record stays until each publisher has deleted its part. If
the first publisher deletes its part, the record belongs to the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.stix import agreement
from hub.stix.identifiers import DEFINITION_TYPES, SCO_TYPES
from hub.stix.tlp import TLP
from hub.store.batch import Batch, Candidate
from hub.store.records import HIDDEN, NO_LEVEL, NOBODY, HeldVersion, Record
from hub.taxii.protocol import HELD_ALREADY

COMPARED_VERSIONS: Final = 10  # the newest versions of one id from other members; all of them agree with each other
_NAMED_PROPERTIES: Final = 5  # in one message

Row = HeldVersion | Record


@dataclass(frozen=True, slots=True)
class Copy:
    """The verdict on a copy of another member's object: refused, or a share in the held record."""

    message: str
    held_version: HeldVersion | None = None  # the record that the sender now shares; None: refused


@dataclass(frozen=True, slots=True)
class _ComparedVersion:
    """A held version with its content."""

    row: HeldVersion
    content: Mapping[str, Any]
    claims: agreement.Claims


class Claims:
    """The publishers of one id, indexed so that a verdict costs the same for any number of versions."""

    __slots__ = (
        "_batch",
        "_bodies",
        "_compared_versions",
        "_digests",
        "_first",
        "_first_here",
        "_lowest_level",
        "_lowest_level_of_others",
        "_owners",
        "_rows",
    )  # fmt: skip - a list of names

    def __init__(self, batch: Batch, rows: Sequence[HeldVersion], bodies: Mapping[Any, bytes]) -> None:
        """`rows` are the held versions in all collections, `bodies` those that `bodies_to_read` asks for."""
        self._batch = batch
        self._rows = rows
        self._bodies = bodies
        self._compared_versions: tuple[_ComparedVersion, ...] | None = None
        self._owners: set[str] = set()
        self._digests: set[bytes] = set()
        self._first: Row | None = None
        self._first_here: Row | None = None  # in the batch's own collection
        self._lowest_level = NO_LEVEL  # of the versions in that collection
        self._lowest_level_of_others = NO_LEVEL  # of those among them that other members published
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        """Include one more version, held or new."""
        self._owners.add(row.owner)
        self._digests.add(row.digest)
        self._first = _earlier(self._first, row)
        if row.collection == self._batch.collection:
            self._first_here = _earlier(self._first_here, row)
            level = row.standing.governing if isinstance(row, HeldVersion) else row.level
            self._lowest_level = min(self._lowest_level, level)
            if set(row.publishers) - {self._batch.publisher}:
                self._lowest_level_of_others = min(self._lowest_level_of_others, level)

    def ownership_problem(self, candidate: Candidate) -> str:
        """Why the candidate may not be added because its id belongs to somebody else; empty if it may."""
        publisher = self._batch.publisher
        if candidate.assigned_member and not belongs_to_all(candidate):
            return "" if candidate.assigned_member == publisher else _BELONGS_TO_OTHER.format(id=candidate.id)
        if self._first is None or publisher == NOBODY:
            return ""
        if belongs_to_all(candidate):
            return "" if self._owners == {NOBODY} else _BELONGS_TO_OTHER.format(id=candidate.id)
        owner = _owner(self._owners, self._first)
        if owner == NOBODY:
            return f"{candidate.id} is the hub's own and cannot be changed: refer to it, and do not send it."
        if owner != publisher:
            if candidate.owner == NOBODY and candidate.digest in self._digests:
                return ""  # relayed by another member, word for word, into another collection
            return _BELONGS_TO_OTHER.format(id=candidate.id)
        if candidate.type not in DEFINITION_TYPES and self._owners != {candidate.owner}:
            return f"{candidate.id} is held with another kind of author: keep the created_by_ref that it has."
        return ""

    def judge_copy(self, candidate: Candidate, level: int) -> Copy | None:
        """The verdict on a copy, at that level, of other members' objects; None: it is decided like any other version."""
        if not _may_be_copy(candidate):
            return None
        if self._compared_versions is None:
            self._compared_versions = tuple(self._read_versions(candidate))
        if not self._compared_versions:
            return None
        content = orjson.loads(candidate.body)
        if not belongs_to_all(candidate):
            definition = agreement.definition_of(candidate.type, content)
            same_version = next(
                (version.row for version in self._compared_versions if version.claims == definition), None
            )
            return None if same_version is None else Copy(HELD_ALREADY, same_version)
        # (1) no member may contradict another one
        claims = agreement.claims_of(candidate.type, content)
        for version in self._compared_versions:
            if place := agreement.contradiction(version.claims, claims):
                return Copy(_CONTRADICTION.format(place=place))
        # (2) any member may give it a lower level, and its first publisher may change it; but a newer version governs the
        # older ones, so a higher level would hide versions of other members
        first = self._first_here
        is_own = first is not None and first.publishers[0] == self._batch.publisher
        if level < self._lowest_level or (is_own and level <= self._lowest_level_of_others):
            return None
        # (3) otherwise the held copy counts for all publishers
        newest = self._compared_versions[0]
        additions = agreement.additions(newest.content, content)
        return Copy(_shared_message(self._lowest_level, additions), newest.row)

    def _read_versions(self, candidate: Candidate) -> Iterator[_ComparedVersion]:
        claims_of = agreement.claims_of if belongs_to_all(candidate) else agreement.definition_of
        for row in _compared_rows(self._batch, candidate, self._rows):
            content = orjson.loads(self._bodies[row.key])
            yield _ComparedVersion(row, content, claims_of(candidate.type, content))


def belongs_to_all(candidate: Candidate) -> bool:
    """Whether it is an observable under the id that STIX derives from its value."""
    return candidate.owner == NOBODY and candidate.type in SCO_TYPES


def claimant(batch: Batch, candidate: Candidate) -> str:
    """The owner of the candidate's id if no version of it were held; NOBODY: all publishers, or the hub."""
    return NOBODY if belongs_to_all(candidate) else candidate.owner or batch.publisher


def bodies_to_read(batch: Batch, held_versions: Mapping[str, Sequence[HeldVersion]]) -> frozenset[Any]:
    """The store's keys of the held versions whose bodies must be compared with candidates; mostly none."""
    keys: set[Any] = set()
    digests: dict[str, frozenset[bytes]] = {}  # of the versions in this collection, by id
    compared_ids: set[str] = set()
    for candidate in batch.candidates:
        identifier = candidate.id
        rows = held_versions.get(identifier)
        if not rows or identifier in compared_ids or not _may_be_copy(candidate):
            continue
        if identifier not in digests:
            digests[identifier] = frozenset(row.digest for row in rows if row.collection == batch.collection)
        if candidate.digest not in digests[identifier]:  # an exact repeat needs no comparison
            compared_ids.add(identifier)
            keys.update(row.key for row in _compared_rows(batch, candidate, rows))
    return frozenset(keys)


def _may_be_copy(candidate: Candidate) -> bool:
    return not candidate.revoked and (belongs_to_all(candidate) or candidate.type in DEFINITION_TYPES)


def _compared_rows(batch: Batch, candidate: Candidate, rows: Iterable[HeldVersion]) -> list[HeldVersion]:
    """The versions with which the candidate has to agree; none if no other member publishes any of them."""
    rows = list(rows)
    first = min(rows, key=lambda row: row.place, default=None)
    if first is None:
        return []
    owners = {row.owner for row in rows}
    if belongs_to_all(candidate):
        if owners != {NOBODY}:
            return []  # the id belongs to one member
    elif _owner(owners, first) in (NOBODY, batch.publisher):
        return []  # a definition of the hub, or the publisher's own
    rows_of_others = [
        row
        for row in rows
        if row.collection == batch.collection and row.level < HIDDEN and set(row.publishers) - {batch.publisher}
    ]
    return sorted(rows_of_others, key=lambda row: -row.version)[:COMPARED_VERSIONS]


def _owner(owners: set[str], first: Row) -> str:
    """The owner of an id; a relayed object or a definition belongs to the publisher of its earliest held version."""
    return min(owners - {NOBODY}, default=first.publishers[0])


def _earlier(first: Row | None, row: Row) -> Row:
    return row if first is None or row.place < first.place else first


_BELONGS_TO_OTHER: Final = (
    "{id} belongs to another member, which published it first: give your object an id of its own. If the object is yours, "
    "ask the hub's operator to hand its id over."
)
_CONTRADICTION: Final = (
    "it contradicts, in {place}, what another member published under the same id, which follows from the value: say what "
    "you know in a note, a sighting or a relationship about it, or give a file the id of another of its hashes."
)


def _shared_message(level: int, additions: Sequence[str]) -> str:
    message = f"{HELD_ALREADY} Another member published it first, readable at {TLP(level).label}, and that copy stays."
    if not additions:
        return message
    listed = ", ".join(additions[:_NAMED_PROPERTIES]) + (", …" if len(additions) > _NAMED_PROPERTIES else "")
    return f"{message} Not stored from your copy: {listed}. To tell readers about it, send a note about the object."
