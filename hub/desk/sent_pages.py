"""Pages for sent reports and those that wait: the outbox, the records of what left, and withdrawal."""

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

SHOWN_MOST: Final = 200  # entries of one list
ID_CHARACTERS: Final = 500


def outbox_page() -> flask.Response:
    """GET /outbox/: what waits, and what was refused."""
    return _outbox([], "")


def send_waiting() -> flask.Response:
    """POST /outbox/send: send what waits; it was agreed to when it was put there."""
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
    """POST /outbox/change: let a refused file wait again, or delete a file."""
    box, name = _box(frame.desk()), frame.field("name", 100)
    if name not in (*box.waiting(), *box.refused()):
        raise NotFoundError(gettext("The outbox has no such file any more."))
    if flask.request.form.get("action") == "retry":
        box.retry(name)
    elif flask.request.form.get("action") == "discard":
        box.discard(name)
    return frame.see("/outbox/")


def records_page() -> flask.Response:
    """GET /records/: every report of which something left."""
    member = frame.desk().member()
    reports: dict[str, dict[str, Any]] = {}
    for _, data in released_records(member):
        record = parse_release_record(data)
        identifier = str(data.get("report_id", ""))
        last = str(record.history[-1]["at"]) if record.history else ""
        known = reports.setdefault(identifier, {"id": identifier, "last": "", "places": [], "stands": False})
        known["last"] = max(known["last"], last)
        known["places"].append(str(data.get("title") or data.get("collection")))
        known["stands"] = known["stands"] or not record.withdrawn
    ordered = sorted(reports.values(), key=lambda row: row["last"], reverse=True)
    return frame.render("records.html", records=ordered[:SHOWN_MOST], total=len(ordered))


def record_page() -> flask.Response:
    """GET /records/one?id=…: what left of one report, when, under which consent, and who decided what."""
    identifier = flask.request.args.get("id", "")[:ID_CHARACTERS]
    audiences = report_history(frame.desk().member(), identifier)
    stands = any(not item.revoked for audience in audiences for item in audience.objects)
    return frame.render(
        "record.html",
        report_id=identifier,
        audiences=audiences,
        stands=stands,
        consent=CONSENT,
        nobody=NO_OFFICER,
        shown=SHOWN_MOST,
    )


def withdraw() -> flask.Response:
    """POST /records/withdraw: take it back for good, once the officer has written its id."""
    desk = frame.desk()
    identifier, again = frame.field("id", ID_CHARACTERS), frame.field("again", ID_CHARACTERS)
    audiences = report_history(desk.member(), identifier)
    if again != identifier:
        return frame.render(
            "withdraw.html",
            report_id=identifier,
            places=[audience.title for audience in audiences],
            problem=gettext("Write the report's id as it is written above; nothing was withdrawn.") if again else "",
        )
    with desk.connect() as hub:
        receipts = hub.withdraw(identifier)
    return frame.render("withdrawn.html", report_id=identifier, results=[receipt.in_words() for receipt in receipts])


def _outbox(results: list[str], problem: str) -> flask.Response:
    box = _box(frame.desk())
    waiting, refused = box.waiting(), box.refused()
    return frame.render(
        "outbox.html",
        waiting=[_entry(box, name) for name in waiting[:SHOWN_MOST]],
        refused=[(*_entry(box, name), _why(box, name)) for name in refused[:SHOWN_MOST]],
        results=results,
        problem=problem,
    )


def _entry(box: Outbox, name: str) -> tuple[str, str, str, int]:
    """(name, where from, where to, objects) of a file."""
    try:
        entry = box.entry(name)
    except ReadingError as error:
        return name, str(error), "", 0
    return name, entry.source, entry.to, len(entry.objects)


def _why(box: Outbox, name: str) -> str:
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
