"""Alarms that are mailed to the operator, each once: a member that has not polled, a certificate that ends soon.

A member says in members.toml after how many hours without a request it counts as silent (`silent_hours`): its pollers may
have stopped, and then it does not learn of the next incident.
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
CERTIFICATE_DAYS: Final = (21, 7, 1)  # before its end: a mail at each
SUBJECT: Final = "The hub needs you: {count} to look at"
BODY: Final = "{lines}\n\nEach is mailed once. `hub check` shows what is so now.\n"
_HOUR: Final = 3600 * 1000  # milliseconds
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Alarm:
    """A problem that the operator should look at."""

    key: str  # once it is noted, nobody is mailed about it again
    line: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A member whose accounts have asked for nothing for longer than it declares."""

    member: Member
    since: int  # milliseconds since 1970: its last request, or when its first account was made


def silences(hub: Hub) -> list[Silence]:
    """The members that are silent now. One that declares no hours, or has no account in use, is never."""
    seen_times, since = last_seen(hub.store), dict[str, int]()
    for row in hub.store.list_accounts():
        if row.member and not row.disabled:
            since[row.member] = max(since.get(row.member, 0), seen_times.get(row.name, row.created_at))
    now = hub.clock()
    return [
        Silence(member, since[member.code])
        for member in hub.catalogue.members.values()
        if member.silent_hours and member.code in since and now - since[member.code] > member.silent_hours * _HOUR
    ]


def due_alarms(hub: Hub, certificate_file: str) -> list[Alarm]:
    """The alarms that were not mailed to the operator yet."""
    noted = {fact.key for fact in hub.store.facts(KIND)}
    alarms = [*_silent(hub), *_certificate(hub.clock(), certificate_file)]
    return [alarm for alarm in alarms if alarm.key not in noted]


def raise_alarms(hub: Hub, certificate_file: str, send: Callable[[Sequence[Alarm]], bool]) -> None:
    """Send what is due as one message, and note it if `send` says that it was sent. One process does it at a time."""
    if not due_alarms(hub, certificate_file):
        return
    with Turn(hub, KIND) as turn:
        if turn.mine() and (alarms := due_alarms(hub, certificate_file)) and send(alarms):
            hub.store.put_facts(KIND, {alarm.key: str(hub.clock()).encode() for alarm in alarms})


def message(alarms: Sequence[Alarm]) -> tuple[str, str]:
    """(subject, body) of a mail about them."""
    return SUBJECT.format(count=len(alarms)), BODY.format(lines="\n".join(alarm.line for alarm in alarms))


def certificate_end(file: str) -> float | None:
    """When the first certificate in a PEM file ends, as a Unix time; None where there is none that can be read."""
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
    passed = [days for days in CERTIFICATE_DAYS if remaining <= days * _DAY]
    if passed:
        verb = "ended" if remaining <= 0 else "ends"
        yield Alarm(
            f"certificate/{int(end)}/{0 if remaining <= 0 else min(passed)}",
            f"The TLS certificate {file} {verb} on {_minute(int(end * 1000))}: renew it, then send SIGHUP to the hub.",
        )


def _minute(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M} UTC"
