"""Read MISP's export of attributes as CSV: one row for each attribute, with columns of its event if it has them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, Final

from hub.errors import ReadingError
from hub.reports.losses import excerpt
from hub.reports.reading.options import MAX_LINE_BYTES, MIB
from hub.reports.reading.reader import Record
from hub.reports.reading.source import BadValue, Source, byte_lines

_EVENT_PREFIX: Final = "event_"
# Columns of the export that have another name in MISP's JSON.
_EVENT_NAMES: Final = {"source_org": "Orgc", "member_org": "Org"}
_OBJECT_COLUMNS: Final = {"object_name": "name", "object_uuid": "uuid", "object_meta_category": "meta-category"}
_UNREADABLE: Final = "\udcff"


def read_dump(source: Source) -> Iterator[Record]:
    """Yield (place, {"Attribute": …, "Event": …}) of each row, as a search in MISP returns it; the attribute has its object."""
    rows = csv.reader(_lines(source))
    try:
        columns = [name.strip().casefold() for name in next(rows, [])]
    except csv.Error as error:
        raise ReadingError(f"{source.name}: has headings that cannot be read ({error})") from None
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"line {rows.line_num}", BadValue(f"line {rows.line_num}", str(error), "a row of cells")
            continue
        place = f"line {rows.line_num}"
        if len(cells) > len(columns):
            yield place, BadValue(place, f"{len(cells)} cells", f"at most {len(columns)} cells in a row")
        elif any("\ud800" <= char <= "\udfff" for cell in cells for char in cell):
            printable = "".join(char if char.isprintable() else "?" for cell in cells for char in cell)
            yield (
                place,
                BadValue(place, excerpt(printable), f"a row in UTF-8, in lines of at most {MAX_LINE_BYTES // MIB} MiB"),
            )
        elif any(cells):
            yield place, _record({column: cell for column, cell in zip(columns, cells, strict=False) if cell})


def _lines(source: Source) -> Iterator[str]:
    for _, line in byte_lines(source):
        yield _UNREADABLE if line is None else line.decode("utf-8", "surrogateescape").rstrip("\r\n") + "\n"


def _record(row: dict[str, str]) -> dict[str, Any]:
    attribute: dict[str, Any] = {}
    event: dict[str, Any] = {}
    misp_object: dict[str, Any] = {}
    for column, cell in row.items():
        if column == "event_id":
            event["id"] = cell
        elif column in {"attribute_tag", "event_tag"}:
            tags = [{"name": name.strip()} for name in next(csv.reader([cell]), []) if name.strip()]
            (event if column == "event_tag" else attribute)["Tag"] = tags
        elif column.startswith(_EVENT_PREFIX):
            name = column.removeprefix(_EVENT_PREFIX)
            event[_EVENT_NAMES.get(name, name)] = cell
        elif column in _OBJECT_COLUMNS:
            misp_object[_OBJECT_COLUMNS[column]] = cell
        elif column == "date":
            attribute["timestamp"] = cell
        else:
            attribute[column] = cell
    if misp_object:
        attribute["Object"] = misp_object
    return {"Attribute": attribute, **({"Event": event} if event else {})}
