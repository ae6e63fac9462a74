"""`hub convert`: every form to valid STIX, as it is or as it would leave; no victim in any spelling."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests import corpus
from tests.corpus import naive_leaks
from tests.producer.offices import REPORTS, Office

FIXTURES: Final = Path(__file__).parents[1] / "reports" / "fixtures"
FORMS: Final = sorted(FIXTURES.iterdir())
BREACHES: Final = sorted((REPORTS / "breaches").iterdir())
VICTIMS: Final = {
    "klinik.json": ("Klinik Sehat Rekaan", "Sehat Rekaan", "kliniksehatrekaan", "rani.putri"),
    "thai.json": ("โรงพยาบาลตัวอย่างทดสอบ", "ตัวอย่างทดสอบ", "rp-tuayang-thotsop", "rani.putri"),
    "viet.json": ("Công ty Dữ Liệu Mẫu Thử", "Dữ Liệu Mẫu", "Du Lieu Mau Thu", "dulieumauthu", "rani.putri"),
    "soehne.json": ("Söhne & Mustermann Pte Ltd", "Mustermann", "soehne-mustermann", "rani.putri"),
}


def converted(office: Office, *words: str | Path, code: int | None = 0) -> list[dict[str, Any]]:
    bundle = json.loads(office.hub("convert", *words, code=code).stdout)
    assert bundle["type"] == "bundle"
    objects: list[dict[str, Any]] = bundle["objects"]
    return objects


def assert_holds(objects: Sequence[dict[str, Any]]) -> None:
    bundle = {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001", "objects": list(objects)}
    assert list(corpus.invalid(bundle)) == []


@pytest.mark.parametrize("file", FORMS, ids=lambda path: path.name)
def test_every_form_becomes_valid_stix_as_it_is_and_as_it_would_leave(office: Office, file: Path) -> None:
    assert_holds(converted(office, file, code=None))
    assert_holds(converted(office, file, "--release", "regional", code=None))


@pytest.mark.parametrize("file", BREACHES, ids=lambda path: path.name)
def test_no_spelling_of_a_victim_is_in_the_bytes_that_would_leave(office: Office, file: Path) -> None:
    """The files say the name plainly, in capitals, and percent-, base64-, hex- and punycode-encoded, in every field."""
    secrets = VICTIMS[file.name]
    inside = office.hub("convert", file).stdout
    assert naive_leaks(secrets[:1], inside), "at the CERT the name is there"
    for profile in ("regional", "public"):
        done = office.hub("convert", file, "--release", profile, "--tlp", "clear")
        assert naive_leaks(secrets, done.stdout) == []
        assert any(item["type"] == "incident" for item in json.loads(done.stdout)["objects"])


def test_two_audiences_cannot_be_joined_by_ids(office: Office) -> None:
    """What would leave for the region and for the public shares no id but those of public knowledge and of observables."""
    file = BREACHES[0]
    stands, regional, public = (
        {
            item["id"]
            for item in converted(office, file, "--tlp", "clear", *words)
            if item["type"] in ("incident", "report")
        }
        for words in ((), ("--release", "regional"), ("--release", "public"))
    )
    assert stands
    assert len(stands | regional | public) == len(stands) + len(regional) + len(public)


def test_the_same_reports_make_the_same_bytes(office: Office) -> None:
    first = office.hub("convert", *FORMS, code=None)
    assert office.hub("convert", *FORMS, code=None).stdout == first.stdout


def test_what_could_not_be_used_is_named(office: Office) -> None:
    """File, where in it, key, value and the reason, on stderr; the bundle alone is on stdout."""
    done = office.hub("convert", FIXTURES / "misp.json")
    assert "misp.json" in done.stderr
    assert "our-own:colour" in done.stderr
    assert "999.1.2.3" in done.stderr
    assert json.loads(done.stdout)


def test_a_file_that_cannot_be_read_does_not_cost_the_others(office: Office, tmp_path: Path) -> None:
    """The bundle is whole, the reason is printed, and the exit code says that something is missing."""
    broken = tmp_path / "broken.json"
    broken.write_text('{"Event": ', encoding="utf-8")
    done = office.hub("convert", broken, tmp_path / "none.csv", REPORTS / "story" / "indonesia.csv", code=1)
    assert {"incident", "report"} <= {item["type"] for item in json.loads(done.stdout)["objects"]}
    assert "broken.json" in done.stderr
    assert "none.csv" in done.stderr


def test_where_nothing_comes_of_it_no_half_bundle_is_written(office: Office, tmp_path: Path) -> None:
    text = tmp_path / "letter.txt"
    text.write_text("Dear colleagues,", encoding="utf-8")
    done = office.hub("convert", text, code=3)
    assert not done.stdout
    assert "--format" in done.stderr


def test_one_bad_row_does_not_cost_the_others(office: Office, tmp_path: Path) -> None:
    head, row = (REPORTS / "story" / "indonesia.csv").read_text(encoding="utf-8").splitlines()
    bad = row.replace("ID-2026-0311", "ID-2026-0312").replace("2026-05-04T18:30+07:00", "31 February")
    bad = bad.replace("confirmed", "certain")  # a row with two faults is one report
    file = tmp_path / "two.csv"
    file.write_text(f"{head}\n{bad}\n{row}", encoding="utf-8")
    done = office.hub("convert", file, code=1)
    assert "row 2" in done.stderr
    assert "started_at" in done.stderr
    assert "1 report was left out as a whole" in done.stderr
    assert sum(item["type"] == "incident" for item in json.loads(done.stdout)["objects"]) == 1


def test_consent_none_means_that_nothing_leaves(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "silent.csv"
    text = (REPORTS / "story" / "indonesia.csv").read_text(encoding="utf-8")
    file.write_text(text.replace("sector-only", "none"), encoding="utf-8")
    done = office.hub("convert", file, "--release", "regional", code=3)
    assert not done.stdout
    assert "nothing leaves" in done.stderr


def test_the_corpus_counts_what_converts_and_looks_for_leaks(capsys: pytest.CaptureFixture[str]) -> None:
    """`make corpus` over our own fixtures, with every check: no leak, no fault."""
    assert corpus.main([str(REPORTS), "--check"]) == 0
    assert corpus.main([str(FIXTURES), "--check"]) == 0
    out = capsys.readouterr().out
    last = next(line for line in out.splitlines() if line.startswith("in all")).split()
    files = sum(path.is_file() for path in REPORTS.rglob("*"))
    assert last[2:5] == [str(files), str(files), "0"]
    assert last[-1] == "0"
    assert "\n0 faults" in out


def test_the_corpus_sees_a_leak(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """If the release step let everything out, the table would say so."""

    class Open:
        def __init__(self, rendered: Any) -> None:
            self.contents, self.lone_contents = rendered.contents, ()

    monkeypatch.setattr(corpus, "Released", Open)
    monkeypatch.setattr(corpus, "release", lambda rendered, *_, **__: Open(rendered))
    (tmp_path / "klinik.json").write_bytes(BREACHES[0].read_bytes())
    assert corpus.main([str(tmp_path)]) == 1
    assert "LEAK: Klinik Sehat Rekaan" in capsys.readouterr().out


def unused_lines(tmp_path: Path, comments: int) -> Path:
    file = tmp_path / "events.jsonl"
    events = [
        {"classification.type": "c2-server", "source.ip": "203.0.113.9", "extra.remark": f"=remark {number}"}
        for number in range(comments)
    ]
    file.write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    return file


def test_few_unused_values_are_named_line_by_line(office: Office, tmp_path: Path) -> None:
    """Each with its value and reason."""
    errors = office.hub("convert", unused_lines(tmp_path, 3)).stderr
    assert [f"extra.remark: '=remark {number}'" in errors for number in range(3)] == [True, True, True]
    assert "--unused" not in errors


def test_a_file_of_unused_values_is_written_where_every_value_was_used(office: Office, tmp_path: Path) -> None:
    """On request; it has only its headings."""
    csv_file, events = tmp_path / "unused.csv", tmp_path / "events.jsonl"
    events.write_text('{"classification.type": "c2-server", "source.ip": "203.0.113.9"}', encoding="utf-8")
    shown = office.hub("convert", events, "--unused", csv_file).stderr
    assert f"{csv_file}: every value was used." in shown
    assert len(csv_file.read_text(encoding="utf-8-sig").splitlines()) == 1


def test_many_unused_values_are_a_table_and_all_of_them_are_kept_in_the_file(office: Office, tmp_path: Path) -> None:
    """The table says how many there are; the file has each, and no spreadsheet reads one as a formula."""
    file, csv_file = unused_lines(tmp_path, 50), tmp_path / "unused.csv"
    shown = office.hub("convert", file).stderr
    assert re.search(r"^extra\.remark +50  '=remark 0', '=remark 1', '=remark 2', …", shown, re.MULTILINE)
    assert "50 values were not used; --unused FILE.csv keeps all of them." in shown
    assert "on 50 lines" not in shown
    office.hub("convert", file, "--unused", csv_file)
    with csv_file.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert {row["value"] for row in rows if row["field"] == "extra.remark"} == {
        f"'=remark {number}" for number in range(50)
    }
    assert all(row["reason"] for row in rows)
