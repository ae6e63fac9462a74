"""Spans of time as people write them in the joint protocol: `90s`, `30m`, `4h`, `2d`."""

from __future__ import annotations

import re
from typing import Final

_SPAN: Final = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_span(text: str) -> int | None:
    """The seconds of a span; None if the text is no span."""
    match = _SPAN.fullmatch(text.strip())
    return int(match[1]) * _SECONDS[match[2]] if match else None
