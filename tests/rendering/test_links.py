"""What indicators point to: only what the report ties them to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hub.rendering.render import Rendered, render
from hub.rendering.versions import VersionRecord
from hub.reports.knowledge import Actor, Malware, Technique
from hub.reports.observables import FileDetails, Observable, ObservableType, Relation, Role
from hub.reports.report import Report
from tests.reports.making_reports import LATER, NOW, a_case, a_feed, a_member, seen

FILE = seen(ObservableType.FILE, "9c" * 32, file=FileDetails(hashes={"SHA-256": "9c" * 32}))
HOST = seen(ObservableType.IPV4, "203.0.113.7")
SENDER = seen(ObservableType.EMAIL, "bill@sender.example")


def case(*observables: Observable, **changes: Any) -> Report:
    plain: dict[str, Any] = {"sightings": (), "malware": (Malware("Emotet"),), "techniques": ()}
    return a_case(observables=observables, **{**plain, **changes})


def rendered(report: Report, record: VersionRecord | None = None) -> Rendered:
    return render(report, a_member(), record=record, now=NOW)


def triples(report: Report, kind: str) -> set[tuple[str, str]]:
    """(what the source is called, what the target is called) of each relationship of a kind."""
    contents = {content["id"]: content for content in rendered(report).contents}

    def called(ref: str) -> str:
        content = contents[ref]
        return str(content.get("name") or content.get("value") or content["type"])

    relationships = (item for item in contents.values() if item.get("relationship_type") == kind)
    return {(called(item["source_ref"]), called(item["target_ref"])) for item in relationships}


def test_an_indicator_is_based_on_the_observable_of_its_value() -> None:
    assert ("IPv4 address 203.0.113.7", "203.0.113.7") in triples(case(HOST), "based-on")


def test_the_indicators_of_a_feed_are_not_each_tied_to_their_observable() -> None:
    """One observation holds them all; thousands of relationships would say no more."""
    assert triples(a_feed(), "based-on") == set()


def test_an_indicator_indicates_what_the_report_ties_it_to_and_nothing_else() -> None:
    tied = replace(HOST, malware="Emotet")
    report = case(tied, FILE, malware=(Malware("Emotet"), Malware("Trickbot")))
    assert triples(report, "indicates") == {("IPv4 address 203.0.113.7", "Emotet")}


def test_an_indicator_indicates_techniques_and_actors_that_a_relation_names() -> None:
    end = ("observable", " ".join(HOST.key))
    report = case(
        HOST,
        techniques=(Technique("T1105", "T1105"),),
        actors=(Actor("Sample Spider"),),
        relations=(
            Relation(end, "indicates", ("technique", "T1105")),
            Relation(end, "indicates", ("actor", "Sample Spider")),
        ),
    )
    linked_names = {"Ingress Tool Transfer", "Sample Spider"}
    assert triples(report, "indicates") == {("IPv4 address 203.0.113.7", name) for name in linked_names}


def test_a_value_that_a_report_ties_to_a_technique_is_of_its_phases() -> None:
    end = ("observable", " ".join(HOST.key))
    relation = Relation(end, "indicates", ("technique", "T1105"))
    report = case(HOST, techniques=(Technique("T1105", "T1105"),), relations=(relation,))
    (indicator,) = (content for content in rendered(report).contents if content["type"] == "indicator")
    phase = {"kill_chain_name": "mitre-attack", "phase_name": "command-and-control"}
    assert indicator["kill_chain_phases"] == [phase]


def test_the_only_malware_is_not_stamped_on_senders_and_hosts() -> None:
    """A report that names one malware and ties it to nothing: only what a program leaves can be the program's."""
    assert triples(case(FILE, HOST, SENDER), "indicates") == {(f"File {'9c' * 32}", "Emotet")}


def test_a_deduced_link_says_how_sure_it_is() -> None:
    relationships = (content for content in rendered(case(FILE)).contents if content["type"] == "relationship")
    deduced = [item for item in relationships if item["relationship_type"] == "indicates"]
    assert [item["confidence"] for item in deduced] == [50]


def test_the_host_of_a_command_server_points_to_the_only_malware() -> None:
    report = case(HOST, rsit=(("malicious-code", "c2-server"),))
    assert triples(report, "indicates") == {("IPv4 address 203.0.113.7", "Emotet")}


def test_where_the_report_ties_anything_nothing_else_is_deduced() -> None:
    report = case(replace(HOST, malware="Emotet"), FILE)
    assert triples(report, "indicates") == {("IPv4 address 203.0.113.7", "Emotet")}


def test_a_hacked_third_party_is_not_tied_to_the_malware_by_deduction() -> None:
    hacked = replace(FILE, role=Role.THIRD_PARTY)
    assert triples(case(hacked), "indicates") == set()


def test_a_relation_in_a_word_of_somebodys_own_becomes_related_to() -> None:
    """A word that no standard knows may say what must not leave."""
    ends = ("observable", " ".join(FILE.key)), ("observable", " ".join(HOST.key))
    report = case(FILE, HOST, relations=(Relation(ends[0], "stolen-from-bank-sejahtera", ends[1]),))
    assert ("file", "203.0.113.7") in triples(report, "related-to")
    assert "stolen-from" not in rendered(report).bundle().serialize()


def test_a_relation_told_from_its_other_end_is_turned_round() -> None:
    ends = ("observable", " ".join(FILE.key)), ("observable", " ".join(HOST.key))
    report = case(FILE, HOST, relations=(Relation(ends[0], "downloaded-from", ends[1]),))
    assert triples(report, "downloads") == {("203.0.113.7", "file")}


def test_a_relation_to_what_is_not_there_is_named_in_the_table() -> None:
    end = ("observable", " ".join(HOST.key))
    result = rendered(case(HOST, relations=(Relation(end, "drops", ("malware", "Zloader")),)))
    assert [problem.value for problem in result.problems] == ["malware Zloader"]


def test_an_incident_is_related_by_the_kinds_that_platforms_take() -> None:
    kinds = {item["relationship_type"] for item in rendered(a_case()).contents if item["type"] == "relationship"}
    assert {"targets", "uses", "attributed-to"} <= kinds
    assert kinds.isdisjoint({"impacts", "contact-for"})


def test_a_report_that_left_before_keeps_its_relationships_and_gets_the_new_ones_besides() -> None:
    """A better word for the same thing must not revoke what receivers have."""
    before = VersionRecord(wording=2)
    result = rendered(a_case(), before)
    kinds = {item["relationship_type"] for item in result.contents if item["type"] == "relationship"}
    assert {"impacts", "targets", "contact-for", "related-to", "uses"} <= kinds
    assert all("name" not in item for item in result.contents if item["type"] == "location")


def test_places_techniques_and_families_have_names_that_tools_show() -> None:
    result = rendered(case(techniques=(Technique("T1486", "T1486"),), malware=(Malware("LockBit"),)))
    shown = {
        item["type"]: item for item in result.contents if item["type"] in ("attack-pattern", "location", "malware")
    }
    assert shown["location"]["name"] == "Malaysia"
    assert shown["attack-pattern"]["name"] == "Data Encrypted for Impact"
    assert shown["attack-pattern"]["kill_chain_phases"] == [{"kill_chain_name": "mitre-attack", "phase_name": "impact"}]
    assert shown["malware"]["malware_types"] == ["ransomware"]


def test_a_feed_comes_in_a_grouping_that_names_all_of_it() -> None:
    """Importers that make an event of each container would else copy what is in none into every event."""
    contents = rendered(a_feed()).contents
    (grouping,) = (item for item in contents if item["type"] == "grouping")
    loose = {item["id"] for item in contents} - set(grouping["object_refs"]) - {grouping["id"]}
    assert {identifier.partition("--")[0] for identifier in loose} == {"marking-definition"}


def test_the_members_identity_is_the_same_wherever_it_is_made() -> None:
    """One id with another `created` would be another object (STIX 2.1, 3.2), and without its contact nobody can ask back."""
    first, second = (
        next(item for item in render(report, a_member(), now=now).contents if item["type"] == "identity")
        for report, now in ((a_case(victims=()), NOW), (a_feed(), LATER))
    )
    assert first == second
    assert first["contact_information"] == "duty@cert-nusa.example"
