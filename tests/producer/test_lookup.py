"""`hub lookup` and `lookup` in Python: what the page for looking values up finds."""

from __future__ import annotations

import json

import pytest

from hub.cli.lookup import lookup_lines
from hub.producer.api import connect
from tests.producer.offices import Region, sheet
from tests.producer.running import QUICK


@pytest.fixture(scope="module")
def incident(region: Region, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Indonesia has published a report with an address to all members; the id of its incident."""
    columns = {"report_id": "ID-LOOK-1", "country": "ID", "indicators": "domain:look.attacker.example"}
    path = sheet(tmp_path_factory.mktemp("look") / "reports.csv", columns)
    region.offices["ID"].hub("publish", path, "--to", "alerts", "--yes")
    board = json.loads(region.offices["SG"].hub("board", "--json").stdout)
    (identifier,) = [row["incident"] for row in board["incidents"] if row["reported_by"] == "ID"]
    return str(identifier)


def test_the_command_prints_what_mentions_a_value(region: Region, incident: str) -> None:
    """By whom, since when, and in which incident; and which values nothing mentions."""
    output = region.offices["SG"].hub("lookup", "look[.]attacker[.]example", "nothing.example").stdout
    assert "from ID since 20" in output
    assert f"in {incident}" in output
    assert "nothing mentions: nothing.example" in output


def test_python_and_json_agree(region: Region, incident: str) -> None:
    """Values may be in a list of any length; a value with blanks in it is one."""
    office = region.offices["SG"]
    values = ["look.attacker.example", "Lazarus Group", *(f"n{n}.example" for n in range(1100))]
    with connect(office.url, key=office.key, patience=QUICK) as asean:
        answer = asean.lookup(*values)
    printed = json.loads(office.hub("lookup", "-", "--json", answer="\n".join(values)).stdout)
    assert printed == answer
    assert {mention["value"] for mention in answer["found"]} == {"look.attacker.example"}
    assert incident in {row["id"] for mention in answer["found"] for row in mention["incidents"]}
    assert answer["missing"] == values[1:]
    assert answer["whole"] is True


def test_a_look_up_without_a_value_is_an_error(region: Region) -> None:
    """Before anything is sent."""
    done = region.offices["SG"].hub("lookup", "-", answer=" \n", code=3)
    assert "give some" in done.stderr


def test_what_members_wrote_stays_on_its_line() -> None:
    """A name with a line break in it makes no line of its own."""
    mention = {
        "value": "x.example",
        "id": "indicator--1",
        "type": "indicator",
        "name": "two\nlines",
        "by": "",
        "relayed_by": "ID",
        "since": "",
        "collection": "Shared",
        "exercise": True,
        "revoked": True,
        "incidents": [{"id": "incident--1", "name": "a\x1b[2Jb"}],
    }
    assert list(lookup_lines({"found": [mention], "missing": [], "whole": False})) == [
        "x.example",
        "  EXERCISE  indicator two lines (withdrawn)",
        "    relayed by ID, Shared, indicator--1",
        "    in incident--1 a [2Jb",
        "there may be more: look up fewer values, or again in a minute",
    ]
