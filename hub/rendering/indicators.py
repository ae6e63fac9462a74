"""Render observables and sightings as indicators, SCOs, observed-data and sightings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from hub.rendering import links, public_knowledge, versions, wording
from hub.rendering.builder import Builder, Origin
from hub.rendering.observables import render_sco, render_victim_values
from hub.rendering.patterns import package_of, pattern_of
from hub.rendering.pointers import external_reference
from hub.reports import rsit
from hub.reports.knowledge import Technique
from hub.reports.markings import TlpWord
from hub.reports.moments import Moment
from hub.reports.observables import Observable, ObservableType, Role, Sighting
from hub.reports.report import ReportKind
from hub.stix import tlp
from hub.stix.patterns import pattern_problem
from hub.stix.timestamps import parse_timestamp

# Days for which an indicator is valid if the report has no end. Addresses change their user within weeks.
VALID_DAYS: Final[Mapping[ObservableType, int]] = {
    ObservableType.IPV4: 30,
    ObservableType.IPV6: 30,
    ObservableType.TRAFFIC: 30,
    ObservableType.DOMAIN: 90,
    ObservableType.URL: 90,
    ObservableType.EMAIL: 90,
    ObservableType.EMAIL_MESSAGE: 90,
    ObservableType.USER_AGENT: 180,
}
OTHER_DAYS: Final = 365
NAME_CHARS: Final = 200  # characters of a value in an indicator's name


def render_observables(builder: Builder, knowledge_ids: links.KnowledgeIds) -> dict[str, str]:
    """Add the observables; `knowledge_ids` has the ids of the malware, techniques and so on that the report names.

    Returns the ids of indicators by "type value", as sightings refer to them.
    """
    rendered = links.RenderedObservables()
    groups: dict[tuple[str, TlpWord | None], list[str]] = {}
    # (1) each observable's SCO, in the group of its role; (2) its indicator
    for item in builder.report.observables:
        origin = Origin(item.role, item.hold_reason, item)
        sco = render_sco(builder, item, origin)
        if sco is not None:
            word = item.tlp if item.tlp and tlp.BY_WORD[item.tlp] > builder.level else None
            groups.setdefault(("held" if item.hold_reason else item.role.value, word), []).append(sco)
            rendered.observables[" ".join(item.key)] = sco
        if item.as_indicator and item.hold_reason is None:
            indicator = _add_indicator(builder, item, origin)
            if indicator is not None:
                rendered.indicators[" ".join(item.key)] = indicator
        if " ".join(item.key) not in rendered.indicators and builder.report.kind is not ReportKind.FEED:
            _note_unshown(builder, item)
    # (3) the addresses and names of the victims, which stay at the CERT
    for sco in render_victim_values(builder):
        groups.setdefault((Role.VICTIM.value, None), []).append(sco)
    # (4) the observation of each group
    for (role, word), scos in groups.items():
        _add_observed_data(builder, role, word, list(dict.fromkeys(scos)))
    # (5) what each indicates, and its relations
    links.link_indicators(builder, knowledge_ids, rendered)
    links.add_relations(builder, knowledge_ids, rendered)
    return rendered.indicators


def _note_unshown(builder: Builder, item: Observable) -> None:
    """Note the details of a value that is no indicator: STIX shows only the value.

    Times and confidence that are the same as those of the incident are left out. In a feed, sightings have them.
    """
    report = builder.report
    known_instants = {moment.instant for moment in report.timeline.moments()}
    times = {"first seen": item.first_seen, "last seen": item.last_seen, "valid until": item.valid_until}
    facts: list[tuple[str, object]] = [
        ("comment", item.description),
        *((name, moment.stix()) for name, moment in times.items() if moment and moment.instant not in known_instants),
        ("confidence", item.confidence if item.confidence != report.confidence else None),
        *(("phase", " ".join(phase)) for phase in item.kill_chain_phases),
        ("malware", item.malware),
        *(("reference", pointer.url or pointer.external_id) for pointer in item.references),
    ]
    for name, value in facts:
        if value is not None:
            builder.note_unshown(f"{item.type.value} ({name})", value, f"describes {item.value}, which is no indicator")


def _add_observed_data(builder: Builder, role: str, word: TlpWord | None, scos: list[str]) -> None:
    timeline = builder.report.timeline
    first = timeline.started or timeline.detected or timeline.reported
    last = timeline.ended or first
    start = first.stix() if first else builder.first_import
    end = last.stix() if last and first and last.instant >= first.instant else start
    builder.add(
        "observed-data",
        role,
        word or "",
        tlp_word=word,
        first_observed=start,
        last_observed=end,
        number_observed=1,
        object_refs=scos,
        labels=[f"role:{role.replace('_', '-')}"],
    )


def _add_indicator(builder: Builder, item: Observable, origin: Origin) -> str | None:
    rule = pattern_of(item)
    if rule is None:
        builder.note_unusable(item.type.value, item.value, "no pattern can match it")
        return None
    pattern, pattern_type = rule
    if pattern_type == "stix" and (problem := pattern_problem(pattern)):
        builder.note_unusable(item.type.value, item.value, problem)
        return None
    valid_from, valid_until = validity(item, builder)
    report = builder.report
    kind_name = wording.observable_name(item.type)
    own_types = [line for label in item.labels if (line := _rsit_of(label))]
    kind = own_types[0].name if own_types else wording.incident_kind(report)
    text = wording.indicator_description(
        kind_name,
        f"{kind} ({report.determination})",
        builder.member.name,
        item.malware,
        valid_until,
        wording=builder.record.wording,
    )
    identifier = builder.add(
        "indicator",
        item.type.value,
        item.value,
        tlp_word=item.tlp,
        name=f"{kind_name} {item.value}"[:NAME_CHARS],
        description=f"{item.description} {text}" if item.description else text,
        indicator_types=item.indicator_types or ("malicious-activity",),
        pattern=pattern,
        pattern_type=pattern_type,
        pattern_version="2.1" if pattern_type == "stix" else None,
        valid_from=valid_from,
        valid_until=valid_until,
        kill_chain_phases=[{"kill_chain_name": chain, "phase_name": phase} for chain, phase in _phases(item, builder)],
        labels=item.labels or [f'rsit:{rsit_class}="{rsit_type}"' for rsit_class, rsit_type in report.rsit],
        external_references=[*_package_url(item), *filter(None, map(external_reference, item.references))],
        confidence=item.confidence if item.confidence is not None else report.confidence,
        revoked=item.revoked or None,
    )
    builder.set_origin(identifier, origin)
    return identifier


def _package_url(item: Observable) -> list[dict[str, Any]]:
    """Return the URL of a package (purl) as a reference, because its pattern has only name and version."""
    purl = item.data or ""
    return [{"source_name": "purl", "external_id": purl}] if package_of(purl) else []


def _phases(item: Observable, builder: Builder) -> tuple[tuple[str, str], ...]:
    """Return the kill chain phases of a value, from the report or from the techniques to which a relation leads."""
    if item.kill_chain_phases:
        return item.kill_chain_phases
    names = {
        name
        for kind, name in builder.relation_targets.get(("observable", " ".join(item.key)), ())
        if kind == "technique"
    }
    techniques = [technique for technique in builder.report.techniques if technique.name in names] if names else []
    return tuple(dict.fromkeys(phase for technique in techniques for phase in phases_of(technique)))


def validity(item: Observable, builder: Builder) -> tuple[str, str]:
    """Return `valid_from` and a later `valid_until`: an indicator without an end would be blocked for ever."""
    timeline = builder.report.timeline
    begin = item.valid_from or item.first_seen or timeline.started or timeline.detected or timeline.reported
    start = begin.stix() if begin else builder.first_import
    if item.valid_until is not None:
        end = item.valid_until.stix()
        if parse_timestamp(end) > parse_timestamp(start):
            return start, end
        # The end is right and the start is wrong, so use one day before the end.
        return versions.timestamp(item.valid_until.instant - timedelta(days=1)), end
    last_seen = max((item.last_seen.stix() if item.last_seen else start), start)
    days = timedelta(days=VALID_DAYS.get(item.type, OTHER_DAYS))
    return start, versions.timestamp(datetime.fromisoformat(last_seen) + days)


def phases_of(technique: Technique) -> tuple[tuple[str, str], ...]:
    """Return the phases of a technique in the report, or its tactics in ATT&CK."""
    if technique.kill_chain_phases:
        return technique.kill_chain_phases
    public_technique = public_knowledge.technique(technique.technique_id or "")
    return public_technique.phases if public_technique is not None else ()


def _rsit_of(label: str) -> rsit.RsitType | None:
    return _BY_LABEL.get(label)


_BY_LABEL: Final = {line.label: line for line in rsit.RSIT.values()}


def render_sightings(builder: Builder, ids_by_name: Mapping[tuple[str, str], str]) -> list[str]:
    """Add the sightings of the report; return their ids. `ids_by_name`: ids by (kind of target, its name)."""
    sightings = []
    for item in builder.report.sightings:
        target = ids_by_name.get((item.target_type, item.target)) or _add_target(builder, item)
        if target is None:
            builder.note_unusable(f"sighting of {item.target_type}", item.target, "nothing in the bundle has that name")
            continue
        first_seen, last_seen = _span(item.first_seen, item.last_seen)
        place = (
            class_identity(builder, item.sector, item.country)
            if item.sector or item.country
            else builder.member.identity
        )
        parts = (item.target_type, item.target, item.country or "", item.sector or "", item.detail or "", *item.labels)
        sightings.append(
            builder.add(
                "sighting",
                *parts,
                tlp_word=_word_of(builder, target),
                sighting_of_ref=target,
                count=min(item.count, 999_999_999),
                first_seen=first_seen,
                last_seen=last_seen,
                where_sighted_refs=[place],
                description=f"Seen at: {item.detail}" if item.detail else None,
                labels=item.labels,
                confidence=item.confidence,
            )
        )
    return sightings


def _add_target(builder: Builder, item: Sighting) -> str | None:
    """Add an object with the name of an RSIT type as the target of a sighting without a more exact one; None if unknown."""
    if item.target_type == "malware":
        return builder.add("malware", item.target, name=item.target, is_family=True)
    rsit_class, _, rsit_type = item.target.partition("/")
    line = rsit.RSIT.get((rsit_class, rsit_type))
    if item.target_type == "observable":
        # The value is held or no indicator, but the number of sightings is still useful.
        line = next((own_type for label in item.labels if (own_type := _rsit_of(label))), None)
    if line is None:
        return None
    rsit_class, rsit_type = line.rsit_class, line.type
    if rsit_class == "vulnerable":
        return builder.add_common("vulnerability", name=line.name, labels=[line.label])
    if rsit_type == "infected-system":
        return builder.add_common(
            "malware", name=wording.unspecified_malware(builder.record.wording), is_family=True, labels=[line.label]
        )
    return builder.add_common("attack-pattern", name=line.name, labels=[line.label])


def _word_of(builder: Builder, target: str) -> TlpWord | None:
    """Return the level of the target: a sighting is not marked lower than what was seen."""
    draft = builder.drafts.get(target) or builder.common_objects.get(target)
    level = tlp.level(draft) if draft else None
    return level.word if level is not None else None  # type: ignore[return-value]  # the words of TLP are TlpWord's


def _span(first: Moment | None, last: Moment | None) -> tuple[str | None, str | None]:
    if first is None or last is None or last.instant >= first.instant:
        return (first.stix() if first else None), (last.stix() if last else None)
    return last.stix(), first.stix()


def class_identity(builder: Builder, sector: str | None, country: str | None) -> str:
    """Add an identity for the organisations of a sector in a country, which all reports of this CERT share."""
    identifier = builder.add_common(
        "identity",
        name=wording.class_name(sector, country),
        identity_class="class",
        sectors=[sector] if sector else None,
    )
    builder.classes[identifier] = (sector, country)
    return identifier
