"""Invented names in Latin, Thai, Vietnamese and Chinese letters are found in every disguise."""

from __future__ import annotations

import base64
import codecs
import hashlib
import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from anyascii import anyascii
from hypothesis import given
from hypothesis import strategies as st

from hub.release.deny import scanner_for
from hub.release.disguises import lookalike_form, lookalike_form_with_offsets, transliterate
from hub.release.policy import Audience
from hub.release.scan import Scanner
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.reports.observables import ObservableType
from hub.reports.victims import Victim
from hub.stix.lookalikes import ascii_lookalikes
from tests.privacy.register import Constituent, make_register
from tests.reports.making_reports import NOW, a_member, a_watch, seen

LATIN = st.lists(
    st.sampled_from("ram bel dur kon tav mir sul gad pen zor lim har vex nad fos".split()), min_size=3, max_size=4
).map("".join)
THAI = st.lists(st.sampled_from("ศรี ทอง สุข ชัย มงคล วัฒ จันทร์ บุญ ดารา เกษม".split()), min_size=3, max_size=4).map("".join)
VIETNAMESE = st.lists(
    st.sampled_from("Hồng Đức Thịnh Phước Lộc Khánh Trúc Vượng Quỳnh Nghĩa".split()),
    min_size=2,
    max_size=3,
    unique=True,
).map(" ".join)
CHINESE = st.lists(
    st.sampled_from("金 百 合 莲 松 鹤 翔 瑞 嘉 禾 鸿 泽".split()), min_size=3, max_size=4, unique=True
).map("".join)
LATIN_FORMS = ("Bank {} Berhad", "PT {} Tbk", "RSUD {}", "{} Sdn Bhd", "Hospital {}", "Takaful {} Malaysia")


def lookalikes(text: str) -> str:
    return text.lower().translate(str.maketrans("aeolis", "430115")).replace("m", "rn")


def cyrillic(text: str) -> str:
    changed = text.lower().translate(str.maketrans("aeopcxyi", "аеорсхуі"))
    return f"xn--{changed.encode('punycode').decode()}" if not changed.isascii() else changed


# Each function disguises the distinctive part of a name in Latin letters.
DISGUISES: dict[str, Callable[[str], str]] = {
    "alone": str.lower,
    "in capitals": str.upper,
    "as a domain": lambda text: f"{text.lower()}-login.example",
    "with a lure": lambda text: f"secure{text.lower()}.example",
    "as a campaign": lambda text: f"Operation {text.title()} Storm",
    "in CamelCase": lambda text: f"{text.title()}Stealer",
    "spaced": " ".join,
    "with dots": ".".join,
    "look-alikes": lookalikes,
    "Cyrillic": cyrillic,
    "backwards": lambda text: text.lower()[::-1],
    "rot13": lambda text: codecs.encode(text.lower(), "rot13"),
    "percent": lambda text: (
        quote(text) if not text.isascii() else "".join(f"%{ord(character):02x}" for character in text)
    ),
    "base16": lambda text: text.encode().hex(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base85": lambda text: base64.b85encode(text.encode()).decode(),
    "UTF-16": lambda text: text.encode("utf-16-le").hex(),
    "YARA": lambda text: f"{{ {text.encode().hex(' ')} }}",
    "Snort": lambda text: f"|{text.encode().hex(' ')}|",
    "MD5": lambda text: hashlib.md5(text.lower().encode(), usedforsecurity=False).hexdigest(),
    "SHA-1": lambda text: hashlib.sha1(text.lower().encode(), usedforsecurity=False).hexdigest(),
    "SHA-256": lambda text: hashlib.sha256(text.lower().encode()).hexdigest(),
}
CONTEXTS = ("{}", "http://192.0.2.1/gate.php?d={}", "http://192.0.2.1/{}/x", "{}.example", "files_{}_x.zip")


def scanner(scanner_for_victim: Victim) -> Scanner:
    return scanner_for(a_member(), replace(a_watch(), victims=(scanner_for_victim,)))


@given(LATIN, st.sampled_from(LATIN_FORMS), st.sampled_from(sorted(DISGUISES)), st.sampled_from(CONTEXTS[1:]))
def test_a_latin_name_is_found_in_every_disguise(name: str, form: str, disguise: str, context: str) -> None:
    value = context.format(DISGUISES[disguise](name))
    assert scanner(Victim(name=form.format(name.title()))).hits(value), value


@given(VIETNAMESE, st.sampled_from(sorted(DISGUISES)), st.booleans())
def test_a_vietnamese_name_is_found_with_and_without_accents(name: str, disguise: str, marks: bool) -> None:
    unaccented = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    unaccented = "".join(character for character in unaccented if unicodedata.category(character) != "Mn").replace(
        " ", ""
    )
    value = DISGUISES[disguise](
        name if marks and disguise in {"alone", "in capitals", "base64", "percent"} else unaccented
    )
    assert scanner(Victim(name=f"Bệnh viện Đa khoa {name}")).hits(value), value


@given(THAI, st.sampled_from(sorted(DISGUISES)))
def test_a_thai_name_is_found_in_thai_and_in_latin_letters(name: str, disguise: str) -> None:
    scanner_for_victim = scanner(Victim(name=f"โรงพยาบาล{name}"))
    assert scanner_for_victim.hits(f"โจมตี{name}แล้ว")
    assert scanner_for_victim.hits(f"xn--{name.encode('punycode').decode()}.example")
    value = DISGUISES[disguise](anyascii(name))
    if disguise not in {"MD5", "SHA-1", "SHA-256"}:
        assert scanner_for_victim.hits(value), value


@given(CHINESE, st.sampled_from(sorted(DISGUISES)))
def test_a_chinese_name_is_found_in_chinese_and_in_pinyin(name: str, disguise: str) -> None:
    scanner_for_victim = scanner(Victim(name=f"{name}银行"))
    assert scanner_for_victim.hits(f"{name}遭到攻击")
    value = DISGUISES[disguise](anyascii(name))
    if disguise not in {"MD5", "SHA-1", "SHA-256"}:
        assert scanner_for_victim.hits(value), value


@given(LATIN, st.sampled_from(LATIN_FORMS), st.sampled_from(sorted(DISGUISES)), st.sampled_from(list(ObservableType)))
def test_no_disguised_value_leaves(name: str, form: str, disguise: str, observable_type: ObservableType) -> None:
    text = DISGUISES[disguise](name)
    observable_type = (
        observable_type
        if observable_type in {ObservableType.URL, ObservableType.MUTEX, ObservableType.USER_AGENT}
        else ObservableType.URL
    )
    value = f"http://192.0.2.1/?d={quote(text)}" if observable_type is ObservableType.URL else f"x {text} y"
    report = a_watch(
        observables=(*a_watch().observables, seen(observable_type, value)), victims=(Victim(name=form.format(name)),)
    )
    member = a_member()
    result = release(render(report, member, now=NOW), report, member, Audience("one"), now=NOW)
    assert isinstance(result, Released)
    body = json.dumps(result.contents, ensure_ascii=False)
    assert json.dumps(value, ensure_ascii=False)[1:-1] not in body
    assert "203.0.113.7" in body, "a harmless value leaves"


REGISTER = make_register("disguises")


@pytest.mark.parametrize("country", sorted(REGISTER))
def test_each_victim_of_a_register_is_found_by_all_its_names_and_values(country: str) -> None:
    missed_texts = []
    for constituent in REGISTER[country][:12]:
        constituent_scanner = _constituent_scanner(constituent)
        missed_texts += [
            (constituent.name, text) for text in _identifying_texts(constituent) if not constituent_scanner.hits(text)
        ]
    assert missed_texts == []


def _constituent_scanner(constituent: Constituent) -> Scanner:
    return scanner(
        Victim(
            name=constituent.name,
            other_names=(constituent.latin,),
            domains=(constituent.domain,),
            people=constituent.people,
        )
    )


def _identifying_texts(constituent: Constituent) -> list[str]:
    latin_name = "".join(word.latin for word in constituent.words).lower()
    return [
        constituent.name, constituent.latin, f"{latin_name}-login.example", latin_name[::-1], lookalikes(latin_name), f"https://{constituent.domain}/x",
        *constituent.mailboxes, *constituent.people,
    ]  # fmt: skip


@given(st.text(st.sampled_from("aA4@rnvcl iI1|l0o.-_Ss5$กิ่Éе\u0301"), max_size=30))
def test_offsets_belong_to_the_letters_of_the_lookalike_form(text: str) -> None:
    letters, offsets = lookalike_form_with_offsets(text)
    assert letters == lookalike_form(text)
    assert len(letters) == len(offsets)
    assert offsets == sorted(offsets)


def test_the_table_of_lookalikes_maps_an_accented_letter_to_its_plain_letter() -> None:
    """This is why Vietnamese and similar letters do not need the table, which is slow to load."""
    accented = [chr(code) for code in range(0x80, 0xAC00) if _is_latin_letter_with_accents(chr(code))]
    assert len(accented) > 400
    for letter in accented:
        assert ascii_lookalikes().get(ord(letter), transliterate(letter)) == transliterate(letter)
        assert lookalike_form(letter) == lookalike_form(transliterate(letter))


def _is_latin_letter_with_accents(letter: str) -> bool:
    decomposed = unicodedata.normalize("NFD", letter)
    return len(decomposed) > 1 and decomposed[0].isascii() and decomposed[0].isalpha()
