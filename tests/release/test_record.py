"""What stays at the CERT of each import and release."""

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

HERE, THERE = Audience("here"), Audience("there")


def test_a_record_that_was_kept_makes_the_next_import_and_release_equal_to_the_byte(tmp_path: Path) -> None:
    member, report = a_member(home=tmp_path), a_case()
    first = render(report, member, record=load_render_record(member, report), now=NOW)
    save_render_record(member, report, first.record)
    out = release(first, report, member, HERE, record=load_release_record(member, report, HERE), now=NOW)
    assert isinstance(out, Released)
    path = save_release_record(member, report, HERE, out.record)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    again = render(report, member, record=load_render_record(member, report), now=LATER)
    assert again.bundle().serialize() == first.bundle().serialize()
    after = release(again, report, member, HERE, record=load_release_record(member, report, HERE), now=LATER)
    assert isinstance(after, Released)
    assert after.bundle().serialize() == out.bundle().serialize()
    assert after.record == out.record


def test_each_audience_has_a_record_of_its_own(tmp_path: Path) -> None:
    member, report = a_member(home=tmp_path), a_case()
    out = release(render(report, member, now=NOW), report, member, HERE, now=NOW)
    assert isinstance(out, Released)
    save_release_record(member, report, HERE, out.record)
    assert load_release_record(member, report, THERE).objects == {}
    assert load_release_record(member, report, HERE).mapping == out.record.mapping


def test_file_names_do_not_tell_the_tickets(tmp_path: Path) -> None:
    member, report = a_member(home=tmp_path), a_case(report_id="../sejahtera/7")
    save_render_record(member, report, render(report, member, now=NOW).record)
    files = [str(path) for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert not any("sejahtera" in name for name in files)


def test_a_damaged_record_stops_everything_and_says_what_to_do(tmp_path: Path) -> None:
    member, report = a_member(home=tmp_path), a_case()
    out = release(render(report, member, now=NOW), report, member, HERE, now=NOW)
    assert isinstance(out, Released)
    path = save_release_record(member, report, HERE, out.record)
    path.write_text(path.read_text()[:100])
    with pytest.raises(ReleaseError, match="put it back from a backup"):
        load_release_record(member, report, HERE)


def test_the_record_holds_digest_created_and_modified_of_each_object(tmp_path: Path) -> None:
    member, report = a_member(home=tmp_path), a_case()
    out = release(render(report, member, now=NOW), report, member, HERE, now=NOW)
    assert isinstance(out, Released)
    data = json.loads(save_release_record(member, report, HERE, out.record).read_text())
    assert (data["report_id"], data["collection"], data["profile"]) == ("NUSA-2026-0042", "here", "regional")
    stored_object = next(iter(data["objects"].values()))
    assert len(stored_object["digest"]) == 64
    assert {"created", "modified"} <= stored_object["content"].keys()
