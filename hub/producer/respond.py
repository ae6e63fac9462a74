"""To acknowledge an incident, to ask for help with it, and to answer: the notes of the joint protocol.

They are plain STIX notes (profiles/response.toml says how they must look), so that any client that keeps ids can write
them, too. This is the short way: who asks, and who the members are, the hub's directory says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from hub.errors import NotFoundError, UnprocessableError
from hub.producer.connection import Connection
from hub.producer.publish import Receipt, publish
from hub.protocol.steps import REQUEST
from hub.stix.identifiers import type_of
from hub.stix.sentences import quoted
from hub.stix.timestamps import parse_timestamp
from hub.stix.tlp import TLP, TLP2_IDS

COLLECTION: Final = "alerts"  # alias of the collection that takes requests and answers
ANSWERS: Final = ("accepted", "refused", "done")
EVERYBODY: Final = "all"
_SPAN: Final = re.compile(r"(\d{1,4})([mhd])", re.ASCII)
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Directory:
    """The members as the hub lists them, and which of them this account acts for."""

    member: str
    identities: Mapping[str, str]  # code -> identity id
    exercise: bool

    @property
    def own(self) -> str:
        """The identity id that this member speaks as."""
        return self.identities[self.member]


def directory(connection: Connection) -> Directory:
    """The hub's directory; ForbiddenError for accounts that are no member's CERT."""
    found = connection.resource("contacts")
    return Directory(
        member=found["member"],
        identities={row["member"]: row["identity"] for row in found["contacts"]},
        exercise=found.get("exercise") is True,
    )


def acknowledge(connection: Connection, incident: str, *, text: str = "", to: str = COLLECTION) -> Receipt:
    """Say that this member has the incident and has looked at it."""
    who = directory(connection)
    content = text or f"{who.member} has this incident."
    return _send(connection, to, _note(who, "response:acknowledged", content, [_incident(incident)]))


def ask(  # noqa: PLR0913 - each stands by its name
    connection: Connection,
    incident: str,
    *,
    members: Iterable[str],
    what: str,
    due: str | None = None,
    priority: int | None = None,
    to: str = COLLECTION,
    now: datetime | None = None,
) -> Receipt:
    """Ask members (codes, or "all") for help with an incident.

    `due` is a span such as 4h, or a timestamp; without it the hub's deadlines for the incident's criticality count.

    The request is the first of the receipt's successes.
    """
    who = directory(connection)
    asked = _asked(who, members)
    moment = now or datetime.now(UTC)
    if not what.strip():
        raise UnprocessableError("What do you ask for? Say it in a sentence.")
    extension: dict[str, Any] = {
        "extension_type": "property-extension",
        "asked": asked,
        "what": what,
    }  # fmt: skip - the extension as it is defined
    if due is not None:
        extension["due"] = _due(due, moment)
    if priority is not None:
        extension["priority"] = priority
    note = _note(who, "request:open", what, [_incident(incident)], {REQUEST: extension}, moment)
    return _send(connection, to, note)


def answer(connection: Connection, subject: str, says: str, *, why: str = "", to: str = COLLECTION) -> Receipt:
    """Answer a request: `says` is accepted, refused (then `why` is needed) or done.

    `subject` is the request's id, or the incident's where one request about it waits for this member.
    """
    if says not in ANSWERS:
        raise UnprocessableError(f"{says!r} is no answer: say one of {', '.join(ANSWERS)}.")
    if says == "refused" and not why.strip():
        raise UnprocessableError("Any member may refuse, and says why: give the reason (--why).")
    who = directory(connection)
    incident, request = _request(connection.resource("board"), who.member, subject, says)
    content = why or f"{who.member}: {says}."
    return _send(connection, to, _note(who, f"response:{says}", content, [incident, request]))


def _request(board: Mapping[str, Any], member: str, subject: str, says: str) -> tuple[str, str]:
    """(incident, request) that an answer belongs to: the only one that it can mean."""
    found = [
        (entry["incident"], request)
        for entry in board.get("incidents", ())
        for request in entry["requests"]
        if subject in (entry["incident"], request["request"]) and member in request["asked"]
    ]
    if len(found) > 1:  # those to which this answer is a step on
        found = [one for one in found if _last(one[1], member) not in (says, "done")]
    if len(found) == 1:
        return found[0][0], found[0][1]["request"]
    if found:
        several = "; ".join(
            f"{request['request']} ({request['by']}: {quoted(request['what'])})" for _, request in found
        )
        raise UnprocessableError(f"{len(found)} requests wait for an answer of {member}; give the id of one: {several}")
    raise NotFoundError(f"No request about {subject} asks {member}, or its incident is closed; `hub board` shows all.")


def _last(request: Mapping[str, Any], member: str) -> str | None:
    given = request["answers"].get(member, ())
    return given[-1]["says"] if given else None


def _asked(who: Directory, members: Iterable[str]) -> list[str]:
    codes = list(dict.fromkeys(code.strip().upper() for code in members if code.strip()))
    if codes == [EVERYBODY.upper()]:
        return [EVERYBODY]
    if unknown := next((code for code in codes if code not in who.identities), None):
        raise UnprocessableError(f"{unknown!r} is no member; there are {', '.join(who.identities)}, or all.")
    if not codes:
        raise UnprocessableError("Whom do you ask? Name members, or all.")
    return [who.identities[code] for code in codes]


def _due(text: str, now: datetime) -> str:
    if span := _SPAN.fullmatch(text.strip()):
        moment = now + timedelta(**{_UNITS[span[2]]: int(span[1])})
        return _stamp(moment)
    try:
        parse_timestamp(text)
    except ValueError:
        raise UnprocessableError(
            f"{text!r} says no time: write a span such as 30m, 4h or 2d, or a timestamp such as 2026-04-02T07:00:00Z."
        ) from None
    return text


def _incident(text: str) -> str:
    if type_of(text) != "incident":
        raise UnprocessableError(f"{text!r} is no incident's id; it looks like incident--… (`hub board` shows them).")
    return text


def _note(  # noqa: PLR0913, PLR0917 - what a note is made of
    who: Directory,
    label: str,
    content: str,
    about: list[str],
    extensions: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Any:
    """The stix2 note (STIX 2.1, 4.11)."""
    import stix2  # noqa: PLC0415 - a third of a second to load: not before it is needed

    moment = _stamp(now or datetime.now(UTC))
    optional = {"extensions": dict(extensions)} if extensions else {}
    return stix2.v21.Note(
        id=f"note--{uuid4()}",
        created_by_ref=who.own,
        created=moment,
        modified=moment,
        content=content,
        object_refs=about,
        labels=[label, "exercise"] if who.exercise else [label],
        object_marking_refs=[TLP2_IDS[TLP.AMBER_STRICT]],
        allow_custom=True,  # the extension is the project's own
        **optional,
    )


def _send(connection: Connection, to: str, note: Any) -> Receipt:
    from hub.producer.bundles import stix_objects  # noqa: PLC0415 - as above

    return publish(connection, connection.collection(to), stix_objects(note))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
