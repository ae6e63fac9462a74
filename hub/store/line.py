"""What a batch does to a collection, as a value: every store asks this under its own lock, and then only writes.

Laws L1 (position), L2 (once), L4 (a member's objects are its own) and L5 (levels) meet here. At which level each object
is kept is decided in `levels`, what an observable's id gives away in `observables`.
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
from hub.store.levels import Known, Level, bystander_levels, levels_of, newest_here, raises_of
from hub.store.observables import Additions, given_away
from hub.store.records import BY_DEFAULT, BY_HUB, BY_MARKING, HIDDEN, NO_LEVEL, NOBODY, HeldVersion, Record, Standing

MICROSECONDS: Final = 1000  # in a millisecond
SCRUBBED: Final = "00000000-0000-4000-8000-000000000000"  # the UUID in place of a purged one


@dataclass(slots=True)
class NewRecord:
    """A record to write, with where it stands among the versions of its id; as fast to make as `base` says."""

    record: Record
    standing: Standing


@dataclass(slots=True)
class Settled:
    """All that a store has to write for one batch."""

    head: int
    outcomes: tuple[Outcome, ...] = ()
    new: list[NewRecord] = field(default_factory=list)
    changes: dict[Any, RowChange] = field(default_factory=dict)  # of held records, by the store's key
    joined: set[Any] = field(default_factory=set)  # held records that this publisher has now published, too


def settle(batch: Batch, known: Known, head: int, now: int) -> Settled:
    """Decide the batch against what is held (the answers to `levels.questions`) and the collection's head.

    `now` is the hub's clock in milliseconds. Pure: the same arguments give the same answer.
    """
    levels, refusals = levels_of(batch, known)
    asked = _Asked(batch, known, head, now, levels, refusals)
    decision = _Decision(asked, {})
    decision.run()
    # What naming an id gives away hangs on the versions of it that are really added, so it is asked afterwards. What was
    # refused the first time stays refused; otherwise an identical copy could enter unchecked in the second.
    reasons = decision.given_away()
    if reasons:
        refused = {o.index: o.message for o in decision.outcomes if o.verdict is Verdict.REFUSED}
        decision = _Decision(asked, refused | reasons)
        decision.run()
    return decision.settled()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be decided: the arguments of `settle`, and at which level each candidate would be kept."""

    batch: Batch
    known: Known
    head: int
    now: int
    levels: Mapping[int, Level]
    refusals: Mapping[int, str]  # of those that are not taken at their level


class _Decision:
    """One pass over a batch; `barred` are candidates that are refused by now, and why."""

    def __init__(self, asked: _Asked, barred: Mapping[int, str]) -> None:
        self._batch = asked.batch
        self._known = asked.known
        self._head = asked.head
        self._now = asked.now
        self._levels = asked.levels
        self._refusals = asked.refusals
        self._barred = barred
        self.outcomes: list[Outcome] = []
        self._records: dict[int, Record] = {}  # by index
        self._fresh: list[Candidate] = []  # what is new here, or repeats one that is
        self._first: dict[str, Record] = {}  # what is new here under an id of which nothing was held anywhere
        self._histories: dict[str, History] = {}  # of all other ids, and of those that come again
        self._joined: set[Any] = set()
        self._raised: dict[Any, Level] = {}  # held records, by the store's key
        self._raised_by: dict[str, int] = {}  # id -> index of the candidate that raised it

    def run(self) -> None:
        """Give each candidate its verdict, in the order of the envelope."""
        for candidate in self._batch.candidates:
            self._judge(candidate)

    def _judge(self, candidate: Candidate) -> None:
        # (1) its level is one that is taken here (L5)
        if why := self._refusals.get(candidate.index):
            self._refuse(candidate, why + self._still_readable(candidate))
            return
        level = self._levels[candidate.index]
        history = None if self._is_first(candidate) else self._history(candidate.id)
        why = self._barred.get(candidate.index, "")
        if history is not None:
            # (2) an exact repeat is a success and moves nothing (L2)
            repeated = None if history.is_empty else history.find(candidate, self._batch.publisher, level)
            if repeated is not None:
                self._repeat(candidate, repeated, level)
                return
            # (3) a share in what another member published, or what may not be added, in words (L4)
            copy = None if why or history.is_empty else history.claims.copy(candidate, level.value)
            if copy is not None and copy.held is not None:
                self._share(candidate, copy.held, copy.message)
                return
            why = why or (
                copy.message if copy is not None else _refused(candidate, history, level, self._batch.versions)
            )
        if why:
            self._refuse(candidate, why)
            return
        # (4) its place: one whole millisecond of its own, beyond every place ever given out (L1)
        self._head = max(self._now, self._head + 1)
        if history is None:
            record = self._first[candidate.id] = _record(self._batch, candidate, level, self._head, self._now)
        else:
            self._head = _free_place(candidate, history, self._head)
            record = _record(self._batch, candidate, level, self._head, self._now)
            history.add(record)
        self._records[candidate.index] = record
        self._fresh.append(candidate)
        message = _shown_as(level) if level.source == BY_DEFAULT and not candidate.revoked else ""
        self.outcomes.append(Outcome(candidate.index, candidate.id, record.version_text, Verdict.ADDED, message))

    def _refuse(self, candidate: Candidate, why: str) -> None:
        self.outcomes.append(Outcome(candidate.index, candidate.id, candidate.version_text, Verdict.REFUSED, why))

    def _still_readable(self, candidate: Candidate) -> str:
        """What becomes of earlier versions where a newer one is refused for its level: nothing, which its sender should know."""
        row = newest_here(self._batch, self._known.rows.get(candidate.id, ()))
        if row is None or row.standing.governing == HIDDEN or self._batch.publisher not in row.publishers:
            return ""
        return f" What is held of it stays readable at {TLP(row.standing.governing).label}: withdraw or delete that, if need be."

    def _share(self, candidate: Candidate, row: HeldVersion, message: str) -> None:
        """The publisher stands behind the held version, too, from now on."""
        if self._batch.publisher not in row.publishers:
            self._joined.add(row.key)
        text = candidate.version_text or format_place(row.version // MICROSECONDS)
        self.outcomes.append(Outcome(candidate.index, candidate.id, text, Verdict.REPEAT, message))

    def _repeat(self, candidate: Candidate, repeated: HeldVersion | Record, level: Level) -> None:
        # what belongs to nobody has every member that published it behind it, and stays until each took it back;
        # only the member that owns an object can withdraw it, even if others repeated it
        if isinstance(repeated, Record):
            self._fresh.append(candidate)
        else:
            if repeated.owner == NOBODY and self._batch.publisher not in repeated.publishers:
                self._joined.add(repeated.key)
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
        message = _HIDDEN if isinstance(repeated, HeldVersion) and repeated.level == HIDDEN else ""
        self.outcomes.append(Outcome(candidate.index, candidate.id, text, Verdict.REPEAT, message))

    def _raise(self, row: HeldVersion, level: Level, index: int) -> None:
        before = self._raised.get(row.key)
        if before is None or before.value < level.value:
            self._raised[row.key] = level
            self._raised_by.setdefault(row.id, index)
            self._history(row.id)

    def _is_first(self, candidate: Candidate) -> bool:
        """Whether nothing is held of its id, in any collection or by this batch: so it is with most, and no history needed."""
        identifier = candidate.id
        return not (
            self._known.rows.get(identifier)
            or candidate.handed_to
            or identifier in self._first
            or identifier in self._histories
        )

    def _history(self, identifier: str) -> History:
        history = self._histories.get(identifier)
        if history is None:
            history = self._histories[identifier] = History(self._batch, self._known, identifier)
            first = self._first.get(identifier)
            if first is not None:
                history.add(first)
        return history

    def given_away(self) -> dict[int, str]:
        """By index, why candidates are refused that give an observable away."""
        if not any(record.names or record.version is None for record in self._fresh):
            return {}
        refused = [candidate for candidate in self._batch.candidates if candidate.index in self._refusals]
        added = {index: record.version for index, record in self._records.items()}
        return given_away(self._batch, self._known, self._levels, Additions(self._fresh, added, refused))

    def settled(self) -> Settled:
        """All that follows from the verdicts."""
        self._raise_what_containers_name()
        self._raise_what_describes()
        settled = Settled(self._head, joined=self._joined)
        standings: dict[int, Standing] = {}  # of new records, by place
        stranded: dict[int, list[Stranded]] = {}  # by index of the candidate that is the cause
        indexes = {record.id: index for index, record in self._records.items()}
        for identifier, history in self._histories.items():
            if identifier in self._raised_by or (identifier in indexes and len(history.by_version) > 1):
                cause = self._raised_by.get(identifier, indexes.get(identifier, 0))
                stranded_versions = history.stand(self._raised, settled.changes, standings)
                stranded.setdefault(cause, []).extend(stranded_versions)
        for record in self._records.values():
            standing = standings.get(record.place)
            new = alone(record) if standing is None else NewRecord(record, standing)
            record.reached = new.standing.governing
            settled.new.append(new)
        for outcome in self.outcomes:
            if outcome.index in stranded:
                outcome.stranded = tuple(stranded[outcome.index])
        settled.outcomes = tuple(self.outcomes)
        return settled

    def _raise_what_containers_name(self) -> None:
        outside = list(bystander_levels(self._batch, self._known))
        if not outside and not any(candidate.contains for candidate in self._batch.candidates):
            return
        accepted = {outcome.index for outcome in self.outcomes if outcome.verdict is not Verdict.REFUSED}
        # what is refused for its level says of held objects all the same that they are not for this collection's readers
        too_high = {index for index in self._refusals if index in self._levels and self._levels[index].value < HIDDEN}
        speaking = accepted | too_high
        containers = [
            (candidate, self._levels[candidate.index].value)
            for candidate in self._batch.candidates
            if candidate.contains and candidate.index in speaking and not candidate.revoked
        ]
        for row, level, index in raises_of(self._batch, self._known, [*containers, *outside]):
            history = self._history(row.id)
            if history.newest == row.version:  # else a newer version is in this batch, and has its own level
                self._raise(row, level, index)

    def _raise_what_describes(self) -> None:
        """Law L5 c, for what was held before the object that it describes came, or was raised."""
        indexes = {record.id: index for index, record in self._records.items()}
        for identifier, describing in self._known.descriptions.items():
            if not describing or not (identifier in indexes or identifier in self._histories):
                continue
            history = self._history(identifier)
            if history.newest is None:
                continue
            newest = history.by_version[history.newest]
            if newest.revoked:
                continue
            raised = None if isinstance(newest, Record) else self._raised.get(newest.key)
            level = max(newest.level, -1 if raised is None else raised.value)
            index = self._raised_by.get(identifier, indexes.get(identifier))
            if index is None:
                continue
            for name in describing:
                row = newest_here(self._batch, self._known.rows.get(name, ()))
                if row is not None and not row.revoked and row.level < level:
                    self._raise(row, Level(level, identifier), index)


def alone(record: Record) -> NewRecord:
    """A record as if it were the only version of its id."""
    return NewRecord(record, _standing_alone(record.level, record.revoked))


@cache
def _standing_alone(level: int, withdrawn: bool) -> Standing:
    return Standing(level, newest=True, preceded=NO_LEVEL, withdrawn=withdrawn)


def _one_too_many(candidate: Candidate, history: History, most: int) -> str:
    """Why a further version is not taken (law L9). A revocation is: those who have the object must learn of it."""
    if len(history.by_version) < most or candidate.revoked:
        return ""
    return (
        f"{candidate.id} has {most} versions here, which is the most: delete older ones (match[version]), or publish what is "
        "new under an id of its own."
    )


def _free_place(candidate: Candidate, history: History, place: int) -> int:
    """The place, or the next that gives the candidate a version of its own."""
    if candidate.version is None:
        # its place becomes its version: one that a custom object was given by its producer is passed over
        while place * MICROSECONDS in history.by_version or place * MICROSECONDS in history.aside:
            place += 1
    return place


def _record(batch: Batch, candidate: Candidate, level: Level, place: int, now: int) -> Record:
    return Record(  # by position, since one is made for each object: by name it takes three times as long
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
        HIDDEN,  # reached: `settled` knows better
        candidate.names,
        candidate.contains,
        candidate.describes,
    )


def _refused(candidate: Candidate, history: History, level: Level, most: int) -> str:
    """Why the candidate is not added, in words; `most` is the number of versions that one id may have."""
    if history.is_empty and not candidate.handed_to:
        return ""
    return (
        history.claims.taken_over(candidate)
        or _version_problem(candidate, history, level)
        or _one_too_many(candidate, history, most)
    )


def _version_problem(candidate: Candidate, history: History, level: Level) -> str:
    version = candidate.version
    if version is None:
        return ""
    if version in history.by_version:
        if candidate.type == "marking-definition":
            return f"{candidate.id} is held with other content, and a marking definition never changes."
        return f"this version of {candidate.id} is held with other content: a change needs a later `modified`."
    if version in history.aside:
        return f"a version of {candidate.id} with that `modified` is hidden until the hub's operator decides: send a later one."
    if history.revoked_at is not None and history.revoked_at < version:
        return f"{candidate.id} was revoked, and revocation is permanent: publish a new object with an id of its own."
    if candidate.revoked and history.newest is not None and history.newest > version:
        return f"a version of {candidate.id} newer than this revocation is held: revoke with a later `modified`."
    if candidate.revoked and level.value > history.reached:
        reached = TLP(history.reached).label
        return (
            f"it is {TLP(level.value).label}, and a version of {candidate.id} was readable at {reached}: who has that one "
            f"would never learn that it is revoked. Revoke it with the content of that version, marked {reached}."
        )
    return ""


_HIDDEN: Final = (
    "It is hidden from every reader until the hub's operator decides: send a newer version that is marked right."
)


def _shown_as(level: Level) -> str:
    readers = ", which only national CERTs read" if level.value == TLP.AMBER_STRICT else ""
    return f"It is unmarked, and shown as {TLP(level.value).label}{readers}, until you mark it."


def scrubbed(object_id: str) -> str:
    """What stands in a status in place of an id that was purged: of the same form, so that the status stays valid."""
    return f"{object_id.partition('--')[0]}--{SCRUBBED}"
