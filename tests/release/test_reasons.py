"""A suspicious text leaves only if an officer gives a reason, and the record says which officer."""

from __future__ import annotations

import json

import pytest

from hub.release.policy import Approvals, text_key
from hub.release.record import ReleaseRecord
from hub.reports.report import Note
from tests.release.releasing import must_release, must_withhold, objects_of_type, release_outcome
from tests.reports.making_reports import a_case

SIMILAR_TEXT = "The sejahteraville branch opened late that day."  # the victim's name inside a longer word
REASON = "The town is in the press."


def test_a_suspicious_text_stays_until_the_officer_gives_a_reason() -> None:
    """An approval without a reason releases nothing, and stops nothing else. With a reason, the text leaves."""
    report, key = a_case(notes=(Note(SIMILAR_TEXT, "lesson"),)), text_key(SIMILAR_TEXT)
    without_reason = must_release(report, approvals=Approvals("Aisyah", texts=frozenset({key})))
    assert not objects_of_type(without_reason, "note")
    row = next(row for row in without_reason.preview.rows if row.key == key)
    assert (row.held, row.insist, row.leaves) == (True, True, None)
    assert "sejahtera" in row.span.casefold()
    with_reason = must_release(report, approvals=Approvals("Aisyah", texts=frozenset({key}), despite={key: REASON}))
    assert [note["content"] for note in objects_of_type(with_reason, "note")] == [SIMILAR_TEXT]
    entry = with_reason.record.history[-1]
    assert (entry["officer"], entry["despite"]) == ("Aisyah", {key: REASON})
    row = next(row for row in with_reason.preview.rows if row.key == key)
    assert (row.held, row.approved) == (False, True)
    assert REASON in row.why


@pytest.mark.parametrize(
    "text", ["The company is 198801001234 (0123-K).", "It is the region's only smelter.", "at 2.9264 N, 101.6964 E"]
)
def test_numbers_superlatives_and_places_need_a_reason(text: str) -> None:
    """Such texts may identify the victim although they contain no name."""
    report, key = a_case(notes=(Note(text, "lesson"),)), text_key(text)
    assert not objects_of_type(must_release(report, approvals=Approvals("Aisyah", texts=frozenset({key}))), "note")
    with_reason = must_release(report, approvals=Approvals("Aisyah", texts=frozenset({key}), despite={key: REASON}))
    assert [note["content"] for note in objects_of_type(with_reason, "note")] == [text]


def test_a_reason_is_valid_for_later_stages_until_it_is_taken_back() -> None:
    """It is valid for as long as any other approval."""
    report, key = a_case(notes=(Note(SIMILAR_TEXT, "lesson"),)), text_key(SIMILAR_TEXT)
    record = must_release(report, approvals=Approvals("Aisyah", texts=frozenset({key}), despite={key: REASON})).record
    assert objects_of_type(must_release(report, record=record), "note")
    outcome = release_outcome(report, record=record, approvals=Approvals("Aisyah", taken_back=frozenset({key})))
    assert not any(SIMILAR_TEXT in json.dumps(item) for item in getattr(outcome, "contents", ()))


@pytest.mark.parametrize("text", ["Bank Sejahtera was hit", "write to duty@somewhere.example"])
def test_a_text_with_the_victims_name_or_a_mail_address_cannot_be_approved(text: str) -> None:
    report, key = a_case(notes=(Note(text),)), text_key(text)
    approvals = Approvals("Aisyah", texts=frozenset({key}), despite={key: REASON})
    assert "write it without" in must_withhold(report, approvals=approvals).reason


def test_a_decision_to_keep_is_recorded_although_nothing_changes() -> None:
    """It is recorded once: the same decision again adds no entry."""
    report = a_case()
    key = text_key(report.title)
    first_record = must_release(report).record
    record = must_release(report, record=first_record, approvals=Approvals("Aisyah", kept=frozenset({key}))).record
    assert record.objects == first_record.objects
    assert [entry.get("kept") for entry in record.history] == [[], [key]]
    repeated = must_release(report, record=record, approvals=Approvals("Aisyah", kept=frozenset({key}))).record
    assert repeated == record


def test_an_old_record_without_reasons_can_be_read() -> None:
    """Approvals in such a record are still valid."""
    old_entry = {
        "at": "2026-01-01T00:00:00.000Z",
        "officer": "A",
        "approved_texts": ["k"],
        "approved_values": [],
        "taken_back": [],
    }
    approvals = ReleaseRecord(history=(old_entry,)).approvals_in_force(Approvals())
    assert approvals.texts == {"k"}
    assert not approvals.despite
