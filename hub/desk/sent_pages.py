"""Pages for reports that were sent or wait to be sent: the outbox, the records of what left, and withdrawal."""

from __future__ import annotations

from typing import Any, Final

import flask

from hub.desk import frame
from hub.desk.work import Desk
from hub.errors import HubError, NotFoundError, ReadingError
from hub.home import OUTBOX
from hub.pages.texts import gettext
from hub.producer.outbox import Outbox
from hub.release.history import CONSENT, report_history
from hub.release.history_page import NO_OFFICER
from hub.release.record import parse_release_record, released_records

MAX_SHOWN: Final = 200  # entries of one list
ID_CHARACTERS: Final = 500


def outbox_page() -> flask.Response:
    """GET /outbox/: the files that wait, and those that were refused."""
    return _outbox([], "")


def send_waiting() -> flask.Response:
    """POST /outbox/send: send the files that wait; the officer confirmed them before."""
    results: list[str] = []
    try:
        with frame.desk().connect() as hub:
            if hub.outbox is not None:
                results += [
                    f"{delivery.source}: {delivery.receipt.in_words()}" for delivery in hub.outbox.send(hub.connection)
                ]
    except HubError as error:
        return _outbox(results, str(error))
    return _outbox(results or [gettext("Nothing waits.")], "")


def change_waiting() -> flask.Response:
    """POST /outbox/change: put a refused file back into the queue, or delete a file."""
    box, name = _box(frame.desk()), frame.field("name", 100)
    if name not in (*box.waiting(), *box.refused()):
        raise NotFoundError(gettext("The outbox has no such file any more."))
    if flask.request.form.get("action") == "retry":
        box.retry(name)
    elif flask.request.form.get("action") == "discard":
        box.discard(name)
    return frame.see("/outbox/")


def records_page() -> flask.Response:
    """GET /records/: all reports of which something was released."""
    member = frame.desk().member()
    reports: dict[str, dict[str, Any]] = {}
    for _, data in released_records(member):
        record = parse_release_record(data)
        identifier = str(data.get("report_id", ""))
        last = str(record.history[-1]["at"]) if record.history else ""
        row = reports.setdefault(identifier, {"id": identifier, "last": "", "places": [], "is_published": False})
        row["last"] = max(row["last"], last)
        row["places"].append(str(data.get("title") or data.get("collection")))
        row["is_published"] = row["is_published"] or not record.withdrawn
    ordered = sorted(reports.values(), key=lambda row: row["last"], reverse=True)
    return frame.render("records.html", records=ordered[:MAX_SHOWN], total=len(ordered))


def record_page() -> flask.Response:
    """GET /records/one?id=…: what was released of one report, when, under which consent, and who decided what."""
    identifier = flask.request.args.get("id", "")[:ID_CHARACTERS]
    audiences = report_history(frame.desk().member(), identifier)
    is_published = any(not item.revoked for audience in audiences for item in audience.objects)
    return frame.render(
        "record.html",
        report_id=identifier,
        audiences=audiences,
        is_published=is_published,
        consent=CONSENT,
        nobody=NO_OFFICER,
        shown=MAX_SHOWN,
    )


def withdraw() -> flask.Response:
    """POST /records/withdraw: withdraw a report permanently, after the officer has typed its id."""
    desk = frame.desk()
    identifier, typed_id = frame.field("id", ID_CHARACTERS), frame.field("again", ID_CHARACTERS)
    audiences = report_history(desk.member(), identifier)
    if typed_id != identifier:
        return frame.render(
            "withdraw.html",
            report_id=identifier,
            places=[audience.title for audience in audiences],
            problem=gettext("Write the report's id as it is written above; nothing was withdrawn.") if typed_id else "",
        )
    with desk.connect() as hub:
        receipts = hub.withdraw(identifier)
    return frame.render("withdrawn.html", report_id=identifier, results=[receipt.in_words() for receipt in receipts])


def _outbox(results: list[str], problem: str) -> flask.Response:
    box = _box(frame.desk())
    queued_names, refused_names = box.waiting(), box.refused()
    return frame.render(
        "outbox.html",
        waiting=[_entry(box, name) for name in queued_names[:MAX_SHOWN]],
        refused=[(*_entry(box, name), _refusal_reason(box, name)) for name in refused_names[:MAX_SHOWN]],
        results=results,
        problem=problem,
    )


def _entry(box: Outbox, name: str) -> tuple[str, str, str, int]:
    """(name, source, collection, number of objects) of a file."""
    try:
        entry = box.entry(name)
    except ReadingError as error:
        return name, str(error), "", 0
    return name, entry.source, entry.to, len(entry.objects)


def _refusal_reason(box: Outbox, name: str) -> str:
    try:
        delivery = box.delivery(name)
    except ReadingError as error:
        return str(error)
    return delivery.receipt.in_words() if delivery is not None else ""


def _box(desk: Desk) -> Outbox:
    return Outbox(desk.home / OUTBOX)


ADDRESSES: Final = (
    ("/outbox/", outbox_page, ("GET",)),
    ("/outbox/send", send_waiting, ("POST",)),
    ("/outbox/change", change_waiting, ("POST",)),
    ("/records/", records_page, ("GET",)),
    ("/records/one", record_page, ("GET",)),
    ("/records/withdraw", withdraw, ("POST",)),
)
