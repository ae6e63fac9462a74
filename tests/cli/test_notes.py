"""Notes on what was read do not drown what matters: the first are printed, the rest is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.cli.reports import reading_arguments, reports
from hub.reports.read import Report
from tests.producer.offices import sheet

KEPT_OUT = "ip:10.0.0.{number}"  # private addresses, of which a note says that they are kept out


@pytest.fixture
def many_rows(tmp_path: Path) -> Path:
    """A sheet with thirty reports, each with a note."""
    rows = [
        {"report_id": f"BN-{number}", "country": "BN", "indicators": KEPT_OUT.format(number=number)}
        for number in range(1, 31)
    ]
    return sheet(tmp_path / "many.csv", *rows)


def notes(file: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    import argparse

    parser = argparse.ArgumentParser()
    reading_arguments(parser)
    readings = list(reports(file, parser.parse_args(options), None))  # type: ignore[arg-type] # no member is needed to read
    assert all(isinstance(report, Report) for report in readings)
    assert len(readings) == 30
    return capsys.readouterr().err.splitlines()


def test_twenty_notes_of_a_file_are_printed_and_the_rest_is_counted(
    many_rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line says how to see all."""
    all_notes = notes(many_rows, capsys, "--verbose")
    first_notes = notes(many_rows, capsys)
    assert len(all_notes) >= 30
    assert first_notes[:20] == all_notes[:20]
    assert first_notes[20:] == [f"{many_rows}: and {len(all_notes) - 20} more notes like these; --verbose prints all"]
