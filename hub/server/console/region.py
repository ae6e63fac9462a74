"""The figures of the region's page: a tile for each member with its open incidents by class and age, and a bar for each week.

They are made only from the reader's board (law L5). This module computes positions and sizes; the template draws.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from hub.community.entry import Entry

WEEKS: Final = 12
CLASSES_ON_TILE: Final = 3  # the table has all classes
# (column, row) of each member's tile, roughly as on a map. Other members' tiles are below.
_PLACES: Final = {
    "MM": (0, 0),
    "LA": (1, 0),
    "VN": (2, 0),
    "TH": (0, 1),
    "KH": (1, 1),
    "PH": (3, 1),
    "MY": (0, 2),
    "SG": (1, 2),
    "BN": (2, 2),
    "ID": (1, 3),
    "TL": (3, 3),
}
COLUMNS: Final = 4
TILE_WIDTH: Final = 190
TILE_HEIGHT: Final = 118
GAP: Final = 14
BAR_WIDTH: Final = 44
BAR_STEP: Final = 60
CHART_HEIGHT: Final = 120
NO_CLASS: Final = ""  # of an incident without a class
_DAY: Final = 24 * 3600  # seconds
_SHADES: Final = 5


@dataclass(frozen=True, slots=True)
class Tile:
    """A member's part of the map. `shade` grows with its share of the region's open incidents, from 0 to 4."""

    member: str
    x: int
    y: int
    open: int
    day: int  # up to a day old
    week: int  # more than a day old, up to a week
    older: int
    shade: int
    classes: tuple[tuple[str, int], ...]  # the most frequent first; "" for NO_CLASS


@dataclass(frozen=True, slots=True)
class Week:
    """The incidents that came in one week."""

    begins: str  # date of its first day
    count: int
    classes: Mapping[str, int]
    x: int
    height: int  # of its bar


def tiles_of(incidents: Iterable[Entry], members: Sequence[str], now: int) -> list[Tile]:
    """A tile for each member; an incident counts for the member that reported or relayed it."""
    by_member: dict[str, list[Entry]] = {member: [] for member in members}
    for entry in incidents:
        by_member.setdefault(entry.reporter, []).append(entry)
    largest = max((len(by_member[member]) for member in members), default=0)
    rows = max((row for member, (_, row) in _PLACES.items() if member in members), default=-1) + 1
    other_members = [member for member in members if member not in _PLACES]
    tiles = []
    for member in members:
        if member in _PLACES:
            column, row = _PLACES[member]
        else:
            column, row = other_members.index(member) % COLUMNS, rows + other_members.index(member) // COLUMNS
        entries = by_member[member]
        ages = [max(0, now - entry.first_place) // 1000 for entry in entries]
        day = sum(age <= _DAY for age in ages)
        week = sum(_DAY < age <= 7 * _DAY for age in ages)
        tiles.append(
            Tile(
                member=member,
                x=column * (TILE_WIDTH + GAP),
                y=row * (TILE_HEIGHT + GAP),
                open=len(entries),
                day=day,
                week=week,
                older=len(entries) - day - week,
                shade=0 if not entries else 1 + (len(entries) * (_SHADES - 2)) // largest,
                classes=tuple(classes_in(entries).most_common()),
            )
        )
    return tiles


def weeks_of(incidents: Iterable[Entry], now: int) -> list[Week]:
    """The last weeks, the oldest first; each begins on Monday (UTC)."""
    first = first_day(now)
    start = int(first.timestamp() * 1000)
    by_week: list[list[Entry]] = [[] for _ in range(WEEKS)]
    for entry in incidents:
        number = (entry.first_place - start) // (7 * _DAY * 1000)
        if 0 <= number < WEEKS:
            by_week[number].append(entry)
    largest = max(map(len, by_week)) or 1
    return [
        Week(
            begins=(first + timedelta(weeks=number)).strftime("%Y-%m-%d"),
            count=len(entries),
            classes=dict(classes_in(entries)),
            x=number * BAR_STEP,
            height=round(CHART_HEIGHT * len(entries) / largest),
        )
        for number, entries in enumerate(by_week)
    ]


def first_day(now: int) -> datetime:
    """The Monday on which the first of the weeks begins."""
    today = datetime.fromtimestamp(now / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday(), weeks=WEEKS - 1)


def classes_in(entries: Iterable[Entry]) -> Counter[str]:
    """How many incidents have each class of RSIT."""
    return Counter(name for entry in entries for name in entry.classes or (NO_CLASS,))
