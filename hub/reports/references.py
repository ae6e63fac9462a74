"""References from a report to other sources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to another source. One that is not ``public``, such as a ticket of the CERT, never leaves."""

    source_name: str
    external_id: str | None = None
    url: str | None = None
    description: str | None = None
    public: bool = False
