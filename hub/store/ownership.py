"""Whose an object is, as a value: what `line.settle` asks of the versions that are held (law L4). Pure.

| Object | Belongs to | A copy that another member publishes |
|---|---|---|
| of a member, or of an author who is not named | the member that published it first | refused; the exact repeat is a success |
| relayed (owner NOBODY): its author is no member | the member that relayed it first | the exact repeat is shared, other content refused |
| a definition | as the two above | as above; shared, too, where it defines the same |
| an observable under the id of its value | all who publish it | shared where it agrees, refused where it contradicts |
| what the hub itself put in | the hub | the exact repeat is shared, other content refused |

An id that the operator handed over belongs to the member that has it now, whatever is held.
Each member that shares a record is one of its publishers: it stays until each of them has withdrawn its part, and then belongs
to the first of those that are left.
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

COMPARED_VERSIONS: Final = 10  # of one id: the newest that others publish; all of them agree with each other
_NAMED_PROPERTIES: Final = 5  # in one message

Row = HeldVersion | Record


@dataclass(frozen=True, slots=True)
class Copy:
    """How a copy of what another member holds is taken: refused, or as a share in the held record."""

    message: str
    held: HeldVersion | None = None  # the record that the publisher shares from now on; None: refused


@dataclass(frozen=True, slots=True)
class _Compared:
    """A held version with what it says."""

    row: HeldVersion
    content: Mapping[str, Any]
    claims: agreement.Claims


class Claims:
    """Who stands behind one id: kept so that a verdict costs the same however many versions there are."""

    __slots__ = (
        "_batch",
        "_bodies",
        "_compared",
        "_digests",
        "_first",
        "_first_here",
        "_lowest",
        "_lowest_of_others",
        "_owners",
        "_rows",
    )  # fmt: skip - a list of names

    def __init__(self, batch: Batch, rows: Sequence[HeldVersion], bodies: Mapping[Any, bytes]) -> None:
        """`rows` are the held versions in all collections, `bodies` those that `bodies_to_read` asks for."""
        self._batch = batch
        self._rows = rows
        self._bodies = bodies
        self._compared: tuple[_Compared, ...] | None = None
        self._owners: set[str] = set()
        self._digests: set[bytes] = set()
        self._first: Row | None = None
        self._first_here: Row | None = None  # in the batch's own collection
        self._lowest = NO_LEVEL  # the level of those in it, and of those among them that others published, too
        self._lowest_of_others = NO_LEVEL
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        """Take note of one more version, held or new."""
        self._owners.add(row.owner)
        self._digests.add(row.digest)
        self._first = _earlier(self._first, row)
        if row.collection == self._batch.collection:
            self._first_here = _earlier(self._first_here, row)
            level = row.standing.governing if isinstance(row, HeldVersion) else row.level
            self._lowest = min(self._lowest, level)
            if set(row.publishers) - {self._batch.publisher}:
                self._lowest_of_others = min(self._lowest_of_others, level)

    def taken_over(self, candidate: Candidate) -> str:
        """Why the candidate may not be added, since its id belongs to somebody else; an empty text where it may."""
        publisher = self._batch.publisher
        if candidate.handed_to and not belongs_to_all(candidate):
            return "" if candidate.handed_to == publisher else _OTHERS.format(id=candidate.id)
        if self._first is None or publisher == NOBODY:
            return ""
        if belongs_to_all(candidate):
            return "" if self._owners == {NOBODY} else _OTHERS.format(id=candidate.id)
        owner = _owner(self._owners, self._first)
        if owner == NOBODY:
            return f"{candidate.id} is the hub's own and cannot be changed: refer to it, and do not send it."
        if owner != publisher:
            if candidate.owner == NOBODY and candidate.digest in self._digests:
                return ""  # relayed by another member, word for word, into another collection
            return _OTHERS.format(id=candidate.id)
        if candidate.type not in DEFINITION_TYPES and self._owners != {candidate.owner}:
            return f"{candidate.id} is held with another kind of author: keep the created_by_ref that it has."
        return ""

    def copy(self, candidate: Candidate, level: int) -> Copy | None:
        """What becomes of a copy, at that level, of what other members hold; None: it is decided like any other version."""
        if not _may_be_copy(candidate):
            return None
        if self._compared is None:
            self._compared = tuple(self._read(candidate))
        if not self._compared:
            return None
        content = orjson.loads(candidate.body)
        if not belongs_to_all(candidate):
            definition = agreement.definition_of(candidate.type, content)
            same = next((held.row for held in self._compared if held.claims == definition), None)
            return None if same is None else Copy(HELD_ALREADY, same)
        # (1) nobody contradicts what another member stands for
        claims = agreement.claims_of(candidate.type, content)
        for held in self._compared:
            if place := agreement.contradiction(held.claims, claims):
                return Copy(_CONTRADICTION.format(place=place))
        # (2) its level is each member's to say, and its own observable the first publisher's to improve; but a newer
        # version governs the older ones, so that a higher one would hide what others published
        first = self._first_here
        own = first is not None and first.publishers[0] == self._batch.publisher
        if level < self._lowest or (own and level <= self._lowest_of_others):
            return None
        # (3) otherwise the copy that is held stands for all
        newest = self._compared[0]
        return Copy(_held_words(self._lowest, agreement.additions(newest.content, content)), newest.row)

    def _read(self, candidate: Candidate) -> Iterator[_Compared]:
        claims_of = agreement.claims_of if belongs_to_all(candidate) else agreement.definition_of
        for row in _compared(self._batch, candidate, self._rows):
            content = orjson.loads(self._bodies[row.key])
            yield _Compared(row, content, claims_of(candidate.type, content))


def belongs_to_all(candidate: Candidate) -> bool:
    """Whether it is an observable under the id that STIX derives from its value."""
    return candidate.owner == NOBODY and candidate.type in SCO_TYPES


def claimant(batch: Batch, candidate: Candidate) -> str:
    """Whom the candidate's id would belong to if nothing were held of it; NOBODY: all, or the hub."""
    return NOBODY if belongs_to_all(candidate) else candidate.owner or batch.publisher


def bodies_to_read(batch: Batch, held: Mapping[str, Sequence[HeldVersion]]) -> frozenset[Any]:
    """The store's keys of the held versions whose bodies are compared with what comes in; mostly none."""
    keys: set[Any] = set()
    digests: dict[str, frozenset[bytes]] = {}  # of what is held here, by id
    compared: set[str] = set()
    for candidate in batch.candidates:
        identifier = candidate.id
        rows = held.get(identifier)
        if not rows or identifier in compared or not _may_be_copy(candidate):
            continue
        if identifier not in digests:
            digests[identifier] = frozenset(row.digest for row in rows if row.collection == batch.collection)
        if candidate.digest not in digests[identifier]:  # an exact repeat is compared with nothing
            compared.add(identifier)
            keys.update(row.key for row in _compared(batch, candidate, rows))
    return frozenset(keys)


def _may_be_copy(candidate: Candidate) -> bool:
    return not candidate.revoked and (belongs_to_all(candidate) or candidate.type in DEFINITION_TYPES)


def _compared(batch: Batch, candidate: Candidate, rows: Iterable[HeldVersion]) -> list[HeldVersion]:
    """The versions with which the candidate has to agree: none where no other member stands behind any of them."""
    rows = list(rows)
    first = min(rows, key=lambda row: row.place, default=None)
    if first is None:
        return []
    owners = {row.owner for row in rows}
    if belongs_to_all(candidate):
        if owners != {NOBODY}:
            return []  # somebody has the id as its own
    elif _owner(owners, first) in (NOBODY, batch.publisher):
        return []  # a definition of the hub, or the publisher's own
    others = [
        row
        for row in rows
        if row.collection == batch.collection and row.level < HIDDEN and set(row.publishers) - {batch.publisher}
    ]
    return sorted(others, key=lambda row: -row.version)[:COMPARED_VERSIONS]


def _owner(owners: set[str], first: Row) -> str:
    """Whom an id belongs to: what was relayed, or defined, to the publisher of the earliest version that is held."""
    return min(owners - {NOBODY}, default=first.publishers[0])


def _earlier(first: Row | None, row: Row) -> Row:
    return row if first is None or row.place < first.place else first


_OTHERS: Final = (
    "{id} belongs to another member, which published it first: give your object an id of its own. If the object is yours, "
    "ask the hub's operator to hand its id over."
)
_CONTRADICTION: Final = (
    "it contradicts, in {place}, what another member published under the same id, which follows from the value: say what "
    "you know in a note, a sighting or a relationship about it, or give a file the id of another of its hashes."
)


def _held_words(level: int, more: Sequence[str]) -> str:
    words = f"{HELD_ALREADY} Another member published it first, readable at {TLP(level).label}, and that copy stands."
    if not more:
        return words
    listed = ", ".join(more[:_NAMED_PROPERTIES]) + (", …" if len(more) > _NAMED_PROPERTIES else "")
    return f"{words} Not taken of yours: {listed}; what readers should know of it belongs into a note about it."
