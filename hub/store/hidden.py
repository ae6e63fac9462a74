"""What it comes to when the operator decides about a hidden object, or versions of an object go, as a value. Pure.

A record that more readers see than before gets a new place at the end of the line, since they may have passed its old one
(law L1).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from hub.stix.identifiers import SCO_TYPES
from hub.stix.timestamps import format_place
from hub.store.histories import RowChange, standings, version_of
from hub.store.line import MICROSECONDS, NewRecord
from hub.store.records import BY_OPERATOR, HIDDEN, Record


@dataclass(slots=True)
class Decided:
    """All that a store has to write; held records are named by their places."""

    head: int
    count: int = 0  # of records that were hidden
    gone: list[int] = field(default_factory=list)
    new: list[NewRecord] = field(default_factory=list)  # those of the gone that stand elsewhere from now on
    changes: dict[int, RowChange] = field(default_factory=dict)

    @property
    def touched(self) -> list[int]:
        """The places of all records that are added, changed or removed."""
        return [*self.gone, *(new.record.place for new in self.new), *self.changes]


def decide(records: Sequence[Record], level: int | None, head: int, now: int) -> Decided:
    """Give the hidden ones among the versions of an object, oldest first, this level; None: remove them."""
    decided = Decided(head, count=sum(record.level == HIDDEN for record in records))
    if level is None:
        decided.gone = [record.place for record in records if record.level == HIDDEN]
    staying = [record for record in records if level is not None or record.level < HIDDEN]
    levelled = [
        record if level is None or record.level < HIDDEN else replace(record, level=level, source=BY_OPERATOR)
        for record in staying
    ]
    _stand_anew(decided, records, levelled, now)
    return decided


def take_out(records: Sequence[Record], gone: Collection[int], head: int, now: int) -> Decided:
    """Remove the versions at these places; `records` are all versions of the object, oldest first."""
    decided = Decided(head, gone=list(gone))
    _stand_anew(decided, records, [record for record in records if record.place not in gone], now)
    return decided


def _stand_anew(decided: Decided, records: Sequence[Record], staying: Sequence[Record], now: int) -> None:
    """Where the versions stand that stay, each with the level that it has from now on."""
    by_place = {record.place: record for record in records}
    before = dict(zip(by_place, standings([version_of(record) for record in records]), strict=True))
    after = standings([version_of(record) for record in staying])
    moves = [new.governing < before[record.place].governing for record, new in zip(staying, after, strict=True)]
    for index, (record, standing) in enumerate(zip(staying, after, strict=True)):
        reached = min(record.reached, standing.governing)
        if moves[index]:
            decided.head = max(now, decided.head + 1)
            moved = replace(record, place=decided.head, reached=reached)
            # the place of an observable is its version, unless it would then stand before a newer one that stays
            if record.type in SCO_TYPES and all(moves[index:]):
                moved = replace(moved, version=decided.head * MICROSECONDS, version_text=format_place(decided.head))
            decided.gone.append(record.place)
            decided.new.append(NewRecord(moved, standing))
        elif record is not by_place[record.place] or standing != before[record.place]:
            decided.changes[record.place] = RowChange(record.level, record.source, reached, standing)
