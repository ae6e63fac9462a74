"""The builder that collects the STIX objects of one report: their ids, markings and versions, and the role of each value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from hub.home.member import OwnMember
from hub.protocol.labels import EXERCISE
from hub.rendering import versions
from hub.rendering.versions import COMMON_TIME, TIMES, Content, VersionRecord, shorten
from hub.reports.losses import UNUSED_CHARS, Unused, excerpt
from hub.reports.markings import TlpWord
from hub.reports.observables import Observable, Role
from hub.reports.report import Report
from hub.stix import identifiers, tlp
from hub.stix.schema import faults

NATIONAL: Final = "national ids"


@dataclass(frozen=True, slots=True)
class Origin:
    """The role of the value of an SCO or indicator, and the reason if it is held. The release step uses it."""

    role: Role
    hold_reason: str | None = None
    observable: Observable | None = None

    @property
    def is_adversary(self) -> bool:
        """Whether the value is the adversary's and not held, so that it may leave without an approval."""
        return self.role is Role.ADVERSARY and self.hold_reason is None


class Builder:
    """Collects the objects of one report. The methods that add an object return its id, for references from others."""

    def __init__(
        self, report: Report, member: OwnMember, record: VersionRecord, now: datetime, *, exercise: bool
    ) -> None:
        self.report = report
        self.member = member
        self.record = record
        self.now = versions.timestamp(now)
        self.first_import = record.first_import or self.now
        self.labels = [EXERCISE] if exercise else []
        self.level = tlp.BY_WORD[report.tlp]
        self.drafts: dict[str, Content] = {}
        self.common_objects: dict[str, Content] = {}
        self.scos: dict[str, Content] = {}
        self.origins: dict[str, Origin] = {}
        self.classes: dict[str, tuple[str | None, str | None]] = {}  # identity of a class -> sector, country
        self.victims: dict[str, int] = {}  # identity -> index in the victims of the report
        self.vulnerabilities: dict[str, str] = {}  # name of a vulnerability -> id
        self.problems: list[Unused] = []
        self.observables_by_key: dict[tuple[str, str], Observable] = {item.key: item for item in report.observables}
        self.relation_targets: dict[tuple[str, str], list[tuple[str, str]]] = {}  # source of relations -> their targets
        for relation in report.relations:
            self.relation_targets.setdefault(relation.source, []).append(relation.target)
        self._key = member.key.derive(NATIONAL)
        self._scope = (report.source_format, report.report_id)

    # -- ids and markings -------------------------------------------------------------------------------------------

    def identifier(self, object_type: str, *parts: str) -> str:
        """Return the id of an object of this report; it is the same at every import of the report."""
        return self._key.identifier(object_type, *self._scope, *parts)

    def identifier_in_report(self, object_type: str, report_id: str, *parts: str) -> str:
        """Return the id of an object of another report in the same format."""
        return self._key.identifier(object_type, self.report.source_format, report_id, *parts)

    def _unrevoked_identifier(self, object_type: str, parts: tuple[str, ...], *, revoked: bool) -> str:
        """Return the id, or another one if the object was revoked, since a revoked object cannot get a newer version."""
        identifier, generation = self.identifier(object_type, *parts), 0
        while (version := self.record.objects.get(identifier)) is not None and version.revoked:
            next_identifier = self.identifier(object_type, *parts, f"again {generation + 1}")
            if revoked and next_identifier not in self.record.objects:
                return identifier
            identifier, generation = next_identifier, generation + 1
        return identifier

    def marking_refs(self, word: TlpWord | None = None) -> list[str]:
        """Return the markings: the TLP level of the report, or a stricter one of a part; and the PAP level of the report."""
        level = max(self.level, tlp.BY_WORD[word]) if word else self.level
        pap = [tlp.PAP_IDS[self.report.pap]] if self.report.pap else []
        return [tlp.TLP2_IDS[level], *pap]

    # -- objects ----------------------------------------------------------------------------------------------------

    def add(self, object_type: str, *parts: str, tlp_word: TlpWord | None = None, **content: Any) -> str:
        """Add an object of this report. `parts` distinguish it from others of its type; empty values are left out."""
        properties = self._with_common_properties(object_type, content, tlp_word)
        identifier = self._unrevoked_identifier(object_type, parts, revoked=bool(content.get("revoked")))
        self.drafts.setdefault(identifier, {"type": properties.pop("type"), "id": identifier, **properties})
        return identifier

    def add_common(self, object_type: str, **content: Any) -> str:
        """Add an object that is not specific to this report. Its id is derived from its content, so all reports share it."""
        properties = self._with_common_properties(object_type, content, None)
        text = orjson.dumps(properties, option=orjson.OPT_SORT_KEYS).decode()
        identifier = self._key.identifier(object_type, "common", text)
        times = {"created": COMMON_TIME, "modified": COMMON_TIME}
        self.common_objects.setdefault(
            identifier, {"type": properties.pop("type"), "id": identifier, **times, **properties}
        )
        return identifier

    def relate(
        self, source: str, kind: str, target: str, tlp_word: TlpWord | None = None, *, confidence: int | None = None
    ) -> str:
        """Add a relationship between two objects of the report."""
        return self.add(
            "relationship",
            source,
            kind,
            target,
            tlp_word=tlp_word,
            relationship_type=kind,
            source_ref=source,
            target_ref=target,
            confidence=confidence,
        )

    def observe(self, object_type: str, origin: Origin, tlp_word: TlpWord | None = None, **content: Any) -> str | None:
        """Add an SCO with the id that STIX derives from its value; note a value that STIX does not allow, and return None.

        If one value has two roles, the one that is not the adversary's counts.
        """
        properties = {"type": object_type, "spec_version": "2.1", **_without_empty(content)}
        if object_type == "domain-name" and "_" in content["value"]:
            # Such names are in use, and patterns allow them, but stix2-validator refuses the SCO (STIX 2.1, 6.5: RFC 5890).
            self.note_unusable(
                object_type, content["value"], "a host name has no underscore; the name is used in a pattern only"
            )
            return None
        identifier = identifiers.derived_id(properties)
        if identifier is None:
            text = orjson.dumps(properties, option=orjson.OPT_SORT_KEYS).decode()
            identifier = self._key.identifier(object_type, "value", text)
        marks = self.marking_refs(tlp_word)
        earlier = self.scos.get(identifier)
        if earlier is None:
            draft = {"type": object_type, "id": identifier, **properties, "object_marking_refs": marks}
            if problems := faults(draft):
                self.note_unusable(object_type, " ".join(str(value) for value in content.values()), problems[0].message)
                return None
            self.scos[identifier] = draft
        elif tlp.level({"object_marking_refs": marks}) > tlp.level(earlier):  # type: ignore[operator]  # both are marked
            earlier["object_marking_refs"] = marks
        self.set_origin(identifier, origin)
        return identifier

    def set_origin(self, identifier: str, origin: Origin) -> None:
        """Set the origin of an SCO or indicator. An origin that is not the adversary's is never replaced."""
        earlier = self.origins.get(identifier)
        if earlier is None or (earlier.is_adversary and not origin.is_adversary):
            self.origins[identifier] = origin

    def note_unusable(self, key: str, value: object, reason: object) -> None:
        """Add a value that cannot become STIX to the table of problems."""
        self.problems.append(
            Unused(self.report.source, key, excerpt(value), excerpt(f"STIX does not allow it: {reason}"))
        )

    def note_unshown(self, key: str, value: object, reason: str) -> None:
        """Add a value that the STIX objects do not show to the table of problems."""
        self.problems.append(Unused(self.report.source, key, excerpt(value, UNUSED_CHARS), reason))

    def _with_common_properties(
        self, object_type: str, content: Mapping[str, Any], tlp_word: TlpWord | None
    ) -> Content:
        properties: Content = {"type": object_type, "spec_version": "2.1", "created_by_ref": self.member.identity}
        properties |= _without_empty(content)
        if self.labels and object_type not in {"identity", "location"}:
            properties["labels"] = [*properties.get("labels", []), *self.labels]
        properties["object_marking_refs"] = self.marking_refs(tlp_word)
        return properties


def _without_empty(content: Mapping[str, Any]) -> Content:
    """Return the properties that have a value, with lists for tuples. Empty means "not shared"; 0 and False are values."""
    properties: Content = {}
    for name, value in content.items():
        if value is None or value == "" or (isinstance(value, list | tuple | dict | Mapping) and not value):
            continue
        if isinstance(value, str):
            properties[name] = shorten(value) if name in TIMES else value
        else:
            properties[name] = (
                list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
            )
    return properties
