"""Times as a reader sees them: in her own time zone, with UTC beside it, to the minute."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from markupsafe import Markup

_DATE_CHARACTERS = 10  # of `2026-04-02 07:00`


def clock_text(timestamp: str, zone: tzinfo | None) -> str:
    """`2026-04-02 14:00 (07:00 UTC)`; without a zone, or in one that is at UTC then, `2026-04-02 07:00 UTC`.

    UTC has its own date where that is another day's.
    """
    local, utc = _parts(timestamp, zone)
    return f"{local} ({utc})" if local else utc


def clock_tag(timestamp: str, zone: tzinfo | None) -> Markup:
    """As `clock_text`, as an element; UTC in a softer colour."""
    local, utc = _parts(timestamp, zone)
    if not local:
        return Markup('<time datetime="{}">{}</time>').format(timestamp, utc)
    return Markup('<time datetime="{}">{} <span class="utc">({})</span></time>').format(timestamp, local, utc)


def zone_name(zone: tzinfo | None) -> str:
    """`Asia/Jakarta (UTC+07:00)`, or the distance alone where the zone has no name; empty for UTC."""
    offset = f"{datetime.now(UTC).astimezone(zone):%z}" if zone is not None else "+0000"
    if offset == "+0000":
        return ""
    distance = f"UTC{offset[:3]}:{offset[3:5]}"
    name = getattr(zone, "key", "")
    return f"{name} ({distance})" if name else distance


def _parts(timestamp: str, zone: tzinfo | None) -> tuple[str, str]:
    """(local, UTC); no local time where it says the same, and a damaged timestamp as it is."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return "", timestamp
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    utc = f"{moment:%Y-%m-%d %H:%M}"
    try:
        there = moment if zone is None else moment.astimezone(zone)
    except OverflowError:  # the first or last day that a date can have
        there = moment
    local = f"{there:%Y-%m-%d %H:%M}"
    if local == utc:
        return "", f"{utc} UTC"
    same_day = local[:_DATE_CHARACTERS] == utc[:_DATE_CHARACTERS]
    return local, f"{utc[_DATE_CHARACTERS + 1 :] if same_day else utc} UTC"
