"""Reports that are published as part of a drill."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.producer.offices import Region, sheet


@pytest.mark.parametrize(
    ("indicator", "leaves"),
    [
        ("ip:198.51.100.7", True),
        ("url:http://host.example/a", True),
        ("ip:2001:db9::7", False),
    ],
)
def test_a_drill_names_nobodys_addresses(region: Region, tmp_path: Path, indicator: str, leaves: bool) -> None:
    """Otherwise it is withheld, in words that name the value; outside a drill the same report leaves."""
    office = region.offices["KH"]
    row = {"report_id": f"KH-{indicator}", "country": "KH", "indicators": indicator}
    file = sheet(tmp_path / "a.csv", row)
    drills = ("--url", region.url.replace("/asean/", "/exercise/"), "--exercise")
    done = office.hub("publish", file, "--to", "incidents", "--yes", *drills, code=None)
    assert (done.code == 0) is leaves
    if not leaves:
        assert "set aside for documentation" in done.stdout + done.stderr
        office.hub("publish", file, "--to", "kh", "--yes")
