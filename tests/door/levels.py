"""What says a level at the door and what it means, and who then sees the object."""

from __future__ import annotations

import json
from typing import Any, Final

from hub.stix import acs
from hub.stix.tlp import TLP, TLP1_IDS, TLP2_EXTENSION, TLP2_IDS
from tests.conftest import ClientOf
from tests.server.making import Content, an_id, ids, indicator, marked, statement, versioned

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


def unmarked(number: int, **changes: Any) -> Content:
    """An indicator without a marking."""
    return indicator(number, level=None, **changes)


def grouping(number: int, *refs: str, version: int = 1, **changes: Any) -> Content:
    """A grouping that names these objects, without a marking where none is given."""
    about = {"name": f"Event {number}", "context": "suspicious-activity", "object_refs": list(refs)}
    return versioned("grouping", number, version, **{"level": None} | about | changes)


def seen_by(as_account: ClientOf, object_id: str) -> list[str]:
    """Those who find the object in `feeds`, of a partner, a constituent and a CERT."""
    return [
        reader for reader in ("partner", "sg-soc", "sg-cert") if object_id in ids(as_account(reader).objects("feeds"))
    ]
