"""Incident Core: one form is written, all that circulate are read, and what no version allows is refused."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

from hub.stix import incident
from hub.stix.schema import faults
from tests.stix.building import Content
from tests.stix.specimens import specimen

UUID = "4a86a22c-a5fa-47b9-8b4a-3a4ef1d1a9b1"


def incident_with(**values: Any) -> Content:
    content = specimen("incident")
    content["extensions"][incident.INCIDENT_CORE] |= values
    return content


def impact_with(extensions: dict[str, Any], **values: Any) -> Content:
    content = specimen("impact") | values
    return content | {"extensions": {incident.IMPACT: {"extension_type": "new-sdo"}, **extensions}}


@pytest.mark.parametrize(
    "values",
    [
        {"events": [{"event_ref": f"event--{UUID}", "next_steps": [], "sequence_start": True}]},
        {"tasks": [{"task_ref": f"task--{UUID}"}]},
        {"activities": [{"event_ref": f"event--{UUID}", "sequence_start": 0, "sequence_end": 1}]},
        {"impacted_entity_counts": {"entity_type": "system", "count": 4, "precise_within": 1}},
        {"impacted_entity_counts": [{"entity_type": "system", "count": 4}]},
        {"impacted_entity_counts": {"x_own-kind": 0}},
        {"determination": "successful-attempt"},
        {"investigation_status": "an open vocabulary"},
        {"incident_types": ["c&c-server-hosting"]},
    ],
)
def test_incidents_of_every_published_version_are_read(values: dict[str, Any]) -> None:
    """2023 to 2026: activities, then events and tasks, then references; counts in three shapes."""
    assert faults(incident_with(**values)) == ()


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"determination": "maybe"}, "determination"),
        ({"criticality": 101}, "criticality"),
        ({"criticality": "high"}, "criticality"),
        ({"recoverability": "soon"}, "recoverability"),
        ({"event_refs": []}, "event_refs"),
        ({"event_refs": [f"task--{UUID}"]}, "event_refs.[0]"),
        ({"impacted_entity_counts": {"system": -1}}, "impacted_entity_counts"),
        ({"activities": []}, "activities"),
        ({"scores": [{"name": "no value"}]}, "scores.[0]"),
        ({"extension_type": "new-sdo"}, "extension_type"),
        ({"criticallity": 5}, ""),
    ],
)
def test_what_no_version_allows_is_refused_with_its_place(values: dict[str, Any], place: str) -> None:
    """Closed enumerations, ranges, references and misspelt names."""
    path = f"extensions.{incident.INCIDENT_CORE}.{place}".removesuffix(".")
    assert path in {fault.path for fault in faults(incident_with(**values))}


def test_an_incident_says_how_sure_it_is() -> None:
    """How sure, and how far the investigation is, are required; an incident without the extension is plain STIX."""
    for name in ("determination", "investigation_status", "extension_type"):
        content = specimen("incident")
        del content["extensions"][incident.INCIDENT_CORE][name]
        assert any(name in fault.message for fault in faults(content))
    plain = specimen("incident")
    del plain["extensions"]
    assert faults(plain) == ()


@pytest.mark.parametrize(
    ("extensions", "values"),
    [
        ({"availability-ext": {"availability_impact": 5}}, {"impact_category": "availability"}),
        ({"availability": {"availability_impact": 5}}, {"impact_category": "availability-ext"}),
        ({"economic-ext": {"variety": "ransom-demand"}}, {"impact_category": "monetary"}),
        ({"monetary": {"variety": "ransom-demand"}}, {"impact_category": "economic"}),
        (
            {"monetary-ext": {"variety": "x", "currency": "IDR", "min_amount": 0, "max_amount": 1}},
            {"impact_category": "monetary"},
        ),
        ({"integrity-ext": {"alteration": "none"}}, {"impact_category": "integrity"}),
    ],
)
def test_impacts_of_every_published_version_are_read(extensions: dict[str, Any], values: dict[str, Any]) -> None:
    """Keys and categories with and without -ext; monetary before it became economic."""
    assert faults(impact_with(extensions, **values)) == ()


@pytest.mark.parametrize(
    ("extensions", "values"),
    [
        ({}, {}),
        ({"availability-ext": {"availability_impact": 101}}, {}),
        ({"availability": {"availability_impact": 101}}, {}),
        ({"physical-ext": {"impact_type": "destruction"}}, {"impact_category": "physical"}),
        ({"economic-ext": {"variety": "x", "min_amount": 5}}, {"impact_category": "economic"}),
        (
            {"economic-ext": {"variety": "x", "currency": "IDR", "min_amount": 5, "max_amount": 1}},
            {"impact_category": "economic"},
        ),
        ({"availability-ext": {"availability_impact": 5}}, {"superseded_by_ref": f"impact--{UUID}"}),
        ({"availability-ext": {"availability_impact": 5}}, {"start_time": "2026-02-30T00:00:00Z"}),
        (
            {"availability-ext": {"availability_impact": 5}},
            {"start_time": "2026-03-02T00:00:00Z", "end_time": "2026-03-01T00:00:00Z"},
        ),
        ({"availability-ext": {"availability_impact": 5}}, {"external_references": [{"source_name": "alone"}]}),
    ],
)
def test_impossible_impacts_are_refused(extensions: dict[str, Any], values: dict[str, Any]) -> None:
    """The part that matches the category is there, within its range; times and amounts are in order."""
    assert faults(impact_with(extensions, **values))


@pytest.mark.parametrize(
    ("object_type", "name"), [("event", "status"), ("task", "outcome"), ("impact", "impact_category")]
)
def test_event_task_and_impact_need_what_they_are_about(object_type: str, name: str) -> None:
    """And their enumerations are closed, but they may carry custom properties as any object may."""
    content = specimen(object_type)
    assert faults(content | {"x_own": 1}) == ()
    assert faults(content | {"spec_version": "2.0"})
    assert faults({key: value for key, value in content.items() if key != "created"})
    if object_type != "impact":
        assert faults(content | {name: "bogus"})
    del content[name]
    assert any(name in fault.message for fault in faults(content))


def test_an_event_of_another_tool_is_a_custom_object() -> None:
    """Other platforms have types of the same names under extensions of their own."""
    foreign_type = specimen("event") | {"extensions": {f"extension-definition--{UUID}": {"extension_type": "new-sdo"}}}
    del foreign_type["status"]
    assert faults(foreign_type) == ()


def test_the_vocabularies_in_the_code_are_those_of_the_schemas() -> None:
    """Producers use the constants, the hub checks with the schemas: they must agree."""

    def enumeration(schema: str, name: str) -> list[str]:
        text = resources.files("hub.stix").joinpath("schemas", f"{schema}.schema.json").read_text("utf-8")
        values: list[str] = json.loads(text)["properties"][name]["enum"]
        return values

    assert [*incident.DETERMINATIONS] == enumeration("incident-core-ext", "determination")
    assert [*incident.RECOVERABILITIES] == enumeration("incident-core-ext", "recoverability")
    assert [*incident.EVENT_STATUSES] == enumeration("event", "status")
    assert [*incident.TASK_OUTCOMES] == enumeration("task", "outcome")
    assert [*incident.TIMESTAMP_FIDELITIES] == enumeration("event", "start_time_fidelity")
