"""What a report becomes as STIX, as it is at the CERT."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import stix2

from hub.home.keys import Key
from hub.protocol.labels import Stage
from hub.rendering.render import Rendered, render
from hub.rendering.versions import VersionRecord
from hub.reports.observables import FileDetails, ObservableType, Role
from hub.reports.report import Report, ReportKind, ReportStatus
from hub.stix import incident, tlp
from hub.stix.identifiers import SCO_TYPES, derived_id
from hub.stix.schema import faults
from tests.oasis import complaints
from tests.release.releasing import objects_of_type, only_object
from tests.reports.making_reports import (
    IDENTITY,
    LATER,
    NOW,
    SECRET,
    a_case,
    a_feed,
    a_member,
    a_watch,
    moment,
    seen,
)

UUID4 = re.compile(r"[a-z-]+--[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def rendered(report: Report, record: VersionRecord | None = None, **more: Any) -> Rendered:
    return render(report, a_member(), record=record, now=more.pop("now", NOW), **more)


def core(result: Rendered) -> dict[str, Any]:
    value: dict[str, Any] = only_object(result, "incident")["extensions"][incident.INCIDENT_CORE]
    return value


EVERY_KIND = pytest.mark.parametrize("report", [a_case(), a_feed(), a_watch()], ids=["case", "feed", "watch"])


@EVERY_KIND
def test_every_bundle_passes_stix2_the_validator_and_the_hub(report: Report) -> None:
    """Strictly: no custom properties, every reference of an allowed type."""
    result = rendered(report)
    bundle = json.loads(result.bundle().serialize())
    assert stix2.parse(bundle, allow_custom=False)
    assert complaints(bundle) == []
    assert [faults(content) for content in bundle["objects"] if faults(content)] == []
    assert not result.problems


@EVERY_KIND
def test_the_stix2_objects_say_exactly_what_the_contents_say(report: Report) -> None:
    """A CERT that publishes one and then the other must not send two contents under one version."""
    result = rendered(report)
    assert [json.loads(item.serialize()) for item in result.objects] == list(result.contents)


@EVERY_KIND
def test_every_object_is_marked_with_tlp_and_pap(report: Report) -> None:
    result = rendered(replace(report, pap="amber"))
    for content in result.contents:
        if content["type"] != "marking-definition" and content["id"] != IDENTITY:
            assert tlp.level(content) is tlp.BY_WORD[report.tlp], content
            assert tlp.PAP_IDS["amber"] in content["object_marking_refs"]
    assert {item["id"] for item in objects_of_type(result, "marking-definition")} >= {
        tlp.TLP2_IDS[tlp.BY_WORD[report.tlp]]
    }


@EVERY_KIND
def test_a_second_import_gives_the_same_bytes(report: Report) -> None:
    first = rendered(report)
    again = rendered(report, first.record, now=LATER)
    assert again.bundle().serialize() == first.bundle().serialize()
    assert again.record == first.record


def test_a_changed_report_gives_new_versions_of_what_changed_and_of_nothing_else() -> None:
    first = rendered(a_case())
    changed = rendered(a_case(severity=None), first.record, now=LATER)
    before = {content["id"]: content for content in first.contents}
    changed_types = {content["type"] for content in changed.contents if content != before.get(content["id"])}
    assert changed_types == {"incident", "report"}
    now, then = only_object(changed, "incident"), only_object(first, "incident")
    assert (now["id"], now["created"]) == (then["id"], then["created"])
    assert now["modified"] == "2026-05-06T03:02:01.678Z"


def test_a_change_within_the_same_millisecond_is_still_a_later_version() -> None:
    """Clocks are set back; versions are not."""
    first = rendered(a_case())
    changed = rendered(a_case(severity=None), first.record, now=NOW - timedelta(hours=1))
    assert only_object(changed, "incident")["modified"] == "2026-05-04T03:02:01.679Z"


def test_an_indicator_that_a_later_stage_drops_is_revoked_in_the_same_bundle() -> None:
    first = rendered(a_case(stage=Stage.EARLY))
    remaining = tuple(item for item in a_case().observables if item.value != "kertas-leaks.example")
    final = rendered(a_case(stage=Stage.FINAL, observables=remaining), first.record, now=LATER)
    dropped = [item for item in objects_of_type(final, "indicator") if item.get("revoked")]
    assert [item["pattern"] for item in dropped] == ["[domain-name:value = 'kertas-leaks.example']"]
    assert dropped[0]["modified"] > dropped[0]["created"]
    assert dropped[0]["id"] not in only_object(final, "report")["object_refs"]
    # and the same report again says the same again
    assert rendered(a_case(stage=Stage.FINAL, observables=remaining), final.record).contents == final.contents


def test_what_was_revoked_comes_back_under_another_id() -> None:
    """After a revocation no newer version of an object counts (STIX 2.1, 3.6)."""
    first = rendered(a_case())
    without = rendered(a_case(observables=()), first.record, now=LATER)
    restored = rendered(a_case(), without.record, now=LATER)
    living = [item for item in objects_of_type(restored, "indicator") if not item.get("revoked")]
    assert {item["pattern"] for item in living} == {item["pattern"] for item in objects_of_type(first, "indicator")}
    assert {item["id"] for item in living}.isdisjoint(item["id"] for item in objects_of_type(first, "indicator"))


def test_an_indicator_that_its_source_withdrew_is_revoked() -> None:
    result = rendered(a_watch(observables=(seen(ObservableType.IPV4, "203.0.113.7", revoked=True),)))
    assert only_object(result, "indicator")["revoked"] is True


def test_ids_are_random_to_everybody_without_the_key_and_alike_at_every_import() -> None:
    result = rendered(a_case())
    for content in result.contents:
        if content["type"] not in SCO_TYPES and content["type"] != "marking-definition":
            assert UUID4.fullmatch(content["id"]), content["id"]
    other = render(a_case(), replace(a_member(), key=Key(SECRET[::-1])), now=NOW)
    ids = {content["id"] for content in result.contents} & {content["id"] for content in other.contents}
    assert {identifier.partition("--")[0] for identifier in ids} <= SCO_TYPES | {"marking-definition", "identity"}
    assert {identifier for identifier in ids if identifier.startswith("identity")} == {IDENTITY}


def test_scos_have_the_ids_that_stix_derives() -> None:
    for content in rendered(a_case()).contents:
        if content["type"] in SCO_TYPES:
            assert content["id"] == derived_id(content)


def test_two_reports_point_at_one_object_for_what_is_public_knowledge() -> None:
    first, other = rendered(a_case()), rendered(a_case(report_id="NUSA-2026-0043"))
    shared = {content["id"] for content in first.contents} & {content["id"] for content in other.contents}
    types = Counter(identifier.partition("--")[0] for identifier in shared)
    assert types["malware"] == types["attack-pattern"] == types["threat-actor"] == 1
    assert types["incident"] == types["report"] == types["indicator"] == 0
    same = {content["id"]: content for content in first.contents if content["id"] in shared}
    assert all(same[content["id"]] == content for content in other.contents if content["id"] in shared)


def test_the_container_names_everything_but_events_impacts_and_tasks() -> None:
    result = rendered(a_case())
    container = only_object(result, "report")
    apart = {"event", "impact", "task", "marking-definition", "language-content", "report"}
    everything = {content["id"] for content in result.contents if content["type"] not in apart}
    assert set(container["object_refs"]) == everything
    core_extension = core(result)
    inside = {ref for name in ("event_refs", "impact_refs", "task_refs") for ref in core_extension[name]}
    assert inside == {content["id"] for content in result.contents if content["type"] in {"event", "impact", "task"}}


def test_the_container_repeats_type_criticality_determination_and_stage() -> None:
    container = only_object(rendered(a_case(stage=Stage.UPDATE)), "report")
    assert container["name"] == ("Ransomware: Ransomware at Bank Sejahtera [confirmed, criticality 80, stage update]")
    assert "Ransomware (confirmed, criticality 80, stage update)" in container["description"]
    assert {"stage:update", "determination:confirmed", "criticality:80", "type:ransomware"} <= set(container["labels"])


def test_the_container_keeps_its_id_and_published_through_all_stages() -> None:
    record, ids, dates = None, set(), set()
    for number, stage in enumerate(Stage):
        result = rendered(a_case(stage=stage), record, now=NOW + timedelta(days=number))
        record = result.record
        container = only_object(result, "report")
        assert f"stage:{stage}" in container["labels"]
        ids.add(container["id"])
        dates.add(container["published"])
    assert (len(ids), dates) == (1, {"2026-05-04T03:02:01.678Z"})


def test_the_incident_is_written_in_the_newest_form() -> None:
    result = rendered(a_case())
    written = core(result)
    assert written["determination"] == "confirmed"
    assert written["criticality"] == 80
    assert written["scores"] == [{"name": "national 1-5", "value": 4, "description": "4"}]
    assert "impacted_entity_counts" not in written
    impacts = objects_of_type(result, "impact")
    assert [item["impact_category"] for item in impacts].count("economic") == 2
    assert impacts[0]["impacted_entity_counts"] == {"computers-server": 37}
    assert impacts[3]["extensions"]["economic-ext"] == {
        "variety": "ransom-demand",
        "currency": "USD",
        "min_amount": 750_000,
        "max_amount": 750_000,
    }


def test_counts_of_a_report_without_impacts_are_not_lost() -> None:
    assert core(rendered(a_case(impacts=())))["impacted_entity_counts"] == {"computers-server": 37}


def test_events_and_tasks_have_names_and_times_with_their_fidelity() -> None:
    result = rendered(a_case())
    assert all(item["name"] for object_type in ("event", "task") for item in objects_of_type(result, object_type))
    main = next(item for item in objects_of_type(result, "event") if item["name"] == "Ransomware")
    assert (main["start_time"], main["start_time_fidelity"]) == ("2026-04-30T14:15:00Z", "second")
    detected = next(item for item in objects_of_type(result, "task") if item["task_types"] == ["detected"])
    assert (detected["start_time"], detected["start_time_fidelity"]) == ("2026-05-01T00:00:00Z", "hour")
    exfiltration = next(
        item for item in objects_of_type(result, "event") if item["event_types"] == ["data-exfiltration"]
    )
    assert main["next_event_refs"] == [exfiltration["id"]]


@EVERY_KIND
def test_every_indicator_ends_and_stands_alone(report: Report) -> None:
    for item in objects_of_type(rendered(report), "indicator"):
        assert item["valid_until"] > item["valid_from"]
        assert "CERT Nusa" in item["description"]


@EVERY_KIND
def test_every_sighting_says_where(report: Report) -> None:
    result = rendered(report)
    identities = {item["id"] for item in objects_of_type(result, "identity")}
    assert all(set(item["where_sighted_refs"]) <= identities for item in objects_of_type(result, "sighting"))


def test_patterns_are_escaped_and_name_the_adversarys_end_only() -> None:
    patterns = {item["pattern"] for item in objects_of_type(rendered(a_case()), "indicator")}
    assert (
        "[user-agent:value = 'Kertas/1.0 (it\\'s us)' OR "
        "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'Kertas/1.0 (it\\'s us)']"
    ) in patterns
    assert "[mutex:name = 'Global\\\\kertas']" in patterns
    assert f"[file:hashes.MD5 = '{'ab' * 16}' OR file:hashes.'SHA-256' = '{'3f' * 32}']" in patterns
    traffic = next(text for text in patterns if text.startswith("[network-traffic:dst"))
    assert "203.0.113.7" in traffic
    assert "198.51.100" not in traffic


def test_only_indicators_of_the_adversary_that_nobody_held_are_made() -> None:
    patterns = " ".join(item["pattern"] for item in objects_of_type(rendered(a_case()), "indicator"))
    for value in ("198.51.100.20", "gw.sejahtera.example", "hacked-shop.example", "203.0.113.99", "203.0.113.53"):
        assert value not in patterns


def test_observations_are_grouped_by_whose_they_are() -> None:
    groups = {item["labels"][0] for item in objects_of_type(rendered(a_case()), "observed-data")}
    assert groups == {"role:adversary", "role:victim", "role:third-party", "role:unknown", "role:held"}


def test_a_value_that_is_stricter_than_its_report_is_not_named_in_the_container() -> None:
    """An object marked lower than an SCO that it names would be refused: the id gives the value away (law L5)."""
    strict = seen(ObservableType.IPV4, "203.0.113.8", tlp="amber+strict")
    result = rendered(a_watch(observables=(*a_watch().observables, strict)))
    marked = {content["id"]: tlp.level(content) for content in result.contents}
    container = only_object(result, "report")
    assert all(
        (marked[ref] or 0) <= tlp.TLP.GREEN for ref in container["object_refs"] if ref.partition("--")[0] in SCO_TYPES
    )
    secret = [content for content in result.contents if content.get("value") == "203.0.113.8"]
    assert [tlp.level(content) for content in secret] == [tlp.TLP.AMBER_STRICT]
    for content in result.contents:
        for ref in content.get("object_refs", ()):
            if ref.partition("--")[0] in SCO_TYPES:
                assert (tlp.level(content) or 0) >= (marked[ref] or 0)


def test_a_feed_becomes_indicators_and_counted_sightings_and_no_incident() -> None:
    result = rendered(a_feed())
    types = Counter(content["type"] for content in result.contents)
    assert types["indicator"] == 12
    assert types["sighting"] == 14
    assert types["incident"] == types["report"] == 0
    amplifiers = next(item for item in objects_of_type(result, "sighting") if item["count"] == 1234)
    assert amplifiers["sighting_of_ref"].startswith("vulnerability--")


def test_a_watch_becomes_a_container_with_indicators_and_no_incident() -> None:
    result = rendered(a_watch())
    assert not objects_of_type(result, "incident")
    container = only_object(result, "report")
    assert {item["id"] for item in objects_of_type(result, "indicator")} <= set(container["object_refs"])
    assert container["report_types"] == ["indicator"]


def test_exercise_is_said_only_when_asked_for() -> None:
    assert "exercise" not in json.dumps(rendered(a_case()).contents)
    drill = rendered(a_case(), exercise=True)
    for object_type in ("incident", "report", "indicator", "event", "relationship"):
        assert all("exercise" in item["labels"] for item in objects_of_type(drill, object_type))


def test_what_cannot_become_stix_is_named_in_the_table() -> None:
    bad = seen(ObservableType.FILE, "x", file=FileDetails("x.exe", {"SHA-256": "nonsense"}))
    result = rendered(a_watch(observables=(*a_watch().observables, bad)))
    assert [item.key for item in result.problems] == ["hash SHA-256"]
    assert only_object(result, "file")["name"] == "x.exe"


def test_an_indicator_whose_end_lies_before_its_beginning_keeps_its_end() -> None:
    item = seen(
        ObservableType.IPV4,
        "203.0.113.8",
        valid_from=moment("2026-05-01T00:00:00+00:00"),
        valid_until=moment("2026-04-01T00:00:00+00:00"),
    )
    indicator = only_object(rendered(a_watch(observables=(item,))), "indicator")
    assert indicator["valid_until"] == "2026-04-01T00:00:00Z"
    assert indicator["valid_from"] < indicator["valid_until"]


def test_a_value_that_is_the_adversarys_here_and_the_victims_there_is_not_the_adversarys() -> None:
    twice = (seen(ObservableType.IPV4, "203.0.113.8"), seen(ObservableType.IPV4, "203.0.113.8", Role.VICTIM))
    result = rendered(a_watch(observables=twice))
    sco = next(content for content in result.contents if content.get("value") == "203.0.113.8")
    assert not result.origins[sco["id"]].is_adversary


def test_a_closed_report_without_a_stage_is_final_and_any_other_early() -> None:
    assert "stage:final" in only_object(rendered(a_case(status=ReportStatus.CLOSED)), "report")["labels"]
    assert "stage:early" in only_object(rendered(a_case(status=ReportStatus.NEW)), "report")["labels"]


def test_related_reports_are_related_by_the_ids_that_they_have() -> None:
    other = only_object(rendered(a_case(report_id="NUSA-2026-0001")), "incident")["id"]
    result = rendered(a_case(related_reports=("NUSA-2026-0001",)))
    assert other in {item["target_ref"] for item in objects_of_type(result, "relationship")}


def test_the_key_shows_itself_nowhere() -> None:
    member = a_member()
    shown = f"{member!r} {member.key} {member.key!r} {member}"
    assert "thirty-two" not in shown
    assert SECRET.hex() not in shown
    with pytest.raises(TypeError):
        member.key.__reduce__()


def test_a_report_kind_is_all_that_decides_about_an_incident() -> None:
    assert not objects_of_type(rendered(a_case(kind=ReportKind.WATCH, victims=())), "incident")
