"""Law L5 through the door: a level counts in whatever words it is stated, and no reader below it sees anything.

`feeds` takes up to AMBER, unmarked objects among them; partners read GREEN there, constituents AMBER.
"""

from __future__ import annotations

import pytest

from hub.stix import acs
from hub.stix.levels import stated_level, stated_level_of_valid
from hub.stix.tlp import TLP, TLP2_EXTENSION
from tests.conftest import ClientOf
from tests.door.levels import DEFINITIONS, OTHER, WORDS, acs_marking, definition
from tests.server.making import Client, Content, an_id, ids, indicator, note


@pytest.mark.parametrize("words", WORDS)
def test_what_an_object_says_of_its_level(words: str) -> None:
    """A row for each way to state it, and for each that states nothing."""
    content, level = WORDS[words]
    assert stated_level(content).level is level


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize(
    "other",
    [
        indicator(1, level=None),
        note(1, level=None),
        {"type": "domain-name", "value": "host.example"},
        {"type": "x-own-type", "x_long": "é" * 1_000},
    ],
    ids=lambda other: str(other["type"]),
)
def test_a_glance_sees_no_less_than_a_closer_look(words: str, other: Content) -> None:
    """What it skips states no level, beside everything that may state one: in the standard's types and in a custom one."""
    content = {**other, **WORDS[words][0]}
    assert stated_level_of_valid(content) == stated_level(content)
    assert stated_level_of_valid(content).level is WORDS[words][1]


@pytest.mark.parametrize("name", ["created", "valid_from", "published", "subject", "value", "id"])
def test_a_custom_type_may_say_a_level_where_another_has_a_time_or_a_text(name: str) -> None:
    """A custom type decides what is there; under a name for prose, or its own id, where more than a text states a level."""
    content = {"type": "x-own-type", name: {"tlp": "red"}}
    assert stated_level_of_valid(content).level is TLP.RED
    expected = None if name in ("subject", "value", "id") else TLP.RED
    assert stated_level_of_valid({**content, name: "tlp:red"}).level is expected


@pytest.mark.parametrize("words", DEFINITIONS)
def test_what_a_definition_says_of_its_level(words: str) -> None:
    """As a row for each property that may say it."""
    content = definition(**DEFINITIONS[words][0])
    assert stated_level_of_valid(content).level is DEFINITIONS[words][1]


@pytest.mark.parametrize(
    "label",
    ["tlp:purple", "TLP:EX:CHR", "tlp:unclear", "tlp:rot", "tlp-merah", "tlp:amber+s", "TLP4", "Protocole TLP : rouge"],
)
def test_a_label_of_tlp_that_names_no_level_is_refused(indonesia: Client, label: str) -> None:
    """It is present and not understood: never as if it were absent."""
    words = indonesia.refusal("feeds", {**indicator(1, level=TLP.GREEN), "labels": [label]})
    assert "TLP:AMBER+STRICT" in words


@pytest.mark.parametrize(
    "properties",
    [
        {"x_tlp": 4},
        {"x_tlp": "purple"},
        {"x_acme": {"tlp": True}},
        {"x_fields": [{"key": "tlp", "value": 3}]},
        {"x_fields": [{"key": "tlp", "value": "rouge"}]},
        {"extensions": {TLP2_EXTENSION: {"extension_type": "property-extension"}}},
        {"extensions": {acs.EXTENSION: acs_marking("AIS", classification="TS")}},
    ],
)
def test_a_value_of_tlp_that_names_no_level_is_refused(indonesia: Client, properties: Content) -> None:
    """Whatever its kind: a property that can contain nothing but a level, and contains an unknown one."""
    words = indonesia.refusal("feeds", {**indicator(1, level=TLP.GREEN), **properties})
    assert "TLP:AMBER+STRICT" in words


@pytest.mark.parametrize("text", ["TLP ROUGE", "Protokol TLP: merah", "TLP: แดง", "TLP 赤", "TLP 4", "TLP"])
@pytest.mark.parametrize("where", ["name", "statement"])
def test_a_definition_that_names_tlp_and_no_level_marks_nothing(as_account: ClientOf, where: str, text: str) -> None:
    """It states a level in words that the hub does not read: neither it nor what it marks is accepted."""
    content = definition(**{"name": text} if where == "name" else {"definition": {"statement": text}})
    marked_by_it = indicator(1, level=TLP.GREEN)
    marked_by_it["object_marking_refs"] = [*marked_by_it["object_marking_refs"], OTHER]
    status = as_account("id-cert").add("feeds", content, marked_by_it)
    assert status["failure_count"] == 2
    assert "TLP:AMBER+STRICT" in status["failures"][0]["message"]


@pytest.mark.parametrize("words", WORDS)
def test_no_reader_below_the_level_sees_it(as_account: ClientOf, words: str) -> None:
    """Beside a GREEN marking, any other statement of a level counts; what may be seen is."""
    extra, level = WORDS[words]
    content = indicator(1, level=TLP.GREEN)
    refs = dict.fromkeys([*content["object_marking_refs"], *extra.get("object_marking_refs", ())])
    content = {**content, **extra, "object_marking_refs": list(refs)}
    if "object_refs" in extra:
        content = {**note(1, level=TLP.GREEN), **extra}
    status = as_account("id-cert").add("feeds", content)
    meant = max(level or TLP.GREEN, TLP.GREEN)
    assert (status["success_count"] == 1) is (meant <= TLP.AMBER), status
    for reader, clearance in (("partner", TLP.GREEN), ("sg-soc", TLP.AMBER)):
        seen = ids(as_account(reader).objects("feeds"))
        assert (content["id"] in seen) is (meant <= TLP.AMBER and meant <= clearance)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("words", DEFINITIONS)
def test_what_a_definition_marks_has_the_level_that_it_says(as_account: ClientOf, words: str, together: bool) -> None:
    """In the same envelope or sent before; the definition itself is not shown below its level either (C7)."""
    extra, level = DEFINITIONS[words]
    if words == "definition.tlp":
        extra = {**extra, "name": "TLP:RED"}
    content = definition(**extra)
    marked_by_it = indicator(1, level=TLP.GREEN)
    marked_by_it["object_marking_refs"] = [*marked_by_it["object_marking_refs"], OTHER]
    cert = as_account("id-cert")
    for envelope in [[content, marked_by_it]] if together else [[content], [marked_by_it]]:
        cert.add("feeds", *envelope)
    shown = level is None
    assert (an_id(1) in ids(as_account("partner").objects("feeds"))) is shown
    assert OTHER not in ids(as_account("partner").objects("feeds")), "unmarked, it has the collection's default"
    assert (OTHER in ids(cert.objects("feeds"))) is shown


def test_a_marking_whose_definition_is_nowhere_is_refused_and_the_words_say_what_to_send(indonesia: Client) -> None:
    """With the definition in the same envelope, or stored, it is accepted."""
    content = {**indicator(1), "object_marking_refs": [OTHER]}
    words = indonesia.refusal("feeds", content)
    assert OTHER in words
    assert "first, or in the same envelope" in words
    indonesia.publish("feeds", definition())
    indonesia.publish("feeds", content)
