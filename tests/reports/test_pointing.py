"""An indicator of the form says what it points to, by a name of the same report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hub.release.policy import Audience
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.reports.losses import RowError
from hub.reports.read import Report, read_reports
from tests.reports.making_reports import NOW, a_member

FORM = {
    "report_id": "X-1", "title": "Two families in one network", "incident_class": "malicious-code",
    "incident_type": "infected-system", "status": "open", "determination": "confirmed", "tlp": "green", "country": "MY",
    "victim_sector": "financial-services", "consent": "sector-only", "detected_at": "2026-03-01",
    "malware": "Akira;Emotet", "tool": "AnyDesk", "actor": "Sample Spider", "attack_techniques": "T1071.001",
    "cves": "CVE-2024-3400",
}  # fmt: skip


def read(indicators: Any) -> Report | RowError:
    (reading,) = read_reports(json.dumps(FORM | {"indicators": indicators}).encode(), name="x.json")
    return reading


def links(objects: Sequence[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    """(pattern, kind, name) of each relationship from an indicator to something with a name."""
    by_id = {item["id"]: item for item in objects}
    return {
        (by_id[item["source_ref"]]["pattern"], item["relationship_type"], by_id[item["target_ref"]]["name"])
        for item in objects
        if item["type"] == "relationship"
        and item["source_ref"].startswith("indicator--")
        and "name" in by_id.get(item["target_ref"], {})
    }


POINTING = (
    "ip:203.0.113.9 -> akira, T1071.001; url:http://evil.example/a?b=1>2 → AnyDesk; domain:c2.example -> Sample Spider"
)
POINTED = {
    ("[ipv4-addr:value = '203.0.113.9']", "indicates", "Akira"),
    ("[ipv4-addr:value = '203.0.113.9']", "indicates", "Web Protocols"),
    ("[url:value = 'http://evil.example/a?b=1>2']", "indicates", "AnyDesk"),
    ("[domain-name:value = 'c2.example']", "indicates", "Sample Spider"),
}


def test_each_indicator_points_to_what_the_form_says() -> None:
    """Malware, tool, actor and technique, of which one value may have several."""
    report = read(POINTING)
    assert isinstance(report, Report)
    assert links(render(report, a_member(), now=NOW).contents) == POINTED


def test_what_an_indicator_points_to_leaves_with_it() -> None:
    """The release step keeps the links whose ends leave: a name that an officer has to see first is not among them."""
    report = read(POINTING)
    assert isinstance(report, Report)
    record = render(report, a_member(), now=NOW)
    released = release(record, report, a_member(), Audience("7f0c7a0e-0000-4000-8000-0000000000f1"), now=NOW)
    assert isinstance(released, Released)
    released_links = links(released.contents)
    assert released_links < POINTED
    assert {name for _, _, name in released_links} >= {"Akira", "AnyDesk", "Web Protocols"}


def test_yaml_and_json_may_say_it_in_the_mapping_of_an_indicator() -> None:
    """As text or list."""
    for names in ("Akira, T1071.001", ["Akira", "T1071.001"]):
        report = read([{"type": "ip", "value": "203.0.113.9", "indicates": names}])
        assert isinstance(report, Report)
        assert links(render(report, a_member(), now=NOW).contents) == {
            line for line in POINTED if "203.0.113.9" in line[0]
        }


def test_a_weakness_is_related_and_not_indicated() -> None:
    """STIX 2.1 does not let an indicator indicate a vulnerability."""
    report = read("ip:203.0.113.9 -> CVE-2024-3400")
    assert isinstance(report, Report)
    assert {(kind, name) for _, kind, name in links(render(report, a_member(), now=NOW).contents)} == {
        ("related-to", "CVE-2024-3400")
    }


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        ("ip:203.0.113.9 -> Akyra", "(not Akyra)"),
        ("ip:203.0.113.9@victim -> Akira", "only an indicator points to something"),
    ],
)
def test_a_name_that_the_report_does_not_have_is_an_error_of_its_row(indicator: str, expected: str) -> None:
    """A misspelt family would else be a new one."""
    problem = read(indicator)
    assert isinstance(problem, RowError)
    assert problem.key == "indicators"
    assert expected in problem.expected
