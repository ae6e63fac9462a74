"""Decoders for texts that are spelt letter by letter: in Morse code, in words for letters and digits, in pictures of letters,
upside down, in rot47, as places in the alphabet, or with other letters between their own.

`SPELLINGS` are applied like the encodings of `decoders`. `decode_interleaved`, which reads every other letter, is applied to
the original text only: a decoded text rarely hides a name in this way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from hub.release.readable import DecodedText
from hub.release.spelling import fold

MIN_SPELT: Final = 4  # letters or digits that are spelt out
MIN_LETTERS: Final = 3  # letters of most words that stand for a letter or digit
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"

# -- Morse code, words -------------------------------------------------------------------------------------------------

_MORSE: Final = dict(
    zip(
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
        "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.".split(),
        [*_ALPHABET, *"0123456789"],
        strict=True,
    )
)
_MORSE_SIGNS: Final = str.maketrans("\u00b7\u2022\u2219\u2212\u2010\u2011\u2013\u2014", "...-----")
_MORSE_RUN: Final = re.compile(rf"(?<![.-])(?:[.-]{{1,5}}[ /|]{{1,3}}){{{MIN_SPELT - 1},}}[.-]{{1,5}}(?![.-])")

_LETTERS: Final = {
    word: word[0]
    for word in (
        "alfa alpha bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa "
        "quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu"
    ).split()
} | {"x-ray": "x"}
# Digits in English, Malay, Indonesian, Vietnamese and Filipino, without marks as `fold` leaves them.
_DIGITS: Final = {
    word: str(digit)
    for digit, words in enumerate(
        (
            "zero oh kosong nol sifar khong wala", "one satu mot isa", "two dua hai dalawa", "three tiga ba tatlo",
            "four empat bon apat", "five lima nam", "six enam sau anim", "seven tujuh bay pito", "eight delapan lapan tam walo",
            "nine sembilan chin siyam",
        )
    )
    for word in words.split()
}  # fmt: skip


def _run_of(words: dict[str, str]) -> re.Pattern[str]:
    """The expression for several of these words in a row, joined or separated by characters that are not letters."""
    choices = "|".join(sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![a-z])(?=[a-z])(?:{choices})(?:[^a-z]{{0,3}}(?:{choices})){{{MIN_SPELT - 1},}}(?![a-z])")


_RUNS: Final = tuple(
    (_run_of(words), re.compile("|".join(sorted(words, key=len, reverse=True))), words) for words in (_LETTERS, _DIGITS)
)


def _decode_morse(text: str) -> Iterator[DecodedText]:
    if "." not in text and "\u00b7" not in text and "\u2022" not in text and "\u2219" not in text:
        return
    for match in _MORSE_RUN.finditer(text.translate(_MORSE_SIGNS)):
        letters = [_MORSE.get(signs, " ") for signs in re.split("[ /|]+", match[0])]
        yield DecodedText("".join(letters), match.start(), match.end())


def _decode_words(text: str) -> Iterator[DecodedText]:
    if len(text) < MIN_SPELT * MIN_LETTERS:
        return
    folded = fold(text)
    for run, word, letters in _RUNS:
        for match in run.finditer(folded):
            spelt_letters = "".join(letters[word_of_letter] for word_of_letter in word.findall(match[0]))
            span = (match.start(), match.end()) if len(folded) == len(text) else (0, len(text))
            yield DecodedText(spelt_letters, *span)


# -- pictures of letters -----------------------------------------------------------------------------------------------


def _letters_from(first: int, letters: str = _ALPHABET) -> dict[int, str]:
    return {first + place: letter for place, letter in enumerate(letters)}


# White letters in black circles and squares, flags, tags, and braille: Unicode does not map them to letters.
_PICTURES: Final = {
    **_letters_from(0x1F150),
    **_letters_from(0x1F170),
    **_letters_from(0x1F1E6),
    **_letters_from(0xE0020, "".join(map(chr, range(0x20, 0x7F)))),
    **{0x2800 + dots: letter for letter, dots in zip(
        _ALPHABET, (1, 3, 9, 25, 17, 11, 27, 19, 10, 26, 5, 7, 13, 29, 21, 15, 31, 23, 14, 30, 37, 39, 58, 45, 61, 53), strict=True
    )},
}  # fmt: skip
_FLIPPED: Final = str.maketrans(
    "\u0250q\u0254p\u01dd\u025f\u0183\u0265\u1d09\u0131\u027e\u029e\u0285\u026fudb\u0279\u0287n\u028c\u028d\u028e",
    "abcdefghiijklmnpqrtuvwy",
)
_FLIPPED_SIGNS: Final = re.compile("[\u0250\u0254\u01dd\u025f\u0265\u1d09\u029e\u026f\u0279\u0287\u028c\u028d\u028e]")


def _decode_pictures(text: str) -> Iterator[DecodedText]:
    if text.isascii():
        return
    if (decoded_text := text.translate(_PICTURES)) != text:
        yield DecodedText(decoded_text, 0, len(text))
    if len(_FLIPPED_SIGNS.findall(text)) > 1:
        upright = text.lower().translate(_FLIPPED)
        yield DecodedText(upright, 0, len(text))
        yield DecodedText(upright[::-1], 0, len(text))


# Several signs for one letter, longest first.
_DRAWN_LETTERS: Final = (
    ("|\\/|", "m"), ("/\\/\\", "m"), ("\\/\\/", "w"), ("|\\|", "n"), ("/\\/", "n"), ("|_|", "u"), ("|-|", "h"), ("|)", "d"), ("|>", "p"),
    ("|<", "k"), ("|3", "b"), ("()", "o"), ("\\/", "v"), ("/\\", "a"), ("><", "x"), ("|_", "l"),
)  # fmt: skip


def _decode_drawn_letters(text: str) -> Iterator[DecodedText]:
    decoded_text = text
    for signs, letter in _DRAWN_LETTERS:
        decoded_text = decoded_text.replace(signs, letter)
    if decoded_text != text:
        yield DecodedText(decoded_text, 0, len(text))


# -- letters moved and counted -----------------------------------------------------------------------------------------

_SIGNS: Final = "".join(map(chr, range(33, 127)))
_ROT47: Final = str.maketrans(_SIGNS, _SIGNS[47:] + _SIGNS[:47])
# What rot47 makes of small letters, perhaps after a capital. The signs below are rare in ordinary words.
_ROT47_RUN: Final = re.compile(r"[p-~!-+]?[2-9:-@A-K]{4,}")
_ROT47_LETTER: Final = re.compile("[A-K]")
_ROT47_SIGN: Final = re.compile("[;-@]")
_PLACES: Final = re.compile(r"(?<![\d.:])(?:\d{1,2}(?:[ ,;-]|, )){5,}\d{1,2}(?![\d.:])")


def _decode_rot47(text: str) -> Iterator[DecodedText]:
    for match in _ROT47_RUN.finditer(text):
        # digits and colons alone may be a time or a port
        if _ROT47_SIGN.search(match[0]) or (":" in match[0] and _ROT47_LETTER.search(match[0])):
            yield DecodedText(match[0].translate(_ROT47), match.start(), match.end())


def _decode_alphabet_places(text: str) -> Iterator[DecodedText]:
    for match in _PLACES.finditer(text):
        places = [int(number) for number in re.findall(r"\d+", match[0])]
        if all(1 <= place <= len(_ALPHABET) for place in places):
            letters = "".join(_ALPHABET[place - 1] for place in places)
            yield DecodedText(letters, match.start(), match.end(), is_clean=False)


# -- letters between the letters ---------------------------------------------------------------------------------------

_INTERLEAVED: Final = re.compile(r"[A-Za-z0-9]{12,80}")


def decode_interleaved(text: str) -> Iterator[DecodedText]:
    """The text with every other letter of its long words left out: `mxexlxoxr`, `m1e2l3o4r`."""
    if _INTERLEAVED.search(text) is not None:
        for first in (0, 1):
            decoded_text = _INTERLEAVED.sub(lambda match, first=first: match[0][first::2], text)  # type: ignore[misc]
            yield DecodedText(decoded_text, 0, len(text), is_clean=False)


SPELLINGS: Final[tuple[tuple[str, Callable[[str], Iterator[DecodedText]]], ...]] = (
    ("Morse code", _decode_morse),
    ("words for letters", _decode_words),
    ("pictures of letters", _decode_pictures),
    ("signs for letters", _decode_drawn_letters),
    ("rot47", _decode_rot47),
    ("places in the alphabet", _decode_alphabet_places),
)
