"""Profiles as they are declared: what loads, what does not, and which file and key the complaint names."""

from __future__ import annotations

import tomllib

import pytest

from hub.declarations import Table
from hub.errors import ConfigurationError
from hub.profile.rules import Deadline, Profile, parse_profile
from hub.profile.verbs import VERBS

RULE = """
title = "Test"
[[rule]]
id = "one"
type = "incident"
path = "name"
must = "exist"
because = "Names help."
"""
DEADLINES = """
title = "Test"
[deadlines]
0  = { acknowledge_hours = 72, answer_hours = 168 }
90 = { acknowledge_hours = 1, answer_hours = 4 }
40 = { acknowledge_hours = 24, answer_hours = 72 }
"""


def parsed(text: str) -> Profile:
    return parse_profile("test", Table("profiles/test.toml", tomllib.loads(text)))


def test_a_rule_knows_its_types_and_reason() -> None:
    """A rule keeps its text; it does not apply to objects of other types."""
    profile = parsed(RULE)
    assert [rule.id for rule in profile.rules_for("incident")] == ["one"]
    assert profile.rules_for("incident")[0].because == "Names help."
    assert profile.rules_for("indicator") == ()


def test_a_rule_for_every_type_joins_the_others_in_the_order_of_the_file() -> None:
    """Rules for "*" count for named types, for all others, and keep their place in the file."""
    rule_for_every_type = RULE.replace('title = "Test"', "").replace('"one"', '"two"').replace('"incident"', '"*"')
    profile = parsed(RULE + rule_for_every_type)
    assert [rule.id for rule in profile.rules_for("incident")] == ["one", "two"]
    assert [rule.id for rule in profile.rules_for("x-anything")] == ["two"]


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('because = "Names help."', "", "rule[0].because", "is missing"),
        ('because = "Names help."', 'because = " "', "rule[0].because", "not blank"),
        ('title = "Test"', "", "title", "is missing"),
        ('must = "exist"', 'must = "shine"', "rule[0].must", "no verb 'shine'"),
        ('must = "exist"', 'must = "equal"', "rule[0].value", "needs it"),
        ('must = "exist"', 'must = "exist"\nvalue = 1', "rule[0].value", "takes no such key"),
        ('must = "exist"', 'must = "be_one_of"\nvalues = []', "rule[0].values", "at least one"),
        ('must = "exist"', 'must = "match"\nvalue = "(a+)+"', "rule[0].value", "repeated"),
        ('must = "exist"', 'must = "start_with"\nvalue = 4', "rule[0].value", "text"),
        ('path = "name"\nmust = "exist"', 'must = "be_marked"\nvalue = "pink"', "rule[0].value", "clear, green"),
        ('must = "exist"', 'must = "be_marked"', "rule[0].path", "no such key"),
        ('path = "name"', 'path = "a..b"', "rule[0].path", "single dots"),
        ('path = "name"', "", "rule[0].path", "is missing"),
        ('id = "one"', 'id = "One!"', "rule[0].id", "lower-case"),
        ('type = "incident"', 'type = "Incident"', "rule[0].type", "no STIX type"),
        ('type = "incident"', "type = []", "rule[0].type", "empty"),
        ('type = "incident"', 'type = "incident"\nbecuase = "x"', "rule[0].becuase", "no such key"),
        ('type = "incident"', 'type = "incident"\nwhen = { path = "x" }', "rule[0].when.must", "is missing"),
        (
            'type = "incident"',
            'type = "incident"\nwhen = [{ path = "x", must = "exist", because = "y" }]',
            "rule[0].when[0].because",
            "no such key",
        ),
        ("[[rule]]", "[[rules]]", "rules", "no such key"),
        ("[[rule]]", "[rule]", "rule", "list of tables"),
    ],
)
def test_a_rule_that_cannot_be_used_does_not_load(old: str, new: str, key: str, reason: str) -> None:
    """Every complaint names the file, the key and what to do."""
    assert old in RULE
    with pytest.raises(ConfigurationError) as caught:
        parsed(RULE.replace(old, new))
    assert f"profiles/test.toml: {key}: " in str(caught.value)
    assert reason in str(caught.value)


def test_two_rules_of_one_id_do_not_load() -> None:
    """A status names the rule that an object breaks, so an id means one rule."""
    with pytest.raises(ConfigurationError, match=r"rule\[1\]\.id.*another rule"):
        parsed(RULE + RULE.replace('title = "Test"', ""))


def test_deadlines_go_from_the_highest_criticality_down() -> None:
    """An incident has the deadline of the highest criticality that it reaches; every criticality has one."""
    profile = parsed(DEADLINES)
    assert [profile.deadline(c) for c in (100, 90, 89, 40, 39, 0)] == [
        Deadline(90, 1, 4), Deadline(90, 1, 4), Deadline(40, 24, 72),
        Deadline(40, 24, 72), Deadline(0, 72, 168), Deadline(0, 72, 168),
    ]  # fmt: skip
    assert parsed(RULE).deadline(50) is None


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("0  =", "10 =", "deadlines.0", "is missing"),
        ("90 =", "900 =", "deadlines.900", "from 0 to 100"),
        ("90 =", "high =", "deadlines.high", "from 0 to 100"),
        ("answer_hours = 4 ", "answer_hours = 400 ", "deadlines.90", "more time"),
        ("answer_hours = 4 ", "", "deadlines.90.answer_hours", "is missing"),
        ("answer_hours = 4 ", "answer_hours = true ", "deadlines.90.answer_hours", "whole number"),
        ("answer_hours = 4 ", "answer_hours = 4, days = 1 ", "deadlines.90.days", "no such key"),
    ],
)
def test_deadlines_that_cannot_be_used_do_not_load(old: str, new: str, key: str, reason: str) -> None:
    """A deadline that is missing, or longer for a higher criticality, is a mistake in the file."""
    assert old in DEADLINES
    text = DEADLINES.replace(old, new).replace("1, }", "1 }")
    with pytest.raises(ConfigurationError) as caught:
        parsed(text)
    assert f"profiles/test.toml: {key}" in str(caught.value)
    assert reason in str(caught.value)


def test_the_document_lists_every_verb() -> None:
    """profiles/README.md is where an operator learns the verbs: all of them, and none that was removed."""
    from pathlib import Path

    text = (Path(__file__).parents[2] / "profiles" / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| `must` |") : text.index("Patterns are bounded")]
    rows = [line.split("`")[1] for line in table.splitlines()[2:] if line.startswith("| `")]
    assert rows == list(VERBS)
