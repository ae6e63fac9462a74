"""What a valid object is: what conforming producers send passes, what STIX 2.1 forbids is refused in words."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stix2

from hub.stix import incident, schema, tlp
from hub.stix.identifiers import OPENCTI_OBSERVABLES
from hub.stix.schema import STANDARD_TYPES, Fault, faults
from tests.stix.building import ADDRESS, CERT, GREEN, INDICATOR, OWN_EXTENSION, Content
from tests.stix.specimens import specimen, specimens

UUID = "31b940d4-6f7f-459a-80ea-9c1f17b5891b"
GONE = object()  # in a change: take the property away


def changed(object_type: str, change: Mapping[str, Any]) -> Content:
    """A specimen of this type with some properties set, or taken away."""
    content = specimen(object_type) | dict(change)
    return {name: value for name, value in content.items() if value is not GONE}


def parses(content: Content) -> bool:
    """Whether stix2 reads it, as its own data stores do."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stix2.parse(copy.deepcopy(content), allow_custom=True)
    except Exception:  # noqa: BLE001 - it raises errors of many kinds
        return False
    return True


def named(content: Content) -> str:
    return str(content["type"])


@pytest.mark.parametrize("content", specimens(), ids=named)
def test_a_valid_object_of_each_type_has_no_fault_and_is_read_by_stix2(content: Content) -> None:
    """The specimens cover every type of STIX 2.1, Incident Core, custom types and custom properties."""
    before = copy.deepcopy(content)
    assert faults(content) == ()
    assert parses(content)
    assert content == before, "checking changes nothing"


def test_the_specimens_cover_every_type_that_stix_defines() -> None:
    """A type without a specimen would be a type without a test."""
    from stix2 import v21

    assert {named(content) for content in specimens()} >= STANDARD_TYPES
    registered = set(v21.OBJ_MAP) | set(v21.OBJ_MAP_OBSERVABLE)
    # the producer teaches stix2 the types of Incident Core and of OpenCTI, where it is loaded in the same process
    assert registered - {"event", "impact", "task"} - OPENCTI_OBSERVABLES.keys() == STANDARD_TYPES | {"bundle"}


@pytest.mark.parametrize(
    ("object_type", "change"),
    [
        ("identity", {"created": "2026-03-02T03:10:00Z", "modified": "2026-03-02T03:10:00.000Z"}),
        ("identity", {"confidence": 0}),
        ("identity", {"identity_class": "guild", "sectors": ["fishing"]}),
        ("identity", {"description": "", "x_mitre_detection": ""}),
        ("identity", {"name": "Ṣaḥīfa 新聞 ✓"}),
        ("relationship", {"revoked": True, "relationship_type": "led-to", "source_ref": f"event--{UUID}"}),
        ("relationship", {"target_ref": f"x-acme--{UUID}"}),
        ("sighting", {"sighting_of_ref": f"x-acme--{UUID}"}),
        ("location", {"country": "Atlantis", "latitude": GONE, "longitude": GONE, "precision": GONE}),
        ("indicator", {"pattern_type": "sigma", "pattern": "title: anything", "pattern_version": GONE}),
        ("indicator", {"pattern": "[file:hashes.'SHA-256' = '" + "ab" * 32 + "']", "pattern_version": GONE}),
        ("indicator", {"valid_until": "2100-01-01T00:00:00Z"}),
        ("file", {"hashes": {"sha256": "ab" * 32, "x_imphash_of_ours": "anything"}}),
        ("file", {"hashes": GONE}),
        ("domain-name", {"value": "_dmarc.example.com"}),
        ("domain-name", {"value": "bücher.example"}),
        ("domain-name", {"value": "xn--bcher-kva.example."}),
        ("domain-name", {"value": "localhost"}),
        ("domain-name", {"value": "c2[.]example", "defanged": True}),
        ("url", {"value": "hxxp://example.com/a|b{c}?q=ä"}),
        ("url", {"value": "tcp://198.51.100.3:4444"}),
        ("url", {"value": "http://[2001:db8::1]:8080/"}),
        ("email-addr", {"value": "o'neill+tag@münchen.example"}),
        ("email-addr", {"value": '"two words"@example.com'}),
        ("email-addr", {"value": "root@[198.51.100.3]"}),
        ("ipv4-addr", {"value": "198.51.100.0/24"}),
        ("ipv6-addr", {"value": "::ffff:198.51.100.3"}),
        ("ipv4-addr", {"spec_version": GONE}),
        ("artifact", {"payload_bin": GONE, "url": "https://example.com/a"}),
        ("malware", {"is_family": False, "name": GONE}),
        (
            "observed-data",
            {"object_refs": GONE, "objects": {"0": {"type": "ipv4-addr", "id": ADDRESS, "value": "198.51.100.3"}}},
        ),
        ("x-sensor", {"spec_version": "2.1", "anything": {"nested": [None, []]}}),
        ("note", {"extensions": {f"extension-definition--{UUID}": {"extension_type": "property-extension", "x": 1}}}),
        ("attack-pattern", {"granular_markings": [{"lang": "pt-BR", "selectors": ["name", "kill_chain_phases"]}]}),
    ],
)
def test_what_the_standard_leaves_open_is_accepted(object_type: str, change: Mapping[str, Any]) -> None:
    """Open vocabularies, custom content, defanged and international values, times in any number of digits up to six."""
    content = changed(object_type, change)
    assert faults(content) == ()
    assert parses(content)


FORBIDDEN_THOUGH_STIX2_READS_IT = [
    ("identity", {"modified": "2020-01-01T00:00:00Z"}, "modified"),
    ("identity", {"confidence": 101}, "confidence"),
    ("identity", {"confidence": -1}, "confidence"),
    ("identity", {"confidence": "50"}, "confidence"),
    ("identity", {"confidence": 50.5}, "confidence"),
    ("identity", {"labels": "one"}, "labels"),
    ("identity", {"labels": [1]}, "labels.[0]"),
    ("identity", {"object_marking_refs": []}, "object_marking_refs"),
    ("identity", {"x_list": []}, "x_list"),
    ("identity", {"x_none": None}, "x_none"),
    ("identity", {"description": None}, "description"),
    ("identity", {"name": ""}, "name"),
    ("identity", {"name": 5}, "name"),
    ("identity", {"lang": "no such language!"}, "lang"),
    ("identity", {"revoked": "true"}, "revoked"),
    ("identity", {"severity": "high"}, "severity"),
    ("identity", {"x_Capital": 1}, "x_Capital"),
    ("identity", {"x1-2": 1}, "x1-2"),
    ("identity", {"ab": 1}, "ab"),
    ("identity", {"id": f"identity--{UUID.upper()}"}, "id"),
    ("identity", {"id": "identity--31b940d4-6f7f-059a-80ea-9c1f17b5891b"}, "id"),
    ("identity", {"created_by_ref": f"identity--{UUID.upper()}"}, "created_by_ref"),
    ("identity", {"created": GONE}, ""),
    ("identity", {"modified": GONE}, ""),
    ("identity", {"id": GONE}, ""),
    ("identity", {"spec_version": GONE}, ""),
    ("identity", {"spec_version": "2.0"}, "spec_version"),
    ("identity", {"spec_version": "2.2"}, "spec_version"),
    ("identity", {"custom_properties": {"id": "x"}}, "custom_properties"),
    ("identity", {"type": "bundle", "id": f"bundle--{UUID}", "objects": []}, "type"),
    ("identity", {"extensions": {}}, "extensions"),
    ("identity", {"extensions": {"anything": {}}}, "extensions"),
    ("identity", {"extensions": {f"extension-definition--{UUID}": {}}}, f"extensions.extension-definition--{UUID}"),
    (
        "identity",
        {"extensions": {f"extension-definition--{UUID}": {"extension_type": "unheard-of"}}},
        f"extensions.extension-definition--{UUID}.extension_type",
    ),
    ("relationship", {"relationship_type": "Talks To"}, "relationship_type"),
    ("relationship", {"source_ref": f"bundle--{UUID}"}, "source_ref"),
    ("indicator", {"valid_from": GONE, "valid_until": GONE}, ""),
    ("ipv4-addr", {"value": "999.1.1.1"}, "value"),
    ("ipv4-addr", {"value": "198.51.100.3/33"}, "value"),
    ("ipv4-addr", {"value": "2001:db8::1"}, "value"),
    ("ipv6-addr", {"value": "198.51.100.3"}, "value"),
    ("ipv6-addr", {"value": "2001:db8::/129"}, "value"),
    ("ipv6-addr", {"value": ""}, "value"),
    ("domain-name", {"value": "not a domain"}, "value"),
    ("domain-name", {"value": "a..example"}, "value"),
    ("domain-name", {"value": "https://example.com/"}, "value"),
    ("domain-name", {"value": "198.51.100.3"}, "value"),
    ("domain-name", {"value": "a" * 64 + ".example"}, "value"),
    ("email-addr", {"value": "nobody"}, "value"),
    ("email-addr", {"value": "Somebody <a@example.com>"}, "value"),
    ("email-addr", {"value": "a@b@example.com"}, "value"),
    ("url", {"value": "not a url"}, "value"),
    ("url", {"value": "/only/a/path"}, "value"),
    ("mac-addr", {"value": "00-00-5E-00-53-AF"}, "value"),
    ("artifact", {"encryption_algorithm": GONE}, ""),
    ("language-content", {"contents": {"!": {"name": "x"}}}, "contents"),
    ("sighting", {"sighting_of_ref": f"marking-definition--{UUID}"}, "sighting_of_ref"),
    ("marking-definition", {"id": tlp.TLP1_IDS[tlp.TLP.RED]}, "created"),
    ("x-sensor", {"id": f"x-other--{UUID}"}, "id"),
    ("x-sensor", {"type": "X"}, "type"),
    ("x-sensor", {"type": "action", "id": f"action--{UUID}"}, "type"),
    ("x-sensor", {"confidence": 101}, "confidence"),
    ("x-sensor", {"created": "2026-03-02T03:10:00Z"}, ""),
    ("x-mitre-tactic", {"modified": "2020-01-01T00:00:00Z"}, "modified"),
    ("x-mitre-tactic", {"created": "yesterday"}, "created"),
    ("x-mitre-tactic", {"spec_version": "2.0"}, "spec_version"),
    (
        "x-mitre-tactic",
        {"granular_markings": [{"lang": "en", "selectors": ["nothing"]}]},
        "granular_markings.[0].selectors.[0]",
    ),
]


@pytest.mark.parametrize(("object_type", "change", "path"), FORBIDDEN_THOUGH_STIX2_READS_IT)
def test_what_stix_forbids_and_stix2_lets_through_is_refused(
    object_type: str, change: Mapping[str, Any], path: str
) -> None:
    """Each names the place, so that the sender finds it."""
    content = changed(object_type, change)
    assert path in {fault.path for fault in faults(content)}


@pytest.mark.parametrize(
    ("object_type", "change"),
    [
        ("identity", {"id": f"malware--{UUID}"}),
        ("identity", {"created_by_ref": f"malware--{UUID}"}),
        ("identity", {"created": "2026-02-31T00:00:00.000Z"}),
        ("identity", {"created": "2026-03-02T03:10:60.000Z"}),
        ("identity", {"created": "2026-03-02T10:10:00+07:00"}),
        ("identity", {"created": "2026-03-02T03:10:00"}),
        ("identity", {"created": "2026-03-02T03:10:00.1234567Z"}),
        ("identity", {"1abc": 1}),
        ("identity", {"allow_custom": False}),
        ("identity", {"external_references": [{"source_name": "alone"}]}),
        ("identity", {"external_references": [{"source_name": "a", "url": "b", "hashes": {"MD6": "ab" * 16}}]}),
        ("identity", {"external_references": [{"source_name": "a", "url": "b", "interoperability": 1}]}),
        ("identity", {"granular_markings": [{"selectors": ["name"]}]}),
        ("identity", {"granular_markings": [{"lang": "en", "marking_ref": GREEN, "selectors": ["name"]}]}),
        ("identity", {"granular_markings": [{"lang": "en", "selectors": ["nothing"]}]}),
        ("identity", {"granular_markings": [{"lang": "en", "selectors": ["roles.[7]"]}]}),
        ("attack-pattern", {"granular_markings": [{"lang": "en", "selectors": ["external_references.[0].source_name"]}]}),
        ("identity", {"granular_markings": [{"lang": "en", "selectors": ["confidence"]}], "confidence": 0}),
        ("identity", {"labels": ["a", "a"], "granular_markings": [{"lang": "en", "selectors": ["labels.[1]"]}]}),
        ("identity", {"extensions": {"extension-definition--1": {"extension_type": "property-extension"}}}),
        ("identity", {"extensions": {f"extension-definition--{UUID}": 5}}),
        ("file", {"name": GONE, "hashes": GONE}),
        ("file", {"hashes": {"MD5": "abc"}}),
        ("file", {"hashes": {"sha-256": "abc"}}),
        ("file", {"hashes": {"MD 5": "ab" * 16}}),
        ("file", {"extensions": {"pdf-ext": {}}}),
        ("file", {"extensions": {"pdf-ext": {"version": "1", "extension_type": "toplevel-property-extension"}}}),
        ("file", {"size": -1}),
        ("indicator", {"pattern": "[ipv4-addr:value = ]"}),
        ("indicator", {"pattern": ""}),
        ("indicator", {"valid_until": "2026-03-02T03:00:00.0Z"}),
        ("relationship", {"source_ref": f"relationship--{UUID}"}),
        ("relationship", {"stop_time": "2026-03-01T00:00:00Z"}),
        ("sighting", {"sighting_of_ref": ADDRESS}),
        ("sighting", {"last_seen": "2026-03-01T00:00:00Z"}),
        ("sighting", {"count": 1_000_000_000}),
        ("note", {"object_refs": GONE}),
        ("note", {"object_refs": []}),
        ("location", {"region": GONE, "country": GONE, "latitude": GONE, "longitude": GONE, "precision": GONE}),
        ("location", {"longitude": GONE}),
        ("location", {"latitude": 200}),
        ("malware", {"is_family": GONE}),
        ("malware", {"name": GONE}),
        ("malware", {"sample_refs": [INDICATOR]}),
        ("malware-analysis", {"result": GONE, "analysis_sco_refs": GONE}),
        ("observed-data", {"objects": {"0": {"type": "mutex", "id": f"mutex--{UUID}", "name": "m"}}}),
        ("observed-data", {"object_refs": GONE}),
        ("observed-data", {"object_refs": GONE, "objects": {"0": {"type": "mutex", "id": f"mutex--{UUID}"}}}),
        ("observed-data", {"object_refs": GONE, "objects": {"0": {"id": f"mutex--{UUID}"}}}),
        ("observed-data", {"number_observed": 0}),
        ("opinion", {"opinion": "perhaps"}),
        ("artifact", {"url": "https://example.com/a"}),
        ("artifact", {"payload_bin": "A"}),
        ("artifact", {"payload_bin": GONE, "url": "https://example.com/a", "hashes": GONE}),
        ("email-message", {"is_multipart": False}),
        ("email-message", {"body": "text"}),
        ("network-traffic", {"src_ref": GONE}),
        ("network-traffic", {"is_active": GONE}),
        ("network-traffic", {"end": "2020-01-01T00:00:00Z"}),
        ("network-traffic", {"dst_port": 65536}),
        ("network-traffic", {"extensions": {"socket-ext": {"address_family": "AF_INET", "options": {"SO_X": 1.0}}}}),
        ("network-traffic", {"extensions": {"socket-ext": {"address_family": "AF_INET", "options": {"X": 1}}}}),
        ("process", {"pid": GONE, "command_line": GONE, "environment_variables": GONE, "image_ref": GONE,
                     "opened_connection_refs": GONE, "extensions": GONE}),
        ("marking-definition", {"definition": GONE}),
        ("marking-definition", {"definition_type": "acme"}),
        ("marking-definition", {"definition": {"statement": ""}}),
        ("marking-definition", {"definition_type": "tlp", "definition": {"tlp": "red"}}),
        ("extension-definition", {"extension_types": ["some-extension"]}),
        ("extension-definition", {"created_by_ref": GONE}),
    ],
)  # fmt: skip
def test_what_stix2_cannot_read_is_refused(object_type: str, change: Mapping[str, Any]) -> None:
    """Law L7: one such object would break every reader who uses stix2."""
    content = changed(object_type, change)
    assert faults(content)
    assert not parses(content)


@pytest.mark.parametrize("level", [*tlp.TLP])
def test_the_tlp_definitions_are_the_only_ones_of_their_kind(level: tlp.TLP) -> None:
    """Another id for a TLP, another TLP for an id, or another meaning for the id: each is refused."""
    genuine = [tlp.tlp2_definition(level)] + ([tlp.tlp1_definition(level)] if level in tlp.TLP1_IDS else [])
    other = tlp.tlp2_definition(tlp.TLP.GREEN if level is not tlp.TLP.GREEN else tlp.TLP.RED)
    for definition in genuine:
        assert faults(definition) == ()
        assert faults(definition | {"id": f"marking-definition--{UUID}"})
        assert faults(definition | {"id": other["id"]})
        assert faults(definition | {"created": "2026-01-01T00:00:00.000Z"})
    assert faults(genuine[0] | {"extensions": other["extensions"]})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "names its type"),
        ({"type": 5}, "names its type"),
        ({"type": ["identity"]}, "names its type"),
        ({"type": "identity"}, "has no created, which is required: add it"),
        (specimen("identity") | {"confidence": 101}, "must be at most 100; it is 101"),
        (specimen("identity") | {"roles": "cert"}, "must be a list, not a text"),
        (specimen("opinion") | {"opinion": "x" * 1000}, "must be one of strongly-disagree, disagree, neutral"),
        (specimen("identity") | {"created": "soon\n"}, "must be an existing time in UTC"),
        (specimen("identity") | {"created": "\ud800"}, "surrogate"),
        ({"type": "bundle", "id": f"bundle--{UUID}"}, "send what it contains"),
    ],
)
def test_a_refusal_is_reported_in_words(value: Content, words: str) -> None:
    """Short enough for a status, without line breaks, and about the sender's next step."""
    findings = faults(value)
    assert words in findings[0].message
    assert all(len(fault.message) < 300 and fault.message.isprintable() for fault in findings)


def test_an_object_has_at_most_ten_faults_in_its_status() -> None:
    """A status is read by people."""
    assert len(faults({f"Bad{number}": None for number in range(500)} | specimen("identity"))) == 10
    assert len(faults(specimen("identity") | {"labels": list(range(500))})) == 10


def test_a_fault_is_a_value() -> None:
    """Equal faults are one."""
    assert len({Fault("name", "is empty"), Fault("name", "is empty")}) == 1


def test_checking_is_the_same_from_many_threads_at_once() -> None:
    """The first thread compiles each schema, once; patterns are parsed one at a time."""
    objects = specimens() * 4 + [changed("indicator", {"pattern": f"[a:b > {number}]"}) for number in range(20)]
    objects += [changed("indicator", {"pattern": f"[a:b > {number}"}) for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        verdicts = [bool(findings) for findings in pool.map(faults, objects)]
    assert verdicts == [False] * (len(objects) - 20) + [True] * 20


def test_importing_the_checks_loads_neither_stix2_nor_the_validator() -> None:
    """Commands that check nothing start fast."""
    code = "import sys, json, hub.stix.schema; print(json.dumps([m for m in ('stix2', 'jsonschema_rs', 'antlr4') if m in sys.modules]))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert json.loads(answer.stdout) == []


def test_classes_that_somebody_registered_with_stix2_change_nothing() -> None:
    """The hub's verdict does not depend on what else runs in its process."""
    code = (
        "import stix2, json, sys\n"
        "from stix2.properties import StringProperty\n"
        "@stix2.v21.CustomObject('x-sensor', [('needed', StringProperty(required=True))])\n"
        "class Sensor: pass\n"
        "from hub.stix.schema import faults\n"
        "print(len(faults(json.load(sys.stdin))))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(specimen("x-sensor")), capture_output=True, check=True, text=True
    )
    assert answer.stdout.strip() == "0"


def test_own_extensions_may_be_spelt_as_the_standard_allows() -> None:
    """STIX 2.1, 7.3: by an extension definition, predefined, or the deprecated custom form that ends in -ext."""
    note = specimen("note") | {"created_by_ref": CERT}
    for extension_type in ("property-extension", "toplevel-property-extension", "new-sdo", "new-sco", "new-sro"):
        assert faults(note | {"extensions": {OWN_EXTENSION: {"extension_type": extension_type}}}) == ()
    assert faults(note | {"extensions": {"x-acme-ext": {"a": 1}}}) == ()
    core = {"extension_type": "property-extension", "a": 1}
    assert faults(note | {"extensions": {incident.INCIDENT_CORE: core}}) == ()


def test_objects_that_come_while_the_schemas_are_compiled_are_checked_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server compiles them beside its first requests."""
    monkeypatch.setattr(schema, "_rules_by_family", {})
    bad = changed("indicator", {"pattern_type": GONE})
    with ThreadPoolExecutor(2) as threads:
        compiling = threads.submit(schema.prepare)
        judged = [(faults(specimen("indicator")), bool(faults(bad))) for _ in range(50)]
        compiling.result(timeout=60)
    assert set(judged) == {((), True)}
