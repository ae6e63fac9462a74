"""The form as CSV: any of , ; and tab; UTF-8 with or without a mark, UTF-16 with one, another encoding by name.

A row with bytes that are not in the file's encoding is refused by itself: half-read names are worse than none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from hub.errors import ReadingError
from hub.reports.formats.form.columns import COLUMNS
from hub.reports.formats.form.reader import read_form_row
from hub.reports.losses import RowError, excerpt
from hub.reports.reading.options import MAX_CELL_CHARS, MAX_COLUMNS, MAX_LINE_BYTES, MIB, ReadOptions
from hub.reports.reading.source import HEAD_BYTES, Source, wide_encoding
from hub.reports.report import Reading


def read_csv(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read row by row. Raises ReadingError where the headings cannot be understood."""
    encoding = wide_encoding(source.head) or options.encoding or "utf-8-sig"
    try:
        head = source.head[:HEAD_BYTES].decode(encoding, "replace")
        # A byte that cannot be decoded becomes a lone surrogate, which tells the row and column it stands in.
        text = io.TextIOWrapper(source.stream, encoding=encoding, errors=_lenient(encoding), newline="")
    except (LookupError, UnicodeError):
        raise ReadingError(
            f"{source.name}: {excerpt(encoding)} is no encoding of text; try cp874, windows-1252 or utf-8"
        ) from None
    first = next((line for line in head.splitlines() if line.strip()), "")
    rows = csv.reader(_bounded(text, source.name), delimiter=max(",;\t", key=first.count))
    try:
        yield from read_rows(_numbered(rows, source.name), source.name, options)
    finally:
        text.detach()  # the stream is the caller's to close


def _lenient(encoding: str) -> str:
    return "surrogateescape" if "utf-8" in encoding or "utf" not in encoding else "replace"


def _bounded(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    try:
        while line := text.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                raise ReadingError(f"{name}: has a line of more than {MAX_LINE_BYTES // MIB} MiB; is it a CSV file?")
            yield line
    except UnicodeError:
        raise ReadingError(f"{name}: ends in the middle of a character; save it again as UTF-8") from None


def _numbered(rows: Iterator[list[str]], name: str) -> Iterator[tuple[int, list[Any] | RowError]]:
    """(the row's number in a spreadsheet's counting, its cells). A quote that is never closed spoils what it holds."""
    number = 0
    while True:
        number += 1
        try:
            yield number, list(next(rows))
        except StopIteration:
            return
        except csv.Error as error:
            yield (
                number,
                RowError(name, f"row {number}", "", str(error), "a row of cells; look for a quote that is not closed"),
            )


def read_rows(rows: Iterable[tuple[int, list[Any] | RowError]], name: str, options: ReadOptions) -> Iterator[Reading]:
    """Read headings, then one report a row. Empty rows, and rows that begin with "#", are left out."""
    columns: list[str] | None = None
    for number, cells in rows:
        if isinstance(cells, RowError):
            yield cells
        elif all(cell is None or not str(cell).strip() for cell in cells) or str(cells[0] or "").lstrip().startswith(
            "#"
        ):
            continue
        elif columns is None:
            columns = _headings(cells, name)
        else:
            yield from _read_row(cells, columns, name, f"row {number}", options)
    if columns is None:
        raise ReadingError(f"{name}: has no headings; begin with the row of `hub form`")


def _headings(cells: list[Any], name: str) -> list[str]:
    columns = ["_".join(str(cell or "").strip().casefold().split()) for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MAX_COLUMNS:
        raise ReadingError(f"{name}: has {len(columns)} columns; a sheet may have {MAX_COLUMNS}")
    if "report_id" not in columns:
        raise ReadingError(f"{name}: has no column report_id; the first row must hold the headings of `hub form`")
    twice = sorted({column for column in columns if column in COLUMNS and columns.count(column) > 1})
    if twice:
        raise ReadingError(f"{name}: has the column {', '.join(twice)} twice; take one of them out")
    return columns


def _read_row(cells: list[Any], columns: list[str], name: str, where: str, options: ReadOptions) -> Iterator[Reading]:
    beyond = [cell for cell in cells[len(columns) :] if cell is not None and str(cell).strip()]
    if beyond:
        found = f"{excerpt(beyond[0])} beyond the last heading"
        yield RowError(
            name,
            where,
            f"column {len(columns) + 1}",
            found,
            "as many cells as headings; put quotes around text with a comma",
        )
        return
    row: dict[str, Any] = {}
    for index, (column, cell) in enumerate(zip(columns, cells, strict=False)):
        if isinstance(cell, str) and (any("\ud800" <= c <= "\udfff" for c in cell) or "\ufffd" in cell):
            shown = "".join("?" if "\ud800" <= c <= "\udfff" or c == "\ufffd" else c for c in cell)
            yield RowError(
                name, where, column, excerpt(shown), "text in UTF-8; save the file as UTF-8, or name its encoding"
            )
            return
        if isinstance(cell, str) and len(cell) > MAX_CELL_CHARS:
            yield RowError(name, where, column, f"{len(cell)} characters", f"at most {MAX_CELL_CHARS} characters")
            return
        row[column or f"column {index + 1}"] = cell
    yield from read_form_row(row, file=name, where=where, options=options)
