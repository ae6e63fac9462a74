"""Valid objects of every type, with most properties each type has: what the tests accept, and what they damage."""

from __future__ import annotations

import copy
from typing import Any

from hub.stix import incident, tlp

Content = dict[str, Any]

CERT = "identity--0b2f6a0c-4c8e-4f0e-9a53-2f1f6c3b7d10"
FILE = "file--5a27d487-c542-5f97-a131-a8866b477b46"
ARTIFACT = "artifact--4cce66f8-6eaa-53cb-85d5-3a85fca3a6c5"
DIRECTORY = "directory--93c0a9b0-520d-545d-9094-1a08ddf46b05"
ADDRESS = "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"
ACCOUNT = "user-account--0d5b424b-93b8-5cd8-ac36-306e1789d63c"
MAIL = "email-addr--2d77a846-6264-5d51-b586-e43822ea1ea3"
TRAFFIC = "network-traffic--2568d22a-8998-58eb-99ec-3c8ca74f527d"
SOFTWARE = "software--a1827f6d-ca53-5605-9e93-4316cd22a00a"
MALWARE = "malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b"
INDICATOR = "indicator--a932fcc6-e032-476c-826f-cb970a5a1ade"
INCIDENT = "incident--1d0c6d0e-4a58-4c39-8f0e-6d0f5f3a1b11"
OWN_EXTENSION = "extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e"
GREEN = tlp.TLP2_IDS[tlp.TLP.GREEN]


def versioned(object_type: str, uuid: str, **properties: Any) -> Content:
    """An SDO, SRO or language-content with the common properties that it must have."""
    return {
        "type": object_type,
        "spec_version": "2.1",
        "id": f"{object_type}--{uuid}",
        "created_by_ref": CERT,
        "created": "2026-03-02T03:10:00.000Z",
        "modified": "2026-03-02T04:10:00.000Z",
    } | properties


def observable(object_type: str, uuid: str, **properties: Any) -> Content:
    """An SCO: spec_version may be left out."""
    return {"type": object_type, "spec_version": "2.1", "id": f"{object_type}--{uuid}"} | properties


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


def _observables() -> list[Content]:
    return [
        observable(
            "artifact",
            "4cce66f8-6eaa-53cb-85d5-3a85fca3a6c5",
            mime_type="application/zip",
            payload_bin="UEsDBA==",
            hashes={"SHA-256": "ab" * 32},
            encryption_algorithm="mime-type-indicated",
            decryption_key="infected",
        ),
        observable("autonomous-system", "f720c34b-98ae-597f-ade5-27dc241e8c74", number=64496, name="Doc", rir="APNIC"),
        observable(
            "directory",
            "93c0a9b0-520d-545d-9094-1a08ddf46b05",
            path="C:\\Windows",
            ctime="2026-03-01T00:00:00Z",
            contains_refs=[FILE],
        ),
        observable(
            "domain-name",
            "3c10e93d-798e-5a26-a0c1-08156efab7f5",
            value="xn--80ak6aa92e.example",
            resolves_to_refs=[ADDRESS],
        ),
        observable(
            "email-addr", "2d77a846-6264-5d51-b586-e43822ea1ea3", value="j.doe+x@example.com", belongs_to_ref=ACCOUNT
        ),
        observable(
            "email-message",
            "cf9b4b7f-14c8-5955-8065-020e0316b559",
            is_multipart=True,
            date="2026-03-01T00:00:00Z",
            from_ref=MAIL,
            to_refs=[MAIL],
            subject="Invoice",
            received_lines=["from mail.example.com"],
            additional_header_fields={"Reply-To": ["a@example.com"]},
            body_multipart=[{"content_type": "text/plain", "body": "Hello"}, {"body_raw_ref": FILE}],
        ),
        observable(
            "file",
            "5a27d487-c542-5f97-a131-a8866b477b46",
            hashes={"MD5": "cd" * 16, "SHA-256": "ab" * 32, "SSDEEP": "3:abc:def", "x_own": "1"},
            size=0,
            name="a.exe",
            magic_number_hex="4D5A",
            parent_directory_ref=DIRECTORY,
            contains_refs=[FILE],
            content_ref=ARTIFACT,
            extensions={
                "archive-ext": {"contains_refs": [FILE], "comment": "c"},
                "ntfs-ext": {"sid": "S-1", "alternate_data_streams": [{"name": "second", "size": 25}]},
                "pdf-ext": {"version": "1.7", "is_optimized": False, "document_info_dict": {"Title": "T"}},
                "raster-image-ext": {"image_height": 10, "exif_tags": {"Make": "M", "XResolution": 72}},
                "windows-pebinary-ext": {
                    "pe_type": "exe",
                    "machine_hex": "014c",
                    "number_of_sections": 4,
                    "time_date_stamp": "2026-03-01T00:00:00Z",
                    "optional_header": {"magic_hex": "010b", "hashes": {"MD5": "cd" * 16}},
                    "sections": [{"name": "", "entropy": 0.5, "size": 0}],
                },
            },
        ),
        observable("ipv4-addr", "28bb3599-77cd-5a82-a950-b5bc3caf07c4", value="198.51.100.3"),
        observable("ipv6-addr", "1e61d36c-a16c-53b7-a80f-2a00161c96b1", value="2001:db8::/96"),
        observable("mac-addr", "65cfcf98-8a6e-5a1b-8f61-379ac4f92d00", value="00:00:5e:00:53:af"),
        observable("mutex", "eba44954-d4e4-5d3b-814c-2b17dd8de300", name="__CLEANSWEEP__"),
        observable(
            "network-traffic",
            "2568d22a-8998-58eb-99ec-3c8ca74f527d",
            src_ref=ADDRESS,
            dst_port=443,
            protocols=["ipv4", "tcp"],
            start="2026-03-01T00:00:00Z",
            end="2026-03-01T00:01:00Z",
            is_active=False,
            ipfix={"minimumIpTotalLength": 32},
            encapsulated_by_ref=TRAFFIC,
            extensions={
                "http-request-ext": {
                    "request_method": "get",
                    "request_value": "/",
                    "request_header": {"Host": ["example.com"]},
                },
                "icmp-ext": {"icmp_type_hex": "08", "icmp_code_hex": "00"},
                "tcp-ext": {"src_flags_hex": "00000002"},
                "socket-ext": {"address_family": "AF_INET", "options": {"SO_BROADCAST": 1}, "is_listening": True},
            },
        ),
        observable(
            "process",
            "f52a906a-0dfc-40bd-92f1-e7778ead38a9",
            pid=314,
            command_line="a.exe -x",
            environment_variables={"PATH": "."},
            image_ref=FILE,
            opened_connection_refs=[TRAFFIC],
            extensions={
                "windows-process-ext": {"aslr_enabled": True, "integrity_level": "high", "startup_info": {"a": "b"}},
                "windows-service-ext": {"service_name": "s", "start_type": "SERVICE_AUTO_START", "descriptions": ["d"]},
            },
        ),
        observable("software", "a1827f6d-ca53-5605-9e93-4316cd22a00a", name="Word", version="2002", languages=["en"]),
        observable("url", "c1477287-23ac-5971-a010-5c287877fa60", value="https://example.com/research?x=1#y"),
        observable(
            "user-account",
            "0d5b424b-93b8-5cd8-ac36-306e1789d63c",
            user_id="1001",
            account_login="jdoe",
            account_type="unix",
            is_disabled=False,
            account_created="2026-03-01T00:00:00Z",
            extensions={"unix-account-ext": {"gid": 1001, "groups": ["wheel"], "home_dir": "/home/jdoe"}},
        ),
        observable(
            "windows-registry-key",
            "2ba37ae7-2745-5082-9dfd-9486dad41016",
            key="HKEY_LOCAL_MACHINE\\System\\Foo",
            values=[{"name": "Bar", "data": "1", "data_type": "REG_SZ"}],
            number_of_subkeys=1,
        ),
        observable(
            "x509-certificate",
            "463d7b2a-8516-5a50-a3d7-6f801465d5de",
            issuer="CN=x",
            serial_number="36:f7",
            is_self_signed=False,
            validity_not_before="2026-03-01T00:00:00Z",
            hashes={"SHA-1": "ef" * 20},
            x509_v3_extensions={"basic_constraints": "critical,CA:TRUE"},
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
    parts = (_domain_objects, _relationship_objects, _meta_objects, _observables, _extended_objects)
    return copy.deepcopy([content for part in parts for content in part()])


def specimen(object_type: str) -> Content:
    """The first of this type."""
    return next(content for content in specimens() if content["type"] == object_type)
