"""What a name becomes when its words are joined, shortened or spelt as of old: the value that holds it is asked about."""

from __future__ import annotations

import pytest

from hub.release.joined_names import older_spellings
from hub.reports.victims import Contact, Victim
from tests.release.scanning import hits


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Bank Pinus Berhad", "epinusku.example"),  # a word of five letters, with others around it
        ("Bank Pinus Berhad", "p.i.n.u.s-x.example"),
        ("Toko Ulin", "mulin2.example"),  # a word of four letters, with two of others
        ("Klinik Iwa", "iwa-login.example"),  # a word of three letters
        ("Klinik Iwa", "iwaklinik.example"),
        ("PT Lumbung Mentari Abadi Tbk", "lumenaba.example"),  # syllables
        ("PT Lumbung Mentari Abadi Tbk", "lummen.example"),
        ("Universitas Mentari", "unmen-sso.example"),
        ("Bank Gunung Emas", "bgemas.example"),  # initials beside a word
        ("Bank Gunung Emas", "gunungbe.example"),
        ("Hong Meng Bank", "hmeng.example"),
        ("Hospital Permaisuri Melur", "hpmelur.example"),
        ("First Regional Bank of Sirih", "frb-otp.example"),  # initials of what stands before "of"
        ("First Regional Bank of Sirih", "firstregional-login.example"),
        ("Ngân hàng TMCP Đông Thủy", "dtbank-otp.example"),  # what it says of itself, in English
        ("Bank Gunung Emas", "gebank.example"),
        ("Bank Gunung Emas", "bgeberhad.example"),  # a legal form beside initials
        ("Soerjadarma Group", "suryadarma.example"),
        ("Suryadarma Group", "soerjadarma.example"),
        ("Bank Cakrawala", "tjakrawala.example"),
    ],
)
def test_a_value_that_joins_or_shortens_the_words_of_the_name_is_asked_about(name: str, value: str) -> None:
    places = hits(Victim(name=name), value)
    assert places
    assert not any(hit.is_exact for hit in places)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Bank Pinus Berhad", "cupin-use.example"),  # the letters are there, and the word is not
        ("Toko Ulin", "paulina-shop.example"),
        ("Klinik Iwa", "taiwan-travel.example"),
        ("PT Lumbung Mentari Abadi Tbk", "document-update.example"),
        ("Bank Gunung Emas", "christmas-sale.example"),
        ("First Regional Bank of Sirih", "regional-news.example"),
    ],
)
def test_letters_that_stand_there_by_chance_do_not_hold_a_value(name: str, value: str) -> None:
    assert not hits(Victim(name=name), value)


def test_of_a_brand_the_word_that_is_its_own_is_searched_for() -> None:
    assert hits(Victim(brands=("LestariPay",)), "pay-lestari.example")
    assert hits(Victim(brands=("MobileLestari",)), "lestari-otp.example")
    assert not hits(Victim(brands=("LestariPay",)), "pay-later.example")


@pytest.mark.parametrize("value", ["pvlam", "lampv", "lam.pv", "vanlam", "phamlam"])
def test_a_persons_name_is_known_as_a_user_name(value: str) -> None:
    assert hits(Victim(people=("Phạm Văn Lâm",)), f"http://192.0.2.1/u/{value}/x")


def test_particles_count_in_a_user_name() -> None:
    assert hits(Victim(people=("Rosa Maria dela Peña",)), "rdelapena@mail.example")


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("+60 3-2170 8888", "http://192.0.2.1/p/0321708888"),
        ("+60 3-2170 8888", "03-21708888.vcf"),
        ("0060321708888", "http://192.0.2.1/p/321708888"),
        ("(021) 888-9999", "62218889999.apk"),
        ("+856 21 222 333", "http://192.0.2.1/021222333"),
    ],
)
def test_a_telephone_number_is_known_as_it_is_dialled_at_home_and_from_abroad(declared: str, value: str) -> None:
    assert hits(Victim(), value, Contact(phones=(declared,)))


def test_a_registration_number_is_known_without_the_number_of_the_branch() -> None:
    for number, value in (
        ("0312345678-001", "0312345678"),
        ("123-456-789-000", "123456789"),
        ("123-456-789-000", "123-456-789"),
    ):
        assert hits(Victim(registration_numbers=(number,)), f"http://192.0.2.1/tin/{value}"), number


def test_of_an_address_the_words_that_are_its_own_are_searched_for() -> None:
    victim = Victim(places=("12 Jalan Kembara 5, Kuala Lumpur", "ถนนมะลิวัลย์"))
    assert hits(victim, "http://192.0.2.1/kembara5")
    assert not hits(victim, "jalan-kuala-lumpur.example")


@pytest.mark.parametrize("word", ["surya", "bank", "ออม", ""])
def test_an_older_spelling_is_made_of_words_in_latin_letters_only(word: str) -> None:
    assert word not in older_spellings(word)
    assert all(text.isascii() for text in older_spellings(word))
