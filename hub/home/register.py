"""The register of the CERT's constituents: a CSV file from which their counts, names, domains and networks come.

```csv
name,short names,domains,ranges,sector,size
Bank Contoh Berhad,BCB;ContohPay,contoh.example;contohpay.example,198.51.100.0/24,financial-services,large
Klinik Contoh,,klinik-contoh.example,,healthcare,small
```

Several values of a cell are separated by semicolons; a range may also be written with a dash or with stars. `sector` is a
value of STIX's industry-sector-ov, and `size` is micro, small, medium or large; both may be empty. A column `country` may be
added; without it, all constituents are in the CERT's country.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.errors import ConfigurationError
from hub.stix.addresses import format_network, networks_of
from hub.stix.places import COUNTRIES
from hub.stix.vocabularies import INDUSTRY_SECTORS

SIZES: Final = ("micro", "small", "medium", "large")
MAX_CONSTITUENTS: Final = 100_000
"""Rows of a register."""

_COLUMNS: Final = ("name", "short names", "domains", "ranges", "sector", "size", "country")

Cell = tuple[str, str, str]
"""Country, sector and size of a kind of constituent; sector and size are empty if unknown."""


@dataclass(frozen=True, slots=True)
class Constituent:
    """An organisation that the CERT protects."""

    name: str
    country: str
    short_names: tuple[str, ...] = ()  # abbreviations and brands
    domains: tuple[str, ...] = ()
    ip_ranges: tuple[str, ...] = ()
    sector: str = ""
    size: str = ""

    def __repr__(self) -> str:
        return f"Constituent({self.country}, {self.sector or 'no sector'}, …)"


def read_register(path: Path, country: str) -> tuple[Constituent, ...]:
    """Read the constituents in the file. ConfigurationError names the file, the line and the expected value."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from None
    rows = csv.reader(io.StringIO(text, newline=""))
    header = [cell.strip().lower().replace("_", " ") for cell in next(rows, [])]
    unknown_columns = [name for name in header if name not in _COLUMNS]
    if "name" not in header or unknown_columns or len(set(header)) != len(header):
        raise ConfigurationError(
            f"{path}: line 1 must name the columns, each once and `name` among them: {', '.join(_COLUMNS)}"
        )
    constituents: list[Constituent] = []
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        location = f"{path}: line {rows.line_num}"
        if len(constituents) == MAX_CONSTITUENTS:
            raise ConfigurationError(f"{location}: a register has at most {MAX_CONSTITUENTS:,} constituents")
        if len(cells) > len(header):
            raise ConfigurationError(f"{location}: more cells than columns; put a cell with a comma in it in quotes")
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        constituents.append(_constituent(row, country, location))
    return tuple(constituents)


def _constituent(row: Mapping[str, str], country: str, location: str) -> Constituent:
    name, sector, size = row["name"], row.get("sector", "").lower(), row.get("size", "").lower()
    country = row.get("country", "").upper() or country
    if not name:
        raise ConfigurationError(f"{location}: name is empty")
    if sector and sector not in INDUSTRY_SECTORS:
        raise ConfigurationError(f"{location}: {sector!r} is no sector of STIX's industry-sector-ov")
    if size not in ("", *SIZES):
        raise ConfigurationError(f"{location}: size must be one of {', '.join(SIZES)}, or empty")
    if country not in COUNTRIES:
        raise ConfigurationError(f"{location}: country must be an ISO 3166 code of two capitals")
    ranges: list[str] = []
    for text in _values(row.get("ranges", "")):
        try:
            ranges += map(format_network, networks_of(text))
        except ValueError as error:
            raise ConfigurationError(f"{location}: {text!r} should be {error}") from None
    short_names, domains = _values(row.get("short names", "")), _values(row.get("domains", ""))
    return Constituent(name, country, short_names, domains, tuple(dict.fromkeys(ranges)), sector, size)


def _values(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for part in cell.split(";") if (value := part.strip())))


def counts(constituents: Iterable[Constituent]) -> dict[Cell, int]:
    """The number of constituents of each country, sector and size."""
    cells: dict[Cell, int] = {}
    for constituent in constituents:
        cell = (constituent.country, constituent.sector, constituent.size)
        cells[cell] = cells.get(cell, 0) + 1
    return cells
