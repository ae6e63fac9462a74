"""Pages for incidents of other members: the list, the news, one incident, and this member's steps about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import flask

from hub.desk import frame
from hub.desk.incoming import BoardView, Entry, fetch, requests_to
from hub.desk.receiver import facts, level
from hub.errors import HubError, UnprocessableError
from hub.pages.texts import gettext, marked
from hub.producer.api import HubClient
from hub.producer.respond import COLLECTION, Directory, read_directory
from hub.protocol.labels import ANSWERS
from hub.protocol.notes import acknowledgement, answer

TEXT_CHARACTERS: Final = 4_000
HOURS: Final = (1, 4, 8, 24, 48, 72)
MAX_SHOWN: Final = 500
MAX_NEWS: Final = 20
WAIT_SECONDS: Final = 20.0  # for news, in one request
ACTIONS: Final[Mapping[str, str]] = {
    "acknowledge": marked("Acknowledge"),
    "ask": marked("Ask for help"),
    "accepted": marked("Accept"),
    "refused": marked("Refuse"),
    "done": marked("Say that it is done"),
}
_SAY: Final = {say.word: say for say in ANSWERS}


@dataclass(frozen=True, slots=True)
class StepForm:
    """The form for a step, as it was filled in."""

    action: str
    text: str
    request: str
    asked_members: tuple[str, ...]
    hours: str


def incoming_page() -> flask.Response:
    """GET /incoming/: incidents of other members, the newest first."""
    board = frame.watch().board()
    return frame.render("incoming.html", board=board, exercise=board.exercise, shown=MAX_SHOWN)


def see_all() -> flask.Response:
    """POST /incoming/seen: mark all incidents as seen."""
    watch = frame.watch()
    watch.look_at(watch.board().unseen)
    return frame.see("/incoming/")


def news() -> flask.Response:
    """GET /incoming/news: for the script, the incidents that were not seen yet. With `?after=N`, wait until they change."""
    known_version = flask.request.args.get("after", "")
    number = 0
    if known_version.isascii() and known_version.isdecimal() and len(known_version) < 10:
        number = frame.watch().wait(int(known_version), WAIT_SECONDS)
    board = frame.watch().board()
    entries = [entry for entry in board.incoming if entry["incident"] in board.unseen]
    response = flask.jsonify(
        {
            "number": number,
            "count": len(entries),
            "problem": bool(board.problem),
            "incidents": [{"id": row["incident"], "name": str(row["name"])[:200]} for row in entries[:MAX_NEWS]],
        }
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def incident_page(incident: str) -> flask.Response:
    """GET /incoming/<incident>/: one incident, and the steps that this member can take."""
    return _incident(incident, None, "")


def preview_step(incident: str) -> flask.Response:
    """POST /incoming/<incident>/preview: show what would be published."""
    form = _form()
    board = frame.watch().board()
    entry = board.entry(incident)
    try:
        with frame.desk().connect() as hub:
            members = read_directory(hub.connection)
        words = _words(form, entry, board, members)
    except HubError as error:
        return _incident(incident, form, str(error))
    return frame.render(
        "step.html",
        entry=entry,
        exercise=board.exercise,
        form=form,
        action=ACTIONS[form.action],
        words=words,
        to=COLLECTION,
    )


def publish_step(incident: str) -> flask.Response:
    """POST /incoming/<incident>/publish: publish the step."""
    form = _form()
    watch = frame.watch()
    board = watch.board()
    entry = board.entry(incident)
    try:
        with frame.desk().connect() as hub:
            _words(form, entry, board, read_directory(hub.connection))
            receipt = _publish(hub, incident, form)
    except HubError as error:
        return _incident(incident, form, str(error))
    if not receipt.complete:
        return _incident(incident, form, receipt.in_words())
    watch.board(refresh=True)
    return frame.see(f"/incoming/{incident}/?done={form.action}")


def _publish(hub: HubClient, incident: str, form: StepForm) -> Any:
    if form.action == "acknowledge":
        return hub.acknowledge(incident, text=form.text)
    if form.action == "ask":
        due = f"{form.hours}h" if form.hours else None
        return hub.ask(incident, members=form.asked_members, what=form.text, due=due)
    return hub.answer(form.request, form.action, why=form.text)


def _form() -> StepForm:
    action = frame.field("action", 20)
    hours = frame.field("hours", 4)
    if action not in ACTIONS:
        raise UnprocessableError(gettext("Choose what to do."))
    return StepForm(
        action=action,
        text=frame.field("text", TEXT_CHARACTERS),
        request=frame.field("request", 100),
        asked_members=tuple(code for code in flask.request.form.getlist("asked") if len(code) <= 3)[:50],
        hours=hours if hours in map(str, HOURS) else "",
    )


def _words(form: StepForm, entry: Entry, board: BoardView, members: Directory) -> str:
    """The text of the step that other members will read. UnprocessableError if something is missing."""
    if form.action == "acknowledge":
        return acknowledgement("", members.member, entry["incident"], form.text).text
    if form.action == "ask":
        if not form.asked_members:
            raise UnprocessableError(gettext("Choose whom you ask."))
        if not form.text:
            raise UnprocessableError(gettext("Say in a sentence what you ask for."))
        return form.text
    if form.request not in {request.id for request in requests_to(entry, board.member) if form.action in request.words}:
        raise UnprocessableError(gettext("This request waits for no such answer."))
    if form.action == "refused" and not form.text:
        raise UnprocessableError(gettext("A member that refuses says why: write the reason."))
    step = answer("", members.member, entry["incident"], request=form.request, says=_SAY[form.action], why=form.text)
    return step.text


def _incident(incident: str, form: StepForm | None, problem: str) -> flask.Response:
    watch = frame.watch()
    board = watch.board()
    entry = board.entry(incident)
    watch.look_at([incident])
    content, omitted_count, members = None, 0, []
    try:
        with frame.desk().connect() as hub:
            content, omitted_count = fetch(hub.connection, entry)
            members = sorted(set(read_directory(hub.connection).identities) - {board.member})
    except HubError as error:
        problem = problem or str(error)
    done = flask.request.args.get("done", "")
    return frame.render(
        "incident.html",
        entry=entry,
        board=board,
        exercise=board.exercise,
        bundle=content,
        omitted_count=omitted_count,
        members=members,
        requests=requests_to(entry, board.member),
        can_acknowledge=entry in board.incoming and board.member not in entry["acknowledged"],
        form=form,
        problem=problem,
        done=ACTIONS.get(done, ""),
        actions=ACTIONS,
        hours=HOURS,
        most=TEXT_CHARACTERS,
        facts=facts,
        level=level,
        plain=flask.request.args.get("plain") == "1",
    )


ADDRESSES: Final = (
    ("/incoming/", incoming_page, ("GET",)),
    ("/incoming/seen", see_all, ("POST",)),
    ("/incoming/news", news, ("GET",)),
    ("/incoming/<incident>/", incident_page, ("GET",)),
    ("/incoming/<incident>/preview", preview_step, ("POST",)),
    ("/incoming/<incident>/publish", publish_step, ("POST",)),
)
