"""The duty officer at the terminal: preview, ask, approve, and what stays."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import hub
from hub.home.member import load_member
from hub.producer.audience import audience_of
from hub.producer.releasing import Release, release_report
from hub.release.policy import Approvals
from hub.reports.read import Report
from tests.producer.offices import Region, client_of, of_types, release_records, sheet

NOW: Final = datetime(2026, 5, 5, tzinfo=UTC)
LURE: Final = "balai-rekaan-masuk.example"  # the adversary's, with the victim's name in it


def test_a_preview_shows_both_sides_and_sends_and_keeps_nothing(region: Region, tmp_path: Path) -> None:
    """What stays is beside what leaves; the hub gets nothing, the home no record and no outbox."""
    office = region.offices["PH"]
    file = sheet(tmp_path / "a.csv", {"report_id": "PH-1", "country": "PH", "indicators": "ip:203.0.113.81"})
    before = len(region.objects_in("ph"))
    shown = office.hub("publish", file, "--to", "ph", "--preview").stdout
    assert "Balai Rekaan Utama" in shown
    assert "203.0.113.81" in shown
    assert len(region.objects_in("ph")) == before
    assert not release_records(office)
    assert not (office.home / "outbox").exists()


def test_the_first_release_asks_and_no_means_no(region: Region, tmp_path: Path) -> None:
    """N sends and keeps nothing and ends with 3; y sends; the second release of the same report does not ask."""
    office = region.offices["PH"]
    file = sheet(tmp_path / "a.csv", {"report_id": "PH-2", "country": "PH", "indicators": "ip:203.0.113.82"})
    done = office.hub("publish", file, "--to", "ph", answer="\n", code=3)
    assert "Send it? [y/N]" in done.stderr
    assert "Nothing was sent" in done.stderr
    assert not release_records(office)
    assert not of_types(region.objects_in("ph"), "incident")
    office.hub("publish", file, "--to", "ph", answer="y\n")
    assert len(of_types(region.objects_in("ph"), "incident")) == 1
    again = office.hub("publish", file, "--to", "ph", answer="")
    assert "Send it?" not in again.stderr
    assert len(of_types(region.objects_in("ph"), "incident")) == 1


def test_without_a_terminal_nothing_leaves_for_the_first_time_unless_yes_is_said(
    region: Region, tmp_path: Path
) -> None:
    """Nobody can be asked, so `--yes` is needed: exit code 3, nothing is kept or sent. A later release needs none."""
    office = region.offices["PH"]
    file = sheet(tmp_path / "a.csv", {"report_id": "PH-9", "country": "PH", "indicators": "ip:203.0.113.80"})
    before, known_records = len(region.objects_in("ph")), len(release_records(office))
    done = office.hub("publish", file, "--to", "ph", code=3)
    assert "--yes" in done.stderr
    assert not done.stdout
    assert (len(region.objects_in("ph")), len(release_records(office))) == (before, known_records)
    office.hub("publish", file, "--to", "ph", "--yes")
    office.hub("publish", file, "--to", "ph")


def test_a_decision_takes_effect_only_if_the_officer_agrees(region: Region, tmp_path: Path) -> None:
    """To let something out and to take that back, of a report that left before; at a terminal and without one."""
    office = region.offices["PH"]
    file = sheet(tmp_path / "a.csv", {"report_id": "PH-10", "country": "PH", "indicators": f"domain:{LURE}"})
    office.hub("publish", file, "--to", "ph", "--yes")
    approve = ("publish", file, "--to", "ph", "--approve", LURE, "--officer", "Maria da Costa")
    assert "--yes" in office.hub(*approve, code=3).stderr
    assert "1 decision takes effect" in office.hub(*approve, answer="n\n", code=3).stderr
    assert LURE not in json.dumps(region.objects_in("ph"))
    office.hub(*approve, answer="ya\n")
    assert LURE in json.dumps(region.objects_in("ph"))
    take_back = ("publish", file, "--to", "ph", "--disapprove", LURE, "--officer", "Maria da Costa")
    assert "--yes" in office.hub(*take_back, code=3).stderr
    office.hub(*take_back, answer="y\n")


def test_a_lure_with_the_victims_name_leaves_by_an_officers_word_alone(region: Region, tmp_path: Path) -> None:
    """Held at first; approved under a name it leaves as a lone indicator, in a bundle of its own; the record says by whom."""
    office = region.offices["TL"]
    file = sheet(
        tmp_path / "a.csv", {"report_id": "TL-1", "country": "TL", "indicators": f"domain:{LURE};ip:203.0.113.83"}
    )
    preview = office.hub("publish", file, "--to", "tl", "--preview").stdout
    assert LURE in preview
    office.hub("publish", file, "--to", "tl", "--yes")
    assert LURE not in json.dumps(region.objects_in("tl"))
    done = office.hub("publish", file, "--to", "tl", "--yes", "--approve", LURE, code=3)
    assert "--officer" in done.stderr
    office.hub("publish", file, "--to", "tl", "--yes", "--approve", LURE, "--officer", "Maria da Costa")
    held_objects = region.objects_in("tl")
    lone = [item for item in of_types(held_objects, "indicator") if LURE in item["pattern"]]
    assert len(lone) == 1
    other_objects = [item for item in held_objects if item["id"] != lone[0]["id"]]
    assert lone[0]["id"] not in json.dumps(other_objects)
    assert LURE not in json.dumps(other_objects)
    (record,) = release_records(office)
    assert record["history"][-1]["officer"] == "Maria da Costa"
    assert record["history"][-1]["approved_values"] == [LURE]
    assert not any("Maria" in path.read_text(encoding="utf-8") for path in office.sent())


def test_a_text_is_approved_by_the_key_that_the_preview_shows(region: Region, tmp_path: Path) -> None:
    """The description stays at home until exactly this text is approved; one that names the victim never leaves."""
    office = region.offices["TL"]
    row = {"report_id": "TL-2", "country": "TL", "indicators": "ip:203.0.113.84"}
    account_of_entry = "They came in through the old printer server."
    file = sheet(tmp_path / "a.csv", {**row, "description": account_of_entry})
    shown = office.hub("publish", file, "--to", "tl", "--preview").stdout
    line = next(
        line for line in shown.splitlines() if account_of_entry[:20] in line and re.search(r"\b[0-9a-f]{16}\b", line)
    )
    key = re.findall(r"\b[0-9a-f]{16}\b", line)[-1]
    office.hub("publish", file, "--to", "tl", "--yes")
    assert account_of_entry not in json.dumps(region.objects_in("tl"))
    office.hub("publish", file, "--to", "tl", "--yes", "--approve", key, "--officer", "Maria da Costa")
    assert account_of_entry in json.dumps(region.objects_in("tl"))


def test_nothing_leaves_without_the_victims_consent(region: Region, tmp_path: Path) -> None:
    """Consent `none`: exit code 1, the reason, and the other row of the sheet goes out nevertheless."""
    office = region.offices["BN"]
    row = {"country": "BN", "indicators": "ip:203.0.113.85"}
    file = sheet(
        tmp_path / "a.csv",
        {**row, "report_id": "BN-1", "consent": "none", "indicators": "ip:203.0.113.86"},
        {**row, "report_id": "BN-2"},
    )
    done = office.hub("publish", file, "--to", "bn", "--yes", code=1)
    assert "BN-1: nothing leaves" in done.stderr
    body = json.dumps(region.objects_in("bn"))
    assert "203.0.113.85" in body
    assert "203.0.113.86" not in body
    assert [record["report_id"] for record in release_records(office)] == ["BN-2"]


def test_a_victim_is_named_only_with_its_yes_and_only_where_names_may_be(region: Region, tmp_path: Path) -> None:
    """Protected collections get no name, whatever was agreed; the others get it with the yes on record, and not without."""
    office = region.offices["BN"]
    row = {"report_id": "BN-3", "country": "BN", "consent": "named", "indicators": "ip:203.0.113.87"}
    file = sheet(tmp_path / "a.csv", row)
    yes = ("--named-by", "Aminah, by letter of 4 May", "--officer", "Aminah")
    office.hub("publish", file, "--to", "bn", "--yes", *yes)
    assert "Balai Rekaan" not in json.dumps(region.objects_in("bn"))
    with client_of(office) as asean:
        (report,) = hub.read_reports(file)
        assert isinstance(report, Report)
        unprotected = replace(audience_of("incidents", asean.collections()), protected=False)
    member = load_member(office.home)
    for named_by, there in (("", False), ("Aminah, by letter of 4 May", True)):
        release = release_report(report, member, unprotected, NOW, approvals=Approvals("Aminah", named_by=named_by))
        assert isinstance(release, Release)
        assert ("Balai Rekaan Utama" in json.dumps(release.bundles)) == there
        assert "balai-rekaan.example" not in json.dumps(release.bundles)


def test_a_case_sent_to_a_collection_of_indicators_leaves_its_indicators_there(region: Region, tmp_path: Path) -> None:
    """No incident, container, note or victim, and nothing that refers to them; the officer reads so; the hub refuses none."""
    office = region.offices["BN"]
    row = {"report_id": "BN-5", "country": "BN", "consent": "named", "indicators": "ip:203.0.113.95"}
    file = sheet(tmp_path / "a.csv", row)
    before = {item["id"] for item in region.objects_in("indicators")}
    done = office.hub(
        "publish", file, "--to", "indicators", "--yes", "--named-by", "Aminah, by letter", "--officer", "Aminah"
    )
    assert "takes no incidents" in done.stderr
    assert "refused" not in done.stdout
    held_objects = [item for item in region.objects_in("indicators") if item["id"] not in before]
    assert {item["type"] for item in held_objects} <= {
        "marking-definition",
        "identity",
        "indicator",
        "ipv4-addr",
        "relationship",
    }
    assert [item["pattern"] for item in of_types(held_objects, "indicator")] == ["[ipv4-addr:value = '203.0.113.95']"]
    assert all(item["id"] == office.identity for item in of_types(held_objects, "identity"))
    assert "Balai" not in json.dumps(held_objects)
    bare_sheet = sheet(tmp_path / "b.csv", {**row, "report_id": "BN-6", "indicators": ""})
    assert "nothing leaves" in office.hub("publish", bare_sheet, "--to", "indicators", "--yes", code=1).stderr


def test_an_approval_is_valid_for_later_stages_until_it_is_withdrawn(region: Region, tmp_path: Path) -> None:
    """The lone indicator of the first stage is not revoked by the second, which nobody approved again; `--disapprove` does."""
    office = region.offices["TL"]
    row = {"report_id": "TL-3", "country": "TL", "indicators": f"domain:{LURE};ip:203.0.113.96"}
    early = sheet(tmp_path / "a.csv", {**row, "stage": "early"})
    final = sheet(tmp_path / "b.csv", {**row, "stage": "final", "status": "closed"})
    before = len(region.objects_in("tl"))

    def lone() -> list[bool]:
        new_indicators = of_types(region.objects_in("tl")[before:], "indicator")
        return [item.get("revoked", False) for item in new_indicators if item["name"] in ("Domain name", "Withdrawn")]

    office.hub("publish", early, "--to", "tl", "--yes", "--approve", LURE, "--officer", "Maria da Costa")
    assert lone() == [False]
    office.hub("publish", final, "--to", "tl", "--yes")
    assert lone() == [False]
    assert "--officer" in office.hub("publish", final, "--to", "tl", "--yes", "--disapprove", LURE, code=3).stderr
    office.hub("publish", final, "--to", "tl", "--yes", "--disapprove", LURE, "--officer", "Maria da Costa")
    assert lone() == [False, True]
    office.hub("publish", final, "--to", "tl", "--yes")
    assert lone() == [False, True], "what was taken back stays taken back"
    office.hub("publish", final, "--to", "tl", "--yes", "--approve", LURE, "--officer", "Maria da Costa")
    assert lone() == [False, True, False], "approved again it comes under another id"


def test_the_sources_leave_to_mark_it_lower_is_put_on_record(region: Region, tmp_path: Path) -> None:
    """What is too high for a collection goes there with `--leave`, under an officer's name."""
    office = region.offices["TL"]
    row = {"report_id": "TL-4", "country": "TL", "tlp": "amber+strict", "indicators": "ip:203.0.113.97"}
    file = sheet(tmp_path / "a.csv", row)
    done = office.hub("publish", file, "--to", "incidents", "--yes", code=1)
    assert "--leave" in done.stderr
    assert "--officer" in office.hub("publish", file, "--to", "incidents", "--yes", "--leave", "amber", code=3).stderr
    office.hub("publish", file, "--to", "incidents", "--yes", "--leave", "amber", "--officer", "Maria da Costa")
    (record,) = [entry for entry in release_records(office) if entry["report_id"] == "TL-4"]
    assert record["history"][-1]["source_gave_leave_for"] == "TLP:AMBER"


def test_an_officer_is_told_what_is_kept_out_and_why_nothing_leaves(region: Region, tmp_path: Path) -> None:
    """Harmful indicators are warned about by both commands; MISP's own distribution is named, not the victim's consent."""
    office = region.offices["BN"]
    file = sheet(tmp_path / "a.csv", {"report_id": "BN-7", "country": "BN", "indicators": "ip:8.8.8.8;ip:203.0.113.98"})
    for words in (("convert", file), ("publish", file, "--to", "bn", "--preview")):
        assert "row 2: 8.8.8.8 is a public DNS resolver" in office.hub(*words).stderr
    event = tmp_path / "event.json"
    event.write_text('{"Event": {"uuid": "0d4a3a1e-52a4-4b1f-8a39-7a4a0f0f1a09", "info": "x", "date": "2026-05-04",'
                     ' "distribution": "0", "published": true}}', encoding="utf-8")  # fmt: skip
    done = office.hub("publish", event, "--to", "bn", "--yes", code=1)
    assert "distribution in MISP" in done.stderr
    assert "agreed" not in done.stderr


def test_a_preview_is_told_as_json_too(region: Region, tmp_path: Path) -> None:
    office = region.offices["BN"]
    file = sheet(tmp_path / "a.csv", {"report_id": "BN-8", "country": "BN", "indicators": "ip:203.0.113.99"})
    shown = json.loads(office.hub("publish", file, "--to", "bn", "--preview", "--json").stdout)
    assert "Brunei" in shown["title"]
    (text,) = [row["leaves"] for row in shown["rows"] if (row["type"], row["path"]) == ("report", "description")]
    assert text.endswith("Shared by BruCERT."), "an officer reads all that leaves"
