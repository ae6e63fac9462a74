"""X-ARF mails (RFC 5322): the report is a part of the mail, as YAML in version 0.2 and as JSON in versions 3 and 4.

1. The first part is text for people. 2. The report is JSON, or lines of `Key: value` with a Report-Type. 3. All other parts
are evidence: their types are noted as unused, and they stay at the CERT. An attached mail is evidence, too. A mail may
contain several reports, and an mbox file several mails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, Final

import orjson

from hub.errors import ReadingError
from hub.reports.losses import excerpt
from hub.reports.reading.options import MAX_DOCUMENT_BYTES, MAX_LINE_BYTES, MIB
from hub.reports.reading.source import BadValue, Source, as_utf8, check_value, read_whole

MAX_PARTS: Final = 100
"""Parts of one mail that are read."""
_SEPARATOR: Final = re.compile(rb"From \S+ .*\b\d{4}\b")
_QUOTED_LINE: Final = re.compile(rb">+From ")
_LINE: Final = re.compile(r"(?P<key>[A-Za-z][\w-]{1,40})\s*:\s*(?P<value>.*)", re.ASCII)
_NOTES_CHARS: Final = 4_000


def read_mails(source: Source) -> Iterator[tuple[str, Any]]:
    """Yield (place, report) for a mail or for each mail of an mbox file; a BadValue for a mail without a report."""
    if not as_utf8(source.head).lstrip().startswith(b"From "):
        yield from _read_mail("mail", read_whole(source))
        return
    for number, data in enumerate(_mbox(source), start=1):
        yield from _read_mail(f"mail {number}", data)


def _mbox(source: Source) -> Iterator[bytes]:
    """Yield the mails of an mbox file (RFC 4155). A line `From sender date` after an empty line begins the next mail."""
    lines: list[bytes] = []
    size = 0
    is_after_blank = True
    while line := source.stream.readline(MAX_LINE_BYTES):
        if is_after_blank and _SEPARATOR.match(line):
            if any(map(bytes.strip, lines)):  # skip empty lines before the first mail
                yield b"".join(lines)
            lines, size = [], 0
        else:
            size += len(line)
            if size > MAX_DOCUMENT_BYTES:
                raise ReadingError(f"{source.name}: has a mail of more than {MAX_DOCUMENT_BYTES // MIB} MiB; split it")
            lines.append(line[1:] if _QUOTED_LINE.match(line) else line)
        is_after_blank = line in {b"\n", b"\r\n"}
    if lines:
        yield b"".join(lines)


def _read_mail(place: str, data: bytes) -> Iterator[tuple[str, Any]]:
    message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(data)
    reports: list[dict[str, Any]] = []
    notes: list[str] = []
    evidence: list[dict[str, str]] = []
    for part in _parts(message):
        content = _report_in(part)
        if content is not None:
            reports.append(content)
        elif part.get_content_type() == "text/plain" and not part.get_filename() and not notes:
            notes.append(_text(part).strip()[:_NOTES_CHARS])
        else:
            evidence.append({"type": part.get_content_type(), "name": str(part.get_filename() or "")})
    if not reports:
        subject = excerpt(message.get("Subject", "a mail"))
        yield place, BadValue(place, subject, "a part that is an X-ARF report: JSON, or YAML with a Report-Type")
    for number, report in enumerate(reports, start=1):
        report.setdefault("MailText", notes[0] if notes else None)
        report.setdefault("MailParts", evidence)
        report_place = place if len(reports) == 1 else f"{place}, report {number}"
        yield check_value(report_place, report)


def _parts(message: EmailMessage) -> list[EmailMessage]:
    """Return the parts of a mail that are not multipart; an attached mail is one part."""
    parts: list[EmailMessage] = []
    queue = [message]
    while queue and len(parts) < MAX_PARTS:
        part = queue.pop(0)
        if part.get_content_maintype() == "multipart":
            queue[:0] = [item for item in part.iter_parts() if isinstance(item, EmailMessage)]
        else:
            parts.append(part)
    return parts


def _text(part: EmailMessage) -> str:
    try:
        content = part.get_content()
    except (LookupError, UnicodeError, ValueError, KeyError):
        content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return content.decode("utf-8", "replace")
    return str(content or "")


def _report_in(part: EmailMessage) -> dict[str, Any] | None:
    """Return the report in a part of the mail; None if there is none."""
    if part.get_content_maintype() not in {"text", "application"} or part.get_content_type() == "text/html":
        return None
    text = _text(part).lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        try:
            value = orjson.loads(text)
        except ValueError:
            return None
        is_report = isinstance(value, dict) and ("xarf_version" in value or "Report" in value)
        return value if is_report else None
    return _read_version_02(text)


def _read_version_02(text: str) -> dict[str, Any] | None:
    """Return the report in the flat YAML of version 0.2; None if the text is no report."""
    report: dict[str, Any] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match:
            report.setdefault(match["key"].title(), match["value"].strip().strip("'\"") or None)
        elif line.strip() not in {"", "---", "..."} and not line.startswith("#"):
            return None
    return report if "Report-Type" in report and "Source" in report else None
