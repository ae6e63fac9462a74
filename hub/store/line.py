"""What a batch does to a collection, as a value: every store asks this under its own lock, and then only writes.

Laws L1 (place in line), L2 (once), L4 (a member's objects are its own) and L5 (nothing names a higher SCO) meet here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP
from hub.store import ownership
from hub.store.base import NO_LEVEL, NOBODY, Batch, Candidate, Deletion, HeldVersion, Outcome, Record, Verdict

MICROSECONDS: Final = 1000  # in a millisecond
NO_BODIES: Final[Mapping[Any, bytes]] = {}
SCRUBBED: Final = "00000000-0000-4000-8000-000000000000"  # the UUID in place of a purged one


@dataclass(slots=True)
class NewRecord:
    """A record to write, with where it stands among the versions of its id; as fast to make as `base` says."""

    record: Record
    superseded_level: int  # the lowest level among newer versions in its collection, NO_LEVEL if none
    preceded_level: int  # the lowest level among older ones


@dataclass(slots=True)
class Settled:
    """All that a store has to write for one batch."""

    head: int
    outcomes: tuple[Outcome, ...] = ()
    new: list[NewRecord] = field(default_factory=list)
    # for records that were held before: the new superseded/preceded levels to fold in with min(), by store's key
    superseded: dict[Any, int] = field(default_factory=dict)
    preceded: dict[Any, int] = field(default_factory=dict)
    joined: set[Any] = field(default_factory=set)  # held records that this publisher has now published, too


def ids_to_look_up(batch: Batch) -> set[str]:
    """The ids whose held versions `settle` has to be told: the candidates' own, and those that they name."""
    return {c.id for c in batch.candidates} | {name for c in batch.candidates for name in c.names}


def settle(
    batch: Batch,
    held: Mapping[str, Sequence[HeldVersion]],
    head: int,
    now: int,
    bodies: Mapping[Any, bytes] = NO_BODIES,
) -> Settled:
    """Decide the batch against what is held (of all collections, for `ids_to_look_up`) and the collection's head.

    `bodies` are those that `ownership.bodies_to_read` asks for; `now` is the hub's clock in milliseconds. Pure: the
    same arguments give the same answer.
    """
    settled, fresh = _decide(batch, held, head, now, bodies, {})
    # What naming an id gives away hangs on the versions of it that are really added, so it is asked afterwards; what
    # was refused the first time stays so, lest a twin of a refused object slips in unasked.
    given_away = _giving_away(batch, held, settled, fresh)
    if given_away:
        refused = {o.index: o.message for o in settled.outcomes if o.verdict is Verdict.REFUSED}
        settled, _ = _decide(batch, held, head, now, bodies, refused | given_away)
    return settled


def _decide(  # noqa: PLR0913, PLR0917 - the steps of a batch, and all that they look at
    batch: Batch,
    held: Mapping[str, Sequence[HeldVersion]],
    head: int,
    now: int,
    bodies: Mapping[Any, bytes],
    barred: Mapping[int, str],
) -> tuple[Settled, list[Candidate]]:
    """All but what law L5 asks of names; also the candidates that are new here (or repeat one that is)."""
    settled = Settled(head=head)
    outcomes: list[Outcome] = []
    fresh: list[Candidate] = []
    records: list[Record] = []
    histories: dict[str, _History] = {}
    for candidate in batch.candidates:
        history = histories.get(candidate.id)
        if history is None:
            history = histories[candidate.id] = _History(batch, held.get(candidate.id, ()), bodies)
        # (1) an exact repeat is a success and moves nothing (L2)
        repeated = history.find(candidate)
        if repeated is not None:
            # what belongs to nobody has every member that published it behind it, and stays until each took it back;
            # what belongs to a member is that member's alone to take back, whoever repeats it
            if isinstance(repeated, Record):
                fresh.append(candidate)
            elif repeated.owner == NOBODY and batch.publisher not in repeated.publishers:
                settled.joined.add(repeated.key)
            text = candidate.version_text or format_place(repeated.version // MICROSECONDS)
            outcomes.append(Outcome(candidate.index, candidate.id, text, Verdict.REPEAT))
            continue
        # (2) a share in what another member published, or what may not be added, in words (L4)
        why = barred.get(candidate.index, "")
        copy = None if why else history.claims.copy(candidate)
        if copy is not None and copy.held is not None:
            outcomes.append(_share(batch, candidate, copy, copy.held, settled))
            continue
        why = why or (copy.message if copy is not None else _refused(candidate, history))
        if why:
            outcomes.append(Outcome(candidate.index, candidate.id, candidate.version_text, Verdict.REFUSED, why))
            continue
        # (3) its place: one whole millisecond of its own, beyond every place ever given out (L1)
        settled.head = _next_place(candidate, history, settled.head, now)
        record = _record(batch, candidate, settled.head, now)
        history.add(record)
        records.append(record)
        fresh.append(candidate)
        outcomes.append(Outcome(candidate.index, candidate.id, record.version_text, Verdict.ADDED))
    settled.outcomes = tuple(outcomes)
    # (4) where the new records stand among the versions of their ids
    levels: dict[int, tuple[int, int]] = {}  # by place
    for identifier in {record.id for record in records}:
        if len(histories[identifier].by_version) > 1:
            _tell_neighbours(histories[identifier], settled, levels)
    settled.new = [NewRecord(record, *levels.get(record.place, (NO_LEVEL, NO_LEVEL))) for record in records]
    return settled, fresh


def _share(batch: Batch, candidate: Candidate, copy: ownership.Copy, row: HeldVersion, settled: Settled) -> Outcome:
    """The publisher stands behind the held version, too, from now on."""
    if batch.publisher not in row.publishers:
        settled.joined.add(row.key)
    text = candidate.version_text or format_place(row.version // MICROSECONDS)
    return Outcome(candidate.index, candidate.id, text, Verdict.REPEAT, copy.message)


class _History:
    """What is held of one id, kept so that a verdict costs the same however many versions there are."""

    __slots__ = ("by_digest", "by_version", "claims", "collection", "newest", "revoked_at")

    def __init__(self, batch: Batch, rows: Sequence[HeldVersion], bodies: Mapping[Any, bytes]) -> None:
        self.collection = batch.collection
        self.claims = ownership.Claims(batch, rows, bodies)  # in whichever collection
        # in this one, as all that follows: what the store holds, and records that this batch adds
        self.by_version: dict[int, HeldVersion | Record] = {}
        self.by_digest: dict[bytes, HeldVersion | Record] = {}
        self.newest: int | None = None
        self.revoked_at: int | None = None
        for row in rows:
            self._add(row)

    def add(self, record: Record) -> None:
        """Take note of a version that the batch adds."""
        self.claims.add(record)
        self._add(record)

    def _add(self, row: HeldVersion | Record) -> None:
        if row.collection != self.collection:
            return
        self.by_version[row.version] = row
        self.by_digest.setdefault(row.digest, row)
        self.newest = row.version if self.newest is None else max(self.newest, row.version)
        if row.revoked:
            self.revoked_at = row.version if self.revoked_at is None else min(self.revoked_at, row.version)

    def find(self, candidate: Candidate) -> HeldVersion | Record | None:
        """The version that the candidate repeats exactly; of an SCO, any version with the same content."""
        if candidate.version is None:
            return self.by_digest.get(candidate.digest)
        row = self.by_version.get(candidate.version)
        return row if row is not None and row.digest == candidate.digest else None


def _next_place(candidate: Candidate, history: _History, head: int, now: int) -> int:
    place = max(now, head + 1)
    if candidate.version is None:
        # its place becomes its version: one that a custom object was given by its producer is passed over
        while place * MICROSECONDS in history.by_version:
            place += 1
    return place


def _record(batch: Batch, candidate: Candidate, place: int, now: int) -> Record:
    return Record(
        collection=batch.collection,
        place=place,
        id=candidate.id,
        type=candidate.type,
        version=place * MICROSECONDS if candidate.version is None else candidate.version,
        version_text=candidate.version_text or format_place(place),
        level=candidate.level,
        owner=candidate.owner,
        publishers=(batch.publisher,),
        revoked=candidate.revoked,
        accepted_at=now,
        body=candidate.body,
        digest=candidate.digest,
    )


def _tell_neighbours(history: _History, settled: Settled, levels: dict[int, tuple[int, int]]) -> None:
    """Where each version of one id stands among the others: of held ones into `settled`, of new ones into `levels`."""
    rows = [history.by_version[version] for version in sorted(history.by_version)]
    for row, (superseded, preceded) in zip(rows, neighbour_levels([row.level for row in rows]), strict=True):
        if isinstance(row, Record):
            levels[row.place] = (superseded, preceded)
            continue
        if superseded != NO_LEVEL:
            settled.superseded[row.key] = superseded
        if preceded != NO_LEVEL:
            settled.preceded[row.key] = preceded


def _giving_away(
    batch: Batch, held: Mapping[str, Sequence[HeldVersion]], settled: Settled, fresh: Sequence[Candidate]
) -> dict[int, str]:
    """By index, why each of the fresh candidates is refused that names an SCO of a higher level (law L5).

    (1) An id is given away at the lowest level at which it is, or would become, visible here. (2) A candidate that is
    refused makes its own id visible at its level no more, so (3) those that name it are asked again.
    """
    asked = [candidate for candidate in fresh if candidate.names]
    if not asked:
        return {}
    # (1)
    levels: dict[str, list[int]] = {}
    for identifier, rows in held.items():
        levels[identifier] = [row.level for row in rows if row.collection == batch.collection]
    added = {outcome.index for outcome in settled.outcomes if outcome.verdict is Verdict.ADDED}
    naming: dict[str, list[Candidate]] = {}
    for candidate in fresh:
        for name in candidate.names:
            naming.setdefault(name, []).append(candidate)
        if candidate.index in added:
            levels.setdefault(candidate.id, []).append(candidate.level)
    lowest = {identifier: min(those) for identifier, those in levels.items() if those}
    given_away: dict[int, str] = {}
    while asked:
        candidate = asked.pop()
        why = "" if candidate.index in given_away else _gives_away(candidate, lowest)
        if not why:
            continue
        given_away[candidate.index] = why
        if candidate.index not in added:
            continue
        # (2)
        before = lowest[candidate.id]
        levels[candidate.id].remove(candidate.level)
        lowest[candidate.id] = min(levels[candidate.id], default=NO_LEVEL)
        # (3)
        if lowest[candidate.id] != before:
            asked += naming.get(candidate.id, ())
    return given_away


def _refused(candidate: Candidate, history: _History) -> str:
    if why := history.claims.taken_over(candidate):
        return why
    version = candidate.version
    if version is None:
        return ""
    if version in history.by_version:
        if candidate.type == "marking-definition":
            return f"{candidate.id} is held with other content, and a marking definition never changes."
        return f"this version of {candidate.id} is held with other content: a change needs a later `modified`."
    if history.revoked_at is not None and history.revoked_at < version:
        return f"{candidate.id} was revoked, and revocation is permanent: publish a new object with an id of its own."
    if candidate.revoked and history.newest is not None and history.newest > version:
        return f"a version of {candidate.id} newer than this revocation is held: revoke with a later `modified`."
    return ""


def _gives_away(candidate: Candidate, lowest: Mapping[str, int]) -> str:
    for name in candidate.names:
        level = lowest.get(name, NO_LEVEL)
        if level > candidate.level and level != NO_LEVEL:
            return (
                f"it is {TLP(candidate.level).label} and names {name}, which is {TLP(level).label}: an observable's id "
                f"gives its value away. Mark this object {TLP(level).label} or higher, or leave the reference out."
            )
    return ""


@dataclass(slots=True)
class Withdrawn:
    """What a deletion comes to: by the store's key, which records go and what publishers the others keep."""

    verdict: Deletion
    gone: list[Any] = field(default_factory=list)
    left: dict[Any, tuple[str, ...]] = field(default_factory=dict)


def withdraw(asked: Sequence[HeldVersion], publisher: str) -> Withdrawn:
    """Take one publisher's part out of the records that were asked for (law L4). Pure."""
    if not asked:
        return Withdrawn(Deletion.MISSING)
    withdrawn = Withdrawn(Deletion.DELETED)
    for row in asked:
        others = tuple(name for name in row.publishers if name != publisher)
        if not others:
            withdrawn.gone.append(row.key)
            continue
        withdrawn.verdict = Deletion.OTHERS_REMAIN
        if others != row.publishers:
            withdrawn.left[row.key] = others
    return withdrawn


def neighbour_levels(levels: Sequence[int]) -> list[tuple[int, int]]:
    """(superseded_level, preceded_level) of each version of one id in one collection, from their levels oldest first."""
    superseded, preceded = NO_LEVEL, NO_LEVEL
    pairs: list[tuple[int, int]] = [(NO_LEVEL, NO_LEVEL)] * len(levels)
    for index, level in enumerate(levels):
        pairs[index] = (NO_LEVEL, preceded)
        preceded = min(preceded, level)
    for index in range(len(levels) - 1, -1, -1):
        pairs[index] = (superseded, pairs[index][1])
        superseded = min(superseded, levels[index])
    return pairs


def scrubbed(object_id: str) -> str:
    """What stands in a status in place of an id that was purged: of the same form, so that the status stays valid."""
    return f"{object_id.partition('--')[0]}--{SCRUBBED}"
