"""Law L5 a: the same level in the dialects of platforms, formats and languages, one row each.

`tests/door/test_levels.py` shows that what is read so decides who sees an object; here it is only read.
"""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from hub.stix.levels import StatedLevel, stated_level, stated_level_of_valid
from hub.stix.tlp import TLP
from tests.server.making import Content, indicator, statement

STRUCTURE: Final = "tlpMarking:TLPMarkingStructureType"
EXTENSION: Final = "extension-definition--00000000-0000-4000-8000-000000000901"
LONG: Final = "a word " * 40


def own_level_of(content: Content) -> StatedLevel:
    """As at a glance, which sees no less than a closer look."""
    own_level = stated_level_of_valid(content)
    assert own_level == stated_level(content)
    return own_level


RED_UUID: Final = "5e57c739-391a-4eb3-b6be-7d15ca92d5ed"


def rule(kind: str, text: str) -> Content:
    """An indicator whose pattern is a rule in this language."""
    return {"pattern": text, "pattern_type": kind}


# properties of an unmarked object, and the level that each says
SAYS: Final[dict[str, tuple[Content, TLP]]] = {
    "STIX 1 in JSON": ({"x_handling": [{"marking_structures": [{"xsi:type": STRUCTURE, "color": "RED"}]}]}, TLP.RED),
    "STIX 1 in JSON, attributes": ({"x_handling": {"@xsi:type": STRUCTURE, "@color": "AMBER"}}, TLP.AMBER),
    "a marking structure": ({"x_stix1": {"Marking_Structure": {"color": "RED"}}}, TLP.RED),
    "handling": ({"x_handling": "RED"}, TLP.RED),
    "sensitivity": ({"x_sensitivity": "amber"}, TLP.AMBER),
    "restriction, as in IODEF": ({"x_iodef": {"restriction": "red"}}, TLP.RED),
    "distribution": ({"x_distribution": {"color": "Amber+Strict"}}, TLP.AMBER_STRICT),
    "markings in a list": ({"x_markings": ["RED"]}, TLP.RED),
    "a key of capitals": ({"extensions": {EXTENSION: {"TLPLevel": "Red"}}}, TLP.RED),
    "a key in one word": ({"x_tlpcolor": "red"}, TLP.RED),
    "a key in one word with a level": ({"x_tlplevel": "green"}, TLP.GREEN),
    "a key with a word before it": ({"x_acmetlp": "RED"}, TLP.RED),
    "a key that asks": ({"x_isTlpRed": True}, TLP.RED),
    "a key that asks inside": ({"x_tlp": {"isRed": True}}, TLP.RED),
    "a key that is affirmed": ({"x_tlp": {"red": "yes", "green": "no"}}, TLP.RED),
    "a code of a colour": ({"x_xfe": {"tlpColor": {"tlpColorCode": "red"}}}, TLP.RED),
    "CSAF": ({"x_csaf": {"distribution": {"tlp": {"label": "AMBER"}}}}, TLP.AMBER),
    "IEP's label": ({"labels": ['iep:traffic-light-protocol="RED"']}, TLP.RED),
    "a label with a word before it": ({"labels": ["acmetlp:red"]}, TLP.RED),
    "a label of several": ({"labels": ["tlps:red"]}, TLP.RED),
    "a label in one word": ({"labels": ["redtlp"]}, TLP.RED),
    "a label escaped twice": ({"labels": ["%2574lp:red"]}, TLP.RED),
    "a label escaped as JavaScript": ({"labels": [r"\u0074lp:red", r"\x74lp:green"]}, TLP.RED),
    "JSON in a long text": ({"x_raw": json.dumps({"text": LONG, "tlp": {"level": "red"}})}, TLP.RED),
    "JSON in a text, escaped": ({"x_raw": r'{"\u0074lp": "red"}'}, TLP.RED),
    "XML in a long text": ({"x_raw": f'<r><p>{LONG}</p><m:TLP color="RED"/></r>'}, TLP.RED),
    "YAML in a long text": ({"x_raw": f"text: {LONG}\ntlp: red\n"}, TLP.RED),
    "a long text that begins with it": ({"x_text": f"TLP:RED. {LONG}"}, TLP.RED),
    "a name that begins with it": ({"name": "[TLP:RED] Incident"}, TLP.RED),
    "a name that begins with it, bare": ({"name": "TLP:AMBER Incident"}, TLP.AMBER),
    "a name that ends with it": ({"name": "Incident (TLP:AMBER+STRICT)"}, TLP.AMBER_STRICT),
    "a line over prose": ({"description": f"TLP: RED\n{LONG}"}, TLP.RED),
    "a line under prose": ({"description": f"{LONG}\n\n**TLP:RED**\n"}, TLP.RED),
    "a bracket that begins no JSON": ({"x_tlp_level": "[TLP] the level is RED"}, TLP.RED),
    "a bracket under a key that says it": ({"x_tlp_red": "[acme TLP] applies"}, TLP.RED),
    "a key of a lower level": ({"x_tlp_clear_or_above": "RED for the members named"}, TLP.RED),
    "a key that says more than its text": ({"x_tlp_red": "TLP:GREEN once released"}, TLP.RED),
    "a key with a version and a level": ({"x_tlp2red": "yes"}, TLP.RED),
    "handling in brackets": ({"x_handling": "[RED]"}, TLP.RED),
    "handling with a full stop": ({"x_restriction": "red."}, TLP.RED),
    "handling with a sign and a line's end before it": ({"x_handling": ["*\nRED"]}, TLP.RED),
    "handling with a backslash before it": ({"x_handling": {"value": ".\\amber"}}, TLP.AMBER),
    "handling escaped": ({"x_handling": "%20red%20"}, TLP.RED),
    "an id in an address": ({"x_source": f"https://platform.example/{RED_UUID}"}, TLP.RED),
    "an id behind its kind": ({"labels": [f"marking:{RED_UUID}"]}, TLP.RED),
    "an id as one of another type": ({"x_source": f"x-own-type--{RED_UUID}"}, TLP.RED),
    "a line of its own": ({"description": "Report 12\nTLP RED\n\nThe incident of last week"}, TLP.RED),
    "a line of its own at the end": ({"description": "The incident\n--\nTLP RED"}, TLP.RED),
    "a line that names its classification": ({"description": "Classification: TLP:RED\nThe incident"}, TLP.RED),
    "a line in bold type": ({"description": "**Handling:** TLP:AMBER+STRICT\n\nThe incident"}, TLP.AMBER_STRICT),
    "a line with the protocol's full name": ({"content": "Traffic Light Protocol: RED\n\nThe incident"}, TLP.RED),
    "a row of a table": ({"description": "| Sharing | TLP:AMBER |\n|---|---|\n| Sector | energy |"}, TLP.AMBER),
    "HTML over prose": ({"description": "<h1>TLP:RED</h1><p>The incident</p>"}, TLP.RED),
    "HTML with a tag inside": ({"content": '<p class="x"><strong>TLP:RED</strong></p><p>The incident</p>'}, TLP.RED),
    "a sentence that only marks": (
        {"description": "The incident. Please treat this as TLP:RED. More follows."},
        TLP.RED,
    ),
    "brackets with a blank": ({"description": "(TLP RED) The incident"}, TLP.RED),
    "a portion": ({"description": "Two sources say so.\n- [TLP-RED] The second one names a host."}, TLP.RED),
    "a line with a reason": (
        {"description": "Report 12\nTLP:AMBER+STRICT \u2013 for CERTs only\nText"},
        TLP.AMBER_STRICT,
    ),
    "a line with FIRST's words": ({"description": "Text\nTLP:RED Not for disclosure, participants only."}, TLP.RED),
    "a line with a classification": ({"description": "CONFIDENTIAL \u2013 TLP:AMBER+STRICT\nText"}, TLP.AMBER_STRICT),
    "a line with PAP": ({"description": "PAP:GREEN TLP:RED\nText"}, TLP.RED),
    "a comment in HTML": ({"description": "<!-- TLP:RED --><p>Text</p>"}, TLP.RED),
    "separators of lines": ({"description": "Text\u2028TLP:RED\u2028Text"}, TLP.RED),
    "a sentence about its source": ({"description": "Text. Marked as TLP:RED by the source. Text."}, TLP.RED),
    "a title like the name of a file": ({"name": "20261101_TLP-AMBER_report"}, TLP.AMBER),
    "a title in angles": ({"name": "Report <TLP:RED>"}, TLP.RED),
    "elements of HTML in a short text": ({"x_html": "<b>TLP:</b> <i>RED</i>"}, TLP.RED),
    "an element in a short text": ({"x_stix1": "<tlp:TLPMarking color='RED'/>"}, TLP.RED),
    "a title that ends with it": ({"name": "Phishing wave - TLP:RED"}, TLP.RED),
    "a title that ends with it, bare": ({"name": "Phishing wave TLP:RED"}, TLP.RED),
    "a title with a bar": ({"name": "Phishing | TLP AMBER | wave"}, TLP.AMBER),
    "a title in brackets": ({"name": "Wave (TLP-RED)"}, TLP.RED),
    "a translated title": ({"x_titles": {"ms": {"description": "TLP:RED\nInsiden"}}}, TLP.RED),
    "metadata of YARA": (rule("yara", 'rule a { meta: tlp = "RED" strings: $a = "x" condition: $a }'), TLP.RED),
    "sharing in YARA": (rule("yara", 'rule a {\nmeta:\n  sharing = "TLP:AMBER"\ncondition: true}'), TLP.AMBER),
    "a tag of Sigma": (rule("sigma", "title: x\ntags:\n  - attack.t1059\n  - tlp.red\ndetection:\n  a: b\n"), TLP.RED),
    "metadata of Snort": (rule("snort", 'alert tcp any any -> any any (msg:"x"; metadata: tlp red; sid:1;)'), TLP.RED),
    "message of Suricata": (rule("suricata", 'alert tcp any any -> any any (msg:"TLP:RED x"; sid:1;)'), TLP.RED),
    "label of a sector centre": ({"labels": ["fs-isac:red"]}, TLP.RED),
    "label of a sector centre in words": ({"labels": ["FS-ISAC AMBER"]}, TLP.AMBER),
    "label that says strict": ({"labels": ["AMBER+STRICT"]}, TLP.AMBER_STRICT),
    "label of sharing": ({"labels": ["sharing-level:red"]}, TLP.RED),
    "label of handling": ({"labels": ["handling=amber"]}, TLP.AMBER),
    "label as a scanner reads it": ({"labels": ["TIP:RED"]}, TLP.RED),
    "a dictionary of Python": ({"x_raw": "{'event': {'tlp': {'level': 'red'}}, 'id': None, 'sent': True}"}, TLP.RED),
    "JSON and more behind it": ({"x_raw": '{"event":{"info":"x","tlp":{"level":"red"}}} read by hand'}, TLP.RED),
    "JSON that is cut off": ({"x_raw": '{"event":{"tlp":{"level":"red"},"info":"' + LONG}, TLP.RED),
    "JSON nested too deeply for a parser": (
        {"x_raw": '{"a":' * 1_100 + '{"tlp":{"level":"red"}}' + "}" * 1_100},
        TLP.RED,
    ),
    "a reference's description": ({"external_references": [{"source_name": "x", "description": "TLP:RED"}]}, TLP.RED),
}
# what says nothing of the object's level
SILENT: Final[dict[str, Content]] = {
    "a sentence that begins with a level": {"description": "TLP:RED reports of last week were leaked"},
    "a sentence with a level in it": {"description": f"{LONG} unlike TLP:RED, as we said"},
    "a low level over prose": {"description": "TLP:CLEAR\nFor all"},  # it opens nothing that is marked nowhere
    "a sentence about a level's line": {"description": f"The other report said:\nit was TLP:RED until May.\n{LONG}"},
    "the levels explained": {
        "description": "The levels:\nTLP:RED\nno one\nTLP:AMBER\nclients\nTLP:GREEN\nall members\n"
    },
    "the levels explained in FIRST's words": {
        "description": "Levels\nTLP:RED Not for disclosure\nTLP:AMBER Limited disclosure\nTLP:GREEN Limited disclosure\n"
    },
    "a sentence that names a level at the beginning of a line": {
        "description": "Text\nTLP:RED reports are not listed."
    },
    "a network's traffic": {"description": "Traffic light controllers were hit.\nRED lights stayed on."},
    "a file's name": {"name": "tlp_amber_strict.exe"},
    "what YARA searches for": rule("yara", 'rule a {\nstrings:\n  $a = "TLP:RED"\ncondition: $a}'),
    "what Snort searches for": rule("snort", 'alert tcp any any -> any any (msg:"x"; content:"TLP:RED"; sid:1;)'),
    "what Sigma searches for": rule("sigma", "title: x\ndetection:\n  a: 'TLP:RED'\ncondition: a\n"),
    "a rule that all may have": rule("yara", 'rule a { meta: sharing = "TLP:CLEAR" condition: true }'),
    "a low level of a sector centre": {"labels": ["fs-isac:green"]},
    "words with such a word in them": {
        "labels": [
            "secret-scanning",
            "information-security",
            "restricted-shell",
            "red",
            "red-team",
            "colour:red",
            "infrared",
        ]
    },
    "a kind of incident": {"labels": ['circl:incident-classification="malware"', "security:malware"]},
    "an ordinary word": {"labels": ["sulit"], "description": "Sulit dilacak"},
    "a description of one word": {"description": "Confidential"},
    "a distribution": {"x_distribution": 3, "x_event": {"distribution": "5"}},
    "a distribution that is counted": {"x_distributions": 0},
    "a green classification": {"x_classification": "green"},
    "a colour": {"x_team": "red", "x_colour": {"background": "amber"}},
    "PAP": {"x_handling": {"pap": "red"}, "x_pap_restriction": "amber"},
    "a tag of PAP": {"x_markings": [{"definition_type": "PAP", "value": "RED"}]},
    "a reference to the standard": {"external_references": [{"source_name": "TLP", "url": "https://www.example/tlp/"}]},
    "something about TLP": {"x_tlp_version": "2.0", "x_tlp_set_by": "analyst"},
    "TLP among labels": {"labels": ["TLP", "phishing"]},
    "three letters by chance": {"labels": ["dGxw1tlpZQ5rdE8vbm9uZXNlbnNlMTIzNDU2Nzg5MA"]},
    "a protocol": {"labels": ["protocole-smtp"], "x_note": "protokol HTTP"},
}
# red in other languages
WORDS: Final = ("merah", "đỏ", "แดง", "赤", "빨강", "pula", "ແດງ", "🔴")


def forms_of(word: str) -> dict[str, Content]:
    """Where a word for a level is beside TLP."""
    return {
        f"label {word}": {"labels": [f"TLP{word}"]},
        f"label with a blank {word}": {"labels": [f"TLP {word}"]},
        f"custom text {word}": {"x_note": f"TLP:{word}"},
        f"key of a colour {word}": {"x_tlp_color": word},
        f"pair {word}": {"x_pairs": [{"type": "tlp", "name": word}]},
        f"pair in a list {word}": {"x_pairs": [["TLP", word]]},
    }


# classifications and caveats, which name no level of TLP
CLASSIFICATIONS: Final = (
    "NATO RESTRICTED", "EU CONFIDENTIAL", "RESTREINT UE/EU RESTRICTED", "COSMIC TOP SECRET", "SECRET", "top-secret",
    "OFFICIAL-SENSITIVE", "UK OFFICIAL-SENSITIVE", "VS-NfD", "RAHASIA", "SANGAT RAHASIA", "SULIT", "TERHAD", "rahsia besar",
    "MẬT", "Tối mật", "ลับ", "ลับที่สุด", "សម្ងាត់", "機密", "eyes only", "EYES_ONLY", "NOFORN", "do not share",
    "For internal use only", "Do not distribute outside your organisation",
)  # fmt: skip
# in other languages, and in codes: not understood, so that the object is refused
UNCLEAR: Final[dict[str, Content]] = {
    **{name: content for word in WORDS for name, content in forms_of(word).items()},
    "protocol in Malay": {"labels": ["Protokol Lampu Lalu Lintas: MERAH"]},
    "protocol in Vietnamese": {"labels": ["Giao thức đèn giao thông: ĐỎ"]},
    "protocol in Thai": {"labels": ["โปรโตคอลสัญญาณไฟจราจร: แดง"]},
    "protocol in Chinese": {"labels": ["交通信号灯协议:红色"]},
    "a colour in figures": {"x_tlp_color": "#FF2B2B"},
    "a colour in figures inside": {"x_tlp": {"color": "#FF2B2B"}},
    **{f"label {words}": {"labels": [words]} for words in CLASSIFICATIONS},
    **{f"handling {words}": {"x_handling": words} for words in CLASSIFICATIONS},
    "a tag of NATO": {"labels": ['nato:classification="NS"']},
    "a tag of France": {"labels": ['fr-classif:classifiees-defense="SECRET"']},
    "a tag of Germany": {"labels": ['de-vs:einstufung="GEHEIM"']},
    "a tag of the EU": {"labels": ["euci:RESTREINT-UE"]},
    "a classification over prose": {"description": "RAHASIA\n\nLaporan insiden"},
    "a classification over prose in other letters": {"description": "ลับมาก\nรายงาน"},
    "a caveat in words over prose": {"content": "Eyes only\n\nThe incident"},
    "a classification named so over prose": {"content": "Klasifikasi: RAHASIA\nLaporan"},
    "a classification named so in Vietnamese": {"description": "ĐỘ MẬT: MẬT\nBáo cáo"},
    "a classification named so in Thai": {"description": "ชั้นความลับ: ลับ\nรายงาน"},
    "a heading in Chinese": {"description": "TLP：红\n事件"},
    "a caveat over prose": {"content": "SECRET//NOFORN\nThe incident"},
    "a restriction of IODEF": {"x_iodef": {"restriction": "private"}},
    "a restriction of n6": {"x_restriction": "need-to-know"},
    "a distribution of MISP": {"x_misp_event": {"distribution": "0"}},
    "a distribution of MISP in figures": {"x_misp_distribution": 0},
    "a heading in Malay": {"description": "TLP: MERAH\nInsiden"},
    "a title in Thai": {"name": "[TLP:แดง] เหตุการณ์"},
    "JSON that is too deep to be read": {"x_raw": '{"tlp":' + '{"a":' * 1_100 + "4" + "}" * 1_101},
    "a code": {"x_tlp_code": 4},
    "a code as text": {"x_tlp_code": "4"},
    "a code inside": {"x_tlp": {"code": 4}},
    "a letter": {"x_tlp_rating": "R"},
}
# marking definitions, and what they say of all that they mark; None: not understood
MARKINGS: Final[dict[str, tuple[Content, TLP | None]]] = {
    "FS-ISAC": ({"name": "FS-ISAC RED"}, TLP.RED),
    "a word behind another": ({"definition": {"statement": "Level: AMBER+STRICT"}}, TLP.AMBER_STRICT),
    "a word before others": ({"name": "RED - eyes only"}, TLP.RED),
    "a custom property": ({"x_level": "red"}, TLP.RED),
    "an extension's property": ({"extensions": {EXTENSION: {"color": "red"}}}, TLP.RED),
    **{f"name {word}": ({"name": word}, None) for word in ("MERAH", "ĐỎ", "แดง", "红色", "빨강", "Pula", "kuning")},
    **{f"name {words}": ({"name": words}, None) for words in CLASSIFICATIONS},
    **{f"statement {words}": ({"definition": {"statement": words}}, None) for words in CLASSIFICATIONS},
    "OpenCTI's classification": (
        {"x_opencti_definition_type": "Classification", "x_opencti_definition": "SECRET"},
        None,
    ),
    "a classification with a level": ({"name": "TLP:AMBER", "definition": {"statement": "Confidential"}}, TLP.AMBER),
    "the protocol in Indonesian": ({"name": "Protokol Lampu Lalu Lintas: MERAH"}, None),
    "the protocol in Japanese": ({"definition": {"statement": "信号機プロトコル：赤"}}, None),
}


def test_terms_of_use_mark_no_level() -> None:
    """A statement of several sentences says how the object may be used, and who wrote it."""
    words = (
        "Copyright 2026, Example. Confidential information of our partners is left out. Do not share the feed's key."
    )
    assert own_level_of(statement(1, definition={"statement": words})) == StatedLevel()


@pytest.mark.parametrize("dialect", SAYS)
def test_a_level_is_read_in_the_dialect_of_a_platform_or_format(dialect: str) -> None:
    """Unmarked, so that nothing else says it."""
    content, level = SAYS[dialect]
    assert own_level_of(indicator(level=None) | content) == StatedLevel(level)


@pytest.mark.parametrize("content", SILENT.values(), ids=SILENT)
def test_what_speaks_of_something_else_says_no_level(content: Content) -> None:
    """Such an object is accepted as if that were not there."""
    assert own_level_of(indicator(level=None) | content) == StatedLevel()


@pytest.mark.parametrize("content", UNCLEAR.values(), ids=UNCLEAR)
def test_a_level_in_words_that_the_hub_does_not_read_is_not_understood(content: Content) -> None:
    """It is refused, never treated as unmarked."""
    assert own_level_of(indicator(level=TLP.GREEN) | content).unclear_text


@pytest.mark.parametrize("name", MARKINGS)
def test_what_a_marking_says_by_a_short_name(name: str) -> None:
    """Or that its name is a level in another language."""
    changes, level = MARKINGS[name]
    definition: dict[str, Any] = statement(1, definition={"statement": "x"}) | changes
    assert (own_level_of(definition).level, bool(own_level_of(definition).unclear_text)) == (level, level is None)


def test_json_in_a_text_that_is_nested_too_deeply_is_not_understood() -> None:
    """It does not make the request fail."""
    nested = '{"tlp":' * 900 + "1" + "}" * 900
    assert own_level_of(indicator(level=None) | {"x_raw": nested}).unclear_text
