"""IntelMQ and n6: lines become indicators and counted sightings, and the sides swap with the classification."""

from __future__ import annotations

import json

import pytest

from hub.reports.observables import Role
from hub.reports.read import ReadOptions, Report, RowError, read_reports
from hub.reports.reading import roles
from hub.reports.report import ReportKind
from hub.reports.victims import Consent
from tests.reports.reading_reports import FIXTURES, by_value, only_report


def reports(name: str, options: ReadOptions | None = None) -> dict[str, Report]:
    return {item.tlp: item for item in read_reports(FIXTURES / name, options=options) if isinstance(item, Report)}


def intelmq(**fields: object) -> Report:
    return only_report({key.replace("__", "."): value for key, value in fields.items()})


def test_a_feed_makes_no_incident_but_one_report_for_each_marking() -> None:
    """Lines of one TLP level share a report of kind feed; their places tell which lines they are."""
    readings = reports("intelmq.jsonl")
    assert set(readings) == {"green", "amber"}
    assert all(report.kind is ReportKind.FEED for report in readings.values())
    assert readings["green"].source == "intelmq.jsonl, line 1 to line 4"


def test_two_lines_about_one_server_are_one_indicator_seen_twice() -> None:
    """The observable is merged, with the widest times; the sighting counts."""
    green = reports("intelmq.jsonl")["green"]
    server = by_value(green)["198.51.100.20"]
    assert server.role is Role.ADVERSARY
    assert server.as_indicator
    assert server.first_seen is not None
    assert server.last_seen is not None
    assert server.first_seen.stix() == "2026-03-01T01:00:00.000Z"
    assert server.last_seen.stix() == "2026-03-01T05:00:00.000Z"
    assert server.labels == ('rsit:malicious-code="c2-server"',)
    (sighting,) = [item for item in green.sightings if item.target_type == "observable"]
    assert (sighting.target, sighting.count) == ("ipv4-addr 198.51.100.20", 2)


def test_of_an_infected_system_the_source_is_the_victim_and_only_counted() -> None:
    """The infected machines become one sighting of the malware, in their country."""
    green = reports("intelmq.jsonl")["green"]
    assert by_value(green)["192.0.2.50"].role is Role.VICTIM
    assert not by_value(green)["192.0.2.50"].as_indicator
    (sighting,) = [item for item in green.sightings if item.target_type == "malware"]
    assert (sighting.target, sighting.count, sighting.country) == ("samplebot", 2, "VN")


def test_a_sinkhole_is_never_published_and_what_named_malware_called_is_the_adversarys() -> None:
    """Blocking a sinkhole would blind those who clean up; what a named family calls is its command server."""
    green = reports("intelmq.jsonl")["green"]
    assert "203.0.113.6" not in by_value(green)
    assert any("sinkhole" in unused.reason for unused in green.unused)
    assert by_value(green)["203.0.113.5"].role is Role.ADVERSARY
    assert by_value(green)["203.0.113.5"].hold_reason is None


def test_of_an_attack_the_destination_is_the_victim() -> None:
    """Phishing: the page is the adversary's, whom it aims at is not."""
    amber = reports("intelmq.jsonl")["amber"]
    assert by_value(amber)["http://login.bank-rekaan.example/a"].as_indicator
    assert by_value(amber)["192.0.2.99"].role is Role.VICTIM
    assert "Bank Rekaan" not in {item.value for item in amber.observables}


@pytest.mark.parametrize("kind", sorted(roles.VICTIM_TYPES))
def test_an_exposed_source_is_never_an_indicator(kind: str) -> None:
    """Whatever the type, the exposed party's address is the victim's."""
    report = intelmq(classification__type=kind, source__ip="198.51.100.99")
    assert by_value(report)["198.51.100.99"].role is Role.VICTIM
    assert not any(item.as_indicator for item in report.observables)


@pytest.mark.parametrize("kind", sorted(roles.ATTACKER_TYPES))
def test_an_attacking_source_is_an_indicator(kind: str) -> None:
    """IntelMQ's own types (blacklist, tor, proxy, dga-domain) among them."""
    report = intelmq(classification__type=kind, source__ip="198.51.100.99")
    assert by_value(report)["198.51.100.99"].as_indicator


def test_the_us_spelling_of_a_type_is_understood() -> None:
    """IntelMQ writes unauthorized-…, RSIT unauthorised-…."""
    report = intelmq(classification__type="unauthorized-use-of-resources", source__ip="198.51.100.9")
    assert report.rsit == (("fraud", "unauthorised-use-of-resources"),)


def test_tests_and_broken_lines_are_told_and_do_not_stop_the_feed() -> None:
    """Each with its line and what was expected."""
    errors = [item for item in read_reports(FIXTURES / "intelmq.jsonl") if isinstance(item, RowError)]
    assert [(error.place, error.key) for error in errors] == [
        ("line 6", "classification.type"),
        ("line 7", ""),
        ("line 8", "classification.type"),
    ]
    assert "tests are not shared" in errors[0].expected


def test_the_supplier_and_the_abuse_contact_are_dropped_by_name() -> None:
    """What is not used is in the table, with the reason."""
    readings = reports("intelmq.jsonl")
    assert any(row.key == "feed.name" and "supplier" in row.reason for row in readings["green"].unused)
    assert {"source.abuse_contact", "extra.weather", "event_description.target"} <= {
        row.key for row in readings["amber"].unused
    }


def test_reading_the_same_lines_again_makes_the_same_reports() -> None:
    """Also the same lines in a JSON list."""
    lines = [line for line in (FIXTURES / "intelmq.jsonl").read_text().splitlines() if line.startswith("{")]
    as_list = json.dumps([json.loads(line) for line in lines]).encode()
    again = [item.report_id for item in read_reports(as_list) if isinstance(item, Report)]
    assert again == [report.report_id for report in reports("intelmq.jsonl").values()]


def test_a_batch_has_as_many_lines_as_the_option_says() -> None:
    """The last one has what is left."""
    line = '{"classification.type": "scanner", "source.ip": "198.51.100.1", "tlp": "GREEN"}\n'
    readings = [
        item
        for item in read_reports((line * 25).encode(), options=ReadOptions(batch_lines=10))
        if isinstance(item, Report)
    ]
    assert [report.sightings[0].count for report in readings] == [10, 10, 5]


def test_an_intelmq_dump_in_csv_is_read_like_its_json() -> None:
    """Headings are the dotted keys."""
    text = "classification.type,source.ip,tlp\nscanner,198.51.100.1,GREEN\n"
    report = only_report(text.encode(), name="dump.csv")
    assert by_value(report)["198.51.100.1"].as_indicator


def test_n6_restrictions_become_markings_and_internal_events_never_leave() -> None:
    """What is public is taken as green, need-to-know is amber, internal stays at the CERT."""
    readings = reports("n6.jsonl")
    assert readings["green"].consent is None
    assert readings["amber"].consent is None
    assert readings["amber+strict"].consent is Consent.NONE
    assert "'internal'" in readings["amber+strict"].withheld_reason, "the reason is n6's, no victim's"
    assert by_value(readings["amber+strict"])["secret.example"].role is Role.ADVERSARY


def test_n6_categories_decide_the_sides() -> None:
    """cnc: the address is the server; bots and amplifier: the victim, counted, with its country."""
    readings = reports("n6.jsonl")
    assert by_value(readings["green"])["198.51.100.30"].as_indicator
    assert by_value(readings["green"])["203.0.113.9"].hold_reason is None
    amber = readings["amber"]
    assert by_value(amber)["192.0.2.60"].role is Role.VICTIM
    assert "203.0.113.8" not in by_value(amber)
    assert {(item.target_type, item.target, item.count, item.country) for item in amber.sightings} == {
        ("malware", "samplebot", 12, "ID"),
        ("classification", "vulnerable/ddos-amplifier", 1, "ID"),
    }
    assert "x.x.5.17" not in json.dumps([item.value for item in amber.observables])


def test_n6_times_are_in_utc() -> None:
    """n6 defines them so, without writing it."""
    start = reports("n6.jsonl")["green"].timeline.started
    assert start is not None
    assert start.stix() == "2026-03-01T10:00:00.000Z"


@pytest.mark.parametrize(
    ("extra", "names", "domains"),
    [
        ({"victim": "Perusahaan Satu"}, {"Perusahaan Satu"}, ()),
        ({"customerName": "Perusahaan Satu", "targetOrg": "Dua Tbk"}, {"Perusahaan Satu", "Dua Tbk"}, ()),
        ({"details": {"affected": ["Perusahaan Satu"]}}, {"Perusahaan Satu"}, ()),
        ({"korban": "satu.example"}, set(), ("satu.example",)),
        ('{"victim_name": "Perusahaan Satu"}', {"Perusahaan Satu"}, ()),  # as a cell of a CSV has it
        ({"target_sector": "finance", "victim_count": "3", "victim": "yes"}, set(), ()),  # no names
        ({"as_name": "Perusahaan Satu", "malware": "x"}, set(), ()),  # about the source
        ("{", set(), ()),
    ],
)
def test_a_key_of_a_feeds_own_that_names_a_victim_is_protected(
    extra: object, names: set[str], domains: tuple[str, ...]
) -> None:
    report = intelmq(
        classification__type="phishing",
        time__source="2026-03-01T00:00:00Z",
        source__url="http://x.example/a",
        extra=extra,
    )
    names_of_victims = {
        name for victim in report.secondary_victims for name in (victim.name, *victim.other_names) if name
    }
    assert names_of_victims == names
    assert tuple(name for one in report.secondary_victims for name in one.domains) == domains


def test_the_certificate_of_a_struck_host_is_the_hosts_and_its_subject_is_kept_for_the_search() -> None:
    event = {
        "id": "0" * 32, "source": "a.b", "restriction": "public", "confidence": "low", "time": "2026-03-01 00:00:00",
        "address": [{"ip": "203.0.113.7"}], "x509fp_sha1": "ab" * 20, "x509subject": "CN=gw.satu.example",
        "client": ["satu.example"],
    }  # fmt: skip
    by_category = {}
    for category in ("vulnerable", "cnc"):
        report = only_report(event | {"category": category})
        by_category[category] = by_value(report)["ab" * 20]
        assert "satu.example" in {name for one in report.secondary_victims for name in one.domains}
    assert [item.role for item in by_category.values()] == [Role.VICTIM, Role.ADVERSARY]
    assert by_category["cnc"].source_remarks == ("CN=gw.satu.example",)
