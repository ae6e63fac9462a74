"""Timestamps as whole numbers: microseconds since 1970 for instants, milliseconds for places in a collection's line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
LATEST: Final = 253_402_300_799_999  # the last millisecond that can be printed: the end of the year 9999

# STIX 2.1 section 3.2 allows any number of fraction digits; stix2 and other common libraries refuse more than six.
STIX_TIMESTAMP: Final = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z"
_STIX: Final = re.compile(STIX_TIMESTAMP, re.ASCII)
_LENIENT: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{0,9}))?(?:Z|[+-]00:?00)", re.ASCII | re.IGNORECASE
)


@lru_cache(maxsize=4096)  # producers write one time into many objects
def parse_timestamp(text: str) -> int:
    """The instant of a STIX timestamp (STIX 2.1, 3.2) in microseconds since 1970; ValueError if it is none."""
    if _STIX.fullmatch(text) is None:
        raise ValueError(f"{text[:40]!r} is not a timestamp like 2026-04-02T03:10:00.000Z (UTC, at most six digits)")
    return (datetime.fromisoformat(text) - EPOCH) // MICROSECOND


def parse_lenient_timestamp(text: str) -> int:
    """As `parse_timestamp`, for added_after as TAXII clients send it: 0 to 9 fraction digits, `Z` or `+00:00`.

    Digits after the microsecond are dropped: `date_added` never has any, so "strictly later" keeps its meaning.
    """
    match = _LENIENT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a timestamp like 2026-04-02T03:10:00.000000Z")
    whole = (datetime.fromisoformat(match[1] + "+00:00") - EPOCH) // MICROSECOND
    return whole + int((match[2] or "").ljust(6, "0")[:6])


def format_milliseconds(milliseconds: int) -> str:
    """A STIX timestamp with three digits, from milliseconds since 1970."""
    moment = EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def format_microseconds(microseconds: int) -> str:
    """A TAXII timestamp (TAXII 2.1, section 2: exactly six digits), from microseconds since 1970."""
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def format_place(place: int) -> str:
    """The date_added of a place: whole milliseconds, printed with the six digits that TAXII requires (law L1)."""
    return format_microseconds(place * 1000)
