"""What an observable's id gives away, as a value (law L5 e). Pure.

STIX derives an observable's id from its value: who reads the id finds the value by trying. So an object may not name one
that its sender meets at a higher level, in any property or text. What the sender named itself before at that level is
its own knowledge, and stands in nobody's way; and a member may not publish an observable higher than its own objects
that name it already.

MISP gives its observables and its own kinds of objects the ids of its attributes, which say nothing of the value, and
marks no observable. The member whose they are may name those at any level; else the GREEN report of an event with AMBER
attributes would be refused. So may it name what it sent unmarked and alone: an OpenCTI that posts one object at a time
sends the report last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.stix.identifiers import SCO_TYPES
from hub.stix.tlp import TLP
from hub.store.batch import Batch, Candidate
from hub.store.levels import Known, Level, Link, newest_here, open_level
from hub.store.records import BY_DEFAULT, BY_HUB, BY_MARKING, HIDDEN, HeldVersion

_VERSION_DIGIT: Final = 22  # counted from the end of an id: where its UUID says how it was made
_DERIVED: Final = "5"
_MICROSECONDS: Final = 1000  # in a millisecond: the version of an object without one is its place


@dataclass(slots=True)
class _Met:
    """At which level an id is met: as it is held, and once the batch is in."""

    held: int
    elsewhere: int
    newest: HeldVersion | None
    added: list[tuple[int, int, int, bool]] = field(default_factory=list)  # (version, index, level, revoked), in order


@dataclass(frozen=True, slots=True)
class Additions:
    """What becomes of the candidates, as far as it is known by now."""

    fresh: Sequence[Candidate]  # those that are new here, or repeat one that is
    versions: Mapping[int, int]  # index -> version of each that becomes a record
    refused: Sequence[Candidate]  # those refused for their level


def given_away(batch: Batch, known: Known, levels: Mapping[int, Level], additions: Additions) -> dict[int, str]:
    """By index, why each of the fresh candidates is refused that gives an observable away."""
    return _Check(batch, known, levels, additions).reasons()


class _Check:
    def __init__(self, batch: Batch, known: Known, levels: Mapping[int, Level], additions: Additions) -> None:
        self._batch = batch
        self._known = known
        self._levels = levels
        self._fresh = additions.fresh
        self._versions = additions.versions
        self._met: dict[str, _Met] = {}
        self._removed: set[int] = set()
        # what is refused for its level is not held, and its id tells its value nevertheless
        self._too_high = {
            candidate.id: levels[candidate.index].value
            for candidate in additions.refused
            if candidate.index in levels and candidate.id[-_VERSION_DIGIT] == _DERIVED
        }
        self._naming: dict[str, list[Candidate]] = {}
        for candidate in self._fresh:
            for name in candidate.names:
                self._naming.setdefault(name, []).append(candidate)
            if candidate.index in self._versions:
                level = levels[candidate.index].value
                added = (self._versions[candidate.index], candidate.index, level, candidate.revoked)
                self._of(candidate.id).added.append(added)
        for met in self._met.values():
            met.added.sort()
        self._free = self._free_to_name()
        # own objects of which the batch may bring a newer version, by what they name
        self._own: dict[str, list[HeldVersion]] = {}
        for identifier in {candidate.id for candidate in batch.candidates}:
            for row in known.rows.get(identifier, ()):
                if row.names and batch.publisher in row.publishers:
                    for name in row.names:
                        self._own.setdefault(name, []).append(row)

    def reasons(self) -> dict[int, str]:
        """(1) A candidate that is refused makes its own id visible at its level no more, so (2) those that name it are
        asked again.
        """
        reasons: dict[int, str] = {}
        asked = [candidate for candidate in self._fresh if candidate.names or candidate.version is None]
        while asked:
            candidate = asked.pop()
            if candidate.index in reasons:
                continue
            level = self._levels[candidate.index].value
            why = self._names_higher(candidate, level)
            if not why and candidate.index in self._versions:
                why = self._named_lower(candidate, level)
            if not why:
                continue
            reasons[candidate.index] = why
            if candidate.index in self._versions:
                before = self._level(candidate.id)
                self._removed.add(candidate.index)  # (1)
                if self._level(candidate.id) != before:
                    asked += self._naming.get(candidate.id, ())  # (2)
        return reasons

    def _free_to_name(self) -> frozenset[str]:
        """Ids that only the sender published, and of which it said nothing that would keep it from naming them.

        (1) Unmarked and in no container: the collection's default is the hub's caution, not the sender's word.
        (2) Not derived from a value, and not marked as an observable.
        """
        member = self._batch.publisher
        ids: set[str] = set()
        others: set[str] = set()
        for candidate in self._batch.candidates:
            unmarked = candidate.level is None and not candidate.markings
            level = self._levels.get(candidate.index)
            cautious = unmarked and level is not None and level.source == BY_DEFAULT
            opaque = candidate.id[-_VERSION_DIGIT] != _DERIVED and (unmarked or candidate.version is not None)
            (ids if cautious or opaque else others).add(candidate.id)
        for identifier in {name for record in self._fresh for name in record.names} | ids:
            derived, of_standard = identifier[-_VERSION_DIGIT] == _DERIVED, identifier.partition("--")[0] in SCO_TYPES
            for row in self._known.rows.get(identifier, ()):
                unmarked = row.source not in (BY_MARKING, BY_HUB)
                versioned = not of_standard and row.version != row.place * _MICROSECONDS
                said_nothing = row.source == BY_DEFAULT or (not derived and (unmarked or versioned))
                (ids if said_nothing and row.publishers == (member,) else others).add(identifier)
        return frozenset(ids - others)

    def _of(self, identifier: str) -> _Met:
        met = self._met.get(identifier)
        if met is None:
            rows = self._known.rows.get(identifier, ())
            elsewhere = open_level(self._batch, (row for row in rows if row.collection != self._batch.collection))
            newest = newest_here(self._batch, rows)
            here = HIDDEN if newest is None else newest.standing.governing
            met = self._met[identifier] = _Met(min(here, elsewhere), elsewhere, newest)
        return met

    def _newest_added(self, met: _Met) -> tuple[int, bool] | None:
        """(level, revoked) of the newest version once the batch is in, None where that is a held one."""
        while met.added and met.added[-1][1] in self._removed:
            met.added.pop()
        if not met.added:
            return None
        version, _, level, revoked = met.added[-1]
        return (level, revoked) if met.newest is None or met.newest.version < version else None

    def _level(self, identifier: str) -> int:
        """The level at which the sender meets this id once the batch is in, HIDDEN where nowhere."""
        met = self._of(identifier)
        added = self._newest_added(met)
        return met.held if added is None else min(met.elsewhere, added[0])

    def _names_higher(self, candidate: Candidate, level: int) -> str:
        for name in candidate.names:
            if name in self._free:
                continue
            met = self._level(name)
            if met == HIDDEN:
                met = self._too_high.get(name, -1)
            if met <= level or self._named_before(name, level):
                continue
            if met == HIDDEN:
                return f"it names {name}, which is refused here: its id gives its value away. Leave the reference out."
            label = TLP(met).label
            return (
                f"it is {TLP(level).label} and names {name}, which is {label}: an observable's id gives its value away. "
                f"Mark this object {label} or higher, or leave the reference out."
            )
        return ""

    def _named_before(self, name: str, level: int) -> bool:
        """Whether an object of the sender, as it is held, names it at that level or lower."""
        link = self._known.namings.get(name)
        if link is not None and link.level <= level:
            return True
        # of its own earlier versions it counts at which level they were ever readable: a revocation repeats the lowest
        return any(row.reached <= level for row in self._own.get(name, ()))

    def _named_lower(self, candidate: Candidate, level: int) -> str:
        """Why a member may not publish this observable: its own object names it at a lower level."""
        if candidate.version is not None or candidate.id in self._free:
            return ""
        links = [self._known.namings.get(candidate.id), *map(self._link_after, self._own.get(candidate.id, ()))]
        lowest = min((link for link in links if link is not None), key=lambda link: link.level, default=None)
        if lowest is None or lowest.level >= level:
            return ""
        label = TLP(lowest.level).label
        return (
            f"it is {TLP(level).label}, and your own {lowest.id}, which is {label}, names it: an observable's id gives its "
            f"value away. Raise or withdraw {lowest.id} first, or mark this {label}."
        )

    def _link_after(self, row: HeldVersion) -> Link | None:
        """At which level an own object names something once the batch is in; None where it is withdrawn."""
        if row.collection != self._batch.collection:
            return None if row.standing.withdrawn else Link(row.standing.governing, row.id)
        added = self._newest_added(self._of(row.id))
        level, withdrawn = (-1, row.standing.withdrawn) if added is None else added
        return None if withdrawn else Link(max(level, row.standing.governing), row.id)
