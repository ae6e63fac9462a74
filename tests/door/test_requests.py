"""What the door says of dates ahead, of other protocols, of objects without an envelope, and of missing markings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from hub.settings import Limits
from hub.sharing.catalogue import Catalogue
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP
from tests.conftest import ClientOf, OpenHub, Template, assemble, clients_of
from tests.durations import HOUR, MINUTE
from tests.server.making import (
    START,
    Client,
    Clock,
    Content,
    address,
    an_id,
    as_envelope,
    at,
    indicator,
    note,
    stamp,
    statement,
)

TAXII_1: Final = {
    "X-TAXII-Content-Type": "urn:taxii.mitre.org:message:xml:1.1",
    "X-TAXII-Accept": "urn:taxii.mitre.org:message:xml:1.1",
    "X-TAXII-Protocol": "urn:taxii.mitre.org:protocol:https:1.0",
    "Content-Type": "application/xml",
    "Accept": "application/xml",
}


def dated(ahead: int) -> Content:
    """An indicator whose version is ahead of the hub's clock by so many milliseconds."""
    date = format_place(START + ahead)
    return indicator(1, created=date, modified=date, valid_from=date)


@pytest.mark.parametrize("ahead", [-400 * 24 * HOUR, 0, 4 * MINUTE, 5 * MINUTE])
def test_a_version_up_to_five_minutes_ahead_is_accepted(indonesia: Client, ahead: int) -> None:
    """Clocks differ a little."""
    indonesia.publish("id", dated(ahead))


@pytest.mark.parametrize(
    ("ahead", "local"),
    [
        (5 * MINUTE + 1, False),
        (30 * MINUTE, False),
        (HOUR, True),
        (5 * HOUR + 45 * MINUTE, True),  # Kathmandu
        (7 * HOUR - MINUTE, True),  # Jakarta, and the tool took a minute
        (8 * HOUR + 7 * MINUTE, False),
        (14 * HOUR, True),
        (14 * HOUR + 15 * MINUTE, False),
        (400 * 24 * HOUR, False),
    ],
)
def test_a_version_further_ahead_is_refused_with_a_hint_at_local_time(
    indonesia: Client, ahead: int, local: bool
) -> None:
    """The hint is there where the difference is that of a time zone."""
    words = indonesia.refusal("id", dated(ahead))
    assert "more than 5 minutes ahead" in words
    assert ("Is this local time?" in words) is local


def test_definitions_have_a_date_of_their_own(indonesia: Client) -> None:
    """They have `created` alone; an observable has no date at all."""
    ahead = statement(2, created=format_place(START + HOUR))
    assert "local time" in indonesia.refusal("id", ahead)
    indonesia.publish("id", address())


def test_other_dates_may_lie_in_the_future(indonesia: Client) -> None:
    """An indicator is valid until a later time."""
    indonesia.publish("id", {**indicator(1), "valid_until": format_place(START + 400 * 24 * HOUR)})


@pytest.mark.parametrize("name", ["id", "alerts"])
def test_a_post_without_content_type_is_refused_with_its_clause(indonesia: Client, name: str) -> None:
    """TAXII 2.1, 5.5; nothing is kept."""
    response = indonesia.post(name, as_envelope([indicator(1)]), headers={"Content-Type": ""})
    assert response.status_code == 415
    assert "TAXII 2.1, 5.5" in response.json["description"]
    assert indonesia.objects(name) == []


def test_an_object_without_an_envelope_is_refused_with_its_clause(indonesia: Client) -> None:
    """As the OASIS examples have one object a file; in an envelope, with the definitions of its markings, it is accepted."""
    content = {**indicator(1), "object_marking_refs": [an_id(1, "marking-definition"), an_id(2, "marking-definition")]}
    alone = indonesia.post("feeds", as_envelope([content])[len('{"objects": [') : -len("]}")])
    assert alone.status_code == 400
    assert "TAXII 2.1, 3.7" in alone.json["description"]
    assert "send that marking-definition first" in indonesia.refusal("feeds", content)
    indonesia.publish("feeds", content, statement(1), statement(2))


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "version"),
    [
        ("POST", "/", TAXII_1, 405, "1.x"),
        ("POST", "/taxii-discovery-service/", TAXII_1, 405, "1.x"),
        ("POST", "/services/poll", {"Content-Type": "application/xml"}, 404, "1.x"),
        ("POST", at("id", "objects"), TAXII_1, 406, "1.x"),
        ("POST", at("id", "objects"), {**TAXII_1, "Accept": "*/*"}, 415, "1.x"),
        ("GET", "/taxii/", {"Accept": "application/vnd.oasis.taxii+json; version=2.0"}, 406, "2.0"),
        ("GET", "/taxii2/", {"Accept": "application/vnd.oasis.taxii+json; version=2.0"}, 406, "2.0"),
        ("GET", at("id", "objects"), {"Accept": "application/vnd.oasis.stix+json; version=2.0"}, 406, "2.0"),
        ("POST", at("id", "objects"), {"Content-Type": "application/vnd.oasis.stix+json; version=2.0"}, 415, "2.0"),
    ],
)
def test_clients_of_older_versions_learn_that_this_is_taxii_2_1(
    indonesia: Client, method: str, path: str, headers: Mapping[str, str], status: int, version: str
) -> None:
    """TAXII 1.x posts XML to addresses of its own, TAXII 2.0 asks for other media types."""
    response = indonesia.request(method, path, headers=headers, body=b"<x/>" if method == "POST" else None)
    assert response.status_code == status
    assert f"the client speaks TAXII {version}" in response.json["description"]
    assert "/taxii2/" in response.json["description"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept": "application/taxii+json;version=2.1"},
        {"Accept": "application/taxii+json;version=2.1, application/vnd.oasis.taxii+json; version=2.0"},
        {"Accept": "text/html,application/xml;q=0.9,*/*;q=0.8"},
    ],
)
def test_other_clients_read_nothing_about_older_versions(indonesia: Client, headers: Mapping[str, str]) -> None:
    """Neither those of 2.1, with 2.0 beside it or not, nor a browser."""
    response = indonesia.request("GET", "/missing/", headers=headers)
    assert response.status_code == 404
    assert "speaks" not in response.json["description"]


@pytest.fixture
def demanding(open_hub: OpenHub, template: Template, clock: Clock) -> Any:
    """Makes clients of a hub whose collection `feeds` has this `must_mark`."""

    def clients(must_mark: tuple[str, ...] | bool) -> ClientOf:
        hub = open_hub()
        catalogue: Catalogue = hub.catalogue
        root = catalogue.roots["region"]
        changed = tuple(replace(c, must_mark=must_mark) if c.alias == "feeds" else c for c in root.collections)
        roots = {**catalogue.roots, "region": replace(root, collections=changed)}
        return clients_of(assemble(hub.store, replace(catalogue, roots=roots), clock, hub.limits), template)

    return clients


@pytest.mark.parametrize(("must_mark", "must"), [(("id-cert",), True), (True, True), (("sg-cert",), False)])
def test_named_accounts_must_mark_what_they_send(demanding: Any, must_mark: tuple[str, ...] | bool, must: bool) -> None:
    """The refusal names the switch of OpenCTI's connector; what is marked, by itself or its container, is accepted."""
    client = demanding(must_mark)("id-cert")
    if not must:
        client.publish("feeds", indicator(1, level=None))
        return
    assert "delete_marking_definition=false" in client.refusal("feeds", indicator(1, level=None))
    container = {**note(3, level=TLP.GREEN), "object_refs": [an_id(2)]}
    client.publish("feeds", indicator(1, level=TLP.GREEN), indicator(2, level=None), container)


def test_the_versions_of_one_object_are_bounded(open_hub: OpenHub, template: Template) -> None:
    """Each request about an object reads them all (L9). A revocation is accepted beyond them, and deleting makes room."""
    client = clients_of(open_hub(limits=Limits(object_versions=3)), template)("id-cert")
    client.publish("id", *(indicator(1, version=version) for version in (1, 2, 3)))
    assert "3 versions here" in client.refusal("id", indicator(1, version=4))
    client.publish("id", indicator(1, version=3))
    client.publish("id", indicator(2))
    assert client.delete("id", an_id(1), version=stamp(1)).status_code == 200
    client.publish("id", indicator(1, version=4))
    client.publish("id", indicator(1, version=5, revoked=True))
    assert client.add("id", *(indicator(3, version=version) for version in range(1, 6)))["success_count"] == 3


def test_ids_that_no_store_can_write_are_refused_and_the_rest_is_kept(indonesia: Client) -> None:
    """Half of a surrogate pair as an id, a type or a reference of a container that is refused anyway."""
    half = "\ud800"
    containers = [note(1) | {"id": half}, note(2) | {"type": half}, note(3, about=[half]) | {"content": 7}]
    status = indonesia.add("id", *containers, indicator(3))
    assert (status["success_count"], status["failure_count"]) == (1, 3)
