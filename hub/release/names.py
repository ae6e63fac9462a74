"""The parts of a name that identify its bearer: its distinctive words, its initials, the parts of a person's name.

Distinctive words are those that remain without generic words such as "bank". `generic_words.toml` lists the generic words
of the members' languages and of business.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from hub.release.spelling import LEGAL_WORDS, fold, is_legal_form, strip_legal_form

MIN_INITIALS: Final = 3
MAX_INITIALS: Final = 8
MIN_COMPOUND: Final = 8  # letters of a word that may be a compound of two words
MAX_COMPOUNDS: Final = 3  # words of a name that are tried as compounds, one at a time
MIN_OWN_INITIALS: Final = 2  # initials of distinctive words next to a generic word
_PLAIN_WORD: Final = re.compile(r"[a-z0-9]+")
BRACKETS: Final = re.compile(r"[(\[]([^)\]]*)[)\]]")
# Scripts without spaces between words: there, generic words are removed from the ends of longer words.
UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_HAN: Final = re.compile("[\u3400-\u9fff]")
MIN_UNSPACED_WORD: Final = 4  # characters of a generic word that is removed from the end of another: Thai and the like
MIN_HAN_WORD: Final = 2
MIN_OWN_PART: Final = 4  # letters of a label that remain without generic words
MIN_CUT_WORD: Final = 3  # letters of a generic word that was cut
MAX_SHORT: Final = 4  # letters of distinctive words that are too short to be searched for alone
MIN_PAIR: Final = 6  # letters of such a word joined with its neighbour


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The generic words, folded. `phrases` have several words; `unspaced_words` are in scripts without spaces. Longest first."""

    words: frozenset[str]  # generic words, and phrases written as one word
    accents: Mapping[str, frozenset[str]]  # the accents of words that have some: of phường, under `phuong`
    phrases: re.Pattern[str]
    phrase_starts: frozenset[str]  # the first words of phrases
    unspaced_words: tuple[str, ...]
    unspaced_by_first: Mapping[str, tuple[str, ...]]  # by first letter
    unspaced_by_last: Mapping[str, tuple[str, ...]]  # by last letter
    places: frozenset[str]
    titles: frozenset[str]
    titles_and_particles: frozenset[str]
    honorifics: tuple[str, ...]  # in Latin letters, joined to a name: `pak`
    technical_words: frozenset[str]  # short words that are never initials: "vpn", "php"
    heads: Mapping[str, bool]  # words next to which a name begins or ends: "bank", "PT"; True: only after the word
    kinds: Mapping[str, re.Pattern[str]]  # kinds of organisations in English, with the words for each in any language
    affixes: frozenset[str]  # words that others join to a name: "login", "bank"
    cut_affixes: frozenset[str]  # the beginnings of affixes


@cache
def load_word_table(name: str) -> Mapping[str, Any]:
    """The content of a TOML file of words in this folder, read once."""
    return tomllib.loads(files("hub.release").joinpath(f"{name}.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The generic words, loaded once."""
    table = load_word_table("generic_words")

    def entries(*sections: str) -> list[str]:
        texts = (text for section in sections for text in table[section].values())
        return [" ".join(split_words(entry)) for text in texts for entry in text.split(",")]

    written_entries = [entry.strip() for text in table["organisations"].values() for entry in text.split(",")]
    organisations, people, technical_words = entries("organisations"), entries("people"), entries("technical")
    countries = [" ".join(split_words(entry)) for entry in table["places"]["countries"].split(",")]
    # People also write a phrase as one word: `rumahsakit`.
    single_words = frozenset(
        [entry for entry in (*organisations, *countries) if " " not in entry]
        + [entry.replace(" ", "") for entry in organisations if " " in entry and entry.isascii()]
    )
    phrases = sorted((entry for entry in (*organisations, *countries) if " " in entry), key=len, reverse=True)
    unspaced_words = tuple(sorted((entry for entry in single_words if _is_unspaced_word(entry)), key=len, reverse=True))
    affixes = frozenset(
        entry for entry in (*single_words, *technical_words, *LEGAL_WORDS) if _PLAIN_WORD.fullmatch(entry)
    )
    return Lexicon(
        words=single_words,
        accents=_by_accents(entry for entry in written_entries if " " not in entry),
        phrases=re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b"),
        phrase_starts=frozenset(phrase.split()[0] for phrase in phrases),
        unspaced_words=unspaced_words,
        unspaced_by_first=_by_letter(unspaced_words, 0),
        unspaced_by_last=_by_letter(unspaced_words, -1),
        places=frozenset(entries("places")),
        titles=frozenset(" ".join(split_words(entry)) for entry in table["people"]["titles"].split(",")),
        titles_and_particles=frozenset(people),
        honorifics=tuple(dict.fromkeys(entries("honorifics"))),
        technical_words=frozenset(technical_words),
        heads={
            " ".join(split_words(entry)): group != "beside"
            for group, text in table["heads"].items()
            for entry in text.split(",")
        },
        kinds={
            kind: re.compile(
                "|".join(rf"(?<!\w){re.escape(' '.join(split_words(entry)))}(?!\w)" for entry in text.split(","))
            )
            for kind, text in table["kinds"].items()
        },
        affixes=affixes,
        cut_affixes=frozenset(entry[:length] for entry in affixes for length in range(MIN_CUT_WORD, len(entry))),
    )


def _by_letter(unspaced_words: Iterable[str], index: int) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for word in unspaced_words:
        groups.setdefault(word[index], []).append(word)
    return {letter: tuple(group) for letter, group in groups.items()}


def _by_accents(entries: Iterable[str]) -> dict[str, frozenset[str]]:
    """The accents of each word that is always written with accents."""
    groups: dict[str, set[str]] = {}
    for entry in entries:
        if entry.isascii():
            groups.setdefault(entry.casefold(), set()).add("")
        elif _LATIN_WORD.fullmatch(folded := "".join(split_words(entry))) is not None:
            groups.setdefault(folded, set()).add(_accents(entry))
    return {word: frozenset(accents) for word, accents in groups.items() if "" not in accents}


_LATIN_WORD: Final = re.compile("[a-z]+")


def _accents(word: str) -> str:
    """The accents of a word, sorted: "hòa" and "hoà" have the same, "phường" and "Phương" have not."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(sorted(sign for sign in decomposed if sign == "đ" or unicodedata.category(sign) == "Mn"))


def _is_unspaced_word(word: str) -> bool:
    if UNSPACED.match(word) is None:
        return False
    return len(word) >= (MIN_HAN_WORD if _HAN.match(word) else MIN_UNSPACED_WORD)


def split_words(text: str) -> list[str]:
    """The words of a text, folded: letters, digits and the combining marks that scripts of the region need."""
    folded = fold(text)
    if folded.isascii():
        return _PLAIN_WORD.findall(folded)
    spaced_text = "".join(character if unicodedata.category(character)[0] in "LNM" else " " for character in folded)
    return spaced_text.split()


def strip_brackets(name: str) -> str:
    """The name in NFKC, without brackets and what is in them."""
    return BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))


def distinctive_words(name: str) -> list[str]:
    """The words of an organisation's name that are not generic, not a legal form and not a country; folded, in order."""
    lexicon = load_lexicon()
    name_outside_brackets = strip_brackets(name)
    bare_name = strip_legal_form(name_outside_brackets)
    own_words = split_words(bare_name)
    # There are many phrases: search only if one may begin here, and in scripts where one word may contain the next.
    if not bare_name.isascii() or not lexicon.phrase_starts.isdisjoint(own_words):
        own_words = lexicon.phrases.sub(" ", " ".join(own_words)).split()
    parts = (_strip_unspaced_words(word, lexicon) for word in own_words)
    accented = frozenset() if name_outside_brackets.isascii() else _differently_accented(name_outside_brackets, lexicon)
    return [word for word in parts if word and (word not in lexicon.words or word in accented)]


def _differently_accented(name: str, lexicon: Lexicon) -> frozenset[str]:
    """The words of a name that differ from a generic word in their accents: "Phương", a name, from "phường", a ward."""
    return frozenset(
        folded
        for word in name.split()
        if (folded := "".join(split_words(word))) in lexicon.accents
        and (accents := _accents(word))
        and accents not in lexicon.accents[folded]
    )


def _strip_unspaced_words(word: str, lexicon: Lexicon) -> str:
    """A word in a script without spaces, without the generic words at its ends."""
    if word.isascii() or UNSPACED.search(word) is None:
        return word
    changed = True
    while changed and word:
        changed = False
        if word in lexicon.words:
            return ""
        for part in lexicon.unspaced_by_first.get(word[0], ()):
            if word.startswith(part) and unicodedata.category(word[len(part)])[0] != "M":
                word, changed = word[len(part) :], True
                break
        for part in lexicon.unspaced_by_last.get(word[-1], ()):
            if word.endswith(part) and word != part:
                word, changed = word[: -len(part)], True
                break
    return word


def own_parts(label: str) -> list[str]:
    """A label of a domain without the generic words at its ends: `cempaka` of `bankcempaka`; empty if nothing remains.

    The result also contains the label without generic words at one end only: `phuong` in `phuongnambank` is generic by chance.
    """
    parts = (_strip_generic_ends(label, *ends) for ends in ((True, True), (False, True), (True, False)))
    return [part for part in dict.fromkeys(parts) if part not in load_lexicon().affixes]


def _strip_generic_ends(label: str, at_start: bool, at_end: bool) -> str:
    lexicon = load_lexicon()
    changed = label not in lexicon.affixes
    while changed:
        changed = False
        for length in range(len(label) - MIN_OWN_PART, 2, -1):
            if at_start and label[:length] in lexicon.words:
                label, changed = label[length:], True
                break
            if at_end and label[-length:] in lexicon.words:
                label, changed = label[:-length], True
                break
    return label


def short_words_with_neighbours(name: str) -> list[str]:
    """The short distinctive words of a name, each joined with its generic neighbours: `tinhtam` of Bệnh viện Tỉnh Tâm.

    A short word alone would not be searched for inside longer words, and its neighbour may be generic by chance.
    """
    all_words = split_words(strip_legal_form(strip_brackets(name)))
    own_words = distinctive_words(name)
    if not own_words or sum(map(len, own_words)) > MAX_SHORT:
        return []
    pairs = (
        (all_words[index], all_words[index + 1])
        for index in range(len(all_words) - 1)
        if {all_words[index], all_words[index + 1]} & set(own_words)
    )
    return [text for pair in pairs if len(text := "".join(pair)) >= MIN_PAIR and text.isascii()]


def initials(name: str) -> set[str]:
    """The initials of a name, with and without its legal form, its short generic words and the country. Latin letters only."""
    lexicon = load_lexicon()
    bare_name = strip_brackets(name)
    all_words, bare_words = split_words(bare_name), split_words(strip_legal_form(bare_name))
    variants = [all_words, bare_words]
    variants += [
        [word for word in variant if len(word) > 3 or word not in lexicon.words] for variant in (all_words, bare_words)
    ]
    variants += [[word for word in variant if word not in lexicon.places] for variant in (all_words, bare_words)]
    variants += [
        distinctive_words(name),
        *_words_before_of(bare_words),
        *map(split_words, _PART_SEPARATOR.split(bare_name)[1:]),
    ]
    letters = ("".join(word[0] for word in variant) for variant in variants)
    return {
        text
        for text in letters
        if MIN_INITIALS <= len(text) <= MAX_INITIALS
        and text.isascii()
        and text.isalpha()
        and text not in lexicon.technical_words
    }


_PART_SEPARATOR: Final = re.compile(r"\s[-\u2013\u2014:|/]\s|,\s")  # between an organisation and its part


def _words_before_of(words: list[str]) -> Iterator[list[str]]:
    """The words before the first "of": "First National Bank" of "First National Bank of Meru", for `fnb`."""
    index = next((index for index, word in enumerate(words) if word in _WORDS_FOR_OF), 0)
    if index:
        yield words[:index]


_WORDS_FOR_OF: Final = frozenset({"of", "de", "da", "do", "ng", "di"})


def initials_with_numbers(name: str) -> set[str]:
    """The initials of a name that contains a number, which is kept whole: `b46` of Bank 46."""
    bare_words = split_words(strip_legal_form(strip_brackets(name)))
    if not any(map(str.isdecimal, bare_words)):
        return set()
    first = next(index for index, word in enumerate(bare_words) if word.isdecimal())
    variants = (bare_words, bare_words[: first + 1], bare_words[first:], distinctive_words(name))
    texts = {"".join(word if word.isdecimal() else word[0] for word in words) for words in variants}
    return {
        text for text in texts if MIN_INITIALS <= len(text) <= MAX_INITIALS and text.isascii() and not text.isdecimal()
    }


def few_initials(name: str) -> set[str]:
    """Two initials of a name, also with both halves of a compound word: `gb` and `gbe` of Gunungbiru Energi.

    So few letters have many meanings: they count only next to a word like "login", or in capitals.
    """
    lexicon = load_lexicon()
    bare_words = split_words(strip_legal_form(strip_brackets(name)))
    own_words = distinctive_words(name)
    texts = {"".join(word[0] for word in words) for words in (bare_words, own_words) if len(words) == MIN_OWN_INITIALS}
    for index, word in enumerate(own_words[:MAX_COMPOUNDS]):
        leading, trailing = (
            "".join(word[0] for word in words) for words in (own_words[:index], own_words[index + 1 :])
        )
        texts |= {f"{leading}{word[0]}{letter}{trailing}" for letter in _second_halves(word)}
    lengths = range(MIN_OWN_INITIALS, MIN_INITIALS + 2)
    return {
        text
        for text in texts
        if len(text) in lengths
        and text.isascii()
        and text.isalpha()
        and text not in lexicon.technical_words | lexicon.affixes
    } - initials(name)


def _second_halves(word: str) -> set[str]:
    """The letters with which the second half of a word may begin: a consonant before a vowel, after at least three letters."""
    halves = re.finditer(r"[^aeiou](?=[aeiou])", word[MIN_INITIALS : -MIN_INITIALS + 1])
    return {match[0] for match in halves} if len(word) >= MIN_COMPOUND else set()


def generic_words_with_initials(name: str) -> set[str]:
    """The first generic word of a name, whole or cut, with the initials of the others: `rsudkw`, `rskw`, `hospkw`, `kwbank`.

    The kind of organisation is also written in English, for a name in any language: `hdbank`, `hdb` of Ngân hàng Hải Đông.
    """
    lexicon = load_lexicon()
    all_words = split_words(strip_brackets(name))
    own_words = [
        word for word in distinctive_words(name) if word.isascii() and word.isalpha() and word not in lexicon.titles
    ]
    return (
        _first_word_with_initials(all_words, own_words)
        | _initials_with_english_kind(" ".join(all_words), own_words, lexicon)
        | _initials_before_generic_word(name, lexicon)
    )


def _initials_before_generic_word(name: str, lexicon: Lexicon) -> set[str]:
    """The initials of the first words of a name with the generic word after them: `slenergy` of Siam Lotus Energy."""
    all_words = split_words(strip_legal_form(strip_brackets(name)))
    indexes = (
        index
        for index in range(MIN_OWN_INITIALS, min(len(all_words), MIN_INITIALS + 2))
        if all_words[index] in lexicon.words
    )
    texts = {
        "".join(word[0] for word in all_words[:index]) + all_words[index]
        for index in indexes
        if len(all_words[index]) > MIN_INITIALS
    }
    return {text for text in texts if text.isascii() and text.isalpha() and text not in lexicon.affixes}


def _initials_with_english_kind(phrase: str, own_words: list[str], lexicon: Lexicon) -> set[str]:
    letters = "".join(word[0] for word in own_words)
    if len(own_words) < MIN_OWN_INITIALS:
        return set()
    kinds = [english for english, local_words in lexicon.kinds.items() if local_words.search(phrase)]
    texts = {text for kind in kinds for text in (letters + kind, kind + letters, letters + kind[0])}
    return {
        text for text in texts if len(text) >= MIN_INITIALS and text not in lexicon.technical_words | lexicon.affixes
    }


def _first_word_with_initials(all_words: list[str], own_words: list[str]) -> set[str]:
    lexicon = load_lexicon()
    if len(own_words) < MIN_OWN_INITIALS or not all_words or not all_words[0].isascii():
        return set()
    letters = "".join(word[0] for word in own_words)
    first = all_words[0]
    phrase = lexicon.phrases.match(" ".join(all_words))  # `nhsv` of Ngân hàng Trung Ương Sen Vàng
    phrase_initials = {"".join(word[0] for word in phrase[0].split()) + letters} if phrase else set()
    if first not in lexicon.words and not is_legal_form(first):
        return {text for text in phrase_initials if len(text) > MIN_INITIALS}
    cuts = {first, first[:4], first[:3]} if len(first) > MIN_CUT_WORD else {first}
    if not set(first) & set("aeio"):  # it is an abbreviation, and so are its first two letters
        cuts.add(first[:2])
    return {text for text in {cut + letters for cut in cuts} | phrase_initials if len(text) > MIN_INITIALS}


def person_parts(name: str) -> list[str]:
    """The parts of a person's name without titles and particles, folded, in order."""
    lexicon = load_lexicon()
    bare_name = strip_brackets(name)
    text = f" {' '.join(split_words(re.sub(r'[@/]', ' ', bare_name)))} "
    for title in ("tan sri", "puan sri", "lok srey", "a l", "a p", "s o", "d o"):
        text = text.replace(f" {title} ", " ")
    parts = (_strip_title(part, lexicon) for part in text.split())
    return [part for part in parts if part not in lexicon.titles_and_particles]


def _strip_title(part: str, lexicon: Lexicon) -> str:
    """A part of a name in Thai or the like, without a title that is joined to it."""
    if UNSPACED.match(part) is not None:
        for length in range(len(part) - 1, 1, -1):
            if part[:length] in lexicon.titles_and_particles and unicodedata.category(part[length])[0] != "M":
                return part[length:]
    return part
