"""Reminders of deadlines that have passed, one for each deadline. `digests` joins those of one member into one message.

A reminder has no content of an incident, since mail may be read on the way. It is in the first of the member's languages that
has translations (`pages.texts`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub.community.entry import Overdue
from hub.community.hub import Hub
from hub.pages.owed import OWED
from hub.pages.texts import ENGLISH, first_known, marked, translated
from hub.sharing.catalogue import ApiRoot
from hub.sharing.members import Member
from hub.stix.timestamps import format_place

_log = logging.getLogger("hub.remind")
KIND: Final = "reminded"
EXERCISE: Final = marked("EXERCISE")
_SUBJECT: Final = marked("Overdue on {root}: {what}, incident of criticality {criticality}")
_BODY: Final = marked(
    "{cert} ({member}): the hub has had no {what} from you.\n\n"
    "Incident: {incident}\n"
    "{request}Criticality: {criticality}\n"
    "It was due: {due_local} ({zone}), {due_utc} UTC\n\n"
    "See it with `hub board`. Then run `hub acknowledge INCIDENT`, or `hub answer INCIDENT accepted|refused|done`.\n"
    "This message contains nothing of the content of the incident, since mail travels in the open.\n"
)
_REQUEST_LINE: Final = marked("Request: {request}")
_LINE: Final = marked(
    "{member}: {what} was due {due_local} ({zone}), {due_utc} UTC. Criticality {criticality}, {incident}"
)
_PHONE: Final = marked("Mail does not reach {member}. Call {cert}: {phone}")


@dataclass(frozen=True, slots=True)
class Reminder:
    """A deadline that a member missed, and a sentence about it in the member's language and time zone."""

    key: str  # of this deadline: stored as a fact when the reminder was sent, so that it is sent only once
    root: str
    root_title: str
    exercise: bool
    member: Member
    overdue: Overdue
    subject: str
    body: str
    line: str
    phone: str

    def as_dict(self) -> dict[str, Any]:
        """The reminder as JSON values."""
        return {
            "api_root": self.root,
            "exercise": self.exercise,
            "member": self.member.code,
            "what": self.overdue.what,
            "incident": self.overdue.incident,
            "request": self.overdue.request or None,
            "criticality": self.overdue.criticality,
            "due": format_place(self.overdue.due),
            "contact": self.member.contact,
            "duty_line": self.member.duty_line,
            "text": self.line,
        }


def due_reminders(hub: Hub) -> list[Reminder]:
    """The reminders that are due in all API roots and were not sent yet, the most urgent first."""
    noted_keys = {fact.key for fact in hub.store.facts(KIND)}
    reminders: list[Reminder] = []
    for root in hub.catalogue.roots.values():
        for overdue in hub.community.overdue(root):
            if _key(root, overdue) in noted_keys:
                continue
            try:
                reminders.append(reminder(root, hub.catalogue.members[overdue.member], overdue))
            except (ArithmeticError, LookupError, ValueError):
                # a reminder that cannot be written must not prevent the others
                _log.exception("no reminder can be written for %s, %s", overdue.member, overdue.incident)
    return reminders


def _key(root: ApiRoot, overdue: Overdue) -> str:
    return f"{root.name}/{overdue.member}/{overdue.what}/{overdue.request or overdue.incident}/{overdue.due}"


def reminder(root: ApiRoot, member: Member, overdue: Overdue) -> Reminder:
    """The reminder of one deadline."""
    language = language_of(member)

    def text(message: str) -> str:
        return translated(message, language)

    zone = ZoneInfo(member.time_zone)
    due = datetime.fromtimestamp(overdue.due / 1000, UTC)
    values = {
        "incident": overdue.incident,
        "criticality": overdue.criticality,
        "due_local": f"{due.astimezone(zone):%Y-%m-%d %H:%M}",
        "zone": member.time_zone,
        "due_utc": f"{due:%Y-%m-%d %H:%M}",
        "root": root.title,
        "cert": member.cert,
        "member": member.code,
        "phone": member.duty_line,
        "what": text(OWED[overdue.what]),
        "request": f"{text(_REQUEST_LINE).format(request=overdue.request)}\n" if overdue.request else "",
    }
    drill = f"[{text(EXERCISE)}] " if root.exercise else ""
    return Reminder(
        key=_key(root, overdue),
        root=root.name,
        root_title=root.title,
        exercise=root.exercise,
        member=member,
        overdue=overdue,
        subject=drill + text(_SUBJECT).format(**values),
        body=drill + text(_BODY).format(**values),
        line=drill + text(_LINE).format(**values),
        phone=drill + text(_PHONE).format(**values),
    )


def language_of(member: Member) -> str:
    """The first of the member's languages (members.toml) that has translations, else English."""
    return first_known(member.languages) or ENGLISH
