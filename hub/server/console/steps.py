"""The steps of the joint protocol on an incident's page: which ones are possible, building their objects, publishing them.

1. The officer fills in a form.
2. The objects that would be published are built from the form, shown, and sealed for the way through the browser.
3. The sealed objects come back and are published as they were shown, with the same checks and rights as over TAXII.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.community.hub import Hub
from hub.community.index import has_steps
from hub.errors import ForbiddenError, UnprocessableError
from hub.pages.texts import gettext, marked
from hub.protocol import notes
from hub.protocol.labels import SAY_BY_LABEL, Say, Stage, stage_of
from hub.protocol.steps import ALL, LEGAL
from hub.server.console.incident import Content, Incident
from hub.sharing import access
from hub.sharing.accept import AcceptResult
from hub.sharing.catalogue import ApiRoot, Collection
from hub.sharing.members import Account
from hub.stix.timestamps import format_milliseconds, parse_timestamp
from hub.taxii.filters import Filters, Match

TEXT_CHARACTERS: Final = 4_000
SHOWN_MINUTES: Final = 60  # for which a preview can be published
HOURS: Final = (1, 4, 12, 24, 72)  # choices for the deadline of a request
_HOUR: Final = 3600 * 1000  # milliseconds
_STAGE: Final = re.compile(r"\bstage (?:early|update)\b")
ACKNOWLEDGE: Final = "acknowledge"
ASK: Final = "ask"
CLOSE: Final = "close"
WITHDRAW: Final = "withdraw"  # see `withdrawal`
ANSWERS: Final = {"accepted": Say.ACCEPTED, "refused": Say.REFUSED, "done": Say.DONE}
# The text of each step, on its button and where it is confirmed.
WORDS: Final = {
    ACKNOWLEDGE: marked("Acknowledge"),
    ASK: marked("Ask for help"),
    "accepted": marked("Accept"),
    "refused": marked("Refuse"),
    "done": marked("Say that it is done"),
    CLOSE: marked("Close the incident"),
    WITHDRAW: marked("Withdraw the incident"),
}


@dataclass(frozen=True, slots=True)
class AnswerableRequest:
    """A request that the reader's member may answer, and the legal answers."""

    request: str
    by: str
    what: str
    due: str | None
    legal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PossibleSteps:
    """The steps that the reader's member may take now."""

    acknowledge: bool
    ask: tuple[str, ...]  # the members that can be asked
    answers: tuple[AnswerableRequest, ...]
    close: bool

    @property
    def is_any_possible(self) -> bool:
        """Whether any step is possible."""
        return bool(self.acknowledge or self.ask or self.answers or self.close)


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """An object to publish, with its collection."""

    collection: str  # id
    content: Content


def possible_steps(account: Account, root: ApiRoot, entry: Mapping[str, Any]) -> PossibleSteps:
    """The possible steps according to the board; they are checked again when they are published."""
    member = account.member or ""
    if not entry["open"] or steps_collection(account, root) is None:
        return PossibleSteps(acknowledge=False, ask=(), answers=(), close=False)
    recipients = [*entry["fetched"], *entry["not_fetched"]]
    viewers = {entry["reported_by"], *recipients}
    return PossibleSteps(
        acknowledge=member in recipients and member not in entry["acknowledged"],
        ask=tuple(code for code in root.members if code in viewers and code != member),
        answers=tuple(_answerable_requests(entry, member)),
        close=entry["reported_by"] == member,
    )


def _answerable_requests(entry: Mapping[str, Any], member: str) -> list[AnswerableRequest]:
    requests = []
    for request in entry["requests"]:
        if member not in request["asked"]:
            continue
        answers = request["answers"].get(member)
        last = SAY_BY_LABEL[f"response:{answers[-1]['says']}"] if answers else None
        legal = tuple(word for word, say in ANSWERS.items() if say in LEGAL[last])
        if legal:
            requests.append(
                AnswerableRequest(request["request"], request["by"], request["what"], request["due"], legal)
            )
    return requests


def steps_collection(account: Account, root: ApiRoot) -> Collection | None:
    """The collection to which the account can send steps; None if there is none."""
    return next((c for c in root.collections if has_steps(c) and access.may_write(account, c)), None)


def plan(hub: Hub, account: Account, root: ApiRoot, incident: Incident, form: Mapping[str, Any]) -> list[PlannedObject]:
    """(2) Build the objects for a form. UnprocessableError if it is incomplete, ForbiddenError if the account may not do it."""
    collection = steps_collection(account, root)
    if collection is None or account.member is None:
        raise ForbiddenError("This account may not take steps of the joint protocol here.")
    action, text = str(form.get("action", "")), _plain(str(form.get("text", "")))
    if action == CLOSE:
        return _closing(hub, account, root, incident)
    note, member, subject = f"note--{uuid.UUID(hub.new_id())}", account.member, incident.content["id"]
    now = hub.clock()
    if action == ACKNOWLEDGE:
        step = notes.acknowledgement(note, member, subject, text)
    elif action == ASK:
        step = notes.request(
            note,
            member,
            subject,
            asked=_asked_identities(hub, root, form.get("asked", ())),
            what=_required_text(text),
            due=_due(form, now),
        )
    elif action in ANSWERS:
        if action == "refused" and not text:
            raise UnprocessableError(gettext("A member that refuses says why: write the reason."))
        says = ANSWERS[action]
        step = notes.answer(note, member, subject, request=str(form.get("request", "")), says=says, why=text)
    else:
        raise UnprocessableError(gettext("Choose what you want to do."))
    author = hub.catalogue.members[member].identity
    return [PlannedObject(collection.id, notes.build_note(step, author=author, now=now, exercise=root.exercise))]


def _plain(text: str) -> str:
    """The written text, with LF line ends as in STIX's examples instead of the CR LF that browsers send."""
    return text.replace("\r\n", "\n").strip()[:TEXT_CHARACTERS]


def _required_text(text: str) -> str:
    if not text:
        raise UnprocessableError(gettext("Say what you ask for."))
    return text


def _asked_identities(hub: Hub, root: ApiRoot, codes: Sequence[str]) -> list[str]:
    asked_codes = [code for code in root.members if code in codes]
    if not asked_codes and ALL not in codes:
        raise UnprocessableError(gettext("Choose whom you ask."))
    return [ALL] if ALL in codes else [hub.catalogue.members[code].identity for code in asked_codes]


def _due(form: Mapping[str, Any], now: int) -> int | None:
    hours = str(form.get("hours", ""))
    return now + int(hours) * _HOUR if hours in {str(choice) for choice in HOURS} else None


def _closing(hub: Hub, account: Account, root: ApiRoot, incident: Incident) -> list[PlannedObject]:
    """New versions of the member's own reports about the incident, at the stage `final`.

    Each collection gets a version of its own report: a collection with fewer readers may have a report that says more.
    """
    own_identities = hub.catalogue.members[account.member or ""].identities
    planned_objects = []
    for report in incident.reports:
        if report.get("created_by_ref") not in own_identities or not stage_of(report.get("labels", ())):
            continue
        planned_objects += [
            PlannedObject(collection.id, _final(hub, stored, report["modified"]))
            for collection in root.collections
            if access.may_write(account, collection)
            for stored in _held_reports(hub, account, root, collection, report["id"])
        ]
    if not planned_objects:
        raise UnprocessableError(
            gettext(
                "There is no report of your member about this incident that could be set to final: publish its last stage."
            )
        )
    return planned_objects


def _final(hub: Hub, report: Content, newest: str) -> Content:
    """The report at the stage `final`, as a version after `newest`, the newest one in any collection."""
    labels = [label for label in report["labels"] if not label.startswith("stage:")]
    return report | {
        "labels": [*labels, Stage.FINAL.label],
        "name": _STAGE.sub("stage final", report["name"]),
        "modified": format_milliseconds(max(hub.clock(), parse_timestamp(newest) // 1000 + 1)),
    }


def _held_reports(hub: Hub, account: Account, root: ApiRoot, collection: Collection, identifier: str) -> list[Content]:
    """The newest version of a report in the collection, if the account may read it there."""
    if access.readable_level(account, collection) is None:
        return []
    page = hub.objects(account, root.name, collection.id, Filters(match=Match(ids=(identifier,))))
    reports: list[Content] = orjson.loads(page.body).get("objects", [])
    return [report for report in reports if stage_of(report.get("labels", ()))]


def publish(
    hub: Hub, account: Account, root: ApiRoot, planned_objects: Sequence[PlannedObject]
) -> tuple[list[AcceptResult], list[str]]:
    """(3) Publish the objects; return the result for each collection, and the messages about refused objects."""
    results, words = [], []
    for collection in dict.fromkeys(step.collection for step in planned_objects):
        writer = hub.may_add(account, root.name, collection)
        objects = [step.content for step in planned_objects if step.collection == collection]
        result = hub.add_objects(writer, orjson.dumps({"objects": objects}))
        results.append(result)
        words += [failure["message"] for failure in orjson.loads(result.body).get("failures", ())]
    return results, words


def is_fresh(planned_objects: Sequence[PlannedObject], now: int) -> bool:
    """Whether the objects were built recently enough to be published."""
    return all(
        abs(now - parse_timestamp(step.content["modified"]) // 1000) <= SHOWN_MINUTES * 60_000
        for step in planned_objects
    )
