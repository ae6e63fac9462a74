"""How changes are committed in MongoDB without multi-document transactions: the protocol, as steps. No I/O here.

Each collection has a log of numbered entries, and *entry n is committed when its document `collection:n` exists*: keys
are unique, so only one of all writers that try number n succeeds, and anybody can later read which. The newest entry is
the tip.

1. Read the tip (primary, majority, one causal session). If it is not done, carry it out as in 5 to 9, and read again.
2. Announce the commit as number tip + 1: which ids, for which owners, and which observables they name. Then read the
   announcements of other writers. If one in another collection claims an id for another owner, or names an id that this
   one adds, or adds an id that this one names, let that one be decided first: wait for it, or take its number with an
   empty entry. A writer that announces before it reads is seen by every writer that reads later, so of two such writers
   at least one sees the other (laws L4 and L5 e apply to the whole hub).
3. Look up held records in all collections, and decide the batch (`line.settle`): this gives the plan. If the plan changes
   nothing, check that the tip is still the same, write the audit trail's entry and the status, and answer; otherwise go
   back to 1.
4. **Commit**: insert entry tip + 1 with the whole plan. If the number is taken, go back to 1. If the answer is lost,
   insert again; the key shows whose entry it is. Then check that the entry is the tip: a number may be free only because
   old entries were removed while this writer slept; then nothing was committed.
5. Carry out, by the writer or by any process that finds the tip not done: insert the new rows and the status; leave
   existing ones as they are.
6. Show: mark the entry visible. From now on readers page up to its place.
7. Touch older rows (standing, publishers, deletions), each only if no later commit wrote it.
8. Write the commit's entry in the audit trail (`mongo_notes`), with the seals of the rows as they are now.
9. Mark the entry done and drop its plan. Then answer 202, and retract the announcement.

Readers read the newest visible entry, then one range of places up to its place, and on the last page the entry again: if
it has moved on meanwhile, they read the page again, so that no reader misses both the old and the new version.

A writer that slept does no harm when it wakes: the number of its entry is taken (4); the rows that it inserts exist, or
their keys do (a deleted row leaves its key behind as a *seat*); the rows that it touches carry a higher number (7); the
marks that it sets are set. Only inserts under unique keys decide anything. Safety needs no clock and no lease.

`mongo_steps` defines the steps, `mongo_restore` the protocol of an import. Each function is a generator: it yields a step
and is sent the answer. The store runs the steps against the server and repeats a step whose answer was lost, which is
safe for every step; tests/mongo/test_simulation.py runs the same generators against a model server that kills, stalls,
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
    NO_RECORDS,
    Announce,
    Finish,
    Insert,
    InsertRows,
    Intent,
    KeepStatuses,
    LogEntry,
    Note,
    Plan,
    ReadEntry,
    ReadIntents,
    ReadPlan,
    ReadRange,
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

POLITE_WAITS: Final = 40  # how often a process reads an unfinished tip again before it carries it out itself
PAGE_READS: Final = 10  # how often a last page is read because the line moved on meanwhile
KEPT_ENTRIES: Final = 64  # log entries before the tip that stay for writers that slept


# ---------------------------------------------------------------------------------------------------------- protocol


def finished_tip(collection: str) -> Generator[Step, Any, LogEntry]:
    """Step 1: the newest entry, finished. Its writer gets time to finish it; then this process does."""
    watched_number, waits = 0, 0
    while True:
        entries: list[LogEntry] = yield ReadTip(collection)
        if not entries:
            return LogEntry(collection, 0, "", 0, visible=True, done=True)
        tip = entries[0]
        if tip.done:
            return tip
        if tip.n != watched_number:
            watched_number, waits = tip.n, 0
        if waits < POLITE_WAITS:
            waits += 1
            yield Wait()
            continue
        plan: Plan | None = yield ReadPlan(collection, tip.n)
        if plan is not None:
            yield from carry_out(tip, plan)


def commit(tip: LogEntry, entry: LogEntry, plan: Plan) -> Generator[Step, Any, bool]:
    """Steps 4 to 9: commit and carry out `entry`, which follows `tip`; return whether it was committed.

    StoreUnavailableError if the writer slept for so long that nobody can tell.
    """
    assert entry.n == tip.n + 1
    # (4)
    winner: str = yield Insert(entry, plan)
    if winner != entry.batch:
        return False
    entries: list[LogEntry] = yield ReadTip(entry.collection)
    if not entries or (entries[0].n, entries[0].batch) != (entry.n, entry.batch):
        own_entry: LogEntry | None = yield ReadEntry(entry.collection, entry.n)
        if own_entry is None or own_entry.batch != entry.batch:
            raise StoreUnavailableError(
                "the store moved on while this was written: send it again; nothing will be stored twice"
            )
        # visible: later commits followed it, so it was carried out; otherwise it has a number of a removed entry
        return own_entry.visible
    if not entries[0].done:
        yield from carry_out(entry, plan)
    return True


def carry_out(entry: LogEntry, plan: Plan) -> Generator[Step, Any, None]:
    """Steps 5 to 9; any process may run them, any number of times, in any state of the rows."""
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


def counts_after(old_counts: Sequence[int], levels: Iterable[int], change: int = +1) -> tuple[int, ...]:
    """The counts after records of these governing levels are added (+1) or removed (-1); hidden records do not count."""
    counts = list(old_counts)
    for level in levels:
        if level < HIDDEN:
            counts[level] += change
    return tuple(counts)


def counts_with_changes(
    counts: Sequence[int], rows: Mapping[str, Document], touches: Iterable[tuple[str, Document]]
) -> tuple[int, ...]:
    """The counts after rows change their governing levels."""
    counts = [*counts, 0]  # the last one is for hidden records
    for key, fields in touches:
        if "governing" in fields:
            counts[rows[key]["governing"]] -= 1
            counts[fields["governing"]] += 1
    return tuple(counts[:-1])


def is_still_tip(tip: LogEntry) -> Generator[Step, Any, bool]:
    """Whether nothing was committed after `tip`: then everything read since then belongs to one state."""
    entries: list[LogEntry] = yield ReadTip(tip.collection)
    return (entries[0].n if entries else 0) == tip.n


def refuse_while_restoring(tip: LogEntry) -> None:
    """Raise StoreUnavailableError while an import is under way."""
    if tip.restoring:
        raise StoreUnavailableError(
            f"an import into the collection {tip.collection} has not ended: wait for it, or run it again if it was interrupted"
        )


def append(batch: Batch, name: str, now: Callable[[], int]) -> Generator[Step, Any, Appended]:
    """Commit a batch; `name` is unique to this commit, `now` is the hub's clock in milliseconds."""
    owners = {candidate.id: ownership.claimant(batch, candidate) for candidate in batch.candidates}
    named_ids = frozenset(name for candidate in batch.candidates for name in candidate.named_ids)
    while True:
        # (1)
        tip = yield from finished_tip(batch.collection)
        refuse_while_restoring(tip)
        n = tip.n + 1
        # (2)
        intent = Intent(f"{name}:{n}", batch.collection, n, owners, named_ids)
        if owners:
            yield Announce(intent)
            yield from _settle_conflicts(intent)
        # (3)
        looked_up = yield from look_up(batch)
        if looked_up is None:  # a row was deleted meanwhile, so there is a newer tip
            if owners:
                yield Retract(intent.key)
            continue
        moment = now()
        effect = line.settle(batch, looked_up.answers, tip.place, moment)
        plan = _make_plan(batch, effect, looked_up.rows, n, moment)
        if plan.rows or plan.touches:
            counts = counts_after(tip.counts, [new.standing.governing for new in effect.new_records])
            counts = counts_with_changes(counts, looked_up.rows, plan.touches)
            changed = n if plan.touches else tip.changed
            entry = LogEntry(batch.collection, n, name, effect.head, counts=counts, changed=changed)
            committed = yield from commit(tip, entry, plan)
        else:
            # nothing changes: the verdicts are valid unless another commit came meanwhile, which readers do not see yet
            committed = yield from is_still_tip(tip)
            if committed and plan.statuses:
                if plan.note is not None:
                    yield from mongo_notes.add_entry(plan.note.act, plan.note.at, name)
                yield KeepStatuses(plan.statuses)
        if owners:
            yield Retract(intent.key)
        if committed:
            return Appended(effect.outcomes, b"" if batch.status_id is None else plan.statuses[0]["body"])


def _settle_conflicts(own_intent: Intent) -> Generator[Step, Any, None]:
    """Step 2, after announcing: return when no undecided commit in another collection conflicts with this one."""
    intents: list[Intent] = yield ReadIntents()
    for other in intents:
        if other.collection == own_intent.collection:
            continue  # the log of the collection orders the two
        if not _conflict(own_intent, other):
            continue
        for _ in range(POLITE_WAITS):
            entries: list[LogEntry] = yield ReadTip(other.collection)
            if entries and entries[0].n >= other.n:
                break
            yield Wait()
        while True:
            tip = yield from finished_tip(other.collection)
            if tip.n >= other.n:
                break  # it is decided and carried out, so a look-up finds its rows
            # no other entry can have this name, and an empty entry has nothing to carry out
            fence = LogEntry(
                other.collection,
                tip.n + 1,
                f"{own_intent.key}/{other.key}",
                tip.place,
                visible=True,
                done=True,
                restoring=tip.restoring,
                counts=tip.counts,
                changed=tip.changed,
            )  # fmt: skip - one value
            yield Insert(fence, Plan())
        yield Retract(other.key)


def _conflict(intent: Intent, other: Intent) -> bool:
    """Whether one of the two must be decided before the other."""
    if not (intent.named_ids.isdisjoint(other.owners) and other.named_ids.isdisjoint(intent.owners)):
        return True  # one names an id that the other adds (law L5 e)
    return any(intent.owners.get(object_id, owner) != owner for object_id, owner in other.owners.items())


def _make_plan(batch: Batch, effect: line.BatchEffect, rows: Mapping[str, Document], n: int, now: int) -> Plan:
    touches = {key: mongo_rows.row_change(rows[key], change) for key, change in effect.changes.items()}
    for key in effect.joined_keys:
        publishers = [*rows[key]["publishers"], batch.publisher]
        update = touches.setdefault(key, {})
        update |= mongo_rows.publishers_change(rows[key] | update, publishers)
    statuses: tuple[Document, ...] = ()
    if batch.status_id is not None:
        status = Status(
            batch.status_id, batch.collection, batch.account, batch.publisher, now, batch.describe(effect.outcomes)
        )
        statuses = (mongo_rows.status_document(status),)
    act = trail.append_act(batch, effect.outcomes, effect.head if effect.new_records else None)
    new_rows = tuple(mongo_rows.row_of(new, n) for new in effect.new_records)
    return Plan(new_rows, tuple(sorted(touches.items())), statuses, Note(act, now))


def visible_state(collection: str) -> Generator[Step, Any, tuple[int, tuple[int, ...]]]:
    """The place up to which readers page (that of the newest visible entry), and the number of records of each level there.

    While a deletion is being carried out its records still count, since readers may still see them. When the count falls,
    they are removed.
    """
    entries: list[LogEntry] = yield ReadTip(collection)
    visible = [entry for entry in entries if entry.visible]
    if not visible or visible[0].restoring:
        return 0, NO_RECORDS
    newest = visible[0]
    counts = [newest.counts] if newest.done else [entry.counts for entry in visible if not entry.restoring]
    return newest.visible_place, tuple(map(max, zip(*counts, strict=True)))


def visible_place(collection: str) -> Generator[Step, Any, int]:
    """The place up to which readers page."""
    return (yield from visible_state(collection))[0]


def changes(collection: str, since: int) -> Generator[Step, Any, Changes | None]:
    """See `Store.changes`. Only the newest entry tells, so the changed rows are never known."""
    entries: list[LogEntry] = yield ReadTip(collection)
    if not entries:
        return Changes(0, ())
    tip = entries[0]
    if not tip.done and tip.changed == tip.n:
        return None
    return Changes(tip.changed, () if tip.changed == since else None)


def page(query: Query, max_bytes: int | None) -> Generator[Step, Any, tuple[list[Document], bool]]:
    """The rows of one page, and whether more follow."""
    rows: list[Document] = []
    more = False
    for _ in range(PAGE_READS):
        upto = yield from visible_place(query.collection)
        if query.after >= upto:
            return [], False
        rows, more = yield ReadRange(query, upto, max_bytes)
        # an older version loses its standing only after the newer one is visible: a reader that pages on reaches the newer
        # one, and on the last page the visible place shows whether the line moved on
        if more or (yield from visible_place(query.collection)) == upto:
            break
    return rows, more
