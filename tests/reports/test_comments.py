"""What a comment says about a host, in the languages of the region, decides whose the value is."""

from __future__ import annotations

import pytest

from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading import roles
from tests.reports.making_reports import seen
from tests.reports.reading_reports import only_report


@pytest.mark.parametrize(
    "comment",
    ["victim mail server", "our customer, patched", "exposed RDP of a company", "terjangkit", "mangsa", "Server KORBAN",
     "เหยื่อ", "nạn nhân", "máy bị tấn công", "biktima", "受害主机", "ជនរងគ្រោះ"],
)  # fmt: skip
def test_a_comment_that_names_a_victim_makes_the_value_the_victims(comment: str) -> None:
    """The person who wrote the note knew whose the host is; a flag for detection does not change that."""
    item = _commented("ip-dst", "203.0.113.9", comment)
    assert (item.role, item.as_indicator) == (Role.VICTIM, False)
    assert "comment" in item.evidence


@pytest.mark.parametrize(
    "comment",
    ["compromised host, clinic", "webshell on hacked site", "situs diretas", "laman digodam", "ถูกแฮก", "bị hack"],
)
def test_a_comment_that_names_a_compromise_makes_the_value_a_third_partys(comment: str) -> None:
    """A hacked host is worth blocking, and somebody's: an officer decides."""
    item = _commented("url", "http://shop.example/x.php", comment)
    assert item.role is Role.THIRD_PARTY
    assert "comment" in item.evidence


@pytest.mark.parametrize("comment", ["C2 panel", "seen in March", "hackedemia campaign", ""])
def test_a_comment_without_such_a_word_changes_nothing(comment: str) -> None:
    """Words are compared as a whole."""
    assert _commented("ip-dst", "203.0.113.9", comment).role is Role.ADVERSARY


def test_a_comment_on_two_hosts_makes_the_value_nobodys_and_one_on_a_file_changes_nothing() -> None:
    """What the victim called may be the adversary's; malware stays malware, whomever it infected."""
    assert _commented("ip-dst", "203.0.113.9", "C2 called by the victim").role is Role.UNKNOWN
    assert _commented("md5", "0" * 31 + "1", "found on the infected server").role is Role.ADVERSARY


def _commented(kind: str, value: str, comment: str) -> Observable:
    attribute = {"type": kind, "value": value, "category": "Payload delivery", "to_ids": True, "comment": comment}
    report = only_report({"Event": {"info": "x", "uuid": "a", "Attribute": [attribute]}})
    return report.observables[0]


@pytest.mark.parametrize("comments", [("infected workstation", "beacon to the C2"), ("called the C2", "victim")])
def test_what_one_comment_says_of_a_value_another_takes_not_back(comments: tuple[str, str]) -> None:
    """Two mentions of an address, and the comments on an object and its attribute: an address of a victim is searched for."""
    first, second = comments
    mention = {"type": "ip-dst", "value": "203.0.113.9", "category": "Network activity", "to_ids": True}
    inside = {**mention, "object_relation": "ip", "comment": second}
    for content in (
        {"Attribute": [{**mention, "comment": first}, {**mention, "comment": second}]},
        {"Object": [{"name": "ip-port", "comment": first, "Attribute": [inside]}]},
    ):
        report = only_report({"Event": {"info": "x", "uuid": "a", **content}})
        assert [(item.role, item.as_indicator) for item in report.observables] == [(Role.VICTIM, False)]


def test_the_comment_of_a_feeds_line_is_read_beside_its_description() -> None:
    line = {
        "classification.type": "c2-server", "source.ip": "203.0.113.9", "event_description.text": "C2 callback",
        "comment": "victim", "time.source": "2026-03-01T00:00:00+00:00",
    }  # fmt: skip
    report = only_report(line, format="intelmq")
    assert [item.role for item in report.observables] == [Role.VICTIM]


@pytest.mark.parametrize(
    ("comment", "role"),
    [
        ("target", Role.VICTIM),
        ("Target:", Role.VICTIM),
        ("sasaran", Role.VICTIM),
        ("the target of the attack", Role.VICTIM),
        ("phishing page that targets customers", Role.ADVERSARY),
    ],
)
def test_a_comment_that_calls_a_host_the_target_makes_it_a_victims(comment: str, role: Role) -> None:
    assert roles.apply_comment(seen(ObservableType.DOMAIN, "portal.example", description=comment)).role is role
