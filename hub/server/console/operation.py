"""Rows of the operator's page: the audit trail, drills, and refusals. No content, no credentials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.audit.search import entries_before, first_since, number_or_zero
from hub.audit.words import describe
from hub.community import drills
from hub.community.hub import Hub
from hub.stix.timestamps import format_place

ENTRIES_READ: Final = 5_000  # of the trail, for one page
LINES_SHOWN: Final = 50
WORDS_CHARACTERS: Final = 400  # of one line
_CLOCK_ENTRIES: Final = 1_000
_PUBLISHED: Final = "published"
_HIDDEN_NAMES: Final = frozenset({"at", "what", "seal", "notes", "status"})  # not shown in a line


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One entry of the trail in words."""

    number: int
    time_text: str
    what: str
    words: str


@dataclass(frozen=True, slots=True)
class TrailSearch:
    """A search; empty texts: everything. `day` and `until` are dates as texts: the first and the last day."""

    what: str = ""
    account: str = ""
    day: str = ""
    until: str = ""
    before_number: int = 0  # only entries before this number; 0: all


@dataclass(frozen=True, slots=True)
class TrailView:
    """The newest entries that match a search, the newest first."""

    lines: tuple[TrailLine, ...]
    size: int  # of the whole trail
    first: int  # number of the oldest entry that was read, 0 if there was none
    last: int  # number of the newest one
    since: str  # time of the oldest one
    next_before: int  # `before` of a search that continues this one; 0 if no older entry can match


@dataclass(frozen=True, slots=True)
class PublishedCounts:
    """How many objects each account published, according to the newest entries."""

    objects: Mapping[str, int]  # by account
    since: str  # time of the oldest of these entries; "" if there is none


@dataclass(frozen=True, slots=True)
class DrillLine:
    """A drill that was played."""

    key: str
    root: str
    title: str
    started_at: str
    incidents: int


def trail_view(hub: Hub, search: TrailSearch) -> TrailView:
    """Search the trail backwards from its end, or from the end of an earlier search: at most `ENTRIES_READ` entries."""
    size = hub.store.trail_head().size
    start = min(search.before_number or size + 1, size + 1)
    until = _day_after(search.until)
    if until:
        # a clock that was set back may have put some entries after later ones
        start = min(start, first_since(hub.store, until, size) + _CLOCK_ENTRIES)
    lines: list[TrailLine] = []
    first, since, newest_at = 0, "", ""
    for number, content in entries_before(hub.store, start, ENTRIES_READ):
        time_text = format_place(number_or_zero(content.get("at")))
        first, since, newest_at = number, time_text, max(newest_at, time_text)
        is_named = not search.account or search.account in _accounts(content)
        is_in_time = time_text >= search.day and (not until or time_text < until)
        if content["what"] and is_named and is_in_time and search.what in ("", content["what"]):
            lines.append(TrailLine(number, time_text, str(content["what"]), _words(hub, content)))
            if len(lines) == LINES_SHOWN:
                break
    is_complete = first <= 1 or newest_at < search.day
    return TrailView(tuple(lines), size, first, start - 1 if first else 0, since, 0 if is_complete else first)


def count_published(hub: Hub) -> PublishedCounts:
    """Count the published objects in the newest `ENTRIES_READ` entries."""
    objects: Counter[str] = Counter()
    since = ""
    for _, content in entries_before(hub.store, hub.store.trail_head().size + 1, ENTRIES_READ):
        since = format_place(number_or_zero(content.get("at")))
        if content["what"] == _PUBLISHED:
            objects[str(content.get("account", ""))] += number_or_zero(content.get("added"))
    return PublishedCounts(objects, since)


def _day_after(day: str) -> str:
    """The first moment after that date, in the form of entries; "" if the text is no date."""
    try:
        moment = datetime.fromisoformat(day[:10]).replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        return ""
    return format_place(max(0, int(moment.timestamp()) * 1000))


def drills_played(hub: Hub) -> list[DrillLine]:
    """All drills, by API root, the newest first."""
    return [
        DrillLine(
            key=str(drill["drill"]),
            root=root.name,
            title=str(drill["title"]),
            started_at=format_place(int(str(drill["drill"]).partition("/")[2] or 0)),
            incidents=len(drill["incidents"]),
        )
        for root in hub.catalogue.roots.values()
        if root.exercise
        for drill in drills.drills_of(hub, root)
    ]


def _accounts(content: Mapping[str, Any]) -> Iterator[str]:
    """The names in the entry: an account, the account that changed it, or the names in refused logins."""
    yield from (name for key in ("account", "by") if isinstance(name := content.get(key), str))
    yield from (row[1] for row in content.get("logins", ()) if isinstance(row, list) and len(row) > 1)


def _words(hub: Hub, content: Mapping[str, Any]) -> str:
    text = describe(content, hub.catalogue, omitted_names=_HIDDEN_NAMES)
    return text if len(text) <= WORDS_CHARACTERS else f"{text[: WORDS_CHARACTERS - 1]}…"
