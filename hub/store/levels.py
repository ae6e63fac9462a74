"""The level of each object of a batch, and the held objects that the batch raises, as a value (law L5 a to c). Pure.

1. A marked object has the highest level that it states itself and that its marking definitions state, which come from its
   envelope or are held.
2. An unmarked object has the highest level of the containers that name it, in its envelope or held from the same member,
   and no lower level than its older version; an unmarked container passes on the level that it got. An object in no
   container has the collection's default. A collection that refuses unmarked objects still accepts unmarked definitions,
   at its highest level.
3. An object that describes another one has no lower level than that object.
4. A container that is accepted, or refused for its level, raises the unmarked objects that it names and that only the
   same member has published.

Levels only rise, so each step visits an object at most once for each level: the cost is linear.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from hub.stix.identifiers import DEFINITION_TYPES
from hub.stix.tlp import TLP
from hub.store.batch import Batch, Bystander, Candidate
from hub.store.questions import FIXED_SOURCES, Answers, newest_here, open_level, raisable
from hub.store.records import BY_DEFAULT, BY_HUB, BY_MARKING, HIDDEN, HeldVersion

_MARKING: Final = "marking-definition"
_DEFINITIONS: Final = tuple(f"{name}--" for name in DEFINITION_TYPES)
OUTSIDE: Final = -1  # the index of an object that is no candidate
_SIGHTING: Final = "sighting--"


@dataclass(frozen=True, slots=True)
class Level:
    """A level, and its source (`records.BY_MARKING` and the other words there, or an id)."""

    value: int
    source: str


@cache
def _level(value: int, source: str) -> Level:
    return Level(value, source)


def resolve_levels(batch: Batch, answers: Answers) -> tuple[dict[int, Level], dict[int, str]]:
    """By index, each candidate's level, and the reasons why candidates are refused for their level."""
    levels: dict[int, Level] = {}
    refusals: dict[int, str] = {}
    all_state_levels = True
    for candidate in batch.candidates:
        if candidate.level is None or candidate.markings or candidate.described_id:
            all_state_levels = False
            continue
        levels[candidate.index] = _level(candidate.level, candidate.source)
    if not all_state_levels:
        _Resolution(batch, answers, levels, refusals).run()
    for candidate in batch.candidates:
        level = levels.get(candidate.index)
        if level is not None and level.value > batch.highest_level and candidate.index not in refusals:
            refusals[candidate.index] = _too_high(level, batch.highest_level, candidate.described_id)
    return levels, refusals


class _Resolution:
    """Steps 1 to 3 for a batch in which not every object states its own level."""

    def __init__(self, batch: Batch, answers: Answers, levels: dict[int, Level], refusals: dict[int, str]) -> None:
        self._batch = batch
        self._answers = answers
        self._levels = levels
        self._refusals = refusals
        self._definitions: dict[
            str, int | None
        ] = {}  # of the envelope -> the level that it states, HIDDEN: not understood
        self._refused_definitions: dict[
            str, int | None
        ] = {}  # the same for definitions of this member that were refused
        self._unmarked: dict[str, list[Candidate]] = {}

    def run(self) -> None:
        self._read_definitions()
        self._read_markings()
        if self._unmarked:
            self._inherit()
        self._describe()
        self._refuse_users_of_refused_definitions()

    def bystander_levels(self) -> Iterator[tuple[Bystander, int]]:
        """See the function of that name."""
        self._read_definitions()
        for bystander in self._batch.bystanders:
            own_level = self._container_level(bystander) if bystander.raises_held and bystander.contained_ids else None
            if own_level is not None and own_level.value < HIDDEN:
                yield bystander, own_level.value

    # (1)

    def _read_definitions(self) -> None:
        for bystander in self._batch.bystanders:
            if bystander.type == _MARKING:
                refused_level = self._refused_definitions.get(bystander.id)
                self._refused_definitions[bystander.id] = _higher(refused_level, bystander.level)
        marked: dict[str, list[str]] = {}  # definition -> definitions that it marks
        for candidate in self._batch.candidates:
            if candidate.type == _MARKING:
                own_level = candidate.level if candidate.source == BY_MARKING else None
                self._definitions[candidate.id] = _higher(self._definitions.get(candidate.id), own_level)
                for marking in candidate.markings:
                    marked.setdefault(marking, []).append(candidate.id)
        held_definitions = {name: self._marking_level(name) for name in marked if name not in self._definitions}
        _spread(self._definitions | held_definitions, marked, self._definitions)

    def _marking_level(self, marking: str) -> int | None:
        """The level that a marking states, None for none, HIDDEN if its definition is neither in the envelope nor held."""
        if marking in self._definitions:
            return self._definitions[marking]
        row = newest_here(self._batch, self._answers.rows.get(marking, ()))
        if row is None or row.standing.governing == HIDDEN:
            return HIDDEN
        # another member may have published the id with another statement: the meaning for this member counts, too
        return _higher(row.level if row.source == BY_MARKING else None, self._refused_definitions.get(marking))

    def _read_markings(self) -> None:
        for candidate in self._batch.candidates:
            level = candidate.level
            for marking in candidate.markings:
                level = _higher(level, self._marking_level(marking))
                if level == HIDDEN:
                    self._refusals[candidate.index] = _not_understood(marking)
                    break
            if level is not None:
                self._levels[candidate.index] = Level(level, candidate.source)
            else:
                self._unmarked.setdefault(candidate.id, []).append(candidate)

    # (2)

    def _inherit(self) -> None:
        levels: dict[str, Level] = {}  # by id, which all versions of an object share
        contained: dict[str, list[str]] = {}  # container -> unmarked objects that it names
        all_contained_ids: set[str] = set()
        containers: Sequence[Candidate | Bystander] = (*self._batch.bystanders, *self._batch.candidates)
        for container in containers:
            refs = (
                [ref for ref in container.contained_ids if ref in self._unmarked and ref != container.id]
                if container.contained_ids
                else []
            )
            if not refs:
                continue
            contained.setdefault(container.id, []).extend(refs)
            all_contained_ids.update(refs)
            if (level := self._container_level(container)) is not None:
                levels[container.id] = _higher_level(levels.get(container.id), level)
        self._start(levels, all_contained_ids)
        self._pass_on(levels, contained)
        loops = [identifier for identifier in self._unmarked if identifier not in levels]
        for identifier in loops:  # only named by one another, or by refused objects: no container has a level
            self._default(identifier, levels)
        if loops:
            self._pass_on(levels, contained)
        for identifier, candidates in self._unmarked.items():
            for candidate in candidates:
                self._settle_unmarked(candidate, levels.get(identifier))

    def _start(self, levels: dict[str, Level], all_contained_ids: Collection[str]) -> None:
        """Give unmarked objects the level of held containers, or the default if no container names them."""
        for identifier in self._unmarked:
            link = self._answers.containers.get(identifier)
            if link is not None and self._passes_on(link.id, link.level):
                levels[identifier] = _higher_level(levels.get(identifier), Level(link.level, link.id))
            elif identifier not in all_contained_ids:
                self._default(identifier, levels)

    def _container_level(self, container: Candidate | Bystander) -> Level | None:
        """The level that a container states itself; None if it passes none on."""
        if isinstance(container, Candidate):
            own_level = self._levels.get(container.index)
        else:
            level = container.level
            for marking in container.markings:
                level = _higher(level, self._marking_level(marking))
            own_level = None if level is None else Level(level, BY_MARKING)
        return own_level if own_level is not None and self._passes_on(container.id, own_level.value) else None

    def _pass_on(self, levels: dict[str, Level], contained: Mapping[str, Sequence[str]]) -> None:
        """Give each unmarked object the highest level among the containers that name it."""
        for value in range(HIDDEN, -1, -1):
            stack = [name for name in contained if name in levels and levels[name].value == value]
            while stack:
                name = stack.pop()
                if not self._passes_on(name, value):
                    continue
                for target in contained.get(name, ()):
                    level = levels.get(target)
                    if level is None or level.value < value:
                        levels[target] = Level(value, name)
                        stack.append(target)

    def _passes_on(self, container: str, level: int) -> bool:
        """Whether the objects that a container names get its level.

        A sighting names who saw something, who may be a victim: it may raise those objects, but never lower them below the
        default.
        """
        default = self._batch.highest_level if self._batch.unmarked_level is None else self._batch.unmarked_level
        return level > default or not container.startswith(_SIGHTING)

    def _default(self, identifier: str, levels: dict[str, Level]) -> None:
        if self._batch.unmarked_level is not None:
            levels[identifier] = Level(self._batch.unmarked_level, BY_DEFAULT)
        elif identifier.startswith(_DEFINITIONS):
            # tools send definitions unmarked, and the objects that they mark need them
            levels[identifier] = Level(self._batch.highest_level, BY_DEFAULT)

    def _settle_unmarked(self, candidate: Candidate, level: Level | None) -> None:
        if candidate.revoked:
            # a revocation must reach every reader who ever saw the object
            rows = self._answers.rows.get(candidate.id, ())
            lowest_levels = [row.lowest_level for row in rows if row.collection == self._batch.collection]
            if (lowest := min(lowest_levels, default=HIDDEN)) < HIDDEN:
                level = Level(lowest, BY_DEFAULT)
        elif level is not None:
            level = self._no_lower_than_older(candidate, level)
        if level is not None:
            self._levels[candidate.index] = level
        elif not candidate.described_id:
            self._refusals[candidate.index] = _UNMARKED_REASON

    def _no_lower_than_older(self, candidate: Candidate, level: Level) -> Level:
        """The level of an unmarked version: no lower than its older version, unless that one had only the default.

        Only a marked version lowers the level of its object.
        """
        row = newest_here(self._batch, self._answers.rows.get(candidate.id, ()))
        if (
            row is None
            or row.revoked
            or row.source in (BY_DEFAULT, BY_HUB)
            or self._batch.publisher not in row.publishers
            or not level.value < row.level < HIDDEN
        ):
            return level
        return Level(row.level, candidate.id if row.source == BY_MARKING else row.source)

    # (3)

    def _describe(self) -> None:
        candidates = [
            candidate
            for candidate in self._batch.candidates
            if candidate.described_id and candidate.index not in self._refusals
        ]
        if not candidates:
            return
        envelope: dict[str, list[Candidate]] = {}
        for candidate in self._batch.candidates:
            envelope.setdefault(candidate.id, []).append(candidate)
        for describing in candidates:
            level = self._levels.get(describing.index)
            described_id = describing.described_id
            described_level = (
                None if describing.revoked else self._described_level(described_id, envelope.get(described_id, ()))
            )
            if described_level is not None and (
                level is None or level.source == BY_DEFAULT or level.value < described_level
            ):
                level = self._levels[describing.index] = Level(described_level, described_id)
            if level is None:
                self._refusals[describing.index] = _UNMARKED_REASON

    def _described_level(self, identifier: str, envelope: Sequence[Candidate]) -> int | None:
        """The level of a described object: that of its newest version, in this envelope or held."""
        rows = self._answers.rows.get(identifier, ())
        row = newest_here(self._batch, rows)
        newest, level = (None, None) if row is None else (row.version, row.standing.governing)
        for candidate in envelope:
            given_level = self._levels.get(candidate.index)
            if given_level is not None and (newest is None or candidate.version is None or candidate.version >= newest):
                newest, level = candidate.version, given_level.value
        if level is None and (readable_level := open_level(self._batch, rows)) < HIDDEN:
            level = readable_level
        return level

    def _refuse_users_of_refused_definitions(self) -> None:
        """Refuse objects whose marking definition is refused, since no reader could understand their marking."""
        refused = [
            candidate
            for candidate in self._batch.candidates
            if candidate.type == _MARKING and candidate.index in self._refusals
        ]
        if not refused:
            return
        marked: dict[str, list[Candidate]] = {}
        for user in self._batch.candidates:
            for marking in user.markings:
                marked.setdefault(marking, []).append(user)
        while refused:
            definition = refused.pop()
            if newest_here(self._batch, self._answers.rows.get(definition.id, ())) is not None:
                continue
            for user in marked.pop(definition.id, ()):
                if user.index not in self._refusals:
                    self._refusals[user.index] = _not_understood(definition.id)
                    if user.type == _MARKING:
                        refused.append(user)


def bystander_levels(batch: Batch, answers: Answers) -> Iterator[tuple[Bystander, int]]:
    """The bystanders that raise held objects, each with its level; those whose level is not understood are left out."""
    if any(bystander.raises_held and bystander.contained_ids for bystander in batch.bystanders):
        yield from _Resolution(batch, answers, {}, {}).bystander_levels()


def raised_versions(
    batch: Batch, answers: Answers, containers: Iterable[tuple[Candidate | Bystander, int]]
) -> Iterator[tuple[HeldVersion, Level, int]]:
    """Step 4: the held versions that these containers raise, each with its new level and the index of the container.

    A bystander has the index `OUTSIDE`: its line in the status is already written.
    """
    frontier = [
        (ref, Level(level, container.id), container.index if isinstance(container, Candidate) else OUTSIDE)
        for container, level in containers
        for ref in container.contained_ids
    ]
    frontier.sort(key=lambda step: step[1].value)  # the highest come first, so that each object is raised once
    raised_levels: dict[str, int] = {}
    while frontier:
        ref, level, index = frontier.pop()
        if raised_levels.get(ref, -1) >= level.value:
            continue
        row = raisable(batch, answers.rows.get(ref, ()))
        if row is None or row.level >= level.value:
            continue
        raised_levels[ref] = level.value
        yield row, level, index
        frontier += [(inner, Level(level.value, row.id), index) for inner in row.contained_ids]


def _spread(
    sources: Mapping[str, int | None], edges: Mapping[str, Sequence[str]], levels: dict[str, int | None]
) -> None:
    """Raise each target in `levels` to the level of its source, along all edges."""
    for level in range(HIDDEN, -1, -1):
        stack = [name for name in edges if levels.get(name, sources[name]) == level]
        while stack:
            for target in edges.get(stack.pop(), ()):
                target_level = levels.get(target)
                if target_level is None or target_level < level:
                    levels[target] = level
                    stack.append(target)


def _higher(level: int | None, other: int | None) -> int | None:
    if level is None or other is None:
        return other if level is None else level
    return max(level, other)


def _higher_level(level: Level | None, other: Level) -> Level:
    return other if level is None or level.value < other.value else level


_UNMARKED_REASON: Final = (
    "It has no TLP marking, and only marked objects are taken here from this account: add object_marking_refs. OpenCTI's "
    "connector removes markings before it sends, unless it is set to delete_marking_definition=false."
)


def _not_understood(marking: str) -> str:
    return (
        f"It is marked with {marking}, which names no level of TLP by itself, and whose definition is neither held here nor "
        "taken with this envelope: send that marking-definition first, or in the same envelope."
    )


def _too_high(level: Level, highest: int, described: str) -> str:
    limit = f"this collection takes nothing above {TLP(highest).label}"
    if level.source == described and level.value < HIDDEN:
        return f"It translates {described}, which is {TLP(level.value).label}, and {limit}: publish it where that level is taken."
    if level.source in FIXED_SOURCES:
        return f"It is marked {TLP(level.value).label}, and {limit}: publish it where its level is taken."
    if level.value == HIDDEN:
        return (
            f"It is unmarked and named by {level.source}, whose marking is not understood: mark the object itself, or send "
            "the definition of that marking."
        )
    if level.source == BY_DEFAULT:
        return f"It is unmarked, which counts as {TLP(level.value).label} here, and {limit}: mark it."
    return (
        f"It is unmarked and has the level of {level.source}, which is {TLP(level.value).label}, and {limit}: publish both "
        "where that level is taken, or mark the object itself."
    )
