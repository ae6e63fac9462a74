"""Read times as people and programs write them, with their precision. Each function raises ValueError with the reason."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.reports.moments import Fidelity, Moment
from hub.reports.reading.spelling import spelling_key

EARLIEST_YEAR: Final = 1970
LATEST_YEAR: Final = 2100
"""Years outside this range are refused. The message for 2569 explains that it is the Buddhist year of 2026."""

# Excel counts days from this date (which includes its leap-year error of 1900). Numbers for 1980 to 2079 count as dates.
_EXCEL_EPOCH: Final = datetime(1899, 12, 30, tzinfo=UTC)
_EXCEL_FIRST, _EXCEL_LAST = 29_221, 65_745

_ISO: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2})(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,12}))?)?)?"
    r" ?(?P<zone>(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|[A-Z]{2,20}/[A-Z_]{2,20}|[A-Z]{1,4})?)?)?)?",
    re.ASCII | re.IGNORECASE,
)
# The date of a mail (RFC 5322, 3.3): "Fri, 20 Nov 2026 08:15:00 +0700".
_MAIL_DATE: Final = re.compile(r"(?:[A-Za-z]{3}, *)?\d{1,2} [A-Za-z]{3} \d{4} \d{1,2}:\d{2}", re.ASCII)
# Zones of the eleven countries as people write them. IST, CST and others have several meanings and are refused.
_ZONES: Final = {
    name: timedelta(hours=hours)
    for name, hours in {
        "Z": 0, "UTC": 0, "GMT": 0, "WIB": 7, "WITA": 8, "WIT": 9, "ICT": 7, "SGT": 8, "MYT": 8, "PHT": 8, "PHST": 8,
        "MMT": 6.5, "BNT": 8, "TLT": 9,
    }.items()
}  # fmt: skip
# Dates as people write them: 25/11/2026, 2026/11/25, 25 Nov 2026, November 25, 2026. A time may follow.
_TIME: Final = r"(?:(?:[ ,T]|\bat\b|\bjam\b|\bpukul\b)+(?P<time>\d{1,2}[:.]\d{2}.*))?"
_NUMBERS: Final = re.compile(rf"(?P<first>\d{{1,2}})[/.-](?P<second>\d{{1,2}})[/.-](?P<year>\d{{4}}){_TIME}", re.ASCII)
_YEAR_FIRST: Final = re.compile(rf"(?P<year>\d{{4}})[/.-](?P<month>\d{{1,2}})[/.-](?P<day>\d{{1,2}}){_TIME}", re.ASCII)
_DAY_FIRST: Final = re.compile(
    rf"(?:\w{{3,9}}, *)?(?P<day>\d{{1,2}})[ -](?:de )?(?P<name>[^\W\d_]{{3,10}})\.?(?: de)?[ ,-]+(?P<year>\d{{4}}){_TIME}"
)
# Vietnamese and Chinese have a word for each of day, month and year.
_NAMED_PARTS: Final = (
    re.compile(
        rf"(?:ngày )?(?P<day>\d{{1,2}}) tháng (?P<month>\d{{1,2}}),?(?: năm)? (?P<year>\d{{4}}){_TIME}", re.IGNORECASE
    ),
    re.compile(rf"(?P<year>\d{{4}})年(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})[日号]{_TIME}"),
)
_MONTH_FIRST: Final = re.compile(rf"(?P<name>[^\W\d_]{{3,10}})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_TIME}")
_CLOCK: Final = re.compile(
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))? ?(?P<half>[ap]\.?m\.?)? ?\(?(?P<zone>[A-Z+-][\w:/+-]*)?\)?",
    re.ASCII | re.IGNORECASE,
)
# Names of months in English, Indonesian, Malay, Portuguese and Filipino, by their first three letters.
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("jan ene", "feb fev peb", "mar mac", "apr abr", "may mei mai", "jun", "jul", "aug agu ago ogo", "sep set",
         "oct okt out", "nov nob", "dec des dis dez"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# Names of months in Thai, Lao, Khmer, Burmese and Tamil: some signs of these scripts are no letters in regular expressions.
_MONTH_WORDS: Final = {
    spelling_key(word): f"{date(2000, number, 1):%b}"
    for words in (
        "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
        "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.",
        "ມັງກອນ ກຸມພາ ມີນາ ເມສາ ພຶດສະພາ ມິຖຸນາ ກໍລະກົດ ສິງຫາ ກັນຍາ ຕຸລາ ພະຈິກ ທັນວາ",
        "មករា កុម្ភៈ មីនា មេសា ឧសភា មិថុនា កក្កដា សីហា កញ្ញា តុលា វិច្ឆិកា ធ្នូ",
        "ဇန်နဝါရီ ဖေဖော်ဝါရီ မတ် ဧပြီ မေ ဇွန် ဇူလိုင် သြဂုတ် စက်တင်ဘာ အောက်တိုဘာ နိုဝင်ဘာ ဒီဇင်ဘာ",
        "ஜனவரி பிப்ரவரி மார்ச் ஏப்ரல் மே ஜூன் ஜூலை ஆகஸ்ட் செப்டம்பர் அக்டோபர் நவம்பர் டிசம்பர்",
    )
    for number, word in enumerate(words.split(), start=1)
}
EXPECTED_TIME: Final = "a time such as 2026-03-01T18:30+08:00, or a date such as 2026-03-01"


def parse_moment(value: object, zone: tzinfo | None = None) -> Moment:
    """Read text (ISO 8601 down to a year, or a common form), a date or datetime, or an Excel day number.

    ``zone`` is the zone of times without one; if it is None, they are refused. A date stays as it is written.
    Raises ValueError with a message that completes "expected …".
    """
    if isinstance(value, datetime):
        # A spreadsheet stores a date as midnight, so exactly midnight without a zone is a date.
        if value.tzinfo is None and (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
            return _bounded_moment(value.replace(tzinfo=UTC), Fidelity.DAY)
        return _bounded_moment(_with_zone(value, zone), Fidelity.SECOND)
    if isinstance(value, date):
        return _bounded_moment(datetime(value.year, value.month, value.day, tzinfo=UTC), Fidelity.DAY)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_excel(float(value), zone)
    text = str(value).strip()
    match = _ISO.fullmatch(text)
    if match is not None:
        return _from_match(match, zone)
    if re.fullmatch(r"\d{5}(?:\.\d{1,12})?", text, re.ASCII):
        return _from_excel(float(text), zone)
    iso_text = _as_iso(text)
    match = _ISO.fullmatch(iso_text) if iso_text else None
    if match is not None:
        return _from_match(match, zone)
    if _MAIL_DATE.match(text):
        return _from_mail(text, zone)
    raise ValueError(EXPECTED_TIME)


def _as_iso(text: str) -> str | None:
    """Return a date in the order of ISO 8601; None if the text is no date. Raises ValueError for an ambiguous date."""
    digits = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    text = " ".join(_MONTH_WORDS.get(spelling_key(word), word) for word in digits.split())
    match = _NUMBERS.fullmatch(text)
    if match:
        first, second = int(match["first"]), int(match["second"])
        if first <= 12 and second <= 12 and first != second:
            raise ValueError(
                f"{EXPECTED_TIME} (in {match['first']}/{match['second']} day and month cannot be distinguished)"
            )
        day, month = (first, second) if second <= 12 else (second, first)
    elif match := next((date for pattern in (_YEAR_FIRST, *_NAMED_PARTS) if (date := pattern.fullmatch(text))), None):
        day, month = int(match["day"]), int(match["month"])
    elif match := _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text):
        day, month = int(match["day"]), _MONTHS.get(match["name"][:3].casefold(), 0)
    if match is None or not month:
        return None
    clock = _CLOCK.fullmatch(match["time"]) if match["time"] else None
    if match["time"] and clock is None:
        return None
    return f"{match['year']}-{month:02}-{day:02}" + (_clock_text(clock) if clock else "")


def _clock_text(match: re.Match[str]) -> str:
    """Return a time of day on the 24-hour clock, with its zone."""
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].casefold().startswith("p") else 0)
    second = f":{match['second']}" if match["second"] else ""
    return f" {hour:02}:{match['minute']}{second}" + (f" {match['zone']}" if match["zone"] else "")


def parse_epoch(value: object) -> Moment:
    """Read seconds since 1970 as a number or as digits (MISP). Raises ValueError."""
    text = str(value).strip()
    if not re.fullmatch(r"\d{1,12}(?:\.\d{1,9})?", text, re.ASCII):
        raise ValueError("seconds since 1970")
    try:
        return _bounded_moment(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(text)), Fidelity.SECOND)
    except OverflowError:
        raise ValueError(f"seconds since 1970, before the year {LATEST_YEAR}") from None


def partial_date(year: int, month: int | None = None, day: int | None = None) -> Moment:
    """Return the moment of a date whose month or day may be unknown (VERIS). Raises ValueError for an impossible date."""
    fidelity = Fidelity.DAY if month and day else Fidelity.MONTH if month else Fidelity.YEAR
    return _bounded_moment(_make_datetime(year, month or 1, (day or 1) if month else 1), fidelity)


def _from_match(match: re.Match[str], zone: tzinfo | None) -> Moment:
    parts = {key: int(text) for key in ("year", "month", "day", "hour", "minute", "second") if (text := match[key])}
    # In ISO 8601, 24:00:00 is the end of a day and second 60 a leap second; datetime accepts neither.
    ends_day = parts.get("hour") == 24 and not parts.get("minute") and not parts.get("second")
    if parts.get("second") == 60:
        parts["second"] = 59
    hour = 0 if ends_day else parts.get("hour", 0)
    micro = int((match["fraction"] or "").ljust(6, "0")[:6])
    year = parts["year"]
    if LATEST_YEAR < year < LATEST_YEAR + 600:
        raise ValueError(f"a year up to {LATEST_YEAR} ({year} looks like the Buddhist calendar: write {year - 543})")
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValueError(f"a year from {EARLIEST_YEAR} to {LATEST_YEAR}")
    naive = _make_datetime(
        year, parts.get("month", 1), parts.get("day", 1), hour, parts.get("minute", 0), parts.get("second", 0), micro
    ).replace(tzinfo=None)
    if ends_day:
        naive += timedelta(days=1)
    if "hour" not in parts:
        fidelity = Fidelity.DAY if "day" in parts else Fidelity.MONTH if "month" in parts else Fidelity.YEAR
        return _bounded_moment(naive.replace(tzinfo=UTC), fidelity)
    fidelity = Fidelity.SECOND if "second" in parts else Fidelity.MINUTE if "minute" in parts else Fidelity.HOUR
    moment = naive.replace(tzinfo=_offset(match["zone"])) if match["zone"] else _with_zone(naive, zone)
    return _bounded_moment(moment, fidelity)


def _make_datetime(*parts: int) -> datetime:
    """Return a datetime in UTC; the ValueError for an impossible date names the reason."""
    try:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]  # seven ints, then tzinfo by name
    except ValueError as error:
        raise ValueError(f"a date that exists ({error})") from None


def _offset(text: str) -> tzinfo:
    name = text.upper()
    if name in _ZONES:
        return timezone(_ZONES[name])
    if "/" in text:
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("a time zone such as +07:00 or Asia/Jakarta") from None
    match = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", name, re.ASCII)
    if match is None:
        raise ValueError(f"a time zone such as +07:00 or {', '.join(sorted(_ZONES.keys() - {'Z'}))}")
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 14 or minutes > 59:
        raise ValueError("an offset from UTC between -14:00 and +14:00")
    return timezone((1 if match[1] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def _with_zone(naive: datetime, zone: tzinfo | None) -> datetime:
    if naive.tzinfo is not None:
        return naive
    if zone is None:
        raise ValueError("a time with its zone, such as 2026-03-01T18:30+08:00 (or name the zone when converting)")
    return naive.replace(tzinfo=zone)


def _from_mail(text: str, zone: tzinfo | None) -> Moment:
    try:
        moment = parsedate_to_datetime(text[:100])
    except ValueError:
        raise ValueError(EXPECTED_TIME) from None
    return _bounded_moment(_with_zone(moment, zone), Fidelity.SECOND)


def _from_excel(number: float, zone: tzinfo | None) -> Moment:
    if not _EXCEL_FIRST <= number <= _EXCEL_LAST:
        raise ValueError(EXPECTED_TIME)
    days = int(number)
    if number == days:
        return _bounded_moment(_EXCEL_EPOCH + timedelta(days=days), Fidelity.DAY)
    seconds = round((number - days) * 86_400)
    naive = (_EXCEL_EPOCH + timedelta(days=days, seconds=seconds)).replace(tzinfo=None)
    return _bounded_moment(_with_zone(naive, zone), Fidelity.SECOND)


def _bounded_moment(moment: datetime, fidelity: Fidelity) -> Moment:
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ValueError(f"a year from {EARLIEST_YEAR} to {LATEST_YEAR}")
    return Moment(moment, fidelity)
