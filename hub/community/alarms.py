"""Alarms that are mailed to the operator, each once: a member that has not polled, a certificate that expires soon.

A member declares in members.toml after how many hours without a request it counts as silent (`silent_hours`): its pollers may
have stopped, so that it would not get the next incident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from hub.community.hub import Hub
from hub.community.turn import Turn
from hub.sharing.last_seen import last_seen
from hub.sharing.members import Member

KIND: Final = "alarm"
CERTIFICATE_DAYS: Final = (21, 7, 1)  # days before its end at which a mail is sent
SUBJECT: Final = "The hub needs you: {count} to look at"
BODY: Final = "{lines}\n\nEach is mailed once. `hub check` shows what is so now.\n"
_HOUR: Final = 3600 * 1000  # milliseconds
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Alarm:
    """A problem that the operator should look at."""

    key: str  # stored as a fact after the mail, so that it is sent only once
    line: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A member whose accounts have sent no request for longer than it declares."""

    member: Member
    since: int  # milliseconds since 1970: its last request, or when its newest account was added


def silences(hub: Hub) -> list[Silence]:
    """The members that are silent now. A member without `silent_hours`, or without an enabled account, is never silent."""
    seen_times, last_requests = last_seen(hub.store), dict[str, int]()
    for row in hub.store.list_accounts():
        if row.member and not row.disabled:
            last_requests[row.member] = max(last_requests.get(row.member, 0), seen_times.get(row.name, row.created_at))
    now = hub.clock()
    return [
        Silence(member, last_requests[member.code])
        for member in hub.catalogue.members.values()
        if member.silent_hours
        and member.code in last_requests
        and now - last_requests[member.code] > member.silent_hours * _HOUR
    ]


def due_alarms(hub: Hub, certificate_file: str) -> list[Alarm]:
    """The alarms that were not mailed to the operator yet."""
    noted_keys = {fact.key for fact in hub.store.facts(KIND)}
    alarms = [*_silent(hub), *_certificate(hub.clock(), certificate_file)]
    return [alarm for alarm in alarms if alarm.key not in noted_keys]


def raise_alarms(hub: Hub, certificate_file: str, send: Callable[[Sequence[Alarm]], bool]) -> None:
    """Send the due alarms as one message, and note them if `send` returns True. One process does it at a time."""
    if not due_alarms(hub, certificate_file):
        return
    with Turn(hub, KIND) as turn:
        if turn.acquire() and (alarms := due_alarms(hub, certificate_file)) and send(alarms):
            hub.store.put_facts(KIND, {alarm.key: str(hub.clock()).encode() for alarm in alarms})


def message(alarms: Sequence[Alarm]) -> tuple[str, str]:
    """(subject, body) of a mail about the alarms."""
    return SUBJECT.format(count=len(alarms)), BODY.format(lines="\n".join(alarm.line for alarm in alarms))


def certificate_end(file: str) -> float | None:
    """When the first certificate in a PEM file expires, as a Unix time; None if it cannot be read."""
    if not file:
        return None
    try:
        return x509.load_pem_x509_certificate(Path(file).read_bytes()).not_valid_after_utc.timestamp()
    except (OSError, ValueError):
        return None


def _silent(hub: Hub) -> Iterator[Alarm]:
    for silence in silences(hub):
        member = silence.member
        yield Alarm(
            f"silent/{member.code}/{silence.since}",
            f"{member.code} ({member.cert}) has asked for nothing since {_minute(silence.since)}, longer than its "
            f"{member.silent_hours} hours: call {member.duty_line}, or write to {member.contact}.",
        )


def _certificate(now: int, file: str) -> Iterator[Alarm]:
    end = certificate_end(file)
    if end is None:
        return
    remaining = int(end * 1000) - now
    passed_days = [days for days in CERTIFICATE_DAYS if remaining <= days * _DAY]
    if passed_days:
        verb = "ended" if remaining <= 0 else "ends"
        yield Alarm(
            f"certificate/{int(end)}/{0 if remaining <= 0 else min(passed_days)}",
            f"The TLS certificate {file} {verb} on {_minute(int(end * 1000))}: renew it, then send SIGHUP to the hub.",
        )


def _minute(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"
