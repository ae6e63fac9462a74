"""An adversary's value that may identify somebody who is not declared is held, for every victim."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from hub.release.patterns import identifying_spans_in_value
from hub.release.rule_prose import prose_findings
from hub.reports.observables import FileDetails, ObservableType
from hub.reports.victims import Victim
from tests.release.releasing import must_release, released_text
from tests.reports.making_reports import SHA256, a_watch, seen

ONION = "q" * 56 + ".onion"
TENANT = "6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3a"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("http://192.0.2.1/log?lat=3.13902&lng=101.68691", "coordinates"),
        ("http://192.0.2.1/log?loc=3.13902,101.68691", "coordinates"),
        ("https://maps.example/@3.13902,101.68691,17z", "coordinates"),
        ("KTP_3174055510900007.jpg", "identity number"),
        ("850101-14-5678.pdf.exe", "identity number"),
        ("S1234567D-payslip.exe", "identity number"),
        ("1-1017-00203-45-1.zip", "identity number"),
        ("TIN 123-456-789-000.pdf", "identity number"),
        ("NPWP_01.234.567.8-091.000.pdf", "registration number"),
        ("http://192.0.2.1/uen/200312345H", "registration number"),
        ("Call_+60321690000.wav", "telephone number"),
        ("https://wa.me/60321690000", "telephone number"),
        (f"https://login.microsoftonline.com/{TENANT}/oauth2/authorize", "cloud account"),
        ("http://192.0.2.1/k?arn=arn:aws:iam::123456789012:user/ops", "cloud account"),
        (f"http://192.0.2.1/k?tenant_id={TENANT}", "cloud account"),
        (f"http://{ONION}/post/8831", "page about one victim"),
        (f"http://{ONION}/chat/login?company_id=8831", "page about one victim"),
        (f"http://{ONION}/{'a1' * 16}", "page about one victim"),
        ("http://192.0.2.1/panel/login.php?user=azman", "host or user in a parameter"),
        ("pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "wallet"),
        ("http://192.0.2.1/r?ssid=Tamu-5G", "name of a network"),
        ("http://192.0.2.1/r?workgroup=KANTOR", "name of a network"),
    ],
)
def test_an_identifying_span_has_a_kind(value: str, kind: str) -> None:
    assert kind in {span.kind for span in identifying_spans_in_value(value)}


@pytest.mark.parametrize(
    "value",
    [
        "http://192.0.2.1/d?ts=20260301070533&v=1.2.3",
        "http://192.0.2.1/d?t=1772348733123",
        "http://192.0.2.1/202601041234/a.exe",
        "update-1.2345,2.exe",
        f"http://{ONION}/",
        f"http://{ONION}/gate.php",
        f"http://{ONION}/index.html",
        "https://login.example.com/oauth2/authorize?client_id=abcdefgh",
        "invoice-2026-03-01.pdf.exe",
        "http://192.0.2.1/a?long=yes&latest=1.25",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
        "a" * 16 + "1234567890123456",
        "21c1792e4ece7276aa80ed27ecb866cd69ff7831053228333aec8394d03a1982",  # 13 of its digits have a valid check digit
        "[file:hashes.MD5 = 'abcdef78310532283330123456789abc']",
        "http://192.0.2.1/panel/login.php?user=admin",  # a user name that many machines have
        "https://files.example/uc?id=1aBcDeFgHiJkLmNoPqRsTuVwXyZ",  # the checksum of a wallet is wrong
    ],
)
def test_similar_values_have_no_identifying_span(value: str) -> None:
    assert list(identifying_spans_in_value(value)) == []


@pytest.mark.parametrize("fragment", ["#{}", "?e={}", "/{}"])
def test_an_encoded_mailbox_in_a_phishing_url_is_held(fragment: str) -> None:
    recipient = base64.b64encode(b"siti.melur@pejabat-satu.example").decode()
    url = "https://evil.example/" + fragment.format(recipient)
    assert recipient not in released_text(must_release(a_watch(observables=(seen(ObservableType.URL, url), seen(ObservableType.IPV4, "203.0.113.7")))))  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "pattern_type", "expected_names"),
    [
        (
            'rule a { meta: description = "seen at HQ, Jalan Kenari Raya" condition: true }',
            "yara",
            ["Jalan Kenari Raya"],
        ),
        ("rule a { // of the case at Hospital Seri Melur\n condition: true }", "yara", ["Hospital Seri Melur"]),
        ('rule a { /* see Encik Azman */ strings: $a = "http://x" condition: $a }', "yara", ["Encik Azman"]),
        ("title: Loader\ndescription: dropped at Klinik Melur Jaya\n", "sigma", ["Klinik Melur Jaya"]),
        ('alert tcp any any -> any 80 (msg:"beacon from Menara Kenari"; sid:1;)', "snort", ["Menara Kenari"]),
        ('rule a { meta: description = "Detects Emotet Loader" author = "Kaspersky Lab" condition: true }', "yara", []),
        (
            'rule a { strings: $a = "Jalan Kenari Raya" condition: $a }',
            "yara",
            [],
        ),  # a string of the malware, not prose
        ("title: Suspicious Service Installation By Power Shell\n", "sigma", []),
        ('alert tcp any any -> any 80 (msg:"ET MALWARE Win32/Emotet CnC Activity (POST)"; sid:1;)', "snort", []),
    ],
)
def test_a_place_person_or_organisation_in_the_prose_of_a_rule_is_found(
    pattern: str, pattern_type: str, expected_names: list[str]
) -> None:
    rule = seen(ObservableType.PATTERN, "rule", pattern=pattern, pattern_type=pattern_type)
    reasons = list(prose_findings(rule))
    assert bool(reasons) == bool(expected_names)
    assert all(any(span in reason for reason in reasons) for span in expected_names)


def test_remarks_of_the_source_about_a_value_are_searched() -> None:
    """The hash of a certificate identifies nobody, but the source may say that its subject is the victim's."""
    certificate = seen(ObservableType.CERTIFICATE, SHA256, file=FileDetails(hashes={"SHA-256": SHA256}))
    other_value = seen(ObservableType.IPV4, "203.0.113.7")
    report = a_watch(observables=(certificate, other_value), victims=(Victim(domains=("melur.example",)),))
    assert SHA256 in released_text(must_release(report))
    with_remark = replace(certificate, source_remarks=("CN=*.melur.example",))
    assert SHA256 not in released_text(must_release(replace(report, observables=(with_remark, other_value))))
