"""Render a report as STIX 2.1 with everything in it: nothing is protected yet.

The result stays at the CERT. The release step (`hub/release`) makes what leaves the country from it.

    rendered = render(report, member, record=record, now=now)
    rendered.bundle().serialize()

1. Public knowledge: malware, techniques, vulnerabilities, actors.
2. Observables, indicators and sightings.
3. For a case: the incident with its events, impacts and tasks, the victims, places, notes.
4. The container, for tools that do not know incidents: a report, or for a feed a grouping.
5. Versions: equal content keeps its times, changed content gets new ones, missing objects are revoked.
6. The check of each object, with the same rules as at the hub.

Rendering is repeatable: the same report, key and record give the same bytes at any time.
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
    """The result of rendering one report.

    `contents` are plain JSON values that are valid STIX 2.1: definitions and the identity of the CERT first. `objects` are
    the same as stix2 objects, which are built on demand, because each takes a quarter of a millisecond. `record` must be
    saved for the next import. `origins` has the role of each SCO and indicator, `classes` and `victims` the meaning of
    identities, and `problems` the parts of the report that could not become STIX.
    """

    contents: tuple[Content, ...]
    record: VersionRecord = field(repr=False)
    origins: Mapping[str, Origin] = field(repr=False)
    classes: Mapping[str, tuple[str | None, str | None]] = field(repr=False)  # identity of a class -> sector, country
    victims: Mapping[str, int] = field(repr=False)  # identity -> index in the victims of the report
    problems: tuple[Unused, ...] = ()

    @property
    def objects(self) -> tuple[Any, ...]:
        """Return the stix2 objects, in the order of `contents`."""
        return tuple(stix_classes.build(content) for content in self.contents)

    def bundle(self) -> Any:
        """Return a stix2 Bundle of all objects. Its id is derived from theirs, so equal bundles have equal bytes."""
        return bundle_of(self.contents)


def bundle_of(contents: tuple[Content, ...]) -> Any:
    """Return a stix2 Bundle (STIX 2.1, 8); its id is derived from the ids and versions of its objects."""
    from uuid import NAMESPACE_URL, UUID, uuid5  # noqa: PLC0415 - beside the only line that needs it

    text = "\n".join(f"{content['id']} {content.get('modified', '')}" for content in contents)
    shaped = UUID(bytes=uuid5(NAMESPACE_URL, text).bytes, version=4)
    return stix2.v21.Bundle(
        [stix_classes.build(content) for content in contents], id=f"bundle--{shaped}", allow_custom=False
    )


def render(
    report: Report, member: OwnMember, *, record: VersionRecord | None = None, now: datetime, exercise: bool = False
) -> Rendered:
    """Render a report as STIX. `record` comes from earlier imports (None at the first); `now` has a zone.

    `exercise` labels every object `exercise`: drills require the label, and live collections refuse it. Raises
    ProducerError with the id of an object that would be invalid.
    """
    record = record or VersionRecord()
    report = replace(report, observables=(*report.observables, *poisoned_packages(report)))
    builder = Builder(report, member, record, now, exercise=exercise)
    # (1) public knowledge
    knowledge_ids = render_knowledge(builder)
    # (2) observables and sightings
    indicators = render_observables(builder, knowledge_ids)
    refs = {**knowledge_ids, **{("observable", key): ref for key, ref in indicators.items()}}
    render_sightings(builder, refs)
    # (3) the incident
    if report.kind is ReportKind.CASE:
        render_incident(builder, knowledge_ids)
    # (4) the container
    if report.kind is not ReportKind.FEED:
        _add_report(builder)
    elif _needs_grouping(builder):
        _add_grouping(builder)
    # (5) versions
    own_contents, own_versions = versions.settle([_own_identity(member)], record.own, builder.now, created=COMMON_TIME)
    versioned_contents, report_versions = versions.settle(builder.drafts.values(), record.objects, builder.now)
    contents = (
        *_definitions(builder),
        *own_contents,
        *builder.common_objects.values(),
        *builder.scos.values(),
        *versioned_contents,
    )
    # (6) the last check
    for content in contents:
        _check(content)
    return Rendered(
        contents=contents,
        record=VersionRecord(report_versions, own_versions, builder.first_import, record.wording),
        origins=builder.origins,
        classes=builder.classes,
        victims=builder.victims,
        problems=tuple(builder.problems),
    )


def _own_identity(member: OwnMember) -> Content:
    """Return the identity of the CERT with its duty mailbox. It is the same everywhere: one id and version has one content."""
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
    """Whether a feed has objects to group, and was first rendered with the wording that has groupings."""
    return builder.record.wording >= wording.TOOL_WORDING and bool(builder.drafts or builder.scos)


def _add_grouping(builder: Builder) -> None:
    """Add the grouping with all objects of a feed, so that importers make one event of the feed."""
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
    # The id of an SCO reveals its value, so an SCO with a stricter level than the container is left out.
    refs += [ref for ref, content in builder.scos.items() if (tlp.level(content) or 0) <= builder.level]
    return [builder.member.identity, *refs]


def _add_report(builder: Builder) -> None:
    """Add the report object that refers to all others. Its id and `published` stay the same in all stages."""
    report = builder.report
    identifier = builder.identifier("report", CONTAINER)
    earlier = builder.record.objects.get(identifier)
    criticality = report.severity.criticality if report.severity else None
    status_text = wording.status_text(report, criticality)
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
        name=f"{kind}: {report.title} [{status_text}]",
        description=f"{kind} ({status_text}), reported by {builder.member.name}. {report.description or ''}".strip(),
        lang=report.language,
        report_types=["threat-report" if report.kind is ReportKind.CASE else "indicator"],
        published=earlier.content["published"] if earlier else versions.shorten(builder.now),
        object_refs=_container_refs(builder),
        labels=list(dict.fromkeys(labels)),
        confidence=report.confidence,
        external_references=references,
    )


def _check(content: Content) -> None:
    if problems := faults(content):
        fault_text = "; ".join(f"{fault.path or 'as a whole'} {fault.message}" for fault in problems)
        raise ProducerError(f"{content['id']} of this report would be invalid STIX: {fault_text}")


__all__ = ["COMMON_TIME", "Rendered", "Version", "bundle_of", "render"]
