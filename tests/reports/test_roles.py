"""Whose a value is: the rules that all formats share. Each single row of hub/docs/roles.md is a specimen of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hub.reports.observables import Observable, ObservableType, Role, TrafficDetails
from hub.reports.read import ReadOptions, Report, read_reports
from hub.reports.reading import roles
from hub.reports.reading.draft import merge
from hub.reports.victims import Victim
from tests.reports.making_reports import a_case, seen
from tests.reports.reading_reports import FIXTURES, only_report
from tests.reports.specimens import FORM, SPECIMENS, Specimen


@pytest.mark.parametrize("path", sorted(FIXTURES.iterdir()), ids=lambda path: path.name)
def test_every_role_has_its_evidence(path: Path) -> None:
    """In every format a value that is somebody's comes with the field that decided it."""
    reports = [report for report in read_reports(path) if isinstance(report, Report)]
    assert reports
    for item in (item for report in reports for item in report.observables):
        assert item.evidence or item.role is Role.UNKNOWN, item


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda specimen: f"{specimen.format}: {specimen.says[:60]}")
def test_only_the_adversarys_values_and_hacked_hosts_are_indicators(specimen: Specimen) -> None:
    """Whatever flag a report sets: what is a victim's, or not known, is never to be blocked."""
    item = specimen.observable()
    assert not item.as_indicator or item.role in {Role.ADVERSARY, Role.THIRD_PARTY}


@pytest.mark.parametrize("rsit_type", sorted(roles.VICTIM_TYPES))
def test_a_struck_host_is_a_victim_in_each_feed_alike(rsit_type: str) -> None:
    """One rule: IntelMQ's source, and what an IODEF incident and a MISP event of that class expose."""
    event = {"classification.type": rsit_type, "source.ip": "198.51.100.7"}
    report = only_report(event)
    assert report.observables[0].role is Role.VICTIM


@pytest.mark.parametrize(
    "tag", ['rsit:malicious-code="infected-system"', 'rsit:malicious-code="c2-server"', 'rsit:fraud="phishing"']
)
def test_a_destination_that_contrary_classes_put_on_both_sides_does_not_leave(tag: str) -> None:
    event = {
        "uuid": "6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3a", "info": "x", "date": "2026-03-01",
        "Attribute": [{"type": "ip-dst", "category": "Network activity", "to_ids": True, "value": "203.0.113.7"}],
    }  # fmt: skip
    role_by_tags = {}
    for tags in ((tag,), (tag, 'rsit:availability="ddos"')):
        report = only_report({"Event": event | {"Tag": [{"name": name} for name in tags]}})
        role_by_tags[tags] = report.observables[0].role
    assert list(role_by_tags.values()) == [Role.ADVERSARY, Role.UNKNOWN]


def test_a_value_in_two_roles_has_the_more_protective_one_and_its_evidence() -> None:
    """A recipient who is listed as an attacker, too, stays protected; the strictest level holds as well."""
    struck = roles.victim("a recipient").apply_to(Observable(ObservableType.EMAIL, "me@a.example"))
    listed = roles.adversary("listed").apply_to(replace(struck, tlp="red"))
    for merged in (merge(struck, listed), merge(listed, struck)):
        assert (merged.role, merged.evidence, merged.as_indicator, merged.tlp) == (
            Role.VICTIM,
            "a recipient",
            False,
            "red",
        )


def test_a_sender_may_be_forged() -> None:
    """Of the recipients' own organisation, also under it: a victim. Under a member's country: not known. Else hostile."""
    recipients = ["me@mail.contoh.example", "klinik.example"]
    assert roles.sender_claim("boss@mail.contoh.example", "from", protected=recipients).role is Role.VICTIM
    assert roles.sender_claim("a@sub.klinik.example", "from", protected=recipients).role is Role.VICTIM
    assert roles.sender_claim("a@notklinik.example", "from", protected=recipients).role is Role.ADVERSARY
    assert roles.sender_claim("boss@Bank.co.ID", "from").role is Role.UNKNOWN
    assert roles.sender_claim("me@evil.example", "from").role is Role.ADVERSARY


def test_what_lies_in_a_declared_domain_host_or_range_is_the_victims() -> None:
    """Pages, mailboxes, addresses and networks inside; not what only looks alike, and not a wider network."""
    victim = Victim(
        domains=("Contoh.example",), hosts=("db1.other.example", "192.0.2.9"), ip_ranges=("198.51.100.0/24",)
    )
    inside = (
        seen(ObservableType.DOMAIN, "gw.contoh.example"),
        seen(ObservableType.URL, "https://u:p@www.contoh.example:8443/shell.php"),
        seen(ObservableType.EMAIL, "ceo@contoh.example"),
        seen(ObservableType.DOMAIN, "db1.other.example"),
        seen(ObservableType.IPV4, "198.51.100.128/25", hold_reason="a wide network"),
        seen(ObservableType.URL, "http://198.51.100.7/x"),
        seen(ObservableType.IPV4, "192.0.2.9"),
    )
    outside = (
        seen(ObservableType.DOMAIN, "contoh.example.evil.example"),
        seen(ObservableType.DOMAIN, "notcontoh.example"),
        seen(ObservableType.IPV4, "198.51.0.0/16"),
        seen(ObservableType.IPV6, "2001:db8::1"),
        seen(ObservableType.FILE, "contoh.example"),
    )
    report = roles.settle_roles(a_case(victims=(victim,), observables=inside + outside))
    assert [item.role for item in report.observables[: len(inside)]] == [Role.VICTIM] * len(inside)
    assert not any(item.as_indicator or item.hold_reason for item in report.observables[: len(inside)])
    assert report.observables[len(inside) :] == outside


@pytest.mark.parametrize("written", ["198.51.100.0-198.51.100.63", "198.51.100.*", "198.51.100.0/26"])
def test_a_range_is_the_victims_however_it_is_written_in_the_form_and_in_misp(written: str) -> None:
    attributes = [
        {"object_relation": "ip-address", "type": "text", "category": "Other", "value": written},
        {"object_relation": "name", "type": "text", "category": "Other", "value": "Klinik Rekaan"},
    ]
    loose = {"type": "ip-dst", "category": "Network activity", "to_ids": True, "value": "198.51.100.9"}
    event = {"info": "x", "uuid": "a", "Object": [{"name": "victim", "Attribute": attributes}], "Attribute": [loose]}
    for data in ({"Event": event}, FORM | {"victim_ip_ranges": written, "indicators": "ip:198.51.100.9"}):
        report = only_report(data)
        assert [item.role for item in report.observables] == [Role.VICTIM]


def test_the_victims_end_of_a_connection_is_the_victims() -> None:
    """The connection stays what it was; its end in the declared range is protected."""
    traffic = TrafficDetails(("ipv4", "tcp"), "198.51.100.7", 50123, Role.UNKNOWN, "203.0.113.9", 443, Role.ADVERSARY)
    item = seen(ObservableType.TRAFFIC, "tcp > 203.0.113.9:443", traffic=traffic)
    report = roles.settle_roles(a_case(victims=(Victim(ip_ranges=("198.51.100.0/24",)),), observables=(item,)))
    ends = report.observables[0].traffic
    assert ends is not None
    assert (ends.src_role, ends.dst_role) == (Role.VICTIM, Role.ADVERSARY)


def test_secondary_victims_own_values_are_protected_too() -> None:
    """Anybody who else was struck or imitated is protected like the victim."""
    other = Victim(domains=("subsidiary.example",))
    report = roles.settle_roles(
        a_case(secondary_victims=(other,), observables=(seen(ObservableType.DOMAIN, "www.subsidiary.example"),))
    )
    assert report.observables[0].role is Role.VICTIM


MISP_LEVELS = {
    "Event": {
        "uuid": "6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3a", "info": "x", "date": "2026-03-01", "Tag": [{"name": "tlp:green"}],
        "Object": [
            {
                "name": "domain-ip",
                "Attribute": [
                    {"object_relation": "domain", "type": "domain", "category": "Network activity", "to_ids": True, "value": "c2.example"},
                    {"object_relation": "ip", "type": "ip-dst", "category": "Network activity", "to_ids": True, "value": "203.0.113.9", "Tag": [{"name": "tlp:red"}], "Sighting": [{"type": "1"}]},
                    {"object_relation": "ip", "type": "ip-dst", "category": "Network activity", "to_ids": True, "value": "203.0.113.10"},
                ],
            },
            {
                "name": "file", "distribution": "0",
                "Attribute": [
                    {"object_relation": "md5", "type": "md5", "category": "Payload delivery", "to_ids": True, "value": "1" * 32},
                    {"object_relation": "sha256", "type": "sha256", "category": "Payload delivery", "to_ids": True, "value": "2" * 64, "deleted": "1"},
                ],
            },
            {
                "name": "ip-port",
                "Attribute": [
                    {"object_relation": "ip-dst", "type": "ip-dst", "category": "Network activity", "to_ids": True, "value": "203.0.113.11", "AttributeTag": [{"Tag": {"name": "tlp:amber"}}]},
                    {"object_relation": "dst-port", "type": "port", "category": "Network activity", "value": "8443"},
                ],
            },
        ],
    }
}  # fmt: skip


def test_levels_and_sightings_inside_misp_objects_hold_as_on_loose_attributes() -> None:
    """By tag or distribution, of the object or the attribute; the strictest of what is combined holds."""
    report = only_report(MISP_LEVELS)
    values = {item.value: item for item in report.observables}
    assert values["c2.example"].tlp is None
    assert (values["203.0.113.9"].tlp, values["203.0.113.9"].revoked) == ("red", True)
    assert values["2" * 64].tlp == "red"
    assert not values["2" * 64].revoked
    assert values["tcp > 203.0.113.11:8443"].tlp == "amber"


def test_a_domain_does_not_show_an_address_that_is_marked_higher() -> None:
    """What it resolves to leaves with the domain: only addresses of its own level are in it."""
    report = only_report(MISP_LEVELS)
    domain = next(item for item in report.observables if item.type is ObservableType.DOMAIN)
    assert domain.resolves_to == ("203.0.113.10",)
    assert any("203.0.113.9" in row.value and "marked higher" in row.reason for row in report.unused)


def test_what_an_infected_host_called_leaves_once_an_officer_confirms_it() -> None:
    """It may be a sinkhole; a report that says it is one never brings it."""
    event = {"classification.type": "infected-system", "source.ip": "198.51.100.7", "destination.ip": "203.0.113.9"}

    def other_end(more: dict[str, str], options: ReadOptions | None = None) -> list[Observable]:
        report = only_report(event | more, options=options)
        return [item for item in report.observables if item.value == "203.0.113.9"]

    assert other_end({})[0].hold_reason == roles.POSSIBLE_SINKHOLE
    assert other_end({}, ReadOptions(confirmed=frozenset({"203.0.113.9"})))[0].hold_reason is None
    assert other_end({"classification.identifier": "c2"})[0].hold_reason is None
    assert other_end({"event_description.text": "contacted our Sinkhole"}) == []


@pytest.mark.parametrize(
    "path", ["wp-content/x/a.exe", "wp-includes/js/gate.php", "administrator/x", "sites/default/files/a"]
)
def test_a_hacked_site_of_a_members_country_is_a_third_partys_in_the_form_too(path: str) -> None:
    """The URL and its host; the same path elsewhere, and another host of the country, stay the adversary's."""
    url, other = f"http://shop.rekaan.co.id/{path}", f"http://kit.example/{path}"
    cells = FORM | {"indicators": f"url:{url} domain:shop.rekaan.co.id url:{other} domain:login-rekaan.co.id"}
    report = only_report(cells | {"indicators": cells["indicators"].split()})
    roles = {item.value: item.role for item in report.observables}
    assert roles[url] is roles["shop.rekaan.co.id"] is Role.THIRD_PARTY
    assert roles[other] is roles["login-rekaan.co.id"] is Role.ADVERSARY


@pytest.mark.parametrize("rsit_type", ["ddos", "spam", "scanner", "brute-force", "exploit", "ids-alert"])
def test_a_machine_that_attacks_from_the_certs_own_country_is_a_third_partys(rsit_type: str) -> None:
    """Such a machine mostly does not know that it attacks. What serves an attack was put up by the adversary, and leaves."""

    def role(kind: str, country: str) -> Role:
        event = {"classification.type": kind, "source.ip": "203.0.113.9", "source.geolocation.cc": country}
        report = only_report(event | {"time.source": "2026-03-01T00:00:00Z"}, options=ReadOptions(default_country="MY"))
        return report.observables[0].role

    assert role(rsit_type, "MY") is Role.THIRD_PARTY
    assert role(rsit_type, "FR") is Role.ADVERSARY
    for serving in ("c2-server", "phishing", "malware-distribution", "malware-configuration"):
        assert role(serving, "MY") is Role.ADVERSARY


def test_an_n6_source_in_the_certs_own_country_is_a_third_partys() -> None:
    """Of n6 the address itself says the country."""
    event = {
        "id": "0" * 32, "source": "a.b", "restriction": "public", "confidence": "low", "category": "scanning",
        "time": "2026-03-01 00:00:00", "address": [{"ip": "203.0.113.9", "cc": "MY"}, {"ip": "203.0.113.8", "cc": "FR"}],
    }  # fmt: skip
    report = only_report(event, options=ReadOptions(default_country="MY"))
    assert [item.role for item in report.observables] == [Role.THIRD_PARTY, Role.ADVERSARY]


def test_a_value_meant_for_detection_that_becomes_no_indicator_is_named() -> None:
    """A connection object whose category says nothing: its destination is asked about, not lost in silence."""
    ends = [
        {"type": kind, "object_relation": kind, "value": value, "category": "Other", "to_ids": True}
        for kind, value in (("ip-src", "198.51.100.7"), ("ip-dst", "203.0.113.9"))
    ]
    item = {"name": "network-connection", "Attribute": ends}
    report = only_report({"Event": {"info": "x", "uuid": "a", "Object": [item]}})
    assert any("203.0.113.9" in warning and "--confirm" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("tag", "role"),
    [
        ('rsit:fraud="phishing"', Role.UNKNOWN),
        ('rsit:malicious-code="c2-server"', Role.UNKNOWN),
        ('rsit:intrusion-attempts="brute-force"', Role.ADVERSARY),
    ],
)
def test_who_called_a_host_of_the_adversarys_is_asked_about_unless_its_kind_of_attack_calls(
    tag: str, role: Role
) -> None:
    ends = {"ip-src": "198.51.100.7", "ip-dst": "203.0.113.7"}
    parts = [
        {"type": name, "object_relation": name, "category": "Network activity", "to_ids": True, "value": value}
        for name, value in ends.items()
    ]
    event = {
        "uuid": "6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3a", "info": "x", "date": "2026-03-01", "Tag": [{"name": tag}],
        "Object": [{"name": "network-connection", "Attribute": parts}],
    }  # fmt: skip
    report = only_report({"Event": event})
    assert next(item for item in report.observables if item.value == ends["ip-src"]).role is role
