"""Workbooks as people keep them: what is far away, hidden, counted from 1904, or computed."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from hub.errors import ReadingError
from hub.reports.formats.form import cells
from hub.reports.read import Report, RowError, read_reports
from tests.reports.reading_reports import only_report
from tests.reports.specimens import FORM

LAST_ROW = 1_048_576
COLUMNS = list(FORM)
DETECTED = COLUMNS.index("detected_at") + 1


def workbook(change: Callable[[Workbook, Worksheet], None]) -> bytes:
    """The form with one report in row 2, changed."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(COLUMNS)
    sheet.append([FORM[column] for column in COLUMNS])
    change(book, sheet)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def readings(change: Callable[[Workbook, Worksheet], None]) -> list[Report | RowError]:
    return list(read_reports(workbook(change), name="x.xlsx"))


def second(sheet: Worksheet, row: int) -> None:
    for number, column in enumerate(COLUMNS, start=1):
        sheet.cell(row, number, "X-2" if column == "report_id" else FORM[column])


def test_a_report_in_the_last_row_costs_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The million rows between are never made."""
    row_count = 0

    class Counted(cells._Row):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            nonlocal row_count
            row_count += 1
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(cells, "_Row", Counted)
    first, last = readings(lambda _, sheet: second(sheet, LAST_ROW))
    assert isinstance(first, Report)
    assert isinstance(last, Report)
    assert last.source == f"x.xlsx, row {LAST_ROW}"
    assert 0 < row_count < 20


def test_a_cell_far_to_the_right_is_named() -> None:
    """Not cut off."""

    def change(_: Workbook, sheet: Worksheet) -> None:
        sheet.cell(2, 16_384, "far")

    (error,) = readings(change)
    assert isinstance(error, RowError)
    assert (error.key, error.value) == ("column 16384", "far")


@pytest.mark.parametrize("kind", ["hidden", "no height"])
def test_a_row_that_nobody_sees_is_asked_about(kind: str) -> None:
    """Also one of no height."""

    def change(_: Workbook, sheet: Worksheet) -> None:
        second(sheet, 3)
        if kind == "hidden":
            sheet.row_dimensions[3].hidden = True
        else:
            sheet.row_dimensions[3].height = 0.5

    first, error = readings(change)
    assert isinstance(first, Report)
    assert isinstance(error, RowError)
    assert (error.place, error.value) == ("row 3", "a hidden row")


def test_a_value_in_a_column_that_nobody_sees_is_asked_about() -> None:
    """An empty hidden column is nothing to ask about."""

    def change(_: Workbook, sheet: Worksheet) -> None:
        sheet.column_dimensions[get_column_letter(DETECTED)].hidden = True
        sheet.column_dimensions["AZ"].hidden = True

    (error,) = readings(change)
    assert isinstance(error, RowError)
    assert (error.key, error.value) == (f"column {DETECTED}", f"{FORM['detected_at']} in a hidden column")


def test_a_hidden_sheet_is_not_published() -> None:
    """It is named beside the form, and refused where it is the form."""

    def beside(book: Workbook, _: Worksheet) -> None:
        old = book.create_sheet("old")
        old.append(COLUMNS)
        old.append([FORM[column] for column in COLUMNS])
        old.sheet_state = "hidden"

    first, error = readings(beside)
    assert isinstance(first, Report)
    assert isinstance(error, RowError)
    assert (error.place, error.value) == ("sheet old", "a hidden sheet")

    def alone(book: Workbook, sheet: Worksheet) -> None:
        book.create_sheet("cover").append(["Reports of March"])
        sheet.sheet_state = "hidden"

    with pytest.raises(ReadingError, match="unhide the sheet"):
        readings(alone)


@pytest.mark.parametrize("value", [datetime(2026, 3, 1), 44_620], ids=["a date", "a number"])  # noqa: DTZ001  as a spreadsheet has it
def test_workbooks_that_count_from_1904_keep_their_dates(value: Any) -> None:
    """Also where the cell is not formatted as a date."""

    def change(book: Workbook, sheet: Worksheet) -> None:
        book.epoch = CALENDAR_MAC_1904
        sheet.cell(2, DETECTED).value = value

    (report,) = readings(change)
    assert isinstance(report, Report)
    assert report.timeline.detected is not None
    assert report.timeline.detected.stix() == "2026-03-01T00:00:00.000Z"


def test_a_title_stands_above_the_headings() -> None:
    """With rows between them."""

    def change(_: Workbook, sheet: Worksheet) -> None:
        sheet.insert_rows(1, 3)
        sheet.cell(1, 1, "Incidents of March")

    (report,) = readings(change)
    assert isinstance(report, Report)
    assert report.source == "x.xlsx, row 5"


def test_a_formula_counts_by_its_stored_value_in_columns_of_the_form_only() -> None:
    """Openpyxl stores none; elsewhere the formula is a value without a place."""

    def needed(_: Workbook, sheet: Worksheet) -> None:
        sheet.cell(2, COLUMNS.index("title") + 1).value = '="a"&"b"'

    (error,) = readings(needed)
    assert isinstance(error, RowError)
    assert "open the sheet and save it again" in error.expected

    def unneeded(_: Workbook, sheet: Worksheet) -> None:
        sheet.cell(1, len(COLUMNS) + 1).value = "our_sum"
        sheet.cell(2, len(COLUMNS) + 1).value = "=1+1"

    (report,) = readings(unneeded)
    assert isinstance(report, Report)
    assert [(row.key, row.value) for row in report.unused] == [("our_sum", "=1+1")]


def strict(data: bytes) -> bytes:
    """The same workbook as Strict Open XML: other namespaces, and dates as ISO 8601."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(out, "w") as other:
        for part in package.namelist():
            text = package.read(part).decode()
            for kind in ("officeDocument", "spreadsheetml", "drawingml"):
                text = text.replace(
                    f"http://schemas.openxmlformats.org/{kind}/2006/", f"http://purl.oclc.org/ooxml/{kind}/"
                )
            other.writestr(part, text)
    return out.getvalue()


def test_a_strict_workbook_is_read_like_the_usual_one() -> None:
    """Excel offers it as "Strict Open XML Spreadsheet"."""

    def change(_: Workbook, sheet: Worksheet) -> None:
        sheet.cell(2, DETECTED, datetime(2026, 3, 2, 0, 0))  # noqa: DTZ001  Excel knows no zones

    usual = workbook(change)
    data = strict(usual)
    assert b"purl.oclc.org" in zipfile.ZipFile(io.BytesIO(data)).read("xl/workbook.xml")
    assert list(read_reports(data, name="x.xlsx")) == list(read_reports(usual, name="x.xlsx"))
    only_report(data, name="x.xlsx")  # it reads as a report, not as the error of a row


def test_a_date_that_is_written_out_is_a_date() -> None:
    """As Strict Open XML has it: t="d", and ISO 8601."""

    def change(_: Workbook, sheet: Worksheet) -> None:
        sheet.cell(2, DETECTED, "DATE")

    usual = workbook(change)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(usual)) as package, zipfile.ZipFile(out, "w") as other:
        for part in package.namelist():
            text = package.read(part)
            if part.startswith("xl/worksheets/"):
                cell = f'<c r="{get_column_letter(DETECTED)}2" t="d"><v>2026-03-02T00:00:00.000</v></c>'.encode()
                reference = get_column_letter(DETECTED).encode() + b"2"
                text = re.sub(rb'<c r="' + reference + rb'"[^>]*>.*?</c>', cell, text)
            other.writestr(part, text)
    report = only_report(out.getvalue(), name="x.xlsx")
    assert report.timeline.detected is not None
    assert report.timeline.detected.stix() == "2026-03-02T00:00:00.000Z"
