"""The duty officer's desk: preview, ask, approve, mend, wait for the hub; and what a crash leaves behind."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

import hub
from hub.home.member import load_member
from hub.producer.api import HubClient
from hub.producer.audience import audience_of
from hub.producer.outbox import Outbox
from hub.producer.releasing import Release, release_report
from hub.release.policy import Approvals
from hub.reports.read import Report
from tests.producer.offices import Office, Region, of_types, own, sheet
from tests.producer.running import QUICK
from tests.server.making import indicator

NOW: Final = datetime(2026, 5, 5, tzinfo=UTC)
LURE: Final = "balai-rekaan-masuk.example"  # the adversary's, with the victim's name in it
# `hub`, killed by itself at one place: the first argument is what runs before.
DYING: Final = """
import os, signal, sys
from hub.cli import main
from hub.producer.connection import HubConnection
from hub.producer.outbox import Outbox

def die(*_args, **_more):
    os.kill(os.getpid(), signal.SIGKILL)

add, put = HubConnection.add, Outbox.put
if sys.argv[1] == "kept":  # the records are kept, the bundle is not in the outbox yet
    Outbox.put = die
elif sys.argv[1] == "put":  # it is in the outbox, and nothing was sent
    HubConnection.add = die
else:  # the hub has it, and the answer never came
    HubConnection.add = lambda *args, **more: (add(*args, **more), die())
sys.exit(main(sys.argv[2:]))
"""


def waiting(office: Office) -> list[str]:
    return [json.loads(line)["source"] for line in office.hub("outbox", "--json").stdout.splitlines()]


def released(office: Office) -> list[dict[str, Any]]:
    """The records of releases that lie in the office's home."""
    return [json.loads(path.read_bytes()) for path in (office.home / "records" / "released").glob("*.json")]


def client(office: Office, **more: Any) -> HubClient:
    return hub.connect(office.url, key=office.key, home=office.home, patience=QUICK, **more)


# ------------------------------------------------------------------------------------------ preview, ask and approve


def test_a_preview_shows_both_sides_and_sends_and_keeps_nothing(region: Region, tmp_path: Path) -> None:
    """What stays is beside what leaves; the hub gets nothing, the home no record and no outbox."""
    office = region.offices["PH"]
    file = sheet(tmp_path / "a.csv", {"report_id": "PH-1", "country": "PH", "indicators": "ip:203.0.113.81"})
    before = len(region.held("ph"))
    shown = office.hub("publish", file, "--to", "ph", "--preview").stdout
    assert "Balai Rekaan Utama" in shown
    assert "203.0.113.81" in shown
    assert len(region.held("ph")) == before
    assert not released(office)
    assert not (office.home / "outbox").exists()


def test_the_first_release_asks_and_no_means_no(region: Region, tmp_path: Path) -> None:
    """N sends and keeps nothing and ends with 3; y sends; the second release of the same report does not ask."""
    office = region.offices["PH"]
    file = sheet(tmp_path / "a.csv", {"report_id": "PH-2", "country": "PH", "indicators": "ip:203.0.113.82"})
    done = office.hub("publish", file, "--to", "ph", answer="\n", code=3)
    assert "Send it? [y/N]" in done.stderr
    assert "Nothing was sent" in done.stderr
    assert not released(office)
    assert not of_types(region.held("ph"), "incident")
    office.hub("publish", file, "--to", "ph", answer="y\n")
    assert len(of_types(region.held("ph"), "incident")) == 1
    again = office.hub("publish", file, "--to", "ph", answer="")
    assert "Send it?" not in again.stderr
    assert len(of_types(region.held("ph"), "incident")) == 1


def test_without_a_terminal_nothing_leaves_for_the_first_time_unless_yes_is_said(
    region: Region, tmp_path: Path
) -> None:
    """Nobody can be asked, so `--yes` is needed: exit code 3, nothing is kept or sent. A later release needs none."""
    office = region.offices["PH"]
    file = sheet(tmp_path / "a.csv", {"report_id": "PH-9", "country": "PH", "indicators": "ip:203.0.113.80"})
    before, known = len(region.held("ph")), len(released(office))
    done = office.hub("publish", file, "--to", "ph", code=3)
    assert "--yes" in done.stderr
    assert not done.stdout
    assert (len(region.held("ph")), len(released(office))) == (before, known)
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
    assert LURE not in json.dumps(region.held("ph"))
    office.hub(*approve, answer="ya\n")
    assert LURE in json.dumps(region.held("ph"))
    back = ("publish", file, "--to", "ph", "--disapprove", LURE, "--officer", "Maria da Costa")
    assert "--yes" in office.hub(*back, code=3).stderr
    office.hub(*back, answer="y\n")


def test_a_lure_with_the_victims_name_leaves_by_an_officers_word_alone(region: Region, tmp_path: Path) -> None:
    """Held at first; approved under a name it leaves as a lone indicator, in a bundle of its own; the record says by whom."""
    office = region.offices["TL"]
    file = sheet(
        tmp_path / "a.csv", {"report_id": "TL-1", "country": "TL", "indicators": f"domain:{LURE};ip:203.0.113.83"}
    )
    preview = office.hub("publish", file, "--to", "tl", "--preview").stdout
    assert LURE in preview
    office.hub("publish", file, "--to", "tl", "--yes")
    assert LURE not in json.dumps(region.held("tl"))
    done = office.hub("publish", file, "--to", "tl", "--yes", "--approve", LURE, code=3)
    assert "--officer" in done.stderr
    office.hub("publish", file, "--to", "tl", "--yes", "--approve", LURE, "--officer", "Maria da Costa")
    held = region.held("tl")
    lone = [item for item in of_types(held, "indicator") if LURE in item["pattern"]]
    assert len(lone) == 1
    others = [item for item in held if item["id"] != lone[0]["id"]]
    assert lone[0]["id"] not in json.dumps(others)
    assert LURE not in json.dumps(others)
    (record,) = released(office)
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
    assert account_of_entry not in json.dumps(region.held("tl"))
    office.hub("publish", file, "--to", "tl", "--yes", "--approve", key, "--officer", "Maria da Costa")
    assert account_of_entry in json.dumps(region.held("tl"))


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
    body = json.dumps(region.held("bn"))
    assert "203.0.113.85" in body
    assert "203.0.113.86" not in body
    assert [record["report_id"] for record in released(office)] == ["BN-2"]


def test_a_victim_is_named_only_with_its_yes_and_only_where_names_may_be(region: Region, tmp_path: Path) -> None:
    """Protected collections get no name, whatever was agreed; the others get it with the yes on record, and not without."""
    office = region.offices["BN"]
    row = {"report_id": "BN-3", "country": "BN", "consent": "named", "indicators": "ip:203.0.113.87"}
    file = sheet(tmp_path / "a.csv", row)
    yes = ("--named-by", "Aminah, by letter of 4 May", "--officer", "Aminah")
    office.hub("publish", file, "--to", "bn", "--yes", *yes)
    assert "Balai Rekaan" not in json.dumps(region.held("bn"))
    with client(office) as asean:
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
    """No incident, container, note or victim, and nothing that refers to them; the officer is told; the hub refuses none."""
    office = region.offices["BN"]
    row = {"report_id": "BN-5", "country": "BN", "consent": "named", "indicators": "ip:203.0.113.95"}
    file = sheet(tmp_path / "a.csv", row)
    before = {item["id"] for item in region.held("indicators")}
    done = office.hub(
        "publish", file, "--to", "indicators", "--yes", "--named-by", "Aminah, by letter", "--officer", "Aminah"
    )
    assert "takes no incidents" in done.stderr
    assert "refused" not in done.stdout
    held = [item for item in region.held("indicators") if item["id"] not in before]
    assert {item["type"] for item in held} <= {
        "marking-definition",
        "identity",
        "indicator",
        "ipv4-addr",
        "relationship",
    }
    assert [item["pattern"] for item in of_types(held, "indicator")] == ["[ipv4-addr:value = '203.0.113.95']"]
    assert all(item["id"] == office.identity for item in of_types(held, "identity"))
    assert "Balai" not in json.dumps(held)
    bare = sheet(tmp_path / "b.csv", {**row, "report_id": "BN-6", "indicators": ""})
    assert "nothing leaves" in office.hub("publish", bare, "--to", "indicators", "--yes", code=1).stderr


def test_an_approval_stands_for_later_stages_until_it_is_taken_back(region: Region, tmp_path: Path) -> None:
    """The lone indicator of the first stage is not revoked by the second, which nobody approved again; `--disapprove` does."""
    office = region.offices["TL"]
    row = {"report_id": "TL-3", "country": "TL", "indicators": f"domain:{LURE};ip:203.0.113.96"}
    early = sheet(tmp_path / "a.csv", {**row, "stage": "early"})
    final = sheet(tmp_path / "b.csv", {**row, "stage": "final", "status": "closed"})
    before = len(region.held("tl"))

    def lone() -> list[bool]:
        came = of_types(region.held("tl")[before:], "indicator")
        return [item.get("revoked", False) for item in came if item["name"] in ("Domain name", "Withdrawn")]

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
    (record,) = [entry for entry in released(office) if entry["report_id"] == "TL-4"]
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


# --------------------------------------------------------------------------------------------------- rows and stages


def test_the_mended_row_is_published_alone(region: Region, tmp_path: Path) -> None:
    """A bad row is told with file, row and column, the good one goes out; then the mended row by itself."""
    office = region.offices["LA"]
    good = {"report_id": "LA-1", "country": "LA", "indicators": "ip:203.0.113.88"}
    bad = {"report_id": "LA-2", "country": "LA", "detected_at": "31/31/2026", "indicators": "ip:203.0.113.89"}
    done = office.hub("publish", sheet(tmp_path / "two.csv", bad, good), "--to", "la", "--yes", code=1)
    assert "two.csv" in done.stderr
    assert "row 2" in done.stderr
    assert "detected_at" in done.stderr
    assert len(of_types(region.held("la"), "incident")) == 1
    mended = sheet(tmp_path / "mended.csv", {**bad, "detected_at": "2026-05-05T08:00+07:00"})
    office.hub("publish", mended, "--to", "la", "--yes")
    assert len(of_types(region.held("la"), "incident")) == 2


def test_two_stages_in_one_sheet_are_two_versions_of_one_incident(region: Region, tmp_path: Path) -> None:
    """Nothing is on disk yet when the second row is released, and it builds on the first nevertheless."""
    office = region.offices["LA"]
    row = {"report_id": "LA-3", "country": "LA", "indicators": "ip:203.0.113.90"}
    file = sheet(
        tmp_path / "a.csv", {**row, "stage": "early"}, {**row, "stage": "final", "status": "closed", "severity": "5"}
    )
    before = Counter(item["id"] for item in region.held("la"))
    office.hub("publish", file, "--to", "la", "--yes")
    held = region.held("la")
    reports = [item for item in of_types(held, "report") if item["id"] not in before]
    assert len({item["id"] for item in reports}) == 1
    assert ["stage:early" in item["labels"] for item in reports] == [True, False]
    assert "stage:final" in reports[1]["labels"]
    assert len({item["created"] for item in reports}) == 1
    assert len([item for item in held if item["id"] == office.identity]) <= 2, "its own identity: the hub's, and one"


def test_a_drill_goes_to_the_drills_and_nowhere_else(region: Region, tmp_path: Path) -> None:
    office = region.offices["LA"]
    file = sheet(tmp_path / "a.csv", {"report_id": "LA-4", "country": "LA", "indicators": "ip:203.0.113.91"})
    drills = ("--url", region.url.replace("/asean/", "/exercise/"))
    done = office.hub("publish", file, "--to", "la", "--yes", "--exercise", code=3)
    assert "takes no drills" in done.stderr
    done = office.hub("publish", file, "--to", "incidents", "--yes", *drills, code=3)
    assert "--exercise" in done.stderr
    assert "LA-4" not in [record["report_id"] for record in released(office)]
    office.hub("publish", file, "--to", "incidents", "--yes", "--exercise", *drills)
    assert "LA-4" in [record["report_id"] for record in released(office)]


# ------------------------------------------------------------------------------------------------- a hub that is away


def test_what_the_hub_cannot_take_now_waits_and_goes_later(region: Region, tmp_path: Path) -> None:
    """Exit code 4 and where it waits; `hub outbox send` later; the hub has each object once."""
    office = region.offices["VN"]
    file = sheet(tmp_path / "a.csv", {"report_id": "VN-1", "country": "VN", "indicators": "ip:203.0.113.92"})
    nowhere = ("--url", "http://127.0.0.1:9/asean/")
    done = office.hub("publish", file, "--to", "vn", "--yes", *nowhere, code=4)
    assert "never asked" in done.stderr, "what that collection takes is not known: nothing can be released for it"
    assert not waiting(office)
    office.hub("publish", file, "--to", "vn", "--preview")
    with region.away():
        done = office.hub("publish", file, "--to", "vn", "--yes", code=4)
        assert "hub outbox send" in done.stderr
        assert waiting(office) == ["VN-1"]
        office.hub("outbox", "send", code=4)
    assert "VN-1" in office.hub("outbox", "send").stdout
    assert not waiting(office)
    assert_each_once(region, office, "vn")


def assert_each_once(region: Region, office: Office, collection: str) -> None:
    objects = own(region.held(collection), office)
    assert len(of_types(objects, "incident")) == 1
    assert max(Counter(item["id"] for item in objects).values()) == 1


@pytest.mark.parametrize(("code", "place"), [("KH", "kept"), ("PH", "put"), ("MM", "taken")])
def test_a_kill_neither_loses_nor_doubles_a_report(region: Region, tmp_path: Path, code: str, place: str) -> None:
    """Killed after the records were kept, after the bundle was put, and after the hub took it: published again, it is
    there once.
    """
    office, to = region.offices[code], code.lower()
    row = {"report_id": f"{code}-KILL", "country": code, "indicators": "ip:203.0.113.93"}
    file = sheet(tmp_path / "a.csv", row)
    before = {item["id"] for item in region.held(to)}
    words = [sys.executable, "-c", DYING, place, "publish", str(file), "--to", to, "--yes"]
    killed = subprocess.run(words, env=office.environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [record["report_id"] for record in released(office) if record["report_id"] == row["report_id"]]
    assert waiting(office) == ([] if place == "kept" else [row["report_id"]])
    taken = [item for item in of_types(region.held(to), "incident") if item["id"] not in before]
    assert len(taken) == (place == "taken")
    office.hub("publish", file, "--to", to, "--yes")
    assert not waiting(office)
    new = [item for item in own(region.held(to), office) if item["id"] not in before]
    assert len(of_types(new, "incident")) == 1
    assert max(Counter(item["id"] for item in new).values()) == 1


def test_where_an_office_may_not_write_nothing_is_released(region: Region, tmp_path: Path) -> None:
    """Another member's collection, or one that does not exist: exit code 3, no record, no file in the outbox."""
    office = region.offices["BN"]
    file = sheet(tmp_path / "a.csv", {"report_id": "BN-9", "country": "BN"})
    for collection in ("sg", "nowhere"):
        done = office.hub("publish", file, "--to", collection, "--yes", code=3)
        assert "hub collections" in done.stderr
    assert "BN-9" not in [record["report_id"] for record in released(office)]
    assert "BN-9" not in waiting(office)


# ---------------------------------------------------------------------------------------------------------- in Python


def test_three_lines_of_python_publish_a_sheet(region: Region, tmp_path: Path) -> None:
    """`hub.read_reports`, `preview`, `publish`: the receipt tells each object; again, all are held already."""
    office = region.offices["MM"]
    file = sheet(tmp_path / "a.csv", {"report_id": "MM-7", "country": "MM", "indicators": "ip:203.0.113.94"})
    with client(office, outbox=tmp_path / "outbox") as asean:
        (report,) = hub.read_reports(file)
        release = asean.preview(report, to="mm")
        assert isinstance(release, Release)
        assert release.first
        assert "Balai Rekaan Utama" in release.preview.text()
        assert "MM-7" not in [record["report_id"] for record in released(office)]
        receipt = asean.publish(report, to="mm")
        assert receipt.complete
        again = asean.publish(report, to="mm")
    assert set(again.repeats) == {*receipt.successes, *receipt.repeats}
    assert not again.successes
    assert "Balai Rekaan" not in json.dumps(region.held("mm"))
    assert len(of_types(own(region.held("mm"), office), "incident")) >= 1


def test_in_python_a_report_waits_in_the_outbox_of_its_home(region: Region, tmp_path: Path) -> None:
    """The library and the command share one pipeline: with the hub away the report waits where `hub outbox` lists it, and
    the next `send_waiting` delivers it; what the hub takes is known from the last time it was asked.
    """
    office = region.offices["MM"]
    row = {"country": "MM", "indicators": "ip:203.0.113.100"}
    first, second = hub.read_reports(
        sheet(tmp_path / "a.csv", {**row, "report_id": "MM-10"}, {**row, "report_id": "MM-11"})
    )
    with client(office) as asean:
        assert asean.publish(first, to="mm").complete
        with region.away(), pytest.raises(hub.ConnectionFailedError, match="1 file waits"):
            asean.publish(second, to="mm")
        assert waiting(office) == ["MM-11"]
        assert {record["report_id"] for record in released(office)} >= {"MM-10", "MM-11"}, (
            "kept before anything is sent"
        )
        (receipt,) = asean.send_waiting()
    assert receipt.complete
    assert not waiting(office)


def test_in_python_a_receipt_is_of_what_was_published_and_not_of_what_waited(region: Region, tmp_path: Path) -> None:
    """What waited in the outbox goes along, and is not counted in the receipt of another report."""
    office = region.offices["MM"]
    box = tmp_path / "outbox"
    Outbox(box).put([indicator(3)], hub=office.url, to="mm", source="earlier")
    (report,) = hub.read_reports(
        sheet(tmp_path / "a.csv", {"report_id": "MM-12", "country": "MM", "indicators": "ip:203.0.113.101"})
    )
    with client(office, outbox=box) as asean:
        receipt = asean.publish(report, to="mm")
    assert receipt.complete, "the indicator of another member would be a failure"
    assert Outbox(box).refused()


def test_in_python_a_report_is_withdrawn_from_every_collection(region: Region, tmp_path: Path) -> None:
    """As by the command: revoked and deleted; what was never released is an error in words."""
    office = region.offices["MM"]
    (report,) = hub.read_reports(
        sheet(tmp_path / "a.csv", {"report_id": "MM-13", "country": "MM", "indicators": "ip:203.0.113.102"})
    )
    with client(office) as asean:
        for collection in ("mm", "indicators"):
            asean.publish(report, to=collection)
        receipts = asean.withdraw("MM-13")
        assert len(receipts) == 2
        assert all(receipt.complete for receipt in receipts)
        with pytest.raises(hub.ReleaseError, match="MM-404"):
            asean.withdraw("MM-404")
    for collection in ("mm", "indicators"):
        held = region.held(collection)
        assert "203.0.113.102" not in [item["value"] for item in of_types(held, "ipv4-addr")]
        assert [item.get("revoked", False) for item in held if "203.0.113.102" in item.get("pattern", "")] == [
            False,
            True,
        ]


def test_in_python_what_may_not_leave_is_an_error_in_words(region: Region, tmp_path: Path) -> None:
    """A report without consent, a row that could not be read, a client without a home."""
    office = region.offices["MM"]
    silent = {"report_id": "MM-8", "country": "MM", "consent": "none"}
    bad = {"report_id": "MM-9", "country": "MM", "detected_at": "never"}
    report, row = hub.read_reports(sheet(tmp_path / "a.csv", silent, bad))
    with client(office) as asean:
        with pytest.raises(hub.ReleaseError, match="MM-8"):
            asean.publish(report, to="mm")
        with pytest.raises(hub.ReadingError, match="detected_at"):
            asean.publish(row, to="mm")
    with (
        hub.connect(office.url, key=office.key, home=tmp_path / "nowhere", patience=QUICK) as asean,
        pytest.raises(hub.ConfigurationError, match=r"member\.toml"),
    ):
        asean.publish(report, to="mm")
