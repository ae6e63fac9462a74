"""A word that nobody knows, in place of any text of a report, is not swallowed: it is in the STIX or in the table of what
was not used, or the record is refused in words that show it.

`test_leaves` shows that a reader looks at each leaf. Here the value itself has to come out again: a reader that takes an unknown
word for a default fails, and so does a renderer that forgets a field of the model.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import fromstring, tostring

import pytest

from hub.rendering.render import render
from hub.reports.read import Report, read_reports
from tests.reports.full_events import INTELMQ, N6
from tests.reports.making_reports import NOW, a_member
from tests.reports.reading_reports import FIXTURES
from tests.reports.test_leaves import FORM, Path_, changed, is_declared, leaves, shown

MARKER = "Qzword"
MEMBER = a_member()
DOCUMENTS = [
    ("misp.json", "misp", "MISP"), ("misp_linked.json", "misp", "MISP"), ("veris_1_3.json", "veris", "VERIS"),
    ("veris_1_4.json", "veris", "VERIS"), ("xarf_v3.json", "xarf", "X-ARF"), ("xarf_v4.json", "xarf", "X-ARF"),
    ("iodef.json", "iodef", "IODEF"),
]  # fmt: skip


def outcome(data: bytes, form: str) -> str:
    """All that anybody is shown of a file, in small letters: STIX, the table, warnings, refusals, and who is protected."""
    lines: list[Any] = []
    for reading in read_reports(data, name="x", format=form):
        lines.append(str(reading)) if not isinstance(reading, Report) else lines.extend(_shown(reading))
    return " ".join(map(str, lines)).casefold()


def _shown(report: Report) -> Iterator[Any]:
    rendered = render(report, MEMBER, now=NOW)
    yield json.dumps(rendered.contents)
    yield from ((row.key, row.value, row.reason) for row in (*report.unused, *rendered.problems))
    yield from report.warnings
    yield from (report.victims, report.secondary_victims, report.contacts, report.related_reports)


def swallowed(document: Any, form: str, name: str) -> set[str]:
    """The paths of the texts in whose place the marker is not seen again."""
    texts = [path for path in leaves(document) if isinstance(_at(document, path), str) and _at(document, path)]
    return {
        shown(path)
        for path in texts
        if not is_declared(shown(path), name)
        and MARKER.casefold() not in outcome(json.dumps(changed(document, path, lambda _: MARKER)).encode(), form)
    }


def _at(document: Any, path: Path_) -> Any:
    for key in path:
        document = document[key]
    return document


@pytest.mark.parametrize(("file", "form", "name"), DOCUMENTS)
def test_an_unknown_word_in_any_field_comes_out_again(file: str, form: str, name: str) -> None:
    """In the fixture of each format, whose fields are all filled."""
    document = json.loads((FIXTURES / file).read_text(encoding="utf-8"))
    assert swallowed(document, form, name) == set()


@pytest.mark.parametrize(
    "kind", ["c2-server", "infected-system", "vulnerable-system", "phishing", "brute-force", "other"]
)
def test_an_unknown_word_in_an_event_of_intelmq_comes_out_again(kind: str) -> None:
    """What one type has an indicator for, another names."""
    assert swallowed(INTELMQ | {"classification.type": kind}, "intelmq", "IntelMQ") == set()


@pytest.mark.parametrize("category", ["cnc", "bots", "scanning", "phish", "amplifier", "dos-victim", "leak"])
def test_an_unknown_word_in_an_event_of_n6_comes_out_again(category: str) -> None:
    """As above."""
    assert swallowed(N6 | {"category": category}, "n6", "n6") == set()


def test_an_unknown_word_in_any_column_of_the_form_comes_out_again() -> None:
    """A column of closed words refuses it, any other shows it."""
    assert swallowed(FORM | {"shoe_size": "44"}, "json", "The form") == set()


@pytest.mark.parametrize("file", ["iodef_v1.xml", "iodef_v2.xml"])
def test_an_unknown_word_in_any_attribute_of_iodef_comes_out_again(file: str) -> None:
    """The closed lists of both versions: their default is never taken in silence."""
    root = fromstring((FIXTURES / file).read_bytes())
    missed = set()
    for element in list(root.iter()):
        for key, value in list(element.attrib.items()):
            element.set(key, MARKER)
            if MARKER.casefold() not in outcome(tostring(root), "iodef"):
                missed.add(f"{element.tag.rpartition('}')[2]}@{key.rpartition('}')[2]}")
            element.set(key, value)
    assert {path for path in missed if not is_declared(path, "IODEF")} == set()


def mappings(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, dict):
        yield path
    for key, item in items:
        yield from mappings(item, (*path, key))


@pytest.mark.parametrize(("file", "form", "name"), DOCUMENTS)
def test_a_key_that_nobody_knows_is_named_wherever_it_stands(file: str, form: str, name: str) -> None:
    """Except in MISP's tags and galaxies, which describe themselves."""
    document = json.loads((FIXTURES / file).read_text(encoding="utf-8"))
    missed = set()
    for path in mappings(document):
        if {"Tag", "Galaxy"} & set(path) or is_declared(f"{shown(path)}.key", name):
            continue
        whole = copy.deepcopy(document)
        _at(whole, path)["qzkey"] = MARKER
        if MARKER.casefold() not in outcome(json.dumps(whole).encode(), form):
            missed.add(shown(path))
    assert missed == set()


def test_a_swallowed_word_would_be_seen() -> None:
    """What all of the above rely on: without its place in the list, raw data fail."""
    assert swallowed(
        {"classification.type": "c2-server", "source.ip": "198.51.100.7", "raw": "e30="}, "intelmq", "The form"
    ) == {"raw"}
