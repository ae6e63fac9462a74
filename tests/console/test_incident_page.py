"""An incident in a browser: what it shows, and what can be downloaded."""

from __future__ import annotations

import csv
import html
import io
import json
from typing import Any

import pytest

from hub.community.hub import Hub
from hub.pages import indicators
from hub.server.console import incident_page
from hub.server.console.incident import Incident
from hub.server.console.picture import draw
from hub.stix.incident import INCIDENT_CORE
from hub.taxii.filters import Filters, Match
from tests.community.making import (
    board,
    cert,
    incident,
    publish_as,
    report,
    request,
    versioned,
)
from tests.console.conftest import Browser, SignedIn
from tests.console.incident_forms import PAGE, SEALED, an_indicator, fill, put_with
from tests.server.making import Clock


def test_an_account_that_opens_an_incident_has_fetched_it(hub: Hub, signed_in: SignedIn) -> None:
    """The ledger notes it like a poll; the board alone does not count."""
    put_with(hub)
    singapore = signed_in("sg-cert")
    singapore.text("/asean/board/")
    assert board(hub)["incidents"][0]["fetched"] == {}
    singapore.get(PAGE).close()
    assert list(board(hub)["incidents"][0]["fetched"]) == ["SG"]


def test_indicators_are_shown_defanged(hub: Hub, signed_in: SignedIn) -> None:
    """They are shown as they are only on request."""
    put_with(hub, an_indicator(1, "[url:value = 'https://login.bad.example/a.php']"))
    singapore = signed_in("sg-cert")
    page = singapore.text(PAGE)
    assert "hxxps://login[.]bad[.]example/a[.]php" in page
    assert "https://login.bad.example" not in page
    assert "https://login.bad.example/a.php" in singapore.text(f"{PAGE}?plain=1")


def test_lists_for_firewalls(hub: Hub, signed_in: SignedIn) -> None:
    """One value a line, each once, without expired and revoked ones; the level is in the file's name."""
    put_with(
        hub,
        an_indicator(1, "[ipv4-addr:value = '198.51.100.7' OR ipv6-addr:value = '2001:db8::7']"),
        an_indicator(2, "[ipv4-addr:value = '198.51.100.7']"),
        an_indicator(3, "[ipv4-addr:value = '198.51.100.8']", valid_until="2026-04-02T02:00:00Z"),
        an_indicator(4, "[domain-name:value = 'bad.example']", revoked=True),
        an_indicator(5, f"[file:hashes.'SHA-256' = '{'a' * 64}']"),
    )
    singapore = signed_in("sg-cert")
    response = singapore.get(f"{PAGE}download/addresses.txt")
    assert response.get_data(as_text=True) == "198.51.100.7\n2001:db8::7\n"
    assert "TLP-AMBER-addresses.txt" in response.headers["Content-Disposition"]
    assert singapore.text(f"{PAGE}download/domains.txt") == ""
    assert singapore.text(f"{PAGE}download/hashes.txt") == "a" * 64 + "\n"
    rows = list(csv.DictReader(io.StringIO(singapore.text(f"{PAGE}download/indicators.csv"))))
    assert len(rows) == 6
    assert singapore.get(f"{PAGE}download/other.txt").status_code == 404


def test_the_bundle_is_what_was_published(hub: Hub, signed_in: SignedIn) -> None:
    """JSON-equal, each object once (law L6)."""
    objects = [an_indicator(1, "[ipv4-addr:value = '198.51.100.7']")]
    put_with(hub, *objects)
    bundle = json.loads(signed_in("sg-cert").text(f"{PAGE}download/bundle.json"))
    content_by_id = {content["id"]: content for content in bundle["objects"]}
    assert content_by_id[objects[0]["id"]] == objects[0]
    assert content_by_id[incident(1)["id"]] == incident(1)
    assert len(content_by_id) == len(bundle["objects"])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", " ="])
def test_a_spreadsheet_runs_nothing(start: str) -> None:
    """A cell that begins like a formula gets a sign before it."""
    text = indicators.as_csv([{"name": f"{start}HYPERLINK('x')", "pattern": "", "pattern_type": "sigma"}])
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["name"] == f"'{start}HYPERLINK('x')"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " ="])
def test_a_spreadsheet_that_separates_by_semicolons_runs_nothing(start: str) -> None:
    """Where the comma is the decimal sign, a cell begins after each semicolon."""
    text = indicators.as_csv([{"name": f"Loader;{start}HYPERLINK('x')", "pattern": "", "pattern_type": "sigma"}])
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in text.split(";"))


def test_a_cell_of_many_blanks_takes_linear_time() -> None:
    """Blanks are looked at once, however many there are."""
    (row,) = csv.DictReader(io.StringIO(indicators.as_csv([{"name": "\n" * 100_000, "pattern_type": "sigma"}])))
    assert len(row["name"]) == 100_001


def test_closing_leaves_each_collection_with_the_last_stage(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """Also where a later version is in a narrower collection only."""
    publish_as(hub, "ID", incident(1), report(1), to="alerts")
    publish_as(hub, "ID", incident(1), report(1, version=1, description="For few readers."), to="id")
    clock.now += 60_000
    browser = signed_in("id-cert")
    sealed = SEALED.search(fill(browser, action="close"))
    assert sealed is not None
    fields = {"form_token": browser.token(PAGE), "sealed": html.unescape(sealed[1]), "action": "close"}
    assert browser.post(f"{PAGE}publish", fields).status_code == 303
    filters = Filters(match=Match(types=("report",)))
    content_by_id = {
        name: json.loads(hub.objects(cert("ID"), "asean", name, filters).body)["objects"][0]
        for name in ("alerts", "id")
    }
    assert {name: "stage:final" in content["labels"] for name, content in content_by_id.items()} == {
        "alerts": True,
        "id": True,
    }
    assert "For few readers." in content_by_id["id"]["description"]
    assert "For few readers." not in str(content_by_id["alerts"])


@pytest.mark.parametrize(
    "path", ["/a/board/%0d%0aX:y/preview", "/%0a/board/x/preview", "/%5Cevil.example/board/x/preview"]
)
def test_an_address_with_odd_signs_leads_to_the_start(browser: Browser, path: str) -> None:
    """Not to another site, and not to an error of the hub."""
    response = browser.get(path)
    assert (response.status_code, response.headers["Location"]) == (303, "/")


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("[domain-name:value = 'a.example']", ["a.example"]),
        ("[file:hashes.MD5 = 'ab'] OR [file:hashes.'SHA-1' = 'cd']", ["ab", "cd"]),
        (r"[file:name = 'it\'s' AND url:value='http://a.example/\\x']", ["it's", "http://a.example/\\x"]),
        ("[ipv4-addr:value IN ('198.51.100.1')]", ["198.51.100.1"]),
        ("[network-traffic:dst_port = 443]", []),
        ("'" * 5000, []),
    ],
)
def test_values_of_patterns(pattern: str, values: list[str]) -> None:
    """What a pattern compares with, without its quotes and backslashes."""
    observed = indicators.values_of({"pattern": pattern, "pattern_type": "stix"})
    assert [value.text for value in observed] == values


def test_the_picture_holds_many_objects() -> None:
    """Beyond nine in a column, one box represents the others; each line joins two boxes that are drawn."""
    objects: list[dict[str, Any]] = [{"type": "incident", "id": "incident--1", "name": "x" * 500}]
    objects += [{"type": "indicator", "id": f"indicator--{n}", "name": f"n{n:03d}"} for n in range(200)]
    objects += [
        {
            "type": "relationship",
            "id": f"relationship--{n}",
            "source_ref": f"indicator--{n}",
            "relationship_type": "indicates",
            "target_ref": "incident--1" if n % 2 else "malware--missing",
        }
        for n in range(200)
    ]
    picture = draw(objects)
    assert [box.name for box in picture.boxes if box.type == "more"] == ["+ 192"]
    assert len(picture.boxes) == 10
    assert len(picture.lines) == 5
    assert all(len(box.name) <= 24 for box in picture.boxes)


HOSTILE = "</title></script><script>alert(1)</script><svg onload=alert(1)>'\"&"


def test_hostile_objects_are_text_everywhere(hub: Hub, signed_in: SignedIn) -> None:
    """In names, descriptions, patterns, relationships, translations, the picture, and in what an officer wrote."""
    parts = [
        an_indicator(1, f"[url:value = 'http://bad.example/{HOSTILE.replace(chr(39), '')}']", name=HOSTILE),
        versioned("malware", 2, "ID", name=HOSTILE, is_family=False, malware_types=["trojan"]),
        versioned(
            "relationship",
            3,
            "ID",
            relationship_type="indicates",
            source_ref=an_indicator(1, "")["id"],
            target_ref=versioned("malware", 2, "ID")["id"],
        ),
    ]
    refs = [incident(1)["id"], *(part["id"] for part in parts)]
    objects = [incident(1, name=HOSTILE, description=HOSTILE), *parts, report(1, object_refs=refs, name=HOSTILE)]
    publish_as(hub, "ID", *objects, to="id")
    publish_as(hub, "ID", request(5, "ID", ["SG"]), to="alerts")
    singapore = signed_in("sg-cert")
    for page in (singapore.text(PAGE), fill(singapore, action="acknowledge", text=HOSTILE)):
        assert "<script>alert" not in page
        assert "<svg onload" not in page
        assert html.escape(HOSTILE, quote=False).replace('"', "&#34;").replace("'", "&#39;") in page


def test_a_program_reads_the_entry_as_json(hub: Hub, signed_in: SignedIn) -> None:
    """At the same address, as the board has it."""
    put_with(hub)
    singapore = signed_in("sg-cert")
    entry = singapore.client.get(PAGE, headers={"Accept": "application/json"}).json
    assert entry is not None
    assert entry["incident"] == incident(1)["id"]
    assert entry["reported_by"] == "ID"
    assert singapore.client.get(PAGE.replace("0001/", "0009/"), headers={"Accept": "*/*"}).status_code == 404


ODD: tuple[Any, ...] = (5, "text", [1, None, {}], {"a": {"b": []}}, [["x"]], None, True, 1e308, {}, [], "\ud800")


@pytest.mark.parametrize("number", range(len(ODD)))
def test_odd_extensions_break_no_page(
    hub: Hub, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Profiles with few rules let anything into an extension; the page shows its plain values."""
    odd_extension = ODD[number]
    core = dict.fromkeys(
        (
            "determination",
            "investigation_status",
            "incident_types",
            "detection_methods",
            "impacted_entity_counts",
            "event_refs",
        ),
        odd_extension,
    )
    content = incident(1) | {"extensions": {INCIDENT_CORE: core}, "confidence": 5}
    event = {"type": "event", "id": "event--1", "name": "x", "start_time": odd_extension}
    language = {
        "type": "language-content",
        "id": "language-content--1",
        "contents": {"th": odd_extension, "vi": {"name": odd_extension}},
    }
    odd_incident = Incident(content, (), (event, language), (), 0, None)
    monkeypatch.setattr(incident_page, "find_incident", lambda *_: odd_incident)
    publish_as(hub, "ID", incident(1), report(1))
    page = signed_in("sg-cert").text(PAGE)
    assert "Timeline" in page
