"""`--held`, `--answers`, `--despite`: a whole file is answered at once, and what does not fit is reported before anything is sent."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any, Final

from tests.producer.offices import Office, Region, sheet

LURE: Final = "balai-rekaan-masuk.example"  # the adversary's, with the victim's name in it
TEXT: Final = "They came in through the old printer server."
ROW: Final = {
    "report_id": "TH-1",
    "country": "TH",
    "indicators": f"domain:{LURE};ip:203.0.113.151",
    "description": TEXT,
}


def items(file: Path) -> list[dict[str, Any]]:
    decisions_read: list[dict[str, Any]] = json.loads(file.read_bytes())
    return decisions_read


def answer(file: Path, **decisions: str) -> Path:
    """Answer the items whose value begins like the keyword, with blanks for underscores."""
    answered = items(file)
    for item in answered:
        for beginning, decision in decisions.items():
            if item["value"].startswith(beginning.replace("_", " ")):
                item["decision"] = decision
    file.write_text(json.dumps(answered), encoding="utf-8")
    return file


def entries(office: Office) -> list[dict[str, Any]]:
    paths = (office.home / "records" / "released").glob("*.json")
    return [entry for path in paths for entry in json.loads(path.read_bytes())["history"]]


def test_a_file_of_what_is_held_is_answered_and_taken_back(region: Region, tmp_path: Path) -> None:
    """Readable by its owner alone; what is answered leaves as decided, under the officer's name; the rest stays."""
    office, answers_file = region.offices["TH"], tmp_path / "held.json"
    file = sheet(tmp_path / "a.csv", ROW)
    done = office.hub("publish", file, "--to", "th", "--preview", "--held", answers_file)
    assert "--answers" in done.stderr
    assert stat.S_IMODE(answers_file.stat().st_mode) == 0o600
    assert {LURE, TEXT} <= {item["value"] for item in items(answers_file)}
    answer(answers_file, They_came="release", balai="lone")
    assert "--officer" in office.hub("publish", file, "--to", "th", "--yes", "--answers", answers_file, code=3).stderr
    assert not entries(office)
    office.hub("publish", file, "--to", "th", "--yes", "--answers", answers_file, "--officer", "Somchai")
    sent_objects = region.objects_in("th")
    lone_indicators = [item for item in sent_objects if item["type"] == "indicator" and LURE in item["pattern"]]
    assert len(lone_indicators) == 1
    assert lone_indicators[0]["id"] not in json.dumps([item for item in sent_objects if item is not lone_indicators[0]])
    assert TEXT in json.dumps(sent_objects)
    assert "Balai Rekaan Utama" not in json.dumps(sent_objects)
    (entry,) = entries(office)
    assert entry["officer"] == "Somchai"
    assert entry["approved_alone"] == [LURE]


def test_what_was_answered_is_kept_when_the_file_is_written_again(region: Region, tmp_path: Path) -> None:
    office, answers_file = region.offices["TH"], tmp_path / "held.json"
    file = sheet(tmp_path / "a.csv", {**ROW, "report_id": "TH-2"})
    words = ("convert", file, "--release", "regional", "--held", answers_file)
    office.hub(*words)
    answer(answers_file, balai="keep")
    office.hub(*words)
    assert [item["decision"] for item in items(answers_file) if item["value"] == LURE] == ["keep"]
    answers_file.write_text("Dear colleagues,", encoding="utf-8")
    done = office.hub(*words, code=3)
    assert "not JSON" in done.stderr
    assert answers_file.read_text("utf-8") == "Dear colleagues,", "a file of something else is not overwritten"


def test_convert_takes_answers_and_shows_what_would_leave(region: Region, tmp_path: Path) -> None:
    """Without --release the answers say for which audience: the region."""
    office, answers_file = region.offices["TH"], tmp_path / "held.json"
    file = sheet(tmp_path / "a.csv", {**ROW, "report_id": "TH-3"})
    without = office.hub("convert", file, "--held", answers_file).stdout
    assert LURE not in without
    assert TEXT not in without
    answered = office.hub(
        "convert", file, "--answers", answer(answers_file, balai="lone"), "--officer", "Somchai"
    ).stdout
    assert LURE in answered
    assert "Balai Rekaan Utama" not in answered


def test_a_key_that_matches_nothing_stops_the_command_and_lists_the_keys(region: Region, tmp_path: Path) -> None:
    """Exit code 3, nothing kept or sent; for publish, its preview, and convert."""
    office = region.offices["TH"]
    file = sheet(tmp_path / "a.csv", {**ROW, "report_id": "TH-4"})
    before, entry_count = len(region.objects_in("th")), len(entries(office))
    for words in (
        ("publish", file, "--to", "th", "--yes"),
        ("publish", file, "--to", "th", "--preview"),
        ("convert", file, "--release", "regional"),
    ):
        for option in ("--approve", "--disapprove"):
            done = office.hub(*words, option, "deadbeefdeadbeef", "--officer", "Somchai", code=3)
            assert "deadbeefdeadbeef" in done.stderr
            assert f"  {LURE}  TH-4: " in done.stderr
            assert "TH-4: incident.description" in done.stderr
    assert (len(region.objects_in("th")), len(entries(office))) == (before, entry_count)


def test_an_invalid_decision_is_an_error_in_words(region: Region, tmp_path: Path) -> None:
    office, answers_file = region.offices["TH"], tmp_path / "held.json"
    file = sheet(tmp_path / "a.csv", {**ROW, "report_id": "TH-5"})
    office.hub("convert", file, "--held", answers_file)
    answer(answers_file, balai="yes please")
    done = office.hub("publish", file, "--to", "th", "--yes", "--answers", answers_file, "--officer", "Somchai", code=3)
    assert "'yes please'" in done.stderr
    assert "release, lone, keep" in done.stderr


def test_a_suspicious_text_needs_a_reason_and_the_record_has_it(region: Region, tmp_path: Path) -> None:
    """Approved once, it stays, with exit code 1 and the reason; with --despite it leaves, and the record says who, when and why."""
    office = region.offices["TH"]
    text = "The balairekaanville branch opened late."
    file = sheet(tmp_path / "a.csv", {**ROW, "report_id": "TH-6", "title": "x", "description": text})
    office.hub("convert", file, "--held", tmp_path / "held.json")
    (key,) = [item["key"] for item in items(tmp_path / "held.json") if item["value"] == text]
    words = ("publish", file, "--to", "th", "--yes", "--approve", key, "--officer", "Somchai")
    assert "--despite" in office.hub("publish", file, "--to", "th", "--preview").stdout
    done = office.hub(*words, code=1)
    assert "rekaan" in done.stderr
    assert "--despite" in done.stderr
    assert text not in json.dumps(region.objects_in("th"))
    office.hub(*words, "--despite", "The town is in the press.")
    assert text in json.dumps(region.objects_in("th"))
    assert {key: "The town is in the press."} in [entry["despite"] for entry in entries(office)]
    assert "--approve" in office.hub("publish", file, "--to", "th", "--yes", "--despite", "x", code=3).stderr


def test_lone_indicators_of_several_reports_leave_after_all_incidents(region: Region, tmp_path: Path) -> None:
    """The place of an object in the output shows what it belongs to."""
    office = region.offices["TH"]
    rows = [
        {
            **ROW,
            "report_id": f"TH-ORDER-{number}",
            "indicators": f"domain:balai-rekaan-{word}.example;ip:203.0.113.15{number}",
        }
        for number, word in enumerate(("pintu", "kunci", "rumah"), 2)
    ]
    lures = [f"balai-rekaan-{word}.example" for word in ("pintu", "kunci", "rumah")]
    words = [word for lure in lures for word in ("--approve", lure)]
    before = {item["id"] for item in region.objects_in("th")}
    office.hub("publish", sheet(tmp_path / "a.csv", *rows), "--to", "th", "--yes", *words, "--officer", "Somchai")
    new_objects = [item for item in region.objects_in("th") if item["id"] not in before]
    lone_indicators = [
        item["type"] == "indicator" and any(lure in item["pattern"] for lure in lures) for item in new_objects
    ]
    assert sum(lone_indicators) == len(lures)
    assert all(lone_indicators[lone_indicators.index(True) :]), [item["type"] for item in new_objects]
