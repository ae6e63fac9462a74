"""Valid objects of every type, with most properties each type has: what the tests accept, and what they damage."""

from __future__ import annotations

import copy

from hub.stix import incident, tlp
from tests.stix.building import (
    ADDRESS,
    ARTIFACT,
    CERT,
    FILE,
    GREEN,
    INCIDENT,
    INDICATOR,
    MALWARE,
    OWN_EXTENSION,
    SOFTWARE,
    Content,
    versioned,
)
from tests.stix.observable_specimens import observables


def _domain_objects() -> list[Content]:
    phases = [{"kill_chain_name": "lockheed-martin-cyber-kill-chain", "phase_name": "delivery"}]
    seen = {"first_seen": "2026-02-01T00:00:00Z", "last_seen": "2026-02-01T00:00:00.5Z"}
    return [
        versioned(
            "attack-pattern",
            "7e33a43e-e34b-40ec-89da-36c9bb2cacd5",
            name="Spear phishing",
            description="A letter with a lure.",
            aliases=["T1566"],
            kill_chain_phases=phases,
            external_references=[
                {"source_name": "capec", "external_id": "CAPEC-163"},
                {
                    "source_name": "report",
                    "description": "of a friend",
                    "url": "https://example.com/report.pdf",
                    "hashes": {"SHA-256": "ab" * 32, "MD5": "cd" * 16},
                },
            ],
            labels=["phishing", "lure"],
            confidence=70,
            lang="en",
            object_marking_refs=[GREEN],
            granular_markings=[
                {"marking_ref": tlp.TLP2_IDS[tlp.TLP.AMBER], "selectors": ["description", "labels.[1]"]}
            ],
        ),
        versioned("campaign", "83422c77-904c-4dc1-aff5-5c38f3a2c55c", name="Rainy season", objective="Money", **seen),
        versioned(
            "course-of-action", "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", name="Block it", description="At the edge."
        ),
        versioned(
            "grouping",
            "84e4d88f-44ea-4bcd-bbf3-b2c1c320bcb3",
            context="suspicious-activity",
            object_refs=[INDICATOR, ADDRESS, "x-sensor--84e4d88f-44ea-4bcd-bbf3-b2c1c320bcb3"],
        ),
        versioned(
            "identity",
            "0b2f6a0c-4c8e-4f0e-9a53-2f1f6c3b7d10",
            name="National CERT",
            identity_class="organization",
            roles=["cert"],
            sectors=["government-national"],
            contact_information="soc@example.org",
            x_member_code="ID",
        ),
        versioned(
            "incident",
            "1d0c6d0e-4a58-4c39-8f0e-6d0f5f3a1b11",
            name="Ransomware in a hospital",
            extensions={
                incident.INCIDENT_CORE: {
                    "extension_type": "property-extension",
                    "determination": "confirmed",
                    "investigation_status": "open",
                    "criticality": 80,
                    "detection_methods": ["user-reporting"],
                    "incident_types": ["ransomware"],
                    "recoverability": "regular",
                    "event_refs": ["event--4a86a22c-a5fa-47b9-8b4a-3a4ef1d1a9b1"],
                    "impacted_entity_counts": {"system": 40},
                    "scores": [{"name": "ours", "value": 7.5}],
                }
            },
        ),
        versioned(
            "indicator",
            "a932fcc6-e032-476c-826f-cb970a5a1ade",
            name="Address of a control server",
            indicator_types=["malicious-activity"],
            pattern="[ipv4-addr:value = '198.51.100.3'] AND [domain-name:value = 'c2.example']",
            pattern_type="stix",
            pattern_version="2.1",
            valid_from="2026-03-02T03:00:00Z",
            valid_until="2027-03-02T03:00:00Z",
            kill_chain_phases=phases,
        ),
        versioned(
            "infrastructure",
            "38c47d93-d984-4fd9-b87b-d69d0841628d",
            name="Staging hosts",
            infrastructure_types=["staging"],
            aliases=["S"],
            **seen,
        ),
        versioned(
            "intrusion-set",
            "4e78f46f-a023-4e5f-bc24-71b3ca22ec29",
            name="Otters",
            goals=["espionage"],
            resource_level="organization",
            primary_motivation="ideology",
            secondary_motivations=["dominance"],
            **seen,
        ),
        versioned(
            "location",
            "a6e9345f-5a15-4c29-8bb3-7dcc5d168d64",
            name="Delta",
            latitude=10.5,
            longitude=106,
            precision=100.0,
            region="south-eastern-asia",
            country="vn",
            city="X",
        ),
        versioned(
            "malware",
            "31b940d4-6f7f-459a-80ea-9c1f17b5891b",
            name="Locker",
            is_family=True,
            malware_types=["ransomware"],
            operating_system_refs=[SOFTWARE],
            sample_refs=[FILE, ARTIFACT],
            architecture_execution_envs=["x86-64"],
            capabilities=["exfiltrates-data"],
            **seen,
        ),
        versioned(
            "malware-analysis",
            "d25167b7-fed0-4068-9ccd-a73dd2c5b07c",
            product="sandbox",
            result="malicious",
            host_vm_ref=SOFTWARE,
            analysis_sco_refs=[FILE],
            sample_ref=FILE,
            analysis_started="2026-03-01T00:00:00Z",
            analysis_ended="2026-03-01T00:10:00Z",
            modules=["m"],
        ),
        versioned(
            "note",
            "0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061",
            abstract="Seen",
            content="We have seen this, too.",
            authors=["SOC"],
            object_refs=[INCIDENT],
            labels=["response:acknowledged"],
        ),
        versioned(
            "observed-data",
            "b67d30ff-02ac-498a-92f9-32f845f448cf",
            first_observed="2026-03-01T00:00:00Z",
            last_observed="2026-03-01T00:00:00Z",
            number_observed=5,
            object_refs=[ADDRESS, "relationship--44298a74-ba52-4f0c-87a3-1824e67d7fad"],
        ),
        versioned(
            "opinion",
            "b01efc25-77b4-4003-b18b-f6e24b5cd9f7",
            opinion="strongly-disagree",
            explanation="Not ours.",
            authors=["A"],
            object_refs=[INDICATOR],
        ),
        versioned(
            "report",
            "84e4d88f-44ea-4bcd-bbf3-b2c1c320bcb4",
            name="Early warning",
            description="What we know.",
            report_types=["campaign"],
            published="2026-03-02T05:00:00.000Z",
            object_refs=[INCIDENT, INDICATOR],
        ),
        versioned(
            "threat-actor",
            "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd30",
            name="Otter One",
            threat_actor_types=["crime-syndicate"],
            roles=["director"],
            sophistication="advanced",
            personal_motivations=["revenge"],
            **seen,
        ),
        versioned(
            "tool", "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd31", name="VNC", tool_types=["remote-access"], tool_version="6"
        ),
        versioned(
            "vulnerability",
            "0c7b5b88-8ff7-4a4d-aa9d-feb398cd0062",
            name="CVE-2026-0001",
            external_references=[{"source_name": "cve", "external_id": "CVE-2026-0001"}],
        ),
    ]


def _relationship_objects() -> list[Content]:
    return [
        versioned(
            "relationship",
            "44298a74-ba52-4f0c-87a3-1824e67d7fad",
            relationship_type="indicates",
            source_ref=INDICATOR,
            target_ref=MALWARE,
            start_time="2026-03-01T00:00:00Z",
            stop_time="2026-03-02T00:00:00Z",
            revoked=True,
        ),
        versioned(
            "sighting",
            "ee20065d-2555-424f-ad9e-0f8428623c75",
            sighting_of_ref=INDICATOR,
            count=3,
            observed_data_refs=["observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf"],
            where_sighted_refs=[CERT],
            summary=False,
            first_seen="2026-03-01T00:00:00.000001Z",
            last_seen="2026-03-01T00:00:00.1Z",
        ),
    ]


def _meta_objects() -> list[Content]:
    return [
        {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": "marking-definition--8a1aaf84-f3f3-4d2e-b14a-7a7e3a5e2b10",
            "created": "2026-01-01T00:00:00.000Z",
            "definition_type": "statement",
            "definition": {"statement": "For members only."},
        },
        *(tlp.tlp1_definition(level) for level in tlp.TLP1_IDS),
        *(tlp.tlp2_definition(level) for level in tlp.TLP2_IDS),
        versioned(
            "extension-definition",
            "d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e",
            name="Request",
            description="A call for help.",
            schema="https://example.org/request.json",
            version="1.0",
            extension_types=["property-extension"],
            extension_properties=["due"],
        ),
        versioned(
            "language-content",
            "b86bd89f-98bb-4fa9-8cb2-9ad421da981d",
            object_ref=INCIDENT,
            object_modified="2026-03-02T04:10:00.000Z",
            contents={"id": {"name": "Tebusan"}, "zh-Hans": {"name": "勒索"}},
        ),
    ]


def _extended_objects() -> list[Content]:
    amber = tlp.TLP2_IDS[tlp.TLP.AMBER]
    return [
        versioned(
            "event",
            "4a86a22c-a5fa-47b9-8b4a-3a4ef1d1a9b1",
            name="Encryption",
            status="occurred",
            event_types=["ransomware"],
            start_time="2026-03-01T00:00:00Z",
            start_time_fidelity="hour",
            changed_objects=[
                {"state_change_type": "caused", "result_ref": "impact--5d6b0a6e-21a6-4f39-9b64-0d0a5f5d5a11"}
            ],
            extensions={incident.EVENT: {"extension_type": "new-sdo"}},
        ),
        versioned(
            "impact",
            "5d6b0a6e-21a6-4f39-9b64-0d0a5f5d5a11",
            impact_category="availability",
            criticality=70,
            impacted_entity_counts={"system": 40},
            extensions={
                incident.IMPACT: {"extension_type": "new-sdo"},
                "availability-ext": {"availability_impact": 75},
            },
        ),
        versioned(
            "task",
            "a5d6b0a6-21a6-4f39-9b64-0d0a5f5d5a12",
            name="Restore",
            outcome="ongoing",
            priority=50,
            task_types=["recovery"],
            extensions={incident.TASK: {"extension_type": "new-sdo"}},
        ),
        versioned(
            "note",
            "0c7b5b88-8ff7-4a4d-aa9d-feb398cd0063",
            content="Please help.",
            object_refs=[INCIDENT],
            rank=5,
            extensions={
                OWN_EXTENSION: {"extension_type": "property-extension", "due": None, "asked": []},
                "extension-definition--04b8f1d0-4ae5-4a29-b8b7-2a7f5a5d7b11": {
                    "extension_type": "toplevel-property-extension"
                },
                "x-example-com-old-ext": {"anything": [1, {"deep": None}]},
            },
        ),
        versioned(
            "x-mitre-tactic",
            "2558fd61-8c75-4730-94c4-11926db2a263",
            name="Initial access",
            x_mitre_shortname="initial-access",
        ),
        versioned(
            "x-mitre-matrix",
            "eafc1b4c-5e56-4965-bd4e-66a6a89c88cc",
            name="Enterprise",
            tactic_refs=["x-mitre-tactic--2558fd61-8c75-4730-94c4-11926db2a263"],
            object_marking_refs=[amber],
            granular_markings=[{"lang": "en", "selectors": ["name", "tactic_refs.[0]"]}],
        ),
        {"type": "x-sensor", "id": "x-sensor--84e4d88f-44ea-4bcd-bbf3-b2c1c320bcb3", "value": "room 5"},
        versioned(
            "attack-pattern",
            "a62a8db3-f23a-4d8f-afd6-9dbc77e7813b",
            name="Spearphishing Link",
            x_mitre_version="2.7",
            x_mitre_detection="",
            x_mitre_deprecated=False,
            x_mitre_is_subtechnique=True,
            x_mitre_platforms=["Linux", "macOS"],
            x_mitre_domains=["enterprise-attack"],
            x_mitre_modified_by_ref=CERT,
            x_mitre_attack_spec_version="3.2.0",
            kill_chain_phases=[{"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}],
            external_references=[
                {"source_name": "mitre-attack", "external_id": "T1566.002", "url": "https://example.org/T1566/002"},
                {
                    "source_name": "Somebody 2020",
                    "description": "Somebody. (2020). A report.",
                    "url": "https://example.org",
                },
            ],
            object_marking_refs=["marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168"],
        ),
    ]


def specimens() -> list[Content]:
    """Fresh copies of all of them: tests change what they get."""
    parts = (_domain_objects, _relationship_objects, _meta_objects, observables, _extended_objects)
    return copy.deepcopy([content for part in parts for content in part()])


def specimen(object_type: str) -> Content:
    """The first of this type."""
    return next(content for content in specimens() if content["type"] == object_type)
