"""Publishing from rows to the hub: corrected rows, stages, drills, a hub that is away, and a kill in the middle."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.producer.offices import Office, Region, of_types, own, release_records, sheet, waiting_reports

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


# --- rows and stages ------------------------------------------------------------------------------------------------


def test_the_corrected_row_is_published_alone(region: Region, tmp_path: Path) -> None:
    """A bad row is reported with file, row and column, the good one goes out; then the corrected row by itself."""
    office = region.offices["LA"]
    good = {"report_id": "LA-1", "country": "LA", "indicators": "ip:203.0.113.88"}
    bad = {"report_id": "LA-2", "country": "LA", "detected_at": "31/31/2026", "indicators": "ip:203.0.113.89"}
    done = office.hub("publish", sheet(tmp_path / "two.csv", bad, good), "--to", "la", "--yes", code=1)
    assert "two.csv" in done.stderr
    assert "row 2" in done.stderr
    assert "detected_at" in done.stderr
    assert len(of_types(region.objects_in("la"), "incident")) == 1
    mended = sheet(tmp_path / "mended.csv", {**bad, "detected_at": "2026-05-05T08:00+07:00"})
    office.hub("publish", mended, "--to", "la", "--yes")
    assert len(of_types(region.objects_in("la"), "incident")) == 2


def test_two_stages_in_one_sheet_are_two_versions_of_one_incident(region: Region, tmp_path: Path) -> None:
    """Nothing is on disk yet when the second row is released, and it builds on the first nevertheless."""
    office = region.offices["LA"]
    row = {"report_id": "LA-3", "country": "LA", "indicators": "ip:203.0.113.90"}
    file = sheet(
        tmp_path / "a.csv", {**row, "stage": "early"}, {**row, "stage": "final", "status": "closed", "severity": "5"}
    )
    before = Counter(item["id"] for item in region.objects_in("la"))
    office.hub("publish", file, "--to", "la", "--yes")
    held_objects = region.objects_in("la")
    reports = [item for item in of_types(held_objects, "report") if item["id"] not in before]
    assert len({item["id"] for item in reports}) == 1
    assert ["stage:early" in item["labels"] for item in reports] == [True, False]
    assert "stage:final" in reports[1]["labels"]
    assert len({item["created"] for item in reports}) == 1
    assert len([item for item in held_objects if item["id"] == office.identity]) <= 2, (
        "its own identity: the hub's, and one"
    )


def test_a_drill_goes_to_the_drills_and_nowhere_else(region: Region, tmp_path: Path) -> None:
    office = region.offices["LA"]
    file = sheet(tmp_path / "a.csv", {"report_id": "LA-4", "country": "LA", "indicators": "ip:203.0.113.91"})
    drills = ("--url", region.url.replace("/asean/", "/exercise/"))
    done = office.hub("publish", file, "--to", "la", "--yes", "--exercise", code=3)
    assert "takes no drills" in done.stderr
    done = office.hub("publish", file, "--to", "incidents", "--yes", *drills, code=3)
    assert "--exercise" in done.stderr
    assert "LA-4" not in [record["report_id"] for record in release_records(office)]
    office.hub("publish", file, "--to", "incidents", "--yes", "--exercise", *drills)
    assert "LA-4" in [record["report_id"] for record in release_records(office)]


# --- a hub that is away ---------------------------------------------------------------------------------------------


def test_what_the_hub_cannot_take_now_waits_and_goes_later(region: Region, tmp_path: Path) -> None:
    """Exit code 4 and where it waits; `hub outbox send` later; the hub has each object once."""
    office = region.offices["VN"]
    file = sheet(tmp_path / "a.csv", {"report_id": "VN-1", "country": "VN", "indicators": "ip:203.0.113.92"})
    nowhere = ("--url", "http://127.0.0.1:9/asean/")
    done = office.hub("publish", file, "--to", "vn", "--yes", *nowhere, code=4)
    assert "never asked" in done.stderr, "what that collection takes is not known: nothing can be released for it"
    assert not waiting_reports(office)
    office.hub("publish", file, "--to", "vn", "--preview")
    with region.away():
        done = office.hub("publish", file, "--to", "vn", "--yes", code=4)
        assert "hub outbox send" in done.stderr
        assert waiting_reports(office) == ["VN-1"]
        office.hub("outbox", "send", code=4)
    assert "VN-1" in office.hub("outbox", "send").stdout
    assert not waiting_reports(office)
    assert_each_once(region, office, "vn")


def assert_each_once(region: Region, office: Office, collection: str) -> None:
    objects = own(region.objects_in(collection), office)
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
    before = {item["id"] for item in region.objects_in(to)}
    words = [sys.executable, "-c", DYING, place, "publish", str(file), "--to", to, "--yes"]
    killed = subprocess.run(words, env=office.environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [record["report_id"] for record in release_records(office) if record["report_id"] == row["report_id"]]
    assert waiting_reports(office) == ([] if place == "kept" else [row["report_id"]])
    new_incidents = [item for item in of_types(region.objects_in(to), "incident") if item["id"] not in before]
    assert len(new_incidents) == (place == "taken")
    office.hub("publish", file, "--to", to, "--yes")
    assert not waiting_reports(office)
    new = [item for item in own(region.objects_in(to), office) if item["id"] not in before]
    assert len(of_types(new, "incident")) == 1
    assert max(Counter(item["id"] for item in new).values()) == 1


def test_where_an_office_may_not_write_nothing_is_released(region: Region, tmp_path: Path) -> None:
    """Another member's collection, or one that does not exist: exit code 3, no record, no file in the outbox."""
    office = region.offices["BN"]
    file = sheet(tmp_path / "a.csv", {"report_id": "BN-9", "country": "BN"})
    for collection in ("sg", "nowhere"):
        done = office.hub("publish", file, "--to", collection, "--yes", code=3)
        assert "hub collections" in done.stderr
    assert "BN-9" not in [record["report_id"] for record in release_records(office)]
    assert "BN-9" not in waiting_reports(office)
