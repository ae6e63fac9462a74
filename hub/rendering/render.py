"""A report becomes STIX 2.1, as it stands at the CERT: everything in it, nothing protected yet.

What leaves the country is made of this by the release step (`hub/release`), never sent as it is.

    rendered = render(report, member, record=record, now=now)
    rendered.bundle().serialize()

1. Public knowledge: malware, techniques, vulnerabilities, actors.
2. What was observed, with indicators; sightings.
3. A case: the incident with its events, impacts and tasks, the victim, places, notes.
4. The container, which tools keep that know nothing of incidents: a report; of a feed, a grouping.
5. Versions: equal content keeps its times, changed content gets new ones, what is gone is revoked.
6. Each object is checked as the hub's door will check it.

Rendering is repeatable: the same report, key and record give the same bytes, whatever the clock says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import stix2

from hub.errors import ProducerError
from hub.home.member import OwnMember
from hub.rendering import stix_classes, versions, wording
from hub.rendering.builder import Builder, Origin
from hub.rendering.incident import labels_of, render_incident, render_knowledge
from hub.rendering.indicators import render_observables, render_sightings
from hub.rendering.methods import poisoned_packages
from hub.rendering.pointers import external_reference
from hub.rendering.versions import COMMON_TIME, Content, Version, VersionRecord
from hub.reports.losses import Unused
from hub.reports.report import Report, ReportKind
from hub.stix import tlp
from hub.stix.identifiers import INCIDENT_CORE_TYPES, META_TYPES
from hub.stix.schema import faults

_NOT_IN_REPORT: Final = INCIDENT_CORE_TYPES | META_TYPES | {"report"}
CONTAINER: Final = "the container"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What became of one report.

    `contents` are plain JSON values, definitions and the CERT's identity first, each of them valid STIX 2.1 as the hub
    checks it. `objects` are stix2's objects of the same, equal in content, made when they are asked for: a quarter of
    a millisecond each, which a feed of millions would feel. `record` is to be kept for the next import, `origins` says whose each SCO and indicator
    is, `classes` and `victims` whom identities stand for, and `problems` what in the report could not become STIX.
    """

    contents: tuple[Content, ...]
    record: VersionRecord = field(repr=False)
    origins: Mapping[str, Origin] = field(repr=False)
    classes: Mapping[str, tuple[str | None, str | None]] = field(repr=False)  # class identity -> sector, country
    victims: Mapping[str, int] = field(repr=False)  # identity -> which of the report's victims
    problems: tuple[Unused, ...] = ()

    @property
    def objects(self) -> tuple[Any, ...]:
        """The stix2 objects, in the order of `contents`."""
        return tuple(stix_classes.build(content) for content in self.contents)

    def bundle(self) -> Any:
        """A stix2 Bundle of all objects; its id follows from theirs, so that equal bundles are equal to the byte."""
        return bundle_of(self.contents)


def bundle_of(contents: tuple[Content, ...]) -> Any:
    """A stix2 Bundle (STIX 2.1, 8) whose id is made of the ids and versions in it."""
    from uuid import NAMESPACE_URL, UUID, uuid5  # noqa: PLC0415 - beside the one line that needs it

    text = "\n".join(f"{content['id']} {content.get('modified', '')}" for content in contents)
    shaped = UUID(bytes=uuid5(NAMESPACE_URL, text).bytes, version=4)
    return stix2.v21.Bundle(
        [stix_classes.build(content) for content in contents], id=f"bundle--{shaped}", allow_custom=False
    )


def render(
    report: Report, member: OwnMember, *, record: VersionRecord | None = None, now: datetime, exercise: bool = False
) -> Rendered:
    """Make STIX of a report. `record` is what earlier imports of it left (none: the first); `now` has a zone.

    `exercise` labels every object `exercise`, as drills demand and live collections refuse. ProducerError where an
    object cannot be made, which names it.
    """
    record = record or VersionRecord()
    report = replace(report, observables=(*report.observables, *poisoned_packages(report)))
    builder = Builder(report, member, record, now, exercise=exercise)
    # (1) public knowledge
    known = render_knowledge(builder)
    # (2) what was observed
    indicators = render_observables(builder, known)
    refs = {**known, **{("observable", key): ref for key, ref in indicators.items()}}
    render_sightings(builder, refs)
    # (3) the incident
    if report.kind is ReportKind.CASE:
        render_incident(builder, known)
    # (4) the container
    if report.kind is not ReportKind.FEED:
        _container(builder)
    elif _needs_grouping(builder):
        _grouping(builder)
    # (5) versions
    own, own_versions = versions.settle([_own_identity(member)], record.own, builder.now, created=COMMON_TIME)
    settled, settled_versions = versions.settle(builder.drafts.values(), record.objects, builder.now)
    contents = (
        *_definitions(builder),
        *own,
        *builder.common_objects.values(),
        *builder.scos.values(),
        *settled,
    )
    # (6) the last check
    for content in contents:
        _check(content)
    return Rendered(
        contents=contents,
        record=VersionRecord(settled_versions, own_versions, builder.first_import, record.wording),
        origins=builder.origins,
        classes=builder.classes,
        victims=builder.victims,
        problems=tuple(builder.problems),
    )


def _own_identity(member: OwnMember) -> Content:
    """The CERT's identity with its duty mailbox, equal everywhere: two contents under one id and version would break readers."""
    content: Content = {
        "type": "identity",
        "spec_version": "2.1",
        "id": member.identity,
        "name": member.name,
        "identity_class": "organization",
        "sectors": ["government-national"],
        **({"contact_information": member.contact} if member.contact else {}),
        "object_marking_refs": [tlp.TLP2_IDS[tlp.TLP.CLEAR]],
    }
    return content


def _definitions(builder: Builder) -> list[Content]:
    levels = {tlp.TLP.CLEAR, builder.level}
    for content in (*builder.drafts.values(), *builder.scos.values()):
        level = tlp.level(content)
        levels |= {level} if level is not None else set()
    return [tlp.tlp2_definition(level) for level in sorted(levels)]


def _needs_grouping(builder: Builder) -> bool:
    """Whether a feed was first rendered after feeds had groupings, and there is something to group."""
    return builder.record.wording >= wording.KNOWN_BY_TOOLS and bool(builder.drafts or builder.scos)


def _grouping(builder: Builder) -> None:
    """The grouping that names all of a feed: importers that make an event of each container make one of it."""
    builder.add(
        "grouping",
        CONTAINER,
        name=f"Indicator report: {wording.incident_kind(builder.report)}",
        context="suspicious-activity",
        object_refs=_container_refs(builder),
        labels=labels_of(builder),
        external_references=[pointer for item in builder.report.references if (pointer := external_reference(item))],
    )


def _container_refs(builder: Builder) -> list[str]:
    refs = [
        content["id"]
        for content in (*builder.common_objects.values(), *builder.drafts.values())
        if content["type"] not in _NOT_IN_REPORT
    ]
    # Naming an SCO is knowing its value: one that is marked higher than the container is not named in it.
    refs += [ref for ref, content in builder.scos.items() if (tlp.level(content) or 0) <= builder.level]
    return [builder.member.identity, *refs]


def _container(builder: Builder) -> None:
    """The report that names all else. Its id and `published` stay through all stages."""
    report = builder.report
    identifier = builder.identifier("report", CONTAINER)
    before = builder.record.objects.get(identifier)
    criticality = report.severity.criticality if report.severity else None
    standing_text = wording.status_text(report, criticality)
    kind = wording.incident_kind(report)
    labels = labels_of(builder)
    if report.kind is ReportKind.CASE:
        labels += [wording.report_stage(report).label, f"determination:{report.determination.value}"]
        labels += [f"criticality:{criticality}"] if criticality is not None else []
    labels += [f"type:{word}" for word in report.incident_types]
    references = [pointer for item in report.references if (pointer := external_reference(item))]
    builder.add(
        "report",
        CONTAINER,
        name=f"{kind}: {report.title} [{standing_text}]",
        description=f"{kind} ({standing_text}), reported by {builder.member.name}. {report.description or ''}".strip(),
        lang=report.language,
        report_types=["threat-report" if report.kind is ReportKind.CASE else "indicator"],
        published=before.content["published"] if before else versions.shorten(builder.now),
        object_refs=_container_refs(builder),
        labels=list(dict.fromkeys(labels)),
        confidence=report.confidence,
        external_references=references,
    )


def _check(content: Content) -> None:
    if problems := faults(content):
        fault_text = "; ".join(f"{fault.path or 'as a whole'} {fault.message}" for fault in problems)
        raise ProducerError(f"{content['id']} cannot be made of this report: {fault_text}")


__all__ = ["COMMON_TIME", "Rendered", "Version", "bundle_of", "render"]
