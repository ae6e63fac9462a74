"""The board: for each open incident who has it, who acknowledged, who was asked, who answered, and what is overdue.

1. Refresh the index: it reads only new records.
2. Write the entries again (`entry`) of incidents that changed or have a deadline that has passed; keep the others.
3. Sort the entries: overdue ones first, then by criticality, then the oldest. Each member has a share of a page; what it
   reports beyond its share comes after the shares of all others, so that no member can push the others off the first page.
4. Compute how long the members took, for the incidents of the last 90 days, open or closed.

Durations start at the hub's date_added of the first version that the reader may see, and are in whole seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import Any, Final

import orjson

from hub.community.entry import NEVER, Entry, EntryWriter, Overdue
from hub.community.figures import Figures, Sample
from hub.community.index import BoardIndex, View
from hub.sharing import access
from hub.sharing.catalogue import ApiRoot, Catalogue
from hub.sharing.members import Account
from hub.stix.timestamps import format_place

PAGE_INCIDENTS: Final = 10_000  # on one page of a board
STATISTICS_DAYS: Final = 90
_DAY: Final = 24 * 3600 * 1000  # milliseconds
_SECOND: Final = 1000


@dataclass(slots=True)
class _ViewState:
    """What the board has computed for one view."""

    generation: int = -1  # of the index
    changes: int = 0  # how many of the index's changes it includes
    entries: dict[str, Entry] = field(default_factory=dict)
    sorted_entries: list[Entry] = field(default_factory=list)  # of open incidents; the list is replaced, never changed
    overdue: int = 0  # deadlines that have passed, of open incidents
    # heap of (time, incident): when to write an entry again
    deadlines: list[tuple[int, str]] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    statistics: Mapping[str, Any] = field(default_factory=dict)  # of the figures; the dict is replaced, never changed
    # heap of (first place, incident), for the incidents in the figures
    counted_incidents: list[tuple[int, str]] = field(default_factory=list)

    def drop_old_samples(self, counted_since: int) -> list[Sample]:
        """Stop counting the incidents that began before `counted_since`; return their samples."""
        samples: list[Sample] = []
        while self.counted_incidents and self.counted_incidents[0][0] < counted_since:
            _, identifier = heappop(self.counted_incidents)
            entry = self.entries.get(identifier)
            if entry is not None and entry.is_counted:
                samples += entry.samples
                self.entries[identifier] = replace(entry, is_counted=False)
        return samples


@dataclass(frozen=True, slots=True)
class OpenIncidents:
    """All open incidents of a board, in its order. `head` is the board's JSON without them; `contents` parses some of them."""

    head: Mapping[str, Any]
    entries: Sequence[Entry]
    now: int  # milliseconds since 1970
    newest_places: Mapping[str, int]  # collection -> place of the newest record that the board includes

    def contents(self, entries: Iterable[Entry]) -> list[dict[str, Any]]:
        """These incidents as in the board's JSON."""
        return [orjson.loads(_entry_json(entry, self.now)) for entry in entries]


class Board:
    """The board of one API root, for all its readers. Safe for several threads."""

    def __init__(self, index: BoardIndex, root: ApiRoot, catalogue: Catalogue, clock: Callable[[], int]) -> None:
        self._index = index
        self._root = root
        self._clock = clock
        self._writer = EntryWriter(index, root, catalogue)
        self._refreshed_at = 0  # milliseconds since 1970, taken before the index was refreshed
        self._states: dict[tuple[tuple[str, int], ...], _ViewState] = {}  # by view: most members' CERTs have the same

    def open_incidents(
        self, view: View, head_fields: Mapping[str, Any], *, max_age_milliseconds: int = 0
    ) -> OpenIncidents:
        """The open incidents, with `head_fields` added to the head of their JSON document.

        The index is not refreshed if it was refreshed less than `max_age_milliseconds` ago.
        """
        now = self._clock()
        with self._index.lock:
            state = self._refresh_state(view, now, max_age_milliseconds)
            head = {
                "api_root": self._root.name,
                "exercise": self._root.exercise,
                "generated_at": format_place(now),
                "open": len(state.sorted_entries),
                "overdue": state.overdue,
                **head_fields,
                "statistics": state.statistics,
            }
            return OpenIncidents(head, state.sorted_entries, now, self._index.newest_places(view))

    def as_json(self, view: View, head_fields: Mapping[str, Any], page: int = 1) -> bytes:
        """A page of the board as a JSON object, with `head_fields`; its field `more` says whether another page follows."""
        incidents = self.open_incidents(view, head_fields)
        first = (page - 1) * PAGE_INCIDENTS
        head = {**incidents.head, "page": page, "more": len(incidents.entries) > first + PAGE_INCIDENTS}
        bodies = [_entry_json(entry, incidents.now) for entry in incidents.entries[first : first + PAGE_INCIDENTS]]
        return b'%s,"incidents":[%s]}' % (orjson.dumps(head)[:-1], b",".join(bodies))

    def overdue(self, view: View) -> list[Overdue]:
        """Every deadline of open incidents that has passed and was not met."""
        with self._index.lock:
            state = self._refresh_state(view, self._clock())
            return [deadline for entry in state.sorted_entries for deadline in entry.overdue]

    def incidents(self, view: View, incident_ids: Iterable[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """These incidents, open or closed, as the board shows them, and the statistics of only these incidents."""
        with self._index.lock:
            state = self._refresh_state(view, self._clock())
            entries = [state.entries[identifier] for identifier in incident_ids if identifier in state.entries]
        figures = Figures()
        figures.change((), (sample for entry in entries for sample in entry.samples))
        bodies = [
            orjson.loads(b'%s,"open":%s}' % (entry.body, b"true" if entry.open else b"false")) for entry in entries
        ]
        return bodies, self._statistics(figures)

    def reported_since(self, view: View, since: int) -> list[Entry]:
        """The incidents, open or closed, whose first visible version has that place or a later one."""
        with self._index.lock:
            state = self._refresh_state(view, self._clock())
            return [entry for entry in state.entries.values() if entry.first_place >= since]

    def _refresh_state(self, view: View, now: int, max_age_milliseconds: int = 0) -> _ViewState:
        # (1)
        index = self._index
        if not 0 <= now - self._refreshed_at < max_age_milliseconds:
            index.refresh()
            self._refreshed_at = now
        key = tuple(sorted(view.items()))
        state = self._states.get(key)
        if state is None or state.generation != index.generation:
            state = self._states[key] = _ViewState(index.generation)
        counted_since = now - STATISTICS_DAYS * _DAY
        has_changed, old_samples, new_samples = self._rewrite_entries(state, view, now, counted_since)
        # (3)
        if has_changed:
            state.sorted_entries = self._in_order(entry for entry in state.entries.values() if entry.open)
            state.overdue = sum(len(entry.overdue) for entry in state.sorted_entries)
        # (4)
        old_samples += state.drop_old_samples(counted_since)
        if old_samples or new_samples or not state.statistics:
            state.figures.change(old_samples, new_samples)
            state.statistics = self._statistics(state.figures)
        return state

    def _rewrite_entries(
        self, state: _ViewState, view: View, now: int, counted_since: int
    ) -> tuple[bool, list[Sample], list[Sample]]:
        """(2) Returns whether any entry changed, the samples to remove, and the samples to add.

        A change above the view's levels changes none of its entries.
        """
        changed_ids = dict.fromkeys(self._index.changes[state.changes :])
        state.changes = len(self._index.changes)
        while state.deadlines and state.deadlines[0][0] <= now:
            changed_ids[heappop(state.deadlines)[1]] = None
        old_samples: list[Sample] = []
        new_samples: list[Sample] = []
        has_changed = False
        for identifier in changed_ids:
            old_entry = state.entries.pop(identifier, None)
            if old_entry is not None and old_entry.is_counted:
                old_samples += old_entry.samples
            entry = self._writer.entry(self._index.incidents[identifier], view, now, counted_since)
            has_changed = has_changed or entry != old_entry
            if entry is None:
                continue
            state.entries[identifier] = entry
            if entry.next_deadline < NEVER:
                heappush(state.deadlines, (entry.next_deadline, identifier))
            if entry.is_counted:
                new_samples += entry.samples
                heappush(state.counted_incidents, (entry.first_place, identifier))
        return has_changed, old_samples, new_samples

    def _in_order(self, entries: Iterable[Entry]) -> list[Entry]:
        """Sort by urgency, with a share of each page for every reporter."""
        by_urgency = sorted(entries, key=_urgency)
        if len(by_urgency) <= PAGE_INCIDENTS:
            return by_urgency
        # one share more than members: for incidents of members that have left
        share = max(1, PAGE_INCIDENTS // (len(self._root.members) + 1))
        numbers: dict[str, int] = {}
        pages: list[tuple[int, Entry]] = []
        for entry in by_urgency:
            number = numbers[entry.reporter] = numbers.get(entry.reporter, 0) + 1
            pages.append(((number - 1) // share, entry))
        return [entry for _, entry in sorted(pages, key=lambda numbered: numbered[0])]  # stable: by urgency within each

    def _statistics(self, figures: Figures) -> dict[str, Any]:
        members = {member: figures.by_clock(member) for member in self._root.members}
        return {"days": STATISTICS_DAYS, "all": figures.by_clock(), "members": members}


def view_of(account: Account, root: ApiRoot) -> View:
    """The part of this API root that a member's CERT may see: the collections that it reads, with its level in each."""
    levels = {c.id: access.readable_level(account, c) for c in root.collections if account.member in c.readers}
    return {collection: level for collection, level in levels.items() if level is not None}


def _entry_json(entry: Entry, now: int) -> bytes:
    """The entry's JSON with its age."""
    return b'%s,"age_seconds":%d}' % (entry.body, max(0, now - entry.first_place) // _SECOND)


def _urgency(entry: Entry) -> tuple[bool, int, int]:
    return not entry.overdue, -entry.criticality, entry.first_place
