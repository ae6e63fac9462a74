"""Notes on what was read do not drown what matters: the first are printed, the rest is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.cli.reports import reading_arguments, reports
from hub.reports.read import Report
from tests.producer.offices import sheet

KEPT_OUT = "ip:10.0.0.{number}"  # private addresses, of which a note says that they are kept out


@pytest.fixture
def many(tmp_path: Path) -> Path:
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
    read = list(reports(file, parser.parse_args(options), None))  # type: ignore[arg-type] # no member is needed to read
    assert all(isinstance(report, Report) for report in read)
    assert len(read) == 30
    return capsys.readouterr().err.splitlines()


def test_twenty_notes_of_a_file_are_printed_and_the_rest_is_counted(
    many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line says how to see all."""
    every = notes(many, capsys, "--verbose")
    few = notes(many, capsys)
    assert len(every) >= 30
    assert few[:20] == every[:20]
    assert few[20:] == [f"{many}: and {len(every) - 20} more notes like these; --verbose prints all"]
