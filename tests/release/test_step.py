"""What leaves the country of a report, and what does not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import stix2
from stix2validator import ValidationOptions, validate_parsed_json

from hub.home.keys import Key
from hub.home.member import OwnMember
from hub.protocol.labels import OFFICER
from hub.release.policy import Approvals, Audience, AudienceProfile, text_key
from hub.release.pseudonym import FORM
from hub.release.record import ReleaseRecord, withdrawal
from hub.release.step import Released, Withheld, release
from hub.rendering.render import render
from hub.rendering.versions import timestamp
from hub.reports.observables import ObservableType, Role, Sighting
from hub.reports.report import Note, Report
from hub.reports.victims import Consent
from hub.stix import incident, tlp
from hub.stix.identifiers import OBSERVABLE_TYPES, OPENCTI_EXTENSION, SCO_TYPES, derived_id
from hub.stix.schema import faults
from hub.stix.tlp import TLP
from tests.reports.making_reports import IDENTITY, LATER, NOW, SECRET, VICTIM, a_case, a_feed, a_member, a_watch, seen

REGION = Audience("2f2b8a1e-0000-4000-8000-00000000000a")
OTHER = Audience("2f2b8a1e-0000-4000-8000-00000000000b")
PUBLIC = Audience("2f2b8a1e-0000-4000-8000-00000000000c", AudienceProfile.PUBLIC, TLP.CLEAR)
OPEN = Audience("2f2b8a1e-0000-4000-8000-00000000000d", protected=False)
# Whatever a reader could know the victim by, as it stands in `a_case`.
SECRETS = (
    "sejahtera", "siti", "rahman", "199701024877", "198.51.100", "badrul", "hisham", "345 6789", "123456789",
    "rt-887766", "887766", "nusa-2026-0042", "gw.", "hacked-shop", "203.0.113.99", "203.0.113.53", "48210", "750000",
)  # fmt: skip


def attempt(
    report: Report,
    audience: Audience = REGION,
    *,
    member: OwnMember | None = None,
    record: ReleaseRecord | None = None,
    approvals: Approvals | None = None,
    now: Any = NOW,
) -> Released | Withheld:
    member = member or a_member()
    rendered = render(report, member, now=NOW)
    return release(rendered, report, member, audience, approvals=approvals, record=record, now=now)


def released(report: Report, audience: Audience = REGION, **more: Any) -> Released:
    result = attempt(report, audience, **more)
    assert isinstance(result, Released), result.reason
    return result


def withheld(report: Report, audience: Audience = REGION, **more: Any) -> Withheld:
    result = attempt(report, audience, **more)
    assert isinstance(result, Withheld)
    return result


def of_type(result: Released, object_type: str) -> list[dict[str, Any]]:
    return [content for content in result.contents if content["type"] == object_type]


def only_object(result: Released, object_type: str) -> dict[str, Any]:
    objects = of_type(result, object_type)
    assert len(objects) == 1, objects
    return objects[0]


def names(result: Released) -> set[str]:
    return {content["name"] for content in of_type(result, "identity")}


def text_of_release(result: Released) -> str:
    return json.dumps([*result.contents, *result.lone], ensure_ascii=False).casefold()


# -- everything that is released -----------------------------------------------------------------------------------

CASES = pytest.mark.parametrize(
    ("report", "audience"),
    [
        (a_case(), REGION),
        (a_case(consent=Consent.PSEUDONYM), REGION),
        (a_case(consent=Consent.CERT_ONLY), REGION),
        (a_case(tlp="clear"), PUBLIC),
        (a_feed(), REGION),
        (a_feed(tlp="clear"), PUBLIC),
        (a_watch(), REGION),
    ],
    ids=["case", "pseudonym", "cert-only", "public case", "feed", "public feed", "watch"],
)


@CASES
def test_what_leaves_is_valid_stix_for_everybody(report: Report, audience: Audience) -> None:
    bundle = json.loads(released(report, audience).bundle().serialize())
    assert stix2.parse(bundle, allow_custom=False)
    outcome = validate_parsed_json(bundle, ValidationOptions(version="2.1"))
    assert outcome.is_valid, outcome
    assert [fault_list for content in bundle["objects"] if (fault_list := faults(content))] == []


@CASES
def test_nothing_that_leaves_says_who_the_victim_is(report: Report, audience: Audience) -> None:
    text = text_of_release(released(report, audience))
    assert [secret for secret in SECRETS if secret in text] == []


@CASES
def test_every_reference_is_to_something_that_leaves_too(report: Report, audience: Audience) -> None:
    result = released(report, audience)
    there = {content["id"] for content in result.contents} | set(tlp.PAP_IDS.values())
    refs = set(re.findall(r'"([a-z0-9-]+--[0-9a-f-]{36})"', json.dumps(result.contents)))
    definitions = {incident.INCIDENT_CORE, incident.EVENT, incident.IMPACT, incident.TASK, tlp.TLP2_EXTENSION}
    definitions |= {OPENCTI_EXTENSION}
    assert refs <= there | definitions


@CASES
def test_no_id_of_the_certs_own_leaves(report: Report, audience: Audience) -> None:
    own = {content["id"] for content in render(report, a_member(), now=NOW).contents}
    result = released(report, audience)
    shared_ids = {content["id"] for content in result.contents} & own
    assert {identifier.partition("--")[0] for identifier in shared_ids} <= SCO_TYPES | {
        "marking-definition",
        "identity",
    }
    assert {identifier for identifier in shared_ids if identifier.startswith("identity")} == {IDENTITY}
    gone = own - shared_ids
    assert not any(identifier.partition("--")[2] in text_of_release(result) for identifier in gone)


@CASES
def test_a_second_release_is_the_same_to_the_byte(report: Report, audience: Audience) -> None:
    first = released(report, audience)
    again = released(report, audience, record=first.record, now=LATER)
    assert again.bundle().serialize() == first.bundle().serialize()
    assert again.record == first.record


@CASES
def test_what_leaves_carries_its_level_and_how_to_handle_it(report: Report, audience: Audience) -> None:
    result = released(report, audience)
    level = tlp.BY_WORD[report.tlp]
    statement = next(
        item for item in of_type(result, "marking-definition") if item.get("definition_type") == "statement"
    )
    assert "must not try to identify" in statement["definition"]["statement"]
    assert "duty@cert-nusa.example" in statement["definition"]["statement"]
    assert tlp.level(statement) is tlp.TLP.CLEAR, "all who read an object must be able to read it"
    for content in result.contents:
        if content["type"] in OBSERVABLE_TYPES:
            assert tlp.level(content) is level
        elif content["type"] != "marking-definition" and content["id"] != IDENTITY:
            assert tlp.level(content) is level
            assert statement["id"] in content["object_marking_refs"]


# -- consent -------------------------------------------------------------------------------------------------------


def test_consent_none_lets_nothing_leave() -> None:
    assert "agreed to nothing" in withheld(a_case(consent=Consent.NONE)).reason
    assert "agreed to nothing" in withheld(a_feed(consent=Consent.NONE)).reason


def test_without_recorded_consent_the_victim_is_a_class() -> None:
    result = released(a_case(consent=None))
    assert names(result) == {"CERT Nusa", "Financial services organisations in Malaysia"}
    victim = next(item for item in of_type(result, "identity") if item["identity_class"] == "class")
    assert victim["sectors"] == ["financial-services"]


def test_consent_cert_only_leaves_no_victim_sector_or_place() -> None:
    result = released(a_case(consent=Consent.CERT_ONLY))
    assert names(result) == {"CERT Nusa"}
    assert only_object(result, "incident")["name"] == "Ransomware"
    places = [item.get("country") for item in of_type(result, "location")]
    assert places == ["RU"], "where the actor is said to be, which is public"


def test_consent_pseudonym_gives_a_pseudonym_and_nothing_else_of_it() -> None:
    result = released(a_case(consent=Consent.PSEUDONYM))
    victim = next(item for item in of_type(result, "identity") if FORM.fullmatch(item["name"]))
    assert victim["name"].startswith("victim-MY-")
    assert set(victim) == {
        "type", "spec_version", "id", "created_by_ref", "created", "modified", "name", "identity_class", "sectors",
        "object_marking_refs",
    }  # fmt: skip
    assert f"{victim['name']} is a pseudonym" in only_object(result, "incident")["description"]
    targets = [item["target_ref"] for item in of_type(result, "relationship") if item["relationship_type"] == "targets"]
    assert [ref for ref in targets if ref.startswith("identity--")] == [victim["id"]]


def test_consent_named_names_only_with_a_recorded_yes_and_outside_protected_collections() -> None:
    report = a_case(consent=Consent.NAMED)
    yes = Approvals("Aisyah", named_by="Aisyah, 2026-05-02, by letter")
    assert "Bank Sejahtera Berhad" not in names(released(report))
    assert "Bank Sejahtera Berhad" not in names(released(report, REGION, approvals=yes))
    assert "Bank Sejahtera Berhad" not in names(released(report, OPEN))
    named = released(report, OPEN, approvals=yes)
    assert "Bank Sejahtera Berhad" in names(named)
    text = text_of_release(named)
    assert [secret for secret in SECRETS if secret in text and secret != "sejahtera"] == []


def test_of_several_victims_none_is_named_since_one_cannot_say_yes_for_another() -> None:
    other = replace(VICTIM, name="Bank Makmur Berhad", registration_numbers=("200101099999",))
    yes = Approvals("Aisyah", named_by="Aisyah, 2026-05-02, by letter")
    result = released(a_case(consent=Consent.NAMED, victims=(VICTIM, other)), OPEN, approvals=yes)
    assert len([name for name in names(result) if FORM.fullmatch(name)]) == 2
    assert "makmur" not in text_of_release(result)


def test_the_public_learns_the_region_only() -> None:
    result = released(a_case(tlp="clear", consent=Consent.PSEUDONYM), PUBLIC)
    assert names(result) == {"CERT Nusa", "Financial services organisations in South-eastern Asia"}
    assert [item.get("region") for item in of_type(result, "location")] == ["eastern-europe", "south-eastern-asia"]
    for gone in ("impact", "task", "note", "course-of-action"):
        assert not of_type(result, gone)


# -- pseudonyms ----------------------------------------------------------------------------------------------------


def pseudonym_of(result: Released) -> str:
    return next(name for name in names(result) if FORM.fullmatch(name))


def test_a_pseudonym_is_the_same_for_one_victim_however_its_report_spells_it() -> None:
    number = released(a_case(consent=Consent.PSEUDONYM))
    respelt = replace(VICTIM, name="BANK SEJAHTERA (M) BHD.", registration_numbers=("199701-024877",))
    assert pseudonym_of(
        released(a_case(consent=Consent.PSEUDONYM, victims=(respelt,), report_id="NUSA-2"))
    ) == pseudonym_of(number)
    plain = replace(VICTIM, registration_numbers=())
    spelt = replace(VICTIM, registration_numbers=(), name="bank  SEJAHTERA Bhd")
    assert pseudonym_of(released(a_case(consent=Consent.PSEUDONYM, victims=(plain,)))) == pseudonym_of(
        released(a_case(consent=Consent.PSEUDONYM, victims=(spelt,)))
    )


def test_a_pseudonym_differs_between_collections_periods_certs_and_victims() -> None:
    report = a_case(consent=Consent.PSEUDONYM)
    other = a_case(consent=Consent.PSEUDONYM, victims=(replace(VICTIM, registration_numbers=("200201033333",)),))
    pseudonyms = [
        pseudonym_of(released(report)),
        pseudonym_of(released(report, OTHER)),
        pseudonym_of(released(report, now=NOW + timedelta(days=365))),
        pseudonym_of(released(report, member=a_member(key=Key(SECRET[::-1])))),
        pseudonym_of(released(other)),
    ]
    assert len(set(pseudonyms)) == len(pseudonyms)


def test_an_update_in_the_next_year_keeps_the_pseudonym_of_the_first_release() -> None:
    report = a_case(consent=Consent.PSEUDONYM)
    first = released(report)
    update = released(replace(report, severity=None), record=first.record, now=NOW + timedelta(days=300))
    assert pseudonym_of(update) == pseudonym_of(first)


def test_two_audiences_share_no_id_but_what_the_world_knows() -> None:
    """Nobody who reads two collections can tell that two incidents are one."""
    ours, theirs = released(a_case()), released(a_case(), OTHER)
    shared = {content["id"] for content in ours.contents} & {content["id"] for content in theirs.contents}
    assert {identifier.partition("--")[0] for identifier in shared} <= SCO_TYPES | {"marking-definition", "identity"}
    assert {identifier for identifier in shared if identifier.startswith("identity")} == {IDENTITY}


# -- k -------------------------------------------------------------------------------------------------------------


def test_the_size_is_told_only_where_k_organisations_have_it() -> None:
    assert (
        only_object(released(a_case()), "incident")["name"]
        == "Ransomware at a financial services organisation in Malaysia"
    )
    medium = (replace(VICTIM, size="medium"),)
    assert (
        only_object(released(a_case(victims=medium)), "incident")["name"]
        == "Ransomware at a medium financial services organisation in Malaysia"
    )


def test_a_sector_too_small_is_widened_then_dropped_then_the_country_goes() -> None:
    water = (replace(VICTIM, sectors=("water",)),)
    assert "Infrastructure organisations in Malaysia" in names(released(a_case(victims=water)))
    clinic = (replace(VICTIM, sectors=("healthcare",)),)
    assert "Organisations in Malaysia" in names(released(a_case(victims=clinic)))
    few = a_member(constituents={("MY", "healthcare", "large"): 4})
    result = released(a_case(victims=clinic), member=few)
    assert "Organisations in South-eastern Asia" in names(result)
    assert "malaysia" not in text_of_release(result)


def test_without_counts_sector_size_and_country_are_dropped() -> None:
    result = released(a_case(consent=Consent.PSEUDONYM), member=a_member(constituents={}))
    assert names(result) == {"CERT Nusa", "Organisations in South-eastern Asia"}
    assert [item.get("region") for item in of_type(result, "location")].count("south-eastern-asia") == 1


def test_sightings_are_counted_in_bands_and_told_of_a_class_that_k_allows() -> None:
    result = released(a_case())
    sighting = only_object(result, "sighting")
    assert sighting["count"] == 10
    where = next(item for item in of_type(result, "identity") if item["id"] == sighting["where_sighted_refs"][0])
    assert where["name"] == "Financial services organisations in Malaysia"
    lonely = replace(a_case().sightings[0], country="BN")
    elsewhere = released(a_case(sightings=(lonely,)))
    ref = only_object(elsewhere, "sighting")["where_sighted_refs"][0]
    assert "Brunei" not in next(item["name"] for item in of_type(elsewhere, "identity") if item["id"] == ref)


# -- times, numbers, words -----------------------------------------------------------------------------------------


def test_times_are_rounded_and_say_how_far() -> None:
    near = released(a_case())
    main = next(item for item in of_type(near, "event") if item["name"] == "Ransomware")
    assert (main["start_time"], main["start_time_fidelity"]) == ("2026-04-30T00:00:00Z", "day")
    far = released(a_case(tlp="clear"), PUBLIC)
    main = next(item for item in of_type(far, "event") if item["name"] == "Ransomware")
    assert (main["start_time"], main["start_time_fidelity"]) == ("2026-04-01T00:00:00Z", "month")
    first = next(item for item in of_type(released(a_feed()), "indicator"))
    assert (first["valid_from"], first["valid_until"]) == ("2026-05-01T10:00:00Z", "2026-05-31T12:00:00Z")


def test_numbers_leave_in_bands_and_ransoms_not_at_all() -> None:
    result = released(a_case())
    keys = {name: value for item in of_type(result, "impact") for name, value in item["extensions"].items()}
    assert keys["availability-ext"] == {"availability_impact": 75}
    assert keys["confidentiality-ext"]["record_count"] == 10_000
    money = [
        item["extensions"]["economic-ext"] for item in of_type(result, "impact") if "economic-ext" in item["extensions"]
    ]
    assert money == [
        {"variety": "ransom-demand"},
        {"variety": "response-and-recovery", "currency": "MYR", "min_amount": 10_000, "max_amount": 100_000},
    ]
    assert of_type(result, "impact")[0]["impacted_entity_counts"] == {"computers-server": 10}
    core = only_object(result, "incident")["extensions"][incident.INCIDENT_CORE]
    assert core["criticality"] == 70
    assert "scores" not in core


def test_free_text_leaves_only_when_this_very_text_was_approved() -> None:
    report = a_case(notes=(Note("Patch the gateway before Monday.", "lesson"),))
    assert not of_type(released(report), "note")
    approvals = Approvals("Aisyah", texts=frozenset({text_key("Patch the gateway before Monday.")}))
    assert only_object(released(report, approvals=approvals), "note")["content"] == "Patch the gateway before Monday."
    assert "Patch" not in json.dumps(released(replace(report, tlp="clear"), PUBLIC, approvals=approvals).contents)
    changed = a_case(notes=(Note("Patch the gateway before Tuesday.", "lesson"),))
    assert not of_type(released(changed, approvals=approvals), "note")


@pytest.mark.parametrize(
    "text",
    [
        "BANK-SEJAHTERA was hit", "the bank of sejahtera%2Eexample", "\uff33\uff45\uff4a\uff41\uff48\uff54\uff45\uff52\uff41 Pay", "write to duty@somewhere.example",
        "call +60 12-345 6789", "from 198[.]51.100.9", "see C:\\Users\\amin\\x", "NRIC 850101-14-5523", "c2lDIGJhbmsgc2VqYWh0ZXJh",
        "Kuasa Elektrik, too", "ticket RT-887766", "Siti Binti RAHMAN said",
    ],
)  # fmt: skip
def test_an_approved_text_with_a_name_in_it_holds_everything_back_and_shows_the_span(text: str) -> None:
    report = a_case(notes=(Note(text),))
    result = withheld(report, approvals=Approvals("Aisyah", texts=frozenset({text_key(text)})))
    assert "approved text" in result.reason
    assert "“" in result.reason


def test_an_approved_title_and_description_stand_in_incident_and_container() -> None:
    report = a_case(title="Encryption over a holiday", description="It began on a Friday night.")
    keys = frozenset({text_key(report.title), text_key(report.description or "")})
    result = released(report, approvals=Approvals("Aisyah", texts=keys))
    assert only_object(result, "incident")["name"] == "Encryption over a holiday"
    assert only_object(result, "incident")["lang"] == "en"
    assert only_object(result, "report")["name"].startswith("Encryption over a holiday [confirmed")


def test_labels_of_unknown_namespaces_and_private_references_stay() -> None:
    result = released(
        a_case(labels=('rsit:malicious-code="infected-system"', "iodef:x=sejahtera", "company:sejahtera"))
    )
    assert only_object(result, "incident")["labels"] == ['rsit:malicious-code="infected-system"', OFFICER]
    assert [item["source_name"] for item in only_object(result, "incident")["external_references"]] == ["cve"]
    assert only_object(result, "vulnerability")["external_references"][0]["external_id"] == "CVE-2024-3400"
    assert "description" not in only_object(result, "vulnerability")


def test_tasks_leave_as_lessons_only() -> None:
    assert {item["name"] for item in of_type(released(a_case()), "task")} == {"Containment"}


# -- observables ---------------------------------------------------------------------------------------------------


def test_only_the_adversarys_values_leave() -> None:
    result = released(a_case())
    values = {item["value"] for item in result.contents if "value" in item}
    assert values == {
        "203.0.113.7", "kertas-leaks.example", "https://kertas-leaks.example/pay?id=7", "support@kertas-leaks.example",
        "Kertas/1.0 (it's us)",
    }  # fmt: skip


def test_a_connection_leaves_without_the_victims_end_and_under_the_id_of_what_is_left() -> None:
    traffic = only_object(released(a_case()), "network-traffic")
    assert {"src_ref", "src_port"}.isdisjoint(traffic)
    assert traffic["dst_port"] == 443
    assert traffic["id"] == derived_id(traffic)


PHISH = "sejahtera-login.example"


def test_an_adversarys_domain_with_the_victims_name_is_held() -> None:
    result = released(a_case())
    assert PHISH not in text_of_release(result)
    row = next(row for row in result.preview.rows if row.key == PHISH)
    assert (row.outcome, row.type) == ("stays", "domain-name")
    assert "victim" in row.why


def test_approved_it_leaves_as_a_lone_indicator_without_reference_to_the_incident() -> None:
    result = released(a_case(), approvals=Approvals("Aisyah", values=frozenset({PHISH})))
    assert PHISH not in json.dumps(result.contents)
    lone = [content for content in result.lone if content["type"] == "indicator"]
    assert [content["pattern"] for content in lone] == [f"[domain-name:value = '{PHISH}']"]
    ids = {content["id"] for content in result.contents} - {IDENTITY, *tlp.TLP2_IDS.values()}
    assert not any(identifier in json.dumps(result.lone) for identifier in ids)
    assert lone[0]["created"] == "2026-05-04T00:00:00.000Z", "the day only, or the time would lead to the incident"
    assert {"labels", "confidence", "external_references"}.isdisjoint(lone[0])
    assert "Ransomware" not in lone[0]["description"]
    bundle = result.lone_bundle()
    assert bundle is not None
    assert stix2.parse(bundle.serialize(), allow_custom=False)
    assert names_nobody_else(json.dumps(result.lone))


def names_nobody_else(text: str) -> bool:
    rest = text.casefold().replace(PHISH, "")
    return not any(secret in rest for secret in SECRETS)


def test_a_value_inside_a_constituents_network_stays_even_if_approved() -> None:
    report = a_watch(observables=(*a_watch().observables, seen(ObservableType.IPV4, "100.66.7.8")))
    result = released(report, approvals=Approvals("Aisyah", values=frozenset({"100.66.7.8"})))
    assert "100.66.7.8" not in text_of_release(result)


def test_a_hacked_third_party_leaves_alone_if_approved_and_never_to_the_public() -> None:
    approvals = Approvals("Aisyah", values=frozenset({"hacked-shop.example"}))
    near = released(a_case(tlp="green"), approvals=approvals)
    lone = [content for content in near.lone if content["type"] == "indicator"]
    assert lone == []  # it was no indicator: a third party's host is nothing to block
    flagged = seen(ObservableType.DOMAIN, "hacked-shop.example", Role.THIRD_PARTY, as_indicator=True)
    near = released(a_case(tlp="green", observables=(flagged,)), approvals=approvals)
    lone = [content for content in near.lone if content["type"] == "indicator"]
    assert [tlp.level(content) for content in lone] == [TLP.AMBER]
    assert "hacked-shop" not in text_of_release(
        released(a_case(tlp="clear", observables=(flagged,)), PUBLIC, approvals=approvals)
    )


@pytest.mark.parametrize(
    "value",
    [
        "https://evil.example/?u=siti.rahman%40sejahtera.example",
        "https://evil.example/#c2l0aS5yYWhtYW5Ac2VqYWh0ZXJhLmV4YW1wbGU=",
        "https://evil.example/login/c2VqYWh0ZXJhLmV4YW1wbGU",
        "https://evil.example/?to=somebody.else@elsewhere.example",
        "https://evil.example/73656a6168746572612e6578616d706c65",
        "https://evil.example/?h=198.51.100.77",
        "https://evil.example/?h=3325256781",
        "https://SEJAHTERA.evil.example/",
        "https://evil.example/kuasa%2Delektrik",
    ],
)
def test_an_adversarys_url_that_gives_somebody_away_is_held(value: str) -> None:
    report = a_watch(observables=(*a_watch().observables, seen(ObservableType.URL, value)), victims=(VICTIM,))
    result = released(report)
    assert value not in json.dumps(result.contents)
    assert "203.0.113.7" in json.dumps(result.contents)


# -- levels --------------------------------------------------------------------------------------------------------


def test_nothing_is_marked_below_its_source_without_the_sources_leave() -> None:
    for word in ("green", "amber", "amber+strict"):
        result = released(a_case(tlp=word))
        assert tlp.level(only_object(result, "incident")) is tlp.BY_WORD[word]
    assert "at most TLP:CLEAR" in withheld(a_case(tlp="green"), PUBLIC).reason
    leave = released(a_case(tlp="green"), PUBLIC, approvals=Approvals("Aisyah", tlp=TLP.CLEAR))
    assert tlp.level(only_object(leave, "incident")) is TLP.CLEAR


def test_red_goes_into_no_collection() -> None:
    assert "TLP:RED" in withheld(a_case(tlp="red"), replace(REGION, highest_tlp=TLP.RED)).reason


def test_a_part_marked_above_the_collections_highest_stays_and_the_rest_leaves() -> None:
    strict = seen(ObservableType.IPV4, "203.0.113.8", tlp="amber+strict")
    report = a_watch(observables=(*a_watch().observables, strict))
    assert "203.0.113.8" not in text_of_release(released(report, replace(REGION, highest_tlp=TLP.AMBER)))
    assert "203.0.113.8" in text_of_release(released(report))


def test_granular_markings_are_consumed() -> None:
    report, member = a_case(), a_member()
    rendered = render(report, member, now=NOW)
    red = [{"marking_ref": tlp.TLP2_IDS[TLP.RED], "selectors": ["confidence"]}]
    marked = tuple(
        {**content, "granular_markings": red} if content["type"] == "incident" else content
        for content in rendered.contents
    )
    result = release(replace(rendered, contents=marked), report, member, REGION, now=NOW)
    assert isinstance(result, Released)
    assert "confidence" not in only_object(result, "incident")
    assert "granular_markings" not in json.dumps(result.contents)


# -- versions ------------------------------------------------------------------------------------------------------


def test_times_of_versions_are_those_of_the_releases() -> None:
    first = released(a_case(), now=LATER)
    assert only_object(first, "incident")["created"] == timestamp(LATER)
    changed = released(a_case(severity=None), record=first.record, now=LATER + timedelta(days=1))
    assert only_object(changed, "incident")["created"] == timestamp(LATER)
    assert only_object(changed, "incident")["modified"] == timestamp(LATER + timedelta(days=1))


def test_an_indicator_that_may_no_longer_leave_is_revoked() -> None:
    first = released(a_case())
    gone = tuple(item for item in a_case().observables if item.value != "kertas-leaks.example")
    second = released(a_case(observables=gone), record=first.record, now=LATER)
    revoked = [item for item in of_type(second, "indicator") if item.get("revoked")]
    assert [item["pattern"] for item in revoked] == ["[domain-name:value = 'kertas-leaks.example']"]


def test_a_revocation_does_not_repeat_what_turned_out_to_name_somebody() -> None:
    first = released(a_case())
    assert "kertas-leaks" in text_of_release(first)
    wiser = a_member()
    wiser = replace(wiser, deny=replace(wiser.deny, names=("Kertas Leaks Sdn Bhd",)))
    second = released(a_case(), member=wiser, record=first.record, now=LATER)
    assert "kertas-leaks" not in text_of_release(second)
    revoked = [item for item in of_type(second, "indicator") if item.get("revoked")]
    assert all("withdrawn.invalid" in item["pattern"] for item in revoked)
    assert len(revoked) == 3, "a domain, a URL and a mail address"
    assert [fault_list for content in second.contents if (fault_list := faults(content))] == []


def test_a_withdrawal_revokes_all_and_names_the_scos_to_delete() -> None:
    first = released(a_case(), approvals=Approvals("Aisyah", values=frozenset({PHISH})))
    back = withdrawal(first.record, timestamp(LATER))
    assert {content["id"] for content in back.contents} == set(first.record.objects)
    assert all(content["revoked"] for content in (*back.contents, *back.lone))
    assert len(back.lone) == 1
    assert PHISH not in json.dumps(back.lone), "an officer let it out, and now takes it back"
    repeated = {text for item in first.contents for name in ("name", "description") if (text := item.get(name))}
    assert not any(item.get(name) in repeated for item in back.contents for name in ("name", "description", "content"))
    assert set(back.delete) == {content["id"] for content in first.contents if content["type"] in OBSERVABLE_TYPES}
    assert [fault_list for content in back.contents if (fault_list := faults(content))] == []


# -- closed doors --------------------------------------------------------------------------------------------------


def test_values_whose_owner_is_not_known_stay() -> None:
    """A bundle without the reader's word on whose each value is releases none of them."""
    report, member = a_watch(), a_member()
    rendered = replace(render(report, member, now=NOW), origins={})
    result = release(rendered, report, member, REGION, now=NOW)
    text = json.dumps(result.contents if isinstance(result, Released) else [])
    assert "203.0.113.7" not in text
    assert "heron.example" not in text


def test_a_name_that_our_own_words_would_say_holds_everything_back() -> None:
    """Better nothing than a report on a victim called Malaysia that says Malaysia."""
    result = withheld(a_case(victims=(replace(VICTIM, name="Malaysia Berhad"),)))
    assert "last look" in result.reason
    assert "Malaysia" in result.reason


def test_a_public_name_that_is_also_a_constituents_stays() -> None:
    member = a_member()
    member = replace(member, deny=replace(member.deny, names=("LockBit Sdn Bhd",)))
    result = released(a_case(), member=member)
    assert only_object(result, "malware")["name"] == "Unspecified malware"
    assert "lockbit" not in text_of_release(result)


def test_a_report_of_which_nothing_may_leave_says_so() -> None:
    report = a_feed(observables=(seen(ObservableType.IPV4, "203.0.113.1", Role.VICTIM),), sightings=())
    assert "Nothing in this report may leave" in withheld(report).reason


def test_a_feed_that_counts_victims_says_so_of_a_class_only() -> None:
    counted = Sighting("classification", "vulnerable/ddos-amplifier", 7, country="MY", detail="sejahtera")
    result = released(a_feed(sightings=(counted,)))
    assert only_object(result, "sighting")["count"] == 1
    assert "sejahtera" not in text_of_release(result)


# -- preview -------------------------------------------------------------------------------------------------------


def test_the_preview_shows_what_leaves_what_does_not_and_why() -> None:
    preview = released(a_case(consent=Consent.PSEUDONYM)).preview
    text = preview.text()
    assert re.search(r"identity: Bank Sejahtera Berhad as victim-MY-", text)
    assert f"--approve {PHISH} --officer NAME" in text
    stays, full = text.partition("STAYS")[2], preview.text(full=True)
    assert "task Detection" in stays
    assert re.search(rf"\n  {re.escape(PHISH)}\n    stays \(held", full)
    data = json.loads(preview.json())
    assert set(data["counts"]) == {"leaves", "changed", "stays"}
    row = next(row for row in data["rows"] if (row["type"], row["path"]) == ("incident", "name"))
    assert (row["here"], row["outcome"]) == ("Ransomware at Bank Sejahtera", "changed")
    assert row["key"] == text_key("Ransomware at Bank Sejahtera")


def test_the_record_tells_who_approved_what_and_when() -> None:
    approvals = Approvals("Aisyah", values=frozenset({PHISH}))
    entry = released(a_case(), approvals=approvals).record.history[0]
    assert (entry["officer"], entry["approved_values"], entry["at"]) == ("Aisyah", [PHISH], timestamp(NOW))
    assert entry["preview"]["rows"]


def test_the_record_of_a_feed_tells_what_stayed_and_holds_what_left_once() -> None:
    """A day's feed is long: its preview's rows of what leaves are not kept beside the objects themselves."""
    result = released(a_feed())
    preview = result.record.history[0]["preview"]
    assert preview["counts"] == dict(result.preview.counts())
    assert {row["outcome"] for row in preview["rows"]} <= {"stays"}
    assert any(content["type"] == "indicator" for content in (v.content for v in result.record.objects.values()))
    assert any(row["outcome"] != "stays" for row in released(a_case()).record.history[0]["preview"]["rows"])
