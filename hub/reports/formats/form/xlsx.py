"""The form as XLSX. Before openpyxl reads the file, its package is checked, and dangerous files are refused.

1. The file is a zip, neither encrypted nor an old .xls. 2. Sizes, number and ratio of its parts are within limits (a part
with a wrong size fails its checksum). 3. It has no macros, links to other files, or data connections.
4. No part declares a DTD. 5. Formulas are never computed: the last stored value is read.
6. A Strict Open XML Spreadsheet is converted to the usual form, from which only its namespaces differ.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import openpyxl

from hub.errors import ReadingError
from hub.reports.formats.form.cells import Sheet
from hub.reports.formats.form.sheet import FORMAT, records_of
from hub.reports.losses import excerpt
from hub.reports.reading.options import (
    MAX_SHEET_BYTES,
    MAX_SHEET_PARTS,
    MAX_SHEET_RATIO,
    MIB,
    MIN_RATIO_BYTES,
    ReadOptions,
)
from hub.reports.reading.reader import Record, read_records
from hub.reports.reading.source import BadValue, Source, read_whole
from hub.reports.report import Reading

_FORBIDDEN_PARTS: Final = (
    ("vbaproject", "contains macros; save it as .xlsx without them"),
    ("macrosheets/", "contains macros; save it as .xlsx without them"),
    ("externallinks/", "links to other files; break the links (Data, Edit Links) and save it again"),
    ("connections.xml", "fetches data from elsewhere; paste the values and save it again"),
    ("querytables/", "fetches data from elsewhere; paste the values and save it again"),
    ("embeddings/", "has other files embedded; remove them and save it again"),
    ("activex/", "contains controls that can run; remove them and save it again"),
    ("ctrlprops/", "contains controls that can run; remove them and save it again"),
)
_CHUNK: Final = 1 * MIB


def read_xlsx(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read the first sheet with a heading report_id, row by row. Raises ReadingError for a file that is refused."""
    return read_records(FORMAT, xlsx_records(source), source, options)


def xlsx_records(source: Source) -> Iterator[Record]:
    """Yield (place, cells by column) of the rows of the form, unchanged. Raises ReadingError like `read_xlsx`."""
    data = read_whole(source)
    _check_package(data, source.name)
    book = _book(_to_transitional(data), source.name)
    try:
        sheets = [Sheet(sheet, book, source.name) for sheet in book.worksheets]
        form = next((sheet for sheet in sheets if not sheet.is_hidden and sheet.has_heading()), None)
        if form is None:
            hidden = any(sheet.has_heading() for sheet in sheets)
            reason = "unhide the sheet that has it" if hidden else "its headings must be those of `hub form`"
            raise ReadingError(f"{source.name}: no sheet that is shown has a heading report_id; {reason}")
        for record in records_of(form.rows(), source.name):
            yield record[0], form.with_dates(record[1])
        for sheet in [sheet for sheet in sheets if sheet is not form][:20]:
            if sheet.has_text():
                place = f"sheet {excerpt(sheet.title)}"
                kind = "a hidden sheet" if sheet.is_hidden else "a further sheet"
                yield place, BadValue(place, kind, "the form on one sheet that is shown; this one was not read")
    finally:
        book.close()


def _book(data: bytes, name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and validations, which are not used
            return openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    except Exception as error:  # noqa: BLE001  openpyxl may raise any error for a broken file
        raise ReadingError(f"{name}: is no spreadsheet that can be read ({excerpt(error)})") from None


# ISO/IEC 29500 has two sets of namespaces: "strict" (part 1) and "transitional" (part 4). openpyxl reads the second.
_STRICT_NAMESPACE: Final = re.compile(
    rb"""((?:xmlns(?::\w+)?|Type)\s*=\s*["'])http://purl\.oclc\.org/ooxml/(officeDocument|spreadsheetml|drawingml)/"""
)
_TRANSITIONAL_NAMESPACE: Final = rb"\1http://schemas.openxmlformats.org/\2/2006/"


def _to_transitional(data: bytes) -> bytes:
    """Return the package with transitional namespaces; unchanged if it has them already."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        workbook = next((part for part in package.namelist() if part.casefold().endswith("xl/workbook.xml")), None)
        if workbook is None or not _STRICT_NAMESPACE.search(package.read(workbook)):
            return data
        converted = io.BytesIO()
        with zipfile.ZipFile(converted, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as output:
            for part in package.infolist():
                output.writestr(part.filename, _STRICT_NAMESPACE.sub(_TRANSITIONAL_NAMESPACE, package.read(part)))
    return converted.getvalue()


def _check_package(data: bytes, name: str) -> None:
    # 1.
    if not data.startswith(b"PK"):
        raise ReadingError(f"{name}: is an old .xls or has a password; save it as .xlsx without one")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            _check_sizes(parts, name)
            _check_parts(parts, name)
            for part in parts:
                if part.filename.casefold().endswith((".xml", ".rels", ".vml")):
                    _check_xml(package, part, name)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        OverflowError,
    ) as error:
        raise ReadingError(f"{name}: is damaged ({excerpt(error)}); save it again") from None
    except Exception as error:
        if type(error).__module__ in {"zlib", "lzma", "_lzma"} or type(error).__name__ == "error":
            raise ReadingError(f"{name}: is damaged ({excerpt(error)}); save it again") from None
        raise


def _check_sizes(parts: list[zipfile.ZipInfo], name: str) -> None:
    # 2.
    if len(parts) > MAX_SHEET_PARTS:
        raise ReadingError(f"{name}: has {len(parts)} parts inside; a sheet may have {MAX_SHEET_PARTS}")
    if sum(part.file_size for part in parts) > MAX_SHEET_BYTES:
        raise ReadingError(f"{name}: unpacks to more than {MAX_SHEET_BYTES // MIB} MiB; split it into smaller files")
    for part in parts:
        if part.flag_bits & 1:
            raise ReadingError(f"{name}: has a password; save it without one")
        if part.file_size > MIN_RATIO_BYTES and part.file_size > MAX_SHEET_RATIO * max(part.compress_size, 1):
            raise ReadingError(
                f"{name}: has a part that unpacks to more than {MAX_SHEET_RATIO} times its size; it is refused as a zip bomb"
            )


def _check_parts(parts: list[zipfile.ZipInfo], name: str) -> None:
    # 3.
    names = [part.filename.casefold().replace("\\", "/") for part in parts]
    if "[content_types].xml" not in names or not any(part.startswith("xl/") for part in names):
        if "mimetype" in names and "content.xml" in names:
            raise ReadingError(f"{name}: is an OpenDocument sheet; save it as Excel Workbook (.xlsx)")
        raise ReadingError(f"{name}: is a zip file, but not a spreadsheet")
    for mark, reason in _FORBIDDEN_PARTS:
        if any(mark in part for part in names):
            raise ReadingError(f"{name}: {reason}")


def _check_xml(package: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    # 4. XML text contains &lt; instead of "<", so these bytes are always a declaration.
    tail = b""
    with package.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            window = (tail + chunk).replace(b"\x00", b"").upper()
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise ReadingError(
                    f"{name}: {excerpt(part.filename)} declares a DTD, which no spreadsheet needs; it is refused"
                )
            if part.filename.casefold() == "[content_types].xml" and b"MACROENABLED" in window:
                raise ReadingError(f"{name}: is made for macros (.xlsm); save it as .xlsx")
            tail = chunk[-64:]
