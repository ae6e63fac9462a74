"""The contract of a format: it gives records, and reads one record into a report or into a line of a feed.

All else is the same for every format, and stands here: what no record could be made of, what a record lacks, and what a
reader did not foresee become a RowError in the record's place, so that one bad record never ends a file.
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
"""(where it stands, what it holds), or (where, BadValue) in place of one that cannot be read."""


@dataclass(frozen=True, slots=True)
class Format:
    """What a format has of its own. ``read`` raises Problem or Problems where a record makes no report."""

    name: str
    read: Callable[[Any, Draft], Report | FeedLine]
    identity: Callable[[Any], str | None]  # the id of a record, for messages; may raise whatever a broken record causes


def read_records(form: Format, records: Iterator[Record], source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read record by record; a RowError stands for each that cannot be used.

    Raises ReadingError where the file cannot be read at all; where that shows only after a record, a RowError says so.
    """
    feed = Feed(form.name, source.name, options)
    place = ""
    try:
        for place, record in records:
            yield from _read_record(form, record, source.name, Draft(options, place), feed)
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


def _read_record(form: Format, record: Any, file: str, draft: Draft, feed: Feed) -> Iterator[Reading]:
    if isinstance(record, BadValue):
        yield RowError(file, record.place, record.key, record.value, record.expected)
        return
    try:
        content = form.read(record, draft)
        if isinstance(content, FeedLine):
            yield from feed.add(content)
        else:
            yield _complete(content, draft, file)
    except Problem as problem:
        yield problem.as_error(file, draft.place, _identity(form, record))
    except Problems as problems:
        yield from (problem.as_error(file, draft.place, _identity(form, record)) for problem in problems.problems)
    except (ReadingError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  a fault of the reader must not cost the other records
        fault = excerpt(f"{type(error).__name__}: {error}")
        expected = f"a record of {form.name} as its standard describes it (the reader did not foresee this one)"
        yield RowError(file, draft.place, "", fault, expected, _identity(form, record))


def _identity(form: Format, record: Any) -> str | None:
    try:
        text = form.identity(record)
    except Exception:  # noqa: BLE001  what broke the reader may break this, too
        return None
    return excerpt(text, 200) if text else None


def _complete(report: Report, draft: Draft, file: str) -> Report:
    """The report with what its draft gathered, and its place."""
    return settle_roles(
        replace(
            report,
            observables=draft.observables,
            unused=(*report.unused, *draft.unused_rows),
            warnings=(*report.warnings, *draft.warnings),
            source=f"{file}, {draft.place}",
        )
    )
