"""The way in: parse the bytes, check each object, store it once at a position, and report it in a status.

1. May this account write here? `gate.must_write` decides it before the body is read, and returns a `Writer`.
2. Parse the envelope or bundle, within the limits.
3. Is each object valid STIX 2.1 (law L7)?
4. Does the collection accept its marking, and may this member publish it (laws L4, L5)?
5. Does it meet the collection's profiles?
   (5b) If it is an acknowledgement, request or answer: may its sender take this step now (joint protocol)?
6. Store all objects that passed, in one batch, each once and in order, synced to disk with the status (laws L1 to L3).
7. Write the status: one entry for each object, with the reason if it was refused. The store calls `describe` with the
   outcomes of the batch, keeps the status with it, and returns it.

An object that fails a check is a failure in the status; the good objects beside it are stored.
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
from hub.store.records import BY_HUB, BY_MARKING
from hub.taxii import protocol
from hub.taxii.resources import StatusDetail, StatusResource, as_json

MINUTE: Final = 60 * 1000 * 1000  # microseconds
QUARTER_HOUR: Final = 15 * MINUTE
_WRITING_MINUTES: Final = 2  # between the time in `modified` and the time at which the hub reads the object
_HOUR_MILLISECONDS: Final = 3600 * 1000
_MESSAGE_CHARACTERS: Final = 1000  # of one detail, so that a status stays readable
_ACCOUNTS_SHOWN: Final = 20  # accounts in a message that fetched a version below a raised level
_STIX_TIMESTAMP: Final = re.compile(STIX_TIMESTAMP, re.ASCII)


@dataclass(frozen=True, slots=True)
class AcceptResult:
    """The result of a request: the status resource as it was stored, and counts for the log."""

    status_id: str
    body: bytes
    successes: int
    failures: int


class Entrance(Protocol):
    """What the way in needs from the hub: the store, the rules, the clock and new ids."""

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

    def stranded_accounts(self, collection: str, stranded: Stranded) -> Sequence[str]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class _Request:
    """One request: the hub, the writer with its collection, and when the request came (milliseconds since 1970)."""

    hub: Entrance
    writer: Writer
    now: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the checks of single objects need: the member, the collection, the time (milliseconds since 1970), the rules."""

    held_objects: levels.HeldObjects
    catalogue: Catalogue
    collection: Collection
    member: str
    now: int
    future_minutes: int
    context: Context  # of the profiles' rules
    handed_over: Mapping[str, str]  # object id -> member, for ids that the operator handed over


def accept(hub: Entrance, writer: Writer, body: bytes) -> AcceptResult:
    """Store an envelope in the writer's collection; return when all accepted objects are on disk (TAXII 2.1, 5.5).

    Step (1) is `gate.must_write`. MalformedError or UnprocessableError if the body is no envelope, StoreError if the store
    fails: then nothing of the request is stored.
    """
    # (2)
    envelope = parse_envelope(body, hub.limits)
    values = envelope.objects
    # (3) for all objects before (4): doing all steps for each object in turn takes a quarter longer (processor caches)
    parse_results = [parse_object(value, hub.limits, hub.catalogue.markings) for value in values]
    # (4) and (5)
    request = _Request(hub, writer, hub.clock())
    inspection = Inspection(
        hub.store,
        hub.catalogue,
        writer.collection,
        writer.member,
        request.now,
        hub.limits.future_minutes,
        Context(hub.catalogue.member_by_identity, writer.collection.beyond_certs),
        hub.hand_overs.owners(),
    )
    verdicts = [
        judge(inspection, index, value, result)
        for index, (value, result) in enumerate(zip(values, parse_results, strict=True))
    ]
    # (5b)
    valid_candidates = [verdict for verdict in verdicts if isinstance(verdict, Candidate)]
    refusals = dict(hub.refused_steps(writer.account, writer.collection, valid_candidates))
    refusals |= levels.contradicted(valid_candidates)
    early_outcomes = [
        *(verdict for verdict in verdicts if isinstance(verdict, Outcome)),
        *(_refusal(index, values[index], reason) for index, reason in refusals.items()),
    ]
    # (6) and (7)
    candidates = tuple(candidate for candidate in valid_candidates if candidate.index not in refusals)
    refused_bystanders = tuple(
        levels.bystanders(values, parse_results, (outcome.index for outcome in early_outcomes), hub.catalogue.markings)
    )
    outer_bystanders = (
        tuple(levels.envelope_bystanders(envelope.other_keys, candidates, hub.catalogue.markings))
        if envelope.other_keys
        else ()
    )
    lifetime = hub.limits.status_hours * _HOUR_MILLISECONDS
    notes = WithheldNotes(hub.store, writer.member, writer.collection, request.now, lifetime)
    noted_bystanders: tuple[Bystander, ...] = ()
    if any(candidate.level is None or candidate.markings for candidate in candidates):
        sent_ids = {obj.id for obj in parse_results if isinstance(obj, StixObject)} | {
            bystander.id for bystander in refused_bystanders
        }
        noted_bystanders = tuple(notes.bystanders(sent_ids))
    status_id = hub.new_id()
    append_result = hub.store.append(
        Batch(
            collection=writer.collection.id,
            publisher=writer.member,
            candidates=candidates,
            status_id=status_id,
            account=writer.account.name,
            describe=partial(_status_body, request, status_id, early_outcomes),
            unmarked_level=writer.collection.unmarked_from(writer.account.name),
            highest_level=writer.collection.highest_tlp,
            most_versions=hub.limits.object_versions,
            readable_levels=_other_collections(request, candidates),
            bystanders=(
                *outer_bystanders,
                *refused_bystanders,
                *noted_bystanders,
                *levels.twin_bystanders(parse_results, hub.store, writer.collection, writer.member),
            ),
            refused_count=sum(outcome.verdict is Verdict.REFUSED for outcome in early_outcomes),
        )
    )
    notes.keep(candidates, append_result.outcomes, refused_bystanders)
    failures = sum(outcome.verdict is Verdict.REFUSED for outcome in (*early_outcomes, *append_result.outcomes))
    return AcceptResult(status_id, append_result.status, len(values) - failures, failures)


def judge(
    inspection: Inspection, index: int, value: Any, parse_result: StixObject | tuple[Fault, ...]
) -> Candidate | Outcome:
    """Check one object (steps 3 to 5): return it as a candidate for the store, or an outcome if it goes no further."""
    catalogue, collection = inspection.catalogue, inspection.collection
    if not isinstance(parse_result, StixObject):
        return _refusal(index, value, "; ".join(_sentence(fault) for fault in parse_result))
    if reason := _date_problem(inspection, parse_result):
        return _refusal(index, value, reason)
    # (4)
    level = access.level_of(parse_result, collection, catalogue)
    if isinstance(level, access.Refusal):
        return _refusal(index, value, level.message)
    if reason := _level_problem(inspection, parse_result, level):
        return _refusal(index, value, reason)
    owner = access.decide_owner(inspection.member, parse_result, collection, catalogue)
    if isinstance(owner, access.Refusal):
        return _refusal(index, value, owner.message)
    if isinstance(owner, access.HubCopy):
        if inspection.held_objects.holds(collection.id, parse_result.id, TLP.RED):
            return Outcome(index, parse_result.id, parse_result.version_text, Verdict.REPEAT, owner.message)
        owner = access.Owner(inspection.member)  # the hub has not added its copy yet
    # (5)
    if findings := check(parse_result.content, collection.profiles, inspection.context):
        return _refusal(index, value, " ".join(finding.message for finding in findings))
    return candidate_of(inspection, index, parse_result, level, owner)


def _level_problem(inspection: Inspection, obj: StixObject, level: access.Level) -> str:
    """Why an object is refused for its level beside that of stored versions; empty if it is not."""
    is_definition = obj.type == levels.MARKING and level.value is not None and level.source == BY_MARKING
    if not obj.revoked and not is_definition:
        return ""
    versions = inspection.held_objects.history(inspection.collection.id, obj.id)
    if obj.revoked:
        return levels.repeats_higher(versions, obj, level.value)
    return levels.raises_meaning(versions, obj, inspection.catalogue.markings)


def candidate_of(
    inspection: Inspection, index: int, obj: StixObject, level: access.Level, owner: access.Owner
) -> Candidate:
    """The object as a candidate for the store."""
    return Candidate(  # by position: by name it takes three times as long, and each object needs one
        index,
        obj.id,
        obj.type,
        obj.version,
        obj.version_text,
        level.value,
        owner.member,
        obj.revoked,
        obj.references.named_ids,
        obj.body,
        obj.digest,
        inspection.handed_over.get(obj.id, ""),
        () if level.source == BY_HUB else obj.own_level.markings,
        obj.references.contained_ids,
        obj.references.described_id,
        level.source,
    )  # fmt: skip - one field after the other, as the store has them


def _other_collections(request: _Request, candidates: Sequence[Candidate]) -> Mapping[str, int]:
    """The other collections that the sender reads, if any candidate names or describes another object (law L5 c and e)."""
    if not any(candidate.named_ids or candidate.described_id for candidate in candidates):
        return {}
    return levels.collections_read(request.hub.catalogue, request.writer.account, request.writer.collection)


def _date_problem(inspection: Inspection, obj: StixObject) -> str:
    """Why the date of an object's version is refused; empty if it is accepted.

    Common clients use the newest `modified` that they read as their position: one date in the future hides all that
    follows. `created` is never later than `modified` (STIX 2.1, 3.2), and other dates may be in the future.
    """
    minutes = inspection.future_minutes
    lead = 0 if obj.version is None else obj.version - inspection.now * 1000
    if lead <= minutes * MINUTE:
        return ""
    hint = " Is this local time? Write it in UTC." if _is_time_zone(lead) else ""
    return (
        f"Its version {obj.version_text} is more than {minutes} minutes ahead of the hub's clock, which says "
        f"{format_place(inspection.now)}: correct `created` and `modified`, or the clock of the machine that wrote them.{hint}"
    )


def _is_time_zone(lead: int) -> bool:
    """Whether the lead may be a time zone's offset from UTC: whole quarter hours, from 1 to 14 hours."""
    quarters = round(lead / QUARTER_HOUR)
    return 4 <= quarters <= 56 and abs(lead - quarters * QUARTER_HOUR) <= _WRITING_MINUTES * MINUTE


def _sentence(fault: Fault) -> str:
    return f"{fault.path}: {fault.message}" if fault.path else fault.message


def _refusal(index: int, value: Any, message: str) -> Outcome:
    identifier = value.get("id") if isinstance(value, dict) else None
    if not isinstance(identifier, str) or identifiers.type_of(identifier) is None:
        # a status-detail must have a STIX id (4.3.1): write the position as an id
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


def _status_body(
    request: _Request, status_id: str, early_outcomes: Sequence[Outcome], store_outcomes: Sequence[Outcome]
) -> bytes:
    """The status resource (4.3.1) as JSON, with the details in the order of the envelope."""
    stamp = format_place(request.now)
    successes: list[StatusDetail] = []
    failures: list[StatusDetail] = []
    outcomes = sorted((*early_outcomes, *store_outcomes), key=lambda outcome: outcome.index)
    failure_count = sum(outcome.verdict is Verdict.REFUSED for outcome in outcomes)
    max_listed = request.hub.limits.status_failures
    for outcome in outcomes:
        version = outcome.version_text or stamp
        if outcome.verdict is not Verdict.REFUSED:
            successes.append(StatusDetail(outcome.id, version, _success_message(request, outcome)))
        elif len(failures) < max_listed:
            sentences = [outcome.message, *_level_notices(request, outcome)]
            failures.append(StatusDetail(outcome.id, version, " ".join(sentences)[:_MESSAGE_CHARACTERS]))
    if failure_count > len(failures):
        summary = (
            f"{failure_count - max_listed} more objects were refused; they are counted and not listed. Correct the listed ones, and "
            "send the other objects again in smaller envelopes."
        )
        failures.append(StatusDetail(_unknown_id(len(outcomes)), stamp, summary))
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
    """What the sender should know about an accepted object; None for most objects."""
    if outcome.verdict is Verdict.ADDED and not outcome.message and not outcome.stranded:
        return None
    sentences = [protocol.HELD_ALREADY] if outcome.verdict is Verdict.REPEAT else []
    if outcome.message:
        sentences.append(outcome.message)
    sentences += _level_notices(request, outcome)
    return " ".join(sentences)[:_MESSAGE_CHARACTERS] or None


def _level_notices(request: _Request, outcome: Outcome) -> Iterator[str]:
    """A sentence for each object whose level rises; also for a refused container, which still raises what it names."""
    for stranded in outcome.stranded:
        yield _level_notice(outcome, stranded, request.hub.stranded_accounts(request.writer.collection.id, stranded))


def _level_notice(outcome: Outcome, stranded: Stranded, accounts: Sequence[str]) -> str:
    subject = "The level of its earlier versions" if stranded.id == outcome.id else f"The level of {stranded.id}"
    rise = f"{subject} rises from {TLP(stranded.old_level).label} to {TLP(stranded.level).label}."
    if not accounts:
        return rise
    names = ", ".join(accounts[:_ACCOUNTS_SHOWN])
    summary = f" and {len(accounts) - _ACCOUNTS_SHOWN} more" if len(accounts) > _ACCOUNTS_SHOWN else ""
    return f"{rise} Fetched before that by accounts that will see nothing further of it: {names}{summary}."
