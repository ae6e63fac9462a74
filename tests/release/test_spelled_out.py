"""A name spelt letter by letter, in bases and pieces, cut or in a few initials is held; what only looks like that leaves."""

from __future__ import annotations

import base64
import bz2
import gzip
from collections.abc import Callable

import pytest

from hub.release.encodings import readings
from hub.reports.victims import Victim
from tests.release.scanning import hits

NAME = "melorindah"
VICTIM = Victim(name="Bank Melorindah Berhad", registration_numbers=("198001004321",), countries=("MY",))
_MORSE = dict(zip("melorindah", "-- . .-.. --- .-. .. -. -.. .- ....".split(), strict=True))
_NATO = "Mike Echo Lima Oscar Romeo India November Delta Alfa Hotel".split()
_BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def rot47(text: str) -> str:
    return "".join(chr(33 + (ord(sign) - 33 + 47) % 94) for sign in text)


def row(first: int) -> Callable[[str], str]:
    return lambda text: "".join(chr(first + ord(letter) - ord("a")) for letter in text)


def in_base(digits: str) -> Callable[[str], str]:
    def written(text: str) -> str:
        number, signs = int.from_bytes(text.encode()), ""
        while number:
            number, digit = divmod(number, len(digits))
            signs = digits[digit] + signs
        return signs

    return written


def lines(text: str, length: int, end: str) -> str:
    return end.join(text[start : start + length] for start in range(0, len(text), length))


SPELT: dict[str, Callable[[str], str]] = {
    "rot47": rot47,
    "rot47, with a capital": lambda text: rot47(text.title()),
    "Morse code": lambda text: " ".join(_MORSE[letter] for letter in text),
    "Morse code with slashes": lambda text: "/".join(_MORSE[letter] for letter in text),
    "Morse code with other signs": lambda text: " ".join(
        _MORSE[letter].replace(".", "\u00b7").replace("-", "\u2212") for letter in text
    ),
    "words of the radio": lambda _: " ".join(_NATO),
    "words of the radio in one": lambda _: "".join(_NATO),
    "words of the radio in small letters": lambda _: "-".join(_NATO).lower(),
    "with one letter between": "x".join,
    "with digits between": lambda text: "".join(f"{letter}{place}" for place, letter in enumerate(text)),
    "with another word's letters": lambda text: "".join(a + b for a, b in zip(text, "quickbrown", strict=True)),
    "with another word's letters first": lambda text: "".join(b + a for a, b in zip(text, "quickbrown", strict=True)),
    "white letters in circles": row(0x1F150),
    "white letters in squares": row(0x1F170),
    "flags": row(0x1F1E6),
    "tags": lambda text: "x" + row(0xE0061)(text),
    "braille": lambda _: "\u280d\u2811\u2807\u2815\u2817\u280a\u281d\u2819\u2801\u2813",
    "upside down": lambda _: "\u026f\u01ddlo\u0279\u1d09up\u0250\u0265",
    "turned round": lambda _: "\u0265\u0250pu\u1d09\u0279ol\u01dd\u026f",
    "mathematical letters": row(0x1D41A),
    "struck through": lambda text: "".join(f"{letter}\u0336" for letter in text),
    "letters that are joined": "\u200d".join,
    "drawn letters": lambda text: text.replace("m", "|\\/|").replace("d", "|)"),
    "places in the alphabet": lambda text: "-".join(str(ord(letter) - 96) for letter in text),
    "CSS": lambda text: "".join(f"\\{ord(letter):x} " for letter in text),
    "JavaScript's code points": lambda text: "".join(f"\\u{{{ord(letter):x}}}" for letter in text),
    "base36": in_base("0123456789abcdefghijklmnopqrstuvwxyz"),
    "base58": in_base(_BITCOIN),
    "base62": in_base(_BASE62),
    "base62, small letters first": in_base(_BASE62.swapcase()),
    "one number": in_base("0123456789"),
    "gzip in base16": lambda text: gzip.compress(text.encode()).hex(),
    "bzip2 in base64": lambda text: base64.b64encode(bz2.compress(text.encode())).decode(),
    "hexdump": lambda text: text.encode().hex(" ", 2),
    "numbers of four bytes": lambda text: (
        ", ".join(f"0x{text.encode()[start : start + 4][::-1].hex()}" for start in (0, 4))
    ),
    "base64 in lines": lambda text: lines(base64.b64encode(f"id=77;name={text};x=1".encode()).decode(), 8, "\r\n"),
    "base64 in pieces": lambda text: '"' + lines(base64.b64encode(f"the {text} again".encode()).decode(), 5, '" + "') + '"',
    "a word of a header": lambda text: f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?=",
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELT)
def test_a_name_is_found_however_its_letters_are_spelt(spelling: str) -> None:
    text = SPELT[spelling](NAME)
    assert hits(VICTIM, text)
    assert not any(hit.is_exact for hit in hits(VICTIM, text) if NAME not in hit.text.lower())
    assert not hits(Victim(name="Syarikat Lain Sdn Bhd"), text), "another victim's report lets it out"


@pytest.mark.parametrize("spelling", ["rot47", "base58", "base62", "with one letter between", "with digits between"])
def test_it_is_found_in_an_address_too(spelling: str) -> None:
    assert hits(VICTIM, f"http://192.0.2.1/gate.php?d={SPELT[spelling](NAME)}")


@pytest.mark.parametrize(
    "text",
    [
        "one nine eight zero zero one zero zero four three two one",
        "satu-sembilan-lapan-kosong-kosong-satu-kosong-kosong-empat-tiga-dua-satu",
        "một chín tám không không một không không bốn ba hai một",
        "OneNineEightZeroZeroOneZeroZeroFourThreeTwoOne",
    ],
)
def test_a_number_is_found_in_words(text: str) -> None:
    assert hits(VICTIM, f"call {text} now")


@pytest.mark.parametrize(
    ("victim", "value"),
    [
        (VICTIM, "melor-login.example"),
        (VICTIM, "Operation Melor Storm"),
        (Victim(name="RSUD Kertawana Wirabuana"), "kerta_users.xlsx"),
        (Victim(name="PT Gunungbiru Qatar Tbk"), "gq-login.example".replace("gq", "gbq")),
        (Victim(name="Klinik Juwita Xenia"), "jx-users.zip"),
        (Victim(name="Klinik Juwita Xenia"), "login_jx.zip"),
        (Victim(name="Klinik Juwita Xenia"), "Operation JX Storm"),
        (Victim(name="Bank Samudra"), "samudrabank.example"),
        (Victim(people=("Nguyen Van Khanh",)), "Khanh Nguyen Van"),
    ],
)
def test_a_name_that_is_cut_turned_round_or_two_initials_asks(victim: Victim, value: str) -> None:
    assert hits(victim, value)
    assert not any(hit.is_exact for hit in hits(victim, value))


@pytest.mark.parametrize(
    "value",
    ["jx.example", "ajx-1.example", "/lib/jx/app.js", "jxl-login.example", "xjx.zip", "my-jx.example"],
)
def test_two_letters_that_stand_beside_no_lure_leave(value: str) -> None:
    assert not hits(Victim(name="Klinik Juwita Xenia"), value)


@pytest.mark.parametrize(
    "text",
    ["192.0.2.7:8080", "http://192.0.2.1/gate.php?id=7&x=9", "2026-05-31T23:59:59Z", "d41d8cd98f00b204e9800998ecf8427e",
     "...", "a - b - c", "-- .", "golf hotel", "one two", "1-2-3-4", "C:\\Windows\\System32\\x.dll", "infrastructure", "x" * 200],
)  # fmt: skip
def test_what_spells_nothing_is_read_as_it_stands(text: str) -> None:
    spelt = {"Morse code", "words for letters", "rot47", "places in the alphabet", "a number", "pieces"}
    assert not [reading for reading in readings(text) if reading.encoding in spelt]


def test_a_long_text_of_letters_is_read_twice_more_at_most() -> None:
    text = " ".join("abcdefghijklmnop" for _ in range(500))
    assert len([reading for reading in readings(text) if reading.encoding == "other letters"]) == 2


@pytest.mark.parametrize("piece", ["A", "2:A", "1,", ". ", "one", "one-", "ab12 ", "\\6d ", "'+'", "-_", "|", "\u26f0"])
def test_a_text_made_to_keep_a_pattern_busy_is_read_all_the_same(piece: str) -> None:
    """Each pattern reads a long text once: were one of them to start again at each place, this would take hours."""
    assert readings(f"x\n{piece * 60_000}!")
