"""Relationships between the indicators of a report and other objects: only those that the report states.

1. An indicator is `based-on` the observable of its value.
2. It `indicates` the malware, tool, actor or technique that the report connects with its value.
3. If a report names a single malware and connects no value with anything, values that only a program leaves behind indicate
   that malware (hub/docs/adr/0098-what-an-indicator-indicates.md).
4. Relations of the report get a relationship type of STIX; other words become `related-to`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hub.rendering.builder import Builder
from hub.reports.markings import strictest
from hub.reports.observables import Observable, ObservableType, Relation, Role
from hub.reports.report import Report, ReportKind
from hub.stix.identifiers import type_of
from hub.stix.vocabularies import RELATIONSHIP_TYPES

KnowledgeIds = Mapping[tuple[str, str], str]
"""The ids of malware, techniques and so on, by (kind, name): the result of `render_knowledge`."""

DEDUCED_CONFIDENCE: Final = 50
"""The confidence of a link that the report does not state (3): "possibly true" (STIX 2.1, appendix A)."""

# Values that only one program leaves on a machine or shows on the network.
_TRACES: Final = frozenset({
    ObservableType.FILE, ObservableType.MUTEX, ObservableType.REGISTRY_KEY, ObservableType.NAMED_PIPE,
    ObservableType.PDB_PATH, ObservableType.TLS_FINGERPRINT,
})  # fmt: skip
_HOSTS: Final = frozenset(
    {ObservableType.IPV4, ObservableType.IPV6, ObservableType.DOMAIN, ObservableType.URL, ObservableType.TRAFFIC}
)
# RSIT types in which the host of the adversary belongs to the malware: it controls or distributes it.
_HOSTING_TYPES: Final = frozenset({"c2-server", "malware-distribution", "malware-configuration"})
# Types that an indicator can indicate (STIX 2.1, 4.7.2).
_INDICATABLE_TYPES: Final = frozenset(
    {"attack-pattern", "campaign", "intrusion-set", "malware", "threat-actor", "tool"}
)
# Words of MISP for relationships that have another name in STIX.
_RELATIONSHIP_SYNONYMS: Final = {
    "connected-to": "communicates-with", "connects-to": "communicates-with", "connected-from": "communicates-with",
    "beacons": "beacons-to", "drop": "drops", "downloaded": "downloads", "download": "downloads", "contain": "contains",
    "includes": "contains", "attributed": "attributed-to", "duplicate": "duplicate-of", "uses-malware": "uses",
    "using": "uses", "exfiltrate-to": "exfiltrates-to", "resolved-to": "resolves-to", "resolve-to": "resolves-to",
    "mitigated-by": "related-to", "target": "targets", "controlling": "controls", "hosted": "hosts",
}  # fmt: skip
_FALLBACK_RELATIONSHIP: Final = "related-to"
_REVERSE_RELATIONSHIPS: Final = {
    "dropped-by": "drops", "downloaded-from": "downloads", "contained-by": "contains", "contained-within": "contains",
    "included-in": "contains", "hosted-on": "hosts", "hosted-by": "hosts", "used-by": "uses", "controlled-by": "controls",
    "exploited-by": "exploits", "owned-by": "owns", "delivered-by": "delivers", "targeted-by": "targets",
}  # fmt: skip
"""Word for the opposite direction -> relationship of STIX."""


@dataclass(slots=True)
class RenderedObservables:
    """The ids of SCOs and of indicators by "type value" of their observable."""

    observables: dict[str, str] = field(default_factory=dict)
    indicators: dict[str, str] = field(default_factory=dict)


def link_indicators(builder: Builder, knowledge_ids: KnowledgeIds, rendered: RenderedObservables) -> None:
    """Relate each indicator to its observable, and to what it indicates (1 to 3)."""
    single_malware = _single_malware(builder.report)
    for item in builder.report.observables:
        key = " ".join(item.key)
        indicator = rendered.indicators.get(key)
        if indicator is None or item.revoked:
            continue
        observable = rendered.observables.get(key)
        # A feed has one observation with all observables, so thousands of these relationships would add nothing.
        if observable is not None and builder.report.kind is not ReportKind.FEED:
            builder.relate(indicator, "based-on", observable, item.tlp)
        if item.malware is not None and ("malware", item.malware) in knowledge_ids:
            builder.relate(indicator, "indicates", knowledge_ids["malware", item.malware], item.tlp)
        if single_malware is not None and _leaves_traces(item, builder.report):
            builder.relate(
                indicator, "indicates", knowledge_ids[single_malware], item.tlp, confidence=DEDUCED_CONFIDENCE
            )


def _single_malware(report: Report) -> tuple[str, str] | None:
    """Return (kind, name) of the only malware of a report that connects no value with anything (3); otherwise None."""
    if len(report.malware) != 1 or not report.malware[0].is_named or report.kind is not ReportKind.CASE:
        return None
    if report.relations or any(item.malware is not None for item in report.observables):
        return None
    return "malware", report.malware[0].name


def _leaves_traces(item: Observable, report: Report) -> bool:
    """Whether a value of the adversary can come only from the single malware of the report, or from its host."""
    if item.role is not Role.ADVERSARY:
        return False
    if item.type in _TRACES:
        return item.type is not ObservableType.FILE or bool(item.file and item.file.hashes)
    return item.type in _HOSTS and any(kind in _HOSTING_TYPES for _, kind in report.rsit[:1])


def add_relations(builder: Builder, knowledge_ids: KnowledgeIds, rendered: RenderedObservables) -> None:
    """Add the relations of the report (4); note those whose source or target is missing."""
    levels = {" ".join(item.key): item.tlp for item in builder.report.observables}
    for relation in builder.report.relations:
        source, kind, target = _as_stix(relation)
        if kind == _FALLBACK_RELATIONSHIP and kind not in {relation.kind, _RELATIONSHIP_SYNONYMS.get(relation.kind)}:
            builder.note_unusable(f"relation {relation.kind}", " ".join(target), f"{kind} is used instead")
        source_ref = _end(source, knowledge_ids, rendered, of_indicator=kind == "indicates")
        target_ref = _end(target, knowledge_ids, rendered)
        if source_ref is None or target_ref is None:
            missing_end = source if source_ref is None else target
            builder.note_unusable(
                f"relation {relation.kind}", " ".join(missing_end), "nothing in the bundle has that name"
            )
        elif source_ref != target_ref:
            if kind == "indicates" and (
                type_of(source_ref) != "indicator" or type_of(target_ref) not in _INDICATABLE_TYPES
            ):
                kind = "related-to"
            level = strictest(levels.get(source[1]), levels.get(target[1]), relation.tlp)
            builder.relate(source_ref, kind, target_ref, level)


def _as_stix(relation: Relation) -> tuple[tuple[str, str], str, tuple[str, str]]:
    """Return (source, kind, target) with a word of STIX: another word could contain something that must not leave."""
    source, kind, target = relation.source, relation.kind.casefold(), relation.target
    if kind in _REVERSE_RELATIONSHIPS:
        source, kind, target = target, _REVERSE_RELATIONSHIPS[kind], source
    kind = _RELATIONSHIP_SYNONYMS.get(kind, kind)
    return source, kind if kind in RELATIONSHIP_TYPES else _FALLBACK_RELATIONSHIP, target


def _end(
    key: tuple[str, str], knowledge_ids: KnowledgeIds, rendered: RenderedObservables, *, of_indicator: bool = False
) -> str | None:
    """Return the id of one end of a relation; of a value, the SCO, or with `of_indicator` the indicator, if it exists."""
    kind, name = key
    if kind != "observable":
        return knowledge_ids.get((kind, name))
    sco, indicator = rendered.observables.get(name), rendered.indicators.get(name)
    return (indicator or sco) if of_indicator else (sco or indicator)
