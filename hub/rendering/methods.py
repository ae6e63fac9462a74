"""How it was done and what helps, in closed words and checked forms: ways in, floods, software, mitigations, fixes, detection.

What is made here of closed words leaves without an officer reading it; names of software are searched first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hub.rendering.builder import Builder, Origin
from hub.rendering.observables import render_sco
from hub.rendering.wording import detection_name, fix_name, flood_name, way_in_name
from hub.reports.knowledge import Software
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.report import Report

_ENTRY: Final = [{"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}]
_FLOODING: Final = [{"kill_chain_name": "mitre-attack", "phase_name": "impact"}]
_POISONED: Final = "T1195"  # ATT&CK: the supply chain was compromised
_ATTACKED: Final = "the column packages: a public package or product"

RATES: Final = {
    "bits_per_second": "bits per second",
    "packets_per_second": "packets per second",
    "requests_per_second": "requests per second",
    "seconds": "seconds of flooding",
}
"""The figures of a flood, and the names under which they stand among the scores of the incident."""


def software_name(item: Software) -> str:
    """`colour-strings-x 4.2.1`."""
    return f"{item.name} {item.version}" if item.version else item.name


def software_references(item: Software) -> list[dict[str, Any]]:
    """The package URL and CPE by which others find exactly this software."""
    numbers = (("purl", item.purl), ("cpe", item.cpe))
    return [{"source_name": name, "external_id": number} for name, number in numbers if number]


def poisoned_packages(report: Report) -> Iterator[Observable]:
    """The packages of a report whose techniques say that a package was poisoned: these are to be found and removed."""
    numbers = {str(item.technique_id).partition(".")[0] for item in report.techniques if item.technique_id}
    for item in report.software if _POISONED in numbers else ():
        if item.purl and item.version:
            yield _observable(item, as_indicator=True)


def _observable(item: Software, *, as_indicator: bool) -> Observable:
    return Observable(
        ObservableType.SOFTWARE,
        item.name,
        Role.ADVERSARY,
        _ATTACKED,
        as_indicator=as_indicator,
        data=item.purl or item.cpe,
    )


def render_methods(builder: Builder, incident_ref: str) -> None:
    """Add what the report tells in closed words and checked forms, related to its incident."""
    report = builder.report
    # (1) ways in, and floods
    for way in report.entry_vectors:
        used = builder.add_common("attack-pattern", name=way_in_name(way.action, way.word), kill_chain_phases=_ENTRY)
        builder.relate(incident_ref, "uses", used)
    for vector in report.flood.vectors if report.flood else ():
        used = builder.add_common("attack-pattern", name=flood_name(vector), kill_chain_phases=_FLOODING)
        builder.relate(incident_ref, "uses", used)
    # (2) software
    for software in report.software:
        item = _observable(software, as_indicator=False)
        known = render_sco(builder, item, Origin(item.role, None, item))
        if known is not None:
            _relate_software(builder, incident_ref, known, software)
    # (3) what helps
    for mitigation in report.mitigations:
        references = _attack("mitigations", mitigation.mitigation_id)
        _help(builder, incident_ref, mitigation.name, references)
    for software in report.fixes:
        action = _help(builder, incident_ref, fix_name(software_name(software)), software_references(software))
        for weakness in report.vulnerabilities if len(report.vulnerabilities) == 1 else ():
            builder.relate(action, "remediates", builder.weaknesses[weakness.name])
    for source in report.data_sources:
        _help(builder, incident_ref, detection_name(source.name), _attack("datasources", source.source_id))


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


def _help(builder: Builder, incident_ref: str, name: str, references: list[dict[str, Any]]) -> str:
    action = builder.add_common("course-of-action", name=name, external_references=references)
    builder.relate(incident_ref, "related-to", action)
    return action


def _attack(kind: str, number: str | None) -> list[dict[str, Any]]:
    if number is None:
        return []
    url = f"https://attack.mitre.org/{kind}/{number}"
    return [{"source_name": "mitre-attack", "url": url, "external_id": number}]
