"""The CERT's home: its identity, its key, whom it protects, and how many constituents it has of each kind.

    home/
    ├── member.toml        the declarations below
    ├── member.key         written at first use, readable by its owner only
    ├── constituents.csv   the register, if `register.file` names it (see home/register.py)
    └── records/           what was rendered and released, one file for each report (see release/record.py)

```toml
[identity]
id      = "identity--…"        # as the hub's members.toml lists it
name    = "MyCERT"
country = "MY"
contact = "duty@cert.example"  # the duty desk's mailbox: published in the handling statement

[deny]                         # what must never leave, besides what each report says of its victim
names         = ["Bank Contoh Berhad"]                # constituents
brands        = ["Contoh Pay"]
abbreviations = ["BCB"]
people        = ["Siti binti Rahman"]
hosts         = ["HQ-FS02"]
domains       = ["contoh.example"]
ip_ranges     = ["198.51.100.0/24", "203.0.113.0-203.0.113.63", "192.0.2.*", "2001:db8:5::/48"]
files         = ["more-names.txt"]                    # more names, one a line

[space]                        # values in it belong to a third party, until an officer decides otherwise
domains  = ["contoh.example"]
prefixes = ["198.51.0.0/16"]

[register]                     # the constituents one by one: searched for like [deny], and counted for k
file = "constituents.csv"

[[constituents]]               # or only counts, for k; without counts the release drops size and country
country = "MY"
sector  = "healthcare"         # industry-sector-ov
size    = "large"              # micro, small, medium or large; may be left out
count   = 31
```
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hub.errors import ConfigurationError
from hub.home.keys import Key, load_key
from hub.home.register import SIZES, Cell, Constituent, counts, read_register
from hub.stix import identifiers
from hub.stix.addresses import format_network, networks_of
from hub.stix.places import COUNTRIES
from hub.stix.vocabularies import INDUSTRY_SECTORS

FILE: Final = "member.toml"
_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"identity", "key", "deny", "space", "register", "constituents", "pseudonyms"}),
    "identity": frozenset({"id", "name", "country", "contact"}),
    "key": frozenset({"file"}),
    "deny": frozenset({"names", "brands", "abbreviations", "people", "hosts", "domains", "ip_ranges", "files"}),
    "space": frozenset({"domains", "prefixes"}),
    "register": frozenset({"file"}),
    "constituents": frozenset({"country", "sector", "size", "count"}),
    "pseudonyms": frozenset({"months"}),
}


@dataclass(frozen=True, slots=True)
class Deny:
    """The organisations that the CERT protects in every report, whether they are the victim or not."""

    names: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    abbreviations: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    ip_ranges: tuple[str, ...] = ()  # addresses or CIDR

    def __bool__(self) -> bool:
        lists = (self.names, self.brands, self.abbreviations, self.people, self.hosts, self.domains, self.ip_ranges)
        return any(lists)

    def __repr__(self) -> str:
        return f"Deny({len(self.names)} names, {len(self.people)} people, {len(self.domains)} domains, …)"


@dataclass(frozen=True, slots=True)
class Space:
    """The CERT's own address space: values in it belong to a third party until an officer decides otherwise."""

    domains: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()  # addresses or CIDR


@dataclass(frozen=True, slots=True)
class OwnMember:
    """This CERT.

    `constituents` has the number of constituents of each kind; `register` lists them one by one, if the CERT has such a file.
    `pseudonym_months`: for how long a victim keeps its pseudonym (3: a quarter of a calendar year).
    """

    home: Path
    identity: str
    name: str
    country: str
    key: Key
    contact: str | None = None
    deny: Deny = field(default_factory=Deny)
    space: Space = field(default_factory=Space)
    register: tuple[Constituent, ...] = ()
    constituents: Mapping[Cell, int] = field(default_factory=dict)
    pseudonym_months: int = 3

    @property
    def records(self) -> Path:
        """The folder of the records of what was rendered and released."""
        return self.home / "records"


def load_member(home: Path, *, now: datetime | None = None, warn: Callable[[str], None] | None = None) -> OwnMember:
    """Read `member.toml` in the folder `home`, and write a key if there is none.

    `warn` is called with advice about a new key. ConfigurationError names the file, the key and the expected value.
    """
    path = home / FILE
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no such file; it says which CERT publishes from this machine: run `hub setup`"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from None
    _check_keys(table, "", path)
    identity = _table(table, "identity", path)
    key_file = home / _text(_table(table, "key", path), "file", path, default="member.key")
    key, is_new = load_key(key_file, now or datetime.now(UTC))
    if is_new and warn is not None:
        warn(
            f"A new key was written: {key_file}. Keep a copy off this machine, locked away. Without it your next reports "
            "get other ids and pseudonyms; anyone who has it can find out who the victims are."
        )
    country = _text(identity, "country", path)
    if country not in COUNTRIES:
        raise ConfigurationError(f"{path}: identity.country must be an ISO 3166 code of two capitals, not {country!r}")
    member_id = _text(identity, "id", path)
    if identifiers.type_of(member_id) != "identity":
        raise ConfigurationError(f"{path}: identity.id must be a STIX id like identity--…, not {member_id!r}")
    register = _register(_table(table, "register", path), home, path, country)
    return OwnMember(
        home=home,
        identity=member_id,
        name=_text(identity, "name", path),
        country=country,
        key=key,
        contact=identity.get("contact") and _text(identity, "contact", path),
        deny=_deny(_table(table, "deny", path), home, path),
        space=_read_space(_table(table, "space", path), path),
        register=register,
        constituents=_counts(register, _constituents(table.get("constituents", []), path), path),
        pseudonym_months=_months(_table(table, "pseudonyms", path), path),
    )


def _deny(table: Mapping[str, Any], home: Path, path: Path) -> Deny:
    names = list(_texts(table, "deny.names", path))
    for file in _texts(table, "deny.files", path):
        try:
            lines = (home / file).read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}: deny.files: {file} cannot be read: {error}") from None
        names += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return Deny(
        names=tuple(dict.fromkeys(names)),
        brands=_texts(table, "deny.brands", path),
        abbreviations=_texts(table, "deny.abbreviations", path),
        people=_texts(table, "deny.people", path),
        hosts=_texts(table, "deny.hosts", path),
        domains=_texts(table, "deny.domains", path),
        ip_ranges=_networks(table, "deny.ip_ranges", path),
    )


def _read_space(table: Mapping[str, Any], path: Path) -> Space:
    return Space(_texts(table, "space.domains", path), _networks(table, "space.prefixes", path))


def _networks(table: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
    networks: list[str] = []
    for text in _texts(table, key, path):
        try:
            networks += map(format_network, networks_of(text.strip()))
        except ValueError as error:
            raise ConfigurationError(f"{path}: {key}: {text!r} should be {error}") from None
    return tuple(networks)


def _register(table: Mapping[str, Any], home: Path, path: Path, country: str) -> tuple[Constituent, ...]:
    if not table:
        return ()
    try:
        return read_register(home / _text(table, "file", path), country)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: register.file: {error}") from None


def _counts(register: tuple[Constituent, ...], declared_counts: Mapping[Cell, int], path: Path) -> Mapping[Cell, int]:
    """The counts of the register, and the declared counts of the countries that are not in the register."""
    register_counts = counts(register)
    duplicate_countries = {cell[0] for cell in register_counts} & {cell[0] for cell in declared_counts}
    if duplicate_countries:
        raise ConfigurationError(
            f"{path}: the register counts the constituents of {', '.join(sorted(duplicate_countries))}: "
            "remove their [[constituents]]"
        )
    return {**declared_counts, **register_counts}


def _constituents(rows: Any, path: Path) -> dict[Cell, int]:
    if not isinstance(rows, list):
        raise ConfigurationError(f"{path}: constituents must be a list: write [[constituents]] above each")
    by_cell: dict[Cell, int] = {}
    for number, row in enumerate(rows, 1):
        location = f"constituents {number}"
        _check_keys(row, "constituents", path)
        country, sector = row.get("country"), row.get("sector")
        size, count = row.get("size", ""), row.get("count")
        if country not in COUNTRIES:
            raise ConfigurationError(f"{path}: {location}: country must be an ISO 3166 code of two capitals")
        if sector not in INDUSTRY_SECTORS:
            raise ConfigurationError(f"{path}: {location}: {sector!r} is no sector of STIX's industry-sector-ov")
        if size not in ("", *SIZES):
            raise ConfigurationError(f"{path}: {location}: size must be one of {', '.join(SIZES)}")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise ConfigurationError(f"{path}: {location}: count must be a whole number from 0")
        cell = (country, sector, size)
        by_cell[cell] = by_cell.get(cell, 0) + count
    return by_cell


def _months(table: Mapping[str, Any], path: Path) -> int:
    months = table.get("months", 3)
    if months not in (1, 3, 6, 12):
        raise ConfigurationError(f"{path}: pseudonyms.months must be 1, 3, 6 or 12, so that a year holds whole periods")
    return int(months)


def _check_keys(table: Any, section: str, path: Path) -> None:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: {section or 'the file'} must be a table")
    for key in table:
        if key not in _KEYS[section]:
            keys = ", ".join(sorted(_KEYS[section]))
            raise ConfigurationError(
                f"{path}: {section + '.' if section else ''}{key} is not known here; known: {keys}"
            )


def _table(table: Mapping[str, Any], section: str, path: Path) -> Mapping[str, Any]:
    value: Any = table.get(section, {})
    _check_keys(value, section, path)
    section_table: Mapping[str, Any] = value
    return section_table


def _text(table: Mapping[str, Any], key: str, path: Path, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or not re.search(r"\S", value):
        raise ConfigurationError(f"{path}: {key} is missing or no text")
    return value.strip()


def _texts(table: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
    """The texts under a key such as `deny.names`; `table` is `[deny]`, and the whole key is for messages."""
    value = table.get(key.partition(".")[2], [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f"{path}: {key} must be a list of texts")
    return tuple(dict.fromkeys(item.strip() for item in value if item.strip()))
