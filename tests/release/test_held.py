"""The list of held items: it is written, answered by a person or a script, and read; errors are explained."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.errors import ReleaseError
from hub.release.held import Decisions, OfficerAnswer, add_answers, held_file, held_items, parse_answers
from hub.release.policy import Approvals, Decision
from hub.release.preview import Preview, PreviewRow

TEXT = PreviewRow("incident", "incident--1", "description", "the only port", None, "free text", "0a" * 8, value="the only port",
           span="superlative “the only”", insist=True)  # fmt: skip
LURE = PreviewRow(
    "domain-name", "domain-name--1", "", "lure.example", None, "resembles", "lure.example", value="lure.example"
)
LURE_AGAIN = PreviewRow("indicator", "indicator--1", "", "[…]", None, "resembles", "lure.example", value="lure.example")
APPROVED = PreviewRow("note", "note--1", "content", "yes", "yes", "approved", "0b" * 8, approved=True, value="yes")
PREVIEW = Preview("title", (TEXT, LURE, LURE_AGAIN, APPROVED))


def answered_file(**answers: dict[str, Any]) -> bytes:
    """The list of held items of the preview, with answers by key."""
    items = json.loads(held_file(held_items("ID-1", PREVIEW)))
    return json.dumps([item | answers.get(item["key"].replace(".", "_"), {}) for item in items]).encode()


def test_the_file_lists_each_key_once_without_a_decision() -> None:
    """The list does not contain items that are already approved."""
    items = json.loads(held_file(held_items("ID-1", PREVIEW)))
    assert [sorted(item) for item in items] == [["decision", "key", "object", "reason", "span", "value"]] * 2
    assert [item["key"] for item in items] == [TEXT.key, LURE.key]
    assert items[0]["value"] == "the only port"
    assert items[0]["object"] == "ID-1: incident.description"
    assert items[0]["span"] == "superlative “the only”"
    assert "despite" in items[0]["reason"]
    assert {item["decision"] for item in items} == {None}


def test_answers_become_approvals() -> None:
    """Answers may release an item, release it alone, or keep it; a reason is optional."""
    body = answered_file(
        **{TEXT.key: {"decision": "release", "despite": " It was in the press. "}, "lure_example": {"decision": "lone"}}
    )
    answers = parse_answers(body, "HELD.json")
    assert answers == [
        OfficerAnswer(TEXT.key, Decision.RELEASE, "It was in the press."),
        OfficerAnswer("lure.example", Decision.LONE),
    ]
    approvals = add_answers(Approvals("Aisyah", texts=frozenset({"k"})), answers)
    assert approvals.texts == {"k", TEXT.key, "lure.example"}
    assert approvals.alone == {"lure.example"}
    assert approvals.despite == {TEXT.key: "It was in the press."}
    assert approvals.officer == "Aisyah"
    kept_approvals = add_answers(Approvals("Aisyah"), [OfficerAnswer("lure.example", Decision.KEEP)])
    assert kept_approvals.kept == kept_approvals.taken_back == {"lure.example"}
    assert not kept_approvals.values


def test_an_item_without_an_answer_stays_undecided() -> None:
    assert parse_answers(answered_file(), "HELD.json") == []


def test_writing_a_file_again_keeps_its_answers() -> None:
    """Only answers for items that are still held remain; new items have none."""
    earlier = [{"key": TEXT.key, "decision": "keep"}, {"key": "gone", "decision": "release", "despite": "x"}]
    items = json.loads(held_file(held_items("ID-1", PREVIEW), earlier))
    assert [(item["key"], item["decision"]) for item in items] == [(TEXT.key, "keep"), ("lure.example", None)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"key": "a"}', "not a list of held items"),
        (b'["a"]', "item 1: expected an object"),
        (b'[{"decision": "keep"}]', "item 1: it has no key"),
        (b'[{"key": 5}]', "item 1: it has no key"),
        (b'[{"key": "a", "decison": "keep"}]', "item 1: 'decison' is not a field"),
        (b'[{"key": "a"}, {"key": "b", "decision": "yes"}]', r"item 2 \(b\): 'yes' is not a decision; decide release, lone, keep"),
        (b'[{"key": "b", "decision": ["keep"]}]', r"item 1 \(b\): \['keep'\] is not a decision"),
        (b'[{"key": "b", "despite": "x"}]', "has despite but no decision"),
        (b'[{"key": "b", "decision": "keep", "despite": 7}]', "despite should be a text"),
        (b'[{"key": "b", "decision": "keep", "decision": "release"}]', "'decision' appears twice"),
        (b'[{"key": "b", "span": NaN}]', "NaN is not a JSON value"),
        (b'[{"key": "b", "decision": "keep", "value": ["x"]}]', "value should be the text"),
        (b'[{"key": "b", "decision": "keep"}, {"key": "b", "decision": "lone"}]', "another item has a different decision"),
    ],
)  # fmt: skip
def test_an_invalid_file_is_refused_with_an_explanation(body: bytes, words: str) -> None:
    with pytest.raises(ReleaseError, match=words) as error:
        parse_answers(body, "HELD.json")
    assert str(error.value).startswith("HELD.json: ")


def test_an_unknown_key_is_an_error_that_lists_the_known_keys() -> None:
    """Keys to approve, keep and take back are checked alike. An approved key counts as known."""
    for approvals in (
        Approvals("A", texts=frozenset({"dead", LURE.key})),
        Approvals("A", kept=frozenset({"dead"})),
        Approvals("A", taken_back=frozenset({"dead"})),
    ):
        decisions = Decisions(approvals)
        decisions.add("ID-1", PREVIEW)
        with pytest.raises(ReleaseError, match="'dead'") as error:
            decisions.check()
        for row in (TEXT, LURE, APPROVED):
            assert row.key in str(error.value)
    decisions = Decisions(Approvals("A", texts=frozenset({TEXT.key, LURE.key}), taken_back=frozenset({APPROVED.key})))
    decisions.add("ID-1", PREVIEW)
    decisions.check()


def test_a_text_cannot_leave_alone() -> None:
    decisions = Decisions(Approvals("A", values=frozenset({TEXT.key}), alone=frozenset({TEXT.key})))
    decisions.add("ID-1", PREVIEW)
    with pytest.raises(ReleaseError, match="cannot leave alone"):
        decisions.check()


def test_an_approved_item_that_is_still_held_needs_a_reason() -> None:
    decisions = Decisions(Approvals("A", texts=frozenset({TEXT.key})))
    decisions.add("ID-1", PREVIEW)
    assert [item.key for item in decisions.items_without_reason()] == [TEXT.key]


def test_an_answer_with_another_value_is_refused() -> None:
    """The file was edited: the officer read one value, but the key belongs to another."""
    for key, value in ((LURE.key, "cdn.example"), (TEXT.key, "a port")):
        for word in ("release", "keep"):
            body = json.dumps([{"key": key, "value": value, "decision": word}]).encode()
            decisions = Decisions(add_answers(Approvals("A"), parse_answers(body, "HELD.json")))
            decisions.add("ID-1", PREVIEW)
            with pytest.raises(ReleaseError, match="but this key belongs to"):
                decisions.check()
    decisions = Decisions(
        add_answers(Approvals("A"), parse_answers(answered_file(lure_example={"decision": "lone"}), "HELD.json"))
    )
    decisions.add("ID-1", PREVIEW)
    decisions.check()
