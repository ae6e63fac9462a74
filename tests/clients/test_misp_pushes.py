"""What MISP pushes, as misp-stix writes it in both its generations: nobody below the level sees any of it (law L5)."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from hub.stix.tlp import TLP
from tests.clients import interpreters
from tests.clients.misp_events import MispEvent, events
from tests.clients.readers import IN_INDICATORS, IN_RED, asked_for, everything, misplaced, post, session
from tests.server.process import HubProcess

# objects in an envelope: MISP sends an event whole unless it is larger than the hub takes in one request
WAYS: Final = {"whole": 100_000, "in pieces": 7, "one at a time": 1}
COLLECTIONS: Final = {"indicators": (IN_INDICATORS, TLP.AMBER_STRICT), "red": (IN_RED, TLP.RED)}


def exported(generation: str, events_by_way: list[MispEvent]) -> dict[str, list[Any]]:
    """By name, the objects of each event; with the facts that misp-stix writes."""
    bundles: dict[str, list[Any]] = interpreters.run(
        generation, "misp_export", {event.name: event.exported for event in events_by_way}
    )
    for event in events_by_way:
        text = json.dumps(bundles[event.name], ensure_ascii=False)
        event.facts = {word: level for word, level in event.facts.items() if word in text}
        assert len(event.facts) > 10, event.name
    return bundles


@pytest.mark.parametrize("generation", interpreters.GENERATIONS)
def test_no_reader_below_the_level_sees_anything_of_an_event(shipped: HubProcess, generation: str) -> None:
    """At every level, with levels on attributes, sent in one envelope or in many; and every reader who may see a fact sees it."""
    events_by_way = {
        (collection, way): [
            event for event in events(f"{generation}, {collection}, {way}") if size > 9 or event.telling
        ]
        for collection in COLLECTIONS
        for way, size in WAYS.items()
    }
    objects = exported(generation, [event for pushed in events_by_way.values() for event in pushed])
    for (collection, way), pushed in events_by_way.items():
        with session(shipped, "id-cert") as client:
            for event in pushed:
                size, its_objects = WAYS[way], objects[event.name]
                for start in range(0, len(its_objects), size):
                    post(shipped, client, collection, its_objects[start : start + size])
    wrong: dict[str, dict[str, str]] = {}
    for collection, (readers, highest) in COLLECTIONS.items():
        for reader, clearance in readers.items():
            text = everything(shipped, reader, collection)
            ids = {obj["id"] for way in WAYS for event in events_by_way[collection, way] for obj in objects[event.name]}
            for way in WAYS:
                for event in events_by_way[collection, way]:
                    misplaced_facts = misplaced(event.facts, text, clearance, default=TLP.AMBER_STRICT, highest=highest)
                    if misplaced_facts:
                        wrong[f"{event.name}, read by {reader}"] = misplaced_facts
            if clearance in (TLP.GREEN, -1):
                answers = asked_for(shipped, reader, collection, sorted(ids)[::29])
                assert all(identifier in text for identifier in answers), "asked for by its id, no object shows more"
    assert not wrong, json.dumps(wrong, indent=1)
