"""The steps of the joint protocol (profiles/README.md), and when each is legal. `notes` builds and reads them.

A note is a *step* if it is in a collection of requests and answers and has one of these labels:

    response:acknowledged   a member has the incident and has looked at it; once, and not by the member that reported it
    request:open            a member asks others for help with an incident, its own or another member's
    response:accepted       a member that was asked accepts the request
    response:refused        a member that was asked refuses and gives a reason; also after it had accepted
    response:done           a member that was asked has done it; after that it gives no further answer to this request

A step is never changed: a new version of such a note may only revoke it, which takes the step back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from hub.protocol.labels import ANSWERS, Say

ALL: Final = "all"  # instead of identities: every member except the one that asks
# The answers that a member may give to a request, by its last answer; None: it has not answered yet.
LEGAL: Final[Mapping[Say | None, frozenset[Say]]] = {
    None: frozenset(ANSWERS),
    Say.ACCEPTED: frozenset({Say.DONE, Say.REFUSED}),
    Say.REFUSED: frozenset({Say.ACCEPTED}),
    Say.DONE: frozenset(),
}
NEEDS_REASON: Final = "Any member may refuse, and says why"
LATE_MILLISECONDS: Final = 5 * 60 * 1000  # `due` may be this far in the past: clocks differ, and drills run fast
MOST_DUE_MILLISECONDS: Final = 366 * 24 * 3600 * 1000  # `due` may be this far in the future


@dataclass(frozen=True, slots=True)
class Step:
    """One note of the joint protocol."""

    id: str
    says: Say
    member: str  # code of the member that makes the step
    incidents: tuple[str, ...]  # ids that it names; exactly one if it is well formed
    requests: tuple[str, ...]  # notes that it names: the request that it answers
    text: str
    revoked: bool = False
    asked: tuple[str, ...] = ()  # in a request: identity ids, or ALL alone
    what: str = ""  # the request in a sentence
    due: int | None = None  # milliseconds since 1970; None: the profile's deadlines apply
    has_malformed_due: bool = False  # its `due` is no timestamp
    priority: int | None = None

    @property
    def incident(self) -> str:
        """The incident that it is about."""
        return self.incidents[0] if self.incidents else ""

    @property
    def request(self) -> str:
        """The request that it answers."""
        return self.requests[0] if self.requests else ""


class ProtocolState(Protocol):
    """The incidents and steps at the hub, as far as the sender of a step may see them; others count as missing."""

    def reporter(self, incident: str) -> str | None:
        """The member that reported the incident, "" if no member did; None if there is no such incident."""

    def readers(self, incident: str) -> frozenset[str]:
        """The members whose national CERTs see the incident and the steps about it in this collection."""

    def has_acknowledged(self, incident: str, member: str) -> bool:
        """Whether the member has acknowledged it."""

    def step(self, note: str) -> Step | None:
        """The last version of a step, revoked or not."""

    def answer(self, request: str, member: str) -> Say | None:
        """The member's last answer to the request."""


def asked_members(step: Step, members: Sequence[str], member_by_identity: Mapping[str, str]) -> tuple[str, ...]:
    """The codes of the members that a request asks, in the order of `members`, without the member that asks."""
    codes = set(members) if ALL in step.asked else {member_by_identity.get(identity) for identity in step.asked}
    return tuple(code for code in members if code in codes and code != step.member)


def refusal(
    step: Step, state: ProtocolState, *, members: Sequence[str], member_by_identity: Mapping[str, str], now: int
) -> str:
    """Why the step is not legal now (milliseconds since 1970), in words for its sender; empty if it is legal."""
    # (1) an existing step stays unchanged, or is taken back
    if (old_step := state.step(step.id)) is not None:
        return _change_problem(step, old_step)
    # (2) one step about one incident that its sender can see
    if len(step.incidents) != 1:
        return "It names several incidents: a step is about one, so publish a note for each."
    reporter = state.reporter(step.incident)
    if reporter is None:
        return (
            f"There is no incident {step.incident} here, or it was withdrawn, or it is not for your member: "
            "name one that the board shows."
        )
    # (3) the rules of each kind of step
    if step.says is Say.ACKNOWLEDGED:
        return _acknowledgement_problem(step, state, reporter)
    if step.says is Say.OPEN:
        return _request_problem(step, state, members, member_by_identity) or _due_problem(step, now)
    return _answer_problem(step, state, members, member_by_identity)


def _change_problem(step: Step, old_step: Step) -> str:
    if old_step.revoked:
        return "This note was taken back: publish a new one, under a new id."
    if not step.revoked:
        return "A step is not rewritten once others have it: take this note back (revoked: true), or publish a new one."
    is_same = (step.says, step.incidents, step.requests) == (old_step.says, old_step.incidents, old_step.requests)
    return "" if is_same else "To take a note back, publish it as it was, with revoked: true and a later modified."


def _acknowledgement_problem(step: Step, state: ProtocolState, reporter: str) -> str:
    if step.revoked:
        return "It takes back what was never said."
    if reporter == step.member:
        return "This incident is your member's own report: it is for the others to acknowledge."
    if state.has_acknowledged(step.incident, step.member):
        return "Your member has acknowledged this incident already."
    return ""


def _request_problem(
    step: Step, state: ProtocolState, members: Sequence[str], member_by_identity: Mapping[str, str]
) -> str:
    if step.revoked:
        return "It takes back what was never asked."
    unknown_identities = [
        identity for identity in step.asked if identity != ALL and member_by_identity.get(identity) not in members
    ]
    if unknown_identities or (ALL in step.asked and len(step.asked) > 1):
        return f'It asks whom the hub does not know as a member: name members\' identities only, or ["{ALL}"] alone.'
    codes = asked_members(step, members, member_by_identity)
    if not codes:
        return "It asks nobody but your own member: name the others that you ask."
    readers = state.readers(step.incident)
    non_readers = [code for code in codes if code not in readers]
    if non_readers and (ALL not in step.asked or len(non_readers) == len(codes)):
        return f"Not all members that it asks can see this incident ({', '.join(non_readers)}): ask only members that can read it."
    if step.has_malformed_due:
        return "Its `due` is no timestamp: write by when you need an answer, such as 2026-04-02T07:00:00Z, or leave it out."
    if step.priority is not None and not 0 <= step.priority <= 100:
        return "Its `priority` should be a whole number from 0 to 100."
    return ""


def _due_problem(step: Step, now: int) -> str:
    """Why `due` cannot be used: a request that is already overdue would immediately remind all members."""
    if step.due is None or now - LATE_MILLISECONDS <= step.due <= now + MOST_DUE_MILLISECONDS:
        return ""
    return (
        "Its `due` should lie ahead, by a year at most: write by when you need an answer, in UTC, such as "
        "2026-04-02T07:00:00Z, or leave it out."
    )


def _answer_problem(
    step: Step, state: ProtocolState, members: Sequence[str], member_by_identity: Mapping[str, str]
) -> str:
    if step.revoked:
        return "It takes back what was never answered."
    if len(step.requests) != 1:
        return "It names several notes: an answer belongs to one request, so publish a note for each."
    request = state.step(step.request)
    if request is None or request.says is not Say.OPEN or request.incident != step.incident:
        return f"There is no request {step.request} about this incident: name the note that asked."
    if request.revoked:
        return "The request was taken back: there is nothing to answer any more."
    if step.member not in asked_members(request, members, member_by_identity):
        return "Your member was not asked by this request: only those that were asked answer it."
    if step.says is Say.REFUSED and not step.text.strip():
        return f"{NEEDS_REASON}: write the reason into content."
    last = state.answer(step.request, step.member)
    if step.says in LEGAL[last]:
        return ""
    if last is Say.DONE:
        return "Your member has said that this is done: there is nothing more to answer. Send a new request for more."
    assert last is not None  # without a last answer every answer is legal
    legal = " or ".join(sorted(say.word for say in LEGAL[last]))
    return f"Your member has answered {last.word!r} already: what may follow is {legal}."
