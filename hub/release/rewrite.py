"""The bundle as it leaves: every object rewritten by the allow-list, or left behind with the reason.

1. Victims: each becomes what its rung of the ladder allows.
2. Objects in such an order that whatever one refers to has been decided before it.
3. SCOs and indicators pass the gate first: only the adversary's leave, and only if no protected name stands in them.
4. Each object is rewritten property by property (`allowed`), its references to the new ids.
5. What lost a property that STIX demands, or both ends of which do not leave, stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from hub.home.member import OwnMember
from hub.protocol.labels import OFFICER, VOUCHED_TYPES
from hub.release import allowed, lone, preview, rules, texts, victims
from hub.release.author import author_of, pap_of
from hub.release.context import ObjectContext, ReleaseContext
from hub.release.gate import Gate, GateVerdict, Passage
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
_BY_PLACE: Final = frozenset({"identity", "location", "marking-definition"})
# Of a case, for a collection that takes no incidents: whatever speaks of the incident or stands for it.
_OF_INCIDENTS: Final = identifiers.INCIDENT_CORE_TYPES | {
    "incident",
    "report",
    "note",
    "observed-data",
    "course-of-action",
}
_CONTAINERS: Final = frozenset({"report", "grouping"})
LOWEST_COMPROMISED: Final = tlp.TLP.AMBER
"""The level below which an indicator of a compromised host is not marked: its owner is a victim, too."""

# Set for every object alike, by its author.
_HANDLED: Final = frozenset("id created modified created_by_ref object_marking_refs granular_markings revoked".split())
# Refer to others of their own type that come later.
_FORWARD: Final = frozenset({"event"})
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
_EITHER: Final[Mapping[str, frozenset[str]]] = {
    "file": frozenset({"hashes", "name"}),
    "network-traffic": frozenset({"src_ref", "dst_ref"}),
    "x509-certificate": frozenset({"hashes"}),
}


@dataclass(slots=True)
class Rewritten:
    """What leaves, without versions yet. `mapping` is from ids at the CERT to released ones, and stays at the CERT.

    `refusals` say which approved texts must not leave; where there are any, nothing does.
    """

    drafts: list[Content] = field(default_factory=list)
    common: dict[str, Content] = field(default_factory=dict)
    observed: dict[str, Content] = field(default_factory=dict)
    lone: list[Content] = field(default_factory=list)
    definitions: list[Content] = field(default_factory=list)
    mapping: dict[str, str] = field(default_factory=dict)
    rows: list[preview.PreviewRow] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)  # everything that was said of a victim, for the last look
    refusals: list[str] = field(default_factory=list)
    statements: list[victims.VictimStatement] = field(default_factory=list)  # of the report's victims, for the record
    began: str | None = None  # the released start of a case

    def insisted(self, approvals: Approvals) -> tuple[str, ...]:
        """The report's own texts that leave although something in them looks suspicious."""
        return tuple({row.value for row in self.rows if row.approved and row.path and approvals.insists(row.key)})


@dataclass(frozen=True, slots=True)
class Order:
    """What a release is made of. `known` are the versions released before, `first` their first time, `now` this release's,
    `wording` the version of the sentences in them, `statements` what they said of the victims, `began` when
    the case began as they told it.
    """

    rendered: Rendered
    report: Report
    member: OwnMember
    audience: Audience
    approvals: Approvals
    scanner: Scanner
    known: Mapping[str, Version]
    first: str
    wording: int
    now: str
    statements: tuple[victims.VictimStatement, ...] = ()
    began: str | None = None


def rewrite(order: Order) -> Rewritten:
    """Rewrite one report for one audience."""
    return _Rewriting(order).run()


class _Rewriting:
    """The driver: takes the objects one by one and gathers what leaves. Rules never see it."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._author = author_of(order.member, order.audience, order.known, order.wording)
        self._gate = Gate(
            order.rendered,
            order.report,
            order.member,
            order.audience,
            approvals=order.approvals,
            scanner=order.scanner,
            left_alone=self._left_alone(),
        )
        self._no_incidents = order.report.kind is ReportKind.CASE and not order.audience.incidents
        highest = victims.highest_rung(order.report, order.audience, order.approvals, incidents=not self._no_incidents)
        self._limits = victims.disclosure(
            order.report, order.member, order.audience, highest, order.first, order.statements
        )
        self._contents = {content["id"]: content for content in order.rendered.contents}
        self._triples: set[tuple[str, str, str]] = set()
        self._out = Rewritten(definitions=[self._author.statement])
        self._out.rungs += [self._limits.rung, *self._limits.victims]
        self._out.began = order.began or self._began()
        self._out.statements += dict.fromkeys(map(victims.statement_of, self._limits.victims))

    def run(self) -> Rewritten:
        """Rewrite all."""
        by_type: dict[str, list[Content]] = {}
        for content in self._order.rendered.contents:
            by_type.setdefault(content["type"], []).append(content)
        # (1) victims, and the CERT itself
        self._out.mapping[self._order.member.identity] = self._order.member.identity
        context = self._context(self._victims())
        # (2) to (5)
        for object_type in _ORDER:
            contents = by_type.pop(object_type, [])
            if object_type in _FORWARD:
                ids = {item["id"]: self._author.released_id(item) for item in contents if not item.get("revoked")}
                self._out.mapping |= ids
            for content in contents:
                self._object(content, context)
        for object_type, contents in by_type.items():
            for content in contents if object_type not in _BY_PLACE else ():
                self._stays(content, "objects of this type do not leave")
        return self._out

    def _left_alone(self) -> frozenset[str]:
        """The values that stand in lone indicators of this report."""
        return frozenset(
            origin.observable.value
            for identifier, origin in self._order.rendered.origins.items()
            if origin.observable and self._author.lone_version({"type": "indicator", "id": identifier})
        )

    def _context(self, pseudonyms: tuple[str, ...]) -> ReleaseContext:
        order, limits = self._order, self._limits
        span = period_in_words(limits.pseudonym_period, order.member.pseudonym_months)
        context = ReleaseContext(
            report=order.report,
            member=order.member,
            audience=order.audience,
            approvals=order.approvals,
            scanner=order.scanner,
            texts=self._texts(pseudonyms, span),
            origins=order.rendered.origins,
            adversary_values=self._gate.values,
            first=order.first,
            began=self._out.began,
            start_is_released=order.began is not None,
            wording=order.wording,
            sector=limits.rung.sector,
        )
        names = {item.name: rules.name_of("malware", item.name, context).value for item in order.report.malware}
        return replace(
            context,
            families={name: released_name for name, released_name in names.items() if released_name is not None},
        )

    def _texts(self, pseudonyms: tuple[str, ...], span: str) -> texts.Texts:
        """The sentences of the release; what is told of a flood to members only, and where no word is like the victim's name."""
        order = self._order
        sentences = texts.texts_for(order.report, self._limits.rung, order.member.name, pseudonyms, span)
        public = order.audience.profile is AudienceProfile.PUBLIC
        return replace(sentences, flood="") if public or order.scanner.hits(sentences.flood) else sentences

    def _began(self) -> str | None:
        """When a case began, as far as the report says."""
        if self._order.report.kind is not ReportKind.CASE:
            return None
        contents = (item for item in self._order.rendered.contents if item["type"] in identifiers.INCIDENT_CORE_TYPES)
        times = (item["start_time"] for item in contents if "start_time" in item)
        return min(times, key=datetime.fromisoformat, default=None)

    def _victims(self) -> tuple[str, ...]:
        """Decide on the victims; the pseudonyms that stand for some of them."""
        pseudonyms = []
        for ref, number in self._order.rendered.victims.items():
            content, victim = self._contents[ref], self._order.report.victims[number]
            rung = self._limits.victims[number]
            level = self._gate.level(content)
            properties = None if level is None else victims.identity(victim, rung, self._limits)
            name = None
            if level is not None and properties is not None:
                name = str(properties["name"])
                if rung.detail is Detail.NAMED and victim.name:
                    self._own(content, properties, level)
                else:
                    self._out.mapping[ref] = self._common(self._author.common(properties, level))
                pseudonyms += [name] if name.startswith("victim-") else []
            here = victim.name or preview.shown(content.get("name", ""))
            why = f"{rung.detail.name.lower()}: {rung.reason}"
            self._out.rows.append(preview.PreviewRow("identity", ref, "", here, name, why))
        return tuple(dict.fromkeys(pseudonyms))

    # -- one object -------------------------------------------------------------------------------------------------

    def _object(self, content: Content, release: ReleaseContext) -> None:
        level = self._gate.level(content)
        if (reason := self._barred(content, level)) is not None or level is None:
            self._stays(content, reason or "")
            return
        if content.get("revoked") and self._leaves_no_more(content):
            return
        # (3) the gate
        if content["type"] == "indicator" or content["type"] in identifiers.OBSERVABLE_TYPES:
            passage = self._passage(content, level)
            if passage.verdict is GateVerdict.LONE and content["type"] == "indicator":
                level = max(level, LOWEST_COMPROMISED) if passage.third_party else level
                self._lone(content, level, passage)
            if passage.verdict is not GateVerdict.LEAVES or passage.key:
                self._gated(content, passage)
            if passage.verdict is not GateVerdict.LEAVES:
                return
        if content.get("revoked") and self._author.released_id(content) not in self._order.known:
            self._stays(content, "it was withdrawn before it ever left")
            return
        self._by_rules(content, release, level)

    def _leaves_no_more(self, content: Content) -> bool:
        """Whether an indicator that the report does not hold any more has left, linked or alone: then it is revoked."""
        if content["type"] != "indicator":
            return False
        left = self._author.lone_version(content) or self._order.known.get(self._author.released_id(content))
        if left is None or left.revoked:
            return False
        here, why = _saying(content), "the report does not hold it any more: it is revoked"
        self._out.rows.append(preview.PreviewRow("indicator", content["id"], "", here, f"{here}, withdrawn", why))
        return True

    def _passage(self, content: Content, level: tlp.TLP) -> Passage:
        passage = self._gate.passage(content)
        highest = self._order.audience.highest_tlp
        if passage.verdict is GateVerdict.LONE and passage.third_party and max(level, LOWEST_COMPROMISED) > highest:
            why = f"a compromised host is marked {LOWEST_COMPROMISED.label} at least, above {highest.label}"
            return Passage(GateVerdict.STAYS, why, observable=passage.observable)
        return passage

    def _barred(self, content: Content, level: tlp.TLP | None) -> str | None:
        """Why an object stays whatever its properties say; None where they decide."""
        audience = self._order.audience
        if content["type"] not in allowed.TABLES[audience.profile]:
            return f"objects of this type do not leave for {audience.profile} readers"
        if content["type"] == "grouping" and not self._out.drafts:
            return "nothing of what it groups leaves"
        if self._no_incidents and content["type"] in _OF_INCIDENTS:
            return "this collection takes no incidents, only their indicators"
        if level is None:
            return f"it is marked above {audience.highest_tlp.label}, the most this collection takes"
        return None

    def _by_rules(self, content: Content, release: ReleaseContext, level: tlp.TLP) -> None:
        # (4) property by property
        table = allowed.TABLES[release.audience.profile][content["type"]]
        places = self._places(content, level)
        context = ObjectContext(
            release=release,
            content=content,
            level=level,
            ids=self._out.mapping,
            places={ref: place["id"] for ref, place in places.items()},
            leaving=self._leaving(level) if content["type"] in _CONTAINERS else (),
        )
        change = rules.rewritten(self._properties(content), table, context)
        self._out.refusals += change.refusals
        # (5) what is left of it
        properties: Content = change.value
        either = _EITHER.get(content["type"])
        if not _REQUIRED.get(content["type"], frozenset()) <= properties.keys():
            self._gone(content, change.rows, "what it is about does not leave")
        elif either and not either & properties.keys():
            self._gone(content, change.rows, "nothing that tells it apart may leave")
        else:
            self._out.rows += change.rows
            for place in places.values():
                if place["id"] != self._order.member.identity:
                    self._common(place)
            self._leaves(content, properties, level)

    def _properties(self, content: Content) -> Content:
        """The properties that the rules apply to; `lang` is last, so that its texts are decided before it."""
        properties = {name: value for name, value in content.items() if name not in _HANDLED}
        properties = self._gate.without_marked(properties, content)
        if "lang" in properties:
            properties["lang"] = properties.pop("lang")
        return properties

    def _places(self, content: Content, level: tlp.TLP) -> dict[str, Content]:
        """What stands for the places and sighters that an object names, by the ids at the CERT."""
        if content["type"] == "relationship" and content["target_ref"].startswith("location--"):
            source_type = content["source_ref"].partition("--")[0]
            country = self._contents.get(content["target_ref"], {}).get("country", "")
            named = self._order.wording >= wording.KNOWN_BY_TOOLS
            where = victims.location(source_type, country, self._limits, named=named)
            return {content["target_ref"]: self._author.common(where, level)} if where else {}
        refs = content.get("where_sighted_refs", ()) if content["type"] == "sighting" else ()
        return {ref: self._sighter(ref, level) for ref in refs}

    def _sighter(self, ref: str, level: tlp.TLP) -> Content:
        """The class of sector and country as k allows, else the CERT; never a victim."""
        sector, country = self._order.rendered.classes.get(ref, (None, None))
        if sector is not None or country is not None:
            rung = victims.sighting_rung(sector, country, self._limits)
            self._out.rungs.append(rung)
            if rung.detail is not Detail.NOTHING:
                return self._author.common(victims.class_identity(rung), level)
        return {"id": self._order.member.identity}

    def _leaving(self, level: tlp.TLP) -> tuple[str, ...]:
        """The ids for the container: all objects except events, impacts and tasks, which the incident names.

        What is marked higher than the container is not named in it: an SCO's id gives its value away.
        """
        contents = [*self._out.common.values(), *self._out.drafts, *self._out.observed.values()]
        return (
            self._order.member.identity,
            *(
                item["id"]
                for item in contents
                if item["type"] not in identifiers.INCIDENT_CORE_TYPES and (tlp.level(item) or tlp.TLP.CLEAR) <= level
            ),
        )

    # -- what becomes of it -----------------------------------------------------------------------------------------

    def _leaves(self, content: Content, properties: Content, level: tlp.TLP) -> None:
        object_type = content["type"]
        if object_type in identifiers.OBSERVABLE_TYPES:
            observable = self._author.observable(properties, level)
            self._out.observed.setdefault(observable["id"], observable)
            self._out.mapping[content["id"]] = observable["id"]
        elif object_type in _KNOWLEDGE:
            self._out.mapping[content["id"]] = self._common(self._author.common(properties, level, pap_of(content)))
        elif object_type == "relationship":
            triple = (properties["source_ref"], properties["relationship_type"], properties["target_ref"])
            if triple not in self._triples:
                self._triples.add(triple)
                self._own(content, properties, level)
        else:
            self._own(content, properties, level)

    def _own(self, content: Content, properties: Content, level: tlp.TLP) -> None:
        if content["type"] in VOUCHED_TYPES:
            # a text leaves as one of the product's sentences, or because an officer approved it
            properties = properties | {"labels": [*properties.get("labels", ()), OFFICER]}
        draft = self._author.own(content, properties, level)
        self._out.mapping[content["id"]] = draft["id"]
        self._out.drafts.append(draft)

    def _common(self, content: Content) -> str:
        identifier: str = content["id"]
        self._out.common[identifier] = content
        return identifier

    def _stays(self, content: Content, why: str) -> None:
        self._out.rows.append(preview.PreviewRow(content["type"], content["id"], "", _saying(content), None, why))

    def _gated(self, content: Content, passage: Passage) -> None:
        """The row of a value about which an officer decides or decided, or that stays."""
        here = _saying(content)
        leaves = passage.verdict is GateVerdict.LEAVES
        leaves |= passage.verdict is GateVerdict.LONE and content["type"] == "indicator"
        row = preview.PreviewRow(
            type=content["type"],
            id=content["id"],
            path="",
            here=here,
            leaves=here if leaves else None,
            why=passage.why,
            key=passage.key,
            approved=passage.verdict is not GateVerdict.STAYS,
            value=passage.value if passage.key else "",
            span=passage.span,
            evidence=passage.observable.evidence if passage.observable else "",
        )
        self._out.rows.append(row)

    def _gone(self, content: Content, rows: tuple[preview.PreviewRow, ...], why: str) -> None:
        """The rows for an object that stays: one for the object, and one for each text that an officer could approve."""
        approvable = [row for row in rows if row.key]
        self._out.rows += approvable
        if not approvable:
            self._stays(content, why)

    def _lone(self, content: Content, level: tlp.TLP, passage: Passage) -> None:
        name, item = self._order.member.name, passage.observable
        what = wording.observable_name(item.type) if item else "Indicator"
        if passage.third_party:
            before = self._author.lone_version(content)
            day = before.content["valid_from"] if before else self._order.now
            properties = lone.compromised_host(content, what, name, day)
        else:
            properties = lone.lone_indicator(content, what, name, self._order.wording)
        self._out.lone.append(self._author.lone(content, properties, level))


def _saying(content: Content) -> str:
    """What of an object tells a person which one it is."""
    names = ("name", "value", "pattern", "relationship_type", "hashes", "key", "account_login")
    return preview.shown(next((content[name] for name in names if content.get(name)), ""))
