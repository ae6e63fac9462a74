"""Law L5 b: whatever brings unmarked objects along gives them its level, whichever property names them.

`feeds` takes up to AMBER, unmarked objects among them at AMBER; partners read GREEN there, constituents AMBER.
"""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from hub.stix.incident import EVENT, INCIDENT_CORE
from hub.stix.references import contained_in
from hub.stix.tlp import TLP
from tests.conftest import ClientOf
from tests.door.levels import grouping, seen_by, unmarked
from tests.server.making import (
    Client,
    Content,
    address,
    an_id,
    identity,
    ids,
    indicator,
    marked,
    note,
    stamp,
    versioned,
)

ADDRESS: Final = address(1, level=None)
INDICATOR: Final = indicator(1, level=None)
EVENT_OBJECT: Final = versioned(
    "event", 1, level=None, status="occurred", extensions={EVENT: {"extension_type": "new-sdo"}}
)
OBSERVED: Final[Content] = {
    "first_observed": stamp(1),
    "last_observed": stamp(1),
    "number_observed": 1,
    "object_refs": [an_id(3, "file")],
}
INCIDENT: Final[Content] = {
    "extension_type": "property-extension",
    "determination": "confirmed",
    "investigation_status": "open",
    "event_refs": [EVENT_OBJECT["id"]],
}
OLD_INCIDENT: Final[Content] = {"events": [{"event_ref": EVENT_OBJECT["id"], "transition": "initial"}]}
MAIL: Final[Content] = {
    "type": "email-message",
    "spec_version": "2.1",
    "id": an_id(3, "email-message"),
    "is_multipart": True,
    "body_multipart": [{"content_type": "text/plain", "body": "x"}, {"body_raw_ref": an_id(4, "artifact")}],
}
ATTACHMENT: Final[Content] = {
    "type": "artifact",
    "spec_version": "2.1",
    "id": an_id(4, "artifact"),
    "url": "https://files.example/1",
    "hashes": {"MD5": "d41d8cd98f00b204e9800998ecf8427e"},
}
EXTENSION: Final[Content] = {"extension_type": "property-extension", "part_refs": [INDICATOR["id"]]}
TRAFFIC: Final[Content] = {
    "type": "network-traffic",
    "spec_version": "2.1",
    "id": an_id(2, "network-traffic"),
    "protocols": ["tcp"],
    "src_ref": ADDRESS["id"],
}


def brings(object_type: str, **properties: Any) -> Content:
    return versioned(object_type, 2, level=None, **properties)


# container, and what it names
CONTAINERS: Final[dict[str, tuple[Content, Content]]] = {
    "opinion": (brings("opinion", opinion="agree", object_refs=[INDICATOR["id"]]), INDICATOR),
    "analysis of an observable": (brings("malware-analysis", product="x", analysis_sco_refs=[ADDRESS["id"]]), ADDRESS),
    "analysis of a sample": (
        brings("malware-analysis", product="x", result="malicious", sample_ref=ADDRESS["id"]),
        ADDRESS,
    ),
    "sighting of what was observed": (
        brings("sighting", sighting_of_ref=an_id(9), observed_data_refs=[an_id(1, "observed-data")]),
        versioned("observed-data", 1, level=None, **OBSERVED),
    ),
    "sighting by an organisation": (
        brings("sighting", sighting_of_ref=an_id(9), where_sighted_refs=[an_id(1, "identity")]),
        identity(1, level=None),
    ),
    "incident": (brings("incident", name="Incident", extensions={INCIDENT_CORE: INCIDENT}), EVENT_OBJECT),
    "observable": (TRAFFIC, ADDRESS),
    "incident as older drafts list its events": (
        brings("incident", name="Incident", x_incident=OLD_INCIDENT),
        EVENT_OBJECT,
    ),
    "part of a mail": (MAIL, ATTACHMENT),
    "list inside a custom container": (
        brings("x-acme-case", x_tasks=[{"x_steps": {"x_content_refs": [INDICATOR["id"]]}}]),
        INDICATOR,
    ),
    "custom container": (brings("x-acme-case", x_content_refs=[INDICATOR["id"]]), INDICATOR),
    "custom extension": (
        brings("campaign", name="Campaign", extensions={an_id(7, "extension-definition"): EXTENSION}),
        INDICATOR,
    ),
}


def readers(as_account: ClientOf, content: Content) -> list[str]:
    accounts = ("partner", "sg-soc", "sg-cert")
    return [name for name in accounts if content["id"] in ids(as_account(name).objects("feeds"))]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("kind", CONTAINERS)
def test_what_a_refused_container_brings_is_refused_with_it(as_account: ClientOf, kind: str, together: bool) -> None:
    """In its envelope, and when the contents come later."""
    container, content = CONTAINERS[kind]
    cert = as_account("id-cert")
    envelopes = [[container | marked(TLP.RED), content]] if together else [[container | marked(TLP.RED)], [content]]
    assert [cert.add("feeds", *envelope)["success_count"] for envelope in envelopes] == [0] * len(envelopes)
    assert readers(as_account, content) == []


@pytest.mark.parametrize("kind", CONTAINERS)
def test_what_a_refused_container_names_is_hidden_when_it_came_before(as_account: ClientOf, kind: str) -> None:
    """Unmarked and held from the same member, it has the container's level from then on."""
    container, content = CONTAINERS[kind]
    cert = as_account("id-cert")
    cert.publish("feeds", content)
    assert readers(as_account, content) == ["sg-soc", "sg-cert"]
    assert cert.add("feeds", container | marked(TLP.RED))["success_count"] == 0
    assert readers(as_account, content) == []


def test_what_an_invalid_container_names_has_its_level_all_the_same(as_account: ClientOf) -> None:
    """Before it, beside it and after it: a report that cannot be read does not make its contents less RED."""
    invalid = brings("report", object_refs=[an_id(1), an_id(3), an_id(4)]) | marked(TLP.RED)
    cert = as_account("id-cert")
    cert.publish("feeds", INDICATOR)
    assert cert.add("feeds", invalid, indicator(3, level=None))["success_count"] == 0
    assert cert.add("feeds", indicator(4, level=None))["success_count"] == 0
    assert as_account("sg-cert").objects("feeds", version="all", type="indicator") == []
    cert.publish("feeds", indicator(1, 2, level=TLP.AMBER), indicator(5, level=None))


def test_an_invalid_container_that_comes_alone_hides_what_it_names(as_account: ClientOf) -> None:
    """No object beside it is accepted, and what is stored has its level all the same."""
    cert = as_account("id-cert")
    cert.publish("feeds", INDICATOR)
    assert readers(as_account, INDICATOR) == ["sg-soc", "sg-cert"]
    assert cert.add("feeds", brings("report", object_refs=[an_id(1)]) | marked(TLP.RED))["success_count"] == 0
    assert readers(as_account, INDICATOR) == []


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("kind", CONTAINERS)
def test_an_object_is_green_in_a_green_container_but_not_what_a_sighting_saw(
    as_account: ClientOf, kind: str, together: bool
) -> None:
    """Nothing useful is lost; a sighting names who saw something, maybe a victim, and shows it to nobody more."""
    container, content = CONTAINERS[kind]
    envelopes = [[container | marked(TLP.GREEN), content]] if together else [[container | marked(TLP.GREEN)], [content]]
    for envelope in envelopes:
        as_account("id-cert").publish("feeds", *envelope)
    more = [] if container["type"] == "sighting" else ["partner"]
    assert readers(as_account, content) == [*more, "sg-soc", "sg-cert"]


def test_a_sighting_in_a_green_report_shows_nobody_who_saw_something(as_account: ClientOf) -> None:
    """The report names the sighting, and not the organisation."""
    sighting, organisation = CONTAINERS["sighting by an organisation"]
    grouping = versioned("grouping", 4, level=TLP.GREEN, context="x", object_refs=[sighting["id"]])
    as_account("id-cert").publish("feeds", grouping, sighting, organisation)
    assert readers(as_account, sighting) == ["partner", "sg-soc", "sg-cert"]
    assert readers(as_account, organisation) == ["sg-soc", "sg-cert"]


def test_relationships_translations_and_markings_give_no_level_to_what_they_name() -> None:
    """What they name was there before, or is no object to share."""
    for content in (
        versioned("relationship", 1, relationship_type="uses", source_ref=an_id(1), target_ref=an_id(2)),
        versioned("language-content", 1, object_ref=an_id(1)),
        indicator(1, x_ties=[{"type": "relationship", "source_ref": an_id(1), "target_ref": an_id(2)}]),
        versioned("sighting", 1, sighting_of_ref=an_id(1)),
        indicator(1, x_page_refs=["https://example.com/", "a--b"], x_page_ref="no id"),
        indicator(1, x_opencti_created_by_ref=an_id(1, "identity"), granular_markings=[]),
    ):
        assert contained_in(content) == ()


@pytest.mark.parametrize("first", ["in a container", "marked"])
def test_an_unmarked_version_in_a_lower_container_is_no_lower_than_the_version_before(
    as_account: ClientOf, first: str
) -> None:
    """The container that gave the level is deleted, or a tool left the marking out: neither lowers the object."""
    cert, constituent, partner = as_account("id-cert"), as_account("sg-soc"), as_account("partner")
    held_container = grouping(1, an_id(1), level=TLP.AMBER)
    if first == "marked":
        cert.publish("feeds", indicator(1, level=TLP.AMBER))
    else:
        cert.publish("feeds", indicator(1, level=None), held_container)
        cert.delete("feeds", held_container["id"])
    cert.publish("feeds", indicator(1, 2, level=None), note(2, about=[an_id(1)], level=TLP.GREEN))
    assert an_id(1) not in ids(partner.objects("feeds", version="all"))
    assert an_id(1) in ids(constituent.objects("feeds"))
    cert.publish("feeds", indicator(1, 3, level=TLP.GREEN))
    assert an_id(1) in ids(partner.objects("feeds")), "a marked one lowers it"


# what an envelope says beside its objects, and who reads an unmarked one of them
AROUND: Final[dict[str, tuple[Content, list[str]]]] = {
    "a bundle's marking, GREEN": ({"type": "bundle", "id": an_id(1, "bundle"), **marked(TLP.GREEN)}, ["partner", "sg-soc"]),
    "a bundle's marking, RED": ({"type": "bundle", "id": an_id(1, "bundle"), **marked(TLP.RED)}, []),
    "a word": ({"tlp": "red"}, []),
    "a label": ({"labels": ["tlp:green"]}, ["partner", "sg-soc"]),
    "a word that is not understood": ({"x_tlp": "merah"}, []),
    "a marking of which nothing is known": ({"object_marking_refs": [an_id(900, "marking-definition")]}, []),
    "too deep to be read": ({"x": json.loads('{"a":' * 400 + "1" + "}" * 400)}, []),
    "nothing": ({"more": False, "x_sender": "tool"}, ["sg-soc"]),
}  # fmt: skip


@pytest.mark.parametrize("name", AROUND)
def test_what_an_envelope_says_beside_its_objects_counts_for_the_unmarked_ones(as_account: ClientOf, name: str) -> None:
    """As a container of theirs; what is marked itself has its own level."""
    around, readers = AROUND[name]
    body = json.dumps({**around, "objects": [INDICATOR, indicator(2)]}).encode()
    status = as_account("id-cert").post("feeds", body).json
    assert status["success_count"] == (2 if readers else 1)
    seen = {reader: ids(as_account(reader).objects("feeds")) for reader in ("partner", "sg-soc")}
    assert [reader for reader in seen if INDICATOR["id"] in seen[reader]] == readers
    assert all(an_id(2) in seen[reader] for reader in seen)


@pytest.mark.parametrize(
    ("level", "readers"),
    [
        (TLP.GREEN, ["partner", "sg-soc", "sg-cert"]),
        (TLP.AMBER, ["sg-soc", "sg-cert"]),
        (TLP.RED, []),
    ],
)
def test_an_unmarked_object_has_the_level_of_what_names_it(
    as_account: ClientOf, level: TLP, readers: list[str]
) -> None:
    """A GREEN event is accepted whole and read at GREEN; of a RED one nothing is shown, also not its indicators."""
    status = as_account("id-cert").add("feeds", unmarked(1), grouping(2, an_id(1), level=level))
    assert status["success_count"] == (0 if level is TLP.RED else 2)
    assert seen_by(as_account, an_id(1)) == readers


def test_a_container_passes_its_level_on_through_another(as_account: ClientOf) -> None:
    """Transitively, and of several the highest."""
    inner, outer = grouping(2, an_id(1)), grouping(3, an_id(2, "grouping"), level=TLP.GREEN)
    as_account("id-cert").publish("feeds", unmarked(1), inner, outer)
    assert seen_by(as_account, an_id(1)) == ["partner", "sg-soc", "sg-cert"]
    as_account("id-cert").publish("feeds", grouping(4, an_id(2, "grouping"), level=TLP.AMBER))
    assert seen_by(as_account, an_id(1)) == ["sg-soc", "sg-cert"], "a later container raises what it names"


def test_a_held_container_of_the_same_member_counts_and_nobody_elses(as_account: ClientOf) -> None:
    """Sent later, the object still has its level; another member's grouping has no effect on it."""
    as_account("id-cert").publish("feeds", grouping(2, an_id(1), level=TLP.GREEN))
    as_account("id-cert").publish("feeds", unmarked(1))
    assert "partner" in seen_by(as_account, an_id(1))
    as_account("sg-cert").publish("feeds", grouping(5, an_id(1), level=TLP.AMBER, author="SG"))
    assert "partner" in seen_by(as_account, an_id(1))


def test_an_unmarked_object_alone_is_shown_at_the_default_and_the_status_says_so(indonesia: Client) -> None:
    """Its sender learns who reads it until it is marked."""
    status = indonesia.publish("feeds", unmarked(1))
    assert "TLP:AMBER" in status["successes"][0]["message"]
