"""Publishing from Python: preview, receipt, outbox and withdrawal are those of the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hub
from hub.producer.outbox import Outbox
from hub.producer.releasing import Release
from tests.producer.offices import Region, client_of, of_types, own, release_records, sheet, waiting_reports
from tests.producer.running import QUICK
from tests.server.making import indicator


def test_three_lines_of_python_publish_a_sheet(region: Region, tmp_path: Path) -> None:
    """`hub.read_reports`, `preview`, `publish`: the receipt lists each object; the second time all are stored already."""
    office = region.offices["MM"]
    file = sheet(tmp_path / "a.csv", {"report_id": "MM-7", "country": "MM", "indicators": "ip:203.0.113.94"})
    with client_of(office, outbox=tmp_path / "outbox") as asean:
        (report,) = hub.read_reports(file)
        release = asean.preview(report, to="mm")
        assert isinstance(release, Release)
        assert release.first
        assert "Balai Rekaan Utama" in release.preview.text()
        assert "MM-7" not in [record["report_id"] for record in release_records(office)]
        receipt = asean.publish(report, to="mm")
        assert receipt.complete
        again = asean.publish(report, to="mm")
    assert set(again.repeats) == {*receipt.successes, *receipt.repeats}
    assert not again.successes
    assert "Balai Rekaan" not in json.dumps(region.objects_in("mm"))
    assert len(of_types(own(region.objects_in("mm"), office), "incident")) >= 1


def test_in_python_a_report_waits_in_the_outbox_of_its_home(region: Region, tmp_path: Path) -> None:
    """The library and the command share one pipeline: with the hub away the report waits where `hub outbox` lists it, and
    the next `send_waiting` delivers it; what the hub takes is known from the last time it was asked.
    """
    office = region.offices["MM"]
    row = {"country": "MM", "indicators": "ip:203.0.113.100"}
    first, second = hub.read_reports(
        sheet(tmp_path / "a.csv", {**row, "report_id": "MM-10"}, {**row, "report_id": "MM-11"})
    )
    with client_of(office) as asean:
        assert asean.publish(first, to="mm").complete
        with region.away(), pytest.raises(hub.ConnectionFailedError, match="1 file waits"):
            asean.publish(second, to="mm")
        assert waiting_reports(office) == ["MM-11"]
        assert {record["report_id"] for record in release_records(office)} >= {"MM-10", "MM-11"}, (
            "kept before anything is sent"
        )
        (receipt,) = asean.send_waiting()
    assert receipt.complete
    assert not waiting_reports(office)


def test_in_python_a_receipt_is_of_what_was_published_and_not_of_what_waited(region: Region, tmp_path: Path) -> None:
    """What waited in the outbox goes along, and is not counted in the receipt of another report."""
    office = region.offices["MM"]
    box = tmp_path / "outbox"
    Outbox(box).put([indicator(3)], hub=office.url, to="mm", source="earlier")
    (report,) = hub.read_reports(
        sheet(tmp_path / "a.csv", {"report_id": "MM-12", "country": "MM", "indicators": "ip:203.0.113.101"})
    )
    with client_of(office, outbox=box) as asean:
        receipt = asean.publish(report, to="mm")
    assert receipt.complete, "the indicator of another member would be a failure"
    assert Outbox(box).refused()


def test_in_python_a_report_is_withdrawn_from_every_collection(region: Region, tmp_path: Path) -> None:
    """As by the command: revoked and deleted; what was never released is an error in words."""
    office = region.offices["MM"]
    (report,) = hub.read_reports(
        sheet(tmp_path / "a.csv", {"report_id": "MM-13", "country": "MM", "indicators": "ip:203.0.113.102"})
    )
    with client_of(office) as asean:
        for collection in ("mm", "indicators"):
            asean.publish(report, to=collection)
        receipts = asean.withdraw("MM-13")
        assert len(receipts) == 2
        assert all(receipt.complete for receipt in receipts)
        with pytest.raises(hub.ReleaseError, match="MM-404"):
            asean.withdraw("MM-404")
    for collection in ("mm", "indicators"):
        held_objects = region.objects_in(collection)
        assert "203.0.113.102" not in [item["value"] for item in of_types(held_objects, "ipv4-addr")]
        assert [item.get("revoked", False) for item in held_objects if "203.0.113.102" in item.get("pattern", "")] == [
            False,
            True,
        ]


def test_in_python_what_may_not_leave_is_an_error_in_words(region: Region, tmp_path: Path) -> None:
    """A report without consent, a row that could not be read, a client without a home."""
    office = region.offices["MM"]
    silent = {"report_id": "MM-8", "country": "MM", "consent": "none"}
    bad = {"report_id": "MM-9", "country": "MM", "detected_at": "never"}
    report, row = hub.read_reports(sheet(tmp_path / "a.csv", silent, bad))
    with client_of(office) as asean:
        with pytest.raises(hub.ReleaseError, match="MM-8"):
            asean.publish(report, to="mm")
        with pytest.raises(hub.ReadingError, match="detected_at"):
            asean.publish(row, to="mm")
    with (
        hub.connect(office.url, key=office.key, home=tmp_path / "nowhere", patience=QUICK) as asean,
        pytest.raises(hub.ConfigurationError, match=r"member\.toml"),
    ):
        asean.publish(report, to="mm")
