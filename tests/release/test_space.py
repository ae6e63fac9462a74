"""The owner of a value's address space, and links that lead to a victim without naming it."""

from __future__ import annotations

from typing import Any

import pytest

from hub.home.member import Space
from hub.home.register import Constituent
from hub.release.links import is_leak, links
from hub.release.space import OwnSpace, SpaceVerdict, Zone, is_compromised, space_verdict
from hub.reports.impacts import ConfidentialityImpact
from hub.reports.knowledge import Malware
from hub.reports.observables import FileDetails, Observable, ObservableType, Role, TrafficDetails
from hub.reports.report import Report
from tests.reports.making_reports import SHA256, a_case, a_feed, a_member, seen

OWN_SPACE = OwnSpace(
    a_member(
        space=Space(domains=("cert-nusa.example",), prefixes=("198.51.100.0/24", "2001:db8:7::/48")),
        register=(Constituent("Klinik Melati", "MY", domains=("*.melati.example",), ip_ranges=("192.0.2.128/25",)),),
    )
)


@pytest.mark.parametrize(
    ("observable_type", "value", "zone"),
    [
        (ObservableType.DOMAIN, "www.cert-nusa.example", Zone.OWN_SPACE),
        (ObservableType.DOMAIN, "MELATI.example.", Zone.OWN_SPACE),
        (ObservableType.URL, "https://u:p@shop.melati.example:8443/x", Zone.OWN_SPACE),
        (ObservableType.EMAIL, "duty@cert-nusa.example", Zone.OWN_SPACE),
        (ObservableType.IPV4, "198.51.100.9", Zone.OWN_SPACE),
        (ObservableType.IPV4, "192.0.2.200", Zone.OWN_SPACE),
        (ObservableType.IPV6, "2001:db8:7:1::5", Zone.OWN_SPACE),
        (ObservableType.URL, "http://198.51.100.77/a.bin", Zone.OWN_SPACE),
        (ObservableType.DOMAIN, "klinik-rekaan.gov.my", Zone.PUBLIC_BODY),
        (ObservableType.URL, "https://sman9.sch.id/wp-content/kit/", Zone.PUBLIC_BODY),
        (ObservableType.URL, "https://[bad/wp-content/kit/", Zone.ELSEWHERE),
        (ObservableType.DOMAIN, "rekaan.go.th", Zone.PUBLIC_BODY),
        (ObservableType.DOMAIN, "kampus.ac.id", Zone.PUBLIC_BODY),
        (ObservableType.DOMAIN, "rekaan.edu.vn", Zone.PUBLIC_BODY),
        (ObservableType.DOMAIN, "rekaan.mil.ph", Zone.PUBLIC_BODY),
        (ObservableType.DOMAIN, "login-bayar.com.my", Zone.COUNTRY),
        (ObservableType.DOMAIN, "bayar.id", Zone.COUNTRY),
        (ObservableType.DOMAIN, "lembaga.or.th", Zone.PUBLIC_BODY),
        (ObservableType.DOMAIN, "lembaga.or.id", Zone.PUBLIC_BODY),
        (ObservableType.DOMAIN, "rekaan.net.my", Zone.COUNTRY),
        (ObservableType.DOMAIN, "rekaan.gov.br", Zone.ELSEWHERE),
        (ObservableType.DOMAIN, "gov.my.evil.example", Zone.ELSEWHERE),
        (ObservableType.DOMAIN, "notmelati.example", Zone.ELSEWHERE),
        (ObservableType.IPV4, "192.0.2.5", Zone.ELSEWHERE),
        (ObservableType.FILE, "melati.example", Zone.ELSEWHERE),
    ],
)
def test_the_zone_of_a_value_is_that_of_its_host(observable_type: ObservableType, value: str, zone: Zone) -> None:
    assert OWN_SPACE.zone(seen(observable_type, value)) is zone


def test_the_victims_end_of_a_connection_does_not_count() -> None:
    ends = TrafficDetails(("tcp",), "198.51.100.9", 5000, Role.VICTIM, "203.0.113.7", 443, Role.ADVERSARY)
    assert OWN_SPACE.zone(Observable(ObservableType.TRAFFIC, "x", Role.ADVERSARY, traffic=ends)) is Zone.ELSEWHERE
    incoming = TrafficDetails(("tcp",), "203.0.113.7", 443, Role.ADVERSARY, "198.51.100.9", 5000, Role.UNKNOWN)
    assert OWN_SPACE.zone(Observable(ObservableType.TRAFFIC, "x", Role.ADVERSARY, traffic=incoming)) is Zone.OWN_SPACE


def test_only_an_adversarys_value_outside_protected_space_leaves_without_an_approval() -> None:
    """The whole table: every other combination needs an approval, or stays."""
    leaving = {
        (role, zone, compromised)
        for role in Role
        for zone in Zone
        for compromised in (False, True)
        if space_verdict(role, zone, compromised=compromised) is SpaceVerdict.LEAVES
    }
    assert leaving == {
        (Role.ADVERSARY, Zone.COUNTRY, False),
        (Role.ADVERSARY, Zone.ELSEWHERE, False),
        (Role.ADVERSARY, Zone.ELSEWHERE, True),
    }
    for zone in Zone:
        assert space_verdict(Role.VICTIM, zone, compromised=False) is SpaceVerdict.STAYS


def test_a_compromised_host_is_recognised_by_type_or_label() -> None:
    assert is_compromised(seen(ObservableType.DOMAIN, "a.com.my", indicator_types=("compromised",)))
    assert is_compromised(seen(ObservableType.DOMAIN, "a.com.my", labels=('rsit:intrusions="system-compromise"',)))
    assert not is_compromised(seen(ObservableType.DOMAIN, "a.com.my", labels=('rsit:fraud="phishing"',)))


def test_the_domain_of_a_public_body_is_found_in_a_longer_text() -> None:
    assert OWN_SPACE.public_body_names("http://bad.example/portal.rekaan.gov.my/login") == ["portal.rekaan.gov.my"]
    assert OWN_SPACE.public_body_names('alert tls any any -> any any (tls.sni; content:"rekaan.go.id"; sid:1;)') == [
        "rekaan.go.id"
    ]
    assert OWN_SPACE.public_body_names("http://bad.example/gov.my-prize") == []
    assert OWN_SPACE.public_body_names("http://rekaan-gov-my.example/") == ["rekaan-gov-my"]  # an imitated name
    assert OWN_SPACE.public_body_names("http://rekaan-govmy.example/ac-mylar") == []


# -- links ---------------------------------------------------------------------------------------------------------


def link_kinds(item: Observable, report: Report | None = None) -> list[str]:
    return [link.kind.split(":")[0] for link in links(item, report or a_feed())]


HOST, SID = "the name of an internal machine", "a Windows domain's or user's SID"
PRIVATE, CALLER = "a private address", "who or what called it"
NUMBER = "an account, card, identity or registration number"


@pytest.mark.parametrize(
    ("observable_type", "value", "expected"),
    [
        (ObservableType.URL, "http://203.0.113.9/gate.php?id=MLTI-HQ-FS02", [HOST]),
        (ObservableType.URL, "http://203.0.113.9/g?d=TUxUSS1IUS1GUzAyfDEwLjIwLjEuNQ==", [HOST, PRIVATE]),
        (ObservableType.URL, "http://203.0.113.9/g?hostname=melati7", [CALLER]),
        (ObservableType.URL, "http://203.0.113.9/g?x=1&username=aminah", [CALLER]),
        (ObservableType.URL, "http://203.0.113.9/pay?acct=514012345678", [NUMBER]),
        (ObservableType.REGISTRY_KEY, r"HKEY_USERS\S-1-5-21-1004336348-1177238915-682003330-512\Run", [SID]),
        (ObservableType.MUTEX, "Global\\DESKTOP-4F7K2Q9", [HOST]),
        (ObservableType.FILE, "dump_core01.ad.melati.local", [HOST]),
        (ObservableType.USER_ACCOUNT, "svc@dc01.melati.lan", [HOST]),
        (ObservableType.EMAIL_MESSAGE, "Kartu 5140 1234 5678 9012 diblokir", [NUMBER]),
        (ObservableType.WALLET, "bc1q0000000000000000000000000000000000melati", ["a wallet"]),
        (ObservableType.URL, "http://203.0.113.9/wp-login.php?v=12&id=1793700000123", []),
        (ObservableType.URL, "https://files.bad.example/update/KB5021233.exe", []),
        (ObservableType.DOMAIN, "srv01.bad.example", []),
        (ObservableType.IPV4, "203.0.113.9", []),
        (ObservableType.MUTEX, "Global\\{8F6F0AC4-B9A1-45fd-A8CF-72F04E6BDE8F}", []),
        (ObservableType.USER_AGENT, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", []),
    ],
)
def test_links_to_the_victim_are_found_in_values(
    observable_type: ObservableType, value: str, expected: list[str]
) -> None:
    assert link_kinds(seen(observable_type, value)) == expected


def test_a_rule_is_searched_as_a_whole() -> None:
    rule = 'rule x { strings: $a = "\\\\\\\\MLTI-FS01\\\\share" $b = { 4d 4c 54 49 2d 44 43 30 31 } condition: any of them }'
    item = seen(ObservableType.PATTERN, "x", pattern=rule, pattern_type="yara")
    assert {link.text for link in links(item, a_feed())} >= {"MLTI-FS01", "MLTI-DC01"}


def a_file(name: str | None, **options: Any) -> Observable:
    return seen(ObservableType.FILE, name or SHA256, file=FileDetails(name, {"SHA-256": SHA256}), **options)


LEAK = {"rsit": (("information-content-security", "data-leak"),), "incident_types": (), "malware": (), "impacts": ()}


def test_in_a_case_of_leaked_data_every_file_may_be_the_victims() -> None:
    leak = a_case(**LEAK)
    assert is_leak(leak)
    assert links(a_file(None), leak)
    assert links(a_file("Senarai_Pelanggan.xlsx"), leak)
    assert not links(a_file("uploader.exe"), leak), "a program is not a document"
    assert not links(a_file(None, malware="LockBit"), leak), "the report calls it malware"


def test_in_a_leak_with_malware_only_documents_are_links() -> None:
    """If malware stole the data, a hash without a name may be that of the malware; a document may still be the victim's."""
    stealer_case = a_case(**LEAK | {"malware": (Malware("RedLine"),)})
    assert not links(a_file(None), stealer_case)
    assert links(a_file("daftar gaji.pdf"), stealer_case)


def test_documents_are_links_if_data_were_lost() -> None:
    phishing_case = a_case(
        impacts=(), timeline=type(a_case().timeline)(), incident_types=(), rsit=(("fraud", "phishing"),)
    )
    assert not is_leak(phishing_case)
    assert not links(a_file("invoice.docx"), phishing_case), (
        "the attachment of a phishing mail belongs to the adversary"
    )
    loss = ConfidentialityImpact(loss_type="confirmed-loss", information_type="pii")
    loss_case = a_case(impacts=(loss,), timeline=phishing_case.timeline, incident_types=(), rsit=phishing_case.rsit)
    assert links(a_file("invoice.docx"), loss_case)
    assert not links(a_file("locker.exe"), loss_case)
