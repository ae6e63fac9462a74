"""Words of a report that say of the source of an attack that it is an infected or hacked machine, in each format that has them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from hub.reports.observables import Role
from tests.reports.reading_reports import only_report

HOST = "198.51.100.5"
IODEF = (
    '<?xml version="1.0"?><IODEF-Document version="2.00" xmlns="urn:ietf:params:xml:ns:iodef-2.0" xml:lang="en">'
    '<Incident purpose="reporting" restriction="green"><IncidentID name="csirt.example">1</IncidentID>'
    "<GenerationTime>2026-03-01T00:00:00Z</GenerationTime><Assessment><IncidentCategory>scanner</IncidentCategory></Assessment>"
    '<Contact role="creator" type="organization"><ContactName>CSIRT</ContactName></Contact><EventData><Flow>'
    '<System category="source"><Node><Address category="ipv4-addr">{host}</Address></Node>'
    "<Description>{words}</Description></System></Flow></EventData></Incident></IODEF-Document>"
)


def iodef(words: str) -> bytes:
    return IODEF.format(host=HOST, words=words).encode()


def xarf(words: str) -> bytes:
    party = {"org": "CERT", "contact": "abuse@cert.example", "domain": "cert.example"}
    report = {
        "xarf_version": "4.2.0", "report_id": "550e8400-e29b-41d4-a716-446655440000", "timestamp": "2026-03-01T00:00:00Z",
        "reporter": party, "sender": party, "source_identifier": HOST, "category": "connection", "type": "port_scan",
        "first_seen": "2026-03-01T00:00:00Z", "protocol": "tcp", "description": words,
    }  # fmt: skip
    return json.dumps(report).encode()


def intelmq(words: str) -> bytes:
    line = {"classification.type": "scanner", "time.source": "2026-03-01T00:00:00+00:00", "source.ip": HOST}
    return json.dumps({**line, "comment": words}).encode()


@pytest.mark.parametrize(("format_", "source"), [("iodef", iodef), ("xarf", xarf), ("intelmq", intelmq)])
@pytest.mark.parametrize(
    ("words", "hostile"),
    [
        ("infected workstation", False),
        ("komputer terinfeksi", False),
        ("máy chủ bị nhiễm", False),
        ("hacked server", False),
        ("scanner of the attacker", True),
        ("seen at night", True),
    ],
)
def test_words_on_a_source_say_whose_it_is(
    format_: str, source: Callable[[str], bytes], words: str, *, hostile: bool
) -> None:
    """Such a source is held until an officer decides, or is the victim's; it never leaves by itself as the adversary's."""
    report = only_report(source(words), format=format_)
    roles = {item.role for item in report.observables if item.value == HOST}
    assert (roles == {Role.ADVERSARY}) is hostile
