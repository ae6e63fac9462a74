"""An officer's commands in her own language, against a hub; and how far long work is, whatever the command."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hub.cli.progress import Progress
from tests.producer.offices import Region, sheet


def test_an_officer_publishes_in_indonesian(region: Region, tmp_path: Path) -> None:
    """The preview, the question and the receipt; JSON is the same in each language."""
    office = region.offices["ID"]
    file = sheet(
        tmp_path / "a.csv", {"report_id": "ID-L1", "country": "ID", "title": "Uji", "indicators": "ip:203.0.113.61"}
    )
    shown = office.hub("publish", file, "--to", "id", "--preview", "--lang", "id")
    assert "KELUAR" in shown.stdout
    assert "LEAVES" not in shown.stdout
    english, indonesian = (
        office.hub("publish", file, "--to", "id", "--preview", "--json", "--lang", language).stdout
        for language in ("en", "id")
    )
    assert re.sub(r"T[\d:.]+Z", "", english) == re.sub(r"T[\d:.]+Z", "", indonesian)
    assert json.loads(english)["title"]
    done = office.hub("publish", file, "--to", "id", "--yes", "--lang", "id")
    assert "diterima" in done.stdout
    assert "nothing was done" in office.hub("withdraw", "ID-L1", "--lang", "id", code=3).stderr
    assert "observable dihapus" in office.hub("withdraw", "ID-L1", "--yes", "--lang", "id").stderr


def test_long_work_is_counted_in_each_command_of_an_office(
    region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading reports, sending, following: each passes its count on."""
    counted: list[tuple[str, int]] = []

    def show(self: Any, count: int, _total: int | None = None) -> None:
        counted.append((self._unit, count))

    monkeypatch.setattr(Progress, "show", show)
    office = region.offices["VN"]
    rows = [{"report_id": f"VN-P{number}", "country": "VN"} for number in range(3)]
    file = sheet(tmp_path / "many.csv", *rows)
    office.hub("convert", file, "--out", tmp_path / "out.json")
    assert counted == [("reports", 1), ("reports", 2), ("reports", 3)]
    counted.clear()
    office.hub("publish", file, "--to", "vn", "--yes")
    assert ("reports", 3) in counted
    assert [unit for unit, _ in counted][-1] == "objects"
    counted.clear()
    office.hub("follow", "vn", "--once", "--out", tmp_path / "vn.jsonl")
    objects = len((tmp_path / "vn.jsonl").read_text().splitlines())
    assert counted[-1] == ("objects", objects)
