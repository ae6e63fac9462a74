"""The steps of the joint protocol (profiles/README.md), and which of them is legal when. `notes` reads and builds them.

A note is a *step* where it stands in a collection of requests and answers and is labelled:

    response:acknowledged   a member has the incident and has looked at it; once, and not by the member that reported it
    request:open            a member asks others for help with an incident, its own or another's
    response:accepted       a member that was asked takes it on
    response:refused        a member that was asked does not take it on, and says why; also after it had accepted
    response:done           a member that was asked has done it; after that it says no more to this request

A step is never rewritten: a new version of such a note may only revoke it, which takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from hub.protocol.labels import ANSWERS, Say

ALL: Final = "all"  # in place of identities: every member but the one that asks
# What a member may say to a request, by what it said last; None: nothing yet.
LEGAL: Final[Mapping[Say | None, frozenset[Say]]] = {
    None: frozenset(ANSWERS),
    Say.ACCEPTED: frozenset({Say.DONE, Say.REFUSED}),
    Say.REFUSED: frozenset({Say.ACCEPTED}),
    Say.DONE: frozenset(),
}
NEEDS_REASON: Final = "Any member may refuse, and says why"
LATE_MILLISECONDS: Final = 5 * 60 * 1000  # by which `due` may be past already: clocks differ, and drills run fast
MOST_DUE_MILLISECONDS: Final = 366 * 24 * 3600 * 1000  # that a request may be due after it is made


@dataclass(frozen=True, slots=True)
class Step:
    """One note of the joint protocol."""

    id: str
    says: Say
    member: str  # code of the member that says it
    incidents: tuple[str, ...]  # ids it names; one, where it is well formed
    requests: tuple[str, ...]  # notes it names: the request that it answers
    text: str
    revoked: bool = False
    asked: tuple[str, ...] = ()  # of a request: identity ids, or ALL alone
    what: str = ""
    due: int | None = None  # milliseconds since 1970; None: as the profile's deadlines say
    undated: bool = False  # its `due` is no timestamp
    priority: int | None = None

    @property
    def incident(self) -> str:
        """The incident that it is about."""
        return self.incidents[0] if self.incidents else ""

    @property
    def request(self) -> str:
        """The request that it answers."""
        return self.requests[0] if self.requests else ""


class Held(Protocol):
    """What the rules ask of what is held, as the sender may see it: to others it answers like what is missing."""

    def reporter(self, incident: str) -> str | None:
        """The member that reported the incident, "" where none did; None where there is no such incident."""

    def readers(self, incident: str) -> frozenset[str]:
        """The members whose national CERTs see the incident, and what is said about it in this collection."""

    def has_acknowledged(self, incident: str, member: str) -> bool:
        """Whether the member has acknowledged it."""

    def step(self, note: str) -> Step | None:
        """The last version of a step, revoked or not."""

    def answer(self, request: str, member: str) -> Say | None:
        """What the member said last to the request."""


def asked_members(step: Step, members: Sequence[str], member_by_identity: Mapping[str, str]) -> tuple[str, ...]:
    """The codes of those whom a request asks, in the order of `members`; never the one that asks."""
    named = set(members) if ALL in step.asked else {member_by_identity.get(identity) for identity in step.asked}
    return tuple(code for code in members if code in named and code != step.member)


def refusal(step: Step, held: Held, *, members: Sequence[str], member_by_identity: Mapping[str, str], now: int) -> str:
    """Why the step may not be taken now (milliseconds since 1970), in words for its sender; an empty text where it may."""
    # (1) a step that was taken stands, or is taken back
    if (before := held.step(step.id)) is not None:
        return _changed(step, before)
    # (2) one step, about one incident, which its sender can see
    if len(step.incidents) != 1:
        return "It names several incidents: a step is about one, so publish a note for each."
    reporter = held.reporter(step.incident)
    if reporter is None:
        return (
            f"There is no incident {step.incident} here, or it was withdrawn, or it is not for your member: "
            "name one that the board shows."
        )
    # (3) what each says
    if step.says is Say.ACKNOWLEDGED:
        return _acknowledging(step, held, reporter)
    if step.says is Say.OPEN:
        return _asking(step, held, members, member_by_identity) or _due_problem(step, now)
    return _answering(step, held, members, member_by_identity)


def _changed(step: Step, before: Step) -> str:
    if before.revoked:
        return "This note was taken back: publish a new one, under a new id."
    if not step.revoked:
        return "A step is not rewritten once others have it: take this note back (revoked: true), or publish a new one."
    same = (step.says, step.incidents, step.requests) == (before.says, before.incidents, before.requests)
    return "" if same else "To take a note back, publish it as it was, with revoked: true and a later modified."


def _acknowledging(step: Step, held: Held, reporter: str) -> str:
    if step.revoked:
        return "It takes back what was never said."
    if reporter == step.member:
        return "This incident is your member's own report: it is for the others to acknowledge."
    if held.has_acknowledged(step.incident, step.member):
        return "Your member has acknowledged this incident already."
    return ""


def _asking(step: Step, held: Held, members: Sequence[str], member_by_identity: Mapping[str, str]) -> str:
    if step.revoked:
        return "It takes back what was never asked."
    strangers = [
        identity for identity in step.asked if identity != ALL and member_by_identity.get(identity) not in members
    ]
    if strangers or (ALL in step.asked and len(step.asked) > 1):
        return f'It asks whom the hub does not know as a member: name members\' identities only, or ["{ALL}"] alone.'
    members_asked = asked_members(step, members, member_by_identity)
    if not members_asked:
        return "It asks nobody but your own member: name the others that you ask."
    readers = held.readers(step.incident)
    blind = [code for code in members_asked if code not in readers]
    if blind and (ALL not in step.asked or len(blind) == len(members_asked)):
        return f"Not all whom it asks can see this incident ({', '.join(blind)}): ask those that read where it stands."
    if step.undated:
        return "Its `due` is no timestamp: write by when you need an answer, such as 2026-04-02T07:00:00Z, or leave it out."
    if step.priority is not None and not 0 <= step.priority <= 100:
        return "Its `priority` should be a whole number from 0 to 100."
    return ""


def _due_problem(step: Step, now: int) -> str:
    """Requests that are overdue before they are made would remind all members immediately."""
    if step.due is None or now - LATE_MILLISECONDS <= step.due <= now + MOST_DUE_MILLISECONDS:
        return ""
    return (
        "Its `due` should lie ahead, by a year at most: write by when you need an answer, in UTC, such as "
        "2026-04-02T07:00:00Z, or leave it out."
    )


def _answering(step: Step, held: Held, members: Sequence[str], member_by_identity: Mapping[str, str]) -> str:
    if step.revoked:
        return "It takes back what was never answered."
    if len(step.requests) != 1:
        return "It names several notes: an answer belongs to one request, so publish a note for each."
    request = held.step(step.request)
    if request is None or request.says is not Say.OPEN or request.incident != step.incident:
        return f"There is no request {step.request} about this incident: name the note that asked."
    if request.revoked:
        return "The request was taken back: there is nothing to answer any more."
    if step.member not in asked_members(request, members, member_by_identity):
        return "Your member was not asked by this request: only those that were asked answer it."
    if step.says is Say.REFUSED and not step.text.strip():
        return f"{NEEDS_REASON}: write the reason into content."
    last = held.answer(step.request, step.member)
    if step.says in LEGAL[last]:
        return ""
    if last is Say.DONE:
        return "Your member has said that this is done: there is nothing more to answer. Send a new request for more."
    assert last is not None  # to what was not answered yet, every answer is legal
    legal = " or ".join(sorted(say.word for say in LEGAL[last]))
    return f"Your member has answered {last.word!r} already: what may follow is {legal}."
