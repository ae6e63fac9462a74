"""X-ARF mails (RFC 5322): the report is a part of the mail, as YAML in version 0.2 and as JSON in versions 3 and 4.

1. The text for people comes first. 2. Then the report: JSON, or lines of `Key: value` with a Report-Type. 3. What is left
is evidence: it is named by its type and stays at the CERT. A mail inside the mail is evidence, too. A mail may hold several
reports, and an mbox file several mails.
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
"""Parts of one mail that are looked at."""
_SEPARATOR: Final = re.compile(rb"From \S+ .*\b\d{4}\b")
_QUOTED: Final = re.compile(rb">+From ")
_LINE: Final = re.compile(r"(?P<key>[A-Za-z][\w-]{1,40})\s*:\s*(?P<value>.*)", re.ASCII)
_NOTES_CHARS: Final = 4_000


def read_mails(source: Source) -> Iterator[tuple[str, Any]]:
    """The reports of a mail, or of each mail of an mbox file; a BadValue for a mail that holds none."""
    if not as_utf8(source.head).lstrip().startswith(b"From "):
        yield from _read_mail("mail", read_whole(source))
        return
    for number, data in enumerate(_mbox(source), start=1):
        yield from _read_mail(f"mail {number}", data)


def _mbox(source: Source) -> Iterator[bytes]:
    """The mails of an mbox file (RFC 4155): each begins with a line `From sender date`, the first or after an empty one."""
    lines: list[bytes] = []
    size = 0
    is_after_blank = True
    while line := source.stream.readline(MAX_LINE_BYTES):
        if is_after_blank and _SEPARATOR.match(line):
            if any(map(bytes.strip, lines)):  # and no empty lines above the first mail
                yield b"".join(lines)
            lines, size = [], 0
        else:
            size += len(line)
            if size > MAX_DOCUMENT_BYTES:
                raise ReadingError(f"{source.name}: has a mail of more than {MAX_DOCUMENT_BYTES // MIB} MiB; split it")
            lines.append(line[1:] if _QUOTED.match(line) else line)
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
    """The parts of a mail that are no containers, without looking into mails inside it."""
    messages: list[EmailMessage] = []
    waiting = [message]
    while waiting and len(messages) < MAX_PARTS:
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart":
            waiting[:0] = [item for item in part.iter_parts() if isinstance(item, EmailMessage)]
        else:
            messages.append(part)
    return messages


def _text(part: EmailMessage) -> str:
    try:
        content = part.get_content()
    except (LookupError, UnicodeError, ValueError, KeyError):
        content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return content.decode("utf-8", "replace")
    return str(content or "")


def _report_in(part: EmailMessage) -> dict[str, Any] | None:
    """The report that a part holds; None where it holds none."""
    if part.get_content_maintype() not in {"text", "application"} or part.get_content_type() == "text/html":
        return None
    text = _text(part).lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        try:
            value = orjson.loads(text)
        except ValueError:
            return None
        known = isinstance(value, dict) and ("xarf_version" in value or "Report" in value)
        return value if known else None
    return _lines(text)


def _lines(text: str) -> dict[str, Any] | None:
    """The flat YAML of version 0.2; None where the text is none."""
    report: dict[str, Any] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match:
            report.setdefault(match["key"].title(), match["value"].strip().strip("'\"") or None)
        elif line.strip() not in {"", "---", "..."} and not line.startswith("#"):
            return None
    return report if "Report-Type" in report and "Source" in report else None
