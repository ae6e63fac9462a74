"""IO and LC: what the interoperability tests ask beyond the standard, and how long objects live."""

from __future__ import annotations

from typing import Final

import pytest

from tests.conftest import ClientOf, Template
from tests.durations import HOUR
from tests.server.making import (
    LAST,
    UNKNOWN_COLLECTION,
    Client,
    Clock,
    an_id,
    as_envelope,
    at,
    basic,
    indicator,
    note,
    pairs,
    stamp,
)


@pytest.mark.parametrize("endpoint", [("manifest",), ("objects",), ("objects", an_id(1))])
def test_reading_without_the_right_is_403(indonesia: Client, endpoint: tuple[str, ...]) -> None:
    """IO-1: the standard allows 404, too."""
    indonesia.publish("inbox", indicator(1))
    assert indonesia.get(at("inbox", *endpoint)).status_code == 403


def test_writing_without_the_right_is_403(singapore: Client) -> None:
    """IO-2: the standard allows 404, too."""
    assert singapore.post("id", as_envelope([indicator(1)])).status_code == 403


DECLARED: Final = ["circle", "pair", "id", "sg", "alerts", "bulletins", "feeds", "inbox", "incidents"]


def test_collections_are_in_a_fixed_order(as_account: ClientOf) -> None:
    """IO-3: that of their files, for each account the same."""
    for account in ("id-cert", "sg-cert", "id-soc", None):
        shown = [resource["alias"] for resource in as_account(account).get("/region/collections/").json["collections"]]
        assert shown == [alias for alias in DECLARED if alias in shown]
    certs = as_account("id-cert").get("/region/collections/").json["collections"]
    assert [resource["alias"] for resource in certs] == DECLARED


def test_a_status_lives_for_24_hours(indonesia: Client, clock: Clock) -> None:
    """IO-4: at least."""
    path = f"/region/status/{indonesia.publish('id', indicator(1))['id']}/"
    clock.now += 24 * HOUR
    assert indonesia.get(path).status_code == 200


def test_a_filter_that_occurs_twice_is_400(singapore: Client) -> None:
    """IO-5: on objects, manifest and versions."""
    for endpoint in (("objects",), ("manifest",)):
        assert singapore.ask(at("id", *endpoint), "match[type]=note&match[type]=note").status_code == 400


def test_an_unknown_object_is_not_found(singapore: Client) -> None:
    """IO-6: with words that say so."""
    response = singapore.get(at("id", "objects", an_id(1)))
    assert response.status_code == 404
    assert "no object" in response.json["description"]


@pytest.mark.parametrize("authorization", [None, basic("id-cert", "wrong")])
def test_missing_and_wrong_credentials_are_401(anonymous: Client, authorization: str | None) -> None:
    """IO-7: on every address that is not public."""
    headers = {} if authorization is None else {"Authorization": authorization}
    assert anonymous.get(at("id"), headers=headers).status_code == 401


def test_wrong_roots_and_collections_are_404(singapore: Client) -> None:
    """IO-9: the two error cases."""
    assert singapore.get("/trustgroup9/collections/").status_code == 404
    assert singapore.get(at(UNKNOWN_COLLECTION)).status_code == 404


def test_there_are_three_kinds_of_collection_and_the_fourth_is_not_listed(as_account: ClientOf) -> None:
    """IO-10: read-only, write-only, read-write; with neither right (an allowed choice, 4.1.1) it answers as a missing one."""
    kinds = {
        (resource["can_read"], resource["can_write"])
        for account in ("sg-cert", "sg-soc")
        for resource in as_account(account).get("/region/collections/").json["collections"]
    }
    assert kinds == {(True, False), (False, True), (True, True)}
    assert as_account("sg-soc").get(at("alerts")).status_code == 404


def test_versions_are_paged_by_added_after(indonesia: Client) -> None:
    """IO-11: from Date-Added-Last."""
    indonesia.publish("id", *(indicator(1, version=version) for version in (1, 2, 3)))
    path = at("id", "objects", an_id(1), "versions")
    first = indonesia.get(path, limit=2)
    assert first.json["versions"] == [stamp(1), stamp(2)]
    assert indonesia.get(path, added_after=first.headers[LAST]).json["versions"] == [stamp(3)]


def test_custom_properties_with_a_uuid_in_their_name_do_no_harm(indonesia: Client) -> None:
    """IO-12: in the envelope they are ignored, in an object they are kept."""
    name = "x_c0ffee00_0000_4000_8000_000000000001"
    body = as_envelope([indicator(1) | {name: 1}])[:-1] + f', "{name}": "x"}}'.encode()
    assert indonesia.post("id", body).json["success_count"] == 1
    assert indonesia.objects("id")[0][name] == 1


def test_objects_stay_until_they_are_deleted(indonesia: Client, clock: Clock, template: Template) -> None:
    """LC-1: the standard has no rule; the hub drops nothing by itself, however old."""
    indonesia.publish("id", indicator(1), note(2), indicator(1, version=2))
    clock.now += 10 * 365 * 24 * HOUR
    assert pairs(indonesia.objects("id", version="all")) == [
        (an_id(1), stamp(1)),
        (an_id(2, "note"), stamp(1)),
        (an_id(1), stamp(2)),
    ]
