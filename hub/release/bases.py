"""Decoders for less common bases: base32, base85, and bytes written as one number in base 10, 36, 58 or 62."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from hub.release.readable import MAX_RUN, DecodedText, decode_run

MAX_BASE85: Final = 2_000  # characters of one run that are read as base85
MIN_OTHER_SCRIPTS: Final = 6  # characters of a decoded base32 text that is not ASCII; the word "Recipients" gives four
MAX_STARTS: Final = 12  # places in one run where base85 may begin
_BASE32: Final = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z2-7]{8,}|[a-z2-7]{8,}|[0-9A-V]{12,}|[0-9a-v]{12,})(?![A-Za-z0-9])")
_B85_RUN: Final = re.compile(r"[0-9A-Za-z!#$%&()*+\-;<=>?@^_`{|}~]{8,}")
_A85_RUN: Final = re.compile(r"[!-u]{8,}")
_BASE85_STARTS: Final = re.compile(r"<~|[=?&/\"']")
_BASE85_SIGNS: Final = re.compile(r"[A-Z!$()*;<>^`{|}+~@#]")  # longer texts in base85 contain at least one of these
_BASE85_MARKS: Final = re.compile(r"[!$()*;<>^`{|}]")  # rare in URLs


def _decode_base32(text: str) -> Iterator[DecodedText]:
    for match in _BASE32.finditer(text):
        run = match[0][:MAX_RUN].lower()
        for digits in (run.translate(_BASE32_DIGITS), run):
            yield from _decode_base32_digits(digits, match)


def _decode_base32_digits(digits: str, match: re.Match[str]) -> Iterator[DecodedText]:
    """The texts in digits of base32, which are given in Python's alphabet for numbers of base 32."""
    if set(digits) <= _BASE32_VALUES:
        for offset in range(8 if len(digits) >= 16 else 1):
            bits = 5 * (len(digits) - offset)
            raw = (int(digits[offset:], 32) >> bits % 8).to_bytes(bits // 8, "big")
            yield from (
                decoded
                for decoded in decode_run(raw, match)
                if decoded.is_clean and (decoded.text.isascii() or len(decoded.text) >= MIN_OTHER_SCRIPTS)
            )


_BASE32_VALUES: Final = frozenset("0123456789abcdefghijklmnopqrstuv")
_BASE32_DIGITS: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnopqrstuv")


def _decode_base85(text: str) -> Iterator[DecodedText]:
    for alphabet, values in ((_B85_RUN, _B85_VALUES), (_A85_RUN, _A85_VALUES)):
        for match in alphabet.finditer(text):
            run = match[0][:MAX_BASE85]
            if _BASE85_SIGNS.search(run) is None:
                continue
            # The separators around a value are also digits of base85, so the value may begin and end at any of them.
            starts = [0, *(mark.end() for mark in _BASE85_STARTS.finditer(run))][:MAX_STARTS]
            candidates = dict.fromkeys([run[start:] for start in starts] + re.split("[=&?]", run))
            for candidate in candidates:
                for decoded in decode_run(_decode_base85_groups(candidate, values), match):
                    if decoded.is_clean:
                        yield decoded
            if _BASE85_MARKS.search(run) is not None:
                for offset in range(1, 5):
                    yield from decode_run(_decode_base85_groups(run[offset:], values), match)


_B85_VALUES: Final = {
    character: value
    for value, character in enumerate(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
    )
}
_A85_VALUES: Final = {chr(33 + value): value for value in range(85)}


def _decode_base85_groups(text: str, values: dict[str, int]) -> bytes:
    """The bytes of base85, with NUL bytes for each invalid group. The last group may be shorter."""
    raw = bytearray()
    for start in range(0, len(text), 5):
        number = 0
        group = text[start : start + 5]
        for character in group:
            number = number * 85 + values.get(character, 1 << 32)
        missing = 5 - len(group)
        number = (number + 1) * 85**missing - 1  # the last group is padded with the highest digit
        raw += (number.to_bytes(4, "big") if number < 1 << 32 else bytes(4))[: 4 - missing]
    return bytes(raw)


_NUMBER: Final = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z0-9]{8,120}|[0-9]{15,300})(?![A-Za-z0-9])")
_SMALL: Final = "abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"
# The alphabet of Bitcoin (base 58), and those of base 62 with capitals before and after small letters.
_NUMBER_BASES: Final = tuple(
    {digit: value for value, digit in enumerate(digits)}
    for digits in (
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
        _DIGITS + _SMALL.upper() + _SMALL,
        _DIGITS + _SMALL + _SMALL.upper(),
        _SMALL.upper() + _SMALL + _DIGITS,
    )
)


def _decode_numbers(text: str) -> Iterator[DecodedText]:
    for match in _NUMBER.finditer(text):
        for decoded_text in _decode_number(match[0]):
            yield DecodedText(decoded_text, match.start(), match.end())


@lru_cache(maxsize=20_000)
def _decode_number(digits: str) -> tuple[str, ...]:
    """The texts whose bytes are this number, if all bytes are printable."""
    numbers = []
    if digits.isdecimal():
        numbers.append(int(digits))
    else:
        if digits.islower() or digits.isupper():
            numbers.append(int(digits, 36))
        for values in _NUMBER_BASES:
            if values.keys() >= set(digits):
                number = 0
                for digit in digits:
                    number = number * len(values) + values[digit]
                numbers.append(number)
    texts = (number.to_bytes((number.bit_length() + 7) // 8) for number in numbers)
    return tuple(text.decode("ascii") for text in texts if text.isascii() and text.decode("ascii").isprintable())


BASES: Final[tuple[tuple[str, Callable[[str], Iterator[DecodedText]]], ...]] = (
    ("base32", _decode_base32),
    ("base85", _decode_base85),
    ("a number", _decode_numbers),
)
