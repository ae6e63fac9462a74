"""Every command of an office, run with --json against a hub: what it prints is JSON, and lists in it are lists."""

from __future__ import annotations

from pathlib import Path

from tests.json_walk import OF_AN_OFFICE, documents, faults
from tests.producer.offices import Office, Region, of_types, sheet


def test_every_command_of_an_office_prints_json(region: Region, tmp_path: Path) -> None:
    """From the first look to the withdrawal; another member answers in between."""
    walked = set()

    def run(office: Office, *words: str | Path, code: int | None = 0, empty: bool = False) -> list[object]:
        out = office.hub(*words, "--json", code=code).stdout
        assert faults(out, empty=empty) == [], words
        walked.add(words[0])
        return documents(out)

    asks, answers = region.offices["MM"], region.offices["TL"]
    key = tmp_path / "key"
    key.write_text(asks.key)
    run(asks, "setup", "--url", asks.url, "--key-file", key)
    run(asks, "doctor", code=None)
    run(asks, "collections")
    row = {"report_id": "MM-1", "country": "MM", "indicators": "ip:203.0.113.51", "victim_sector": "healthcare"}
    file = sheet(tmp_path / "a.csv", row)
    run(asks, "publish", file, "--to", "mm", "--preview")
    run(asks, "publish", file, "--to", "mm", "--yes")
    run(asks, "outbox", empty=True)
    run(asks, "record", "MM-1")
    run(asks, "alert", file, "--yes")
    incident = str(of_types(region.objects_in("alerts"), "incident")[-1]["id"])
    run(answers, "acknowledge", incident)
    run(asks, "ask", incident, "--members", "TL,SG", "--what", "Is it seen?", "--due", "4h")
    run(answers, "answer", incident, "accepted")
    run(answers, "board")
    run(answers, "contacts")
    run(answers, "lookup", "203.0.113.51")
    run(asks, "withdraw", "MM-1", "--yes")
    assert walked == OF_AN_OFFICE
