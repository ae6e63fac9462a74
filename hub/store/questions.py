"""What a store must look up for one batch before `line.settle` can decide it, and what the answers say about one id. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hub.store.batch import Batch, Candidate
from hub.store.records import BY_HUB, BY_MARKING, HIDDEN, HeldVersion

FIXED_SOURCES: Final = frozenset({BY_MARKING, BY_HUB})  # no container changes a level from these sources


@dataclass(frozen=True, slots=True)
class Link:
    """An object that names another, with its governing level."""

    level: int
    id: str


@dataclass(slots=True)
class Answers:
    """A store's answers to the questions about one batch. Each answered question has its key here, even if nothing was found."""

    rows: dict[str, Sequence[HeldVersion]] = field(default_factory=dict)  # every version, in all collections, by id
    containers: dict[str, Link | None] = field(
        default_factory=dict
    )  # this member's highest container that names the id
    namings: dict[str, Link | None] = field(default_factory=dict)  # this member's lowest object that names the id
    descriptions: dict[str, tuple[str, ...]] = field(default_factory=dict)  # ids of objects here that describe the id
    bodies: Mapping[Any, bytes] = field(default_factory=dict)  # by key, those that `ownership.bodies_to_read` requests


@dataclass(frozen=True, slots=True)
class Questions:
    """The next questions to a store: the ids that each kind is about; see `Answers`."""

    rows: frozenset[str] = frozenset()
    containers: frozenset[str] = frozenset()
    namings: frozenset[str] = frozenset()
    descriptions: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.rows or self.containers or self.namings or self.descriptions)


def questions(batch: Batch, answers: Answers) -> Questions:
    """The questions that the answers leave open; none if `line.settle` can decide the batch."""
    if not answers.rows:
        return _first_questions(batch)
    # the objects that an accepted container may raise, directly or through another container
    rows: set[str] = set()
    frontier = [ref for candidate in batch.candidates if candidate.contained_ids for ref in candidate.contained_ids]
    frontier += [ref for bystander in batch.bystanders if bystander.raises_held for ref in bystander.contained_ids]
    visited: set[str] = set()
    while frontier:
        ref = frontier.pop()
        if ref in visited:
            continue
        visited.add(ref)
        if ref not in answers.rows:
            rows.add(ref)
        elif (row := raisable(batch, answers.rows[ref])) is not None:
            frontier += row.contained_ids
    raised = {ref for ref in visited if answers.rows.get(ref)}
    descriptions = raised - answers.descriptions.keys()
    rows |= {name for names in answers.descriptions.values() for name in names} - answers.rows.keys()
    namings = {
        name
        for candidate in batch.candidates
        for name in candidate.named_ids
        if name not in answers.namings and candidate_below(batch, candidate, answers.rows.get(name, ()))
    }
    return Questions(frozenset(rows), frozenset(), frozenset(namings), frozenset(descriptions))


def _first_questions(batch: Batch) -> Questions:
    candidates = frozenset(candidate.id for candidate in batch.candidates)
    rows = set(candidates)
    containers: set[str] = set()
    namings: set[str] = set()
    for candidate in batch.candidates:
        if candidate.named_ids or candidate.markings or candidate.contained_ids:
            rows.update(candidate.named_ids, candidate.markings, candidate.contained_ids)
        if candidate.described_id:
            rows.add(candidate.described_id)
        if candidate.level is None:
            containers.add(candidate.id)
        if candidate.version is None:
            namings.add(candidate.id)
    for bystander in batch.bystanders:
        rows.update(bystander.markings)
        if bystander.raises_held:  # even if it is alone in its envelope
            rows.update(bystander.contained_ids)
    return Questions(frozenset(rows), frozenset(containers), frozenset(namings), candidates)


def candidate_below(batch: Batch, candidate: Candidate, rows: Iterable[HeldVersion]) -> bool:
    """Whether the held versions `rows` of an object that the candidate names may have a higher level than the candidate."""
    return (candidate.level or 0) < open_level(batch, rows) < HIDDEN


def newest_here(batch: Batch, rows: Iterable[HeldVersion]) -> HeldVersion | None:
    """The newest version in the batch's own collection, among these rows of one id."""
    return next((row for row in rows if row.standing.newest and row.collection == batch.collection), None)


def raisable(batch: Batch, rows: Iterable[HeldVersion]) -> HeldVersion | None:
    """The version that a container of this batch may raise: unmarked, and published by this member alone."""
    row = newest_here(batch, rows)
    if row is None or row.revoked or row.source in FIXED_SOURCES or row.publishers != (batch.publisher,):
        return None
    return row


def open_level(batch: Batch, rows: Iterable[HeldVersion]) -> int:
    """The lowest level at which the sender can read an object, in all collections that it reads; HIDDEN: nowhere."""
    lowest = HIDDEN
    for row in rows:
        if row.standing.newest and (
            row.collection == batch.collection
            or row.standing.governing <= batch.readable_levels.get(row.collection, -1)
        ):
            lowest = min(lowest, row.standing.governing)
    return lowest
