"""Values for which STIX has no type: in which objects they leave, and which of them are held."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from stix2patterns.validator import run_validator

from hub.declarations import read_profiles
from hub.profile.check import Context, check
from hub.profile.rules import Profile, parse_profile
from hub.release.policy import Approvals
from hub.release.revocation import bare_revocation
from hub.release.step import Released
from hub.reports.knowledge import Technique
from hub.reports.observables import FileDetails, Observable, ObservableType
from hub.reports.report import Report
from tests.oasis import complaints
from tests.places import TOP
from tests.release.releasing import must_release, objects_of_type
from tests.reports.making_reports import IDENTITY, VICTIM, a_case, a_feed, seen

IBAN = "GB33BUKB20201555555555"
JA3 = "72a589da586844d7f0818ce684948eea"
ACCOUNTS = [
    seen(ObservableType.BANK_ACCOUNT, IBAN),
    seen(ObservableType.PHONE, "+442079460958"),
    seen(ObservableType.WALLET, "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
]
# (observable, a part of its pattern, type of the pattern)
WITHOUT_STIX_TYPE = [
    (seen(ObservableType.USER_AGENT, "xq/2.1"), "user-agent:value = 'xq/2.1'", "stix"),
    (seen(ObservableType.URI_PATH, "/gate.php?id="), "'http-request-ext'.request_value = '/gate.php?id='", "stix"),
    (seen(ObservableType.NAMED_PIPE, "svc_b0"), r"file:name = '\\\\.\\pipe\\svc_b0'", "stix"),
    (seen(ObservableType.PDB_PATH, "D:\\w\\u.pdb"), '$path = "D:\\\\w\\\\u.pdb"', "yara"),
    (seen(ObservableType.TLS_FINGERPRINT, JA3, data="ja3"), f'ja3.hash; content:"{JA3}";', "suricata"),
    (
        seen(ObservableType.FILE, "ab" * 16, file=FileDetails(imphash="ab" * 16)),
        f"file:extensions.'windows-pebinary-ext'.imphash = '{'ab' * 16}'",
        "stix",
    ),
]


def case_with(*observables: Observable) -> Report:
    return a_case(observables=observables, sightings=())


def protected_profile() -> Profile:
    return parse_profile("protected", read_profiles(TOP / "profiles")["protected"])


def indicators(result: Released) -> list[dict[str, Any]]:
    return objects_of_type(result, "indicator")


@pytest.mark.parametrize("item", ACCOUNTS, ids=lambda item: item.type)
def test_accounts_and_telephone_numbers_are_held_for_every_owner(item: Observable) -> None:
    """The account may be that of a hacked customer, and the number that of a person whose name was used."""
    default_result = must_release(case_with(item))
    assert indicators(default_result) == []
    assert item.value not in str(default_result.contents)
    assert [row.key for row in default_result.preview.held() if row.key == item.value] == [item.value]


@pytest.mark.parametrize("item", ACCOUNTS, ids=lambda item: item.type)
def test_an_approved_account_leaves_with_its_incident_as_a_type_of_opencti(item: Observable) -> None:
    result = must_release(case_with(item), approvals=Approvals("Aisyah", values=frozenset({item.value})))
    (indicator,), (observable,) = indicators(result), objects_of_type(result, item.type.value)
    assert f"{item.type.value}:" in indicator["pattern"]
    assert f"'{item.value}'" in indicator["pattern"]
    assert item.value in {observable.get("value"), observable.get("iban")}
    relationships = objects_of_type(result, "relationship")
    assert (indicator["id"], "based-on", observable["id"]) in {
        (relationship["source_ref"], relationship["relationship_type"], relationship["target_ref"])
        for relationship in relationships
    }


@pytest.mark.parametrize(
    ("item", "pattern_part", "language"), WITHOUT_STIX_TYPE, ids=lambda value: str(getattr(value, "type", ""))
)
def test_other_values_leave_in_a_pattern_that_matches_them(item: Observable, pattern_part: str, language: str) -> None:
    (indicator,) = indicators(must_release(case_with(item)))
    assert pattern_part in indicator["pattern"]
    assert indicator["pattern_type"] == language
    if language == "stix":
        assert run_validator(indicator["pattern"], stix_version="2.1") == []
    assert item.value in indicator["name"]


def test_a_debug_path_with_a_persons_name_is_held() -> None:
    path = "C:\\Users\\siti.rahman\\proj\\x.pdb"
    assert indicators(must_release(case_with(seen(ObservableType.PDB_PATH, path)))) == []


def test_a_fingerprint_without_a_rule_is_reported_as_a_problem() -> None:
    """JARM is measured by connecting to a server, so no rule can compare network traffic with it."""
    from hub.rendering.render import render
    from tests.reports.making_reports import NOW, a_member

    result = render(case_with(seen(ObservableType.TLS_FINGERPRINT, "2ad2ad" * 10, data="jarm")), a_member(), now=NOW)
    assert [problem.value for problem in result.problems] == ["2ad2ad" * 10]


def test_protected_collections_accept_what_leaves() -> None:
    values = frozenset(item.value for item in ACCOUNTS)
    result = must_release(
        case_with(*ACCOUNTS, *(item for item, _, _ in WITHOUT_STIX_TYPE)), approvals=Approvals("Aisyah", values=values)
    )
    rules, context = protected_profile(), Context({IDENTITY: "MY"})
    assert [finding for content in result.contents for finding in check(content, [rules], context)] == []


def test_protected_collections_accept_no_other_property_of_an_account() -> None:
    content = {
        "type": "bank-account",
        "spec_version": "2.1",
        "id": "bank-account--5d1f3f2a-5e0f-4a2c-9b1d-1c2f0a7b6e11",
        "iban": IBAN,
        "holder": "Siti",
    }
    assert any("holder" in str(finding) for finding in check(content, [protected_profile()], Context({IDENTITY: "MY"})))


def test_a_technique_whose_name_resembles_the_victims_leaves_with_its_number() -> None:
    """Its public name would stop the whole release."""
    report = a_case(
        victims=(replace(VICTIM, short_names=("Exploit Public",)),), techniques=(Technique("T1190", "T1190"),)
    )
    (technique,) = objects_of_type(must_release(report), "attack-pattern")
    assert technique["name"] == "T1190"


def test_a_released_feed_has_a_grouping_of_its_objects() -> None:
    result = must_release(a_feed())
    (grouping,) = objects_of_type(result, "grouping")
    assert set(grouping["object_refs"]) <= {content["id"] for content in result.contents}
    assert {item["id"] for item in indicators(result)} <= set(grouping["object_refs"])
    assert grouping["name"] == "Indicator report: C2 Server"


def test_a_withdrawn_indicator_keeps_its_end_of_validity() -> None:
    """Many tools check only the end of validity."""
    (indicator,) = indicators(must_release(case_with(seen(ObservableType.DOMAIN, "beat.example"))))
    revocation = bare_revocation({**indicator, "revoked": True}, keeps_pattern=False)
    assert revocation["valid_until"] == indicator["valid_until"]


def test_an_account_with_another_marking_is_another_object() -> None:
    """The hub keeps no versions of custom types: it would refuse the same id with other content."""
    item = ACCOUNTS[0]
    approvals = Approvals("Aisyah", values=frozenset({item.value}))
    first, second = (
        objects_of_type(must_release(replace(case_with(item), tlp=level), approvals=approvals), "bank-account")[0]
        for level in ("green", "amber")
    )
    assert first["object_marking_refs"] != second["object_marking_refs"]
    assert first["id"] != second["id"]


def test_the_validator_of_oasis_accepts_what_leaves() -> None:
    values = frozenset(item.value for item in ACCOUNTS)
    report = case_with(*ACCOUNTS, *(item for item, _, _ in WITHOUT_STIX_TYPE))
    bundle = json.loads(must_release(report, approvals=Approvals("Aisyah", values=values)).bundle().serialize())
    assert complaints(bundle) == []
