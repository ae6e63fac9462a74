"""The rows of a file, and the same file read with corrected cells; the file itself does not change."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from typing import Any

import pytest

from hub.errors import ReadingError
from hub.reports.corrections import cell_text, form_rows, read_corrected
from hub.reports.formats.form.row import Formula
from hub.reports.read import ReadOptions, Report, RowError

CELLS = {
    "report_id": "ID-1", "title": "T", "incident_class": "fraud", "incident_type": "phishng", "status": "open",
    "determination": "confirmed", "tlp": "green", "country": "ID", "victim_sector": "healthcare", "detected_at": "2026-04-02",
}  # fmt: skip
OPTIONS = ReadOptions()


def as_csv(*rows: dict[str, str]) -> bytes:
    lines = [",".join(CELLS), *(",".join(row.values()) for row in rows)]
    return "\n".join(lines).encode()


def as_xlsx(*rows: dict[str, Any]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (list(CELLS), *(list(row.values()) for row in rows)):
        sheet.append(row)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("csv", as_csv(CELLS)),
        ("xlsx", as_xlsx(CELLS)),
        ("json", json.dumps([CELLS]).encode()),
        ("yaml", "\n".join(f"{key}: {value}" for key, value in CELLS.items()).encode()),
    ],
)
def test_a_mended_cell_makes_a_report_of_a_row(form: str, body: bytes) -> None:
    """In each format of the form; without the change the row is an error, with the same place."""
    (error,) = read_corrected(body, "a", form, OPTIONS, {})
    assert isinstance(error, RowError)
    ((where, cells),) = form_rows(body, "a", form, OPTIONS)
    assert (error.place, cells["incident_type"]) == (where, "phishng")
    (report,) = read_corrected(body, "a", form, OPTIONS, {where: {"incident_type": "phishing"}})
    assert isinstance(report, Report)
    assert (report.report_id, report.source) == ("ID-1", f"a, {where}")


def test_other_rows_and_other_cells_stay_as_the_file_holds_them() -> None:
    """A date of a spreadsheet is no text after that, and the row below is not touched."""
    body = as_xlsx({**CELLS, "detected_at": datetime(2026, 4, 2)}, {**CELLS, "report_id": "ID-2"})  # noqa: DTZ001
    first, second = read_corrected(body, "a.xlsx", "xlsx", OPTIONS, {"row 2": {"incident_type": "phishing"}})
    assert isinstance(first, Report)
    assert first.timeline.detected is not None
    assert isinstance(second, RowError)


def test_what_is_no_column_changes_nothing() -> None:
    """Nor does a place that the file has not."""
    changes = {"row 2": {"x": "1", "incident_type": "phishing"}, "row 9": {"title": "Z"}}
    (report,) = read_corrected(as_csv(CELLS), "a.csv", "csv", OPTIONS, changes)
    assert isinstance(report, Report)
    assert not report.unused


def test_a_row_that_is_none_is_left_out_and_stays_an_error() -> None:
    """Nothing can be typed into bytes of no encoding."""
    body = as_csv(CELLS, {**CELLS, "title": "X"}).replace(b",X,", b",\xff,")
    assert [where for where, _ in form_rows(body, "a.csv", "csv", OPTIONS)] == ["row 2"]
    readings = list(read_corrected(body, "a.csv", "csv", OPTIONS, {"row 3": {"title": "Y"}}))
    assert [reading.place for reading in readings if isinstance(reading, RowError)] == ["row 2", "row 3"]


def test_other_formats_have_no_such_rows() -> None:
    with pytest.raises(ReadingError, match="only rows of the form"):
        list(form_rows(b"{}", "a.json", "misp", OPTIONS))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (3, "3"),
        ("a", "a"),
        (date(2026, 4, 2), "2026-04-02"),
        (datetime(2026, 4, 2, 10, 30), "2026-04-02 10:30"),  # noqa: DTZ001
        (Formula("=A1", "b"), "b"),
        (["T1566", "T1190"], "T1566; T1190"),
        (
            [{"type": "ip", "value": "203.0.113.7"}, {"value": "a.example", "role": "victim"}],
            "ip:203.0.113.7; a.example@victim",
        ),
        (
            [
                {"type": "ip", "value": "203.0.113.7", "indicates": ["Akira", "T1190"], "confirmed": True},
                {"value": "a.example", " Role": " victim"},
            ],
            "ip:203.0.113.7@confirmed -> Akira, T1190; a.example@victim",
        ),
    ],
)
def test_a_cell_is_shown_as_a_person_types_it(value: object, text: str) -> None:
    assert cell_text(value) == text
