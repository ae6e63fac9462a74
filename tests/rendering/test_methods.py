"""Closed words and checked forms of a report: what becomes of them, and that they leave without an officer."""

from __future__ import annotations

from typing import Any

import pytest

from hub.release.step import Released
from hub.reports.knowledge import DataSource, Flood, Mitigation, Software, Technique, VerisWord, Vulnerability
from hub.reports.report import Report
from hub.stix import incident
from tests.release.releasing import PUBLIC, must_release, names, objects_of_type
from tests.reports.making_reports import a_case

PACKAGE = Software("colour-strings-x", "4.2.1", purl="pkg:npm/colour-strings-x@4.2.1")


def case(**changes: Any) -> Report:
    return a_case(**{"observables": (), "sightings": (), "vulnerabilities": (), "techniques": (), **changes})


def related(result: Released, kind: str) -> set[tuple[str, str]]:
    """(type of the source, name of the target) of each relationship of a kind."""
    contents = {item["id"]: item for item in result.contents}
    relationships = [item for item in objects_of_type(result, "relationship") if item["relationship_type"] == kind]
    return {
        (item["source_ref"].partition("--")[0], contents[item["target_ref"]].get("name", "")) for item in relationships
    }


def test_a_way_in_leaves_as_a_technique_of_initial_access() -> None:
    result = must_release(case(entry_vectors=(VerisWord("hacking", "variety", "Use of stolen creds"),)))
    (used,) = objects_of_type(result, "attack-pattern")
    assert used["name"] == "VERIS hacking: Use of stolen creds"
    assert [phase["phase_name"] for phase in used["kill_chain_phases"]] == ["initial-access"]
    assert ("incident", used["name"]) in related(result, "uses")


def test_a_flood_leaves_by_its_kind_and_by_the_power_of_ten_of_its_rate() -> None:
    """An exact rate is in the press beside the victim's name."""
    result = must_release(case(flood=Flood(("cldap-amplification",), bits_per_second=183_456_789_012)))
    assert names(result, "attack-pattern") == {"DDoS: cldap amplification"}
    (rendered_incident,) = objects_of_type(result, "incident")
    assert rendered_incident["extensions"][incident.INCIDENT_CORE]["scores"] == [
        {"name": "bits per second", "value": 10**11}
    ]
    assert "Flood: cldap amplification; at least 100 Gbit/s." in rendered_incident["description"]
    assert "183" not in rendered_incident["description"]


def test_what_helps_leaves_under_attacks_names_and_numbers() -> None:
    report = case(
        mitigations=(Mitigation("Multi-factor Authentication", "M1032"),),
        data_sources=(DataSource("Network Traffic", "DS0029"),),
        recommended_actions=("Ask Bank Sejahtera's staff for a second factor",),
    )
    result = must_release(report)
    assert names(result, "course-of-action") == {"Multi-factor Authentication", "Detection in: Network Traffic"}
    urls = {item["external_references"][0]["url"] for item in objects_of_type(result, "course-of-action")}
    pages = ("mitigations/M1032", "datasources/DS0029")
    assert urls == {f"https://attack.mitre.org/{page}" for page in pages}


def test_an_update_of_public_software_leaves_and_mends_the_only_weakness() -> None:
    fix = Software("colour-strings-x", "4.2.2", purl="pkg:npm/colour-strings-x@4.2.2")
    result = must_release(case(fixes=(fix,), vulnerabilities=(Vulnerability("CVE-2026-10001"),)))
    assert names(result, "course-of-action") == {"Update to colour-strings-x 4.2.2"}
    assert related(result, "remediates") == {("course-of-action", "CVE-2026-10001")}


@pytest.mark.parametrize(
    "software",
    [
        Software("sejahtera-core", "1.2", purl="pkg:npm/sejahtera-core@1.2"),
        Software("x", "1.2", cpe="cpe:2.3:a:bank_sejahtera:x:1.2:*:*:*:*:*:*:*"),
    ],
)
def test_software_that_bears_the_victims_name_stays(software: Software) -> None:
    result = must_release(case(fixes=(software,), software=(software,)))
    assert "sejahtera" not in str(result.contents).casefold()


def test_an_update_that_no_package_or_number_stands_for_is_free_text() -> None:
    """Only a checked form shows that the name is that of software."""
    result = must_release(case(fixes=(Software("the server of the main branch"),)))
    assert names(result, "course-of-action") == set()


def test_a_package_is_an_indicator_only_where_the_supply_chain_was_compromised() -> None:
    attacked = must_release(case(software=(PACKAGE,)))
    assert objects_of_type(attacked, "indicator") == []
    assert [(item["name"], item["version"]) for item in objects_of_type(attacked, "software")] == [
        ("colour-strings-x", "4.2.1")
    ]
    poisoned = must_release(case(software=(PACKAGE,), techniques=(Technique("T1195.001", "T1195.001"),)))
    (indicator,) = objects_of_type(poisoned, "indicator")
    assert indicator["pattern"] == "[software:name = 'colour-strings-x' AND software:version = '4.2.1']"
    assert indicator["name"] == f"Software {PACKAGE.purl}"
    assert indicator["external_references"] == [{"source_name": "purl", "external_id": PACKAGE.purl}]


def test_nothing_of_what_leaves_by_its_closed_words_waits_for_a_decision() -> None:
    words = {"mitigations": (Mitigation("Audit", "M1047"),), "entry_vectors": (VerisWord("hacking", "vector", "VPN"),)}
    report = case(**words, recommended_actions=())
    held_places = [row.place for row in must_release(report).preview.held()]
    assert "course-of-action.name" not in held_places
    assert "attack-pattern.name" not in held_places


@pytest.mark.parametrize(
    "changes",
    [
        {"entry_vectors": (VerisWord("physical", "variety", "Skimmer"),)},
        {"data_sources": (DataSource("Operational Databases", "DS0040"),)},
        {"techniques": (Technique("T0816", "T0816"),)},
    ],
    ids=str,
)
def test_a_word_that_only_one_sector_has_is_held(changes: dict[str, Any]) -> None:
    """It would show the sector of a victim whose sector is not stated."""
    result = must_release(case(**changes))
    assert objects_of_type(result, "attack-pattern") == []
    assert objects_of_type(result, "course-of-action") == []


def test_the_public_learns_nothing_of_a_flood_but_its_kind() -> None:
    report = case(tlp="clear", pap=None, flood=Flood(("syn-flood",), packets_per_second=2_000_000))
    result = must_release(report, PUBLIC)
    assert "packets" not in str(result.contents)
    assert names(result, "attack-pattern") == {"DDoS: syn flood"}
