"""`hub record`: what left of a report, when, to whom, under which consent, who approved what and why; for a lawyer to read."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from hub.home.member import load_member
from hub.producer.releasing import Release, read, release_report
from hub.release.policy import Approvals, Audience, text_key
from hub.release.record import keep_file
from hub.reports.read import ReadOptions, Report
from tests.producer.offices import Office, Region, lone_office, sheet
from tests.reports.making_reports import NOW

LURE: Final = "balai-rekaan-masuk.example"
EVIL: Final = "<script>alert(1)</script> & <img src=x onerror=alert(1)>"
ROW: Final = {"country": "PH", "indicators": f"domain:{LURE};ip:203.0.113.171"}


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """The Philippines' office, without a hub."""
    return lone_office(tmp_path, "PH")


def released(office: Office, file: Path, collection: str, **approvals: frozenset[str] | dict[str, str] | str) -> None:
    """Keep the record of a release, as `hub publish` does before it sends."""
    member = load_member(office.home)
    (report,) = read(file, ReadOptions(default_country="PH"))
    assert isinstance(report, Report)
    release = release_report(
        report,
        member,
        Audience(collection, title=collection.title()),
        NOW,
        approvals=Approvals("Maria & Co", **approvals),  # type: ignore[arg-type]
    )
    assert isinstance(release, Release)
    for path, body in release.files():
        keep_file(path, body)


def test_a_record_says_what_left_when_to_whom_and_who_approved_it(region: Region, tmp_path: Path) -> None:
    """From the first release to the withdrawal, for each collection, as text, JSON and a page."""
    office = region.offices["PH"]
    file = sheet(tmp_path / "a.csv", {**ROW, "report_id": "PH-REC"})
    words = ("publish", file, "--to", "ph", "--yes")
    office.hub(*words)
    office.hub(*words, "--approve", LURE, "--officer", "Maria da Costa")
    office.hub("publish", file, "--to", "indicators", "--yes")
    office.hub("withdraw", "PH-REC", "--yes")
    text = office.hub("record", "PH-REC").stdout
    for part in (
        "Philippines",
        "Indicators",
        "sector's being said",
        "Maria da Costa",
        LURE,
        "203.0.113.171",
        "withdrawn",
    ):
        assert part in text
    assert "Balai Rekaan Utama" not in text, "what stayed is counted, not repeated"
    data = json.loads(office.hub("record", "PH-REC", "--json").stdout)
    assert [[event["withdrawn"] for event in audience["events"]] for audience in data["audiences"]] == [
        [False, False, True],
        [False, True],
    ]
    out = tmp_path / "record.html"
    assert not office.hub("record", "PH-REC", "--out", out).stdout
    page = Page(out.read_text("utf-8"))
    for part in ("Philippines", "Maria da Costa", LURE, "Withdrawn on"):
        assert part in page.text


def test_the_page_runs_nothing_and_shows_everything_as_text(office: Office, tmp_path: Path) -> None:
    """With any name of the report, the officer or the collection."""
    file = sheet(tmp_path / "a.csv", {**ROW, "report_id": f"PH-{EVIL}", "description": EVIL})
    key = text_key(EVIL)
    released(office, file, EVIL, texts=frozenset({key}), despite={key: EVIL})
    out = tmp_path / "record.html"
    office.hub("record", f"PH-{EVIL}", "--out", out)
    text = out.read_text("utf-8")
    page = Page(text)
    assert {"script", "img", "a", "iframe", "link", "object", "form"} & set(page.tags) == set()
    assert not [name for name in page.attributes if name.startswith("on") or name in {"src", "href"}]
    assert page.text.count(EVIL) >= 4, "title, collection, text and reason"
    assert "default-src 'none'" in text


def test_programs_find_the_same_names_in_the_json(office: Office, tmp_path: Path) -> None:
    """The fields of an audience, of an event in it and of a decision."""
    file = sheet(tmp_path / "a.csv", {**ROW, "report_id": "PH-JSON"})
    released(office, file, "ph", values=frozenset({LURE}))
    (audience,) = json.loads(office.hub("record", "PH-JSON", "--json").stdout)["audiences"]
    assert list(audience) == ["title", "collection", "profile", "events", "objects", "observed"]
    (event,) = audience["events"]
    names = ["at", "hub", "withdrawn", "consent", "officer", "approvals", "named_by", "source_level", "left", "stayed"]
    assert list(event) == names
    assert list(event["approvals"][0]) == ["key", "place", "text", "decision", "despite"]
    assert {"type", "id", "path", "leaves", "why", "key"} <= event["left"][0].keys()
    assert all(type(count) is int for count in event["stayed"].values())
    assert list(audience["objects"][0]) == ["type", "id", "name", "modified", "revoked"]


def test_a_reason_for_a_second_yes_is_beside_the_text(office: Office, tmp_path: Path) -> None:
    """Who, what, and why."""
    text = "The balairekaanville branch opened late."
    file = sheet(tmp_path / "a.csv", {**ROW, "report_id": "PH-WHY", "description": text})
    key = text_key(text)
    released(office, file, "ph", texts=frozenset({key}), despite={key: "The town is in the press."})
    lines = " ".join(office.hub("record", "PH-WHY").stdout.split())
    assert "Decision of Maria & Co: “The balairekaanville branch opened late.”" in lines
    assert "the reason given: The town is in the press." in lines


def test_a_report_that_never_left_has_no_record(office: Office, tmp_path: Path) -> None:
    """Exit code 3, in words; an existing file stays as it was."""
    out = tmp_path / "record.html"
    out.write_text("before", encoding="utf-8")
    done = office.hub("record", "PH-404", "--out", out, code=3)
    assert "PH-404" in done.stderr
    assert out.read_text("utf-8") == "before"
    file = sheet(tmp_path / "a.csv", {**ROW, "report_id": "PH-5"})
    released(office, file, "ph")
    assert "cannot be written" in office.hub("record", "PH-5", "--out", tmp_path, code=3).stderr
