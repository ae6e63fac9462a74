"""Render the events, impacts and tasks of an incident (Incident Core)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from hub.rendering import wording
from hub.rendering.builder import Builder
from hub.reports.impacts import (
    AvailabilityImpact,
    ConfidentialityImpact,
    EconomicImpact,
    Impact,
    IntegrityImpact,
    PhysicalImpact,
)
from hub.reports.moments import Moment
from hub.reports.report import Determination, ReportStatus
from hub.stix import incident
from hub.stix.vocabularies import ROOT_CAUSES


def _span(start: Moment | None, end: Moment | None) -> dict[str, Any]:
    """Return the properties for times with their fidelity; an end before the start is left out."""
    if start and end and end.instant < start.instant:
        end = None
    properties: dict[str, Any] = {}
    for name, moment in (("start", start), ("end", end)):
        if moment:
            properties |= {f"{name}_time": moment.stix(), f"{name}_time_fidelity": moment.fidelity.value}
    return properties


def _new_sdo(extension: str) -> dict[str, Any]:
    return {extension: {"extension_type": "new-sdo"}}


def _status(builder: Builder) -> str:
    report = builder.report
    if report.determination in {Determination.FALSE_POSITIVE, Determination.BLOCKED, Determination.FAILED_ATTEMPT}:
        return "not-occurred"
    if report.timeline.ended or report.status is ReportStatus.CLOSED or report.determination is Determination.CONFIRMED:
        return "occurred"
    return "undetermined"


def render_events(builder: Builder) -> list[str]:
    """Add the events; return their ids, the main event first."""
    report, timeline = builder.report, builder.report.timeline
    types = [*report.incident_types, *ROOT_CAUSES.get(report.root_cause or "", ())]
    extensions = _new_sdo(incident.EVENT)
    # The later event is added first, because the main event refers to it.
    later_events: list[str] = []
    if timeline.exfiltrated:
        later_events.append(
            builder.add(
                "event",
                "exfiltration",
                name="Data exfiltration",
                event_types=["data-exfiltration"],
                status="occurred",
                extensions=extensions,
                **_span(timeline.exfiltrated, None),
            )
        )
    main = builder.add(
        "event",
        "main",
        name=wording.incident_kind(report),
        event_types=list(dict.fromkeys(types)),
        status=_status(builder),
        next_event_refs=later_events,
        extensions=extensions,
        **_span(timeline.started, timeline.ended),
    )
    other_events = [
        builder.add(
            "event",
            "other",
            str(number),
            name=item.name,
            description=item.description,
            event_types=item.event_types,
            status=item.status,
            extensions=extensions,
            **_span(item.start, item.end),
        )
        for number, item in enumerate(report.events)
    ]
    return [main, *later_events, *other_events]


def render_tasks(builder: Builder) -> list[str]:
    """Add the tasks; return their ids."""
    timeline = builder.report.timeline
    extensions = _new_sdo(incident.TASK)
    tasks = [
        builder.add(
            "task",
            kind,
            name=wording.task_name([kind]),
            task_types=[kind],
            outcome="successful",
            extensions=extensions,
            **_span(moment, None),
        )
        for kind, moment in (
            ("detected", timeline.detected),
            ("reported", timeline.reported),
            ("containment", timeline.contained),
            ("recovery", timeline.resolved),
        )
        if moment
    ]
    tasks += [
        builder.add(
            "task",
            "other",
            str(number),
            name=item.name,
            description=item.description,
            task_types=item.task_types,
            outcome=item.outcome,
            extensions=extensions,
            **_span(item.start, item.end),
        )
        for number, item in enumerate(builder.report.tasks)
    ]
    return tasks


def _availability(item: Impact) -> tuple[str, dict[str, Any]]:
    assert isinstance(item, AvailabilityImpact)
    return "availability", {"availability_impact": item.level}


def _confidentiality(item: Impact) -> tuple[str, dict[str, Any]]:
    assert isinstance(item, ConfidentialityImpact)
    kind = item.information_type or (None if item.loss_type == "none" else "unknown")
    return "confidentiality", {
        "loss_type": item.loss_type,
        "information_type": kind,
        "record_count": item.record_count,
    }


def _integrity(item: Impact) -> tuple[str, dict[str, Any]]:
    assert isinstance(item, IntegrityImpact)
    kind = item.information_type or (None if item.alteration == "none" else "unknown")
    return "integrity", {
        "alteration": item.alteration,
        "information_type": kind,
        "record_count": item.record_count,
    }


def _economic(item: Impact) -> tuple[str, dict[str, Any]]:
    assert isinstance(item, EconomicImpact)
    amounts: dict[str, Any] = {}
    if item.currency and item.min_amount is not None and item.max_amount and item.max_amount >= item.min_amount:
        amounts = {"currency": item.currency, "min_amount": item.min_amount, "max_amount": item.max_amount}
    return "economic", {"variety": item.variety, **amounts}


def _physical(item: Impact) -> tuple[str, dict[str, Any]]:
    assert isinstance(item, PhysicalImpact)
    kind = item.asset_type or (None if item.impact_type == "none" else "unknown")
    return "physical", {"impact_type": item.impact_type, "asset_type": kind}


_CATEGORIES: Final[Mapping[type[Impact], Callable[[Impact], tuple[str, dict[str, Any]]]]] = {
    AvailabilityImpact: _availability,
    ConfidentialityImpact: _confidentiality,
    IntegrityImpact: _integrity,
    EconomicImpact: _economic,
    PhysicalImpact: _physical,
}


def render_impacts(builder: Builder, victims: list[str]) -> list[str]:
    """Add the impacts on the victims with these ids; return the ids of the impacts."""
    impacts = []
    for number, item in enumerate(builder.report.impacts):
        category, values = _CATEGORIES[type(item)](item)
        counts = dict(item.entity_counts)
        if number == 0:
            counts = {**builder.report.affected_counts, **counts}
        extensions = _new_sdo(incident.IMPACT)
        extensions[f"{category}-ext"] = {name: value for name, value in values.items() if value is not None}
        impacts.append(
            builder.add(
                "impact",
                str(number),
                impact_category=category,
                criticality=item.criticality,
                description=item.description,
                impacted_entity_counts=counts,
                impacted_refs=victims,
                recoverability=item.recoverability,
                extensions=extensions,
                **_span(item.start, item.end),
            )
        )
    return impacts
