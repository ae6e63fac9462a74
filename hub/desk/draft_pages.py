"""Pages for a draft before it is sent: its reports, what stays and what leaves, the officer's confirmation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import flask
import orjson

from hub.desk import fields, frame, new_pages
from hub.desk.drafts import Answer, Draft
from hub.desk.receiver import facts, level, sort_bundle
from hub.desk.work import Desk, OutgoingReport, OutgoingReports, Reading, shown_value, zone_of
from hub.errors import HubError, UnprocessableError
from hub.home import OUTBOX
from hub.pages.texts import gettext
from hub.producer.outbox import Outbox
from hub.release.policy import Decision, text_key
from hub.release.preview import PreviewRow
from hub.reports.read import FORMATS

MAX_HELD: Final = 100  # held items on one page; the next ones are shown after these are decided
MAX_ROWS: Final = 300  # of one report in one column of a page
MAX_REPORTS: Final = 20  # reports that one page shows in full
MAX_ERRORS: Final = 200  # rows with errors on one page
MAX_WARNINGS: Final = 50
MAX_UNUSED: Final = 100
TEXT_BYTES: Final = 256 * 1024  # of a file that can be edited as a text
NAME_CHARACTERS: Final = 120
REASON_CHARACTERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Held:
    """A text or value that an officer has to decide about, or has decided about, as the page shows it."""

    number: int
    report_id: str
    row: PreviewRow
    value: str
    value_digest: str  # of the value on the page, so that a decision applies only to that value
    answer: Answer | None
    may_leave_alone: bool


def read_page(draft_id: str) -> flask.Response:
    """GET /report/<id>/: the reports in the file, and the rows that cannot be read."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    reading = desk.read(draft)
    return frame.render(
        "read.html",
        draft=draft,
        reading=reading,
        broken=_unreadable_rows(reading),
        warnings=[(report.report_id, text) for report in reading.reports for text in report.warnings][:MAX_WARNINGS],
        unused=[(report.report_id, value) for report in reading.reports for value in report.unused][:MAX_UNUSED],
        text=_text(desk, draft, reading),
        **_choices(desk),
    )


def keep_settings(draft_id: str) -> flask.Response:
    """POST /report/<id>/settings: save how the file is read, its collection, and who decides."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    values: dict[str, Any] = {
        "to": frame.field("to", NAME_CHARACTERS) or draft.to,
        "zone": frame.field("zone", NAME_CHARACTERS),
        "tlp": _choice("tlp", fields.TLP_WORDS, draft.tlp),
        "format": _choice("format", FORMATS, ""),
        "encoding": frame.field("encoding", NAME_CHARACTERS),
    }
    zone_of(values["zone"])
    draft = desk.drafts.change(draft.id, **values)
    _remember_settings(desk, draft)
    return frame.see(f"/report/{draft.id}/{frame.field('back', 20) if frame.field('back', 20) == 'release' else ''}")


def mend_text(draft_id: str) -> flask.Response:
    """POST /report/<id>/text: replace the file by the edited text."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    text = flask.request.form.get("text", "").replace("\r\n", "\n")
    if not text.strip():
        raise UnprocessableError(gettext("The text is empty, so nothing was changed."))
    desk.drafts.put_body(draft.id, text.encode("utf-8", "replace"))
    return frame.see(f"/report/{draft.id}/")


def release_page(draft_id: str) -> flask.Response:
    """GET /report/<id>/release: what stays, what leaves, what needs a decision."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    return _release_response(desk, draft, "")


def decide(draft_id: str) -> flask.Response:
    """POST /report/<id>/release: save the officer's decisions, then show what leaves now."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    officer = frame.field("officer", NAME_CHARACTERS)
    values: dict[str, Any] = {
        "officer": officer,
        "leave": _choice("leave", fields.TLP_WORDS, ""),
        "named_by": frame.field("named_by", NAME_CHARACTERS),
        "to": frame.field("to", NAME_CHARACTERS) or draft.to,
    }
    outgoing = desk.preview(draft, desk.read(draft), datetime.now(UTC))
    rows = {row.key: row for report in outgoing.reports for row in report.preview.rows if row.key}
    values["answers"] = _answers(draft, rows)
    if (values["answers"] or values["leave"] or values["named_by"]) and not officer:
        # show the form again with the decisions; they are not saved without a name
        return _release_response(
            desk, draft, gettext("A decision needs a name: write who decides."), new_answers=values["answers"]
        )
    draft = desk.drafts.change(draft.id, **values)
    _remember_settings(desk, draft)
    return frame.see(f"/report/{draft.id}/release#{'held' if _has_held(desk, draft) else 'next'}")


def _has_held(desk: Desk, draft: Draft) -> bool:
    outgoing = desk.preview(draft, desk.read(draft), datetime.now(UTC))
    return any(report.preview.held() for report in outgoing.reports)


def _answers(draft: Draft, rows: Mapping[str, PreviewRow]) -> dict[str, Answer]:
    """The draft's answers with those of this form. A decision about a value that has changed meanwhile is ignored."""
    answers = dict(draft.answers)
    form = flask.request.form
    for number in range(MAX_HELD * 2):
        key = form.get(f"key-{number}")
        if key is None or key not in rows:
            continue
        value = shown_value(rows[key])
        word = form.get(f"decision-{number}", "")
        if text_key(value) != form.get(f"shown-{number}"):
            continue
        if word not in tuple(Decision):
            answers.pop(key, None)
            continue
        despite = frame.field(f"despite-{number}", REASON_CHARACTERS)
        answers[key] = Answer(word, value, despite if word != Decision.KEEP else "")
    return answers


def confirm_page(draft_id: str) -> flask.Response:
    """GET /report/<id>/send: show everything that leaves, as receivers will see it, and seal it for the confirmation."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    reading = desk.read(draft)
    now = datetime.now(UTC)
    outgoing = desk.preview(draft, reading, now)
    if outgoing.stale or not outgoing.leaving_reports:
        return frame.see(f"/report/{draft.id}/release")
    draft = desk.seal(draft, outgoing, now)
    leaving = outgoing.leaving_reports
    return frame.render(
        "send.html",
        draft=draft,
        bundles=[(report, sort_bundle(report.contents), sort_bundle(report.lone)) for report in leaving[:MAX_REPORTS]],
        count=len(leaving),
        stays=len(outgoing.reports) - len(leaving) + len(_places(reading)),
        first=sum(report.first for report in leaving),
        held=sum(len(report.preview.held()) for report in outgoing.reports),
        collection=_title(desk, draft.to),
        exercise=desk.is_drill(draft.to),
        source=_source,
        facts=facts,
        level=level,
    )


def send(draft_id: str) -> flask.Response:
    """POST /report/<id>/send: the officer's confirmation. Send what was sealed, and nothing else."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    seal = frame.field("seal", 100)
    try:
        desk.send(draft, seal)
    except HubError as error:
        if seal and desk.drafts.draft(draft.id).agreed == seal:  # the second click of one confirmation
            return frame.see(f"/report/{draft.id}/done")
        return frame.render("problem.html", 409, title=gettext("Nothing was sent"), description=str(error), back=draft)
    return frame.see(f"/report/{draft.id}/done")


def done_page(draft_id: str) -> flask.Response:
    """GET /report/<id>/done: the result of sending."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    reading = desk.read(draft)
    places = [(report.report_id, report.source.removeprefix(f"{draft.name}, ")) for report in reading.reports]
    waiting = bool(Outbox(desk.home / OUTBOX).waiting())
    return frame.render(
        "done.html",
        draft=draft,
        reading=reading,
        places=places[:MAX_REPORTS] if reading.mendable else [],
        waiting=waiting,
    )


def delete(draft_id: str) -> flask.Response:
    """POST /report/<id>/delete: delete the draft."""
    frame.desk().drafts.delete(frame.desk().drafts.draft(draft_id).id)
    return frame.see("/")


def _release_response(
    desk: Desk, draft: Draft, problem: str, new_answers: Mapping[str, Answer] | None = None
) -> flask.Response:
    reading = desk.read(draft)
    try:
        outgoing = desk.preview(draft, reading, datetime.now(UTC))
        if outgoing.stale:
            current_answers = {key: answer for key, answer in draft.answers.items() if key not in outgoing.stale}
            draft = desk.drafts.change(draft.id, answers=current_answers)
            problem = problem or gettext(
                "{n} decisions no longer fit, since what they were about has changed; they were dropped."
            ).format(n=len(outgoing.stale))
            outgoing = desk.preview(draft, reading, datetime.now(UTC))
    except HubError as error:
        outgoing, problem = OutgoingReports((), 0, frozenset(), ""), str(error)
    answers = {**draft.answers, **(new_answers or {})}
    held_items, more_count = _held_items(outgoing.reports, answers)
    return frame.render(
        "release.html",
        draft=draft,
        reading=reading,
        problem=problem,
        sides=[_sides(report) for report in outgoing.reports[:MAX_REPORTS]],
        bundles=[
            (report, sort_bundle(report.contents), sort_bundle(report.lone))
            for report in outgoing.leaving_reports[:MAX_REPORTS]
        ],
        leaving=len(outgoing.leaving_reports),
        total=len(outgoing.reports),
        undecided=outgoing.undecided,
        held=held_items,
        more=more_count,
        broken=len(_places(reading)),
        exercise=desk.is_drill(draft.to),
        named=any(str(report.consent or "") == "named" for report in reading.reports),
        source=_source,
        facts=facts,
        level=level,
        **_choices(desk),
    )


@dataclass(frozen=True, slots=True)
class Sides:
    """One report in two columns: what stays at the CERT, and what leaves, each with the reason, and how many rows are left out."""

    outgoing: OutgoingReport
    staying_rows: tuple[PreviewRow, ...]
    leaving_rows: tuple[PreviewRow, ...]
    omitted_count: int


def _sides(outgoing: OutgoingReport) -> Sides:
    staying_rows = [row for row in outgoing.preview.rows if row.leaves is None and not (row.held and not row.refused)]
    leaving_rows = [row for row in outgoing.preview.rows if row.leaves is not None]
    leaving_rows.sort(key=lambda row: row.outcome != "changed")  # changed values first
    omitted_count = max(0, len(staying_rows) - MAX_ROWS) + max(0, len(leaving_rows) - MAX_ROWS)
    return Sides(outgoing, tuple(staying_rows[:MAX_ROWS]), tuple(leaving_rows[:MAX_ROWS]), omitted_count)


def _held_items(outgoing: Sequence[OutgoingReport], answers: Mapping[str, Answer]) -> tuple[list[Held], int]:
    """The undecided items, then the decided ones, each key once; and how many more there are than MAX_HELD."""
    rows: dict[str, tuple[str, PreviewRow]] = {}
    for outgoing_report in outgoing:
        for row in outgoing_report.preview.rows:
            if row.key and not row.refused:
                rows.setdefault(row.key, (outgoing_report.report.report_id, row))
    ordered = sorted(rows.items(), key=lambda item: (item[0] in answers and not item[1][1].insist, not item[1][1].held))
    held_items = [
        Held(
            number=number,
            report_id=report_id,
            row=row,
            value=shown_value(row),
            value_digest=text_key(shown_value(row)),
            answer=answers.get(key),
            may_leave_alone=not row.path,
        )
        for number, (key, (report_id, row)) in enumerate(ordered[:MAX_HELD])
    ]
    return held_items, max(0, len(ordered) - MAX_HELD)


def _unreadable_rows(reading: Reading) -> list[tuple[str, list[Any], bool]]:
    """(place, errors, whether the form can correct the row) of each row that cannot be read."""
    places: dict[str, list[Any]] = {}
    for error in reading.errors:
        places.setdefault(error.place, []).append(error)
    can_mend = reading.mendable
    return [
        (
            place,
            errors,
            can_mend
            and not place.startswith(("after ", "sheet "))
            and any(problem.report_id or problem.key for problem in errors),
        )
        for place, errors in list(places.items())[:MAX_ERRORS]
    ]


def _places(reading: Reading) -> set[str]:
    return {error.place for error in reading.errors}


def _text(desk: Desk, draft: Draft, reading: Reading) -> str:
    """The file as a text to edit, if it has errors, is a text, and is short enough; else ""."""
    if reading.format == "xlsx" or not (reading.errors or reading.failure):
        return ""
    body = desk.drafts.body(draft)
    if len(body) > TEXT_BYTES:
        return ""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""


def _choices(desk: Desk) -> dict[str, Any]:
    """The choices on the settings form; without collections if the hub was never reached."""
    try:
        collections = [(collection.alias or collection.id, collection.title) for collection in desk.collections()]
        problem = ""
    except HubError as error:
        collections, problem = [], str(error)
    return {"collections": collections, "away": problem, "levels": fields.TLP_WORDS, "formats": FORMATS}


def _title(desk: Desk, name: str) -> str:
    try:
        return next(
            (
                collection.title
                for collection in desk.collections()
                if name in (collection.id, collection.alias, collection.title)
            ),
            name,
        )
    except HubError:
        return name


def _choice(name: str, words: Sequence[str], default: str) -> str:
    word = frame.field(name, NAME_CHARACTERS)
    return word if word in words else default


def _remember_settings(desk: Desk, draft: Draft) -> None:
    desk.drafts.save_values(new_pages.LAST, {"to": draft.to, "zone": draft.zone, "officer": draft.officer})


def _source(contents: Sequence[Mapping[str, Any]]) -> str:
    """The objects as they are sent."""
    return orjson.dumps(list(contents), option=orjson.OPT_INDENT_2).decode()


ADDRESSES: Final = (
    ("/report/<draft_id>/", read_page, ("GET",)),
    ("/report/<draft_id>/settings", keep_settings, ("POST",)),
    ("/report/<draft_id>/text", mend_text, ("POST",)),
    ("/report/<draft_id>/release", release_page, ("GET",)),
    ("/report/<draft_id>/release", decide, ("POST",)),
    ("/report/<draft_id>/send", confirm_page, ("GET",)),
    ("/report/<draft_id>/send", send, ("POST",)),
    ("/report/<draft_id>/done", done_page, ("GET",)),
    ("/report/<draft_id>/delete", delete, ("POST",)),
)
