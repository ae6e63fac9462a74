"""X-ARF mails (RFC 5322): the report is a part of the mail, as YAML in version 0.2 and as JSON in versions 3 and 4.

1. The text for people comes first. 2. Then the report: JSON, or lines of `Key: value` with a Report-Type. 3. What is left
is evidence: it is named by its type and stays at the CERT. A mail inside the mail is evidence, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, Final

import orjson

from hub.reports.losses import excerpt
from hub.reports.reading.source import BadValue, Source, checked, read_whole

MAX_PARTS: Final = 100
"""Parts of one mail that are looked at."""
_LINE: Final = re.compile(r"(?P<key>[A-Za-z][\w-]{1,40})\s*:\s*(?P<value>.*)", re.ASCII)
_NOTES_CHARS: Final = 4_000


def read_mail(source: Source) -> Iterator[tuple[str, Any]]:
    """The report of a mail as one record; a BadValue where the mail holds none."""
    message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(read_whole(source))
    report: dict[str, Any] | None = None
    notes: list[str] = []
    evidence: list[dict[str, str]] = []
    for part in _parts(message):
        content = None if report is not None else _report_in(part)
        if content is not None:
            report = content
        elif part.get_content_type() == "text/plain" and not part.get_filename() and not notes:
            notes.append(_text(part).strip()[:_NOTES_CHARS])
        else:
            evidence.append({"type": part.get_content_type(), "name": str(part.get_filename() or "")})
    if report is None:
        subject = excerpt(message.get("Subject", "a mail"))
        yield "mail", BadValue("mail", subject, "a part that is an X-ARF report: JSON, or YAML with a Report-Type")
        return
    report.setdefault("MailText", notes[0] if notes else None)
    report.setdefault("MailParts", evidence)
    yield checked("mail", report)


def _parts(message: EmailMessage) -> list[EmailMessage]:
    """The parts of a mail that are no containers, without looking into mails inside it."""
    found: list[EmailMessage] = []
    waiting = [message]
    while waiting and len(found) < MAX_PARTS:
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart":
            waiting[:0] = [item for item in part.iter_parts() if isinstance(item, EmailMessage)]
        else:
            found.append(part)
    return found


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
