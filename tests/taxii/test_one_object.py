"""OI, DE and VE: one object by its id, its deletion, its versions (TAXII 2.1, 5.6 to 5.8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.making import LAST, Client, address, an_id, at, ids, indicator, note, pairs, stamp, statement

OBJECT_ID = an_id(1)
UNKNOWN = an_id(99)


@pytest.fixture
def writer(indonesia: Client) -> Client:
    """Indonesia, with one indicator in three versions between two other objects."""
    indonesia.publish("id", note(5), indicator(1), indicator(1, version=2), note(6), indicator(1, version=3))
    return indonesia


def test_an_object_comes_alone_in_its_latest_version(writer: Client) -> None:
    """OI-1: in an envelope."""
    assert writer.get(at("id", "objects", OBJECT_ID)).json == {"more": False, "objects": [indicator(1, version=3)]}


@pytest.mark.parametrize("name", [UNKNOWN, "nonsense", "%00", "' OR 1=1", "a" * 3000, "..", an_id(5, "indicator")])
def test_an_unknown_object_is_not_found(writer: Client, name: str) -> None:
    """OI-2: 404, since an empty envelope makes a common client fail."""
    assert writer.get(at("id", "objects", name)).status_code == 404


@pytest.mark.parametrize(
    ("requested", "versions"),
    [
        ("last", [3]),
        ("first", [1]),
        ("all", [1, 2, 3]),
        (stamp(2), [2]),
        ("first,last", [1, 3]),
        (f"first,{stamp(2)}", [1, 2]),
        ("2001-01-01T00:00:00Z", []),
    ],
)  # fmt: skip - a table
def test_versions_and_limit_work_on_one_object(writer: Client, requested: str, versions: list[int]) -> None:
    """OI-3: match[version] and limit; where no version matches the envelope is empty."""
    path = at("id", "objects", OBJECT_ID)
    expected = [(OBJECT_ID, stamp(version)) for version in versions]
    assert pairs(writer.get(path, version=requested).json.get("objects", [])) == expected
    for by in ("next", "added_after"):
        pages = [page.json.get("objects", []) for page in writer.walk(path, by, version=requested, limit=1)]
        assert [pair for page in pages for pair in pairs(page)] == expected
        assert all(len(page) <= 1 for page in pages)


@pytest.mark.parametrize("filters", [{"type": "note"}, {"id": UNKNOWN}])
def test_type_and_id_mean_nothing_on_one_object(writer: Client, filters: dict[str, Any]) -> None:
    """OI-4: only version and spec_version are valid there; the others are ignored."""
    assert writer.get(at("id", "objects", OBJECT_ID), **filters).json["objects"] == [indicator(1, version=3)]


def test_a_deleted_object_is_not_found(writer: Client) -> None:
    """DE-1: DELETE gives 200, then GET gives exactly 404."""
    assert writer.delete("id", OBJECT_ID).status_code == 200
    assert writer.get(at("id", "objects", OBJECT_ID)).status_code == 404
    assert writer.get(at("id", "objects", OBJECT_ID), version="all").status_code == 404


def test_a_deleted_object_is_gone_everywhere(writer: Client) -> None:
    """DE-2: in no version, from manifest, objects and versions."""
    writer.delete("id", OBJECT_ID)
    assert ids(writer.objects("id", version="all")) == [an_id(5, "note"), an_id(6, "note")]
    assert ids(writer.manifest("id", version="all")) == [an_id(5, "note"), an_id(6, "note")]
    assert writer.get(at("id", "objects", OBJECT_ID, "versions")).status_code == 404


@pytest.mark.parametrize(
    ("requested", "remaining"),
    [(stamp(2), [1, 3]), ("first", [2, 3]), ("last", [1, 2]), (f"{stamp(1)},{stamp(3)}", [2]), ("all", [])],
)
def test_single_versions_are_deleted(writer: Client, requested: str, remaining: list[int]) -> None:
    """DE-3: match[version] removes what it names, and the latest of the rest takes over."""
    assert writer.delete("id", OBJECT_ID, version=requested).status_code == 200
    assert pairs(writer.objects("id", id=OBJECT_ID, version="all")) == [
        (OBJECT_ID, stamp(version)) for version in remaining
    ]
    assert pairs(writer.objects("id", id=OBJECT_ID)) == [(OBJECT_ID, stamp(version)) for version in remaining[-1:]]
    assert pairs(writer.objects("id", id=OBJECT_ID, version="first")) == [
        (OBJECT_ID, stamp(version)) for version in remaining[:1]
    ]


def test_what_is_not_there_cannot_be_deleted(writer: Client) -> None:
    """DE-4: 404 for an unknown object, for the second DELETE of the same, and for a version that is not held."""
    assert writer.delete("id", UNKNOWN).status_code == 404
    assert writer.delete("id", OBJECT_ID, version="2001-01-01T00:00:00Z").status_code == 404
    assert writer.delete("id", OBJECT_ID).status_code == 200
    assert writer.delete("id", OBJECT_ID).status_code == 404


def test_a_deleted_object_can_be_added_again(writer: Client) -> None:
    """DE-5: and a poller by added_after meets it."""
    reached = writer.get(at("id", "objects")).headers[LAST]
    writer.delete("id", OBJECT_ID)
    writer.publish("id", indicator(1))
    assert writer.objects("id", added_after=reached) == [indicator(1)]


def test_versions_lists_each_version(writer: Client) -> None:
    """VE-1: as texts, in the order in which they came."""
    assert writer.get(at("id", "objects", OBJECT_ID, "versions")).json == {
        "more": False,
        "versions": [stamp(1), stamp(2), stamp(3)],
    }


def test_the_version_of_an_unversioned_object_is_its_created(indonesia: Client) -> None:
    """VE-2: a marking definition has no `modified`."""
    indonesia.publish("id", statement(3))
    assert indonesia.versions("id", an_id(3, "marking-definition")) == [stamp(3)]


def test_versions_of_an_unknown_object_are_not_found(writer: Client) -> None:
    """VE-3: 404."""
    assert writer.get(at("id", "objects", UNKNOWN, "versions")).status_code == 404


def test_versions_are_paged(writer: Client) -> None:
    """VE-4: limit, more and added_after work; with `next` on top."""
    path = at("id", "objects", OBJECT_ID, "versions")
    for by in ("next", "added_after"):
        pages = [page.json["versions"] for page in writer.walk(path, by, limit=1)]
        assert pages == [[stamp(1)], [stamp(2)], [stamp(3)]]
    two = writer.get(path, limit=2)
    assert (two.json["more"], two.json["versions"]) == (True, [stamp(1), stamp(2)])
    assert writer.get(path, added_after=two.headers[LAST]).json["versions"] == [stamp(3)]


def test_versions_of_an_sco_are_its_dates_added(indonesia: Client) -> None:
    """VE-1: an SCO with other content is a further version, each at its date_added."""
    indonesia.publish("id", address(1), address(1, x_seen=2))
    dates = [record["date_added"] for record in indonesia.manifest("id", version="all")]
    assert indonesia.versions("id", address(1)["id"]) == dates
