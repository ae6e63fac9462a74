"""The records of imports and releases, which stay at the CERT."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from hub.errors import ReleaseError
from hub.release.policy import Audience
from hub.release.record import load_release_record, load_render_record, save_release_record, save_render_record
from hub.release.step import Released, release
from hub.rendering.render import render
from tests.reports.making_reports import LATER, NOW, a_case, a_member

AUDIENCE, OTHER_AUDIENCE = Audience("here"), Audience("there")


def test_with_the_records_the_next_import_and_release_are_identical(tmp_path: Path) -> None:
    member, report = a_member(home=tmp_path), a_case()
    rendered = render(report, member, record=load_render_record(member, report), now=NOW)
    save_render_record(member, report, rendered.record)
    result = release(rendered, report, member, AUDIENCE, record=load_release_record(member, report, AUDIENCE), now=NOW)
    assert isinstance(result, Released)
    path = save_release_record(member, report, AUDIENCE, result.record)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    second_rendered = render(report, member, record=load_render_record(member, report), now=LATER)
    assert second_rendered.bundle().serialize() == rendered.bundle().serialize()
    second_result = release(
        second_rendered, report, member, AUDIENCE, record=load_release_record(member, report, AUDIENCE), now=LATER
    )
    assert isinstance(second_result, Released)
    assert second_result.bundle().serialize() == result.bundle().serialize()
    assert second_result.record == result.record


def test_each_audience_has_its_own_record(tmp_path: Path) -> None:
    member, report = a_member(home=tmp_path), a_case()
    result = release(render(report, member, now=NOW), report, member, AUDIENCE, now=NOW)
    assert isinstance(result, Released)
    save_release_record(member, report, AUDIENCE, result.record)
    assert load_release_record(member, report, OTHER_AUDIENCE).objects == {}
    assert load_release_record(member, report, AUDIENCE).mapping == result.record.mapping


def test_file_names_do_not_contain_report_ids(tmp_path: Path) -> None:
    member, report = a_member(home=tmp_path), a_case(report_id="../sejahtera/7")
    save_render_record(member, report, render(report, member, now=NOW).record)
    files = [str(path) for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert not any("sejahtera" in name for name in files)


def test_a_damaged_record_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    member, report = a_member(home=tmp_path), a_case()
    result = release(render(report, member, now=NOW), report, member, AUDIENCE, now=NOW)
    assert isinstance(result, Released)
    path = save_release_record(member, report, AUDIENCE, result.record)
    path.write_text(path.read_text()[:100])
    with pytest.raises(ReleaseError, match="put it back from a backup"):
        load_release_record(member, report, AUDIENCE)


def test_the_record_contains_the_digest_and_times_of_each_object(tmp_path: Path) -> None:
    member, report = a_member(home=tmp_path), a_case()
    result = release(render(report, member, now=NOW), report, member, AUDIENCE, now=NOW)
    assert isinstance(result, Released)
    data = json.loads(save_release_record(member, report, AUDIENCE, result.record).read_text())
    assert (data["report_id"], data["collection"], data["profile"]) == ("NUSA-2026-0042", "here", "regional")
    stored_object = next(iter(data["objects"].values()))
    assert len(stored_object["digest"]) == 64
    assert {"created", "modified"} <= stored_object["content"].keys()
