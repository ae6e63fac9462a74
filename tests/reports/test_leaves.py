"""Nothing is lost in silence: each leaf of an input changes what is read of it, or is declared as passed over.

A leaf that a reader uses changes the report; one that it names as unused changes the table of unused values. So a reader
that forgets a field fails here, whatever the field.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest

from hub.rendering.render import render
from hub.reports.formats.form.columns import COLUMNS, REQUIRED_COLUMNS
from hub.reports.read import Report, read_reports
from tests.reports.full_events import INTELMQ, N6
from tests.reports.making_reports import NOW, a_member
from tests.reports.passed_over import PASSED_OVER
from tests.reports.reading_reports import FIXTURES

Path_ = tuple[str | int, ...]
# What only copies the bytes of the input: the ids of feeds and of X-ARF 3.
DIGESTS = re.compile(r"(?:intelmq|n6|xarf|v3)-[0-9a-f]{32}")


def reading(data: bytes, form: str) -> str:
    """All that is read, without the ids that are digests of the input."""
    return DIGESTS.sub("", repr(list(read_reports(data, name="x", format=form))))


def other(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}x" if isinstance(value, str) else "x"


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path
        return
    for key, item in items:
        yield from leaves(item, (*path, key))


def changed(value: Any, path: Path_, change: Callable[[Any], Any] = other) -> Any:
    """A copy in which the leaf at ``path`` is another one."""
    whole = copy.deepcopy(value)
    holder = whole
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = change(holder[path[-1]])
    return whole


def shown(path: Path_) -> str:
    return ".".join("*" if isinstance(key, int) else key for key in path)


def is_declared(path: str, name: str) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in PASSED_OVER[name])


def silent(documents: list[Any], form: str, change: Callable[[Any], Any] = other) -> list[str]:
    """The leaves whose change changes nothing."""
    missed: list[str] = []
    for document in documents:
        before = reading(json.dumps(document).encode(), form)
        missed += [
            shown(path)
            for path in leaves(document)
            if reading(json.dumps(changed(document, path, change)).encode(), form) == before
        ]
    return missed


CASES = [
    ("intelmq.jsonl", "intelmq", "IntelMQ"),
    ("n6.jsonl", "n6", "n6"),
    ("misp.json", "misp", "MISP"),
    ("misp_linked.json", "misp", "MISP"),
    ("veris_1_3.json", "veris", "VERIS"),
    ("veris_1_4.json", "veris", "VERIS"),
    ("xarf_v3.json", "xarf", "X-ARF"),
    ("xarf_v4.json", "xarf", "X-ARF"),
    ("iodef.json", "iodef", "IODEF"),
]


@pytest.mark.parametrize(("file", "form", "name"), CASES, ids=[case[0] for case in CASES])
def test_each_leaf_of_a_json_report_counts(file: str, form: str, name: str) -> None:
    """Used, named, or declared; words for which nothing is read at all do not reach here."""
    text = (FIXTURES / file).read_text(encoding="utf-8")
    documents = (
        [json.loads(line) for line in text.splitlines() if line[:1] == "{"]
        if file.endswith("l")
        else [json.loads(text)]
    )
    readable = [item for item in documents if "RowError" not in reading(json.dumps(item).encode(), form)]
    assert readable
    missed = [path for path in silent(readable, form) if not is_declared(path, name)]
    # The word "sinkhole" in an identifier decides, and what follows it does not.
    assert [path for path in missed if path != "classification.identifier"] == []


def another(value: Any) -> Any:
    """Another value that is as good: an address for an address, a time for a time."""
    if not isinstance(value, str):
        return other(value)
    for pattern, replace_text in (
        (r"\d+\.\d+\.\d+\.\d+", lambda text: text[:-1] + ("7" if text[-1] != "7" else "6")),
        (r"1{32,}", lambda text: "2" * len(text)),
        (r"20\d\d-.*", lambda text: f"2019{text[4:]}"),
        (r"VN|ID|MY", lambda _: "TH"),
        (r"GREEN", lambda _: "AMBER"),
        (r"CVE-.*", lambda text: f"{text}1"),
    ):
        if re.fullmatch(pattern, value):
            return replace_text(value)
    return other(value)


@pytest.mark.parametrize(
    ("event", "form", "name"),
    [
        *(
            (INTELMQ | {"classification.type": kind}, "intelmq", "IntelMQ")
            for kind in (
                "c2-server", "brute-force", "infected-system", "vulnerable-system", "phishing", "ddos", "scanner",
                "malware-distribution", "other", "data-leak", "spam", "malware",
            )
        ),
        *(
            (N6 | {"category": kind}, "n6", "n6")
            for kind in (
                "cnc", "bots", "scanning", "phish", "amplifier", "vulnerable", "dos-victim", "malurl", "dns-query",
                "spam", "leak", "other", "server-exploit",
            )
        ),
    ],
    ids=lambda value: value.get("category") or value["classification.type"] if isinstance(value, dict) else "",
)  # fmt: skip
def test_each_field_of_a_whole_event_counts_whatever_its_type(event: dict[str, Any], form: str, name: str) -> None:
    """What is used for one type is named for another: ports, protocols, countries, identifiers."""
    assert "RowError" not in reading(json.dumps(event).encode(), form)
    missed = silent([event], form, another)
    assert [path for path in missed if not is_declared(path, name)] == []


def elements(root: Element, path: str = "") -> Iterator[tuple[str, Callable[[Element], None], Element]]:
    """(path, change, element) of each text and attribute of an XML document."""
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if (element.text or "").strip():
            yield tag, lambda target: setattr(target, "text", f"{(target.text or '').rstrip()}x"), element
        for key in element.attrib:
            yield f"{tag}@{key}", lambda target, key=key: target.set(key, f"{target.get(key)}x"), element  # type: ignore[misc]  # key is bound now


@pytest.mark.parametrize("file", ["iodef_v1.xml", "iodef_v2.xml"])
def test_each_text_and_attribute_of_an_iodef_document_counts(file: str) -> None:
    """As above, in XML."""
    root = fromstring((FIXTURES / file).read_bytes())
    before = reading(tostring(root), "iodef")
    missed = []
    for path, change, element in list(elements(root)):
        text, attributes = element.text, dict(element.attrib)
        change(element)
        if reading(tostring(root), "iodef") == before and not is_declared(path, "IODEF"):
            missed.append(path)
        element.text = text
        element.attrib.clear()
        element.attrib.update(attributes)
    assert missed == []


FORM = {
    "report_id": "X-1", "stage": "update", "title": "Shop encrypted", "description": "Akira", "language": "en",
    "incident_class": "malicious-code", "incident_type": "infected-system", "status": "open", "determination": "confirmed",
    "severity": "4", "tlp": "amber", "pap": "green", "country": "ID", "other_countries": "MY", "cross_border": "yes",
    "started_at": "2026-03-01T10:00+07:00", "started_precision": "hour", "detected_at": "2026-03-01T12:00+07:00",
    "reported_at": "2026-03-02", "resolved_at": "2026-03-04", "ended_at": "2026-03-03", "detection_method": "user-reporting",
    "victim_name": "Toko Rekaan", "victim_registration_no": "123", "victim_abbreviations": "TR", "victim_brands": "TokoPay",
    "victim_people": "Siti", "victim_hosts": "TR-DC01", "victim_domain": "toko.example", "victim_ip_ranges": "192.0.2.0/28",
    "victim_sector": "retail", "victim_subsector": "shoes", "victim_size": "large", "critical_infrastructure": "no",
    "consent": "sector-only", "affected_individuals": "40", "affected_systems": "7", "affected_organisations": "1",
    "information_types": "pii", "records": "900", "data_loss": "confirmed-loss", "integrity": "partial-modification",
    "availability_impact": "75", "downtime_hours": "8", "cost_min": "100", "cost_max": "200", "currency": "IDR",
    "ransom_demand": "5000", "ransom_paid": "10", "recoverability": "regular", "suspected_malicious": "yes",
    "actor": "Sample Spider", "malware": "Akira", "attack_techniques": "T1486", "cves": "CVE-2024-3400",
    "indicators": "ip:203.0.113.9", "indicator_first_seen": "2026-03-01", "indicator_last_seen": "2026-03-02",
    "root_cause": "system-failures", "actions_taken": "Took it off the net", "lessons": "Keep backups",
    "recommended_actions": "Patch", "confidence": "85", "contact_name": "Budi", "contact_email": "budi@toko.example",
    "contact_phone": "+62 1", "related_reports": "X-0", "tool": "AnyDesk", "entry_vector": "VPN;Use of stolen creds",
    "packages": "pkg:npm/left-pad@1.3.0", "attack_vector": "syn-flood", "attack_rate": "1.2 Gbps;250000 pps",
    "mitigation": "M1032", "fixed_in": "pkg:npm/left-pad@1.3.1;KB5034441", "detection_advice": "DS0017",
}  # fmt: skip


def test_each_column_of_the_form_counts() -> None:
    """Every column that there is, and one that the form does not know."""
    assert set(FORM) == set(COLUMNS)
    assert "RowError" not in reading(json.dumps(FORM).encode(), "json")
    assert silent([FORM | {"shoe_size": "44"}], "json") == []


# Who is to be asked, and what the victim agreed to, never become STIX; the release step reads the second.
NOT_RENDERED = {"contact_name", "contact_email", "contact_phone", "consent"}


@pytest.mark.parametrize("column", sorted(set(COLUMNS) - set(REQUIRED_COLUMNS)))
def test_each_column_of_the_form_is_rendered(column: str) -> None:
    """At the CERT itself nothing is left out: without the column the STIX is another."""
    empty = {key: value for key, value in FORM.items() if key != column}
    if column in {"information_types", "currency"}:  # other columns need them
        empty = FORM | {"information_types": "phi", "currency": "MYR"}
    whole, without = (next(iter(read_reports(json.dumps(cells).encode(), name="x"))) for cells in (FORM, empty))
    assert isinstance(whole, Report)
    assert isinstance(without, Report)
    differs = render(whole, a_member(), now=NOW).contents != render(without, a_member(), now=NOW).contents
    assert differs is (column not in NOT_RENDERED)


def test_a_reader_that_forgets_a_field_would_be_seen() -> None:
    """What the tests above rely on: a field that is taken and not used, nor named, is silent."""
    event = {"classification.type": "c2-server", "source.ip": "198.51.100.7", "raw": "e30="}
    assert silent([event], "intelmq") == ["raw"]


def test_what_is_read_is_compared_without_its_digest() -> None:
    """A feed's id is made of all bytes: with it in the comparison no leaf would ever be silent."""
    event = {"classification.type": "c2-server", "source.ip": "198.51.100.7"}
    first, second = (
        next(item for item in read_reports(json.dumps(event | {"raw": text}).encode()) if isinstance(item, Report))
        for text in "ab"
    )
    assert first.report_id != second.report_id
    assert replace(first, report_id="") == replace(second, report_id="")
