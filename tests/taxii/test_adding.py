"""OB and AD: objects that are added, and how they come back (TAXII 2.1, 5.4 and 5.5)."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest

from hub.settings import Limits
from tests.conftest import OpenHub, Template, clients_of
from tests.server.making import (
    CONTENT_TYPE,
    Client,
    Clock,
    address,
    an_id,
    as_envelope,
    at,
    indicator,
    note,
    pairs,
    stamp,
)


def test_what_was_added_comes_back_unchanged(indonesia: Client, singapore: Client) -> None:
    """OB-1: in an envelope, with custom properties, odd numbers and all."""
    objects_sent = [indicator(1, x_score=0.1, x_nested={"b": [1, {"a": None}]}, x_empty=""), note(2), address(3)]
    indonesia.publish("id", *objects_sent)
    response = singapore.get(at("id", "objects"))
    assert response.json == {"more": False, "objects": objects_sent}


@pytest.mark.parametrize("filters", [{}, {"type": "malware"}, {"added_after": "2030-01-01T00:00:00Z"}])
def test_no_match_is_an_empty_envelope(singapore: Client, filters: dict[str, Any]) -> None:
    """OB-2: 200, without `objects`."""
    response = singapore.get(at("feeds", "objects"), **filters)
    assert (response.status_code, response.json) == (200, {"more": False})


def test_success_is_202_with_a_status(indonesia: Client) -> None:
    """AD-1: of the request."""
    response = indonesia.post("id", as_envelope([indicator(1)]))
    assert response.status_code == 202
    assert response.json["status"] == "complete"


def test_an_exact_duplicate_is_a_success(indonesia: Client) -> None:
    """AD-2: no error for the object, nor for the request."""
    indonesia.publish("id", indicator(1))
    status = indonesia.publish("id", indicator(1))
    assert status["successes"] == [{"id": an_id(1), "version": stamp(1), "message": "It was held already."}]


def test_a_duplicate_moves_nothing(indonesia: Client, clock: Clock) -> None:
    """AD-3: no second record, and its date_added stays."""
    indonesia.publish("id", indicator(1), indicator(2))
    before = indonesia.manifest("id", version="all")
    clock.now += 1000
    indonesia.publish("id", indicator(1))
    assert indonesia.manifest("id", version="all") == before


def test_the_same_object_twice_in_one_envelope_is_one_record(indonesia: Client) -> None:
    """AD-4: and both are successes."""
    indonesia.publish("id", indicator(1), indicator(1))
    assert indonesia.objects("id", version="all") == [indicator(1)]


def test_other_content_under_the_same_version_is_refused(indonesia: Client) -> None:
    """AD-5: one record for that version; status and stored content agree."""
    indonesia.publish("id", indicator(1))
    words = indonesia.refusal("id", indicator(1, description="something else"))
    assert "later `modified`" in words
    assert indonesia.objects("id", version="all") == [indicator(1)]


def test_two_contents_under_one_version_in_one_envelope(indonesia: Client) -> None:
    """AD-5: the first is accepted, the second is refused in words."""
    status = indonesia.add("id", indicator(1), indicator(1, description="something else"))
    assert (status["success_count"], status["failure_count"]) == (1, 1)
    assert indonesia.objects("id", version="all") == [indicator(1)]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"objects": [', b"nonsense", b"\xff\xfe{}", b'{"objects": [1,]}', as_envelope([indicator()])[:-9]],
)
def test_malformed_json_is_reported_as_such(indonesia: Client, body: bytes) -> None:
    """AD-6: 400, with words that say where it breaks."""
    response = indonesia.post("id", body)
    assert response.status_code == 400
    assert response.json["description"]


def test_a_body_over_the_limit_is_too_large(indonesia: Client) -> None:
    """AD-7: 413, one byte beyond max_content_length."""
    envelope = as_envelope([indicator(1, labels=["exercise"])])
    length = indonesia.get("/drills/").json["max_content_length"]
    response = indonesia.post("drill", envelope + b" " * (length + 1 - len(envelope)), root="drills")
    assert response.status_code == 413
    assert indonesia.objects("drill", root="drills") == []


def test_unknown_properties_of_the_envelope_are_ignored(indonesia: Client) -> None:
    """AD-8: 7.1.1 leaves the choice between that and 422."""
    body = json.dumps({"x_hub_note": {"a": []}, "objects": [indicator(1)], "more": True, "next": "x"}).encode()
    assert indonesia.post("id", body).json["success_count"] == 1


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"type": "indicator"},
        {"id": an_id(1)},
        indicator(9, id=7),
        indicator(9, id="x"),
        indicator(9, type="note"),
        None,
        [],
        "text",
        3,
        indicator(9, spec_version="2.0"),
        indicator(9, confidence=101),
    ],
)  # fmt: skip - a table
def test_a_bad_object_is_a_failure_and_the_good_ones_stay(indonesia: Client, bad: Any) -> None:
    """AD-9: refused in words; those beside it are kept, whether before or behind it."""
    status = indonesia.add("id", indicator(1), bad, indicator(2))
    assert (status["success_count"], status["failure_count"]) == (2, 1)
    assert status["failures"][0]["message"]
    assert indonesia.objects("id") == [indicator(1), indicator(2)]


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        None,
        7,
        True,
        {},
        {"objects": {}},
        {"objects": []},
        {"objects": "x"},
        {"objects": None},
        [indicator(1)],
        indicator(1),
    ],
    ids=repr,
)
def test_what_is_no_envelope_is_refused(indonesia: Client, body: Any) -> None:
    """AD-10: 400, in words that say what an envelope is."""
    response = indonesia.post("id", json.dumps(body).encode())
    assert response.status_code == 400
    assert "envelope" in response.json["description"]


def test_a_bundle_is_accepted(indonesia: Client) -> None:
    """AD-10: common clients post one."""
    bundle = {"type": "bundle", "id": an_id(1, "bundle"), "objects": [indicator(1)]}
    assert indonesia.post("id", json.dumps(bundle).encode()).json["success_count"] == 1


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
@pytest.mark.parametrize("together", [True, False])
def test_versions_in_any_order_are_all_kept(indonesia: Client, order: tuple[int, ...], *, together: bool) -> None:
    """AD-11: the latest is the greatest version, not the last one received."""
    envelopes = [order] if together else [(version,) for version in order]
    for envelope in envelopes:
        indonesia.publish("id", *(indicator(1, version=version) for version in envelope))
    assert sorted(indonesia.versions("id", an_id(1))) == [stamp(1), stamp(2), stamp(3)]
    assert pairs(indonesia.objects("id")) == [(an_id(1), stamp(3))]
    assert pairs(indonesia.objects("id", version="first")) == [(an_id(1), stamp(1))]


def test_scos_can_be_added_and_read(indonesia: Client, singapore: Client) -> None:
    """AD-12: with neither created nor modified."""
    indonesia.publish("id", address(1), address(300))
    assert singapore.objects("id") == [address(1), address(300)]


def chunked(client: Client, body: bytes, *, root: str = "drills") -> int:
    """As a server hands on a body that came in chunks: a stream, and no length."""
    response = client._client.open(
        at("drill", "objects", root=root),
        method="POST",
        headers={
            "Authorization": client.authorization or "",
            "Content-Type": CONTENT_TYPE,
            "Transfer-Encoding": "chunked",
        },
        input_stream=io.BytesIO(body),
        environ_overrides={"wsgi.input_terminated": True},
    )
    return response.status_code


def test_a_chunked_body_is_read_up_to_the_limit(indonesia: Client) -> None:
    """AD-13: without Content-Length; over the limit it is 413."""
    envelope = as_envelope([indicator(1, labels=["exercise"])])
    assert chunked(indonesia, envelope) == 202
    assert chunked(indonesia, envelope + b" " * 20_000) == 413


def test_a_gzip_body_is_read(indonesia: Client) -> None:
    """AD-14: in one member or several."""
    body = as_envelope([indicator(1), indicator(2)])
    for packed in (gzip.compress(body), gzip.compress(body[:50]) + gzip.compress(body[50:])):
        response = indonesia.post("id", packed, headers={"Content-Encoding": "gzip"})
        assert response.json["success_count"] == 2


def test_a_large_response_comes_as_gzip_where_it_is_accepted(indonesia: Client) -> None:
    """AD-14: and reads the same."""
    indonesia.publish("id", *(indicator(n) for n in range(20)))
    plain = indonesia.get(at("id", "objects"))
    packed = indonesia._client.get(
        at("id", "objects"), headers={"Authorization": indonesia.authorization or "", "Accept-Encoding": "gzip"}
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert len(packed.data) < len(plain.data) / 3
    assert json.loads(gzip.decompress(packed.data)) == plain.json


def test_a_gzip_bomb_stops_at_the_limit(open_hub: OpenHub, template: Template) -> None:
    """AD-14: 413 as soon as the limit is passed, however small the body was."""
    client = clients_of(open_hub(limits=Limits(unpacked_bytes=100_000)), template)("id-cert")
    bomb = gzip.compress(as_envelope([indicator(1)]) + b" " * 100_000)
    assert len(bomb) < 1000
    assert client.post("id", bomb, headers={"Content-Encoding": "gzip"}).status_code == 413


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "nonsense"])
def test_other_encodings_are_refused(indonesia: Client, encoding: str) -> None:
    """AD-14: 415 in words."""
    response = indonesia.post("id", as_envelope([indicator(1)]), headers={"Content-Encoding": encoding})
    assert response.status_code == 415


def test_a_gzip_body_of_countless_members_is_refused_at_once(indonesia: Client) -> None:
    """AD-14: each member costs a copy of all that follows, so 4 MB of empty ones held a worker for over a minute."""
    body = gzip.compress(b"") * 100_000 + gzip.compress(as_envelope([indicator(1)]))
    refused = indonesia.post("id", body, headers={"Content-Encoding": "gzip"})
    assert refused.status_code == 400
    assert "members" in refused.json["description"]


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"{}" * 100, mtime=0)[:-12], b"\x1f\x8b\x08\x00"])
def test_damaged_gzip_is_malformed(indonesia: Client, body: bytes) -> None:
    """AD-14: 400."""
    assert indonesia.post("id", body, headers={"Content-Encoding": "gzip"}).status_code == 400


def test_a_thousand_objects_in_one_envelope_are_accepted(indonesia: Client) -> None:
    """AD-15: and all are there."""
    objects_sent = [indicator(n) for n in range(1000)]
    indonesia.publish("id", *objects_sent)
    assert indonesia.objects("id") == objects_sent
