"""How a victim appears in a release: by its consent, under a pseudonym, and among at least k organisations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.home.keys import Key
from hub.release.policy import Approvals
from hub.release.pseudonym import PSEUDONYM_PATTERN
from hub.release.step import Released
from hub.reports.victims import Consent
from hub.stix.identifiers import SCO_TYPES
from tests.release.releasing import (
    OTHER_REGIONAL,
    PUBLIC,
    REGIONAL,
    SECRETS,
    UNPROTECTED,
    must_release,
    must_withhold,
    names,
    objects_of_type,
    only_object,
    released_text,
)
from tests.reports.making_reports import IDENTITY, NOW, SECRET, VICTIM, a_case, a_feed, a_member

# --- consent --------------------------------------------------------------------------------------------------------


def test_consent_none_lets_nothing_leave() -> None:
    assert "agreed to nothing" in must_withhold(a_case(consent=Consent.NONE)).reason
    assert "agreed to nothing" in must_withhold(a_feed(consent=Consent.NONE)).reason


def test_without_recorded_consent_the_victim_is_a_class() -> None:
    result = must_release(a_case(consent=None))
    assert names(result, "identity") == {"CERT Nusa", "Financial services organisations in Malaysia"}
    victim = next(item for item in objects_of_type(result, "identity") if item["identity_class"] == "class")
    assert victim["sectors"] == ["financial-services"]


def test_consent_cert_only_leaves_no_victim_sector_or_place() -> None:
    result = must_release(a_case(consent=Consent.CERT_ONLY))
    assert names(result, "identity") == {"CERT Nusa"}
    assert only_object(result, "incident")["name"] == "Ransomware"
    places = [item.get("country") for item in objects_of_type(result, "location")]
    assert places == ["RU"], "the country of the actor, which is public"


def test_consent_pseudonym_releases_the_pseudonym_and_nothing_else_about_the_victim() -> None:
    result = must_release(a_case(consent=Consent.PSEUDONYM))
    victim = next(item for item in objects_of_type(result, "identity") if PSEUDONYM_PATTERN.fullmatch(item["name"]))
    assert victim["name"].startswith("victim-MY-")
    assert set(victim) == {
        "type", "spec_version", "id", "created_by_ref", "created", "modified", "name", "identity_class", "sectors",
        "object_marking_refs",
    }  # fmt: skip
    assert f"{victim['name']} is a pseudonym" in only_object(result, "incident")["description"]
    targets = [
        item["target_ref"] for item in objects_of_type(result, "relationship") if item["relationship_type"] == "targets"
    ]
    assert [ref for ref in targets if ref.startswith("identity--")] == [victim["id"]]


def test_a_victim_is_named_only_with_recorded_consent_and_outside_protected_collections() -> None:
    report = a_case(consent=Consent.NAMED)
    approvals = Approvals("Aisyah", named_by="Aisyah, 2026-05-02, by letter")
    assert "Bank Sejahtera Berhad" not in names(must_release(report), "identity")
    assert "Bank Sejahtera Berhad" not in names(must_release(report, REGIONAL, approvals=approvals), "identity")
    assert "Bank Sejahtera Berhad" not in names(must_release(report, UNPROTECTED), "identity")
    named_result = must_release(report, UNPROTECTED, approvals=approvals)
    assert "Bank Sejahtera Berhad" in names(named_result, "identity")
    text = released_text(named_result)
    assert [secret for secret in SECRETS if secret in text and secret != "sejahtera"] == []


def test_several_victims_are_not_named_because_one_cannot_consent_for_another() -> None:
    other_victim = replace(VICTIM, name="Bank Makmur Berhad", registration_numbers=("200101099999",))
    approvals = Approvals("Aisyah", named_by="Aisyah, 2026-05-02, by letter")
    result = must_release(
        a_case(consent=Consent.NAMED, victims=(VICTIM, other_victim)), UNPROTECTED, approvals=approvals
    )
    assert len([name for name in names(result, "identity") if PSEUDONYM_PATTERN.fullmatch(name)]) == 2
    assert "makmur" not in released_text(result)


def test_a_public_release_says_only_the_region() -> None:
    result = must_release(a_case(tlp="clear", consent=Consent.PSEUDONYM), PUBLIC)
    assert names(result, "identity") == {"CERT Nusa", "Financial services organisations in South-eastern Asia"}
    assert [item.get("region") for item in objects_of_type(result, "location")] == [
        "eastern-europe",
        "south-eastern-asia",
    ]
    for object_type in ("impact", "task", "note", "course-of-action"):
        assert not objects_of_type(result, object_type)


# --- pseudonyms -----------------------------------------------------------------------------------------------------


def victim_pseudonym(result: Released) -> str:
    return next(name for name in names(result, "identity") if PSEUDONYM_PATTERN.fullmatch(name))


def test_a_pseudonym_is_the_same_for_every_spelling_of_a_victim() -> None:
    by_number = must_release(a_case(consent=Consent.PSEUDONYM))
    respelt_victim = replace(VICTIM, name="BANK SEJAHTERA (M) BHD.", registration_numbers=("199701-024877",))
    assert victim_pseudonym(
        must_release(a_case(consent=Consent.PSEUDONYM, victims=(respelt_victim,), report_id="NUSA-2"))
    ) == victim_pseudonym(by_number)
    victim_without_number = replace(VICTIM, registration_numbers=())
    respelt_without_number = replace(VICTIM, registration_numbers=(), name="bank  SEJAHTERA Bhd")
    assert victim_pseudonym(
        must_release(a_case(consent=Consent.PSEUDONYM, victims=(victim_without_number,)))
    ) == victim_pseudonym(must_release(a_case(consent=Consent.PSEUDONYM, victims=(respelt_without_number,))))


def test_a_pseudonym_differs_between_collections_periods_certs_and_victims() -> None:
    report = a_case(consent=Consent.PSEUDONYM)
    other_victim = a_case(consent=Consent.PSEUDONYM, victims=(replace(VICTIM, registration_numbers=("200201033333",)),))
    pseudonyms = [
        victim_pseudonym(must_release(report)),
        victim_pseudonym(must_release(report, OTHER_REGIONAL)),
        victim_pseudonym(must_release(report, now=NOW + timedelta(days=365))),
        victim_pseudonym(must_release(report, member=a_member(key=Key(SECRET[::-1])))),
        victim_pseudonym(must_release(other_victim)),
    ]
    assert len(set(pseudonyms)) == len(pseudonyms)


def test_an_update_in_the_next_year_keeps_the_pseudonym_of_the_first_release() -> None:
    report = a_case(consent=Consent.PSEUDONYM)
    first_release = must_release(report)
    update = must_release(replace(report, severity=None), record=first_release.record, now=NOW + timedelta(days=300))
    assert victim_pseudonym(update) == victim_pseudonym(first_release)


def test_two_audiences_share_only_ids_of_public_objects() -> None:
    """A reader of two collections cannot tell that two incidents are the same."""
    first_result, second_result = must_release(a_case()), must_release(a_case(), OTHER_REGIONAL)
    shared = {content["id"] for content in first_result.contents} & {
        content["id"] for content in second_result.contents
    }
    assert {identifier.partition("--")[0] for identifier in shared} <= SCO_TYPES | {"marking-definition", "identity"}
    assert {identifier for identifier in shared if identifier.startswith("identity")} == {IDENTITY}


# --- k --------------------------------------------------------------------------------------------------------------


def test_the_size_is_said_only_if_k_organisations_have_it() -> None:
    assert (
        only_object(must_release(a_case()), "incident")["name"]
        == "Ransomware at a financial services organisation in Malaysia"
    )
    medium = (replace(VICTIM, size="medium"),)
    assert (
        only_object(must_release(a_case(victims=medium)), "incident")["name"]
        == "Ransomware at a medium financial services organisation in Malaysia"
    )


def test_a_small_sector_is_widened_then_dropped_then_the_country_is_dropped() -> None:
    water = (replace(VICTIM, sectors=("water",)),)
    assert "Infrastructure organisations in Malaysia" in names(must_release(a_case(victims=water)), "identity")
    clinic = (replace(VICTIM, sectors=("healthcare",)),)
    assert "Organisations in Malaysia" in names(must_release(a_case(victims=clinic)), "identity")
    small_member = a_member(constituents={("MY", "healthcare", "large"): 4})
    result = must_release(a_case(victims=clinic), member=small_member)
    assert "Organisations in South-eastern Asia" in names(result, "identity")
    assert "malaysia" not in released_text(result)


def test_without_counts_sector_size_and_country_are_dropped() -> None:
    result = must_release(a_case(consent=Consent.PSEUDONYM), member=a_member(constituents={}))
    assert names(result, "identity") == {"CERT Nusa", "Organisations in South-eastern Asia"}
    assert [item.get("region") for item in objects_of_type(result, "location")].count("south-eastern-asia") == 1


def test_sightings_have_rounded_counts_and_a_class_that_k_allows() -> None:
    result = must_release(a_case())
    sighting = only_object(result, "sighting")
    assert sighting["count"] == 10
    sighter = next(
        item for item in objects_of_type(result, "identity") if item["id"] == sighting["where_sighted_refs"][0]
    )
    assert sighter["name"] == "Financial services organisations in Malaysia"
    foreign_sighting = replace(a_case().sightings[0], country="BN")
    foreign_result = must_release(a_case(sightings=(foreign_sighting,)))
    ref = only_object(foreign_result, "sighting")["where_sighted_refs"][0]
    assert "Brunei" not in next(
        item["name"] for item in objects_of_type(foreign_result, "identity") if item["id"] == ref
    )
