"""Times and numbers made coarse enough that they name nobody and can be matched with no press report.

A number is told as the highest step at or below it:

| What | Unit | Steps |
|---|---|---|
| entities, records, sightings | one | 0, 1, 10, 100, 1,000 … |
| money | unit of its currency | 0, 1, 10, 100, 1,000 … |
| time since the incident began | day | 0, 1, 7, 30, 90, 365 |
| validity of a case's indicator (rounded up) | day | each 30 |
| criticality, availability | 0 to 100 | the middle of the band of Incident Core |

Dates are cut to the unit of the profile (`policy.Terms`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from hub.rendering.versions import shortest, timestamp
from hub.reports.moments import Fidelity

COUNT_STEPS: Final = (0, *(10**power for power in range(16)))  # entities, records, sightings; units of a currency
DURATION_STEPS: Final = (0, 1, 7, 30, 90, 365)  # days since the incident began
VALIDITY_STEP: Final = 30  # days

_ORDER: Final = tuple(Fidelity)
# Lower end, and what every value from there on is given as: Incident Core's own bands (incident-core.md, section 8).
_CRITICALITY: Final = ((90, 95), (50, 70), (30, 40), (1, 15), (0, 0))
_AVAILABILITY: Final = ((80, 90), (70, 75), (60, 65), (40, 50), (20, 30), (10, 15), (1, 5), (0, 0))


def coarser(first: Fidelity, second: Fidelity) -> Fidelity:
    """The less exact of two."""
    return max(first, second, key=_ORDER.index)


def floor(text: str, unit: Fidelity) -> str:
    """A STIX timestamp cut to the beginning of its hour, day, month or year (UTC)."""
    return _stix(_floor(datetime.fromisoformat(text), unit))


def _floor(moment: datetime, unit: Fidelity) -> datetime:
    zero: Mapping[str, int] = {"microsecond": 0, "second": 0}
    if unit is not Fidelity.SECOND:
        zero = {**zero, "minute": 0} if unit is not Fidelity.MINUTE else zero
        zero = {**zero, "hour": 0} if _ORDER.index(unit) >= _ORDER.index(Fidelity.DAY) else zero
        zero = {**zero, "day": 1} if unit in {Fidelity.MONTH, Fidelity.YEAR} else zero
        zero = {**zero, "month": 1} if unit is Fidelity.YEAR else zero
    return moment.replace(**zero)  # type: ignore[arg-type]  # the keys are replace's own


def ceiling(text: str, unit: Fidelity) -> str:
    """Like `floor`, but up to the next hour, day or month, so that a validity is not cut short."""
    moment = datetime.fromisoformat(text)
    low = _floor(moment, unit)
    if low == moment:
        return _stix(low)
    if unit is Fidelity.MONTH:
        return _stix(_floor(low + timedelta(days=31), unit))
    return _stix(low + (timedelta(hours=1) if unit is Fidelity.HOUR else timedelta(days=1)))


def since(began: str | None, text: str, unit: Fidelity, *, start_is_released: bool = False) -> tuple[str, Fidelity]:
    """Round a time of an incident that began at `began`; return it with its fidelity.

    On the first day, or before it, the time is cut to `unit`. Later times are `began` plus a step of days, exact to the
    month, or to the year where the step falls into another month: so 52 hours and 60 hours look the same, and what is
    released is true. Where an earlier stage released the start (`start_is_released`), a time before it is exact to the
    month only: both dates together would give the duration.
    """
    moment = datetime.fromisoformat(text)
    first = _floor(datetime.fromisoformat(began), Fidelity.DAY) if began else moment
    days = (moment - first).days
    if days < 0 and start_is_released:
        unit = coarser(Fidelity.MONTH, unit)
    if days <= 0:
        return _stix(_floor(moment, unit)), unit
    shown = first + timedelta(days=step(days, DURATION_STEPS))
    if shown.year != moment.year:
        return _stix(_floor(moment, Fidelity.YEAR)), Fidelity.YEAR
    exactness = Fidelity.MONTH if shown.month == moment.month else Fidelity.YEAR
    return _stix(_floor(shown, unit)), coarser(exactness, unit)


def until(start: str, end: str, released_start: str) -> str:
    """The end of a validity, counted from the released start: its days rounded up to whole steps."""
    days = -((datetime.fromisoformat(start) - datetime.fromisoformat(end)) // timedelta(days=1))
    steps = -(-days // VALIDITY_STEP)
    return _stix(datetime.fromisoformat(released_start) + timedelta(days=VALIDITY_STEP * max(steps, 1)))


def _stix(moment: datetime) -> str:
    return shortest(timestamp(moment))


def criticality(value: int) -> int:
    """The middle of its band: 15, 40, 70, 95, or 0."""
    return next(middle for lowest, middle in _CRITICALITY if value >= lowest)


def availability(value: int) -> int:
    """The middle of its band on Incident Core's scale of availability."""
    return next(middle for lowest, middle in _AVAILABILITY if value >= lowest)


def step(value: float, steps: Sequence[int]) -> int:
    """The highest step at or below the value; 0 for what is below all."""
    return steps[max(bisect_right(steps, value) - 1, 0)]


def magnitude(value: float) -> int:
    """The power of ten at or below it: 0, 1, 10, 100 …"""
    return step(value, COUNT_STEPS)
