"""A release as a whole: what is true for every report, its levels and versions, and reports of which nothing leaves."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import stix2

from hub.release.policy import Approvals, Audience
from hub.release.record import withdrawal
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.rendering.versions import timestamp
from hub.reports.observables import ObservableType, Role, Sighting
from hub.reports.report import Report
from hub.reports.victims import Consent
from hub.stix import incident, tlp
from hub.stix.identifiers import OBSERVABLE_TYPES, OPENCTI_EXTENSION, SCO_TYPES
from hub.stix.schema import faults
from hub.stix.tlp import TLP
from tests.oasis import complaints
from tests.release.releasing import (
    LURE,
    PUBLIC,
    REGIONAL,
    SECRETS,
    must_release,
    must_withhold,
    objects_of_type,
    only_object,
    released_text,
)
from tests.reports.making_reports import IDENTITY, LATER, NOW, VICTIM, a_case, a_feed, a_member, a_watch, seen

# --- everything that is released ------------------------------------------------------------------------------------

CASES = pytest.mark.parametrize(
    ("report", "audience"),
    [
        (a_case(), REGIONAL),
        (a_case(consent=Consent.PSEUDONYM), REGIONAL),
        (a_case(consent=Consent.CERT_ONLY), REGIONAL),
        (a_case(tlp="clear"), PUBLIC),
        (a_feed(), REGIONAL),
        (a_feed(tlp="clear"), PUBLIC),
        (a_watch(), REGIONAL),
    ],
    ids=["case", "pseudonym", "cert-only", "public case", "feed", "public feed", "watch"],
)


@CASES
def test_what_leaves_is_valid_stix(report: Report, audience: Audience) -> None:
    bundle = json.loads(must_release(report, audience).bundle().serialize())
    assert stix2.parse(bundle, allow_custom=False)
    assert complaints(bundle) == []
    assert [fault_list for content in bundle["objects"] if (fault_list := faults(content))] == []


@CASES
def test_nothing_that_leaves_identifies_the_victim(report: Report, audience: Audience) -> None:
    text = released_text(must_release(report, audience))
    assert [secret for secret in SECRETS if secret in text] == []


@CASES
def test_every_reference_is_to_an_object_that_leaves(report: Report, audience: Audience) -> None:
    result = must_release(report, audience)
    released_ids = {content["id"] for content in result.contents} | set(tlp.PAP_IDS.values())
    refs = set(re.findall(r'"([a-z0-9-]+--[0-9a-f-]{36})"', json.dumps(result.contents)))
    definitions = {incident.INCIDENT_CORE, incident.EVENT, incident.IMPACT, incident.TASK, tlp.TLP2_EXTENSION}
    definitions |= {OPENCTI_EXTENSION}
    assert refs <= released_ids | definitions


@CASES
def test_no_id_of_the_bundle_at_the_cert_leaves(report: Report, audience: Audience) -> None:
    own_ids = {content["id"] for content in render(report, a_member(), now=NOW).contents}
    result = must_release(report, audience)
    shared_ids = {content["id"] for content in result.contents} & own_ids
    assert {identifier.partition("--")[0] for identifier in shared_ids} <= SCO_TYPES | {
        "marking-definition",
        "identity",
    }
    assert {identifier for identifier in shared_ids if identifier.startswith("identity")} == {IDENTITY}
    unreleased_ids = own_ids - shared_ids
    assert not any(identifier.partition("--")[2] in released_text(result) for identifier in unreleased_ids)


@CASES
def test_a_second_release_is_identical(report: Report, audience: Audience) -> None:
    first_release = must_release(report, audience)
    second_release = must_release(report, audience, record=first_release.record, now=LATER)
    assert second_release.bundle().serialize() == first_release.bundle().serialize()
    assert second_release.record == first_release.record


@CASES
def test_what_leaves_has_its_level_and_the_handling_statement(report: Report, audience: Audience) -> None:
    result = must_release(report, audience)
    level = tlp.BY_WORD[report.tlp]
    statement = next(
        item for item in objects_of_type(result, "marking-definition") if item.get("definition_type") == "statement"
    )
    assert "must not try to identify" in statement["definition"]["statement"]
    assert "duty@cert-nusa.example" in statement["definition"]["statement"]
    assert tlp.level(statement) is tlp.TLP.CLEAR, "everybody who reads an object must be able to read the statement"
    for content in result.contents:
        if content["type"] in OBSERVABLE_TYPES:
            assert tlp.level(content) is level
        elif content["type"] != "marking-definition" and content["id"] != IDENTITY:
            assert tlp.level(content) is level
            assert statement["id"] in content["object_marking_refs"]


# --- levels ---------------------------------------------------------------------------------------------------------


def test_nothing_is_marked_below_its_source_without_the_sources_consent() -> None:
    for word in ("green", "amber", "amber+strict"):
        result = must_release(a_case(tlp=word))
        assert tlp.level(only_object(result, "incident")) is tlp.BY_WORD[word]
    assert "at most TLP:CLEAR" in must_withhold(a_case(tlp="green"), PUBLIC).reason
    result_at_clear = must_release(a_case(tlp="green"), PUBLIC, approvals=Approvals("Aisyah", tlp=TLP.CLEAR))
    assert tlp.level(only_object(result_at_clear, "incident")) is TLP.CLEAR


def test_a_red_report_leaves_to_no_collection() -> None:
    assert "TLP:RED" in must_withhold(a_case(tlp="red"), replace(REGIONAL, highest_tlp=TLP.RED)).reason


def test_a_value_marked_above_the_collections_highest_level_stays_and_others_leave() -> None:
    strict = seen(ObservableType.IPV4, "203.0.113.8", tlp="amber+strict")
    report = a_watch(observables=(*a_watch().observables, strict))
    assert "203.0.113.8" not in released_text(must_release(report, replace(REGIONAL, highest_tlp=TLP.AMBER)))
    assert "203.0.113.8" in released_text(must_release(report))


def test_granular_markings_are_applied_and_removed() -> None:
    report, member = a_case(), a_member()
    rendered = render(report, member, now=NOW)
    red_marking = [{"marking_ref": tlp.TLP2_IDS[TLP.RED], "selectors": ["confidence"]}]
    marked_contents = tuple(
        {**content, "granular_markings": red_marking} if content["type"] == "incident" else content
        for content in rendered.contents
    )
    result = release(replace(rendered, contents=marked_contents), report, member, REGIONAL, now=NOW)
    assert isinstance(result, Released)
    assert "confidence" not in only_object(result, "incident")
    assert "granular_markings" not in json.dumps(result.contents)


# --- versions -------------------------------------------------------------------------------------------------------


def test_versions_have_the_times_of_the_releases() -> None:
    first_release = must_release(a_case(), now=LATER)
    assert only_object(first_release, "incident")["created"] == timestamp(LATER)
    changed = must_release(a_case(severity=None), record=first_release.record, now=LATER + timedelta(days=1))
    assert only_object(changed, "incident")["created"] == timestamp(LATER)
    assert only_object(changed, "incident")["modified"] == timestamp(LATER + timedelta(days=1))


def test_an_indicator_that_may_no_longer_leave_is_revoked() -> None:
    first_release = must_release(a_case())
    unreleased_ids = tuple(item for item in a_case().observables if item.value != "kertas-leaks.example")
    second_release = must_release(a_case(observables=unreleased_ids), record=first_release.record, now=LATER)
    revoked = [item for item in objects_of_type(second_release, "indicator") if item.get("revoked")]
    assert [item["pattern"] for item in revoked] == ["[domain-name:value = 'kertas-leaks.example']"]


def test_a_revocation_does_not_repeat_a_value_found_to_name_somebody() -> None:
    first_release = must_release(a_case())
    assert "kertas-leaks" in released_text(first_release)
    warned_member = a_member()
    warned_member = replace(warned_member, deny=replace(warned_member.deny, names=("Kertas Leaks Sdn Bhd",)))
    second_release = must_release(a_case(), member=warned_member, record=first_release.record, now=LATER)
    assert "kertas-leaks" not in released_text(second_release)
    revoked = [item for item in objects_of_type(second_release, "indicator") if item.get("revoked")]
    assert all("withdrawn.invalid" in item["pattern"] for item in revoked)
    assert len(revoked) == 3, "a domain, a URL and a mail address"
    assert [fault_list for content in second_release.contents if (fault_list := faults(content))] == []


def test_a_withdrawal_revokes_everything_and_lists_the_scos_to_delete() -> None:
    first_release = must_release(a_case(), approvals=Approvals("Aisyah", values=frozenset({LURE})))
    revocations = withdrawal(first_release.record, timestamp(LATER))
    assert {content["id"] for content in revocations.contents} == set(first_release.record.objects)
    assert all(content["revoked"] for content in (*revocations.contents, *revocations.lone_contents))
    assert len(revocations.lone_contents) == 1
    assert LURE not in json.dumps(revocations.lone_contents), "the officer's approval ends with the withdrawal"
    released_texts = {
        text for item in first_release.contents for name in ("name", "description") if (text := item.get(name))
    }
    assert not any(
        item.get(name) in released_texts for item in revocations.contents for name in ("name", "description", "content")
    )
    assert set(revocations.ids_to_delete) == {
        content["id"] for content in first_release.contents if content["type"] in OBSERVABLE_TYPES
    }
    assert [fault_list for content in revocations.contents if (fault_list := faults(content))] == []


# --- what does not leave --------------------------------------------------------------------------------------------


def test_values_without_a_known_owner_stay() -> None:
    """If a bundle has no origins of its values, none of them leaves."""
    report, member = a_watch(), a_member()
    rendered = replace(render(report, member, now=NOW), origins={})
    result = release(rendered, report, member, REGIONAL, now=NOW)
    text = json.dumps(result.contents if isinstance(result, Released) else [])
    assert "203.0.113.7" not in text
    assert "heron.example" not in text


def test_a_victim_whose_name_is_in_our_sentences_stops_the_release() -> None:
    """A release about a victim called Malaysia must not say Malaysia, so nothing leaves."""
    result = must_withhold(a_case(victims=(replace(VICTIM, name="Malaysia Berhad"),)))
    assert "last look" in result.reason
    assert "Malaysia" in result.reason


def test_a_public_name_that_is_also_a_constituents_stays() -> None:
    member = a_member()
    member = replace(member, deny=replace(member.deny, names=("LockBit Sdn Bhd",)))
    result = must_release(a_case(), member=member)
    assert only_object(result, "malware")["name"] == "Unspecified malware"
    assert "lockbit" not in released_text(result)


def test_a_report_of_which_nothing_may_leave_is_withheld() -> None:
    report = a_feed(observables=(seen(ObservableType.IPV4, "203.0.113.1", Role.VICTIM),), sightings=())
    assert "Nothing in this report may leave" in must_withhold(report).reason


def test_a_feed_that_counts_victims_has_a_sighting_by_a_class() -> None:
    sighting = Sighting("classification", "vulnerable/ddos-amplifier", 7, country="MY", detail="sejahtera")
    result = must_release(a_feed(sightings=(sighting,)))
    assert only_object(result, "sighting")["count"] == 1
    assert "sejahtera" not in released_text(result)
