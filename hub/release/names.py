"""What of a name tells whose it is: the words left without the generic ones, initials, the parts of a person's name.

The generic words of the members' languages and of business stand in `generic_words.toml`.
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

from hub.release.spelling import LEGAL_WORDS, fold, is_legal_form, without_legal_form

MIN_INITIALS: Final = 3
MAX_INITIALS: Final = 8
MIN_COMPOUND: Final = 8  # letters of a word that may be two
MAX_COMPOUNDS: Final = 3  # words of a name that are taken for two, one at a time
MIN_OWN_INITIALS: Final = 2  # that stand behind a generic word
_PLAIN_WORD: Final = re.compile(r"[a-z0-9]+")
BRACKETS: Final = re.compile(r"[(\[][^)\]]*[)\]]")
# Scripts that put no blanks between words, where a generic word is taken off the ends of another.
UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_HAN: Final = re.compile("[\u3400-\u9fff]")
MIN_GLUED: Final = 4  # characters of a generic word that is taken off the end of another, in Thai and the like
MIN_GLUED_HAN: Final = 2
MIN_OWN_PART: Final = 4  # letters that are left of a label
MIN_CUT: Final = 3  # letters of a generic word that is cut
MAX_SHORT: Final = 4  # letters that tell whose a name is, and too few to be looked for alone
MIN_PAIR: Final = 6  # letters of such a word with its neighbour


@dataclass(frozen=True, slots=True)
class Generic:
    """The generic words, folded. `phrases` have several words, longest first; `glued` are of scripts without blanks."""

    words: frozenset[str]
    accents: Mapping[str, frozenset[str]]  # of words that are written with some: `phuong` of phường
    phrases: re.Pattern[str]
    phrase_starts: frozenset[str]  # the first words of phrases
    glued: tuple[str, ...]
    glued_before: Mapping[str, tuple[str, ...]]  # by their first letter
    glued_after: Mapping[str, tuple[str, ...]]  # by their last
    places: frozenset[str]
    titles: frozenset[str]
    not_in_people: frozenset[str]  # titles and particles
    honorifics: tuple[str, ...]  # in Latin letters, written in one word with a name
    technical: frozenset[str]
    heads: Mapping[str, bool]  # words that make a name of what stands beside them; True: of what follows only
    kinds: Mapping[str, re.Pattern[str]]  # in English, and how a name of any language says it
    affixes: frozenset[str]
    cut_affixes: frozenset[str]  # the beginnings of affixes


@cache
def word_table(name: str) -> Mapping[str, Any]:
    """A file of words of this folder, read once."""
    return tomllib.loads(files("hub.release").joinpath(f"{name}.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def generic() -> Generic:
    """The generic words, made ready once."""
    table = word_table("generic_words")

    def entries(*sections: str) -> list[str]:
        texts = (text for section in sections for text in table[section].values())
        return [" ".join(words(entry)) for text in texts for entry in text.split(",")]

    written = [entry.strip() for text in table["organisations"].values() for entry in text.split(",")]
    organisations, countries = (
        entries("organisations"),
        [" ".join(words(e)) for e in table["places"]["countries"].split(",")],
    )
    people, technical = entries("people"), entries("technical")
    # A phrase is written in one word, too: `rumahsakit`.
    single = frozenset(
        [entry for entry in (*organisations, *countries) if " " not in entry]
        + [entry.replace(" ", "") for entry in organisations if " " in entry and entry.isascii()]
    )
    phrases = sorted((entry for entry in (*organisations, *countries) if " " in entry), key=len, reverse=True)
    glued = tuple(sorted((entry for entry in single if _may_be_glued(entry)), key=len, reverse=True))
    affixes = frozenset(entry for entry in (*single, *technical, *LEGAL_WORDS) if _PLAIN_WORD.fullmatch(entry))
    return Generic(
        words=single,
        accents=_by_accents(entry for entry in written if " " not in entry),
        phrases=re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b"),
        phrase_starts=frozenset(phrase.split()[0] for phrase in phrases),
        glued=glued,
        glued_before=_by_letter(glued, 0),
        glued_after=_by_letter(glued, -1),
        places=frozenset(entries("places")),
        titles=frozenset(" ".join(words(entry)) for entry in table["people"]["titles"].split(",")),
        not_in_people=frozenset(people),
        honorifics=tuple(dict.fromkeys(entries("honorifics"))),
        technical=frozenset(technical),
        heads={
            " ".join(words(entry)): group != "beside"
            for group, text in table["heads"].items()
            for entry in text.split(",")
        },
        kinds={
            kind: re.compile(
                "|".join(rf"(?<!\w){re.escape(' '.join(words(entry)))}(?!\w)" for entry in text.split(","))
            )
            for kind, text in table["kinds"].items()
        },
        affixes=affixes,
        cut_affixes=frozenset(entry[:length] for entry in affixes for length in range(MIN_CUT, len(entry))),
    )


def _by_letter(glued: Iterable[str], place: int) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for word in glued:
        groups.setdefault(word[place], []).append(word)
    return {letter: tuple(group) for letter, group in groups.items()}


def _by_accents(entries: Iterable[str]) -> dict[str, frozenset[str]]:
    """The accents with which each word is written that never stands without."""
    groups: dict[str, set[str]] = {}
    for entry in entries:
        if entry.isascii():
            groups.setdefault(entry.casefold(), set()).add("")
        elif _LATIN_WORD.fullmatch(folded := "".join(words(entry))) is not None:
            groups.setdefault(folded, set()).add(_accents(entry))
    return {word: frozenset(accents) for word, accents in groups.items() if "" not in accents}


_LATIN_WORD: Final = re.compile("[a-z]+")


def _accents(word: str) -> str:
    """The accents of a word, in one order: "hòa" and "hoà" are one word, "phường" and "Phương" are two."""
    plain = unicodedata.normalize("NFD", word.casefold())
    return "".join(sorted(sign for sign in plain if sign == "đ" or unicodedata.category(sign) == "Mn"))


def _may_be_glued(word: str) -> bool:
    if UNSPACED.match(word) is None:
        return False
    return len(word) >= (MIN_GLUED_HAN if _HAN.match(word) else MIN_GLUED)


def words(text: str) -> list[str]:
    """The words of a text, folded: letters, digits and the marks that scripts of the region cannot do without."""
    folded = fold(text)
    if folded.isascii():
        return _PLAIN_WORD.findall(folded)
    spaced = "".join(character if unicodedata.category(character)[0] in "LNM" else " " for character in folded)
    return spaced.split()


def distinctive(name: str) -> list[str]:
    """The words of an organisation's name that are neither generic, nor a legal form, nor a country; folded, in order."""
    known = generic()
    outside = BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))
    plain = without_legal_form(outside)
    own = words(plain)
    # the phrases are many: they are looked for where one may begin, and in scripts where a word may hold the next one
    if not plain.isascii() or not known.phrase_starts.isdisjoint(own):
        own = known.phrases.sub(" ", " ".join(own)).split()
    parts = (_unglued(word, known) for word in own)
    others = frozenset() if outside.isascii() else _otherwise_accented(outside, known)
    return [word for word in parts if word and (word not in known.words or word in others)]


def _otherwise_accented(name: str, known: Generic) -> frozenset[str]:
    """The words of a name that are generic ones but for their accents: the Phương of a bank is no phường, a ward."""
    return frozenset(
        folded
        for word in name.split()
        if (folded := "".join(words(word))) in known.accents
        and (accents := _accents(word))
        and accents not in known.accents[folded]
    )


def _unglued(word: str, known: Generic) -> str:
    """A word of a script without blanks, without the generic words at its ends."""
    if word.isascii() or UNSPACED.search(word) is None:
        return word
    changed = True
    while changed and word:
        changed = False
        if word in known.words:
            return ""
        for part in known.glued_before.get(word[0], ()):
            if word.startswith(part) and unicodedata.category(word[len(part)])[0] != "M":
                word, changed = word[len(part) :], True
                break
        for part in known.glued_after.get(word[-1], ()):
            if word.endswith(part) and word != part:
                word, changed = word[: -len(part)], True
                break
    return word


def own_parts(label: str) -> list[str]:
    """A label of a domain without the generic words at its ends: `cempaka` of `bankcempaka`; none if none is left.

    Also without those at one end alone: the first word of `phuongnambank` is a generic one by chance.
    """
    parts = (_without_generic_ends(label, *ends) for ends in ((True, True), (False, True), (True, False)))
    return [part for part in dict.fromkeys(parts) if part not in generic().affixes]


def _without_generic_ends(label: str, first: bool, last: bool) -> str:
    known = generic()
    changed = label not in known.affixes
    while changed:
        changed = False
        for length in range(len(label) - MIN_OWN_PART, 2, -1):
            if first and label[:length] in known.words:
                label, changed = label[length:], True
                break
            if last and label[-length:] in known.words:
                label, changed = label[:-length], True
                break
    return label


def with_neighbours(name: str) -> list[str]:
    """The short words of a name that tell whose it is, each joined with the generic words beside it: `tinhtam` of Bệnh viện Tỉnh Tâm.

    So few letters are not searched for inside longer words, and the word beside them may be generic by chance.
    """
    row = words(without_legal_form(BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))))
    own = distinctive(name)
    if not own or sum(map(len, own)) > MAX_SHORT:
        return []
    pairs = ((row[at], row[at + 1]) for at in range(len(row) - 1) if {row[at], row[at + 1]} & set(own))
    return [text for pair in pairs if len(text := "".join(pair)) >= MIN_PAIR and text.isascii()]


def initials(name: str) -> set[str]:
    """The initials of a name: with and without its legal form, its small words and the country. Latin letters only."""
    known = generic()
    plain = BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))
    whole, bare = words(plain), words(without_legal_form(plain))
    variants = [whole, bare]
    variants += [[word for word in variant if len(word) > 3 or word not in known.words] for variant in (whole, bare)]
    variants += [[word for word in variant if word not in known.places] for variant in (whole, bare)]
    variants += [distinctive(name), *_before_of(bare), *map(words, _BETWEEN_NAMES.split(plain)[1:])]
    letters = ("".join(word[0] for word in variant) for variant in variants)
    return {
        text
        for text in letters
        if MIN_INITIALS <= len(text) <= MAX_INITIALS
        and text.isascii()
        and text.isalpha()
        and text not in known.technical
    }


_BETWEEN_NAMES: Final = re.compile(r"\s[-\u2013\u2014:|/]\s|,\s")  # a ministry, and which part of it


def _before_of(row: list[str]) -> Iterator[list[str]]:
    """The words before the first "of": of "First National Bank of Meru" those that give `fnb`."""
    place = next((at for at, word in enumerate(row) if word in _OF), 0)
    if place:
        yield row[:place]


_OF: Final = frozenset({"of", "de", "da", "do", "ng", "di"})


def initials_with_numbers(name: str) -> set[str]:
    """The initials of a name that has a number in it, which stands as it is: `b46` of Bank 46."""
    bare = words(without_legal_form(BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))))
    if not any(map(str.isdecimal, bare)):
        return set()
    first = next(at for at, word in enumerate(bare) if word.isdecimal())
    rows = (bare, bare[: first + 1], bare[first:], distinctive(name))
    texts = {"".join(word if word.isdecimal() else word[0] for word in row) for row in rows}
    return {
        text for text in texts if MIN_INITIALS <= len(text) <= MAX_INITIALS and text.isascii() and not text.isdecimal()
    }


def few_initials(name: str) -> set[str]:
    """Two initials of a name, or those with both halves of a word that may be two: `gb` and `gbe` of Gunungbiru Energi.

    So few letters are many a thing's: they tell something only beside a word like "login", or in capitals.
    """
    known = generic()
    bare = words(without_legal_form(BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))))
    own = distinctive(name)
    texts = {"".join(word[0] for word in row) for row in (bare, own) if len(row) == MIN_OWN_INITIALS}
    for place, word in enumerate(own[:MAX_COMPOUNDS]):
        before, after = ("".join(other[0] for other in row) for row in (own[:place], own[place + 1 :]))
        texts |= {f"{before}{word[0]}{letter}{after}" for letter in _second_halves(word)}
    longest = range(MIN_OWN_INITIALS, MIN_INITIALS + 2)
    return {
        text
        for text in texts
        if len(text) in longest and text.isascii() and text.isalpha() and text not in known.technical | known.affixes
    } - initials(name)


def _second_halves(word: str) -> set[str]:
    """The letters that the second half of a word may begin with: consonants that a vowel follows, three letters in or more."""
    halves = re.finditer(r"[^aeiou](?=[aeiou])", word[MIN_INITIALS : -MIN_INITIALS + 1])
    return {match[0] for match in halves} if len(word) >= MIN_COMPOUND else set()


def generic_with_initials(name: str) -> set[str]:
    """A name's first generic word, whole or cut, with the initials of the rest: `rsudkw`, `rskw`, `hospkw`, `kwbank`.

    Whatever a name's language is, what it says of itself also in English: `hdbank`, `hdb` of Ngân hàng Hải Đông.
    """
    known = generic()
    plain = words(BRACKETS.sub(" ", unicodedata.normalize("NFKC", name)))
    own = [word for word in distinctive(name) if word.isascii() and word.isalpha() and word not in known.titles]
    return _first_with_initials(plain, own) | _in_english(" ".join(plain), own, known) | _before_generic(name, known)


def _before_generic(name: str, known: Generic) -> set[str]:
    """The initials of the first words of a name with the generic one behind them: `slenergy` of Siam Lotus Energy."""
    row = words(without_legal_form(BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))))
    places = (at for at in range(MIN_OWN_INITIALS, min(len(row), MIN_INITIALS + 2)) if row[at] in known.words)
    texts = {"".join(word[0] for word in row[:at]) + row[at] for at in places if len(row[at]) > MIN_INITIALS}
    return {text for text in texts if text.isascii() and text.isalpha() and text not in known.affixes}


def _in_english(plain: str, own: list[str], known: Generic) -> set[str]:
    letters = "".join(word[0] for word in own)
    if len(own) < MIN_OWN_INITIALS:
        return set()
    kinds = [english for english, local in known.kinds.items() if local.search(plain)]
    texts = {text for kind in kinds for text in (letters + kind, kind + letters, letters + kind[0])}
    return {text for text in texts if len(text) >= MIN_INITIALS and text not in known.technical | known.affixes}


def _first_with_initials(plain: list[str], own: list[str]) -> set[str]:
    known = generic()
    if len(own) < MIN_OWN_INITIALS or not plain or not plain[0].isascii():
        return set()
    letters = "".join(word[0] for word in own)
    first = plain[0]
    phrase = known.phrases.match(" ".join(plain))  # `nhsv` of Ngân hàng Trung Ương Sen Vàng
    of_phrase = {"".join(word[0] for word in phrase[0].split()) + letters} if phrase else set()
    if first not in known.words and not is_legal_form(first):
        return {text for text in of_phrase if len(text) > MIN_INITIALS}
    cuts = {first, first[:4], first[:3]} if len(first) > MIN_CUT else {first}
    if not set(first) & set("aeio"):  # an abbreviation, whose first letters are one, too
        cuts.add(first[:2])
    return {text for text in {cut + letters for cut in cuts} | of_phrase if len(text) > MIN_INITIALS}


def person_parts(name: str) -> list[str]:
    """The parts of a person's name without titles and particles, folded, in order."""
    known = generic()
    plain = BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))
    text = f" {' '.join(words(re.sub(r'[@/]', ' ', plain)))} "
    for title in ("tan sri", "puan sri", "lok srey", "a l", "a p", "s o", "d o"):
        text = text.replace(f" {title} ", " ")
    parts = (_without_title(part, known) for part in text.split())
    return [part for part in parts if part not in known.not_in_people]


def _without_title(part: str, known: Generic) -> str:
    """A part of a name in Thai or the like, without a title that is written in one word with it."""
    if UNSPACED.match(part) is not None:
        for length in range(len(part) - 1, 1, -1):
            if part[:length] in known.not_in_people and unicodedata.category(part[length])[0] != "M":
                return part[length:]
    return part
