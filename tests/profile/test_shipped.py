"""The profiles that come with the hub: what they let in, what they refuse, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from hub.profile.check import Context, check
from hub.profile.rules import Profile
from hub.stix.identifiers import OPENCTI_EXTENSION
from hub.stix.tlp import TLP, TLP2_IDS

OWN = "identity--11111111-1111-4111-8111-111111111111"
CONTEXT = Context({OWN: "ID"})
BEYOND_CERTS = Context({OWN: "ID"}, beyond_certs=True)
CORE = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
STRANGE = "extension-definition--66666666-6666-4666-8666-666666666666"
REQUEST = "extension-definition--26f56d2f-556d-4983-afaf-5174f0d1932a"
INCIDENT = "incident--33333333-3333-4333-8333-333333333333"
VOUCHED = "texts-are-vouched-for"
NOTE = "note--44444444-4444-4444-8444-444444444444"


def content_of(object_type: str, **content: Any) -> dict[str, Any]:
    common = {
        "type": object_type,
        "spec_version": "2.1",
        "id": f"{object_type}--55555555-5555-4555-8555-555555555555",
        "created": "2026-03-02T03:10:00.000Z",
        "modified": "2026-03-02T03:10:00.000Z",
        "created_by_ref": OWN,
        "object_marking_refs": [TLP2_IDS[TLP.AMBER_STRICT]],
    }
    return {key: value for key, value in (common | content).items() if value is not None}


def core(**extension: Any) -> dict[str, Any]:
    return {CORE: {"extension_type": "property-extension"} | extension}


GOOD_INCIDENT = content_of("incident", name="x", extensions=core(determination="suspected", investigation_status="new"))
GOOD_INDICATOR = content_of("indicator", valid_until="2027-01-01T00:00:00Z", description="A server of the attacker.")
RESPONSE = content_of("note", labels=["response:acknowledged"], object_refs=[INCIDENT], content="Received.")
ANSWER = content_of("note", labels=["response:refused"], object_refs=[INCIDENT, NOTE], content="No staff this week.")
ASKED = {
    "extension_type": "property-extension",
    "asked": ["all"],
    "what": "Take down a host.",
    "due": "2026-03-03T00:00:00Z",
}
ASK = content_of("note", labels=["request:open"], object_refs=[INCIDENT], content="Help.", extensions={REQUEST: ASKED})
PSEUDONYM = content_of("identity", name="victim-MY-7QK3-9F2D", identity_class="organization", sectors=["healthcare"])
GROUP = content_of(
    "identity", name="Healthcare organisations in Malaysia", identity_class="class", sectors=["healthcare"]
)
PLACE = content_of("location", country="MY", region="south-eastern-asia", name="Malaysia")
MEMBER = content_of(
    "identity", id=OWN, name="Id-SIRTII/CC", identity_class="organization", contact_information="a@b.example"
)

MAIL = {
    "type": "email-message",
    "id": "email-message--55555555-5555-4555-8555-555555555555",
    "is_multipart": False,
    "from_ref": "email-addr--55555555-5555-4555-8555-555555555555",
    "subject": "Invoice",
}


def observable(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "id": f"{kind}--55555555-5555-4555-8555-555555555555", **properties}


def extended(kind: str, extension: str, **properties: Any) -> dict[str, Any]:
    return observable(kind, extensions={extension: properties})


TAKEN = [
    ("protected", MAIL),
    ("protected", GROUP | {"id": "identity--55555555-5555-5555-8555-555555555555"}),
    ("protected", content_of("language-content", object_ref=INCIDENT, contents={"id": {"name": "Insiden"}})),
    ("protected", content_of("language-content", object_ref=OWN, contents={"id": {"name": "BSSN"}})),
    ("protected", observable("process", command_line="a.exe -x")),
    (
        "protected",
        extended(
            "network-traffic", "http-request-ext", request_header={"User-Agent": ["loader/1"]}, request_value="/a"
        ),
    ),
    ("incident", GOOD_INCIDENT),
    ("incident", GOOD_INDICATOR),
    ("incident", content_of("report", labels=["stage:early"], object_refs=[INCIDENT])),
    ("incident", content_of("report", labels=["threat-report"], object_refs=[OWN])),
    ("incident", content_of("malware", created_by_ref=None)),
    ("incident", {"type": "ipv4-addr", "id": "ipv4-addr--55555555-5555-4555-8555-555555555555", "value": "192.0.2.1"}),
    ("protected", PSEUDONYM),
    ("protected", GROUP),
    ("protected", MEMBER),
    ("protected", content_of("malware", description="Anything.")),
    (
        "protected",
        GOOD_INCIDENT | {"description": "Mail servers ran lodash@4.17.21 from 2026-03-01 10:00 to 2026-03-02 11:30."},
    ),
    (
        "protected",
        content_of("indicator", name="E-mail address pay@attacker.example", pattern="[email-addr:value = 'x']"),
    ),
    (
        "protected",
        content_of(
            "threat-actor", roles=["malware-author"], description="Asks victims to write to pay@attacker.example"
        ),
    ),
    (
        "protected",
        content_of("incident", x_opencti_score=80, x_opencti_detection=True, x_misp_category="Network activity"),
    ),
    ("protected", {"type": "user-account", "id": "user-account--1", "account_type": "unix"}),
    ("response", RESPONSE),
    ("response", ANSWER),
    ("response", ASK),
    ("response", content_of("note", content="Just a note.", object_marking_refs=None)),
    ("live", content_of("malware", labels=["exercise-equipment"])),
    ("exercise", content_of("malware", labels=["x", "exercise"])),
    ("exercise", MEMBER),
    ("exercise", PSEUDONYM),
    ("exercise", content_of("location", country="MY")),
    ("exercise", content_of("extension-definition")),
    ("exercise", {"type": "url", "id": "url--55555555-5555-4555-8555-555555555555", "value": "http://a.example"}),
    ("indicators", content_of("indicator", created_by_ref=None, object_marking_refs=None)),
    ("indicators", content_of("identity", name="An author", identity_class="organization")),
    ("indicators", MEMBER),
]
REFUSED = [
    ("incident", content_of("incident", name="x"), "incident-has-determination"),
    ("incident", content_of("incident", name="x"), "incident-has-investigation-status"),
    ("incident", GOOD_INCIDENT | {"object_marking_refs": []}, "incident-is-marked"),
    ("incident", content_of("indicator", created_by_ref=None), "statement-has-author"),
    ("incident", content_of("report", labels=["stage:late"], object_refs=[INCIDENT]), "container-tells-stage"),
    (
        "incident",
        content_of("report", labels=["stage:early", "stage:final"], object_refs=[INCIDENT]),
        "container-tells-stage",
    ),
    ("incident", content_of("event"), "step-has-name"),
    ("incident", content_of("task", name=" "), "step-has-name"),
    ("incident", content_of("sighting"), "sighting-tells-where"),
    ("incident", content_of("indicator", description="x"), "indicator-has-end"),
    ("incident", content_of("indicator", valid_until="2027-01-01T00:00:00Z"), "indicator-stands-alone"),
    ("protected", content_of("language-content", object_ref=PSEUDONYM["id"], contents={}), "translation-names-nobody"),
    ("protected", content_of("language-content", object_ref=PLACE["id"], contents={}), "translation-names-nobody"),
    (
        "protected",
        PSEUDONYM | {"id": "identity--55555555-5555-5555-8555-555555555555"},
        "identity-id-gives-no-name",
    ),
    *(
        ("protected", MAIL | {name: value}, "mail-tells-of-its-sender-alone")
        for name, value in {
            "to_refs": ["email-addr--55555555-5555-4555-8555-555555555555"],
            "cc_refs": ["email-addr--55555555-5555-4555-8555-555555555555"],
            "body": "Dear Siti",
            "received_lines": ["from relay by mail.rahasia.example"],
            "additional_header_fields": {"Delivered-To": ["siti@rahasia.example"]},
        }.items()
    ),
    ("protected", observable("process", creator_user_ref="user-account--1"), "no-users-of-machines"),
    ("protected", observable("windows-registry-key", creator_user_ref="user-account--1"), "no-users-of-machines"),
    ("protected", observable("process", environment_variables={"USER": "siti"}), "no-environments"),
    ("protected", extended("process", "windows-process-ext", window_title="Siti"), "no-window-titles-and-owners"),
    ("protected", extended("process", "windows-process-ext", owner_sid="S-1-5-21-1"), "no-window-titles-and-owners"),
    ("protected", observable("artifact", payload_bin="U2l0aQ=="), "no-contents"),
    ("protected", extended("file", "pdf-ext", document_info_dict={"Author": "Siti"}), "no-metadata-of-documents"),
    ("protected", extended("file", "raster-image-ext", exif_tags={"Artist": "Siti"}), "no-metadata-of-pictures"),
    ("protected", extended("file", "ntfs-ext", sid="S-1-5-21-1"), "no-owners-of-files"),
    (
        "protected",
        extended("network-traffic", "http-request-ext", request_header={"Host": ["www.rahasia.example"]}),
        "request-headers-are-known",
    ),
    ("protected", PSEUDONYM | {"name": "PT Bank Rahasia"}, "identity-is-protected"),
    ("protected", PSEUDONYM | {"name": "victim-MY-7QK3-9F2D of Bank Rahasia"}, "identity-is-protected"),
    ("protected", content_of("identity", name="PT Bank Rahasia"), "identity-is-protected"),
    ("protected", PSEUDONYM | {"contact_information": "+62"}, "identity-says-no-more"),
    ("protected", GROUP | {"external_references": [{"source_name": "x"}]}, "identity-says-no-more"),
    ("protected", GROUP | {"description": "PT Bank Rahasia"}, "identity-says-no-more"),
    ("protected", GROUP | {"x_name": "PT Bank Rahasia"}, "identity-says-no-more"),
    ("protected", GROUP | {"name": "Bank Rahasia"}, "class-has-a-plain-name"),
    ("protected", GROUP | {"name": "Healthcare organisations in Kampung Baru"}, "class-has-a-plain-name"),
    ("protected", PSEUDONYM | {"sectors": ["Bank Rahasia"]}, "sector-is-known"),
    ("protected", PSEUDONYM | {"identity_class": "Bank Rahasia"}, "identity-class-is-known"),
    ("protected", GOOD_INCIDENT | {"labels": ["Bank Rahasia"]}, "label-is-known"),
    ("protected", GOOD_INCIDENT | {"labels": ["role:Bank Rahasia"]}, "label-is-known"),
    ("protected", PLACE | {"city": "Kampung Baru"}, "place-is-coarse"),
    ("protected", PLACE | {"street_address": "Jalan 1"}, "place-is-coarse"),
    ("protected", PLACE | {"latitude": 3.1, "longitude": 101.7}, "place-is-coarse"),
    ("protected", PLACE | {"country": "Kampung Baru"}, "place-is-known"),
    ("protected", PLACE | {"region": "Kampung Baru"}, "region-is-known"),
    ("protected", PLACE | {"name": "Bank Rahasia"}, "place-name-is-known"),
    ("protected", {"type": "email-addr", "id": "x", "value": "a@b.example", "display_name": "R"}, "no-display-names"),
    ("protected", content_of("x-victim", name="Bank Rahasia"), "type-is-known"),
    ("protected", GOOD_INCIDENT | {"x_victim": "Bank Rahasia"}, "property-is-known"),
    ("protected", {"type": "user-account", "id": "user-account--1", "account_login": "rahasia.a"}, "no-account-names"),
    ("protected", {"type": "user-account", "id": "user-account--1", "user_id": "rahasia.a"}, "no-account-names"),
    ("protected", {"type": "user-account", "id": "user-account--1", "display_name": "Rahasia"}, "no-account-names"),
    ("protected", content_of("threat-actor", roles=["Bank Rahasia"]), "role-is-known"),
    ("protected", GOOD_INCIDENT | {"description": "Write to it@rahasia.example"}, "no-contact-data-in-texts"),
    ("protected", content_of("note", content="Bank Rahasia, Tel. 021-555-0100"), "no-contact-data-in-texts"),
    (
        "protected",
        content_of("report", external_references=[{"url": "https://wa.me/62215550100"}]),
        "no-contact-data-in-texts",
    ),
    (
        "protected",
        content_of("language-content", contents={"id": {"name": "it@rahasia.example"}}),
        "no-contact-data-in-texts",
    ),
    ("protected", GOOD_INCIDENT | {"x_opencti_id": "Bank Rahasia"}, "platform-id-is-one"),
    ("protected", GOOD_INCIDENT | {"x_opencti_score": "Bank Rahasia"}, "platform-score-is-one"),
    ("protected", GOOD_INCIDENT | {"x_opencti_detection": "Bank Rahasia"}, "platform-detection-is-one"),
    ("protected", GOOD_INCIDENT | {"x_opencti_type": "Bank Rahasia"}, "platform-type-is-known"),
    (
        "protected",
        GOOD_INCIDENT | {"x_opencti_main_observable_type": "Bank Rahasia"},
        "platform-observable-type-is-known",
    ),
    ("protected", GOOD_INCIDENT | {"x_misp_category": "Bank Rahasia"}, "misp-category-is-known"),
    ("protected", GOOD_INCIDENT | {"x_misp_meta_category": "Bank Rahasia"}, "misp-meta-category-is-known"),
    ("protected", GOOD_INCIDENT | {"extensions": {STRANGE: {"victim": "Bank Rahasia"}}}, "extension-is-known"),
    (
        "protected",
        content_of(
            "user-agent", extensions={OPENCTI_EXTENSION: {"extension_type": "new-sco", "description": "Bank Rahasia"}}
        ),
        "opencti-mark-says-no-more",
    ),
    ("protected", GOOD_INCIDENT | {"external_references": [{"x_victim": "Bank Rahasia"}]}, "reference-says-no-more"),
    ("protected", content_of("malware", kill_chain_phases=[{"x_victim": "Bank Rahasia"}]), "phase-says-no-more"),
    (
        "protected",
        content_of("observed-data", objects={"0": {"type": "file", "name": "Bank Rahasia"}}),
        "observed-data-refers",
    ),
    ("response", RESPONSE | {"labels": ["response:maybe"]}, "response-is-known"),
    ("response", RESPONSE | {"labels": ["response:done", "response:accepted"]}, "response-is-known"),
    ("response", ASK | {"labels": ["request:closed"]}, "request-is-known"),
    ("response", ASK | {"labels": ["request:open", "response:done"]}, "no-request-that-answers"),
    ("response", RESPONSE | {"created_by_ref": PSEUDONYM["id"]}, "response-is-a-members"),
    ("response", ASK | {"created_by_ref": PSEUDONYM["id"]}, "request-is-a-members"),
    ("response", RESPONSE | {"object_refs": [OWN]}, "response-names-incident"),
    ("response", ASK | {"object_refs": [OWN]}, "request-names-incident"),
    ("response", ANSWER | {"object_refs": [INCIDENT]}, "answer-names-request"),
    ("response", ANSWER | {"content": " "}, "refusal-has-reason"),
    ("response", RESPONSE | {"object_marking_refs": [TLP2_IDS[TLP.AMBER]]}, "response-stays-among-certs"),
    ("response", ASK | {"object_marking_refs": [TLP2_IDS[TLP.GREEN]]}, "request-stays-among-certs"),
    ("response", ASK | {"extensions": {REQUEST: ASKED | {"asked": []}}}, "request-tells-who-is-asked"),
    ("response", ASK | {"extensions": {REQUEST: ASKED | {"what": ""}}}, "request-tells-what"),
    ("response", ASK | {"extensions": {REQUEST: ASKED | {"due": "soon"}}}, "request-tells-due"),
    ("live", content_of("malware", labels=["exercise"]), "no-drill-in-live-data"),
    ("exercise", content_of("malware"), "drill-is-labelled"),
    ("exercise", GOOD_INCIDENT, "drill-is-labelled"),
    (
        "exercise",
        {"type": "ipv6-addr", "id": "ipv6-addr--00000000-0000-4000-8000-000000000001", "value": "2001:db9::7"},
        "drill-names-nobody",
    ),
    ("indicators", content_of("incident", name="x"), "incident-goes-elsewhere"),
    ("indicators", content_of("identity", identity_class="individual"), "no-persons"),
    ("indicators", PSEUDONYM | {"contact_information": "x"}, "no-private-contacts"),
]


@pytest.mark.parametrize(("profile", "content"), TAKEN)
def test_what_a_profile_accepts(shipped_profiles: dict[str, Profile], profile: str, content: dict[str, Any]) -> None:
    """Good reports, the tools' own objects, and objects that the profile is not about are accepted."""
    assert check(content, [shipped_profiles[profile]], CONTEXT) == ()


@pytest.mark.parametrize(("profile", "content", "rule"), REFUSED)
def test_what_a_profile_refuses(
    shipped_profiles: dict[str, Profile], profile: str, content: dict[str, Any], rule: str
) -> None:
    """The rule of that name finds it, and says why without naming what it found."""
    findings = check(content, [shipped_profiles[profile]], CONTEXT)
    assert rule in [finding.rule for finding in findings]
    assert "Rahasia" not in " ".join(finding.message for finding in findings)


@pytest.mark.parametrize("object_type", ["incident", "note", "report"])
def test_texts_that_others_than_certs_read_are_vouched_for(
    shipped_profiles: dict[str, Profile], object_type: str
) -> None:
    """By the label of an officer; among CERTs a text is the member's own word, and a revocation reaches all."""
    content = content_of(object_type, labels=["stage:early"], extensions=None)
    protected = [shipped_profiles["protected"]]
    assert [finding.rule for finding in check(content, protected, BEYOND_CERTS)] == [VOUCHED]
    assert check(content, protected, CONTEXT) == ()
    assert check(content | {"labels": ["stage:early", "release:officer"]}, protected, BEYOND_CERTS) == ()
    assert check(content | {"revoked": True}, protected, BEYOND_CERTS) == ()
    by_tools = {finding.rule for finding in check(content, [shipped_profiles["indicators"]], BEYOND_CERTS)}
    assert by_tools <= {"incident-goes-elsewhere"}, "tools publish there as they are"


def test_every_shipped_rule_is_tried(shipped_profiles: dict[str, Profile]) -> None:
    """A rule that no case above breaks could be removed without a failing test."""
    rules = {rule.id for profile in shipped_profiles.values() for rule in profile.rules}
    assert rules == {rule for _, _, rule in REFUSED} | {VOUCHED}


def test_the_deadlines_are_those_that_the_members_start_with(shipped_profiles: dict[str, Profile]) -> None:
    """1 h and 4 h from criticality 90, 4 h and 24 h from 70, 24 h and 72 h from 40, 72 h and 7 days below."""
    assert [(d.criticality, d.acknowledge_hours, d.answer_hours) for d in shipped_profiles["response"].deadlines] == [
        (90, 1, 4), (70, 4, 24), (40, 24, 72), (0, 72, 7 * 24),
    ]  # fmt: skip
