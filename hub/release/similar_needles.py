"""What resembles the things that somebody declared: distinctive words, initials, abbreviations, transliterations, letters
that look alike, misspellings, and the name written backwards or in rot13. A value that holds it is asked about.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise, permutations, product
from typing import Final

from hub.release.abbreviated import consonants_of
from hub.release.cut_names import beginnings_in_a_row, blends, in_digits, without_some_vowels
from hub.release.disguises import consonants, latin, looks
from hub.release.han_readings import said_in_the_south
from hub.release.joined_names import initials_with_words, older_spellings, syllables, user_names, without_affixes
from hub.release.names import (
    UNSPACED,
    distinctive,
    few_initials,
    generic,
    generic_with_initials,
    initials,
    initials_with_numbers,
    own_parts,
    person_parts,
    with_neighbours,
    words,
)
from hub.release.needle import Bounds, HitRule, Needle, View
from hub.release.needles import (
    BRACKETS,
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
from hub.release.spelling import fold, squeeze, without_legal_form
from hub.release.spoken import MIN_EDITED_INSIDE, MIN_SPOKEN, is_ordinary, sound, spoken
from hub.release.suspicious import street_words

MIN_LISTED_ANYWHERE: Final = 6  # of a listed constituent, whose names are many
MIN_DISGUISED: Final = 5  # letters of a name that is looked for backwards and in rot13
MIN_UNSPACED: Final = 4  # characters in a row of a name in Thai, Khmer, Lao, Burmese or Chinese
MIN_SOUND: Final = 4  # consonants of a word that is compared by its sound, or as an abbreviation inside words
MIN_SKELETON: Final = 3  # consonants of an abbreviation that is a word by itself
MIN_CUT: Final = 4  # letters of a part of a person's name that is cut in a user name
_BURMESE_RA: Final = "\u101b"  # said as y, and in names from Pali written as r: Yangon, Irrawaddy
# Two letters that stand for a country or region far more often than for a name.
_COUNTRY_CODES: Final = frozenset(
    "bn id kh la mm my ph sg th tl vn au cn de eu fr hk in ir jp kp kr nl nz ru tw uk us".split()
)
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
MIN_BEGINNING: Final = 5  # letters that are left of a word of a name that is cut
MIN_OF_PLACE: Final = 5  # letters of a word of an address
MIN_CUT_WORD: Final = 7  # letters of that word
MIN_BLEND_ANYWHERE: Final = 8  # letters of two words in one that are found inside longer words
MAX_CUT: Final = 3  # letters that are cut off
_HAN: Final = re.compile("[\u3400-\u9fff]+")
_CHINESE_NAME: Final = (3, 4)  # characters, the first of which is the family's


def like_name(name: str, whose: str) -> Iterator[Needle]:
    """What resembles the name of an organisation."""
    own = distinctive(name)
    telling = [word for word in own if word not in generic().places] or own
    whole = squeeze(without_legal_form(BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))))
    joined_forms = dict.fromkeys(("".join(map(squeeze, own)), "".join(map(squeeze, telling))))
    pairs = (squeeze(first + second) for first, second in pairwise(telling))
    parts = dict.fromkeys(
        [*joined_forms, *map(squeeze, telling), *(pair for pair in pairs if len(pair) >= MIN_ANYWHERE)]
    )
    for part in parts:
        yield from _part(part, f"a distinctive word of {whose} name", name)
    for part in dict.fromkeys(part for word in telling for part in _beginnings(squeeze(word))):
        yield _needle(part, f"the beginning of a word of {whose} name", name, Bounds.AFFIXES)
    for window in dict.fromkeys(window for word in telling for window in _windows(squeeze(word))):
        yield _needle(window, f"a part of {whose} name", name)
    for form in dict.fromkeys((whole, *parts)):
        yield from _disguised(form, f"{whose} name", name)
    for part in parts:
        yield from _sounding(part, f"{whose} name")
    yield from _in_initials(name, "".join(own), whose)
    for text in with_neighbours(name):
        yield from _part(text, f"words of {whose} name", name)
    for half in dict.fromkeys(half for word in telling for half in _halves(squeeze(word))):
        yield _needle(half, f"a part of {whose} name", name, Bounds.AFFIXES)
    yield from _joined(name, parts, whose)


def _in_initials(name: str, own: str, whose: str) -> Iterator[Needle]:
    """The initials of a name and its abbreviations; `own` are its distinctive words in one."""
    for text in sorted(initials(name)):
        yield _needle(text, f"the initials of {whose} name", name, Bounds.AFFIXES)
    for letters in dict.fromkeys(map(consonants_of, (name, own))):
        if len(letters) >= MIN_SHORT:
            yield _needle(letters, f"an abbreviation of {whose} name", name, view=View.ABBREVIATED)
    for text in sorted(initials_with_numbers(name)):
        yield _needle(text, f"the initials of {whose} name", name, Bounds.NOTHING)
    for text in sorted(few_initials(name) - _COUNTRY_CODES - our_words()):
        yield _needle(text, f"initials of {whose} name", name, Bounds.LURE)
    for text in sorted(generic_with_initials(name)):
        yield _needle(text, f"a generic word with the initials of {whose} name", name, Bounds.AFFIXES)


def _joined(name: str, parts: Iterable[str], whose: str) -> Iterator[Needle]:
    """The joined words of a name, and `parts` of it in an older or newer spelling."""
    for text in sorted(initials_with_words(name)):
        yield _needle(text, f"a word of {whose} name with initials", name, Bounds.AFFIXES)
    for text in sorted(syllables(name)):
        if not is_ordinary(text) and text not in our_words():
            yield _needle(text, f"the beginnings of words of {whose} name", name, Bounds.AFFIXES)
    for text in sorted(beginnings_in_a_row(name).union(in_digits(name))):
        if not is_ordinary(text) and text not in our_words():
            yield _needle(text, f"the words of {whose} name, cut", name, Bounds.AFFIXES)
    for word in distinctive(name):
        yield from _said_in_the_south(squeeze(word), f"{whose} name", name)
    for text in sorted(blends(name)):
        yield _needle(text, f"two words of {whose} name in one", name, _bounds_of_blend(text))
    for text in dict.fromkeys(text for word in parts for text in older_spellings(word)):
        yield _needle(text, f"{whose} name in an older or newer spelling", name, _bounds(text))
        yield from _sounding(text, f"{whose} name")


def _bounds_of_blend(text: str) -> Bounds:
    return Bounds.ANYTHING if len(text) >= MIN_BLEND_ANYWHERE else Bounds.AFFIXES


def _beginnings(word: str) -> Iterator[str]:
    """A long word cut at its end, unless what is left is a word that everybody uses."""
    if word.isascii() and word.isalpha() and len(word) >= MIN_CUT_WORD:
        beginnings = (word[:length] for length in range(MIN_BEGINNING, len(word)))
        yield from (text for text in beginnings if not is_ordinary(text) and text not in our_words())


def _windows(word: str) -> Iterator[str]:
    """Every few characters in a row of a word in a script without blanks, which may be several words."""
    if UNSPACED.match(word) is not None and len(word) > MIN_UNSPACED:
        yield from (word[start : start + MIN_UNSPACED] for start in range(len(word) - MIN_UNSPACED + 1))


def like_name_in_text(name: str) -> Iterator[Needle]:
    """What resembles a name in the report's own text, of which nobody said whose it is: its words, joined and alone."""
    why = "a name in the report's own text"
    own = [word for word in distinctive(name) if not is_ordinary(word) and word not in our_words()]
    whole = squeeze(without_legal_form(BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))))
    for part in dict.fromkeys((whole, "".join(map(squeeze, own)), *map(squeeze, own))):
        yield from _part(part, why, name)
        if part.isascii() and len(looks(part)) >= MIN_DISGUISED:
            yield _needle(looks(part), f"letters that look like {why}", name, _bounds(part), view=View.LOOKS)
        elif not part.isascii() and len(plain := squeeze(latin(part))) >= MIN_ANYWHERE:
            yield _needle(plain, f"{why}, in Latin letters", name)
    for window in dict.fromkeys(window for word in own for window in _windows(squeeze(word))):
        yield _needle(window, why, name)


def like_listed_name(name: str, whose: str) -> Iterator[Needle]:
    """What resembles the name of one of many: the name or its distinctive words as a whole, in letters that look alike."""
    whole = squeeze(without_legal_form(name))
    joined_words = "".join(map(squeeze, distinctive(name)))
    if len(joined_words) >= MIN_LISTED_ANYWHERE:
        yield _needle(joined_words, f"the distinctive words of {whose} name", name)
    for form in dict.fromkeys((whole, joined_words)):
        if form.isascii() and len(looks(form)) >= MIN_LISTED_ANYWHERE:
            yield _needle(looks(form), f"letters that look like {whose} name", name, view=View.LOOKS)


def like_listed_short_name(name: str, whose: str) -> Iterator[Needle]:
    """What looks like a brand or an abbreviation of one of many."""
    if name.isascii() and len(alike := looks(name)) >= MIN_LISTED_ANYWHERE:
        yield _needle(alike, f"letters that look like {whose} short name", name, view=View.LOOKS)


def like_short_name(name: str, whose: str) -> Iterator[Needle]:
    """What resembles a brand or an abbreviation."""
    text = squeeze(name)
    part = without_affixes(text)
    if part != text:  # of BijakPay, `bijak`
        yield from _part(part, f"a part of {whose} short name", name)
    for word in _own_words(name, text):  # of "Padi Hub", `padi`
        yield from _part(word, f"a distinctive word of {whose} short name", name)
        yield from _disguised(word, f"{whose} short name", name)
        yield from _sounding(word, f"{whose} short name")
        yield from _said_in_the_south(word, f"{whose} short name", name)
    if len(text) >= MIN_DISGUISED:
        yield from _disguised(text, f"{whose} short name", name)
        yield from _sounding(text, f"{whose} short name")
    elif len(looks(text)) >= MIN_LETTERS:
        yield _needle(looks(text), f"letters that look like {whose} short name", name, Bounds.NOTHING, view=View.LOOKS)
        yield from _misspelt(text, f"{whose} short name")


def _own_words(name: str, whole: str) -> list[str]:
    """The words of a short name of several words that nobody else uses."""
    parts = [squeeze(word) for word in distinctive(name)]
    shortest = MIN_WORD if UNSPACED.match(whole) else MIN_LETTERS
    return [part for part in dict.fromkeys(parts) if part != whole and len(part) >= shortest and not is_ordinary(part)]


def like_person(name: str, whose: str) -> Iterator[Needle]:
    """What resembles the name of a person: each part of it, the parts joined as user names are, the initials."""
    parts = [squeeze(part) for part in person_parts(name)]
    why = f"a part of the name of {whose}"
    for part in parts:
        yield from _with_honorific(part, name, whose)
        yield from _said_in_the_south(part, f"the name of {whose}", name)
        if part.isascii() and len(part) < MIN_LETTERS:
            yield _needle(part, why, name, Bounds.CAPITAL)
        else:
            yield from _part(part, why, name)
        if len(part) >= MIN_DISGUISED:
            yield from _disguised(part, f"the name of {whose}", name)
            yield from _sounding(part, f"the name of {whose}")
        else:
            yield from _misspelt(part, f"the name of {whose}")
    yield from _as_user_names(name, parts, whose)
    for given in (part[1:] for part in parts if len(part) in _CHINESE_NAME and _HAN.fullmatch(part)):
        yield _needle(given, f"a given name of {whose}", name)
        plain = squeeze(latin(given))
        yield _needle(plain, f"a given name of {whose} in Latin letters", name, _bounds(plain))
    text = "".join(part[0] for part in map(squeeze, name.split()) if part)
    if len(text) >= MIN_SHORT and text.isascii() and text.isalpha() and text not in generic().technical:
        yield _needle(text, f"the initials of {whose}", name, Bounds.AFFIXES)


def _as_user_names(name: str, parts: list[str], whose: str) -> Iterator[Needle]:
    """The parts of a person's name joined and cut, as user names are."""
    for first, second in permutations(parts[:4], 2):
        for text in (first + second, first[:1] + second, first + second[:1]):
            if len(text) >= MIN_DISGUISED:
                yield _needle(text, f"the name of {whose} as a user name", name, Bounds.AFFIXES)
    for text in dict.fromkeys(text for row in pairwise(parts) for text in _both_cut(*row)):
        yield _needle(text, f"the name of {whose} as a user name", name, Bounds.AFFIXES)
    for text in dict.fromkeys(part[:length] for part in parts for length in range(MIN_ANYWHERE, len(part) - MAX_CUT)):
        if text.isascii() and text.isalpha() and not is_ordinary(text):
            yield _needle(text, f"the beginning of a name of {whose}", name, Bounds.AFFIXES)
    for text in dict.fromkeys(
        text for part in parts for text in _cut(part, [other[0] for other in parts if other != part])
    ):
        yield _needle(text, f"the name of {whose} as a user name", name, Bounds.AFFIXES)
    for text in sorted(user_names(name)):
        yield _needle(text, f"the name of {whose} as a user name", name, Bounds.AFFIXES)


def _said_in_the_south(word: str, what: str, declared: str) -> Iterator[Needle]:
    for text in sorted(said_in_the_south(word)):
        yield _needle(text, f"{what}, as Chinese of the region say it", declared, _bounds_of_blend(text))


def _with_honorific(part: str, name: str, whose: str) -> Iterator[Needle]:
    """A short part of a person's name in one word with what people call each other by: `pakbudi`; a long one is found so."""
    if part.isascii() and part.isalpha() and MIN_WORD < len(part) < MIN_ANYWHERE:
        for text in (honorific + part for honorific in generic().honorifics):
            if len(text) >= MIN_DISGUISED and not is_ordinary(text):
                yield _needle(text, f"a part of the name of {whose}, with a title", name, Bounds.AFFIXES)


def _both_cut(first: str, second: str) -> Iterator[str]:
    """Two parts of a person's name in one word, one of them or both cut: `nikzul`, `hafram`."""
    cuts = ([part[:3], part[:4], part] for part in (first, second) if part.isascii() and part.isalpha())
    texts = ("".join(row) for row in product(*cuts))
    yield from (
        text for text in texts if len(text) >= MIN_ANYWHERE and text not in (first, second) and not is_ordinary(text)
    )


def _cut(part: str, letters: list[str]) -> Iterator[str]:
    """A part of a person's name that is cut in a user name, with the first letter of another part: `nzulk`, `zulkn`, `zulki`."""
    if not part.isascii():
        return
    for length in range(MIN_CUT, len(part)):
        for letter in letters:
            yield from (letter + part[:length], part[:length] + letter)
        if length > MIN_CUT and len(part) - length <= MAX_CUT:
            yield part[:length]


def like_domain(domain: str, whose: str) -> Iterator[Needle]:
    """What resembles a domain: its own label without generic words, and what looks like it."""
    label = own_label(domain)
    parts = own_parts(label)
    for part in parts:
        if part != label:
            yield from _part(part, f"a part of {whose} domain", domain)
    for half in dict.fromkeys(half for part in parts[:1] for half in _halves(part)):
        yield _needle(half, f"a part of {whose} domain", domain, Bounds.AFFIXES)
        yield _needle(half[::-1], f"a part of {whose} domain backwards", domain, Bounds.AFFIXES)
        alike = f"letters that look like a part of {whose} domain"
        yield _needle(looks(half), alike, domain, Bounds.AFFIXES, view=View.LOOKS)
    for form in dict.fromkeys((label, *parts)):
        if len(form) >= MIN_DISGUISED:
            yield from _disguised(form, f"{whose} domain", domain)
            yield from _sounding(form, f"{whose} domain")
    for text in dict.fromkeys(_labels_before(domain)):
        yield _needle(text, f"a label of {whose} domain", domain, Bounds.AFFIXES)


def _labels_before(domain: str) -> Iterator[str]:
    """The labels before the one that is the owner's own: `siakad` of siakad.contoh.ac.id."""
    labels = [squeeze(label) for label in fold(domain).strip(".").split(".")]
    own = own_label(domain)
    before = labels[: labels.index(own)] if own in labels else []
    of_many = COMMON_LABELS | generic().affixes | our_words()
    return (label for label in before if len(label) >= MIN_LETTERS and label not in of_many)


def _halves(label: str) -> Iterator[str]:
    """The two words that a word may be made of: `melati` and `rinjani` of `melatirinjani`, wherever it is cut."""
    if not label.isascii():
        return
    for cut in range(MIN_LETTERS, len(label) - MIN_LETTERS + 1):
        yield from (half for half in (label[:cut], label[cut:]) if len(half) >= MIN_ANYWHERE)


def like_listed_domain(domain: str, whose: str) -> Iterator[Needle]:
    """What looks like the domain of one of many."""
    label = own_label(domain)
    if len(looks(label)) >= MIN_LISTED_ANYWHERE:
        yield _needle(looks(label), f"letters that look like {whose} domain", domain, view=View.LOOKS)


def like_host(host: str, whose: str) -> Iterator[Needle]:
    """The parts of a machine's name: `cmpk` of `CMPK-HQ-FS02`."""
    yield from like_listed_host(host, whose)
    for part in re.findall(r"[a-z]{3,}", fold(host).partition(".")[0]):
        if part not in generic().affixes | our_words():
            yield _needle(part, f"a part of the name of {whose} host", host, Bounds.AFFIXES)


def like_listed_host(host: str, whose: str) -> Iterator[Needle]:
    """A machine's name backwards, in rot13, and in letters that look alike."""
    name = squeeze(fold(host).partition(".")[0])
    if len(name) >= MIN_NUMBER and name not in COMMON_LABELS | generic().affixes | our_words():
        for form, how in ((name[::-1], "backwards"), (codecs.encode(name, "rot13"), "in rot13")):
            yield _needle(form, f"the name of {whose} host {how}", host)
        if len(looks(name)) >= MIN_NUMBER:
            yield _needle(looks(name), f"letters that look like the name of {whose} host", host, view=View.LOOKS)


def like_account(account: str, whose: str) -> Iterator[Needle]:
    """The parts of a user's name."""
    for part in re.findall(r"[a-z]{4,}", fold(account.rpartition("\\")[2])):
        if part not in generic().affixes | ROLE_BOXES | our_words():
            yield _needle(part, f"a part of {whose} account", account, Bounds.AFFIXES)


def like_place(place: str, whose: str) -> Iterator[Needle]:
    """The words of an address that are its own: of "Jalan Pintasan 5", `pintasan`."""
    known = generic()
    text = f" {' '.join(words(place))} "
    for name in known.places:  # "kuala lumpur" as a whole is a town's
        text = text.replace(f" {name} ", " ")
    of_many = known.words | known.places | known.technical | our_words() | street_words()
    for word in dict.fromkeys(text.split()):
        shortest = MIN_LETTERS if UNSPACED.match(word) else MIN_OF_PLACE
        if len(word) >= shortest and word not in of_many and not word.isdecimal():
            yield _needle(word, f"a word of {whose} place", place, _bounds(word))


def _part(text: str, why: str, declared: str) -> Iterator[Needle]:
    """A part of a name by itself."""
    script = text[:1]
    if UNSPACED.match(script):
        if len(text) >= MIN_WORD:
            yield _needle(text, why, declared)
    elif len(text) == MIN_SHORT and text.isascii():
        if text.isalpha() and not is_ordinary(text) and text not in our_words():
            yield _needle(text, why, declared, Bounds.AFFIXES)
    elif len(text) >= MIN_LETTERS:
        yield _needle(text, why, declared, _bounds_of_word(text))


def _bounds_of_word(text: str) -> Bounds:
    """A whole word of a name says more than what is made of it: a short one, too, counts inside a longer word."""
    if len(text) >= MIN_ANYWHERE or is_ordinary(text) or text in our_words():
        return _bounds(text)
    return Bounds.WORD if len(text) > MIN_LETTERS else Bounds.NEARLY


def _bounds(text: str) -> Bounds:
    return Bounds.ANYTHING if len(text) >= MIN_ANYWHERE else Bounds.AFFIXES


def _disguised(form: str, what: str, declared: str) -> Iterator[Needle]:
    """A name in Latin letters if it is not, in letters that look alike, abbreviated, backwards, and in rot13."""
    plain = squeeze(latin(form))
    if not form.isascii() and len(plain) >= MIN_LETTERS:
        yield _needle(plain, f"{what} in Latin letters", declared, _bounds(plain))
    alike = looks(plain)
    if len(alike) >= MIN_LETTERS:
        yield _needle(alike, f"letters that look like {what}", declared, _bounds(alike), view=View.LOOKS)
    if len(plain) >= MIN_DISGUISED and plain.isascii():
        yield _needle(plain[::-1], f"{what} backwards", declared, _bounds(plain))
        yield _needle(looks(plain[::-1]), f"{what} backwards", declared, _bounds(plain), view=View.LOOKS)
        for shifted, how in _shifted(plain):
            yield _needle(shifted, f"{what} {how}", declared, _bounds(plain))
    short = consonants(plain)
    if len(short) >= MIN_SKELETON and short != plain and short not in generic().technical | generic().words:
        bounds = Bounds.AFFIXES if len(short) >= MIN_SOUND else Bounds.NOTHING
        yield _needle(short, f"an abbreviation of {what}", declared, bounds)
    for text in sorted(without_some_vowels(plain)):
        if not is_ordinary(text):
            yield _needle(text, f"an abbreviation of {what}", declared, Bounds.AFFIXES)


def _shifted(plain: str) -> Iterator[tuple[str, str]]:
    """A word with each letter moved by as many places, or counted from the end of the alphabet."""
    if plain.isalpha():
        for places in range(1, len(_ALPHABET)):
            table = str.maketrans(_ALPHABET, _ALPHABET[places:] + _ALPHABET[:places])
            yield plain.translate(table), f"in rot{places}"
        yield plain.translate(str.maketrans(_ALPHABET, _ALPHABET[::-1])), "in atbash"
    else:
        yield codecs.encode(plain, "rot13"), "in rot13"


def _sounding(form: str, what: str) -> Iterator[Needle]:
    """A word as it is said, and as it is misspelt; the needle keeps the word, which the index compares with what it finds."""
    why = f"a word that sounds like {what}"
    plain = squeeze(latin(form))
    if form.isascii():
        key = sound(plain)
        if len(key) >= MIN_SOUND:
            yield _needle(key, why, plain, view=View.SOUND)
    for pronunciation in dict.fromkeys((spoken(form), spoken(form.replace(_BURMESE_RA, "r")))):
        if len(pronunciation) >= MIN_SPOKEN:
            yield _needle(pronunciation, why, form, view=View.SPOKEN)
    yield from _misspelt(plain, what)


def _misspelt(plain: str, what: str) -> Iterator[Needle]:
    if len(plain) >= MIN_EDITED_INSIDE and plain.isascii() and plain.isalpha():
        yield _needle(plain, f"a word one letter from {what}", plain, view=View.EDITED)


def _needle(
    text: str, why: str, declared: str, bounds: Bounds = Bounds.ANYTHING, *, view: View = View.LETTERS
) -> Needle:
    return Needle(text, why, declared, HitRule.NEVER, bounds, view)
