"""What clients make of incidents that a CERT published: each fact is compared with what was sent.

Read by clients' own code: taxii2-client, stix2, cytaxii2, stix2-validator, misp-stix in both generations, pycti; cabby and
libtaxii are refused in words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pytest
import stix2
import taxii2client.v21 as taxii2
from cytaxii2 import cytaxii2

from hub.stix.tlp import LEVELS, TLP
from tests.clients import interpreters
from tests.clients.incidents import VICTIM, Incident, publish, with_what_it_names
from tests.oasis import complaints
from tests.producer.offices import Region
from tests.producer.running import bundle

STATEMENT: Final = "must not try to identify"
# taxii2-client refuses the address of an alias: the collection that answers has another id
IDS: Final = {
    "incidents": "85173d5c-585a-4e18-a7ba-27c85beb0fc0",
    "id": "078ec963-4158-4dc8-a305-122a519af1ae",
}
OBSERVED: Final = frozenset({"observed-data", "ipv4-addr", "domain-name"})
FILTERED: Final = ", without observables"
DRILLS: Final = "d1115f95-eb98-4dbe-bbb4-00e918ac34ba"
HIGHEST: Final = {"incidents": TLP.AMBER, "id": TLP.AMBER_STRICT}


@dataclass
class Hub:
    """The hub with what was published, and the keys of its accounts."""

    region: Region
    incidents: list[Incident]
    keys: dict[str, str]

    def collection(self, reader: str, alias: str) -> taxii2.Collection:
        url = f"{self.region.url}collections/{IDS[alias]}/"
        return taxii2.Collection(url, user=reader, password=self.keys[reader])

    def polled(self, reader: str, alias: str) -> list[dict[str, Any]]:
        """A whole poll, as taxii2-client does it."""
        with self.collection(reader, alias) as there:
            pages = taxii2.as_pages(there.get_objects, per_request=20)
            return [obj for page in pages for obj in page.get("objects", ())]

    def reports(self, alias: str) -> dict[str, tuple[Incident, list[Mapping[str, Any]]]]:
        """By report id, each report of a collection with what it names, as the national CERT of Singapore reads it."""
        objects = self.polled("sg-cert", alias)
        reports: dict[str, tuple[Incident, list[Mapping[str, Any]]]] = {}
        for obj in objects:
            if obj["type"] == "report":
                part = with_what_it_names(objects, obj)
                (incident,) = (
                    candidate
                    for candidate in self.incidents
                    if any(candidate.address in str(content) for content in part)
                )
                reports[incident.report_id] = incident, part
        return reports


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, store_kind: str) -> Iterator[Hub]:
    region = Region(tmp_path_factory.mktemp("region"))
    region.make()
    soc = region.hub("account", "add", "sg-soc", "--member", "SG", "--kind", "constituent").stdout.strip()
    region.start()
    try:
        incidents = publish(region, tmp_path_factory.mktemp("reports"))
        yield Hub(region, incidents, {"sg-cert": region.offices["SG"].key, "sg-soc": soc})
    finally:
        region.stop()


@pytest.fixture(scope="module")
def in_misp(hub: Hub) -> dict[str, dict[str, Any]]:
    """By generation and name, what misp-stix makes of each report, and of a whole poll."""
    events: dict[str, dict[str, Any]] = {}
    for generation in interpreters.GENERATIONS:
        bundles = {
            report_id: bundle(part)
            for alias in HIGHEST
            for report_id, (incident, part) in hub.reports(alias).items()
            if not (incident.withdrawn and generation == interpreters.OLDER)
        }
        if generation == interpreters.CURRENT:
            bundles |= {
                f"{report_id}{FILTERED}": bundle([obj for obj in contents["objects"] if obj["type"] not in OBSERVED])
                for report_id, contents in bundles.items()
            }
            bundles |= {alias: bundle(hub.polled("sg-cert", alias)) for alias in HIGHEST}
        events[generation] = interpreters.run(generation, "misp_import", bundles)
    return events


def events(imported: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [event.get("Event", event) for event in imported["events"]]


def tags(event: Mapping[str, Any], namespace: str) -> set[str]:
    return {tag["name"] for tag in event.get("Tag", ()) if tag["name"].startswith(f"{namespace}:")}


def clusters(event: Mapping[str, Any]) -> set[str]:
    """Of the event and of its attributes: where malware is linked to indicators, misp-stix shows it on these."""
    return set().union(*map(clusters_of, (event, *event["Attribute"])))


def clusters_of(tagged: Mapping[str, Any]) -> set[str]:
    """Of the event, or of one attribute."""
    return {cluster["value"] for galaxy in tagged.get("Galaxy", ()) for cluster in galaxy["GalaxyCluster"]}


# --- plain TAXII -------------------------------------------------------------------------------------------------------


def level_of(obj: Mapping[str, Any]) -> TLP | None:
    return max((LEVELS[ref] for ref in obj.get("object_marking_refs", ()) if ref in LEVELS), default=None)


@pytest.mark.parametrize(("reader", "clearance"), [("sg-cert", TLP.AMBER_STRICT), ("sg-soc", TLP.AMBER)])
def test_taxii_clients_read_what_was_sent(hub: Hub, reader: str, clearance: TLP) -> None:
    """taxii2-client, cytaxii2 and stix2 get the same objects, each word for word; of withdrawn ones the revocation."""
    sent: dict[str, dict[str, Any]] = {}
    for path in hub.region.offices["ID"].sent():
        objects = json.loads(path.read_text(encoding="utf-8"))["objects"]
        if any("exercise" in obj.get("labels", ()) or (level_of(obj) or 0) > TLP.AMBER for obj in objects):
            continue  # to other collections
        for obj in objects:
            if obj.get("modified", "") >= sent.get(obj["id"], {}).get("modified", ""):
                sent[obj["id"]] = obj
    polled = {obj["id"]: obj for obj in hub.polled(reader, "incidents")}
    for identifier, obj in polled.items():
        if identifier in sent and obj["type"] not in ("identity", "marking-definition"):
            assert obj == sent[identifier]
    assert all((level_of(obj) or TLP.CLEAR) <= clearance for obj in polled.values())
    missing = {
        identifier
        for identifier in sent.keys() - polled.keys()
        if not identifier.startswith(("ipv4-addr", "domain-name"))  # of the withdrawn one, which is deleted
    }
    assert not missing
    client = cytaxii2.cytaxii2(f"{hub.region.url.replace('asean/', '')}taxii2/", reader, hub.keys[reader], version=2.1)
    answer = client.poll_request(collection_id=IDS["incidents"])["response"]
    assert {obj["id"] for obj in answer["objects"]} == polled.keys()
    with hub.collection(reader, "incidents") as there:
        source = stix2.TAXIICollectionSource(there, allow_custom=True)
        contents = source.query([stix2.Filter("spec_version", "=", "2.1")])
    assert {obj["id"] for obj in contents} == polled.keys()
    assert VICTIM not in json.dumps(list(polled.values()))


def test_all_that_is_read_is_valid(hub: Hub) -> None:
    """By OASIS's own validator."""
    assert complaints(bundle(hub.polled("sg-cert", "incidents"))) == []


# --- MISP --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("generation", interpreters.GENERATIONS)
def test_misp_shows_each_report_as_it_was_sent(hub: Hub, in_misp: dict[str, dict[str, Any]], generation: str) -> None:
    """The right TLP and no other, the indicators for detection, the malware, a named place and the victim's sector."""
    for alias in HIGHEST:
        for report_id, (incident, _) in hub.reports(alias).items():
            if incident.withdrawn:
                continue
            (event,) = events(in_misp[generation][report_id])
            assert tags(event, "tlp") == {f"tlp:{incident.level.word}"}, report_id
            assert not tags(event, "pap"), report_id
            values = {attribute["value"]: attribute for attribute in event["Attribute"]}
            for value in (incident.address, incident.domain):
                assert values[value]["to_ids"], report_id
            assert incident.malware in clusters(event)
            assert "Indonesia" in clusters(event)
            assert any("Healthcare" in value for value in clusters(event))
            assert VICTIM not in json.dumps(event)


@pytest.mark.parametrize("generation", interpreters.GENERATIONS)
def test_misp_shows_the_malware_on_the_attributes_that_point_to_it(
    hub: Hub, in_misp: dict[str, dict[str, Any]], generation: str
) -> None:
    """And on no others. misp-stix of 2026 makes a new attribute of an indicator and its observable, without links: it is
    asked for all but observables (`match[type]`), as hub/docs/clients.md says.
    """
    for alias in HIGHEST:
        for report_id, (incident, _) in hub.reports(alias).items():
            if incident.withdrawn:
                continue
            (event,) = events(in_misp[generation][report_id + (FILTERED if generation == interpreters.CURRENT else "")])
            linked = {
                attribute["value"] for attribute in event["Attribute"] if incident.malware in clusters_of(attribute)
            }
            assert linked == ({incident.address, incident.domain} if incident.links_malware else set()), report_id
            assert tags(event, "tlp") == {f"tlp:{incident.level.word}"}, report_id


def test_misp_shows_a_whole_poll_below_the_collections_highest_level(in_misp: dict[str, dict[str, Any]]) -> None:
    """misp-stix puts every definition of a bundle on every event: none of these is above what is accepted there."""
    for alias, highest in HIGHEST.items():
        polled = events(in_misp[interpreters.CURRENT][alias])
        assert polled
        for event in polled:
            shown = {tag.removeprefix("tlp:") for tag in tags(event, "tlp")}
            assert shown <= {level.word for level in TLP if level <= highest} | {"white"}, alias
            assert "pap:red" not in tags(event, "pap")


def test_misp_shows_a_withdrawn_indicator_as_seen_last_when_it_was_withdrawn(
    hub: Hub, in_misp: dict[str, dict[str, Any]]
) -> None:
    """It knows no `revoked`: `valid_until` becomes `last_seen`, which is in the past. (Its generation of 2.4 fails on it.)"""
    (withdrawn,) = (incident for incident in hub.incidents if incident.withdrawn)
    (event,) = events(in_misp[interpreters.CURRENT][withdrawn.report_id])
    attributes = [
        attribute for attribute in event["Attribute"] if attribute["value"] in (withdrawn.address, withdrawn.domain)
    ]
    assert len(attributes) == 2
    assert all(datetime.fromisoformat(attribute["last_seen"]) <= datetime.now(UTC) for attribute in attributes)


# --- OpenCTI -----------------------------------------------------------------------------------------------------------


def test_opencti_stores_each_report_as_it_was_sent(hub: Hub) -> None:
    """Pycti splits and imports all of it: level, author, place, sector, malware, indicators, and what is revoked."""
    reports = {key: report_parts for alias in HIGHEST for key, report_parts in hub.reports(alias).items()}
    imported = interpreters.run(
        "pycti", "opencti_import", {report_id: bundle(part) for report_id, (_, part) in reports.items()}
    )
    for report_id, (incident, part) in reports.items():
        result = imported[report_id]
        assert result["incompatible"] == result["refused"] == []
        assert result["expected"] == len(result["imported"]) == len(part)
        stored: dict[str, list[dict[str, Any]]] = {}
        for operation, arguments in result["stored"]:
            stored.setdefault(operation, []).append(arguments)
        (report,) = stored["reportAdd"]
        assert max(LEVELS[ref] for ref in report["objectMarking"] if ref in LEVELS) == incident.level
        author = next(entity["stix_id"] for entity in stored["organizationAdd"])
        for operation in ("reportAdd", "incidentAdd", "indicatorAdd", "malwareAdd"):
            assert {entity["createdBy"] for entity in stored[operation]} == {author}
        assert [entity["name"] for entity in stored["locationAdd"]] == ["Indonesia"]
        assert [(entity["type"], "Healthcare" in entity["name"]) for entity in stored["identityAdd"]] == [
            ("Sector", True)
        ]
        assert [entity["name"] for entity in stored["malwareAdd"]] == [incident.malware]
        patterns = {entity["pattern"]: entity for entity in stored["indicatorAdd"]}
        assert len(patterns) == 2
        for pattern, indicator in patterns.items():
            assert incident.address in pattern or incident.domain in pattern
            is_over = datetime.fromisoformat(indicator["valid_until"]) <= datetime.now(UTC)
            assert is_over is bool(indicator["revoked"]) is incident.withdrawn
        definitions = {entity["definition"] for entity in stored["markingDefinitionAdd"]}
        # the statement has a level of its own, the lowest
        assert definitions - {incident.level.label, TLP.CLEAR.label} == {
            entity for entity in definitions if STATEMENT in entity
        }


def test_malware_is_linked_to_the_indicators_to_which_its_report_links_it(hub: Hub) -> None:
    """A galaxy on an attribute, or an arrow in a form, becomes `indicates`, and pycti stores that; other forms link nothing."""
    reports = {key: report for alias in HIGHEST for key, report in hub.reports(alias).items()}
    linked = {key: bundle(part) for key, (incident, part) in reports.items() if incident.links_malware}
    assert len(linked) == 3
    imported = interpreters.run("pycti", "opencti_import", linked)
    for report_id, (incident, part) in reports.items():
        names = {obj["id"]: obj["name"] for obj in part if obj["type"] == "malware"}
        indicators = {obj["id"] for obj in part if obj["type"] == "indicator"}
        links = {
            (obj["source_ref"], obj["target_ref"])
            for obj in part
            if obj["type"] == "relationship" and obj["relationship_type"] == "indicates"
        }
        assert {names[malware] for _, malware in links} <= {incident.malware}
        if incident.links_malware:
            assert {indicator for indicator, _ in links} == indicators
            stored = {
                (arguments["fromId"], arguments["toId"])
                for operation, arguments in imported[report_id]["stored"]
                if operation == "stixCoreRelationshipAdd" and arguments["relationship_type"] == "indicates"
            }
            assert stored == links


# --- drills, and TAXII 1 -----------------------------------------------------------------------------------------------


def test_a_drill_is_in_no_live_view_and_says_in_every_name_what_it_is(hub: Hub) -> None:
    """Nothing of it is in the live collections or listed; by its address a member reads it, and its names say DRILL."""
    (drill,) = (incident for incident in hub.incidents if incident.exercise)
    server = taxii2.Server(hub.region.url.replace("asean", "taxii2"), user="sg-cert", password=hub.keys["sg-cert"])
    with server:
        assert [root.url for root in server.api_roots] == [hub.region.url]
        for collection in server.default.collections:
            if collection.can_read:
                assert drill.address not in json.dumps(collection.get_objects())
    address = f"{hub.region.url.replace('asean', 'exercise')}collections/{DRILLS}/"
    with taxii2.Collection(address, user="sg-cert", password=hub.keys["sg-cert"]) as there:
        objects = there.get_objects()["objects"]
    labelled = [obj for obj in objects if "exercise" in obj.get("labels", ())]
    assert any(drill.address in str(obj) for obj in labelled)
    public = ("attack-pattern", "identity", "location")
    names = [obj["name"] for obj in labelled if "name" in obj and obj["type"] not in public]
    assert {"incident", "report", "indicator", "malware"} <= {obj["type"] for obj in labelled}
    assert all(name.startswith("DRILL: ") for name in names), names
    imported = interpreters.run("pycti", "opencti_import", {"drill": bundle(objects)})["drill"]
    assert imported["refused"] == []
    for operation, arguments in imported["stored"]:
        if operation in ("reportAdd", "incidentAdd", "indicatorAdd", "malwareAdd"):
            assert arguments["name"].startswith("DRILL: ")


def test_clients_for_other_protocols_are_refused_in_words(hub: Hub) -> None:
    """Cabby shows the status alone; libtaxii has the words."""
    url = hub.region.url.removesuffix("asean/")
    words = interpreters.run("TAXII 1", "taxii1", None, url, "sg-cert", hub.keys["sg-cert"])
    assert "405" in words["cabby"]
    assert "TAXII 2.1 server" in words["libtaxii"]
