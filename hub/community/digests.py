"""Sends the reminders of one run, as one message for each member.

1. Group all deadlines that have passed and have no reminder yet by member; drills get a message of their own.
2. Send each message by itself: if one fails, the others are still sent.
3. Note each message as soon as it is sent, so that at most one is repeated if the process is killed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from hub.community.hub import Hub
from hub.community.reminders import EXERCISE, KIND, Reminder, due_reminders, language_of
from hub.community.turn import Turn
from hub.pages.texts import marked, translated
from hub.sharing.members import Member

LINES_SHOWN: Final = 50  # deadlines in one message; the others are counted
MAX_FAILURES: Final = 3  # failed messages in a row that end a run: the cause is then not a single message
_SUBJECT: Final = marked("{count} deadlines have passed on {root}")
_BODY: Final = marked(
    "{cert} ({member}): the hub has had no answer from you by {count} deadlines.\n\n"
    "{lines}\n\n"
    "See them with `hub board`. Then run `hub acknowledge INCIDENT`, or `hub answer INCIDENT accepted|refused|done`.\n"
    "This message contains nothing of the content of the incidents, since mail travels in the open.\n"
)
_MORE: Final = marked("and {count} more, which `hub board` shows")
_log = logging.getLogger("hub.remind")


@dataclass(frozen=True, slots=True)
class Digest:
    """All reminders for one member in one run."""

    member: Member
    reminders: tuple[Reminder, ...]
    subject: str
    body: str
    line: str  # for a terminal or a log: one line for each deadline
    phone: str


def digest_of(member: Member, reminders: Sequence[Reminder]) -> Digest:
    """The message for a member; a single reminder has its own text."""
    first = reminders[0]
    lines = [reminder.line for reminder in reminders]
    subject, body = first.subject, first.body
    if len(reminders) > 1:
        language = language_of(member)
        drill = f"[{translated(EXERCISE, language)}] " if first.exercise else ""
        lines_shown = lines[:LINES_SHOWN]
        if len(lines) > LINES_SHOWN:
            lines_shown.append(translated(_MORE, language).format(count=len(lines) - LINES_SHOWN))
        values = {
            "cert": member.cert,
            "member": member.code,
            "count": len(lines),
            "root": ", ".join(dict.fromkeys(reminder.root_title for reminder in reminders)),
            "lines": "\n".join(lines_shown),
        }
        subject = drill + translated(_SUBJECT, language).format(**values)
        body = drill + translated(_BODY, language).format(**values)
    return Digest(member, tuple(reminders), subject, body, "\n".join(lines), first.phone)


def due_digests(hub: Hub) -> list[Digest]:
    """(1) The messages that are due; the member with the most urgent deadline first."""
    groups: dict[tuple[str, bool], list[Reminder]] = {}
    for reminder in due_reminders(hub):
        groups.setdefault((reminder.member.code, reminder.exercise), []).append(reminder)
    return [digest_of(hub.catalogue.members[code], reminders) for (code, _), reminders in groups.items()]


def remind(hub: Hub, send: Callable[[Digest], bool]) -> bool:
    """Send the due messages; False if another process is sending them.

    `send` returns whether the message is to be noted as sent. If it raises, the other messages are still tried, and the first
    error is then raised again.
    """
    failure: Exception | None = None
    failures_in_a_row = 0
    with Turn(hub, KIND) as turn:
        if not turn.acquire():
            return False
        for digest in due_digests(hub):
            if not turn.acquire():
                return False
            # (2)
            try:
                was_sent = send(digest)
            except Exception as error:  # noqa: BLE001 - one member's message must not end those of all others
                failure = failure or error
                failures_in_a_row += 1
                if failures_in_a_row == MAX_FAILURES:
                    break
                continue
            failures_in_a_row = 0
            # (3)
            if was_sent:
                note(hub, digest.reminders)
    if failure is not None:
        raise failure
    return True


def note(hub: Hub, reminders: Sequence[Reminder]) -> None:
    """Note that the reminders were sent, so that they are not sent again."""
    hub.store.put_facts(KIND, {reminder.key: str(hub.clock()).encode() for reminder in reminders})
