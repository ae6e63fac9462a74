"""The hits of the scanner: their place in the text, and whether they are exact or similar."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.release.needle import Needle
from hub.release.needle_index import NeedleIndex
from hub.release.needles import domain_needles, mailbox_needles, name_needles
from hub.release.scan import Scanner, Strength
from hub.release.spelling import squeeze, squeeze_with_offsets


def scanner_with(needles: Iterable[Needle], networks: Iterable[str] = ()) -> Scanner:
    return Scanner([NeedleIndex(needles)], networks)


NAME = scanner_with(name_needles("Bank Rekaan Berhad (BRB)", "the victim's"))
DOMAIN = scanner_with(domain_needles("rekaanbank.example", "the victim's"))
MAILBOX = scanner_with(mailbox_needles("laila.hassan@rekaanbank.example", "the victim's"))


@pytest.mark.parametrize(
    ("scanner", "text"),
    [
        (NAME, "At Bank Rekaan. Then"),
        (NAME, "bank-rekaan"),
        (NAME, "http://192.0.2.1/?o=Bank%20Rekaan&x=1"),
        (NAME, "mail from BRB"),
        (DOMAIN, "rekaanbank.example"),
        (DOMAIN, "https://vpn.rekaanbank.example/login"),
        (DOMAIN, "someone@rekaanbank.example"),
        (MAILBOX, "http://192.0.2.1/laila.hassan/x"),
        (MAILBOX, "laila.hassan.txt"),
    ],
)
def test_the_victims_own_name_or_value_is_an_exact_hit(scanner: Scanner, text: str) -> None:
    assert any(hit.is_exact for hit in scanner.hits(text))
    assert any(hit.is_exact for hit in scanner.approved_value_scanner().hits(text))


@pytest.mark.parametrize(
    ("scanner", "text"),
    [
        (NAME, "bank-rekaan-login.example"),
        (NAME, "https://bankrekaan.example.net/"),
        (NAME, "BRB_HOW_TO_RESTORE.txt"),
        (DOMAIN, "rekaanbank.example.secure-login.example"),
        (DOMAIN, "rekaanbank-example.net"),
        (DOMAIN, "xrekaanbank.example"),
    ],
)
def test_the_victims_name_inside_another_name_is_a_similar_hit(scanner: Scanner, text: str) -> None:
    """A phishing domain that imitates the victim can be shared if an officer approves it."""
    assert {hit.strength for hit in scanner.hits(text)} == {Strength.SIMILAR}
    assert not scanner.approved_value_scanner().hits(text)


def test_a_hit_gives_its_place_and_repeats_only_words_of_the_text() -> None:
    text = "see files.bank_rekaan_x.zip"
    (hit,) = NAME.hits(text)
    assert (hit.text, text[hit.start : hit.end]) == ("bank_rekaan", "bank_rekaan")
    assert "Berhad" not in f"{hit} {hit!r}"


def test_an_approved_value_may_contain_a_listed_name_but_no_listed_address() -> None:
    needles = domain_needles("clinic.example", "a constituent's")
    scanner = Scanner([NeedleIndex(needles, is_listed=True)], ["198.51.100.0/24"])
    assert scanner.hits("https://www.clinic.example/kit/")
    assert not scanner.approved_value_scanner().hits("https://www.clinic.example/kit/")
    assert scanner.approved_value_scanner().hits("http://198.51.100.7/kit/")


@pytest.mark.parametrize(
    "text",
    ["ที่อยู่ ๑๙๘.๕๑.๑๐๐.๗", "១៩៨.៥១.១០០.៧", "198.51.100.x", "198.51.100.*", "198.51.x.x", r"198\.51\.100\.\d+", "198(.)51(.)100(.)7", "198.51.100.0/25",
     "198 dot 51 dot 100 dot 7"],
)  # fmt: skip
def test_a_part_of_an_address_is_found_in_texts_and_rules(text: str) -> None:
    assert Scanner((), ["198.51.100.0/24"]).hits(text)
    assert not Scanner((), ["203.0.113.0/24"]).hits(text)


def test_three_numbers_that_may_be_a_version_only_resemble_a_network() -> None:
    assert {hit.strength for hit in Scanner((), ["198.51.100.0/24"]).hits("client 198.51.100")} == {Strength.SIMILAR}


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_offsets_belong_to_the_letters_of_the_squeezed_text(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    squeezed, offsets = squeeze_with_offsets(text)
    assert len(squeezed) == len(offsets)
    assert offsets == sorted(offsets)
    assert squeezed == squeeze(text)
