"""Losses of reading: fields without a place in the model, and rows that could not be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unused:
    """A field of the source that has no place in the model, or whose value could not be used. Shown only to the CERT."""

    place: str  # row or path: "row 3", "Event.Attribute[7]", "line 12"
    key: str  # column or key
    value: str  # an excerpt, at most UNUSED_CHARS
    reason: str  # one clause for a person
    count: int = 1  # in a feed: the number of lines of the batch


EXCERPT_CHARS = 80
"""Characters of a value that are shown in a table or message."""
UNUSED_CHARS = 400
"""Characters of an unused value that are kept for the file of unused values."""


def excerpt(value: object, chars: int = EXCERPT_CHARS) -> str:
    """Return ``value`` as one line of at most ``chars`` printable characters."""
    text = str(value)[: 4 * chars]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    return text if len(text) <= chars else text[: chars - 1] + "…"


@dataclass(frozen=True, slots=True)
class RowError:
    """A row (event, incident) that could not be read; it does not affect the other rows.

    ``str(error)`` is a message of one line.
    """

    file: str
    place: str  # "row 3", "line 12", "Incident[2]"
    key: str  # column, key or element; empty if the error concerns the whole row
    value: str  # an excerpt of the value, at most EXCERPT_CHARS
    expected: str
    report_id: str | None = None  # if it could be read before the error

    def __str__(self) -> str:
        """The file, row, column, the value and the expected value."""
        place = ", ".join(part for part in (self.file, self.place, self.key) if part)
        return f"{place}: found {self.value or 'nothing'}; expected {self.expected}"
