"""VERIS 1.3 and 1.4, X-ARF 3 and 4."""

from __future__ import annotations

import json
import sys

import pytest

from hub.errors import ReadingError
from hub.reports.impacts import AvailabilityImpact, ConfidentialityImpact, EconomicImpact, IntegrityImpact
from hub.reports.moments import Fidelity
from hub.reports.observables import Role
from hub.reports.read import Report, RowError, read_reports
from hub.reports.report import Determination, ReportKind
from hub.reports.victims import Consent
from tests.reports.reading_reports import FIXTURES, by_value, only_report


def read(name: str) -> Report:
    return only_report(FIXTURES / name)


def xarf(**changes: object) -> list[Report | RowError]:
    value = json.loads((FIXTURES / "xarf_v4.json").read_bytes()) | changes
    return list(read_reports(json.dumps(value).encode(), name="x.json"))


def test_veris_1_3_is_read_with_the_precision_of_its_dates() -> None:
    """A month stays a month; three days later is no more exact."""
    report = read("veris_1_3.json")
    assert report.determination is Determination.CONFIRMED
    assert report.timeline.started is not None
    assert (report.timeline.started.stix(), report.timeline.started.fidelity) == (
        "2024-11-01T00:00:00.000Z",
        Fidelity.MONTH,
    )
    assert report.timeline.detected is not None
    assert report.timeline.detected.fidelity is Fidelity.MONTH
    assert report.victims[0].name == "Klinik Rekaan"
    assert (report.victims[0].sectors, report.victims[0].size) == (("healthcare",), "medium")
    assert report.detection_methods == ("user-reporting",)
    assert report.severity is not None
    assert report.severity.criticality == 60
    assert report.confidence == 85
    assert report.affected_counts == {"computers-personal": 1}
    loss = next(impact for impact in report.impacts if isinstance(impact, ConfidentialityImpact))
    assert (loss.loss_type, loss.information_type, loss.record_count) == ("suspected-loss", "phi", 500)
    assert [reference.url for reference in report.references if reference.url] == [
        "https://news.example/1",
        "https://news.example/2",
    ]
    assert {"action.physical.notes", "plus.analyst", "victim.state"} <= {row.key for row in report.unused}


def test_the_title_made_for_veris_names_nobody() -> None:
    """VERIS has none of its own."""
    assert read("veris_1_3.json").title == "Burglary: healthcare organisation in MY"


def test_every_victim_of_a_list_is_a_victim() -> None:
    """Schema 1.2 has a list of victims, and people write several names of one: all of them are searched for."""
    incident = json.loads((FIXTURES / "veris_1_3.json").read_bytes())
    incident["victim"] = [
        {"victim_id": ["Klinik Rekaan", "Rekaan Sihat"], "country": ["MY"], "industry": "62"},
        {"victim_id": "Makmal Khayalan", "country": ["SG"], "secondary": {"amount": 2, "victim_id": ["Apotek Angan"]}},
        "a word",
    ]
    report = only_report(incident, name="victims.json")
    assert [(victim.name, victim.other_names) for victim in report.victims] == [
        ("Klinik Rekaan", ("Rekaan Sihat",)),
        ("Makmal Khayalan", ()),
    ]
    assert [victim.name for victim in report.secondary_victims] == ["Apotek Angan"]
    assert (report.countries, report.affected_counts["organization"]) == (("MY", "SG"), 2)
    assert [(row.key, row.value) for row in report.unused if row.key.startswith("victim[2]")] == [
        ("victim[2]", "a word")
    ]


def test_veris_1_4_is_read_with_actors_malware_effects_and_lessons() -> None:
    """Discovery as a mapping, named actors, losses, indicators."""
    report = read("veris_1_4.json")
    assert report.determination is Determination.SUSPECTED
    assert report.detection_methods == ("message-from-attacker", "commercial-solution")
    assert report.victims[0].sectors == ("government-local",)
    actor = report.actors[0]
    assert (actor.name, actor.types, actor.motivation, actor.countries) == (
        "Sample Spider",
        ("crime-syndicate",),
        "personal-gain",
        ("RU",),
    )
    assert [(item.name, item.types) for item in report.malware] == [("SampleLocker", ("ransomware",))]
    assert report.incident_types[:2] == ("ransomware", "theft-access-credentials")
    assert [item.name for item in report.vulnerabilities] == ["CVE-2023-0001"]
    kinds = [type(impact) for impact in report.impacts]
    assert kinds == [ConfidentialityImpact, IntegrityImpact, AvailabilityImpact, EconomicImpact]
    cost = report.impacts[-1]
    assert isinstance(cost, EconomicImpact)
    assert (cost.variety, cost.currency, cost.min_amount) == ("response-and-recovery", "PHP", 100000)
    assert [note.text for note in report.notes] == ["No second factor"]
    assert report.recommended_actions == ("Use a second factor",)
    assert by_value(report)["198.51.100.90"].as_indicator


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"security_incident": "Perhaps"}, "security_incident"),
        ({"incident_id": None}, "incident_id"),
        ({"timeline": {"incident": {"year": 2024, "month": 2, "day": 31}}}, "timeline.incident"),
    ],
)
def test_a_veris_incident_that_cannot_be_used_names_the_key(change: dict[str, object], key: str) -> None:
    """The others of a list are read."""
    good = json.loads((FIXTURES / "veris_1_3.json").read_bytes())
    first, second = read_reports(json.dumps([good | change, good]).encode())
    assert isinstance(first, RowError)
    assert first.key == key
    assert isinstance(second, Report)


def test_an_xarf_report_is_a_case_with_the_reported_party_as_adversary() -> None:
    """The page and its host are indicators; reporter, brand and tags stay behind."""
    report = read("xarf_v4.json")
    assert (report.kind, report.rsit, report.confidence) == (ReportKind.CASE, (("fraud", "phishing"),), 90)
    assert all(by_value(report)[value].as_indicator for value in ("198.51.100.80", "http://secure-login.example/auth"))
    assert {contact.role for contact in report.contacts} == {"reporter", "sender"}
    assert {"target_brand", "tags"} <= {row.key for row in report.unused}


def test_of_exposed_and_infected_systems_the_reported_party_is_the_victim() -> None:
    """Version 3 botnet: the bot is the victim, its command server the adversary. The id is stable."""
    report = read("xarf_v3.json")
    assert by_value(report)["192.0.2.25"].role is Role.VICTIM
    assert report.victims[0].ip_ranges == ("192.0.2.25",)
    assert by_value(report)["command.example"].as_indicator
    assert report.report_id == read("xarf_v3.json").report_id


@pytest.mark.parametrize("kind", ["csam", "csem"])
def test_child_sexual_abuse_material_is_refused_and_nothing_of_it_repeated(kind: str) -> None:
    """It goes to the hotline."""
    changes = {"type": kind, "classification": "A1", "detection_method": "hash_match", "exploitation_type": "x"}
    (error,) = xarf(**changes)
    assert isinstance(error, RowError)
    assert "secure-login" not in str(error)


def test_claims_of_copyright_stay_at_the_cert() -> None:
    """They are no matter for the region."""
    (report,) = xarf(category="copyright", type="copyright", infringing_url="http://copies.example/a", work_title="x")
    assert isinstance(report, Report)
    assert report.consent is Consent.NONE
    assert "copyright" in report.withheld_reason


def test_several_xarf_reports_are_a_feed() -> None:
    """One a line, or a list."""
    line = json.dumps(json.loads((FIXTURES / "xarf_v4.json").read_bytes()))
    for data in (f"{line}\n{line}\n", f"[{line}, {line}]"):
        report = only_report(data.encode())
        assert report.kind is ReportKind.FEED
        assert report.sightings[0].count == 2


def test_an_xarf_report_against_its_schema_is_refused_in_words() -> None:
    """What the package found, and where."""
    (error,) = xarf(type="no-such-type")
    assert isinstance(error, RowError)
    assert "X-ARF 4" in error.expected


def test_without_the_package_the_reader_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """X-ARF is an extra."""
    for name in [name for name in sys.modules if "formats.xarf" in name or name == "xarf" or name.startswith("xarf.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "xarf", None)
    with pytest.raises(ReadingError, match=r"threat-sharing-hub\[xarf\]"):
        list(read_reports(FIXTURES / "xarf_v4.json"))
