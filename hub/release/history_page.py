"""The history of a report for a reader outside the CERT, such as the victim's lawyer: as text, and as an HTML page.

The page is self-contained: no script, no style sheet, no image. Every text is escaped. What stayed at the CERT is counted by
reason and not repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from hub.release import layout
from hub.release.history import CONSENT, AudienceHistory, HistoryEvent
from hub.release.preview import PreviewRow

_STYLE: Final = (
    "body{font:16px/1.45 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}"
    "th,td{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "th{background:#eee}h2{margin-top:2em}"
)
_RECALL: Final = "Copies that others had fetched before a withdrawal cannot be recalled; the revocations tell their tools to drop them."
_INTRODUCTION: Final = (
    "It says what left the CERT, when, to whom, under which consent, and who approved what, and why. What stayed at the "
    "CERT is counted, not repeated."
)
NO_OFFICER: Final = "nobody: nothing needed an approval"


def render_text(report_id: str, author: str, audiences: Sequence[AudienceHistory], width: int) -> str:
    """The history for a terminal."""
    lines = [f"Record of report {report_id}, kept by {author}"]
    for audience in audiences:
        lines += ["", f"TO {audience.title} ({audience.profile}; collection {audience.collection})"]
        for event in audience.events:
            lines += ["", f"{event.at}  {'withdrawn' if event.withdrawn else 'released'}"]
            for name, text in _facts(event):
                lines += layout.paragraph(f"{name}: {text}", width, first="  ", indent="    ")
            for place, text in _released_values(event.released_rows):
                lines += layout.paragraph(f"{place}: {text}", width, first="    ", indent="      ")
        lines += ["", "  Objects released, in their newest version:"]
        for item in audience.objects:
            state = "revoked" if item.revoked else "current"
            text = f"{item.type} {item.id}: {item.name} ({state}, {item.modified})"
            lines += layout.paragraph(text, width, first="    ", indent="      ")
        if audience.observable_ids:
            lines += layout.paragraph(
                "observables: " + ", ".join(audience.observable_ids), width, first="    ", indent="      "
            )
    return "\n".join(lines) + "\n"


def render_html(report_id: str, author: str, audiences: Sequence[AudienceHistory], print_time: str) -> str:
    """The history as one page."""
    title = f"Record of report {report_id}"
    return "".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style></head><body>\n",
            f"<h1>{escape(title)}</h1>\n",
            f"<p>Kept by {escape(author)}; printed {escape(print_time)}. Times are UTC. {_INTRODUCTION}</p>\n",
            *(part for audience in audiences for part in _audience(audience)),
            f"<p>{_RECALL}</p>\n</body></html>\n",
        ]
    )


def _audience(audience: AudienceHistory) -> Iterator[str]:
    yield f"<h2>To {escape(audience.title)}</h2>\n"
    yield f"<p>Release profile {escape(audience.profile)}; collection {escape(audience.collection)}.</p>\n"
    for event in audience.events:
        yield f"<h3>{'Withdrawn' if event.withdrawn else 'Released'} on {escape(event.at)}</h3>\n"
        yield _table(("What", ""), _facts(event))
        if event.released_rows:
            yield "<p>What left, as it left:</p>\n"
            yield _table(("What", "As it left"), _released_values(event.released_rows))
    yield "<h3>Objects released, in their newest version</h3>\n"
    yield _table(
        ("Type", "Name", "State", "Version", "Id"),
        (
            (item.type, item.name, "revoked" if item.revoked else "current", item.modified, item.id)
            for item in audience.objects
        ),
    )
    if audience.observable_ids:
        yield "<p>Observables in the collection:</p>\n"
        yield _table(("Id",), ((identifier,) for identifier in audience.observable_ids))


def _facts(event: HistoryEvent) -> Iterator[tuple[str, str]]:
    if event.hub:
        yield "At the hub", event.hub
    if event.withdrawn:
        yield "Withdrawal", "every object was revoked, and observables were deleted"
        return
    yield "Consent", CONSENT.get(event.consent, event.consent)
    if event.named_by:
        yield "Consent to being named, recorded by", event.named_by
    if event.source_level:
        yield "The source agreed to a marking of", event.source_level
    yield "Approved by", event.officer or NO_OFFICER
    for approval in event.approvals:
        words = f"“{approval.text}” " if approval.text else ""
        place = f"{approval.place}, " if approval.place else ""
        reason_clause = f"; the reason given: {approval.despite}" if approval.despite else ""
        yield f"Decision of {event.officer}", f"{words}({place}key {approval.key}): {approval.decision}{reason_clause}"
    for reason, count in event.stay_counts.items():
        yield "Stayed", f"{count:,}: {reason}"


def _released_values(rows: Iterable[PreviewRow]) -> Iterator[tuple[str, str]]:
    return ((row.place, row.leaves or "") for row in rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table><tr>{cells}</tr>\n{body}</table>\n"
