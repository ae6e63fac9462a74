"""What an analyst does in Python beside publishing and following one collection: several, one object, tables, time limits."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stix2

import hub
from hub.producer.api import HubClient
from hub.producer.items import Item
from hub.producer.patience import LOGGED_PAUSE_SECONDS
from hub.producer.publish import publish
from hub.producer.tables import COLUMNS
from hub.release.preview import Preview, PreviewRow
from tests.producer.offices import Region, sheet
from tests.producer.running import QUICK, HubProcess
from tests.server.making import an_id, indicator

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def client(running_hub: HubProcess) -> Iterator[HubClient]:
    """Indonesia's client."""
    with HubClient(running_hub.connection()) as library_client:
        yield library_client


def put(client: HubClient, collection: str, *objects: dict[str, Any]) -> None:
    receipt = publish(client.connection, client.connection.collection(collection), objects)
    assert receipt.complete, receipt


def test_several_collections_are_followed_in_turn(client: HubClient, fresh: str, tmp_path: Path) -> None:
    """Each continues from where it ended; each object names its collection."""
    put(client, fresh, indicator(901))
    put(client, "id", indicator(902))
    several = [fresh, "id"]
    pairs = {(item.collection, item.id) for item in client.follow(several, types=["indicator"], once=True)}
    assert {(fresh, an_id(901)), ("id", an_id(902))} <= pairs
    list(client.follow(several, types=["indicator"], once=True, checkpoint=tmp_path / "state"))
    put(client, fresh, indicator(903))
    again = client.follow(several, types=["indicator"], once=True, checkpoint=tmp_path / "state")
    assert [item.id for item in again] == [an_id(903)]
    with pytest.raises(hub.ConfigurationError, match="one collection"):
        client.follow(several, once=True, out=tmp_path / "out.jsonl")


def test_without_a_name_all_that_the_account_reads_is_followed(client: HubClient, fresh: str) -> None:
    put(client, fresh, indicator(904))
    assert (fresh, an_id(904)) in {(item.collection, item.id) for item in client.follow(once=True)}


def test_what_is_new_in_any_of_several_wakes_who_follows_them(
    client: HubClient, running_hub: HubProcess, fresh: str
) -> None:
    """By the hub's events: the next poll would be a day away."""
    follower = HubClient(running_hub.connection())
    followed = follower.follow(["id", fresh], types=["indicator"], rhythm=hub.Rhythm(interval_seconds=86_400.0))
    put(client, fresh, indicator(905))
    while next(followed).id != an_id(905):
        pass
    put(client, fresh, indicator(906))
    assert next(followed).id == an_id(906)
    follower.close()


def test_since_begins_after_a_moment(client: HubClient, fresh: str) -> None:
    """As a datetime, a timestamp or a span; with a checkpoint only where there is none yet."""
    put(client, fresh, indicator(907))
    ahead = datetime.now(UTC) + timedelta(hours=1)
    for since in (ahead, ahead.strftime("%Y-%m-%dT%H:%M:%SZ"), (ahead + timedelta(days=1)).strftime("%Y-%m-%d")):
        assert list(client.follow(fresh, since=since, once=True)) == []
    for since in (ahead - timedelta(days=2), "2d", "2020-01-01"):
        assert an_id(907) in {item.id for item in client.follow(fresh, since=since, once=True)}
    for since in ("yesterday", datetime(2026, 1, 1)):  # noqa: DTZ001 - without its zone on purpose
        with pytest.raises(hub.ConfigurationError, match=r"since|time zone"):
            client.follow(fresh, since=since, once=True)


def test_revoked_objects_are_distinguished(client: HubClient, fresh: str) -> None:
    """And expired ones: a block list uses active ones only."""
    put(client, fresh, indicator(908), indicator(909), indicator(910, valid_until="2026-04-01T00:00:00Z"))
    put(client, fresh, indicator(908, version=2, revoked=True))
    items = {item.id: item for item in client.follow(fresh, types=["indicator"], once=True)}
    assert {name: item.revoked for name, item in items.items()} == {
        an_id(908): True,
        an_id(909): False,
        an_id(910): False,
    }  # fmt: skip - a table
    before = datetime(2026, 3, 15, tzinfo=UTC)
    assert [items[an_id(n)].active(before) for n in (908, 909, 910)] == [False, True, True]
    assert not items[an_id(910)].active(datetime(2026, 4, 1, tzinfo=UTC))


def test_an_item_is_read_like_stix2s_object(client: HubClient, fresh: str) -> None:
    """It can be passed on like one: to stix2, and back to `publish`."""
    put(client, fresh, indicator(911))
    item = client.get(an_id(911))
    assert (item["id"], item.type, item.pattern, item.get("nothing", 7)) == (
        an_id(911),
        "indicator",
        indicator(911)["pattern"],
        7,
    )  # fmt: skip - a table
    assert isinstance(item.stix, stix2.v21.Indicator)
    assert item.content == indicator(911)
    assert client.publish(item, to=fresh).repeats == (an_id(911),)
    with pytest.raises(AttributeError, match="no property 'colour'"):
        _ = item.colour


def test_get_finds_the_last_version_wherever_it_is(client: HubClient, fresh: str) -> None:
    put(client, fresh, indicator(912))
    put(client, fresh, indicator(912, version=2))
    item = client.get(an_id(912))
    assert (item.collection, item.content) == (fresh, indicator(912, version=2))
    assert client.get(an_id(912), fresh) == item
    for collection in (None, "feeds"):
        with pytest.raises(hub.NotFoundError):
            client.get(an_id(913), collection)


def test_a_frame_has_a_row_for_each_object(client: HubClient, fresh: str) -> None:
    put(client, fresh, indicator(914))
    frame = client.to_frame(fresh, types=["indicator"])
    assert list(frame.columns) == list(COLUMNS)
    (row,) = frame.to_dict("records")
    assert (row["id"], row["tlp"], row["revoked"], row["collection"]) == (an_id(914), "green", False, fresh)


def test_without_pandas_the_message_says_what_to_install(client: HubClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "misp_stix_converter", None)
    with pytest.raises(hub.ConfigurationError, match="pip install pandas"):
        client.to_frame("id")
    with pytest.raises(hub.ConfigurationError, match="pip install misp-stix"):
        client.export("misp", "id")


def test_an_export_as_csv_runs_no_formula(client: HubClient, fresh: str, tmp_path: Path) -> None:
    """Another member can choose a name that begins like a formula."""
    put(client, fresh, indicator(915, name='=HYPERLINK("http://evil.example")'))
    out = tmp_path / "indicators.csv"
    text = client.export("csv", fresh, types=["indicator"], out=out)
    assert out.read_bytes() == text.encode()
    with pytest.raises(hub.ProducerError, match="cannot be written"):
        client.export("csv", fresh, out=out / "below-a-file.csv")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["id"], row["name"][:2]) == (an_id(915), "'=")


def test_an_export_as_stix_is_one_bundle(client: HubClient, fresh: str) -> None:
    """JSON-equal to what was published; the same objects make the same bundle."""
    put(client, fresh, indicator(916), indicator(917))
    bundle = json.loads(client.export("stix", fresh, types=["indicator"]))
    assert bundle["objects"] == [indicator(916), indicator(917)]
    stix2.parse(bundle, allow_custom=True)
    assert json.loads(client.export("stix", fresh, types=["indicator"]))["id"] == bundle["id"]
    with pytest.raises(hub.UnprocessableError, match="no object"):
        client.export("stix", fresh, types=["malware"])
    with pytest.raises(hub.UnprocessableError, match="csv, stix, misp"):
        client.export("pdf", fresh)


def test_an_export_to_misp_leaves_out_what_was_revoked(
    client: HubClient, running_hub: HubProcess, fresh: str, tmp_path: Path
) -> None:
    """MISP has no such property, and would still detect it. In a process of its own: misp-stix changes how Python imports."""
    put(client, fresh, indicator(918), indicator(919, pattern="[domain-name:value = 'panel.attacker.example']"))
    put(client, fresh, indicator(918, version=2, revoked=True))
    code = (
        "import os, sys, hub\n"
        "asean = hub.connect(os.environ['HUB_URL'], key=os.environ['HUB_KEY'])\n"
        "asean.export('misp', sys.argv[1], types=['indicator'], out=sys.argv[2])"
    )
    out = tmp_path / "event.json"
    subprocess.run(
        [sys.executable, "-c", code, fresh, str(out)],
        env={**running_hub.client_environment(), "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    event = json.loads(out.read_text())
    assert [attribute["value"] for attribute in event["Attribute"]] == ["panel.attacker.example"]


def test_a_step_that_the_hub_refuses_is_an_error(region: Region) -> None:
    """The same for each step: an unknown incident, a request that nobody made."""
    office = region.offices["SG"]
    incident = "incident--8f2c0000-0000-4000-8000-000000000001"
    with hub.connect(office.url, key=office.key, patience=QUICK) as asean:
        with pytest.raises(hub.RefusedError):
            asean.acknowledge(incident)
        with pytest.raises(hub.RefusedError):
            asean.answer(incident, "accepted")
        with pytest.raises(hub.RefusedError):
            asean.ask(incident, members=["MY"], what="Is it seen?")


def test_a_preview_from_python_sends_and_keeps_nothing(region: Region, tmp_path: Path) -> None:
    """And publishing it then does both; the board and its incidents are dicts that a notebook shows."""
    office = region.offices["PH"]
    path = sheet(
        tmp_path / "r.csv",
        {
            "report_id": "PH-LIB-1",
            "country": "PH",
            "victim_name": "Bank of Examples",
            "indicators": "domain:a.attacker.example",
        },
    )
    with hub.connect(office.url, key=office.key, home=office.home, patience=QUICK) as asean:
        (report,) = hub.read_reports(path)
        kept_by_any_client = {"collections.json", "member.key"}  # what the hub takes, and the key that makes ids
        before = sorted(office.home.rglob("*"))
        preview = asean.publish(report, to="alerts", preview=True)
        assert isinstance(preview, hub.Preview)
        assert sorted(path for path in office.home.rglob("*") if path.name not in kept_by_any_client) == before
        assert not any(entry["reported_by"] == "PH" for entry in asean.board()["incidents"])
        receipt = asean.publish(report, to="alerts")
        assert receipt.complete
        (incident,) = [entry for entry in asean.board()["incidents"] if entry["reported_by"] == "PH"]
        assert incident.id.startswith("incident--")
        for shown in (preview, receipt, asean.board(), incident):
            assert "<p><b>" in shown._repr_html_()


def test_what_a_notebook_shows_is_escaped() -> None:
    """Other members choose names on the board; values of a preview come from a report."""
    entry = {
        "incident": an_id(1, "incident"),
        "name": EVIL,
        "reported_by": EVIL,
        "requests": [{"by": EVIL, "what": EVIL}],
    }
    board = hub.Board({"api_root": EVIL, "open": 1, "overdue": 0, "incidents": [entry]})
    receipt = hub.Receipt(EVIL, failures=(hub.Failure(EVIL, "", EVIL),), remarks=(hub.Remark(EVIL, EVIL),))
    preview = Preview(EVIL, (PreviewRow("note", "note--1", EVIL, EVIL, None, EVIL, key=EVIL),))
    for shown in (board, board["incidents"][0], receipt, preview, Item({"id": EVIL, "type": EVIL, "name": EVIL}, EVIL)):
        html = shown._repr_html_()
        assert "<script" not in html
        assert "&lt;script&gt;" in html


def test_time_limits_are_arguments(running_hub: HubProcess) -> None:
    """How long the line may be silent, and how often a request is sent again."""
    with hub.connect(running_hub.url, key=running_hub.keys["id-cert"], timeout=30, retries=1) as asean:
        patience = asean.connection.patience
        assert (patience.connect_seconds, patience.silence_seconds, patience.tries) == (10, 30, 2)
        assert asean.collections()
    for wrong in ({"timeout": 0}, {"retries": -1}):
        with pytest.raises(hub.ConfigurationError):
            hub.connect(running_hub.url, key="hub_x", **wrong)  # type: ignore[arg-type] # one of two numbers


def test_a_long_pause_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    """Each pause that a person could notice is a warning in the log, with what is wrong; credentials are in none."""
    patience = hub.Patience(
        tries=3, first_pause_seconds=2 * LOGGED_PAUSE_SECONDS, longest_pause_seconds=2 * LOGGED_PAUSE_SECONDS
    )
    key = "hub_0123456789"
    with caplog.at_level(logging.WARNING, "hub.producer"):
        connection = HubClient(
            hub.connect("http://127.0.0.1:9/asean/", key=key, patience=patience).connection
        ).connection
        connection._line.sleep = lambda _seconds: None
        with pytest.raises(hub.ConnectionFailedError):
            connection.collections()
    assert [record.getMessage().rpartition("(")[2] for record in caplog.records] == ["try 2 of 3)", "try 3 of 3)"]
    assert "nothing listens there" in caplog.text
    assert key not in caplog.text


def test_errors_can_be_caught_by_their_module_too() -> None:
    """`hub.errors.X` is what type checkers know it as."""
    assert hub.errors.ConnectionFailedError is hub.ConnectionFailedError
    with pytest.raises(AttributeError):
        _ = hub.errors.NoSuchError  # type: ignore[attr-defined] # asked for, on purpose
