"""Read the rows of one sheet of a workbook in one pass. The size that the sheet declares is ignored, and gaps are skipped.

openpyxl reads the strings, styles and dates of the workbook. Its own reader of sheets yields every empty row up to the last
one, and either formulas or their stored values. The form needs both, needs to know what is hidden, and must not spend time
on empty rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from defusedxml.ElementTree import iterparse
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import CALENDAR_MAC_1904, from_excel

from hub.errors import ReadingError
from hub.reports.formats.form.headings import names_report_id
from hub.reports.formats.form.row import Formula
from hub.reports.losses import excerpt
from hub.reports.reading.options import MAX_COLUMNS
from hub.reports.reading.source import BadValue

_HEADING_ROWS: Final = 50
"""The headings must be among this many rows that are not empty."""
_TEXT_ROWS: Final = 200
"""Rows of another sheet that are searched for text."""
_DAYS_FROM_1904: Final = 1_462
_UNHIDE: Final = "unhide it to publish it, or delete it"


@dataclass
class _Row:
    """A row while it is read; `cells` has values by column, from 1."""

    number: int
    is_hidden: bool
    cells: dict[int, Any] = field(default_factory=dict)
    error_text: str | None = None  # a spreadsheet error such as #REF!


class Sheet:
    """A sheet of a workbook. Each method reads it from the beginning."""

    def __init__(self, sheet: Any, book: Any, name: str) -> None:
        self._sheet, self._book, self._name = sheet, book, name
        self.title: str = sheet.title
        self.is_hidden = sheet.sheet_state != "visible"

    def has_heading(self) -> bool:
        """Whether one of the first rows has the heading report_id."""
        rows = zip(range(_HEADING_ROWS), self._read(set()), strict=False)
        return any(names_report_id(row.cells.values()) for _, row in rows)

    def has_text(self) -> bool:
        """Whether the sheet contains anything except remarks."""
        return any(
            not str(cell).startswith("#")
            for _, row in zip(range(_TEXT_ROWS), self._read(set()), strict=False)
            for cell in row.cells.values()
        )

    def rows(self) -> Iterator[tuple[int, list[Any] | BadValue]]:
        """Yield (row number, cells) of each row that is not empty; a BadValue if a person cannot see part of it."""
        hidden_columns: set[int] = set()
        for row in self._read(hidden_columns):
            place = f"row {row.number}"
            last_column = max(row.cells)
            hidden_column = next((column for column in sorted(row.cells) if column in hidden_columns), None)
            is_remark = str(row.cells.get(1) or "").lstrip().startswith("#")
            if row.error_text is not None:
                yield row.number, BadValue(place, row.error_text, "a value; the cell contains a spreadsheet error")
            elif row.is_hidden:
                yield row.number, BadValue(place, "a hidden row", f"rows that are shown: {_UNHIDE}")
            elif hidden_column is not None and not is_remark and not self._is_heading(row):
                cell_text = f"{excerpt(row.cells[hidden_column])} in a hidden column"
                yield (
                    row.number,
                    BadValue(place, cell_text, f"columns that are shown: {_UNHIDE}", f"column {hidden_column}"),
                )
            elif last_column > MAX_COLUMNS:
                cell_text = excerpt(row.cells[last_column])
                yield row.number, BadValue(place, cell_text, f"at most {MAX_COLUMNS} columns", f"column {last_column}")
            else:
                yield row.number, [row.cells.get(column) for column in range(1, last_column + 1)]

    @staticmethod
    def _is_heading(row: _Row) -> bool:
        return names_report_id(row.cells.values())

    def with_dates(self, record: Any) -> Any:
        """Return the record with day numbers that count from 1900, if the workbook counts from 1904."""
        if self._book.epoch != CALENDAR_MAC_1904 or not isinstance(record, Mapping):
            return record
        return {
            column: cell + _DAYS_FROM_1904
            if column.endswith(("_at", "_seen")) and isinstance(cell, int | float) and not isinstance(cell, bool)
            else cell
            for column, cell in record.items()
        }

    def _read(self, hidden_columns: set[int]) -> Iterator[_Row]:
        """Yield each row that is not empty; add the numbers of hidden columns to ``hidden_columns`` before the first row."""
        try:
            with self._sheet._get_source() as part, warnings.catch_warnings():  # noqa: SLF001  the sheet's own XML
                warnings.simplefilter("ignore")  # openpyxl warns of dates out of range, which stay numbers
                yield from self._parse(part, hidden_columns)
        except ReadingError:
            raise
        except Exception as error:  # noqa: BLE001  a parser may raise any error for a broken sheet
            raise ReadingError(
                f"{self._name}: a sheet cannot be read ({excerpt(error)}); save the file again"
            ) from None

    def _parse(self, part: Any, hidden_columns: set[int]) -> Iterator[_Row]:
        row = _Row(0, is_hidden=False)
        column = 0
        sheet_data: Any = None
        for event, element in iterparse(part, events=("start", "end"), forbid_dtd=True):
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                if tag == "row":
                    row = _Row(int(element.get("r") or row.number + 1), is_hidden=_is_hidden(element))
                    column = 0
                elif tag == "sheetData":
                    sheet_data = element
                continue
            if tag == "col" and (_is_hidden(element) or element.get("width") == "0"):
                hidden_columns.update(
                    range(int(element.get("min", 0)), min(int(element.get("max", 0)), MAX_COLUMNS) + 1)
                )
            elif tag == "c":
                column = _column(element, column)
                self._add_cell(element, column, row)
            elif tag == "row":
                if row.cells or row.error_text is not None:
                    row.cells = row.cells or {1: row.error_text}
                    yield row
                sheet_data.clear()

    def _add_cell(self, element: Any, column: int, row: _Row) -> None:
        kind, formula = element.get("t", "n"), _child(element, "f")
        text = _text(element) if kind == "inlineStr" else getattr(_child(element, "v"), "text", None)
        if kind == "e":
            row.error_text = row.error_text or excerpt(text or "an error")
            return
        value = None if text is None else self._value(kind, text, int(element.get("s") or 0))
        if formula is not None:
            row.cells[column] = Formula(excerpt(f"={formula.text or '…'}"), value)
        elif value is not None and (not isinstance(value, str) or value.strip()):
            row.cells[column] = value

    def _value(self, kind: str, text: str, style: int) -> Any:
        match kind:
            case "s":
                return self._sheet._shared_strings[int(text)]  # noqa: SLF001  openpyxl has no public name for them
            case "b":
                return text.strip() in {"1", "true"}
            case "n":
                return self._number(text, style)
            case "d":
                return _date(text)
            case _:
                return text

    def _number(self, text: str, style: int) -> Any:
        number = float(text)
        value: float | int = int(number) if number.is_integer() else number
        if style not in self._book._date_formats:  # noqa: SLF001  as above
            return value
        try:
            return from_excel(number, self._book.epoch)
        except (OverflowError, ValueError):
            return value


def _date(text: str) -> Any:
    """Return a date in ISO 8601, as Strict Open XML writes dates; other text stays text."""
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return text


def _is_hidden(element: Any) -> bool:
    """Whether a row or column is hidden, or a row is less than one point high."""
    return element.get("hidden") in {"1", "true"} or float(element.get("ht") or 1) < 1


def _column(element: Any, previous: int) -> int:
    letters = "".join(char for char in element.get("r") or "" if char.isalpha())
    return column_index_from_string(letters) if letters else previous + 1


def _child(element: Any, name: str) -> Any:
    return next((child for child in element if child.tag.rpartition("}")[2] == name), None)


def _text(element: Any) -> str:
    """Return the text of an inline string, without its phonetic reading."""
    inline_string = _child(element, "is")
    runs = (
        []
        if inline_string is None
        else [inline_string, *(child for child in inline_string if child.tag.rpartition("}")[2] == "r")]
    )
    return "".join(part.text or "" for run in runs for part in run if part.tag.rpartition("}")[2] == "t")
