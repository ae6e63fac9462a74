"""Options of the readers, and limits that keep a file from filling the memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from hub.reports.markings import TlpWord

KIB: Final = 1024
MIB: Final = 1024 * KIB

MAX_LINE_BYTES: Final = 1 * MIB
"""Bytes of one line of a line file (CSV, JSON lines)."""
MAX_DOCUMENT_BYTES: Final = 64 * MIB
"""Bytes of one document that must be in memory as a whole (a MISP event, a YAML file, one IODEF incident)."""
MAX_SHEET_BYTES: Final = 256 * MIB
"""Bytes of all parts of a spreadsheet once unpacked."""
MAX_SHEET_RATIO: Final = 200
"""Unpacked bytes per packed byte, for each part of a spreadsheet larger than MIN_RATIO_BYTES."""
MIN_RATIO_BYTES: Final = 1 * MIB
"""Unpacked bytes up to which MAX_SHEET_RATIO does not apply: small empty sheets compress extremely well."""
MAX_SHEET_PARTS: Final = 2_000
"""Files inside a spreadsheet."""
MAX_DEPTH: Final = 40
"""Levels of nesting in YAML, JSON and XML."""
MAX_CELL_CHARS: Final = 100_000
"""Characters of one cell or text field."""
MAX_COLUMNS: Final = 1_000
"""Columns of a sheet."""
MAX_LIST_ITEMS: Final = 20_000
"""Items of one list inside a report (indicators of a form, attributes of an event)."""
MAX_UNUSED_ROWS: Final = 2_000
"""Rows in the table of unused fields of one report; one more row counts the others."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Facts that the caller knows and a file may not contain.

    ``zone``: the zone of times without a zone; if it is None, such times are refused.
    ``default_tlp``: the level of a report that names none. ``default_country``: the country of the CERT (ISO2).
    ``confirmed``: values of indicators that an officer released although blocking them looks harmful;
    ``confirm_all``: release all of them. ``encoding``: of a CSV file that is not UTF-8 or UTF-16 ("cp874", "windows-1252").
    ``batch_lines``: the number of lines of a feed in one report.
    """

    zone: tzinfo | None = None
    default_tlp: TlpWord = "amber+strict"
    default_country: str | None = None
    confirmed: frozenset[str] = frozenset()
    confirm_all: bool = False
    encoding: str | None = None
    batch_lines: int = 500

    def __post_init__(self) -> None:
        """Refuse a batch without lines."""
        if self.batch_lines < 1:
            raise ValueError("batch_lines must be at least 1 line")
