"""The collections and members that come with the hub."""

from __future__ import annotations

from dataclasses import replace

import pytest
import stix2

from hub.settings import Limits
from hub.sharing.catalogue import Catalogue
from hub.sharing.declared import load_catalogue
from hub.sharing.definitions import definitions
from hub.stix.identifiers import OPENCTI_EXTENSION
from hub.stix.objects import StixObject, parse_object
from hub.stix.tlp import PAP_IDS, TLP, TLP1_IDS, TLP2_IDS
from tests.places import TOP

ELEVEN = ("BN", "ID", "KH", "LA", "MM", "MY", "PH", "SG", "TH", "TL", "VN")


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load_catalogue(TOP / "collections", TOP / "profiles")


def test_the_eleven_members_are_declared(shipped: Catalogue) -> None:
    """Each with an identity of its own, a placeholder for a contact, a time zone and languages."""
    assert tuple(shipped.members) == ELEVEN
    assert shipped.roots["asean"].members == shipped.roots["exercise"].members == ELEVEN
    assert sorted(shipped.member_by_identity.values()) == sorted(ELEVEN)
    for member in shipped.members.values():
        assert shipped.member_by_identity[member.identity] == member.code
        assert member.contact.endswith(".example")
        assert "placeholder" in member.duty_line
        assert member.languages


def test_each_member_writes_its_own_national_collection(shipped: Catalogue) -> None:
    """And only that member; all the others read it."""
    for code in ELEVEN:
        collection = shipped.find("asean", code.lower())
        assert collection is not None
        assert collection.writers == {code}
        assert collection.readers == set(ELEVEN)
        assert not collection.named
        assert [profile.name for profile in collection.profiles] == ["live", "incident", "protected"]
        assert (collection.highest_tlp, collection.unmarked) == (TLP.AMBER_STRICT, None)


def test_the_shared_collections_are_in_the_live_root_and_in_the_drill(shipped: Catalogue) -> None:
    """The drill mirrors the live root: same aliases, same writers, other ids, the other label rule."""
    for alias in ("incidents", "alerts", "indicators"):
        live, drill = shipped.find("asean", alias), shipped.find("exercise", alias)
        assert live is not None
        assert drill is not None
        assert live.writers == drill.writers == set(ELEVEN)
        assert (live.profiles[0].name, drill.profiles[0].name) == ("live", "exercise")
        assert live.profiles[1:] == drill.profiles[1:]
        assert (live.exercise, drill.exercise) == (False, True)
    alerts = shipped.find("asean", "alerts")
    assert alerts is not None
    assert (alerts.highest_tlp, alerts.constituents) == (TLP.AMBER_STRICT, False)


def test_ids_and_titles_suit_every_client(shipped: Catalogue) -> None:
    """UUIDs of version 4, each once; titles without the signs at which a common client splits them."""
    ids = [collection.id for collection in shipped]
    assert len(set(ids)) == len(ids) == 17
    assert not [collection.title for collection in shipped if set(".,") & set(collection.title)]


def test_what_each_collection_holds_from_the_start_is_valid(shipped: Catalogue) -> None:
    """Both for stix2, strictly, and for the hub's own door; TLP and PAP markings up to its level, and all members."""
    held_definitions = definitions(shipped, next(iter(shipped)))
    ids = [content["id"] for content in held_definitions]
    assert len(set(ids)) == len(ids)
    markings = {*TLP2_IDS.values(), *TLP1_IDS.values(), *PAP_IDS.values()}
    red = {TLP2_IDS[TLP.RED], TLP1_IDS[TLP.RED], PAP_IDS["red"]}
    assert markings & set(ids) == markings - red
    assert set(shipped.member_by_identity) <= set(ids)
    red_collection = replace(next(iter(shipped)), highest_tlp=TLP.RED, named=True)
    assert markings <= {content["id"] for content in definitions(shipped, red_collection)}
    for content in held_definitions:
        assert stix2.parse(content, allow_custom=False).id == content["id"]
        assert isinstance(parse_object(content, Limits()), StixObject)


def test_every_extension_that_is_used_is_defined(shipped: Catalogue) -> None:
    """STIX 2.1, 7.3: who gets an object with an extension can look up what it means, in the same collection."""
    held_definitions = definitions(shipped, next(iter(shipped)))
    used = {key for content in held_definitions for key in content.get("extensions", {})}
    used |= {
        step
        for collection in shipped
        for profile in collection.profiles
        for rule in profile.rules
        for step in rule.demand.path.split(".")
        if step.startswith("extension-definition--")
    }
    used -= {OPENCTI_EXTENSION}  # the platform's own: a rule bounds what may be in it, and the hub has no words for it
    assert len(used) == 4
    assert used <= {content["id"] for content in held_definitions}


def test_a_members_public_identity_tells_no_telephone(shipped: Catalogue) -> None:
    """The duty line is for member CERTs, in the directory; the identity is read by everyone."""
    for content in definitions(shipped, next(iter(shipped))):
        assert "placeholder" not in str(content)
