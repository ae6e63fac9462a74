"""The preview of a release, and the record that stays at the CERT."""

from __future__ import annotations

import json
import re

from hub.release.policy import Approvals, text_key
from hub.rendering.versions import timestamp
from hub.reports.victims import Consent
from tests.release.releasing import LURE, must_release
from tests.reports.making_reports import NOW, a_case, a_feed


def test_the_preview_shows_what_leaves_and_stays_and_why() -> None:
    preview = must_release(a_case(consent=Consent.PSEUDONYM)).preview
    text = preview.text()
    assert re.search(r"identity: Bank Sejahtera Berhad as victim-MY-", text)
    assert f"--approve {LURE} --officer NAME" in text
    staying_part, full_text = text.partition("STAYS")[2], preview.text(full=True)
    assert "task Detection" in staying_part
    assert re.search(rf"\n  {re.escape(LURE)}\n    stays \(held", full_text)
    data = json.loads(preview.json())
    assert set(data["counts"]) == {"leaves", "changed", "stays"}
    row = next(row for row in data["rows"] if (row["type"], row["path"]) == ("incident", "name"))
    assert (row["here"], row["outcome"]) == ("Ransomware at Bank Sejahtera", "changed")
    assert row["key"] == text_key("Ransomware at Bank Sejahtera")


def test_the_record_says_who_approved_what_and_when() -> None:
    approvals = Approvals("Aisyah", values=frozenset({LURE}))
    entry = must_release(a_case(), approvals=approvals).record.history[0]
    assert (entry["officer"], entry["approved_values"], entry["at"]) == ("Aisyah", [LURE], timestamp(NOW))
    assert entry["preview"]["rows"]


def test_the_record_of_a_feed_has_rows_only_for_what_stayed() -> None:
    """A feed is long, so the record keeps only the rows of what stays; it has the released objects themselves anyway."""
    result = must_release(a_feed())
    preview = result.record.history[0]["preview"]
    assert preview["counts"] == dict(result.preview.counts())
    assert {row["outcome"] for row in preview["rows"]} <= {"stays"}
    assert any(content["type"] == "indicator" for content in (v.content for v in result.record.objects.values()))
    assert any(row["outcome"] != "stays" for row in must_release(a_case()).record.history[0]["preview"]["rows"])
