"""The form as CSV, separated by commas, semicolons, tabs or bars. It is UTF-8, UTF-16, or a named encoding.

A row with bytes that are not valid in the encoding is refused, and the others are read: a half-read name is worse than none.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from hub.errors import ReadingError
from hub.reports.formats.form.columns import COLUMNS
from hub.reports.formats.form.headings import columns_of, names_report_id
from hub.reports.formats.form.reader import identity, read_row
from hub.reports.losses import excerpt
from hub.reports.reading.options import MAX_CELL_CHARS, MAX_COLUMNS, MAX_LINE_BYTES, MIB, ReadOptions
from hub.reports.reading.reader import Format, Record, read_records
from hub.reports.reading.source import HEAD_BYTES, BadValue, Source, wide_encoding
from hub.reports.report import Reading

_HEADING_ROWS: Final = 20
"""The headings must be among this many rows that are not empty."""


def read_csv(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read row by row. Raises ReadingError if the headings cannot be understood."""
    return read_records(FORMAT, csv_records(source, options), source, options)


def csv_records(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Yield (place, cells by column) of the rows below the headings, unchanged. Raises ReadingError like `read_csv`."""
    encoding = wide_encoding(source.head) or options.encoding or "utf-8-sig"
    try:
        head = source.head[:HEAD_BYTES].decode(encoding, "replace")
        # A byte that cannot be decoded becomes a lone surrogate, so that its row and column can be reported.
        text = io.TextIOWrapper(source.stream, encoding=encoding, errors=_error_handler(encoding), newline="")
    except (LookupError, UnicodeError):
        raise ReadingError(
            f"{source.name}: {excerpt(encoding)} is no encoding of text; try cp874, windows-1252 or utf-8"
        ) from None
    rows = csv.reader(_bounded_lines(text, source.name), delimiter=_delimiter(head))
    try:
        yield from records_of(_number_rows(rows), source.name)
    finally:
        text.detach()  # the caller closes the stream


def _delimiter(head: str) -> str:
    """Return the delimiter of a first line `sep=;`, which spreadsheets write; otherwise that of the line of headings."""
    lines = [line for line in head.splitlines() if line.strip()]
    match = re.fullmatch(r"\s*\"?sep=(.)\"?\s*", lines[0], re.IGNORECASE) if lines else None
    if match:
        return match[1]
    pairs = ((delimiter, line) for line in lines[:_HEADING_ROWS] for delimiter in ",;\t|")
    candidates = (
        delimiter for delimiter, line in pairs if names_report_id(cell.strip(' "') for cell in line.split(delimiter))
    )
    return next(candidates, None) or max(",;\t|", key=(lines[0] if lines else "").count)


def _error_handler(encoding: str) -> str:
    return "surrogateescape" if "utf-8" in encoding or "utf" not in encoding else "replace"


def _bounded_lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    try:
        while line := text.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                raise ReadingError(f"{name}: has a line of more than {MAX_LINE_BYTES // MIB} MiB; is it a CSV file?")
            yield line
    except UnicodeError:
        raise ReadingError(f"{name}: ends in the middle of a character; save it again as UTF-8") from None


def _number_rows(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[Any] | BadValue]]:
    """Yield (number of the row, as in a spreadsheet, its cells). A quote that is never closed makes its row a BadValue."""
    number = 0
    while True:
        number += 1
        try:
            yield number, list(next(rows))
        except StopIteration:
            return
        except csv.Error as error:
            expected = "a row of cells; look for a quote that is not closed"
            yield number, BadValue(f"row {number}", str(error), expected)


def records_of(rows: Iterable[tuple[int, list[Any] | BadValue]], name: str) -> Iterator[Record]:
    """Yield (place, cells by column) of each row below the headings. Skip empty rows, and rows that begin with "#"."""
    columns: list[str] | None = None
    heading_rows = 0
    for number, cells in rows:
        place = f"row {number}"
        if isinstance(cells, BadValue):
            yield place, cells
        elif all(cell is None or not str(cell).strip() for cell in cells) or str(cells[0] or "").lstrip().startswith(
            "#"
        ):
            continue
        elif columns is None:
            # A title or `sep=;` may be above the headings.
            heading_rows += 1
            if heading_rows == _HEADING_ROWS or names_report_id(cells):
                columns = _headings(cells, name)
        else:
            yield place, _cells(cells, columns, place)
    if columns is None:
        raise ReadingError(f"{name}: has no column report_id; its headings must be those of `hub form`")


def _headings(cells: list[Any], name: str) -> list[str]:
    columns = columns_of(cells)
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MAX_COLUMNS:
        raise ReadingError(f"{name}: has {len(columns)} columns; a sheet may have {MAX_COLUMNS}")
    if "report_id" not in columns:
        raise ReadingError(f"{name}: has no column report_id; its headings must be those of `hub form`")
    repeated = sorted({column for column in columns if column in COLUMNS and columns.count(column) > 1})
    if repeated:
        raise ReadingError(f"{name}: has the column {', '.join(repeated)} twice; remove one of them")
    return columns


def _cells(cells: list[Any], columns: list[str], place: str) -> dict[str, Any] | BadValue:
    extra_cells = [cell for cell in cells[len(columns) :] if cell is not None and str(cell).strip()]
    if extra_cells:
        return BadValue(
            place,
            f"{excerpt(extra_cells[0])} beyond the last heading",
            "as many cells as headings; put quotes around text with a comma",
            f"column {len(columns) + 1}",
        )
    row: dict[str, Any] = {}
    for index, (column, cell) in enumerate(zip(columns, cells, strict=False)):
        if isinstance(cell, str) and (any("\ud800" <= c <= "\udfff" for c in cell) or "\ufffd" in cell):
            printable = "".join("?" if "\ud800" <= c <= "\udfff" or c == "\ufffd" else c for c in cell)
            expected = "text in UTF-8; save the file as UTF-8, or name its encoding"
            return BadValue(place, excerpt(printable), expected, column)
        if isinstance(cell, str) and len(cell) > MAX_CELL_CHARS:
            return BadValue(place, f"{len(cell)} characters", f"at most {MAX_CELL_CHARS} characters", column)
        row[column or f"column {index + 1}"] = cell
    return row


FORMAT: Final = Format("form", read_row, identity)
"""The form as a sheet."""
