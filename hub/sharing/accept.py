"""The way in: bytes to objects, checked, stored once at a position, and reported in a status.

1. Who sends, and may this account write here? `gate.must_write` decides it before a body is read, and gives a `Writer`.
2. What was sent: an envelope or a bundle, within the limits.
3. Each object by itself: is it valid STIX 2.1 (law L7)?
4. Is its marking one that this collection takes, and is it the sender's to say (laws L4, L5)?
5. Does it carry what the collection's profiles ask for?
   (5b) Where it acknowledges, asks or answers: may its sender take this step now (the joint protocol)?
6. All that passed, in one batch: kept once, in line, synced to disk with the status of the request (laws L1 to L3).
7. The status: one line for each object, and for each that was refused the reason in words. It is a function of the
   outcomes, which the store applies when it has decided the batch, and returns as it was kept.

What does not pass is a failure in the status; the good objects beside it are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from hub.profile.check import Context, check
from hub.settings import Limits
from hub.sharing import access, levels
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.gate import Writer
from hub.sharing.handover import HandOvers
from hub.sharing.members import Account
from hub.sharing.withheld import WithheldNotes
from hub.stix import identifiers
from hub.stix.envelope import parse_envelope
from hub.stix.fault import Fault
from hub.stix.objects import StixObject, parse_object
from hub.stix.timestamps import STIX_TIMESTAMP, format_place
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.batch import Batch, Bystander, Candidate, Outcome, Stranded, Verdict
from hub.store.records import BY_HUB
from hub.taxii import protocol
from hub.taxii.resources import StatusDetail, StatusResource, as_json

MINUTE: Final = 60 * 1000 * 1000  # microseconds
QUARTER_HOUR: Final = 15 * MINUTE
_WRITING_MINUTES: Final = 2  # between the moment that a tool writes as `modified` and the moment that the hub reads it
_HOUR_MILLISECONDS: Final = 3600 * 1000
_MESSAGE_CHARACTERS: Final = 1000  # of one detail, so that a status stays readable
_ACCOUNTS_SHOWN: Final = 20  # of those that fetched a version below a raised level
_STIX_TIMESTAMP: Final = re.compile(STIX_TIMESTAMP, re.ASCII)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The result of a request: the status resource as it was kept, and figures for the log."""

    status_id: str
    body: bytes
    successes: int
    failures: int


class Entrance(Protocol):
    """What the way in needs of the hub: where to keep objects, the rules, and the edges (clock, ids)."""

    @property
    def store(self) -> Store: ...  # noqa: D102 - as TaxiiHub documents them

    @property
    def catalogue(self) -> Catalogue: ...  # noqa: D102

    @property
    def limits(self) -> Limits: ...  # noqa: D102

    @property
    def hand_overs(self) -> HandOvers: ...  # noqa: D102

    @property
    def clock(self) -> Callable[[], int]: ...  # noqa: D102

    @property
    def new_id(self) -> Callable[[], str]: ...  # noqa: D102

    def refused_steps(  # noqa: D102
        self, account: Account, collection: Collection, candidates: Sequence[Candidate]
    ) -> Mapping[int, str]: ...

    def accounts_sent(self, collection: str, stranded: Stranded) -> Sequence[str]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class _Request:
    """One request under way: the hub it came to, who sends and where to, and when it came (milliseconds since 1970)."""

    hub: Entrance
    writer: Writer
    now: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What single objects are judged by: who sends them, where to, when (milliseconds since 1970), and by which rules."""

    held: levels.HeldObjects
    catalogue: Catalogue
    collection: Collection
    member: str
    now: int
    future_minutes: int
    context: Context  # of the profiles' rules
    handed_over: Mapping[str, str]  # ids that the operator gave to a member


def accept(hub: Entrance, writer: Writer, body: bytes) -> Accepted:
    """Take an envelope into the writer's collection; returns when everything that was accepted is on disk (TAXII 2.1, 5.5).

    MalformedError, UnprocessableError for bodies that are no envelope, StoreError where the store failed: then nothing
    of the request was kept. (1) is `gate.must_write`.
    """
    # (2)
    envelope = parse_envelope(body, hub.limits)
    values = envelope.objects
    # (3), for all of them first: a processor that takes every step for each object in turn is a quarter slower
    parsed = [parse_object(value, hub.limits, hub.catalogue.markings) for value in values]
    # (4) and (5)
    request = _Request(hub, writer, hub.clock())
    inspection = Inspection(
        hub.store,
        hub.catalogue,
        writer.collection,
        writer.member,
        request.now,
        hub.limits.future_minutes,
        Context(hub.catalogue.reserved, writer.collection.beyond_certs),
        hub.hand_overs.current(),
    )
    verdicts = [
        judge(inspection, index, value, result)
        for index, (value, result) in enumerate(zip(values, parsed, strict=True))
    ]
    # (5b)
    passed = [verdict for verdict in verdicts if isinstance(verdict, Candidate)]
    refused_steps = hub.refused_steps(writer.account, writer.collection, passed)
    decided = [
        *(verdict for verdict in verdicts if isinstance(verdict, Outcome)),
        *(_refusal(index, values[index], why) for index, why in refused_steps.items()),
    ]
    # (6) and (7)
    candidates = tuple(candidate for candidate in passed if candidate.index not in refused_steps)
    outside = tuple(levels.bystanders(values, parsed, (outcome.index for outcome in decided), hub.catalogue.markings))
    around = tuple(levels.around(envelope.around, candidates, hub.catalogue.markings)) if envelope.around else ()
    lifetime = hub.limits.status_hours * _HOUR_MILLISECONDS
    notes = WithheldNotes(hub.store, writer.member, writer.collection, request.now, lifetime)
    noted: tuple[Bystander, ...] = ()
    if any(candidate.level is None or candidate.markings for candidate in candidates):
        sent = {obj.id for obj in parsed if isinstance(obj, StixObject)} | {bystander.id for bystander in outside}
        noted = tuple(notes.bystanders(sent))
    status_id = hub.new_id()
    appended = hub.store.append(
        Batch(
            collection=writer.collection.id,
            publisher=writer.member,
            candidates=candidates,
            status_id=status_id,
            account=writer.account.name,
            describe=partial(_status_body, request, status_id, decided),
            unmarked=writer.collection.unmarked_from(writer.account.name),
            highest=writer.collection.highest_tlp,
            versions=hub.limits.object_versions,
            reads=_other_collections(request, candidates),
            bystanders=(*around, *outside, *noted, *levels.twins(parsed, hub.store, writer.collection, writer.member)),
            refused=sum(outcome.verdict is Verdict.REFUSED for outcome in decided),
        )
    )
    notes.keep(candidates, appended.outcomes, outside)
    failures = sum(outcome.verdict is Verdict.REFUSED for outcome in (*decided, *appended.outcomes))
    return Accepted(status_id, appended.status, len(values) - failures, failures)


def judge(
    inspection: Inspection, index: int, value: Any, parsed: StixObject | tuple[Fault, ...]
) -> Candidate | Outcome:
    """The object as a candidate for the store, or why it is refused (steps 3 to 5)."""
    catalogue, collection = inspection.catalogue, inspection.collection
    if not isinstance(parsed, StixObject):
        return _refusal(index, value, "; ".join(_sentence(fault) for fault in parsed))
    if why := _date_problem(inspection, parsed):
        return _refusal(index, value, why)
    # (4)
    level = access.level_of(parsed, collection, catalogue)
    if isinstance(level, access.Refusal):
        return _refusal(index, value, level.message)
    if parsed.revoked:
        versions = inspection.held.history(collection.id, parsed.id)
        if why := levels.repeats_higher(versions, parsed, level.value):
            return _refusal(index, value, why)
    owner = access.speaks_for(inspection.member, parsed, collection, catalogue)
    if isinstance(owner, access.Refusal):
        return _refusal(index, value, owner.message)
    if isinstance(owner, access.Stands):
        if inspection.held.holds(collection.id, parsed.id, TLP.RED):
            return Outcome(index, parsed.id, parsed.version_text, Verdict.REPEAT, owner.message)
        owner = access.Owner(inspection.member)  # the hub has yet to put it in
    # (5)
    if findings := check(parsed.content, collection.profiles, inspection.context):
        return _refusal(index, value, " ".join(finding.message for finding in findings))
    return candidate_of(inspection, index, parsed, level, owner)


def candidate_of(
    inspection: Inspection, index: int, parsed: StixObject, level: access.Level, owner: access.Owner
) -> Candidate:
    """The object as the store decides about it."""
    return Candidate(  # by position, since one is made for each object: by name it takes three times as long
        index,
        parsed.id,
        parsed.type,
        parsed.version,
        parsed.version_text,
        level.value,
        owner.member,
        parsed.revoked,
        parsed.references.names,
        parsed.body,
        parsed.digest,
        inspection.handed_over.get(parsed.id, ""),
        () if level.source == BY_HUB else parsed.own_level.markings,
        parsed.references.contains,
        parsed.references.describes,
        level.source,
    )  # fmt: skip - one field after the other, as the store has them


def _other_collections(request: _Request, candidates: Sequence[Candidate]) -> Mapping[str, int]:
    """Where else the sender meets what these name or describe (law L5 c and e); looked up where any does."""
    if not any(candidate.names or candidate.describes for candidate in candidates):
        return {}
    return levels.collections_read(request.hub.catalogue, request.writer.account, request.writer.collection)


def _date_problem(inspection: Inspection, parsed: StixObject) -> str:
    """Why the date of an object's version cannot be taken, in words; empty where it can.

    Common clients take the newest `modified` that they read as how far they are: one date ahead hides all that follows.
    `created` is never later than `modified` (STIX 2.1, 3.2), and other dates may lie in the future.
    """
    minutes = inspection.future_minutes
    ahead = 0 if parsed.version is None else parsed.version - inspection.now * 1000
    if ahead <= minutes * MINUTE:
        return ""
    hint = " Is this local time? Write it in UTC." if _is_time_zone(ahead) else ""
    return (
        f"Its version {parsed.version_text} lies more than {minutes} minutes ahead of the hub's clock, which says "
        f"{format_place(inspection.now)}: correct `created` and `modified`, or the clock of the machine that wrote them.{hint}"
    )


def _is_time_zone(ahead: int) -> bool:
    """Whether a date is ahead by what a time zone is ahead of UTC: whole quarter hours, from 1 to 14 hours."""
    quarters = round(ahead / QUARTER_HOUR)
    return 4 <= quarters <= 56 and abs(ahead - quarters * QUARTER_HOUR) <= _WRITING_MINUTES * MINUTE


def _sentence(fault: Fault) -> str:
    return f"{fault.path}: {fault.message}" if fault.path else fault.message


def _refusal(index: int, value: Any, message: str) -> Outcome:
    identifier = value.get("id") if isinstance(value, dict) else None
    if not isinstance(identifier, str) or identifiers.type_of(identifier) is None:
        # a status-detail must have a STIX id (4.3.1): this one tells the position, which the message says, too
        identifier = _unknown_id(index)
        message = f"object {index + 1} of the envelope has no usable id. {message}"
    version = None
    if isinstance(value, dict):
        version = next((v for v in (value.get("modified"), value.get("created")) if _is_timestamp(v)), None)
    return Outcome(index, identifier, version, Verdict.REFUSED, message[:_MESSAGE_CHARACTERS])


def _unknown_id(index: int) -> str:
    return f"unknown--00000000-0000-4000-8000-{index:012d}"


def _is_timestamp(value: Any) -> bool:
    return isinstance(value, str) and _STIX_TIMESTAMP.fullmatch(value) is not None


def _status_body(request: _Request, status_id: str, decided: Sequence[Outcome], settled: Sequence[Outcome]) -> bytes:
    """The status resource (4.3.1) as JSON, details in the order of the envelope."""
    stamp = format_place(request.now)
    successes: list[StatusDetail] = []
    failures: list[StatusDetail] = []
    outcomes = sorted((*decided, *settled), key=lambda outcome: outcome.index)
    failure_count = sum(outcome.verdict is Verdict.REFUSED for outcome in outcomes)
    listed = request.hub.limits.status_failures
    for outcome in outcomes:
        version = outcome.version_text or stamp
        if outcome.verdict is not Verdict.REFUSED:
            successes.append(StatusDetail(outcome.id, version, _success_message(request, outcome)))
        elif len(failures) < listed:
            sentences = [outcome.message, *_raises(request, outcome)]
            failures.append(StatusDetail(outcome.id, version, " ".join(sentences)[:_MESSAGE_CHARACTERS]))
    if failure_count > len(failures):
        more = (
            f"{failure_count - listed} more objects were refused; they are counted and not listed. Correct those that are, and "
            "send the rest again in smaller envelopes."
        )
        failures.append(StatusDetail(_unknown_id(len(outcomes)), stamp, more))
    status = StatusResource(
        id=status_id,
        request_timestamp=stamp,
        total_count=len(outcomes),
        success_count=len(successes),
        failure_count=failure_count,
        successes=tuple(successes),
        failures=tuple(failures),
    )
    return as_json(status)


def _success_message(request: _Request, outcome: Outcome) -> str | None:
    """What the sender should know of an object that was taken, None where nothing: so it is with most."""
    if outcome.verdict is Verdict.ADDED and not outcome.message and not outcome.stranded:
        return None
    sentences = [protocol.HELD_ALREADY] if outcome.verdict is Verdict.REPEAT else []
    if outcome.message:
        sentences.append(outcome.message)
    sentences += _raises(request, outcome)
    return " ".join(sentences)[:_MESSAGE_CHARACTERS] or None


def _raises(request: _Request, outcome: Outcome) -> Iterator[str]:
    """Of a refused container, too: what it names has its level nevertheless."""
    for stranded in outcome.stranded:
        yield _raised(outcome, stranded, request.hub.accounts_sent(request.writer.collection.id, stranded))


def _raised(outcome: Outcome, stranded: Stranded, accounts: Sequence[str]) -> str:
    what = "The level of its earlier versions" if stranded.id == outcome.id else f"The level of {stranded.id}"
    rise = f"{what} rises from {TLP(stranded.before).label} to {TLP(stranded.level).label}."
    if not accounts:
        return rise
    names = ", ".join(accounts[:_ACCOUNTS_SHOWN])
    more = f" and {len(accounts) - _ACCOUNTS_SHOWN} more" if len(accounts) > _ACCOUNTS_SHOWN else ""
    return f"{rise} Fetched before that by accounts that will see nothing further of it: {names}{more}."
