"""Which candidates would give an observable away by its id, as a value (law L5 e). Pure.

STIX derives an observable's id from its value, so a reader of the id can find the value by trying values. Therefore no
property or text of an object may name an observable that its sender can read only at a higher level, unless the sender
named it at that level before. And a member may not publish an observable at a higher level than its own objects that
already name it.

There are two exceptions. MISP marks no observable, and gives observables and custom objects the ids of its attributes,
which do not depend on the value. Their publisher may name them at any level; otherwise the GREEN report of an event with
AMBER attributes would be refused. A member may also name objects that it sent unmarked and in no container: an OpenCTI
that posts one object at a time sends the report last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.stix.identifiers import SCO_TYPES
from hub.stix.tlp import TLP
from hub.store.batch import Batch, Candidate
from hub.store.levels import Level
from hub.store.questions import Answers, Link, newest_here, open_level
from hub.store.records import BY_DEFAULT, BY_HUB, BY_MARKING, HIDDEN, HeldVersion

_VERSION_DIGIT: Final = 22  # the UUID's version, counted from the end of an id
_DERIVED: Final = "5"
_MICROSECONDS: Final = 1000  # in a millisecond: the version of an object without one is its place


@dataclass(slots=True)
class _IdLevels:
    """The levels at which the sender can read an id: now, and after the batch."""

    held_level: int
    other_collections_level: int
    newest: HeldVersion | None
    added_versions: list[tuple[int, int, int, bool]] = field(
        default_factory=list
    )  # (version, index, level, revoked), in order


@dataclass(frozen=True, slots=True)
class Additions:
    """The results for the candidates so far."""

    fresh_candidates: Sequence[Candidate]  # new in this batch, or repeats of a new one
    versions: Mapping[int, int]  # index -> version of each candidate that becomes a record
    refused_candidates: Sequence[Candidate]  # refused for their level


def disclosure_reasons(
    batch: Batch, answers: Answers, levels: Mapping[int, Level], additions: Additions
) -> dict[int, str]:
    """By index, the reason for each fresh candidate that is refused because it would give an observable away."""
    return _Check(batch, answers, levels, additions).reasons()


class _Check:
    def __init__(self, batch: Batch, answers: Answers, levels: Mapping[int, Level], additions: Additions) -> None:
        self._batch = batch
        self._answers = answers
        self._levels = levels
        self._fresh_candidates = additions.fresh_candidates
        self._versions = additions.versions
        self._id_levels: dict[str, _IdLevels] = {}
        self._refused_indexes: set[int] = set()
        # an object that is refused for its level is not held, but its id still gives its value away
        self._refused_levels = {
            candidate.id: levels[candidate.index].value
            for candidate in additions.refused_candidates
            if candidate.index in levels and candidate.id[-_VERSION_DIGIT] == _DERIVED
        }
        self._naming_candidates: dict[str, list[Candidate]] = {}
        for candidate in self._fresh_candidates:
            for name in candidate.named_ids:
                self._naming_candidates.setdefault(name, []).append(candidate)
            if candidate.index in self._versions:
                level = levels[candidate.index].value
                version = (self._versions[candidate.index], candidate.index, level, candidate.revoked)
                self._levels_of_id(candidate.id).added_versions.append(version)
        for id_levels in self._id_levels.values():
            id_levels.added_versions.sort()
        self._exempt_ids = self._find_exempt_ids()
        # by named id, the sender's held objects of which the batch may bring a newer version
        self._own_versions: dict[str, list[HeldVersion]] = {}
        for identifier in {candidate.id for candidate in batch.candidates}:
            for row in answers.rows.get(identifier, ()):
                if row.named_ids and batch.publisher in row.publishers:
                    for name in row.named_ids:
                        self._own_versions.setdefault(name, []).append(row)

    def reasons(self) -> dict[int, str]:
        """(1) A refused candidate no longer makes its own id readable at its level, so (2) check again the candidates that
        name it.
        """
        reasons: dict[int, str] = {}
        queue = [c for c in self._fresh_candidates if c.named_ids or c.version is None]
        while queue:
            candidate = queue.pop()
            if candidate.index in reasons:
                continue
            level = self._levels[candidate.index].value
            reason = self._naming_problem(candidate, level)
            if not reason and candidate.index in self._versions:
                reason = self._named_problem(candidate, level)
            if not reason:
                continue
            reasons[candidate.index] = reason
            if candidate.index in self._versions:
                old_level = self._level(candidate.id)
                self._refused_indexes.add(candidate.index)  # (1)
                if self._level(candidate.id) != old_level:
                    queue += self._naming_candidates.get(candidate.id, ())  # (2)
        return reasons

    def _find_exempt_ids(self) -> frozenset[str]:
        """The ids that only the sender published and may name at any level.

        (1) Unmarked objects in no container: the collection's default is the hub's choice, not the sender's statement.
        (2) Objects whose id is not derived from a value and that are not marked as observables.
        """
        member = self._batch.publisher
        ids: set[str] = set()
        other_ids: set[str] = set()
        for candidate in self._batch.candidates:
            unmarked = candidate.level is None and not candidate.markings
            level = self._levels.get(candidate.index)
            has_default_level = unmarked and level is not None and level.source == BY_DEFAULT  # (1)
            is_opaque = candidate.id[-_VERSION_DIGIT] != _DERIVED and (unmarked or candidate.version is not None)  # (2)
            (ids if has_default_level or is_opaque else other_ids).add(candidate.id)
        for identifier in {name for candidate in self._fresh_candidates for name in candidate.named_ids} | ids:
            is_derived = identifier[-_VERSION_DIGIT] == _DERIVED
            is_sco = identifier.partition("--")[0] in SCO_TYPES
            for row in self._answers.rows.get(identifier, ()):
                unmarked = row.source not in (BY_MARKING, BY_HUB)
                is_versioned = not is_sco and row.version != row.place * _MICROSECONDS
                is_exempt = row.source == BY_DEFAULT or (not is_derived and (unmarked or is_versioned))
                (ids if is_exempt and row.publishers == (member,) else other_ids).add(identifier)
        return frozenset(ids - other_ids)

    def _levels_of_id(self, identifier: str) -> _IdLevels:
        id_levels = self._id_levels.get(identifier)
        if id_levels is None:
            rows = self._answers.rows.get(identifier, ())
            other_level = open_level(self._batch, (row for row in rows if row.collection != self._batch.collection))
            newest = newest_here(self._batch, rows)
            own_level = HIDDEN if newest is None else newest.standing.governing
            id_levels = _IdLevels(min(own_level, other_level), other_level, newest)
            self._id_levels[identifier] = id_levels
        return id_levels

    def _newest_added(self, id_levels: _IdLevels) -> tuple[int, bool] | None:
        """(level, revoked) of the newest version after the batch; None if that version is in the store already."""
        added_versions = id_levels.added_versions
        while added_versions and added_versions[-1][1] in self._refused_indexes:
            added_versions.pop()
        if not added_versions:
            return None
        version, _, level, revoked = added_versions[-1]
        return (level, revoked) if id_levels.newest is None or id_levels.newest.version < version else None

    def _level(self, identifier: str) -> int:
        """The level at which the sender can read this id after the batch; HIDDEN: nowhere."""
        id_levels = self._levels_of_id(identifier)
        newest = self._newest_added(id_levels)
        return id_levels.held_level if newest is None else min(id_levels.other_collections_level, newest[0])

    def _naming_problem(self, candidate: Candidate, level: int) -> str:
        """Why the candidate may not name an id: the sender can read that id only at a higher level."""
        for name in candidate.named_ids:
            if name in self._exempt_ids:
                continue
            named_level = self._level(name)
            if named_level == HIDDEN:
                named_level = self._refused_levels.get(name, -1)
            if named_level <= level or self._was_named(name, level):
                continue
            if named_level == HIDDEN:
                return f"it names {name}, which is refused here: its id gives its value away. Leave the reference out."
            label = TLP(named_level).label
            return (
                f"it is {TLP(level).label} and names {name}, which is {label}: an observable's id gives its value away. "
                f"Mark this object {label} or higher, or leave the reference out."
            )
        return ""

    def _was_named(self, name: str, level: int) -> bool:
        """Whether a held object of the sender names the id at that level or lower."""
        link = self._answers.namings.get(name)
        if link is not None and link.level <= level:
            return True
        # for own older versions the lowest level at which they were ever readable counts, since a revocation repeats that one
        return any(row.lowest_level <= level for row in self._own_versions.get(name, ()))

    def _named_problem(self, candidate: Candidate, level: int) -> str:
        """Why the sender may not publish this observable: an object of its own names it at a lower level."""
        if candidate.version is not None or candidate.id in self._exempt_ids:
            return ""
        own_links = map(self._link_after, self._own_versions.get(candidate.id, ()))
        links = [self._answers.namings.get(candidate.id), *own_links]
        lowest = min((link for link in links if link is not None), key=lambda link: link.level, default=None)
        if lowest is None or lowest.level >= level:
            return ""
        label = TLP(lowest.level).label
        return (
            f"it is {TLP(level).label}, and your own {lowest.id}, which is {label}, names it: an observable's id gives its "
            f"value away. Raise or withdraw {lowest.id} first, or mark this {label}."
        )

    def _link_after(self, row: HeldVersion) -> Link | None:
        """The level at which an own object names something after the batch; None if the object is withdrawn."""
        if row.collection != self._batch.collection:
            return None if row.standing.withdrawn else Link(row.standing.governing, row.id)
        newest = self._newest_added(self._levels_of_id(row.id))
        level, withdrawn = (-1, row.standing.withdrawn) if newest is None else newest
        return None if withdrawn else Link(max(level, row.standing.governing), row.id)
