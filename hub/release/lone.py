"""Lone indicators: approved values that leave by themselves, without a text or id that leads to the incident.

Their times are rounded to months, so that they do not match the day of an incident. The indicator of a compromised host is
valid from the day of its release for a short time: its owner is expected to clean it, and must not stay blocked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from hub.release.rounding import ceiling, floor
from hub.rendering.versions import Content, shorten, timestamp
from hub.rendering.wording import lone_description
from hub.reports.moments import Fidelity

COMPROMISED_DAYS: Final = 14  # days for which an indicator of a compromised host is valid


def lone_indicator(content: Content, kind: str, author: str, wording: int) -> Content:
    """An indicator for a value that resembles the victim. `kind` is the kind of value, `author` the CERT's name."""
    valid_until = ceiling(content["valid_until"], Fidelity.MONTH)
    text = lone_description(kind, author, valid_until, wording=wording)
    valid_from = floor(content["valid_from"], Fidelity.MONTH)
    return _properties(content, kind, text, "malicious-activity") | {
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def compromised_host(content: Content, kind: str, author: str, day: str) -> Content:
    """An indicator for a hacked third party's value; `day` is the day of its first release."""
    valid_from = floor(day, Fidelity.DAY)
    valid_until = shorten(timestamp(datetime.fromisoformat(valid_from) + timedelta(days=COMPROMISED_DAYS)))
    text = f"{kind} of a compromised host; expected to be cleaned. Shared by {author}. Valid until {valid_until[:10]}."
    return _properties(content, kind, text, "compromised") | {"valid_from": valid_from, "valid_until": valid_until}


def _properties(content: Content, kind: str, text: str, indicator_type: str) -> Content:
    properties: Content = {
        "type": "indicator",
        "spec_version": "2.1",
        "name": kind,
        "description": text,
        "indicator_types": [indicator_type],
        "pattern": content["pattern"],
        "pattern_type": content["pattern_type"],
    }
    return properties | {name: content[name] for name in ("pattern_version",) if name in content}
