"""IODEF: version 2 and 1 in XML, RFC 8727 in JSON."""

from __future__ import annotations

from hub.reports.impacts import ConfidentialityImpact, EconomicImpact
from hub.reports.observables import ObservableType, Role
from hub.reports.read import Report, RowError, read_reports
from hub.reports.report import Determination, ReportKind, ReportStatus
from tests.reports.reading_reports import FIXTURES, by_value, only_report


def read(name: str) -> list[Report]:
    return [item for item in read_reports(FIXTURES / name) if isinstance(item, Report)]


def test_a_version_2_incident_is_read_whole() -> None:
    """Names, times, restriction, assessment, method, contacts and history."""
    report = read("iodef_v2.xml")[0]
    assert (report.report_id, report.tlp, report.status) == ("cert.example/PH-1", "green", ReportStatus.OPEN)
    assert report.determination is Determination.CONFIRMED
    assert report.confidence == 85
    assert report.detection_methods == ("automated-tool",)
    assert report.rsit == (("intrusions", "system-compromise"),)
    assert 'iodef:category="local-word"' in report.labels
    assert report.timeline.started is not None
    assert report.timeline.started.stix() == "2026-03-01T14:00:00.000Z"
    assert [(item.language, item.text) for item in report.translations] == [("fil", "Mga computer ng klinika.")]
    assert [item.name for item in report.vulnerabilities] == ["CVE-2024-3400"]
    assert [(item.name, item.kind) for item in report.actors] == [("C-7", "campaign")]
    assert report.victims[0].name == "Klinik Rekaan Inc."
    assert report.victims[0].emails == ("it@klinik-rekaan.example",)
    assert [contact.role for contact in report.contacts] == ["creator"]
    assert [(task.task_types, task.description) for task in report.tasks] == [
        (("external-outreach",), "Clinic informed")
    ]
    assert "requested: block-host" in [note.text for note in report.notes]
    breach, cost = report.impacts
    assert isinstance(breach, ConfidentialityImpact)
    assert breach.information_type == "pii"
    assert isinstance(cost, EconomicImpact)
    assert (cost.currency, cost.max_amount) == ("PHP", 250000)


def test_sources_are_the_adversarys_and_targets_the_victims_unless_the_target_is_fraudulent() -> None:
    """In the second flow the clinic talks to a domain of the attacker's: the sides swap. The sensor is dropped."""
    report = read("iodef_v2.xml")[0]
    roles = {value: item.role for value, item in by_value(report).items()}
    assert roles["198.51.100.50"] is Role.ADVERSARY
    assert roles["192.0.2.16"] is Role.VICTIM
    assert roles["c2.example"] is Role.ADVERSARY
    assert roles["192.0.2.45"] is Role.VICTIM
    assert "192.0.2.2" not in roles
    (traffic,) = [item.traffic for item in report.observables if item.traffic]
    assert (traffic.src, traffic.dst, traffic.dst_port, traffic.dst_role) == (
        "198.51.100.50",
        "192.0.2.16",
        80,
        Role.VICTIM,
    )
    assert [(item.target, item.count) for item in report.sightings] == [("ipv4-addr 198.51.100.50", 57)]


def test_indicators_are_read_in_every_form() -> None:
    """A digest in base64, a bulk list, a combination by "and"; stricter restriction stays with the indicator."""
    report = read("iodef_v2.xml")[0]
    file = by_value(report)["11" * 32]
    assert (file.tlp, file.confidence, file.as_indicator) == ("amber", 50, True)
    assert by_value(report)["drop.example"].as_indicator
    (pattern,) = [item for item in report.observables if item.type is ObservableType.PATTERN]
    assert pattern.pattern == "[ipv4-addr:value = '198.51.100.51'] AND [domain-name:value = 'both.example']"
    assert "both.example" not in by_value(report)


def test_records_are_named_as_kept_at_the_cert() -> None:
    """Raw logs are not carried along."""
    reasons = [row.reason for row in read("iodef_v2.xml")[0].unused if row.key.startswith("EventData/Record")]
    assert reasons
    assert set(reasons) == {"stays at the CERT"}


def test_a_watch_list_is_no_incident() -> None:
    """purpose="watch": indicators only, under an id of its own."""
    report = read("iodef_v2.xml")[1]
    assert (report.kind, report.tlp, report.report_id) == (ReportKind.WATCH, "clear", "cert.example/PH-2/watch")
    assert by_value(report)["198.51.100.64/28"].as_indicator


def test_a_version_1_incident_is_read() -> None:
    """Impact instead of SystemImpact, Email as text; an attempt that failed."""
    (report,) = read("iodef_v1.xml")
    assert report.determination is Determination.FAILED_ATTEMPT
    assert report.rsit == (("intrusions", "privileged-account-compromise"),)
    assert report.tlp == "amber+strict"
    assert report.language == "en"
    assert report.impacts == ()
    assert by_value(report)["198.51.100.60"].as_indicator
    assert by_value(report)["192.0.2.16/28"].role is Role.VICTIM
    assert report.contacts[0].emails == ("contact@cert.example",)


def test_an_incident_in_json_is_read_by_the_same_rules() -> None:
    """RFC 8727: systems without a flow, indicators without IndicatorData."""
    (report,) = read("iodef.json")
    assert (report.report_id, report.tlp, report.language) == ("cert.example/J-1", "amber+strict", "en")
    assert report.description == "Mail server abused"
    assert {value: item.role for value, item in by_value(report).items()} == {
        "198.51.100.70": Role.ADVERSARY,
        "198.51.100.71": Role.ADVERSARY,
    }


def test_an_incident_without_id_does_not_lose_the_next() -> None:
    """The error names which incident and which element."""
    body = '<Incident purpose="reporting"/><Incident><IncidentID name="c">2</IncidentID></Incident>'
    first, second = read_reports(f"<IODEF-Document>{body}</IODEF-Document>".encode(), name="i.xml")
    assert isinstance(first, RowError)
    assert (first.place, first.key) == ("Incident[1]", "IncidentID")
    assert isinstance(second, Report)


def test_a_file_cut_in_the_middle_gives_what_was_whole() -> None:
    """Incidents are yielded as they end."""
    data = (FIXTURES / "iodef_v2.xml").read_bytes()
    readings = read_reports(data[: data.index(b"PH-2")], name="cut.xml")
    assert isinstance(next(readings), Report)


RESTRICTED = """<?xml version="1.0"?>
<!DOCTYPE IODEF-Document SYSTEM "http://dtd.example/iodef.dtd">
<IODEF-Document version="2.00" xmlns="urn:ietf:params:xml:ns:iodef-2.0"><Incident purpose="reporting" restriction="green">
<IncidentID name="cert.example">1</IncidentID><GenerationTime>2026-03-01T09:00:00+08:00</GenerationTime>
<Assessment><IncidentCategory>brute-force</IncidentCategory></Assessment>
<Method restriction="red"><Reference><ReferenceName>CVE-2026-1000</ReferenceName></Reference></Method>
<EventData restriction="red"><Method><Reference><ReferenceName>T1110</ReferenceName></Reference></Method></EventData>
<EventData><Flow><System category="source" restriction="amber"><Node><Address>203.0.113.5</Address></Node></System>
<System category="target"><Node><Address>198.51.100.5</Address></Node><Service ip-protocol="6"><Port>22</Port></Service></System>
</Flow></EventData>
<IndicatorData restriction="red"><Indicator><IndicatorID name="a" version="1">x</IndicatorID>
<Observable><DomainData domain-status="reserved"><Name>red.example</Name></DomainData></Observable></Indicator></IndicatorData>
</Incident></IODEF-Document>"""


def test_what_is_restricted_more_than_its_incident_stays_or_keeps_its_level() -> None:
    """Systems and indicators have a level of their own, a connection that of its stricter end; a method has none."""
    report = only_report(RESTRICTED.encode())
    levels = {item.value: item.tlp for item in report.observables}
    assert levels == {
        "203.0.113.5": "amber",
        "198.51.100.5": None,
        "tcp 203.0.113.5:* > 198.51.100.5:22": "amber",
        "red.example": "red",
    }
    assert (report.vulnerabilities, report.techniques, report.tlp) == ((), (), "green")
    assert {"CVE-2026-1000", "T1110"} <= {row.value for row in report.unused}


def test_attributes_that_nothing_reads_are_named() -> None:
    """Also of elements that are read."""
    report = only_report(RESTRICTED.encode())
    keys = {row.key: row.value for row in report.unused}
    assert keys["IndicatorData/Indicator/Observable/DomainData@domain-status"] == "reserved"
