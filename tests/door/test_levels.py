"""Law L5 through the door: a level counts in whichever words it is said, and no reader below it sees anything.

`feeds` takes up to AMBER, unmarked objects among them; partners read GREEN there, constituents AMBER.
"""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
import stix2

from hub.stix import acs
from hub.stix.levels import stated_level, stated_level_of_valid
from hub.stix.tlp import TLP, TLP1_IDS, TLP2_EXTENSION, TLP2_IDS
from tests.conftest import ClientOf
from tests.server.making import Client, Content, an_id, ids, indicator, marked, note, stamp, statement

OPENCTI_STRICT: Final = "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37"
OTHER: Final = an_id(900, "marking-definition")
EXTENSION: Final = "extension-definition--00000000-0000-4000-8000-000000000901"
RED_ID: Final = TLP2_IDS[TLP.RED]


def acs_marking(determination: str, *, classification: str = "U", sharing: str = "deny") -> Content:
    """An ACS marking as CISA's AIS writes it, shortened."""
    return {
        "extension_type": "property-extension",
        "identifier": "isa:guide.19001.ACS3-00000000-0000-4000-8000-000000000001",
        "responsible_entity_originator": "USA.DHS",
        "policy_reference": f"urn:isa:policy:acs:ns:v3.0?privdefault=deny&sharedefault={sharing}",
        "control_set": {"classification": classification, "formal_determination": [determination]},
    }


# what is said, and the level that it means
WORDS: Final[dict[str, tuple[dict[str, Any], TLP | None]]] = {
    "TLP 2.0 id": ({"object_marking_refs": [TLP2_IDS[TLP.AMBER_STRICT]]}, TLP.AMBER_STRICT),
    "TLP 1.0 id": ({"object_marking_refs": [TLP1_IDS[TLP.GREEN]]}, TLP.GREEN),
    "the highest of several": ({"object_marking_refs": [TLP1_IDS[TLP.GREEN], RED_ID]}, TLP.RED),
    "OpenCTI's id": ({"object_marking_refs": [OPENCTI_STRICT]}, TLP.AMBER_STRICT),
    "label": ({"labels": ["tlp:red"]}, TLP.RED),
    "label as people write it": ({"labels": ["TLP:AMBER+STRICT"]}, TLP.AMBER_STRICT),
    "machine tag": ({"labels": ['tlp:"red"']}, TLP.RED),
    "label with a minus": ({"labels": ["tlp:amber-strict"]}, TLP.AMBER_STRICT),
    "label with blanks": ({"labels": ["TLP : Amber + Strict"]}, TLP.AMBER_STRICT),
    "label with underscores": ({"labels": ["tlp_red"]}, TLP.RED),
    "label in full width": ({"labels": ["ｔｌｐ：ｒｅｄ"]}, TLP.RED),
    "label with characters without width": ({"labels": ["t\u200blp:re‍d"]}, TLP.RED),
    "label with a version": ({"labels": ["TLP 2.0 RED"]}, TLP.RED),
    "label in full": ({"labels": ["Traffic Light Protocol: green"]}, TLP.GREEN),
    "id in an extension": (
        {"extensions": {EXTENSION: {"extension_type": "property-extension", "a": [RED_ID]}}},
        TLP.RED,
    ),
    "id in an external reference": (
        {"external_references": [{"source_name": "x", "object_marking_refs": [RED_ID]}]},
        TLP.RED,
    ),
    "id in a list of a custom property": ({"x_markings": [[RED_ID]]}, TLP.RED),
    "id of an embedded marking": ({"x_markings": [{"id": RED_ID, "definition_type": "x"}]}, TLP.RED),
    "name of an embedded tag": ({"x_tags": [{"name": "tlp:red", "colour": "#ff2b2b"}]}, TLP.RED),
    "value of an embedded pair": ({"x_pairs": [{"key": "objectMarking", "value": [RED_ID]}]}, TLP.RED),
    "embedded definition": (
        {"x_definition": {"type": "marking-definition", "definition": {"statement": "Shared as TLP:RED, no further"}}},
        TLP.RED,
    ),
    "marking of an embedded object": ({"x_source": {"content": {"object_marking_refs": [RED_ID]}}}, TLP.RED),
    "granular marking": ({"granular_markings": [{"marking_ref": RED_ID, "selectors": ["name"]}]}, TLP.RED),
    "label in letters that look alike": ({"labels": ["ТLР:RЕD"]}, TLP.RED),
    "label in Greek letters": ({"labels": ["ΤLΡ:RED"]}, TLP.RED),
    "label in small capitals": ({"labels": ["ᴛʟᴘ:ʀᴇᴅ"]}, TLP.RED),
    "label as an address has it": ({"labels": ["tlp%3Ared"]}, TLP.RED),
    "label as a page has it": ({"labels": ["TLP&#58;RED"]}, TLP.RED),
    "label as an address has its letters": ({"labels": ["%74%4Cp:red"]}, TLP.RED),
    "label as a page has its letters": ({"labels": ["&#84;LP:RED"]}, TLP.RED),
    "label with a hyphen that a page shows at the end of a line": ({"labels": ["t&shylp:red"]}, TLP.RED),
    "label that is escaped twice": ({"labels": ["t%26shy;lp:red"]}, TLP.RED),
    "label of a level": ({"labels": ["tlp-level:red"]}, TLP.RED),
    "label with two levels": ({"labels": ["tlp:green,red"]}, TLP.RED),
    "label in two": ({"labels": ["TLP", "RED"]}, TLP.RED),
    "label with a reason": ({"x_handling": "TLP:RED - do not share"}, TLP.RED),
    "UUID of an id": ({"x_marking": RED_ID.partition("--")[2].upper()}, TLP.RED),
    "UUID as a name of its own": ({"x_marking": f"urn:uuid:{RED_ID.partition('--')[2]}"}, TLP.RED),
    "UUID under a key of another name": ({"x_sharing": RED_ID.partition("--")[2]}, TLP.RED),
    "UUID behind a blank": ({"x_sharing": [f"\n{RED_ID.partition('--')[2]}"]}, TLP.RED),
    "UUID as a name of its own, under a key of another name": (
        {"labels": [f"URN:UUID:{RED_ID.partition('--')[2]}"]},
        TLP.RED,
    ),
    "UUID as a key": ({"x_sharing": {RED_ID.partition("--")[2]: "yes"}}, TLP.RED),
    "id in JSON in a text": ({"x_raw": f'{{"object_marking_refs": ["{RED_ID}"]}}'}, TLP.RED),
    "UUID of something else": ({"x_event_marking": OTHER.partition("--")[2]}, None),
    "key that names TLP": ({"x_tlp": "amber+strict"}, TLP.AMBER_STRICT),
    "key that names TLP, and its lowest level": ({"x_tlp": "clear"}, TLP.CLEAR),
    "key that names TLP and more": ({"x_tlp_colour": "red"}, TLP.RED),
    "key in camel case": ({"x_acme": {"sharingTlpLevel": "red"}}, TLP.RED),
    "key that names TLP around others": ({"x_tlp": {"level": "red", "code": 5}}, TLP.RED),
    "key that says a level": ({"x_tlp_red": True}, TLP.RED),
    "key that says a level, denied": ({"x_tlp_red": "no"}, None),
    "key of a level inside": ({"x_tlp": {"red": True, "green": False}}, TLP.RED),
    "pair of a key and a value": ({"x_pairs": [{"key": "tlp", "value": "red"}]}, TLP.RED),
    "pair in a list": ({"x_pairs": [["TLP", "red"]]}, TLP.RED),
    "external reference to TLP": ({"external_references": [{"source_name": "TLP", "external_id": "red"}]}, TLP.RED),
    "label with dots": ({"labels": ["T.L.P.: RED"]}, TLP.RED),
    "label of a traffic light": ({"labels": ["traffic-light:red"]}, TLP.RED),
    "label of a traffic light that is a thing": ({"labels": ["traffic-light-controller"]}, None),
    "label of TLP alone": ({"labels": ["TLP"]}, None),
    "label with strict behind other words": ({"labels": ["TLP:AMBER w/ strict"]}, TLP.AMBER_STRICT),
    "label with strict in front": ({"labels": ["tlp:strict-amber"]}, TLP.AMBER_STRICT),
    "text that says it at its end": ({"x_handling": "Classification: TLP RED"}, TLP.RED),
    "text with elements": ({"x_handling": "<b>TLP:RED</b>"}, TLP.RED),
    "item of a list in a text": ({"x_tags": "osint,tlp:red"}, TLP.RED),
    "item of a long list in a text": ({"x_tags": ",".join(["botnet"] * 40) + ";tlp:red"}, TLP.RED),
    "mention in a long text": ({"x_story": "word " * 40 + "of TLP:RED, TLP:AMBER and others"}, None),
    "key of a traffic light": ({"x_traffic_light": "red"}, TLP.RED),
    "key that names TLP, before a reason": ({"x_tlp_restriction": "RED: no onward sharing"}, TLP.RED),
    "key that says a level, with a number": ({"x_tlp_red": 1}, TLP.RED),
    "key that says a level, denied with a number": ({"x_tlp_red": 0}, None),
    "UUID in braces": ({"x_sharing": f"{{{RED_ID.partition('--')[2]}}}"}, TLP.RED),
    "UUID of CACAO's marking": ({"x_playbook": {"markings": [RED_ID.replace("definition", "tlp")]}}, TLP.RED),
    "id in an address": ({"x_sharing": f"urn:stix:{RED_ID}"}, TLP.RED),
    "id in an element": ({"x_sharing": f"<id>{RED_ID}</id>"}, TLP.RED),
    "id with a full stop": ({"x_sharing": f"\ufeff{RED_ID}."}, TLP.RED),
    "id among words": ({"x_sharing": f"not as {RED_ID} says"}, None),
    "id in JSON in JSON in a text": ({"x_raw": json.dumps(json.dumps({"a": [RED_ID]}))}, TLP.RED),
    "TLP 2.0's extension of an object": (
        {"extensions": {TLP2_EXTENSION: {"extension_type": "property-extension", "value": "red"}}},
        TLP.RED,
    ),
    "ACS for a few": ({"extensions": {acs.EXTENSION: acs_marking("AIS")}}, TLP.AMBER_STRICT),
    "ACS released to the public": ({"extensions": {acs.EXTENSION: acs_marking("PUBREL")}}, None),
    "ACS shared by default": ({"extensions": {acs.EXTENSION: acs_marking("AIS", sharing="permit")}}, None),
    "red without TLP": ({"x_pairs": [{"key": "team", "value": "red"}], "labels": ["red", "traffic-light"]}, None),
    "mention in prose": ({"description": f"see {RED_ID} of the standard"}, None),
    "whole id as prose": ({"description": RED_ID}, None),
    "reference to a definition": ({"object_refs": [RED_ID]}, None),
    "name of an observable": ({"name": "tlp_red"}, None),
}
# what a marking definition says of all that it marks
DEFINITIONS: Final[dict[str, tuple[dict[str, Any], TLP | None]]] = {
    "name": ({"name": "TLP:RED"}, TLP.RED),
    "statement": ({"definition": {"statement": "tlp:amber+strict, not for onward sharing"}}, TLP.AMBER_STRICT),
    "statement in full": ({"definition": {"statement": "Traffic Light Protocol: RED"}}, TLP.RED),
    "definition.tlp": ({"definition": {"tlp": "red"}}, TLP.RED),
    "OpenCTI's property": ({"x_opencti_definition_type": "TLP", "x_opencti_definition": "TLP:RED"}, TLP.RED),
    "OpenCTI's word alone": ({"x_opencti_definition_type": "TLP", "x_opencti_definition": "RED"}, TLP.RED),
    "OpenCTI's word, and no more": ({"x_opencti_definition": "RED"}, TLP.RED),
    "name that is the word": ({"name": "Red"}, TLP.RED),
    "statement that is the word": ({"definition": {"statement": "RED"}}, TLP.RED),
    "colour of AIS": ({"definition_type": "ais", "definition": {"consent": "none", "color": "red"}}, TLP.RED),
    "description": ({"description": "To be handled as TLP:RED"}, TLP.RED),
    "statement with dots": ({"definition": {"statement": "T.L.P. RED"}}, TLP.RED),
    "ACS": ({"extensions": {acs.EXTENSION: acs_marking("AIS")}}, TLP.AMBER_STRICT),
    "PAP": ({"name": "PAP:RED", "definition": {"statement": "RED"}}, None),
    "its own marking": (marked(TLP.RED), TLP.RED),
    "nothing": ({}, None),
}


def definition(**changes: Any) -> Content:
    return statement(900, **{"definition_type": "statement", "definition": {"statement": "x"}, **changes})


@pytest.mark.parametrize("words", WORDS)
def test_what_an_object_says_of_its_level(words: str) -> None:
    """A row for each way to say it, and for each that says nothing."""
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
    """What it leaves out says nothing, beside all that may say a level: in the standard's types and in a custom one."""
    content = {**other, **WORDS[words][0]}
    assert stated_level_of_valid(content) == stated_level(content)
    assert stated_level_of_valid(content).level is WORDS[words][1]


@pytest.mark.parametrize("name", ["created", "valid_from", "published", "subject", "value", "id"])
def test_a_custom_type_may_say_a_level_where_another_has_a_time_or_a_text(name: str) -> None:
    """It is free in what stands there; under a name for prose, or its own id, where more than a text does."""
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
    """Whatever its kind: a property that can hold nothing but a level, and holds none that is known."""
    words = indonesia.refusal("feeds", {**indicator(1, level=TLP.GREEN), **properties})
    assert "TLP:AMBER+STRICT" in words


@pytest.mark.parametrize("text", ["TLP ROUGE", "Protokol TLP: merah", "TLP: แดง", "TLP 赤", "TLP 4", "TLP"])
@pytest.mark.parametrize("where", ["name", "statement"])
def test_a_definition_that_names_tlp_and_no_level_marks_nothing(as_account: ClientOf, where: str, text: str) -> None:
    """It says a level in words that the hub does not read: neither it nor what it marks is taken."""
    content = definition(**{"name": text} if where == "name" else {"definition": {"statement": text}})
    marked_by_it = indicator(1, level=TLP.GREEN)
    marked_by_it["object_marking_refs"] = [*marked_by_it["object_marking_refs"], OTHER]
    status = as_account("id-cert").add("feeds", content, marked_by_it)
    assert status["failure_count"] == 2
    assert "TLP:AMBER+STRICT" in status["failures"][0]["message"]


@pytest.mark.parametrize("words", WORDS)
def test_no_reader_below_the_level_sees_it(as_account: ClientOf, words: str) -> None:
    """Beside a GREEN marking, whatever else is said counts; what may be seen is."""
    extra, level = WORDS[words]
    content = indicator(1, level=TLP.GREEN)
    refs = dict.fromkeys([*content["object_marking_refs"], *extra.get("object_marking_refs", ())])
    content = {**content, **extra, "object_marking_refs": list(refs)}
    if "object_refs" in extra:
        content = {**note(1, level=TLP.GREEN), **extra}
    status = as_account("id-cert").add("feeds", content)
    meant = max(level or TLP.GREEN, TLP.GREEN)
    assert (status["success_count"] == 1) is (meant <= TLP.AMBER), status
    for who, clearance in (("partner", TLP.GREEN), ("sg-soc", TLP.AMBER)):
        seen = ids(as_account(who).objects("feeds"))
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
    """Sent in the same envelope, or held, it is taken."""
    content = {**indicator(1), "object_marking_refs": [OTHER]}
    words = indonesia.refusal("feeds", content)
    assert OTHER in words
    assert "first, or in the same envelope" in words
    indonesia.publish("feeds", definition())
    indonesia.publish("feeds", content)


# --- containers (law L5 b) -----------------------------------------------------------------------------------------


def grouping(number: int, *refs: str, level: TLP | None = None, author: str = "ID") -> Content:
    common = note(number, level=level, author=author)
    return {
        **{name: value for name, value in common.items() if name not in ("content", "object_refs")},
        "type": "grouping",
        "id": an_id(number, "grouping"),
        "name": f"Event {number}",
        "context": "suspicious-activity",
        "object_refs": list(refs),
    }


def unmarked(number: int, **changes: Any) -> Content:
    return indicator(number, level=None, **changes)


def seen_by(as_account: ClientOf, object_id: str) -> list[str]:
    return [who for who in ("partner", "sg-soc", "sg-cert") if object_id in ids(as_account(who).objects("feeds"))]


@pytest.mark.parametrize(
    ("level", "readers"),
    [
        (TLP.GREEN, ["partner", "sg-soc", "sg-cert"]),
        (TLP.AMBER, ["sg-soc", "sg-cert"]),
        (TLP.RED, []),
    ],
)
def test_an_unmarked_object_has_the_level_of_what_names_it(
    as_account: ClientOf, level: TLP, readers: list[str]
) -> None:
    """A GREEN event is taken whole and read at GREEN; of a RED one nothing is shown, also not its indicators."""
    status = as_account("id-cert").add("feeds", unmarked(1), grouping(2, an_id(1), level=level))
    assert status["success_count"] == (0 if level is TLP.RED else 2)
    assert seen_by(as_account, an_id(1)) == readers


def test_a_container_passes_its_level_on_through_another(as_account: ClientOf) -> None:
    """Transitively, and of several the highest."""
    inner, outer = grouping(2, an_id(1)), grouping(3, an_id(2, "grouping"), level=TLP.GREEN)
    as_account("id-cert").publish("feeds", unmarked(1), inner, outer)
    assert seen_by(as_account, an_id(1)) == ["partner", "sg-soc", "sg-cert"]
    as_account("id-cert").publish("feeds", grouping(4, an_id(2, "grouping"), level=TLP.AMBER))
    assert seen_by(as_account, an_id(1)) == ["sg-soc", "sg-cert"], "a later container raises what it names"


def test_a_held_container_of_the_same_member_counts_and_nobody_elses(as_account: ClientOf) -> None:
    """Sent later, the object still has its level; another member's grouping says nothing of it."""
    as_account("id-cert").publish("feeds", grouping(2, an_id(1), level=TLP.GREEN))
    as_account("id-cert").publish("feeds", unmarked(1))
    assert "partner" in seen_by(as_account, an_id(1))
    as_account("sg-cert").publish("feeds", grouping(5, an_id(1), level=TLP.AMBER, author="SG"))
    assert "partner" in seen_by(as_account, an_id(1))


def test_an_unmarked_object_alone_is_shown_at_the_default_and_the_status_says_so(indonesia: Client) -> None:
    """Its sender learns who reads it until it is marked."""
    status = indonesia.publish("feeds", unmarked(1))
    assert "TLP:AMBER" in status["successes"][0]["message"]


# --- versions, translations, observables (law L5 c to e) --------------------------------------------------------------


def test_a_raised_level_governs_the_older_versions_and_the_status_says_so(as_account: ClientOf) -> None:
    """H3: the GREEN version is no longer served below."""
    cert = as_account("id-cert")
    cert.publish("feeds", indicator(1, level=TLP.GREEN))
    status = cert.publish("feeds", indicator(1, 2, level=TLP.AMBER))
    assert as_account("partner").objects("feeds", version="all") == []
    assert "from TLP:GREEN to TLP:AMBER" in status["successes"][0]["message"]


def test_a_revocation_repeats_a_higher_text_under_no_name(indonesia: Client) -> None:
    """Readers of the lower version would read in another property what only the higher one said."""
    indonesia.publish("feeds", indicator(1, level=TLP.GREEN))
    indonesia.publish("feeds", indicator(1, 2, level=TLP.AMBER, description="Only for those who may read AMBER"))
    revoked = indicator(1, level=TLP.GREEN) | {"modified": stamp(3), "revoked": True}
    words = indonesia.refusal("feeds", revoked | {"x_reason": "Only for those who may read AMBER"})
    assert "x_reason" in words
    indonesia.publish("feeds", revoked)


def test_a_revocation_reaches_all_who_ever_saw_the_object(as_account: ClientOf) -> None:
    """Marked higher, it is refused in words; built from the lowest version, it is read by all; nothing higher leaks."""
    cert = as_account("id-cert")
    cert.publish("feeds", indicator(1, level=TLP.GREEN))
    cert.publish("feeds", indicator(1, 2, level=TLP.AMBER, name="only at AMBER"))
    assert "TLP:GREEN" in cert.refusal("feeds", indicator(1, 3, level=TLP.AMBER, name="only at AMBER", revoked=True))
    words = cert.refusal("feeds", indicator(1, 3, level=TLP.GREEN, name="only at AMBER", revoked=True))
    assert "name" in words
    cert.publish("feeds", indicator(1, 3, level=TLP.GREEN, revoked=True))
    (shown,) = as_account("partner").objects("feeds", version="all")
    assert shown["revoked"] is True


@pytest.mark.parametrize("before", [{}, {"name": "TLP:GREEN"}], ids=["no level", "a lower level"])
def test_a_definition_does_not_state_a_higher_level_later(as_account: ClientOf, before: Content) -> None:
    """What it marks would stay readable; its sender gets that in words, and what it marks from then on has the new level."""
    cert = as_account("id-cert")
    marked_by_it = indicator(1, level=TLP.GREEN)
    marked_by_it["object_marking_refs"] = [*marked_by_it["object_marking_refs"], definition()["id"]]
    cert.publish("feeds", definition(**before), marked_by_it)
    raised = definition(name="TLP:AMBER", created=stamp(901))
    assert "new id" in cert.refusal("feeds", raised)
    cert.add("feeds", raised, marked_by_it | {"id": an_id(2)})
    assert seen_by(as_account, an_id(2)) == ["sg-soc", "sg-cert"]
    cert.publish("feeds", definition(**before))


TRANSLATION: Final[Content] = {
    **{k: v for k, v in note(3, level=TLP.GREEN).items() if k not in ("content", "object_refs")},
    "type": "language-content",
    "id": an_id(3, "language-content"),
    "object_ref": an_id(1),
    "contents": {"de": {"name": "Name"}},
}


@pytest.mark.parametrize("first", ["object", "translation"])
def test_a_translation_is_no_lower_than_its_object(as_account: ClientOf, first: str) -> None:
    """H1, whichever comes first."""
    order = [indicator(1, level=TLP.AMBER), TRANSLATION]
    for content in order if first == "object" else order[::-1]:
        as_account("id-cert").publish("feeds", content)
    assert seen_by(as_account, TRANSLATION["id"]) == ["sg-soc", "sg-cert"]


def test_a_translation_of_what_is_too_high_for_a_collection_is_refused_as_one(indonesia: Client) -> None:
    """Though it is marked lower itself: the words name the object."""
    indonesia.publish("circle", indicator(1, level=TLP.RED))
    words = indonesia.refusal("feeds", TRANSLATION)
    assert f"translates {an_id(1)}, which is TLP:RED" in words


ADDRESS: Final = json.loads(stix2.IPv4Address(value="198.51.100.9").serialize())


@pytest.mark.parametrize("where", ["object_refs", "text"])
def test_an_observable_of_another_collection_is_not_given_away(as_account: ClientOf, where: str) -> None:
    """H2: held at AMBER+STRICT where the sender reads it, its id stands in no GREEN object, as reference or in a text."""
    as_account("id-cert").publish("alerts", {**ADDRESS, **marked(TLP.AMBER_STRICT)})
    naming = note(1, level=TLP.GREEN, author="SG")
    naming |= {"object_refs": [ADDRESS["id"]]} if where == "object_refs" else {"content": f"see {ADDRESS['id']}."}
    assert "gives its value away" in as_account("sg-cert").refusal("feeds", naming)


def test_a_member_does_not_publish_an_observable_higher_than_its_own_objects_name_it(as_account: ClientOf) -> None:
    """H2: the words say which object to raise or withdraw first; another member is free to, and silences nobody."""
    cert = as_account("id-cert")
    cert.publish("feeds", note(1, level=TLP.GREEN, object_refs=[ADDRESS["id"]]))
    assert an_id(1, "note") in cert.refusal("alerts", {**ADDRESS, **marked(TLP.AMBER_STRICT)})
    as_account("sg-cert").publish("alerts", {**ADDRESS, **marked(TLP.AMBER_STRICT)})
    cert.publish("feeds", note(2, level=TLP.GREEN, object_refs=[ADDRESS["id"]]))
    cert.publish("feeds", note(1, 2, level=TLP.AMBER, object_refs=[ADDRESS["id"]]))


def test_a_revocation_may_name_what_its_lowest_version_named(as_account: ClientOf) -> None:
    """Raised together with its observable, it is still withdrawn for the readers below."""
    cert = as_account("id-cert")
    naming: Content = {"object_refs": [ADDRESS["id"]]}
    cert.publish("feeds", {**ADDRESS, **marked(TLP.GREEN)}, note(1, level=TLP.GREEN, **naming))
    cert.publish("feeds", {**ADDRESS, **marked(TLP.AMBER)}, note(1, 2, level=TLP.AMBER, **naming))
    assert as_account("partner").objects("feeds", version="all") == []
    cert.publish("feeds", note(1, 3, level=TLP.GREEN, revoked=True, content="Note 1 in version 1", **naming))
    assert ids(as_account("partner").objects("feeds")) == [an_id(1, "note")]
