"""Times and how exactly they are known."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum


class Fidelity(StrEnum):
    """``timestamp-fidelity-enum`` of Incident Core: how exact a time is, finest first."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """An instant and how exactly it is known.

    ``instant`` is always in UTC. A date without a time is that date at 00:00 UTC with fidelity ``day``: the date as
    written is kept, whatever the zone of the office that wrote it.
    """

    instant: datetime
    fidelity: Fidelity = Fidelity.SECOND

    def __post_init__(self) -> None:
        """Refuse a time without a zone, and bring any other to UTC."""
        if self.instant.tzinfo is None:
            raise ValueError("a Moment needs a time with a zone")
        object.__setattr__(self, "instant", self.instant.astimezone(UTC))

    def stix(self) -> str:
        """Return the instant as a STIX 2.1 timestamp in milliseconds (STIX 2.1, 3.11): ``2026-03-01T10:30:00.000Z``."""
        # isoformat, unlike strftime, writes all four digits of a year before 1000.
        return self.instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


@dataclass(frozen=True, slots=True)
class Timeline:
    """The times of the incident itself. The renderer makes the main event of started/ended, and a task of each other."""

    started: Moment | None = None
    ended: Moment | None = None
    detected: Moment | None = None
    reported: Moment | None = None
    contained: Moment | None = None
    resolved: Moment | None = None
    exfiltrated: Moment | None = None
    written: Moment | None = None  # when the source wrote this version of its report; not an event

    def moments(self) -> tuple[Moment, ...]:
        """The times that are known."""
        known = (getattr(self, part.name) for part in fields(self))
        return tuple(moment for moment in known if moment is not None)
