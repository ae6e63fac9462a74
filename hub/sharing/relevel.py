"""What today's rules make of the records of an older hub: each is judged again, and nothing is dropped (law L5).

An older hub took levels in fewer words, and knew nothing of containers. So what it holds is published again, in the
order in which it came, into a store that is thrown away (`Rehearsal`); the verdicts then go to where the records are.

1. A level only rises: readers may have passed the place of what an older hub hid from them (law L1).
2. What would be refused now, for its level or because it speaks for another member, is hidden from every reader, with
   the reason, until the operator decides (`hub levels`). What today's profiles would refuse is counted, and stays: they say
   what may come in from now on.
3. What was one envelope is told by who published it and when. An object that was in a container then has its level.

Until all records of a collection are judged, no hub opens the store: an upgrade that was broken off is run again.
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
    REFUSED,
    UNKNOWN_SOURCE,
    Record,
    RecordLevel,
)
from hub.store.sqlite.rehearsal import Judged, Rehearsal

ENVELOPE_BYTES: Final = 8 * 1024 * 1024  # of the bodies that are judged together
LEVELS_AT_ONCE: Final = 1_000  # that are written in one commit
_REASON_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True)
class Relevelled:
    """What became of a collection's records."""

    collection: Collection
    judged: int
    raised: int
    hidden: int
    unfit: int  # that today's profiles would refuse, and that stay nevertheless


@dataclass(frozen=True, slots=True)
class Rules:
    """By what records are judged, and when (milliseconds since 1970)."""

    catalogue: Catalogue
    limits: Limits
    now: int
    handed_over: Mapping[str, str]  # ids that the operator gave to a member


def relevel(store: Store, catalogue: Catalogue, limits: Limits, now: int) -> Iterator[Relevelled]:
    """Judge what an older hub left in the store; yields what became of each collection that had any. Run again, nothing."""
    concerned = [collection for collection in catalogue if store.has_unknown_levels(collection.id)]
    if not concerned:
        return
    rules = Rules(catalogue, limits, now, HandOvers(store).current())
    with closing(Rehearsal()) as rehearsal:
        unfit = rehearse(rehearsal, rules, {collection.id: store.records(collection.id) for collection in catalogue})
        for collection in concerned:
            yield _write(store, collection, rehearsal.judged(collection.id), unfit.get(collection.id, 0))


def _write(store: Store, collection: Collection, judged: Iterable[Judged], unfit: int) -> Relevelled:
    unknown = (judgement for judgement in judged if judgement.held_source == UNKNOWN_SOURCE)
    count = raised = hidden = 0
    while some := list(islice(unknown, LEVELS_AT_ONCE)):
        decided = [level_now(judgement, collection) for judgement in some]
        store.set_levels(collection.id, decided)
        count += len(some)
        hidden += sum(now.level == HIDDEN for now in decided)
        raised += sum(before.held_level < now.level < HIDDEN for before, now in zip(some, decided, strict=True))
    return Relevelled(collection, count, raised, hidden, unfit)


def limit_of(collection: Collection) -> str:
    """Half a sentence for a record whose level is too high."""
    return f"this collection takes nothing above {collection.highest_tlp.label}"


def level_now(judged: Judged, collection: Collection) -> RecordLevel:
    """The level of a held record from now on: never below the one that it had."""
    reason = judged.reason
    level, source = judged.level, judged.source
    if level < judged.held_level:
        level, source = judged.held_level, BY_DEFAULT
    if not reason and level == HIDDEN:
        reason = f"it has the level of {source}, which is hidden, or whose marking is not understood"
    elif not reason and level > collection.highest_tlp:
        limit = limit_of(collection)
        from_another = source not in (BY_MARKING, BY_DEFAULT, BY_HUB)
        reason = (
            f"it has the level of {source}, which is {TLP(level).label}, and {limit}"
            if from_another
            else (f"it is {TLP(level).label}, and {limit}")
        )
    if reason:
        return RecordLevel(judged.id, judged.place, HIDDEN, REFUSED + reason[:_REASON_CHARACTERS])
    return RecordLevel(judged.id, judged.place, level, source)


def rehearse(rehearsal: Rehearsal, rules: Rules, records: Mapping[str, Iterable[Record]]) -> Mapping[str, int]:
    """Publish the records again, all collections together, in the order in which their envelopes came.

    By collection, how many of them today's profiles would refuse.
    """
    most = rules.limits.envelope_objects
    envelopes = heapq.merge(*(_envelopes(some, most) for some in records.values()), key=lambda some: some[0].place)
    publishing = _Publishing(rehearsal, rules)
    for envelope in envelopes:
        publishing.publish(envelope)
    rehearsal.spread()
    return publishing.unfit


def _envelopes(records: Iterable[Record], most: int) -> Iterator[list[Record]]:
    """What one member published at one moment, as nearly as can be told."""
    some: list[Record] = []
    size = 0
    for record in records:
        if some and (
            (record.accepted_at, record.publishers[0]) != (some[0].accepted_at, some[0].publishers[0])
            or len(some) == most
            or size > ENVELOPE_BYTES
        ):
            yield some
            some, size = [], 0
        some.append(record)
        size += len(record.body)
    if some:
        yield some


class _Publishing:
    def __init__(self, rehearsal: Rehearsal, rules: Rules) -> None:
        self._rehearsal = rehearsal
        self._rules = rules
        self._reads: dict[tuple[str, str], Mapping[str, int]] = {}  # by collection and member
        # as the records are judged
        self._collections = {collection.id: replace(collection, profiles=()) for collection in rules.catalogue}
        self.unfit: Counter[str] = Counter()

    def publish(self, records: Sequence[Record]) -> None:
        """Publish one envelope."""
        catalogue = self._rules.catalogue
        collection, member = self._collections[records[0].collection], records[0].publishers[0]
        if member == NOBODY:
            candidates = tuple(self._own(index, record) for index, record in enumerate(records))
            self._rehearsal.publish(
                Batch(collection.id, NOBODY, candidates, status_id=None, account="", describe=describe_nothing), records
            )
            return
        values: list[Any] = [orjson.loads(record.body) for record in records]
        parsed = [parse_object(value, self._rules.limits, catalogue.markings) for value in values]
        context = Context(catalogue.reserved, collection.beyond_certs)
        self._count_unfit(collection.id, parsed, context)
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
            for index, (value, result) in enumerate(zip(values, parsed, strict=True))
        ]
        refused: list[int] = []
        for outcome in verdicts:
            if not isinstance(outcome, Outcome):
                continue
            record = records[outcome.index]
            if outcome.verdict is Verdict.REFUSED:
                refused.append(outcome.index)
                self._rehearsal.note(record, Level(record.level, BY_DEFAULT), outcome.message)
            else:  # a member's copy of what the hub holds in its own words
                self._rehearsal.note(record, Level(TLP.CLEAR, BY_HUB))
        self._rehearsal.publish(
            Batch(
                collection.id,
                member,
                tuple(verdict for verdict in verdicts if isinstance(verdict, Candidate)),
                status_id=None,
                account="",
                describe=describe_nothing,
                unmarked=collection.unmarked,
                highest=collection.highest_tlp,
                reads=self._collections_read(member, collection),
                bystanders=(
                    *levels.bystanders(values, parsed, refused, catalogue.markings),
                    *levels.twins(parsed, self._rehearsal, collection, member),
                ),
            ),
            records,
        )

    def _count_unfit(self, collection: str, parsed: Iterable[StixObject | tuple[Fault, ...]], context: Context) -> None:
        declared = self._rules.catalogue.by_id(collection)
        if declared is not None and declared.profiles:
            objects = (obj for obj in parsed if isinstance(obj, StixObject))
            self.unfit[collection] += sum(bool(check(obj.content, declared.profiles, context)) for obj in objects)

    def _judge(
        self, inspection: Inspection, index: int, value: Any, parsed: StixObject | tuple[Fault, ...]
    ) -> Candidate | Outcome:
        if isinstance(parsed, StixObject) and inspection.member not in inspection.catalogue.members:
            # a member that has left: what it published stays as it is, except its level
            level = access.level_of(parsed, inspection.collection, inspection.catalogue)
            if isinstance(level, access.Level):
                return candidate_of(inspection, index, parsed, level, access.Owner(inspection.member))
        return judge(inspection, index, value, parsed)

    def _own(self, index: int, record: Record) -> Candidate:
        """What the hub itself put in."""
        return Candidate(
            index=index,
            id=record.id,
            type=record.type,
            version=record.version,
            version_text=record.version_text,
            level=TLP.CLEAR,
            owner=record.owner,
            revoked=record.revoked,
            names=(),
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


def levelled(records: Iterable[Record], judged: Iterator[Judged], collection: Collection) -> Iterator[Record]:
    """The records of an archive, in place order, with the levels that they have from now on."""
    for record, judgement in zip(records, judged, strict=True):
        if record.place != judgement.place:
            raise AssertionError((record.place, judgement.place))
        decided = level_now(judgement, collection)
        yield replace(record, level=decided.level, source=decided.source)
