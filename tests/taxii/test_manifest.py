"""MA: the manifest (TAXII 2.1, 5.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.making import TIMESTAMP, Client, address, an_id, at, identity, indicator, note, stamp, statement


@pytest.fixture
def reader(indonesia: Client, singapore: Client) -> Client:
    """Singapore, where Indonesia published of each kind."""
    indonesia.publish("id", indicator(1), note(2), statement(3), address(4), indicator(1, version=2), identity(5))
    return singapore


def test_each_record_has_id_date_added_and_version(reader: Client) -> None:
    """MA-1: date_added is a timestamp."""
    for record in reader.manifest("id"):
        assert {"id", "date_added", "version"} <= set(record)
        assert TIMESTAMP.fullmatch(record["date_added"])


def test_the_version_is_modified_else_created(reader: Client) -> None:
    """MA-2: `created` for a marking definition."""
    versions = {record["id"]: record["version"] for record in reader.manifest("id")}
    assert versions[an_id(1)] == stamp(2)
    assert versions[an_id(3, "marking-definition")] == stamp(3)


def test_the_media_type_is_one_of_the_collections(reader: Client) -> None:
    """MA-3: STIX 2.1."""
    allowed = reader.get(at("id")).json["media_types"]
    assert {record["media_type"] for record in reader.manifest("id")} <= set(allowed)


@pytest.mark.parametrize(
    "filters",
    [
        {"type": "note"},
        {"id": an_id(1)},
        {"version": "first"},
        {"version": "all"},
        {"spec_version": "2.1"},
        {"type": "indicator", "version": "all"},
        {"type": "nothing-like-this"},
    ],
)  # fmt: skip - a table
def test_filters_act_on_the_objects(reader: Client, filters: dict[str, Any]) -> None:
    """MA-4: the manifest lists the same objects as the objects endpoint, though its records have no type."""
    objects = reader.objects("id", **filters)
    records = reader.manifest("id", **filters)
    assert [record["id"] for record in records] == [content["id"] for content in objects]


def test_an_empty_manifest_has_no_list(singapore: Client) -> None:
    """MA-5: `objects` is left out."""
    assert singapore.get(at("id", "manifest")).json == {"more": False}


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_manifest_is_paged_by_added_after_alone(reader: Client, limit: int) -> None:
    """MA-6: since the standard defines no `next` there."""
    whole = reader.manifest("id", version="all")
    assert len(whole) == 6
    assert reader.everything("id", "manifest", by="added_after", limit=limit, version="all") == whole


@pytest.mark.parametrize("modified", ["2026-03-01T00:00:05Z", "2026-03-01T00:00:05.5Z", "2026-03-01T00:00:05.123456Z"])
def test_the_version_is_the_literal_text(indonesia: Client, modified: str) -> None:
    """MA-7: and can be used in match[version] as it is."""
    content = indicator(1, modified=modified)
    indonesia.publish("id", content)
    assert indonesia.manifest("id")[0]["version"] == modified
    assert indonesia.objects("id", version=modified) == [content]
