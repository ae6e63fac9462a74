"""Names in one script and values in another, and words that are one letter from a name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.release.deny import scanner_for
from hub.release.pronunciation import Misspellings, pronounce, sound_alike
from hub.release.scan import Strength
from hub.reports.observables import ObservableType
from hub.reports.victims import Victim
from tests.release.releasing import must_release, released_text
from tests.reports.making_reports import a_case, a_member, a_watch, seen

THAI = "โรงพยาบาลเจ้าพระยารุ่งเรือง"
LAO = "ທະນາຄານ ຈຳປາສັກ"
KHMER = "ធនាគារ ស្ទឹងត្រែង"
BURMESE = "ဧရာဝတီ ဘဏ်"
TAMIL = "வெற்றி முருகன் வங்கி"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (THAI, "chaophraya_staff.docx"),
        (THAI, "jaopraya.example"),
        (THAI, "rungrueang-hosp.example"),
        (THAI, "rungruang-update.example"),
        (THAI, "chaophrayarungruang.example"),
        (THAI, "http://192.0.2.1/รุ่งเรือง/"),
        (LAO, "champasak-bank.example"),
        (LAO, "champassak-login.example"),
        (LAO, "jampasak.example"),
        (LAO, "จำปาศักดิ์.docx"),
        ("ບໍລິສັດ ສີສະຫວາດ", "sisavath-pay.example"),
        ("ບໍລິສັດ ສີສະຫວາດ", "sisawat.example"),
        (KHMER, "stungtreng-pay.example"),
        (KHMER, "steung_treng.xlsx"),
        (KHMER, "stueng.zip"),
        (BURMESE, "ayeyarwady-vpn.example"),
        (BURMESE, "ayeyarwaddy.example"),
        (BURMESE, "irrawaddy.example"),
        ("သီရိမွန် ကုမ္ပဏီ", "thirimon.example"),
        ("သီရိမွန် ကုမ္ပဏီ", "thiri_mon.xls"),
        ("ရွှေလမ်း", "shwelan.example"),
        (TAMIL, "vettri.example"),
        (TAMIL, "murugan-list.xlsx"),
        ("Rungruang Clinic", "รุ่งเรือง.docx"),
        ("Murugan Finance", "முருகன்.docx"),
        ("Sokhalay Bank", "សុខាឡៃ.docx"),
    ],
)
def test_a_name_is_found_in_another_script_in_every_romanisation(name: str, value: str) -> None:
    """Romanisations differ in vowels, aspirates and voiced letters, and some scripts have no spaces between words."""
    hits = scanner_for(a_member(), replace(a_watch(), victims=(Victim(name=name),))).hits(value)
    assert hits, value
    assert all(hit.strength is Strength.SIMILAR for hit in hits if hit.description.startswith("a word that sounds"))


@pytest.mark.parametrize("value", ["invoice-portal.example", "update.example/store", "telekom.example", "jakarta.zip"])
@pytest.mark.parametrize("name", [THAI, LAO, KHMER, BURMESE, TAMIL])
def test_an_everyday_word_does_not_sound_like_a_name(name: str, value: str) -> None:
    assert not scanner_for(a_member(), replace(a_watch(), victims=(Victim(name=name),))).hits(value)


def test_equal_pronunciations_have_equal_letters() -> None:
    assert pronounce("Champassak") == pronounce("jampasak") == pronounce("ຈຳປາສັກ")
    assert not sound_alike("aiu", "aiua")
    assert not sound_alike("aiuai", "uaiaiua")


@pytest.mark.parametrize("word", ["indrapura", "inderpura", "inderapuro", "inderapurra", "onderapura"])
def test_a_word_that_is_one_edit_away_is_a_misspelling(word: str) -> None:
    assert list(Misspellings(["inderapura", "melati"]).corrections(word)) == ["inderapura"]


@pytest.mark.parametrize("word", ["inderapura", "indrapuro", "nelati", "melat", "service"])
def test_other_words_are_not_misspellings(word: str) -> None:
    assert list(Misspellings(["inderapura", "melati", "servide"]).corrections(word)) in (
        [],
        ["melati"] * (word == "melat"),
    )


@pytest.mark.parametrize("name", [THAI, "သီရိမွန် ကုမ္ပဏီ", "PT Klear Tbk", "Determinasi Bank", "Indicatur"])
def test_a_name_that_sounds_like_our_sentences_does_not_stop_a_release(name: str) -> None:
    page = seen(ObservableType.URL, "https://quartz.example/a")
    text = released_text(must_release(a_case(victims=(Victim(name=name),), observables=(page,), malware=())))
    assert "quartz.example" in text
