"""Render the incident of a case and the objects that are related to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hub.rendering import public_knowledge
from hub.rendering.builder import Builder
from hub.rendering.events import render_events, render_impacts, render_tasks
from hub.rendering.indicators import class_identity
from hub.rendering.methods import RATES, render_methods
from hub.rendering.pointers import external_reference
from hub.rendering.wording import TOOL_WORDING
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.references import Reference
from hub.reports.report import Report
from hub.reports.victims import Victim
from hub.stix import incident
from hub.stix.identifiers import type_of
from hub.stix.places import country_name

INCIDENT: Final = "the incident"
# Fields of a victim without a property in an identity. They become its description, which never leaves the CERT.
_DESCRIPTION_FIELDS: Final = frozenset(
    {"other_names", "short_names", "brands", "subsidiaries", "accounts", "hosts", "places"}
)


def render_knowledge(builder: Builder) -> dict[tuple[str, str], str]:
    """Add malware, techniques, vulnerabilities and actors. Return their ids by (kind as in `Relation`, name)."""
    report = builder.report
    knowledge_ids: dict[tuple[str, str], str] = {}
    for family in report.malware:
        knowledge_ids["malware", family.name] = _add_malware(builder, family)
    for technique in report.techniques:
        knowledge_ids["technique", technique.name] = _add_technique(builder, technique)
    for vulnerability in report.vulnerabilities:
        identifier = _add_vulnerability(builder, vulnerability)
        knowledge_ids["vulnerability", vulnerability.name] = builder.vulnerabilities[vulnerability.name] = identifier
    for actor in report.actors:
        knowledge_ids["actor", actor.name] = _add_actor(builder, actor)
    return knowledge_ids


def _add_knowledge(builder: Builder, object_type: str, name: str, text: str | None, **content: Any) -> str:
    """Add an object of public knowledge that all reports share, or one of this report if it has a text of the report."""
    if text:
        return builder.add(object_type, name, name=name, description=text, **content)
    return builder.add_common(object_type, name=name, **content)


def _has_tool_wording(builder: Builder) -> bool:
    """Whether the report was first rendered with the names and relationships that tools know (`TOOL_WORDING`)."""
    return builder.record.wording >= TOOL_WORDING


def add_location(builder: Builder, code: str) -> str:
    """Add a country with its name, because tools show the name."""
    name = country_name(code) if _has_tool_wording(builder) else None
    return builder.add_common("location", name=name, country=code)


def _add_malware(builder: Builder, item: Malware) -> str:
    if _has_tool_wording(builder):
        item = _with_public_knowledge(item)
    if item.kind == "tool":
        return _add_knowledge(
            builder,
            "tool",
            item.name,
            item.description,
            tool_types=item.types,
            aliases=item.aliases,
            tool_version=item.version,
            external_references=_attack_references(builder, "software", item.attack_id),
        )
    name = f"{item.name} {item.version}" if item.version else item.name
    return _add_knowledge(
        builder,
        "malware",
        name,
        item.description,
        malware_types=item.types,
        is_family=True,
        aliases=item.aliases,
        external_references=_attack_references(builder, "software", item.attack_id),
    )


def _attack_references(builder: Builder, kind: str, attack_id: str | None) -> list[dict[str, str]]:
    """Return the reference to an entry of ATT&CK; none for reports with an older wording, which must not change."""
    if attack_id is None or not _has_tool_wording(builder):
        return []
    url = f"https://attack.mitre.org/{kind}/{attack_id}"
    return [{"source_name": "mitre-attack", "url": url, "external_id": attack_id}]


def _with_public_knowledge(item: Malware) -> Malware:
    """Return the family with data of public lists: its types, if the report has none, and its other names in ATT&CK."""
    types = item.types
    if not types and item.kind == "malware":
        types = public_knowledge.malware_types(item.name) or ("unknown",)
    return replace(item, types=types, aliases=_all_aliases(item.name, item.aliases))


def _all_aliases(name: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
    alias_by_key = {public_knowledge.name_key(name): ""}
    for alias in (*aliases, *public_knowledge.aliases(name)):
        alias_by_key.setdefault(public_knowledge.name_key(alias), alias)
    return tuple(alias for alias in alias_by_key.values() if alias)


def _add_technique(builder: Builder, item: Technique) -> str:
    public_technique = public_knowledge.technique(item.technique_id or "") if _has_tool_wording(builder) else None
    if public_technique is not None:
        name = public_technique.name if item.name == item.technique_id else item.name
        item = replace(item, name=name, kill_chain_phases=item.kill_chain_phases or public_technique.phases)
    references = []
    if item.technique_id:
        path = item.technique_id.replace(".", "/")
        url = f"https://attack.mitre.org/techniques/{path}"
        references.append({"source_name": "mitre-attack", "url": url, "external_id": item.technique_id})
    if item.capec_id:
        references.append({"source_name": "capec", "external_id": item.capec_id})
    phases = [{"kill_chain_name": chain, "phase_name": phase} for chain, phase in item.kill_chain_phases]
    return _add_knowledge(
        builder, "attack-pattern", item.name, item.description, external_references=references, kill_chain_phases=phases
    )


def _add_vulnerability(builder: Builder, item: Vulnerability) -> str:
    references = [{"source_name": "cve", "external_id": item.name}] if item.name.upper().startswith("CVE-") else []
    score = f"{item.score_name or 'Score'}: {item.score:g}." if item.score is not None else ""
    text = " ".join(part for part in (item.description, score) if part)
    return _add_knowledge(builder, "vulnerability", item.name, text, external_references=references)


def _add_actor(builder: Builder, item: Actor) -> str:
    if _has_tool_wording(builder):
        item = replace(item, aliases=_all_aliases(item.name, item.aliases))
    words = {"threat_actor_types": item.types} if item.kind == "threat-actor" else {}
    motive = {} if item.kind == "campaign" else {"primary_motivation": item.motivation}
    kind = "campaigns" if item.kind == "campaign" else "groups"
    references = _attack_references(builder, kind, item.attack_id)
    identifier = _add_knowledge(
        builder,
        item.kind,
        item.name,
        item.description,
        aliases=item.aliases,
        external_references=references,
        **words,
        **motive,
    )
    if item.kind != "campaign":
        for code in item.countries:
            kind = "located-at" if item.kind == "threat-actor" else "originates-from"
            builder.relate(identifier, kind, add_location(builder, code))
    return identifier


def render_incident(builder: Builder, knowledge_ids: Mapping[tuple[str, str], str]) -> str:
    """Add the incident and its related objects; return the id of the incident. `knowledge_ids` come from `render_knowledge`."""
    report, member = builder.report, builder.member
    # (1) victims, events, tasks and impacts
    victims = [_add_victim(builder, number, victim) for number, victim in enumerate(report.victims)]
    builder.victims |= {ref: number for number, ref in enumerate(victims) if ref}
    events, tasks = render_events(builder), render_tasks(builder)
    impacts = render_impacts(builder, [ref for ref in victims if ref])
    # (2) the incident itself
    severity = report.severity
    scores = []
    if severity is not None and severity.number is not None:
        score = {"name": severity.scale or "severity", "value": severity.number, "description": severity.text}
        scores.append({name: value for name, value in score.items() if value != ""})
    for field, name in RATES.items() if report.flood else ():
        if figure := getattr(report.flood, field):
            scores.append({"name": name, "value": figure})
    core = {
        "extension_type": "property-extension",
        "determination": report.determination.value,
        "investigation_status": report.status.value,
        "criticality": severity.criticality if severity else None,
        "incident_types": list(report.incident_types),
        "detection_methods": list(report.detection_methods),
        "event_refs": events,
        "impact_refs": impacts,
        "task_refs": tasks,
        "recoverability": report.recoverability,
        # The newest draft counts entities only in impacts; without an impact, they go into the older property.
        "impacted_entity_counts": dict(report.affected_counts) if report.affected_counts and not impacts else None,
        "scores": scores,
    }
    own_reference = Reference(member.name, external_id=report.report_id)
    references = [reference for item in (own_reference, *report.references) if (reference := external_reference(item))]
    identifier = builder.add(
        "incident",
        INCIDENT,
        name=report.title,
        description=report.description,
        lang=report.language,
        labels=[*labels_of(builder), *_answer_labels(report)],
        confidence=report.confidence,
        external_references=references,
        extensions={
            incident.INCIDENT_CORE: {name: value for name, value in core.items() if value not in (None, [], {})}
        },
    )
    # (3) its relationships
    for ref in victims:
        if ref:
            builder.relate(identifier, "targets", ref)
    for code in report.countries:
        builder.relate(identifier, "targets", add_location(builder, code))
    if not _has_tool_wording(builder):
        _add_old_relationships(builder, identifier, [ref for ref in victims if ref])
    _relate_knowledge(builder, identifier, knowledge_ids)
    render_methods(builder, identifier)
    _add_texts(builder, identifier)
    for related_id in report.related_reports:
        if related_id != report.report_id:
            builder.relate(identifier, "related-to", builder.identifier_in_report("incident", related_id, INCIDENT))
    return identifier


def labels_of(builder: Builder) -> list[str]:
    """Return the machine tags of the report, RSIT types first."""
    rsit = [f'rsit:{rsit_class}="{rsit_type}"' for rsit_class, rsit_type in builder.report.rsit]
    return list(dict.fromkeys([*rsit, *builder.report.labels]))


def _answer_labels(report: Report) -> list[str]:
    """Return answers of the report without a property in STIX, as machine tags of the incident at the CERT."""
    critical = [
        victim.critical_infrastructure for victim in report.victims if victim.critical_infrastructure is not None
    ]
    answers = {
        "cross-border": report.cross_border,
        "suspected-malicious": report.suspected_malicious,
        "critical-infrastructure": any(critical) if critical else None,
    }
    labels = [f"{name}:{'yes' if answer else 'no'}" for name, answer in answers.items() if answer is not None]
    return [*labels, f"root-cause:{report.root_cause}"] if report.root_cause else labels


def _add_old_relationships(builder: Builder, incident_ref: str, victims: list[str]) -> None:
    """Add the relationships of the older wording: reports that were released with them keep them."""
    for ref in victims:
        builder.relate(incident_ref, "impacts", ref)
    for code in builder.report.countries:
        builder.relate(incident_ref, "located-at", add_location(builder, code))
    builder.relate(builder.member.identity, "contact-for", incident_ref)


# Type of an object -> relationship from the incident to it, in words of STIX that platforms import.
_INCIDENT_RELATIONSHIPS: Final = {
    "malware": "uses",
    "tool": "uses",
    "attack-pattern": "uses",
    "vulnerability": "targets",
    "threat-actor": "attributed-to",
    "intrusion-set": "attributed-to",
    "campaign": "attributed-to",
}


def _relate_knowledge(builder: Builder, incident_ref: str, knowledge_ids: Mapping[tuple[str, str], str]) -> None:
    for ref in dict.fromkeys(knowledge_ids.values()):
        object_type = type_of(ref) or ""
        builder.relate(incident_ref, _INCIDENT_RELATIONSHIPS[object_type], ref)
        if not _has_tool_wording(builder):
            if object_type == "campaign":
                builder.relate(ref, "associated-with", incident_ref)
            elif _INCIDENT_RELATIONSHIPS[object_type] != "attributed-to":
                builder.relate(incident_ref, "related-to", ref)


def _add_texts(builder: Builder, incident_ref: str) -> None:
    report = builder.report
    for number, text in enumerate(report.recommended_actions):
        action = builder.add("course-of-action", str(number), name=text[:100], description=text)
        builder.relate(incident_ref, "related-to", action)
    for number, note in enumerate(report.notes):
        builder.add(
            "note",
            str(number),
            abstract=note.title,
            content=note.text,
            lang=note.language,
            labels=[f"note:{note.kind}"],
            object_refs=[incident_ref],
        )
    contents: dict[str, dict[str, str]] = {}
    for item in report.translations:
        contents.setdefault(item.language, {})["name" if item.property == "title" else "description"] = item.text
    if contents:
        builder.add("language-content", "translations", object_ref=incident_ref, contents=contents)


def _add_victim(builder: Builder, number: int, victim: Victim) -> str | None:
    if victim.name is None and not victim.registration_numbers:
        if not (victim.sectors or victim.countries):
            return None
        sector = victim.sectors[0] if victim.sectors else None
        return class_identity(builder, sector, victim.countries[0] if victim.countries else None)
    texts = [(field, text) for field, text in victim.identifiers() if field in _DESCRIPTION_FIELDS]
    texts += [("size", victim.size_text or victim.size or ""), ("subsector", victim.subsector or "")]
    description = "; ".join(f"{field.replace('_', ' ')}: {text}" for field, text in texts if text)
    mails = "; ".join((*victim.emails, *victim.people))
    references = [{"source_name": "national registration", "external_id": text} for text in victim.registration_numbers]
    identifier = builder.add(
        "identity",
        "victim",
        str(number),
        name=victim.name or victim.registration_numbers[0],
        description=description or None,
        identity_class="individual" if victim.is_person else "organization",
        sectors=victim.sectors,
        contact_information=mails,
        external_references=references,
    )
    for code in victim.countries:
        builder.relate(identifier, "located-at", add_location(builder, code))
    return identifier
