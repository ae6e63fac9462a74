"""The form as XLSX. Before openpyxl sees it, the package is looked through: what could run or explode is refused.

1. It is a zip, not encrypted, not an old .xls. 2. Sizes, number and ratio of its parts are within limits (a part that
lies about its size ends in a checksum error). 3. No macros, no links to other files, no data connections.
4. No part declares a DTD. 5. Cells with formulas are refused one by one: their results are never taken on trust.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import openpyxl

from hub.errors import ReadingError
from hub.reports.formats.form.sheet import read_rows
from hub.reports.losses import RowError, excerpt
from hub.reports.reading.options import (
    MAX_COLUMNS,
    MAX_SHEET_BYTES,
    MAX_SHEET_PARTS,
    MAX_SHEET_RATIO,
    MIB,
    MIN_RATIO_BYTES,
    ReadOptions,
)
from hub.reports.reading.source import Source, read_whole
from hub.reports.report import Reading

_FORBIDDEN: Final = (
    ("vbaproject", "holds macros; save it as .xlsx without them"),
    ("macrosheets/", "holds macros; save it as .xlsx without them"),
    ("externallinks/", "links to other files; break the links (Data, Edit Links) and save it again"),
    ("connections.xml", "fetches data from elsewhere; paste the values and save it again"),
    ("querytables/", "fetches data from elsewhere; paste the values and save it again"),
    ("embeddings/", "has other files embedded; take them out and save it again"),
    ("activex/", "holds controls that can run; take them out and save it again"),
    ("ctrlprops/", "holds controls that can run; take them out and save it again"),
)
_CHUNK: Final = 1 * MIB


def read_xlsx(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read the first sheet that has a heading report_id, row by row. Raises ReadingError for what is refused."""
    data = read_whole(source)
    _look_through(data, source.name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and validations, which are not read
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    except Exception as error:  # noqa: BLE001  openpyxl raises whatever its parsers meet in a broken file
        raise ReadingError(f"{source.name}: is no spreadsheet that can be read ({excerpt(error)})") from None
    try:
        sheet = _form_sheet(book, source.name)
        yield from read_rows(_rows(sheet, source.name), source.name, options)
        others = [title for title in book.sheetnames if title != sheet.title]
        for title in others[:20]:
            if book[title].max_row and _has_text(book[title]):
                yield RowError(
                    source.name,
                    f"sheet {excerpt(title)}",
                    "",
                    "a further sheet",
                    "the form on one sheet; this one was not read",
                )
    finally:
        book.close()


def _look_through(data: bytes, name: str) -> None:
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
        raise ReadingError(f"{name}: is a zip file, but no spreadsheet")
    for mark, reason in _FORBIDDEN:
        if any(mark in part for part in names):
            raise ReadingError(f"{name}: {reason}")


def _check_xml(package: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    # 4. In XML text "<" is written &lt;, so that these bytes are a declaration wherever they stand.
    kept = b""
    with package.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            window = (kept + chunk).replace(b"\x00", b"").upper()
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise ReadingError(
                    f"{name}: {excerpt(part.filename)} declares a DTD, which no spreadsheet needs; it is refused"
                )
            if part.filename.casefold() == "[content_types].xml" and b"MACROENABLED" in window:
                raise ReadingError(f"{name}: is made for macros (.xlsm); save it as .xlsx")
            kept = chunk[-64:]


def _form_sheet(book: Any, name: str) -> Any:
    for sheet in book.worksheets:
        for _, cells in zip(range(50), _rows(sheet, name), strict=False):
            row = cells[1]
            if not isinstance(row, RowError) and any(
                str(cell or "").strip().casefold() in {"report_id", "report id"} for cell in row
            ):
                return sheet
    raise ReadingError(f"{name}: no sheet has a heading report_id; the first row must hold the headings of `hub form`")


def _has_text(sheet: Any) -> bool:
    return any(
        any(cell is not None and not str(cell).startswith("#") for cell in row)
        for _, row in zip(range(200), sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), strict=False)
    )


def _rows(sheet: Any, name: str) -> Iterator[tuple[int, list[Any] | RowError]]:
    """(row number, cells); openpyxl parses while this goes on, so that its complaints come out here."""
    rows = sheet.iter_rows(max_col=MAX_COLUMNS)
    number = 0
    while True:
        number += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of dates out of range, which come out as cell errors below
                row = next(rows, None)
        except Exception as error:  # noqa: BLE001  as above: whatever a parser meets in a broken sheet
            raise ReadingError(f"{name}: row {number} cannot be read ({excerpt(error)}); save the file again") from None
        if row is None:
            return
        # 5.
        formula = next((cell for cell in row if cell.data_type == "f"), None)
        if formula is not None:
            place = f"column {formula.column_letter}" if hasattr(formula, "column_letter") else "a cell"
            yield (
                number,
                RowError(
                    name, f"row {number}", place, excerpt(formula.value), "a value, not a formula: paste it as a value"
                ),
            )
            continue
        broken = next((cell for cell in row if cell.data_type == "e"), None)
        if broken is not None:
            yield (
                number,
                RowError(
                    name, f"row {number}", "", excerpt(broken.value), "a value; the cell holds a spreadsheet error"
                ),
            )
            continue
        cells = [cell.value for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        yield number, cells
