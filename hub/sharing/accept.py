"""The way in: bytes to objects, checked, stored once with a place in line, and told in a status.

1. Who sends, and may this account write here?
2. What was sent: an envelope or a bundle, within the limits.
3. Each object by itself: is it valid STIX 2.1 (law L7)?
4. Is its marking one that this collection takes, and is it the sender's to say (laws L4, L5)?
5. Does it carry what the collection's profiles ask for?
   (5b) Where it acknowledges, asks or answers: may its sender take this step now (the joint protocol)?
6. All that passed, in one batch: kept once, in line, synced to disk with the status of the request (laws L1 to L3).
7. The status: one line for each object, and for each that was refused the reason in words. The store asks for it at the
   commit, keeps it beside the batch, and the sender gets the same.

What does not pass is a failure in the status; the good objects beside it are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.profile.check import Context, check
from hub.settings import Limits
from hub.sharing import access, gate
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.members import Account
from hub.stix import identifiers
from hub.stix.envelope import parse_envelope
from hub.stix.fault import Fault
from hub.stix.objects import StixObject, parse_object
from hub.stix.timestamps import STIX_TIMESTAMP, format_place
from hub.store.base import Batch, Candidate, Outcome, Store, Verdict
from hub.taxii import protocol
from hub.taxii.resources import StatusDetail, StatusResource, as_json

HOUR: Final = 3600 * 1000 * 1000  # microseconds
_MESSAGE_CHARACTERS: Final = 1000  # of one failure, so that a status stays readable
_STIX_TIMESTAMP: Final = re.compile(STIX_TIMESTAMP, re.ASCII)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a request came to: the status resource as it was kept, and figures for the log."""

    status_id: str
    body: bytes
    successes: int
    failures: int


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the way in needs: where to keep things, the rules, and the edges (clock, ids) as arguments."""

    store: Store
    catalogue: Catalogue
    limits: Limits
    clock: Callable[[], int]  # milliseconds since 1970
    new_id: Callable[[], str]  # a UUIDv4
    refused_steps: Callable[
        [Account | None, Collection, Sequence[Candidate]], Mapping[int, str]
    ]  # of the joint protocol


def accept(entrance: Entrance, account: Account | None, collection: Collection, body: bytes) -> Accepted:
    """Take an envelope into a collection; returns when everything that was accepted is on disk (TAXII 2.1, 5.5).

    ForbiddenError and NotFoundError as `gate.must_write` says, MalformedError, UnprocessableError for bodies that
    are no envelope, StoreError where the store failed: then nothing of the request was kept.
    """
    # (1)
    member = gate.must_write(account, collection)
    # (2)
    values = parse_envelope(body, entrance.limits)
    # (3), for all of them first: a processor that takes every step for each object in turn is a quarter slower
    parsed = [parse_object(value, entrance.limits) for value in values]
    # (4) and (5)
    now = entrance.clock()
    door = _Door(
        entrance.catalogue,
        entrance.limits,
        collection,
        member,
        latest=now * 1000 + entrance.limits.future_hours * HOUR,
        context=Context(entrance.catalogue.reserved),
    )  # fmt: skip - one field after the other
    verdicts = [door.judge(index, *one) for index, one in enumerate(zip(values, parsed, strict=True))]
    # (5b)
    passed = [verdict for verdict in verdicts if isinstance(verdict, Candidate)]
    barred = entrance.refused_steps(account, collection, passed)
    refused = (
        *(verdict for verdict in verdicts if isinstance(verdict, Outcome)),
        *(_refusal(one.index, values[one.index], barred[one.index]) for one in passed if one.index in barred),
    )
    # (6)
    accepted: Accepted | None = None
    status_id = entrance.new_id()

    def describe(settled: Sequence[Outcome]) -> bytes:  # (7)
        nonlocal accepted
        status = _status(status_id, now, (*refused, *settled))
        accepted = Accepted(status_id, as_json(status), status.success_count, status.failure_count)
        return accepted.body

    entrance.store.append(
        Batch(
            collection=collection.id,
            publisher=member,
            candidates=tuple(one for one in passed if one.index not in barred),
            status_id=status_id,
            account=account.name if account is not None else "",
            describe=describe,
        )
    )
    assert accepted is not None  # no store keeps a status that was not told to it
    return accepted


@dataclass(frozen=True, slots=True)
class _Door:
    """Steps 3 to 5 for one request, after parsing."""

    catalogue: Catalogue
    limits: Limits
    collection: Collection
    member: str
    latest: int  # instant: created and modified may not lie beyond
    context: Context

    def judge(self, index: int, value: Any, found: StixObject | tuple[Fault, ...]) -> Candidate | Outcome:
        """The object as a candidate for the store, or why it is refused; `found` is what it was parsed to."""
        if not isinstance(found, StixObject):
            return _refusal(index, value, "; ".join(_said(fault) for fault in found))
        if why := self._from_the_future(found):
            return _refusal(index, value, why)
        # (4)
        level = access.level_of(found, self.collection, self.catalogue)
        if isinstance(level, access.Refusal):
            return _refusal(index, value, level.message)
        owner = access.speaks_for(self.member, found, self.collection, self.catalogue)
        if isinstance(owner, access.Refusal):
            return _refusal(index, value, owner.message)
        # (5)
        if findings := check(found.content, self.collection.profiles, self.context):
            return _refusal(index, value, " ".join(finding.message for finding in findings))
        return Candidate(
            index=index,
            id=found.id,
            type=found.type,
            version=found.version,
            version_text=found.version_text,
            level=level,
            owner=owner.member,
            revoked=found.revoked,
            names=found.names,
            body=found.body,
            digest=found.digest,
        )  # fmt: skip - one field after the other, as the store has them

    def _from_the_future(self, found: StixObject) -> str:
        """One object dated far ahead has stopped other feeds for years: readers took its date as how far they are."""
        if found.version is not None and found.version > self.latest:
            return (
                f"its version {found.version_text} lies more than {self.limits.future_hours} hours ahead of "
                "the hub's clock: mend `created` and `modified`."
            )
        return ""


def _said(fault: Fault) -> str:
    return f"{fault.path}: {fault.message}" if fault.path else fault.message


def _refusal(index: int, value: Any, message: str) -> Outcome:
    identifier = value.get("id") if isinstance(value, dict) else None
    if not isinstance(identifier, str) or identifiers.type_of(identifier) is None:
        # a status-detail must have a STIX id (4.3.1): this one tells the position, which the message says, too
        identifier = f"unknown--00000000-0000-4000-8000-{index:012d}"
        message = f"object {index + 1} of the envelope has no usable id. {message}"
    version = None
    if isinstance(value, dict):
        version = next((v for v in (value.get("modified"), value.get("created")) if _is_timestamp(v)), None)
    return Outcome(index, identifier, version, Verdict.REFUSED, message[:_MESSAGE_CHARACTERS])


def _is_timestamp(value: Any) -> bool:
    return isinstance(value, str) and _STIX_TIMESTAMP.fullmatch(value) is not None


def _status(status_id: str, now: int, outcomes: Sequence[Outcome]) -> StatusResource:
    """The status resource (4.3.1), details in the order of the envelope."""
    stamp = format_place(now)
    successes: list[StatusDetail] = []
    failures: list[StatusDetail] = []
    for outcome in sorted(outcomes, key=lambda one: one.index):
        version = outcome.version_text or stamp
        if outcome.verdict is Verdict.REFUSED:
            failures.append(StatusDetail(outcome.id, version, outcome.message))
        else:
            held = protocol.HELD_ALREADY if outcome.verdict is Verdict.REPEAT else None
            successes.append(StatusDetail(outcome.id, version, held))
    return StatusResource(
        id=status_id,
        request_timestamp=stamp,
        total_count=len(outcomes),
        success_count=len(successes),
        failure_count=len(failures),
        successes=tuple(successes),
        failures=tuple(failures),
    )
