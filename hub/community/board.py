"""The board: for each open incident who has it, who acknowledged, who was asked, who answered, and what is overdue.

1. Bring the index up to date: only what is new is read.
2. Write the entries again (`entry`) of the incidents that changed or of which a deadline has passed; all others stand.
3. Put them in order: overdue ones first, then by criticality, then the oldest. What a member reports beyond its share of
   a page comes behind all that is within the others' shares, so that nobody's incidents hide another's.
4. How long the members took, over the incidents of the last 90 days, closed ones among them.

Clocks start at the hub's date_added of the first version that the reader may see; all durations are whole seconds.
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
class _Shown:
    """What one view was shown last."""

    generation: int = -1  # of the index
    changes: int = 0  # of the index, that are in it
    entries: dict[str, Entry] = field(default_factory=dict)
    ordered: list[Entry] = field(default_factory=list)  # those of open incidents; replaced, never changed
    overdue: int = 0  # deadlines that have passed, of open incidents
    deadlines: list[tuple[int, str]] = field(default_factory=list)  # heap: when an entry has to be written again
    figures: Figures = field(default_factory=Figures)
    statistics: Mapping[str, Any] = field(default_factory=dict)  # of the figures; replaced, never changed
    leaving: list[tuple[int, str]] = field(default_factory=list)  # heap: (first place, incident) of those that count

    def too_old(self, counted_since: int) -> list[Sample]:
        """The samples of incidents that began before and count no more."""
        samples: list[Sample] = []
        while self.leaving and self.leaving[0][0] < counted_since:
            _, identifier = heappop(self.leaving)
            entry = self.entries.get(identifier)
            if entry is not None and entry.counts:
                samples += entry.samples
                self.entries[identifier] = replace(entry, counts=False)
        return samples


@dataclass(frozen=True, slots=True)
class OpenIncidents:
    """All open incidents of a board in its order, with what it says of them together. `contents` reads some of them."""

    head: Mapping[str, Any]
    entries: Sequence[Entry]
    now: int  # milliseconds since 1970
    newest: Mapping[str, int]  # by collection, the place of the newest record that is in it

    def contents(self, entries: Iterable[Entry]) -> list[dict[str, Any]]:
        """These incidents as the board's JSON has them."""
        return [orjson.loads(_whole(entry, self.now)) for entry in entries]


class Board:
    """The board of one API root, for any of its readers. For several threads."""

    def __init__(self, index: BoardIndex, root: ApiRoot, catalogue: Catalogue, clock: Callable[[], int]) -> None:
        self._index = index
        self._root = root
        self._clock = clock
        self._writer = EntryWriter(index, root, catalogue)
        self._looked_at = 0  # milliseconds since 1970, from before the store was asked
        self._shown: dict[tuple[tuple[str, int], ...], _Shown] = {}  # by view: the members' CERTs mostly share one

    def open_incidents(self, view: View, about: Mapping[str, Any], *, within: int = 0) -> OpenIncidents:
        """The open incidents, with the fields of `about` in the head of their JSON document.

        `within`: what was looked up at most so many milliseconds ago is not looked up again.
        """
        now = self._clock()
        with self._index.lock:
            shown = self._look(view, now, within)
            head = {
                "api_root": self._root.name,
                "exercise": self._root.exercise,
                "generated_at": format_place(now),
                "open": len(shown.ordered),
                "overdue": shown.overdue,
                **about,
                "statistics": shown.statistics,
            }
            return OpenIncidents(head, shown.ordered, now, self._index.newest(view))

    def as_json(self, view: View, about: Mapping[str, Any], page: int = 1) -> bytes:
        """A page of the board as a JSON object, with what `about` holds in it; `more` says that a further page follows."""
        incidents = self.open_incidents(view, about)
        first = (page - 1) * PAGE_INCIDENTS
        head = {**incidents.head, "page": page, "more": len(incidents.entries) > first + PAGE_INCIDENTS}
        bodies = [_whole(entry, incidents.now) for entry in incidents.entries[first : first + PAGE_INCIDENTS]]
        return b'%s,"incidents":[%s]}' % (orjson.dumps(head)[:-1], b",".join(bodies))

    def overdue(self, view: View) -> list[Overdue]:
        """Every deadline that has passed and was not met, of open incidents."""
        with self._index.lock:
            shown = self._look(view, self._clock())
            return [deadline for entry in shown.ordered for deadline in entry.overdue]

    def incidents(self, view: View, chosen: Iterable[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """These incidents, open or closed, as the board shows them, and the statistics of them alone."""
        with self._index.lock:
            shown = self._look(view, self._clock())
            entries = [shown.entries[identifier] for identifier in chosen if identifier in shown.entries]
        figures = Figures()
        figures.change((), (sample for entry in entries for sample in entry.samples))
        bodies = [
            orjson.loads(b'%s,"open":%s}' % (entry.body, b"true" if entry.open else b"false")) for entry in entries
        ]
        return bodies, self._statistics(figures)

    def reported_since(self, view: View, since: int) -> list[Entry]:
        """The incidents, open or closed, whose first version that the reader may see came at that place or later."""
        with self._index.lock:
            shown = self._look(view, self._clock())
            return [entry for entry in shown.entries.values() if entry.first >= since]

    def _look(self, view: View, now: int, within: int = 0) -> _Shown:
        # (1)
        index = self._index
        if not 0 <= now - self._looked_at < within:
            index.refresh()
            self._looked_at = now
        key = tuple(sorted(view.items()))
        shown = self._shown.get(key)
        if shown is None or shown.generation != index.generation:
            shown = self._shown[key] = _Shown(index.generation)
        counted_since = now - STATISTICS_DAYS * _DAY
        changed, old_samples, new_samples = self._write_again(shown, view, now, counted_since)
        # (3)
        if changed:
            shown.ordered = self._in_order(entry for entry in shown.entries.values() if entry.open)
            shown.overdue = sum(len(entry.overdue) for entry in shown.ordered)
        # (4)
        old_samples += shown.too_old(counted_since)
        if old_samples or new_samples or not shown.statistics:
            shown.figures.change(old_samples, new_samples)
            shown.statistics = self._statistics(shown.figures)
        return shown

    def _write_again(
        self, shown: _Shown, view: View, now: int, counted_since: int
    ) -> tuple[bool, list[Sample], list[Sample]]:
        """(2): whether any entry changed, and the samples that count no more and those that count from now on.

        What changes above the view's levels leaves its entries as they were.
        """
        changed = dict.fromkeys(self._index.changes[shown.changes :])
        shown.changes = len(self._index.changes)
        while shown.deadlines and shown.deadlines[0][0] <= now:
            changed[heappop(shown.deadlines)[1]] = None
        old_samples: list[Sample] = []
        new_samples: list[Sample] = []
        is_other = False
        for identifier in changed:
            before = shown.entries.pop(identifier, None)
            if before is not None and before.counts:
                old_samples += before.samples
            entry = self._writer.entry(self._index.incidents[identifier], view, now, counted_since)
            is_other = is_other or entry != before
            if entry is None:
                continue
            shown.entries[identifier] = entry
            if entry.until < NEVER:
                heappush(shown.deadlines, (entry.until, identifier))
            if entry.counts:
                new_samples += entry.samples
                heappush(shown.leaving, (entry.first, identifier))
        return is_other, old_samples, new_samples

    def _in_order(self, entries: Iterable[Entry]) -> list[Entry]:
        """By urgency, each page with a share for every reporter as long as it has any."""
        by_urgency = sorted(entries, key=_urgency)
        if len(by_urgency) <= PAGE_INCIDENTS:
            return by_urgency
        share = max(
            1, PAGE_INCIDENTS // (len(self._root.members) + 1)
        )  # one more: what nobody stands behind any longer
        numbers: dict[str, int] = {}
        pages: list[tuple[int, Entry]] = []
        for entry in by_urgency:
            number = numbers[entry.reporter] = numbers.get(entry.reporter, 0) + 1
            pages.append(((number - 1) // share, entry))
        return [entry for _, entry in sorted(pages, key=lambda numbered: numbered[0])]  # stable: by urgency within each

    def _statistics(self, figures: Figures) -> dict[str, Any]:
        members = {member: figures.of(member) for member in self._root.members}
        return {"days": STATISTICS_DAYS, "all": figures.of(), "members": members}


def view_of(account: Account, root: ApiRoot) -> View:
    """The part of this API root that a member's CERT may see: the collections that admit it, up to its level there."""
    levels = {c.id: access.readable_level(account, c) for c in root.collections if account.member in c.readers}
    return {collection: level for collection, level in levels.items() if level is not None}


def _whole(entry: Entry, now: int) -> bytes:
    """The entry's JSON with its age."""
    return b'%s,"age_seconds":%d}' % (entry.body, max(0, now - entry.first) // _SECOND)


def _urgency(entry: Entry) -> tuple[bool, int, int]:
    return not entry.overdue, -entry.criticality, entry.first
