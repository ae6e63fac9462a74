"""What once came through the door, as the attackers sent it, over both stores; README.md says which row is tested where.

`feeds` takes up to AMBER; partners read GREEN there, constituents AMBER. Anybody reads CLEAR in `bulletins`.
"""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Any, Final

import pytest

from hub.community.hub import Hub
from hub.sharing.seed import seed
from hub.stix.identifiers import SCO_NAMESPACE
from hub.stix.tlp import TLP
from tests.conftest import ClientOf
from tests.door.levels import EXTENSION, RED_ID
from tests.server.making import (
    IDENTITIES,
    Content,
    address,
    an_id,
    ids,
    indicator,
    marked,
    note,
    stamp,
    statement,
    versioned,
)

OUTSIDER: Final = an_id(990, "identity")
MD5: Final = "d41d8cd98f00b204e9800998ecf8427e"
HERE: Final = Path(__file__).parent


def extension_definition(**changes: Any) -> Content:
    content = versioned("extension-definition", 901, level=None)
    about = {
        "name": "Extension",
        "schema": "https://id-cert.example/schema",
        "version": "1.0",
        "extension_types": ["property-extension"],
    }
    return content | about | changes


def seen_in(as_account: ClientOf, collection: str, object_id: str, *readers: str | None) -> list[str | None]:
    return [reader for reader in readers if object_id in ids(as_account(reader).objects(collection, limit=1000))]


@pytest.mark.parametrize("collection", ["feeds", "bulletins"])
@pytest.mark.parametrize(
    "definition",
    [statement(1) | marked(TLP.RED), statement(1) | {"name": "TLP:RED"}, extension_definition(**marked(TLP.RED))],
    ids=["marking", "name", "extension"],
)
def test_c7_a_definition_has_the_level_that_it_says(as_account: ClientOf, collection: str, definition: Content) -> None:
    """It was accepted everywhere, and shown to everybody."""
    assert "TLP:RED" in as_account("id-cert").refusal(collection, definition)
    readers = [None] if collection == "bulletins" else []
    assert seen_in(as_account, collection, definition["id"], "partner", "sg-soc", *readers) == []


@pytest.mark.parametrize(
    "hiding",
    [
        {"extensions": {EXTENSION: {"extension_type": "property-extension", "object_marking_refs": [RED_ID]}}},
        {"external_references": [{"source_name": "x", "external_id": "1", "object_marking_refs": [RED_ID]}]},
        {"x_embedded": {"type": "report", "object_marking_refs": [RED_ID]}},
    ],
    ids=["extension", "external reference", "embedded object"],
)
def test_c8_a_marking_deep_inside_counts(as_account: ClientOf, hiding: Content) -> None:
    """A partner read what its author had marked RED."""
    assert "TLP:RED" in as_account("id-cert").refusal("feeds", indicator(1) | hiding)
    assert seen_in(as_account, "feeds", an_id(1), "partner", "sg-soc", "sg-cert") == []


def test_h1_a_translation_tells_nobody_what_its_object_does_not(as_account: ClientOf) -> None:
    """It was read at GREEN, and repeated what is AMBER."""
    translation = {**note(1), "type": "language-content", "id": an_id(1, "language-content"), "object_ref": an_id(1)}
    for name in ("content", "object_refs"):
        del translation[name]
    cert = as_account("id-cert")
    cert.publish("feeds", indicator(1, level=TLP.AMBER))
    cert.publish("feeds", translation | {"contents": {"de": {"name": "Name"}}})
    assert seen_in(as_account, "feeds", translation["id"], "partner", "sg-soc") == ["sg-soc"]


@pytest.mark.parametrize("way", ["in a property", "in a text"])
def test_h2_no_object_names_an_observable_below_its_level_in_another_collection(as_account: ClientOf, way: str) -> None:
    """A partner found the value by trying those of a /24."""
    observable = address(1, level=TLP.AMBER_STRICT)
    as_account("sg-cert").publish("alerts", observable)
    naming = note(1, about=[observable["id"]]) if way == "in a property" else note(1, content=observable["id"])
    assert observable["id"] in as_account("id-cert").refusal("feeds", naming)


def test_h2_a_member_does_not_publish_higher_what_its_own_object_named(as_account: ClientOf) -> None:
    """Named first, and published higher later."""
    observable = address(1, level=TLP.AMBER_STRICT)
    cert = as_account("id-cert")
    cert.publish("feeds", note(1, about=[observable["id"]]))
    assert an_id(1, "note") in cert.refusal("alerts", observable)


def test_h3_a_raised_level_takes_the_older_version_along(as_account: ClientOf) -> None:
    """The GREEN version was served to partners permanently, and they never learned of the revocation."""
    cert = as_account("id-cert")
    cert.publish("feeds", indicator(1))
    cert.publish("feeds", indicator(1, 2, level=TLP.AMBER))
    assert as_account("partner").objects("feeds", version="all") == []
    assert "TLP:GREEN" in cert.refusal("feeds", indicator(1, 3, level=TLP.AMBER, revoked=True))
    cert.publish("feeds", {**indicator(1), "modified": stamp(3), "revoked": True})
    (shown,) = as_account("partner").objects("feeds")
    assert shown["revoked"] is True


@pytest.mark.parametrize(
    "content",
    [
        statement(1) | {"created_by_ref": IDENTITIES["SG"]},
        extension_definition(created_by_ref=IDENTITIES["SG"]),
        address(1) | {"created_by_ref": IDENTITIES["SG"]},
        address(1) | {"x_opencti_created_by_ref": IDENTITIES["SG"]},
        {"type": "x-acme", "spec_version": "2.1", "id": an_id(1, "x-acme"), "created_by_ref": IDENTITIES["SG"]}
        | marked(TLP.GREEN),
    ],
    ids=["marking", "extension", "observable", "platform's property", "custom object without versions"],
)
def test_h4_nobody_names_another_member_as_the_author(as_account: ClientOf, content: Content) -> None:
    """On types without versions it was accepted."""
    assert "another member" in as_account("id-cert").refusal("feeds", content)


@pytest.mark.parametrize("how", [{"revoked": True}, {"description": "poisoned"}], ids=["revoked", "changed"])
def test_h5_what_the_hub_put_in_is_changed_by_nobody(hub: Hub, as_account: ClientOf, how: Content) -> None:
    """A member revoked an extension definition of the hub permanently, and `hub init` saw nothing wrong."""
    feeds = hub.catalogue.find("region", "feeds")
    assert feeds is not None
    seed(hub.store, hub.catalogue, feeds)
    own = as_account("id-cert").objects("feeds", type="extension-definition", limit=1000)[0]
    assert "the hub's own" in as_account("id-cert").refusal("feeds", own | {"modified": stamp(9)} | how)
    assert own in as_account("partner").objects("feeds", type="extension-definition", limit=1000)


def test_h6_what_a_member_relayed_is_revoked_by_that_member_alone(as_account: ClientOf) -> None:
    """Any member could."""
    relayed = versioned("malware", 1, author=OUTSIDER, name="Relayed", is_family=False)
    as_account("id-cert").publish("feeds", relayed)
    later = relayed | {"modified": stamp(2), "revoked": True}
    assert "belongs to another member" in as_account("my-cert").refusal("feeds", later)
    as_account("id-cert").publish("feeds", later)


def test_h7_nobody_contradicts_another_members_observable_under_its_id(as_account: ClientOf) -> None:
    """All readers' last version of the file was the second member's, with another SHA-256."""
    derived = uuid.uuid5(SCO_NAMESPACE, f'{{"hashes":{{"MD5":"{MD5}"}}}}')
    file = {"type": "file", "spec_version": "2.1", "id": f"file--{derived}", **marked(TLP.GREEN)}
    first = file | {"hashes": {"MD5": MD5, "SHA-256": "a" * 64}}
    as_account("id-cert").publish("feeds", first)
    second = file | {"hashes": {"MD5": MD5, "SHA-256": "b" * 64}}
    assert "contradicts" in as_account("sg-cert").refusal("feeds", second)
    assert as_account("partner").objects("feeds", id=file["id"]) == [first]


def test_h13_a_status_is_bounded(as_account: ClientOf) -> None:
    """20,000 empty objects, 114 bytes of gzip, made a status of 4.3 MB."""
    status = as_account("id-cert").post("feeds", b'{"objects":[' + b",".join([b"{}"] * 20_000) + b"]}")
    assert len(status.get_data()) < 500_000


def test_every_row_of_the_table_has_a_test() -> None:
    """README.md names tests that are there."""
    root = HERE.parent.parent
    rows = re.findall(r"^\| ([CH]\d+) \|.*\| (.+) \|$", (HERE / "README.md").read_text(), flags=re.MULTILINE)
    assert len(rows) == 17
    for row, tests in rows:
        for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", tests):
            assert re.search(rf"^def {name}", (root / file).read_text(), flags=re.MULTILINE), (row, file, name)
        assert "::" in tests, row


@pytest.mark.parametrize(
    "claim",
    [
        {"x_author_ref": IDENTITIES["SG"]},
        {"x_acme": {"authorRefs": [IDENTITIES["SG"]]}},
        {"x_author": {"name": "SingCERT", "id": IDENTITIES["SG"]}},
        {"x_created_by": IDENTITIES["SG"]},
        {"x_misp_orgc": {"identity_ref": IDENTITIES["SG"]}},
        {"extensions": {EXTENSION: {"extension_type": "property-extension", "created_by_refs": [IDENTITIES["SG"]]}}},
    ],
    ids=lambda claim: str(next(iter(claim))),
)
def test_no_property_names_another_member_as_the_author(as_account: ClientOf, claim: Content) -> None:
    """A platform's property was believed there, and nothing checked it."""
    assert "another member" in as_account("id-cert").refusal("feeds", indicator(1) | claim)
    as_account("sg-cert").publish("feeds", indicator(2, author="SG") | claim)


def test_another_member_is_mentioned_where_no_author_is_named(as_account: ClientOf) -> None:
    """For example where something was seen, or whom an object is about."""
    sighting = versioned(
        "sighting", 1, sighting_of_ref=an_id(1), where_sighted_refs=[IDENTITIES["SG"]], x_asked_ref=IDENTITIES["SG"]
    )
    as_account("id-cert").publish("feeds", sighting, note(1, about=[IDENTITIES["SG"]]))


@pytest.mark.parametrize("aliases", [{"x_opencti_aliases": ["SG-CERT"]}, {"aliases": ["Acme", "Singapore CERT"]}])
def test_no_alias_is_the_name_of_another_members_cert(as_account: ClientOf, aliases: Content) -> None:
    """Platforms merge what has the same alias."""
    acme = versioned("identity", 1, name="Acme", identity_class="organization") | aliases
    assert "alias" in as_account("id-cert").refusal("feeds", acme)
