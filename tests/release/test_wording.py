"""Sentences that are written better make no new version of what is out: a report keeps the wording that it began with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub.home.member import OwnMember
from hub.release.policy import Approvals, Audience
from hub.release.record import (
    ReleaseRecord,
    load_release_record,
    load_render_record,
    release_record_file,
    render_record_files,
    save_release_record,
    save_render_record,
)
from hub.release.step import Released, release
from hub.rendering.render import Rendered, render
from hub.rendering.versions import VersionRecord
from hub.rendering.wording import FIRST_WORDING, WORDING
from hub.reports.observables import Sighting
from hub.reports.report import Report
from tests.reports.making_reports import LATER, NOW, a_case, a_feed, a_member

HERE = Audience("here")
PHISH = "sejahtera-login.example"
APPROVED = Approvals("Aisyah", values=frozenset({PHISH}))
OLD = ("Stale from ", "Recipients do not try")
NEW = ("Valid until ", "Recipients must not try")


def published(report: Report, member: OwnMember, now: Any = NOW) -> tuple[Rendered, Released]:
    """Render and release on top of the records of the home, as `hub publish` does, and keep them."""
    rendered = render(report, member, record=load_render_record(member, report), now=now)
    save_render_record(member, report, rendered.record)
    before = load_release_record(member, report, HERE)
    released = release(rendered, report, member, HERE, approvals=APPROVED, record=before, now=now)
    assert isinstance(released, Released)
    save_release_record(member, report, HERE, released.record)
    return rendered, released


def published_long_ago(report: Report, member: OwnMember) -> tuple[Rendered, Released]:
    """The same in the first wording, with records as they were written then: without a word on their wording."""
    rendered = render(report, member, record=VersionRecord(wording=FIRST_WORDING), now=NOW)
    released = release(
        rendered, report, member, HERE, approvals=APPROVED, record=ReleaseRecord(wording=FIRST_WORDING), now=NOW
    )
    assert isinstance(released, Released)
    files = [
        *render_record_files(member, report, rendered.record),
        release_record_file(member, report, HERE, released.record),
    ]
    for path, body in files:
        data = json.loads(body)
        data.pop("wording", None)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data), encoding="utf-8")
    return rendered, released


@pytest.mark.parametrize("report", [a_case(), a_feed()], ids=["case", "feed"])
def test_what_was_released_in_an_older_wording_is_the_same_when_it_is_published_again(
    report: Report, tmp_path: Path
) -> None:
    """To the byte, and with the same record: no reader gets a new version for a better sentence."""
    member = a_member(home=tmp_path)
    rendered, released = published_long_ago(report, member)
    texts = json.dumps([*rendered.contents, *released.contents, *released.lone])
    assert all(words in texts for words in OLD)
    assert not any(words in texts for words in NEW)
    again, after = published(report, member, LATER)
    assert again.contents == rendered.contents
    assert (after.contents, after.lone) == (released.contents, released.lone)
    assert after.record.objects == released.record.objects
    assert after.record.wording == FIRST_WORDING


def test_a_later_stage_of_such_a_report_keeps_its_wording(tmp_path: Path) -> None:
    """Only what the report says otherwise gets a new version; its marking is the one that readers have."""
    member = a_member(home=tmp_path)
    _, released = published_long_ago(a_case(), member)
    _, after = published(a_case(report_id=a_case().report_id, title="Another title"), member, LATER)
    changed = [
        item["type"]
        for item in after.contents
        if "modified" in item
        and item["modified"] != next(o["modified"] for o in released.contents if o["id"] == item["id"])
    ]
    assert changed == []
    texts = json.dumps(after.contents)
    assert not any(words in texts for words in NEW)


def test_a_new_report_is_written_in_the_current_words(tmp_path: Path) -> None:
    """And says so in its records."""
    member = a_member(home=tmp_path)
    rendered, released = published(a_case(), member)
    texts = json.dumps([*rendered.contents, *released.contents, *released.lone])
    assert all(words in texts for words in NEW)
    assert not any(words in texts for words in OLD)
    assert released.record.wording == rendered.record.wording == WORDING
    assert load_release_record(member, a_case(), HERE).wording == WORDING


def test_malware_of_which_no_more_is_known_has_its_older_name_in_older_reports(tmp_path: Path) -> None:
    """Its id is made of its name: another one would revoke the relationships to it."""
    sighting = Sighting(target_type="classification", target="malicious-code/infected-system", count=3)
    report = a_feed(sightings=(sighting,))
    old, new = a_member(home=tmp_path / "old"), a_member(home=tmp_path / "new")
    published_long_ago(report, old)
    assert "Malware not told" in json.dumps(published(report, old, LATER)[1].contents)
    assert "Unspecified malware" in json.dumps(published(report, new)[1].contents)
