"""`hub purge`: no byte of the object stays in the store's files or the hub's log."""

from __future__ import annotations

from pathlib import Path

from tests.producer.offices import Region, of_types, own, sheet

MARK = "purge-me-elsewhere.example"


def files_with(folder: Path, text: str) -> list[str]:
    """The names of the hub's own files (store, WAL, log) in which the text is."""
    return [path.name for path in sorted(folder.iterdir()) if path.is_file() and text.encode() in path.read_bytes()]


def test_no_byte_of_a_purged_object_stays(region: Region, tmp_path: Path) -> None:
    """While the hub serves; without a terminal and without --yes it is refused; other objects stay."""
    office = region.offices["MM"]
    file = sheet(tmp_path / "a.csv", {"report_id": "MM-1", "country": "MM", "indicators": f"domain:{MARK}"})
    office.hub("publish", file, "--to", "mm", "--yes")
    objects_held = region.objects_in("mm")
    (indicator,) = [item for item in of_types(own(objects_held, office), "indicator") if MARK in item["pattern"]]
    (domain,) = [item for item in of_types(objects_held, "domain-name") if item["value"] == MARK]
    assert files_with(region.folder, MARK)
    result = region.tried("purge", "asean/mm", indicator["id"])
    assert (result.returncode, "--yes" in result.stderr) == (3, True)
    assert indicator["id"] in {item["id"] for item in region.objects_in("mm")}
    for identifier in (indicator["id"], domain["id"]):
        assert "1 versions" in region.hub("purge", "asean/mm", identifier, "--yes").stdout
    assert files_with(region.folder, MARK) == []
    assert not {indicator["id"], domain["id"]} & {item["id"] for item in region.objects_in("mm")}
    assert of_types(region.objects_in("mm"), "incident")


def test_what_cannot_be_purged_is_reported(region: Region) -> None:
    """An unknown collection, an invalid id, an object that is not stored: exit code 3, and what to do."""
    absent = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
    for words, expected in (
        (("asean/nowhere", absent), "hub collections"),
        (("asean/mm", "no id"), "no STIX id"),
        (("asean/mm", absent), "not held"),
    ):
        done = region.tried("purge", *words)
        assert done.returncode == 3
        assert expected in done.stderr
