"""X-ARF reports as version 4, checked by the `xarf` package; version 3 is converted."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping
from typing import Any

import orjson
from xarf import XARFParseError, parse
from xarf.v3_compat import convert_v3_to_v4, is_v3_report

from hub.reports.losses import excerpt
from hub.reports.reading.draft import Draft, Problem


def as_version_4(value: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """The report as version 4, as the package checked it. Version 3 lacks fields that 4 requires: those are forgiven."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package warns that version 3 is old; senders still use it
            if is_v3_report(value):
                return _from_version_3(value)
            result = parse(value)
    except XARFParseError as error:
        raise Problem("Report", "a report of version 3", str(error)) from None
    except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
        raise Problem("", type(error).__name__, "an X-ARF report in the shape of its schema") from None
    if result.errors:
        fault = result.errors[0]
        found = value.get(fault.field) if fault.field in value else "none"
        raise Problem(fault.field or "report", found, f"X-ARF 4 ({excerpt(fault.message)})")
    for warning in result.warnings:
        if "unknown" not in warning.message.casefold():
            draft.warn(warning.message)
    return value


def _from_version_3(value: dict[str, Any]) -> dict[str, Any]:
    report = dict(value["Report"])
    extra = report.get("AdditionalInfo") or {}
    if not isinstance(extra, Mapping):
        raise Problem("Report.AdditionalInfo", extra, "a mapping")
    for key, other in (
        ("Protocol", "Protocol"),
        ("DestinationIp", "DestinationIP"),
        ("DestinationPort", "DestinationPort"),
    ):
        if not report.get(key) and extra.get(other):
            report[key] = extra[other]
    made: dict[str, Any] = convert_v3_to_v4({**value, "Report": report})
    # The converter makes a new id each time; the same report must keep one.
    made["report_id"] = "v3-" + hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
    for key, item in extra.items():
        made.setdefault(_snake(str(key)), item)
    return made


def _snake(name: str) -> str:
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    return {"c2_server": "c2_server", "c2server": "c2_server", "smtpfrom": "smtp_from", "smtp_from": "smtp_from"}.get(
        text, text
    )
