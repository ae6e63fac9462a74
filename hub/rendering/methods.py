"""Render entry vectors, floods, software, mitigations, fixes and places of detection: closed words and checked forms.

Objects that contain only closed words leave without a decision of an officer. Names of software are searched first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hub.rendering.builder import Builder, Origin
from hub.rendering.observables import render_sco
from hub.rendering.wording import detection_name, entry_vector_name, fix_name, flood_name
from hub.reports.knowledge import Software
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.report import Report

_ENTRY: Final = [{"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}]
_FLOODING: Final = [{"kill_chain_name": "mitre-attack", "phase_name": "impact"}]
_SUPPLY_CHAIN_COMPROMISE: Final = "T1195"  # in ATT&CK
_EVIDENCE: Final = "the column packages: a public package or product"

RATES: Final = {
    "bits_per_second": "bits per second",
    "packets_per_second": "packets per second",
    "requests_per_second": "requests per second",
    "seconds": "seconds of flooding",
}
"""Fields of `Flood` -> their names among the scores of the incident."""


def software_name(item: Software) -> str:
    """Return name and version: `colour-strings-x 4.2.1`."""
    return f"{item.name} {item.version}" if item.version else item.name


def software_references(item: Software) -> list[dict[str, Any]]:
    """Return references with the package URL and CPE, which identify the software exactly."""
    numbers = (("purl", item.purl), ("cpe", item.cpe))
    return [{"source_name": name, "external_id": number} for name, number in numbers if number]


def poisoned_packages(report: Report) -> Iterator[Observable]:
    """Yield the packages to find and remove, if the techniques of the report include a supply chain compromise."""
    numbers = {str(item.technique_id).partition(".")[0] for item in report.techniques if item.technique_id}
    for item in report.software if _SUPPLY_CHAIN_COMPROMISE in numbers else ():
        if item.purl and item.version:
            yield _observable(item, as_indicator=True)


def _observable(item: Software, *, as_indicator: bool) -> Observable:
    return Observable(
        ObservableType.SOFTWARE,
        item.name,
        Role.ADVERSARY,
        _EVIDENCE,
        as_indicator=as_indicator,
        data=item.purl or item.cpe,
    )


def render_methods(builder: Builder, incident_ref: str) -> None:
    """Add the objects for closed words and checked forms, and relate them to the incident."""
    report = builder.report
    # (1) entry vectors and floods
    for entry in report.entry_vectors:
        name = entry_vector_name(entry.action, entry.word)
        pattern = builder.add_common("attack-pattern", name=name, kill_chain_phases=_ENTRY)
        builder.relate(incident_ref, "uses", pattern)
    for vector in report.flood.vectors if report.flood else ():
        pattern = builder.add_common("attack-pattern", name=flood_name(vector), kill_chain_phases=_FLOODING)
        builder.relate(incident_ref, "uses", pattern)
    # (2) software
    for software in report.software:
        item = _observable(software, as_indicator=False)
        identifier = render_sco(builder, item, Origin(item.role, None, item))
        if identifier is not None:
            _relate_software(builder, incident_ref, identifier, software)
    # (3) mitigations, fixes and places of detection
    for mitigation in report.mitigations:
        references = _attack_references("mitigations", mitigation.mitigation_id)
        _add_action(builder, incident_ref, mitigation.name, references)
    for software in report.fixes:
        action = _add_action(builder, incident_ref, fix_name(software_name(software)), software_references(software))
        for vulnerability in report.vulnerabilities if len(report.vulnerabilities) == 1 else ():
            builder.relate(action, "remediates", builder.vulnerabilities[vulnerability.name])
    for source in report.data_sources:
        _add_action(
            builder, incident_ref, detection_name(source.name), _attack_references("datasources", source.source_id)
        )


def _relate_software(builder: Builder, incident_ref: str, ref: str, item: Software) -> None:
    builder.add(
        "relationship",
        incident_ref,
        "software",
        ref,
        relationship_type="related-to",
        source_ref=incident_ref,
        target_ref=ref,
        external_references=software_references(item),
    )


def _add_action(builder: Builder, incident_ref: str, name: str, references: list[dict[str, Any]]) -> str:
    action = builder.add_common("course-of-action", name=name, external_references=references)
    builder.relate(incident_ref, "related-to", action)
    return action


def _attack_references(kind: str, number: str | None) -> list[dict[str, Any]]:
    if number is None:
        return []
    url = f"https://attack.mitre.org/{kind}/{number}"
    return [{"source_name": "mitre-attack", "url": url, "external_id": number}]
