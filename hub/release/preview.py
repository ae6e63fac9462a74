"""What leaves and what does not, side by side, and why: for the officer before a release, and kept in its record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from hub.reports.losses import excerpt

WIDTH: Final = 46  # characters of each of the two columns
SHOWN_CHARS: Final = 600  # of one value
MAX_ROWS: Final = 400  # rows of one printed preview; a last one counts the rest


@dataclass(frozen=True, slots=True)
class Row:
    """One property (or, with an empty `path`, one object): as it stands at the CERT, as it leaves, and why.

    `key` is what an officer gives to approve it: a text's key, or an adversary's value.
    """

    type: str
    id: str
    path: str
    here: str
    leaves: str | None
    why: str
    key: str = ""

    @property
    def outcome(self) -> str:
        """`leaves`, `changed` or `stays`."""
        if self.leaves is None:
            return "stays"
        return "leaves" if self.leaves == self.here else "changed"


_COLUMNS: Final = tuple(column.name for column in fields(Row))


@dataclass(frozen=True, slots=True)
class Preview:
    """All rows of one release, in the order in which it was decided."""

    title: str
    rows: tuple[Row, ...]

    def counts(self) -> Mapping[str, int]:
        """How many rows leave, are changed, and stay."""
        counted = Counter(row.outcome for row in self.rows)
        return {outcome: counted[outcome] for outcome in ("leaves", "changed", "stays")}

    def text(self, most: int = MAX_ROWS) -> str:
        """The table as plain text, 120 characters wide and more where the reason is long."""
        if not self.rows:
            return self.title
        lines = [self.title, "", _line("stands at the CERT", "leaves the country", "why"), "-" * (2 * WIDTH + 28)]
        before = ""
        for row in self.rows[:most]:
            if row.id != before:
                lines.append(f"{row.type}  {row.id}" if row.path else "")
                before = row.id
            lines += _cells(row)
        if len(self.rows) > most:
            lines.append(f"… and {len(self.rows) - most} rows more; the JSON form has them all")
        counts = self.counts()
        lines += ["", f"{counts['leaves']} leave as they are, {counts['changed']} changed, {counts['stays']} stay"]
        return "\n".join(lines) + "\n"

    def data(self, *, staying: bool = False) -> dict[str, Any]:
        """The table as plain values; of `staying`, only the rows of what does not leave."""
        return {
            "title": self.title,
            "counts": dict(self.counts()),
            "rows": [
                {**{name: getattr(row, name) for name in _COLUMNS}, "outcome": row.outcome}
                for row in self.rows
                if not staying or row.leaves is None
            ],
        }

    def json(self) -> str:
        """The table as JSON."""
        return json.dumps(self.data(), ensure_ascii=False, indent=1)

    def encoded(self) -> bytes:
        """The table for a file, which `preview_from` reads."""
        return json.dumps(self.data(), ensure_ascii=False).encode("utf-8", "replace")


def preview_from(body: bytes | Mapping[str, Any]) -> Preview:
    """The table of which `encoded` made these bytes, or `data` these values."""
    data = json.loads(body) if isinstance(body, bytes) else body
    rows = tuple(Row(**{name: row.get(name, "") for name in _COLUMNS}) for row in data["rows"])
    return Preview(data["title"], rows)


def _line(here: str, leaves: str, why: str) -> str:
    return f"  {here:<{WIDTH}} | {leaves:<{WIDTH}} | {why}"


def _cells(row: Row) -> Iterable[str]:
    name = f"{row.path}: " if row.path else f"{row.type}: "
    here = name + row.here
    leaves = "—" if row.leaves is None else row.leaves
    why = row.why + (f" [approve: {row.key}]" if row.key else "")
    first = True
    while here or leaves:
        yield _line(here[:WIDTH], leaves[:WIDTH], why if first else "").rstrip()
        here, leaves, first = here[WIDTH:], leaves[WIDTH:], False


def shown(value: Any) -> str:
    """A value in one line, long enough that whatever leaves of a text can be read before it does."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return excerpt(text, SHOWN_CHARS)
