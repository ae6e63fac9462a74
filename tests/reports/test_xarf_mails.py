"""X-ARF as it is sent: mails with the report attached, in all three versions; and what one observation says of a connection."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import Any

import pytest

from hub.reports.knowledge import Flood
from hub.reports.observables import Role
from hub.reports.read import Report, RowError, detect_format, read_reports
from tests.reports.reading_reports import only_report

YAML = """---
Reported-From: abuse@reporter.example
Category: abuse
Report-Type: login-attack
Service: ssh
Version: 0.2
Date: Fri, 20 Nov 2026 08:15:00 +0700
Source-Type: ipv4
Source: 203.0.113.7
Port: 22
Report-ID: 12345@reporter.example
Attachment: text/plain
Occurrences: 3
TLP: green
Colour: blue
"""
JSON_3 = {
    "Version": "3",
    "ReporterInfo": {"ReporterOrg": "R", "ReporterOrgDomain": "r.example", "ReporterOrgEmail": "a@r.example"},
    "Disclosure": True,
    "Report": {
        "ReportClass": "Activity", "ReportType": "PortScan", "Date": "2026-03-01T06:05:33Z",
        "SourceIp": "203.0.113.9", "SourcePort": 4000, "DestinationPort": 22, "Protocol": "tcp",
    },
}  # fmt: skip
JSON_4: dict[str, Any] = {
    "xarf_version": "4.2.0", "report_id": "3f2b8c1e-5d7a-4e9b-8c3d-2a1b4c5d6e7f", "timestamp": "2026-03-01T06:05:33Z",
    "reporter": {"org": "R", "contact": "a@r.example", "domain": "r.example"},
    "sender": {"org": "R", "contact": "a@r.example", "domain": "r.example"},
    "source_identifier": "203.0.113.9", "source_port": 4000, "category": "connection", "type": "ddos",
    "protocol": "udp", "first_seen": "2026-03-01T06:00:00Z",
}  # fmt: skip


def mail(report: bytes, kind: str = "application/json", name: str = "xarf.json", **headers: str) -> bytes:
    message = EmailMessage()
    for key, value in {"From": "a@r.example", "Subject": "report", "X-XARF": "PLAIN", **headers}.items():
        message[key] = value
    message.set_content("Please look at it.")
    maintype, subtype = kind.split("/")
    message.add_attachment(report, maintype=maintype, subtype=subtype, filename=name)
    message.add_attachment(b"Failed password for root", maintype="text", subtype="plain", filename="auth.log")
    return message.as_bytes()


def report_of(data: bytes) -> Report:
    return only_report(data, name="report.eml")


def test_a_mail_of_version_0_2_is_read() -> None:
    """Its flat YAML, with the level that it says; the port is the one that was attacked."""
    data = mail(YAML.encode(), "text/plain", "report.txt")
    assert detect_format(data) == "xarf"
    report = report_of(data)
    assert (report.report_id, report.tlp, report.rsit[0][1]) == ("12345@reporter.example", "green", "brute-force")
    values = {item.value: item for item in report.observables}
    assert values["203.0.113.7"].as_indicator
    traffic = values["tcp 203.0.113.7:* > *:22"].traffic
    assert traffic is not None
    assert (traffic.src, traffic.src_role, traffic.dst, traffic.dst_port) == ("203.0.113.7", Role.ADVERSARY, None, 22)
    assert [(item.count, item.detail) for item in report.sightings] == [(3, "ssh")]
    assert [note.text for note in report.notes] == ["Please look at it."]
    assert [contact.emails for contact in report.contacts] == [("abuse@reporter.example",)]
    assert {"blue", "auth.log"} <= {row.value for row in report.unused}


@pytest.mark.parametrize(("content", "rsit_type"), [(JSON_3, "scanner"), (JSON_4, "ddos")], ids=["3", "4"])
def test_mails_of_versions_3_and_4_are_read(content: dict[str, Any], rsit_type: str) -> None:
    """JSON as an attachment, in base64."""
    report = report_of(mail(json.dumps(content).encode()))
    assert report.rsit[0][1] == rsit_type
    assert [note.text for note in report.notes] == ["Please look at it."]


def test_a_mail_without_a_report_names_what_is_missing() -> None:
    """With its subject."""
    message = EmailMessage()
    message["Subject"], message["MIME-Version"] = "hello", "1.0"
    message.set_content("no report")
    (error,) = read_reports(message.as_bytes())
    assert isinstance(error, RowError)
    assert (error.value, "X-ARF report" in error.expected) == ("hello", True)


def test_a_report_inside_a_forwarded_mail_is_evidence() -> None:
    """A spam sample may carry a report of somebody else's."""
    inner = EmailMessage()
    inner["Subject"] = "spam"
    inner.set_content("x")
    inner.add_attachment(json.dumps(JSON_3).encode(), maintype="application", subtype="json", filename="xarf.json")
    outer = EmailMessage()
    outer["Subject"], outer["X-XARF"] = "sample", "PLAIN"
    outer.set_content("see the sample")
    outer.add_attachment(inner)
    (error,) = read_reports(outer.as_bytes(), format="xarf")
    assert isinstance(error, RowError)


def test_a_mail_of_child_abuse_material_is_refused() -> None:
    """In every version."""
    (error,) = read_reports(mail(YAML.replace("login-attack", "child-abuse").encode(), "text/plain", "report.txt"))
    assert isinstance(error, RowError)
    assert "national hotline" in error.expected


@pytest.mark.parametrize(
    ("tags", "level"),
    [({"tags": ["tlp:red", "tlp:green"]}, "red"), ({"tags": ["tlp:puce"]}, "amber+strict"), ({}, "amber+strict")],
)
def test_the_level_that_tags_say_counts(tags: dict[str, Any], level: str) -> None:
    """The strictest; one that is not understood is not passed over."""
    assert report_of(json.dumps(JSON_4 | tags).encode()).tlp == level


def test_a_flood_arrives_with_its_kind_and_rates() -> None:
    """And an attack vector that is not known is named."""
    rates = {"peak_bps": 1_200_000_000, "peak_pps": 250_000, "duration_seconds": 2_700}
    report = report_of(json.dumps(JSON_4 | rates | {"attack_vector": "udp_flood"}).encode())
    assert report.flood == Flood(("udp-flood",), 1_200_000_000, 250_000, None, 2_700)
    report = report_of(json.dumps(JSON_4 | {"attack_vector": "of a kind of our own"}).encode())
    assert "of a kind of our own" in {row.value for row in report.unused}


def test_the_ports_of_an_infected_host_are_named() -> None:
    """They are of no connection of the adversary's."""
    value = JSON_4 | {"category": "infrastructure", "type": "botnet"}
    report = report_of(json.dumps(value).encode())
    assert "4000" in {row.value for row in report.unused if row.key == "source_port"}


def mbox(*mails: bytes) -> bytes:
    """An mbox file, as mail programs export a folder: a line that begins with From is quoted in a mail."""
    return b"".join(
        b"From a@r.example Fri Nov 20 08:15:00 2026\n" + item.replace(b"\nFrom ", b"\n>From ") + b"\n" for item in mails
    )


def test_an_mbox_file_is_read_mail_by_mail() -> None:
    """Each report is one observation; a mail without one is named, and costs no other."""
    first, second = (mail(json.dumps(JSON_4 | {"source_identifier": f"203.0.113.{end}"}).encode()) for end in (21, 22))
    plain = EmailMessage()
    plain["Subject"], plain["From"], plain["Message-ID"] = "Lunch", "b@r.example", "<1@r.example>"
    plain.set_content("Before.\n\nFrom here on we are late.\n")
    readings = list(read_reports(b"\n\n" + mbox(first, plain.as_bytes(), second), name="folder.mbox"))
    reports = [item for item in readings if isinstance(item, Report)]
    values = {observable.value for report in reports for observable in report.observables}
    assert {"203.0.113.21", "203.0.113.22"} <= values
    assert [(item.place, item.value) for item in readings if isinstance(item, RowError)] == [("mail 2", "Lunch")]


def test_a_mail_may_hold_several_reports() -> None:
    """The second is no evidence of the first."""
    message = EmailMessage()
    for key, value in {"From": "a@r.example", "Subject": "reports", "X-XARF": "BULK"}.items():
        message[key] = value
    message.set_content("Two of them.")
    for end in (31, 32):
        report = json.dumps(JSON_4 | {"source_identifier": f"203.0.113.{end}"}).encode()
        message.add_attachment(report, maintype="application", subtype="json", filename=f"{end}.json")
    reports = [item for item in read_reports(message.as_bytes(), name="x.eml") if isinstance(item, Report)]
    values = {observable.value for report in reports for observable in report.observables}
    assert {"203.0.113.31", "203.0.113.32"} <= values
