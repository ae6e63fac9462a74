"""The rows of the board's page: each incident with a cell for each member.

They are made only from the board's entries and their JSON (`hub.community.board`), so that they show no more than the board
(law L5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hub.community.entry import Entry
from hub.pages.texts import gettext, marked

PAGE_ROWS: Final = 50
LEVELS: Final = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")
# (lowest criticality, name, word); the numbers are those of profiles/response.toml.
GRADES: Final = (
    (90, "critical", marked("critical")),
    (70, "high", marked("high")),
    (40, "medium", marked("medium")),
    (0, "low", marked("low")),
)
# state -> (sign, meaning). The signs can be told apart without colour.
STATES: Final = {
    "from": ("★", marked("reported it")),
    "outside": ("-", marked("does not see it")),
    "waiting": ("○", marked("does not have it yet")),
    "fetched": ("◐", marked("has it")),
    "acknowledged": ("✓", marked("acknowledged it")),
}
ANSWERS: Final = {
    "owing": ("?", marked("was asked, and has not answered")),
    "accepted": ("A", marked("accepted a request")),
    "refused": ("R", marked("refused a request")),
    "done": ("D", marked("did what was asked")),
}
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Filters:
    """The reader's choice of rows; with empty texts and False, all rows."""

    member: str = ""
    rsit: str = ""
    sector: str = ""
    level: str = ""
    grade: str = ""
    text: str = ""
    overdue: bool = False
    mine: bool = False

    @property
    def is_active(self) -> bool:
        """Whether any filter is set."""
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Cell:
    """What one member did about one incident, and since when. `late`: one of its deadlines has passed."""

    member: str
    state: str
    sign: str
    answer: str
    answer_sign: str
    late: bool
    words: str
    since: str  # a timestamp, "" if it did nothing yet
    remarks: tuple[str, ...]  # its last answer, and whether it is overdue


@dataclass(frozen=True, slots=True)
class Duty:
    """An acknowledgement or an answer that a member still owes. `due` is a timestamp; None: it has no deadline."""

    member: str
    what: str  # "acknowledge" or "answer"
    due: str | None
    by: str  # the member that asks; "" for an acknowledgement
    text: str  # of the request


@dataclass(frozen=True, slots=True)
class Row:
    """The row of an incident."""

    id: str
    name: str
    tlp: str
    by: str
    relayed_by: str  # code of the member that relayed it, if its author is no member
    age: str
    criticality: int
    grade: str
    grade_word: str
    scale: str
    stage: str
    classes: tuple[str, ...]
    cells: tuple[Cell, ...]
    duties: tuple[Duty, ...]  # of all members, the next first
    owed_duties: tuple[Duty, ...]  # of the reader's member
    late: int

    @property
    def next_due(self) -> str | None:
        """The next deadline of any member."""
        return next((duty.due for duty in self.duties if duty.due is not None), None)


def rows_of(entries: Iterable[Mapping[str, Any]], members: Sequence[str], reader: str) -> list[Row]:
    """The rows of these incidents. Call it only for those that a page shows, since each row has a cell for each member."""
    return [row_of(entry, members, reader) for entry in entries]


def row_of(entry: Mapping[str, Any], members: Sequence[str], reader: str) -> Row:
    """Build the row of an incident of the board."""
    duties = sorted(_duties(entry), key=lambda duty: (duty.due is None, duty.due or "", duty.member))
    grade, word = _grade(entry["criticality"])
    return Row(
        id=entry["incident"],
        name=entry["name"],
        tlp=entry["tlp"],
        by=entry["reported_by"] or "",
        relayed_by=entry["relayed_by"] or "",
        age=span(entry.get("age_seconds", 0)),
        criticality=entry["criticality"],
        grade=grade,
        grade_word=word,
        scale="; ".join(entry["scale"]),
        stage=entry["stage"] or "",
        classes=tuple(entry["classes"]),
        cells=tuple(_cell(entry, member) for member in members),
        duties=tuple(duties),
        owed_duties=tuple(duty for duty in duties if duty.member == reader),
        late=len(entry["overdue"]),
    )


def select(entries: Sequence[Entry], filters: Filters, reader: str) -> Sequence[Entry]:
    """The incidents of the board that the filters select."""
    if not filters.is_active:
        return entries
    text = filters.text.casefold()
    return [
        entry
        for entry in entries
        if (not filters.member or entry.reported_by == filters.member)
        and (not filters.rsit or filters.rsit in entry.classes)
        and (not filters.sector or filters.sector in entry.sectors)
        and (not filters.level or entry.tlp == filters.level)
        and (not filters.grade or _grade(entry.criticality)[0] == filters.grade)
        and (not text or text in entry.name.casefold() or text in entry.id)
        and (not filters.overdue or entry.overdue)
        and (not filters.mine or entry.reported_by == reader or reader in entry.owed_deadlines)
    ]


def entries_owed_by(entries: Iterable[Entry], reader: str) -> list[Entry]:
    """The incidents for which the reader's member owes something, by next deadline."""
    return sorted(
        (entry for entry in entries if reader in entry.owed_deadlines), key=lambda entry: entry.owed_deadlines[reader]
    )


def _grade(criticality: int) -> tuple[str, str]:
    return next((name, word) for minimum, name, word in GRADES if criticality >= minimum)


def span(seconds: float) -> str:
    """A duration in the largest suitable unit."""
    for unit, length in ((gettext("{n} d"), 24 * _HOUR), (gettext("{n} h"), _HOUR), (gettext("{n} min"), 60)):
        if seconds >= 2 * length:
            return unit.format(n=f"{seconds / length:.0f}")
    return gettext("{n} s").format(n=f"{seconds:.0f}")


def clock(timestamp: str | None) -> str:
    """A timestamp to the minute: `2026-04-02 07:00`."""
    return f"{timestamp[:10]} {timestamp[11:16]}" if timestamp else "-"


def from_now(due: str | None, now: str) -> str:
    """The time until a deadline, or since it."""
    if due is None:
        return ""
    seconds = (datetime.fromisoformat(due) - datetime.fromisoformat(now)).total_seconds()
    words = gettext("in {span}") if seconds >= 0 else gettext("{span} late")
    return words.format(span=span(abs(seconds)))


def _duties(entry: Mapping[str, Any]) -> list[Duty]:
    duties = []
    if entry["acknowledge_due"] is not None:
        recipients = [*entry["fetched"], *entry["not_fetched"]]
        duties += [
            Duty(member, "acknowledge", entry["acknowledge_due"], "", "")
            for member in recipients
            if member not in entry["acknowledged"]
        ]
    for request in entry["requests"]:
        duties += [
            Duty(member, "answer", request["due"], request["by"], request["what"]) for member in request["owing"]
        ]
    return duties


def _cell(entry: Mapping[str, Any], member: str) -> Cell:
    late = any(duty["member"] == member for duty in entry["overdue"])
    since = ""
    if member == entry["reported_by"]:
        state = "from"
    elif member in entry["acknowledged"]:
        state, since = "acknowledged", entry["acknowledged"][member]
    elif member in entry["fetched"]:
        state, since = "fetched", entry["fetched"][member]
    else:
        state = "waiting" if member in entry["not_fetched"] else "outside"
    answer = _latest_answer(entry, member)
    sign, words = STATES[state]
    remarks = ((gettext(ANSWERS[answer][1]),) if answer else ()) + ((gettext("overdue"),) if late else ())
    return Cell(member, state, sign, answer, ANSWERS[answer][0] if answer else "", late, gettext(words), since, remarks)


def _latest_answer(entry: Mapping[str, Any], member: str) -> str:
    """The member's latest answer to any request, or that it owes one."""
    says = ""
    for request in entry["requests"]:
        if member in request["owing"]:
            return "owing"
        if member in request["answers"]:
            says = request["answers"][member][-1]["says"]
    return says
