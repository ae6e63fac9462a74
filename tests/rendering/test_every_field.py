"""Every field of the model is rendered: with another value the STIX at the CERT is another.

What is not rendered is listed with its reason, so that a new field of the model that nobody renders fails here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, Final

import pytest

from hub.errors import ProducerError
from hub.protocol.labels import Stage
from hub.rendering.render import render
from hub.reports.impacts import (
    AvailabilityImpact,
    ConfidentialityImpact,
    EconomicImpact,
    IntegrityImpact,
    PhysicalImpact,
)
from hub.reports.knowledge import (
    Actor,
    DataSource,
    Flood,
    Malware,
    Mitigation,
    Software,
    Technique,
    VerisWord,
    Vulnerability,
)
from hub.reports.losses import Unused
from hub.reports.moments import Moment, Timeline
from hub.reports.observables import FileDetails, Observable, ObservableType, Relation, Role, Sighting, TrafficDetails
from hub.reports.references import Reference
from hub.reports.report import Note, Report, ReportEvent, Severity, Task, Translation
from hub.reports.victims import Consent, Contact, Victim
from tests.reports.making_reports import NOW, a_case, a_member, moment, seen

A, B, C = (moment(f"2026-0{month}-02T03:04:05+00:00") for month in (3, 4, 5))
HASH = {"SHA-256": "3f" * 32}

# field: why another value makes no other STIX at the CERT.
NOT_RENDERED: Final = {
    "Report.consent": "the release step reads it",
    "Report.withheld_reason": "the release step reads it",
    "Report.secondary_victims": "searched for, and rendered nowhere",
    "Report.contacts": "whom to ask is never STIX",
    "Report.unused": "for the officer's eyes",
    "Report.warnings": "for the officer's eyes",
    "Report.source": "for the officer's eyes",
    "Observable.evidence": "for the officer's eyes",
    "Observable.source_id": "is private",
    "Observable.source_remarks": "is private; the release step searches it",
    "Malware.is_named": "decides only which indicators are linked to it",
    "Reference.public": "decides what leaves",
    "Software.version": "package URL and CPE hold it",
    "Timeline.written": "is of the report, and no event",
    "Victim.size": "size_text says it more exactly at the CERT",
    "VerisWord.kind": "action and word tell it",
    "Observable.hold_reason": "whether it is empty decides",
    **{f"Unused.{field.name}": "for the officer's eyes" for field in dataclasses.fields(Unused)},
    **{f"Contact.{field.name}": "whom to ask is never STIX" for field in dataclasses.fields(Contact)},
}


def whole() -> Report:
    """A report in which every field of every class says something."""
    item = seen(
        ObservableType.IPV4, "203.0.113.8", first_seen=A, last_seen=B, valid_from=A, valid_until=C, confidence=70, tlp="red",
        description="seen twice", labels=('rsit:malicious-code="c2-server"',), indicator_types=("anomalous-activity",),
        kill_chain_phases=(("lockheed-martin-cyber-kill-chain", "delivery"),), malware="LockBit", source_id="1",
        source_remarks=("CN=c2.example",),
        references=(Reference("advisory", "A-1", "https://a.example/1", "about it", public=True),),
    )  # fmt: skip
    items = (
        item,
        seen(ObservableType.DOMAIN, "c2.example", resolves_to=("203.0.113.8",)),
        seen(ObservableType.FILE, "3f" * 32, file=FileDetails("a.exe", HASH, 12, "application/x-dosexec", "1" * 32)),
        seen(ObservableType.AS, "AS64500", display_name="EXAMPLE-NET"),
        seen(ObservableType.REGISTRY_KEY, "HKEY_USERS\\a", data="run=b"),
        seen(ObservableType.PATTERN, "rule", pattern="rule a { condition: true }", pattern_type="yara"),
        seen(ObservableType.URL, "http://c2.example/a", first_seen=A, last_seen=B, hold_reason="a front page"),
        seen(ObservableType.URL, "http://c2.example/b", first_seen=A, last_seen=B),
        seen(
            ObservableType.TRAFFIC, "tcp 203.0.113.8:1 > 203.0.113.9:2",
            traffic=TrafficDetails(("ipv4", "tcp"), "203.0.113.8", 1, Role.ADVERSARY, "203.0.113.9", 2, Role.ADVERSARY),
        ),
    )  # fmt: skip
    victim = Victim(
        name="Bank Rekaan", other_names=("Rekaan Bank",), short_names=("BR",), brands=("RekaPay",), subsidiaries=("Reka",),
        registration_numbers=("123456",), people=("Siti",), accounts=("azman.r",), emails=("a@rekaan.example",),
        domains=("rekaan.example",), hosts=("HQ-1",), ip_ranges=("198.51.100.0/24",), places=("Ipoh",),
        sectors=("financial-services",), subsector="retail banks", size="large", size_text="9,000", countries=("MY",),
        critical_infrastructure=True,
    )  # fmt: skip
    common: dict[str, Any] = {
        "criticality": 50, "description": "d", "start": A, "end": B, "recoverability": "regular", "entity_counts": {"system": 3},
    }  # fmt: skip
    return a_case(
        stage=Stage.UPDATE, consent=Consent.SECTOR_ONLY, withheld_reason="w", secondary_victims=(Victim("V"),),
        contacts=(Contact("r", "n", "o", ("a@o.example",), ("+1",)),), unused=(Unused("w", "k", "v", "r"),), warnings=("w",),
        title="t", description="d", translations=(Translation("ms", "title", "p"),), cross_border=True,
        suspected_malicious=True, root_cause="human-errors", severity=Severity(80, "national 1-5", "4", 4.0),
        timeline=Timeline(A, B, A, A, B, B, A, C), victims=(victim,), affected_counts={"individual": 9},
        impacts=(
            AvailabilityImpact(level=72, **common),
            ConfidentialityImpact(loss_type="confirmed-loss", information_type="pii", record_count=4, **common),
            IntegrityImpact(alteration="partial-destruction", information_type="financial", record_count=4, **common),
            EconomicImpact(variety="ransom-demand", currency="USD", min_amount=7.0, max_amount=9.0, **common),
            PhysicalImpact(impact_type="damaged-nonfunctional", asset_type="computers-server", **common),
        ),
        events=(ReportEvent("e", ("destruction",), "d", A, B, "occurred"),),
        tasks=(Task("k", ("containment",), "d", A, B, "successful"),),
        notes=(Note("n", "lesson", "t", "en"),), recommended_actions=("Patch",),
        mitigations=(Mitigation("Multi-factor Authentication", "M1032"),), fixes=(Software("KB5034441"),),
        data_sources=(DataSource("Command", "DS0017"),),
        actors=(
            Actor("Sample Spider", "threat-actor", ("crime-syndicate",), ("SS",), "personal-gain", ("RU",), "d"),
            Actor("Sample Set", "intrusion-set", attack_id="G0016"),
        ),
        malware=(
            Malware("LockBit", (), "malware", "3", ("ABCD",), "d"),
            Malware("Kunci Rekaan", ("ransomware",), is_named=False),
            Malware("SAMPLE", attack_id="S0017"),
        ),
        techniques=(
            Technique("Phishing", "T1566", "CAPEC-98", "d"),
            Technique("Our own name for it", kill_chain_phases=(("mitre-attack", "initial-access"),)),
        ),
        vulnerabilities=(Vulnerability("CVE-2024-3400", "d", 9.8, "CVSS v3.1"),),
        software=(
            Software("left-pad", "1.3.0", "pkg:npm/left-pad@1.3.0"),
            Software("acme widget", "1.0", None, "cpe:2.3:a:acme:widget:1.0:*:*:*:*:*:*:*"),
        ),
        entry_vectors=(VerisWord("hacking", "variety", "Use of stolen creds"),),
        flood=Flood(("syn-flood",), 10, 20, 30, 40), observables=items,
        sightings=(Sighting("observable", "ipv4-addr 203.0.113.8", 3, A, B, "MY", "healthcare", "ssh", 60, ("a:b",)),),
        relations=(
            Relation(("observable", "domain-name c2.example"), "communicates-with", ("observable", f"file {'3f' * 32}"), "red"),
        ),
        related_reports=("NUSA-2026-0001",),
        references=(Reference("advisory", "A-2", "https://a.example/2", "about it", public=True),),
    )  # fmt: skip


def leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """(Class.field, the whole with another value there) of each field that says something."""
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        path = f"{name}.{field.name}"
        if item not in (None, "", (), {}):
            yield path, dataclasses.replace(value, **{field.name: another(item)})
        inner = item if isinstance(item, tuple) else (item,)
        for index, part in enumerate(inner):
            if not dataclasses.is_dataclass(part) or isinstance(part, Moment):
                continue
            for place, other in leaves(part, type(part).__name__):
                new = (*inner[:index], other, *inner[index + 1 :]) if isinstance(item, tuple) else other
                yield place, dataclasses.replace(value, **{field.name: new})


def another(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, Enum):
        return next(member for member in type(value) if member is not value)
    if isinstance(value, Moment):
        return Moment(value.instant + timedelta(hours=1), value.fidelity)
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        replacements = {
            "red": "amber",
            "MY": "TH",
            "regular": "extended",
            "malware": "tool",
            "communicates-with": "drops",
        }
        return replacements.get(value, f"{value}1")
    if isinstance(value, Mapping):
        return {key: another(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return ()
    return None  # a class whose fields are walked


def rendered(report: Report) -> Any:
    """The STIX, or why there is none: a value that STIX refuses was not passed over."""
    try:
        done = render(report, a_member(), now=NOW)
    except (ProducerError, ValueError, KeyError, TypeError, AttributeError) as error:
        return str(error)
    return done.contents, done.problems


def test_every_field_of_the_model_is_rendered_or_listed() -> None:
    """One field after the other has another value."""
    report = whole()
    before = rendered(report)
    assert not isinstance(before, str), before
    walked = list(leaves(report, "Report"))
    noticed_paths = {path for path, other in walked if rendered(other) != before}
    assert {path for path, _ in walked} - noticed_paths == NOT_RENDERED.keys()


CLASSES = (
    Report, Victim, Observable, FileDetails, TrafficDetails, Sighting, Relation, Actor, Malware, Technique, Vulnerability,
    Software, VerisWord, Flood, Mitigation, DataSource, ReportEvent, Task, Note, Translation, Severity, Timeline, Reference,
    AvailabilityImpact, ConfidentialityImpact, IntegrityImpact, EconomicImpact, PhysicalImpact,
)  # fmt: skip


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_sample_has_every_field(kind: type[Any]) -> None:
    """So that a new field cannot be left out of the walk above."""
    walked = {path for path, _ in leaves(whole(), "Report")}
    missing = {f"{kind.__name__}.{field.name}" for field in dataclasses.fields(kind)} - walked
    assert missing == set()
