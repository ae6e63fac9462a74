"""The preview of a release: what leaves, what stays and what needs a decision, and why. The record also keeps it.

`Preview.text` is the officer's view. It fits on one screen; with `full`, it shows every property of every object.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, Final

from hub.notebook import table
from hub.pages.texts import gettext, marked, ngettext
from hub.release import layout
from hub.reports.losses import excerpt
from hub.stix.identifiers import OBSERVABLE_TYPES
from hub.terminal import Line, Style, StyledLine

SHOWN_CHARS: Final = 600  # characters of one value
MAX_DECISIONS: Final = 5  # decisions on the screen; `--held FILE` writes all
MAX_OBJECTS: Final = 7  # leaving objects that are shown one by one
MAX_CHANGES: Final = 4  # reasons for changes on the screen
MAX_REASONS: Final = 6  # reasons for staying on the screen
MAX_NAMES: Final = 4  # names shown for one reason
TEXT_CELLS: Final = 120  # terminal cells of one text or value
_REFUSED: Final = marked("cannot leave as they are written, write them without")
OFFICER: Final = "NAME"  # placeholder for the officer's name in a command
REASON: Final = "REASON"  # placeholder for the officer's reason in a command
# The types shown first. Observables come last, because indicators show their values.
_FIRST_TYPES: Final = ("incident", "report", "identity", "indicator")
# Properties by which a reader recognises an object, in order of preference.
_NAMING_PROPERTIES: Final = (
    "name",
    "value",
    "pattern",
    "relationship_type",
    "hashes",
    "key",
    "subject",
    "account_login",
)


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A property (or, with an empty `path`, an object): its value at the CERT, its released value, and the reason.

    An officer decides about the row by its `key`. With `approved`, an officer approved it, and the key takes this back.
    `value` is the whole text or value, of which `here` may be an excerpt. `span` is what looks suspicious in it: with
    `insist` it leaves only if the officer also gives a reason; with `refused` it cannot be approved as it is written.
    `evidence` is the field of the report that decided to whom the value belongs.
    """

    type: str
    id: str
    path: str
    here: str
    leaves: str | None
    why: str
    key: str = ""
    approved: bool = False
    value: str = ""
    span: str = ""
    insist: bool = False
    refused: bool = False
    evidence: str = ""

    @property
    def outcome(self) -> str:
        """`leaves`, `changed` or `stays`."""
        if self.leaves is None:
            return "stays"
        return "leaves" if self.leaves == self.here else "changed"

    @property
    def held(self) -> bool:
        """Whether it waits for an officer's decision."""
        return bool(self.key) and not self.approved

    @property
    def place(self) -> str:
        """The type and property, such as `incident.description`."""
        return f"{self.type}.{self.path}" if self.path else self.type


_COLUMNS: Final = tuple(column.name for column in fields(PreviewRow))


@dataclass(frozen=True, slots=True)
class Preview:
    """All rows of one release, in the order in which it was decided."""

    title: str
    rows: tuple[PreviewRow, ...]

    def counts(self) -> Mapping[str, int]:
        """The numbers of rows that leave, leave changed, and stay."""
        counts = Counter(row.outcome for row in self.rows)
        return {outcome: counts[outcome] for outcome in ("leaves", "changed", "stays")}

    def held(self) -> tuple[PreviewRow, ...]:
        """The rows that need a decision, each key once."""
        return tuple({row.key: row for row in reversed(self.rows) if row.held}.values())[::-1]

    def text(self, *, width: int = layout.WIDTH, full: bool = False, command: Sequence[str] = ()) -> str:
        """The officer's view, `width` columns wide. `command` is the command that publishes, for the next steps."""
        lines = "\n".join(map(str, self.lines(width=width, full=full, command=command)))
        return f"{lines}\n" if self.rows else lines

    def lines(self, *, width: int = layout.WIDTH, full: bool = False, command: Sequence[str] = ()) -> Iterator[Line]:
        """The preview as lines, each with its style."""
        if not self.rows:
            yield self.title
            return
        view = _View(self, width, command)
        yield from view.head()
        yield from view.every_row() if full else chain(view.decisions(), view.leaving(), view.staying())
        yield from view.foot(full=full)

    def _repr_html_(self) -> str:
        """The HTML for a notebook: first what needs a decision, then what stays or changes, then the count of unchanged rows."""
        counts = self.counts()
        caption = f"{self.title}: {counts['leaves']} leave, {counts['changed']} changed, {counts['stays']} stay"
        changed_rows = sorted((row for row in self.rows if row.outcome != "leaves"), key=lambda row: not row.held)
        header = ("what", "here", "leaves", "why", "key to approve it")
        return table(
            caption,
            header,
            ((row.place, row.here, row.leaves, row.why, row.key if row.held else "") for row in changed_rows),
        )

    def data(self, *, staying: bool = False) -> dict[str, Any]:
        """The preview as JSON values. With `staying`, only the rows of what does not leave or was approved."""
        return {
            "title": self.title,
            "counts": dict(self.counts()),
            "rows": [
                {**{name: getattr(row, name) for name in _COLUMNS}, "outcome": row.outcome}
                for row in self.rows
                if not staying or row.leaves is None or row.approved
            ],
        }

    def json(self) -> str:
        """The preview as JSON."""
        return json.dumps(self.data(), ensure_ascii=False, indent=1)

    def encoded(self) -> bytes:
        """The preview as the content of a file, for `parse_preview`."""
        return json.dumps(self.data(), ensure_ascii=False).encode("utf-8", "replace")


def parse_preview(body: bytes | Mapping[str, Any]) -> Preview:
    """The preview from the result of `encoded` or `data`."""
    data = json.loads(body) if isinstance(body, bytes) else body
    rows = tuple(PreviewRow(**{name: row[name] for name in _COLUMNS if name in row}) for row in data["rows"])
    return Preview(data["title"], rows)


def one_line(value: Any) -> str:
    """A value in one line. The limit is high enough to read a text before it leaves."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return excerpt(text, SHOWN_CHARS)


class _View:
    """The parts of the officer's view."""

    def __init__(self, preview: Preview, width: int, command: Sequence[str]) -> None:
        self._preview = preview
        self._held = [row for row in preview.held() if not row.refused]
        self._width = width
        self._command = command
        self._objects: dict[str, list[PreviewRow]] = {}
        for row in preview.rows:
            self._objects.setdefault(row.id, []).append(row)

    def head(self) -> Iterator[Line]:
        """The title, and a line with the numbers of objects and decisions."""
        leaving = sum(any(row.leaves is not None for row in rows) for rows in self._objects.values())
        staying = len(self._objects) - leaving
        decisions = (
            _count_text("{n} decision is needed", "{n} decisions are needed", len(self._held))
            if self._held
            else gettext("nothing to decide")
        )
        yield from _styled(layout.paragraph(self._preview.title, self._width, indent="  "), Style.HEADING)
        counts = (
            _count_text("{n} object leaves", "{n} objects leave", leaving),
            _count_text("{n} stays", "{n} stay", staying),
            decisions,
        )
        yield ", ".join(counts) + "."

    def decisions(self) -> Iterator[Line]:
        """What is held, with the reason and the command for each decision."""
        if not self._held:
            return
        yield ""
        yield StyledLine(gettext("NEEDS A DECISION, and stays until there is one"), Style.ATTENTION)
        for number, row in enumerate(self._held[:MAX_DECISIONS], 1):
            first, indent = f"{number}. ", " " * len(f"{number}. ")
            label = f"{row.place} {row.key}" if row.path else row.place
            text = f"{label}: {layout.shorten(row.here, TEXT_CELLS)}"
            yield from layout.paragraph(text, self._width, first=first, indent=indent)
            yield from layout.paragraph(hold_reason(row), self._width, first=indent, indent=indent)
            yield from _styled(layout.command_lines(self._approval(row), self._width, indent), Style.COMMAND)
        if len(self._held) > MAX_DECISIONS:
            message = gettext("{n} more. This writes all of them into a file, to be answered there:")
            yield message.format(n=f"{len(self._held) - MAX_DECISIONS:,}")
            command = [*self._command, "--held", "HELD.json"]
            yield from _styled(layout.command_lines(command, self._width, "   "), Style.COMMAND)

    def _approval(self, row: PreviewRow) -> list[str]:
        despite = ["--despite", REASON] if row.insist else []
        officer = [] if "--officer" in self._command else ["--officer", OFFICER]
        approve = [f"--approve={row.key}"] if row.key.startswith("-") else ["--approve", row.key]  # else an option
        return [*self._command, *approve, *despite, *officer]

    def leaving(self) -> Iterator[Line]:
        """What leaves: a line for each object, then the changes by reason."""
        leaving = [rows for rows in self._objects.values() if any(row.leaves is not None for row in rows)]
        leaving.sort(key=lambda rows: _place_on_screen(rows[0].type))
        yield ""
        yield StyledLine(gettext("LEAVES") if leaving else gettext("LEAVES: nothing"), Style.HEADING)
        for rows in leaving[:MAX_OBJECTS]:
            yield from layout.paragraph(_leaving_line(rows), self._width, first="  ", indent="    ")
        kinds = Counter(rows[0].type for rows in leaving[MAX_OBJECTS:])
        if kinds:
            counts = layout.listing((f"{count:,} {kind}" for kind, count in sorted(kinds.items())), MAX_OBJECTS)
            text = gettext("and {names}").format(names=counts)
            yield from layout.paragraph(text, self._width, first="  ", indent="    ")
        changes: dict[str, Counter[str]] = {}
        for row in self._preview.rows:
            if row.outcome == "changed" and row.path:
                changes.setdefault(row.why, Counter())[row.place] += 1
        yield from self._by_reason(changes, MAX_CHANGES, "  " + gettext("changed") + ", ")
        approved = {row.key: f"{row.place} {row.key}" for row in self._preview.rows if row.key and row.approved}
        if approved:
            text = gettext("approved by an officer: {names}; --disapprove KEY --officer NAME takes it back")
            names = layout.listing(approved.values(), MAX_NAMES)
            yield from layout.paragraph(text.format(names=names), self._width, first="  ", indent="    ")

    def staying(self) -> Iterator[Line]:
        """What stays, by reason."""
        reasons: dict[str, Counter[str]] = {}
        for row in self._preview.rows:
            if row.refused:
                reasons.setdefault(gettext(_REFUSED), Counter())[f"{row.place} ({row.span})"] += 1
            elif row.leaves is None and not row.held:
                name = row.place if row.path else _with_evidence(f"{row.type} {row.here}", row)
                reasons.setdefault(row.why, Counter())[layout.shorten(name.strip(), TEXT_CELLS)] += 1
        yield ""
        yield StyledLine(gettext("STAYS") if reasons or self._held else gettext("STAYS: nothing"), Style.HEADING)
        if self._held:
            yield "  " + _count_text(
                "until decided: {n} text or value, as above",
                "until decided: {n} texts and values, as above",
                len(self._held),
            )
        yield from self._by_reason(reasons, MAX_REASONS, "  ")

    def _by_reason(self, reasons: Mapping[str, Counter[str]], limit: int, first: str) -> Iterator[str]:
        for reason, names in list(reasons.items())[:limit]:
            text = f"{reason}: {layout.listing(names, MAX_NAMES)}"
            yield from layout.paragraph(text, self._width, first=first, indent="    ")
        if len(reasons) > limit:
            remaining = sum(names.total() for names in list(reasons.values())[limit:])
            message = ngettext(
                "{n} more for {reasons} other reason", "{n} more for {reasons} other reasons", len(reasons) - limit
            )
            yield first + message.format(n=f"{remaining:,}", reasons=len(reasons) - limit)

    def every_row(self) -> Iterator[Line]:
        """Each property of each object, in the order in which it was decided."""
        for rows in self._objects.values():
            yield ""
            yield StyledLine(f"{rows[0].type}  {rows[0].id}", Style.HEADING)
            for row in rows:
                name = ": ".join(part for part in (row.path, row.here) if part)
                if name:
                    yield from layout.paragraph(name, self._width, first="  ", indent="      ")
                yield from layout.paragraph(_outcome_text(row), self._width, first="    ", indent="      ")
                if row.key:
                    option = "--disapprove" if row.approved else "--approve"
                    yield StyledLine(f"    {option} {row.key}", Style.COMMAND)

    def foot(self, *, full: bool) -> Iterator[Line]:
        """The next command."""
        if self._command:
            yield ""
            every = gettext("To send what leaves (--full shows every property):")
            yield gettext("To send what leaves:") if full else every
            yield from _styled(layout.command_lines(self._command, self._width, "   "), Style.COMMAND)


def _styled(lines: Iterable[str], style: Style) -> Iterator[Line]:
    return (StyledLine(line, style) for line in lines)


def _outcome_text(row: PreviewRow) -> str:
    """Whether a property leaves, and why."""
    if row.outcome == "leaves":
        text = gettext("leaves")
    else:
        text = gettext("stays") if row.leaves is None else gettext("leaves as {value}").format(value=row.leaves)
    return f"{text} ({_row_reason(row)})"


def hold_reason(row: PreviewRow) -> str:
    """The reason why a row is held, and what a decision about it requires."""
    parts = [
        gettext("the report's own words") if row.path else row.why,
        gettext("it contains {span}").format(span=row.span) if row.span and row.span not in row.why else "",
        gettext("cannot be approved as it is written") if row.refused else "",
        gettext("to approve it, give the reason (--despite, despite)") if row.insist and not row.refused else "",
        row.evidence,
    ]
    return "; ".join(part for part in parts if part)


def _row_reason(row: PreviewRow) -> str:
    return "; ".join(part for part in (row.why, hold_reason(row) if row.held and row.path else row.evidence) if part)


def _with_evidence(text: str, row: PreviewRow) -> str:
    return f"{text} ({row.evidence})" if row.evidence else text


def _place_on_screen(object_type: str) -> int:
    if object_type in _FIRST_TYPES:
        return _FIRST_TYPES.index(object_type)
    return len(_FIRST_TYPES) + (object_type in OBSERVABLE_TYPES)


def _leaving_line(rows: list[PreviewRow]) -> str:
    row = _naming_row(rows)
    leaves = layout.shorten(row.leaves or "", TEXT_CELLS)
    if not row.path and row.outcome == "changed":  # a victim
        text = gettext("{type}: {name} as {value} ({reason})")
        name = layout.shorten(row.here, TEXT_CELLS)
        return text.format(type=row.type, name=name, value=leaves, reason=row.why)
    evidence = next((other for other in rows if other.evidence), row)
    return _with_evidence(f"{row.type}: {leaves}", evidence)


def _naming_row(rows: list[PreviewRow]) -> PreviewRow:
    leaving = [row for row in rows if row.leaves is not None]
    rows_by_path = {row.path: row for row in reversed(leaving)}
    return next((rows_by_path[path] for path in _NAMING_PROPERTIES if path in rows_by_path), leaving[0])


def _count_text(singular: str, plural: str, number: int) -> str:
    return ngettext(singular, plural, number).format(n=f"{number:,}")
