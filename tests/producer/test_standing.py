"""STIX goes as it is, except what `hub convert` made for the CERT's own eyes, and for whom the CERT protects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hub
from tests.producer.offices import Office, Region, of_types, sheet
from tests.producer.running import QUICK

INDICATOR = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": "indicator--3d0a3a1e-52a4-4b1f-8a39-7a4a0f0f1a01",
    "created": "2026-05-04T00:00:00.000Z",
    "modified": "2026-05-04T00:00:00.000Z",
    "name": "Lure",
    "description": "A lure for customers of Pelita Rekaan",
    "pattern": "[domain-name:value = 'masuk.example']",
    "pattern_type": "stix",
    "valid_from": "2026-05-04T00:00:00Z",
}


def bundle(path: Path, *objects: object) -> Path:
    text = json.dumps({"type": "bundle", "id": "bundle--3d0a3a1e-52a4-4b1f-8a39-7a4a0f0f1a02", "objects": objects})
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bundle_as_it_is_at_the_cert_does_not_leave(region: Region, tmp_path: Path) -> None:
    """`hub convert`, then `hub publish` of what came out: refused, by the command and in Python, whole or in part."""
    office = region.offices["MY"]
    file = sheet(tmp_path / "a.csv", {"report_id": "MY-NATIONAL", "country": "MY", "indicators": "ip:203.0.113.121"})
    whole = json.loads(office.hub("convert", file).stdout)["objects"]
    before = len(region.objects_in("incidents"))
    for objects in (whole, of_types(whole, "incident"), of_types(whole, "note", "relationship")):
        done = office.hub("publish", bundle(tmp_path / "b.json", *objects), "--to", "incidents", "--yes", code=3)
        assert "as it stands at the CERT" in done.stderr
        with (
            hub.connect(office.url, key=office.key, home=office.home, patience=QUICK) as asean,
            pytest.raises(hub.ReleaseError, match="as it stands at the CERT"),
        ):
            asean.publish(objects, to="incidents")
    assert len(region.objects_in("incidents")) == before
    # what was released has other ids, and goes
    released = json.loads(office.hub("convert", file, "--release", "regional").stdout)["objects"]
    office.hub("publish", bundle(tmp_path / "c.json", *released), "--to", "incidents", "--yes")
    assert len(region.objects_in("incidents")) > before


@pytest.fixture
def protecting(region: Region) -> Office:
    """An office with a list of whom it protects."""
    office = region.offices["SG"]
    file = office.home / "member.toml"
    declared = file.read_text("utf-8")
    file.write_text(declared + '\n[deny]\nnames = ["Pelita Rekaan Pte Ltd"]\n', encoding="utf-8")
    return office


def test_whom_the_cert_protects_is_named_in_no_bundle_unless_approved(
    region: Region, protecting: Office, tmp_path: Path
) -> None:
    file = bundle(tmp_path / "b.json", {**INDICATOR, "created_by_ref": protecting.identity})
    words = ("publish", file, "--to", "indicators", "--yes")
    done = protecting.hub(*words, code=3)
    assert "Pelita Rekaan Pte Ltd" in done.stderr
    assert "--approve" in done.stderr
    assert "Pelita" not in json.dumps(region.objects_in("indicators"))
    protecting.hub(*words, "--approve", "Pelita Rekaan Pte Ltd", "--officer", "Tan Mei")
    assert "Pelita" in json.dumps(region.objects_in("indicators"))


def test_an_identity_that_is_nobodys_author_does_not_leave_unless_approved(region: Region, tmp_path: Path) -> None:
    """It may be a victim. Authors, classes and pseudonyms go as they are."""
    office = region.offices["MY"]
    identity = {
        "type": "identity",
        "spec_version": "2.1",
        "created": INDICATOR["created"],
        "modified": INDICATOR["modified"],
    }
    author = {
        **identity,
        "id": "identity--3d0a3a1e-52a4-4b1f-8a39-7a4a0f0f1b01",
        "name": "Vendor",
        "identity_class": "organization",
    }
    crowd = {
        **identity,
        "id": "identity--3d0a3a1e-52a4-4b1f-8a39-7a4a0f0f1b02",
        "name": "Banks",
        "identity_class": "class",
    }
    victim = {**author, "id": "identity--3d0a3a1e-52a4-4b1f-8a39-7a4a0f0f1b03", "name": "Bank Teratai Rekaan Berhad"}
    indicator = {**INDICATOR, "id": "indicator--3d0a3a1e-52a4-4b1f-8a39-7a4a0f0f1b04", "created_by_ref": author["id"]}
    words = ("--to", "indicators", "--yes")
    file = bundle(tmp_path / "b.json", author, crowd, victim, indicator)
    done = office.hub("publish", file, *words, "--preview", code=3)
    assert "Bank Teratai Rekaan Berhad" in done.stderr
    assert "Vendor" not in done.stderr
    assert "Banks" not in done.stderr
    approve = ("--approve", "Bank Teratai Rekaan Berhad", "--officer", "Aminah")
    office.hub("publish", file, *words, "--preview", *approve)
    office.hub("publish", bundle(tmp_path / "c.json", author, crowd, indicator), *words, "--preview")
