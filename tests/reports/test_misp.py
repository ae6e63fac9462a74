"""MISP events: attributes, objects, tags, galaxies and sightings, with roles and what stays behind."""

from __future__ import annotations

import json
from pathlib import Path

from hub.reports.observables import ObservableType, Role
from hub.reports.read import Report, RowError, read_reports
from hub.reports.report import Determination, ReportKind, ReportStatus
from hub.reports.victims import Consent
from tests.reports.reading_reports import by_value, only_report

FIXTURE = Path(__file__).parent / "fixtures" / "misp.json"


def event(**changes: object) -> Report:
    data = json.loads(FIXTURE.read_bytes())
    data["Event"] |= changes
    return only_report(json.dumps(data, indent=1).encode(), name="misp.json")


def test_the_event_becomes_one_case_with_its_verdict_and_markings() -> None:
    """Title, times, threat level, analysis, disposition, TLP and PAP."""
    report = event()
    assert (report.kind, report.report_id) == (ReportKind.CASE, "6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3a")
    assert (report.tlp, report.pap) == ("amber", "green")
    assert (report.status, report.determination) == (ReportStatus.OPEN, Determination.CONFIRMED)
    assert report.severity is not None
    assert report.severity.criticality == 70
    assert report.rsit == (("malicious-code", "infected-system"),)
    assert report.incident_types[0] == "ransomware"
    assert [item.name for item in report.malware] == ["SampleLocker"]
    assert [(item.name, item.technique_id) for item in report.techniques] == [("Data Encrypted for Impact", "T1486")]
    assert [(item.name, item.aliases) for item in report.actors] == [("Sample Spider", ("SPIDER-1",))]
    assert [item.name for item in report.vulnerabilities] == ["CVE-2024-3400"]


def test_to_ids_and_category_say_whose_a_value_is() -> None:
    """A destination of the malware is the adversary's; an infected source, targeting data and recipients the victim's."""
    observables = by_value(event())
    assert observables["198.51.100.40"].as_indicator
    assert (observables["198.51.100.41"].role, observables["198.51.100.41"].as_indicator) == (Role.VICTIM, False)
    assert observables["staff@klinik-rekaan.example"].role is Role.VICTIM
    assert {victim.name for victim in event().victims} == {"Klinik Rekaan", "Klinik Kedua"}
    assert event().victims[0].sectors == ("healthcare",)


def test_a_file_object_is_one_file() -> None:
    """Name, both hashes and size; the strongest hash is its value."""
    file = by_value(event())["2" * 64].file
    assert file is not None
    assert (file.name, dict(file.hashes), file.size) == ("invoice.exe", {"MD5": "1" * 32, "SHA-256": "2" * 64}, 4096)


def test_an_attribute_marked_stricter_keeps_its_marking_and_a_deleted_one_is_revoked() -> None:
    """A level below the event's is never taken from an attribute."""
    observables = by_value(event())
    assert observables["c2.example"].tlp == "red"
    assert observables["198.51.100.40"].tlp is None
    assert observables["old.example"].revoked


def test_sightings_are_counted_and_expiry_ends_validity() -> None:
    """Types 0 and 2; type 1 revokes."""
    report = event()
    (sighting,) = report.sightings
    assert (sighting.target, sighting.count) == ("ipv4-addr 198.51.100.40", 2)
    assert by_value(report)["198.51.100.40"].valid_until is not None
    attribute = {"type": "domain", "to_ids": True, "value": "fine.example", "Sighting": [{"type": "1"}]}
    assert by_value(event(Attribute=[attribute]))["fine.example"].revoked


def test_a_rule_keeps_its_language() -> None:
    """What is YARA stays YARA."""
    (rule,) = [item for item in event().observables if item.type is ObservableType.PATTERN]
    assert (rule.pattern_type, rule.pattern) == ("yara", "rule sample { condition: true }")


def test_what_cannot_be_used_is_named_with_path_and_reason() -> None:
    """An impossible address, an unknown type, an unknown tag, a proposal, who wrote it; and nothing of it is kept."""
    rows = {(row.place, row.key): row.reason for row in event().unused}
    assert "an IPv4 or IPv6 address" in rows["Attribute[8]", "ip-dst"]
    assert "no counterpart" in rows["Attribute[9]", "gene"]
    assert "no meaning" in rows["Event", "Tag"]
    assert "nobody accepted" in rows["Event", "ShadowAttribute.value"]
    assert "stays at the CERT" in rows["Event", "event_creator_email"]


def test_a_public_resolver_is_held() -> None:
    """MISP's own warning lists are not always switched on."""
    assert "resolver" in (by_value(event())["8.8.8.8"].hold_reason or "")


def test_an_event_for_its_own_organisation_only_never_leaves() -> None:
    """Distribution 0, and the officer is told."""
    report = event(distribution="0")
    assert report.consent is Consent.NONE
    assert any("nothing leaves" in warning for warning in report.warnings)


def test_every_wrapping_of_events_is_read() -> None:
    """One event, a response, a list, bare, one a line."""
    wrapped = json.loads(FIXTURE.read_bytes())
    event_content = wrapped["Event"]
    for data in (wrapped, {"response": [wrapped]}, [wrapped], event_content, {"response": wrapped}):
        report = only_report(data)
        assert report.title == "Ransomware wave against clinics"
    lines = (json.dumps(wrapped) + "\n") * 2
    assert len(list(read_reports(lines.encode()))) == 2


def test_attributes_without_an_event_are_a_watch_list() -> None:
    """No incident is made up."""
    report = only_report(b'{"response": {"Attribute": [{"type": "domain", "value": "a.example", "to_ids": true}]}}')
    assert report.kind is ReportKind.WATCH
    assert by_value(report)["a.example"].as_indicator


def test_an_event_without_title_is_refused_and_the_next_is_read() -> None:
    """With the event's id, so that it can be found."""
    good = json.loads(FIXTURE.read_bytes())
    bad = {"Event": {"uuid": "x-1", "date": "2026-01-01", "threat_level_id": "1"}}
    first, second = read_reports(json.dumps([bad, good]).encode())
    assert isinstance(first, RowError)
    assert (first.key, first.report_id) == ("info", "x-1")
    assert isinstance(second, Report)


def test_a_distribution_that_is_no_text_counts_as_the_narrowest_and_costs_no_event() -> None:
    """A list in its place made the whole event an error."""
    attribute = {"type": "ip-dst", "category": "Network activity", "value": "203.0.113.9", "to_ids": True}
    report = event(Attribute=[attribute | {"distribution": ["1"]}, attribute | {"value": "203.0.113.10"}])
    observables = by_value(report)
    assert (observables["203.0.113.9"].tlp, observables["203.0.113.10"].tlp) == ("red", None)
    assert any(row.key == "distribution" for row in report.unused)
