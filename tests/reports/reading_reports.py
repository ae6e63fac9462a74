"""Reading reports for tests: one report from bytes, a file or a value that is written as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from hub.reports.observables import Observable
from hub.reports.read import Report, RowError, read_reports
from tests.reports.specimens import FORM

FIXTURES: Final = Path(__file__).parent / "fixtures"


def only_report(source: Any, **options: Any) -> Report:
    """The one report in a file, in bytes, or in a value that is written as JSON; `options` are those of `read_reports`."""
    data = source if isinstance(source, bytes | Path) else json.dumps(source).encode()
    (report,) = read_reports(data, **options)
    assert isinstance(report, Report), str(report)
    return report


def report_of(value: Any, **options: Any) -> Report:
    """The one report in a file `x.json` with this value."""
    return only_report(value, name="x.json", **options)


def form_reading(**cells: Any) -> Report | RowError:
    """What is read of a form with these cells, and the ones that it must have."""
    return next(iter(read_reports(json.dumps(FORM | cells).encode(), name="x.json")))


def by_value(report: Report) -> dict[str, Observable]:
    """The observables of a report by their values."""
    return {item.value: item for item in report.observables}
