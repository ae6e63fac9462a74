"""A text in which something looks suspicious leaves only after a second yes with a reason, and the record says whose."""

from __future__ import annotations

import json

import pytest

from hub.release.policy import Approvals, text_key
from hub.release.record import ReleaseRecord
from hub.reports.report import Note
from tests.release.releasing import must_release, must_withhold, objects_of_type, release_outcome
from tests.reports.making_reports import a_case

LIKE = "The sejahteraville branch opened late that day."  # the victim's name inside a longer word
REASON = "The town is in the press."


def test_a_suspicious_text_stays_until_the_officer_says_why_it_leaves() -> None:
    """The first yes alone lets nothing out and holds nothing else back; the second does, with its reason on record."""
    report, key = a_case(notes=(Note(LIKE, "lesson"),)), text_key(LIKE)
    once = must_release(report, approvals=Approvals("Aisyah", texts=frozenset({key})))
    assert not objects_of_type(once, "note")
    row = next(row for row in once.preview.rows if row.key == key)
    assert (row.held, row.insist, row.leaves) == (True, True, None)
    assert "sejahtera" in row.span.casefold()
    twice = must_release(report, approvals=Approvals("Aisyah", texts=frozenset({key}), despite={key: REASON}))
    assert [note["content"] for note in objects_of_type(twice, "note")] == [LIKE]
    entry = twice.record.history[-1]
    assert (entry["officer"], entry["despite"]) == ("Aisyah", {key: REASON})
    row = next(row for row in twice.preview.rows if row.key == key)
    assert (row.held, row.approved) == (False, True)
    assert REASON in row.why


@pytest.mark.parametrize(
    "text", ["The company is 198801001234 (0123-K).", "It is the region's only smelter.", "at 2.9264 N, 101.6964 E"]
)
def test_numbers_superlatives_and_places_need_the_second_yes(text: str) -> None:
    """What may tell who the victim is although it names nobody."""
    report, key = a_case(notes=(Note(text, "lesson"),)), text_key(text)
    assert not objects_of_type(must_release(report, approvals=Approvals("Aisyah", texts=frozenset({key}))), "note")
    twice = must_release(report, approvals=Approvals("Aisyah", texts=frozenset({key}), despite={key: REASON}))
    assert [note["content"] for note in objects_of_type(twice, "note")] == [text]


def test_the_second_yes_stands_for_later_stages_until_it_is_taken_back() -> None:
    """As the first does."""
    report, key = a_case(notes=(Note(LIKE, "lesson"),)), text_key(LIKE)
    record = must_release(report, approvals=Approvals("Aisyah", texts=frozenset({key}), despite={key: REASON})).record
    assert objects_of_type(must_release(report, record=record), "note")
    back = release_outcome(report, record=record, approvals=Approvals("Aisyah", taken_back=frozenset({key})))
    assert not any(LIKE in json.dumps(item) for item in getattr(back, "contents", ()))


@pytest.mark.parametrize("text", ["Bank Sejahtera was hit", "write to duty@somewhere.example"])
def test_what_is_the_victims_own_does_not_leave_by_any_number_of_yeses(text: str) -> None:
    report, key = a_case(notes=(Note(text),)), text_key(text)
    approvals = Approvals("Aisyah", texts=frozenset({key}), despite={key: REASON})
    assert "write it without" in must_withhold(report, approvals=approvals).reason


def test_a_decision_to_keep_is_on_record_although_nothing_changes() -> None:
    """Once: the same decision again adds nothing."""
    report = a_case()
    key = text_key(report.title)
    first = must_release(report).record
    record = must_release(report, record=first, approvals=Approvals("Aisyah", kept=frozenset({key}))).record
    assert record.objects == first.objects
    assert [entry.get("kept") for entry in record.history] == [[], [key]]
    again = must_release(report, record=record, approvals=Approvals("Aisyah", kept=frozenset({key}))).record
    assert again == record


def test_a_record_from_before_reasons_were_kept_is_read() -> None:
    """What was approved then stands."""
    old = {
        "at": "2026-01-01T00:00:00.000Z",
        "officer": "A",
        "approved_texts": ["k"],
        "approved_values": [],
        "taken_back": [],
    }
    space_verdict = ReleaseRecord(history=(old,)).approvals_in_force(Approvals())
    assert space_verdict.texts == {"k"}
    assert not space_verdict.despite
