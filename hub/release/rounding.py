"""Times and numbers made coarse enough that they name nobody and can be matched with no press report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from hub.rendering.versions import shortest, timestamp
from hub.reports.moments import Fidelity

_ORDER: Final = tuple(Fidelity)
# Lower end, and what every value from there on is given as: Incident Core's own bands (incident-core.md, section 8).
_CRITICALITY: Final = ((90, 95), (50, 70), (30, 40), (1, 15), (0, 0))
_AVAILABILITY: Final = ((80, 90), (70, 75), (60, 65), (40, 50), (20, 30), (10, 15), (1, 5), (0, 0))


def coarser(one: Fidelity, other: Fidelity) -> Fidelity:
    """The less exact of two."""
    return max(one, other, key=_ORDER.index)


def floor(text: str, unit: Fidelity) -> str:
    """A STIX timestamp cut to the beginning of its hour, day, month or year (UTC)."""
    moment = datetime.fromisoformat(text)
    zero: Mapping[str, int] = {"microsecond": 0, "second": 0}
    if unit is not Fidelity.SECOND:
        zero = {**zero, "minute": 0} if unit is not Fidelity.MINUTE else zero
        zero = {**zero, "hour": 0} if _ORDER.index(unit) >= _ORDER.index(Fidelity.DAY) else zero
        zero = {**zero, "day": 1} if unit in {Fidelity.MONTH, Fidelity.YEAR} else zero
        zero = {**zero, "month": 1} if unit is Fidelity.YEAR else zero
    return shortest(timestamp(moment.replace(**zero)))  # type: ignore[arg-type]  # the keys are replace's own


def ceiling(text: str, unit: Fidelity) -> str:
    """As `floor`, up to the next hour or day: what is valid until then is not cut short."""
    low = floor(text, unit)
    if datetime.fromisoformat(low) == datetime.fromisoformat(text):
        return low
    step = timedelta(hours=1) if unit is Fidelity.HOUR else timedelta(days=1)
    return shortest(timestamp(datetime.fromisoformat(low) + step))


def criticality(value: int) -> int:
    """The middle of its band: 15, 40, 70, 95, or 0."""
    return next(middle for lowest, middle in _CRITICALITY if value >= lowest)


def availability(value: int) -> int:
    """The middle of its band on Incident Core's scale of availability."""
    return next(middle for lowest, middle in _AVAILABILITY if value >= lowest)


def magnitude(value: float) -> int:
    """The power of ten at or below it: 0, 1, 10, 100 …"""
    return 10 ** (len(str(int(value))) - 1) if value >= 1 else 0
