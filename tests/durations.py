"""Spans of time in milliseconds, as the hub's clock counts."""

from __future__ import annotations

from typing import Final

MINUTE: Final = 60 * 1000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
