"""The scanner finds the names, people, hosts and mailboxes of a victim in every form."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import replace
from typing import Any

import pytest

from hub.home.member import Deny
from hub.home.register import Constituent
from hub.release.check import checked_texts
from hub.release.deny import list_scanner, scanner_for
from hub.release.needles import our_words
from hub.release.policy import Audience
from hub.release.scan import Strength
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.reports import rsit
from hub.reports.observables import FileDetails, ObservableType, Role
from hub.reports.victims import Contact, Victim
from tests.release.releasing import must_release, released_text
from tests.release.scanning import LATIN, hits, scanner
from tests.reports.making_reports import NOW, a_case, a_member, a_watch, seen

THAI = Victim(name="โรงพยาบาลศรีทองสุข", countries=("TH",))
VIETNAMESE = Victim(name="Bệnh viện Đa khoa Thanh Trúc", countries=("VN",))
BURMESE = Victim(name="ရွှေပြည် ဘဏ်", countries=("MM",))
CHINESE = Victim(name="金百合银行", countries=("SG",))
KERTA = Victim(name="RSUD Kertawana Wirabuana", countries=("ID",))
RUMAH = Victim(name="Rumah Sakit Melur", countries=("ID",))
IN_LATIN = Victim(name="Srithongsuk Hospital", countries=("TH",))


@pytest.mark.parametrize(
    ("victim", "value"),
    [
        # distinctive words
        (LATIN, "melorindah-secure.example"),
        (LATIN, "Operation Melorindah Storm"),
        (LATIN, "MelorindahLeaks"),
        (LATIN, "gunungbiru.example.net"),
        (VIETNAMESE, "benh-vien-thanh-truc.zip"),
        (VIETNAMESE, "thanhtruc.example"),
        # initials and abbreviations
        (LATIN, "BMBStealer"),
        (LATIN, "bmb-login.example"),
        (LATIN, "mybmb.example"),
        (LATIN, "BMB_HOW_TO_RESTORE.txt"),
        (LATIN, "http://192.0.2.1/?h=MLRNDH-DC01"),
        (LATIN, "svc_mlrndh_core"),
        # disguises
        (LATIN, "rnelorindah.example"),
        (LATIN, "m3l0r1nd4h.example"),
        (LATIN, "melorincIah.example"),
        (LATIN, "xn--" + "mеlоrindаh".encode("punycode").decode() + ".example"),
        (LATIN, "hadniroleM knaB"),
        (LATIN, codecs.encode("melorindah", "rot13") + ".example"),
        (LATIN, "melorinda.example"),
        (LATIN, "mellorrindah.example"),
        (LATIN, "nnelorindah-melorndh.example"),
        # other scripts
        (THAI, "srithongsuk.example"),
        (THAI, "sritongsook-hospital.example"),
        (THAI, "ข่าว โรงพยาบาลศรีทองสุข ถูกโจมตี"),
        (Victim(name="โรงพยาบาลศรีศรีเกษม"), "5r15r1k35rn.example"),  # vowels in the order of speech
        (Victim(name="โรงพยาบาลศรีศรีเกษม"), "5r15r13k5rn.example"),  # vowels in the order of writing
        (IN_LATIN, "โรงพยาบาลศรีทองสุขถูกโจมตี"),
        (VIETNAMESE, "Thanh Trúc"),
        (CHINESE, "jinbaihe.example"),
        (CHINESE, "金百合遭到攻击"),
        (LATIN, "بنك ملوريندا"),
        # people
        (LATIN, "azlina_cv.docx"),
        (LATIN, "kassim.example"),
        (LATIN, "azlinakassim"),
        (LATIN, "akassim@mail.example"),
        (LATIN, "ask Wei Ming Tan"),
        (LATIN, "http://192.0.2.1/?u=farid"),
        # one letter left out, added, changed or swapped
        (LATIN, "melorindh-bayar.example"),
        (LATIN, "melorimdah.example"),
        (LATIN, "melroindah.example"),
        (LATIN, "melorindhalogin.example"),
        # parts of words, generic words cut or with initials
        (LATIN, "rindah_melo.zip"),
        (KERTA, "rsudkw_users.xlsx"),
        (KERTA, "rsud-kw.example"),
        (KERTA, "rskw.csv"),
        (RUMAH, "rumahsakitmelur.example"),
        (RUMAH, "melurhosp.example"),
        (RUMAH, "MELURCAP"),
        (RUMAH, "Urgent: MLR settlement"),
        (LATIN, "melorin_dump.zip"),
        (KERTA, "kertaw.example"),
        (Victim(name="PT Kelapasari Nusabaru Tbk"), "PTKN-users.csv"),
        (Victim(short_names=("KSNB",)), "k5nb.example"),
        (Victim(registration_numbers=("NIB 9120001234567",)), "912.000.123.4567"),
        (LATIN, "2002:c633:6409::1"),
        (BURMESE, "\u1031\u101b\u108a\u103b\u1015\u100a\u1039.zip"),  # in Zawgyi
        (BURMESE, "report_\u103b\u1019\u1014\u1039\u1019\u102c \u1031\u101b\u108a\u103b\u1015\u100a\u1039"),
        (Victim(name="โรงพยาบาลพุทธมณฑล"), "phutthamonthon.example"),
        (Victim(name="โรงพยาบาลพุทธมณฑล"), "buddhamonthon-clinic.example"),
        (Victim(name="Ospital ng Santo Rekano"), "storekano.example"),
        (Victim(name="Klinik Santa Rekana"), "starekana-care.example"),
        (CHINESE, "jbh-pay.example"),
        (Victim(name="Bank Rakyat Berhad"), "rakyat-bank.example"),
        (Victim(name="Perusahaan Listrik Negara"), "negara_listrik.zip"),
        (Victim(name="PT Gerbang Rekaan II (Persero)"), "gr2-pay.example"),
        (Victim(name="PT Gerbang Rekaan II (Persero)"), "login-grii.example"),
        (Victim(name="Điện lực RKN"), "dlrkn-online.example"),
        (Victim(name="RK Investments Nusa Corporation"), "rkin-pay.example"),
        (Victim(name="RBA Bhd."), "rbaplus.example"),
        (Victim(name="RBA Bhd."), "rbamy.example"),
        (Victim(name="Kementerian Kesihatan", countries=("MY",)), "kkm-login.example"),
        (Victim(name="Jabatan Pendidikan Negeri", countries=("MY",)), "JPNM_staff.zip"),
        (LATIN, "64:ff9b::c633:6409"),
        (LATIN, "198-51-100"),
        (LATIN, "http://192.0.2.1/?b=xjNkCQ=="),
        # people
        (LATIN, "akass@mail.example"),
        (LATIN, "kassa88@mail.example"),
        # what is the victim's own
        (LATIN, "http://192.0.2.1/?h=MLRD-HQ-FS02"),
        (LATIN, "CMLRD01.mlrd.example"),
        (LATIN, "http://192.0.2.1/?u=kassim.a"),
        (LATIN, "198001004321"),
        (LATIN, "12 jalan bunga raya"),
        (LATIN, "alert ip [198.51.100.0/25] any -> any any"),
        (LATIN, r"/198\.51\.100\.\d+/"),
        (LATIN, "melorpay_v3.apk"),
    ],
)
def test_a_value_that_identifies_a_victim_is_held(victim: Victim, value: str) -> None:
    victim_hits = hits(victim, value)
    assert victim_hits
    assert all(value[hit.start : hit.end] for hit in victim_hits)
    assert not scanner(Victim(name="Syarikat Lain Sdn Bhd")).hits(value), (
        "the value leaves in a report of another victim"
    )


@pytest.mark.parametrize("value", ["MLRD-HQ-FS07", "mlrdhqfs11.zip", "bmb2u.example", "ebmb.example", "mybmb.example"])
def test_another_number_of_a_machine_and_a_short_name_in_the_style_of_banks_are_similar_hits(value: str) -> None:
    assert [hit.strength for hit in hits(LATIN, value)] == [Strength.SIMILAR]


@pytest.mark.parametrize(
    "value",
    [
        "update-service.example", "http://192.0.2.1/gate.php?id=7&bank=1", "invoice_2026.zip", "Cobalt Strike",
        "secure-bank-login.example", "d41d8cd98f00b204e9800998ecf8427e", "https://cdn.example/js/app.min.js?v=198.51.101",
        "malaysia-post-delivery.example", "kuala-lumpur-jobs.example", "0bmb1f9c2d3e4f5a", "thumbmbit.example",
        "http://192.0.2.1/?id=3f786850e387", "sembmbat.example", "server-02.example",
        "C:\\Windows\\System32\\rundll32.exe", "Global\\{7f2c}", "hospital-login.example", "jalan-jalan.example",
    ],
)  # fmt: skip
def test_a_value_that_shares_only_generic_words_with_the_victim_is_not_held(value: str) -> None:
    assert not hits(LATIN, value)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("name", "Klinik Kenari", "kenari"),
        ("other_names", "Rumah Obat Kenari", "rumah-obat-kenari"),
        ("short_names", "KKN", "KKN_readme.txt"),
        ("brands", "KenariCare", "kenaricare.apk"),
        ("subsidiaries", "Apotek Rajawali", "rajawali.example"),
        ("registration_numbers", "201901012345", "201901012345"),
        ("people", "Budi Santoso", "santoso.example"),
        ("accounts", "bsantoso7", "/home/bsantoso7"),
        ("emails", "budi@kenari.example", "budi@kenari.example"),
        ("domains", "kenari-klinik.example", "x.kenari-klinik.example"),
        ("hosts", "KNR-APP-01", "KNR-APP-01"),
        ("ip_ranges", "203.0.113.0/28", "203.0.113.9"),
        ("places", "Jalan Merpati 9", "jalan merpati 9"),
    ],
)
def test_each_field_that_identifies_a_victim_is_searched_for(field: str, text: str, value: str) -> None:
    changes: dict[str, Any] = {field: text if field == "name" else (text,)}
    victim = replace(Victim(), **changes)
    assert scanner(victim).hits(value)
    assert scanner_for(a_member(), replace(a_watch(), secondary_victims=(victim,))).hits(value)
    assert not scanner(Victim(name="Syarikat Lain")).hits(value)


def test_the_parts_of_a_reporters_name_and_mailbox_are_searched_for() -> None:
    contact = Contact(
        "reporter", "Noraini Zakaria", "Firma Cemara", ("n.zakaria@cemara.example",), ("+60 12-345 6789",)
    )
    report_scanner = scanner_for(a_member(), replace(a_watch(), contacts=(contact,)))
    for text in ("zakaria_report.pdf", "Noraini said", "cemara-mail.example", "60123456789", "n.zakaria"):
        assert report_scanner.hits(text), text


def test_a_short_part_of_a_persons_name_counts_in_sentences_only() -> None:
    assert hits(LATIN, "Wei called")
    assert not hits(LATIN, "wei.example")


def test_the_names_of_the_victims_machines_are_searched_for() -> None:
    victim_host = seen(ObservableType.DOMAIN, "crm7-kls.kenari.example", Role.VICTIM)
    report_scanner = scanner_for(a_member(), replace(a_watch(), observables=(victim_host,)))
    assert {hit.strength for hit in report_scanner.hits("http://192.0.2.1/?h=CRM7-KLS")} == {Strength.EXACT}
    assert report_scanner.hits("kenari-login.example")


def test_names_of_the_certs_own_list_are_found_in_lookalike_letters_but_not_by_initials() -> None:
    member = a_member(
        deny=Deny(brands=("RajawaliPay",), abbreviations=("PNB",), hosts=("PUSAT-DC01",), people=("Siti Kartini",)),
        register=(
            Constituent("Bank Teratai Nusa Berhad", "MY", ("BTN",), ("terataibank.example",), ("192.0.2.0/28",)),
        ),
    )
    scanner_of_list = list_scanner(member)
    for text in (
        "rajawalipay.apk", "pnb-login.example", "PUSAT-DC01", "kartini.example", "teratai-nusa.example", "t3r4tainusa",
        "btn-secure.example", "terataibank.example", "terataibanl<".replace("l<", "k"), "192.0.2.7",
        hashlib.md5(b"terataibank.example").hexdigest(),
    ):  # fmt: skip
        assert scanner_of_list.hits(text), text
    assert not scanner_of_list.hits("btnb-login.example")
    assert not scanner_of_list.hits("nusa.example"), "one word of a listed name"


def test_everything_in_the_register_about_a_victim_is_searched_for() -> None:
    constituent = Constituent(
        "Bank Teratai Nusa Berhad",
        "MY",
        ("TeraPay",),
        ("terataibank.example",),
        ("192.0.2.0/28",),
        "financial-services",
    )
    member = a_member(register=(constituent,))
    report = replace(a_watch(), victims=(Victim(name="BANK TERATAI NUSA BHD"),))
    for text in ("trtns-dc01", "tera-pay.example", "yaparet", "192.0.2.7", "ceo@terataibank.example"):
        assert scanner_for(member, report).hits(text), text


def test_the_certs_own_name_and_the_words_of_our_sentences_are_no_hits() -> None:
    member = a_member(deny=Deny(names=("CERT Nusa Services",)))
    assert not scanner_for(member, a_watch()).hits("Shared by CERT Nusa.")
    report_scanner = scanner(Victim(name="Phishing Detection Sdn Bhd"))
    assert not report_scanner.hits("Phishing at an organisation in Malaysia")
    assert report_scanner.hits("phishingdetection.example")


def test_a_name_that_shares_a_word_with_its_country_does_not_stop_the_release() -> None:
    victim = Victim(name="Bệnh viện Nam Việt", sectors=("healthcare",), countries=("VN",))
    report, member = a_watch(victims=(victim,)), a_member(constituents={("VN", "healthcare", "large"): 50})
    result = release(render(report, member, now=NOW), report, member, Audience("one"), now=NOW)
    assert isinstance(result, Released)
    assert not scanner(victim).hits("Phishing at a healthcare organisation in Viet Nam")
    assert scanner(victim).hits("namviet.example")


@pytest.mark.parametrize(
    ("victim", "value"),
    [
        (Victim(name="Công ty Cổ phần Hải Đăng Hòa An"), "Operation Haidang Storm"),
        (Victim(name="ធនាគារកុលាបមេគង្គ"), "Global\\កុលាប-run"),
        (Victim(domains=("melatirinjani.example",)), "rinjani-login.example"),
        (Victim(domains=("melatirinjani.example",)), "r1nj4ni.example"),
        (Victim(domains=("melatirinjani.example",)), "inajnir.example"),
        (Victim(hosts=("RSMR-HQ-FS02",)), "20SF-QH-RMSR_restore.txt"),
        (Victim(hosts=("RSMR-HQ-FS02",)), "http://192.0.2.1/?h=EFZE-UD-SF02"),
    ],
)
def test_a_word_of_a_name_is_found_inside_longer_words(victim: Victim, value: str) -> None:
    """Two words in one label, two syllables of one word, a script without spaces; hosts backwards and in rot13."""
    assert hits(victim, value)
    assert not hits(Victim(), value)


@pytest.mark.parametrize("short_name", ["ATA", "HES", "URL", "TLP", "ANR"])
def test_a_constituent_whose_name_is_in_our_sentences_does_not_stop_a_release(short_name: str) -> None:
    """The product's sentences contain the letters: "at a hospital", "hashes", "URL of an adversary", "an organisation"."""
    member = a_member(register=(Constituent("Bank Kopi", "MY", (short_name,)),))
    page, digest = "https://quartz.example/a", "d" * 64
    file = seen(ObservableType.FILE, digest, file=FileDetails(hashes={"SHA-256": digest}))
    text = released_text(
        must_release(a_case(observables=(seen(ObservableType.URL, page), file), malware=()), member=member)
    )
    assert "organisation" in text
    assert page in text
    assert digest in text


def test_words_of_our_sentences_are_not_names() -> None:
    """Many sentences of the product resemble a person called Nasution or a company called Viet Hung."""
    victim = Victim(name="Công ty Việt Hưng", people=("Bambang Nasution",), countries=("VN",))
    assert not hits(victim, "Ransomware at a large organisation in Viet Nam")
    assert hits(victim, "viethung-login.example")
    assert hits(victim, "nasution.zip")


def test_our_words_contain_every_word_of_our_sentences() -> None:
    """A similar hit in such a word must not stop the whole release. Names from the report are left out here."""
    names_in_reports = {
        *"example kertas heron lazarus leaks lockbit locker nusa wittoesch duty addr ipv".split(),
        "ab" * 16,
    }
    sentence_words: set[str] = set()
    for classification in rsit.RSIT:
        for report in (
            a_case(rsit=(classification,)),
            a_watch(rsit=(classification,)),
            a_case(rsit=(classification,), observables=()),
        ):
            outcome = must_release(report)
            # aliases and phases of public lists are searched one by one, and stay if they resemble the victim
            searched_separately = ("aliases", "kill_chain_phases")
            contents = [
                {key: value for key, value in content.items() if key not in searched_separately}
                for content in (*outcome.contents, *outcome.lone_contents)
            ]
            texts = (text for content in contents for text in checked_texts(content))
            sentence_words |= {word for text in texts for word in re.findall("[a-z]{4,}", text.lower())}
    assert sentence_words - our_words() - names_in_reports == set()


def test_an_imitated_domain_is_a_similar_hit_and_a_host_of_the_domain_an_exact_one() -> None:
    """Feeds declare an attacked domain as a host, but its label is not the name of a machine."""
    report = replace(
        a_watch(), victims=(), observables=(seen(ObservableType.DOMAIN, "melorindah.com.my", Role.VICTIM),)
    )
    report_scanner = scanner_for(a_member(), report)
    imitation = report_scanner.hits("melorindah-bank.example")
    assert imitation
    assert not any(hit.is_exact for hit in imitation)
    assert any(hit.is_exact for hit in report_scanner.hits("www.melorindah.com.my"))
    assert any(hit.is_exact for hit in report_scanner.hits("melorindah"))
