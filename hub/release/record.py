"""The CERT's records of imports and releases: one JSON file for each report and audience, always replaced as a whole.

`hub publish` reads the record to make the next version, `hub withdraw` to revoke, and an officer to see who approved what.
The record describes the victim's report, so it never leaves the CERT. Only the owner of a file can read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import orjson

from hub.errors import ReleaseError
from hub.home.files import write_atomically
from hub.home.member import OwnMember
from hub.release.policy import Approvals, Audience
from hub.release.revocation import bare_revocation, has_decided_value
from hub.release.stages import Declarations, collect_declarations, parse_declarations
from hub.release.victims import VictimStatement
from hub.rendering import versions
from hub.rendering.versions import Version, VersionRecord
from hub.rendering.wording import FIRST_WORDING, WORDING
from hub.reports.report import Report, ReportKind

_FORMAT: Final = 1
_OWN_IDENTITY_FILE: Final = "own identity.json"

File = tuple[Path, bytes]
"""The path of a record's file, and the content to write."""
PendingFiles = Callable[[Path], bytes | None]
"""Returns the content of a record's file that is not yet written to disk; None if there is no such content."""


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """Everything that was released of one report to one audience. The record is empty before the first release.

    * `objects` and `lone_indicators`: the newest version of each object and lone indicator.
    * `observable_ids`: the ids of SCOs, which cannot be revoked, only deleted.
    * `common_ids`: the ids of objects that many releases share.
    * `mapping`: the released id for each id at the CERT.
    * `first`: the time of the first release.
    * `history`: an entry for each release that changed something: when, who approved it, what left and what stayed.
    * `wording`: the version of the sentences.
    * `statements`: what was stated about the victims.
    * `hubs`: the addresses of the hubs to which it was sent. Several hubs may declare one collection.
    * `case_start`: the released start of a case.
    """

    objects: Mapping[str, Version] = field(default_factory=dict)
    lone_indicators: Mapping[str, Version] = field(default_factory=dict)
    observable_ids: tuple[str, ...] = ()
    common_ids: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict, repr=False)
    first: str | None = None
    history: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    wording: int = WORDING
    statements: tuple[VictimStatement, ...] = ()
    hubs: tuple[str, ...] = ()
    case_start: str | None = None

    @property
    def withdrawn(self) -> bool:
        """Whether the last entry of the history is a withdrawal."""
        return bool(self.history and self.history[-1].get("withdrawn"))

    def has_new_decision(self, approvals: Approvals) -> bool:
        """Whether these approvals contain a new decision, which is recorded even if the release changes nothing."""
        kept_before = {key for past_entry in self.history for key in past_entry.get("kept", ())}
        reasons: dict[str, str] = {}
        for past_entry in self.history:
            reasons |= past_entry.get("despite", {})
        return bool(approvals.kept - kept_before) or not approvals.despite.items() <= reasons.items()

    def approvals_in_force(self, approvals: Approvals) -> Approvals:
        """All approvals in force: those of earlier releases, and the new `approvals`.

        An approval is for one text or value and one audience, so it stays in force for later stages until it is taken
        back. A text or value that an officer kept or took back stays at the CERT until it is approved. The source's
        consent to a lower marking is for a whole report, which may have changed, so it must be given again.
        """
        texts: set[str] = set()
        values: set[str] = set()
        alone: set[str] = set()
        kept_keys: set[str] = set()
        despite: dict[str, str] = {}
        named_by = ""
        for past_entry in self.history:
            taken_back = set(past_entry.get("taken_back", ()))
            texts = (texts | set(past_entry.get("approved_texts", ()))) - taken_back
            values = (values | set(past_entry.get("approved_values", ()))) - taken_back
            alone = (alone | set(past_entry.get("approved_alone", ()))) - taken_back
            kept_keys = (
                (kept_keys | taken_back | set(past_entry.get("kept", ())))
                - set(past_entry.get("approved_texts", ()))
                - set(past_entry.get("approved_values", ()))
            )
            despite = {
                key: reason
                for key, reason in (despite | past_entry.get("despite", {})).items()
                if key not in taken_back
            }
            named_by = past_entry.get("named_by") or named_by
        return replace(
            approvals,
            texts=(approvals.texts | texts) - approvals.taken_back,
            values=(approvals.values | values) - approvals.taken_back,
            alone=(approvals.alone | alone) - approvals.taken_back,
            kept=approvals.kept | approvals.taken_back | (kept_keys - approvals.texts - approvals.values),
            despite={
                key: reason
                for key, reason in {**despite, **approvals.despite}.items()
                if key not in approvals.taken_back
            },
            named_by=approvals.named_by or named_by,
        )


def history_entry(
    now: str, approvals: Approvals, preview: Mapping[str, Any], consent: str = "", hub: str = ""
) -> dict[str, Any]:
    """An entry of the history. `approvals` are those given with this release, not those of earlier ones.

    `consent` is the victim's consent in the report, or "". `hub` is the address to which the release is sent.
    """
    return {
        "at": now,
        "hub": hub,
        "consent": consent,
        "officer": approvals.officer,
        "approved_texts": sorted(approvals.texts),
        "approved_values": sorted(approvals.values),
        "approved_alone": sorted(approvals.alone),
        "confirmed_values": sorted(approvals.confirmed),
        "kept": sorted(approvals.kept),
        "despite": dict(approvals.despite),
        "taken_back": sorted(approvals.taken_back),
        "named_by": approvals.named_by,
        "source_gave_leave_for": approvals.tlp.label if approvals.tlp is not None else "",
        "preview": preview,
    }


def load_render_record(member: OwnMember, report: Report, pending_file: PendingFiles | None = None) -> VersionRecord:
    """The versions that earlier imports of this report made; empty for a new one. ReleaseError names a damaged file.

    `pending_file` returns files of this run that are not on disk yet; they take precedence over those on disk.
    """
    data = _read(_path(member, "imported", report), pending_file)
    own_identity = _read(member.records / _OWN_IDENTITY_FILE, pending_file)
    return VersionRecord(
        _versions(data.get("objects")), _versions(own_identity.get("objects")), data.get("first"), _wording(data)
    )


def load_declarations(
    member: OwnMember, report: Report, pending_file: PendingFiles | None = None
) -> list[Declarations]:
    """What earlier stages of this report declared, then the declarations of its related reports; see `stages`."""
    if report.kind is ReportKind.FEED:  # a feed has no stages
        return [Declarations()]
    reports = [report, *(replace(report, report_id=identifier) for identifier in report.related_reports)]
    records = (_read(_path(member, "imported", item), pending_file) for item in reports)
    return [parse_declarations(data.get("declared", {})) for data in records]


def render_record_files(
    member: OwnMember, report: Report, record: VersionRecord, declared: Declarations | None = None
) -> list[File]:
    """The files that `save_render_record` writes, with their content. `declared` includes declarations of earlier stages."""
    own_identity = {"format": _FORMAT, "objects": _versions_as_json(record.own)}
    data = {
        **_scope(report),
        "first": record.first_import,
        "wording": record.wording,
        "declared": (declared or collect_declarations(report, member)).as_json(),
        "objects": _versions_as_json(record.objects),
    }
    return [
        (member.records / _OWN_IDENTITY_FILE, _encode(own_identity)),
        (_path(member, "imported", report), _encode(data)),
    ]


def save_render_record(member: OwnMember, report: Report, record: VersionRecord) -> None:
    """Write the record of this import. Call it before anything is published, so that no id or time is used twice."""
    for path, body in render_record_files(member, report, record):
        keep_file(path, body)


def keep_file(path: Path, body: bytes) -> None:
    """Write one file of a record and sync it. ReleaseError if this fails."""
    try:
        if path.name == _OWN_IDENTITY_FILE and path.exists() and path.read_bytes() == body:
            return
        write_atomically(path, body)
    except OSError as error:
        raise ReleaseError(f"{path}: the record of this release cannot be kept, so nothing is sent: {error}") from None


def load_release_record(
    member: OwnMember, report: Report, audience: Audience, pending_file: PendingFiles | None = None
) -> ReleaseRecord:
    """The record of what was released of this report to this audience. ReleaseError names a damaged file.

    `pending_file` as for `load_render_record`.
    """
    return parse_release_record(_read(_path(member, "released", report, audience), pending_file))


def release_record_file(member: OwnMember, report: Report, audience: Audience, record: ReleaseRecord) -> File:
    """The file that `save_release_record` writes, with its content."""
    data = {
        **_scope(report),
        "collection": audience.collection,
        "title": audience.title,
        "profile": str(audience.profile),
        "first": record.first,
        "wording": record.wording,
        "objects": _versions_as_json(record.objects),
        "lone": _versions_as_json(record.lone_indicators),
        "told": [list(item) for item in record.statements],
        "hubs": list(record.hubs),
        "began": record.case_start,
        "observed": list(record.observable_ids),
        "common": list(record.common_ids),
        "mapping": dict(record.mapping),
        "history": list(record.history),
    }
    return _path(member, "released", report, audience), _encode(data)


def save_release_record(member: OwnMember, report: Report, audience: Audience, record: ReleaseRecord) -> Path:
    """Write the record and return its path. Call it before the bundle is sent."""
    path, body = release_record_file(member, report, audience, record)
    keep_file(path, body)
    return path


def released_records(member: OwnMember) -> list[tuple[Path, Mapping[str, Any]]]:
    """Every release record of this home as JSON values, with its path: for listings and for `hub withdraw`."""
    return [(path, _read(path)) for path in sorted((member.records / "released").glob("*.json"))]


def parse_release_record(data: Mapping[str, Any]) -> ReleaseRecord:
    """The record from the JSON values of its file."""
    return ReleaseRecord(
        objects=_versions(data.get("objects")),
        lone_indicators=_versions(data.get("lone")),
        observable_ids=tuple(data.get("observed", ())),
        common_ids=tuple(data.get("common", ())),
        mapping=data.get("mapping", {}),
        first=data.get("first"),
        history=tuple(data.get("history", ())),
        wording=_wording(data),
        statements=tuple((sector, country, region) for sector, country, region in data.get("told", ())),
        hubs=tuple(data.get("hubs", ())),
        case_start=data.get("began"),
    )


def _wording(data: Mapping[str, Any]) -> int:
    """The version of the sentences in a record: the first if it does not say, the current one for an empty record."""
    wording: int = data.get("wording", FIRST_WORDING if data else WORDING)
    return wording


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The revocations to send and the ids of SCOs to delete in order to withdraw a release. Copies cannot be recalled."""

    contents: tuple[versions.Content, ...]
    lone_contents: tuple[versions.Content, ...]
    ids_to_delete: tuple[str, ...]
    record: ReleaseRecord = field(repr=False)


def withdrawal(record: ReleaseRecord, now: str) -> Withdrawal:
    """Revoke everything in a record, except objects that many reports share (classes, places).

    The revocations do not repeat texts, or values that an officer approved or confirmed.
    """
    approvals = record.approvals_in_force(Approvals())
    decided_values = approvals.values | approvals.kept
    decided_values |= {value for past_entry in record.history for value in past_entry.get("confirmed_values", ())}
    objects, lone_indicators = (
        _revoke_all(versions_by_id, now, decided_values) for versions_by_id in (record.objects, record.lone_indicators)
    )
    history = (*record.history, {"at": now, "withdrawn": True})
    new_record = replace(record, objects=objects, lone_indicators=lone_indicators, observable_ids=(), history=history)
    contents, lone_contents = (
        tuple(dict(version.content) for version in versions_by_id.values())
        for versions_by_id in (objects, lone_indicators)
    )
    return Withdrawal(contents, lone_contents, record.observable_ids, new_record)


def _revoke_all(versions_by_id: Mapping[str, Version], now: str, decided_values: frozenset[str]) -> dict[str, Version]:
    revocations: dict[str, Version] = {}
    for identifier, version in versions_by_id.items():
        if version.revoked:
            revocations[identifier] = version
            continue
        content = dict(versions.revoke(version, now).content)
        revocation = bare_revocation(content, keeps_pattern=not has_decided_value(content, decided_values))
        revocations[identifier] = Version(versions.digest(revocation), revocation)
    return revocations


def record_withdrawal(path: Path, record: ReleaseRecord) -> None:
    """Write the withdrawal of a release to the file of its record."""
    withdrawn = {
        "objects": _versions_as_json(record.objects),
        "lone": _versions_as_json(record.lone_indicators),
        "observed": list(record.observable_ids),
        "history": list(record.history),
    }
    keep_file(path, _encode({**_read(path), **withdrawn}))


def _scope(report: Report) -> dict[str, Any]:
    return {"format": _FORMAT, "source_format": report.source_format, "report_id": report.report_id}


def _path(member: OwnMember, folder: str, report: Report, audience: Audience | None = None) -> Path:
    # A hash, because report ids contain slashes and spaces, and a listing of the folder should not show them.
    parts = [report.source_format, report.report_id]
    parts += [audience.collection, str(audience.profile)] if audience else []
    name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
    return member.records / folder / f"{name}.json"


def _versions_as_json(versions_by_id: Mapping[str, Version]) -> dict[str, Any]:
    return {identifier: _version_as_json(version) for identifier, version in versions_by_id.items()}


def _version_as_json(version: Version) -> dict[str, Any]:
    lowest = {} if version.lowest is None else {"lowest": dict(version.lowest)}
    return {"digest": version.digest, "content": dict(version.content), **lowest}


def _versions(data: Mapping[str, Any] | None) -> dict[str, Version]:
    return {
        identifier: Version(item["digest"], item["content"], item.get("lowest"))
        for identifier, item in (data or {}).items()
    }


def _read(path: Path, pending_file: PendingFiles | None = None) -> dict[str, Any]:
    try:
        text = pending_file(path) if pending_file is not None else None
        text = text if text is not None else path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ReleaseError(f"{path}: the record cannot be read: {error}") from None
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ReleaseError(
            f"{path}: the record of earlier releases is damaged; put it back from a backup. Without it, versions and "
            "ids would be used twice."
        )
    return data


def _encode(data: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(data, option=orjson.OPT_INDENT_2)
    except TypeError:  # a number beyond 64 bits
        return json.dumps(data, ensure_ascii=False, indent=2).encode()
