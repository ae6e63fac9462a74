"""The bundle as it leaves: every object rewritten by the allow-list, or left behind with the reason.

1. Victims: each becomes what its rung of the ladder allows.
2. Objects in such an order that whatever one refers to has been decided before it.
3. SCOs and indicators pass the gate first: only the adversary's leave, and only if no protected name stands in them.
4. Each object is rewritten property by property (`allowed`), its references to the new ids.
5. What lost a property that STIX demands, or both ends of which do not leave, stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from hub.home.keys import Key
from hub.home.member import Member
from hub.release import allowed, preview, texts
from hub.release.case import Case
from hub.release.gate import Gate, Passage, Verdict
from hub.release.ladder import Rung
from hub.release.policy import Approvals, Audience
from hub.release.rounding import ceiling, coarser, floor
from hub.release.scan import Scanner
from hub.release.victims import Victims
from hub.rendering import wording
from hub.rendering.render import Rendered
from hub.rendering.versions import COMMON_TIME, Content, Version
from hub.reports.moments import Fidelity
from hub.reports.report import Kind, Report
from hub.stix import identifiers, tlp

_KNOWLEDGE: Final = ("malware", "tool", "attack-pattern", "vulnerability", "threat-actor", "intrusion-set", "campaign")
_ORDER: Final = (
    *_KNOWLEDGE,
    *sorted(identifiers.SCO_TYPES - {"network-traffic"}),
    *("network-traffic", "indicator", "observed-data", "event", "impact", "task", "incident", "sighting", "note"),
    *("course-of-action", "relationship", "report"),
)
_BY_PLACE: Final = frozenset({"identity", "location", "marking-definition"})
# Of a case, for a collection that takes no incidents: whatever speaks of the incident or stands for it.
_OF_INCIDENTS: Final = identifiers.INCIDENT_CORE_TYPES | {
    "incident",
    "report",
    "note",
    "observed-data",
    "course-of-action",
}
# Refer to others of their own type that come later.
_FORWARD: Final = frozenset({"event"})
_REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "course-of-action": frozenset({"name"}),
    "event": frozenset({"status"}),
    "impact": frozenset({"impact_category", "extensions"}),
    "indicator": frozenset({"pattern", "pattern_type", "valid_from"}),
    "note": frozenset({"content", "object_refs"}),
    "observed-data": frozenset({"object_refs"}),
    "relationship": frozenset({"source_ref", "target_ref"}),
    "report": frozenset({"object_refs"}),
    "sighting": frozenset({"sighting_of_ref", "where_sighted_refs"}),
    "task": frozenset({"outcome", "task_types"}),
    **{name: frozenset({"name"}) for name in _KNOWLEDGE},
}
_EITHER: Final[Mapping[str, frozenset[str]]] = {
    "file": frozenset({"hashes", "name"}),
    "network-traffic": frozenset({"src_ref", "dst_ref"}),
    "x509-certificate": frozenset({"hashes"}),
}


@dataclass(slots=True)
class Rewritten:
    """What leaves, without versions yet. `mapping` is from ids at the CERT to released ones, and stays at the CERT."""

    drafts: list[Content] = field(default_factory=list)
    common: dict[str, Content] = field(default_factory=dict)
    observed: dict[str, Content] = field(default_factory=dict)
    lone: list[Content] = field(default_factory=list)
    definitions: list[Content] = field(default_factory=list)
    mapping: dict[str, str] = field(default_factory=dict)
    rows: list[preview.Row] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)  # everything that was said of a victim, for the last look
    pseudonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What a release is made of. `known` are the versions released before, `first` their first time."""

    rendered: Rendered
    report: Report
    member: Member
    audience: Audience
    approvals: Approvals
    scanner: Scanner
    known: Mapping[str, Version]
    first: str


class Rewriter:
    """One release of one report for one audience."""

    def __init__(self, order: Order) -> None:
        self.rendered, self.report, self.member = order.rendered, order.report, order.member
        self.audience, self.approvals = order.audience, order.approvals
        self.known, self.first, self.scanner = order.known, order.first, order.scanner
        self.key: Key = order.member.key.derive(f"release|{order.audience.purpose}")
        self.out = Rewritten()
        self.gate = Gate(self.rendered, self.audience, self.approvals, self.scanner)
        self.bare = self.report.kind is Kind.CASE and not self.audience.incidents
        self.victims = Victims(self)
        self.statement = self._statement()
        self.texts = texts.texts_for(self.report, self.victims.rung, self.member.name, (), "")
        self._triples: set[tuple[str, str, str]] = set()

    def run(self) -> Rewritten:
        """Rewrite all; `Blocked` where an approved text may not leave."""
        by_type: dict[str, list[Content]] = {}
        for content in self.rendered.contents:
            by_type.setdefault(content["type"], []).append(content)
        # (1) victims, and the CERT itself
        self.out.mapping[self.member.identity] = self.member.identity
        self.out.pseudonyms, span = self.victims.rewrite()
        self.texts = texts.texts_for(self.report, self.victims.rung, self.member.name, self.out.pseudonyms, span)
        # (2) to (5)
        for object_type in _ORDER:
            found = by_type.pop(object_type, [])
            if object_type in _FORWARD:
                self.out.mapping |= {
                    content["id"]: self._derived(content) for content in found if not content.get("revoked")
                }
            for content in found:
                self._one(content)
        for object_type, found in by_type.items():
            for content in found if object_type not in _BY_PLACE else ():
                self._stays(content, "objects of this type do not leave")
        self.out.definitions.insert(0, self.statement)
        return self.out

    # -- one object -------------------------------------------------------------------------------------------------

    def _one(self, content: Content) -> None:
        table = allowed.TABLES[self.audience.profile].get(content["type"])
        if table is None:
            self._stays(content, f"objects of this type do not leave for {self.audience.profile} readers")
            return
        if self.bare and content["type"] in _OF_INCIDENTS:
            self._stays(content, "this collection takes no incidents, only their indicators")
            return
        level = self.gate.level(content)
        if level is None:
            self._stays(
                content, f"it is marked above {self.audience.highest_tlp.label}, the most this collection takes"
            )
            return
        # (3) the gate
        if content["type"] == "indicator" or content["type"] in identifiers.SCO_TYPES:
            passage = self.gate.passage(content)
            if passage.verdict is Verdict.LONE and content["type"] == "indicator":
                self._lone(content, level, passage)
            if passage.verdict is not Verdict.LEAVES:
                self._stays(content, passage.why, passage.key)
                return
        if content.get("revoked") and self._derived(content) not in self.known:
            self._stays(content, "it was withdrawn before it ever left")
            return
        # (4) property by property
        rows = len(self.out.rows)
        made = Case(self, content).rewritten(table)
        # (5) what is left of it
        if not _REQUIRED.get(content["type"], frozenset()) <= made.keys():
            self._gone(content, rows, "what it is about does not leave")
            return
        either = _EITHER.get(content["type"])
        if either and not either & made.keys():
            self._gone(content, rows, "nothing that tells it apart may leave")
            return
        self._leaves(content, made, level)

    def _leaves(self, content: Content, made: Content, level: tlp.TLP) -> None:
        object_type = content["type"]
        if object_type in identifiers.SCO_TYPES:
            self.out.mapping[content["id"]] = self._observed(made, level)
        elif object_type in _KNOWLEDGE:
            self.out.mapping[content["id"]] = self.common(made, level, self._pap(content))
        elif object_type == "relationship":
            triple = (made["source_ref"], made["relationship_type"], made["target_ref"])
            if triple not in self._triples:
                self._triples.add(triple)
                self.own(content, made, level)
        else:
            self.own(content, made, level)

    def own(self, content: Content, made: Content, level: tlp.TLP) -> None:
        """An object of this report alone, under the released id of what it was made of."""
        identifier = self._derived(content)
        self.out.mapping[content["id"]] = identifier
        revoked = {"revoked": True} if content.get("revoked") else {}
        self.out.drafts.append(self._whole(made, identifier, revoked, self._marks(level, self._pap(content))))

    def _observed(self, made: Content, level: tlp.TLP) -> str:
        """The id is made of the value anew: a part of it may have stayed behind."""
        identifier = identifiers.derived_id(made)
        if identifier is None:
            identifier = self.key.identifier(made["type"], "value", _canonical(made))
        full = {"type": made["type"], "id": identifier, **made, "object_marking_refs": [tlp.TLP2_IDS[level]]}
        self.out.observed.setdefault(identifier, full)
        return identifier

    def common(self, made: Content, level: tlp.TLP, pap: list[str] | None = None) -> str:
        """An object that many releases share: its id is made of its content, within this audience."""
        marks = self._marks(level, pap or [])
        text = _canonical({**made, "object_marking_refs": marks})
        identifier = self.key.identifier(made["type"], "common", text)
        times = {"created": COMMON_TIME, "modified": COMMON_TIME}
        self.out.common[identifier] = self._whole(made, identifier, times, marks)
        return identifier

    def _whole(self, made: Content, identifier: str, more: Content, marks: list[str]) -> Content:
        head = {"type": made["type"], "spec_version": "2.1", "id": identifier, "created_by_ref": self.member.identity}
        return {**head, **more, **made, "object_marking_refs": marks}

    def _derived(self, content: Content) -> str:
        """The released id: nobody can compute it or join it with another audience's (privacy, derived ids).

        Where the object under it was revoked before, it comes back under another one.
        """
        if content.get("revoked"):
            return self.key.identifier(content["type"], content["id"])
        return self._living(content["type"], content["id"])

    def _living(self, object_type: str, *parts: str) -> str:
        identifier, again = self.key.identifier(object_type, *parts), 0
        while (known := self.known.get(identifier)) is not None and known.revoked:
            again += 1
            identifier = self.key.identifier(object_type, *parts, f"again {again}")
        return identifier

    def _marks(self, level: tlp.TLP, pap: list[str]) -> list[str]:
        return [tlp.TLP2_IDS[level], *pap, self.statement["id"]]

    @staticmethod
    def _pap(content: Content) -> list[str]:
        return [ref for ref in content.get("object_marking_refs", ()) if ref in tlp.PAP_IDS.values()]

    def _statement(self) -> Content:
        statement = texts.handling(self.member.name, self.member.contact)
        return {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": self.key.identifier("marking-definition", statement),
            "created": COMMON_TIME,
            "created_by_ref": self.member.identity,
            "definition_type": "statement",
            "definition": {"statement": statement},
        }

    def _stays(self, content: Content, why: str, key: str = "") -> None:
        names = ("name", "value", "pattern", "relationship_type", "hashes", "key", "account_login")
        here = next((content[name] for name in names if content.get(name)), "")
        self.out.rows.append(preview.Row(content["type"], content["id"], "", preview.shown(here), None, why, key))

    def _gone(self, content: Content, rows: int, why: str) -> None:
        """One row for what stays after all, and those of texts that an officer could approve."""
        self.out.rows[rows:] = [row for row in self.out.rows[rows:] if row.key]
        if len(self.out.rows) == rows:
            self._stays(content, why)

    def _lone(self, content: Content, level: tlp.TLP, passage: Passage) -> None:
        """An approved value that names a victim: alone, without a word of the incident or an id that leads to it."""
        level = max(level, tlp.TLP.AMBER) if passage.third_party else level
        if level > self.audience.highest_tlp:
            return
        terms = self.audience.terms
        until = ceiling(content["valid_until"], Fidelity.DAY)
        name = wording.observable_name(passage.observable.type) if passage.observable else "Indicator"
        made: Content = {
            "type": "indicator",
            "spec_version": "2.1",
            "name": name,
            "description": f"{name} of an adversary. Shared by {self.member.name}. Stale from {until[:10]} on.",
            "indicator_types": ["malicious-activity"],
            "pattern": content["pattern"],
            "pattern_type": content["pattern_type"],
            "valid_from": floor(content["valid_from"], coarser(Fidelity.DAY, terms.indicator_times)),
            "valid_until": until,
        }
        if "pattern_version" in content:
            made["pattern_version"] = content["pattern_version"]
        # Of this report: another one's, of the same pattern, is revoked apart from it.
        identifier = self._living("indicator", "lone", content["id"])
        self.out.lone.append(self._whole(made, identifier, {}, [tlp.TLP2_IDS[level]]))


def _canonical(made: Mapping[str, Any]) -> str:
    return orjson.dumps(made, option=orjson.OPT_SORT_KEYS).decode()
