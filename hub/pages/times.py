"""Times for readers: in the reader's time zone, with UTC beside it, to the minute."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from markupsafe import Markup

_DATE_CHARACTERS = 10  # of `2026-04-02 07:00`


def clock_text(timestamp: str, zone: tzinfo | None) -> str:
    """`2026-04-02 14:00 (07:00 UTC)`; without a zone, or if it equals UTC at that time, `2026-04-02 07:00 UTC`.

    The time in UTC has a date if it is another day there.
    """
    local, utc = _parts(timestamp, zone)
    return f"{local} ({utc})" if local else utc


def clock_tag(timestamp: str, zone: tzinfo | None) -> Markup:
    """Like `clock_text`, as an HTML element; UTC in a lighter colour."""
    local, utc = _parts(timestamp, zone)
    if not local:
        return Markup('<time datetime="{}">{}</time>').format(timestamp, utc)
    return Markup('<time datetime="{}">{} <span class="utc">({})</span></time>').format(timestamp, local, utc)


def zone_name(zone: tzinfo | None) -> str:
    """`Asia/Jakarta (UTC+07:00)`, or only the offset if the zone has no name; empty for UTC."""
    offset = f"{datetime.now(UTC).astimezone(zone):%z}" if zone is not None else "+0000"
    if offset == "+0000":
        return ""
    utc_offset = f"UTC{offset[:3]}:{offset[3:5]}"
    name = getattr(zone, "key", "")
    return f"{name} ({utc_offset})" if name else utc_offset


def _parts(timestamp: str, zone: tzinfo | None) -> tuple[str, str]:
    """(local, UTC); the local time is "" if it equals UTC, and a damaged timestamp is returned unchanged."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return "", timestamp
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    utc = f"{moment:%Y-%m-%d %H:%M}"
    try:
        local_moment = moment if zone is None else moment.astimezone(zone)
    except OverflowError:  # the first or last day that a date can have
        local_moment = moment
    local = f"{local_moment:%Y-%m-%d %H:%M}"
    if local == utc:
        return "", f"{utc} UTC"
    same_day = local[:_DATE_CHARACTERS] == utc[:_DATE_CHARACTERS]
    return local, f"{utc[_DATE_CHARACTERS + 1 :] if same_day else utc} UTC"
