"""CO: collections (TAXII 2.1, 5.1 and 5.2)."""

from __future__ import annotations

import uuid

import pytest

from hub.community.hub import Hub
from tests.conftest import ClientOf, Template, clients_of
from tests.server.making import COLLECTIONS, UNKNOWN_COLLECTION, Client, an_id, as_envelope, at, indicator


def test_each_collection_has_id_title_and_rights(singapore: Client) -> None:
    """CO-1: present and typed; the id is a UUID of version 4."""
    for resource in singapore.get("/region/collections/").json["collections"]:
        assert uuid.UUID(resource["id"]).version == 4
        assert isinstance(resource["title"], str)
        assert isinstance(resource["can_read"], bool)
        assert isinstance(resource["can_write"], bool)


def test_the_order_is_the_same_every_time(hub: Hub, template: Template, singapore: Client) -> None:
    """CO-2: in another process, too."""
    other = clients_of(hub, template)("sg-cert")
    lists = [client.get("/region/collections/").json for client in (singapore, other, singapore)]
    assert lists[0] == lists[1] == lists[2]


def test_a_root_without_collections_for_this_account_is_not_shown(as_account: ClientOf) -> None:
    """CO-3: a list would be left out; here the whole root answers 404 to an account that has nothing in it."""
    assert as_account("partner").get("/drills/collections/").status_code == 404


def test_one_collection_is_as_it_is_in_the_list(singapore: Client) -> None:
    """CO-4: by id and by alias."""
    for resource in singapore.get("/region/collections/").json["collections"]:
        assert singapore.get(at(resource["id"])).json == resource
        assert singapore.get(at(resource["alias"])).json == resource


def test_aliases_are_unique(singapore: Client) -> None:
    """CO-5: inside the API root (declarations where they are not do not load)."""
    aliases = [resource["alias"] for resource in singapore.get("/region/collections/").json["collections"]]
    assert len(set(aliases)) == len(aliases)


def test_the_media_types_are_those_of_what_is_kept(singapore: Client) -> None:
    """CO-6: STIX 2.1, and nothing else is accepted."""
    assert singapore.get(at("id")).json["media_types"] == ["application/stix+json;version=2.1"]


@pytest.mark.parametrize(
    ("method", "endpoint"),
    [
        ("GET", ()),
        ("GET", ("manifest",)),
        ("GET", ("objects",)),
        ("POST", ("objects",)),
        ("GET", ("objects", an_id(1))),
        ("DELETE", ("objects", an_id(1))),
        ("GET", ("objects", an_id(1), "versions")),
    ],
)  # fmt: skip - a table
def test_an_unknown_collection_is_not_found(indonesia: Client, method: str, endpoint: tuple[str, ...]) -> None:
    """CO-7: 404 on every endpoint below it."""
    body = as_envelope([indicator(1)]) if method == "POST" else None
    assert indonesia.request(method, at(UNKNOWN_COLLECTION, *endpoint), body=body).status_code == 404


def test_the_alias_works_in_place_of_the_id(indonesia: Client, singapore: Client) -> None:
    """CO-8: for writing and reading."""
    indonesia.publish("id", indicator(1))
    indonesia.publish(COLLECTIONS["id"], indicator(2))
    assert singapore.objects("id") == singapore.objects(COLLECTIONS["id"]) == [indicator(1), indicator(2)]


@pytest.mark.parametrize(
    "name", ["nothing", "..", "%2e%2e", "%00", "a" * 2000, "id%0d%0aX: 1", "' OR ''='", "%ff%fe", "ID", "*"]
)
def test_odd_names_are_not_found(singapore: Client, name: str) -> None:
    """CO-9: 404, never a 5xx."""
    for endpoint in ("", "objects/", "manifest/"):
        assert singapore.get(f"/region/collections/{name}/{endpoint}").status_code == 404


def test_ids_are_compared_as_they_are(singapore: Client) -> None:
    """CO-9: TAXII's UUIDs are in small letters; other spellings are other names."""
    assert singapore.get(at(COLLECTIONS["id"].upper())).status_code == 404
