"""What an officer decides on the command line is confirmed, shown afterwards, and can be undone by what is shown."""

from __future__ import annotations

from pathlib import Path

from hub.release.policy import text_key
from tests.producer.offices import Region, sheet

TITLE = "Trojan in the archive"


def test_an_approval_is_confirmed_shown_and_taken_back(region: Region, tmp_path: Path) -> None:
    """A wrong key is an error that lists the right ones; without --yes nothing is decided."""
    office = region.offices["LA"]
    row = {"report_id": "LA-9", "country": "LA", "title": TITLE, "indicators": "ip:203.0.113.95"}
    file, key = sheet(tmp_path / "a.csv", row), text_key(TITLE)
    publish = ("publish", file, "--to", "la")
    wrong = office.hub(*publish, "--yes", "--approve", "deadbeefdeadbeef", "--officer", "Noy", code=3)
    assert key in wrong.stderr
    assert region.objects_in("la") == [] or TITLE not in str(region.objects_in("la"))
    decide = ("--approve", key, "--officer", "Noy")
    assert "nothing was done" in office.hub(*publish, *decide, code=3).stderr
    assert TITLE not in str(region.objects_in("la"))
    done = office.hub(*publish, "--yes", *decide)
    assert f"LA-9: incident.name leaves, approved by Noy, until --disapprove {key}." in done.stderr
    assert TITLE in str(region.objects_in("la"))
    shown = " ".join(office.hub(*publish, "--preview").stdout.split())
    assert f"approved by an officer: incident.name {key}; --disapprove KEY" in shown
    second_result = office.hub(*publish, "--yes", "--disapprove", key, "--officer", "Noy")
    assert f"LA-9: incident.name stays, as Noy decided ({key})." in second_result.stderr
    assert key not in office.hub(*publish, "--preview").stdout.partition("LEAVES")[2].partition("STAYS")[0]
