"""Better sentences make no new versions of released objects: a report keeps the wording of its first release."""

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

AUDIENCE = Audience("here")
PHISH = "sejahtera-login.example"
APPROVALS = Approvals("Aisyah", values=frozenset({PHISH}))
OLD_PHRASES = ("Stale from ", "Recipients do not try")
NEW_PHRASES = ("Valid until ", "Recipients must not try")


def publish(report: Report, member: OwnMember, now: Any = NOW) -> tuple[Rendered, Released]:
    """Render and release with the records in the home, as `hub publish` does, and write the new records."""
    rendered = render(report, member, record=load_render_record(member, report), now=now)
    save_render_record(member, report, rendered.record)
    earlier_record = load_release_record(member, report, AUDIENCE)
    result = release(rendered, report, member, AUDIENCE, approvals=APPROVALS, record=earlier_record, now=now)
    assert isinstance(result, Released)
    save_release_record(member, report, AUDIENCE, result.record)
    return rendered, result


def publish_in_first_wording(report: Report, member: OwnMember) -> tuple[Rendered, Released]:
    """Publish in the first wording, with records in their format at that time: they do not state their wording."""
    rendered = render(report, member, record=VersionRecord(wording=FIRST_WORDING), now=NOW)
    result = release(
        rendered, report, member, AUDIENCE, approvals=APPROVALS, record=ReleaseRecord(wording=FIRST_WORDING), now=NOW
    )
    assert isinstance(result, Released)
    files = [
        *render_record_files(member, report, rendered.record),
        release_record_file(member, report, AUDIENCE, result.record),
    ]
    for path, body in files:
        data = json.loads(body)
        data.pop("wording", None)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data), encoding="utf-8")
    return rendered, result


@pytest.mark.parametrize("report", [a_case(), a_feed()], ids=["case", "feed"])
def test_a_report_in_an_older_wording_is_identical_when_published_again(report: Report, tmp_path: Path) -> None:
    """The objects and the record are identical: no reader gets a new version because of a better sentence."""
    member = a_member(home=tmp_path)
    rendered, result = publish_in_first_wording(report, member)
    texts = json.dumps([*rendered.contents, *result.contents, *result.lone_contents])
    assert all(phrase in texts for phrase in OLD_PHRASES)
    assert not any(phrase in texts for phrase in NEW_PHRASES)
    second_rendered, second_result = publish(report, member, LATER)
    assert second_rendered.contents == rendered.contents
    assert (second_result.contents, second_result.lone_contents) == (result.contents, result.lone_contents)
    assert second_result.record.objects == result.record.objects
    assert second_result.record.wording == FIRST_WORDING


def test_a_later_stage_of_such_a_report_keeps_its_wording(tmp_path: Path) -> None:
    """Only a changed object gets a new version, and the marking definition stays the same."""
    member = a_member(home=tmp_path)
    _, result = publish_in_first_wording(a_case(), member)
    _, second_result = publish(a_case(report_id=a_case().report_id, title="Another title"), member, LATER)
    changed_types = [
        item["type"]
        for item in second_result.contents
        if "modified" in item
        and item["modified"] != next(o["modified"] for o in result.contents if o["id"] == item["id"])
    ]
    assert changed_types == []
    texts = json.dumps(second_result.contents)
    assert not any(phrase in texts for phrase in NEW_PHRASES)


def test_a_new_report_has_the_current_wording(tmp_path: Path) -> None:
    """Its records state the current wording."""
    member = a_member(home=tmp_path)
    rendered, result = publish(a_case(), member)
    texts = json.dumps([*rendered.contents, *result.contents, *result.lone_contents])
    assert all(phrase in texts for phrase in NEW_PHRASES)
    assert not any(phrase in texts for phrase in OLD_PHRASES)
    assert result.record.wording == rendered.record.wording == WORDING
    assert load_release_record(member, a_case(), AUDIENCE).wording == WORDING


def test_unspecified_malware_has_its_older_name_in_older_reports(tmp_path: Path) -> None:
    """Its id is derived from its name: another name would revoke the relationships to it."""
    sighting = Sighting(target_type="classification", target="malicious-code/infected-system", count=3)
    report = a_feed(sightings=(sighting,))
    old_member, new_member = a_member(home=tmp_path / "old"), a_member(home=tmp_path / "new")
    publish_in_first_wording(report, old_member)
    assert "Malware not told" in json.dumps(publish(report, old_member, LATER)[1].contents)
    assert "Unspecified malware" in json.dumps(publish(report, new_member)[1].contents)
