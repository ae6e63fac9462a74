"""Values with a name whose words are cut, blended, misspelt or written in digits are held for an officer."""

from __future__ import annotations

import pytest

from hub.reports.victims import Victim
from tests.release.scanning import hits


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
        (Victim(name="Toko Sirih"), "siirih.example"),  # an additional letter in a short word
        (Victim(short_names=("Hayu",)), "hayyulogin.example"),
        (Victim(people=("Hayu Ratnasari",)), "http://192.0.2.1/u/hayyu/"),
        # generic words except for their accents, or by chance
        (Victim(name="Ngân hàng TMCP Phương Mai"), "nhphuongmai.example"),
        (Victim(name="Ngân hàng TMCP Phương Mai"), "pmbank.example"),
        (Victim(name="Ngan hang Phuong Mai"), "phuongmai.example"),
        (Victim(name="Bệnh viện Tỉnh Lan"), "bvtinhlan.example"),
        (Victim(domains=("phuongmaibank.example",)), "nhphuongmai.example"),
        (Victim(name="Ngân hàng Trung Ương Sen Trắng"), "nhst-otp.example"),  # initials of a generic phrase
        (Victim(name="RSUP Dr. Wahyu Kesumah"), "rswk.example"),  # the title is left out
        (Victim(name="Siam Padma Energy"), "spenergy.example"),  # initials before a generic word
        (Victim(name="Ministério da Saúde - Laboratório Nacional Uma Lulik"), "lnul.example"),  # a part of a ministry
        (Victim(short_names=("PSQ",)), "flypsq.example"),
        (Victim(people=("陈伟明",)), "weiming.tan@mail.example"),  # the given name
        (Victim(name="Bank 46 Mentari"), "b46.example"),  # a number among initials
        (Victim(brands=("Kenari Hub",)), "kenari-login.example"),  # a word of a brand
        (Victim(brands=("金莲保险",)), "金蓮保單.exe"),
        (Victim(domains=("siakpadu.melur.ac.example",)), "siakpadu-sso.example"),  # a label before that of the owner
        (Victim(people=("Nik Zulkarnain",)), "surat_DSNikZul.docx"),  # both parts cut, after a title
        (Victim(people=("Ratna Kusumaningtyas",)), "RDKusuma_slip.exe"),
    ],
)
def test_a_value_with_cut_or_misspelt_words_of_a_name_is_held(victim: Victim, value: str) -> None:
    similar_hits = hits(victim, value)
    assert similar_hits
    assert not any(hit.is_exact for hit in similar_hits)


@pytest.mark.parametrize(
    ("victim", "value"),
    [
        (Victim(name="First National Bank"), "nationalbank.example"),  # generic words of many names
        (Victim(name="First National Bank"), "firstaid-national.example"),
        (Victim(name="Universitas Kelapa Gading"), "pelanggan-trading.example"),
        (Victim(name="Kangtel"), "kontrol.example"),
        (Victim(short_names=("Hayu",)), "hayat.example"),  # a letter changed in a short word is another word
        (Victim(short_names=("Hayu",)), "hayun.example"),
        (Victim(name="Ngan hang Phuong Mai"), "phuong.example"),  # may be a ward
        (Victim(name="Bank Meru"), "bank-online.example"),
        (Victim(name="Bank 46 Mentari"), "a9b46f.example"),
        (Victim(brands=("Online Banking Plus",)), "online-banking.example"),
        (Victim(domains=("portal.melur.example",)), "portal-login.example"),
        (Victim(people=("Ratna Kusumaningtyas",)), "kusut.example"),
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
def test_a_short_part_of_a_persons_name_is_found_after_a_title(name: str, value: str) -> None:
    similar_hits = hits(Victim(people=(name,)), value)
    assert similar_hits
    assert not any(hit.is_exact for hit in similar_hits)


@pytest.mark.parametrize("value", ["kopiali.example", "tribudidaya.example", "australia.example"])
def test_other_letters_before_a_name_are_not_a_title(value: str) -> None:
    assert not hits(Victim(people=("Ali Budi",)), value)


@pytest.mark.parametrize(
    ("victim", "value"),
    [
        (Victim(name="福成有限公司"), "hockseng.example"),
        (Victim(name="福成銀行"), "hock-seng-login.example"),
        (Victim(name="興隆貿易"), "myhengleong.example"),
        (Victim(people=("陈福成",)), "http://192.0.2.1/u/tanhock/"),
        (Victim(brands=("金莲保险",)), "kimlian.example"),
        # the other way round
        (Victim(name="Hock Seng Trading Sdn Bhd"), "福成发票.exe"),
        (Victim(name="Tuck Seng Engineering"), "德成.apk"),
        (Victim(people=("Tan Wei Ming",)), "陈伟明.docx"),
    ],
)
def test_a_chinese_name_is_found_in_the_spelling_of_the_region(victim: Victim, value: str) -> None:
    similar_hits = hits(victim, value)
    assert similar_hits
    assert not any(hit.is_exact for hit in similar_hits)


def test_another_chinese_name_is_not_found() -> None:
    assert not hits(Victim(name="福成有限公司"), "limhuat.example")
    assert not hits(Victim(name="Hock Seng Trading Sdn Bhd"), "你好世界发票.exe")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("การประปาส่วนบางสะพาน", "กปบ.apk"),
        ("การประปาส่วนบางสะพาน", "ก.ป.ส.บ._bill.apk"),
        ("โรงพยาบาลสมเด็จพระปิ่นทอง", "รพ.สปท.zip"),
        ("ທະນາຄານພັດທະນາດອກບົວ", "ທພດ.apk"),
        ("ធនាគារ ផ្កាឈូក", "ធផឈ.apk"),
        ("รถไฟสายบางสะพาน", "http://192.0.2.1/รฟส"),
    ],
)
def test_an_abbreviation_of_consonants_is_found_in_scripts_without_spaces(name: str, value: str) -> None:
    similar_hits = hits(Victim(name=name), value)
    assert similar_hits
    assert not any(hit.is_exact for hit in similar_hits)


@pytest.mark.parametrize("value", ["บปก.apk", "ใบแจ้งหนี้.apk", "กปบก.apk", "รถ.apk", "กป.apk"])
def test_other_consonants_do_not_abbreviate_a_name(value: str) -> None:
    assert not hits(Victim(name="การประปาส่วนบางสะพาน"), value)
