"""The effect of a batch on a collection, as a value: every store computes it under its own lock, and then only writes.

Laws L1 (position), L2 (once), L4 (a member's objects are its own) and L5 (levels) meet here. `levels` decides the level
of each object, `observables` checks what an observable's id gives away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP
from hub.store.batch import Batch, Candidate, Outcome, Stranded, Verdict
from hub.store.histories import History, RowChange
from hub.store.levels import Level, bystander_levels, raised_versions, resolve_levels
from hub.store.observables import Additions, disclosure_reasons
from hub.store.questions import Answers, newest_here
from hub.store.records import BY_DEFAULT, BY_HUB, BY_MARKING, HIDDEN, NO_LEVEL, NOBODY, HeldVersion, Record, Standing

MICROSECONDS: Final = 1000  # in a millisecond
PURGED_UUID: Final = "00000000-0000-4000-8000-000000000000"  # replaces the UUID of a purged object


@dataclass(slots=True)
class NewRecord:
    """A record to write, and its standing among the versions of its id; not frozen, for speed (see `batch`)."""

    record: Record
    standing: Standing


@dataclass(slots=True)
class BatchEffect:
    """What a store has to write for one batch."""

    head: int
    outcomes: tuple[Outcome, ...] = ()
    new_records: list[NewRecord] = field(default_factory=list)
    changes: dict[Any, RowChange] = field(default_factory=dict)  # of existing records, by the store's key
    joined_keys: set[Any] = field(default_factory=set)  # existing records that get this publisher as a further one


def settle(batch: Batch, answers: Answers, head: int, now: int) -> BatchEffect:
    """Decide the batch by the store's answers to `questions` and the collection's head.

    `now` is the hub's clock in milliseconds. Pure: the same arguments give the same answer.
    """
    levels, refusals = resolve_levels(batch, answers)
    inputs = _Inputs(batch, answers, head, now, levels, refusals)
    decision = _Decision(inputs, {})
    decision.run()
    # What a named id gives away depends on the versions that are really added, so this check comes afterwards. Objects
    # refused in the first pass stay refused; otherwise an identical copy could enter unchecked in the second.
    reasons = decision.disclosure_reasons()
    if reasons:
        refused = {o.index: o.message for o in decision.outcomes if o.verdict is Verdict.REFUSED}
        decision = _Decision(inputs, refused | reasons)
        decision.run()
    return decision.effect()


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The arguments of `settle`, and the level that each candidate would have."""

    batch: Batch
    answers: Answers
    head: int
    now: int
    levels: Mapping[int, Level]
    refusals: Mapping[int, str]  # of candidates that are not accepted at their level


class _Decision:
    """One pass over a batch; `earlier_reasons` says, by index, why candidates are refused since an earlier pass."""

    def __init__(self, inputs: _Inputs, earlier_reasons: Mapping[int, str]) -> None:
        self._batch = inputs.batch
        self._answers = inputs.answers
        self._head = inputs.head
        self._now = inputs.now
        self._levels = inputs.levels
        self._refusals = inputs.refusals
        self._earlier_reasons = earlier_reasons
        self.outcomes: list[Outcome] = []
        self._records: dict[int, Record] = {}  # by index
        self._fresh_candidates: list[Candidate] = []  # new in this batch, or repeats of a new one
        self._first_records: dict[str, Record] = {}  # by id, new records of ids that no collection had
        self._histories: dict[str, History] = {}  # of all other ids, and of ids that occur again in the batch
        self._joined_keys: set[Any] = set()
        self._raised_levels: dict[Any, Level] = {}  # of existing records, by the store's key
        self._raising_indexes: dict[str, int] = {}  # id -> index of the candidate that raised it

    def run(self) -> None:
        """Give each candidate its verdict, in the order of the envelope."""
        for candidate in self._batch.candidates:
            self._judge(candidate)

    def _judge(self, candidate: Candidate) -> None:
        # (1) the collection accepts its level (L5)
        if reason := self._refusals.get(candidate.index):
            self._refuse(candidate, reason + self._advice_on_older_versions(candidate))
            return
        level = self._levels[candidate.index]
        history = None if self._is_first(candidate) else self._history(candidate.id)
        reason = self._earlier_reasons.get(candidate.index, "")
        if history is not None:
            # (2) an exact repeat is a success and changes nothing (L2)
            repeated = None if history.is_empty else history.find(candidate, self._batch.publisher, level)
            if repeated is not None:
                self._repeat(candidate, repeated, level)
                return
            # (3) a share in another member's record, or a reason why the object may not be added (L4)
            copy = None if reason or history.is_empty else history.claims.judge_copy(candidate, level.value)
            if copy is not None and copy.held_version is not None:
                self._share(candidate, copy.held_version, copy.message)
                return
            if not reason and copy is not None:
                reason = copy.message
            elif not reason:
                reason = _refusal_reason(candidate, history, level, self._batch.most_versions)
        if reason:
            self._refuse(candidate, reason)
            return
        # (4) its place: a whole millisecond of its own, after every place ever given out (L1)
        self._head = max(self._now, self._head + 1)
        if history is None:
            record = self._first_records[candidate.id] = _record(self._batch, candidate, level, self._head, self._now)
        else:
            self._head = _free_place(candidate, history, self._head)
            record = _record(self._batch, candidate, level, self._head, self._now)
            history.add(record)
        self._records[candidate.index] = record
        self._fresh_candidates.append(candidate)
        message = _unmarked_message(level) if level.source == BY_DEFAULT and not candidate.revoked else ""
        self.outcomes.append(Outcome(candidate.index, candidate.id, record.version_text, Verdict.ADDED, message))

    def _refuse(self, candidate: Candidate, reason: str) -> None:
        self.outcomes.append(Outcome(candidate.index, candidate.id, candidate.version_text, Verdict.REFUSED, reason))

    def _advice_on_older_versions(self, candidate: Candidate) -> str:
        """What to tell the sender of a version that is refused for its level: the older versions stay readable."""
        row = newest_here(self._batch, self._answers.rows.get(candidate.id, ()))
        if row is None or row.standing.governing == HIDDEN or self._batch.publisher not in row.publishers:
            return ""
        label = TLP(row.standing.governing).label
        return f" The version that the hub has stays readable at {label}: withdraw or delete it if necessary."

    def _share(self, candidate: Candidate, row: HeldVersion, message: str) -> None:
        """Make the sender a further publisher of the existing version."""
        if self._batch.publisher not in row.publishers:
            self._joined_keys.add(row.key)
        text = candidate.version_text or format_place(row.version // MICROSECONDS)
        self.outcomes.append(Outcome(candidate.index, candidate.id, text, Verdict.REPEAT, message))

    def _repeat(self, candidate: Candidate, repeated: HeldVersion | Record, level: Level) -> None:
        # an object without owner counts every member that published it, and stays until each has deleted its part;
        # only the owner of an object can withdraw it, even if other members repeated it
        if isinstance(repeated, Record):
            self._fresh_candidates.append(candidate)
        else:
            if repeated.owner == NOBODY and self._batch.publisher not in repeated.publishers:
                self._joined_keys.add(repeated.key)
            unmarked = candidate.level is None and repeated.source not in (BY_MARKING, BY_HUB)
            if (
                unmarked
                and repeated.publishers == (self._batch.publisher,)
                and level.source != BY_DEFAULT
                and level.value > repeated.level
                and not repeated.revoked
            ):
                self._raise(repeated, level, candidate.index)
        text = candidate.version_text or format_place(repeated.version // MICROSECONDS)
        message = _HIDDEN_MESSAGE if isinstance(repeated, HeldVersion) and repeated.level == HIDDEN else ""
        self.outcomes.append(Outcome(candidate.index, candidate.id, text, Verdict.REPEAT, message))

    def _raise(self, row: HeldVersion, level: Level, index: int) -> None:
        raised_level = self._raised_levels.get(row.key)
        if raised_level is None or raised_level.value < level.value:
            self._raised_levels[row.key] = level
            self._raising_indexes.setdefault(row.id, index)
            self._history(row.id)

    def _is_first(self, candidate: Candidate) -> bool:
        """Whether no collection and no earlier candidate has its id: true of most objects, which then need no history."""
        identifier = candidate.id
        return not (
            self._answers.rows.get(identifier)
            or candidate.assigned_member
            or identifier in self._first_records
            or identifier in self._histories
        )

    def _history(self, identifier: str) -> History:
        history = self._histories.get(identifier)
        if history is None:
            history = self._histories[identifier] = History(self._batch, self._answers, identifier)
            first = self._first_records.get(identifier)
            if first is not None:
                history.add(first)
        return history

    def disclosure_reasons(self) -> dict[int, str]:
        """By index, the reason for each candidate that is refused because it would give an observable away."""
        if not any(candidate.named_ids or candidate.version is None for candidate in self._fresh_candidates):
            return {}
        refused = [candidate for candidate in self._batch.candidates if candidate.index in self._refusals]
        versions = {index: record.version for index, record in self._records.items()}
        additions = Additions(self._fresh_candidates, versions, refused)
        return disclosure_reasons(self._batch, self._answers, self._levels, additions)

    def effect(self) -> BatchEffect:
        """What follows from the verdicts."""
        self._raise_named_by_containers()
        self._raise_descriptions()
        effect = BatchEffect(self._head, joined_keys=self._joined_keys)
        standings: dict[int, Standing] = {}  # of new records, by place
        stranded: dict[int, list[Stranded]] = {}  # by index of the candidate that caused it
        indexes = {record.id: index for index, record in self._records.items()}
        for identifier, history in self._histories.items():
            if identifier in self._raising_indexes or (identifier in indexes and len(history.by_version) > 1):
                cause = self._raising_indexes.get(identifier, indexes.get(identifier, 0))
                stranded_versions = history.update_standings(self._raised_levels, effect.changes, standings)
                stranded.setdefault(cause, []).extend(stranded_versions)
        for record in self._records.values():
            standing = standings.get(record.place)
            new = sole_record(record) if standing is None else NewRecord(record, standing)
            record.lowest_level = new.standing.governing
            effect.new_records.append(new)
        for outcome in self.outcomes:
            if outcome.index in stranded:
                outcome.stranded = tuple(stranded[outcome.index])
        effect.outcomes = tuple(self.outcomes)
        return effect

    def _raise_named_by_containers(self) -> None:
        bystanders = list(bystander_levels(self._batch, self._answers))
        if not bystanders and not any(candidate.contained_ids for candidate in self._batch.candidates):
            return
        accepted = {outcome.index for outcome in self.outcomes if outcome.verdict is not Verdict.REFUSED}
        # a container that is refused for its level still says that the objects it names are not for this collection's readers
        too_high = {index for index in self._refusals if index in self._levels and self._levels[index].value < HIDDEN}
        counted = accepted | too_high
        containers = [
            (candidate, self._levels[candidate.index].value)
            for candidate in self._batch.candidates
            if candidate.contained_ids and candidate.index in counted and not candidate.revoked
        ]
        for row, level, index in raised_versions(self._batch, self._answers, [*containers, *bystanders]):
            history = self._history(row.id)
            if history.newest == row.version:  # else a newer version is in this batch, and has its own level
                self._raise(row, level, index)

    def _raise_descriptions(self) -> None:
        """Law L5 c, for descriptions that the hub had before the described object came or was raised."""
        indexes = {record.id: index for index, record in self._records.items()}
        for identifier, describing in self._answers.descriptions.items():
            if not describing or not (identifier in indexes or identifier in self._histories):
                continue
            history = self._history(identifier)
            if history.newest is None:
                continue
            newest = history.by_version[history.newest]
            if newest.revoked:
                continue
            raised = None if isinstance(newest, Record) else self._raised_levels.get(newest.key)
            level = max(newest.level, -1 if raised is None else raised.value)
            index = self._raising_indexes.get(identifier, indexes.get(identifier))
            if index is None:
                continue
            for describing_id in describing:
                row = newest_here(self._batch, self._answers.rows.get(describing_id, ()))
                if row is not None and not row.revoked and row.level < level:
                    self._raise(row, Level(level, identifier), index)


def sole_record(record: Record) -> NewRecord:
    """The record as the only version of its id."""
    return NewRecord(record, _standing_alone(record.level, record.revoked))


@cache
def _standing_alone(level: int, withdrawn: bool) -> Standing:
    return Standing(level, newest=True, preceding_level=NO_LEVEL, withdrawn=withdrawn)


def _version_limit_problem(candidate: Candidate, history: History, most: int) -> str:
    """Why a further version is refused (law L9). A revocation is always accepted: readers of the object must learn of it."""
    if len(history.by_version) < most or candidate.revoked:
        return ""
    return (
        f"{candidate.id} has {most} versions here, which is the most: delete older ones (match[version]), or publish what is "
        "new under an id of its own."
    )


def _free_place(candidate: Candidate, history: History, place: int) -> int:
    """The place, or the next that gives the candidate a version of its own."""
    if candidate.version is None:
        # its place becomes its version: skip a version that a producer gave to a custom object of the same id
        while place * MICROSECONDS in history.by_version or place * MICROSECONDS in history.set_aside:
            place += 1
    return place


def _record(batch: Batch, candidate: Candidate, level: Level, place: int, now: int) -> Record:
    return Record(  # positional arguments, since this runs for each object: named ones take three times as long
        batch.collection,
        place,
        candidate.id,
        candidate.type,
        place * MICROSECONDS if candidate.version is None else candidate.version,
        candidate.version_text or format_place(place),
        level.value,
        candidate.owner,
        (batch.publisher,),
        candidate.revoked,
        now,
        candidate.body,
        candidate.digest,
        level.source,
        HIDDEN,  # lowest_level: `effect` sets it
        candidate.named_ids,
        candidate.contained_ids,
        candidate.described_id,
    )


def _refusal_reason(candidate: Candidate, history: History, level: Level, most: int) -> str:
    """Why the candidate is not added; empty if it is. `most` is the number of versions that one id may have."""
    if history.is_empty and not candidate.assigned_member:
        return ""
    return (
        history.claims.ownership_problem(candidate)
        or _version_problem(candidate, history, level)
        or _version_limit_problem(candidate, history, most)
    )


def _version_problem(candidate: Candidate, history: History, level: Level) -> str:
    version = candidate.version
    if version is None:
        return ""
    if version in history.by_version:
        if candidate.type == "marking-definition":
            return f"{candidate.id} is held with other content, and a marking definition never changes."
        return f"this version of {candidate.id} is held with other content: a change needs a later `modified`."
    if version in history.set_aside:
        return f"a version of {candidate.id} with that `modified` is hidden until the hub's operator decides: send a later one."
    if history.revoked_at is not None and history.revoked_at < version:
        return f"{candidate.id} was revoked, and revocation is permanent: publish a new object with an id of its own."
    if candidate.revoked and history.newest is not None and history.newest > version:
        return f"a version of {candidate.id} newer than this revocation is held: revoke with a later `modified`."
    if candidate.revoked and level.value > history.lowest_level:
        reached = TLP(history.lowest_level).label
        return (
            f"it is {TLP(level.value).label}, and a version of {candidate.id} was readable at {reached}: who has that one "
            f"would never learn that it is revoked. Revoke it with the content of that version, marked {reached}."
        )
    return ""


_HIDDEN_MESSAGE: Final = (
    "It is hidden from every reader until the hub's operator decides: send a newer version that is marked right."
)


def _unmarked_message(level: Level) -> str:
    readers = ", which only national CERTs read" if level.value == TLP.AMBER_STRICT else ""
    return f"It is unmarked, and shown as {TLP(level.value).label}{readers}, until you mark it."


def scrub_id(object_id: str) -> str:
    """The replacement of a purged id in a status: of the same form, so that the status stays valid."""
    return f"{object_id.partition('--')[0]}--{PURGED_UUID}"
