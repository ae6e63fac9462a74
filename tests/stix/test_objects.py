"""What the hub needs to know of one object: that no value of it is changed on the way in, and how high it is."""

from __future__ import annotations

from typing import Any

import pytest

from hub.settings import Limits
from hub.stix.envelope import parse_json
from hub.stix.objects import StixObject, parse_object
from hub.stix.tlp import TLP, TLP1_IDS, TLP2_IDS, level

# No digit before an "e" in it, so that nothing but the number under test catches the eye of the quick look.
PLAIN = (
    '{"type": "identity", "spec_version": "2.1", "id": "identity--11111111-1111-4111-8111-111111111111", "name": "n",'
    ' "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", %s}'
)


def parsed(text: str) -> Any:
    return parse_object(parse_json((PLAIN % text).encode()), Limits())


@pytest.mark.parametrize(
    "text", ['"x_n": 1e400', '"x_n": -1e999', '"x_n": [0, {"a": 1e400}]', '"x_n": 12345678901234567']
)
def test_a_number_that_no_parser_keeps_is_refused(text: str) -> None:
    """L6: beyond all floats it would go out as null, beyond 2^53 as its neighbour."""
    found = parsed(text)
    assert not isinstance(found, StixObject)
    assert "a number is beyond 2^53" in found[0].message


@pytest.mark.parametrize(
    "text", ['"x_n": 0.1', '"x_n": {"a": null, "b": [5.0, -0.0, 1e-300]}', '"x_s": "null and void"']
)
def test_what_is_taken_goes_out_as_it_came(text: str) -> None:
    """L6: JSON-equal."""
    found = parsed(text)
    assert isinstance(found, StixObject)
    assert parse_json(found.body) == parse_json((PLAIN % text).encode())


@pytest.mark.parametrize("ids", [TLP1_IDS, TLP2_IDS])
def test_an_observed_sco_raises_what_holds_it(ids: dict[TLP, str]) -> None:
    """L5: an observed-data that holds SCOs whole (the deprecated `objects`) is shown no lower than the highest of them."""
    secret = {"type": "ipv4-addr", "value": "203.0.113.7", "object_marking_refs": [ids[TLP.RED]]}
    held = {"type": "observed-data", "objects": {"0": secret}, "object_marking_refs": [ids[TLP.GREEN]]}
    assert level(held) is TLP.RED
    assert level(held | {"objects": {"0": {"type": "mutex", "name": "m"}}}) is TLP.GREEN
    granular = secret | {
        "object_marking_refs": [ids[TLP.GREEN]],
        "granular_markings": [{"selectors": ["value"], "marking_ref": ids[TLP.AMBER]}],
    }
    assert level(held | {"objects": {"0": granular}}) is TLP.AMBER
