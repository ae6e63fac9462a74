"""The last look fails closed: if it finds anything that the rules missed, nothing leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hub.release.check import LastLook, find_problems
from hub.release.deny import scanner_for
from hub.release.policy import Audience
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.rendering.versions import Content
from hub.stix.tlp import TLP, TLP2_IDS
from tests.reports.making_reports import IDENTITY, NOW, a_case, a_member

SECRET_ID = "incident--7d1a3c5e-0b2f-4c6d-8e9f-0a1b2c3d4e5f"


@pytest.fixture(scope="module")
def clean_contents() -> tuple[Content, ...]:
    """The released objects of a case, which pass the last look."""
    member, report = a_member(), a_case()
    result = release(render(report, member, now=NOW), report, member, Audience("c"), now=NOW)
    assert isinstance(result, Released)
    return result.contents


@pytest.fixture(scope="module")
def look() -> LastLook:
    scanner = scanner_for(a_member(), a_case())
    return LastLook(scanner, TLP.AMBER, frozenset(), frozenset({SECRET_ID}), IDENTITY)


def change_first(contents: tuple[Content, ...], object_type: str, **changes: Any) -> list[Content]:
    """The contents with the first object of the type changed. A property set to None is removed."""
    first = next(content for content in contents if content["type"] == object_type)
    changed_object = {name: value for name, value in {**first, **changes}.items() if value is not None}
    return [changed_object if content is first else content for content in contents]


def test_released_objects_pass(clean_contents: tuple[Content, ...], look: LastLook) -> None:
    assert find_problems(clean_contents, look) == []


@pytest.mark.parametrize(
    ("object_type", "changes", "words"),
    [
        ("sighting", {"sighting_of_ref": "malware--7d1a3c5e-0b2f-4c6d-8e9f-0a1b2c3d4e50"}, "which does not leave"),
        ("observed-data", {"object_refs": ["ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"]}, "which does not leave"),
        ("incident", {"description": f"see {SECRET_ID.upper()}"}, "contains an id of an object that stays"),
        ("incident", {"description": "at Bank Sejahtera"}, "contains the victim's"),
        ("indicator", {"description": "for c2VqYWh0ZXJhLmV4YW1wbGU="}, "contains the victim's domain"),
        ("indicator", {"pattern": "[url:value = 'http://x.example/SejahteraPay']"}, "contains the victim's"),
        ("indicator", {"pattern": "[ipv4-addr:value = '198.51.100.9']"}, "contains an address of the victim"),
        ("relationship", {"object_marking_refs": None}, "is not marked"),
        ("relationship", {"object_marking_refs": [TLP2_IDS[TLP.AMBER_STRICT]]}, "above TLP:AMBER"),
        (
            "incident",
            {"granular_markings": [{"marking_ref": TLP2_IDS[TLP.AMBER], "selectors": ["name"]}]},
            "still has granular markings",
        ),
        ("incident", {"confidence": 101}, "confidence"),
        ("event", {"x_victim": "quiet"}, "stix2 does not take it"),
    ],
)
def test_the_last_look_finds_what_the_rules_missed(
    clean_contents: tuple[Content, ...], look: LastLook, object_type: str, changes: dict[str, Any], words: str
) -> None:
    problems = find_problems(change_first(clean_contents, object_type, **changes), look)
    assert any(words in problem for problem in problems), problems


def test_a_reference_to_an_object_released_before_is_valid(clean_contents: tuple[Content, ...], look: LastLook) -> None:
    earlier_id = "malware--7d1a3c5e-0b2f-4c6d-8e9f-0a1b2c3d4e50"
    contents = change_first(clean_contents, "sighting", sighting_of_ref=earlier_id)
    assert find_problems(contents, replace(look, known_ids=frozenset({earlier_id}))) == []
