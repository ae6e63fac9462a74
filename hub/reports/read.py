"""Read reports in all supported formats into the intermediate model (:mod:`hub.reports.report`).

>>> for reading in read_reports("reports.xlsx"):            # doctest: +SKIP
...     print(reading.title if isinstance(reading, Report) else f"not read: {reading}")

The format is detected from the content (:func:`detect_format`) unless ``format=`` names it. Supported formats are
the form as CSV, XLSX, YAML and JSON; MISP events; IntelMQ and n6 events; IODEF 1 and 2; X-ARF 3 and 4; VERIS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Final, cast

from hub.errors import ReadingError
from hub.reports.detect import FORMATS, detect_format
from hub.reports.losses import RowError, Unused
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.source import Source, open_source
from hub.reports.report import Reading, Report

__all__ = ["FORMATS", "ReadOptions", "Reading", "Report", "RowError", "Unused", "detect_format", "read_reports"]

Reader = Callable[[Source, ReadOptions], Iterator[Reading]]

# Modules are imported on first use: openpyxl, PyYAML and pydantic are slow to load, and they belong to extras.
_READERS: Final = {
    "csv": "form.sheet.read_csv",
    "xlsx": "form.xlsx.read_xlsx",
    "yaml": "form.document.read_yaml",
    "json": "form.document.read_json",
    "misp": "misp.reader.read_misp",
    "intelmq": "intelmq.read_intelmq",
    "n6": "n6.read_n6",
    "iodef": "iodef.reader.read_iodef",
    "xarf": "xarf.reader.read_xarf",
    "veris": "veris.reader.read_veris",
}


def read_reports(
    origin: str | Path | bytes | BinaryIO,
    *,
    format: str | None = None,  # noqa: A002  the name that `--format` has
    name: str | None = None,
    options: ReadOptions | None = None,
) -> Iterator[Reading]:
    """Read a path, bytes or binary stream; yield a Report for each record, or a RowError if a record cannot be read.

    ``format`` is one of FORMATS and overrides the detected one; ``name`` is the name of the file in messages.
    Only one report is in memory at a time (for a feed, one batch of lines), however long the file is.
    Raises ReadingError, on the first step of the iteration, for a file that cannot be read at all.
    """
    if format is not None and format not in FORMATS:
        raise ReadingError(f"{format!r} is not a known format; choose one of {', '.join(FORMATS)}")
    source = open_source(origin, name)
    try:
        format_name = format or detect_format(source.head, source.name)
        if format_name is None:
            raise ReadingError(f"{source.name}: {_unknown_format_reason(source.head)}")
        module, function = _READERS[format_name].rsplit(".", 1)
        try:
            reader = cast(Reader, getattr(import_module(f"hub.reports.formats.{module}"), function))
        except ImportError as error:
            extra = "xarf" if format_name == "xarf" else "reports"
            raise ReadingError(
                f"{source.name}: reading this needs the package {error.name}; install it with "
                f"`pip install 'threat-sharing-hub[{extra}]'`"
            ) from None
        yield from reader(source, options or ReadOptions())
    finally:
        if not hasattr(origin, "read"):
            source.stream.close()


_SENT_UNCHANGED: Final = "is not converted; `hub publish` sends it unchanged, so a victim that it names would leave: write the report in the form"


def _unknown_format_reason(head: bytes) -> str:
    if not head.strip():
        return "is empty"
    if b'"bundle"' in head and b'"objects"' in head:
        return f"is a STIX bundle already, and {_SENT_UNCHANGED}"
    if b'"spec_version"' in head:
        return f"is STIX already, and {_SENT_UNCHANGED}"
    if head.lstrip()[:1] == b"<":
        return "is XML, but not IODEF; name its format with --format"
    return f"has no format that is known; name it with --format ({', '.join(FORMATS)})"
