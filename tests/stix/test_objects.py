"""What the hub needs to know of one object: no value of it is changed on the way in, no limit passed, every id told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.settings import Limits
from hub.stix.envelope import parse_json
from hub.stix.objects import StixObject, parse_object
from hub.stix.references import references, references_in
from hub.stix.tlp import TLP, TLP1_IDS, TLP2_IDS, level

UUID = "3f1e8a52-6c2b-4d0e-9a51-0c6f2b7d8e91"
OTHER = "8a1c2b3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"


def note(**more: Any) -> dict[str, Any]:
    """A valid note, with these properties besides or instead."""
    return {
        "type": "note",
        "spec_version": "2.1",
        "id": f"note--{UUID}",
        "created": "2026-04-02T03:10:00.000Z",
        "modified": "2026-04-02T03:10:00.000Z",
        "content": "Seen again.",
        "object_refs": [f"indicator--{UUID}"],
    } | more


def parsed(**more: Any) -> StixObject:
    """The note, which must be valid."""
    parsed_object = parse_object(note(**more), Limits())
    assert isinstance(parsed_object, StixObject), parsed_object
    return parsed_object


def refused(limits: Limits, **more: Any) -> str:
    """Why the note is refused."""
    parsed_object = parse_object(note(**more), limits)
    assert isinstance(parsed_object, tuple), parsed_object
    return parsed_object[0].message


def test_ids_of_what_may_be_an_observable_are_named_wherever_they_stand() -> None:
    """Law L5 is about objects that name an SCO; that an object names a report or its author gives no value away."""
    parsed_object = parsed(
        object_refs=[f"url--{UUID}", f"indicator--{UUID}", f"x-acme-thing--{UUID}", f"url--{UUID}"],
        created_by_ref=f"identity--{UUID}",
        x_also={"here": [f"ipv4-addr--{OTHER}"]},
        x_text=f"url--{OTHER} is inside a longer text, and so is file--{OTHER}",
        x_no_type=f"a--b--{OTHER}",
        x_quoted=f'the id "file--{OTHER}"',
    )
    properties = {f"ipv4-addr--{OTHER}", f"url--{UUID}", f"x-acme-thing--{UUID}"}
    texts = {f"url--{OTHER}", f"file--{OTHER}"}
    assert parsed_object.named_ids == tuple(sorted(properties | texts))


PLACES = (
    "description",
    "name",
    "created_by_ref",
    "x_custom_ref",
    "labels",
    "object_marking_refs",
    "external_references",
)


@given(
    st.dictionaries(
        st.sampled_from(PLACES),
        st.sampled_from(
            [
                f"identity--{OTHER}",
                f"marking-definition--{OTHER}",
                f"url--{OTHER}",
                f"URL--{OTHER.upper()}",
                f"see-file--{OTHER}",
                f"identity--{OTHER} file--{UUID}",
                "two--hyphens",
                "---",
                "none",
            ]
        ),
    )
)
def test_a_glance_finds_no_fewer_ids_than_a_search(texts: dict[str, str]) -> None:
    """Most objects name no observable, and are not searched; whatever names one is, wherever that is."""
    content: dict[str, Any] = {
        "type": "indicator",
        "id": f"indicator--{UUID}",
        "created_by_ref": f"identity--{UUID}",
        **{name: [text] if name in ("labels", "object_marking_refs") else text for name, text in texts.items()},
    }
    if "external_references" in texts:
        content["external_references"] = [{"source_name": "x", "description": texts["external_references"]}]
    body = orjson.dumps(content)
    assert references(content, body) == references_in(body)


def test_versions_written_alike_or_not_are_the_same_content() -> None:
    """`created` and `modified` count as instants, each as its own: law L2."""
    digests = {
        parsed(created=created, modified=modified).digest
        for created in ("2026-04-02T03:10:00Z", "2026-04-02T03:10:00.000Z")
        for modified in ("2026-04-02T03:10:00Z", "2026-04-02T03:10:00.0Z")
    }
    assert len(digests) == 1
    later = parsed(modified="2026-04-02T03:10:00.001Z")
    assert later.digest not in digests
    assert parsed(created="2026-04-02T03:09:00Z", modified="2026-04-02T03:10:00Z").digest not in digests


@pytest.mark.parametrize("inside", [lambda number: number, lambda number: [number], lambda number: {"deep": [number]}])
def test_numbers_are_looked_at_wherever_they_stand(inside: Any) -> None:
    """Beyond 2^53 parsers disagree; 5.0 and 5 are one number, which the digest has to know."""
    assert "2^53" in refused(Limits(), x_number=inside(2**53))
    assert "2^53" in refused(Limits(), x_number=inside(1e300))
    assert parsed(x_number=inside(5.0)).digest == parsed(x_number=inside(5)).digest
    assert parsed(x_number=inside(5.5)).digest != parsed(x_number=inside(5)).digest


def test_limits_apply_to_plain_objects_too() -> None:
    """Most objects pass a quick check, which must not skip the limits."""
    limits = replace(Limits(), string_characters=200, object_depth=3)
    assert "longer than 200" in refused(limits, content="x" * 201)
    assert "longer than 200" in refused(limits, labels=["x" * 201])
    assert "deeper than 3" in refused(limits, x_deep=[[["x"]]])
    assert "deeper than 1" in refused(replace(Limits(), object_depth=1))


# No digit before an "e" in it, so that nothing but the number under test catches the eye of the quick look.
PLAIN = (
    '{"type": "identity", "spec_version": "2.1", "id": "identity--11111111-1111-4111-8111-111111111111", "name": "n",'
    ' "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", %s}'
)


def spelt(text: str) -> Any:
    return parse_object(parse_json((PLAIN % text).encode()), Limits())


@pytest.mark.parametrize(
    "text", ['"x_n": 1e400', '"x_n": -1e999', '"x_n": [0, {"a": 1e400}]', '"x_n": 12345678901234567']
)
def test_a_number_that_no_parser_keeps_is_refused(text: str) -> None:
    """L6: beyond all floats it would go out as null, beyond 2^53 as its neighbour."""
    parsed_object = spelt(text)
    assert not isinstance(parsed_object, StixObject)
    assert "a number is beyond 2^53" in parsed_object[0].message


@pytest.mark.parametrize(
    "text", ['"x_n": 0.1', '"x_n": {"a": null, "b": [5.0, -0.0, 1e-300]}', '"x_s": "null and void"']
)
def test_what_is_accepted_goes_out_as_it_came(text: str) -> None:
    """L6: JSON-equal."""
    parsed_object = spelt(text)
    assert isinstance(parsed_object, StixObject)
    assert parse_json(parsed_object.body) == parse_json((PLAIN % text).encode())


@pytest.mark.parametrize("ids", [TLP1_IDS, TLP2_IDS])
def test_an_observed_sco_raises_what_contains_it(ids: dict[TLP, str]) -> None:
    """L5: an observed-data that contains whole SCOs (the deprecated `objects`) is shown no lower than the highest of them."""
    secret = {"type": "ipv4-addr", "value": "203.0.113.7", "object_marking_refs": [ids[TLP.RED]]}
    observed = {"type": "observed-data", "objects": {"0": secret}, "object_marking_refs": [ids[TLP.GREEN]]}
    assert level(observed) is TLP.RED
    assert level(observed | {"objects": {"0": {"type": "mutex", "name": "m"}}}) is TLP.GREEN
    granular = secret | {
        "object_marking_refs": [ids[TLP.GREEN]],
        "granular_markings": [{"selectors": ["value"], "marking_ref": ids[TLP.AMBER]}],
    }
    assert level(observed | {"objects": {"0": granular}}) is TLP.AMBER
