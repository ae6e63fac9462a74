"""`hub audit verify`: every record, head, count, account and note of the ledger against the audit trail, on a live hub.

1. The trail, up to where it ends now: the chain, and what it says of the store.
2. Each record: against its seal, its body against its digest, its level against its body and the source of the level.
3. What follows from the records: where each version stands, how many of each level are shown, the collection's head.
4. Accounts, and the ledger of deliveries.
5. What was written meanwhile: a difference that an entry since (1) explains is none.
6. Where a checkpoint is given: whether the trail extends it.

Nothing is changed, and no lock is held. Memory grows by 40 bytes a record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from hub.audit.state import Finding, Seals, TrailState, about_of, link_at
from hub.community.ledger import KIND, Delivery, Intervals, delivery_from
from hub.protocol.checkpoint import Checkpoint, origin_of
from hub.store import histories, line, trail
from hub.store.base import Store
from hub.store.chain import GONE, TrailHead, unpacked
from hub.store.records import NO_LEVEL, Fact, Record, Standing

Examine = Callable[[Record], Iterable[str]]
"""What is wrong with a record by itself, in words: its body against its digest, its level against both."""

SETTLE_TRIES: Final = 5  # how often what a busy hub changed meanwhile is looked at again
_Place = tuple[str, int]  # collection, place


@dataclass(slots=True)
class _Suspect:
    """A record that is not as the trail said when it was read; a later entry may explain it."""

    finding: Finding
    seal: bytes  # as it was met; `GONE` where it was not


@dataclass(slots=True)
class Verification:
    """One verification of one store. `pause` waits a moment where the store changed meanwhile."""

    store: Store
    examine: Examine
    pause: Callable[[], None]
    progress: Callable[[int], None] = lambda _count: None
    records: int = 0  # how many were read
    size: int = 0  # of the trail that was read
    _suspects: dict[_Place, _Suspect] = field(default_factory=dict)

    def run(self, collections: Iterable[str], against: Checkpoint | None = None) -> Iterator[Finding]:
        """Everything that is not as the hub wrote it; the collections are those that are declared."""
        key = self.store.trail_key()
        self.store.settle()
        # (1)
        state = TrailState().read(self.store.trail(), key, self.store.trail_head().size)
        begun = state.head
        names = list(dict.fromkeys((*collections, *state.seals)))
        # (2)
        examined: list[Finding] = []
        for name in names:
            examined += self._records(name, state.seals.get(name, Seals()), key)
        # (3)
        derived = [finding for name in names for finding in self._derived(name)]
        heads = {name: self.store.head(name) for name in names}
        # (4)
        accounts = {row.name: trail.account_seal(key, row) for row in self.store.list_accounts()}
        ledger = {fact.key: (fact.number, fact.value) for fact in self.store.facts(KIND)}
        delivered, delivered_upto = dict(state.deliveries), state.delivered_upto  # not what is noted from here on
        # (5)
        allowed_heads: dict[str, set[int]] = {name: {state.heads.get(name, 0)} for name in names}
        allowed_accounts = {name: {seal} for name, seal in state.accounts.items()}
        for attempt in range(SETTLE_TRIES):
            self._explain(state, key, allowed_heads, allowed_accounts)
            if not self._suspects or attempt == SETTLE_TRIES - 1:
                break
            self.pause()
        self.size = state.head.size
        # (6)
        yield from state.findings
        yield from self._extends(begun, against)
        yield from (suspect.finding for suspect in self._suspects.values())
        yield from examined
        yield from derived
        for name, head in heads.items():
            if head not in allowed_heads[name]:
                expected = max(allowed_heads[name])
                yield Finding("head", name, f"its head is {head}, and the trail says {expected}")
        yield from _account_findings(accounts, allowed_accounts)
        yield from _ledger_findings(ledger, delivered, delivered_upto)

    # --- (2) ------------------------------------------------------------------------------------------------------

    def _records(self, collection: str, seals: Seals, key: bytes) -> Iterator[Finding]:
        expected = seals.present()
        missing = next(expected, None)
        for record in self.store.records(collection):
            self.records += 1
            self.progress(self.records)
            while missing is not None and missing < record.place:
                self._miss(collection, missing)
                missing = next(expected, None)
            if missing == record.place:
                missing = next(expected, None)
            seal, where = trail.seal_of(key, record), f"{collection} {record.place} {record.id}"
            wrong = list(self.examine(record))
            yield from (Finding("record", where, message) for message in wrong)
            old_seal = seals.get(record.place)
            if seal == old_seal:
                continue
            if old_seal in (None, GONE):
                message = "the record is there, and no entry of the trail added it"
            else:
                message = "what is kept of the record (its body, level, source, owner or publishers) was changed"
            self._suspects[collection, record.place] = _Suspect(Finding("record", where, message), seal)
        while missing is not None:
            self._miss(collection, missing)
            missing = next(expected, None)

    def _miss(self, collection: str, place: int) -> None:
        finding = Finding("record", f"{collection} {place}", "the record is gone, and no entry of the trail removed it")
        self._suspects[collection, place] = _Suspect(finding, GONE)

    # --- (3) ------------------------------------------------------------------------------------------------------

    def _derived(self, collection: str) -> list[Finding]:
        findings: list[Finding] = []
        for _ in range(SETTLE_TRIES):
            before = self.store.trail_head()
            findings = self._derived_once(collection)
            if not findings or self.store.trail_head() == before:
                return findings
            self.pause()
        return findings

    def _derived_once(self, collection: str) -> list[Finding]:
        """Levels that govern, and counts, from the records' own levels."""
        standings = self.store.standings(collection)
        shown_counts = [0] * (NO_LEVEL + 1)
        alone_hashes: set[int] = set()  # hashes of the ids of records that stand alone
        again: dict[str, None] = {}  # ids with several versions
        alone: dict[int, Standing] = {}
        for record in self.store.records(collection):
            standing = next((s for place, s in standings if place == record.place), None)
            if standing is None:
                break  # the store moved on; the caller looks again
            shown_counts[min(standing.governing, NO_LEVEL)] += 1
            number = hash(record.id)
            if standing != line.alone(record).standing or number in alone_hashes:
                again[record.id] = None
                alone[record.place] = standing
            alone_hashes.add(number)
        findings = []
        for object_id in again:
            history = self.store.history(collection, object_id)
            expected = histories.standings([histories.version_of(record) for record in history])
            for record, standing in zip(history, expected, strict=True):
                kept_standing = alone.get(record.place, line.alone(record).standing)
                if kept_standing != standing:
                    where = f"{collection} {record.place} {record.id}"
                    message = (
                        f"it is shown at level {kept_standing.governing}, and its versions say {standing.governing}"
                    )
                    if kept_standing.governing == standing.governing:
                        message = "where it stands among the versions of its object was changed"
                    findings.append(Finding("level", where, message))
        counts = self.store.counts_by_level(collection)
        if tuple(shown_counts[:NO_LEVEL]) != tuple(counts):
            message = f"it counts {list(counts)} records by level, and has {shown_counts[:NO_LEVEL]}"
            findings.append(Finding("count", collection, message))
        return findings

    # --- (5) and (6) ------------------------------------------------------------------------------------------------

    def _explain(
        self, state: TrailState, key: bytes, heads: dict[str, set[int]], accounts: dict[str, set[str]]
    ) -> None:
        """Read on, and drop every suspect that an entry explains."""
        self.store.settle()
        for entry in self.store.trail(state.head.size):
            state.read([entry], key)
            about = about_of(entry) or {}
            collection = str(about.get("collection", ""))
            for place, seal in unpacked(entry.seals):
                suspect = self._suspects.get((collection, place))
                if suspect is not None and suspect.seal == seal:
                    del self._suspects[collection, place]
            if isinstance(about.get("head"), int) and collection in heads:
                heads[collection].add(about["head"])
            if about.get("what") == trail.ACCOUNT:
                accounts.setdefault(str(about.get("account")), set()).add(str(about.get("seal")))

    def _extends(self, begun: TrailHead, against: Checkpoint | None) -> Iterator[Finding]:
        if against is None:
            return
        first = link_at(self.store.trail(), 1)
        if first is None or origin_of(first) != against.origin:
            yield Finding(
                "trail", against.origin, "the checkpoint is of another trail: this store is not the one it was"
            )
        elif begun.size < against.size:
            message = f"the trail has {begun.size} entries, and the checkpoint saw {against.size}: it was rolled back"
            yield Finding("trail", against.origin, message)
        elif link_at(self.store.trail(max(0, against.size - 1)), against.size) != against.link:
            message = f"entry {against.size} is not the one that the checkpoint saw: the trail was rewritten"
            yield Finding("trail", against.origin, message)


# --- (4) ----------------------------------------------------------------------------------------------------------


def _account_findings(accounts: dict[str, str], allowed: dict[str, set[str]]) -> Iterator[Finding]:
    for name in sorted(accounts.keys() | allowed.keys()):
        if name not in accounts:
            yield Finding("account", name, "the account is gone, and accounts are only ever disabled")
        elif name not in allowed:
            yield Finding("account", name, "the account is there, and no entry of the trail made it")
        elif accounts[name] not in allowed[name]:
            yield Finding("account", name, "the account (its kind, member, state or credentials) was changed")


def _ledger_findings(
    ledger: dict[str, tuple[int, bytes]], noted_values: Mapping[str, Any], upto: int
) -> Iterator[Finding]:
    """What is noted as sent, in the ledger and in the trail, must be the same places of the same readers."""
    shown_intervals, noted = _Intervals(), _Intervals()
    for key, (number, value) in ledger.items():
        delivery = delivery_from(Fact(number, key, value))
        if delivery is None:
            yield Finding("ledger", key, "this note is damaged")
        elif delivery.sent:
            shown_intervals.add(delivery)
    for key, note in noted_values.items():
        delivery = delivery_from(Fact(0, key, orjson.dumps(note)))
        if delivery is None:
            continue
        noted.add(delivery)
        if not shown_intervals.cover(delivery):
            yield Finding("ledger", key, "the trail says that this was sent, and the ledger does not")
        elif key in ledger and ledger[key][0] <= upto and delivery_from(Fact(0, key, ledger[key][1])) != delivery:
            yield Finding("ledger", key, "what is noted of it (until when, and at what time) was changed")
    for key, (number, value) in ledger.items():
        delivery = delivery_from(Fact(number, key, value))
        if delivery is not None and delivery.sent and number <= upto and not noted.cover(delivery):
            yield Finding("ledger", key, "the ledger says that this was sent, and the trail does not")


class _Intervals:
    """The places that each reader was sent, at each clearance."""

    def __init__(self) -> None:
        self._sets: dict[tuple[str, str, int], Intervals] = {}

    def add(self, delivery: Delivery) -> None:
        self._sets.setdefault((delivery.collection, delivery.account, delivery.clearance), Intervals()).add(
            delivery.after, delivery.last
        )

    def cover(self, delivery: Delivery) -> bool:
        intervals = self._sets.get((delivery.collection, delivery.account, delivery.clearance))
        return intervals is not None and intervals.cover(delivery.after, delivery.last)
