"""Short forms of a name with joined words: initials with a word, syllables, user names, older spellings.

Organisations of the region use such forms for themselves ("Unmul", "Telkomsel"), and phishing domains imitate them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from hub.release.names import distinctive_words, load_lexicon, split_words, strip_brackets
from hub.release.spelling import strip_legal_form

MIN_JOINED: Final = 5  # letters of a joined form
MIN_OF_TWO: Final = 3  # letters of a word that is joined with initials
MIN_PART: Final = 4  # letters of a brand that remain without its affix
MIN_GENERIC: Final = 8  # letters of two generic words that begin a name
MAX_WORDS: Final = 5  # words of a name whose syllables are joined
_SYLLABLES: Final = (2, 3, 4)  # letters of each syllable


def initials_with_words(name: str) -> set[str]:
    """Each distinctive word joined with the initials of the others: `bkemas` of Bank Kemboja Emas, `hleong` of Hong Leong.

    If the name has at most one distinctive word, its first two words are joined as well: `firstnational`.
    """
    own_words = distinctive_words(name)
    bare_words = plain_words(name)
    long_words = [word for word in bare_words if len(word) > 3 or word not in load_lexicon().words]
    texts = {text for words in (bare_words, long_words, own_words) for text in _joined_with_initials(words, own_words)}
    if len(own_words) < 2 < len(bare_words):
        first = "".join(bare_words[:2])
        texts |= {first} if len(first) >= MIN_GENERIC else set()
    return {text for text in texts if len(text) >= MIN_JOINED and text.isascii()}


def _joined_with_initials(words: Sequence[str], own_words: Sequence[str]) -> Iterator[str]:
    for index, word in enumerate(words):
        if word in own_words and len(word) >= MIN_OF_TWO:
            leading, trailing = ("".join(word[0] for word in parts) for parts in (words[:index], words[index + 1 :]))
            yield from (text for text in (leading + word, word + trailing, leading + word + trailing) if text != word)


def syllables(name: str) -> set[str]:
    """The beginnings of words, joined: `sumaksej` of Sumber Makmur Sejahtera, `unkel` of Universitas Kelapa."""
    own_words = [word for word in distinctive_words(name) if word.isascii() and word.isalpha()][:MAX_WORDS]
    bare_words = plain_words(name)
    word_lists = [own_words[:length] for length in range(2, len(own_words) + 1)]
    first = bare_words[0] if bare_words else ""
    if own_words and first in load_lexicon().words and first.isascii() and first.isalpha():
        word_lists += [[first, *own_words[:length]] for length in range(1, min(len(own_words), 2) + 1)]
    texts = {
        "".join(parts) for words in word_lists for parts in product(*(_beginnings(word, len(words)) for word in words))
    }
    return {text for text in texts if len(text) >= MIN_JOINED and text not in own_words}


def _beginnings(word: str, word_count: int) -> list[str]:
    lengths = _SYLLABLES if word_count <= 3 else _SYLLABLES[:2]
    return list(dict.fromkeys(word[:length] for length in lengths))


def strip_affix(brand: str) -> str:
    """A brand of one word without a common beginning or ending: `bijak` of `bijakpay`."""
    lexicon = load_lexicon()
    for length in range(len(brand) - MIN_PART, MIN_OF_TWO - 1, -1):
        if brand[-length:] in lexicon.affixes and brand[:-length] not in lexicon.affixes:
            return brand[:-length]
        if brand[:length] in lexicon.affixes and brand[length:] not in lexicon.affixes:
            return brand[length:]
    return brand


def user_names(name: str) -> set[str]:
    """The user names that a person's name may give, with and without its particles: `tvminh`, `minhtv`, `jdelacruz`."""
    lexicon = load_lexicon()
    all_words = [word for word in split_words(strip_brackets(name)) if word not in lexicon.titles and word.isascii()]
    own_words = [word for word in all_words if word not in lexicon.titles_and_particles]
    texts: set[str] = set()
    for parts in (all_words, own_words):
        for index in range(1, len(parts)):
            leading, trailing = parts[:index], parts[index:]
            texts |= {"".join(word[0] for word in leading) + "".join(trailing), parts[0][0] + "".join(trailing)}
            texts |= {"".join(trailing) + "".join(word[0] for word in leading)}
            texts |= {parts[0] + "".join(trailing), *(["".join(trailing)] if len(trailing) > 1 else [])}
        texts |= {parts[index] + "".join(word[0] for word in parts[:index]) for index in range(1, len(parts))}
    return {text for text in texts if len(text) >= MIN_JOINED}


# For each title of a saint, its other spellings.
_SAINT_TITLES: Final = {
    "santo": ("sto",),
    "santa": ("sta",),
    "saint": ("st",),
    "san": ("sn",),
    "sto": ("santo",),
    "sta": ("santa",),
    "st": ("saint",),
}


def saint_spellings(name: str) -> set[str]:
    """The title of a saint, shortened or in full, joined with the name after it: `stonino` of Santo Nino."""
    words = plain_words(name)
    texts = {
        title + words[index + 1] for index in range(len(words) - 1) for title in _SAINT_TITLES.get(words[index], ())
    }
    return {text for text in texts if len(text) >= MIN_JOINED and text.isascii()}


_NEW_AND_OLD_LETTERS: Final = (("ny", "nj"), ("sy", "sj"), ("kh", "ch"), ("j", "dj"), ("c", "tj"), ("y", "j"))


def older_spellings(word: str) -> set[str]:
    """A word in the Indonesian and Malay spelling before the reform of 1972, and after it: `soerjadi`, `suryadi`."""
    if not word.isascii() or len(word) < MIN_JOINED:
        return set()
    newer = (
        _replace_once(word, tuple((old, new) for new, old in _NEW_AND_OLD_LETTERS)) if _has_old_spelling(word) else word
    )
    older = _replace_once(word, _NEW_AND_OLD_LETTERS)
    texts = {
        newer.replace("oe", "u"),
        newer,
        word.replace("oe", "u"),
        older,
        older.replace("u", "oe"),
        word.replace("u", "oe"),
    }
    return {text for text in texts if text != word}


def _has_old_spelling(word: str) -> bool:
    return any(letters in word for letters in ("oe", "dj", "tj", "nj", "sj"))


def _replace_once(word: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The word with each group of letters replaced once, so that a replacement is not replaced again."""
    text, index = [], 0
    ordered_pairs = sorted(pairs, key=lambda pair: -len(pair[0]))
    while index < len(word):
        leading, trailing = next(
            (pair for pair in ordered_pairs if word.startswith(pair[0], index)), (word[index], word[index])
        )
        text.append(trailing)
        index += len(leading)
    return "".join(text)


def plain_words(name: str) -> list[str]:
    """The words of a name, including generic words, without its legal form and the text in brackets."""
    return [word for word in split_words(strip_legal_form(strip_brackets(name))) if word.isalpha()]
