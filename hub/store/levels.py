"""At which level each object of a batch is kept, and which held ones it raises, as a value (law L5 a to c). Pure.

1. What an object says of itself, and what the marking definitions on it say: those of its envelope, and held ones.
2. An unmarked object has the level of the containers that name it, in its envelope or held from the same member, and of
   several the highest, and no lower one than its version before; a container that is unmarked itself passes on what it got. In no container, it has the
   collection's default; where a collection refuses what is unmarked, it still takes definitions, at its highest level.
3. What describes another object is no lower than that object.
4. A container that is accepted, or refused for its level, raises the unmarked objects that it names and that are held
   from the same member alone.

Levels only rise on their way, so each step visits an object at most once for each level: the cost is linear.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from hub.stix.identifiers import DEFINITION_TYPES
from hub.stix.tlp import TLP
from hub.store.batch import Batch, Bystander, Candidate
from hub.store.records import BY_DEFAULT, BY_HUB, BY_MARKING, HIDDEN, HeldVersion

_MARKING: Final = "marking-definition"
_DEFINITIONS: Final = tuple(f"{name}--" for name in DEFINITION_TYPES)
OUTSIDE: Final = -1  # the index of what is no candidate
_SIGHTING: Final = "sighting--"
_FIXED: Final = frozenset({BY_MARKING, BY_HUB})  # what an object says of itself, no container changes


@dataclass(frozen=True, slots=True)
class Link:
    """An object that names another, with its governing level."""

    level: int
    id: str


@dataclass(slots=True)
class Known:
    """What a store has looked up for one batch. A question that was asked has its key here, whatever the answer."""

    rows: dict[str, Sequence[HeldVersion]] = field(default_factory=dict)  # every version, in all collections, by id
    containers: dict[str, Link | None] = field(default_factory=dict)  # the highest container of this member naming it
    namings: dict[str, Link | None] = field(default_factory=dict)  # the lowest object of this member naming it
    descriptions: dict[str, tuple[str, ...]] = field(default_factory=dict)  # ids of what describes it here
    bodies: Mapping[Any, bytes] = field(default_factory=dict)  # by key, those that `ownership.bodies_to_read` asks for


@dataclass(frozen=True, slots=True)
class Questions:
    """What a store is asked next, by the ids that it is about; see `Known`."""

    rows: frozenset[str] = frozenset()
    containers: frozenset[str] = frozenset()
    namings: frozenset[str] = frozenset()
    descriptions: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.rows or self.containers or self.namings or self.descriptions)


@dataclass(frozen=True, slots=True)
class Level:
    """A level, and where it comes from (`base.BY_MARKING` and the others)."""

    value: int
    source: str


@cache
def _level(value: int, source: str) -> Level:
    return Level(value, source)


def questions(batch: Batch, known: Known) -> Questions:
    """What has to be looked up beyond what is known; nothing where `line.settle` can decide the batch."""
    if not known.rows:
        return _first_questions(batch)
    # what an accepted container may raise, and through it what that names
    rows: set[str] = set()
    frontier = [ref for candidate in batch.candidates if candidate.contains for ref in candidate.contains]
    frontier += [ref for bystander in batch.bystanders if bystander.raises for ref in bystander.contains]
    reached: set[str] = set()
    while frontier:
        ref = frontier.pop()
        if ref in reached:
            continue
        reached.add(ref)
        if ref not in known.rows:
            rows.add(ref)
        elif (row := raisable(batch, known.rows[ref])) is not None:
            frontier += row.contains
    raised = {ref for ref in reached if known.rows.get(ref)}
    descriptions = raised - known.descriptions.keys()
    rows |= {name for names in known.descriptions.values() for name in names} - known.rows.keys()
    namings = {
        name
        for candidate in batch.candidates
        for name in candidate.names
        if name not in known.namings and candidate_below(batch, candidate, known.rows.get(name, ()))
    }
    return Questions(frozenset(rows), frozenset(), frozenset(namings), frozenset(descriptions))


def _first_questions(batch: Batch) -> Questions:
    candidates = frozenset(candidate.id for candidate in batch.candidates)
    rows = set(candidates)
    containers: set[str] = set()
    namings: set[str] = set()
    for candidate in batch.candidates:
        if candidate.names or candidate.markings or candidate.contains:
            rows.update(candidate.names, candidate.markings, candidate.contains)
        if candidate.describes:
            rows.add(candidate.describes)
        if candidate.level is None:
            containers.add(candidate.id)
        if candidate.version is None:
            namings.add(candidate.id)
    for bystander in batch.bystanders:
        rows.update(bystander.markings)
        if bystander.raises:  # alone in its envelope, too
            rows.update(bystander.contains)
    return Questions(frozenset(rows), frozenset(containers), frozenset(namings), candidates)


def candidate_below(batch: Batch, candidate: Candidate, rows: Iterable[HeldVersion]) -> bool:
    """Whether an object that the candidate names may be held at a higher level than the candidate's."""
    return (candidate.level or 0) < open_level(batch, rows) < HIDDEN


def newest_here(batch: Batch, rows: Iterable[HeldVersion]) -> HeldVersion | None:
    """The newest version among these rows of one id that the batch's own collection holds."""
    return next((row for row in rows if row.standing.newest and row.collection == batch.collection), None)


def raisable(batch: Batch, rows: Iterable[HeldVersion]) -> HeldVersion | None:
    """The version that a container of this batch may raise: unmarked, and published by this member alone."""
    row = newest_here(batch, rows)
    if row is None or row.revoked or row.source in _FIXED or row.publishers != (batch.publisher,):
        return None
    return row


def open_level(batch: Batch, rows: Iterable[HeldVersion]) -> int:
    """The lowest level at which the sender meets an object, over all collections that it reads; HIDDEN: nowhere."""
    lowest = HIDDEN
    for row in rows:
        if row.standing.newest and (
            row.collection == batch.collection or row.standing.governing <= batch.reads.get(row.collection, -1)
        ):
            lowest = min(lowest, row.standing.governing)
    return lowest


def levels_of(batch: Batch, known: Known) -> tuple[dict[int, Level], dict[int, str]]:
    """By index, each candidate's level, and in words why one is refused for its level."""
    levels: dict[int, Level] = {}
    refusals: dict[int, str] = {}
    plain = True
    for candidate in batch.candidates:
        if candidate.level is None or candidate.markings or candidate.describes:
            plain = False
            continue
        levels[candidate.index] = _level(candidate.level, candidate.source)
    if not plain:
        _Resolution(batch, known, levels, refusals).run()
    for candidate in batch.candidates:
        level = levels.get(candidate.index)
        if level is not None and level.value > batch.highest and candidate.index not in refusals:
            refusals[candidate.index] = _too_high(level, batch.highest, candidate.describes)
    return levels, refusals


class _Resolution:
    """Steps 1 to 3 for a batch in which not every object says its level by itself."""

    def __init__(self, batch: Batch, known: Known, levels: dict[int, Level], refusals: dict[int, str]) -> None:
        self._batch = batch
        self._known = known
        self._levels = levels
        self._refusals = refusals
        self._definitions: dict[str, int | None] = {}  # of the envelope -> what it says, HIDDEN: not understood
        self._refused: dict[str, int | None] = {}  # the same of those that this member sent and the hub refused
        self._unmarked: dict[str, list[Candidate]] = {}

    def run(self) -> None:
        self._read_definitions()
        self._read_markings()
        if self._unmarked:
            self._inherit()
        self._describe()
        self._refuse_with_their_definitions()

    def bystander_levels(self) -> Iterator[tuple[Bystander, int]]:
        """See the function of that name."""
        self._read_definitions()
        for bystander in self._batch.bystanders:
            own = self._of_container(bystander) if bystander.raises and bystander.contains else None
            if own is not None and own.value < HIDDEN:
                yield bystander, own.value

    # (1)

    def _read_definitions(self) -> None:
        for bystander in self._batch.bystanders:
            if bystander.type == _MARKING:
                self._refused[bystander.id] = _higher(self._refused.get(bystander.id), bystander.level)
        marked: dict[str, list[str]] = {}  # definition -> definitions that it marks
        for candidate in self._batch.candidates:
            if candidate.type == _MARKING:
                own_level = candidate.level if candidate.source == BY_MARKING else None
                self._definitions[candidate.id] = _higher(self._definitions.get(candidate.id), own_level)
                for marking in candidate.markings:
                    marked.setdefault(marking, []).append(candidate.id)
        outside = {marking: self._meaning(marking) for marking in marked if marking not in self._definitions}
        _spread(self._definitions | outside, marked, self._definitions)

    def _meaning(self, marking: str) -> int | None:
        """What a marking says, None for nothing, HIDDEN where its definition is neither in the envelope nor held."""
        if marking in self._definitions:
            return self._definitions[marking]
        row = newest_here(self._batch, self._known.rows.get(marking, ()))
        if row is None or row.standing.governing == HIDDEN:
            return HIDDEN
        # another member may hold the id in other words: what this member means by it counts, too
        return _higher(row.level if row.source == BY_MARKING else None, self._refused.get(marking))

    def _read_markings(self) -> None:
        for candidate in self._batch.candidates:
            level = candidate.level
            for marking in candidate.markings:
                level = _higher(level, self._meaning(marking))
                if level == HIDDEN:
                    self._refusals[candidate.index] = _not_understood(marking)
                    break
            if level is not None:
                self._levels[candidate.index] = Level(level, candidate.source)
            else:
                self._unmarked.setdefault(candidate.id, []).append(candidate)

    # (2)

    def _inherit(self) -> None:
        levels: dict[str, Level] = {}  # by id: all versions of one object are named alike
        contained: dict[str, list[str]] = {}  # container -> unmarked objects that it names
        named: set[str] = set()
        containers: Sequence[Candidate | Bystander] = (*self._batch.bystanders, *self._batch.candidates)
        for container in containers:
            refs = (
                [ref for ref in container.contains if ref in self._unmarked and ref != container.id]
                if container.contains
                else []
            )
            if not refs:
                continue
            contained.setdefault(container.id, []).extend(refs)
            named.update(refs)
            if (level := self._of_container(container)) is not None:
                levels[container.id] = _higher_level(levels.get(container.id), level)
        self._start(levels, named)
        self._pass_on(levels, contained)
        loops = [identifier for identifier in self._unmarked if identifier not in levels]
        for identifier in loops:  # named by nothing that has a level: by one another, or by what is refused
            self._default(identifier, levels)
        if loops:
            self._pass_on(levels, contained)
        for identifier, candidates in self._unmarked.items():
            for candidate in candidates:
                self._settle_unmarked(candidate, levels.get(identifier))

    def _start(self, levels: dict[str, Level], named: Collection[str]) -> None:
        """What unmarked objects have from held containers, or by default where nothing names them."""
        for identifier in self._unmarked:
            link = self._known.containers.get(identifier)
            if link is not None and self._passes_on(link.id, link.level):
                levels[identifier] = _higher_level(levels.get(identifier), Level(link.level, link.id))
            elif identifier not in named:
                self._default(identifier, levels)

    def _of_container(self, container: Candidate | Bystander) -> Level | None:
        """The level that a container says of itself, None where it passes none on."""
        if isinstance(container, Candidate):
            own = self._levels.get(container.index)
        else:
            level = container.level
            for marking in container.markings:
                level = _higher(level, self._meaning(marking))
            own = None if level is None else Level(level, BY_MARKING)
        return own if own is not None and self._passes_on(container.id, own.value) else None

    def _pass_on(self, levels: dict[str, Level], contained: Mapping[str, Sequence[str]]) -> None:
        """Give each unmarked object the highest level of what names it."""
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
        """Whether what a container names has its level. A sighting says by whom something was seen, who may be a victim: it
        raises what it names, and shows none of it to more readers than would see it without the sighting.
        """
        default = self._batch.highest if self._batch.unmarked is None else self._batch.unmarked
        return level > default or not container.startswith(_SIGHTING)

    def _default(self, identifier: str, levels: dict[str, Level]) -> None:
        if self._batch.unmarked is not None:
            levels[identifier] = Level(self._batch.unmarked, BY_DEFAULT)
        elif identifier.startswith(_DEFINITIONS):
            # tools send definitions as they are, and what is marked with them needs them
            levels[identifier] = Level(self._batch.highest, BY_DEFAULT)

    def _settle_unmarked(self, candidate: Candidate, level: Level | None) -> None:
        if candidate.revoked:
            # a revocation has to reach all who ever saw the object
            rows = self._known.rows.get(candidate.id, ())
            reached = [row.reached for row in rows if row.collection == self._batch.collection]
            if (lowest := min(reached, default=HIDDEN)) < HIDDEN:
                level = Level(lowest, BY_DEFAULT)
        elif level is not None:
            level = self._no_lower_than_before(candidate, level)
        if level is not None:
            self._levels[candidate.index] = level
        elif not candidate.describes:
            self._refusals[candidate.index] = _UNMARKED

    def _no_lower_than_before(self, candidate: Candidate, level: Level) -> Level:
        """An unmarked version says nothing that lowers its object: a marked one does. The default is the hub's caution."""
        row = newest_here(self._batch, self._known.rows.get(candidate.id, ()))
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
            if candidate.describes and candidate.index not in self._refusals
        ]
        if not candidates:
            return
        envelope: dict[str, list[Candidate]] = {}
        for candidate in self._batch.candidates:
            envelope.setdefault(candidate.id, []).append(candidate)
        for describing in candidates:
            level = self._levels.get(describing.index)
            described = (
                None
                if describing.revoked
                else self._described(describing.describes, envelope.get(describing.describes, ()))
            )
            if described is not None and (level is None or level.source == BY_DEFAULT or level.value < described):
                level = self._levels[describing.index] = Level(described, describing.describes)
            if level is None:
                self._refusals[describing.index] = _UNMARKED

    def _described(self, identifier: str, envelope: Sequence[Candidate]) -> int | None:
        """The level of an object that is described: of its newest version, in this envelope or held."""
        rows = self._known.rows.get(identifier, ())
        row = newest_here(self._batch, rows)
        newest, level = (None, None) if row is None else (row.version, row.standing.governing)
        for candidate in envelope:
            given_level = self._levels.get(candidate.index)
            if given_level is not None and (newest is None or candidate.version is None or candidate.version >= newest):
                newest, level = candidate.version, given_level.value
        if level is None and (held := open_level(self._batch, rows)) < HIDDEN:
            level = held
        return level

    def _refuse_with_their_definitions(self) -> None:
        """A marking whose definition is refused is not understood by any reader: nor is what it marks."""
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
            if newest_here(self._batch, self._known.rows.get(definition.id, ())) is not None:
                continue
            for user in marked.pop(definition.id, ()):
                if user.index not in self._refusals:
                    self._refusals[user.index] = _not_understood(definition.id)
                    if user.type == _MARKING:
                        refused.append(user)


def bystander_levels(batch: Batch, known: Known) -> Iterator[tuple[Bystander, int]]:
    """Those that raise what is held, each with the level that it says, as far as that is understood."""
    if any(bystander.raises and bystander.contains for bystander in batch.bystanders):
        yield from _Resolution(batch, known, {}, {}).bystander_levels()


def raises_of(
    batch: Batch, known: Known, containers: Iterable[tuple[Candidate | Bystander, int]]
) -> Iterator[tuple[HeldVersion, Level, int]]:
    """Step 4: the held versions that these containers raise, to which level, and the index of the container.

    That of a bystander is `OUTSIDE`: its status line was written before.
    """
    frontier = [
        (ref, Level(level, container.id), container.index if isinstance(container, Candidate) else OUTSIDE)
        for container, level in containers
        for ref in container.contains
    ]
    frontier.sort(key=lambda step: step[1].value)  # the highest are taken first, so that each object is raised once
    done: dict[str, int] = {}
    while frontier:
        ref, level, index = frontier.pop()
        if done.get(ref, -1) >= level.value:
            continue
        row = raisable(batch, known.rows.get(ref, ()))
        if row is None or row.level >= level.value:
            continue
        done[ref] = level.value
        yield row, level, index
        frontier += [(inner, Level(level.value, row.id), index) for inner in row.contains]


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


_UNMARKED: Final = (
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
    if level.source in _FIXED:
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
