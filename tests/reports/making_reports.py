"""Reports and members for the tests of rendering and release: invented, in the likeness of what CERTs write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.home.keys import Key
from hub.home.member import Deny, OwnMember
from hub.reports.impacts import (
    AvailabilityImpact,
    ConfidentialityImpact,
    EconomicImpact,
    IntegrityImpact,
    PhysicalImpact,
)
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.moments import Fidelity, Moment, Timeline
from hub.reports.observables import FileDetails, Observable, ObservableType, Role, Sighting, TrafficDetails
from hub.reports.references import Reference
from hub.reports.report import (
    Determination,
    Note,
    Report,
    ReportEvent,
    ReportKind,
    ReportStatus,
    Severity,
    Task,
    Translation,
)
from hub.reports.victims import Contact, Victim

NOW = datetime(2026, 5, 4, 3, 2, 1, 678000, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
IDENTITY = "identity--2784b794-5fc0-4feb-b53d-2095503c7120"
SECRET = b"a key for tests, of thirty-two bytes or more"


def moment(text: str, fidelity: str = "second") -> Moment:
    return Moment(datetime.fromisoformat(text), Fidelity(fidelity))


def a_member(**changes: Any) -> OwnMember:
    """A CERT of Malaysia with twenty banks and three hospitals, that protects a power company besides."""
    member = OwnMember(
        home=Path("nowhere"),
        identity=IDENTITY,
        name="CERT Nusa",
        country="MY",
        key=Key(SECRET),
        contact="duty@cert-nusa.example",
        deny=Deny(names=("Kuasa Elektrik Sdn Bhd",), domains=("kuasa-elektrik.example",), ip_ranges=("100.66.0.0/16",)),
        constituents={
            ("MY", "financial-services", "large"): 4,
            ("MY", "financial-services", "medium"): 5,
            ("MY", "financial-services", ""): 11,
            ("MY", "healthcare", "large"): 3,
            ("MY", "water", "large"): 2,
            ("MY", "dams", "large"): 4,
        },
    )
    return replace(member, **changes)


def seen(kind: ObservableType, value: str, role: Role = Role.ADVERSARY, **more: Any) -> Observable:
    """An observable; the adversary's is an indicator."""
    more.setdefault("as_indicator", role is Role.ADVERSARY)
    more.setdefault("evidence", "" if role is Role.UNKNOWN else f"the report says {role.value}")
    return Observable(kind, value, role, **more)


VICTIM = Victim(
    name="Bank Sejahtera Berhad",
    other_names=("SejahteraPay",),
    registration_numbers=("199701024877",),
    domains=("sejahtera.example",),
    ip_ranges=("198.51.100.0/24",),
    emails=("siti.rahman@sejahtera.example",),
    people=("Siti binti Rahman",),
    sectors=("financial-services",),
    size="large",
    countries=("MY",),
)
SHA256 = "3f" * 32


def a_case(**changes: Any) -> Report:
    """Ransomware at a bank, told as a duty officer would: with names everywhere."""
    report = Report(
        report_id="NUSA-2026-0042",
        source_format="form",
        title="Ransomware at Bank Sejahtera",
        description="Bank Sejahtera's file servers were encrypted. Ask siti.rahman@sejahtera.example, +60 12-345 6789.",
        language="en",
        translations=(Translation("ms", "title", "Perisian tebusan di Bank Sejahtera"),),
        rsit=(("malicious-code", "infected-system"),),
        incident_types=("ransomware",),
        labels=('rsit:malicious-code="infected-system"', "iodef:purpose=reporting"),
        status=ReportStatus.OPEN,
        determination=Determination.CONFIRMED,
        severity=Severity(80, "national 1-5", "4", 4),
        confidence=85,
        tlp="amber",
        pap="green",
        countries=("MY",),
        timeline=Timeline(
            started=moment("2026-04-30T22:15:00+08:00"),
            detected=moment("2026-05-01T08:00:00+08:00", "hour"),
            exfiltrated=moment("2026-05-01T01:00:00+08:00"),
            contained=moment("2026-05-02T00:00:00+00:00", "day"),
        ),
        detection_methods=("user-reporting",),
        root_cause="malicious-actions",
        recoverability="regular",
        victims=(VICTIM,),
        affected_counts={"computers-server": 37},
        impacts=(
            AvailabilityImpact(level=72, criticality=80),
            ConfidentialityImpact(loss_type="confirmed-loss", information_type="pii", record_count=48_210),
            IntegrityImpact(alteration="partial-destruction", information_type="financial"),
            EconomicImpact(variety="ransom-demand", currency="USD", min_amount=750_000, max_amount=750_000),
            EconomicImpact(variety="response-and-recovery", currency="MYR", min_amount=40_000, max_amount=310_000),
            PhysicalImpact(impact_type="none"),
        ),
        events=(ReportEvent("Bank Sejahtera's branch lost power", ("destruction",), "In Sejahtera's branch"),),
        tasks=(Task("Siti pulled the plug", ("containment",), "At Bank Sejahtera", outcome="successful"),),
        recommended_actions=("Patch the gateway as Bank Sejahtera did",),
        notes=(Note("Bank Sejahtera had no backups", "lesson", "At Sejahtera"),),
        actors=(Actor("Lazarus Group", types=("crime-syndicate",), motivation="personal-gain", countries=("RU",)),),
        malware=(Malware("LockBit", ("ransomware",)),),
        techniques=(Technique("Exploit Public-Facing Application", "T1190"),),
        vulnerabilities=(Vulnerability("CVE-2024-3400", "On gw.sejahtera.example", 9.8, "CVSS v3.1"),),
        observables=(
            seen(ObservableType.IPV4, "203.0.113.7", malware="LockBit"),
            seen(ObservableType.DOMAIN, "kertas-leaks.example"),
            seen(ObservableType.URL, "https://kertas-leaks.example/pay?id=7"),
            seen(ObservableType.EMAIL, "support@kertas-leaks.example"),
            seen(
                ObservableType.FILE, SHA256, file=FileDetails("locker.exe", {"SHA-256": SHA256, "MD5": "ab" * 16}, 4096)
            ),
            seen(ObservableType.DOMAIN, "sejahtera-login.example"),
            seen(ObservableType.MUTEX, "Global\\kertas"),
            seen(ObservableType.USER_AGENT, "Kertas/1.0 (it's us)"),
            seen(ObservableType.WALLET, "bc1q0000000000000000000000000000000000kertas"),
            seen(
                ObservableType.PATTERN,
                "kertas rule",
                pattern='rule kertas { strings: $a = "kertas" condition: $a }',
                pattern_type="yara",
            ),
            seen(
                ObservableType.TRAFFIC,
                "tcp 198.51.100.20:50123 > 203.0.113.7:443",
                traffic=TrafficDetails(
                    ("ipv4", "tcp"), "198.51.100.20", 50123, Role.VICTIM, "203.0.113.7", 443, Role.ADVERSARY
                ),
            ),
            seen(ObservableType.IPV4, "198.51.100.20", Role.VICTIM),
            seen(ObservableType.DOMAIN, "gw.sejahtera.example", Role.VICTIM),
            seen(ObservableType.DOMAIN, "hacked-shop.example", Role.THIRD_PARTY),
            seen(ObservableType.IPV4, "203.0.113.99", Role.UNKNOWN),
            seen(ObservableType.IPV4, "203.0.113.53", hold_reason="a public resolver"),
        ),
        sightings=(Sighting("observable", "ipv4-addr 203.0.113.7", 43, country="MY", sector="financial-services"),),
        references=(
            Reference("RT", external_id="RT-887766", url="https://rt.cert-nusa.example/887766"),
            Reference("cve", external_id="CVE-2024-3400", public=True),
        ),
        contacts=(
            Contact("reporter", "Badrul Hisham", "Bank Sejahtera", ("badrul.hisham@gmail.com",), ("+60123456789",)),
        ),
        source="reports.csv, row 3",
    )
    return replace(report, **changes)


def a_feed(lines: int = 12, **changes: Any) -> Report:
    """A batch of automatic observations: command servers of the adversary's, infected machines in Malaysia."""
    observables = tuple(
        seen(
            ObservableType.IPV4,
            f"203.0.113.{number}",
            labels=('rsit:malicious-code="c2-server"',),
            first_seen=moment("2026-05-01T10:20:30+00:00"),
            last_seen=moment("2026-05-01T11:20:30+00:00"),
            malware="LockBit",
        )
        for number in range(lines)
    )
    report = Report(
        report_id="intelmq-0123456789abcdef",
        source_format="intelmq",
        title=f"Feed of {lines} observations: C2 Server ({lines})",
        kind=ReportKind.FEED,
        rsit=(("malicious-code", "c2-server"),),
        incident_types=("c&c-server-hosting",),
        labels=('rsit:malicious-code="c2-server"',),
        status=ReportStatus.CLOSED,
        tlp="green",
        malware=(Malware("LockBit", ("bot",)),),
        observables=observables,
        sightings=(
            *(Sighting("observable", f"ipv4-addr 203.0.113.{number}", 3, country="MY") for number in range(lines)),
            Sighting(
                "classification",
                "vulnerable/ddos-amplifier",
                1234,
                moment("2026-05-01T10:20:30+00:00"),
                moment("2026-05-01T11:59:30+00:00"),
                country="MY",
                detail="snmp",
                labels=('rsit:vulnerable="ddos-amplifier"',),
            ),
            Sighting("malware", "LockBit", 77, country="MY", sector="financial-services"),
        ),
        source="feed.jsonl, lines 1 to 12",
    )
    return replace(report, **changes)


def a_watch(**changes: Any) -> Report:
    """Indicators passed on without an incident."""
    report = Report(
        report_id="NUSA-W-7",
        source_format="iodef",
        title="Servers of the Lazarus Group",
        kind=ReportKind.WATCH,
        rsit=(("malicious-code", "c2-server"),),
        incident_types=("c&c-server-hosting",),
        tlp="green",
        actors=(Actor("Lazarus Group"),),
        observables=(seen(ObservableType.IPV4, "203.0.113.7"), seen(ObservableType.DOMAIN, "heron.example")),
    )
    return replace(report, **changes)
