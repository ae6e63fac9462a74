"""A name that is spelt letter by letter, encoded in pieces, cut or reduced to initials is found."""

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


def code_points_from(first: int) -> Callable[[str], str]:
    return lambda text: "".join(chr(first + ord(letter) - ord("a")) for letter in text)


def encode_in_base(digits: str) -> Callable[[str], str]:
    def encode(text: str) -> str:
        number, signs = int.from_bytes(text.encode()), ""
        while number:
            number, digit = divmod(number, len(digits))
            signs = digits[digit] + signs
        return signs

    return encode


def split_lines(text: str, length: int, separator: str) -> str:
    return separator.join(text[start : start + length] for start in range(0, len(text), length))


SPELLINGS: dict[str, Callable[[str], str]] = {
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
    "white letters in circles": code_points_from(0x1F150),
    "white letters in squares": code_points_from(0x1F170),
    "flags": code_points_from(0x1F1E6),
    "tags": lambda text: "x" + code_points_from(0xE0061)(text),
    "braille": lambda _: "\u280d\u2811\u2807\u2815\u2817\u280a\u281d\u2819\u2801\u2813",
    "upside down": lambda _: "\u026f\u01ddlo\u0279\u1d09up\u0250\u0265",
    "turned round": lambda _: "\u0265\u0250pu\u1d09\u0279ol\u01dd\u026f",
    "mathematical letters": code_points_from(0x1D41A),
    "struck through": lambda text: "".join(f"{letter}\u0336" for letter in text),
    "letters that are joined": "\u200d".join,
    "drawn letters": lambda text: text.replace("m", "|\\/|").replace("d", "|)"),
    "places in the alphabet": lambda text: "-".join(str(ord(letter) - 96) for letter in text),
    "CSS": lambda text: "".join(f"\\{ord(letter):x} " for letter in text),
    "JavaScript's code points": lambda text: "".join(f"\\u{{{ord(letter):x}}}" for letter in text),
    "base36": encode_in_base("0123456789abcdefghijklmnopqrstuvwxyz"),
    "base58": encode_in_base(_BITCOIN),
    "base62": encode_in_base(_BASE62),
    "base62, small letters first": encode_in_base(_BASE62.swapcase()),
    "one number": encode_in_base("0123456789"),
    "gzip in base16": lambda text: gzip.compress(text.encode()).hex(),
    "bzip2 in base64": lambda text: base64.b64encode(bz2.compress(text.encode())).decode(),
    "hexdump": lambda text: text.encode().hex(" ", 2),
    "numbers of four bytes": lambda text: (
        ", ".join(f"0x{text.encode()[start : start + 4][::-1].hex()}" for start in (0, 4))
    ),
    "base64 in lines": lambda text: split_lines(base64.b64encode(f"id=77;name={text};x=1".encode()).decode(), 8, "\r\n"),
    "base64 in pieces": lambda text: '"' + split_lines(base64.b64encode(f"the {text} again".encode()).decode(), 5, '" + "') + '"',
    "a word of a header": lambda text: f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?=",
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_name_is_found_in_every_spelling_of_its_letters(spelling: str) -> None:
    text = SPELLINGS[spelling](NAME)
    assert hits(VICTIM, text)
    assert not any(hit.is_exact for hit in hits(VICTIM, text) if NAME not in hit.text.lower())
    assert not hits(Victim(name="Syarikat Lain Sdn Bhd"), text), "the value leaves in a report of another victim"


@pytest.mark.parametrize("spelling", ["rot47", "base58", "base62", "with one letter between", "with digits between"])
def test_a_spelt_name_is_found_in_a_url(spelling: str) -> None:
    assert hits(VICTIM, f"http://192.0.2.1/gate.php?d={SPELLINGS[spelling](NAME)}")


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
def test_a_cut_or_reordered_name_or_two_initials_are_a_similar_hit(victim: Victim, value: str) -> None:
    assert hits(victim, value)
    assert not any(hit.is_exact for hit in hits(victim, value))


@pytest.mark.parametrize(
    "value",
    ["jx.example", "ajx-1.example", "/lib/jx/app.js", "jxl-login.example", "xjx.zip", "my-jx.example"],
)
def test_two_initials_without_a_lure_are_no_hit(value: str) -> None:
    assert not hits(Victim(name="Klinik Juwita Xenia"), value)


@pytest.mark.parametrize(
    "text",
    ["192.0.2.7:8080", "http://192.0.2.1/gate.php?id=7&x=9", "2026-05-31T23:59:59Z", "d41d8cd98f00b204e9800998ecf8427e",
     "...", "a - b - c", "-- .", "golf hotel", "one two", "1-2-3-4", "C:\\Windows\\System32\\x.dll", "infrastructure", "x" * 200],
)  # fmt: skip
def test_other_texts_have_no_spelt_readings(text: str) -> None:
    spellings = {"Morse code", "words for letters", "rot47", "places in the alphabet", "a number", "pieces"}
    assert not [reading for reading in readings(text) if reading.encoding in spellings]


def test_a_long_text_of_letters_has_at_most_two_interleaved_readings() -> None:
    text = " ".join("abcdefghijklmnop" for _ in range(500))
    assert len([reading for reading in readings(text) if reading.encoding == "other letters"]) == 2


@pytest.mark.parametrize(
    "repeated_text", ["A", "2:A", "1,", ". ", "one", "one-", "ab12 ", "\\6d ", "'+'", "-_", "|", "\u26f0"]
)
def test_a_text_made_to_slow_a_pattern_down_is_read_in_time(repeated_text: str) -> None:
    """Each pattern reads a long text once. If one restarted at each character, this would take hours."""
    assert readings(f"x\n{repeated_text * 60_000}!")
