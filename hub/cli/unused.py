"""The report of `hub convert` on values that it did not use: a line each if they are few, a table of fields if they are many.

`--unused FILE` writes all of them. They are kept on disk meanwhile, so that a feed of any length takes little memory.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self, TextIO

from hub.cli.output import write_whole
from hub.pages.texts import gettext
from hub.reports.losses import Unused, excerpt
from hub.reports.report import Report

LINES: Final = 20
"""Up to so many values are shown line by line; more are shown as a table of fields."""
_FIELDS: Final = 40  # rows of the table
_SAMPLES: Final = 3  # values of one field in the table
_SAMPLE_CHARS: Final = 30
_MEMORY_BYTES: Final = 1 << 20
_HEADINGS: Final = ("report", "where", "field", "value", "reason", "times")
_CHUNK: Final = 1 << 16


@dataclass
class _Field:
    """A field, with its values that were not used for the same reason."""

    first_place: str
    samples: dict[str, None] = field(default_factory=dict)
    values: int = 0  # different values, counted in each report
    times: int = 0


class UnusedValues:
    """Collects the unused values of all reports of a command."""

    def __init__(self, home: Path) -> None:
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed with this object
            _MEMORY_BYTES, mode="w+", dir=str(home), encoding="utf-8", newline=""
        )
        self._writer = csv.writer(self._file)
        self._writer.writerow(_HEADINGS)
        self._lines: list[str] = []
        self._fields: dict[tuple[str, str], _Field] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, report: Report, unused: Iterable[Unused]) -> None:
        """Add the unused values of one report."""
        for item in unused:
            place = report.source if report.source.endswith(item.place) else f"{report.source}: {item.place}"
            self._writer.writerow(
                [report.source, item.place, *map(_escape_formula, (item.key, item.value)), item.reason, item.count]
            )
            if len(self._lines) <= LINES:
                times = f" (on {item.count} lines)" if item.count > 1 else ""
                self._lines.append(f"{place}: {item.key}: {excerpt(item.value)!r}: {item.reason}{times}")
            tally = self._fields.setdefault((item.key, item.reason), _Field(place))
            tally.values += 1
            tally.times += item.count
            if len(tally.samples) < _SAMPLES:
                tally.samples[excerpt(item.value, _SAMPLE_CHARS)] = None

    def show(self, stream: TextIO, file: Path | None) -> None:
        """Print what was not used. `file` is the file that contains all of it, if one was written."""
        if len(self._lines) <= LINES:
            lines: Iterable[str] = self._lines
        else:
            lines = self._table()
        for line in lines:
            print(line, file=stream)
        total = sum(tally.values for tally in self._fields.values())
        if file is not None and not total:
            print(gettext("{file}: every value was used.").format(file=file), file=stream)
        elif file is not None:
            print(gettext("{file}: all {n} values that were not used.").format(file=file, n=total), file=stream)
        elif total > LINES:
            print(
                gettext("{n} values were not used; --unused FILE.csv keeps all of them.").format(n=total), file=stream
            )

    def _table(self) -> Iterator[str]:
        rows = sorted(self._fields.items(), key=lambda row: -row[1].values)
        width = min(40, max(len(key) for (key, _), _ in rows[:_FIELDS]))
        headings = gettext("Not used"), gettext("Values"), gettext("Such as")
        yield f"{headings[0]:<{width}}  {headings[1]}  {headings[2]}"
        for (key, reason), tally in rows[:_FIELDS]:
            samples = ", ".join(map(repr, tally.samples)) + (", …" if tally.values > len(tally.samples) else "")
            yield f"{excerpt(key, width):<{width}}  {tally.values:>6}  {samples}: {reason} (first: {tally.first_place})"
        if len(rows) > _FIELDS:
            yield gettext("and {n} further fields").format(n=len(rows) - _FIELDS)

    def write(self, path: Path) -> None:
        """Write all unused values as CSV, completely or not at all."""
        write_whole(path, self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        self._file.flush()
        self._file.seek(0)
        yield b"\xef\xbb\xbf"  # a byte order mark, so that spreadsheets read the file as UTF-8
        while chunk := self._file.read(_CHUNK):
            yield chunk.encode()
        self._file.seek(0, io.SEEK_END)


def _escape_formula(text: str) -> str:
    """The text, changed so that no spreadsheet reads it as a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t"} else text
