"""`hub form`: a blank sheet that, filled in, is read; and never over a sheet that somebody filled in."""

from __future__ import annotations

import csv
import importlib
import io
from pathlib import Path

import pytest

from hub.cli import COMMANDS, MODULES, main
from hub.reports.read import Report, RowError, read_reports
from tests.producer.offices import sheet


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_blank_sheet_holds_every_column_and_no_report(tmp_path: Path, language: str, suffix: str) -> None:
    """The row that explains the columns is no incident."""
    out = tmp_path / f"sheet{suffix}"
    assert main(["form", "--lang", language, "--out", str(out)]) == 0
    assert list(read_reports(out)) == []


def test_a_filled_in_sheet_is_read(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """The row of explanations may stay; below it is the incident."""
    assert main(["form"]) == 0
    blank = capsysbinary.readouterr().out.decode("utf-8-sig")
    columns = next(csv.reader(io.StringIO(blank)))
    filled = sheet(tmp_path / "filled.csv", {"report_id": "BN-1", "country": "BN"})
    (values,) = csv.DictReader(io.StringIO(filled.read_text(encoding="utf-8")))
    assert set(values) <= set(columns)
    text = io.StringIO()
    csv.DictWriter(text, columns).writerow(values)
    (report,) = read_reports((blank + text.getvalue()).encode(), name="filled.csv")
    assert not isinstance(report, RowError)
    assert isinstance(report, Report)
    assert report.report_id == "BN-1"


def test_a_sheet_that_is_there_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sheet.csv"
    out.write_text("filled in", encoding="utf-8")
    assert main(["form", "--out", str(out)]) == 3
    assert out.read_text(encoding="utf-8") == "filled in"
    for other in (tmp_path / "sheet.doc", tmp_path / "no folder" / "sheet.csv"):
        assert main(["form", "--out", str(other)]) == 3
        assert str(other) in capsys.readouterr().err


@pytest.mark.parametrize("name", ["convert", "form", "publish", "withdraw", "purge", "outbox", "follow", "demo"])
def test_help_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main([name, "--help"])
    assert exit_info.value.code == 0
    shown = capsys.readouterr().out
    assert f"hub {name}" in shown.partition("example:")[2]
    assert importlib.import_module(f"hub.cli.{MODULES.get(name, name)}").EXAMPLE in shown
    assert COMMANDS[name][1:] in " ".join(shown.split()) or COMMANDS[name][:20].lower() in shown.lower()
