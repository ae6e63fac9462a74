"""A row of the form while it is read: its cells, and every problem in them."""

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
    """A cell that a spreadsheet computes: what it computes, and the value that it stored last."""

    text: str
    value: Any


@dataclass
class FormRow:
    """A row while it is read. Every problem is collected, so that a person can correct all of them together."""

    cells: Mapping[str, Any]
    draft: Draft
    problems: list[Problem]

    def __post_init__(self) -> None:
        """Take the stored value of each formula in a column that is read; one without such a value is a problem."""
        formulas = {column: cell for column, cell in self.cells.items() if isinstance(cell, Formula)}
        for column, cell in formulas.items():
            if column in COLUMNS and cell.value is None:
                self.add_problem(
                    column, cell.text, "a value, not a formula without one: open the sheet and save it again"
                )
        self.cells = {**self.cells, **{column: cell.value for column, cell in formulas.items()}}

    def add_problem(self, column: str, value: object, expected: str) -> None:
        """Keep a problem: the row makes no report."""
        self.problems.append(Problem(column, value, expected))

    def text(self, column: str) -> str | None:
        """The cell as stripped text; None where it is empty."""
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
        """What ``reader`` makes of the cell's text; None where it is empty or a problem."""
        text = self.text(column)
        if text is None:
            return None
        try:
            return reader(text)
        except ValueError as error:
            self.add_problem(column, text, str(error))
            return None

    def word(self, column: str, words: Any) -> str | None:
        """The word of ``words`` that the cell says, by itself or by a synonym."""
        return self.read(column, lambda text: values.vocabulary_word(standard_word(column, text), words))

    def moment(self, column: str) -> Moment | None:
        """The cell as a time."""
        value = self.cells.get(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return parse_moment(value, self.draft.options.zone)
        except ValueError as error:
            self.add_problem(column, value, str(error))
            return None

    def yes_no(self, column: str) -> bool | None:
        """The cell as yes or no."""
        return self.read(column, yes_or_no)

    def items(self, column: str) -> list[Any]:
        """The items of a list: a list as it is, or text cut at semicolons and line ends."""
        value = self.cells.get(column)
        if value is None:
            return []
        cut = r"[;,\n]" if column in COMMA_COLUMNS else r"[;\n]"
        parts = value if isinstance(value, list) else re.split(cut, str(value))
        items = [item for item in parts if item is not None and str(item).strip()]
        if len(items) > MAX_LIST_ITEMS:
            self.add_problem(column, f"{len(items)} items", f"at most {MAX_LIST_ITEMS} items")
            return []
        return items

    def list(self, column: str, reader: Callable[[str], T]) -> tuple[T, ...]:
        """What ``reader`` makes of each item of the cell, without duplicates."""
        texts = []
        for item in self.items(column):
            try:
                texts.append(reader(str(item).strip()))
            except ValueError as error:
                self.add_problem(column, item, str(error))
        return tuple(dict.fromkeys(text for text in texts if text))


def yes_or_no(text: str) -> bool:
    """Yes or no, in languages of the eleven countries. Raises ValueError for anything else."""
    if synonym_key(text) not in YES_NO:
        raise ValueError("yes or no")
    return YES_NO[synonym_key(text)]


def standard_word(column: str, text: str) -> str:
    """The standard's word that a text stands for in this column; the text itself where it is no synonym."""
    return SYNONYMS.get(column, {}).get(synonym_key(text), text)
