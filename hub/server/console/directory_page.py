"""The directory: each member's point of contact, its local time, and whether the contact was confirmed lately."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime
from typing import Any, Final

import flask
import orjson

from hub.server.console import pages

_NOT_DIALLED: Final = re.compile(r"[^+0-9]")
# The names of the region's languages and of English, each in the language itself.
LANGUAGE_NAMES: Final = {
    "en": "English",
    "fil": "Filipino",
    "id": "Bahasa Indonesia",
    "km": "ភាសាខ្មែរ",
    "lo": "ພາສາລາວ",
    "ms": "Bahasa Melayu",
    "my": "မြန်မာဘာသာ",
    "pt": "Português",
    "ta": "தமிழ்",
    "tet": "Tetun",
    "th": "ภาษาไทย",
    "tl": "Tagalog",
    "vi": "Tiếng Việt",
    "zh": "中文",
}


def directory(root: str) -> flask.Response:
    """GET /<root>/contacts/ for a browser."""
    hub = pages.hub()
    contacts = orjson.loads(hub.community.contacts(pages.account(), root))
    now = datetime.fromtimestamp(hub.clock() / 1000, UTC)
    rows = [
        row
        | {
            "local_time": _local_time(row["time_zone"], now),
            "language_names": [(tag, LANGUAGE_NAMES.get(tag.partition("-")[0], tag)) for tag in row["languages"]],
            "is_own": row["member"] == contacts["member"],
            "telephone": _NOT_DIALLED.sub("", row["duty_line"]),
        }
        for row in contacts["contacts"]
    ]
    rows.sort(key=lambda row: not row["is_own"])
    return pages.render(
        "directory.html",
        root=hub.catalogue.roots[root],
        exercise=contacts["exercise"],
        rows=rows,
        done=flask.request.args.get("confirmed") == "1",
        operator_contact=hub.catalogue.contact,
    )


def _local_time(zone: str, now: datetime) -> dict[str, Any] | None:
    """The time there, its offset from UTC, and whether it is night; None if this machine has no time zone data."""
    try:
        local = now.astimezone(zoneinfo.ZoneInfo(zone))
    except (zoneinfo.ZoneInfoNotFoundError, OSError):
        return None
    offset = f"UTC{local.strftime('%z')[:3]}:{local.strftime('%z')[3:]}"
    return {"clock": local.strftime("%H:%M"), "offset": offset, "night": local.hour < 7 or local.hour >= 21}
