"""Law L7: stix2 parses everything that the hub accepts, for any damage to an object."""

from __future__ import annotations

import copy
import warnings
from random import Random

import pytest
import stix2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.stix import schema
from hub.stix.schema import faults
from tests.stix.damage import damaged
from tests.stix.specimens import specimens

SPECIMENS = specimens()


@settings(
    max_examples=600,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(which=st.integers(0, len(SPECIMENS) - 1), seed=st.integers(0, 2**32))
def test_whatever_the_hub_accepts_stix2_parses(which: int, seed: int) -> None:
    """Properties dropped, replaced, renamed, added, swapped and mangled, on objects of every type."""
    content = damaged(SPECIMENS[which], Random(seed))
    if findings := faults(content):
        assert all(len(fault.message) < 350 and fault.message.isprintable() for fault in findings)
        assert not any("breaks a rule" in fault.message for fault in findings), "each refusal has words of its own"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stix2.parse(copy.deepcopy(content), allow_custom=True, version="2.1")
        stix2.parse(copy.deepcopy(content), allow_custom=True)  # it finds the version out by itself, as data stores do


def test_damage_leaves_enough_objects_valid_for_the_proof_to_mean_something() -> None:
    """If nearly all were refused, the test above would show nothing."""
    random = Random(20261122)
    verdicts = [bool(faults(damaged(random.choice(SPECIMENS), random))) for _ in range(600)]
    assert 0.1 < verdicts.count(False) / len(verdicts) < 0.6


def test_the_brief_schema_of_a_type_says_of_objects_without_long_properties_what_the_whole_one_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that checks few objects never compiles the whole schemas, and refuses the same objects in the same words."""
    random = Random(20261127)
    contents = [*SPECIMENS, *(damaged(specimen, random) for specimen in SPECIMENS for _ in range(12))]
    schema.prepare()
    verdicts = [faults(content) for content in contents]
    for content, verdict in zip(contents, verdicts, strict=True):
        monkeypatch.setattr(schema, "_rules_by_family", {})
        assert faults(content) == verdict
    brief = [content for content in SPECIMENS if schema._LONG_PROPERTIES.isdisjoint(content)]
    monkeypatch.setattr(schema, "_rules_by_family", {})
    assert not any(faults(content) for content in brief)
    assert all(rules.whole_validator is None for rules in schema._rules_by_family.values()), (
        "only what is needed is compiled"
    )
