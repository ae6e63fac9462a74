"""Needles for what resembles a declared name or value: distinctive words, initials, abbreviations, transliterations, letters
that look alike, misspellings, and the name written backwards or in rot13. A value that contains one is held for an officer.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise, permutations, product
from typing import Final

from hub.release.abbreviated import consonants_of
from hub.release.cut_names import blends, digit_spellings, half_abbreviations, joined_beginnings
from hub.release.disguises import drop_vowels, lookalike_form, transliterate, transliterations
from hub.release.generic_names import initials_with_abbreviations, initials_with_roman_number, reversed_words
from hub.release.han_readings import pinyin_initials, southern_readings
from hub.release.joined_names import (
    initials_with_words,
    older_spellings,
    saint_spellings,
    strip_affix,
    syllables,
    user_names,
)
from hub.release.names import (
    UNSPACED,
    distinctive_words,
    few_initials,
    generic_words_with_initials,
    initials,
    initials_with_numbers,
    load_lexicon,
    own_parts,
    person_parts,
    short_words_with_neighbours,
    split_words,
    strip_brackets,
)
from hub.release.needle import Bounds, HitRule, Needle, View
from hub.release.needles import (
    COMMON_LABELS,
    MIN_ANYWHERE,
    MIN_LETTERS,
    MIN_NUMBER,
    MIN_SHORT,
    MIN_WORD,
    ROLE_BOXES,
    our_words,
    own_label,
)
from hub.release.pronunciation import (
    MIN_EDITED_INSIDE,
    MIN_PRONUNCIATION,
    is_ordinary,
    pronounce,
    pronounce_final,
    sound,
)
from hub.release.spelling import fold, squeeze, strip_legal_form
from hub.release.suspicious import street_words

MIN_LISTED_ANYWHERE: Final = 6  # letters of the name of a listed constituent: the list is long
MIN_DISGUISED: Final = 5  # letters of a name that is searched for backwards and in rot13
MIN_UNSPACED: Final = 4  # neighbouring characters of a name in Thai, Khmer, Lao, Burmese or Chinese
MIN_SOUND: Final = 4  # consonants of a word that is compared by its sound, or as an abbreviation inside words
MIN_ABBREVIATION: Final = 3  # consonants of an abbreviation that is a word by itself
MIN_CUT: Final = 4  # letters of a part of a person's name that is cut in a user name
_BURMESE_RA: Final = "\u101b"  # pronounced y; written as r in names from Pali: Yangon, Irrawaddy
# Two letters that denote a country or region far more often than a name.
_COUNTRY_CODES: Final = frozenset(
    "bn id kh la mm my ph sg th tl vn au cn de eu fr hk in ir jp kp kr nl nz ru tw uk us".split()
)
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
MIN_HOST_STEM: Final = 5  # letters of the name of a machine without its number
_NUMBERED_HOST: Final = re.compile(r"(.*[a-z])[_-]?\d{1,4}")
MIN_BEGINNING: Final = 5  # letters that remain of a word that was cut
MIN_PLACE_WORD: Final = 5  # letters of a word of an address
MIN_CUT_WORD: Final = 7  # letters of a word that may be cut
MIN_BLEND_ANYWHERE: Final = 8  # letters of a blend of two words that is found inside longer words
MAX_CUT: Final = 3  # letters that may be cut off
_HAN: Final = re.compile("[\u3400-\u9fff]+")
_CHINESE_NAME: Final = (3, 4)  # characters of a person's name, the first of which is the family name


def name_variants(name: str, owner: str) -> Iterator[Needle]:
    """Needles for what resembles the name of an organisation."""
    own_words = distinctive_words(name)
    key_words = [word for word in own_words if word not in load_lexicon().places] or own_words
    full_name = squeeze(strip_legal_form(strip_brackets(name)))
    joined_forms = dict.fromkeys(("".join(map(squeeze, own_words)), "".join(map(squeeze, key_words))))
    pairs = (squeeze(first + second) for first, second in pairwise(key_words))
    parts = dict.fromkeys(
        [*joined_forms, *map(squeeze, key_words), *(pair for pair in pairs if len(pair) >= MIN_ANYWHERE)]
    )
    for part in parts:
        yield from _part_needles(part, f"a distinctive word of {owner} name", name)
    for part in dict.fromkeys(part for word in key_words for part in _beginnings(squeeze(word))):
        yield _needle(part, f"the beginning of a word of {owner} name", name, Bounds.AFFIXES)
    for window in dict.fromkeys(window for word in key_words for window in _windows(squeeze(word))):
        yield _needle(window, f"a part of {owner} name", name)
    for form in dict.fromkeys((full_name, *parts)):
        yield from _disguise_needles(form, f"{owner} name", name)
    for part in parts:
        yield from _sound_needles(part, f"{owner} name")
    yield from _initial_needles(name, "".join(own_words), owner)
    for text in short_words_with_neighbours(name):
        yield from _part_needles(text, f"words of {owner} name", name)
    for half in dict.fromkeys(half for word in key_words for half in _halves(squeeze(word))):
        yield _needle(half, f"a part of {owner} name", name, Bounds.AFFIXES)
    yield from _joined_word_needles(name, parts, owner)


def _initial_needles(name: str, joined_words: str, owner: str) -> Iterator[Needle]:
    """The initials and abbreviations of a name. `joined_words` are its distinctive words, joined."""
    for text in sorted(initials(name)):
        yield _needle(text, f"the initials of {owner} name", name, Bounds.AFFIXES)
    for text in sorted(pinyin_initials(name)):
        yield _needle(text, f"the initials of {owner} name", name, Bounds.AFFIXES)
    for letters in dict.fromkeys(map(consonants_of, (name, joined_words))):
        if len(letters) >= MIN_SHORT:
            yield _needle(letters, f"an abbreviation of {owner} name", name, view=View.ABBREVIATED)
    for text in sorted(initials_with_numbers(name) | initials_with_roman_number(name)):
        yield _needle(text, f"the initials of {owner} name", name, Bounds.NOTHING)
    for text in sorted(initials_with_abbreviations(name)):
        yield _needle(text, f"the initials of {owner} name", name, Bounds.AFFIXES)
    for text in sorted(few_initials(name) - _COUNTRY_CODES - our_words()):
        yield _needle(text, f"initials of {owner} name", name, Bounds.LURE)
    for text in sorted(generic_words_with_initials(name)):
        yield _needle(text, f"a generic word with the initials of {owner} name", name, Bounds.AFFIXES)


def _joined_word_needles(name: str, parts: Iterable[str], owner: str) -> Iterator[Needle]:
    """The joined words of a name, and its `parts` in an older or newer spelling."""
    for text in sorted(initials_with_words(name)):
        yield _needle(text, f"a word of {owner} name with initials", name, Bounds.AFFIXES)
    for text in sorted(saint_spellings(name) | reversed_words(name)):
        yield _needle(text, f"words of {owner} name", name, _bounds(text))
    for text in sorted(syllables(name)):
        if not is_ordinary(text) and text not in our_words():
            yield _needle(text, f"the beginnings of words of {owner} name", name, Bounds.AFFIXES)
    for text in sorted(joined_beginnings(name).union(digit_spellings(name))):
        if not is_ordinary(text) and text not in our_words():
            yield _needle(text, f"the words of {owner} name, cut", name, Bounds.AFFIXES)
    for word in distinctive_words(name):
        yield from _southern_reading_needles(squeeze(word), f"{owner} name", name)
    for text in sorted(blends(name)):
        yield _needle(text, f"two words of {owner} name in one", name, _bounds_of_blend(text))
    for text in dict.fromkeys(text for word in parts for text in older_spellings(word)):
        yield _needle(text, f"{owner} name in an older or newer spelling", name, _bounds(text))
        yield from _sound_needles(text, f"{owner} name")


def _bounds_of_blend(text: str) -> Bounds:
    return Bounds.ANYTHING if len(text) >= MIN_BLEND_ANYWHERE else Bounds.AFFIXES


def _beginnings(word: str) -> Iterator[str]:
    """The beginnings of a long word, except those that are everyday words."""
    if word.isascii() and word.isalpha() and len(word) >= MIN_CUT_WORD:
        beginnings = (word[:length] for length in range(MIN_BEGINNING, len(word)))
        yield from (text for text in beginnings if not is_ordinary(text) and text not in our_words())


def _windows(word: str) -> Iterator[str]:
    """The rows of neighbouring characters in a word of a script without spaces, which may contain several words."""
    if UNSPACED.match(word) is not None and len(word) > MIN_UNSPACED:
        yield from (word[start : start + MIN_UNSPACED] for start in range(len(word) - MIN_UNSPACED + 1))


def text_name_variants(name: str) -> Iterator[Needle]:
    """Needles for a name in the report's own text, whose owner is unknown: its words, joined and alone."""
    description = "a name in the report's own text"
    own_words = [word for word in distinctive_words(name) if not is_ordinary(word) and word not in our_words()]
    full_name = squeeze(strip_legal_form(strip_brackets(name)))
    for part in dict.fromkeys((full_name, "".join(map(squeeze, own_words)), *map(squeeze, own_words))):
        yield from _part_needles(part, description, name)
        if part.isascii() and len(lookalike_form(part)) >= MIN_DISGUISED:
            yield _needle(
                lookalike_form(part), f"letters that look like {description}", name, _bounds(part), view=View.LOOKS
            )
        elif not part.isascii() and len(latin_name := squeeze(transliterate(part))) >= MIN_ANYWHERE:
            yield _needle(latin_name, f"{description}, in Latin letters", name)
    for window in dict.fromkeys(window for word in own_words for window in _windows(squeeze(word))):
        yield _needle(window, description, name)


def listed_name_variants(name: str, owner: str) -> Iterator[Needle]:
    """Needles for the name of a listed constituent: the name or its distinctive words as a whole, in letters that look alike."""
    full_name = squeeze(strip_legal_form(name))
    joined_words = "".join(map(squeeze, distinctive_words(name)))
    if len(joined_words) >= MIN_LISTED_ANYWHERE:
        yield _needle(joined_words, f"the distinctive words of {owner} name", name)
    for form in dict.fromkeys((full_name, joined_words)):
        if form.isascii() and len(lookalike_form(form)) >= MIN_LISTED_ANYWHERE:
            yield _needle(lookalike_form(form), f"letters that look like {owner} name", name, view=View.LOOKS)


def listed_short_name_variants(name: str, owner: str) -> Iterator[Needle]:
    """Needles for what looks like a brand or an abbreviation of a listed constituent."""
    if name.isascii() and len(lookalike := lookalike_form(name)) >= MIN_LISTED_ANYWHERE:
        yield _needle(lookalike, f"letters that look like {owner} short name", name, view=View.LOOKS)


def short_name_variants(name: str, owner: str) -> Iterator[Needle]:
    """Needles for what resembles a brand or an abbreviation."""
    text = squeeze(name)
    part = strip_affix(text)
    if part != text:  # `bijak` of BijakPay
        yield from _part_needles(part, f"a part of {owner} short name", name)
    for word in _own_words(name, text):  # `padi` of "Padi Hub"
        yield from _part_needles(word, f"a distinctive word of {owner} short name", name)
        yield from _disguise_needles(word, f"{owner} short name", name)
        yield from _sound_needles(word, f"{owner} short name")
        yield from _southern_reading_needles(word, f"{owner} short name", name)
    if len(text) >= MIN_DISGUISED:
        yield from _disguise_needles(text, f"{owner} short name", name)
        yield from _sound_needles(text, f"{owner} short name")
    elif len(lookalike_form(text)) >= MIN_LETTERS:
        yield _needle(
            lookalike_form(text), f"letters that look like {owner} short name", name, Bounds.NOTHING, view=View.LOOKS
        )
        yield from _misspelling_needles(text, f"{owner} short name")


def _own_words(name: str, full_name: str) -> list[str]:
    """The distinctive words of a short name that has several words."""
    parts = [squeeze(word) for word in distinctive_words(name)]
    shortest = MIN_WORD if UNSPACED.match(full_name) else MIN_LETTERS
    return [
        part for part in dict.fromkeys(parts) if part != full_name and len(part) >= shortest and not is_ordinary(part)
    ]


def person_variants(name: str, owner: str) -> Iterator[Needle]:
    """Needles for what resembles the name of a person: each part of it, the parts joined as in user names, the initials."""
    parts = [squeeze(part) for part in person_parts(name)]
    description = f"a part of the name of {owner}"
    for part in parts:
        yield from _honorific_needles(part, name, owner)
        yield from _southern_reading_needles(part, f"the name of {owner}", name)
        if part.isascii() and len(part) < MIN_LETTERS:
            yield _needle(part, description, name, Bounds.CAPITAL)
        else:
            yield from _part_needles(part, description, name)
        if len(part) >= MIN_DISGUISED:
            yield from _disguise_needles(part, f"the name of {owner}", name)
            yield from _sound_needles(part, f"the name of {owner}")
        else:
            yield from _misspelling_needles(part, f"the name of {owner}")
    yield from _user_name_needles(name, parts, owner)
    for given_name in (part[1:] for part in parts if len(part) in _CHINESE_NAME and _HAN.fullmatch(part)):
        yield _needle(given_name, f"a given name of {owner}", name)
        latin_name = squeeze(transliterate(given_name))
        yield _needle(latin_name, f"a given name of {owner} in Latin letters", name, _bounds(latin_name))
    text = "".join(part[0] for part in map(squeeze, name.split()) if part)
    if len(text) >= MIN_SHORT and text.isascii() and text.isalpha() and text not in load_lexicon().technical_words:
        yield _needle(text, f"the initials of {owner}", name, Bounds.AFFIXES)


def _user_name_needles(name: str, parts: list[str], owner: str) -> Iterator[Needle]:
    """The parts of a person's name, joined and cut as in user names."""
    for first, second in permutations(parts[:4], 2):
        for text in (first + second, first[:1] + second, first + second[:1]):
            if len(text) >= MIN_DISGUISED:
                yield _needle(text, f"the name of {owner} as a user name", name, Bounds.AFFIXES)
    for text in dict.fromkeys(text for pair in pairwise(parts) for text in _cut_pairs(*pair)):
        yield _needle(text, f"the name of {owner} as a user name", name, Bounds.AFFIXES)
    for text in dict.fromkeys(part[:length] for part in parts for length in range(MIN_ANYWHERE, len(part) - MAX_CUT)):
        if text.isascii() and text.isalpha() and not is_ordinary(text):
            yield _needle(text, f"the beginning of a name of {owner}", name, Bounds.AFFIXES)
    for text in dict.fromkeys(
        text for part in parts for text in _cut_parts(part, [other[0] for other in parts if other != part])
    ):
        yield _needle(text, f"the name of {owner} as a user name", name, Bounds.AFFIXES)
    for text in sorted(user_names(name)):
        yield _needle(text, f"the name of {owner} as a user name", name, Bounds.AFFIXES)


def _southern_reading_needles(word: str, subject: str, declared_text: str) -> Iterator[Needle]:
    for text in sorted(southern_readings(word)):
        yield _needle(text, f"{subject}, as Chinese of the region say it", declared_text, _bounds_of_blend(text))


def _honorific_needles(part: str, name: str, owner: str) -> Iterator[Needle]:
    """A short part of a person's name joined with an honorific: `pakbudi`. A long part is found inside longer words anyway."""
    if part.isascii() and part.isalpha() and MIN_WORD < len(part) < MIN_ANYWHERE:
        for text in (honorific + part for honorific in load_lexicon().honorifics):
            if len(text) >= MIN_DISGUISED and not is_ordinary(text):
                yield _needle(text, f"a part of the name of {owner}, with a title", name, Bounds.AFFIXES)


def _cut_pairs(first: str, second: str) -> Iterator[str]:
    """Two parts of a person's name joined, with one or both of them cut: `nikzul`, `hafram`."""
    cuts = ([part[:3], part[:4], part] for part in (first, second) if part.isascii() and part.isalpha())
    texts = ("".join(parts) for parts in product(*cuts))
    yield from (
        text for text in texts if len(text) >= MIN_ANYWHERE and text not in (first, second) and not is_ordinary(text)
    )


def _cut_parts(part: str, letters: list[str]) -> Iterator[str]:
    """A part of a person's name cut as in a user name, with the first letter of another part: `nzulk`, `zulkn`, `zulki`."""
    if not part.isascii():
        return
    for length in range(MIN_CUT, len(part)):
        for letter in letters:
            yield from (letter + part[:length], part[:length] + letter)
        if length > MIN_CUT and len(part) - length <= MAX_CUT:
            yield part[:length]


def domain_variants(domain: str, owner: str) -> Iterator[Needle]:
    """Needles for what resembles a domain: the label of its owner without generic words, and what looks like that label."""
    label = own_label(domain)
    parts = own_parts(label)
    for part in parts:
        if part != label:
            yield from _part_needles(part, f"a part of {owner} domain", domain)
    for half in dict.fromkeys(half for part in parts[:1] for half in _halves(part)):
        yield _needle(half, f"a part of {owner} domain", domain, Bounds.AFFIXES)
        yield _needle(half[::-1], f"a part of {owner} domain backwards", domain, Bounds.AFFIXES)
        lookalike = f"letters that look like a part of {owner} domain"
        yield _needle(lookalike_form(half), lookalike, domain, Bounds.AFFIXES, view=View.LOOKS)
    for form in dict.fromkeys((label, *parts)):
        if len(form) >= MIN_DISGUISED:
            yield from _disguise_needles(form, f"{owner} domain", domain)
            yield from _sound_needles(form, f"{owner} domain")
    for text in dict.fromkeys(_subdomain_labels(domain)):
        yield _needle(text, f"a label of {owner} domain", domain, Bounds.AFFIXES)


def _subdomain_labels(domain: str) -> Iterator[str]:
    """The labels before the label of the owner: `siakad` of siakad.contoh.ac.id."""
    labels = [squeeze(label) for label in fold(domain).strip(".").split(".")]
    own_label_text = own_label(domain)
    subdomains = labels[: labels.index(own_label_text)] if own_label_text in labels else []
    common_words = COMMON_LABELS | load_lexicon().affixes | our_words()
    return (label for label in subdomains if len(label) >= MIN_LETTERS and label not in common_words)


def _halves(label: str) -> Iterator[str]:
    """The halves of a word that may be two words, at every cut: `melati` and `rinjani` of `melatirinjani`."""
    if not label.isascii():
        return
    for cut in range(MIN_LETTERS, len(label) - MIN_LETTERS + 1):
        yield from (half for half in (label[:cut], label[cut:]) if len(half) >= MIN_ANYWHERE)


def listed_domain_variants(domain: str, owner: str) -> Iterator[Needle]:
    """Needles for what looks like the domain of a listed constituent."""
    label = own_label(domain)
    if len(lookalike_form(label)) >= MIN_LISTED_ANYWHERE:
        yield _needle(lookalike_form(label), f"letters that look like {owner} domain", domain, view=View.LOOKS)


def host_variants(host: str, owner: str) -> Iterator[Needle]:
    """Needles for the parts of a machine's name: `cmpk` of `CMPK-HQ-FS02`."""
    yield from listed_host_variants(host, owner)
    for part in re.findall(r"[a-z]{3,}", fold(host).partition(".")[0]):
        if part not in load_lexicon().affixes | our_words():
            yield _needle(part, f"a part of the name of {owner} host", host, Bounds.AFFIXES)
    # A machine with the same name and another number belongs to the same organisation.
    numbered_name = _NUMBERED_HOST.fullmatch(fold(host).partition(".")[0])
    stem = squeeze(numbered_name[1]) if numbered_name is not None else ""
    if len(stem) >= MIN_HOST_STEM and not is_ordinary(stem) and stem not in our_words():
        yield _needle(stem, f"the name of {owner} host without its number", host, Bounds.AFFIXES)


def listed_host_variants(host: str, owner: str) -> Iterator[Needle]:
    """Needles for a machine's name backwards, in rot13, and in letters that look alike."""
    name = squeeze(fold(host).partition(".")[0])
    if len(name) >= MIN_NUMBER and name not in COMMON_LABELS | load_lexicon().affixes | our_words():
        for form, method in ((name[::-1], "backwards"), (codecs.encode(name, "rot13"), "in rot13")):
            yield _needle(form, f"the name of {owner} host {method}", host)
        if len(lookalike_form(name)) >= MIN_NUMBER:
            yield _needle(
                lookalike_form(name), f"letters that look like the name of {owner} host", host, view=View.LOOKS
            )


def account_variants(account: str, owner: str) -> Iterator[Needle]:
    """Needles for the parts of a user's name."""
    for part in re.findall(r"[a-z]{4,}", fold(account.rpartition("\\")[2])):
        if part not in load_lexicon().affixes | ROLE_BOXES | our_words():
            yield _needle(part, f"a part of {owner} account", account, Bounds.AFFIXES)


def place_variants(place: str, owner: str) -> Iterator[Needle]:
    """Needles for the distinctive words of a postal address: `pintasan` of "Jalan Pintasan 5"."""
    lexicon = load_lexicon()
    text = f" {' '.join(split_words(place))} "
    for name in lexicon.places:  # a town may have several words: "kuala lumpur"
        text = text.replace(f" {name} ", " ")
    common_words = lexicon.words | lexicon.places | lexicon.technical_words | our_words() | street_words()
    for word in dict.fromkeys(text.split()):
        shortest = MIN_LETTERS if UNSPACED.match(word) else MIN_PLACE_WORD
        if len(word) >= shortest and word not in common_words and not word.isdecimal():
            yield _needle(word, f"a word of {owner} place", place, _bounds(word))


def _part_needles(text: str, description: str, declared_text: str) -> Iterator[Needle]:
    """A part of a name, searched for by itself."""
    script = text[:1]
    if UNSPACED.match(script):
        if len(text) >= MIN_WORD:
            yield _needle(text, description, declared_text)
    elif len(text) == MIN_SHORT and text.isascii():
        if text.isalpha() and not is_ordinary(text) and text not in our_words():
            yield _needle(text, description, declared_text, Bounds.AFFIXES)
    elif len(text) >= MIN_LETTERS:
        yield _needle(text, description, declared_text, _bounds_of_word(text))


def _bounds_of_word(text: str) -> Bounds:
    """The bounds of a whole word of a name. It identifies more than derived forms, so a short one counts inside longer words."""
    if len(text) >= MIN_ANYWHERE or is_ordinary(text) or text in our_words():
        return _bounds(text)
    return Bounds.WORD if len(text) > MIN_LETTERS else Bounds.FEW_LETTERS


def _bounds(text: str) -> Bounds:
    return Bounds.ANYTHING if len(text) >= MIN_ANYWHERE else Bounds.AFFIXES


def _disguise_needles(form: str, subject: str, declared_text: str) -> Iterator[Needle]:
    """A name transliterated, in letters that look alike, abbreviated, backwards, and in shifted alphabets."""
    for latin_name in dict.fromkeys(map(squeeze, transliterations(form))):
        yield from _latin_disguise_needles(latin_name, form, subject, declared_text)


def _latin_disguise_needles(latin_name: str, form: str, subject: str, declared_text: str) -> Iterator[Needle]:
    """The needles for one transliteration, `latin_name`, of a name."""
    if not form.isascii() and len(latin_name) >= MIN_LETTERS:
        yield _needle(latin_name, f"{subject} in Latin letters", declared_text, _bounds(latin_name))
    lookalike = lookalike_form(latin_name)
    if len(lookalike) >= MIN_LETTERS:
        yield _needle(
            lookalike, f"letters that look like {subject}", declared_text, _bounds(lookalike), view=View.LOOKS
        )
    if len(latin_name) >= MIN_DISGUISED and latin_name.isascii():
        yield _needle(latin_name[::-1], f"{subject} backwards", declared_text, _bounds(latin_name))
        yield _needle(
            lookalike_form(latin_name[::-1]),
            f"{subject} backwards",
            declared_text,
            _bounds(latin_name),
            view=View.LOOKS,
        )
        for shifted_word, method in _shifted_words(latin_name):
            yield _needle(shifted_word, f"{subject} {method}", declared_text, _bounds(latin_name))
    abbreviation = drop_vowels(latin_name)
    if (
        len(abbreviation) >= MIN_ABBREVIATION
        and abbreviation != latin_name
        and abbreviation not in load_lexicon().technical_words | load_lexicon().words
    ):
        bounds = Bounds.AFFIXES if len(abbreviation) >= MIN_SOUND else Bounds.NOTHING
        yield _needle(abbreviation, f"an abbreviation of {subject}", declared_text, bounds)
    for text in sorted(half_abbreviations(latin_name)):
        if not is_ordinary(text):
            yield _needle(text, f"an abbreviation of {subject}", declared_text, Bounds.AFFIXES)


def _shifted_words(latin_name: str) -> Iterator[tuple[str, str]]:
    """A word with each letter shifted in the alphabet by the same number of places, or mirrored."""
    if latin_name.isalpha():
        for places in range(1, len(_ALPHABET)):
            table = str.maketrans(_ALPHABET, _ALPHABET[places:] + _ALPHABET[:places])
            yield latin_name.translate(table), f"in rot{places}"
        yield latin_name.translate(str.maketrans(_ALPHABET, _ALPHABET[::-1])), "in atbash"
    else:
        yield codecs.encode(latin_name, "rot13"), "in rot13"


def _sound_needles(form: str, subject: str) -> Iterator[Needle]:
    """A word by its pronunciation, and misspelt. The needle keeps the word, so that the index can compare it with a match."""
    description = f"a word that sounds like {subject}"
    latin_name = squeeze(transliterate(form))
    if form.isascii():
        key = sound(latin_name)
        if len(key) >= MIN_SOUND:
            yield _needle(key, description, latin_name, view=View.SOUND)
    spoken_forms = (form, form.replace(_BURMESE_RA, "r"))
    final_sounds = () if form.isascii() else (pronounce_final(form),)
    for pronunciation in dict.fromkeys((*map(pronounce, spoken_forms), *final_sounds)):
        if len(pronunciation) >= MIN_PRONUNCIATION:
            yield _needle(pronunciation, description, form, view=View.SPOKEN)
    yield from _misspelling_needles(latin_name, subject)


def _misspelling_needles(latin_name: str, subject: str) -> Iterator[Needle]:
    if len(latin_name) >= MIN_EDITED_INSIDE and latin_name.isascii() and latin_name.isalpha():
        yield _needle(latin_name, f"a word one letter from {subject}", latin_name, view=View.EDITED)


def _needle(
    text: str, description: str, declared_text: str, bounds: Bounds = Bounds.ANYTHING, *, view: View = View.LETTERS
) -> Needle:
    return Needle(text, description, declared_text, HitRule.NEVER, bounds, view)
