"""Rows of the operator's page: the audit trail, drills, and refusals. No content, no credentials."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.audit.state import about_of
from hub.audit.words import words_of
from hub.community import drills
from hub.community.hub import Hub
from hub.stix.timestamps import LATEST, format_place

ENTRIES_READ: Final = 5_000  # of the trail, its newest; each with the seals of all that it touched
LINES_SHOWN: Final = 50
WORDS_CHARACTERS: Final = 400  # of one line
_PUBLISHED: Final = "published"
_BESIDE: Final = frozenset({"at", "what", "seal", "notes", "status"})  # not shown: whose status that was is said


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One entry of the trail in words."""

    number: int
    at: str
    what: str
    words: str


@dataclass(frozen=True, slots=True)
class TrailView:
    """The newest entries that fit a search, the newest first, and what each account published in all that were read."""

    lines: tuple[TrailLine, ...]
    matches: int
    words: tuple[str, ...]  # that entries begin with: what can be searched for
    published: Mapping[str, int]  # account -> objects
    first: str  # since when entries were read
    size: int  # of the whole trail


@dataclass(frozen=True, slots=True)
class DrillLine:
    """A drill that was played."""

    key: str
    root: str
    title: str
    began: str
    incidents: int


def trail_view(hub: Hub, *, what: str = "", account: str = "", day: str = "") -> TrailView:
    """Search the newest entries; empty texts: everything. `day` is a date: entries from it on."""
    size = hub.store.trail_head().size
    newest: deque[tuple[int, str, Mapping[str, Any]]] = deque(maxlen=LINES_SHOWN)
    words: set[str] = set()
    published: Counter[str] = Counter()
    first, matches = "", 0
    for entry in hub.store.trail(max(0, size - ENTRIES_READ)):
        about = about_of(entry)
        if about is None:
            continue
        at = format_place(_whole(about.get("at")))
        first = first or at
        words.add(str(about["what"]))
        if about["what"] == _PUBLISHED:
            published[str(about.get("account", ""))] += _whole(about.get("added"))
        if (not what or about["what"] == what) and (not account or account in _accounts(about)) and at >= day:
            matches += 1
            newest.append((entry.number, at, about))
    lines = tuple(
        TrailLine(number, at, str(about["what"]), _words(hub, about)) for number, at, about in reversed(newest)
    )
    return TrailView(lines, matches, tuple(sorted(words)), published, first, size)


def drills_played(hub: Hub) -> list[DrillLine]:
    """The newest of each API root first."""
    return [
        DrillLine(
            key=str(drill["drill"]),
            root=root.name,
            title=str(drill["title"]),
            began=format_place(int(str(drill["drill"]).partition("/")[2] or 0)),
            incidents=len(drill["incidents"]),
        )
        for root in hub.catalogue.roots.values()
        if root.exercise
        for drill in drills.drills_of(hub, root)
    ]


def _whole(value: object) -> int:
    """The number; 0 where an entry that was damaged has none: the page is where that comes to light."""
    return value if isinstance(value, int) and 0 <= value <= LATEST else 0


def _accounts(about: Mapping[str, Any]) -> Iterator[str]:
    """Whom the entry names: an account, who changed it, or the names that refused logins tried."""
    yield from (name for key in ("account", "by") if isinstance(name := about.get(key), str))
    yield from (row[1] for row in about.get("logins", ()) if isinstance(row, list) and len(row) > 1)


def _words(hub: Hub, about: Mapping[str, Any]) -> str:
    whole = words_of(about, hub.catalogue, without=_BESIDE)
    return whole if len(whole) <= WORDS_CHARACTERS else f"{whole[: WORDS_CHARACTERS - 1]}…"
