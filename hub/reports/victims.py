"""The victims of an incident, and contacts for questions. Both are private: only the release step decides what leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal


class Consent(StrEnum):
    """The consent of the victim. ``NONE``: nothing leaves the CERT. A report without a consent has the default."""

    NONE = "none"
    CERT_ONLY = "cert-only"
    SECTOR_ONLY = "sector-only"
    PSEUDONYM = "pseudonym"
    NAMED = "named"


Size = Literal["micro", "small", "medium", "large"]
SIZES: Final[tuple[Size, ...]] = ("micro", "small", "medium", "large")


@dataclass(frozen=True, slots=True)
class Victim:
    """The attacked organisation or person. **Private**: the release step decides how much of it leaves.

    The values of the fields in IDENTIFYING_FIELDS identify the victim: the release step searches for them in everything that
    would leave. ``size`` is micro, small, medium or large (fewer than 10, 50, 250 staff, or more); ``size_text`` is the
    text of the report. ``sectors`` are words of STIX's industry-sector-ov.
    """

    name: str | None = None
    other_names: tuple[str, ...] = ()  # former names, spellings in other scripts
    short_names: tuple[str, ...] = ()  # abbreviations
    brands: tuple[str, ...] = ()  # names of products and services
    subsidiaries: tuple[str, ...] = ()  # and parents, other organisations of the group
    registration_numbers: tuple[str, ...] = ()  # the first is the national one
    is_person: bool = False
    people: tuple[str, ...] = ()  # staff named in the report
    accounts: tuple[str, ...] = ()  # user names: "azman.r"
    emails: tuple[str, ...] = ()  # mailboxes
    domains: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # names of machines: "HQ-FS02", "fs02.hq.example"
    ip_ranges: tuple[str, ...] = ()  # addresses or CIDR
    places: tuple[str, ...] = ()  # addresses, towns, coordinates
    sectors: tuple[str, ...] = ()
    subsector: str | None = None
    size: Size | None = None
    size_text: str | None = None
    countries: tuple[str, ...] = ()  # ISO 3166-1 alpha-2, upper case
    critical_infrastructure: bool | None = None

    def identifiers(self) -> Iterator[tuple[str, str]]:
        """Yield (field, value) for each value that identifies the victim, including short names in brackets."""
        for field in IDENTIFYING_FIELDS:
            value = getattr(self, field)
            for text in (value,) if isinstance(value, str) else value or ():
                yield field, text
                if field in _NAMES:
                    yield from (("short_names", inner.strip()) for inner in _BRACKETS.findall(text) if inner.strip())


IDENTIFYING_FIELDS: Final = (
    "name", "other_names", "short_names", "brands", "subsidiaries", "registration_numbers", "people", "accounts",
    "emails", "domains", "hosts", "ip_ranges", "places",
)  # fmt: skip
"""The fields of Victim whose values identify it."""

_NAMES: Final = frozenset({"name", "other_names", "brands", "subsidiaries"})
_BRACKETS: Final = re.compile(r"[(\[\uff08]([^)\]\uff09]{2,40})[)\]\uff09]")


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or desk to ask. **Private**: never becomes STIX."""

    role: str = ""  # the word of the source: reporter, creator, admin, tech, irt, …
    name: str | None = None
    organisation: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
