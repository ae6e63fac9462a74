"""The effect on the line of a decision about a hidden object, or of the removal of versions, as a value. Pure.

A record that becomes visible to more readers gets a new place at the end of the line, since they may have passed its old
one (law L1).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from hub.stix.identifiers import SCO_TYPES
from hub.stix.timestamps import format_place
from hub.store.histories import RowChange, compute_standings, version_of
from hub.store.line import MICROSECONDS, NewRecord
from hub.store.records import BY_OPERATOR, HIDDEN, Record


@dataclass(slots=True)
class LineEffect:
    """What a store has to write; existing records are named by their places."""

    head: int
    hidden_count: int = 0  # of records that were hidden
    removed_places: list[int] = field(default_factory=list)
    new_records: list[NewRecord] = field(default_factory=list)  # removed records that get a new place
    changes: dict[int, RowChange] = field(default_factory=dict)

    @property
    def touched_places(self) -> list[int]:
        """The places of all records that are added, changed or removed."""
        return [*self.removed_places, *(new.record.place for new in self.new_records), *self.changes]


def decide(records: Sequence[Record], level: int | None, head: int, now: int) -> LineEffect:
    """Give the hidden versions among all versions of an object, oldest first, this level; None: remove them."""
    effect = LineEffect(head, hidden_count=sum(record.level == HIDDEN for record in records))
    if level is None:
        effect.removed_places = [record.place for record in records if record.level == HIDDEN]
    remaining = [record for record in records if level is not None or record.level < HIDDEN]
    with_new_levels = [
        record if level is None or record.level < HIDDEN else replace(record, level=level, source=BY_OPERATOR)
        for record in remaining
    ]
    _place_versions(effect, records, with_new_levels, now)
    return effect


def remove_versions(records: Sequence[Record], places: Collection[int], head: int, now: int) -> LineEffect:
    """Remove the versions at these places; `records` are all versions of the object, oldest first."""
    effect = LineEffect(head, removed_places=list(places))
    _place_versions(effect, records, [record for record in records if record.place not in places], now)
    return effect


def _place_versions(effect: LineEffect, records: Sequence[Record], remaining: Sequence[Record], now: int) -> None:
    """Give each remaining version, which has its new level already, its new standing and, if needed, a new place."""
    by_place = {record.place: record for record in records}
    old_standings = dict(zip(by_place, compute_standings([version_of(record) for record in records]), strict=True))
    standings = compute_standings([version_of(record) for record in remaining])
    moves = [
        standing.governing < old_standings[record.place].governing
        for record, standing in zip(remaining, standings, strict=True)
    ]
    for index, (record, standing) in enumerate(zip(remaining, standings, strict=True)):
        lowest_level = min(record.lowest_level, standing.governing)
        if moves[index]:
            effect.head = max(now, effect.head + 1)
            new_record = replace(record, place=effect.head, lowest_level=lowest_level)
            # the place of an observable is its version, unless it would then come after a newer version that does not move
            if record.type in SCO_TYPES and all(moves[index:]):
                version_text = format_place(effect.head)
                new_record = replace(new_record, version=effect.head * MICROSECONDS, version_text=version_text)
            effect.removed_places.append(record.place)
            effect.new_records.append(NewRecord(new_record, standing))
        elif record is not by_place[record.place] or standing != old_standings[record.place]:
            effect.changes[record.place] = RowChange(record.level, record.source, lowest_level, standing)
