"""What an officer writes in a request, an acknowledgement, an answer or a note by hand names nobody whom the CERT protects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from hub.errors import ReleaseError
from hub.producer.standing import check_text, check_unreleased_stix
from tests.producer.offices import declared
from tests.reports.making_reports import IDENTITY

DENY: Final = """
[deny]
names = ["Bank Sejahtera Berhad"]
domains = ["sejahtera.example"]
ip_ranges = ["198.51.100.0/24"]
"""
VICTIM: Final = {"type": "identity", "id": "identity--1", "name": "Klinik Kenari", "identity_class": "organization"}
CLASS: Final = {"type": "identity", "id": "identity--2", "name": "Healthcare organisations", "identity_class": "class"}
OWN: Final = {"type": "identity", "id": IDENTITY, "name": "CERT Nusa", "identity_class": "organization"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A CERT's home with a list, from which a report was published."""
    (tmp_path / "member.toml").write_text(declared("MY", IDENTITY, "CERT Nusa") + DENY, encoding="utf-8")
    imported = tmp_path / "records" / "imported"
    imported.mkdir(parents=True)
    objects = {content["id"]: {"digest": "", "content": content} for content in (VICTIM, CLASS, OWN)}
    (imported / "a.json").write_text(json.dumps({"objects": objects}), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "Take 203.0.113.9 down: it attacks Bank Sejahtera.",
        "See www.sejahtera.example",
        "It connects to 198.51.100.7",
        "The clinic Kenari told us",
        "sejahtera-login.example",
    ],
)
def test_a_text_that_names_somebody_does_not_leave(home: Path, text: str) -> None:
    """A name of the list, or the victim of a report, also in a form that only resembles it."""
    with pytest.raises(ReleaseError, match="take that out"):
        check_text(text, home)


@pytest.mark.parametrize(
    "text", ["", "Take 203.0.113.9 down", "Healthcare organisations are hit", "CERT Nusa asks for logs"]
)
def test_a_text_that_names_nobody_leaves(home: Path, text: str) -> None:
    check_text(text, home)


def test_an_approved_name_leaves_and_a_machine_without_a_home_knows_no_names(home: Path, tmp_path: Path) -> None:
    check_text("The clinic Kenari told us", home, frozenset({"Klinik Kenari"}))
    check_text("The clinic Kenari told us", None)
    check_text("The clinic Kenari told us", tmp_path / "elsewhere")


def test_a_damaged_record_is_named_and_nothing_leaves(home: Path) -> None:
    """It says whose names are to be found: neither a text nor STIX passes without it."""
    record = home / "records" / "imported" / "a.json"
    record.write_text('{"objects": {', encoding="utf-8")
    with pytest.raises(ReleaseError, match="damaged"):
        check_text("Take 203.0.113.9 down", home)
    with pytest.raises(ReleaseError, match=record.name):
        check_unreleased_stix([{"type": "indicator", "id": "indicator--1"}], home)


def test_stix_whose_prose_names_the_victim_of_a_report_does_not_leave(home: Path) -> None:
    """As a note that somebody wrote by hand; an officer may approve the name, and an indicator that resembles it leaves."""
    note = {"type": "note", "id": "note--1", "content": "Klinik Kenari has the key"}
    with pytest.raises(ReleaseError, match="Klinik Kenari"):
        check_unreleased_stix([note], home)
    assert check_unreleased_stix([note], home, {"Klinik Kenari"}) == ["Klinik Kenari"]
    assert (
        check_unreleased_stix([{"type": "indicator", "id": "indicator--1", "name": "kenari-login.example"}], home) == []
    )
    assert check_unreleased_stix([{"type": "note", "id": "note--1", "content": "Healthcare organisations"}], home) == []
