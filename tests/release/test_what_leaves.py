"""Which values of a report leave, and how precise they are: times, numbers, texts, observables."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import stix2

from hub.protocol.labels import OFFICER
from hub.release.policy import Approvals, text_key
from hub.reports.observables import ObservableType, Role
from hub.reports.report import Note
from hub.stix import incident, tlp
from hub.stix.identifiers import derived_id
from hub.stix.tlp import TLP
from tests.release.releasing import (
    LURE,
    PUBLIC,
    SECRETS,
    must_release,
    must_withhold,
    objects_of_type,
    only_object,
    released_text,
)
from tests.reports.making_reports import IDENTITY, VICTIM, a_case, a_feed, a_watch, seen

# --- times, numbers, words ------------------------------------------------------------------------------------------


def test_times_are_rounded_and_have_a_fidelity() -> None:
    regional_result = must_release(a_case())
    event = next(item for item in objects_of_type(regional_result, "event") if item["name"] == "Ransomware")
    assert (event["start_time"], event["start_time_fidelity"]) == ("2026-04-30T00:00:00Z", "day")
    public_result = must_release(a_case(tlp="clear"), PUBLIC)
    event = next(item for item in objects_of_type(public_result, "event") if item["name"] == "Ransomware")
    assert (event["start_time"], event["start_time_fidelity"]) == ("2026-04-01T00:00:00Z", "month")
    indicator = next(item for item in objects_of_type(must_release(a_feed()), "indicator"))
    assert (indicator["valid_from"], indicator["valid_until"]) == ("2026-05-01T10:00:00Z", "2026-05-31T12:00:00Z")


def test_numbers_are_rounded_and_ransoms_left_out() -> None:
    result = must_release(a_case())
    impact_extensions = {
        name: value for item in objects_of_type(result, "impact") for name, value in item["extensions"].items()
    }
    assert impact_extensions["availability-ext"] == {"availability_impact": 75}
    assert impact_extensions["confidentiality-ext"]["record_count"] == 10_000
    money = [
        item["extensions"]["economic-ext"]
        for item in objects_of_type(result, "impact")
        if "economic-ext" in item["extensions"]
    ]
    assert money == [
        {"variety": "ransom-demand"},
        {"variety": "response-and-recovery", "currency": "MYR", "min_amount": 10_000, "max_amount": 100_000},
    ]
    assert objects_of_type(result, "impact")[0]["impacted_entity_counts"] == {"computers-server": 10}
    core = only_object(result, "incident")["extensions"][incident.INCIDENT_CORE]
    assert core["criticality"] == 70
    assert "scores" not in core


def test_free_text_leaves_only_if_exactly_this_text_was_approved() -> None:
    report = a_case(notes=(Note("Patch the gateway before Monday.", "lesson"),))
    assert not objects_of_type(must_release(report), "note")
    approvals = Approvals("Aisyah", texts=frozenset({text_key("Patch the gateway before Monday.")}))
    assert (
        only_object(must_release(report, approvals=approvals), "note")["content"] == "Patch the gateway before Monday."
    )
    assert "Patch" not in json.dumps(must_release(replace(report, tlp="clear"), PUBLIC, approvals=approvals).contents)
    changed_report = a_case(notes=(Note("Patch the gateway before Tuesday.", "lesson"),))
    assert not objects_of_type(must_release(changed_report, approvals=approvals), "note")


@pytest.mark.parametrize(
    "text",
    [
        "BANK-SEJAHTERA was hit", "the bank of sejahtera%2Eexample", "\uff33\uff45\uff4a\uff41\uff48\uff54\uff45\uff52\uff41 Pay", "write to duty@somewhere.example",
        "call +60 12-345 6789", "from 198[.]51.100.9", "see C:\\Users\\amin\\x", "NRIC 850101-14-5523", "c2lDIGJhbmsgc2VqYWh0ZXJh",
        "Kuasa Elektrik, too", "ticket RT-887766", "Siti Binti RAHMAN said",
    ],
)  # fmt: skip
def test_an_approved_text_with_a_name_stops_the_release_and_shows_the_span(text: str) -> None:
    report = a_case(notes=(Note(text),))
    result = must_withhold(report, approvals=Approvals("Aisyah", texts=frozenset({text_key(text)})))
    assert "approved text" in result.reason
    assert "“" in result.reason


def test_an_approved_title_and_description_are_in_incident_and_container() -> None:
    report = a_case(title="Encryption over a holiday", description="It began on a Friday night.")
    keys = frozenset({text_key(report.title), text_key(report.description or "")})
    result = must_release(report, approvals=Approvals("Aisyah", texts=keys))
    assert only_object(result, "incident")["name"] == "Encryption over a holiday"
    assert only_object(result, "incident")["lang"] == "en"
    assert only_object(result, "report")["name"].startswith("Encryption over a holiday [confirmed")


def test_labels_of_unknown_namespaces_and_private_references_stay() -> None:
    result = must_release(
        a_case(labels=('rsit:malicious-code="infected-system"', "iodef:x=sejahtera", "company:sejahtera"))
    )
    assert only_object(result, "incident")["labels"] == ['rsit:malicious-code="infected-system"', OFFICER]
    assert [item["source_name"] for item in only_object(result, "incident")["external_references"]] == ["cve"]
    assert only_object(result, "vulnerability")["external_references"][0]["external_id"] == "CVE-2024-3400"
    assert "description" not in only_object(result, "vulnerability")


def test_only_tasks_that_are_lessons_leave() -> None:
    assert {item["name"] for item in objects_of_type(must_release(a_case()), "task")} == {"Containment"}


# --- observables ----------------------------------------------------------------------------------------------------


def test_only_the_adversarys_values_leave() -> None:
    result = must_release(a_case())
    values = {item["value"] for item in result.contents if "value" in item}
    assert values == {
        "203.0.113.7", "kertas-leaks.example", "https://kertas-leaks.example/pay?id=7", "support@kertas-leaks.example",
        "Kertas/1.0 (it's us)",
    }  # fmt: skip


def test_a_connection_leaves_without_the_victims_end_and_with_a_matching_id() -> None:
    traffic = only_object(must_release(a_case()), "network-traffic")
    assert {"src_ref", "src_port"}.isdisjoint(traffic)
    assert traffic["dst_port"] == 443
    assert traffic["id"] == derived_id(traffic)


def test_an_adversarys_domain_with_the_victims_name_is_held() -> None:
    result = must_release(a_case())
    assert LURE not in released_text(result)
    row = next(row for row in result.preview.rows if row.key == LURE)
    assert (row.outcome, row.type) == ("stays", "domain-name")
    assert "victim" in row.why


def test_an_approved_value_leaves_as_a_lone_indicator_without_reference_to_the_incident() -> None:
    result = must_release(a_case(), approvals=Approvals("Aisyah", values=frozenset({LURE})))
    assert LURE not in json.dumps(result.contents)
    lone = [content for content in result.lone_contents if content["type"] == "indicator"]
    assert [content["pattern"] for content in lone] == [f"[domain-name:value = '{LURE}']"]
    ids = {content["id"] for content in result.contents} - {IDENTITY, *tlp.TLP2_IDS.values()}
    assert not any(identifier in json.dumps(result.lone_contents) for identifier in ids)
    assert lone[0]["created"] == "2026-05-04T00:00:00.000Z", (
        "only the day, because the exact time would lead to the incident"
    )
    assert {"labels", "confidence", "external_references"}.isdisjoint(lone[0])
    assert "Ransomware" not in lone[0]["description"]
    bundle = result.lone_bundle()
    assert bundle is not None
    assert stix2.parse(bundle.serialize(), allow_custom=False)
    assert contains_no_other_secret(json.dumps(result.lone_contents))


def contains_no_other_secret(text: str) -> bool:
    remaining = text.casefold().replace(LURE, "")
    return not any(secret in remaining for secret in SECRETS)


def test_a_value_inside_a_constituents_network_stays_even_if_approved() -> None:
    report = a_watch(observables=(*a_watch().observables, seen(ObservableType.IPV4, "100.66.7.8")))
    result = must_release(report, approvals=Approvals("Aisyah", values=frozenset({"100.66.7.8"})))
    assert "100.66.7.8" not in released_text(result)


def test_a_hacked_third_party_leaves_alone_if_approved_and_never_to_the_public() -> None:
    approvals = Approvals("Aisyah", values=frozenset({"hacked-shop.example"}))
    regional_result = must_release(a_case(tlp="green"), approvals=approvals)
    lone = [content for content in regional_result.lone_contents if content["type"] == "indicator"]
    assert lone == []  # the value is not an indicator, because a third party's host is not to be blocked
    hacked_indicator = seen(ObservableType.DOMAIN, "hacked-shop.example", Role.THIRD_PARTY, as_indicator=True)
    regional_result = must_release(a_case(tlp="green", observables=(hacked_indicator,)), approvals=approvals)
    lone = [content for content in regional_result.lone_contents if content["type"] == "indicator"]
    assert [tlp.level(content) for content in lone] == [TLP.AMBER]
    assert "hacked-shop" not in released_text(
        must_release(a_case(tlp="clear", observables=(hacked_indicator,)), PUBLIC, approvals=approvals)
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
def test_an_adversarys_url_that_identifies_somebody_is_held(value: str) -> None:
    report = a_watch(observables=(*a_watch().observables, seen(ObservableType.URL, value)), victims=(VICTIM,))
    result = must_release(report)
    assert value not in json.dumps(result.contents)
    assert "203.0.113.7" in json.dumps(result.contents)
