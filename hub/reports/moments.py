"""Times and how exactly they are known."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum


class Fidelity(StrEnum):
    """``timestamp-fidelity-enum`` of Incident Core: the precision of a time, most exact first."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """An instant and its precision.

    ``instant`` is always in UTC. A date without a time becomes 00:00 UTC of that date with fidelity ``day``: the date
    stays as it was written, whatever the time zone of the author.
    """

    instant: datetime
    fidelity: Fidelity = Fidelity.SECOND

    def __post_init__(self) -> None:
        """Refuse a time without a zone; convert any other to UTC."""
        if self.instant.tzinfo is None:
            raise ValueError("a Moment needs a time with a zone")
        object.__setattr__(self, "instant", self.instant.astimezone(UTC))

    def stix(self) -> str:
        """Return the instant as a STIX 2.1 timestamp in milliseconds (STIX 2.1, 3.11): ``2026-03-01T10:30:00.000Z``."""
        # isoformat, unlike strftime, writes all four digits of a year before 1000.
        return self.instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


@dataclass(frozen=True, slots=True)
class Timeline:
    """The times of the incident. ``started`` and ``ended`` become the main event; other times become tasks or events."""

    started: Moment | None = None
    ended: Moment | None = None
    detected: Moment | None = None
    reported: Moment | None = None
    contained: Moment | None = None
    resolved: Moment | None = None
    exfiltrated: Moment | None = None
    written: Moment | None = None  # when the source wrote this version of its report; not an event

    def moments(self) -> tuple[Moment, ...]:
        """The times that are not None."""
        values = (getattr(self, part.name) for part in fields(self))
        return tuple(moment for moment in values if moment is not None)
