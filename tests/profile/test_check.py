"""Each verb, fulfilled and not; conditions, paths, and what a finding says."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from hub.declarations import Table
from hub.profile.check import Context, Finding, check
from hub.profile.rules import parse_profile
from hub.profile.verbs import VERBS
from hub.stix.tlp import TLP, TLP1_IDS, TLP2_IDS

OWN = "identity--11111111-1111-4111-8111-111111111111"
OTHER = "identity--22222222-2222-4222-8222-222222222222"
INCIDENT = "incident--33333333-3333-4333-8333-333333333333"
NOTE = "note--44444444-4444-4444-8444-444444444444"
CONTEXT = Context({OWN: "ID"})


BY_READERS = "be_read_beyond_certs"


def findings(rule: str, content: dict[str, Any], context: Context = CONTEXT) -> tuple[Finding, ...]:
    text = f'title = "Test"\n[[rule]]\nid = "r"\nbecause = "B."\n{rule}'
    if "type =" not in rule:
        text += '\ntype = "*"'
    profile = parse_profile("test", Table("test.toml", tomllib.loads(text)))
    return check({"type": "note", "id": NOTE} | content, [profile], context)


MET = [
    ('path = "a"\nmust = "exist"', {"a": 0}),
    ('path = "a"\nmust = "exist"', {"a": False}),
    ('path = "a.b"\nmust = "exist"', {"a": {"b": "x"}}),
    ('path = "a"\nmust = "be_absent"', {}),
    ('path = "a"\nmust = "equal"\nvalue = "x"', {"a": "x"}),
    ('path = "a"\nmust = "be_one_of"\nvalues = ["x", "y"]', {"a": "y"}),
    ('path = "a.*"\nmust = "be_one_of"\nvalues = ["x", "y"]', {"a": ["y", "x"]}),
    ('path = "a"\nmust = "be_none_of"\nvalues = ["x"]', {}),
    ('path = "a"\nmust = "be_none_of"\nvalues = [1]', {"a": True}),
    ('path = "a"\nmust = "match"\nvalue = "v-[a-z]+"', {"a": "v-x"}),
    ('path = "a"\nmust = "start_with"\nvalue = "v-"', {"a": "v-"}),
    ('path = "a"\nmust = "contain"\nvalues = ["x", "y"]', {"a": ["z", "x"]}),
    ('path = "a"\nmust = "contain_none"\nvalues = ["x"]', {"a": ["z"]}),
    ('path = "a"\nmust = "contain_none"\nvalues = ["x"]', {}),
    ('path = "a"\nmust = "contain_prefix"\nvalue = "s:"', {"a": ["z", "s:1"]}),
    ('path = "a"\nmust = "be_labelled"\nvalue = "s:"\nvalues = ["1", "2"]', {"a": ["z", "s:1"]}),
    ('must = "be_marked"', {"object_marking_refs": [TLP1_IDS[TLP.CLEAR]]}),
    ('must = "be_marked"\nvalue = "amber"', {"object_marking_refs": [TLP1_IDS[TLP.AMBER]]}),
    ('must = "be_marked"\nvalue = "amber"', {"object_marking_refs": [TLP2_IDS[TLP.RED]]}),
    ('path = "a"\nmust = "refer_to"\nvalues = ["incident"]', {"a": [OWN, INCIDENT]}),
    ('path = "a"\nmust = "refer_to"\nvalues = ["incident"]', {"a": INCIDENT}),
    ('path = "a"\nmust = "be_a_member"', {"a": OWN}),
    ('path = "a"\nmust = "be_no_member"', {"a": [OTHER]}),
    ('path = "a"\nmust = "be_no_member"', {}),
    ('path = "a"\nmust = "hold_only"\nvalues = ["x"]', {"a": {"x": 1}}),
    (
        'path = "a"\nmust = "be_named_by_class"',
        {"a": {"name": "Energy organisations in Viet Nam", "sectors": ["energy"]}},
    ),
    ('path = "a"\nmust = "be_named_by_class"', {"a": {"name": "People in South-eastern Asia"}}),
    ('path = "a.*"\nmust = "be_a_place"', {"a": ["MY", "Malaysia", "south-eastern-asia", "South-eastern Asia"]}),
    ('path = "a"\nmust = "be_a_place"', {}),
    ('path = "a.*"\nmust = "be_documentation"', {"a": ["198.51.100.7", "192.0.2.0/28", "2001:db8::1", "a.example"]}),
    (
        'path = "a.*"\nmust = "be_documentation"',
        {"a": ["https://b.test:8443/x", "http://[2001:db8::1]/", "c@example.org"]},
    ),
    ('path = "a"\nmust = "be_in_namespaces"\nvalues = ["x", "y:"]', {"a": ["x", "y:some-word", 'y:kind="word"']}),
    ('path = "."\nmust = "have_standard_properties"\nvalues = ["x_own"]', {"type": "note", "content": "c", "x_own": 1}),
    ('path = "a"\nmust = "be_a_number"', {"a": 5}),
    ('path = "."\nmust = "hold_no_contact"\nvalues = ["a"]', {"a": "x", "b": "d@e.example"}),
    ('path = "a.1"\nmust = "equal"\nvalue = "y"', {"a": ["x", "y"]}),
    ('path = "a.*.b"\nmust = "equal"\nvalue = 1', {"a": [{"b": 1}, {"c": 2}, 3]}),
]
UNMET = [
    ('path = "a"\nmust = "exist"', {}),
    ('path = "a"\nmust = "exist"', {"a": " "}),
    ('path = "a"\nmust = "exist"', {"a": []}),
    ('path = "a.b"\nmust = "exist"', {"a": "b"}),
    ('path = "a"\nmust = "be_absent"', {"a": ""}),
    ('path = "a"\nmust = "equal"\nvalue = "x"', {}),
    ('path = "a"\nmust = "equal"\nvalue = 1', {"a": True}),
    ('path = "a"\nmust = "be_one_of"\nvalues = ["x", "y"]', {"a": ["x"]}),
    ('path = "a"\nmust = "be_one_of"\nvalues = ["x", "y"]', {}),
    ('path = "a.*"\nmust = "be_one_of"\nvalues = ["x", "y"]', {"a": ["x", "z"]}),
    ('path = "a"\nmust = "be_none_of"\nvalues = ["x"]', {"a": "x"}),
    ('path = "a"\nmust = "match"\nvalue = "v-[a-z]+"', {"a": "v-x\n"}),
    ('path = "a"\nmust = "match"\nvalue = "v-[a-z]+"', {"a": "a v-x"}),
    ('path = "a"\nmust = "match"\nvalue = "[a-z]+"', {"a": "x" * 257}),
    ('path = "a"\nmust = "match"\nvalue = "[a-z]+"', {"a": 5}),
    ('path = "a"\nmust = "match"\nvalue = "[a-z]+"', {}),
    ('path = "a"\nmust = "start_with"\nvalue = "v-"', {"a": "w-v-"}),
    ('path = "a"\nmust = "start_with"\nvalue = "v-"', {}),
    ('path = "a"\nmust = "contain"\nvalues = ["x", "y"]', {"a": ["z"]}),
    ('path = "a"\nmust = "contain"\nvalues = ["x"]', {}),
    ('path = "a"\nmust = "contain_none"\nvalues = ["x"]', {"a": ["z", "x"]}),
    ('path = "a"\nmust = "contain_prefix"\nvalue = "s:"', {"a": ["z"]}),
    ('path = "a"\nmust = "be_labelled"\nvalue = "s:"\nvalues = ["1", "2"]', {"a": ["s:1", "s:2"]}),
    ('path = "a"\nmust = "be_labelled"\nvalue = "s:"\nvalues = ["1", "2"]', {"a": ["s:3"]}),
    ('path = "a"\nmust = "be_labelled"\nvalue = "s:"\nvalues = ["1", "2"]', {}),
    ('must = "be_marked"', {}),
    ('must = "be_marked"\nvalue = "amber+strict"', {"object_marking_refs": [TLP2_IDS[TLP.AMBER]]}),
    ('path = "a"\nmust = "refer_to"\nvalues = ["incident"]', {"a": [OWN]}),
    ('path = "a"\nmust = "refer_to"\nvalues = ["incident"]', {}),
    ('path = "a"\nmust = "be_a_number"', {"a": True}),
    ('path = "."\nmust = "hold_no_contact"\nvalues = ["a"]', {"a": [{"b": "d@e.example"}]}),
    ('path = "a"\nmust = "be_a_member"', {"a": OTHER}),
    ('path = "a"\nmust = "be_a_member"', {}),
    ('path = "a"\nmust = "be_no_member"', {"a": [OTHER, OWN]}),
    ('path = "a"\nmust = "hold_only"\nvalues = ["x"]', {"a": {"x": 1, "y": 2}}),
    ('path = "a"\nmust = "be_named_by_class"', {"a": {"name": "Bank Rahasia", "sectors": ["energy"]}}),
    (
        'path = "a"\nmust = "be_named_by_class"',
        {"a": {"name": "Energy organisations in Kampung Baru", "sectors": ["energy"]}},
    ),
    (
        'path = "a"\nmust = "be_named_by_class"',
        {"a": {"name": "Energy organisations in Malaysia", "sectors": ["water"]}},
    ),
    ('path = "a"\nmust = "be_a_place"', {"a": "Kampung Baru"}),
    ('path = "a"\nmust = "be_documentation"', {"a": "2001:db9::7"}),
    ('path = "a"\nmust = "be_documentation"', {"a": "198.51.100.0/23"}),
    ('path = "a"\nmust = "be_documentation"', {"a": "anexample.com"}),
    ('path = "a"\nmust = "be_documentation"', {"a": "https://a.example@b.co/"}),
    ('path = "a"\nmust = "be_documentation"', {"a": "https://[/"}),
    ('path = "a"\nmust = "be_documentation"', {"a": 7}),
    ('path = "a"\nmust = "be_in_namespaces"\nvalues = ["x", "y:"]', {"a": ["x", "Bank Rahasia"]}),
    ('path = "a"\nmust = "be_in_namespaces"\nvalues = ["x", "y:"]', {"a": ["y:Bank Rahasia"]}),
    ('path = "."\nmust = "have_standard_properties"\nvalues = ["x_own"]', {"type": "note", "x_victim": "Bank Rahasia"}),
    ('path = "a.1"\nmust = "exist"', {"a": ["x"]}),
]


@pytest.mark.parametrize(("rule", "content"), MET)
def test_a_rule_that_is_fulfilled_finds_nothing(rule: str, content: dict[str, Any]) -> None:
    """What the table of verbs says is enough."""
    assert findings(rule, content) == ()


@pytest.mark.parametrize(("rule", "content"), UNMET)
def test_a_rule_that_is_not_fulfilled_is_found(rule: str, content: dict[str, Any]) -> None:
    """The finding names the rule and the object, and opens with the rule's own reason."""
    (finding,) = findings(rule, content)
    assert (finding.rule, finding.object_id) == ("r", NOTE)
    assert finding.message.startswith("B. (r: ")


def test_every_verb_is_tried_both_ways() -> None:
    """Each verb has a case that fulfils it and one that does not."""
    for cases in (MET, UNMET):
        assert {verb for verb in VERBS if any(f'"{verb}"' in rule for rule, _ in cases)} == set(VERBS) - {BY_READERS}


def test_a_rule_may_count_only_where_others_than_certs_read() -> None:
    """The collection decides that, not the object."""
    rule = f'when = {{ path = ".", must = "{BY_READERS}" }}\npath = "a"\nmust = "exist"'
    assert findings(rule, {}) == ()
    assert findings(rule, {}, Context({OWN: "ID"}, beyond_certs=True))


def test_a_finding_never_repeats_a_value() -> None:
    """A victim's name that was refused does not remain in the status about the refusal."""
    secret = "PT Bank Rahasia"
    for rule, _ in UNMET:
        for finding in findings(rule, {"a": secret}) + findings(rule, {"a": [secret]}):
            assert secret not in finding.message


def test_a_rule_counts_only_where_all_its_conditions_are_true() -> None:
    """Two conditions: where one is false the rule does not apply."""
    rule = 'path = "a"\nmust = "exist"\nwhen = [{ path = "b", must = "exist" }, { path = "c", must = "be_absent" }]'
    assert findings(rule, {"b": 1})
    assert not findings(rule, {"b": 1, "c": 1})
    assert not findings(rule, {})


def test_a_rule_looks_at_its_own_types_only() -> None:
    """An object of another type is not looked at."""
    assert findings('type = ["note", "report"]\npath = "a"\nmust = "exist"', {})
    assert not findings('type = ["event"]\npath = "a"\nmust = "exist"', {})
