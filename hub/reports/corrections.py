"""The rows of a file of the form, and the same file read with cells that a person corrected.

The file itself does not change. A corrected cell is text, as a person types it; all other cells keep the value of the
file, such as a date of a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from importlib import import_module
from typing import Any, Final

from hub.errors import ReadingError
from hub.reports.formats.form.columns import COLUMNS
from hub.reports.formats.form.reader import flatten
from hub.reports.formats.form.row import Formula
from hub.reports.formats.form.sheet import FORMAT, csv_records
from hub.reports.reading.draft import as_list
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.reader import Record, read_records
from hub.reports.reading.source import BadValue, Source, json_values, open_source
from hub.reports.report import Reading

CORRECTABLE: Final = frozenset({"csv", "xlsx", "yaml", "json"})
"""The formats of the form."""
Changes = Mapping[str, Mapping[str, str]]
"""Place of a row -> column -> the corrected text, which replaces the value of the file."""


def form_rows(
    body: bytes, name: str, format_name: str, options: ReadOptions
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (place, cells by column) of each row of a file in one of the CORRECTABLE formats; skip rows that cannot be read.

    Raises ReadingError if the file cannot be read.
    """
    for place, cells in _records(open_source(body, name), format_name, options):
        if not isinstance(cells, BadValue):
            yield place, cells


def read_corrected(
    body: bytes, name: str, format_name: str, options: ReadOptions, changes: Changes
) -> Iterator[Reading]:
    """Like `read_reports`, for a file in one of the CORRECTABLE formats, with the corrected cells."""
    source = open_source(body, name)
    yield from read_records(FORMAT, _apply_changes(_records(source, format_name, options), changes), source, options)


def cell_text(value: Any) -> str:
    """Return a cell as a person would type it into the form."""
    if isinstance(value, Formula):
        return cell_text(value.value)
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(cell_text(item) for item in value)
    if isinstance(value, Mapping):  # an indicator
        fields = {str(key).strip().casefold(): item for key, item in value.items() if item is not None}
        role = f"@{str(fields['role']).strip()}" if fields.get("role") else ""
        role += "@confirmed" if str(fields.get("confirmed")).strip().casefold() in {"yes", "true"} else ""
        names = ", ".join(str(name) for name in as_list(fields.get("indicates")) if name is not None)
        arrow = f" -> {names}" if names else ""
        return f"{fields.get('type', '')}:{fields.get('value', '')}".removeprefix(":") + role + arrow
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def _records(source: Source, format_name: str, options: ReadOptions) -> Iterator[Record]:
    if format_name not in CORRECTABLE:
        raise ReadingError(f"{source.name}: only rows of the form can be corrected one by one")
    if format_name == "csv":
        yield from csv_records(source, options)
        return
    try:
        if format_name == "xlsx":
            yield from import_module("hub.reports.formats.form.xlsx").xlsx_records(source)
            return
        module = import_module("hub.reports.formats.form.document")
    except ImportError as error:
        raise ReadingError(
            f"{source.name}: reading this needs the package {error.name}; install it with "
            "`pip install 'threat-sharing-hub[reports]'`"
        ) from None
    for place, value in module.yaml_records(source) if format_name == "yaml" else json_values(source):
        if isinstance(value, BadValue):
            yield place, value
        elif isinstance(value, dict):
            yield place, flatten(value)
        else:
            yield place, BadValue(place, cell_text(value)[:80], "a mapping of the form's columns to values")


def _apply_changes(records: Iterator[Record], changes: Changes) -> Iterator[Record]:
    for place, cells in records:
        if isinstance(cells, BadValue) or place not in changes:
            yield place, cells
        else:
            columns = {column: text for column, text in changes[place].items() if column in COLUMNS}
            yield place, {**cells, **columns}
