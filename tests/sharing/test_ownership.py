"""Whose an object is (law L4): nobody speaks for another member, or under its name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest
import stix2

from hub.settings import Limits
from hub.sharing.access import (
    NOBODY,
    HubCopy,
    Level,
    Owner,
    Refusal,
    decide_owner,
    level_of,
)
from hub.sharing.catalogue import Collection
from hub.sharing.definitions import own_objects
from hub.stix.objects import StixObject, parse_object
from hub.stix.tlp import TLP, tlp1_definition, tlp2_definition
from hub.store.records import BY_HUB, BY_MARKING
from hub.taxii.protocol import HELD_ALREADY
from tests.sharing.making import (
    CATALOGUE,
    ID_MISP,
    ID_OWN,
    OPEN,
    OUTSIDER,
    RELAY,
    SG_OPENCTI,
    SG_OWN,
    address,
    identity,
    note,
    parsed,
    stix_object,
)

DERIVED = stix2.IPv4Address(value="198.51.100.3").id
OPENCTI_AUTHOR = {
    "extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82": {
        "extension_type": "property-extension",
        "created_by_ref": SG_OPENCTI,
    }
}
STATEMENT_CONTENT: Final[dict[str, Any]] = {
    "modified": None,
    "definition_type": "statement",
    "definition": {"statement": "Handle with care"},
}
STATEMENT = stix_object("marking-definition", **STATEMENT_CONTENT)
EXTENSION = {"name": "x", "schema": "x", "version": "1.0.0", "extension_types": ["property-extension"]}


@pytest.mark.parametrize(
    ("obj", "collection", "owner"),
    [
        (note(created_by_ref=ID_OWN), OPEN, "ID"),
        (note(created_by_ref=ID_MISP), OPEN, "ID"),
        (note(created_by_ref=ID_MISP), RELAY, "ID"),
        (note(), OPEN, "ID"),
        (note(), RELAY, "ID"),
        (note(created_by_ref=OUTSIDER), RELAY, NOBODY),
        (identity(id=ID_OWN), OPEN, "ID"),
        (identity(id=ID_MISP, created_by_ref=ID_OWN), OPEN, "ID"),
        (identity(id=ID_MISP, created_by_ref=OUTSIDER), OPEN, "ID"),
        (identity(id=OUTSIDER), OPEN, "ID"),
        (identity(id=OUTSIDER, created_by_ref=OUTSIDER), RELAY, NOBODY),
        (address("198.51.100.3", id=DERIVED), OPEN, NOBODY),
        (address("198.51.100.4", id=DERIVED), OPEN, "ID"),
        (address("198.51.100.4"), OPEN, "ID"),
        (stix_object("extension-definition", created_by_ref=ID_OWN, **EXTENSION), OPEN, "ID"),
        (stix_object("extension-definition", created_by_ref=OUTSIDER, **EXTENSION), RELAY, NOBODY),
        (STATEMENT, OPEN, NOBODY),
        (address("198.51.100.3", id=DERIVED, x_opencti_created_by_ref=ID_MISP), OPEN, NOBODY),
        (address("198.51.100.4", x_opencti_created_by_ref=OUTSIDER), RELAY, "ID"),
    ],
)
def test_whom_an_object_belongs_to(obj: StixObject, collection: Collection, owner: str) -> None:
    """Published by Indonesia: its own, or nobody's (definitions, relayed work, SCOs with the id of their value)."""
    assert decide_owner("ID", obj, collection, CATALOGUE) == Owner(owner)


@pytest.mark.parametrize(
    "definition", [tlp2_definition(TLP.AMBER_STRICT), tlp1_definition(TLP.AMBER)], ids=lambda d: d["name"]
)
def test_marking_definitions_belong_to_nobody(definition: dict[str, Any]) -> None:
    """Every tool sends them along, so every writer may; those that the hub puts in itself are CLEAR."""
    obj = parse_object(definition, Limits())
    assert isinstance(obj, StixObject)
    assert decide_owner("ID", obj, OPEN, CATALOGUE) == Owner(NOBODY)
    declared = replace(CATALOGUE, own_objects=own_objects(CATALOGUE))
    assert level_of(obj, OPEN, declared) == Level(TLP.CLEAR, BY_HUB)


def test_a_definition_that_the_hub_does_not_hold_there_has_the_level_that_it_says() -> None:
    """TLP:RED is no part of a collection that takes nothing above AMBER+STRICT; a changed definition is not the hub's."""
    for content in (tlp2_definition(TLP.RED), tlp1_definition(TLP.AMBER) | {"name": "TLP:RED"}):
        obj = parse_object(content, Limits())
        if isinstance(obj, StixObject):
            assert level_of(obj, OPEN, CATALOGUE) == Level(TLP.RED, BY_MARKING)


@pytest.mark.parametrize(
    ("obj", "collection", "words"),
    [
        (note(created_by_ref=SG_OWN), OPEN, "names another member"),
        (note(created_by_ref=SG_OPENCTI), RELAY, "names another member"),
        (note(created_by_ref=OUTSIDER), OPEN, "no identity of a member"),
        (identity(id=SG_OWN), OPEN, "identity of another member"),
        (identity(id=SG_OWN), RELAY, "identity of another member"),
        (identity(id=SG_OPENCTI, created_by_ref=ID_OWN), OPEN, "identity of another member"),
        (identity(id=ID_OWN, created_by_ref=SG_OWN), OPEN, "names another member"),
        (identity(id=OUTSIDER, created_by_ref=OUTSIDER), OPEN, "no identity of a member"),
        (stix_object("extension-definition", created_by_ref=SG_OWN, **EXTENSION), RELAY, "names another member"),
        (stix_object("extension-definition", created_by_ref=OUTSIDER, **EXTENSION), OPEN, "no identity of a member"),
        (
            stix_object("marking-definition", **(STATEMENT_CONTENT | {"created_by_ref": SG_OWN})),
            OPEN,
            "names another member",
        ),
        (address("198.51.100.3", id=DERIVED, created_by_ref=SG_OWN), RELAY, "names another member"),
        (address("198.51.100.3", id=DERIVED, x_opencti_created_by_ref=SG_OPENCTI), RELAY, "names another member"),
        (address("198.51.100.3", id=DERIVED, extensions=OPENCTI_AUTHOR), RELAY, "names another member"),
        (stix_object("x-thing", created=None, modified=None, created_by_ref=SG_OWN), RELAY, "names another member"),
    ],
)
def test_nobody_speaks_for_another(obj: StixObject, collection: Collection, words: str) -> None:
    """Not even by being the first to publish another member's identity; the words say what to do instead."""
    verdict = decide_owner("ID", obj, collection, CATALOGUE)
    assert isinstance(verdict, Refusal)
    assert words in verdict.message
    assert ID_OWN in verdict.message or "only that member may publish it" in verdict.message


CERT_NAMES: Final = (
    "Sg-CERT",
    "S g C E R T",
    "SgC\u0415RT",
    "\uff33\uff47\uff23\uff25\uff32\uff34",
    "5gCERT",
    "Sg\u200bCERT (real)",
    "SgCERT\u00ae",
)


@pytest.mark.parametrize("name", CERT_NAMES)
@pytest.mark.parametrize("code", ["ID", "SG"])
def test_nobody_takes_the_name_of_a_members_cert(name: str, code: str) -> None:
    """Not under a new id, in no spelling that a reader would take for it; not even the member itself, unless declared."""
    with_sgcert = replace(
        CATALOGUE, members={**CATALOGUE.members, "SG": replace(CATALOGUE.members["SG"], cert="SgCERT (Singapore)")}
    )
    verdict = decide_owner(code, identity(id=OUTSIDER, name=name), OPEN, with_sgcert)
    assert isinstance(verdict, Refusal)
    assert "members.toml" in verdict.message
    assert decide_owner(code, identity(id=OUTSIDER, name="SgCERT Friends"), OPEN, with_sgcert) == Owner(code)
    assert decide_owner("SG", identity(id=SG_OPENCTI, name=name), OPEN, with_sgcert) == Owner("SG")


@pytest.mark.parametrize("name", CERT_NAMES)
def test_nobody_names_another_members_cert_as_the_author_of_a_note(name: str) -> None:
    """In no spelling that a reader would take for it; its own CERT and persons are a member's to name."""
    with_sgcert = replace(
        CATALOGUE, members={**CATALOGUE.members, "SG": replace(CATALOGUE.members["SG"], cert="SgCERT (Singapore)")}
    )
    verdict = decide_owner("ID", note(authors=["Analyst 7", name]), OPEN, with_sgcert)
    assert isinstance(verdict, Refusal)
    assert "another member's CERT" in verdict.message
    assert decide_owner("ID", note(authors=["Analyst 7"]), OPEN, with_sgcert) == Owner("ID")


WITH_NAMES: Final = replace(
    CATALOGUE,
    members={
        "ID": replace(CATALOGUE.members["ID"], cert="Id-CSOC/CC (IDNC)", country="Indonesia"),
        "SG": replace(CATALOGUE.members["SG"], cert="SgCERT", country="Singapore"),
    },
)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ID", "The SgCERT duty desk"),
        ("ID", "SgCERT Singapore"),
        ("ID", "Official SgCERT: alerts"),
        ("ID", "SgCERT 2"),
        ("ID", "Singapore CERT"),
        ("ID", "National CSIRT of Singapore"),
        ("ID", "CERT-SG"),
        ("SG", "Id-CSOC"),
        ("SG", "Id-CSOC Coordination Centre"),
        ("SG", "IDNC"),
        ("SG", "Indonesia CERT"),
    ],
)
def test_nobody_takes_what_readers_call_another_members_cert(code: str, name: str) -> None:
    """Its short name, its country's CERT, and words that go with any office; what is one's own may be called so."""
    for obj in (identity(id=OUTSIDER, name=name), note(authors=[name])):
        assert isinstance(decide_owner(code, obj, OPEN, WITH_NAMES), Refusal)
        other = "SG" if code == "ID" else "ID"
        assert decide_owner(other, obj, OPEN, WITH_NAMES) == Owner(other)


@pytest.mark.parametrize(
    "name", ["CERT", "National Cyber Security Agency", "CC", "Bank of Singapore", "SgCERT Friends", "CSOC"]
)
def test_other_offices_keep_their_names(name: str) -> None:
    """Words that go with any office are nobody's."""
    assert decide_owner("ID", identity(id=OUTSIDER, name=name), OPEN, WITH_NAMES) == Owner("ID")


def test_only_a_member_translates_its_identity_and_is_named_as_an_author_by_it() -> None:
    """A translation says what the member is called, and how it is reached."""
    translation = {"object_ref": SG_OWN, "contents": {"id": {"name": "Lain", "contact_information": "x@bad.example"}}}
    assert isinstance(decide_owner("ID", stix_object("language-content", **translation), RELAY, CATALOGUE), Refusal)
    assert decide_owner("SG", stix_object("language-content", **translation), RELAY, CATALOGUE) == Owner("SG")
    assert isinstance(decide_owner("ID", note(authors=[SG_OWN]), OPEN, CATALOGUE), Refusal)


def test_what_the_hub_put_in_is_left_as_it_is() -> None:
    """Its definitions and the members' identities: the exact copy is no change, anything else is refused."""
    catalogue = replace(CATALOGUE, own_objects=own_objects(CATALOGUE))
    for content in catalogue.own_objects.values():
        owner = catalogue.member_by_identity.get(content["id"], NOBODY)
        spelt = {**content, "created": content["created"].replace(".000Z", "Z")}
        changed = dict(content) | (
            {"modified": "2026-09-01T00:00:00.000Z"} if "modified" in content else {"lang": "en"}
        )
        for member_code in ("ID", "SG"):
            assert decide_owner(member_code, parsed(spelt), OPEN, catalogue) == Owner(owner)
            if owner != member_code and content["type"] != "marking-definition":
                for change in ({}, {"revoked": True}):
                    assert isinstance(decide_owner(member_code, parsed(changed | change), OPEN, catalogue), Refusal)


def test_a_members_own_copy_of_its_identity_changes_nothing() -> None:
    """The hub has it from members.toml, with its contact; tools send shorter ones, which is no failure of theirs."""
    catalogue = replace(CATALOGUE, own_objects=own_objects(CATALOGUE))
    declared = catalogue.own_objects[ID_OWN]
    short = {name: declared[name] for name in ("name", "identity_class")}
    quiet = decide_owner("ID", identity(id=ID_OWN, created="2020-01-01T00:00:00.000Z", **short), OPEN, catalogue)
    assert quiet == HubCopy(HELD_ALREADY), "a shorter copy that agrees is worth no word at each publication"
    verdict = decide_owner("ID", identity(id=ID_OWN, **short | {"name": "Another name"}), OPEN, catalogue)
    assert isinstance(verdict, HubCopy)
    assert "members.toml" in verdict.message
    assert isinstance(decide_owner("ID", identity(id=ID_OWN, revoked=True), OPEN, catalogue), Refusal)
