"""Of what a receiver could act upon, enough leaves: floors under the figures of tests/bench/FIGURES.md."""

from __future__ import annotations

import pytest

from tests.facts.bundle import Bundle, Fact
from tests.facts.measure import Row, rows


@pytest.fixture(scope="module")
def measured() -> dict[str, Row]:
    return {row.name: row for row in rows()}


def test_of_a_forms_facts_most_leave_by_default_and_nearly_all_when_everything_is_answered(
    measured: dict[str, Row],
) -> None:
    """About a third of a form's facts are in prose, which an officer has to read first."""
    form = measured["form"]
    assert form.facts == 104
    assert form.regional >= 0.62 * form.facts
    assert form.answered >= 0.89 * form.facts


def test_with_the_columns_of_closed_words_most_of_a_forms_facts_leave_without_an_officer(
    measured: dict[str, Row],
) -> None:
    form = measured["form, newer columns"]
    assert form.regional >= 0.82 * form.facts


def test_of_a_misp_events_facts_more_leave_by_default_than_misp_stix_keeps(measured: dict[str, Row]) -> None:
    """The comparison reads the same events, and looks for the same facts in the same places."""
    misp = measured["MISP"]
    assert misp.facts == 79
    assert misp.misp_stix is not None
    assert misp.regional > misp.misp_stix
    assert misp.regional >= 0.86 * misp.facts
    assert misp.answered >= 0.95 * misp.facts


def test_nothing_that_leaves_by_default_is_lost_when_more_is_let_out(measured: dict[str, Row]) -> None:
    for row in measured.values():
        for outcome in row.outcomes:
            assert set(outcome.missing(outcome.answered)) <= set(outcome.missing(outcome.regional))


def test_no_fact_holds_in_an_empty_bundle(measured: dict[str, Row]) -> None:
    """A fact that is always true would count for nothing."""
    facts: list[Fact] = [
        fact for row in measured.values() for outcome in row.outcomes for fact in outcome.incident.facts
    ]
    assert not [fact.words for fact in facts if fact.holds(Bundle([]))]


def test_a_value_that_a_text_only_mentions_is_no_fact(measured: dict[str, Row]) -> None:
    """Facts are looked for in patterns, relationships and names: all texts in one description hold none of these."""
    outcomes = [outcome for row in measured.values() for outcome in row.outcomes]
    for outcome in outcomes:
        text = " ".join(str(item) for item in outcome.standing.objects.values())
        mention = Bundle([{"id": "report--1", "type": "report", "name": "x", "description": text}])
        assert len(outcome.missing(mention)) == len(outcome.incident.facts), outcome.incident.title
