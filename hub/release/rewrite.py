"""Rewrite the bundle of a report for an audience: each object leaves by the allow-list, or stays with a reason.

1. Victims: each becomes what its rung of the ladder allows.
2. Order: an object is decided after the objects to which it refers.
3. SCOs and indicators first pass the gate: only the adversary's leave, and only if they contain no protected name.
4. Each object is rewritten property by property (`allowed`); references get the released ids.
5. An object stays if it has lost a property that STIX requires, or both of its ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from hub.home.member import OwnMember
from hub.protocol.labels import OFFICER, VOUCHED_TYPES
from hub.release import allowed, lone, preview, rules, texts, victims
from hub.release.author import pap_markings, release_author
from hub.release.context import ObjectContext, ReleaseContext
from hub.release.gate import Gate, GateDecision, GateVerdict
from hub.release.ladder import Detail, Rung
from hub.release.policy import Approvals, Audience, AudienceProfile
from hub.release.pseudonym import period_in_words
from hub.release.scan import Scanner
from hub.rendering import wording
from hub.rendering.render import Rendered
from hub.rendering.versions import Content, Version
from hub.reports.report import Report, ReportKind
from hub.stix import identifiers, tlp

_KNOWLEDGE: Final = ("malware", "tool", "attack-pattern", "vulnerability", "threat-actor", "intrusion-set", "campaign")
_ORDER: Final = (
    *_KNOWLEDGE,
    *sorted(identifiers.OBSERVABLE_TYPES - {"network-traffic"}),
    *("network-traffic", "indicator", "observed-data", "event", "impact", "task", "incident", "sighting", "note"),
    *("course-of-action", "relationship", "report", "grouping"),
)
_HANDLED_ELSEWHERE: Final = frozenset({"identity", "location", "marking-definition"})
# The types of a case that describe the incident. They do not leave for a collection without incidents.
_INCIDENT_TYPES: Final = identifiers.INCIDENT_CORE_TYPES | {
    "incident",
    "report",
    "note",
    "observed-data",
    "course-of-action",
}
_CONTAINERS: Final = frozenset({"report", "grouping"})
LOWEST_COMPROMISED: Final = tlp.TLP.AMBER
"""The lowest level of an indicator of a compromised host, because its owner is also a victim."""

# Properties that `author` sets for every object.
_COMMON_PROPERTIES: Final = frozenset(
    "id created modified created_by_ref object_marking_refs granular_markings revoked".split()
)
# Types whose objects may refer to later objects of the same type.
_FORWARD_REFERRING: Final = frozenset({"event"})
_REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "course-of-action": frozenset({"name"}),
    "event": frozenset({"status"}),
    "impact": frozenset({"impact_category", "extensions"}),
    "indicator": frozenset({"pattern", "pattern_type", "valid_from"}),
    "note": frozenset({"content", "object_refs"}),
    "observed-data": frozenset({"object_refs"}),
    "relationship": frozenset({"relationship_type", "source_ref", "target_ref"}),
    "report": frozenset({"object_refs"}),
    "grouping": frozenset({"object_refs"}),
    "sighting": frozenset({"sighting_of_ref", "where_sighted_refs"}),
    "task": frozenset({"outcome", "task_types"}),
    **{name: frozenset({"name"}) for name in _KNOWLEDGE},
}
_AT_LEAST_ONE: Final[Mapping[str, frozenset[str]]] = {
    "file": frozenset({"hashes", "name"}),
    "network-traffic": frozenset({"src_ref", "dst_ref"}),
    "x509-certificate": frozenset({"hashes"}),
}


@dataclass(slots=True)
class ReleaseDraft:
    """The objects that leave, without versions yet. `mapping` maps ids at the CERT to released ids; it stays at the CERT.

    `refusals` are the reasons why approved texts must not leave; if there are any, nothing leaves.
    """

    own_objects: list[Content] = field(default_factory=list)
    common_objects: dict[str, Content] = field(default_factory=dict)
    observables: dict[str, Content] = field(default_factory=dict)
    lone_indicators: list[Content] = field(default_factory=list)
    definitions: list[Content] = field(default_factory=list)
    mapping: dict[str, str] = field(default_factory=dict)
    rows: list[preview.PreviewRow] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)  # every rung used in the release, for the last look
    refusals: list[str] = field(default_factory=list)
    statements: list[victims.VictimStatement] = field(default_factory=list)  # of the report's victims, for the record
    case_start: str | None = None  # the released start of a case

    def texts_approved_despite(self, approvals: Approvals) -> tuple[str, ...]:
        """The report's own texts that leave although something in them is suspicious."""
        return tuple({row.value for row in self.rows if row.approved and row.path and approvals.insists(row.key)})


@dataclass(frozen=True, slots=True)
class ReleaseInput:
    """Everything that decides a release.

    `earlier_versions` are the versions released before; `first_release` is the time of the first release, `now` the time of
    this one. `wording` is the version of the sentences in the earlier versions, `statements` what they state about the
    victims, `case_start` the start of the case that they give.
    """

    rendered: Rendered
    report: Report
    member: OwnMember
    audience: Audience
    approvals: Approvals
    scanner: Scanner
    earlier_versions: Mapping[str, Version]
    first_release: str
    wording: int
    now: str
    statements: tuple[victims.VictimStatement, ...] = ()
    case_start: str | None = None


def rewrite(release_input: ReleaseInput) -> ReleaseDraft:
    """Rewrite one report for one audience."""
    return _Rewriter(release_input).run()


class _Rewriter:
    """Takes the objects one by one and collects what leaves. The rules have no access to it."""

    def __init__(self, release_input: ReleaseInput) -> None:
        self._input = release_input
        self._author = release_author(
            release_input.member, release_input.audience, release_input.earlier_versions, release_input.wording
        )
        self._gate = Gate(
            release_input.rendered,
            release_input.report,
            release_input.member,
            release_input.audience,
            approvals=release_input.approvals,
            scanner=release_input.scanner,
            lone_values=self._lone_values(),
        )
        self._excludes_incidents = release_input.report.kind is ReportKind.CASE and not release_input.audience.incidents
        rung_limit = victims.rung_limit(
            release_input.report,
            release_input.audience,
            release_input.approvals,
            incidents=not self._excludes_incidents,
        )
        self._disclosure = victims.decide_disclosure(
            release_input.report,
            release_input.member,
            release_input.audience,
            rung_limit,
            release_input.first_release,
            release_input.statements,
        )
        self._contents = {content["id"]: content for content in release_input.rendered.contents}
        self._triples: set[tuple[str, str, str]] = set()
        self._result = ReleaseDraft(definitions=[self._author.statement])
        self._result.rungs += [self._disclosure.rung, *self._disclosure.victims]
        self._result.case_start = release_input.case_start or self._case_start()
        self._result.statements += dict.fromkeys(map(victims.victim_statement, self._disclosure.victims))

    def run(self) -> ReleaseDraft:
        """Rewrite all objects."""
        by_type: dict[str, list[Content]] = {}
        for content in self._input.rendered.contents:
            by_type.setdefault(content["type"], []).append(content)
        # (1) victims, and the CERT itself
        self._result.mapping[self._input.member.identity] = self._input.member.identity
        context = self._context(self._decide_victims())
        # (2) to (5)
        for object_type in _ORDER:
            contents = by_type.pop(object_type, [])
            if object_type in _FORWARD_REFERRING:
                ids = {item["id"]: self._author.released_id(item) for item in contents if not item.get("revoked")}
                self._result.mapping |= ids
            for content in contents:
                self._rewrite_object(content, context)
        for object_type, contents in by_type.items():
            for content in contents if object_type not in _HANDLED_ELSEWHERE else ():
                self._keep_at_cert(content, "objects of this type do not leave")
        return self._result

    def _lone_values(self) -> frozenset[str]:
        """The values of lone indicators that earlier releases of this report contain."""
        return frozenset(
            origin.observable.value
            for identifier, origin in self._input.rendered.origins.items()
            if origin.observable and self._author.lone_version({"type": "indicator", "id": identifier})
        )

    def _context(self, pseudonyms: tuple[str, ...]) -> ReleaseContext:
        release_input, disclosure = self._input, self._disclosure
        period = period_in_words(disclosure.pseudonym_period, release_input.member.pseudonym_months)
        context = ReleaseContext(
            report=release_input.report,
            member=release_input.member,
            audience=release_input.audience,
            approvals=release_input.approvals,
            scanner=release_input.scanner,
            texts=self._sentences(pseudonyms, period),
            origins=release_input.rendered.origins,
            adversary_values=self._gate.values,
            first_release=release_input.first_release,
            case_start=self._result.case_start,
            start_is_released=release_input.case_start is not None,
            wording=release_input.wording,
            sector=disclosure.rung.sector,
        )
        names = {
            item.name: rules.decide_name("malware", item.name, context).value for item in release_input.report.malware
        }
        return replace(
            context,
            families={name: released_name for name, released_name in names.items() if released_name is not None},
        )

    def _sentences(self, pseudonyms: tuple[str, ...], period: str) -> texts.Texts:
        """The sentences of the release. The one about a flood is for members only, and must not resemble the victim's name."""
        release_input = self._input
        sentences = texts.texts_for(
            release_input.report, self._disclosure.rung, release_input.member.name, pseudonyms, period
        )
        is_public = release_input.audience.profile is AudienceProfile.PUBLIC
        return replace(sentences, flood="") if is_public or release_input.scanner.hits(sentences.flood) else sentences

    def _case_start(self) -> str | None:
        """The start of a case, if the report gives it."""
        if self._input.report.kind is not ReportKind.CASE:
            return None
        contents = (item for item in self._input.rendered.contents if item["type"] in identifiers.INCIDENT_CORE_TYPES)
        times = (item["start_time"] for item in contents if "start_time" in item)
        return min(times, key=datetime.fromisoformat, default=None)

    def _decide_victims(self) -> tuple[str, ...]:
        """Decide how the victims leave, and return their pseudonyms."""
        pseudonyms = []
        for ref, number in self._input.rendered.victims.items():
            content, victim = self._contents[ref], self._input.report.victims[number]
            rung = self._disclosure.victims[number]
            level = self._gate.level(content)
            properties = None if level is None else victims.victim_identity(victim, rung, self._disclosure)
            name = None
            if level is not None and properties is not None:
                name = str(properties["name"])
                if rung.detail is Detail.NAMED and victim.name:
                    self._add_own(content, properties, level)
                else:
                    self._result.mapping[ref] = self._add_common(self._author.common_object(properties, level))
                pseudonyms += [name] if name.startswith("victim-") else []
            text = victim.name or preview.one_line(content.get("name", ""))
            reason = f"{rung.detail.name.lower()}: {rung.reason}"
            self._result.rows.append(preview.PreviewRow("identity", ref, "", text, name, reason))
        return tuple(dict.fromkeys(pseudonyms))

    # -- one object -------------------------------------------------------------------------------------------------

    def _rewrite_object(self, content: Content, release: ReleaseContext) -> None:
        level = self._gate.level(content)
        if (reason := self._bar_reason(content, level)) is not None or level is None:
            self._keep_at_cert(content, reason or "")
            return
        if content.get("revoked") and self._revoke_dropped_indicator(content):
            return
        # (3) the gate
        if content["type"] == "indicator" or content["type"] in identifiers.OBSERVABLE_TYPES:
            decision = self._gate_decision(content, level)
            if decision.verdict is GateVerdict.LONE and content["type"] == "indicator":
                level = max(level, LOWEST_COMPROMISED) if decision.is_third_party else level
                self._add_lone(content, level, decision)
            if decision.verdict is not GateVerdict.LEAVES or decision.key:
                self._add_gate_row(content, decision)
            if decision.verdict is not GateVerdict.LEAVES:
                return
        if content.get("revoked") and self._author.released_id(content) not in self._input.earlier_versions:
            self._keep_at_cert(content, "it was withdrawn before it was released")
            return
        self._apply_rules(content, release, level)

    def _revoke_dropped_indicator(self, content: Content) -> bool:
        """Whether a dropped indicator was released before. If so, it is revoked, and a row of the preview says it."""
        if content["type"] != "indicator":
            return False
        earlier_version = self._author.lone_version(content) or self._input.earlier_versions.get(
            self._author.released_id(content)
        )
        if earlier_version is None or earlier_version.revoked:
            return False
        text, reason = _identifying_text(content), "the report no longer contains it: it is revoked"
        self._result.rows.append(preview.PreviewRow("indicator", content["id"], "", text, f"{text}, withdrawn", reason))
        return True

    def _gate_decision(self, content: Content, level: tlp.TLP) -> GateDecision:
        decision = self._gate.decide(content)
        highest = self._input.audience.highest_tlp
        if (
            decision.verdict is GateVerdict.LONE
            and decision.is_third_party
            and max(level, LOWEST_COMPROMISED) > highest
        ):
            reason = f"a compromised host is marked {LOWEST_COMPROMISED.label} at least, above {highest.label}"
            return GateDecision(GateVerdict.STAYS, reason, observable=decision.observable)
        return decision

    def _bar_reason(self, content: Content, level: tlp.TLP | None) -> str | None:
        """The reason why an object stays regardless of its properties; None if the properties decide."""
        audience = self._input.audience
        if content["type"] not in allowed.TABLES[audience.profile]:
            return f"objects of this type do not leave for {audience.profile} readers"
        if content["type"] == "grouping" and not self._result.own_objects:
            return "nothing of what it groups leaves"
        if self._excludes_incidents and content["type"] in _INCIDENT_TYPES:
            return "this collection takes no incidents, only their indicators"
        if level is None:
            return f"it is marked above {audience.highest_tlp.label}, the most this collection takes"
        return None

    def _apply_rules(self, content: Content, release: ReleaseContext, level: tlp.TLP) -> None:
        # (4) property by property
        table = allowed.TABLES[release.audience.profile][content["type"]]
        places = self._place_objects(content, level)
        context = ObjectContext(
            release=release,
            content=content,
            level=level,
            released_ids=self._result.mapping,
            place_ids={ref: place["id"] for ref, place in places.items()},
            leaving_ids=self._leaving_ids(level) if content["type"] in _CONTAINERS else (),
        )
        change = rules.apply_rules(self._rewritable_properties(content), table, context)
        self._result.refusals += change.refusals
        # (5) required properties
        properties: Content = change.value
        alternatives = _AT_LEAST_ONE.get(content["type"])
        if not _REQUIRED.get(content["type"], frozenset()) <= properties.keys():
            self._drop(content, change.rows, "what it is about does not leave")
        elif alternatives and not alternatives & properties.keys():
            self._drop(content, change.rows, "nothing that identifies it may leave")
        else:
            self._result.rows += change.rows
            for place in places.values():
                if place["id"] != self._input.member.identity:
                    self._add_common(place)
            self._release(content, properties, level)

    def _rewritable_properties(self, content: Content) -> Content:
        """The properties for the rules. `lang` comes last, so that the texts are decided before it."""
        properties = {name: value for name, value in content.items() if name not in _COMMON_PROPERTIES}
        properties = self._gate.remove_marked_above(properties, content)
        if "lang" in properties:
            properties["lang"] = properties.pop("lang")
        return properties

    def _place_objects(self, content: Content, level: tlp.TLP) -> dict[str, Content]:
        """The objects that represent the places and sighters to which an object refers, by their ids at the CERT."""
        if content["type"] == "relationship" and content["target_ref"].startswith("location--"):
            source_type = content["source_ref"].partition("--")[0]
            country = self._contents.get(content["target_ref"], {}).get("country", "")
            with_name = self._input.wording >= wording.TOOL_WORDING
            location = victims.released_location(source_type, country, self._disclosure, with_name=with_name)
            return {content["target_ref"]: self._author.common_object(location, level)} if location else {}
        refs = content.get("where_sighted_refs", ()) if content["type"] == "sighting" else ()
        return {ref: self._sighter(ref, level) for ref in refs}

    def _sighter(self, ref: str, level: tlp.TLP) -> Content:
        """The class of sector and country if k allows it, else the CERT; never a victim."""
        sector, country = self._input.rendered.classes.get(ref, (None, None))
        if sector is not None or country is not None:
            rung = victims.sighting_rung(sector, country, self._disclosure)
            self._result.rungs.append(rung)
            if rung.detail is not Detail.NOTHING:
                return self._author.common_object(victims.class_identity(rung), level)
        return {"id": self._input.member.identity}

    def _leaving_ids(self, level: tlp.TLP) -> tuple[str, ...]:
        """The ids for the container: of all objects except events, impacts and tasks, to which the incident refers.

        Objects marked higher than the container are left out, because the id of an SCO reveals its value.
        """
        contents = [
            *self._result.common_objects.values(),
            *self._result.own_objects,
            *self._result.observables.values(),
        ]
        return (
            self._input.member.identity,
            *(
                item["id"]
                for item in contents
                if item["type"] not in identifiers.INCIDENT_CORE_TYPES and (tlp.level(item) or tlp.TLP.CLEAR) <= level
            ),
        )

    # -- the result -------------------------------------------------------------------------------------------------

    def _release(self, content: Content, properties: Content, level: tlp.TLP) -> None:
        object_type = content["type"]
        if object_type in identifiers.OBSERVABLE_TYPES:
            observable = self._author.observable_object(properties, level)
            self._result.observables.setdefault(observable["id"], observable)
            self._result.mapping[content["id"]] = observable["id"]
        elif object_type in _KNOWLEDGE:
            self._result.mapping[content["id"]] = self._add_common(
                self._author.common_object(properties, level, pap_markings(content))
            )
        elif object_type == "relationship":
            triple = (properties["source_ref"], properties["relationship_type"], properties["target_ref"])
            if triple not in self._triples:
                self._triples.add(triple)
                self._add_own(content, properties, level)
        else:
            self._add_own(content, properties, level)

    def _add_own(self, content: Content, properties: Content, level: tlp.TLP) -> None:
        if content["type"] in VOUCHED_TYPES:
            # a text leaves as one of the product's sentences, or because an officer approved it
            properties = properties | {"labels": [*properties.get("labels", ()), OFFICER]}
        draft = self._author.own_object(content, properties, level)
        self._result.mapping[content["id"]] = draft["id"]
        self._result.own_objects.append(draft)

    def _add_common(self, content: Content) -> str:
        identifier: str = content["id"]
        self._result.common_objects[identifier] = content
        return identifier

    def _keep_at_cert(self, content: Content, reason: str) -> None:
        self._result.rows.append(
            preview.PreviewRow(content["type"], content["id"], "", _identifying_text(content), None, reason)
        )

    def _add_gate_row(self, content: Content, decision: GateDecision) -> None:
        """Add the row of a value that stays, or about which an officer decides or decided."""
        text = _identifying_text(content)
        leaves = decision.verdict is GateVerdict.LEAVES
        leaves |= decision.verdict is GateVerdict.LONE and content["type"] == "indicator"
        row = preview.PreviewRow(
            type=content["type"],
            id=content["id"],
            path="",
            here=text,
            leaves=text if leaves else None,
            why=decision.reason,
            key=decision.key,
            approved=decision.verdict is not GateVerdict.STAYS,
            value=decision.value if decision.key else "",
            span=decision.span,
            evidence=decision.observable.evidence if decision.observable else "",
        )
        self._result.rows.append(row)

    def _drop(self, content: Content, rows: tuple[preview.PreviewRow, ...], reason: str) -> None:
        """Add rows for an object that stays: one for each text that an officer could approve, else one for the object."""
        approvable = [row for row in rows if row.key]
        self._result.rows += approvable
        if not approvable:
            self._keep_at_cert(content, reason)

    def _add_lone(self, content: Content, level: tlp.TLP, decision: GateDecision) -> None:
        name, item = self._input.member.name, decision.observable
        kind = wording.observable_name(item.type) if item else "Indicator"
        if decision.is_third_party:
            earlier = self._author.lone_version(content)
            day = earlier.content["valid_from"] if earlier else self._input.now
            properties = lone.compromised_host(content, kind, name, day)
        else:
            properties = lone.lone_indicator(content, kind, name, self._input.wording)
        self._result.lone_indicators.append(self._author.lone_object(content, properties, level))


def _identifying_text(content: Content) -> str:
    """The property by which a person recognises an object, in one line."""
    names = ("name", "value", "pattern", "relationship_type", "hashes", "key", "account_login")
    return preview.one_line(next((content[name] for name in names if content.get(name)), ""))
