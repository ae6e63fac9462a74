"""Detect the format of a report from its content; the name of the file is used only if the content is not enough."""

from __future__ import annotations

import re
from typing import Final

from hub.reports.reading.source import as_utf8, is_mail, shallow_keys

FORMATS: Final = ("csv", "xlsx", "yaml", "json", "misp", "intelmq", "n6", "iodef", "xarf", "veris")
"""The values of ``--format``; the first four are the form. ``iodef`` is XML or JSON, ``intelmq`` JSON or CSV."""

_MISP_EVENT: Final = {"info", "threat_level_id", "analysis", "Attribute", "Object", "orgc_id", "Orgc", "distribution"}
# Keys with dots, or with underscores, as databases store them.
_INTELMQ: Final = re.compile(r"(?:source|destination|time|feed|classification|event_description|protocol)[._][a-z_.]+")
_MISP_DUMP: Final = frozenset({"category", "type", "value", "to_ids"})
_HEADING_LINES: Final = 20  # a title may stand above the headings
_VERIS: Final = {"security_incident", "incident_id", "schema_version", "actor", "action", "asset", "victim"}
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def detect_format(head: bytes, name: str = "") -> str | None:
    """Return the format (one of FORMATS) of a file that begins with ``head``, at most 64 KiB; None if it is unknown."""
    if head.startswith((b"PK\x03\x04", _OLE)):
        return "xlsx"
    text = as_utf8(head).lstrip()
    if text.startswith(b"<"):
        return "iodef" if re.search(rb"<(?:[\w.-]+:)?IODEF-Document[\s>/]", text) else None
    if text.startswith((b"{", b"[")):
        return _detect_json(text)
    if is_mail(text):
        return "xarf"
    return _detect_text(text.decode("utf-8", "replace"), name)


def _detect_json(head: bytes) -> str | None:
    keys, inner_keys = shallow_keys(head)
    if "xarf_version" in keys or {"Version", "ReporterInfo", "Report"} <= keys:
        return "xarf"
    if "Event" in keys or "response" in keys or len(keys & _MISP_EVENT) >= 2 or keys == {"Object"}:
        return "misp"
    if {"restriction", "category", "source"} <= keys:
        return "n6"
    if "classification.type" in keys or sum(bool(_INTELMQ.match(key)) for key in keys) >= 2:
        return "intelmq"
    if {"classification", "feed"} <= keys or {"classification", "time"} <= keys:  # hierarchical output
        return "intelmq"
    if "Incident" in keys:
        return "iodef"
    if len(keys & _VERIS) >= 3 or ("incident" in keys and len(inner_keys & _VERIS) >= 2):
        return "veris"
    return "json" if "report_id" in keys or "incident_class" in keys else None


def _detect_text(text: str, name: str) -> str | None:
    lines = [line for line in text.splitlines() if line.strip()][:_HEADING_LINES]
    for line, delimiter in ((line, delimiter) for line in lines for delimiter in ",;\t|"):
        columns = {"_".join(cell.strip().strip('"').casefold().split()) for cell in line.split(delimiter)}
        if len(columns) > 1:
            if "report_id" in columns:
                return "csv"
            if sum(bool(_INTELMQ.fullmatch(column)) for column in columns) >= 2:
                return "intelmq"
            if columns >= _MISP_DUMP:
                return "misp"
    if re.search(r"^(?:- +)?['\"]?(?:report_id|incident_class|title)['\"]? *:", text, re.MULTILINE):
        return "yaml"
    lower = name.casefold()
    if lower.endswith((".yaml", ".yml")):
        return "yaml"
    return "csv" if lower.endswith((".csv", ".tsv")) else None
