"""The form's columns of closed words: how the attacker came in, what was flooded, what helps. Nothing else fits in them."""

from __future__ import annotations

import pytest

from hub.reports.knowledge import DataSource, Flood, Malware, Mitigation, Software, VerisWord
from hub.reports.read import Report, RowError
from hub.reports.reading import methods
from tests.reports.reading_reports import form_reading


def test_the_columns_of_a_method_arrive_in_the_model() -> None:
    """Ways in by VERIS, software by its URL, a flood by kind and rate, mitigations and data sources by ATT&CK."""
    report = form_reading(
        entry_vector="Email attachment; stolen credentials",
        tool="AnyDesk",
        packages="pkg:npm/left-pad@1.3.0",
        attack_vector="SYN flood;dns_amplification",
        attack_rate="1.2 Gbps;250000 pps;0.9 Gbps",
        mitigation="MFA;M1051",
        fixed_in="pkg:npm/left-pad@1.3.1;kb5034441",
        detection_advice="Process: Process Creation;DS0029",
    )
    assert isinstance(report, Report)
    assert report.entry_vectors == (
        VerisWord("malware", "vector", "Email attachment"),
        VerisWord("hacking", "variety", "Use of stolen creds"),
    )
    assert report.entry_vectors[0].label == 'veris:action:malware:vector="Email attachment"'
    assert report.malware == (Malware("AnyDesk", kind="tool"),)
    assert report.software == (Software("left-pad", "1.3.0", "pkg:npm/left-pad@1.3.0"),)
    assert report.flood == Flood(("syn-flood", "dns-amplification"), 1_200_000_000, 250_000)
    assert report.mitigations == (
        Mitigation("Multi-factor Authentication", "M1032"),
        Mitigation("Update Software", "M1051"),
    )
    assert report.fixes == (Software("left-pad", "1.3.1", "pkg:npm/left-pad@1.3.1"), Software("KB5034441"))
    assert report.data_sources == (DataSource("Process", "DS0009"), DataSource("Network Traffic", "DS0029"))


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("entry_vector", "through Bank Rekaan's branch in Ipoh"),
        ("packages", "the billing program of Bank Rekaan"),
        ("packages", "cpe:2.3:a:vendor"),
        ("attack_vector", "flood of Bank Rekaan"),
        ("attack_rate", "1.2"),
        ("attack_rate", "9 Gbps at Bank Rekaan"),
        ("mitigation", "M9999"),
        ("fixed_in", "pkg:npm/left-pad"),
        ("detection_advice", "look at Bank Rekaan's proxy"),
    ],
)
def test_a_sentence_is_refused_where_a_closed_word_belongs(column: str, text: str) -> None:
    """What is no word of the list, or has not the form, makes the row an error that names the column."""
    error = form_reading(**{column: text})
    assert isinstance(error, RowError)
    assert (error.key, error.value) == (column, text)


def test_a_word_that_veris_has_in_several_actions_can_say_which() -> None:
    """Without the action, the more usual one."""
    assert methods.entry_vector("web application").action == "hacking"
    assert methods.entry_vector("Social: Web application").action == "social"
    assert methods.entry_vector('veris:action:misuse:vector="Web application"').action == "misuse"


def test_what_a_package_url_has_besides_name_and_version_is_not_kept() -> None:
    """Qualifiers hold any text, such as the address of a repository of the victim's own."""
    text = "pkg:npm/%40acme/widget@1.0?repository_url=repo.bank.example#src"
    assert methods.software(text).purl == "pkg:npm/%40acme/widget@1.0"


def test_cpe_names_give_product_and_version() -> None:
    """Escaped marks are part of the name."""
    item = methods.software(r"cpe:2.3:a:apache:log4j\-core:2.17.1:*:*:*:*:*:*:*")
    assert (item.name, item.version) == ("apache log4j-core", "2.17.1")
