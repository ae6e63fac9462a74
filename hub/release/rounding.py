"""Round times and numbers so that they identify nobody and do not match a press report.

A number is rounded down to the highest step at or below it:

| What | Unit | Steps |
|---|---|---|
| entities, records, sightings | one | 0, 1, 10, 100, 1,000 … |
| money | unit of its currency | 0, 1, 10, 100, 1,000 … |
| time since the incident began | day | 0, 1, 7, 30, 90, 365 |
| validity of a case's indicator (rounded up) | day | each 30 |
| criticality, availability | 0 to 100 | the middle of the band of Incident Core |

Dates are truncated to the unit of the profile (`policy.Terms`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from hub.rendering.versions import shorten, timestamp
from hub.reports.moments import Fidelity

COUNT_STEPS: Final = (0, *(10**power for power in range(16)))  # entities, records, sightings; units of a currency
DURATION_STEPS: Final = (0, 1, 7, 30, 90, 365)  # days since the incident began
VALIDITY_STEP: Final = 30  # days

_ORDER: Final = tuple(Fidelity)
# The lower end of each band of Incident Core (incident-core.md, section 8), and the value for the whole band.
_CRITICALITY_BANDS: Final = ((90, 95), (50, 70), (30, 40), (1, 15), (0, 0))
_AVAILABILITY_BANDS: Final = ((80, 90), (70, 75), (60, 65), (40, 50), (20, 30), (10, 15), (1, 5), (0, 0))


def coarser_fidelity(first: Fidelity, second: Fidelity) -> Fidelity:
    """The less exact of two fidelities."""
    return max(first, second, key=_ORDER.index)


def floor(text: str, unit: Fidelity) -> str:
    """A STIX timestamp truncated to the beginning of its hour, day, month or year (UTC)."""
    return _stix(_floor(datetime.fromisoformat(text), unit))


def _floor(moment: datetime, unit: Fidelity) -> datetime:
    fields: Mapping[str, int] = {"microsecond": 0, "second": 0}
    if unit is not Fidelity.SECOND:
        fields = {**fields, "minute": 0} if unit is not Fidelity.MINUTE else fields
        fields = {**fields, "hour": 0} if _ORDER.index(unit) >= _ORDER.index(Fidelity.DAY) else fields
        fields = {**fields, "day": 1} if unit in {Fidelity.MONTH, Fidelity.YEAR} else fields
        fields = {**fields, "month": 1} if unit is Fidelity.YEAR else fields
    return moment.replace(**fields)  # type: ignore[arg-type]  # the keys are replace's own


def ceiling(text: str, unit: Fidelity) -> str:
    """Like `floor`, but rounded up to the next hour, day or month, so that a validity is not shortened."""
    moment = datetime.fromisoformat(text)
    lower_bound = _floor(moment, unit)
    if lower_bound == moment:
        return _stix(lower_bound)
    if unit is Fidelity.MONTH:
        return _stix(_floor(lower_bound + timedelta(days=31), unit))
    return _stix(lower_bound + (timedelta(hours=1) if unit is Fidelity.HOUR else timedelta(days=1)))


def round_since_start(
    case_start: str | None, text: str, unit: Fidelity, *, start_is_released: bool = False
) -> tuple[str, Fidelity]:
    """Round a time of an incident that began at `case_start`; return it with its fidelity.

    On the first day, or before it, the time is truncated to `unit`. A later time is `case_start` plus a step of days, exact
    to the month, or to the year if the step falls into another month. So 52 hours and 60 hours look the same, and the
    released time is still true. If an earlier stage released the start (`start_is_released`), a time before the start is
    exact to the month only: both dates together would reveal the duration.
    """
    moment = datetime.fromisoformat(text)
    first_day = _floor(datetime.fromisoformat(case_start), Fidelity.DAY) if case_start else moment
    days = (moment - first_day).days
    if days < 0 and start_is_released:
        unit = coarser_fidelity(Fidelity.MONTH, unit)
    if days <= 0:
        return _stix(_floor(moment, unit)), unit
    rounded_start = first_day + timedelta(days=highest_step(days, DURATION_STEPS))
    if rounded_start.year != moment.year:
        return _stix(_floor(moment, Fidelity.YEAR)), Fidelity.YEAR
    fidelity = Fidelity.MONTH if rounded_start.month == moment.month else Fidelity.YEAR
    return _stix(_floor(rounded_start, unit)), coarser_fidelity(fidelity, unit)


def round_validity_end(start: str, end: str, released_start: str) -> str:
    """The end of a validity: the released start plus the number of days, rounded up to whole steps."""
    days = -((datetime.fromisoformat(start) - datetime.fromisoformat(end)) // timedelta(days=1))
    steps = -(-days // VALIDITY_STEP)
    return _stix(datetime.fromisoformat(released_start) + timedelta(days=VALIDITY_STEP * max(steps, 1)))


def _stix(moment: datetime) -> str:
    return shorten(timestamp(moment))


def criticality(value: int) -> int:
    """The middle of the band of a criticality: 15, 40, 70, 95, or 0."""
    return next(middle for lowest, middle in _CRITICALITY_BANDS if value >= lowest)


def availability(value: int) -> int:
    """The middle of the band of an availability, on Incident Core's scale."""
    return next(middle for lowest, middle in _AVAILABILITY_BANDS if value >= lowest)


def highest_step(value: float, steps: Sequence[int]) -> int:
    """The highest step at or below the value; the first step if all are above it."""
    return steps[max(bisect_right(steps, value) - 1, 0)]


def magnitude(value: float) -> int:
    """The power of ten at or below the value: 0, 1, 10, 100 …"""
    return highest_step(value, COUNT_STEPS)
