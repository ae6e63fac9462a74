"""Pointers from a report to what stands elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A pointer elsewhere. ``public`` False: the CERT's own ticket or supplier, which never leaves."""

    source_name: str
    external_id: str | None = None
    url: str | None = None
    description: str | None = None
    public: bool = False
