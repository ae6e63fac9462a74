"""How changes are committed in MongoDB without multi-document transactions: the protocol, as steps. No I/O here.

Each collection has a log of numbered entries, and *entry n is committed when its document `collection:n` is there*: keys
are unique, so of all who try number n one succeeds, and anybody can look later who it was. The newest entry is the tip.

1. Read the tip (primary, majority, one causal session). If it is not done, carry it out as in 5 to 9, and read again.
2. Announce the commit: which ids, for which owners, and which observables they name, as number tip + 1. Then look at what
   others announce. Where one of them, in another collection, claims an id for another owner, or names what this one adds,
   or adds what this one names, have that decided first: wait for it or take its number with an empty entry. Whoever
   announces before looking is seen by all who look later, so of two such writers at least one sees the other (laws L4
   and L5 e are hub-wide).
3. Look up what is held, in all collections, and decide the batch (`line.settle`): the plan. Where it moves nothing, look
   whether the tip is still the same, write its entry in the audit trail and its status, and answer; else go back to 1.
4. **Commit**: insert entry tip + 1 with the plan, bodies and all. Taken by another: back to 1. Answer lost: insert again;
   the key shows whose it is. Then look whether it is the tip: where a number is free only because old entries were
   tidied away while this writer slept, it is not, and nothing was committed.
5. Carry out, by the writer or by anyone who finds the tip not done: insert the new rows, a row that is there stays as
   it is; insert the status likewise.
6. Show: mark the entry visible. From now on readers page up to its place.
7. Touch older rows (who supersedes them, publishers, deletions), each only if no later commit wrote it.
8. Write the commit's entry in the audit trail (`mongo_notes`), with the seals of the rows as they are now.
9. Mark the entry done and drop its plan. Then answer 202, and take the announcement back.

Readers: the newest visible entry first, then one range of places up to its place, and on the last page the entry once
more: where it moved on meanwhile, the page is read again, so that no reader meets neither the old nor the new version.

Why a sleeper does no harm, whenever it wakes: its entry's number is taken (4); the rows that it inserts are there, or
their seat is (a deleted row leaves its key behind); the rows that it touches carry a higher number (7); marks it sets
were set. Only inserts under unique keys decide anything. No clock and no lease is needed for safety.

`mongo_steps` has the words, `mongo_restore` the way of an import. Each function is a generator: it yields a step, and
is sent that step's answer. The store runs the steps against the server and repeats one whose answer was lost, which
every step allows; tests/mongo/test_simulation.py runs the same generators against a model server that kills, stalls,
forgets and rolls back.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, Final

from hub.errors import StoreUnavailableError
from hub.store import line, ownership, trail
from hub.store.base import Changes
from hub.store.batch import Appended, Batch
from hub.store.mongo import notes as mongo_notes
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.lookups import look_up
from hub.store.mongo.rows import Document
from hub.store.mongo.steps import (
    NOTHING_HELD,
    Announce,
    Finish,
    Insert,
    InsertRows,
    Intent,
    KeepStatuses,
    LogEntry,
    Note,
    Plan,
    Range,
    ReadEntry,
    ReadIntents,
    ReadPlan,
    ReadTip,
    Retract,
    Show,
    Step,
    Tidy,
    Touch,
    Wait,
)
from hub.store.query import Query
from hub.store.records import HIDDEN, Status

POLITE_WAITS: Final = 40  # how often a tip is looked at again before it is carried out in its writer's place
READ_AGAIN: Final = 10  # times that a last page is read again because the line moved on meanwhile
KEPT_ENTRIES: Final = 64  # log entries behind the tip that are left for sleepers to find


# ---------------------------------------------------------------------------------------------------------- protocol


def finished_tip(collection: str) -> Generator[Step, Any, LogEntry]:
    """Step 1: the newest entry, done. Its writer gets time to finish it; then it is carried out in its place."""
    watched, waits = 0, 0
    while True:
        entries: list[LogEntry] = yield ReadTip(collection)
        if not entries:
            return LogEntry(collection, 0, "", 0, visible=True, done=True)
        tip = entries[0]
        if tip.done:
            return tip
        if tip.n != watched:
            watched, waits = tip.n, 0
        if waits < POLITE_WAITS:
            waits += 1
            yield Wait()
            continue
        plan: Plan | None = yield ReadPlan(collection, tip.n)
        if plan is not None:
            yield from carry_out(tip, plan)


def commit(tip: LogEntry, entry: LogEntry, plan: Plan) -> Generator[Step, Any, bool]:
    """Steps 4 to 9: whether `entry`, the one after `tip`, was committed; then it is also carried out.

    StoreUnavailableError where the writer slept for so long that nobody can tell any more.
    """
    assert entry.n == tip.n + 1
    # (4)
    holder: str = yield Insert(entry, plan)
    if holder != entry.batch:
        return False
    entries: list[LogEntry] = yield ReadTip(entry.collection)
    if not entries or (entries[0].n, entries[0].batch) != (entry.n, entry.batch):
        ours: LogEntry | None = yield ReadEntry(entry.collection, entry.n)
        if ours is None or ours.batch != entry.batch:
            raise StoreUnavailableError("the store moved on while this was written: send it again, it is never doubled")
        # others went on from it, so it was carried out; or it stands where entries were tidied away
        return ours.visible
    if not entries[0].done:
        yield from carry_out(entry, plan)
    return True


def carry_out(entry: LogEntry, plan: Plan) -> Generator[Step, Any, None]:
    """Steps 5 to 9; safe for any process, any number of times, in any state of the rows."""
    # (5)
    if plan.rows:
        yield InsertRows(plan.rows)
    if plan.statuses:
        yield KeepStatuses(plan.statuses)
    # (6)
    yield Show(entry.collection, entry.n)
    # (7)
    if plan.touches:
        yield Touch(entry.collection, entry.n, plan.touches)
    # (8)
    yield from mongo_notes.note_commit(entry, plan)
    # (9)
    yield Finish(entry.collection, entry.n)
    if entry.n % KEPT_ENTRIES == 0:
        yield Tidy(entry.collection, entry.n - KEPT_ENTRIES)


def held_after(tip: LogEntry, levels: Iterable[int], change: int = +1) -> tuple[int, ...]:
    """What is shown after `tip` when records of these governing levels come, or go; what is hidden is not counted."""
    counts = list(tip.held)
    for level in levels:
        if level < HIDDEN:
            counts[level] += change
    return tuple(counts)


def shown_otherwise(
    counts: Sequence[int], rows: Mapping[str, Document], touches: Iterable[tuple[str, Document]]
) -> tuple[int, ...]:
    """What is shown when rows change their governing levels besides."""
    counts = [*counts, 0]  # the last stands for what is hidden
    for key, fields in touches:
        if "governing" in fields:
            counts[rows[key]["governing"]] -= 1
            counts[fields["governing"]] += 1
    return tuple(counts[:-1])


def is_still(tip: LogEntry) -> Generator[Step, Any, bool]:
    """Whether nothing was committed since `tip` was: then what was looked up since is one state."""
    entries: list[LogEntry] = yield ReadTip(tip.collection)
    return (entries[0].n if entries else 0) == tip.n


def refuse_while_restoring(tip: LogEntry) -> None:
    """StoreUnavailableError where an import is under way."""
    if tip.restoring:
        raise StoreUnavailableError(
            f"an import into the collection {tip.collection} has not ended: wait for it, or run it again if it was broken off"
        )


def append(batch: Batch, name: str, now: Callable[[], int]) -> Generator[Step, Any, Appended]:
    """The whole way of a batch; `name` is one that nobody else uses, `now` the hub's clock in milliseconds."""
    owners = {candidate.id: ownership.claimant(batch, candidate) for candidate in batch.candidates}
    names = frozenset(name for candidate in batch.candidates for name in candidate.names)
    while True:
        # (1)
        tip = yield from finished_tip(batch.collection)
        refuse_while_restoring(tip)
        n = tip.n + 1
        # (2)
        intent = Intent(f"{name}:{n}", batch.collection, n, owners, names)
        if owners:
            yield Announce(intent)
            yield from _decide_others(intent)
        # (3)
        looked_up = yield from look_up(batch)
        if looked_up is None:  # what was found was deleted meanwhile: the tip has moved on
            if owners:
                yield Retract(intent.key)
            continue
        moment = now()
        settled = line.settle(batch, looked_up.known, tip.place, moment)
        plan = _plan_of(batch, settled, looked_up.rows, n, moment)
        if plan.rows or plan.touches:
            counts = held_after(tip, [new.standing.governing for new in settled.new])
            counts = shown_otherwise(counts, looked_up.rows, plan.touches)
            changed = n if plan.touches else tip.changed
            entry = LogEntry(batch.collection, n, name, settled.head, held=counts, changed=changed)
            committed = yield from commit(tip, entry, plan)
        else:
            # nothing moves: repeats and refusals stand as they were found, unless they were found while another
            # commit was being carried out, which readers do not see yet
            committed = yield from is_still(tip)
            if committed and plan.statuses:
                if plan.note is not None:
                    yield from mongo_notes.add_entry(plan.note.act, plan.note.at, name)
                yield KeepStatuses(plan.statuses)
        if owners:
            yield Retract(intent.key)
        if committed:
            return Appended(settled.outcomes, b"" if batch.status_id is None else plan.statuses[0]["body"])


def _decide_others(mine: Intent) -> Generator[Step, Any, None]:
    """Step 2, after announcing: return when no undecided commit elsewhere is about the same ids in a way that matters."""
    intents: list[Intent] = yield ReadIntents()
    for other in intents:
        if other.collection == mine.collection:
            continue  # one log orders the two
        if not _touch_each_other(mine, other):
            continue
        for _ in range(POLITE_WAITS):
            entries: list[LogEntry] = yield ReadTip(other.collection)
            if entries and entries[0].n >= other.n:
                break
            yield Wait()
        while True:
            tip = yield from finished_tip(other.collection)
            if tip.n >= other.n:
                break  # decided, and carried out: its rows will be found
            # nobody else's announcement can have this name, and an empty entry needs no carrying out
            fence = LogEntry(
                other.collection,
                tip.n + 1,
                f"{mine.key}/{other.key}",
                tip.place,
                visible=True,
                done=True,
                restoring=tip.restoring,
                held=tip.held,
                changed=tip.changed,
            )  # fmt: skip - one value
            yield Insert(fence, Plan())
        yield Retract(other.key)


def _touch_each_other(mine: Intent, other: Intent) -> bool:
    """Whether one of the two has to be decided before the other."""
    if not (mine.names.isdisjoint(other.owners) and other.names.isdisjoint(mine.owners)):
        return True  # what one adds, the other names (law L5 e)
    return any(mine.owners.get(object_id, owner) != owner for object_id, owner in other.owners.items())


def _plan_of(batch: Batch, settled: line.Settled, rows: Mapping[str, Document], n: int, now: int) -> Plan:
    touches = {key: mongo_rows.row_change(rows[key], change) for key, change in settled.changes.items()}
    for key in settled.joined:
        publishers = [*rows[key]["publishers"], batch.publisher]
        update = touches.setdefault(key, {})
        update |= mongo_rows.publishers_change(rows[key] | update, publishers)
    statuses: tuple[Document, ...] = ()
    if batch.status_id is not None:
        status = Status(
            batch.status_id, batch.collection, batch.account, batch.publisher, now, batch.describe(settled.outcomes)
        )
        statuses = (mongo_rows.status_document(status),)
    act = trail.append_act(batch, settled.outcomes, settled.head if settled.new else None)
    rows_added = tuple(mongo_rows.row_of(new, n) for new in settled.new)
    return Plan(rows_added, tuple(sorted(touches.items())), statuses, Note(act, now))


def counted(collection: str) -> Generator[Step, Any, tuple[int, tuple[int, ...]]]:
    """The place up to which readers page: that of the newest visible entry; and how many of each level they meet.

    While a deletion is being carried out its records are still met, and count: whoever sees the count fall, and reads
    what is left, finds them gone.
    """
    entries: list[LogEntry] = yield ReadTip(collection)
    visible = [entry for entry in entries if entry.visible]
    if not visible or visible[0].restoring:
        return 0, NOTHING_HELD
    newest = visible[0]
    met = [newest.held] if newest.done else [entry.held for entry in visible if not entry.restoring]
    return newest.shown, tuple(map(max, zip(*met, strict=True)))


def shown(collection: str) -> Generator[Step, Any, int]:
    """The place up to which readers page."""
    return (yield from counted(collection))[0]


def changes(collection: str, since: int) -> Generator[Step, Any, Changes | None]:
    """See `Store.changes`: the newest entry alone tells, and not which rows were changed."""
    entries: list[LogEntry] = yield ReadTip(collection)
    if not entries:
        return Changes(0, ())
    tip = entries[0]
    if not tip.done and tip.changed == tip.n:
        return None
    return Changes(tip.changed, () if tip.changed == since else None)


def page(query: Query, max_bytes: int | None) -> Generator[Step, Any, tuple[list[Document], bool]]:
    """The rows of one page, and whether there are more."""
    rows: list[Document] = []
    more = False
    for _ in range(READ_AGAIN):
        upto = yield from shown(query.collection)
        if query.after >= upto:
            return [], False
        rows, more = yield Range(query, upto, max_bytes)
        # older versions are closed only after the line moved on to the newer: whoever pages on will meet that one, and
        # on the last page the line shows whether it moved
        if more or (yield from shown(query.collection)) == upto:
            break
    return rows, more
