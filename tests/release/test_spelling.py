"""One form for all spellings of a name, decoded texts, addresses, and rounded numbers."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import pytest

from hub.release.encodings import readings
from hub.release.needle import Needle
from hub.release.needle_index import NeedleIndex
from hub.release.needles import domain_needles, mailbox_needles, name_needles
from hub.release.patterns import identifying_spans
from hub.release.rounding import availability, ceiling, criticality, floor, magnitude
from hub.release.scan import Scanner
from hub.release.spelling import squeeze, strip_legal_form
from hub.reports.moments import Fidelity


@pytest.mark.parametrize(
    ("written", "squeezed"),
    [
        ("Contoh-Bank", "contohbank"),
        ("\uff23\uff4f\uff4e\uff54\uff4f\uff48 BANK", "contohbank"),
        ("Con\u200btoh\u00adBank", "contohbank"),
        ("Đại Việt", "daiviet"),
        ("Thương mại", "thuongmai"),
        ("จำกัด", squeeze("จํากัด")),
        ("Straße", "strasse"),
    ],
)
def test_all_spellings_squeeze_to_one_form(written: str, squeezed: str) -> None:
    assert squeeze(written) == squeezed


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("PT Contoh Sentosa Tbk", "contoh sentosa"),
        ("Contoh Sdn. Bhd.", "contoh"),
        ("Contoh Pte Ltd", "contoh"),
        ("Contoh Co., Ltd.", "contoh"),
        ("บริษัท ตัวอย่าง จำกัด (มหาชน)", "ตัวอย่าง"),
        ("Công ty Cổ phần Ví Dụ", "vi du"),
        ("Contoh, Inc.", "contoh"),
        ("Berhad", "berhad"),
    ],
)
def test_legal_forms_are_removed_from_both_ends_of_a_name(written: str, name: str) -> None:
    assert strip_legal_form(written) == name


@pytest.mark.parametrize("punctuation", ["", "  ", "...", "-()-"])
def test_a_name_without_any_word_has_no_legal_form(punctuation: str) -> None:
    assert strip_legal_form(punctuation) == ""


def test_legal_forms_are_removed_only_at_the_ends_and_one_word_remains() -> None:
    """This is true even if a name begins or ends like a longer form, or consists of legal forms only."""
    assert strip_legal_form("Public Works Company") == "works"
    assert strip_legal_form("Joint Venture Co Ltd") == "joint venture"
    assert strip_legal_form("Sdn Melati Bhd") == "sdn melati"
    assert strip_legal_form("Contoh Private") == "contoh private"
    assert strip_legal_form("PT Tbk") == "tbk"


@pytest.mark.parametrize(
    "text",
    [
        "%63ontoh%20bank",
        base64.b64encode(b"contoh bank").decode(),
        "xyz" + base64.b64encode(b"a contoh bank").decode().rstrip("="),
        base64.b64encode("contoh bank".encode("utf-16-le")).decode(),
        base64.b64encode(base64.b64encode(b"the contoh bank")).decode(),
        b"contoh bank".hex(),
        "63 6f 6e 74 6f 68 20 62 61 6e 6b",
        "&#99;ontoh&nbsp;bank",
        "\\u0063ontoh \\x62ank",
        "=63ontoh=20bank",
    ],
)
def test_a_name_is_decoded_from_every_encoding(text: str) -> None:
    assert any("contohbank" in squeeze(reading.text) for reading in readings(text))


def test_punycode_is_decoded() -> None:
    label = "xn--" + "ตัวอย่าง".encode("punycode").decode()
    assert any("ตัวอย่าง" in reading.text for reading in readings(f"https://{label}.example/"))


def test_a_text_with_many_encodings_has_a_limited_number_of_readings() -> None:
    nested = "contoh bank of nowhere"
    for _ in range(12):
        nested = base64.b64encode(nested.encode()).decode()
    assert len(readings(nested + "/%25" * 500)) <= 300


def needle_texts(needles: Iterable[Needle]) -> set[str]:
    return {needle.text for needle in needles}


def test_the_needles_for_a_name_a_domain_and_a_mail_address() -> None:
    assert needle_texts(name_needles("PT Contoh Bank Tbk (PCB)", "x")) >= {"contohbank", "ptcontohbanktbk", "pcb"}
    assert needle_texts(domain_needles("www.contoh.co.id", "x")) == {"wwwcontohcoid", "contoh"}
    assert needle_texts(domain_needles("gmail.com", "x")) == set()
    assert needle_texts(mailbox_needles("siti.rahman@gmail.com", "x")) == {"sitirahmangmailcom", "sitirahman"}
    assert needle_texts(mailbox_needles("phishing@contoh.example", "x")) == {
        "phishingcontohexample",
        "contohexample",
        "contoh",
    }
    assert [*name_needles("Unknown", "x"), *name_needles("Sdn Bhd", "x")] == []


def test_a_short_name_is_found_as_a_word_only() -> None:
    scanner = Scanner([NeedleIndex(name_needles("TNB", "x"))], ())
    assert scanner.hits("login-tnb.example")
    assert not scanner.hits("botnbreak.example")


@pytest.mark.parametrize(
    "text",
    ["198.51.100.7", "198[.]51[.]100[.]7", "ip-198-51-100-7.isp.example", "7.100.51.198.in-addr.arpa", "198.51.0.0/16",
     "http://3325256711/", "http://0xC6336407/", "::ffff:198.51.100.7", "2001:db8:5::1", "198.51.100",
     # as a number, in other digits, padded with zeros, in short forms, with other separators
     "http://203.0.113.9/?t=c6336407", "http://203.0.113.9/?t=076433C6", "c6336407.c2.example", "http://203.0.113.9/?n=3325256711&x",
     "ticket 3325256711", "http://0306.063.0144.07/", "http://0xc6.0x33.0x64.0x7/", "198.051.100.007", "u=198051100007",
     "http://198.51.25607/", "http://198.3367943/", "198 51 100 7", "198, 51, 100, 7", "198:51:100:7",
     # reverse DNS, of hosts and networks, and IPv6 in names
     "100.51.198.in-addr.arpa", "http://203.0.113.9/?v=20010db8000500000000000000000001", "20010db80005.log", "20010DB8000500.zip", "/20010db800050000/",
     "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "5.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
     "2001-db8-5--9.dyn.example", "2001_db8_5_1_2_3_4_9.dyn.example"],
)  # fmt: skip
def test_an_address_in_a_range_is_found_in_every_notation(text: str) -> None:
    scanner = Scanner((), ["198.51.100.0/24", "2001:db8:5::/48"])
    assert scanner.hits(text)
    assert not Scanner((), ["192.0.2.0/24", "2001:db8:6::/48"]).hits(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to a.b@c.example", "e-mail address"),
        ("call +65 6123 4567 now", "telephone number"),
        ("NRIC 850101-14-5523", "identity number (MY)"),
        ("NRIC S1234567D", "identity number (SG)"),
        ("NIK 3171234567890123", "identity number (ID)"),
        ("ID 1-1037-02071-81-1", "identity number (TH)"),
        ("CCCD 001085012345", "identity number (VN)"),
        ("card 4111 1111 1111 1111", "payment card"),
        ("IBAN DE89 3704 0044 0532 0130 00", "bank account"),
        ("see \\\\files01\\share\\x", "path with a user's name"),
        ("see /home/amin/x", "path with a user's name"),
        ("host gw.contoh.example", "host name"),
        ("from 203.0.113.7", "IPv4 address"),
        ("from 2001:db8::7", "IPv6 address"),
    ],
)
def test_identifying_spans_are_found_in_free_text(text: str, kind: str) -> None:
    assert kind in {span.kind for span in identifying_spans(text)}


def test_plain_sentences_have_no_identifying_spans() -> None:
    assert (
        list(
            identifying_spans(
                "The gateway was not patched. Patch within 14 days, then rotate all 3 keys (see CVE-2024-3400)."
            )
        )
        == []
    )


def test_times_and_numbers_are_rounded() -> None:
    text = "2026-05-31T23:59:59.5Z"
    assert floor(text, Fidelity.HOUR) == "2026-05-31T23:00:00Z"
    assert floor(text, Fidelity.DAY) == "2026-05-31T00:00:00Z"
    assert floor(text, Fidelity.MONTH) == "2026-05-01T00:00:00Z"
    assert floor(text, Fidelity.YEAR) == "2026-01-01T00:00:00Z"
    assert ceiling(text, Fidelity.HOUR) == "2026-06-01T00:00:00Z"
    assert ceiling("2026-05-31T00:00:00Z", Fidelity.DAY) == "2026-05-31T00:00:00Z"
    assert [magnitude(number) for number in (0, 0.5, 1, 9, 10, 99, 5321)] == [0, 0, 1, 1, 10, 10, 1000]
    assert [criticality(number) for number in (0, 1, 29, 30, 50, 89, 90, 100)] == [0, 15, 15, 40, 70, 70, 95, 95]
    assert [availability(number) for number in (0, 5, 10, 20, 40, 60, 70, 80)] == [0, 5, 15, 30, 50, 65, 75, 90]
