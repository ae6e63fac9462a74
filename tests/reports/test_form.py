"""The form: CSV, XLSX, YAML and JSON make the same report, and tell a person what to mend."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import openpyxl
import pytest

from hub.errors import ReadingError
from hub.pages.texts import LANGUAGES
from hub.reports.formats.form.blank import blank_form_csv, blank_form_xlsx, form_rows
from hub.reports.formats.form.columns import COLUMNS
from hub.reports.impacts import AvailabilityImpact, ConfidentialityImpact, EconomicImpact
from hub.reports.moments import Fidelity
from hub.reports.observables import ObservableType, Role
from hub.reports.read import ReadOptions, Report, RowError, read_reports
from hub.reports.victims import Consent
from tests.reports.reading_reports import FIXTURES, only_report

ROW = {
    "report_id": "X-1",
    "title": "Phishing",
    "incident_class": "fraud",
    "incident_type": "phishing",
    "status": "open",
    "determination": "confirmed",
    "tlp": "green",
    "country": "MY",
    "victim_sector": "healthcare",
    "detected_at": "2026-03-01T10:00+08:00",
}


def read_row(options: ReadOptions | None = None, /, **cells: object) -> list[Report | RowError]:
    data = json.dumps({**ROW, **cells}).encode()
    return list(read_reports(data, name="form.json", options=options))


def only(**cells: object) -> Report:
    (report,) = read_row(**cells)
    assert isinstance(report, Report), str(report)
    return report


def error_of(**cells: object) -> RowError:
    (error,) = read_row(**cells)
    assert isinstance(error, RowError)
    return error


def test_a_full_csv_row_fills_every_part_of_the_model() -> None:
    """What the officer wrote is found again in the model, with values refanged and in canonical form."""
    hospital, website = (item for item in read_reports(FIXTURES / "form.csv") if isinstance(item, Report))
    assert hospital.rsit == (("malicious-code", "infected-system"),)
    assert hospital.incident_types == ("ransomware", "infected-by-known-malware")
    assert hospital.timeline.started is not None
    assert hospital.timeline.started.fidelity is Fidelity.HOUR
    assert hospital.timeline.started.stix() == "2026-05-04T10:30:00.000Z"
    assert hospital.severity is not None
    assert (hospital.severity.criticality, hospital.severity.number) == (70, 4.0)
    assert hospital.victims[0].name == "Hospital Rekaan Sdn Bhd"
    assert hospital.victims[0].size == "medium"
    assert hospital.consent is Consent.SECTOR_ONLY
    assert hospital.countries == ("MY", "SG")
    losses = [impact for impact in hospital.impacts if isinstance(impact, ConfidentialityImpact)]
    assert [(loss.information_type, loss.record_count) for loss in losses] == [("phi", 1200), ("pii", None)]
    (outage,) = [impact for impact in hospital.impacts if isinstance(impact, AvailabilityImpact)]
    assert outage.start is not None
    assert outage.end is not None
    assert outage.end.instant - outage.start.instant == timedelta(hours=36)
    (cost,) = [impact for impact in hospital.impacts if isinstance(impact, EconomicImpact)]
    assert (cost.currency, cost.min_amount, cost.max_amount) == ("MYR", 1000, 5000)
    assert {(observable.value, observable.role) for observable in hospital.observables} == {
        ("198.51.100.7", Role.ADVERSARY),
        ("https://drop.example/a?b=1", Role.ADVERSARY),
        ("aa" + "1" * 62, Role.ADVERSARY),
        ("mail.hospital-rekaan.example", Role.VICTIM),
        ("203.0.113.77", Role.THIRD_PARTY),
    }
    assert all(observable.as_indicator == (observable.role is not Role.VICTIM) for observable in hospital.observables)
    assert website.title == "เว็บไซต์ถูกเปลี่ยนหน้า"
    assert website.timeline.started is not None
    assert website.timeline.started.fidelity is Fidelity.DAY


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_delimiter_and_byte_order_mark_gives_the_same_report(delimiter: str, encoding: str) -> None:
    """Spreadsheets of different countries write CSV differently; the report is the same."""
    text = delimiter.join(ROW) + "\r\n" + delimiter.join(ROW.values()) + "\r\n"
    assert [*read_reports(text.encode(encoding), name="form.json")] == [
        report_at(only(), "form.json, row 2"),
    ]


def report_at(report: Report, source: str) -> Report:
    return replace(report, source=source)


def test_xlsx_yaml_and_json_make_the_report_that_csv_makes() -> None:
    """Four containers, one form."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(ROW))
    sheet.append(list(ROW.values()))
    data = io.BytesIO()
    book.save(data)
    yaml = "\n".join(f'{key}: "{value}"' for key, value in ROW.items()).encode()
    reports_by_format = [
        [*read_reports(content, name="f")] for content in (data.getvalue(), yaml, json.dumps(ROW).encode())
    ]
    assert [[report_at(item, "") for item in items if isinstance(item, Report)] for items in reports_by_format] == [
        [report_at(only(), "")]
    ] * 3


def test_yaml_keeps_norway_and_nested_columns() -> None:
    """`NO` stays a country, nested victim and indicator mappings are read."""
    report = only_report(FIXTURES / "form.yaml")
    assert report.countries == ("NO",)
    assert report.victims[0].name == "PT Bank Rekaan"
    assert report.consent is Consent.SECTOR_ONLY
    assert [(observable.value, observable.role) for observable in report.observables] == [
        ("https://bank-rekaan.example/login", Role.ADVERSARY),
        ("203.0.113.9", Role.THIRD_PARTY),
    ]


def test_an_error_names_file_row_column_what_was_found_and_what_was_expected() -> None:
    """The one line that the officer needs to mend her sheet."""
    error = error_of(determination="maybe")
    assert str(error) == (
        "form.json, line 1, determination: found maybe; "
        "expected one of blocked, confirmed, failed-attempt, false-positive, suspected"
    )
    assert error.report_id == "X-1"


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("detected_at", "2026-02-30", "a date that exists"),
        ("detected_at", "2026-03-01 10:00", "a time with its zone"),
        ("detected_at", "03/04/2026", "cannot be distinguished"),
        ("detected_at", "2569-03-01", "Buddhist"),
        ("ended_at", "1850-01-01", "a year from 1970"),
        ("incident_type", "phising", "one of"),
        ("country", "Atlantis", "two-letter"),
        ("tlp", "purple", "one of clear, green, amber, amber+strict, red"),
        ("severity", "9", "1, 2, 3, 4 or 5"),
        ("cves", "CVE-24-1", "a CVE id"),
        ("attack_techniques", "phishing", "an ATT&CK technique"),
        ("indicators", "ip:300.1.1.1", "an IPv4 or IPv6 address"),
        ("indicators", "sha256:abc", "digits"),
        ("affected_systems", "many", "a whole number"),
        ("victim_sector", "wizardry", "a sector of STIX"),
        ("consent", "yes", "one of"),
        ("report_id", "", "must be filled"),
        ("cost_min", "5000 dollars", "a number"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_in_words(column: str, cell: str, expected: str) -> None:
    """Each column says what it wants."""
    error = error_of(**{column: cell})
    assert error.key == column
    assert expected in error.expected


def test_one_bad_row_does_not_lose_the_others_and_the_mended_row_reads_alone() -> None:
    """Rows are independent: the good ones come out, the bad one is told, and alone it reads once mended."""
    rows = [ROW, {**ROW, "report_id": "X-2", "tlp": "??"}, {**ROW, "report_id": "X-3"}]
    text = "\n".join([",".join(ROW), *(",".join(row.values()) for row in rows)])
    readings = [*read_reports(text.encode(), name="sheet.csv")]
    assert [type(item) for item in readings] == [Report, RowError, Report]
    assert isinstance(readings[1], RowError)
    assert (readings[1].place, readings[1].key) == ("row 3", "tlp")
    mended = ",".join(ROW) + "\n" + ",".join({**rows[1], "tlp": "green"}.values())
    report = only_report(mended.encode())
    assert report.report_id == "X-2"


def test_all_problems_of_a_row_are_told_at_once() -> None:
    """A person should not have to convert five times to find five mistakes."""
    errors = read_row(tlp="??", country="Siam", severity="huge")
    assert {error.key for error in errors if isinstance(error, RowError)} == {"tlp", "country", "severity"}


def test_an_unknown_column_is_named_and_not_carried_along() -> None:
    """What has no place in the model is in the table of unused fields."""
    report = only(weather="rain")
    assert [(unused.key, unused.value) for unused in report.unused] == [("weather", "rain")]


def test_a_time_without_zone_is_read_when_the_caller_names_the_zone() -> None:
    """The option stands in for what the sheet leaves out."""
    (report,) = read_row(ReadOptions(zone=timezone(timedelta(hours=7))), detected_at="2026-03-01 10:00")
    assert isinstance(report, Report)
    assert report.timeline.detected is not None
    assert report.timeline.detected.instant == datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
    assert report.timeline.detected.fidelity is Fidelity.MINUTE


def test_excel_dates_are_read_as_cells_and_as_day_numbers() -> None:
    """A date cell and the number behind it are the same day."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(ROW))
    sheet.append([*list(ROW.values())[:-1], datetime(2026, 3, 1)])  # noqa: DTZ001  XLSX has no zones
    data = io.BytesIO()
    book.save(data)
    (cell,) = read_reports(data.getvalue())
    number = only(detected_at="46082")
    assert isinstance(cell, Report)
    assert cell.timeline.detected == number.timeline.detected
    assert number.timeline.detected is not None
    assert number.timeline.detected.stix() == "2026-03-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("indicator", "reason"),
    [
        ("ip:10.1.2.3", "private"),
        ("ip:127.0.0.1", "the machine itself"),
        ("ip:8.8.8.8", "public DNS resolver"),
        ("ip:1.1.1.1", "public DNS resolver"),
        ("ip:2606:4700:4700::1111", "public DNS resolver"),
        ("cidr:11.0.0.0/8", "wider than /16"),
        ("cidr:8.8.8.0/24", "holds a public DNS resolver"),
        ("cidr:2a00::/12", "wider than /32"),
        ("domain:google.com", "most used domains"),
        ("domain:www.microsoft.com", "most used domains"),
        ("domain:co.id", "registry"),
        ("domain:github.io", "millions"),
        ("url:https://www.google.com/", "front page"),
        ("url:http://192.168.1.1/a", "private"),
        ("md5:d41d8cd98f00b204e9800998ecf8427e", "empty file"),
        ("asn:AS64496", "network operator"),
    ],
)
def test_an_indicator_that_would_do_harm_is_held_with_a_reason_and_kept_when_confirmed(
    indicator: str, reason: str
) -> None:
    """It is warned about and kept out, until an officer confirms it: in the cell, by value, or all of them."""
    report = only(indicators=indicator)
    (held_observable,) = report.observables
    assert reason in (held_observable.hold_reason or "")
    assert any(reason in warning for warning in report.warnings)
    assert only(indicators=f"{indicator}@confirmed").observables[0].hold_reason is None
    (by_value,) = read_row(ReadOptions(confirmed=frozenset({held_observable.value})), indicators=indicator)
    assert isinstance(by_value, Report)
    assert by_value.observables[0].hold_reason is None


@pytest.mark.parametrize(
    "indicator", ["ip:198.51.100.7", "domain:drop.github.io", "url:https://docs.google.com/x", "cidr:198.51.100.0/24"]
)
def test_an_indicator_that_does_no_harm_is_not_held(indicator: str) -> None:
    """Documentation addresses, customers of platforms, and pages on them go through."""
    assert only(indicators=indicator).observables[0].hold_reason is None


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("url:hxxps://a[.]example/x", ObservableType.URL, "https://a.example/x"),
        ("domain:a(.)b{dot}example", ObservableType.DOMAIN, "a.b.example"),
        ("domain:a[.b.example", ObservableType.DOMAIN, "a.b.example"),
        ("email:me[@]a[.]example", ObservableType.EMAIL, "me@a.example"),
        ("email:me (at) a (dot) example", ObservableType.EMAIL, "me@a.example"),
        ("domain:BÜCHER.example", ObservableType.DOMAIN, "xn--bcher-kva.example"),
        ("ip:2001:DB8:0:0::1", ObservableType.IPV6, "2001:db8::1"),
        ("cidr:198.51.100.9/24", ObservableType.IPV4, "198.51.100.0/24"),
        ("regkey:HKLM\\Software\\X", ObservableType.REGISTRY_KEY, "HKEY_LOCAL_MACHINE\\Software\\X"),
        ("198[.]51[.]100[.]7", ObservableType.IPV4, "198.51.100.7"),
    ],
)
def test_half_defanged_indicators_are_stored_as_they_really_are(written: str, kind: ObservableType, value: str) -> None:
    """People defang by hand, each in his own way."""
    (observable,) = only(indicators=written).observables
    assert (observable.type, observable.value) == (kind, value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_blank_form_reads_as_empty_and_its_example_as_a_report(language: str) -> None:
    """The rows that explain are left out; the example, its mark taken off, is a report without problems."""
    for data in (blank_form_csv(language), blank_form_xlsx(language)):
        assert [*read_reports(data, name="form")] == []
    headings, explanations, example = form_rows(language)
    assert sorted(headings) == sorted(COLUMNS)
    assert all(explanations)
    example[0] = example[0].removeprefix("# ")
    report = only_report(dict(zip(headings, example, strict=True)))
    assert report.unused == ()
    assert report.warnings == ()


def test_the_explanations_differ_between_the_languages() -> None:
    """None is English with another name, and a language without texts is refused."""
    rows = {language: form_rows(language)[1] for language in LANGUAGES}
    for language in LANGUAGES:
        assert language == "en" or not set(rows["en"]) & set(rows[language]), language
    with pytest.raises(ReadingError, match="the form is in en, id, "):
        form_rows("fr")
