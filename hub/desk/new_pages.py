"""The first page, with all drafts; new drafts from a file or the form; the form that corrects a row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import flask

from hub.desk import fields, frame
from hub.desk.drafts import Draft
from hub.desk.work import Desk, Reading, zone_of
from hub.errors import HubError, MalformedError, NotFoundError
from hub.home import OUTBOX
from hub.pages.texts import chosen_language, gettext
from hub.producer.outbox import Outbox
from hub.reports.corrections import cell_text, form_rows
from hub.reports.formats.form.columns import COLUMNS
from hub.taxii.resources import CollectionResource

CELL_CHARACTERS: Final = 100_000
LAST: Final = "desk"  # name of the saved values: the officer's last choices


def home() -> flask.Response:
    """GET /: the drafts, and the forms for a new one."""
    desk = frame.desk()
    waiting = _outbox_count(desk)
    return frame.render("home.html", drafts=desk.drafts.all(), waiting=waiting, last=_last_choices(desk))


def new_file() -> flask.Response:
    """POST /new/file: add a draft from a file."""
    desk = frame.desk()
    file = flask.request.files.get("file")
    if file is None or not file.filename:
        raise MalformedError(gettext("Choose a file first."))
    body = file.read()
    if not body:
        raise MalformedError(gettext("The file is empty."))
    draft = desk.drafts.add(file.filename, body, **_settings(desk))
    return frame.see(f"/report/{draft.id}/{'' if _needs_mending(desk, draft) else 'release'}")


def new_form() -> flask.Response:
    """GET /new/form: the empty form."""
    desk = frame.desk()
    now = datetime.now(UTC)
    country = desk.member().country
    values = {
        "report_id": f"{country}-{now:%Y%m%d-%H%M%S}",
        "stage": "early",
        "status": "new",
        "determination": "suspected",
        "tlp": "amber+strict",
        "country": country,
        "language": chosen_language(),
        "detected_at": f"{now:%Y-%m-%d}",
    }
    return form_page(values, {}, action=f"{frame.base()}/new/form", heading=gettext("New report"))


def keep_form() -> flask.Response:
    """POST /new/form: add a draft from the form."""
    return _add_draft(_cells())


def edit_row(draft_id: str) -> flask.Response:
    """GET /report/<id>/row?where=…: a row in the form, with its errors."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    place = flask.request.args.get("where", "")
    values = row_values(desk, draft, place)
    reading = desk.read(draft)
    problems: dict[str, list[str]] = {}
    for error in reading.errors:
        if error.place == place:
            words = gettext("found {value}; expected {expected}").format(
                value=error.value or gettext("nothing"), expected=error.expected
            )
            problems.setdefault(error.key, []).append(words)
    return form_page(
        values,
        problems,
        action=f"{frame.base()}/report/{draft.id}/row?where={_quote(place)}",
        heading=gettext("{file}, {where}").format(file=draft.name, where=place),
        draft=draft,
    )


def mend_row(draft_id: str) -> flask.Response:
    """POST /report/<id>/row?where=…: save the cells that were changed; the file itself does not change."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    place = flask.request.args.get("where", "")
    shown_values = _shown_values() or row_values(desk, draft, place)
    original = {column: cell_text(value) for column, value in _row(desk, draft, place).items()}
    changed_cells = dict(draft.changes.get(place, {}))
    for column, text in _cells(empty=True).items():
        if text != shown_values.get(column, ""):
            changed_cells[column] = text
        if changed_cells.get(column) == original.get(column, ""):
            changed_cells.pop(column, None)
    draft = desk.drafts.change(draft.id, changes={**draft.changes, place: changed_cells})
    reading = desk.read(draft)
    if any(error.place == place for error in reading.errors):
        return frame.see(f"/report/{draft.id}/row?where={_quote(place)}")
    return frame.see(f"/report/{draft.id}/" + ("" if reading.errors or reading.failure else "release"))


def new_stage(draft_id: str) -> flask.Response:
    """POST /report/<id>/stage: a form for the next stage of a report, filled in with the last stage."""
    desk = frame.desk()
    draft = desk.drafts.draft(draft_id)
    values = row_values(desk, draft, frame.field("where"))
    stage = frame.field("stage")
    values["stage"] = stage if stage in ("update", "final") else "update"
    if values["stage"] == "final":
        values["status"] = "closed"
    return form_page(
        values,
        {},
        action=f"{frame.base()}/new/form",
        heading=gettext("Further stage of {report}").format(report=values.get("report_id", "")),
    )


def form_page(
    values: Mapping[str, str],
    problems: Mapping[str, list[str]],
    *,
    action: str,
    heading: str,
    draft: Draft | None = None,
) -> flask.Response:
    """The form. For a row, it contains the values that it showed, so that changes in another window are not overwritten."""
    return frame.render(
        "form.html",
        groups=fields.groups(values, problems),
        problems=problems,
        action=action,
        heading=heading,
        draft=draft,
        shown=json.dumps(values, ensure_ascii=False) if draft is not None else "",
    )


def _shown_values() -> dict[str, str]:
    """The values that the form showed when its page was made; empty if it does not have them."""
    try:
        values = json.loads(flask.request.form.get("shown", ""))
    except ValueError:
        return {}
    return {name: text for name, text in values.items() if isinstance(text, str)} if isinstance(values, dict) else {}


def row_values(desk: Desk, draft: Draft, place: str) -> dict[str, str]:
    """The cells of a row as text, with the corrections."""
    cells = _row(desk, draft, place)
    texts = {column: cell_text(value) for column, value in cells.items() if column in COLUMNS}
    return {**texts, **draft.changes.get(place, {})}


def _row(desk: Desk, draft: Draft, place: str) -> Mapping[str, Any]:
    reading_format = desk.read(draft).format
    for row_place, cells in form_rows(desk.drafts.body(draft), draft.name, reading_format, desk.options(draft)):
        if row_place == place:
            return cells
    raise NotFoundError(gettext("This row cannot be mended here: put a mended file on the desk."))


def _add_draft(cells: Mapping[str, str]) -> flask.Response:
    desk = frame.desk()
    body = json.dumps([cells], ensure_ascii=False, indent=1).encode("utf-8", "replace")
    draft = desk.drafts.add(cells.get("report_id") or "form", body, format="json", **_settings(desk))
    reading = desk.read(draft)
    if reading.errors:
        return frame.see(f"/report/{draft.id}/row?where={_quote(reading.errors[0].place)}")
    return frame.see(f"/report/{draft.id}/" + ("" if reading.failure else "release"))


def _cells(*, empty: bool = False) -> dict[str, str]:
    """The submitted cells by column; with `empty`, empty cells too."""
    form = flask.request.form
    texts = {column: frame.field(column, CELL_CHARACTERS) for column in COLUMNS if column in form}
    return texts if empty else {column: text for column, text in texts.items() if text}


def _settings(desk: Desk) -> dict[str, str]:
    """The settings of a new draft: the officer's last choices, or the CERT's own collection the first time."""
    choices = _last_choices(desk)
    if not choices.get("to"):
        choices["to"] = _own_collection(desk)
    return choices


def _last_choices(desk: Desk) -> dict[str, str]:
    saved_values = desk.drafts.saved_values(LAST)
    values = {name: str(saved_values.get(name, "")) for name in ("to", "zone", "officer")}
    try:
        zone_of(values["zone"])
    except HubError:
        values["zone"] = ""
    return values


def _own_collection(desk: Desk) -> str:
    """The collection with the country's code as its name, else the first one to which this account may write."""
    try:
        collections: list[CollectionResource] = desk.collections()
    except HubError:
        return ""
    country = desk.member().country.casefold()
    names = [collection.alias or collection.id for collection in collections]
    return country if country in names else next(iter(names), "")


def _needs_mending(desk: Desk, draft: Draft) -> bool:
    reading: Reading = desk.read(draft)
    return bool(reading.errors or reading.failure)


def _outbox_count(desk: Desk) -> int:
    box = Outbox(desk.home / OUTBOX)
    return len(box.waiting()) + len(box.refused())


def _quote(text: str) -> str:
    return quote(text, safe="")


ADDRESSES: Final = (
    ("/", home, ("GET",)),
    ("/new/file", new_file, ("POST",)),
    ("/new/form", new_form, ("GET",)),
    ("/new/form", keep_form, ("POST",)),
    ("/report/<draft_id>/row", edit_row, ("GET",)),
    ("/report/<draft_id>/row", mend_row, ("POST",)),
    ("/report/<draft_id>/stage", new_stage, ("POST",)),
)
