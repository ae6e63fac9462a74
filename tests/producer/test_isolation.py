"""One bad report, row or file costs no other, and never leaves half of an output; what failed is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from hub.producer import releasing
from hub.rendering.render import Rendered, render
from hub.reports.read import read_reports
from tests.producer.offices import Office, Region, of_types, sheet

BAD: Final = "ID-BAD"
ROW: Final = {"country": "ID", "indicators": "ip:203.0.113.161"}


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program with one report."""

    def rendered(report: Any, *args: Any, **more: Any) -> Rendered:
        if report.report_id == BAD:
            raise RuntimeError("an index out of range, say")
        return render(report, *args, **more)

    monkeypatch.setattr(releasing, "render", rendered)


def three(path: Path, code: str = "ID") -> Path:
    return sheet(path, *({**ROW, "country": code, "report_id": name} for name in ("ID-A", BAD, "ID-B")))


def incidents(text: str) -> int:
    return sum(item["type"] == "incident" for item in json.loads(text)["objects"])


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("words", [(), ("--release", "regional")])
def test_a_report_on_which_the_program_fails_costs_no_other(
    office: Office, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """The bundle is whole; the report is named with file, row and id; exit code 1."""
    done = office.hub("convert", three(tmp_path / "three.csv"), *words, code=1)
    assert incidents(done.stdout) == 2
    assert "three.csv, row 3: ID-BAD: " in done.stderr
    assert "RuntimeError: an index out of range, say" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("failing")
def test_a_report_on_which_the_program_fails_does_not_stop_the_others_from_being_published(
    region: Region, tmp_path: Path
) -> None:
    """Nothing of it leaves, the rest does."""
    office = region.offices["VN"]
    before = len(of_types(region.objects_in("vn"), "incident"))
    done = office.hub("publish", three(tmp_path / "three.csv", "VN"), "--to", "vn", "--yes", code=1)
    assert "ID-BAD: nothing leaves" in done.stderr
    assert len(of_types(region.objects_in("vn"), "incident")) == before + 2


@pytest.mark.usefixtures("failing")
def test_where_every_report_fails_nothing_is_written(office: Office, tmp_path: Path) -> None:
    done = office.hub("convert", sheet(tmp_path / "one.csv", {**ROW, "report_id": BAD}), code=3)
    assert not done.stdout
    assert "ID-BAD" in done.stderr


def test_a_file_that_cannot_be_read_does_not_stop_the_others_from_being_published(
    region: Region, tmp_path: Path
) -> None:
    """Before it and behind it; each is named; alone, it is refused with 3."""
    office = region.offices["VN"]
    files = [sheet(tmp_path / f"{name}.csv", {**ROW, "country": "VN", "report_id": name}) for name in ("VN-A", "VN-B")]
    broken = tmp_path / "broken.json"
    broken.write_text('{"Event": ', encoding="utf-8")
    before = len(of_types(region.objects_in("vn"), "incident"))
    done = office.hub("publish", files[0], broken, tmp_path / "none.csv", files[1], "--to", "vn", "--yes", code=1)
    assert "broken.json" in done.stderr
    assert "none.csv: No such file" in done.stderr
    assert len(of_types(region.objects_in("vn"), "incident")) == before + 2
    assert not office.hub("publish", tmp_path / "none.csv", "--to", "vn", "--yes", code=3).stdout


def test_a_reader_that_fails_loses_only_what_comes_after(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it read before is used; the output says how far it came."""

    def read(*args: Any, **more: Any) -> Any:
        for number, report in enumerate(read_reports(*args, **more)):
            if number == 2:
                raise KeyError("field")
            yield report

    monkeypatch.setattr(releasing, "read_reports", read)
    done = office.hub("convert", three(tmp_path / "three.csv"), code=1)
    assert incidents(done.stdout) == 2
    assert "three.csv: after report 2" in done.stderr


# ------------------------------------------------------------------------------------- convert changes nothing anywhere


def test_convert_changes_nothing_and_always_makes_the_same_of_a_file(office: Office, tmp_path: Path) -> None:
    """Any number of times, in any order and with any options: the home is as it was, except the CERT's key."""
    file = three(tmp_path / "three.csv")
    first = office.hub("convert", file).stdout
    before = sorted((path, path.read_bytes()) for path in office.home.rglob("*") if path.is_file())
    for words in ((), ("--tlp", "green"), ("--release", "regional"), ("--release", "public", "--tlp", "clear"), ()):
        last = office.hub("convert", file, *words, code=None).stdout
    assert last == first
    assert sorted((path, path.read_bytes()) for path in office.home.rglob("*") if path.is_file()) == before


def test_a_bundle_is_written_into_a_file_whole_or_not_at_all(office: Office, tmp_path: Path) -> None:
    """`--out` overwrites what was converted before; where the conversion fails the file stays as it was."""
    out = tmp_path / "national.json"
    done = office.hub("convert", three(tmp_path / "three.csv"), "--out", out)
    assert not done.stdout
    assert incidents(out.read_text("utf-8")) == 3
    office.hub("convert", tmp_path / "none.csv", "--out", out, code=3)
    assert incidents(out.read_text("utf-8")) == 3
    for other in (tmp_path, tmp_path / "no folder" / "national.json"):
        assert "cannot be written" in office.hub("convert", tmp_path / "three.csv", "--out", other, code=3).stderr
    assert not (tmp_path / "no folder").exists()


def test_two_stages_in_one_sheet_are_two_versions_of_one_incident(office: Office, tmp_path: Path) -> None:
    """Nothing is on disk, and the second row still builds on the first."""
    rows = [
        {**ROW, "report_id": "ID-C", "stage": stage, "severity": number}
        for stage, number in (("early", "3"), ("final", "5"))
    ]
    file = sheet(tmp_path / "two.csv", *rows)
    for words in ((), ("--release", "regional")):
        objects = json.loads(office.hub("convert", file, *words).stdout)["objects"]
        incidents = of_types(objects, "incident")
        assert len({item["id"] for item in incidents}) == 1
        assert len({item["modified"] for item in incidents}) == 2


def test_an_observable_of_two_levels_appears_once_in_a_bundle_at_the_lower(office: Office, tmp_path: Path) -> None:
    """In either order of the two reports; there are two indicators."""
    line = {
        "classification.type": "c2-server",
        "source.ip": "203.0.113.162",
        "time.source": "2026-03-01T06:05:33+00:00",
    }
    for order in (("AMBER", "GREEN"), ("GREEN", "AMBER"), ("AMBER", "GREEN", "AMBER")):
        file = tmp_path / "two.jsonl"
        file.write_text("".join(json.dumps({**line, "tlp": level}) + "\n" for level in order), encoding="utf-8")
        for words in ((), ("--release", "regional")):
            objects = json.loads(office.hub("convert", file, "--format", "intelmq", *words).stdout)["objects"]
            ids = [item["id"] for item in objects if item["type"] != "relationship"]
            assert len(ids) == len(set(ids))
            (address,) = of_types(objects, "ipv4-addr")
            (green,) = [
                item["id"] for item in of_types(objects, "marking-definition") if item.get("name") == "TLP:GREEN"
            ]
            assert green in address["object_marking_refs"]
            assert len(of_types(objects, "indicator")) == 2
