"""One bad record never ends a file: it is named with its place, and all others are read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from hub.errors import ReadingError
from hub.reports.formats import n6
from hub.reports.formats.form.blank import form_rows
from hub.reports.read import Report, RowError, read_reports
from hub.reports.reading.draft import Draft
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.reader import Format, read_records
from hub.reports.reading.source import open_source
from tests.reports.reading_reports import FIXTURES, only_report
from tests.reports.specimens import FORM

N6 = {"id": "0" * 32, "source": "a.b", "restriction": "public", "confidence": "low", "category": "cnc"}
N6 |= {"time": "2026-03-01 00:00:00"}


def readings(data: bytes, name: str = "x") -> tuple[list[Report], list[RowError]]:
    outcomes = list(read_reports(data, name=name))
    return [item for item in outcomes if isinstance(item, Report)], [
        item for item in outcomes if isinstance(item, RowError)
    ]


def two_around(good: object, bad: object) -> bytes:
    return "\n".join(json.dumps(item) for item in (good, bad, good)).encode()


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (FORM, FORM | {"tlp": "purple"}),
        (json.loads((FIXTURES / "misp.json").read_bytes()), {"Event": {"uuid": "a", "date": "2026-03-01"}}),
        (json.loads((FIXTURES / "veris_1_3.json").read_bytes()), {"incident_id": "9"}),
        (json.loads((FIXTURES / "xarf_v4.json").read_bytes()), {"xarf_version": "4.2.0", "category": "content"}),
        ({"classification.type": "c2-server", "source.ip": "198.51.100.7"}, {"classification.type": "nothing"}),
        (N6, N6 | {"restriction": "everybody"}),
    ],
    ids=["form", "misp", "veris", "xarf", "intelmq", "n6"],
)
def test_a_record_that_cannot_be_used_stands_alone(good: object, bad: object) -> None:
    """In each format, whether its records become cases or a feed."""
    reports, errors = readings(two_around(good, bad))
    assert reports
    assert len({error.place for error in errors}) == 1
    assert sum(2 if report.title.startswith("Feed of 2") else 1 for report in reports) >= 2


def test_a_fault_of_the_reader_itself_costs_one_record() -> None:
    """Whatever it raises is named with the record's place and id, and the next record is read."""

    def broken(record: Any, draft: Draft) -> Report:
        if record["id"] == "2":
            raise KeyError("surprise")
        return Report(report_id=record["id"], source_format="x", title="x")

    form = Format("x", broken, lambda record: record["id"])
    records = iter([(f"item {number}", {"id": str(number)}) for number in (1, 2, 3)])
    source = open_source(b"", "x.json")
    outcomes = list(read_records(form, records, source, ReadOptions()))
    assert [item.report_id for item in outcomes if isinstance(item, Report)] == ["1", "3"]
    (error,) = [item for item in outcomes if isinstance(item, RowError)]
    assert (error.place, error.report_id) == ("item 2", "2")
    assert "surprise" in error.value


def test_a_file_that_breaks_after_a_record_keeps_that_record() -> None:
    """The error says after which; a file that breaks before any is refused as a whole."""

    def records() -> Iterator[tuple[str, Any]]:
        yield "item 1", N6
        raise ReadingError("x.json: is damaged")

    form = Format("n6", n6._line, lambda record: None)  # noqa: ARG005  no id is known
    outcomes = list(read_records(form, records(), open_source(b"", "x.json"), ReadOptions()))
    assert [type(item) for item in outcomes] == [RowError, Report]
    assert isinstance(outcomes[0], RowError)
    assert (outcomes[0].place, outcomes[0].value) == ("after item 1", "is damaged")
    with pytest.raises(ReadingError):
        list(read_reports(b"<IODEF-Document><Incident>", name="cut.xml"))


def test_a_cut_xml_file_names_where_it_ends() -> None:
    """The incidents before the cut are reports."""
    data = (FIXTURES / "iodef_v2.xml").read_bytes()
    reports, errors = readings(data[: data.index(b"PH-2")], "cut.xml")
    assert [report.report_id for report in reports] == ["cert.example/PH-1"]
    assert [error.place for error in errors] == ["after Incident[1]"]


def test_a_language_in_another_spelling_is_no_reason_to_stop() -> None:
    """en_US is en-US; what is no language at all is named, and the incident read without one."""
    incidents = [
        {"IncidentID": {"id": str(number), "name": "c"}, "lang": lang, "Description": ["x"]}
        for number, lang in enumerate(("en", "en_US", "C.UTF-8 something"), start=1)
    ]
    reports, errors = readings(json.dumps({"version": "2.0", "Incident": incidents}).encode())
    assert errors == []
    assert [report.language for report in reports] == ["en", "en-US", None]
    assert any(row.key == "lang" for row in reports[2].unused)


def test_a_document_type_without_entities_is_passed_over() -> None:
    """Nothing of it is fetched, and it says nothing."""
    body = '<IODEF-Document version="2.00"><Incident><IncidentID name="c">1</IncidentID></Incident></IODEF-Document>'
    reports, errors = readings(f'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd">{body}'.encode())
    assert [report.report_id for report in reports] == ["c/1"]
    assert errors == []


def sheet(rows: list[list[Any]], **changes: str) -> bytes:
    """An XLSX of these rows; ``changes`` replace texts in the XML of its sheet."""
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    data = io.BytesIO()
    book.save(data)
    package = zipfile.ZipFile(data)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for part in package.infolist():
            text = package.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                for old, new in changes.items():
                    assert old.encode() in text
                    text = text.replace(old.encode(), new.encode())
            written.writestr(part, text)
    return out.getvalue()


HEADINGS = list(FORM)


def row(number: int, **cells: Any) -> list[Any]:
    return list((FORM | {"report_id": f"X-{number}"} | cells).values())


def test_a_sheet_that_claims_to_be_smaller_than_it_is_is_read_whole() -> None:
    """The dimension that a program wrote is often that of an older state."""
    data = sheet([HEADINGS, row(1), row(2), row(3)], **{'<dimension ref="A1:J4"': '<dimension ref="A1:J2"'})
    reports, errors = readings(data, "x.xlsx")
    assert [report.report_id for report in reports] == ["X-1", "X-2", "X-3"]
    assert errors == []


def test_a_hidden_row_is_asked_about() -> None:
    """Nobody who looks at the sheet knows that it would be published."""
    data = sheet([HEADINGS, row(1), row(2), row(3)], **{'<row r="3"': '<row r="3" hidden="1"'})
    reports, errors = readings(data, "x.xlsx")
    assert [report.report_id for report in reports] == ["X-1", "X-3"]
    assert [(error.place, error.value) for error in errors] == [("row 3", "a hidden row")]


def test_a_formula_counts_by_its_stored_value_and_only_where_it_is_read() -> None:
    """Nothing is computed: a formula without a stored value is an error in a column of the form, and else only named."""
    headings = [*HEADINGS, "title_length"]
    stored = {"<f>1+1</f><v></v>": "<f>1+1</f><v>2</v>"}
    data = sheet([headings, [*row(1, report_id="=1+1"), "=2+2"]], **stored)
    reports, errors = readings(data, "x.xlsx")
    assert [report.report_id for report in reports] == ["2"]
    assert [(item.key, item.value) for item in reports[0].unused] == [("title_length", "=2+2")]
    assert errors == []
    _, errors = readings(sheet([headings, [*row(1, report_id="=1+1"), "x"]]), "x.xlsx")
    assert [error.key for error in errors] == ["report_id"]


@pytest.mark.parametrize("above", [["Reports of March", ""], ["sep=;", ""]], ids=["a title", "sep="])
def test_rows_above_the_headings_are_passed_over(above: list[str]) -> None:
    """As spreadsheets and people write them; the form's own comment rows stay what they are."""
    delimiter = ";" if above[0].startswith("sep") else ","
    lines = [delimiter.join(cells) for cells in (above, HEADINGS, row(1))]
    reports, errors = readings("\n".join(lines).encode(), "x.csv")
    assert [report.report_id for report in reports] == ["X-1"]
    assert errors == []
    assert form_rows()[1][0].startswith("#")


def test_an_opendocument_sheet_is_named_as_such() -> None:
    """With what to do about it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", "<office:document-content/>")
    with pytest.raises(ReadingError, match="OpenDocument sheet; save it as Excel Workbook"):
        list(read_reports(out.getvalue(), name="x.ods"))


@pytest.mark.parametrize(
    ("domain", "reason"),
    [
        ("web.id", "is a whole registry's domain"),
        ("gov.tl", "is a whole registry's domain"),
        ("com.tl", "is a whole registry's domain"),
        ("evil.com.tl", None),
        ("duckdns.org", "is a service of millions"),
        ("bad.duckdns.org", None),
        ("evil.co.id", None),
        ("c2.example", None),
    ],
)
def test_no_indicator_names_a_public_suffix_whole(domain: str, reason: str | None) -> None:
    """Registries, and hosters or dynamic DNS under which anybody has a name."""
    report = only_report(FORM | {"indicators": f"domain:{domain}"}, name="x.json")
    assert [item.hold_reason for item in report.observables] == [reason]
