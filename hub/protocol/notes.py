"""A step of the joint protocol as a STIX note: building and reading, which are inverses of each other.

The note is plain STIX 2.1 (4.11), marked TLP:AMBER+STRICT and labelled with its statement. A request has more data in an
extension of this project (7.3):

    asked      identity ids, or ["all"]
    what       the request in a sentence
    due        a timestamp; without it the deadlines of the profile apply
    priority   0 to 100, optional
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hub.protocol.labels import EXERCISE, SAY_BY_LABEL, Say
from hub.protocol.steps import Step
from hub.stix.timestamps import format_milliseconds, parse_timestamp
from hub.stix.tlp import TLP, TLP2_IDS

REQUEST: Final = "extension-definition--26f56d2f-556d-4983-afaf-5174f0d1932a"
LEVEL: Final = TLP.AMBER_STRICT  # only national CERTs read steps
_MICROSECONDS: Final = 1000  # in a millisecond


def acknowledgement(note: str, member: str, incident: str, text: str = "") -> Step:
    """The step of a member that has the incident and has looked at it."""
    return Step(note, Say.ACKNOWLEDGED, member, (incident,), (), text or f"{member} has this incident.")


def request(  # noqa: PLR0913 - the parts of a request
    note: str,
    member: str,
    incident: str,
    *,
    asked: Iterable[str],
    what: str,
    due: int | None = None,
    priority: int | None = None,
) -> Step:
    """The step of a member that asks for help; `due` is in milliseconds since 1970."""
    return Step(
        note, Say.OPEN, member, (incident,), (), what, asked=tuple(asked), what=what, due=due, priority=priority
    )


def answer(note: str, member: str, incident: str, *, request: str, says: Say, why: str = "") -> Step:  # noqa: PLR0913
    """The step of a member that accepts a request, refuses it, or says that it is done."""
    return Step(note, says, member, (incident,), (request,), why or f"{member}: {says.word}.")


def build_note(step: Step, *, author: str, now: int, exercise: bool = False) -> dict[str, Any]:
    """The note of a step. `author` is the member's identity id, `now` is in milliseconds since 1970."""
    moment = format_milliseconds(now)
    note: dict[str, Any] = {
        "type": "note",
        "spec_version": "2.1",
        "id": step.id,
        "created_by_ref": author,
        "created": moment,
        "modified": moment,
    }
    note |= {"revoked": True} if step.revoked else {}
    note |= {"labels": [step.says.value, EXERCISE] if exercise else [step.says.value]}
    note |= {"object_marking_refs": [TLP2_IDS[LEVEL]]}
    note |= {"extensions": {REQUEST: _extension(step)}} if step.says is Say.OPEN else {}
    return note | {"content": step.text, "object_refs": [*step.incidents, *step.requests]}


def _extension(step: Step) -> dict[str, Any]:
    extension: dict[str, Any] = {"extension_type": "property-extension", "asked": list(step.asked), "what": step.what}
    extension |= {"due": format_milliseconds(step.due)} if step.due is not None else {}
    return extension | ({"priority": step.priority} if step.priority is not None else {})


def parse_step(content: Mapping[str, Any], member_by_identity: Mapping[str, str]) -> Step | None:
    """The step in a valid note; None if it is another kind of note, or its author is no member.

    `member_by_identity` maps identity ids to the codes of their members.
    """
    says = [SAY_BY_LABEL[label] for label in content.get("labels", ()) if label in SAY_BY_LABEL]
    member = member_by_identity.get(content.get("created_by_ref", ""))
    if len(says) != 1 or member is None:
        return None
    refs: list[str] = content.get("object_refs", [])
    extension = content.get("extensions", {}).get(REQUEST, {}) if says[0] is Say.OPEN else {}
    identities = extension.get("asked", [])
    what, priority, due = extension.get("what"), extension.get("priority"), _instant(extension.get("due"))
    return Step(
        id=content["id"],
        says=says[0],
        member=member,
        incidents=tuple(ref for ref in refs if ref.startswith("incident--")),
        requests=tuple(ref for ref in refs if ref.startswith("note--")),
        text=content.get("content", ""),
        revoked=content.get("revoked") is True,
        asked=tuple(ref for ref in identities if isinstance(ref, str))
        if isinstance(identities, list)
        else (str(identities),),
        what=what if isinstance(what, str) else "",
        due=due,
        has_malformed_due="due" in extension and due is None,
        priority=priority if isinstance(priority, int) and not isinstance(priority, bool) else None,
    )


def _instant(text: Any) -> int | None:
    try:
        return parse_timestamp(text) // _MICROSECONDS
    except (TypeError, ValueError):
        return None
