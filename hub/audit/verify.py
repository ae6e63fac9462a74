"""`hub audit verify`: every record, head, count, account and note of the ledger against the audit trail, on a live hub.

1. Read the trail up to its present end: check the chain, and derive the state of the store.
2. Compare each record with its seal, its body with its digest, and its level with its body and the level's source.
3. Compute again what follows from the records: the standing of each version, the counts by level, the collection's head.
4. Compare the accounts and the delivery ledger with the trail.
5. Read the entries written since (1): a difference that one of them explains is no finding.
6. If a checkpoint is given, check that the trail extends it.

A verification changes nothing and holds no lock. Its memory grows by 40 bytes for each record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from hub.audit.state import Finding, Seals, TrailState, content_of, link_at
from hub.community.ledger import KIND, Delivery, Intervals, delivery_from
from hub.protocol.checkpoint import Checkpoint, origin_of
from hub.store import histories, line, trail
from hub.store.base import Store
from hub.store.chain import GONE, TrailHead, unpack_seals
from hub.store.records import NO_LEVEL, Fact, Record, Standing

Examine = Callable[[Record], Iterable[str]]
"""Yields what is wrong with a record by itself, in words (see hub/audit/examine.py)."""

SETTLE_TRIES: Final = 5  # how often a part that a busy hub changed meanwhile is checked again
_Place = tuple[str, int]  # collection, place


@dataclass(slots=True)
class _Suspect:
    """A record that differs from what the trail says; an entry written meanwhile may explain it."""

    finding: Finding
    seal: bytes  # of the record as it was read; `GONE` if it was not there


@dataclass(slots=True)
class Verification:
    """One verification of one store. `pause` waits a moment; it is called if the store changed meanwhile."""

    store: Store
    examine: Examine
    pause: Callable[[], None]
    progress: Callable[[int], None] = lambda _count: None
    records: int = 0  # how many were read
    size: int = 0  # of the trail that was read
    _suspects: dict[_Place, _Suspect] = field(default_factory=dict)

    def run(self, collections: Iterable[str], checkpoint: Checkpoint | None = None) -> Iterator[Finding]:
        """Yield everything that differs from what the hub wrote. `collections` has the ids of the declared collections."""
        key = self.store.trail_key()
        self.store.settle()
        # (1)
        state = TrailState().read(self.store.trail(), key, self.store.trail_head().size)
        head_at_start = state.head
        names = list(dict.fromkeys((*collections, *state.seals)))
        # (2)
        record_findings: list[Finding] = []
        for name in names:
            record_findings += self._records(name, state.seals.get(name, Seals()), key)
        # (3)
        derived_findings = [finding for name in names for finding in self._check_derived(name)]
        heads = {name: self.store.head(name) for name in names}
        # (4)
        accounts = {row.name: trail.account_seal(key, row) for row in self.store.list_accounts()}
        ledger = {fact.key: (fact.number, fact.value) for fact in self.store.facts(KIND)}
        # copies: (5) changes the state
        trail_deliveries, last_ledger_fact = dict(state.deliveries), state.last_ledger_fact
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
        yield from self._extends(head_at_start, checkpoint)
        yield from (suspect.finding for suspect in self._suspects.values())
        yield from record_findings
        yield from derived_findings
        for name, head in heads.items():
            if head not in allowed_heads[name]:
                expected = max(allowed_heads[name])
                yield Finding("head", name, f"its head is {head}, and the trail says {expected}")
        yield from _account_findings(accounts, allowed_accounts)
        yield from _ledger_findings(ledger, trail_deliveries, last_ledger_fact)

    # --- (2) ------------------------------------------------------------------------------------------------------

    def _records(self, collection: str, seals: Seals, key: bytes) -> Iterator[Finding]:
        expected = seals.places()
        missing_place = next(expected, None)
        for record in self.store.records(collection):
            self.records += 1
            self.progress(self.records)
            while missing_place is not None and missing_place < record.place:
                self._add_missing(collection, missing_place)
                missing_place = next(expected, None)
            if missing_place == record.place:
                missing_place = next(expected, None)
            seal, location = trail.seal_of(key, record), f"{collection} {record.place} {record.id}"
            problems = list(self.examine(record))
            yield from (Finding("record", location, message) for message in problems)
            old_seal = seals.get(record.place)
            if seal == old_seal:
                continue
            if old_seal in (None, GONE):
                message = "the record exists, and no entry of the trail added it"
            else:
                message = "the record (its body, level, source, owner or publishers) was changed"
            self._suspects[collection, record.place] = _Suspect(Finding("record", location, message), seal)
        while missing_place is not None:
            self._add_missing(collection, missing_place)
            missing_place = next(expected, None)

    def _add_missing(self, collection: str, place: int) -> None:
        finding = Finding("record", f"{collection} {place}", "the record is gone, and no entry of the trail removed it")
        self._suspects[collection, place] = _Suspect(finding, GONE)

    # --- (3) ------------------------------------------------------------------------------------------------------

    def _check_derived(self, collection: str) -> list[Finding]:
        findings: list[Finding] = []
        for _ in range(SETTLE_TRIES):
            head_before = self.store.trail_head()
            findings = self._check_derived_once(collection)
            if not findings or self.store.trail_head() == head_before:
                return findings
            self.pause()
        return findings

    def _check_derived_once(self, collection: str) -> list[Finding]:
        """Compute the governing levels and the counts again from the records' own levels, and compare them."""
        standings = self.store.standings(collection)
        shown_counts = [0] * (NO_LEVEL + 1)
        single_version_hashes: set[int] = set()  # hashes of ids met so far; a set of the ids would need more memory
        ids_to_check: dict[str, None] = {}  # ids that seem to have several versions
        unusual_standings: dict[int, Standing] = {}
        for record in self.store.records(collection):
            standing = next((s for place, s in standings if place == record.place), None)
            if standing is None:
                break  # the store changed meanwhile; the caller tries again
            shown_counts[min(standing.governing, NO_LEVEL)] += 1
            id_hash = hash(record.id)
            if standing != line.sole_record(record).standing or id_hash in single_version_hashes:
                ids_to_check[record.id] = None
                unusual_standings[record.place] = standing
            single_version_hashes.add(id_hash)
        findings = []
        for object_id in ids_to_check:
            history = self.store.history(collection, object_id)
            expected = histories.compute_standings([histories.version_of(record) for record in history])
            for record, standing in zip(history, expected, strict=True):
                kept_standing = unusual_standings.get(record.place, line.sole_record(record).standing)
                if kept_standing != standing:
                    location = f"{collection} {record.place} {record.id}"
                    message = (
                        f"it is shown at level {kept_standing.governing}, and its versions say {standing.governing}"
                    )
                    if kept_standing.governing == standing.governing:
                        message = "its position among the versions of its object was changed"
                    findings.append(Finding("level", location, message))
        counts = self.store.counts_by_level(collection)
        if tuple(shown_counts[:NO_LEVEL]) != tuple(counts):
            message = f"it counts {list(counts)} records by level, and has {shown_counts[:NO_LEVEL]}"
            findings.append(Finding("count", collection, message))
        return findings

    # --- (5) and (6) ------------------------------------------------------------------------------------------------

    def _explain(
        self, state: TrailState, key: bytes, heads: dict[str, set[int]], accounts: dict[str, set[str]]
    ) -> None:
        """Read the entries written meanwhile, and remove each suspect that one of them explains."""
        self.store.settle()
        for entry in self.store.trail(state.head.size):
            state.read([entry], key)
            content = content_of(entry) or {}
            collection = str(content.get("collection", ""))
            for place, seal in unpack_seals(entry.seals):
                suspect = self._suspects.get((collection, place))
                if suspect is not None and suspect.seal == seal:
                    del self._suspects[collection, place]
            if isinstance(content.get("head"), int) and collection in heads:
                heads[collection].add(content["head"])
            if content.get("what") == trail.ACCOUNT:
                accounts.setdefault(str(content.get("account")), set()).add(str(content.get("seal")))

    def _extends(self, head_at_start: TrailHead, checkpoint: Checkpoint | None) -> Iterator[Finding]:
        if checkpoint is None:
            return
        first = link_at(self.store.trail(), 1)
        if first is None or origin_of(first) != checkpoint.origin:
            yield Finding(
                "trail", checkpoint.origin, "the checkpoint is of another trail: this store was replaced by another one"
            )
        elif head_at_start.size < checkpoint.size:
            message = f"the trail has {head_at_start.size} entries, and the checkpoint has {checkpoint.size}: it was rolled back"
            yield Finding("trail", checkpoint.origin, message)
        elif link_at(self.store.trail(max(0, checkpoint.size - 1)), checkpoint.size) != checkpoint.link:
            message = f"entry {checkpoint.size} is not the one in the checkpoint: the trail was rewritten"
            yield Finding("trail", checkpoint.origin, message)


# --- (4) ----------------------------------------------------------------------------------------------------------


def _account_findings(accounts: dict[str, str], allowed_seals: dict[str, set[str]]) -> Iterator[Finding]:
    for name in sorted(accounts.keys() | allowed_seals.keys()):
        if name not in accounts:
            yield Finding(
                "account", name, "the account is missing from the store, and no account is ever removed from it"
            )
        elif name not in allowed_seals:
            yield Finding("account", name, "the account exists, and no entry of the trail added it")
        elif accounts[name] not in allowed_seals[name]:
            yield Finding("account", name, "the account (its kind, member, state or credentials) was changed")


def _ledger_findings(
    ledger: dict[str, tuple[int, bytes]], noted_values: Mapping[str, Any], last_ledger_fact: int
) -> Iterator[Finding]:
    """Compare the deliveries marked as sent: ledger and trail must name the same places for the same readers."""
    ledger_intervals, trail_intervals = _Intervals(), _Intervals()
    for key, (number, value) in ledger.items():
        delivery = delivery_from(Fact(number, key, value))
        if delivery is None:
            yield Finding("ledger", key, "this note is damaged")
        elif delivery.sent:
            ledger_intervals.add(delivery)
    for key, note in noted_values.items():
        delivery = delivery_from(Fact(0, key, orjson.dumps(note)))
        if delivery is None:
            continue
        trail_intervals.add(delivery)
        if not ledger_intervals.cover(delivery):
            yield Finding("ledger", key, "the trail says that this was sent, and the ledger does not")
        elif (
            key in ledger
            and ledger[key][0] <= last_ledger_fact
            and delivery_from(Fact(0, key, ledger[key][1])) != delivery
        ):
            yield Finding("ledger", key, "the note (its places or its time) was changed")
    for key, (number, value) in ledger.items():
        delivery = delivery_from(Fact(number, key, value))
        if (
            delivery is not None
            and delivery.sent
            and number <= last_ledger_fact
            and not trail_intervals.cover(delivery)
        ):
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
