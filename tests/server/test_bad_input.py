"""Bad input: every refusal is a TAXII error message or a failure in the status; nothing accepted is lost, nothing half-stored."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
from typing import Any

import pytest

from hub.settings import Limits
from tests.conftest import OpenHub, Template, clients_of
from tests.server.making import CONTENT_TYPE, Client, an_id, as_envelope, at, ids, indicator, note, stamp

GOOD = json.dumps(indicator(1))


def beside(bad: str) -> bytes:
    """An envelope, as text, with a good object before and behind the bad one."""
    return f'{{"objects": [{GOOD}, {bad}, {json.dumps(indicator(2))}]}}'.encode("utf-8", "surrogatepass")


def with_property(text: str) -> str:
    """Indicator 9 with this JSON text inside."""
    return json.dumps(indicator(9))[:-1] + ", " + text + "}"


BAD_OBJECTS = {
    "no id": json.dumps({key: value for key, value in indicator(9).items() if key != "id"}),
    "an id that is a number": json.dumps(indicator(9, id=9)),
    "an id of another type": json.dumps(indicator(9, id=an_id(9, "note"))),
    "an id in capitals": json.dumps(indicator(9, id=an_id(9).upper())),
    "an id without dashes": json.dumps(indicator(9, id="indicator" + "9" * 36)),
    "no type": json.dumps({key: value for key, value in indicator(9).items() if key != "type"}),
    "a type that is a list": json.dumps(indicator(9, type=["indicator"])),
    "a key that appears twice": with_property('"name": "other"'),
    "a key that appears twice deep inside": with_property('"x_a": {"b": [{"c": 1, "c": 2}]}'),
    "nested too deeply": with_property('"x_deep": ' + "[" * 60 + "]" * 60),
    "objects nested too deeply": with_property('"x_deep": ' + '{"a":' * 60 + "1" + "}" * 60),
    "a number of 400 digits": with_property('"x_n": ' + "7" * 400),
    "a number beyond 2^53": with_property('"x_n": 9007199254740993'),
    "a float beyond all": with_property('"x_n": 1e999'),
    "half a surrogate pair": with_property(r'"x_s": "\ud83d"'),
    "half a surrogate pair as a key": with_property(r'"x_\udc00": 1'),
    "NUL in the id": with_property(r'"id": "indicator--\u0000"'),
    "a bundle inside": json.dumps({"type": "bundle", "id": an_id(1, "bundle"), "objects": [indicator(9)]}),
    "a list": "[1, 2]",
    "null": "null",
    "a text": '"indicator"',
    "true": "true",
    "a number": "12",
}


@pytest.mark.parametrize("bad", BAD_OBJECTS.values(), ids=BAD_OBJECTS)
def test_a_bad_object_is_reported_and_the_good_ones_are_kept(indonesia: Client, bad: str) -> None:
    """A failure in the status, with words; the objects before and behind it are there afterwards."""
    response = indonesia.post("id", beside(bad))
    assert response.status_code == 202, response.json
    assert (response.json["success_count"], response.json["failure_count"]) == (2, 1)
    assert len(response.json["failures"][0]["message"]) > 10
    assert ids(indonesia.objects("id")) == [an_id(1), an_id(2)]


BAD_BODIES = {
    "a raw lone surrogate": b'{"objects": ["' + "\ud83d".encode("utf-8", "surrogatepass") + b'"]}',
    "UTF-16": as_envelope([indicator(1)]).decode().encode("utf-16"),
    "Latin-1": '{"objects": ["é"]}'.encode("latin-1"),
    "a key of the envelope twice": b'{"objects": [1], "objects": [2]}',
    "brackets without end": b"[" * 100_000,
    "braces without end": b'{"a":' * 100_000,
    "a number of 10,000 digits": b'{"objects": [' + b"7" * 10_000 + b"]}",
    "NaN": b'{"objects": [NaN]}',
    "Infinity": b'{"objects": [-Infinity]}',
    "raw NUL": b'{"objects": ["\x00"]}',
    "only NUL": b"\x00" * 1000,
    "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "two roots": b'{"objects": []}{"objects": []}',
    "a comment": b'{"objects": [/* */]}',
    "single quotes": b"{'objects': []}",
    "a form": b"objects=1&x=2",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_refused_whole(indonesia: Client, body: bytes) -> None:
    """400 with words, and nothing is kept; packed as gzip, too."""
    for headers, content in (({}, body), ({"Content-Encoding": "gzip"}, gzip.compress(body))):
        response = indonesia.post("id", content, headers=headers)
        assert response.status_code == 400
        assert len(response.json["description"]) > 10
    assert indonesia.objects("id") == []


def test_a_byte_order_mark_is_no_harm(indonesia: Client) -> None:
    """Some tools on Windows write one."""
    assert indonesia.post("id", b"\xef\xbb\xbf" + as_envelope([indicator(1)])).json["success_count"] == 1


def test_every_truncation_is_refused_whole(indonesia: Client) -> None:
    """At every place where the line may break: 400, and nothing is kept."""
    body = as_envelope([indicator(1), note(2)])
    for end in range(0, len(body), 13):
        assert indonesia.post("id", body[:end]).status_code == 400
    assert indonesia.objects("id") == []


@pytest.mark.parametrize("terminated", [True, False])
def test_a_body_that_ends_before_its_length_is_refused(indonesia: Client, *, terminated: bool) -> None:
    """It was cut on the way; what arrived is not accepted, even if it is whole JSON."""
    body = as_envelope([indicator(1)])
    response = indonesia._client.open(
        at("id", "objects"),
        method="POST",
        headers={"Authorization": indonesia.authorization or "", "Content-Type": CONTENT_TYPE},
        input_stream=io.BytesIO(body),
        environ_overrides={"CONTENT_LENGTH": str(len(body) + 10), "wsgi.input_terminated": terminated},
    )
    assert response.status_code == 400
    assert indonesia.objects("id") == []


def test_ten_thousand_objects_in_one_envelope_are_accepted(indonesia: Client) -> None:
    """Each once, in their order."""
    notes = [note(n, content="x") for n in range(10_000)]
    assert indonesia.add("id", *notes)["success_count"] == 10_000
    assert ids(indonesia.everything("id", limit=10_000)) == ids(notes)


def small(**limits: int) -> Limits:
    return dataclasses.replace(Limits(), **limits)


@pytest.mark.parametrize(
    ("limits", "bad"),
    [
        (small(object_bytes=2000), note(9, content="x" * 2000)),
        (small(string_characters=500), note(9, content="x" * 501)),
        (small(object_depth=5), note(9, x_a=[[[[[[1]]]]]])),
    ],
    ids=["object_bytes", "string_characters", "object_depth"],
)
def test_each_limit_on_an_object_is_reported_in_words(
    open_hub: OpenHub, template: Template, limits: Limits, bad: Any
) -> None:
    """Law L9: a failure in the status that names the limit."""
    client = clients_of(open_hub(limits=limits), template)("id-cert")
    status = client.add("id", indicator(1), bad)
    assert (status["success_count"], status["failure_count"]) == (1, 1)
    assert any(character.isdigit() for character in status["failures"][0]["message"])


def test_too_many_objects_are_refused_whole(open_hub: OpenHub, template: Template) -> None:
    """Law L9: 422 with both numbers, and nothing is kept."""
    client = clients_of(open_hub(limits=small(envelope_objects=3)), template)("id-cert")
    response = client.post("id", as_envelope(note(n) for n in range(4)))
    assert response.status_code == 422
    assert "contains 4 objects, and the limit is 3" in response.json["description"]
    assert client.objects("id") == []
    client.publish("id", *(note(n) for n in range(3)))


def test_a_pattern_that_breaks_parsers_is_refused_in_words(indonesia: Client) -> None:
    """2,000 alternatives end many parsers with a RecursionError, and readers' parsers as well."""
    pattern = "[" + " OR ".join(f"ipv4-addr:value = '198.51.{n // 250}.{n % 250}'" for n in range(2000)) + "]"
    assert indonesia.refusal("id", indicator(1, pattern=pattern))
    assert indonesia.refusal("id", indicator(1, pattern="(" * 3000 + "[a:b = 1]" + ")" * 3000))


def test_nothing_of_a_refused_request_is_left(indonesia: Client) -> None:
    """The same object, corrected, is accepted as if it had never been there."""
    broken = indicator(1, valid_until="2020-01-01T00:00:00Z")
    indonesia.refusal("id", broken)
    mended = broken | {"valid_until": "2027-01-01T00:00:00Z"}
    assert "message" not in indonesia.publish("id", mended)["successes"][0]
    assert indonesia.versions("id", an_id(1)) == [stamp(1)]
