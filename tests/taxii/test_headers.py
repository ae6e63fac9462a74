"""HD: headers, timestamps and JSON (TAXII 2.1, sections 2 and 3.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server.making import (
    FIRST,
    LAST,
    TIMESTAMP,
    Client,
    an_id,
    as_envelope,
    at,
    indicator,
    note,
)

PAGES = (
    at("id", "objects"),
    at("id", "manifest"),
    at("id", "objects", an_id(1)),
    at("id", "objects", an_id(1), "versions"),
)


@pytest.fixture
def reader(indonesia: Client, singapore: Client) -> Client:
    """Singapore, where Indonesia published three indicators, the first in two versions."""
    indonesia.publish("id", indicator(1), indicator(2), indicator(3))
    indonesia.publish("id", indicator(1, version=2))
    return singapore


@pytest.mark.parametrize("path", PAGES)
def test_pages_carry_both_dates(reader: Client, path: str) -> None:
    """HD-1: manifest, objects, object and versions carry X-TAXII-Date-Added-First and -Last."""
    response = reader.get(path)
    assert FIRST in response.headers
    assert LAST in response.headers


@pytest.mark.parametrize("path", PAGES)
def test_both_dates_are_timestamps(reader: Client, path: str) -> None:
    """HD-2: with exactly six digits, in UTC."""
    response = reader.get(path)
    assert TIMESTAMP.fullmatch(response.headers[FIRST])
    assert TIMESTAMP.fullmatch(response.headers[LAST])


@pytest.mark.parametrize(
    "filters", [{}, {"limit": 2}, {"version": "all"}, {"id": an_id(2)}, {"version": "first", "limit": 1}]
)
def test_the_dates_are_those_of_the_first_and_last_object(reader: Client, filters: dict[str, Any]) -> None:
    """HD-3: as in the manifest of the same page."""
    manifest = reader.get(at("id", "manifest"), **filters)
    dates = [record["date_added"] for record in manifest.json["objects"]]
    for response in (manifest, reader.get(at("id", "objects"), **filters)):
        assert (response.headers[FIRST], response.headers[LAST]) == (dates[0], dates[-1])


def test_the_dates_of_one_object_and_its_versions_are_its_own(reader: Client) -> None:
    """HD-3: on object and versions, too."""
    dates = [record["date_added"] for record in reader.manifest("id", id=an_id(1), version="all")]
    single_object = reader.get(at("id", "objects", an_id(1)))
    all_versions = reader.get(at("id", "objects", an_id(1), "versions"))
    assert (single_object.headers[FIRST], single_object.headers[LAST]) == (dates[1], dates[1])
    assert (all_versions.headers[FIRST], all_versions.headers[LAST]) == (dates[0], dates[1])


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("added_after", [None, "2030-01-01T00:00:00.000000Z"])
def test_an_empty_page_carries_timestamps(reader: Client, path: str, added_after: str | None) -> None:
    """HD-4: never a word in place of a date."""
    response = reader.get(path, added_after=added_after, version="2001-01-01T00:00:00Z")
    if not path.endswith("versions/"):
        assert response.json == {"more": False}
    assert TIMESTAMP.fullmatch(response.headers[LAST])


@pytest.mark.parametrize("added_after", ["2030-01-01T00:00:00.000000Z", "2030-01-01T00:00:00.123456Z"])
def test_an_empty_page_says_how_far_its_reader_has_come(reader: Client, added_after: str) -> None:
    """HD-5: the standard asks for the headers on each 200 and gives no value: the reader's own added_after comes back."""
    response = reader.get(at("id", "objects"), added_after=added_after)
    assert (response.headers[FIRST], response.headers[LAST]) == (added_after, added_after)


def test_timestamps_have_six_digits_everywhere(indonesia: Client) -> None:
    """HD-6: headers, date_added of the manifest, request_timestamp of a status."""
    status = indonesia.publish("id", indicator(1))
    assert TIMESTAMP.fullmatch(status["request_timestamp"])
    assert all(TIMESTAMP.fullmatch(record["date_added"]) for record in indonesia.manifest("id"))


def test_empty_lists_are_left_out(singapore: Client, indonesia: Client) -> None:
    """HD-7: objects and versions of an empty page, failures and pendings of a status."""
    assert singapore.get(at("id", "objects")).json == {"more": False}
    assert singapore.get(at("id", "manifest")).json == {"more": False}
    status = indonesia.publish("id", indicator(1))
    assert {"failures", "pendings"}.isdisjoint(status)
    assert "successes" not in indonesia.add("id", {"type": "indicator"})


def test_names_are_as_printed_and_the_required_ones_are_there(indonesia: Client) -> None:
    """HD-8: nothing else than the standard's own properties, and `next` where it has none."""
    status = indonesia.publish("id", indicator(1), indicator(2))
    assert set(status) == {
        "id",
        "status",
        "request_timestamp",
        "total_count",
        "success_count",
        "successes",
        "failure_count",
        "pending_count",
    }  # fmt: skip - as the standard lists them
    assert set(indonesia.get("/region/").json) == {"title", "description", "versions", "max_content_length"}
    assert set(indonesia.get(at("id", "manifest"), limit=1).json) == {"more", "next", "objects"}
    assert set(indonesia.manifest("id")[0]) == {"id", "date_added", "version", "media_type"}
    assert set(indonesia.get(at("id", "objects")).json) == {"more", "objects"}


def test_booleans_and_integers_are_json_ones(indonesia: Client) -> None:
    """HD-9: no "true", no "1"."""
    status = indonesia.publish("id", indicator(1))
    counts = [status[name] for name in ("total_count", "success_count", "failure_count", "pending_count")]
    assert [type(count) for count in counts] == [int] * 4
    collection = indonesia.get(at("id")).json
    assert (collection["can_read"], collection["can_write"]) == (True, True)
    assert type(indonesia.get("/region/").json["max_content_length"]) is int
    assert indonesia.get(at("id", "objects")).json["more"] is False


def test_a_request_without_user_agent_is_answered(singapore: Client) -> None:
    """HD-10: 8.2.1 says that it must not be needed."""
    response = singapore.request("GET", "/taxii2/", headers={"User-Agent": ""})
    assert response.status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/taxii2/", "/region/", "/region/collections/", at("id")])
def test_the_slash_at_the_end_may_be_missing(reader: Client, path: str) -> None:
    """HD-11: the answer is the same, and no redirect, which would lose the body of a POST."""
    with_slash, without = reader.get(path), reader.get(path.rstrip("/"))
    assert (without.status_code, without.json) == (with_slash.status_code, with_slash.json) == (200, with_slash.json)


def test_a_post_without_the_slash_is_accepted(indonesia: Client) -> None:
    """HD-11: a POST, too."""
    response = indonesia.request("POST", at("id", "objects").rstrip("/"), body=as_envelope([indicator(1)]))
    assert response.status_code == 202


def test_every_success_has_the_body_of_its_endpoint(reader: Client, indonesia: Client) -> None:
    """HD-12: envelope, manifest, versions, collection; an object that was deleted leaves an empty JSON object."""
    assert "objects" in reader.get(PAGES[0]).json
    assert "date_added" in reader.get(PAGES[1]).json["objects"][0]
    assert "objects" in reader.get(PAGES[2]).json
    assert "versions" in reader.get(PAGES[3]).json
    assert indonesia.delete("id", an_id(1)).json == {}


@pytest.mark.parametrize(
    "text",
    [
        "แจ้งเตือน",
        "ຄຳເຕືອນ",
        "ការព្រមាន",
        "သတိပေးချက်",
        "Cảnh báo",
        "👩🏽‍💻",
        "\u0000",
        "a\u202eb",
        "\ufeffx",
        "𝔘\uffff",
        '"\\/\b\f\n\r\t',
    ],
)
def test_any_text_survives(indonesia: Client, singapore: Client, text: str) -> None:
    """HD-13: strings are Unicode in UTF-8; what went in comes out."""
    content_sent = note(1, content=f"before {text} after")
    status = indonesia.add("id", content_sent)
    if "\u0000" in text and status["failure_count"]:
        return  # a NUL may be refused, in words
    assert singapore.objects("id") == [content_sent]


def test_raw_utf8_and_escapes_are_the_same(indonesia: Client) -> None:
    """HD-13: `\\u0e01` and its three bytes make one object."""
    content = note(1, content="กขค")
    raw = json.dumps({"objects": [content]}, ensure_ascii=False).encode()
    assert indonesia.post("id", raw).json["success_count"] == 1
    assert indonesia.post("id", as_envelope([content])).json["successes"][0]["message"] == "It was held already."
    assert indonesia.objects("id") == [content]
