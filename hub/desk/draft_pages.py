"""Pages for a report before it is sent: what was read, what stays and what leaves, the officer's confirmation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import flask
import orjson

from hub.desk import fields, frame, new_pages
from hub.desk.drafts import Answer, Draft
from hub.desk.receiver import facts, level, received
from hub.desk.work import Desk, Look, Looks, Reading, shown_value, zone_of
from hub.errors import HubError, UnprocessableError
from hub.home import OUTBOX
from hub.pages.texts import gettext
from hub.producer.outbox import Outbox
from hub.release.policy import Decision, text_key
from hub.release.preview import PreviewRow
from hub.reports.read import FORMATS

HELD_MOST: Final = 100  # that one page asks about; the next ones come once these are decided
ROWS_MOST: Final = 300  # of one report, that one column of a page shows
LOOKS_MOST: Final = 20  # reports that one page shows in full
ERRORS_MOST: Final = 200  # rows that one page lists
WARNINGS_MOST: Final = 50
UNUSED_MOST: Final = 100
TEXT_BYTES: Final = 256 * 1024  # of a file that may be mended as a text
NAME_CHARACTERS: Final = 120
REASON_CHARACTERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Held:
    """A text or value that an officer has to decide about, or has decided about, as the page shows it."""

    number: int
    report_id: str
    row: PreviewRow
    value: str
    shown: str  # what tells that the page showed this very value
    answer: Answer | None
    may_leave_alone: bool


def read_page(draft_id: str) -> flask.Response:
    """GET /report/<id>/: what was read, and what was not."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    reading = desk.read(draft)
    return frame.render(
        "read.html",
        draft=draft,
        reading=reading,
        broken=_broken(reading),
        warnings=[(report.report_id, text) for report in reading.reports for text in report.warnings][:WARNINGS_MOST],
        unused=[(report.report_id, value) for report in reading.reports for value in report.unused][:UNUSED_MOST],
        text=_text(desk, draft, reading),
        **_choices(desk),
    )


def keep_settings(draft_id: str) -> flask.Response:
    """POST /report/<id>/settings: how it is read, where it goes, who decides."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    values: dict[str, Any] = {
        "to": frame.field("to", NAME_CHARACTERS) or draft.to,
        "zone": frame.field("zone", NAME_CHARACTERS),
        "tlp": _one_of("tlp", fields.TLP_WORDS, draft.tlp),
        "format": _one_of("format", FORMATS, ""),
        "encoding": frame.field("encoding", NAME_CHARACTERS),
    }
    zone_of(values["zone"])
    draft = desk.drafts.change(draft.id, **values)
    _remember(desk, draft)
    return frame.see(f"/report/{draft.id}/{frame.field('back', 20) if frame.field('back', 20) == 'release' else ''}")


def mend_text(draft_id: str) -> flask.Response:
    """POST /report/<id>/text: another text in the place of the file."""
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
    return _released(desk, draft, "")


def decide(draft_id: str) -> flask.Response:
    """POST /report/<id>/release: keep what the officer decided, then show what leaves now."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    officer = frame.field("officer", NAME_CHARACTERS)
    values: dict[str, Any] = {
        "officer": officer,
        "leave": _one_of("leave", fields.TLP_WORDS, ""),
        "named_by": frame.field("named_by", NAME_CHARACTERS),
        "to": frame.field("to", NAME_CHARACTERS) or draft.to,
    }
    looks = desk.look(draft, desk.read(draft), datetime.now(UTC))
    rows = {row.key: row for look in looks.looks for row in look.preview.rows if row.key}
    values["answers"] = _answers(draft, rows)
    if (values["answers"] or values["leave"] or values["named_by"]) and not officer:
        # nothing is lost of what was chosen; nothing counts either until there is a name
        return _released(
            desk, draft, gettext("A decision needs a name: write who decides."), new_answers=values["answers"]
        )
    draft = desk.drafts.change(draft.id, **values)
    _remember(desk, draft)
    return frame.see(f"/report/{draft.id}/release#{'held' if _open(desk, draft) else 'next'}")


def _open(desk: Desk, draft: Draft) -> bool:
    looks = desk.look(draft, desk.read(draft), datetime.now(UTC))
    return any(look.preview.held() for look in looks.looks)


def _answers(draft: Draft, rows: Mapping[str, PreviewRow]) -> dict[str, Answer]:
    """The answers with those of this form. What was shown beside another value than stands there now decides nothing."""
    answers = dict(draft.answers)
    form = flask.request.form
    for number in range(HELD_MOST * 2):
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
    """GET /report/<id>/send: all that leaves, as receivers will see it, before the final yes. It is sealed."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    reading = desk.read(draft)
    now = datetime.now(UTC)
    looks = desk.look(draft, reading, now)
    if looks.stale or not looks.leaving:
        return frame.see(f"/report/{draft.id}/release")
    draft = desk.seal(draft, looks, now)
    leaving = looks.leaving
    return frame.render(
        "send.html",
        draft=draft,
        looks=[(look, received(look.contents), received(look.lone)) for look in leaving[:LOOKS_MOST]],
        count=len(leaving),
        stays=len(looks.looks) - len(leaving) + len(_places(reading)),
        first=sum(look.first for look in leaving),
        held=sum(len(look.preview.held()) for look in looks.looks),
        collection=_title(desk, draft.to),
        exercise=desk.is_drill(draft.to),
        source=_source,
        facts=facts,
        level=level,
    )


def send(draft_id: str) -> flask.Response:
    """POST /report/<id>/send: the final yes. What was sealed is sent, and nothing else."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    seal = frame.field("seal", 100)
    try:
        desk.send(draft, seal)
    except HubError as error:
        if seal and desk.drafts.draft(draft.id).agreed == seal:  # the second click of one yes
            return frame.see(f"/report/{draft.id}/done")
        return frame.render("problem.html", 409, title=gettext("Nothing was sent"), description=str(error), back=draft)
    return frame.see(f"/report/{draft.id}/done")


def done_page(draft_id: str) -> flask.Response:
    """GET /report/<id>/done: what became of it."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    reading = desk.read(draft)
    places = [(report.report_id, report.source.removeprefix(f"{draft.name}, ")) for report in reading.reports]
    waiting = bool(Outbox(desk.home / OUTBOX).waiting())
    return frame.render(
        "done.html",
        draft=draft,
        reading=reading,
        places=places[:LOOKS_MOST] if reading.mendable else [],
        waiting=waiting,
    )


def delete(draft_id: str) -> flask.Response:
    """POST /report/<id>/delete: take it from the desk."""
    frame.desk().drafts.delete(frame.desk().drafts.draft(draft_id).id)
    return frame.see("/")


def _released(
    desk: Desk, draft: Draft, problem: str, new_answers: Mapping[str, Answer] | None = None
) -> flask.Response:
    reading = desk.read(draft)
    try:
        looks = desk.look(draft, reading, datetime.now(UTC))
        if looks.stale:
            current_answers = {key: answer for key, answer in draft.answers.items() if key not in looks.stale}
            draft = desk.drafts.change(draft.id, answers=current_answers)
            problem = problem or gettext(
                "{n} decisions no longer fit, since what they were about has changed; they were dropped."
            ).format(n=len(looks.stale))
            looks = desk.look(draft, reading, datetime.now(UTC))
    except HubError as error:
        looks, problem = Looks((), 0, frozenset(), ""), str(error)
    answers = {**draft.answers, **(new_answers or {})}
    held, more = _held(looks.looks, answers)
    return frame.render(
        "release.html",
        draft=draft,
        reading=reading,
        problem=problem,
        looks=[_sides(look) for look in looks.looks[:LOOKS_MOST]],
        received=[(look, received(look.contents), received(look.lone)) for look in looks.leaving[:LOOKS_MOST]],
        leaving=len(looks.leaving),
        total=len(looks.looks),
        undecided=looks.undecided,
        held=held,
        more=more,
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
    """One report in two columns: what stays at the CERT, and what leaves, each with the reason. `cut` counts omitted rows."""

    look: Look
    stays: tuple[PreviewRow, ...]
    leaves: tuple[PreviewRow, ...]
    cut: int


def _sides(look: Look) -> Sides:
    stays = [row for row in look.preview.rows if row.leaves is None and not (row.held and not row.refused)]
    leaves = [row for row in look.preview.rows if row.leaves is not None]
    leaves.sort(key=lambda row: row.outcome != "changed")  # what was changed first: the rest is as it stands
    cut = max(0, len(stays) - ROWS_MOST) + max(0, len(leaves) - ROWS_MOST)
    return Sides(look, tuple(stays[:ROWS_MOST]), tuple(leaves[:ROWS_MOST]), cut)


def _held(looks: Sequence[Look], answers: Mapping[str, Answer]) -> tuple[list[Held], int]:
    """The undecided items, then the decided ones, each key once; and how many more there are."""
    rows: dict[str, tuple[str, PreviewRow]] = {}
    for look in looks:
        for row in look.preview.rows:
            if row.key and not row.refused:
                rows.setdefault(row.key, (look.report.report_id, row))
    ordered = sorted(rows.items(), key=lambda item: (item[0] in answers and not item[1][1].insist, not item[1][1].held))
    held = [
        Held(
            number=number,
            report_id=report_id,
            row=row,
            value=shown_value(row),
            shown=text_key(shown_value(row)),
            answer=answers.get(key),
            may_leave_alone=not row.path,
        )
        for number, (key, (report_id, row)) in enumerate(ordered[:HELD_MOST])
    ]
    return held, max(0, len(ordered) - HELD_MOST)


def _broken(reading: Reading) -> list[tuple[str, list[Any], bool]]:
    """(place, errors, whether the row can be mended in the form) of each row that is no report."""
    places: dict[str, list[Any]] = {}
    for error in reading.errors:
        places.setdefault(error.place, []).append(error)
    can = reading.mendable
    return [
        (
            where,
            errors,
            can
            and not where.startswith(("after ", "sheet "))
            and any(problem.report_id or problem.key for problem in errors),
        )
        for where, errors in list(places.items())[:ERRORS_MOST]
    ]


def _places(reading: Reading) -> set[str]:
    return {error.place for error in reading.errors}


def _text(desk: Desk, draft: Draft, reading: Reading) -> str:
    """The file as a text to be mended, where it is one, and short enough, and has something to mend."""
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
    """The choices on the settings form. Without collections, if the hub cannot be reached and never could."""
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


def _one_of(name: str, words: Sequence[str], default: str) -> str:
    word = frame.field(name, NAME_CHARACTERS)
    return word if word in words else default


def _remember(desk: Desk, draft: Draft) -> None:
    desk.drafts.remember(new_pages.LAST, {"to": draft.to, "zone": draft.zone, "officer": draft.officer})


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
