"""A row of the form while it is read: its cells and their problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.reports.formats.form.columns import COLUMNS, COMMA_COLUMNS
from hub.reports.formats.form.synonyms import SYNONYMS, YES_NO, synonym_key
from hub.reports.moments import Moment
from hub.reports.reading import values
from hub.reports.reading.draft import Draft, Problem
from hub.reports.reading.options import MAX_CELL_CHARS, MAX_LIST_ITEMS
from hub.reports.reading.times import parse_moment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell with a formula, and the value that the spreadsheet stored last."""

    text: str
    value: Any


@dataclass
class FormRow:
    """A row while it is read. All problems are collected, so that a person can correct them together."""

    cells: Mapping[str, Any]
    draft: Draft
    problems: list[Problem]

    def __post_init__(self) -> None:
        """Replace each formula by its stored value; a column of the form whose formula has none is a problem."""
        formulas = {column: cell for column, cell in self.cells.items() if isinstance(cell, Formula)}
        for column, cell in formulas.items():
            if column in COLUMNS and cell.value is None:
                self.add_problem(
                    column, cell.text, "a value, not a formula without one: open the sheet and save it again"
                )
        self.cells = {**self.cells, **{column: cell.value for column, cell in formulas.items()}}

    def add_problem(self, column: str, value: object, expected: str) -> None:
        """Add a problem; a row with problems gives no report."""
        self.problems.append(Problem(column, value, expected))

    def text(self, column: str) -> str | None:
        """Return the cell as stripped text; None if it is empty."""
        value = self.cells.get(column)
        if value is None:
            return None
        if isinstance(value, Mapping | list):
            self.add_problem(column, value, "a single value")
            return None
        text = str(value).strip()
        if len(text) > MAX_CELL_CHARS:
            self.add_problem(column, text, f"at most {MAX_CELL_CHARS} characters")
            return None
        return text or None

    def read(self, column: str, reader: Callable[[str], T]) -> T | None:
        """Return ``reader(text)`` of the cell; None if it is empty or cannot be read, which is a problem."""
        text = self.text(column)
        if text is None:
            return None
        try:
            return reader(text)
        except ValueError as error:
            self.add_problem(column, text, str(error))
            return None

    def word(self, column: str, words: Any) -> str | None:
        """Return the word of ``words`` in the cell, given as that word or as a synonym."""
        return self.read(column, lambda text: values.vocabulary_word(standard_word(column, text), words))

    def moment(self, column: str) -> Moment | None:
        """Return the cell as a time."""
        value = self.cells.get(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return parse_moment(value, self.draft.options.zone)
        except ValueError as error:
            self.add_problem(column, value, str(error))
            return None

    def yes_no(self, column: str) -> bool | None:
        """Return the cell as yes or no."""
        return self.read(column, yes_or_no)

    def items(self, column: str) -> list[Any]:
        """Return the items of a list, or of text that is split at semicolons and line ends."""
        value = self.cells.get(column)
        if value is None:
            return []
        separators = r"[;,\n]" if column in COMMA_COLUMNS else r"[;\n]"
        parts = value if isinstance(value, list) else re.split(separators, str(value))
        items = [item for item in parts if item is not None and str(item).strip()]
        if len(items) > MAX_LIST_ITEMS:
            self.add_problem(column, f"{len(items)} items", f"at most {MAX_LIST_ITEMS} items")
            return []
        return items

    def list(self, column: str, reader: Callable[[str], T]) -> tuple[T, ...]:
        """Return ``reader(text)`` of each item of the cell, without duplicates."""
        values_read = []
        for item in self.items(column):
            try:
                values_read.append(reader(str(item).strip()))
            except ValueError as error:
                self.add_problem(column, item, str(error))
        return tuple(dict.fromkeys(value for value in values_read if value))


def yes_or_no(text: str) -> bool:
    """Read yes or no, in languages of the eleven countries. Raises ValueError for anything else."""
    if synonym_key(text) not in YES_NO:
        raise ValueError("yes or no")
    return YES_NO[synonym_key(text)]


def standard_word(column: str, text: str) -> str:
    """Return the standard word for a synonym in this column; the text itself if it is no synonym."""
    return SYNONYMS.get(column, {}).get(synonym_key(text), text)
