"""What OpenCTI sends, as pycti exports it and as its stream carries it: nobody below the level sees any of it (law L5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from hub.stix.tlp import TLP
from tests.clients import interpreters
from tests.clients.opencti_events import OWN_STRICT, OpenCtiCase, cases, streamed, stripped
from tests.clients.readers import IN_INDICATORS, IN_PUBLIC, IN_RED, everything, misplaced, post, session
from tests.server.process import HubProcess

# readers with the level up to which each reads, the highest level that is taken, and that of what is unmarked
COLLECTIONS: Final = {
    "indicators": (IN_INDICATORS, TLP.AMBER_STRICT, TLP.AMBER_STRICT),
    "red": (IN_RED, TLP.RED, TLP.AMBER_STRICT),
    "public": (IN_PUBLIC, TLP.GREEN, TLP.RED),  # it refuses what is unmarked
}
Form = Callable[[Mapping[str, Any]], dict[str, Any]]
FORMS: Final[Mapping[str, tuple[Form, int]]] = {
    "exported, whole": (dict, 1000),
    "exported, one at a time": (dict, 1),
    "streamed, one at a time": (streamed, 1),
}


def exported(pushed_cases: list[OpenCtiCase]) -> dict[str, list[dict[str, Any]]]:
    """By name, the objects as pycti writes them, definitions and author first, and the relationships."""
    entities = {case.name: case.entities() for case in pushed_cases}
    bundles: dict[str, list[dict[str, Any]]] = interpreters.run("pycti", "opencti_export", entities)
    for case in pushed_cases:
        bundles[case.name] += case.relations()
    return bundles


def taken(case: OpenCtiCase, form: str) -> bool:
    """Pycti writes an administrator's own definition as one of STIX's type `tlp`, of which there are four and no others."""
    return case.marking != "own strict" or form.startswith("streamed")


def test_no_reader_below_the_level_sees_anything_of_a_report(shipped: HubProcess) -> None:
    """At every level, marked throughout or in part, in one envelope or one at a time; and every reader who may see a fact sees it."""
    cases_by_form = {
        (collection, form): [case for case in cases(f"{collection}, {form}") if taken(case, form)]
        for collection in COLLECTIONS
        for form in FORMS
    }
    objects = exported([case for pushed_cases in cases_by_form.values() for case in pushed_cases])
    with session(shipped, "id-cert") as client:
        for (collection, form), pushed_cases in cases_by_form.items():
            write, size = FORMS[form]
            for case in pushed_cases:
                if size == 1 and not case.contents_marked:
                    case.come_unmarked_first()
                written = [write(obj) for obj in objects[case.name]]
                for start in range(0, len(written), size):
                    post(shipped, client, collection, written[start : start + size])
    wrong: dict[str, dict[str, str]] = {}
    for collection, (readers, highest, default) in COLLECTIONS.items():
        for reader, clearance in readers.items():
            text = everything(shipped, reader, collection)
            for form in FORMS:
                for case in cases_by_form[collection, form]:
                    misplaced_facts = misplaced(case.facts, text, clearance, default=default, highest=highest)
                    if misplaced_facts:
                        wrong[f"{case.name}, read by {reader}"] = misplaced_facts
    assert not wrong, json.dumps(wrong, indent=1)


def test_a_definition_of_type_tlp_with_an_id_of_its_own_is_refused_with_what_it_marks(shipped: HubProcess) -> None:
    """As pycti exports it; nobody sees the report, and the words name the definition."""
    case = next(case for case in cases("own definition") if case.marking == "own strict")
    other = OWN_STRICT.replace("dd", "de")
    objects = json.loads(json.dumps(exported([case])[case.name]).replace(OWN_STRICT, other))
    with session(shipped, "id-cert") as client:
        status = post(shipped, client, "indicators", objects)
    words = {failure["id"].partition("--")[0]: failure["message"] for failure in status["failures"]}
    assert "TLP has fixed ones" in words["marking-definition"]
    assert other in words["report"]
    assert not any(word in everything(shipped, "id-cert", "indicators") for word in case.facts)


def test_what_comes_without_markings_is_read_by_certs_alone(shipped: HubProcess) -> None:
    """OpenCTI's connector strips markings and author by default."""
    pushed_cases = [case for case in cases("stripped") if case.marking == "green"]
    objects = exported(pushed_cases)
    with session(shipped, "id-cert") as client:
        for case in pushed_cases:
            for obj in objects[case.name]:
                if obj["type"] != "marking-definition":
                    post(shipped, client, "indicators", [stripped(streamed(obj))])
    for reader, clearance in IN_INDICATORS.items():
        text = everything(shipped, reader, "indicators")
        for case in pushed_cases:
            assert {word in text for word in case.facts} == {clearance >= TLP.AMBER_STRICT}, (case.name, reader)
