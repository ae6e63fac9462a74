"""Judges the records of an older hub by today's rules; no record is dropped (law L5).

An older hub recognised fewer ways to state a level, and did not consider containers. So its records are published again, in
their original order, into a temporary store (`Rehearsal`), and the resulting levels are written to the real store.

1. A level only rises: a lower level would show records at places that readers have already passed (law L1).
2. A record that would be refused now, for its level or because it belongs to another member, is hidden from all readers,
   with the reason, until the operator decides (`hub levels`). A record that today's profiles would refuse is only counted:
   profiles apply to what comes in.
3. Records with the same publisher and time are taken as one envelope, so that an object gets the level of its container.

No hub opens the store until all records of a collection are judged: an interrupted upgrade is run again.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

import orjson

from hub.profile.check import check
from hub.profile.verbs import Context
from hub.settings import Limits
from hub.sharing import access, levels
from hub.sharing.accept import Inspection, candidate_of, judge
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.handover import HandOvers
from hub.sharing.members import Account, AccountKind
from hub.stix.fault import Fault
from hub.stix.objects import StixObject, parse_object
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.batch import Batch, Candidate, Outcome, Verdict, describe_nothing
from hub.store.levels import Level
from hub.store.records import (
    BY_DEFAULT,
    BY_HUB,
    BY_MARKING,
    HIDDEN,
    NOBODY,
    REFUSED_PREFIX,
    UNKNOWN_SOURCE,
    Record,
    RecordLevel,
)
from hub.store.sqlite.rehearsal import Judgement, Rehearsal

ENVELOPE_BYTES: Final = 8 * 1024 * 1024  # of bodies that are judged together
LEVELS_AT_ONCE: Final = 1_000  # levels that are written in one commit
_REASON_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True)
class RelevelResult:
    """The result for one collection: how many records were judged, got a higher level, or were hidden."""

    collection: Collection
    judged_count: int
    raised_count: int
    hidden_count: int
    unfit_count: int  # records that today's profiles would refuse; they stay


@dataclass(frozen=True, slots=True)
class Rules:
    """What records are judged by, and the time of judging (milliseconds since 1970)."""

    catalogue: Catalogue
    limits: Limits
    now: int
    handed_over: Mapping[str, str]  # object id -> member, for ids that the operator handed over


def relevel(store: Store, catalogue: Catalogue, limits: Limits, now: int) -> Iterator[RelevelResult]:
    """Judge the records of an older hub in the store; yield the result for each collection with such records.

    Run again, it does nothing.
    """
    old_collections = [collection for collection in catalogue if store.has_unknown_levels(collection.id)]
    if not old_collections:
        return
    rules = Rules(catalogue, limits, now, HandOvers(store).owners())
    with closing(Rehearsal()) as rehearsal:
        unfit_counts = rehearse(
            rehearsal, rules, {collection.id: store.records(collection.id) for collection in catalogue}
        )
        for collection in old_collections:
            yield _write(store, collection, rehearsal.judgements(collection.id), unfit_counts.get(collection.id, 0))


def _write(store: Store, collection: Collection, judgements: Iterable[Judgement], unfit_count: int) -> RelevelResult:
    old_judgements = (judgement for judgement in judgements if judgement.held_source == UNKNOWN_SOURCE)
    judged_count = raised_count = hidden_count = 0
    while batch := list(islice(old_judgements, LEVELS_AT_ONCE)):
        new_levels = [decide_level(judgement, collection) for judgement in batch]
        store.set_levels(collection.id, new_levels)
        judged_count += len(batch)
        hidden_count += sum(new_level.level == HIDDEN for new_level in new_levels)
        raised_count += sum(
            judgement.held_level < new_level.level < HIDDEN
            for judgement, new_level in zip(batch, new_levels, strict=True)
        )
    return RelevelResult(collection, judged_count, raised_count, hidden_count, unfit_count)


def limit_sentence(collection: Collection) -> str:
    """Part of a sentence for a record whose level is too high."""
    return f"this collection takes nothing above {collection.highest_tlp.label}"


def decide_level(judgement: Judgement, collection: Collection) -> RecordLevel:
    """The new level of a stored record: never below its present one."""
    reason = judgement.reason
    level, source = judgement.level, judgement.source
    if level < judgement.held_level:
        level, source = judgement.held_level, BY_DEFAULT
    if not reason and level == HIDDEN:
        reason = f"it has the level of {source}, which is hidden, or whose marking is not understood"
    elif not reason and level > collection.highest_tlp:
        limit = limit_sentence(collection)
        is_from_another = source not in (BY_MARKING, BY_DEFAULT, BY_HUB)
        reason = (
            f"it has the level of {source}, which is {TLP(level).label}, and {limit}"
            if is_from_another
            else (f"it is {TLP(level).label}, and {limit}")
        )
    if reason:
        return RecordLevel(judgement.id, judgement.place, HIDDEN, REFUSED_PREFIX + reason[:_REASON_CHARACTERS])
    return RecordLevel(judgement.id, judgement.place, level, source)


def rehearse(rehearsal: Rehearsal, rules: Rules, records: Mapping[str, Iterable[Record]]) -> Mapping[str, int]:
    """Publish the records again, all collections together, in the order in which their envelopes came.

    Returns, by collection, how many of them today's profiles would refuse.
    """
    max_objects = rules.limits.envelope_objects
    envelopes = heapq.merge(
        *(_envelopes(collection_records, max_objects) for collection_records in records.values()),
        key=lambda collection_records: collection_records[0].place,
    )
    publishing = _Publishing(rehearsal, rules)
    for envelope in envelopes:
        publishing.publish(envelope)
    rehearsal.spread()
    return publishing.unfit_counts


def _envelopes(records: Iterable[Record], max_objects: int) -> Iterator[list[Record]]:
    """Group the records into envelopes: the records that one member published at the same time."""
    envelope: list[Record] = []
    size = 0
    for record in records:
        if envelope and (
            (record.accepted_at, record.publishers[0]) != (envelope[0].accepted_at, envelope[0].publishers[0])
            or len(envelope) == max_objects
            or size > ENVELOPE_BYTES
        ):
            yield envelope
            envelope, size = [], 0
        envelope.append(record)
        size += len(record.body)
    if envelope:
        yield envelope


class _Publishing:
    def __init__(self, rehearsal: Rehearsal, rules: Rules) -> None:
        self._rehearsal = rehearsal
        self._rules = rules
        self._reads: dict[tuple[str, str], Mapping[str, int]] = {}  # by collection and member
        # without profiles, which only apply to what comes in
        self._collections = {collection.id: replace(collection, profiles=()) for collection in rules.catalogue}
        self.unfit_counts: Counter[str] = Counter()

    def publish(self, records: Sequence[Record]) -> None:
        """Publish one envelope."""
        catalogue = self._rules.catalogue
        collection, member = self._collections[records[0].collection], records[0].publishers[0]
        if member == NOBODY:
            candidates = tuple(self._hub_candidate(index, record) for index, record in enumerate(records))
            self._rehearsal.publish(
                Batch(collection.id, NOBODY, candidates, status_id=None, account="", describe=describe_nothing), records
            )
            return
        values: list[Any] = [orjson.loads(record.body) for record in records]
        parse_results = [parse_object(value, self._rules.limits, catalogue.markings) for value in values]
        context = Context(catalogue.member_by_identity, collection.beyond_certs)
        self._count_unfit(collection.id, parse_results, context)
        inspection = Inspection(
            self._rehearsal,
            catalogue,
            collection,
            member,
            self._rules.now,
            self._rules.limits.future_minutes,
            context,
            self._rules.handed_over,
        )
        verdicts = [
            self._judge(inspection, index, value, result)
            for index, (value, result) in enumerate(zip(values, parse_results, strict=True))
        ]
        refused_indexes: list[int] = []
        for outcome in verdicts:
            if not isinstance(outcome, Outcome):
                continue
            record = records[outcome.index]
            if outcome.verdict is Verdict.REFUSED:
                refused_indexes.append(outcome.index)
                self._rehearsal.note(record, Level(record.level, BY_DEFAULT), outcome.message)
            else:  # a member's copy of an object of the hub
                self._rehearsal.note(record, Level(TLP.CLEAR, BY_HUB))
        self._rehearsal.publish(
            Batch(
                collection.id,
                member,
                tuple(verdict for verdict in verdicts if isinstance(verdict, Candidate)),
                status_id=None,
                account="",
                describe=describe_nothing,
                unmarked_level=collection.unmarked,
                highest_level=collection.highest_tlp,
                readable_levels=self._collections_read(member, collection),
                bystanders=(
                    *levels.bystanders(values, parse_results, refused_indexes, catalogue.markings),
                    *levels.twin_bystanders(parse_results, self._rehearsal, collection, member),
                ),
            ),
            records,
        )

    def _count_unfit(
        self, collection: str, parse_results: Iterable[StixObject | tuple[Fault, ...]], context: Context
    ) -> None:
        declared_collection = self._rules.catalogue.by_id(collection)
        if declared_collection is not None and declared_collection.profiles:
            objects = (obj for obj in parse_results if isinstance(obj, StixObject))
            self.unfit_counts[collection] += sum(
                bool(check(obj.content, declared_collection.profiles, context)) for obj in objects
            )

    def _judge(
        self, inspection: Inspection, index: int, value: Any, parse_result: StixObject | tuple[Fault, ...]
    ) -> Candidate | Outcome:
        if isinstance(parse_result, StixObject) and inspection.member not in inspection.catalogue.members:
            # a member that has left: its objects keep their owner, and only the level is judged
            level = access.level_of(parse_result, inspection.collection, inspection.catalogue)
            if isinstance(level, access.Level):
                return candidate_of(inspection, index, parse_result, level, access.Owner(inspection.member))
        return judge(inspection, index, value, parse_result)

    def _hub_candidate(self, index: int, record: Record) -> Candidate:
        """An object of the hub itself as a candidate."""
        return Candidate(
            index=index,
            id=record.id,
            type=record.type,
            version=record.version,
            version_text=record.version_text,
            level=TLP.CLEAR,
            owner=record.owner,
            revoked=record.revoked,
            named_ids=(),
            body=record.body,
            digest=record.digest,
            source=BY_HUB,
        )

    def _collections_read(self, member: str, collection: Collection) -> Mapping[str, int]:
        key = collection.id, member
        if key not in self._reads:
            account = Account("", AccountKind.CERT, member)
            self._reads[key] = levels.collections_read(self._rules.catalogue, account, collection)
        return self._reads[key]


def with_levels(records: Iterable[Record], judgements: Iterator[Judgement], collection: Collection) -> Iterator[Record]:
    """The records of an archive, in place order, with their new levels."""
    for record, judgement in zip(records, judgements, strict=True):
        if record.place != judgement.place:
            raise AssertionError((record.place, judgement.place))
        new_level = decide_level(judgement, collection)
        yield replace(record, level=new_level.level, source=new_level.source)
