"""What MISP events say beside their values: links, classes, levels, and types without a place in STIX's own list."""

from __future__ import annotations

from typing import Any

import pytest

from hub.reports.knowledge import DataSource, Flood, Mitigation, Software, VerisWord
from hub.reports.observables import Relation, Role
from hub.reports.read import Report
from hub.reports.report import Determination
from tests.reports.reading_reports import FIXTURES, by_value, only_report

ABOUT = {"uuid": "6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3a", "info": "Loader", "date": "2026-03-01"}
DOMAIN = {"type": "domain", "category": "Network activity", "to_ids": True, "value": "c2.example"}


def report_of(value: Any) -> Report:
    return only_report(value, name="x.json", format="misp")


def event(*tags: str, **fields: Any) -> Report:
    return report_of({"Event": ABOUT | {"Attribute": [DOMAIN], "Tag": [{"name": tag} for tag in tags]} | fields})


@pytest.fixture(scope="module")
def linked() -> Report:
    return only_report(FIXTURES / "misp_linked.json")


FILE = ("observable", "file " + "2" * 64)


def test_references_between_objects_become_relations(linked: Report) -> None:
    """Of attributes and objects, under the key of what they became: a hash is of its file."""
    assert linked.relations == (
        Relation(
            ("observable", "tls-fingerprint 6734f37431670b3ab4292b8f60f29984"), "indicates", ("actor", "Sample Spider")
        ),
        Relation(FILE, "communicates-with", ("observable", "domain-name c2.example")),
        Relation(FILE, "exploits", ("vulnerability", "CVE-2024-3401")),
    )
    assert [row.value for row in linked.unused if row.key == "ObjectReference"] == [
        "drops 99999999-0000-4000-8000-000000000000"
    ]


def test_a_sighting_of_a_hash_is_one_of_its_file(linked: Report) -> None:
    """The file's key is another than the hash that was sighted."""
    assert [item.target for item in linked.sightings] == [FILE[1]]


def test_fingerprints_accounts_phones_and_pipes_have_a_place(linked: Report) -> None:
    """With their canonical values; in the category Financial fraud they are the fraudster's, where meant for detection."""
    kinds = {item.value: (item.type.value, item.data, item.role) for item in linked.observables}
    assert kinds["6734f37431670b3ab4292b8f60f29984"] == ("tls-fingerprint", "ja3", Role.ADVERSARY)
    assert kinds["GB82WEST12345698765432"] == ("bank-account", None, Role.ADVERSARY)
    assert kinds["+442079460000"] == ("phone-number", None, Role.ADVERSARY)
    assert kinds["sample"] == ("named-pipe", None, Role.ADVERSARY)
    assert kinds["/gate.php?id=1"] == ("uri-path", None, Role.ADVERSARY)
    imphash = next(item for item in linked.observables if item.file and item.file.imphash)
    assert imphash.file is not None
    assert (imphash.file.imphash, imphash.file.hashes) == ("3" * 32, {})


@pytest.mark.parametrize("category", ["Person", "Targeting data", "Internal reference"])
def test_a_phone_of_the_victim_is_the_victims(category: str) -> None:
    """Whatever the flag says."""
    attribute = {"type": "phone-number", "category": category, "to_ids": True, "value": "+60312345678"}
    assert event(Attribute=[attribute]).observables[0].role is Role.VICTIM


def test_an_account_that_is_not_meant_for_detection_is_nobodys() -> None:
    """It may be the account that was robbed."""
    attribute = {"type": "iban", "category": "Financial fraud", "to_ids": False, "value": "GB82WEST12345698765432"}
    assert event(Attribute=[attribute]).observables[0].role is Role.UNKNOWN


def test_methods_arrive_from_tags_galaxies_and_objects(linked: Report) -> None:
    """Mitigations and data sources by ATT&CK, ways in by VERIS, techniques with their tactic, software with its id."""
    assert linked.mitigations == (Mitigation("User Training", "M1017"), Mitigation("Update Software", "M1051"))
    assert linked.recommended_actions == ("Update Software: Version 1.1 mends it",)
    assert linked.data_sources == (DataSource("Process", "DS0009"),)
    assert linked.entry_vectors == (VerisWord("social", "variety", "Phishing"),)
    assert linked.techniques[0].kill_chain_phases == (("mitre-attack", "initial-access"),)
    assert linked.malware[0].attack_id == "S0017"
    assert linked.flood == Flood(bits_per_second=1_200_000_000)
    assert linked.software == (Software("acme widget", "1.0", None, "cpe:2.3:a:acme:widget:1.0:*:*:*:*:*:*:*"),)
    assert linked.related_reports == ("6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3a",)


def test_a_phase_of_the_event_is_of_its_indicators(linked: Report) -> None:
    """Where they name none of their own."""
    phase = ("lockheed-martin-cyber-kill-chain", "delivery")
    assert all(item.kill_chain_phases == (phase,) for item in linked.observables if item.as_indicator)


@pytest.mark.parametrize(
    ("tag", "rsit_type"),
    [
        ('circl:incident-classification="denial-of-service"', "ddos"),
        ('circl:incident-classification="information-leak"', "data-leak"),
        ('circl:incident-classification="smishing"', "phishing"),
        ('ecsirt:malicious-code="worm"', "infected-system"),
        ('ecsirt:vulnerable="vulnerable-service"', "vulnerable-system"),
        ('enisa:nefarious-activity-abuse="phishing-attacks"', "phishing"),
        ('enisa:outages="strike"', "outage"),
        ('europol-incident:intrusion-attempt="exploitation-vulnerability"', "ids-alert"),
        ('europol-incident:intrusion="exploitation-vulnerability"', "application-compromise"),
        ("europol-event:dissemination-malware-email", "malware-distribution"),
        ("europol-event:c&c-server-hosting", "c2-server"),
        ('common-taxonomy:malware="command-and-control"', "c2-server"),
        ('common-taxonomy:malware="distribution"', "malware-distribution"),
        ('csirt_case_classification:incident-category="compromised-asset"', "system-compromise"),
        ('veris:action:hacking:variety="SQLi"', "application-compromise"),
        ('veris:action:error:variety="Misconfiguration"', "misconfiguration"),
        ('ddos:type="amplification-attack"', "ddos"),
        ('misp-galaxy:rsit="Fraud:Phishing"', "phishing"),
    ],
)
def test_taxonomies_in_use_classify_the_event(tag: str, rsit_type: str) -> None:
    """Each by its own words."""
    assert event(tag).rsit[0][1] == rsit_type


def test_event_types_of_europol_are_kept() -> None:
    """They are values of event-type-ov as they are."""
    assert event("europol-event:dns-zone-transfer").incident_types == ("dns-zone-transfer", "network-scanning")


@pytest.mark.parametrize(
    ("tag", "determination"),
    [
        ('false-positive:confirmed="true"', Determination.FALSE_POSITIVE),
        ('false-positive:risk="low"', Determination.SUSPECTED),
        ('incident-disposition:incident="confirmed"', Determination.CONFIRMED),
        ('incident-disposition:not-an-incident="failed"', Determination.FAILED_ATTEMPT),
        ('incident-disposition:not-an-incident="refuted"', Determination.FALSE_POSITIVE),
        ('veris:security_incident="Near miss"', Determination.FAILED_ATTEMPT),
    ],
)
def test_verdicts_are_read_from_tags(tag: str, determination: Determination) -> None:
    """A risk of false positives is no verdict."""
    assert event(tag).determination is determination


def test_sectors_of_nobody_who_is_named_are_classes_of_their_own() -> None:
    """With the country that tags or galaxies say; the country of the CERT is not added to it."""
    report = event('misp-galaxy:sector="Finance"', 'misp-galaxy:sector="Health"', 'veris:victim:country="TH"')
    assert [(item.sectors, item.countries) for item in report.victims] == [
        (("financial-services",), ("TH",)),
        (("healthcare",), ("TH",)),
    ]
    assert report.countries == ("TH",)


RED = {"Tag": [{"name": "tlp:red"}]}


@pytest.mark.parametrize(
    "part",
    [
        {"Attribute": [{"type": "vulnerability", "category": "External analysis", "value": "CVE-2026-1000"} | RED]},
        {"Attribute": [{"type": "comment", "category": "Other", "value": "CVE-2026-1000 was used"} | RED]},
        {"Attribute": [{"type": "link", "category": "External analysis", "value": "https://CVE-2026-1000.example/"} | RED]},
        {
            "Attribute": [
                DOMAIN | RED | {
                    "Galaxy": [{"type": "malpedia", "GalaxyCluster": [{"type": "malpedia", "value": "CVE-2026-1000"}]}]
                }
            ]
        },
        {
            "Object": [
                {
                    "name": "vulnerability",
                    "Attribute": [{"type": "vulnerability", "object_relation": "id", "value": "CVE-2026-1000"} | RED],
                }
            ]
        },
        {
            "Object": [
                {
                    "name": "vulnerability",
                    "distribution": "0",
                    "Attribute": [{"type": "vulnerability", "object_relation": "id", "value": "CVE-2026-1000"}],
                }
            ]
        },
        {"EventReport": [{"name": "n", "content": "CVE-2026-1000 was used", "distribution": "0"}]},
    ],
    ids=["attribute", "comment", "link", "galaxy of an attribute", "part of an object", "object", "event report"],
)  # fmt: skip
def test_what_is_marked_above_its_event_and_is_no_observable_stays(part: dict[str, Any]) -> None:
    """Vulnerabilities, notes and names have no level of their own in a report, so that they would leave at the event's."""
    report = event("tlp:green", **part)
    fields = (report.vulnerabilities, report.notes, report.malware, report.references, report.title)
    assert "CVE-2026-1000" not in str(fields).upper()
    assert any("CVE-2026-1000" in row.value.upper() for row in report.unused)


def test_a_relation_of_a_red_value_is_red() -> None:
    """The strictest of both ends and of the object."""
    uuids = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]
    item = {
        "name": "url", "uuid": uuids[0],
        "Attribute": [{"type": "url", "object_relation": "url", "to_ids": True, "value": "http://c2.example/a"} | RED],
        "ObjectReference": [{"relationship_type": "hosted by", "referenced_uuid": uuids[1]}],
    }  # fmt: skip
    report = event("tlp:green", Attribute=[DOMAIN | {"uuid": uuids[1]}], Object=[item])
    (relation,) = report.relations
    assert (relation.kind, relation.tlp) == ("hosted-by", "red")


def test_the_inner_json_of_misp_gives_the_event_whole() -> None:
    """There attributes and tags are beside the event, and the tags of an attribute beside it."""
    attribute = {"Attribute": DOMAIN, "AttributeTag": [{"Tag": {"name": "tlp:red"}}]}
    report = report_of(
        {"Event": ABOUT, "EventTag": [{"Tag": {"name": "tlp:green"}}], "Attribute": [attribute], "Orgc": {"name": "o"}}
    )
    assert (report.tlp, by_value(report)["c2.example"].tlp) == ("green", "red")


def test_what_was_deleted_in_misp_does_not_arrive_and_is_named() -> None:
    """A vulnerability has no revoked version of its own."""
    attribute = {"type": "vulnerability", "value": "CVE-2026-1000", "deleted": "1"}
    report = event(Attribute=[DOMAIN, attribute])
    assert report.vulnerabilities == ()
    assert "CVE-2026-1000" in {row.value for row in report.unused}


def test_a_value_that_a_tag_calls_a_false_positive_is_withdrawn() -> None:
    """As by a sighting of that type."""
    attribute = DOMAIN | {"Tag": [{"name": 'false-positive:confirmed="true"'}]}
    assert event(Attribute=[attribute]).observables[0].revoked
