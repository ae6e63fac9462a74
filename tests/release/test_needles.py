"""What is searched for of a victim: in whatever form its names, people, hosts and mailboxes come, the value is held."""

from __future__ import annotations

import base64
import codecs
import gzip
import hashlib
import json
import re
import uuid
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hub.home.member import Deny
from hub.home.register import Constituent
from hub.release.check import checked_texts
from hub.release.deny import list_scanner, scanner_for
from hub.release.encodings import MAX_READINGS
from hub.release.needles import our_words
from hub.release.policy import Audience
from hub.release.scan import TOO_MANY, Strength
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.reports import rsit
from hub.reports.observables import FileDetails, ObservableType, Role
from hub.reports.victims import Contact, Victim
from tests.release.releasing import must_release, released_text
from tests.release.scanning import hits, scanner
from tests.reports.making_reports import NOW, a_case, a_member, a_watch, seen

LATIN = Victim(
    name="Bank Melorindah Berhad (BMB)",
    brands=("MelorPay",),
    subsidiaries=("Takaful Gunung Biru Sdn Bhd",),
    registration_numbers=("198001004321 (54321-K)",),
    people=("Azlina binti Kassim", "Tan Wei Ming"),
    accounts=(r"HQ\kassim.a",),
    emails=("farid.osman@melorindah.example",),
    domains=("melorindah.example",),
    hosts=("MLRD-HQ-FS02",),
    ip_ranges=("198.51.100.0/24",),
    places=("12 Jalan Bunga Raya, Kuala Lumpur",),
    countries=("MY",),
)
THAI = Victim(name="โรงพยาบาลศรีทองสุข", countries=("TH",))
VIETNAMESE = Victim(name="Bệnh viện Đa khoa Thanh Trúc", countries=("VN",))
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
def test_a_value_that_gives_a_victim_away_is_held(victim: Victim, value: str) -> None:
    places = hits(victim, value)
    assert places
    assert all(value[hit.start : hit.end] for hit in places)
    assert not scanner(Victim(name="Syarikat Lain Sdn Bhd")).hits(value), "another victim's report lets it out"


ENCODINGS: dict[str, Callable[[str], str]] = {
    "base16": lambda text: text.encode().hex(),
    "upper case base16": lambda text: text.encode().hex().upper(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base32 in a host name": lambda text: base64.b32encode(text.encode()).decode().rstrip("=").lower() + ".c2.example",
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of more": lambda text: base64.b64encode(b"id=7;host=" + text.encode() + b";").decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base85": lambda text: base64.b85encode(text.encode()).decode(),
    "ascii85": lambda text: base64.a85encode(text.encode()).decode(),
    "adobe's ascii85": lambda text: base64.a85encode(text.encode(), adobe=True).decode(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent, twice": lambda text: "".join(f"%25{byte:02X}" for byte in text.encode()),
    "UTF-16 in base64": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "UTF-16 in base16": lambda text: text.encode("utf-16-be").hex(),
    "YARA": lambda text: f"{{ {text.encode().hex(' ').upper()} }}",
    "YARA, wide": lambda text: "".join(f"{character}\\x00" for character in text),
    "Snort": lambda text: f'content:"|{text.encode().hex(" ")}|"',
    "Snort, without blanks": lambda text: f'content:"|{text.encode().hex()}|"',
    "Snort, in part": lambda text: f'content:"{text[:3]}|{text[3:5].encode().hex(" ")}|{text[5:]}"',
    "C": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "an array": lambda text: ", ".join(f"0x{byte:02x}" for byte in text.encode()),
    "JavaScript": lambda text: f"String.fromCharCode({','.join(str(byte) for byte in text.encode())})",
    "HTML": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "spaced": " ".join,
    "quoted-printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "base32hex": lambda text: base64.b32hexencode(text.encode()).decode(),
    "base64, backwards": lambda text: base64.b64encode(text.encode() + b";" * (2 - len(text) % 3)).decode()[::-1],
    "gzip in base64": lambda text: base64.b64encode(gzip.compress(text.encode())).decode(),
    "zlib in base64": lambda text: base64.b64encode(zlib.compress(text.encode())).decode(),
    "deflate in base64": lambda text: base64.b64encode(zlib.compress(text.encode())[2:-4]).decode(),
    "UTF-32 in base16": lambda text: text.encode("utf-32-le").hex(),
    "octal": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "eight digits": lambda text: "".join(f"\\U{ord(character):08x}" for character in text),
    "percent of scripts": lambda text: "".join(f"%u{ord(character):04x}" for character in text),
    "decimal": lambda text: " ".join(str(byte) for byte in text.encode()),
    "Visual Basic": lambda text: "&".join(f"chr({byte})" for byte in text.encode()),
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()),
    "base64, twice": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", ["Bank Melorindah", "melorindah", "MLRD-HQ-FS02", "M3lorindah"])
def test_a_name_is_found_in_every_usual_encoding(encoding: str, text: str) -> None:
    encoded = ENCODINGS[encoding](text)
    assert hits(LATIN, encoded)
    assert hits(LATIN, f"http://192.0.2.1/gate.php?d={encoded}")


def test_a_text_with_more_encodings_than_are_read_is_asked_about() -> None:
    """Else an attacker, or a long rule, could hide a name behind hundreds of runs that say nothing."""
    many = " ".join(base64.b64encode(f"nothing {number} here".encode()).decode() for number in range(MAX_READINGS))
    assert [hit for hit in hits(LATIN, many) if hit.description == TOO_MANY]
    assert not hits(LATIN, many[:200])


@pytest.mark.parametrize("places", range(1, 26))
def test_a_name_is_found_whose_letters_are_moved(places: int) -> None:
    moved = "".join(chr((ord(letter) - 97 + places) % 26 + 97) for letter in "melorindah")
    assert hits(LATIN, f"{moved}.example")


def test_a_cut_or_rare_hash_value_is_found_and_a_short_one_asks() -> None:
    digest = hashlib.md5(b"melorindah.example").hexdigest()
    for value in (
        digest[:16],
        digest[8:24],
        hashlib.sha512(b"Bank Melorindah").hexdigest(),
        f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}",
    ):
        assert any(hit.is_exact for hit in hits(LATIN, f"http://192.0.2.1/?v={value}")), value
    for value in (digest[:8], f"{zlib.crc32(b'melorindah'):08x}"):
        assert hits(LATIN, f"http://192.0.2.1/?v={value}")
        assert not any(hit.is_exact for hit in hits(LATIN, f"http://192.0.2.1/?v={value}"))
    raw = hashlib.sha256(b"melorindah").digest()
    assert any(hit.is_exact for hit in hits(LATIN, f"id={base64.b64encode(raw).decode()}"))
    assert any(hit.is_exact for hit in hits(LATIN, f"run-{uuid.uuid5(uuid.NAMESPACE_DNS, 'melorindah.example')}"))


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize(
    "text",
    [
        "Bank Melorindah Berhad", "bank melorindah", "BANK MELORINDAH BERHAD", "bankmelorindah", "bank-melorindah",
        "melorindah.example", "www.melorindah.example", "https://melorindah.example", "melorindah",
        "farid.osman@melorindah.example", "ceo@melorindah.example", "melorindah.example\n", "MelorPay",
    ],
)  # fmt: skip
def test_a_hash_value_of_a_name_domain_or_mailbox_is_an_exact_hit(algorithm: str, text: str) -> None:
    digest = hashlib.new(algorithm, text.encode()).hexdigest()
    for value in (f"http://192.0.2.1/v?u={digest}", f"http://192.0.2.1/{digest.upper()}/index.php", digest):
        assert any(hit.is_exact and hit.text.lower() == digest for hit in hits(LATIN, value))


@pytest.mark.parametrize(
    "value",
    [
        "update-service.example", "http://192.0.2.1/gate.php?id=7&bank=1", "invoice_2026.zip", "Cobalt Strike",
        "secure-bank-login.example", "d41d8cd98f00b204e9800998ecf8427e", "https://cdn.example/js/app.min.js?v=198.51.101",
        "malaysia-post-delivery.example", "kuala-lumpur-jobs.example", "0bmb1f9c2d3e4f5a", "thumbmbit.example",
        "C:\\Windows\\System32\\rundll32.exe", "Global\\{7f2c}", "hospital-login.example", "jalan-jalan.example",
    ],
)  # fmt: skip
def test_what_only_shares_generic_words_with_the_victim_leaves(value: str) -> None:
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
    known = replace(Victim(), **changes)
    assert scanner(known).hits(value)
    assert scanner_for(a_member(), replace(a_watch(), secondary_victims=(known,))).hits(value)
    assert not scanner(Victim(name="Syarikat Lain")).hits(value)


def test_the_parts_of_a_reporters_name_and_mailbox_are_searched_for() -> None:
    contact = Contact(
        "reporter", "Noraini Zakaria", "Firma Cemara", ("n.zakaria@cemara.example",), ("+60 12-345 6789",)
    )
    report_constituents = scanner_for(a_member(), replace(a_watch(), contacts=(contact,)))
    for text in ("zakaria_report.pdf", "Noraini said", "cemara-mail.example", "60123456789", "n.zakaria"):
        assert report_constituents.hits(text), text


def test_a_short_part_of_a_persons_name_counts_in_sentences_only() -> None:
    assert hits(LATIN, "Wei called")
    assert not hits(LATIN, "wei.example")


def test_what_the_victims_own_machines_are_called_is_searched_for() -> None:
    mine = seen(ObservableType.DOMAIN, "crm7-kls.kenari.example", Role.VICTIM)
    report_constituents = scanner_for(a_member(), replace(a_watch(), observables=(mine,)))
    assert {hit.strength for hit in report_constituents.hits("http://192.0.2.1/?h=CRM7-KLS")} == {Strength.EXACT}
    assert report_constituents.hits("kenari-login.example")


def test_the_certs_own_list_and_register_are_searched_for_names_that_look_alike_but_not_for_initials() -> None:
    member = a_member(
        deny=Deny(brands=("RajawaliPay",), abbreviations=("PNB",), hosts=("PUSAT-DC01",), people=("Siti Kartini",)),
        register=(
            Constituent("Bank Teratai Nusa Berhad", "MY", ("BTN",), ("terataibank.example",), ("192.0.2.0/28",)),
        ),
    )
    of_list = list_scanner(member)
    for text in (
        "rajawalipay.apk", "pnb-login.example", "PUSAT-DC01", "kartini.example", "teratai-nusa.example", "t3r4tainusa",
        "btn-secure.example", "terataibank.example", "terataibanl<".replace("l<", "k"), "192.0.2.7",
        hashlib.md5(b"terataibank.example").hexdigest(),
    ):  # fmt: skip
        assert of_list.hits(text), text
    assert not of_list.hits("btnb-login.example")
    assert not of_list.hits("nusa.example"), "one word of one of many names"


def test_a_victim_of_the_register_is_searched_for_by_all_that_the_register_says() -> None:
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


def test_the_certs_own_name_and_our_own_words_are_no_hits() -> None:
    member = a_member(deny=Deny(names=("CERT Nusa Services",)))
    assert not scanner_for(member, a_watch()).hits("Shared by CERT Nusa.")
    report_constituents = scanner(Victim(name="Phishing Detection Sdn Bhd"))
    assert not report_constituents.hits("Phishing at an organisation in Malaysia")
    assert report_constituents.hits("phishingdetection.example")


def test_a_name_that_shares_a_word_with_its_country_does_not_hold_the_whole_report_back() -> None:
    victim = Victim(name="Bệnh viện Nam Việt", sectors=("healthcare",), countries=("VN",))
    report, member = a_watch(victims=(victim,)), a_member(constituents={("VN", "healthcare", "large"): 50})
    result = release(render(report, member, now=NOW), report, member, Audience("one"), now=NOW)
    assert isinstance(result, Released)
    assert not scanner(victim).hits("Phishing at a healthcare organisation in Viet Nam")
    assert scanner(victim).hits("namviet.example")


def test_a_value_that_is_nothing_but_the_hash_value_of_a_domain_stays() -> None:
    digest = hashlib.md5(b"melorindah.example", usedforsecurity=False).hexdigest()
    other = hashlib.md5(b"something else", usedforsecurity=False).hexdigest()
    mutexes = tuple(seen(ObservableType.MUTEX, value) for value in (digest, other))
    report, member = a_watch(observables=mutexes, victims=(LATIN,)), a_member()
    result = release(render(report, member, now=NOW), report, member, Audience("one"), now=NOW)
    assert isinstance(result, Released)
    body = json.dumps(result.contents)
    assert digest not in body
    assert other in body


def test_a_hash_value_of_a_file_or_certificate_that_is_of_a_domain_stays_and_the_rest_leaves() -> None:
    """Without an indicator, too: what names the victim must not stand in the object's own hashes."""
    digest, other = (
        hashlib.sha1(name, usedforsecurity=False).hexdigest() for name in (b"melorindah.example", b"something else")
    )
    certificates = tuple(
        seen(ObservableType.CERTIFICATE, value, file=FileDetails(hashes={"SHA-1": value}), as_indicator=False)
        for value in (digest, other)
    )
    report, member = a_watch(observables=certificates, victims=(LATIN,)), a_member()
    result = release(render(report, member, now=NOW), report, member, Audience("one"), now=NOW)
    assert isinstance(result, Released)
    body = json.dumps(result.contents)
    assert digest not in body
    assert other in body


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
def test_a_word_of_a_name_is_found_where_nothing_says_where_it_ends(victim: Victim, value: str) -> None:
    """Two words in one label, two syllables of one word, a script without blanks; hosts backwards and in rot13."""
    assert hits(victim, value)
    assert not hits(Victim(), value)


def test_the_hash_of_a_domain_is_searched_for_however_the_domain_is_known() -> None:
    for victim in (
        Victim(domains=("melatirinjani.example",)),
        Victim(emails=("duty@melatirinjani.example",)),
        Victim(hosts=("www.melatirinjani.example",)),
    ):
        assert hits(victim, hashlib.sha256(b"melatirinjani.example").hexdigest())


def test_the_hash_of_a_likely_mailbox_and_a_name_based_uuid_are_searched_for() -> None:
    victim = Victim(domains=("melatirinjani.example",), people=("Aminah binti Yusof",))
    for box in ("aminah.yusof", "ayusof", "aminahy", "yusof.aminah"):
        assert hits(victim, hashlib.md5(f"{box}@melatirinjani.example".encode()).hexdigest())
    for make in (uuid.uuid3, uuid.uuid5):
        assert hits(victim, f"http://192.0.2.1/t/{make(uuid.NAMESPACE_DNS, 'melatirinjani.example')}")


@pytest.mark.parametrize("short_name", ["ATA", "HES", "URL", "TLP", "ANR"])
def test_a_constituent_with_an_unlucky_name_does_not_stop_its_cert(short_name: str) -> None:
    """Our own sentences hold it: "at a hospital", "hashes", "URL of an adversary", "an organisation"."""
    member = a_member(register=(Constituent("Bank Kopi", "MY", (short_name,)),))
    page, digest = "https://quartz.example/a", "d" * 64
    dropped = seen(ObservableType.FILE, digest, file=FileDetails(hashes={"SHA-256": digest}))
    text = released_text(
        must_release(a_case(observables=(seen(ObservableType.URL, page), dropped), malware=()), member=member)
    )
    assert "organisation" in text
    assert page in text
    assert digest in text


def test_words_of_our_own_sentences_are_no_names() -> None:
    """A person called Nasution, a company called Viet Hung: every sentence of ours would be like them."""
    victim = Victim(name="Công ty Việt Hưng", people=("Bambang Nasution",), countries=("VN",))
    assert not hits(victim, "Ransomware at a large organisation in Viet Nam")
    assert hits(victim, "viethung-login.example")
    assert hits(victim, "nasution.zip")


def test_every_word_of_our_own_sentences_is_known_to_be_ours() -> None:
    """A needle that is only like such a word must not stop the whole release; the report's own names are left out here."""
    report_constituents = {
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
            # names, aliases and phases of public lists are searched one by one, and stay where they are like the victim's
            list_scanner = ("aliases", "kill_chain_phases")
            contents = [
                {key: value for key, value in content.items() if key not in list_scanner}
                for content in (*outcome.contents, *outcome.lone)
            ]
            texts = (text for content in contents for text in checked_texts(content))
            sentence_words |= {word for text in texts for word in re.findall("[a-z]{4,}", text.lower())}
    assert sentence_words - our_words() - report_constituents == set()


def test_a_phishing_domain_that_imitates_a_declared_domain_asks_and_a_machine_of_it_stays() -> None:
    """Feeds declare a domain as a host that was attacked: its label is no machine's name."""
    report = replace(
        a_watch(), victims=(), observables=(seen(ObservableType.DOMAIN, "melorindah.com.my", Role.VICTIM),)
    )
    search = scanner_for(a_member(), report)
    imitation = search.hits("melorindah-bank.example")
    assert imitation
    assert not any(hit.is_exact for hit in imitation)
    assert any(hit.is_exact for hit in search.hits("www.melorindah.com.my"))
    assert any(hit.is_exact for hit in search.hits("melorindah"))
