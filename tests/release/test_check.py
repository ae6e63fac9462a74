"""The last look fails closed: whatever slipped through the rules before it, nothing leaves."""

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
def clean() -> tuple[Content, ...]:
    """What leaves of a case, and passes."""
    member, report = a_member(), a_case()
    result = release(render(report, member, now=NOW), report, member, Audience("c"), now=NOW)
    assert isinstance(result, Released)
    return result.contents


@pytest.fixture(scope="module")
def look() -> LastLook:
    scanner = scanner_for(a_member(), a_case())
    return LastLook(scanner, TLP.AMBER, frozenset(), frozenset({SECRET_ID}), IDENTITY)


def changed(contents: tuple[Content, ...], object_type: str, **more: Any) -> list[Content]:
    """The contents, with the first object of the type changed; a property of None is taken away."""
    first = next(content for content in contents if content["type"] == object_type)
    full = {name: value for name, value in {**first, **more}.items() if value is not None}
    return [full if content is first else content for content in contents]


def test_what_leaves_passes(clean: tuple[Content, ...], look: LastLook) -> None:
    assert find_problems(clean, look) == []


@pytest.mark.parametrize(
    ("object_type", "more", "words"),
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
def test_whatever_slipped_through_is_found(
    clean: tuple[Content, ...], look: LastLook, object_type: str, more: dict[str, Any], words: str
) -> None:
    complaints = find_problems(changed(clean, object_type, **more), look)
    assert any(words in problem for problem in complaints), complaints


def test_what_left_before_may_be_referred_to(clean: tuple[Content, ...], look: LastLook) -> None:
    before = "malware--7d1a3c5e-0b2f-4c6d-8e9f-0a1b2c3d4e50"
    contents = changed(clean, "sighting", sighting_of_ref=before)
    assert find_problems(contents, replace(look, known_ids=frozenset({before}))) == []
