"""Observables and sightings of a report, as indicators, SCOs, observed-data and sightings."""

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

# For how long an indicator is believed where the report does not say, in days: addresses change hands in weeks.
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


def render_observables(builder: Builder, known: links.KnowledgeIds) -> dict[str, str]:
    """Add what was observed; `known` has the ids of the malware, techniques and so on that the report names.

    Returns the ids of indicators by "type value", which is how sightings name them.
    """
    shown = links.RenderedObservables()
    groups: dict[tuple[str, TlpWord | None], list[str]] = {}
    # (1) each observable's SCO, in the group of its role; (2) its indicator
    for item in builder.report.observables:
        origin = Origin(item.role, item.hold_reason, item)
        sco = render_sco(builder, item, origin)
        if sco is not None:
            word = item.tlp if item.tlp and tlp.BY_WORD[item.tlp] > builder.level else None
            groups.setdefault(("held" if item.hold_reason else item.role.value, word), []).append(sco)
            shown.observables[" ".join(item.key)] = sco
        if item.as_indicator and item.hold_reason is None:
            indicator = _indicator(builder, item, origin)
            if indicator is not None:
                shown.indicators[" ".join(item.key)] = indicator
        if " ".join(item.key) not in shown.indicators and builder.report.kind is not ReportKind.FEED:
            _note_unshown(builder, item)
    # (3) what is known of the victim's own addresses and names, at the CERT only
    for sco in render_victim_values(builder):
        groups.setdefault((Role.VICTIM.value, None), []).append(sco)
    # (4) the observation of each group
    for (role, word), scos in groups.items():
        _observed_data(builder, role, word, list(dict.fromkeys(scos)))
    # (5) what it points to, and how it is related
    links.link_indicators(builder, known, shown)
    links.add_relations(builder, known, shown)
    return shown.indicators


def _note_unshown(builder: Builder, item: Observable) -> None:
    """Name what the report says of a value that is no indicator, and so is shown by the value alone.

    Left out is what the incident itself says: its times, its confidence. In a feed sightings say it.
    """
    report = builder.report
    known_instants = {moment.instant for moment in report.timeline.moments()}
    times = {"first seen": item.first_seen, "last seen": item.last_seen, "valid until": item.valid_until}
    facts: list[tuple[str, object]] = [
        ("comment", item.description),
        *((what, moment.stix()) for what, moment in times.items() if moment and moment.instant not in known_instants),
        ("confidence", item.confidence if item.confidence != report.confidence else None),
        *(("phase", " ".join(phase)) for phase in item.kill_chain_phases),
        ("malware", item.malware),
        *(("reference", pointer.url or pointer.external_id) for pointer in item.references),
    ]
    for what, value in facts:
        if value is not None:
            builder.note_unshown(
                f"{item.type.value} ({what})", value, f"is said of {item.value}, which is no indicator"
            )


def _observed_data(builder: Builder, role: str, word: TlpWord | None, scos: list[str]) -> None:
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


def _indicator(builder: Builder, item: Observable, origin: Origin) -> str | None:
    rule = pattern_of(item)
    if rule is None:
        builder.note_unusable(item.type.value, item.value, "nothing in it can be matched")
        return None
    pattern, pattern_type = rule
    if pattern_type == "stix" and (problem := pattern_problem(pattern)):
        builder.note_unusable(item.type.value, item.value, problem)
        return None
    valid_from, valid_until = validity(item, builder)
    report = builder.report
    kind_name = wording.observable_name(item.type)
    own = [line for label in item.labels if (line := _rsit_of(label))]
    kind = own[0].name if own else wording.incident_kind(report)
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
    """A package's URL (purl), of which a pattern holds name and version only."""
    purl = item.data or ""
    return [{"source_name": "purl", "external_id": purl}] if package_of(purl) else []


def _phases(item: Observable, builder: Builder) -> tuple[tuple[str, str], ...]:
    """The phases of the kill chain that the report gives a value, by themselves or by the technique that it ties to it."""
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
    """`valid_from` and `valid_until`, the second always later: an indicator without an end is blocked for ever."""
    timeline = builder.report.timeline
    begins = item.valid_from or item.first_seen or timeline.started or timeline.detected or timeline.reported
    start = begins.stix() if begins else builder.first_import
    if item.valid_until is not None:
        end = item.valid_until.stix()
        if parse_timestamp(end) > parse_timestamp(start):
            return start, end
        # Its end stands, and what began after it is the odd one: it was valid up to there.
        return versions.timestamp(item.valid_until.instant - timedelta(days=1)), end
    last = max((item.last_seen.stix() if item.last_seen else start), start)
    days = timedelta(days=VALID_DAYS.get(item.type, OTHER_DAYS))
    return start, versions.timestamp(datetime.fromisoformat(last) + days)


def phases_of(technique: Technique) -> tuple[tuple[str, str], ...]:
    """The phases that the report gives a technique, else its tactics in ATT&CK."""
    if technique.kill_chain_phases:
        return technique.kill_chain_phases
    listed = public_knowledge.technique(technique.technique_id or "")
    return listed.phases if listed is not None else ()


def _rsit_of(label: str) -> rsit.RsitType | None:
    return _BY_LABEL.get(label)


_BY_LABEL: Final = {line.label: line for line in rsit.RSIT.values()}


def render_sightings(builder: Builder, known: Mapping[tuple[str, str], str]) -> list[str]:
    """Add the report's sightings. `known`: ids by (kind of target, its name). Returns ids; the rest is in the table."""
    sightings = []
    for item in builder.report.sightings:
        target = known.get((item.target_type, item.target)) or _classified(builder, item)
        if target is None:
            builder.note_unusable(f"sighting of {item.target_type}", item.target, "nothing in the bundle has that name")
            continue
        first, last = _span(item.first_seen, item.last_seen)
        where = (
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
                first_seen=first,
                last_seen=last,
                where_sighted_refs=[where],
                description=f"Seen at: {item.detail}" if item.detail else None,
                labels=item.labels,
                confidence=item.confidence,
            )
        )
    return sightings


def _classified(builder: Builder, item: Sighting) -> str | None:
    """What stands for an RSIT type where nothing more exact is known: its own name as STIX's nearest object."""
    if item.target_type == "malware":
        return builder.add("malware", item.target, name=item.target, is_family=True)
    rsit_class, _, rsit_type = item.target.partition("/")
    line = rsit.RSIT.get((rsit_class, rsit_type))
    if item.target_type == "observable":
        # What was seen is held or was no indicator: that it was seen, and how often, is still worth telling.
        line = next((known for label in item.labels if (known := _rsit_of(label))), None)
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
    """A sighting is not marked lower than what was seen."""
    draft = builder.drafts.get(target) or builder.common_objects.get(target)
    level = tlp.level(draft) if draft else None
    return level.word if level is not None else None  # type: ignore[return-value]  # the words of TLP are TlpWord's


def _span(first: Moment | None, last: Moment | None) -> tuple[str | None, str | None]:
    if first is None or last is None or last.instant >= first.instant:
        return (first.stix() if first else None), (last.stix() if last else None)
    return last.stix(), first.stix()


def class_identity(builder: Builder, sector: str | None, country: str | None) -> str:
    """The organisations of a sector in a country, as one identity that all reports of this CERT share."""
    identifier = builder.add_common(
        "identity",
        name=wording.class_name(sector, country),
        identity_class="class",
        sectors=[sector] if sector else None,
    )
    builder.classes[identifier] = (sector, country)
    return identifier
