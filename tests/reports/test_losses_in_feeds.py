"""What feeds of IntelMQ and reports in X-ARF say in other words than the newest: it is read, or named with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.reports.observables import Role
from hub.reports.read import Report, RowError, read_reports
from tests.reports.reading_reports import FIXTURES, by_value, only_report, report_of
from tests.reports.specimens import HIERARCHICAL

# --- IntelMQ --------------------------------------------------------------------------------------------------------


def test_hierarchical_and_underscored_intelmq_events_are_the_dotted_one() -> None:
    """Its hierarchical output, and the names that databases give the columns."""
    dotted = {
        "feed.name": "honeynet", "feed.accuracy": 90.0, "time.source": "2026-03-01T03:12:44+00:00",
        "classification.type": "c2-server", "classification.identifier": "samplebot", "source.ip": "203.0.113.9",
        "source.port": 8443, "source.geolocation.cc": "VN", "malware.hash.md5": "1" * 32, "protocol.transport": "tcp",
        "protocol.application": "https",
    }  # fmt: skip
    underscored = {key.replace(".", "_"): value for key, value in dotted.items()}
    reports = [report_of(event) for event in (dotted, underscored, HIERARCHICAL)]
    assert all(report.source_format == "intelmq" for report in reports)
    assert reports[0].observables == reports[1].observables == reports[2].observables
    assert set(by_value(reports[0])) == {"203.0.113.9", "tcp/https > 203.0.113.9:8443", "1" * 32}
    assert [item.name for item in reports[2].malware] == ["samplebot"]


@pytest.mark.parametrize(
    ("older", "rsit_type", "role"),
    [
        ("vulnerable service", "vulnerable-system", Role.VICTIM),
        ("vulnerable client", "vulnerable-system", Role.VICTIM),
        ("unknown", "undetermined", Role.UNKNOWN),
        ("unauthorized-login", "unprivileged-account-compromise", Role.VICTIM),
        ("unauthorized-command", "application-compromise", Role.VICTIM),
        ("dga domain", "other", Role.ADVERSARY),
        ("c2server", "c2-server", Role.ADVERSARY),
        ("ids alert", "ids-alert", Role.ADVERSARY),
        ("defacement", "unauthorised-information-modification", Role.VICTIM),
        ("leak", "data-leak", Role.VICTIM),
        ("dropzone", "other", Role.UNKNOWN),
        ("backdoor", "system-compromise", Role.VICTIM),
        ("botnet drone", "infected-system", Role.VICTIM),
        ("ransomware", "infected-system", Role.VICTIM),
    ],
)
def test_older_types_are_read_as_intelmq_maps_them(older: str, rsit_type: str, role: Role) -> None:
    """Archives hold events of ten years."""
    report = report_of({"classification.type": older, "source.ip": "198.51.100.7"})
    assert report.rsit[0][1] == rsit_type
    assert by_value(report)["198.51.100.7"].role is role


@pytest.mark.parametrize("kind", ["malware", "ransomware"])
def test_a_page_of_malware_is_an_indicator_and_no_infected_system(kind: str) -> None:
    """An infected system has an address; a page serves the malware."""
    report = report_of({"classification.type": kind, "source.url": "http://drop.example/a.exe"})
    assert report.rsit == (("malicious-code", "malware-distribution"),)
    assert by_value(report)["http://drop.example/a.exe"].as_indicator


def test_description_page_and_family_of_an_event_come_with_its_indicator() -> None:
    """The identifier is the family where no other is named, but not where it speaks of a sinkhole."""
    event = {
        "classification.type": "malware-distribution", "classification.identifier": "sampleloader",
        "source.url": "http://drop.example/a", "event_description.text": "Loader, epoch 4",
        "event_description.url": "https://tracker.example/1",
    }  # fmt: skip
    item = by_value(report_of(event))["http://drop.example/a"]
    assert (item.malware, item.description) == ("sampleloader", "Loader, epoch 4")
    assert [reference.url for reference in item.references] == ["https://tracker.example/1"]
    infected = {
        "classification.type": "infected-system",
        "classification.identifier": "x-sinkhole",
        "source.ip": "192.0.2.1",
    }
    assert report_of(infected).malware == ()


def test_different_values_of_one_key_are_named_each() -> None:
    """Equal ones are counted; seven different ones are seven rows."""
    lines = [
        {"classification.type": "c2-server", "source.ip": "198.51.100.7", "source.registry": text}
        for text in ("a", "b", "a", "c")
    ]
    report = only_report("\n".join(map(json.dumps, lines)).encode())
    assert [(row.value, row.count) for row in report.unused if row.key == "source.registry"] == [
        ("a", 2),
        ("b", 1),
        ("c", 1),
    ]


# --- X-ARF ----------------------------------------------------------------------------------------------------------


def xarf_3(report_type: str, report_class: str = "Activity", **fields: Any) -> dict[str, Any]:
    info = {"ReporterOrg": "Example CERT", "ReporterOrgDomain": "cert.example", "ReporterOrgEmail": "a@cert.example"}
    report = {"ReportClass": report_class, "ReportType": report_type, "Date": "2026-03-01T06:05:33Z"}
    return {
        "Version": "3",
        "ReporterInfo": info,
        "Disclosure": True,
        "Report": report | {"SourceIp": "198.51.100.7"} | fields,
    }


@pytest.mark.parametrize(
    ("report_type", "report_class", "rsit_type", "role"),
    [
        ("PortScan", "Activity", "scanner", Role.ADVERSARY),
        ("Login-Attack", "Activity", "brute-force", Role.ADVERSARY),
        ("DDoS", "Activity", "ddos", Role.ADVERSARY),
        ("Exploit", "Activity", "ids-alert", Role.ADVERSARY),
        ("WebCrawler", "Activity", "other", Role.UNKNOWN),
        ("Spam", "Activity", "spam", Role.ADVERSARY),
        ("Harassment", "Activity", "harmful-speech", Role.UNKNOWN),
        ("Malware", "Activity", "infected-system", Role.VICTIM),
        ("Malware", "Content", "malware-distribution", Role.ADVERSARY),
        ("Phishing", "Content", "phishing", Role.ADVERSARY),
        ("Fraud", "Content", "masquerade", Role.ADVERSARY),
        ("Trademark", "Content", "masquerade", Role.ADVERSARY),
        ("Botnet", "Content", "infected-system", Role.VICTIM),
        ("Copyright", "Content", "copyright", Role.UNKNOWN),
        ("OpenService", "Vulnerability", "potentially-unwanted-accessible", Role.VICTIM),
        ("PotentiallyCompromisedAccount", "Activity", "unprivileged-account-compromise", Role.VICTIM),
    ],
)
def test_each_type_of_x_arf_3_is_read(report_type: str, report_class: str, rsit_type: str, role: Role) -> None:
    """Its own schemas' words, in any spelling."""
    report = report_of(xarf_3(report_type, report_class))
    assert report.rsit[0][1] == rsit_type
    assert by_value(report)["198.51.100.7"].role is role


def test_fields_of_x_arf_3_arrive() -> None:
    """An account that was taken over is the victim's, its attacker the adversary; the complainant is a contact."""
    value = xarf_3(
        "PotentiallyCompromisedAccount",
        Account={"AccountEmail": "me@klinik.example"},
        AttackerIp="203.0.113.9",
        CVE="CVE-2024-3400",
        CVSS={"Score": 9.8},
        ReporterNotes="Seen twice",
        Custom={"shelf": "7"},
    )
    value["OnBehalfOf"] = {"ComplainantOrg": "Klinik Rekaan", "ComplainantContactName": "Siti"}
    report = report_of(value)
    assert by_value(report)["203.0.113.9"].as_indicator
    assert report.victims[0].accounts == ("me@klinik.example",)
    assert [(item.name, item.score) for item in report.vulnerabilities] == [("CVE-2024-3400", 9.8)]
    assert ("Klinik Rekaan", "Siti") in {(contact.organisation, contact.name) for contact in report.contacts}
    assert [note.text for note in report.notes] == ["Seen twice"]
    assert [row.value for row in report.unused if row.key == "custom.shelf"] == ["7"]


@pytest.mark.parametrize("date", ["Sun, 01 Mar 2026 13:05:33 +0700", "1 Mar 2026 06:05:33 GMT"])
def test_dates_of_mails_are_read(date: str) -> None:
    """RFC 5322, as older senders write them."""
    report = report_of(xarf_3("PortScan", Date=date))
    assert report.timeline.written is not None
    assert report.timeline.written.stix() == "2026-03-01T06:05:33.000Z"


def test_one_odd_field_does_not_refuse_an_x_arf_4_report() -> None:
    """A tag without a namespace: the officer is told which field, and the rest is read."""
    value = json.loads((FIXTURES / "xarf_v4.json").read_bytes()) | {"tags": ["suspicious_popup"]}
    report = report_of(value)
    assert by_value(report)["http://secure-login.example/auth"].as_indicator
    assert any(sentence.startswith("tags.0 does not follow X-ARF 4") for sentence in report.warnings)


@pytest.mark.parametrize(("key", "value"), [("timestamp", "yesterday"), ("type", "no-such-type"), ("category", "x")])
def test_what_an_x_arf_4_report_cannot_do_without_is_named(key: str, value: str) -> None:
    """The field, and what stood there."""
    good = json.loads((FIXTURES / "xarf_v4.json").read_bytes())
    (error,) = read_reports(json.dumps(good | {key: value}).encode())
    assert isinstance(error, RowError)
    assert (error.key, error.value) in {(key, value), ("type", good["type"])}


# --- The form -------------------------------------------------------------------------------------------------------


def test_what_x_arf_3_says_twice_or_in_a_mapping_is_named() -> None:
    """Of two addresses one is the source, and the other is in the table; so are keys that no version has."""
    report = report_of_x_arf(
        {"Source": {"IP": "203.0.113.77", "FQDN": "pc7.example"}, "SourceIp": "203.0.113.9", "CVSS": {"Score": 7.7}}
    )
    assert [item.value for item in report.observables if item.role is Role.ADVERSARY] == ["203.0.113.77"]
    assert {(item.key, item.value) for item in report.unused} >= {
        ("Report.SourceIp", "203.0.113.9"), ("Report.Source.FQDN", "pc7.example"), ("cvss_score", "7.7"),
    }  # fmt: skip


def test_what_x_arf_3_has_in_place_of_a_mapping_is_named() -> None:
    """An address as the source, and in a list a reporter who reports for another."""
    report = report_of_x_arf({"SourceIp": "203.0.113.9", "Source": "203.0.113.77", "Account": [1]})
    assert {(item.key, item.value) for item in report.unused} >= {
        ("Report.Source", "203.0.113.77"),
        ("Report.Account", "1"),
    }


def report_of_x_arf(fields: dict[str, Any]) -> Report:
    party = {"ReporterOrg": "R", "ReporterOrgDomain": "r.example", "ReporterOrgEmail": "a@r.example"}
    content = {"ReportClass": "Activity", "ReportType": "PortScan", "Date": "2026-03-01T06:05:33Z", **fields}
    document = {"Version": "3", "ReporterInfo": party, "Disclosure": True, "Report": content}
    return only_report(document, name="x.json")
