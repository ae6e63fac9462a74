"""Values with a name whose words are joined, shortened or in an older spelling are held for an officer."""

from __future__ import annotations

import pytest

from hub.release.joined_names import older_spellings
from hub.reports.victims import Contact, Victim
from tests.release.scanning import hits


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Bank Pinus Berhad", "epinusku.example"),  # a word of five letters inside a longer word
        ("Bank Pinus Berhad", "p.i.n.u.s-x.example"),
        ("Toko Ulin", "mulin2.example"),  # a word of four letters with two others around it
        ("Klinik Iwa", "iwa-login.example"),  # a word of three letters
        ("Klinik Iwa", "iwaklinik.example"),
        ("PT Lumbung Mentari Abadi Tbk", "lumenaba.example"),  # syllables
        ("PT Lumbung Mentari Abadi Tbk", "lummen.example"),
        ("Universitas Mentari", "unmen-sso.example"),
        ("Bank Gunung Emas", "bgemas.example"),  # initials joined with a word
        ("Bank Gunung Emas", "gunungbe.example"),
        ("Hong Meng Bank", "hmeng.example"),
        ("Hospital Permaisuri Melur", "hpmelur.example"),
        ("First Regional Bank of Sirih", "frb-otp.example"),  # initials of the words before "of"
        ("First Regional Bank of Sirih", "firstregional-login.example"),
        ("Ngân hàng TMCP Đông Thủy", "dtbank-otp.example"),  # the kind of organisation in English
        ("Bank Gunung Emas", "gebank.example"),
        ("Bank Gunung Emas", "bgeberhad.example"),  # a legal form after initials
        ("Soerjadarma Group", "suryadarma.example"),
        ("Suryadarma Group", "soerjadarma.example"),
        ("Bank Cakrawala", "tjakrawala.example"),
    ],
)
def test_a_value_with_joined_or_shortened_words_of_a_name_is_held(name: str, value: str) -> None:
    similar_hits = hits(Victim(name=name), value)
    assert similar_hits
    assert not any(hit.is_exact for hit in similar_hits)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Bank Pinus Berhad", "cupin-use.example"),  # the letters occur, but not the word
        ("Toko Ulin", "paulina-shop.example"),
        ("Klinik Iwa", "taiwan-travel.example"),
        ("PT Lumbung Mentari Abadi Tbk", "document-update.example"),
        ("Bank Gunung Emas", "christmas-sale.example"),
        ("First Regional Bank of Sirih", "regional-news.example"),
    ],
)
def test_letters_that_occur_by_chance_do_not_hold_a_value(name: str, value: str) -> None:
    assert not hits(Victim(name=name), value)


def test_the_distinctive_word_of_a_brand_is_searched_for() -> None:
    assert hits(Victim(brands=("LestariPay",)), "pay-lestari.example")
    assert hits(Victim(brands=("MobileLestari",)), "lestari-otp.example")
    assert not hits(Victim(brands=("LestariPay",)), "pay-later.example")


@pytest.mark.parametrize("value", ["pvlam", "lampv", "lam.pv", "vanlam", "phamlam"])
def test_a_persons_name_is_found_as_a_user_name(value: str) -> None:
    assert hits(Victim(people=("Phạm Văn Lâm",)), f"http://192.0.2.1/u/{value}/x")


def test_particles_count_in_a_user_name() -> None:
    assert hits(Victim(people=("Rosa Maria dela Peña",)), "rdelapena@mail.example")


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("+60 3-2170 8888", "http://192.0.2.1/p/0321708888"),
        ("+60 3-2170 8888", "03-21708888.vcf"),
        ("0060321708888", "http://192.0.2.1/p/321708888"),
        ("(021) 888-9999", "62218889999.apk"),
        ("+856 21 222 333", "http://192.0.2.1/021222333"),
    ],
)
def test_a_telephone_number_is_found_in_national_and_international_form(number: str, value: str) -> None:
    assert hits(Victim(), value, Contact(phones=(number,)))


def test_a_registration_number_is_found_without_the_number_of_the_branch() -> None:
    for number, value in (
        ("0312345678-001", "0312345678"),
        ("123-456-789-000", "123456789"),
        ("123-456-789-000", "123-456-789"),
    ):
        assert hits(Victim(registration_numbers=(number,)), f"http://192.0.2.1/tin/{value}"), number


def test_the_distinctive_words_of_a_postal_address_are_searched_for() -> None:
    victim = Victim(places=("12 Jalan Kembara 5, Kuala Lumpur", "ถนนมะลิวัลย์"))
    assert hits(victim, "http://192.0.2.1/kembara5")
    assert not hits(victim, "jalan-kuala-lumpur.example")


@pytest.mark.parametrize("word", ["surya", "bank", "ออม", ""])
def test_only_words_in_latin_letters_have_an_older_spelling(word: str) -> None:
    assert word not in older_spellings(word)
    assert all(text.isascii() for text in older_spellings(word))
