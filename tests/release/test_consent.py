"""As whom a victim leaves: what it agreed to, its pseudonym, and of how many organisations it must be one."""

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
    names,
    of_type,
    only_object,
    released,
    text_of,
    withheld,
)
from tests.reports.making_reports import IDENTITY, NOW, SECRET, VICTIM, a_case, a_feed, a_member

# --- consent --------------------------------------------------------------------------------------------------------


def test_consent_none_lets_nothing_leave() -> None:
    assert "agreed to nothing" in withheld(a_case(consent=Consent.NONE)).reason
    assert "agreed to nothing" in withheld(a_feed(consent=Consent.NONE)).reason


def test_without_recorded_consent_the_victim_is_a_class() -> None:
    result = released(a_case(consent=None))
    assert names(result, "identity") == {"CERT Nusa", "Financial services organisations in Malaysia"}
    victim = next(item for item in of_type(result, "identity") if item["identity_class"] == "class")
    assert victim["sectors"] == ["financial-services"]


def test_consent_cert_only_leaves_no_victim_sector_or_place() -> None:
    result = released(a_case(consent=Consent.CERT_ONLY))
    assert names(result, "identity") == {"CERT Nusa"}
    assert only_object(result, "incident")["name"] == "Ransomware"
    places = [item.get("country") for item in of_type(result, "location")]
    assert places == ["RU"], "where the actor is said to be, which is public"


def test_consent_pseudonym_gives_a_pseudonym_and_nothing_else_of_it() -> None:
    result = released(a_case(consent=Consent.PSEUDONYM))
    victim = next(item for item in of_type(result, "identity") if PSEUDONYM_PATTERN.fullmatch(item["name"]))
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
    assert "Bank Sejahtera Berhad" not in names(released(report), "identity")
    assert "Bank Sejahtera Berhad" not in names(released(report, REGIONAL, approvals=yes), "identity")
    assert "Bank Sejahtera Berhad" not in names(released(report, UNPROTECTED), "identity")
    named = released(report, UNPROTECTED, approvals=yes)
    assert "Bank Sejahtera Berhad" in names(named, "identity")
    text = text_of(named)
    assert [secret for secret in SECRETS if secret in text and secret != "sejahtera"] == []


def test_of_several_victims_none_is_named_since_one_cannot_say_yes_for_another() -> None:
    other = replace(VICTIM, name="Bank Makmur Berhad", registration_numbers=("200101099999",))
    yes = Approvals("Aisyah", named_by="Aisyah, 2026-05-02, by letter")
    result = released(a_case(consent=Consent.NAMED, victims=(VICTIM, other)), UNPROTECTED, approvals=yes)
    assert len([name for name in names(result, "identity") if PSEUDONYM_PATTERN.fullmatch(name)]) == 2
    assert "makmur" not in text_of(result)


def test_the_public_learns_the_region_only() -> None:
    result = released(a_case(tlp="clear", consent=Consent.PSEUDONYM), PUBLIC)
    assert names(result, "identity") == {"CERT Nusa", "Financial services organisations in South-eastern Asia"}
    assert [item.get("region") for item in of_type(result, "location")] == ["eastern-europe", "south-eastern-asia"]
    for gone in ("impact", "task", "note", "course-of-action"):
        assert not of_type(result, gone)


# --- pseudonyms -----------------------------------------------------------------------------------------------------


def pseudonym_of(result: Released) -> str:
    return next(name for name in names(result, "identity") if PSEUDONYM_PATTERN.fullmatch(name))


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
        pseudonym_of(released(report, OTHER_REGIONAL)),
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
    ours, theirs = released(a_case()), released(a_case(), OTHER_REGIONAL)
    shared = {content["id"] for content in ours.contents} & {content["id"] for content in theirs.contents}
    assert {identifier.partition("--")[0] for identifier in shared} <= SCO_TYPES | {"marking-definition", "identity"}
    assert {identifier for identifier in shared if identifier.startswith("identity")} == {IDENTITY}


# --- k --------------------------------------------------------------------------------------------------------------


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
    assert "Infrastructure organisations in Malaysia" in names(released(a_case(victims=water)), "identity")
    clinic = (replace(VICTIM, sectors=("healthcare",)),)
    assert "Organisations in Malaysia" in names(released(a_case(victims=clinic)), "identity")
    few = a_member(constituents={("MY", "healthcare", "large"): 4})
    result = released(a_case(victims=clinic), member=few)
    assert "Organisations in South-eastern Asia" in names(result, "identity")
    assert "malaysia" not in text_of(result)


def test_without_counts_sector_size_and_country_are_dropped() -> None:
    result = released(a_case(consent=Consent.PSEUDONYM), member=a_member(constituents={}))
    assert names(result, "identity") == {"CERT Nusa", "Organisations in South-eastern Asia"}
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
