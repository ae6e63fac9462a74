"""The form's rows as they stand in a file, and the same file read with cells that a person has mended.

The file itself stays as it is. A mended cell is text, as a person types it; all other cells keep what the file holds, such
as a spreadsheet's dates.
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
"""Place of a row -> column -> the text that counts in place of what the file holds."""


def form_rows(body: bytes, name: str, form: str, options: ReadOptions) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(place, cells by column) of each row of a file in one of the CORRECTABLE formats; rows that are no row are left out.

    ReadingError where the file cannot be read.
    """
    for place, cells in _records(open_source(body, name), form, options):
        if not isinstance(cells, BadValue):
            yield place, cells


def read_corrected(body: bytes, name: str, form: str, options: ReadOptions, changes: Changes) -> Iterator[Reading]:
    """Like `read_reports`, for a file in one of the CORRECTABLE formats, with the corrected cells in their places."""
    source = open_source(body, name)
    yield from read_records(FORMAT, _mended(_records(source, form, options), changes), source, options)


def cell_text(value: Any) -> str:
    """A cell as a person would type it into the form."""
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
        pointed = f" -> {names}" if names else ""
        return f"{fields.get('type', '')}:{fields.get('value', '')}".removeprefix(":") + role + pointed
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def _records(source: Source, form: str, options: ReadOptions) -> Iterator[Record]:
    if form not in CORRECTABLE:
        raise ReadingError(f"{source.name}: only the rows of the form are mended one by one")
    if form == "csv":
        yield from csv_records(source, options)
        return
    try:
        if form == "xlsx":
            yield from import_module("hub.reports.formats.form.xlsx").xlsx_records(source)
            return
        module = import_module("hub.reports.formats.form.document")
    except ImportError as error:
        raise ReadingError(
            f"{source.name}: reading this needs the package {error.name}; install it with "
            "`pip install 'threat-sharing-hub[reports]'`"
        ) from None
    for place, value in module.yaml_records(source) if form == "yaml" else json_values(source):
        if isinstance(value, BadValue):
            yield place, value
        elif isinstance(value, dict):
            yield place, flatten(value)
        else:
            yield place, BadValue(place, cell_text(value)[:80], "a mapping of the form's columns to values")


def _mended(records: Iterator[Record], changes: Changes) -> Iterator[Record]:
    for place, cells in records:
        if isinstance(cells, BadValue) or place not in changes:
            yield place, cells
        else:
            columns = {column: text for column, text in changes[place].items() if column in COLUMNS}
            yield place, {**cells, **columns}
