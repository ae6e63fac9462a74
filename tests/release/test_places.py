"""Values that STIX has no type for: where they stand when they leave, and which of them are asked about first."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from stix2patterns.validator import run_validator
from stix2validator import ValidationOptions, validate_parsed_json

from hub.declarations import read_profiles
from hub.profile.check import Context, check
from hub.profile.rules import Profile, parse_profile
from hub.release.policy import Approvals
from hub.release.revocation import bare_revocation
from hub.release.step import Released
from hub.reports.knowledge import Technique
from hub.reports.observables import FileDetails, Observable, ObservableType
from hub.reports.report import Report
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
# (observable, what its pattern compares, type of the pattern)
OTHERS = [
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


def case(*observables: Observable) -> Report:
    return a_case(observables=observables, sightings=())


def protected() -> Profile:
    return parse_profile("protected", read_profiles(TOP / "profiles")["protected"])


def indicators(result: Released) -> list[dict[str, Any]]:
    return objects_of_type(result, "indicator")


@pytest.mark.parametrize("item", ACCOUNTS, ids=lambda item: item.type)
def test_accounts_and_telephone_numbers_are_asked_about_whoevers_they_are(item: Observable) -> None:
    """A mule's account may be a hacked customer's, and a number one whose name was used."""
    by_default = must_release(case(item))
    assert indicators(by_default) == []
    assert item.value not in str(by_default.contents)
    assert [row.key for row in by_default.preview.held() if row.key == item.value] == [item.value]


@pytest.mark.parametrize("item", ACCOUNTS, ids=lambda item: item.type)
def test_an_approved_account_leaves_with_its_incident_as_the_type_that_opencti_reads(item: Observable) -> None:
    result = must_release(case(item), approvals=Approvals("Aisyah", values=frozenset({item.value})))
    (indicator,), (observable,) = indicators(result), objects_of_type(result, item.type.value)
    assert f"{item.type.value}:" in indicator["pattern"]
    assert f"'{item.value}'" in indicator["pattern"]
    assert item.value in {observable.get("value"), observable.get("iban")}
    relationships = objects_of_type(result, "relationship")
    assert (indicator["id"], "based-on", observable["id"]) in {
        (each["source_ref"], each["relationship_type"], each["target_ref"]) for each in relationships
    }


@pytest.mark.parametrize(("item", "compared", "language"), OTHERS, ids=lambda value: str(getattr(value, "type", "")))
def test_other_values_leave_in_a_pattern_that_matches_them(item: Observable, compared: str, language: str) -> None:
    (indicator,) = indicators(must_release(case(item)))
    assert compared in indicator["pattern"]
    assert indicator["pattern_type"] == language
    if language == "stix":
        assert run_validator(indicator["pattern"], stix_version="2.1") == []
    assert item.value in indicator["name"]


def test_a_debug_path_with_somebodys_name_is_held() -> None:
    path = "C:\\Users\\siti.rahman\\proj\\x.pdb"
    assert indicators(must_release(case(seen(ObservableType.PDB_PATH, path)))) == []


def test_a_fingerprint_that_no_rule_computes_is_named_in_the_table() -> None:
    """JARM is measured by asking a server: nothing on the wire is compared with it."""
    from hub.rendering.render import render
    from tests.reports.making_reports import NOW, a_member

    result = render(case(seen(ObservableType.TLS_FINGERPRINT, "2ad2ad" * 10, data="jarm")), a_member(), now=NOW)
    assert [problem.value for problem in result.problems] == ["2ad2ad" * 10]


def test_protected_collections_take_what_leaves() -> None:
    values = frozenset(item.value for item in ACCOUNTS)
    result = must_release(
        case(*ACCOUNTS, *(item for item, _, _ in OTHERS)), approvals=Approvals("Aisyah", values=values)
    )
    rules, context = protected(), Context({IDENTITY: "MY"})
    assert [finding for content in result.contents for finding in check(content, [rules], context)] == []


def test_protected_collections_take_no_other_property_of_an_account() -> None:
    content = {
        "type": "bank-account",
        "spec_version": "2.1",
        "id": "bank-account--5d1f3f2a-5e0f-4a2c-9b1d-1c2f0a7b6e11",
        "iban": IBAN,
        "holder": "Siti",
    }
    assert any("holder" in str(finding) for finding in check(content, [protected()], Context({IDENTITY: "MY"})))


def test_a_technique_whose_name_is_like_the_victims_leaves_under_its_number() -> None:
    """The public name would stop the whole release."""
    report = a_case(
        victims=(replace(VICTIM, short_names=("Exploit Public",)),), techniques=(Technique("T1190", "T1190"),)
    )
    (technique,) = objects_of_type(must_release(report), "attack-pattern")
    assert technique["name"] == "T1190"


def test_a_feed_of_which_something_leaves_has_a_grouping_of_what_leaves() -> None:
    result = must_release(a_feed())
    (grouping,) = objects_of_type(result, "grouping")
    assert set(grouping["object_refs"]) <= {content["id"] for content in result.contents}
    assert {item["id"] for item in indicators(result)} <= set(grouping["object_refs"])
    assert grouping["name"] == "Indicator report: C2 Server"


def test_a_withdrawn_indicator_ends_even_where_nothing_else_of_it_may_be_repeated() -> None:
    """Many tools look at the end of validity alone."""
    (indicator,) = indicators(must_release(case(seen(ObservableType.DOMAIN, "beat.example"))))
    bare = bare_revocation({**indicator, "revoked": True}, keeps_pattern=False)
    assert bare["valid_until"] == indicator["valid_until"]


def test_an_account_that_another_report_marks_otherwise_is_another_object() -> None:
    """To a hub a custom type has no versions: it would refuse the same id with other content."""
    item = ACCOUNTS[0]
    approvals = Approvals("Aisyah", values=frozenset({item.value}))
    first, second = (
        objects_of_type(must_release(replace(case(item), tlp=level), approvals=approvals), "bank-account")[0]
        for level in ("green", "amber")
    )
    assert first["object_marking_refs"] != second["object_marking_refs"]
    assert first["id"] != second["id"]


def test_the_validator_of_oasis_takes_what_leaves() -> None:
    values = frozenset(item.value for item in ACCOUNTS)
    report = case(*ACCOUNTS, *(item for item, _, _ in OTHERS))
    bundle = json.loads(must_release(report, approvals=Approvals("Aisyah", values=values)).bundle().serialize())
    outcome = validate_parsed_json(bundle, ValidationOptions(version="2.1"))
    assert outcome.is_valid, outcome
