"""A step becomes a note and a note becomes the same step; the notes are valid STIX that the shipped profile takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from hub.declarations import read_profiles
from hub.profile.check import Context, check
from hub.profile.rules import Profile, parse_profile
from hub.protocol import notes
from hub.protocol.labels import ANSWERS, EXERCISE, Say, Stage, may_be_step, stage_of
from hub.protocol.spans import parse_span
from hub.protocol.steps import ALL, Step
from hub.stix.schema import faults

MEMBERS: Final = {
    f"identity--{n}1111111-1111-4111-8111-111111111111": code for n, code in enumerate(("ID", "SG", "MY"))
}
IDENTITIES: Final = {code: identity for identity, code in MEMBERS.items()}
PROFILE: Final = "response"
YEAR_10000: Final = 253_402_300_800_000  # milliseconds; timestamps have four digits for the year

ids = st.uuids(version=4).map(str)
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
moments = st.integers(0, YEAR_10000 - 1)
members = st.sampled_from(sorted(IDENTITIES))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Any well-formed step, withdrawn or not."""
    note, incident, request = (f"{kind}--{draw(ids)}" for kind in ("note", "incident", "note"))
    member, says = draw(members), draw(st.sampled_from(Say))
    if says is Say.ACKNOWLEDGED:
        step = notes.acknowledgement(note, member, incident, draw(st.just("") | texts))
    elif says is Say.OPEN:
        other_members = st.lists(st.sampled_from(sorted(MEMBERS)), min_size=1, unique=True)
        step = notes.request(
            note,
            member,
            incident,
            asked=draw(st.just([ALL]) | other_members),
            what=draw(texts.filter(str.strip)),  # the profile refuses a blank one
            due=draw(st.none() | moments),
            priority=draw(st.none() | st.integers(0, 100)),
        )
    else:
        step = notes.answer(note, member, incident, request=request, says=says, why=draw(st.just("") | texts))
    values = {name: getattr(step, name) for name in Step.__dataclass_fields__}
    return Step(**values | {"revoked": draw(st.booleans())})


def built(step: Step, now: int, *, exercise: bool = False) -> dict[str, Any]:
    note = notes.build_note(step, author=IDENTITIES[step.member], now=now, exercise=exercise)
    copied: dict[str, Any] = json.loads(json.dumps(note))
    return copied


@pytest.fixture(scope="module")
def profile() -> Profile:
    return parse_profile(PROFILE, read_profiles(Path(__file__).parents[2] / "profiles")[PROFILE])


@given(steps(), moments, st.booleans())
def test_reading_a_note_undoes_building_it(step: Step, now: int, exercise: bool) -> None:
    """For every step, by every member, in a drill or not."""
    note = built(step, now, exercise=exercise)
    assert notes.parse_step(note, MEMBERS) == step
    assert (EXERCISE in note["labels"]) == exercise
    assert may_be_step(note["labels"])


@given(steps(), moments)
def test_building_a_note_undoes_reading_it(step: Step, now: int) -> None:
    """What was built, read, and built again is the same note."""
    note = built(step, now)
    parsed_step = notes.parse_step(note, MEMBERS)
    assert parsed_step is not None
    assert built(parsed_step, now) == note


@given(steps(), moments)
def test_a_note_is_stix_and_the_shipped_profile_accepts_it(profile: Profile, step: Step, now: int) -> None:
    """By the hub's own check, by the rules of profiles/response.toml, and as stix2 writes it again."""
    note = built(step, now)
    assert list(faults(note)) == []
    assert check(note, [profile], Context(MEMBERS)) == ()
    assert json.loads(stix2.parse(note, allow_custom=True).serialize()) == note


def test_a_note_of_a_stranger_or_of_something_else_is_no_step() -> None:
    """Nobody but a member takes a step; a note with two answers, or none, says nothing."""
    step = notes.acknowledgement(f"note--{'1' * 8}-1111-4111-8111-{'1' * 12}", "ID", "incident--x")
    note = built(step, 0)
    assert notes.parse_step(note, {}) is None
    assert notes.parse_step(note | {"labels": ["response:accepted", "response:done"]}, MEMBERS) is None
    assert notes.parse_step(note | {"labels": []}, MEMBERS) is None


@pytest.mark.parametrize(
    ("extension", "wrong"),
    [
        ({"asked": "all"}, {"asked": ("all",)}),
        ({"asked": [7, ALL]}, {"asked": (ALL,)}),
        ({"due": "tomorrow"}, {"due": None, "has_malformed_due": True}),
        ({"due": 5}, {"due": None, "has_malformed_due": True}),
        ({"priority": True}, {"priority": None}),
        ({"priority": "9"}, {"priority": None}),
        ({"what": ["x"]}, {"what": ""}),
    ],
)
def test_what_other_tools_write_into_a_request_never_breaks_its_reader(
    extension: dict[str, Any], wrong: dict[str, Any]
) -> None:
    """What has another type than defined is read as absent, so that the rules can refuse it in words."""
    request = notes.request("note--x", "ID", "incident--x", asked=[ALL], what="Help", due=1, priority=1)
    note = built(request, 0)
    note["extensions"][notes.REQUEST] |= extension
    step = notes.parse_step(note, MEMBERS)
    assert step is not None
    assert {name: getattr(step, name) for name in wrong} == wrong


def test_a_stage_is_read_from_the_label_that_it_writes() -> None:
    """One stage a report; several or none are no stage."""
    for stage in Stage:
        assert stage_of([EXERCISE, stage.label]) == stage
    assert stage_of([Stage.EARLY.label, Stage.FINAL.label]) == ""
    assert stage_of([EXERCISE]) == ""


def test_the_words_of_answers_are_those_of_their_labels() -> None:
    """What an officer types is what the note is labelled with."""
    assert [(say.word, say.value) for say in ANSWERS] == [
        ("accepted", "response:accepted"),
        ("refused", "response:refused"),
        ("done", "response:done"),
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        (" 30m ", 1800),
        ("4h", 14_400),
        ("2d", 172_800),
        ("4", None),
        ("h", None),
        ("-4h", None),
        ("٤h", None),
    ],
)
def test_a_span_is_a_number_and_a_unit(text: str, seconds: int | None) -> None:
    assert parse_span(text) == seconds
