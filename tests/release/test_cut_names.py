"""A name whose words are cut, blended, misspelt or written in digits: the value that holds it is asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.release.deny import scanner_for
from hub.release.scan import Hit
from hub.reports.victims import Victim
from tests.reports.making_reports import a_member, a_watch


def hits(victim: Victim, value: str) -> tuple[Hit, ...]:
    return scanner_for(a_member(), replace(a_watch(), victims=(victim,))).hits(value)


@pytest.mark.parametrize(
    ("victim", "value"),
    [
        (Victim(name="First National Bank"), "1stnational.example"),  # numbers in digits
        (Victim(name="First National Bank"), "first-nat-bank.example"),  # the beginnings of words in a row
        (Victim(name="First National Bank"), "1stnatbank-otp.example"),
        (Victim(name="Koperasi Tiga Gunung"), "3gunung.example"),
        (Victim(name="Universitas Kelapa Gading"), "unkelading.example"),  # two words in one
        (Victim(name="Universitas Kelapa Gading"), "kelading-sso.example"),
        (Victim(name="Kangtel"), "kngtel.example"),  # half a word without its vowels
        (Victim(name="Kangtel"), "kangtlcare.example"),
        (Victim(name="Toko Sirih"), "siirih.example"),  # a letter more in a short word
        (Victim(short_names=("Hayu",)), "hayyulogin.example"),
        (Victim(people=("Hayu Ratnasari",)), "http://192.0.2.1/u/hayyu/"),
    ],
)
def test_a_value_that_cuts_or_misspells_the_words_of_a_name_is_asked_about(victim: Victim, value: str) -> None:
    asked = hits(victim, value)
    assert asked
    assert not any(hit.exact for hit in asked)


@pytest.mark.parametrize(
    ("victim", "value"),
    [
        (Victim(name="First National Bank"), "nationalbank.example"),  # generic words of many a name
        (Victim(name="First National Bank"), "firstaid-national.example"),
        (Victim(name="Universitas Kelapa Gading"), "pelanggan-trading.example"),
        (Victim(name="Kangtel"), "kontrol.example"),
        (Victim(short_names=("Hayu",)), "hayat.example"),  # a letter changed in a short word is another word
        (Victim(short_names=("Hayu",)), "hayun.example"),
    ],
)
def test_other_words_are_not_held(victim: Victim, value: str) -> None:
    assert not hits(victim, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Myo Kyaw", "http://192.0.2.1/u/komyo/"),
        ("Budi Hartono", "pakbudi.example"),
        ("Ali bin Saman", "datoali-invoice.zip"),
        ("Dee Srisai", "khundee.example"),
        ("Minh Trang", "anhminh.example"),
        ("Jose Reyes", "mangjose.example"),
    ],
)
def test_a_short_part_of_a_persons_name_is_known_behind_a_title(name: str, value: str) -> None:
    asked = hits(Victim(people=(name,)), value)
    assert asked
    assert not any(hit.exact for hit in asked)


@pytest.mark.parametrize("value", ["kopiali.example", "tribudidaya.example", "australia.example"])
def test_other_letters_before_it_are_no_title(value: str) -> None:
    assert not hits(Victim(people=("Ali Budi",)), value)


@pytest.mark.parametrize(
    ("victim", "value"),
    [
        (Victim(name="福成有限公司"), "hockseng.example"),
        (Victim(name="福成銀行"), "hock-seng-login.example"),
        (Victim(name="興隆貿易"), "myhengleong.example"),
        (Victim(people=("陈福成",)), "http://192.0.2.1/u/tanhock/"),
    ],
)
def test_a_chinese_name_is_known_as_the_region_writes_it(victim: Victim, value: str) -> None:
    asked = hits(victim, value)
    assert asked
    assert not any(hit.exact for hit in asked)


def test_a_chinese_name_is_not_known_by_another() -> None:
    assert not hits(Victim(name="福成有限公司"), "limhuat.example")
