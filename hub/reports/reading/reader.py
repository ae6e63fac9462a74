"""The contract of a format: it yields records, and reads one record into a report or into a line of a feed.

The loop over the records is the same for every format. A record that is broken, incomplete or unexpected becomes a
RowError, so that one bad record never stops the reading of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from hub.errors import ReadingError
from hub.reports.losses import RowError, excerpt
from hub.reports.reading.draft import Draft, Problem, Problems
from hub.reports.reading.feed import Feed, FeedLine
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.roles import settle_roles
from hub.reports.reading.source import BadValue, Source
from hub.reports.report import Reading, Report

Record = tuple[str, Any]
"""(place, content), or (place, BadValue) for a record that cannot be read."""


@dataclass(frozen=True, slots=True)
class Format:
    """The parts that differ between formats. ``read`` raises Problem or Problems if a record cannot become a report."""

    name: str
    read: Callable[[Any, Draft], Report | FeedLine]
    identity: Callable[[Any], str | None]  # the id of a record, for messages; may raise any error for a broken record


def read_records(
    report_format: Format, records: Iterator[Record], source: Source, options: ReadOptions
) -> Iterator[Reading]:
    """Yield a report, or a RowError, for each record.

    Raises ReadingError if the file cannot be read at all. After the first record, a RowError reports the failure instead.
    """
    feed = Feed(report_format.name, source.name, options)
    place = ""
    try:
        for place, record in records:
            yield from _read_record(report_format, record, source.name, Draft(options, place), feed)
    except ReadingError as error:
        if not place:
            raise
        text = str(error).removeprefix(f"{source.name}: ")
        yield RowError(
            source.name,
            f"after {place}",
            "",
            excerpt(text),
            "a file that can be read to its end; the rest was not read",
        )
    yield from feed.finish()


def _read_record(report_format: Format, record: Any, file: str, draft: Draft, feed: Feed) -> Iterator[Reading]:
    if isinstance(record, BadValue):
        yield RowError(file, record.place, record.key, record.value, record.expected)
        return
    try:
        content = report_format.read(record, draft)
        if isinstance(content, FeedLine):
            yield from feed.add(content)
        else:
            yield _complete(content, draft, file)
    except Problem as problem:
        yield problem.as_error(file, draft.place, _identity(report_format, record))
    except Problems as problems:
        yield from (
            problem.as_error(file, draft.place, _identity(report_format, record)) for problem in problems.problems
        )
    except (ReadingError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  a fault of the reader must not cost the other records
        fault = excerpt(f"{type(error).__name__}: {error}")
        expected = (
            f"a record of {report_format.name} as its standard describes it (the reader did not foresee this one)"
        )
        yield RowError(file, draft.place, "", fault, expected, _identity(report_format, record))


def _identity(report_format: Format, record: Any) -> str | None:
    try:
        text = report_format.identity(record)
    except Exception:  # noqa: BLE001  a broken record may break this, too
        return None
    return excerpt(text, 200) if text else None


def _complete(report: Report, draft: Draft, file: str) -> Report:
    """Return the report with the content of its draft and its place."""
    return settle_roles(
        replace(
            report,
            observables=draft.observables,
            unused=(*report.unused, *draft.unused_rows),
            warnings=(*report.warnings, *draft.warnings),
            source=f"{file}, {draft.place}",
        )
    )
