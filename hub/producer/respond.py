"""A member's steps of the joint protocol: acknowledge an incident, ask for help with it, and answer.

The steps and their notes come from `hub.protocol`; any client that preserves ids can write such notes, too
(profiles/response.toml). This module adds data from the hub's directory and board: this member, the other members, and the
request to which an answer belongs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from hub.errors import NotFoundError, UnprocessableError
from hub.producer.connection import HubConnection
from hub.producer.publish import Receipt, publish
from hub.producer.standing import check_text
from hub.protocol import notes
from hub.protocol.labels import ANSWERS, Say
from hub.protocol.spans import parse_span
from hub.protocol.steps import ALL, LEGAL, NEEDS_REASON, Step
from hub.stix.identifiers import type_of
from hub.stix.sentences import quoted
from hub.stix.timestamps import parse_timestamp

COLLECTION: Final = "alerts"  # the alias of the collection of requests and answers
ANSWER_WORDS: Final = tuple(say.word for say in ANSWERS)
_SAY_BY_WORD: Final = {say.word: say for say in ANSWERS}
_MICROSECONDS: Final = 1000  # in a millisecond


@dataclass(frozen=True, slots=True)
class Directory:
    """The hub's list of members, and the one for which this account acts."""

    member: str
    identities: Mapping[str, str]  # code -> identity id
    exercise: bool

    @property
    def own_identity(self) -> str:
        """The identity id of this member."""
        return self.identities[self.member]


def read_directory(connection: HubConnection) -> Directory:
    """The hub's directory; ForbiddenError for accounts that do not belong to a member's CERT."""
    contacts = connection.resource("contacts")
    return Directory(
        member=contacts["member"],
        identities={row["member"]: row["identity"] for row in contacts["contacts"]},
        exercise=contacts.get("exercise") is True,
    )


def own_contact(connection: HubConnection) -> Mapping[str, Any]:
    """The contact of this account's member in the hub's directory; ForbiddenError for accounts of no member's CERT."""
    contacts = connection.resource("contacts")
    return next(row for row in contacts["contacts"] if row["member"] == contacts["member"])


@dataclass(frozen=True, slots=True)
class Protection:
    """The names that no text of a step may contain: of organisations and people whom this CERT protects, and of its reports' victims.

    `home` is the CERT's home, None on a machine without one. `approved_names` are exceptions that an officer approved.
    """

    home: Path | None = None
    approved_names: frozenset[str] = frozenset()


NO_PROTECTION: Final = Protection()


def acknowledge(
    connection: HubConnection,
    incident: str,
    *,
    text: str = "",
    to: str = COLLECTION,
    protection: Protection = NO_PROTECTION,
) -> Receipt:
    """Say that this member has the incident and has looked at it."""
    directory = read_directory(connection)
    step = notes.acknowledgement(_new_id(), directory.member, _incident(incident), text)
    return _send(connection, to, directory, step, now=_now(), protection=protection)


def ask(  # noqa: PLR0913 - the parts of a request
    connection: HubConnection,
    incident: str,
    *,
    members: Iterable[str],
    what: str,
    due: str | None = None,
    priority: int | None = None,
    to: str = COLLECTION,
    now: datetime | None = None,
    protection: Protection = NO_PROTECTION,
) -> Receipt:
    """Ask members (codes, or "all") for help with an incident.

    `due` is a span such as 4h, or a timestamp; without it the hub's deadlines for the incident's criticality apply.

    The request is the first of the receipt's successes.
    """
    directory = read_directory(connection)
    identities = _identities(directory, members)
    moment = _now() if now is None else _milliseconds(now)
    if not what.strip():
        raise UnprocessableError("What do you ask for? Say it in a sentence.")
    request = notes.request(
        _new_id(),
        directory.member,
        _incident(incident),
        asked=identities,
        what=what,
        due=None if due is None else _parse_deadline(due, moment),
        priority=priority,
    )
    return _send(connection, to, directory, request, now=moment, protection=protection)


def answer(  # noqa: PLR0913 - the parts of an answer
    connection: HubConnection,
    subject: str,
    says: str,
    *,
    why: str = "",
    to: str = COLLECTION,
    protection: Protection = NO_PROTECTION,
) -> Receipt:
    """Answer a request: `says` is accepted, refused (then `why` is required) or done.

    `subject` is the request's id, or the incident's if only one request about it waits for this member.
    """
    say = _SAY_BY_WORD.get(says)
    if say is None:
        raise UnprocessableError(f"{says!r} is no answer: say one of {', '.join(ANSWER_WORDS)}.")
    if say is Say.REFUSED and not why.strip():
        raise UnprocessableError(f"{NEEDS_REASON}: give the reason (--why).")
    directory = read_directory(connection)
    incident, request = _request(connection.resource("board"), directory.member, subject, say)
    step = notes.answer(_new_id(), directory.member, incident, request=request, says=say, why=why)
    return _send(connection, to, directory, step, now=_now(), protection=protection)


def _request(board: Mapping[str, Any], member: str, subject: str, say: Say) -> tuple[str, str]:
    """The (incident, request) to which an answer belongs, if only one is possible."""
    matches = [
        (entry["incident"], request)
        for entry in board.get("incidents", ())
        for request in entry["requests"]
        if subject in (entry["incident"], request["request"]) and member in request["asked"]
    ]
    if len(matches) > 1:  # keep only requests to which this answer is legal
        matches = [(incident, request) for incident, request in matches if say in LEGAL[_last_answer(request, member)]]
    if len(matches) == 1:
        return matches[0][0], matches[0][1]["request"]
    if matches:
        several = "; ".join(
            f"{request['request']} ({request['by']}: {quoted(request['what'])})" for _, request in matches
        )
        raise UnprocessableError(
            f"{len(matches)} requests wait for an answer of {member}; give the id of one: {several}"
        )
    raise NotFoundError(f"No request about {subject} asks {member}, or its incident is closed; `hub board` shows all.")


def _last_answer(request: Mapping[str, Any], member: str) -> Say | None:
    answers = request["answers"].get(member, ())
    return _SAY_BY_WORD.get(answers[-1]["says"]) if answers else None


def _identities(directory: Directory, members: Iterable[str]) -> list[str]:
    codes = list(dict.fromkeys(code.strip().upper() for code in members if code.strip()))
    if codes == [ALL.upper()]:
        return [ALL]
    if unknown := next((code for code in codes if code not in directory.identities), None):
        raise UnprocessableError(f"{unknown!r} is no member; there are {', '.join(directory.identities)}, or all.")
    if not codes:
        raise UnprocessableError("Whom do you ask? Name members, or all.")
    return [directory.identities[code] for code in codes]


def _parse_deadline(text: str, now: int) -> int:
    seconds = parse_span(text)
    if seconds is not None:
        return now + seconds * 1000
    try:
        return parse_timestamp(text) // _MICROSECONDS
    except ValueError:
        raise UnprocessableError(
            f"{text!r} says no time: write a span such as 30m, 4h or 2d, or a timestamp such as 2026-04-02T07:00:00Z."
        ) from None


def _incident(text: str) -> str:
    if type_of(text) != "incident":
        raise UnprocessableError(f"{text!r} is no incident's id; it looks like incident--… (`hub board` shows them).")
    return text


def _send(  # noqa: PLR0913 - what is sent, where to, and how it is checked
    connection: HubConnection, to: str, directory: Directory, step: Step, *, now: int, protection: Protection
) -> Receipt:
    note = notes.build_note(step, author=directory.own_identity, now=now, exercise=directory.exercise)
    check_text(step.text, protection.home, protection.approved_names)
    return publish(connection, connection.collection(to), [note])


def _new_id() -> str:
    return f"note--{uuid4()}"


def _now() -> int:
    return _milliseconds(datetime.now(UTC))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
