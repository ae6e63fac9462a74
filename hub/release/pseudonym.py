"""Pseudonyms of victims.

    key    = HKDF(the CERT's key, "victim|" collection "|" period)
    name   = "victim-" country "-" 80 bits of HMAC(key, canonical victim) in base32, in four groups

The same victim has the same pseudonym within one collection and period (by default a quarter of a year), and a different one
in others. So nobody can link two collections, or follow a victim for ever. Only the CERT knows who the victim is.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from hub.home.keys import Key
from hub.release.spelling import squeeze, strip_legal_form
from hub.reports.victims import Victim

PSEUDONYM_PATTERN: Final = re.compile(r"victim-[A-Z]{2}(?:-[A-Z2-7]{4}){4}")
"""The form of a pseudonym, which the hub also checks when it receives objects."""


def pseudonym_period(first_released: datetime, months: int) -> str:
    """`2026` for a calendar year, `2026-2` for its second part. Updates stay in the period of the first release."""
    part = (first_released.month - 1) // months + 1
    return f"{first_released.year}" if months == 12 else f"{first_released.year}-{part}"


def period_in_words(period: str, months: int) -> str:
    """A period for readers: `throughout 2026`, `from 2026-04 to 2026-06`, `in 2026-05`."""
    year, _, part = period.partition("-")
    if not part:
        return f"throughout {year}"
    last = int(part) * months
    return f"in {year}-{last:02}" if months == 1 else f"from {year}-{last - months + 1:02} to {year}-{last:02}"


def canonical_name(victim: Victim, country: str) -> str | None:
    """A text that identifies a victim in any spelling of its name; None if the report has neither its name nor its number."""
    if victim.registration_numbers and (number := squeeze(victim.registration_numbers[0])):
        return f"{country}:number:{number}"
    if victim.name and (name := squeeze(strip_legal_form(victim.name)) or squeeze(victim.name)):
        return f"{country}:name:{name}"
    return None


def pseudonym(key: Key, collection: str, period: str, country: str, victim_name: str) -> str:
    """The pseudonym of a victim, given by its canonical name: `victim-MY-7QK3-9F2D-…`."""
    return f"victim-{country}-{key.derive(f'victim|{collection}|{period}').groups(victim_name)}"
