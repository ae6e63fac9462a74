"""The history of one report: each release and withdrawal, by audience, from the records in the CERT's home."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hub.errors import ReleaseError
from hub.home.member import OwnMember
from hub.release.preview import PreviewRow, parse_preview
from hub.release.record import ReleaseRecord, parse_release_record, released_records
from hub.rendering.versions import Version

CONSENT: Final[Mapping[str, str]] = {
    "": "The report records no consent: no more than sector and country may be said of the victim.",
    "none": "The victim agreed to nothing leaving the CERT.",
    "cert-only": "The victim agreed to the CERT's knowing: nothing may be said of the victim.",
    "sector-only": "The victim agreed to its sector's being said.",
    "pseudonym": "The victim agreed to a pseudonym.",
    "named": "The victim agreed to being named.",
}


@dataclass(frozen=True, slots=True)
class Approval:
    """An officer's decision about one text or value. `text` is that text or value, if the record contains it."""

    key: str
    place: str
    text: str
    decision: str
    despite: str


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """A release or withdrawal. `released_rows` are the properties that left; for a feed, only those that an officer approved."""

    at: str
    hub: str
    withdrawn: bool
    consent: str
    officer: str
    approvals: tuple[Approval, ...] = ()
    named_by: str = ""
    source_level: str = ""  # the lowest level to which the source agreed
    released_rows: tuple[PreviewRow, ...] = ()
    stay_counts: Mapping[str, int] = field(default_factory=dict)  # by reason: the number of texts and values


@dataclass(frozen=True, slots=True)
class ReleasedObject:
    """An object that was released, in its newest version."""

    type: str
    id: str
    name: str
    modified: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class AudienceHistory:
    """All releases to one audience. `observable_ids` are those of the observables in its collection."""

    title: str
    collection: str
    profile: str
    events: tuple[HistoryEvent, ...]
    objects: tuple[ReleasedObject, ...]
    observable_ids: tuple[str, ...]


def report_history(member: OwnMember, report_id: str) -> tuple[AudienceHistory, ...]:
    """The history of a report, by audience. ReleaseError if nothing of it was released from this home."""
    audiences = [
        _audience(data, parse_release_record(data))
        for _, data in released_records(member)
        if data.get("report_id") == report_id
    ]
    if not audiences:
        raise ReleaseError(f"Nothing of a report {report_id!r} was released from this home ({member.home}).")
    return tuple(sorted(audiences, key=lambda audience: audience.events[0].at if audience.events else ""))


def _audience(data: Mapping[str, Any], record: ReleaseRecord) -> AudienceHistory:
    collection = str(data["collection"])
    return AudienceHistory(
        title=str(data.get("title") or collection),
        collection=collection,
        profile=str(data["profile"]),
        events=tuple(_events(record.history)),
        objects=tuple(_objects([record.objects, record.lone_indicators], _released_names(record))),
        observable_ids=record.observable_ids,
    )


def _events(history: Iterable[Mapping[str, Any]]) -> Iterator[HistoryEvent]:
    released_texts: dict[str, str] = {}  # by key, for an entry that takes the approval back
    for entry in history:
        event = _event(entry, released_texts)
        released_texts |= {approval.key: approval.text for approval in event.approvals if approval.text}
        yield event


def _released_names(record: ReleaseRecord) -> Mapping[str, str]:
    """The names of released objects before their revocation, which does not repeat them."""
    rows = [
        row for entry in record.history for row in parse_preview(entry.get("preview", {"title": "", "rows": ()})).rows
    ]
    names = {row.id: row.leaves for row in rows if row.leaves is not None and row.path == "name"}
    return {released_id: names[own_id] for own_id, released_id in record.mapping.items() if own_id in names}


def _event(entry: Mapping[str, Any], released_texts: Mapping[str, str]) -> HistoryEvent:
    rows = parse_preview(entry["preview"]).rows if "preview" in entry else ()
    return HistoryEvent(
        at=str(entry["at"]),
        hub=str(entry.get("hub", "")),
        withdrawn=bool(entry.get("withdrawn")),
        consent=str(entry.get("consent", "")),
        officer=str(entry.get("officer", "")),
        approvals=tuple(_approvals(entry, rows, released_texts)),
        named_by=str(entry.get("named_by", "")),
        source_level=str(entry.get("source_gave_leave_for", "")),
        released_rows=tuple(row for row in rows if row.leaves is not None),
        stay_counts=dict(Counter(row.why for row in rows if row.leaves is None)),
    )


def _approvals(
    entry: Mapping[str, Any], rows: Sequence[PreviewRow], earlier_texts: Mapping[str, str]
) -> Iterable[Approval]:
    by_key = {row.key: row for row in reversed(rows) if row.key}
    alone, despite = set(entry.get("approved_alone", ())), entry.get("despite", {})
    approved_keys = {*entry.get("approved_texts", ()), *entry.get("approved_values", ())}
    kept_keys = set(entry.get("kept", ()))
    decisions = [(key, "approved to leave alone" if key in alone else "approved") for key in approved_keys]
    decisions += [(key, "kept at the CERT") for key in kept_keys]
    decisions += [(key, "taken back") for key in set(entry.get("taken_back", ())) - kept_keys]
    for key, decision in sorted(decisions):
        row = by_key.get(key)
        if row is not None and row.held and key in approved_keys:
            decision = "approved, but still held: something in it looks suspicious"  # noqa: PLW2901
        text = row.value or row.here if row is not None and key in approved_keys else earlier_texts.get(key, "")
        yield Approval(key, row.place if row is not None else "", text, decision, str(despite.get(key, "")))


def _objects(versions: Iterable[Mapping[str, Version]], names: Mapping[str, str]) -> Iterable[ReleasedObject]:
    for by_id in versions:
        for identifier, version in by_id.items():
            content = version.content
            name = next((content[key] for key in ("name", "pattern", "relationship_type") if key in content), "")
            yield ReleasedObject(
                type=str(content["type"]),
                id=identifier,
                name=names.get(identifier, str(name)) if version.revoked else str(name),
                modified=str(content["modified"]),
                revoked=version.revoked,
            )
