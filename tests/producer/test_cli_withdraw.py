"""`hub withdraw`: what was released is revoked and its observables deleted, whatever breaks off in between."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.release.policy import text_key
from tests.producer.offices import Region, of_types, own, sheet


def test_a_withdrawal_with_the_hub_away_continues_where_it_broke_off(region: Region, tmp_path: Path) -> None:
    """The revocations wait in the outbox; the same command, tried again, sends these and deletes the observables."""
    office = region.offices["KH"]
    published_otherwise = {item["id"] for item in region.objects_in("kh")}
    file = sheet(tmp_path / "a.csv", {"report_id": "KH-1", "country": "KH", "indicators": "ip:203.0.113.71"})
    office.hub("publish", file, "--to", "kh", "--yes")
    before = region.objects_in("kh")
    assert "203.0.113.71" in [item["value"] for item in of_types(before, "ipv4-addr")]
    with region.away():
        done = office.hub("withdraw", "KH-1", "--yes", code=4)
        assert "hub outbox send" in done.stderr
    done = office.hub("withdraw", "KH-1", "--yes")
    assert "1 observables deleted" in done.stderr
    objects_held = region.objects_in("kh")
    assert "203.0.113.71" not in [item["value"] for item in of_types(objects_held, "ipv4-addr")]
    after = [item for item in own(objects_held, office) if item["id"] not in published_otherwise]
    for kind, states in (("incident", [True]), ("report", [True]), ("indicator", [False, True])):
        versions = of_types(after, kind)
        assert [item.get("revoked", False) for item in versions] == states, kind
    assert "empty" in office.hub("outbox").stdout


def test_no_version_shows_what_was_withdrawn(region: Region, tmp_path: Path) -> None:
    """An approved text, the sector and the stages are gone from the hub; what was revoked still says so."""
    office = region.offices["KH"]
    row = {
        "report_id": "KH-7",
        "country": "KH",
        "title": "Trojan in the billing office",
        "indicators": "ip:203.0.113.77",
    }
    key = text_key(row["title"])
    for stage in ("early", "final"):
        file = sheet(tmp_path / f"{stage}.csv", {**row, "stage": stage})
        office.hub(
            "publish", file, "--to", "kh", "--yes", "--approve", key, "--officer", "Sokha", "--despite", "agreed"
        )
    assert sum("billing office" in str(item) for item in region.objects_in("kh")) > 1
    done = office.hub("withdraw", "KH-7", "--yes")
    assert "earlier versions deleted" in done.stderr
    assert not [item for item in region.objects_in("kh") if "billing office" in str(item)]
    withdrawn = [
        item for item in of_types(own(region.objects_in("kh"), office), "incident") if item["name"] == "Withdrawn"
    ]
    assert withdrawn
    assert all(item["revoked"] for item in withdrawn)
    assert "0 earlier versions deleted" in office.hub("withdraw", "KH-7", "--yes").stderr, (
        "done again, it changes nothing"
    )


def test_nothing_is_withdrawn_unless_the_officer_agrees(region: Region, tmp_path: Path) -> None:
    """It is permanent: at a terminal it asks; without one `--yes` is needed. What was sent stays until then."""
    office = region.offices["KH"]
    file = sheet(tmp_path / "a.csv", {"report_id": "KH-5", "country": "KH", "indicators": "ip:203.0.113.75"})
    office.hub("publish", file, "--to", "kh", "--yes")
    before = region.objects_in("kh")
    assert "--yes" in office.hub("withdraw", "KH-5", code=3).stderr
    done = office.hub("withdraw", "KH-5", answer="\n", code=3)
    assert "KH-5 will be withdrawn permanently from 1 collection. Withdraw it? [y/N]" in done.stderr
    assert "Nothing was withdrawn" in done.stderr
    assert region.objects_in("kh") == before
    office.hub("withdraw", "KH-5", answer="y\n")
    assert any(item.get("revoked") for item in own(region.objects_in("kh"), office))


def test_a_withdrawn_indicator_is_not_valid_any_more(region: Region, tmp_path: Path) -> None:
    """Tools that do not know `revoked` look at `valid_until` alone."""
    office = region.offices["KH"]
    row = {"report_id": "KH-6", "country": "KH", "indicators": "ip:203.0.113.76"}
    # just after midnight, today's report would be valid from the moment of its withdrawal
    yesterday = datetime.now(UTC) - timedelta(days=1)
    file = sheet(tmp_path / "a.csv", {**row, "detected_at": f"{yesterday:%Y-%m-%d}T00:00Z"})
    office.hub("publish", file, "--to", "kh", "--yes")
    office.hub("withdraw", "KH-6", "--yes")
    versions = [item for item in of_types(region.objects_in("kh"), "indicator") if "203.0.113.76" in item["pattern"]]
    assert [item.get("revoked", False) for item in versions] == [False, True]
    moments = [
        [datetime.fromisoformat(item[name]) for name in ("valid_from", "valid_until", "modified")] for item in versions
    ]
    assert moments[0][1] > moments[0][2]
    assert moments[1][0] < moments[1][1] <= moments[1][2]


def test_what_was_withdrawn_is_not_published_again_by_mistake(region: Region, tmp_path: Path) -> None:
    """A revocation is permanent: the same report is held back in words, under another id it goes out."""
    office = region.offices["KH"]
    row = {"report_id": "KH-2", "country": "KH", "indicators": "ip:203.0.113.72"}
    file = sheet(tmp_path / "a.csv", row)
    office.hub("publish", file, "--to", "kh", "--yes")
    office.hub("withdraw", "KH-2", "--yes")
    done = office.hub("publish", file, "--to", "kh", "--yes", code=1)
    assert "withdrawn" in done.stderr
    assert not any(item["value"] == "203.0.113.72" for item in of_types(region.objects_in("kh"), "ipv4-addr"))
    office.hub("publish", sheet(tmp_path / "b.csv", {**row, "report_id": "KH-3"}), "--to", "kh", "--yes")
    assert any(item["value"] == "203.0.113.72" for item in of_types(region.objects_in("kh"), "ipv4-addr"))


def test_an_observable_that_another_member_published_too_stays(region: Region, tmp_path: Path) -> None:
    """The hub keeps what is not this member's alone, and the command says so."""
    row = {"indicators": "ip:203.0.113.73"}
    for code in ("KH", "LA"):
        file = sheet(tmp_path / f"{code}.csv", {**row, "report_id": f"{code}-9", "country": code})
        region.offices[code].hub("publish", file, "--to", "incidents", "--yes")
    done = region.offices["KH"].hub("withdraw", "KH-9", "--yes")
    objects_held = region.objects_in("incidents")
    their_addresses = [item for item in of_types(objects_held, "ipv4-addr") if item["value"] == "203.0.113.73"]
    assert their_addresses, done.stderr


def test_an_observable_of_another_published_report_stays(region: Region, tmp_path: Path) -> None:
    """One address in two incidents: the first withdrawal leaves it where it is, the second deletes it."""
    office = region.offices["KH"]
    row = {"country": "KH", "indicators": "ip:203.0.113.74"}
    file = sheet(tmp_path / "a.csv", {**row, "report_id": "KH-ONE"}, {**row, "report_id": "KH-TWO"})
    office.hub("publish", file, "--to", "kh", "--yes")

    def values() -> list[str]:
        return [item["value"] for item in of_types(region.objects_in("kh"), "ipv4-addr")]

    assert "0 observables deleted" in office.hub("withdraw", "KH-ONE", "--yes").stderr
    assert "203.0.113.74" in values()
    assert "1 observables deleted" in office.hub("withdraw", "KH-TWO", "--yes").stderr
    assert "203.0.113.74" not in values()


def test_a_report_that_never_left_cannot_be_withdrawn(region: Region) -> None:
    done = region.offices["LA"].hub("withdraw", "LA-404", "--yes", code=3)
    assert "LA-404" in done.stderr


def test_a_withdrawal_says_to_which_other_hub_the_report_went(region: Region, tmp_path: Path) -> None:
    """Two hubs may declare one collection, by its id: what is withdrawn at one stays at the other."""
    office = region.offices["KH"]
    file = sheet(tmp_path / "a.csv", {"report_id": "KH-8", "country": "KH", "indicators": "ip:203.0.113.78"})
    office.hub("publish", file, "--to", "kh", "--yes")
    other = "https://other-hub.example/asean/"
    for path in (office.home / "records" / "released").glob("*.json"):
        record = json.loads(path.read_bytes())
        assert record["hubs"] == [region.url] or record["report_id"] != "KH-8"
        if record["report_id"] == "KH-8":
            path.write_text(json.dumps({**record, "hubs": [other, *record["hubs"]]}))
    done = office.hub("withdraw", "KH-8", "--yes", code=1)
    assert f"KH-8 was also sent to {other}" in done.stderr
    shown = office.hub("record", "KH-8").stdout
    assert shown.count(f"At the hub: {region.url}") == 2, "of the release, and of the withdrawal"


def test_no_version_shows_which_value_an_officer_let_out(region: Region, tmp_path: Path) -> None:
    """It may lead to the victim, although it was linked to the incident."""
    office = region.offices["KH"]
    value = "http://203.0.113.78/pay?acct=514012345678"
    file = sheet(tmp_path / "a.csv", {"report_id": "KH-78", "country": "KH", "indicators": f"url:{value}"})
    approve = ("--approve", value, "--officer", "Sokha", "--despite", "agreed")
    office.hub("publish", file, "--to", "kh", "--yes", *approve)
    assert [item for item in of_types(region.objects_in("kh"), "indicator") if value in item["pattern"]]
    office.hub("withdraw", "KH-78", "--yes")
    assert not [item for item in region.objects_in("kh") if value in str(item)]
